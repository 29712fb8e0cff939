/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-coverage.h"

#include "prose-streams.h"

struct ProseCoverage {
    const ProseScenario *scenario;
    ProseDrawKey key;
};

static const ProseScenarioPool *
pool_of(const ProseCoverage *coverage, unsigned pool)
{
    return g_ptr_array_index(coverage->scenario->pools, pool);
}

bool
prose_coverage_is_uniform(const ProseCoverage *coverage)
{
    (void) coverage;
    return true;
}

void
prose_coverage_slot(const ProseCoverage *coverage, unsigned ue, uint64_t at_ns, ProseSlot *ret)
{
    int64_t utc_ns = coverage->scenario->utc_start_s * PROSE_NS_PER_S + (int64_t) at_ns;

    (void) ue;
    *ret = (ProseSlot) { .now_ns = at_ns, .has_utc = true, .counter = prose_counter_from_sib16(prose_sib16_from_utc(utc_ns)),
                         .time_source = "sib16" };
}

bool
prose_coverage_is_in(const ProseCoverage *coverage, unsigned ue)
{
    (void) coverage;
    (void) ue;
    return true;
}

bool
prose_coverage_sends_in(const ProseCoverage *coverage, unsigned ue, unsigned discovery, unsigned pool, uint64_t period)
{
    const GPtrArray *pools = coverage->scenario->pools;
    unsigned serves = prose_coverage_is_in(coverage, ue) ? PROSE_COVERAGE_IN : PROSE_COVERAGE_OUT;
    unsigned n = 0, place = 0;

    if (!(pool_of(coverage, pool)->serves & serves))
        return false;
    for (unsigned p = 0; p < pools->len; p++) {
        if (p == pool)
            place = n;
        n += (pool_of(coverage, p)->serves & serves) != 0;
    }
    return n == 1 || prose_draw_below(&coverage->key, PROSE_DRAW_POOL, (uint64_t) ue << 32 | discovery, period, n) == place;
}

uint64_t
prose_coverage_next_period(const ProseCoverage *coverage, unsigned pool, uint64_t period)
{
    const ProseScenarioPool *p = pool_of(coverage, pool);
    uint64_t length_ns = (uint64_t) p->pool.period_ms * PROSE_NS_PER_MS;

    for (unsigned i = 0; i < p->active->len; i++) {
        const ProseInterval *interval = &g_array_index(p->active, ProseInterval, i);
        uint64_t first = (prose_ns_from_s(interval->start_s) + length_ns - 1) / length_ns;

        if (MAX(first, period) * length_ns < prose_ns_from_s(interval->end_s))
            return MAX(first, period);
    }
    return UINT64_MAX;
}

ProseCoverage *
prose_coverage_new(const ProseScenario *scenario, ProseTopology *topology)
{
    ProseCoverage *coverage = g_new0(ProseCoverage, 1);

    (void) topology;
    coverage->scenario = scenario;
    coverage->key = prose_rng_key(PROSE_RNG_RADIO);
    return coverage;
}

ProseCoverage *
prose_coverage_free(ProseCoverage *coverage)
{
    g_free(coverage);
    return NULL;
}
