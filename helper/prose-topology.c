/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds the network of a scenario and puts the servers on it. */
#include "prose-topology-internal.h"

#include "prose-streams.h"


#define GATEWAY_PREFIX(g) (0x0A000000u | (uint32_t) ((g) + 1) << 16)   /* 10.G.0.0/16, G from 1 */
#define GATEWAY_PREFIX_LEN 16
#define FIRST_HOST 2                                                    /* .0.1 is the gateway's own */
#define LINK_NET(k) (0xAC100000u + 4 * (k))                             /* 172.16.0.0 and on, a /30 each */
#define BSF_NAME "bsf.mnc001.mcc001.pub.3gppnetwork.org"

/* A server goes, or comes back. */
typedef struct Outage {
    Server *server;
    bool down;
    Ns3cEvent *event;
} Outage;

bool
topology_fail(GError **error, const char *what, int code)
{
    g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s: %s", what, ns3c_strerror(code));
    return false;
}

/* ---- addresses ---- */

ProseAddress
gateway_take_address(Gateway *gateway, ProseAddress not_this)
{
    uint32_t host = gateway->lowest;

    while (host < FIRST_HOST + PROSE_GATEWAY_UES_MAX
           && (gateway->taken[host >> 3] & 1 << (host & 7) || (gateway->prefix | host) == not_this))
        host++;
    if (host == FIRST_HOST + PROSE_GATEWAY_UES_MAX)
        return 0;
    gateway->taken[host >> 3] |= (uint8_t) (1 << (host & 7));
    if (host == gateway->lowest)
        gateway->lowest++;
    return gateway->prefix | host;
}

void
gateway_give_back(Gateway *gateway, ProseAddress address)
{
    uint32_t host = address & 0xFFFF;

    gateway->taken[host >> 3] &= (uint8_t) ~(1 << (host & 7));
    gateway->lowest = MIN(gateway->lowest, host);
}

const Server *
topology_find_server(const ProseTopology *topology, const char *fqdn)
{
    for (unsigned i = 0; i < topology->servers->len; i++) {
        const Server *server = g_ptr_array_index(topology->servers, i);

        if (g_ascii_strcasecmp(server->fqdn, fqdn) == 0)
            return server;
    }
    return NULL;
}

/* ---- nodes and links ---- */

/* Joins @node to the core router, with the router as its default. */
static bool
join_core(ProseTopology *topology, Ns3cNode *node, const char *what, Ns3cLink *ret_link, ProseAddress *ret_address, GError **error)
{
    uint32_t net = LINK_NET(topology->n_links++);
    int r = ns3c_link_p2p(node, net + 1, topology->router, net + 2, PROSE_CORE_RATE_BPS, PROSE_CORE_DELAY_NS, ret_link);

    if (r == NS3C_OK)
        r = ns3c_node_add_default_route(node, net + 2, ret_link->if_a);
    if (r != NS3C_OK)
        return topology_fail(error, what, r);
    *ret_address = net + 1;
    return true;
}

/* Capture and tap of the access of gateway @number of @pdn. */
static bool
watch_access(ProseTopology *topology, const ProseScenarioPdn *pdn, unsigned number, Gateway *gateway, GError **error)
{
    const ProseTopologyConfig *config = &topology->config;
    g_autofree char *path = NULL;

    if (config->tap)
        ns3c_access_set_tap(gateway->access, config->tap, config->tap_user);
    if (!config->captures)
        return true;
    gateway->capture = g_strdup_printf("pdn-%s-%u.pcap", pdn->name, number);
    path = prose_output_part(config->captures, gateway->capture);
    return ns3c_access_capture(gateway->access, path, topology->scenario->utc_start_s) == NS3C_OK
           ? true : prose_output_set_errno(error, path);
}

bool
prose_topology_end_captures(ProseTopology *topology, GError **error)
{
    GError *first = NULL;

    for (unsigned i = 0; i < topology->gateways->len; i++) {
        Gateway *gateway = &g_array_index(topology->gateways, Gateway, i);
        g_autofree char *path = NULL;

        if (!gateway->capture)
            continue;
        path = prose_output_part(topology->config.captures, gateway->capture);
        if (ns3c_access_capture_close(gateway->access) != NS3C_OK)
            prose_output_set_errno(first ? NULL : &first, path);
        else
            prose_output_complete(topology->config.captures, gateway->capture, first ? NULL : &first);
        g_clear_pointer(&gateway->capture, g_free);
    }
    if (first)
        g_propagate_error(error, first);
    return !first;
}

static bool
add_gateway(ProseTopology *topology, const ProseScenarioPdn *pdn, unsigned number, GError **error)
{
    Gateway *gateway, made = { .prefix = GATEWAY_PREFIX(topology->gateways->len), .lowest = FIRST_HOST };
    g_autofree char *what = g_strdup_printf("[pdn %s] gateway %u", pdn->name, number);
    ProseAddress address = 0;
    Ns3cLink link = { 0 };
    int r;

    g_array_append_val(topology->gateways, made);
    gateway = &g_array_index(topology->gateways, Gateway, topology->gateways->len - 1);
    gateway->node = ns3c_node_new(/* forward= */ true);
    gateway->taken = g_malloc0((FIRST_HOST + PROSE_GATEWAY_UES_MAX + 7) / 8);
    gateway->access = ns3c_access_new(gateway->node, gateway->prefix | 1, gateway->prefix, GATEWAY_PREFIX_LEN,
                                      pdn->gateway_rate_up_bps, pdn->gateway_rate_down_bps);
    if (!gateway->access)
        return topology_fail(error, what, NS3C_ERR_INVALID);
    if (!join_core(topology, gateway->node, what, &link, &address, error))
        return false;
    r = ns3c_node_add_route(topology->router, gateway->prefix, GATEWAY_PREFIX_LEN, address, link.if_b);
    return r == NS3C_OK ? watch_access(topology, pdn, number, gateway, error) : topology_fail(error, what, r);
}

static bool
build_gateways(ProseTopology *topology, GError **error)
{
    const GPtrArray *pdns = topology->scenario->pdns;
    unsigned total = 0;

    for (unsigned p = 0; p < pdns->len; p++)
        total += ((const ProseScenarioPdn *) g_ptr_array_index(pdns, p))->gateways;
    if (total > PROSE_GATEWAYS_MAX) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "%u gateways over all [pdn …] sections; at most %d", total,
                    PROSE_GATEWAYS_MAX);
        return false;
    }
    for (unsigned p = 0; p < pdns->len; p++) {
        const ProseScenarioPdn *pdn = g_ptr_array_index(pdns, p);

        for (unsigned g = 0; g < pdn->gateways; g++) {
            if (!add_gateway(topology, pdn, g, error))
                return false;
        }
    }
    return true;
}

/* ---- servers ---- */

static bool
add_server(ProseTopology *topology, Server *server, GError **error)
{
    Ns3cLink link;

    server->topology = topology;
    server->conns = server_conns_new();
    server->next_conn = 2;
    server->who = topology->servers->len;
    server->octets = (ProseDrawStream) { .key = prose_rng_key(PROSE_RNG_SERVER), .who = server->who };
    server->wake = ns3c_timer_new(server_wake_cb, server);
    server->node = ns3c_node_new(/* forward= */ false);
    g_ptr_array_add(topology->servers, server);
    if (!join_core(topology, server->node, server->name, &link, &server->address, error))
        return false;
    server->listener = ns3c_tcp_listen(server->node, PROSE_PORT_HTTPS, server_accepted_cb, server);
    if (server->kind == SERVER_PKMF)
        server->udp = ns3c_udp_new(server->node, PROSE_PORT_MIKEY, server_udp_received_cb, server);
    return server->listener && (server->udp || server->kind != SERVER_PKMF) ? true : topology_fail(error, server->name, NS3C_ERR_INTERNAL);
}

static void
outage_cb(void *user)
{
    Outage *outage = user;

    prose_topology_before(outage->server->topology, -1);
    server_set_down(outage->server, outage->down);
}

static void
outage_free(void *data)
{
    Outage *outage = data;

    ns3c_event_free(outage->event);
    g_free(outage);
}

static void
schedule_outage(ProseTopology *topology, Server *server, double at_s, bool down)
{
    Outage *outage = g_new0(Outage, 1);

    outage->server = server;
    outage->down = down;
    outage->event = ns3c_event_new(prose_ns_from_s(at_s), outage_cb, outage);
    g_ptr_array_add(topology->outages, outage);
}

static void
schedule_outages(ProseTopology *topology, Server *server, const GArray *outages)
{
    for (unsigned i = 0; i < outages->len; i++) {
        const ProseInterval *interval = &g_array_index(outages, ProseInterval, i);

        schedule_outage(topology, server, interval->start_s, /* down= */ true);
        schedule_outage(topology, server, interval->end_s, /* down= */ false);
    }
}

static bool
add_pkmf(ProseTopology *topology, const ProseScenarioPkmf *spec, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    Server *server = g_new0(Server, 1);
    ProsePkmfConfig config = {
        .fqdn = spec->fqdn, .max_offset_s = spec->max_offset_s, .workers = spec->workers, .queue_limit = spec->queue_limit,
        .issue_pmk_every_ns = prose_ns_from_s(spec->issue_pmk_every_s),
        .delivery_gap_ns = spec->delivery_pace > 0 ? prose_ns_from_s(1 / spec->delivery_pace) : 0,
        .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S, .profile = &scenario->profile,
        .secrets = topology->config.secrets, .bsf = topology->bsf, .schema = topology->key_schema,
        .cleartext = topology->config.cleartext,
    };

    server->kind = SERVER_PKMF;
    server->name = g_strdup_printf("pkmf %s", spec->name);
    server->fqdn = spec->fqdn;
    server->service_s = spec->service_time_s;
    server->retry_after_s = &spec->retry_after_s;
    server->restart_keeps_state = spec->restart_keeps_state;
    if (!add_server(topology, server, error))
        return false;
    config.name = server->name;
    server->pkmf = prose_pkmf_new(&config, &prose_server_host, server);
    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(scenario->discoveries, i);
        ProsePkmfDiscovery served = { .scope = d->scope, .meta = d->meta, .first_start_s = d->first_start_s,
                                      .cryptoperiod_s = d->cryptoperiod_s, .lead_s = d->lead_s, .keys_ahead = d->keys_ahead,
                                      .keeps_revoked_keys = d->keeps_revoked_keys, .replaces_at_leave = d->replaces_at_leave };
        int r;

        if (d->pkmf != spec)
            continue;
        r = prose_key_scope_is_discovery(d->scope)
            ? prose_pkmf_add_discovery(server->pkmf, &served)
            : prose_pkmf_add_group(server->pkmf, d->scope.id, d->algorithms, d->first_start_s, d->cryptoperiod_s, d->lead_s);
        if (r != PROSE_OK) {
            g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "[%s %s]: %s: %s",
                        prose_key_scope_is_discovery(d->scope) ? "discovery" : "group-key", d->name, server->name, prose_strerror(r));
            return false;
        }
    }
    schedule_outages(topology, server, spec->outages);
    return true;
}

bool
topology_function_lists(const ProseScenarioFunction *function, const ProseScenarioPkmf *pkmf)
{
    return g_ptr_array_find(function->pkmfs, pkmf, NULL);
}

static bool
add_function(ProseTopology *topology, const ProseScenarioFunction *spec, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    Server *server = g_new0(Server, 1);
    ProseFunctionConfig config = {
        .fqdn = spec->fqdn, .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S, .bsf = topology->bsf,
        .schema = topology->pc3_schema, .cleartext = topology->config.cleartext,
    };

    server->kind = SERVER_FUNCTION;
    server->name = g_strdup_printf("prose-function %s", spec->name);
    server->fqdn = spec->fqdn;
    server->service_s = &spec->service_time_s;
    if (!add_server(topology, server, error))
        return false;
    config.name = server->name;
    server->function = prose_function_new(&config, &prose_server_host, server);
    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(scenario->discoveries, i);

        if (d->pkmf && topology_function_lists(spec, d->pkmf))
            prose_function_add_scope(server->function, d->scope, d->pkmf->fqdn);
    }
    schedule_outages(topology, server, spec->outages);
    return true;
}

/* ---- life ---- */

ProseTopology *
prose_topology_new(const ProseTopologyConfig *config, GError **error)
{
    g_autoptr(ProseTopology) topology = g_new0(ProseTopology, 1);
    const ProseScenario *scenario = config->scenario;

    topology->config = *config;
    topology->scenario = scenario;
    topology->gateways = g_array_new(FALSE, FALSE, sizeof(Gateway));
    topology->servers = g_ptr_array_new_with_free_func((GDestroyNotify) server_free);
    topology->ues = g_ptr_array_new_with_free_func((GDestroyNotify) ue_host_free);
    topology->outages = g_ptr_array_new_with_free_func(outage_free);
    topology->provisions = g_ptr_array_new();
    topology->service_time_key = prose_rng_key(PROSE_RNG_SERVICE_TIME);
    topology->policy_key = prose_rng_key(PROSE_RNG_POLICY);
    topology->bsf = prose_bsf_new(config->secrets, BSF_NAME);
    topology->key_schema = prose_key_schema_new();
    topology->pc3_schema = prose_pc3_schema_new();
    topology->router = ns3c_node_new(/* forward= */ true);
    if (!topology->key_schema || !topology->pc3_schema) {
        g_set_error_literal(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "libxml2 refuses the schema of the key or PC3 messages");
        return NULL;
    }
    for (unsigned i = 0; i < scenario->pkmfs->len; i++) {
        if (!add_pkmf(topology, g_ptr_array_index(scenario->pkmfs, i), error))
            return NULL;
    }
    for (unsigned i = 0; i < scenario->functions->len; i++) {
        if (!add_function(topology, g_ptr_array_index(scenario->functions, i), error))
            return NULL;
    }
    if (!build_gateways(topology, error) || !topology_build_ues(topology, error))
        return NULL;
    topology_provision_all(topology);
    return g_steal_pointer(&topology);
}

ProseTopology *
prose_topology_free(ProseTopology *topology)
{
    if (!topology)
        return NULL;
    /* Endpoints first, while the world still answers them. */
    for (unsigned i = 0; i < topology->ues->len; i++) {
        UeHost *host = g_ptr_array_index(topology->ues, i);

        host->ue = prose_ue_free(host->ue);
    }
    for (unsigned i = 0; i < topology->servers->len; i++) {
        Server *server = g_ptr_array_index(topology->servers, i);

        server->pkmf = prose_pkmf_free(server->pkmf);
        server->function = prose_function_free(server->function);
    }
    g_ptr_array_unref(topology->outages);
    g_ptr_array_unref(topology->provisions);
    g_ptr_array_unref(topology->ues);
    g_ptr_array_unref(topology->servers);
    for (unsigned i = 0; i < topology->gateways->len; i++) {
        Gateway *gateway = &g_array_index(topology->gateways, Gateway, i);

        ns3c_access_free(gateway->access);
        ns3c_node_free(gateway->node);
        g_free(gateway->taken);
        g_free(gateway->capture);
    }
    g_array_unref(topology->gateways);
    ns3c_node_free(topology->router);
    prose_key_schema_free(topology->key_schema);
    prose_pc3_schema_free(topology->pc3_schema);
    prose_bsf_free(topology->bsf);
    g_free(topology);
    return NULL;
}

void
prose_topology_set_before(ProseTopology *topology, void (*before)(void *user, int ue), void *user)
{
    topology->before = before;
    topology->before_user = user;
}

void
prose_topology_before(const ProseTopology *topology, int ue)
{
    if (topology->before)
        topology->before(topology->before_user, ue);
}

/* ---- what others look at ---- */

ProseUe *
prose_topology_ue(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->ue;
}

ProsePkmf *
prose_topology_pkmf(const ProseTopology *topology, unsigned pkmf)
{
    return ((const Server *) g_ptr_array_index(topology->servers, pkmf))->pkmf;
}

const ProseGbaSession *
prose_topology_gba(const ProseTopology *topology, unsigned ue)
{
    const UeHost *host = g_ptr_array_index(topology->ues, ue);

    return host->net ? host->net->gba : NULL;
}

Ns3cMobility *
prose_topology_mobility(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->mobility;
}

uint64_t
prose_topology_power_on_ns(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->power_on_ns;
}

bool
prose_topology_is_on(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->is_on;
}

bool
prose_topology_takes_part(const ProseTopology *topology, unsigned ue, unsigned discovery)
{
    const UeHost *host = g_ptr_array_index(topology->ues, ue);

    return host->is_on && host->takes_part[discovery];
}

void
prose_topology_octets(const ProseTopology *topology, unsigned ue, uint64_t *ret_up, uint64_t *ret_down)
{
    const UeHost *host = g_ptr_array_index(topology->ues, ue);
    Ns3cPortCounters counters = { 0 };

    if (host->net && host->net->port)
        ns3c_port_counters(host->net->port, &counters);
    *ret_up = counters.octets_up;
    *ret_down = counters.octets_down;
}

void
prose_topology_use(const ProseTopology *topology, ProseTopologyUse *ret)
{
    *ret = (ProseTopologyUse) { 0 };
    for (unsigned i = 0; i < topology->ues->len; i++) {
        const UeHost *host = g_ptr_array_index(topology->ues, i);

        ret->exchanges += prose_ue_exchanges(host->ue);
        ret->connections += host->net ? host->net->conns->len : 0;
    }
    for (unsigned i = 0; i < topology->servers->len; i++) {
        const Server *server = g_ptr_array_index(topology->servers, i);

        ret->exchanges += server->pkmf ? prose_pkmf_exchanges(server->pkmf) : prose_function_exchanges(server->function);
        ret->connections += g_hash_table_size(server->conns);
    }
}
