/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key Request at the UE (REQ-66422-08 to -14; rules R1, R2), against a scripted PKMF.
 */
#include "one-ue.h"

/* ---- Key Request ---- */

/* REQ-66422-08, REQ-66422-11 */
START_TEST(one_request_asks_for_psdks_and_pgks_together)
{
    const ProseKeyRequest *r;

    start_all_three();
    ck_assert_uint_eq(east->requests->len, 1);
    r = script_request(east, 0);
    ck_assert_uint_eq(r->n_wants, 3);
    ck_assert_ptr_nonnull(script_want(r, relay));
    ck_assert_ptr_nonnull(script_want(r, group));
    ck_assert_ptr_nonnull(script_want(r, pgk));
    ck_assert_uint_eq(r->n_stops, 0);
    ck_assert(r->has_algorithms && r->algorithms == PROSE_ALGORITHM_EEA2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "set"), 1);
    ck_assert_int_eq(view(pgk).supply, PROSE_SUPPLY_GRANTED);
    ck_assert(!view(pgk).has_meta && view(relay).has_meta);
}
END_TEST

/* REQ-66422-08 */
START_TEST(a_change_of_one_discovery_repeats_the_whole_set)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group), at(EAST, pgk) };
    const ProseKeyRequest *r;

    ue = bench_add_ue(b, "engines[0]", d, 3);
    set_active(group, false);
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(script_request(east, 0)->n_wants, 2);
    ck_assert_ptr_null(script_want(script_request(east, 0), group));

    set_active(group, true);
    bench_run_for(b, 1);
    ck_assert_uint_eq(east->requests->len, 2);
    r = script_request(east, 1);
    ck_assert_uint_eq(r->n_wants, 3);
    ck_assert(r->has_capabilities && r->has_algorithms);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "set"), 2);
    ck_assert_uint_ne(r->transaction_id, script_request(east, 0)->transaction_id);
}
END_TEST

/* REQ-66422-10 */
START_TEST(capabilities_say_whether_scrambling_is_supported)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    ProseUeConfig config;

    bench_ue_config(b, &config, "engines[0]", d, 1);
    config.scrambling_supported = _i;
    ue = bench_add_ue_of(b, &config);
    bench_start(ue);
    bench_run_for(b, 1);
    set_active(relay, false);                      /* a request of stops needs them too (rules R4) */
    bench_run_for(b, 1);
    ck_assert_uint_eq(east->requests->len, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert(script_request(east, i)->has_capabilities);
        ck_assert_uint_eq(script_request(east, i)->capabilities, _i ? PROSE_CAPABILITY_SCRAMBLING : 0);
        ck_assert(!script_request(east, i)->has_algorithms);
    }
}
END_TEST

/* REQ-66422-10 */
START_TEST(a_ue_of_groups_alone_names_algorithms_and_no_capabilities)
{
    const ProseUeDiscovery d[] = { at(EAST, pgk) };

    start_with(d, 1);
    ck_assert(script_request(east, 0)->has_algorithms);
    ck_assert(!script_request(east, 0)->has_capabilities);
    ck_assert_int_eq(view(pgk).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-66422-12, REQ-66422-13 */
START_TEST(as_many_keys_as_are_held_are_listed)
{
    const ProseKeyWant *want;
    static const unsigned held[] = { 0, 1, 3, 8 };
    unsigned n = held[_i];

    start_all_three();
    for (unsigned i = 0; i < n; i++) {
        script_deliver(east, relay, (uint8_t) (10 + i), VF + i * HOUR, VF + (i + 1) * HOUR);
        bench_run_for(b, 0.1);
    }
    ck_assert_uint_eq(n_held(relay), n);
    bench_lose_pdn(ue);
    bench_run_for(b, 1);

    want = script_want(script_request(east, -1), relay);
    ck_assert_uint_eq(want->n_key_ids, MAX(n, 1));
    for (unsigned i = 0; i < n; i++)
        ck_assert_uint_eq(want->key_ids[i], 10 + i);
    if (n == 0)
        ck_assert_uint_eq(want->key_ids[0], PROSE_KEY_ID_NONE);
    want = script_want(script_request(east, -1), group);
    ck_assert(want->n_key_ids == 1 && want->key_ids[0] == PROSE_KEY_ID_NONE);
}
END_TEST

/* REQ-66422-14 */
START_TEST(a_stop_is_listed_beside_all_that_is_still_wanted)
{
    const ProseKeyRequest *r;

    start_all_three();
    set_active(relay, false);
    bench_run_for(b, 1);
    ck_assert_uint_eq(east->requests->len, 2);
    r = script_request(east, 1);
    ck_assert(script_stops(r, relay) && !script_want(r, relay));
    ck_assert_uint_eq(r->n_stops, 1);
    ck_assert(script_want(r, group) && script_want(r, pgk));
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_STOPPED);
    ck_assert_uint_eq(view(relay).status, PROSE_STATUS_STOPPED);
    ck_assert_uint_eq(n_events(PROSE_EVENT_DISCOVERY_REFUSED, "stopped"), 1);

    set_active(pgk, false);
    bench_run_for(b, 1);
    r = script_request(east, 2);
    ck_assert(script_stops(r, pgk) && !script_stops(r, relay));        /* told once */
    ck_assert_int_eq(view(pgk).supply, PROSE_SUPPLY_STOPPED);
}
END_TEST

/* REQ-66422-14, REQ-66422-32 */
START_TEST(the_last_stop_is_a_request_of_stops_alone_and_still_sets_the_clock)
{
    start_relay();
    east->clock_error_s = 3;
    set_active(relay, false);
    bench_run_for(b, 1);
    ck_assert_uint_eq(script_request(east, 1)->n_wants, 0);
    ck_assert_uint_eq(script_request(east, 1)->n_stops, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_CLOCK_SET, NULL), 2);
    ck_assert_double_gt(clock_error_s(), 1.9);
}
END_TEST

/* REQ-66422-14 */
START_TEST(after_a_stop_a_delivery_is_refused_and_what_was_held_stays)
{
    start_relay();
    script_deliver(east, relay, 1, VF, VF + HOUR);
    bench_run_for(b, 0.1);
    set_active(relay, false);
    bench_run_for(b, 1);

    script_deliver(east, relay, 2, VF + HOUR, VF + 2 * HOUR);
    bench_run_for(b, 0.1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REFUSED, "not-wanted"), 1);
    ck_assert_uint_eq(n_held(relay), 1);
    ck_assert(view(relay).has_meta);               /* rules K6: usable until Valid To */
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_WIPED, NULL), 0);
}
END_TEST

/* REQ-66422-14 */
START_TEST(a_stop_taken_back_is_a_want_again)
{
    start_relay();
    set_active(relay, false);
    set_active(relay, true);
    set_active(relay, true);                       /* no change, no request */
    bench_run_for(b, 2);
    ck_assert_uint_eq(east->requests->len, 3);
    ck_assert(script_stops(script_request(east, 1), relay));
    ck_assert_ptr_nonnull(script_want(script_request(east, 2), relay));
    ck_assert_uint_eq(script_request(east, 2)->n_stops, 0);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_change_while_a_request_is_under_way_is_told_right_after)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group) };

    ue = bench_add_ue(b, "engines[0]", d, 2);
    bench_start(ue);
    ck_assert(bench_run_to_event(b, NULL, PROSE_EVENT_TLS_ESTABLISHED, 1));
    set_active(relay, false);
    bench_run_for(b, 1);
    ck_assert_uint_eq(east->requests->len, 2);
    ck_assert_ptr_nonnull(script_want(script_request(east, 0), relay));
    ck_assert(script_stops(script_request(east, 1), relay));
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_STOPPED);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(a_discovery_it_was_not_configured_with_cannot_be_started)
{
    start_relay();
    ck_assert_int_eq(prose_ue_set_active(ue->ue, group, true, b->now_ns), PROSE_ERR_NOT_FOUND);
    bench_run_for(b, 1);
    ck_assert_uint_eq(east->requests->len, 1);
}
END_TEST

/* ---- the way there (REQ-66422-09; rules R2) ---- */

static void
look_for_cleartext(void *user, BenchPacket *packet)
{
    unsigned *n = user;

    if (packet->kind != BENCH_TCP_UP && packet->kind != BENCH_TCP_DOWN)
        return;
    n[0]++;
    if (g_strstr_len((const char *) packet->octets, (gssize) packet->len, "KEY_RE")
        || g_strstr_len((const char *) packet->octets, (gssize) packet->len, "POST"))
        n[1]++;
}

/* REQ-662-03, REQ-66422-09 */
START_TEST(nothing_of_request_and_response_crosses_in_clear)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    unsigned n[2] = { 0, 0 };

    if (_i) {                                      /* the search finds it where TLS is off */
        teardown();
        b = bench_new();
        b->cleartext = true;
        east = script_new(b, "pkmf east", EAST);
    }
    b->hook = look_for_cleartext;
    b->hook_user = n;
    start_with(d, 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
    ck_assert_uint_gt(n[0], 0);
    ck_assert_int_eq(n[1] > 0, _i);
}
END_TEST

static void
watch_last_record(void *user, BenchPacket *packet)
{
    if (packet->kind == BENCH_TCP_UP)
        *(uint8_t *) user = packet->octets[0];
}

START_TEST(it_hangs_up_in_order_after_an_answer_and_after_a_silence)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    uint8_t last = 0;

    b->hook = watch_last_record;
    b->hook_user = &last;
    east->silent = _i;
    start_with(d, 1);
    bench_run_for(b, 5);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, "timeout"), _i);
    ck_assert_uint_eq(last, 21);                   /* a TLS alert: close_notify */
    ck_assert_uint_eq(bench_count(b, "pkmf east", PROSE_EVENT_TLS_FAILED, NULL), 0);
}
END_TEST

START_TEST(silence_is_retried_after_2_4_8_16_and_then_every_60_s)
{
    static const double wait_s[] = { 2, 4, 8, 16, 60, 60, 60 };
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    const ProseEvent *before, *after;

    east->silent = true;
    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);
    bench_run_for(b, 400);
    for (int i = 0; i < (int) G_N_ELEMENTS(wait_s); i++) {
        before = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, NULL, i);
        after = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "retry", i);
        ck_assert_ptr_nonnull(after);
        ck_assert_uint_eq(after->time_ns - before->time_ns, (uint64_t) ((5 + wait_s[i]) * 1e9));      /* T-KR, then the wait */
        ck_assert(after->value != before->value);
        ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_FAILED, "timeout", i)->value, i + 1);
    }
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_ASKED);
    ck_assert(!prose_ue_clock(ue->ue)->is_set);

    east->silent = false;
    bench_run_for(b, 70);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

START_TEST(another_time_out_and_back_off_are_waited_for)
{
    static const double wait_s[] = { 0.5, 1, 2, 4, 7, 7 };
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    ProseUeConfig config;

    bench_ue_config(b, &config, "engines[0]", d, 1);
    config.request_timeout_ns = 3 * BENCH_S;
    config.back_off_ns = BENCH_S / 2;
    config.back_off_steady_ns = 7 * BENCH_S;
    east->silent = true;
    ue = bench_add_ue_of(b, &config);
    bench_start(ue);
    bench_run_for(b, 60);
    for (int i = 0; i < (int) G_N_ELEMENTS(wait_s); i++) {
        const ProseEvent *before = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, NULL, i);
        const ProseEvent *after = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "retry", i);

        ck_assert_ptr_nonnull(after);
        ck_assert_uint_eq(after->time_ns - before->time_ns, (uint64_t) ((3 + wait_s[i]) * 1e9));
    }
}
END_TEST

START_TEST(an_answer_ends_the_back_off)
{
    start_relay();
    east->silent = true;
    set_active(relay, false);
    bench_run_for(b, 6);                           /* asked, timed out */
    east->silent = false;
    bench_run_for(b, 10);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_STOPPED);
    east->silent = true;
    set_active(relay, true);
    bench_run_for(b, 7.5);                         /* 5 s, then 2 s again */
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "retry"), 2);
}
END_TEST

START_TEST(retry_after_replaces_the_back_off)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    ProseUeConfig config;
    uint64_t failed_ns;

    bench_ue_config(b, &config, "engines[0]", d, 1);
    config.back_off_ns = _i * BENCH_S;             /* 0: as rules R2 say */
    east->status = 503;
    east->retry_after_s = 17;
    ue = bench_add_ue_of(b, &config);
    bench_start(ue);
    bench_run_for(b, 10);
    ck_assert_uint_eq(n_events(PROSE_EVENT_HTTP_REFUSED, NULL), 1);
    ck_assert_double_eq(bench_event(b, "engines[0]", PROSE_EVENT_HTTP_REFUSED, NULL, 0)->value, 503);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, "http"), 1);
    failed_ns = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_FAILED, "http", 0)->time_ns;
    east->status = 200;
    bench_run_for(b, 10);
    ck_assert_uint_eq(bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "retry", 0)->time_ns - failed_ns, 17 * BENCH_S);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

static void
flip_in_a_server_flight(void *user, BenchPacket *packet)
{
    int *left = user;

    if (packet->kind == BENCH_TCP_DOWN && (*left)-- == 0)
        packet->octets[packet->len / 2] ^= 1;
}

/* REQ-662-02 */
START_TEST(a_tunnel_that_breaks_sets_nothing_and_is_tried_again)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    int left = _i;                                 /* ServerHello, Finished, the response */

    b->hook = flip_in_a_server_flight;
    b->hook_user = &left;
    ue = bench_add_ue(b, "engines[0]", d, 1);
    bench_start(ue);
    ck_assert(bench_run_to_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_FAILED, 6));
    ck_assert_int_lt(left, 0);
    ck_assert_str_eq(bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_FAILED, NULL, 0)->cause, "tls");
    ck_assert_uint_eq(n_events(PROSE_EVENT_TLS_FAILED, NULL), 1);
    ck_assert(!prose_ue_clock(ue->ue)->is_set && !view(relay).has_meta);
    bench_run_for(b, 3);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* REQ-662-05 */
START_TEST(a_server_that_has_not_the_right_key_is_not_asked)
{
    const ProseUeDiscovery d[] = { at("pkmf.rogue.example", relay) };
    /* It answers to the name, but its tunnels are made with another's Ks_NAF (REQ-662-05). */
    Script *rogue = script_new_impostor(b, "rogue", "pkmf.rogue.example", EAST);

    start_with(d, 1);
    ck_assert_uint_eq(rogue->n_documents, 0);
    ck_assert_uint_eq(n_events(PROSE_EVENT_TLS_FAILED, NULL), 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, "tls"), 1);
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_ASKED);
}
END_TEST

START_TEST(a_server_that_is_not_there_is_tried_again)
{
    const ProseUeDiscovery d[] = { at(_i == 0 ? EAST : "pkmf.nowhere.example", relay) };

    east->at->refuses = true;
    start_with(d, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_FAILED, _i == 0 ? "closed" : "no-address"), 1);
    bench_run_for(b, 2);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "retry"), 1);
}
END_TEST

/* ---- why a UE asks again (rules R1) ---- */

/* Period, lead, and how long before Valid To the check comes at the earliest and at the latest. */
static const struct { int period, lead; double early, late; uint32_t check_s, retry_s; double again; } checks[] = {
    { 7200, 0, 720, 540, 0, 0, 60 },               /* 10 % */
    { 7200, 600, 300, 225, 0, 0, 60 },             /* half the lead */
    { 300, 200, 64, 48, 0, 0, 60 },                /* not less than 2 M */
    { 7200, 600, 2000, 1500, 2000, 25, 25 },       /* as it was told */
    { 7200, 600, 64, 48, 10, 600, 600 },           /* but for 2 M */
};

START_TEST(a_missing_successor_is_asked_for_before_the_end_and_then_again_and_again)
{
    ProseUeDiscovery d = at(EAST, relay);
    const ProseEvent *asked;
    double before_end;
    int period = checks[_i].period;

    d.lead_s = (uint32_t) checks[_i].lead;
    d.successor_check_s = checks[_i].check_s;
    d.successor_retry_s = checks[_i].retry_s;
    start_with(&d, 1);
    script_deliver(east, relay, 1, VF, VF + period);
    bench_run_until(b, (uint64_t) (period + 4 * checks[_i].again) * BENCH_S);
    asked = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "successor", 0);
    ck_assert_ptr_nonnull(asked);
    before_end = (double) period - (double) asked->time_ns / 1e9;
    ck_assert_double_le(before_end, checks[_i].early + 1);
    ck_assert_double_ge(before_end, checks[_i].late - 2);
    for (int i = 1; i < 4; i++) {
        const ProseEvent *next = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, "successor", i);

        ck_assert_ptr_nonnull(next);
        ck_assert_double_eq_tol((double) (next->time_ns - asked->time_ns) / 1e9, checks[_i].again, 1);
        asked = next;
    }
}
END_TEST

START_TEST(the_check_for_a_successor_goes_by_the_prose_clock_and_moves_with_it)
{
    start_relay();
    script_deliver(east, relay, 1, VF, VF + 2 * HOUR);
    bench_run_for(b, 0.1);
    east->clock_error_s = 3000;
    bench_lose_pdn(ue);
    bench_run_until(b, 3400 * BENCH_S);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "successor"), 0);
    bench_run_until(b, 3700 * BENCH_S);            /* 720 to 540 s before the end, on a clock 3000 s ahead */
    ck_assert_uint_gt(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "successor"), 0);
}
END_TEST

START_TEST(a_successor_that_is_held_is_not_asked_for)
{
    start_relay();
    script_deliver(east, relay, 1, VF, VF + 1000);
    bench_run_for(b, 0.1);
    script_deliver(east, relay, 2, VF + 1000, VF + 2000);
    bench_run_until(b, 1500 * BENCH_S);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "successor"), 0);
    bench_run_until(b, 2000 * BENCH_S);
    ck_assert_uint_gt(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "successor"), 0);
}
END_TEST

START_TEST(checks_of_many_ues_do_not_fall_into_one_second)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };
    uint64_t first = PROSE_NEVER, last = 0;

    for (int i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("engines[%d]", i);

        ue = bench_add_ue(b, name, d, 1);
        bench_start(ue);
        bench_run_for(b, 1);
        script_deliver(east, relay, 1, VF, VF + 2 * HOUR);
        bench_run_for(b, 0.1);
    }
    bench_run_until(b, 2 * HOUR * BENCH_S - 530 * BENCH_S);
    for (int i = 0; i < 20; i++) {
        g_autofree char *name = g_strdup_printf("engines[%d]", i);
        const ProseEvent *e = bench_event(b, name, PROSE_EVENT_KEY_REQUEST_SENT, "successor", 0);

        ck_assert_ptr_nonnull(e);
        first = MIN(first, e->time_ns);
        last = MAX(last, e->time_ns);
    }
    ck_assert_uint_gt(last - first, 60 * BENCH_S);
}
END_TEST

START_TEST(a_supplied_discovery_whose_key_never_comes_is_asked_for_again)
{
    start_relay();
    bench_run_for(b, 200);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "successor"), 3);
    set_active(relay, false);
    bench_run_for(b, 200);
    ck_assert_uint_eq(n_events(PROSE_EVENT_KEY_REQUEST_SENT, "successor"), 3);
}
END_TEST

/* ---- the same twice ---- */

static char *
run_once(void)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group), at(EAST, pgk) };
    char *log;

    setup();
    start_with(d, 3);
    script_deliver(east, relay, 1, VF, VF + 2000);
    bench_run_for(b, 3);
    bench_lose_pdn(ue);
    bench_run_for(b, 2500);
    log = bench_print_events(b);
    teardown();
    return log;
}

START_TEST(two_runs_give_the_same_events)
{
    g_autofree char *first = run_once(), *second = run_once();

    ck_assert_str_eq(first, second);
    ck_assert_ptr_nonnull(strstr(first, "successor"));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("key-request");
    TCase *tc = tcase_create("request");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, one_request_asks_for_psdks_and_pgks_together);
    tcase_add_test(tc, a_change_of_one_discovery_repeats_the_whole_set);
    tcase_add_loop_test(tc, capabilities_say_whether_scrambling_is_supported, 0, 2);
    tcase_add_test(tc, a_ue_of_groups_alone_names_algorithms_and_no_capabilities);
    tcase_add_loop_test(tc, as_many_keys_as_are_held_are_listed, 0, 4);
    tcase_add_test(tc, a_stop_is_listed_beside_all_that_is_still_wanted);
    tcase_add_test(tc, the_last_stop_is_a_request_of_stops_alone_and_still_sets_the_clock);
    tcase_add_test(tc, after_a_stop_a_delivery_is_refused_and_what_was_held_stays);
    tcase_add_test(tc, a_stop_taken_back_is_a_want_again);
    tcase_add_test(tc, a_change_while_a_request_is_under_way_is_told_right_after);
    tcase_add_test(tc, a_discovery_it_was_not_configured_with_cannot_be_started);
    suite_add_tcase(suite, tc);

    tc = tcase_create("transport");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, nothing_of_request_and_response_crosses_in_clear, 0, 2);
    tcase_add_loop_test(tc, it_hangs_up_in_order_after_an_answer_and_after_a_silence, 0, 2);
    tcase_add_test(tc, silence_is_retried_after_2_4_8_16_and_then_every_60_s);
    tcase_add_test(tc, another_time_out_and_back_off_are_waited_for);
    tcase_add_test(tc, an_answer_ends_the_back_off);
    tcase_add_loop_test(tc, retry_after_replaces_the_back_off, 0, 2);
    tcase_add_loop_test(tc, a_tunnel_that_breaks_sets_nothing_and_is_tried_again, 0, 3);
    tcase_add_test(tc, a_server_that_has_not_the_right_key_is_not_asked);
    tcase_add_loop_test(tc, a_server_that_is_not_there_is_tried_again, 0, 2);
    suite_add_tcase(suite, tc);

    tc = tcase_create("causes");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_missing_successor_is_asked_for_before_the_end_and_then_again_and_again, 0, G_N_ELEMENTS(checks));
    tcase_add_test(tc, the_check_for_a_successor_goes_by_the_prose_clock_and_moves_with_it);
    tcase_add_test(tc, a_successor_that_is_held_is_not_asked_for);
    tcase_add_test(tc, checks_of_many_ues_do_not_fall_into_one_second);
    tcase_add_test(tc, a_supplied_discovery_whose_key_never_comes_is_asked_for_again);
    suite_add_tcase(suite, tc);

    tc = tcase_create("determinism");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_runs_give_the_same_events);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
