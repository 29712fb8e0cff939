/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The named random streams of a run: numbers of ns-3's generator, under (seed, run). Nothing else draws.
 *
 * A stream that is keyed (PROSE_RNG_RADIO …) gives two words once, from which prose-draw makes every value as a function
 * of who asks and for what; so adding a UE or an event changes nobody else's draws. The others go to ns-3's own models, one
 * stream an entity, with room between the kinds for a million UEs.
 */
#ifndef PROSE_STREAMS_H
#define PROSE_STREAMS_H

#include "ns3c.h"
#include "prose-draw.h"

typedef enum ProseRngStream {
    PROSE_RNG_RADIO = 1,           /* keyed: resources, transmission probability, what fills an empty MIC */
    PROSE_RNG_PLACE = 2,           /* keyed: placement */
    PROSE_RNG_CLOCK = 3,           /* keyed: oscillators */
    PROSE_RNG_POWER_ON = 4,        /* keyed */
    PROSE_RNG_SERVICE_TIME = 5,    /* keyed */
    PROSE_RNG_GBA = 6,             /* keyed: RAND and Ks of each UE */
    PROSE_RNG_UE = 7,              /* keyed: octets a UE draws */
    PROSE_RNG_SERVER = 8,          /* keyed: octets a PKMF or ProSe Function draws */
    PROSE_RNG_POLICY = 9,          /* keyed: Retry-After, lead spread */
    PROSE_RNG_PROVISIONED = 10,    /* keyed: keys that the scenario gives, by discovery and key period */
    PROSE_RNG_PROPAGATION = 100,   /* ns-3's loss models, which may take several from here on */
    PROSE_RNG_LOSS = 1000000,      /* + UE: packets its access loses */
    PROSE_RNG_MOBILITY = 10000000, /* + PROSE_RNG_MOBILITY_STRIDE times UE: where it goes */
} ProseRngStream;
#define PROSE_RNG_MOBILITY_STRIDE 8

/* The key of a keyed stream under the current (seed, run). */
static inline ProseDrawKey
prose_rng_key(ProseRngStream stream)
{
    return (ProseDrawKey) { .seed = { ns3c_rng_u64(stream, 0), ns3c_rng_u64(stream, 1) } };
}

#endif
