/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MIKEY against the independent oracle's vectors. Messages made by hand are in test-mikey-form.c, what a UE does with a
 * delivery is in test-mikey-responder.c.
 */
#include "prose-test.h"
#include "mikey-delivery.h"

#include "prose-error.h"
#include "prose-mikey.h"

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

/* REQ-662-02 */
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
        len = delivery_encode(out, sizeof out, &d, view_hex(in, "pmk", NULL));
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

/* REQ-662-02 */
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

        ck_assert_int_eq(delivery_encode(buf, size, &d, pmk), size < 185 ? PROSE_ERR_NOBUF : 185);
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
    tcase_add_test(tc, a_longer_rand_than_ours_is_used_whole);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
