/* SPDX-License-Identifier: GPL-2.0-only */
/* What it means to a UE where it is, through whole runs: cells that it enters and leaves, a PDN that hangs on them, power. */
#include "run.h"

#include <math.h>

#define CHANGES (PROSE_EVENT_BIT(PROSE_EVENT_COVERAGE_CHANGED) | PROSE_EVENT_BIT(PROSE_EVENT_TIME_SOURCE_CHANGED))
#define PDN (PROSE_EVENT_BIT(PROSE_EVENT_PDN_OPENED) | PROSE_EVENT_BIT(PROSE_EVENT_PDN_RELEASED) | PROSE_EVENT_BIT(PROSE_EVENT_KEY_REQUEST_SENT))
#define SLOTS (PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED))

/* A walker crosses two cells at 10 m/s, from x = 0 on: west reaches from 100 m to 300 m, east from 250 m to 550 m; a sitter stays. */
#define WALK "[simulation]\nduration = 60 s\n" \
    "[cell west]\nposition = 200 m 0 m\ncoverage = disc 100 m\n" \
    "[cell east]\nposition = 400 m 0 m\ncoverage = disc 150 m\n" \
    "[discovery command]\ndiscovery-group-id = 0xA1B2\nkeys = provisioned\n" \
    "[ue-group walker]\ncount = 1\nannounce = command\nmonitor = command\nplacement = point 0 m 0 m\n" \
    "mobility = ns3::ConstantVelocityMobilityModel[Velocity=10:0:0]\n" \
    "[ue-group sitter]\ncount = 1\nannounce = command\nmonitor = command\nplacement = point 1000 m 0 m\nmobility = static\n"

static void
assert_event(const SimRun *run, unsigned n, ProseEventType type, double at_s, const char *cause, const char *source)
{
    const ProseEvent *e;

    ck_assert_uint_lt(n, run->events->len);
    e = &g_array_index(run->events, SeenEvent, n).event;
    ck_assert_msg(e->type == type && fabs((double) e->time_ns / 1e9 - at_s) < 1e-9 && g_strcmp0(e->cause, cause) == 0
                  && g_strcmp0(e->time_source, source) == 0, "event %u: %s at %f s, cause %s, source %s", n, prose_event_name(e->type),
                  (double) e->time_ns / 1e9, e->cause, e->time_source);
    ck_assert_str_eq(e->entity, "walker[0]");
}

/* Looked at every 200 ms, at 2 m: a disc that holds its edge is entered at 10.0 s and left at the first look beyond it. */
START_TEST(cells_are_entered_and_left_where_their_discs_are)
{
    SimRun run = { .scenario = scenario_from_text(WALK, NULL), .keep = CHANGES };

    sim_run(&run);
    assert_event(&run, 0, PROSE_EVENT_COVERAGE_CHANGED, 10, "in", "sib16");
    assert_event(&run, 1, PROSE_EVENT_TIME_SOURCE_CHANGED, 10, NULL, "sib16");
    assert_event(&run, 2, PROSE_EVENT_COVERAGE_CHANGED, 55.2, "out", "rtc");
    assert_event(&run, 3, PROSE_EVENT_TIME_SOURCE_CHANGED, 55.2, NULL, "rtc");
    ck_assert_uint_eq(run.events->len, 4);
    sim_clear(&run);
}
END_TEST

/* Between the cells' centres at 200 m and 400 m the nearer one serves, and says its own time; where it says none the clock does. */
START_TEST(the_nearer_cell_says_the_time)
{
    SimRun run = { .scenario = scenario_from_text(WALK "[time-source a]\nkind = sib16\nerror = 1 s\n[time-source b]\nkind = sib16\nerror = -1 s\n"
                                                  "[time-source clock]\nkind = rtc\nerror = exact\n",
                                                  (const char *const[]) { "cell west.time-source=b", "cell east.time-source=a", NULL }),
                   .keep = CHANGES };

    sim_run(&run);
    assert_event(&run, 0, PROSE_EVENT_COVERAGE_CHANGED, 10, "in", "b");
    assert_event(&run, 1, PROSE_EVENT_TIME_SOURCE_CHANGED, 10, NULL, "b");
    ck_assert_double_eq_tol(g_array_index(run.events, SeenEvent, 1).event.value, -1, 1e-9);
    assert_event(&run, 2, PROSE_EVENT_TIME_SOURCE_CHANGED, 30.2, NULL, "a");
    ck_assert_double_eq_tol(g_array_index(run.events, SeenEvent, 2).event.value, 1, 1e-9);
    assert_event(&run, 3, PROSE_EVENT_COVERAGE_CHANGED, 55.2, "out", "clock");
    sim_clear(&run);
    run = (SimRun) { .scenario = scenario_from_text(WALK, (const char *const[]) { "cell *.time-source=none", NULL }), .keep = CHANGES | SLOTS };
    sim_run(&run);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_SLOT_SENT, "walker[0]", 20, 0)->time_source, "rtc");
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_COVERAGE_CHANGED, "walker[0]", NULL, NULL), 2);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_TIME_SOURCE_CHANGED, NULL, NULL, NULL), 0);
    sim_clear(&run);
}
END_TEST

/* A satellite is heard in a valley alone, whatever cells there are. */
START_TEST(a_source_is_heard_in_its_area)
{
    SimRun run = { .scenario = scenario_from_text(WALK "[time-source sky]\nkind = gnss\nerror = exact\narea = disc 50 m at 120 m 0 m\n", NULL),
                   .keep = CHANGES | SLOTS };

    sim_run(&run);
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_SLOT_SENT, "walker[0]", 7, 0));
    ck_assert_ptr_eq(sim_find(&run, PROSE_EVENT_SLOT_SENT, "walker[0]", 17.2, 0), NULL);
    ck_assert_uint_eq(sim_find(&run, PROSE_EVENT_TIME_SOURCE_CHANGED, "walker[0]", 0, 0)->time_ns, 7000000000);
    ck_assert_uint_eq(sim_find(&run, PROSE_EVENT_TIME_SOURCE_CHANGED, "walker[0]", 0, 1)->time_ns, 17200000000);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_TIME_SOURCE_CHANGED, "walker[0]", 0, 1)->cause, "none");
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_SLOT_SENT, "sitter[0]", NULL, NULL), 0);
    ck_assert_uint_gt(sim_count(&run, PROSE_EVENT_SLOT_REFUSED, "sitter[0]", "no-utc", NULL), 100);
    sim_clear(&run);
}
END_TEST

/* The same walk as a movement trace of ns-2's, with a turn. */
START_TEST(a_trace_is_walked)
{
    g_autofree char *directory = sim_directory(), *file = g_build_filename(directory, "walk.tcl", NULL);
    g_autofree char *mobility = g_strdup_printf("walker.mobility=ns2 %s from 7", file);
    SimRun run = { .keep = CHANGES };

    ck_assert(g_file_set_contents(file, "$node_(7) set X_ 0\n$ns_ at 0 \"$node_(7) setdest 1000 0 10\"\n$ns_ at 20 \"$node_(7) setdest 0 0 20\"\n",
                                  -1, NULL));
    run.scenario = scenario_from_text(WALK, (const char *const[]) { mobility, NULL });
    sim_remove(directory);
    sim_run(&run);
    assert_event(&run, 0, PROSE_EVENT_COVERAGE_CHANGED, 10, "in", "sib16");
    assert_event(&run, 2, PROSE_EVENT_COVERAGE_CHANGED, 25.2, "out", "rtc");
    ck_assert_uint_eq(run.events->len, 4);
    sim_clear(&run);
}
END_TEST

/* ---- a PDN of cells ---- */

#define NETWORK "[pkmf hq]\n[pdn lan]\nloss = 0 %\n[pdn other]\n"
#define FETCHED WALK NETWORK

static ProseScenario *
with_network(const char *const *more)
{
    const char *settings[16] = { "command.keys=fetched", "command.pkmf=hq", "walker.pdn=lan", "sitter.pdn=lan" };

    for (size_t n = 0; more && more[n]; n++)
        settings[4 + n] = more[n];
    return scenario_from_text(FETCHED, settings);
}

START_TEST(a_pdn_of_cells_comes_and_goes_with_them)
{
    SimRun run = { .scenario = with_network((const char *const[]) { "west.pdn=lan", "east.pdn=other", NULL }), .keep = PDN | CHANGES };
    const ProseEvent *opened, *again;

    sim_run(&run);
    /* East does not reach it: the connection ends where east serves, from x = 302 m on. */
    opened = sim_find(&run, PROSE_EVENT_PDN_OPENED, "walker[0]", 0, 0);
    ck_assert_uint_eq(opened->time_ns, 10100000000);
    ck_assert_uint_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "walker[0]", 0, 0)->time_ns, 30200000000);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "walker[0]", 0, 0)->cause, "off-network");
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, "walker[0]", NULL, NULL), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, "sitter[0]", NULL, NULL), 0);
    /* Waiting for access is no failure that would be tried again by itself. */
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_REQUEST_SENT, "sitter[0]", NULL, NULL), 0);
    sim_clear(&run);

    /* With both cells the handover keeps it; out and in again gives another address, which the PKMF is told. */
    run = (SimRun) { .scenario = with_network((const char *const[]) { "west.pdn=lan", "east.pdn=lan", "walker.coverage=in", "sitter.coverage=in", NULL }),
                     .keep = PDN | CHANGES };
    sim_run(&run);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_RELEASED, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, NULL, NULL, NULL), 2);
    sim_clear(&run);
    run = (SimRun) { .scenario = scenario_from_text(FETCHED "[event away]\nat = 20 s\ndo = coverage walker out\n[event back]\nat = 25 s\ndo = coverage walker in\n",
                     (const char *const[]) { "command.keys=fetched", "command.pkmf=hq", "walker.pdn=lan", "sitter.pdn=lan", "cell *.pdn=lan", NULL }),
                     .keep = PDN | CHANGES };
    sim_run(&run);
    opened = sim_find(&run, PROSE_EVENT_PDN_OPENED, "walker[0]", 0, 0);
    again = sim_find(&run, PROSE_EVENT_PDN_OPENED, "walker[0]", 20, 0);
    ck_assert_uint_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "walker[0]", 0, 0)->time_ns, 20000000000);
    ck_assert_uint_eq(again->time_ns, 25100000000);
    ck_assert_double_ne(again->value, opened->value);
    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "walker[0]", 25, 0)->cause, "address");
    ck_assert_uint_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "walker[0]", 26, 0)->time_ns, 55200000000);
    sim_clear(&run);
}
END_TEST

/* ---- power ---- */

#define POWER "[simulation]\nduration = 60 s\n[pkmf hq]\n[pdn lan]\nloss = 0 %\n[discovery command]\ndiscovery-group-id = 0xA1B2\npkmf = hq\n" \
    "[ue-group pair]\ncount = 2\nannounce = command\nmonitor = command\npdn = lan\nplacement = grid 5 m\nmobility = static\n" \
    "[event off]\nat = 20 s\ndo = power pair[0] off\n[event off-again]\nat = 25 s\ndo = power pair[0] off\n" \
    "[event on]\nat = 40 s\ndo = power pair on\n"

START_TEST(a_ue_that_is_switched_off_is_silent_and_begins_anew)
{
    SimRun run = { .scenario = scenario_from_text(POWER, (const char *const[]) { _i ? "command.keys=provisioned" : "pdn.delay=20 ms", NULL }),
                   .keep = PDN | SLOTS | PROSE_EVENT_BIT(PROSE_EVENT_POWER_CHANGED) | PROSE_EVENT_BIT(PROSE_EVENT_KEY_WIPED)
                           | PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) | PROSE_EVENT_BIT(PROSE_EVENT_PMK_STORED) | PROSE_EVENT_BIT(PROSE_EVENT_CLOCK_SET) };
    const ProseEvent *wiped, *back;

    sim_run(&run);
    /* What changes nothing is no event. */
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_POWER_CHANGED, NULL, NULL, NULL), 2);
    wiped = sim_find(&run, PROSE_EVENT_KEY_WIPED, "pair[0]", 0, 0);
    ck_assert_uint_eq(wiped->time_ns, 20000000000);
    ck_assert_str_eq(wiped->cause, "shutdown");
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;
        bool off = e->time_ns > 20000000000 && e->time_ns < 40000000000;

        ck_assert_msg(!off || strcmp(e->entity, "pair[0]") != 0, "%s at %f s", prose_event_name(e->type), (double) e->time_ns / 1e9);
    }
    back = sim_find(&run, PROSE_EVENT_SLOT_SENT, "pair[0]", 40, 0);
    ck_assert_ptr_nonnull(back);
    ck_assert_uint_lt(back->time_ns, _i ? 40400000000 : 41000000000);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_CLOCK_SET, "pair[0]", NULL, NULL), 2);
    if (!_i) {
        ck_assert_str_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "pair[0]", 0, 0)->cause, "by-ue");
        ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PMK_STORED, "pair[0]", NULL, NULL), 2);
        ck_assert_str_eq(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "pair[0]", 40, 0)->cause, "set");
        /* While it is off it lacks nothing; from the Key Response to the key it does. */
        ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 1);
        ck_assert_double_lt(summary_double(run.root, "keys.blackout.max"), 0.1);
    }
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_CANDIDATE, "pair[0]", 41, 0));
    sim_clear(&run);
}
END_TEST

/* In the middle of a request, and before it was ever on. */
START_TEST(power_may_go_at_any_time)
{
    static const char *const at[] = { "100 ms", "110 ms", "150 ms", "200 ms", "243 ms", "250 ms", "265 ms", "290 ms", "310 ms" };
    SimRun run = { .keep = PDN | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) };
    g_autofree char *off = g_strdup_printf("event off.at=%s", at[_i]);
    const char *const settings[] = { off, "event off-again.at=500 ms", "event on.at=5 s", NULL };
    const char *const late[] = { off, "ue pair[0].power-on=1 s", "event on.at=5 s", "event off-again.at=30 s", NULL };

    run.scenario = scenario_from_text(POWER, settings);
    sim_run(&run);
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_SLOT_SENT, "pair[0]", 6, 0));
    sim_clear(&run);
    run = (SimRun) { .scenario = scenario_from_text(POWER, late), .keep = PDN };
    sim_run(&run);
    ck_assert_uint_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "pair[0]", 0, 0)->time_ns, 5100000000);
    sim_clear(&run);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("place");
    TCase *tc = tcase_create("place");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, cells_are_entered_and_left_where_their_discs_are);
    tcase_add_test(tc, the_nearer_cell_says_the_time);
    tcase_add_test(tc, a_source_is_heard_in_its_area);
    tcase_add_test(tc, a_trace_is_walked);
    tcase_add_test(tc, a_pdn_of_cells_comes_and_goes_with_them);
    tcase_add_loop_test(tc, a_ue_that_is_switched_off_is_silent_and_begins_anew, 0, 2);
    tcase_add_loop_test(tc, power_may_go_at_any_time, 0, 9);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
