/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-profile.h"

START_TEST(every_choice_has_a_mark_a_clause_and_a_sentence)
{
    size_t n = 0;

    for (const ProseProfileChoice *c; (c = prose_profile_choice(n)); n++) {
        ck_assert_msg(strlen(c->mark) == 1 && strchr("SDCA", c->mark[0]), "%s", c->name);
        ck_assert_msg(strlen(c->clause) > 4, "%s", c->name);
        ck_assert_msg(strlen(c->sentence) > 20 && g_str_has_suffix(c->sentence, "."), "%s", c->name);
    }
    ck_assert_uint_eq(n, 17);
}
END_TEST

START_TEST(the_defaults_read_back_from_the_structure)
{
    ProseProfile p;

    prose_profile_init(&p);
    for (size_t i = 0; prose_profile_choice(i); i++) {
        const ProseProfileChoice *c = prose_profile_choice(i);
        g_autofree char *value = prose_profile_get(&p, c->name);

        ck_assert_str_eq(value, c->value);
    }
    ck_assert_int_eq(p.counter_lsb, PROSE_COUNTER_LSB_LAST);
    ck_assert_uint_eq(p.fc_mic, 0x49);
    ck_assert_uint_eq(p.fc_psdk, 0x4F);
    ck_assert_uint_eq(p.selector_dusk, 2);
    ck_assert_uint_eq(prose_profile_epoch_offset(&p), 0);
}
END_TEST

static const struct { const char *name, *value; int want; } set_cases[] = {
    { "counter-lsb", "second", 0 },
    { "counter-lsb", "first", PROSE_ERR_INVALID },
    { "scrambling-prefix", "literal", 0 },
    { "scrambling-counter", "full", 0 },
    { "counter-epoch", "1900", 0 },
    { "psdk-input", "selector-and-id", 0 },
    { "empty-mic", "zero", 0 },
    { "receive-key", "clock", 0 },
    { "scrambling-required", "where-used", 0 },
    { "repeated", "dropped", 0 },
    { "fc-mic", "0x51", 0 },
    { "fc-mic", "0x100", PROSE_ERR_INVALID },
    { "fc-mic", "0x", PROSE_ERR_INVALID },
    { "psdk-selector", "dusk duck duik", 0 },
    { "psdk-selector", "dusk duck dusk", PROSE_ERR_INVALID },
    { "psdk-selector", "dusk duck", PROSE_ERR_INVALID },
    { "lsb", "last", PROSE_ERR_NOT_FOUND },
};

START_TEST(a_choice_takes_its_values_and_no_other)
{
    ProseProfile p, before;
    g_autofree char *value = NULL;

    prose_profile_init(&p);
    before = p;
    ck_assert_int_eq(prose_profile_set(&p, set_cases[_i].name, set_cases[_i].value), set_cases[_i].want);
    if (set_cases[_i].want) {
        ck_assert_mem_eq(&p, &before, sizeof p);
        return;
    }
    ck_assert(memcmp(&p, &before, sizeof p) != 0);
    value = prose_profile_get(&p, set_cases[_i].name);
    ck_assert_str_eq(value, set_cases[_i].value);
}
END_TEST

START_TEST(a_selector_order_sets_each_keys_number)
{
    ProseProfile p;

    prose_profile_init(&p);
    ck_assert_int_eq(prose_profile_set(&p, "psdk-selector", "dusk duik duck"), 0);
    ck_assert_uint_eq(p.selector_dusk, 0);
    ck_assert_uint_eq(p.selector_duik, 1);
    ck_assert_uint_eq(p.selector_duck, 2);
}
END_TEST

START_TEST(the_epoch_of_1900_adds_seventy_years)
{
    ProseProfile p;

    prose_profile_init(&p);
    prose_profile_set(&p, "counter-epoch", "1900");
    ck_assert_uint_eq(prose_profile_epoch_offset(&p), 2208988800u);
    ck_assert_ptr_null(prose_profile_get(&p, "epoch"));
}
END_TEST

static Suite *
profile_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tc = tcase_create("profile");

    tcase_add_test(tc, every_choice_has_a_mark_a_clause_and_a_sentence);
    tcase_add_test(tc, the_defaults_read_back_from_the_structure);
    tcase_add_loop_test(tc, a_choice_takes_its_values_and_no_other, 0, G_N_ELEMENTS(set_cases));
    tcase_add_test(tc, a_selector_order_sets_each_keys_number);
    tcase_add_test(tc, the_epoch_of_1900_adds_seventy_years);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(profile_suite)
