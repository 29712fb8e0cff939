/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A UE's side of MIKEY key delivery: what it keeps of one PKMF (PMK, last T, MACs already seen), and the judgement of one
 * message in the order of RFC 3830 5.3 and OP-16: form, PMK by (IDi, IDr), skew, replay, rising T, MAC, contents.
 *
 * Composes prose-mikey, prose-replay-window and prose-key-store; sends nothing and emits no event: the caller sends
 * @answer and reports @why. Nothing but an authentic message changes any state.
 */
#ifndef PROSE_MIKEY_RESPONDER_H
#define PROSE_MIKEY_RESPONDER_H

#include "prose-key-store.h"
#include "prose-mikey.h"
#include "prose-secret.h"

typedef struct ProseMikeyResponder ProseMikeyResponder;

/* @pool is borrowed; @pkmf_fqdn is copied. Returns: (transfer full) (nullable): %NULL for a name that is empty or over
 * %PROSE_FQDN_MAX octets. */
ProseMikeyResponder *prose_mikey_responder_new(ProseSecretPool *pool, const char *pkmf_fqdn);
/* Wipes the PMK. Takes %NULL, returns %NULL. */
ProseMikeyResponder *prose_mikey_responder_free(ProseMikeyResponder *responder);

/**
 * prose_mikey_responder_set_pmk:
 *
 * Takes the PMK of a Key Response into guarded memory and wipes the earlier one of this PKMF (REQ-66422-28). T counts per
 * PMK, so it starts anew, but not if this is the PMK already held; MACs seen stay, so that a PMK that comes back
 * brings no replay with it.
 */
void prose_mikey_responder_set_pmk(ProseMikeyResponder *responder, const uint8_t pmk_id[PROSE_PMK_ID_LEN],
                                   const uint8_t pmk[PROSE_KEY_LEN]);
bool prose_mikey_responder_has_pmk(const ProseMikeyResponder *responder);
const char *prose_mikey_responder_pkmf(const ProseMikeyResponder *responder);

typedef enum ProseMikeyResult {
    PROSE_MIKEY_DISCARDED,                 /* not authentic, or not for us now: silence */
    PROSE_MIKEY_STORED,
    PROSE_MIKEY_ACKNOWLEDGED,              /* verified, nothing stored */
    PROSE_MIKEY_REFUSED,                   /* authentic but unusable: error 12, nothing stored */
} ProseMikeyResult;

const char *prose_mikey_result_name(ProseMikeyResult result);  /* "discarded", "stored", "acked", "error-12" */

#define PROSE_MIKEY_ANSWER_MAX (10 + 10 + 4 + PROSE_NAI_MAX + 2 + PROSE_MIKEY_MAC_LEN)

typedef struct ProseMikeyReceipt {
    ProseMikeyResult result;
    /* %NULL if stored. Discarded: malformed, no-pmk, skew, replay, t-not-rising, mac. Acknowledged: same-key, past,
     * deleted. Refused: not-wanted, contents, key-length, key-id, interval, other-key-same-id, no-room. */
    const char *why;
    const ProseMikeyResponder *responder;  /* whose message it claims to be; %NULL if malformed or no-pmk */
    bool authentic;                        /* the MAC was right: the four members below count */
    ProseKeyScope scope;
    uint8_t key_id;
    int64_t valid_from, valid_to;          /* s since 1970; both 0 where the contents could not be read */
    size_t answer_len;                     /* 0: no answer, because it was discarded or V was 0 (rules M5) */
    uint8_t answer[PROSE_MIKEY_ANSWER_MAX];
} ProseMikeyReceipt;

/* What a message is judged against. Borrowed. */
typedef struct ProseMikeyJudge {
    ProseKeyStore *keys;
    int64_t clock_s;                       /* floor of the ProSe clock */
    /* Whether the UE wants keys for @scope from the PKMF of @responder: one PKMF plants no key for what another serves. */
    bool (*is_wanted)(void *user, const ProseMikeyResponder *responder, ProseKeyScope scope);
    void *user;
} ProseMikeyJudge;

/**
 * prose_mikey_respond:
 * @ret: (out): always filled
 * @responders: one for each PKMF of the UE, with or without a PMK
 *
 * A key that is delivered goes into @judge's store, a deletion takes one out (rules K4, K5, M3 to M5).
 */
void prose_mikey_respond(ProseMikeyReceipt *ret, ProseMikeyResponder *const *responders, size_t n_responders,
                         const uint8_t *octets, size_t len, const ProseMikeyJudge *judge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseMikeyResponder, prose_mikey_responder_free)

#endif
