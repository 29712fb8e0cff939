/* SPDX-License-Identifier: GPL-2.0-only */
/* Crowds of one density, 30 UEs in range of each: does the cost of a UE stay the same, does its memory, and what does moving cost? */
#include "bench-pc5.h"

#define IN_RANGE 30
#define LARGE 100000
/* log-distance at 23 dBm reaches as far with the default receiver; the benchmark measures how many are in range, too. */
#define RANGE_M 642.0

static double
side_m(unsigned n)
{
    return sqrt(n * G_PI * RANGE_M * RANGE_M / IN_RANGE);
}

/* Now and then all pairs are looked for again; that counts. */
static double
mean_ns(const GArray *values)
{
    double sum = 0;

    for (unsigned i = 0; i < values->len; i++)
        sum += g_array_index(values, double, i);
    return sum / values->len;
}

/* ns a UE and period; @ret_run (nullable): the caller's to clear. */
static double
ue_period_ns(unsigned n, unsigned periods, const char *mobility, BenchRun *ret_run)
{
    g_autofree char *text = bench_crowd(n, side_m(n), periods, mobility, "", "");
    BenchRun run;
    double ns;

    bench_run(&run, text);
    ns = bench_quartile(run.period_ns) / n;
    if (ret_run)
        *ret_run = run;
    else
        bench_clear(&run);
    return ns;
}

/* What ns-3's model itself takes for a pair, both ends in the cache. */
static double
power_ns(void)
{
    enum { N = 1000, ROUNDS = 100 };
    Ns3cPropagation *model = ns3c_propagation_new("log-distance", 793e6, 1, NULL);
    Ns3cMobility *ends[N];
    volatile double sink = 0;
    double best = INFINITY;

    for (unsigned i = 0; i < N; i++)
        ends[i] = ns3c_mobility_new("constant-position", (Ns3cPosition) { 7.0 * i, 3.0 * i, 1.5 }, 0, NULL);
    for (unsigned again = 0; again < 5; again++) {
        double start = bench_cpu_ns();

        for (unsigned r = 0; r < ROUNDS; r++) {
            for (unsigned i = 0; i < N; i++)
                sink = sink + ns3c_propagation_rx_power(model, 23, ends[i], ends[r]);
        }
        best = MIN(best, (bench_cpu_ns() - start) / (N * ROUNDS));
    }
    for (unsigned i = 0; i < N; i++)
        ns3c_mobility_free(ends[i]);
    ns3c_propagation_free(model);
    return best;
}

int
main(void)
{
    double floor = bench_floor_ns(), model, small, large, still, moving, pairs;
    BenchRun run;

    ns3c_sim_init(1, 1);
    model = power_ns();
    ns3c_sim_destroy();
    bench_print("adding a cached float", floor, "ns", 0, NAN);
    bench_print("log-distance of ns-3, a pair", model, "ns", floor, NAN);

    small = ue_period_ns(1000, 60, "static", NULL);
    large = ue_period_ns(LARGE, 60, "static", &run);
    pairs = (double) run.candidates / LARGE / 60;
    bench_print("UEs in range of each", pairs, "", 0, NAN);
    bench_print("1 000 UEs, standing", small, "ns a UE", floor, NAN);
    bench_print("100 000 UEs, standing", large, "ns a UE", floor, NAN);
    bench_print("100 000 against 1 000", large / small, "", 0, 1.15);
    bench_print("memory of everything, keys too", run.octets_per_ue / 1024, "KiB a UE", 0, NAN);
    bench_clear(&run);

    still = large * LARGE / 1e6;
    ue_period_ns(LARGE, 40, "random-waypoint 1..2 m/s", &run);
    moving = bench_quartile(run.period_ns) / 1e6;
    bench_print("100 000 UEs, moving", moving, "ms a period", 0, 250);
    bench_print("100 000 UEs, moving, mean with first hearings and new rows", mean_ns(run.period_ns) / 1e6, "ms a period", 0, NAN);
    bench_clear(&run);
    bench_print("of which moving, over the model's own, a pair", (moving - still) * 1e6 / LARGE / pairs - model, "ns", floor, 40);
    return 0;
}
