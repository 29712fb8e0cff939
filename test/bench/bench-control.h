/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmarks of the control plane share: a clock, a scenario out of text, and one line a result. */
#ifndef BENCH_CONTROL_H
#define BENCH_CONTROL_H

#include "prose-scenario.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Processor time of this process, s: what others do to the machine counts less than on a wall clock. */
static inline double
bench_cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* The process ends with a message where @condition does not hold: a benchmark of something that went wrong says nothing. */
static inline void
bench_require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "not what was to be measured: %s\n", what);
        exit(1);
    }
}

static inline ProseScenario *
bench_scenario(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    ProseScenario *scenario;
    int fd = g_file_open_tmp("prose-bench-XXXXXX.ini", &path, &error);

    bench_require(fd >= 0 && g_close(fd, NULL) && g_file_set_contents(path, text, -1, NULL), "no temporary file");
    scenario = prose_scenario_new_from_file(path, NULL, 0, &error);
    g_unlink(path);
    if (!scenario)
        fprintf(stderr, "%s\n", error->message);
    bench_require(scenario != NULL, "the scenario is not accepted");
    return scenario;
}

/* The line of one target; never fails the benchmark, since machines are shared. */
static inline void
bench_report_at_most(const char *name, const char *unit, double figure, double floor, double ratio, double target)
{
    printf("%-34s %10.2f %s   floor %10.2f %s   ratio %5.2f   target <= %.2f   %s\n", name, figure, unit, floor, unit, ratio,
           target, ratio <= target ? "reached" : "MISSED");
}

#endif
