/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-error.h"
#include "prose-pc5-pool.h"
#include "prose-test.h"

#include <math.h>
#include <string.h>

/* ---- periods and subframes ---- */

static const struct { const char *name; uint32_t ms; } periods[] = {
    { "rf4", 40 }, { "rf6", 60 }, { "rf7", 70 }, { "rf8", 80 }, { "rf12", 120 }, { "rf14", 140 }, { "rf16", 160 },
    { "rf24", 240 }, { "rf28", 280 }, { "rf32", 320 }, { "rf64", 640 }, { "rf128", 1280 }, { "rf256", 2560 },
    { "rf512", 5120 }, { "rf1024", 10240 },
    { "rf33", 0 }, { "rf", 0 }, { "", 0 }, { "32", 0 }, { "RF32", 0 }, { "rf032", 0 }, { "rf32 ", 0 }, { "rf2048", 0 },
};

START_TEST(a_period_is_one_of_the_fifteen_names)
{
    ck_assert_uint_eq(prose_pool_period_ms(periods[_i].name), periods[_i].ms);
}
END_TEST

#define B40 "1111100000000000000000000000000000000000"

static const struct {
    const char *name;
    uint32_t period_ms;
    const char *bitmap;
    uint32_t repetitions, prb_pairs, retransmissions;
    double p;
    int want;
    uint32_t n_subframes;
} bitmaps[] = {
    { "five subframes of forty", 320, B40, 1, 10, 0, 1, 0, 5 },
    { "five times", 320, B40, 5, 10, 0, 1, 0, 25 },
    { "fills the period", 320, B40, 8, 10, 0, 1, 0, 40 },
    { "longer than the period", 320, B40, 9, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "one bit", 40, "1", 1, 1, 0, 1, 0, 1 },
    { "one bit, forty times", 40, "1", 40, 1, 0, 1, 0, 40 },
    { "largest of all", 10240, "1111111111111111111111111111111111111111", 50, 50, 3, 1, 0, 2000 },
    { "more repetitions than there can be", 10240, "1", 51, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "no repetition", 320, B40, 0, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "empty", 320, "", 1, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "nothing set", 320, "0000", 1, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "no bit", 320, "1112", 1, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "a blank", 320, "11 1", 1, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "just enough for a message", 320, "0101", 1, 10, 1, 1, 0, 2 },
    { "no room for one message", 320, "0101", 1, 10, 2, 1, PROSE_ERR_INVALID, 0 },
    { "too many retransmissions", 320, B40, 1, 10, 4, 1, PROSE_ERR_INVALID, 0 },
    { "so many that one more is none", 320, B40, 1, 10, UINT32_MAX, 1, PROSE_ERR_INVALID, 0 },
    { "no PRB", 320, B40, 1, 0, 0, 1, PROSE_ERR_INVALID, 0 },
    { "more PRB than a carrier has", 320, B40, 1, 51, 0, 1, PROSE_ERR_INVALID, 0 },
    { "a quarter of the time", 320, B40, 1, 10, 0, 0.25, 0, 5 },
    { "never", 320, B40, 1, 10, 0, 0, PROSE_ERR_INVALID, 0 },
    { "less than never", 320, B40, 1, 10, 0, -0.5, PROSE_ERR_INVALID, 0 },
    { "more than always", 320, B40, 1, 10, 0, 1.01, PROSE_ERR_INVALID, 0 },
    { "no number", 320, B40, 1, 10, 0, NAN, PROSE_ERR_INVALID, 0 },
    { "no period", 0, "1", 1, 10, 0, 1, PROSE_ERR_INVALID, 0 },
    { "longer than rf1024", 10241, "1", 1, 10, 0, 1, PROSE_ERR_INVALID, 0 },
};

START_TEST(a_bitmap_gives_its_subframes_or_is_refused)
{
    ProsePool pool, untouched;
    int r;

    memset(&pool, 0xA5, sizeof pool);
    memset(&untouched, 0xA5, sizeof untouched);
    r = prose_pool_init_bitmap(&pool, bitmaps[_i].period_ms, bitmaps[_i].bitmap, bitmaps[_i].repetitions,
                               bitmaps[_i].prb_pairs, bitmaps[_i].retransmissions, bitmaps[_i].p);
    ck_assert_msg(r == bitmaps[_i].want, "%s", bitmaps[_i].name);
    if (r < 0) {
        ck_assert_mem_eq(&pool, &untouched, sizeof pool);
        return;
    }
    ck_assert_uint_eq(pool.n_subframes, bitmaps[_i].n_subframes);
    for (uint32_t i = 0; i < pool.n_subframes; i++) {
        ck_assert_int_eq(bitmaps[_i].bitmap[pool.subframe_ms[i] % strlen(bitmaps[_i].bitmap)], '1');
        ck_assert_uint_lt(pool.subframe_ms[i], pool.period_ms);
        if (i > 0)
            ck_assert_uint_gt(pool.subframe_ms[i], pool.subframe_ms[i - 1]);
    }
    prose_pool_clear(&pool);
    ck_assert_ptr_null(pool.subframe_ms);
}
END_TEST

START_TEST(a_plain_pool_starts_with_the_period)
{
    ProsePool pool;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 5, 10, 0, 1), 0);
    for (uint16_t i = 0; i < 5; i++)
        ck_assert_uint_eq(pool.subframe_ms[i], i);
    ck_assert_uint_eq(prose_pool_n_resources(&pool), 50);      /* the pool of the scenario example */
    prose_pool_clear(&pool);
    prose_pool_clear(&pool);
    ck_assert_int_eq(prose_pool_init(&pool, 40, 40, 1, 0, 1), 0);
    prose_pool_clear(&pool);
    ck_assert_int_eq(prose_pool_init(&pool, 40, 41, 1, 0, 1), PROSE_ERR_INVALID);
    ck_assert_int_eq(prose_pool_init(&pool, 10240, 2001, 1, 0, 1), PROSE_ERR_INVALID);
    ck_assert_int_eq(prose_pool_init(&pool, 320, 0, 10, 0, 1), PROSE_ERR_INVALID);
    ck_assert_int_eq(prose_pool_init(&pool, 320, 3, 10, 3, 1), PROSE_ERR_INVALID);
}
END_TEST

/* ---- TS 36.213 14.3: worked by hand ---- */

static const struct { uint32_t l, nf, retx, n, j, subframe, pair; } places[] = {
    /* Nt = 5, Nf = 10, one transmission: n counts through the subframes first */
    { 5, 10, 0, 0, 0, 0, 0 }, { 5, 10, 0, 4, 0, 4, 0 }, { 5, 10, 0, 5, 0, 0, 1 }, { 5, 10, 0, 49, 0, 4, 9 },
    /* Nt = 2, hops of floor(10 / 2) = 5; the fifth subframe stays empty */
    { 5, 10, 1, 0, 0, 0, 0 }, { 5, 10, 1, 0, 1, 1, 5 }, { 5, 10, 1, 1, 0, 2, 0 }, { 5, 10, 1, 1, 1, 3, 5 },
    { 5, 10, 1, 19, 0, 2, 9 }, { 5, 10, 1, 19, 1, 3, 4 },
    /* Nt = 2, hops of floor(10 / 4) = 2 */
    { 8, 10, 3, 7, 0, 4, 3 }, { 8, 10, 3, 7, 1, 5, 5 }, { 8, 10, 3, 7, 2, 6, 7 }, { 8, 10, 3, 7, 3, 7, 9 },
    { 8, 10, 3, 14, 3, 3, 3 },
    /* fewer pairs than transmissions: hops of floor(3 / 4) = 0 */
    { 4, 3, 3, 2, 0, 0, 2 }, { 4, 3, 3, 2, 3, 3, 2 },
};

START_TEST(a_resource_hops_as_the_rule_says)
{
    ProsePool pool;
    ProsePoolPlace at;

    ck_assert_int_eq(prose_pool_init(&pool, 320, places[_i].l, places[_i].nf, places[_i].retx, 1), 0);
    at = prose_pool_place(&pool, places[_i].n, places[_i].j);
    ck_assert_uint_eq(at.subframe, places[_i].subframe);
    ck_assert_uint_eq(at.prb_pair, places[_i].pair);
    prose_pool_clear(&pool);
}
END_TEST

/* Two senders with different resources never meet, whichever transmission: so a collision is one of all transmissions. */
START_TEST(different_resources_share_no_place)
{
    uint32_t retx = (uint32_t) _i % 4, nf = 1 + (uint32_t) _i / 4;

    for (uint32_t l = retx + 1; l <= 13; l++) {
        ProsePool pool;
        bool taken[13][12] = { { false } };
        uint32_t n_places = 0;

        ck_assert_int_eq(prose_pool_init(&pool, 320, l, nf, retx, 1), 0);
        ck_assert_uint_eq(prose_pool_nt(&pool), l / (retx + 1));
        for (uint32_t n = 0; n < prose_pool_n_resources(&pool); n++) {
            for (uint32_t j = 0; j <= retx; j++) {
                ProsePoolPlace at = prose_pool_place(&pool, n, j);

                ck_assert_uint_lt(at.subframe, l);
                ck_assert_uint_lt(at.prb_pair, nf);
                ck_assert_msg(!taken[at.subframe][at.prb_pair], "L %u, Nf %u, %u retransmissions: n %u", l, nf, retx, n);
                taken[at.subframe][at.prb_pair] = true;
                n_places++;
            }
        }
        ck_assert_uint_eq(n_places, l / (retx + 1) * (retx + 1) * nf);
        prose_pool_clear(&pool);
    }
}
END_TEST

/* ---- draws ---- */

static const ProseDrawKey draw_key = { { 1, 1 } };

/* Chi-square over the 50 resources: 49 degrees of freedom, so 100 is passed by chance once in about 30 000. */
START_TEST(resources_are_drawn_uniformly)
{
    enum { N = 100000, R = 50 };
    unsigned hits[R] = { 0 };
    ProsePool pool;
    double chi = 0;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 5, 10, 0, 1), 0);
    for (uint64_t i = 0; i < N; i++) {
        uint32_t n = _i == 0 ? prose_pool_draw_resource(&pool, &draw_key, 7, i) : prose_pool_draw_resource(&pool, &draw_key, i, 7);

        ck_assert_uint_lt(n, R);
        hits[n]++;
    }
    for (int i = 0; i < R; i++)
        chi += (hits[i] - (double) N / R) * (hits[i] - (double) N / R) / ((double) N / R);
    ck_assert_msg(chi < 100, "chi-square %g", chi);
    prose_pool_clear(&pool);
}
END_TEST

START_TEST(two_ues_draw_the_same_resource_as_often_as_chance_has_it)
{
    enum { N = 100000 };
    ProsePool pool;
    unsigned same = 0;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 5, 10, 0, 1), 0);
    for (uint64_t i = 0; i < N; i++)
        same += prose_pool_draw_resource(&pool, &draw_key, 1, i) == prose_pool_draw_resource(&pool, &draw_key, 2, i);
    ck_assert_double_eq_tol(same, N / 50.0, 5 * sqrt(N / 50.0 * 49 / 50));
    prose_pool_clear(&pool);
}
END_TEST

static const double probabilities[] = { 0.25, 0.5, 0.75, 1, 0.001 };

START_TEST(a_ue_sends_as_often_as_the_probability_says)
{
    enum { N = 100000 };
    double p = probabilities[_i];
    ProsePool pool;
    unsigned sent = 0;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 5, 10, 0, p), 0);
    for (uint64_t i = 0; i < N; i++)
        sent += prose_pool_draw_transmit(&pool, &draw_key, 7, i);
    ck_assert_double_eq_tol(sent, N * p, 5 * sqrt(N * p * (1 - p)) + 0.5);      /* exactly always at p = 1 */
    prose_pool_clear(&pool);
}
END_TEST

/* Rules P2: the draw of the probability tells nothing of that of the resource. */
START_TEST(the_resource_does_not_depend_on_whether_the_ue_sends)
{
    enum { N = 100000 };
    ProsePool pool;
    double sum = 0;
    unsigned sent = 0;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 5, 10, 0, 0.5), 0);
    for (uint64_t i = 0; i < N; i++) {
        if (prose_pool_draw_transmit(&pool, &draw_key, 7, i)) {
            sum += prose_pool_draw_resource(&pool, &draw_key, 7, i);
            sent++;
        }
    }
    /* Uniform over 0 … 49: mean 24.5, standard deviation 14.43. */
    ck_assert_double_eq_tol(sum / sent, 24.5, 5 * 14.43 / sqrt(sent));
    prose_pool_clear(&pool);
}
END_TEST

/* ---- reception ---- */

START_TEST(the_defaults_are_those_of_the_assumptions)
{
    ProseReceptionModel m;

    prose_reception_init(&m, PROSE_RECEPTION_COLLISION);
    ck_assert_int_eq(m.kind, PROSE_RECEPTION_COLLISION);
    ck_assert_double_eq_tol(m.noise_dbm, -109.437, 0.001);
    ck_assert_double_eq_tol(m.sinr_threshold_db, 1.7, 1e-9);
    ck_assert_double_eq_tol(m.sensitivity_dbm, -107.737, 0.001);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("pc5-pool");
    TCase *tc = tcase_create("pool");

    tcase_add_loop_test(tc, a_period_is_one_of_the_fifteen_names, 0, G_N_ELEMENTS(periods));
    tcase_add_loop_test(tc, a_bitmap_gives_its_subframes_or_is_refused, 0, G_N_ELEMENTS(bitmaps));
    tcase_add_test(tc, a_plain_pool_starts_with_the_period);
    tcase_add_loop_test(tc, a_resource_hops_as_the_rule_says, 0, G_N_ELEMENTS(places));
    tcase_add_loop_test(tc, different_resources_share_no_place, 0, 4 * 12);
    suite_add_tcase(s, tc);

    tc = tcase_create("draws");
    tcase_add_loop_test(tc, resources_are_drawn_uniformly, 0, 2);
    tcase_add_test(tc, two_ues_draw_the_same_resource_as_often_as_chance_has_it);
    tcase_add_loop_test(tc, a_ue_sends_as_often_as_the_probability_says, 0, G_N_ELEMENTS(probabilities));
    tcase_add_test(tc, the_resource_does_not_depend_on_whether_the_ue_sends);
    suite_add_tcase(s, tc);

    tc = tcase_create("reception");
    tcase_add_test(tc, the_defaults_are_those_of_the_assumptions);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
