/* SPDX-License-Identifier: GPL-2.0-only */
/* UEs out of reach, accesses in outage, PDN connections that the network releases, losses in bursts: as a scenario's words say. */
#include "run.h"

#define HEAD "[simulation]\nduration = 60 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 3 s\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 40 s\nlead = 10 s\n" \
    "[pdn lan]\nloss = 0 %\n" \
    "[ue-group engines]\ncount = 3\nhold = command\npdn = lan\nprose-clock-drift = 0 ppm\n"

static SimRun
run_with(const char *setting, const char *another)
{
    const char *const settings[] = { setting, another, NULL };
    SimRun run = { .scenario = scenario_from_text(HEAD, settings), .keep = PROSE_EVENTS_ALL };

    sim_run(&run);
    return run;
}

static double
seconds(const ProseEvent *e)
{
    ck_assert_ptr_nonnull(e);
    return (double) e->time_ns / 1e9;
}

/* ---- off-network ---- */

START_TEST(who_is_back_within_the_lead_has_the_key_in_time)
{
    g_auto(SimRun) run = run_with("engines.off-network=20 s .. 35 s", NULL);

    ck_assert_double_eq(seconds(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "engines[1]", 0, 0)), 20);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "engines[1]", 0, 0)->cause, "off-network");
    ck_assert_double_eq_tol(seconds(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[1]", 20, 0)), 35.1, 0.01);
    ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 20, 0)), 35);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 3);
    ck_assert_int_eq(summary_count(run.root, "pdn.release", "off-network"), 3);
}
END_TEST

START_TEST(who_is_away_over_the_switch_is_without_a_key)
{
    g_auto(SimRun) run = run_with("engines.off-network=25 s .. 50 s", NULL);
    const ProseEvent *stored = sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 20, 0);

    ck_assert(seconds(stored) > 50 && seconds(stored) < 52);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "engines[1]", 20, 0)->cause, "address");
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, NULL, NULL, NULL), 0);   /* out of reach nobody asks */
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 0);
    ck_assert_int_eq(summary_int(run.root, "rollover.wanted"), 3);
}
END_TEST

START_TEST(one_that_is_away_from_the_start_begins_when_it_is_back)
{
    g_auto(SimRun) run = run_with("ue engines[2].off-network=0 s .. 10 s, 30 s .. 1 h", NULL);

    ck_assert_double_lt(seconds(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[0]", 0, 0)), 1);
    ck_assert_double_eq_tol(seconds(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[2]", 0, 0)), 10.1, 0.01);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "engines[2]", 0, 0)->cause, "set");
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, "engines[2]", NULL, NULL), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_RELEASED, NULL, "off-network", NULL), 1);
}
END_TEST

/* When @ue leaves, from the @n-th time on. */
static double
leaves_s(const SimRun *run, const char *ue, unsigned n)
{
    return seconds(sim_find(run, PROSE_EVENT_PDN_RELEASED, ue, 0, n));
}

START_TEST(shifts_by_chance_are_each_ues_own_and_stay_when_others_come)
{
    const char *shift = "engines.off-network=every uniform 10 s 14 s for uniform 3 s 5 s";
    g_auto(SimRun) run = run_with(shift, NULL), more = run_with(shift, "engines.count=5");

    for (unsigned n = 0; n < 3; n++) {
        double left = leaves_s(&run, "engines[0]", n);
        double back = seconds(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[0]", left, 0));

        ck_assert_double_eq(left, leaves_s(&more, "engines[0]", n));
        ck_assert_double_ne(left, leaves_s(&run, "engines[1]", n));
        ck_assert(left - (n ? leaves_s(&run, "engines[0]", n - 1) : 0) >= 10 && left - (n ? leaves_s(&run, "engines[0]", n - 1) : 0) <= 14);
        ck_assert(back - left >= 3.1 - 1e-6 && back - left <= 5.1 + 1e-6);
    }
}
END_TEST

/* ---- outage ---- */

START_TEST(an_outage_takes_packets_and_leaves_the_address)
{
    g_auto(SimRun) run = run_with("lan.outage=29 s .. 39 s", NULL);

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_RELEASED, NULL, NULL, NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);
        double stored = seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, name, 20, 0));

        /* Rules M2: sent at 30, 32, 36 and 44 s, unless the UE asks before. */
        ck_assert(stored > 39 && stored < 45);
    }
    ck_assert_int_ge(summary_int(run.root, "keys.retransmitted"), 6);
}
END_TEST

START_TEST(an_outage_of_a_cell_s_worth_is_of_its_ues_alone)
{
    g_auto(SimRun) run = run_with("ue engines[0..1].pdn-outage=29 s .. 39 s", "lan.outage=28 s .. 29.5 s");

    ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[0]", 20, 0)), 39);     /* still in the other */
    ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 20, 0)), 39);
    ck_assert_double_lt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[2]", 20, 0)), 31);
}
END_TEST

/* ---- release ---- */

START_TEST(the_network_releases_when_it_says_and_each_address_is_told)
{
    g_auto(SimRun) run = run_with("lan.release=15 s, 25 s", NULL);

    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);

        ck_assert_double_eq(leaves_s(&run, name, 0), 15);
        ck_assert_double_eq(leaves_s(&run, name, 1), 25);
        ck_assert_double_ne(sim_find(&run, PROSE_EVENT_PDN_OPENED, name, 0, 0)->value, sim_find(&run, PROSE_EVENT_PDN_OPENED, name, 15, 0)->value);
        ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_REQUEST_SENT, name, "address", NULL), 2);
    }
    ck_assert_int_eq(summary_count(run.root, "pdn.release", "by-network"), 6);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 3);
}
END_TEST

START_TEST(releases_at_a_rate_are_drawn_for_each_ue)
{
    g_auto(SimRun) run = run_with("lan.release=every exponential 6 s", NULL);
    unsigned n = sim_count(&run, PROSE_EVENT_PDN_RELEASED, NULL, "by-network", NULL);

    ck_assert(n > 10 && n < 50);           /* three UEs for a minute: 30 on average */
    ck_assert_double_ne(leaves_s(&run, "engines[0]", 0), leaves_s(&run, "engines[1]", 0));
}
END_TEST

/* ---- losses in bursts, jitter ---- */

/* The same share of time: most UEs see nothing of bursts, where single losses hit everybody. */
START_TEST(bursts_hit_few_and_hard)
{
    g_auto(SimRun) single = run_with("lan.loss=20 %", "engines.count=60"), burst = run_with("lan.burst-loss=20 % for 10 s", "engines.count=60");
    double in_single = summary_double(single.root, "keys.request-to-key.p50"), in_burst = summary_double(burst.root, "keys.request-to-key.p50");

    ck_assert_msg(in_burst < 0.6 && in_single > 1, "%g %g", in_single, in_burst);
    ck_assert_double_gt(summary_double(burst.root, "keys.request-to-key.max"), 5);
}
END_TEST

START_TEST(jitter_spreads_who_comes_together)
{
    g_auto(SimRun) run = run_with("engines.request-jitter=uniform 0 s 5 s", "engines.count=20");
    double least = 60, most = 0;

    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);
        double wait = seconds(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, name, 0, 0)) - seconds(sim_find(&run, PROSE_EVENT_PDN_OPENED, name, 0, 0));

        least = MIN(least, wait);
        most = MAX(most, wait);
    }
    ck_assert(least >= 0 && least < 1.5 && most > 3.5 && most < 5.0001);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("reach");
    TCase *tc = tcase_create("reach");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, who_is_back_within_the_lead_has_the_key_in_time);
    tcase_add_test(tc, who_is_away_over_the_switch_is_without_a_key);
    tcase_add_test(tc, one_that_is_away_from_the_start_begins_when_it_is_back);
    tcase_add_test(tc, shifts_by_chance_are_each_ues_own_and_stay_when_others_come);
    tcase_add_test(tc, an_outage_takes_packets_and_leaves_the_address);
    tcase_add_test(tc, an_outage_of_a_cell_s_worth_is_of_its_ues_alone);
    tcase_add_test(tc, the_network_releases_when_it_says_and_each_address_is_told);
    tcase_add_test(tc, releases_at_a_rate_are_drawn_for_each_ue);
    tcase_add_test(tc, bursts_hit_few_and_hard);
    tcase_add_test(tc, jitter_spreads_who_comes_together);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
