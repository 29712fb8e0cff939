/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the PKMF share. Who owns what:
 *
 *   ProsePkmf -> PkmfScope -> PkmfKey, PkmfMember        ProsePkmf -> PkmfUe -> PkmfDelivery -> PkmfAttempt
 *   ProseServerConn -> PkmfCall (its data)               the queue -> PkmfJob
 *
 * A member is one UE in one scope, and outlives its being wanted for as long as the UE may hold a key of it.
 */
#ifndef PROSE_PKMF_INTERNAL_H
#define PROSE_PKMF_INTERNAL_H

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-pkmf.h"
#include "prose-server.h"

#define PKMF_PMK_MESSAGES_MAX (1u << 20)   /* OP-07 */
#define PKMF_SENDS 4                       /* rules M2 */
#define PKMF_ATTEMPTS_OPEN 8               /* sends whose answer counts, over several Key Requests */
#define PKMF_HOLD_NS (1 * UINT64_C(1000000000))        /* rules M1 */
#define PKMF_ID_REST_S 300                 /* an ID rests this long after VT + MAX_OFFSET (rules K4) */

typedef struct PkmfScope PkmfScope;
typedef struct PkmfUe PkmfUe;
typedef struct PkmfDelivery PkmfDelivery;
typedef struct PkmfCall PkmfCall;

/* The key of one cryptoperiod. */
typedef struct PkmfKey {
    PkmfScope *scope;
    int64_t period;
    uint8_t id;
    int64_t valid_from, valid_to;
    uint8_t *octets;                       /* in guarded memory */
    bool rolled_out;                       /* its lead has begun: all who want it were put on the list */
    bool replaced;                         /* rules K7: given to nobody any more, deleted where it is held */
    bool holders_unknown;                  /* it outlived a restart that lost the holdings: anybody may hold it */
} PkmfKey;

/* A UE was sent a key, so it may hold it. */
typedef struct PkmfHolding {
    const PkmfKey *key;
    bool verified;
} PkmfHolding;

typedef struct PkmfMember {
    PkmfUe *ue;
    PkmfScope *scope;
    bool wanted;                           /* in the UE's stored set (REQ-66422-19) */
    uint32_t group_member_id;              /* groups */
    GArray *holdings;                      /* (owned) of PkmfHolding */
} PkmfMember;

/* A discovery or group served here. */
struct PkmfScope {
    ProsePkmf *pkmf;
    ProseKeyScope scope;
    ProseSecurityMetadata meta;
    uint8_t algorithms;                    /* groups */
    int64_t first_start_s;
    uint32_t cryptoperiod_s, lead_s;
    unsigned keys_ahead;
    bool keeps_revoked_keys, replaces_at_leave;
    uint64_t next_slot_ns;                 /* of the pace: when the next delivery of a rollover may go */
    GPtrArray *keys;                       /* (owned) PkmfKey, in order of allocation */
    GPtrArray *members;                    /* (owned) PkmfMember, in order of joining */
    size_t n_wanted;
    uint8_t last_id;
    int64_t id_rests_until[256];           /* rules K4 */
    bool exhausted;                        /* a period is without a key, since all IDs rest */
    uint32_t last_group_member_id;
    ProseTimer timer;                      /* a key's end, the next period's lead, an ID that is free again */
};

/* One message that was sent and may still be answered. */
typedef struct PkmfAttempt {
    ProsePkmf *pkmf;
    PkmfDelivery *delivery;                /* (nullable): %NULL once another attempt of it was answered */
    uint32_t csb_id;
    uint64_t t;
    uint8_t pmk_id[PROSE_PMK_ID_LEN];
    ProseMikeyKeys *keys;                  /* in guarded memory (nullable), as @delivery */
} PkmfAttempt;

/* A key, or the deletion of one, that a UE has not verified yet. */
struct PkmfDelivery {
    PkmfMember *member;
    const PkmfKey *key;
    bool deletion;
    bool is_paced;                         /* waits for the pace of its rollover */
    bool has_slot;                         /* due_ns is what the pace has given it */
    uint64_t due_ns;                       /* not before */
    unsigned sends;                        /* since the UE's last Key Request */
    GPtrArray *attempts;                   /* (owned) (nullable) PkmfAttempt, oldest first */
};

typedef struct PkmfJob {
    ProsePkmf *pkmf;
    ProsePkmfOp op;
    uint64_t queued_ns, started_ns;
    bool running;
    ProseTimer done;
    GList link;                            /* in ProsePkmf.jobs or .running */
    PkmfCall *call;                        /* TLS, request; %NULL: cancelled */
    PkmfUe *ue;                            /* delivery; %NULL: cancelled */
} PkmfJob;

/* One connection as the PKMF sees it. */
struct PkmfCall {
    ProsePkmf *pkmf;
    ProseServerConn *conn;
    PkmfUe *ue;                            /* (nullable): whom the tunnel is bound to; %NULL: no subscriber */
    PkmfJob *job;                          /* (nullable) */
    uint64_t number;                       /* of its request: later ones are newer */
    int error;                             /* of decoding it */
    ProseKeyRequest *request;              /* (owned) (nullable) */
};

/* A subscriber. */
struct PkmfUe {
    ProsePkmf *pkmf;
    char *impi;
    GArray *authorised;                    /* (owned) of ProseKeyScope, ascending */
    /* Lost by a restart without state, from here on. */
    GPtrArray *members;                    /* of PkmfMember (the scope's), by scope */
    bool has_set;                          /* a Key Request was answered */
    ProseAddress address;
    uint64_t newest_request;
    uint8_t *pmk;                          /* in guarded memory (nullable) */
    uint8_t pmk_id[PROSE_PMK_ID_LEN];
    bool pmk_proven;                       /* a verification under it has come (rules R8) */
    uint64_t pmk_since_ns;
    uint32_t pmk_messages;
    bool has_t;
    uint64_t last_t;                       /* rules M3 */
    GPtrArray *pending;                    /* (owned) PkmfDelivery, in the order of rules M2 */
    PkmfDelivery *sending;                 /* (nullable): the one that is out */
    bool unreachable;
    PkmfCall *hold;                        /* (nullable): wait for its end (rules M1) ... */
    uint64_t hold_until_ns;                /* ... but no longer than this */
    GPtrArray *answered;                   /* (owned) (nullable) PkmfAttempt of what was verified last: a second
                                            * verification of it is no offence (OP-15) */
    PkmfJob *job;                          /* (nullable): the message to be sent */
    ProseTimer timer;
};

struct ProsePkmf {
    ProsePkmfConfig config;
    char *name, *fqdn;
    ProseHost host;
    void *user;
    bool down;
    ProseTimers timers;
    uint64_t asked_ns;                     /* what the host was asked to wake us at */
    ProseServer *server;
    GPtrArray *scopes;                     /* (owned) PkmfScope, ascending */
    GHashTable *ues_by_impi;               /* never walked */
    GPtrArray *ues;                        /* (owned) PkmfUe, in order of first mention */
    GHashTable *attempts;                  /* CSB ID -> PkmfAttempt, never walked */
    uint64_t n_requests;
    GQueue jobs;                           /* of PkmfJob (owned): waiting, oldest first */
    GQueue running;                        /* of PkmfJob (owned): at most config.workers */
    guint queue_told, running_told;        /* what the last events of them said */
    ProsePkmfLoad load;
};

/* ---- prose-pkmf.c ---- */

int64_t pkmf_utc_ns(const ProsePkmf *pkmf, uint64_t now_ns);
int64_t pkmf_utc_s(const ProsePkmf *pkmf, uint64_t now_ns);
/* The simulated time of a UTC second, 0 if it was before the start. */
uint64_t pkmf_sim_ns(const ProsePkmf *pkmf, int64_t utc_s);
void pkmf_emit(const ProsePkmf *pkmf, ProseEvent *event, const PkmfUe *ue);
ProseEvent pkmf_key_event(const PkmfKey *key, ProseEventType type, uint64_t now_ns);
PkmfScope *pkmf_find_scope(const ProsePkmf *pkmf, ProseKeyScope scope);
bool pkmf_ue_is_authorised(const PkmfUe *ue, ProseKeyScope scope);
PkmfMember *pkmf_ue_find_member(const PkmfUe *ue, ProseKeyScope scope);
/* Takes @scope into the stored set of @ue. */
PkmfMember *pkmf_ue_join(PkmfUe *ue, PkmfScope *scope);
/* Out of the stored set, and nothing more is sent for it; what the UE holds it keeps (rules K6). */
void pkmf_member_leave(PkmfMember *member, uint64_t now_ns);
/* Out of its UE's and its scope's hands. */
void pkmf_member_free(PkmfMember *member);
PkmfHolding *pkmf_member_find_holding(const PkmfMember *member, const PkmfKey *key);
void pkmf_member_drop_holding(PkmfMember *member, const PkmfKey *key);

/* ---- prose-pkmf-request.c ---- */

void pkmf_call_arrived_cb(void *user, ProseServerConn *conn, uint64_t now_ns);
void pkmf_call_request_cb(void *user, ProseServerConn *conn, const uint8_t *body, size_t len, uint64_t now_ns);
void pkmf_call_left_cb(void *user, ProseServerConn *conn, uint64_t now_ns);
/* A worker has looked at the call's request. */
void pkmf_call_answer(PkmfCall *call, uint64_t now_ns);

/* ---- prose-pkmf-keys.c ---- */

/* Sees to it that every period that is due at @now_ns has a key that is given out, and sends new ones to all who want
 * them. Returns: whether it has; false if no ID was free (rules K4). */
bool pkmf_scope_ensure_keys(PkmfScope *scope, uint64_t now_ns);
/* Draws the keys that a request brings along ahead of their lead, as far as IDs are free. */
void pkmf_scope_ensure_ahead(PkmfScope *scope, uint64_t now_ns);
/* The last period whose key a request brings along. */
int64_t pkmf_scope_last_requested(const PkmfScope *scope, uint64_t now_ns);
/* Arms the scope's timer for what comes next. */
void pkmf_scope_rearm(PkmfScope *scope, uint64_t now_ns);
void pkmf_scope_expiry_cb(void *user, uint64_t now_ns);
/* Rules K7: replaces all that @leaver may hold; @cause: revoked, left. */
void pkmf_scope_roll_over(PkmfScope *scope, PkmfUe *leaver, const char *cause, uint64_t now_ns);
void pkmf_key_free(PkmfKey *key);

/* ---- prose-pkmf-delivery.c ---- */

/* What the UE needs of the scope at its request, whose entry is @want, now (rules K2, K5, K7). */
void pkmf_deliver_wanted(PkmfMember *member, const ProseKeyWant *want, uint64_t now_ns);
/* Nothing if it waits already, but that it may be due earlier. */
void pkmf_deliver(PkmfMember *member, const PkmfKey *key, bool deletion, uint64_t due_ns);
/* As one of a rollover: under its pace. */
void pkmf_deliver_paced(PkmfMember *member, const PkmfKey *key, uint64_t due_ns);
/* Ends what is pending of @member: of @key, or %NULL for all. Returns: whether anything was. */
bool pkmf_cancel(PkmfMember *member, const PkmfKey *key);
void pkmf_delivery_free(PkmfDelivery *delivery);

/* The UE's sending starts over: a Key Request came, or the PKMF is up again. */
void pkmf_ue_restart_sending(PkmfUe *ue, uint64_t now_ns);
/* Sends, waits or rests, as the UE's state says. To be called after anything that changed it. */
void pkmf_ue_go_on(PkmfUe *ue, uint64_t now_ns);
void pkmf_ue_expiry_cb(void *user, uint64_t now_ns);
/* A worker has made the UE's next message. */
void pkmf_ue_send(PkmfUe *ue, uint64_t now_ns);
void pkmf_answer_received(ProsePkmf *pkmf, const uint8_t *octets, size_t len, uint64_t now_ns);

/* ---- prose-pkmf-queue.c ---- */

/* First come, first served by config.workers. */
PkmfJob *pkmf_queue_add(ProsePkmf *pkmf, ProsePkmfOp op, PkmfCall *call, PkmfUe *ue, uint64_t now_ns);
/* Nobody wants its result: it costs nothing if no worker has begun it. */
void pkmf_job_cancel(PkmfJob *job, uint64_t now_ns);
bool pkmf_queue_is_full(const ProsePkmf *pkmf);
/* Everybody drops what he is doing; @now_ns may be 0 if nobody will ask for the load. */
void pkmf_queue_clear(ProsePkmf *pkmf, uint64_t now_ns);
/* Tells readers of events how long the queue is and how many work, if that has changed. */
void pkmf_queue_report(ProsePkmf *pkmf, uint64_t now_ns);

#endif
