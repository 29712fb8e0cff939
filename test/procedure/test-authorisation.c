/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is supplied with what, by whose word, and what the PKMF remembers of it (REQ-662-04; REQ-66422-04, -07, -15 to -21,
 * -24, -26; rules R4 to R6).
 */
#include "client.h"

#include <string.h>

static const ProseKeyScope command = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 };
static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 };     /* the same number, another thing */
static const ProseKeyScope medical = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00c0de };
static const ProseKeyScope voice = { PROSE_KEY_TYPE_PGK, 0x00a1b2 };
static const ProseKeyScope nowhere = { PROSE_KEY_TYPE_PSDK_RELAY, 0xffffff };

/* Three discoveries and a group; alice may have all, bob only command. */
static Rig *
rig_of_two(Client **ret_alice, Client **ret_bob, ProseScramblingRequired required)
{
    Rig *rig = rig_new();
    ProsePkmfDiscovery plain = {
        .scope = medical, .meta = { .mic = true }, .first_start_s = RIG_UTC_START, .cryptoperiod_s = 3600, .lead_s = 600,
    };

    rig->profile.scrambling_required = required;
    rig_start(rig);
    rig_add(rig, command, 3600, 600);
    rig_add(rig, relay, 3600, 600);
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &plain), 0);
    ck_assert_int_eq(prose_pkmf_add_group(rig->pkmf, voice.id, PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA2,
                                          RIG_UTC_START, 3600, 600), 0);
    *ret_alice = rig_add_client(rig, "alice@ims.example");
    *ret_bob = rig_add_client(rig, "bob@ims.example");
    rig_authorise(rig, *ret_alice, command, true);
    rig_authorise(rig, *ret_alice, relay, true);
    rig_authorise(rig, *ret_alice, medical, true);
    rig_authorise(rig, *ret_alice, voice, true);
    rig_authorise(rig, *ret_bob, command, true);
    return rig;
}

static bool
has(const Client *client, ProseKeyScope scope)
{
    return prose_pkmf_has_scope(client->rig->pkmf, client->gba->impi, scope);
}

/* REQ-662-04, REQ-66422-15, REQ-66422-17 */
START_TEST(each_discovery_is_judged_alone)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    const ProseKeyScope all[] = { command, relay, medical, voice, nowhere };
    enum { YES = 0, NO = PROSE_STATUS_NOT_AUTHORISED, WHAT = PROSE_STATUS_UNKNOWN };
    const struct { Client **who; unsigned status[5]; } cases[] = {
        { &alice, { YES, YES, YES, YES, WHAT } },
        { &bob, { YES, NO, NO, NO, WHAT } },
    };

    for (size_t c = 0; c < G_N_ELEMENTS(cases); c++) {
        Client *who = *cases[c].who;
        const ProseKeyResponse *response = client_want(who, all, G_N_ELEMENTS(all), 5);

        ck_assert_uint_eq(response->n_answers, G_N_ELEMENTS(all));
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
            const ProseKeyAnswer *answer = client_answer(who, all[i]);

            ck_assert_uint_eq(answer->supplied, cases[c].status[i] == 0);
            if (!answer->supplied)
                ck_assert_uint_eq(answer->status, cases[c].status[i]);
            ck_assert_uint_eq(has(who, all[i]), answer->supplied);
            /* The rest of the request is served, and what was refused is never delivered. */
            ck_assert_uint_eq(client_n_keys(who, all[i]), answer->supplied);
        }
    }
    rig_free(rig);
}
END_TEST

/* REQ-66422-22, REQ-66422-23, REQ-66422-26 */
START_TEST(meta_data_and_key_type_come_for_what_is_supplied)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    const ProseKeyScope all[] = { command, relay, medical, voice };
    const ProseKeyResponse *response = client_want(alice, all, G_N_ELEMENTS(all), 5);

    ck_assert_uint_eq(client_answer(alice, command)->key_type_id, PROSE_KEY_TYPE_PSDK_GROUP);
    ck_assert_uint_eq(client_answer(alice, relay)->key_type_id, PROSE_KEY_TYPE_PSDK_RELAY);
    ck_assert(client_answer(alice, command)->meta.scrambling && client_answer(alice, command)->meta.confidentiality);
    ck_assert_uint_eq(client_answer(alice, command)->meta.encrypted_bits_mask[22], 0xff);
    ck_assert(!client_answer(alice, medical)->meta.scrambling && client_answer(alice, medical)->meta.mic);
    ck_assert_uint_eq(client_answer(alice, voice)->algorithm, 2);
    ck_assert(response->has_current_time && response->has_max_offset);
    ck_assert_uint_eq(response->max_offset, RIG_M);
    rig_free(rig);
}
END_TEST

/* REQ-66422-26 */
START_TEST(current_time_is_that_of_the_answer_not_of_the_question)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    const ProseKeyResponse *response;

    rig->service_ns[PROSE_PKMF_OP_REQUEST] = 2500 * RIG_MS;
    response = client_want(alice, &command, 1, 5);
    ck_assert_int_eq(response->current_time, RIG_UTC_START + (int64_t) (alice->answered_ns / RIG_S));
    ck_assert_int_eq(response->current_time, RIG_UTC_START + 2);
    rig_free(rig);
}
END_TEST

/* The body of a request for @scope, and the whole POST with lies of the test's choice in its head. */
static GString *
lying_post(ProseKeyScope scope, const char *host, const char *path, const char *headers, const char *extra_xml)
{
    ProseKeyRequest request = request_new(7);
    g_autofree char *document = g_malloc0(PROSE_KEY_MESSAGE_MAX + 1);
    g_autoptr(GString) body = NULL;
    GString *post = g_string_new(NULL);
    ptrdiff_t len;

    request_want(&request, scope, 0);
    len = prose_key_request_encode((uint8_t *) document, PROSE_KEY_MESSAGE_MAX, &request);
    ck_assert_int_gt(len, 0);
    body = g_string_new(document);
    if (extra_xml)
        ck_assert_uint_eq(g_string_replace(body, "</KEY_REQUEST>", extra_xml, 0), 1);
    g_string_printf(post, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: " PROSE_HTTP_CONTENT_TYPE "\r\n"
                    "Content-Length: %zu\r\n\r\n%s", path, host, headers, body->len, body->str);
    return post;
}

/* REQ-66422-16, rules R6: bob may not have relay, whatever he writes. */
static const struct { const char *host, *path, *headers, *xml; } lies[] = {
    { RIG_FQDN, "/", "X-3GPP-Intended-Identity: \"alice@ims.example\"\r\n", NULL },
    { RIG_FQDN, "/", "Authorization: Digest username=\"alice@ims.example\"\r\nFrom: alice@ims.example\r\n", NULL },
    { RIG_FQDN, "/alice@ims.example", "", NULL },
    { "alice@ims.example", "/", "", NULL },
    { RIG_FQDN, "/", "", "<anyExt><IMPI>alice@ims.example</IMPI></anyExt></KEY_REQUEST>" },
};

/* REQ-66422-16 */
START_TEST(who_asks_is_whom_the_tunnel_is_bound_to)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    g_autoptr(GString) post = lying_post(relay, lies[_i].host, lies[_i].path, lies[_i].headers, lies[_i].xml);

    client_say(bob, post->str, post->len);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(bob->status, 200);
    ck_assert_int_eq(bob->decoded, 0);
    ck_assert_uint_eq(client_answer(bob, relay)->status, PROSE_STATUS_NOT_AUTHORISED);
    ck_assert(!has(bob, relay));
    ck_assert(!client_is_known(alice));
    ck_assert_uint_eq(rig->deliveries->len, 0);
    ck_assert_str_eq(rig_event(rig, PROSE_EVENT_KEY_REQUEST_RECEIVED, NULL, NULL, 0)->peer, "bob@ims.example");
    rig_free(rig);
}
END_TEST

/* REQ-66422-16 */
START_TEST(two_sessions_at_once_do_not_mix)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    ProseKeyRequest of_alice = request_new(1), of_bob = request_new(2);

    /* Every step of both handshakes and requests is interleaved, and bob's request is served before alice's. */
    request_want(&of_alice, relay, 0);
    request_want(&of_bob, relay, 0);
    request_want(&of_bob, command, 0);
    client_ask(bob, &of_bob);
    client_ask(alice, &of_alice);
    rig_run_for(rig, 5);
    ck_assert(client_answer(alice, relay)->supplied);
    ck_assert(!client_answer(bob, relay)->supplied);
    ck_assert(client_answer(bob, command)->supplied);
    ck_assert_uint_eq(client_view(alice).address, alice->address);
    ck_assert_uint_eq(client_view(bob).address, bob->address);
    ck_assert_uint_eq(client_n_keys(alice, relay), 1);
    ck_assert_uint_eq(client_n_keys(alice, command), 0);
    ck_assert_uint_eq(client_n_keys(bob, command), 1);
    rig_free(rig);
}
END_TEST

/* REQ-66422-04, REQ-66422-07, REQ-66422-16 */
START_TEST(a_second_bootstrap_is_the_same_ue)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    Client *again = rig_add_client(rig, "alice@ims.example");

    client_want(alice, &relay, 1, 5);
    client_want(again, &command, 1, 5);
    ck_assert_str_ne(alice->gba->b_tid, again->gba->b_tid);
    ck_assert_uint_eq(client_view(alice).n_scopes, 2);
    ck_assert_uint_eq(client_view(alice).address, again->address);
    rig_free(rig);
}
END_TEST

/* REQ-66422-17 */
START_TEST(only_a_stranger_gets_403)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    Client *stranger = rig_add_client(rig, "stranger@ims.example");
    ProseKeyRequest request = request_new(3);

    request_want(&request, command, 0);
    client_ask(stranger, &request);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(stranger->status, 403);
    ck_assert(!client_is_known(stranger));
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_HTTP_REFUSED, "not-a-subscriber", stranger, 0)->value, 403);

    /* A subscriber who may have nothing is told so, discovery by discovery. */
    rig_authorise(rig, bob, command, false);
    client_ask_and_run(bob, &request, 5);
    ck_assert_uint_eq(client_answer(bob, command)->status, PROSE_STATUS_NOT_AUTHORISED);

    rig_authorise(rig, stranger, command, true);
    client_ask_and_run(stranger, &request, 5);
    ck_assert(client_answer(stranger, command)->supplied);
    rig_free(rig);
}
END_TEST

/* ---- capabilities (rules R4) ---- */

/* REQ-66422-18 */
START_TEST(without_scrambling_all_discoveries_are_refused)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    const ProseKeyScope all[] = { command, relay, medical, voice };
    ProseKeyRequest request = request_new(4);

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        request_want(&request, all[i], 0);
    request.capabilities = 0;
    client_ask_and_run(alice, &request, 5);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(client_answer(alice, all[i])->status, PROSE_STATUS_SCRAMBLING_NOT_SUPPORTED);
        ck_assert(!has(alice, all[i]));
    }
    ck_assert(client_answer(alice, voice)->supplied);
    ck_assert_uint_eq(client_n_keys(alice, voice), 1);
    ck_assert_uint_eq(rig->deliveries->len, 1);
    rig_free(rig);
}
END_TEST

/* REQ-66422-18 */
START_TEST(where_used_refuses_only_what_scrambles)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_WHERE_USED);
    ProseKeyRequest request = request_new(5);

    request_want(&request, command, 0);
    request_want(&request, medical, 0);
    request.capabilities = 0;
    client_ask_and_run(alice, &request, 5);
    ck_assert_uint_eq(client_answer(alice, command)->status, PROSE_STATUS_SCRAMBLING_NOT_SUPPORTED);
    ck_assert(client_answer(alice, medical)->supplied);
    ck_assert_uint_eq(client_n_keys(alice, medical), 1);
    rig_free(rig);
}
END_TEST

/* REQ-66422-18, REQ-66422-19 */
START_TEST(who_loses_scrambling_loses_the_discovery)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    ProseKeyRequest request = request_new(6);

    client_want(alice, &command, 1, 5);
    ck_assert(has(alice, command));
    request_want(&request, command, 0);
    request.capabilities = 0;
    client_ask_and_run(alice, &request, 5);
    ck_assert(!has(alice, command));
    rig_free(rig);
}
END_TEST

/* REQ-66422-17 */
START_TEST(a_stranger_to_the_discovery_is_told_so_before_anything_else)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    ProseKeyRequest request = request_new(6);

    request_want(&request, relay, 0);
    request_want(&request, command, 0);
    request.capabilities = 0;
    client_ask_and_run(bob, &request, 5);
    ck_assert_uint_eq(client_answer(bob, relay)->status, PROSE_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(client_answer(bob, command)->status, PROSE_STATUS_SCRAMBLING_NOT_SUPPORTED);
    rig_free(rig);
}
END_TEST

/* The encoder would not write such a request, so one element is cut out of a good one. */
static const struct { bool want, stop; const char *cut; } incomplete[] = {
    { true, false, "PSDiscSecCapabilities" },
    { false, true, "PSDiscSecCapabilities" },
    { true, true, "PSDiscSecCapabilities" },
};

/* REQ-66422-10 */
START_TEST(capabilities_are_needed_with_any_discovery)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    ProseKeyRequest request = request_new(8);
    g_autofree char *document = g_malloc0(PROSE_KEY_MESSAGE_MAX + 1);
    g_autofree char *open = g_strdup_printf("<%s>", incomplete[_i].cut);
    g_autofree char *close = g_strdup_printf("</%s>", incomplete[_i].cut);
    char *from, *to;

    client_want(alice, &relay, 1, 5);
    if (incomplete[_i].want)
        request_want(&request, command, 0);
    if (incomplete[_i].stop)
        request_stop(&request, relay);
    ck_assert_int_gt(prose_key_request_encode((uint8_t *) document, PROSE_KEY_MESSAGE_MAX, &request), 0);
    from = strstr(document, open);
    to = strstr(document, close);
    ck_assert_ptr_nonnull(from);
    memmove(from, to + strlen(close), strlen(to + strlen(close)) + 1);

    client_post(alice, document, strlen(document));
    rig_run_for(rig, 5);
    ck_assert_uint_eq(alice->status, 400);
    ck_assert(has(alice, relay) && !has(alice, command));
    rig_free(rig);
}
END_TEST

static const struct { uint8_t group, ue; int algorithm; } algorithm_cases[] = {
    { PROSE_ALGORITHM_EEA2, PROSE_ALGORITHM_EEA2, 2 },
    { PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA1, PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA1, 1 },
    { PROSE_ALGORITHM_EEA1 | PROSE_ALGORITHM_EEA3, 0xf0, 3 },
    { PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA2, PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA3, 0 },
    { PROSE_ALGORITHM_EEA2, PROSE_ALGORITHM_EEA1 | PROSE_ALGORITHM_EEA3 | 0x0f, -1 },
    { PROSE_ALGORITHM_EEA2, 0, -1 },
};

/* REQ-66422-24 */
START_TEST(a_group_needs_a_common_algorithm)
{
    Rig *rig = rig_new();
    Client *alice;
    ProseKeyRequest request = request_new(9);

    rig_start(rig);
    ck_assert_int_eq(prose_pkmf_add_group(rig->pkmf, voice.id, algorithm_cases[_i].group, RIG_UTC_START, 3600, 600), 0);
    alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, alice, voice, true);
    request.algorithms = algorithm_cases[_i].ue;
    request_want(&request, voice, 0);
    client_ask_and_run(alice, &request, 5);
    if (algorithm_cases[_i].algorithm < 0) {
        ck_assert_uint_eq(client_answer(alice, voice)->status, PROSE_STATUS_ALGORITHM_NOT_SUPPORTED);
        ck_assert_uint_eq(rig->deliveries->len, 0);
    } else {
        ck_assert(client_answer(alice, voice)->supplied);
        ck_assert_int_eq(client_answer(alice, voice)->algorithm, algorithm_cases[_i].algorithm);
    }
    rig_free(rig);
}
END_TEST

START_TEST(members_of_a_group_have_different_ids_and_keep_them)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    uint32_t id;

    rig_authorise(rig, bob, voice, true);
    client_want(alice, &voice, 1, 5);
    client_want(bob, &voice, 1, 5);
    id = client_answer(alice, voice)->group_member_id;
    ck_assert_uint_ne(id, client_answer(bob, voice)->group_member_id);
    client_want(alice, &voice, 1, 5);
    ck_assert_uint_eq(client_answer(alice, voice)->group_member_id, id);
    rig_free(rig);
}
END_TEST

/* ---- the stored set (REQ-66422-19) ---- */

/* REQ-66422-19, REQ-66422-21, REQ-66422-24, REQ-66422-26 */
START_TEST(a_stop_is_answered_whatever_it_stops)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    const ProseKeyScope stopped[] = { command, medical, nowhere };
    ProseKeyRequest request = request_new(10);

    client_want(alice, &command, 1, 5);
    for (size_t i = 0; i < G_N_ELEMENTS(stopped); i++)
        request_stop(&request, stopped[i]);
    for (int time = 0; time < 2; time++) {             /* the second time changes nothing */
        const ProseKeyResponse *response = client_ask_and_run(alice, &request, 5);

        ck_assert_uint_eq(response->n_answers, G_N_ELEMENTS(stopped));
        for (size_t i = 0; i < G_N_ELEMENTS(stopped); i++)
            ck_assert_uint_eq(client_answer(alice, stopped[i])->status, PROSE_STATUS_STOPPED);
        ck_assert(response->has_current_time && response->has_max_offset && !alice->got_pmk);
        ck_assert_uint_eq(client_view(alice).n_scopes, 0);
    }
    rig_free(rig);
}
END_TEST

/* REQ-66422-08, REQ-66422-19 */
START_TEST(what_is_absent_is_unchanged)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);

    client_want(alice, &command, 1, 5);
    client_want(alice, &relay, 1, 5);
    ck_assert(has(alice, command) && has(alice, relay));
    rig_free(rig);
}
END_TEST

/* Many requests, stops and changes of authorisation against the simplest model of a set there is. */
/* REQ-66422-15, REQ-66422-19, REQ-66422-20, REQ-66422-21 */
START_TEST(the_stored_set_follows_a_model)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    const ProseKeyScope all[] = { command, relay, medical, voice, nowhere };
    bool authorised[G_N_ELEMENTS(all)] = { true, true, true, true, false }, model[G_N_ELEMENTS(all)] = { false };
    ProseDrawKey draws = { { 1, (uint64_t) _i } };

    for (unsigned n = 0; n < 30; n++) {
        ProseKeyRequest request = request_new((uint8_t) n);
        unsigned change = prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, 99, n, 8);

        if (change < 4) {
            authorised[change] = !authorised[change];
            model[change] = model[change] && authorised[change];
            rig_authorise(rig, alice, all[change], authorised[change]);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
            switch (prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, i, n, 3)) {
            case 0:
                request_want_held(&request, all[i], alice);
                model[i] = authorised[i];
                break;
            case 1:
                request_stop(&request, all[i]);
                model[i] = false;
                break;
            default:
                break;
            }
        }
        if (request.n_wants + request.n_stops > 0) {
            const ProseKeyResponse *response = client_ask_and_run(alice, &request, 2);

            /* REQ-66422-21: exactly the scopes that were in the request. */
            ck_assert_uint_eq(response->n_answers, request.n_wants + request.n_stops);
            for (size_t i = 0; i < request.n_wants; i++)
                client_answer(alice, request.wants[i].scope);
            for (size_t i = 0; i < request.n_stops; i++)
                client_answer(alice, request.stops[i]);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
            ck_assert_msg(has(alice, all[i]) == model[i], "step %u, scope %zu", n, i);
    }
    rig_free(rig);
}
END_TEST

/* ---- authorisation withdrawn, address ---- */

/* REQ-662-04 */
START_TEST(withdrawal_ends_what_is_pending_and_what_would_come)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);

    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    client_want(bob, &command, 1, 1);
    ck_assert_uint_eq(client_view(alice).n_pending, 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, alice), 1);

    rig_authorise(rig, alice, command, false);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
    ck_assert(!has(alice, command));
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_AUTHORISATION_CHANGED, "revoked", alice), 1);
    alice->deaf = false;
    rig_run_for(rig, 3600);
    /* Not again, and not the next period's; the other's deliveries go on. */
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, alice), 1);
    ck_assert_uint_eq(client_n_keys(alice, command), 0);
    ck_assert_uint_eq(client_n_keys(bob, command), 2);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_UE_UNREACHABLE, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

/* REQ-662-04, REQ-66422-15 */
START_TEST(withdrawal_while_a_request_waits_counts_for_its_answer)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    ProseKeyRequest request = request_new(11);

    rig->service_ns[PROSE_PKMF_OP_REQUEST] = RIG_S;
    request_want(&request, command, 0);
    client_ask(alice, &request);
    rig_run_for(rig, 0.5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_REQUEST_RECEIVED, NULL, alice), 1);
    rig_authorise(rig, alice, command, false);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(client_answer(alice, command)->status, PROSE_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(rig->deliveries->len, 0);
    rig_free(rig);
}
END_TEST

/* REQ-66422-19 */
START_TEST(saying_the_same_twice_changes_nothing)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);

    rig_forget(rig);
    rig_authorise(rig, alice, command, true);
    rig_authorise(rig, bob, relay, false);
    ck_assert_uint_eq(rig->events->len, 0);
    rig_free(rig);
}
END_TEST

/* REQ-66422-04, REQ-66422-07 */
START_TEST(the_newest_address_is_the_only_one)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    ProseAddress old = alice->address;

    client_want(alice, &command, 1, 5);
    ck_assert_uint_eq(client_view(alice).address, old);
    rig_forget(rig);
    alice->address = 0x0A0000F0;
    client_want(alice, &relay, 1, 5);
    ck_assert_uint_eq(client_view(alice).address, 0x0A0000F0);
    rig_run_for(rig, 3600);                /* the next periods of both */
    ck_assert_uint_eq(rig->deliveries->len, 3);
    for (guint i = 0; i < rig->deliveries->len; i++)
        ck_assert_uint_eq(((const RigDelivery *) rig->deliveries->pdata[i])->to, 0x0A0000F0);
    rig_free(rig);
}
END_TEST

/* REQ-66422-07, REQ-66422-19 */
START_TEST(an_older_request_served_later_undoes_nothing)
{
    Client *alice, *bob;
    Rig *rig = rig_of_two(&alice, &bob, PROSE_SCRAMBLING_REQUIRED_ALL);
    Client *elsewhere = rig_add_client(rig, "alice@ims.example");
    ProseKeyRequest older = request_new(1), newer = request_new(2);

    /* Two sessions of one UE; a worker takes long over the first. */
    request_want(&older, command, 0);
    request_stop(&older, relay);
    request_want(&newer, relay, 0);
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = 10 * RIG_S;
    client_ask(alice, &older);
    rig_run_for(rig, 1);
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = RIG_MS;
    client_ask_and_run(elsewhere, &newer, 5);
    rig_run_for(rig, 10);
    ck_assert_uint_eq(alice->status, 503);
    ck_assert(has(alice, relay) && !has(alice, command));
    ck_assert_uint_eq(client_view(alice).address, elsewhere->address);
    rig_free(rig);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("authorisation");
    TCase *tc = tcase_create("judgement");

    tcase_add_test(tc, each_discovery_is_judged_alone);
    tcase_add_test(tc, meta_data_and_key_type_come_for_what_is_supplied);
    tcase_add_test(tc, current_time_is_that_of_the_answer_not_of_the_question);
    tcase_add_loop_test(tc, who_asks_is_whom_the_tunnel_is_bound_to, 0, G_N_ELEMENTS(lies));
    tcase_add_test(tc, two_sessions_at_once_do_not_mix);
    tcase_add_test(tc, a_second_bootstrap_is_the_same_ue);
    tcase_add_test(tc, only_a_stranger_gets_403);
    suite_add_tcase(suite, tc);

    tc = tcase_create("capabilities");
    tcase_add_test(tc, without_scrambling_all_discoveries_are_refused);
    tcase_add_test(tc, where_used_refuses_only_what_scrambles);
    tcase_add_test(tc, who_loses_scrambling_loses_the_discovery);
    tcase_add_test(tc, a_stranger_to_the_discovery_is_told_so_before_anything_else);
    tcase_add_loop_test(tc, capabilities_are_needed_with_any_discovery, 0, G_N_ELEMENTS(incomplete));
    tcase_add_loop_test(tc, a_group_needs_a_common_algorithm, 0, G_N_ELEMENTS(algorithm_cases));
    tcase_add_test(tc, members_of_a_group_have_different_ids_and_keep_them);
    suite_add_tcase(suite, tc);

    tc = tcase_create("stored set");
    tcase_add_test(tc, a_stop_is_answered_whatever_it_stops);
    tcase_add_test(tc, what_is_absent_is_unchanged);
    tcase_add_loop_test(tc, the_stored_set_follows_a_model, 0, 6);
    tcase_add_test(tc, withdrawal_ends_what_is_pending_and_what_would_come);
    tcase_add_test(tc, withdrawal_while_a_request_waits_counts_for_its_answer);
    tcase_add_test(tc, saying_the_same_twice_changes_nothing);
    tcase_add_test(tc, the_newest_address_is_the_only_one);
    tcase_add_test(tc, an_older_request_served_later_undoes_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
