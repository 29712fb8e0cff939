/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PC5 at the UE: announcing and monitoring, the gates of time, and what a slot lacks (REQ-66422-29 to -31, REQ-662-08 to
 * -12; rules T2 to T5, P2).
 */
#include "on-air.h"

/* ---- announcing and monitoring ---- */

/* REQ-662-12, REQ-66422-29 */
START_TEST(what_one_announces_the_other_accepts_under_every_combination_of_protections)
{
    ProseKeyScope scope = _i & 8 ? group : relay;
    BenchUe *alice = add("alice", scope, PROSE_ROLE_ANNOUNCE, _i & 7, 0);
    BenchUe *bob = add("bob", scope, PROSE_ROLE_MONITOR, _i & 7, 0);
    uint8_t octets[PROSE_PC5_LEN];
    ProsePc5Received r;
    ProsePc5Content c;

    must_send(alice, scope, PROSE_ROLE_ANNOUNCE, octets);
    r = hear(bob, octets);
    ck_assert_int_eq(r.outcome, PROSE_PC5_ACCEPTED);
    ck_assert(r.first && r.key_id == 1 && r.valid_from == VF && prose_key_scope_equal(r.scope, scope));
    ck_assert_uint_eq(r.counter, (uint32_t) bench_utc(b));
    ck_assert_uint_eq(r.type, _i & 8 ? PROSE_PC5_GROUP_ANNOUNCEMENT : PROSE_PC5_RELAY_ANNOUNCEMENT);
    ck_assert_int_eq(prose_pc5_content_decode(&c, r.type, r.content), 0);
    ck_assert_uint_eq(c.id, scope.id);
    ck_assert_uint_eq(c.ue_id, 0x100000);
    ck_assert_uint_eq(c.user_info[5], 1);
    ck_assert_uint_eq(r.derivations, (unsigned) (_i & 1) + (_i >> 1 & 1) + (_i >> 2 & 1));
}
END_TEST

START_TEST(both_ends_agree_under_every_choice_of_layout)
{
    static const struct { const char *name, *value; } choices[] = {
        { "counter-lsb", "second" }, { "scrambling-prefix", "literal" }, { "scrambling-counter", "full" }, { "counter-epoch", "1900" },
        { "empty-mic", "zero" }, { "receive-key", "clock" },
    };
    BenchUe *alice, *bob;
    uint8_t octets[PROSE_PC5_LEN];

    ck_assert_int_eq(prose_profile_set(&b->profile, choices[_i].name, choices[_i].value), 0);
    alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
}
END_TEST

/* REQ-662-09 */
START_TEST(a_message_of_another_discovery_or_kind_is_not_for_me)
{
    const ProseKeyScope other = { PROSE_KEY_TYPE_PSDK_RELAY, relay.id + 1 };
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, _i, 0);
    BenchUe *alice = add("alice", other, PROSE_ROLE_ANNOUNCE, _i, 0);
    BenchUe *carol = add("carol", group, PROSE_ROLE_ANNOUNCE, _i, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(alice, other, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_NOT_FOR_ME);
    must_send(carol, group, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_NOT_FOR_ME);
}
END_TEST

/* REQ-662-09, REQ-662-10 */
START_TEST(every_flipped_bit_is_refused_where_a_mic_protects)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, _i, 0);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, _i, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    for (unsigned bit = 0; bit < 8 * PROSE_PC5_LEN; bit++) {
        octets[bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
        ck_assert_msg(hear(bob, octets).outcome < PROSE_PC5_REPEATED, "bit %u", bit);
        octets[bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
    }
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
}
END_TEST

START_TEST(what_is_no_message_is_malformed_whatever_the_ue_holds)
{
    const ProseUeDiscovery d = { .scope = relay, .roles = PROSE_ROLE_MONITOR };
    BenchUe *bob = _i ? add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0) : bench_add_ue(b, "bob", &d, 1);
    uint8_t octets[PROSE_PC5_LEN + 1] = { 0 };

    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_MALFORMED);
    octets[0] = PROSE_PC5_RELAY_ANNOUNCEMENT;
    for (size_t len = 0; len < sizeof octets + 1; len++)
        if (len != PROSE_PC5_LEN)
            ck_assert_int_eq(hear_at(bob, octets, len <= PROSE_PC5_LEN + 1 ? len : PROSE_PC5_LEN + 1, 0).outcome, PROSE_PC5_MALFORMED);
}
END_TEST

START_TEST(roles_decide_who_sends_and_who_listens)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    BenchUe *holder = add("holder", relay, PROSE_ROLE_HOLD, ALL_THREE, 0);
    ProseSlot slot = bench_slot(b, 0);
    uint8_t octets[PROSE_PC5_LEN];

    ck_assert(prose_ue_pc5_wants_slot(alice->ue, relay, PROSE_ROLE_ANNOUNCE, 7));
    ck_assert(!prose_ue_pc5_wants_slot(alice->ue, relay, PROSE_ROLE_SOLICIT, 8));
    ck_assert(!prose_ue_pc5_wants_slot(bob->ue, relay, PROSE_ROLE_ANNOUNCE, 7));
    ck_assert(!prose_ue_pc5_wants_slot(bob->ue, group, PROSE_ROLE_ANNOUNCE, 7));
    ck_assert(!prose_ue_pc5_listens(alice->ue) && prose_ue_pc5_listens(bob->ue) && !prose_ue_pc5_listens(holder->ue));
    ck_assert_int_eq(prose_ue_pc5_send(bob->ue, relay, PROSE_ROLE_ANNOUNCE, &slot, mic_random, octets, NULL), PROSE_SLOT_NOT_AUTHORISED);
    ck_assert_int_eq(prose_ue_pc5_send(holder->ue, relay, PROSE_ROLE_HOLD, &slot, mic_random, octets, NULL), PROSE_SLOT_NOT_AUTHORISED);

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(holder, octets).outcome, PROSE_PC5_NO_KEY);
    prose_ue_set_active(bob->ue, relay, false, b->now_ns);
    ck_assert(!prose_ue_pc5_listens(bob->ue));
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_NO_KEY);
    prose_ue_set_active(bob->ue, relay, true, b->now_ns);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_ACCEPTED);
    prose_ue_set_active(alice->ue, relay, false, b->now_ns);
    ck_assert(!prose_ue_pc5_wants_slot(alice->ue, relay, PROSE_ROLE_ANNOUNCE, 7));
}
END_TEST

/* ---- gates of time (REQ-66422-31; rules T4, T5) ---- */

static const struct { int offset; bool passes; } gates[] = {
    { M - 1, true }, { M, true }, { M + 1, false }, { -(M - 1), true }, { -M, true }, { -(M + 1), false }, { 0, true },
};

/* REQ-66422-31 */
START_TEST(a_slot_within_max_offset_of_the_prose_clock_is_used_and_no_other)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    ck_assert_int_eq(send_at(alice, relay, PROSE_ROLE_ANNOUNCE, gates[_i].offset, octets),
                     gates[_i].passes ? PROSE_SLOT_SENT : PROSE_SLOT_CLOCK_OFFSET);
    /* Nothing has changed: the next slot is tried again. */
    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
}
END_TEST

/* REQ-66422-31 */
START_TEST(a_receiver_is_deaf_in_a_slot_beyond_max_offset_of_its_prose_clock)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear_at(bob, octets, sizeof octets, gates[_i].offset).outcome,
                     gates[_i].passes ? PROSE_PC5_ACCEPTED : PROSE_PC5_CLOCK_OFFSET);
    ck_assert_int_eq(hear(bob, octets).outcome, gates[_i].passes ? PROSE_PC5_REPEATED : PROSE_PC5_ACCEPTED);
}
END_TEST

/* REQ-66422-31 */
START_TEST(both_gates_take_the_floor_of_the_prose_clock)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, _i ? 0.999 : -0.001);
    uint8_t octets[PROSE_PC5_LEN];

    /* 0.999 s ahead is the same second; 0.001 s behind is the one before. */
    ck_assert_int_eq(send_at(alice, relay, PROSE_ROLE_ANNOUNCE, M, octets), _i ? PROSE_SLOT_SENT : PROSE_SLOT_CLOCK_OFFSET);
    ck_assert_int_eq(send_at(alice, relay, PROSE_ROLE_ANNOUNCE, -M - 1, octets), _i ? PROSE_SLOT_CLOCK_OFFSET : PROSE_SLOT_SENT);
}
END_TEST

/* REQ-662-08 */
START_TEST(a_message_of_another_moment_is_stale_for_the_authenticated_clock)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, gates[_i].offset);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    /* Alice believes another time altogether; Bob's slot is right. */
    ck_assert_int_eq(send_at(alice, relay, PROSE_ROLE_ANNOUNCE, gates[_i].offset, octets), PROSE_SLOT_SENT);
    ck_assert_int_eq(hear(bob, octets).outcome, gates[_i].passes ? PROSE_PC5_ACCEPTED : PROSE_PC5_STALE);
}
END_TEST

/* REQ-662-08 */
START_TEST(a_false_sib16_does_not_stretch_the_replay_window)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    bench_run_for(b, 40);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_STALE);
    /* Told a UTC of 20 s ago, Bob's slot is nearer to the recording; his ProSe clock is not. */
    ck_assert_int_eq(hear_at(bob, octets, sizeof octets, -20).outcome, PROSE_PC5_STALE);
    ck_assert_int_eq(hear_at(bob, octets, sizeof octets, -40).outcome, PROSE_PC5_CLOCK_OFFSET);
}
END_TEST

/* REQ-662-08 */
START_TEST(a_recording_passes_for_max_offset_seconds_and_not_longer)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    uint8_t octets[PROSE_PC5_LEN];

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    bench_run_for(b, M + _i);
    ck_assert_int_eq(hear(bob, octets).outcome, _i ? PROSE_PC5_STALE : PROSE_PC5_ACCEPTED);
}
END_TEST

/* ---- what a slot lacks first (rules P2, T2) ---- */

/* REQ-66422-31 */
START_TEST(the_first_thing_that_is_missing_is_the_reason)
{
    const ProseUeDiscovery d = { .scope = relay, .roles = PROSE_ROLE_ANNOUNCE };
    BenchUe *blank = bench_add_ue(b, "blank", &d, 1);
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    const ProseSecurityMetadata meta = meta_of(ALL_THREE);
    ProseSlot none = { .now_ns = b->now_ns }, good = bench_slot(b, 0), late = bench_slot(b, M + 1);

    ck_assert_int_eq(prose_ue_pc5_gate(blank->ue, relay, &good), PROSE_SLOT_NO_KEY);
    ck_assert_int_eq(prose_ue_pc5_gate(blank->ue, relay, &none), PROSE_SLOT_NO_KEY);
    ck_assert_int_eq(prose_ue_pc5_gate(blank->ue, group, &none), PROSE_SLOT_NOT_AUTHORISED);
    ck_assert_int_eq(prose_ue_pc5_gate(alice->ue, relay, &none), PROSE_SLOT_NO_UTC);
    ck_assert_int_eq(prose_ue_pc5_gate(alice->ue, relay, &late), PROSE_SLOT_CLOCK_OFFSET);
    ck_assert_int_eq(prose_ue_pc5_gate(alice->ue, relay, &good), PROSE_SLOT_SENT);
    ck_assert_int_eq(prose_ue_provision(blank->ue, relay, &meta, M, VF * PROSE_NS_PER_S + (int64_t) b->now_ns, b->now_ns), 0);
    ck_assert_int_eq(prose_ue_pc5_gate(blank->ue, relay, &none), PROSE_SLOT_NO_KEY);    /* it has the time now, and no key */
    b->now_ns = HOUR * BENCH_S;                    /* Valid To */
    good = bench_slot(b, 0);
    late = bench_slot(b, M + 1);
    ck_assert_int_eq(prose_ue_pc5_gate(alice->ue, relay, &good), PROSE_SLOT_NO_KEY);
    ck_assert_int_eq(prose_ue_pc5_gate(alice->ue, relay, &late), PROSE_SLOT_NO_KEY);
}
END_TEST

START_TEST(a_receiver_without_clock_key_or_utc_says_what_it_lacks)
{
    const ProseUeDiscovery d = { .scope = relay, .roles = PROSE_ROLE_MONITOR };
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);
    BenchUe *blank = bench_add_ue(b, "blank", &d, 1);
    BenchUe *bob = add("bob", relay, PROSE_ROLE_MONITOR, ALL_THREE, 0);
    ProseSlot none = { .now_ns = b->now_ns };
    uint8_t octets[PROSE_PC5_LEN];
    ProsePc5Received r;

    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    ck_assert_int_eq(hear(blank, octets).outcome, PROSE_PC5_NO_KEY);
    prose_ue_pc5_receive(blank->ue, &none, octets, sizeof octets, &r);
    ck_assert_int_eq(r.outcome, PROSE_PC5_NO_KEY);
    prose_ue_pc5_receive(bob->ue, &none, octets, sizeof octets, &r);
    ck_assert_int_eq(r.outcome, PROSE_PC5_CLOCK_OFFSET);
}
END_TEST

/* ---- relay discovery additional information ---- */

static BenchUe *
add_with_additional(const char *name, unsigned roles, int bits)
{
    const ProseUeDiscovery d = { .scope = relay, .roles = roles, .overlap_s = UINT32_MAX, .additional_every = 3 };

    return add_of(name, &d, bits, 0);
}

START_TEST(a_relay_informs_in_every_third_period_and_announces_in_the_others)
{
    BenchUe *alice = add_with_additional("alice", PROSE_ROLE_ANNOUNCE | PROSE_ROLE_RESPOND, ALL_THREE);
    BenchUe *bob = add_with_additional("bob", PROSE_ROLE_MONITOR, ALL_THREE);
    BenchUe *carol = add("carol", relay, PROSE_ROLE_ANNOUNCE, ALL_THREE, 0);

    for (uint64_t period = 0; period < 9; period++) {
        ck_assert(prose_ue_pc5_wants_slot(alice->ue, relay, PROSE_ROLE_INFORM, period) == (period % 3 == 2));
        ck_assert(prose_ue_pc5_wants_slot(alice->ue, relay, PROSE_ROLE_ANNOUNCE, period) == (period % 3 != 2));
        ck_assert(!prose_ue_pc5_wants_slot(bob->ue, relay, PROSE_ROLE_INFORM, period));
        ck_assert(!prose_ue_pc5_wants_slot(carol->ue, relay, PROSE_ROLE_INFORM, period));
        ck_assert(prose_ue_pc5_wants_slot(carol->ue, relay, PROSE_ROLE_ANNOUNCE, period));
    }
}
END_TEST

START_TEST(additional_information_is_accepted_by_who_monitors_it_under_every_combination_of_protections)
{
    static const uint8_t ecgi[7] = { 0x00, 0xF1, 0x10, 0x00, 0x00, 0x00, 0x10 };
    BenchUe *alice = add_with_additional("alice", PROSE_ROLE_ANNOUNCE, _i);
    BenchUe *bob = add_with_additional("bob", PROSE_ROLE_MONITOR, _i);
    BenchUe *dave = add_with_additional("dave", PROSE_ROLE_RESPOND, _i);
    BenchUe *erin = add("erin", relay, PROSE_ROLE_MONITOR, _i, 0);
    ProseSlot slot = bench_slot(b, 0);
    uint8_t octets[PROSE_PC5_LEN];
    ProsePc5Received r;
    ProsePc5Content c;

    ck_assert_int_eq(prose_ue_pc5_send(erin->ue, relay, PROSE_ROLE_INFORM, &slot, mic_random, octets, NULL), PROSE_SLOT_NOT_AUTHORISED);
    must_send(alice, relay, PROSE_ROLE_INFORM, octets);
    r = hear(bob, octets);
    ck_assert_int_eq(r.outcome, PROSE_PC5_ACCEPTED);
    ck_assert_uint_eq(r.type, PROSE_PC5_RELAY_ADDITIONAL);
    ck_assert(!r.first && r.key_id == 1 && prose_key_scope_equal(r.scope, relay));
    ck_assert_int_eq(prose_pc5_content_decode(&c, r.type, r.content), 0);
    ck_assert(c.id == relay.id && c.ue_id == 0x100000 && c.has_ecgi && !c.has_mbms && memcmp(c.ecgi, ecgi, sizeof ecgi) == 0);
    ck_assert_int_eq(hear(bob, octets).outcome, PROSE_PC5_REPEATED);
    ck_assert_int_eq(hear(erin, octets).outcome, PROSE_PC5_NOT_FOR_ME);
    /* It asks for nothing. */
    ck_assert_int_eq(hear(dave, octets).outcome, PROSE_PC5_NOT_FOR_ME);
    ck_assert(!prose_ue_pc5_wants_slot(dave->ue, relay, PROSE_ROLE_RESPOND, 1));
    /* Nor does it discover; the announcement after it does. */
    must_send(alice, relay, PROSE_ROLE_ANNOUNCE, octets);
    r = hear(bob, octets);
    ck_assert(r.outcome == PROSE_PC5_ACCEPTED && r.type == PROSE_PC5_RELAY_ANNOUNCEMENT && r.first);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pc5");
    TCase *tc = tcase_create("pc5");

    tcase_add_checked_fixture(tc, bench_only, teardown);
    tcase_add_loop_test(tc, what_one_announces_the_other_accepts_under_every_combination_of_protections, 0, 16);
    tcase_add_loop_test(tc, both_ends_agree_under_every_choice_of_layout, 0, 6);
    tcase_add_loop_test(tc, a_message_of_another_discovery_or_kind_is_not_for_me, 0, 8);
    tcase_add_loop_test(tc, every_flipped_bit_is_refused_where_a_mic_protects, 4, 8);
    tcase_add_loop_test(tc, what_is_no_message_is_malformed_whatever_the_ue_holds, 0, 2);
    tcase_add_test(tc, roles_decide_who_sends_and_who_listens);
    tcase_add_loop_test(tc, a_slot_within_max_offset_of_the_prose_clock_is_used_and_no_other, 0, G_N_ELEMENTS(gates));
    tcase_add_loop_test(tc, a_receiver_is_deaf_in_a_slot_beyond_max_offset_of_its_prose_clock, 0, G_N_ELEMENTS(gates));
    tcase_add_loop_test(tc, both_gates_take_the_floor_of_the_prose_clock, 0, 2);
    tcase_add_loop_test(tc, a_message_of_another_moment_is_stale_for_the_authenticated_clock, 0, G_N_ELEMENTS(gates));
    tcase_add_test(tc, a_false_sib16_does_not_stretch_the_replay_window);
    tcase_add_loop_test(tc, a_recording_passes_for_max_offset_seconds_and_not_longer, 0, 2);
    tcase_add_test(tc, the_first_thing_that_is_missing_is_the_reason);
    tcase_add_test(tc, a_receiver_without_clock_key_or_utc_says_what_it_lacks);
    tcase_add_test(tc, a_relay_informs_in_every_third_period_and_announces_in_the_others);
    tcase_add_loop_test(tc, additional_information_is_accepted_by_who_monitors_it_under_every_combination_of_protections, 0, 8);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
