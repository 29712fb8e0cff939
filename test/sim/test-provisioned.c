/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys that the scenario gives (rules T2): nothing is asked of anybody, and successors come in time. */
#include "run.h"

#define CLOCK "utc-start = 2026-06-01T08:00:00Z\n"
#define START INT64_C(1780300800)
#define GROUP "[discovery command]\ndiscovery-group-id = 0x00A1B2\nkeys = provisioned\n"
#define CROWD(count) "[ue-group crowd]\ncount = " count "\nannounce = command\nmonitor = command\nplacement = grid 10 m\nmobility = static\n"
#define KEPT (PROSE_EVENT_BIT(PROSE_EVENT_KEY_STORED) | PROSE_EVENT_BIT(PROSE_EVENT_KEY_WIPED) | PROSE_EVENT_BIT(PROSE_EVENT_KEY_STARTED) \
              | PROSE_EVENT_BIT(PROSE_EVENT_CLOCK_SET) | PROSE_EVENT_BIT(PROSE_EVENT_PDN_OPENED) | PROSE_EVENT_BIT(PROSE_EVENT_KEY_REQUEST_SENT) \
              | PROSE_EVENT_BIT(PROSE_EVENT_NO_PKMF) | PROSE_EVENT_BIT(PROSE_EVENT_PSDK_ALLOCATED) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT))

static SimRun
run_text(const char *text, const char *const *settings)
{
    SimRun run = { .scenario = scenario_from_text(text, settings), .keep = KEPT };

    sim_run(&run);
    return run;
}

START_TEST(nobody_is_asked_for_what_is_given)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 8 s\n" CLOCK GROUP CROWD("10"), NULL);

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_REQUEST_SENT, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_NO_PKMF, NULL, NULL, NULL), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 10);
    ck_assert_int_eq(summary_int(run.root, "pc5.sent"), 10 * 25);
    ck_assert_int_eq(summary_int(run.root, "discovery.discovered"), 90);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.no-key") + summary_int(run.root, "pc5.outcome.mic"), 0);
    ck_assert_uint_eq(run.scenario->warnings->len, 0);
}
END_TEST

static void
no_port_cb(void *user, ProseTopology *topology)
{
    unsigned *n = user;

    for (unsigned i = 0; i < 10; i++) {
        uint64_t up, down;

        prose_topology_octets(topology, i, &up, &down);
        *n += prose_topology_gba(topology, i) == NULL && up + down == 0 && prose_ue_address(prose_topology_ue(topology, i)) == 0;
    }
}

/* A PDN connection that is there for others makes no difference. */
START_TEST(a_UE_of_given_keys_alone_has_no_network_side)
{
    SimRun run = { .scenario = scenario_from_text("[simulation]\nduration = 2 s\n" CLOCK "[pkmf east]\n[pdn lan]\n" GROUP CROWD("10") "pdn = lan\n", NULL) };
    unsigned n = 0;

    run.hooks.finished = no_port_cb;
    run.hooks.user = &n;
    sim_run(&run);
    ck_assert_uint_eq(n, 10);
    ck_assert_int_eq(summary_int(run.root, "pdn.opened"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.requests"), 0);
    sim_clear(&run);
}
END_TEST

/* 40 key periods of 10 s, MAX_OFFSET 1 s: every one has its key, at everybody, in time. */
START_TEST(successors_come_in_time_and_past_keys_go)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 400 s\n" CLOCK GROUP "cryptoperiod = 10 s\nmax-offset = 1 s\n" CROWD("2"), NULL);
    unsigned held[2] = { 0 }, most = 0;

    ck_assert_int_eq(summary_int(run.root, "pc5.slots"), summary_int(run.root, "pc5.sent"));
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.no-key"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 0);
    ck_assert_int_eq(summary_int(run.root, "rollover.count"), 39);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 2 * 39);
    for (unsigned i = 0; i < run.events->len; i++) {
        const SeenEvent *seen = &g_array_index(run.events, SeenEvent, i);

        if (seen->event.type == PROSE_EVENT_KEY_STORED) {
            held[seen->about.ue]++;
            most = MAX(most, held[seen->about.ue]);
            ck_assert_str_eq(seen->event.cause, "provisioned");
            /* IDs follow the periods, and are as far ahead of time as anybody looks. */
            ck_assert_int_eq(seen->event.key_id, (seen->event.valid_from - START) / 10 % 255 + 1);
            ck_assert_int_eq(seen->event.valid_to, seen->event.valid_from + 10);
            ck_assert_int_ge(seen->event.valid_from, START + (int64_t) (seen->event.time_ns / PROSE_NS_PER_S));
        } else if (seen->event.type == PROSE_EVENT_KEY_WIPED) {
            held[seen->about.ue]--;
        }
    }
    ck_assert_uint_le(most, 8);
    ck_assert_uint_ge(most, 2);
    /* Nothing is stored that begins after the run and its MAX_OFFSET. */
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_STORED, NULL, NULL, NULL), 2 * 41);
}
END_TEST

START_TEST(key_IDs_come_round)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 2600 s\n" CLOCK "[pool]\nperiod = rf1024\n" GROUP "cryptoperiod = 10 s\nmax-offset = 1 s\n" CROWD("2"), NULL);

    ck_assert_int_eq(summary_int(run.root, "pc5.slots"), summary_int(run.root, "pc5.sent"));
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 2 * 259);
}
END_TEST

START_TEST(who_is_switched_on_late_gets_what_is_due_then_and_true_time)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 100 s\n" CLOCK GROUP "cryptoperiod = 10 s\nmax-offset = 1 s\n" CROWD("2")
                                  "[ue crowd[1]]\npower-on = 55.5 s\nprose-clock-drift = 0 ppm\n", NULL);
    const ProseEvent *set = sim_find(&run, PROSE_EVENT_CLOCK_SET, "crowd[1]", 0, 0);
    const ProseEvent *first = sim_find(&run, PROSE_EVENT_KEY_STORED, "crowd[1]", 0, 0);
    const ProseEvent *sent = sim_find(&run, PROSE_EVENT_SLOT_SENT, "crowd[1]", 0, 0);

    ck_assert_uint_eq(set->time_ns, 55500 * PROSE_NS_PER_MS);
    ck_assert_double_eq(set->value, 1);
    ck_assert_str_eq(set->cause, "provisioned");
    ck_assert_uint_eq(first->time_ns, set->time_ns);
    ck_assert_int_eq(first->valid_from, START + 50);
    ck_assert_uint_eq(first->key_id, 6);
    /* The slot's counter, floored, against a clock that is right to the nanosecond. */
    ck_assert_double_le(sent->clock_offset_s, 0);
    ck_assert_double_gt(sent->clock_offset_s, -1);
    ck_assert_int_eq(summary_int(run.root, "pc5.slots"), summary_int(run.root, "pc5.sent"));
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.no-key"), 0);
}
END_TEST

START_TEST(nothing_is_sent_before_the_first_period)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 20 s\n" CLOCK GROUP "first-start = 2026-06-01T08:00:10Z\n" CROWD("2"), NULL);
    const ProseEvent *sent = sim_find(&run, PROSE_EVENT_SLOT_SENT, NULL, 0, 0);

    ck_assert_uint_ge(sent->time_ns, 10 * (uint64_t) PROSE_NS_PER_S);
    ck_assert_uint_le(sent->time_ns, 10400 * PROSE_NS_PER_MS);
    ck_assert_uint_eq(sent->key_id, 1);
    ck_assert_int_gt(summary_int(run.root, "pc5.refused.no-key"), 0);
}
END_TEST

START_TEST(who_is_not_authorised_is_given_no_keys)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 2 s\n" CLOCK GROUP CROWD("3") "[ue crowd[2]]\nauthorised = none\n", NULL);

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_STORED, "crowd[2]", NULL, NULL), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_SLOT_SENT, "crowd[2]", NULL, NULL), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 2);
    ck_assert_int_eq(summary_count(run.root, "keys.ues-refused", "not-authorised"), 1);
    ck_assert_int_gt(summary_int(run.root, "pc5.outcome.no-key"), 0);
}
END_TEST

/* One UE may fetch for one discovery and begin with the keys of another. */
START_TEST(given_and_fetched_keys_stand_side_by_side)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 10 s\n" CLOCK "[pkmf east]\n[discovery relay]\nrelay-service-code = 7\npkmf = east\n"
                                  GROUP "max-offset = 5 s\n[pdn lan]\nloss = 0 %\n"
                                  CROWD("2") "pdn = lan\nhold = relay\n", NULL);

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_STORED, "crowd[0]", "provisioned", NULL), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_STORED, "crowd[0]", NULL, NULL), 2);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, "crowd[0]", NULL, NULL), 1);
    ck_assert_int_eq(summary_int(run.root, "keys.answers"), 2);
    ck_assert_int_eq(summary_int(run.root, "by-discovery.relay.keys.answers"), 2);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 2);
    /* It announces before it could have fetched anything. */
    ck_assert_uint_lt(sim_find(&run, PROSE_EVENT_SLOT_SENT, "crowd[0]", 0, 0)->time_ns, 10 * PROSE_NS_PER_MS);
}
END_TEST

typedef struct Drawn { GString *octets; unsigned n; uint8_t other[PROSE_KEY_LEN]; } Drawn;

static void
drawn_cb(void *user, const char *entity, const uint8_t *octets, size_t len)
{
    Drawn *drawn = user;

    ck_assert(strcmp(entity, "command") == 0 || strcmp(entity, "other") == 0);
    if (strcmp(entity, "other") == 0)
        memcpy(drawn->other, octets, len);
    else if (drawn->n++ < 2)
        g_string_append_len(drawn->octets, (const char *) octets, (gssize) len);
}

static GString *
keys_of(const char *text, const char *const *settings)
{
    SimRun run = { .scenario = scenario_from_text(text, settings) };
    Drawn drawn = { .octets = g_string_new(NULL) };

    run.hooks.drawn = drawn_cb;
    run.hooks.user = &drawn;
    sim_run(&run);
    sim_clear(&run);
    ck_assert_mem_ne(drawn.other, drawn.octets->str, PROSE_KEY_LEN);
    return drawn.octets;
}

/* The draw depends on seed, discovery and period alone. */
START_TEST(another_UE_or_discovery_changes_no_key)
{
    const char *const text = "[simulation]\nduration = 15 s\n" CLOCK GROUP "cryptoperiod = 10 s\nmax-offset = 1 s\n" CROWD("2");
    g_autofree char *more = g_strconcat("[discovery other]\nrelay-service-code = 0x00A1B2\nkeys = provisioned\n", text, NULL);
    GString *plain = keys_of(text, NULL), *with_more = keys_of(more, (const char *const[]) { "crowd.count=3", "crowd.hold=other", NULL });
    GString *other_run = keys_of(text, (const char *const[]) { "simulation.run=2", NULL });

    ck_assert_uint_eq(plain->len, 2 * PROSE_KEY_LEN);
    ck_assert_mem_ne(plain->str, plain->str + PROSE_KEY_LEN, PROSE_KEY_LEN);
    ck_assert(g_string_equal(plain, with_more));
    ck_assert(!g_string_equal(plain, other_run));
    g_string_free(plain, TRUE);
    g_string_free(with_more, TRUE);
    g_string_free(other_run, TRUE);
}
END_TEST

static Suite *
suite(void)
{
    Suite *s = suite_create("provisioned");
    TCase *tc = tcase_create("keys");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, nobody_is_asked_for_what_is_given);
    tcase_add_test(tc, a_UE_of_given_keys_alone_has_no_network_side);
    tcase_add_test(tc, successors_come_in_time_and_past_keys_go);
    tcase_add_test(tc, key_IDs_come_round);
    tcase_add_test(tc, who_is_switched_on_late_gets_what_is_due_then_and_true_time);
    tcase_add_test(tc, nothing_is_sent_before_the_first_period);
    tcase_add_test(tc, who_is_not_authorised_is_given_no_keys);
    tcase_add_test(tc, given_and_fetched_keys_stand_side_by_side);
    tcase_add_test(tc, another_UE_or_discovery_changes_no_key);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(suite)
