/* SPDX-License-Identifier: GPL-2.0-only */
/* What others do to a session: tampering, replay, garbage, GnuTLS itself as the other end; and what is left in memory. */
#define _GNU_SOURCE        /* memmem */
#include "tls-ends.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <malloc.h>

/* ---- the wire tampers ---- */

/* Octets that no MAC and no Finished covers: the version in the header of an unprotected record, and the one octet of
 * ChangeCipherSpec, whose only meaning is to be there. */
static bool
is_uncovered(const uint8_t *flight, size_t len, size_t at)
{
    bool is_protected = flight[0] == 0x17 || flight[0] == 0x15;

    for (size_t pos = 0; pos + 5 <= len && !is_protected;) {
        size_t end = pos + 5 + (size_t) (flight[pos + 3] << 8 | flight[pos + 4]);

        if (at < end)
            return at == pos + 1 || at == pos + 2 || (flight[pos] == 0x14 && at == pos + 5);
        is_protected = flight[pos] == 0x14;
        pos = end;
    }
    return false;
}

/* Runs a whole exchange in which octet @at of flight @flight has @flip XORed; both ends see the end of the connection. */
static void
run_tampered(unsigned flight, size_t at, uint8_t flip, size_t *ret_len, bool *ret_uncovered, End *client, End *server)
{
    pair_init(client, server);
    client->say_when_established = REQUEST;
    server->say_when_received = RESPONSE;
    client->close_when_received = true;
    prose_tls_start(client->tls, UTC_S);
    for (unsigned n = 0;; n++) {
        End *from = client->flights->len ? client : server, *to = from == client ? server : client;
        g_autoptr(GBytes) taken = end_take(from);
        gsize len;
        g_autofree uint8_t *octets = NULL;

        if (!taken)
            break;
        octets = g_memdup2(g_bytes_get_data(taken, &len), g_bytes_get_size(taken));
        if (n == flight) {
            *ret_len = len;
            *ret_uncovered = is_uncovered(octets, len, at);
            octets[at] ^= flip;
        }
        end_give(to, octets, len);
    }
    prose_tls_eof(client->tls);
    prose_tls_eof(server->tls);
}

/* Every octet of every flight, one bit each: the exchange ends with a cause at one end, or nothing that matters changed. */
/* REQ-662-02 */
START_TEST(a_flipped_bit_in_any_record_is_found)
{
    size_t len = 1;

    for (size_t at = 0; at < len; at++) {
        End client, server;
        uint8_t flip = (uint8_t) (1u << (at * 5 % 8));
        bool client_got, server_got, uncovered;

        run_tampered((unsigned) _i, at, flip, &len, &uncovered, &client, &server);
        client_got = client.received->len > 0;
        server_got = server.received->len > 0;
        if (client_got)
            assert_received(&client, RESPONSE);
        if (server_got)
            assert_received(&server, REQUEST);
        if (client.cause == NULL && server.cause == NULL) {
            ck_assert_msg(uncovered, "flight %d, octet %zu, bit %02x: nobody noticed", _i, at, flip);
            ck_assert(client_got && server_got);
        }
        pair_clear(&client, &server);
    }
}
END_TEST

START_TEST(a_flight_cut_anywhere_never_looks_like_an_orderly_end)
{
    size_t len = 1;

    for (size_t cut = 0; cut < len; cut++) {
        End client, server;

        pair_init(&client, &server);
        client.say_when_established = REQUEST;
        prose_tls_start(client.tls, UTC_S);
        for (int n = 0; client.closed + server.closed == 0; n++) {
            End *from = n % 2 ? &server : &client, *to = n % 2 ? &client : &server;
            g_autoptr(GBytes) flight = end_take(from);

            ck_assert_ptr_nonnull(flight);
            if (n == _i)
                len = g_bytes_get_size(flight);
            end_give(to, g_bytes_get_data(flight, NULL), n == _i ? cut : g_bytes_get_size(flight));
            if (n == _i)
                prose_tls_eof(to->tls);
        }
        ck_assert_pstr_eq(_i % 2 ? client.cause : server.cause, "closed-early");
        ck_assert_uint_eq(server.received->len, 0);
        pair_clear(&client, &server);
    }
}
END_TEST

/* REQ-662-01 */
START_TEST(a_replayed_record_is_refused)
{
    End client, server;
    g_autoptr(GBytes) record = NULL;

    pair_open(&client, &server);
    prose_tls_send(client.tls, (const uint8_t *) REQUEST, strlen(REQUEST), UTC_S);
    record = end_take(&client);
    ck_assert_int_eq(end_give(&server, g_bytes_get_data(record, NULL), g_bytes_get_size(record)), 0);
    ck_assert_int_eq(end_give(&server, g_bytes_get_data(record, NULL), g_bytes_get_size(record)), PROSE_ERR_CLOSED);
    assert_received(&server, REQUEST);
    assert_ended(&server, "bad-record-mac");
    carry_all(&client, &server);
    assert_ended(&client, "bad-record-mac");
    pair_clear(&client, &server);
}
END_TEST

START_TEST(a_recorded_session_is_refused_by_another_server)
{
    End client, server, victim;
    g_autoptr(GBytes) hello = NULL, exchange = NULL;

    pair_init(&client, &server);
    end_init(&victim);
    victim.tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &end_callbacks, &victim);
    prose_tls_start(client.tls, UTC_S);
    hello = end_take(&client);
    end_give(&server, g_bytes_get_data(hello, NULL), g_bytes_get_size(hello));
    carry_one(&server, &client);
    exchange = end_take(&client);
    end_give(&victim, g_bytes_get_data(hello, NULL), g_bytes_get_size(hello));
    end_give(&victim, g_bytes_get_data(exchange, NULL), g_bytes_get_size(exchange));
    assert_ended(&victim, "bad-record-mac");
    ck_assert_uint_eq(victim.established, 0);
    end_clear(&victim);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(octets_that_are_no_tls_end_it_with_a_cause)
{
#define ROW(octets) { octets, sizeof octets - 1 }
    static const struct { const char *octets; size_t len; } garbage[] = {
        ROW("GET / HTTP/1.1\r\nHost: pkmf.example.org\r\n\r\n"),
        ROW("\x16\x03\x03\xff\xff"),
        ROW("\x17\x03\x03\x00\x05hello"),
        ROW("\x80\x2e\x01\x03\x01"),
        ROW("\x15\x03\x03\x00\x02\x02\x28"),
        ROW("\x15\x03\x03\x00\x02\x01\x64\x15\x03\x03\x00\x02\x02\x28"),
        ROW("\x14\x03\x03\x00\x01\x01"),
        ROW("\x16\x03\x03\x00\x04\x01\x00\x00\x00"),
        ROW("\x16\x03\x03\x00\x04\x01\xff\xff\xff"),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++) {
        for (int at_client = 0; at_client < 2; at_client++) {
            End client, server, *end = at_client ? &client : &server;

            pair_init(&client, &server);
            prose_tls_start(client.tls, UTC_S);
            end_give(end, garbage[i].octets, garbage[i].len);
            prose_tls_eof(end->tls);
            ck_assert_uint_eq(end->closed, 1);
            ck_assert_msg(end->cause && *end->cause, "garbage %zu: no cause", i);
            ck_assert_str_ne(end->cause, "internal-error");
            pair_clear(&client, &server);
        }
    }
}
END_TEST

START_TEST(an_alert_gives_the_cause_its_name)
{
    static const struct { uint8_t alert; const char *cause; } alerts[] = {
        { 10, "unexpected-message" }, { 20, "bad-record-mac" }, { 40, "handshake-failure" }, { 49, "access-denied" },
        { 51, "decrypt-error" }, { 70, "protocol-version" }, { 80, "internal-error" }, { 115, "unknown-psk-identity" },
        { 99, "alert-99" }, { 255, "alert-255" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(alerts); i++) {
        const uint8_t record[] = { 0x15, 3, 3, 0, 2, 2, alerts[i].alert };
        End client, server;

        pair_init(&client, &server);
        prose_tls_start(client.tls, UTC_S);
        ck_assert_int_eq(end_give(&client, record, sizeof record), PROSE_ERR_CLOSED);
        assert_ended(&client, alerts[i].cause);
        ck_assert_uint_eq(client.flights->len, 1);             /* ClientHello; an alert is not answered */
        pair_clear(&client, &server);
    }
}
END_TEST

/* ---- secrets ---- */

static const uint8_t watched_key[PROSE_KEY_LEN] = "watched key, 32 octets of it, w";
static const char watched_text[] = "watched text, as it were a PMK";
static unsigned secrets_freed;

static void
watching_free(void *block)
{
    size_t size = block ? malloc_usable_size(block) : 0;

    if (size && (memmem(block, size, watched_key, 16) || memmem(block, size, watched_text, 16)))
        secrets_freed++;
    free(block);
}

static void *
watching_realloc(void *block, size_t size)
{
    void *moved = malloc(size);

    if (block) {
        memcpy(moved, block, MIN(size, malloc_usable_size(block)));
        watching_free(block);
    }
    return moved;
}

static void
ignore_received(void *user, const uint8_t *octets, size_t len)
{
    ck_assert_mem_eq(octets, watched_text, len);
}

/* Rules C3: what passes through the library is gone when the library gives its memory back. */
/* REQ-662-07 */
START_TEST(what_the_library_frees_holds_no_key_and_no_plaintext)
{
    End client, server;
    ProseTlsCallbacks callbacks = end_callbacks;
    void *stray = memcpy(malloc(64), watched_key, 32);

#undef gnutls_free
    gnutls_free = watching_free;
    gnutls_realloc = watching_realloc;
    secrets_freed = 0;
    gnutls_free(stray);
    ck_assert_uint_eq(secrets_freed, 1);       /* it can tell */
    secrets_freed = 0;
    end_init(&client);
    end_init(&server);
    callbacks.received = ignore_received;
    server.psk = watched_key;
    client.tls = prose_tls_new_client(SERVER_NAME, IDENTITY, PROSE_PSK_IDENTITY_HINT, watched_key, &callbacks, &client);
    server.tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &callbacks, &server);
    client.say_when_established = watched_text;
    prose_tls_start(client.tls, UTC_S);
    carry_all(&client, &server);
    ck_assert_int_eq(prose_tls_send(server.tls, (const uint8_t *) watched_text, strlen(watched_text), UTC_S), 0);
    carry_all(&client, &server);
    pair_clear(&client, &server);
    ck_assert_uint_eq(secrets_freed, 0);
    gnutls_free = free;
    gnutls_realloc = realloc;
}
END_TEST

/* ---- GnuTLS itself at the other end ---- */

typedef struct Raw {
    gnutls_session_t session;
    gnutls_psk_client_credentials_t client;
    gnutls_psk_server_credentials_t server;
    GByteArray *in, *out;
} Raw;

static ssize_t
raw_push(gnutls_transport_ptr_t user, const void *octets, size_t len)
{
    g_byte_array_append(((Raw *) user)->out, octets, (guint) len);
    return (ssize_t) len;
}

static ssize_t
raw_pull(gnutls_transport_ptr_t user, void *ret, size_t size)
{
    Raw *raw = user;
    guint len = MIN((guint) size, raw->in->len);

    if (!len) {
        gnutls_transport_set_errno(raw->session, EAGAIN);
        return -1;
    }
    memcpy(ret, raw->in->data, len);
    g_byte_array_remove_range(raw->in, 0, len);
    return len;
}

static int
raw_psk(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *ret_psk)
{
    ret_psk->data = gnutls_malloc(PROSE_KEY_LEN);
    memcpy(ret_psk->data, right_key, PROSE_KEY_LEN);
    ret_psk->size = PROSE_KEY_LEN;
    return 0;
}

static void
raw_init(Raw *raw, bool is_server, const char *priorities, const void *identity, size_t identity_len)
{
    const gnutls_datum_t key = { (unsigned char *) right_key, PROSE_KEY_LEN };
    const gnutls_datum_t name = { (unsigned char *) identity, (unsigned) identity_len };

    memset(raw, 0, sizeof *raw);
    raw->in = g_byte_array_new();
    raw->out = g_byte_array_new();
    gnutls_init(&raw->session, GNUTLS_NONBLOCK | (is_server ? GNUTLS_SERVER : GNUTLS_CLIENT));
    ck_assert_int_eq(gnutls_priority_set_direct(raw->session, priorities, NULL), 0);
    if (is_server) {
        gnutls_psk_allocate_server_credentials(&raw->server);
        gnutls_psk_set_server_credentials_hint(raw->server, PROSE_PSK_IDENTITY_HINT);
        gnutls_psk_set_server_credentials_function2(raw->server, raw_psk);
        gnutls_credentials_set(raw->session, GNUTLS_CRD_PSK, raw->server);
    } else {
        gnutls_psk_allocate_client_credentials(&raw->client);
        gnutls_psk_set_client_credentials2(raw->client, &name, &key, GNUTLS_PSK_KEY_RAW);
        gnutls_credentials_set(raw->session, GNUTLS_CRD_PSK, raw->client);
    }
    gnutls_transport_set_ptr(raw->session, raw);
    gnutls_transport_set_push_function(raw->session, raw_push);
    gnutls_transport_set_pull_function(raw->session, raw_pull);
}

static void
raw_clear(Raw *raw)
{
    gnutls_deinit(raw->session);
    if (raw->client)
        gnutls_psk_free_client_credentials(raw->client);
    if (raw->server)
        gnutls_psk_free_server_credentials(raw->server);
    g_byte_array_unref(raw->in);
    g_byte_array_unref(raw->out);
}

static void
raw_carry(Raw *raw, End *end)
{
    if (raw->out->len)
        end_give(end, raw->out->data, raw->out->len);
    g_byte_array_set_size(raw->out, 0);
    for (GBytes *flight; (flight = end_take(end)) != NULL; g_bytes_unref(flight))
        g_byte_array_append(raw->in, g_bytes_get_data(flight, NULL), (guint) g_bytes_get_size(flight));
}

static int
raw_handshake(Raw *raw, End *end)
{
    int r = GNUTLS_E_AGAIN;

    for (int i = 0; i < 8 && r < 0 && !gnutls_error_is_fatal(r); i++) {
        r = gnutls_handshake(raw->session);
        if (gnutls_error_is_fatal(r))
            gnutls_alert_send_appropriate(raw->session, r);
        raw_carry(raw, end);
    }
    return r;
}

#define RAW_SAME "NONE:+VERS-TLS1.2:+PSK:+AES-128-GCM:+AEAD:+COMP-NULL:+SIGN-RSA-SHA256"
static const struct {
    const char *name, *priorities, *identity;
    size_t identity_len;               /* 0: all of it */
    const char *cause;                 /* %NULL: accepted */
} raw_clients[] = {
    { "the same suite", RAW_SAME, IDENTITY, 0, NULL },
    { "more to choose from", "NORMAL:+PSK:+DHE-PSK:+ECDHE-PSK", IDENTITY, 0, NULL },
    { "TLS 1.3 only", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+PSK", IDENTITY, 0, "protocol-version" },
    { "TLS 1.1 only", "NORMAL:-VERS-ALL:+VERS-TLS1.1:+PSK", IDENTITY, 0, "protocol-version" },
    { "AES-256 only",
      "NONE:+VERS-TLS1.2:+PSK:+AES-256-GCM:+AEAD:+COMP-NULL:+SIGN-RSA-SHA256", IDENTITY, 0, "handshake-failure" },
    { "CBC only",
      "NONE:+VERS-TLS1.2:+PSK:+AES-128-CBC:+SHA1:+COMP-NULL:+SIGN-RSA-SHA256", IDENTITY, 0, "handshake-failure" },
    { "DHE-PSK only",
      "NONE:+VERS-TLS1.2:+DHE-PSK:+AES-128-GCM:+AEAD:+COMP-NULL:+SIGN-RSA-SHA256:+GROUP-ALL", IDENTITY, 0,
      "handshake-failure" },
    { "another identity", RAW_SAME, "3GPP-bootstrapping.x@bsf.example.org", 0, "unknown-psk-identity" },
    { "right identity, then a zero octet", RAW_SAME, IDENTITY "\0", sizeof IDENTITY, "unknown-psk-identity" },
    { "identity is no UTF-8", RAW_SAME, "\xff\xfe", 0, "unknown-psk-identity" },
};

START_TEST(the_server_takes_one_suite_and_known_identities_from_any_client)
{
    Raw raw;
    End server;
    size_t len = raw_clients[_i].identity_len ? raw_clients[_i].identity_len : strlen(raw_clients[_i].identity);

    end_init(&server);
    server.tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &end_callbacks, &server);
    raw_init(&raw, false, raw_clients[_i].priorities, raw_clients[_i].identity, len);
    if (raw_clients[_i].cause) {
        ck_assert_int_lt(raw_handshake(&raw, &server), 0);
        ck_assert_uint_eq(server.established, 0);
        assert_ended(&server, raw_clients[_i].cause);
    } else {
        ck_assert_int_eq(raw_handshake(&raw, &server), 0);
        ck_assert_uint_eq(server.established, 1);
        ck_assert_str_eq(gnutls_ciphersuite_get(raw.session), "TLS_PSK_WITH_AES_128_GCM_SHA256");
    }
    raw_clear(&raw);
    end_clear(&server);
}
END_TEST

START_TEST(an_identity_as_long_as_a_b_tid_may_get_passes)
{
    End client, server;
    g_autofree char *bsf = g_strnfill(PROSE_FQDN_MAX, 'b');
    g_autofree char *identity = g_strdup_printf("%s.AAECAwQFBgcICQoLDA0ODw==@%s", PROSE_PSK_IDENTITY_HINT, bsf);

    end_init(&client);
    end_init(&server);
    client.tls = prose_tls_new_client(SERVER_NAME, identity, PROSE_PSK_IDENTITY_HINT, right_key, &end_callbacks, &client);
    server.tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &end_callbacks, &server);
    server.expect_identity = identity;
    prose_tls_start(client.tls, UTC_S);
    carry_all(&client, &server);
    ck_assert_str_eq(server.identity, identity);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(a_second_handshake_is_refused_at_either_end)
{
    Raw raw;
    End end;
    bool raw_is_server = _i == 1;

    end_init(&end);
    raw_init(&raw, raw_is_server, RAW_SAME, IDENTITY, strlen(IDENTITY));
    if (raw_is_server) {
        end.tls = prose_tls_new_client(SERVER_NAME, IDENTITY, PROSE_PSK_IDENTITY_HINT, right_key, &end_callbacks, &end);
        prose_tls_start(end.tls, UTC_S);
        raw_carry(&raw, &end);
    } else {
        end.tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &end_callbacks, &end);
    }
    ck_assert_int_eq(raw_handshake(&raw, &end), 0);
    if (raw_is_server)
        ck_assert_int_eq(gnutls_rehandshake(raw.session), 0);
    else
        ck_assert_int_eq(gnutls_handshake(raw.session), GNUTLS_E_AGAIN);
    raw_carry(&raw, &end);
    assert_ended(&end, "unexpected-message");
    raw_clear(&raw);
    end_clear(&end);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("tls-peer");
    TCase *tc = tcase_create("peer");

    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, a_flipped_bit_in_any_record_is_found, 0, 7);
    tcase_add_loop_test(tc, a_flight_cut_anywhere_never_looks_like_an_orderly_end, 0, 5);
    tcase_add_test(tc, a_replayed_record_is_refused);
    tcase_add_test(tc, a_recorded_session_is_refused_by_another_server);
    tcase_add_test(tc, octets_that_are_no_tls_end_it_with_a_cause);
    tcase_add_test(tc, an_alert_gives_the_cause_its_name);
    tcase_add_test(tc, what_the_library_frees_holds_no_key_and_no_plaintext);
    tcase_add_loop_test(tc, the_server_takes_one_suite_and_known_identities_from_any_client, 0, G_N_ELEMENTS(raw_clients));
    tcase_add_test(tc, an_identity_as_long_as_a_b_tid_may_get_passes);
    tcase_add_loop_test(tc, a_second_handshake_is_refused_at_either_end, 0, 2);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
