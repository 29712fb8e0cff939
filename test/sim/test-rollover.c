/* SPDX-License-Identifier: GPL-2.0-only */
/* Rollovers in whole runs whose numbers can be worked out by hand. */
#include "prose-rollover.h"
#include "run.h"

#include <math.h>

/* UE a sends, UE b listens: nothing collides, and each slot that is used makes one candidate. Keys change at 60 s. */
#define HEAD \
    "[simulation]\nduration = 80 s\nutc-start = 2026-06-01T08:00:00Z\n[radio]\narea = 10 m x 10 m\n[pdn lan]\nloss = 0 %\n" \
    "[pkmf east]\nmax-offset = 10 s\nservice-time-tls = 1 ms\nservice-time-request = 1 ms\n"
#define COMMAND "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 60 s\nlead = 20 s\n"
#define A "[ue-group a]\ncount = 1\nannounce = command\npdn = lan\nmobility = static\nprose-clock-drift = 0 ppm\n"
#define B "[ue-group b]\ncount = 1\nmonitor = command\npdn = lan\nmobility = static\nprose-clock-drift = 0 ppm\n"

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

/* Slots that @entity used from @from_s on and before @to_s. */
static unsigned
sent_between(const SimRun *run, const char *entity, double from_s, double to_s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;

        n += e->type == PROSE_EVENT_SLOT_SENT && strcmp(e->entity, entity) == 0 && seconds(e) >= from_s && seconds(e) < to_s;
    }
    return n;
}

static void
ignore_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
}

static JsonObject *
rollover(const SimRun *run, unsigned i)
{
    return json_array_get_object_element(json_node_get_array(summary_node(run->root, "rollover.periods")), i);
}

START_TEST(with_both_keys_in_both_hands_nothing_is_lost)
{
    g_auto(SimRun) run = run_text(HEAD COMMAND A B);

    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 2);
    ck_assert_int_eq(summary_int(run.root, "rollover.lost_receptions"), 0);
    ck_assert_int_eq(summary_int(run.root, "rollover.overlap_accepted"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 0);
    ck_assert_double_eq(summary_double(run.root, "rollover.late.max"), 0);
}
END_TEST

/* A receiver that goes by its own clock leaves the old key when that clock is one second past the switch. */
START_TEST(a_fast_clock_that_chooses_the_key_loses_what_comes_before_the_switch)
{
    g_auto(SimRun) run = run_text(HEAD "[profile]\nreceive-key = clock\n" COMMAND "overlap = 1 s\n" A
                                  "[ue-group b]\ncount = 1\nmonitor = command\npdn = lan\nmobility = static\nprose-clock-drift = 50000 ppm\n");
    double set_s = seconds(sim_find(&run, PROSE_EVENT_CLOCK_SET, "b[0]", 0, 0));
    unsigned lost;

    ck_assert_ptr_null(sim_find(&run, PROSE_EVENT_CLOCK_SET, "b[0]", set_s + 0.001, 0));
    /* It was set to 0 s and runs 5 % fast. */
    lost = sent_between(&run, "a[0]", set_s + 61 / 1.05, 60);
    ck_assert_uint_gt(lost, 3);
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "lost_receptions"), lost);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.no-key") + summary_int(run.root, "pc5.outcome.not-for-me"), lost);
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "ready"), 2);
}
END_TEST

/* A sender that is late by three seconds goes on with the old key as long; its receiver, by then on the new one, takes it. */
START_TEST(a_late_sender_is_saved_by_the_overlap)
{
    g_auto(SimRun) run = run_text(HEAD COMMAND "[time-source late]\nkind = gnss\nerror = -3 s\n[time-source exact]\nkind = gnss\nerror = 0 s\n"
                                  A "time-sources = late\n" B "time-sources = exact\n");
    unsigned saved = sent_between(&run, "a[0]", 60, 63);

    ck_assert_uint_gt(saved, 7);
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "overlap_accepted"), saved);
    ck_assert_int_eq(summary_int(run.root, "rollover.lost_receptions"), 0);
}
END_TEST

/* The others are told a replacement at once; b is out of reach, holds the old key, and loses what is sent under the new one until it is back. */
START_TEST(a_member_out_of_reach_loses_what_is_sent_under_a_replacement)
{
    g_auto(SimRun) run = run_text(HEAD COMMAND A B "off-network = 10 s .. 40 s\n"
                                  "[ue-group stranger]\ncount = 1\nhold = command\npdn = lan\nmobility = static\n"
                                  "[event lost]\nat = 20 s\ndo = revoke stranger command\n");
    double new_s = seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "a[0]", 20, 0));
    double back_s = seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "b[0]", 40, 0));
    unsigned lost = sent_between(&run, "a[0]", new_s, back_s);

    ck_assert_uint_gt(lost, 60);
    ck_assert_str_eq(json_object_get_string_member(rollover(&run, 0), "cause"), "revoked");
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "lost_receptions"), lost);
}
END_TEST

#define LEAVE \
    HEAD "[pool]\nperiod = rf32\nactive = around-rollover 5 s\n" COMMAND A \
    "[ue-group b]\ncount = 2\nmonitor = command\npdn = lan\nmobility = static\nprose-clock-drift = 0 ppm\n" \
    "[event away]\nat = 30 s\ndo = stop b[1] command\n[event back]\nat = 50 s\ndo = start b[1] command\n"

static const struct { const char *setting; unsigned rows, periods; bool replaces; } leaves[] = {
    /* Periods of 320 ms that begin from 25 s to 35 s, and from 55 s to 65 s. */
    { "command.rollover-at-leave=yes", 2, 31 + 32, true },
    { "command.rollover-at-leave=no", 1, 32, false },
};

/* Who has left is not waited for, until it is back. */
START_TEST(a_leave_is_a_rollover_for_those_who_stay)
{
    const char *const settings[] = { leaves[_i].setting, NULL };
    g_auto(SimRun) run = { .scenario = scenario_from_text(LEAVE, settings), .keep = PROSE_EVENTS_ALL };
    JsonObject *last;

    sim_run(&run);
    ck_assert_uint_eq(json_array_get_length(json_node_get_array(summary_node(run.root, "rollover.periods"))), leaves[_i].rows);
    ck_assert_int_eq(summary_int(run.root, "pool.periods"), leaves[_i].periods);
    if (leaves[_i].replaces) {
        JsonObject *left = rollover(&run, 0);

        ck_assert_str_eq(json_object_get_string_member(left, "cause"), "left");
        ck_assert_int_eq(json_object_get_int_member(left, "wanted"), 2);
        ck_assert_double_eq(sim_find(&run, PROSE_EVENT_ROLLOVER, "discovery command", 30, 0)->value, 2);
        ck_assert_int_gt(sent_between(&run, "a[0]", 30, 35), 10);
    }
    last = rollover(&run, leaves[_i].rows - 1);
    ck_assert_str_eq(json_object_get_string_member(last, "cause"), "period");
    ck_assert_int_eq(json_object_get_int_member(last, "wanted"), 3);
    ck_assert_int_eq(json_object_get_int_member(last, "ready"), 3);
}
END_TEST

/* Out of reach, so that the PKMF does not hear of it. Its key ends at 60 s, and it gets none after: that is no time without one, nor does
 * it lack the next. */
START_TEST(who_has_left_is_without_no_key)
{
    static const char text[] = HEAD COMMAND A B "off-network = 20 s .. 80 s\n[event away]\nat = 30 s\ndo = stop b[0] command\n";
    g_auto(SimRun) run = run_text(text);

    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "wanted"), 1);
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "missing"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.censored"), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_BLACKOUT_BEGAN, NULL, NULL, NULL), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 2);
}
END_TEST

static const struct { const char *name, *more; } listeners[] = {
    { "listens to nothing else", "monitor = command\n" },
    { "tries another discovery's key", "monitor = command, relay\n" },
};

/* Everywhere, and the only way to the network; the time comes from elsewhere, too. */
#define CELL "[cell mast]\nposition = 5 m 5 m\ncoverage = everywhere\npdn = lan\n[time-source exact]\nkind = gnss\nerror = 0 s\n"

/* One of four has no network when the key is delivered, 20 s ahead, and comes back 10 s after the switch. */
START_TEST(a_ue_that_comes_back_after_the_switch_is_without_a_key_until_it_has_asked)
{
    g_autofree char *text = g_strconcat(HEAD COMMAND "[discovery relay]\nrelay-service-code = 7\npkmf = east\ncryptoperiod = 1 h\nlead = 20 s\n" A
                                        "[ue-group b]\ncount = 3\npdn = lan\nmobility = static\nprose-clock-drift = 0 ppm\n", listeners[_i].more,
                                        CELL "[event away]\nat = 35 s\ndo = coverage b[1] out\n[event back]\nat = 70 s\ndo = coverage b[1] in\n", NULL);
    g_auto(SimRun) run = run_text(text);
    const ProseEvent *stored = NULL;
    double late_s;
    unsigned lost;

    for (unsigned n = 0; (stored = sim_find(&run, PROSE_EVENT_KEY_STORED, "b[1]", 35, n)); n++) {
        if (stored->scope.type == PROSE_KEY_TYPE_PSDK_GROUP && stored->valid_from == run.scenario->utc_start_s + 60)
            break;
    }
    late_s = seconds(stored) - 60;
    ck_assert_msg(late_s > 10 && late_s < 12, "%.9f", late_s);
    lost = sent_between(&run, "a[0]", 60, seconds(stored));
    ck_assert_uint_gt(lost, 25);
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "wanted"), 4);
    ck_assert_int_eq(json_object_get_int_member(rollover(&run, 0), "ready"), 3);
    ck_assert_double_eq_tol(json_object_get_double_member(rollover(&run, 0), "last_ready_s"), 60 + late_s, 1e-9);
    ck_assert_msg(json_object_get_int_member(rollover(&run, 0), "lost_receptions") == lost, "%s: %d of %u", listeners[_i].name,
                  (int) json_object_get_int_member(rollover(&run, 0), "lost_receptions"), lost);
    /* And a few at the start, while the first key was on its way. */
    ck_assert_int_ge(summary_int(run.root, _i ? "pc5.outcome.not-for-me" : "pc5.outcome.no-key"), lost);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 1);
    ck_assert_double_eq_tol(summary_double(run.root, "keys.blackout.max"), late_s, 1e-9);
    ck_assert_double_eq_tol(summary_double(run.root, "rollover.late.max"), late_s, 1e-9);
    ck_assert_int_eq(summary_int(run.root, "rollover.late.count"), 4);
    /* The trace tells it as it happens. */
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_ROLLOVER, NULL, NULL, NULL), 1);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_ROLLOVER, "discovery command", 60, 0)->value, 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_BLACKOUT_BEGAN, NULL, NULL, NULL), 1);
    ck_assert_double_eq(seconds(sim_find(&run, PROSE_EVENT_BLACKOUT_BEGAN, "b[1]", 0, 0)), 60);
    ck_assert_double_eq_tol(seconds(sim_find(&run, PROSE_EVENT_BLACKOUT_ENDED, "b[1]", 0, 0)), 60 + late_s, 1e-9);
    ck_assert_double_eq_tol(sim_find(&run, PROSE_EVENT_BLACKOUT_ENDED, "b[1]", 0, 0)->value, late_s, 1e-9);
}
END_TEST

/* ---- tables ---- */

/* What a run's tables say, as it says it: a long text. */
static void
print_rows_cb(void *user, const ProseRows *rows)
{
    GString *text = ((SimRun *) user)->user;

    for (size_t i = 0; i < rows->n_metrics; i++)
        g_string_append_printf(text, "%s %s %.17g\n", rows->metrics[i].name, rows->metrics[i].entity, rows->metrics[i].value);
    for (size_t i = 0; i < rows->n_samples; i++)
        g_string_append_printf(text, "%s %s %d %d %.17g\n", rows->samples[i].name, rows->samples[i].entity, rows->samples[i].ue, rows->samples[i].peer,
                               rows->samples[i].value);
    for (size_t i = 0; i < rows->n_series; i++)
        g_string_append_printf(text, "%s %s %.17g %.17g\n", rows->series[i].name, rows->series[i].entity, rows->series[i].t_s, rows->series[i].value);
    for (size_t i = 0; i < rows->n_histograms; i++)
        g_string_append_printf(text, "%s %s %.17g %d\n", rows->histograms[i].name, rows->histograms[i].entity, rows->histograms[i].low,
                               (int) rows->histograms[i].count);
    for (size_t i = 0; i < rows->n_pool_periods; i++)
        g_string_append_printf(text, "%d %d\n", (int) rows->pool_periods[i].period, (int) rows->pool_periods[i].candidates);
}

#define LATE "[time-source late]\nkind = gnss\nerror = normal 0 s 2 s 4 s\n"

static const struct { const char *more, *receive, *cryptoperiod, *duration; bool loses, overlaps, revokes; } countings_of_loss[] = {
    /* An emergency, in which every reception is looked at. */
    { LATE "[event gone]\nat = 50 s\ndo = revoke crew[0] command\n", "profile.receive-key=clock", "discovery.cryptoperiod=60 s", "simulation.duration=80 s",
      true, true, true },
    { LATE, "profile.receive-key=clock", "discovery.cryptoperiod=60 s", "simulation.duration=80 s", true, true, false },
    /* Most of the time no switch is near. */
    { LATE, "profile.receive-key=clock", "discovery.cryptoperiod=400 s", "simulation.duration=420 s", true, true, false },
    /* With one exact time for all, a radio may count late. */
    { "", "profile.receive-key=clock", "discovery.cryptoperiod=60 s", "simulation.duration=80 s", true, false, false },
    { "", "profile.receive-key=counter", "discovery.cryptoperiod=60 s", "simulation.duration=80 s", false, false, false },
    { "[event gone]\nat = 50 s\ndo = revoke crew[0] command\n[ue crew[5..11]]\noff-network = 45 s .. 75 s\n", "profile.receive-key=counter",
      "discovery.cryptoperiod=60 s", "simulation.duration=80 s", true, true, true },
};

/* Counted in silence or told event by event, it is the same, at every point and in the end. */
START_TEST(a_reader_of_every_event_changes_no_number)
{
    g_autofree char *text = g_strconcat(HEAD COMMAND "overlap = 1 s\n"
        "[ue-group crew]\ncount = 12\nannounce = command\nmonitor = command\npdn = lan\nprose-clock-drift = uniform -50000 ppm 50000 ppm\n",
        countings_of_loss[_i].more, NULL);
    const char *const settings[] = { "pdn.delay=300 ms", "output.series=all", "output.samples=all", "output.step=330 ms",
                                     countings_of_loss[_i].receive, countings_of_loss[_i].cryptoperiod, countings_of_loss[_i].duration, NULL };
    GString *silent = g_string_new(NULL), *told = g_string_new(NULL);
    g_auto(SimRun) a = { .scenario = scenario_from_text(text, settings), .user = silent }, b = { .scenario = scenario_from_text(text, settings), .user = told };

    b.hooks.reader_wants = PROSE_EVENTS_ALL;
    b.hooks.read = ignore_cb;
    a.hooks.user = &a;
    b.hooks.user = &b;
    a.hooks.measured = b.hooks.measured = print_rows_cb;
    sim_run(&a);
    sim_run(&b);
    ck_assert_int_eq(summary_int(a.root, "rollover.lost_receptions") > 10, countings_of_loss[_i].loses);
    ck_assert_int_eq(summary_int(a.root, "rollover.overlap_accepted") > 10, countings_of_loss[_i].overlaps);
    /* The revoked UE is heard until the others have answered for its successor and deleted the old key. */
    ck_assert_int_eq(summary_int(a.root, "rollover.revoked_accepted") > 0, countings_of_loss[_i].revokes);
    ck_assert_msg(g_str_equal(strstr(a.result.json, "\"pc5\""), strstr(b.result.json, "\"pc5\"")), "another summary");
    ck_assert_msg(g_string_equal(silent, told), "another table");
    g_string_free(silent, TRUE);
    g_string_free(told, TRUE);
}
END_TEST

START_TEST(tables_are_the_same_each_time)
{
    const char *const settings[] = { "output.series=all", "output.samples=all", "output.histograms=all", "output.step=1 s", "simulation.duration=10 s", NULL };
    GString *texts[2] = { g_string_new(NULL), g_string_new(NULL) };

    for (unsigned i = 0; i < 2; i++) {
        g_auto(SimRun) run = { .scenario = sim_example("first-responders", settings), .user = texts[i] };

        run.hooks.user = &run;
        run.hooks.measured = print_rows_cb;
        sim_run(&run);
    }
    ck_assert_uint_gt(texts[0]->len, 10000);
    ck_assert_str_eq(texts[0]->str, texts[1]->str);
    g_string_free(texts[0], TRUE);
    g_string_free(texts[1], TRUE);
}
END_TEST

typedef struct Sums {
    uint64_t opportunities, slots, sent, candidates, accepted, repeated;
    double sent_in_points, accepted_in_points;
} Sums;

static void
sum_rows_cb(void *user, const ProseRows *rows)
{
    Sums *sums = user;

    for (size_t i = 0; i < rows->n_pool_periods; i++) {
        const ProsePoolPeriodRow *row = &rows->pool_periods[i];

        ck_assert_uint_le(row->sent, row->slots);
        ck_assert_uint_le(row->accepted + row->repeated, row->candidates);
        sums->opportunities += row->opportunities;
        sums->slots += row->slots;
        sums->sent += row->sent;
        sums->candidates += row->candidates;
        sums->accepted += row->accepted;
        sums->repeated += row->repeated;
    }
    for (size_t i = 0; i < rows->n_series; i++) {
        if (strcmp(rows->series[i].name, "pc5.sent") == 0)
            sums->sent_in_points += rows->series[i].value;
        if (strcmp(rows->series[i].name, "pc5.accepted") == 0)
            sums->accepted_in_points += rows->series[i].value;
    }
}

/* Whether PC5 is told event by event or counted. */
static const struct { uint64_t keep; const char *warm_up; } countings[] = {
    { 0, "simulation.warm-up=0 s" }, { PROSE_EVENTS_ALL, "simulation.warm-up=0 s" }, { 0, "simulation.warm-up=3 s" },
    { PROSE_EVENTS_ALL, "simulation.warm-up=3 s" },
};

START_TEST(periods_and_points_add_up_to_the_whole)
{
    const char *const settings[] = { "output.series=pool.periods, pc5.sent, pc5.accepted", "output.step=1 s", "simulation.duration=12 s",
                                     countings[_i].warm_up, NULL };
    Sums sums = { 0 };
    g_auto(SimRun) run = { .scenario = sim_example("first-responders", settings), .keep = countings[_i].keep };

    run.hooks.user = &sums;
    run.hooks.measured = sum_rows_cb;
    run.hooks.reader_wants = countings[_i].keep;
    run.keep = 0;
    run.hooks.read = ignore_cb;
    sim_run(&run);
    ck_assert_int_gt(summary_int(run.root, "pc5.sent"), 100);
    ck_assert_int_eq(summary_int(run.root, "pc5.opportunities"), sums.opportunities);
    ck_assert_int_eq(summary_int(run.root, "pc5.slots"), sums.slots);
    ck_assert_int_eq(summary_int(run.root, "pc5.sent"), sums.sent);
    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), sums.candidates);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.accepted"), sums.accepted);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.repeated"), sums.repeated);
    ck_assert_double_eq(sums.sent_in_points, (double) sums.sent);
    ck_assert_double_eq(sums.accepted_in_points, (double) (sums.accepted + sums.repeated));
}
END_TEST

typedef struct Load {
    double busy, queue, queue_max;
    unsigned n;
} Load;

static void
load_cb(void *user, const ProseRows *rows)
{
    Load *load = user;

    for (size_t i = 0; i < rows->n_series; i++) {
        const ProseSeriesRow *row = &rows->series[i];

        load->n++;
        if (strcmp(row->name, "pkmf.utilisation") == 0)
            load->busy += row->value;
        else if (strcmp(row->name, "pkmf.queue") == 0)
            load->queue += row->value;
        else
            load->queue_max = MAX(load->queue_max, row->value);
    }
}

static const char *const warm_ups[] = { "simulation.warm-up=0 s", "simulation.warm-up=30 s" };

/* Points over equal times make the mean over all of it; and jobs that wait for a time are what waits there were (Little). */
START_TEST(a_pkmf_s_queue_over_time_is_what_its_jobs_waited)
{
    static const char text[] = HEAD COMMAND "[ue-group crew]\ncount = 60\nhold = command\npdn = lan\n";
    const char *const settings[] = { "pkmf.workers=1", "pkmf.service-time-request=40 ms", "pkmf.service-time-delivery=20 ms", "output.step=5 s",
                                     "output.series=pkmf.queue, pkmf.queue-max, pkmf.utilisation", warm_ups[_i], NULL };
    g_auto(SimRun) run = { .scenario = scenario_from_text(text, settings) };
    double counted_s = _i ? 50 : 80;
    Load load = { 0 };

    run.hooks.user = &load;
    run.hooks.measured = load_cb;
    sim_run(&run);
    ck_assert_uint_eq(load.n, 3 * counted_s / 5);
    ck_assert_double_gt(load.queue_max, 20);
    ck_assert_double_eq_tol(load.busy / (counted_s / 5), summary_double(run.root, "pkmf.utilisation"), 1e-9);
    ck_assert_double_eq_tol(load.queue / (counted_s / 5), summary_double(run.root, "pkmf.queue.mean"), 1e-9);
    ck_assert_double_eq_tol(summary_double(run.root, "pkmf.queue.mean") * counted_s,
                            summary_double(run.root, "pkmf.wait.mean") * (double) summary_int(run.root, "pkmf.wait.count"), 1e-6);
}
END_TEST

/* 10 s on either side of 60 s: periods 157 to 218 of 320 ms. */
START_TEST(what_was_simulated_of_pc5_is_told)
{
    g_auto(SimRun) whole = run_text(HEAD COMMAND A B);
    g_auto(SimRun) part = run_text(HEAD "[pool]\nperiod = rf32\nactive = around-rollover 10 s\n" COMMAND A B);

    ck_assert_int_eq(summary_int(whole.root, "pc5.slots"), 250);
    ck_assert_int_eq(summary_int(part.root, "pool.periods"), 62);
    ck_assert_double_eq_tol(summary_double(part.root, "pool.simulated"), 62 * 0.32, 1e-9);
    ck_assert_int_eq(summary_int(part.root, "pc5.slots"), 62);
    ck_assert_int_eq(json_object_get_int_member(rollover(&part, 0), "ready"), 2);
    ck_assert_msg(strstr(part.result.text, "PC5 for 19.84 of 80 s") != NULL, "%s", part.result.text);
}
END_TEST

/* ---- sums ---- */

static bool
is_scenario(const char *name)
{
    g_autofree char *path = g_build_filename(TEST_PROJECT_DIR, "examples", name, NULL);
    g_autofree char *text = NULL;

    return g_str_has_suffix(name, ".ini") && g_file_get_contents(path, &text, NULL, NULL) && !strstr(text, "[campaign]");
}

/* Every example, whole and with a warm-up that cuts requests, deliveries and blackouts in two; sim_run() checks that all adds up. */
START_TEST(every_example_adds_up)
{
    static const char *const directories[] = { "", "procedures", "rollover", "places" };
    unsigned n = 0;

    for (size_t d = 0; d < G_N_ELEMENTS(directories); d++) {
        g_autofree char *path = g_build_filename(TEST_PROJECT_DIR, "examples", directories[d], NULL);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *file;

        while (dir && (file = g_dir_read_name(dir))) {
            g_autofree char *name = g_build_filename(directories[d], file, NULL);
            const char *const settings[] = { "simulation.duration=35 s", "simulation.warm-up=15.1 s", "output.samples=all", NULL };

            if (!is_scenario(name))
                continue;
            name[strlen(name) - strlen(".ini")] = '\0';
            for (unsigned i = 0; i < 2; i++) {
                g_auto(SimRun) run = { .scenario = sim_example(name, i ? settings : NULL) };

                /* Those whose size is their point are run elsewhere. */
                if (run.scenario->ues->len > 500 || run.scenario->duration_s > 900)
                    continue;
                sim_run(&run);
                n++;
            }
        }
    }
    ck_assert_uint_ge(n, 20);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("rollover");
    TCase *tc = tcase_create("rollover");

    tcase_add_test(tc, with_both_keys_in_both_hands_nothing_is_lost);
    tcase_add_test(tc, a_fast_clock_that_chooses_the_key_loses_what_comes_before_the_switch);
    tcase_add_test(tc, a_late_sender_is_saved_by_the_overlap);
    tcase_add_test(tc, a_member_out_of_reach_loses_what_is_sent_under_a_replacement);
    tcase_add_loop_test(tc, a_leave_is_a_rollover_for_those_who_stay, 0, G_N_ELEMENTS(leaves));
    tcase_add_test(tc, who_has_left_is_without_no_key);
    tcase_add_loop_test(tc, a_ue_that_comes_back_after_the_switch_is_without_a_key_until_it_has_asked, 0, G_N_ELEMENTS(listeners));
    tcase_add_loop_test(tc, a_reader_of_every_event_changes_no_number, 0, G_N_ELEMENTS(countings_of_loss));
    tcase_add_test(tc, tables_are_the_same_each_time);
    tcase_add_loop_test(tc, periods_and_points_add_up_to_the_whole, 0, G_N_ELEMENTS(countings));
    tcase_add_loop_test(tc, a_pkmf_s_queue_over_time_is_what_its_jobs_waited, 0, G_N_ELEMENTS(warm_ups));
    tcase_add_test(tc, what_was_simulated_of_pc5_is_told);
    tcase_add_test(tc, every_example_adds_up);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
