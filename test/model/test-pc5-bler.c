/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-bler.h"

#include "prose-pc5-medium.h"
#include "prose-test.h"

#include <math.h>
#include <string.h>

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

/* ---- on the air ---- */

#define NOISE_DBM -109.43697
#define N_DRAWS 4000

/* Of N_DRAWS periods in which UE 3 sends at SNR @snr_db alone or, with @other_db, in company: how often UE 9 had each outcome. */
static void
count_outcomes(double snr_db, double other_db, bool is_busy, uint32_t channel, unsigned ret[PROSE_PC5_N_OUTCOMES])
{
    uint64_t senders[3] = { UINT64_C(7) << 32 | 1, UINT64_C(7) << 32 | 1, UINT64_C(7) << 32 | 1 };
    const uint16_t kinds[3] = { 0, 0, 0 }, first = 0;
    bool has_other = !isnan(other_db);
    ProseEdge edges[2] = { { .channel = channel, .power_mw = prose_milliwatts(NOISE_DBM + snr_db) },
                           { .channel = channel == 2 ? 1 : 2, .power_mw = prose_milliwatts(NOISE_DBM + (has_other ? other_db : 0)) } };
    ProseReceptionModel model;
    ProsePool pool;
    ProseAir air;

    if (channel == 2) {            /* a row is ascending */
        ProseEdge e = edges[0];

        edges[0] = edges[1];
        edges[1] = e;
    }
    senders[channel] = UINT64_C(3) << 32 | 1;
    prose_reception_init(&model, PROSE_RECEPTION_SINR);
    prose_reception_set(&model, true, 9, -200);
    ck_assert_int_eq(prose_pool_init(&pool, 320, 1, 1, 0, 1), 0);
    prose_air_init(&air, &pool, &model, 3, kinds, 1);
    air.draws = (ProseAirDraws) { .key = { { 11, 12 } }, .senders = senders, .receiver = 9 };
    memset(ret, 0, PROSE_PC5_N_OUTCOMES * sizeof *ret);
    for (uint64_t period = 0; period < N_DRAWS; period++) {
        air.draws.period = period;
        prose_air_begin(&air);
        prose_air_send(&air, channel, 0);
        if (has_other)
            prose_air_send(&air, channel == 2 ? 1 : 2, 0);
        prose_air_hear(&air, &(ProseRow) { .edges = edges, .n = 2 }, 0, 1, &first, is_busy, true);
        for (uint32_t i = 0; i < air.n_decided; i++)
            if (air.decided[i].edge == (channel == 2))
                ret[air.decided[i].outcome]++;
    }
    prose_air_clear(&air);
    prose_pool_clear(&pool);
}

/* Five standard deviations. */
#define NEAR(share) (5 * sqrt((share) * (1 - (share)) / N_DRAWS) + 1e-9)

static const double lone[] = { -3, 0, 0.5, 1.063, 1.5, 2, 4.5 };

START_TEST(alone_it_is_lost_to_noise_as_often_as_the_curve_says)
{
    unsigned n[PROSE_PC5_N_OUTCOMES];

    count_outcomes(lone[_i], NAN, false, 0, n);
    ck_assert_double_eq_tol((double) n[PROSE_PC5_WEAK] / N_DRAWS, prose_bler(lone[_i]), NEAR(prose_bler(lone[_i])));
    ck_assert_uint_eq(n[PROSE_PC5_WEAK] + n[PROSE_PC5_ACCEPTED], N_DRAWS);
}
END_TEST

/* 30 dB above noise, with another 29 dB above noise: 0.99 dB. */
START_TEST(in_company_it_collides_as_often_as_the_curve_says)
{
    double sinr_db = 30 - 10 * log10(pow(10, 2.9) + 1);
    unsigned n[PROSE_PC5_N_OUTCOMES];

    count_outcomes(30, 29, false, 0, n);
    ck_assert_double_eq_tol((double) n[PROSE_PC5_COLLISION] / N_DRAWS, prose_bler(sinr_db), NEAR(prose_bler(sinr_db)));
    ck_assert_uint_eq(n[PROSE_PC5_COLLISION] + n[PROSE_PC5_ACCEPTED], N_DRAWS);
}
END_TEST

/* Weak comes before half-duplex, and that before collision (rules P2). */
START_TEST(outcomes_come_in_their_order)
{
    unsigned n[PROSE_PC5_N_OUTCOMES], deaf[PROSE_PC5_N_OUTCOMES];

    count_outcomes(1, 0, false, 0, n);
    count_outcomes(1, 0, true, 0, deaf);
    ck_assert_uint_gt(n[PROSE_PC5_WEAK], 0);
    ck_assert_uint_gt(n[PROSE_PC5_COLLISION], 0);
    ck_assert_uint_eq(deaf[PROSE_PC5_WEAK], n[PROSE_PC5_WEAK]);
    ck_assert_uint_eq(deaf[PROSE_PC5_HALF_DUPLEX], N_DRAWS - n[PROSE_PC5_WEAK]);
}
END_TEST

START_TEST(numbers_inside_the_program_enter_no_draw)
{
    unsigned first[PROSE_PC5_N_OUTCOMES], last[PROSE_PC5_N_OUTCOMES];

    count_outcomes(1, 0, false, 0, first);
    count_outcomes(1, 0, false, 2, last);
    ck_assert_mem_eq(first, last, sizeof first);
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

    tc = tcase_create("air");
    tcase_add_loop_test(tc, alone_it_is_lost_to_noise_as_often_as_the_curve_says, 0, G_N_ELEMENTS(lone));
    tcase_add_test(tc, in_company_it_collides_as_often_as_the_curve_says);
    tcase_add_test(tc, outcomes_come_in_their_order);
    tcase_add_test(tc, numbers_inside_the_program_enter_no_draw);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(suite)
