/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ProSe Key Management Function: answers Key Requests in PSK-TLS, allocates PSDKs and PGKs, delivers them by MIKEY
 * (TS 33.303 6.6.4.2.2, 6.6.4.2.3; rules R3 to R8, K2, K4, K7, M1 to M5).
 *
 * Files: prose-pkmf (life, dispatch, stored sets), -request (Key Request to Response), -keys (one a cryptoperiod, and
 * their replacement), -delivery (MIKEY), -queue (workers and service times).
 */
#ifndef PROSE_PKMF_H
#define PROSE_PKMF_H

#include "prose-gba.h"
#include "prose-host.h"
#include "prose-key-message.h"
#include "prose-mikey.h"

typedef struct ProsePkmf ProsePkmf;

/* What keeps a worker busy; the argument of service_time. */
typedef enum ProsePkmfOp { PROSE_PKMF_OP_TLS, PROSE_PKMF_OP_REQUEST, PROSE_PKMF_OP_DELIVERY, PROSE_PKMF_N_OPS } ProsePkmfOp;

typedef struct ProsePkmfConfig {
    const char *name;                      /* entity in events: "pkmf east" */
    const char *fqdn;
    uint32_t max_offset_s;                 /* 0..127 */
    unsigned workers;
    size_t queue_limit;                    /* a request that finds this many jobs waiting gets HTTP 503, with the
                                            * host's retry_after; 0: no limit */
    uint64_t issue_pmk_every_ns;           /* OP-07: 24 h */
    uint64_t delivery_gap_ns;              /* between the first sends of one rollover of a discovery; 0: none */
    int64_t utc_start_ns;
    const ProseProfile *profile;           /* borrowed, as all below */
    ProseSecretPool *secrets;
    const ProseBsf *bsf;
    const ProseKeySchema *schema;
    bool cleartext;
} ProsePkmfConfig;

ProsePkmf *prose_pkmf_new(const ProsePkmfConfig *config, const ProseHost *host, void *user);
ProsePkmf *prose_pkmf_free(ProsePkmf *pkmf);

/* A discovery served here. Periods abut: n is [first_start + n * cryptoperiod, …) (K2). */
typedef struct ProsePkmfDiscovery {
    ProseKeyScope scope;
    ProseSecurityMetadata meta;
    int64_t first_start_s;                 /* UTC */
    uint32_t cryptoperiod_s;               /* > 2 * max_offset, and so long that 255 key IDs are enough (K4) */
    uint32_t lead_s;                       /* delivered this long before its start, or by the host's lead_delay later; < cryptoperiod */
    unsigned keys_ahead;                   /* future keys that a request brings along, whatever their lead; at most
                                            * PROSE_PKMF_KEYS_AHEAD_MAX */
    bool keeps_revoked_keys;               /* a revocation withdraws the authorisation and nothing else */
    bool replaces_at_leave;                /* a stop replaces what the UE was given, as a revocation does (K7) */
} ProsePkmfDiscovery;
/* With the current one these are the eight keys that a UE holds of a discovery (rules K5). */
#define PROSE_PKMF_KEYS_AHEAD_MAX 7
/* Returns: 0, %PROSE_ERR_DUPLICATE, or %PROSE_ERR_INVALID (see the comments above). */
int prose_pkmf_add_discovery(ProsePkmf *pkmf, const ProsePkmfDiscovery *discovery);
/* A group whose PGK is given out; its cryptoperiod as above. */
int prose_pkmf_add_group(ProsePkmf *pkmf, uint32_t group_id, uint8_t algorithms, int64_t first_start_s, uint32_t cryptoperiod_s, uint32_t lead_s);

/**
 * prose_pkmf_authorise:
 * @impi: the identity that tunnels are bound to (R6)
 *
 * Before anything is known of an IMPI it is no subscriber: HTTP 403 (R5). Withdrawn authorisation cancels pending
 * deliveries at once; keys already delivered stay with the UE (K7).
 */
void prose_pkmf_authorise(ProsePkmf *pkmf, const char *impi, ProseKeyScope scope, bool authorised, uint64_t now_ns);
/* Withdraws the authorisation; then, unless the discovery keeps revoked keys, emergency rollover of @scope against @impi (K7):
 * successors for all periods it was given, then deletions. UE by UE: each gets its deletion once it has answered for the
 * successor, and waits for nobody else. */
void prose_pkmf_revoke(ProsePkmf *pkmf, const char *impi, ProseKeyScope scope, uint64_t now_ns);
/* Down: open exchanges end, timers stop. Up again with @keep_state: stored sets, addresses and PMKs survive; without,
 * only keys do. */
void prose_pkmf_set_down(ProsePkmf *pkmf, uint64_t now_ns);
void prose_pkmf_set_up(ProsePkmf *pkmf, bool keep_state, uint64_t now_ns);

void prose_pkmf_tcp_accepted(ProsePkmf *pkmf, ProseConn conn, ProseAddress from, uint64_t now_ns);
void prose_pkmf_tcp_received(ProsePkmf *pkmf, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns);
void prose_pkmf_tcp_closed(ProsePkmf *pkmf, ProseConn conn, uint64_t now_ns);
void prose_pkmf_udp_received(ProsePkmf *pkmf, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len, uint64_t now_ns);
uint64_t prose_pkmf_next_expiry(const ProsePkmf *pkmf);
void prose_pkmf_handle_expiry(ProsePkmf *pkmf, uint64_t now_ns);

/* The PKMF's record of one UE, for tests and statistics. */
typedef struct ProsePkmfUeView {
    ProseAddress address;                  /* the newest, 0: none yet (REQ-66422-07) */
    size_t n_scopes;                       /* stored set */
    size_t n_pending;                      /* keys still to be delivered */
    bool unreachable;
    bool has_pmk;
} ProsePkmfUeView;
/* Returns: 0, or %PROSE_ERR_NOT_FOUND for an IMPI without a stored set. */
int prose_pkmf_view_ue(const ProsePkmf *pkmf, const char *impi, ProsePkmfUeView *ret);
bool prose_pkmf_has_scope(const ProsePkmf *pkmf, const char *impi, ProseKeyScope scope);

typedef struct ProsePkmfLoad {
    uint64_t jobs[PROSE_PKMF_N_OPS];
    uint64_t busy_ns;                      /* summed over workers */
    uint64_t wait_ns;                      /* summed over jobs */
    uint64_t wait_max_ns;
    size_t queue_max;
} ProsePkmfLoad;
void prose_pkmf_load(const ProsePkmf *pkmf, ProsePkmfLoad *ret);
/* TLS sessions it has now. */
size_t prose_pkmf_exchanges(const ProsePkmf *pkmf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProsePkmf, prose_pkmf_free)

#endif
