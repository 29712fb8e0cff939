/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the summary share: prose-summary (dispatch, PC5, discovery, PDN, TLS), -keys (requests,
 * deliveries, times without a key), prose-rollover (rollovers), -print (JSON), -text, prose-series (points over time), prose-rows (tables).
 */
#ifndef PROSE_SUMMARY_INTERNAL_H
#define PROSE_SUMMARY_INTERNAL_H

#include "prose-rollover.h"
#include "prose-ue-set.h"

/* Counts by a name that events bring along; kept in order of the names. */
typedef struct Counts {
    GArray *entries;               /* (owned) (nullable) of Count */
} Counts;
typedef struct Count {
    char *name;
    uint64_t n;
} Count;
void counts_add(Counts *counts, const char *name);
uint64_t counts_sum(const Counts *counts);
void counts_clear(Counts *counts);

/* Distributions, in the order of prose_distributions(). */
typedef enum Dist {
    DIST_TIME_TO_DISCOVER,
    DIST_TIME_TO_DISCOVER_ALL,
    DIST_PERIODS_TO_DISCOVER,
    DIST_PERIODS_TO_DISCOVER_ALL,
    DIST_REQUEST_TO_RESPONSE,
    DIST_REQUEST_TO_KEY,
    DIST_BLACKOUT,
    DIST_LATE,
    DIST_WAIT,                     /* of PKMFs: not in tallies */
    N_DISTS
} Dist;

/* What a value was measured at; -1 for what it has not. */
typedef struct Measured {
    int discovery, ue, peer;
    int64_t key_period;
} Measured;

/* One set of all counts: in total, of a discovery, or of a UE group. */
typedef struct Tally {
    ProsePc5Counts pc5;            /* of members: when the run is over */
    uint64_t opportunities;
    uint64_t pairs, discovered;
    /* keys */
    uint64_t responses, interrupted, requests_open;
    Counts request_ignored, request_failed;
    uint64_t supplied;
    Counts refused;
    uint64_t verified, verified_late, delivery_refused, unreachable, superseded, deliveries_open, retransmitted;
    Counts rejected;
    Counts wiped;
    uint64_t ues_supplied, ues_waiting;
    Counts ues_refused;
    /* network */
    uint64_t pdn_opened, octets_up, octets_down;
    Counts pdn_released;
    uint64_t handshakes;
    Counts tls_failed, http_refused;
    ProseSamples dists[N_DISTS];
} Tally;

/* A key at a UE, as simulated time in which it is there and valid. */
typedef struct Holding {
    uint8_t key_id;
    bool is_held;                  /* not wiped yet */
    int64_t valid_from, valid_to;
    uint64_t from_ns, to_ns;
} Holding;

/* [output] series, in the order of prose_series(). */
typedef enum Series {
    SERIES_HOLDING, SERIES_WITHOUT, SERIES_WANTED, SERIES_READY, SERIES_LOST, SERIES_OVERLAP, SERIES_SENT, SERIES_CANDIDATES, SERIES_ACCEPTED,
    SERIES_REQUESTS, SERIES_MESSAGES, SERIES_QUEUE, SERIES_QUEUE_MAX, SERIES_UTILISATION,
    SERIES_POOL_PERIODS,           /* a table of its own */
    N_SERIES
} Series;
#define SERIES_BIT(series) (UINT64_C(1) << (series))

/* Numbers that only grow, and what they were at the last point. */
typedef struct DiscoveryTrack {
    uint64_t lost, overlap, revoked_accepted;
    uint64_t last_lost, last_overlap, last_sent, last_candidates, last_accepted;
} DiscoveryTrack;

typedef struct PkmfTrack {
    uint64_t queue, busy;          /* since since_ns */
    uint64_t since_ns;
    double queue_area, busy_area;  /* jobs and workers times seconds, until then */
    double last_queue_area, last_busy_area, warm_up_queue_area;
    uint64_t queue_max;            /* since the last point */
    uint64_t requests, messages, last_requests, last_messages;
} PkmfTrack;

/* One UE in one discovery or group. */
typedef struct Member {
    bool takes_part;               /* has a role, and its user has not stopped it */
    bool is_supplied;              /* the last answer was yes */
    bool is_keyed;                 /* has had a key */
    int status_code;               /* of the last answer; 0: supplied; -1: none yet */
    ProsePc5Counts pc5;            /* slots of its own; candidates under the discovery that it received */
    char *refused;                 /* (owned) (nullable): status of the last answer, if it was no; or why nobody is asked */
    uint64_t asked_ns;             /* the request that its first key is waited for since; PROSE_NEVER: none */
    Holding *holdings;             /* (owned) (nullable) */
    unsigned n_holdings;
    int64_t newest_from;           /* latest Valid From of all keys it ever stored; INT64_MIN: none */
    uint64_t revoked_ns;           /* the PKMF gives it no more keys from then on, whether it knows or not; PROSE_NEVER: it does */
    uint64_t first_key_ns;         /* PROSE_NEVER: none */
    uint64_t blackout_ns, blackouts;   /* since the warm-up */
    uint64_t told_dark_ns;         /* a blackout that was told of and is not over began then; PROSE_NEVER: none */
    uint64_t swept_ns;             /* times without a key are known up to here … */
    uint64_t dark_ns;              /* … and one is open since here; PROSE_NEVER: none */
    unsigned to_hear;              /* senders there are … */
    ProseUeSet heard;              /* … and those it has heard */
} Member;

/* What is under way between a UE and a PKMF. */
typedef struct Dealing {
    bool request_is_open;
    uint64_t asked_ns;             /* the last request */
    bool delivery_is_open;
    uint64_t sent_ns;              /* its first message */
    int discovery;
} Dealing;

/* A key that is to be had from an instant on: that of a cryptoperiod, or one that replaces it. */
typedef struct Rollover {
    unsigned discovery;
    int64_t number;                /* n of rules K2 */
    int64_t valid_from;
    uint8_t key_id;                /* of the key that counts; 0: not known */
    const char *cause;             /* "period", "revoked", "left" */
    uint64_t start_ns;
    bool passed, closed;           /* it has started; nobody is waited for any more */
    uint64_t wanted, ready, missing;
    uint64_t last_ready_ns;
    uint64_t lost_receptions, overlap_accepted, deliveries, retransmissions;
    ProseSamples late;             /* of the UEs that wanted it, from the start until they had it */
    uint64_t revoked_ns;           /* with last_valid_to: */
    int64_t last_valid_to;         /* of the keys that the revoked UE held; INT64_MIN: nobody was */
    uint64_t *stored_ns;           /* (owned) (nullable): by UE, PROSE_NEVER for not yet */
} Rollover;

/* A key that took the place of another inside a period that had begun. */
typedef struct Replacement {
    unsigned discovery;
    uint8_t key_id;
    int64_t valid_from;
    uint64_t start_ns;             /* of its rollover */
} Replacement;

/* The last one of a discovery, or the last UE that left it where that replaces keys. */
typedef struct Revocation {
    uint64_t at_ns;                /* PROSE_NEVER: none */
    const char *cause;
    int64_t last_valid_to;         /* of the keys that the UE held; INT64_MIN: none */
    int64_t newest_allocated;      /* Valid From of the PKMF's newest key; INT64_MIN: none */
} Revocation;

struct ProseSummary {
    const ProseScenario *scenario;
    unsigned n_ues, n_discoveries, n_groups, n_pkmfs;
    const ProseStream *stream;         /* (nullable) */
    uint64_t warm_up_ns, end_ns, period_ns;
    bool finished;
    uint64_t unheard;                  /* (UE, discovery) with senders that it has not heard yet */
    void (*all_discovered_cb)(void *user);             /* (nullable): called once, when `unheard` comes to 0 */
    void *all_discovered_user;
    Tally total;
    Tally *by_discovery, *by_group;    /* (owned) */
    ProseSamples *cells;               /* (owned): values of distributions by discovery, then group, then distribution; the last discovery and the
                                        * last group are none. Tallies get them when the run is over */
    Member *members;                   /* (owned): by UE, then discovery */
    Dealing *dealings;                 /* (owned): by UE, then PKMF */
    uint64_t *power_on_ns;             /* (owned): by UE */
    uint64_t *octets;                  /* (owned): up and down of each UE */
    ProsePkmfLoad *loads;              /* (owned): by PKMF */
    ProseSamples *waits, all_waits;    /* (owned): by PKMF; and of all */
    uint64_t *refused_503;             /* (owned): by PKMF */
    GArray *rollovers;                 /* of Rollover: by start, then discovery */
    unsigned next_rollover;            /* the first that has not passed */
    GArray *replacements;              /* of Replacement: by time */
    Revocation *revocations;           /* (owned): by discovery */
    char **entities, **pkmf_entities;  /* (owned): "discovery command", "pkmf east" */
    GArray *samples;                   /* of ProseSampleRow: those that are wanted, as they came */
    GArray *points;                    /* of ProseSeriesRow: by time */
    GArray *pool_periods;              /* of ProsePoolPeriodRow */
    ProsePoolPeriodRow pool_before;    /* all counts up to the period before */
    DiscoveryTrack *discovery_tracks;  /* (owned) */
    PkmfTrack *pkmf_tracks;            /* (owned) */
    bool warm;                         /* the warm-up is over */
    uint64_t next_point_ns;            /* PROSE_NEVER: no series is wanted */
    double n_points;                   /* the next one's number, from 1 */
    struct RowStore *rows;             /* (owned) (nullable): made when first asked for */
};

/* The tallies that an item of @discovery and @ue (-1: none) counts in. Returns: how many. */
unsigned summary_tallies(ProseSummary *summary, int discovery, int ue, Tally *ret[3]);
void summary_pc5_add(ProsePc5Counts *sum, const ProsePc5Counts *counts);
/* A value of a distribution: counted once, and written down by itself if it is wanted. */
void summary_add_value(ProseSummary *summary, Dist dist, const Measured *at, double value);
/* One that was still open after @lasted when the run ended. */
void summary_add_censored(ProseSummary *summary, Dist dist, const Measured *at, double lasted);
Member *summary_member(const ProseSummary *summary, unsigned ue, unsigned discovery);
const ProseScenarioDiscovery *summary_discovery(const ProseSummary *summary, unsigned discovery);

/* Simulated time of a UTC second; what was before the start counts from the start. */
uint64_t summary_sim_ns(const ProseSummary *summary, int64_t utc_s);
/* Whether what one with the roles @sender sends is for one with the roles @receiver. */
bool summary_can_hear(unsigned receiver, unsigned sender);
/* The cryptoperiod that a simulated time is in. */
int64_t summary_key_period(const ProseSummary *summary, unsigned discovery, uint64_t at_ns);
/* Takes part, supplied and not refused or revoked since: the UE is to have the key of each new period. */
bool summary_wants_keys(const ProseSummary *summary, unsigned ue, unsigned discovery);

/* An event of group "measured"; @ue, -1: of the discovery itself. */
void summary_tell(const ProseSummary *summary, ProseEventType type, int ue, unsigned discovery, uint64_t at_ns, double value, const Rollover *rollover);

/* ---- prose-summary-keys.c ---- */

bool summary_holds_valid(const Member *member, uint64_t at_ns);
/* Tells of a blackout that begins or ends at @now_ns. */
void summary_keys_look(ProseSummary *summary, unsigned ue, unsigned discovery, uint64_t now_ns);

void summary_keys_init(ProseSummary *summary);
/* Any event of the groups keys, mikey and pkmf. */
void summary_keys_read(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about);
void summary_keys_finish(ProseSummary *summary);
void summary_keys_clear(ProseSummary *summary);

/* ---- prose-rollover.c ---- */

void rollovers_init(ProseSummary *summary);
/* Rollovers that start before @now_ns are looked at as they stand. */
void rollovers_pass(ProseSummary *summary, uint64_t now_ns);
void rollovers_finish(ProseSummary *summary);
void rollovers_key_stored(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event);
void rollovers_delivery_sent(ProseSummary *summary, unsigned discovery, const ProseEvent *event);
void rollovers_key_allocated(ProseSummary *summary, unsigned discovery, const ProseEvent *event);
/* @ue: who may hold it and is no longer to; -1: not known */
void rollovers_key_replaced(ProseSummary *summary, int ue, unsigned discovery, const ProseEvent *event);
/* The ID of the key that starts then; 0 while it is not known. */
uint8_t rollover_key_id(const ProseSummary *summary, unsigned discovery, int64_t valid_from);
ProseRolloverRow rollover_row(const ProseSummary *summary, const Rollover *rollover);
void rollovers_clear(ProseSummary *summary);

/* ---- prose-summary-print.c ---- */

/* summary.json as values; called for each, in the order of the file. NAN: null */
typedef void (*SummaryMetricCb)(void *user, const char *name, const char *entity, double value);
typedef void (*SummaryDistributionCb)(void *user, const char *name, const char *entity, const ProseSamplesStats *stats);
void summary_values(ProseSummary *summary, SummaryMetricCb metric, SummaryDistributionCb distribution, void *user);

uint64_t summary_sum_of(const uint64_t *values, size_t n);
/* Sums of their ends. */
uint64_t summary_n_requests(const Tally *tally);
uint64_t summary_n_deliveries(const Tally *tally);
uint64_t summary_n_ues(const Tally *tally);
/* Of one discovery; -1: of all. */
Rollover summary_sum_rollovers(const ProseSummary *summary, int discovery, uint64_t *ret_count);

/* ---- prose-series.c ---- */

void series_init(ProseSummary *summary);
/* PKMF_QUEUE or PKMF_WORKERS */
void series_pkmf_changed(ProseSummary *summary, unsigned pkmf, const ProseEvent *event);
/* After the end. Mean number of jobs waiting, without the warm-up. */
double series_mean_queue(ProseSummary *summary, unsigned pkmf);
void series_clear(ProseSummary *summary);

/* ---- prose-rows.c ---- */

void summary_rows_clear(ProseSummary *summary);

#endif
