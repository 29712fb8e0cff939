/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network at its worst, through ns-3: what is lost, taken away or out of order delays keys, and never loses them
 * for good (rules R1, R2, R7, M2; REQ-66422-03 to -07).
 */
#include "run.h"

#define EAST "[pkmf east]\nmax-offset = 3 s\n"
#define WEST "[pkmf west]\nmax-offset = 3 s\n"
#define LAN "[pdn lan]\nloss = 0 %\n"

static SimRun
run_text(const char *text)
{
    SimRun run = { .scenario = scenario_from_text(text, NULL),
                   .keep = PROSE_EVENTS_ALL & ~PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) };

    sim_run(&run);
    return run;
}

static double
seconds(const ProseEvent *e)
{
    ck_assert_ptr_nonnull(e);
    return (double) e->time_ns / 1e9;
}

/* ---- network release and new address ---- */

static uint32_t told;              /* the UE's address in the PKMF's newest Key Request */
static unsigned to_told, to_elsewhere;

static void
follow_requests_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    told = event->address;
}

static bool
watch_deliveries_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    const uint8_t *udp = packet + 4 * (packet[0] & 0x0F);
    bool is_delivery = !uplink && packet[9] == 17 && (udp[0] << 8 | udp[1]) == PROSE_PORT_MIKEY;

    to_told += is_delivery && prose_get_u32(packet + 16) == told;
    to_elsewhere += is_delivery && prose_get_u32(packet + 16) != told;
    return true;
}

/* Also if the release comes between a delivery and its retransmissions: the answer to the first is lost with the old
 * address, and whatever follows goes to the new one. */
static const char *const release_times[] = { "12 s", "14.99 s", "15.005 s", "15.015 s", "15.03 s", "16.5 s" };

/* REQ-66422-06, REQ-66422-07 */
START_TEST(deliveries_go_where_the_newest_key_request_came_from)
{
    g_autofree char *text = g_strconcat("[simulation]\nduration = 40 s\n" EAST LAN
        "[discovery command]\ndiscovery-group-id = 1\npkmf = east\ncryptoperiod = 30 s\nlead = 15 s\n"
        "[ue-group ue]\ncount = 1\nhold = command\npdn = lan\n"
        "[event taken]\nat = ", release_times[_i], "\ndo = network-releases-pdn ue\n", NULL);
    g_auto(SimRun) run = { .scenario = scenario_from_text(text, NULL),
                           .hooks = { .read = follow_requests_cb, .tap = watch_deliveries_cb,
                                      .reader_wants = PROSE_EVENT_BIT(PROSE_EVENT_KEY_REQUEST_RECEIVED) } };

    told = to_told = to_elsewhere = 0;
    sim_run(&run);
    ck_assert_int_eq(summary_count(run.root, "pdn.release", "by-network"), 1);
    ck_assert_uint_eq(told, 0x0A010003);           /* never the address it had before */
    ck_assert_uint_ge(to_told, 2);
    ck_assert_uint_eq(to_elsewhere, 0);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 1);
}
END_TEST

/* ---- 30 % of all packets lost, each way ---- */

static double
wait_after_send(unsigned attempt)
{
    return 2 << (attempt - 1);
}

/* Rules M2, of each delivery on its own: the next attempt 2, 4 or 8 s after the last, or the first again. */
static void
assert_retransmission_rules(const SimRun *run)
{
    GArray *sent = run->events;

    for (unsigned i = 0; i < sent->len; i++) {
        const SeenEvent *e = &g_array_index(sent, SeenEvent, i);
        unsigned k = i;

        if (e->event.type != PROSE_EVENT_KEY_DELIVERY_SENT || e->event.value == 1)
            continue;
        while (k-- > 0) {
            const SeenEvent *before = &g_array_index(sent, SeenEvent, k);

            if (before->event.type == e->event.type && before->about.peer == e->about.peer
                && before->event.key_id == e->event.key_id)
                break;
        }
        ck_assert_uint_lt(k, i);
        ck_assert_double_eq(e->event.value, g_array_index(sent, SeenEvent, k).event.value + 1);
        /* Making a message takes a worker 0.2 ms. */
        ck_assert_double_eq_tol(seconds(&e->event) - seconds(&g_array_index(sent, SeenEvent, k).event),
                                wait_after_send((unsigned) e->event.value - 1), 0.01);
    }
}

static bool
has_stored(const SimRun *run, int ue, uint8_t key_id)
{
    for (unsigned i = 0; i < run->events->len; i++) {
        const SeenEvent *e = &g_array_index(run->events, SeenEvent, i);

        if (e->event.type == PROSE_EVENT_KEY_STORED && e->about.ue == ue && e->event.key_id == key_id)
            return true;
    }
    return false;
}

START_TEST(thirty_per_cent_of_loss_delays_keys_and_loses_none)
{
    g_auto(SimRun) run = run_text("[simulation]\nduration = 900 s\n" EAST "[pdn lan]\nloss = 30 %\n"
        "[discovery command]\ndiscovery-group-id = 1\npkmf = east\ncryptoperiod = 600 s\nlead = 120 s\n"
        "[ue-group ue]\ncount = 20\nhold = command\npdn = lan\n");

    assert_retransmission_rules(&run);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 20);
    ck_assert_int_eq(summary_int(run.root, "rollover.wanted"), 20);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_msg(has_stored(&run, (int) i, 1) && has_stored(&run, (int) i, 2), "ue[%u] lacks a key", i);
    /* Each rule had its turn. */
    ck_assert_uint_gt(sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, NULL, "timeout", NULL), 0);
    ck_assert_uint_gt(sim_count(&run, PROSE_EVENT_UE_UNREACHABLE, NULL, NULL, NULL), 0);
    ck_assert_uint_gt(sim_count(&run, PROSE_EVENT_KEY_REQUEST_SENT, NULL, "successor", NULL), 0);
    ck_assert_uint_gt(sim_count(&run, PROSE_EVENT_KEY_ACKNOWLEDGED, NULL, "same-key", NULL), 0);
    ck_assert_int_gt(summary_int(run.root, "keys.retransmitted"), 10);
}
END_TEST

/* ---- PKMF away for a minute ---- */

#define OUTAGE \
    "[simulation]\nduration = 150 s\n" EAST LAN \
    "[discovery command]\ndiscovery-group-id = 1\npkmf = east\ncryptoperiod = 90 s\nlead = 20 s\n" \
    "[ue-group asker]\ncount = 1\nannounce = command\nmonitor = command\npdn = lan\n" \
    "[ue-group other]\ncount = 1\nannounce = command\nmonitor = command\npdn = lan\n" \
    "[event down]\nat = 20 s\ndo = pkmf-down east\n[event up]\nat = 80 s\ndo = pkmf-up east\n" \
    "[event taken]\nat = 25 s\ndo = network-releases-pdn asker\n"

/* Rules R2: after each failure 2, 4, 8, 16 s, then 60 s, with a new transaction ID each time. */
START_TEST(through_an_outage_of_a_minute_requests_are_retried_with_back_off)
{
    static const double waits_s[] = { 2, 4, 8, 16, 60 };
    g_auto(SimRun) run = run_text(OUTAGE);
    const ProseEvent *sent = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "asker[0]", 25, 0), *answered;

    ck_assert_str_eq(sent->cause, "address");
    for (unsigned i = 0; i < G_N_ELEMENTS(waits_s); i++) {
        const ProseEvent *failed = sim_find(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "asker[0]", 25, i);
        const ProseEvent *again = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "asker[0]", 25, i + 1);

        ck_assert_double_lt(seconds(failed) - seconds(sent), 1);
        ck_assert_double_eq(failed->value, i + 1);
        ck_assert_double_eq_tol(seconds(again) - seconds(failed), waits_s[i], 1e-6);
        ck_assert_str_eq(again->cause, "retry");
        ck_assert_double_ne(again->value, sent->value);
        sent = again;
    }
    /* By then it is back, and answers. */
    answered = sim_find(&run, PROSE_EVENT_KEY_RESPONSE_RECEIVED, "asker[0]", 25, 0);
    ck_assert_double_lt(seconds(answered) - seconds(sent), 1);
    ck_assert_ptr_null(sim_find(&run, PROSE_EVENT_KEY_REQUEST_FAILED, NULL, 80, 0));
}
END_TEST

/* The settings of one UE group, and a single UE that has none of it. */
START_TEST(a_ue_group_has_its_own_back_off)
{
    static const double waits_s[] = { 0.5, 1, 2, 4, 5, 5 };
    g_auto(SimRun) run = run_text(OUTAGE "[ue asker]\nback-off = 500 ms\nback-off-steady = 5 s\n[event too]\nat = 25 s\n"
                                         "do = network-releases-pdn other\n");

    for (unsigned i = 0; i < G_N_ELEMENTS(waits_s); i++) {
        const ProseEvent *failed = sim_find(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "asker[0]", 25, i);
        const ProseEvent *again = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "asker[0]", 25, i + 1);

        ck_assert_double_eq_tol(seconds(again) - seconds(failed), waits_s[i], 1e-6);
    }
    ck_assert_double_eq_tol(seconds(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "other[0]", 25, 1))
                            - seconds(sim_find(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "other[0]", 25, 0)), 2, 1e-6);
}
END_TEST

/* A PKMF that hears nobody: with its packets lost, each attempt ends at the time-out. */
START_TEST(a_request_is_given_up_after_its_time_out)
{
    g_auto(SimRun) run = run_text(OUTAGE "[ue asker]\nrequest-timeout = 1500 ms\npdn-outage = 24 s .. 60 s\n");
    const ProseEvent *sent = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "asker[0]", 25, 0);
    const ProseEvent *failed = sim_find(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "asker[0]", 25, 0);

    ck_assert_str_eq(failed->cause, "timeout");
    ck_assert_double_eq_tol(seconds(failed) - seconds(sent), 1.5, 1e-6);
}
END_TEST

START_TEST(through_an_outage_held_keys_stay_usable)
{
    g_auto(SimRun) run = run_text(OUTAGE);
    unsigned used = 0;

    for (unsigned n = 0;; n++) {
        const ProseEvent *e = sim_find(&run, PROSE_EVENT_SLOT_SENT, "asker[0]", 20, n);

        if (!e || seconds(e) >= 80)
            break;
        used++;
    }
    ck_assert_uint_ge(used, 60 * 1000 / 320 - 1);       /* every period of the outage */
    ck_assert_double_ge(seconds(sim_find(&run, PROSE_EVENT_KEY_WIPED, NULL, 0, 0)), 80);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.mic") + summary_int(run.root, "pc5.outcome.stale"), 0);
}
END_TEST

/* The next key was due at 70 s. Who kept its address is given it when the PKMF is back; the other was moved while
 * nobody could be told, and gets it after its Key Request got through. */
/* REQ-66422-33 */
START_TEST(what_was_due_in_an_outage_is_delivered_after_it)
{
    g_auto(SimRun) run = run_text(OUTAGE);
    const ProseEvent *answered = sim_find(&run, PROSE_EVENT_KEY_RESPONSE_RECEIVED, "asker[0]", 25, 0);

    ck_assert_double_ge(seconds(sim_find(&run, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, 20, 0)), 80);
    ck_assert_double_lt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "other[0]", 20, 0)), 80.1);
    ck_assert_double_ge(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "asker[0]", 20, 0)), seconds(answered));
    ck_assert_double_lt(seconds(sim_find(&run, PROSE_EVENT_KEY_STORED, "asker[0]", 20, 0)), seconds(answered) + 0.1);
    ck_assert_int_eq(summary_int(run.root, "rollover.wanted"), 2);
    ck_assert_int_eq(summary_int(run.root, "rollover.ready"), 1);
}
END_TEST

/* ---- two PKMFs ---- */

#define TWO_PKMFS \
    "[simulation]\nduration = 200 s\n" EAST WEST LAN \
    "[discovery command]\ndiscovery-group-id = 1\npkmf = east\n" \
    "[discovery rescue]\ndiscovery-group-id = 2\npkmf = west\n" \
    "[ue-group ue]\ncount = 1\nhold = command, rescue\npdn = lan\n" \
    "[event down]\nat = 19 s\ndo = pkmf-down west\n[event leave]\nat = 20 s\ndo = ue-releases-pdn ue\n"

/* REQ-66422-03 */
START_TEST(a_stop_to_one_of_two_pkmfs_is_not_enough_for_a_release)
{
    g_auto(SimRun) run = run_text(TWO_PKMFS "[event up]\nat = 100 s\ndo = pkmf-up west\n");
    const ProseEvent *held = sim_find(&run, PROSE_EVENT_PDN_RELEASE_HELD, "ue[0]", 0, 0);
    const ProseEvent *east = sim_find(&run, PROSE_EVENT_KEY_RESPONSE_RECEIVED, "ue[0]", 20, 0);
    const ProseEvent *west = sim_find(&run, PROSE_EVENT_KEY_RESPONSE_RECEIVED, "ue[0]", 20, 1);
    const ProseEvent *released = sim_find(&run, PROSE_EVENT_PDN_RELEASED, "ue[0]", 0, 0);

    ck_assert_double_eq(held->value, 2);
    ck_assert_str_eq(east->peer, "pkmf.east.example");
    ck_assert_double_lt(seconds(east), 20.3);
    ck_assert_str_eq(west->peer, "pkmf.west.example");
    ck_assert_double_gt(seconds(west), 100);
    ck_assert_str_eq(released->cause, "by-ue");
    ck_assert_uint_eq(released->time_ns, west->time_ns);
    ck_assert_int_eq(summary_int(run.root, "pdn.opened"), 1);
}
END_TEST

/* REQ-66422-03 */
START_TEST(a_release_that_nobody_answers_is_held_to_the_end)
{
    g_auto(SimRun) run = run_text(TWO_PKMFS);

    ck_assert_ptr_null(sim_find(&run, PROSE_EVENT_PDN_RELEASED, NULL, 0, 0));
    ck_assert_uint_ge(sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "ue[0]", NULL, "pkmf.west.example"), 5);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_REQUEST_FAILED, "ue[0]", NULL, "pkmf.east.example"), 0);
}
END_TEST

/* Rules R7: the network waits for nothing, and what its user wanted has happened. */
START_TEST(the_network_ends_what_a_user_s_release_waits_for)
{
    g_auto(SimRun) run = run_text(TWO_PKMFS "[event taken]\nat = 30 s\ndo = network-releases-pdn ue\n"
                                  "[event up]\nat = 40 s\ndo = pkmf-up west\n");
    const ProseEvent *released = sim_find(&run, PROSE_EVENT_PDN_RELEASED, "ue[0]", 0, 0);

    ck_assert_double_eq(seconds(released), 30);
    ck_assert_str_eq(released->cause, "by-network");
    ck_assert_int_eq(summary_int(run.root, "pdn.opened"), 1);
    ck_assert_ptr_null(sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "ue[0]", 30, 0));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("recovery");
    TCase *tc = tcase_create("recovery");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, deliveries_go_where_the_newest_key_request_came_from, 0, G_N_ELEMENTS(release_times));
    tcase_add_test(tc, thirty_per_cent_of_loss_delays_keys_and_loses_none);
    tcase_add_test(tc, through_an_outage_of_a_minute_requests_are_retried_with_back_off);
    tcase_add_test(tc, a_ue_group_has_its_own_back_off);
    tcase_add_test(tc, a_request_is_given_up_after_its_time_out);
    tcase_add_test(tc, through_an_outage_held_keys_stay_usable);
    tcase_add_test(tc, what_was_due_in_an_outage_is_delivered_after_it);
    tcase_add_test(tc, a_stop_to_one_of_two_pkmfs_is_not_enough_for_a_release);
    tcase_add_test(tc, a_release_that_nobody_answers_is_held_to_the_end);
    tcase_add_test(tc, the_network_ends_what_a_user_s_release_waits_for);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
