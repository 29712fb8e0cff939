/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-kdf.h"

#include "prose-secret.h"

#include <string.h>

void
prose_kdf_key_init(ProseKdfKey *ret, const uint8_t *key, size_t len)
{
    hmac_sha256_set_key(&ret->hmac, len, key);
}

/* TS 33.220 B.2.0: S = FC || P0 || L0 || … || Pn || Ln, each length in two octets. Discovery inputs are at most 40
 * octets, so S is put together once and hashed in one go; only GBA's long names need more. */
void
prose_kdf(uint8_t ret[32], const ProseKdfKey *key, uint8_t fc, const ProseBytes *params, size_t n_params)
{
    struct hmac_sha256_ctx hmac = key->hmac;

    hmac_sha256_update(&hmac, 1, &fc);
    for (size_t i = 0; i < n_params; i++) {
        uint8_t len[2];

        g_assert(params[i].len <= UINT16_MAX);
        prose_put_u16(len, (uint16_t) params[i].len);
        hmac_sha256_update(&hmac, params[i].len, params[i].data);
        hmac_sha256_update(&hmac, sizeof len, len);
    }
    hmac_sha256_digest(&hmac, 32, ret);
    prose_wipe(&hmac, sizeof hmac);
}

/* One derivation from a key that is used once. */
static void
kdf_once(uint8_t ret[32], const uint8_t key[PROSE_KEY_LEN], uint8_t fc, const ProseBytes *params, size_t n_params)
{
    ProseKdfKey prepared;

    prose_kdf_key_init(&prepared, key, PROSE_KEY_LEN);
    prose_kdf(ret, &prepared, fc, params, n_params);
    prose_wipe(&prepared, sizeof prepared);
}

/* The @len least significant octets of a derivation. */
static void
kdf_low(uint8_t *ret, size_t len, const ProseKdfKey *key, uint8_t fc, const ProseBytes *params, size_t n_params)
{
    uint8_t out[32];

    prose_kdf(out, key, fc, params, n_params);
    memcpy(ret, out + sizeof out - len, len);
    prose_wipe(out, sizeof out);
}

void
prose_kdf_ks_naf(uint8_t ret[PROSE_KEY_LEN], const uint8_t ks[PROSE_KEY_LEN], const uint8_t rand[16],
                 const char *impi, const uint8_t *naf_id, size_t naf_id_len)
{
    const ProseBytes p[] = {
        { (const uint8_t *) "gba-me", 6 }, { rand, 16 }, { (const uint8_t *) impi, strlen(impi) }, { naf_id, naf_id_len },
    };

    kdf_once(ret, ks, 0x01, p, G_N_ELEMENTS(p));
}

void
prose_kdf_mic(uint8_t ret[PROSE_MIC_LEN], const ProseKdfKey *duik, uint8_t msg_type,
              const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter, const ProseProfile *profile)
{
    uint8_t c[4];
    const ProseBytes p[] = { { &msg_type, 1 }, { content, PROSE_CONTENT_LEN }, { c, sizeof c } };

    prose_put_u32(c, counter);
    kdf_low(ret, PROSE_MIC_LEN, duik, profile->fc_mic, p, G_N_ELEMENTS(p));
}

void
prose_kdf_ptk(uint8_t ret[PROSE_KEY_LEN], const uint8_t pgk[PROSE_KEY_LEN], const uint8_t member_id[3],
              const uint8_t ptk_id[2], const uint8_t group_id[3], const ProseProfile *profile)
{
    const ProseBytes p[] = { { member_id, 3 }, { ptk_id, 2 }, { group_id, 3 } };

    kdf_once(ret, pgk, profile->fc_ptk, p, G_N_ELEMENTS(p));
}

void
prose_kdf_pek_pik(uint8_t ret[16], const uint8_t ptk[PROSE_KEY_LEN], uint8_t selector, uint8_t algorithm,
                  const ProseProfile *profile)
{
    const ProseBytes p[] = { { &selector, 1 }, { &algorithm, 1 } };
    ProseKdfKey key;

    prose_kdf_key_init(&key, ptk, PROSE_KEY_LEN);
    kdf_low(ret, 16, &key, profile->fc_ptk_keys, p, G_N_ELEMENTS(p));
    prose_wipe(&key, sizeof key);
}

/* TS 33.303 6.1.3.4.3.5 step 1: with its four low bits zero one hash serves 16 s. */
uint32_t
prose_kdf_time_hash_counter(uint32_t counter, const ProseProfile *profile)
{
    return profile->scrambling_counter == PROSE_SCRAMBLING_COUNTER_FULL ? counter : counter & ~0xFu;
}

void
prose_kdf_time_hash(uint8_t ret[PROSE_CONTENT_LEN + PROSE_MIC_LEN], const ProseKdfKey *dusk, uint32_t counter,
                    const ProseProfile *profile)
{
    uint8_t c[4];
    const ProseBytes p[] = { { c, sizeof c } };

    prose_put_u32(c, prose_kdf_time_hash_counter(counter, profile));
    kdf_low(ret, PROSE_CONTENT_LEN + PROSE_MIC_LEN, dusk, profile->fc_scrambling, p, G_N_ELEMENTS(p));
}

void
prose_kdf_confidentiality(uint8_t ret[PROSE_CONTENT_LEN], const ProseKdfKey *duck, uint32_t counter,
                          const uint8_t mic[PROSE_MIC_LEN], const ProseProfile *profile)
{
    uint8_t c[4];
    const ProseBytes p[] = { { c, sizeof c }, { mic, PROSE_MIC_LEN } };

    prose_put_u32(c, counter);
    kdf_low(ret, PROSE_CONTENT_LEN, duck, profile->fc_confidentiality, p, G_N_ELEMENTS(p));
}

void
prose_kdf_kd(uint8_t ret[PROSE_KEY_LEN], const uint8_t pruk[PROSE_KEY_LEN], const uint8_t rsc[3],
             const uint8_t nonce_1[16], const uint8_t freshness[16], const ProseProfile *profile)
{
    const ProseBytes p[] = { { rsc, 3 }, { nonce_1, 16 }, { freshness, 16 } };

    kdf_once(ret, pruk, profile->fc_kd, p, G_N_ELEMENTS(p));
}

void
prose_kdf_discovery_key(uint8_t ret[PROSE_KEY_LEN], const uint8_t psdk[PROSE_KEY_LEN], ProseDiscoveryKeyName name,
                        ProseKeyScope scope, const ProseProfile *profile)
{
    const uint8_t selectors[] = {
        [PROSE_DUIK] = profile->selector_duik, [PROSE_DUCK] = profile->selector_duck, [PROSE_DUSK] = profile->selector_dusk,
    };
    uint8_t id[3];
    const ProseBytes p[] = { { &selectors[name], 1 }, { id, sizeof id } };

    prose_put_u24(id, scope.id);
    kdf_once(ret, psdk, profile->fc_psdk, p, profile->psdk_input == PROSE_PSDK_INPUT_SELECTOR_AND_ID ? 2 : 1);
}
