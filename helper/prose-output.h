/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory a run writes. A file appears under its own name only once it is whole: until then it is NAME.part, which
 * a killed or failed run leaves behind with all that was written.
 */
#ifndef PROSE_OUTPUT_H
#define PROSE_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#define PROSE_RUN_ERROR (prose_run_error_quark())
GQuark prose_run_error_quark(void);
typedef enum ProseRunError {
    PROSE_RUN_ERROR_FAILED = 1,        /* exit status 1: the run failed, a file cannot be written */
    PROSE_RUN_ERROR_USAGE = 2,         /* exit status 2: the command line or the scenario is wrong */
} ProseRunError;

#define PROSE_OUTPUT_PART ".part"

/* Sets "cannot write PATH: …" after errno. Returns: false, for a tail call. */
bool prose_output_set_errno(GError **error, const char *path);

typedef struct ProseOutput ProseOutput;

/**
 * prose_output_open:
 * @directory: created, with those above it
 * @force: it may exist; what an earlier run of ours left in it goes, other files stay
 * @settings: (nullable): without @force it may exist too if an earlier run of exactly these settings wrote it and there is
 *   nothing in it that a run without options would not give again
 *
 * Returns: (transfer full) (nullable): %NULL and PROSE_RUN_ERROR_FAILED if it exists and may not, or cannot be made.
 */
ProseOutput *prose_output_open(const char *directory, bool force, const char *settings, GError **error);
ProseOutput *prose_output_free(ProseOutput *output);                   /* takes %NULL, returns %NULL */

/* A whole file at once. */
bool prose_output_write(const ProseOutput *output, const char *name, const char *text, GError **error);
/* A file that grows: NAME.part, open for writing. (transfer full): prose_output_end() or fclose(). */
FILE *prose_output_begin(const ProseOutput *output, const char *name, GError **error);
/* Flushes and closes @file and gives it its name. @earlier: errno of a write that failed before, 0 if none was seen; one that
 * nobody saw is found here. */
bool prose_output_end(const ProseOutput *output, const char *name, FILE *file, int earlier, GError **error);
/* Gives NAME.part, written by somebody else and closed, its name. */
bool prose_output_complete(const ProseOutput *output, const char *name, GError **error);
/* Path of NAME.part. (transfer full): g_free(). */
char *prose_output_part(const ProseOutput *output, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseOutput, prose_output_free)

#endif
