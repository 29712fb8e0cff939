/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-draw.h"

static const ProseDrawKey key = { { 0x0123456789ABCDEF, 0xFEDCBA9876543210 } };

START_TEST(the_same_question_has_the_same_answer)
{
    ck_assert_uint_eq(prose_draw_u64(&key, PROSE_DRAW_RESOURCE, 7, 9), prose_draw_u64(&key, PROSE_DRAW_RESOURCE, 7, 9));
}
END_TEST

START_TEST(each_input_changes_the_answer)
{
    ProseDrawKey other = key;
    uint64_t base = prose_draw_u64(&key, PROSE_DRAW_RESOURCE, 7, 9);

    ck_assert_uint_ne(base, prose_draw_u64(&key, PROSE_DRAW_PROBABILITY, 7, 9));
    ck_assert_uint_ne(base, prose_draw_u64(&key, PROSE_DRAW_RESOURCE, 8, 9));
    ck_assert_uint_ne(base, prose_draw_u64(&key, PROSE_DRAW_RESOURCE, 7, 10));
    ck_assert_uint_ne(base, prose_draw_u64(&key, PROSE_DRAW_RESOURCE, 9, 7));
    other.seed[0] ^= 1;
    ck_assert_uint_ne(base, prose_draw_u64(&other, PROSE_DRAW_RESOURCE, 7, 9));
    other.seed[0] ^= 1;
    other.seed[1] ^= 1;
    ck_assert_uint_ne(base, prose_draw_u64(&other, PROSE_DRAW_RESOURCE, 7, 9));
}
END_TEST

/* Chi-square over 50 cells: 49 degrees of freedom, 99.9 % of fair draws stay below 85.35. Fixed seed, so no chance here. */
static double
chi_square(const unsigned *cells, unsigned n_cells, unsigned n)
{
    double x = 0, expected = (double) n / n_cells;

    for (unsigned i = 0; i < n_cells; i++)
        x += (cells[i] - expected) * (cells[i] - expected) / expected;
    return x;
}

START_TEST(draws_below_fifty_are_uniform_over_time_and_over_entities)
{
    enum { N = 100000 };
    unsigned by_index[50] = { 0 }, by_who[50] = { 0 }, pairs[50] = { 0 };

    for (unsigned i = 0; i < N; i++) {
        uint32_t a = prose_draw_below(&key, PROSE_DRAW_RESOURCE, 3, i, 50), b = prose_draw_below(&key, PROSE_DRAW_RESOURCE, i, 3, 50);

        ck_assert_uint_lt(a, 50);
        by_index[a]++;
        by_who[b]++;
        pairs[(a + 50 - prose_draw_below(&key, PROSE_DRAW_RESOURCE, 4, i, 50)) % 50]++;    /* neighbours are independent */
    }
    ck_assert_double_lt(chi_square(by_index, 50, N), 85.35);
    ck_assert_double_lt(chi_square(by_who, 50, N), 85.35);
    ck_assert_double_lt(chi_square(pairs, 50, N), 85.35);
}
END_TEST

START_TEST(fractions_fill_the_unit_interval_evenly)
{
    double sum = 0, squares = 0, low = 1, high = 0;

    for (unsigned i = 0; i < 100000; i++) {
        double x = prose_draw_double(&key, PROSE_DRAW_PROBABILITY, 1, i);

        sum += x;
        squares += x * x;
        low = MIN(low, x);
        high = MAX(high, x);
    }
    ck_assert_double_eq_tol(sum / 100000, 0.5, 0.003);          /* 3.3 sigma */
    ck_assert_double_eq_tol(squares / 100000, 1.0 / 3, 0.003);
    ck_assert_double_ge(low, 0);
    ck_assert_double_lt(low, 0.0002);
    ck_assert_double_lt(high, 1);
    ck_assert_double_gt(high, 0.9998);
}
END_TEST

START_TEST(a_stream_moves_on_with_every_call)
{
    ProseDrawStream a = { .key = key, .who = 5 }, b = a, c = { .key = key, .who = 6 };
    uint8_t x[20], y[20], z[20];

    prose_draw_octets(&a, x, sizeof x);
    prose_draw_octets(&b, y, sizeof y);
    ck_assert_mem_eq(x, y, sizeof x);
    ck_assert_uint_eq(a.index, 3);
    prose_draw_octets(&b, y, sizeof y);
    ck_assert_mem_ne(x, y, sizeof x);
    prose_draw_octets(&c, z, sizeof z);
    ck_assert_mem_ne(x, z, sizeof x);
}
END_TEST

static Suite *
draw_suite(void)
{
    Suite *suite = suite_create("draw");
    TCase *tc = tcase_create("draw");

    tcase_add_test(tc, the_same_question_has_the_same_answer);
    tcase_add_test(tc, each_input_changes_the_answer);
    tcase_add_test(tc, draws_below_fifty_are_uniform_over_time_and_over_entities);
    tcase_add_test(tc, fractions_fill_the_unit_interval_evenly);
    tcase_add_test(tc, a_stream_moves_on_with_every_call);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(draw_suite)
