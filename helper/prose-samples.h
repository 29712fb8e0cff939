/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A distribution as the summary promises it: {count, censored, min, mean, sd, p50, p95, p99, max}.
 *
 * Every value is kept, equal ones once with their number, so quantiles are exact (linear interpolation between the two nearest
 * ranks) and a million waits of whole subframes take little room. Results depend on the values alone, not on the order in which they came.
 */
#ifndef PROSE_SAMPLES_H
#define PROSE_SAMPLES_H

#include <glib.h>
#include <stdint.h>

typedef struct ProseSamplesRun {
    double value;
    uint64_t n;
} ProseSamplesRun;

typedef struct ProseSamples {
    ProseSamplesRun *table;        /* (owned) (nullable): of 2^@bits places, by hash; n = 0: free */
    unsigned bits;
    size_t n_values;               /* different ones in it */
    ProseSamplesRun *runs;         /* (owned) (nullable): the same by value, if nothing was added since */
    uint64_t censored;             /* still open at the end: no value */
} ProseSamples;                    /* all zero: empty */

void prose_samples_add(ProseSamples *samples, double value);
/* All of @other, and what is censored there. */
void prose_samples_add_all(ProseSamples *samples, const ProseSamples *other);
void prose_samples_clear(ProseSamples *samples);
/* All values in ascending order. Returns: (transfer none) (nullable): valid until the next one is added. */
const ProseSamplesRun *prose_samples_runs(ProseSamples *samples, size_t *ret_n);

typedef struct ProseSamplesStats {
    uint64_t count, censored;
    double min, mean, sd, p50, p95, p99, max;  /* NaN where there is none: all when empty, sd below two values */
} ProseSamplesStats;
/* sd is that of a sample (n - 1). */
void prose_samples_stats(ProseSamples *samples, ProseSamplesStats *ret);

/* ---- histogram ---- */

typedef enum ProseBins {
    PROSE_BINS_DECADES,            /* ten a decade, their edges at 10^(k/10); zero and less have [0, 10^-9) */
    PROSE_BINS_UNITS,              /* [n, n + 1) */
} ProseBins;
typedef void (*ProseBinCb)(void *user, double low, double high, uint64_t count);
/* Calls back for each bin that is not empty, in ascending order. */
void prose_samples_histogram(ProseSamples *samples, ProseBins bins, ProseBinCb cb, void *user);

#endif
