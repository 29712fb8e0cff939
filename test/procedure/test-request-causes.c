/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whatever a Key Request is sent for (rules R1, R2), it lists all that is wanted of its PKMF, PSDKs and PGKs alike, with the
 * IDs of all keys held, or all-zero; and it reaches nobody else's business.
 */
#include "one-ue.h"

static const ProseKeyScope *const all[] = { &relay, &group, &pgk };
static Script *west;
static unsigned n_checked;

static bool
lists(const ProseKeyWant *want, uint8_t key_id)
{
    return memchr(want->key_ids, key_id, want->n_key_ids) != NULL;
}

/* The last request came for @cause and lists what @is_wanted says of relay, group and pgk, as the UE's key store is now. */
static void
assert_request(const char *cause, const bool is_wanted[3], unsigned n_stops)
{
    const ProseKeyRequest *r = script_request(east, -1);
    const ProseEvent *sent = NULL;
    const ProseEvent *e;
    unsigned n_wanted = 0, n_discoveries = 0;

    for (int i = 0; (e = bench_event(b, "engines[0]", PROSE_EVENT_KEY_REQUEST_SENT, NULL, i)); i++)
        if (g_str_equal(e->peer, EAST) && e->value == r->transaction_id)
            sent = e;
    ck_assert_ptr_nonnull(sent);
    ck_assert_msg(g_str_equal(sent->cause, cause), "%s instead of %s", sent->cause, cause);
    ck_assert_uint_gt(east->requests->len, n_checked);
    n_checked = east->requests->len;

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        const ProseKeyWant *want = script_want(r, *all[i]);
        size_t n;
        const ProseStoredKey *keys = prose_key_store_of_scope(prose_ue_keys(ue->ue), *all[i], &n);

        ck_assert_msg((want != NULL) == is_wanted[i], "%s: scope %zu", cause, i);
        if (!want)
            continue;
        n_wanted++;
        n_discoveries += prose_key_scope_is_discovery(*all[i]);
        ck_assert_uint_eq(want->n_key_ids, MAX(n, 1));
        for (size_t k = 0; k < n; k++)
            ck_assert_msg(lists(want, keys[k].key_id), "%s: scope %zu, key %u is not listed", cause, i, keys[k].key_id);
        ck_assert_int_eq(lists(want, PROSE_KEY_ID_NONE), n == 0);
    }
    ck_assert_uint_eq(r->n_wants, n_wanted);
    ck_assert_uint_eq(r->n_stops, n_stops);
    for (size_t i = 0; i < r->n_stops; i++)
        n_discoveries += prose_key_scope_is_discovery(r->stops[i]);
    if (n_discoveries > 0)
        ck_assert(r->has_capabilities && r->capabilities == PROSE_CAPABILITY_SCRAMBLING);
    if (is_wanted[2])
        ck_assert(r->has_algorithms && r->algorithms == PROSE_ALGORITHM_EEA2);
}

static void
group_is_unavailable(void *user, const ProseKeyRequest *request, ProseKeyResponse *response)
{
    for (size_t i = 0; i < response->n_answers; i++)
        if (prose_key_scope_equal(response->answers[i].scope, group)) {
            response->answers[i].supplied = false;
            response->answers[i].status = PROSE_STATUS_TEMPORARILY_UNAVAILABLE;
        }
}

static void
deliver(ProseKeyScope scope, uint8_t key_id, int64_t from, int64_t to)
{
    script_deliver(east, scope, key_id, from, to);
    bench_run_for(b, 0.1);
}

/* REQ-66422-08, REQ-66422-10, REQ-66422-12, REQ-66422-13 */
START_TEST(every_request_lists_the_whole_set_whatever_it_is_sent_for)
{
    static const bool three[3] = { true, true, true }, without_group[3] = { true, false, true }, none[3] = { false, false, false };
    const ProseKeyScope other = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00BEEF };
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group), at(EAST, pgk), at(WEST, other) };
    ProseSlot slot;

    n_checked = 0;
    west = script_new(b, "pkmf west", WEST);
    ue = bench_add_ue(b, "engines[0]", d, G_N_ELEMENTS(d));

    east->sends_pmk = false;
    bench_start(ue);
    ck_assert(bench_run_to_event(b, "engines[0]", PROSE_EVENT_TLS_ESTABLISHED, 1));
    bench_run_for(b, 0.05);
    assert_request("set", three, 0);
    bench_run_for(b, 0.5);
    assert_request("no-pmk", three, 0);

    east->sends_pmk = true;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    assert_request("address", three, 0);

    deliver(relay, 1, VF, VF + HOUR);
    deliver(relay, 2, VF + HOUR, VF + 2 * HOUR);
    deliver(pgk, 9, VF, VF + HOUR);
    ck_assert(n_held(relay) == 2 && n_held(group) == 0 && n_held(pgk) == 1);
    east->silent = true;
    bench_lose_pdn(ue);
    bench_run_for(b, 6);
    assert_request("address", three, 0);
    east->silent = false;
    bench_run_for(b, 2);
    assert_request("retry", three, 0);

    east->tweak = group_is_unavailable;
    bench_lose_pdn(ue);
    bench_run_for(b, 1);
    assert_request("address", three, 0);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_REFUSED);
    east->tweak = NULL;
    deliver(relay, 3, VF + 2 * HOUR, VF + 3 * HOUR);
    bench_run_for(b, 61);
    assert_request("unavailable", three, 0);
    ck_assert_int_eq(view(group).supply, PROSE_SUPPLY_GRANTED);

    deliver(group, 4, VF, VF + 9 * HOUR);
    slot = bench_slot(b, 40);
    ck_assert_int_eq(prose_ue_pc5_gate(ue->ue, relay, &slot), PROSE_SLOT_CLOCK_OFFSET);
    bench_run_for(b, 1);
    assert_request("clock-offset", three, 0);

    deliver(pgk, 10, VF + HOUR, VF + 9 * HOUR);
    bench_run_until(b, 3 * HOUR * BENCH_S - 200 * BENCH_S);    /* key 1 of relay has gone, 3 has no successor */
    ck_assert_uint_eq(n_held(relay), 1);
    assert_request("successor", three, 0);

    set_active(group, false);
    bench_run_for(b, 1);
    assert_request("set", without_group, 1);
    ck_assert(script_stops(script_request(east, -1), group));
    set_active(group, true);
    bench_run_for(b, 1);
    assert_request("set", three, 0);           /* the key it kept is listed (rules K6) */

    prose_ue_request_pdn_release(ue->ue, b->now_ns);
    bench_run_for(b, 1);
    assert_request("release", none, 3);
    ck_assert(ue->released);

    /* West was asked for its own alone. */
    for (guint i = 0; i < west->requests->len; i++) {
        const ProseKeyRequest *r = script_request(west, (int) i);

        ck_assert_uint_eq(r->n_wants + r->n_stops, 1);
        ck_assert(script_want(r, other) || script_stops(r, other));
        ck_assert(!r->has_algorithms);
    }
}
END_TEST

/* Wants of everything come and go at random; each request is what the wishes of that moment ask for. */
/* REQ-66422-08, REQ-66422-14 */
START_TEST(each_change_of_wishes_is_told_as_it_is)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group), at(EAST, pgk) };
    ProseDrawKey draws = { { 6642, (uint64_t) _i } };
    bool wanted[3] = { true, true, true }, told[3];

    n_checked = 0;
    start_with(d, G_N_ELEMENTS(d));
    assert_request("set", wanted, 0);
    for (unsigned n = 0; n < 40; n++) {
        unsigned n_stops = 0;

        memcpy(told, wanted, sizeof told);
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
            if (prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, i, n, 2))
                wanted[i] = !wanted[i];
        if (memcmp(told, wanted, sizeof told) == 0)
            continue;
        /* All at one time: the first call begins a request, the others are told right after it. */
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
            set_active(*all[i], wanted[i]);
        bench_run_for(b, 1);
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
            ck_assert_int_eq(view(*all[i]).supply, wanted[i] ? PROSE_SUPPLY_GRANTED : PROSE_SUPPLY_STOPPED);
            n_stops += script_stops(script_request(east, -1), *all[i]);
        }
        assert_request("set", wanted, n_stops);
        ck_assert_uint_le(n_stops, 3);
    }
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("request-causes");
    TCase *tc = tcase_create("causes");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_request_lists_the_whole_set_whatever_it_is_sent_for);
    tcase_add_loop_test(tc, each_change_of_wishes_is_told_as_it_is, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
