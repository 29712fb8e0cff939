/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BITS_MIN 4
#define BINS_A_DECADE 10
#define SMALLEST_DECADE (-9)

void
prose_samples_clear(ProseSamples *samples)
{
    g_free(samples->table);
    g_free(samples->runs);
    *samples = (ProseSamples) { 0 };
}

/* The place of @value, or the free one where it belongs. */
static ProseSamplesRun *
find_place(const ProseSamples *samples, double value)
{
    size_t mask = ((size_t) 1 << samples->bits) - 1, i;
    uint64_t octets;

    memcpy(&octets, &value, sizeof octets);
    i = (size_t) (octets * UINT64_C(0x9E3779B97F4A7C15) >> (64 - samples->bits));
    while (samples->table[i].n > 0 && samples->table[i].value != value)
        i = (i + 1) & mask;
    return &samples->table[i];
}

static void
grow(ProseSamples *samples)
{
    ProseSamples old = *samples;
    size_t n = old.table ? (size_t) 1 << old.bits : 0;

    samples->bits = old.table ? old.bits + 1 : BITS_MIN;
    samples->table = g_new0(ProseSamplesRun, (size_t) 1 << samples->bits);
    for (size_t i = 0; i < n; i++) {
        if (old.table[i].n > 0)
            *find_place(samples, old.table[i].value) = old.table[i];
    }
    g_free(old.table);
}

static void
add(ProseSamples *samples, double value, uint64_t n)
{
    ProseSamplesRun *place;

    value += 0.0;                                      /* one zero */
    if (!samples->table || samples->n_values >> (samples->bits - 1))
        grow(samples);
    place = find_place(samples, value);
    samples->n_values += place->n == 0;
    place->value = value;
    place->n += n;
    if (samples->runs)
        g_clear_pointer(&samples->runs, g_free);
}

void
prose_samples_add(ProseSamples *samples, double value)
{
    add(samples, value, 1);
}

void
prose_samples_add_all(ProseSamples *samples, const ProseSamples *other)
{
    for (size_t i = 0; other->table && i < (size_t) 1 << other->bits; i++) {
        if (other->table[i].n > 0)
            add(samples, other->table[i].value, other->table[i].n);
    }
    samples->censored += other->censored;
}

static int
compare_runs(const void *a, const void *b)
{
    double x = ((const ProseSamplesRun *) a)->value, y = ((const ProseSamplesRun *) b)->value;

    return (x > y) - (x < y);
}

const ProseSamplesRun *
prose_samples_runs(ProseSamples *samples, size_t *ret_n)
{
    size_t n = 0;

    *ret_n = samples->n_values;
    if (samples->runs || samples->n_values == 0)
        return samples->runs;
    samples->runs = g_new(ProseSamplesRun, samples->n_values);
    for (size_t i = 0; i < (size_t) 1 << samples->bits; i++) {
        if (samples->table[i].n > 0)
            samples->runs[n++] = samples->table[i];
    }
    qsort(samples->runs, n, sizeof *samples->runs, compare_runs);
    return samples->runs;
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
