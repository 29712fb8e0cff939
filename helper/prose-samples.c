/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-samples.h"

#include <math.h>

void
prose_samples_add(ProseSamples *samples, double value)
{
    if (!samples->values)
        samples->values = g_array_new(FALSE, FALSE, sizeof(double));
    g_array_append_val(samples->values, value);
}

void
prose_samples_clear(ProseSamples *samples)
{
    g_clear_pointer(&samples->values, g_array_unref);
    samples->censored = 0;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static double
quantile(const double *sorted, size_t n, double q)
{
    double rank = q * (double) (n - 1);
    size_t below = (size_t) rank;
    double part = rank - (double) below;

    return part > 0 ? sorted[below] + part * (sorted[below + 1] - sorted[below]) : sorted[below];
}

void
prose_samples_stats(ProseSamples *samples, ProseSamplesStats *ret)
{
    size_t n = samples->values ? samples->values->len : 0;
    double *v, sum = 0, squares = 0;

    *ret = (ProseSamplesStats) { .count = n, .censored = samples->censored, .min = NAN, .mean = NAN, .sd = NAN,
                                 .p50 = NAN, .p95 = NAN, .p99 = NAN, .max = NAN };
    if (n == 0)
        return;
    /* Summing the sorted values makes the mean independent of the order of arrival. */
    g_array_sort(samples->values, compare_doubles);
    v = (double *) (void *) samples->values->data;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    ret->mean = sum / (double) n;
    for (size_t i = 0; i < n; i++)
        squares += (v[i] - ret->mean) * (v[i] - ret->mean);
    if (n > 1)
        ret->sd = sqrt(squares / (double) (n - 1));
    ret->min = v[0];
    ret->max = v[n - 1];
    ret->p50 = quantile(v, n, 0.50);
    ret->p95 = quantile(v, n, 0.95);
    ret->p99 = quantile(v, n, 0.99);
}
