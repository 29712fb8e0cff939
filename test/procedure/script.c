/* SPDX-License-Identifier: GPL-2.0-only */
#include "script.h"

#include "mikey-delivery.h"

#include "prose-error.h"

#include <string.h>

#define PROCESSING (2 * BENCH_MS)

static Script *
from_bench(void *self)
{
    return self;
}

static void
rearm(Script *s)
{
    s->at->wake_at = prose_timers_next(&s->timers);
}

static void
forget_request(Script *s)
{
    s->asking = NULL;
    g_clear_pointer(&s->body, g_free);
}

/* ---- answers ---- */

static void
supply(const Script *s, const ProseKeyRequest *request, ProseKeyResponse *ret)
{
    *ret = (ProseKeyResponse) {
        .transaction_id = request->transaction_id,
        .has_current_time = true,
        .current_time = prose_seconds(BENCH_UTC_START * PROSE_NS_PER_S + (int64_t) s->at->bench->now_ns
                                      + (int64_t) (s->clock_error_s * 1e9)),
        .has_max_offset = true,
        .max_offset = s->max_offset_s,
        .has_pmk = s->sends_pmk && !s->refusal && request->n_wants > 0,
    };
    memcpy(ret->pmk_id, s->pmk_id, sizeof ret->pmk_id);
    memcpy(ret->pmk, s->pmk, sizeof ret->pmk);
    for (size_t i = 0; i < request->n_wants; i++) {
        ProseKeyScope scope = request->wants[i].scope;

        ret->answers[ret->n_answers++] = (ProseKeyAnswer) {
            .scope = scope, .supplied = !s->refusal, .status = s->refusal, .key_type_id = scope.type,
            .meta = s->meta, .group_member_id = 0x000777, .algorithm = 2,
        };
    }
    for (size_t i = 0; i < request->n_stops; i++)
        ret->answers[ret->n_answers++] = (ProseKeyAnswer) { .scope = request->stops[i], .status = PROSE_STATUS_STOPPED };
}

size_t
script_supply(Script *s, const ProseKeyRequest *request, uint8_t ret[SCRIPT_ANSWER_MAX])
{
    ProseKeyResponse response;
    ptrdiff_t len;

    supply(s, request, &response);
    if (s->tweak)
        s->tweak(s->user, request, &response);
    len = prose_key_response_encode(ret, SCRIPT_ANSWER_MAX, &response);
    ck_assert_msg(len > 0, "the script cannot say that: %s", prose_strerror((int) len));
    return (size_t) len;
}

static void
answer_cb(void *user, uint64_t now_ns)
{
    Script *s = user;
    g_autofree uint8_t *octets = g_malloc(SCRIPT_ANSWER_MAX);
    ProseServerConn *conn = s->asking;
    size_t len = 0;

    if (s->status == 200)
        len = s->answer ? s->answer(s->user, s->body, s->body_len, octets) : script_supply(s, script_request(s, -1), octets);
    forget_request(s);
    ck_assert_int_eq(prose_server_respond(s->server, conn, s->status, s->retry_after_s, octets, len, now_ns), 0);
}

/* ---- the server's callbacks ---- */

static void
arrived_cb(void *user, ProseServerConn *conn, uint64_t now_ns)
{
    prose_server_proceed(((Script *) user)->server, conn, now_ns);
}

static void
request_cb(void *user, ProseServerConn *conn, const uint8_t *body, size_t len, uint64_t now_ns)
{
    Script *s = user;
    ProseKeyRequest request;

    s->n_documents++;
    s->last_address = prose_server_conn_address(conn);
    if (!s->answer) {
        int r = prose_key_request_decode(&request, s->at->bench->key_schema, body, len);

        ck_assert_msg(r == 0, "%s got no Key Request: %s\n%.*s", s->at->name, prose_strerror(r), (int) len, (const char *) body);
        g_array_append_val(s->requests, request);
        g_array_append_val(s->request_times, now_ns);
    }
    if (s->silent)
        return;
    forget_request(s);
    s->asking = conn;
    s->body = g_memdup2(body, len);
    s->body_len = len;
    prose_timers_arm(&s->timers, &s->answer_timer, now_ns + PROCESSING);
}

static void
left_cb(void *user, ProseServerConn *conn, uint64_t now_ns)
{
    Script *s = user;

    if (s->asking == conn) {
        forget_request(s);
        prose_timers_disarm(&s->timers, &s->answer_timer);
    }
}

/* ---- the bench's ---- */

static void
accepted(void *self, ProseConn conn, ProseAddress from, uint64_t now_ns)
{
    prose_server_tcp_accepted(from_bench(self)->server, conn, from, now_ns);
    rearm(self);
}

static void
received(void *self, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    prose_server_tcp_received(from_bench(self)->server, conn, octets, len, now_ns);
    rearm(self);
}

static void
closed(void *self, ProseConn conn, uint64_t now_ns)
{
    prose_server_tcp_closed(from_bench(self)->server, conn, now_ns);
    rearm(self);
}

static void
udp(void *self, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    Script *s = self;

    ck_assert_uint_le(len, sizeof s->last_answer_octets);
    memcpy(s->last_answer_octets, octets, len);
    s->last_answer_len = len;
    s->last_answer_from = from;
    ck_assert_int_eq(prose_mikey_decode(&s->last_answer, s->last_answer_octets, len), 0);
    s->n_answers++;
}

static void
expiry(void *self, uint64_t now_ns)
{
    prose_timers_fire(&from_bench(self)->timers, now_ns);
    rearm(self);
}

static void
script_free(void *self)
{
    Script *s = self;

    prose_server_free(s->server);
    prose_timers_clear(&s->timers);
    g_array_unref(s->requests);
    g_array_unref(s->request_times);
    g_free(s->body);
    g_free(s);
}

Script *
script_new(Bench *b, const char *name, const char *fqdn)
{
    return script_new_impostor(b, name, fqdn, fqdn);
}

Script *
script_new_impostor(Bench *b, const char *name, const char *fqdn, const char *key_fqdn)
{
    static const ProseServerCallbacks callbacks = { .arrived = arrived_cb, .request = request_cb, .left = left_cb };
    Script *s = g_new0(Script, 1);
    ProseServerConfig config;

    s->at = bench_add_server(b, name, fqdn);
    s->at->self = s;
    s->at->accepted = accepted;
    s->at->received = received;
    s->at->closed = closed;
    s->at->udp = udp;
    s->at->expiry = expiry;
    s->at->free = script_free;
    prose_timers_init(&s->timers);
    s->answer_timer = (ProseTimer) { .fire = answer_cb, .user = s };
    config = (ProseServerConfig) {
        .name = s->at->name, .fqdn = key_fqdn, .utc_start_ns = BENCH_UTC_START * PROSE_NS_PER_S, .bsf = b->bsf,
        .host = &bench_server_host, .host_user = s->at, .timers = &s->timers, .cleartext = b->cleartext,
    };
    s->server = prose_server_new(&config, &callbacks, s);
    s->requests = g_array_new(FALSE, FALSE, sizeof(ProseKeyRequest));
    s->request_times = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    s->status = 200;
    s->max_offset_s = 32;
    s->meta = (ProseSecurityMetadata) { .scrambling = true, .confidentiality = true, .mic = true };
    memset(s->meta.encrypted_bits_mask + 3, 0xFF, PROSE_CONTENT_LEN - 3);
    s->sends_pmk = true;
    memset(s->pmk_id, (int) (0xA0 + s->at->index), sizeof s->pmk_id);
    memset(s->pmk, (int) (0x50 + s->at->index), sizeof s->pmk);
    return s;
}

/* ---- what it heard ---- */

const ProseKeyRequest *
script_request(const Script *s, int nth)
{
    int at = nth < 0 ? (int) s->requests->len + nth : nth;

    ck_assert_msg(at >= 0 && at < (int) s->requests->len, "%s got %u Key Requests, not number %d", s->at->name, s->requests->len, nth);
    return &g_array_index(s->requests, ProseKeyRequest, at);
}

const ProseKeyWant *
script_want(const ProseKeyRequest *request, ProseKeyScope scope)
{
    for (size_t i = 0; i < request->n_wants; i++)
        if (prose_key_scope_equal(request->wants[i].scope, scope))
            return &request->wants[i];
    return NULL;
}

bool
script_stops(const ProseKeyRequest *request, ProseKeyScope scope)
{
    for (size_t i = 0; i < request->n_stops; i++)
        if (prose_key_scope_equal(request->stops[i], scope))
            return true;
    return false;
}

/* ---- MIKEY ---- */

void
script_key(uint8_t ret[PROSE_KEY_LEN], ProseKeyScope scope, uint8_t key_id)
{
    for (unsigned i = 0; i < PROSE_KEY_LEN; i++)
        ret[i] = (uint8_t) (i * 7 + scope.id + scope.type * 64u + key_id * 29u);
}

ProseMikeyDelivery
script_delivery(Script *s, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to)
{
    uint64_t now = prose_ntp_from_utc(BENCH_UTC_START * PROSE_NS_PER_S + (int64_t) s->at->bench->now_ns
                                      + (int64_t) (s->clock_error_s * 1e9));
    ProseMikeyDelivery d = {
        .csb_id = ++s->last_csb_id, .t = s->last_t = MAX(now, s->last_t + 1), .want_verification = true, .idi = s->at->fqdn,
        .scope = scope, .key_id = key_id,
        .valid_from = prose_ntp_from_utc(valid_from * PROSE_NS_PER_S), .valid_to = prose_ntp_from_utc(valid_to * PROSE_NS_PER_S),
    };

    script_key(d.key, scope, key_id);
    return d;
}

void
script_send(Script *s, const ProseMikeyDelivery *delivery)
{
    ProseMikeyDelivery d = *delivery;
    uint8_t octets[PROSE_MIKEY_MAX];
    char nai[PROSE_NAI_MAX];
    ptrdiff_t len;

    ck_assert_int_eq(prose_mikey_responder_nai(nai, sizeof nai, s->pmk_id, s->at->fqdn), 0);
    d.idr = nai;
    len = delivery_encode(octets, sizeof octets, &d, s->pmk);
    ck_assert_int_gt(len, 0);
    bench_server_udp(s->at, s->last_address, PROSE_PORT_MIKEY, octets, (size_t) len);
}

void
script_deliver(Script *s, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to)
{
    ProseMikeyDelivery d = script_delivery(s, scope, key_id, valid_from, valid_to);

    script_send(s, &d);
}
