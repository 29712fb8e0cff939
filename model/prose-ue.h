/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A public safety ProSe-enabled UE: fetches keys from its PKMFs, keeps them, announces, monitors, solicits and
 * responds on PC5 (TS 33.303 6.6; TS 24.334 10A; rules T, K, R, M and P of doc/assumptions.md).
 *
 * Files: prose-ue (life, timers, dispatch), -pdn (PDN connection and its release), -ask (one question to a server, with its
 * retries), -pc3 (which PKMF serves what), -request (Key Request and Response), -mikey (deliveries), -pc5 (protect,
 * unprotect, match).
 *
 * Each attempt at a Key Request is one KEY_REQUEST_SENT, when its connection is asked for, and then one of
 * KEY_RESPONSE_RECEIVED, KEY_RESPONSE_IGNORED and KEY_REQUEST_FAILED. Causes of the first (rules R1, R2): set, address,
 * successor, no-pmk, clock-offset, unavailable, release, retry. Of the last: timeout, tls, http, closed, no-address.
 */
#ifndef PROSE_UE_H
#define PROSE_UE_H

#include "prose-clock.h"
#include "prose-gba.h"
#include "prose-host.h"
#include "prose-key-store.h"
#include "prose-pc3-message.h"

typedef struct ProseUe ProseUe;

/* What a UE does in a discovery; any combination. */
typedef enum ProseRole {
    PROSE_ROLE_ANNOUNCE = 1 << 0,          /* Model A */
    PROSE_ROLE_MONITOR = 1 << 1,
    PROSE_ROLE_SOLICIT = 1 << 2,           /* Model B: discoverer */
    PROSE_ROLE_RESPOND = 1 << 3,           /* Model B: discoveree; at most one response a period */
    PROSE_ROLE_HOLD = 1 << 4,              /* keys only */
    PROSE_ROLE_INFORM = 1 << 5,            /* relay additional information; follows from ProseUeDiscovery.additional_every */
} ProseRole;
#define PROSE_ROLES_SENDING (PROSE_ROLE_ANNOUNCE | PROSE_ROLE_SOLICIT | PROSE_ROLE_RESPOND | PROSE_ROLE_INFORM)
#define PROSE_ROLES_RECEIVING (PROSE_ROLE_MONITOR | PROSE_ROLE_SOLICIT | PROSE_ROLE_RESPOND)

typedef struct ProseUeDiscovery {
    ProseKeyScope scope;                   /* PSDK type; or PGK: a group key asked for beside, role hold */
    unsigned roles;
    const char *pkmf_fqdn;                 /* (nullable): pre-provisioned; else asked of the ProSe Function */
    uint32_t overlap_s;                    /* receive-key = clock only; UINT32_MAX: MAX_OFFSET */
    uint32_t keep_past_s;                  /* beyond MAX_OFFSET (K3) */
    uint32_t lead_s;                       /* what the UE expects of the PKMF, for the successor check (R1); 0: unknown */
    uint32_t successor_check_s;            /* R1: this long before Valid To; 0: min(10 % of the period, lead / 2) */
    uint32_t successor_retry_s;            /* R1; 0: 60 s */
    uint32_t additional_every;             /* relay: who announces informs in every Nth period instead, who monitors hears it; 0: never */
} ProseUeDiscovery;

#define PROSE_UE_BACK_OFF_DOUBLED 3        /* times, then steady */

typedef struct ProseUeConfig {
    const char *name;                      /* borrowed; entity in events: "engines[3]" */
    const ProseGbaSession *gba;            /* borrowed; its IMPI is the UE's identity */
    const char *function_fqdn;             /* (nullable): no ProSe Function is known */
    bool scrambling_supported;
    uint8_t algorithms;                    /* Supported Algorithm, for group keys */
    uint8_t user_info[PROSE_USER_INFO_ID_LEN];
    uint32_t ue_id;                        /* ProSe (Relay) UE ID, 24 bit */
    int64_t utc_start_ns;
    int32_t clock_drift_ppb;
    const ProseUeDiscovery *discoveries;   /* copied */
    size_t n_discoveries;
    const ProseProfile *profile;           /* borrowed, as all below */
    ProseSecretPool *secrets;
    const ProseKeySchema *key_schema;
    const ProsePc3Schema *pc3_schema;
    bool cleartext;                        /* rules C4's control run */
    /* Rules R2; each 0: as they say. What server requests and PDN connections wait for. */
    uint64_t request_timeout_ns;           /* T-KR, of a whole attempt; 5 s */
    uint64_t back_off_ns;                  /* before the second try, twice as long before each of the next three; 2 s */
    uint64_t back_off_steady_ns;           /* before each later one; 60 s */
} ProseUeConfig;

/* @config may go afterwards; what it borrows and @host must stay. At most 64 discoveries and 64 groups, each once. */
ProseUe *prose_ue_new(const ProseUeConfig *config, const ProseHost *host, void *user);
ProseUe *prose_ue_free(ProseUe *ue);       /* wipes; takes %NULL, returns %NULL */

/**
 * prose_ue_provision:
 * @clock_ns: UTC to which the ProSe clock is set
 *
 * The scenario gives meta-data, MAX_OFFSET and the time of @scope instead of a PKMF, so nothing is asked for it (rules T2).
 * Its keys follow by prose_ue_provision_key(). Before prose_ue_start().
 *
 * Returns: 0, or %PROSE_ERR_NOT_FOUND if the UE was not configured with @scope.
 */
int prose_ue_provision(ProseUe *ue, ProseKeyScope scope, const ProseSecurityMetadata *meta, uint32_t max_offset_s,
                       int64_t clock_ns, uint64_t now_ns);
/* Returns: 0, %PROSE_ERR_NOT_FOUND, %PROSE_ERR_STATE if @scope is not provisioned, or as prose_key_store_add(). */
int prose_ue_provision_key(ProseUe *ue, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to,
                           const uint8_t key[PROSE_KEY_LEN], uint64_t now_ns);

/* Power on: opens the PDN connection, finds its PKMFs, asks for keys. */
void prose_ue_start(ProseUe *ue, uint64_t now_ns);
/* Power off: keys, PMKs and what the network said are gone, the ProSe clock is unset, nothing is asked or told. What the user wants,
 * and whom the UE has discovered, is kept. It may be started again, and be given what the scenario gives before. */
void prose_ue_shut_down(ProseUe *ue, uint64_t now_ns);
/* The user starts or stops taking part in @scope; a stop asks for no more keys, held keys stay usable (K6).
 * Returns: 0, or %PROSE_ERR_NOT_FOUND if the UE was not configured with it. */
int prose_ue_set_active(ProseUe *ue, ProseKeyScope scope, bool active, uint64_t now_ns);
/* The user asks to give the PDN connection back: held until each PKMF has answered the stop (REQ-66422-03, R7). */
void prose_ue_request_pdn_release(ProseUe *ue, uint64_t now_ns);

/* PDN connection, from the host. */
void prose_ue_pdn_opened(ProseUe *ue, ProseAddress address, uint64_t now_ns);
void prose_ue_pdn_failed(ProseUe *ue, uint64_t now_ns);            /* none to be had now: back-off */
void prose_ue_pdn_lost(ProseUe *ue, uint64_t now_ns);              /* released by the network: reopen, announce anew */
/* The UE goes out of the reach of any network, or comes back. Out of reach it has no PDN connection and asks for none, what the host
 * was asked for is forgotten, and keys in hand stay usable; back, it opens one and tells each PKMF its new address. */
void prose_ue_set_reach(ProseUe *ue, bool in_reach, uint64_t now_ns);

void prose_ue_tcp_connected(ProseUe *ue, ProseConn conn, uint64_t now_ns);
void prose_ue_tcp_received(ProseUe *ue, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns);
void prose_ue_tcp_closed(ProseUe *ue, ProseConn conn, uint64_t now_ns);
void prose_ue_udp_received(ProseUe *ue, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len, uint64_t now_ns);
uint64_t prose_ue_next_expiry(const ProseUe *ue);
void prose_ue_handle_expiry(ProseUe *ue, uint64_t now_ns);

/* ---- PC5 ---- */

/* What the UE knows of the time at one pool subframe: its system UTC, from whatever source (T3). */
typedef struct ProseSlot {
    uint64_t now_ns;                       /* start of that subframe */
    bool has_utc;
    uint32_t counter;                      /* floor of system UTC there, s since 1970 modulo 2^32 */
    const char *time_source;               /* "sib16", … for traces */
} ProseSlot;

/* Whether the UE would send in this period under @role of @scope (active, the role configured; a respond role only after a
 * solicitation heard since its last response; solicit every second period; inform or announce, never both). Looks at no key and
 * no clock. */
bool prose_ue_pc5_wants_slot(const ProseUe *ue, ProseKeyScope scope, ProseRole role, uint64_t period);

/**
 * prose_ue_pc5_send:
 * @ret: (out): the 29 octets, if sent
 * @ret_key: (out) (optional): the key that protects it (borrowed until the store changes), for the trace
 * @mic_random: from the slot's own draws
 *
 * Gates in the order of rules P2 (the probability draw is the caller's, tested last), then protects under K1's key.
 * Emits no event: the caller owns the slot's.
 *
 * Returns: %PROSE_SLOT_SENT or why not.
 */
ProseSlotRefusal prose_ue_pc5_send(ProseUe *ue, ProseKeyScope scope, ProseRole role, const ProseSlot *slot,
                                   const uint8_t mic_random[PROSE_MIC_LEN], uint8_t ret[PROSE_PC5_LEN], const ProseStoredKey **ret_key);
/* The gates alone, without protecting. */
ProseSlotRefusal prose_ue_pc5_gate(ProseUe *ue, ProseKeyScope scope, const ProseSlot *slot);

typedef struct ProsePc5Received {
    ProsePc5Outcome outcome;
    ProseKeyScope scope;                   /* accepted or repeated: of which discovery */
    uint8_t key_id;
    int64_t valid_from;
    uint32_t counter;                      /* rebuilt */
    uint8_t type;
    uint8_t content[PROSE_CONTENT_LEN];
    bool first;                            /* first of that sender identity under that discovery; never of additional information */
    unsigned derivations;
} ProsePc5Received;

/* Octets heard in @slot. Emits no event. A solicitation that is accepted arms the response. */
void prose_ue_pc5_receive(ProseUe *ue, const ProseSlot *slot, const uint8_t *octets, size_t len, ProsePc5Received *ret);
/* Whether the UE receives anything at all: it has an active receiving role. */
bool prose_ue_pc5_listens(const ProseUe *ue);

/* ---- PC5, for a host that asks less often (prose-pc5-memo.h): what the above would say, and for how long ---- */

/* What is sent under @role, one of PROSE_ROLES_SENDING, of @scope. */
uint8_t prose_ue_pc5_type(ProseKeyScope scope, ProseRole role);
/* What goes out under one role: all of it stays as long as the UE is told nothing and slot counters are from @slot's on and
 * below @until_counter, but for the gate of rules T4. */
typedef struct ProsePc5Ready {
    const ProseStoredKey *key;             /* borrowed until the store changes */
    ProseSecurityMetadata meta;
    uint32_t max_offset_s;
    uint32_t until_counter;                /* another key is due then */
    uint8_t type;
    uint8_t content[PROSE_CONTENT_LEN];    /* in clear */
} ProsePc5Ready;

/* As prose_ue_pc5_gate(). @ret: filled with %PROSE_SLOT_SENT. */
ProseSlotRefusal prose_ue_pc5_ready(ProseUe *ue, ProseKeyScope scope, ProseRole role, const ProseSlot *slot, ProsePc5Ready *ret);
/* What it tries on what it hears, in order. Returns: (transfer none): valid until the UE is told something. */
const ProsePc5Context *prose_ue_pc5_contexts(ProseUe *ue, size_t *ret_n);
const ProseStoredKey *prose_ue_pc5_context_key(const ProseUe *ue, const ProsePc5Context *context);
/* The time before which no slot with a counter that follows true UTC, @utc_ns at @now_ns, makes the UE ask for the time for having heard
 * something (rules R1). */
uint64_t prose_ue_pc5_content_until(const ProseUe *ue, int64_t utc_ns, uint64_t now_ns);

/* ---- what tests and readers look at ---- */
const ProseClock *prose_ue_clock(const ProseUe *ue);
const ProseKeyStore *prose_ue_keys(const ProseUe *ue);
ProseAddress prose_ue_address(const ProseUe *ue);      /* 0: no PDN connection */
size_t prose_ue_exchanges(const ProseUe *ue);          /* TLS sessions it has now */

typedef enum ProseSupply { PROSE_SUPPLY_UNASKED, PROSE_SUPPLY_ASKED, PROSE_SUPPLY_GRANTED, PROSE_SUPPLY_REFUSED, PROSE_SUPPLY_STOPPED } ProseSupply;
typedef struct ProseUeDiscoveryView {
    ProseSupply supply;
    unsigned status;                       /* status code, if refused or stopped */
    const char *pkmf_fqdn;                 /* (nullable) */
    bool has_meta;
    ProseSecurityMetadata meta;
    uint32_t max_offset_s;
} ProseUeDiscoveryView;
/* Returns: 0, or %PROSE_ERR_NOT_FOUND. */
int prose_ue_view(const ProseUe *ue, ProseKeyScope scope, ProseUeDiscoveryView *ret);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseUe, prose_ue_free)

#endif
