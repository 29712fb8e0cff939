/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A distribution as the summary promises it: {count, censored, min, mean, sd, p50, p95, p99, max}.
 *
 * All values are kept, so quantiles are exact: linear interpolation between the two nearest ranks. Results depend on the values
 * alone, not on the order in which they came.
 */
#ifndef PROSE_SAMPLES_H
#define PROSE_SAMPLES_H

#include <glib.h>
#include <stdint.h>

typedef struct ProseSamples {
    GArray *values;                /* (owned) (nullable) of double */
    uint64_t censored;             /* still open at the end: no value */
} ProseSamples;                    /* all zero: empty */

void prose_samples_add(ProseSamples *samples, double value);
void prose_samples_clear(ProseSamples *samples);

typedef struct ProseSamplesStats {
    uint64_t count, censored;
    double min, mean, sd, p50, p95, p99, max;  /* NaN where there is none: all when empty, sd below two values */
} ProseSamplesStats;
/* Sorts the values in place. sd is that of a sample (n - 1). */
void prose_samples_stats(ProseSamples *samples, ProseSamplesStats *ret);

#endif
