/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole runs measured period by period, in CPU time of the process: what a busy machine does to the wall clock does not count.
 * README.md beside this file says how to read what is printed.
 */
#ifndef PROSE_BENCH_H
#define PROSE_BENCH_H

#include "prose-run.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_PERIOD_MS 320

typedef struct BenchRun {
    GArray *period_ns;             /* of double: CPU time of each whole period after the first two */
    double run_ns;                 /* CPU time from the first event to the last */
    uint64_t candidates, computed, logical;
    double octets_per_ue;          /* resident, of everything that was built and used */
    unsigned n_ues;
    Ns3cTimer *timer;
    uint64_t n_ticks;
    double last_ns, ready_ns;
    size_t before;
} BenchRun;

static inline double
bench_cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static inline size_t
bench_resident(void)
{
    g_autofree char *text = NULL;
    unsigned long pages = 0, resident = 0;

    if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL) && sscanf(text, "%lu %lu", &pages, &resident) != 2)
        resident = 0;
    return resident * 4096;
}

static inline int
bench_compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

/* What a quiet moment takes: the lower quartile. */
static inline double
bench_quartile(GArray *values)
{
    g_assert(values->len > 0);
    g_array_sort(values, bench_compare);
    return g_array_index(values, double, values->len / 4);
}

/* In the middle between the subframes of two periods. */
static inline void
bench_tick_cb(void *user)
{
    BenchRun *run = user;
    double now_ns = bench_cpu_ns(), took_ns = now_ns - run->last_ns;

    if (run->n_ticks++ > 2)
        g_array_append_val(run->period_ns, took_ns);
    run->last_ns = now_ns;
    ns3c_timer_set(run->timer, ns3c_sim_now() + BENCH_PERIOD_MS * PROSE_NS_PER_MS);
}

static inline void
bench_ready_cb(void *user, ProseTopology *topology)
{
    BenchRun *run = user;

    run->timer = ns3c_timer_new(bench_tick_cb, run);
    ns3c_timer_set(run->timer, BENCH_PERIOD_MS / 2 * PROSE_NS_PER_MS);
    run->ready_ns = run->last_ns = bench_cpu_ns();
}

static inline void
bench_finished_cb(void *user, ProseTopology *topology)
{
    BenchRun *run = user;

    run->run_ns = bench_cpu_ns() - run->ready_ns;
    run->octets_per_ue = (double) (bench_resident() - run->before) / run->n_ues;
    ns3c_timer_free(run->timer);
}

static inline uint64_t
bench_number(const char *json, const char *name)
{
    g_autofree char *key = g_strdup_printf("\"%s\": ", name);
    const char *at = strstr(json, key);

    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* Ends the program if the scenario is wrong. */
static inline void
bench_run(BenchRun *run, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    g_autoptr(ProseScenario) scenario = NULL;
    ProseRunOptions options = { 0 };
    ProseRunHooks hooks = { .user = run, .ready = bench_ready_cb, .finished = bench_finished_cb };
    ProseRunResult result;
    int fd = g_file_open_tmp("prose-bench-XXXXXX.ini", &path, &error);

    *run = (BenchRun) { .period_ns = g_array_new(FALSE, FALSE, sizeof(double)), .before = bench_resident() };
    if (fd < 0 || !g_close(fd, NULL) || !g_file_set_contents(path, text, -1, &error)
        || !(scenario = prose_scenario_new_from_file(path, NULL, 0, &error)))
        g_error("%s", error ? error->message : "no temporary file");
    g_unlink(path);
    run->n_ues = scenario->ues->len;
    if (!prose_run(scenario, &options, &hooks, &result, &error))
        g_error("%s", error->message);
    run->candidates = bench_number(result.json, "candidates");
    run->logical = bench_number(result.json, "logical");
    run->computed = bench_number(result.json, "computed");
    prose_run_result_clear(&result);
}

static inline void
bench_clear(BenchRun *run)
{
    g_clear_pointer(&run->period_ns, g_array_unref);
}

/* ns for each addition of a float that is in the first-level cache: what any loop over pairs has to do at the least. */
static inline double
bench_floor_ns(void)
{
    enum { N = 1000, ROUNDS = 20000 };
    static float values[N];
    volatile float sink;
    double best = INFINITY;

    for (unsigned i = 0; i < N; i++)
        values[i] = (float) i;
    for (unsigned again = 0; again < 9; again++) {
        double start = bench_cpu_ns();
        float sum[4] = { 0 };

        for (unsigned r = 0; r < ROUNDS; r++) {
            for (unsigned i = 0; i < N; i += 4) {
                for (unsigned k = 0; k < 4; k++)
                    sum[k] += values[i + k];
            }
            __asm__ volatile("" ::: "memory");
        }
        sink = sum[0] + sum[1] + sum[2] + sum[3];
        best = MIN(best, (bench_cpu_ns() - start) / ((double) N * ROUNDS));
    }
    (void) sink;
    return best;
}

/* One line: @target NAN for none, @floor 0 for none. */
static inline void
bench_print(const char *what, double value, const char *unit, double floor, double target)
{
    printf("%-64s %10.2f %-12s", what, value, unit);
    if (floor > 0)
        printf(" %8.1f x floor", value / floor);
    else
        printf("%17s", "");
    if (isnan(target))
        printf("\n");
    else
        printf("   target %g: %s\n", target, value <= target ? "reached" : "missed");
    fflush(stdout);
}

/* A crowd of @n in a square of @side_m: announces and monitors one discovery in a pool of 5 x 10, with the keys given. */
static inline char *
bench_crowd(unsigned n, double side_m, unsigned periods, const char *mobility, const char *radio, const char *discovery)
{
    return g_strdup_printf("[simulation]\nduration = %.3f s\nutc-start = 2026-06-01T08:00:00Z\n"
                           "[radio]\narea = %.0f m x %.0f m\npropagation = log-distance\n%s"
                           "[pool]\nperiod = rf32\nsubframes = 5\nresources-per-subframe = 10\n"
                           "[discovery crowd]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n%s"
                           "[ue-group crowd]\ncount = %u\nannounce = crowd\nmonitor = crowd\nplacement = uniform\nmobility = %s\n",
                           periods * BENCH_PERIOD_MS / 1e3, side_m, side_m, radio, discovery, n, mobility);
}

#endif
