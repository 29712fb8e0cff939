/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `prose-sim campaign FILE …`: runs what a plan has ready, each run in a process of its own.
 */
#ifndef PROSE_CAMPAIGN_RUN_H
#define PROSE_CAMPAIGN_RUN_H

#include "prose-campaign-plan.h"

/**
 * prose_campaign_run_local:
 * @workers: how many runs at a time
 * @progress: a line on standard error
 *
 * Returns once nothing is ready any more. A run that fails is recorded and the others go on; false if results cannot be written, or
 * after an interrupt: children are ended, and --resume goes on from there.
 */
bool prose_campaign_run_local(ProsePlan *plan, guint workers, double timeout_s, bool progress, GError **error);

/**
 * prose_campaign_run_slurm:
 * @tasks: at most so many at a time; 0: as many as Slurm likes
 *
 * The same by job arrays: what is ready is submitted, and taken in when its jobs have ended. Waits for that without looking again
 * and again; killed meanwhile, the jobs go on, and the next start with --resume waits for them first.
 */
bool prose_campaign_run_slurm(ProsePlan *plan, guint tasks, double timeout_s, bool progress, GError **error);
/* Waits for jobs that an earlier start in @directory submitted; before the plan is made, which clears up. */
bool prose_campaign_await_slurm(const char *directory, GError **error);
/* Whether an earlier start submitted jobs that nobody has waited for. */
bool prose_campaign_has_slurm_jobs(const char *directory);

/* argv[0] is the command's name. Returns: the exit status. */
int prose_campaign_main(int argc, char **argv);
/* `check` of a campaign file. */
int prose_campaign_check(const char *path);

#endif
