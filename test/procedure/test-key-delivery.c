/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the Key Response to keys in the UE's hands (REQ-66422-33, -07, -28; rules K2, M1 to M3, M5, R8).
 */
#include "one-pkmf.h"

static const ProseKeyScope voice = { PROSE_KEY_TYPE_PGK, 0x000001 };

/* ---- when it starts (REQ-66422-33, M1) ---- */

/* REQ-66422-33 */
START_TEST(the_key_follows_the_ue_s_close)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    const ProseEvent *event;

    client_want(alice, &command, 1, 5);
    /* The answer takes RIG_DELAY, close_notify comes back at once, the worker takes 1 ms. */
    event = sent_event(rig, alice, 0);
    ck_assert_uint_eq(event->time_ns, alice->answered_ns + 2 * RIG_DELAY + RIG_MS);
    ck_assert_uint_eq(rig->deliveries->len, 1);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice, 0)->value, 1);
    rig_free(rig);
}
END_TEST

static const struct { bool lingers, silent; uint64_t wait_ns; } closes[] = {
    { true, false, RIG_S },                /* does not close: a second after the response */
    { false, true, 2 * RIG_DELAY },        /* TCP alone is closed: that ends the tunnel too */
};

/* REQ-66422-33 */
START_TEST(or_a_second_after_the_response)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    alice->lingers = closes[_i].lingers;
    alice->silent_close = closes[_i].silent;
    client_want(alice, &command, 1, 5);
    ck_assert_uint_eq(sent_event(rig, alice, 0)->time_ns, alice->answered_ns + closes[_i].wait_ns + RIG_MS);
    rig_free(rig);
}
END_TEST

/* REQ-662-04, REQ-66422-14, REQ-66422-33 */
START_TEST(nothing_follows_what_was_refused_or_stopped)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);
    ProseKeyRequest request = request_new(1);

    rig_authorise(rig, both[0], relay, false);
    request_want(&request, relay, 0);
    request_stop(&request, command);
    client_ask_and_run(both[0], &request, 2 * PERIOD);
    ck_assert_uint_eq(rig->deliveries->len, 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

/* ---- what the message says (M5, K2) ---- */

/* REQ-66422-04, REQ-66422-23 */
START_TEST(a_delivery_says_what_was_promised)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProseMikeyMessage msg;
    ProseKeyScope scope;
    uint8_t id;

    client_want(alice, &relay, 1, 5);
    msg = decoded(sent(rig, 0));
    prose_mikey_delivery_scope(&msg, &scope, &id);
    ck_assert(msg.v);                      /* rules M5 */
    ck_assert(prose_key_scope_equal(scope, relay));
    ck_assert_uint_eq(id, 1);
    ck_assert_uint_eq(msg.t, prose_ntp_from_utc(RIG_UTC_START * PROSE_NS_PER_S + (int64_t) sent(rig, 0)->sent_ns));
    ck_assert_int_eq(client_key(alice, relay, 0)->valid_from, RIG_UTC_START);
    ck_assert_int_eq(client_key(alice, relay, 0)->valid_to, RIG_UTC_START + PERIOD);
    ck_assert_uint_eq(sent(rig, 0)->to, alice->address);
    rig_free(rig);
}
END_TEST

/* At a request: the current key, and every one whose VF - lead has come; VF of the newest in periods. */
static const struct { double at_s; unsigned n_keys; int64_t first, last; } request_times[] = {
    { 0, 1, 0, 0 },
    { PERIOD - LEAD - 1, 1, 0, 0 },
    { PERIOD - LEAD + 1, 2, 0, 1 },
    { PERIOD - 1, 2, 0, 1 },
    { PERIOD + 1, 1, 1, 1 },
    { 7 * PERIOD + PERIOD / 2, 1, 7, 7 },
};

/* REQ-66422-33 */
START_TEST(a_request_brings_the_current_key_and_what_is_due)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    rig_run_for(rig, request_times[_i].at_s);
    client_want(alice, &command, 1, 0.5);
    ck_assert_uint_eq(client_n_keys(alice, command), request_times[_i].n_keys);
    ck_assert_int_eq(client_key(alice, command, 0)->valid_from, RIG_UTC_START + request_times[_i].first * PERIOD);
    ck_assert_int_eq(client_key(alice, command, request_times[_i].n_keys - 1)->valid_from,
                     RIG_UTC_START + request_times[_i].last * PERIOD);
    rig_free(rig);
}
END_TEST

START_TEST(before_the_first_period_nothing_is_current)
{
    Rig *rig = rig_new();
    Client *alice;
    ProsePkmfDiscovery later = { .scope = command, .meta = { .mic = true }, .first_start_s = RIG_UTC_START + 1000,
                                 .cryptoperiod_s = PERIOD, .lead_s = 100 };

    rig_start(rig);
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &later), 0);
    alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, alice, command, true);
    client_want(alice, &command, 1, 5);
    ck_assert(client_answer(alice, command)->supplied);
    ck_assert_uint_eq(rig->deliveries->len, 0);
    rig_run_until(rig, 900 * RIG_S + RIG_MS);
    ck_assert_uint_eq(rig->deliveries->len, 1);
    ck_assert_uint_eq(sent(rig, 0)->sent_ns, 900 * RIG_S + RIG_MS);
    rig_free(rig);
}
END_TEST

/* REQ-66422-33 */
START_TEST(later_periods_come_at_their_lead_to_all_who_want_them)
{
    Client *all[3];
    Rig *rig = rig_of(3, all);

    client_want(all[0], &command, 1, 5);
    client_want(all[1], &command, 1, 5);
    client_want(all[2], &relay, 1, 5);
    for (unsigned period = 1; period <= 3; period++) {
        rig_forget(rig);
        rig_run_until(rig, (period * PERIOD - LEAD) * RIG_S - 1);
        ck_assert_uint_eq(rig->deliveries->len, 0);
        rig_run_until(rig, (period * PERIOD - LEAD) * RIG_S + RIG_MS);
        ck_assert_uint_eq(rig->deliveries->len, 3);
        ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 2);
        for (unsigned c = 0; c < 3; c++) {
            const ProseEvent *event = sent_event(rig, all[c], 0);

            ck_assert_int_eq(event->valid_from, RIG_UTC_START + period * PERIOD);
            ck_assert_int_eq(event->valid_to, RIG_UTC_START + (period + 1) * PERIOD);
            ck_assert(prose_key_scope_equal(event->scope, c < 2 ? command : relay));
        }
    }
    /* Both hold the same keys: those of command are one group's. */
    rig_run_for(rig, 1);
    for (size_t i = 0; i < 4; i++)
        ck_assert_mem_eq(client_key(all[0], command, i)->key, client_key(all[1], command, i)->key, PROSE_KEY_LEN);
    ck_assert_mem_ne(client_key(all[0], command, 0)->key, client_key(all[0], command, 1)->key, PROSE_KEY_LEN);
    rig_free(rig);
}
END_TEST

/* REQ-66422-33 */
START_TEST(a_group_key_is_delivered_like_a_discovery_s)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    ck_assert_int_eq(prose_pkmf_add_group(rig->pkmf, voice.id, PROSE_ALGORITHM_EEA2, RIG_UTC_START, PERIOD, LEAD), 0);
    rig_authorise(rig, alice, voice, true);
    client_want(alice, &voice, 1, 5);
    ck_assert(alice->got_pmk);
    ck_assert_uint_eq(client_n_keys(alice, voice), 1);
    ck_assert_uint_eq(sent_event(rig, alice, 0)->scope.type, PROSE_KEY_TYPE_PGK);
    rig_free(rig);
}
END_TEST

/* ---- order (M2), time stamps (M3) ---- */

/* REQ-66422-33 */
START_TEST(one_at_a_time_by_start_then_by_identity)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    const ProseKeyScope asked[] = { command, relay };
    const struct { ProseKeyScope scope; int64_t period; } want[] = { { relay, 0 }, { command, 0 }, { relay, 1 }, { command, 1 } };

    rig_run_until(rig, (PERIOD - LEAD + 1) * RIG_S);
    client_want(alice, asked, 2, 5);
    ck_assert_uint_eq(rig->deliveries->len, 4);
    for (guint i = 0; i < 4; i++) {
        ck_assert(prose_key_scope_equal(sent_event(rig, alice, (int) i)->scope, want[i].scope));
        ck_assert_int_eq(sent_event(rig, alice, (int) i)->valid_from, RIG_UTC_START + want[i].period * PERIOD);
        if (i > 0)                         /* not before the one before is verified */
            ck_assert_uint_gt(sent_event(rig, alice, (int) i)->time_ns,
                              rig_event(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice, (int) i - 1)->time_ns);
    }
    rig_free(rig);
}
END_TEST

START_TEST(a_key_that_starts_earlier_overtakes_what_waits)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    /* The next period of relay is out and unanswered when command is asked for. */
    client_want(alice, &relay, 1, 5);
    alice->deaf = true;
    rig_run_until(rig, (PERIOD - LEAD + 1) * RIG_S);
    alice->deaf = false;
    rig_forget(rig);
    client_want(alice, &command, 1, 5);
    ck_assert(prose_key_scope_equal(sent_event(rig, alice, 0)->scope, command));
    ck_assert_int_eq(sent_event(rig, alice, 0)->valid_from, RIG_UTC_START);
    ck_assert(prose_key_scope_equal(sent_event(rig, alice, 1)->scope, relay));
    ck_assert_uint_eq(rig->deliveries->len, 3);
    rig_free(rig);
}
END_TEST

START_TEST(t_rises_even_if_the_clock_does_not)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProseKeyRequest again = request_new(3);
    uint64_t ahead;

    client_want(alice, &command, 1, 5);
    ahead = record_of(alice)->last_t + (UINT64_C(100) << 32);
    record_of(alice)->last_t = ahead;
    client_want(alice, &relay, 1, 5);
    ck_assert_uint_eq(decoded(sent(rig, 1)).t, ahead + 1);
    ck_assert_uint_eq(client_n_keys(alice, relay), 1);
    /* Once the clock has caught up, T is the clock again. */
    rig_run_for(rig, 200);
    request_want(&again, relay, 0);
    client_ask_and_run(alice, &again, 5);
    ck_assert_uint_eq(decoded(sent(rig, 2)).t,
                      prose_ntp_from_utc(RIG_UTC_START * PROSE_NS_PER_S + (int64_t) sent(rig, 2)->sent_ns));
    rig_free(rig);
}
END_TEST

/* ---- the PMK (rules R8, OP-07) ---- */

/* REQ-66422-25 */
START_TEST(the_pmk_is_sent_until_it_is_proven)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    uint8_t first[PROSE_PMK_ID_LEN];
    ProseKeyRequest holding = request_new(9), refused = request_new(10);

    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    ck_assert(alice->got_pmk && client_view(alice).has_pmk);
    memcpy(first, alice->pmk_id, sizeof first);
    request_want(&holding, command, 1);
    client_ask_and_run(alice, &holding, 1);
    ck_assert(alice->got_pmk);             /* no verification yet: the same again */
    ck_assert_mem_eq(alice->pmk_id, first, sizeof first);

    alice->deaf = false;
    rig_run_for(rig, 5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice), 1);
    client_ask_and_run(alice, &holding, 1);
    ck_assert(!alice->got_pmk);

    request_want(&holding, relay, 0);      /* one ID that is not zero is enough */
    client_ask_and_run(alice, &holding, 1);
    ck_assert(!alice->got_pmk);

    holding.wants[0].key_ids[0] = 0;       /* the UE has lost everything */
    client_ask_and_run(alice, &holding, 1);
    ck_assert(alice->got_pmk);
    ck_assert_mem_eq(alice->pmk_id, first, sizeof first);

    rig_authorise(rig, alice, command, false);
    request_want(&refused, command, 0);    /* nothing is supplied, so there is nothing to protect */
    client_ask_and_run(alice, &refused, 1);
    ck_assert(!alice->got_pmk);
    rig_free(rig);
}
END_TEST

static const struct { bool by_age; } renewals[] = { { true }, { false } };

/* REQ-66422-25 */
START_TEST(a_worn_pmk_is_replaced)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    uint8_t first[PROSE_PMK_ID_LEN];
    const ProseKeyScope both[] = { command, relay };

    client_want(alice, &command, 1, 5);
    memcpy(first, alice->pmk_id, sizeof first);
    if (renewals[_i].by_age)
        rig_run_for(rig, 86400 - 10);      /* the response is a little younger than the clock */
    else
        record_of(alice)->pmk_messages = PKMF_PMK_MESSAGES_MAX - 1;
    client_want(alice, both, 2, 5);
    ck_assert(!alice->got_pmk);
    rig_run_for(rig, 10);
    alice->deaf = true;
    client_want(alice, both, 2, 5);
    ck_assert(alice->got_pmk);
    ck_assert_mem_ne(alice->pmk_id, first, sizeof first);
    /* The new one is as unproven, and as young, as the first was. */
    memcpy(first, alice->pmk_id, sizeof first);
    client_want(alice, both, 2, 5);
    ck_assert(alice->got_pmk);
    ck_assert_mem_eq(alice->pmk_id, first, sizeof first);
    rig_free(rig);
}
END_TEST

/* REQ-66422-28 */
START_TEST(what_is_in_flight_under_the_old_pmk_comes_again_under_the_new)
{
    Rig *rig = rig_new();
    Client *alice;

    rig->config.issue_pmk_every_ns = 2 * RIG_S;
    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, alice, command, true);

    alice->deaf = true;
    client_want(alice, &command, 1, 3);
    client_want(alice, &command, 1, 0.09); /* answered, and not yet closed */
    ck_assert(alice->got_pmk);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    client_judge(alice, sent(rig, 1));
    ck_assert_str_eq(alice->last.why, "no-pmk");
    alice->deaf = false;
    rig_run_for(rig, 5);
    ck_assert_uint_eq(rig->deliveries->len, 3);
    ck_assert_int_eq(alice->last.result, PROSE_MIKEY_STORED);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice), 1);
    rig_free(rig);
}
END_TEST

START_TEST(a_verification_under_the_old_pmk_counts_but_proves_no_new_one)
{
    Rig *rig = rig_new();
    Client *alice;

    rig->config.issue_pmk_every_ns = 2 * RIG_S;
    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, alice, command, true);

    alice->deaf = true;
    client_want(alice, &command, 1, 3);
    client_judge(alice, sent(rig, 0));
    alice->lingers = true;                 /* so that the old answer is there first */
    client_want(alice, &command, 1, 0.5);
    client_udp(alice, alice->last.answer, alice->last.answer_len);
    rig_run_for(rig, 0.5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice), 1);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
    rig_run_for(rig, 0.5);
    client_want(alice, &command, 1, 0.4);
    ck_assert(alice->got_pmk);
    rig_free(rig);
}
END_TEST

/* ---- address, stop ---- */

/* REQ-66422-04, REQ-66422-07 */
START_TEST(retransmissions_follow_the_newest_address)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    const ProseAddress old = alice->address, new = 0x0A0000F0;
    static const double at_s[] = { 0, 2, 6, 14 };
    uint64_t first;

    alice->deaf = true;
    client_want(alice, &command, 1, 3);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    alice->address = new;
    client_want(alice, &command, 1, 60);
    ck_assert_uint_eq(rig->deliveries->len, 6);
    first = sent(rig, 2)->sent_ns;
    for (guint i = 0; i < 6; i++) {
        ck_assert_uint_eq(sent(rig, i)->to, i < 2 ? old : new);
        if (i >= 2)
            ck_assert_double_eq_tol(seconds_of(sent(rig, i)->sent_ns - first), at_s[i - 2], 0.01);
    }
    rig_free(rig);
}
END_TEST

START_TEST(nothing_is_sent_between_a_request_s_answer_and_its_close)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    uint64_t first;

    /* A retransmission falls into the time in which the new response is under way. */
    alice->deaf = alice->lingers = true;
    client_want(alice, &command, 1, 1.5);
    first = sent(rig, 0)->sent_ns;
    rig_run_until(rig, first + 2 * RIG_S - 500 * RIG_MS);
    client_want(alice, &command, 1, 3);
    ck_assert_uint_eq(sent(rig, 1)->sent_ns, alice->answered_ns + RIG_S + RIG_MS);
    rig_free(rig);
}
END_TEST

/* REQ-66422-14 */
START_TEST(a_stop_ends_what_is_pending)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProseKeyRequest request = request_new(2);

    client_want(alice, &relay, 1, 5);
    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    request_stop(&request, command);
    request_stop(&request, relay);
    client_ask_and_run(alice, &request, 3 * PERIOD);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
    ck_assert_uint_eq(client_n_keys(alice, relay), 1);         /* rules K6 */
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_UE_UNREACHABLE, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

START_TEST(a_stop_leaves_the_other_discovery_s_key_on_its_way)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProseKeyRequest request = request_new(2);
    const ProseKeyScope both[] = { command, relay };

    alice->deaf = true;
    client_want(alice, both, 2, 1);        /* relay is out, command waits */
    request_stop(&request, relay);
    alice->deaf = false;
    client_ask_and_run(alice, &request, 5);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    ck_assert_uint_eq(client_n_keys(alice, relay), 0);
    rig_free(rig);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("key-delivery");
    TCase *tc = tcase_create("start and contents");

    tcase_add_test(tc, the_key_follows_the_ue_s_close);
    tcase_add_loop_test(tc, or_a_second_after_the_response, 0, G_N_ELEMENTS(closes));
    tcase_add_test(tc, nothing_follows_what_was_refused_or_stopped);
    tcase_add_test(tc, a_delivery_says_what_was_promised);
    tcase_add_loop_test(tc, a_request_brings_the_current_key_and_what_is_due, 0, G_N_ELEMENTS(request_times));
    tcase_add_test(tc, before_the_first_period_nothing_is_current);
    tcase_add_test(tc, later_periods_come_at_their_lead_to_all_who_want_them);
    tcase_add_test(tc, a_group_key_is_delivered_like_a_discovery_s);
    suite_add_tcase(suite, tc);

    tc = tcase_create("order");
    tcase_add_test(tc, one_at_a_time_by_start_then_by_identity);
    tcase_add_test(tc, a_key_that_starts_earlier_overtakes_what_waits);
    tcase_add_test(tc, t_rises_even_if_the_clock_does_not);
    suite_add_tcase(suite, tc);

    tc = tcase_create("pmk");
    tcase_add_test(tc, the_pmk_is_sent_until_it_is_proven);
    tcase_add_loop_test(tc, a_worn_pmk_is_replaced, 0, G_N_ELEMENTS(renewals));
    tcase_add_test(tc, what_is_in_flight_under_the_old_pmk_comes_again_under_the_new);
    tcase_add_test(tc, a_verification_under_the_old_pmk_counts_but_proves_no_new_one);
    suite_add_tcase(suite, tc);

    tc = tcase_create("address and stop");
    tcase_add_test(tc, retransmissions_follow_the_newest_address);
    tcase_add_test(tc, nothing_is_sent_between_a_request_s_answer_and_its_close);
    tcase_add_test(tc, a_stop_ends_what_is_pending);
    tcase_add_test(tc, a_stop_leaves_the_other_discovery_s_key_on_its_way);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
