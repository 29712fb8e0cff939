/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a UE knows its PKMFs (REQ-66422-02): pre-provisioned, or from the ProSe Function over PC3.
 */
#include "one-ue.h"

static const ProseKeyScope relay_2 = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B3 };

static Script *west;
static BenchServer *function;

/* A ProSe Function that knows of @relay at EAST and @group at WEST. */
static void
add_function(void)
{
    function = bench_add_function(b);
    prose_function_add_scope(bench_function(function), relay, EAST);
    prose_function_add_scope(bench_function(function), group, WEST);
    west = script_new(b, "pkmf west", WEST);
}

static void
allow(ProseKeyScope scope)
{
    prose_function_authorise(bench_function(function), ue->gba->impi, scope, true);
}

static void
start(const ProseUeDiscovery *d, size_t n)
{
    ue = bench_add_ue(b, "engines[0]", d, n);
    allow(relay);
    allow(group);
    bench_start(ue);
}

/* REQ-66422-02 */
START_TEST(a_provisioned_pkmf_needs_no_prose_function)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    start_with(d, 1);                              /* there is none on the bench */
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_REQUESTED, NULL), 0);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-66422-02 */
START_TEST(two_discoveries_are_asked_of_the_two_pkmfs_that_the_function_names)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(NULL, group) };

    add_function();
    start(d, 2);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_REQUESTED, NULL), 1);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_PC3_ANSWERED, NULL, 0)->value, 2);
    ck_assert_str_eq(bench_event(b, "engines[0]", PROSE_EVENT_PC3_ANSWERED, NULL, 0)->peer, BENCH_FUNCTION_FQDN);
    ck_assert_uint_eq(east->requests->len, 1);
    ck_assert_uint_eq(west->requests->len, 1);
    ck_assert(script_want(script_request(east, 0), relay) && script_request(east, 0)->n_wants == 1);
    ck_assert(script_want(script_request(west, 0), group) && script_request(west, 0)->n_wants == 1);
    ck_assert_str_eq(view(relay).pkmf_fqdn, EAST);
    ck_assert_str_eq(view(group).pkmf_fqdn, WEST);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-66422-02, REQ-66422-08 */
START_TEST(what_is_learnt_and_what_is_provisioned_go_into_one_key_request)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(EAST, group), at(EAST, pgk) };

    add_function();
    start(d, 3);
    bench_run_for(b, 1);
    ck_assert_uint_eq(east->requests->len, 1);
    ck_assert_uint_eq(script_request(east, 0)->n_wants, 3);
    ck_assert_uint_eq(west->requests->len, 0);
}
END_TEST

/* REQ-66422-02 */
START_TEST(with_neither_it_says_so_and_sends_nothing)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(NULL, pgk) };
    ProseUeConfig config;

    bench_ue_config(b, &config, "engines[0]", d, 2);
    config.function_fqdn = NULL;
    ue = bench_add_ue_of(b, &config);
    bench_start(ue);
    bench_run_for(b, 600);
    ck_assert_uint_eq(n_events(PROSE_EVENT_NO_PKMF, "no-prose-function"), 2);
    ck_assert(bench_event(b, NULL, PROSE_EVENT_NO_PKMF, NULL, 0)->has_scope);
    ck_assert_uint_eq(ue->pdn_asked, 0);
    ck_assert_uint_eq(b->events->len, 2);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_UNASKED);
}
END_TEST

/* REQ-66422-02 */
START_TEST(a_name_that_can_be_none_is_asked_nothing)
{
    char name[PROSE_FQDN_MAX + 2];
    ProseUeDiscovery d[] = { at(NULL, relay) };

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    d[0].pkmf_fqdn = _i ? name : "";
    start_with(d, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_NO_PKMF, "no-name"), 1);
    ck_assert_uint_eq(ue->pdn_asked, 0);
}
END_TEST

/* REQ-66422-02 */
START_TEST(what_the_function_does_not_give_is_not_asked_for)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(NULL, group), at(NULL, relay_2) };

    add_function();
    ue = bench_add_ue(b, "engines[0]", d, 3);
    allow(relay);
    allow(relay_2);                                /* nobody serves it */
    bench_start(ue);
    bench_run_for(b, 600);
    ck_assert_uint_eq(n_events(PROSE_EVENT_NO_PKMF, NULL), 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_NO_PKMF, "not-authorised"), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_NO_PKMF, "unknown"), 1);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_PC3_ANSWERED, NULL, 0)->value, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_REQUESTED, NULL), 1);
    ck_assert_uint_eq(west->requests->len, 0);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);

    /* Who starts it again asks again. */
    prose_function_authorise(bench_function(function), ue->gba->impi, group, true);
    set_active(group, false);
    set_active(group, true);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_REQUESTED, NULL), 2);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_discovery_started_later_is_asked_for_later)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(NULL, group) };

    add_function();
    ue = bench_add_ue(b, "engines[0]", d, 2);
    allow(relay);
    allow(group);
    set_active(group, false);
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_PC3_ANSWERED, NULL, 0)->value, 1);
    ck_assert_uint_eq(west->requests->len, 0);
    set_active(group, true);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_REQUESTED, NULL), 2);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-66422-02 */
START_TEST(a_function_that_is_down_is_tried_again_and_holds_up_nobody_else)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(WEST, group) };

    add_function();
    function->refuses = _i == 0;
    function->deaf = _i == 1;
    start(d, 2);
    bench_run_for(b, 7);
    ck_assert_uint_ge(n_events(PROSE_EVENT_PC3_FAILED, _i == 0 ? "closed" : "timeout"), 1);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_UNASKED);
    function->refuses = function->deaf = false;
    bench_run_for(b, 20);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_uint_eq(west->requests->len, 1);
}
END_TEST

START_TEST(a_function_that_goes_down_in_the_exchange_is_tried_again)
{
    const ProseUeDiscovery d[] = { at(NULL, relay) };

    add_function();
    start(d, 1);
    ck_assert(bench_run_to_event(b, "prose-function operator", PROSE_EVENT_TLS_ESTABLISHED, 1));
    prose_function_set_down(bench_function(function), true, b->now_ns);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_FAILED, NULL), 1);
    prose_function_set_down(bench_function(function), false, b->now_ns);
    bench_run_for(b, 10);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* ---- answers no ProSe Function gives ---- */

static const struct { const char *name, *cause; } lies[] = {
    { "another transaction ID", "transaction-id" }, { "one discovery missing", "set-differs" }, { "one discovery more", "set-differs" },
    { "not XML", "malformed" }, { "the UE's own request", NULL },
};
static int lie;

static size_t
answer_with_a_lie(void *user, const uint8_t *body, size_t len, uint8_t ret[SCRIPT_ANSWER_MAX])
{
    g_autofree ProsePc3Request *request = g_new0(ProsePc3Request, 1);
    g_autofree ProsePc3Response *response = g_new0(ProsePc3Response, 1);
    ptrdiff_t n;

    ck_assert_int_eq(prose_pc3_request_decode(request, b->pc3_schema, body, len), 0);
    response->transaction_id = (uint8_t) (request->transaction_id + (lie == 0));
    for (size_t i = lie == 1; i < request->n_scopes + (lie == 2); i++) {
        ProsePc3Entry *entry = &response->entries[response->n_entries++];

        entry->scope = i < request->n_scopes ? request->scopes[i] : relay_2;
        entry->known = true;
        g_strlcpy(entry->pkmf_fqdn, EAST, sizeof entry->pkmf_fqdn);
    }
    if (lie == 4) {
        memcpy(ret, body, len);
        return len;
    }
    n = prose_pc3_response_encode(ret, SCRIPT_ANSWER_MAX, response);
    ck_assert_int_gt(n, 0);
    return (size_t) n - (lie == 3 ? 5 : 0);
}

/* REQ-66422-02 */
START_TEST(an_answer_to_something_else_is_ignored_and_asked_for_again)
{
    const ProseUeDiscovery d[] = { at(NULL, relay), at(NULL, group) };
    Script *liar = script_new(b, "liar", BENCH_FUNCTION_FQDN);

    lie = _i;
    liar->answer = answer_with_a_lie;
    start_with(d, 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_FAILED, lies[_i].cause), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_ANSWERED, NULL), 0);
    ck_assert_ptr_null(view(relay).pkmf_fqdn);
    lie = -1;
    bench_run_for(b, 3);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_ANSWERED, NULL), 1);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-662-01, REQ-662-05 */
START_TEST(the_tunnels_to_function_and_pkmf_have_keys_of_their_own)
{
    const ProseUeDiscovery d[] = { at(NULL, relay) };
    Script *impostor = script_new_impostor(b, "impostor", BENCH_FUNCTION_FQDN, EAST);

    start_with(d, 1);
    ck_assert_uint_eq(impostor->n_documents, 0);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_FAILED, "tls"), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_TLS_FAILED, NULL), 1);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pc3");
    TCase *tc = tcase_create("pc3");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_provisioned_pkmf_needs_no_prose_function);
    tcase_add_test(tc, two_discoveries_are_asked_of_the_two_pkmfs_that_the_function_names);
    tcase_add_test(tc, what_is_learnt_and_what_is_provisioned_go_into_one_key_request);
    tcase_add_test(tc, with_neither_it_says_so_and_sends_nothing);
    tcase_add_loop_test(tc, a_name_that_can_be_none_is_asked_nothing, 0, 2);
    tcase_add_test(tc, what_the_function_does_not_give_is_not_asked_for);
    tcase_add_test(tc, a_discovery_started_later_is_asked_for_later);
    tcase_add_loop_test(tc, a_function_that_is_down_is_tried_again_and_holds_up_nobody_else, 0, 2);
    tcase_add_test(tc, a_function_that_goes_down_in_the_exchange_is_tried_again);
    tcase_add_loop_test(tc, an_answer_to_something_else_is_ignored_and_asked_for_again, 0, G_N_ELEMENTS(lies));
    tcase_add_test(tc, the_tunnels_to_function_and_pkmf_have_keys_of_their_own);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
