/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-settings-internal.h"

#include <math.h>
#include <string.h>

/* ---- finding rows ---- */

const ProseSectionKind *
prose_section_kind_find(const char *kind)
{
    size_t n;
    const ProseSectionKind *kinds = prose_section_kinds(&n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* [profile] has a row a choice. */
static GPtrArray *
profile_settings(void)
{
    GPtrArray *rows = g_ptr_array_new();
    const ProseProfileChoice *choice;

    for (size_t i = 0; (choice = prose_profile_choice(i)); i++) {
        ProseSetting *s = g_new0(ProseSetting, 1);

        s->section = "profile";
        s->key = choice->name;
        s->type = PROSE_SETTING_PROFILE;
        s->values = choice->values;
        s->fallback = choice->value;
        s->clause = choice->clause;
        s->sentence = choice->sentence;
        g_ptr_array_add(rows, s);
    }
    return rows;
}

static GHashTable *
settings_by_kind(void)
{
    GHashTable *by_kind = g_hash_table_new(g_str_hash, g_str_equal);
    size_t n_kinds, n_rows;
    const ProseSectionKind *kinds = prose_section_kinds(&n_kinds);
    const ProseSetting *rows = prose_settings_table(&n_rows);

    for (size_t k = 0; k < n_kinds; k++) {
        const char *whose = kinds[k].keys_of ? kinds[k].keys_of : kinds[k].kind;
        GPtrArray *own = strcmp(whose, "profile") == 0 ? profile_settings() : g_ptr_array_new();

        for (size_t i = 0; i < n_rows; i++) {
            if (strcmp(rows[i].section, whose) == 0)
                g_ptr_array_add(own, (gpointer) &rows[i]);
        }
        g_hash_table_insert(by_kind, (gpointer) kinds[k].kind, own);
    }
    return by_kind;
}

const GPtrArray *
prose_settings_of(const char *kind)
{
    /* Constant tables, made on first use. */
    static GHashTable *by_kind;

    if (g_once_init_enter(&by_kind))
        g_once_init_leave(&by_kind, settings_by_kind());
    return g_hash_table_lookup(by_kind, kind);
}

const ProseSetting *
prose_setting_find(const char *kind, const char *key)
{
    const GPtrArray *rows = prose_settings_of(kind);

    for (guint i = 0; rows && i < rows->len; i++) {
        const ProseSetting *s = rows->pdata[i];

        if (strcmp(s->key, key) == 0)
            return s;
    }
    return NULL;
}

/* ---- what a row says of its values ---- */

const char *
prose_setting_type_name(ProseSettingType type)
{
    static const char *const names[PROSE_SETTING_N_TYPES] = {
        [PROSE_SETTING_INTEGER] = "whole number", [PROSE_SETTING_QUANTITY] = "number with unit",
        [PROSE_SETTING_SECONDS] = "time in whole seconds", [PROSE_SETTING_PROBABILITY] = "probability",
        [PROSE_SETTING_DISTRIBUTION] = "distribution", [PROSE_SETTING_SPREAD] = "spread over UEs", [PROSE_SETTING_ACTIVITY] = "times of activity",
        [PROSE_SETTING_INSTANTS] = "instants", [PROSE_SETTING_BURSTS] = "share of time and mean length",
        [PROSE_SETTING_YES_NO] = "yes or no", [PROSE_SETTING_CHOICE] = "one of", [PROSE_SETTING_DATETIME] = "instant in UTC",
        [PROSE_SETTING_CHOICES] = "list of", [PROSE_SETTING_POINT] = "point", [PROSE_SETTING_DISC] = "area",
        [PROSE_SETTING_TIME_ERROR] = "distribution or ramp", [PROSE_SETTING_AREA] = "width x height", [PROSE_SETTING_PERIOD] = "discovery period",
        [PROSE_SETTING_BITMAP] = "digits 0 and 1", [PROSE_SETTING_ID24] = "identity of 24 bits",
        [PROSE_SETTING_MASK] = "mask of 184 bits", [PROSE_SETTING_FQDN] = "domain name", [PROSE_SETTING_REFERENCE] = "name",
        [PROSE_SETTING_REFERENCES] = "list of names", [PROSE_SETTING_ALGORITHMS] = "list of algorithms",
        [PROSE_SETTING_PLACEMENT] = "placement", [PROSE_SETTING_MOBILITY] = "mobility model",
        [PROSE_SETTING_PROPAGATION] = "propagation model", [PROSE_SETTING_ACTION] = "action",
        [PROSE_SETTING_PROFILE] = "profile choice", [PROSE_SETTING_WORDS] = "words",
    };

    return names[type];
}

/* The dimension of a row's numbers; a time for seconds, a plain number otherwise. */
static ProseDimension
dimension_of(const ProseSetting *s)
{
    switch ((int) s->type) {
    case PROSE_SETTING_SECONDS:
        return PROSE_DIM_TIME;
    case PROSE_SETTING_QUANTITY:
    case PROSE_SETTING_DISTRIBUTION:
    case PROSE_SETTING_SPREAD:
        return s->dimension;
    default:
        return PROSE_DIM_FRACTION;
    }
}

static char *
numeric_range(const ProseSetting *s)
{
    g_autofree char *low = prose_quantity_print(s->low, dimension_of(s)), *high = NULL;

    if (isinf(s->high))
        return g_strdup_printf("%s %s", s->above_low ? "above" : "at least", low);
    high = prose_quantity_print(s->high, dimension_of(s));
    return s->above_low ? g_strdup_printf("above %s, up to %s", low, high) : g_strdup_printf("%s .. %s", low, high);
}

static bool
takes_chance(const ProseSetting *s)
{
    return s->values && strcmp(s->values, PROSE_SETTING_BY_CHANCE) == 0;
}

char *
prose_setting_range(const ProseSetting *s)
{
    g_autofree char *numbers = s->low != s->high ? numeric_range(s) : NULL;

    switch (s->type) {
    case PROSE_SETTING_CHOICE:
    case PROSE_SETTING_DISC:
    case PROSE_SETTING_PROFILE:
        return g_strdup(s->values);
    case PROSE_SETTING_INTEGER:
    case PROSE_SETTING_QUANTITY:
    case PROSE_SETTING_SECONDS:
        if (s->values)
            return g_strdup_printf("%s, or %s", numbers, s->values);
        break;
    case PROSE_SETTING_SPREAD:
        return g_strdup_printf("a distribution %s, hash 5 min, or by-group 5 min", numbers);
    case PROSE_SETTING_PROBABILITY:
        return g_strdup_printf("%s; p25, p50, p75, p100", numbers);
    case PROSE_SETTING_PERIOD:
        return g_strdup(PERIODS);
    case PROSE_SETTING_REFERENCE:
        return g_strdup_printf("a [%s ...] section%s", s->values, s->fallback ? ", or none" : "");
    case PROSE_SETTING_REFERENCES:
        return g_strdup_printf("[%s ...] sections, all, or none", s->values);
    case PROSE_SETTING_CHOICES:
        return g_strdup_printf("%s%s", s->values, g_strcmp0(s->fallback, "none") == 0 ? ", all, or none" : "");
    case PROSE_SETTING_ALGORITHMS:
        return g_strdup(ALGORITHMS);
    case PROSE_SETTING_PLACEMENT:
        return g_strdup(PLACEMENTS);
    case PROSE_SETTING_MOBILITY:
        return g_strdup(MOBILITIES);
    case PROSE_SETTING_PROPAGATION:
        return g_strdup(PROPAGATIONS);
    case PROSE_SETTING_POINT:
        return g_strdup("100 m 200 m");
    case PROSE_SETTING_TIME_ERROR:
        return g_strdup("ramp 0 s .. 90 s over 10 min; " ERROR_PRESETS);
    case PROSE_SETTING_DISTRIBUTION:
        if (s->dimension == PROSE_DIM_DRIFT)
            return g_strdup_printf("%s; " DRIFT_PRESETS, numbers);
        break;
    case PROSE_SETTING_ACTIVITY:
        return g_strdup(!s->values ? "" : takes_chance(s) ? "also every DIST for DIST, drawn for each UE" : "also around-rollover 60 s");
    case PROSE_SETTING_INSTANTS:
        return g_strdup("none, 10 min, daily 08:00, or every DIST, drawn for each UE");
    case PROSE_SETTING_BURSTS:
        return g_strdup("none, or 1 % for 200 ms");
    case PROSE_SETTING_DATETIME:
        return g_strdup("years 1970 to 2200");
    case PROSE_SETTING_ID24:
        return g_strdup("0 .. 0xffffff");
    case PROSE_SETTING_YES_NO:
    case PROSE_SETTING_AREA:
    case PROSE_SETTING_BITMAP:
    case PROSE_SETTING_MASK:
    case PROSE_SETTING_FQDN:
    case PROSE_SETTING_ACTION:
    case PROSE_SETTING_WORDS:
    case PROSE_SETTING_N_TYPES:
        break;
    }
    return numbers ? g_steal_pointer(&numbers) : g_strdup("");
}
