/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Discovery resource pool: which subframes and PRB pairs a transmission uses in a period (TS 36.213 14.3, TS 36.321 5.15.1.1),
 * and the numbers by which it is received (doc/assumptions.md); prose-pc5-medium receives.
 */
#ifndef PROSE_PC5_POOL_H
#define PROSE_PC5_POOL_H

#include "prose-draw.h"
#include "prose-event.h"

#define PROSE_POOL_MAX_RETRANSMISSIONS 3
#define PROSE_POOL_MAX_SUBFRAMES 2000              /* 40 bits times 50 repetitions */

typedef struct ProsePool {
    uint32_t period_ms;                            /* 10 ms times rf */
    uint32_t n_subframes;                          /* Lpool: subframes of the pool in a period */
    uint16_t *subframe_ms;                         /* (owned): n_subframes offsets from the period's start, ascending */
    uint32_t resources_per_subframe;               /* Nf = floor(PRBpool / 2) */
    uint32_t retransmissions;                      /* numRetx, 0..3 */
    double tx_probability;                         /* (0, 1] */
} ProsePool;

/* 10 ms times N of "rfN"; 0 for a name that is no discovery period of either enumeration. */
uint32_t prose_pool_period_ms(const char *rf_name);

/**
 * prose_pool_init_bitmap:
 * @bitmap: one character a subframe, '0' or '1', first subframe first; repeated @repetitions times from the period's start
 *
 * Returns: 0, or %PROSE_ERR_INVALID: empty bitmap, nothing set, longer than the period, no room for one transmission.
 */
int prose_pool_init_bitmap(ProsePool *ret, uint32_t period_ms, const char *bitmap, uint32_t repetitions,
                           uint32_t resources_per_subframe, uint32_t retransmissions, double tx_probability);
/* @n_subframes consecutive subframes from the period's start. Returns as above. */
int prose_pool_init(ProsePool *ret, uint32_t period_ms, uint32_t n_subframes, uint32_t resources_per_subframe,
                    uint32_t retransmissions, double tx_probability);
void prose_pool_clear(ProsePool *pool);

uint32_t prose_pool_nt(const ProsePool *pool);     /* Nt = floor(Lpool / (numRetx + 1)) */
uint32_t prose_pool_n_resources(const ProsePool *pool);   /* Nt * Nf */

/* Transmission @j (0 = first) of resource @n: index of the pool subframe, and PRB pair. */
typedef struct ProsePoolPlace {
    uint32_t subframe;
    uint32_t prb_pair;
} ProsePoolPlace;
ProsePoolPlace prose_pool_place(const ProsePool *pool, uint32_t n, uint32_t j);

/* The draws of one (UE, discovery, period); @who: the UE's scenario number and the discovery's, mixed by the caller. */
uint32_t prose_pool_draw_resource(const ProsePool *pool, const ProseDrawKey *key, uint64_t who, uint64_t period);
bool     prose_pool_draw_transmit(const ProsePool *pool, const ProseDrawKey *key, uint64_t who, uint64_t period);

typedef enum ProseReception { PROSE_RECEPTION_SINR, PROSE_RECEPTION_COLLISION } ProseReception;

typedef struct ProseReceptionModel {
    ProseReception kind;
    bool has_curve;                /* sinr: prose_bler() instead of a threshold */
    double sensitivity_dbm;        /* below: weak */
    double noise_dbm;              /* in the two PRB, noise figure included */
    double sinr_threshold_db;      /* sinr: at or above is received */
} ProseReceptionModel;

/* Defaults: 290 K over 360 kHz, noise figure 9 dB, threshold and sensitivity as doc/assumptions.md says. */
void prose_reception_init(ProseReceptionModel *ret, ProseReception kind);
/* @sensitivity_dbm NAN: noise plus threshold, the power at which a lone transmission is just received; with a curve, one in a
 * thousand of them. */
void prose_reception_set(ProseReceptionModel *model, bool has_curve, double noise_figure_db, double sensitivity_dbm);

#endif
