/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one receiver gets of the transmissions of a discovery period: half-duplex, collision, capture, retransmissions (rules P2, P3).
 *
 * Receiver by receiver: a row lists the channels that reach it with their power, so that one pass over the row adds up what
 * meets in each resource and another judges it. A channel is one (UE, discovery) that may send. A row is in ascending
 * scenario order of its channels, and so are the sums: noise first, then the row. What is numbered how is the caller's.
 *
 * Reception: at or above the sensitivity, and in the resource alone above the noise by the threshold (`sinr`: or with at least
 * the threshold's share, threshold / (1 + threshold), of all power in it, noise included). A transmission below the
 * sensitivity is weak and disturbs nobody. With a curve a draw is held against prose_bler(): of the SINR, and if that is lost, of
 * the power over noise alone, which tells weak from collision.
 */
#ifndef PROSE_PC5_MEDIUM_H
#define PROSE_PC5_MEDIUM_H

#include "prose-pc5-pool.h"

/* A channel as one receiver hears it. */
typedef struct ProseEdge {
    double power_mw;
    uint32_t channel;
    uint32_t memory;                       /* the caller's: what was last accepted of it */
} ProseEdge;

/* In ProseRow.best: nothing to decide for that channel, now or any more. */
#define PROSE_ROW_SETTLED 0xFF

typedef struct ProseRow {
    const ProseEdge *edges;                /* borrowed, ascending */
    uint32_t n;
    uint8_t *best;                         /* borrowed; with retransmissions only: furthest outcome so far, by edge */
} ProseRow;

/* A candidate that is decided. */
typedef struct ProseDecided {
    uint32_t edge;                         /* index in the row */
    uint16_t subframe;                     /* of the copy that decided */
    uint8_t outcome;                       /* weak, half-duplex, collision, or accepted for "decoded" */
} ProseDecided;

/* The outcomes that the medium gives by itself. */
#define PROSE_MEDIUM_N_LOST 3
_Static_assert(PROSE_PC5_WEAK == 0 && PROSE_PC5_HALF_DUPLEX == 1 && PROSE_PC5_COLLISION == 2, "they index ProseAir.lost");

typedef struct ProseAirCell ProseAirCell;

/* Who draws whether a copy is decoded, where that is drawn: nothing but scenario numbers goes in. */
typedef struct ProseAirDraws {
    ProseDrawKey key;
    const uint64_t *senders;               /* borrowed: of each channel, UE << 32 | discovery */
    unsigned pool;                         /* its number, below 4 */
    uint64_t period;
    uint32_t receiver;                     /* UE */
} ProseAirDraws;

/* What is on the air in one pool, and room to work in. */
typedef struct ProseAir {
    const ProsePool *pool;                 /* borrowed */
    uint32_t n_channels, n_kinds;
    const uint16_t *kinds;                 /* borrowed: of each channel, below n_kinds: what losses are told apart by */
    uint32_t *cell;                        /* (owned): by channel, subframe * Nf + PRB pair of the first copy; or SILENT */
    uint16_t *subframe_of;                 /* (owned): by cell */
    uint32_t *hop;                         /* (owned): by PRB pair, then copy: cells from the first copy's */
    double sensitivity_mw, lone_mw, weak_mw, noise_mw, quiet, gain;
    bool counts;
    bool has_curve;
    ProseAirDraws draws;                   /* the caller's to set, with a curve */
    ProseAirCell *sums;                    /* (owned): scratch, by cell */
    uint8_t *is_busy;                      /* (owned): scratch, by subframe */
    /* What prose_air_hear() found: */
    ProseDecided *decided;                 /* (owned) */
    uint32_t n_decided, decided_room;
    uint32_t *lost;                        /* (owned): by kind, then outcome; those that are not in @decided */
} ProseAir;
#define PROSE_AIR_SILENT UINT32_MAX

/* Everything borrowed must outlive it. */
void prose_air_init(ProseAir *air, const ProsePool *pool, const ProseReceptionModel *reception, uint32_t n_channels,
                    const uint16_t *kinds, uint32_t n_kinds);
void prose_air_clear(ProseAir *air);
/* A period begins: nobody sends. */
void prose_air_begin(ProseAir *air);
/* @channel sends in @resource, all its copies. */
void prose_air_send(ProseAir *air, uint32_t channel, uint32_t resource);
/* Index of the pool subframe of @channel's first copy; it must send. */
static inline uint32_t
prose_air_first_subframe(const ProseAir *air, uint32_t channel)
{
    return air->subframe_of[air->cell[channel]];
}

/* PRB pair of the copy that @channel sends in @subframe. */
static inline uint32_t
prose_air_prb_pair(const ProseAir *air, uint32_t channel, uint32_t subframe)
{
    uint32_t nf = air->pool->resources_per_subframe, first = prose_air_first_subframe(air, channel), prb = air->cell[channel] - first * nf;

    return prb + air->hop[prb * (air->pool->retransmissions + 1) + subframe - first] - (subframe - first) * nf;
}

/**
 * prose_air_hear:
 * @from, @to: pool subframes, half-open; those of one period in ascending order leave nothing out and nothing twice
 * @busy: subframes of the pool in which the receiver sends, in any order
 * @all: put every candidate into @decided; else only what is decoded, and count the others in @lost
 *
 * @row does not list the receiver's own channels, nor, without @all, what is below the sensitivity. With retransmissions a candidate is decided as soon as a copy is
 * decoded, at the latest with the last one; @row->best keeps it between calls. @decided is in the order of the subframes if @all and there
 * is just one, and in no order that means anything otherwise.
 */
void prose_air_hear(ProseAir *air, const ProseRow *row, uint32_t from, uint32_t to, const uint16_t *busy, uint32_t n_busy, bool all);

/* Milliwatts. */
double prose_milliwatts(double dbm);

#endif
