/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys a UE holds: PSDKs and PGKs of past, current and future cryptoperiods in guarded memory, and
 * the rules that say which one sends and which may receive (REQ-662-06, -07; rules K1 to K6).
 *
 * Storing and wiping run on the ProSe clock (K3), sending and receiving on counters (K1); all in UTC
 * seconds since 1970, intervals half-open.
 */
#ifndef PROSE_KEY_STORE_H
#define PROSE_KEY_STORE_H

#include "prose-pc5-security.h"
#include "prose-secret.h"

#define PROSE_KEYS_PER_SCOPE_MAX 8         /* rules K5 */
#define PROSE_KEYS_MAX 10000

typedef struct ProseKeyStore ProseKeyStore;

/* A held key. Owned by the store, valid until the next call that changes it. */
typedef struct ProseStoredKey {
    ProseKeyScope scope;
    uint8_t key_id;
    int64_t valid_from, valid_to;
    const ProsePc5Keys *pc5;               /* %NULL for a PGK; in guarded memory */
    const uint8_t *key;                    /* the PSDK or PGK itself, in guarded memory */
} ProseStoredKey;

/* Called for every key that is about to be wiped and is still held; @cause: expired, replaced, deleted, limit, shutdown.
 * It may read the store and must not change it. */
typedef void (*ProseKeyWipedCb)(void *user, const ProseStoredKey *key, const char *cause);

/* Both arguments are borrowed and must outlive the store. */
ProseKeyStore *prose_key_store_new(ProseSecretPool *pool, const ProseProfile *profile);
/* Wipes everything (cause shutdown). Takes %NULL, returns %NULL. */
ProseKeyStore *prose_key_store_free(ProseKeyStore *store);
void prose_key_store_set_wiped_cb(ProseKeyStore *store, ProseKeyWipedCb cb, void *user);
/* MAX_OFFSET of the scope's PKMF plus `keep-past`: a key goes at Valid To plus this many seconds. Default 0. */
void prose_key_store_set_keep(ProseKeyStore *store, ProseKeyScope scope, uint32_t keep_s);

typedef enum ProseKeyAdd {
    PROSE_KEY_ADD_STORED,
    PROSE_KEY_ADD_SAME,                    /* same ID, key and interval: nothing changed (K4) */
    PROSE_KEY_ADD_PAST,                    /* Valid To plus keep is not after the clock (M4), or K5: nothing stored */
} ProseKeyAdd;

/**
 * prose_key_store_add:
 * @key: copied
 * @clock_s: floor of the ProSe clock
 *
 * Same ID with another key or interval replaces the held one if that is past (its Valid To not after
 * @clock_s), else conflicts (K4). Of nine keys of a scope the oldest past one goes (K5); is that the new one, it counts as past.
 *
 * Returns: a #ProseKeyAdd, %PROSE_ERR_CONFLICT, %PROSE_ERR_INVALID (Valid To not after Valid From, ID 0), or
 *   %PROSE_ERR_FULL (8 in the scope, none past; or 10 000).
 */
int prose_key_store_add(ProseKeyStore *store, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to,
                        const uint8_t key[PROSE_KEY_LEN], int64_t clock_s);
/* Verified deletion (M4). Returns: 0, or %PROSE_ERR_NOT_FOUND. */
int prose_key_store_delete(ProseKeyStore *store, ProseKeyScope scope, uint8_t key_id);
/* Wipes every key, as prose_key_store_free() does (rules K6); the store goes on, empty. */
void prose_key_store_shut_down(ProseKeyStore *store);
/* Wipes what is at Valid To plus keep or later (K3). Returns: how many. */
size_t prose_key_store_expire(ProseKeyStore *store, int64_t clock_s);
/* The next UTC second at which prose_key_store_expire() would wipe something; INT64_MAX for none. */
int64_t prose_key_store_next_expiry(const ProseKeyStore *store);

/* K1: of the keys with Valid From <= @counter < Valid To the one with the earliest Valid To. (nullable) */
const ProseStoredKey *prose_key_store_sending(const ProseKeyStore *store, ProseKeyScope scope, uint32_t counter);
/**
 * prose_key_store_of_scope:
 *
 * All held keys of @scope, ascending Valid To (so the order in which a receiver tries them), then Valid From, then ID.
 *
 * Returns: (transfer none): array of @ret_n keys, valid until the store changes.
 */
const ProseStoredKey *prose_key_store_of_scope(const ProseKeyStore *store, ProseKeyScope scope, size_t *ret_n);
/* (nullable) */
const ProseStoredKey *prose_key_store_find(const ProseKeyStore *store, ProseKeyScope scope, uint8_t key_id);
size_t prose_key_store_size(const ProseKeyStore *store);
/* Changes whenever the store does: a reader that caches contexts compares it. */
uint64_t prose_key_store_generation(const ProseKeyStore *store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseKeyStore, prose_key_store_free)

#endif
