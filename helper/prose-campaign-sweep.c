/* SPDX-License-Identifier: GPL-2.0-only */
/* What a campaign varies: lists and ranges of values, $names in texts, and `require`. */
#include "prose-campaign.h"

#include "prose-quantity.h"

#include <math.h>
#include <string.h>

#define MAX_VALUES 10000

static const ProseDimension all_dimensions[] = {
    PROSE_DIM_FRACTION, PROSE_DIM_TIME, PROSE_DIM_LENGTH, PROSE_DIM_SPEED, PROSE_DIM_BITRATE, PROSE_DIM_DRIFT, PROSE_DIM_POWER,
    PROSE_DIM_LEVEL, PROSE_DIM_FREQUENCY, PROSE_DIM_RATE,
};

/* A number of whatever kind. No two dimensions share a unit. */
static bool
read_number(const char *text, double *ret_si, const char **ret_unit)
{
    for (gsize i = 0; i < G_N_ELEMENTS(all_dimensions); i++) {
        g_autofree char *wrong = NULL;

        if (prose_quantity_parse(ret_si, all_dimensions[i], text, NULL, &wrong)) {
            *ret_unit = prose_unit(all_dimensions[i]);
            return true;
        }
    }
    *ret_si = NAN;
    *ret_unit = NULL;
    return false;
}

static void
value_free(gpointer data)
{
    ProseCampaignValue *value = data;

    g_free(value->text);
    g_free(value);
}

/* @text: (transfer full) */
static void
value_add(GPtrArray *values, char *text)
{
    ProseCampaignValue *value = g_new0(ProseCampaignValue, 1);

    value->text = text;
    read_number(text, &value->si, &value->unit);
    g_ptr_array_add(values, value);
}

/* ---- ranges ---- */

typedef struct Range {
    double low, high, step;        /* in the unit of the first */
    char *unit;                    /* (owned) " ms" */
    guint64 n;                     /* of a logarithmic one */
    bool is_log;
} Range;

/* The number that @text begins with, and the unit after it as it is written; the base units' ratio is @ret_factor. */
static bool
split_number(const char *text, double *ret_number, char **ret_unit, double *ret_factor, const char **ret_base)
{
    char *end;
    double si;

    *ret_number = g_ascii_strtod(text, &end);
    if (end == text || !read_number(text, &si, ret_base) || strpbrk(end, "0123456789"))
        return false;
    *ret_unit = g_strdup(end);
    /* A unit's factor from the text itself would lose digits at 0. */
    if (*ret_number != 0) {
        *ret_factor = si / *ret_number;
    } else {
        g_autofree char *one = g_strdup_printf("1%s", end);

        read_number(one, ret_factor, ret_base);
    }
    return true;
}

/* 1: it is one; 0: it is not; -1: it is a wrong one. */
static int
read_range(const char *text, Range *ret, char **ret_wrong)
{
    const char *dots = strstr(text, "..");
    g_autofree char *first = NULL, *second = NULL;
    g_auto(GStrv) words = NULL;
    const char *base, *other_base;
    char *word;
    double factor, si;

    if (!dots)
        return 0;
    first = g_strstrip(g_strndup(text, (gsize) (dots - text)));
    second = g_strstrip(g_strdup(dots + 2));
    word = g_strrstr(second, " step ");
    ret->is_log = !word;
    if (!word)
        word = g_strrstr(second, " log ");
    if (!word)
        return 0;
    *word = '\0';
    word = g_strstrip(word + (ret->is_log ? strlen(" log ") : strlen(" step ")));
    if (!split_number(first, &ret->low, &ret->unit, &factor, &base)) {
        *ret_wrong = g_strdup_printf("\"%s\" is no number with one unit; a .. b step d, or a .. b log n", first);
        return -1;
    }
    if (!read_number(g_strstrip(second), &si, &other_base) || strcmp(base, other_base) != 0) {
        *ret_wrong = g_strdup_printf("\"%s\" and \"%s\" are not of one kind; a .. b step d, or a .. b log n", first, second);
        return -1;
    }
    ret->high = si / factor;
    if (ret->high <= ret->low) {
        *ret_wrong = g_strdup("does not rise; a .. b with a below b");
        return -1;
    }
    if (ret->is_log) {
        g_autofree char *wrong = NULL;

        if (!prose_integer_parse(&ret->n, word, &wrong) || ret->n < 2 || ret->n > MAX_VALUES) {
            *ret_wrong = g_strdup_printf("\"%s\" is not how many values there are; a .. b log n, n from 2", word);
            return -1;
        }
        if (ret->low <= 0) {
            *ret_wrong = g_strdup("begins at or below 0, which has no logarithm; a .. b log n with a above 0");
            return -1;
        }
        return 1;
    }
    if (!read_number(word, &si, &other_base) || strcmp(base, other_base) != 0 || si / factor <= 0) {
        *ret_wrong = g_strdup_printf("\"%s\" is no step of such a range; above 0 and of its kind", word);
        return -1;
    }
    ret->step = si / factor;
    if ((ret->high - ret->low) / ret->step >= MAX_VALUES) {
        *ret_wrong = g_strdup_printf("too many values; at most %d", MAX_VALUES);
        return -1;
    }
    return 1;
}

static void
range_value_add(GPtrArray *values, const Range *range, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    /* Six digits are a name that can be read and typed again; the ends are as they were given. */
    g_ascii_formatd(text, sizeof text, number == range->low || number == range->high ? "%.15g" : "%.6g", number);
    value_add(values, g_strdup_printf("%s%s", text, range->unit));
}

GPtrArray *
prose_campaign_values_parse(const char *text, char **ret_wrong)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(value_free), items = prose_ini_list(text);

    for (guint i = 0; i < items->len; i++) {
        Range range = { 0 };
        int is_range = read_range(items->pdata[i], &range, ret_wrong);
        g_autofree char *unit = range.unit;

        if (is_range < 0)
            return NULL;
        if (!*(const char *) items->pdata[i]) {
            *ret_wrong = g_strdup("an empty value; values with commas between them");
            return NULL;
        }
        if (!is_range)
            value_add(values, g_strdup(items->pdata[i]));
        for (guint k = 0; is_range && range.is_log && k < range.n; k++)
            range_value_add(values, &range, k + 1 == range.n ? range.high
                            : k == 0 ? range.low : range.low * pow(range.high / range.low, (double) k / (double) (range.n - 1)));
        for (guint k = 0; is_range && !range.is_log; k++) {
            double number = range.low + k * range.step;

            if (number > range.high + 1e-9 * range.step)
                break;
            range_value_add(values, &range, number);
        }
    }
    for (guint i = 0; i < values->len; i++) {
        for (guint k = 0; k < i; k++) {
            const ProseCampaignValue *a = values->pdata[k], *b = values->pdata[i];

            if (strcmp(a->text, b->text) == 0) {
                *ret_wrong = g_strdup_printf("\"%s\" stands there twice; each value once", a->text);
                return NULL;
            }
        }
    }
    return g_steal_pointer(&values);
}

GArray *
prose_campaign_runs_parse(const char *text, char **ret_wrong)
{
    g_autoptr(GPtrArray) items = prose_ini_list(text);
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(gint64));

    for (guint i = 0; i < items->len; i++) {
        g_auto(GStrv) ends = g_strsplit(items->pdata[i], "..", 2);
        g_autofree char *wrong = NULL;
        guint64 first = 0, last = 0;
        gint64 before = runs->len ? g_array_index(runs, gint64, runs->len - 1) : 0;

        if (!ends[0] || !prose_integer_parse(&first, g_strstrip(ends[0]), &wrong)
            || !prose_integer_parse(&last, ends[1] ? g_strstrip(ends[1]) : ends[0], &wrong) || first > last || last > G_MAXINT32
            || last - first >= MAX_VALUES || (gint64) first <= before) {
            *ret_wrong = g_strdup_printf("\"%s\" is no run number from %" G_GINT64_FORMAT " on; 1..10, or 1, 2, 7..9, rising",
                                         (const char *) items->pdata[i], before + 1);
            return NULL;
        }
        for (gint64 run = (gint64) first; run <= (gint64) last; run++)
            g_array_append_val(runs, run);
    }
    return g_steal_pointer(&runs);
}

/* ---- $names ---- */

/* The name at @p, which is behind a "$"; braces may hold it. Returns: where the text goes on. */
static const char *
read_name(const char *p, char **ret)
{
    bool braced = *p == '{';
    gsize n;

    p += braced;
    n = braced ? strcspn(p, "}") : strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    *ret = g_strndup(p, n);
    p += n;
    return braced && *p ? p + 1 : p;
}

static int
find_factor(const ProseCampaign *campaign, const char *name)
{
    for (guint i = 0; i < campaign->factors->len; i++) {
        if (strcmp(((const ProseCampaignFactor *) campaign->factors->pdata[i])->name, name) == 0)
            return (int) i;
    }
    return -1;
}

char *
prose_campaign_use(ProseCampaign *campaign, const char *text)
{
    while ((text = strchr(text, '$'))) {
        g_autofree char *name = NULL;
        int factor;

        text = read_name(text + 1, &name);
        factor = find_factor(campaign, name);
        if (factor < 0)
            return g_steal_pointer(&name);
        ((ProseCampaignFactor *) campaign->factors->pdata[factor])->is_used = true;
    }
    return NULL;
}

char *
prose_campaign_substitute(const ProseCampaign *campaign, const ProseCampaignPoint *point, const char *text, char **ret_unknown)
{
    g_autoptr(GString) out = g_string_new(NULL);

    while (*text) {
        g_autofree char *name = NULL;
        int factor;

        if (*text != '$') {
            g_string_append_c(out, *text++);
            continue;
        }
        text = read_name(text + 1, &name);
        factor = find_factor(campaign, name);
        if (factor < 0) {
            *ret_unknown = g_steal_pointer(&name);
            return NULL;
        }
        g_string_append(out, point->values[factor]->text);
    }
    return g_strdup(out->str);
}

/* ---- require ---- */

typedef struct Term {
    double si;                     /* NAN: a word */
    const char *unit;
    char *text;                    /* (owned) */
} Term;

typedef struct Reader {
    const ProseCampaign *campaign;
    const ProseCampaignPoint *point;
    char **ret_wrong;
} Reader;

static bool
read_leaf(Reader *r, const char *text, Term *ret)
{
    char *unknown = NULL;

    ret->text = prose_campaign_substitute(r->campaign, r->point, text, &unknown);
    if (!ret->text) {
        *r->ret_wrong = g_strdup_printf("$%s is nothing in [sweep]", unknown);
        g_free(unknown);
        return false;
    }
    g_strstrip(ret->text);
    if (!*ret->text) {
        *r->ret_wrong = g_strdup("a side is empty; A < B, with <, <=, =, !=, >= or >");
        return false;
    }
    read_number(ret->text, &ret->si, &ret->unit);
    return true;
}

/* Sums of products, from the left: the last sign of the weakest kind splits. */
static bool
read_term(Reader *r, const char *text, Term *ret)
{
    static const char *const signs[2][2] = { { " + ", " - " }, { " * ", " / " } };
    const char *sign = NULL;
    char which = 0;
    Term a = { 0 }, b = { 0 };
    bool done;

    for (int level = 0; level < 2 && !sign; level++) {
        for (int s = 0; s < 2; s++) {
            const char *found = g_strrstr(text, signs[level][s]);

            if (found && (!sign || found > sign)) {
                sign = found;
                which = signs[level][s][1];
            }
        }
    }
    if (!sign)
        return read_leaf(r, text, ret);
    {
        g_autofree char *left = g_strndup(text, (gsize) (sign - text));

        done = read_term(r, left, &a) && read_term(r, sign + 3, &b);
    }
    if (done && (!a.unit || !b.unit || ((which == '+' || which == '-') && strcmp(a.unit, b.unit) != 0)
                 || (which == '*' && *a.unit && *b.unit) || (which == '/' && *b.unit && strcmp(a.unit, b.unit) != 0))) {
        *r->ret_wrong = g_strdup_printf("\"%s\" and \"%s\" do not go together under \"%c\"", a.text, b.text, which);
        done = false;
    }
    if (done) {
        ret->si = which == '+' ? a.si + b.si : which == '-' ? a.si - b.si : which == '*' ? a.si * b.si : a.si / b.si;
        ret->unit = which == '*' && !*a.unit ? b.unit : which == '/' && *b.unit ? "" : a.unit;
        ret->text = g_strdup(text);
    }
    g_free(a.text);
    g_free(b.text);
    return done;
}

static bool
compare(Reader *r, const char *text, bool *ret_holds)
{
    static const char *const signs[] = { "<=", ">=", "!=", "<", ">", "=" };
    const char *at = strpbrk(text, "<>=!");
    Term a = { 0 }, b = { 0 };
    bool done = false, is_same;
    gsize s;

    for (s = 0; at && s < G_N_ELEMENTS(signs) && !g_str_has_prefix(at, signs[s]); s++)
        ;
    if (!at || s == G_N_ELEMENTS(signs)) {
        *r->ret_wrong = g_strdup_printf("\"%s\" compares nothing; A < B, with <, <=, =, !=, >= or >", text);
        return false;
    }
    {
        g_autofree char *left = g_strndup(text, (gsize) (at - text));

        done = read_term(r, left, &a) && read_term(r, at + strlen(signs[s]), &b);
    }
    if (done && a.unit && b.unit && strcmp(a.unit, b.unit) == 0) {
        *ret_holds = s == 0 ? a.si <= b.si : s == 1 ? a.si >= b.si : s == 2 ? a.si != b.si : s == 3 ? a.si < b.si : s == 4 ? a.si > b.si
                     : a.si == b.si;
    } else if (done && (s == 2 || s == 5)) {
        is_same = strcmp(a.text, b.text) == 0;
        *ret_holds = s == 5 ? is_same : !is_same;
    } else if (done) {
        *r->ret_wrong = g_strdup_printf("\"%s\" and \"%s\" cannot be compared; two numbers of one kind", a.text, b.text);
        done = false;
    }
    g_free(a.text);
    g_free(b.text);
    return done;
}

bool
prose_campaign_require(const ProseCampaign *campaign, const ProseCampaignPoint *point, const char *text, bool *ret_holds, char **ret_wrong)
{
    Reader r = { .campaign = campaign, .point = point, .ret_wrong = ret_wrong };
    g_auto(GStrv) any = g_strsplit(text, " or ", -1);
    bool holds = false;

    if (!*any)
        return compare(&r, text, ret_holds);   /* says what is missing */
    for (char **a = any; *a; a++) {
        g_auto(GStrv) all = g_strsplit(*a, " and ", -1);
        bool part = true, one;

        /* Every part is read, so that a mistake shows whatever the others say. */
        if (!*all)
            return compare(&r, *a, ret_holds);
        for (char **c = all; *c; c++) {
            if (!compare(&r, *c, &one))
                return false;
            part &= one;
        }
        holds |= part;
    }
    *ret_holds = holds;
    return true;
}
