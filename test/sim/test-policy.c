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

/* ---- when keys are delivered ---- */

/* When @ue was first sent the key that starts at @start_s. */
static double
sent_s(const SimRun *run, const char *ue, double start_s)
{
    const ProseEvent *e;

    for (unsigned n = 0; (e = sim_find(run, PROSE_EVENT_KEY_DELIVERY_SENT, "pkmf east", 0, n)); n++) {
        if (strcmp(e->peer, ue) == 0 && (double) (e->valid_from - run->scenario->utc_start_s) == start_s && e->value == 1)
            return seconds(e);
    }
    ck_abort_msg("%s was never sent the key of %g s", ue, start_s);
}

#define LONG "simulation.duration=110 s"

static SimRun
run_with(const char *text, const char *const *settings)
{
    SimRun run = { .scenario = scenario_from_text(text, settings),
                   .keep = PROSE_EVENTS_ALL & ~(PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED)) };

    sim_run(&run);
    return run;
}

START_TEST(a_drawn_spread_is_another_one_for_each_ue_and_key)
{
    static const char *const settings[] = { LONG, "command.lead-spread=uniform 0 s 4 s", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND ENGINES(20), settings);
    double least = 60, most = 0;
    unsigned alike = 0;

    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);
        double first = sent_s(&run, name, 40) - 30, second = sent_s(&run, name, 80) - 70;

        least = MIN(least, first);
        most = MAX(most, first);
        alike += fabs(first - second) < 0.1;
    }
    ck_assert(least >= 0 && least < 1 && most > 3 && most < 4.1);
    ck_assert_uint_lt(alike, 5);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 20 * 2);
}
END_TEST

START_TEST(a_hashed_spread_gives_each_ue_its_place_for_good)
{
    static const char *const settings[] = { LONG, "command.lead-spread=hash 4 s", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND ENGINES(20), settings);
    double least = 60, most = 0;

    for (unsigned i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);
        double first = sent_s(&run, name, 40) - 30, second = sent_s(&run, name, 80) - 70;

        ck_assert_double_eq_tol(first, second, 0.05);
        least = MIN(least, first);
        most = MAX(most, first);
    }
    ck_assert(least >= 0 && least < 1 && most > 3 && most < 4.1);
}
END_TEST

START_TEST(groups_follow_each_other)
{
    static const char *const settings[] = { "command.lead-spread=by-group 4 s", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND "[discovery other]\ndiscovery-group-id = 7\npkmf = east\n"
                                  ENGINES(3) "[ue-group aside]\ncount = 1\nhold = other\npdn = lan\n"
                                  "[ue-group trucks]\ncount = 3\nhold = command\npdn = lan\n", settings);

    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *engine = g_strdup_printf("engines[%u]", i), *truck = g_strdup_printf("trucks[%u]", i);

        ck_assert_double_eq_tol(sent_s(&run, engine, 40), 30, 0.05);
        ck_assert_double_eq_tol(sent_s(&run, truck, 40), 32, 0.05);     /* two groups take part, so half of the time */
    }
}
END_TEST

START_TEST(a_pace_is_so_many_a_second)
{
    static const char *const settings[] = { "east.delivery-pace=2 /s", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND ENGINES(8), settings);
    double times[8];

    for (unsigned i = 0; i < 8; i++) {
        const ProseEvent *e = sim_find(&run, PROSE_EVENT_KEY_DELIVERY_SENT, "pkmf east", 29, i);

        times[i] = seconds(e);
        ck_assert_double_eq_tol(times[i], 30 + 0.5 * i, 0.01);
    }
}
END_TEST

START_TEST(keys_ahead_come_with_the_request)
{
    static const char *const settings[] = { LONG, "command.keys-ahead=2", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND ENGINES(2), settings);

    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);

        for (int period = 0; period < 3; period++) {
            ck_assert_double_lt(sent_s(&run, name, period * 40), 2);
            ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_STORED, name, NULL, NULL), 3);
        }
    }
}
END_TEST

/* ---- how long keys are kept, and by which a receiver goes ---- */

START_TEST(past_keys_are_kept_as_long_as_it_says)
{
    static const char *const settings[] = { LONG, "command.keep-past=15 s", "engines.prose-clock-drift=0 ppm", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND ENGINES(1), settings);
    const ProseEvent *wiped = sim_find(&run, PROSE_EVENT_KEY_WIPED, "engines[0]", 0, 0);

    ck_assert_str_eq(wiped->cause, "expired");
    ck_assert_double_eq_tol(seconds(wiped), 40 + 3 + 15, 1.1);
}
END_TEST

/* The receiver's ProSe clock is two seconds behind when the sender changes keys. */
static SimRun
run_slow_receiver(const char *overlap)
{
    const char *const settings[] = { overlap, "profile.receive-key=clock", NULL };

    return run_with(HEAD PKMF COMMAND
                    "[ue-group sender]\ncount = 1\nannounce = command\npdn = lan\nplacement = point 0 m 0 m\nmobility = static\n"
                    "prose-clock-drift = 0 ppm\n"
                    "[ue-group receiver]\ncount = 1\nmonitor = command\npdn = lan\nplacement = point 9 m 0 m\nmobility = static\n"
                    "prose-clock-drift = -50000 ppm\n", settings);
}

START_TEST(an_overlap_bridges_the_clocks_of_two_ues)
{
    g_auto(SimRun) none = run_slow_receiver("command.overlap=0 s"), wide = run_slow_receiver("command.overlap=max-offset");
    unsigned right = sim_count(&wide, PROSE_EVENT_CANDIDATE, "receiver[0]", "accepted", NULL)
                     + sim_count(&wide, PROSE_EVENT_CANDIDATE, "receiver[0]", "repeated", NULL);
    unsigned lost = sim_count(&none, PROSE_EVENT_CANDIDATE, "receiver[0]", "not-for-me", NULL)
                    + sim_count(&none, PROSE_EVENT_CANDIDATE, "receiver[0]", "mic", NULL);

    ck_assert_uint_eq(sim_count(&wide, PROSE_EVENT_CANDIDATE, "receiver[0]", "not-for-me", NULL), 0);
    ck_assert_uint_gt(right, 100);
    /* Two seconds of a message each 320 ms. */
    ck_assert_uint_ge(lost, 5);
    ck_assert_uint_le(lost, 10);
}
END_TEST

/* ---- who is shut out ---- */

#define LEAVER "[event leaver]\nat = 10 s\ndo = "

START_TEST(a_revocation_replaces_keys_or_does_not)
{
    static const char *const settings[] = { "command.emergency=none", NULL };
    g_auto(SimRun) replaced = run_with(HEAD PKMF COMMAND ENGINES(3) LEAVER "revoke engines[1] command\n", NULL);
    g_auto(SimRun) kept = run_with(HEAD PKMF COMMAND ENGINES(3) LEAVER "revoke engines[1] command\n", settings);
    const ProseEvent *revoked = sim_find(&kept, PROSE_EVENT_AUTHORISATION_CHANGED, "pkmf east", 10, 0);

    ck_assert_uint_eq(sim_count(&replaced, PROSE_EVENT_PSDK_REPLACED, NULL, "revoked", "engines[1]"), 1);
    ck_assert_uint_eq(sim_count(&kept, PROSE_EVENT_PSDK_REPLACED, NULL, NULL, NULL), 0);
    ck_assert_double_eq(revoked->value, 30);       /* its last key ends at 40 s */
    ck_assert_double_lt(sent_s(&replaced, "engines[0]", 0), 2);
    ck_assert_uint_eq(sim_count(&replaced, PROSE_EVENT_KEY_WIPED, "engines[0]", "deleted", NULL), 1);
    ck_assert_uint_eq(sim_count(&kept, PROSE_EVENT_KEY_WIPED, "engines[0]", "deleted", NULL), 0);
}
END_TEST

START_TEST(a_leave_replaces_keys_where_it_should)
{
    static const char *const settings[] = { "command.rollover-at-leave=yes", NULL };
    g_auto(SimRun) run = run_with(HEAD PKMF COMMAND ENGINES(3) LEAVER "stop engines[1] command\n", settings);

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PSDK_REPLACED, NULL, "left", "engines[1]"), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_WIPED, "engines[0]", "deleted", NULL), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_WIPED, "engines[1]", "deleted", NULL), 0);
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

    tc = tcase_create("delivery");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_drawn_spread_is_another_one_for_each_ue_and_key);
    tcase_add_test(tc, a_hashed_spread_gives_each_ue_its_place_for_good);
    tcase_add_test(tc, groups_follow_each_other);
    tcase_add_test(tc, a_pace_is_so_many_a_second);
    tcase_add_test(tc, keys_ahead_come_with_the_request);
    suite_add_tcase(suite, tc);

    tc = tcase_create("keys");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, past_keys_are_kept_as_long_as_it_says);
    tcase_add_test(tc, an_overlap_bridges_the_clocks_of_two_ues);
    tcase_add_test(tc, a_revocation_replaces_keys_or_does_not);
    tcase_add_test(tc, a_leave_replaces_keys_where_it_should);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
