/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-clock.h"
#include "prose-error.h"

#define S PROSE_NS_PER_S

static JsonArray *
rows_of(const char *name)
{
    return json_object_get_array_member(test_vectors("vectors.json"), name);
}

START_TEST(a_counter_is_rebuilt_as_the_oracle_does)
{
    JsonArray *rows = rows_of("counter_rebuild");

    ck_assert_uint_gt(json_array_get_length(rows), 0);
    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *v = json_array_get_object_element(rows, i);

        ck_assert_uint_eq(prose_counter_rebuild((uint8_t) json_object_get_int_member(v, "lsb"),
                                                (uint32_t) json_object_get_int_member(v, "slot")),
                          json_object_get_int_member(v, "counter"));
    }
}
END_TEST

START_TEST(a_tie_at_128_goes_to_the_earlier)
{
    ck_assert_uint_eq(prose_counter_rebuild(0x80, 0x100), 0x80);
    ck_assert_uint_eq(prose_counter_rebuild(0x00, 0x180), 0x100);
    ck_assert_uint_eq(prose_counter_rebuild(0x81, 0x100), 0x81);
    ck_assert_uint_eq(prose_counter_rebuild(0x7F, 0x100), 0x17F);
}
END_TEST

START_TEST(a_rebuilt_counter_keeps_its_low_octet_and_is_nearest)
{
    for (uint32_t slot = 0xFFFFFF00u; slot != 0x100; slot++) {
        for (unsigned lsb = 0; lsb < 256; lsb += 5) {
            uint32_t c = prose_counter_rebuild((uint8_t) lsb, slot);

            ck_assert_uint_eq(c & 0xFF, lsb);
            ck_assert_int_ge(prose_counter_distance(c, slot), -128);
            ck_assert_int_le(prose_counter_distance(c, slot), 127);
        }
    }
}
END_TEST

START_TEST(sib16_gives_the_oracles_counter)
{
    JsonArray *rows = rows_of("counter_from_sib16");

    ck_assert_uint_gt(json_array_get_length(rows), 0);
    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *v = json_array_get_object_element(rows, i);

        ck_assert_uint_eq(prose_counter_from_sib16((uint64_t) json_object_get_int_member(v, "time_info_utc")),
                          json_object_get_int_member(v, "counter"));
    }
}
END_TEST

START_TEST(sib16_counts_ten_milliseconds_and_rounds_down)
{
    ck_assert_uint_eq(prose_sib16_from_utc(0), 220898880000u);
    ck_assert_uint_eq(prose_sib16_from_utc(9999999), 220898880000u);
    ck_assert_uint_eq(prose_sib16_from_utc(10000000), 220898880001u);
    ck_assert_uint_eq(prose_sib16_from_utc(-1), 220898879999u);
    ck_assert_uint_eq(prose_counter_from_sib16(prose_sib16_from_utc(1780300800 * S + 999999999)), 1780300800u);
}
END_TEST

START_TEST(a_dateTime_reads_as_the_oracle_does_and_prints_back)
{
    JsonArray *rows = rows_of("prose_clock_from_current_time");

    ck_assert_uint_gt(json_array_get_length(rows), 0);
    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *v = json_array_get_object_element(rows, i);
        const char *text = json_object_get_string_member(v, "current_time");
        char printed[PROSE_DATETIME_TEXT_MAX];
        int64_t s;

        ck_assert_int_eq(prose_datetime_parse(&s, text), 0);
        ck_assert_int_eq(s, json_object_get_int_member(v, "seconds"));
        ck_assert_uint_eq((uint32_t) s, json_object_get_int_member(v, "counter"));
        prose_datetime_print(printed, s);
        ck_assert_mem_eq(printed, text, 19);
        ck_assert_str_eq(printed + 19, "Z");
    }
}
END_TEST

START_TEST(dates_of_every_day_of_two_centuries_read_back)
{
    for (int64_t s = 3599; s < 7258118400; s += 86400) {
        char text[PROSE_DATETIME_TEXT_MAX];
        int64_t back;

        prose_datetime_print(text, s);
        ck_assert_msg(prose_datetime_parse(&back, text) == 0 && back == s, "%s", text);
    }
}
END_TEST

static const char *const bad_dates[] = {
    "", "2026", "2026-06-01", "2026-06-01T08:00:00", "2026-06-01T08:00:00+00:00", "2026-06-01 08:00:00Z", "2026-13-01T08:00:00Z",
    "2026-02-29T08:00:00Z", "2100-02-29T00:00:00Z", "2026-06-31T08:00:00Z", "2026-06-01T24:00:00Z", "2026-06-01T08:60:00Z",
    "2026-06-01T08:00:60Z", "2026-06-01T08:00:00.Z", "2026-06-01T08:00:00ZZ", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z",
    "x026-06-01T08:00:00Z",
};

/* REQ-66422-26 */
START_TEST(a_date_that_is_none_is_refused)
{
    int64_t s = 42;

    ck_assert_int_eq(prose_datetime_parse(&s, bad_dates[_i]), PROSE_ERR_MALFORMED);
    ck_assert_int_eq(s, 42);
}
END_TEST

/* REQ-66422-31 */
START_TEST(within_max_offset_is_inclusive_on_both_sides_and_wraps)
{
    ck_assert(prose_counter_within(1032, 1000, 32));
    ck_assert(!prose_counter_within(1033, 1000, 32));
    ck_assert(prose_counter_within(968, 1000, 32));
    ck_assert(!prose_counter_within(967, 1000, 32));
    ck_assert(prose_counter_within(5, 0xFFFFFFFFLL - 20, 32));
    ck_assert(prose_counter_within(5, 0x100000000LL + 5, 0));
    ck_assert(!prose_counter_within(0x80000000u, 0, 127));
}
END_TEST

START_TEST(a_clock_reads_what_it_was_set_to_and_drifts)
{
    ProseClock c = { .drift_ppb = 2000 };          /* 2 ppm fast */

    prose_clock_set(&c, 1000 * S, 5 * S);
    ck_assert_int_eq(prose_clock_read(&c, 5 * S), 1000 * S);
    ck_assert_int_eq(prose_clock_read(&c, 1000005 * S), 1001000 * S + 2 * S);
    c.drift_ppb = -20000;
    ck_assert_int_eq(prose_clock_read(&c, 1000005 * S), 1001000 * S - 20 * S);
}
END_TEST

START_TEST(a_year_of_drift_does_not_overflow)
{
    ProseClock c = { .drift_ppb = 100000 };

    prose_clock_set(&c, 0, 0);
    ck_assert_int_eq(prose_clock_read(&c, 31536000 * S), 31536000 * S + 3153600 * (S / 1000));
}
END_TEST

START_TEST(a_clock_tells_when_it_will_reach_an_instant)
{
    static const int32_t drifts[] = { 0, 1, -1, 2000, -2000, 10000000, -10000000 };

    for (size_t i = 0; i < G_N_ELEMENTS(drifts); i++) {
        ProseClock c = { .drift_ppb = drifts[i] };
        uint64_t at;

        prose_clock_set(&c, 1000 * S, 7 * S + 3);
        at = prose_clock_when(&c, 4600 * S, 8 * S);
        ck_assert_int_ge(prose_clock_read(&c, at), 4600 * S);
        ck_assert_int_lt(prose_clock_read(&c, at - 1), 4600 * S);
        ck_assert_uint_eq(prose_clock_when(&c, 1000 * S, 8 * S), 8 * S);
    }
    ck_assert_uint_eq(prose_clock_when(&(ProseClock) { 0 }, 0, 0), PROSE_NEVER);
}
END_TEST

START_TEST(ntp_time_is_taken_to_the_nearest_era)
{
    const int64_t wrap = 2085978496;               /* 2036-02-07T06:28:16Z: NTP seconds start again */

    ck_assert_uint_eq(prose_ntp_from_utc(1456833600 * S), 0xDA8002C000000000u);
    ck_assert_uint_eq(prose_ntp_from_utc(1456833600 * S + S / 2), 0xDA8002C080000000u);
    ck_assert_int_eq(prose_utc_from_ntp(0xDA8002C000000000u, 1456833000), 1456833600);
    ck_assert_uint_eq(prose_ntp_from_utc((wrap + 10) * S) >> 32, 10);
    ck_assert_int_eq(prose_utc_from_ntp(prose_ntp_from_utc((wrap + 10) * S), wrap - 10), wrap + 10);
    ck_assert_int_eq(prose_utc_from_ntp(prose_ntp_from_utc((wrap - 10) * S), wrap + 10), wrap - 10);
}
END_TEST

static Suite *
clock_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tc = tcase_create("clock");

    tcase_add_test(tc, a_counter_is_rebuilt_as_the_oracle_does);
    tcase_add_test(tc, a_tie_at_128_goes_to_the_earlier);
    tcase_add_test(tc, a_rebuilt_counter_keeps_its_low_octet_and_is_nearest);
    tcase_add_test(tc, sib16_gives_the_oracles_counter);
    tcase_add_test(tc, sib16_counts_ten_milliseconds_and_rounds_down);
    tcase_add_test(tc, a_dateTime_reads_as_the_oracle_does_and_prints_back);
    tcase_add_test(tc, dates_of_every_day_of_two_centuries_read_back);
    tcase_add_loop_test(tc, a_date_that_is_none_is_refused, 0, G_N_ELEMENTS(bad_dates));
    tcase_add_test(tc, within_max_offset_is_inclusive_on_both_sides_and_wraps);
    tcase_add_test(tc, a_clock_reads_what_it_was_set_to_and_drifts);
    tcase_add_test(tc, a_year_of_drift_does_not_overflow);
    tcase_add_test(tc, a_clock_tells_when_it_will_reach_an_instant);
    tcase_add_test(tc, ntp_time_is_taken_to_the_nearest_era);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(clock_suite)
