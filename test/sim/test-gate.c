/* SPDX-License-Identifier: GPL-2.0-only */
/* REQ-66422-31 through ns-3: the slots that a UE uses, those that it does not use, and what the trace says of both. */
#include "run.h"

#include <math.h>

/* CURRENT_TIME is in whole seconds and takes its time to arrive, so every ProSe clock is up to a second behind. With MAX_OFFSET
 * 0 that costs the slots that begin before it turns; with 1 s nothing, until drift has added a second of its own. */
#define SCENARIO(max_offset, drift) \
    "[simulation]\nduration = 60 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = " max_offset "\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\n" \
    "[pdn lan]\n" \
    "[ue-group engines]\ncount = 4\nannounce = command\nmonitor = command\npdn = lan\nprose-clock-drift = " drift "\n"

static const struct { const char *scenario; double max_offset; bool refuses; } cases[] = {
    { SCENARIO("0 s", "0 ppm"), 0, true }, { SCENARIO("1 s", "0 ppm"), 1, false }, { SCENARIO("2 s", "100000 ppm"), 2, true },
};

/* REQ-66422-31 */
START_TEST(a_slot_beyond_max_offset_is_not_used_and_the_trace_says_why)
{
    SimRun run = { .scenario = scenario_from_text(cases[_i].scenario, NULL),
                   .keep = PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED) };
    unsigned n_sent = 0, n_refused = 0;

    sim_run(&run);
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;
        /* Between the slot's counter, which is whole, and the floor of the clock. */
        double apart = e->has_offset ? fabs(ceil(e->clock_offset_s - 1e-9)) : 0;

        if (e->type == PROSE_EVENT_SLOT_SENT) {
            ck_assert(e->has_offset);
            ck_assert_msg(apart <= cases[_i].max_offset, "sent at %f s", e->clock_offset_s);
            n_sent++;
        } else if (g_strcmp0(e->cause, "clock-offset") == 0) {
            ck_assert(e->has_offset);
            ck_assert_msg(apart > cases[_i].max_offset, "refused at %f s", e->clock_offset_s);
            n_refused++;
        }
    }
    ck_assert_uint_gt(n_sent, 20);
    ck_assert_int_eq(n_refused > 0, cases[_i].refuses);
    ck_assert_int_eq(summary_count(run.root, "pc5.refused", "clock-offset"), n_refused);
    sim_clear(&run);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("gate");
    TCase *tc = tcase_create("gate");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_slot_beyond_max_offset_is_not_used_and_the_trace_says_why, 0, G_N_ELEMENTS(cases));
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
