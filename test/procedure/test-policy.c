/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a PKMF may be told about when it delivers which keys: pace, spread, keys ahead, what a revocation and what a leave does
 * (rules K2, K5, K7, M1).
 */
#include "bench.h"
#include "one-pkmf.h"

#define DUE (PERIOD - LEAD)                /* rig time at which the next key's lead begins, s */

/* Three that hold the key of command; @gap_s of the pace. */
static Rig *
three_members(ProsePkmfDiscovery policy, double gap_s, Client **ret)
{
    static const char *const names[] = { "alice@ims.example", "bob@ims.example", "carol@ims.example" };
    Rig *rig = rig_new();

    rig->config.delivery_gap_ns = (uint64_t) (gap_s * 1e9);
    rig_start(rig);
    rig->service_ns[PROSE_PKMF_OP_DELIVERY] = 0;
    policy.scope = command;
    policy.cryptoperiod_s = PERIOD;
    policy.lead_s = LEAD;
    rig_add_of(rig, policy);
    for (unsigned i = 0; i < 3; i++) {
        ret[i] = rig_add_client(rig, names[i]);
        rig_authorise(rig, ret[i], command, true);
        client_want(ret[i], &command, 1, 5);
    }
    rig_forget(rig);
    return rig;
}

static double
sent_s(const Rig *rig, const Client *client, int nth)
{
    return seconds_of(sent_event(rig, client, nth)->time_ns);
}

static unsigned
n_sent(const Rig *rig, const Client *client)
{
    return rig_count(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, client);
}

/* ---- pace ---- */

START_TEST(a_rollover_keeps_its_pace_and_nothing_else_does)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 10, all);

    all[1]->deaf = true;
    rig_run_until(rig, (DUE + 15) * RIG_S);
    all[1]->deaf = false;
    rig_run_until(rig, (DUE + 100) * RIG_S);
    ck_assert_double_eq_tol(sent_s(rig, all[0], 0), DUE, 1e-6);
    ck_assert_double_eq_tol(sent_s(rig, all[1], 0), DUE + 10, 1e-6);
    ck_assert_double_eq_tol(sent_s(rig, all[1], 1), DUE + 12, 1e-6);      /* again, at the time of rules M2 */
    ck_assert_double_eq_tol(sent_s(rig, all[1], 2), DUE + 16, 1e-6);
    ck_assert_double_eq_tol(sent_s(rig, all[2], 0), DUE + 20, 1e-6);
    ck_assert_uint_eq(n_sent(rig, NULL), 5);
    rig_free(rig);
}
END_TEST

START_TEST(who_asks_does_not_wait_for_its_turn)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 100, all);

    rig_run_until(rig, (DUE + 30) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, NULL), 1);
    client_want(all[2], &command, 1, 5);
    ck_assert_uint_eq(client_n_keys(all[2], command), 2);
    rig_run_until(rig, (DUE + 400) * RIG_S);
    ck_assert_double_eq_tol(sent_s(rig, all[1], 0), DUE + 100, 1e-6);
    ck_assert_uint_eq(n_sent(rig, all[2]), 1);     /* its turn comes and finds it served */
    rig_free(rig);
}
END_TEST

START_TEST(each_rollover_begins_at_once)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 7, all);

    for (int period = 1; period < 4; period++) {
        rig_forget(rig);
        rig_run_until(rig, (uint64_t) (period * PERIOD - LEAD + 60) * RIG_S);
        for (int i = 0; i < 3; i++)
            ck_assert_double_eq_tol(sent_s(rig, all[i], 0), period * PERIOD - LEAD + 7 * i, 1e-6);
    }
    rig_free(rig);
}
END_TEST

/* Rules K7: the pace holds back the successor, and with it the deletion. */
START_TEST(under_a_pace_no_deletion_overtakes_its_successor)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 20, all);
    uint64_t at = rig->now_ns;

    prose_pkmf_revoke(rig->pkmf, all[0]->gba->impi, command, rig->now_ns);
    rig_run_for(rig, 60);
    for (unsigned i = 1; i < 3; i++) {
        ck_assert_uint_eq(n_sent(rig, all[i]), 2);
        ck_assert_ptr_null(sent_event(rig, all[i], 0)->cause);
        ck_assert_str_eq(sent_event(rig, all[i], 1)->cause, "deletion");
        ck_assert_double_eq_tol(sent_s(rig, all[i], 0), seconds_of(at) + 20 * (i - 1), 1e-6);
        ck_assert_double_lt(sent_s(rig, all[i], 1), sent_s(rig, all[i], 0) + 1);
        ck_assert_uint_eq(client_key(all[i], command, 0)->key_id, 2);
    }
    rig_free(rig);
}
END_TEST

/* ---- spread ---- */

/* Alice 0, bob 100 s, carol 599 s; each period another second. */
static uint64_t
delay_by_name(const char *impi, int64_t period)
{
    return ((impi[0] == 'a' ? 0 : impi[0] == 'b' ? 100 : 598) + (uint64_t) period) * RIG_S;
}

START_TEST(each_ue_gets_its_key_at_its_own_time)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 0, all);

    rig->lead_delay = delay_by_name;
    rig_run_until(rig, (2 * PERIOD) * RIG_S);
    for (int period = 1; period < 3; period++) {
        ck_assert_double_eq_tol(sent_s(rig, all[0], period - 1), period * PERIOD - LEAD + period, 1e-6);
        ck_assert_double_eq_tol(sent_s(rig, all[1], period - 1), period * PERIOD - LEAD + 100 + period, 1e-6);
    }
    ck_assert_double_eq_tol(sent_s(rig, all[2], 0), PERIOD - 1, 1e-6);
    ck_assert_double_eq_tol(sent_s(rig, all[2], 1), 2 * PERIOD, 1e-6);
    ck_assert_uint_eq(n_sent(rig, NULL), 6);
    rig_free(rig);
}
END_TEST

START_TEST(who_asks_before_its_time_is_served_once)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 0, all);

    rig->lead_delay = delay_by_name;
    rig_run_until(rig, (DUE + 50) * RIG_S);
    client_want(all[2], &command, 1, 5);
    ck_assert_uint_eq(client_n_keys(all[2], command), 2);
    rig_run_until(rig, (PERIOD + 10) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, all[2]), 1);
    rig_free(rig);
}
END_TEST

START_TEST(a_member_that_leaves_before_its_time_gets_nothing)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 0, all);
    ProseKeyRequest request = request_new(9);

    rig->lead_delay = delay_by_name;
    rig_run_until(rig, (DUE + 50) * RIG_S);
    request_stop(&request, command);
    client_ask_and_run(all[2], &request, 5);
    rig_run_until(rig, (PERIOD + 10) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, all[2]), 0);
    ck_assert_uint_eq(n_sent(rig, all[1]), 1);
    rig_free(rig);
}
END_TEST

/* A restart with state goes on where it was: what was due meanwhile comes at once, the rest at its time. */
START_TEST(times_survive_a_restart_with_state)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 0, all);

    rig->lead_delay = delay_by_name;
    rig_run_until(rig, (DUE + 50) * RIG_S);
    prose_pkmf_set_down(rig->pkmf, rig->now_ns);
    rig_run_until(rig, (DUE + 200) * RIG_S);
    prose_pkmf_set_up(rig->pkmf, true, rig->now_ns);
    rig_run_until(rig, (PERIOD + 10) * RIG_S);
    ck_assert_double_eq_tol(sent_s(rig, all[1], 0), DUE + 200, 1e-6);
    ck_assert_double_eq_tol(sent_s(rig, all[2], 0), PERIOD - 1, 1e-6);
    rig_free(rig);
}
END_TEST

/* ---- keys ahead ---- */

START_TEST(a_request_brings_future_keys_along)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .keys_ahead = 2 }, 0, all);

    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(client_n_keys(all[i], command), 3);
        for (unsigned n = 0; n < 3; n++) {
            ck_assert_int_eq(client_key(all[i], command, n)->valid_from, RIG_UTC_START + n * PERIOD);
            ck_assert_mem_eq(client_key(all[i], command, n)->key, client_key(all[0], command, n)->key, PROSE_KEY_LEN);
        }
    }
    /* They are there when their leads begin; the first that is not is sent like any other. */
    rig_run_until(rig, (3 * PERIOD - LEAD - 1) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, NULL), 0);
    rig_run_for(rig, 10);
    ck_assert_uint_eq(n_sent(rig, NULL), 3);
    ck_assert_int_eq(sent_event(rig, all[0], 0)->valid_from, RIG_UTC_START + 3 * PERIOD);
    /* The next request looks ahead from its own time: from period 2 to 4, of which 4 is new. */
    rig_forget(rig);
    client_want(all[1], &command, 1, 5);
    ck_assert_uint_eq(n_sent(rig, NULL), 1);
    ck_assert_int_eq(sent_event(rig, all[1], 0)->valid_from, RIG_UTC_START + 4 * PERIOD);
    rig_free(rig);
}
END_TEST

START_TEST(a_key_ahead_that_was_not_verified_comes_again_at_its_lead)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .keys_ahead = 1 }, 0, all);
    unsigned n;

    all[2]->deaf = true;
    rig_run_until(rig, (PERIOD + 1) * RIG_S);
    client_want(all[2], &command, 1, 40);          /* period 2 is sent, and not answered for */
    ck_assert(client_view(all[2]).unreachable);
    n = n_sent(rig, all[2]);
    all[2]->deaf = false;
    client_want(all[2], &command, 1, 5);
    ck_assert_uint_eq(n_sent(rig, all[2]), n + 1);
    ck_assert_uint_eq(client_n_keys(all[2], command), 3);
    /* The others have never asked again: their period 2 comes with its lead. */
    rig_run_until(rig, (2 * PERIOD - LEAD + 5) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, all[1]), 1);
    ck_assert_uint_eq(n_sent(rig, all[2]), n + 1);
    rig_free(rig);
}
END_TEST

START_TEST(a_revocation_replaces_keys_that_were_given_ahead)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .keys_ahead = 2 }, 0, all);

    prose_pkmf_revoke(rig->pkmf, all[0]->gba->impi, command, rig->now_ns);
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_AUTHORISATION_CHANGED, "revoked", all[0], 0)->value,
                        3 * PERIOD - seconds_of(rig->now_ns));
    rig_run_for(rig, 30);
    for (unsigned i = 1; i < 3; i++) {
        ck_assert_uint_eq(n_sent(rig, all[i]), 6);
        for (int n = 0; n < 6; n++) {
            const ProseEvent *event = sent_event(rig, all[i], n);

            ck_assert_int_eq(event->valid_from, RIG_UTC_START + n / 2 * PERIOD);
            ck_assert_uint_eq(event->key_id, (unsigned) (n % 2 == 0 ? 4 + n / 2 : 1 + n / 2));
            ck_assert_int_eq(event->cause != NULL, n % 2);
        }
        for (unsigned n = 0; n < 3; n++)
            ck_assert_uint_eq(client_key(all[i], command, n)->key_id, 4 + n);
    }
    /* Nothing is left for the lead of period 1. */
    rig_forget(rig);
    rig_run_until(rig, (PERIOD + 1) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, NULL), 0);
    rig_free(rig);
}
END_TEST

START_TEST(more_keys_ahead_than_a_ue_holds_are_no_policy)
{
    Rig *rig = rig_new();
    ProsePkmfDiscovery policy = { .scope = command, .cryptoperiod_s = PERIOD, .lead_s = LEAD, .first_start_s = RIG_UTC_START,
                                  .keys_ahead = PROSE_PKMF_KEYS_AHEAD_MAX + 1 };

    rig_start(rig);
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &policy), PROSE_ERR_INVALID);
    policy.keys_ahead = PROSE_PKMF_KEYS_AHEAD_MAX;
    ck_assert_int_eq(prose_pkmf_add_discovery(rig->pkmf, &policy), 0);
    rig_free(rig);
}
END_TEST

/* As many as a UE can hold at all: it takes them all, and one more with each period (rules K5). */
START_TEST(a_ue_holds_eight_keys_and_goes_on)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .keys_ahead = PROSE_PKMF_KEYS_AHEAD_MAX }, 0, all);

    ck_assert_uint_eq(client_n_keys(all[0], command), 8);
    rig_run_until(rig, (PERIOD + 1) * RIG_S);
    client_want(all[0], &command, 1, 5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, NULL), 0);
    ck_assert_uint_eq(client_n_keys(all[0], command), 8);      /* the first went to make room */
    ck_assert_int_eq(client_key(all[0], command, 7)->valid_from, RIG_UTC_START + 8 * PERIOD);
    rig_free(rig);
}
END_TEST

/* ---- who is shut out ---- */

START_TEST(without_an_emergency_policy_a_revocation_withdraws_and_no_more)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .keeps_revoked_keys = true }, 0, all);

    prose_pkmf_revoke(rig->pkmf, all[0]->gba->impi, command, rig->now_ns);
    ck_assert_double_eq(rig_event(rig, PROSE_EVENT_AUTHORISATION_CHANGED, "revoked", all[0], 0)->value, PERIOD - seconds_of(rig->now_ns));
    rig_run_for(rig, 60);
    ck_assert_uint_eq(n_sent(rig, NULL), 0);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_REPLACED, NULL, NULL), 0);
    client_want(all[0], &command, 1, 5);
    ck_assert_uint_eq(client_answer(all[0], command)->status, PROSE_STATUS_NOT_AUTHORISED);
    rig_run_until(rig, (PERIOD + 1) * RIG_S);
    ck_assert_uint_eq(n_sent(rig, all[0]), 0);
    ck_assert_uint_eq(n_sent(rig, all[1]), 1);
    rig_free(rig);
}
END_TEST

START_TEST(a_leave_may_replace_what_the_leaver_has)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .replaces_at_leave = true }, 0, all);
    ProseKeyRequest request = request_new(9);
    const ProseEvent *event;

    request_stop(&request, command);
    client_ask_and_run(all[0], &request, 5);
    event = rig_event(rig, PROSE_EVENT_PSDK_REPLACED, "left", all[0], 0);
    ck_assert_ptr_nonnull(event);
    ck_assert_double_eq_tol(event->value, PERIOD - seconds_of(event->time_ns), 1);
    for (unsigned i = 1; i < 3; i++) {
        ck_assert_uint_eq(n_sent(rig, all[i]), 2);
        ck_assert_uint_eq(client_n_keys(all[i], command), 1);
        ck_assert_uint_eq(client_key(all[i], command, 0)->key_id, 2);
    }
    ck_assert_uint_eq(n_sent(rig, all[0]), 0);
    ck_assert_uint_eq(client_key(all[0], command, 0)->key_id, 1);      /* what it has it keeps (rules K6) */
    /* A second stop leaves nothing. */
    request.transaction_id++;
    client_ask_and_run(all[0], &request, 5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_REPLACED, NULL, NULL), 1);
    /* Back again, it gets what is in use and has the old one deleted. */
    rig_forget(rig);
    client_want(all[0], &command, 1, 5);
    ck_assert_uint_eq(n_sent(rig, all[0]), 2);
    ck_assert_uint_eq(client_n_keys(all[0], command), 1);
    ck_assert_uint_eq(client_key(all[0], command, 0)->key_id, 2);
    ck_assert_uint_eq(n_sent(rig, all[1]), 0);
    rig_free(rig);
}
END_TEST

START_TEST(a_leave_costs_nothing_by_default)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { 0 }, 0, all);
    ProseKeyRequest request = request_new(9);

    request_stop(&request, command);
    client_ask_and_run(all[0], &request, 5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_REPLACED, NULL, NULL), 0);
    ck_assert_uint_eq(n_sent(rig, NULL), 0);
    rig_free(rig);
}
END_TEST

/* When the last has gone there is nobody to draw a successor for. */
START_TEST(the_last_to_leave_is_replaced_for_nobody)
{
    Client *all[3];
    Rig *rig = three_members((ProsePkmfDiscovery) { .replaces_at_leave = true }, 0, all);
    ProseKeyRequest request = request_new(9);
    unsigned n;

    request_stop(&request, command);
    for (unsigned i = 0; i < 3; i++)
        client_ask_and_run(all[i], &request, 5);
    n = rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_REPLACED, NULL, NULL), 3);
    client_want(all[1], &command, 1, 5);
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_PSDK_ALLOCATED, NULL, NULL), 3);
    ck_assert_uint_eq(client_n_keys(all[1], command), 1);
    rig_free(rig);
}
END_TEST

/* ---- anything, in any order ---- */

static uint64_t
delay_by_letter(const char *impi, int64_t period)
{
    return (uint64_t) (impi[0] - 'a') * 97 * RIG_S;
}

/* Rules K7: whenever a deletion went out, its UE had verified another key of that period, which was not deleted. The first keys
 * of the discovery, @n_first of them, were there before. */
static void
assert_no_deletion_leaves_a_gap(const Rig *rig, const Client *client, unsigned n_first)
{
    bool held[80][256] = { { false } };            /* by period and ID */

    for (unsigned i = 0; i < n_first; i++)
        held[i][i + 1] = true;
    for (guint i = 0; i < rig->events->len; i++) {
        const ProseEvent *event = &g_array_index(rig->events, ProseEvent, i);
        bool deletes = g_strcmp0(event->cause, "deletion") == 0, has_other = false;
        int64_t period = (event->valid_from - RIG_UTC_START) / PERIOD;

        if (g_strcmp0(event->peer, client->gba->impi) != 0 || !event->has_scope)
            continue;
        for (unsigned id = 1; id < 256 && event->valid_from; id++)
            has_other |= id != event->key_id && held[period][id];
        if (event->type == PROSE_EVENT_KEY_VERIFIED)
            held[period][event->key_id] = !deletes;
        if (event->type == PROSE_EVENT_KEY_DELIVERY_SENT && deletes)
            ck_assert_msg(has_other, "PSDK %u at %.3f s", event->key_id, seconds_of(event->time_ns));
    }
}

/* One of many lives of three members; at its end everybody who may has the same current key. */
START_TEST(whatever_happens_members_end_with_one_current_key)
{
    const ProseDrawKey draws = { { 6642, (uint64_t) _i } };
    ProsePkmfDiscovery policy = { .keys_ahead = (unsigned) _i % 4, .replaces_at_leave = _i & 1, .keeps_revoked_keys = (_i & 12) == 12 };
    Client *all[3];
    Rig *rig = three_members(policy, _i & 2 ? 3 : 0, all);
    bool down = false;

    if (_i & 4)
        rig->lead_delay = delay_by_letter;
    for (uint64_t step = 0; step < 80; step++) {
        Client *who = all[prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, step, 0, 3)];
        ProseKeyRequest request = request_new((uint8_t) step);

        switch (prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, step, 1, 9)) {
        case 0:
        case 1:
        case 2:
            request_want_held(&request, command, who);
            client_ask(who, &request);
            break;
        case 3:
            request_stop(&request, command);
            client_ask(who, &request);
            break;
        case 4:
            prose_pkmf_revoke(rig->pkmf, who->gba->impi, command, rig->now_ns);
            break;
        case 5:
            rig_authorise(rig, who, command, true);
            break;
        case 6:
            who->deaf = !who->deaf;
            break;
        case 7:
            if (down)
                prose_pkmf_set_up(rig->pkmf, true, rig->now_ns);
            else
                prose_pkmf_set_down(rig->pkmf, rig->now_ns);
            down = !down;
            break;
        default:
            rig_run_for(rig, 1500);
        }
        rig_run_for(rig, prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, step, 2, 40) / 8.0);
    }
    prose_pkmf_set_up(rig->pkmf, true, rig->now_ns);
    for (unsigned i = 0; i < 3; i++) {
        all[i]->deaf = false;
        rig_authorise(rig, all[i], command, true);
    }
    rig_run_for(rig, 40);                          /* what was out is over */
    for (unsigned i = 0; i < 3; i++)
        client_want(all[i], &command, 1, 10);
    rig_run_for(rig, 40);
    for (unsigned i = 0; i < 3; i++) {
        const ProseStoredKey *mine = prose_key_store_sending(all[i]->keys, command, (uint32_t) rig_utc(rig));
        const ProseStoredKey *first = prose_key_store_sending(all[0]->keys, command, (uint32_t) rig_utc(rig));

        ck_assert_ptr_nonnull(mine);
        ck_assert_uint_eq(mine->key_id, first->key_id);
        ck_assert_mem_eq(mine->key, first->key, PROSE_KEY_LEN);
        ck_assert_uint_eq(client_view(all[i]).n_pending, 0);
        assert_no_deletion_leaves_a_gap(rig, all[i], 1 + policy.keys_ahead);
    }
    ck_assert_uint_eq(rig_count(rig, PROSE_EVENT_KEY_DELIVERY_REFUSED, NULL, NULL), 0);
    rig_free(rig);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("policy");
    TCase *tc = tcase_create("pace");

    tcase_add_test(tc, a_rollover_keeps_its_pace_and_nothing_else_does);
    tcase_add_test(tc, who_asks_does_not_wait_for_its_turn);
    tcase_add_test(tc, each_rollover_begins_at_once);
    tcase_add_test(tc, under_a_pace_no_deletion_overtakes_its_successor);
    suite_add_tcase(suite, tc);

    tc = tcase_create("spread");
    tcase_add_test(tc, each_ue_gets_its_key_at_its_own_time);
    tcase_add_test(tc, who_asks_before_its_time_is_served_once);
    tcase_add_test(tc, a_member_that_leaves_before_its_time_gets_nothing);
    tcase_add_test(tc, times_survive_a_restart_with_state);
    suite_add_tcase(suite, tc);

    tc = tcase_create("keys ahead");
    tcase_add_test(tc, a_request_brings_future_keys_along);
    tcase_add_test(tc, a_key_ahead_that_was_not_verified_comes_again_at_its_lead);
    tcase_add_test(tc, a_revocation_replaces_keys_that_were_given_ahead);
    tcase_add_test(tc, more_keys_ahead_than_a_ue_holds_are_no_policy);
    tcase_add_test(tc, a_ue_holds_eight_keys_and_goes_on);
    suite_add_tcase(suite, tc);

    tc = tcase_create("who is shut out");
    tcase_add_test(tc, without_an_emergency_policy_a_revocation_withdraws_and_no_more);
    tcase_add_test(tc, a_leave_may_replace_what_the_leaver_has);
    tcase_add_test(tc, a_leave_costs_nothing_by_default);
    tcase_add_test(tc, the_last_to_leave_is_replaced_for_nobody);
    suite_add_tcase(suite, tc);

    tc = tcase_create("anything");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, whatever_happens_members_end_with_one_current_key, 0, 48);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
