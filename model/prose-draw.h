/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counter-based random draws: a pure function of (seed, who, when, what for).
 *
 * The seed is drawn once from a named ns-3 stream of (seed, run). A draw then depends on nothing
 * that happened before, so adding a UE or an event changes nobody else's draws.
 */
#ifndef PROSE_DRAW_H
#define PROSE_DRAW_H

#include <stddef.h>
#include <stdint.h>

typedef struct ProseDrawKey {
    uint64_t seed[2];
} ProseDrawKey;

/* What a draw is for; part of its input, so that purposes never share a value. */
typedef enum ProseDrawPurpose {
    PROSE_DRAW_OCTETS = 1,         /* prose_draw_octets() */
    PROSE_DRAW_RESOURCE,
    PROSE_DRAW_PROBABILITY,
    PROSE_DRAW_PLACEMENT,
    PROSE_DRAW_MOBILITY,
    PROSE_DRAW_DRIFT,
    PROSE_DRAW_POWER_ON,
    PROSE_DRAW_SERVICE_TIME,
    PROSE_DRAW_ACTIVITY,
    PROSE_DRAW_POOL,
    PROSE_DRAW_TIME_ERROR,
    PROSE_DRAW_SINCE_SET,
    PROSE_DRAW_BLER,
    PROSE_DRAW_RETRY_AFTER = 40,   /* policies */
    PROSE_DRAW_LEAD_SPREAD,
    PROSE_DRAW_OFF_NETWORK,
    PROSE_DRAW_PDN_RELEASE,
    PROSE_DRAW_REQUEST_JITTER,
    PROSE_DRAW_PDN_OUTAGE,
} ProseDrawPurpose;

/* Returns: 64 bits, a bijective-quality mix of the four inputs and the seed. */
uint64_t prose_draw_u64(const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index);
/* Returns: uniform in [0, 1). */
double prose_draw_double(const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index);
/* Returns: uniform in [0, @n), without modulo bias worth speaking of (multiply-shift over 64 bits). */
uint32_t prose_draw_below(const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index, uint32_t n);

/* A stream of octets of one entity: what the endpoints' random callback reads from. */
typedef struct ProseDrawStream {
    ProseDrawKey key;
    uint64_t who;
    uint64_t index;                /* moves on with every eight octets */
} ProseDrawStream;

void prose_draw_octets(ProseDrawStream *stream, uint8_t *ret, size_t len);

#endif
