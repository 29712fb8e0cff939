/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-server.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-exchange.h"

/* Octets a peer may send before its handshake has its turn: more than an honest one can without an answer. */
#define WAITING_MAX (2 * PROSE_HTTP_BODY_MAX)

struct ProseServerConn {
    ProseServer *server;
    ProseConn id;
    ProseAddress from;
    ProseExchange *exchange;           /* (owned) (nullable): %NULL once the tunnel is over */
    const ProseGbaSession *session;    /* (nullable): whose key the tunnel is made with */
    bool established;
    bool has_arrived;
    bool proceeds;                     /* its handshake had its turn */
    bool owes_answer;                  /* a request is with the endpoint */
    GByteArray *waiting;               /* (owned) (nullable): came before the turn */
    GByteArray *request;               /* (owned) (nullable): complete, not yet handed up */
    /* What the exchange said while it was being fed; looked at when it has returned. */
    bool ended;
    bool broken;                       /* the host could not send */
    bool tls_failed;
    char *cause;                       /* (owned) (nullable) */
    int http_error;
    ProseTimer idle;
    GList link;                        /* in ProseServer.conns */
    void *data;                        /* the endpoint's */
};

struct ProseServer {
    ProseServerConfig config;
    ProseServerCallbacks callbacks;
    void *user;
    GHashTable *by_id;                 /* ProseConn -> ProseServerConn, never walked */
    GQueue conns;                      /* of ProseServerConn (owned), oldest first */
    bool down;
    uint64_t now_ns;                   /* of the call that is going on */
};

static int64_t
utc_s(const ProseServer *server)
{
    return prose_seconds(server->config.utc_start_ns + (int64_t) server->now_ns);
}

static void
emit(const ProseServerConn *conn, ProseEventType type, const char *cause, unsigned status)
{
    const ProseServer *server = conn->server;
    ProseEvent event = prose_event_at(type, server->now_ns, server->config.name);

    event.cause = cause;
    event.peer = prose_server_conn_impi(conn);
    event.has_value = status != 0;
    event.value = status;
    server->config.host->event(server->config.host_user, &event);
}

static const char *
status_cause(unsigned status)
{
    switch (status) {
    case 403: return "not-a-subscriber";
    case 413: return "too-long";
    case 503: return "overload";
    default: return "not-understood";
    }
}

static void
conn_stand_still(ProseServerConn *conn)
{
    prose_timers_arm(conn->server->config.timers, &conn->idle, conn->server->now_ns + PROSE_SERVER_IDLE_NS);
}

static void
clear_octets(GByteArray **octets)
{
    if (!*octets)
        return;
    prose_wipe((*octets)->data, (*octets)->len);
    g_clear_pointer(octets, g_byte_array_unref);
}

static void
conn_free(ProseServerConn *conn)
{
    prose_timers_disarm(conn->server->config.timers, &conn->idle);
    prose_exchange_free(conn->exchange);
    clear_octets(&conn->waiting);
    clear_octets(&conn->request);
    g_free(conn->cause);
    g_free(conn);
}

/* The tunnel is over; the TCP connection may still be up. */
static void
conn_leave(ProseServerConn *conn)
{
    if (!conn->exchange)
        return;
    conn->exchange = prose_exchange_free(conn->exchange);
    clear_octets(&conn->waiting);
    clear_octets(&conn->request);
    conn->owes_answer = false;
    conn->server->callbacks.left(conn->server->user, conn, conn->server->now_ns);
}

static void
conn_remove(ProseServerConn *conn, bool close_tcp)
{
    ProseServer *server = conn->server;

    conn_leave(conn);
    g_hash_table_remove(server->by_id, GUINT_TO_POINTER(conn->id));
    g_queue_unlink(&server->conns, &conn->link);
    if (close_tcp)
        server->config.host->tcp_close(server->config.host_user, conn->id);
    conn_free(conn);
}

static void
conn_idle_cb(void *user, uint64_t now_ns)
{
    ProseServerConn *conn = user;

    conn->server->now_ns = now_ns;
    if (conn->exchange && !conn->established)
        emit(conn, PROSE_EVENT_TLS_FAILED, "timeout", 0);
    if (conn->exchange)
        prose_exchange_close(conn->exchange, utc_s(conn->server));
    conn_remove(conn, true);
}

/* Acts on what the exchange said during the call that has just returned. @conn may be gone afterwards. */
static void
conn_settle(ProseServerConn *conn)
{
    ProseServer *server = conn->server;
    int http_error = conn->http_error;

    if (conn->broken) {
        conn_remove(conn, true);
        return;
    }
    if (conn->request && !conn->ended) {
        g_autoptr(GByteArray) body = g_steal_pointer(&conn->request);

        conn->owes_answer = true;
        prose_timers_disarm(server->config.timers, &conn->idle);
        server->callbacks.request(server->user, conn, body->data, body->len, server->now_ns);
        prose_wipe(body->data, body->len);
        return;
    }
    if (!conn->ended) {
        if (!conn->owes_answer)
            conn_stand_still(conn);
        return;
    }
    if (conn->tls_failed) {
        emit(conn, PROSE_EVENT_TLS_FAILED, conn->cause, 0);
        conn_remove(conn, true);
        return;
    }
    if (http_error) {
        /* No request, so no transaction ID to answer to: the status says it all, the UE closes. */
        unsigned status = http_error == PROSE_ERR_LIMIT ? 413 : 400;

        conn->http_error = 0;
        if (prose_exchange_respond(conn->exchange, status, 0, NULL, 0, utc_s(server)) < 0 || conn->broken) {
            conn_remove(conn, true);
            return;
        }
        emit(conn, PROSE_EVENT_HTTP_REFUSED, status_cause(status), status);
        conn_stand_still(conn);
        return;
    }
    /* The peer closed its tunnel in order. It closes TCP too, and first, so that waiting for stray segments is its
     * part; we only see to it that it does. */
    conn_leave(conn);
    conn_stand_still(conn);
}

static void
send_cb(void *user, const uint8_t *octets, size_t len)
{
    ProseServerConn *conn = user;
    const ProseServerConfig *config = &conn->server->config;

    if (config->host->tcp_send(config->host_user, conn->id, octets, len) < 0)
        conn->broken = true;
}

static const ProseGbaSession *
session_of(const ProseServer *server, const char *psk_identity)
{
    const char *b_tid = prose_gba_b_tid_of(psk_identity);

    return b_tid ? prose_bsf_find_by_b_tid(server->config.bsf, b_tid, utc_s(server)) : NULL;
}

static int
psk_cb(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN])
{
    ProseServerConn *conn = user;
    const ProseGbaSession *session = session_of(conn->server, psk_identity);

    if (!session)
        return PROSE_ERR_NOT_FOUND;
    return prose_gba_ks_naf(ret_psk, session, conn->server->config.fqdn);
}

static void
established_cb(void *user, const char *psk_identity)
{
    ProseServerConn *conn = user;

    conn->established = true;
    conn->session = session_of(conn->server, psk_identity);
    emit(conn, PROSE_EVENT_TLS_ESTABLISHED, NULL, 0);
}

static void
message_cb(void *user, const ProseHttp *http)
{
    ProseServerConn *conn = user;
    size_t len;
    const uint8_t *body = prose_http_body(http, &len);

    clear_octets(&conn->request);
    conn->request = g_byte_array_sized_new((guint) len);
    g_byte_array_append(conn->request, body, (guint) len);
}

static void
ended_cb(void *user, const char *layer, const char *cause, int http_error)
{
    ProseServerConn *conn = user;

    conn->ended = true;
    conn->tls_failed = g_str_equal(layer, "tls") || (!conn->established && cause);
    g_free(conn->cause);
    conn->cause = g_strdup(cause);
    conn->http_error = http_error;
}

static void
key_log_cb(void *user, const char *line)
{
    const ProseServerConfig *config = &((ProseServerConn *) user)->server->config;

    if (config->host->key_log)
        config->host->key_log(config->host_user, line);
}

static const ProseExchangeCallbacks exchange_callbacks = {
    .send = send_cb, .established = established_cb, .message = message_cb, .ended = ended_cb, .psk = psk_cb,
    .key_log = key_log_cb,
};

ProseServer *
prose_server_new(const ProseServerConfig *config, const ProseServerCallbacks *callbacks, void *user)
{
    ProseServer *server = g_new0(ProseServer, 1);

    server->config = *config;
    server->callbacks = *callbacks;
    server->user = user;
    server->by_id = g_hash_table_new(NULL, NULL);
    g_queue_init(&server->conns);
    return server;
}

ProseServer *
prose_server_free(ProseServer *server)
{
    if (!server)
        return NULL;
    while (server->conns.head) {
        ProseServerConn *conn = server->conns.head->data;

        conn_leave(conn);
        g_queue_unlink(&server->conns, &conn->link);
        conn_free(conn);
    }
    g_hash_table_unref(server->by_id);
    g_free(server);
    return NULL;
}

void
prose_server_tcp_accepted(ProseServer *server, ProseConn id, ProseAddress from, uint64_t now_ns)
{
    ProseServerConn *conn;

    server->now_ns = now_ns;
    if (server->down) {
        server->config.host->tcp_close(server->config.host_user, id);
        return;
    }
    conn = g_new0(ProseServerConn, 1);
    conn->server = server;
    conn->id = id;
    conn->from = from;
    conn->exchange = prose_exchange_new_server(server->config.cleartext, &exchange_callbacks, conn);
    conn->idle = (ProseTimer) { .fire = conn_idle_cb, .user = conn };
    conn->link.data = conn;
    g_queue_push_tail_link(&server->conns, &conn->link);
    g_hash_table_insert(server->by_id, GUINT_TO_POINTER(id), conn);
    conn_stand_still(conn);
}

void
prose_server_tcp_received(ProseServer *server, ProseConn id, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    ProseServerConn *conn = g_hash_table_lookup(server->by_id, GUINT_TO_POINTER(id));

    server->now_ns = now_ns;
    if (!conn || !conn->exchange || conn->ended || len == 0)
        return;
    if (conn->proceeds) {
        prose_exchange_receive(conn->exchange, octets, len, utc_s(server));
        conn_settle(conn);
        return;
    }
    if (!conn->waiting)
        conn->waiting = g_byte_array_new();
    if (conn->waiting->len + len > WAITING_MAX) {
        emit(conn, PROSE_EVENT_TLS_FAILED, "flood", 0);
        conn_remove(conn, true);
        return;
    }
    g_byte_array_append(conn->waiting, octets, (guint) len);
    prose_timers_disarm(server->config.timers, &conn->idle);
    if (!conn->has_arrived) {
        conn->has_arrived = true;
        server->callbacks.arrived(server->user, conn, now_ns);
    }
}

void
prose_server_proceed(ProseServer *server, ProseServerConn *conn, uint64_t now_ns)
{
    g_autoptr(GByteArray) octets = g_steal_pointer(&conn->waiting);

    server->now_ns = now_ns;
    conn->proceeds = true;
    prose_exchange_start(conn->exchange, utc_s(server));
    prose_exchange_receive(conn->exchange, octets->data, octets->len, utc_s(server));
    prose_wipe(octets->data, octets->len);
    conn_settle(conn);
}

void
prose_server_tcp_closed(ProseServer *server, ProseConn id, uint64_t now_ns)
{
    ProseServerConn *conn = g_hash_table_lookup(server->by_id, GUINT_TO_POINTER(id));

    server->now_ns = now_ns;
    if (!conn)
        return;
    if (conn->exchange && !conn->ended && conn->proceeds) {
        prose_exchange_eof(conn->exchange);
        if (conn->tls_failed)
            emit(conn, PROSE_EVENT_TLS_FAILED, conn->cause, 0);
    }
    conn_remove(conn, false);
}

void
prose_server_set_down(ProseServer *server, bool down, uint64_t now_ns)
{
    server->now_ns = now_ns;
    server->down = down;
    while (down && server->conns.head)
        conn_remove(server->conns.head->data, true);
}

int
prose_server_respond(ProseServer *server, ProseServerConn *conn, unsigned status, unsigned retry_after_s,
                     const uint8_t *body, size_t body_len, uint64_t now_ns)
{
    server->now_ns = now_ns;
    if (!conn->exchange || conn->ended || conn->broken)
        return PROSE_ERR_CLOSED;
    if (prose_exchange_respond(conn->exchange, status, retry_after_s, body, body_len, utc_s(server)) < 0)
        return PROSE_ERR_CLOSED;
    if (conn->broken) {
        conn_remove(conn, true);
        return PROSE_ERR_CLOSED;
    }
    conn->owes_answer = false;
    if (status != 200)
        emit(conn, PROSE_EVENT_HTTP_REFUSED, status_cause(status), status);
    conn_stand_still(conn);
    return 0;
}

size_t
prose_server_exchanges(const ProseServer *server)
{
    size_t n = 0;

    for (const GList *link = server->conns.head; link; link = link->next)
        n += ((const ProseServerConn *) link->data)->exchange != NULL;
    return n;
}

const char *
prose_server_conn_impi(const ProseServerConn *conn)
{
    return conn->session ? conn->session->impi : NULL;
}

ProseAddress
prose_server_conn_address(const ProseServerConn *conn)
{
    return conn->from;
}

void
prose_server_conn_set_data(ProseServerConn *conn, void *data)
{
    conn->data = data;
}

void *
prose_server_conn_data(const ProseServerConn *conn)
{
    return conn->data;
}
