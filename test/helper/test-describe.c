/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-event.h"
#include "prose-results.h"
#include "prose-settings.h"
#include "prose-summary.h"

#include "prose-test.h"

#include <string.h>

/* What `describe @word` says, everything without a word; fails if it says nothing. */
static char *
described(const char *word)
{
    char *nearest = NULL;
    char *text = prose_describe(word, &nearest);

    ck_assert_msg(text != NULL, "\"%s\" is not described; nearest is %s", word ? word : "", nearest ? nearest : "");
    return text;
}

static void
assert_says(const char *word, const char *what)
{
    g_autofree char *text = described(word);

    ck_assert_msg(strstr(text, what) != NULL, "describe %s:\n%s\nlacks: %s", word ? word : "", text, what);
}

START_TEST(every_setting_is_found_by_key_and_by_section)
{
    size_t n;
    const ProseSetting *rows = prose_settings_table(&n);

    for (size_t i = 0; i < n; i++) {
        g_autofree char *dotted = g_strdup_printf("%s.%s", rows[i].section, rows[i].key);
        g_autofree char *head = g_strdup_printf("[%s] %s\n", rows[i].section, rows[i].key);

        assert_says(rows[i].key, head);
        assert_says(rows[i].section, head);
        assert_says("settings", head);
        assert_says(dotted, rows[i].sentence);

    }
}
END_TEST

START_TEST(every_action_event_outcome_refusal_choice_and_metric_is_found)
{
    size_t n;
    const ProseActionRow *actions = prose_actions(&n);
    const ProseMetric *metrics;
    const ProseProfileChoice *c;

    for (size_t i = 0; i < n; i++)
        assert_says(actions[i].verb, actions[i].sentence);
    for (ProseEventType t = 0; t < PROSE_EVENT_N_TYPES; t++) {
        assert_says(prose_event_name(t), prose_event_describe(t)->sentence);
        assert_says(prose_event_describe(t)->group, prose_event_describe(t)->sentence);
    }
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        assert_says(prose_pc5_outcome_name(o), prose_pc5_outcome_sentence(o));
    for (ProseSlotRefusal r = 0; r < PROSE_SLOT_N_REFUSALS; r++)
        assert_says(prose_slot_refusal_name(r), prose_slot_refusal_sentence(r));
    for (size_t i = 0; (c = prose_profile_choice(i)); i++) {
        assert_says(c->name, c->sentence);
        assert_says("profile", c->sentence);
    }
    metrics = prose_metrics(&n);
    ck_assert_uint_gt(n, 0);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(*metrics[i].sentence != '\0', "%s", metrics[i].name);
        assert_says(metrics[i].name, metrics[i].sentence);
    }
    metrics = prose_series(&n);
    for (size_t i = 0; i < n; i++) {
        assert_says(metrics[i].name, metrics[i].sentence);
        assert_says("series", metrics[i].sentence);
    }
}
END_TEST

START_TEST(every_table_and_view_of_the_results_is_found_and_nothing_else)
{
    size_t n;
    const ProseResultsTable *tables = prose_results_tables(&n);
    g_autoptr(GError) error = NULL;
    ProseDb *db = prose_db_open(":memory:", PROSE_DB_NEW, &error);
    gint64 n_there = 0, is_there;

    ck_assert_msg(db && prose_results_prepare(db, &error) && prose_results_make_wide(db, &error), "%s", error ? error->message : "");
    for (size_t i = 0; i < n; i++) {
        assert_says(tables[i].name, tables[i].sentence);
        is_there = 0;
        ck_assert(prose_db_number(db, &is_there, 0, &error, "SELECT count(*) FROM sqlite_master WHERE name = ? AND type = ?", "ss", tables[i].name,
                                  tables[i].is_view ? "view" : "table"));
        ck_assert_msg(is_there == 1, "%s", tables[i].name);
    }
    ck_assert(prose_db_number(db, &n_there, 0, &error, "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view')", ""));
    ck_assert_int_eq(n_there, (gint64) n);
    prose_db_free(db);
}
END_TEST

static const struct { const char *word, *says; } said[] = {
    { "max-offset",
      "[pkmf] max-offset\n    time in whole seconds, unit s, default 32 s, range 0 s .. 127 s, clause TS 33.303 6.6.4.2.2, rules T1\n" },
    { "max-offset",
      "[discovery] max-offset\n    time in whole seconds, unit s, default 32 s, range 0 s .. 127 s, together with keys = provisioned, "
      "clause TS 33.303 6.6.4.2.2, rules T2\n" },
    { "subframes", "instead of subframe-bitmap" },
    { "repetitions", "together with subframe-bitmap" },
    { "discovery-group-id", "default one of the two has to be given" },
    { "pkmf.fqdn", "default pkmf.NAME.example" },
    { "reception", "range sinr, collision" },
    { "counter-lsb", "mark A" },
    { "clock-offset", "\n    outcome\n" },
    { "clock-offset", "\n    slot\n" },
    { "adversary", "section, planned for a later version, not understood yet" },
    { "cell", "[cell NAME]\n    section\n" },
    { "rtc-drift", "plain-crystal (normal 0 20 ppm 100 ppm)" },
    { "time-source.error", "nitz (uniform -60 s 60 s)" },
    { "pool.active", "also around-rollover 60 s" },
    { "presets", "weekly\n    preset of [discovery] policy, cryptoperiod = 7 d, lead = 24 h\n" },
    { "weekly", "cryptoperiod = 7 d" },
    { "presets", "plain-crystal\n    preset of drifts\n    normal 0 20 ppm 100 ppm\n" },
    { "nitz", "preset of [time-source] error\n    uniform -60 s 60 s\n" },
    { "off-network", "also every DIST for DIST, drawn for each UE" },
    { "keys.blackout.mean", "keys.blackout\n" },
    { "rollover.late.p95", "rollover.late\n" },
    { "pc5.outcome.accepted", "pc5.outcome.*\n" },
    { "pc5.outcome.half-duplex", "\n    outcome\n" },
    { "pc5.refused.no-utc", "\n    slot\n" },
    { "keys.wiped.expired", "keys.wiped.*\n" },
    { "pkmf.by-pkmf.east.jobs", "pkmf.jobs\n" },
    { "pkmf.by-pkmf.east.wait.max", "pkmf.wait\n" },
    { "by-discovery.a.b.keys.blackout.sd", "keys.blackout\n" },
    { "by-ue-group.pair.pc5.outcome.weak", "pc5.outcome.*\n" },
    { "by-discovery.command", "by-discovery.*\n" },
    { "rollover", "rollover.revoked_accepted\n" },
    { "rollover", "\n    table\n" },
    { "rollover.periods.exposure_s", "rollover.periods\n" },
    { "meta.settings-hash", "given by -s" },
    { "pool_period", "\n    table\n    One row a discovery period with a slot, if" },
    { "tables", "\n    view\n" },
    { "p25", "[pool] tx-probability" },
    { "rf32", "[pool] period" },
    { "lead-spread", "range a distribution at least 0 s, hash 5 min, or by-group 5 min" },
};

START_TEST(type_unit_default_range_and_clause_are_said)
{
    assert_says(said[_i].word, said[_i].says);
}
END_TEST

START_TEST(without_a_word_all_topics_are_there)
{
    static const char *const titles[] = { "Settings of", "Profile choices", "Actions of", "Events of", "Outcomes of", "Presets:",
                                          "What becomes of a slot", "Metrics of" };

    for (size_t i = 0; i < G_N_ELEMENTS(titles); i++)
        assert_says(NULL, titles[i]);
}
END_TEST

START_TEST(a_word_that_is_nothing_has_a_nearest_one)
{
    g_autofree char *nearest = NULL;

    ck_assert_ptr_null(prose_describe("cryptoperoid", &nearest));
    ck_assert_str_eq(nearest, "cryptoperiod");
}
END_TEST

static const char *const unknown[] = {
    "pc5.slots.mean", "keys.blackout.p50.max", "keys.blackout.", "by-discovery.command.nothing", "pkmf.by-pkmf.east.blackout", "pc5.outcome.a.b", "pc", "rf",
};

START_TEST(what_no_result_is_called_is_refused)
{
    g_autofree char *nearest = NULL;
    g_autofree char *text = prose_describe(unknown[_i], &nearest);

    ck_assert_msg(text == NULL, "describe %s:\n%s", unknown[_i], text);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("describe");
    TCase *tc = tcase_create("describe");

    tcase_add_test(tc, every_setting_is_found_by_key_and_by_section);
    tcase_add_test(tc, every_action_event_outcome_refusal_choice_and_metric_is_found);
    tcase_add_loop_test(tc, type_unit_default_range_and_clause_are_said, 0, G_N_ELEMENTS(said));
    tcase_add_test(tc, without_a_word_all_topics_are_there);
    tcase_add_loop_test(tc, what_no_result_is_called_is_refused, 0, G_N_ELEMENTS(unknown));
    tcase_add_test(tc, every_table_and_view_of_the_results_is_found_and_nothing_else);
    tcase_add_test(tc, a_word_that_is_nothing_has_a_nearest_one);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
