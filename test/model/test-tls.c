/* SPDX-License-Identifier: GPL-2.0-only */
/* One PSK-TLS session at each end, on queues instead of a connection; and GnuTLS itself as an independent peer. */
#define _GNU_SOURCE        /* memmem */
#include "prose-error.h"
#include "prose-gba.h"
#include "prose-secret.h"
#include "prose-tls.h"

#include "prose-test.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <malloc.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UTC_S 1780300800
#define IDENTITY "3GPP-bootstrapping.AAECAwQFBgcICQoLDA0ODw==@bsf.example.org"
#define SERVER_NAME "pkmf.example.org"
#define REQUEST "the request, 1 of 2"
#define RESPONSE "the response, 2 of 2"

static const uint8_t right_key[PROSE_KEY_LEN] = { 0x4b, 0x73, 0x5f, 0x4e, 0x41, 0x46, 1, 2, 3, 4 };
static const uint8_t wrong_key[PROSE_KEY_LEN] = { 0x4b, 0x73, 0x5f, 0x4e, 0x41, 0x46, 1, 2, 3, 5 };

/* The library must not ask the machine for the time while a call of ours is in progress. */
static unsigned machine_time_asked;
time_t
time(time_t *ret)
{
    struct timespec now;

    machine_time_asked++;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}

/* ---- two ends ---- */

typedef struct End {
    ProseTls *tls;
    GPtrArray *flights;            /* GBytes sent and not yet carried over */
    GByteArray *received;
    char *identity;                /* from `established` */
    unsigned established, closed, sends;
    char *cause;
    GString *key_log;
    const uint8_t *psk;            /* what a server answers; %NULL: unknown identity */
    const char *expect_identity;
    const char *say_when_established;
    const char *say_when_received;
    bool close_when_received;
    bool eof_when_received;
    bool free_when_closed;
} End;

static void
end_send(void *user, const uint8_t *octets, size_t len)
{
    End *end = user;

    ck_assert_uint_eq(end->closed, 0);
    ck_assert_uint_gt(len, 0);
    end->sends++;
    g_ptr_array_add(end->flights, g_bytes_new(octets, len));
}

static void
end_received(void *user, const uint8_t *octets, size_t len)
{
    End *end = user;

    ck_assert_uint_eq(end->established, 1);
    ck_assert_uint_eq(end->closed, 0);
    g_byte_array_append(end->received, octets, (guint) len);
    if (end->say_when_received)
        ck_assert_int_eq(prose_tls_send(end->tls, (const uint8_t *) end->say_when_received, strlen(end->say_when_received), UTC_S), 0);
    if (end->close_when_received)
        prose_tls_close(end->tls, UTC_S);
    if (end->eof_when_received) {
        prose_tls_eof(end->tls);
        ck_assert_uint_eq(end->closed, 0);
    }
}

static void
end_established(void *user, const char *psk_identity)
{
    End *end = user;

    end->established++;
    end->identity = g_strdup(psk_identity);
    if (end->say_when_established)
        ck_assert_int_eq(prose_tls_send(end->tls, (const uint8_t *) end->say_when_established, strlen(end->say_when_established), UTC_S), 0);
}

static void
end_closed(void *user, const char *cause)
{
    End *end = user;

    end->closed++;
    end->cause = g_strdup(cause);
    if (end->free_when_closed)
        end->tls = prose_tls_free(end->tls);
}

static int
end_psk(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN])
{
    End *end = user;

    if (!end->psk || g_strcmp0(psk_identity, end->expect_identity) != 0)
        return PROSE_ERR_NOT_FOUND;
    memcpy(ret_psk, end->psk, PROSE_KEY_LEN);
    return 0;
}

static void
end_key_log(void *user, const char *line)
{
    End *end = user;

    g_string_append_printf(end->key_log, "%s\n", line);
}

static const ProseTlsCallbacks end_callbacks = { end_send, end_received, end_established, end_closed, end_psk, end_key_log };

static void
end_init(End *end)
{
    memset(end, 0, sizeof *end);
    end->flights = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    end->received = g_byte_array_new();
    end->key_log = g_string_new(NULL);
    end->psk = right_key;
    end->expect_identity = IDENTITY;
}

static void
end_clear(End *end)
{
    prose_tls_free(end->tls);
    g_ptr_array_unref(end->flights);
    g_byte_array_unref(end->received);
    g_string_free(end->key_log, TRUE);
    g_free(end->identity);
    g_free(end->cause);
}

/* The oldest flight of @from; (nullable). */
static GBytes *
end_take(End *from)
{
    return from->flights->len ? g_ptr_array_steal_index(from->flights, 0) : NULL;
}

static int
end_give(End *to, const void *octets, size_t len)
{
    return to->tls ? prose_tls_receive(to->tls, octets, len, UTC_S) : PROSE_ERR_CLOSED;
}

static bool
carry_one(End *from, End *to)
{
    g_autoptr(GBytes) flight = end_take(from);

    if (!flight)
        return false;
    end_give(to, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight));
    return true;
}

static void
carry_all(End *a, End *b)
{
    while (carry_one(a, b) | carry_one(b, a))
        ;
}

static void
pair_init(End *client, End *server)
{
    end_init(client);
    end_init(server);
    client->tls = prose_tls_new_client(SERVER_NAME, IDENTITY, PROSE_PSK_IDENTITY_HINT, right_key, &end_callbacks, client);
    server->tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &end_callbacks, server);
}

static void
pair_open(End *client, End *server)
{
    pair_init(client, server);
    ck_assert_int_eq(prose_tls_start(server->tls, UTC_S), 0);
    ck_assert_int_eq(prose_tls_start(client->tls, UTC_S), 0);
    carry_all(client, server);
    ck_assert_uint_eq(client->established, 1);
    ck_assert_uint_eq(server->established, 1);
}

static void
pair_clear(End *client, End *server)
{
    end_clear(client);
    end_clear(server);
}

static void
assert_received(const End *end, const char *text)
{
    ck_assert_uint_eq(end->received->len, strlen(text));
    ck_assert_mem_eq(end->received->data, text, strlen(text));
}

static void
assert_ended(const End *end, const char *cause)
{
    ck_assert_uint_eq(end->closed, 1);
    ck_assert_pstr_eq(end->cause, cause);
}

START_TEST(octets_pass_both_ways_and_the_identity_is_told_at_both_ends)
{
    End client, server;

    pair_open(&client, &server);
    ck_assert_str_eq(client.identity, IDENTITY);
    ck_assert_str_eq(server.identity, IDENTITY);
    ck_assert_int_eq(prose_tls_send(client.tls, (const uint8_t *) REQUEST, strlen(REQUEST), UTC_S), 0);
    carry_all(&client, &server);
    assert_received(&server, REQUEST);
    ck_assert_int_eq(prose_tls_send(server.tls, (const uint8_t *) RESPONSE, strlen(RESPONSE), UTC_S), 0);
    carry_all(&client, &server);
    assert_received(&client, RESPONSE);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(a_long_message_crosses_in_one_flight_of_many_records)
{
    End client, server;
    g_autofree uint8_t *octets = g_malloc(70000);

    for (size_t i = 0; i < 70000; i++)
        octets[i] = (uint8_t) (i * 7 + i / 251);
    pair_open(&client, &server);
    client.sends = 0;
    ck_assert_int_eq(prose_tls_send(client.tls, octets, 70000, UTC_S), 0);
    ck_assert_uint_eq(client.sends, 1);
    carry_all(&client, &server);
    ck_assert_uint_eq(server.received->len, 70000);
    ck_assert_mem_eq(server.received->data, octets, 70000);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(flights_may_arrive_octet_by_octet)
{
    End client, server;

    pair_init(&client, &server);
    client.say_when_established = REQUEST;
    server.say_when_received = RESPONSE;
    prose_tls_start(client.tls, UTC_S);
    for (End *from = &client, *to = &server;;) {
        g_autoptr(GBytes) flight = end_take(from);
        End *other = to;

        if (!flight)
            break;
        for (gsize i = 0; i < g_bytes_get_size(flight); i++)
            ck_assert_int_eq(end_give(to, (const uint8_t *) g_bytes_get_data(flight, NULL) + i, 1), 0);
        to = from;
        from = other;
        server.say_when_received = NULL;
    }
    ck_assert_uint_eq(client.established + server.established, 2);
    assert_received(&server, REQUEST);
    pair_clear(&client, &server);
}
END_TEST

/* Four flights for the handshake, then one a message; never two for one call, nor one in two. */
START_TEST(each_call_sends_one_flight)
{
    static const struct { bool from_client; size_t len; } flights[] = {
        /* ClientHello; ServerHello, ServerKeyExchange, ServerHelloDone; ClientKeyExchange, CCS, Finished; CCS, Finished;
         * request; response; close_notify */
        { true, 0 }, { false, 0 }, { true, 0 }, { false, 0 }, { true, sizeof REQUEST - 1 + 29 },
        { false, sizeof RESPONSE - 1 + 29 }, { true, 2 + 29 },
    };
    size_t lens[G_N_ELEMENTS(flights)];

    for (unsigned round = 0; round < 20; round++) {
        End client, server;

        pair_init(&client, &server);
        client.say_when_established = REQUEST;
        server.say_when_received = RESPONSE;
        client.close_when_received = true;
        prose_tls_start(client.tls, UTC_S);
        for (size_t i = 0; i < G_N_ELEMENTS(flights); i++) {
            End *from = flights[i].from_client ? &client : &server;
            g_autoptr(GBytes) flight = end_take(from);

            ck_assert_msg(flight != NULL, "flight %zu is missing", i);
            ck_assert_msg(client.flights->len + server.flights->len == 0, "two flights at step %zu", i);
            if (flights[i].len)
                ck_assert_uint_eq(g_bytes_get_size(flight), flights[i].len);
            if (round == 0)
                lens[i] = g_bytes_get_size(flight);
            else        /* what a simulation sees of it does not depend on the library's randomness */
                ck_assert_uint_eq(g_bytes_get_size(flight), lens[i]);
            end_give(flights[i].from_client ? &server : &client, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight));
        }
        ck_assert_uint_eq(client.flights->len + server.flights->len, 0);
        assert_ended(&server, NULL);
        ck_assert_uint_eq(client.closed, 0);
        pair_clear(&client, &server);
    }
}
END_TEST

static bool
holds(GBytes *flight, const void *octets, size_t len)
{
    return memmem(g_bytes_get_data(flight, NULL), g_bytes_get_size(flight), octets, len) != NULL;
}

START_TEST(exactly_one_version_and_suite_are_offered_and_taken)
{
    End client, server;
    g_autoptr(GBytes) hello = NULL, answer = NULL, exchange = NULL;
    const uint8_t *h;

    pair_init(&client, &server);
    prose_tls_start(client.tls, UTC_S);
    hello = end_take(&client);
    h = g_bytes_get_data(hello, NULL);
    /* record header 5, handshake header 4, version 2, random 32, session ID length 1 */
    ck_assert_mem_eq(h + 9, "\x03\x03", 2);
    ck_assert_uint_eq(h[43], 0);
    ck_assert_mem_eq(h + 44, "\x00\x02\x00\xa8\x01\x00", 6);         /* one suite, null compression */
    ck_assert(holds(hello, "\x00\x00\x10" SERVER_NAME, 3 + strlen(SERVER_NAME)));
    ck_assert(!holds(hello, "\x00\x23\x00\x00", 4));                 /* no session ticket asked for */
    end_give(&server, h, g_bytes_get_size(hello));
    answer = end_take(&server);
    ck_assert(holds(answer, "\x00\xa8\x00", 3));
    /* ServerKeyExchange: type 12, length, psk_identity_hint (TS 24.109 F.3) */
    ck_assert(holds(answer, "\x0c\x00\x00\x14\x00\x12" PROSE_PSK_IDENTITY_HINT, 24));
    end_give(&client, g_bytes_get_data(answer, NULL), g_bytes_get_size(answer));
    exchange = end_take(&client);
    ck_assert(holds(exchange, IDENTITY, strlen(IDENTITY)));
    pair_clear(&client, &server);
}
END_TEST

/* ---- refusals in the handshake ---- */

static const struct {
    const char *name;
    const uint8_t *server_key;
    const char *hint;
    const char *client_cause, *server_cause;
} refusals[] = {
    { "unknown identity", NULL, PROSE_PSK_IDENTITY_HINT, "unknown-psk-identity", "unknown-psk-identity" },
    { "wrong key", wrong_key, PROSE_PSK_IDENTITY_HINT, "bad-record-mac", "bad-record-mac" },
    { "another hint", right_key, "3GPP-bootstrapping-uicc", "bad-hint", "handshake-failure" },
    { "empty hint", right_key, "", "bad-hint", "handshake-failure" },
    { "no hint", right_key, NULL, "bad-hint", "handshake-failure" },
};

START_TEST(a_refused_handshake_ends_at_both_ends_with_a_cause)
{
    End client, server;

    end_init(&client);
    end_init(&server);
    server.psk = refusals[_i].server_key;
    client.free_when_closed = server.free_when_closed = true;
    client.tls = prose_tls_new_client(SERVER_NAME, IDENTITY, PROSE_PSK_IDENTITY_HINT, right_key, &end_callbacks, &client);
    server.tls = prose_tls_new_server(refusals[_i].hint, &end_callbacks, &server);
    prose_tls_start(client.tls, UTC_S);
    carry_all(&client, &server);
    assert_ended(&client, refusals[_i].client_cause);
    assert_ended(&server, refusals[_i].server_cause);
    ck_assert_uint_eq(client.established + server.established, 0);
    ck_assert_ptr_null(client.tls);
    ck_assert_ptr_null(server.tls);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(an_unknown_identity_is_told_in_the_clear_as_alert_115)
{
    End client, server;
    g_autoptr(GBytes) alert = NULL;

    pair_init(&client, &server);
    server.psk = NULL;
    prose_tls_start(client.tls, UTC_S);
    carry_one(&client, &server);
    carry_one(&server, &client);
    carry_one(&client, &server);
    alert = end_take(&server);
    ck_assert_uint_eq(g_bytes_get_size(alert), 7);
    ck_assert_mem_eq(g_bytes_get_data(alert, NULL), "\x15\x03\x03\x00\x02\x02\x73", 7);
    pair_clear(&client, &server);
}
END_TEST

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
    static const char *const garbage[] = {
        "GET / HTTP/1.1\r\nHost: pkmf.example.org\r\n\r\n", "\x16\x03\x03\xff\xff", "\x17\x03\x03\x00\x05hello", "\x80\x2e\x01\x03\x01",
        "\x15\x03\x03\x00\x02\x02\x28", "\x15\x03\x03\x00\x02\x01\x64\x15\x03\x03\x00\x02\x02\x28", "\x14\x03\x03\x00\x01\x01",
        "\x16\x03\x03\x00\x04\x01\x00\x00\x00", "\x16\x03\x03\x00\x04\x01\xff\xff\xff",
    };
    static const size_t lens[] = { 42, 5, 10, 5, 7, 14, 6, 9, 9 };

    for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++) {
        for (int at_client = 0; at_client < 2; at_client++) {
            End client, server, *end = at_client ? &client : &server;

            pair_init(&client, &server);
            prose_tls_start(client.tls, UTC_S);
            end_give(end, garbage[i], lens[i]);
            prose_tls_eof(end->tls);
            ck_assert_uint_eq(end->closed, 1);
            ck_assert_msg(end->cause && *end->cause, "garbage %zu: no cause", i);
            ck_assert_str_ne(end->cause, "internal-error");
            pair_clear(&client, &server);
        }
    }
}
END_TEST

/* ---- ends ---- */

START_TEST(an_orderly_close_has_no_cause_and_what_follows_is_ignored)
{
    End client, server;

    pair_open(&client, &server);
    prose_tls_close(client.tls, UTC_S);
    prose_tls_close(client.tls, UTC_S);
    ck_assert_uint_eq(client.flights->len, 1);
    carry_all(&client, &server);
    assert_ended(&server, NULL);
    ck_assert_uint_eq(server.flights->len, 0);
    for (End *end = &client;; end = &server) {
        ck_assert_int_eq(end_give(end, "more", 4), PROSE_ERR_CLOSED);
        ck_assert_int_eq(prose_tls_send(end->tls, (const uint8_t *) "more", 4, UTC_S), PROSE_ERR_CLOSED);
        ck_assert_int_eq(prose_tls_start(end->tls, UTC_S), PROSE_ERR_CLOSED);
        prose_tls_close(end->tls, UTC_S);
        prose_tls_eof(end->tls);
        ck_assert_uint_eq(end->flights->len, 0);
        if (end == &server)
            break;
    }
    ck_assert_uint_eq(client.closed, 0);
    ck_assert_uint_eq(server.closed, 1);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(octets_behind_a_close_are_ignored)
{
    End client, server;
    g_autoptr(GBytes) close = NULL;
    g_autoptr(GByteArray) both = g_byte_array_new();

    pair_open(&client, &server);
    prose_tls_close(client.tls, UTC_S);
    close = end_take(&client);
    g_byte_array_append(both, g_bytes_get_data(close, NULL), (guint) g_bytes_get_size(close));
    g_byte_array_append(both, (const uint8_t *) "\x17\x03\x03\x00\x30 rubbish", 13);
    end_give(&server, both->data, both->len);
    assert_ended(&server, NULL);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(a_connection_that_goes_ends_it_early)
{
    End client, server;

    pair_open(&client, &server);
    client.free_when_closed = true;
    prose_tls_eof(client.tls);
    assert_ended(&client, "closed-early");
    ck_assert_ptr_null(client.tls);
    pair_clear(&client, &server);

    pair_init(&client, &server);       /* before anything was said */
    prose_tls_eof(client.tls);
    prose_tls_eof(server.tls);
    assert_ended(&client, "closed-early");
    assert_ended(&server, "closed-early");
    pair_clear(&client, &server);
}
END_TEST

START_TEST(an_end_noticed_inside_a_callback_is_told_when_the_call_is_over)
{
    End client, server;

    pair_init(&client, &server);
    client.say_when_established = REQUEST;
    server.eof_when_received = server.free_when_closed = true;
    prose_tls_start(client.tls, UTC_S);
    carry_all(&client, &server);
    assert_received(&server, REQUEST);
    assert_ended(&server, "closed-early");
    ck_assert_ptr_null(server.tls);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(a_close_in_the_middle_of_the_handshake_is_early_at_the_other_end)
{
    End client, server;

    pair_init(&client, &server);
    prose_tls_start(client.tls, UTC_S);
    prose_tls_close(client.tls, UTC_S);
    carry_all(&client, &server);
    assert_ended(&server, "closed-early");
    ck_assert_uint_eq(client.closed, 0);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(nothing_is_sent_before_the_session_is_established)
{
    End client, server;

    pair_init(&client, &server);
    ck_assert_int_eq(prose_tls_send(client.tls, (const uint8_t *) "x", 1, UTC_S), PROSE_ERR_STATE);
    ck_assert_int_eq(prose_tls_send(server.tls, (const uint8_t *) "x", 1, UTC_S), PROSE_ERR_STATE);
    ck_assert_int_eq(end_give(&client, "unasked", 7), 0);
    prose_tls_start(client.tls, UTC_S);
    prose_tls_start(client.tls, UTC_S);
    ck_assert_uint_eq(client.flights->len, 1);
    ck_assert_int_eq(prose_tls_send(client.tls, (const uint8_t *) "x", 1, UTC_S), PROSE_ERR_STATE);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(no_call_asks_the_machine_for_the_time)
{
    End client, server;

    pair_init(&client, &server);
    machine_time_asked = 0;
    client.say_when_established = REQUEST;
    server.say_when_received = RESPONSE;
    client.close_when_received = true;
    prose_tls_start(client.tls, UTC_S);
    carry_all(&client, &server);
    ck_assert_uint_eq(machine_time_asked, 0);
    assert_received(&client, RESPONSE);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(both_ends_log_the_same_key_line_and_nobody_else_does)
{
    End client, server;
    g_autofree char *path = g_strdup_printf("%s/prose-test-tls-%d", g_get_tmp_dir(), (int) getpid());
    g_auto(GStrv) words = NULL;

    g_setenv("SSLKEYLOGFILE", path, TRUE);     /* the library would write there on its own */
    pair_open(&client, &server);
    ck_assert_str_eq(client.key_log->str, server.key_log->str);
    words = g_strsplit(client.key_log->str, " ", -1);
    ck_assert_uint_eq(g_strv_length(words), 3);
    ck_assert_str_eq(words[0], "CLIENT_RANDOM");
    ck_assert_uint_eq(strlen(words[1]), 64);
    ck_assert_uint_eq(strlen(words[2]), 97);   /* 48 octets and the newline */
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    g_unsetenv("SSLKEYLOGFILE");
    pair_clear(&client, &server);
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
    { "AES-256 only", "NONE:+VERS-TLS1.2:+PSK:+AES-256-GCM:+AEAD:+COMP-NULL:+SIGN-RSA-SHA256", IDENTITY, 0, "handshake-failure" },
    { "CBC only", "NONE:+VERS-TLS1.2:+PSK:+AES-128-CBC:+SHA1:+COMP-NULL:+SIGN-RSA-SHA256", IDENTITY, 0, "handshake-failure" },
    { "DHE-PSK only", "NONE:+VERS-TLS1.2:+DHE-PSK:+AES-128-GCM:+AEAD:+COMP-NULL:+SIGN-RSA-SHA256:+GROUP-ALL", IDENTITY, 0, "handshake-failure" },
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

/* ---- cleartext, the control run of rules C4 ---- */

START_TEST(cleartext_makes_the_same_calls_and_hides_nothing)
{
    End client, server;
    g_autoptr(GBytes) flight = NULL;

    end_init(&client);
    end_init(&server);
    client.tls = prose_tls_new_cleartext(false, IDENTITY, &end_callbacks, &client);
    server.tls = prose_tls_new_cleartext(true, NULL, &end_callbacks, &server);
    client.say_when_established = REQUEST;
    server.say_when_received = RESPONSE;
    client.close_when_received = true;
    ck_assert_int_eq(prose_tls_send(client.tls, (const uint8_t *) "x", 1, UTC_S), PROSE_ERR_STATE);
    prose_tls_start(client.tls, UTC_S);
    for (GBytes *part; (part = end_take(&client)) != NULL; g_bytes_unref(part)) {
        for (gsize i = 0; i < g_bytes_get_size(part); i++) {
            end_give(&server, (const uint8_t *) g_bytes_get_data(part, NULL) + i, 1);
            if (server.received->len)
                server.say_when_received = NULL;
        }
    }
    assert_received(&server, REQUEST);
    ck_assert_str_eq(server.identity, IDENTITY);
    ck_assert_str_eq(client.identity, IDENTITY);
    flight = end_take(&server);
    ck_assert_mem_eq(g_bytes_get_data(flight, NULL), RESPONSE, strlen(RESPONSE));
    end_give(&client, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight));
    assert_received(&client, RESPONSE);
    prose_tls_eof(client.tls);
    prose_tls_eof(server.tls);
    ck_assert_uint_eq(client.closed, 0);
    assert_ended(&server, NULL);
    ck_assert_int_eq(end_give(&server, "x", 1), PROSE_ERR_CLOSED);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(cleartext_refuses_what_tls_would)
{
    End server;
    g_autofree char *long_line = g_strnfill(2000, 'x');

    end_init(&server);
    server.tls = prose_tls_new_cleartext(true, NULL, &end_callbacks, &server);
    end_give(&server, "someone else\n", 13);
    assert_ended(&server, "unknown-psk-identity");
    end_clear(&server);

    end_init(&server);
    server.tls = prose_tls_new_cleartext(true, NULL, &end_callbacks, &server);
    end_give(&server, long_line, 2000);
    assert_ended(&server, "decode-error");
    end_clear(&server);

    end_init(&server);
    server.tls = prose_tls_new_cleartext(true, NULL, &end_callbacks, &server);
    end_give(&server, "half a li", 9);
    prose_tls_eof(server.tls);
    assert_ended(&server, "closed-early");
    end_clear(&server);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("tls");
    TCase *tc = tcase_create("session");

    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, octets_pass_both_ways_and_the_identity_is_told_at_both_ends);
    tcase_add_test(tc, a_long_message_crosses_in_one_flight_of_many_records);
    tcase_add_test(tc, flights_may_arrive_octet_by_octet);
    tcase_add_test(tc, each_call_sends_one_flight);
    tcase_add_test(tc, exactly_one_version_and_suite_are_offered_and_taken);
    tcase_add_loop_test(tc, a_refused_handshake_ends_at_both_ends_with_a_cause, 0, G_N_ELEMENTS(refusals));
    tcase_add_test(tc, an_unknown_identity_is_told_in_the_clear_as_alert_115);
    tcase_add_loop_test(tc, a_flipped_bit_in_any_record_is_found, 0, 7);
    tcase_add_loop_test(tc, a_flight_cut_anywhere_never_looks_like_an_orderly_end, 0, 5);
    tcase_add_test(tc, a_replayed_record_is_refused);
    tcase_add_test(tc, a_recorded_session_is_refused_by_another_server);
    tcase_add_test(tc, octets_that_are_no_tls_end_it_with_a_cause);
    tcase_add_test(tc, an_orderly_close_has_no_cause_and_what_follows_is_ignored);
    tcase_add_test(tc, octets_behind_a_close_are_ignored);
    tcase_add_test(tc, a_connection_that_goes_ends_it_early);
    tcase_add_test(tc, an_end_noticed_inside_a_callback_is_told_when_the_call_is_over);
    tcase_add_test(tc, a_close_in_the_middle_of_the_handshake_is_early_at_the_other_end);
    tcase_add_test(tc, nothing_is_sent_before_the_session_is_established);
    tcase_add_test(tc, no_call_asks_the_machine_for_the_time);
    tcase_add_test(tc, both_ends_log_the_same_key_line_and_nobody_else_does);
    tcase_add_test(tc, what_the_library_frees_holds_no_key_and_no_plaintext);
    tcase_add_loop_test(tc, the_server_takes_one_suite_and_known_identities_from_any_client, 0, G_N_ELEMENTS(raw_clients));
    tcase_add_test(tc, an_identity_as_long_as_a_b_tid_may_get_passes);
    tcase_add_loop_test(tc, a_second_handshake_is_refused_at_either_end, 0, 2);
    tcase_add_test(tc, cleartext_makes_the_same_calls_and_hides_nothing);
    tcase_add_test(tc, cleartext_refuses_what_tls_would);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
