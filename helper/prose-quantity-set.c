/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets: times of activity, UE selections, the bits of a mask. */
#include "prose-quantity.h"

#include "prose-ini.h"

#include <math.h>
#include <string.h>

#define DAY_S 86400

/* ---- times of activity ---- */

static const char *const activity_forms = "none, always, a .. b, daily HH:MM for T, every T for T";

/* "HH:MM" as seconds. */
static bool
time_of_day_parse(double *ret, const char *text)
{
    int hour, minute;

    if (strlen(text) != 5 || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) || text[2] != ':'
        || !g_ascii_isdigit(text[3]) || !g_ascii_isdigit(text[4]))
        return false;
    hour = (text[0] - '0') * 10 + text[1] - '0';
    minute = (text[3] - '0') * 10 + text[4] - '0';
    if (hour > 23 || minute > 59)
        return false;
    *ret = hour * 3600 + minute * 60;
    return true;
}

/* Draws below zero make no time; @least_mean_s keeps a run from drawing for ever. */
static bool
chance_fits(const ProseDistribution *d, double least_mean_s, char **ret_wrong)
{
    double support[2], mean = d->kind == PROSE_DIST_UNIFORM ? (d->a + d->b) / 2 : d->a;

    prose_distribution_support(d, support);
    if (support[0] < 0)
        *ret_wrong = g_strdup("draws may be below 0 s; a normal with a bound, or another distribution");
    else if (mean < least_mean_s)
        *ret_wrong = g_strdup("too often; every 1 s or more on average");
    return support[0] >= 0 && mean >= least_mean_s;
}

/* "daily … for …" or "every … for …", @rest after the first word. */
static bool
repeating_parse(ProseActivity *a, const char *rest, const ProseTimeUnits *units, char **ret_wrong)
{
    const char *word = a->kind == PROSE_ACTIVITY_DAILY ? "daily" : "every";
    const char *between = strstr(rest, " for ");
    g_autofree char *start = between ? g_strstrip(g_strndup(rest, (size_t) (between - rest))) : NULL;
    double cycle;
    ProseDistribution start_d, length_d;

    if (!between) {
        *ret_wrong = g_strdup_printf("no \"for\" after %s; one of %s", word, activity_forms);
        return false;
    }
    between += strlen(" for ");
    if (!prose_distribution_parse(&length_d, PROSE_DIM_TIME, between + strspn(between, " \t"), units, ret_wrong))
        return false;
    if (a->kind == PROSE_ACTIVITY_DAILY) {
        if (!time_of_day_parse(&a->start_s, start)) {
            *ret_wrong = g_strdup_printf("\"%s\" is no time of day; HH:MM in UTC, 00:00 to 23:59", start);
            return false;
        }
        start_d = (ProseDistribution) { .kind = PROSE_DIST_CONSTANT, .a = cycle = DAY_S };
    } else if (!prose_distribution_parse(&start_d, PROSE_DIM_TIME, start, units, ret_wrong)) {
        return false;
    } else {
        a->start_s = cycle = start_d.a;
    }
    if (start_d.kind != PROSE_DIST_CONSTANT || length_d.kind != PROSE_DIST_CONSTANT) {
        a->by_chance = a->kind == PROSE_ACTIVITY_EVERY;
        a->every_s = start_d;
        a->lasts_s = length_d;
        if (!a->by_chance)
            *ret_wrong = g_strdup("a length by chance; a constant time after daily, or every DIST for DIST");
        return a->by_chance && chance_fits(&start_d, 1, ret_wrong) && chance_fits(&length_d, 0, ret_wrong);
    }
    a->length_s = length_d.a;
    if (cycle < 1) {
        *ret_wrong = g_strdup("too often; every 1 s or more");
        return false;
    }
    if (a->length_s <= 0 || a->length_s >= cycle) {
        *ret_wrong = g_strdup_printf("a stretch of no length, or one that reaches the next; above 0 s, below %.15g s", cycle);
        return false;
    }
    return true;
}

static bool
activity_parse(ProseActivity *ret, const char *text, const ProseTimeUnits *units, char **ret_wrong)
{
    ProseActivity a = { 0 };
    double span[2];

    if (strcmp(text, "always") == 0) {
        a.kind = PROSE_ACTIVITY_ALWAYS;
    } else if (g_str_has_prefix(text, "daily ") || g_str_has_prefix(text, "every ")) {
        a.kind = *text == 'd' ? PROSE_ACTIVITY_DAILY : PROSE_ACTIVITY_EVERY;
        if (!repeating_parse(&a, text + strlen("daily "), units, ret_wrong))
            return false;
    } else if (g_str_has_prefix(text, "around-rollover ")) {
        a.kind = PROSE_ACTIVITY_AROUND_ROLLOVER;
        if (!prose_quantity_parse(&a.length_s, PROSE_DIM_TIME, text + strlen("around-rollover "), units, ret_wrong))
            return false;
        if (a.length_s <= 0) {
            *ret_wrong = g_strdup("a stretch of no length; around-rollover with more than 0 s");
            return false;
        }
    } else if (strstr(text, "..")) {
        a.kind = PROSE_ACTIVITY_SPAN;
        if (!prose_range_parse(span, PROSE_DIM_TIME, text, units, ret_wrong))
            return false;
        if (span[0] < 0 || span[0] == span[1]) {
            *ret_wrong = g_strdup("an empty stretch, or one that begins before 0 s; a .. b with 0 s <= a < b");
            return false;
        }
        a.start_s = span[0];
        a.length_s = span[1] - span[0];
    } else {
        *ret_wrong = g_strdup_printf("\"%s\" is no time of activity; one of %s", text, activity_forms);
        return false;
    }
    *ret = a;
    return true;
}

static bool
list_parse(GArray **ret, const char *text, bool (*parse)(ProseActivity *ret, const char *text, const ProseTimeUnits *units, char **ret_wrong),
           const ProseTimeUnits *units, char **ret_wrong)
{
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(ProseActivity));
    g_autoptr(GPtrArray) items = prose_ini_list(text);

    if (strcmp(text, "none") != 0) {
        for (guint i = 0; i < items->len; i++) {
            ProseActivity a;

            if (!parse(&a, items->pdata[i], units, ret_wrong))
                return false;
            g_array_append_val(list, a);
        }
    }
    *ret = g_steal_pointer(&list);
    return true;
}

bool
prose_activities_parse(GArray **ret, const char *text, const ProseTimeUnits *units, char **ret_wrong)
{
    return list_parse(ret, text, activity_parse, units, ret_wrong);
}

static void
add_interval(GArray *intervals, double start, double length, double duration)
{
    ProseInterval v = { .start_s = fmax(start, 0), .end_s = fmin(start + length, duration) };

    if (v.start_s < v.end_s)
        g_array_append_val(intervals, v);
}

static int
interval_compare(gconstpointer a, gconstpointer b)
{
    const ProseInterval *x = a, *y = b;

    return x->start_s < y->start_s ? -1 : x->start_s > y->start_s;
}

static void
expand(GArray *all, const GArray *activities, int64_t utc_start_s, double duration_s, const GArray *rollovers_s)
{
    for (guint i = 0; i < activities->len; i++) {
        const ProseActivity *a = &g_array_index(activities, ProseActivity, i);
        /* Midnight at or before the start, one more day back: a stretch may reach over midnight. */
        double midnight = -(double) (utc_start_s % DAY_S) - DAY_S;

        switch (a->kind) {
        case PROSE_ACTIVITY_ALWAYS:
            add_interval(all, 0, duration_s, duration_s);
            break;
        case PROSE_ACTIVITY_SPAN:
            add_interval(all, a->start_s, a->length_s, duration_s);
            break;
        case PROSE_ACTIVITY_DAILY:
            for (double day = midnight; day < duration_s; day += DAY_S)
                add_interval(all, day + a->start_s, a->length_s, duration_s);
            break;
        case PROSE_ACTIVITY_EVERY:
            for (uint64_t k = 1; !a->by_chance && (double) k * a->start_s < duration_s; k++)
                add_interval(all, (double) k * a->start_s, a->length_s, duration_s);
            break;
        case PROSE_ACTIVITY_AROUND_ROLLOVER:
            for (guint k = 0; rollovers_s && k < rollovers_s->len; k++)
                add_interval(all, g_array_index(rollovers_s, double, k) - a->length_s, 2 * a->length_s, duration_s);
            break;
        }
    }
}

/* (transfer full) */
static GArray *
join(GArray *all)
{
    GArray *joined = g_array_new(FALSE, FALSE, sizeof(ProseInterval));

    g_array_sort(all, interval_compare);
    for (guint i = 0; i < all->len; i++) {
        ProseInterval v = g_array_index(all, ProseInterval, i);
        ProseInterval *last = joined->len ? &g_array_index(joined, ProseInterval, joined->len - 1) : NULL;

        if (last && v.start_s <= last->end_s)
            last->end_s = fmax(last->end_s, v.end_s);
        else
            g_array_append_val(joined, v);
    }
    return joined;
}

GArray *
prose_activities_expand(const GArray *activities, int64_t utc_start_s, double duration_s, const GArray *rollovers_s)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(ProseInterval));

    expand(all, activities, utc_start_s, duration_s, rollovers_s);
    return join(all);
}

/* The @k-th draw of entry @entry of a list; two a stretch. */
static double
draw(const ProseActivityDraws *draws, const ProseDistribution *d, guint entry, uint64_t k)
{
    return prose_distribution_draw(d, draws->key, draws->purpose, draws->who << 8 | entry, k);
}

GArray *
prose_activities_draw(const GArray *activities, int64_t utc_start_s, double duration_s, const ProseActivityDraws *draws)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(ProseInterval));

    expand(all, activities, utc_start_s, duration_s, NULL);
    for (guint i = 0; i < activities->len; i++) {
        const ProseActivity *a = &g_array_index(activities, ProseActivity, i);
        double start = a->by_chance ? draw(draws, &a->every_s, i, 0) : duration_s;

        for (uint64_t k = 1; start < duration_s; k += 2) {
            add_interval(all, start, draw(draws, &a->lasts_s, i, k), duration_s);
            start += draw(draws, &a->every_s, i, k + 1);
        }
    }
    return join(all);
}

/* ---- instants ---- */

static bool
instant_parse(ProseActivity *ret, const char *text, const ProseTimeUnits *units, char **ret_wrong)
{
    ProseActivity a = { .kind = PROSE_ACTIVITY_SPAN };

    if (g_str_has_prefix(text, "daily ")) {
        a.kind = PROSE_ACTIVITY_DAILY;
        if (!time_of_day_parse(&a.start_s, text + strlen("daily "))) {
            *ret_wrong = g_strdup_printf("\"%s\" is no time of day; HH:MM in UTC, 00:00 to 23:59", text + strlen("daily "));
            return false;
        }
    } else if (g_str_has_prefix(text, "every ")) {
        a.kind = PROSE_ACTIVITY_EVERY;
        a.by_chance = true;                /* a constant is one that always comes out the same */
        if (!prose_distribution_parse(&a.every_s, PROSE_DIM_TIME, text + strlen("every "), units, ret_wrong)
            || !chance_fits(&a.every_s, 1, ret_wrong))
            return false;
    } else if (!prose_quantity_parse(&a.start_s, PROSE_DIM_TIME, text, units, ret_wrong)) {
        return false;
    } else if (a.start_s < 0) {
        *ret_wrong = g_strdup("before the start; at least 0 s");
        return false;
    }
    *ret = a;
    return true;
}

bool
prose_instants_parse(GArray **ret, const char *text, const ProseTimeUnits *units, char **ret_wrong)
{
    return list_parse(ret, text, instant_parse, units, ret_wrong);
}

static int
instant_compare(gconstpointer a, gconstpointer b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

GArray *
prose_instants_draw(const GArray *instants, int64_t utc_start_s, double duration_s, const ProseActivityDraws *draws)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(double));

    for (guint i = 0; i < instants->len; i++) {
        const ProseActivity *a = &g_array_index(instants, ProseActivity, i);
        double at = a->start_s;

        if (a->kind == PROSE_ACTIVITY_DAILY)
            at -= (double) (utc_start_s % DAY_S);
        else if (a->by_chance)
            at = draw(draws, &a->every_s, i, 0);
        for (uint64_t k = 1; at < duration_s; k++) {
            if (at >= 0)
                g_array_append_val(all, at);
            if (a->kind == PROSE_ACTIVITY_SPAN)
                break;
            at += a->kind == PROSE_ACTIVITY_DAILY ? DAY_S : draw(draws, &a->every_s, i, k);
        }
    }
    g_array_sort(all, instant_compare);
    return all;
}

/* ---- selections ---- */

void
prose_ue_selection_clear(ProseUeSelection *selection)
{
    g_clear_pointer(&selection->group, g_free);
}

static bool
member_parse(unsigned *ret, const char *text, char **ret_wrong)
{
    uint64_t n;

    if (!prose_integer_parse(&n, text, ret_wrong))
        return false;
    if (n > G_MAXUINT) {
        *ret_wrong = g_strdup("too large a number; UEs are counted from 0");
        return false;
    }
    *ret = (unsigned) n;
    return true;
}

bool
prose_ue_selection_parse(ProseUeSelection *ret, const char *text, char **ret_wrong)
{
    const char *bracket = strchr(text, '[');
    g_auto(ProseUeSelection) s = { .whole = true };
    g_autofree char *inner = NULL, *first = NULL, *last = NULL, *wrong = NULL;
    char *dots;

    if (!bracket && strcmp(text, "all") != 0)
        s.group = g_strdup(text);
    if (bracket) {
        s.whole = false;
        s.group = g_strstrip(g_strndup(text, (size_t) (bracket - text)));
        inner = g_strstrip(g_strdup(bracket + 1));
        if (!*s.group || !g_str_has_suffix(inner, "]"))
            goto malformed;
        inner[strlen(inner) - 1] = '\0';
        dots = strstr(inner, "..");
        first = g_strstrip(dots ? g_strndup(inner, (size_t) (dots - inner)) : g_strdup(inner));
        last = g_strstrip(g_strdup(dots ? dots + 2 : first));
        if (!member_parse(&s.first, first, &wrong) || !member_parse(&s.last, last, &wrong))
            goto malformed;
        if (s.first > s.last) {
            *ret_wrong = g_strdup_printf("\"%s\" ends before it begins; the smaller number comes first", text);
            return false;
        }
    }
    *ret = s;
    s.group = NULL;
    return true;

malformed:
    *ret_wrong = g_strdup_printf("\"%s\" selects no UEs; group, group[3], group[0..9] or all", text);
    return false;
}

/* ---- masks ---- */

static bool
mask_bits_parse(uint8_t mask[PROSE_CONTENT_LEN], const char *text, char **ret_wrong)
{
    const unsigned n_bits = PROSE_CONTENT_LEN * 8;
    g_autoptr(GPtrArray) items = prose_ini_list(text);

    for (guint i = 0; i < items->len; i++) {
        const char *item = items->pdata[i];
        g_autofree char *selection = g_strdup_printf("bits[%s]", item), *wrong = NULL;
        g_auto(ProseUeSelection) s = { 0 };

        if (!prose_ue_selection_parse(&s, selection, &wrong) || s.last >= n_bits) {
            *ret_wrong = g_strdup_printf("\"%s\" are no bits of the content; a or a..b with 0 <= a <= b <= %u", item, n_bits - 1);
            return false;
        }
        for (unsigned b = s.first; b <= s.last; b++)
            mask[b / 8] |= (uint8_t) (0x80 >> b % 8);
    }
    return true;
}

bool
prose_mask_parse(uint8_t ret[PROSE_CONTENT_LEN], const char *text, char **ret_wrong)
{
    uint8_t mask[PROSE_CONTENT_LEN] = { 0 };
    bool any = false;

    if (strcmp(text, "none") == 0) {
        memset(ret, 0, PROSE_CONTENT_LEN);
        return true;
    }
    if (g_str_has_prefix(text, "bits ")) {
        if (!mask_bits_parse(mask, text + strlen("bits "), ret_wrong))
            return false;
    } else {
        size_t digits = strspn(text, "0123456789abcdefABCDEF");

        if (text[digits]) {
            *ret_wrong = g_strdup("not a mask; bits a..b, 46 hexadecimal digits, or none");
            return false;
        }
        if (digits != 2 * PROSE_CONTENT_LEN) {
            *ret_wrong = g_strdup_printf("%zu hexadecimal digits; %d", digits, 2 * PROSE_CONTENT_LEN);
            return false;
        }
        for (size_t i = 0; i < PROSE_CONTENT_LEN; i++)
            mask[i] = (uint8_t) (g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
    }
    for (size_t i = 0; i < PROSE_CONTENT_LEN; i++)
        any |= mask[i] != 0;
    if (!any) {
        *ret_wrong = g_strdup("a mask that encrypts nothing; none, if no bit is to be encrypted");
        return false;
    }
    memcpy(ret, mask, PROSE_CONTENT_LEN);
    return true;
}
