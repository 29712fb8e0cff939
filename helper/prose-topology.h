/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario as ns-3 nodes with the endpoints of model/ on them.
 *
 *   UEs ── shared access of a gateway ── gateway ── core router ── PKMFs, ProSe Functions
 *
 * One gateway holds one pool of addresses, 10.G.0.0/16, of which it gives out the lowest that is free, but never a UE the
 * one it had last. Names are a table, since no name server is modelled. This file knows how octets travel and nothing of what is in them.
 */
#ifndef PROSE_TOPOLOGY_H
#define PROSE_TOPOLOGY_H

#include "prose-function.h"
#include "prose-output.h"
#include "prose-pkmf.h"
#include "prose-stream.h"

#include "ns3c.h"

/* Between the UE's request for a PDN connection and its being up: attach and default bearer, a typical figure. */
#define PROSE_PDN_ATTACH_NS (100 * PROSE_NS_PER_MS)
/* Core links, gateway to router and router to server: never the bottleneck, one hop inside a site. */
#define PROSE_CORE_RATE_BPS UINT64_C(10000000000)
#define PROSE_CORE_DELAY_NS 100000
#define PROSE_GATEWAYS_MAX 250
#define PROSE_GATEWAY_UES_MAX 65000

typedef struct ProseTopology ProseTopology;

typedef struct ProseTopologyConfig {
    const ProseScenario *scenario;         /* borrowed, as all here */
    ProseStream *stream;
    ProseSecretPool *secrets;
    const ProseOutput *captures;           /* (nullable): where pdn-NAME-GATEWAY.pcap of each access goes */
    void (*key_log)(void *user, const char *line);                              /* (nullable) */
    bool cleartext;                        /* no TLS: the control run of rules C4, never from a scenario */
    Ns3cTap tap;                           /* (nullable): every packet of every access */
    void (*drawn)(void *user, const char *entity, const uint8_t *octets, size_t len);  /* (nullable): what endpoints draw */
    void (*waited)(void *user, unsigned pkmf, uint64_t wait_ns);                /* (nullable): a worker begins a job */
    void *key_log_user, *tap_user, *drawn_user, *waited_user;
} ProseTopologyConfig;

/**
 * prose_topology_new:
 * @error: PROSE_RUN_ERROR
 *
 * Builds everything and schedules each UE's power on. ns3c_sim_init() comes first.
 */
ProseTopology *prose_topology_new(const ProseTopologyConfig *config, GError **error);
/* Ends the endpoints (they wipe, which is in the trace) and frees all handles. Takes %NULL, returns %NULL. */
ProseTopology *prose_topology_free(ProseTopology *topology);

/* Called before anything is told to an endpoint, so before anything that it knows can change: @ue its scenario number, or -1 for a
 * server. %NULL: nobody. */
void prose_topology_set_before(ProseTopology *topology, void (*before)(void *user, int ue), void *user);
/* Calls it: for who changes what is known of @ue by other ways than those of the topology. */
void prose_topology_before(const ProseTopology *topology, int ue);

/* Does what an [event …] says, now. */
void prose_topology_act(ProseTopology *topology, const ProseScenarioEvent *event);

/* Why the network cannot be reached; each reason by itself. */
typedef enum ProseAccessLoss { PROSE_ACCESS_LOSS_COVERAGE = 1 << 0, PROSE_ACCESS_LOSS_OFF_NETWORK = 1 << 1 } ProseAccessLoss;
/* While any reason holds, the UE has no PDN connection and asks for none: TCP ends in silence. With the last one gone it attaches,
 * and gets another address. */
void prose_topology_set_access_loss(ProseTopology *topology, unsigned ue, ProseAccessLoss why, bool lost);

ProseUe *prose_topology_ue(const ProseTopology *topology, unsigned ue);
ProsePkmf *prose_topology_pkmf(const ProseTopology *topology, unsigned pkmf);
const ProseGbaSession *prose_topology_gba(const ProseTopology *topology, unsigned ue);
Ns3cMobility *prose_topology_mobility(const ProseTopology *topology, unsigned ue);
uint64_t prose_topology_power_on_ns(const ProseTopology *topology, unsigned ue);
bool prose_topology_is_on(const ProseTopology *topology, unsigned ue);
/* Powered on, and its user takes part in @discovery now. */
bool prose_topology_takes_part(const ProseTopology *topology, unsigned ue, unsigned discovery);
/* What crossed the UE's access so far. */
void prose_topology_octets(const ProseTopology *topology, unsigned ue, uint64_t *ret_up, uint64_t *ret_down);
typedef struct ProseTopologyUse {
    size_t exchanges;              /* TLS sessions, either end */
    size_t connections;            /* TCP connections that a host holds for its endpoint, either end */
} ProseTopologyUse;
/* What is in use now; walks over all UEs. */
void prose_topology_use(const ProseTopology *topology, ProseTopologyUse *ret);
/* Closes the captures of the access links and gives them their names; the first error counts. */
bool prose_topology_end_captures(ProseTopology *topology, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseTopology, prose_topology_free)

#endif
