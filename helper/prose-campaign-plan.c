/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-campaign-plan.h"

#include "prose-output.h"
#include "prose-results.h"

#include "ns3c.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PARTS "parts"
#define LAST_WORDS_MAX 2000

struct ProsePlan {
    const ProseCampaign *campaign;
    char *directory;
    ProseDb *db;
    int lock;
    GArray *jobs;                  /* of ProseJob: by point, then run; points that are left out have none */
    gint64 *configs;               /* (owned): by point */
    guint *first, *wanted;         /* (owned): by point: its first job; how many of them are asked for now */
    double *seconds;               /* (owned): by point: mean of what its runs took, 0 without one */
    double rate_seconds, rate_cost;
};

static ProseJob *
job_at(const ProsePlan *plan, guint i)
{
    return &g_array_index(plan->jobs, ProseJob, i);
}

static const ProseCampaignPoint *
point_at(const ProsePlan *plan, guint i)
{
    return plan->campaign->points->pdata[i];
}

/* ---- files ---- */

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_tree(below);
    }
    g_remove(path);
}

char *
prose_plan_part(const ProsePlan *plan, const ProseJob *job, const char *suffix)
{
    return g_strdup_printf("%s/" PARTS "/%" G_GINT64_FORMAT "%s", plan->directory, job->run_id, suffix);
}

static void
remove_part(const ProsePlan *plan, const ProseJob *job)
{
    static const char *const suffixes[] = { "", ".log", ".exit" };

    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = prose_plan_part(plan, job, suffixes[i]);

        remove_tree(path);
    }
}

const char *
prose_plan_directory(const ProsePlan *plan)
{
    return plan->directory;
}

static bool
open_directory(ProsePlan *plan, bool resume, GError **error)
{
    g_autofree char *parts = g_build_filename(plan->directory, PARTS, NULL), *lock = g_build_filename(plan->directory, "lock", NULL);
    g_autofree char *results = g_build_filename(plan->directory, PROSE_RESULTS_FILE, NULL);

    if (!resume && g_file_test(results, G_FILE_TEST_EXISTS)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                    "%s holds results already: add to them with --resume, or name another directory with -o", plan->directory);
        return false;
    }
    /* What is under parts is cleared away, so it has to be ours: before there are results there is nothing. */
    if (!g_file_test(results, G_FILE_TEST_EXISTS) && g_file_test(parts, G_FILE_TEST_EXISTS) && g_rmdir(parts) != 0) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s is not a campaign's: name another directory with -o", parts);
        return false;
    }
    if (g_mkdir_with_parents(parts, 0777) != 0)
        return prose_output_set_errno(error, parts);
    plan->lock = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (plan->lock < 0)
        return prose_output_set_errno(error, lock);
    if (flock(plan->lock, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s: another campaign is at work there", plan->directory);
        return false;
    }
    plan->db = prose_db_open(results, PROSE_DB_SHARED, error);
    return plan->db && prose_results_prepare(plan->db, error);
}

/* ---- what is planned ---- */

/* The same program has to have made what is there, or its numbers are not of one kind. */
static bool
write_meta(ProsePlan *plan, GError **error)
{
    g_autofree char *command = g_strdup_printf("prose-sim campaign %s.ini", plan->campaign->name);
    g_autofree char *scenario = g_path_get_basename(plan->campaign->scenario);
    const struct { const char *key, *value; bool is_same; } meta[] = {
        { "prose-sim", PROSE_VERSION, true }, { "ns-3", ns3c_version(), true }, { "command", command, false },
        { "scenario", scenario, false }, { "campaign", plan->campaign->text, false },
    };
    gint64 others = 0, runs = 0;

    if (!prose_db_number(plan->db, &runs, 0, error, "SELECT count(*) FROM run", "")
        || !prose_db_number(plan->db, &others, 0, error, "SELECT count(*) FROM meta WHERE key = 'campaign'", ""))
        return false;
    if (runs > 0 && others == 0) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s holds a single run; another directory", plan->directory);
        return false;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(meta); i++) {
        if (meta[i].is_same
            && !prose_db_number(plan->db, &others, 0, error, "SELECT count(*) FROM meta WHERE key = ? AND value <> ?", "ss", meta[i].key, meta[i].value))
            return false;
        if (meta[i].is_same && others > 0) {
            g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s holds results of another version of %s than %s; another directory",
                        plan->directory, meta[i].key, meta[i].value);
            return false;
        }
        if (!prose_db_run(plan->db, error, "INSERT OR REPLACE INTO meta VALUES (?, ?)", "ss", meta[i].key, meta[i].value))
            return false;
    }
    return true;
}

static bool
write_point(ProsePlan *plan, guint p, GError **error)
{
    const ProseCampaign *c = plan->campaign;
    const ProseCampaignPoint *point = point_at(plan, p);
    gint64 config, last;
    g_autoptr(ProseScenario) scenario = NULL;

    if (!prose_db_number(plan->db, &config, 0, error, "SELECT config FROM configuration WHERE hash = ?", "s", point->hash)
        || !prose_db_number(plan->db, &last, 0, error, "SELECT max(config) FROM configuration", ""))
        return false;
    plan->configs[p] = config ? config : last + 1;
    if (!prose_db_run(plan->db, error,
                      "INSERT INTO configuration VALUES (?, ?, ?, ?, ?) ON CONFLICT(config) DO UPDATE SET label = excluded.label", "issis",
                      plan->configs[p], point->hash, point->label, (gint64) !point->invalid, point->invalid))
        return false;
    for (guint f = 0; f < c->factors->len; f++) {
        const ProseCampaignFactor *factor = c->factors->pdata[f];
        const ProseCampaignValue *value = point->values[f];

        if (!prose_db_run(plan->db, error, "INSERT OR REPLACE INTO factor VALUES (?, ?, ?, ?, ?)", "issds", plan->configs[p], factor->name,
                          value->text, value->si, value->unit))
            return false;
    }
    if (config || point->invalid)
        return true;
    scenario = prose_campaign_scenario(c, point, g_array_index(c->runs, gint64, 0), error);
    return scenario && prose_results_add_settings(plan->db, plan->configs[p], scenario, error);
}

static bool
write_runs(ProsePlan *plan, guint p, GError **error)
{
    const ProseCampaign *c = plan->campaign;

    plan->first[p] = plan->jobs->len;
    for (guint i = 0; i < c->runs->len; i++) {
        ProseJob job = { .point = p, .run = g_array_index(c->runs, gint64, i), .state = PROSE_JOB_LATER };
        gint64 done = 0;

        if (!prose_db_run(plan->db, error,
                          "INSERT OR IGNORE INTO run(run_id, config, seed, run, status)"
                          " SELECT coalesce(max(run_id), 0) + 1, ?, ?, ?, 'planned' FROM run", "iii", plan->configs[p], (gint64) c->seed, job.run)
            || !prose_db_number(plan->db, &job.run_id, 0, error, "SELECT run_id FROM run WHERE config = ? AND seed = ? AND run = ?", "iii",
                                plan->configs[p], (gint64) c->seed, job.run)
            || !prose_db_run(plan->db, error, "UPDATE run SET status = 'planned', exit_status = NULL, message = NULL"
                                              " WHERE run_id = ? AND status <> 'done'", "i", job.run_id)
            || !prose_db_number(plan->db, &done, 0, error, "SELECT status = 'done' FROM run WHERE run_id = ?", "i", job.run_id))
            return false;
        if (done)
            job.state = PROSE_JOB_FINISHED;
        g_array_append_val(plan->jobs, job);
    }
    return true;
}

static bool
write_plan(ProsePlan *plan, GError **error)
{
    bool done = prose_db_exec(plan->db, "BEGIN IMMEDIATE", error) && write_meta(plan, error);

    for (guint p = 0; done && p < plan->campaign->points->len; p++) {
        done = write_point(plan, p, error);
        plan->first[p] = plan->jobs->len;
        if (done && !point_at(plan, p)->invalid)
            done = write_runs(plan, p, error);
    }
    plan->first[plan->campaign->points->len] = plan->jobs->len;
    return done && prose_db_exec(plan->db, "COMMIT", error);
}

/* ---- the stop rule ---- */

static guint
n_jobs(const ProsePlan *plan, guint p)
{
    return plan->first[p + 1] - plan->first[p];
}

/* Whether the interval over the first @n runs of a point is narrow enough: the same whoever finished first. */
static bool
is_narrow(ProsePlan *plan, guint p, guint n, bool *ret, GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    double mean = 0, squares = 0;

    for (guint i = 0; i < n; i++) {
        const ProseJob *job = job_at(plan, plan->first[p] + i);
        sqlite3_stmt *statement;
        double value = 0;
        int more;

        if (job->is_bad)
            continue;
        statement = prose_db_query(plan->db, error, "SELECT value FROM value WHERE run_id = ? AND name = ? AND entity = ''", "is", job->run_id,
                                   plan->campaign->stop_metric);
        if (!statement || (more = prose_db_step(plan->db, statement, error)) < 0)
            return false;
        if (more && sqlite3_column_type(statement, 0) == SQLITE_NULL)
            value = NAN;
        else if (more)
            value = sqlite3_column_double(statement, 0);
        sqlite3_reset(statement);
        if (!isnan(value)) {
            g_array_append_val(values, value);
            mean += value;
        }
    }
    *ret = false;
    if (values->len < 2)
        return true;
    mean /= values->len;
    for (guint i = 0; i < values->len; i++)
        squares += (g_array_index(values, double, i) - mean) * (g_array_index(values, double, i) - mean);
    *ret = squares == 0 || prose_results_student_t(values->len - 1) * sqrt(squares / (values->len - 1) / values->len)
                           < plan->campaign->stop_share * fabs(mean);
    return true;
}

/* Makes ready what the point is to have. A batch is judged once all of it is there. */
static bool
update_point(ProsePlan *plan, guint p, GError **error)
{
    guint n = n_jobs(plan, p);
    bool whole = true, narrow = false;

    while (n > 0) {
        plan->wanted[p] = MIN(plan->wanted[p], n);
        for (guint i = 0; i < plan->wanted[p]; i++) {
            ProseJob *job = job_at(plan, plan->first[p] + i);

            if (job->state == PROSE_JOB_LATER)
                job->state = PROSE_JOB_READY;
            whole &= job->state == PROSE_JOB_FINISHED;
        }
        if (!whole || plan->wanted[p] == n)
            break;
        if (!is_narrow(plan, p, plan->wanted[p], &narrow, error))
            return false;
        if (narrow)
            break;
        plan->wanted[p] += PROSE_CAMPAIGN_BATCH;
    }
    return true;
}

/* ---- taking in ---- */

/* The last line that is not blank. (transfer full) (nullable) */
static char *
last_words(const char *path)
{
    g_autofree char *text = NULL;
    char *line;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_strchomp(text);
    line = strrchr(text, '\n');
    line = g_utf8_make_valid(line ? line + 1 : text, -1);
    if (strlen(line) > LAST_WORDS_MAX)
        line[LAST_WORDS_MAX] = '\0';
    if (!*line)
        g_clear_pointer(&line, g_free);
    return line;
}

static bool
is_disk_full(const char *message)
{
    return message && (strstr(message, g_strerror(ENOSPC)) || strstr(message, g_strerror(EDQUOT)) || strstr(message, g_strerror(EFBIG))
                       || strstr(message, "database or disk is full"));
}

static void
learn(ProsePlan *plan, const ProseJob *job)
{
    sqlite3_stmt *statement = prose_db_query(plan->db, NULL, "SELECT avg(wall_s) FROM perf JOIN run USING (run_id) WHERE config = ?", "i",
                                             plan->configs[job->point]);

    if (!statement || prose_db_step(plan->db, statement, NULL) != 1)
        return;
    plan->seconds[job->point] = sqlite3_column_double(statement, 0);
    plan->rate_seconds += plan->seconds[job->point];
    plan->rate_cost += point_at(plan, job->point)->cost;
    sqlite3_reset(statement);
}

static bool
record_failure(ProsePlan *plan, ProseJob *job, const ProseEnding *ending, GError **error)
{
    g_autofree char *log = prose_plan_part(plan, job, ".log"), *words = last_words(log), *message = NULL;
    g_autofree char *limit = prose_campaign_duration_print(plan->campaign->timeout_s);

    if (is_disk_full(words)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s", words);
        job->state = PROSE_JOB_READY;
        return false;
    }
    if (ending->timed_out)
        message = g_strdup_printf("ended after %s", limit);
    else if (ending->exit_status > 128)
        message = g_strdup_printf("ended by signal %d (%s)%s%s", ending->exit_status - 128, g_strsignal(ending->exit_status - 128),
                                  words ? ": " : "", words ? words : "");
    else
        message = g_strdup(words ? words : "ended without results and without a word");
    if (!prose_db_run(plan->db, error, "UPDATE run SET status = ?, exit_status = ?, message = ? WHERE run_id = ? AND status = 'planned'", "sisi",
                      ending->timed_out ? "timeout" : "failed", (gint64) ending->exit_status, message, job->run_id)) {
        job->state = PROSE_JOB_READY;
        return false;
    }
    job->is_bad = true;
    return true;
}

bool
prose_plan_finish_job(ProsePlan *plan, ProseJob *job, const ProseEnding *ending, GError **error)
{
    g_autofree char *part = prose_plan_part(plan, job, "/" PROSE_RESULTS_FILE);
    bool is_whole = ending->exit_status == 0 && !ending->timed_out && g_file_test(part, G_FILE_TEST_EXISTS);

    if (!is_whole && !record_failure(plan, job, ending, error))
        return false;
    if (is_whole && !prose_results_merge(plan->db, part, job->run_id, point_at(plan, job->point)->hash, plan->campaign->keep, error)) {
        job->state = PROSE_JOB_READY;
        return false;
    }
    if (is_whole)
        learn(plan, job);
    job->state = PROSE_JOB_FINISHED;
    remove_part(plan, job);
    return update_point(plan, job->point, error);
}

/* What an earlier start left: a whole part is taken in, as if its run ended now; the rest goes. */
static bool
take_in_parts(ProsePlan *plan, GError **error)
{
    for (guint i = 0; i < plan->jobs->len; i++) {
        ProseJob *job = job_at(plan, i);
        g_autofree char *part = prose_plan_part(plan, job, "/" PROSE_RESULTS_FILE);
        g_autoptr(GError) wrong = NULL;

        if (job->state != PROSE_JOB_FINISHED && g_file_test(part, G_FILE_TEST_EXISTS)
            && prose_results_merge(plan->db, part, job->run_id, point_at(plan, job->point)->hash, plan->campaign->keep, &wrong))
            job->state = PROSE_JOB_FINISHED;
        if (wrong && is_disk_full(wrong->message)) {
            g_propagate_error(error, g_steal_pointer(&wrong));
            return false;
        }
        if (job->state == PROSE_JOB_FINISHED && !job->is_bad && plan->seconds[job->point] == 0)
            learn(plan, job);
    }
    {
        g_autofree char *parts = g_build_filename(plan->directory, PARTS, NULL);

        remove_tree(parts);
        if (g_mkdir_with_parents(parts, 0777) != 0)
            return prose_output_set_errno(error, parts);
    }
    for (guint p = 0; p < plan->campaign->points->len; p++) {
        if (!update_point(plan, p, error))
            return false;
    }
    return true;
}

/* ---- life ---- */

ProsePlan *
prose_plan_new(const ProseCampaign *campaign, const char *directory, bool resume, GError **error)
{
    g_autoptr(ProsePlan) plan = g_new0(ProsePlan, 1);
    guint n = campaign->points->len;

    plan->campaign = campaign;
    plan->directory = g_strdup(directory);
    plan->lock = -1;
    plan->jobs = g_array_new(FALSE, FALSE, sizeof(ProseJob));
    plan->configs = g_new0(gint64, n);
    plan->first = g_new0(guint, n + 1);
    plan->wanted = g_new0(guint, n);
    plan->seconds = g_new0(double, n);
    for (guint p = 0; p < n; p++)
        plan->wanted[p] = campaign->first_runs;
    if (!open_directory(plan, resume, error) || !write_plan(plan, error) || !take_in_parts(plan, error))
        return NULL;
    return g_steal_pointer(&plan);
}

ProsePlan *
prose_plan_free(ProsePlan *plan)
{
    if (!plan)
        return NULL;
    prose_db_free(plan->db);
    if (plan->lock >= 0)
        close(plan->lock);
    g_array_unref(plan->jobs);
    g_free(plan->configs);
    g_free(plan->first);
    g_free(plan->wanted);
    g_free(plan->seconds);
    g_free(plan->directory);
    g_free(plan);
    return NULL;
}

double
prose_plan_seconds(const ProsePlan *plan, const ProseJob *job)
{
    double rate = plan->rate_cost > 0 ? plan->rate_seconds / plan->rate_cost : PROSE_CAMPAIGN_SECONDS_PER_COST;

    return plan->seconds[job->point] > 0 ? plan->seconds[job->point] : point_at(plan, job->point)->cost * rate;
}

ProseJob *
prose_plan_next(ProsePlan *plan)
{
    ProseJob *next = NULL;
    double longest = -1;

    for (guint i = 0; i < plan->jobs->len; i++) {
        ProseJob *job = job_at(plan, i);
        double seconds = job->state == PROSE_JOB_READY ? prose_plan_seconds(plan, job) : -1;

        if (seconds > longest) {
            longest = seconds;
            next = job;
        }
    }
    return next;
}

void
prose_plan_count(const ProsePlan *plan, ProsePlanCount *ret)
{
    *ret = (ProsePlanCount) { 0 };
    for (guint i = 0; i < plan->jobs->len; i++) {
        const ProseJob *job = job_at(plan, i);

        if (job->state == PROSE_JOB_LATER)
            continue;
        ret->total++;
        ret->finished += job->state == PROSE_JOB_FINISHED;
        ret->running += job->state == PROSE_JOB_RUNNING;
        ret->bad += job->is_bad;
        if (job->state != PROSE_JOB_FINISHED)
            ret->seconds_left += prose_plan_seconds(plan, job);
    }
}

GPtrArray *
prose_plan_command(const ProsePlan *plan, const ProseJob *job)
{
    const ProseCampaignPoint *point = point_at(plan, job->point);
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(words, g_strdup("run"));
    g_ptr_array_add(words, g_strdup(plan->campaign->scenario));
    for (guint i = 0; i < point->overrides->len; i++) {
        g_ptr_array_add(words, g_strdup("-s"));
        g_ptr_array_add(words, g_strdup(point->overrides->pdata[i]));
    }
    g_ptr_array_add(words, g_strdup_printf("--seed=%u", plan->campaign->seed));
    g_ptr_array_add(words, g_strdup_printf("--run=%" G_GINT64_FORMAT, job->run));
    g_ptr_array_add(words, g_strdup("-o"));
    g_ptr_array_add(words, prose_plan_part(plan, job, ""));
    g_ptr_array_add(words, g_strdup("--force"));
    g_ptr_array_add(words, g_strdup("--quiet"));
    g_ptr_array_add(words, NULL);
    return words;
}

bool
prose_plan_start(ProsePlan *plan, ProseJob *job, GError **error)
{
    remove_part(plan, job);
    if (!prose_db_run(plan->db, error, "INSERT INTO perf(run_id, attempts) VALUES (?, 1) ON CONFLICT(run_id) DO UPDATE SET attempts = attempts + 1",
                      "i", job->run_id))
        return false;
    job->state = PROSE_JOB_RUNNING;
    return true;
}

bool
prose_plan_finish(ProsePlan *plan, GError **error)
{
    g_autofree char *parts = g_build_filename(plan->directory, PARTS, NULL), *lock = g_build_filename(plan->directory, "lock", NULL);
    bool done = prose_db_exec(plan->db, "BEGIN IMMEDIATE", error);

    for (guint i = 0; done && i < plan->jobs->len; i++) {
        const ProseJob *job = job_at(plan, i);

        if (job->state == PROSE_JOB_LATER)
            done = prose_db_run(plan->db, error, "DELETE FROM run WHERE run_id = ? AND status = 'planned'", "i", job->run_id);
    }
    done = done && prose_results_make_wide(plan->db, error) && prose_db_exec(plan->db, "COMMIT", error);
    /* One file that can be read where nothing may be written; a reader that is in the way now does no harm. */
    if (done)
        prose_db_exec(plan->db, "PRAGMA journal_mode = DELETE", NULL);
    if (done) {
        remove_tree(parts);
        g_unlink(lock);
    }
    return done;
}

char *
prose_plan_failures(ProsePlan *plan, guint most)
{
    GString *text = g_string_new(NULL);
    sqlite3_stmt *statement = prose_db_query(plan->db, NULL,
                                             "SELECT run_id, label, run, status, message FROM run JOIN configuration USING (config)"
                                             " WHERE status IN ('failed', 'timeout') ORDER BY run_id LIMIT ?", "i", (gint64) most);

    while (statement && prose_db_step(plan->db, statement, NULL) == 1)
        g_string_append_printf(text, "  run_id %lld (%s; run %lld) %s: %s\n", (long long) sqlite3_column_int64(statement, 0),
                               (const char *) sqlite3_column_text(statement, 1), (long long) sqlite3_column_int64(statement, 2),
                               (const char *) sqlite3_column_text(statement, 3), (const char *) sqlite3_column_text(statement, 4));
    return g_string_free(text, FALSE);
}

double
prose_plan_rate_of(const ProseCampaign *campaign, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, PROSE_RESULTS_FILE, NULL);
    g_autoptr(ProseDb) db = g_file_test(path, G_FILE_TEST_EXISTS) ? prose_db_open(path, PROSE_DB_READ, NULL) : NULL;
    double seconds = 0, cost = 0;

    for (guint p = 0; db && p < campaign->points->len; p++) {
        const ProseCampaignPoint *point = campaign->points->pdata[p];
        sqlite3_stmt *statement = prose_db_query(db, NULL, "SELECT avg(wall_s) FROM perf JOIN run USING (run_id) JOIN configuration USING (config)"
                                                 " WHERE hash = ?", "s", point->hash);

        if (statement && prose_db_step(db, statement, NULL) == 1 && sqlite3_column_type(statement, 0) == SQLITE_FLOAT) {
            seconds += sqlite3_column_double(statement, 0);
            cost += point->cost;
        }
        if (statement)
            sqlite3_reset(statement);
    }
    return cost > 0 ? seconds / cost : 0;
}
