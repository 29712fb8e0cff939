/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-error.h"
#include "prose-pc5-message.h"
#include "prose-test.h"

#include <string.h>

#define N_LAYOUTS 2
static const char *const layouts[N_LAYOUTS] = { "last", "second" };

static ProseProfile
profile_with_layout(int layout)
{
    ProseProfile p;

    prose_profile_init(&p);
    ck_assert_int_eq(prose_profile_set(&p, "counter-lsb", layouts[layout]), 0);
    return p;
}

/* ---- octet 1 ---- */

static const struct { uint8_t octet; const char *name; int key_type; } types[] = {
    { 0x41, "open-announcement", -1 },
    { 0x81, "restricted-announcement", -1 },
    { 0x82, "restricted-response", -1 },
    { 0x86, "restricted-query", -1 },
    { 0x91, "relay-announcement", PROSE_KEY_TYPE_PSDK_RELAY },
    { 0x92, "relay-response", PROSE_KEY_TYPE_PSDK_RELAY },
    { 0x96, "relay-solicitation", PROSE_KEY_TYPE_PSDK_RELAY },
    { 0x99, "group-announcement", PROSE_KEY_TYPE_PSDK_GROUP },
    { 0x9A, "group-response", PROSE_KEY_TYPE_PSDK_GROUP },
    { 0x9E, "group-solicitation", PROSE_KEY_TYPE_PSDK_GROUP },
    { 0xA1, "relay-additional", PROSE_KEY_TYPE_PSDK_RELAY },
};

START_TEST(each_of_the_eleven_has_its_octet_name_and_key_type)
{
    ck_assert_int_eq(prose_pc5_type_check(types[_i].octet), 0);
    ck_assert_str_eq(prose_pc5_type_name(types[_i].octet), types[_i].name);
    ck_assert_int_eq(prose_pc5_type_key_type(types[_i].octet), types[_i].key_type);
}
END_TEST

/* The class of all 256 octets as test/vectors says it. */
START_TEST(every_octet_is_of_the_class_the_vectors_give)
{
    JsonObject *all = json_object_get_object_member(test_vectors("vectors.json"), "message_types");
    const struct { const char *member; int want; guint n; } lists[] = {
        { "reserved", PROSE_ERR_RESERVED, 228 }, { "unknown_pair", PROSE_ERR_UNKNOWN, 17 },
    };
    int want[256] = { 0 };
    g_autoptr(GList) valid = json_object_get_values(json_object_get_object_member(all, "valid"));

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        JsonArray *a = json_object_get_array_member(all, lists[i].member);

        ck_assert_uint_eq(json_array_get_length(a), lists[i].n);
        for (guint k = 0; k < json_array_get_length(a); k++)
            want[json_array_get_int_element(a, k)] = lists[i].want;
    }
    ck_assert_uint_eq(g_list_length(valid), 11);
    for (GList *l = valid; l; l = l->next)
        ck_assert_int_eq(want[json_node_get_int(l->data)], 0);
    for (int octet = 0; octet < 256; octet++) {
        ck_assert_msg(prose_pc5_type_check((uint8_t) octet) == want[octet], "octet 0x%02x", (unsigned) octet);
        ck_assert_int_eq(prose_pc5_type_name((uint8_t) octet) != NULL, want[octet] == 0);
        if (want[octet] != 0)
            ck_assert_int_eq(prose_pc5_type_key_type((uint8_t) octet), -1);
    }
}
END_TEST

/* ---- the frame ---- */

/* Octets 00 01 02 … so that each place shows. */
START_TEST(the_frame_has_its_fields_where_the_layout_puts_them)
{
    ProseProfile p = profile_with_layout(_i);
    uint8_t octets[PROSE_PC5_LEN], again[PROSE_PC5_LEN];
    ProsePc5Frame f;
    int body = _i == 0 ? 1 : 2;

    for (int i = 0; i < PROSE_PC5_LEN; i++)
        octets[i] = (uint8_t) i;
    ck_assert_int_eq(prose_pc5_frame_decode(&f, octets, sizeof octets, &p), 0);
    ck_assert_uint_eq(f.type, 0);
    ck_assert_uint_eq(f.content[0], body);
    ck_assert_uint_eq(f.content[PROSE_CONTENT_LEN - 1], body + 22);
    ck_assert_uint_eq(f.mic[0], body + 23);
    ck_assert_uint_eq(f.mic[3], body + 26);
    ck_assert_uint_eq(f.counter_lsb, _i == 0 ? 28 : 1);
    prose_pc5_frame_encode(again, &f, &p);
    ck_assert_mem_eq(again, octets, sizeof octets);
}
END_TEST

START_TEST(a_flipped_bit_of_the_frame_stays_that_one_bit)
{
    ProseProfile p = profile_with_layout(_i % N_LAYOUTS);
    int bit = _i / N_LAYOUTS;
    uint8_t octets[PROSE_PC5_LEN] = { 0 }, again[PROSE_PC5_LEN];
    ProsePc5Frame f;

    octets[bit / 8] = (uint8_t) (0x80 >> bit % 8);
    ck_assert_int_eq(prose_pc5_frame_decode(&f, octets, sizeof octets, &p), 0);
    prose_pc5_frame_encode(again, &f, &p);
    ck_assert_mem_eq(again, octets, sizeof octets);
}
END_TEST

START_TEST(a_frame_of_any_other_length_is_refused_and_writes_nothing)
{
    for (int layout = 0; layout < N_LAYOUTS; layout++) {
        ProseProfile p = profile_with_layout(layout);
        g_autofree uint8_t *octets = g_malloc(_i ? (size_t) _i : 1);
        ProsePc5Frame f, untouched;

        memset(octets, 0x91, _i ? (size_t) _i : 1);
        memset(&f, 0xA5, sizeof f);
        memset(&untouched, 0xA5, sizeof untouched);
        if (_i == PROSE_PC5_LEN) {
            ck_assert_int_eq(prose_pc5_frame_decode(&f, octets, (size_t) _i, &p), 0);
            continue;
        }
        ck_assert_int_eq(prose_pc5_frame_decode(&f, octets, (size_t) _i, &p),
                         _i < PROSE_PC5_LEN ? PROSE_ERR_TRUNCATED : PROSE_ERR_TRAILING);
        ck_assert_mem_eq(&f, &untouched, sizeof f);
    }
}
END_TEST

/* ---- the content ---- */

#define Z1 "00"
#define Z4 "00000000"
#define Z7 "00000000000000"
#define Z8 "0000000000000000"
#define Z9 "000000000000000000"
#define Z10 "00000000000000000000"
#define Z11 "0000000000000000000000"
#define Z13 "00000000000000000000000000"
#define Z15 "000000000000000000000000000000"
#define ID "a1b2c3"
#define INFO "0102030405ff"
#define UE "0a0b0c"
#define TARGET_USER "414243444546"
#define TARGET_GROUP "313233"
#define ECGI "c5c5c5c5c5c5c0"
#define TMGI "515253545556"
#define SAI "7172"

/* @spare has a one where a bit of @hex says nothing: it is written zero and not looked at. */
#define F1 "ff"
#define F4 "ffffffff"
#define F7 "ffffffffffffff"
#define F8 "ffffffffffffffff"
#define F9 "ffffffffffffffffff"
#define F10 "ffffffffffffffffffff"
#define F11 "ffffffffffffffffffffff"
#define F13 "ffffffffffffffffffffffffff"
#define F15 "ffffffffffffffffffffffffffffff"
#define N3 "000000"
#define N6 "000000000000"

#define WITH_ID .id = 0xA1B2C3
#define WITH_INFO .user_info = { 1, 2, 3, 4, 5, 0xFF }
#define WITH_UE .ue_id = 0x0A0B0C
#define WITH_TARGET_USER .has_target_user = true, .target_user = { 0x41, 0x42, 0x43, 0x44, 0x45, 0x46 }
#define WITH_TARGET_GROUP .has_target_group = true, .target_group = 0x313233
#define WITH_ECGI .has_ecgi = true, .ecgi = { 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC0 }
#define WITH_MBMS .has_mbms = true, .tmgi = { 0x51, 0x52, 0x53, 0x54, 0x55, 0x56 }, .sai = 0x7172

static const struct {
    const char *name, *hex, *spare;
    ProsePc5Content content;
} contents[] = {
    { "open announcement, country-wide, E, MCC 310, MNC 26", "94d81a" F10 F10, "20" Z11 Z11,
      { .type = 0x41, .code = { 0x94, 0xD8, 0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF } } },
    { "restricted announcement with a suffix of one octet", "0102030405060708" "aa" Z7 Z7, Z8 Z15,
      { .type = 0x81, .code = { 1, 2, 3, 4, 5, 6, 7, 8, 0xAA } } },
    { "restricted query", "0102030405060708" Z15, Z8 F15, { .type = 0x86, .code = { 1, 2, 3, 4, 5, 6, 7, 8 } } },
    { "restricted response", "0102030405060708" Z15, Z8 F15, { .type = 0x82, .code = { 1, 2, 3, 4, 5, 6, 7, 8 } } },
    { "relay announcement, room for more", ID INFO UE "80" Z10, N3 N6 N3 "7f" F10,
      { .type = 0x91, WITH_ID, WITH_INFO, WITH_UE, .resource_status = true } },
    { "relay announcement, full", ID INFO UE "00" Z10, N3 N6 N3 "7f" F10, { .type = 0x91, WITH_ID, WITH_INFO, WITH_UE } },
    { "relay response", ID INFO UE "80" Z10, N3 N6 N3 "7f" F10,
      { .type = 0x92, WITH_ID, WITH_INFO, WITH_UE, .resource_status = true } },
    { "relay solicitation of any relay", ID INFO "00" Z13, N3 N6 "fe" F13, { .type = 0x96, WITH_ID, WITH_INFO } },
    { "relay solicitation of one relay", ID INFO "01" UE Z10, N3 N6 "fe" N3 F10,
      { .type = 0x96, WITH_ID, WITH_INFO, .has_ue_id = true, WITH_UE } },
    { "group announcement", ID INFO UE Z11, N3 N6 N3 F11, { .type = 0x99, WITH_ID, WITH_INFO, WITH_UE } },
    { "group response", ID INFO UE Z11, N3 N6 N3 F11, { .type = 0x9A, WITH_ID, WITH_INFO, WITH_UE } },
    { "group solicitation of anybody", ID INFO UE "00" Z10, N3 N6 N3 "fc" F10, { .type = 0x9E, WITH_ID, WITH_INFO, WITH_UE } },
    { "group solicitation of a user", ID INFO UE "01" TARGET_USER Z4, N3 N6 N3 "fc" N6 F4,
      { .type = 0x9E, WITH_ID, WITH_INFO, WITH_UE, WITH_TARGET_USER } },
    { "group solicitation of a group", ID INFO UE "02" TARGET_GROUP Z7, N3 N6 N3 "fc" N3 F7,
      { .type = 0x9E, WITH_ID, WITH_INFO, WITH_UE, WITH_TARGET_GROUP } },
    { "group solicitation of a user in a group", ID INFO UE "03" TARGET_USER TARGET_GROUP Z1, N3 N6 N3 "fc" N6 N3 F1,
      { .type = 0x9E, WITH_ID, WITH_INFO, WITH_UE, WITH_TARGET_USER, WITH_TARGET_GROUP } },
    { "additional information, empty", ID UE "00" Z8 Z8, N3 N3 "fc" F8 F8, { .type = 0xA1, WITH_ID, WITH_UE } },
    { "additional information, ECGI", ID UE "01" ECGI Z9, N3 N3 "fc" N6 "0f" F9, { .type = 0xA1, WITH_ID, WITH_UE, WITH_ECGI } },
    { "additional information, MBMS", ID UE "02" TMGI SAI Z8, N3 N3 "fc" Z8 F8, { .type = 0xA1, WITH_ID, WITH_UE, WITH_MBMS } },
    { "additional information, both", ID UE "03" ECGI TMGI SAI Z1, N3 N3 "fc" N6 "0f" Z8 F1,
      { .type = 0xA1, WITH_ID, WITH_UE, WITH_ECGI, WITH_MBMS } },
};

static void
assert_same_content(const ProsePc5Content *a, const ProsePc5Content *b, const char *name)
{
#define SAME(member) ck_assert_msg(memcmp(&a->member, &b->member, sizeof a->member) == 0, "%s: " #member, name)
    SAME(type);
    SAME(id);
    SAME(user_info);
    SAME(ue_id);
    SAME(resource_status);
    SAME(has_ue_id);
    SAME(has_target_user);
    SAME(target_user);
    SAME(has_target_group);
    SAME(target_group);
    SAME(has_ecgi);
    SAME(ecgi);
    SAME(has_mbms);
    SAME(tmgi);
    SAME(sai);
    SAME(code);
#undef SAME
}

START_TEST(content_goes_out_as_the_table_says_and_comes_back)
{
    size_t len;
    g_autofree uint8_t *want = test_hex(contents[_i].hex, &len);
    uint8_t octets[PROSE_CONTENT_LEN];
    ProsePc5Content back;

    ck_assert_uint_eq(len, PROSE_CONTENT_LEN);
    memset(octets, 0xEE, sizeof octets);
    ck_assert_int_eq(prose_pc5_content_encode(octets, &contents[_i].content), 0);
    ck_assert_msg(memcmp(octets, want, len) == 0, "%s", contents[_i].name);
    ck_assert_int_eq(prose_pc5_content_decode(&back, contents[_i].content.type, want), 0);
    assert_same_content(&back, &contents[_i].content, contents[_i].name);
}
END_TEST

/* Each of the 184 bits either says something or is spare, and the table knows which. */
START_TEST(each_bit_of_the_content_counts_or_is_spare)
{
    g_autofree uint8_t *octets = test_hex(contents[_i].hex, NULL);
    g_autofree uint8_t *spare = test_hex(contents[_i].spare, NULL);
    uint8_t type = contents[_i].content.type;

    for (unsigned bit = 0; bit < 8 * PROSE_CONTENT_LEN; bit++) {
        uint8_t one = (uint8_t) (0x80 >> bit % 8), again[PROSE_CONTENT_LEN];
        ProsePc5Content c;
        int r;

        octets[bit / 8] ^= one;
        r = prose_pc5_content_decode(&c, type, octets);
        if (type == 0x41 && (octets[0] & 0xC0) == 0x40) {
            ck_assert_int_eq(r, PROSE_ERR_RESERVED);
        } else if (spare[bit / 8] & one) {
            ck_assert_int_eq(r, 0);
            assert_same_content(&c, &contents[_i].content, contents[_i].name);
            ck_assert_int_eq(prose_pc5_content_encode(again, &c), 0);
            octets[bit / 8] ^= one;
            ck_assert_mem_eq(again, octets, sizeof again);      /* sent as zero */
            octets[bit / 8] ^= one;
        } else {
            ck_assert_int_eq(r, 0);
            ck_assert_int_eq(prose_pc5_content_encode(again, &c), 0);
            ck_assert_msg((again[bit / 8] & one) == (octets[bit / 8] & one), "%s: bit %u", contents[_i].name, bit);
        }
        octets[bit / 8] ^= one;
    }
}
END_TEST

START_TEST(all_spare_bits_at_once_are_ignored)
{
    g_autofree uint8_t *octets = test_hex(contents[_i].hex, NULL);
    g_autofree uint8_t *spare = test_hex(contents[_i].spare, NULL);
    ProsePc5Content c;

    for (int i = 0; i < PROSE_CONTENT_LEN; i++)
        octets[i] |= spare[i];
    ck_assert_int_eq(prose_pc5_content_decode(&c, contents[_i].content.type, octets), 0);
    assert_same_content(&c, &contents[_i].content, contents[_i].name);
}
END_TEST

START_TEST(the_eleven_types_are_all_in_the_table)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        bool found = false;

        for (size_t k = 0; k < G_N_ELEMENTS(contents); k++)
            found |= contents[k].content.type == types[i].octet;
        ck_assert_msg(found, "%s", types[i].name);
    }
}
END_TEST

START_TEST(content_of_the_other_245_types_is_neither_sent_nor_read)
{
    const uint8_t octets[PROSE_CONTENT_LEN] = { 0 };
    uint8_t out[PROSE_CONTENT_LEN], untouched_out[PROSE_CONTENT_LEN];
    ProsePc5Content c, untouched;

    if (prose_pc5_type_name((uint8_t) _i))
        return;
    memset(&c, 0xA5, sizeof c);
    memset(&untouched, 0xA5, sizeof untouched);
    ck_assert_int_eq(prose_pc5_content_decode(&c, (uint8_t) _i, octets), prose_pc5_type_check((uint8_t) _i));
    ck_assert_mem_eq(&c, &untouched, sizeof c);
    memset(out, 0xA5, sizeof out);
    memset(untouched_out, 0xA5, sizeof untouched_out);
    ck_assert_int_eq(prose_pc5_content_encode(out, &(ProsePc5Content) { .type = (uint8_t) _i }), PROSE_ERR_INVALID);
    ck_assert_mem_eq(out, untouched_out, sizeof out);
}
END_TEST

#define TOO_LARGE 0x1000000
static const struct { const char *name; ProsePc5Content content; int want; } id_cases[] = {
    { "largest of all", { .type = 0x9E, .id = 0xFFFFFF, .ue_id = 0xFFFFFF, .has_target_group = true, .target_group = 0xFFFFFF }, 0 },
    { "id", { .type = 0x91, .id = TOO_LARGE }, PROSE_ERR_INVALID },
    { "id of additional information", { .type = 0xA1, .id = UINT32_MAX }, PROSE_ERR_INVALID },
    { "UE ID", { .type = 0x99, .ue_id = TOO_LARGE }, PROSE_ERR_INVALID },
    { "target group", { .type = 0x9E, .has_target_group = true, .target_group = TOO_LARGE }, PROSE_ERR_INVALID },
    { "absent target group", { .type = 0x9E, .target_group = TOO_LARGE }, 0 },
    { "absent UE ID", { .type = 0x96, .ue_id = TOO_LARGE }, 0 },
    { "present UE ID", { .type = 0x96, .has_ue_id = true, .ue_id = TOO_LARGE }, PROSE_ERR_INVALID },
    { "id of a type without one", { .type = 0x81, .id = TOO_LARGE }, 0 },
    { "reserved scope", { .type = 0x41, .code = { 0x40 } }, PROSE_ERR_INVALID },
    { "global scope", { .type = 0x41, .code = { 0x10 } }, 0 },
};

START_TEST(only_ids_that_are_sent_need_to_fit_in_24_bits)
{
    uint8_t octets[PROSE_CONTENT_LEN];

    ck_assert_msg(prose_pc5_content_encode(octets, &id_cases[_i].content) == id_cases[_i].want, "%s", id_cases[_i].name);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("pc5-message");
    TCase *tc = tcase_create("type");

    tcase_add_loop_test(tc, each_of_the_eleven_has_its_octet_name_and_key_type, 0, G_N_ELEMENTS(types));
    tcase_add_test(tc, every_octet_is_of_the_class_the_vectors_give);
    suite_add_tcase(s, tc);

    tc = tcase_create("frame");
    tcase_add_loop_test(tc, the_frame_has_its_fields_where_the_layout_puts_them, 0, N_LAYOUTS);
    tcase_add_loop_test(tc, a_flipped_bit_of_the_frame_stays_that_one_bit, 0, 8 * PROSE_PC5_LEN * N_LAYOUTS);
    tcase_add_loop_test(tc, a_frame_of_any_other_length_is_refused_and_writes_nothing, 0, 64);
    suite_add_tcase(s, tc);

    tc = tcase_create("content");
    tcase_add_loop_test(tc, content_goes_out_as_the_table_says_and_comes_back, 0, G_N_ELEMENTS(contents));
    tcase_add_loop_test(tc, each_bit_of_the_content_counts_or_is_spare, 0, G_N_ELEMENTS(contents));
    tcase_add_loop_test(tc, all_spare_bits_at_once_are_ignored, 0, G_N_ELEMENTS(contents));
    tcase_add_test(tc, the_eleven_types_are_all_in_the_table);
    tcase_add_loop_test(tc, content_of_the_other_245_types_is_neither_sent_nor_read, 0, 256);
    tcase_add_loop_test(tc, only_ids_that_are_sent_need_to_fit_in_24_bits, 0, G_N_ELEMENTS(id_cases));
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
