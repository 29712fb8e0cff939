/* SPDX-License-Identifier: GPL-2.0-only */
/* [output] series: points at equal distances, and the work of PKMFs over time. */
#include "prose-summary-internal.h"

#include <math.h>
#include <string.h>

/* Where a series has its values from: one a discovery, or one a PKMF. */
static const ProseMetric series[] = {
    [SERIES_HOLDING] = { "keys.holding", "UEs", "Supplied UEs of the discovery that hold a key valid at that time." },
    [SERIES_WITHOUT] = { "keys.without", "UEs", "Supplied UEs of the discovery that had a key before and hold none that is valid." },
    [SERIES_WANTED] = { "rollover.wanted", "UEs", "Supplied UEs of the discovery, neither refused nor revoked since." },
    [SERIES_READY] = { "rollover.ready", "UEs", "Of these, UEs that hold the key of the next period to start." },
    [SERIES_LOST] = { "rollover.lost_receptions", "", "Since the point before; counted as the metric." },
    [SERIES_OVERLAP] = { "rollover.overlap_accepted", "", "Since the point before; counted as the metric." },
    [SERIES_SENT] = { "pc5.sent", "", "Slots of the discovery that were used since the point before." },
    [SERIES_CANDIDATES] = { "pc5.candidates", "", "Candidates of the discovery since the point before." },
    [SERIES_ACCEPTED] = { "pc5.accepted", "", "Of these, those accepted or repeated." },
    [SERIES_REQUESTS] = { "keys.requests", "", "Key Requests sent to the PKMF since the point before." },
    [SERIES_MESSAGES] = { "keys.messages", "", "MIKEY messages that the PKMF sent since the point before, retransmissions too." },
    [SERIES_QUEUE] = { "pkmf.queue", "jobs", "Jobs that wait for a worker, mean over the time since the point before." },
    [SERIES_QUEUE_MAX] = { "pkmf.queue-max", "jobs", "The most that waited at once since the point before." },
    [SERIES_UTILISATION] = { "pkmf.utilisation", "", "Workers that were busy, mean over the time since the point before, over those there are." },
    [SERIES_POOL_PERIODS] = { "pool.periods", "", "One row of table pool_period for each discovery period with a slot, whatever the step; of a single pool only." },
};
G_STATIC_ASSERT(G_N_ELEMENTS(series) == N_SERIES);

const ProseMetric *
prose_series(size_t *ret_n)
{
    *ret_n = N_SERIES;
    return series;
}

static bool
is_wanted(const ProseSummary *summary, Series which)
{
    return summary->scenario->output.series & UINT64_C(1) << which;
}

static void
add_point(ProseSummary *summary, Series which, const char *entity, uint64_t at_ns, double value)
{
    ProseSeriesRow row = { .name = series[which].name, .entity = entity, .t_s = (double) at_ns / 1e9, .value = value };

    if (is_wanted(summary, which))
        g_array_append_val(summary->points, row);
}

/* ---- keys ---- */

static bool
holds(const Member *member, int64_t valid_from, uint8_t key_id)
{
    for (unsigned i = 0; i < member->n_holdings; i++) {
        const Holding *h = &member->holdings[i];

        if (h->is_held && h->valid_from == valid_from && (key_id == PROSE_KEY_ID_NONE || h->key_id == key_id))
            return true;
    }
    return false;
}

static void
keys_point(ProseSummary *summary, unsigned discovery, uint64_t at_ns)
{
    const ProseScenarioDiscovery *d = summary_discovery(summary, discovery);
    int64_t next = d->first_start_s + (summary_key_period(summary, discovery, at_ns) + 1) * (int64_t) d->cryptoperiod_s;
    uint8_t key_id = rollover_key_id(summary, discovery, next);
    unsigned n_holding = 0, n_without = 0, n_wanted = 0, n_ready = 0;

    for (unsigned i = 0; i < summary->n_ues; i++) {
        const Member *member = summary_member(summary, i, discovery);

        if (!summary_wants_keys(summary, i, discovery))
            continue;
        n_wanted++;
        n_ready += holds(member, next, key_id);
        if (summary_holds_valid(member, at_ns))
            n_holding++;
        else
            n_without += member->is_keyed;
    }
    add_point(summary, SERIES_HOLDING, summary->entities[discovery], at_ns, n_holding);
    add_point(summary, SERIES_WITHOUT, summary->entities[discovery], at_ns, n_without);
    add_point(summary, SERIES_WANTED, summary->entities[discovery], at_ns, n_wanted);
    add_point(summary, SERIES_READY, summary->entities[discovery], at_ns, n_ready);
}

/* ---- counts ---- */

static uint64_t
since_last(uint64_t *last, uint64_t now)
{
    uint64_t n = now - *last;

    *last = now;
    return n;
}

static void
pc5_point(ProseSummary *summary, unsigned discovery, uint64_t at_ns)
{
    DiscoveryTrack *track = &summary->discovery_tracks[discovery];
    const char *entity = summary->entities[discovery];
    uint64_t sent = 0, candidates = 0, accepted = 0;

    for (unsigned i = 0; i < summary->n_ues; i++) {
        const ProsePc5Counts *counts = &summary_member(summary, i, discovery)->pc5;

        sent += counts->slots[PROSE_SLOT_SENT];
        accepted += counts->outcomes[PROSE_PC5_ACCEPTED] + counts->outcomes[PROSE_PC5_REPEATED];
        for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
            candidates += counts->outcomes[o];
    }
    add_point(summary, SERIES_SENT, entity, at_ns, (double) since_last(&track->last_sent, sent));
    add_point(summary, SERIES_CANDIDATES, entity, at_ns, (double) since_last(&track->last_candidates, candidates));
    add_point(summary, SERIES_ACCEPTED, entity, at_ns, (double) since_last(&track->last_accepted, accepted));
}

static void
discovery_point(ProseSummary *summary, unsigned discovery, uint64_t at_ns)
{
    static const uint64_t of_keys = SERIES_BIT(SERIES_HOLDING) | SERIES_BIT(SERIES_WITHOUT) | SERIES_BIT(SERIES_WANTED) | SERIES_BIT(SERIES_READY);
    static const uint64_t of_pc5 = SERIES_BIT(SERIES_SENT) | SERIES_BIT(SERIES_CANDIDATES) | SERIES_BIT(SERIES_ACCEPTED);
    DiscoveryTrack *track = &summary->discovery_tracks[discovery];

    if (summary->scenario->output.series & of_keys)
        keys_point(summary, discovery, at_ns);
    if (!prose_key_scope_is_discovery(summary_discovery(summary, discovery)->scope))
        return;
    add_point(summary, SERIES_LOST, summary->entities[discovery], at_ns, (double) since_last(&track->last_lost, track->lost));
    add_point(summary, SERIES_OVERLAP, summary->entities[discovery], at_ns, (double) since_last(&track->last_overlap, track->overlap));
    if (summary->scenario->output.series & of_pc5)
        pc5_point(summary, discovery, at_ns);
}

/* ---- PKMFs ---- */

/* Area under queue and busy workers up to now. */
static void
pkmf_advance(PkmfTrack *track, uint64_t now_ns)
{
    double passed_s = (double) (now_ns - track->since_ns) / 1e9;

    track->queue_area += passed_s * (double) track->queue;
    track->busy_area += passed_s * (double) track->busy;
    track->since_ns = now_ns;
}

void
series_pkmf_changed(ProseSummary *summary, unsigned pkmf, const ProseEvent *event)
{
    PkmfTrack *track = &summary->pkmf_tracks[pkmf];

    pkmf_advance(track, event->time_ns);
    if (event->type == PROSE_EVENT_PKMF_QUEUE) {
        track->queue = (uint64_t) event->value;
        track->queue_max = MAX(track->queue_max, track->queue);
    } else {
        track->busy = (uint64_t) event->value;
    }
}

static void
pkmf_point(ProseSummary *summary, unsigned pkmf, uint64_t at_ns)
{
    PkmfTrack *track = &summary->pkmf_tracks[pkmf];
    const char *entity = summary->pkmf_entities[pkmf];
    double step_s = summary->scenario->output.step_s;
    double workers = ((const ProseScenarioPkmf *) g_ptr_array_index(summary->scenario->pkmfs, pkmf))->workers;

    pkmf_advance(track, at_ns);
    add_point(summary, SERIES_REQUESTS, entity, at_ns, (double) since_last(&track->last_requests, track->requests));
    add_point(summary, SERIES_MESSAGES, entity, at_ns, (double) since_last(&track->last_messages, track->messages));
    add_point(summary, SERIES_QUEUE, entity, at_ns, (track->queue_area - track->last_queue_area) / step_s);
    add_point(summary, SERIES_QUEUE_MAX, entity, at_ns, (double) track->queue_max);
    add_point(summary, SERIES_UTILISATION, entity, at_ns, (track->busy_area - track->last_busy_area) / step_s / workers);
    track->last_queue_area = track->queue_area;
    track->last_busy_area = track->busy_area;
    track->queue_max = track->queue;
}

double
series_mean_queue(ProseSummary *summary, unsigned pkmf)
{
    PkmfTrack *track = &summary->pkmf_tracks[pkmf];
    double counted_s = (double) (summary->end_ns - MIN(summary->end_ns, summary->warm_up_ns)) / 1e9;

    pkmf_advance(track, MAX(summary->end_ns, track->since_ns));
    return counted_s > 0 ? (track->queue_area - track->warm_up_queue_area) / counted_s : NAN;
}

/* ---- periods of the pool ---- */

void
prose_summary_end_period(ProseSummary *summary, uint64_t period, uint64_t start_ns)
{
    const ProseScenarioPool *pool = g_ptr_array_index(summary->scenario->pools, 0);
    ProsePoolPeriodRow *before = &summary->pool_before;
    ProsePoolPeriodRow row = { .pool = pool->name ? pool->name : "", .period = period, .t_s = (double) start_ns / 1e9 };
    ProsePc5Counts all = { 0 };
    uint64_t slots = 0, candidates = 0;

    for (size_t i = 0; i < (size_t) summary->n_ues * summary->n_discoveries; i++)
        summary_pc5_add(&all, &summary->members[i].pc5);
    for (ProseSlotRefusal r = 0; r < PROSE_SLOT_N_REFUSALS; r++)
        slots += all.slots[r];
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        candidates += all.outcomes[o];
    row.opportunities = since_last(&before->opportunities, summary->total.opportunities);
    row.slots = since_last(&before->slots, slots);
    row.sent = since_last(&before->sent, all.slots[PROSE_SLOT_SENT]);
    row.candidates = since_last(&before->candidates, candidates);
    row.accepted = since_last(&before->accepted, all.outcomes[PROSE_PC5_ACCEPTED]);
    row.repeated = since_last(&before->repeated, all.outcomes[PROSE_PC5_REPEATED]);
    if (row.slots > 0)
        g_array_append_val(summary->pool_periods, row);
}

bool
prose_summary_wants_periods(const ProseSummary *summary)
{
    return is_wanted(summary, SERIES_POOL_PERIODS);
}

/* ---- time ---- */

static void
point(ProseSummary *summary, uint64_t at_ns)
{
    for (unsigned d = 0; d < summary->n_discoveries; d++)
        discovery_point(summary, d, at_ns);
    for (unsigned p = 0; p < summary->n_pkmfs; p++)
        pkmf_point(summary, p, at_ns);
}

static void
end_warm_up(ProseSummary *summary)
{
    for (unsigned p = 0; p < summary->n_pkmfs; p++) {
        PkmfTrack *track = &summary->pkmf_tracks[p];

        pkmf_advance(track, summary->warm_up_ns);
        track->last_queue_area = track->warm_up_queue_area = track->queue_area;
        track->last_busy_area = track->busy_area;
        track->queue_max = track->queue;
        track->last_requests = track->requests;
        track->last_messages = track->messages;
    }
    summary->warm = true;
}

void
prose_summary_pass(ProseSummary *summary, uint64_t now_ns)
{
    rollovers_pass(summary, now_ns);
    if (!summary->warm && now_ns >= summary->warm_up_ns)
        end_warm_up(summary);
    while (summary->next_point_ns <= now_ns) {
        point(summary, summary->next_point_ns);
        summary->next_point_ns = summary->warm_up_ns + prose_ns_from_s(++summary->n_points * summary->scenario->output.step_s);
    }
}

/* ---- life ---- */

void
series_init(ProseSummary *summary)
{
    summary->points = g_array_new(FALSE, FALSE, sizeof(ProseSeriesRow));
    summary->pool_periods = g_array_new(FALSE, FALSE, sizeof(ProsePoolPeriodRow));
    summary->discovery_tracks = g_new0(DiscoveryTrack, summary->n_discoveries);
    summary->pkmf_tracks = g_new0(PkmfTrack, summary->n_pkmfs);
    summary->n_points = 1;
    summary->next_point_ns = summary->scenario->output.series & ~SERIES_BIT(SERIES_POOL_PERIODS)
                             ? summary->warm_up_ns + prose_ns_from_s(summary->scenario->output.step_s) : PROSE_NEVER;
}

void
series_clear(ProseSummary *summary)
{
    g_array_unref(summary->points);
    g_array_unref(summary->pool_periods);
    g_free(summary->discovery_tracks);
    g_free(summary->pkmf_tracks);
}
