/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary: a reader of the event stream that counts, and writes summary.json and what is printed at the end.
 *
 * Each set of outcomes adds up to its total, after a warm-up too: an item belongs where its slot, its request or its
 * delivery began, and is counted or left out as a whole. Everything is counted in total, by discovery and by UE group.
 */
#ifndef PROSE_SUMMARY_H
#define PROSE_SUMMARY_H

#include "prose-pkmf.h"
#include "prose-samples.h"
#include "prose-stream.h"

typedef struct ProseSummary ProseSummary;

ProseSummary *prose_summary_new(const ProseScenario *scenario);        /* borrowed */
ProseSummary *prose_summary_free(ProseSummary *summary);               /* takes %NULL, returns %NULL */

ProseEventReader prose_summary_reader(ProseSummary *summary);
/* @stream (borrowed): where events of the group "measured" go; without one they go nowhere. Its own reader has to come first, so that they keep
 * the order of time. */
void prose_summary_set_stream(ProseSummary *summary, const ProseStream *stream);

/* Calls @cb once, as soon as every UE has heard every other sender of its discoveries. */
void prose_summary_set_all_discovered_cb(ProseSummary *summary, void (*cb)(void *user), void *user);

/* What is no event: */
/* @ue takes part from here on; without it, from the start. */
void prose_summary_set_power_on(ProseSummary *summary, unsigned ue, uint64_t at_ns);
/* The user of @ue stops or starts a discovery it has a role in, at @now_ns. */
void prose_summary_set_active(ProseSummary *summary, unsigned ue, unsigned discovery, bool active, uint64_t now_ns);
/* Ordered pairs (sender with a slot, monitoring UE of @group), see ProseRadioConfig. */
void prose_summary_add_opportunities(ProseSummary *summary, unsigned discovery, unsigned group, uint64_t n, uint64_t slot_ns);
/* PC5 of one UE in one discovery. A candidate is the receiver's, under the sender's discovery. */
typedef struct ProsePc5Counts {
    uint64_t slots[PROSE_SLOT_N_REFUSALS];
    uint64_t outcomes[PROSE_PC5_N_OUTCOMES];
    uint64_t kdf_logical, kdf_computed;
} ProsePc5Counts;
/* Where a radio counts that raises no event a slot or a candidate; only of slots that began at the end of the warm-up or later.
 * (transfer none): as long as the summary lives. */
ProsePc5Counts *prose_summary_pc5(ProseSummary *summary, unsigned ue, unsigned discovery);

/* @receiver has accepted a message of @sender, which was sent in a slot that began at @slot_ns, after the warm-up. */
void prose_summary_add_discovered(ProseSummary *summary, unsigned receiver, unsigned sender, unsigned discovery, uint64_t at_ns, uint64_t slot_ns);

/* A transmission, as candidates near a switch of keys are told of. */
typedef struct ProsePc5Sent {
    unsigned sender, discovery;
    uint8_t key_id;                        /* the key it was protected with */
    int64_t valid_from;
    uint64_t slot_ns;                      /* its slot began */
} ProsePc5Sent;
/* Beside the counts, without events: a candidate that was decoded and ended as no-key, not-for-me or mic. */
void prose_summary_add_untaken(ProseSummary *summary, unsigned receiver, const ProsePc5Sent *sent, ProsePc5Outcome outcome);
/* An accepted or repeated one, where prose_summary_is_switching(): @slot_utc_s is the receiver's slot counter. */
void prose_summary_add_accepted(ProseSummary *summary, unsigned receiver, const ProsePc5Sent *sent, int64_t slot_utc_s);
/* Whether receivers may send with another key than @sent's, or its sender is no longer authorised: asked once a transmission, so that
 * acceptances far from a switch cost nothing. */
bool prose_summary_is_switching(const ProseSummary *summary, const ProsePc5Sent *sent);
/* Whether @sent's sender is no longer authorised: then every acceptance is told, whatever key the receiver would send with. */
bool prose_summary_is_withdrawn(const ProseSummary *summary, const ProsePc5Sent *sent);

/* What crossed @ue's access since the end of the warm-up. */
void prose_summary_add_octets(ProseSummary *summary, unsigned ue, uint64_t up, uint64_t down);
/* A job of a PKMF began after this wait. */
void prose_summary_add_wait(ProseSummary *summary, unsigned pkmf, uint64_t wait_ns, uint64_t now_ns);
/* Work of a PKMF since the end of the warm-up; the longest queue is that of the whole run. */
void prose_summary_set_load(ProseSummary *summary, unsigned pkmf, const ProsePkmfLoad *load);

/* Everything before @now_ns has happened: rollovers that have started since are looked at, and points of series taken. Events do this by
 * themselves; for times in which none comes. */
void prose_summary_pass(ProseSummary *summary, uint64_t now_ns);
/* [output] series = pool.periods: the pool's period that began at @start_ns is over, and all its candidates are counted. */
void prose_summary_end_period(ProseSummary *summary, uint64_t period, uint64_t start_ns);
bool prose_summary_wants_periods(const ProseSummary *summary);
/* The run is over at @end_ns: what is open is counted as open, and events are ignored from now on. */
void prose_summary_finish(ProseSummary *summary, uint64_t end_ns);

/* Where a result came from. */
typedef struct ProseSummaryMeta {
    const char *version;           /* of prose-sim */
    const char *ns3_version;
    const char *command;           /* what gives this run again */
    const char *stopped_by;        /* what ended it: "duration", or the word of [simulation] stop-when */
} ProseSummaryMeta;
/* After finish. summary.json. Returns: (transfer full): g_free(). */
char *prose_summary_to_json(ProseSummary *summary, const ProseSummaryMeta *meta);
/* After finish. What a person reads at the end. (transfer full) */
char *prose_summary_to_text(ProseSummary *summary);

/* A row of `describe`: everything summary.json measures, "*" standing for a cause, a status or a name. */
typedef struct ProseMetric {
    const char *name;              /* "keys.request-to-key" */
    const char *unit;              /* "s", "" for a count; "s, distribution" … */
    const char *sentence;
} ProseMetric;
const ProseMetric *prose_metrics(size_t *ret_n);
/* The same of its member meta: what was run, nothing measured. */
const ProseMetric *prose_summary_facts(size_t *ret_n);
/* What [output] series may name. */
const ProseMetric *prose_series(size_t *ret_n);
/* What [output] samples and histograms may name: the distributions among the metrics. */
typedef struct ProseDistributionName {
    const char *name;
    ProseBins bins;
} ProseDistributionName;
const ProseDistributionName *prose_distributions(size_t *ret_n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseSummary, prose_summary_free)

#endif
