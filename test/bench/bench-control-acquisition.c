/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole key acquisition (PDN connection, PC3, TLS, Key Request and Response, MIKEY and its answer) through ns-3's TCP and
 * UDP, against the same octets through the same model code in memory. Both in this process, in turn, best of several.
 */
#include "bench-control-memory.h"
#include "bench-control.h"

#include "prose-topology.h"

#include <math.h>
#include <netinet/in.h>

#define UES 500
#define SPACING_S 2.0              /* a UE is done, TCP's last timers too, before the next begins */
#define ROUNDS 9
#define TARGET 6.0

/* An acquisition in parts: each ends with the event that says so, the last with the next UE's power on. */
typedef enum Stage { STAGE_PDN, STAGE_PC3, STAGE_REQUEST, STAGE_MIKEY, STAGE_CLOSING, N_STAGES } Stage;
static const char *const stage_names[N_STAGES] = { "PDN connection", "PC3", "Key Request", "MIKEY", "closing" };

typedef struct Stages {
    double spent_s[N_STAGES], since_s;
    unsigned n_acquired;
    bool is_timed;
} Stages;

static void
stage_ends(Stages *stages, Stage stage)
{
    double now_s;

    stages->n_acquired += stage == STAGE_MIKEY;
    if (!stages->is_timed)
        return;
    now_s = bench_cpu_s();
    stages->spent_s[stage] += now_s - stages->since_s;
    stages->since_s = now_s;
}

static void
event_cb(void *user, const ProseEvent *event)
{
    Stages *stages = user;

    if (event->type == PROSE_EVENT_PDN_OPENED)
        stage_ends(stages, STAGE_PDN);
    else if (event->type == PROSE_EVENT_PC3_ANSWERED)
        stage_ends(stages, STAGE_PC3);
    else if (event->type == PROSE_EVENT_KEY_RESPONSE_RECEIVED)
        stage_ends(stages, STAGE_REQUEST);
    else if (event->type == PROSE_EVENT_KEY_VERIFIED)
        stage_ends(stages, STAGE_MIKEY);
}

static void
read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    event_cb(user, event);
}

static void
power_on_cb(void *user)
{
    stage_ends(user, STAGE_CLOSING);
}

static ProseScenario *
make_scenario(void)
{
    static ProseDistribution power_ons[UES];
    ProseScenario *scenario = bench_scenario(
        "[simulation]\nduration = 1000 s\n"
        "[prose-function operator]\nservice-time = 1 ms\n"
        "[pkmf east]\nservice-time-tls = 2 ms\nservice-time-request = 1 ms\nmax-offset = 10 s\n"
        "[discovery command]\ndiscovery-group-id = 1\npkmf = east\ncryptoperiod = 24 h\n"
        "[pdn lan]\nloss = 0 %\n"
        "[ue-group ue]\ncount = 500\nhold = command\npdn = lan\npkmf-known = prose-function\nmobility = static\n"
        "prose-clock-drift = 0 ppm\n");

    bench_require(scenario->ues->len == UES && scenario->duration_s == UES * SPACING_S, "the scenario's size");
    for (unsigned i = 0; i < UES; i++) {
        ProseScenarioUe *ue = g_ptr_array_index(scenario->ues, i);

        power_ons[i] = (ProseDistribution) { .kind = PROSE_DIST_CONSTANT, .a = i * SPACING_S };
        ue->power_on_s = &power_ons[i];
    }
    return scenario;
}

/* TCP and UDP octets without any header. */
typedef struct Octets {
    uint64_t tcp, udp;
} Octets;

static bool
tap_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    Octets *octets = user;
    size_t header = (size_t) (packet[0] & 0x0F) * 4;

    if (packet[9] == IPPROTO_TCP)
        octets->tcp += len - header - (size_t) (packet[header + 12] >> 4) * 4;
    else if (packet[9] == IPPROTO_UDP)
        octets->udp += len - header - 8;
    return true;
}

/* Returns: processor time of the run alone, s. @ret_octets: (nullable), costs time. */
static double
run_through_ns3(const ProseScenario *scenario, Stages *stages, Octets *ret_octets)
{
    g_autoptr(GError) error = NULL;
    ProseSecretPool *secrets;
    ProseTopologyConfig config = { .scenario = scenario };
    ProseTopology *topology;
    Ns3cEvent **powers = NULL;
    double started_s, spent_s;
    ProseEventReader reader = {
        .wants = stages->is_timed ? PROSE_EVENT_BIT(PROSE_EVENT_PDN_OPENED) | PROSE_EVENT_BIT(PROSE_EVENT_PC3_ANSWERED)
                                    | PROSE_EVENT_BIT(PROSE_EVENT_KEY_RESPONSE_RECEIVED) | PROSE_EVENT_BIT(PROSE_EVENT_KEY_VERIFIED)
                                  : PROSE_EVENT_BIT(PROSE_EVENT_KEY_VERIFIED),
        .read = read_cb, .user = stages,
    };

    bench_require(ns3c_sim_init(1, 1) == NS3C_OK, "ns-3 does not start");
    secrets = config.secrets = prose_secret_pool_new();
    config.stream = prose_stream_new(scenario);
    prose_stream_add_reader(config.stream, &reader);
    if (ret_octets) {
        config.tap = tap_cb;
        config.tap_user = ret_octets;
    }
    /* Before those of the topology, so that they come first of what is due at one instant. */
    if (stages->is_timed) {
        powers = g_new0(Ns3cEvent *, UES);
        for (unsigned i = 0; i < UES; i++)
            powers[i] = ns3c_event_new(prose_ns_from_s(i * SPACING_S), power_on_cb, stages);
    }
    topology = prose_topology_new(&config, &error);
    bench_require(topology != NULL, "no topology");
    stages->n_acquired = 0;
    started_s = stages->since_s = bench_cpu_s();
    ns3c_sim_run(prose_ns_from_s(scenario->duration_s));
    spent_s = bench_cpu_s() - started_s;
    bench_require(stages->n_acquired == UES, "every UE has a key that its PKMF knows of");
    for (unsigned i = 0; powers && i < UES; i++)
        ns3c_event_free(powers[i]);
    g_free(powers);
    prose_topology_free(topology);
    ns3c_sim_destroy();
    prose_stream_free(config.stream);
    prose_secret_pool_free(secrets);
    return spent_s;
}

static double
run_in_memory(const ProseScenario *scenario, Stages *stages, Octets *ret_octets)
{
    BenchMemory *memory;
    double started_s, spent_s;

    bench_require(ns3c_sim_init(1, 1) == NS3C_OK, "ns-3 does not start");
    memory = bench_memory_new(scenario, event_cb, stages);
    stages->n_acquired = 0;
    started_s = stages->since_s = bench_cpu_s();
    bench_memory_run(memory);
    spent_s = bench_cpu_s() - started_s;
    bench_require(stages->n_acquired == UES, "every UE in memory has a key that its PKMF knows of");
    if (ret_octets)
        bench_memory_octets(memory, &ret_octets->tcp, &ret_octets->udp);
    bench_memory_free(memory);
    ns3c_sim_destroy();
    return spent_s;
}

static void
require_same_octets(const ProseScenario *scenario)
{
    Stages stages = { 0 };
    Octets ns3 = { 0 }, memory = { 0 };

    run_through_ns3(scenario, &stages, &ns3);
    run_in_memory(scenario, &stages, &memory);
    printf("%u UEs; each %.0f octets in TCP and %.0f in UDP, the same both ways\n", UES, (double) ns3.tcp / UES, (double) ns3.udp / UES);
    bench_require(ns3.tcp == memory.tcp && ns3.udp == memory.udp && ns3.udp > 0, "the same octets");
}

static void
report_stages(const ProseScenario *scenario)
{
    Stages ns3 = { .is_timed = true }, memory = { .is_timed = true };
    double ns3_s = run_through_ns3(scenario, &ns3, NULL), memory_s = run_in_memory(scenario, &memory, NULL);

    /* In memory the next UE follows at once, so its PDN connection has the closing of the one before. */
    for (unsigned i = 0; i < N_STAGES; i++) {
        printf("  %-16s %7.2f us/UE, %4.1f %%   in memory %7.2f us/UE, %4.1f %%\n", stage_names[i], ns3.spent_s[i] / UES * 1e6,
               ns3.spent_s[i] / ns3_s * 100, memory.spent_s[i] / UES * 1e6, memory.spent_s[i] / memory_s * 100);
    }
}

int
main(void)
{
    ProseScenario *scenario = make_scenario();
    double ns3_s = INFINITY, memory_s = INFINITY;

    require_same_octets(scenario);
    for (unsigned i = 0; i < ROUNDS; i++) {
        Stages stages = { 0 };

        ns3_s = MIN(ns3_s, run_through_ns3(scenario, &stages, NULL));
        memory_s = MIN(memory_s, run_in_memory(scenario, &stages, NULL));
    }
    report_stages(scenario);
    bench_report_at_most("key acquisition", "us/UE", ns3_s / UES * 1e6, memory_s / UES * 1e6, ns3_s / memory_s, TARGET);
    prose_scenario_free(scenario);
    return 0;
}
