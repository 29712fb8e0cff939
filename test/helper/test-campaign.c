/* SPDX-License-Identifier: GPL-2.0-only */
/* Campaign files, and the plan of one in results.sqlite; the runs themselves are in test/campaign. */
#include "prose-campaign-plan.h"
#include "prose-results.h"
#include "scenario-text.h"

#include <string.h>

static char *parent;

static void
set_up(void)
{
    parent = g_dir_make_tmp("prose-campaign-XXXXXX", NULL);
    ck_assert_ptr_nonnull(parent);
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_all(below);
    }
    g_remove(path);
}

static void
tear_down(void)
{
    remove_all(parent);
    g_clear_pointer(&parent, g_free);
}

static char *
write_file(const char *name, const char *text)
{
    char *path = g_build_filename(parent, name, NULL);

    ck_assert(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static const char scenario_text[] =
    "[simulation]\nduration = 1 s\n[pkmf east]\n[discovery command]\ndiscovery-group-id = 1\npkmf = east\nlead = 1 min\n"
    "[pdn lan]\n[ue-group g]\ncount = 3\nhold = command\npdn = lan\n";
static const char campaign_text[] =
    "[campaign]\nscenario = base.ini\nseed = 2\nruns = 1..2\nzip = a b, c d\nrequire = $lead < $cryptoperiod or 2 * $lead = 3 s, $lead != 5 s\n"
    "max-runs = 20\nstop-when = half-width pc5.sent < 5 % at 95 %\ntimeout = 1 h\nkeep = metrics, ues\n"
    "[sweep]\nlead = 1 min, 1 s .. 4 s log 2\ncryptoperiod = 2 min, 1 h\na = 1, 2\nb = 0.1 % .. 0.2 % step 0.1 %\nc = 1 ms\nd = yes\nradio.tx-power = 20 dBm\n"
    "[set]\ndiscovery *.lead = $lead\ncommand.cryptoperiod = ${cryptoperiod}\ng.count = $a\npdn *.loss = $b\nlan.delay = $c\ncommand.mic = $d\n";

static ProseCampaign *
read_campaign(const char *text, GError **error)
{
    g_autofree char *scenario = write_file("base.ini", scenario_text), *path = write_file("campaign.ini", text);

    return prose_campaign_new_from_file(path, error);
}

/* ---- values ---- */

static const struct { const char *text, *values, *wrong; } sweeps[] = {
    { "1 h", "1 h=3600 s", NULL },
    { "1 h, 30 min", "1 h=3600 s|30 min=1800 s", NULL },
    { "counter, clock", "counter|clock", NULL },
    { "\"a, b\", c", "a, b|c", NULL },
    { "0 % .. 10 % step 5 %", "0 %=0 |5 %=0.05 |10 %=0.1 ", NULL },
    { "-10 dBm .. -5 dBm step 5 dBm", "-10 dBm=-10 dBm|-5 dBm=-5 dBm", NULL },
    { "1 .. 2 step 0.4", "1=1 |1.4=1.4 |1.8=1.8 ", NULL },
    { "0.5 ms .. 8 ms log 5", "0.5 ms=0.0005 s|1 ms=0.001 s|2 ms=0.002 s|4 ms=0.004 s|8 ms=0.008 s", NULL },
    { "30 s .. 1 min step 30 s", "30 s=30 s|60 s=60 s", NULL },
    { "10 s .. 20 s", "10 s .. 20 s", NULL },
    { "uniform 1 s 2 s", "uniform 1 s 2 s", NULL },
    { "1 s,", NULL, "an empty value; values with commas between them" },
    { "1 s, 1 s", NULL, "\"1 s\" stands there twice; each value once" },
    { "2 s .. 1 s step 1 s", NULL, "does not rise; a .. b with a below b" },
    { "1 s .. 1 m step 1 s", NULL, "\"1 s\" and \"1 m\" are not of one kind; a .. b step d, or a .. b log n" },
    { "1 s .. 2 s step 1", NULL, "\"1\" is no step of such a range; above 0 and of its kind" },
    { "1 s .. 2 s step 0 s", NULL, "\"0 s\" is no step of such a range; above 0 and of its kind" },
    { "1 s .. 2 s log 1", NULL, "\"1\" is not how many values there are; a .. b log n, n from 2" },
    { "0 s .. 2 s log 3", NULL, "begins at or below 0, which has no logarithm; a .. b log n with a above 0" },
    { "1 h 5 min .. 2 h step 5 min", NULL, "\"1 h 5 min\" is no number with one unit; a .. b step d, or a .. b log n" },
    { "x .. y step z", NULL, "\"x\" is no number with one unit; a .. b step d, or a .. b log n" },
    { "0 s .. 1 h step 1 us", NULL, "too many values; at most 10000" },
};

START_TEST(a_line_of_a_sweep_is_a_list_of_values)
{
    g_autofree char *wrong = NULL;
    g_autoptr(GPtrArray) values = prose_campaign_values_parse(sweeps[_i].text, &wrong);
    g_autoptr(GString) text = g_string_new(NULL);

    ck_assert_pstr_eq(wrong, sweeps[_i].wrong);
    for (guint i = 0; values && i < values->len; i++) {
        const ProseCampaignValue *v = values->pdata[i];

        g_string_append_printf(text, "%s%s", i ? "|" : "", v->text);
        if (v->unit)
            g_string_append_printf(text, "=%.12g %s", v->si, v->unit);
    }
    if (values)
        ck_assert_str_eq(text->str, sweeps[_i].values);
}
END_TEST

static const struct { const char *text; int n; } run_lists[] = {
    { "1", 1 }, { "1..10", 10 }, { "3 .. 5, 9", 4 }, { "1, 2, 7..9", 5 }, { "", -1 }, { "0", -1 }, { "5..4", -1 }, { "1..3, 3", -1 }, { "1..", -1 },
    { "..3", -1 }, { "1..2..3", -1 }, { "-1", -1 }, { "a", -1 }, { "1..99999999999", -1 },
};

START_TEST(run_numbers_rise)
{
    g_autofree char *wrong = NULL;
    g_autoptr(GArray) runs = prose_campaign_runs_parse(run_lists[_i].text, &wrong);

    ck_assert_int_eq(runs ? (int) runs->len : -1, run_lists[_i].n);
    ck_assert_int_eq(wrong == NULL, runs != NULL);
    for (guint i = 1; runs && i < runs->len; i++)
        ck_assert_int_lt(g_array_index(runs, gint64, i - 1), g_array_index(runs, gint64, i));
}
END_TEST

/* With lead = 10 s, share = 5 %, word = clock. */
static const struct { const char *text; int holds; } conditions[] = {
    { "$lead < 11 s", 1 }, { "$lead < 10 s", 0 }, { "$lead <= 10 s", 1 }, { "$lead = 10000 ms", 1 }, { "$lead != 10 s", 0 }, { "$lead > 9 s", 1 },
    { "$lead >= 11 s", 0 }, { "2 * $lead = 20 s", 1 }, { "$lead + 5 s - 1 s = 14 s", 1 }, { "$lead - 1 s - 2 s = 7 s", 1 }, { "$lead / 4 = 2.5 s", 1 },
    { "$lead / 2 s = 5", 1 }, { "$share * $lead = 0.5 s", 1 }, { "$word = clock", 1 }, { "$word != clock", 0 }, { "$word = counter", 0 },
    { "$lead < 1 s or $word = clock", 1 }, { "$lead < 1 s and $word = clock", 0 }, { "$lead < 1 s and $word = clock or $share = 0.05", 1 },
    { "$lead < 3", -1 }, { "$lead < $word", -1 }, { "$lead", -1 }, { "< 3", -1 }, { "$lead <", -1 }, { "$other = 1", -1 }, { "$lead * $lead = 1 s", -1 },
    { "$lead + 1 = 1 s", -1 }, { "$lead ! 3", -1 }, { "", -1 }, { "$lead < 3 s or", -1 }, { "$lead / 0 s = 5", 0 },
};

START_TEST(a_condition_compares_numbers_with_their_units)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseCampaign) c = read_campaign("[campaign]\nscenario = base.ini\n[sweep]\nlead = 10 s\nshare = 5 %\nword = clock\n"
                                               "[set]\ncommand.lead = $lead\npdn lan.loss = $share\nprofile.receive-key = $word\n", &error);
    g_autofree char *wrong = NULL;
    bool holds = false, done;

    ck_assert_msg(c != NULL, "%s", error ? error->message : "");
    done = prose_campaign_require(c, c->points->pdata[0], conditions[_i].text, &holds, &wrong);
    ck_assert_int_eq(done ? (int) holds : -1, conditions[_i].holds);
    ck_assert_int_eq(done, wrong == NULL);
}
END_TEST

/* ---- files ---- */

START_TEST(every_combination_is_a_point_and_zipped_ones_move_together)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseCampaign) c = read_campaign(campaign_text, &error);
    const ProseCampaignPoint *first, *last;
    guint left_out = 0;

    ck_assert_msg(c != NULL, "%s", error ? error->message : "");
    ck_assert_uint_eq(c->points->len, 3 * 2 * 2);
    first = c->points->pdata[0];
    last = c->points->pdata[c->points->len - 1];
    ck_assert_str_eq(first->label, "lead = 1 min, cryptoperiod = 2 min, a = 1, b = 0.1 %, c = 1 ms, d = yes, radio.tx-power = 20 dBm");
    ck_assert_str_eq(last->label, "lead = 4 s, cryptoperiod = 1 h, a = 2, b = 0.2 %, c = 1 ms, d = yes, radio.tx-power = 20 dBm");
    ck_assert_str_eq(first->overrides->pdata[0], "discovery *.lead=1 min");
    ck_assert_str_eq(first->overrides->pdata[6], "radio.tx-power=20 dBm");
    for (guint i = 0; i < c->points->len; i++)
        left_out += ((const ProseCampaignPoint *) c->points->pdata[i])->invalid != NULL;
    ck_assert_uint_eq(left_out, 0);
    ck_assert_uint_eq(c->first_runs, 10);
    ck_assert_uint_eq(c->runs->len, 20);
    ck_assert_uint_eq(c->seed, 2);
    ck_assert_uint_eq(c->keep, PROSE_KEEP_METRICS | PROSE_KEEP_UES);
    ck_assert(c->timeout_s == 3600);
}
END_TEST

START_TEST(no_prefix_and_no_lost_line_of_a_file_does_harm)
{
    for (size_t len = 0; len < sizeof campaign_text; len++) {
        g_autofree char *prefix = g_strndup(campaign_text, len);
        g_autoptr(GString) without = g_string_new(campaign_text);
        g_autoptr(GError) error = NULL, other = NULL;
        g_autoptr(ProseCampaign) c = read_campaign(prefix, &error), rest = NULL;

        ck_assert_int_eq(c != NULL, error == NULL);
        if (len > 0 && campaign_text[len - 1] == '\n' && strchr(campaign_text + len, '\n')) {
            g_string_erase(without, (gssize) len, strchr(campaign_text + len, '\n') + 1 - (campaign_text + len));
            rest = read_campaign(without->str, &other);
            ck_assert_int_eq(rest != NULL, other == NULL);
        }
    }
}
END_TEST

/* ---- the plan ---- */

/* What a run of @job would write, with one metric of @value. */
static void
write_part(ProsePlan *plan, const ProseCampaign *c, const ProseJob *job, double value)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseScenario) scenario = prose_campaign_scenario(c, c->points->pdata[job->point], job->run, &error);
    g_autofree char *directory = prose_plan_part(plan, job, ""), *path = prose_plan_part(plan, job, "/results.sqlite");
    ProseMetricRow metric = { "pc5.sent", "", value };
    ProseUeRow ue = { .ue = 0, .ue_group = "g", .octets_up = 7 };
    ProseSampleRow sample = { .name = "keys.blackout", .entity = "", .ue = 0, .peer = -1, .key_period = -1, .value = 1 };
    ProseRows rows = { .metrics = &metric, .n_metrics = 1, .ues = &ue, .n_ues = 1, .samples = &sample, .n_samples = 1 };
    ProseResultsRun run = { .scenario = scenario, .rows = &rows, .version = "v", .ns3_version = "n", .command = "c", .sim_end_s = 1,
                            .stopped_by = "duration", .perf = { .wall_s = 0.5 } };

    ck_assert_msg(scenario != NULL, "%s", error ? error->message : "");
    ck_assert_int_eq(g_mkdir_with_parents(directory, 0777), 0);
    ck_assert_msg(prose_results_write(path, &run, &error), "%s", error ? error->message : "");
}

static gint64
number_in(const char *directory, const char *sql)
{
    g_autofree char *path = g_build_filename(directory, "results.sqlite", NULL);
    g_autoptr(ProseDb) db = prose_db_open(path, PROSE_DB_READ, NULL);
    gint64 number = 0;

    ck_assert_ptr_nonnull(db);
    ck_assert(prose_db_number(db, &number, -1, NULL, sql, ""));
    return number;
}

/* Two points; the second one's metric is the same in every run, so it is narrow after ten. Jobs finish last first. */
START_TEST(a_plan_takes_in_what_jobs_wrote_and_asks_for_more_where_a_rule_says_so)
{
    static const char text[] = "[campaign]\nscenario = base.ini\nruns = 1..10\nmax-runs = 25\nstop-when = half-width pc5.sent < 5 % at 95 %\n"
                               "keep = metrics, ues\n[sweep]\ng.count = 1, 2\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseCampaign) c = read_campaign(text, &error);
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autoptr(ProsePlan) plan = NULL;
    const ProseEnding well = { 0 }, badly = { .exit_status = 128 + 11 };
    guint n = 0;

    ck_assert_msg(c != NULL, "%s", error ? error->message : "");
    plan = prose_plan_new(c, directory, false, &error);
    ck_assert_msg(plan != NULL, "%s", error ? error->message : "");
    ck_assert_ptr_null(prose_plan_new(c, directory, true, NULL));      /* it is locked */
    for (ProseJob *job; (job = prose_plan_next(plan)); n++) {
        ck_assert(prose_plan_start(plan, job, &error));
        if (job->point == 0 && job->run == 3) {
            ck_assert(prose_plan_finish_job(plan, job, &badly, &error));
            continue;
        }
        write_part(plan, c, job, job->point == 0 ? (double) (job->run % 2) : 5);
        ck_assert_msg(prose_plan_finish_job(plan, job, &well, &error), "%s", error ? error->message : "");
        ck_assert_int_eq(job->state, PROSE_JOB_FINISHED);
    }
    ck_assert_uint_eq(n, 25 + 10);
    ck_assert(prose_plan_finish(plan, &error));
    plan = prose_plan_free(plan);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM run WHERE status = 'done'"), 34);
    ck_assert_int_eq(number_in(directory, "SELECT exit_status FROM run WHERE status = 'failed'"), 139);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM run"), 35);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM metric"), 34);
    ck_assert_int_eq(number_in(directory, "SELECT sum(octets_up) FROM ue"), 34 * 7);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM sample"), 0);          /* not kept */
    ck_assert_int_eq(number_in(directory, "SELECT n FROM ci WHERE config = 2 AND name = 'pc5.sent'"), 10);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM setting WHERE config = 2 AND key = 'count' AND source = 'option' AND si = 2"), 1);
    /* Only what failed is left. */
    plan = prose_plan_new(c, directory, true, &error);
    ck_assert_msg(plan != NULL, "%s", error ? error->message : "");
    ck_assert_int_eq(prose_plan_next(plan)->run, 3);
}
END_TEST

START_TEST(a_part_that_is_another_runs_is_refused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseCampaign) c = read_campaign("[campaign]\nscenario = base.ini\nruns = 1..2\n", &error);
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autoptr(ProsePlan) plan = prose_plan_new(c, directory, false, &error);
    const ProseEnding well = { 0 };
    ProseJob *job = prose_plan_next(plan), other = *job;

    other.run = 2;
    ck_assert(prose_plan_start(plan, job, &error));
    write_part(plan, c, &other, 1);
    ck_assert(!prose_plan_finish_job(plan, job, &well, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "did the scenario change"));
    ck_assert_int_eq(job->state, PROSE_JOB_READY);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM metric"), 0);
    ck_assert_int_eq(number_in(directory, "SELECT count(*) FROM run WHERE status = 'planned'"), 2);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("campaign");
    TCase *tc = tcase_create("campaign");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, a_line_of_a_sweep_is_a_list_of_values, 0, G_N_ELEMENTS(sweeps));
    tcase_add_loop_test(tc, run_numbers_rise, 0, G_N_ELEMENTS(run_lists));
    tcase_add_loop_test(tc, a_condition_compares_numbers_with_their_units, 0, G_N_ELEMENTS(conditions));
    tcase_add_test(tc, every_combination_is_a_point_and_zipped_ones_move_together);
    tcase_add_test(tc, no_prefix_and_no_lost_line_of_a_file_does_harm);
    tcase_add_test(tc, a_plan_takes_in_what_jobs_wrote_and_asks_for_more_where_a_rule_says_so);
    tcase_add_test(tc, a_part_that_is_another_runs_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
