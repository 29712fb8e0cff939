/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the counter of a slot comes from (rules T3), through whole runs: each source with its error, what takes over when it is
 * lost, and the wraps of the counter. Keys and ProSe clocks are given by the scenario, so that nothing but UTC is at work. */
#include "run.h"

#include <math.h>

#define START_S INT64_C(1780300800)
#define SLOTS (PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED))
#define CHANGES (PROSE_EVENT_BIT(PROSE_EVENT_COVERAGE_CHANGED) | PROSE_EVENT_BIT(PROSE_EVENT_TIME_SOURCE_CHANGED))

/* Two UEs side by side with exact ProSe clocks. */
#define TWO "[discovery command]\ndiscovery-group-id = 0xA1B2\nkeys = provisioned\nmax-offset = 32 s\n" \
    "[ue-group pair]\ncount = 2\nannounce = command\nmonitor = command\nplacement = grid 5 m\nmobility = static\nprose-clock-drift = 0 ppm\n"
#define FOR(s, start) "[simulation]\nduration = " s "\nutc-start = " start "\n"
#define MINUTE FOR("60 s", "2026-06-01T08:00:00Z")

/* A key that clocks which are behind have already. */
static const char *const early[] = { "command.first-start=2026-06-01T07:50:00Z", NULL };

static SimRun *
run_of(const char *text, const char *const *settings, uint64_t keep)
{
    SimRun *run = g_new0(SimRun, 1);

    run->scenario = scenario_from_text(text, settings);
    run->keep = keep;
    sim_run(run);
    return run;
}

static void
done(SimRun *run)
{
    sim_clear(run);
    g_free(run);
}

static uint32_t
counter_at(int64_t start_s, double ahead_s, uint64_t now_ns)
{
    return (uint32_t) (int64_t) floor((double) start_s + ahead_s + (double) now_ns / 1e9 + 1e-9);
}

/* ---- one source, out of coverage or in it: how far ahead of UTC it is at a time ---- */

static double exact(double t) { (void) t; return 0; }
static double five_ahead(double t) { (void) t; return 5; }
static double drifts(double t) { return 0.0864 + 1e-6 * t; }
static double fast(double t) { return -20 + 0.1 * (100 + t); }
static double whole_second(double t) { return t < 10.5 ? 0 : -0.5; }
static double ramps(double t) { return t < 10 ? 0 : t > 40 ? 60 : 2 * (t - 10); }

static const struct { const char *text, *source; double (*ahead)(double t); } sources[] = {
    { MINUTE TWO, "sib16", exact },
    { MINUTE TWO "[time-source tower]\nkind = sib16\nerror = 5 s\n", "tower", five_ahead },
    { MINUTE TWO "coverage = out\n[time-source gps]\nkind = gnss\nerror = exact\n", "gps", exact },
    { MINUTE TWO "coverage = out\n[time-source clock]\nkind = rtc\nerror = exact\n", "clock", exact },
    { MINUTE TWO "coverage = out\n[time-source clock]\nkind = rtc\nerror = exact\nsince-set = 1 d\ndrift = 1 ppm\n", "clock", drifts },
    { MINUTE TWO "coverage = out\nrtc-drift = 1 ppm\n[time-source clock]\nkind = rtc\nerror = exact\nsince-set = 1 d\ndrift = 9 ppm\n", "clock", drifts },
    { MINUTE TWO "coverage = out\n[time-source clock]\nkind = rtc\nerror = -20 s\nsince-set = 100 s\ndrift = 100000 ppm\n", "clock", fast },
    /* What it was set from was wrong too. */
    { MINUTE TWO "coverage = out\n[time-source clock]\nkind = rtc\nset-from = net\nerror = 2 s\n[time-source net]\nkind = nitz\nerror = 3 s\n",
      "clock", five_ahead },
    /* NITZ says the second that has begun. */
    { MINUTE TWO "time-sources = clock\n[time-source clock]\nkind = rtc\nset-from = net\nerror = exact\n"
      "[time-source net]\nkind = nitz\nerror = exact\nactive = 10500 ms .. 60 s\n", "clock", whole_second },
    { MINUTE TWO "[time-source tower]\nkind = sib16\nerror = ramp 0 s .. 60 s over 30 s\nactive = 10 s .. 60 s\n", "tower", ramps },
};

START_TEST(the_counter_is_the_sources_and_the_gate_holds_it_against_the_prose_clock)
{
    SimRun *run = run_of(sources[_i].text, early, SLOTS);
    unsigned n_sent = 0, n_refused = 0;

    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;
        double t = (double) e->time_ns / 1e9;
        int64_t apart;

        if (!e->has_slot) {
            ck_assert_str_eq(e->cause, "no-utc");
            continue;
        }
        ck_assert_str_eq(e->time_source, sources[_i].source);
        ck_assert_uint_eq(e->slot_counter, counter_at(START_S, sources[_i].ahead(t), e->time_ns));
        /* The ProSe clock is true UTC here. */
        apart = (int64_t) e->slot_counter - (START_S + (int64_t) floor(t));
        ck_assert_int_eq(e->type == PROSE_EVENT_SLOT_SENT, llabs(apart) <= 32);
        ck_assert_double_eq_tol(e->clock_offset_s, (double) e->slot_counter - (double) START_S - t, 1e-6);
        if (e->type == PROSE_EVENT_SLOT_SENT) {
            /* True UTC minus the counter: with the offset, all of a plot of margins. */
            ck_assert_double_eq_tol(e->value, (double) START_S + t - (double) e->slot_counter, 1e-6);
            n_sent++;
        } else {
            ck_assert_str_eq(e->cause, "clock-offset");
            n_refused++;
        }
    }
    ck_assert_uint_gt(n_sent, 50);
    ck_assert_int_eq(n_refused > 0, sources[_i].ahead == ramps);
    done(run);
}
END_TEST

/* ---- coverage that changes ---- */

static const struct { double from_s, to_s; const char *source; } expected[][4] = {
    { { 0, 20, "sib16" }, { 20, 40, "rtc" }, { 40, 61, "sib16" } },
    { { 0, 20, "tower" }, { 20, 40, NULL }, { 40, 61, "tower" } },
    { { 0, 10, "tower" }, { 10, 20, "gps" }, { 20, 40, "gps" }, { 40, 61, "tower" } },
    { { 0, 20, "net" }, { 20, 40, "clock" }, { 40, 61, "net" } },
    { { 0, 20, "gps" }, { 20, 30, "clock" }, { 30, 61, "gps" } },
};
#define AWAY "[event away]\nat = 20 s\ndo = coverage pair out\n[event back]\nat = 40 s\ndo = coverage pair in\n"
static const char *const changing[] = {
    MINUTE AWAY TWO,
    MINUTE AWAY "[time-source tower]\nkind = sib16\n" TWO,
    MINUTE AWAY "[time-source tower]\nkind = sib16\nactive = 0 s .. 10 s, 25 s .. 60 s\n[time-source gps]\nkind = gnss\n" TWO,
    MINUTE AWAY "[time-source net]\nkind = nitz\nerror = uniform -9 s 9 s\n[time-source clock]\nkind = rtc\nset-from = net\n" TWO,
    MINUTE "[time-source gps]\nkind = gnss\nactive = 0 s .. 20 s, 30 s .. 60 s\n[time-source clock]\nkind = rtc\nset-from = gps\n" TWO "coverage = out\n",
};

START_TEST(a_ue_takes_the_best_source_it_hears_and_none_is_no_utc)
{
    SimRun *run = run_of(changing[_i], early, SLOTS | CHANGES | PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE));
    unsigned n[4] = { 0 }, n_coverage = 0;

    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;
        double t = (double) e->time_ns / 1e9;
        size_t k = 0;

        n_coverage += e->type == PROSE_EVENT_COVERAGE_CHANGED;
        while (t >= expected[_i][k].to_s)
            k++;
        ck_assert_msg(g_strcmp0(e->time_source, expected[_i][k].source) == 0, "%s at %f s", e->time_source, t);
        if (!expected[_i][k].source && e->type == PROSE_EVENT_SLOT_REFUSED)
            ck_assert_str_eq(e->cause, "no-utc");
        /* A receiver without UTC has a slot counter no more than a sender has. */
        ck_assert(expected[_i][k].source || e->type != PROSE_EVENT_CANDIDATE);
        n[k]++;
    }
    for (size_t k = 0; k < G_N_ELEMENTS(n) && expected[_i][k].to_s > 0; k++)
        ck_assert_uint_gt(n[k], 10);
    ck_assert_uint_eq(n_coverage, strstr(changing[_i], "[event away]") ? 4 : 0);
    done(run);
}
END_TEST

/* The clock goes on from what it was set to, not from true UTC: the error that NITZ had stays, and is drawn anew when it is heard again. */
START_TEST(a_clock_keeps_the_error_it_was_set_with)
{
    SimRun *run = run_of(MINUTE AWAY "[event out-again]\nat = 50 s\ndo = coverage pair out\n"
                         "[time-source net]\nkind = nitz\nerror = uniform -20 s 20 s\n"
                         "[time-source clock]\nkind = rtc\nset-from = net\nerror = exact\n" TWO "time-sources = clock\n", early, SLOTS);
    const ProseEvent *first = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 0, 0), *away = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 39, 0);
    const ProseEvent *again = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 40, 0), *other = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[1]", 0, 0);
    const ProseEvent *last = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 59, 0);

    ck_assert_uint_eq(away->slot_counter - first->slot_counter, away->time_ns / 1000000000 - first->time_ns / 1000000000);
    ck_assert_uint_ne(again->slot_counter, away->slot_counter + 1);
    ck_assert_uint_ne(again->slot_counter, away->slot_counter);
    ck_assert_uint_ne(other->slot_counter, first->slot_counter);
    ck_assert_uint_le(last->slot_counter - again->slot_counter, 20);
    done(run);
}
END_TEST

/* A false tower runs away at twice the speed of time; a clock that followed it has what it said last. */
START_TEST(a_clock_follows_its_source_until_it_falls_silent)
{
    SimRun *run = run_of(MINUTE AWAY "[time-source tower]\nkind = sib16\nerror = ramp 0 s .. 60 s over 60 s\n"
                         "[time-source clock]\nkind = rtc\nset-from = tower\nerror = exact\n" TWO "time-sources = clock\n", early, SLOTS);
    static const double at[] = { 0, 10, 19, 21, 30, 39, 40, 50 };

    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        const ProseEvent *e = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", at[i], 0);
        double t;

        if (!e)
            e = sim_find(run, PROSE_EVENT_SLOT_REFUSED, "pair[0]", at[i], 0);
        t = (double) e->time_ns / 1e9;
        ck_assert_uint_eq(e->slot_counter, counter_at(START_S, t < 20 || t >= 40 ? t : 20, e->time_ns));
    }
    done(run);
}
END_TEST

START_TEST(a_clock_set_by_hand_holds_until_its_source_is_heard_again)
{
    SimRun *run = run_of(MINUTE AWAY "[event hand]\nat = 30 s\ndo = set-clock pair[0] 2026-06-01T08:00:10Z\n" TWO, early, SLOTS);
    const ProseEvent *before = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 29, 0), *set = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 31, 0);
    const ProseEvent *other = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[1]", 31, 0), *back = sim_find(run, PROSE_EVENT_SLOT_SENT, "pair[0]", 40, 0);

    ck_assert_str_eq(set->time_source, "rtc");
    ck_assert_uint_eq(before->slot_counter, START_S + 29);
    ck_assert_uint_eq(set->slot_counter, START_S + 11);
    ck_assert_uint_eq(other->slot_counter, START_S + 31);
    ck_assert_uint_eq(back->slot_counter, START_S + 40);
    done(run);
}
END_TEST

/* ---- leaps and wraps ---- */

/* The receiver's UTC is two seconds behind or ahead of the sender's, so that for a while their counters lie on either side. */
static const struct { const char *start; uint32_t counter; } wraps[] = {
    { "2026-06-01T08:04:06Z", 1780301056 },        /* the low octet goes from 255 to 0 */
    { "2106-02-07T06:28:06Z", 0 },                 /* and here all four */
};

START_TEST(nothing_is_lost_where_the_counter_wraps)
{
    g_autofree char *text = g_strdup_printf(FOR("20 s", "%s") TWO "[ue pair[1]]\ntime-sources = ahead\n"
                                            "[time-source tower]\nkind = sib16\n[time-source ahead]\nkind = sib16\nerror = 2 s\n"
                                            "[pool]\nsubframes = 20\n", wraps[_i].start);
    SimRun *run = run_of(text, NULL, SLOTS | PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE));
    unsigned n[2] = { 0 };

    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;

        ck_assert_int_ne(e->type, PROSE_EVENT_SLOT_REFUSED);
        if (e->type == PROSE_EVENT_SLOT_SENT)
            n[prose_counter_distance(e->slot_counter, wraps[_i].counter) >= 0]++;
        else
            ck_assert_msg(strcmp(e->cause, "accepted") == 0 || strcmp(e->cause, "repeated") == 0 || strcmp(e->cause, "half-duplex") == 0
                          || strcmp(e->cause, "collision") == 0, "%s", e->cause);
    }
    ck_assert_uint_gt(n[0], 40);
    ck_assert_uint_gt(n[1], 40);
    done(run);
}
END_TEST

/* And a whole example, with CURRENT_TIME, MIKEY's NTP time and a change of key around it, goes as it does in 2026. */
START_TEST(the_smallest_example_goes_over_the_wrap_of_2106)
{
    static const char *const paths[] = { "pc5.slots", "pc5.sent", "pc5.candidates", "pc5.outcome.accepted", "pc5.outcome.repeated",
                                         "keys.deliveries", "keys.verified", "rollover.ready", "rollover.lost_receptions" };
    SimRun now = { .scenario = sim_example("two-ues", NULL) };
    SimRun then = { .scenario = sim_example("two-ues", (const char *const[]) { "simulation.utc-start=2106-02-07T06:28:00Z",
                                                                               "command.first-start=2106-02-07T06:27:40Z", NULL }) };

    sim_run(&now);
    sim_run(&then);
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        ck_assert_msg(summary_int(now.root, paths[i]) == summary_int(then.root, paths[i]), "%s", paths[i]);
    ck_assert_int_eq(summary_int(then.root, "rollover.ready"), 2);
    ck_assert_int_gt(summary_int(then.root, "pc5.outcome.accepted"), 100);
    sim_clear(&now);
    sim_clear(&then);
}
END_TEST

/* ---- NITZ ---- */

/* Uniform within 60 s of UTC, so outside 32 s for 28/60 of all UEs; 99.9 % of a binomial are within 3.3 sd. */
START_TEST(nearly_half_of_all_ues_with_nitz_alone_are_beyond_max_offset)
{
    enum { N = 400 };
    SimRun *run = run_of("[simulation]\nduration = 330 ms\n[pool]\nsubframes = 40\n[time-source net]\nkind = nitz\n" TWO
                         "[ue-group nitz]\ncount = 400\nannounce = command\nprose-clock-drift = 0 ppm\n", early, SLOTS);
    unsigned refused = 0, sent = 0;
    double share = 28.0 / 60;

    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;

        if (e->entity[0] == 'n' && e->time_ns < 320000000) {
            refused += g_strcmp0(e->cause, "clock-offset") == 0;
            sent += e->type == PROSE_EVENT_SLOT_SENT;
        }
    }
    ck_assert_uint_eq(sent + refused, N);
    ck_assert_double_le(fabs(refused - N * share), 3.3 * sqrt(N * share * (1 - share)));
    done(run);
}
END_TEST

/* Shares of slots refused for clock-offset. The watches are 200 draws of N(0, 20 ppm) over 30 days, 51.84 s; the phones 200 draws a
 * minute, of 20 minutes. */
START_TEST(the_example_of_clock_margins_agrees_with_its_closed_forms)
{
    static const struct { const char *group; double share; unsigned draws; } rows[] = {
        { "tower", 0, 1 }, { "sky", 0, 1 }, { "watch", 0.5370, 200 }, { "phone", 28.0 / 60, 200 * 20 },
    };
    SimRun run = { .scenario = sim_example("clock-margins", NULL) };

    sim_run(&run);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *slots = g_strdup_printf("by-ue-group.%s.pc5.slots", rows[i].group);
        g_autofree char *refused = g_strdup_printf("by-ue-group.%s.pc5.refused", rows[i].group);
        double share = (double) summary_count(run.root, refused, "clock-offset") / (double) summary_int(run.root, slots);

        ck_assert_msg(fabs(share - rows[i].share) <= 3.3 * sqrt(rows[i].share * (1 - rows[i].share) / rows[i].draws), "%s: %f", rows[i].group,
                      share);
    }
    sim_clear(&run);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("time");
    TCase *tc = tcase_create("time");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_counter_is_the_sources_and_the_gate_holds_it_against_the_prose_clock, 0, G_N_ELEMENTS(sources));
    tcase_add_loop_test(tc, a_ue_takes_the_best_source_it_hears_and_none_is_no_utc, 0, G_N_ELEMENTS(changing));
    tcase_add_test(tc, a_clock_keeps_the_error_it_was_set_with);
    tcase_add_test(tc, a_clock_follows_its_source_until_it_falls_silent);
    tcase_add_test(tc, a_clock_set_by_hand_holds_until_its_source_is_heard_again);
    tcase_add_loop_test(tc, nothing_is_lost_where_the_counter_wraps, 0, G_N_ELEMENTS(wraps));
    tcase_add_test(tc, the_smallest_example_goes_over_the_wrap_of_2106);
    tcase_add_test(tc, nearly_half_of_all_ues_with_nitz_alone_are_beyond_max_offset);
    tcase_add_test(tc, the_example_of_clock_margins_agrees_with_its_closed_forms);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
