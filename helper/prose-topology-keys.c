/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys that the scenario gives instead of a PKMF (rules T2): drawn by discovery and key period, the same for every UE. */
#include "prose-topology-internal.h"

#include "prose-streams.h"

#include <math.h>

/* How many periods after the current one a UE holds the keys of; with the past ones that is less than rules K5 allow. */
#define PERIODS_AHEAD 3
#define OCTETS_PER_DRAW 8
#define KEY_IDS 255

/* One discovery whose keys are given. */
typedef struct Provision {
    ProseTopology *topology;
    const ProseScenarioDiscovery *discovery;
    Ns3cTimer *timer;              /* the next start of a period */
} Provision;

static int64_t
period_start(const ProseScenarioDiscovery *d, int64_t period)
{
    return d->first_start_s + period * d->cryptoperiod_s;
}

/* The period at @utc_s; 0 before the first (rules K2). */
static int64_t
period_at(const ProseScenarioDiscovery *d, int64_t utc_s)
{
    return utc_s < d->first_start_s ? 0 : (utc_s - d->first_start_s) / d->cryptoperiod_s;
}

/* The last period whose key can count: it starts within MAX_OFFSET of the run's end. */
static int64_t
last_period(const ProseScenario *scenario, const ProseScenarioDiscovery *d)
{
    return period_at(d, scenario->utc_start_s + (int64_t) ceil(scenario->duration_s) + d->max_offset_s);
}

static int64_t
utc_now_s(const ProseTopology *topology)
{
    return topology->scenario->utc_start_s + (int64_t) (ns3c_sim_now() / PROSE_NS_PER_S);
}

static void
draw_key(const ProseTopology *topology, const ProseScenarioDiscovery *d, int64_t period, uint8_t ret[PROSE_KEY_LEN])
{
    ProseDrawStream stream = { .key = topology->provision_key, .who = (uint64_t) d->scope.type << 32 | d->scope.id,
                               .index = (uint64_t) period * (PROSE_KEY_LEN / OCTETS_PER_DRAW) };

    prose_draw_octets(&stream, ret, PROSE_KEY_LEN);
    if (topology->config.drawn)
        topology->config.drawn(topology->config.drawn_user, d->name, ret, PROSE_KEY_LEN);
}

static void
give_key(UeHost *host, const ProseScenarioDiscovery *d, int64_t period)
{
    uint8_t key[PROSE_KEY_LEN];

    draw_key(host->topology, d, period, key);
    /* One that the UE holds, or that its clock has passed, changes nothing. */
    prose_ue_provision_key(host->ue, d->scope, (uint8_t) (period % KEY_IDS + 1), period_start(d, period), period_start(d, period + 1),
                           key, ns3c_sim_now());
    prose_wipe(key, sizeof key);
}

/* From the period of true UTC on, as far ahead as a UE holds keys. */
static void
give_keys(UeHost *host, const ProseScenarioDiscovery *d)
{
    int64_t current = period_at(d, utc_now_s(host->topology));
    int64_t last = MIN(current + PERIODS_AHEAD, last_period(host->topology->scenario, d));

    for (int64_t period = current; period <= last; period++)
        give_key(host, d, period);
}

void
topology_provision_ue(UeHost *host)
{
    const ProseScenario *scenario = host->topology->scenario;
    int64_t utc_ns = scenario->utc_start_s * PROSE_NS_PER_S + (int64_t) ns3c_sim_now();

    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(scenario->discoveries, i);

        if (d->pkmf || !host->spec->roles[i])
            continue;
        if (!host->is_provisioned)
            prose_ue_provision(host->ue, d->scope, &d->meta, d->max_offset_s, utc_ns, ns3c_sim_now());
        if (host->spec->authorised[i])
            give_keys(host, d);
    }
    host->is_provisioned = true;
}

/* ---- successors ---- */

/* At the next start of a period, if there is still a key to be given then. */
static void
arm(Provision *provision)
{
    const ProseScenario *scenario = provision->topology->scenario;
    const ProseScenarioDiscovery *d = provision->discovery;
    int64_t next = period_at(d, utc_now_s(provision->topology)) + 1;

    if (next + PERIODS_AHEAD <= last_period(scenario, d))
        ns3c_timer_set(provision->timer, (uint64_t) (period_start(d, next) - scenario->utc_start_s) * PROSE_NS_PER_S);
}

static void
period_started_cb(void *user)
{
    Provision *provision = user;
    const ProseScenarioDiscovery *d = provision->discovery;
    const GPtrArray *ues = provision->topology->ues;

    for (unsigned i = 0; i < ues->len; i++) {
        UeHost *host = g_ptr_array_index(ues, i);

        if (!host->is_on || !host->spec->roles[d->index] || !host->spec->authorised[d->index])
            continue;
        ue_host_before(host);
        give_key(host, d, period_at(d, utc_now_s(provision->topology)) + PERIODS_AHEAD);
    }
    arm(provision);
}

static void
provision_free(void *data)
{
    Provision *provision = data;

    ns3c_timer_free(provision->timer);
    g_free(provision);
}

void
topology_provision_all(ProseTopology *topology)
{
    const ProseScenario *scenario = topology->scenario;

    topology->provision_key = prose_rng_key(PROSE_RNG_PROVISIONED);
    g_ptr_array_set_free_func(topology->provisions, provision_free);
    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        Provision *provision;

        if (((const ProseScenarioDiscovery *) g_ptr_array_index(scenario->discoveries, i))->pkmf)
            continue;
        provision = g_new0(Provision, 1);
        provision->topology = topology;
        provision->discovery = g_ptr_array_index(scenario->discoveries, i);
        provision->timer = ns3c_timer_new(period_started_cb, provision);
        g_ptr_array_add(topology->provisions, provision);
        arm(provision);
    }
}
