/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-samples.h"

#include <math.h>

#define FRESH_MIN 256
#define BINS_A_DECADE 10
#define SMALLEST_DECADE (-9)

void
prose_samples_clear(ProseSamples *samples)
{
    g_clear_pointer(&samples->runs, g_array_unref);
    g_clear_pointer(&samples->fresh, g_array_unref);
    samples->censored = 0;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
add_run(GArray *runs, double value, uint64_t n)
{
    ProseSamplesRun run = { value, n };
    ProseSamplesRun *last = runs->len > 0 ? &g_array_index(runs, ProseSamplesRun, runs->len - 1) : NULL;

    if (last && last->value == value)
        last->n += n;
    else
        g_array_append_val(runs, run);
}

/* Fresh values go where they belong among the others. */
static void
merge(ProseSamples *samples)
{
    GArray *fresh = samples->fresh, *old = samples->runs, *runs;
    guint i = 0;

    if (!fresh || fresh->len == 0)
        return;
    g_array_sort(fresh, compare_doubles);
    runs = g_array_sized_new(FALSE, FALSE, sizeof(ProseSamplesRun), old ? old->len : FRESH_MIN);
    for (guint k = 0; k < fresh->len; k++) {
        double value = g_array_index(fresh, double, k);

        for (; old && i < old->len && g_array_index(old, ProseSamplesRun, i).value <= value; i++)
            add_run(runs, g_array_index(old, ProseSamplesRun, i).value, g_array_index(old, ProseSamplesRun, i).n);
        add_run(runs, value, 1);
    }
    if (old) {
        g_array_append_vals(runs, &g_array_index(old, ProseSamplesRun, i), old->len - i);
        g_array_unref(old);
    }
    g_array_set_size(fresh, 0);
    samples->runs = runs;
}

void
prose_samples_add(ProseSamples *samples, double value)
{
    if (!samples->fresh)
        samples->fresh = g_array_new(FALSE, FALSE, sizeof(double));
    g_array_append_val(samples->fresh, value);
    /* A merge costs what is there already, so it waits for as much again. */
    if (samples->fresh->len >= MAX(FRESH_MIN, samples->runs ? samples->runs->len : 0))
        merge(samples);
}

const ProseSamplesRun *
prose_samples_runs(ProseSamples *samples, size_t *ret_n)
{
    merge(samples);
    *ret_n = samples->runs ? samples->runs->len : 0;
    return samples->runs ? (const ProseSamplesRun *) (const void *) samples->runs->data : NULL;
}

/* The value of rank @rank, from 0. */
static double
value_at(const ProseSamplesRun *runs, uint64_t rank)
{
    while (rank >= runs->n)
        rank -= runs++->n;
    return runs->value;
}

static double
quantile(const ProseSamplesRun *runs, uint64_t n, double q)
{
    double rank = q * (double) (n - 1);
    uint64_t below = (uint64_t) rank;
    double part = rank - (double) below, low = value_at(runs, below);

    return part > 0 ? low + part * (value_at(runs, below + 1) - low) : low;
}

void
prose_samples_stats(ProseSamples *samples, ProseSamplesStats *ret)
{
    size_t n_runs;
    const ProseSamplesRun *runs = prose_samples_runs(samples, &n_runs);
    uint64_t n = 0;
    double sum = 0, squares = 0;

    *ret = (ProseSamplesStats) { .censored = samples->censored, .min = NAN, .mean = NAN, .sd = NAN, .p50 = NAN, .p95 = NAN, .p99 = NAN, .max = NAN };
    if (n_runs == 0)
        return;
    for (size_t i = 0; i < n_runs; i++) {
        n += runs[i].n;
        sum += runs[i].value * (double) runs[i].n;
    }
    ret->count = n;
    ret->mean = sum / (double) n;
    for (size_t i = 0; i < n_runs; i++)
        squares += (runs[i].value - ret->mean) * (runs[i].value - ret->mean) * (double) runs[i].n;
    if (n > 1)
        ret->sd = sqrt(squares / (double) (n - 1));
    ret->min = runs[0].value;
    ret->max = runs[n_runs - 1].value;
    ret->p50 = quantile(runs, n, 0.50);
    ret->p95 = quantile(runs, n, 0.95);
    ret->p99 = quantile(runs, n, 0.99);
}

/* ---- histogram ---- */

static double
edge(int k)
{
    return pow(10, (double) k / BINS_A_DECADE);
}

static void
bin_of(ProseBins bins, double value, double *ret_low, double *ret_high)
{
    int k;

    if (bins == PROSE_BINS_UNITS) {
        *ret_low = floor(value);
        *ret_high = *ret_low + 1;
        return;
    }
    if (value < edge(SMALLEST_DECADE * BINS_A_DECADE)) {
        *ret_low = MIN(value, 0);
        *ret_high = edge(SMALLEST_DECADE * BINS_A_DECADE);
        return;
    }
    /* The edges decide, whatever the logarithm is rounded to. */
    k = (int) floor(log10(value) * BINS_A_DECADE);
    while (value < edge(k))
        k--;
    while (value >= edge(k + 1))
        k++;
    *ret_low = edge(k);
    *ret_high = edge(k + 1);
}

void
prose_samples_histogram(ProseSamples *samples, ProseBins bins, ProseBinCb cb, void *user)
{
    size_t n_runs;
    const ProseSamplesRun *runs = prose_samples_runs(samples, &n_runs);
    double low = 0, high = 0;
    uint64_t count = 0;

    for (size_t i = 0; i < n_runs; i++) {
        if (count > 0 && runs[i].value >= high) {
            cb(user, low, high, count);
            count = 0;
        }
        if (count == 0)
            bin_of(bins, runs[i].value, &low, &high);
        count += runs[i].n;
    }
    if (count > 0)
        cb(user, low, high, count);
}
