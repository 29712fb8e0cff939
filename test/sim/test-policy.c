/* SPDX-License-Identifier: GPL-2.0-only */
/* What a PKMF and its discoveries may be told to do about load and rollover: from the scenario's words to what UEs see. */
#include "run.h"

#define HEAD "[simulation]\nduration = 60 s\nutc-start = 2026-06-01T08:00:00Z\n[pdn lan]\nloss = 0 %\n"
#define PKMF "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 3 s\n"
#define COMMAND "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 40 s\nlead = 10 s\n"
#define ENGINES(n) "[ue-group engines]\ncount = " #n "\nhold = command\npdn = lan\n"

static SimRun
run_text(const char *text)
{
    SimRun run = { .scenario = scenario_from_text(text, NULL), .keep = PROSE_EVENTS_ALL };

    sim_run(&run);
    return run;
}

static double
seconds(const ProseEvent *e)
{
    ck_assert_ptr_nonnull(e);
    return (double) e->time_ns / 1e9;
}

/* ---- the PKMF's load ---- */

START_TEST(a_full_queue_is_refused_and_each_ue_comes_back_when_it_was_told)
{
    g_auto(SimRun) run = run_text(HEAD PKMF "workers = 1\nservice-time-request = 200 ms\nqueue-limit = 3\nretry-after = uniform 4 s 12 s\n"
                                  COMMAND ENGINES(30));
    unsigned n_refused = sim_count(&run, PROSE_EVENT_HTTP_REFUSED, "pkmf east", "overload", NULL);
    double shortest = 60, longest = 0;

    ck_assert_uint_gt(n_refused, 5);
    for (unsigned i = 0; i < n_refused; i++) {
        const ProseEvent *refused = sim_find(&run, PROSE_EVENT_HTTP_REFUSED, "pkmf east", 0, i);
        const ProseEvent *failed = sim_find(&run, PROSE_EVENT_KEY_REQUEST_FAILED, refused->peer, seconds(refused), 0);
        const ProseEvent *again = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, refused->peer, seconds(failed), 0);
        double wait = seconds(again) - seconds(failed);

        ck_assert_double_eq(refused->value, 503);
        ck_assert_double_eq_tol(wait, round(wait), 1e-6);      /* Retry-After is in whole seconds */
        shortest = MIN(shortest, wait);
        longest = MAX(longest, wait);
    }
    ck_assert_msg(shortest > 3.999 && longest < 12.001 && longest > shortest + 2, "%.9f %.9f", shortest, longest);
    ck_assert_int_eq(summary_int(run.root, "pkmf.refused-503"), n_refused);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 30);
}
END_TEST

/* Nobody is told anything without a limit. */
START_TEST(without_a_limit_everybody_waits)
{
    g_auto(SimRun) run = run_text(HEAD PKMF "workers = 1\nservice-time-request = 200 ms\n" COMMAND ENGINES(20));

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_HTTP_REFUSED, NULL, NULL, NULL), 0);
    ck_assert_int_gt(summary_int(run.root, "pkmf.queue.max"), 3);
}
END_TEST

/* ---- away and back ---- */

START_TEST(a_pkmf_is_away_when_its_outage_says)
{
    g_auto(SimRun) run = run_text(HEAD PKMF "outage = 25 s .. 35 s\n" COMMAND ENGINES(3));

    ck_assert_double_eq(seconds(sim_find(&run, PROSE_EVENT_PKMF_DOWN, "pkmf east", 0, 0)), 25);
    ck_assert_double_eq(seconds(sim_find(&run, PROSE_EVENT_PKMF_UP, "pkmf east", 0, 0)), 35);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_PKMF_UP, "pkmf east", 0, 0)->cause, "state-kept");
    /* The key due at 30 s goes out as soon as it is back, without being asked for; the PMK is the old one. */
    for (unsigned i = 0; i < 3; i++) {
        const char *const names[] = { "engines[0]", "engines[1]", "engines[2]" };
        double stored = seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, names[i], 20, 0));

        ck_assert(stored > 35 && stored < 36);
        ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PMK_STORED, names[i], NULL, NULL), 1);
    }
}
END_TEST

START_TEST(a_pkmf_that_loses_its_state_waits_to_be_asked)
{
    g_auto(SimRun) run = run_text(HEAD PKMF "outage = 20 s .. 22 s\nrestart-keeps-state = no\n" COMMAND ENGINES(3));
    const char *const names[] = { "engines[0]", "engines[1]", "engines[2]" };

    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_PKMF_UP, "pkmf east", 0, 0)->cause, "state-lost");
    for (unsigned i = 0; i < 3; i++) {
        const ProseEvent *asked = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, names[i], 22, 0);
        const ProseEvent *sent = sim_find(&run, PROSE_EVENT_KEY_DELIVERY_SENT, "pkmf east", 22, i);

        /* Nobody is remembered at 30 s, when the next key is due. Each UE misses it and asks (R1), and is given another PMK. */
        ck_assert_str_eq(asked->cause, "successor");
        ck_assert_double_gt(seconds(asked), 30);
        ck_assert_double_gt(seconds(sent), 30);
        ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PMK_STORED, names[i], NULL, NULL), 2);
        ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, names[i], 22, 0)), seconds(asked));
    }
}
END_TEST

/* The same of an outage by events. */
START_TEST(events_lose_state_too)
{
    g_auto(SimRun) run = run_text(HEAD PKMF "restart-keeps-state = no\n" COMMAND ENGINES(1)
                                  "[event away]\nat = 20 s\ndo = pkmf-down east\n[event back]\nat = 21 s\ndo = pkmf-up east\n");

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PKMF_UP, "pkmf east", "state-lost", NULL), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PMK_STORED, "engines[0]", NULL, NULL), 2);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("policy");
    TCase *tc = tcase_create("load");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_full_queue_is_refused_and_each_ue_comes_back_when_it_was_told);
    tcase_add_test(tc, without_a_limit_everybody_waits);
    suite_add_tcase(suite, tc);

    tc = tcase_create("away and back");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_pkmf_is_away_when_its_outage_says);
    tcase_add_test(tc, a_pkmf_that_loses_its_state_waits_to_be_asked);
    tcase_add_test(tc, events_lose_state_too);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
