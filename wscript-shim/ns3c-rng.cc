/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/rng-seed-manager.h>
#include <ns3/rng-stream.h>

/* Chosen streams lie in the upper half of ns-3's 2^64; the lower half is for those that it numbers itself. */
static const uint64_t CHOSEN_STREAMS = UINT64_C(1) << 63;

uint64_t
ns3c_rng_u64(int64_t stream, unsigned index) noexcept
{
    ns3::RngStream rng(ns3::RngSeedManager::GetSeed(), CHOSEN_STREAMS + static_cast<uint64_t>(stream & INT64_MAX),
                       ns3::RngSeedManager::GetRun());
    uint64_t high, low;

    for (unsigned i = 0; i < index; i++) {
        rng.RandU01();
        rng.RandU01();
    }
    /* MRG32k3a has just under 2^32 values a draw. */
    high = static_cast<uint64_t>(rng.RandU01() * 4294967296.0);
    low = static_cast<uint64_t>(rng.RandU01() * 4294967296.0);
    return high << 32 | low;
}
