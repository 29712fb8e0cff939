/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our MIKEY codec against GStreamer's (gst/sdp/gstmikey.h), which shares no code with it.
 *
 * What is compared: the header, T, RAND and KEMAC as octets in both directions, the SP payload and the map of SRTP
 * sessions that only GStreamer writes, and the Key data sub-payload with its interval, octet for octet.
 *
 * What cannot be, as of GStreamer 1.22:
 *  - It neither encrypts nor checks a MAC: a KEMAC it labels AES-CM holds plain text, a MAC it writes is zeros. So nothing
 *    here says anything about keys, encryption or MACs; published vectors and the oracle's do, in test/model/test-mikey.c.
 *  - It knows no ID, V, ERR, CERT, CHASH or general extension, and its parser never returns from one. So a delivery goes to
 *    it without EXT, IDi and IDr, the chain closed over the gap; verifications and errors do not go at all.
 *  - It reads the encrypted part of a KEMAC as if it were plain. What it makes of that is not looked at.
 *  - It writes no empty RAND, and does not mind octets that are left over.
 */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-mikey-internal.h"

#include <gst/sdp/gstmikey.h>

/* RFC 3830 6.1, as GStreamer names them. */
enum { LAST = GST_MIKEY_PT_LAST, KEMAC = GST_MIKEY_PT_KEMAC, T = GST_MIKEY_PT_T, RAND = GST_MIKEY_PT_RAND };

static JsonArray *
deliveries(void)
{
    return json_object_get_array_member(test_vectors("mikey_vectors.json"), "deliveries");
}

static uint8_t *
input_hex(JsonObject *vector, const char *member, size_t *ret_len)
{
    return test_hex(json_object_get_string_member(json_object_get_object_member(vector, "input"), member), ret_len);
}

/* One payload of a message we built, from its next-payload octet on, with another one to follow it. */
static void
append_payload(GByteArray *to, const uint8_t *payload, size_t len, uint8_t next)
{
    g_byte_array_append(to, &next, 1);
    g_byte_array_append(to, payload + 1, (guint) len - 1);
}

/* HDR, T, RAND and KEMAC of @octets, the octets unchanged but for the chain. */
static GByteArray *
without_ids_and_extension(const uint8_t *octets, size_t len)
{
    GByteArray *m = g_byte_array_new();
    const uint8_t *kemac;
    ProseMikeyMessage msg;

    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    kemac = msg.encr.data - 4;
    g_byte_array_append(m, octets, 10);
    m->data[2] = T;
    append_payload(m, octets + 10 + 11, 10, RAND);                     /* T follows the extension of 11 octets */
    append_payload(m, msg.rand.data - 2, 2 + msg.rand.len, KEMAC);
    append_payload(m, kemac, (size_t) (octets + len - kemac), LAST);
    return m;
}

START_TEST(gstreamer_reads_header_t_rand_and_kemac_of_our_deliveries)
{
    for (guint i = 0; i < json_array_get_length(deliveries()); i++) {
        JsonObject *v = json_array_get_object_element(deliveries(), i);
        size_t len, t_len, rand_len;
        g_autofree uint8_t *octets = test_hex(json_object_get_string_member(v, "message"), &len);
        g_autofree uint8_t *t_want = input_hex(v, "ts", &t_len), *rand_want = input_hex(v, "rand", &rand_len);
        g_autoptr(GByteArray) part = without_ids_and_extension(octets, len);
        g_autoptr(GstMIKEYMessage) m = gst_mikey_message_new_from_data(part->data, part->len, NULL, NULL);
        const GstMIKEYPayloadT *t;
        const GstMIKEYPayloadRAND *rand;
        const GstMIKEYPayloadKEMAC *kemac;

        ck_assert_ptr_nonnull(m);
        ck_assert_uint_eq(m->version, GST_MIKEY_VERSION);
        ck_assert_int_eq(m->type, GST_MIKEY_TYPE_PSK_INIT);
        ck_assert_int_eq(m->V, json_object_get_int_member(json_object_get_object_member(v, "input"), "v_flag"));
        ck_assert_int_eq(m->prf_func, GST_MIKEY_PRF_MIKEY_1);
        ck_assert_uint_eq(m->CSB_id, 0x0A1B2C3D + i);
        ck_assert_uint_eq((unsigned) m->map_type, 1);                  /* RFC 4563's empty map, which it has no name for */
        ck_assert_uint_eq(gst_mikey_message_get_n_cs(m), 0);
        ck_assert_uint_eq(gst_mikey_message_get_n_payloads(m), 3);

        t = (const void *) gst_mikey_message_get_payload(m, 0);
        ck_assert_int_eq(t->pt.type, GST_MIKEY_PT_T);
        ck_assert_int_eq(t->type, GST_MIKEY_TS_TYPE_NTP_UTC);
        ck_assert_mem_eq(t->ts_value, t_want, t_len);

        rand = (const void *) gst_mikey_message_get_payload(m, 1);
        ck_assert_int_eq(rand->pt.type, GST_MIKEY_PT_RAND);
        ck_assert_uint_eq(rand->len, rand_len);
        ck_assert_mem_eq(rand->rand, rand_want, rand_len);

        kemac = (const void *) gst_mikey_message_get_payload(m, 2);
        ck_assert_int_eq(kemac->pt.type, GST_MIKEY_PT_KEMAC);
        ck_assert_int_eq(kemac->enc_alg, GST_MIKEY_ENC_AES_CM_128);
        ck_assert_int_eq(kemac->mac_alg, GST_MIKEY_MAC_HMAC_SHA_1_160);
    }
}
END_TEST

/* A message of GStreamer's with one key; @enc and @mac are labels, see above. */
static GstMIKEYMessage *
gst_message(const uint8_t t[8], const uint8_t *rand, guint8 rand_len, GstMIKEYEncAlg enc, GstMIKEYMacAlg mac,
            const uint8_t key[PROSE_KEY_LEN], const uint8_t valid_from[8], const uint8_t valid_to[8])
{
    GstMIKEYMessage *m = gst_mikey_message_new();
    GstMIKEYPayload *sp = gst_mikey_payload_new(GST_MIKEY_PT_SP), *kemac = gst_mikey_payload_new(GST_MIKEY_PT_KEMAC);
    GstMIKEYPayload *key_data = gst_mikey_payload_new(GST_MIKEY_PT_KEY_DATA);
    const guint8 one = 1;

    gst_mikey_message_set_info(m, GST_MIKEY_VERSION, GST_MIKEY_TYPE_PSK_INIT, TRUE, GST_MIKEY_PRF_MIKEY_1, 0x0A1B2C3D,
                               GST_MIKEY_MAP_TYPE_SRTP);
    gst_mikey_message_add_cs_srtp(m, 0, 0x11111111, 7);
    gst_mikey_message_add_cs_srtp(m, 0, 0x22222222, 8);
    gst_mikey_message_add_t(m, GST_MIKEY_TS_TYPE_NTP_UTC, t);
    gst_mikey_message_add_rand(m, rand_len, rand);
    gst_mikey_payload_sp_set(sp, 0, GST_MIKEY_SEC_PROTO_SRTP);
    gst_mikey_payload_sp_add_param(sp, GST_MIKEY_SP_SRTP_ENC_ALG, 1, &one);
    gst_mikey_payload_sp_add_param(sp, GST_MIKEY_SP_SRTP_AUTH_ALG, 1, &one);
    gst_mikey_message_add_payload(m, sp);
    gst_mikey_payload_key_data_set_key(key_data, GST_MIKEY_KD_TGK, PROSE_KEY_LEN, key);
    gst_mikey_payload_key_data_set_interval(key_data, 8, valid_from, 8, valid_to);
    gst_mikey_payload_kemac_set(kemac, enc, mac);
    gst_mikey_payload_kemac_add_sub(kemac, key_data);
    gst_mikey_message_add_payload(m, kemac);
    return m;
}

/* Key, Valid From and Valid To of a vector that has a key of 32 octets. */
typedef struct KeyAndInterval {
    uint8_t *key, *from, *to;
} KeyAndInterval;

static void
key_and_interval_clear(KeyAndInterval *k)
{
    g_free(k->key);
    g_free(k->from);
    g_free(k->to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeyAndInterval, key_and_interval_clear)

START_TEST(we_read_what_gstreamer_builds)
{
    JsonObject *v = json_array_get_object_element(deliveries(), 0);
    g_auto(KeyAndInterval) k = { input_hex(v, "key", NULL), input_hex(v, "valid_from", NULL), input_hex(v, "valid_to", NULL) };
    g_autofree uint8_t *t = input_hex(v, "ts", NULL), *plain = NULL;
    uint8_t rand[UINT8_MAX];
    size_t plain_len;

    plain = test_hex(json_object_get_string_member(v, "keydata_plain"), &plain_len);
    memset(rand, 0x5A, sizeof rand);
    for (unsigned rand_len = 15; rand_len <= UINT8_MAX; rand_len += 15) {
        g_autoptr(GstMIKEYMessage) m = gst_message(t, rand, (guint8) rand_len, GST_MIKEY_ENC_AES_CM_128,
                                                   GST_MIKEY_MAC_HMAC_SHA_1_160, k.key, k.from, k.to);
        g_autoptr(GBytes) bytes = gst_mikey_message_to_bytes(m, NULL, NULL);
        gsize len;
        const uint8_t *octets = g_bytes_get_data(bytes, &len);
        ProseMikeyMessage msg;

        ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
        ck_assert_uint_eq(msg.data_type, PROSE_MIKEY_PRE_SHARED);
        ck_assert(msg.v);
        ck_assert_uint_eq(msg.prf, 0);
        ck_assert_uint_eq(msg.csb_id, 0x0A1B2C3Du);
        ck_assert_uint_eq(msg.map_type, 0);
        ck_assert_uint_eq(msg.t, prose_get_u64(t));
        ck_assert_uint_eq(msg.rand.len, rand_len);
        ck_assert_mem_eq(msg.rand.data, rand, rand_len);
        ck_assert_uint_eq(msg.n_ids, 0);
        ck_assert_uint_eq(msg.encr.len, plain_len);
        ck_assert_uint_eq(msg.mac.len, PROSE_MIKEY_MAC_LEN);
        ck_assert_uint_eq(msg.mac_covers, len - PROSE_MIKEY_MAC_LEN);
        /* A map of SRTP sessions, no identities, no key ID: a message, and no delivery of ours. */
        ck_assert(!prose_mikey_is_delivery(&msg));
        /* Every octet is needed. */
        for (size_t n = 0; n < len; n++)
            ck_assert_int_eq(prose_mikey_decode(&msg, octets, n), PROSE_ERR_TRUNCATED);
    }
}
END_TEST

START_TEST(key_data_is_the_same_octets_from_both)
{
    unsigned compared = 0;

    for (guint i = 0; i < json_array_get_length(deliveries()); i++) {
        JsonObject *v = json_array_get_object_element(deliveries(), i);
        size_t len, key_len, rand_len, encr_len;
        g_autofree uint8_t *octets = test_hex(json_object_get_string_member(v, "message"), &len);
        g_autofree uint8_t *t = input_hex(v, "ts", NULL), *rand = input_hex(v, "rand", &rand_len), *pmk = input_hex(v, "pmk", NULL);
        g_auto(KeyAndInterval) k = { input_hex(v, "key", &key_len), input_hex(v, "valid_from", NULL), input_hex(v, "valid_to", NULL) };
        uint8_t ours[PROSE_MIKEY_MAX];
        ProseMikeyMessage msg;
        ProseMikeyKeys keys;

        if (key_len != PROSE_KEY_LEN)
            continue;
        ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
        prose_mikey_keys_init(&keys, pmk, msg.csb_id, rand, rand_len);
        encr_len = msg.encr.len;
        prose_mikey_aes_cm(ours, msg.encr.data, encr_len, &keys, msg.csb_id, msg.t);
        {
            g_autoptr(GstMIKEYMessage) m = gst_message(t, rand, (guint8) rand_len, GST_MIKEY_ENC_AES_CM_128,
                                                       GST_MIKEY_MAC_HMAC_SHA_1_160, k.key, k.from, k.to);
            g_autoptr(GBytes) bytes = gst_mikey_message_to_bytes(m, NULL, NULL);

            ck_assert_int_eq(prose_mikey_decode(&msg, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)), 0);
            ck_assert_uint_eq(msg.encr.len, encr_len);
            ck_assert_mem_eq(msg.encr.data, ours, encr_len);
        }
        compared++;
    }
    ck_assert_uint_eq(compared, 18);
}
END_TEST

START_TEST(gstreamer_reads_our_key_data)
{
    JsonObject *v = json_array_get_object_element(deliveries(), 0);
    g_auto(KeyAndInterval) k = { input_hex(v, "key", NULL), input_hex(v, "valid_from", NULL), input_hex(v, "valid_to", NULL) };
    size_t len, plain_len;
    g_autofree uint8_t *octets = test_hex(json_object_get_string_member(v, "message"), &len);
    g_autofree uint8_t *pmk = input_hex(v, "pmk", NULL);
    g_autoptr(GByteArray) part = without_ids_and_extension(octets, len);
    g_autoptr(GstMIKEYMessage) m = NULL;
    const GstMIKEYPayload *kemac;
    const GstMIKEYPayloadKeyData *key_data;
    ProseMikeyMessage msg;
    ProseMikeyKeys keys;

    /* The same message with its encrypted part opened in place, which is where GStreamer looks. */
    ck_assert_int_eq(prose_mikey_decode(&msg, part->data, part->len), 0);
    prose_mikey_keys_init(&keys, pmk, msg.csb_id, msg.rand.data, msg.rand.len);
    plain_len = msg.encr.len;
    prose_mikey_aes_cm(part->data + (msg.encr.data - part->data), msg.encr.data, plain_len, &keys, msg.csb_id, msg.t);

    m = gst_mikey_message_new_from_data(part->data, part->len, NULL, NULL);
    ck_assert_ptr_nonnull(m);
    kemac = gst_mikey_message_find_payload(m, GST_MIKEY_PT_KEMAC, 0);
    ck_assert_uint_eq(gst_mikey_payload_kemac_get_n_sub(kemac), 1);
    key_data = (const void *) gst_mikey_payload_kemac_get_sub(kemac, 0);
    ck_assert_int_eq(key_data->key_type, GST_MIKEY_KD_TGK);
    ck_assert_uint_eq(key_data->key_len, PROSE_KEY_LEN);
    ck_assert_mem_eq(key_data->key_data, k.key, PROSE_KEY_LEN);
    ck_assert_uint_eq(key_data->salt_len, 0);
    ck_assert_int_eq(key_data->kv_type, GST_MIKEY_KV_INTERVAL);
    ck_assert_uint_eq(key_data->kv_len[0], 8);
    ck_assert_mem_eq(key_data->kv_data[0], k.from, 8);
    ck_assert_uint_eq(key_data->kv_len[1], 8);
    ck_assert_mem_eq(key_data->kv_data[1], k.to, 8);
}
END_TEST

/* What RTSP servers send inside TLS is what a UE must never take (REQ-662-02, -03). */
static const struct {
    GstMIKEYEncAlg enc;
    GstMIKEYMacAlg mac;
} null_cases[] = {
    { GST_MIKEY_ENC_NULL, GST_MIKEY_MAC_NULL },
    { GST_MIKEY_ENC_NULL, GST_MIKEY_MAC_HMAC_SHA_1_160 },
    { GST_MIKEY_ENC_AES_CM_128, GST_MIKEY_MAC_NULL },
    { GST_MIKEY_ENC_AES_KW_128, GST_MIKEY_MAC_HMAC_SHA_1_160 },
    { GST_MIKEY_ENC_AES_GCM_128, GST_MIKEY_MAC_HMAC_SHA_1_160 },
};

/* REQ-662-03 */
START_TEST(what_gstreamer_leaves_unprotected_is_refused)
{
    const uint8_t zeros[PROSE_KEY_LEN] = { 0 };
    g_autoptr(GstMIKEYMessage) m = gst_message(zeros, zeros, 16, null_cases[_i].enc, null_cases[_i].mac, zeros, zeros, zeros);
    g_autoptr(GBytes) bytes = gst_mikey_message_to_bytes(m, NULL, NULL);
    ProseMikeyMessage msg;

    ck_assert_int_eq(prose_mikey_decode(&msg, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)), PROSE_ERR_UNKNOWN);
}
END_TEST

/* Every type of T it can write. */
START_TEST(we_read_gstreamers_time_stamps)
{
    static const struct {
        GstMIKEYTSType type;
        uint64_t want;
    } cases[] = {
        { GST_MIKEY_TS_TYPE_NTP_UTC, UINT64_C(0x0102030405060708) },
        { GST_MIKEY_TS_TYPE_NTP, UINT64_C(0x0102030405060708) },
        { GST_MIKEY_TS_TYPE_COUNTER, UINT64_C(0x01020304) },
    };
    const uint8_t t[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, rand[16] = { 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GstMIKEYMessage) m = gst_mikey_message_new();
        GstMIKEYPayload *kemac = gst_mikey_payload_new(GST_MIKEY_PT_KEMAC);
        g_autoptr(GBytes) bytes = NULL;
        ProseMikeyMessage msg;

        gst_mikey_message_set_info(m, GST_MIKEY_VERSION, GST_MIKEY_TYPE_PSK_INIT, FALSE, GST_MIKEY_PRF_MIKEY_1, 1,
                                   GST_MIKEY_MAP_TYPE_SRTP);
        gst_mikey_message_add_t(m, cases[i].type, t);
        gst_mikey_message_add_rand(m, sizeof rand, rand);
        gst_mikey_payload_kemac_set(kemac, GST_MIKEY_ENC_AES_CM_128, GST_MIKEY_MAC_HMAC_SHA_1_160);
        gst_mikey_message_add_payload(m, kemac);
        bytes = gst_mikey_message_to_bytes(m, NULL, NULL);
        ck_assert_int_eq(prose_mikey_decode(&msg, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)), 0);
        ck_assert_uint_eq(msg.t_type, (unsigned) cases[i].type);
        ck_assert_uint_eq(msg.t, cases[i].want);
        ck_assert(!msg.v);
    }
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("mikey-gstreamer");
    TCase *tc = tcase_create("interop");

    gst_init(NULL, NULL);
    tcase_add_test(tc, gstreamer_reads_header_t_rand_and_kemac_of_our_deliveries);
    tcase_add_test(tc, we_read_what_gstreamer_builds);
    tcase_add_test(tc, key_data_is_the_same_octets_from_both);
    tcase_add_test(tc, gstreamer_reads_our_key_data);
    tcase_add_loop_test(tc, what_gstreamer_leaves_unprotected_is_refused, 0, G_N_ELEMENTS(null_cases));
    tcase_add_test(tc, we_read_gstreamers_time_stamps);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
