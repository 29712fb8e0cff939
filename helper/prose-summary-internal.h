/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the summary share: prose-summary (dispatch, PC5, discovery, PDN, TLS), -keys (requests,
 * deliveries, times without a key, rollovers), -print (JSON and text).
 */
#ifndef PROSE_SUMMARY_INTERNAL_H
#define PROSE_SUMMARY_INTERNAL_H

#include "prose-samples.h"
#include "prose-summary.h"

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
    uint64_t slots[PROSE_SLOT_N_REFUSALS];
    uint64_t outcomes[PROSE_PC5_N_OUTCOMES];
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
    uint64_t kdf_logical, kdf_computed;
} Tally;

/* A key at a UE, as simulated time in which it is there and valid. */
typedef struct Holding {
    uint8_t key_id;
    uint64_t from_ns, to_ns;
} Holding;

/* One UE in one discovery or group. */
typedef struct Member {
    bool takes_part;               /* has a role */
    bool is_supplied;              /* the last answer was yes */
    bool is_keyed;                 /* has had a key */
    char *refused;                 /* (owned) (nullable): status of the last answer, if it was no; or why nobody is asked */
    uint64_t asked_ns;             /* the request that its first key is waited for since; PROSE_NEVER: none */
    GArray *holdings;              /* (owned) (nullable) of Holding */
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

/* The start of a cryptoperiod inside the run. */
typedef struct Rollover {
    unsigned discovery;
    int64_t number;                /* n of rules K2 */
    int64_t valid_from;
    uint64_t start_ns;
    bool passed;
    uint64_t wanted, ready, missing;
    uint64_t last_ready_ns;
    uint64_t lost_receptions, deliveries, retransmissions;
    uint64_t *stored_ns;           /* (owned) (nullable): by UE, PROSE_NEVER for not yet */
} Rollover;

struct ProseSummary {
    const ProseScenario *scenario;
    unsigned n_ues, n_discoveries, n_groups, n_pkmfs;
    uint64_t warm_up_ns, end_ns, period_ns;
    bool finished;
    Tally total;
    Tally *by_discovery, *by_group;    /* (owned) */
    Member *members;                   /* (owned): by UE, then discovery */
    Dealing *dealings;                 /* (owned): by UE, then PKMF */
    uint64_t *power_on_ns;             /* (owned): by UE */
    GHashTable *heard;                 /* set of (discovery, receiver, sender); looked up, never walked */
    ProsePkmfLoad *loads;              /* (owned): by PKMF */
    ProseSamples *waits, all_waits;    /* (owned): by PKMF; and of all */
    uint64_t *refused_503;             /* (owned): by PKMF */
    GArray *rollovers;                 /* of Rollover: by start, then discovery */
    unsigned next_rollover;            /* the first that has not passed */
};

/* The tallies that an item of @discovery and @ue (-1: none) counts in. Returns: how many. */
unsigned summary_tallies(ProseSummary *summary, int discovery, int ue, Tally *ret[3]);
Member *summary_member(const ProseSummary *summary, unsigned ue, unsigned discovery);
const ProseScenarioDiscovery *summary_discovery(const ProseSummary *summary, unsigned discovery);

/* ---- prose-summary-keys.c ---- */

void summary_keys_init(ProseSummary *summary);
/* Any event of the groups keys, mikey and pkmf. */
void summary_keys_read(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about);
/* Rollovers that start before @now_ns are looked at as they stand. */
void summary_keys_pass(ProseSummary *summary, uint64_t now_ns);
/* A candidate that the receiver had no key for. */
void summary_keys_lost(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about);
void summary_keys_finish(ProseSummary *summary);
void summary_keys_clear(ProseSummary *summary);

#endif
