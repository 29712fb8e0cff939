/* SPDX-License-Identifier: GPL-2.0-only */
/* One POST and its answer, both ends in one process, with TLS and without. */
#define _GNU_SOURCE        /* memmem */
#include "prose-error.h"
#include "prose-exchange.h"
#include "prose-gba.h"

#include "prose-test.h"

#include <string.h>

#define UTC_S 1780300800
#define IDENTITY "3GPP-bootstrapping.AAECAwQFBgcICQoLDA0ODw==@bsf.example.org"
#define FQDN "pkmf.example.org"
#define ASK "<request/>"
#define ANSWER "<response/>"

static const uint8_t key[PROSE_KEY_LEN] = { 1, 2, 3 };

typedef struct End {
    ProseExchange *exchange;
    GPtrArray *flights;
    unsigned established, messages, ended;
    char *body;
    unsigned status;
    char *layer, *cause;
    int http_error;
    int key_lines;
    bool knows_key;
    unsigned respond_status;                           /* server: answers inside `message` */
    bool respond_to_error, close_in_message, free_in_message, free_in_ended;
} End;

static void
end_send(void *user, const uint8_t *octets, size_t len)
{
    End *end = user;

    g_ptr_array_add(end->flights, g_bytes_new(octets, len));
}

static void
end_established(void *user, const char *psk_identity)
{
    End *end = user;

    ck_assert_str_eq(psk_identity, IDENTITY);
    end->established++;
}

static void
end_respond(End *end, unsigned status, const char *body)
{
    unsigned retry_after = status == 503 ? 60 : 0;
    const uint8_t *octets = (const uint8_t *) body;

    ck_assert_int_eq(prose_exchange_respond(end->exchange, status, retry_after, octets, strlen(body), UTC_S), 0);
    ck_assert_int_eq(prose_exchange_respond(end->exchange, 200, 0, NULL, 0, UTC_S), PROSE_ERR_STATE);
}

static void
end_message(void *user, const ProseHttp *http)
{
    End *end = user;
    size_t len;
    const uint8_t *body = prose_http_body(http, &len);

    ck_assert_uint_eq(end->ended, 0);
    end->messages++;
    end->body = g_strndup((const char *) body, len);
    end->status = prose_http_status(http);
    if (end->respond_status)
        end_respond(end, end->respond_status, end->respond_status == 200 ? ANSWER : "");
    if (end->close_in_message)
        prose_exchange_close(end->exchange, UTC_S);
    if (end->free_in_message)
        end->exchange = prose_exchange_free(end->exchange);
}

static void
end_ended(void *user, const char *layer, const char *cause, int http_error)
{
    End *end = user;

    end->ended++;
    end->layer = g_strdup(layer);
    end->cause = g_strdup(cause);
    end->http_error = http_error;
    if (end->respond_to_error)
        end_respond(end, http_error == PROSE_ERR_LIMIT ? 413 : 400, "");
    if (end->free_in_ended)
        end->exchange = prose_exchange_free(end->exchange);
}

static int
end_psk(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN])
{
    End *end = user;

    if (!end->knows_key || !g_str_equal(psk_identity, IDENTITY))
        return PROSE_ERR_NOT_FOUND;
    memcpy(ret_psk, key, PROSE_KEY_LEN);
    return 0;
}

static void
end_key_log(void *user, const char *line)
{
    ((End *) user)->key_lines++;
}

static const ProseExchangeCallbacks end_callbacks = {
    end_send, end_established, end_message, end_ended, end_psk, end_key_log
};

static void
pair_init(End *client, End *server, bool cleartext)
{
    memset(client, 0, sizeof *client);
    memset(server, 0, sizeof *server);
    client->flights = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    server->flights = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    server->knows_key = true;
    client->exchange = prose_exchange_new_client(FQDN, IDENTITY, key, (const uint8_t *) ASK, strlen(ASK), cleartext,
                                                 &end_callbacks, client);
    server->exchange = prose_exchange_new_server(cleartext, &end_callbacks, server);
}

static void
end_clear(End *end)
{
    prose_exchange_free(end->exchange);
    g_ptr_array_unref(end->flights);
    g_free(end->body);
    g_free(end->layer);
    g_free(end->cause);
}

static void
pair_clear(End *client, End *server)
{
    end_clear(client);
    end_clear(server);
}

static bool
carry_one(End *from, End *to)
{
    g_autoptr(GBytes) flight = from->flights->len ? g_ptr_array_steal_index(from->flights, 0) : NULL;

    if (!flight)
        return false;
    if (to->exchange)
        prose_exchange_receive(to->exchange, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight), UTC_S);
    return true;
}

static void
run(End *client, End *server)
{
    prose_exchange_start(server->exchange, UTC_S);
    prose_exchange_start(client->exchange, UTC_S);
    while (carry_one(client, server) | carry_one(server, client))
        ;
}

START_TEST(a_post_is_answered_and_the_client_closes)
{
    End client, server;
    bool cleartext = _i;

    pair_init(&client, &server, cleartext);
    server.respond_status = 200;
    client.close_in_message = client.free_in_message = true;
    ck_assert_ptr_null(prose_exchange_psk_identity(server.exchange));
    run(&client, &server);
    ck_assert_str_eq(prose_exchange_psk_identity(server.exchange), IDENTITY);
    ck_assert_str_eq(server.body, ASK);
    ck_assert_str_eq(client.body, ANSWER);
    ck_assert_uint_eq(client.status, 200);
    ck_assert_uint_eq(client.established + server.established, 2);
    ck_assert_uint_eq(client.messages + server.messages, 2);
    ck_assert_uint_eq(client.ended, 0);
    ck_assert_int_eq(client.key_lines + server.key_lines, cleartext ? 0 : 2);
    if (cleartext)                         /* there the end of the connection is the close */
        prose_exchange_eof(server.exchange);
    ck_assert_uint_eq(server.ended, 1);
    ck_assert_str_eq(server.layer, "closed");
    ck_assert_ptr_null(server.cause);
    ck_assert_int_eq(server.http_error, 0);
    pair_clear(&client, &server);
}
END_TEST

/* Rules C4: the control. What a search must not find with TLS it must find without. */
START_TEST(the_body_is_readable_on_the_wire_without_tls_only)
{
    End client, server;
    bool cleartext = _i, found = false;

    pair_init(&client, &server, cleartext);
    prose_exchange_start(client.exchange, UTC_S);
    do {
        for (guint i = 0; i < client.flights->len; i++) {
            GBytes *flight = g_ptr_array_index(client.flights, i);

            found |= memmem(g_bytes_get_data(flight, NULL), g_bytes_get_size(flight), ASK, strlen(ASK)) != NULL;
        }
    } while (carry_one(&client, &server) | carry_one(&server, &client));
    ck_assert_str_eq(server.body, ASK);
    ck_assert_int_eq(found, cleartext);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(an_answer_may_come_later)
{
    End client, server;

    pair_init(&client, &server, false);
    ck_assert_int_eq(prose_exchange_respond(server.exchange, 200, 0, NULL, 0, UTC_S), PROSE_ERR_STATE);
    run(&client, &server);
    ck_assert_uint_eq(server.messages, 1);
    ck_assert_uint_eq(client.messages, 0);
    ck_assert_int_eq(prose_exchange_respond(client.exchange, 200, 0, NULL, 0, UTC_S), PROSE_ERR_STATE);
    ck_assert_int_eq(prose_exchange_respond(server.exchange, 404, 0, NULL, 0, UTC_S), PROSE_ERR_INVALID);
    end_respond(&server, 503, "");
    carry_one(&server, &client);
    ck_assert_uint_eq(client.status, 503);
    ck_assert_str_eq(client.body, "");
    pair_clear(&client, &server);
}
END_TEST

START_TEST(an_answer_to_a_peer_that_left_is_refused)
{
    End client, server;

    pair_init(&client, &server, false);
    run(&client, &server);
    prose_exchange_close(client.exchange, UTC_S);
    carry_one(&client, &server);
    ck_assert_str_eq(server.layer, "closed");
    ck_assert_int_eq(prose_exchange_respond(server.exchange, 200, 0, NULL, 0, UTC_S), PROSE_ERR_CLOSED);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(a_failed_handshake_ends_both)
{
    End client, server;

    pair_init(&client, &server, false);
    server.knows_key = false;
    client.free_in_ended = server.free_in_ended = true;
    run(&client, &server);
    ck_assert_str_eq(client.layer, "tls");
    ck_assert_str_eq(server.layer, "tls");
    ck_assert_str_eq(client.cause, "unknown-psk-identity");
    ck_assert_str_eq(server.cause, "unknown-psk-identity");
    ck_assert_uint_eq(client.established + server.established + client.messages + server.messages, 0);
    pair_clear(&client, &server);
}
END_TEST

/* The connection goes after @_i flights; whoever still waits hears of it once. */
START_TEST(a_connection_that_goes_ends_what_still_waits)
{
    End client, server;

    pair_init(&client, &server, false);
    server.respond_status = 200;
    prose_exchange_start(client.exchange, UTC_S);
    for (int i = 0; i < _i; i++)
        ck_assert(i % 2 ? carry_one(&server, &client) : carry_one(&client, &server));
    for (int twice = 0; twice < 2; twice++) {
        prose_exchange_eof(client.exchange);
        prose_exchange_eof(server.exchange);
    }
    ck_assert_uint_eq(client.ended + server.ended, 2);
    ck_assert_str_eq(client.layer, "closed");
    ck_assert_str_eq(client.cause, "closed-early");
    ck_assert_str_eq(server.cause, "closed-early");
    ck_assert_uint_eq(server.messages, _i >= 5);
    ck_assert_uint_eq(client.messages, _i >= 6);
    pair_clear(&client, &server);
}
END_TEST

/* ---- what is no message ---- */

static const struct {
    const char *name, *octets, *cause;
    int error;
    unsigned status;
} requests[] = {
    { "no HTTP", "hello\r\n\r\n", "malformed", PROSE_ERR_MALFORMED, 400 },
    { "GET", "GET / HTTP/1.1\r\n\r\n", "unknown-content", PROSE_ERR_UNKNOWN, 400 },
    { "too long",
      "POST / HTTP/1.1\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE "\r\nContent-Length: 65537\r\n\r\n", "too-long",
      PROSE_ERR_LIMIT, 413 },
    { "two requests",
      "POST / HTTP/1.1\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE "\r\nContent-Length: 1\r\n\r\nxPOST", "trailing",
      PROSE_ERR_TRAILING, 400 },
};

/* A client of the TLS room alone, which says what it likes. */
typedef struct Rude {
    ProseTls *tls;
    GPtrArray *flights;
    const char *say;
    size_t step;
    GString *heard;
    unsigned closed;
} Rude;

static void
rude_send(void *user, const uint8_t *octets, size_t len)
{
    g_ptr_array_add(((Rude *) user)->flights, g_bytes_new(octets, len));
}

static void
rude_received(void *user, const uint8_t *octets, size_t len)
{
    g_string_append_len(((Rude *) user)->heard, (const char *) octets, (gssize) len);
}

static void
rude_established(void *user, const char *psk_identity)
{
    Rude *rude = user;

    for (size_t at = 0; at < strlen(rude->say); at += rude->step)
        prose_tls_send(rude->tls, (const uint8_t *) rude->say + at, MIN(rude->step, strlen(rude->say) - at), UTC_S);
}

static void
rude_closed(void *user, const char *cause)
{
    ck_assert_ptr_null(cause);
    ((Rude *) user)->closed++;
}

static int
rude_psk(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN])
{
    memcpy(ret_psk, key, PROSE_KEY_LEN);
    return 0;
}

static const ProseTlsCallbacks rude_callbacks = {
    rude_send, rude_received, rude_established, rude_closed, rude_psk, NULL
};

static void
rude_run(Rude *rude, End *end, const char *say, size_t step)
{
    bool moved;

    rude->say = say;
    rude->step = step;
    rude->flights = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    rude->heard = g_string_new(NULL);
    rude->closed = 0;
    prose_tls_start(rude->tls, UTC_S);
    prose_exchange_start(end->exchange, UTC_S);
    do {
        moved = false;
        while (rude->flights->len) {
            g_autoptr(GBytes) flight = g_ptr_array_steal_index(rude->flights, 0);

            prose_exchange_receive(end->exchange, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight), UTC_S);
            moved = true;
        }
        while (end->flights->len) {
            g_autoptr(GBytes) flight = g_ptr_array_steal_index(end->flights, 0);

            prose_tls_receive(rude->tls, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight), UTC_S);
            moved = true;
        }
    } while (moved);
}

static void
rude_clear(Rude *rude)
{
    prose_tls_free(rude->tls);
    g_ptr_array_unref(rude->flights);
    g_string_free(rude->heard, TRUE);
}

START_TEST(what_is_no_request_is_told_and_may_be_answered_with_a_status)
{
    static const size_t steps[] = { 1, 7, 100000 };

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        End client, server;
        Rude rude;
        g_autofree char *want = g_strdup_printf("HTTP/1.1 %u ", requests[_i].status);
        /* One octet a record makes the one-octet body complete before what trails it: told as a request, then ended. */
        bool first_is_told = requests[_i].error == PROSE_ERR_TRAILING && steps[i] == 1;

        pair_init(&client, &server, false);
        server.respond_to_error = !first_is_told;
        rude.tls = prose_tls_new_client(FQDN, IDENTITY, PROSE_PSK_IDENTITY_HINT, key, &rude_callbacks, &rude);
        rude_run(&rude, &server, requests[_i].octets, steps[i]);
        ck_assert_uint_eq(server.messages, first_is_told);
        ck_assert_uint_eq(server.ended, 1);
        ck_assert_str_eq(server.layer, "http");
        ck_assert_str_eq(server.cause, requests[_i].cause);
        ck_assert_int_eq(server.http_error, requests[_i].error);
        if (first_is_told)
            ck_assert_uint_eq(rude.closed, 1);
        else
            ck_assert_msg(g_str_has_prefix(rude.heard->str, want), "%s", rude.heard->str);
        rude_clear(&rude);
        pair_clear(&client, &server);
    }
}
END_TEST

START_TEST(a_request_with_more_behind_it_in_one_flight_is_no_request)
{
    End client, server;
    Rude rude;
    g_autoptr(GByteArray) flight = g_byte_array_new();

    pair_init(&client, &server, false);
    rude.tls = prose_tls_new_client(FQDN, IDENTITY, PROSE_PSK_IDENTITY_HINT, key, &rude_callbacks, &rude);
    rude_run(&rude, &server, "", 1);
    for (size_t at = 0; at < strlen(requests[3].octets); at++)
        prose_tls_send(rude.tls, (const uint8_t *) requests[3].octets + at, 1, UTC_S);
    for (guint i = 0; i < rude.flights->len; i++) {
        GBytes *part = g_ptr_array_index(rude.flights, i);

        g_byte_array_append(flight, g_bytes_get_data(part, NULL), (guint) g_bytes_get_size(part));
    }
    prose_exchange_receive(server.exchange, flight->data, flight->len, UTC_S);
    ck_assert_uint_eq(server.messages, 0);
    ck_assert_str_eq(server.cause, "trailing");
    rude_clear(&rude);
    pair_clear(&client, &server);
}
END_TEST

START_TEST(what_is_no_response_ends_the_client_with_its_cause)
{
    static const struct { const char *octets, *cause; int error; } responses[] = {
        { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx",
          "unknown-content", PROSE_ERR_UNKNOWN },
        { "HTTP/1.1 200 OK\r\n\r\n", "malformed", PROSE_ERR_MALFORMED },
        { "HTTP/1.1 200 OK\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE "\r\nContent-Length: 99999\r\n\r\n", "too-long",
          PROSE_ERR_LIMIT },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP", "trailing", PROSE_ERR_TRAILING },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++) {
        End client, server;
        Rude rude;

        pair_init(&client, &server, false);
        client.free_in_ended = i % 2;
        rude.tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &rude_callbacks, &rude);
        rude_run(&rude, &client, responses[i].octets, 100000);
        ck_assert_uint_eq(client.messages, 0);
        ck_assert_uint_eq(client.ended, 1);
        ck_assert_str_eq(client.layer, "http");
        ck_assert_str_eq(client.cause, responses[i].cause);
        ck_assert_int_eq(client.http_error, responses[i].error);
        ck_assert_uint_eq(rude.closed, 1);
        rude_clear(&rude);
        pair_clear(&client, &server);
    }
}
END_TEST

START_TEST(what_http_cannot_carry_makes_no_client)
{
    const uint8_t *body = (const uint8_t *) ASK;

    ck_assert_ptr_null(prose_exchange_new_client("a b", IDENTITY, key, body, 4, false, &end_callbacks, NULL));
    ck_assert_ptr_null(prose_exchange_new_client("", IDENTITY, key, body, 4, false, &end_callbacks, NULL));
    ck_assert_ptr_null(prose_exchange_new_client(FQDN, IDENTITY, key, body, 0, false, &end_callbacks, NULL));
    ck_assert_ptr_null(prose_exchange_new_client(FQDN "\r\nX: y", IDENTITY, key, body, 4, true, &end_callbacks, NULL));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tc = tcase_create("exchange");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, a_post_is_answered_and_the_client_closes, 0, 2);
    tcase_add_loop_test(tc, the_body_is_readable_on_the_wire_without_tls_only, 0, 2);
    tcase_add_test(tc, an_answer_may_come_later);
    tcase_add_test(tc, an_answer_to_a_peer_that_left_is_refused);
    tcase_add_test(tc, a_failed_handshake_ends_both);
    tcase_add_loop_test(tc, a_connection_that_goes_ends_what_still_waits, 0, 7);
    tcase_add_loop_test(tc, what_is_no_request_is_told_and_may_be_answered_with_a_status, 0, G_N_ELEMENTS(requests));
    tcase_add_test(tc, a_request_with_more_behind_it_in_one_flight_is_no_request);
    tcase_add_test(tc, what_is_no_response_ends_the_client_with_its_cause);
    tcase_add_test(tc, what_http_cannot_carry_makes_no_client);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
