/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-ue-set.h"

START_TEST(a_ue_is_new_once)
{
    ProseUeSet set = { 0 };

    ck_assert(!prose_ue_set_contains(&set, 0));
    ck_assert(prose_ue_set_add(&set, 0));
    ck_assert(!prose_ue_set_add(&set, 0));
    ck_assert(prose_ue_set_contains(&set, 0));
    ck_assert(!prose_ue_set_contains(&set, 1));
    ck_assert_uint_eq(set.n, 1);
    prose_ue_set_clear(&set);
    ck_assert(!prose_ue_set_contains(&set, 0));
    ck_assert_uint_eq(set.n, 0);
}
END_TEST

static const struct { uint32_t first, step, n; } rows[] = {
    { 0, 1, 1000 }, { 99999, 1, 30 }, { 7, 100, 1000 }, { 0, UINT32_C(1) << 20, 4000 }, { UINT32_MAX - 1, UINT32_MAX, 500 },
};

START_TEST(it_holds_what_was_added_and_nothing_else)
{
    ProseUeSet set = { 0 };

    for (uint32_t i = 0; i < rows[_i].n; i++)
        ck_assert(prose_ue_set_add(&set, rows[_i].first + i * rows[_i].step));
    ck_assert_uint_eq(set.n, rows[_i].n);
    for (uint32_t i = 0; i < rows[_i].n; i++) {
        ck_assert(prose_ue_set_contains(&set, rows[_i].first + i * rows[_i].step));
        ck_assert(!prose_ue_set_add(&set, rows[_i].first + i * rows[_i].step));
    }
    ck_assert(!prose_ue_set_contains(&set, rows[_i].first + rows[_i].n * rows[_i].step));
    ck_assert_uint_eq(set.n, rows[_i].n);
    prose_ue_set_clear(&set);
}
END_TEST

/* What it is for: half of its places are taken once it is more than the smallest. */
START_TEST(it_stays_small)
{
    ProseUeSet set = { 0 };

    for (uint32_t i = 0; i < 100000; i++) {
        prose_ue_set_add(&set, i * 3);
        if (set.n > 8)
            ck_assert_uint_le(set.n_places, 2 * set.n);
    }
    prose_ue_set_clear(&set);
}
END_TEST

static Suite *
ue_set_suite(void)
{
    Suite *suite = suite_create("ue-set");
    TCase *tc = tcase_create("ue-set");

    tcase_add_test(tc, a_ue_is_new_once);
    tcase_add_loop_test(tc, it_holds_what_was_added_and_nothing_else, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tc, it_stays_small);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(ue_set_suite)
