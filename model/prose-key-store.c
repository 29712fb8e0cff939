/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-key-store.h"

#include "prose-clock.h"
#include "prose-error.h"

#include <string.h>

/* The keys of one scope. */
typedef struct Scope {
    ProseKeyScope scope;
    uint32_t keep_s;
    size_t n_keys;
    ProseStoredKey *keys;          /* (owned): ascending Valid To, then Valid From, then ID */
} Scope;

/* A UE holds keys of one or two scopes, a test of thousands: a sorted array serves both, and an empty store has none. */
struct ProseKeyStore {
    ProseSecretPool *pool;
    const ProseProfile *profile;
    Scope **scopes;                /* (owned) of (owned): ascending */
    size_t n_scopes;
    size_t room;
    size_t n_keys;                 /* over all scopes */
    uint64_t generation;
    int64_t next_expiry;           /* INT64_MAX: nothing will expire */
    ProseKeyWipedCb wiped;
    void *wiped_user;
};

/* ---- scopes ---- */

/* The first scope that is not before @scope. */
static size_t
lower_bound(const ProseKeyStore *store, ProseKeyScope scope)
{
    size_t low = 0, high = store->n_scopes;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (prose_key_scope_compare(store->scopes[mid]->scope, scope) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static Scope *
find_scope(const ProseKeyStore *store, ProseKeyScope scope)
{
    size_t i = lower_bound(store, scope);

    return i < store->n_scopes && prose_key_scope_equal(store->scopes[i]->scope, scope) ? store->scopes[i] : NULL;
}

static Scope *
find_or_add_scope(ProseKeyStore *store, ProseKeyScope scope)
{
    size_t i = lower_bound(store, scope);
    Scope *s;

    if (i < store->n_scopes && prose_key_scope_equal(store->scopes[i]->scope, scope))
        return store->scopes[i];
    if (store->n_scopes == store->room) {
        store->room = store->room ? 2 * store->room : 1;
        store->scopes = g_renew(Scope *, store->scopes, store->room);
    }
    s = g_new0(Scope, 1);
    s->scope = scope;
    memmove(store->scopes + i + 1, store->scopes + i, (store->n_scopes - i) * sizeof store->scopes[0]);
    store->scopes[i] = s;
    store->n_scopes++;
    return s;
}

/* A scope is worth its memory while it holds a key or a keep time of its own. */
static bool
scope_is_idle(const Scope *s)
{
    return s->n_keys == 0 && s->keep_s == 0;
}

static void
scope_free(Scope *s)
{
    g_free(s->keys);
    g_free(s);
}

static void
drop_scope_if_idle(ProseKeyStore *store, const Scope *s)
{
    size_t i;

    if (!scope_is_idle(s))
        return;
    i = lower_bound(store, s->scope);
    scope_free(store->scopes[i]);
    store->n_scopes--;
    memmove(store->scopes + i, store->scopes + i + 1, (store->n_scopes - i) * sizeof store->scopes[0]);
}

/* ---- expiry ---- */

/* Rules K3. */
static int64_t
expiry_of(int64_t valid_to, uint32_t keep_s)
{
    return valid_to > INT64_MAX - (int64_t) keep_s ? INT64_MAX : valid_to + keep_s;
}

/* All keys of a scope are kept equally long, so its first goes first. */
static void
renew_next_expiry(ProseKeyStore *store)
{
    store->next_expiry = INT64_MAX;
    for (size_t i = 0; i < store->n_scopes; i++) {
        const Scope *s = store->scopes[i];

        if (s->n_keys > 0)
            store->next_expiry = MIN(store->next_expiry, expiry_of(s->keys[0].valid_to, s->keep_s));
    }
}

/* ---- keys of one scope ---- */

static int
compare_keys(const ProseStoredKey *a, const ProseStoredKey *b)
{
    if (a->valid_to != b->valid_to)
        return a->valid_to < b->valid_to ? -1 : 1;
    if (a->valid_from != b->valid_from)
        return a->valid_from < b->valid_from ? -1 : 1;
    return (int) a->key_id - b->key_id;
}

static ProseStoredKey *
find_key(const Scope *s, uint8_t key_id)
{
    for (size_t i = 0; s && i < s->n_keys; i++)
        if (s->keys[i].key_id == key_id)
            return &s->keys[i];
    return NULL;
}

static void
insert_key(ProseKeyStore *store, Scope *s, const ProseStoredKey *key)
{
    size_t i = s->n_keys;

    s->keys = g_renew(ProseStoredKey, s->keys, s->n_keys + 1);
    for (; i > 0 && compare_keys(key, &s->keys[i - 1]) < 0; i--)
        s->keys[i] = s->keys[i - 1];
    s->keys[i] = *key;
    s->n_keys++;
    store->n_keys++;
    store->generation++;
    store->next_expiry = MIN(store->next_expiry, expiry_of(key->valid_to, s->keep_s));
}

/* Tells the owner, then wipes. Every key leaves through here. The caller renews next_expiry. */
static void
wipe_key(ProseKeyStore *store, Scope *s, size_t i, const char *cause)
{
    const ProseStoredKey *key = &s->keys[i];

    if (store->wiped)
        store->wiped(store->wiped_user, key, cause);
    prose_secret_free(store->pool, (void *) key->pc5);
    prose_secret_free(store->pool, (void *) key->key);
    s->n_keys--;
    memmove(s->keys + i, s->keys + i + 1, (s->n_keys - i) * sizeof s->keys[0]);
    store->n_keys--;
    store->generation++;
}

/* ---- the store ---- */

ProseKeyStore *
prose_key_store_new(ProseSecretPool *pool, const ProseProfile *profile)
{
    ProseKeyStore *store = g_new0(ProseKeyStore, 1);

    store->pool = pool;
    store->profile = profile;
    store->next_expiry = INT64_MAX;
    return store;
}

void
prose_key_store_shut_down(ProseKeyStore *store)
{
    for (size_t i = 0; i < store->n_scopes; i++)
        while (store->scopes[i]->n_keys > 0)
            wipe_key(store, store->scopes[i], 0, "shutdown");
}

ProseKeyStore *
prose_key_store_free(ProseKeyStore *store)
{
    if (!store)
        return NULL;
    prose_key_store_shut_down(store);
    for (size_t i = 0; i < store->n_scopes; i++)
        scope_free(store->scopes[i]);
    g_free(store->scopes);
    g_free(store);
    return NULL;
}

void
prose_key_store_set_wiped_cb(ProseKeyStore *store, ProseKeyWipedCb cb, void *user)
{
    store->wiped = cb;
    store->wiped_user = user;
}

void
prose_key_store_set_keep(ProseKeyStore *store, ProseKeyScope scope, uint32_t keep_s)
{
    Scope *s = find_or_add_scope(store, scope);

    s->keep_s = keep_s;
    drop_scope_if_idle(store, s);
    renew_next_expiry(store);
}

/* Both slots of a key that is to be held. */
static void
take_key(ProseKeyStore *store, ProseStoredKey *held, const uint8_t key[PROSE_KEY_LEN])
{
    uint8_t *slot = prose_secret_alloc(store->pool, PROSE_KEY_LEN);

    memcpy(slot, key, PROSE_KEY_LEN);
    held->key = slot;
    if (prose_key_scope_is_discovery(held->scope)) {
        ProsePc5Keys *pc5 = prose_secret_alloc(store->pool, sizeof *pc5);

        prose_pc5_keys_init(pc5, slot, held->scope, store->profile);
        held->pc5 = pc5;
    }
}

int
prose_key_store_add(ProseKeyStore *store, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to,
                    const uint8_t key[PROSE_KEY_LEN], int64_t clock_s)
{
    ProseStoredKey added = { .scope = scope, .key_id = key_id, .valid_from = valid_from, .valid_to = valid_to };
    Scope *s = find_scope(store, scope);
    const ProseStoredKey *held = find_key(s, key_id);
    bool past = expiry_of(valid_to, s ? s->keep_s : 0) <= clock_s;

    if (key_id == PROSE_KEY_ID_NONE || valid_to <= valid_from)
        return PROSE_ERR_INVALID;
    if (held && held->valid_from == valid_from && held->valid_to == valid_to && prose_secret_equal(held->key, key, PROSE_KEY_LEN))
        return past ? PROSE_KEY_ADD_PAST : PROSE_KEY_ADD_SAME;
    if (held && held->valid_to > clock_s)          /* K4 */
        return PROSE_ERR_CONFLICT;
    if (past)
        return PROSE_KEY_ADD_PAST;
    if (held) {
        wipe_key(store, s, (size_t) (held - s->keys), "replaced");
        renew_next_expiry(store);
    } else if (s && s->n_keys == PROSE_KEYS_PER_SCOPE_MAX) {       /* K5 */
        if (s->keys[0].valid_to > clock_s)
            return PROSE_ERR_FULL;
        if (compare_keys(&added, &s->keys[0]) < 0)                 /* the oldest past one of the nine is the new one */
            return PROSE_KEY_ADD_PAST;
        wipe_key(store, s, 0, "limit");
        renew_next_expiry(store);
    } else if (store->n_keys == PROSE_KEYS_MAX) {
        return PROSE_ERR_FULL;
    }
    take_key(store, &added, key);
    insert_key(store, s ? s : find_or_add_scope(store, scope), &added);
    return PROSE_KEY_ADD_STORED;
}

int
prose_key_store_delete(ProseKeyStore *store, ProseKeyScope scope, uint8_t key_id)
{
    Scope *s = find_scope(store, scope);
    const ProseStoredKey *held = find_key(s, key_id);

    if (!held)
        return PROSE_ERR_NOT_FOUND;
    wipe_key(store, s, (size_t) (held - s->keys), "deleted");
    drop_scope_if_idle(store, s);
    renew_next_expiry(store);
    return 0;
}

size_t
prose_key_store_expire(ProseKeyStore *store, int64_t clock_s)
{
    const size_t before = store->n_keys;
    size_t kept = 0;

    if (clock_s < store->next_expiry)
        return 0;
    for (size_t i = 0; i < store->n_scopes; i++) {
        Scope *s = store->scopes[i];

        while (s->n_keys > 0 && expiry_of(s->keys[0].valid_to, s->keep_s) <= clock_s)
            wipe_key(store, s, 0, "expired");
    }
    for (size_t i = 0; i < store->n_scopes; i++) {
        Scope *s = store->scopes[i];

        if (scope_is_idle(s))
            scope_free(s);
        else
            store->scopes[kept++] = s;
    }
    store->n_scopes = kept;
    renew_next_expiry(store);
    return before - store->n_keys;
}

int64_t
prose_key_store_next_expiry(const ProseKeyStore *store)
{
    return store->next_expiry;
}

/* Rules K1. Counters are 32 bits, so they count from Valid From. */
static bool
is_valid_at(const ProseStoredKey *key, uint32_t counter)
{
    int64_t since = prose_counter_distance(counter, (uint32_t) key->valid_from);

    return since >= 0 && key->valid_from + since < key->valid_to;
}

const ProseStoredKey *
prose_key_store_sending(const ProseKeyStore *store, ProseKeyScope scope, uint32_t counter)
{
    const Scope *s = find_scope(store, scope);

    for (size_t i = 0; s && i < s->n_keys; i++)
        if (is_valid_at(&s->keys[i], counter))
            return &s->keys[i];
    return NULL;
}

const ProseStoredKey *
prose_key_store_of_scope(const ProseKeyStore *store, ProseKeyScope scope, size_t *ret_n)
{
    const Scope *s = find_scope(store, scope);

    *ret_n = s ? s->n_keys : 0;
    return *ret_n > 0 ? s->keys : NULL;
}

const ProseStoredKey *
prose_key_store_find(const ProseKeyStore *store, ProseKeyScope scope, uint8_t key_id)
{
    return find_key(find_scope(store, scope), key_id);
}

size_t
prose_key_store_size(const ProseKeyStore *store)
{
    return store->n_keys;
}

uint64_t
prose_key_store_generation(const ProseKeyStore *store)
{
    return store->generation;
}
