/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GBA sessions and Ks_NAF against the independent oracle.
 */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-gba.h"
#include "prose-kdf.h"

static JsonObject *
vector(unsigned i)
{
    return json_array_get_object_element(json_object_get_array_member(test_vectors("mikey_vectors.json"), "gba"), i);
}

/* The vector's session, at a BSF of its own. */
static const ProseGbaSession *
bootstrap(ProseBsf *bsf, JsonObject *v)
{
    g_autofree uint8_t *rand = test_hex(json_object_get_string_member(v, "rand"), NULL);
    g_autofree uint8_t *ks = test_hex(json_object_get_string_member(v, "ks"), NULL);

    return prose_bsf_bootstrap(bsf, json_object_get_string_member(v, "impi"), rand, ks, 1000);
}

START_TEST(ks_naf_is_the_oracles_for_both_suites)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf.example.org");
    JsonObject *v = vector((unsigned) _i);
    const ProseGbaSession *session = bootstrap(bsf, v);
    size_t naf_id_len;
    g_autofree uint8_t *naf_id = test_hex(json_object_get_string_member(v, "naf_id"), &naf_id_len);
    g_autofree uint8_t *want = test_hex(json_object_get_string_member(v, "ks_naf"), NULL);
    uint8_t got[PROSE_KEY_LEN];

    prose_kdf_ks_naf(got, session->ks, session->rand, session->impi, naf_id, naf_id_len);
    ck_assert_mem_eq(got, want, PROSE_KEY_LEN);
}
END_TEST

/* REQ-662-05 */
START_TEST(a_session_gives_ks_naf_of_the_one_suite_we_use)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf.example.org");
    JsonObject *v = vector(0);
    const ProseGbaSession *session = bootstrap(bsf, v);
    g_autofree uint8_t *want = test_hex(json_object_get_string_member(v, "ks_naf"), NULL);
    g_autofree uint8_t *ua = test_hex(json_object_get_string_member(v, "ua_security_protocol_id"), NULL);
    uint8_t got[PROSE_KEY_LEN], other[PROSE_KEY_LEN];

    ck_assert_mem_eq(prose_ua_protocol_id, ua, PROSE_UA_PROTOCOL_ID_LEN);
    ck_assert_int_eq(prose_gba_ks_naf(got, session, json_object_get_string_member(v, "naf_fqdn")), 0);
    ck_assert_mem_eq(got, want, PROSE_KEY_LEN);
    /* Another NAF, another key. */
    ck_assert_int_eq(prose_gba_ks_naf(other, session, "function.example.org"), 0);
    ck_assert_mem_ne(other, want, PROSE_KEY_LEN);
}
END_TEST

START_TEST(a_naf_name_has_253_octets_at_most)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf.example.org");
    const ProseGbaSession *session = bootstrap(bsf, vector(0));
    char name[PROSE_FQDN_MAX + 2];
    uint8_t ks_naf[PROSE_KEY_LEN] = { 0x5A };

    memset(name, 'n', sizeof name);
    name[PROSE_FQDN_MAX + 1] = '\0';
    ck_assert_int_eq(prose_gba_ks_naf(ks_naf, session, name), PROSE_ERR_LIMIT);
    ck_assert_uint_eq(ks_naf[0], 0x5A);
    name[PROSE_FQDN_MAX] = '\0';
    ck_assert_int_eq(prose_gba_ks_naf(ks_naf, session, name), 0);
}
END_TEST

START_TEST(a_session_is_named_by_its_rand)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf.example.org");
    JsonObject *v = vector(0);
    const ProseGbaSession *session = bootstrap(bsf, v);
    g_autofree char *identity = prose_gba_psk_identity(session->b_tid);

    ck_assert_str_eq(session->b_tid, json_object_get_string_member(v, "b_tid"));
    ck_assert_str_eq(session->impi, json_object_get_string_member(v, "impi"));
    ck_assert_str_eq(PROSE_PSK_IDENTITY_HINT, json_object_get_string_member(v, "psk_identity_hint"));
    ck_assert_str_eq(identity, json_object_get_string_member(v, "psk_identity_ts36508"));
}
END_TEST

static const struct {
    const char *identity, *want;
} identity_cases[] = {
    { "3GPP-bootstrapping.abc@bsf", "abc@bsf" },
    { "3GPP-bootstrapping;abc@bsf", "abc@bsf" },
    { "3GPP-bootstrapping.a.b;c@bsf", "a.b;c@bsf" },
    { "3GPP-bootstrapping:abc@bsf", NULL },
    { "3GPP-bootstrapping.", NULL },
    { "3GPP-bootstrapping;", NULL },
    { "3GPP-bootstrapping", NULL },
    { "3GPP-bootstrappingabc@bsf", NULL },
    { "3gpp-bootstrapping.abc@bsf", NULL },
    { "abc@bsf", NULL },
    { ".abc@bsf", NULL },
    { "", NULL },
};

START_TEST(the_b_tid_is_found_behind_either_separator)
{
    const char *got = prose_gba_b_tid_of(identity_cases[_i].identity);

    if (identity_cases[_i].want)
        ck_assert_str_eq(got, identity_cases[_i].want);
    else
        ck_assert_ptr_null(got);
}
END_TEST

START_TEST(both_separators_of_the_vectors_lead_to_the_session)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf.example.org");
    JsonObject *v = vector(0);
    const ProseGbaSession *session = bootstrap(bsf, v);
    static const char *const members[] = { "psk_identity_ts36508", "psk_identity_alternative" };

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const char *b_tid = prose_gba_b_tid_of(json_object_get_string_member(v, members[i]));

        ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, b_tid, 0), session);
    }
}
END_TEST

START_TEST(a_session_ends_at_its_expiry)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf.example.org");
    const ProseGbaSession *session = bootstrap(bsf, vector(0));

    ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, session->b_tid, 999), session);
    ck_assert_ptr_null(prose_bsf_find_by_b_tid(bsf, session->b_tid, 1000));
    ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, session->b_tid, 999), session);
    ck_assert_ptr_null(prose_bsf_find_by_b_tid(bsf, "oKGio6SlpqeoqaqrrK2urw==@bsf.example.com", 0));
    ck_assert_ptr_null(prose_bsf_find_by_b_tid(bsf, "", 0));
}
END_TEST

START_TEST(a_second_bootstrap_leaves_the_first_valid)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    g_autoptr(ProseBsf) bsf = prose_bsf_new(pool, "bsf");
    uint8_t rand[16] = { 1 }, ks[PROSE_KEY_LEN] = { 2 };
    const ProseGbaSession *first = prose_bsf_bootstrap(bsf, "ue@example.org", rand, ks, 100), *second;

    rand[0]++;
    ks[0]++;
    second = prose_bsf_bootstrap(bsf, "ue@example.org", rand, ks, 200);
    ck_assert_str_ne(first->b_tid, second->b_tid);
    ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, first->b_tid, 50), first);
    ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, second->b_tid, 50), second);
    ck_assert_ptr_null(prose_bsf_find_by_b_tid(bsf, first->b_tid, 150));
    ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, second->b_tid, 150), second);
    ck_assert_uint_eq(first->ks[0], 2);
    ck_assert_uint_eq(second->ks[0], 3);
}
END_TEST

static void
count_zero_slots_cb(void *user, const void *slot, size_t size)
{
    const uint8_t *octets = slot;
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++)
        any |= octets[i];
    *(unsigned *) user += any ? 100000 : 1;
}

START_TEST(a_thousand_sessions_are_found_and_wiped)
{
    enum { N = 1000 };
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    ProseBsf *bsf = prose_bsf_new(pool, "bsf");
    uint8_t rand[16] = { 0 }, ks[PROSE_KEY_LEN] = { 1 };
    const ProseGbaSession *sessions[N];
    unsigned wiped = 0;

    for (unsigned i = 0; i < N; i++) {
        rand[0] = (uint8_t) i;
        rand[1] = (uint8_t) (i >> 8);
        sessions[i] = prose_bsf_bootstrap(bsf, "ue@example.org", rand, ks, 100);
    }
    for (unsigned i = 0; i < N; i++) {
        ck_assert_ptr_eq(prose_bsf_find_by_b_tid(bsf, sessions[i]->b_tid, 0), sessions[i]);
        ck_assert_uint_eq(sessions[i]->rand[1], i >> 8);
    }
    prose_secret_pool_set_hook(pool, count_zero_slots_cb, &wiped);
    ck_assert_ptr_null(prose_bsf_free(bsf));
    ck_assert_uint_eq(wiped, N);
    ck_assert_uint_eq(prose_secret_pool_in_use(pool), 0);
    ck_assert_ptr_null(prose_bsf_free(NULL));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("gba");
    TCase *tc = tcase_create("gba");

    tcase_add_loop_test(tc, ks_naf_is_the_oracles_for_both_suites, 0, 2);
    tcase_add_test(tc, a_session_gives_ks_naf_of_the_one_suite_we_use);
    tcase_add_test(tc, a_naf_name_has_253_octets_at_most);
    tcase_add_test(tc, a_session_is_named_by_its_rand);
    tcase_add_loop_test(tc, the_b_tid_is_found_behind_either_separator, 0, G_N_ELEMENTS(identity_cases));
    tcase_add_test(tc, both_separators_of_the_vectors_lead_to_the_session);
    tcase_add_test(tc, a_session_ends_at_its_expiry);
    tcase_add_test(tc, a_second_bootstrap_leaves_the_first_valid);
    tcase_add_test(tc, a_thousand_sessions_are_found_and_wiped);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
