/* SPDX-License-Identifier: GPL-2.0-only */
#include "client-internal.h"

#include <string.h>

/* ---- a client's TLS and HTTP ---- */

static void
tls_send_cb(void *user, const uint8_t *octets, size_t len)
{
    Client *client = user;

    rig_put_segment(client->rig, TCP_UP, client, client->conn, octets, len);
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
    if (client->status == 200 && client->rig->function)
        client->decoded = prose_pc3_response_decode(&client->pc3, client->rig->pc3_schema, body, len);
    else if (client->status == 200)
        client->decoded = prose_key_response_decode(&client->response, client->rig->schema, body, len);
    if (client->rig->pkmf && client->decoded == 0 && client->response.has_pmk) {
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
    rig_put(client->rig, CLOSE_UP, client, client->conn, NULL, 0);
    client_vanish(client);
}

void
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
    rig_put(rig, ACCEPTED, client, client->conn, NULL, 0)->address = client->address;
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
        rig_put_segment(client->rig, TCP_UP, client, client->conn, octets, len);
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
    rig_put(client->rig, UDP_UP, client, 0, octets, len)->address = client->address;
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

/* ---- from the wire ---- */

void
client_connected(Client *client)
{
    if (client->tls)
        prose_tls_start(client->tls, rig_utc(client->rig));
    else if (client->script->len)
        rig_put_segment(client->rig, TCP_UP, client, client->conn, client->script->data, client->script->len);
}

void
client_received(Client *client, const uint8_t *octets, size_t len)
{
    unsigned n_answers = client->n_answers;

    if (client->tls)
        prose_tls_receive(client->tls, octets, len, rig_utc(client->rig));
    if (client->n_answers != n_answers && !client->lingers)
        client_close(client);
}

void
client_closed(Client *client)
{
    client->was_closed = true;
    if (client->tls)
        prose_tls_eof(client->tls);
    client_vanish(client);
}
