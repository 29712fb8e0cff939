/* SPDX-License-Identifier: GPL-2.0-only */
#include "summary-bench.h"

/* ---- samples ---- */

START_TEST(quantiles_lie_between_the_nearest_ranks)
{
    ProseSamples samples = { 0 };
    ProseSamplesStats s;

    for (int i = 4; i >= 1; i--)
        prose_samples_add(&samples, i);
    samples.censored = 2;
    prose_samples_stats(&samples, &s);
    ck_assert_uint_eq(s.count, 4);
    ck_assert_uint_eq(s.censored, 2);
    ck_assert_double_eq(s.min, 1);
    ck_assert_double_eq(s.max, 4);
    ck_assert_double_eq(s.mean, 2.5);
    ck_assert_double_eq(s.p50, 2.5);
    ck_assert_double_eq_tol(s.p95, 3.85, 1e-12);
    ck_assert_double_eq_tol(s.p99, 3.97, 1e-12);
    ck_assert_double_eq_tol(s.sd, sqrt(5.0 / 3.0), 1e-12);
    prose_samples_clear(&samples);
}
END_TEST

START_TEST(one_value_has_no_spread_and_none_has_nothing)
{
    ProseSamples samples = { 0 };
    ProseSamplesStats s;

    prose_samples_stats(&samples, &s);
    ck_assert_uint_eq(s.count, 0);
    ck_assert(isnan(s.min) && isnan(s.mean) && isnan(s.p50) && isnan(s.max));
    prose_samples_add(&samples, 7);
    prose_samples_stats(&samples, &s);
    ck_assert(isnan(s.sd));
    ck_assert_double_eq(s.p99, 7);
    prose_samples_clear(&samples);
}
END_TEST

/* More than fit before they are sorted in, many of them alike. */
START_TEST(many_values_are_kept_once_each)
{
    ProseSamples samples = { 0 };
    ProseSamplesStats s;
    size_t n_runs;

    for (unsigned i = 0; i < 100000; i++)
        prose_samples_add(&samples, i * 7919 % 1000);
    prose_samples_runs(&samples, &n_runs);
    prose_samples_stats(&samples, &s);
    ck_assert_uint_eq(n_runs, 1000);
    ck_assert_uint_eq(s.count, 100000);
    ck_assert_double_eq_tol(s.mean, 499.5, 1e-9);
    ck_assert_double_eq(s.p50, 499.5);
    ck_assert_double_eq_tol(s.p95, 949.05, 1e-6);
    ck_assert_double_eq(s.max, 999);
    ck_assert_double_eq_tol(s.sd, sqrt((1e6 - 1) / 12 * 100000 / 99999), 1e-6);
    prose_samples_clear(&samples);
}
END_TEST

static const struct { double value; ProseBins bins; double low, high; } bins[] = {
    { 1, PROSE_BINS_DECADES, 1, 1.258925411794167 }, { 0.9999, PROSE_BINS_DECADES, 0.794328234724282, 1 },
    { 0.001, PROSE_BINS_DECADES, 0.001, 0.001258925411794 }, { 0, PROSE_BINS_DECADES, 0, 1e-9 }, { 86400, PROSE_BINS_DECADES, 79432.8234724, 1e5 },
    { 3, PROSE_BINS_UNITS, 3, 4 }, { 3.5, PROSE_BINS_UNITS, 3, 4 },
};

static void
bin_cb(void *user, double low, double high, uint64_t count)
{
    double *seen = user;

    seen[0] = low;
    seen[1] = high;
    seen[2] += (double) count;
}

START_TEST(a_value_lies_in_its_bin)
{
    ProseSamples samples = { 0 };
    double seen[3] = { 0 };

    prose_samples_add(&samples, bins[_i].value);
    prose_samples_add(&samples, bins[_i].value);
    prose_samples_histogram(&samples, bins[_i].bins, bin_cb, seen);
    ck_assert_double_eq_tol(seen[0], bins[_i].low, 1e-9 * bins[_i].high);
    ck_assert_double_eq_tol(seen[1], bins[_i].high, 1e-9 * bins[_i].high);
    ck_assert(seen[0] <= bins[_i].value && bins[_i].value < seen[1]);
    ck_assert_double_eq(seen[2], 2);
    prose_samples_clear(&samples);
}
END_TEST

/* ---- adding up ---- */

static void
one_of_everything(const Bench *b, double s)
{
    for (ProseSlotRefusal r = 0; r < PROSE_SLOT_N_REFUSALS; r++)
        slot(b, s, r % N_UES, r);
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        candidate(b, s, o % N_UES, (o + 1) % N_UES, o);
    prose_summary_add_opportunities(b->summary, 0, 1, 5, ns(s));

    /* A request that is answered, one ignored, one failed, one begun anew, and one open. */
    ue_event(b, PROSE_EVENT_KEY_REQUEST_SENT, s, 0, "wanted-set");
    ue_event(b, PROSE_EVENT_KEY_RESPONSE_RECEIVED, s + 0.5, 0, NULL);
    answer(b, s + 0.5, 0, 0, NULL);
    ue_event(b, PROSE_EVENT_KEY_REQUEST_SENT, s, 1, "wanted-set");
    ue_event(b, PROSE_EVENT_KEY_RESPONSE_IGNORED, s + 0.5, 1, "transaction-id");
    ue_event(b, PROSE_EVENT_KEY_REQUEST_SENT, s + 1, 1, "retry");
    ue_event(b, PROSE_EVENT_KEY_REQUEST_FAILED, s + 2, 1, "timeout");
    ue_event(b, PROSE_EVENT_KEY_REQUEST_SENT, s, 2, "wanted-set");
    ue_event(b, PROSE_EVENT_KEY_REQUEST_SENT, s + 1, 2, "retry");
    answer(b, s + 1, 2, 0, "not-authorised");

    /* A delivery of each end, and an answer that is late. */
    delivery(b, PROSE_EVENT_KEY_DELIVERY_SENT, s, 0, 0, 1);
    delivery(b, PROSE_EVENT_KEY_DELIVERY_SENT, s + 2, 0, 0, 2);
    delivery(b, PROSE_EVENT_KEY_VERIFIED, s + 2.1, 0, 0, 2);
    delivery(b, PROSE_EVENT_KEY_DELIVERY_SENT, s, 1, 0, 1);
    delivery(b, PROSE_EVENT_KEY_DELIVERY_REFUSED, s + 1, 1, 0, 12);
    delivery(b, PROSE_EVENT_KEY_DELIVERY_SENT, s + 2, 1, 0, 1);
    delivery(b, PROSE_EVENT_UE_UNREACHABLE, s + 3, 1, 0, 0);
    delivery(b, PROSE_EVENT_KEY_VERIFIED, s + 3.5, 1, 0, 1);
    delivery(b, PROSE_EVENT_KEY_DELIVERY_SENT, s, 2, 0, 1);
    delivery(b, PROSE_EVENT_KEY_DELIVERY_SENT, s + 1, 2, 0, 1);
    ue_event(b, PROSE_EVENT_MIKEY_REJECTED, s, 2, "mac");
    ue_event(b, PROSE_EVENT_PDN_OPENED, s, 0, NULL);
    ue_event(b, PROSE_EVENT_PDN_RELEASED, s, 0, "by-network");
    ue_event(b, PROSE_EVENT_TLS_ESTABLISHED, s, 1, NULL);
    ue_event(b, PROSE_EVENT_TLS_FAILED, s, 1, "alert-40");
    key(b, PROSE_EVENT_KEY_STORED, s + 2, 0, 0);
}

START_TEST(every_set_of_outcomes_adds_up_to_its_total)
{
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    one_of_everything(&b, 1);
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    ck_assert_int_eq(summary_int(root, "pc5.slots"), PROSE_SLOT_N_REFUSALS);
    ck_assert_int_eq(summary_int(root, "pc5.sent"), 1);
    ck_assert_int_eq(summary_int(root, "pc5.candidates"), PROSE_PC5_N_OUTCOMES);
    ck_assert_int_eq(summary_int(root, "pc5.outcome.mic"), 1);
    ck_assert_int_eq(summary_int(root, "pc5.opportunities"), 5);
    ck_assert_int_eq(summary_int(root, "keys.requests"), 5);
    ck_assert_int_eq(summary_int(root, "keys.responses"), 1);
    ck_assert_int_eq(summary_count(root, "keys.ignored", "transaction-id"), 1);
    ck_assert_int_eq(summary_count(root, "keys.failed", "timeout"), 1);
    ck_assert_int_eq(summary_int(root, "keys.interrupted"), 1);
    ck_assert_int_eq(summary_int(root, "keys.requests-open"), 1);
    ck_assert_int_eq(summary_int(root, "keys.deliveries"), 5);
    ck_assert_int_eq(summary_int(root, "keys.verified"), 1);
    ck_assert_int_eq(summary_int(root, "keys.error-12"), 1);
    ck_assert_int_eq(summary_int(root, "keys.unreachable"), 1);
    ck_assert_int_eq(summary_int(root, "keys.superseded"), 1);
    ck_assert_int_eq(summary_int(root, "keys.deliveries-open"), 1);
    ck_assert_int_eq(summary_int(root, "keys.verified-late"), 1);
    ck_assert_int_eq(summary_int(root, "keys.retransmitted"), 1);
    ck_assert_int_eq(summary_count(root, "keys.refused", "not-authorised"), 1);
    ck_assert_int_eq(summary_int(root, "kdf.logical"), 3 * PROSE_SLOT_N_REFUSALS + 2 * PROSE_PC5_N_OUTCOMES);
    ck_assert_int_eq(summary_int(root, "kdf.computed"), 3 * PROSE_SLOT_N_REFUSALS + PROSE_PC5_N_OUTCOMES);
    /* Of three UEs: one has its key, one was refused, one never got an answer. */
    ck_assert_int_eq(summary_int(root, "keys.ues-supplied"), 1);
    ck_assert_int_eq(summary_count(root, "keys.ues-refused", "not-authorised"), 1);
    ck_assert_int_eq(summary_int(root, "keys.ues-waiting"), 1);
    bench_tear_down(&b);
}
END_TEST

START_TEST(what_began_before_the_warm_up_is_left_out_whole)
{
    const char *const settings[] = { "simulation.warm-up=10 s", NULL };
    static const char *const empty[] = { "pc5.slots", "pc5.candidates", "pc5.opportunities", "discovery.discovered", "keys.requests",
                                         "keys.answers", "keys.deliveries", "keys.retransmitted", "keys.rejections", "pdn.opened",
                                         "pdn.released", "tls.handshakes", "tls.failures", "kdf.logical", "keys.verified-late" };
    Bench b;
    JsonObject *root;

    /* Everything starts before 10 s; some of it ends after. */
    bench_set_up(&b, settings);
    one_of_everything(&b, 1);
    candidate_of(&b, 10.001, 9.999, 0, 1, PROSE_PC5_ACCEPTED, 0);
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_SENT, 9, 0, "address");
    ue_event(&b, PROSE_EVENT_KEY_RESPONSE_RECEIVED, 11, 0, NULL);
    answer(&b, 11, 0, 0, NULL);
    delivery(&b, PROSE_EVENT_KEY_DELIVERY_SENT, 9, 0, 0, 1);
    delivery(&b, PROSE_EVENT_KEY_DELIVERY_SENT, 11, 0, 0, 2);
    delivery(&b, PROSE_EVENT_KEY_VERIFIED, 12, 0, 0, 2);
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    for (size_t i = 0; i < G_N_ELEMENTS(empty); i++)
        ck_assert_msg(summary_int(root, empty[i]) == 0, "%s counts what began before the warm-up ended", empty[i]);
    ck_assert_int_eq(summary_int(root, "discovery.pairs"), 6);
    bench_tear_down(&b);

    bench_set_up(&b, settings);
    one_of_everything(&b, 10);
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    ck_assert_int_eq(summary_int(root, "keys.requests"), 5);
    ck_assert_int_eq(summary_int(root, "keys.deliveries"), 5);
    ck_assert_int_eq(summary_int(root, "pc5.candidates"), PROSE_PC5_N_OUTCOMES);
    bench_tear_down(&b);
}
END_TEST

/* ---- discovery ---- */

START_TEST(a_pair_waits_from_when_both_take_part)
{
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    prose_summary_set_power_on(b.summary, 1, ns(2));
    candidate(&b, 3, 0, 1, PROSE_PC5_COLLISION);
    candidate(&b, 3.5, 0, 1, PROSE_PC5_REPEATED);      /* counts as heard (rules P3) */
    candidate(&b, 4, 0, 1, PROSE_PC5_ACCEPTED);        /* heard already */
    candidate(&b, 5, 0, 2, PROSE_PC5_ACCEPTED);        /* and that was everybody */
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    ck_assert_int_eq(summary_int(root, "discovery.pairs"), 6);
    ck_assert_int_eq(summary_int(root, "discovery.discovered"), 2);
    ck_assert_double_eq_tol(summary_double(root, "discovery.time-to-discover.min"), 1.5, 1e-9);
    ck_assert_double_eq_tol(summary_double(root, "discovery.time-to-discover.max"), 5, 1e-9);
    ck_assert_int_eq(summary_int(root, "discovery.time-to-discover.censored"), 4);
    ck_assert_double_eq_tol(summary_double(root, "discovery.time-to-discover-all.max"), 5, 1e-9);
    ck_assert_int_eq(summary_int(root, "discovery.time-to-discover-all.censored"), 2);
    /* 2 s lies in period 6 of 320 ms, 3.5 s in period 10, 5 s in period 15: counting the one begun. */
    ck_assert_double_eq(summary_double(root, "discovery.periods-to-discover.min"), 5);
    ck_assert_double_eq(summary_double(root, "discovery.periods-to-discover.max"), 16);
    bench_tear_down(&b);
}
END_TEST

START_TEST(after_a_warm_up_pairs_wait_anew)
{
    const char *const settings[] = { "simulation.warm-up=10 s", NULL };
    Bench b;
    JsonObject *root;

    bench_set_up(&b, settings);
    candidate(&b, 5, 0, 1, PROSE_PC5_ACCEPTED);
    candidate(&b, 12, 0, 1, PROSE_PC5_REPEATED);
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    ck_assert_int_eq(summary_int(root, "discovery.discovered"), 1);
    ck_assert_double_eq_tol(summary_double(root, "discovery.time-to-discover.mean"), 2, 1e-9);
    bench_tear_down(&b);
}
END_TEST

/* ---- times without a key ---- */

static const struct { const char *name; double stored; bool refused; double wiped; int count; double seconds; int censored; } gaps[] = {
    /*                                        next key at   refused  wiped at       count   s  open */
    { "in time",                              50,           false,   0,             0,      0, 1 },
    { "in the second of the switch",          60,           false,   0,             0,      0, 1 },
    { "late",                                 70,           false,   0,             1,     10, 1 },
    { "never",                                0,            false,   0,             0,      0, 1 },
    { "never, but refused in between",        0,            true,    0,             0,      0, 0 },
    { "in time, the old one deleted early",   50,           false,   40,            1,     20, 1 },
};

START_TEST(a_blackout_is_the_time_between_two_keys)
{
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    answer(&b, 1, 0, 0, NULL);
    key(&b, PROSE_EVENT_KEY_STORED, 2, 0, 0);          /* until 60 s */
    if (gaps[_i].wiped > 0)
        key(&b, PROSE_EVENT_KEY_WIPED, gaps[_i].wiped, 0, 0);
    if (gaps[_i].stored > 0)
        key(&b, PROSE_EVENT_KEY_STORED, gaps[_i].stored, 0, 1);     /* 60 to 120 s */
    if (gaps[_i].refused)
        answer(&b, 50, 0, 0, "not-authorised");
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    ck_assert_msg(summary_int(root, "keys.blackout.count") == gaps[_i].count, "%s: %d", gaps[_i].name,
                  (int) summary_int(root, "keys.blackout.count"));
    if (gaps[_i].count > 0)
        ck_assert_msg(fabs(summary_double(root, "keys.blackout.max") - gaps[_i].seconds) < 1e-9, "%s", gaps[_i].name);
    ck_assert_msg(summary_int(root, "keys.blackout.censored") == gaps[_i].censored, "%s", gaps[_i].name);
    bench_tear_down(&b);
}
END_TEST

START_TEST(the_first_key_is_waited_for_since_the_first_request)
{
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_SENT, 1, 0, "wanted-set");
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_FAILED, 6, 0, "timeout");
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_SENT, 8, 0, "retry");
    ue_event(&b, PROSE_EVENT_KEY_RESPONSE_RECEIVED, 8.5, 0, NULL);
    key(&b, PROSE_EVENT_KEY_STORED, 9, 0, 0);
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_SENT, 10, 1, "wanted-set");       /* never gets one */
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_SENT, 10, 2, "wanted-set");       /* nor does this, but it was told so */
    answer(&b, 11, 2, 0, "not-authorised");
    answer(&b, 11, 2, 1, "not-authorised");
    root = finish(&b, 300);
    ck_assert_int_eq(summary_int(root, "keys.request-to-key.count"), 1);
    ck_assert_double_eq_tol(summary_double(root, "keys.request-to-key.mean"), 8, 1e-9);
    ck_assert_int_eq(summary_int(root, "keys.request-to-key.censored"), 1);
    ck_assert_double_eq_tol(summary_double(root, "keys.request-to-response.mean"), 0.5, 1e-9);
    bench_tear_down(&b);
}
END_TEST

START_TEST(without_a_pkmf_to_ask_nothing_is_waited_for)
{
    Bench b;
    JsonObject *root;
    ProseEvent e;

    bench_set_up(&b, NULL);
    e = prose_event_at(PROSE_EVENT_NO_PKMF, ns(1), ue_name(&b, 2));
    e.has_scope = true;
    e.scope = scope_of(&b, 1);
    e.cause = "not-authorised";
    prose_stream_emit_from(b.stream, &e, 2);
    ue_event(&b, PROSE_EVENT_KEY_REQUEST_SENT, 2, 2, "set");
    key(&b, PROSE_EVENT_KEY_STORED, 3, 2, 0);
    root = finish(&b, 300);
    ck_assert_int_eq(summary_int(root, "keys.request-to-key.count"), 1);
    ck_assert_int_eq(summary_int(root, "keys.request-to-key.censored"), 0);
    ck_assert_int_eq(summary_count(root, "keys.ues-refused", "not-authorised"), 1);
    ck_assert_int_eq(summary_int(root, "keys.answers"), 0);
    bench_tear_down(&b);
}
END_TEST

/* ---- rollovers ---- */

static JsonObject *
rollover(JsonObject *root, unsigned i)
{
    return json_array_get_object_element(json_node_get_array(summary_node(root, "rollover.periods")), i);
}

START_TEST(a_rollover_tells_who_was_ready_and_what_was_lost)
{
    Bench b;
    JsonObject *root, *r;

    bench_set_up(&b, NULL);
    for (unsigned i = 0; i < N_UES; i++) {
        answer(&b, 1, i, 0, i < 2 ? NULL : "not-authorised");      /* the third is not waited for */
        if (i < 2)
            key(&b, PROSE_EVENT_KEY_STORED, 2, i, 0);
        delivery(&b, PROSE_EVENT_KEY_DELIVERY_SENT, 50, i, 1, 1);
    }
    key(&b, PROSE_EVENT_KEY_STORED, 50.1, 0, 1);
    delivery(&b, PROSE_EVENT_KEY_DELIVERY_SENT, 52, 1, 1, 2);
    candidate_of(&b, 59, 59, 0, 1, PROSE_PC5_NO_KEY, 0);           /* left the old key early: belongs to the switch at 60 */
    candidate_of(&b, 61, 61, 1, 0, PROSE_PC5_NO_KEY, 1);           /* has not the new key yet */
    candidate_of(&b, 61, 61, 2, 0, PROSE_PC5_NO_KEY, 1);           /* was never to have it */
    candidate_of(&b, 62, 62, 1, 0, PROSE_PC5_COLLISION, 1);
    key(&b, PROSE_EVENT_KEY_STORED, 65, 1, 1);
    candidate_of(&b, 91, 91, 1, 0, PROSE_PC5_NO_KEY, 1);           /* nearer to the switch at 120 */
    root = finish(&b, 300);
    summary_assert_adds_up(root);
    ck_assert_int_eq(summary_int(root, "rollover.count"), 4);       /* 60, 120, 180, 240 s; "relay" has none */
    r = rollover(root, 0);
    ck_assert_str_eq(json_object_get_string_member(r, "discovery"), "command");
    ck_assert_int_eq(json_object_get_int_member(r, "key_period"), 1);
    ck_assert_double_eq(json_object_get_double_member(r, "start_s"), 60);
    ck_assert_int_eq(json_object_get_int_member(r, "wanted"), 2);
    ck_assert_int_eq(json_object_get_int_member(r, "ready"), 1);
    ck_assert_double_eq_tol(json_object_get_double_member(r, "last_ready_s"), 65, 1e-9);
    ck_assert_int_eq(json_object_get_int_member(r, "lost_receptions"), 2);
    ck_assert_int_eq(json_object_get_int_member(r, "deliveries"), 3);
    ck_assert_int_eq(json_object_get_int_member(r, "retransmissions"), 1);
    r = rollover(root, 1);
    ck_assert_int_eq(json_object_get_int_member(r, "wanted"), 2);
    ck_assert_int_eq(json_object_get_int_member(r, "ready"), 0);
    ck_assert_int_eq(json_object_get_int_member(r, "lost_receptions"), 1);
    ck_assert(json_object_get_null_member(r, "last_ready_s"));
    ck_assert_int_eq(summary_int(root, "rollover.lost_receptions"), 3);
    bench_tear_down(&b);
}
END_TEST

START_TEST(rollovers_before_the_warm_up_ends_are_not_listed)
{
    const char *const settings[] = { "simulation.warm-up=100 s", NULL };
    Bench b;
    JsonObject *root;

    bench_set_up(&b, settings);
    root = finish(&b, 300);
    ck_assert_int_eq(summary_int(root, "rollover.count"), 3);
    ck_assert_double_eq(json_object_get_double_member(rollover(root, 0), "start_s"), 120);
    bench_tear_down(&b);
}
END_TEST

/* ---- PKMF, access ---- */

START_TEST(work_and_octets_come_from_the_counters)
{
    const ProsePkmfLoad load = { .jobs = { 1, 2, 5 }, .busy_ns = ns(30), .queue_max = 3 };
    Bench b;
    JsonObject *root;
    ProseEvent e;

    bench_set_up(&b, NULL);
    prose_summary_set_load(b.summary, 0, &load);
    for (int i = 0; i < 8; i++)
        prose_summary_add_wait(b.summary, 0, i < 4 ? ns(1) : 0, ns(1));
    prose_summary_add_octets(b.summary, 0, 100, 200);
    prose_summary_add_octets(b.summary, 2, 1, 2);
    e = prose_event_at(PROSE_EVENT_HTTP_REFUSED, ns(1), "pkmf east");
    e.value = 503;
    prose_stream_emit_from(b.stream, &e, -1);
    root = finish(&b, 300);
    ck_assert_int_eq(summary_int(root, "pkmf.jobs"), 8);
    ck_assert_double_eq_tol(summary_double(root, "pkmf.wait.mean"), 0.5, 1e-12);
    ck_assert_double_eq_tol(summary_double(root, "pkmf.wait.max"), 1, 1e-12);
    ck_assert_int_eq(summary_int(root, "pkmf.queue.max"), 3);
    ck_assert_int_eq(summary_int(root, "pkmf.refused-503"), 1);
    ck_assert_double_eq_tol(summary_double(root, "pkmf.utilisation"),
                            0.1 / ((const ProseScenarioPkmf *) g_ptr_array_index(b.scenario->pkmfs, 0))->workers, 1e-12);
    ck_assert_int_eq(summary_int(root, "pdn.octets-up"), 101);
    ck_assert_int_eq(summary_int(root, "by-ue-group.a.pdn.octets-down"), 200);
    ck_assert_int_eq(summary_int(root, "by-ue-group.b.pdn.octets-down"), 2);
    bench_tear_down(&b);
}
END_TEST

START_TEST(events_after_the_end_change_nothing)
{
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    prose_summary_finish(b.summary, ns(300));
    key(&b, PROSE_EVENT_KEY_WIPED, 300, 0, 0);
    slot(&b, 300, 0, PROSE_SLOT_SENT);
    root = finish(&b, 300);
    ck_assert_int_eq(summary_int(root, "pc5.slots"), 0);
    bench_tear_down(&b);
}
END_TEST

/* ---- what describe promises ---- */

static bool
is_distribution(JsonObject *object)
{
    return json_object_has_member(object, "censored");
}

/* Whether a metric of the table names @path; "*" stands for one or more names. */
static bool
is_described(const char *path)
{
    size_t n;
    const ProseMetric *metrics = prose_metrics(&n);

    for (size_t i = 0; i < n; i++) {
        if (g_pattern_match_simple(metrics[i].name, path))
            return true;
    }
    return false;
}

static void
assert_described(JsonObject *object, const char *prefix)
{
    GList *members = json_object_get_members(object);

    for (GList *m = members; m; m = m->next) {
        JsonNode *node = json_object_get_member(object, m->data);
        g_autofree char *path = g_strconcat(prefix, *prefix ? "." : "", m->data, NULL);

        if (strcmp(path, "meta") == 0)
            continue;
        if (JSON_NODE_HOLDS_OBJECT(node) && !is_distribution(json_node_get_object(node)))
            assert_described(json_node_get_object(node), path);
        else
            ck_assert_msg(is_described(path), "%s is in summary.json and in no metric", path);
    }
    g_list_free(members);
}

START_TEST(every_metric_is_in_the_summary_and_nothing_else)
{
    size_t n;
    const ProseMetric *metrics = prose_metrics(&n);
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    root = finish(&b, 300);
    assert_described(root, "");
    for (size_t i = 0; i < n; i++) {
        g_autofree char *path = g_strdup(metrics[i].name);

        if (g_str_has_suffix(path, ".*"))
            path[strlen(path) - 2] = '\0';
        summary_node(root, path);
        ck_assert_int_gt(strlen(metrics[i].sentence), 0);
    }
    bench_tear_down(&b);
}
END_TEST

START_TEST(the_text_names_what_was_refused)
{
    Bench b;
    g_autofree char *text = NULL;

    bench_set_up(&b, NULL);
    one_of_everything(&b, 1);
    prose_summary_finish(b.summary, ns(300));
    text = prose_summary_to_text(b.summary);
    ck_assert_msg(strstr(text, "1 of 3 fully supplied") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "not-authorised 1") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "1 half-duplex") != NULL, "%s", text);
    bench_tear_down(&b);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("summary");
    TCase *tc = tcase_create("summary");

    tcase_add_test(tc, quantiles_lie_between_the_nearest_ranks);
    tcase_add_test(tc, one_value_has_no_spread_and_none_has_nothing);
    tcase_add_test(tc, many_values_are_kept_once_each);
    tcase_add_loop_test(tc, a_value_lies_in_its_bin, 0, G_N_ELEMENTS(bins));
    tcase_add_test(tc, every_set_of_outcomes_adds_up_to_its_total);
    tcase_add_test(tc, what_began_before_the_warm_up_is_left_out_whole);
    tcase_add_test(tc, a_pair_waits_from_when_both_take_part);
    tcase_add_test(tc, after_a_warm_up_pairs_wait_anew);
    tcase_add_loop_test(tc, a_blackout_is_the_time_between_two_keys, 0, G_N_ELEMENTS(gaps));
    tcase_add_test(tc, the_first_key_is_waited_for_since_the_first_request);
    tcase_add_test(tc, without_a_pkmf_to_ask_nothing_is_waited_for);
    tcase_add_test(tc, a_rollover_tells_who_was_ready_and_what_was_lost);
    tcase_add_test(tc, rollovers_before_the_warm_up_ends_are_not_listed);
    tcase_add_test(tc, work_and_octets_come_from_the_counters);
    tcase_add_test(tc, events_after_the_end_change_nothing);
    tcase_add_test(tc, every_metric_is_in_the_summary_and_nothing_else);
    tcase_add_test(tc, the_text_names_what_was_refused);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
