/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-secret.h"

typedef struct Seen {
    unsigned calls;
    size_t size;
    bool all_zero;
} Seen;

static void
seen_cb(void *user, const void *slot, size_t size)
{
    Seen *seen = user;
    const uint8_t *octets = slot;

    seen->calls++;
    seen->size = size;
    seen->all_zero = true;
    for (size_t i = 0; i < size; i++)
        seen->all_zero = seen->all_zero && octets[i] == 0;
}

/* REQ-662-07 */
START_TEST(a_slot_comes_zeroed_and_goes_back_wiped)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    Seen seen = { 0 };

    prose_secret_pool_set_hook(pool, seen_cb, &seen);
    for (size_t size = 1; size <= 4096; size *= 2) {
        uint8_t *slot = prose_secret_alloc(pool, size);

        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(slot[i], 0);
        memset(slot, 0xA5, size);
        ck_assert_uint_eq(prose_secret_pool_in_use(pool), 1);
        ck_assert_ptr_null(prose_secret_free(pool, slot));
        ck_assert(seen.all_zero);
        ck_assert_uint_ge(seen.size, size);
    }
    ck_assert_uint_eq(seen.calls, 13);
    ck_assert_uint_eq(prose_secret_pool_in_use(pool), 0);
}
END_TEST

START_TEST(slots_of_many_groups_never_overlap)
{
    enum { N = 3000 };
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    uint8_t *slots[N];

    for (unsigned i = 0; i < N; i++) {
        slots[i] = prose_secret_alloc(pool, 32 + i % 2 * 900);
        ck_assert_uint_eq((uintptr_t) slots[i] % 16, 0);
        memset(slots[i], (int) (i % 251 + 1), 32);
    }
    for (unsigned i = 0; i < N; i++)
        ck_assert_uint_eq(slots[i][31], i % 251 + 1);
    for (unsigned i = 0; i < N; i++)
        prose_secret_free(pool, slots[i * 7 % N]);      /* 7 and N share no factor: every slot once */
    ck_assert_uint_eq(prose_secret_pool_in_use(pool), 0);
}
END_TEST

static unsigned
count_mappings(void)
{
    g_autofree char *maps = NULL;
    unsigned n = 0;

    ck_assert(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
    for (const char *p = maps; *p; p++)
        n += *p == '\n';
    return n;
}

/* What the keys of 50 000 UEs take. The kernel gives a process some 65 000 mappings, and each group costs several. */
START_TEST(many_slots_take_few_mappings)
{
    enum { N = 50000 };
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autofree void **slots = g_new(void *, N);
    unsigned before = count_mappings();

    for (unsigned i = 0; i < N; i++)
        slots[i] = prose_secret_alloc(pool, 1000);
    ck_assert_uint_lt(count_mappings() - before, 500);
    for (unsigned i = 0; i < N; i++)
        prose_secret_free(pool, slots[i]);
}
END_TEST

START_TEST(a_slot_is_used_again_and_still_comes_zeroed)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();

    for (unsigned round = 0; round < 1000; round++) {
        uint8_t *a = prose_secret_alloc(pool, 32), *b = prose_secret_alloc(pool, 32);

        for (unsigned i = 0; i < 32; i++)
            ck_assert_uint_eq(a[i] | b[i], 0);
        memset(a, 1, 32);
        memset(b, 2, 32);
        prose_secret_free(pool, a);
        prose_secret_free(pool, b);
    }
}
END_TEST

START_TEST(nothing_is_given_back_for_nothing)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();

    ck_assert_ptr_null(prose_secret_free(pool, NULL));
    ck_assert_ptr_null(prose_secret_pool_free(NULL));
}
END_TEST

START_TEST(secrets_are_compared_over_their_whole_length)
{
    ck_assert(prose_secret_equal("abcd", "abcd", 4));
    ck_assert(!prose_secret_equal("abcd", "abce", 4));
    ck_assert(!prose_secret_equal("abcd", "bbcd", 4));
    ck_assert(prose_secret_equal("abcd", "abce", 3));
}
END_TEST

static Suite *
secret_suite(void)
{
    Suite *suite = suite_create("secret");
    TCase *tc = tcase_create("secret");

    tcase_add_test(tc, a_slot_comes_zeroed_and_goes_back_wiped);
    tcase_add_test(tc, slots_of_many_groups_never_overlap);
    tcase_add_test(tc, many_slots_take_few_mappings);
    tcase_add_test(tc, a_slot_is_used_again_and_still_comes_zeroed);
    tcase_add_test(tc, nothing_is_given_back_for_nothing);
    tcase_add_test(tc, secrets_are_compared_over_their_whole_length);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(secret_suite)
