/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The UE's ProSe clock: set by each Key Response, and what goes by it (REQ-66422-26, -32; rules T1, K3).
 */
#include "one-ue.h"

/* ---- CURRENT_TIME and MAX_OFFSET (REQ-66422-26, -32; rules T1) ---- */

/* REQ-66422-32 */
START_TEST(the_clock_is_set_as_the_last_octet_arrives_so_delay_is_an_honest_offset)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    const ProseEvent *set;

    b->delay_ns = 400 * BENCH_MS;
    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);
    ck_assert(bench_run_to_event(b, "engines[0]", PROSE_EVENT_CLOCK_SET, 10));
    set = bench_event(b, "engines[0]", PROSE_EVENT_CLOCK_SET, NULL, 0);
    ck_assert(set->has_offset && set->clock_offset_s == 0);
    ck_assert_double_eq(set->value, 32);
    /* Whole seconds at the PKMF, 400 ms ago. */
    ck_assert_int_eq(prose_clock_read(prose_ue_clock(ue->ue), set->time_ns) % PROSE_NS_PER_S, 0);
    ck_assert_double_le(clock_error_s(), -0.4);
    ck_assert_double_gt(clock_error_s(), -1.4);
}
END_TEST

static const double jumps[] = { -50, -400, 50, 400 };

/* REQ-66422-32 */
START_TEST(the_last_response_wins_whichever_way_the_clock_jumps)
{
    const ProseEvent *set;
    double jump = jumps[_i], error;

    start_relay();
    error = clock_error_s();
    east->clock_error_s = jump;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    set = bench_event(b, "engines[0]", PROSE_EVENT_CLOCK_SET, NULL, 1);
    ck_assert_double_eq_tol(set->clock_offset_s, jump, 1.01);
    ck_assert_double_eq_tol(clock_error_s() - error, jump, 1.01);

    /* The skew of MIKEY time stamps counts from the ProSe clock: one of true time is out of it after a jump of 400 s. */
    east->clock_error_s = 0;
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), fabs(jump) < 300);
    ck_assert_uint_eq(n_events(PROSE_EVENT_MIKEY_REJECTED, "skew"), fabs(jump) > 300);
}
END_TEST

/* REQ-66422-32 */
START_TEST(a_jump_ahead_past_a_key_wipes_it_and_starts_the_next)
{
    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    script_deliver(east, relay, 2, VF + HOUR, VF + 2 * HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STARTED, NULL), 0);
    east->clock_error_s = HOUR + 60;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STARTED, NULL), 1);
    ck_assert_uint_eq(bench_event(b, NULL, PROSE_EVENT_KEY_STARTED, NULL, 0)->key_id, 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_WIPED, "expired"), 1);
    ck_assert_uint_eq(bench_event(b, NULL, PROSE_EVENT_KEY_WIPED, NULL, 0)->key_id, 1);
}
END_TEST

/* REQ-66422-26, REQ-66422-27, REQ-66422-32 */
START_TEST(max_offset_is_the_pkmfs_and_the_clock_is_the_ues)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(WEST, group) };
    Script *west = script_new(b, "pkmf west", WEST);

    west->max_offset_s = 127;
    west->clock_error_s = 10;
    east->max_offset_s = 0;
    start_with(d, 2);
    ck_assert_uint_eq(view(relay).max_offset_s, 0);
    ck_assert_uint_eq(view(group).max_offset_s, 127);
    ck_assert_uint_eq(n_events(PROSE_EVENT_CLOCK_SET, NULL), 2);
    ck_assert_double_gt(clock_error_s(), 8);       /* west's answer came last */
}
END_TEST

/* ---- keys on the ProSe clock (rules K3) ---- */

static uint64_t
at_clock(int64_t utc_s)
{
    return (uint64_t) ((utc_s - BENCH_UTC_START) * PROSE_NS_PER_S - (int64_t) (clock_error_s() * 1e9));
}

/* REQ-662-06, REQ-66422-32 */
START_TEST(a_key_starts_and_goes_at_the_seconds_of_the_prose_clock)
{
    ProseUeDiscovery d = at(EAST, relay);
    const ProseEvent *started, *wiped;

    d.keep_past_s = _i * 100;
    east->clock_error_s = -7;
    start_with(&d, 1);
    script_deliver(east, relay, 1, VF + 100, VF + 400);
    bench_run_for(b, 0.1);
    script_deliver(east, relay, 2, VF + 400, VF + 100 * HOUR);
    bench_run_for(b, 1000);
    started = bench_event(b, "engines[0]", PROSE_EVENT_KEY_STARTED, NULL, 0);
    wiped = bench_event(b, "engines[0]", PROSE_EVENT_KEY_WIPED, "expired", 0);
    ck_assert_ptr_nonnull(started);
    ck_assert_ptr_nonnull(wiped);
    ck_assert_uint_eq(started->time_ns, at_clock(VF + 100));
    ck_assert_uint_eq(wiped->time_ns, at_clock(VF + 400 + 32 + _i * 100));
    ck_assert(started->has_scope && started->key_id == 1 && started->valid_from == VF + 100 && started->valid_to == VF + 400);
    ck_assert_uint_eq(n_held(relay), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_CLOCK_SET, NULL), 1);
}
END_TEST

/* REQ-662-07 */
START_TEST(shutdown_wipes_what_is_held)
{
    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    b->closing = true;
    ue->ue = prose_ue_free(ue->ue);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_WIPED, "shutdown"), 1);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("prose-clock");
    TCase *tc = tcase_create("clock");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_clock_is_set_as_the_last_octet_arrives_so_delay_is_an_honest_offset);
    tcase_add_loop_test(tc, the_last_response_wins_whichever_way_the_clock_jumps, 0, G_N_ELEMENTS(jumps));
    tcase_add_test(tc, a_jump_ahead_past_a_key_wipes_it_and_starts_the_next);
    tcase_add_test(tc, max_offset_is_the_pkmfs_and_the_clock_is_the_ues);
    tcase_add_loop_test(tc, a_key_starts_and_goes_at_the_seconds_of_the_prose_clock, 0, 2);
    tcase_add_test(tc, shutdown_wipes_what_is_held);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
