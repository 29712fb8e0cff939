/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of a run, filled from the summary. */
#include "prose-summary-internal.h"

#include <math.h>
#include <string.h>

typedef struct RowStore {
    ProseRows rows;
    GStringChunk *strings;
    GArray *metrics, *distributions, *histograms, *ues, *ue_discoveries, *rollovers;
} RowStore;

static void
metric_cb(void *user, const char *name, const char *entity, double value)
{
    RowStore *store = user;
    ProseMetricRow row = { .name = g_string_chunk_insert_const(store->strings, name),
                           .entity = g_string_chunk_insert_const(store->strings, entity), .value = value };

    g_array_append_val(store->metrics, row);
}

static void
distribution_cb(void *user, const char *name, const char *entity, const ProseSamplesStats *stats)
{
    RowStore *store = user;
    ProseDistributionRow row = { .name = g_string_chunk_insert_const(store->strings, name),
                                 .entity = g_string_chunk_insert_const(store->strings, entity), .stats = *stats };

    g_array_append_val(store->distributions, row);
}

/* ---- histograms ---- */

typedef struct BinTo {
    RowStore *store;
    const char *name, *entity;
} BinTo;

static void
bin_cb(void *user, double low, double high, uint64_t count)
{
    const BinTo *to = user;
    ProseHistogramRow row = { .name = to->name, .entity = to->entity, .low = low, .high = high, .count = count };

    g_array_append_val(to->store->histograms, row);
}

static void
add_histogram(RowStore *store, Dist dist, const char *entity, ProseSamples *samples)
{
    size_t n;
    const ProseDistributionName *of = &prose_distributions(&n)[dist];
    BinTo to = { store, of->name, g_string_chunk_insert_const(store->strings, entity) };

    prose_samples_histogram(samples, of->bins, bin_cb, &to);
}

static void
fill_histograms(ProseSummary *summary, RowStore *store)
{
    for (Dist dist = 0; dist < N_DISTS; dist++) {
        if (!(summary->scenario->output.histograms & UINT64_C(1) << dist))
            continue;
        if (dist == DIST_WAIT) {
            add_histogram(store, dist, "", &summary->all_waits);
            for (unsigned p = 0; p < summary->n_pkmfs; p++)
                add_histogram(store, dist, summary->pkmf_entities[p], &summary->waits[p]);
            continue;
        }
        add_histogram(store, dist, "", &summary->total.dists[dist]);
        for (unsigned d = 0; d < summary->n_discoveries; d++)
            add_histogram(store, dist, summary->entities[d], &summary->by_discovery[d].dists[dist]);
        for (unsigned g = 0; g < summary->n_groups; g++) {
            g_autofree char *entity = g_strconcat("ue-group ", g_ptr_array_index(summary->scenario->group_names, g), NULL);

            add_histogram(store, dist, entity, &summary->by_group[g].dists[dist]);
        }
    }
}

/* ---- UEs ---- */

static const char *
role_words(RowStore *store, unsigned roles)
{
    static const struct { ProseRole role; const char *word; } words[] = {
        { PROSE_ROLE_ANNOUNCE, "announce" }, { PROSE_ROLE_MONITOR, "monitor" }, { PROSE_ROLE_SOLICIT, "solicit" },
        { PROSE_ROLE_RESPOND, "respond" }, { PROSE_ROLE_HOLD, "hold" },
    };
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (roles & words[i].role)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", words[i].word);
    }
    return g_string_chunk_insert_const(store->strings, text->str);
}

/* An open one counts as long as it has lasted. */
static uint64_t
blackout_ns(const ProseSummary *summary, const Member *member, bool *ret_is_open)
{
    *ret_is_open = member->dark_ns != PROSE_NEVER && member->dark_ns >= summary->warm_up_ns;
    return member->blackout_ns + (*ret_is_open ? summary->end_ns - member->dark_ns : 0);
}

static void
fill_ues(ProseSummary *summary, RowStore *store)
{
    for (unsigned i = 0; i < summary->n_ues; i++) {
        const ProseScenarioUe *ue = g_ptr_array_index(summary->scenario->ues, i);
        ProseUeRow row = { .ue = i, .ue_group = g_ptr_array_index(summary->scenario->group_names, ue->group), .member = ue->member,
                           .octets_up = summary->octets[2 * i], .octets_down = summary->octets[2 * i + 1] };

        for (unsigned d = 0; d < summary->n_discoveries; d++) {
            const Member *member = summary_member(summary, i, d);
            ProseUeDiscoveryRow part = {
                .ue = i, .discovery = summary_discovery(summary, d)->name, .status_code = member->status_code,
                .first_key_s = member->first_key_ns == PROSE_NEVER ? NAN : (double) member->first_key_ns / 1e9,
                .sent = member->pc5.slots[PROSE_SLOT_SENT], .accepted = member->pc5.outcomes[PROSE_PC5_ACCEPTED],
                .repeated = member->pc5.outcomes[PROSE_PC5_REPEATED], .lost_no_key = member->pc5.outcomes[PROSE_PC5_NO_KEY],
                .lost_clock = member->pc5.outcomes[PROSE_PC5_CLOCK_OFFSET] + member->pc5.outcomes[PROSE_PC5_STALE],
            };
            bool is_open;

            row.kdf_logical += member->pc5.kdf_logical;
            if (!ue->roles[d])
                continue;
            part.role = role_words(store, ue->roles[d]);
            part.blackout_s = (double) blackout_ns(summary, member, &is_open) / 1e9;
            part.blackouts = member->blackouts + is_open;
            g_array_append_val(store->ue_discoveries, part);
        }
        g_array_append_val(store->ues, row);
    }
}

static RowStore *
row_store_new(ProseSummary *summary)
{
    RowStore *store = g_new0(RowStore, 1);
    ProseRows *rows = &store->rows;

    store->strings = g_string_chunk_new(4096);
    store->metrics = g_array_new(FALSE, FALSE, sizeof(ProseMetricRow));
    store->distributions = g_array_new(FALSE, FALSE, sizeof(ProseDistributionRow));
    store->ues = g_array_new(FALSE, FALSE, sizeof(ProseUeRow));
    store->ue_discoveries = g_array_new(FALSE, FALSE, sizeof(ProseUeDiscoveryRow));
    store->rollovers = g_array_new(FALSE, FALSE, sizeof(ProseRolloverRow));
    store->histograms = g_array_new(FALSE, FALSE, sizeof(ProseHistogramRow));
    summary_values(summary, metric_cb, distribution_cb, store);
    fill_histograms(summary, store);
    fill_ues(summary, store);
    for (unsigned i = 0; i < summary->rollovers->len; i++) {
        ProseRolloverRow row = rollover_row(summary, &g_array_index(summary->rollovers, Rollover, i));

        g_array_append_val(store->rollovers, row);
    }
#define SHOW(name) (rows->name = (const void *) store->name->data, rows->n_##name = store->name->len)
    SHOW(metrics);
    SHOW(distributions);
    SHOW(histograms);
    SHOW(ues);
    SHOW(ue_discoveries);
    SHOW(rollovers);
#undef SHOW
    rows->samples = (const void *) summary->samples->data;
    rows->n_samples = summary->samples->len;
    rows->series = (const void *) summary->points->data;
    rows->n_series = summary->points->len;
    rows->pool_periods = (const void *) summary->pool_periods->data;
    rows->n_pool_periods = summary->pool_periods->len;
    return store;
}

const ProseRows *
prose_summary_rows(ProseSummary *summary)
{
    g_assert(summary->finished);
    if (!summary->rows)
        summary->rows = row_store_new(summary);
    return &summary->rows->rows;
}

void
summary_rows_clear(ProseSummary *summary)
{
    RowStore *store = summary->rows;

    if (!store)
        return;
    g_array_unref(store->metrics);
    g_array_unref(store->distributions);
    g_array_unref(store->histograms);
    g_array_unref(store->ues);
    g_array_unref(store->ue_discoveries);
    g_array_unref(store->rollovers);
    g_string_chunk_free(store->strings);
    g_free(store);
    summary->rows = NULL;
}
