/* SPDX-License-Identifier: GPL-2.0-only */
/* What [radio] says of range, noise, sensitivity and carrier, any transmission probability, and a run that ends by itself. */
#include "run.h"

#include <math.h>

/* One sender and a row of listeners, 10 m apart from it on; keys provisioned. */
#define ROW(radio) \
    "[simulation]\nduration = 3.2 s\n[radio]\narea = 100 km x 1 km\n" radio "[pool]\nsubframes = 40\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n" \
    "[ue-group row]\ncount = 20\nannounce = command\nmonitor = command\nplacement = grid 10 m\nmobility = static\n" \
    "[ue row[1..19]]\nannounce = none\n"

static SimRun
run_text(const char *text, const char *const *settings)
{
    SimRun run = { .scenario = scenario_from_text(text, settings), .keep = PROSE_EVENT_BIT(PROSE_EVENT_DISCOVERED) };

    sim_run(&run);
    return run;
}

static unsigned
n_hearing(const char *radio, const char *setting)
{
    const char *const settings[] = { setting, NULL };
    g_autofree char *text = g_strdup_printf(ROW("%s"), radio);
    g_auto(SimRun) run = run_text(text, setting ? settings : NULL);

    return (unsigned) summary_int(run.root, "discovery.discovered");
}

/* The k-th stands 10 k metres away. */
static const struct { const char *name, *radio, *setting; unsigned want; } ranges[] = {
    { "a disc", "range = 45 m\n", NULL, 4 },
    { "its edge belongs to it", "range = 50 m\n", NULL, 5 },
    { "another distance by an option", "range = 45 m\n", "radio.range=0.151 km", 15 },
    { "unlimited", "range = unlimited\n", "ue-group row.placement=grid 5 km", 19 },
    { "a disc under collision", "range = 45 m\nreception = collision\n", NULL, 4 },
    /* log-distance loses 46.6777 dB at 1 m and 30 dB a decade: 23 dBm leave -107.7 dBm at 643 m ... */
    { "noise-limited", "propagation = log-distance\n", "ue-group row.placement=grid 100 m", 6 },
    /* ... 10 dB more noise at 299 m, and a sensitivity of -91 dBm is met up to 178 m. */
    { "10 dB more noise figure", "propagation = log-distance\nnoise-figure = 19 dB\n", "ue-group row.placement=grid 100 m", 2 },
    { "a sensitivity", "propagation = log-distance\nsensitivity = -91 dBm\n", NULL, 17 },
    { "a sensitivity below what noise lets through", "propagation = log-distance\nsensitivity = -150 dBm\n", "ue-group row.placement=grid 100 m", 6 },
    /* Friis: -107.7 dBm at 103.5 km for 793 MHz, and at a tenth of that for ten times the frequency. */
    { "the default carrier", "propagation = friis\n", "ue-group row.placement=grid 1 km", 19 },
    { "ten times the carrier", "propagation = friis\ncarrier = 7930 MHz\n", "ue-group row.placement=grid 1 km", 10 },
    { "a hundred times the carrier", "propagation = friis\ncarrier = 79.3 GHz\n", "ue-group row.placement=grid 1 km", 1 },
};

START_TEST(so_many_are_in_range)
{
    ck_assert_msg(n_hearing(ranges[_i].radio, ranges[_i].setting) == ranges[_i].want, "%s: %u", ranges[_i].name,
                  n_hearing(ranges[_i].radio, ranges[_i].setting));
}
END_TEST

/* Nothing is lost of the power inside a disc, so of two in one resource neither is stronger. */
START_TEST(there_is_no_capture_inside_a_disc)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 3.2 s\n[radio]\nrange = unlimited\n[pool]\nsubframes = 1\nresources-per-subframe = 1\n"
                                  "[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n"
                                  "[ue-group near]\ncount = 2\nannounce = command\nplacement = grid 1 m\nmobility = static\n"
                                  "[ue-group ear]\ncount = 1\nmonitor = command\nplacement = point 1 m 0 m\nmobility = static\n", NULL);

    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), 20);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.collision"), 20);
}
END_TEST

START_TEST(any_transmission_probability_will_do)
{
    static const double p[] = { 0.8227, 0.0137, 0.999 };
    g_autofree char *text = g_strdup_printf("[simulation]\nduration = 1000 periods\n[radio]\nrange = unlimited\n[pool]\ntx-probability = %g\n"
                                            "[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n"
                                            "[ue-group crowd]\ncount = 10\nannounce = command\nmobility = static\n", p[_i]);
    g_auto(SimRun) run = run_text(text, NULL);
    double n = (double) summary_int(run.root, "pc5.slots");

    ck_assert_double_eq(n, 10000);
    /* Slots are independent: five standard deviations of a binomial. */
    ck_assert_double_eq_tol((double) summary_int(run.root, "pc5.sent") / n, p[_i], 5 * sqrt(p[_i] * (1 - p[_i]) / n));
}
END_TEST

/* Half of all lone copies are lost at 665.6 m, so of messages with n copies 2^-n. */
START_TEST(copies_and_periods_are_drawn_apart)
{
    g_autofree char *copies = g_strdup_printf("pool.retransmissions=%d", _i);
    g_auto(SimRun) run = run_text("[simulation]\nduration = 1000 periods\n[radio]\npropagation = log-distance\nbler = curve\n"
                                  "[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n"
                                  "[ue-group source]\ncount = 1\nannounce = command\nplacement = point 0 m 0 m\nmobility = static\n"
                                  "[ue-group ear]\ncount = 1\nmonitor = command\nplacement = point 665.6 m 0 m\nmobility = static\n",
                                  (const char *const[]) { copies, NULL });
    double lost = pow(0.5, _i + 1);

    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), 1000);
    ck_assert_double_eq_tol((double) summary_int(run.root, "pc5.outcome.weak") / 1000, lost, 5 * sqrt(lost * (1 - lost) / 1000));
}
END_TEST

/* The draw of a copy depends on who sends and who hears, and not on how they are found. */
START_TEST(how_pairs_are_found_changes_no_draw)
{
    static const char *const text = "[simulation]\nduration = 100 periods\n[radio]\narea = 3 km x 3 km\npropagation = log-distance\nbler = curve\n"
                                    "[pool]\nretransmissions = 1\n[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n"
                                    "[ue-group crowd]\ncount = 60\nannounce = command\nmonitor = command\nmobility = static\n";
    static const char *const ways[][2] = { { "radio.grid=off" }, { "radio.memo=off" }, { "crowd.hold=command" } };
    g_auto(SimRun) run = { .scenario = scenario_from_text(text, NULL) };
    g_auto(SimRun) other = { .scenario = scenario_from_text(text, (const char *const[]) { ways[_i][0], NULL }) };
    g_auto(SimRun) threshold = { .scenario = scenario_from_text(text, (const char *const[]) { "radio.bler=threshold", NULL }) };

    /* The third way: every candidate is an event, so each subframe is heard at once and in order. */
    other.keep = _i == 2 ? PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) : 0;
    sim_run(&run);
    sim_run(&other);
    sim_run(&threshold);
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++) {
        g_autofree char *path = g_strdup_printf("pc5.outcome.%s", prose_pc5_outcome_name(o));

        ck_assert_msg(summary_int(run.root, path) == summary_int(other.root, path), "%s", path);
    }
    ck_assert_int_gt(summary_int(run.root, "pc5.outcome.accepted"), 0);
    ck_assert_int_ne(summary_int(run.root, "pc5.outcome.accepted"), summary_int(threshold.root, "pc5.outcome.accepted"));
}
END_TEST

#define CROWD "[simulation]\nduration = 60 s\n[radio]\nrange = unlimited\n" \
              "[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n" \
              "[ue-group crowd]\ncount = 10\nannounce = command\nmonitor = command\nmobility = static\n"

START_TEST(a_run_may_end_when_everybody_has_heard_everybody)
{
    g_auto(SimRun) run = run_text(CROWD, (const char *const[]) { "simulation.stop-when=all-discovered", NULL });
    g_auto(SimRun) whole = run_text(CROWD, NULL);
    const SeenEvent *last = &g_array_index(run.events, SeenEvent, run.events->len - 1);
    double end_s = summary_double(run.root, "meta.end_s");

    ck_assert_str_eq(json_node_get_string(summary_node(run.root, "meta.stopped_by")), "all-discovered");
    ck_assert_str_eq(json_node_get_string(summary_node(whole.root, "meta.stopped_by")), "duration");
    ck_assert_double_eq(summary_double(whole.root, "meta.end_s"), 60);
    ck_assert_int_eq(summary_int(run.root, "discovery.discovered"), 90);
    ck_assert_double_eq((double) last->event.time_ns / 1e9, end_s);
    ck_assert_double_lt(end_s, 10);
    /* It is the beginning of the longer one. */
    ck_assert_double_eq(summary_double(run.root, "discovery.time-to-discover-all.max"), end_s);
    ck_assert_double_eq(summary_double(whole.root, "discovery.time-to-discover-all.max"), end_s);
    ck_assert_double_eq(summary_double(whole.root, "discovery.time-to-discover-all.mean"), summary_double(run.root, "discovery.time-to-discover-all.mean"));
}
END_TEST

START_TEST(what_came_before_the_warm_up_ended_does_not_count)
{
    g_auto(SimRun) run = run_text(CROWD, (const char *const[]) { "simulation.stop-when=all-discovered", "simulation.warm-up=30 s", NULL });

    ck_assert_double_gt(summary_double(run.root, "meta.end_s"), 30);
    ck_assert_double_lt(summary_double(run.root, "meta.end_s"), 40);
    ck_assert_int_eq(summary_int(run.root, "discovery.discovered"), 90);
}
END_TEST

START_TEST(without_all_being_heard_the_duration_ends_it)
{
    g_auto(SimRun) run = run_text(CROWD "[ue crowd[9]]\nauthorised = none\n", (const char *const[]) { "simulation.stop-when=all-discovered", NULL });

    ck_assert_double_eq(summary_double(run.root, "meta.end_s"), 60);
    ck_assert_str_eq(json_node_get_string(summary_node(run.root, "meta.stopped_by")), "duration");
}
END_TEST

static Suite *
suite(void)
{
    Suite *s = suite_create("radio-settings");
    TCase *tc = tcase_create("radio");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, so_many_are_in_range, 0, G_N_ELEMENTS(ranges));
    tcase_add_test(tc, there_is_no_capture_inside_a_disc);
    tcase_add_loop_test(tc, copies_and_periods_are_drawn_apart, 0, 4);
    tcase_add_loop_test(tc, how_pairs_are_found_changes_no_draw, 0, 3);
    tcase_add_loop_test(tc, any_transmission_probability_will_do, 0, 3);
    tcase_add_test(tc, a_run_may_end_when_everybody_has_heard_everybody);
    tcase_add_test(tc, what_came_before_the_warm_up_ended_does_not_count);
    tcase_add_test(tc, without_all_being_heard_the_duration_ends_it);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(suite)
