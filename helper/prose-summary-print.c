/* SPDX-License-Identifier: GPL-2.0-only */
/* summary.json, value by value. */
#include "prose-summary-internal.h"

#include "prose-json.h"

#include <math.h>

/* ---- where values go: summary.json, or a caller that wants each by its name ---- */

typedef struct Out {
    ProseJson *json;               /* (nullable) */
    SummaryMetricCb metric;        /* (nullable), as the other */
    SummaryDistributionCb distribution;
    void *user;
    GPtrArray *prefixes;           /* of char*: of each open object, "keys.refused." */
    char *entity;                  /* (owned) */
} Out;

static const char *
out_prefix(const Out *out)
{
    return g_ptr_array_index(out->prefixes, out->prefixes->len - 1);
}

static void
out_begin_object(Out *out, const char *name)
{
    if (out->json)
        prose_json_begin_object(out->json, name);
    g_ptr_array_add(out->prefixes, g_strconcat(out_prefix(out), name, ".", NULL));
}

/* What is inside is told of @kind @name, by names that begin with @prefix. */
static void
out_begin_entity(Out *out, const char *kind, const char *name, const char *prefix)
{
    if (out->json)
        prose_json_begin_object(out->json, name);
    g_ptr_array_add(out->prefixes, g_strdup(prefix));
    g_free(out->entity);
    out->entity = g_strconcat(kind, " ", name, NULL);
}

static void
out_end(Out *out)
{
    if (out->json)
        prose_json_end(out->json);
    g_ptr_array_set_size(out->prefixes, (int) out->prefixes->len - 1);
}

static void
out_end_entity(Out *out)
{
    out_end(out);
    g_free(out->entity);
    out->entity = g_strdup("");
}

static void
out_value(Out *out, const char *name, double value)
{
    g_autofree char *full = NULL;

    if (!out->metric)
        return;
    full = g_strconcat(out_prefix(out), name, NULL);
    out->metric(out->user, full, out->entity, value);
}

static void
out_uint(Out *out, const char *name, uint64_t value)
{
    if (out->json)
        prose_json_uint(out->json, name, value);
    out_value(out, name, (double) value);
}

static void
out_double(Out *out, const char *name, double value)
{
    if (out->json)
        prose_json_double(out->json, name, value);
    out_value(out, name, value);
}

/* ---- the values ---- */

static void
write_samples(Out *out, const char *name, ProseSamples *samples)
{
    ProseJson *json = out->json;
    ProseSamplesStats stats;

    prose_samples_stats(samples, &stats);
    if (out->distribution) {
        g_autofree char *full = g_strconcat(out_prefix(out), name, NULL);

        out->distribution(out->user, full, out->entity, &stats);
    }
    if (!json)
        return;
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
write_counts(Out *out, const char *name, const Counts *counts)
{
    out_begin_object(out, name);
    for (unsigned i = 0; counts->entries && i < counts->entries->len; i++) {
        const Count *count = &g_array_index(counts->entries, Count, i);

        out_uint(out, count->name, count->n);
    }
    out_end(out);
}

uint64_t
summary_sum_of(const uint64_t *values, size_t n)
{
    uint64_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += values[i];
    return total;
}

static void
write_pc5(Out *out, const Tally *tally)
{
    out_begin_object(out, "pc5");
    out_uint(out, "slots", summary_sum_of(tally->pc5.slots, PROSE_SLOT_N_REFUSALS));
    out_uint(out, "sent", tally->pc5.slots[PROSE_SLOT_SENT]);
    out_begin_object(out, "refused");
    for (ProseSlotRefusal r = PROSE_SLOT_SENT + 1; r < PROSE_SLOT_N_REFUSALS; r++)
        out_uint(out, prose_slot_refusal_name(r), tally->pc5.slots[r]);
    out_end(out);
    out_uint(out, "candidates", summary_sum_of(tally->pc5.outcomes, PROSE_PC5_N_OUTCOMES));
    out_begin_object(out, "outcome");
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        out_uint(out, prose_pc5_outcome_name(o), tally->pc5.outcomes[o]);
    out_end(out);
    out_uint(out, "opportunities", tally->opportunities);
    out_end(out);
}

static void
write_discovery(Out *out, Tally *tally)
{
    out_begin_object(out, "discovery");
    out_uint(out, "pairs", tally->pairs);
    out_uint(out, "discovered", tally->discovered);
    write_samples(out, "time-to-discover", &tally->dists[DIST_TIME_TO_DISCOVER]);
    write_samples(out, "time-to-discover-all", &tally->dists[DIST_TIME_TO_DISCOVER_ALL]);
    write_samples(out, "periods-to-discover", &tally->dists[DIST_PERIODS_TO_DISCOVER]);
    write_samples(out, "periods-to-discover-all", &tally->dists[DIST_PERIODS_TO_DISCOVER_ALL]);
    out_end(out);
}

uint64_t
summary_n_requests(const Tally *tally)
{
    return tally->responses + counts_sum(&tally->request_ignored) + counts_sum(&tally->request_failed) + tally->interrupted
           + tally->requests_open;
}

uint64_t
summary_n_deliveries(const Tally *tally)
{
    return tally->verified + tally->delivery_refused + tally->unreachable + tally->superseded + tally->deliveries_open;
}

uint64_t
summary_n_ues(const Tally *tally)
{
    return tally->ues_supplied + counts_sum(&tally->ues_refused) + tally->ues_waiting;
}

/* @whole_requests: a request is about all discoveries of a UE, so it has no place under one of them. */
static void
write_keys(Out *out, Tally *tally, bool whole_requests)
{
    out_begin_object(out, "keys");
    if (whole_requests) {
        out_uint(out, "ues", summary_n_ues(tally));
        out_uint(out, "ues-supplied", tally->ues_supplied);
        write_counts(out, "ues-refused", &tally->ues_refused);
        out_uint(out, "ues-waiting", tally->ues_waiting);
        out_uint(out, "requests", summary_n_requests(tally));
        out_uint(out, "responses", tally->responses);
        write_counts(out, "ignored", &tally->request_ignored);
        write_counts(out, "failed", &tally->request_failed);
        out_uint(out, "interrupted", tally->interrupted);
        out_uint(out, "requests-open", tally->requests_open);
    }
    out_uint(out, "answers", tally->supplied + counts_sum(&tally->refused));
    out_uint(out, "supplied", tally->supplied);
    write_counts(out, "refused", &tally->refused);
    out_uint(out, "deliveries", summary_n_deliveries(tally));
    out_uint(out, "verified", tally->verified);
    out_uint(out, "error-12", tally->delivery_refused);
    out_uint(out, "unreachable", tally->unreachable);
    out_uint(out, "superseded", tally->superseded);
    out_uint(out, "deliveries-open", tally->deliveries_open);
    out_uint(out, "verified-late", tally->verified_late);
    out_uint(out, "retransmitted", tally->retransmitted);
    out_uint(out, "wipes", counts_sum(&tally->wiped));
    write_counts(out, "wiped", &tally->wiped);
    out_uint(out, "rejections", counts_sum(&tally->rejected));
    write_counts(out, "rejected", &tally->rejected);
    if (whole_requests)
        write_samples(out, "request-to-response", &tally->dists[DIST_REQUEST_TO_RESPONSE]);
    write_samples(out, "request-to-key", &tally->dists[DIST_REQUEST_TO_KEY]);
    write_samples(out, "blackout", &tally->dists[DIST_BLACKOUT]);
    out_end(out);
}

static void
write_network(Out *out, const Tally *tally)
{
    out_begin_object(out, "pdn");
    out_uint(out, "opened", tally->pdn_opened);
    out_uint(out, "released", counts_sum(&tally->pdn_released));
    write_counts(out, "release", &tally->pdn_released);
    out_uint(out, "octets-up", tally->octets_up);
    out_uint(out, "octets-down", tally->octets_down);
    out_end(out);
    out_begin_object(out, "tls");
    out_uint(out, "handshakes", tally->handshakes);
    out_uint(out, "failures", counts_sum(&tally->tls_failed));
    write_counts(out, "failed", &tally->tls_failed);
    write_counts(out, "http-refused", &tally->http_refused);
    out_end(out);
}

static void
write_kdf(Out *out, const Tally *tally)
{
    out_begin_object(out, "kdf");
    out_uint(out, "logical", tally->pc5.kdf_logical);
    out_uint(out, "computed", tally->pc5.kdf_computed);
    out_end(out);
}

/* Work of PKMFs together or of one: sums, maxima, and time at work over time there was. */
static void
write_load(Out *out, ProseSummary *summary, unsigned first, unsigned last, ProseSamples *waits)
{
    uint64_t jobs = 0, busy_ns = 0, queue_max = 0, refused = 0, workers = 0;
    double queue_mean = 0;
    double counted_s = (double) (summary->end_ns - MIN(summary->end_ns, summary->warm_up_ns)) / 1e9;

    for (unsigned p = first; p < last; p++) {
        const ProsePkmfLoad *load = &summary->loads[p];

        jobs += summary_sum_of(load->jobs, PROSE_PKMF_N_OPS);
        busy_ns += load->busy_ns;
        queue_max = MAX(queue_max, load->queue_max);
        queue_mean += series_mean_queue(summary, p);
        refused += summary->refused_503[p];
        workers += ((const ProseScenarioPkmf *) g_ptr_array_index(summary->scenario->pkmfs, p))->workers;
    }
    out_uint(out, "jobs", jobs);
    out_begin_object(out, "queue");
    out_uint(out, "max", queue_max);
    out_double(out, "mean", queue_mean);
    out_end(out);
    write_samples(out, "wait", waits);
    out_double(out, "utilisation",
                      workers > 0 && counted_s > 0 ? (double) busy_ns / 1e9 / ((double) workers * counted_s) : NAN);
    out_uint(out, "refused-503", refused);
}

static void
write_pkmfs(Out *out, ProseSummary *summary)
{
    out_begin_object(out, "pkmf");
    write_load(out, summary, 0, summary->n_pkmfs, &summary->all_waits);
    out_begin_object(out, "by-pkmf");
    for (unsigned p = 0; p < summary->n_pkmfs; p++) {
        out_begin_entity(out, "pkmf", ((const ProseScenarioPkmf *) g_ptr_array_index(summary->scenario->pkmfs, p))->name, "pkmf.");
        write_load(out, summary, p, p + 1, &summary->waits[p]);
        out_end_entity(out);
    }
    out_end(out);
    out_end(out);
}

static const char *
pool_name(const ProseScenarioPool *pool)
{
    return pool->name ? pool->name : "pool";
}

static void
write_pools(Out *out, const ProseSummary *summary)
{
    uint64_t periods[PROSE_POOLS_MAX], all = 0;
    double s[PROSE_POOLS_MAX], all_s = 0;

    for (unsigned p = 0; p < summary->scenario->pools->len; p++) {
        prose_scenario_pool_simulated(g_ptr_array_index(summary->scenario->pools, p), (double) summary->end_ns / 1e9, &periods[p], &s[p]);
        all += periods[p];
        all_s += s[p];
    }
    out_begin_object(out, "pool");
    out_uint(out, "periods", all);
    out_double(out, "simulated", all_s);
    out_begin_object(out, "by-pool");
    for (unsigned p = 0; p < summary->scenario->pools->len; p++) {
        out_begin_entity(out, "pool", pool_name(g_ptr_array_index(summary->scenario->pools, p)), "pool.");
        out_uint(out, "periods", periods[p]);
        out_double(out, "simulated", s[p]);
        out_end_entity(out);
    }
    out_end(out);
    out_end(out);
}

static void
write_rollover(ProseJson *json, const ProseSummary *summary, const Rollover *r)
{
    ProseRolloverRow row = rollover_row(summary, r);

    prose_json_begin_object(json, NULL);
    prose_json_string(json, "discovery", row.discovery);
    prose_json_int(json, "key_period", row.key_period);
    prose_json_string(json, "cause", row.cause);
    prose_json_double(json, "start_s", row.start_s);
    prose_json_uint(json, "wanted", row.wanted);
    prose_json_uint(json, "ready", row.ready);
    prose_json_double(json, "last_ready_s", row.last_ready_s);
    prose_json_uint(json, "lost_receptions", row.lost_receptions);
    prose_json_uint(json, "overlap_accepted", row.overlap_accepted);
    prose_json_uint(json, "deliveries", row.deliveries);
    prose_json_uint(json, "retransmissions", row.retransmissions);
    prose_json_double(json, "exposure_s", row.exposure_s);
    prose_json_end(json);
}

/* Of one discovery; -1: of all. */
Rollover
summary_sum_rollovers(const ProseSummary *summary, int discovery, uint64_t *ret_count)
{
    Rollover total = { 0 };

    *ret_count = 0;
    for (unsigned i = 0; i < summary->rollovers->len; i++) {
        const Rollover *r = &g_array_index(summary->rollovers, Rollover, i);

        if (discovery >= 0 && r->discovery != (unsigned) discovery)
            continue;
        ++*ret_count;
        total.wanted += r->wanted;
        total.ready += r->ready;
        total.lost_receptions += r->lost_receptions;
        total.overlap_accepted += r->overlap_accepted;
        total.deliveries += r->deliveries;
        total.retransmissions += r->retransmissions;
    }
    return total;
}

static void
write_rollovers(Out *out, ProseSummary *summary, int discovery)
{
    Tally *tally = discovery >= 0 ? &summary->by_discovery[discovery] : &summary->total;
    uint64_t count, revoked_accepted = 0;
    Rollover total = summary_sum_rollovers(summary, discovery, &count);

    for (unsigned d = 0; d < summary->n_discoveries; d++)
        revoked_accepted += discovery < 0 || d == (unsigned) discovery ? summary->discovery_tracks[d].revoked_accepted : 0;
    out_begin_object(out, "rollover");
    out_uint(out, "count", count);
    out_uint(out, "wanted", total.wanted);
    out_uint(out, "ready", total.ready);
    out_uint(out, "lost_receptions", total.lost_receptions);
    out_uint(out, "overlap_accepted", total.overlap_accepted);
    out_uint(out, "revoked_accepted", revoked_accepted);
    out_uint(out, "deliveries", total.deliveries);
    out_uint(out, "retransmissions", total.retransmissions);
    write_samples(out, "late", &tally->dists[DIST_LATE]);
    if (out->json && discovery < 0) {
        prose_json_begin_array(out->json, "periods");
        for (unsigned i = 0; i < summary->rollovers->len; i++)
            write_rollover(out->json, summary, &g_array_index(summary->rollovers, Rollover, i));
        prose_json_end(out->json);
    }
    out_end(out);
}

static void
write_meta(ProseJson *json, const ProseScenario *scenario, const ProseSummaryMeta *meta, double end_s)
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
    prose_json_double(json, "end_s", end_s);
    prose_json_string(json, "stopped_by", meta->stopped_by);
    prose_json_double(json, "warm-up", scenario->warm_up_s);
    prose_json_end(json);
}

/* Everything but meta. */
static void
write_all(Out *out, ProseSummary *summary)
{
    write_pc5(out, &summary->total);
    write_discovery(out, &summary->total);
    write_keys(out, &summary->total, /* whole_requests= */ true);
    write_pkmfs(out, summary);
    write_rollovers(out, summary, -1);
    write_network(out, &summary->total);
    write_kdf(out, &summary->total);
    write_pools(out, summary);
    out_begin_object(out, "by-discovery");
    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        const ProseScenarioDiscovery *discovery = summary_discovery(summary, d);
        bool has_pc5 = prose_key_scope_is_discovery(discovery->scope);

        out_begin_entity(out, "discovery", discovery->name, "");
        if (has_pc5) {
            write_pc5(out, &summary->by_discovery[d]);
            write_discovery(out, &summary->by_discovery[d]);
            write_kdf(out, &summary->by_discovery[d]);
        }
        write_keys(out, &summary->by_discovery[d], /* whole_requests= */ false);
        write_rollovers(out, summary, (int) d);
        out_end_entity(out);
    }
    out_end(out);
    out_begin_object(out, "by-ue-group");
    for (unsigned g = 0; g < summary->n_groups; g++) {
        out_begin_entity(out, "ue-group", g_ptr_array_index(summary->scenario->group_names, g), "");
        write_pc5(out, &summary->by_group[g]);
        write_discovery(out, &summary->by_group[g]);
        write_keys(out, &summary->by_group[g], /* whole_requests= */ true);
        out_begin_object(out, "rollover");
        write_samples(out, "late", &summary->by_group[g].dists[DIST_LATE]);
        out_end(out);
        write_network(out, &summary->by_group[g]);
        write_kdf(out, &summary->by_group[g]);
        out_end_entity(out);
    }
    out_end(out);
}

static void
out_init(Out *out)
{
    out->prefixes = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(out->prefixes, g_strdup(""));
    out->entity = g_strdup("");
}

static void
out_clear(Out *out)
{
    g_ptr_array_unref(out->prefixes);
    g_free(out->entity);
}

void
summary_values(ProseSummary *summary, SummaryMetricCb metric, SummaryDistributionCb distribution, void *user)
{
    Out out = { .metric = metric, .distribution = distribution, .user = user };

    out_init(&out);
    write_all(&out, summary);
    out_clear(&out);
}

char *
prose_summary_to_json(ProseSummary *summary, const ProseSummaryMeta *meta)
{
    g_autoptr(ProseJson) json = prose_json_new();
    Out out = { .json = json };

    out_init(&out);
    prose_json_begin_object(json, NULL);
    write_meta(json, summary->scenario, meta, (double) summary->end_ns / 1e9);
    write_all(&out, summary);
    prose_json_end(json);
    out_clear(&out);
    return prose_json_text(json);
}
