/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A delivery until it is answered, and what answers it (rules M2, M4; OP-15).
 */
#include "one-pkmf.h"

/* ---- retransmission (M2) ---- */

/* REQ-66422-33 */
START_TEST(an_unanswered_key_is_sent_four_times)
{
    static const double at_s[] = { 0, 2, 6, 14 };
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    uint64_t first;
    GHashTable *csb_ids = g_hash_table_new(NULL, NULL);

    alice->deaf = true;
    rig->service_ns[PROSE_PKMF_OP_DELIVERY] = 0;
    client_want(alice, &command, 1, 60);
    ck_assert_uint_eq(rig->deliveries->len, G_N_ELEMENTS(at_s));
    first = sent(rig, 0)->sent_ns;
    for (guint i = 0; i < G_N_ELEMENTS(at_s); i++) {
        ProseMikeyMessage msg = decoded(sent(rig, i));

        ck_assert_double_eq(seconds_of(sent(rig, i)->sent_ns - first), at_s[i]);
        ck_assert_double_eq(sent_event(rig, alice, (int) i)->value, i + 1);
        ck_assert(g_hash_table_add(csb_ids, GUINT_TO_POINTER(msg.csb_id)));
        if (i > 0) {                       /* each is a new message */
            ProseMikeyMessage before = decoded(sent(rig, i - 1));

            ck_assert_uint_gt(msg.t, before.t);
            ck_assert_mem_ne(msg.rand.data, before.rand.data, PROSE_MIKEY_RAND_LEN);
            ck_assert_mem_ne(msg.encr.data, before.encr.data, msg.encr.len);
        }
    }
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_UE_UNREACHABLE, NULL, alice), 1);
    ck_assert_double_eq(seconds_of(rig_event(rig, PROSE_EVENT_UE_UNREACHABLE, NULL, alice, 0)->time_ns - first), 30);
    ck_assert(client_view(alice).unreachable);
    ck_assert_uint_eq(client_view(alice).n_pending, 1);
    g_hash_table_unref(csb_ids);
    rig_free(rig);
}
END_TEST

START_TEST(the_nth_attempt_is_enough)
{
    static const double heard_from_s[] = { 0, 1, 3, 7 };
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    alice->deaf = _i > 0;
    client_want(alice, &command, 1, 0.5);
    rig_run_for(rig, heard_from_s[_i]);
    alice->deaf = false;
    rig_run_for(rig, 60);
    ck_assert_int_eq((int) rig->deliveries->len, _i + 1);
    ck_assert_int_eq((int) rig_event(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice, 0)->value, _i + 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_UE_UNREACHABLE, NULL, NULL), 0);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    rig_free(rig);
}
END_TEST


START_TEST(the_answer_to_any_open_attempt_counts)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    alice->deaf = true;
    client_want(alice, &command, 1, 3);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    client_judge(alice, sent(rig, 0));
    client_udp(alice, alice->last.answer, alice->last.answer_len);
    rig_run_for(rig, 60);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice, 0)->value, 2);
    rig_free(rig);
}
END_TEST

START_TEST(a_second_verification_is_ignored)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    alice->deaf = true;
    client_want(alice, &command, 1, 3);
    for (guint i = 0; i < 2; i++) {
        client_judge(alice, sent(rig, i));
        client_udp(alice, alice->last.answer, alice->last.answer_len);
    }
    client_udp(alice, alice->last.answer, alice->last.answer_len);
    rig_run_for(rig, 60);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, NULL), 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_MIKEY_REJECTED, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

START_TEST(a_late_verification_counts_but_revives_nobody)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    const ProseKeyScope both[] = { command, relay };

    alice->deaf = true;
    client_want(alice, both, 2, 40);
    ck_assert(client_view(alice).unreachable);
    client_judge(alice, sent(rig, 3));
    client_udp(alice, alice->last.answer, alice->last.answer_len);
    rig_run_for(rig, 60);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice), 1);
    ck_assert(client_view(alice).unreachable);
    ck_assert_uint_eq(client_view(alice).n_pending, 1);
    ck_assert_uint_eq(rig->deliveries->len, 4);
    rig_free(rig);
}
END_TEST

START_TEST(an_unreachable_ue_is_served_after_its_next_request)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    alice->deaf = true;
    client_want(alice, &command, 1, 40);
    rig_run_until(rig, PERIOD * RIG_S - 10 * RIG_S);
    ck_assert_uint_eq(rig->deliveries->len, 4);    /* not even the next period's */
    ck_assert_uint_eq(client_view(alice).n_pending, 2);
    alice->deaf = false;
    client_want(alice, &command, 1, 5);
    ck_assert_uint_eq(rig->deliveries->len, 6);
    ck_assert_uint_eq(client_n_keys(alice, command), 2);
    ck_assert(!client_view(alice).unreachable);
    ck_assert_double_eq(sent_event(rig, alice, 4)->value, 1);
    rig_free(rig);
}
END_TEST

START_TEST(what_is_past_is_not_delivered_any_more)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);

    alice->deaf = true;
    client_want(alice, &command, 1, 40);
    rig_run_until(rig, PERIOD * RIG_S);
    ck_assert_uint_eq(client_view(alice).n_pending, 1);        /* the second period's alone */
    rig_free(rig);
}
END_TEST

/* ---- answers that are none ---- */

START_TEST(error_12_ends_that_key_alone)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    const ProseKeyScope both[] = { command, relay };

    alice->refuses = true;
    client_want(alice, both, 2, 60);
    ck_assert_uint_eq(rig->deliveries->len, 2);    /* each once */
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, alice), 2);
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, alice, 0)->value, 12);
    ck_assert_uint_eq(client_view(alice).n_pending, 0);
    ck_assert(!client_view(alice).unreachable);

    /* The next period's key is another key, and a new request is a new chance. */
    alice->refuses = false;
    rig_run_until(rig, (PERIOD - LEAD + 1) * RIG_S);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    client_want(alice, both, 2, 5);
    ck_assert_uint_eq(client_n_keys(alice, command), 2);
    rig_free(rig);
}
END_TEST

/* What a test makes of a good verification, and what the PKMF calls it. */
typedef enum { UNAUTHENTICATED, OTHER_ERROR, UNKNOWN_CSB, WRONG_T, WRONG_PMK, WRONG_ID, NO_MIKEY, A_DELIVERY } LieKind;
static const struct { LieKind kind; const char *cause; } lies[] = {
    { UNAUTHENTICATED, "unauthenticated" }, { OTHER_ERROR, "other-error" }, { UNKNOWN_CSB, "no-attempt" },
    { WRONG_T, "mismatch" }, { WRONG_PMK, "mac" }, { WRONG_ID, "mismatch" }, { NO_MIKEY, "malformed" },
    { A_DELIVERY, "malformed" },
};

START_TEST(no_other_answer_stops_the_sending)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    uint8_t octets[PROSE_MIKEY_MAX] = { 0 };
    ProseMikeyMessage msg;
    ProseMikeyKeys keys;
    char idr[PROSE_NAI_MAX];
    ptrdiff_t len = 40;

    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    msg = decoded(sent(rig, 0));
    if (lies[_i].kind == WRONG_PMK)
        alice->pmk[0] ^= 1;
    prose_mikey_keys_init(&keys, alice->pmk, msg.csb_id, msg.rand.data, msg.rand.len);
    ck_assert_int_eq(prose_mikey_responder_nai(idr, sizeof idr, alice->pmk_id, RIG_FQDN), 0);
    switch (lies[_i].kind) {
    case UNAUTHENTICATED:
        len = prose_mikey_error_encode(octets, sizeof octets, NULL, msg.csb_id, msg.t, PROSE_MIKEY_ERROR_UNSPECIFIED, RIG_FQDN, idr);
        break;
    case OTHER_ERROR:
        len = prose_mikey_error_encode(octets, sizeof octets, &keys, msg.csb_id, msg.t, PROSE_MIKEY_ERROR_TIMESTAMP, RIG_FQDN, idr);
        break;
    case UNKNOWN_CSB:
        len = prose_mikey_verification_encode(octets, sizeof octets, &keys, msg.csb_id + 1, msg.t, RIG_FQDN, idr);
        break;
    case WRONG_T:
        len = prose_mikey_verification_encode(octets, sizeof octets, &keys, msg.csb_id, msg.t + 1, RIG_FQDN, idr);
        break;
    case WRONG_ID:
        idr[0] ^= 1;
        len = prose_mikey_verification_encode(octets, sizeof octets, &keys, msg.csb_id, msg.t, RIG_FQDN, idr);
        break;
    case WRONG_PMK:
        len = prose_mikey_verification_encode(octets, sizeof octets, &keys, msg.csb_id, msg.t, RIG_FQDN, idr);
        break;
    case A_DELIVERY:
        memcpy(octets, sent(rig, 0)->octets, sent(rig, 0)->len);
        len = (ptrdiff_t) sent(rig, 0)->len;
        break;
    case NO_MIKEY:
    default:
        break;
    }
    ck_assert_int_gt(len, 0);
    client_udp(alice, octets, (size_t) len);
    rig_run_for(rig, 2);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_MIKEY_REJECTED, lies[_i].cause, NULL), 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, NULL), 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, NULL), 0);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    rig_free(rig);
}
END_TEST

START_TEST(every_flipped_bit_of_a_verification_is_refused)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    size_t len;

    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    client_judge(alice, sent(rig, 0));
    len = alice->last.answer_len;
    ck_assert_uint_gt(len, 0);
    for (size_t n = 0; n < len; n++)       /* and every shorter prefix */
        client_udp(alice, alice->last.answer, n);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        alice->last.answer[bit / 8] ^= (uint8_t) (1u << bit % 8);
        client_udp(alice, alice->last.answer, len);
        alice->last.answer[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
    rig_run_for(rig, 0.1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, NULL), 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, NULL), 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_MIKEY_REJECTED, NULL, NULL), 9 * len);
    client_udp(alice, alice->last.answer, len);
    rig_run_for(rig, 0.1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, alice), 1);
    rig_free(rig);
}
END_TEST

/* REQ-66422-16 */
START_TEST(nobody_answers_for_another)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);
    ProseMikeyMessage msg;
    ProseMikeyKeys keys;
    uint8_t octets[PROSE_MIKEY_MAX];
    char idr[PROSE_NAI_MAX];
    ptrdiff_t len;

    both[0]->deaf = true;
    client_want(both[1], &command, 1, 1);
    client_want(both[0], &command, 1, 1);
    msg = decoded(sent(rig, 1));
    prose_mikey_keys_init(&keys, both[1]->pmk, msg.csb_id, msg.rand.data, msg.rand.len);
    ck_assert_int_eq(prose_mikey_responder_nai(idr, sizeof idr, both[1]->pmk_id, RIG_FQDN), 0);
    len = prose_mikey_verification_encode(octets, sizeof octets, &keys, msg.csb_id, msg.t, RIG_FQDN, idr);
    client_udp(both[1], octets, (size_t) len);
    rig_run_for(rig, 0.5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, both[0]), 0);
    ck_assert_uint_eq(client_view(both[0]).n_pending, 1);
    rig_free(rig);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("retransmission");
    TCase *tc = tcase_create("retransmission");

    tcase_add_test(tc, an_unanswered_key_is_sent_four_times);
    tcase_add_loop_test(tc, the_nth_attempt_is_enough, 0, PKMF_SENDS);
    tcase_add_test(tc, the_answer_to_any_open_attempt_counts);
    tcase_add_test(tc, a_second_verification_is_ignored);
    tcase_add_test(tc, a_late_verification_counts_but_revives_nobody);
    tcase_add_test(tc, an_unreachable_ue_is_served_after_its_next_request);
    tcase_add_test(tc, what_is_past_is_not_delivered_any_more);
    suite_add_tcase(suite, tc);

    tc = tcase_create("answers");
    tcase_add_test(tc, error_12_ends_that_key_alone);
    tcase_add_loop_test(tc, no_other_answer_stops_the_sending, 0, G_N_ELEMENTS(lies));
    tcase_add_test(tc, every_flipped_bit_of_a_verification_is_refused);
    tcase_add_test(tc, nobody_answers_for_another);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
