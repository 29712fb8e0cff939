/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ProSe Function: who is told which PKMF, and by whose word (REQ-662-01, REQ-66422-02; OP-21).
 */
#include "client.h"

#include <string.h>

#define EAST "pkmf.east.example"
#define WEST "pkmf.west.example"

static const ProseKeyScope command = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 };
static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 };
static const ProseKeyScope voice = { PROSE_KEY_TYPE_PGK, 0x00a1b2 };
static const ProseKeyScope nowhere = { PROSE_KEY_TYPE_PSDK_RELAY, 0xffffff };
static const ProseKeyScope all[] = { command, relay, voice, nowhere };

/* alice may have all there is, bob only command. */
static Rig *
rig_of_two(Client **ret_alice, Client **ret_bob)
{
    Rig *rig = rig_new();

    rig_start_function(rig);
    prose_function_add_scope(rig->function, voice, EAST);
    prose_function_add_scope(rig->function, command, EAST);
    prose_function_add_scope(rig->function, relay, WEST);
    *ret_alice = rig_add_client(rig, "alice@ims.example");
    *ret_bob = rig_add_client(rig, "bob@ims.example");
    for (size_t i = 0; i < 3; i++)
        prose_function_authorise(rig->function, (*ret_alice)->gba->impi, all[i], true);
    prose_function_authorise(rig->function, (*ret_bob)->gba->impi, command, true);
    return rig;
}

static void
ask(Client *client, const ProseKeyScope *scopes, size_t n)
{
    ProsePc3Request request = { .transaction_id = 42, .n_scopes = n };
    g_autofree uint8_t *body = g_malloc(PROSE_KEY_MESSAGE_MAX);
    ptrdiff_t len;

    memcpy(request.scopes, scopes, n * sizeof *scopes);
    len = prose_pc3_request_encode(body, PROSE_KEY_MESSAGE_MAX, &request);
    ck_assert_int_gt(len, 0);
    client_post(client, body, (size_t) len);
}

static const ProsePc3Entry *
entry_of(const Client *client, ProseKeyScope scope)
{
    ck_assert_uint_eq(client->status, 200);
    ck_assert_int_eq(client->decoded, 0);
    for (size_t i = 0; i < client->pc3.n_entries; i++) {
        if (prose_key_scope_equal(client->pc3.entries[i].scope, scope))
            return &client->pc3.entries[i];
    }
    ck_abort_msg("no entry for %u/%06x", scope.type, scope.id);
}

/* REQ-66422-02 */
START_TEST(each_is_told_the_pkmf_of_what_it_may_have)
{
    Client *alice, *bob, *stranger;
    Rig *rig = rig_of_two(&alice, &bob);

    stranger = rig_add_client(rig, "stranger@ims.example");
    ask(alice, all, G_N_ELEMENTS(all));
    ask(bob, all, G_N_ELEMENTS(all));
    ask(stranger, all, G_N_ELEMENTS(all));
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->pc3.transaction_id, 42);
    ck_assert_uint_eq(alice->pc3.n_entries, G_N_ELEMENTS(all));
    ck_assert_str_eq(entry_of(alice, command)->pkmf_fqdn, EAST);
    ck_assert_str_eq(entry_of(alice, relay)->pkmf_fqdn, WEST);
    ck_assert_str_eq(entry_of(alice, voice)->pkmf_fqdn, EAST);
    ck_assert_str_eq(entry_of(bob, command)->pkmf_fqdn, EAST);
    ck_assert(!entry_of(bob, relay)->known && !entry_of(bob, voice)->known);
    ck_assert_uint_eq(entry_of(bob, relay)->status, PROSE_STATUS_NOT_AUTHORISED);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(entry_of(stranger, all[i])->status, PROSE_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(entry_of(alice, nowhere)->status, PROSE_STATUS_UNKNOWN);
    ck_assert_uint_eq(entry_of(stranger, nowhere)->status, PROSE_STATUS_UNKNOWN);
    rig_free(rig);
}
END_TEST

START_TEST(authorisation_comes_and_goes)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob);

    prose_function_authorise(rig->function, alice->gba->impi, command, false);
    prose_function_authorise(rig->function, alice->gba->impi, command, false);
    prose_function_authorise(rig->function, bob->gba->impi, relay, true);
    prose_function_authorise(rig->function, bob->gba->impi, relay, true);
    ask(alice, all, 2);
    ask(bob, all, 2);
    rig_run_for(rig, 5);
    ck_assert(!entry_of(alice, command)->known && entry_of(alice, relay)->known);
    ck_assert(entry_of(bob, command)->known && entry_of(bob, relay)->known);
    prose_function_authorise(rig->function, bob->gba->impi, relay, false);
    ask(bob, all, 2);
    rig_run_for(rig, 5);
    ck_assert(entry_of(bob, command)->known && !entry_of(bob, relay)->known);
    rig_free(rig);
}
END_TEST

START_TEST(an_answer_takes_the_service_time)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob);
    uint64_t quick;

    rig->service_ns[PROSE_FUNCTION_OP_REQUEST] = 0;
    ask(alice, all, 1);
    rig_run_for(rig, 5);
    quick = alice->answered_ns;
    rig->service_ns[PROSE_FUNCTION_OP_REQUEST] = 700 * RIG_MS;
    ask(alice, all, 1);
    ask(bob, all, 1);                      /* no queue: both at once */
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->answered_ns, 5 * RIG_S + quick + 700 * RIG_MS);
    ck_assert_uint_eq(bob->answered_ns, alice->answered_ns);
    rig_free(rig);
}
END_TEST

static const struct { const char *name, *body; unsigned status; } documents[] = {
    { "empty", " ", 400 },
    { "no XML", "tell me", 400 },
    { "a Key Request", "<prose-key-message xmlns=\"urn:3GPP:ns:ProSe:KeyManagement:2016\"><KEY_REQUEST>"
      "<transaction-ID>1</transaction-ID></KEY_REQUEST></prose-key-message>", 400 },
    { "a document type", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>", 400 },
};

START_TEST(what_is_no_request_is_told_so)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob);

    client_post(alice, documents[_i].body, strlen(documents[_i].body));
    rig_run_for(rig, 5);
    ck_assert_msg(alice->status == documents[_i].status, "%s: %u", documents[_i].name, alice->status);
    ck_assert_str_eq(rig_event(rig, PROSE_EVENT_HTTP_REFUSED, NULL, alice, 0)->cause, "not-understood");
    ask(alice, all, 1);
    rig_run_for(rig, 5);
    ck_assert(entry_of(alice, command)->known);
    rig_free(rig);
}
END_TEST

/* REQ-662-01 */
START_TEST(plain_octets_and_wrong_keys_get_nothing)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob);
    uint8_t wrong[PROSE_KEY_LEN] = { 1 };
    const char *post = "POST / HTTP/1.1\r\nHost: " RIG_FQDN "\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE "\r\nContent-Length: 0\r\n\r\n";

    client_say_plain(alice, post, strlen(post));
    client_say_as(bob, NULL, wrong, post, strlen(post));
    rig_run_for(rig, 60);
    ck_assert_uint_eq(alice->status, 0);
    ck_assert_uint_eq(bob->status, 0);
    ck_assert(alice->was_closed && bob->was_closed);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_TLS_FAILED, NULL, NULL), 2);
    rig_free(rig);
}
END_TEST

START_TEST(when_it_goes_down_open_exchanges_end)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob);

    rig->service_ns[PROSE_FUNCTION_OP_REQUEST] = RIG_S;
    ask(alice, all, 1);
    rig_run_for(rig, 0.5);
    prose_function_set_down(rig->function, true, rig->now_ns);
    ck_assert_uint_eq(prose_function_next_expiry(rig->function), PROSE_NEVER);
    ask(bob, all, 1);
    rig_run_for(rig, 5);
    ck_assert(alice->was_closed && bob->was_closed);
    ck_assert_uint_eq(alice->status, 0);
    prose_function_set_down(rig->function, false, rig->now_ns);
    ask(bob, all, 1);
    rig_run_for(rig, 5);
    ck_assert(entry_of(bob, command)->known);
    rig_free(rig);
}
END_TEST

START_TEST(as_many_discoveries_as_a_request_can_hold)
{
    Rig *rig = rig_new();
    Client *alice;
    ProseKeyScope scopes[PROSE_KEY_SCOPES_KIND_MAX];
    char fqdn[PROSE_FQDN_MAX + 1] = { 0 };

    for (size_t i = 0; i < PROSE_FQDN_MAX; i++)        /* the longest name there is */
        fqdn[i] = i % 50 == 49 ? '.' : 'a';
    rig_start_function(rig);
    alice = rig_add_client(rig, "alice@ims.example");
    for (unsigned i = 0; i < G_N_ELEMENTS(scopes); i++) {
        scopes[i] = (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_GROUP, 1000 - i };
        prose_function_add_scope(rig->function, scopes[i], fqdn);
        prose_function_authorise(rig->function, alice->gba->impi, scopes[i], true);
    }
    ask(alice, scopes, G_N_ELEMENTS(scopes));
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->pc3.n_entries, G_N_ELEMENTS(scopes));
    for (unsigned i = 0; i < G_N_ELEMENTS(scopes); i++)
        ck_assert_str_eq(entry_of(alice, scopes[i])->pkmf_fqdn, fqdn);
    rig_free(rig);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("function");
    TCase *tc = tcase_create("function");

    tcase_add_test(tc, each_is_told_the_pkmf_of_what_it_may_have);
    tcase_add_test(tc, authorisation_comes_and_goes);
    tcase_add_test(tc, an_answer_takes_the_service_time);
    tcase_add_loop_test(tc, what_is_no_request_is_told_so, 0, G_N_ELEMENTS(documents));
    tcase_add_test(tc, plain_octets_and_wrong_keys_get_nothing);
    tcase_add_test(tc, when_it_goes_down_open_exchanges_end);
    tcase_add_test(tc, as_many_discoveries_as_a_request_can_hold);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
