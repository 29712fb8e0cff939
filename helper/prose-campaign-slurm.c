/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs as Slurm job arrays. */
#include "prose-campaign-run.h"

#include "prose-output.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define JOBS "slurm"               /* DIR/slurm is there as long as jobs may be at work that nobody has waited for */
#define ARRAY_MAX 1000             /* tasks of one job: Slurm's MaxArraySize is 1001 unless its configuration says otherwise */

/* Standard output of a command. (transfer full) (nullable) */
static char *
output_of(const char *const *argv, GError **error)
{
    g_autofree char *out = NULL, *errors = NULL;
    int status;

    if (!g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &errors, &status, error))
        return NULL;
    if (!g_spawn_check_wait_status(status, NULL)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s: %s", argv[0], g_strstrip(errors));
        return NULL;
    }
    return g_strstrip(g_steal_pointer(&out));
}

/* ---- waiting ---- */

static char *
jobs_file(const char *directory)
{
    return g_build_filename(directory, JOBS, NULL);
}

bool
prose_campaign_has_slurm_jobs(const char *directory)
{
    g_autofree char *path = jobs_file(directory);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* All jobs of one directory have one name, which is how Slurm knows them together, whether or not we lived to note their numbers. */
static char *
job_name(const char *directory, const char *option)
{
    g_autofree char *path = g_canonicalize_filename(directory, NULL);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);

    return g_strdup_printf("%sprose-%.12s", option, digest);
}

/* An empty job that starts once all others of its name have ended, and a submission that returns once it has: Slurm does the waiting. */
bool
prose_campaign_await_slurm(const char *directory, GError **error)
{
    g_autofree char *path = jobs_file(directory), *name = job_name(directory, "--job-name="), *out = NULL;
    const char *argv[] = { "sbatch", "--parsable", "--wait", name, "--dependency=singleton", "--output=/dev/null", "--chdir=/", "--wrap=true", NULL };

    if (!prose_campaign_has_slurm_jobs(directory))
        return true;
    out = output_of(argv, error);
    if (!out)
        return false;
    return g_unlink(path) == 0 || errno == ENOENT || prose_output_set_errno(error, path);
}

/* ---- submitting ---- */

/* One line of the shell that runs a job and keeps how it ended; the last file to appear is the .exit. */
static void
add_task(GString *text, const ProsePlan *plan, const ProseJob *job, const char *program, double timeout_s)
{
    g_autoptr(GPtrArray) words = prose_plan_command(plan, job);
    g_autofree char *log = prose_plan_part(plan, job, ".log"), *ending = prose_plan_part(plan, job, ".exit");
    g_autofree char *quoted_log = g_shell_quote(log), *quoted_ending = g_shell_quote(ending), *quoted = g_shell_quote(program);

    if (timeout_s > 0)
        g_string_append_printf(text, "timeout %.3f ", timeout_s);
    g_string_append(text, quoted);
    for (guint i = 0; i + 1 < words->len; i++) {
        g_autofree char *word = g_shell_quote(words->pdata[i]);

        g_string_append_printf(text, " %s", word);
    }
    g_string_append_printf(text, " >/dev/null 2>%s; echo $? >%s.part; mv %s.part %s\n", quoted_log, quoted_ending, quoted_ending, quoted_ending);
}

/* Writes and submits one array. @jobs: of ProseJob*. */
static bool
submit(ProsePlan *plan, const GPtrArray *jobs, guint number, guint tasks, double timeout_s, GError **error)
{
    const char *directory = prose_plan_directory(plan);
    g_autofree char *program = g_file_read_link("/proc/self/exe", error), *name = job_name(directory, "--job-name=");
    g_autofree char *lines_path = g_strdup_printf("%s/parts/tasks-%u", directory, number);
    g_autofree char *script_path = g_strdup_printf("%s/parts/job-%u.sh", directory, number);
    g_autofree char *quoted_lines = g_shell_quote(lines_path), *cwd = g_get_current_dir(), *quoted_cwd = g_shell_quote(cwd);
    g_autofree char *script = NULL, *array = NULL, *chdir = g_strdup_printf("--chdir=%s", cwd), *out = NULL;
    g_autoptr(GString) lines = g_string_new(NULL);
    const char *argv[] = { "sbatch", "--parsable", name, "--output=/dev/null", NULL, NULL, NULL, NULL };

    if (!program)
        return false;
    for (guint i = 0; i < jobs->len; i++)
        add_task(lines, plan, jobs->pdata[i], program, timeout_s);
    script = g_strdup_printf("#!/bin/sh\ncd %s\neval \"$(sed -n \"${SLURM_ARRAY_TASK_ID}p\" %s)\"\n", quoted_cwd, quoted_lines);
    if (!g_file_set_contents(lines_path, lines->str, -1, error) || !g_file_set_contents(script_path, script, -1, error))
        return false;
    array = tasks > 0 ? g_strdup_printf("--array=1-%u%%%u", jobs->len, tasks) : g_strdup_printf("--array=1-%u", jobs->len);
    argv[4] = array;
    argv[5] = chdir;
    argv[6] = script_path;
    out = output_of(argv, error);
    return out != NULL;
}

/* ---- taking in ---- */

static ProseEnding
ending_of(const ProsePlan *plan, const ProseJob *job, double timeout_s)
{
    g_autofree char *path = prose_plan_part(plan, job, ".exit"), *text = NULL;
    ProseEnding ending = { .exit_status = 128 + SIGKILL };     /* no word of it: its node went away, or Slurm ended it */

    if (g_file_get_contents(path, &text, NULL, NULL))
        ending.exit_status = (int) g_ascii_strtoll(text, NULL, 10);
    /* timeout(1) says so by this number. */
    ending.timed_out = text && timeout_s > 0 && ending.exit_status == 124;
    if (ending.timed_out)
        ending.exit_status = 128 + SIGKILL;
    return ending;
}

static bool
run_ready(ProsePlan *plan, guint tasks, double timeout_s, bool progress, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new(), array = g_ptr_array_new();
    g_autofree char *marker = jobs_file(prose_plan_directory(plan));
    ProseJob *job;
    guint number = 0;

    if (!g_file_set_contents(marker, "", 0, error))
        return false;
    while ((job = prose_plan_next(plan))) {
        if (!prose_plan_start(plan, job, error))
            return false;
        g_ptr_array_add(all, job);
    }
    for (guint i = 0; i < all->len; i++) {
        g_ptr_array_add(array, all->pdata[i]);
        if (array->len == ARRAY_MAX || i + 1 == all->len) {
            if (!submit(plan, array, number++, tasks, timeout_s, error))
                return false;
            g_ptr_array_set_size(array, 0);
        }
    }
    if (progress)
        fprintf(stderr, "%u runs submitted in %u job arrays\n", all->len, number);
    if (!prose_campaign_await_slurm(prose_plan_directory(plan), error))
        return false;
    for (guint i = 0; i < all->len; i++) {
        ProseEnding ending = ending_of(plan, all->pdata[i], timeout_s);

        if (!prose_plan_finish_job(plan, all->pdata[i], &ending, error))
            return false;
    }
    return true;
}

bool
prose_campaign_run_slurm(ProsePlan *plan, guint tasks, double timeout_s, bool progress, GError **error)
{
    while (prose_plan_next(plan)) {
        if (!run_ready(plan, tasks, timeout_s, progress, error))
            return false;
    }
    return true;
}
