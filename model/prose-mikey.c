/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-mikey-internal.h"

#include "prose-error.h"
#include "prose-secret.h"

#include <stdio.h>
#include <string.h>

#define MIKEY_VERSION 1
#define V_FLAG 0x80

/* RFC 3830 6.1, next payload. */
enum {
    PAYLOAD_LAST = 0,
    PAYLOAD_KEMAC = 1,
    PAYLOAD_PKE = 2,
    PAYLOAD_DH = 3,
    PAYLOAD_SIGN = 4,
    PAYLOAD_T = 5,
    PAYLOAD_ID = 6,
    PAYLOAD_CERT = 7,
    PAYLOAD_CHASH = 8,
    PAYLOAD_V = 9,
    PAYLOAD_SP = 10,
    PAYLOAD_RAND = 11,
    PAYLOAD_ERR = 12,
    PAYLOAD_KEY_DATA = 20,
    PAYLOAD_GENERAL_EXT = 21,
};
#define BIT(payload) (UINT32_C(1) << (payload))

enum { MAP_SRTP_ID = 0, MAP_EMPTY = 1 };           /* RFC 3830 6.1.1; RFC 4563 5 */
enum { PRF_MIKEY_1 = 0 };
enum { TS_NTP_UTC = 0, TS_NTP = 1, TS_COUNTER = 2 };
enum { ID_NAI = 0, ID_URI = 1 };
enum { ENCR_AES_CM_128 = 1 };
enum { MAC_HMAC_SHA_1_160 = 1 };
enum { HASH_SHA_1 = 0, HASH_MD5 = 1 };             /* 6.8 */
enum { KEY_DATA_TGK = 0, KV_INTERVAL = 2 };        /* 6.13 */
#define EXT_KEY_ID 3                               /* RFC 4563 4 */
#define KEY_ID_TYPE_PROSE 0xF1                     /* OP-11: private range of RFC 4563 */
#define KEY_ID_LEN 5                               /* Key Type ID, 24-bit identity, PSDK ID or PGK ID */
#define SRTP_ID_LEN 9                              /* of one crypto session */

/* next, type | KV, key length, key, VF length, VF, VT length, VT */
#define KEY_DATA_LEN (1 + 1 + 2 + PROSE_KEY_LEN + 1 + 8 + 1 + 8)

/* An answer's MAC also covers the identities and the initiator's T (5.2; OP-13: their data, without payload headers). */
static void
answer_mac(uint8_t ret[PROSE_MIKEY_MAC_LEN], const ProseMikeyKeys *keys, const uint8_t *covered, size_t len,
           const char *idi, const char *idr, uint64_t t)
{
    uint8_t t_octets[8];
    const ProseBytes pieces[] = {
        { covered, len }, { (const uint8_t *) idi, strlen(idi) }, { (const uint8_t *) idr, strlen(idr) }, { t_octets, sizeof t_octets },
    };

    prose_put_u64(t_octets, t);
    prose_mikey_mac(ret, keys, pieces, G_N_ELEMENTS(pieces));
}

int
prose_mikey_responder_nai(char *ret, size_t size, const uint8_t pmk_id[PROSE_PMK_ID_LEN], const char *pkmf_fqdn)
{
    char hex[2 * PROSE_PMK_ID_LEN + 1];

    if (sizeof hex + strlen(pkmf_fqdn) + 1 > size)
        return PROSE_ERR_NOBUF;
    snprintf(ret, size, "%s@%s", prose_hex_encode(hex, pmk_id, PROSE_PMK_ID_LEN), pkmf_fqdn);
    return 0;
}

/* ---- building ---- */

static void
write_hdr(ProseWriter *w, uint8_t data_type, uint8_t next, bool v, uint32_t csb_id)
{
    prose_write_u8(w, MIKEY_VERSION);
    prose_write_u8(w, data_type);
    prose_write_u8(w, next);
    prose_write_u8(w, (uint8_t) ((v ? V_FLAG : 0) | PRF_MIKEY_1));
    prose_write_u32(w, csb_id);
    prose_write_u8(w, 0);                          /* #CS: none with an empty map */
    prose_write_u8(w, MAP_EMPTY);
}

static void
write_t(ProseWriter *w, uint8_t next, uint64_t t)
{
    prose_write_u8(w, next);
    prose_write_u8(w, TS_NTP_UTC);
    prose_write_u64(w, t);
}

static void
write_id(ProseWriter *w, uint8_t next, uint8_t type, const char *id)
{
    size_t at;

    prose_write_u8(w, next);
    prose_write_u8(w, type);
    at = prose_write_reserve_u16(w);
    prose_write_text(w, id);
    if (w->pos - at - 2 > UINT16_MAX)
        w->failed = true;
    prose_write_u16_at(w, at, (uint16_t) (w->pos - at - 2));
}

static void
write_key_data(uint8_t ret[KEY_DATA_LEN], const ProseMikeyDelivery *delivery)
{
    ProseWriter w = { .buf = ret, .size = KEY_DATA_LEN };

    prose_write_u8(&w, PAYLOAD_LAST);
    prose_write_u8(&w, KEY_DATA_TGK << 4 | KV_INTERVAL);
    prose_write_u16(&w, PROSE_KEY_LEN);
    prose_write_bytes(&w, delivery->key, PROSE_KEY_LEN);
    prose_write_u8(&w, 8);
    prose_write_u64(&w, delivery->valid_from);
    prose_write_u8(&w, 8);
    prose_write_u64(&w, delivery->valid_to);
    g_assert(!w.failed && w.pos == w.size);
}

ptrdiff_t
prose_mikey_delivery_encode(uint8_t *ret, size_t size, const ProseMikeyDelivery *delivery, const ProseMikeyKeys *keys)
{
    ProseWriter w = { .buf = ret, .size = size };
    uint8_t key_data[KEY_DATA_LEN], mac[PROSE_MIKEY_MAC_LEN];

    write_key_data(key_data, delivery);
    prose_mikey_aes_cm(key_data, key_data, sizeof key_data, keys, delivery->csb_id, delivery->t);

    write_hdr(&w, PROSE_MIKEY_PRE_SHARED, PAYLOAD_GENERAL_EXT, delivery->want_verification, delivery->csb_id);

    prose_write_u8(&w, PAYLOAD_T);
    prose_write_u8(&w, EXT_KEY_ID);
    prose_write_u16(&w, 2 + KEY_ID_LEN);
    prose_write_u8(&w, KEY_ID_TYPE_PROSE);
    prose_write_u8(&w, KEY_ID_LEN);
    prose_write_u8(&w, delivery->scope.type);
    prose_write_u24(&w, delivery->scope.id);
    prose_write_u8(&w, delivery->key_id);

    write_t(&w, PAYLOAD_RAND, delivery->t);

    prose_write_u8(&w, PAYLOAD_ID);
    prose_write_u8(&w, sizeof delivery->rand);
    prose_write_bytes(&w, delivery->rand, sizeof delivery->rand);

    write_id(&w, PAYLOAD_ID, ID_URI, delivery->idi);
    write_id(&w, PAYLOAD_KEMAC, ID_NAI, delivery->idr);

    prose_write_u8(&w, PAYLOAD_LAST);
    prose_write_u8(&w, ENCR_AES_CM_128);
    prose_write_u16(&w, sizeof key_data);
    prose_write_bytes(&w, key_data, sizeof key_data);
    prose_write_u8(&w, MAC_HMAC_SHA_1_160);

    if (!w.failed) {
        prose_mikey_mac(mac, keys, &(ProseBytes) { ret, w.pos }, 1);
        prose_write_bytes(&w, mac, sizeof mac);
    }
    prose_wipe(key_data, sizeof key_data);
    return w.failed ? PROSE_ERR_NOBUF : (ptrdiff_t) w.pos;
}

/* V payload, the last of an answer. */
static void
write_v(ProseWriter *w, const ProseMikeyKeys *keys, const char *idi, const char *idr, uint64_t t)
{
    uint8_t mac[PROSE_MIKEY_MAC_LEN];

    prose_write_u8(w, PAYLOAD_LAST);
    prose_write_u8(w, MAC_HMAC_SHA_1_160);
    if (w->failed)
        return;
    answer_mac(mac, keys, w->buf, w->pos, idi, idr, t);
    prose_write_bytes(w, mac, sizeof mac);
}

ptrdiff_t
prose_mikey_verification_encode(uint8_t *ret, size_t size, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t,
                                const char *idi, const char *idr)
{
    ProseWriter w = { .buf = ret, .size = size };

    write_hdr(&w, PROSE_MIKEY_PSK_VERIFICATION, PAYLOAD_T, false, csb_id);
    write_t(&w, PAYLOAD_ID, t);
    write_id(&w, PAYLOAD_V, ID_NAI, idr);
    write_v(&w, keys, idi, idr, t);
    return w.failed ? PROSE_ERR_NOBUF : (ptrdiff_t) w.pos;
}

ptrdiff_t
prose_mikey_error_encode(uint8_t *ret, size_t size, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t,
                         uint8_t error_no, const char *idi, const char *idr)
{
    ProseWriter w = { .buf = ret, .size = size };

    write_hdr(&w, PROSE_MIKEY_ERROR, PAYLOAD_T, false, csb_id);
    write_t(&w, PAYLOAD_ERR, t);
    prose_write_u8(&w, keys ? PAYLOAD_V : PAYLOAD_LAST);
    prose_write_u8(&w, error_no);
    prose_write_u16(&w, 0);                        /* reserved */
    if (keys)
        write_v(&w, keys, idi, idr, t);
    return w.failed ? PROSE_ERR_NOBUF : (ptrdiff_t) w.pos;
}

/* ---- parsing ---- */

/* What a data type may, must and must not repeat (RFC 3830 3.1, 5.1.2). Everything may come in any order but that KEMAC
 * and V end a message; CERT, CHASH, SP and extensions are read over, the MAC covers them. */
static const struct {
    uint32_t may, must;
} payload_rules[] = {
    [PROSE_MIKEY_PRE_SHARED] = {
        BIT(PAYLOAD_T) | BIT(PAYLOAD_RAND) | BIT(PAYLOAD_ID) | BIT(PAYLOAD_CERT) | BIT(PAYLOAD_CHASH) | BIT(PAYLOAD_SP) |
            BIT(PAYLOAD_GENERAL_EXT) | BIT(PAYLOAD_KEMAC),
        BIT(PAYLOAD_T) | BIT(PAYLOAD_RAND) | BIT(PAYLOAD_KEMAC),
    },
    [PROSE_MIKEY_PSK_VERIFICATION] = {
        BIT(PAYLOAD_T) | BIT(PAYLOAD_ID) | BIT(PAYLOAD_CERT) | BIT(PAYLOAD_CHASH) | BIT(PAYLOAD_GENERAL_EXT) | BIT(PAYLOAD_V),
        BIT(PAYLOAD_T) | BIT(PAYLOAD_V),
    },
    [PROSE_MIKEY_ERROR] = {
        BIT(PAYLOAD_T) | BIT(PAYLOAD_ERR) | BIT(PAYLOAD_GENERAL_EXT) | BIT(PAYLOAD_V),
        BIT(PAYLOAD_T) | BIT(PAYLOAD_ERR),
    },
};
#define KNOWN_PAYLOADS (BIT(PAYLOAD_KEMAC) | BIT(PAYLOAD_PKE) | BIT(PAYLOAD_DH) | BIT(PAYLOAD_SIGN) | BIT(PAYLOAD_T) | \
    BIT(PAYLOAD_ID) | BIT(PAYLOAD_CERT) | BIT(PAYLOAD_CHASH) | BIT(PAYLOAD_V) | BIT(PAYLOAD_SP) | BIT(PAYLOAD_RAND) | \
    BIT(PAYLOAD_ERR) | BIT(PAYLOAD_KEY_DATA) | BIT(PAYLOAD_GENERAL_EXT))
#define ONCE_ONLY (BIT(PAYLOAD_KEMAC) | BIT(PAYLOAD_T) | BIT(PAYLOAD_V) | BIT(PAYLOAD_RAND))

static ProseBytes
read_octets(ProseReader *r, size_t len)
{
    ProseBytes b = { prose_read_view(r, len), len };

    return b.data ? b : (ProseBytes) { NULL, 0 };
}

/* 6.1. Returns the type of the first payload, or an error. */
static int
read_hdr(ProseMikeyMessage *m, ProseReader *r)
{
    uint8_t version = prose_read_u8(r), next, v_prf, n_cs;

    m->data_type = prose_read_u8(r);
    next = prose_read_u8(r);
    v_prf = prose_read_u8(r);
    m->csb_id = prose_read_u32(r);
    n_cs = prose_read_u8(r);
    m->map_type = prose_read_u8(r);
    if (r->failed)
        return PROSE_ERR_TRUNCATED;

    m->v = v_prf & V_FLAG;
    m->prf = v_prf & ~V_FLAG;
    if (version != MIKEY_VERSION || m->data_type >= G_N_ELEMENTS(payload_rules) || !payload_rules[m->data_type].must)
        return PROSE_ERR_UNKNOWN;
    if (m->map_type == MAP_EMPTY)                  /* RFC 4563 5: then #CS is 0 */
        return n_cs == 0 ? next : PROSE_ERR_MALFORMED;
    if (m->map_type != MAP_SRTP_ID)
        return PROSE_ERR_UNKNOWN;
    prose_read_view(r, (size_t) n_cs * SRTP_ID_LEN);
    return r->failed ? PROSE_ERR_TRUNCATED : next;
}

/* RFC 4563 4: Key ID sub-payloads one after the other; ours once at most. */
static int
read_key_ids(ProseMikeyMessage *m, ProseBytes octets)
{
    ProseReader r = { .buf = octets.data, .len = octets.len };

    while (prose_reader_left(&r) > 0) {
        uint8_t type = prose_read_u8(&r), len = prose_read_u8(&r);
        ProseBytes id = read_octets(&r, len);

        if (r.failed || (type == KEY_ID_TYPE_PROSE && m->key_id.data))
            return PROSE_ERR_MALFORMED;
        if (type == KEY_ID_TYPE_PROSE)
            m->key_id = id;
    }
    return 0;
}

static int
read_general_ext(ProseMikeyMessage *m, ProseReader *r)
{
    uint8_t type = prose_read_u8(r);
    ProseBytes data = read_octets(r, prose_read_u16(r));

    return type == EXT_KEY_ID && !r->failed ? read_key_ids(m, data) : 0;
}

static int
read_t(ProseMikeyMessage *m, ProseReader *r)
{
    m->t_type = prose_read_u8(r);
    if (m->t_type > TS_COUNTER)
        return PROSE_ERR_UNKNOWN;
    m->t = m->t_type == TS_COUNTER ? prose_read_u32(r) : prose_read_u64(r);
    m->has_t = true;
    return 0;
}

static int
read_id(ProseMikeyMessage *m, ProseReader *r)
{
    uint8_t type = prose_read_u8(r);
    ProseBytes id = read_octets(r, prose_read_u16(r));

    if (m->n_ids == G_N_ELEMENTS(m->id))
        return PROSE_ERR_MALFORMED;
    m->id_type[m->n_ids] = type;
    m->id[m->n_ids++] = id;
    return 0;
}

/* The MAC ends what it covers. */
static int
read_mac(ProseMikeyMessage *m, ProseReader *r, uint8_t alg)
{
    if (r->failed)
        return 0;
    if (alg != MAC_HMAC_SHA_1_160)                 /* REQ-662-02: NULL too */
        return PROSE_ERR_UNKNOWN;
    m->mac_covers = r->pos;
    m->mac = read_octets(r, PROSE_MIKEY_MAC_LEN);
    return 0;
}

static int
read_kemac(ProseMikeyMessage *m, ProseReader *r)
{
    m->has_kemac = true;
    m->encr_alg = prose_read_u8(r);
    m->encr = read_octets(r, prose_read_u16(r));
    m->mac_alg = prose_read_u8(r);
    if (!r->failed && m->encr_alg != ENCR_AES_CM_128)      /* REQ-662-03: NULL too */
        return PROSE_ERR_UNKNOWN;
    return read_mac(m, r, m->mac_alg);
}

static int
read_v(ProseMikeyMessage *m, ProseReader *r)
{
    m->has_v = true;
    m->auth_alg = prose_read_u8(r);
    return read_mac(m, r, m->auth_alg);
}

/* 6.8: the length follows from the hash function. */
static int
skip_chash(ProseReader *r)
{
    uint8_t hash = prose_read_u8(r);

    if (hash > HASH_MD5)
        return PROSE_ERR_UNKNOWN;
    prose_read_view(r, hash == HASH_SHA_1 ? 20 : 16);
    return 0;
}

static int
read_err(ProseMikeyMessage *m, ProseReader *r)
{
    uint8_t error_no = prose_read_u8(r);

    prose_read_u16(r);                             /* reserved */
    if (!m->has_err)                               /* 5.1.2 lets several follow; the first names the cause */
        m->error_no = error_no;
    m->has_err = true;
    return 0;
}

/* The body of one payload, after its next-payload octet. */
static int
read_payload(ProseMikeyMessage *m, ProseReader *r, uint8_t type)
{
    switch (type) {
    case PAYLOAD_KEMAC:
        return read_kemac(m, r);
    case PAYLOAD_T:
        return read_t(m, r);
    case PAYLOAD_ID:
        return read_id(m, r);
    case PAYLOAD_CERT:
        prose_read_u8(r);                          /* certificate type */
        read_octets(r, prose_read_u16(r));
        return 0;
    case PAYLOAD_CHASH:
        return skip_chash(r);
    case PAYLOAD_V:
        return read_v(m, r);
    case PAYLOAD_SP:
        prose_read_u16(r);                         /* policy number, protocol type */
        read_octets(r, prose_read_u16(r));
        return m->map_type == MAP_EMPTY ? PROSE_ERR_MALFORMED : 0;     /* RFC 4563 5 */
    case PAYLOAD_RAND:
        m->rand = read_octets(r, prose_read_u8(r));
        return 0;
    case PAYLOAD_ERR:
        return read_err(m, r);
    case PAYLOAD_GENERAL_EXT:
        return read_general_ext(m, r);
    default:
        g_assert_not_reached();                    /* payload_rules let nothing else in */
    }
}

int
prose_mikey_decode(ProseMikeyMessage *ret, const uint8_t *octets, size_t len)
{
    ProseReader r = { .buf = octets, .len = len };
    ProseMikeyMessage m = { .octets = octets, .len = len };
    uint32_t seen = 0;
    int next;

    if (len > PROSE_MIKEY_MAX)
        return PROSE_ERR_LIMIT;
    next = read_hdr(&m, &r);
    if (next < 0)
        return next;
    while (next != PAYLOAD_LAST) {                 /* each turn takes an octet at least, so the chain is no longer than @len */
        uint8_t type = (uint8_t) next;
        int code;

        if (type > PAYLOAD_GENERAL_EXT || !(KNOWN_PAYLOADS & BIT(type)))
            return PROSE_ERR_UNKNOWN;
        if (!(payload_rules[m.data_type].may & BIT(type)) || (seen & ONCE_ONLY & BIT(type)))
            return PROSE_ERR_MALFORMED;
        seen |= BIT(type);
        next = prose_read_u8(&r);
        code = read_payload(&m, &r, type);
        if (r.failed)
            return PROSE_ERR_TRUNCATED;
        if (code < 0)
            return code;
        if ((type == PAYLOAD_KEMAC || type == PAYLOAD_V) && next != PAYLOAD_LAST)
            return PROSE_ERR_MALFORMED;
    }
    if (r.failed)
        return PROSE_ERR_TRUNCATED;
    if (r.pos != len)
        return PROSE_ERR_TRAILING;
    if ((seen & payload_rules[m.data_type].must) != payload_rules[m.data_type].must)
        return PROSE_ERR_MALFORMED;
    *ret = m;
    return 0;
}

bool
prose_mikey_is_delivery(const ProseMikeyMessage *msg)
{
    return msg->data_type == PROSE_MIKEY_PRE_SHARED && msg->map_type == MAP_EMPTY && msg->prf == PRF_MIKEY_1 &&
        msg->t_type == TS_NTP_UTC && msg->rand.len >= PROSE_MIKEY_RAND_LEN && msg->n_ids == 2 &&
        msg->id_type[0] == ID_URI && msg->id_type[1] == ID_NAI && msg->key_id.len == KEY_ID_LEN;
}

void
prose_mikey_delivery_scope(const ProseMikeyMessage *msg, ProseKeyScope *ret_scope, uint8_t *ret_key_id)
{
    const uint8_t *id = msg->key_id.data;

    *ret_scope = (ProseKeyScope) { .type = id[0], .id = prose_get_u24(id + 1) };
    *ret_key_id = id[4];
}

/* ---- opening and checking ---- */

/* 6.13, 6.14: one TGK with an interval of two 64-bit times, and nothing behind it. */
static int
read_key_data(ProseMikeyDelivery *d, const uint8_t *octets, size_t len)
{
    ProseReader r = { .buf = octets, .len = len };
    uint8_t next = prose_read_u8(&r), type_kv = prose_read_u8(&r), vf_len, vt_len;
    ProseBytes key = read_octets(&r, prose_read_u16(&r));

    vf_len = prose_read_u8(&r);
    d->valid_from = prose_read_u64(&r);
    vt_len = prose_read_u8(&r);
    d->valid_to = prose_read_u64(&r);
    if (r.failed || r.pos != len || next != PAYLOAD_LAST || type_kv != (KEY_DATA_TGK << 4 | KV_INTERVAL) ||
        vf_len != 8 || vt_len != 8)
        return PROSE_ERR_MALFORMED;
    if (key.len != PROSE_KEY_LEN)
        return PROSE_ERR_INVALID;
    memcpy(d->key, key.data, PROSE_KEY_LEN);
    return 0;
}

int
prose_mikey_delivery_open(ProseMikeyDelivery *ret, ProseMikeyKeys *keys, const ProseMikeyMessage *msg, const uint8_t pmk[PROSE_KEY_LEN])
{
    ProseMikeyDelivery d = { .csb_id = msg->csb_id, .t = msg->t, .want_verification = msg->v };
    ProseMikeyKeys k;
    uint8_t mac[PROSE_MIKEY_MAC_LEN], plain[PROSE_MIKEY_MAX];
    int code;

    g_assert(prose_mikey_is_delivery(msg));
    prose_mikey_keys_init(&k, pmk, msg->csb_id, msg->rand.data, msg->rand.len);
    prose_mikey_mac(mac, &k, &(ProseBytes) { msg->octets, msg->mac_covers }, 1);
    if (!prose_secret_equal(mac, msg->mac.data, sizeof mac)) {
        prose_wipe(&k, sizeof k);
        prose_wipe(mac, sizeof mac);               /* it would authenticate what a forger sent */
        return PROSE_ERR_AUTH;
    }

    prose_mikey_aes_cm(plain, msg->encr.data, msg->encr.len, &k, msg->csb_id, msg->t);
    memcpy(d.rand, msg->rand.data, sizeof d.rand);
    prose_mikey_delivery_scope(msg, &d.scope, &d.key_id);
    code = read_key_data(&d, plain, msg->encr.len);
    *keys = k;
    if (code == 0)
        *ret = d;
    prose_wipe(plain, msg->encr.len);
    prose_wipe(&d, sizeof d);
    prose_wipe(&k, sizeof k);
    return code;
}

int
prose_mikey_answer_check(const ProseMikeyMessage *msg, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t,
                         const char *idi, const char *idr)
{
    uint8_t mac[PROSE_MIKEY_MAC_LEN];
    bool equal;

    if (msg->data_type == PROSE_MIKEY_PRE_SHARED || msg->csb_id != csb_id || msg->t_type != TS_NTP_UTC || msg->t != t)
        return PROSE_ERR_MISMATCH;
    if (msg->data_type == PROSE_MIKEY_PSK_VERIFICATION &&
        (msg->n_ids != 1 || msg->id[0].len != strlen(idr) || memcmp(msg->id[0].data, idr, msg->id[0].len) != 0))
        return PROSE_ERR_MISMATCH;
    if (!msg->has_v)                               /* an unauthenticated error: no more than a hint */
        return PROSE_ERR_AUTH;
    answer_mac(mac, keys, msg->octets, msg->mac_covers, idi, idr, t);
    equal = prose_secret_equal(mac, msg->mac.data, sizeof mac);
    prose_wipe(mac, sizeof mac);
    return equal ? 0 : PROSE_ERR_AUTH;
}
