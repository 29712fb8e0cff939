/* SPDX-License-Identifier: GPL-2.0-only */
/* ns for each (transmission, candidate receiver): everybody in range and standing. */
#include "bench-pc5.h"


#define BARE "mic = no\nscrambling = no\nencrypted-bits-mask = none\n"

static double
pair_ns(unsigned n, unsigned periods, const char *radio, const char *discovery, double *ret_computed)
{
    g_autofree char *text = bench_crowd(n, 100, periods, "static", radio, discovery);
    BenchRun run;
    double ns;

    bench_run(&run, text);
    ns = bench_quartile(run.period_ns) * periods / (double) run.candidates;
    if (ret_computed)
        *ret_computed = (double) run.computed / (double) run.candidates;
    bench_clear(&run);
    return ns;
}

int
main(void)
{
    static const struct { unsigned n, periods; double target, ratio; } points[] = {
        { 50, 400, 12, NAN }, { 200, 150, 6, 1.10 }, { 1000, 60, 3.5, 1.05 },
    };
    double floor = bench_floor_ns();

    bench_print("adding a cached float", floor, "ns", 0, NAN);
    for (unsigned i = 0; i < G_N_ELEMENTS(points); i++) {
        double all = INFINITY, off = INFINITY, computed, plain;
        g_autofree char *n = g_strdup_printf("N = %u, ", points[i].n), *a = g_strconcat(n, "all protections", NULL);
        g_autofree char *b = g_strconcat(n, "none", NULL), *c = g_strconcat(n, "all protections, memo off", NULL);
        g_autofree char *r = g_strconcat(n, "all against none", NULL), *k = g_strconcat(n, "derivations made a pair", NULL);

        /* In turn, so that what the machine does meanwhile meets both. */
        for (unsigned again = 0; again < 3; again++) {
            all = MIN(all, pair_ns(points[i].n, points[i].periods, "", "", &computed));
            off = MIN(off, pair_ns(points[i].n, points[i].periods, "[profile]\nempty-mic = zero\n", BARE, NULL));
        }
        plain = pair_ns(points[i].n, points[i].periods / 4, "memo = off\n", "", NULL);
        bench_print(a, all, "ns a pair", floor, points[i].target);
        bench_print(b, off, "ns a pair", floor, NAN);
        bench_print(r, all / off, "", 0, points[i].ratio);
        bench_print(c, plain, "ns a pair", floor, NAN);
        bench_print(k, computed, "", 0, NAN);
    }
    return 0;
}
