/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every key derivation of TS 33.303 Annex A and of TS 33.220 Annex B, one function a key.
 *
 * All are HMAC-SHA-256(Key, FC || P0 || L0 || P1 || L1 …) of TS 33.220 B.2.0. A prepared key keeps
 * the two hashed key blocks, since a discovery key is used for thousands of messages.
 * FC values come from the profile. Temporaries are wiped on every path.
 */
#ifndef PROSE_KDF_H
#define PROSE_KDF_H

#include "prose-ids.h"
#include "prose-octets.h"
#include "prose-profile.h"

#include <nettle/hmac.h>

/* As secret as the key it was made from: keep it in a ProseSecretPool or wipe it. */
typedef struct ProseKdfKey {
    struct hmac_sha256_ctx hmac;
} ProseKdfKey;

void prose_kdf_key_init(ProseKdfKey *ret, const uint8_t *key, size_t len);

/* TS 33.220 B.2.0 with any number of parameters; an empty one is legal and counts. */
void prose_kdf(uint8_t ret[32], const ProseKdfKey *key, uint8_t fc, const ProseBytes *params, size_t n_params);

/* TS 33.220 B.3: Ks_NAF (GBA_ME). @naf_id: FQDN followed by the 5-octet Ua security protocol identifier. */
void prose_kdf_ks_naf(uint8_t ret[PROSE_KEY_LEN], const uint8_t ks[PROSE_KEY_LEN], const uint8_t rand[16],
                      const char *impi, const uint8_t *naf_id, size_t naf_id_len);

/* TS 33.303 A.2: MIC over type, content in clear and the full counter. */
void prose_kdf_mic(uint8_t ret[PROSE_MIC_LEN], const ProseKdfKey *duik, uint8_t msg_type,
                   const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter, const ProseProfile *profile);
/* A.3 */
void prose_kdf_ptk(uint8_t ret[PROSE_KEY_LEN], const uint8_t pgk[PROSE_KEY_LEN], const uint8_t member_id[3],
                   const uint8_t ptk_id[2], const uint8_t group_id[3], const ProseProfile *profile);
/* A.4: the 128-bit PEK (@selector 0) or PIK (1) of @algorithm. */
void prose_kdf_pek_pik(uint8_t ret[16], const uint8_t ptk[PROSE_KEY_LEN], uint8_t selector, uint8_t algorithm,
                       const ProseProfile *profile);
/* A.5: time-hash-bitsequence of 216 bits; the profile says which counter bits enter. */
void prose_kdf_time_hash(uint8_t ret[PROSE_CONTENT_LEN + PROSE_MIC_LEN], const ProseKdfKey *dusk, uint32_t counter,
                         const ProseProfile *profile);
/* What of @counter enters it: two counters that agree in this have one hash. */
uint32_t prose_kdf_time_hash_counter(uint32_t counter, const ProseProfile *profile);
/* A.6: keystream of 184 bits, before it is AND-ed with the mask. */
void prose_kdf_confidentiality(uint8_t ret[PROSE_CONTENT_LEN], const ProseKdfKey *duck, uint32_t counter,
                               const uint8_t mic[PROSE_MIC_LEN], const ProseProfile *profile);
/* A.7 */
void prose_kdf_kd(uint8_t ret[PROSE_KEY_LEN], const uint8_t pruk[PROSE_KEY_LEN], const uint8_t rsc[3],
                  const uint8_t nonce_1[16], const uint8_t freshness[16], const ProseProfile *profile);

typedef enum ProseDiscoveryKeyName { PROSE_DUIK, PROSE_DUCK, PROSE_DUSK } ProseDiscoveryKeyName;
/* A.8: one of the three keys of a PSDK; @scope enters only if the profile's psdk_input says so. */
void prose_kdf_discovery_key(uint8_t ret[PROSE_KEY_LEN], const uint8_t psdk[PROSE_KEY_LEN], ProseDiscoveryKeyName name,
                             ProseKeyScope scope, const ProseProfile *profile);

#endif
