/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our MIKEY messages under Wireshark's dissector: every payload of a delivery, a verification and an error, on UDP 2269.
 *
 * It reads form only: it checks no MAC and opens no KEMAC (the oracle's vectors do, in test/model/test-mikey.c), and it has
 * no name for map type 1 and extension type 3 (RFC 4563), whose octets it still shows. Together with GStreamer's codec,
 * which stops at ID, V, ERR and extensions, every payload has been read by a program that is not ours.
 */
#include "prose-test.h"
#include "mikey-delivery.h"

#include "prose-mikey.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const uint8_t pmk[PROSE_KEY_LEN] = { 0x11 };

/* A delivery with names of @fqdn_len octets. */
typedef struct Example {
    char fqdn[PROSE_FQDN_MAX + 1];
    char nai[PROSE_NAI_MAX];
    ProseMikeyDelivery delivery;
    ProseMikeyKeys keys;
} Example;

static void
example_init(Example *e, size_t fqdn_len)
{
    const uint8_t pmk_id[PROSE_PMK_ID_LEN] = { 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x07, 0x18 };

    memset(e, 0, sizeof *e);
    memset(e->fqdn, 'p', fqdn_len);
    ck_assert_int_eq(prose_mikey_responder_nai(e->nai, sizeof e->nai, pmk_id, e->fqdn), 0);
    e->delivery = (ProseMikeyDelivery) {
        .csb_id = 0xCAFEF00D, .t = UINT64_C(0xDA8002C080000000), .rand = { 0xAB, 0xCD }, .want_verification = true,
        .idi = e->fqdn, .idr = e->nai, .scope = { PROSE_KEY_TYPE_PSDK_GROUP, 0x445566 }, .key_id = 0x77,
        .valid_from = UINT64_C(0xDA7F5A0000000000), .valid_to = UINT64_C(0xDAA8388000000000),
    };
    prose_mikey_keys_init(&e->keys, pmk, e->delivery.csb_id, e->delivery.rand, sizeof e->delivery.rand);
}

static void
append_le32(GByteArray *to, uint32_t v)
{
    const uint32_t le = GUINT32_TO_LE(v);

    g_byte_array_append(to, (const guint8 *) &le, sizeof le);
}

/* One packet in a capture of link type "raw IP". Checksums stay zero: a capture is no receiver. */
static void
append_packet(GByteArray *to, const uint8_t *message, size_t len)
{
    uint8_t head[28] = { 0x45, [8] = 64, [9] = 17, [12] = 10, [15] = 1, [16] = 10, [19] = 2 };

    prose_put_u16(head + 2, (uint16_t) (sizeof head + len));
    prose_put_u16(head + 20, 2269);
    prose_put_u16(head + 22, 2269);
    prose_put_u16(head + 24, (uint16_t) (8 + len));
    append_le32(to, 0);
    append_le32(to, 0);
    append_le32(to, (uint32_t) (sizeof head + len));
    append_le32(to, (uint32_t) (sizeof head + len));
    g_byte_array_append(to, head, sizeof head);
    g_byte_array_append(to, message, (guint) len);
}

static void
append_strings(GPtrArray *to, const char *const *strings)
{
    for (; *strings; strings++)
        g_ptr_array_add(to, (gpointer) *strings);
}

/* @fields of one message, "|" between fields and "," between values of one; then what the dissector complained of. */
static char *
dissect(const uint8_t *message, size_t len, const char *const *fields)
{
    g_autoptr(GByteArray) pcap = g_byte_array_new();
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    char *out = NULL;
    int fd = g_file_open_tmp("prose-mikey-XXXXXX.pcap", &path, &error), status;

    ck_assert_msg(fd >= 0, "%s", error ? error->message : "");
    close(fd);
    append_le32(pcap, 0xA1B2C3D4);
    append_le32(pcap, 0x00040002);                 /* version 2.4 */
    append_le32(pcap, 0);
    append_le32(pcap, 0);
    append_le32(pcap, 65535);
    append_le32(pcap, 101);                        /* raw IP */
    append_packet(pcap, message, len);
    ck_assert(g_file_set_contents(path, (const char *) pcap->data, pcap->len, &error));

    g_ptr_array_add(argv, (gpointer) TEST_TSHARK);
    g_ptr_array_add(argv, (gpointer) "-r");
    g_ptr_array_add(argv, path);
    append_strings(argv, (const char *const[]) { "-T", "fields", "-E", "separator=|", "-E", "aggregator=,", NULL });
    for (; *fields; fields++)
        append_strings(argv, (const char *const[]) { "-e", *fields, NULL });
    append_strings(argv, (const char *const[]) { "-e", "_ws.malformed", "-e", "_ws.expert.message", NULL });
    g_ptr_array_add(argv, NULL);
    ck_assert_msg(g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, &status, &error),
                  "%s", error ? error->message : "");
    g_unlink(path);
    ck_assert_int_eq(status, 0);
    return g_strchomp(out);
}

/* The shortest name and the longest. */
static const size_t name_lengths[] = { 1, PROSE_FQDN_MAX };

START_TEST(a_delivery_dissects_payload_by_payload)
{
    static const char *const fields[] = {
        "mikey.version", "mikey.type", "mikey.v.set", "mikey.prf_func", "mikey.csb_id", "mikey.cs_count", "mikey.cs_id_map_type",
        "mikey.next_payload", "mikey.ext.type", "mikey.ext.data", "mikey.t.ts_type", "mikey.rand.data", "mikey.id.type",
        "mikey.id.data", "mikey.kemac.encr_alg", "mikey.kemac.key_data_len", "mikey.kemac.key_data", "mikey.kemac.mac_alg",
        "mikey.kemac.mac", NULL,
    };
    uint8_t octets[PROSE_MIKEY_MAX];
    char rand[2 * PROSE_MIKEY_RAND_LEN + 1], encr[2 * 54 + 1], mac[2 * PROSE_MIKEY_MAC_LEN + 1];
    g_autofree char *got = NULL, *want = NULL;
    Example e;
    ptrdiff_t len;

    example_init(&e, name_lengths[_i]);
    len = delivery_encode(octets, sizeof octets, &e.delivery, pmk);
    ck_assert_int_gt(len, 0);
    got = dissect(octets, (size_t) len, fields);
    want = g_strdup_printf("1|0|1|0|0xcafef00d|0|1|21,5,11,6,6,1,0|3|f1050244556677|0|%s|1,0|%s,%s|1|54|%s|1|%s||",
                           prose_hex_encode(rand, e.delivery.rand, sizeof e.delivery.rand), e.fqdn, e.nai,
                           prose_hex_encode(encr, octets + len - 20 - 1 - 54, 54), prose_hex_encode(mac, octets + len - 20, 20));
    ck_assert_str_eq(got, want);
}
END_TEST

START_TEST(t_is_the_time_we_meant)
{
    static const char *const fields[] = { "mikey.t.ntp", NULL };
    uint8_t octets[PROSE_MIKEY_MAX];
    g_autofree char *got = NULL;
    Example e;
    ptrdiff_t len;

    example_init(&e, 16);
    len = delivery_encode(octets, sizeof octets, &e.delivery, pmk);
    got = dissect(octets, (size_t) len, fields);
    ck_assert_ptr_nonnull(strstr(got, "Mar  1, 2016 12:00:00.500000000"));
}
END_TEST

START_TEST(a_verification_dissects_payload_by_payload)
{
    static const char *const fields[] = {
        "mikey.version", "mikey.type", "mikey.v.set", "mikey.csb_id", "mikey.cs_id_map_type", "mikey.next_payload", "mikey.t.ts_type",
        "mikey.id.type", "mikey.id.data", "mikey.v.auth_alg", "mikey.v.ver_data", NULL,
    };
    uint8_t octets[PROSE_MIKEY_MAX];
    char mac[2 * PROSE_MIKEY_MAC_LEN + 1];
    g_autofree char *got = NULL, *want = NULL;
    Example e;
    ptrdiff_t len;

    example_init(&e, name_lengths[_i]);
    len = prose_mikey_verification_encode(octets, sizeof octets, &e.keys, e.delivery.csb_id, e.delivery.t, e.fqdn, e.nai);
    ck_assert_int_gt(len, 0);
    got = dissect(octets, (size_t) len, fields);
    want = g_strdup_printf("1|1|0|0xcafef00d|1|5,6,9,0|0|0|%s|1|%s||", e.nai, prose_hex_encode(mac, octets + len - 20, 20));
    ck_assert_str_eq(got, want);
}
END_TEST

START_TEST(errors_dissect_payload_by_payload)
{
    static const char *const fields[] = {
        "mikey.version", "mikey.type", "mikey.csb_id", "mikey.next_payload", "mikey.err.no", "mikey.v.auth_alg", "mikey.v.ver_data", NULL,
    };
    uint8_t octets[PROSE_MIKEY_MAX];
    char mac[2 * PROSE_MIKEY_MAC_LEN + 1];
    g_autofree char *got = NULL, *bare = NULL, *want = NULL;
    Example e;
    ptrdiff_t len;

    example_init(&e, 16);
    len = prose_mikey_error_encode(octets, sizeof octets, &e.keys, e.delivery.csb_id, e.delivery.t, PROSE_MIKEY_ERROR_UNSPECIFIED,
                                   e.fqdn, e.nai);
    got = dissect(octets, (size_t) len, fields);
    want = g_strdup_printf("1|6|0xcafef00d|5,12,9,0|12|1|%s||", prose_hex_encode(mac, octets + len - 20, 20));
    ck_assert_str_eq(got, want);

    len = prose_mikey_error_encode(octets, sizeof octets, NULL, e.delivery.csb_id, e.delivery.t, PROSE_MIKEY_ERROR_TIMESTAMP, NULL, NULL);
    bare = dissect(octets, (size_t) len, fields);
    ck_assert_str_eq(bare, "1|6|0xcafef00d|5,12,0|1||||");
}
END_TEST

/* The dissector does complain when there is reason to: without this the empty last fields above would mean little. */
START_TEST(a_message_cut_short_is_complained_of)
{
    static const char *const fields[] = { "mikey.csb_id", NULL };
    uint8_t octets[PROSE_MIKEY_MAX];
    g_autofree char *got = NULL;
    Example e;
    ptrdiff_t len;

    example_init(&e, 16);
    len = delivery_encode(octets, sizeof octets, &e.delivery, pmk);
    got = dissect(octets, (size_t) len - 30, fields);
    ck_assert_str_ne(got, "0xcafef00d||");
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("mikey-tshark");
    TCase *tc = tcase_create("interop");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_delivery_dissects_payload_by_payload, 0, G_N_ELEMENTS(name_lengths));
    tcase_add_test(tc, t_is_the_time_we_meant);
    tcase_add_loop_test(tc, a_verification_dissects_payload_by_payload, 0, G_N_ELEMENTS(name_lengths));
    tcase_add_test(tc, errors_dissect_payload_by_payload);
    tcase_add_test(tc, a_message_cut_short_is_complained_of);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
