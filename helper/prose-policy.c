/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-policy.h"

double
prose_policy_lead_delay_s(const ProseScenario *s, const ProseScenarioDiscovery *d, unsigned ue, int64_t period, const ProseDrawKey *key)
{
    const ProseSpread *spread = &d->lead_spread;
    const ProseScenarioUe *who = s->ues->pdata[ue];
    uint64_t draws_of = (uint64_t) ue << 16 | d->index;

    switch (spread->kind) {
    case PROSE_SPREAD_DRAW:
        return prose_distribution_draw(&spread->draw_s, key, PROSE_DRAW_LEAD_SPREAD, draws_of, (uint64_t) period);
    case PROSE_SPREAD_HASH:
        return spread->span_s * prose_draw_double(key, PROSE_DRAW_LEAD_SPREAD, draws_of, 0);
    case PROSE_SPREAD_BY_GROUP:
        return spread->span_s * spread->places[who->group];
    }
    g_assert_not_reached();
}
