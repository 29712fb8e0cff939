/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one stream of typed events that everything else reads: trace, CSV, summary, statistics.
 *
 * Endpoints report what happened, once, with its cause; readers count, nobody counts twice.
 * An event never carries key octets (rules C3, C4).
 */
#ifndef PROSE_EVENT_H
#define PROSE_EVENT_H

#include "prose-ids.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ProseEventType {
    /* PDN connection of a UE */
    PROSE_EVENT_PDN_OPENED,            /* value: the address */
    PROSE_EVENT_PDN_RELEASED,          /* cause: by-network, by-ue, off-network */
    PROSE_EVENT_PDN_RELEASE_HELD,      /* the user asked, PKMFs still have to be told; value: how many */
    /* TLS, either end */
    PROSE_EVENT_TLS_ESTABLISHED,       /* peer: the other end */
    PROSE_EVENT_TLS_FAILED,            /* cause: the library's words, as a stable name */
    /* HTTP, either end: not understood, or refused */
    PROSE_EVENT_HTTP_REFUSED,          /* value: status */
    /* PC3, UE end */
    PROSE_EVENT_PC3_REQUESTED,
    PROSE_EVENT_PC3_ANSWERED,          /* value: discoveries it gives a PKMF for */
    PROSE_EVENT_PC3_FAILED,
    /* Key Request and Key Response */
    PROSE_EVENT_KEY_REQUEST_SENT,      /* UE; cause: why now (rules R1); value: transaction ID */
    PROSE_EVENT_KEY_REQUEST_RECEIVED,  /* PKMF; value: transaction ID */
    PROSE_EVENT_KEY_RESPONSE_SENT,     /* PKMF; value: transaction ID */
    PROSE_EVENT_KEY_RESPONSE_RECEIVED, /* UE; value: transaction ID */
    PROSE_EVENT_KEY_RESPONSE_IGNORED,  /* UE; cause (rules R3) */
    PROSE_EVENT_KEY_REQUEST_FAILED,    /* UE; cause: timeout, tls, http, closed; a retry follows */
    PROSE_EVENT_DISCOVERY_SUPPLIED,    /* UE: meta-data stored; value: Key Type ID */
    PROSE_EVENT_DISCOVERY_REFUSED,     /* UE; cause: the status code's name; value: the code */
    PROSE_EVENT_PMK_STORED,            /* UE */
    PROSE_EVENT_CLOCK_SET,             /* UE; clock_offset_s: new ProSe clock minus old, value: MAX_OFFSET */
    PROSE_EVENT_NO_PKMF,               /* UE: no FQDN known for a discovery, nothing is sent */
    /* MIKEY */
    PROSE_EVENT_KEY_DELIVERY_SENT,     /* PKMF; value: attempt, from 1 */
    PROSE_EVENT_KEY_VERIFIED,          /* PKMF: the UE's verification was right; value: attempts used */
    PROSE_EVENT_KEY_DELIVERY_REFUSED,  /* PKMF: error 12 from the UE, that key ends */
    PROSE_EVENT_UE_UNREACHABLE,        /* PKMF: until its next Key Request */
    PROSE_EVENT_MIKEY_REJECTED,        /* either end; cause: malformed, no-pmk, skew, replay, t-not-rising, mac … */
    PROSE_EVENT_KEY_STORED,            /* UE */
    PROSE_EVENT_KEY_ACKNOWLEDGED,      /* UE: verified, nothing stored; cause: same-key, past, deleted */
    PROSE_EVENT_KEY_REFUSED,           /* UE: error 12 sent; cause: not-wanted, key-length, interval, other-key-same-id */
    PROSE_EVENT_KEY_WIPED,             /* UE; cause: expired, replaced, deleted, limit, shutdown */
    PROSE_EVENT_KEY_STARTED,           /* UE: its ProSe clock passed Valid From of a key it holds */
    /* PC5 */
    PROSE_EVENT_SLOT_SENT,             /* one (UE, discovery, period) that was used */
    PROSE_EVENT_SLOT_REFUSED,          /* cause: a ProseSlotRefusal */
    PROSE_EVENT_CANDIDATE,             /* cause: a ProsePc5Outcome; peer: the sender */
    PROSE_EVENT_DISCOVERED,            /* first accepted message of that peer under that discovery */
    /* where a UE is, and what time it has there */
    PROSE_EVENT_POWER_CHANGED,         /* cause: on, off */
    PROSE_EVENT_COVERAGE_CHANGED,      /* cause: in, out */
    PROSE_EVENT_TIME_SOURCE_CHANGED,   /* cause: none, or nothing; value: how far it is ahead of UTC */
    /* PKMF's own state */
    PROSE_EVENT_AUTHORISATION_CHANGED, /* cause: revoked, authorised; value, if revoked: exposure, s */
    PROSE_EVENT_PKMF_DOWN,
    PROSE_EVENT_PKMF_UP,
    PROSE_EVENT_PSDK_ALLOCATED,        /* PKMF: a new period's key */
    PROSE_EVENT_PSDK_REPLACED,         /* PKMF: rules K7; cause: revoked, left; peer: who may hold it; value: exposure, s */
    /* PKMF's load, whenever the number has changed; reported once an instant and step */
    PROSE_EVENT_PKMF_QUEUE,            /* value: jobs that wait for a worker */
    PROSE_EVENT_PKMF_WORKERS,          /* value: workers that are busy */
    /* What only counting knows: derived from the above, by whoever counts */
    PROSE_EVENT_ROLLOVER,              /* a key is to be had from now on; cause: period, revoked, left; value: UEs that lack it */
    PROSE_EVENT_BLACKOUT_BEGAN,        /* UE: supplied, had a key, and holds none that is valid */
    PROSE_EVENT_BLACKOUT_ENDED,        /* UE; value: how long it was, s */
    PROSE_EVENT_N_TYPES
} ProseEventType;

/* Outcome of a candidate, the first that applies (rules P2). */
typedef enum ProsePc5Outcome {
    PROSE_PC5_WEAK,
    PROSE_PC5_HALF_DUPLEX,
    PROSE_PC5_COLLISION,
    PROSE_PC5_MALFORMED,
    PROSE_PC5_NO_KEY,
    PROSE_PC5_CLOCK_OFFSET,
    PROSE_PC5_STALE,
    PROSE_PC5_NOT_FOR_ME,
    PROSE_PC5_BAD_MIC,
    PROSE_PC5_REPEATED,
    PROSE_PC5_ACCEPTED,
    PROSE_PC5_N_OUTCOMES
} ProsePc5Outcome;

/* Why a slot was not used, the first that applies (rules P2). */
typedef enum ProseSlotRefusal {
    PROSE_SLOT_SENT,
    PROSE_SLOT_NOT_AUTHORISED,
    PROSE_SLOT_NO_KEY,
    PROSE_SLOT_NO_UTC,
    PROSE_SLOT_CLOCK_OFFSET,
    PROSE_SLOT_PROBABILITY,
    PROSE_SLOT_N_REFUSALS
} ProseSlotRefusal;

/* A reader looks at the fields that the event's row in prose_event_describe() names; others are zero.
 * Pointers are valid during the call only. */
typedef struct ProseEvent {
    uint64_t time_ns;
    ProseEventType type;
    const char *entity;            /* whose event: "engines[3]", "pkmf east", "prose-function operator" */
    const char *cause;             /* (nullable): a stable lower-case name */
    bool has_scope;
    ProseKeyScope scope;           /* the discovery or group */
    uint8_t key_id;                /* PSDK ID or PGK ID, 0 for none */
    int64_t valid_from;            /* s since 1970, of that key; 0 for none */
    int64_t valid_to;
    bool has_slot;
    uint32_t slot_counter;
    bool has_offset;
    double clock_offset_s;         /* slot counter minus ProSe clock */
    const char *peer;              /* (nullable): the other end; ground truth on PC5 (rules P4) */
    int32_t resource;              /* PC5 resource number, or -1 */
    bool has_power;
    double rx_power_dbm;
    const char *time_source;       /* (nullable) */
    bool has_value;
    double value;
    /* What a message says and where it came from or goes, for readers that tell it in words; no key octets. */
    ProseAddress address;          /* KEY_REQUEST_RECEIVED, KEY_DELIVERY_SENT: of the UE; 0 for none */
    const struct ProseKeyRequest *request;     /* (nullable): KEY_REQUEST_RECEIVED */
    const struct ProseKeyAnswer *answer;       /* (nullable): DISCOVERY_SUPPLIED, DISCOVERY_REFUSED */
} ProseEvent;

typedef struct ProseEventDescription {
    const char *name;              /* "key-stored" */
    const char *group;             /* pdn, tls, pc3, keys, mikey, pc5, pkmf: what --trace accepts beside names */
    const char *value;             /* unit and meaning of @value, "" if unused */
    const char *clause;
    const char *sentence;
} ProseEventDescription;

const ProseEventDescription *prose_event_describe(ProseEventType type);
const char *prose_event_name(ProseEventType type);
/* Returns: 0, or %PROSE_ERR_NOT_FOUND. */
int prose_event_type_from_name(ProseEventType *ret, const char *name);

const char *prose_pc5_outcome_name(ProsePc5Outcome o);   /* "weak", "half-duplex", … "mic", "repeated", "accepted" */
const char *prose_pc5_outcome_sentence(ProsePc5Outcome o);
const char *prose_slot_refusal_name(ProseSlotRefusal r); /* "sent", "not-authorised", … */
const char *prose_slot_refusal_sentence(ProseSlotRefusal r);

/* An event of @type with everything else empty (resource -1). */
ProseEvent prose_event_at(ProseEventType type, uint64_t time_ns, const char *entity);

#endif
