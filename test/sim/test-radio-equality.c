/* SPDX-License-Identifier: GPL-2.0-only */
/* Shortcuts change no result: with the grid or the memo off, and with every subframe handled by itself, the same octets come out. */
#include "run.h"

#define HEAD "[simulation]\nduration = 14 s\nutc-start = 2026-06-01T08:00:00Z\n"
#define WIDE "[radio]\narea = 3 km x 3 km\npropagation = log-distance\n"
#define COMMAND "[discovery command]\ndiscovery-group-id = 0x00A1B2\n"
#define GIVEN "keys = provisioned\n"
#define TALK "announce = command\nmonitor = command\n"
#define STANDING "placement = uniform\nmobility = static\n"

static const struct { const char *name, *text; } scenarios[] = {
    { "a crowd that stands", HEAD "warm-up = 3 s\n" WIDE COMMAND GIVEN
      "[ue-group crowd]\ncount = 70\n" TALK STANDING "prose-clock-drift = normal 0 2 ppm 10 ppm\n" },
    { "a crowd that drives", HEAD WIDE COMMAND GIVEN "[ue-group crowd]\ncount = 40\n" TALK "mobility = random-waypoint 30..60 m/s\n"
      "[ue-group posts]\ncount = 20\n" TALK STANDING },
    { "copies, after a warm-up that cuts them", HEAD "warm-up = 3.201 s\n" WIDE "[pool]\nsubframes = 8\nretransmissions = 2\ntx-probability = p75\n" COMMAND GIVEN
      "[ue-group crowd]\ncount = 40\n" TALK STANDING "[ue-group cars]\ncount = 10\n" TALK "mobility = random-waypoint 30..60 m/s\n" },
    { "copies under all or nothing", HEAD WIDE "reception = collision\n[pool]\nsubframes = 6\nretransmissions = 1\n" COMMAND GIVEN
      "[ue-group crowd]\ncount = 40\n" TALK STANDING },
    { "all or nothing", HEAD WIDE "reception = collision\n" COMMAND GIVEN "[ue-group crowd]\ncount = 60\n" TALK STANDING },
    { "a sensitivity below what can be decoded", HEAD WIDE "sensitivity = -115 dBm\n" COMMAND GIVEN
      "[ue-group crowd]\ncount = 50\n" TALK STANDING },
    { "a large pool", HEAD WIDE "[pool]\nperiod = rf64\nsubframe-bitmap = 1000000000000000000000000000000000000000\nrepetitions = 16\n"
      "resources-per-subframe = 20\n" COMMAND GIVEN "[ue-group crowd]\ncount = 30\n" TALK STANDING },
    { "keys that roll over, on lossy lines, with clocks at the edge", HEAD
      "[radio]\narea = 900 m x 900 m\n[prose-function operator]\npkmfs = east\n[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 0 s\n"
      COMMAND "pkmf = east\ncryptoperiod = 5 s\nlead = 2 s\nsuccessor-check = 2 s\n"
      "[discovery relay]\nrelay-service-code = 7\npkmf = east\nmic = no\nscrambling = no\nencrypted-bits-mask = none\n"
      "[pdn lan]\nloss = 2 %\ndelay = 100 ms\n"
      "[ue-group engines]\ncount = 12\nannounce = command, relay\nmonitor = command\npdn = lan\npkmf-known = prose-function\npower-on = exponential 1 s\n"
      "prose-clock-drift = normal 0 2000 ppm 5000 ppm\n"
      "[ue-group trucks]\ncount = 8\nannounce = command\nmonitor = command, relay\npdn = lan\nmobility = random-waypoint 1..5 m/s\n"
      "[event a]\nat = 6.002 s\ndo = stop engines[1] command\n[event b]\nat = 9.6015 s\ndo = start engines[1] command\n"
      "[event c]\nat = 8 s\ndo = network-releases-pdn engines[2]\n[event d]\nat = 7 s\ndo = revoke engines[3] command\n" },
    { "nothing protected, and zeros for a MIC", HEAD WIDE "[profile]\nempty-mic = zero\n" COMMAND GIVEN "mic = no\nscrambling = no\nencrypted-bits-mask = none\n"
      "[ue-group crowd]\ncount = 30\n" TALK STANDING },
    { "nothing protected, and chance for a MIC", HEAD WIDE COMMAND GIVEN "mic = no\nscrambling = no\nencrypted-bits-mask = none\n"
      "[ue-group crowd]\ncount = 30\n" TALK STANDING },
    { "a receiver that goes by its clock, and a literal prefix", HEAD WIDE "[profile]\nreceive-key = clock\nscrambling-prefix = literal\nrepeated = dropped\n"
      COMMAND GIVEN "cryptoperiod = 6 s\nmax-offset = 1 s\n" "[ue-group crowd]\ncount = 30\n" TALK STANDING "prose-clock-drift = normal 0 20000 ppm 60000 ppm\n" },
    { "strangers among friends", HEAD WIDE COMMAND GIVEN "[discovery other]\ndiscovery-group-id = 0x00A1B3\n" GIVEN
      "[ue-group crowd]\ncount = 25\nannounce = command, other\nmonitor = command\n" STANDING
      "[ue-group others]\ncount = 25\nannounce = other\nmonitor = other\n" STANDING },
    { "questions and answers", HEAD WIDE "[discovery relay]\nrelay-service-code = 7\n" GIVEN
      "[ue-group askers]\ncount = 15\nsolicit = relay\n" STANDING "[ue-group relays]\ncount = 20\nrespond = relay\nannounce = relay\n" STANDING },
    { "additional information, within a second and nothing protected, through a rollover", HEAD WIDE "[profile]\nempty-mic = zero\n"
      "[discovery relay]\nrelay-service-code = 7\nadditional-information-every = 2\ncryptoperiod = 5 s\nmax-offset = 1 s\n" GIVEN
      "mic = no\nscrambling = no\nencrypted-bits-mask = none\n"
      "[discovery other]\nrelay-service-code = 8\nadditional-information-every = 3\ncryptoperiod = 5 s\nmax-offset = 1 s\n" GIVEN
      "[ue-group relays]\ncount = 20\nannounce = relay, other\nmonitor = other\n" STANDING "[ue-group remotes]\ncount = 20\nmonitor = relay, other\n" STANDING },
    { "fading", HEAD "[radio]\narea = 3 km x 3 km\npropagation = log-distance + nakagami\n[pool]\nsubframes = 6\nretransmissions = 1\n" COMMAND GIVEN
      "[ue-group crowd]\ncount = 25\n" TALK STANDING },
};

typedef struct Output {
    char *summary, *events;
} Output;

static void
output_clear(Output *o)
{
    g_free(o->summary);
    g_free(o->events);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

/* Without the lines that say how it was made. */
static char *
results_of(const char *json, bool with_computed)
{
    g_auto(GStrv) lines = g_strsplit(json, "\n", -1);
    GString *ret = g_string_new(NULL);

    for (unsigned i = 0; lines[i]; i++) {
        if (!strstr(lines[i], "\"settings-hash\"") && !strstr(lines[i], "\"command\"") && !strstr(lines[i], "\"scenario\"")
            && (with_computed || !strstr(lines[i], "\"computed\"")))
            g_string_append_printf(ret, "%s\n", lines[i]);
    }
    return g_string_free(ret, FALSE);
}

static Output
run_with(unsigned scenario, const char *setting, bool traced, bool with_computed)
{
    const char *const settings[] = { setting, NULL };
    g_autofree char *parent = sim_directory();
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_auto(SimRun) run = { .scenario = scenario_from_text(scenarios[scenario].text, setting ? settings : NULL),
                           .options = { .directory = traced ? directory : NULL, .trace = traced ? "all" : NULL } };
    Output o = { 0 };

    sim_run(&run);
    o.summary = results_of(run.result.json, with_computed);
    if (traced)
        o.events = sim_file(directory, "events.csv", NULL);
    sim_remove(parent);
    return o;
}

static void
assert_same(const char *a, const char *b, const char *what, unsigned scenario)
{
    g_auto(GStrv) x = g_strsplit(a, "\n", -1), y = g_strsplit(b, "\n", -1);

    for (unsigned i = 0; x[i] || y[i]; i++)
        ck_assert_msg(x[i] && y[i] && strcmp(x[i], y[i]) == 0, "%s, %s, line %u:\n%s\n%s", scenarios[scenario].name, what, i + 1,
                      x[i] ? x[i] : "(end)", y[i] ? y[i] : "(end)");
}

START_TEST(the_grid_changes_no_octet)
{
    g_auto(Output) on = run_with((unsigned) _i, NULL, true, true), off = run_with((unsigned) _i, "radio.grid=off", true, true);

    assert_same(on.events, off.events, "events", (unsigned) _i);
    assert_same(on.summary, off.summary, "summary", (unsigned) _i);
}
END_TEST

START_TEST(the_memo_changes_no_octet)
{
    g_auto(Output) on = run_with((unsigned) _i, NULL, true, false), off = run_with((unsigned) _i, "radio.memo=off", true, false);

    assert_same(on.events, off.events, "events", (unsigned) _i);
    assert_same(on.summary, off.summary, "summary", (unsigned) _i);
}
END_TEST

START_TEST(hearing_late_counts_what_hearing_at_once_counts)
{
    g_auto(Output) prompt = run_with((unsigned) _i, NULL, true, true), late = run_with((unsigned) _i, NULL, false, true);

    assert_same(prompt.summary, late.summary, "summary", (unsigned) _i);
}
END_TEST

START_TEST(without_a_memo_too)
{
    g_auto(Output) prompt = run_with((unsigned) _i, "radio.memo=off", true, true), late = run_with((unsigned) _i, "radio.memo=off", false, true);

    assert_same(prompt.summary, late.summary, "summary", (unsigned) _i);
}
END_TEST

/* Or equal nothing would be equal. */
START_TEST(there_is_something_to_be_equal)
{
    g_auto(SimRun) run = { .scenario = scenario_from_text(scenarios[_i].text, NULL) };

    sim_run(&run);
    ck_assert_int_gt(summary_int(run.root, "pc5.outcome.accepted"), 20);
    ck_assert_int_gt(summary_int(run.root, "pc5.outcome.collision") + summary_int(run.root, "pc5.outcome.half-duplex"), 20);
    ck_assert_int_gt(summary_int(run.root, "discovery.discovered"), 10);
}
END_TEST

START_TEST(the_memo_spares_derivations)
{
    g_auto(SimRun) on = { .scenario = scenario_from_text(scenarios[0].text, NULL) };
    g_auto(SimRun) off = { .scenario = scenario_from_text(scenarios[0].text, (const char *const[]) { "radio.memo=off", NULL }) };

    sim_run(&on);
    sim_run(&off);
    ck_assert_int_eq(summary_int(off.root, "kdf.logical"), summary_int(off.root, "kdf.computed"));
    ck_assert_int_eq(summary_int(on.root, "kdf.logical"), summary_int(off.root, "kdf.logical"));
    ck_assert_int_lt(10 * summary_int(on.root, "kdf.computed"), summary_int(on.root, "kdf.logical"));
    ck_assert_int_gt(summary_int(on.root, "kdf.computed"), 0);
}
END_TEST

#define EVERY_SECOND HEAD "[discovery relay]\nrelay-service-code = 7\n" GIVEN "[radio]\narea = 300 m x 300 m\n[pool]\nsubframes = 20\n" \
    "[ue-group relays]\ncount = 2\nannounce = relay\n" STANDING "[ue-group remotes]\ncount = 1\nmonitor = relay\n" STANDING

#define KEPT (PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) | PROSE_EVENT_BIT(PROSE_EVENT_DISCOVERED))

START_TEST(relays_inform_in_every_nth_period_and_announcements_discover)
{
    static const char *const never[] = { NULL }, *const second[] = { "relay.additional-information-every=2", NULL };
    g_auto(SimRun) without = { .scenario = scenario_from_text(EVERY_SECOND, never), .keep = KEPT };
    g_auto(SimRun) with = { .scenario = scenario_from_text(EVERY_SECOND, second), .keep = KEPT };
    SimRun *runs[] = { &without, &with };
    unsigned n[2][PROSE_EVENT_N_TYPES][2] = { 0 };

    for (unsigned k = 0; k < 2; k++) {
        sim_run(runs[k]);
        for (unsigned i = 0; i < runs[k]->events->len; i++) {
            const SeenEvent *seen = &g_array_index(runs[k]->events, SeenEvent, i);

            if (seen->event.type != PROSE_EVENT_CANDIDATE || strcmp(seen->event.cause, "accepted") == 0 || strcmp(seen->event.cause, "repeated") == 0)
                n[k][seen->event.type][seen->about.is_additional]++;
        }
        ck_assert_uint_eq(n[k][PROSE_EVENT_DISCOVERED][0], 2);
        ck_assert_int_eq(summary_int(runs[k]->root, "discovery.discovered"), 2);
    }
    ck_assert_uint_eq(n[0][PROSE_EVENT_SLOT_SENT][1] + n[0][PROSE_EVENT_CANDIDATE][1], 0);
    ck_assert_uint_gt(n[1][PROSE_EVENT_SLOT_SENT][1], 40);
    ck_assert_uint_gt(n[1][PROSE_EVENT_CANDIDATE][1], 40);
    /* In place of announcements, and heard as they would have been. */
    ck_assert_uint_eq(n[1][PROSE_EVENT_SLOT_SENT][0] + n[1][PROSE_EVENT_SLOT_SENT][1], n[0][PROSE_EVENT_SLOT_SENT][0]);
    ck_assert_uint_eq(n[1][PROSE_EVENT_CANDIDATE][0] + n[1][PROSE_EVENT_CANDIDATE][1], n[0][PROSE_EVENT_CANDIDATE][0]);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("radio-equality");
    TCase *tc = tcase_create("radio-equality");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, there_is_something_to_be_equal, 0, G_N_ELEMENTS(scenarios));
    tcase_add_loop_test(tc, the_grid_changes_no_octet, 0, G_N_ELEMENTS(scenarios));
    tcase_add_loop_test(tc, the_memo_changes_no_octet, 0, G_N_ELEMENTS(scenarios));
    tcase_add_loop_test(tc, hearing_late_counts_what_hearing_at_once_counts, 0, G_N_ELEMENTS(scenarios));
    tcase_add_loop_test(tc, without_a_memo_too, 0, G_N_ELEMENTS(scenarios));
    tcase_add_test(tc, the_memo_spares_derivations);
    tcase_add_test(tc, relays_inform_in_every_nth_period_and_announcements_discover);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
