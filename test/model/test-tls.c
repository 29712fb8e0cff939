/* SPDX-License-Identifier: GPL-2.0-only */
/* One PSK-TLS session, both ends ours: what is said, how it is refused, how it ends; and the same without TLS. */
#define _GNU_SOURCE        /* memmem */
#include "tls-ends.h"

#include <time.h>
#include <unistd.h>

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

/* REQ-662-01 */
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

/* REQ-662-01 */
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

/* REQ-66422-09 */
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

/* ---- a machine that forbids the suite ---- */

#define POLICY_VARIABLE "GNUTLS_SYSTEM_PRIORITY_FILE"      /* read by the library as it is loaded */
#define CHILD_VARIABLE "PROSE_TEST_TLS_POLICY_CHILD"

START_TEST(the_crypto_policy_is_obeyed_and_told)
{
    End client, server;

    pair_init(&client, &server);
    ck_assert_int_eq(prose_tls_start(client.tls, UTC_S), PROSE_ERR_CRYPTO);
    ck_assert_int_eq(end_give(&server, "\x16\x03\x03", 3), PROSE_ERR_CLOSED);
    assert_ended(&server, "internal-error");
    prose_tls_close(client.tls, UTC_S);
    ck_assert_uint_eq(client.flights->len + server.flights->len, 0);
    pair_clear(&client, &server);
}
END_TEST

/* Runs this program once more, for the test above alone, under such a policy. */
START_TEST(a_machine_may_forbid_the_suite)
{
    g_autofree char *policy = g_strdup_printf("%s/prose-test-policy-%d", g_get_tmp_dir(), (int) getpid());
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), POLICY_VARIABLE, policy, TRUE);
    char *argv[] = { (char *) "/proc/self/exe", NULL };
    int status;

    env = g_environ_setenv(env, CHILD_VARIABLE, "1", TRUE);
    ck_assert(g_file_set_contents(policy, "[overrides]\ntls-disabled-cipher = aes-128-gcm\n", -1, NULL));
    ck_assert(g_spawn_sync(NULL, argv, env, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, NULL));
    ck_assert(g_spawn_check_wait_status(status, NULL));
    unlink(policy);
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
    if (g_getenv(CHILD_VARIABLE)) {
        tcase_add_test(tc, the_crypto_policy_is_obeyed_and_told);
        return suite;
    }
    tcase_add_test(tc, octets_pass_both_ways_and_the_identity_is_told_at_both_ends);
    tcase_add_test(tc, a_long_message_crosses_in_one_flight_of_many_records);
    tcase_add_test(tc, flights_may_arrive_octet_by_octet);
    tcase_add_test(tc, each_call_sends_one_flight);
    tcase_add_test(tc, exactly_one_version_and_suite_are_offered_and_taken);
    tcase_add_loop_test(tc, a_refused_handshake_ends_at_both_ends_with_a_cause, 0, G_N_ELEMENTS(refusals));
    tcase_add_test(tc, an_unknown_identity_is_told_in_the_clear_as_alert_115);
    tcase_add_test(tc, an_orderly_close_has_no_cause_and_what_follows_is_ignored);
    tcase_add_test(tc, octets_behind_a_close_are_ignored);
    tcase_add_test(tc, a_connection_that_goes_ends_it_early);
    tcase_add_test(tc, an_end_noticed_inside_a_callback_is_told_when_the_call_is_over);
    tcase_add_test(tc, a_close_in_the_middle_of_the_handshake_is_early_at_the_other_end);
    tcase_add_test(tc, nothing_is_sent_before_the_session_is_established);
    tcase_add_test(tc, no_call_asks_the_machine_for_the_time);
    tcase_add_test(tc, both_ends_log_the_same_key_line_and_nobody_else_does);
    tcase_add_test(tc, a_machine_may_forbid_the_suite);
    tcase_add_test(tc, cleartext_makes_the_same_calls_and_hides_nothing);
    tcase_add_test(tc, cleartext_refuses_what_tls_would);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
