/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PC5 at the UE: which key, what is repeated, Model B, and a PKMF behind it (REQ-66422-29 to -31, REQ-662-06; rules K1, K3,
 * P3, R1).
 */
#include "on-air.h"

/* ---- which key (rules K1) ---- */

#define SWITCH (VF + 2000)

static void
go_to(int64_t utc_s)
{
    bench_run_until(b, (uint64_t) (utc_s - BENCH_UTC_START) * BENCH_S);
}

static BenchUe *
add_with_two_keys(const char *name, unsigned roles, double clock_error_s)
{
    BenchUe *u = add(name, group, roles, ALL_THREE, clock_error_s);

    give_key(u, group, 2, VF + 1000, SWITCH);      /* inside the hour of key 1, and over earlier */
    give_key(u, group, 3, SWITCH, SWITCH + 1000);
    return u;
}

START_TEST(of_the_valid_keys_the_one_that_ends_first_sends)
{
    static const struct { int64_t at; uint8_t key_id; } rows[] = {
        { VF + 1000, 2 }, { SWITCH - 1, 2 }, { SWITCH, 3 }, { SWITCH + 999, 3 }, { SWITCH + 1000, 1 },
    };
    BenchUe *alice = add_with_two_keys("alice", PROSE_ROLE_ANNOUNCE, 0);
    BenchUe *bob = add_with_two_keys("bob", PROSE_ROLE_MONITOR, 0);
    const ProseStoredKey *key;
    uint8_t octets[PROSE_PC5_LEN];
    ProseSlot slot;

    go_to(rows[_i].at);
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_send(alice->ue, group, PROSE_ROLE_ANNOUNCE, &slot, mic_random, octets, &key), PROSE_SLOT_SENT);
    ck_assert_uint_eq(key->key_id, rows[_i].key_id);
    ck_assert_uint_eq(hear(bob, octets).key_id, rows[_i].key_id);
}
END_TEST

START_TEST(where_several_keys_could_be_meant_the_one_that_ends_first_is_tried_first)
{
    BenchUe *alice = add("alice", group, PROSE_ROLE_ANNOUNCE, 0, 0), *bob = add("bob", group, PROSE_ROLE_MONITOR, 0, 0);
    uint8_t octets[PROSE_PC5_LEN];

    /* Nothing protects, so the first key that is tried accepts: which one shows the order. */
    give_key(bob, group, 2, VF + 500, SWITCH + 10);
    give_key(bob, group, 3, VF + 800, SWITCH);
    must_send(alice, group, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_uint_eq(hear(bob, octets).key_id, 3);
}
END_TEST

START_TEST(with_both_keys_in_both_hands_a_switch_loses_nothing_whatever_the_clocks)
{
    static const double errors[] = { -M, -10, 0, 10, M };
    double sender = errors[_i / 5], receiver = errors[_i % 5];
    BenchUe *alice, *bob;
    uint8_t octets[PROSE_PC5_LEN];

    b->now_ns = (uint64_t) (SWITCH - 40 - BENCH_UTC_START) * BENCH_S;
    alice = add_with_two_keys("alice", PROSE_ROLE_ANNOUNCE, sender);
    bob = add_with_two_keys("bob", PROSE_ROLE_MONITOR, receiver);
    for (int s = 0; s < 80; s++) {
        /* Each has its own UTC at its own ProSe clock's side of the truth, both inside MAX_OFFSET. */
        ck_assert_int_eq(send_at(alice, group, PROSE_ROLE_ANNOUNCE, 0, octets), PROSE_SLOT_SENT);
        ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
        bench_run_for(b, 1);
    }
}
END_TEST

START_TEST(a_receiver_that_goes_by_its_clock_loses_what_its_overlap_does_not_cover)
{
    BenchUe *alice, *bob;
    ProseUeDiscovery d = { .scope = group, .roles = PROSE_ROLE_MONITOR, .overlap_s = _i ? UINT32_MAX : 0 };
    const ProseSecurityMetadata meta = meta_of(ALL_THREE);
    uint8_t octets[PROSE_PC5_LEN];

    ck_assert_int_eq(prose_profile_set(&b->profile, "receive-key", "clock"), 0);
    b->now_ns = (uint64_t) (SWITCH - 5 - BENCH_UTC_START) * BENCH_S;
    alice = add_with_two_keys("alice", PROSE_ROLE_ANNOUNCE, 0);
    bob = bench_add_ue(b, "bob", &d, 1);
    /* Bob's clock is 10 s ahead: for him key 2 is over while Alice still sends under it. */
    ck_assert_int_eq(prose_ue_provision(bob->ue, group, &meta, M, (SWITCH + 5) * PROSE_NS_PER_S, b->now_ns), 0);
    give_key(bob, group, 2, VF + 1000, SWITCH);
    give_key(bob, group, 3, SWITCH, SWITCH + 1000);
    must_send(alice, group, PROSE_ROLE_ANNOUNCE, octets);
    if (_i)
        ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
    else
        ck_assert_int_lt(hear(bob, octets).outcome, PROSE_PC5_REPEATED);
}
END_TEST

START_TEST(a_key_that_did_not_arrive_is_a_blackout_and_its_arrival_ends_it)
{
    BenchUe *alice = add_with_two_keys("alice", PROSE_ROLE_ANNOUNCE, 0), *bob;
    const ProseUeDiscovery d = { .scope = group, .roles = PROSE_ROLE_MONITOR | PROSE_ROLE_ANNOUNCE };
    const ProseSecurityMetadata meta = meta_of(ALL_THREE);
    uint8_t octets[PROSE_PC5_LEN];

    go_to(SWITCH);
    bob = bench_add_ue(b, "bob", &d, 1);
    ck_assert_int_eq(prose_ue_provision(bob->ue, group, &meta, M, SWITCH * PROSE_NS_PER_S, b->now_ns), 0);
    give_key(bob, group, 2, VF + 1000, SWITCH);    /* past, but still kept (rules K3) */
    must_send(alice, group, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_NO_KEY);
    ck_assert_int_eq(send_at(bob, group, PROSE_ROLE_ANNOUNCE, 0, octets), PROSE_SLOT_NO_KEY);
    give_key(bob, group, 3, SWITCH, SWITCH + 1000);
    must_send(alice, group, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
}
END_TEST

/* REQ-662-06 */
START_TEST(a_past_key_still_checks_what_was_sent_in_its_time_and_a_future_one_is_not_used)
{
    BenchUe *alice = add_with_two_keys("alice", PROSE_ROLE_ANNOUNCE, 0);
    BenchUe *bob = add_with_two_keys("bob", PROSE_ROLE_MONITOR, 0);
    uint8_t last[PROSE_PC5_LEN];

    go_to(SWITCH - 1);
    must_send(alice, group, PROSE_ROLE_ANNOUNCE, last);
    go_to(SWITCH + M - 1);
    ck_assert_int_eq(hear(bob, last).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_uint_eq(hear(bob, last).key_id, 2);
    go_to(SWITCH + M);                             /* wiped now (rules K3) */
    ck_assert_int_eq(hear(bob, last).outcome, PROSE_PC5_STALE);
    ck_assert_uint_eq(bench_count(b, "bob", PROSE_EVENT_KEY_WIPED, "expired"), 1);
}
END_TEST

/* ---- repeated (rules P3) ---- */

/* REQ-662-08 */
START_TEST(octets_equal_to_the_last_of_that_sender_are_repeated)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *carol = add("carol", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    uint8_t first[PROSE_PC5_LEN], same[PROSE_PC5_LEN], next[PROSE_PC5_LEN], hers[PROSE_PC5_LEN];

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, first);
    bench_run_for(b, 0.5);
    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, same);
    must_send(carol, relay, PROSE_ROLE_ANNOUNCE, hers);
    bench_run_for(b, 0.5);
    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, next);
    ck_assert_mem_eq(first, same, sizeof first);
    ck_assert_mem_ne(first, next, sizeof first);

    ck_assert(hear(bob, first).first);
    ck_assert_int_eq(hear(bob, same).outcome, PROSE_PC5_REPEATED);
    ck_assert(hear(bob, hers).first);
    ck_assert_int_eq(hear(bob, same).outcome, PROSE_PC5_REPEATED);     /* Carol's does not come between */
    ck_assert_int_eq(hear(bob, next).outcome, PROSE_PC5_ACCEPTED);
    ck_assert(!hear(bob, next).first);
    ck_assert_int_eq(hear(bob, first).outcome, PROSE_PC5_ACCEPTED);    /* only the last one is remembered */
}
END_TEST

/* ---- Model B ---- */

START_TEST(a_solicitation_is_answered_once_and_the_discoverer_accepts_it)
{
    ProseKeyScope scope = _i ? group : relay;
    BenchUe *asker = add("asker", scope, PROSE_ROLE_SOLICIT, ALL_THREE, 0);
    BenchUe *other = add("other", scope, PROSE_ROLE_SOLICIT, ALL_THREE, 0);
    BenchUe *answerer = add("answerer", scope, PROSE_ROLE_RESPOND, ALL_THREE, 0);
    BenchUe *monitor = add("monitor", scope, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    ck_assert(prose_ue_pc5_wants_slot(asker->ue, scope, PROSE_ROLE_SOLICIT, 4));
    ck_assert(!prose_ue_pc5_wants_slot(asker->ue, scope, PROSE_ROLE_SOLICIT, 5));
    ck_assert(!prose_ue_pc5_wants_slot(answerer->ue, scope, PROSE_ROLE_RESPOND, 4));

    must_send(asker, scope, PROSE_ROLE_SOLICIT, octets);
    ck_assert_int_eq(hear(answerer, octets).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_int_eq(hear(monitor, octets).outcome, PROSE_PC5_NOT_FOR_ME);
    ck_assert_int_eq(hear(other, octets).outcome, PROSE_PC5_NOT_FOR_ME);
    must_send(other, scope, PROSE_ROLE_SOLICIT, octets);
    ck_assert_int_eq(hear(answerer, octets).outcome, PROSE_PC5_ACCEPTED);

    /* However many asked, one response a period, and then none until somebody asks again. */
    ck_assert(prose_ue_pc5_wants_slot(answerer->ue, scope, PROSE_ROLE_RESPOND, 5));
    must_send(answerer, scope, PROSE_ROLE_RESPOND, octets);
    ck_assert(!prose_ue_pc5_wants_slot(answerer->ue, scope, PROSE_ROLE_RESPOND, 6));
    ck_assert_uint_eq(hear(asker, octets).type, _i ? PROSE_PC5_GROUP_RESPONSE : PROSE_PC5_RELAY_RESPONSE);
    ck_assert_int_eq(hear(other, octets).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_int_eq(hear(monitor, octets).outcome, PROSE_PC5_NOT_FOR_ME);
}
END_TEST

START_TEST(a_response_that_could_not_be_sent_is_still_due)
{
    BenchUe *asker = add("asker", relay, PROSE_ROLE_SOLICIT, ALL_THREE, 0);
    BenchUe *answerer = add("answerer", relay, PROSE_ROLE_RESPOND, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(asker, relay, PROSE_ROLE_SOLICIT, octets);
    hear(answerer, octets);
    ck_assert_int_eq(send_at(answerer, relay, PROSE_ROLE_RESPOND, M + 1, octets), PROSE_SLOT_CLOCK_OFFSET);
    ck_assert(prose_ue_pc5_wants_slot(answerer->ue, relay, PROSE_ROLE_RESPOND, 6));
}
END_TEST

/* REQ-662-09 */
START_TEST(a_forged_solicitation_draws_no_response)
{
    BenchUe *asker = add("asker", relay, PROSE_ROLE_SOLICIT, ALL_THREE, 0);
    BenchUe *answerer = add("answerer", relay, PROSE_ROLE_RESPOND, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(asker, relay, PROSE_ROLE_SOLICIT, octets);
    octets[10] ^= 1;
    hear(answerer, octets);
    ck_assert(!prose_ue_pc5_wants_slot(answerer->ue, relay, PROSE_ROLE_RESPOND, 6));
}
END_TEST

START_TEST(a_repeated_solicitation_counts_as_the_profile_says)
{
    BenchUe *asker, *answerer;
    uint8_t octets[PROSE_PC5_LEN], response[PROSE_PC5_LEN];

    ck_assert_int_eq(prose_profile_set(&b->profile, "repeated", _i ? "counted" : "dropped"), 0);
    asker = add("asker", relay, PROSE_ROLE_SOLICIT, ALL_THREE, 0);
    answerer = add("answerer", relay, PROSE_ROLE_RESPOND, ALL_THREE, 0);
    must_send(asker, relay, PROSE_ROLE_SOLICIT, octets);
    hear(answerer, octets);
    must_send(answerer, relay, PROSE_ROLE_RESPOND, response);
    ck_assert_int_eq(hear(answerer, octets).outcome, PROSE_PC5_REPEATED);
    ck_assert_int_eq(prose_ue_pc5_wants_slot(answerer->ue, relay, PROSE_ROLE_RESPOND, 6), _i);
}
END_TEST

START_TEST(a_solicitation_for_somebody_else_is_heard_and_not_answered)
{
    BenchUe *answerer = add("answerer", _i & 1 ? group : relay, PROSE_ROLE_RESPOND, ALL_THREE, 0);
    ProseKeyScope scope = _i & 1 ? group : relay;
    bool for_me = _i & 2;
    const ProseSecurityMetadata meta = meta_of(ALL_THREE);
    ProsePc5Content c = {
        .type = _i & 1 ? PROSE_PC5_GROUP_SOLICITATION : PROSE_PC5_RELAY_SOLICITATION, .id = scope.id, .user_info = { 9 },
        .has_ue_id = true, .ue_id = for_me ? 0x100000 : 0x100001, .has_target_user = true, .target_user = { 0, 1, 1, 0, 0, for_me ? 1 : 2 },
    };
    const ProseStoredKey *key = prose_key_store_find(prose_ue_keys(answerer->ue), scope, 1);
    uint8_t content[PROSE_CONTENT_LEN], octets[PROSE_PC5_LEN];

    ck_assert_int_eq(prose_pc5_content_encode(content, &c), 0);
    prose_pc5_protect(octets, key->pc5, &meta, c.type, content, (uint32_t) bench_utc(b), mic_random, &b->profile);
    ck_assert_int_eq(hear(answerer, octets).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_int_eq(prose_ue_pc5_wants_slot(answerer->ue, scope, PROSE_ROLE_RESPOND, 6), for_me);
}
END_TEST

/* ---- with a PKMF behind it ---- */

/* REQ-66422-31 */
START_TEST(a_refusal_for_clock_offset_asks_for_the_time_at_most_once_a_minute)
{
    uint8_t octets[PROSE_PC5_LEN];
    ProseSlot slot;
    ProsePc5Received r;

    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    for (int i = 0; i < 130; i++) {
        bench_run_for(b, 1);
        slot = bench_slot(b, M + 2);
        if (_i == 0) {
            ck_assert_int_eq(prose_ue_pc5_send(ue->ue, relay, PROSE_ROLE_ANNOUNCE, &slot, mic_random, octets, NULL), PROSE_SLOT_CLOCK_OFFSET);
        } else {
            memset(octets, 0, sizeof octets);
            octets[0] = PROSE_PC5_RELAY_ANNOUNCEMENT;
            prose_ue_pc5_receive(ue->ue, &slot, octets, sizeof octets, &r);
            ck_assert_int_eq(r.outcome, PROSE_PC5_CLOCK_OFFSET);
        }
    }
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "clock-offset"), 3);
    ck_assert_uint_eq(n_events(PROSE_EVENT_CLOCK_SET, NULL), 4);
}
END_TEST

/* REQ-66422-01, REQ-66422-29 */
START_TEST(output_and_acceptance_follow_the_meta_data_of_the_response)
{
    BenchUe *bob;
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    uint8_t octets[PROSE_PC5_LEN];
    ProsePc5Frame frame;

    east->meta = meta_of(_i);
    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    bob = bench_add_ue(b, "bob", d, 1);
    bench_start(bob);
    bench_run_for(b, 1);
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);

    must_send(ue, relay, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_int_eq(prose_pc5_frame_decode(&frame, octets, sizeof octets, &b->profile), 0);
    ck_assert_int_eq(prose_get_u24(frame.content) == relay.id, !(_i & 1));             /* scrambling hides it */
    if (!(_i & 1)) {
        ck_assert_int_eq(memcmp(frame.content + 13, "\0\0\0\0\0\0\0\0\0", 10) == 0, !(_i & 2));   /* spare octets */
        ck_assert_int_eq(memcmp(frame.mic, mic_random, PROSE_MIC_LEN) == 0, !(_i & 4));
    }
}
END_TEST

/* REQ-66422-27, REQ-66422-31 */
START_TEST(before_the_first_response_and_after_a_refusal_nothing_is_sent)
{
    ProseSlot slot;

    start_relay();
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_NO_KEY);
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_SENT);
    east->refusal = PROSE_STATUS_NOT_AUTHORISED;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    slot = bench_slot(b, 0);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_NOT_AUTHORISED);
    ck_assert_uint_eq(n_held(relay), 1);           /* kept until its time (rules K6), of no use */
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pc5-keys");
    TCase *tc = tcase_create("keys");

    tcase_add_checked_fixture(tc, bench_only, teardown);
    tcase_add_loop_test(tc, of_the_valid_keys_the_one_that_ends_first_sends, 0, 5);
    tcase_add_test(tc, where_several_keys_could_be_meant_the_one_that_ends_first_is_tried_first);
    tcase_add_loop_test(tc, with_both_keys_in_both_hands_a_switch_loses_nothing_whatever_the_clocks, 0, 25);
    tcase_add_loop_test(tc, a_receiver_that_goes_by_its_clock_loses_what_its_overlap_does_not_cover, 0, 2);
    tcase_add_test(tc, a_key_that_did_not_arrive_is_a_blackout_and_its_arrival_ends_it);
    tcase_add_test(tc, a_past_key_still_checks_what_was_sent_in_its_time_and_a_future_one_is_not_used);
    tcase_add_test(tc, octets_equal_to_the_last_of_that_sender_are_repeated);
    tcase_add_loop_test(tc, a_solicitation_is_answered_once_and_the_discoverer_accepts_it, 0, 2);
    tcase_add_test(tc, a_response_that_could_not_be_sent_is_still_due);
    tcase_add_test(tc, a_forged_solicitation_draws_no_response);
    tcase_add_loop_test(tc, a_repeated_solicitation_counts_as_the_profile_says, 0, 2);
    tcase_add_loop_test(tc, a_solicitation_for_somebody_else_is_heard_and_not_answered, 0, 4);
    suite_add_tcase(suite, tc);

    tc = tcase_create("with a PKMF");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_refusal_for_clock_offset_asks_for_the_time_at_most_once_a_minute, 0, 2);
    tcase_add_loop_test(tc, output_and_acceptance_follow_the_meta_data_of_the_response, 0, 8);
    tcase_add_test(tc, before_the_first_response_and_after_a_refusal_nothing_is_sent);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
