/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-pool.h"

#include "prose-error.h"
#include "prose-pc5-bler.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define PERIOD_MAX_MS 10240                    /* rf1024 */
#define REPETITIONS_MAX 50                     /* numRepetition */
#define RESOURCES_PER_SUBFRAME_MAX 50          /* two PRB each, of the 100 that a carrier has */

/* Of the two PRB of PSDCH. Thermal noise at 290 K, and what a UE's receiver adds to it. */
#define NOISE_DENSITY_DBM_HZ (-174.0)
#define BANDWIDTH_HZ 360e3
#define NOISE_FIGURE_DB 9.0
/* 232 bits and a CRC of 24 in 2 PRB, QPSK: where one transmission in ten is lost on a channel without fading. */
#define SINR_THRESHOLD_DB 1.7

/* Both enumerations: discPeriod-r12, and the short periods of discPeriod-v1310. */
static const uint16_t periods_rf[] = { 4, 6, 7, 8, 12, 14, 16, 24, 28, 32, 64, 128, 256, 512, 1024 };

uint32_t
prose_pool_period_ms(const char *rf_name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(periods_rf); i++) {
        char name[8];

        g_snprintf(name, sizeof name, "rf%u", periods_rf[i]);
        if (strcmp(name, rf_name) == 0)
            return 10u * periods_rf[i];
    }
    return 0;
}

/* What is wrong whatever the subframes are; a NaN is outside, too. */
static bool
is_possible(uint32_t period_ms, uint32_t n_subframes, uint32_t resources_per_subframe, uint32_t retransmissions,
            double tx_probability)
{
    return period_ms <= PERIOD_MAX_MS && n_subframes <= PROSE_POOL_MAX_SUBFRAMES
        && resources_per_subframe >= 1 && resources_per_subframe <= RESOURCES_PER_SUBFRAME_MAX
        && retransmissions <= PROSE_POOL_MAX_RETRANSMISSIONS && n_subframes >= retransmissions + 1
        && tx_probability > 0 && tx_probability <= 1;
}

int
prose_pool_init_bitmap(ProsePool *ret, uint32_t period_ms, const char *bitmap, uint32_t repetitions,
                       uint32_t resources_per_subframe, uint32_t retransmissions, double tx_probability)
{
    size_t len = strlen(bitmap);
    uint32_t n = 0;

    if (len == 0 || len != strspn(bitmap, "01") || repetitions < 1 || repetitions > REPETITIONS_MAX
        || len > period_ms / repetitions)
        return PROSE_ERR_INVALID;
    for (size_t i = 0; i < len; i++)
        n += bitmap[i] == '1' ? repetitions : 0;
    if (!is_possible(period_ms, n, resources_per_subframe, retransmissions, tx_probability))
        return PROSE_ERR_INVALID;

    *ret = (ProsePool) {
        .period_ms = period_ms, .subframe_ms = g_new(uint16_t, n), .resources_per_subframe = resources_per_subframe,
        .retransmissions = retransmissions, .tx_probability = tx_probability,
    };
    for (size_t i = 0; i < len * repetitions; i++) {
        if (bitmap[i % len] == '1')
            ret->subframe_ms[ret->n_subframes++] = (uint16_t) i;
    }
    return PROSE_OK;
}

int
prose_pool_init(ProsePool *ret, uint32_t period_ms, uint32_t n_subframes, uint32_t resources_per_subframe,
                uint32_t retransmissions, double tx_probability)
{
    if (n_subframes > period_ms
        || !is_possible(period_ms, n_subframes, resources_per_subframe, retransmissions, tx_probability))
        return PROSE_ERR_INVALID;

    *ret = (ProsePool) {
        .period_ms = period_ms, .n_subframes = n_subframes, .subframe_ms = g_new(uint16_t, n_subframes),
        .resources_per_subframe = resources_per_subframe, .retransmissions = retransmissions,
        .tx_probability = tx_probability,
    };
    for (uint32_t i = 0; i < n_subframes; i++)
        ret->subframe_ms[i] = (uint16_t) i;
    return PROSE_OK;
}

void
prose_pool_clear(ProsePool *pool)
{
    g_clear_pointer(&pool->subframe_ms, g_free);
    pool->n_subframes = 0;
}

uint32_t
prose_pool_nt(const ProsePool *pool)
{
    return pool->n_subframes / (pool->retransmissions + 1);
}

uint32_t
prose_pool_n_resources(const ProsePool *pool)
{
    return prose_pool_nt(pool) * pool->resources_per_subframe;
}

/* TS 36.213 14.3.1 and 14.3.3 with j counted from 0: N transmissions in successive pool subframes, each floor(Nf / N)
 * PRB pairs further. */
ProsePoolPlace
prose_pool_place(const ProsePool *pool, uint32_t n, uint32_t j)
{
    uint32_t transmissions = pool->retransmissions + 1;
    uint32_t nt = prose_pool_nt(pool), nf = pool->resources_per_subframe;

    g_assert(n < nt * nf && j < transmissions);
    return (ProsePoolPlace) {
        .subframe = transmissions * (n % nt) + j,
        .prb_pair = (j * (nf / transmissions) + n / nt) % nf,
    };
}

uint32_t
prose_pool_draw_resource(const ProsePool *pool, const ProseDrawKey *key, uint64_t who, uint64_t period)
{
    return prose_draw_below(key, PROSE_DRAW_RESOURCE, who, period, prose_pool_n_resources(pool));
}

/* TS 36.321 5.15.1.1. The draw lies in [0, 1), so it is below p with probability p, and always below 1. */
bool
prose_pool_draw_transmit(const ProsePool *pool, const ProseDrawKey *key, uint64_t who, uint64_t period)
{
    return prose_draw_double(key, PROSE_DRAW_PROBABILITY, who, period) < pool->tx_probability;
}

void
prose_reception_set(ProseReceptionModel *model, bool has_curve, double noise_figure_db, double sensitivity_dbm)
{
    double needed_db = has_curve ? PROSE_BLER_EDGE_DB : model->sinr_threshold_db;

    model->has_curve = has_curve;
    model->noise_dbm = NOISE_DENSITY_DBM_HZ + 10 * log10(BANDWIDTH_HZ) + noise_figure_db;
    model->sensitivity_dbm = isnan(sensitivity_dbm) ? model->noise_dbm + needed_db : sensitivity_dbm;
}

void
prose_reception_init(ProseReceptionModel *ret, ProseReception kind)
{
    *ret = (ProseReceptionModel) { .kind = kind, .sinr_threshold_db = SINR_THRESHOLD_DB };
    /* The power at which a lone transmission just meets the threshold, so that both kinds have the same range. */
    prose_reception_set(ret, /* has_curve= */ false, NOISE_FIGURE_DB, NAN);
}
