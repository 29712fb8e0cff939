/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bootstrapped identities and keys (TS 33.220): B-TID, Ks, Ks_NAF. The BSF is a table, without Ub signalling (OP-20).
 */
#ifndef PROSE_GBA_H
#define PROSE_GBA_H

#include "prose-ids.h"
#include "prose-secret.h"

/* One bootstrapping session. */
typedef struct ProseGbaSession {
    char *b_tid;                           /* base64(RAND)@bsf */
    char *impi;
    uint8_t rand[16];
    const uint8_t *ks;                     /* CK || IK, in guarded memory */
    int64_t expires;                       /* UTC s */
} ProseGbaSession;

typedef struct ProseBsf ProseBsf;

ProseBsf *prose_bsf_new(ProseSecretPool *pool, const char *bsf_name);
ProseBsf *prose_bsf_free(ProseBsf *bsf);   /* wipes; takes %NULL, returns %NULL */

/**
 * prose_bsf_bootstrap:
 * @impi: copied; a second bootstrap of one IMPI gives a second session, both stay valid until they expire
 * @rand: 16 random octets, not those of another session (they make its B-TID)
 * @ks: 32 octets agreed with the UE (here: drawn)
 *
 * Returns: (transfer none): owned by @bsf until it is freed.
 */
const ProseGbaSession *prose_bsf_bootstrap(ProseBsf *bsf, const char *impi, const uint8_t rand[16],
                                           const uint8_t ks[PROSE_KEY_LEN], int64_t expires);
/* (transfer none) (nullable): %NULL if unknown or expired at @now_s. */
const ProseGbaSession *prose_bsf_find_by_b_tid(const ProseBsf *bsf, const char *b_tid, int64_t now_s);

#define PROSE_UA_PROTOCOL_ID_LEN 5
/* Ua security protocol identifier of TLS with cipher suite 0x00A8 (rules C5): 01 00 01 00 A8. */
extern const uint8_t prose_ua_protocol_id[PROSE_UA_PROTOCOL_ID_LEN];
#define PROSE_PSK_IDENTITY_HINT "3GPP-bootstrapping"

/* Ks_NAF of @session for the NAF @fqdn (TS 33.220 B.3). Returns: 0, or %PROSE_ERR_LIMIT for a name over 253 octets. */
int prose_gba_ks_naf(uint8_t ret[PROSE_KEY_LEN], const ProseGbaSession *session, const char *fqdn);

/* "3GPP-bootstrapping.<B-TID>" (OP-18). Returns: (transfer full): g_free(). */
char *prose_gba_psk_identity(const char *b_tid);
/* The B-TID inside a psk_identity with "." or ";" as separator; (nullable), points into @psk_identity. */
const char *prose_gba_b_tid_of(const char *psk_identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseBsf, prose_bsf_free)

#endif
