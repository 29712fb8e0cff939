/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * results.sqlite: what one run or a whole campaign measured, as tables. doc/schema.md explains every table and view.
 *
 * A run writes a file of its own, with configuration 1 and run_id 1; a campaign takes the rows of many such files into one.
 * For the same settings, seed and run the contents are the same, but for `perf`.
 */
#ifndef PROSE_RESULTS_H
#define PROSE_RESULTS_H

#include "prose-campaign.h"
#include "prose-db.h"
#include "prose-rollover.h"

#define PROSE_RESULTS_FILE "results.sqlite"
/* PRAGMA application_id and user_version of the file; the latter changes with tables and columns. */
#define PROSE_RESULTS_APPLICATION_ID 0x50726f53        /* "ProS" */
#define PROSE_RESULTS_VERSION 1

/* What a run took; the only rows that differ from one time to the next. */
typedef struct ProseResultsPerf {
    double wall_s, cpu_s;
    uint64_t events;
    uint64_t peak_kib;
    int64_t started_utc_s;
} ProseResultsPerf;

typedef struct ProseResultsRun {
    const ProseScenario *scenario;
    const ProseRows *rows;
    const char *version, *ns3_version, *command;
    double sim_end_s;
    const char *stopped_by;        /* "duration", or the word of [simulation] stop-when */
    ProseResultsPerf perf;
} ProseResultsRun;

/* Writes the file of one run. @error: PROSE_RUN_ERROR_FAILED, "cannot write PATH: …" */
bool prose_results_write(const char *path, const ProseResultsRun *run, GError **error);

/* A row of `describe`. */
typedef struct ProseResultsTable {
    const char *name;
    bool is_view;
    const char *sentence;
} ProseResultsTable;
const ProseResultsTable *prose_results_tables(size_t *ret_n);

/* ---- what campaigns share with it ---- */

/* Makes tables and views of an empty file, or sees that the file's are ours. */
bool prose_results_prepare(ProseDb *db, GError **error);
/* The view `wide` has a column a factor and metric, so it is made anew when there are new ones. */
bool prose_results_make_wide(ProseDb *db, GError **error);
/* 97.5 % quantile of Student's t: half a 95 % interval is this times the standard error. @df from 1. */
double prose_results_student_t(guint df);
/* Settings without seed and run, which tell runs of one configuration apart. Returns: (transfer full): 64 hexadecimal digits. */
char *prose_results_hash(const ProseScenario *scenario);
/**
 * prose_results_merge:
 * @path: the file of one run
 * @run_id: the run that is `planned` in @db and done once this is in
 * @hash: what its configuration has to be
 * @keep: of ProseKeep
 *
 * In one transaction, so a run is in whole or not at all. @error also if the file is another run's.
 */
bool prose_results_merge(ProseDb *db, const char *path, gint64 run_id, const char *hash, unsigned keep, GError **error);
bool prose_results_add_settings(ProseDb *db, gint64 config, const ProseScenario *scenario, GError **error);

#endif
