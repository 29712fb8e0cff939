/* SPDX-License-Identifier: GPL-2.0-only */
/* PC5 in a run: slots, copies, what meets in a resource, who is in range. */
#include "run.h"

#include <math.h>

/* All on and supplied well before 2 s, and standing still within sight; counting starts there. */
#define SCENARIO(pool, radio, discoveries, roles) \
    "[simulation]\nduration = 12 s\nwarm-up = 2 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[radio]\n" radio "[pool]\n" pool \
    "[pkmf east]\nfqdn = pkmf.east.example\n" discoveries \
    "[pdn lan]\nloss = 0 %\n" \
    "[ue-group engines]\ncount = 5\n" roles "pdn = lan\nplacement = grid 10 m\nmobility = static\n"
#define COMMAND "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\n"
#define RELAY "[discovery relay]\nrelay-service-code = 7\npkmf = east\n"
#define BOTH "announce = command\nmonitor = command\n"

static SimRun
run_text(const char *text, const char *setting)
{
    const char *const settings[] = { setting, NULL };
    SimRun run = { .scenario = scenario_from_text(text, setting ? settings : NULL),
                   .keep = PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) };

    sim_run(&run);
    return run;
}

/* The slot that a candidate is of: its peer's last one with that resource. */
static const ProseEvent *
slot_of(const SimRun *run, unsigned candidate)
{
    const ProseEvent *c = &g_array_index(run->events, SeenEvent, candidate).event;

    for (unsigned i = candidate; i-- > 0;) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;

        if (e->type == PROSE_EVENT_SLOT_SENT && strcmp(e->entity, c->peer) == 0 && e->resource == c->resource
            && prose_key_scope_equal(e->scope, c->scope))
            return e;
    }
    return NULL;
}

/* Copies lie 40 ms apart, so that some straddle seconds. */
START_TEST(a_transmission_is_one_candidate_whatever_its_copies)
{
    g_autofree char *copies = g_strdup_printf("pool.retransmissions=%d", _i);
    g_auto(SimRun) run = run_text(SCENARIO("period = rf64\nsubframe-bitmap = 1000000000000000000000000000000000000000\nrepetitions = 16\n"
                                           "resources-per-subframe = 10\n", "", COMMAND, BOTH), copies);
    unsigned later = 0, across = 0;

    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), 4 * summary_int(run.root, "pc5.sent"));
    ck_assert_int_gt(summary_int(run.root, "pc5.sent"), 5 * 14);
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *c = &g_array_index(run.events, SeenEvent, i).event;
        const ProseEvent *s;

        if (c->type != PROSE_EVENT_CANDIDATE)
            continue;
        s = slot_of(&run, i);
        ck_assert_ptr_nonnull(s);
        /* Rules T3: the counter of the first subframe, also where a copy comes in the next second. */
        ck_assert_uint_eq(c->slot_counter, s->slot_counter);
        ck_assert_uint_eq(g_array_index(run.events, SeenEvent, i).about.since_ns, s->time_ns);
        later += c->time_ns > s->time_ns;
        across += c->time_ns / 1000000000 != s->time_ns / 1000000000;
    }
    ck_assert(_i == 0 ? later == 0 : later > 0);
    ck_assert(_i == 0 ? across == 0 : _i < 3 || across > 0);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.mic") + summary_int(run.root, "pc5.outcome.stale"), 0);
}
END_TEST

/* With copies, what one resource loses another may bring. */
START_TEST(copies_help)
{
    const char *const text = SCENARIO("subframes = 40\nresources-per-subframe = 2\n", "reception = collision\n", COMMAND, BOTH);
    g_auto(SimRun) without = run_text(text, NULL), with = run_text(text, "pool.retransmissions=1");
    double lost_without = (double) (summary_int(without.root, "pc5.outcome.collision") + summary_int(without.root, "pc5.outcome.half-duplex"))
                          / (double) summary_int(without.root, "pc5.candidates");
    double lost_with = (double) summary_int(with.root, "pc5.outcome.collision") / (double) summary_int(with.root, "pc5.candidates");

    ck_assert_double_gt(lost_without, 0);
    ck_assert_double_lt(lost_with, lost_without);
}
END_TEST

START_TEST(who_sends_in_a_subframe_hears_nobody_there)
{
    /* One subframe: everybody sends in it. */
    g_auto(SimRun) run = run_text(SCENARIO("subframes = 1\nresources-per-subframe = 50\n", "", COMMAND, BOTH), NULL);

    ck_assert_int_gt(summary_int(run.root, "pc5.candidates"), 0);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.half-duplex"), summary_int(run.root, "pc5.candidates"));
}
END_TEST

START_TEST(what_meets_in_the_only_resource_is_lost)
{
    /* Two listeners that never send hear three senders in one resource, with no capture. */
    g_auto(SimRun) run = run_text(SCENARIO("subframes = 1\nresources-per-subframe = 1\n", "reception = collision\n", COMMAND, "announce = command\n")
                                  "[ue-group ears]\ncount = 2\nmonitor = command\npdn = lan\nplacement = grid 10 m\nmobility = static\n", NULL);

    ck_assert_int_gt(summary_int(run.root, "pc5.candidates"), 0);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.collision"), summary_int(run.root, "pc5.candidates"));
    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), 2 * summary_int(run.root, "pc5.sent"));
}
END_TEST

/* Where its power is below the sensitivity a transmission is no candidate; for drawn power it is a weak one. */
START_TEST(the_far_are_out_of_reach_and_the_near_are_heard)
{
    g_auto(SimRun) run = run_text(SCENARIO("subframes = 40\nresources-per-subframe = 50\n", "area = 60 km x 1 km\n", COMMAND, BOTH)
                                  "[ue-group far]\ncount = 1\nmonitor = command\npdn = lan\nplacement = point 50 km 0 m\nmobility = static\n",
                                  _i == 0 ? "radio.propagation=log-distance" : "radio.propagation=log-distance + nakagami");

    ck_assert(_i == 0 ? summary_int(run.root, "by-ue-group.far.pc5.candidates") == 0 : summary_int(run.root, "by-ue-group.far.pc5.candidates") > 0);
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.far.pc5.outcome.weak"), summary_int(run.root, "by-ue-group.far.pc5.candidates"));
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.engines.pc5.outcome.weak"), 0);
    ck_assert_int_gt(summary_int(run.root, "by-ue-group.engines.pc5.outcome.accepted"), 0);
}
END_TEST

START_TEST(each_discovery_has_its_own_slot_and_draw)
{
    g_auto(SimRun) run = run_text(SCENARIO("tx-probability = p50\n", "", COMMAND RELAY, "announce = command, relay\nmonitor = command, relay\n"), NULL);
    int64_t slots = summary_int(run.root, "pc5.slots");
    unsigned same = 0, both = 0;

    ck_assert_int_eq(summary_int(run.root, "by-discovery.command.pc5.slots"), summary_int(run.root, "by-discovery.relay.pc5.slots"));
    ck_assert_double_eq_tol((double) summary_int(run.root, "pc5.sent") / (double) slots, 0.5, 0.1);
    ck_assert_int_eq(summary_int(run.root, "pc5.sent") + summary_int(run.root, "pc5.refused.probability"), slots);
    ck_assert_int_eq(summary_int(run.root, "pc5.opportunities"), 4 * slots);
    /* In a period in which a UE uses both, the resources are equal no oftener than chance has it. */
    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *a = &g_array_index(run.events, SeenEvent, i).event;

        if (a->type != PROSE_EVENT_SLOT_SENT)
            continue;
        for (unsigned j = i + 1; j < run.events->len; j++) {
            const ProseEvent *b = &g_array_index(run.events, SeenEvent, j).event;

            if (b->time_ns / 320000000 != a->time_ns / 320000000)
                break;
            if (b->type == PROSE_EVENT_SLOT_SENT && strcmp(a->entity, b->entity) == 0) {
                both++;
                same += a->resource == b->resource;
            }
        }
    }
    ck_assert_uint_gt(both, 20);
    ck_assert_uint_lt(same, both / 4);
}
END_TEST

/* Rules P2: a UE hears other discoveries too, and says they are not for it. */
START_TEST(other_discoveries_are_candidates_that_are_not_for_me)
{
    g_auto(SimRun) run = run_text(SCENARIO("", "", COMMAND RELAY, BOTH)
                                  "[ue-group others]\ncount = 3\nannounce = relay\nmonitor = relay\npdn = lan\nplacement = grid 10 m\nmobility = static\n", NULL);
    JsonObject *others = json_object_get_object_member(json_object_get_object_member(run.root, "by-ue-group"), "others");

    ck_assert_int_gt(summary_int(others, "pc5.outcome.not-for-me"), 0);
    ck_assert_int_eq(summary_int(others, "discovery.pairs"), 6);
    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), 7 * summary_int(run.root, "pc5.sent"));
    /* Opportunities are of one's own discovery. */
    ck_assert_int_eq(summary_int(run.root, "by-discovery.relay.pc5.opportunities"), 2 * summary_int(run.root, "by-discovery.relay.pc5.slots"));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("radio");
    TCase *tc = tcase_create("radio");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_transmission_is_one_candidate_whatever_its_copies, 0, 4);
    tcase_add_test(tc, copies_help);
    tcase_add_test(tc, who_sends_in_a_subframe_hears_nobody_there);
    tcase_add_test(tc, what_meets_in_the_only_resource_is_lost);
    tcase_add_loop_test(tc, the_far_are_out_of_reach_and_the_near_are_heard, 0, 2);
    tcase_add_test(tc, each_discovery_has_its_own_slot_and_draw);
    tcase_add_test(tc, other_discoveries_are_candidates_that_are_not_for_me);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
