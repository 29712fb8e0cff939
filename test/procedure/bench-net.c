/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench.h"

#include "prose-error.h"

#include <string.h>

/* A TCP connection. Each end hears of it only while it is open at that end. */
struct BenchConn {
    BenchUe *ue;
    BenchServer *server;
    ProseConn ue_conn, server_conn;
    bool ue_open, server_open;
    bool stalled[2];                       /* by direction, up first: a lost segment is never made good */
    uint64_t last_ns[2];
};

typedef enum BenchItemKind {
    ITEM_ACCEPT, ITEM_CONNECTED, ITEM_REFUSED, ITEM_TCP_UP, ITEM_TCP_DOWN, ITEM_CLOSE_UP, ITEM_CLOSE_DOWN,
    ITEM_UDP_UP, ITEM_UDP_DOWN, ITEM_PDN,
} BenchItemKind;

typedef struct BenchItem {
    uint64_t at_ns, order;
    BenchItemKind kind;
    BenchUe *ue;
    BenchServer *server;
    BenchConn *conn;
    ProseAddress from, to;
    uint16_t port;
    uint8_t *octets;
    size_t len;
} BenchItem;

static void
item_free(BenchItem *item)
{
    g_free(item->octets);
    g_free(item);
}

static gint
item_compare(gconstpointer a, gconstpointer b, gpointer user)
{
    const BenchItem *x = a, *y = b;

    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static BenchItem *
push(Bench *b, BenchItemKind kind, uint64_t at_ns, BenchUe *ue, BenchServer *server, BenchConn *conn)
{
    BenchItem *item = g_new0(BenchItem, 1);

    *item = (BenchItem) { .at_ns = at_ns, .order = b->order++, .kind = kind, .ue = ue, .server = server, .conn = conn };
    g_queue_insert_sorted(&b->queue, item, item_compare, NULL);
    return item;
}

/* Shows the packet to the hook. Returns: whether it travels. */
static bool
travel(Bench *b, BenchPacket *packet)
{
    if (b->hook)
        b->hook(b->hook_user, packet);
    return !packet->drop;
}

static BenchConn *
conn_find(Bench *b, const BenchUe *ue, const BenchServer *server, ProseConn name)
{
    for (guint i = 0; i < b->conns->len; i++) {
        BenchConn *c = b->conns->pdata[i];

        if (ue ? c->ue == ue && c->ue_conn == name : c->server == server && c->server_conn == name)
            return c;
    }
    return NULL;
}

static void
tcp_segment(Bench *b, BenchConn *c, bool up, const uint8_t *octets, size_t len)
{
    BenchPacket packet = {
        up ? BENCH_TCP_UP : BENCH_TCP_DOWN, c->ue, c->server, g_memdup2(octets, len), len, b->now_ns + b->delay_ns, false,
    };
    BenchItem *item;

    if (c->stalled[!up] || !travel(b, &packet)) {
        c->stalled[!up] = true;
        g_free(packet.octets);
        return;
    }
    c->last_ns[!up] = MAX(c->last_ns[!up], packet.at_ns);
    item = push(b, up ? ITEM_TCP_UP : ITEM_TCP_DOWN, c->last_ns[!up], c->ue, c->server, c);
    item->octets = packet.octets;
    item->len = packet.len;
}

static void
tcp_end(Bench *b, BenchConn *c, bool up)
{
    if (!c->stalled[!up])
        push(b, up ? ITEM_CLOSE_UP : ITEM_CLOSE_DOWN, MAX(c->last_ns[!up], b->now_ns + b->delay_ns), c->ue, c->server, c);
}

/* ---- a UE's host ---- */

static void
ue_random_cb(void *user, uint8_t *ret, size_t len)
{
    prose_draw_octets(&((BenchUe *) user)->random, ret, len);
}

static void
ue_wake_at_cb(void *user, uint64_t at_ns)
{
    ((BenchUe *) user)->wake_at = at_ns;
}

static void
ue_event_cb(void *user, const ProseEvent *event)
{
    bench_record(((BenchUe *) user)->bench, event);
}

static int
ue_tcp_connect_cb(void *user, ProseConn conn, const char *fqdn, uint16_t port)
{
    BenchUe *u = user;
    Bench *b = u->bench;
    BenchServer *server = NULL;
    BenchConn *c;

    ck_assert_msg(conn % 2 == 1, "a client picks odd numbers");
    ck_assert_msg(!conn_find(b, u, NULL, conn), "connection %u is named twice", conn);
    ck_assert_uint_eq(port, PROSE_PORT_HTTPS);
    if (!u->address)
        return PROSE_ERR_STATE;
    for (guint i = 0; i < b->servers->len && !server; i++)
        if (g_str_equal(((BenchServer *) b->servers->pdata[i])->fqdn, fqdn))
            server = b->servers->pdata[i];
    if (!server)
        return PROSE_ERR_NOT_FOUND;

    c = g_new0(BenchConn, 1);
    *c = (BenchConn) { .ue = u, .server = server, .ue_conn = conn, .server_conn = server->last_conn += 2, .ue_open = true };
    g_ptr_array_add(b->conns, c);
    if (server->refuses)
        push(b, ITEM_REFUSED, b->now_ns + 2 * b->delay_ns, u, server, c);
    else if (!server->deaf)
        push(b, ITEM_ACCEPT, b->now_ns + b->delay_ns, u, server, c)->from = u->address;
    return 0;
}

static int
ue_tcp_send_cb(void *user, ProseConn conn, const uint8_t *octets, size_t len)
{
    BenchUe *u = user;
    BenchConn *c = conn_find(u->bench, u, NULL, conn);

    ck_assert_msg(c && c->ue_open, "%s sends on connection %u, which it has not got", u->name, conn);
    tcp_segment(u->bench, c, true, octets, len);
    return 0;
}

static void
ue_tcp_close_cb(void *user, ProseConn conn)
{
    BenchUe *u = user;
    BenchConn *c = conn_find(u->bench, u, NULL, conn);

    ck_assert_msg(c && c->ue_open, "%s closes connection %u, which it has not got", u->name, conn);
    c->ue_open = false;
    tcp_end(u->bench, c, true);
}

static int
ue_udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    BenchUe *u = user;
    Bench *b = u->bench;
    BenchServer *server = NULL;
    BenchItem *item;

    if (!u->address)
        return PROSE_ERR_STATE;
    for (guint i = 0; i < b->servers->len && !server; i++)
        if (((BenchServer *) b->servers->pdata[i])->address == to)
            server = b->servers->pdata[i];
    if (server) {
        BenchPacket packet = { BENCH_UDP_UP, u, server, g_memdup2(octets, len), len, b->now_ns + b->delay_ns, false };

        if (!travel(b, &packet)) {
            g_free(packet.octets);
            return 0;
        }
        item = push(b, ITEM_UDP_UP, packet.at_ns, u, server, NULL);
        item->octets = packet.octets;
        item->len = packet.len;
        item->from = u->address;
        item->port = PROSE_PORT_MIKEY;
    } else {
        b->lost_udp++;
    }
    return 0;
}

static void
ue_pdn_open_cb(void *user)
{
    BenchUe *u = user;

    ck_assert_msg(!u->address, "%s asks for a second PDN connection", u->name);
    u->pdn_asked++;
    u->pdn_pending++;
    push(u->bench, ITEM_PDN, u->bench->now_ns + u->bench->delay_ns, u, NULL, NULL);
}

/* Connections end without a word to either end of the UE's; a server waits until its own timers. */
static void
end_silently(BenchUe *u)
{
    for (guint i = 0; i < u->bench->conns->len; i++) {
        BenchConn *c = u->bench->conns->pdata[i];

        if (c->ue == u)
            c->ue_open = false;
    }
    u->address = 0;
}

static void
ue_pdn_release_cb(void *user)
{
    BenchUe *u = user;

    ck_assert_msg(u->address, "%s releases a PDN connection it has not got", u->name);
    u->released = true;
    end_silently(u);
}

static uint64_t
ue_request_jitter_cb(void *user)
{
    return ((BenchUe *) user)->jitter_ns;
}

const ProseHost bench_ue_host = {
    .random = ue_random_cb, .wake_at = ue_wake_at_cb, .event = ue_event_cb,
    .tcp_connect = ue_tcp_connect_cb, .tcp_send = ue_tcp_send_cb, .tcp_close = ue_tcp_close_cb, .udp_send = ue_udp_send_cb,
    .pdn_open = ue_pdn_open_cb, .pdn_release = ue_pdn_release_cb,
    .request_jitter = ue_request_jitter_cb,
};

/* ---- a server's host ---- */

static void
server_random_cb(void *user, uint8_t *ret, size_t len)
{
    prose_draw_octets(&((BenchServer *) user)->random, ret, len);
}

static void
server_wake_at_cb(void *user, uint64_t at_ns)
{
    ((BenchServer *) user)->wake_at = at_ns;
}

static void
server_event_cb(void *user, const ProseEvent *event)
{
    bench_record(((BenchServer *) user)->bench, event);
}

void
bench_server_send(BenchServer *s, ProseConn conn, const uint8_t *octets, size_t len)
{
    BenchConn *c = conn_find(s->bench, NULL, s, conn);

    ck_assert_msg(c && c->server_open, "%s sends on connection %u, which it has not got", s->name, conn);
    tcp_segment(s->bench, c, false, octets, len);
}

static int
server_tcp_send_cb(void *user, ProseConn conn, const uint8_t *octets, size_t len)
{
    bench_server_send(user, conn, octets, len);
    return 0;
}

void
bench_server_close(BenchServer *s, ProseConn conn)
{
    BenchConn *c = conn_find(s->bench, NULL, s, conn);

    ck_assert_msg(c && c->server_open, "%s closes connection %u, which it has not got", s->name, conn);
    c->server_open = false;
    tcp_end(s->bench, c, false);
}

static void
server_tcp_close_cb(void *user, ProseConn conn)
{
    bench_server_close(user, conn);
}

static BenchUe *
ue_at(Bench *b, ProseAddress address)
{
    for (guint i = 0; i < b->ues->len; i++)
        if (((BenchUe *) b->ues->pdata[i])->address == address)
            return b->ues->pdata[i];
    return NULL;
}

void
bench_server_udp(BenchServer *s, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    Bench *b = s->bench;
    BenchPacket packet = { BENCH_UDP_DOWN, ue_at(b, to), s, g_memdup2(octets, len), len, b->now_ns + b->delay_ns, false };
    BenchItem *item;

    ck_assert_uint_eq(port, PROSE_PORT_MIKEY);
    if (!travel(b, &packet)) {
        g_free(packet.octets);
        return;
    }
    item = push(b, ITEM_UDP_DOWN, packet.at_ns, NULL, s, NULL);
    item->octets = packet.octets;
    item->len = packet.len;
    item->from = s->address;
    item->to = to;
    item->port = PROSE_PORT_MIKEY;
}

static int
server_udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    bench_server_udp(user, to, port, octets, len);
    return 0;
}

static uint64_t
server_service_time_cb(void *user, int op)
{
    ck_assert(op >= 0 && op < PROSE_PKMF_N_OPS);
    return ((BenchServer *) user)->service_ns[op];
}

static unsigned
server_retry_after_cb(void *user)
{
    return ((BenchServer *) user)->retry_after_s;
}

const ProseHost bench_server_host = {
    .random = server_random_cb, .wake_at = server_wake_at_cb, .event = server_event_cb,
    .tcp_send = server_tcp_send_cb, .tcp_close = server_tcp_close_cb, .udp_send = server_udp_send_cb,
    .service_time = server_service_time_cb, .retry_after = server_retry_after_cb,
};

/* ---- time ---- */

static void
deliver(Bench *b, BenchItem *item)
{
    BenchConn *c = item->conn;
    BenchUe *u = item->ue;
    BenchServer *s = item->server;

    switch (item->kind) {
    case ITEM_ACCEPT:
        c->server_open = true;
        s->accepted(s->self, c->server_conn, item->from, b->now_ns);
        push(b, ITEM_CONNECTED, b->now_ns + b->delay_ns, u, s, c);
        break;
    case ITEM_CONNECTED:
        if (c->ue_open)
            prose_ue_tcp_connected(u->ue, c->ue_conn, b->now_ns);
        break;
    case ITEM_TCP_UP:
        if (c->server_open)
            s->received(s->self, c->server_conn, item->octets, item->len, b->now_ns);
        break;
    case ITEM_TCP_DOWN:
        if (c->ue_open)
            prose_ue_tcp_received(u->ue, c->ue_conn, item->octets, item->len, b->now_ns);
        break;
    case ITEM_CLOSE_UP:
        if (c->server_open) {
            c->server_open = false;
            s->closed(s->self, c->server_conn, b->now_ns);
        }
        break;
    case ITEM_REFUSED:
    case ITEM_CLOSE_DOWN:
        if (c->ue_open) {
            c->ue_open = false;
            prose_ue_tcp_closed(u->ue, c->ue_conn, b->now_ns);
        }
        break;
    case ITEM_UDP_UP:
        if (s->udp)
            s->udp(s->self, item->from, item->port, item->octets, item->len, b->now_ns);
        break;
    case ITEM_UDP_DOWN:
        u = ue_at(b, item->to);
        if (u)
            prose_ue_udp_received(u->ue, item->from, item->port, item->octets, item->len, b->now_ns);
        else
            b->lost_udp++;
        break;
    case ITEM_PDN:
        u->pdn_pending--;
        if (u->pdn_forgotten > 0) {
            u->pdn_forgotten--;
        } else if (u->pdn_available) {
            ck_assert(!u->next_address || !ue_at(b, u->next_address));
            u->address = u->next_address ? u->next_address : 0x0A010000 + (ProseAddress) ++b->order;
            u->next_address = 0;
            u->released = false;
            prose_ue_pdn_opened(u->ue, u->address, b->now_ns);
        } else {
            prose_ue_pdn_failed(u->ue, b->now_ns);
        }
        break;
    default:
        ck_abort();
    }
    item_free(item);
}

/* One thing that is due at or before @at_ns. Returns: whether there was one. */
static bool
step(Bench *b, uint64_t at_ns)
{
    const BenchItem *head = g_queue_peek_head(&b->queue);
    uint64_t next = head ? head->at_ns : PROSE_NEVER;
    BenchUe *ue = NULL;
    BenchServer *server = NULL;

    for (guint i = 0; i < b->ues->len; i++) {
        BenchUe *u = b->ues->pdata[i];

        if (u->wake_at < next) {
            next = u->wake_at;
            ue = u;
        }
    }
    for (guint i = 0; i < b->servers->len; i++) {
        BenchServer *s = b->servers->pdata[i];

        if (s->wake_at < next) {
            next = s->wake_at;
            server = s;
        }
    }
    if (next > at_ns || next == PROSE_NEVER)
        return false;
    b->now_ns = MAX(b->now_ns, next);
    if (server) {
        server->wake_at = PROSE_NEVER;
        server->expiry(server->self, b->now_ns);
    } else if (ue) {
        ue->wake_at = PROSE_NEVER;
        prose_ue_handle_expiry(ue->ue, b->now_ns);
    } else {
        deliver(b, g_queue_pop_head(&b->queue));
    }
    return true;
}

void
bench_run_until(Bench *b, uint64_t at_ns)
{
    uint64_t at = b->now_ns;

    for (unsigned n = 0; step(b, at_ns); n++) {
        if (b->now_ns != at) {
            at = b->now_ns;
            n = 0;
        }
        ck_assert_msg(n < 100000, "time stands still at %" G_GUINT64_FORMAT " ns", at);
    }
    b->now_ns = MAX(b->now_ns, at_ns);
}

void
bench_run_for(Bench *b, double seconds)
{
    bench_run_until(b, b->now_ns + (uint64_t) (seconds * 1e9));
}

bool
bench_run_to_event(Bench *b, const char *entity, ProseEventType type, double seconds)
{
    uint64_t limit = b->now_ns + (uint64_t) (seconds * 1e9);
    unsigned had = bench_count(b, entity, type, NULL);

    while (bench_count(b, entity, type, NULL) == had)
        if (!step(b, limit)) {
            b->now_ns = limit;
            return false;
        }
    return true;
}

void
bench_power_off(BenchUe *ue)
{
    /* A PDN connection that is on its way does not come any more. */
    for (GList *l = ue->bench->queue.head, *next; l; l = next) {
        BenchItem *item = l->data;

        next = l->next;
        if (item->kind != ITEM_PDN || item->ue != ue)
            continue;
        item_free(item);
        g_queue_delete_link(&ue->bench->queue, l);
    }
    end_silently(ue);
    prose_ue_shut_down(ue->ue, ue->bench->now_ns);
}

void
bench_lose_pdn(BenchUe *ue)
{
    ck_assert(ue->address != 0);
    end_silently(ue);
    prose_ue_pdn_lost(ue->ue, ue->bench->now_ns);
}

void
bench_set_reach(BenchUe *ue, bool in_reach)
{
    if (!in_reach) {
        end_silently(ue);
        ue->pdn_forgotten = ue->pdn_pending;
    }
    prose_ue_set_reach(ue->ue, in_reach, ue->bench->now_ns);
}

void
bench_net_clear(Bench *b)
{
    g_queue_clear_full(&b->queue, (GDestroyNotify) item_free);
}
