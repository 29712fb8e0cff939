/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PC5: who sends in which subframe of the discovery pools, and what every monitoring UE gets of it.
 *
 * One ns-3 event a pool subframe that is used: what is sent, is sent then. What is heard of it is worked out then too, if somebody
 * listens to PC5 events or if it could change what happens next; else as late as can be, for many subframes at once, but before
 * anything that a UE knows may change. So a key, a clock or a revocation that arrives inside a period counts from the next subframe
 * on, either way, and the results are the same. Positions are read once a period. Draws depend on (UE, discovery, period) alone.
 *
 * A slot is one (UE, discovery, period). A UE with several sending roles in one discovery uses it for what is most urgent: a
 * response that is due, else a solicitation, else its announcement. A candidate is one transmission, its retransmissions
 * included, at one monitoring UE that it reaches with the sensitivity's power or more (or at any, where propagation is drawn); it is
 * decided as soon as a copy is decoded, at the latest with the last one.
 *
 * Files: prose-radio (life, time), -slots (who sends what), -rows (who reaches whom), -hear (what is made of it).
 */
#ifndef PROSE_RADIO_H
#define PROSE_RADIO_H

#include "prose-coverage.h"
#include "prose-summary.h"

#define PROSE_PCAP_LINK_PC5 147                /* USER0 */

typedef struct ProseRadio ProseRadio;

typedef struct ProseRadioConfig {
    const ProseScenario *scenario;             /* borrowed, as all here */
    const ProseStream *stream;
    ProseTopology *topology;
    ProseCoverage *coverage;
    ProseSecretPool *secrets;
    ProseSummary *summary;                     /* is told what no event carries, and everything that nobody needs as events */
    Ns3cPcap *pcap;                            /* (nullable): every transmission, copies too */
    /* (nullable): may change what @receiver hears of @sender; tests and attacks */
    void (*tamper)(void *user, unsigned sender, unsigned receiver, uint8_t octets[PROSE_PC5_LEN]);
    /* (nullable): writing the capture failed; called once */
    void (*pcap_failed)(void *user);
    void *tamper_user, *pcap_failed_user;
} ProseRadioConfig;

/* Schedules its first period at the current time. @error: PROSE_RUN_ERROR_USAGE for a propagation model that ns-3 refuses. */
ProseRadio *prose_radio_new(const ProseRadioConfig *config, GError **error);
ProseRadio *prose_radio_free(ProseRadio *radio);       /* takes %NULL, returns %NULL */
/* What was sent so far has been heard, and the summary knows of it: for whoever looks at it during the run, and at the end. */
void prose_radio_flush(ProseRadio *radio);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseRadio, prose_radio_free)

#endif
