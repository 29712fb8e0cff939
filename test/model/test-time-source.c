/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-time-source.h"

#define S PROSE_NS_PER_S
#define MS PROSE_NS_PER_MS
/* 2106-02-07T06:28:16Z, where 32 bits of seconds end. */
#define WRAP (INT64_C(4294967296) * S)

/* What each kind says at a time, being off by so much. */
static const struct { const char *name; ProseTimeKind kind; int64_t utc_ns, error_ns, said_ns; uint32_t counter; } readings[] = {
    { "sib16 to the unit",             PROSE_TIME_SIB16, 5 * S + 10 * MS, 0, 5 * S + 10 * MS, 5 },
    { "sib16 rounds down",             PROSE_TIME_SIB16, 5 * S + 10 * MS - 1, 0, 5 * S, 5 },
    { "sib16 at the end of a second",  PROSE_TIME_SIB16, 6 * S - 1, 0, 5 * S + 990 * MS, 5 },
    { "sib16 ahead",                   PROSE_TIME_SIB16, 5 * S + 995 * MS, 5 * MS, 6 * S, 6 },
    { "sib16 behind",                  PROSE_TIME_SIB16, 6 * S, -1, 5 * S + 990 * MS, 5 },
    { "sib16 false by an hour",        PROSE_TIME_SIB16, 10000 * S, 3600 * S, 13600 * S, 13600 },
    { "gnss is exact",                 PROSE_TIME_GNSS, 5 * S + 1, 0, 5 * S + 1, 5 },
    { "gnss with its error",           PROSE_TIME_GNSS, 6 * S, -1, 6 * S - 1, 5 },
    { "nitz says whole seconds",       PROSE_TIME_NITZ, 6 * S - 1, 0, 5 * S, 5 },
    { "nitz a minute ahead",           PROSE_TIME_NITZ, 6 * S - 1, 60 * S, 65 * S, 65 },
    { "nitz a minute behind",          PROSE_TIME_NITZ, 90 * S, -60 * S - 1, 29 * S, 29 },
    { "before 1970 it still goes down", PROSE_TIME_NITZ, 1, -2, -1 * S, UINT32_MAX },
    { "low octet at 255",              PROSE_TIME_SIB16, 1780300799 * S + 999 * MS, 0, 1780300799 * S + 990 * MS, 1780300799 },
    { "the last second of 32 bits",    PROSE_TIME_SIB16, WRAP - 1, 0, WRAP - 10 * MS, UINT32_MAX },
    { "and the one after",             PROSE_TIME_SIB16, WRAP, 0, WRAP, 0 },
    { "an error over the wrap",        PROSE_TIME_GNSS, WRAP - 1, 2 * S, WRAP + 2 * S - 1, 1 },
    { "an error back over it",         PROSE_TIME_GNSS, WRAP, -1, WRAP - 1, UINT32_MAX },
    { "after 39 bits of 10 ms",        PROSE_TIME_SIB16, INT64_C(3288569339) * S, 0, INT64_C(3288569339) * S, 3288569339u },
};

START_TEST(a_source_says_utc_with_its_error_in_its_own_units)
{
    int64_t said_ns = prose_time_source_read(readings[_i].kind, readings[_i].utc_ns, readings[_i].error_ns);

    ck_assert_msg(said_ns == readings[_i].said_ns, "%s: %lld", readings[_i].name, (long long) said_ns);
    ck_assert_uint_eq(prose_counter_from_utc(said_ns), readings[_i].counter);
    /* The field of SIB16 gives the same counter as the instant it stands for. */
    if (readings[_i].kind == PROSE_TIME_SIB16)
        ck_assert_uint_eq(prose_counter_from_sib16(prose_sib16_from_utc(said_ns)), readings[_i].counter);
}
END_TEST

/* "ramp 0 s .. 90 s over 10 min" from minute 5 on, one that falls, and one of no length. */
static const ProseTimeError up = { 0, 90 * S, 300 * (uint64_t) S, 600 * (uint64_t) S };
static const ProseTimeError down = { 10 * S, -10 * S, 0, 10 * (uint64_t) S };
static const ProseTimeError constant = { 0, -7 * S, 0, 0 };
static const struct { const char *name; const ProseTimeError *error; uint64_t now_ns; int64_t want_ns; } ramps[] = {
    { "before it begins",       &up, 0, 0 },
    { "where it begins",        &up, 300 * (uint64_t) S, 0 },
    { "a millisecond later",    &up, 300 * (uint64_t) S + (uint64_t) MS, 150000 },
    { "in the middle",          &up, 600 * (uint64_t) S, 45 * S },
    { "where it ends",          &up, 900 * (uint64_t) S, 90 * S },
    { "and for ever after",     &up, UINT64_MAX, 90 * S },
    { "falling, begin",         &down, 0, 10 * S },
    { "falling, through zero",  &down, 5 * (uint64_t) S, 0 },
    { "falling, end",           &down, 10 * (uint64_t) S, -10 * S },
    { "a constant, at once",    &constant, 0, -7 * S },
    { "a constant, later",      &constant, 5 * (uint64_t) S, -7 * S },
};

START_TEST(an_error_runs_in_a_straight_line_and_then_stays)
{
    ck_assert_msg(prose_time_error_at(ramps[_i].error, ramps[_i].now_ns) == ramps[_i].want_ns, "%s: %lld", ramps[_i].name,
                  (long long) prose_time_error_at(ramps[_i].error, ramps[_i].now_ns));
}
END_TEST

/* A clock set @age before the start, read @later after it: at true UTC 1000 s. */
static const struct { const char *name; int64_t error_ns; uint64_t age_s; int32_t drift_ppb; uint64_t later_s; int64_t ahead_ns; } clocks[] = {
    { "set now, exact",                    0, 0, 0, 0, 0 },
    { "keeps its error",                   -3 * S, 1000, 0, 100, -3 * S },
    { "2 ppm over 20 min are 2.4 ms",      0, 0, 2000, 1200, 2400000 },
    { "the same with the age before",      0, 1200, 2000, 0, 2400000 },
    { "half before, half after",           0, 600, 2000, 600, 2400000 },
    { "20 ppm over a day",                 0, 86400, 20000, 0, 1728 * MS },
    { "slow, 18.5 days to 32 s",           0, 1600000, -20000, 0, -32 * S },
    { "error and drift add up",            60 * S, 500000, -10000, 500000, 50 * S },
};

START_TEST(a_real_time_clock_runs_away_from_the_error_it_was_set_with)
{
    ProseClock rtc;
    int64_t utc_ns = 1000 * S;

    prose_rtc_init(&rtc, utc_ns, clocks[_i].error_ns, clocks[_i].age_s * (uint64_t) S, clocks[_i].drift_ppb, 77);
    utc_ns += (int64_t) clocks[_i].later_s * S;
    ck_assert_msg(prose_clock_read(&rtc, 77 + clocks[_i].later_s * (uint64_t) S) - utc_ns == clocks[_i].ahead_ns, "%s: %lld", clocks[_i].name,
                  (long long) (prose_clock_read(&rtc, 77 + clocks[_i].later_s * (uint64_t) S) - utc_ns));
}
END_TEST

START_TEST(an_rtc_goes_over_the_wraps)
{
    ProseClock rtc;

    prose_rtc_init(&rtc, WRAP - S, 0, 0, 0, 0);
    ck_assert_uint_eq(prose_counter_from_utc(prose_clock_read(&rtc, (uint64_t) S - 1)), UINT32_MAX);
    ck_assert_uint_eq(prose_counter_from_utc(prose_clock_read(&rtc, (uint64_t) S)), 0);
    /* A receiver that is a second past the wrap takes the low octet of one before it for what it is, and the other way round. */
    ck_assert_uint_eq(prose_counter_rebuild(0xFF, 0), UINT32_MAX);
    ck_assert_uint_eq(prose_counter_rebuild(0x00, UINT32_MAX), 0);
}
END_TEST

START_TEST(kinds_have_their_names_and_places)
{
    ck_assert_str_eq(prose_time_kind_name(PROSE_TIME_SIB16), "sib16");
    ck_assert_str_eq(prose_time_kind_name(PROSE_TIME_GNSS), "gnss");
    ck_assert_str_eq(prose_time_kind_name(PROSE_TIME_NITZ), "nitz");
    ck_assert_str_eq(prose_time_kind_name(PROSE_TIME_RTC), "rtc");
    ck_assert(prose_time_kind_is_cellular(PROSE_TIME_SIB16) && prose_time_kind_is_cellular(PROSE_TIME_NITZ));
    ck_assert(!prose_time_kind_is_cellular(PROSE_TIME_GNSS) && !prose_time_kind_is_cellular(PROSE_TIME_RTC));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("time-source");
    TCase *tc = tcase_create("time-source");

    tcase_add_loop_test(tc, a_source_says_utc_with_its_error_in_its_own_units, 0, G_N_ELEMENTS(readings));
    tcase_add_loop_test(tc, an_error_runs_in_a_straight_line_and_then_stays, 0, G_N_ELEMENTS(ramps));
    tcase_add_loop_test(tc, a_real_time_clock_runs_away_from_the_error_it_was_set_with, 0, G_N_ELEMENTS(clocks));
    tcase_add_test(tc, an_rtc_goes_over_the_wraps);
    tcase_add_test(tc, kinds_have_their_names_and_places);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
