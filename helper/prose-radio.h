/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PC5: who sends in which subframe of the discovery pool, and what every monitoring UE gets of it.
 *
 * One ns-3 event a pool subframe that is used, so a key, a clock or a revocation that arrives inside a period counts from
 * the next subframe on. Positions are read once a period. Draws depend on (UE, discovery, period) alone.
 *
 * A slot is one (UE, discovery, period). A UE with several sending roles in one discovery uses it for what is most urgent: a
 * response that is due, else a solicitation, else its announcement. A candidate is one transmission, its retransmissions
 * included, at one monitoring UE; it is decided as soon as a copy is decoded, at the latest with the last one.
 */
#ifndef PROSE_RADIO_H
#define PROSE_RADIO_H

#include "prose-coverage.h"

#define PROSE_PCAP_LINK_PC5 147                /* USER0 */

typedef struct ProseRadio ProseRadio;

typedef struct ProseRadioConfig {
    const ProseScenario *scenario;             /* borrowed, as all here */
    const ProseStream *stream;
    const ProseTopology *topology;
    ProseCoverage *coverage;
    Ns3cPcap *pcap;                            /* (nullable): every transmission, copies too */
    /* (nullable): @n more ordered pairs of a sender with a slot and a UE of @group that monitors its discovery */
    void (*opportunities)(void *user, unsigned discovery, unsigned group, uint64_t n, uint64_t slot_ns);
    /* (nullable): may change what @receiver hears of @sender; tests and attacks */
    void (*tamper)(void *user, unsigned sender, unsigned receiver, uint8_t octets[PROSE_PC5_LEN]);
    /* (nullable): writing the capture failed; called once */
    void (*pcap_failed)(void *user);
    void *opportunities_user, *tamper_user, *pcap_failed_user;
} ProseRadioConfig;

/* Schedules its first period at the current time. @error: PROSE_RUN_ERROR_USAGE for a propagation model that ns-3 refuses. */
ProseRadio *prose_radio_new(const ProseRadioConfig *config, GError **error);
ProseRadio *prose_radio_free(ProseRadio *radio);       /* takes %NULL, returns %NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseRadio, prose_radio_free)

#endif
