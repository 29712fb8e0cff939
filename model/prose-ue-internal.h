/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the UE share. Nobody else includes it.
 *
 * Every entry point sets `now_ns`, does its part, and ends in prose_ue_settle(), which does whatever is due and asks to
 * be woken for the rest. What an entry point wants done (a Key Request, a PDN connection) it notes as due, so each
 * thing is started in one place and nothing depends on who called whom. The PC5 path touches none of this.
 *
 * A UE that only takes part on PC5 with keys it was given has no network side: `net` is made when it is first needed.
 */
#ifndef PROSE_UE_INTERNAL_H
#define PROSE_UE_INTERNAL_H

#include "prose-exchange.h"
#include "prose-mikey-responder.h"
#include "prose-replay-window.h"
#include "prose-ue.h"

#define PROSE_UE_T_KR_NS (5 * (uint64_t) PROSE_NS_PER_S)           /* rules R2 */
#define PROSE_UE_BACK_OFF_NS (2 * (uint64_t) PROSE_NS_PER_S)
#define PROSE_UE_BACK_OFF_STEADY_NS (60 * (uint64_t) PROSE_NS_PER_S)
#define PROSE_UE_OFFSET_REQUEST_NS (60 * (uint64_t) PROSE_NS_PER_S)    /* rules R1: between requests for a clock-offset */
#define PROSE_UE_SUCCESSOR_RETRY_NS (60 * (uint64_t) PROSE_NS_PER_S)   /* rules R1 */
#define PROSE_UE_UNAVAILABLE_NS (60 * (uint64_t) PROSE_NS_PER_S)   /* status code 6 (OP-03) */

/* Wait before try number @failures + 1, from the second on: by default 2, 4, 8, 16 s, then 60 s (rules R2). */
uint64_t prose_ue_back_off_ns(const ProseUe *ue, unsigned failures);

/* ---- state tables ---- */

/* One state: what may happen in it and where it may go. What is not let in is ignored; a step that the table does not
 * have is a mistake of ours. */
typedef struct ProseUeState {
    const char *name;
    unsigned lets_in;                      /* bits of events */
    unsigned may_go_to;                    /* bits of states */
} ProseUeState;
#define PROSE_UE_BIT(x) (1u << (x))

bool prose_ue_lets_in(const ProseUeState *table, unsigned state, unsigned event);
void prose_ue_go(const ProseUeState *table, unsigned *state, unsigned next);

/* ---- one question to a server, until it is answered (rules R2): what PC3 and PC8 share ---- */

typedef enum ProseUeAskState {
    PROSE_UE_ASK_IDLE, PROSE_UE_ASK_WAITING, PROSE_UE_ASK_CONNECTING, PROSE_UE_ASK_ASKING,
} ProseUeAskState;

typedef struct ProseUeAsk ProseUeAsk;

/* How PC3 and PC8 differ. */
typedef struct ProseUeAskKind {
    /* Writes the document. Returns: octets written, or an error: there is nothing that could be asked. */
    ptrdiff_t (*build)(ProseUeAsk *ask, uint8_t *ret, size_t size);
    /* The attempt begins, for the reason ask->cause. */
    void (*sent)(ProseUeAsk *ask);
    /* A document came with status 200. Returns: %NULL if it was taken, else why it is ignored whole. */
    const char *(*handle)(ProseUeAsk *ask, const uint8_t *body, size_t len);
    /* It was not taken; tried again in a while. */
    void (*ignored)(ProseUeAsk *ask, const char *cause);
    /* There was none; tried again in a while. */
    void (*failed)(ProseUeAsk *ask, const char *cause);
} ProseUeAskKind;

struct ProseUeAsk {
    ProseUe *ue;
    const ProseUeAskKind *kind;
    void *owner;
    const char *fqdn;
    unsigned state;                        /* ProseUeAskState */
    uint64_t at_ns;                        /* waiting: when to begin; connecting, asking: when to give up */
    const char *cause;                     /* why it is asked */
    const char *again;                     /* (nullable): why it is to be asked again once this is over … */
    uint64_t again_ns;                     /* … and when */
    unsigned failures;                     /* in a row */
    uint8_t transaction_id;
    ProseConn conn;
    ProseExchange *exchange;               /* (owned) (nullable) */
    /* What the exchange's callbacks found, looked at after they are over. */
    bool is_over, is_taken, conn_is_gone;
    const char *why_ignored, *why_failed;
    unsigned retry_after_s;
};

/* Asks as soon as it may, for @cause. One that is waiting out a failure goes on waiting: it will ask for everything
 * there is to ask for then. */
void prose_ue_ask_want(ProseUeAsk *ask, const char *cause);
/* Not before @at_ns. */
void prose_ue_ask_want_at(ProseUeAsk *ask, const char *cause, uint64_t at_ns);
bool prose_ue_ask_is_busy(const ProseUeAsk *ask);
uint64_t prose_ue_ask_next(const ProseUeAsk *ask);
void prose_ue_ask_handle_expiry(ProseUeAsk *ask);
/* From the host, for ask->conn. */
void prose_ue_ask_connected(ProseUeAsk *ask);
void prose_ue_ask_received(ProseUeAsk *ask, const uint8_t *octets, size_t len);
void prose_ue_ask_closed(ProseUeAsk *ask);
/* The PDN connection is gone, and the TCP connection with it. */
void prose_ue_ask_pdn_lost(ProseUeAsk *ask);
void prose_ue_ask_clear(ProseUeAsk *ask);
/* An event whose peer is the server that is asked; a negative @value is none. */
void prose_ue_ask_emit(const ProseUeAsk *ask, ProseEventType type, const char *cause, double value);
/* The stable name of what a decoder found wrong with a document. */
const char *prose_ue_decode_cause(int error);

/* ---- what a UE consists of ---- */

typedef struct ProseUePkmf ProseUePkmf;

typedef struct ProseUeScope {
    ProseKeyScope scope;
    uint8_t roles;
    uint8_t supply;                        /* ProseSupply */
    uint8_t status;
    bool active;
    bool has_meta;
    bool is_provisioned;                   /* rules T2: nothing is asked for it */
    bool pkmf_is_unknown;                  /* asked, or nobody to ask */
    bool is_in_pc3;                        /* in the PC3 request that is under way */
    bool is_solicited;                     /* Model B: a response is due */
    ProseSecurityMetadata meta;
    uint32_t max_offset_s;
    uint32_t overlap_s, keep_past_s, lead_s, successor_check_s;
    uint64_t successor_retry_ns;
    uint32_t additional_every;             /* 0: no relay additional information */
    ProseUePkmf *pkmf;                     /* borrowed (nullable) */
    char *pkmf_fqdn;                       /* (owned) (nullable): pre-provisioned */
    uint64_t check_ns;                     /* is there a successor (R1)? PROSE_NEVER: nothing to check */
    int64_t check_of;                      /* Valid To of the newest key when the check was set */
    int64_t check_utc_ns;                  /* ProSe clock of a key's first check; INT64_MAX: retries, on simulated time */
} ProseUeScope;

/* What was asked of a PKMF in the request that is under way. */
typedef struct ProseUeAsked {
    ProseKeyScope scope;
    bool is_stop;
} ProseUeAsked;

struct ProseUePkmf {
    ProseUeAsk ask;
    char *fqdn;
    ProseMikeyResponder *responder;        /* (owned): PMK, last T, MACs seen */
    GArray *asked;                         /* of ProseUeAsked */
    bool was_asked;                        /* on an earlier PDN connection too: then "address" is why */
    bool pmk_was_asked;                    /* once (OP-07) */
    bool has_offset_request;
    uint64_t offset_request_ns;            /* the last one for a clock-offset refusal */
};

typedef enum ProseUePdnState {
    PROSE_UE_PDN_OFF, PROSE_UE_PDN_OPENING, PROSE_UE_PDN_BACK_OFF, PROSE_UE_PDN_UP, PROSE_UE_PDN_HELD, PROSE_UE_PDN_RELEASED,
    PROSE_UE_PDN_AWAY,
} ProseUePdnState;

/* The network side. */
typedef struct ProseUeNet {
    unsigned pdn_state;                    /* ProseUePdnState */
    bool pdn_is_pending;                   /* asked for, no result yet */
    unsigned pdn_failures;
    uint64_t pdn_retry_ns;
    ProseAddress address;
    ProseConn next_conn;                   /* odd */
    uint8_t next_transaction_id;
    ProseUeAsk pc3;
    GPtrArray *pkmfs;                      /* (owned) ProseUePkmf, in the order in which they became known */
    GPtrArray *responders;                 /* borrowed, of the PKMFs */
} ProseUeNet;

struct ProseUe {
    const char *name;
    const ProseHost *host;
    void *host_user;
    const ProseGbaSession *gba;
    const ProseProfile *profile;
    ProseSecretPool *secrets;
    const ProseKeySchema *key_schema;
    const ProsePc3Schema *pc3_schema;
    char *function_fqdn;
    int64_t utc_start_ns;
    ProseClock clock;
    ProseKeyStore *keys;
    ProseUeScope *scopes;
    size_t n_scopes;
    ProseUeNet *net;                       /* (owned) (nullable) */
    ProseConn first_conn;                  /* of its next network side: a connection has its number once */
    uint64_t now_ns;                       /* of the call that is being served */
    uint64_t armed_ns;                     /* what wake_at was last told */
    int64_t started_s;                     /* keys that start up to here have been reported */
    /* PC5 */
    ProsePc5Context *contexts;             /* (owned): earliest Valid To first */
    uint32_t n_contexts, contexts_room;
    uint64_t contexts_generation;          /* of the key store they were made from */
    bool contexts_are_stale;               /* something else they depend on has changed */
    ProseRepeatWindow *heard;              /* (owned) (nullable): made when the first message is accepted */
    uint64_t request_timeout_ns, back_off_ns, back_off_steady_ns;
    uint32_t ue_id;
    uint8_t user_info[PROSE_USER_INFO_ID_LEN];
    uint8_t algorithms;
    bool scrambling_supported, cleartext;
    bool is_away;                          /* out of the reach of any network */
};

/* ---- prose-ue.c ---- */

ProseUeScope *prose_ue_find_scope(const ProseUe *ue, ProseKeyScope scope);
/* Takes part and wants keys from the network: what a Key Request lists. */
bool prose_ue_wants(const ProseUe *ue, const ProseUeScope *s);
int64_t prose_ue_utc_s(const ProseUe *ue);
/* Floor of the ProSe clock, which must be set. */
int64_t prose_ue_clock_s(const ProseUe *ue);
ProseEvent prose_ue_event(const ProseUe *ue, ProseEventType type, const char *cause);
void prose_ue_emit(const ProseUe *ue, const ProseEvent *event);
/* @cause (nullable): "provisioned", if not from a Key Response. */
void prose_ue_set_clock(ProseUe *ue, int64_t utc_ns, uint32_t max_offset_s, const char *cause);
/* Nobody is known who serves @s: nothing is sent for it. */
void prose_ue_no_pkmf(ProseUe *ue, ProseUeScope *s, const char *cause);
/* Does what is due, and asks to be woken for the rest. */
void prose_ue_settle(ProseUe *ue);
void prose_ue_rearm(ProseUe *ue);

/* ---- prose-ue-pdn.c ---- */

/* Asks for a PDN connection, unless there is one or one is on its way. */
void prose_ue_pdn_start(ProseUe *ue);
/* Takes back a release that is still held. */
void prose_ue_pdn_keep(ProseUe *ue);
bool prose_ue_pdn_is_up(const ProseUe *ue);
/* The user has asked for the PDN connection's release: no keys are wanted any more. */
bool prose_ue_pdn_is_releasing(const ProseUe *ue);
uint64_t prose_ue_pdn_next(const ProseUe *ue);
void prose_ue_pdn_handle_expiry(ProseUe *ue);
/* Releases a connection that is held, once nobody has to be told any more. */
void prose_ue_pdn_check_held(ProseUe *ue);

/* ---- prose-ue-pc3.c ---- */

extern const ProseUeAskKind prose_ue_pc3_kind;
bool prose_ue_pc3_is_needed(const ProseUe *ue);

/* ---- prose-ue-request.c ---- */

extern const ProseUeAskKind prose_ue_request_kind;
/* (nullable): %NULL for a name that can be none. */
ProseUePkmf *prose_ue_pkmf_find_or_add(ProseUe *ue, const char *fqdn);
ProseUePkmf *prose_ue_pkmf_free(ProseUePkmf *pkmf);
/* Whether there is anything to tell it: a discovery wanted, or one to be stopped. */
bool prose_ue_pkmf_is_needed(const ProseUePkmf *pkmf);
/* It supplies something that has not been stopped since (rules R7). */
bool prose_ue_pkmf_supplies(const ProseUePkmf *pkmf);
/* Rules R1: a refusal for clock-offset asks for the time again. */
void prose_ue_request_after_clock_offset(ProseUe *ue, const ProseUeScope *s);
/* Rules R1: asks for the successor of @s's newest key when that is due, and sets the next check. */
void prose_ue_successor_handle_expiry(ProseUe *ue, ProseUeScope *s);
/* The ProSe clock was set: first checks move with it. */
void prose_ue_successor_clock_set(ProseUe *ue);

#endif
