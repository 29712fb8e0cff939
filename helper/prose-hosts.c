/* SPDX-License-Identifier: GPL-2.0-only */
/* The world as an endpoint sees it: its clock, its random octets, its sockets, its PDN connection. */
#include "prose-topology-internal.h"

#include "prose-policy.h"

#include <math.h>
#include <string.h>

/* ---- a UE ---- */

typedef struct UeConn {
    UeHost *host;
    ProseConn id;
    Ns3cTcp *tcp;
} UeConn;

static UeConn *
ue_find_conn(const UeHost *host, ProseConn id)
{
    for (unsigned i = 0; i < host->net->conns->len; i++) {
        UeConn *conn = g_ptr_array_index(host->net->conns, i);

        if (conn->id == id)
            return conn;
    }
    return NULL;
}

static void
ue_conn_free(void *data)
{
    UeConn *conn = data;

    ns3c_tcp_free(conn->tcp);
    g_free(conn);
}

/* FIN after what is queued; ns-3 finishes by itself. */
static void
ue_conn_close(UeConn *conn)
{
    ns3c_tcp_close(g_steal_pointer(&conn->tcp));
    g_ptr_array_remove(conn->host->net->conns, conn);
}

static void
draw(const ProseTopology *topology, ProseDrawStream *stream, const char *entity, uint8_t *ret, size_t len)
{
    prose_draw_octets(stream, ret, len);
    if (topology->config.drawn)
        topology->config.drawn(topology->config.drawn_user, entity, ret, len);
}

static void
key_log(const ProseTopology *topology, const char *line)
{
    if (topology->config.key_log)
        topology->config.key_log(topology->config.key_log_user, line);
}

/* An endpoint may ask for a time that has just passed. */
static uint64_t
not_before_now(uint64_t at_ns)
{
    return MAX(at_ns, ns3c_sim_now());
}

static void
ue_random_cb(void *user, uint8_t *ret, size_t len)
{
    UeHost *host = user;

    draw(host->topology, &host->octets, host->spec->name, ret, len);
}

static void
ue_wake_at_cb(void *user, uint64_t at_ns)
{
    UeHost *host = user;

    /* What would come after the run needs no timer: most UEs that are on PC5 alone never have one. */
    if (at_ns > prose_ns_from_s(host->topology->scenario->duration_s))
        at_ns = NS3C_FOREVER;
    if (!host->wake && at_ns != NS3C_FOREVER)
        host->wake = ns3c_timer_new(ue_host_wake_cb, host);
    if (host->wake)
        ns3c_timer_set(host->wake, not_before_now(at_ns));
}

void
ue_host_wake_cb(void *user)
{
    UeHost *host = user;

    ue_host_before(host);
    prose_ue_handle_expiry(host->ue, ns3c_sim_now());
}

static void
ue_event_cb(void *user, const ProseEvent *event)
{
    UeHost *host = user;
    ProseEvent now = *event;

    /* One that is being freed is told no time, and its last words come now all the same. */
    now.time_ns = ns3c_sim_now();
    prose_stream_emit_from(host->topology->config.stream, &now, (int) host->spec->index);
}

static void
ue_connected_cb(void *user)
{
    UeConn *conn = user;

    ue_host_before(conn->host);
    prose_ue_tcp_connected(conn->host->ue, conn->id, ns3c_sim_now());
}

static void
ue_received_cb(void *user, const uint8_t *octets, size_t len)
{
    UeConn *conn = user;

    ue_host_before(conn->host);
    prose_ue_tcp_received(conn->host->ue, conn->id, octets, len, ns3c_sim_now());
}

static void
ue_closed_cb(void *user, bool reset)
{
    UeConn *conn = user;
    UeHost *host = conn->host;
    ProseConn id = conn->id;

    ue_host_before(host);
    /* A FIN is answered with ours; after a reset or failure nobody is there to answer. */
    if (reset)
        g_ptr_array_remove(host->net->conns, conn);
    else
        ue_conn_close(conn);
    prose_ue_tcp_closed(host->ue, id, ns3c_sim_now());
}

static const Ns3cTcpCallbacks ue_tcp_callbacks = { ue_connected_cb, ue_received_cb, ue_closed_cb };

static int
ue_tcp_connect_cb(void *user, ProseConn id, const char *fqdn, uint16_t port)
{
    UeHost *host = user;
    const Server *server = topology_find_server(host->topology, fqdn);
    UeConn *conn;

    if (!server)
        return PROSE_ERR_NOT_FOUND;
    if (!host->net->address)
        return PROSE_ERR_STATE;
    conn = g_new0(UeConn, 1);
    conn->host = host;
    conn->id = id;
    conn->tcp = ns3c_tcp_connect(host->net->node, server->address, port, &ue_tcp_callbacks, conn);
    if (!conn->tcp) {
        g_free(conn);
        return PROSE_ERR_STATE;
    }
    g_ptr_array_add(host->net->conns, conn);
    return PROSE_OK;
}

static int
ue_tcp_send_cb(void *user, ProseConn id, const uint8_t *octets, size_t len)
{
    UeConn *conn = ue_find_conn(user, id);

    if (!conn)
        return PROSE_ERR_CLOSED;
    return ns3c_tcp_send(conn->tcp, octets, len) == NS3C_OK ? PROSE_OK : PROSE_ERR_CLOSED;
}

static void
ue_tcp_close_cb(void *user, ProseConn id)
{
    UeConn *conn = ue_find_conn(user, id);

    if (conn)
        ue_conn_close(conn);
}

static int
ue_udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    UeHost *host = user;

    if (!host->net->address)
        return PROSE_ERR_STATE;
    return ns3c_udp_send(host->net->udp, to, port, octets, len) == NS3C_OK ? PROSE_OK : PROSE_ERR_STATE;
}

void
ue_host_udp_received_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    UeHost *host = user;

    ue_host_before(host);
    prose_ue_udp_received(host->ue, from, port, octets, len, ns3c_sim_now());
}

static void
ue_pdn_open_cb(void *user)
{
    ns3c_timer_set(((UeHost *) user)->net->attach, ns3c_sim_now() + PROSE_PDN_ATTACH_NS);
}

void
ue_host_attach_cb(void *user)
{
    UeHost *host = user;
    ProseAddress address = host->net->address;

    ue_host_before(host);
    if (!address && host->net->gateway) {
        address = gateway_take_address(host->net->gateway, host->net->last_address);
        if (address && ns3c_port_up(host->net->port, address) != NS3C_OK) {
            gateway_give_back(host->net->gateway, address);
            address = 0;
        }
    }
    if (!address) {
        prose_ue_pdn_failed(host->ue, ns3c_sim_now());
        return;
    }
    host->net->address = host->net->last_address = address;
    prose_ue_pdn_opened(host->ue, address, ns3c_sim_now());
}

void
ue_host_disconnect(UeHost *host)
{
    ns3c_timer_set(host->net->attach, NS3C_FOREVER);
    if (!host->net->address)
        return;
    g_ptr_array_set_size(host->net->conns, 0);
    ns3c_port_down(host->net->port);
    gateway_give_back(host->net->gateway, host->net->address);
    host->net->address = 0;
}

void
prose_topology_set_access_loss(ProseTopology *topology, unsigned ue, ProseAccessLoss why, bool lost)
{
    UeHost *host = g_ptr_array_index(topology->ues, ue);
    bool was_lost = host->access_losses;

    ue_host_before(host);
    host->access_losses = lost ? host->access_losses | why : host->access_losses & ~(unsigned) why;
    if (was_lost == (host->access_losses != 0) || !host->net)
        return;
    if (!was_lost)
        ue_host_disconnect(host);
    prose_ue_set_reach(host->ue, was_lost, ns3c_sim_now());
}

void
ue_host_release(UeHost *host)
{
    /* What the UE does not have cannot be taken from it. */
    if (!host->net || !host->net->address)
        return;
    ue_host_disconnect(host);
    prose_ue_pdn_lost(host->ue, ns3c_sim_now());
}

static void
ue_pdn_release_cb(void *user)
{
    ue_host_disconnect(user);
}

static uint64_t
ue_request_jitter_cb(void *user)
{
    UeHost *host = user;

    return prose_ns_from_s(prose_distribution_draw(host->spec->request_jitter_s, &host->topology->policy_key, PROSE_DRAW_REQUEST_JITTER,
                                                   host->spec->index, host->net->n_jitters++));
}

static void
ue_key_log_cb(void *user, const char *line)
{
    key_log(((UeHost *) user)->topology, line);
}

const ProseHost prose_ue_host = {
    .random = ue_random_cb, .wake_at = ue_wake_at_cb, .event = ue_event_cb,
    .tcp_connect = ue_tcp_connect_cb, .tcp_send = ue_tcp_send_cb, .tcp_close = ue_tcp_close_cb,
    .udp_send = ue_udp_send_cb, .pdn_open = ue_pdn_open_cb, .pdn_release = ue_pdn_release_cb,
    .request_jitter = ue_request_jitter_cb, .key_log = ue_key_log_cb,
};

static UeHostNet *
ue_host_net_free(UeHostNet *net)
{
    if (!net)
        return NULL;
    g_ptr_array_unref(net->conns);
    ns3c_udp_free(net->udp);
    ns3c_port_free(net->port);
    ns3c_node_free(net->node);
    ns3c_timer_free(net->attach);
    ns3c_timer_free(net->calendar_timer);
    if (net->calendar)
        g_array_unref(net->calendar);
    g_free(net);
    return NULL;
}

void
ue_host_free(UeHost *host)
{
    host->net = ue_host_net_free(host->net);
    ns3c_mobility_free(host->mobility);
    ns3c_timer_free(host->wake);
    ns3c_timer_free(host->power);
    g_free(host);
}

/* Connections of a UE end silently when they are dropped from the array. */
GPtrArray *
ue_conns_new(void)
{
    return g_ptr_array_new_with_free_func(ue_conn_free);
}

/* ---- a server ---- */

typedef struct ServerConn {
    Server *server;
    ProseConn id;
    Ns3cTcp *tcp;
} ServerConn;

static void
server_conn_free(void *data)
{
    ServerConn *conn = data;

    ns3c_tcp_free(conn->tcp);
    g_free(conn);
}

GHashTable *
server_conns_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, server_conn_free);
}

static ServerConn *
server_find_conn(const Server *server, ProseConn id)
{
    return g_hash_table_lookup(server->conns, GUINT_TO_POINTER(id));
}

static void
server_conn_close(ServerConn *conn)
{
    ns3c_tcp_close(g_steal_pointer(&conn->tcp));
    g_hash_table_remove(conn->server->conns, GUINT_TO_POINTER(conn->id));
}

static void
server_random_cb(void *user, uint8_t *ret, size_t len)
{
    Server *server = user;

    draw(server->topology, &server->octets, server->name, ret, len);
}

static void
server_wake_at_cb(void *user, uint64_t at_ns)
{
    ns3c_timer_set(((Server *) user)->wake, not_before_now(at_ns));
}

void
server_wake_cb(void *user)
{
    Server *server = user;

    prose_topology_before(server->topology, -1);
    if (server->pkmf)
        prose_pkmf_handle_expiry(server->pkmf, ns3c_sim_now());
    else
        prose_function_handle_expiry(server->function, ns3c_sim_now());
}

static void
server_event_cb(void *user, const ProseEvent *event)
{
    prose_stream_emit_from(((Server *) user)->topology->config.stream, event, -1);
}

static void
server_received_cb(void *user, const uint8_t *octets, size_t len)
{
    ServerConn *conn = user;
    Server *server = conn->server;

    prose_topology_before(server->topology, -1);
    if (server->pkmf)
        prose_pkmf_tcp_received(server->pkmf, conn->id, octets, len, ns3c_sim_now());
    else
        prose_function_tcp_received(server->function, conn->id, octets, len, ns3c_sim_now());
}

static void
server_closed_cb(void *user, bool reset)
{
    ServerConn *conn = user;
    Server *server = conn->server;
    ProseConn id = conn->id;

    prose_topology_before(server->topology, -1);
    if (reset)
        g_hash_table_remove(server->conns, GUINT_TO_POINTER(id));
    else
        server_conn_close(conn);
    if (server->pkmf)
        prose_pkmf_tcp_closed(server->pkmf, id, ns3c_sim_now());
    else
        prose_function_tcp_closed(server->function, id, ns3c_sim_now());
}

static const Ns3cTcpCallbacks server_tcp_callbacks = { NULL, server_received_cb, server_closed_cb };

bool
server_accepted_cb(void *user, Ns3cTcp *tcp, uint32_t from)
{
    Server *server = user;
    ServerConn *conn;

    if (server->down)
        return false;
    prose_topology_before(server->topology, -1);
    conn = g_new0(ServerConn, 1);
    conn->server = server;
    conn->tcp = tcp;
    conn->id = server->next_conn;
    server->next_conn += 2;
    g_hash_table_insert(server->conns, GUINT_TO_POINTER(conn->id), conn);
    ns3c_tcp_set_callbacks(tcp, &server_tcp_callbacks, conn);
    if (server->pkmf)
        prose_pkmf_tcp_accepted(server->pkmf, conn->id, from, ns3c_sim_now());
    else
        prose_function_tcp_accepted(server->function, conn->id, from, ns3c_sim_now());
    return true;
}

static int
server_tcp_send_cb(void *user, ProseConn id, const uint8_t *octets, size_t len)
{
    ServerConn *conn = server_find_conn(user, id);

    if (!conn)
        return PROSE_ERR_CLOSED;
    return ns3c_tcp_send(conn->tcp, octets, len) == NS3C_OK ? PROSE_OK : PROSE_ERR_CLOSED;
}

static void
server_tcp_close_cb(void *user, ProseConn id)
{
    ServerConn *conn = server_find_conn(user, id);

    if (conn)
        server_conn_close(conn);
}

static int
server_udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    return ns3c_udp_send(((Server *) user)->udp, to, port, octets, len) == NS3C_OK ? PROSE_OK : PROSE_ERR_STATE;
}

void
server_udp_received_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    Server *server = user;

    prose_topology_before(server->topology, -1);
    if (!server->down)
        prose_pkmf_udp_received(server->pkmf, from, port, octets, len, ns3c_sim_now());
}

static uint64_t
server_service_time_cb(void *user, int op)
{
    Server *server = user;
    double s = prose_distribution_draw(&server->service_s[op], &server->topology->service_time_key,
                                       PROSE_DRAW_SERVICE_TIME, server->who << 8 | (unsigned) op, server->n_services[op]++);

    return prose_ns_from_s(s);
}

static uint64_t
server_lead_delay_cb(void *user, const char *impi, ProseKeyScope scope, int64_t period)
{
    const ProseTopology *topology = ((Server *) user)->topology;
    const ProseStream *stream = topology->config.stream;
    int ue = prose_stream_find_ue(stream, impi), d = prose_stream_find_discovery(stream, scope);

    return prose_ns_from_s(prose_policy_lead_delay_s(topology->scenario, topology->scenario->discoveries->pdata[d], (unsigned) ue, period,
                                                     &topology->policy_key));
}

static unsigned
server_retry_after_cb(void *user)
{
    Server *server = user;

    return (unsigned) ceil(prose_distribution_draw(server->retry_after_s, &server->topology->policy_key, PROSE_DRAW_RETRY_AFTER,
                                                   server->who, server->n_refusals++));
}

static void
server_waited_cb(void *user, int op, uint64_t wait_ns)
{
    const Server *server = user;
    const ProseTopologyConfig *config = &server->topology->config;

    if (config->waited)
        config->waited(config->waited_user, (unsigned) server->who, wait_ns);
}

static void
server_key_log_cb(void *user, const char *line)
{
    key_log(((Server *) user)->topology, line);
}

const ProseHost prose_server_host = {
    .random = server_random_cb, .wake_at = server_wake_at_cb, .event = server_event_cb,
    .tcp_send = server_tcp_send_cb, .tcp_close = server_tcp_close_cb, .udp_send = server_udp_send_cb,
    .service_time = server_service_time_cb, .waited = server_waited_cb, .lead_delay = server_lead_delay_cb,
    .retry_after = server_retry_after_cb,
    .key_log = server_key_log_cb,
};

void
server_set_down(Server *server, bool down)
{
    uint64_t now_ns = ns3c_sim_now();

    if (server->down == down)
        return;
    server->down = down;
    if (server->function)
        prose_function_set_down(server->function, down, now_ns);
    else if (down)
        prose_pkmf_set_down(server->pkmf, now_ns);
    else
        prose_pkmf_set_up(server->pkmf, server->restart_keeps_state, now_ns);
}

void
server_free(Server *server)
{
    g_hash_table_unref(server->conns);
    ns3c_tcp_listener_free(server->listener);
    ns3c_udp_free(server->udp);
    ns3c_timer_free(server->wake);
    ns3c_node_free(server->node);
    g_free(server->name);
    g_free(server);
}
