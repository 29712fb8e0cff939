/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What key management policies draw for a UE: a pure function of the root of the draws, the UE's scenario number and what it
 * is about, so that no order of events has a say.
 */
#ifndef PROSE_POLICY_H
#define PROSE_POLICY_H

#include "prose-scenario.h"

/* How long after the lead of @d has begun UE @ue gets the key of @period, s: less than the lead. */
double prose_policy_lead_delay_s(const ProseScenario *s, const ProseScenarioDiscovery *d, unsigned ue, int64_t period, const ProseDrawKey *key);

#endif
