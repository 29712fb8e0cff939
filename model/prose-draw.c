/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-draw.h"

/* Full-avalanche mix of 64 bits: two rounds of multiply and shift with constants of high quality. */
static uint64_t
mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 32;
    return x;
}

uint64_t
prose_draw_u64(const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index)
{
    /* Each input is absorbed after a full mix of those before it, so that no two of them can cancel out. */
    uint64_t x = mix(key->seed[0] ^ ((uint64_t) purpose * 0x9E3779B97F4A7C15u));

    x = mix(x + who);
    x = mix(x ^ key->seed[1]);
    return mix(x + index * 0x9E3779B97F4A7C15u);
}

double
prose_draw_double(const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index)
{
    return (double) (prose_draw_u64(key, purpose, who, index) >> 11) * 0x1p-53;
}

uint32_t
prose_draw_below(const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index, uint32_t n)
{
    uint64_t x = prose_draw_u64(key, purpose, who, index);

    /* High half of the 96-bit product x * n. */
    return (uint32_t) (((x >> 32) * n + (((x & 0xFFFFFFFFu) * n) >> 32)) >> 32);
}

void
prose_draw_octets(ProseDrawStream *stream, uint8_t *ret, size_t len)
{
    while (len > 0) {
        uint64_t x = prose_draw_u64(&stream->key, PROSE_DRAW_OCTETS, stream->who, stream->index++);

        for (size_t i = 0; i < 8 && len > 0; i++, len--, x >>= 8)
            *ret++ = (uint8_t) x;
    }
}
