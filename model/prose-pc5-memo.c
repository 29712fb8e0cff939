/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-memo.h"

#include "prose-clock.h"

#include <string.h>

#define N_BUCKETS 256
#define PAGE 256                   /* verdicts */

/* In guarded memory: a key, and what is kept of it. */
typedef struct Secret {
    uint8_t psdk[PROSE_KEY_LEN];
    ProsePc5Keys keys;
    ProsePc5TimeHash hash;
} Secret;

/* Numbers of locks and classes are never given twice, since answers that are kept go by them. */
typedef struct Lock {
    ProsePc5Lock public;
    unsigned refs;
    uint32_t next;                 /* of its bucket */
    Secret *secret;                /* (owned) (nullable): nobody refers to it any more */
} Lock;

typedef struct Ring {
    unsigned refs;
    uint32_t next;
    size_t n;
    ProsePc5RingEntry *entries;    /* (owned) */
    ProsePc5Context *contexts;     /* (owned) (nullable): made when it is first asked about; user is the lock's number + 1 */
    uint64_t contexts_of;          /* ProsePc5Memo.n_moves when they were made */
    uint32_t classes;              /* the first of its list */
} Ring;

/* Verdicts of one class on PAGE transmissions. */
typedef struct Page {
    uint64_t epoch;                /* of the pool's period that it is about */
    ProsePc5Judgement judgements[PAGE];
} Page;

typedef struct Class {
    uint32_t ring;
    bool can_tell_time;
    int32_t counter_ahead, clock_ahead;
    uint32_t next;                 /* of its ring's list */
    Page **pages;                  /* (owned) (nullable): its ring is gone; of (owned) (nullable): by pool, then transmission */
} Class;

/* One key tried at one counter. */
typedef struct Tried {
    uint32_t lock, counter, next;
    uint8_t outcome, derivations;
} Tried;

typedef struct Ledger {
    uint64_t epoch;
    uint32_t *tried_first;         /* (owned) (nullable): by channel, into tried; valid if its epoch is this one */
    uint64_t *tried_epoch;         /* (owned) (nullable) */
    GArray *tried;                 /* (owned) of Tried */
} Ledger;

struct ProsePc5Memo {
    ProseSecretPool *secrets;
    const ProseProfile *profile;
    unsigned n_pools;
    uint32_t n_channels, n_pages;  /* of one pool */
    GArray *locks, *rings, *classes;
    uint32_t lock_buckets[N_BUCKETS], ring_buckets[N_BUCKETS];
    uint32_t free_ring;
    uint64_t n_moves;              /* times that locks may have moved in memory */
    Ledger *ledgers;               /* (owned): by pool */
};

static Lock *
lock_at(const ProsePc5Memo *memo, uint32_t i)
{
    return &g_array_index(memo->locks, Lock, i);
}

static Ring *
ring_at(const ProsePc5Memo *memo, uint32_t i)
{
    return &g_array_index(memo->rings, Ring, i);
}

static Class *
class_at(const ProsePc5Memo *memo, uint32_t i)
{
    return &g_array_index(memo->classes, Class, i);
}

/* ---- life ---- */

ProsePc5Memo *
prose_pc5_memo_new(ProseSecretPool *secrets, const ProseProfile *profile, unsigned n_pools, uint32_t n_channels)
{
    ProsePc5Memo *memo = g_new0(ProsePc5Memo, 1);

    memo->secrets = secrets;
    memo->profile = profile;
    memo->n_pools = n_pools;
    memo->n_channels = n_channels;
    memo->n_pages = (n_channels + PAGE - 1) / PAGE;
    memo->locks = g_array_new(FALSE, TRUE, sizeof(Lock));
    memo->rings = g_array_new(FALSE, TRUE, sizeof(Ring));
    memo->classes = g_array_new(FALSE, TRUE, sizeof(Class));
    memset(memo->lock_buckets, 0xFF, sizeof memo->lock_buckets);
    memset(memo->ring_buckets, 0xFF, sizeof memo->ring_buckets);
    memo->free_ring = PROSE_MEMO_NONE;
    memo->ledgers = g_new0(Ledger, n_pools);
    for (unsigned p = 0; p < n_pools; p++) {
        memo->ledgers[p].epoch = 1;
        memo->ledgers[p].tried = g_array_new(FALSE, FALSE, sizeof(Tried));
    }
    return memo;
}

static void
class_clear(const ProsePc5Memo *memo, Class *class)
{
    for (size_t i = 0; i < (size_t) memo->n_pools * memo->n_pages; i++)
        g_free(class->pages[i]);
    g_clear_pointer(&class->pages, g_free);
}

ProsePc5Memo *
prose_pc5_memo_free(ProsePc5Memo *memo)
{
    if (!memo)
        return NULL;
    for (uint32_t i = 0; i < memo->classes->len; i++) {
        if (class_at(memo, i)->pages)
            class_clear(memo, class_at(memo, i));
    }
    for (uint32_t i = 0; i < memo->rings->len; i++) {
        g_free(ring_at(memo, i)->entries);
        g_free(ring_at(memo, i)->contexts);
    }
    for (uint32_t i = 0; i < memo->locks->len; i++)
        prose_secret_free(memo->secrets, lock_at(memo, i)->secret);
    for (unsigned p = 0; p < memo->n_pools; p++) {
        g_free(memo->ledgers[p].tried_first);
        g_free(memo->ledgers[p].tried_epoch);
        g_array_unref(memo->ledgers[p].tried);
    }
    g_array_unref(memo->classes);
    g_array_unref(memo->rings);
    g_array_unref(memo->locks);
    g_free(memo->ledgers);
    g_free(memo);
    return NULL;
}

/* ---- locks ---- */

/* Of nothing that is secret. */
static unsigned
lock_bucket(const ProsePc5Lock *lock)
{
    return (lock->scope.id * 31u + lock->scope.type * 17u + lock->key_id * 7u + lock->type + (unsigned) lock->valid_from) % N_BUCKETS;
}

static bool
lock_equal(const ProsePc5Lock *a, const ProsePc5Lock *b)
{
    return prose_key_scope_equal(a->scope, b->scope) && a->key_id == b->key_id && a->type == b->type
           && a->valid_from == b->valid_from && a->valid_to == b->valid_to && a->meta.scrambling == b->meta.scrambling
           && a->meta.confidentiality == b->meta.confidentiality && a->meta.mic == b->meta.mic
           && memcmp(a->meta.encrypted_bits_mask, b->meta.encrypted_bits_mask, PROSE_CONTENT_LEN) == 0;
}

uint32_t
prose_pc5_memo_lock(ProsePc5Memo *memo, const ProseStoredKey *key, const ProseSecurityMetadata *meta, uint8_t type)
{
    ProsePc5Lock wanted = { .scope = key->scope, .key_id = key->key_id, .type = type, .valid_from = key->valid_from,
                            .valid_to = key->valid_to, .meta = *meta };
    uint32_t *bucket = &memo->lock_buckets[lock_bucket(&wanted)], i;
    Lock *lock;

    for (i = *bucket; i != PROSE_MEMO_NONE; i = lock->next) {
        lock = lock_at(memo, i);
        if (lock_equal(&lock->public, &wanted) && prose_secret_equal(lock->secret->psdk, key->key, PROSE_KEY_LEN)) {
            lock->refs++;
            return i;
        }
    }
    i = memo->locks->len;
    g_array_set_size(memo->locks, i + 1);
    memo->n_moves++;
    lock = lock_at(memo, i);
    *lock = (Lock) { .public = wanted, .refs = 1, .next = *bucket, .secret = prose_secret_alloc(memo->secrets, sizeof(Secret)) };
    memcpy(lock->secret->psdk, key->key, PROSE_KEY_LEN);
    lock->secret->keys = *key->pc5;
    *bucket = i;
    return i;
}

static void
unlink_from(GArray *array, size_t next_offset, uint32_t *first, uint32_t i)
{
    size_t size = g_array_get_element_size(array);
    uint32_t *link = first;

    while (*link != i)
        link = (uint32_t *) (void *) (array->data + *link * size + next_offset);
    *link = *(uint32_t *) (void *) (array->data + i * size + next_offset);
}

void
prose_pc5_memo_relock(ProsePc5Memo *memo, uint32_t lock)
{
    if (lock != PROSE_MEMO_NONE)
        lock_at(memo, lock)->refs++;
}

void
prose_pc5_memo_unlock(ProsePc5Memo *memo, uint32_t i)
{
    Lock *lock;

    if (i == PROSE_MEMO_NONE)
        return;
    lock = lock_at(memo, i);
    if (--lock->refs > 0)
        return;
    unlink_from(memo->locks, G_STRUCT_OFFSET(Lock, next), &memo->lock_buckets[lock_bucket(&lock->public)], i);
    lock->secret = prose_secret_free(memo->secrets, lock->secret);
}

const ProsePc5Lock *
prose_pc5_memo_lock_of(const ProsePc5Memo *memo, uint32_t lock)
{
    return &lock_at(memo, lock)->public;
}

unsigned
prose_pc5_memo_protect(ProsePc5Memo *memo, uint32_t i, uint8_t ret[PROSE_PC5_LEN], const uint8_t content[PROSE_CONTENT_LEN],
                       uint32_t counter, const uint8_t mic_random[PROSE_MIC_LEN], bool *ret_has_hashed)
{
    Lock *lock = lock_at(memo, i);
    uint64_t hits = lock->secret->hash.n_hits;
    unsigned needed = prose_pc5_protect_kept(ret, &lock->secret->keys, &lock->public.meta, lock->public.type, content, counter,
                                             mic_random, memo->profile, &lock->secret->hash);

    *ret_has_hashed = lock->public.meta.scrambling && lock->secret->hash.n_hits == hits;
    return needed - lock->public.meta.scrambling;
}

/* ---- rings ---- */

static unsigned
ring_bucket(const ProsePc5RingEntry *entries, size_t n)
{
    uint32_t h = (uint32_t) n;

    for (size_t i = 0; i < n; i++)
        h = (h ^ entries[i].lock) * 16777619u + entries[i].max_offset;
    return (h ^ h >> 16) % N_BUCKETS;
}

uint32_t
prose_pc5_memo_ring(ProsePc5Memo *memo, const ProsePc5RingEntry *entries, size_t n)
{
    uint32_t *bucket = &memo->ring_buckets[ring_bucket(entries, n)], i;
    Ring *ring;

    for (i = *bucket; i != PROSE_MEMO_NONE; i = ring->next) {
        ring = ring_at(memo, i);
        if (ring->n == n && (n == 0 || memcmp(ring->entries, entries, n * sizeof *entries) == 0)) {
            ring->refs++;
            for (size_t k = 0; k < n; k++)
                prose_pc5_memo_unlock(memo, entries[k].lock);
            return i;
        }
    }
    i = memo->free_ring;
    if (i == PROSE_MEMO_NONE) {
        i = memo->rings->len;
        g_array_set_size(memo->rings, i + 1);
    } else {
        memo->free_ring = ring_at(memo, i)->next;
    }
    ring = ring_at(memo, i);
    *ring = (Ring) { .refs = 1, .next = *bucket, .n = n, .entries = g_memdup2(entries, n * sizeof *entries), .classes = PROSE_MEMO_NONE };
    *bucket = i;
    return i;
}

void
prose_pc5_memo_unring(ProsePc5Memo *memo, uint32_t i)
{
    Ring *ring;

    if (i == PROSE_MEMO_NONE)
        return;
    ring = ring_at(memo, i);
    if (--ring->refs > 0)
        return;
    unlink_from(memo->rings, G_STRUCT_OFFSET(Ring, next), &memo->ring_buckets[ring_bucket(ring->entries, ring->n)], i);
    for (uint32_t c = ring->classes; c != PROSE_MEMO_NONE; c = class_at(memo, c)->next)
        class_clear(memo, class_at(memo, c));
    for (size_t k = 0; k < ring->n; k++)
        prose_pc5_memo_unlock(memo, ring->entries[k].lock);
    g_clear_pointer(&ring->entries, g_free);
    g_clear_pointer(&ring->contexts, g_free);
    ring->next = memo->free_ring;
    memo->free_ring = i;
}

bool
prose_pc5_memo_sends_with(const ProsePc5Memo *memo, uint32_t r, uint32_t lock, uint32_t counter)
{
    const Ring *ring = ring_at(memo, r);
    const ProsePc5Lock *wanted = &lock_at(memo, lock)->public, *own = NULL;

    for (size_t k = 0; k < ring->n; k++) {
        const ProsePc5Lock *l = &lock_at(memo, ring->entries[k].lock)->public;

        /* Rings are in the order in which keys are preferred. */
        if (!own && prose_key_scope_equal(l->scope, wanted->scope) && counter - (uint32_t) l->valid_from < (uint32_t) (l->valid_to - l->valid_from))
            own = l;
    }
    return own && own->key_id == wanted->key_id && own->valid_from == wanted->valid_from;
}

/* As a UE makes them: see prose-ue-pc5.c. */
static const ProsePc5Context *
contexts_of(const ProsePc5Memo *memo, Ring *ring)
{
    if (ring->contexts && ring->contexts_of == memo->n_moves)
        return ring->contexts;
    if (!ring->contexts)
        ring->contexts = g_new0(ProsePc5Context, ring->n);
    ring->contexts_of = memo->n_moves;
    for (size_t k = 0; k < ring->n; k++) {
        const ProsePc5RingEntry *entry = &ring->entries[k];
        const Lock *lock = lock_at(memo, entry->lock);

        ring->contexts[k] = (ProsePc5Context) {
            .keys = &lock->secret->keys, .meta = &lock->public.meta, .type = lock->public.type, .valid_from = lock->public.valid_from,
            .valid_to = lock->public.valid_to, .max_offset = entry->max_offset, .overlap = entry->overlap,
            .user = GUINT_TO_POINTER(entry->lock + 1),
        };
        prose_pc5_context_set_filter(&ring->contexts[k], lock->public.scope);
    }
    return ring->contexts;
}

/* ---- classes ---- */

uint32_t
prose_pc5_memo_class(ProsePc5Memo *memo, uint32_t r, bool can_tell_time, int32_t counter_ahead, int32_t clock_ahead)
{
    Ring *ring = ring_at(memo, r);
    Class *class;
    uint32_t i;

    for (i = ring->classes; i != PROSE_MEMO_NONE; i = class->next) {
        class = class_at(memo, i);
        if (class->can_tell_time == can_tell_time && class->counter_ahead == counter_ahead && class->clock_ahead == clock_ahead)
            return i;
    }
    i = memo->classes->len;
    g_array_set_size(memo->classes, i + 1);
    class = class_at(memo, i);
    *class = (Class) { .ring = r, .can_tell_time = can_tell_time, .counter_ahead = counter_ahead, .clock_ahead = clock_ahead,
                       .next = ring->classes, .pages = g_new0(Page *, (size_t) memo->n_pools * memo->n_pages) };
    ring->classes = i;
    return i;
}

/* ---- verdicts ---- */

void
prose_pc5_memo_begin(ProsePc5Memo *memo, unsigned pool)
{
    memo->ledgers[pool].epoch++;
    g_array_set_size(memo->ledgers[pool].tried, 0);
}

typedef struct Question {
    ProsePc5Memo *memo;
    Ledger *ledger;
    const ProsePc5Transmission *sent;
    uint32_t channel;
    uint64_t computed;
    bool tries;                    /* some key, by this class or another */
} Question;

static Tried *
find_tried(Question *q, uint32_t lock, uint32_t counter)
{
    Ledger *ledger = q->ledger;
    Tried fresh = { .lock = lock, .counter = counter, .outcome = PROSE_PC5_N_OUTCOMES };

    if (!ledger->tried_first) {
        ledger->tried_first = g_new(uint32_t, q->memo->n_channels);
        ledger->tried_epoch = g_new0(uint64_t, q->memo->n_channels);
    }
    if (ledger->tried_epoch[q->channel] != ledger->epoch) {
        ledger->tried_epoch[q->channel] = ledger->epoch;
        ledger->tried_first[q->channel] = PROSE_MEMO_NONE;
    }
    for (uint32_t i = ledger->tried_first[q->channel]; i != PROSE_MEMO_NONE;) {
        Tried *tried = &g_array_index(ledger->tried, Tried, i);

        if (tried->lock == lock && tried->counter == counter)
            return tried;
        i = tried->next;
    }
    fresh.next = ledger->tried_first[q->channel];
    ledger->tried_first[q->channel] = ledger->tried->len;
    g_array_append_val(ledger->tried, fresh);
    return &g_array_index(ledger->tried, Tried, ledger->tried->len - 1);
}

static void
attempt_cb(void *user, ProsePc5Attempt *ret, const ProsePc5Context *context, const ProsePc5Split *split, uint32_t counter)
{
    Question *q = user;
    uint32_t lock = GPOINTER_TO_UINT(context->user) - 1;
    Tried *tried;

    memset(ret, 0, sizeof *ret);
    if (lock == q->sent->lock && counter == q->sent->counter) {
        /* It would derive what the sender has derived, and undo what the sender did. */
        ret->outcome = PROSE_PC5_ACCEPTED;
        ret->derivations = (unsigned) context->meta->scrambling + context->meta->confidentiality + context->meta->mic;
        return;
    }
    q->tries = true;
    tried = find_tried(q, lock, counter);
    if (tried->outcome == PROSE_PC5_N_OUTCOMES) {
        /* Without the kept hash: who asks first must not show in what is counted. */
        prose_pc5_attempt(ret, NULL, context, split, counter, q->memo->profile);
        prose_wipe(ret->content, sizeof ret->content);
        tried->outcome = (uint8_t) ret->outcome;
        tried->derivations = (uint8_t) ret->derivations;
        q->computed += ret->derivations;
    }
    ret->outcome = (ProsePc5Outcome) tried->outcome;
    ret->derivations = tried->derivations;
}

static void
work_out(ProsePc5Judgement *ret, ProsePc5Memo *memo, const Class *class, Question *q)
{
    Ring *ring = ring_at(memo, class->ring);
    uint32_t slot_counter = q->sent->counter + (uint32_t) class->counter_ahead;
    int64_t clock_s = (int64_t) slot_counter + class->clock_ahead;
    ProsePc5Verdict verdict;

    prose_pc5_unprotect_by(&verdict, contexts_of(memo, ring), class->can_tell_time ? ring->n : 0, q->sent->octets, PROSE_PC5_LEN,
                           slot_counter, clock_s, memo->profile, attempt_cb, q);
    *ret = (ProsePc5Judgement) { .outcome = (uint8_t) verdict.outcome, .derivations = (uint8_t) MIN(verdict.derivations, UINT8_MAX),
                                 .is_known = true, .is_free = !q->tries };
}

ProsePc5Judgement
prose_pc5_memo_judge(ProsePc5Memo *memo, uint32_t c, unsigned pool, uint32_t channel, const ProsePc5Transmission *sent, uint64_t *computed)
{
    const Class *class = class_at(memo, c);
    Ledger *ledger = &memo->ledgers[pool];
    Page **page = &class->pages[(size_t) pool * memo->n_pages + channel / PAGE];
    ProsePc5Judgement *judgement;

    if (G_UNLIKELY(!*page || (*page)->epoch != ledger->epoch)) {
        if (!*page)
            *page = g_new(Page, 1);
        memset((*page)->judgements, 0, sizeof (*page)->judgements);
        (*page)->epoch = ledger->epoch;
    }
    judgement = &(*page)->judgements[channel % PAGE];
    if (G_UNLIKELY(!judgement->is_known)) {
        Question q = { .memo = memo, .ledger = ledger, .sent = sent, .channel = channel };

        work_out(judgement, memo, class, &q);
        *computed += q.computed;
    }
    return *judgement;
}
