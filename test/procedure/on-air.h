/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UEs on the air: keys given by hand, octets carried by hand, on the bench's clock.
 */
#ifndef ON_AIR_H
#define ON_AIR_H

#include "one-ue.h"

#define M 32
#define ALL_THREE 7                            /* bits: scrambling, confidentiality, MIC */

static const uint8_t mic_random[PROSE_MIC_LEN] = { 1, 2, 3, 4 };

static inline ProseSecurityMetadata
meta_of(int bits)
{
    ProseSecurityMetadata meta = { .scrambling = bits & 1, .confidentiality = bits & 2, .mic = bits & 4 };

    if (meta.confidentiality)
        memset(meta.encrypted_bits_mask + 3, 0xFF, PROSE_CONTENT_LEN - 3);
    return meta;
}

/* A UE that holds the key of ID 1 for the first hour of @d. */
static inline BenchUe *
add_of(const char *name, const ProseUeDiscovery *d, int bits, double clock_error_s)
{
    const ProseSecurityMetadata meta = meta_of(bits);
    ProseKeyScope scope = d->scope;
    BenchUe *u = bench_add_ue(b, name, d, 1);
    int64_t clock_ns = BENCH_UTC_START * PROSE_NS_PER_S + (int64_t) b->now_ns + (int64_t) (clock_error_s * 1e9);
    uint8_t key[PROSE_KEY_LEN];

    script_key(key, scope, 1);
    ck_assert_int_eq(prose_ue_provision(u->ue, scope, &meta, M, clock_ns, b->now_ns), 0);
    ck_assert_int_eq(prose_ue_provision_key(u->ue, scope, 1, VF, VF + HOUR, key, b->now_ns), 0);
    return u;
}

static inline BenchUe *
add(const char *name, ProseKeyScope scope, unsigned roles, int bits, double clock_error_s)
{
    const ProseUeDiscovery d = { .scope = scope, .roles = roles, .overlap_s = UINT32_MAX };

    return add_of(name, &d, bits, clock_error_s);
}

static inline void
give_key(BenchUe *u, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to)
{
    uint8_t key[PROSE_KEY_LEN];

    script_key(key, scope, key_id);
    ck_assert_int_eq(prose_ue_provision_key(u->ue, scope, key_id, valid_from, valid_to, key, b->now_ns), 0);
}

static inline ProseSlotRefusal
send_at(BenchUe *u, ProseKeyScope scope, ProseRole role, double error_s, uint8_t ret[PROSE_PC5_LEN])
{
    ProseSlot slot = bench_slot(b, error_s);

    ck_assert_int_eq(prose_ue_pc5_gate(u->ue, scope, &slot), prose_ue_pc5_send(u->ue, scope, role, &slot, mic_random, ret, NULL));
    return prose_ue_pc5_gate(u->ue, scope, &slot);
}

static inline void
must_send(BenchUe *u, ProseKeyScope scope, ProseRole role, uint8_t ret[PROSE_PC5_LEN])
{
    ck_assert_int_eq(send_at(u, scope, role, 0, ret), PROSE_SLOT_SENT);
}

static inline ProsePc5Received
hear_at(BenchUe *u, const uint8_t *octets, size_t len, double error_s)
{
    ProseSlot slot = bench_slot(b, error_s);
    ProsePc5Received r;

    prose_ue_pc5_receive(u->ue, &slot, octets, len, &r);
    return r;
}

static inline ProsePc5Received
hear(BenchUe *u, const uint8_t octets[PROSE_PC5_LEN])
{
    return hear_at(u, octets, PROSE_PC5_LEN, 0);
}

static inline void
bench_only(void)
{
    b = bench_new();
    b->now_ns = 1000 * BENCH_S;                    /* away from the edges of the key */
}

#endif
