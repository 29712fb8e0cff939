/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is answered to what is wrong, and what becomes of it at the other end: every status code, every HTTP status, every
 * MIKEY error (OP-02, OP-03, OP-15; rules R2, R4, R5, M4, M5).
 */
#include "client.h"
#include "one-ue.h"

#include "prose-pkmf-internal.h"

#define NORTH "pkmf.north.example"

static const ProseKeyScope nowhere = { PROSE_KEY_TYPE_PSDK_RELAY, 0xFFFFFF };

static BenchServer *north;

/* A real PKMF of @relay, @group and @pgk. */
static void
add_north(uint8_t algorithms)
{
    const ProseKeyScope served[] = { relay, group };

    north = bench_add_pkmf(b, "pkmf north", NORTH, 32);
    for (size_t i = 0; i < G_N_ELEMENTS(served); i++) {
        const ProsePkmfDiscovery d = {
            .scope = served[i], .meta = { .scrambling = true, .mic = true }, .first_start_s = VF, .cryptoperiod_s = HOUR,
            .lead_s = 600,
        };

        ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(north), &d), 0);
    }
    ck_assert_int_eq(prose_pkmf_add_group(bench_pkmf(north), pgk.id, algorithms, VF, HOUR, 600), 0);
}

static void
allow(ProseKeyScope scope)
{
    prose_pkmf_authorise(bench_pkmf(north), ue->gba->impi, scope, true, b->now_ns);
}

static unsigned
n_deliveries(ProseKeyScope scope)
{
    unsigned n = 0;
    const ProseEvent *e;

    for (int i = 0; (e = bench_event(b, "pkmf north", PROSE_EVENT_KEY_DELIVERY_SENT, NULL, i)); i++)
        n += prose_key_scope_equal(e->scope, scope);
    return n;
}

/* ---- status codes ---- */

typedef enum Reason { NOT_ALLOWED, NOT_SERVED, NO_SCRAMBLING, NO_ALGORITHM, STOP, NO_ID_FREE } Reason;

/* 0 is reserved and 7 is for what has no code of its own, so no PKMF of ours sends them. */
static const struct { Reason reason; unsigned code; const char *name; ProseKeyScope refused, supplied; } reasons[] = {
    { NOT_ALLOWED, 1, "not-authorised", { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 }, { PROSE_KEY_TYPE_PSDK_GROUP, 0x00A1B2 } },
    { NOT_SERVED, 2, "unknown", { PROSE_KEY_TYPE_PSDK_RELAY, 0xFFFFFF }, { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 } },
    { NO_SCRAMBLING, 3, "scrambling-not-supported", { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 }, { PROSE_KEY_TYPE_PGK, 0x000123 } },
    { NO_ALGORITHM, 4, "algorithm-not-supported", { PROSE_KEY_TYPE_PGK, 0x000123 }, { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 } },
    { STOP, 5, "stopped", { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 }, { PROSE_KEY_TYPE_PSDK_GROUP, 0x00A1B2 } },
    { NO_ID_FREE, 6, "temporarily-unavailable", { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 }, { PROSE_KEY_TYPE_PSDK_GROUP, 0x00A1B2 } },
};

/* REQ-66422-17, REQ-66422-18, REQ-66422-24 */
START_TEST(each_status_code_has_its_reason_and_reaches_the_ue)
{
    const ProseUeDiscovery d[] = { at(NORTH, relay), at(NORTH, group), at(NORTH, pgk), at(NORTH, nowhere) };
    const ProseKeyScope refused = reasons[_i].refused, supplied = reasons[_i].supplied;
    Reason reason = reasons[_i].reason;
    const ProseEvent *e;
    unsigned n_before;
    ProseUeConfig config;

    add_north(reason == NO_ALGORITHM ? PROSE_ALGORITHM_EEA1 : PROSE_ALGORITHM_EEA2);
    bench_ue_config(b, &config, "engines[0]", d, G_N_ELEMENTS(d));
    config.scrambling_supported = reason != NO_SCRAMBLING;
    ue = bench_add_ue_of(b, &config);
    for (size_t i = 0; i < G_N_ELEMENTS(d); i++)
        if (reason != NOT_ALLOWED || !prose_key_scope_equal(d[i].scope, refused))
            allow(d[i].scope);
    if (reason == NO_ID_FREE)
        for (unsigned id = 1; id <= 255; id++)
            pkmf_find_scope(bench_pkmf(north), relay)->id_rests_until[id] = VF + 30;
    bench_start(ue);
    bench_run_for(b, 5);
    if (reason == STOP) {
        ck_assert_uint_eq(n_held(refused), 1);
        set_active(refused, false);
        bench_run_for(b, 5);
    }

    e = bench_event(b, "engines[0]", PROSE_EVENT_DISCOVERY_REFUSED, reasons[_i].name, 0);
    ck_assert_ptr_nonnull(e);
    ck_assert_double_eq(e->value, reasons[_i].code);
    ck_assert(prose_key_scope_equal(e->scope, refused));
    ck_assert_str_eq(e->peer, NORTH);
    ck_assert_uint_eq(view(refused).status, reasons[_i].code);
    ck_assert_int_eq(view(refused).supply, reason == STOP ? PROSE_SUPPLY_STOPPED : PROSE_SUPPLY_REFUSED);
    ck_assert(!prose_pkmf_has_scope(bench_pkmf(north), ue->gba->impi, refused));

    /* The rest is served, and no key follows for this one. */
    ck_assert_int_eq(view(supplied).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_uint_eq(n_held(supplied), 1);
    n_before = n_deliveries(refused);
    ck_assert_uint_eq(n_before, reason == STOP);
    bench_run_for(b, 49);
    ck_assert_uint_eq(n_deliveries(refused), n_before);
    ck_assert_uint_eq(n_held(refused), reason == STOP);

    /* Only of what may come later it asks again, and not before a minute has passed. */
    bench_run_for(b, 10);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "unavailable"), reason == NO_ID_FREE);
    ck_assert_uint_eq(n_held(refused), reason == STOP || reason == NO_ID_FREE);
}
END_TEST

/* ---- HTTP statuses ---- */

static const unsigned statuses[] = { 400, 403, 413, 500, 503 };

/* REQ-66422-27 */
START_TEST(with_any_status_but_200_nothing_is_taken_and_it_is_tried_again)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    const ProseEvent *failed, *again;

    east->status = statuses[_i];
    start_with(d, 1);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_HTTP_REFUSED, NULL, 0)->value, statuses[_i]);
    failed = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_FAILED, "http", 0);
    ck_assert_ptr_nonnull(failed);
    ck_assert(!prose_ue_clock(ue->ue)->is_set && !view(relay).has_meta);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_ASKED);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PMK_STORED, NULL), 0);

    east->status = 200;
    bench_run_for(b, 2);
    again = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "retry", 0);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(again->time_ns - failed->time_ns, 2 * BENCH_S);
    ck_assert_uint_ne(script_request(east, 0)->transaction_id, script_request(east, 1)->transaction_id);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);

    /* What an earlier response gave stays. */
    east->status = statuses[_i];
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, "http"), 2);
    ck_assert(view(relay).has_meta && view(relay).supply == PROSE_SUPPLY_GRANTED);
    ck_assert_uint_eq(n_events(PROSE_EVENT_CLOCK_SET, NULL), 1);
}
END_TEST

/* REQ-662-04 */
START_TEST(who_is_no_subscriber_gets_403_until_he_is_one)
{
    const ProseUeDiscovery d[] = { at(NORTH, relay) };

    add_north(PROSE_ALGORITHM_EEA2);
    start_with(d, 1);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_HTTP_REFUSED, NULL, 0)->value, 403);
    ck_assert_uint_eq(bench_count(b, "pkmf north", PROSE_EVENT_HTTP_REFUSED, "not-a-subscriber"), 1);
    ck_assert(!prose_ue_clock(ue->ue)->is_set);
    allow(relay);
    bench_run_for(b, 3);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_uint_eq(n_held(relay), 1);
}
END_TEST

START_TEST(an_overloaded_pkmf_says_when_to_come_again_and_the_ue_does)
{
    const ProseUeDiscovery d[] = { at(NORTH, relay) };
    BenchUe *all[3];
    const ProseEvent *failed, *again;

    add_north(PROSE_ALGORITHM_EEA2);
    bench_pkmf(north)->config.workers = 1;
    bench_pkmf(north)->config.queue_limit = 1;
    north->retry_after_s = 17;
    north->service_ns[PROSE_PKMF_OP_REQUEST] = 2 * BENCH_S;
    for (unsigned i = 0; i < 3; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);

        all[i] = bench_add_ue(b, name, d, 1);
        prose_pkmf_authorise(bench_pkmf(north), all[i]->gba->impi, relay, true, b->now_ns);
        bench_start(all[i]);               /* all at once: one is served, one waits, the third is one too many */
    }
    ue = all[2];
    bench_run_for(b, 4);
    ck_assert_uint_eq(bench_count(b, "pkmf north", PROSE_EVENT_HTTP_REFUSED, "overload"), 1);
    failed = bench_event(b, "engines[2]", PROSE_EVENT_KEY_REQUEST_FAILED, "http", 0);
    ck_assert_ptr_nonnull(failed);
    ck_assert_double_eq(bench_event(b, "engines[2]", PROSE_EVENT_HTTP_REFUSED, NULL, 0)->value, 503);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_ASKED);
    bench_run_for(b, 20);
    again = bench_event(b, "engines[2]", PROSE_EVENT_KEY_REQUEST_SENT, "retry", 0);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(again->time_ns - failed->time_ns, 17 * BENCH_S);
    for (unsigned i = 0; i < 3; i++) {
        ue = all[i];
        ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
        ck_assert_uint_eq(n_held(relay), 1);
    }
}
END_TEST

/* ---- MIKEY: what the UE answers ---- */

static void
deliver_scope(ProseMikeyDelivery *d)
{
    d->scope = nowhere;
}

static void
deliver_type(ProseMikeyDelivery *d)
{
    d->scope.type = 9;
}

static void
deliver_reversed(ProseMikeyDelivery *d)
{
    d->valid_to = d->valid_from - (UINT64_C(1) << 32);
}

static void
deliver_fraction(ProseMikeyDelivery *d)
{
    d->valid_to++;
}

static void
deliver_no_id(ProseMikeyDelivery *d)
{
    d->key_id = PROSE_KEY_ID_NONE;
}

static void
deliver_other_key(ProseMikeyDelivery *d)
{
    d->key_id = 1;                         /* it holds another one under that ID, and that is not past */
}

static const struct { const char *why; unsigned held; void (*spoil)(ProseMikeyDelivery *d); } unusable[] = {
    { "not-wanted", 1, deliver_scope }, { "not-wanted", 1, deliver_type }, { "interval", 1, deliver_reversed },
    { "interval", 1, deliver_fraction }, { "key-id", 1, deliver_no_id }, { "other-key-same-id", 1, deliver_other_key },
    { "no-room", PROSE_KEYS_PER_SCOPE_MAX, NULL },
};

/* REQ-66422-23 */
START_TEST(an_authentic_key_that_cannot_be_used_is_refused_with_an_authentic_error_12)
{
    ProseMikeyDelivery d;
    ProseMikeyKeys keys;
    const ProseEvent *e;
    char nai[PROSE_NAI_MAX];
    unsigned held = unusable[_i].held;

    start_relay();
    for (unsigned i = 1; i <= held; i++) {
        script_deliver(east, relay, (uint8_t) i, VF + i * HOUR, VF + (i + 1) * HOUR);
        bench_run_for(b, 0.1);
    }
    ck_assert_uint_eq(n_held(relay), held);
    ck_assert_uint_eq(east->n_answers, held);

    d = script_delivery(east, relay, 100, VF, VF + HOUR);
    if (unusable[_i].spoil)
        unusable[_i].spoil(&d);
    script_send(east, &d);
    bench_run_for(b, 0.1);
    e = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REFUSED, unusable[_i].why, 0);
    ck_assert_ptr_nonnull(e);
    ck_assert_double_eq(e->value, 12);
    ck_assert_uint_eq(n_held(relay), held);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), held);

    ck_assert_uint_eq(east->n_answers, held + 1);
    ck_assert_uint_eq(east->last_answer.data_type, PROSE_MIKEY_ERROR);
    ck_assert_uint_eq(east->last_answer.error_no, PROSE_MIKEY_ERROR_UNSPECIFIED);
    ck_assert(east->last_answer.has_v);
    prose_mikey_keys_init(&keys, east->pmk, d.csb_id, d.rand, sizeof d.rand);
    ck_assert_int_eq(prose_mikey_responder_nai(nai, sizeof nai, east->pmk_id, EAST), 0);
    ck_assert_int_eq(prose_mikey_answer_check(&east->last_answer, &keys, d.csb_id, d.t, EAST, nai), 0);
}
END_TEST

typedef enum Silence { OTHER_PMK, OTHER_PMK_ID, EARLY, LATE, T_NOT_RISING, REPLAY, AN_ANSWER, HALF } Silence;
static const struct { Silence kind; const char *cause; } silences[] = {
    { OTHER_PMK, "mac" }, { OTHER_PMK_ID, "no-pmk" }, { EARLY, "skew" }, { LATE, "skew" }, { T_NOT_RISING, "t-not-rising" },
    { REPLAY, "replay" }, { AN_ANSWER, "malformed" }, { HALF, "malformed" },
};

/* So a UE never sends error 0 (authentication failure) or 1 (invalid time stamp). */
/* REQ-662-05 */
START_TEST(what_is_not_authentic_or_not_of_now_is_met_with_silence)
{
    ProseMikeyDelivery first, d;
    uint8_t octets[PROSE_MIKEY_MAX];

    start_relay();
    first = script_delivery(east, relay, 1, VF, VF + HOUR);
    script_send(east, &first);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(east->n_answers, 1);
    d = script_delivery(east, relay, 2, VF + HOUR, VF + 2 * HOUR);
    switch (silences[_i].kind) {
    case OTHER_PMK:
        east->pmk[31] ^= 1;
        break;
    case OTHER_PMK_ID:
        east->pmk_id[7] ^= 1;
        break;
    case EARLY:
        d.t -= (uint64_t) 310 << 32;
        break;
    case LATE:
        d.t += (uint64_t) 310 << 32;
        break;
    case T_NOT_RISING:
        d.t = first.t;
        break;
    case REPLAY:
        d = first;
        break;
    case AN_ANSWER:
    case HALF:
    default:
        break;
    }
    if (silences[_i].kind == AN_ANSWER) {
        memcpy(octets, east->last_answer_octets, east->last_answer_len);
        bench_inject_udp(east->at, ue, octets, east->last_answer_len);
    } else if (silences[_i].kind == HALF) {
        memset(octets, 1, sizeof octets);
        bench_inject_udp(east->at, ue, octets, 92);
    } else {
        script_send(east, &d);
    }
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_MIKEY_REJECTED, silences[_i].cause), 1);
    ck_assert_uint_eq(east->n_answers, 1);
    ck_assert_uint_eq(n_held(relay), 1);
}
END_TEST

/* ---- MIKEY: what the PKMF makes of an error ---- */

#define N_ERRORS (PROSE_MIKEY_ERROR_UNSPECIFIED + 1)

/* RFC 3830 6.12 has 0 to 12. All but the last are hints, with or without a MAC; without one the last is too. */
START_TEST(of_all_errors_only_an_authentic_12_ends_a_delivery)
{
    static const ProseKeyScope command = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00A1B2 };
    uint8_t error_no = (uint8_t) (_i % N_ERRORS);
    bool has_mac = _i / N_ERRORS, ends = has_mac && error_no == PROSE_MIKEY_ERROR_UNSPECIFIED;
    Rig *rig = rig_new();
    Client *alice;
    const RigDelivery *sent;
    ProseMikeyMessage msg;
    ProseMikeyKeys keys;
    uint8_t octets[PROSE_MIKEY_MAX];
    char idr[PROSE_NAI_MAX];
    ptrdiff_t len;

    rig_start(rig);
    rig_add(rig, command, HOUR, 600);
    alice = rig_add_client(rig, "alice@ims.example");
    rig_authorise(rig, alice, command, true);
    alice->deaf = true;
    client_want(alice, &command, 1, 1);
    ck_assert_uint_eq(rig->deliveries->len, 1);
    sent = rig->deliveries->pdata[0];
    ck_assert_int_eq(prose_mikey_decode(&msg, sent->octets, sent->len), 0);
    prose_mikey_keys_init(&keys, alice->pmk, msg.csb_id, msg.rand.data, msg.rand.len);
    ck_assert_int_eq(prose_mikey_responder_nai(idr, sizeof idr, alice->pmk_id, RIG_FQDN), 0);
    len = prose_mikey_error_encode(octets, sizeof octets, has_mac ? &keys : NULL, msg.csb_id, msg.t, error_no, RIG_FQDN, idr);
    ck_assert_int_gt(len, 0);
    client_udp(alice, octets, (size_t) len);
    rig_run_for(rig, 0.5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, alice), ends);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_MIKEY_REJECTED, has_mac ? "other-error" : "unauthenticated", alice), !ends);
    ck_assert_uint_eq(client_view(alice).n_pending, !ends);

    alice->deaf = false;
    rig_run_for(rig, 60);
    ck_assert_uint_eq(client_n_keys(alice, command), !ends);
    ck_assert_uint_eq(rig->deliveries->len, 1u + !ends);
    rig_free(rig);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("replies");
    TCase *tc = tcase_create("status codes");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, each_status_code_has_its_reason_and_reaches_the_ue, 0, G_N_ELEMENTS(reasons));
    suite_add_tcase(suite, tc);

    tc = tcase_create("http");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, with_any_status_but_200_nothing_is_taken_and_it_is_tried_again, 0, G_N_ELEMENTS(statuses));
    tcase_add_test(tc, who_is_no_subscriber_gets_403_until_he_is_one);
    tcase_add_test(tc, an_overloaded_pkmf_says_when_to_come_again_and_the_ue_does);
    suite_add_tcase(suite, tc);

    tc = tcase_create("mikey");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, an_authentic_key_that_cannot_be_used_is_refused_with_an_authentic_error_12, 0, G_N_ELEMENTS(unusable));
    tcase_add_loop_test(tc, what_is_not_authentic_or_not_of_now_is_met_with_silence, 0, G_N_ELEMENTS(silences));
    suite_add_tcase(suite, tc);

    tc = tcase_create("mikey errors");
    tcase_add_loop_test(tc, of_all_errors_only_an_authentic_12_ends_a_delivery, 0, 2 * N_ERRORS);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
