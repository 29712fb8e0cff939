/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-quantity.h"

#include "prose-clock.h"
#include "prose-test.h"

#include <math.h>
#include <string.h>

static const ProseTimeUnits units = { .period_s = 0.32, .cryptoperiod_s = 3600 };

/* With `wrong`: refused, in these words. */
static const struct { ProseDimension dimension; const char *text; double value; const char *wrong; } quantities[] = {
    { PROSE_DIM_TIME, "320 ms", 0.32, NULL },
    { PROSE_DIM_TIME, "320ms", 0.32, NULL },
    { PROSE_DIM_TIME, "3 d 2 h", 3 * 86400 + 7200, NULL },
    { PROSE_DIM_TIME, "1 h 30 min 5 s", 5405, NULL },
    { PROSE_DIM_TIME, "-1 min 30 s", -90, NULL },
    { PROSE_DIM_TIME, "200 us", 2e-4, NULL },
    { PROSE_DIM_TIME, "200 \u00b5s", 2e-4, NULL },
    { PROSE_DIM_TIME, "200 \u03bcs", 2e-4, NULL },
    { PROSE_DIM_TIME, "1.5e-3 s", 1.5e-3, NULL },
    { PROSE_DIM_TIME, "1000 periods", 320, NULL },
    { PROSE_DIM_TIME, "4 cryptoperiods", 14400, NULL },
    { PROSE_DIM_TIME, "1 cryptoperiod 10 periods", 3603.2, NULL },
    { PROSE_DIM_LENGTH, "1.5 km", 1500, NULL },
    { PROSE_DIM_SPEED, "36 km/h", 10, NULL },
    { PROSE_DIM_BITRATE, "1 Mbit/s", 1e6, NULL },
    { PROSE_DIM_FRACTION, "0.1 %", 0.001, NULL },
    { PROSE_DIM_FRACTION, "0.25", 0.25, NULL },
    { PROSE_DIM_DRIFT, "500 ppb", 0.5, NULL },
    { PROSE_DIM_POWER, "-40 dBm", -40, NULL },
    { PROSE_DIM_RATE, "60 /min", 1, NULL },
    { PROSE_DIM_TIME, "120", 0, "no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "2 sec", 0, "\"sec\" is no unit of time; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "2 h 3 d", 0, "units do not fall; a compound goes from large to small, as in 3 d 2 h" },
    { PROSE_DIM_TIME, "2 h 3", 0, "no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "2 s x", 0, "\"x\" is left over; a single value is wanted here" },
    { PROSE_DIM_TIME, "soon", 0, "not a number; a number with one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "", 0, "not a number; a number with one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "1e999 s", 0, "not a number; a number with one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "0x10 s", 0, "no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_TIME, "nan s", 0, "not a number; a number with one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { PROSE_DIM_LENGTH, "1 m 2 cm", 0, "\"2 cm\" is left over; a single value is wanted here" },
    { PROSE_DIM_SPEED, "3 m", 0, "\"m\" is no unit of speed; one of km/h, m/s" },
    { PROSE_DIM_FRACTION, "1 s", 0, "\"s\" is no unit of share; one of %" },
};

START_TEST(a_number_has_its_unit)
{
    g_autofree char *wrong = NULL;
    double value = -1;
    bool good = prose_quantity_parse(&value, quantities[_i].dimension, quantities[_i].text, &units, &wrong);

    ck_assert_pstr_eq(wrong, quantities[_i].wrong);
    ck_assert_int_eq(good, !quantities[_i].wrong);
    if (good)
        ck_assert_double_eq_tol(value, quantities[_i].value, 1e-12 * fabs(value));
    else
        ck_assert_double_eq(value, -1);
}
END_TEST

START_TEST(units_of_the_scenario_are_only_where_they_are_defined)
{
    double value;
    g_autofree char *wrong = NULL;

    ck_assert(!prose_quantity_parse(&value, PROSE_DIM_TIME, "2 periods", NULL, &wrong));
    ck_assert_str_eq(wrong, "\"periods\" is no unit of time; one of ns, us, ms, s, min, h, d");
}
END_TEST

static const struct { double value; ProseDimension dimension; const char *want; } printed[] = {
    { 32, PROSE_DIM_TIME, "32 s" }, { 600, PROSE_DIM_TIME, "10 min" }, { 90, PROSE_DIM_TIME, "90 s" },
    { 0, PROSE_DIM_TIME, "0 s" },
    { 86400 * 3650.0, PROSE_DIM_TIME, "3650 d" }, { 1e7, PROSE_DIM_BITRATE, "10 Mbit/s" }, { 0.5, PROSE_DIM_FRACTION, "0.5" },
    { -60, PROSE_DIM_POWER, "-60 dBm" }, { 1000, PROSE_DIM_LENGTH, "1 km" },
};

START_TEST(a_value_is_shown_in_the_largest_whole_unit)
{
    g_autofree char *got = prose_quantity_print(printed[_i].value, printed[_i].dimension);

    ck_assert_str_eq(got, printed[_i].want);
}
END_TEST

static const struct { const char *text; double low, high; const char *wrong; } ranges[] = {
    { "1..3 m/s", 1, 3, NULL },
    { "1 m/s .. 3 m/s", 1, 3, NULL },
    { "0.5 .. 36 km/h", 0.5 / 3.6, 10, NULL },
    { "2..2 m/s", 2, 2, NULL },
    { "3..1 m/s", 0, 0, "ends before it begins; the smaller value comes first" },
    { "1..3", 0, 0, "no unit; one of km/h, m/s" },
    { "3 m/s", 0, 0, "no \"..\"; two values with \"..\" between them" },
    { "1..3 m/s x", 0, 0, "\"x\" is left over; a single value is wanted here" },
    { "..3 m/s", 0, 0, "not a number; a number with one of km/h, m/s" },
};

START_TEST(a_range_shares_the_last_unit)
{
    g_autofree char *wrong = NULL;
    double value[2] = { 0 };

    prose_range_parse(value, PROSE_DIM_SPEED, ranges[_i].text, NULL, &wrong);
    ck_assert_pstr_eq(wrong, ranges[_i].wrong);
    ck_assert_double_eq_tol(value[0], ranges[_i].low, 1e-12);
    ck_assert_double_eq_tol(value[1], ranges[_i].high, 1e-12);
}
END_TEST

START_TEST(several_values_stand_between_separators)
{
    g_autofree char *none = NULL, *missing = NULL, *more = NULL;
    double v[2] = { 0 };

    ck_assert(prose_quantities_parse(v, 2, PROSE_DIM_LENGTH, "x", "1 km x 500 m", &none));
    ck_assert_double_eq(v[0], 1000);
    ck_assert_double_eq(v[1], 500);
    ck_assert(prose_quantities_parse(v, 2, PROSE_DIM_LENGTH, "", "1 m 2 m", &none));
    ck_assert_double_eq(v[1], 2);
    ck_assert(!prose_quantities_parse(v, 2, PROSE_DIM_LENGTH, "x", "1 km", &missing));
    ck_assert_str_eq(missing, "1 of 2 values; they are separated by x");
    ck_assert(!prose_quantities_parse(v, 2, PROSE_DIM_LENGTH, "x", "1 m x 2 m x 3 m", &more));
    ck_assert_str_eq(more, "\"x 3 m\" is left over; a single value is wanted here");
}
END_TEST

static const struct { const char *text; uint64_t value; const char *wrong; } integers[] = {
    { "0", 0, NULL }, { "18446744073709551615", UINT64_MAX, NULL },
    { "18446744073709551616", 0, "too large a number; at most 18446744073709551615" },
    { "", 0, "not a whole number; decimal digits" }, { "-1", 0, "not a whole number; decimal digits" },
    { "1.5", 0, "not a whole number; decimal digits" }, { "1 ", 0, "not a whole number; decimal digits" },
    { "+1", 0, "not a whole number; decimal digits" },
};

START_TEST(a_whole_number_is_digits)
{
    g_autofree char *wrong = NULL;
    uint64_t value = 0;

    prose_integer_parse(&value, integers[_i].text, &wrong);
    ck_assert_pstr_eq(wrong, integers[_i].wrong);
    ck_assert_uint_eq(value, integers[_i].value);
}
END_TEST

#define FORMS "one of constant x, uniform a b, normal mean sd [bound], exponential mean"

static const struct { const char *text; ProseDistribution want; const char *wrong; } distributions[] = {
    { "200 us", { PROSE_DIST_CONSTANT, 2e-4, 0, 0 }, NULL },
    { "constant 1 min 30 s", { PROSE_DIST_CONSTANT, 90, 0, 0 }, NULL },
    { "0", { PROSE_DIST_CONSTANT, 0, 0, 0 }, NULL },
    { "constant 0", { PROSE_DIST_CONSTANT, 0, 0, 0 }, NULL },
    { "uniform 0 5 s", { PROSE_DIST_UNIFORM, 0, 5, 0 }, NULL },
    { "uniform 500 ms 1 h", { PROSE_DIST_UNIFORM, 0.5, 3600, 0 }, NULL },
    { "normal 1 s 20 ms", { PROSE_DIST_NORMAL, 1, 0.02, 0 }, NULL },
    { "normal 0 2 s 10 s", { PROSE_DIST_NORMAL, 0, 2, 10 }, NULL },
    { "exponential 2 ms", { PROSE_DIST_EXPONENTIAL, 2e-3, 0, 0 }, NULL },
    { "exponential 4 periods", { PROSE_DIST_EXPONENTIAL, 1.28, 0, 0 }, NULL },
    { "poisson 2 s", { 0 }, "\"poisson\" is no distribution; " FORMS },
    { "uniform 5 s", { 0 }, "1 value after uniform; " FORMS },
    { "uniform 5 s 1 s", { 0 }, "ends before it begins; uniform a b, with a not above b" },
    { "uniform 1 5 s", { 0 }, "no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { "normal 1 s", { 0 }, "1 value after normal; " FORMS },
    { "normal 1 s 1 s 1 s 1 s", { 0 }, "\"1 s\" is left over; at most three values stand here" },
    { "normal 1 s -1 s", { 0 }, "a standard deviation below 0; normal mean sd [bound]" },
    { "normal 1 s 1 s 0", { 0 }, "a bound that is not above 0; leave it out, or normal mean sd bound" },
    { "exponential 0", { 0 }, "a mean that is not above 0; exponential mean" },
    { "exponential", { 0 }, "0 values after exponential; " FORMS },
    { "constant", { 0 }, "not a number; a number with one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
};

START_TEST(a_distribution_is_its_name_and_numbers)
{
    g_autofree char *wrong = NULL;
    ProseDistribution d = { 0 };
    const ProseDistribution *want = &distributions[_i].want;

    prose_distribution_parse(&d, PROSE_DIM_TIME, distributions[_i].text, &units, &wrong);
    ck_assert_pstr_eq(wrong, distributions[_i].wrong);
    ck_assert_int_eq(d.kind, want->kind);
    ck_assert_double_eq_tol(d.a, want->a, 1e-12);
    ck_assert_double_eq_tol(d.b, want->b, 1e-12);
    ck_assert_double_eq_tol(d.bound, want->bound, 1e-12);
}
END_TEST

START_TEST(the_normal_quantile_is_that_of_the_tables)
{
    static const struct { double p, z; } table[] = {
        { 0.5, 0 }, { 0.841344746068543, 1 }, { 0.975, 1.959963984540054 }, { 0.999, 3.090232306167814 },
        { 1e-10, -6.361340902404056 },
        { 0.025, -1.959963984540054 }, { 0x1p-54, -8.292361075813595 },
    };
    const ProseDistribution d = { .kind = PROSE_DIST_NORMAL, .a = 0, .b = 1 };

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        ck_assert_double_eq_tol(prose_distribution_quantile(&d, table[i].p), table[i].z, 1e-9);
}
END_TEST

/* Mean and standard deviation of what is drawn; those of the bounded normal are of the truncated distribution. */
static const struct { ProseDistribution d; double mean, sd, low, high; } moments[] = {
    { { PROSE_DIST_CONSTANT, 3, 0, 0 }, 3, 0, 3, 3 },
    { { PROSE_DIST_UNIFORM, 2, 6, 0 }, 4, 4 / 3.4641016151377544, 2, 6 },
    { { PROSE_DIST_NORMAL, 5, 2, 0 }, 5, 2, -INFINITY, INFINITY },
    { { PROSE_DIST_NORMAL, 5, 2, 2 }, 5, 2 * 0.53956, 3, 7 },
    { { PROSE_DIST_NORMAL, 5, 0, 0 }, 5, 0, 5, 5 },
    { { PROSE_DIST_EXPONENTIAL, 2, 0, 0 }, 2, 2, 0, INFINITY },
};

START_TEST(draws_have_the_moments_and_the_bounds)
{
    const ProseDrawKey key = { { 1, 2 } };
    const ProseDistribution *d = &moments[_i].d;
    const uint64_t n = 100000;
    double sum = 0, squares = 0, support[2];

    prose_distribution_support(d, support);
    ck_assert(support[0] == moments[_i].low && support[1] == moments[_i].high);
    for (uint64_t i = 0; i < n; i++) {
        double v = prose_distribution_draw(d, &key, PROSE_DRAW_SERVICE_TIME, 7, i);

        ck_assert(isfinite(v) && v >= support[0] && v <= support[1]);
        sum += v;
        squares += v * v;
    }
    sum /= (double) n;
    squares = sqrt(fmax(0, squares / (double) n - sum * sum));
    ck_assert_double_eq_tol(sum, moments[_i].mean, 0.03);
    ck_assert_double_eq_tol(squares, moments[_i].sd, 0.03);
}
END_TEST

START_TEST(a_draw_depends_on_who_and_index_alone)
{
    const ProseDrawKey key = { { 1, 2 } };
    const ProseDistribution d = { PROSE_DIST_NORMAL, 0, 1, 3 };
    double a = prose_distribution_draw(&d, &key, PROSE_DRAW_DRIFT, 1, 0);
    double b = prose_distribution_draw(&d, &key, PROSE_DRAW_DRIFT, 2, 0);

    ck_assert(a != b);
    ck_assert(a == prose_distribution_draw(&d, &key, PROSE_DRAW_DRIFT, 1, 0));
    ck_assert(a != prose_distribution_draw(&d, &key, PROSE_DRAW_DRIFT, 1, 1));
    ck_assert(a != prose_distribution_draw(&d, &key, PROSE_DRAW_POWER_ON, 1, 0));
}
END_TEST

#define ACTIVITIES "one of none, always, a .. b, daily HH:MM for T, every T for T"

/* Where around-rollover is taken. */
static const double rollovers_s[] = { 30, 3600, 172790 };

/* In a run of two days that starts at 08:00 UTC. */
static const struct { const char *text, *want, *wrong; } activities[] = {
    { "none", "", NULL },
    { "always", "0..172800", NULL },
    { "30 s .. 1 min", "30..60", NULL },
    { "30..40 s, 35 s .. 50 s, 1 h .. 9 d", "30..50 3600..172800", NULL },
    { "1 h .. 2 h, 30..40 s", "30..40 3600..7200", NULL },
    { "daily 09:00 for 2 h", "3600..10800 90000..97200", NULL },
    { "daily 07:00 for 2 h", "0..3600 82800..90000 169200..172800", NULL },
    { "daily 00:00 for 12 h", "0..14400 57600..100800 144000..172800", NULL },
    { "every 1 d for 1 h", "86400..90000", NULL },
    { "every 20 h for 10 min", "72000..72600 144000..144600", NULL },
    { "200 h .. 300 h", "", NULL },
    { "around-rollover 1 min", "0..90 3540..3660 172730..172800", NULL },
    { "around-rollover 1 h, 2 h .. 3 h", "0..10800 169190..172800", NULL },
    { "around-rollover 0 s", NULL, "a stretch of no length; around-rollover with more than 0 s" },
    { "around-rollover 60", NULL, "no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { "sometimes", NULL, "\"sometimes\" is no time of activity; " ACTIVITIES },
    { "5 s .. 5 s", NULL, "an empty stretch, or one that begins before 0 s; a .. b with 0 s <= a < b" },
    { "-5 s .. 5 s", NULL, "an empty stretch, or one that begins before 0 s; a .. b with 0 s <= a < b" },
    { "daily 25:00 for 1 h", NULL, "\"25:00\" is no time of day; HH:MM in UTC, 00:00 to 23:59" },
    { "daily 8:00 for 1 h", NULL, "\"8:00\" is no time of day; HH:MM in UTC, 00:00 to 23:59" },
    { "daily 08:00", NULL, "no \"for\" after daily; " ACTIVITIES },
    { "daily 08:00 for 24 h", NULL, "a stretch of no length, or one that reaches the next; above 0 s, below 86400 s" },
    { "every 10 s for 10 s", NULL, "a stretch of no length, or one that reaches the next; above 0 s, below 10 s" },
    { "every 10 ms for 1 ms", NULL, "too often; every 1 s or more" },
    { "every exponential 10 s for 1 s, 5 s .. 6 s", "5..6", NULL },      /* chance is prose_activities_draw()'s */
    { "every exponential 10 ms for 1 s", NULL, "too often; every 1 s or more on average" },
    { "every 10 s for normal 1 s 1 s", NULL, "draws may be below 0 s; a normal with a bound, or another distribution" },
};

START_TEST(times_of_activity_become_intervals)
{
    g_autoptr(GArray) list = NULL;
    g_autofree char *wrong = NULL;
    g_autoptr(GString) got = g_string_new(NULL);
    g_autoptr(GArray) intervals = NULL, at = g_array_new(FALSE, FALSE, sizeof(double));
    int64_t start;

    ck_assert_int_eq(prose_datetime_parse(&start, "2026-06-01T08:00:00Z"), 0);
    if (!prose_activities_parse(&list, activities[_i].text, &units, &wrong)) {
        ck_assert_pstr_eq(wrong, activities[_i].wrong);
        return;
    }
    ck_assert_ptr_null(activities[_i].wrong);
    g_array_append_vals(at, rollovers_s, G_N_ELEMENTS(rollovers_s));
    intervals = prose_activities_expand(list, start, 2 * 86400, at);
    for (guint i = 0; i < intervals->len; i++) {
        const ProseInterval *v = &g_array_index(intervals, ProseInterval, i);

        g_string_append_printf(got, "%s%.0f..%.0f", i ? " " : "", v->start_s, v->end_s);
    }
    ck_assert_str_eq(got->str, activities[_i].want);
}
END_TEST

static const ProseDrawKey draw_key = { { 1, 2 } };

START_TEST(stretches_by_chance_are_each_ones_own)
{
    g_autoptr(GArray) list = NULL, mine = NULL, again = NULL, yours = NULL;
    g_autofree char *wrong = NULL;
    ProseActivityDraws draws = { &draw_key, PROSE_DRAW_OFF_NETWORK, 7 };
    double last = 0, sum = 0;

    ck_assert(prose_activities_parse(&list, "every uniform 100 s 200 s for uniform 10 s 20 s, 5 s .. 6 s", &units, &wrong));
    mine = prose_activities_draw(list, 0, 150000, &draws);
    again = prose_activities_draw(list, 0, 150000, &draws);
    draws.who = 8;
    yours = prose_activities_draw(list, 0, 150000, &draws);
    ck_assert_uint_eq(mine->len, again->len);
    ck_assert_mem_eq(mine->data, again->data, mine->len * sizeof(ProseInterval));
    ck_assert_double_eq(g_array_index(mine, ProseInterval, 0).start_s, 5);
    ck_assert_double_ne(g_array_index(mine, ProseInterval, 1).start_s, g_array_index(yours, ProseInterval, 1).start_s);
    for (guint i = 1; i < mine->len; i++) {
        const ProseInterval *v = &g_array_index(mine, ProseInterval, i);

        ck_assert(v->start_s - last >= 100 && v->start_s - last < 200);
        ck_assert(i == mine->len - 1 || (v->end_s - v->start_s >= 10 && v->end_s - v->start_s < 20));
        sum += v->end_s - v->start_s;
        last = v->start_s;
    }
    ck_assert_uint_gt(mine->len, 950);
    ck_assert_uint_lt(mine->len, 1050);
    ck_assert_double_eq_tol(sum / (mine->len - 1), 15, 0.5);
}
END_TEST

static const struct { const char *text, *want; } instants[] = {
    { "none", "" },
    { "30 s, 10 s, 5 h", "10 30 18000" },
    { "10 d", "" },
    { "daily 07:00", "82800 169200" },
    { "daily 08:30", "1800 88200" },
    { "every 1 d", "86400" },
    { "every 10 h, 20 h", "36000 72000 72000 108000 144000" },
};

START_TEST(instants_are_put_in_order)
{
    g_autoptr(GArray) list = NULL, at = NULL;
    g_autofree char *wrong = NULL;
    g_autoptr(GString) got = g_string_new(NULL);
    ProseActivityDraws draws = { &draw_key, PROSE_DRAW_PDN_RELEASE, 7 };
    int64_t start;

    ck_assert_int_eq(prose_datetime_parse(&start, "2026-06-01T08:00:00Z"), 0);
    ck_assert(prose_instants_parse(&list, instants[_i].text, &units, &wrong));
    at = prose_instants_draw(list, start, 2 * 86400, &draws);
    for (guint i = 0; i < at->len; i++)
        g_string_append_printf(got, "%s%.0f", i ? " " : "", g_array_index(at, double, i));
    ck_assert_str_eq(got->str, instants[_i].want);
}
END_TEST

#define SELECTS "group, group[3], group[0..9] or all"

static const struct { const char *text, *group; bool whole; unsigned first, last; const char *wrong; } selections[] = {
    { "engines", "engines", true, 0, 0, NULL },
    { "all", NULL, true, 0, 0, NULL },
    { "engines[3]", "engines", false, 3, 3, NULL },
    { "engines[0..9]", "engines", false, 0, 9, NULL },
    { "engines [ 0 .. 9 ]", "engines", false, 0, 9, NULL },
    { "engines[]", NULL, false, 0, 0, "\"engines[]\" selects no UEs; " SELECTS },
    { "engines[3", NULL, false, 0, 0, "\"engines[3\" selects no UEs; " SELECTS },
    { "[3]", NULL, false, 0, 0, "\"[3]\" selects no UEs; " SELECTS },
    { "engines[-1]", NULL, false, 0, 0, "\"engines[-1]\" selects no UEs; " SELECTS },
    { "engines[1,2]", NULL, false, 0, 0, "\"engines[1,2]\" selects no UEs; " SELECTS },
    { "engines[5000000000]", NULL, false, 0, 0, "\"engines[5000000000]\" selects no UEs; " SELECTS },
    { "engines[9..0]", NULL, false, 0, 0, "\"engines[9..0]\" ends before it begins; the smaller number comes first" },
};

START_TEST(a_selection_names_UEs_of_a_group)
{
    g_auto(ProseUeSelection) s = { 0 };
    g_autofree char *wrong = NULL;

    prose_ue_selection_parse(&s, selections[_i].text, &wrong);
    ck_assert_pstr_eq(wrong, selections[_i].wrong);
    ck_assert_pstr_eq(s.group, selections[_i].group);
    ck_assert_int_eq(s.whole, selections[_i].whole);
    ck_assert_uint_eq(s.first, selections[_i].first);
    ck_assert_uint_eq(s.last, selections[_i].last);
}
END_TEST

#define HEX_23(octet) octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet octet

static const struct { const char *text, *hex, *wrong; } masks[] = {
    { "none", HEX_23("00"), NULL },
    { "bits 0..183", HEX_23("ff"), NULL },
    { "bits 24..183", "000000ffffffffffffffffffffffffffffffffffffffff", NULL },
    { "bits 0, 3..4, 183", "9800000000000000000000000000000000000000000001", NULL },
    { "000000FFffffffffffffffffffffffffffffffffffffff", "000000ffffffffffffffffffffffffffffffffffffffff", NULL },
    { "bits 24..184", NULL, "\"24..184\" are no bits of the content; a or a..b with 0 <= a <= b <= 183" },
    { "bits x", NULL, "\"x\" are no bits of the content; a or a..b with 0 <= a <= b <= 183" },
    { "bits 1,,2", NULL, "\"\" are no bits of the content; a or a..b with 0 <= a <= b <= 183" },
    { "ffff", NULL, "4 hexadecimal digits; 46" },
    { "everything", NULL, "not a mask; bits a..b, 46 hexadecimal digits, or none" },
    { HEX_23("00"), NULL, "a mask that encrypts nothing; none, if no bit is to be encrypted" },
};

START_TEST(a_mask_is_bits_or_digits)
{
    uint8_t mask[PROSE_CONTENT_LEN] = { 0xAA };
    g_autofree char *wrong = NULL;
    g_autofree uint8_t *want = masks[_i].hex ? test_hex(masks[_i].hex, NULL) : NULL;
    bool good = prose_mask_parse(mask, masks[_i].text, &wrong);

    ck_assert_pstr_eq(wrong, masks[_i].wrong);
    ck_assert_int_eq(good, !masks[_i].wrong);
    if (good)
        ck_assert_mem_eq(mask, want, sizeof mask);
    else
        ck_assert_uint_eq(mask[0], 0xAA);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("quantity");
    TCase *tc = tcase_create("quantity");

    tcase_add_loop_test(tc, a_number_has_its_unit, 0, G_N_ELEMENTS(quantities));
    tcase_add_test(tc, units_of_the_scenario_are_only_where_they_are_defined);
    tcase_add_loop_test(tc, a_value_is_shown_in_the_largest_whole_unit, 0, G_N_ELEMENTS(printed));
    tcase_add_loop_test(tc, a_range_shares_the_last_unit, 0, G_N_ELEMENTS(ranges));
    tcase_add_test(tc, several_values_stand_between_separators);
    tcase_add_loop_test(tc, a_whole_number_is_digits, 0, G_N_ELEMENTS(integers));
    tcase_add_loop_test(tc, a_distribution_is_its_name_and_numbers, 0, G_N_ELEMENTS(distributions));
    tcase_add_test(tc, the_normal_quantile_is_that_of_the_tables);
    tcase_add_loop_test(tc, draws_have_the_moments_and_the_bounds, 0, G_N_ELEMENTS(moments));
    tcase_add_test(tc, a_draw_depends_on_who_and_index_alone);
    tcase_add_loop_test(tc, times_of_activity_become_intervals, 0, G_N_ELEMENTS(activities));
    tcase_add_test(tc, stretches_by_chance_are_each_ones_own);
    tcase_add_loop_test(tc, instants_are_put_in_order, 0, G_N_ELEMENTS(instants));
    tcase_add_loop_test(tc, a_selection_names_UEs_of_a_group, 0, G_N_ELEMENTS(selections));
    tcase_add_loop_test(tc, a_mask_is_bits_or_digits, 0, G_N_ELEMENTS(masks));
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
