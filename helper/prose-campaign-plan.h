/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan of a campaign: what there is to be run, kept in DIR/results.sqlite, so that whoever is killed when, the next start
 * knows what is missing. A run is `planned` there until its rows are in, in one transaction; so it is there once, or not yet.
 *
 * Runs write their own files under DIR/parts; what is whole there is taken in, what is not is thrown away and run again.
 */
#ifndef PROSE_CAMPAIGN_PLAN_H
#define PROSE_CAMPAIGN_PLAN_H

#include "prose-campaign.h"
#include "prose-db.h"

typedef enum ProseJobState {
    PROSE_JOB_LATER,               /* a stop rule has not asked for it, and may never */
    PROSE_JOB_READY,
    PROSE_JOB_RUNNING,
    PROSE_JOB_FINISHED,            /* done, failed or timed out */
} ProseJobState;

/* One run of one point. */
typedef struct ProseJob {
    guint point;
    gint64 run_id, run;
    ProseJobState state;
    bool is_bad;                   /* finished, but failed or timed out */
} ProseJob;

typedef struct ProsePlan ProsePlan;

/**
 * prose_plan_new:
 * @directory: created if it is not there
 * @resume: it may hold results; what is missing is added to them, and what failed is tried again
 *
 * Locks the directory, writes configurations and planned runs, takes in parts that an earlier start left.
 */
ProsePlan *prose_plan_new(const ProseCampaign *campaign, const char *directory, bool resume, GError **error);
ProsePlan *prose_plan_free(ProsePlan *plan);                           /* takes %NULL, returns %NULL */

/* The ready job that takes longest, the first planned of equals; (nullable). */
ProseJob *prose_plan_next(ProsePlan *plan);
/* Its wall-clock seconds, by what earlier runs took or by its size. */
double prose_plan_seconds(const ProsePlan *plan, const ProseJob *job);

typedef struct ProsePlanCount { guint total, finished, bad, running; double seconds_left; } ProsePlanCount;
void prose_plan_count(const ProsePlan *plan, ProsePlanCount *ret);

/* Where @job writes: "DIR/parts/7", and with a suffix beside it "DIR/parts/7.log". (transfer full) */
char *prose_plan_part(const ProsePlan *plan, const ProseJob *job, const char *suffix);
/* Words after the program's name. (transfer full): of char*, %NULL-ended. */
GPtrArray *prose_plan_command(const ProsePlan *plan, const ProseJob *job);
const char *prose_plan_directory(const ProsePlan *plan);

/* It is about to run: counts the attempt, clears what an earlier one left. */
bool prose_plan_start(ProsePlan *plan, ProseJob *job, GError **error);

/* How a run ended, as its process says. */
typedef struct ProseEnding {
    bool timed_out;
    int exit_status;               /* 128 + the signal that ended it */
} ProseEnding;

/**
 * prose_plan_finish_job:
 *
 * Takes in what a finished job wrote, or records that it failed and its last message; then sees whether its point wants more.
 *
 * Returns: false, with the job ready again, if that cannot be written here or the run itself found the disk full: nothing is
 * recorded, so nothing is lost.
 */
bool prose_plan_finish_job(ProsePlan *plan, ProseJob *job, const ProseEnding *ending, GError **error);

/* All is run: runs that no stop rule asked for leave the plan, views are made anew, the file is closed. */
bool prose_plan_finish(ProsePlan *plan, GError **error);

/* Text of every failed run, a line each, at most @most. (transfer full) */
char *prose_plan_failures(ProsePlan *plan, guint most);
/* Seconds a unit of cost by earlier runs in @directory; 0: none. */
double prose_plan_rate_of(const ProseCampaign *campaign, const char *directory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProsePlan, prose_plan_free)

#endif
