/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-kdf.h"

static ProseProfile profile;

static void
setup(void)
{
    prose_profile_init(&profile);
}

static uint8_t *
member(JsonObject *o, const char *name)
{
    return test_hex(json_object_get_string_member(o, name), NULL);
}

static JsonObject *
kdf_vector(const char *name)
{
    return json_object_get_object_member(json_object_get_object_member(test_vectors("vectors.json"), "kdf"), name);
}

START_TEST(ptk_from_pgk_is_the_oracles)
{
    JsonObject *v = kdf_vector("ptk_A3");
    g_autofree uint8_t *pgk = member(v, "pgk"), *id = member(v, "group_member_identity"), *ptk_id = member(v, "ptk_identity"),
                       *group = member(v, "group_identity"), *want = member(v, "ptk");
    uint8_t ptk[32];

    prose_kdf_ptk(ptk, pgk, id, ptk_id, group, &profile);
    ck_assert_mem_eq(ptk, want, 32);
}
END_TEST

START_TEST(pek_and_pik_are_the_oracles)
{
    JsonObject *v = kdf_vector("pek_A4");
    g_autofree uint8_t *ptk = member(v, "ptk"), *pek = member(v, "pek_128"), *pik = member(v, "pik_128");
    uint8_t algorithm = (uint8_t) json_object_get_int_member(v, "algorithm"), out[16];

    prose_kdf_pek_pik(out, ptk, 0, algorithm, &profile);
    ck_assert_mem_eq(out, pek, 16);
    prose_kdf_pek_pik(out, ptk, 1, algorithm, &profile);
    ck_assert_mem_eq(out, pik, 16);
}
END_TEST

START_TEST(kd_is_the_oracles)
{
    JsonObject *v = kdf_vector("kd_A7");
    g_autofree uint8_t *pruk = member(v, "pruk"), *rsc = member(v, "rsc"), *nonce = member(v, "nonce_1"),
                       *freshness = member(v, "kd_freshness"), *want = member(v, "kd");
    uint8_t kd[32];

    prose_kdf_kd(kd, pruk, rsc, nonce, freshness, &profile);
    ck_assert_mem_eq(kd, want, 32);
}
END_TEST

START_TEST(the_three_discovery_keys_are_the_oracles)
{
    JsonArray *rows = json_object_get_array_member(json_object_get_object_member(test_vectors("vectors.json"), "kdf"), "discovery_A8");

    ck_assert_uint_eq(json_array_get_length(rows), 2);
    for (guint i = 0; i < 2; i++) {
        static const char *const names[] = { "duik", "duck", "dusk" };
        JsonObject *v = json_array_get_object_element(rows, i);
        g_autofree uint8_t *psdk = member(v, "psdk");

        for (unsigned k = 0; k < 3; k++) {
            g_autofree uint8_t *want = member(v, names[k]);
            uint8_t key[32];

            prose_kdf_discovery_key(key, psdk, k, (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_RELAY, 0xA1B2C3 }, &profile);
            ck_assert_mem_eq(key, want, 32);
        }
    }
}
END_TEST

START_TEST(the_identity_enters_the_discovery_key_only_if_the_profile_says_so)
{
    const uint8_t psdk[32] = { 1 };
    const ProseKeyScope a = { PROSE_KEY_TYPE_PSDK_RELAY, 1 }, b = { PROSE_KEY_TYPE_PSDK_RELAY, 2 };
    uint8_t x[32], y[32];

    prose_kdf_discovery_key(x, psdk, PROSE_DUIK, a, &profile);
    prose_kdf_discovery_key(y, psdk, PROSE_DUIK, b, &profile);
    ck_assert_mem_eq(x, y, 32);
    profile.psdk_input = PROSE_PSDK_INPUT_SELECTOR_AND_ID;
    prose_kdf_discovery_key(x, psdk, PROSE_DUIK, a, &profile);
    prose_kdf_discovery_key(y, psdk, PROSE_DUIK, b, &profile);
    ck_assert_mem_ne(x, y, 32);
}
END_TEST

START_TEST(an_empty_parameter_still_counts)
{
    ProseKdfKey key;
    const ProseBytes none[] = { { NULL, 0 } };
    uint8_t with[32], without[32];

    prose_kdf_key_init(&key, (const uint8_t *) "k", 1);
    prose_kdf(with, &key, 0x4F, none, 1);
    prose_kdf(without, &key, 0x4F, NULL, 0);
    ck_assert_mem_ne(with, without, 32);
}
END_TEST

START_TEST(ks_naf_is_the_oracles)
{
    JsonArray *rows = json_object_get_array_member(test_vectors("mikey_vectors.json"), "gba");

    ck_assert_uint_eq(json_array_get_length(rows), 2);
    for (guint i = 0; i < 2; i++) {
        JsonObject *v = json_array_get_object_element(rows, i);
        size_t naf_len;
        g_autofree uint8_t *ks = member(v, "ks"), *rand = member(v, "rand"), *want = member(v, "ks_naf"),
                           *naf = test_hex(json_object_get_string_member(v, "naf_id"), &naf_len);
        uint8_t ks_naf[32];

        prose_kdf_ks_naf(ks_naf, ks, rand, json_object_get_string_member(v, "impi"), naf, naf_len);
        ck_assert_mem_eq(ks_naf, want, 32);
    }
}
END_TEST

/* REQ-662-11 */
START_TEST(scrambling_bits_last_sixteen_seconds_unless_the_counter_enters_whole)
{
    ProseKdfKey dusk;
    uint8_t a[27], b[27], c[27];

    prose_kdf_key_init(&dusk, (const uint8_t *) "0123456789abcdef0123456789abcdef", 32);
    prose_kdf_time_hash(a, &dusk, 0x5F3A91C0, &profile);
    prose_kdf_time_hash(b, &dusk, 0x5F3A91CF, &profile);
    prose_kdf_time_hash(c, &dusk, 0x5F3A91D0, &profile);
    ck_assert_mem_eq(a, b, 27);
    ck_assert_mem_ne(a, c, 27);
    profile.scrambling_counter = PROSE_SCRAMBLING_COUNTER_FULL;
    prose_kdf_time_hash(b, &dusk, 0x5F3A91CF, &profile);
    ck_assert_mem_ne(a, b, 27);
}
END_TEST

static Suite *
kdf_suite(void)
{
    Suite *suite = suite_create("kdf");
    TCase *tc = tcase_create("kdf");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, ptk_from_pgk_is_the_oracles);
    tcase_add_test(tc, pek_and_pik_are_the_oracles);
    tcase_add_test(tc, kd_is_the_oracles);
    tcase_add_test(tc, the_three_discovery_keys_are_the_oracles);
    tcase_add_test(tc, the_identity_enters_the_discovery_key_only_if_the_profile_says_so);
    tcase_add_test(tc, an_empty_parameter_still_counts);
    tcase_add_test(tc, ks_naf_is_the_oracles);
    tcase_add_test(tc, scrambling_bits_last_sixteen_seconds_unless_the_counter_enters_whole);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(kdf_suite)
