/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-mikey-internal.h"
#include "prose-secret.h"

#include <glib.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/hmac.h>
#include <string.h>

/* Constants of RFC 3830 4.1.4. */
#define CONSTANT_ENCR 0x150533E1u
#define CONSTANT_AUTH 0x2D22AC75u
#define CONSTANT_SALT 0x29B88916u

/* RFC 3830 4.1.2: the XOR over all 256-bit blocks s of the input key of P(s, label, m). */
void
prose_mikey_prf(uint8_t *ret, size_t out_bits, const uint8_t *inkey, size_t inkey_len, const uint8_t *label, size_t label_len)
{
    const size_t out_len = out_bits / 8, block_len = 32;
    struct hmac_sha1_ctx hmac;
    uint8_t a[SHA1_DIGEST_SIZE], p[SHA1_DIGEST_SIZE];

    g_assert(out_bits % 8 == 0);
    memset(ret, 0, out_len);
    for (size_t block = 0; block < inkey_len; block += block_len) {
        hmac_sha1_set_key(&hmac, MIN(block_len, inkey_len - block), inkey + block);
        for (size_t at = 0; at < out_len; at += sizeof p) {
            if (at == 0)
                hmac_sha1_update(&hmac, label_len, label);     /* A_0 is the label */
            else
                hmac_sha1_update(&hmac, sizeof a, a);
            hmac_sha1_digest(&hmac, sizeof a, a);
            hmac_sha1_update(&hmac, sizeof a, a);
            hmac_sha1_update(&hmac, label_len, label);
            hmac_sha1_digest(&hmac, sizeof p, p);
            for (size_t i = 0; i < MIN(sizeof p, out_len - at); i++)
                ret[at + i] ^= p[i];
        }
    }
    prose_wipe(&hmac, sizeof hmac);
    prose_wipe(a, sizeof a);
    prose_wipe(p, sizeof p);
}

/* 4.1.4: constant || 0xFF || CSB ID || RAND is the label. */
static void
message_key(uint8_t *ret, size_t out_bits, uint32_t constant, const uint8_t pmk[PROSE_KEY_LEN], uint32_t csb_id,
            const uint8_t *rand, size_t rand_len)
{
    uint8_t label[4 + 1 + 4 + UINT8_MAX];
    ProseWriter w = { .buf = label, .size = sizeof label };

    prose_write_u32(&w, constant);
    prose_write_u8(&w, 0xFF);
    prose_write_u32(&w, csb_id);
    prose_write_bytes(&w, rand, rand_len);
    g_assert(!w.failed);
    prose_mikey_prf(ret, out_bits, pmk, PROSE_KEY_LEN, label, w.pos);
}

void
prose_mikey_keys_init(ProseMikeyKeys *ret, const uint8_t pmk[PROSE_KEY_LEN], uint32_t csb_id, const uint8_t *rand, size_t rand_len)
{
    message_key(ret->encr, 8 * sizeof ret->encr, CONSTANT_ENCR, pmk, csb_id, rand, rand_len);
    message_key(ret->auth, 8 * sizeof ret->auth, CONSTANT_AUTH, pmk, csb_id, rand, rand_len);
    message_key(ret->salt, 8 * sizeof ret->salt, CONSTANT_SALT, pmk, csb_id, rand, rand_len);
}

/* 4.2.3: AES in counter mode; IV = (salt XOR (0x0000 || CSB ID || T)) || 0x0000. Its own inverse. */
void
prose_mikey_aes_cm(uint8_t *ret, const uint8_t *octets, size_t len, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t)
{
    struct aes128_ctx aes;
    uint8_t iv[AES_BLOCK_SIZE] = { 0 };

    prose_put_u32(iv + 2, csb_id);
    prose_put_u64(iv + 6, t);
    for (size_t i = 0; i < sizeof keys->salt; i++)
        iv[i] ^= keys->salt[i];
    aes128_set_encrypt_key(&aes, keys->encr);
    ctr_crypt(&aes, (nettle_cipher_func *) aes128_encrypt, AES_BLOCK_SIZE, iv, len, ret, octets);
    prose_wipe(&aes, sizeof aes);
    prose_wipe(iv, sizeof iv);
}

/* 5.2: HMAC-SHA-1-160. */
void
prose_mikey_mac(uint8_t ret[PROSE_MIKEY_MAC_LEN], const ProseMikeyKeys *keys, const ProseBytes *pieces, size_t n_pieces)
{
    struct hmac_sha1_ctx hmac;

    hmac_sha1_set_key(&hmac, sizeof keys->auth, keys->auth);
    for (size_t i = 0; i < n_pieces; i++)
        hmac_sha1_update(&hmac, pieces[i].len, pieces[i].data);
    hmac_sha1_digest(&hmac, PROSE_MIKEY_MAC_LEN, ret);
    prose_wipe(&hmac, sizeof hmac);
}
