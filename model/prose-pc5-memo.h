/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What verifying a PC5_DISCOVERY gave, kept for the next receiver that would find the same (rules P5).
 *
 * What a receiver makes of 29 octets depends on its keys with their meta-data and gates, and on its clock and slot counter to the
 * second. UEs that agree in these are one class, and a verdict is worked out once for each (transmission, class). Under
 * it one verification is made for each (transmission, key, counter), and none where the receiver would derive exactly what the
 * sender has derived. A sender's time hash serves its 16 s.
 *
 * Nothing here looks at a UE; a UE's own receive function gives the same answers without any of it.
 */
#ifndef PROSE_PC5_MEMO_H
#define PROSE_PC5_MEMO_H

#include "prose-key-store.h"

typedef struct ProsePc5Memo ProsePc5Memo;

/* @n_pools times @n_channels transmissions can be under way. @secrets and @profile are borrowed. */
ProsePc5Memo *prose_pc5_memo_new(ProseSecretPool *secrets, const ProseProfile *profile, unsigned n_pools, uint32_t n_channels);
ProsePc5Memo *prose_pc5_memo_free(ProsePc5Memo *memo);     /* wipes; takes %NULL, returns %NULL */

/* ---- locks: a key, its interval, the discovery's meta-data and a message type. Numbers from 0, given back with _unlock(). ---- */

#define PROSE_MEMO_NONE UINT32_MAX

typedef struct ProsePc5Lock {
    ProseKeyScope scope;
    uint8_t key_id;
    uint8_t type;
    int64_t valid_from, valid_to;
    ProseSecurityMetadata meta;
} ProsePc5Lock;

/* @key is copied. */
uint32_t prose_pc5_memo_lock(ProsePc5Memo *memo, const ProseStoredKey *key, const ProseSecurityMetadata *meta, uint8_t type);
/* Once more; to be given back once more. Both take PROSE_MEMO_NONE. */
void prose_pc5_memo_relock(ProsePc5Memo *memo, uint32_t lock);
void prose_pc5_memo_unlock(ProsePc5Memo *memo, uint32_t lock);
/* Valid until the next lock is made. */
const ProsePc5Lock *prose_pc5_memo_lock_of(const ProsePc5Memo *memo, uint32_t lock);

/* prose_pc5_protect() with the lock's key. @ret_has_hashed: (out): a time hash was derived, which will serve others.
 * Returns: derivations made for this message alone. */
unsigned prose_pc5_memo_protect(ProsePc5Memo *memo, uint32_t lock, uint8_t ret[PROSE_PC5_LEN], const uint8_t content[PROSE_CONTENT_LEN],
                                uint32_t counter, const uint8_t mic_random[PROSE_MIC_LEN], bool *ret_has_hashed);

/* ---- rings: everything that a UE tries, in its order ---- */

typedef struct ProsePc5RingEntry {
    uint32_t lock;
    uint32_t max_offset, overlap;
} ProsePc5RingEntry;

/* Takes over the caller's locks of @entries. Given back with _unring(). */
uint32_t prose_pc5_memo_ring(ProsePc5Memo *memo, const ProsePc5RingEntry *entries, size_t n);
void prose_pc5_memo_unring(ProsePc5Memo *memo, uint32_t ring);     /* takes PROSE_MEMO_NONE */

/* Whether a UE with @ring would itself send under the key of @lock at @counter (rules K1), in the lock's scope. */
bool prose_pc5_memo_sends_with(const ProsePc5Memo *memo, uint32_t ring, uint32_t lock, uint32_t counter);

/* ---- classes: a ring at one time ---- */

/**
 * prose_pc5_memo_class:
 * @can_tell_time: it has a ProSe clock and a slot counter (rules T2)
 * @counter_ahead: the receiver's slot counter less the sender's
 * @clock_ahead: floor of its ProSe clock less its slot counter, modulo 2^32
 *
 * Returns: its number, which lasts as long as the ring.
 */
uint32_t prose_pc5_memo_class(ProsePc5Memo *memo, uint32_t ring, bool can_tell_time, int32_t counter_ahead, int32_t clock_ahead);

/* ---- verdicts ---- */

/* What a class makes of a transmission. */
typedef struct ProsePc5Judgement {
    uint8_t outcome;                       /* ProsePc5Outcome from malformed on; accepted for repeated, too */
    uint8_t derivations;                   /* that each receiver needs; at most 255 */
    bool is_known;
    bool is_free;                          /* no key was tried: the sender's own values told */
} ProsePc5Judgement;

/* A transmission as it was sent. */
typedef struct ProsePc5Transmission {
    const uint8_t *octets;                 /* the 29, borrowed */
    uint32_t counter;                      /* its slot's */
    uint32_t lock;
} ProsePc5Transmission;

/* A period of @pool begins: what was said of its transmissions is forgotten. */
void prose_pc5_memo_begin(ProsePc5Memo *memo, unsigned pool);
/* @computed: derivations really made are added. */
ProsePc5Judgement prose_pc5_memo_judge(ProsePc5Memo *memo, uint32_t class, unsigned pool, uint32_t channel,
                                       const ProsePc5Transmission *sent, uint64_t *computed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProsePc5Memo, prose_pc5_memo_free)

#endif
