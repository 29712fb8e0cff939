/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of a verification says what verifying would say. */
#include "prose-clock.h"
#include "prose-pc5-memo.h"
#include "prose-test.h"

#include <string.h>

#define N_KEYS 4
#define START 1780300800

/* A store with keys that follow one another, and a ring of what a receiver of them tries. */
typedef struct Bench {
    ProseProfile profile;
    ProseSecretPool *secrets;
    ProseKeyStore *store;
    ProsePc5Memo *memo;
    const ProseStoredKey *keys;
    size_t n_keys;
    ProseSecurityMetadata meta;
    uint8_t content[PROSE_CONTENT_LEN];
} Bench;

static const ProseKeyScope scope = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00A1B2 };

static void
bench_init(Bench *b, unsigned protections)
{
    *b = (Bench) { .meta = { .mic = protections & 1, .confidentiality = protections & 2, .scrambling = protections & 4 } };
    prose_profile_init(&b->profile);
    b->secrets = prose_secret_pool_new();
    b->store = prose_key_store_new(b->secrets, &b->profile);
    if (b->meta.confidentiality)
        memset(b->meta.encrypted_bits_mask + 3, 0xFF, PROSE_CONTENT_LEN - 3);
    for (unsigned k = 0; k < N_KEYS; k++) {
        uint8_t key[PROSE_KEY_LEN] = { (uint8_t) (k + 1) };

        ck_assert_int_eq(prose_key_store_add(b->store, scope, (uint8_t) (k + 1), START + 10 * k, START + 10 * (k + 1), key, START), PROSE_KEY_ADD_STORED);
    }
    b->keys = prose_key_store_of_scope(b->store, scope, &b->n_keys);
    b->memo = prose_pc5_memo_new(b->secrets, &b->profile, 1, 8);
    prose_put_u24(b->content, scope.id);
    b->content[10] = 0x5A;
}

static void
bench_clear(Bench *b)
{
    prose_pc5_memo_free(b->memo);
    prose_key_store_free(b->store);
    ck_assert_uint_eq(prose_secret_pool_in_use(b->secrets), 0);        /* the memo's copies too */
    prose_secret_pool_free(b->secrets);
}

/* The ring of keys @from to the last, and the same as contexts. */
static uint32_t
ring_from(Bench *b, size_t from, uint32_t max_offset, ProsePc5Context *contexts)
{
    ProsePc5RingEntry entries[N_KEYS + 1];
    size_t n = 0;

    for (size_t k = from; k < b->n_keys; k++, n++) {
        entries[n] = (ProsePc5RingEntry) { .lock = prose_pc5_memo_lock(b->memo, &b->keys[k], &b->meta, PROSE_PC5_GROUP_ANNOUNCEMENT),
                                           .max_offset = max_offset, .overlap = max_offset };
        contexts[n] = (ProsePc5Context) { .keys = b->keys[k].pc5, .meta = &b->meta, .type = PROSE_PC5_GROUP_ANNOUNCEMENT,
                                          .valid_from = b->keys[k].valid_from, .valid_to = b->keys[k].valid_to,
                                          .max_offset = max_offset, .overlap = max_offset };
        prose_pc5_context_set_filter(&contexts[n], scope);
    }
    return prose_pc5_memo_ring(b->memo, entries, n);
}

/* Senders with each key at each second, receivers that hold fewer keys and whose clocks are off, with the octets as sent and with one
 * bit flipped: asked twice, so that the second answer is a kept one. */
START_TEST(a_kept_verdict_is_that_of_verifying)
{
    unsigned seen[PROSE_PC5_N_OUTCOMES] = { 0 };
    Bench b;

    bench_init(&b, (unsigned) _i % 8);
    b.profile.receive_key = _i / 8 ? PROSE_RECEIVE_KEY_CLOCK : PROSE_RECEIVE_KEY_COUNTER;
    for (uint32_t counter = START; counter < START + 10 * N_KEYS; counter += 3) {
        const ProseStoredKey *key = prose_key_store_sending(b.store, scope, counter);
        uint32_t lock = prose_pc5_memo_lock(b.memo, key, &b.meta, PROSE_PC5_GROUP_ANNOUNCEMENT);
        uint8_t octets[PROSE_PC5_LEN], plain[PROSE_PC5_LEN];
        const uint8_t mic_random[PROSE_MIC_LEN] = { 1, 2, 3, 4 };
        bool has_hashed;

        prose_pc5_memo_protect(b.memo, lock, octets, b.content, counter, mic_random, &has_hashed);
        prose_pc5_protect(plain, key->pc5, &b.meta, PROSE_PC5_GROUP_ANNOUNCEMENT, b.content, counter, mic_random, &b.profile);
        ck_assert_mem_eq(octets, plain, sizeof octets);
        for (int flipped = 0; flipped < 2; flipped++) {
            prose_pc5_memo_begin(b.memo, 0);
            octets[5] ^= (uint8_t) (flipped << 3);
            for (int round = 0; round < 2; round++) {
                for (size_t from = 0; from < b.n_keys; from++) {
                    ProsePc5Context contexts[N_KEYS];
                    uint32_t ring = ring_from(&b, from, 4, contexts);

                    for (int32_t ahead = -6; ahead <= 6; ahead++) {
                        /* Octets that somebody changed are under no lock of the sender's. */
                        const ProsePc5Transmission sent = { .octets = octets, .counter = counter, .lock = flipped ? PROSE_MEMO_NONE : lock };
                        bool can_tell = ahead != 5;
                        uint32_t class = prose_pc5_memo_class(b.memo, ring, can_tell, ahead % 2, ahead);
                        uint64_t computed = 0;
                        ProsePc5Judgement got = prose_pc5_memo_judge(b.memo, class, 0, 3, &sent, &computed);
                        ProsePc5Verdict want;

                        prose_pc5_unprotect(&want, contexts, can_tell ? b.n_keys - from : 0, octets, sizeof octets, counter + (uint32_t) (ahead % 2),
                                            (int64_t) counter + ahead % 2 + ahead, &b.profile);
                        ck_assert_int_eq(got.outcome, want.outcome);
                        ck_assert_uint_eq(got.derivations, want.derivations);
                        ck_assert_uint_le(computed, want.derivations);
                        seen[got.outcome]++;
                    }
                    prose_pc5_memo_unring(b.memo, ring);
                }
            }
            octets[5] ^= (uint8_t) (flipped << 3);
        }
        prose_pc5_memo_unlock(b.memo, lock);
    }
    ck_assert(seen[PROSE_PC5_ACCEPTED] > 0 && seen[PROSE_PC5_NO_KEY] > 0 && seen[PROSE_PC5_CLOCK_OFFSET] > 0);
    bench_clear(&b);
}
END_TEST

/* Rules P5: the sender's own values tell, and nothing is derived; what has to be tried is tried once. */
START_TEST(what_is_derived_is_derived_once)
{
    ProsePc5Context contexts[N_KEYS];
    uint8_t octets[PROSE_PC5_LEN];
    const uint8_t mic_random[PROSE_MIC_LEN] = { 0 };
    uint64_t computed = 0;
    bool has_hashed;
    uint32_t lock, ring;
    Bench b;

    bench_init(&b, 7);
    lock = prose_pc5_memo_lock(b.memo, &b.keys[0], &b.meta, PROSE_PC5_GROUP_ANNOUNCEMENT);
    ck_assert_uint_eq(prose_pc5_memo_protect(b.memo, lock, octets, b.content, START + 1, mic_random, &has_hashed), 2);
    ck_assert(has_hashed);
    ck_assert_uint_eq(prose_pc5_memo_protect(b.memo, lock, octets, b.content, START + 2, mic_random, &has_hashed), 2);
    ck_assert(!has_hashed);
    ring = ring_from(&b, 0, 30, contexts);
    for (int32_t ahead = 0; ahead < 4; ahead++) {
        const ProsePc5Transmission own = { .octets = octets, .counter = START + 2, .lock = lock };
        const ProsePc5Transmission foreign = { .octets = octets, .counter = START + 2, .lock = PROSE_MEMO_NONE };
        uint32_t class = prose_pc5_memo_class(b.memo, ring, true, 0, ahead);

        ck_assert_int_eq(prose_pc5_memo_judge(b.memo, class, 0, 1, &own, &computed).outcome, PROSE_PC5_ACCEPTED);
        ck_assert(prose_pc5_memo_judge(b.memo, class, 0, 1, &own, &computed).is_free);
        ck_assert_uint_eq(computed, ahead > 0 ? 3 : 0);
        ck_assert_int_eq(prose_pc5_memo_judge(b.memo, class, 0, 2, &foreign, &computed).outcome, PROSE_PC5_ACCEPTED);
        ck_assert(!prose_pc5_memo_judge(b.memo, class, 0, 2, &foreign, &computed).is_free);
        ck_assert_uint_eq(computed, 3);            /* of the first class; the others have its answer */
    }
    ck_assert(prose_pc5_memo_sends_with(b.memo, ring, lock, START + 9) && !prose_pc5_memo_sends_with(b.memo, ring, lock, START + 10));
    prose_pc5_memo_unring(b.memo, ring);
    prose_pc5_memo_unlock(b.memo, lock);
    bench_clear(&b);
}
END_TEST

/* A receiver whose slot counter is off by a turn of the LSB rebuilds another counter: the sender's own values are not its own. */
START_TEST(another_counter_is_tried)
{
    const uint8_t key[PROSE_KEY_LEN] = { 9 }, mic_random[PROSE_MIC_LEN] = { 0 };
    uint8_t octets[PROSE_PC5_LEN];
    uint32_t lock, ring, class;
    uint64_t computed = 0;
    ProsePc5Context context;
    ProsePc5Verdict want;
    ProsePc5Judgement got;
    bool has_hashed;
    Bench b;

    bench_init(&b, 7);
    ck_assert_int_eq(prose_key_store_add(b.store, scope, 9, START + 1000, START + 9000, key, START), PROSE_KEY_ADD_STORED);
    b.keys = prose_key_store_of_scope(b.store, scope, &b.n_keys);
    lock = prose_pc5_memo_lock(b.memo, &b.keys[b.n_keys - 1], &b.meta, PROSE_PC5_GROUP_ANNOUNCEMENT);
    prose_pc5_memo_protect(b.memo, lock, octets, b.content, START + 2000, mic_random, &has_hashed);
    ring = ring_from(&b, b.n_keys - 1, 4, &context);
    class = prose_pc5_memo_class(b.memo, ring, true, 256, 0);
    got = prose_pc5_memo_judge(b.memo, class, 0, 0, &(ProsePc5Transmission) { .octets = octets, .counter = START + 2000, .lock = lock }, &computed);
    prose_pc5_unprotect(&want, &context, 1, octets, sizeof octets, START + 2256, START + 2256, &b.profile);
    ck_assert_int_ne(want.outcome, PROSE_PC5_ACCEPTED);
    ck_assert_int_eq(got.outcome, want.outcome);
    ck_assert_uint_eq(computed, want.derivations);
    prose_pc5_memo_unring(b.memo, ring);
    prose_pc5_memo_unlock(b.memo, lock);
    bench_clear(&b);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("pc5-memo");
    TCase *tc = tcase_create("memo");

    tcase_add_loop_test(tc, a_kept_verdict_is_that_of_verifying, 0, 16);
    tcase_add_test(tc, what_is_derived_is_derived_once);
    tcase_add_test(tc, another_counter_is_tried);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
