/* SPDX-License-Identifier: GPL-2.0-only */
#include "client.h"

#include <string.h>

typedef enum PacketKind { ACCEPTED, CONNECTED, TCP_UP, TCP_DOWN, CLOSE_UP, CLOSE_DOWN, UDP_UP, UDP_DOWN } PacketKind;

typedef struct Packet {
    uint64_t at_ns;
    PacketKind kind;
    Client *client;
    ProseConn conn;
    ProseAddress address;
    uint8_t *octets;
    size_t len;
} Packet;

static void
packet_free(Packet *packet)
{
    g_free(packet->octets);
    g_free(packet);
}

/* Every packet takes RIG_DELAY, so the queue is in order. */
static Packet *
put(Rig *rig, PacketKind kind, Client *client, ProseConn conn, const uint8_t *octets, size_t len)
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

/* A segment, and what the test does to it. */
static void
put_segment(Rig *rig, PacketKind kind, Client *client, ProseConn conn, const uint8_t *octets, size_t len)
{
    Packet *packet;

    rig->n_segments++;
    if (rig->n_segments == rig->cut_at) {
        /* The path breaks: what was on its way arrives, each end then hears that the connection is gone. */
        put(rig, CLOSE_UP, client, conn, NULL, 0);
        put(rig, CLOSE_DOWN, client, conn, NULL, 0);
        return;
    }
    packet = put(rig, kind, client, conn, octets, len);
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

    ck_assert_str_eq(event->entity, "pkmf east");
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
        return PROSE_ERR_CLOSED;
    }
    /* A client that vanished is gone without the PKMF knowing. */
    if (client)
        put_segment(rig, TCP_DOWN, client, conn, octets, len);
    return 0;
}

static void
tcp_close_cb(void *user, ProseConn conn)
{
    Rig *rig = user;
    Client *client = client_of_conn(rig, conn);

    if (client)
        put(rig, CLOSE_DOWN, client, conn, NULL, 0);
}

static int
udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    Rig *rig = user;
    RigDelivery *delivery = g_new0(RigDelivery, 1);

    ck_assert_uint_eq(port, PROSE_PORT_MIKEY);
    *delivery = (RigDelivery) { rig->now_ns, to, g_memdup2(octets, len), len };
    g_ptr_array_add(rig->deliveries, delivery);
    put(rig, UDP_DOWN, NULL, 0, octets, len)->address = to;
    return 0;
}

static uint64_t
service_time_cb(void *user, int op)
{
    ck_assert(op >= 0 && op < PROSE_PKMF_N_OPS);
    return ((Rig *) user)->service_ns[op];
}

static const ProseHost host = {
    .random = random_cb, .wake_at = wake_at_cb, .event = event_cb, .tcp_send = tcp_send_cb, .tcp_close = tcp_close_cb,
    .udp_send = udp_send_cb, .service_time = service_time_cb,
};

/* ---- the rig ---- */

static void
delivery_free(RigDelivery *delivery)
{
    g_free(delivery->octets);
    g_free(delivery);
}

static void client_free(Client *client);

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
    ck_assert(rig->secrets && rig->schema);
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

Rig *
rig_free(Rig *rig)
{
    prose_pkmf_free(rig->pkmf);
    g_ptr_array_unref(rig->clients);
    g_ptr_array_unref(rig->deliveries);
    g_queue_clear_full(&rig->wire, (GDestroyNotify) packet_free);
    g_array_unref(rig->events);
    g_string_chunk_free(rig->texts);
    prose_key_schema_free(rig->schema);
    prose_bsf_free(rig->bsf);
    prose_secret_pool_free(rig->secrets);  /* asserts that every secret has gone back */
    g_free(rig);
    return NULL;
}

void
rig_add(Rig *rig, ProseKeyScope scope, uint32_t cryptoperiod_s, uint32_t lead_s)
{
    ProsePkmfDiscovery discovery = {
        .scope = scope, .meta = { .scrambling = true, .confidentiality = true, .mic = true },
        .first_start_s = RIG_UTC_START, .cryptoperiod_s = cryptoperiod_s, .lead_s = lead_s,
    };

    memset(discovery.meta.encrypted_bits_mask + 3, 0xff, 20);
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &discovery), 0);
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

/* ---- a client's TLS and HTTP ---- */

static void
tls_send_cb(void *user, const uint8_t *octets, size_t len)
{
    Client *client = user;

    put_segment(client->rig, TCP_UP, client, client->conn, octets, len);
}

static void
answer_complete(Client *client)
{
    const uint8_t *body;
    size_t len;

    client->n_answers++;
    client->status = prose_http_status(client->http);
    client->retry_after_s = prose_http_retry_after(client->http);
    client->answered_ns = client->rig->now_ns - RIG_DELAY;
    client->got_pmk = false;
    client->decoded = PROSE_ERR_STATE;
    body = prose_http_body(client->http, &len);
    if (client->status == 200)
        client->decoded = prose_key_response_decode(&client->response, client->rig->schema, body, len);
    if (client->status == 200 && client->decoded == 0 && client->response.has_pmk) {
        client->got_pmk = true;
        memcpy(client->pmk_id, client->response.pmk_id, sizeof client->pmk_id);
        memcpy(client->pmk, client->response.pmk, sizeof client->pmk);
        prose_mikey_responder_set_pmk(client->mikey, client->response.pmk_id, client->response.pmk);
        prose_wipe(client->response.pmk, sizeof client->response.pmk);
    }
}

static void
tls_received_cb(void *user, const uint8_t *octets, size_t len)
{
    Client *client = user;

    if (client->http && prose_http_feed(client->http, octets, len) == 1) {
        answer_complete(client);
        client->http = prose_http_free(client->http);
    }
}

static void
tls_established_cb(void *user, const char *psk_identity)
{
    Client *client = user;

    client->established = true;
    if (client->script->len)
        ck_assert_int_eq(prose_tls_send(client->tls, client->script->data, client->script->len, rig_utc(client->rig)), 0);
}

static void
tls_closed_cb(void *user, const char *cause)
{
    Client *client = user;

    g_free(client->tls_cause);
    client->tls_cause = g_strdup(cause);
}

static const ProseTlsCallbacks tls_callbacks = {
    .send = tls_send_cb, .received = tls_received_cb, .established = tls_established_cb, .closed = tls_closed_cb,
};

void
client_vanish(Client *client)
{
    client->open = false;
    client->tls = prose_tls_free(client->tls);
    client->http = prose_http_free(client->http);
    client->conn = 0;
}

void
client_close(Client *client)
{
    if (!client->open)
        return;
    if (client->tls && !client->silent_close)
        prose_tls_close(client->tls, rig_utc(client->rig));
    put(client->rig, CLOSE_UP, client, client->conn, NULL, 0);
    client_vanish(client);
}

static void
client_free(Client *client)
{
    client_vanish(client);
    prose_mikey_responder_free(client->mikey);
    prose_key_store_free(client->keys);
    g_byte_array_unref(client->script);
    g_free(client->tls_cause);
    g_free(client);
}

static bool
is_wanted_cb(void *user, const ProseMikeyResponder *responder, ProseKeyScope scope)
{
    return !((const Client *) user)->refuses;
}

void
client_judge(Client *client, const RigDelivery *delivery)
{
    ProseMikeyJudge judge = { client->keys, rig_utc(client->rig), is_wanted_cb, client };

    prose_mikey_respond(&client->last, &client->mikey, 1, delivery->octets, delivery->len, &judge);
}

Client *
rig_add_client(Rig *rig, const char *impi)
{
    ProseDrawStream draws = { { { 33303, 220 } }, rig->clients->len, 0 };
    Client *client = g_new0(Client, 1);
    uint8_t rand[16], ks[PROSE_KEY_LEN];

    prose_draw_octets(&draws, rand, sizeof rand);
    prose_draw_octets(&draws, ks, sizeof ks);
    client->rig = rig;
    client->gba = prose_bsf_bootstrap(rig->bsf, impi, rand, ks, RIG_UTC_START + 365 * 86400LL);
    client->address = 0x0A000100 + rig->clients->len;
    client->mikey = prose_mikey_responder_new(rig->secrets, RIG_FQDN);
    client->keys = prose_key_store_new(rig->secrets, &rig->profile);
    client->script = g_byte_array_new();
    g_ptr_array_add(rig->clients, client);
    return client;
}

static void
connect_anew(Client *client, const void *octets, size_t len)
{
    Rig *rig = client->rig;

    client_vanish(client);
    client->established = client->was_closed = false;
    g_clear_pointer(&client->tls_cause, g_free);
    client->status = client->retry_after_s = 0;
    client->http = prose_http_new(PROSE_HTTP_RESPONSE);
    g_byte_array_set_size(client->script, 0);
    g_byte_array_append(client->script, octets, (guint) len);
    client->conn = rig->last_conn += 2;
    client->open = true;
    put(rig, ACCEPTED, client, client->conn, NULL, 0)->address = client->address;
}

void
client_say_as(Client *client, const char *psk_identity, const uint8_t *psk, const void *octets, size_t len)
{
    g_autofree char *own_identity = prose_gba_psk_identity(client->gba->b_tid);
    uint8_t own_psk[PROSE_KEY_LEN];

    ck_assert_int_eq(prose_gba_ks_naf(own_psk, client->gba, RIG_FQDN), 0);
    connect_anew(client, octets, len);
    client->tls = prose_tls_new_client(RIG_FQDN, psk_identity ? psk_identity : own_identity, PROSE_PSK_IDENTITY_HINT,
                                       psk ? psk : own_psk, &tls_callbacks, client);
    prose_wipe(own_psk, sizeof own_psk);
}

void
client_say(Client *client, const void *octets, size_t len)
{
    client_say_as(client, NULL, NULL, octets, len);
}

void
client_say_plain(Client *client, const void *octets, size_t len)
{
    connect_anew(client, octets, len);
}

void
client_say_more(Client *client, const void *octets, size_t len)
{
    ck_assert(client->open && (!client->tls || client->established));
    if (client->tls)
        ck_assert_int_eq(prose_tls_send(client->tls, octets, len, rig_utc(client->rig)), 0);
    else
        put_segment(client->rig, TCP_UP, client, client->conn, octets, len);
}

void
client_post(Client *client, const void *body, size_t len)
{
    size_t size = len + 1024;
    g_autofree uint8_t *octets = g_malloc(size);
    ptrdiff_t n = prose_http_request_encode(octets, size, RIG_FQDN, "/", body, len);

    ck_assert_int_gt(n, 0);
    client_say(client, octets, (size_t) n);
}

void
client_ask(Client *client, const ProseKeyRequest *request)
{
    g_autofree uint8_t *body = g_malloc(PROSE_KEY_MESSAGE_MAX);
    ptrdiff_t len = prose_key_request_encode(body, PROSE_KEY_MESSAGE_MAX, request);

    ck_assert_msg(len > 0, "the request cannot be encoded: %s", prose_strerror((int) len));
    client_post(client, body, (size_t) len);
}

const ProseKeyResponse *
client_ask_and_run(Client *client, const ProseKeyRequest *request, double seconds)
{
    client_ask(client, request);
    rig_run_for(client->rig, seconds);
    ck_assert_msg(client->status == 200, "status %u, TLS: %s", client->status, client->tls_cause ? client->tls_cause : "-");
    ck_assert_int_eq(client->decoded, 0);
    ck_assert_uint_eq(client->response.transaction_id, request->transaction_id);
    return &client->response;
}

const ProseKeyResponse *
client_want(Client *client, const ProseKeyScope *scopes, size_t n, double seconds)
{
    ProseKeyRequest request = request_new((uint8_t) client->n_answers);

    for (size_t i = 0; i < n; i++)
        request_want_held(&request, scopes[i], client);
    return client_ask_and_run(client, &request, seconds);
}

void
client_udp(Client *client, const uint8_t *octets, size_t len)
{
    put(client->rig, UDP_UP, client, 0, octets, len)->address = client->address;
}

/* ---- requests and what came of them ---- */

ProseKeyRequest
request_new(uint8_t transaction_id)
{
    return (ProseKeyRequest) {
        .transaction_id = transaction_id, .has_algorithms = true, .algorithms = PROSE_ALGORITHM_EEA2,
        .has_capabilities = true, .capabilities = PROSE_CAPABILITY_SCRAMBLING,
    };
}

void
request_want(ProseKeyRequest *request, ProseKeyScope scope, uint8_t key_id)
{
    request->wants[request->n_wants++] = (ProseKeyWant) { .scope = scope, .key_ids = { key_id }, .n_key_ids = 1 };
}

void
request_want_held(ProseKeyRequest *request, ProseKeyScope scope, const Client *client)
{
    ProseKeyWant *want = &request->wants[request->n_wants++];
    size_t n;
    const ProseStoredKey *keys = prose_key_store_of_scope(client->keys, scope, &n);

    *want = (ProseKeyWant) { .scope = scope, .n_key_ids = MAX(n, 1) };
    for (size_t i = 0; i < n; i++)
        want->key_ids[i] = keys[i].key_id;
}

void
request_stop(ProseKeyRequest *request, ProseKeyScope scope)
{
    request->stops[request->n_stops++] = scope;
}

bool
client_is_known(const Client *client)
{
    ProsePkmfUeView view;

    return prose_pkmf_view_ue(client->rig->pkmf, client->gba->impi, &view) == 0;
}

ProsePkmfUeView
client_view(const Client *client)
{
    ProsePkmfUeView view;

    ck_assert_int_eq(prose_pkmf_view_ue(client->rig->pkmf, client->gba->impi, &view), 0);
    return view;
}

const ProseKeyAnswer *
client_answer(const Client *client, ProseKeyScope scope)
{
    for (size_t i = 0; i < client->response.n_answers; i++) {
        if (prose_key_scope_equal(client->response.answers[i].scope, scope))
            return &client->response.answers[i];
    }
    ck_abort_msg("no answer to %u/%06x", scope.type, scope.id);
}

size_t
client_n_keys(const Client *client, ProseKeyScope scope)
{
    size_t n;

    prose_key_store_of_scope(client->keys, scope, &n);
    return n;
}

const ProseStoredKey *
client_key(const Client *client, ProseKeyScope scope, size_t n)
{
    size_t held;
    const ProseStoredKey *keys = prose_key_store_of_scope(client->keys, scope, &held);

    ck_assert_uint_lt(n, held);
    return &keys[n];
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

/* What TLS and HTTP made of the last segment. */
static void
client_go_on(Client *client, unsigned n_answers)
{
    if (client->n_answers != n_answers && !client->lingers)
        client_close(client);
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
    unsigned n_answers = client ? client->n_answers : 0;

    switch (packet->kind) {
    case ACCEPTED:
        prose_pkmf_tcp_accepted(rig->pkmf, packet->conn, packet->address, rig->now_ns);
        put(rig, CONNECTED, client, packet->conn, NULL, 0);
        break;
    case CONNECTED:
        if (up && client->tls)
            prose_tls_start(client->tls, rig_utc(rig));
        else if (up && client->script->len)
            put_segment(rig, TCP_UP, client, packet->conn, client->script->data, client->script->len);
        break;
    case TCP_UP:
        prose_pkmf_tcp_received(rig->pkmf, packet->conn, packet->octets, packet->len, rig->now_ns);
        break;
    case TCP_DOWN:
        if (up && client->tls)
            prose_tls_receive(client->tls, packet->octets, packet->len, rig_utc(rig));
        if (up)
            client_go_on(client, n_answers);
        break;
    case CLOSE_UP:
        prose_pkmf_tcp_closed(rig->pkmf, packet->conn, rig->now_ns);
        break;
    case CLOSE_DOWN:
        if (up) {
            client->was_closed = true;
            if (client->tls)
                prose_tls_eof(client->tls);
            client_vanish(client);
        }
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
        prose_pkmf_handle_expiry(rig->pkmf, rig->now_ns);
        ck_assert_uint_eq(rig->wake_ns, prose_pkmf_next_expiry(rig->pkmf));
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
