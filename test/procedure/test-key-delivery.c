/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the Key Response to keys in the UE's hands (REQ-66422-33, -07, -28; REQ-662-04; rules K2, K4, K5, K7, M1 to M5,
 * R8; the retransmission table of key-management.md 2.3).
 */
#include "client.h"
#include "prose-pkmf-internal.h"

#include <string.h>

static const ProseKeyScope command = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 };
static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 };
static const ProseKeyScope voice = { PROSE_KEY_TYPE_PGK, 0x000001 };

#define PERIOD 3600
#define LEAD 600

static Rig *
rig_of(size_t n, Client **ret)
{
    static const char *const names[] = { "alice@ims.example", "bob@ims.example", "carol@ims.example" };
    Rig *rig = rig_new();

    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    rig_add(rig, relay, PERIOD, LEAD);
    for (size_t i = 0; i < n; i++) {
        ret[i] = rig_add_client(rig, names[i]);
        rig_authorise(rig, ret[i], command, true);
        rig_authorise(rig, ret[i], relay, true);
    }
    return rig;
}

static const RigDelivery *
sent(const Rig *rig, guint n)
{
    ck_assert_uint_lt(n, rig->deliveries->len);
    return rig->deliveries->pdata[n];
}

static ProseMikeyMessage
decoded(const RigDelivery *delivery)
{
    ProseMikeyMessage msg;

    ck_assert_int_eq(prose_mikey_decode(&msg, delivery->octets, delivery->len), 0);
    ck_assert(prose_mikey_is_delivery(&msg));
    return msg;
}

static double
seconds_of(uint64_t ns)
{
    return (double) ns / 1e9;
}

static const ProseEvent *
sent_event(const Rig *rig, const Client *client, int nth)
{
    const ProseEvent *event = rig_event(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, client, nth);

    ck_assert_ptr_nonnull(event);
    return event;
}

/* ---- when it starts (REQ-66422-33, M1) ---- */

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

/* ---- retransmission (M2) ---- */

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

/* ---- order (M2), time stamps (M3) ---- */

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

static PkmfUe *
record_of(const Client *client)
{
    return g_hash_table_lookup(client->rig->pkmf->ues_by_impi, client->gba->impi);
}

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

/* ---- key IDs (K4), what is delivered again (K5) ---- */

START_TEST(ids_run_in_a_circle_and_rest)
{
    Rig *rig = rig_new();
    Client *alice;

    rig_start(rig);
    rig_add(rig, command, 2 * RIG_M + 26, 20);     /* 90 s */
    alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, alice, command, true);
    client_want(alice, &command, 1, 300 * 90);
    for (int n = 0; n < 300; n++) {
        const ProseEvent *event = rig_event(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL, n);

        ck_assert_uint_eq(event->key_id, n % 255 + 1);
        ck_assert_int_eq(event->valid_from, RIG_UTC_START + n * 90);
    }
    rig_free(rig);
}
END_TEST

START_TEST(when_all_ids_rest_the_answer_is_try_later)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);
    unsigned n;
    const ProseEvent *last;

    client_want(both[0], &command, 1, 1);
    for (n = 1; n < 300; n++) {            /* each leaver costs an ID; its discovery has 255 in a period */
        rig_authorise(rig, both[1], command, true);
        client_want(both[1], &command, 1, 0.5);
        if (!client_answer(both[1], command)->supplied)
            break;
        prose_pkmf_revoke(rig->pkmf, both[1]->gba->impi, command, rig->now_ns);
    }
    ck_assert_uint_eq(n, 256);             /* the 255th leaver's key could not be replaced any more, only deleted */
    ck_assert_uint_eq(client_n_keys(both[0], command), 0);
    ck_assert_uint_eq(client_answer(both[1], command)->status, PROSE_STATUS_TEMPORARILY_UNAVAILABLE);
    ck_assert(!prose_pkmf_has_scope(rig->pkmf, both[1]->gba->impi, command));
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 255);
    last = rig_event(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL, -1);
    ck_assert_uint_eq(last->key_id, 255);

    /* The IDs rest until VT + M + 300 s; then the period that is current gets its key, without being asked. */
    rig_forget(rig);
    rig_run_until(rig, (PERIOD + RIG_M + 300) * RIG_S - 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 0);
    rig_run_for(rig, 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 1);
    ck_assert_int_eq(rig_event(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL, 0)->valid_from, RIG_UTC_START + PERIOD);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, both[0]), 1);
    rig_free(rig);
}
END_TEST

static const struct { bool verified, listed; unsigned again; } again_cases[] = {
    { true, true, 0 }, { true, false, 1 }, { false, true, 1 }, { false, false, 1 },
};

START_TEST(only_what_is_listed_and_verified_is_skipped)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProseKeyRequest request = request_new(2);

    alice->deaf = !again_cases[_i].verified;
    client_want(alice, &command, 1, 1);
    rig_forget(rig);
    alice->deaf = false;
    request_want(&request, command, again_cases[_i].listed ? 1 : 0);
    client_ask_and_run(alice, &request, 30);
    ck_assert_uint_eq(rig->deliveries->len, again_cases[_i].again);
    rig_free(rig);
}
END_TEST

START_TEST(an_id_of_an_earlier_allocation_counts_for_nothing)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProseKeyRequest request = request_new(1);

    request_want(&request, command, 1);    /* before this PKMF has ever given out 1 */
    client_ask_and_run(alice, &request, 5);
    ck_assert_uint_eq(rig->deliveries->len, 1);
    ck_assert_uint_eq(client_n_keys(alice, command), 1);
    rig_free(rig);
}
END_TEST

/* ---- the PMK (R8, key-management.md 1.7) ---- */

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
    client_want(alice, both, 2, 5);
    ck_assert(alice->got_pmk);
    ck_assert_mem_ne(alice->pmk_id, first, sizeof first);
    rig_free(rig);
}
END_TEST

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

/* ---- revocation (K7) ---- */

START_TEST(a_leaver_s_keys_are_replaced_for_the_others)
{
    Client *all[3];
    Rig *rig = rig_of(3, all);
    const struct { uint8_t id; int64_t period; bool deletion; } want[] = {
        { 3, 0, false }, { 1, 0, true }, { 4, 1, false }, { 2, 1, true },
    };

    for (unsigned i = 0; i < 3; i++)
        client_want(all[i], &command, 1, 5);
    rig_run_until(rig, (PERIOD - LEAD + 10) * RIG_S);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(client_n_keys(all[i], command), 2);
    rig_forget(rig);
    prose_pkmf_revoke(rig->pkmf, all[0]->gba->impi, command, rig->now_ns);
    rig_run_for(rig, 30);

    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, all[0]), 0);
    ck_assert_uint_eq(client_n_keys(all[0], command), 2);      /* revocation reaches into no UE */
    for (unsigned i = 1; i < 3; i++) {
        ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, all[i]), 4);
        for (int n = 0; n < 4; n++) {
            const ProseEvent *event = sent_event(rig, all[i], n);

            ck_assert_uint_eq(event->key_id, want[n].id);
            ck_assert_int_eq(event->valid_from, RIG_UTC_START + want[n].period * PERIOD);
            ck_assert_int_eq(event->valid_to, event->valid_from + (want[n].deletion ? 0 : PERIOD));
            ck_assert_int_eq(g_strcmp0(event->cause, "deletion") == 0, want[n].deletion);
        }
        ck_assert_uint_eq(client_n_keys(all[i], command), 2);
        ck_assert_uint_eq(client_key(all[i], command, 0)->key_id, 3);
        ck_assert_uint_eq(client_key(all[i], command, 1)->key_id, 4);
        ck_assert_mem_eq(client_key(all[i], command, 0)->key, client_key(all[1], command, 0)->key, PROSE_KEY_LEN);
    }
    /* Nothing is left to say, and the leaver stays out. */
    rig_forget(rig);
    client_want(all[1], &command, 1, 5);
    client_want(all[0], &command, 1, 5);
    ck_assert_uint_eq(client_answer(all[0], command)->status, PROSE_STATUS_NOT_AUTHORISED);
    ck_assert_uint_eq(rig->deliveries->len, 0);
    rig_run_until(rig, (2 * PERIOD - LEAD + 1) * RIG_S);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, all[0]), 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_VERIFIED, NULL, all[1]), 1);
    rig_free(rig);
}
END_TEST

START_TEST(a_deletion_carries_no_key)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);
    ProseMikeyMessage msg;
    ProseMikeyDelivery delivery;
    ProseMikeyKeys keys;
    static const uint8_t zeros[PROSE_KEY_LEN];

    client_want(both[0], &command, 1, 5);
    client_want(both[1], &command, 1, 5);
    rig_forget(rig);
    prose_pkmf_revoke(rig->pkmf, both[0]->gba->impi, command, rig->now_ns);
    rig_run_for(rig, 5);
    msg = decoded(sent(rig, 1));
    ck_assert_int_eq(prose_mikey_delivery_open(&delivery, &keys, &msg, both[1]->pmk), 0);
    ck_assert_uint_eq(delivery.key_id, 1);
    ck_assert_uint_eq(delivery.valid_from, delivery.valid_to);
    ck_assert_mem_eq(delivery.key, zeros, PROSE_KEY_LEN);
    rig_free(rig);
}
END_TEST

START_TEST(what_the_leaver_was_never_sent_stays)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);

    client_want(both[1], &command, 1, 5);
    both[0]->deaf = true;
    client_want(both[0], &command, 1, 40);         /* sent, never verified: it may have it all the same */
    rig_run_until(rig, (PERIOD - LEAD + 10) * RIG_S);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 2);
    rig_forget(rig);
    prose_pkmf_revoke(rig->pkmf, both[0]->gba->impi, command, rig->now_ns);
    rig_run_for(rig, 30);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 1);
    ck_assert_int_eq(rig_event(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL, 0)->valid_from, RIG_UTC_START);
    ck_assert_uint_eq(client_n_keys(both[1], command), 2);
    ck_assert_uint_eq(client_key(both[1], command, 0)->key_id, 3);
    ck_assert_uint_eq(client_key(both[1], command, 1)->key_id, 2);
    rig_free(rig);
}
END_TEST

START_TEST(who_never_had_the_old_key_hears_only_of_the_new)
{
    Client *all[3];
    Rig *rig = rig_of(3, all);

    client_want(all[0], &command, 1, 5);
    client_want(all[1], &command, 1, 5);
    all[2]->deaf = true;
    client_want(all[2], &relay, 1, 40);            /* unreachable: command will only wait */
    client_want(all[2], (const ProseKeyScope[]) { relay, command }, 2, 0.09);
    prose_pkmf_revoke(rig->pkmf, all[0]->gba->impi, command, rig->now_ns);
    all[2]->deaf = false;
    rig_run_for(rig, 5);
    ck_assert_uint_eq(client_n_keys(all[2], command), 1);
    ck_assert_uint_eq(client_key(all[2], command, 0)->key_id, 2);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, "deletion", all[2]), 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, "deletion", all[1]), 1);
    rig_free(rig);
}
END_TEST

START_TEST(an_unreachable_ue_learns_of_the_revocation_at_its_next_request)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);

    client_want(both[0], &command, 1, 5);
    client_want(both[1], &command, 1, 5);
    both[1]->deaf = true;
    prose_pkmf_revoke(rig->pkmf, both[0]->gba->impi, command, rig->now_ns);
    rig_run_for(rig, 60);
    ck_assert(client_view(both[1]).unreachable);
    ck_assert_uint_eq(client_view(both[1]).n_pending, 2);
    both[1]->deaf = false;
    client_want(both[1], &command, 1, 5);
    ck_assert_uint_eq(client_n_keys(both[1], command), 1);
    ck_assert_uint_eq(client_key(both[1], command, 0)->key_id, 2);
    rig_free(rig);
}
END_TEST

START_TEST(revoking_a_stranger_replaces_nothing)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);

    client_want(both[1], &command, 1, 5);
    rig_forget(rig);
    prose_pkmf_revoke(rig->pkmf, both[0]->gba->impi, command, rig->now_ns);
    prose_pkmf_revoke(rig->pkmf, "nobody@ims.example", command, rig->now_ns);
    prose_pkmf_revoke(rig->pkmf, both[1]->gba->impi, voice, rig->now_ns);
    rig_run_for(rig, 30);
    ck_assert_uint_eq(rig->deliveries->len, 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

/* ---- down and up ---- */

START_TEST(a_restart_with_state_goes_on)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    uint8_t pmk_id[PROSE_PMK_ID_LEN];

    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    memcpy(pmk_id, alice->pmk_id, sizeof pmk_id);
    prose_pkmf_set_down(rig->pkmf, rig->now_ns);
    ck_assert_uint_eq(prose_pkmf_next_expiry(rig->pkmf), PROSE_NEVER);
    alice->deaf = false;
    rig_run_until(rig, (PERIOD - LEAD + 1) * RIG_S);
    ck_assert_uint_eq(rig->deliveries->len, 1);
    prose_pkmf_set_up(rig->pkmf, true, rig->now_ns);
    rig_run_for(rig, 5);
    /* What was out, and the period that came while it was down. */
    ck_assert_uint_eq(client_n_keys(alice, command), 2);
    ck_assert_uint_eq(client_view(alice).address, alice->address);
    ck_assert(prose_pkmf_has_scope(rig->pkmf, alice->gba->impi, command));
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PKMF_UP, "state-kept", NULL), 1);
    client_want(alice, &command, 1, 5);
    ck_assert(!alice->got_pmk);
    ck_assert_mem_eq(alice->pmk_id, pmk_id, sizeof pmk_id);
    rig_free(rig);
}
END_TEST

START_TEST(a_restart_without_state_keeps_keys_alone)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);
    uint8_t pmk_id[PROSE_PMK_ID_LEN];

    client_want(both[0], &command, 1, 5);
    client_want(both[1], &command, 1, 5);
    memcpy(pmk_id, both[0]->pmk_id, sizeof pmk_id);
    prose_pkmf_set_down(rig->pkmf, rig->now_ns);
    prose_pkmf_set_up(rig->pkmf, false, rig->now_ns);
    ck_assert(!client_is_known(both[0]));
    ck_assert(!prose_pkmf_has_scope(rig->pkmf, both[0]->gba->impi, command));
    rig_forget(rig);
    rig_run_until(rig, (PERIOD - LEAD + 1) * RIG_S);
    ck_assert_uint_eq(rig->deliveries->len, 0);

    /* The same key under the same ID, since nobody remembers that it was verified; a new PMK. */
    client_want(both[0], &command, 1, 5);
    ck_assert(both[0]->got_pmk);
    ck_assert_mem_ne(both[0]->pmk_id, pmk_id, sizeof pmk_id);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 1);
    ck_assert_uint_eq(rig->deliveries->len, 2);
    ck_assert_uint_eq(sent_event(rig, both[0], 0)->key_id, 1);
    ck_assert_uint_eq(client_n_keys(both[0], command), 2);

    /* Who had key 1 is forgotten too, so a revocation takes no chances with it. */
    rig_forget(rig);
    prose_pkmf_revoke(rig->pkmf, both[1]->gba->impi, command, rig->now_ns);
    rig_run_for(rig, 5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, "deletion", both[0]), 1);
    ck_assert_uint_eq(client_key(both[0], command, 0)->key_id, 3);
    rig_free(rig);
}
END_TEST

START_TEST(what_is_open_ends_when_it_goes_down)
{
    Client *both[2];
    Rig *rig = rig_of(2, both);
    ProseKeyRequest request = request_new(1);

    request_want(&request, command, 0);
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = RIG_S;
    client_ask(both[0], &request);
    rig_run_for(rig, 0.5);
    prose_pkmf_set_down(rig->pkmf, rig->now_ns);
    client_ask(both[1], &request);
    rig_run_for(rig, 5);
    ck_assert(both[0]->was_closed && both[1]->was_closed);
    ck_assert_uint_eq(both[0]->status, 0);
    ck_assert(!client_is_known(both[0]));
    prose_pkmf_set_up(rig->pkmf, true, rig->now_ns);
    client_want(both[0], &command, 1, 5);
    ck_assert_uint_eq(client_n_keys(both[0], command), 1);
    rig_free(rig);
}
END_TEST

/* ---- secrets ---- */

static unsigned n_dirty;

static void
slot_cb(void *user, const void *slot, size_t size)
{
    const uint8_t *octets = slot;

    for (size_t i = 0; i < size; i++)
        n_dirty += octets[i] != 0;
    ++*(unsigned *) user;
}

START_TEST(past_keys_and_answered_attempts_are_wiped)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    unsigned n_back = 0;
    size_t in_use;
    ProseKeyRequest stop = request_new(2);

    n_dirty = 0;
    prose_secret_pool_set_hook(rig->secrets, slot_cb, &n_back);
    client_want(alice, &command, 1, 5);
    in_use = prose_secret_pool_in_use(rig->secrets);
    n_back = 0;
    request_stop(&stop, command);
    client_ask_and_run(alice, &stop, 5);
    rig_run_until(rig, PERIOD * RIG_S);
    ck_assert_uint_eq(prose_secret_pool_in_use(rig->secrets), in_use - 1);     /* the PSDK; the PMK lives */
    ck_assert_uint_eq(n_dirty, 0);
    prose_secret_pool_set_hook(rig->secrets, NULL, NULL);
    rig_free(rig);
}
END_TEST

/* ---- workers ---- */

START_TEST(workers_serve_in_order_of_arrival_and_are_counted)
{
    Rig *rig = rig_new();
    Client *all[3];
    ProseKeyRequest request = request_new(1);
    ProsePkmfLoad load;

    rig->config.workers = 2;
    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    rig->service_ns[PROSE_PKMF_OP_TLS] = 100 * RIG_MS;
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = 50 * RIG_MS;
    rig->service_ns[PROSE_PKMF_OP_DELIVERY] = 10 * RIG_MS;
    request_want(&request, command, 0);
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *impi = g_strdup_printf("ue%u@ims.example", i);

        all[i] = rig_add_client(rig, impi);
        rig_authorise(rig, all[i], command, true);
        client_ask(all[i], &request);
    }
    rig_run_for(rig, 5);
    prose_pkmf_load(rig->pkmf, &load);
    for (int op = 0; op < PROSE_PKMF_N_OPS; op++)
        ck_assert_uint_eq(load.jobs[op], 3);
    ck_assert_uint_eq(load.busy_ns, 3 * 160 * RIG_MS);
    /* Handshakes arrive at 30 ms. The third waits until 130 and keeps one worker until 230; so of the two requests that
     * arrive at 170 one waits for the other, until 220. */
    ck_assert_uint_eq(load.wait_max_ns, 100 * RIG_MS);
    ck_assert_uint_eq(load.wait_ns, 150 * RIG_MS);
    ck_assert_uint_eq(load.queue_max, 1);
    ck_assert_uint_eq(all[0]->answered_ns, 220 * RIG_MS);
    ck_assert_uint_eq(all[1]->answered_ns, 270 * RIG_MS);
    ck_assert_uint_eq(all[2]->answered_ns, 320 * RIG_MS);
    rig_free(rig);
}
END_TEST

START_TEST(who_has_gone_costs_no_worker)
{
    Rig *rig = rig_new();
    Client *all[3];
    ProseKeyRequest request = request_new(1);
    ProsePkmfLoad load;

    rig->config.workers = 1;
    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    rig->service_ns[PROSE_PKMF_OP_TLS] = RIG_S;
    request_want(&request, command, 0);
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *impi = g_strdup_printf("ue%u@ims.example", i);

        all[i] = rig_add_client(rig, impi);
        rig_authorise(rig, all[i], command, true);
        client_ask(all[i], &request);
    }
    rig_run_for(rig, 0.5);
    client_close(all[1]);
    rig_run_for(rig, 5);
    prose_pkmf_load(rig->pkmf, &load);
    ck_assert_uint_eq(load.jobs[PROSE_PKMF_OP_TLS], 2);
    ck_assert_uint_eq(all[2]->status, 200);
    rig_free(rig);
}
END_TEST

START_TEST(a_full_queue_says_when_to_come_again)
{
    Rig *rig = rig_new();
    Client *all[4];
    ProseKeyRequest request = request_new(1);
    unsigned served = 0, refused = 0;

    rig->config.workers = 1;
    rig->config.queue_limit = 2;
    rig->config.retry_after_s = 17;
    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = RIG_S;
    request_want(&request, command, 0);
    for (unsigned i = 0; i < 4; i++) {
        g_autofree char *impi = g_strdup_printf("ue%u@ims.example", i);

        all[i] = rig_add_client(rig, impi);
        rig_authorise(rig, all[i], command, true);
        client_ask(all[i], &request);
    }
    rig_run_for(rig, 20);
    for (unsigned i = 0; i < 4; i++) {
        served += all[i]->status == 200;
        refused += all[i]->status == 503;
        if (all[i]->status == 503)
            ck_assert_uint_eq(all[i]->retry_after_s, 17);
        ck_assert_uint_eq(client_is_known(all[i]), all[i]->status == 200);
    }
    ck_assert_uint_eq(served, 3);
    ck_assert_uint_eq(refused, 1);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_HTTP_REFUSED, "overload", NULL), 1);
    rig_free(rig);
}
END_TEST

/* ---- what a scenario may not ask for ---- */

static const struct { uint32_t id, cryptoperiod_s, lead_s; int result; } configurations[] = {
    { 1, 65, 64, 0 },
    { 1, 64, 10, PROSE_ERR_INVALID },              /* P > 2M (K2) */
    { 1, 3600, 3600, PROSE_ERR_INVALID },          /* lead < P */
    { 0x1000000, 3600, 600, PROSE_ERR_INVALID },
    { 0x00a1b2, 3600, 600, PROSE_ERR_DUPLICATE },
    { 0xffffff, 3600, 0, 0 },
};

START_TEST(a_discovery_keeps_to_the_rules)
{
    Client *alice;
    Rig *rig = rig_of(1, &alice);
    ProsePkmfDiscovery discovery = {
        .scope = { PROSE_KEY_TYPE_PSDK_GROUP, configurations[_i].id }, .first_start_s = RIG_UTC_START,
        .cryptoperiod_s = configurations[_i].cryptoperiod_s, .lead_s = configurations[_i].lead_s,
    };

    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &discovery), configurations[_i].result);
    discovery.scope.type = PROSE_KEY_TYPE_PGK;
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &discovery), PROSE_ERR_INVALID);
    rig_free(rig);
}
END_TEST

START_TEST(a_period_too_short_for_255_ids_is_refused)
{
    Rig *rig = rig_new();
    ProsePkmfDiscovery discovery = { .scope = command, .first_start_s = RIG_UTC_START, .cryptoperiod_s = 1 };

    rig->config.max_offset_s = 0;
    rig_start(rig);
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &discovery), PROSE_ERR_INVALID);
    discovery.cryptoperiod_s = 2;
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &discovery), 0);
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

    tc = tcase_create("retransmission");
    tcase_add_test(tc, an_unanswered_key_is_sent_four_times);
    tcase_add_loop_test(tc, the_nth_attempt_is_enough, 0, PKMF_SENDS);
    tcase_add_test(tc, the_answer_to_any_open_attempt_counts);
    tcase_add_test(tc, a_second_verification_is_ignored);
    tcase_add_test(tc, a_late_verification_counts_but_revives_nobody);
    tcase_add_test(tc, an_unreachable_ue_is_served_after_its_next_request);
    tcase_add_test(tc, what_is_past_is_not_delivered_any_more);
    suite_add_tcase(suite, tc);

    tc = tcase_create("order");
    tcase_add_test(tc, one_at_a_time_by_start_then_by_identity);
    tcase_add_test(tc, a_key_that_starts_earlier_overtakes_what_waits);
    tcase_add_test(tc, t_rises_even_if_the_clock_does_not);
    suite_add_tcase(suite, tc);

    tc = tcase_create("answers");
    tcase_add_test(tc, error_12_ends_that_key_alone);
    tcase_add_loop_test(tc, no_other_answer_stops_the_sending, 0, G_N_ELEMENTS(lies));
    tcase_add_test(tc, every_flipped_bit_of_a_verification_is_refused);
    tcase_add_test(tc, nobody_answers_for_another);
    suite_add_tcase(suite, tc);

    tc = tcase_create("keys");
    tcase_add_test(tc, ids_run_in_a_circle_and_rest);
    tcase_add_test(tc, when_all_ids_rest_the_answer_is_try_later);
    tcase_add_loop_test(tc, only_what_is_listed_and_verified_is_skipped, 0, G_N_ELEMENTS(again_cases));
    tcase_add_test(tc, an_id_of_an_earlier_allocation_counts_for_nothing);
    tcase_add_test(tc, past_keys_and_answered_attempts_are_wiped);
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

    tc = tcase_create("revocation");
    tcase_add_test(tc, a_leaver_s_keys_are_replaced_for_the_others);
    tcase_add_test(tc, a_deletion_carries_no_key);
    tcase_add_test(tc, what_the_leaver_was_never_sent_stays);
    tcase_add_test(tc, who_never_had_the_old_key_hears_only_of_the_new);
    tcase_add_test(tc, an_unreachable_ue_learns_of_the_revocation_at_its_next_request);
    tcase_add_test(tc, revoking_a_stranger_replaces_nothing);
    suite_add_tcase(suite, tc);

    tc = tcase_create("down and up");
    tcase_add_test(tc, a_restart_with_state_goes_on);
    tcase_add_test(tc, a_restart_without_state_keeps_keys_alone);
    tcase_add_test(tc, what_is_open_ends_when_it_goes_down);
    suite_add_tcase(suite, tc);

    tc = tcase_create("workers");
    tcase_add_test(tc, workers_serve_in_order_of_arrival_and_are_counted);
    tcase_add_test(tc, who_has_gone_costs_no_worker);
    tcase_add_test(tc, a_full_queue_says_when_to_come_again);
    suite_add_tcase(suite, tc);

    tc = tcase_create("configuration");
    tcase_add_loop_test(tc, a_discovery_keeps_to_the_rules, 0, G_N_ELEMENTS(configurations));
    tcase_add_test(tc, a_period_too_short_for_255_ids_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
