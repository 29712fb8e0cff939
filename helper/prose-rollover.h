/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run measured, as plain rows: rollover by rollover, UE by UE, point by point. One struct a table of results.sqlite,
 * one member a column (but run_id); doc/schema.md tells what each table is for.
 *
 * Rows come in the same order for the same settings, seed and run: by discovery's, UE's or PKMF's number in the scenario, then by
 * time. Names are those of `describe`. An entity is "" for the whole run, else "discovery command", "ue-group engines", "pkmf east",
 * "pool main" or "engines[3]", as events have it. Times are simulated seconds. NAN, and -1 for a number of a UE, stand for NULL.
 */
#ifndef PROSE_ROLLOVER_H
#define PROSE_ROLLOVER_H

#include "prose-summary.h"

/* One value of summary.json. */
typedef struct ProseMetricRow {
    const char *name;              /* "keys.requests" */
    const char *entity;
    double value;
} ProseMetricRow;

typedef struct ProseDistributionRow {
    const char *name;              /* "keys.blackout" */
    const char *entity;
    ProseSamplesStats stats;
} ProseDistributionRow;

/* [output] histograms: @count values in [@low, @high); empty ones are left out. */
typedef struct ProseHistogramRow {
    const char *name;
    const char *entity;
    double low, high;
    uint64_t count;
} ProseHistogramRow;

/* [output] samples: one value of a distribution. */
typedef struct ProseSampleRow {
    const char *name;
    const char *entity;            /* the discovery or the PKMF it was measured at; "" for neither */
    int ue, peer;
    int64_t key_period;            /* -1 where there is none */
    double value;                  /* censored: how long it had lasted when the run ended */
    bool censored;
} ProseSampleRow;

/* [output] series: one point. */
typedef struct ProseSeriesRow {
    const char *name;
    const char *entity;
    double t_s, value;
} ProseSeriesRow;

typedef struct ProseUeRow {
    unsigned ue;                   /* number over the whole scenario */
    const char *ue_group;
    unsigned member;               /* number in its group */
    uint64_t octets_up, octets_down;
    uint64_t kdf_logical;
} ProseUeRow;

/* A UE and a discovery or group that it takes part in. */
typedef struct ProseUeDiscoveryRow {
    unsigned ue;
    const char *discovery;
    const char *role;              /* "announce monitor": words of [ue-group], with blanks */
    int status_code;               /* of the last answer; 0: supplied; -1: no answer yet */
    double first_key_s;
    double blackout_s;             /* sum of its blackouts, an open one included */
    uint64_t blackouts;
    uint64_t sent;
    uint64_t accepted, repeated, lost_no_key, lost_clock;      /* candidates; lost_clock: clock-offset and stale */
} ProseUeDiscoveryRow;

/* The start of a key: of a cryptoperiod's, or of one that replaces it. */
typedef struct ProseRolloverRow {
    const char *discovery;
    int64_t key_period;            /* n of rules K2 */
    const char *cause;             /* "period"; "revoked", "left": it replaces a key because of a UE that holds it (rules K7) */
    double start_s;
    uint64_t wanted, ready;        /* UEs supplied at the start; those of them that hold the key then */
    double last_ready_s;           /* when the last of them got it; NAN while one has not */
    uint64_t lost_receptions, overlap_accepted;
    uint64_t deliveries, retransmissions;
    double exposure_s;             /* replacement: from then to the last Valid To that the UE holds; else NAN */
} ProseRolloverRow;

/* [output] series = pool.periods */
typedef struct ProsePoolPeriodRow {
    const char *pool;              /* "" for the nameless one */
    uint64_t period;
    double t_s;                    /* its start */
    uint64_t opportunities, slots, sent, candidates, accepted, repeated;
} ProsePoolPeriodRow;

typedef struct ProseRows {
    const ProseMetricRow *metrics;
    const ProseDistributionRow *distributions;
    const ProseHistogramRow *histograms;
    const ProseSampleRow *samples;
    const ProseSeriesRow *series;
    const ProseUeRow *ues;
    const ProseUeDiscoveryRow *ue_discoveries;
    const ProseRolloverRow *rollovers;
    const ProsePoolPeriodRow *pool_periods;
    size_t n_metrics, n_distributions, n_histograms, n_samples, n_series, n_ues, n_ue_discoveries, n_rollovers, n_pool_periods;
} ProseRows;

/* After prose_summary_finish(). Returns: (transfer none): all of it, as long as the summary and its scenario live. */
const ProseRows *prose_summary_rows(ProseSummary *summary);

#endif
