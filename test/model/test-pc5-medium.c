/* SPDX-License-Identifier: GPL-2.0-only */
/* What a receiver gets of what is on the air: single resources by table, whole periods against a plain reference. */
#include "prose-pc5-medium.h"
#include "prose-test.h"

#include <math.h>

#define ROW_MAX 48

static ProseReceptionModel
reception(ProseReception kind)
{
    ProseReceptionModel model;

    prose_reception_init(&model, kind);
    return model;
}

/* ---- one resource ---- */

#define NONE (-INFINITY)

static const struct { const char *name; ProseReception kind; double power[4]; size_t n, wanted; ProsePc5Outcome want; } receptions[] = {
    /* the defaults: noise -109.44 dBm, threshold 1.7 dB, sensitivity -107.74 dBm */
    { "alone", PROSE_RECEPTION_SINR, { -90 }, 1, 0, PROSE_PC5_ACCEPTED },
    { "alone, just above the sensitivity", PROSE_RECEPTION_SINR, { -107.7 }, 1, 0, PROSE_PC5_ACCEPTED },
    { "alone, just below", PROSE_RECEPTION_SINR, { -107.8 }, 1, 0, PROSE_PC5_WEAK },
    { "alone and nothing at all", PROSE_RECEPTION_SINR, { NONE }, 1, 0, PROSE_PC5_WEAK },
    { "equals meet", PROSE_RECEPTION_SINR, { -90, -90 }, 2, 1, PROSE_PC5_COLLISION },
    { "captured: 1.8 dB stronger", PROSE_RECEPTION_SINR, { -60, -61.8 }, 2, 0, PROSE_PC5_ACCEPTED },
    { "not captured: 1.6 dB stronger", PROSE_RECEPTION_SINR, { -60, -61.6 }, 2, 0, PROSE_PC5_COLLISION },
    { "the other one of a capture", PROSE_RECEPTION_SINR, { -60, -61.8 }, 2, 1, PROSE_PC5_COLLISION },
    { "two weaker ones add up", PROSE_RECEPTION_SINR, { -64, -61, -64 }, 3, 1, PROSE_PC5_COLLISION },
    { "two still weaker ones do not", PROSE_RECEPTION_SINR, { -66, -61, -66 }, 3, 1, PROSE_PC5_ACCEPTED },
    { "interference above the sensitivity", PROSE_RECEPTION_SINR, { -106.5, -107.7 }, 2, 0, PROSE_PC5_COLLISION },
    { "interference below the sensitivity is none", PROSE_RECEPTION_SINR, { -106.5, -107.8 }, 2, 0, PROSE_PC5_ACCEPTED },
    { "interference that is not there", PROSE_RECEPTION_SINR, { -107, NONE, NONE }, 3, 0, PROSE_PC5_ACCEPTED },
    { "weak comes before collision", PROSE_RECEPTION_SINR, { -108, -60 }, 2, 0, PROSE_PC5_WEAK },
    { "alone", PROSE_RECEPTION_COLLISION, { -90 }, 1, 0, PROSE_PC5_ACCEPTED },
    { "alone, just below the sensitivity", PROSE_RECEPTION_COLLISION, { -107.8 }, 1, 0, PROSE_PC5_WEAK },
    { "no capture, however strong", PROSE_RECEPTION_COLLISION, { -40, -107.7 }, 2, 0, PROSE_PC5_COLLISION },
    { "both are lost", PROSE_RECEPTION_COLLISION, { -40, -107.7 }, 2, 1, PROSE_PC5_COLLISION },
    { "one out of range does not collide", PROSE_RECEPTION_COLLISION, { -107.8, -90 }, 2, 1, PROSE_PC5_ACCEPTED },
    { "weak comes before collision", PROSE_RECEPTION_COLLISION, { -107.8, -90 }, 2, 0, PROSE_PC5_WEAK },
    { "of four the last one collides", PROSE_RECEPTION_COLLISION, { -120, -90, NONE, -100 }, 4, 1, PROSE_PC5_COLLISION },
};

/* The outcome of each of @n that meet in the only resource, with @model. */
static void
meet(const ProseReceptionModel *model, const double *power_dbm, size_t n, bool is_busy, ProsePc5Outcome *ret)
{
    static const uint16_t kinds[ROW_MAX], first_subframe;
    ProseEdge edges[ROW_MAX];
    ProsePool pool;
    ProseAir air;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 1, 1, 0, 1), 0);
    prose_air_init(&air, &pool, model, (uint32_t) n, kinds, 1);
    for (uint32_t i = 0; i < n; i++) {
        edges[i] = (ProseEdge) { .channel = i, .power_mw = prose_milliwatts(power_dbm[i]) };
        prose_air_send(&air, i, 0);
    }
    prose_air_hear(&air, &(ProseRow) { .edges = edges, .n = (uint32_t) n }, 0, 1, &first_subframe, is_busy, true);
    ck_assert_uint_eq(air.n_decided, n);
    for (uint32_t i = 0; i < n; i++)
        ret[air.decided[i].edge] = (ProsePc5Outcome) air.decided[i].outcome;
    prose_air_clear(&air);
    prose_pool_clear(&pool);
}

START_TEST(what_meets_in_a_resource_is_received_or_lost)
{
    const ProseReceptionModel m = reception(receptions[_i].kind);
    ProsePc5Outcome got[ROW_MAX];

    meet(&m, receptions[_i].power, receptions[_i].n, false, got);
    ck_assert_msg(got[receptions[_i].wanted] == receptions[_i].want, "%s: %s", receptions[_i].kind == PROSE_RECEPTION_SINR ? "sinr" : "collision",
                  receptions[_i].name);
}
END_TEST

/* Rules P2: weak comes before half-duplex, and that before collision. */
START_TEST(who_sends_hears_nothing_but_what_was_too_weak_anyway)
{
    const double power[] = { -60, -108, -60 };
    const ProseReceptionModel m = reception(PROSE_RECEPTION_SINR);
    ProsePc5Outcome got[ROW_MAX];

    meet(&m, power, 3, true, got);
    ck_assert_int_eq(got[0], PROSE_PC5_HALF_DUPLEX);
    ck_assert_int_eq(got[1], PROSE_PC5_WEAK);
    ck_assert_int_eq(got[2], PROSE_PC5_HALF_DUPLEX);
}
END_TEST

/* A sensitivity set below what the threshold needs does not turn noise into a collision. */
START_TEST(lost_to_noise_alone_is_weak)
{
    const double power[] = { -109, -109 };
    ProseReceptionModel m = reception(PROSE_RECEPTION_SINR);
    ProsePc5Outcome got[ROW_MAX];

    m.sensitivity_dbm = -120;
    meet(&m, power, 1, false, got);
    ck_assert_int_eq(got[0], PROSE_PC5_WEAK);
    meet(&m, power, 2, false, got);
    ck_assert_int_eq(got[0], PROSE_PC5_WEAK);
}
END_TEST

/* Noise, then all four: up, or the other way round. */
static double
sum_of(const ProseReceptionModel *m, const double power_dbm[4], bool up)
{
    double sum = up ? prose_milliwatts(m->noise_dbm) : 0;

    for (int k = 0; k < 4; k++)
        sum += prose_milliwatts(power_dbm[up ? k : 3 - k]);
    return up ? sum : sum + prose_milliwatts(m->noise_dbm);
}

/* At the weakest power that still has its share, the last bit of the sum decides. */
START_TEST(the_sum_is_taken_in_ascending_order_after_the_noise)
{
    ProseReceptionModel m = reception(PROSE_RECEPTION_SINR);
    double threshold = pow(10, m.sinr_threshold_db / 10), gain = (1 + threshold) / threshold * (1 + 1e-12);
    unsigned differ = 0;

    m.sensitivity_dbm = -200;
    for (int i = 0; i < 20000; i++) {
        double power[4] = { -100, -100 - i * 1e-4, -101.3 - i * 3e-4, -107 + i * 1e-4 };
        ProsePc5Outcome got[ROW_MAX];

        power[0] = 10 * log10((sum_of(&m, power, true) - prose_milliwatts(power[0])) / (gain - 1));
        while (prose_milliwatts(power[0]) * gain >= sum_of(&m, power, true))
            power[0] = nextafter(power[0], -INFINITY);
        meet(&m, power, 4, false, got);
        ck_assert_int_eq(got[0], PROSE_PC5_COLLISION);
        differ += prose_milliwatts(power[0]) * gain >= sum_of(&m, power, false);
        while (prose_milliwatts(power[0]) * gain < sum_of(&m, power, true))
            power[0] = nextafter(power[0], INFINITY);
        meet(&m, power, 4, false, got);
        ck_assert_int_eq(got[0], PROSE_PC5_ACCEPTED);
        differ += prose_milliwatts(power[0]) * gain < sum_of(&m, power, false);
    }
    ck_assert_uint_gt(differ, 0);              /* or the order would not have mattered here */
}
END_TEST

/* ---- whole periods, against a reference that looks at one candidate at a time ---- */

typedef struct Layout {
    ProsePool pool;
    ProseReceptionModel model;
    uint32_t n;                    /* channels, all in the row */
    uint32_t n_kinds;
    uint16_t kinds[ROW_MAX];
    ProseEdge edges[ROW_MAX];
    bool sends[ROW_MAX];
    uint32_t resources[ROW_MAX];
    bool is_busy[PROSE_POOL_MAX_SUBFRAMES];
} Layout;

/* Sum, as the rules have it: noise, then everybody at or above the sensitivity in the copy's resource, by number. */
static ProsePc5Outcome
reference_copy(const Layout *l, uint32_t wanted, ProsePoolPlace place)
{
    double threshold = pow(10, l->model.sinr_threshold_db / 10), sensitivity = prose_milliwatts(l->model.sensitivity_dbm);
    double lone = prose_milliwatts(l->model.noise_dbm + l->model.sinr_threshold_db), power = l->edges[wanted].power_mw;
    double sum = prose_milliwatts(l->model.noise_dbm);
    bool is_sinr = l->model.kind == PROSE_RECEPTION_SINR;
    unsigned n = 0;

    for (uint32_t i = 0; i < l->n; i++) {
        for (uint32_t j = 0; l->sends[i] && j <= l->pool.retransmissions; j++) {
            ProsePoolPlace other = prose_pool_place(&l->pool, l->resources[i], j);

            if (other.subframe == place.subframe && other.prb_pair == place.prb_pair && l->edges[i].power_mw >= sensitivity) {
                sum += l->edges[i].power_mw;
                n++;
            }
        }
    }
    if (power < sensitivity || (is_sinr && power < lone))
        return PROSE_PC5_WEAK;
    if (l->is_busy[place.subframe])
        return PROSE_PC5_HALF_DUPLEX;
    if (!is_sinr)
        return n == 1 ? PROSE_PC5_ACCEPTED : PROSE_PC5_COLLISION;
    return power * ((1 + threshold) / threshold * (1 + 1e-12)) >= sum ? PROSE_PC5_ACCEPTED : PROSE_PC5_COLLISION;
}

/* The furthest of the copies, up to the first that is decoded; @ret_subframe of that, else of the last. */
static ProsePc5Outcome
reference(const Layout *l, uint32_t wanted, uint32_t *ret_subframe)
{
    ProsePc5Outcome best = PROSE_PC5_WEAK;

    for (uint32_t j = 0; j <= l->pool.retransmissions && best != PROSE_PC5_ACCEPTED; j++) {
        ProsePoolPlace place = prose_pool_place(&l->pool, l->resources[wanted], j);
        ProsePc5Outcome outcome = reference_copy(l, wanted, place);

        *ret_subframe = place.subframe;
        best = outcome > best ? outcome : best;
    }
    return best;
}

static void
lay_out(Layout *l, uint64_t round, bool has_weak)
{
    const ProseDrawKey key = { { 5, 6 } };
    uint64_t i = 0;
    uint32_t copies, subframes;

#define BELOW(n) prose_draw_below(&key, PROSE_DRAW_ACTIVITY, round, i++, n)
    copies = 1 + BELOW(4);
    subframes = copies + BELOW(12);
    ck_assert_int_eq(prose_pool_init(&l->pool, 320, subframes, copies + BELOW(8), copies - 1, 1), 0);
    l->model = reception(BELOW(2) ? PROSE_RECEPTION_SINR : PROSE_RECEPTION_COLLISION);
    if (BELOW(3) == 0)
        l->model.sinr_threshold_db = (double) BELOW(8) - 4;
    if (BELOW(3) == 0)
        l->model.sensitivity_dbm -= (double) BELOW(8) - 2;
    l->n = BELOW(ROW_MAX);
    l->n_kinds = 1 + BELOW(3);
    for (uint32_t c = 0; c < l->n; c++) {
        double dbm = l->model.sensitivity_dbm + (double) BELOW(60) / 4 - (has_weak ? 3 : 0);

        l->kinds[c] = (uint16_t) BELOW(l->n_kinds);
        l->edges[c] = (ProseEdge) { .channel = c, .power_mw = dbm == l->model.sensitivity_dbm ? prose_milliwatts(l->model.sensitivity_dbm) : prose_milliwatts(dbm) };
        l->sends[c] = BELOW(4) > 0;
        l->resources[c] = BELOW(prose_pool_n_resources(&l->pool));
    }
    for (uint32_t s = 0; s < subframes; s++)
        l->is_busy[s] = BELOW(6) == 0;
#undef BELOW
}

/* In pieces that are cut anywhere: what is decided is decided once, and as the reference has it. */
static void
compare(const Layout *l, uint64_t round, bool all)
{
    const ProseDrawKey key = { { 7, 8 } };
    uint32_t decided[ROW_MAX] = { 0 }, want_lost[4][PROSE_MEDIUM_N_LOST] = { 0 }, lost[4][PROSE_MEDIUM_N_LOST] = { 0 };
    uint8_t best[ROW_MAX];
    ProseAir air;

    prose_air_init(&air, &l->pool, &l->model, l->n, l->kinds, l->n_kinds);
    memset(best, PROSE_ROW_SETTLED, sizeof best);
    for (uint32_t c = 0; c < l->n; c++) {
        if (l->sends[c])
            prose_air_send(&air, c, l->resources[c]);
    }
    for (uint32_t from = 0, to; from < l->pool.n_subframes; from = to) {
        const ProseRow row = { .edges = l->edges, .n = l->n, .best = l->pool.retransmissions > 0 ? best : NULL };
        uint16_t busy[PROSE_POOL_MAX_SUBFRAMES];
        uint32_t n_busy = 0;

        to = from + 1 + prose_draw_below(&key, PROSE_DRAW_ACTIVITY, round, from, l->pool.n_subframes - from);
        for (uint32_t s = from; s < to; s++) {
            if (l->is_busy[s])
                busy[n_busy++] = (uint16_t) s;
        }
        prose_air_hear(&air, &row, from, to, busy, n_busy, all);
        for (uint32_t i = 0; i < air.n_decided; i++) {
            const ProseDecided *d = &air.decided[i];
            uint32_t subframe;
            ProsePc5Outcome want = reference(l, d->edge, &subframe);

            ck_assert_uint_eq(decided[d->edge]++, 0);
            ck_assert(l->sends[d->edge]);
            ck_assert_msg(d->outcome == want && d->subframe == subframe, "round %u, channel %u: %u in %u, not %u in %u", (unsigned) round,
                          d->edge, d->outcome, d->subframe, want, subframe);
            ck_assert(all || d->outcome == PROSE_PC5_ACCEPTED);
        }
        for (uint32_t k = 0; k < l->n_kinds; k++) {
            for (unsigned o = 0; o < PROSE_MEDIUM_N_LOST; o++)
                lost[k][o] += air.lost[k * PROSE_MEDIUM_N_LOST + o];
        }
    }
    for (uint32_t c = 0; c < l->n; c++) {
        uint32_t subframe;
        ProsePc5Outcome want;

        if (!l->sends[c])
            continue;
        want = reference(l, c, &subframe);
        if (all || want == PROSE_PC5_ACCEPTED)
            ck_assert_uint_eq(decided[c], 1);
        else
            want_lost[l->kinds[c]][want]++;
    }
    ck_assert_mem_eq(lost, want_lost, sizeof lost);
    prose_air_clear(&air);
}

START_TEST(whole_periods_are_as_one_candidate_at_a_time)
{
    for (uint64_t round = 0; round < 8000; round++) {
        Layout l = { 0 };

        /* Without @all, rows hold nothing below the sensitivity. */
        lay_out(&l, round, _i == 0);
        compare(&l, round, _i == 0);
        prose_pool_clear(&l.pool);
    }
}
END_TEST

START_TEST(a_copy_is_where_the_pool_places_it)
{
    static const uint16_t kinds[1];
    const ProseReceptionModel m = reception(PROSE_RECEPTION_SINR);
    ProsePool pool;
    ProseAir air;

    ck_assert_int_eq(prose_pool_init(&pool, 320, 11, 9, (uint32_t) _i, 1), 0);
    prose_air_init(&air, &pool, &m, 1, kinds, 1);
    for (uint32_t n = 0; n < prose_pool_n_resources(&pool); n++) {
        prose_air_begin(&air);
        ck_assert_uint_eq(air.cell[0], PROSE_AIR_SILENT);
        prose_air_send(&air, 0, n);
        ck_assert_uint_eq(prose_air_first_subframe(&air, 0), prose_pool_place(&pool, n, 0).subframe);
        for (uint32_t j = 0; j <= pool.retransmissions; j++) {
            ProsePoolPlace place = prose_pool_place(&pool, n, j);

            ck_assert_uint_eq(prose_air_prb_pair(&air, 0, place.subframe), place.prb_pair);
        }
    }
    prose_air_clear(&air);
    prose_pool_clear(&pool);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("pc5-medium");
    TCase *tc = tcase_create("resource");

    tcase_add_loop_test(tc, what_meets_in_a_resource_is_received_or_lost, 0, G_N_ELEMENTS(receptions));
    tcase_add_test(tc, who_sends_hears_nothing_but_what_was_too_weak_anyway);
    tcase_add_test(tc, lost_to_noise_alone_is_weak);
    tcase_add_test(tc, the_sum_is_taken_in_ascending_order_after_the_noise);
    suite_add_tcase(s, tc);

    tc = tcase_create("period");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, whole_periods_are_as_one_candidate_at_a_time, 0, 2);
    tcase_add_loop_test(tc, a_copy_is_where_the_pool_places_it, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
