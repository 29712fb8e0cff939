/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 1 000, 3 000 and 10 000 UEs with a PDN connection that all acquire keys and roll over ten times. Set-up and run are
 * to be linear in UEs, memory per UE bounded, and nothing of a connection is to stay once it is over.
 *
 * UEs are switched on at one rate in all sizes: how many connections are open at a time is another question.
 *
 * Each size runs in a process of its own, so that none finds the heap of another; sizes take turns, best of several.
 */
#include "bench-control.h"

#include "prose-run.h"

#include <malloc.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 2
#define ROLLOVERS 10
#define CRYPTOPERIOD_S 60
#define LOOK_S 5
#define POWER_ONS_A_SECOND 500
#define LINEAR_TARGET 1.2
#define HEAP_TARGET_KIB 16.0

static const unsigned sizes[] = { 1000, 3000, 10000 };

/* What a child tells its parent. */
typedef struct Figures {
    double set_up_s, run_s;
    double heap_set_up, heap_most; /* octets in use, all but what the process had before */
    double resident;               /* octets */
    unsigned connections, sockets; /* most that were there between rollovers */
} Figures;

typedef struct Crowd {
    Figures figures;
    double heap_before, started_s;
    ProseTopology *topology;
    Ns3cTimer *look;
    bool looks;
    unsigned n_stored, n_looks;
} Crowd;

static double
heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return (double) (info.uordblks + info.hblkhd);
}

/* From /proc/self/statm: what malloc knows nothing of, guarded memory for keys, counts here too. */
static double
resident(void)
{
    g_autofree char *text = NULL;
    unsigned long pages = 0;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) || sscanf(text, "%*u %lu", &pages) != 1)
        return 0;
    return (double) pages * (double) sysconf(_SC_PAGESIZE);
}

/* Looks at the heap all along, while keys are fetched and delivered too; at connections in the middle between two rollovers, when
 * all have their keys. Walks all over the heap and throws everything else out of the caches: never in a run that is timed. */
static void
look_cb(void *user)
{
    Crowd *crowd = user;
    uint64_t now_s = ns3c_sim_now() / PROSE_NS_PER_S;

    crowd->figures.heap_most = MAX(crowd->figures.heap_most, heap_in_use() - crowd->heap_before);
    if (now_s % CRYPTOPERIOD_S == CRYPTOPERIOD_S / 2) {
        ProseTopologyUse use;

        prose_topology_use(crowd->topology, &use);
        crowd->figures.connections = MAX(crowd->figures.connections, use.connections + use.exchanges);
        crowd->figures.sockets = MAX(crowd->figures.sockets, ns3c_tcp_count());
        crowd->n_looks++;
    }
    ns3c_timer_set(crowd->look, ns3c_sim_now() + LOOK_S * (uint64_t) PROSE_NS_PER_S);
}

static void
ready_cb(void *user, ProseTopology *topology)
{
    Crowd *crowd = user;

    crowd->topology = topology;
    crowd->figures.set_up_s = bench_cpu_s() - crowd->started_s;
    crowd->figures.heap_set_up = heap_in_use() - crowd->heap_before;
    if (crowd->looks) {
        crowd->look = ns3c_timer_new(look_cb, crowd);
        ns3c_timer_set(crowd->look, LOOK_S * (uint64_t) PROSE_NS_PER_S);
    }
    crowd->started_s = bench_cpu_s();
}

static void
finished_cb(void *user, ProseTopology *topology)
{
    Crowd *crowd = user;

    crowd->figures.run_s = bench_cpu_s() - crowd->started_s;
    crowd->figures.resident = resident() - crowd->figures.resident;
    ns3c_timer_free(crowd->look);
}

static void
read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    ((Crowd *) user)->n_stored++;
}

static Figures
measure(unsigned n, bool looks)
{
    g_autofree char *text = g_strdup_printf(
        "[simulation]\nduration = %d s\n"
        "[pkmf east]\nworkers = 16\nmax-offset = 10 s\n"
        "[discovery command]\ndiscovery-group-id = 1\npkmf = east\ncryptoperiod = %d s\nlead = 20 s\n"
        "[pdn lan]\nloss = 0 %%\n"
        "[ue-group ue]\ncount = %u\nhold = command\npdn = lan\npower-on = uniform 0 s %u s\nmobility = static\n",
        CRYPTOPERIOD_S * ROLLOVERS + CRYPTOPERIOD_S / 2 + 1, CRYPTOPERIOD_S, n, n / POWER_ONS_A_SECOND);
    ProseScenario *scenario = bench_scenario(text);
    Crowd crowd = { .looks = looks };
    ProseRunOptions options = { 0 };
    ProseRunHooks hooks = { .user = &crowd, .ready = ready_cb, .finished = finished_cb, .read = read_cb,
                            .reader_wants = PROSE_EVENT_BIT(PROSE_EVENT_KEY_STORED) };
    ProseRunResult result = { 0 };

    crowd.heap_before = heap_in_use();
    crowd.figures.resident = resident();
    crowd.started_s = bench_cpu_s();
    bench_require(prose_run(scenario, &options, &hooks, &result, NULL), "the run fails");
    bench_require(crowd.n_stored == n * (ROLLOVERS + 1), "every UE has stored every key once");
    bench_require(crowd.n_looks == (looks ? ROLLOVERS + 1 : 0), "somebody looked between all rollovers");
    prose_run_result_clear(&result);
    prose_scenario_free(scenario);
    return crowd.figures;
}

static Figures
measure_in_child(unsigned n, bool looks)
{
    Figures figures;
    int ends[2], status = 1;
    pid_t child;

    bench_require(pipe(ends) == 0, "no pipe");
    fflush(stdout);
    child = fork();
    bench_require(child >= 0, "no process");
    if (child == 0) {
        figures = measure(n, looks);
        bench_require(write(ends[1], &figures, sizeof figures) == sizeof figures, "cannot write");
        exit(0);
    }
    close(ends[1]);
    bench_require(read(ends[0], &figures, sizeof figures) == sizeof figures, "a run ended early");
    close(ends[0]);
    bench_require(waitpid(child, &status, 0) == child && status == 0, "a run ended early");
    return figures;
}

static void
compare(const Figures *f, unsigned n, const Figures *floor, unsigned floor_n)
{
    g_autofree char *set_up = g_strdup_printf("set-up, %u UEs to %u", n, floor_n);
    g_autofree char *run = g_strdup_printf("run, %u UEs to %u", n, floor_n);
    double set_up_us = f->set_up_s / n * 1e6, run_us = f->run_s / n * 1e6;
    double floor_set_up_us = floor->set_up_s / floor_n * 1e6, floor_run_us = floor->run_s / floor_n * 1e6;

    bench_report_at_most(set_up, "us/UE", set_up_us, floor_set_up_us, set_up_us / floor_set_up_us, LINEAR_TARGET);
    bench_report_at_most(run, "us/UE", run_us, floor_run_us, run_us / floor_run_us, LINEAR_TARGET);
}

int
main(void)
{
    Figures best[G_N_ELEMENTS(sizes)];

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        best[i] = measure_in_child(sizes[i], true);
        best[i].set_up_s = best[i].run_s = INFINITY;
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
            Figures figures = measure_in_child(sizes[i], false);

            best[i].set_up_s = MIN(best[i].set_up_s, figures.set_up_s);
            best[i].run_s = MIN(best[i].run_s, figures.run_s);
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        const Figures *f = &best[i];
        unsigned n = sizes[i];

        printf("%6u UEs: set-up %6.2f us/UE, run %7.2f us/UE and key, heap %5.2f KiB/UE built and %5.2f at most, %5.2f resident, "
               "%u connections and %u sockets between rollovers\n", n, f->set_up_s / n * 1e6, f->run_s / n / (ROLLOVERS + 1) * 1e6,
               f->heap_set_up / n / 1024, f->heap_most / n / 1024, f->resident / n / 1024, f->connections, f->sockets);
    }
    for (unsigned i = 1; i < G_N_ELEMENTS(sizes); i++)
        compare(&best[i], sizes[i], &best[0], sizes[0]);
    /* 1 000 may fit into a cache that no more of them fit into. */
    compare(&best[2], sizes[2], &best[1], sizes[1]);
    {
        unsigned n = sizes[G_N_ELEMENTS(sizes) - 1];
        const Figures *f = &best[G_N_ELEMENTS(sizes) - 1];

        bench_report_at_most("heap of a UE, 10000 UEs", "KiB  ", f->heap_most / n / 1024, HEAP_TARGET_KIB, f->heap_most / n / 1024 / HEAP_TARGET_KIB, 1);
        printf("%-34s %10u         target 0   %s\n", "connections and sockets kept", f->connections + f->sockets,
               f->connections + f->sockets == 0 ? "reached" : "MISSED");
    }
    return 0;
}
