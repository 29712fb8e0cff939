/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key Response and deliveries at the UE (REQ-66422-21 to -32; rules R3, M5), against a scripted PKMF.
 */
#include "one-ue.h"

/* ---- Key Response: what is ignored whole (rules R3) ---- */

typedef struct Fault {
    const char *name, *cause;
    void (*tweak)(void *user, const ProseKeyRequest *request, ProseKeyResponse *response);
    const char *find, *put;                        /* a regular expression in the document, and what stands there instead */
} Fault;

static void
other_transaction(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    response->transaction_id++;
}

static void
drop_one(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    response->n_answers--;
}

static void
add_one(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    response->answers[response->n_answers] = response->answers[0];
    response->answers[response->n_answers++].scope.id++;
}

static void
swap_one(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    response->answers[0].scope.id ^= 1;
}

static void
swap_kind(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    response->answers[0].key_type_id = PROSE_KEY_TYPE_PSDK_GROUP;
}

static void
no_discovery_no_time(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    response->has_current_time = false;
    response->n_answers = 0;
}

static const Fault faults[] = {
    { "another transaction ID", "transaction-id", other_transaction, NULL, NULL },
    { "one answer missing", "set-differs", drop_one, NULL, NULL },
    { "one answer more", "set-differs", add_one, NULL, NULL },
    { "another discovery answered", "set-differs", swap_one, NULL, NULL },
    { "relay and group mixed up", "key-type-id", swap_kind, NULL, NULL },
    { "nothing answered, no time", "no-current-time", no_discovery_no_time, NULL, NULL },
    { "no CURRENT_TIME", NULL, NULL, "<Current-Time>.*</Current-Time>", "" },
    { "no MAX_OFFSET", NULL, NULL, "<Max-Offset>.*</Max-Offset>", "" },
    { "MAX_OFFSET 128", NULL, NULL, "<Max-Offset>32<", "<Max-Offset>128<" },
    { "a PMK without its identity", NULL, NULL, "<PMKId>.*</PMKId>", "" },
    { "a PMK identity without the PMK", NULL, NULL, "<PMK>.*</PMK>", "" },
    { "confidentiality without a mask", NULL, NULL, "<EncryptedBitsMask>.*</EncryptedBitsMask>", "" },
    { "a mask without confidentiality", NULL, NULL, "<Confidentiality>true<", "<Confidentiality>false<" },
    { "a mask of 22 octets", NULL, NULL, "<EncryptedBitsMask>..", "<EncryptedBitsMask>" },
    { "no Key Type ID", NULL, NULL, "<KeyTypeId>..</KeyTypeId>", "" },
    { "no meta-data", NULL, NULL, "<SecurityMetaData>.*</SecurityMetaData>", "" },
    { "the same answer twice", NULL, NULL, "(<DiscKeyResp>.*</DiscKeyResp>)", "\\1\\1" },
    { "a time that is none", NULL, NULL, "<Current-Time>....", "<Current-Time>20a6" },
    { "not XML", NULL, NULL, "</KEY_RESPONSE>", "" },
};

static const Fault *fault;

static size_t
answer_with_fault(void *user, const uint8_t *body, size_t len, uint8_t ret[SCRIPT_ANSWER_MAX])
{
    Script *s = user;
    ProseKeyRequest request;
    g_autoptr(GRegex) regex = g_regex_new(fault->find, G_REGEX_DOTALL, 0, NULL);
    g_autofree char *before = NULL, *after = NULL;
    size_t before_len;

    ck_assert_ptr_nonnull(regex);
    ck_assert_int_eq(prose_key_request_decode(&request, b->key_schema, body, len), 0);
    before_len = script_supply(s, &request, ret);
    before = g_strndup((const char *) ret, before_len);
    after = g_regex_replace(regex, before, -1, 0, fault->put, 0, NULL);
    ck_assert_msg(!g_str_equal(before, after), "%s: nothing to change in %s", fault->name, before);
    memcpy(ret, after, strlen(after));
    return strlen(after);
}

/* REQ-66422-20, REQ-66422-21, REQ-66422-22, REQ-66422-23, REQ-66422-25, REQ-66422-26, REQ-66422-30 */
START_TEST(a_response_that_fails_a_check_is_ignored_whole)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    const ProseEvent *e;
    g_autofree char *log = NULL;

    fault = &faults[_i];
    if (fault->tweak)
        east->tweak = fault->tweak;
    else
        east->answer = answer_with_fault;
    east->user = east;
    start_with(d, 1);
    log = bench_print_events(b);
    e = bench_event(b, "engines[0]", PROSE_EVENT_KEY_RESPONSE_IGNORED, fault->cause, 0);
    ck_assert_msg(e != NULL, "%s: %s", fault->name, log);
    ck_assert_ptr_nonnull(e->cause);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_RESPONSE_RECEIVED, NULL), 0);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PMK_STORED, NULL), 0);
    ck_assert_uint_eq(n_events(PROSE_EVENT_DISCOVERY_SUPPLIED, NULL), 0);
    ck_assert(!prose_ue_clock(ue->ue)->is_set);
    ck_assert(!view(relay).has_meta && view(relay).supply == PROSE_SUPPLY_ASKED);

    /* Then as after silence: 2 s later, under a new ID. */
    east->tweak = NULL;
    east->answer = NULL;
    bench_run_for(b, 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "retry"), 1);
    ck_assert_double_ne(bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "retry", 0)->value, e->value);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

static void
supply_the_stop(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    for (size_t i = 0; i < response->n_answers; i++) {
        response->answers[i].supplied = true;
        response->answers[i].key_type_id = response->answers[i].scope.type;
    }
}

/* REQ-66422-21 */
START_TEST(a_stop_that_is_answered_with_a_supply_is_ignored)
{
    start_relay();
    east->tweak = supply_the_stop;
    set_active(relay, false);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_RESPONSE_IGNORED, "set-differs"), 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-66422-21, REQ-66422-27 */
START_TEST(an_ignored_response_leaves_what_an_earlier_one_gave)
{
    start_relay();
    east->tweak = other_transaction;
    east->clock_error_s = 100;
    east->max_offset_s = 7;
    east->pmk[0] ^= 1;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_RESPONSE_IGNORED, "transaction-id"), 1);
    ck_assert_double_lt(clock_error_s(), 1);
    ck_assert_uint_eq(view(relay).max_offset_s, 32);
    ck_assert(view(relay).has_meta);
    east->pmk[0] ^= 1;                             /* the PMK it holds is still the first one */
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), 1);
}
END_TEST

/* ---- Key Response: what is taken ---- */

/* REQ-66422-22, REQ-66422-23, REQ-66422-27, REQ-66422-30 */
START_TEST(every_combination_of_protections_is_stored_with_its_discovery)
{
    ProseUeDiscoveryView v;

    east->meta = (ProseSecurityMetadata) { .scrambling = _i & 1, .confidentiality = _i & 2, .mic = _i & 4 };
    if (east->meta.confidentiality)
        memset(east->meta.encrypted_bits_mask + 3, 0xA5, 20);
    start_relay();
    v = view(relay);
    ck_assert(v.has_meta && v.supply == PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(v.meta.scrambling, east->meta.scrambling);
    ck_assert_int_eq(v.meta.confidentiality, east->meta.confidentiality);
    ck_assert_int_eq(v.meta.mic, east->meta.mic);
    ck_assert_mem_eq(v.meta.encrypted_bits_mask, east->meta.encrypted_bits_mask, PROSE_CONTENT_LEN);
    ck_assert_str_eq(v.pkmf_fqdn, EAST);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_DISCOVERY_SUPPLIED, NULL, 0)->value, PROSE_KEY_TYPE_PSDK_RELAY);
}
END_TEST

/* REQ-66422-27 */
START_TEST(a_second_response_replaces_the_first)
{
    start_relay();
    east->meta = (ProseSecurityMetadata) { .mic = true };
    east->max_offset_s = 5;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    ck_assert(view(relay).meta.mic && !view(relay).meta.scrambling && !view(relay).meta.confidentiality);
    for (size_t i = 0; i < PROSE_CONTENT_LEN; i++)
        ck_assert_uint_eq(view(relay).meta.encrypted_bits_mask[i], 0);
    ck_assert_uint_eq(view(relay).max_offset_s, 5);
}
END_TEST

static const struct { unsigned code; const char *name; } codes[] = {
    { 0, "unspecified" }, { 1, "not-authorised" }, { 2, "unknown" }, { 3, "scrambling-not-supported" },
    { 4, "algorithm-not-supported" }, { 5, "stopped" }, { 6, "temporarily-unavailable" }, { 7, "unspecified" }, { 99, "unspecified" },
};

static unsigned refusal;

static size_t
refuse_with_any_number(void *user, const uint8_t *body, size_t len, uint8_t ret[SCRIPT_ANSWER_MAX])
{
    ProseKeyRequest request;
    g_autofree char *text = NULL, *number = g_strdup_printf("<ErrorCode>%u<", refusal);
    g_autoptr(GRegex) regex = g_regex_new("<ErrorCode>1<", 0, 0, NULL);
    g_autofree char *after = NULL;

    ck_assert_int_eq(prose_key_request_decode(&request, b->key_schema, body, len), 0);
    text = g_strndup((const char *) ret, script_supply(user, &request, ret));
    after = g_regex_replace_literal(regex, text, -1, 0, number, 0, NULL);
    memcpy(ret, after, strlen(after));
    return strlen(after);
}

/* REQ-66422-24, REQ-66422-27 */
START_TEST(a_refused_discovery_leaves_nothing_and_is_traced_with_its_number)
{
    const ProseEvent *e;

    start_relay();
    ck_assert(view(relay).has_meta);
    refusal = codes[_i].code;
    east->refusal = 1;
    east->answer = refuse_with_any_number;
    east->user = east;
    east->clock_error_s = 2;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    e = bench_event(b, "engines[0]", PROSE_EVENT_DISCOVERY_REFUSED, codes[_i].name, 0);
    ck_assert_ptr_nonnull(e);
    ck_assert_double_eq(e->value, codes[_i].code);
    ck_assert(e->has_scope && prose_key_scope_equal(e->scope, relay));
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_REFUSED);
    ck_assert_uint_eq(view(relay).status, codes[_i].code);
    ck_assert(!view(relay).has_meta);
    ck_assert_double_gt(clock_error_s(), 0.9);     /* a refusal of everything still sets the clock (rules R3) */
}
END_TEST

static void
refuse_the_group(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    for (size_t i = 0; i < response->n_answers; i++)
        if (response->answers[i].scope.type == PROSE_KEY_TYPE_PSDK_GROUP) {
            response->answers[i].supplied = false;
            response->answers[i].status = PROSE_STATUS_NOT_AUTHORISED;
        }
}

/* REQ-66422-17 */
START_TEST(a_mixed_response_is_taken_discovery_by_discovery)
{
    east->tweak = refuse_the_group;
    start_all_three();
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_REFUSED);
    ck_assert_int_eq(view(pgk).supply, PROSE_SUPPLY_GRANTED);
    script_deliver(east, group, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REFUSED, "not-wanted"), 1);
    ck_assert_uint_eq(n_held(group), 0);
}
END_TEST

/* REQ-66422-24 */
START_TEST(what_is_unavailable_is_asked_for_again_after_60_s)
{
    const ProseEvent *first, *again;

    east->refusal = PROSE_STATUS_TEMPORARILY_UNAVAILABLE;
    start_relay();
    bench_run_for(b, 50);
    ck_assert_uint_eq(east->requests->len, 1);
    east->refusal = 0;
    bench_run_for(b, 15);
    first = bench_event(b, "engines[0]", PROSE_EVENT_DISCOVERY_REFUSED, NULL, 0);
    again = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "unavailable", 0);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(again->time_ns - first->time_ns, 60 * BENCH_S);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* ---- PMK (REQ-66422-25, -28) ---- */

typedef struct Wiped {
    unsigned n, dirty;
    size_t size;
} Wiped;

static void
watch_wiped(void *user, const void *slot, size_t size)
{
    Wiped *w = user;
    const uint8_t *octets = slot;

    w->n++;
    for (size_t i = 0; i < size; i++)
        w->dirty += octets[i] != 0;
}

/* REQ-662-07, REQ-66422-28 */
START_TEST(a_new_pmk_replaces_the_earlier_of_its_pkmf_alone_and_wipes_it)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(WEST, group) };
    Script *west = script_new(b, "pkmf west", WEST);
    uint8_t old[PROSE_KEY_LEN], old_id[PROSE_PMK_ID_LEN];
    Wiped wiped = { 0 };

    start_with(d, 2);
    script_deliver(east, relay, 1, VF, VF + HOUR);
    script_deliver(west, group, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), 2);

    memcpy(old, east->pmk, sizeof old);
    memcpy(old_id, east->pmk_id, sizeof old_id);
    memset(east->pmk, 0xEE, sizeof east->pmk);
    memset(east->pmk_id, 0xEE, sizeof east->pmk_id);
    prose_secret_pool_set_hook(b->secrets, watch_wiped, &wiped);
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(wiped.n, 1);
    ck_assert_uint_eq(wiped.dirty, 0);
    prose_secret_pool_set_hook(b->secrets, NULL, NULL);

    script_deliver(east, relay, 2, VF + HOUR, VF + 2 * HOUR);
    script_deliver(west, group, 2, VF + HOUR, VF + 2 * HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), 4);

    memcpy(east->pmk, old, sizeof old);
    memcpy(east->pmk_id, old_id, sizeof old_id);
    script_deliver(east, relay, 3, VF + 2 * HOUR, VF + 3 * HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_MIKEY_REJECTED, "no-pmk"), 1);
    ck_assert_uint_eq(n_held(relay), 2);
}
END_TEST

/* REQ-66422-25 */
START_TEST(without_a_pmk_it_asks_once_more_and_no_more)
{
    east->sends_pmk = false;
    start_relay();
    bench_run_for(b, 50);
    ck_assert_uint_eq(east->requests->len, 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "no-pmk"), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PMK_STORED, NULL), 0);
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_MIKEY_REJECTED, "no-pmk"), 1);
    ck_assert_uint_eq(east->n_answers, 0);
}
END_TEST

/* REQ-66422-28 */
START_TEST(a_pmk_sent_again_lets_no_old_message_back_in)
{
    ProseMikeyDelivery d;

    start_relay();
    d = script_delivery(east, relay, 1, VF, VF + HOUR);
    script_send(east, &d);
    bench_run_for(b, 0.1);
    bench_lose_pdn(ue);
    bench_run_for(b, 1);                           /* the same PMK once more (rules R8) */
    ck_assert_uint_eq(n_events(PROSE_EVENT_PMK_STORED, NULL), 2);
    script_send(east, &d);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_MIKEY_REJECTED, "replay"), 1);
}
END_TEST

/* ---- deliveries at this UE ---- */

START_TEST(a_delivery_is_answered_where_it_came_from_if_v_asks_for_it)
{
    ProseMikeyDelivery d;

    start_relay();
    d = script_delivery(east, relay, 1, VF, VF + HOUR);
    d.want_verification = _i;
    script_send(east, &d);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_STORED, NULL), 1);
    ck_assert_uint_eq(east->n_answers, _i);
    if (_i) {
        ck_assert_uint_eq(east->last_answer_from, prose_ue_address(ue->ue));
        ck_assert_uint_eq(east->last_answer.data_type, PROSE_MIKEY_PSK_VERIFICATION);
        ck_assert_uint_eq(east->last_answer.csb_id, d.csb_id);
    }
}
END_TEST

/* REQ-662-05 */
START_TEST(one_pkmf_cannot_plant_a_key_for_what_another_supplies)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(WEST, group) };

    script_new(b, "pkmf west", WEST);
    start_with(d, 2);
    script_deliver(east, group, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REFUSED, "not-wanted"), 1);
    ck_assert_uint_eq(east->last_answer.error_no, PROSE_MIKEY_ERROR_UNSPECIFIED);
    ck_assert_uint_eq(n_held(group), 0);
}
END_TEST

static void
flip_bit(void *user, BenchPacket *packet)
{
    unsigned bit = *(unsigned *) user;

    if (packet->kind == BENCH_UDP_DOWN && bit < 8 * packet->len)
        packet->octets[bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
}

/* REQ-662-02 */
START_TEST(a_delivery_with_any_bit_flipped_stores_nothing_and_gets_no_answer)
{
    ProseMikeyDelivery d;
    unsigned bit, n_bits = 8 * 185;

    start_relay();
    b->hook = flip_bit;
    b->hook_user = &bit;
    for (bit = _i; bit < n_bits; bit += 8) {
        d = script_delivery(east, relay, 1, VF, VF + HOUR);
        script_send(east, &d);
        bench_run_for(b, 0.05);
        ck_assert_msg(n_held(relay) == 0 && east->n_answers == 0, "bit %u", bit);
    }
    ck_assert_uint_ge(n_events(PROSE_EVENT_MIKEY_REJECTED, NULL), n_bits / 8);
    bit = UINT_MAX;
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.05);
    ck_assert_uint_eq(n_held(relay), 1);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("key-response");
    TCase *tc = tcase_create("response");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_response_that_fails_a_check_is_ignored_whole, 0, G_N_ELEMENTS(faults));
    tcase_add_test(tc, a_stop_that_is_answered_with_a_supply_is_ignored);
    tcase_add_test(tc, an_ignored_response_leaves_what_an_earlier_one_gave);
    tcase_add_loop_test(tc, every_combination_of_protections_is_stored_with_its_discovery, 0, 8);
    tcase_add_test(tc, a_second_response_replaces_the_first);
    tcase_add_loop_test(tc, a_refused_discovery_leaves_nothing_and_is_traced_with_its_number, 0, G_N_ELEMENTS(codes));
    tcase_add_test(tc, a_mixed_response_is_taken_discovery_by_discovery);
    tcase_add_test(tc, what_is_unavailable_is_asked_for_again_after_60_s);
    tcase_add_test(tc, a_new_pmk_replaces_the_earlier_of_its_pkmf_alone_and_wipes_it);
    tcase_add_test(tc, without_a_pmk_it_asks_once_more_and_no_more);
    tcase_add_test(tc, a_pmk_sent_again_lets_no_old_message_back_in);
    suite_add_tcase(suite, tc);

    tc = tcase_create("deliveries");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_delivery_is_answered_where_it_came_from_if_v_asks_for_it, 0, 2);
    tcase_add_test(tc, one_pkmf_cannot_plant_a_key_for_what_another_supplies);
    tcase_add_loop_test(tc, a_delivery_with_any_bit_flipped_stores_nothing_and_gets_no_answer, 0, 8);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
