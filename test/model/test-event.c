/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-event.h"

START_TEST(every_event_is_described)
{
    const ProseEventDescription *d = prose_event_describe(_i);
    ProseEventType back;

    ck_assert_ptr_nonnull(d->name);
    ck_assert_msg(strlen(d->group) >= 3, "%s", d->name);
    ck_assert_msg(strlen(d->clause) > 4, "%s", d->name);
    ck_assert_msg(g_str_has_suffix(d->sentence, "."), "%s", d->name);
    ck_assert_int_eq(prose_event_type_from_name(&back, d->name), 0);
    ck_assert_int_eq(back, _i);
}
END_TEST

START_TEST(an_unknown_event_name_is_not_found)
{
    ProseEventType t = PROSE_EVENT_PKMF_UP;

    ck_assert_int_eq(prose_event_type_from_name(&t, "key-kept"), PROSE_ERR_NOT_FOUND);
    ck_assert_int_eq(t, PROSE_EVENT_PKMF_UP);
}
END_TEST

START_TEST(outcomes_and_refusals_stand_in_the_order_of_the_rules)
{
    static const char *const outcomes[] = { "weak", "half-duplex", "collision", "malformed", "no-key", "clock-offset",
                                            "stale", "not-for-me", "mic", "repeated", "accepted" };
    static const char *const refusals[] = { "sent", "not-authorised", "no-key", "no-utc", "clock-offset", "probability" };

    ck_assert_int_eq(PROSE_PC5_N_OUTCOMES, G_N_ELEMENTS(outcomes));
    for (int i = 0; i < PROSE_PC5_N_OUTCOMES; i++) {
        ck_assert_str_eq(prose_pc5_outcome_name(i), outcomes[i]);
        ck_assert(g_str_has_suffix(prose_pc5_outcome_sentence(i), "."));
    }
    ck_assert_int_eq(PROSE_SLOT_N_REFUSALS, G_N_ELEMENTS(refusals));
    for (int i = 0; i < PROSE_SLOT_N_REFUSALS; i++) {
        ck_assert_str_eq(prose_slot_refusal_name(i), refusals[i]);
        ck_assert(g_str_has_suffix(prose_slot_refusal_sentence(i), "."));
    }
}
END_TEST

START_TEST(a_new_event_says_nothing_it_was_not_told)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_KEY_STORED, 5, "a[0]");

    ck_assert_uint_eq(e.time_ns, 5);
    ck_assert_str_eq(e.entity, "a[0]");
    ck_assert_int_eq(e.resource, -1);
    ck_assert(!e.has_scope && !e.has_slot && !e.has_offset && !e.has_power && !e.has_value);
    ck_assert_ptr_null(e.cause);
}
END_TEST

static Suite *
event_suite(void)
{
    Suite *suite = suite_create("event");
    TCase *tc = tcase_create("event");

    tcase_add_loop_test(tc, every_event_is_described, 0, PROSE_EVENT_N_TYPES);
    tcase_add_test(tc, an_unknown_event_name_is_not_found);
    tcase_add_test(tc, outcomes_and_refusals_stand_in_the_order_of_the_rules);
    tcase_add_test(tc, a_new_event_says_nothing_it_was_not_told);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(event_suite)
