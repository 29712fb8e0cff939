/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of a discovery over time: their IDs, what is given out again, replacement in an emergency, the end (REQ-662-04;
 * rules K2, K4, K5, K7).
 */
#include "bench.h"
#include "one-pkmf.h"

/* ---- key IDs (K4), what is delivered again (K5) ---- */

/* REQ-66422-13 */
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

/* REQ-66422-24 */
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

/* REQ-66422-12 */
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

/* REQ-66422-12 */
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

/* ---- revocation (K7) ---- */

/* REQ-662-04 */
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
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_AUTHORISATION_CHANGED, "revoked", all[0], 0)->value, PERIOD + LEAD - 10);
    for (int n = 0; n < 2; n++) {
        const ProseEvent *event = rig_event(rig, PROSE_EVENT_PSDK_REPLACED, "revoked", all[0], n);

        ck_assert_ptr_nonnull(event);
        ck_assert_uint_eq(event->key_id, (unsigned) n + 1);
        ck_assert_double_eq(event->value, LEAD - 10 + n * PERIOD);
    }
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
    prose_pkmf_revoke(rig->pkmf, both[1]->gba->impi, (ProseKeyScope) { PROSE_KEY_TYPE_PGK, 1 }, rig->now_ns);
    rig_run_for(rig, 30);
    ck_assert_uint_eq(rig->deliveries->len, 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

/* The same with UEs that are none of ours, over three cryptoperiods. */
START_TEST(real_ues_roll_over_and_shut_a_leaver_out)
{
    enum { N = 5, LEAVER = 2 };
    Bench *b = bench_new();
    const ProseUeDiscovery taken = { .scope = command, .roles = PROSE_ROLE_HOLD, .pkmf_fqdn = RIG_FQDN, .lead_s = LEAD };
    const ProsePkmfDiscovery served = { .scope = command, .meta = { .scrambling = true, .mic = true },
                                        .first_start_s = BENCH_UTC_START, .cryptoperiod_s = PERIOD, .lead_s = LEAD };
    BenchServer *pkmf = bench_add_pkmf(b, "pkmf east", RIG_FQDN, RIG_M);
    BenchUe *ues[N];
    size_t n;

    ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(pkmf), &served), 0);
    for (unsigned i = 0; i < N; i++) {
        g_autofree char *name = g_strdup_printf("engines[%u]", i);

        ues[i] = bench_add_ue(b, name, &taken, 1);
        prose_pkmf_authorise(bench_pkmf(pkmf), ues[i]->gba->impi, command, true, 0);
        bench_start(ues[i]);
    }
    bench_run_until(b, (2 * PERIOD - LEAD / 2) * BENCH_S);     /* all hold the second period's key and the third's */
    for (unsigned i = 0; i < N; i++) {
        const ProseStoredKey *keys = prose_key_store_of_scope(prose_ue_keys(ues[i]->ue), command, &n);

        ck_assert_uint_eq(n, 2);
        ck_assert_uint_eq(keys[0].key_id, 2);
        ck_assert_uint_eq(keys[1].key_id, 3);
    }
    prose_pkmf_revoke(bench_pkmf(pkmf), ues[LEAVER]->gba->impi, command, b->now_ns);
    bench_run_until(b, (2 * PERIOD + RIG_M + 2) * BENCH_S); /* a ProSe clock may be a second late */
    for (unsigned i = 0; i < N; i++) {
        const ProseStoredKey *keys = prose_key_store_of_scope(prose_ue_keys(ues[i]->ue), command, &n);

        ck_assert_uint_eq(n, 1);           /* the second period is past */
        ck_assert_uint_eq(keys[0].key_id, i == LEAVER ? 3 : 5);
        ck_assert_int_eq(keys[0].valid_from, BENCH_UTC_START + 2 * PERIOD);
    }
    ck_assert_uint_eq(bench_count(b, NULL, PROSE_EVENT_KEY_WIPED, "deleted"), 2 * (N - 1));
    ck_assert_uint_eq(bench_count(b, NULL, PROSE_EVENT_KEY_REFUSED, NULL), 0);
    ck_assert_uint_eq(bench_count(b, "pkmf east", PROSE_EVENT_MIKEY_REJECTED, NULL), 0);
    bench_free(b);
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

/* REQ-662-07 */
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
    Suite *suite = suite_create("key-allocation");
    TCase *tc = tcase_create("keys");

    tcase_add_test(tc, ids_run_in_a_circle_and_rest);
    tcase_add_test(tc, when_all_ids_rest_the_answer_is_try_later);
    tcase_add_loop_test(tc, only_what_is_listed_and_verified_is_skipped, 0, G_N_ELEMENTS(again_cases));
    tcase_add_test(tc, an_id_of_an_earlier_allocation_counts_for_nothing);
    tcase_add_test(tc, past_keys_and_answered_attempts_are_wiped);
    suite_add_tcase(suite, tc);

    tc = tcase_create("revocation");
    tcase_add_test(tc, a_leaver_s_keys_are_replaced_for_the_others);
    tcase_add_test(tc, a_deletion_carries_no_key);
    tcase_add_test(tc, what_the_leaver_was_never_sent_stays);
    tcase_add_test(tc, who_never_had_the_old_key_hears_only_of_the_new);
    tcase_add_test(tc, an_unreachable_ue_learns_of_the_revocation_at_its_next_request);
    tcase_add_test(tc, revoking_a_stranger_replaces_nothing);
    tcase_add_test(tc, real_ues_roll_over_and_shut_a_leaver_out);
    suite_add_tcase(suite, tc);

    tc = tcase_create("configuration");
    tcase_add_loop_test(tc, a_discovery_keeps_to_the_rules, 0, G_N_ELEMENTS(configurations));
    tcase_add_test(tc, a_period_too_short_for_255_ids_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
