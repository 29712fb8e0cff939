/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a UE on PC5 alone takes: static, its key given by the scenario, about 30 others in range, as in examples/crowd.ini. Taken when
 * the run ends, when everything that grows has grown; two sizes, so that what does not depend on UEs drops out.
 */
#include "bench-control.h"

#include "prose-run.h"

#include <malloc.h>
#include <math.h>

#define TARGET_OCTETS 1024.0
#define UES_PER_KM2 22.96
#define PERIODS 4

static const unsigned sizes[] = { 2000, 4000 };

typedef struct Look {
    double in_use;
    unsigned long n_stored;
} Look;

static double
heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return (double) (info.uordblks + info.hblkhd);
}

static void
finished_cb(void *user, ProseTopology *topology)
{
    ((Look *) user)->in_use = heap_in_use();
}

static void
read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    ((Look *) user)->n_stored++;
}

/* Returns: octets in use at the end of a run of @n UEs. */
static double
measure(unsigned n)
{
    double side_km = sqrt(n / UES_PER_KM2), before = heap_in_use();
    g_autofree char *text = g_strdup_printf(
        "[simulation]\nduration = %d periods\n"
        "[radio]\narea = %.3f km x %.3f km\npropagation = log-distance\nreception = sinr\n"
        "[pool]\nperiod = rf32\nsubframes = 5\nresources-per-subframe = 10\n"
        "[discovery here]\ndiscovery-group-id = 1\nkeys = provisioned\ncryptoperiod = 24 h\n"
        "[ue-group crowd]\ncount = %u\nannounce = here\nmonitor = here\nmobility = static\n",
        PERIODS, side_km, side_km, n);
    ProseScenario *scenario = bench_scenario(text);
    Look look = { 0 };
    ProseRunOptions options = { 0 };
    ProseRunHooks hooks = { .user = &look, .finished = finished_cb, .read = read_cb, .reader_wants = PROSE_EVENT_BIT(PROSE_EVENT_KEY_STORED) };
    ProseRunResult result = { 0 };

    bench_require(prose_run(scenario, &options, &hooks, &result, NULL), "the run fails");
    bench_require(look.n_stored == n, "every UE has its key");
    prose_run_result_clear(&result);
    prose_scenario_free(scenario);
    return look.in_use - before;
}

int
main(void)
{
    double octets;

    measure(sizes[0]);                                 /* what is made once and stays */
    octets = (measure(sizes[1]) - measure(sizes[0])) / (sizes[1] - sizes[0]);
    bench_report_at_most("heap of a UE on PC5 alone", "octets", octets, TARGET_OCTETS, octets / TARGET_OCTETS, 1);
    return EXIT_SUCCESS;
}
