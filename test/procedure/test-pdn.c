/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PDN connection that keys come over: its release by the user and by the network (REQ-66422-03 to -07; rules R7; the
 * shape of TS 36.523-1 test case 19.1.8).
 */
#include "one-ue.h"

static Script *west;

static void
start_at_two(void)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(WEST, group) };

    west = script_new(b, "pkmf west", WEST);
    start_with(d, 2);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}

static void
ask_release(void)
{
    prose_ue_request_pdn_release(ue->ue, b->now_ns);
}

static unsigned
n_released(const char *by)
{
    return n_events(PROSE_EVENT_PDN_RELEASED, by);
}

/* ---- by the user ---- */

/* REQ-66422-03 */
START_TEST(a_release_is_held_until_each_pkmf_has_answered_the_stop)
{
    start_at_two();
    west->silent = true;
    ask_release();
    bench_run_for(b, 1);
    /* East is told, West has not answered: one of two is not enough. */
    ck_assert(script_stops(script_request(east, -1), relay) && script_request(east, -1)->n_wants == 0);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_STOPPED);
    ck_assert(!ue->released && ue->address != 0);
    ck_assert_double_eq(bench_event(b, NULL, PROSE_EVENT_PDN_RELEASE_HELD, NULL, 0)->value, 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "release"), 2);

    /* Without limit. */
    bench_run_for(b, 2 * HOUR);
    ck_assert(!ue->released);
    ck_assert(script_stops(script_request(west, -1), group));
    ck_assert_uint_eq(east->requests->len, 2);

    west->silent = false;
    bench_run_for(b, 70);
    ck_assert(ue->released && ue->address == 0 && prose_ue_address(ue->ue) == 0);
    ck_assert_uint_eq(n_released("by-ue"), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PDN_RELEASE_HELD, NULL), 1);
    bench_run_for(b, HOUR);
    ck_assert_uint_eq(ue->pdn_asked, 1);           /* and it stays so */
}
END_TEST

/* REQ-66422-03 */
START_TEST(the_answer_to_the_stop_is_in_before_the_connection_goes)
{
    start_at_two();
    ask_release();
    bench_run_for(b, 5);
    ck_assert_uint_eq(n_released("by-ue"), 1);
    ck_assert_uint_ge(bench_event(b, NULL, PROSE_EVENT_PDN_RELEASED, NULL, 0)->time_ns,
                      bench_event(b, "engines[0]", PROSE_EVENT_KEY_RESPONSE_RECEIVED, NULL, 3)->time_ns);
    /* Its own close is on the way to each PKMF: none is left with half an exchange. */
    ck_assert_uint_eq(bench_count(b, "pkmf east", PROSE_EVENT_TLS_FAILED, NULL), 0);
    ck_assert_uint_eq(bench_count(b, "pkmf west", PROSE_EVENT_TLS_FAILED, NULL), 0);
}
END_TEST

/* REQ-66422-03 */
START_TEST(only_who_supplies_has_to_be_told)
{
    west = script_new(b, "pkmf west", WEST);
    west->refusal = PROSE_STATUS_NOT_AUTHORISED;
    {
        const ProseUeDiscovery d[] = { at(EAST, relay), at(WEST, group), at(WEST, pgk) };

        start_with(d, 3);
    }
    if (_i == 1) {                                 /* and East has been told before */
        set_active(relay, false);
        bench_run_for(b, 1);
    }
    ask_release();
    ck_assert_int_eq(ue->released, _i);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PDN_RELEASE_HELD, NULL), !_i);
    bench_run_for(b, 1);
    ck_assert(ue->released);
    ck_assert_uint_eq(west->requests->len, 1);
    ck_assert_uint_eq(east->requests->len, 2);
}
END_TEST

/* REQ-66422-03 */
START_TEST(a_supply_that_comes_while_it_waits_has_to_be_stopped_too)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(WEST, group) };

    west = script_new(b, "pkmf west", WEST);
    ue = bench_add_ue(b, "engines[0]", d, 2);
    set_active(group, false);
    bench_start(ue);
    bench_run_for(b, 1);
    set_active(group, true);
    ck_assert(bench_run_to_event(b, "engines[0]", PROSE_EVENT_TLS_ESTABLISHED, 1));
    east->silent = true;                           /* so that the release waits */
    ask_release();                                 /* while West's answer is on its way */
    ck_assert_double_eq(bench_event(b, NULL, PROSE_EVENT_PDN_RELEASE_HELD, NULL, 0)->value, 1);
    bench_run_for(b, 1);
    ck_assert_uint_eq(west->requests->len, 2);
    ck_assert(script_stops(script_request(west, -1), group));
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_STOPPED);
    ck_assert(!ue->released);
    east->silent = false;
    bench_run_for(b, 70);
    ck_assert(ue->released);
}
END_TEST

START_TEST(while_a_release_is_held_no_key_is_wanted_and_what_is_held_stays_usable)
{
    ProseSlot slot;

    start_at_two();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    west->silent = true;
    ask_release();
    bench_run_for(b, 1);
    script_deliver(west, group, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REFUSED, "not-wanted"), 1);
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_SENT);
    west->silent = false;
    bench_run_for(b, 10);
    ck_assert(ue->released);
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_SENT);
}
END_TEST

START_TEST(who_takes_part_again_keeps_a_connection_that_is_held_and_reopens_one_that_is_gone)
{
    start_at_two();
    west->silent = _i == 0;
    ask_release();
    bench_run_for(b, 1);
    ck_assert_int_eq(ue->released, _i);
    west->silent = false;
    bench_start(ue);
    bench_run_for(b, 10);
    ck_assert(!ue->released && ue->address != 0);
    ck_assert_uint_eq(ue->pdn_asked, 1u + (unsigned) _i);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_ptr_nonnull(script_want(script_request(east, -1), relay));
}
END_TEST

START_TEST(a_new_discovery_takes_back_a_held_release)
{
    start_at_two();
    set_active(group, false);
    bench_run_for(b, 1);
    east->silent = true;
    ask_release();
    bench_run_for(b, 1);
    ck_assert(!ue->released);
    set_active(group, true);
    east->silent = false;
    bench_run_for(b, 10);
    ck_assert(!ue->released);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_release_before_there_is_a_connection_needs_nobody)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    ue->pdn_available = _i != 2;
    if (_i > 0)
        bench_start(ue);
    if (_i == 2)
        bench_run_for(b, 1);                       /* it failed, and waits */
    ask_release();
    bench_run_for(b, 100);
    ck_assert_uint_eq(east->requests->len, 0);
    ck_assert(prose_ue_address(ue->ue) == 0 && ue->address == 0);
    ck_assert_uint_eq(ue->pdn_asked, _i > 0);
    ue->pdn_available = true;
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_start_before_the_late_connection_is_there_takes_that_one)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);
    ask_release();
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(ue->pdn_asked, 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* ---- by the network ---- */

/* REQ-66422-05 */
START_TEST(after_a_release_by_the_network_each_pkmf_is_told_the_new_address)
{
    ProseAddress old;

    start_at_two();
    old = ue->address;
    bench_lose_pdn(ue);
    ck_assert_uint_eq(n_released("by-network"), 1);
    bench_run_for(b, 1);
    ck_assert(ue->address != 0 && ue->address != old);
    ck_assert_uint_eq(prose_ue_address(ue->ue), ue->address);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "address"), 2);
    ck_assert_uint_eq(east->last_address, ue->address);
    ck_assert_uint_eq(west->last_address, ue->address);
    ck_assert_ptr_nonnull(script_want(script_request(east, -1), relay));
    ck_assert_uint_eq(bench_event(b, NULL, PROSE_EVENT_PDN_OPENED, NULL, 1)->value, ue->address);

    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_held(relay), 1);
    ck_assert_uint_eq(b->lost_udp, 0);
}
END_TEST

/* REQ-66422-05 */
START_TEST(where_there_is_no_connection_it_is_tried_after_2_4_8_16_and_then_every_60_s)
{
    static const unsigned by_then[] = { 1, 2, 2, 3, 4, 5, 5, 6, 7 };   /* at 1, 3, 5, 7, 15, 31, 60, 91, 151 s */
    static const double at_s[] = { 1, 3, 5, 7, 15, 31, 60, 91.5, 152 };
    uint64_t lost_ns;
    ProseSlot slot;

    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ue->pdn_available = false;
    ue->pdn_asked = 0;
    lost_ns = b->now_ns;
    bench_lose_pdn(ue);
    for (unsigned i = 0; i < G_N_ELEMENTS(at_s); i++) {
        bench_run_until(b, lost_ns + (uint64_t) (at_s[i] * 1e9));
        ck_assert_msg(ue->pdn_asked == by_then[i], "%u tries %.1f s after the loss", ue->pdn_asked, at_s[i]);
    }
    /* The keys in hand are as good as before. */
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_SENT);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, NULL), 1);

    ue->pdn_available = true;
    bench_run_for(b, 61);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "address"), 1);
}
END_TEST

/* REQ-66422-05 */
START_TEST(a_request_that_the_network_cuts_off_is_made_again_on_the_new_connection)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);
    if (_i)
        ck_assert(bench_run_to_event(b, "engines[0]", PROSE_EVENT_TLS_ESTABLISHED, 1));
    else
        ck_assert(bench_run_to_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, 1));
    bench_lose_pdn(ue);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, "closed"), 1);
    bench_run_for(b, 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, NULL), 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "address"), 1);
}
END_TEST

/* REQ-66422-05 */
START_TEST(a_back_off_does_not_outlive_the_connection)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    east->silent = true;
    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);
    bench_run_for(b, 70);                          /* the fifth try is over, the next is 60 s away */
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, NULL), 5);
    bench_lose_pdn(ue);
    bench_run_for(b, 6);                           /* asked at once */
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, NULL), 6);
    east->silent = false;
    bench_run_for(b, 2);                           /* and again after 2 s, the first step of the back-off */
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_release_by_the_network_waits_for_nothing_even_if_one_was_held)
{
    start_at_two();
    west->silent = true;
    ask_release();
    bench_run_for(b, 1);
    bench_lose_pdn(ue);
    ck_assert_uint_eq(n_released("by-network"), 1);
    bench_run_for(b, 200);
    ck_assert_uint_eq(ue->pdn_asked, 1);           /* the user wanted it gone */
    ck_assert(!ue->released);
}
END_TEST

/* REQ-66422-14 */
START_TEST(a_stop_that_could_not_be_told_is_told_on_the_next_connection)
{
    start_at_two();
    bench_lose_pdn(ue);
    ck_assert_int_eq(prose_ue_set_active(ue->ue, group, false, b->now_ns), 0);
    bench_run_for(b, 1);
    ck_assert(script_stops(script_request(west, -1), group));
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_STOPPED);
}
END_TEST

/* ---- with the real PKMF ---- */

/* REQ-66422-06, REQ-66422-07 */
START_TEST(the_pkmf_keeps_one_address_and_sends_nothing_to_the_old_one)
{
    const ProseUeDiscovery d[] = { at("pkmf.north.example", relay) };
    BenchServer *north = bench_add_pkmf(b, "pkmf north", "pkmf.north.example", 32);
    const ProsePkmfDiscovery served = {
        .scope = relay, .meta = { .scrambling = true, .mic = true }, .first_start_s = VF, .cryptoperiod_s = 1000, .lead_s = 400,
    };
    ProsePkmfUeView seen;

    ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(north), &served), 0);
    ue = bench_add_ue(b, "engines[0]", d, 1);
    prose_pkmf_authorise(bench_pkmf(north), ue->gba->impi, relay, true, b->now_ns);
    bench_start(ue);
    bench_run_for(b, 5);
    ck_assert_uint_eq(n_held(relay), 1);
    bench_lose_pdn(ue);
    bench_run_for(b, 5);
    ck_assert_int_eq(prose_pkmf_view_ue(bench_pkmf(north), ue->gba->impi, &seen), 0);
    ck_assert_uint_eq(seen.address, ue->address);
    bench_run_for(b, 700);                         /* the next key has come */
    ck_assert_uint_eq(n_held(relay), 2);
    ck_assert_uint_eq(b->lost_udp, 0);

    ask_release();
    bench_run_for(b, 5);
    ck_assert(ue->released);
    ck_assert(!prose_pkmf_has_scope(bench_pkmf(north), ue->gba->impi, relay));
    bench_run_for(b, 2000);
    ck_assert_uint_eq(b->lost_udp, 0);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pdn");
    TCase *tc = tcase_create("by the user");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_release_is_held_until_each_pkmf_has_answered_the_stop);
    tcase_add_test(tc, the_answer_to_the_stop_is_in_before_the_connection_goes);
    tcase_add_loop_test(tc, only_who_supplies_has_to_be_told, 0, 2);
    tcase_add_test(tc, a_supply_that_comes_while_it_waits_has_to_be_stopped_too);
    tcase_add_test(tc, while_a_release_is_held_no_key_is_wanted_and_what_is_held_stays_usable);
    tcase_add_loop_test(tc, who_takes_part_again_keeps_a_connection_that_is_held_and_reopens_one_that_is_gone, 0, 2);
    tcase_add_test(tc, a_new_discovery_takes_back_a_held_release);
    tcase_add_loop_test(tc, a_release_before_there_is_a_connection_needs_nobody, 0, 3);
    tcase_add_test(tc, a_start_before_the_late_connection_is_there_takes_that_one);
    suite_add_tcase(suite, tc);

    tc = tcase_create("by the network");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, after_a_release_by_the_network_each_pkmf_is_told_the_new_address);
    tcase_add_test(tc, where_there_is_no_connection_it_is_tried_after_2_4_8_16_and_then_every_60_s);
    tcase_add_loop_test(tc, a_request_that_the_network_cuts_off_is_made_again_on_the_new_connection, 0, 2);
    tcase_add_test(tc, a_back_off_does_not_outlive_the_connection);
    tcase_add_test(tc, a_release_by_the_network_waits_for_nothing_even_if_one_was_held);
    tcase_add_test(tc, a_stop_that_could_not_be_told_is_told_on_the_next_connection);
    tcase_add_test(tc, the_pkmf_keeps_one_address_and_sends_nothing_to_the_old_one);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
