/* SPDX-License-Identifier: GPL-2.0-only */
/* summary.json, and what a person reads at the end of a run. */
#include "prose-summary-internal.h"

#include "prose-json.h"

#include <math.h>

/* ---- JSON ---- */

static void
write_samples(ProseJson *json, const char *name, ProseSamples *samples)
{
    ProseSamplesStats stats;

    prose_samples_stats(samples, &stats);
    prose_json_begin_object(json, name);
    prose_json_uint(json, "count", stats.count);
    prose_json_uint(json, "censored", stats.censored);
    prose_json_double(json, "min", stats.min);
    prose_json_double(json, "mean", stats.mean);
    prose_json_double(json, "sd", stats.sd);
    prose_json_double(json, "p50", stats.p50);
    prose_json_double(json, "p95", stats.p95);
    prose_json_double(json, "p99", stats.p99);
    prose_json_double(json, "max", stats.max);
    prose_json_end(json);
}

static void
write_counts(ProseJson *json, const char *name, const Counts *counts)
{
    prose_json_begin_object(json, name);
    for (unsigned i = 0; counts->entries && i < counts->entries->len; i++) {
        const Count *count = &g_array_index(counts->entries, Count, i);

        prose_json_uint(json, count->name, count->n);
    }
    prose_json_end(json);
}

static uint64_t
sum(const uint64_t *values, size_t n)
{
    uint64_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += values[i];
    return total;
}

static void
write_pc5(ProseJson *json, const Tally *tally)
{
    prose_json_begin_object(json, "pc5");
    prose_json_uint(json, "slots", sum(tally->slots, PROSE_SLOT_N_REFUSALS));
    prose_json_uint(json, "sent", tally->slots[PROSE_SLOT_SENT]);
    prose_json_begin_object(json, "refused");
    for (ProseSlotRefusal r = PROSE_SLOT_SENT + 1; r < PROSE_SLOT_N_REFUSALS; r++)
        prose_json_uint(json, prose_slot_refusal_name(r), tally->slots[r]);
    prose_json_end(json);
    prose_json_uint(json, "candidates", sum(tally->outcomes, PROSE_PC5_N_OUTCOMES));
    prose_json_begin_object(json, "outcome");
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        prose_json_uint(json, prose_pc5_outcome_name(o), tally->outcomes[o]);
    prose_json_end(json);
    prose_json_uint(json, "opportunities", tally->opportunities);
    prose_json_end(json);
}

static void
write_discovery(ProseJson *json, Tally *tally)
{
    prose_json_begin_object(json, "discovery");
    prose_json_uint(json, "pairs", tally->pairs);
    prose_json_uint(json, "discovered", tally->discovered);
    write_samples(json, "time-to-discover", &tally->time_to_discover);
    write_samples(json, "time-to-discover-all", &tally->time_to_discover_all);
    write_samples(json, "periods-to-discover", &tally->periods_to_discover);
    write_samples(json, "periods-to-discover-all", &tally->periods_to_discover_all);
    prose_json_end(json);
}

static uint64_t
n_requests(const Tally *tally)
{
    return tally->responses + counts_sum(&tally->request_ignored) + counts_sum(&tally->request_failed) + tally->interrupted
           + tally->requests_open;
}

static uint64_t
n_deliveries(const Tally *tally)
{
    return tally->verified + tally->delivery_refused + tally->unreachable + tally->superseded + tally->deliveries_open;
}

static uint64_t
n_ues(const Tally *tally)
{
    return tally->ues_supplied + counts_sum(&tally->ues_refused) + tally->ues_waiting;
}

/* @whole_requests: a request is about all discoveries of a UE, so it has no place under one of them. */
static void
write_keys(ProseJson *json, Tally *tally, bool whole_requests)
{
    prose_json_begin_object(json, "keys");
    if (whole_requests) {
        prose_json_uint(json, "ues", n_ues(tally));
        prose_json_uint(json, "ues-supplied", tally->ues_supplied);
        write_counts(json, "ues-refused", &tally->ues_refused);
        prose_json_uint(json, "ues-waiting", tally->ues_waiting);
        prose_json_uint(json, "requests", n_requests(tally));
        prose_json_uint(json, "responses", tally->responses);
        write_counts(json, "ignored", &tally->request_ignored);
        write_counts(json, "failed", &tally->request_failed);
        prose_json_uint(json, "interrupted", tally->interrupted);
        prose_json_uint(json, "requests-open", tally->requests_open);
    }
    prose_json_uint(json, "answers", tally->supplied + counts_sum(&tally->refused));
    prose_json_uint(json, "supplied", tally->supplied);
    write_counts(json, "refused", &tally->refused);
    prose_json_uint(json, "deliveries", n_deliveries(tally));
    prose_json_uint(json, "verified", tally->verified);
    prose_json_uint(json, "error-12", tally->delivery_refused);
    prose_json_uint(json, "unreachable", tally->unreachable);
    prose_json_uint(json, "superseded", tally->superseded);
    prose_json_uint(json, "deliveries-open", tally->deliveries_open);
    prose_json_uint(json, "verified-late", tally->verified_late);
    prose_json_uint(json, "retransmitted", tally->retransmitted);
    prose_json_uint(json, "rejections", counts_sum(&tally->rejected));
    write_counts(json, "rejected", &tally->rejected);
    if (whole_requests)
        write_samples(json, "request-to-response", &tally->request_to_response);
    write_samples(json, "request-to-key", &tally->request_to_key);
    write_samples(json, "blackout", &tally->blackout);
    prose_json_end(json);
}

static void
write_network(ProseJson *json, const Tally *tally)
{
    prose_json_begin_object(json, "pdn");
    prose_json_uint(json, "opened", tally->pdn_opened);
    prose_json_uint(json, "released", counts_sum(&tally->pdn_released));
    write_counts(json, "release", &tally->pdn_released);
    prose_json_uint(json, "octets-up", tally->octets_up);
    prose_json_uint(json, "octets-down", tally->octets_down);
    prose_json_end(json);
    prose_json_begin_object(json, "tls");
    prose_json_uint(json, "handshakes", tally->handshakes);
    prose_json_uint(json, "failures", counts_sum(&tally->tls_failed));
    write_counts(json, "failed", &tally->tls_failed);
    write_counts(json, "http-refused", &tally->http_refused);
    prose_json_end(json);
}

static void
write_kdf(ProseJson *json, const Tally *tally)
{
    prose_json_begin_object(json, "kdf");
    prose_json_uint(json, "logical", tally->kdf_logical);
    prose_json_uint(json, "computed", tally->kdf_computed);
    prose_json_end(json);
}

/* Work of PKMFs together or of one: sums, maxima, and time at work over time there was. */
static void
write_load(ProseJson *json, const ProseSummary *summary, unsigned first, unsigned last, ProseSamples *waits)
{
    uint64_t jobs = 0, busy_ns = 0, queue_max = 0, refused = 0, workers = 0;
    double counted_s = (double) (summary->end_ns - MIN(summary->end_ns, summary->warm_up_ns)) / 1e9;

    for (unsigned p = first; p < last; p++) {
        const ProsePkmfLoad *load = &summary->loads[p];

        jobs += sum(load->jobs, PROSE_PKMF_N_OPS);
        busy_ns += load->busy_ns;
        queue_max = MAX(queue_max, load->queue_max);
        refused += summary->refused_503[p];
        workers += ((const ProseScenarioPkmf *) g_ptr_array_index(summary->scenario->pkmfs, p))->workers;
    }
    prose_json_uint(json, "jobs", jobs);
    prose_json_begin_object(json, "queue");
    prose_json_uint(json, "max", queue_max);
    prose_json_end(json);
    write_samples(json, "wait", waits);
    prose_json_double(json, "utilisation",
                      workers > 0 && counted_s > 0 ? (double) busy_ns / 1e9 / ((double) workers * counted_s) : NAN);
    prose_json_uint(json, "refused-503", refused);
}

static void
write_pkmfs(ProseJson *json, ProseSummary *summary)
{
    prose_json_begin_object(json, "pkmf");
    write_load(json, summary, 0, summary->n_pkmfs, &summary->all_waits);
    prose_json_begin_object(json, "by-pkmf");
    for (unsigned p = 0; p < summary->n_pkmfs; p++) {
        prose_json_begin_object(json, ((const ProseScenarioPkmf *) g_ptr_array_index(summary->scenario->pkmfs, p))->name);
        write_load(json, summary, p, p + 1, &summary->waits[p]);
        prose_json_end(json);
    }
    prose_json_end(json);
    prose_json_end(json);
}

static void
write_rollover(ProseJson *json, const ProseSummary *summary, const Rollover *r)
{
    prose_json_begin_object(json, NULL);
    prose_json_string(json, "discovery", summary_discovery(summary, r->discovery)->name);
    prose_json_int(json, "key_period", r->number);
    prose_json_double(json, "start_s", (double) r->start_ns / 1e9);
    prose_json_uint(json, "wanted", r->wanted);
    prose_json_uint(json, "ready", r->ready);
    if (r->wanted > 0 && r->missing == 0)
        prose_json_double(json, "last_ready_s", (double) r->last_ready_ns / 1e9);
    else
        prose_json_null(json, "last_ready_s");
    prose_json_uint(json, "lost_receptions", r->lost_receptions);
    prose_json_uint(json, "deliveries", r->deliveries);
    prose_json_uint(json, "retransmissions", r->retransmissions);
    prose_json_end(json);
}

static Rollover
sum_rollovers(const ProseSummary *summary)
{
    Rollover total = { 0 };

    for (unsigned i = 0; i < summary->rollovers->len; i++) {
        const Rollover *r = &g_array_index(summary->rollovers, Rollover, i);

        total.wanted += r->wanted;
        total.ready += r->ready;
        total.lost_receptions += r->lost_receptions;
        total.deliveries += r->deliveries;
        total.retransmissions += r->retransmissions;
    }
    return total;
}

static void
write_rollovers(ProseJson *json, const ProseSummary *summary)
{
    Rollover total = sum_rollovers(summary);

    prose_json_begin_object(json, "rollover");
    prose_json_uint(json, "count", summary->rollovers->len);
    prose_json_uint(json, "wanted", total.wanted);
    prose_json_uint(json, "ready", total.ready);
    prose_json_uint(json, "lost_receptions", total.lost_receptions);
    prose_json_uint(json, "deliveries", total.deliveries);
    prose_json_uint(json, "retransmissions", total.retransmissions);
    prose_json_begin_array(json, "periods");
    for (unsigned i = 0; i < summary->rollovers->len; i++)
        write_rollover(json, summary, &g_array_index(summary->rollovers, Rollover, i));
    prose_json_end(json);
    prose_json_end(json);
}

static void
write_meta(ProseJson *json, const ProseScenario *scenario, const ProseSummaryMeta *meta)
{
    prose_json_begin_object(json, "meta");
    prose_json_begin_object(json, "versions");
    prose_json_string(json, "prose-sim", meta->version);
    prose_json_string(json, "ns-3", meta->ns3_version);
    prose_json_end(json);
    prose_json_string(json, "command", meta->command);
    prose_json_string(json, "scenario", scenario->name);
    prose_json_string(json, "settings-hash", scenario->settings_hash);
    prose_json_uint(json, "seed", scenario->seed);
    prose_json_uint(json, "run", scenario->run);
    prose_json_double(json, "duration", scenario->duration_s);
    prose_json_double(json, "warm-up", scenario->warm_up_s);
    prose_json_end(json);
}

char *
prose_summary_to_json(ProseSummary *summary, const ProseSummaryMeta *meta)
{
    g_autoptr(ProseJson) json = prose_json_new();

    prose_json_begin_object(json, NULL);
    write_meta(json, summary->scenario, meta);
    write_pc5(json, &summary->total);
    write_discovery(json, &summary->total);
    write_keys(json, &summary->total, /* whole_requests= */ true);
    write_pkmfs(json, summary);
    write_rollovers(json, summary);
    write_network(json, &summary->total);
    write_kdf(json, &summary->total);
    prose_json_begin_object(json, "by-discovery");
    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        const ProseScenarioDiscovery *discovery = summary_discovery(summary, d);

        prose_json_begin_object(json, discovery->name);
        if (prose_key_scope_is_discovery(discovery->scope)) {
            write_pc5(json, &summary->by_discovery[d]);
            write_discovery(json, &summary->by_discovery[d]);
            write_kdf(json, &summary->by_discovery[d]);
        }
        write_keys(json, &summary->by_discovery[d], /* whole_requests= */ false);
        prose_json_end(json);
    }
    prose_json_end(json);
    prose_json_begin_object(json, "by-ue-group");
    for (unsigned g = 0; g < summary->n_groups; g++) {
        prose_json_begin_object(json, g_ptr_array_index(summary->scenario->group_names, g));
        write_pc5(json, &summary->by_group[g]);
        write_discovery(json, &summary->by_group[g]);
        write_keys(json, &summary->by_group[g], /* whole_requests= */ true);
        write_network(json, &summary->by_group[g]);
        write_kdf(json, &summary->by_group[g]);
        prose_json_end(json);
    }
    prose_json_end(json);
    prose_json_end(json);
    return prose_json_text(json);
}

/* ---- text ---- */

static void
put_counts(GString *text, const Counts *counts)
{
    for (unsigned i = 0; counts->entries && i < counts->entries->len; i++) {
        const Count *count = &g_array_index(counts->entries, Count, i);

        g_string_append_printf(text, "%s%s %" G_GUINT64_FORMAT, i ? ", " : " (", count->name, count->n);
    }
    if (counts->entries && counts->entries->len > 0)
        g_string_append_c(text, ')');
}

static void
put_samples(GString *text, const char *label, ProseSamples *samples, const char *unit)
{
    ProseSamplesStats s;

    prose_samples_stats(samples, &s);
    g_string_append_printf(text, "    %-22s", label);
    if (s.count == 0)
        g_string_append(text, "none");
    else
        g_string_append_printf(text, "mean %.3f%s, median %.3f%s, 95 %% %.3f%s, most %.3f%s (%" G_GUINT64_FORMAT ")", s.mean, unit,
                               s.p50, unit, s.p95, unit, s.max, unit, s.count);
    if (s.censored > 0)
        g_string_append_printf(text, ", still open %" G_GUINT64_FORMAT, s.censored);
    g_string_append_c(text, '\n');
}

static void
put_keys_text(GString *text, ProseSummary *summary)
{
    Tally *t = &summary->total;
    Rollover all = sum_rollovers(summary);

    g_string_append_printf(text, "  UEs        %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " fully supplied with keys", t->ues_supplied, n_ues(t));
    if (counts_sum(&t->ues_refused) > 0) {
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " refused", counts_sum(&t->ues_refused));
        put_counts(text, &t->ues_refused);
    }
    if (t->ues_waiting > 0)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " waiting", t->ues_waiting);
    g_string_append_printf(text, "\n  Requests   %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " answered", n_requests(t), t->responses);
    if (counts_sum(&t->request_ignored) > 0) {
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " ignored", counts_sum(&t->request_ignored));
        put_counts(text, &t->request_ignored);
    }
    if (counts_sum(&t->request_failed) > 0) {
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " failed", counts_sum(&t->request_failed));
        put_counts(text, &t->request_failed);
    }
    if (t->interrupted + t->requests_open > 0)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " interrupted or open", t->interrupted + t->requests_open);
    g_string_append_c(text, '\n');
    put_samples(text, "request to response", &t->request_to_response, " s");
    put_samples(text, "request to first key", &t->request_to_key, " s");
    put_samples(text, "without a key", &t->blackout, " s");
    g_string_append_printf(text, "  Deliveries %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " verified, %" G_GUINT64_FORMAT
                           " retransmissions", n_deliveries(t), t->verified, t->retransmitted);
    if (n_deliveries(t) > t->verified)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " unreachable, %" G_GUINT64_FORMAT " refused, %" G_GUINT64_FORMAT
                               " superseded or open", t->unreachable, t->delivery_refused, t->superseded + t->deliveries_open);
    if (counts_sum(&t->rejected) > 0) {
        g_string_append_printf(text, "; %" G_GUINT64_FORMAT " messages rejected", counts_sum(&t->rejected));
        put_counts(text, &t->rejected);
    }
    g_string_append_c(text, '\n');
    if (summary->rollovers->len > 0)
        g_string_append_printf(text, "  Rollovers  %u: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                               " keys in place at the start, %" G_GUINT64_FORMAT " receptions lost for want of a key\n",
                               summary->rollovers->len, all.ready, all.wanted, all.lost_receptions);
}

static void
put_pc5_text(GString *text, ProseSummary *summary)
{
    Tally *t = &summary->total;
    uint64_t slots = sum(t->slots, PROSE_SLOT_N_REFUSALS), candidates = sum(t->outcomes, PROSE_PC5_N_OUTCOMES);

    g_string_append_printf(text, "  PC5 slots  %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " sent", slots, t->slots[PROSE_SLOT_SENT]);
    for (ProseSlotRefusal r = PROSE_SLOT_SENT + 1; r < PROSE_SLOT_N_REFUSALS; r++) {
        if (t->slots[r] > 0)
            g_string_append_printf(text, ", %" G_GUINT64_FORMAT " %s", t->slots[r], prose_slot_refusal_name(r));
    }
    g_string_append_printf(text, "\n  Receptions %" G_GUINT64_FORMAT ":", candidates);
    for (ProsePc5Outcome o = PROSE_PC5_N_OUTCOMES; o-- > 0;) {
        if (t->outcomes[o] > 0)
            g_string_append_printf(text, " %" G_GUINT64_FORMAT " %s,", t->outcomes[o], prose_pc5_outcome_name(o));
    }
    g_string_truncate(text, text->len - 1);
    g_string_append_printf(text, "\n  Discovered %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " pairs\n", t->discovered, t->pairs);
    put_samples(text, "time to discover", &t->time_to_discover, " s");
    put_samples(text, "... everybody", &t->time_to_discover_all, " s");
}

char *
prose_summary_to_text(ProseSummary *summary)
{
    const Tally *t = &summary->total;
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s: %.10g s simulated, seed %u, run %" G_GUINT64_FORMAT "\n", summary->scenario->name,
                           (double) summary->end_ns / 1e9, summary->scenario->seed, summary->scenario->run);
    put_keys_text(text, summary);
    put_pc5_text(text, summary);
    g_string_append_printf(text, "  PDN        %" G_GUINT64_FORMAT " opened, %" G_GUINT64_FORMAT " released", t->pdn_opened,
                           counts_sum(&t->pdn_released));
    put_counts(text, &t->pdn_released);
    g_string_append_printf(text, "; %" G_GUINT64_FORMAT " octets up, %" G_GUINT64_FORMAT " down\n", t->octets_up, t->octets_down);
    g_string_append_printf(text, "  TLS        %" G_GUINT64_FORMAT " handshakes, %" G_GUINT64_FORMAT " failed", t->handshakes,
                           counts_sum(&t->tls_failed));
    put_counts(text, &t->tls_failed);
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}
