/* SPDX-License-Identifier: GPL-2.0-only */
#include "client-internal.h"

#include <string.h>

static void
packet_free(Packet *packet)
{
    g_free(packet->octets);
    g_free(packet);
}

Packet *
rig_put(Rig *rig, PacketKind kind, Client *client, ProseConn conn, const uint8_t *octets, size_t len)
{
    Packet *packet = g_new0(Packet, 1);

    *packet = (Packet) { .at_ns = rig->now_ns + RIG_DELAY, .kind = kind, .client = client, .conn = conn,
                         .octets = g_memdup2(octets, len), .len = len };
    g_queue_push_tail(&rig->wire, packet);
    return packet;
}

static Client *
client_of_conn(const Rig *rig, ProseConn conn)
{
    for (guint i = 0; i < rig->clients->len; i++) {
        Client *client = rig->clients->pdata[i];

        if (client->open && client->conn == conn)
            return client;
    }
    return NULL;
}

void
rig_put_segment(Rig *rig, PacketKind kind, Client *client, ProseConn conn, const uint8_t *octets, size_t len)
{
    Packet *packet;

    rig->n_segments++;
    if (rig->n_segments == rig->cut_at) {
        /* The path breaks: what was on its way arrives, each end then hears that the connection is gone. */
        rig_put(rig, CLOSE_UP, client, conn, NULL, 0);
        rig_put(rig, CLOSE_DOWN, client, conn, NULL, 0);
        return;
    }
    packet = rig_put(rig, kind, client, conn, octets, len);
    if (rig->n_segments == rig->flip_at)
        packet->octets[len / 2] ^= 0x10;
}

/* ---- the PKMF's host ---- */

static void
random_cb(void *user, uint8_t *ret, size_t len)
{
    prose_draw_octets(&((Rig *) user)->random, ret, len);
}

static void
wake_at_cb(void *user, uint64_t at_ns)
{
    ((Rig *) user)->wake_ns = at_ns;
}

static const char *
keep(Rig *rig, const char *text)
{
    return text ? g_string_chunk_insert_const(rig->texts, text) : NULL;
}

static void
event_cb(void *user, const ProseEvent *event)
{
    Rig *rig = user;
    ProseEvent copy = *event;

    ck_assert_str_eq(event->entity, rig->config.name);
    ck_assert_uint_eq(event->time_ns, rig->now_ns);
    copy.entity = keep(rig, event->entity);
    copy.cause = keep(rig, event->cause);
    copy.peer = keep(rig, event->peer);
    g_array_append_val(rig->events, copy);
}

static int
tcp_send_cb(void *user, ProseConn conn, const uint8_t *octets, size_t len)
{
    Rig *rig = user;
    Client *client = client_of_conn(rig, conn);

    if (rig->n_segments + 1 == rig->fail_send_at) {
        rig->n_segments++;
        rig->send_failed = true;
        return PROSE_ERR_CLOSED;
    }
    /* A client that vanished is gone without the PKMF knowing. */
    if (client)
        rig_put_segment(rig, TCP_DOWN, client, conn, octets, len);
    return 0;
}

static void
tcp_close_cb(void *user, ProseConn conn)
{
    Rig *rig = user;
    Client *client = client_of_conn(rig, conn);

    if (client)
        rig_put(rig, CLOSE_DOWN, client, conn, NULL, 0);
}

static int
udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    Rig *rig = user;
    RigDelivery *delivery = g_new0(RigDelivery, 1);

    ck_assert_uint_eq(port, PROSE_PORT_MIKEY);
    *delivery = (RigDelivery) { rig->now_ns, to, g_memdup2(octets, len), len };
    g_ptr_array_add(rig->deliveries, delivery);
    rig_put(rig, UDP_DOWN, NULL, 0, octets, len)->address = to;
    return 0;
}

static uint64_t
service_time_cb(void *user, int op)
{
    ck_assert(op >= 0 && op < PROSE_PKMF_N_OPS);
    return ((Rig *) user)->service_ns[op];
}

static uint64_t
lead_delay_cb(void *user, const char *impi, ProseKeyScope scope, int64_t period)
{
    const Rig *rig = user;

    return rig->lead_delay ? rig->lead_delay(impi, period) : 0;
}

static unsigned
retry_after_cb(void *user)
{
    return ((Rig *) user)->retry_after_s;
}

static const ProseHost host = {
    .random = random_cb, .wake_at = wake_at_cb, .event = event_cb, .tcp_send = tcp_send_cb, .tcp_close = tcp_close_cb,
    .udp_send = udp_send_cb, .service_time = service_time_cb, .lead_delay = lead_delay_cb,
    .retry_after = retry_after_cb,
};

/* ---- the rig ---- */

static void
delivery_free(RigDelivery *delivery)
{
    g_free(delivery->octets);
    g_free(delivery);
}

Rig *
rig_new(void)
{
    Rig *rig = g_new0(Rig, 1);

    rig->wake_ns = PROSE_NEVER;
    for (int op = 0; op < PROSE_PKMF_N_OPS; op++)
        rig->service_ns[op] = RIG_MS;
    prose_profile_init(&rig->profile);
    rig->secrets = prose_secret_pool_new();
    rig->bsf = prose_bsf_new(rig->secrets, "bsf.operator.example");
    rig->schema = prose_key_schema_new();
    rig->pc3_schema = prose_pc3_schema_new();
    ck_assert(rig->secrets && rig->schema && rig->pc3_schema);
    rig->random = (ProseDrawStream) { { { 33303, 6642 } }, 1, 0 };
    rig->clients = g_ptr_array_new_with_free_func((GDestroyNotify) client_free);
    rig->deliveries = g_ptr_array_new_with_free_func((GDestroyNotify) delivery_free);
    g_queue_init(&rig->wire);
    rig->events = g_array_new(FALSE, FALSE, sizeof(ProseEvent));
    rig->texts = g_string_chunk_new(1024);
    rig->config = (ProsePkmfConfig) {
        .name = "pkmf east", .fqdn = RIG_FQDN, .max_offset_s = RIG_M, .workers = 4,
        .issue_pmk_every_ns = 86400 * RIG_S, .utc_start_ns = RIG_UTC_START * PROSE_NS_PER_S, .profile = &rig->profile,
        .secrets = rig->secrets, .bsf = rig->bsf, .schema = rig->schema,
    };
    return rig;
}

void
rig_start(Rig *rig)
{
    rig->pkmf = prose_pkmf_new(&rig->config, &host, rig);
}

void
rig_start_function(Rig *rig)
{
    const ProseFunctionConfig config = {
        .name = "prose-function operator", .fqdn = RIG_FQDN, .utc_start_ns = RIG_UTC_START * PROSE_NS_PER_S,
        .bsf = rig->bsf, .schema = rig->pc3_schema,
    };

    rig->config.name = config.name;
    rig->function = prose_function_new(&config, &host, rig);
}

Rig *
rig_free(Rig *rig)
{
    prose_pkmf_free(rig->pkmf);
    prose_function_free(rig->function);
    g_ptr_array_unref(rig->clients);
    g_ptr_array_unref(rig->deliveries);
    g_queue_clear_full(&rig->wire, (GDestroyNotify) packet_free);
    g_array_unref(rig->events);
    g_string_chunk_free(rig->texts);
    prose_key_schema_free(rig->schema);
    prose_pc3_schema_free(rig->pc3_schema);
    prose_bsf_free(rig->bsf);
    prose_secret_pool_free(rig->secrets);  /* asserts that every secret has gone back */
    g_free(rig);
    return NULL;
}

void
rig_add(Rig *rig, ProseKeyScope scope, uint32_t cryptoperiod_s, uint32_t lead_s)
{
    rig_add_of(rig, (ProsePkmfDiscovery) { .scope = scope, .cryptoperiod_s = cryptoperiod_s, .lead_s = lead_s });
}

void
rig_add_of(Rig *rig, ProsePkmfDiscovery policy)
{
    policy.meta = (ProseSecurityMetadata) { .scrambling = true, .confidentiality = true, .mic = true };
    memset(policy.meta.encrypted_bits_mask + 3, 0xff, 20);
    policy.first_start_s = RIG_UTC_START;
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &policy), 0);
}

void
rig_authorise(Rig *rig, const Client *client, ProseKeyScope scope, bool authorised)
{
    prose_pkmf_authorise(rig->pkmf, client->gba->impi, scope, authorised, rig->now_ns);
}

int64_t
rig_utc(const Rig *rig)
{
    return RIG_UTC_START + (int64_t) (rig->now_ns / RIG_S);
}

unsigned
rig_count(const Rig *rig, ProseEventType type, const char *cause, const Client *client)
{
    unsigned n = 0;

    while (rig_event(rig, type, cause, client, (int) n))
        n++;
    return n;
}

const ProseEvent *
rig_event(const Rig *rig, ProseEventType type, const char *cause, const Client *client, int nth)
{
    const ProseEvent *last = NULL;

    for (guint i = 0; i < rig->events->len; i++) {
        const ProseEvent *event = &g_array_index(rig->events, ProseEvent, i);

        if (event->type != type || (cause && g_strcmp0(event->cause, cause) != 0)
            || (client && g_strcmp0(event->peer, client->gba->impi) != 0))
            continue;
        if (nth-- == 0)
            return event;
        last = event;
    }
    return nth < 0 ? last : NULL;
}

void
rig_forget(Rig *rig)
{
    g_array_set_size(rig->events, 0);
    g_ptr_array_set_size(rig->deliveries, 0);
}

/* ---- time ---- */

static void
server_accepted(Rig *rig, const Packet *packet)
{
    if (rig->function)
        prose_function_tcp_accepted(rig->function, packet->conn, packet->address, rig->now_ns);
    else
        prose_pkmf_tcp_accepted(rig->pkmf, packet->conn, packet->address, rig->now_ns);
}

static void
server_received(Rig *rig, const Packet *packet)
{
    if (rig->function)
        prose_function_tcp_received(rig->function, packet->conn, packet->octets, packet->len, rig->now_ns);
    else
        prose_pkmf_tcp_received(rig->pkmf, packet->conn, packet->octets, packet->len, rig->now_ns);
}

static void
server_closed(Rig *rig, const Packet *packet)
{
    if (rig->function)
        prose_function_tcp_closed(rig->function, packet->conn, rig->now_ns);
    else
        prose_pkmf_tcp_closed(rig->pkmf, packet->conn, rig->now_ns);
}

static void
server_expiry(Rig *rig)
{
    if (rig->function)
        prose_function_handle_expiry(rig->function, rig->now_ns);
    else
        prose_pkmf_handle_expiry(rig->pkmf, rig->now_ns);
    ck_assert_uint_eq(rig->wake_ns, rig->function ? prose_function_next_expiry(rig->function) : prose_pkmf_next_expiry(rig->pkmf));
}

static void
mikey_arrives(Rig *rig, const Packet *packet)
{
    for (guint i = 0; i < rig->clients->len; i++) {
        Client *client = rig->clients->pdata[i];
        RigDelivery delivery = { rig->now_ns, packet->address, packet->octets, packet->len };

        if (client->address != packet->address || client->deaf)
            continue;
        client_judge(client, &delivery);
        if (client->last.answer_len)
            client_udp(client, client->last.answer, client->last.answer_len);
    }
}

static void
arrive(Rig *rig, const Packet *packet)
{
    Client *client = packet->client;
    bool up = client && client->open && client->conn == packet->conn;

    switch (packet->kind) {
    case ACCEPTED:
        server_accepted(rig, packet);
        rig_put(rig, CONNECTED, client, packet->conn, NULL, 0);
        break;
    case CONNECTED:
        if (up)
            client_connected(client);
        break;
    case TCP_UP:
        server_received(rig, packet);
        break;
    case TCP_DOWN:
        if (up)
            client_received(client, packet->octets, packet->len);
        break;
    case CLOSE_UP:
        server_closed(rig, packet);
        break;
    case CLOSE_DOWN:
        if (up)
            client_closed(client);
        break;
    case UDP_UP:
        prose_pkmf_udp_received(rig->pkmf, packet->address, PROSE_PORT_MIKEY, packet->octets, packet->len, rig->now_ns);
        break;
    case UDP_DOWN:
        mikey_arrives(rig, packet);
        break;
    default:
        ck_abort();
    }
}

/* One thing that is due by @at_ns. Returns: whether there was one. */
static bool
step(Rig *rig, uint64_t at_ns)
{
    const Packet *head = g_queue_peek_head(&rig->wire);
    uint64_t next = MIN(head ? head->at_ns : PROSE_NEVER, rig->wake_ns);

    if (next > at_ns || next == PROSE_NEVER)
        return false;
    rig->now_ns = MAX(rig->now_ns, next);
    if (rig->wake_ns <= next) {
        rig->wake_ns = PROSE_NEVER;
        server_expiry(rig);
    } else {
        Packet *packet = g_queue_pop_head(&rig->wire);

        arrive(rig, packet);
        packet_free(packet);
    }
    return true;
}

void
rig_run_until(Rig *rig, uint64_t at_ns)
{
    uint64_t at = rig->now_ns;

    for (unsigned n = 0; step(rig, at_ns); n++) {
        if (rig->now_ns != at) {
            at = rig->now_ns;
            n = 0;
        }
        ck_assert_msg(n < 1000000, "time stands still at %" G_GUINT64_FORMAT " ns", at);
    }
    rig->now_ns = MAX(rig->now_ns, at_ns);
}

void
rig_run_for(Rig *rig, double seconds)
{
    rig_run_until(rig, rig->now_ns + (uint64_t) (seconds * 1e9 + 0.5));
}
