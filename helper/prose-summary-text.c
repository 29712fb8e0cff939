/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person reads at the end of a run. */
#include "prose-summary-internal.h"

#include <string.h>

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

/* Enough to be read at a glance; the others went well, or summary.json has them. */
#define ROLLOVERS_SHOWN 8

static bool
went_well(const Rollover *r)
{
    return r->ready == r->wanted && r->lost_receptions == 0;
}

static void
put_rollover_text(GString *text, const ProseSummary *summary, Rollover *r)
{
    g_autofree char *label = g_strdup_printf("%s %" G_GINT64_FORMAT "%s", summary_discovery(summary, r->discovery)->name, r->number,
                                             strcmp(r->cause, "period") == 0 ? "" : " anew");
    ProseSamplesStats late;

    prose_samples_stats(&r->late, &late);
    g_string_append_printf(text, "    %-22sat %.10g s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " ready", label, (double) r->start_ns / 1e9,
                           r->ready, r->wanted);
    if (r->ready < r->wanted && late.count > 0)
        g_string_append_printf(text, ", 95 %% within %.3f s", late.p95);
    if (late.censored > 0)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " never", late.censored);
    g_string_append_printf(text, "; %" G_GUINT64_FORMAT " receptions lost", r->lost_receptions);
    if (r->overlap_accepted > 0)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " saved by the overlap", r->overlap_accepted);
    if (r->last_valid_to > INT64_MIN)
        g_string_append_printf(text, "; exposed for %.10g s", rollover_row(summary, r).exposure_s);
    g_string_append_c(text, '\n');
}

static void
put_rollovers_text(GString *text, ProseSummary *summary)
{
    uint64_t count;
    Rollover all = summary_sum_rollovers(summary, -1, &count);
    unsigned shown = 0;

    if (count == 0)
        return;
    g_string_append_printf(text, "  Rollovers  %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                           " keys in place at the start, %" G_GUINT64_FORMAT " receptions lost for want of a key\n",
                           count, all.ready, all.wanted, all.lost_receptions);
    for (unsigned i = 0; i < summary->rollovers->len && shown < ROLLOVERS_SHOWN; i++) {
        Rollover *r = &g_array_index(summary->rollovers, Rollover, i);

        if (count > ROLLOVERS_SHOWN && went_well(r))
            continue;
        put_rollover_text(text, summary, r);
        shown++;
    }
    if (shown > 0 && shown < count)
        g_string_append_printf(text, "    ... and %" G_GUINT64_FORMAT " more\n", count - shown);
}

static void
put_keys_text(GString *text, ProseSummary *summary)
{
    Tally *t = &summary->total;

    g_string_append_printf(text, "  UEs        %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " fully supplied with keys", t->ues_supplied, summary_n_ues(t));
    if (counts_sum(&t->ues_refused) > 0) {
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " refused", counts_sum(&t->ues_refused));
        put_counts(text, &t->ues_refused);
    }
    if (t->ues_waiting > 0)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " waiting", t->ues_waiting);
    g_string_append_printf(text, "\n  Requests   %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " answered", summary_n_requests(t), t->responses);
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
    put_samples(text, "request to response", &t->dists[DIST_REQUEST_TO_RESPONSE], " s");
    put_samples(text, "request to first key", &t->dists[DIST_REQUEST_TO_KEY], " s");
    put_samples(text, "without a key", &t->dists[DIST_BLACKOUT], " s");
    g_string_append_printf(text, "  Deliveries %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " verified, %" G_GUINT64_FORMAT
                           " retransmissions", summary_n_deliveries(t), t->verified, t->retransmitted);
    if (summary_n_deliveries(t) > t->verified)
        g_string_append_printf(text, ", %" G_GUINT64_FORMAT " unreachable, %" G_GUINT64_FORMAT " refused, %" G_GUINT64_FORMAT
                               " superseded or open", t->unreachable, t->delivery_refused, t->superseded + t->deliveries_open);
    if (counts_sum(&t->rejected) > 0) {
        g_string_append_printf(text, "; %" G_GUINT64_FORMAT " messages rejected", counts_sum(&t->rejected));
        put_counts(text, &t->rejected);
    }
    g_string_append_c(text, '\n');
    put_rollovers_text(text, summary);
}

/* Of what is not simulated nothing is counted, so it is said. */
static void
put_simulated_text(GString *text, const ProseSummary *summary)
{
    double end_s = (double) summary->end_ns / 1e9;

    for (unsigned p = 0; p < summary->scenario->pools->len; p++) {
        const ProseScenarioPool *pool = g_ptr_array_index(summary->scenario->pools, p);
        uint64_t periods;
        double s;

        prose_scenario_pool_simulated(pool, end_s, &periods, &s);
        if (s < end_s)
            g_string_append_printf(text, "  Simulated  PC5 for %.10g of %.10g s in [pool%s%s], %" G_GUINT64_FORMAT " periods\n", s, end_s,
                                   pool->name ? " " : "", pool->name ? pool->name : "", periods);
    }
}

static void
put_pc5_text(GString *text, ProseSummary *summary)
{
    Tally *t = &summary->total;
    uint64_t slots = summary_sum_of(t->pc5.slots, PROSE_SLOT_N_REFUSALS), candidates = summary_sum_of(t->pc5.outcomes, PROSE_PC5_N_OUTCOMES);

    g_string_append_printf(text, "  PC5 slots  %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " sent", slots, t->pc5.slots[PROSE_SLOT_SENT]);
    for (ProseSlotRefusal r = PROSE_SLOT_SENT + 1; r < PROSE_SLOT_N_REFUSALS; r++) {
        if (t->pc5.slots[r] > 0)
            g_string_append_printf(text, ", %" G_GUINT64_FORMAT " %s", t->pc5.slots[r], prose_slot_refusal_name(r));
    }
    g_string_append_printf(text, "\n  Receptions %" G_GUINT64_FORMAT ":", candidates);
    for (ProsePc5Outcome o = PROSE_PC5_N_OUTCOMES; o-- > 0;) {
        if (t->pc5.outcomes[o] > 0)
            g_string_append_printf(text, " %" G_GUINT64_FORMAT " %s,", t->pc5.outcomes[o], prose_pc5_outcome_name(o));
    }
    g_string_truncate(text, text->len - 1);
    g_string_append_printf(text, "\n  Discovered %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " pairs\n", t->discovered, t->pairs);
    put_samples(text, "time to discover", &t->dists[DIST_TIME_TO_DISCOVER], " s");
    put_samples(text, "... everybody", &t->dists[DIST_TIME_TO_DISCOVER_ALL], " s");
}

char *
prose_summary_to_text(ProseSummary *summary)
{
    const Tally *t = &summary->total;
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s: %.10g s simulated, seed %u, run %" G_GUINT64_FORMAT "\n", summary->scenario->name,
                           (double) summary->end_ns / 1e9, summary->scenario->seed, summary->scenario->run);
    put_keys_text(text, summary);
    put_simulated_text(text, summary);
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
