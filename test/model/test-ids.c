/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-ids.h"

static const struct { const char *text; int want; uint32_t value; } id_cases[] = {
    { "0x00A1B2", 0, 0xA1B2 },
    { "0xffffff", 0, 0xFFFFFF },
    { "41394", 0, 41394 },
    { "0", 0, 0 },
    { "16777215", 0, 0xFFFFFF },
    { "16777216", PROSE_ERR_LIMIT, 0 },
    { "0x1000000", PROSE_ERR_LIMIT, 0 },
    { "99999999999999999999999", PROSE_ERR_LIMIT, 0 },
    { "", PROSE_ERR_MALFORMED, 0 },
    { "0x", PROSE_ERR_MALFORMED, 0 },
    { "-1", PROSE_ERR_MALFORMED, 0 },
    { " 1", PROSE_ERR_MALFORMED, 0 },
    { "12ab", PROSE_ERR_MALFORMED, 0 },
    { "0xg", PROSE_ERR_MALFORMED, 0 },
};

START_TEST(a_24_bit_identity_is_read_strictly)
{
    uint32_t value = 0xDEADBEEF;

    ck_assert_int_eq(prose_id24_parse(&value, id_cases[_i].text), id_cases[_i].want);
    ck_assert_uint_eq(value, id_cases[_i].want ? 0xDEADBEEF : id_cases[_i].value);
}
END_TEST

/* REQ-66422-11 */
START_TEST(a_relay_code_and_a_group_of_equal_number_are_two_scopes)
{
    const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 5 }, group = { PROSE_KEY_TYPE_PSDK_GROUP, 5 };

    ck_assert(!prose_key_scope_equal(relay, group));
    ck_assert(prose_key_scope_equal(relay, relay));
    ck_assert_int_lt(prose_key_scope_compare(relay, group), 0);
    ck_assert_int_gt(prose_key_scope_compare(group, relay), 0);
    ck_assert_int_eq(prose_key_scope_compare(group, group), 0);
    ck_assert_int_lt(prose_key_scope_compare((ProseKeyScope) { 1, 4 }, relay), 0);
}
END_TEST

START_TEST(a_group_key_is_for_no_discovery)
{
    ck_assert(!prose_key_scope_is_discovery((ProseKeyScope) { PROSE_KEY_TYPE_PGK, 5 }));
    ck_assert(prose_key_scope_is_discovery((ProseKeyScope) { PROSE_KEY_TYPE_PSDK_RELAY, 5 }));
    ck_assert(prose_key_scope_is_discovery((ProseKeyScope) { PROSE_KEY_TYPE_PSDK_GROUP, 5 }));
    ck_assert(!prose_key_scope_is_discovery((ProseKeyScope) { 3, 5 }));
}
END_TEST

START_TEST(scopes_and_addresses_print_as_people_write_them)
{
    char scope[PROSE_KEY_SCOPE_TEXT_MAX], address[PROSE_ADDRESS_TEXT_MAX];

    ck_assert_str_eq(prose_key_scope_print(scope, (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_RELAY, 0xA1B2 }),
                     "relay-service-code 0x00a1b2");
    ck_assert_str_eq(prose_key_scope_print(scope, (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_GROUP, 0xFFFFFF }),
                     "discovery-group-id 0xffffff");
    ck_assert_str_eq(prose_key_scope_print(scope, (ProseKeyScope) { PROSE_KEY_TYPE_PGK, 1 }), "group-id 0x000001");
    ck_assert_str_eq(prose_address_print(address, 0x0A0100FE), "10.1.0.254");
    ck_assert_str_eq(prose_address_print(address, 0xFFFFFFFF), "255.255.255.255");
}
END_TEST

static Suite *
ids_suite(void)
{
    Suite *suite = suite_create("ids");
    TCase *tc = tcase_create("ids");

    tcase_add_loop_test(tc, a_24_bit_identity_is_read_strictly, 0, G_N_ELEMENTS(id_cases));
    tcase_add_test(tc, a_relay_code_and_a_group_of_equal_number_are_two_scopes);
    tcase_add_test(tc, a_group_key_is_for_no_discovery);
    tcase_add_test(tc, scopes_and_addresses_print_as_people_write_them);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(ids_suite)
