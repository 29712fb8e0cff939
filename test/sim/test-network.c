/* SPDX-License-Identifier: GPL-2.0-only */
/* PDN connections that go and come back, losses, servers that are away, users who start, stop and are revoked: through ns-3. */
#include "run.h"

#define HEAD \
    "[simulation]\nduration = 60 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 3 s\n"
#define COMMAND "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 40 s\nlead = 10 s\n"
#define ENGINES(more) "[ue-group engines]\ncount = 3\nannounce = command\nmonitor = command\npdn = lan\n" more
#define PLAIN HEAD COMMAND "[pdn lan]\nloss = 0 %\n" ENGINES("")

static SimRun
run_text(const char *text)
{
    SimRun run = { .scenario = scenario_from_text(text, NULL),
                   .keep = PROSE_EVENTS_ALL & ~(PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT)) };

    sim_run(&run);
    return run;
}

static double
seconds(const ProseEvent *e)
{
    ck_assert_ptr_nonnull(e);
    return (double) e->time_ns / 1e9;
}

/* ---- addresses ---- */

START_TEST(the_lowest_free_address_is_given_but_never_the_one_before)
{
    /* engines[0] comes first and has .0.2; it gives it back and gets the lowest of the others; engines[1] then takes .0.2. */
    g_auto(SimRun) run = run_text(HEAD COMMAND "[pdn lan]\nloss = 0 %\n" ENGINES("")
                                  "[ue engines[1]]\npower-on = 30 s\n[ue engines[2]]\npower-on = 40 s\n"
                                  "[event a]\nat = 10 s\ndo = network-releases-pdn engines[0]\n"
                                  "[event b]\nat = 20 s\ndo = network-releases-pdn engines[0]\n");

    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[0]", 0, 0)->value, 0x0A010002);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[0]", 10, 0)->value, 0x0A010003);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[0]", 20, 0)->value, 0x0A010002);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[1]", 30, 0)->value, 0x0A010003);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[2]", 40, 0)->value, 0x0A010004);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 3);
}
END_TEST

START_TEST(gateways_share_the_ues_and_have_pools_of_their_own)
{
    g_auto(SimRun) run = run_text(HEAD COMMAND "[pdn lan]\nloss = 0 %\ngateways = 2\n" ENGINES(""));

    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[0]", 0, 0)->value, 0x0A010002);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[1]", 0, 0)->value, 0x0A020002);
    ck_assert_double_eq(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[2]", 0, 0)->value, 0x0A010003);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 3);
}
END_TEST

/* ---- release ---- */

/* REQ-66422-05 */
START_TEST(after_a_release_by_the_network_the_ue_tells_its_new_address)
{
    g_auto(SimRun) run = run_text(PLAIN "[event give-back]\nat = 20 s\ndo = network-releases-pdn engines[1]\n");
    const ProseEvent *asked = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "engines[1]", 20, 0);

    ck_assert_str_eq(sim_find(&run, PROSE_EVENT_PDN_RELEASED, "engines[1]", 20, 0)->cause, "by-network");
    ck_assert_double_le(seconds(sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[1]", 20, 0)), 20.2);
    ck_assert_ptr_nonnull(asked);
    ck_assert_str_eq(asked->cause, "address");
    /* The next key, 10 s ahead of its start at 40 s, arrives there. */
    ck_assert_double_le(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 20, 0)), 31);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 3);
    ck_assert_int_eq(summary_int(run.root, "pdn.released"), 1);
    ck_assert_int_eq(summary_count(run.root, "pdn.release", "by-network"), 1);
}
END_TEST

static uint32_t current_address;
static unsigned from_elsewhere;

static void
follow_address_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    current_address = event->type == PROSE_EVENT_PDN_OPENED ? (uint32_t) event->value : 0;
}

static bool
check_source_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    from_elsewhere += uplink && prose_get_u32(packet + 12) != current_address;
    return true;
}

/* Cut while a request is under way: its TCP ends in silence, and nothing is ever sent from the old address again. */
/* REQ-66422-05 */
START_TEST(a_release_in_the_middle_of_a_request_is_survived)
{
    static const char *const moments[] = { "0.12 s", "0.16 s", "0.2 s", "0.24 s", "0.28 s", "0.3 s", "0.32 s", "0.34 s" };
    g_autofree char *text = g_strconcat(PLAIN "[event give-back]\nat = ", moments[_i], "\ndo = network-releases-pdn engines\n", NULL);
    const char *const settings[] = { "engines.count=1", NULL };
    g_auto(SimRun) run = {
        .scenario = scenario_from_text(text, settings),
        .hooks = { .read = follow_address_cb, .tap = check_source_cb,
                   .reader_wants = PROSE_EVENT_BIT(PROSE_EVENT_PDN_OPENED) | PROSE_EVENT_BIT(PROSE_EVENT_PDN_RELEASED) },
    };

    from_elsewhere = 0;
    sim_run(&run);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 1);
    ck_assert_int_eq(summary_int(run.root, "pdn.opened"), 2);
    ck_assert_int_eq(summary_int(run.root, "keys.requests-open"), 0);
    ck_assert_uint_eq(from_elsewhere, 0);
}
END_TEST

/* REQ-66422-03, R7: the PDN connection stays until the PKMF has answered the stop. */
/* REQ-66422-03 */
START_TEST(a_release_by_the_user_waits_for_the_pkmf)
{
    g_auto(SimRun) run = run_text(PLAIN "[event leave]\nat = 20 s\ndo = ue-releases-pdn engines[1]\n");
    const ProseEvent *held = sim_find(&run, PROSE_EVENT_PDN_RELEASE_HELD, "engines[1]", 0, 0);
    const ProseEvent *answered = sim_find(&run, PROSE_EVENT_KEY_RESPONSE_RECEIVED, "engines[1]", 20, 0);
    const ProseEvent *released = sim_find(&run, PROSE_EVENT_PDN_RELEASED, "engines[1]", 0, 0);

    ck_assert_double_eq(seconds(held), 20);
    ck_assert_double_gt(seconds(answered), 20);
    ck_assert_double_ge(seconds(released), seconds(answered));
    ck_assert_str_eq(released->cause, "by-ue");
    /* No key follows; the others get theirs. */
    ck_assert_ptr_null(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 20, 0));
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[0]", 20, 0));
    ck_assert_int_eq(summary_int(run.root, "rollover.wanted"), 2);
}
END_TEST

/* REQ-66422-03 */
START_TEST(while_the_pkmf_is_away_the_release_is_held)
{
    g_auto(SimRun) run = run_text(PLAIN "[event away]\nat = 19 s\ndo = pkmf-down east\n"
                                  "[event leave]\nat = 20 s\ndo = ue-releases-pdn engines[1]\n"
                                  "[event back]\nat = 35 s\ndo = pkmf-up east\n");
    const ProseEvent *released = sim_find(&run, PROSE_EVENT_PDN_RELEASED, "engines[1]", 0, 0);

    ck_assert_double_gt(seconds(released), 35);
    ck_assert_uint_ge(sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "engines[1]", NULL, NULL), 1);
}
END_TEST

/* ---- losses and servers ---- */

START_TEST(losses_cost_time_and_nothing_else)
{
    g_auto(SimRun) run = run_text(HEAD COMMAND "[pdn lan]\nloss = 20 %\n"
                                  "[ue-group engines]\ncount = 20\nhold = command\npdn = lan\n");

    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 20);
    ck_assert_int_gt(summary_int(run.root, "keys.retransmitted"), 0);
    ck_assert_double_gt(summary_double(run.root, "keys.request-to-response.max"), 0.5);
}
END_TEST

START_TEST(a_pkmf_that_is_away_is_asked_again)
{
    g_auto(SimRun) run = run_text(PLAIN "[event away]\nat = 0 s\ndo = pkmf-down east\n[event back]\nat = 10 s\ndo = pkmf-up east\n");

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PKMF_DOWN, "pkmf east", NULL, NULL), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PKMF_UP, "pkmf east", NULL, NULL), 1);
    ck_assert_uint_ge(sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, NULL, NULL, NULL), 3);
    ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, NULL, 0, 0)), 10);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 3);
    ck_assert_int_eq(summary_sum(run.root, "keys.failed"), sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, NULL, NULL, NULL));
}
END_TEST

/* REQ-66422-02 */
START_TEST(a_prose_function_that_is_away_is_asked_again)
{
    g_auto(SimRun) run = run_text("[prose-function operator]\npkmfs = east\noutage = 0 s .. 10 s\n" HEAD COMMAND "[pdn lan]\n"
                                  ENGINES("pkmf-known = prose-function\n"));

    ck_assert_uint_ge(sim_count(&run, PROSE_EVENT_PC3_FAILED, NULL, NULL, NULL), 3);
    ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_PC3_ANSWERED, NULL, 0, 0)), 10);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 3);
}
END_TEST

START_TEST(a_ue_without_a_pdn_asks_nobody)
{
    g_auto(SimRun) run = run_text(PLAIN "[ue-group lonely]\ncount = 1\nmonitor = command\n");

    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_PDN_OPENED, "lonely[0]", NULL, NULL), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_REQUEST_SENT, "lonely[0]", NULL, NULL), 0);
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.lonely.keys.ues-waiting"), 1);
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.lonely.pc5.candidates"),
                     summary_int(run.root, "by-ue-group.lonely.pc5.outcome.no-key")
                     + summary_int(run.root, "by-ue-group.lonely.pc5.outcome.collision"));
}
END_TEST

/* ---- users ---- */

/* REQ-662-04 */
START_TEST(who_is_revoked_gets_no_more_keys)
{
    g_auto(SimRun) run = run_text(PLAIN "[event leaver]\nat = 20 s\ndo = revoke engines[1] command\n");
    const ProseEvent *last_stored = NULL;

    for (unsigned n = 0;; n++) {
        const ProseEvent *e = sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 0, n);

        if (!e)
            break;
        last_stored = e;
    }
    ck_assert_double_lt(seconds(last_stored), 20);
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_AUTHORISATION_CHANGED, "pkmf east", 20, 0));
    /* The others: a new key for the running period at once (K7), and the next one in its time. */
    ck_assert_double_lt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[0]", 20, 0)), 21);
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[0]", 20, 1));
    ck_assert_ptr_nonnull(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[2]", 20, 1));
}
END_TEST

/* REQ-66422-15 */
START_TEST(who_is_authorised_later_gets_keys_then)
{
    g_auto(SimRun) run = run_text(PLAIN "[ue engines[1]]\nauthorised = none\n[event joiner]\nat = 20 s\ndo = authorise engines[1] command\n"
                                  "[event again]\nat = 25 s\ndo = network-releases-pdn engines[1]\n");

    ck_assert_double_ge(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[1]", 0, 0)), 20);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 3);
}
END_TEST

START_TEST(who_stops_is_silent_until_he_starts_again)
{
    g_auto(SimRun) run = { .scenario = scenario_from_text(PLAIN "[event stop]\nat = 20 s\ndo = stop engines[1] command\n"
                                                          "[event start]\nat = 30 s\ndo = start engines[1] command\n", NULL),
                           .keep = PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) };
    unsigned before = 0, while_stopped = 0, after = 0;

    sim_run(&run);
    for (unsigned n = 0;; n++) {
        const ProseEvent *e = sim_find(&run, PROSE_EVENT_SLOT_SENT, "engines[1]", 0, n);

        if (!e)
            break;
        before += seconds(e) < 20;
        while_stopped += seconds(e) >= 20 && seconds(e) < 30;
        after += seconds(e) >= 30;
    }
    ck_assert_uint_gt(before, 0);
    ck_assert_uint_eq(while_stopped, 0);
    ck_assert_uint_gt(after, 0);
}
END_TEST

/* Model B: who is asked answers, in a later slot, and only then. */
START_TEST(a_solicitation_is_answered)
{
    g_auto(SimRun) run = run_text(HEAD "[discovery relay]\nrelay-service-code = 7\npkmf = east\n[pdn lan]\n"
                                  "[ue-group relays]\ncount = 2\nrespond = relay\npdn = lan\n"
                                  "[ue-group remotes]\ncount = 1\nsolicit = relay\npdn = lan\npower-on = 20 s\n");

    ck_assert_int_eq(summary_int(run.root, "discovery.pairs"), 4);
    ck_assert_int_eq(summary_int(run.root, "discovery.discovered"), 4);
    ck_assert_int_gt(summary_int(run.root, "by-ue-group.relays.pc5.sent"), 10);
    /* Every second period for the one who asks, and no more answers than questions heard by each. */
    ck_assert_int_le(summary_int(run.root, "by-ue-group.remotes.pc5.slots"), 40 * 1000 / 320 / 2 + 1);
    ck_assert_int_le(summary_int(run.root, "by-ue-group.relays.pc5.sent"), 2 * summary_int(run.root, "by-ue-group.remotes.pc5.sent"));
    ck_assert_double_gt(seconds(sim_find(&run, PROSE_EVENT_DISCOVERED, "remotes[0]", 0, 0)), 20);
}
END_TEST

/* A warm-up leaves out whole items, and the rest still adds up (sim_run() looks). */
START_TEST(after_a_warm_up_everything_still_adds_up)
{
    g_auto(SimRun) all = run_text(PLAIN), late = { 0 };
    const char *const settings[] = { "simulation.warm-up=20.05 s", NULL };

    late.scenario = scenario_from_text(PLAIN, settings);
    sim_run(&late);
    ck_assert_int_eq(summary_int(late.root, "keys.requests"), 0);
    ck_assert_int_eq(summary_int(late.root, "keys.deliveries"), 3);
    ck_assert_int_lt(summary_int(late.root, "pc5.slots"), summary_int(all.root, "pc5.slots"));
    ck_assert_int_gt(summary_int(late.root, "pc5.slots"), 0);
    ck_assert_int_lt(summary_int(late.root, "pdn.octets-down"), summary_int(all.root, "pdn.octets-down"));
    ck_assert_int_gt(summary_int(late.root, "pdn.octets-down"), 0);
    ck_assert_int_eq(summary_int(late.root, "pkmf.jobs"), 3);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("network");
    TCase *tc = tcase_create("network");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_lowest_free_address_is_given_but_never_the_one_before);
    tcase_add_test(tc, gateways_share_the_ues_and_have_pools_of_their_own);
    tcase_add_test(tc, after_a_release_by_the_network_the_ue_tells_its_new_address);
    tcase_add_loop_test(tc, a_release_in_the_middle_of_a_request_is_survived, 0, 8);
    tcase_add_test(tc, a_release_by_the_user_waits_for_the_pkmf);
    tcase_add_test(tc, while_the_pkmf_is_away_the_release_is_held);
    tcase_add_test(tc, losses_cost_time_and_nothing_else);
    tcase_add_test(tc, a_pkmf_that_is_away_is_asked_again);
    tcase_add_test(tc, a_prose_function_that_is_away_is_asked_again);
    tcase_add_test(tc, a_ue_without_a_pdn_asks_nobody);
    tcase_add_test(tc, who_is_revoked_gets_no_more_keys);
    tcase_add_test(tc, who_is_authorised_later_gets_keys_then);
    tcase_add_test(tc, who_stops_is_silent_until_he_starts_again);
    tcase_add_test(tc, a_solicitation_is_answered);
    tcase_add_test(tc, after_a_warm_up_everything_still_adds_up);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
