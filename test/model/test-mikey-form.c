/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MIKEY messages made by hand, each with the right MAC: what RFC 3830 lets a peer send, and what it does not.
 */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-mikey-internal.h"

/* psdk-relay of the vectors, which every message starts from. */
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

/* REQ-662-02, REQ-662-03 */
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

static Suite *
make_suite(void)
{
    Suite *s = suite_create("mikey-form");
    TCase *tc = tcase_create("form");
    tcase_add_loop_test(tc, form, 0, G_N_ELEMENTS(form_cases));
    tcase_add_loop_test(tc, a_verification_names_its_delivery, 0, G_N_ELEMENTS(verification_cases));
    tcase_add_test(tc, of_several_errors_the_first_counts);
    tcase_add_test(tc, a_counter_as_t_is_widened);
    tcase_add_test(tc, the_largest_message_is_read_and_one_octet_more_is_not);
    tcase_add_loop_test(tc, contents, 0, G_N_ELEMENTS(content_cases));
    tcase_add_test(tc, every_shorter_key_data_is_refused);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
