/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that is no honest exchange: the PKMF says so with the right words, keeps its state whole, and serves the
 * next one (REQ-662-01, -02; REQ-66422-09, -20; rules R4 to R6).
 */
#include "bench.h"
#include "client.h"

#include <string.h>

static const ProseKeyScope command = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 };
static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 };

static Rig *
rig_of_one(Client **ret_alice)
{
    Rig *rig = rig_new();

    rig_start(rig);
    rig_add(rig, command, 3600, 600);
    rig_add(rig, relay, 3600, 600);
    *ret_alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, *ret_alice, command, true);
    rig_authorise(rig, *ret_alice, relay, true);
    return rig;
}

/* After whatever went wrong: an honest request is served as ever. */
static void
serves_again(Client *alice)
{
    Rig *rig = alice->rig;

    rig->cut_at = rig->flip_at = rig->fail_send_at = 0;
    alice->lingers = false;
    client_want(alice, &command, 1, 60);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    ck_assert_uint_eq(client_view(alice).n_scopes, 1);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
}

/* The document of a good request for command. (transfer full) */
static char *
good_document(void)
{
    ProseKeyRequest request = request_new(1);
    char *document = g_malloc0(PROSE_KEY_MESSAGE_MAX + 1);

    request_want(&request, command, 0);
    ck_assert_int_gt(prose_key_request_encode((uint8_t *) document, PROSE_KEY_MESSAGE_MAX, &request), 0);
    return document;
}

static GString *
good_post(void)
{
    g_autofree char *document = good_document();
    GString *post = g_string_new(NULL);

    g_string_printf(post, "POST / HTTP/1.1\r\nHost: " RIG_FQDN "\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE
                    "\r\nContent-Length: %zu\r\n\r\n%s", strlen(document), document);
    return post;
}

/* ---- no tunnel ---- */

/* REQ-66422-09 */
START_TEST(plain_octets_on_the_port_get_nothing)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) post = good_post();
    const struct { const char *octets; size_t len; } cases[] = {
        { post->str, post->len },
        { "\x16\x03\x01\x00\x05hello, and then some more", 30 },
        { "\x80\x2e\x01\x00\x02", 5 },
        { "\0\0\0\0\0\0\0\0\0\0\0\0", 12 },
    };

    client_say_plain(alice, cases[_i].octets, cases[_i].len);
    rig_run_for(rig, 60);
    ck_assert(alice->was_closed);
    ck_assert_uint_eq(alice->status, 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_TLS_FAILED, NULL, NULL), 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_REQUEST_RECEIVED, NULL, NULL), 0);
    ck_assert(!client_is_known(alice));
    serves_again(alice);
    rig_free(rig);
}
END_TEST

typedef enum { UNKNOWN_B_TID, NO_PREFIX, WRONG_KEY, OTHER_NAF, EXPIRED, SEMICOLON } Identity;
static const struct { Identity kind; bool good; } identities[] = {
    { UNKNOWN_B_TID, false }, { NO_PREFIX, false }, { WRONG_KEY, false }, { OTHER_NAF, false }, { EXPIRED, false },
    { SEMICOLON, true },
};

/* REQ-66422-09 */
START_TEST(only_a_bootstrapped_ue_gets_a_tunnel)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) post = good_post();
    g_autofree char *identity = prose_gba_psk_identity(alice->gba->b_tid);
    uint8_t psk[PROSE_KEY_LEN];

    ck_assert_int_eq(prose_gba_ks_naf(psk, alice->gba, RIG_FQDN), 0);
    switch (identities[_i].kind) {
    case UNKNOWN_B_TID:
        strchr(identity, '.')[1] ^= 1;
        break;
    case NO_PREFIX:
        memmove(identity, alice->gba->b_tid, strlen(alice->gba->b_tid) + 1);
        break;
    case WRONG_KEY:
        psk[31] ^= 1;
        break;
    case OTHER_NAF:
        ck_assert_int_eq(prose_gba_ks_naf(psk, alice->gba, "pkmf.west.example"), 0);
        break;
    case EXPIRED:
        rig_run_for(rig, 365 * 86400.0 + 1);
        break;
    case SEMICOLON:
    default:
        *strchr(identity, '.') = ';';
        break;
    }
    client_say_as(alice, identity, psk, post->str, post->len);
    rig_run_for(rig, 60);
    ck_assert_uint_eq(alice->status, identities[_i].good ? 200 : 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_TLS_FAILED, NULL, NULL), !identities[_i].good);
    ck_assert_uint_eq(client_is_known(alice), identities[_i].good);
    rig_free(rig);
}
END_TEST

/* ---- a tunnel, and nonsense in it ---- */

#define HEAD "Host: " RIG_FQDN "\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE "\r\n"
static const struct { const char *name, *head; size_t padding; unsigned status; } http_cases[] = {
    { "no HTTP", "KEY_REQUEST please\r\n\r\n", 0, 400 },
    { "not POST", "GET / HTTP/1.1\r\n" HEAD "\r\n", 0, 400 },
    { "other content type", "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 1\r\n\r\n<", 0, 400 },
    { "chunked", "POST / HTTP/1.1\r\n" HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\n<\r\n0\r\n\r\n", 0, 400 },
    { "body announced too long", "POST / HTTP/1.1\r\n" HEAD "Content-Length: 65537\r\n\r\n", 0, 413 },
    { "body announced absurdly long", "POST / HTTP/1.1\r\n" HEAD "Content-Length: 99999999999999999999\r\n\r\n", 0, 400 },
    { "headers too long", "POST / HTTP/1.1\r\n" HEAD "X-Padding: ", 9000, 413 },
    { "no document", "POST / HTTP/1.1\r\n" HEAD "Content-Length: 0\r\n\r\n", 0, 400 },
};

START_TEST(bad_http_is_told_so)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) octets = g_string_new(http_cases[_i].head);

    for (size_t i = 0; i < http_cases[_i].padding; i++)
        g_string_append_c(octets, 'x');
    client_say(alice, octets->str, octets->len);
    rig_run_for(rig, 5);
    ck_assert_msg(alice->status == http_cases[_i].status, "%s: %u", http_cases[_i].name, alice->status);
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_HTTP_REFUSED, NULL, alice, 0)->value, http_cases[_i].status);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_HTTP_REFUSED, NULL, NULL), 1);
    ck_assert(!client_is_known(alice));
    serves_again(alice);
    rig_free(rig);
}
END_TEST

/* How the good document is spoilt: one text for another. */
static const struct { const char *name, *from, *to; } xml_cases[] = {
    { "no XML", "<", "{" },
    { "cut short", "</KEY_REQUEST>", "" },
    { "other message", "KEY_REQUEST", "KEY_RESPONSE" },
    { "other namespace", "KeyManagement", "Discovery" },
    { "entity", "<transaction-ID>", "<transaction-ID>&amp;" },
    { "no transaction ID", "transaction-ID", "transaction" },
    { "code of two octets", "00a1b2", "a1b2" },
    { "code of four octets", "00a1b2", "0000a1b2" },
    { "no hexadecimal", "00a1b2", "00a1bg" },
    { "the same discovery twice", "</DiscKeyReq>", "</DiscKeyReq><DiscKeyReq><DiscoveryGroupId>00a1b2"
      "</DiscoveryGroupId><PSDKId>00</PSDKId></DiscKeyReq>" },
    { "wanted and stopped", "</DiscKeyReq>", "</DiscKeyReq><DiscKeyStop><DiscoveryGroupId>00a1b2"
      "</DiscoveryGroupId></DiscKeyStop>" },
    { "none and some", "<PSDKId>00</PSDKId>", "<PSDKId>00</PSDKId><PSDKId>01</PSDKId>" },
    { "processing instruction", "<KEY_REQUEST>", "<?php echo ?><KEY_REQUEST>" },
};

/* REQ-66422-20 */
START_TEST(bad_xml_is_told_so)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autofree char *document = good_document();
    g_autoptr(GString) spoilt = g_string_new(document);

    ck_assert_msg(g_string_replace(spoilt, xml_cases[_i].from, xml_cases[_i].to, 0) > 0, "%s: nothing spoilt in %s",
                  xml_cases[_i].name, document);
    client_want(alice, &relay, 1, 5);      /* there is a state to be left alone */
    rig_forget(rig);
    client_post(alice, spoilt->str, spoilt->len);
    rig_run_for(rig, 60);
    ck_assert_msg(alice->status == 400, "%s: %u", xml_cases[_i].name, alice->status);
    ck_assert_uint_eq(client_view(alice).n_scopes, 1);
    ck_assert(!prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, command));
    ck_assert_uint_eq(rig->deliveries->len, 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_REQUEST_RECEIVED, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

START_TEST(a_document_type_is_refused)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autofree char *document = good_document();
    const char *root = strchr(document, '<');
    g_autofree char *bomb = NULL;

    if (g_str_has_prefix(root, "<?xml"))
        root = strchr(root + 1, '<');
    bomb = g_strdup_printf("<!DOCTYPE x [<!ENTITY a \"%s\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>%s", "lol", root);
    client_post(alice, bomb, strlen(bomb));
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->status, 400);
    ck_assert(!client_is_known(alice));
    serves_again(alice);
    rig_free(rig);
}
END_TEST

START_TEST(more_discoveries_than_the_limit_are_too_long)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autofree char *document = good_document();
    g_autoptr(GString) long_one = g_string_new(document);
    g_autoptr(GString) more = g_string_new("</DiscKeyReq>");

    for (unsigned i = 1; i <= PROSE_KEY_SCOPES_KIND_MAX; i++)
        g_string_append_printf(more, "<DiscKeyReq><DiscoveryGroupId>%06x</DiscoveryGroupId>"
                               "<PSDKId>00</PSDKId></DiscKeyReq>", i);
    g_string_replace(long_one, "</DiscKeyReq>", more->str, 1);
    client_post(alice, long_one->str, long_one->len);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->status, 413);
    ck_assert(!client_is_known(alice));
    serves_again(alice);
    rig_free(rig);
}
END_TEST

START_TEST(a_document_of_any_size_is_bounded)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) octets = g_string_new("POST / HTTP/1.1\r\n" HEAD "Content-Length: 65536\r\n\r\n");
    size_t head = octets->len;

    g_string_set_size(octets, head + 65536);
    memset(octets->str + head, ' ', 65536);
    client_say(alice, octets->str, octets->len);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->status, 400); /* the longest that is read, and there is nothing in it */
    serves_again(alice);
    rig_free(rig);
}
END_TEST

/* REQ-66422-19, REQ-66422-20 */
START_TEST(a_second_request_in_one_tunnel_changes_nothing)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) first = good_post(), second = good_post();

    /* Before the answer to the first. */
    g_string_replace(second, "DiscoveryGroupId", "RelayServiceCode", 0);
    alice->lingers = true;
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = RIG_S;
    client_say(alice, first->str, first->len);
    rig_run_for(rig, 0.5);
    client_say_more(alice, second->str, second->len);
    rig_run_for(rig, 60);
    ck_assert(!prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, relay));
    ck_assert(alice->was_closed);

    /* After it. */
    client_say(alice, first->str, first->len);
    rig_run_for(rig, 2);
    ck_assert_uint_eq(alice->status, 200);
    client_say_more(alice, second->str, second->len);
    rig_run_for(rig, 60);
    ck_assert(!prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, relay));
    ck_assert(prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, command));
    serves_again(alice);
    rig_free(rig);
}
END_TEST

/* ---- half of everything ---- */

START_TEST(half_a_request_is_waited_for_no_longer_than_half_a_minute)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) post = good_post();
    size_t len = post->len * (size_t) _i / 8;

    client_say(alice, post->str, len);
    rig_run_for(rig, 29);
    ck_assert(!alice->was_closed);
    rig_run_for(rig, 3);
    ck_assert(alice->was_closed);
    ck_assert_uint_eq(alice->status, 0);
    ck_assert(!client_is_known(alice));
    serves_again(alice);
    rig_free(rig);
}
END_TEST

START_TEST(a_request_in_two_halves_is_one)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autoptr(GString) post = good_post();
    size_t half = post->len * (size_t) _i / 8;

    client_say(alice, post->str, half);
    rig_run_for(rig, 20);
    client_say_more(alice, post->str + half, post->len - half);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->status, 200);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    rig_free(rig);
}
END_TEST

START_TEST(who_connects_and_says_nothing_is_sent_away)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);

    client_say_plain(alice, "", 0);
    rig_run_for(rig, 60);
    ck_assert(alice->was_closed);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_TLS_FAILED, "timeout", NULL), 1);
    client_say_plain(alice, "\x16\x03\x01", 3);    /* half a record */
    rig_run_for(rig, 60);
    ck_assert(alice->was_closed);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_TLS_FAILED, "timeout", NULL), 2);
    serves_again(alice);
    rig_free(rig);
}
END_TEST

START_TEST(a_flood_before_the_handshake_s_turn_is_cut_off)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    g_autofree uint8_t *octets = g_malloc0(3 * PROSE_HTTP_BODY_MAX);

    rig->service_ns[PROSE_PKMF_OP_TLS] = 10 * RIG_S;
    client_say_plain(alice, octets, PROSE_HTTP_BODY_MAX);
    rig_run_for(rig, 1);
    ck_assert(!alice->was_closed);
    client_say_more(alice, octets, 2 * PROSE_HTTP_BODY_MAX);
    rig_run_for(rig, 1);
    ck_assert(alice->was_closed);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_TLS_FAILED, "flood", NULL), 1);
    rig->service_ns[PROSE_PKMF_OP_TLS] = RIG_MS;
    rig_run_for(rig, 20);
    serves_again(alice);
    rig_free(rig);
}
END_TEST

/* ---- the connection breaks at every step ---- */

typedef enum { CUT, FLIP, FAIL_SEND, VANISH } Break;

/* One exchange that breaks at segment @n. Returns: whether there was such a segment. */
static bool
break_at(Break how, unsigned n)
{
    Client *alice;
    Rig *rig = rig_of_one(&alice);
    ProseKeyRequest request = request_new(1);
    bool known, fired;

    client_want(alice, &relay, 1, 10);     /* the state before: relay, delivered and verified */
    rig_forget(rig);
    rig->n_segments = 0;
    rig->cut_at = how == CUT ? n : 0;
    rig->flip_at = how == FLIP ? n : 0;
    rig->fail_send_at = how == FAIL_SEND ? n : 0;
    request_want(&request, command, 0);
    request_stop(&request, relay);
    client_ask(alice, &request);
    if (how == VANISH) {                   /* the client is gone and nobody is told */
        while (rig->n_segments < n && alice->open)
            rig_run_for(rig, 0.001);
        fired = alice->open;
        client_vanish(alice);
    }
    rig_run_for(rig, 90);
    if (how != VANISH)
        fired = rig->n_segments >= n;

    /* Before or after, never between. */
    known = prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, command);
    ck_assert_msg(client_view(alice).n_scopes == 1, "break %d at %u: %zu scopes", how, n, client_view(alice).n_scopes);
    ck_assert_msg(prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, relay) == !known, "break %d at %u", how, n);
    ck_assert_msg(rig->deliveries->len == known, "break %d at %u: %u deliveries", how, n, rig->deliveries->len);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_RESPONSE_SENT, NULL, NULL), known);
    if (alice->status == 200)
        ck_assert(known);
    if (rig->send_failed)                  /* what could not be handed over promised nothing */
        ck_assert_msg(!known, "send %u failed", n);
    ck_assert(!alice->open);

    rig->cut_at = rig->flip_at = rig->fail_send_at = 0;
    request.wants[0].key_ids[0] = client_n_keys(alice, command) ? 1 : 0;
    client_ask_and_run(alice, &request, 60);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
    rig_free(rig);
    return fired;
}

/* REQ-66422-20 */
START_TEST(a_broken_exchange_leaves_the_state_before_or_after)
{
    unsigned n = 1;

    while (break_at((Break) _i, n))
        n++;
    ck_assert_uint_gt(n, 4);               /* the handshake alone has that many segments */
}
END_TEST

/* ---- both real ends, a packet lost at a time ---- */

typedef struct DropNth { unsigned seen, nth; bool fired; } DropNth;

static void
drop_nth_hook(void *user, BenchPacket *packet)
{
    DropNth *drop = user;

    if (++drop->seen == drop->nth)
        packet->drop = drop->fired = true;
}

/* REQ-66422-01 */
START_TEST(no_lost_packet_keeps_a_ue_from_its_key)
{
    for (unsigned n = 1; ; n++) {
        Bench *b = bench_new();
        const ProseUeDiscovery discovery = { .scope = command, .roles = PROSE_ROLE_HOLD, .pkmf_fqdn = RIG_FQDN };
        const ProsePkmfDiscovery served = { .scope = command, .meta = { .scrambling = true, .mic = true },
                                            .first_start_s = BENCH_UTC_START, .cryptoperiod_s = 3600, .lead_s = 600 };
        BenchServer *pkmf = bench_add_pkmf(b, "pkmf east", RIG_FQDN, 32);
        BenchUe *ue = bench_add_ue(b, "engines[0]", &discovery, 1);
        DropNth drop = { .nth = n };
        size_t n_keys;

        ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(pkmf), &served), 0);
        prose_pkmf_authorise(bench_pkmf(pkmf), ue->gba->impi, command, true, 0);
        b->hook = drop_nth_hook;
        b->hook_user = &drop;
        bench_start(ue);
        bench_run_for(b, 60);
        prose_key_store_of_scope(prose_ue_keys(ue->ue), command, &n_keys);
        ck_assert_msg(n_keys == 1, "packet %u lost: %zu keys", n, n_keys);
        ck_assert_uint_ge(bench_count(b, "pkmf east", PROSE_EVENT_KEY_VERIFIED, NULL), 1);
        bench_free(b);
        if (!drop.fired) {
            ck_assert_uint_gt(n, 8);
            break;
        }
    }
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *tc = tcase_create("tunnel");

    tcase_add_loop_test(tc, plain_octets_on_the_port_get_nothing, 0, 4);
    tcase_add_loop_test(tc, only_a_bootstrapped_ue_gets_a_tunnel, 0, G_N_ELEMENTS(identities));
    suite_add_tcase(suite, tc);

    tc = tcase_create("request");
    tcase_add_loop_test(tc, bad_http_is_told_so, 0, G_N_ELEMENTS(http_cases));
    tcase_add_loop_test(tc, bad_xml_is_told_so, 0, G_N_ELEMENTS(xml_cases));
    tcase_add_test(tc, a_document_type_is_refused);
    tcase_add_test(tc, more_discoveries_than_the_limit_are_too_long);
    tcase_add_test(tc, a_document_of_any_size_is_bounded);
    tcase_add_test(tc, a_second_request_in_one_tunnel_changes_nothing);
    suite_add_tcase(suite, tc);

    tc = tcase_create("halves");
    tcase_add_loop_test(tc, half_a_request_is_waited_for_no_longer_than_half_a_minute, 0, 8);
    tcase_add_loop_test(tc, a_request_in_two_halves_is_one, 1, 8);
    tcase_add_test(tc, who_connects_and_says_nothing_is_sent_away);
    tcase_add_test(tc, a_flood_before_the_handshake_s_turn_is_cut_off);
    suite_add_tcase(suite, tc);

    tc = tcase_create("breaks");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_broken_exchange_leaves_the_state_before_or_after, CUT, VANISH + 1);
    tcase_add_test(tc, no_lost_packet_keeps_a_ue_from_its_key);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
