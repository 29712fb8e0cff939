/* SPDX-License-Identifier: GPL-2.0-only */
/* `prose-sim campaign`: its command line, and what it prints. */
#include "prose-campaign-run.h"

#include "prose-output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORKERS 4096
#define FAILURES_SHOWN 5

typedef struct Arguments {
    char **files;
    char *engine, *directory;
    int workers;
    gboolean resume, dry_run;
} Arguments;

static void
arguments_clear(Arguments *a)
{
    g_strfreev(a->files);
    g_free(a->engine);
    g_free(a->directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static bool
parse_arguments(Arguments *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &a->workers, "runs at a time (default: as many as there are processors)", "N" },
        { "engine", 0, 0, G_OPTION_ARG_STRING, &a->engine, "local (default), or slurm: a job array", "ENGINE" },
        { "resume", 0, 0, G_OPTION_ARG_NONE, &a->resume, "add what is missing to a directory that holds results, and try again what failed", NULL },
        { "dry-run", 0, 0, G_OPTION_ARG_NONE, &a->dry_run, "list points, runs and an estimate of time; run nothing", NULL },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->directory, "directory to write (default out/NAME)", "DIR" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files, NULL, "FILE" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- sweeps and replications of a scenario");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return false;
    if (!a->files || !a->files[0] || a->files[1])
        g_set_error_literal(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "expected one campaign file; see `prose-sim campaign --help`");
    else if (a->engine && strcmp(a->engine, "local") != 0 && strcmp(a->engine, "slurm") != 0)
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "--engine %s: no engine; local or slurm", a->engine);
    else if (a->workers < 0 || a->workers > MAX_WORKERS)
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "-j %d: not a number of workers; 1 to %d", a->workers, MAX_WORKERS);
    else
        return true;
    return false;
}

static int
print(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0) {
        perror("prose-sim: standard output");
        return PROSE_RUN_ERROR_FAILED;
    }
    return 0;
}

int
prose_campaign_check(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseCampaign) campaign = prose_campaign_new_from_file(path, &error);
    g_autofree char *text = NULL;

    if (!campaign) {
        fprintf(stderr, "%s\n", error->message);
        return PROSE_RUN_ERROR_USAGE;
    }
    text = prose_campaign_explain(campaign, 0, g_get_num_processors());
    return print(text);
}

static bool
run_all(const ProseCampaign *campaign, const Arguments *a, guint workers, bool *ret_begun, bool *ret_all_good, GError **error)
{
    bool by_slurm = g_strcmp0(a->engine, "slurm") == 0, progress = isatty(STDERR_FILENO);
    g_autoptr(ProsePlan) plan = NULL;
    g_autofree char *failures = NULL;
    ProsePlanCount count;
    guint left_out = 0;

    if (by_slurm && a->resume && !prose_campaign_await_slurm(a->directory, error))
        return false;
    if (!by_slurm && prose_campaign_has_slurm_jobs(a->directory)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                    "%s: jobs of an earlier start may be at work there; go on with --engine slurm --resume", a->directory);
        return false;
    }
    plan = prose_plan_new(campaign, a->directory, a->resume, error);
    if (!plan)
        return false;
    *ret_begun = true;
    if (!(by_slurm ? prose_campaign_run_slurm(plan, (guint) a->workers, campaign->timeout_s, progress, error)
                   : prose_campaign_run_local(plan, workers, campaign->timeout_s, progress, error)))
        return false;
    prose_plan_count(plan, &count);
    failures = prose_plan_failures(plan, FAILURES_SHOWN);
    if (!prose_plan_finish(plan, error))
        return false;
    *ret_all_good = count.bad == 0;
    for (guint i = 0; i < campaign->points->len; i++)
        left_out += ((const ProseCampaignPoint *) campaign->points->pdata[i])->invalid != NULL;
    printf("%s: %u point%s, %u left out, %u runs, %u failed\n%s%sWritten to %s\n", campaign->name, campaign->points->len - left_out,
           campaign->points->len - left_out == 1 ? "" : "s", left_out, count.finished, count.bad, failures, count.bad > FAILURES_SHOWN ? "  ...\n" : "", a->directory);
    return true;
}

int
prose_campaign_main(int argc, char **argv)
{
    g_auto(Arguments) a = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseCampaign) campaign = NULL;
    bool all_good = false, begun = false;
    guint workers;

    if (!parse_arguments(&a, &argc, &argv, &error)) {
        fprintf(stderr, "prose-sim campaign: %s\n", error->message);
        return PROSE_RUN_ERROR_USAGE;
    }
    workers = a.workers ? (guint) a.workers : g_get_num_processors();
    campaign = prose_campaign_new_from_file(a.files[0], &error);
    if (!campaign) {
        fprintf(stderr, "%s\n", error->message);
        return PROSE_RUN_ERROR_USAGE;
    }
    if (!a.directory)
        a.directory = g_build_filename("out", campaign->name, NULL);
    if (a.dry_run) {
        g_autofree char *text = prose_campaign_explain(campaign, prose_plan_rate_of(campaign, a.directory), workers);

        return print(text);
    }
    for (guint i = 0; i < campaign->warnings->len; i++)
        fprintf(stderr, "warning: %s\n", (const char *) campaign->warnings->pdata[i]);
    if (!run_all(campaign, &a, workers, &begun, &all_good, &error)) {
        fprintf(stderr, "prose-sim campaign: %s\n", error->message);
        if (begun)
            fprintf(stderr, "What is finished is in %s; go on with prose-sim campaign %s --resume -o %s\n", a.directory, a.files[0], a.directory);
        return error->code == PROSE_RUN_ERROR_USAGE ? PROSE_RUN_ERROR_USAGE : PROSE_RUN_ERROR_FAILED;
    }
    return all_good ? 0 : PROSE_RUN_ERROR_FAILED;
}
