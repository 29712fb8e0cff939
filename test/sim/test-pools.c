/* SPDX-License-Identifier: GPL-2.0-only */
/* Several discovery pools through whole runs: who sends in which, who hears it, and when a pool is simulated at all. */
#include "run.h"

#include <math.h>
#include <string.h>

#define SLOTS (PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED))
#define MS UINT64_C(1000000)

/* Two UEs in coverage, two out of it, all in range. A slot's millisecond in its period tells the pool: near 0 to 4, far 10 to 14. */
#define UES "[discovery command]\ndiscovery-group-id = 0xA1B2\nkeys = provisioned\n" \
    "[time-source sib16]\nkind = sib16\n[time-source gps]\nkind = gnss\n" \
    "[ue-group in]\ncount = 2\nannounce = command\nmonitor = command\nplacement = grid 5 m\nmobility = static\n" \
    "[ue-group out]\ncount = 2\nannounce = command\nmonitor = command\nplacement = grid 7 m\nmobility = static\ncoverage = out\n"
#define NEAR "[pool near]\ncoverage = in\nsubframes = 5\n"
#define FAR "[pool far]\ncoverage = out\nperiod = rf64\nsubframe-bitmap = 000000000011111\n"
#define FOR(s) "[simulation]\nduration = " s "\n"

static bool
is_far(const ProseEvent *e)
{
    uint64_t ms = e->time_ns / MS % 320;

    ck_assert_msg(ms < 5 || (ms >= 10 && ms < 15), "a slot at %u ms", (unsigned) ms);
    return ms >= 10;
}

START_TEST(ues_send_in_the_pool_of_their_coverage_and_hear_all)
{
    SimRun run = { .scenario = scenario_from_text(FOR("64 s") NEAR FAR UES, NULL), .keep = SLOTS | PROSE_EVENT_BIT(PROSE_EVENT_DISCOVERED) };
    uint64_t last[2] = { 0 };
    unsigned n[2] = { 0 };

    sim_run(&run);
    for (unsigned i = 0; i < run.events->len; i++) {
        const SeenEvent *seen = &g_array_index(run.events, SeenEvent, i);
        bool out = seen->event.entity[0] == 'o';
        uint64_t period = seen->event.time_ns / MS / (out ? 640 : 320);

        if (seen->event.type == PROSE_EVENT_DISCOVERED)
            continue;
        ck_assert_int_eq(seen->event.type, PROSE_EVENT_SLOT_SENT);
        ck_assert_int_eq(is_far(&seen->event), out);
        /* Far's subframes are in the first half of its periods. */
        ck_assert(!out || seen->event.time_ns / MS % 640 < 320);
        if (strchr(seen->event.entity, '0')) {
            ck_assert(n[out] == 0 || period == last[out] + 1);
            last[out] = period;
            n[out]++;
        }
    }
    ck_assert_uint_eq(n[0], 200);
    ck_assert_uint_eq(n[1], 100);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_DISCOVERED, NULL, NULL, NULL), 4 * 3);
    ck_assert_int_eq(summary_int(run.root, "pool.by-pool.near.periods"), 200);
    ck_assert_int_eq(summary_int(run.root, "pool.by-pool.far.periods"), 100);
    /* Each slot can be heard by three others. */
    ck_assert_int_eq(summary_int(run.root, "pc5.slots"), 2 * 200 + 2 * 100);
    ck_assert_int_eq(summary_int(run.root, "pc5.opportunities"), 3 * (2 * 200 + 2 * 100));
    sim_clear(&run);
}
END_TEST

START_TEST(a_ue_whose_coverage_changes_takes_the_other_pool_from_its_next_period_on)
{
    SimRun run = { .scenario = scenario_from_text(FOR("30 s") NEAR FAR UES "[event away]\nat = 10 s\ndo = coverage in[0] out\n"
                                                  "[event back]\nat = 20 s\ndo = coverage in[0] in\n", NULL), .keep = SLOTS };
    unsigned n[3] = { 0 };

    sim_run(&run);
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;
        /* Periods begin at 9.92 s and 10.24 s, at 19.84 s and 20.16 s for near; at 9.6 s and 10.24 s, 19.84 s and 20.48 s for far. */
        double t = (double) e->time_ns / 1e9;
        bool was_out = is_far(e) ? t >= 10.24 && t < 20.48 : false;

        if (strcmp(e->entity, "in[0]") != 0)
            continue;
        ck_assert_msg(is_far(e) == was_out, "far %d at %f s", is_far(e), t);
        ck_assert(is_far(e) || t < 10.24 || t >= 20.16);
        n[t < 10.24 ? 0 : t < 20.16 ? 1 : 2]++;
    }
    ck_assert_uint_eq(n[0], 32);
    ck_assert_uint_eq(n[1], 16);
    ck_assert_uint_eq(n[2], 31);
    sim_clear(&run);
}
END_TEST

/* Two pools of one coverage: one slot a period in all, and each pool as often as the other; 99.9 % of a binomial are within 3.3 sd. */
START_TEST(among_several_pools_a_draw_decides)
{
    SimRun run = { .scenario = scenario_from_text(FOR("320 s") NEAR "[pool far]\nsubframe-bitmap = 000000000011111\n" UES, NULL), .keep = SLOTS };
    unsigned n_far[4] = { 0 }, n[4] = { 0 }, same = 0;
    bool first[1000] = { false };

    sim_run(&run);
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;
        unsigned ue = (e->entity[0] == 'o' ? 2 : 0) + (strchr(e->entity, '1') ? 1 : 0);
        uint64_t period = e->time_ns / MS / 320;

        ck_assert_uint_eq(period, n[ue]);
        n_far[ue] += is_far(e);
        n[ue]++;
        if (ue == 0)
            first[period] = is_far(e);
    }
    /* One UE's draws say nothing of another's. */
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;

        if (strcmp(e->entity, "in[1]") == 0)
            same += first[e->time_ns / MS / 320] == is_far(e);
    }
    for (unsigned ue = 0; ue < 2; ue++) {
        ck_assert_uint_eq(n[ue], 1000);
        ck_assert_double_le(fabs(n_far[ue] - 500.0), 3.3 * sqrt(250));
    }
    ck_assert_double_le(fabs(same - 500.0), 3.3 * sqrt(250));
    /* Out of coverage there is one pool, which serves both. */
    ck_assert_uint_eq(n_far[2], n[2]);
    ck_assert_uint_eq(n_far[3], n[3]);
    sim_clear(&run);
}
END_TEST

/* A single subframe for both pools: who sends in one hears nothing of the other, and others hear both. */
START_TEST(half_duplex_holds_across_pools)
{
    SimRun run = { .scenario = scenario_from_text(FOR("32 s") "[pool near]\ncoverage = in\nsubframes = 1\n[pool far]\ncoverage = out\nsubframes = 1\n"
                                                  UES "[ue-group ear]\ncount = 1\nmonitor = command\nplacement = point 20 m 20 m\nmobility = static\n",
                                                  (const char *const[]) { "ue-group in.count=1", "ue-group out.count=1", NULL }),
                   .keep = PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) };
    unsigned n = 0;

    sim_run(&run);
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;

        if (strcmp(e->entity, "ear[0]") == 0) {
            ck_assert_msg(strcmp(e->cause, "accepted") == 0 || strcmp(e->cause, "repeated") == 0, "%s", e->cause);
            n++;
        } else {
            ck_assert_str_eq(e->cause, "half-duplex");
        }
    }
    ck_assert_uint_eq(n, 200);
    ck_assert_uint_eq(run.events->len, 400);
    sim_clear(&run);
}
END_TEST

/* ---- times of a pool ---- */

/* Keys change at 70 s and 140 s, and one UE is shut out at 100 s; within 5 s of these, and from 20 s to 21 s, there is PC5. */
START_TEST(pc5_is_simulated_while_the_pool_is_active)
{
    static const double active[][2] = { { 20, 21 }, { 65, 75 }, { 95, 105 }, { 135, 145 } };
    SimRun run = { .scenario = scenario_from_text(FOR("160 s") "[pkmf hq]\nmax-offset = 5 s\n[pdn lan]\nloss = 0 %\n"
                                                  "[discovery command]\ndiscovery-group-id = 0xA1B2\npkmf = hq\ncryptoperiod = 70 s\nlead = 20 s\n"
                                                  "[pool]\nactive = around-rollover 5 s, 20 s .. 21 s\n"
                                                  "[ue-group pair]\ncount = 2\nannounce = command\nmonitor = command\npdn = lan\nmobility = static\nplacement = grid 5 m\n"
                                                  "[event e]\nat = 100 s\ndo = revoke pair[1] command\n", NULL), .keep = SLOTS };
    unsigned n[4] = { 0 };
    g_autofree char *said = NULL;

    sim_run(&run);
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;
        double begin = floor((double) e->time_ns / 320e6) * 0.32;
        size_t k = 0;

        while (k < G_N_ELEMENTS(active) && begin >= active[k][1])
            k++;
        ck_assert_msg(k < G_N_ELEMENTS(active) && begin >= active[k][0], "a period at %f s", begin);
        n[k]++;
    }
    /* Periods that begin in [20, 21): three; in ten seconds 31. */
    ck_assert_uint_eq(n[0], 2 * 3);
    for (unsigned k = 1; k < 4; k++)
        ck_assert_uint_ge(n[k], 2 * 31);
    ck_assert_int_eq(summary_int(run.root, "pool.periods"), (n[0] + n[1] + n[2] + n[3]) / 2);
    ck_assert_double_eq_tol(summary_double(run.root, "pool.simulated"), 0.32 * (n[0] + n[1] + n[2] + n[3]) / 2, 1e-9);
    said = g_strdup_printf("  Simulated  PC5 for %.10g of 160 s in [pool], %u periods\n", 0.32 * (n[0] + n[1] + n[2] + n[3]) / 2,
                           (n[0] + n[1] + n[2] + n[3]) / 2);
    ck_assert_ptr_nonnull(strstr(run.result.text, said));
    sim_clear(&run);

    run = (SimRun) { .scenario = scenario_from_text(FOR("10 s") UES "[pool]\nactive = none\n", NULL), .keep = SLOTS };
    sim_run(&run);
    ck_assert_uint_eq(run.events->len, 0);
    ck_assert_int_eq(summary_int(run.root, "pool.periods"), 0);
    sim_clear(&run);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pools");
    TCase *tc = tcase_create("pools");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, ues_send_in_the_pool_of_their_coverage_and_hear_all);
    tcase_add_test(tc, a_ue_whose_coverage_changes_takes_the_other_pool_from_its_next_period_on);
    tcase_add_test(tc, among_several_pools_a_draw_decides);
    tcase_add_test(tc, half_duplex_holds_across_pools);
    tcase_add_test(tc, pc5_is_simulated_while_the_pool_is_active);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
