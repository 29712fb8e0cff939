/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MIKEY against the independent oracle's vectors, and messages made by hand for what RFC 3830 lets a peer send. What a UE
 * does with a delivery is in test-mikey-responder.c.
 */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-mikey-internal.h"
#include "prose-mikey.h"
#include "prose-secret.h"

static const uint8_t *
view_hex(JsonObject *o, const char *member, size_t *ret_len)
{
    static uint8_t *kept[8];       /* a few at a time, as long as one assertion needs them */
    static unsigned turn;
    uint8_t **slot = &kept[turn++ % G_N_ELEMENTS(kept)];

    g_free(*slot);
    *slot = test_hex(json_object_get_string_member(o, member), ret_len);
    return *slot;
}

static uint64_t
hex_number(JsonObject *o, const char *member)
{
    return g_ascii_strtoull(json_object_get_string_member(o, member), NULL, 16);
}

static JsonArray *
section(const char *name)
{
    return json_object_get_array_member(test_vectors("mikey_vectors.json"), name);
}

static void
assert_octets(const void *got, size_t got_len, JsonObject *o, const char *member)
{
    size_t len;
    const uint8_t *want = view_hex(o, member, &len);

    ck_assert_uint_eq(got_len, len);
    ck_assert_mem_eq(got, want, len);
}

/* ---- vectors ---- */

START_TEST(the_prf_gives_the_oracles_keys)
{
    JsonArray *examples = section("prf_examples");

    ck_assert_uint_eq(json_array_get_length(examples), 5);
    for (guint i = 0; i < json_array_get_length(examples); i++) {
        JsonObject *e = json_array_get_object_element(examples, i);
        size_t inkey_len, label_len, bits = (size_t) json_object_get_int_member(e, "out_bits");
        const uint8_t *inkey = view_hex(e, "inkey", &inkey_len), *label = view_hex(e, "label", &label_len);
        uint8_t out[64];

        prose_mikey_prf(out, bits, inkey, inkey_len, label, label_len);
        assert_octets(out, bits / 8, e, "out");
    }
}
END_TEST

/* Strings of @ret belong to the vectors; the key stays zero if it is not 32 octets. */
static void
delivery_from_vector(ProseMikeyDelivery *ret, JsonObject *vector)
{
    JsonObject *in = json_object_get_object_member(vector, "input");
    size_t len;
    const uint8_t *key = view_hex(in, "key", &len);

    *ret = (ProseMikeyDelivery) {
        .csb_id = (uint32_t) hex_number(in, "csb_id"),
        .t = hex_number(in, "ts"),
        .want_verification = json_object_get_int_member(in, "v_flag") == 1,
        .idi = json_object_get_string_member(in, "pkmf_fqdn"),
        .idr = json_object_get_string_member(in, "pmk_id_nai"),
        .scope = { (uint8_t) json_object_get_int_member(in, "key_type_id"), (uint32_t) hex_number(in, "context_id") },
        .key_id = (uint8_t) hex_number(in, "key_id"),
        .valid_from = hex_number(in, "valid_from"),
        .valid_to = hex_number(in, "valid_to"),
    };
    if (len == PROSE_KEY_LEN)
        memcpy(ret->key, key, len);
    memcpy(ret->rand, view_hex(in, "rand", NULL), sizeof ret->rand);
}

START_TEST(deliveries_are_built_octet_for_octet)
{
    JsonArray *deliveries = section("deliveries");
    unsigned built = 0;

    for (guint i = 0; i < json_array_get_length(deliveries); i++) {
        JsonObject *v = json_array_get_object_element(deliveries, i);
        JsonObject *in = json_object_get_object_member(v, "input");
        ProseMikeyDelivery d;
        uint8_t out[PROSE_MIKEY_MAX];
        ptrdiff_t len;

        if (strlen(json_object_get_string_member(in, "key")) != 2 * PROSE_KEY_LEN)
            continue;              /* a key of another length cannot even be asked for */
        delivery_from_vector(&d, v);
        len = prose_mikey_delivery_encode(out, sizeof out, &d, view_hex(in, "pmk", NULL));
        ck_assert_int_gt(len, 0);
        assert_octets(out, (size_t) len, v, "message");
        built++;
    }
    ck_assert_uint_eq(built, 18);
}
END_TEST

START_TEST(message_keys_are_the_oracles)
{
    JsonArray *deliveries = section("deliveries");

    for (guint i = 0; i < json_array_get_length(deliveries); i++) {
        JsonObject *v = json_array_get_object_element(deliveries, i);
        JsonObject *in = json_object_get_object_member(v, "input"), *derived = json_object_get_object_member(v, "derived");
        ProseMikeyKeys keys;

        prose_mikey_keys_init(&keys, view_hex(in, "pmk", NULL), (uint32_t) hex_number(in, "csb_id"), view_hex(in, "rand", NULL), 16);
        assert_octets(keys.encr, sizeof keys.encr, derived, "encr_key");
        assert_octets(keys.auth, sizeof keys.auth, derived, "auth_key");
        assert_octets(keys.salt, sizeof keys.salt, derived, "salt_key");
    }
}
END_TEST

START_TEST(deliveries_are_read_back)
{
    JsonArray *deliveries = section("deliveries");

    for (guint i = 0; i < json_array_get_length(deliveries); i++) {
        JsonObject *v = json_array_get_object_element(deliveries, i);
        JsonObject *in = json_object_get_object_member(v, "input");
        size_t len;
        g_autofree uint8_t *octets = test_hex(json_object_get_string_member(v, "message"), &len);
        bool right_length = strlen(json_object_get_string_member(in, "key")) == 2 * PROSE_KEY_LEN;
        ProseMikeyDelivery want, got = { 0 };
        ProseMikeyMessage msg;
        ProseMikeyKeys keys;
        ProseKeyScope scope;
        uint8_t key_id;

        delivery_from_vector(&want, v);
        ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
        ck_assert(prose_mikey_is_delivery(&msg));
        ck_assert_uint_eq(msg.csb_id, want.csb_id);
        ck_assert_uint_eq(msg.t, want.t);
        ck_assert_int_eq(msg.v, want.want_verification);
        ck_assert_uint_eq(msg.id[0].len, strlen(want.idi));
        ck_assert_mem_eq(msg.id[0].data, want.idi, strlen(want.idi));
        ck_assert_uint_eq(msg.id[1].len, strlen(want.idr));
        ck_assert_mem_eq(msg.id[1].data, want.idr, strlen(want.idr));
        assert_octets(msg.mac.data, msg.mac.len, v, "mac");
        assert_octets(msg.encr.data, msg.encr.len, v, "keydata_encrypted");
        prose_mikey_delivery_scope(&msg, &scope, &key_id);
        ck_assert(prose_key_scope_equal(scope, want.scope));
        ck_assert_uint_eq(key_id, want.key_id);

        ck_assert_int_eq(prose_mikey_delivery_open(&got, &keys, &msg, view_hex(in, "pmk", NULL)),
                         right_length ? 0 : PROSE_ERR_INVALID);
        assert_octets(keys.auth, sizeof keys.auth, json_object_get_object_member(v, "derived"), "auth_key");
        if (!right_length)
            continue;
        ck_assert_uint_eq(got.csb_id, want.csb_id);
        ck_assert_uint_eq(got.t, want.t);
        ck_assert_int_eq(got.want_verification, want.want_verification);
        ck_assert(prose_key_scope_equal(got.scope, want.scope));
        ck_assert_uint_eq(got.key_id, want.key_id);
        ck_assert_uint_eq(got.valid_from, want.valid_from);
        ck_assert_uint_eq(got.valid_to, want.valid_to);
        ck_assert_mem_eq(got.key, want.key, PROSE_KEY_LEN);
        ck_assert_mem_eq(got.rand, want.rand, PROSE_MIKEY_RAND_LEN);
        ck_assert_ptr_null(got.idi);
    }
}
END_TEST

/* psdk-relay, which everything below starts from. */
#define PMK_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RAND_HEX "101112131415161718191a1b1c1d1e1f"
#define CSB_ID 0x0A1B2C3Du
#define T_NTP UINT64_C(0xDA8002C000000000)
#define IDI "pkmf.example.org"
#define IDR "0102030405060708@pkmf.example.org"

static void
relay_keys(ProseMikeyKeys *ret)
{
    g_autofree uint8_t *pmk = test_hex(PMK_HEX, NULL), *rand = test_hex(RAND_HEX, NULL);

    prose_mikey_keys_init(ret, pmk, CSB_ID, rand, 16);
}

static uint8_t *
relay_message(size_t *ret_len)
{
    return test_hex(json_object_get_string_member(json_array_get_object_element(section("deliveries"), 0), "message"), ret_len);
}

START_TEST(the_verification_is_built_and_checked)
{
    JsonObject *v = json_array_get_object_element(section("verifications"), 0);
    ProseMikeyKeys keys, other;
    ProseMikeyMessage msg;
    uint8_t out[PROSE_MIKEY_MAX];
    ptrdiff_t len;

    relay_keys(&keys);
    other = keys;
    other.auth[19] ^= 1;
    len = prose_mikey_verification_encode(out, sizeof out, &keys, CSB_ID, T_NTP, IDI, IDR);
    assert_octets(out, (size_t) len, v, "message");

    ck_assert_int_eq(prose_mikey_decode(&msg, out, (size_t) len), 0);
    ck_assert_uint_eq(msg.data_type, PROSE_MIKEY_PSK_VERIFICATION);
    ck_assert(!prose_mikey_is_delivery(&msg));
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, IDR), 0);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID + 1, T_NTP, IDI, IDR), PROSE_ERR_MISMATCH);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP + 1, IDI, IDR), PROSE_ERR_MISMATCH);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, "0" IDR), PROSE_ERR_MISMATCH);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, IDR "x"), PROSE_ERR_MISMATCH);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, "x" IDI, IDR), PROSE_ERR_AUTH);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &other, CSB_ID, T_NTP, IDI, IDR), PROSE_ERR_AUTH);
}
END_TEST

START_TEST(errors_are_built_and_checked)
{
    JsonArray *errors = section("errors");
    ProseMikeyKeys keys;

    relay_keys(&keys);
    ck_assert_uint_eq(json_array_get_length(errors), 4);
    for (guint i = 0; i < json_array_get_length(errors); i++) {
        JsonObject *v = json_array_get_object_element(errors, i);
        bool bare = !json_object_has_member(v, "mac");
        uint8_t no = (uint8_t) json_object_get_int_member(v, "error_no"), out[PROSE_MIKEY_MAX];
        ProseMikeyMessage msg;
        ptrdiff_t len;

        len = prose_mikey_error_encode(out, sizeof out, bare ? NULL : &keys, CSB_ID, T_NTP, no, IDI, IDR);
        assert_octets(out, (size_t) len, v, "message");
        ck_assert_int_eq(prose_mikey_decode(&msg, out, (size_t) len), 0);
        ck_assert_uint_eq(msg.data_type, PROSE_MIKEY_ERROR);
        ck_assert(msg.has_err);
        ck_assert_uint_eq(msg.error_no, no);
        ck_assert_int_eq(msg.has_v, !bare);
        ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, IDR), bare ? PROSE_ERR_AUTH : 0);
        ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP ^ 1, IDI, IDR), PROSE_ERR_MISMATCH);
    }
}
END_TEST

START_TEST(a_delivery_answers_nothing)
{
    g_autofree uint8_t *octets = NULL;
    ProseMikeyMessage msg;
    ProseMikeyKeys keys;
    size_t len;

    octets = relay_message(&len);
    relay_keys(&keys);
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    ck_assert_int_eq(prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, IDR), PROSE_ERR_MISMATCH);
}
END_TEST

/* ---- prefixes, flips, room ---- */

/* The three kinds of message, each made for the psdk-relay delivery. */
static uint8_t *
message_of_kind(int kind, size_t *ret_len)
{
    uint8_t out[PROSE_MIKEY_MAX];
    ProseMikeyKeys keys;

    relay_keys(&keys);
    if (kind == 0)
        return relay_message(ret_len);
    if (kind == 1)
        *ret_len = (size_t) prose_mikey_verification_encode(out, sizeof out, &keys, CSB_ID, T_NTP, IDI, IDR);
    else
        *ret_len = (size_t) prose_mikey_error_encode(out, sizeof out, &keys, CSB_ID, T_NTP, 12, IDI, IDR);
    return g_memdup2(out, *ret_len);
}

START_TEST(every_shorter_prefix_is_refused)
{
    g_autofree uint8_t *octets = NULL;
    ProseMikeyMessage msg = { .csb_id = 77 };
    size_t len;

    octets = message_of_kind(_i, &len);
    for (size_t n = 0; n < len; n++) {
        g_autofree uint8_t *prefix = g_memdup2(octets, n);     /* exactly that size, for sanitizers */

        ck_assert_int_eq(prose_mikey_decode(&msg, prefix, n), PROSE_ERR_TRUNCATED);
        ck_assert_uint_eq(msg.csb_id, 77);
    }
}
END_TEST

START_TEST(an_octet_too_many_is_refused)
{
    g_autofree uint8_t *octets = NULL;
    ProseMikeyMessage msg;
    size_t len;

    octets = message_of_kind(_i, &len);
    octets = g_realloc(octets, len + 1);
    octets[len] = 0;
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len + 1), PROSE_ERR_TRAILING);
}
END_TEST

START_TEST(every_flipped_bit_is_refused)
{
    g_autofree uint8_t *octets = NULL, *pmk = test_hex(PMK_HEX, NULL);
    ProseMikeyKeys keys;
    size_t len;

    octets = message_of_kind(_i, &len);
    relay_keys(&keys);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        ProseMikeyDelivery d = { .key_id = 99 };
        ProseMikeyKeys untouched = { .auth = { 0x55 } };
        ProseMikeyMessage msg;
        int code;

        octets[bit / 8] ^= (uint8_t) (1 << bit % 8);
        code = prose_mikey_decode(&msg, octets, len);
        if (code == 0 && prose_mikey_is_delivery(&msg)) {
            code = prose_mikey_delivery_open(&d, &untouched, &msg, pmk);
            ck_assert_int_eq(code, PROSE_ERR_AUTH);
            ck_assert_uint_eq(d.key_id, 99);
            ck_assert_uint_eq(untouched.auth[0], 0x55);
        } else if (code == 0) {
            code = prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, IDR);
        }
        ck_assert_msg(code < 0, "kind %d with bit %zu flipped", _i, bit);
        octets[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
}
END_TEST

START_TEST(a_buffer_one_octet_short_is_refused)
{
    JsonObject *v = json_array_get_object_element(section("deliveries"), 0);
    g_autofree uint8_t *pmk = test_hex(PMK_HEX, NULL);
    ProseMikeyDelivery d;
    ProseMikeyKeys keys;

    delivery_from_vector(&d, v);
    relay_keys(&keys);
    for (size_t size = 0; size <= 185; size++) {
        g_autofree uint8_t *buf = g_malloc(size ? size : 1);

        ck_assert_int_eq(prose_mikey_delivery_encode(buf, size, &d, pmk), size < 185 ? PROSE_ERR_NOBUF : 185);
        ck_assert_int_eq(prose_mikey_verification_encode(buf, size, &keys, CSB_ID, T_NTP, IDI, IDR),
                         size < 79 ? PROSE_ERR_NOBUF : 79);
        ck_assert_int_eq(prose_mikey_error_encode(buf, size, &keys, CSB_ID, T_NTP, 12, IDI, IDR),
                         size < 46 ? PROSE_ERR_NOBUF : 46);
        ck_assert_int_eq(prose_mikey_error_encode(buf, size, NULL, CSB_ID, T_NTP, 12, NULL, NULL),
                         size < 24 ? PROSE_ERR_NOBUF : 24);
    }
}
END_TEST

START_TEST(the_responder_is_named_by_its_pmk_id)
{
    const uint8_t id[PROSE_PMK_ID_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    char nai[sizeof IDR] = "-";

    ck_assert_int_eq(prose_mikey_responder_nai(nai, sizeof IDR - 1, id, IDI), PROSE_ERR_NOBUF);
    ck_assert_str_eq(nai, "-");
    ck_assert_int_eq(prose_mikey_responder_nai(nai, sizeof IDR, id, IDI), 0);
    ck_assert_str_eq(nai, IDR);
}
END_TEST

/* ---- messages made by hand ---- */

#define HDR "01000080" "0a1b2c3d" "0001"           /* the third octet, next payload, is filled in */
#define EXT "21:030007f1050111223305 "
#define TIME "5:00da8002c000000000 "
#define RAND "11:10" RAND_HEX " "
#define ID_I "6:010010706b6d662e6578616d706c652e6f7267 "
#define ID_R "6:000021" "30313032303330343035303630373038" "40" "706b6d662e6578616d706c652e6f7267 "
#define KEMAC "1:K"
#define KEY "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define VF "08da7f5a0000000000"
#define VT "08daa8388000000000"
#define PLAIN "00020020" KEY VF VT

static void
append_hex(GByteArray *to, const char *hex)
{
    size_t len;
    g_autofree uint8_t *octets = test_hex(hex, &len);

    g_byte_array_append(to, octets, (guint) len);
}

/* The message of @hdr and @parts, "type:body" each with a blank between; the body "K" is a KEMAC that holds @plain, encrypted,
 * with the MAC over everything before it; the body "V" is a verification. Next-payload octets are filled in. */
static uint8_t *
make_message(const char *hdr, const char *parts, const char *plain_hex, size_t *ret_len)
{
    GByteArray *m = g_byte_array_new();
    g_autofree char *trimmed = g_strchomp(g_strdup(parts));
    g_auto(GStrv) part = g_strsplit(trimmed, " ", 0);
    ProseMikeyKeys keys;
    guint next_at = 2;

    relay_keys(&keys);
    append_hex(m, hdr);
    for (guint i = 0; part[i]; i++) {
        const char *body = strchr(part[i], ':') + 1;

        m->data[next_at] = (uint8_t) atoi(part[i]);
        next_at = m->len;
        append_hex(m, "00");
        if (strcmp(body, "K") == 0) {
            size_t len;
            g_autofree uint8_t *plain = test_hex(plain_hex, &len);
            g_autofree char *head = g_strdup_printf("01%04zx", len);
            uint8_t mac[PROSE_MIKEY_MAC_LEN];

            prose_mikey_aes_cm(plain, plain, len, &keys, CSB_ID, T_NTP);
            append_hex(m, head);
            g_byte_array_append(m, plain, (guint) len);
            append_hex(m, "01");
            prose_mikey_mac(mac, &keys, &(ProseBytes) { m->data, m->len }, 1);
            g_byte_array_append(m, mac, sizeof mac);
        } else if (strcmp(body, "V") == 0) {
            static const uint8_t t[8] = { 0xDA, 0x80, 0x02, 0xC0 };
            uint8_t mac[PROSE_MIKEY_MAC_LEN];

            append_hex(m, "01");
            prose_mikey_mac(mac, &keys, (ProseBytes[]) {
                { m->data, m->len }, { (const uint8_t *) IDI, strlen(IDI) }, { (const uint8_t *) IDR, strlen(IDR) }, { t, sizeof t },
            }, 4);
            g_byte_array_append(m, mac, sizeof mac);
        } else {
            append_hex(m, body);
        }
    }
    *ret_len = m->len;
    return g_byte_array_free(m, FALSE);
}

#define MAC_20 "000102030405060708090a0b0c0d0e0f10111213"
enum { NO = false, YES = true };

static const struct {
    const char *name, *hdr, *parts;
    int decode;                    /* and if that is 0: */
    bool delivery;
} form_cases[] = {
    { "as we send it", HDR, EXT TIME RAND ID_I ID_R KEMAC, 0, YES },
    { "in the order RFC 3830 recommends", HDR, TIME RAND ID_I ID_R EXT KEMAC, 0, YES },
    { "a certificate is read over", HDR, EXT TIME RAND ID_I "7:000003aabbcc " ID_R KEMAC, 0, YES },
    { "so are two, empty", HDR, "7:000000 7:010000 " EXT TIME RAND ID_I ID_R KEMAC, 0, YES },
    { "a SHA-1 certificate hash is read over", HDR, EXT TIME "8:00" MAC_20 " " RAND ID_I ID_R KEMAC, 0, YES },
    { "an MD5 certificate hash is read over", HDR, EXT TIME "8:01000102030405060708090a0b0c0d0e0f " RAND ID_I ID_R KEMAC, 0, YES },
    { "a certificate hash of no known length", HDR, EXT TIME "8:02" MAC_20 " " RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "a vendor's extension is read over", HDR, EXT "21:000004deadbeef " TIME RAND ID_I ID_R KEMAC, 0, YES },
    { "an extension of an unknown type is read over", HDR, EXT TIME RAND ID_I ID_R "21:fd0000 " KEMAC, 0, YES },
    { "an MBMS key ID beside ours is read over", HDR, "21:03000d" "0104aabbccdd" "f1050111223305 " TIME RAND ID_I ID_R KEMAC, 0, YES },
    { "our key ID in a second extension", HDR, "21:0300020100 " EXT TIME RAND ID_I ID_R KEMAC, 0, YES },
    { "our key ID twice", HDR, EXT EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "a key ID that runs over its extension", HDR, "21:030006f10501112233 " TIME RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "half a key ID head", HDR, "21:030008f105011122330501 " TIME RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "a key ID of four octets", HDR, "21:030006f10401112233 " TIME RAND ID_I ID_R KEMAC, 0, NO },
    { "a key ID of six octets", HDR, "21:030008f106011122330500 " TIME RAND ID_I ID_R KEMAC, 0, NO },
    { "no key ID", HDR, TIME RAND ID_I ID_R KEMAC, 0, NO },
    { "no IDi", HDR, EXT TIME RAND ID_R KEMAC, 0, NO },
    { "identities the wrong way round", HDR, EXT TIME RAND ID_R ID_I KEMAC, 0, NO },
    { "three identities", HDR, EXT TIME RAND ID_I ID_R ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "T missing", HDR, EXT RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "T twice", HDR, EXT TIME TIME RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "T as a counter", HDR, EXT "5:0200000001 " RAND ID_I ID_R KEMAC, 0, NO },
    { "T as NTP without UTC", HDR, EXT "5:01da8002c000000000 " RAND ID_I ID_R KEMAC, 0, NO },
    { "T of an unknown type", HDR, EXT "5:03da8002c000000000 " RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "RAND missing", HDR, EXT TIME ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "RAND twice", HDR, EXT TIME RAND RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "RAND of 15 octets", HDR, EXT TIME "11:0f101112131415161718191a1b1c1d1e " ID_I ID_R KEMAC, 0, NO },
    { "RAND empty", HDR, EXT TIME "11:00 " ID_I ID_R KEMAC, 0, NO },
    { "KEMAC missing", HDR, EXT TIME RAND ID_I ID_R, PROSE_ERR_MALFORMED, NO },
    { "KEMAC not last", HDR, EXT TIME RAND ID_I KEMAC " " ID_R, PROSE_ERR_MALFORMED, NO },
    { "nothing but a header", HDR, "", PROSE_ERR_MALFORMED, NO },
    { "NULL encryption", HDR, EXT TIME RAND ID_I ID_R "1:000001aa01" MAC_20, PROSE_ERR_UNKNOWN, NO },
    { "NULL MAC", HDR, EXT TIME RAND ID_I ID_R "1:010001aa00", PROSE_ERR_UNKNOWN, NO },
    { "neither encryption nor MAC", HDR, EXT TIME RAND ID_I ID_R "1:000001aa00", PROSE_ERR_UNKNOWN, NO },
    { "AES key wrap", HDR, EXT TIME RAND ID_I ID_R "1:020001aa01" MAC_20, PROSE_ERR_UNKNOWN, NO },
    { "an unknown MAC", HDR, EXT TIME RAND ID_I ID_R "1:010001aa02" MAC_20, PROSE_ERR_UNKNOWN, NO },
    { "a security policy with an empty map", HDR, EXT TIME RAND ID_I ID_R "10:00000003010101 " KEMAC, PROSE_ERR_MALFORMED, NO },
    { "a security policy with a map of SRTP sessions", "010000800a1b2c3d0100" "00aabbccdd00000000",
      EXT TIME RAND ID_I ID_R "10:00000003010101 " KEMAC, 0, NO },
    { "a map of SRTP sessions that is cut short", "010000800a1b2c3dff00" "00aabbccdd00000000", EXT TIME RAND ID_I ID_R KEMAC,
      PROSE_ERR_TRUNCATED, NO },
    { "crypto sessions with an empty map", "010000800a1b2c3d0101", EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "a generic map", "010000800a1b2c3d0002", EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "another PRF", "010000810a1b2c3d0001", EXT TIME RAND ID_I ID_R KEMAC, 0, NO },
    { "version 2", "020000800a1b2c3d0001", EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "version 0", "000000800a1b2c3d0001", EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "public-key transport", "010200800a1b2c3d0001", EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "data type 255", "01ff00800a1b2c3d0001", EXT TIME RAND ID_I ID_R KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "an envelope key", HDR, EXT TIME RAND ID_I ID_R "2:0001aa " KEMAC, PROSE_ERR_MALFORMED, NO },
    { "a Diffie-Hellman value", HDR, EXT TIME RAND ID_I ID_R "3:00aa " KEMAC, PROSE_ERR_MALFORMED, NO },
    { "a signature", HDR, EXT TIME RAND ID_I ID_R "4:0001aa " KEMAC, PROSE_ERR_MALFORMED, NO },
    { "key data outside KEMAC", HDR, EXT TIME RAND ID_I ID_R "20:020020" KEY VF VT " " KEMAC, PROSE_ERR_MALFORMED, NO },
    { "V in a delivery", HDR, EXT TIME RAND ID_I ID_R "9:01" MAC_20, PROSE_ERR_MALFORMED, NO },
    { "an error in a delivery", HDR, EXT TIME RAND ID_I ID_R "12:0c0000 " KEMAC, PROSE_ERR_MALFORMED, NO },
    { "payload 13", HDR, EXT TIME RAND ID_I ID_R "13:0000 " KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "payload 19", HDR, EXT TIME RAND ID_I ID_R "19:0000 " KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "payload 22", HDR, EXT TIME RAND ID_I ID_R "22:0000 " KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "payload 255", HDR, EXT TIME RAND ID_I ID_R "255:0000 " KEMAC, PROSE_ERR_UNKNOWN, NO },
    { "a verification", "010100000a1b2c3d0001", TIME ID_R "9:01" MAC_20, 0, NO },
    { "a verification without IDr", "010100000a1b2c3d0001", TIME "9:01" MAC_20, 0, NO },
    { "a verification without V", "010100000a1b2c3d0001", TIME ID_R, PROSE_ERR_MALFORMED, NO },
    { "a verification with NULL authentication", "010100000a1b2c3d0001", TIME ID_R "9:00", PROSE_ERR_UNKNOWN, NO },
    { "a verification that goes on after V", "010100000a1b2c3d0001", TIME "9:01" MAC_20 " " ID_R, PROSE_ERR_MALFORMED, NO },
    { "a verification with a KEMAC", "010100000a1b2c3d0001", TIME ID_R KEMAC, PROSE_ERR_MALFORMED, NO },
    { "an error", "010600000a1b2c3d0001", TIME "12:0c0000 ", 0, NO },
    { "an error without T", "010600000a1b2c3d0001", "12:0c0000 ", PROSE_ERR_MALFORMED, NO },
    { "an error without a number", "010600000a1b2c3d0001", TIME "9:01" MAC_20, PROSE_ERR_MALFORMED, NO },
};

START_TEST(form)
{
    size_t len;
    g_autofree uint8_t *octets = make_message(form_cases[_i].hdr, form_cases[_i].parts, PLAIN, &len);
    g_autofree uint8_t *pmk = test_hex(PMK_HEX, NULL);
    ProseMikeyMessage msg;
    int code = prose_mikey_decode(&msg, octets, len);

    ck_assert_msg(code == form_cases[_i].decode, "%s: %s", form_cases[_i].name, prose_strerror(code));
    if (code < 0)
        return;
    ck_assert_msg(prose_mikey_is_delivery(&msg) == form_cases[_i].delivery, "%s", form_cases[_i].name);
    if (prose_mikey_is_delivery(&msg)) {
        ProseMikeyDelivery d;
        ProseMikeyKeys keys;

        /* What is read over is still authenticated. */
        ck_assert_int_eq(prose_mikey_delivery_open(&d, &keys, &msg, pmk), 0);
        ck_assert_uint_eq(d.scope.id, 0x112233);
        ck_assert_uint_eq(d.key_id, 5);
    }
}
END_TEST

/* All of them with the right MAC. */
static const struct {
    const char *name, *parts;
    int want;
} verification_cases[] = {
    { "as we send it", TIME ID_R "9:V", 0 },
    { "IDr first", ID_R TIME "9:V", 0 },
    { "an extension is read over", TIME "21:000002aabb " ID_R "9:V", 0 },
    { "no IDr", TIME "9:V", PROSE_ERR_MISMATCH },
    { "IDr twice", TIME ID_R ID_R "9:V", PROSE_ERR_MISMATCH },
    { "IDi too", TIME ID_R ID_I "9:V", PROSE_ERR_MISMATCH },
    { "T as NTP without UTC", "5:01da8002c000000000 " ID_R "9:V", PROSE_ERR_MISMATCH },
};

START_TEST(a_verification_names_its_delivery)
{
    size_t len;
    g_autofree uint8_t *octets = make_message("010100000a1b2c3d0001", verification_cases[_i].parts, "", &len);
    ProseMikeyMessage msg;
    ProseMikeyKeys keys;
    int code;

    relay_keys(&keys);
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    code = prose_mikey_answer_check(&msg, &keys, CSB_ID, T_NTP, IDI, IDR);
    ck_assert_msg(code == verification_cases[_i].want, "%s: %s", verification_cases[_i].name, prose_strerror(code));
}
END_TEST

START_TEST(of_several_errors_the_first_counts)
{
    size_t len;
    g_autofree uint8_t *octets = make_message("010600000a1b2c3d0001", TIME "12:030000 12:0c0000", "", &len);
    ProseMikeyMessage msg;

    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    ck_assert_uint_eq(msg.error_no, 3);
}
END_TEST

START_TEST(a_counter_as_t_is_widened)
{
    size_t len;
    g_autofree uint8_t *octets = make_message(HDR, EXT "5:02fedcba98 " RAND ID_I ID_R KEMAC, PLAIN, &len);
    ProseMikeyMessage msg;

    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    ck_assert_uint_eq(msg.t, 0xFEDCBA98u);
}
END_TEST

START_TEST(the_largest_message_is_read_and_one_octet_more_is_not)
{
    GString *parts = g_string_new(NULL);
    g_autofree uint8_t *octets = NULL, *pmk = test_hex(PMK_HEX, NULL);
    ProseMikeyMessage msg;
    ProseMikeyDelivery d;
    ProseMikeyKeys keys;
    size_t len;

    /* 302 empty extensions and one of three octets: 302 * 4 + 7 + 185 is the limit. */
    for (unsigned i = 0; i < 302; i++)
        g_string_append(parts, "21:000000 ");
    g_string_append(parts, "21:000003aabbcc " EXT TIME RAND ID_I ID_R KEMAC);
    octets = make_message(HDR, parts->str, PLAIN, &len);
    ck_assert_uint_eq(len, PROSE_MIKEY_MAX);
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    ck_assert_int_eq(prose_mikey_delivery_open(&d, &keys, &msg, pmk), 0);

    g_free(octets);
    g_string_prepend(parts, "21:000000 ");
    octets = make_message(HDR, parts->str, PLAIN, &len);
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), PROSE_ERR_LIMIT);
    g_string_free(parts, TRUE);
}
END_TEST

static const struct {
    const char *name, *plain;
    int open;
} content_cases[] = {
    { "one key", PLAIN, 0 },
    { "valid to before valid from is for the caller", "00020020" KEY VT VF, 0 },
    { "31 octets of key", "0002001f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e" VF VT, PROSE_ERR_INVALID },
    { "33 octets of key", "00020021" KEY "a0" VF VT, PROSE_ERR_INVALID },
    { "no octet of key", "00020000" VF VT, PROSE_ERR_INVALID },
    { "nothing", "", PROSE_ERR_MALFORMED },
    { "an octet too many", PLAIN "00", PROSE_ERR_MALFORMED },
    { "two keys", "14020020" KEY VF VT PLAIN, PROSE_ERR_MALFORMED },
    { "another payload follows", "15020020" KEY VF VT, PROSE_ERR_MALFORMED },
    { "a TGK with a salt", "00120020" KEY VF VT, PROSE_ERR_MALFORMED },
    { "a TEK", "00220020" KEY VF VT, PROSE_ERR_MALFORMED },
    { "no validity", "00000020" KEY, PROSE_ERR_MALFORMED },
    { "validity by SPI", "00010020" KEY "04aabbccdd", PROSE_ERR_MALFORMED },
    { "times of 4 octets", "00020020" KEY "04da7f5a00" "04daa83880", PROSE_ERR_MALFORMED },
    { "valid from of 7 octets", "00020020" KEY "07da7f5a0000000000" VT, PROSE_ERR_MALFORMED },
    { "valid to of 9 octets", "00020020" KEY VF "09daa8388000000000", PROSE_ERR_MALFORMED },
    { "key length runs over", "0002ffff" KEY VF VT, PROSE_ERR_MALFORMED },
};

START_TEST(contents)
{
    size_t len;
    g_autofree uint8_t *octets = make_message(HDR, EXT TIME RAND ID_I ID_R KEMAC, content_cases[_i].plain, &len);
    g_autofree uint8_t *pmk = test_hex(PMK_HEX, NULL);
    ProseMikeyDelivery d = { .key_id = 99 };
    ProseMikeyKeys keys = { .auth = { 0 } }, want;
    ProseMikeyMessage msg;
    int code;

    relay_keys(&want);
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    code = prose_mikey_delivery_open(&d, &keys, &msg, pmk);
    ck_assert_msg(code == content_cases[_i].open, "%s: %s", content_cases[_i].name, prose_strerror(code));
    ck_assert_mem_eq(&keys, &want, sizeof keys);   /* the answer needs them, also to a bad message */
    if (code < 0)
        ck_assert_uint_eq(d.key_id, 99);
}
END_TEST

START_TEST(every_shorter_key_data_is_refused)
{
    g_autofree uint8_t *pmk = test_hex(PMK_HEX, NULL);

    for (size_t n = 0; n < strlen(PLAIN) / 2; n++) {
        g_autofree char *plain = g_strndup(PLAIN, 2 * n);
        size_t len;
        g_autofree uint8_t *octets = make_message(HDR, EXT TIME RAND ID_I ID_R KEMAC, plain, &len);
        ProseMikeyDelivery d;
        ProseMikeyMessage msg;
        ProseMikeyKeys keys;

        ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
        ck_assert_int_eq(prose_mikey_delivery_open(&d, &keys, &msg, pmk), PROSE_ERR_MALFORMED);
    }
}
END_TEST

START_TEST(a_longer_rand_than_ours_is_used_whole)
{
    uint8_t pmk[PROSE_KEY_LEN] = { 7 }, rand[UINT8_MAX];
    ProseMikeyKeys a, b;

    memset(rand, 1, sizeof rand);
    prose_mikey_keys_init(&a, pmk, 1, rand, sizeof rand);
    rand[sizeof rand - 1] ^= 1;
    prose_mikey_keys_init(&b, pmk, 1, rand, sizeof rand);
    ck_assert_mem_ne(a.auth, b.auth, sizeof a.auth);
    ck_assert_mem_ne(a.encr, b.encr, sizeof a.encr);
    ck_assert_mem_ne(a.salt, b.salt, sizeof a.salt);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("mikey");
    TCase *tc = tcase_create("vectors");

    tcase_add_test(tc, the_prf_gives_the_oracles_keys);
    tcase_add_test(tc, deliveries_are_built_octet_for_octet);
    tcase_add_test(tc, message_keys_are_the_oracles);
    tcase_add_test(tc, deliveries_are_read_back);
    tcase_add_test(tc, the_verification_is_built_and_checked);
    tcase_add_test(tc, errors_are_built_and_checked);
    tcase_add_test(tc, a_delivery_answers_nothing);
    suite_add_tcase(s, tc);

    tc = tcase_create("octets");
    tcase_add_loop_test(tc, every_shorter_prefix_is_refused, 0, 3);
    tcase_add_loop_test(tc, an_octet_too_many_is_refused, 0, 3);
    tcase_add_loop_test(tc, every_flipped_bit_is_refused, 0, 3);
    tcase_add_test(tc, a_buffer_one_octet_short_is_refused);
    tcase_add_test(tc, the_responder_is_named_by_its_pmk_id);
    suite_add_tcase(s, tc);

    tc = tcase_create("by hand");
    tcase_add_loop_test(tc, form, 0, G_N_ELEMENTS(form_cases));
    tcase_add_loop_test(tc, a_verification_names_its_delivery, 0, G_N_ELEMENTS(verification_cases));
    tcase_add_test(tc, of_several_errors_the_first_counts);
    tcase_add_test(tc, a_counter_as_t_is_widened);
    tcase_add_test(tc, the_largest_message_is_read_and_one_octet_more_is_not);
    tcase_add_loop_test(tc, contents, 0, G_N_ELEMENTS(content_cases));
    tcase_add_test(tc, every_shorter_key_data_is_refused);
    tcase_add_test(tc, a_longer_rand_than_ours_is_used_whole);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
