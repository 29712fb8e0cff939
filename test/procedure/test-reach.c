/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UEs that go out of the reach of any network and come back: no PDN connection meanwhile, keys in hand as good as ever, and
 * what was missed made up for afterwards (REQ-66422-05; rules R1, M2).
 */
#include "one-ue.h"

#define NORTH "pkmf.north.example"

static unsigned
n_released(const char *cause)
{
    return n_events(PROSE_EVENT_PDN_RELEASED, cause);
}

static bool
may_send(void)
{
    ProseSlot slot = bench_slot(b, 0);

    return prose_ue_pc5_gate(ue->ue, relay, &slot) == PROSE_SLOT_SENT;
}

START_TEST(out_of_reach_nothing_is_asked_and_keys_stay_usable)
{
    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ue->pdn_asked = 0;
    bench_set_reach(ue, false);
    ck_assert_uint_eq(prose_ue_address(ue->ue), 0);
    ck_assert_uint_eq(n_released("off-network"), 1);
    bench_run_until(b, (HOUR - 1) * BENCH_S);
    ck_assert(may_send());
    bench_run_for(b, 1);
    ck_assert(!may_send());                        /* no successor came */
    bench_run_for(b, 3 * HOUR);
    ck_assert_uint_eq(ue->pdn_asked, 0);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, NULL), 1);

    bench_set_reach(ue, true);
    bench_run_for(b, 1);
    ck_assert_uint_eq(ue->pdn_asked, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "address"), 1);
    ck_assert(prose_ue_address(ue->ue) != 0);
    ck_assert_uint_eq(east->last_address, prose_ue_address(ue->ue));
}
END_TEST

static const ProseEventType moments[] = { PROSE_EVENT_N_TYPES, PROSE_EVENT_PDN_OPENED, PROSE_EVENT_KEY_REQUEST_SENT, PROSE_EVENT_TLS_ESTABLISHED,
                                          PROSE_EVENT_KEY_RESPONSE_RECEIVED };

/* In whatever it was doing: what was begun ends there, and is begun anew. */
START_TEST(whenever_it_goes_it_asks_again_when_it_is_back)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);                               /* the first moment: while the connection is being opened */
    if (moments[_i] != PROSE_EVENT_N_TYPES)
        ck_assert(bench_run_to_event(b, "engines[0]", moments[_i], 1));
    bench_set_reach(ue, false);
    bench_run_for(b, 100);
    ck_assert_uint_eq(prose_ue_address(ue->ue), 0);
    bench_set_reach(ue, true);
    bench_run_for(b, 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PDN_OPENED, NULL), _i == 0 ? 1 : 2);
    ck_assert_uint_eq(east->last_address, prose_ue_address(ue->ue));
}
END_TEST

START_TEST(one_that_is_switched_on_out_of_reach_waits)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_set_reach(ue, false);
    bench_start(ue);
    bench_run_for(b, HOUR);
    ck_assert_uint_eq(ue->pdn_asked, 0);
    bench_set_reach(ue, true);
    bench_set_reach(ue, true);                     /* twice is once */
    bench_run_for(b, 1);
    ck_assert_uint_eq(ue->pdn_asked, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "set"), 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_back_off_ends_out_of_reach)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    ue->pdn_available = false;
    bench_start(ue);
    bench_run_for(b, 100);
    ck_assert_uint_gt(ue->pdn_asked, 3);
    ue->pdn_asked = 0;
    ue->pdn_available = true;
    bench_set_reach(ue, false);
    bench_run_for(b, 1000);
    ck_assert_uint_eq(ue->pdn_asked, 0);
    bench_set_reach(ue, true);
    bench_run_for(b, 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* Rules R7. */
START_TEST(a_release_that_was_held_happens_and_stays)
{
    start_relay();
    east->silent = true;
    prose_ue_request_pdn_release(ue->ue, b->now_ns);
    bench_run_for(b, 10);
    ck_assert(ue->address != 0);
    bench_set_reach(ue, false);
    ck_assert_uint_eq(n_released("off-network"), 1);
    ue->pdn_asked = 0;
    bench_set_reach(ue, true);
    bench_run_for(b, 100);
    ck_assert_uint_eq(ue->pdn_asked, 0);
}
END_TEST

START_TEST(a_release_out_of_reach_needs_nobody)
{
    start_relay();
    bench_set_reach(ue, false);
    prose_ue_request_pdn_release(ue->ue, b->now_ns);
    ue->pdn_asked = 0;
    bench_set_reach(ue, true);
    bench_run_for(b, 100);
    ck_assert_uint_eq(ue->pdn_asked, 0);
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(ue->pdn_asked, 1);
}
END_TEST

START_TEST(what_was_stopped_out_of_reach_is_told_afterwards)
{
    start_all_three();
    bench_set_reach(ue, false);
    set_active(relay, false);
    bench_run_for(b, 100);
    bench_set_reach(ue, true);
    bench_run_for(b, 1);
    ck_assert(script_stops(script_request(east, -1), relay));
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_STOPPED);
}
END_TEST

/* ---- against a real PKMF: shifts shorter and longer than the lead ---- */

#define LEAD 600

static BenchServer *
start_at_pkmf(void)
{
    const ProsePkmfDiscovery served = { .scope = relay, .meta = { .scrambling = true, .mic = true }, .first_start_s = VF,
                                        .cryptoperiod_s = HOUR, .lead_s = LEAD };
    ProseUeDiscovery d = at(NORTH, relay);
    BenchServer *north = bench_add_pkmf(b, "pkmf north", NORTH, 32);

    d.lead_s = LEAD;
    ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(north), &served), 0);
    ue = bench_add_ue(b, "engines[0]", &d, 1);
    prose_pkmf_authorise(bench_pkmf(north), ue->gba->impi, relay, true, b->now_ns);
    bench_start(ue);
    bench_run_for(b, 5);
    ck_assert_uint_eq(n_held(relay), 1);
    return north;
}

/* When it goes and comes back, and when it has the key of the second hour. */
static const struct { int away_s, back_s, key_s; } shifts[] = {
    { 1000, 2900, 3000 },                          /* over before the lead: the key comes with the others' */
    { 2900, 3100, 3100 },                          /* within the lead, still in time */
    { 3590, 3610, 3000 },                          /* over the switch, with the key in hand */
    { 2900, 5000, 5000 },                          /* over lead and switch: without a key from 3600 s on */
    { 2900, 9000, 9000 },                          /* over a whole period: the key of the second hour never comes */
};

START_TEST(a_shift_costs_what_its_place_says)
{
    bool misses = shifts[_i].key_s >= 2 * HOUR;
    const ProseEvent *stored;

    start_at_pkmf();
    bench_run_until(b, (uint64_t) shifts[_i].away_s * BENCH_S);
    bench_set_reach(ue, false);
    bench_run_until(b, (uint64_t) shifts[_i].back_s * BENCH_S);
    bench_set_reach(ue, true);
    bench_run_until(b, 3 * HOUR * BENCH_S - BENCH_S);
    stored = bench_event(b, "engines[0]", PROSE_EVENT_KEY_STORED, NULL, 1);
    ck_assert_ptr_nonnull(stored);
    ck_assert_int_eq(stored->valid_from, VF + (misses ? 2 : 1) * HOUR);
    ck_assert_double_ge((double) stored->time_ns / 1e9, shifts[_i].key_s);
    ck_assert_double_le((double) stored->time_ns / 1e9, shifts[_i].key_s + 3);
    ck_assert(may_send());
}
END_TEST

START_TEST(the_pkmf_gives_up_on_one_that_is_away)
{
    BenchServer *north = start_at_pkmf();
    ProsePkmfUeView seen;

    bench_set_reach(ue, false);
    bench_run_until(b, HOUR * BENCH_S);
    ck_assert_uint_eq(bench_count(b, "pkmf north", PROSE_EVENT_UE_UNREACHABLE, NULL), 1);
    ck_assert_uint_eq(bench_count(b, "pkmf north", PROSE_EVENT_KEY_DELIVERY_SENT, NULL), 1 + 4);
    ck_assert_int_eq(prose_pkmf_view_ue(bench_pkmf(north), ue->gba->impi, &seen), 0);
    ck_assert(seen.unreachable && seen.n_pending == 1);
    bench_set_reach(ue, true);
    bench_run_for(b, 5);
    ck_assert_int_eq(prose_pkmf_view_ue(bench_pkmf(north), ue->gba->impi, &seen), 0);
    ck_assert(!seen.unreachable && seen.n_pending == 0);
}
END_TEST

/* ---- jitter ---- */

START_TEST(the_first_requests_on_a_connection_may_wait)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    const ProseEvent *opened, *sent;

    ue = bench_add_ue(b, "engines[0]", d, 1);
    for (int i = 0; i < 3; i++) {
        ue->jitter_ns = (uint64_t) i * 7 * BENCH_S;
        if (i == 0)
            bench_start(ue);
        else
            bench_lose_pdn(ue);
        bench_run_for(b, 20);
        if (i == 0)
            script_deliver(east, relay, 1, VF, VF + HOUR);
        bench_run_for(b, 10);
        opened = bench_event(b, "engines[0]", PROSE_EVENT_PDN_OPENED, NULL, -1);
        sent = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, NULL, -1);
        ck_assert_uint_eq(sent->time_ns - opened->time_ns, ue->jitter_ns);
    }
    /* What the user changes is told at once. */
    set_active(relay, false);
    bench_run_for(b, 1);
    ck_assert(script_stops(script_request(east, -1), relay));
}
END_TEST

START_TEST(with_another_connection_it_waits_anew)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    ue->jitter_ns = 100 * BENCH_S;
    bench_start(ue);
    bench_run_for(b, 50);
    bench_lose_pdn(ue);
    bench_run_for(b, 60);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, NULL), 0);
    bench_run_for(b, 60);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, NULL), 1);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("reach");
    TCase *tc = tcase_create("away and back");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, out_of_reach_nothing_is_asked_and_keys_stay_usable);
    tcase_add_loop_test(tc, whenever_it_goes_it_asks_again_when_it_is_back, 0, G_N_ELEMENTS(moments));
    tcase_add_test(tc, one_that_is_switched_on_out_of_reach_waits);
    tcase_add_test(tc, a_back_off_ends_out_of_reach);
    tcase_add_test(tc, a_release_that_was_held_happens_and_stays);
    tcase_add_test(tc, a_release_out_of_reach_needs_nobody);
    tcase_add_test(tc, what_was_stopped_out_of_reach_is_told_afterwards);
    suite_add_tcase(suite, tc);

    tc = tcase_create("shifts");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_shift_costs_what_its_place_says, 0, G_N_ELEMENTS(shifts));
    tcase_add_test(tc, the_pkmf_gives_up_on_one_that_is_away);
    suite_add_tcase(suite, tc);

    tc = tcase_create("jitter");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_first_requests_on_a_connection_may_wait);
    tcase_add_test(tc, with_another_connection_it_waits_anew);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
