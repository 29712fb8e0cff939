/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A UE that is switched off and on again: what it forgets, at any point of an exchange, and that it begins anew (rules K6).
 */
#include "one-ue.h"

START_TEST(power_off_wipes_all_that_was_fetched)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    ProseUeDiscoveryView seen;
    size_t before;

    ue = bench_add_ue(b, "engines[0]", d, 1);
    before = prose_secret_pool_in_use(b->secrets);
    bench_start(ue);
    bench_run_for(b, 1);
    script_deliver(east, relay, 1, VF, VF + HOUR);
    script_deliver(east, relay, 2, VF + HOUR, VF + 2 * HOUR);
    bench_run_for(b, 1);
    ck_assert_uint_eq(prose_key_store_size(prose_ue_keys(ue->ue)), 2);
    ck_assert_uint_gt(prose_secret_pool_in_use(b->secrets), before);

    bench_power_off(ue);
    ck_assert_uint_eq(prose_secret_pool_in_use(b->secrets), before);       /* PSDKs, what is derived from them, PMK */
    ck_assert_uint_eq(prose_key_store_size(prose_ue_keys(ue->ue)), 0);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_WIPED, "shutdown"), 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PDN_RELEASED, "by-ue"), 1);
    ck_assert(!prose_ue_clock(ue->ue)->is_set);
    ck_assert_uint_eq(prose_ue_address(ue->ue), 0);
    ck_assert_int_eq(prose_ue_view(ue->ue, relay, &seen), 0);
    ck_assert(seen.supply == PROSE_SUPPLY_UNASKED && !seen.has_meta && seen.status == 0);

    /* Off it does nothing by itself, and what comes late finds nobody. */
    ck_assert_uint_eq(prose_ue_next_expiry(ue->ue), PROSE_NEVER);
    bench_forget_events(b);
    script_deliver(east, relay, 3, VF, VF + HOUR);
    bench_run_for(b, HOUR);
    ck_assert_uint_eq(bench_count(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, NULL), 0);
    ck_assert_uint_eq(bench_count(b, "engines[0]", PROSE_EVENT_KEY_STORED, NULL), 0);
}
END_TEST

START_TEST(power_on_begins_anew)
{
    const ProseKeyRequest *request;
    unsigned asked;

    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 1);
    asked = ue->pdn_asked;
    bench_power_off(ue);
    bench_power_off(ue);                   /* twice is no more */
    ck_assert_uint_eq(n_events(PROSE_EVENT_PDN_RELEASED, NULL), 1);
    bench_run_for(b, 10);
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(ue->pdn_asked, asked + 1);
    request = script_request(east, -1);
    ck_assert_uint_eq(script_want(request, relay)->n_key_ids, 1);
    ck_assert_uint_eq(script_want(request, relay)->key_ids[0], PROSE_KEY_ID_NONE);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "set"), 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PMK_STORED, NULL), 2);
    ck_assert(prose_ue_clock(ue->ue)->is_set);
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), 2);
}
END_TEST

/* What the user wants is the user's, not the network's. */
START_TEST(a_discovery_that_was_stopped_stays_so)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group) };

    start_with(d, 2);
    set_active(group, false);
    bench_run_for(b, 1);
    bench_power_off(ue);
    set_active(relay, false);              /* the user thinks on while it is off */
    set_active(group, true);
    bench_run_for(b, 1);
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_ptr_null(script_want(script_request(east, -1), relay));
    ck_assert_ptr_nonnull(script_want(script_request(east, -1), group));
}
END_TEST

/* Every 5 ms of the first second, with all that is under way then. */
START_TEST(power_off_ends_whatever_is_under_way)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group) };
    size_t before;

    ue = bench_add_ue(b, "engines[0]", d, 2);
    before = prose_secret_pool_in_use(b->secrets);
    bench_start(ue);
    bench_run_for(b, 0.005 * _i);
    bench_power_off(ue);
    ck_assert_uint_eq(prose_secret_pool_in_use(b->secrets), before);
    ck_assert_uint_eq(prose_ue_next_expiry(ue->ue), PROSE_NEVER);
    bench_run_for(b, 0.05);
    bench_start(ue);
    bench_run_for(b, 120);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("power");
    TCase *tc = tcase_create("power");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, power_off_wipes_all_that_was_fetched);
    tcase_add_test(tc, power_on_begins_anew);
    tcase_add_test(tc, a_discovery_that_was_stopped_stays_so);
    tcase_add_loop_test(tc, power_off_ends_whatever_is_under_way, 0, 60);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
