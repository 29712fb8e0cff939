/* SPDX-License-Identifier: GPL-2.0-only */
/* Same scenario, seed and run: the same octets. */
#include "run.h"

#include <string.h>

/* Small enough to run often, with everything that draws: loss, drift, service times, power on, mobility, probability. */
#define SCENARIO \
    "[simulation]\nduration = 20 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[radio]\narea = 300 m x 300 m\n" \
    "[pool]\nperiod = rf32\nretransmissions = 1\ntx-probability = p75\n" \
    "[prose-function operator]\npkmfs = east\n" \
    "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 3 s\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 10 s\nlead = 5 s\nmic = no\n" \
    "[pdn lan]\nloss = 5 %\n" \
    "[ue-group engines]\ncount = 6\nannounce = command\nmonitor = command\npdn = lan\npkmf-known = prose-function\n" \
    "power-on = exponential 1 s\nmobility = random-waypoint 1..5 m/s\nprose-clock-drift = normal 0 2 ppm 10 ppm\n" \
    "[event release]\nat = 9 s\ndo = network-releases-pdn engines[2]\n"

typedef struct Output {
    char *summary, *events, *settings, *pc5;
    size_t pc5_len;
} Output;

static void
output_clear(Output *o)
{
    g_free(o->summary);
    g_free(o->events);
    g_free(o->settings);
    g_free(o->pc5);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

/* Runs into a directory of its own and takes what must be the same each time. */
static Output
run_to_files(const char *text, const char *setting, const char *trace, bool pcap)
{
    const char *const settings[] = { setting, NULL };
    g_autofree char *parent = sim_directory();
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_auto(SimRun) run = { .scenario = scenario_from_text(text, setting ? settings : NULL),
                           .options = { .directory = directory, .trace = trace, .pcap = pcap } };
    Output o = { 0 };

    /* The file's own name is no setting. */
    g_free(run.scenario->path);
    g_free(run.scenario->name);
    run.scenario->path = g_strdup("small.ini");
    run.scenario->name = g_strdup("small");
    sim_run(&run);
    o.summary = sim_file(directory, "summary.json", NULL);
    o.settings = sim_file(directory, "settings.ini", NULL);
    if (trace)
        o.events = sim_file(directory, "events.csv", NULL);
    if (pcap)
        o.pc5 = sim_file(directory, "pc5.pcap", &o.pc5_len);
    sim_remove(parent);
    return o;
}

START_TEST(two_runs_give_the_same_octets)
{
    g_auto(Output) a = run_to_files(SCENARIO, NULL, "all", true);
    g_auto(Output) b = run_to_files(SCENARIO, NULL, "all", true);

    ck_assert_str_eq(a.settings, b.settings);
    ck_assert_str_eq(a.summary, b.summary);
    ck_assert_str_eq(a.events, b.events);
    ck_assert_uint_eq(a.pc5_len, b.pc5_len);
    ck_assert_mem_eq(a.pc5, b.pc5, a.pc5_len);
    /* Something happened that could have differed. */
    ck_assert_ptr_nonnull(strstr(a.events, ",accepted,"));
    ck_assert_ptr_nonnull(strstr(a.events, ",probability,"));
    ck_assert_ptr_nonnull(strstr(a.events, "key-started"));
}
END_TEST

/* Walkers that come and go in a cell, clocks that are set there by a network with errors of its own, power and a clock set by hand. */
#define PLACES \
    "[cell west]\nposition = 100 m 100 m\ncoverage = disc 120 m\npdn = lan\n" \
    "[time-source network]\nkind = nitz\nerror = uniform -3 s 3 s\nactive = every 4 s for 3 s\n" \
    "[time-source clock]\nkind = rtc\nset-from = network\nsince-set = uniform 0 1 d\ndrift = plain-crystal\n" \
    "[event off]\nat = 6 s\ndo = power engines[1] off\n[event on]\nat = 8 s\ndo = power engines[1] on\n" \
    "[event hand]\nat = 10 s\ndo = set-clock engines[4] 2026-06-01T08:00:12Z\n" \
    "[event away]\nat = 11 s\ndo = coverage engines[0] out\n"

START_TEST(places_and_clocks_draw_the_same_each_time)
{
    g_auto(Output) a = run_to_files(PLACES SCENARIO, NULL, "all", false);
    g_auto(Output) b = run_to_files(PLACES SCENARIO, NULL, "all", false);
    g_auto(Output) again = run_to_files(a.settings, NULL, "all", false);

    ck_assert_str_eq(a.summary, b.summary);
    ck_assert_str_eq(a.events, b.events);
    ck_assert_str_eq(a.events, again.events);
    ck_assert_str_eq(a.settings, again.settings);
    ck_assert_ptr_nonnull(strstr(a.events, "coverage-changed,in"));
    ck_assert_ptr_nonnull(strstr(a.events, "coverage-changed,out"));
    ck_assert_ptr_nonnull(strstr(a.events, ",clock,"));
    ck_assert_ptr_nonnull(strstr(a.events, ",network,"));
}
END_TEST

START_TEST(a_run_in_between_leaves_no_trace)
{
    g_auto(Output) a = run_to_files(SCENARIO, NULL, "all", false);
    g_auto(Output) other = run_to_files(SCENARIO, "simulation.run=7", NULL, false);
    g_auto(Output) b = run_to_files(SCENARIO, NULL, "all", false);

    ck_assert_str_ne(a.summary, other.summary);
    ck_assert_str_eq(a.summary, b.summary);
    ck_assert_str_eq(a.events, b.events);
}
END_TEST

static const char *const others[] = { "simulation.run=2", "simulation.seed=2" };

START_TEST(another_run_or_seed_gives_something_else)
{
    g_auto(Output) a = run_to_files(SCENARIO, NULL, "slot-sent", false);
    g_auto(Output) b = run_to_files(SCENARIO, others[_i], "slot-sent", false);

    ck_assert_str_ne(a.events, b.events);
    ck_assert_str_ne(a.summary, b.summary);
}
END_TEST

#define POWER \
    "[event off]\nat = 6.01 s\ndo = power engines[1..2] off\n[event on]\nat = 8.005 s\ndo = power engines[1..2] on\n"

/* Also where what a UE knows changes in the middle of a period, and where nobody is in the way of hearing late. */
static const char *const watched_runs[] = { SCENARIO, POWER SCENARIO, PLACES SCENARIO };

START_TEST(watching_changes_nothing)
{
    g_auto(Output) quiet = run_to_files(watched_runs[_i], NULL, NULL, false);
    g_auto(Output) watched = run_to_files(watched_runs[_i], NULL, "all", true);

    ck_assert_str_eq(quiet.summary, watched.summary);
}
END_TEST

/* settings.ini runs again as it is, so it holds everything. */
START_TEST(the_settings_written_give_the_same_run)
{
    g_auto(Output) a = run_to_files(SCENARIO, "engines.count=5", "all", false);
    g_auto(Output) b = run_to_files(a.settings, NULL, "all", false);

    ck_assert_str_eq(a.events, b.events);
    ck_assert_str_eq(a.settings, b.settings);
}
END_TEST

/* Resource and time of each slot of the first six UEs, whoever else is there. */
START_TEST(another_ue_changes_nobody_else_s_draws)
{
    const char *const more[] = { "engines.count=9", NULL };
    g_auto(SimRun) few = { .scenario = scenario_from_text(SCENARIO, NULL), .keep = PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) };
    g_auto(SimRun) many = { .scenario = scenario_from_text(SCENARIO, more), .keep = PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) };
    unsigned compared = 0;

    sim_run(&few);
    sim_run(&many);
    for (unsigned ue = 0; ue < 6; ue++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", ue);
        /* Once both have their keys for sure, slots follow from draws alone. */
        unsigned n_few = 0, n_many = 0;
        const ProseEvent *a, *b;

        while ((a = sim_find(&few, PROSE_EVENT_SLOT_SENT, name, 12, n_few++)) && (b = sim_find(&many, PROSE_EVENT_SLOT_SENT, name, 12, n_many++))) {
            ck_assert_uint_eq(a->time_ns, b->time_ns);
            ck_assert_int_eq(a->resource, b->resource);
            compared++;
        }
    }
    ck_assert_uint_gt(compared, 50);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("determinism");
    TCase *tc = tcase_create("determinism");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, two_runs_give_the_same_octets);
    tcase_add_test(tc, places_and_clocks_draw_the_same_each_time);
    tcase_add_test(tc, a_run_in_between_leaves_no_trace);
    tcase_add_loop_test(tc, another_run_or_seed_gives_something_else, 0, G_N_ELEMENTS(others));
    tcase_add_loop_test(tc, watching_changes_nothing, 0, G_N_ELEMENTS(watched_runs));
    tcase_add_test(tc, the_settings_written_give_the_same_run);
    tcase_add_test(tc, another_ue_changes_nobody_else_s_draws);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
