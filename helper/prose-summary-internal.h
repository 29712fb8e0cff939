/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the summary share: prose-summary (dispatch, PC5, discovery, PDN, TLS), -keys (requests,
 * deliveries, times without a key), prose-rollover (rollovers), -print (JSON and text), prose-rows (tables).
 */
#ifndef PROSE_SUMMARY_INTERNAL_H
#define PROSE_SUMMARY_INTERNAL_H

#include "prose-rollover.h"

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

/* One set of all counts: in total, of a discovery, or of a UE group. */
typedef struct Tally {
    ProsePc5Counts pc5;            /* of members: when the run is over */
    uint64_t opportunities;
    uint64_t pairs, discovered;
    ProseSamples time_to_discover, time_to_discover_all, periods_to_discover, periods_to_discover_all;
    /* keys */
    uint64_t responses, interrupted, requests_open;
    Counts request_ignored, request_failed;
    uint64_t supplied;
    Counts refused;
    uint64_t verified, verified_late, delivery_refused, unreachable, superseded, deliveries_open, retransmitted;
    Counts rejected;
    ProseSamples request_to_response, request_to_key, blackout;
    uint64_t ues_supplied, ues_waiting;
    Counts ues_refused;
    /* network */
    uint64_t pdn_opened, octets_up, octets_down;
    Counts pdn_released;
    uint64_t handshakes;
    Counts tls_failed, http_refused;
} Tally;

/* A key at a UE, as simulated time in which it is there and valid. */
typedef struct Holding {
    uint8_t key_id;
    bool is_held;                  /* not wiped yet */
    int64_t valid_from, valid_to;
    uint64_t from_ns, to_ns;
} Holding;

/* One UE in one discovery or group. */
typedef struct Member {
    bool takes_part;               /* has a role */
    bool is_supplied;              /* the last answer was yes */
    bool is_revoked;               /* the PKMF gives it no more keys, whether it knows or not */
    bool is_keyed;                 /* has had a key */
    int status_code;               /* of the last answer; 0: supplied; -1: none yet */
    ProsePc5Counts pc5;            /* slots of its own; candidates under the discovery that it received */
    char *refused;                 /* (owned) (nullable): status of the last answer, if it was no; or why nobody is asked */
    uint64_t asked_ns;             /* the request that its first key is waited for since; PROSE_NEVER: none */
    GArray *holdings;              /* (owned) (nullable) of Holding */
    int64_t newest_from;           /* latest Valid From of all keys it ever stored; INT64_MIN: none */
    uint64_t first_key_ns;         /* PROSE_NEVER: none */
    uint64_t blackout_ns, blackouts;   /* since the warm-up */
    uint64_t swept_ns;             /* times without a key are known up to here … */
    uint64_t dark_ns;              /* … and one is open since here; PROSE_NEVER: none */
    unsigned to_hear, heard;       /* senders there are, and were heard */
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
    bool passed;
    uint64_t wanted, ready, missing;
    uint64_t last_ready_ns;
    uint64_t lost_receptions, overlap_accepted, deliveries, retransmissions;
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
    uint64_t warm_up_ns, end_ns, period_ns;
    bool finished;
    uint64_t unheard;                  /* (UE, discovery) with senders that it has not heard yet */
    void (*all_discovered_cb)(void *user);             /* (nullable): called once, when `unheard` comes to 0 */
    void *all_discovered_user;
    Tally total;
    Tally *by_discovery, *by_group;    /* (owned) */
    Member *members;                   /* (owned): by UE, then discovery */
    Dealing *dealings;                 /* (owned): by UE, then PKMF */
    uint64_t *power_on_ns;             /* (owned): by UE */
    uint64_t *octets;                  /* (owned): up and down of each UE */
    GHashTable *heard;                 /* set of (discovery, receiver, sender); looked up, never walked */
    ProsePkmfLoad *loads;              /* (owned): by PKMF */
    ProseSamples *waits, all_waits;    /* (owned): by PKMF; and of all */
    uint64_t *refused_503;             /* (owned): by PKMF */
    GArray *rollovers;                 /* of Rollover: by start, then discovery */
    unsigned next_rollover;            /* the first that has not passed */
    GArray *replacements;              /* of Replacement: by time */
    Revocation *revocations;           /* (owned): by discovery */
    struct RowStore *rows;             /* (owned) (nullable): made when first asked for */
};

/* The tallies that an item of @discovery and @ue (-1: none) counts in. Returns: how many. */
unsigned summary_tallies(ProseSummary *summary, int discovery, int ue, Tally *ret[3]);
Member *summary_member(const ProseSummary *summary, unsigned ue, unsigned discovery);
const ProseScenarioDiscovery *summary_discovery(const ProseSummary *summary, unsigned discovery);

/* Simulated time of a UTC second; what was before the start counts from the start. */
uint64_t summary_sim_ns(const ProseSummary *summary, int64_t utc_s);
/* Whether what one with the roles @sender sends is for one with the roles @receiver. */
bool summary_can_hear(unsigned receiver, unsigned sender);
/* Supplied and not refused or revoked since: the UE is to have the key of each new period. */
bool summary_wants_keys(const ProseSummary *summary, unsigned ue, unsigned discovery);

/* ---- prose-summary-keys.c ---- */

void summary_keys_init(ProseSummary *summary);
/* Any event of the groups keys, mikey and pkmf. */
void summary_keys_read(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about);
void summary_keys_finish(ProseSummary *summary);
void summary_keys_clear(ProseSummary *summary);

/* ---- prose-rollover.c ---- */

void rollovers_init(ProseSummary *summary);
/* Rollovers that start before @now_ns are looked at as they stand. */
void rollovers_pass(ProseSummary *summary, uint64_t now_ns);
void rollovers_key_stored(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event);
void rollovers_delivery_sent(ProseSummary *summary, unsigned discovery, const ProseEvent *event);
void rollovers_key_allocated(ProseSummary *summary, unsigned discovery, const ProseEvent *event);
/* @ue: who may hold it and is no longer to; -1: not known */
void rollovers_key_replaced(ProseSummary *summary, int ue, unsigned discovery, const ProseEvent *event);
ProseRolloverRow rollover_row(const ProseSummary *summary, const Rollover *rollover);
void rollovers_clear(ProseSummary *summary);

/* ---- prose-summary-print.c ---- */

/* summary.json as values; called for each, in the order of the file. NAN: null */
typedef void (*SummaryMetricCb)(void *user, const char *name, const char *entity, double value);
typedef void (*SummaryDistributionCb)(void *user, const char *name, const char *entity, const ProseSamplesStats *stats);
void summary_values(ProseSummary *summary, SummaryMetricCb metric, SummaryDistributionCb distribution, void *user);

/* ---- prose-rows.c ---- */

void summary_rows_clear(ProseSummary *summary);

#endif
