/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads one value by the type and range of its row. */
#include "prose-settings-internal.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-ini.h"
#include "prose-key-message.h"

#include <math.h>
#include <string.h>

void
prose_value_clear(ProseValue *value)
{
    g_clear_pointer(&value->activities, g_array_unref);
    g_clear_pointer(&value->words, g_ptr_array_unref);
    g_clear_pointer(&value->text, g_free);
}

static bool
in_range(const ProseSetting *s, double low, double high, char **ret_wrong)
{
    g_autofree char *range = NULL;

    if (s->low == s->high || (low >= s->low && high <= s->high && !(s->above_low && low == s->low)))
        return true;
    range = prose_setting_range(s);
    if (s->type == PROSE_SETTING_DISTRIBUTION || (s->type == PROSE_SETTING_SPREAD && low != high))
        *ret_wrong = g_strdup_printf("draws may be out of range; %s%s", range,
                                     isinf(low) ? ", so a normal needs a bound" : "");
    else
        *ret_wrong = g_strdup_printf("out of range; %s", range);
    return false;
}

static bool
parse_integer(const ProseSetting *s, ProseValue *v, char **ret_wrong)
{
    return prose_integer_parse(&v->integer, v->text, ret_wrong)
           && in_range(s, (double) v->integer, (double) v->integer, ret_wrong);
}

static bool
parse_quantity(const ProseSetting *s, const ProseTimeUnits *units, ProseValue *v, char **ret_wrong)
{
    return prose_quantity_parse(&v->number[0], s->dimension, v->text, units, ret_wrong)
           && in_range(s, v->number[0], v->number[0], ret_wrong);
}

static bool
parse_seconds(const ProseSetting *s, const ProseTimeUnits *units, ProseValue *v, char **ret_wrong)
{
    double value, whole;

    if (!prose_quantity_parse(&value, PROSE_DIM_TIME, v->text, units, ret_wrong) || !in_range(s, value, value, ret_wrong))
        return false;
    /* 1000 periods of 0.32 s are 320 s but for a rounding. */
    whole = round(value);
    if (fabs(value - whole) > 1e-9 * fmax(1, whole)) {
        *ret_wrong = g_strdup("not a whole number of seconds; key times are whole seconds");
        return false;
    }
    v->number[0] = whole;
    v->integer = (uint64_t) whole;
    return true;
}

static bool
parse_probability(const ProseSetting *s, ProseValue *v, char **ret_wrong)
{
    static const struct { const char *name; double value; } names[] = {
        { "p25", 0.25 }, { "p50", 0.5 }, { "p75", 0.75 }, { "p100", 1 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(v->text, names[i].name) == 0) {
            v->number[0] = names[i].value;
            return true;
        }
    }
    return prose_quantity_parse(&v->number[0], PROSE_DIM_FRACTION, v->text, NULL, ret_wrong)
           && in_range(s, v->number[0], v->number[0], ret_wrong);
}

static bool
parse_choice(const ProseSetting *s, ProseValue *v, char **ret_wrong)
{
    g_autoptr(GPtrArray) allowed = prose_ini_list(s->values);

    for (guint i = 0; i < allowed->len; i++) {
        char *word = allowed->pdata[i];
        char *planned = strstr(word, " (planned)");

        if (planned)
            *planned = '\0';
        if (strcmp(word, v->text) != 0)
            continue;
        if (planned) {
            *ret_wrong = g_strdup_printf("planned for a later version, not understood yet; one of %s", s->values);
            return false;
        }
        v->choice = i;
        return true;
    }
    *ret_wrong = g_strdup_printf("unknown; one of %s", s->values);
    return false;
}

/* A list out of `values`: bits in their order. */
static bool
parse_choices(const ProseSetting *s, const char *text, ProseValue *v, char **ret_wrong)
{
    g_autoptr(GPtrArray) allowed = prose_ini_list(s->values), words = prose_ini_list(text);
    bool may_be_none = g_strcmp0(s->fallback, "none") == 0;
    const char *what = may_be_none ? "none, all, or a list" : "one or several";

    if (may_be_none && strcmp(v->text, "all") == 0)
        v->integer = (UINT64_C(1) << allowed->len) - 1;
    if (may_be_none && (strcmp(v->text, "all") == 0 || strcmp(v->text, "none") == 0))
        return true;
    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i], *nearest;
        guint place;

        if (g_ptr_array_find_with_equal_func(allowed, word, g_str_equal, &place)) {
            v->integer |= UINT64_C(1) << place;
            continue;
        }
        nearest = may_be_none && *word ? prose_nearest(word, (const char *const *) allowed->pdata, allowed->len) : NULL;
        if (nearest)
            *ret_wrong = g_strdup_printf("\"%s\" is unknown, the nearest is %s; %s of %s", word, nearest, what, s->values);
        else
            *ret_wrong = g_strdup_printf("\"%s\" is unknown; %s of %s", word, what, s->values);
        return false;
    }
    return true;
}

static bool
parse_yes_no(ProseValue *v, char **ret_wrong)
{
    v->integer = strcmp(v->text, "yes") == 0;
    if (v->integer || strcmp(v->text, "no") == 0)
        return true;
    *ret_wrong = g_strdup("neither of the two; yes or no");
    return false;
}

static bool
parse_datetime(ProseValue *v, char **ret_wrong)
{
    int64_t s;

    if (prose_datetime_parse(&s, v->text) == PROSE_OK) {
        v->integer = (uint64_t) s;
        return true;
    }
    *ret_wrong = g_strdup("no instant; UTC as in 2026-06-01T08:00:00Z");
    return false;
}

static bool
parse_bitmap(ProseValue *v, char **ret_wrong)
{
    size_t len = strlen(v->text);

    if (v->text[strspn(v->text, "01")] || len < 1 || len > 40) {
        *ret_wrong = g_strdup("not a bitmap; 1 to 40 digits 0 and 1, the first subframe first");
        return false;
    }
    if (!strchr(v->text, '1')) {
        *ret_wrong = g_strdup("a bitmap without any subframe; at least one 1");
        return false;
    }
    return true;
}

static bool
parse_id24(ProseValue *v, char **ret_wrong)
{
    uint32_t id;
    int r = prose_id24_parse(&id, v->text);

    if (r == PROSE_OK) {
        v->integer = id;
        return true;
    }
    *ret_wrong = g_strdup(r == PROSE_ERR_LIMIT ? "more than 24 bits; 0 .. 0xffffff" : "not an identity; 0x and hexadecimal digits, or decimal digits");
    return false;
}

static bool
parse_fqdn(ProseValue *v, char **ret_wrong)
{
    g_auto(GStrv) labels = g_strsplit(v->text, ".", -1);
    bool fits = strlen(v->text) <= PROSE_FQDN_MAX;

    for (char **l = labels; *l && fits; l++) {
        size_t len = strlen(*l);

        fits = len >= 1 && len <= 63 && (*l)[0] != '-' && (*l)[len - 1] != '-'
               && strspn(*l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == len;
    }
    if (!fits)
        *ret_wrong = g_strdup("not a domain name; labels of letters, digits and \"-\" between dots, as in pkmf.east.example");
    return fits;
}

/* A list of names; "all" gives %NULL, "none" an empty one. */
static bool
parse_references(const char *text, ProseValue *v, char **ret_wrong)
{
    g_autoptr(GPtrArray) words = prose_ini_list(text);

    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i];

        if (!*word) {
            *ret_wrong = g_strdup("an empty item; names with commas between them, all, or none");
            return false;
        }
        if (words->len > 1 && (strcmp(word, "all") == 0 || strcmp(word, "none") == 0)) {
            *ret_wrong = g_strdup_printf("\"%s\" beside names; names with commas between them, all, or none", word);
            return false;
        }
        for (guint j = 0; j < i; j++) {
            if (strcmp(word, words->pdata[j]) == 0) {
                *ret_wrong = g_strdup_printf("\"%s\" twice; each name once", word);
                return false;
            }
        }
    }
    if (strcmp(words->pdata[0], "all") == 0)
        return true;
    if (strcmp(words->pdata[0], "none") == 0)
        g_ptr_array_set_size(words, 0);
    v->words = g_steal_pointer(&words);
    return true;
}

static bool
parse_algorithms(const char *text, ProseValue *v, char **ret_wrong)
{
    static const struct { const char *name; uint8_t bit; } names[] = {
        { "eea0", PROSE_ALGORITHM_EEA0 }, { "eea1", PROSE_ALGORITHM_EEA1 }, { "eea2", PROSE_ALGORITHM_EEA2 },
        { "eea3", PROSE_ALGORITHM_EEA3 },
    };
    g_autoptr(GPtrArray) words = prose_ini_list(text);

    for (guint i = 0; i < words->len; i++) {
        uint8_t bit = 0;

        for (size_t j = 0; j < G_N_ELEMENTS(names); j++) {
            if (strcmp(words->pdata[i], names[j].name) == 0)
                bit = names[j].bit;
        }
        if (!bit) {
            *ret_wrong = g_strdup_printf("\"%s\" is unknown; a list of %s", (char *) words->pdata[i], ALGORITHMS);
            return false;
        }
        v->integer |= bit;
    }
    return true;
}

/* Words at blanks; a comma joins its neighbours, brackets keep their blanks. */
static GPtrArray *
action_words(const char *text)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    GString *word = g_string_new(NULL);
    bool inside = false, joined = false;

    for (const char *p = text;; p++) {
        bool blank = *p == ' ' || *p == '\t';

        inside = *p == '[' || (inside && *p != ']');
        if (*p && (!blank || inside)) {
            joined = *p == ',' || (joined && blank);
            g_string_append_c(word, *p);
            continue;
        }
        if (*p && (joined || p[strspn(p, " \t")] == ','))
            continue;
        if (word->len > 0)
            g_ptr_array_add(words, g_strdup(word->str));
        g_string_truncate(word, 0);
        if (!*p)
            break;
    }
    g_string_free(word, TRUE);
    return words;
}

static bool
parse_action(ProseValue *v, char **ret_wrong)
{
    g_autoptr(GPtrArray) words = action_words(v->text);
    g_autofree const char **verbs = NULL;
    size_t n;
    const ProseActionRow *rows = prose_actions(&n);

    verbs = g_new(const char *, n);
    for (size_t i = 0; i < n; i++) {
        g_auto(GStrv) arguments = g_strsplit(rows[i].arguments, " ", -1);

        verbs[i] = rows[i].verb;
        if (strcmp(rows[i].verb, words->pdata[0]) != 0)
            continue;
        if (rows[i].planned) {
            *ret_wrong = g_strdup_printf("%s: planned for a later version, not understood yet", rows[i].verb);
            return false;
        }
        if (words->len - 1 != g_strv_length(arguments)) {
            *ret_wrong = g_strdup_printf("%u argument%s; %s %s", words->len - 1, words->len == 2 ? "" : "s", rows[i].verb, rows[i].arguments);
            return false;
        }
        v->choice = i;
        g_ptr_array_remove_index(words, 0);
        v->words = g_steal_pointer(&words);
        return true;
    }
    *ret_wrong = g_strdup_printf("unknown action \"%s\"; the nearest is %s", (char *) words->pdata[0],
                                 prose_nearest(words->pdata[0], verbs, n));
    return false;
}

static bool
parse_profile(const ProseSetting *s, ProseValue *v, char **ret_wrong)
{
    ProseProfile scratch;

    prose_profile_init(&scratch);
    if (prose_profile_set(&scratch, s->key, v->text) == PROSE_OK)
        return true;
    *ret_wrong = g_strdup_printf("unknown; %s%s", strchr(s->values, ',') ? "one of " : "", s->values);
    return false;
}

/* What preset @text stands for, out of "name (meaning), ...". (transfer full); %NULL: it is none. */
static char *
preset(const char *presets, const char *text)
{
    g_autofree char *begin = g_strdup_printf("%s (", text);
    const char *at = g_ascii_isalpha(*text) && !strpbrk(text, "( ") ? strstr(presets, begin) : NULL;

    while (at && at != presets && at[-1] != ' ')
        at = strstr(at + 1, begin);
    return at ? g_strndup(at + strlen(begin), strcspn(at + strlen(begin), ")")) : NULL;
}

static bool
parse_distribution(const ProseSetting *s, const ProseTimeUnits *units, ProseValue *v, char **ret_wrong)
{
    g_autofree char *meant = s->dimension == PROSE_DIM_DRIFT ? preset(DRIFT_PRESETS, v->text) : NULL;
    double support[2];

    if (!prose_distribution_parse(&v->distribution, s->dimension, meant ? meant : v->text, units, ret_wrong))
        return false;
    prose_distribution_support(&v->distribution, support);
    return in_range(s, support[0], support[1], ret_wrong);
}

static bool
parse_spread(const ProseSetting *s, const ProseTimeUnits *units, ProseValue *v, char **ret_wrong)
{
    static const struct { const char *prefix; ProseSpreadKind kind; } words[] = {
        { "hash ", PROSE_SPREAD_HASH }, { "by-group ", PROSE_SPREAD_BY_GROUP },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!g_str_has_prefix(v->text, words[i].prefix))
            continue;
        v->choice = words[i].kind;
        return prose_quantity_parse(&v->number[0], s->dimension, v->text + strlen(words[i].prefix), units, ret_wrong)
               && in_range(s, v->number[0], v->number[0], ret_wrong);
    }
    v->choice = PROSE_SPREAD_DRAW;
    if (parse_distribution(s, units, v, ret_wrong))
        return true;
    if (strstr(*ret_wrong, "is no distribution")) {
        g_autofree char *wrong = *ret_wrong;

        *ret_wrong = g_strdup_printf("%s, hash T, by-group T", wrong);
    }
    return false;
}

/* Whether a word may stand for the number. */
static bool
takes_word(const ProseSetting *s)
{
    return s->values && (s->type == PROSE_SETTING_INTEGER || s->type == PROSE_SETTING_QUANTITY || s->type == PROSE_SETTING_SECONDS);
}

/* A distribution, a preset of one, or "ramp a .. b over T". */
static bool
parse_time_error(const ProseTimeUnits *units, ProseValue *v, char **ret_wrong)
{
    const char *over = strstr(v->text, " over ");
    g_autofree char *meant = preset(ERROR_PRESETS, v->text), *range = NULL, *wrong = NULL;
    const char *dots;

    if (!g_str_has_prefix(v->text, "ramp ")) {
        if (prose_distribution_parse(&v->distribution, PROSE_DIM_TIME, meant ? meant : v->text, units, &wrong))
            return true;
        *ret_wrong = g_strdup_printf("%s, a preset, or ramp 0 s .. 90 s over 10 min", wrong);
        return false;
    }
    range = over ? g_strndup(v->text + strlen("ramp "), (size_t) (over - v->text) - strlen("ramp ")) : NULL;
    dots = range ? strstr(range, "..") : NULL;
    if (!dots) {
        *ret_wrong = g_strdup("no ramp; as in ramp 0 s .. 90 s over 10 min");
        return false;
    }
    v->choice = 1;
    {
        /* It may fall, so it is no range. */
        g_autofree char *from = g_strstrip(g_strndup(range, (size_t) (dots - range))), *to = g_strstrip(g_strdup(dots + 2));

        if (!prose_quantity_parse(&v->number[0], PROSE_DIM_TIME, from, units, ret_wrong)
            || !prose_quantity_parse(&v->number[1], PROSE_DIM_TIME, to, units, ret_wrong)
            || !prose_quantity_parse(&v->number[2], PROSE_DIM_TIME, over + strlen(" over "), units, ret_wrong))
            return false;
    }
    if (v->number[2] > 0)
        return true;
    *ret_wrong = g_strdup("a ramp of no length; over more than 0 s");
    return false;
}

static bool
parse_activity(const ProseSetting *s, const char *text, const ProseTimeUnits *units, ProseValue *v, char **ret_wrong)
{
    bool by_chance = s->values && strcmp(s->values, PROSE_SETTING_BY_CHANCE) == 0;

    if (!prose_activities_parse(&v->activities, text, units, ret_wrong))
        return false;
    for (guint i = 0; i < v->activities->len; i++) {
        const ProseActivity *a = &g_array_index(v->activities, ProseActivity, i);

        if (a->kind == PROSE_ACTIVITY_AROUND_ROLLOVER && (!s->values || by_chance)) {
            *ret_wrong = g_strdup("around-rollover is for pools alone; none, always, a .. b, daily HH:MM for T, every T for T");
            return false;
        }
        if (a->by_chance && !by_chance) {
            *ret_wrong = g_strdup("times by chance are for UEs alone: off-network, pdn-outage; constant times");
            return false;
        }
    }
    return true;
}

static bool
parse_bursts(ProseValue *v, char **ret_wrong)
{
    const char *between = strstr(v->text, " for ");
    g_autofree char *share = between ? g_strndup(v->text, (size_t) (between - v->text)) : NULL;

    if (strcmp(v->text, "none") == 0)
        return true;
    if (!between) {
        *ret_wrong = g_strdup("no \"for\"; none, or the share of time and how long a burst lasts on average: 1 % for 200 ms");
        return false;
    }
    if (!prose_quantity_parse(&v->number[0], PROSE_DIM_FRACTION, share, NULL, ret_wrong)
        || !prose_quantity_parse(&v->number[1], PROSE_DIM_TIME, between + strlen(" for "), NULL, ret_wrong))
        return false;
    if (v->number[0] > 0 && v->number[0] < 1 && v->number[1] >= 1e-6 && v->number[1] <= 86400)
        return true;
    *ret_wrong = g_strdup("out of range; above 0 %, below 100 %, for 1 us .. 1 d");
    return false;
}

bool
prose_setting_parse(const ProseSetting *s, const char *text, const ProseTimeUnits *units, ProseValue *ret, char **ret_wrong)
{
    ProseValue v = { .text = prose_ini_unquote(text) };
    bool good = true;

    v.is_word = takes_word(s) && strcmp(v.text, s->values) == 0;
    if (v.is_word) {
        *ret = v;
        return true;
    }
    switch (s->type) {
    case PROSE_SETTING_INTEGER:      good = parse_integer(s, &v, ret_wrong); break;
    case PROSE_SETTING_QUANTITY:     good = parse_quantity(s, units, &v, ret_wrong); break;
    case PROSE_SETTING_SECONDS:      good = parse_seconds(s, units, &v, ret_wrong); break;
    case PROSE_SETTING_PROBABILITY:  good = parse_probability(s, &v, ret_wrong); break;
    case PROSE_SETTING_DISTRIBUTION: good = parse_distribution(s, units, &v, ret_wrong); break;
    case PROSE_SETTING_SPREAD:       good = parse_spread(s, units, &v, ret_wrong); break;
    case PROSE_SETTING_INSTANTS:     good = prose_instants_parse(&v.activities, text, units, ret_wrong); break;
    case PROSE_SETTING_BURSTS:       good = parse_bursts(&v, ret_wrong); break;
    case PROSE_SETTING_ACTIVITY:     good = parse_activity(s, text, units, &v, ret_wrong); break;
    case PROSE_SETTING_YES_NO:       good = parse_yes_no(&v, ret_wrong); break;
    case PROSE_SETTING_CHOICE:       good = parse_choice(s, &v, ret_wrong); break;
    case PROSE_SETTING_CHOICES:      good = parse_choices(s, text, &v, ret_wrong); break;
    case PROSE_SETTING_DATETIME:     good = parse_datetime(&v, ret_wrong); break;
    case PROSE_SETTING_AREA:         good = prose_parse_area(&v, ret_wrong); break;
    case PROSE_SETTING_POINT:
        good = prose_quantities_parse(v.number, 2, PROSE_DIM_LENGTH, "", v.text, ret_wrong);
        break;
    case PROSE_SETTING_DISC:         good = prose_parse_disc(s, &v, ret_wrong); break;
    case PROSE_SETTING_TIME_ERROR:   good = parse_time_error(units, &v, ret_wrong); break;
    case PROSE_SETTING_PERIOD:
        v.integer = prose_pool_period_ms(v.text);
        good = v.integer > 0;
        if (!good)
            *ret_wrong = g_strdup("not a discovery period; one of " PERIODS);
        break;
    case PROSE_SETTING_BITMAP:       good = parse_bitmap(&v, ret_wrong); break;
    case PROSE_SETTING_ID24:         good = parse_id24(&v, ret_wrong); break;
    case PROSE_SETTING_MASK:         good = prose_mask_parse(v.mask, v.text, ret_wrong); break;
    case PROSE_SETTING_FQDN:         good = parse_fqdn(&v, ret_wrong); break;
    case PROSE_SETTING_REFERENCE:    break;
    case PROSE_SETTING_REFERENCES:   good = parse_references(text, &v, ret_wrong); break;
    case PROSE_SETTING_ALGORITHMS:   good = parse_algorithms(text, &v, ret_wrong); break;
    case PROSE_SETTING_PLACEMENT:    good = prose_parse_placement(&v, ret_wrong); break;
    case PROSE_SETTING_MOBILITY:     good = prose_parse_mobility(&v, ret_wrong); break;
    case PROSE_SETTING_PROPAGATION:  good = prose_parse_propagation(&v, ret_wrong); break;
    case PROSE_SETTING_ACTION:       good = parse_action(&v, ret_wrong); break;
    case PROSE_SETTING_PROFILE:      good = parse_profile(s, &v, ret_wrong); break;
    case PROSE_SETTING_WORDS:        break;
    case PROSE_SETTING_N_TYPES:      g_assert_not_reached();
    }
    if (!good) {
        prose_value_clear(&v);
        return false;
    }
    *ret = v;
    return true;
}
