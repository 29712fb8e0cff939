/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-bler.h"

#include "prose-test.h"

#include <math.h>

/* NISTIR 8157, PSDCH, AWGN, one antenna, first transmission: dB, share of 2500 blocks that was lost. */
static const struct { double sinr_db, bler; } points[] = {
    { -0.6, 0.9984 }, { -0.2, 0.9936 }, { 0.0, 0.98 }, { 0.2, 0.9524 }, { 0.4, 0.9148 }, { 0.6, 0.8192 }, { 0.8, 0.7016 },
    { 1.0, 0.5628 }, { 1.2, 0.3812 }, { 1.4, 0.2616 }, { 1.6, 0.1224 }, { 1.8, 0.0708 }, { 2.0, 0.0252 }, { 2.2, 0.0108 }, { 2.4, 0.0028 },
};

START_TEST(the_curve_goes_through_the_published_points)
{
    ck_assert_double_eq_tol(prose_bler(points[_i].sinr_db), points[_i].bler, 0.017);
}
END_TEST

START_TEST(the_threshold_of_the_other_model_is_where_one_in_ten_is_lost)
{
    ck_assert_double_eq_tol(prose_bler(1.7), 0.1, 0.005);
}
END_TEST

/* A draw below the curve loses, so that the share lost is the curve. */
START_TEST(a_draw_is_held_against_the_curve)
{
    ck_assert(!prose_bler_is_decoded(1.063, 0.4999));
    ck_assert(prose_bler_is_decoded(1.063, 0.5001));
    ck_assert(prose_bler_is_decoded(PROSE_BLER_ALWAYS_DB, 0));
    ck_assert(!prose_bler_is_decoded(PROSE_BLER_NEVER_DB, 1 - 0x1p-53));
    ck_assert(prose_bler_is_decoded(INFINITY, 0));
    ck_assert(!prose_bler_is_decoded(-INFINITY, 1 - 0x1p-53));
}
END_TEST

START_TEST(more_power_never_loses_what_less_had_decoded)
{
    for (int u = 0; u < 100; u++) {
        bool was_decoded = false;

        for (double sinr_db = -4; sinr_db < 6; sinr_db += 0.01) {
            bool is_decoded = prose_bler_is_decoded(sinr_db, u / 100.0);

            ck_assert(is_decoded || !was_decoded);
            was_decoded = is_decoded;
        }
        ck_assert(was_decoded);
    }
}
END_TEST

START_TEST(the_ends_are_beyond_what_matters)
{
    ck_assert_double_lt(prose_bler(PROSE_BLER_ALWAYS_DB), 1e-8);
    ck_assert_double_gt(prose_bler(PROSE_BLER_NEVER_DB), 1 - 1e-8);
}
END_TEST

static Suite *
suite(void)
{
    Suite *s = suite_create("pc5-bler");
    TCase *tc = tcase_create("curve");

    tcase_add_loop_test(tc, the_curve_goes_through_the_published_points, 0, G_N_ELEMENTS(points));
    tcase_add_test(tc, the_threshold_of_the_other_model_is_where_one_in_ten_is_lost);
    tcase_add_test(tc, a_draw_is_held_against_the_curve);
    tcase_add_test(tc, more_power_never_loses_what_less_had_decoded);
    tcase_add_test(tc, the_ends_are_beyond_what_matters);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(suite)
