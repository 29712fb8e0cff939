/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PKMF as a machine: down, up again with and without what it knew, and how its workers share the work.
 */
#include "bench.h"
#include "one-pkmf.h"

/* ---- down and up ---- */

/* REQ-66422-19 */
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
    /* What was out, as if for the first time, and the period that came while it was down. */
    ck_assert_double_eq(sent_event(rig, alice, 1)->value, 1);
    ck_assert_uint_eq(rig->deliveries->len, 3);
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

/* REQ-66422-19 */
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

/* REQ-66422-28 */
START_TEST(a_real_ue_that_was_forgotten_still_gets_its_next_key)
{
    Bench *b = bench_new();
    const ProseUeDiscovery taken = { .scope = command, .roles = PROSE_ROLE_HOLD, .pkmf_fqdn = RIG_FQDN, .lead_s = LEAD };
    const ProsePkmfDiscovery served = { .scope = command, .meta = { .scrambling = true, .mic = true },
                                        .first_start_s = BENCH_UTC_START, .cryptoperiod_s = PERIOD, .lead_s = LEAD };
    BenchServer *server = bench_add_pkmf(b, "pkmf east", RIG_FQDN, RIG_M);
    BenchUe *ue = bench_add_ue(b, "engines[0]", &taken, 1);
    const ProseStoredKey *keys;
    size_t n;

    ck_assert_int_eq(prose_pkmf_add_discovery(bench_pkmf(server), &served), 0);
    prose_pkmf_authorise(bench_pkmf(server), ue->gba->impi, command, true, 0);
    bench_start(ue);
    bench_run_for(b, 60);
    prose_pkmf_set_down(bench_pkmf(server), b->now_ns);
    bench_run_for(b, 60);
    prose_pkmf_set_up(bench_pkmf(server), false, b->now_ns);
    bench_run_until(b, (PERIOD - LEAD / 2 - 60) * BENCH_S);    /* the lead has come, and nobody thinks of the UE */
    prose_key_store_of_scope(prose_ue_keys(ue->ue), command, &n);
    ck_assert_uint_eq(n, 1);
    bench_run_until(b, PERIOD * BENCH_S);          /* rules R1: it misses a successor and asks */
    keys = prose_key_store_of_scope(prose_ue_keys(ue->ue), command, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(keys[1].valid_from, BENCH_UTC_START + PERIOD);
    ck_assert_uint_eq(bench_count(b, "engines[0]", PROSE_EVENT_KEY_ACKNOWLEDGED, "same-key"), 1);
    ck_assert_uint_eq(bench_count(b, "engines[0]", PROSE_EVENT_PMK_STORED, NULL), 2);
    bench_free(b);
}
END_TEST

/* REQ-66422-20 */
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

START_TEST(queue_and_workers_are_told_as_they_change)
{
    Rig *rig = rig_new();
    Client *all[4];
    ProseKeyRequest request = request_new(1);
    static const double queue[] = { 1, 2, 3, 2, 1, 2, 0 }, workers[] = { 1, 0 };

    rig->config.workers = 1;
    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    rig->service_ns[PROSE_PKMF_OP_TLS] = RIG_S;
    rig->service_ns[PROSE_PKMF_OP_REQUEST] = 0;
    rig->service_ns[PROSE_PKMF_OP_DELIVERY] = 0;
    request_want(&request, command, 0);
    for (unsigned i = 0; i < 4; i++) {
        g_autofree char *impi = g_strdup_printf("ue%u@ims.example", i);

        all[i] = rig_add_client(rig, impi);
        rig_authorise(rig, all[i], command, true);
        client_ask(all[i], &request);
    }
    rig_run_for(rig, 0.5);
    client_close(all[3]);                          /* a job that nobody waits for leaves the queue */
    rig_run_for(rig, 0.7);                         /* the second handshake has begun, the first request has come */
    prose_pkmf_set_down(rig->pkmf, rig->now_ns);
    for (size_t i = 0; i < G_N_ELEMENTS(queue); i++)
        ck_assert_double_eq(rig_event(rig, PROSE_EVENT_PKMF_QUEUE, NULL, NULL, (int) i)->value, queue[i]);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PKMF_QUEUE, NULL, NULL), G_N_ELEMENTS(queue));
    for (size_t i = 0; i < G_N_ELEMENTS(workers); i++)
        ck_assert_double_eq(rig_event(rig, PROSE_EVENT_PKMF_WORKERS, NULL, NULL, (int) i)->value, workers[i]);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PKMF_WORKERS, NULL, NULL), G_N_ELEMENTS(workers));
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
    rig->retry_after_s = 17;
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

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pkmf");
    TCase *tc = tcase_create("down and up");

    tcase_add_test(tc, a_restart_with_state_goes_on);
    tcase_add_test(tc, a_restart_without_state_keeps_keys_alone);
    tcase_add_test(tc, a_real_ue_that_was_forgotten_still_gets_its_next_key);
    tcase_add_test(tc, what_is_open_ends_when_it_goes_down);
    suite_add_tcase(suite, tc);

    tc = tcase_create("workers");
    tcase_add_test(tc, workers_serve_in_order_of_arrival_and_are_counted);
    tcase_add_test(tc, queue_and_workers_are_told_as_they_change);
    tcase_add_test(tc, who_has_gone_costs_no_worker);
    tcase_add_test(tc, a_full_queue_says_when_to_come_again);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
