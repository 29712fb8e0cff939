/* SPDX-License-Identifier: GPL-2.0-only */
/* Resolved settings as text: settings.ini, and what `check` says. */
#include "prose-scenario-internal.h"

#include <string.h>

/* As it was given; but a file by its whole path, since settings.ini stands elsewhere than the scenario. (transfer full) */
static char *
printed(const ProseScenario *s, const ProseResolvedValue *v)
{
    bool is_file = v->is_read && ((v->setting->type == PROSE_SETTING_PLACEMENT && v->value.choice == PROSE_PLACEMENT_FILE)
                                  || (v->setting->type == PROSE_SETTING_MOBILITY && v->value.choice == PROSE_MOBILITY_NS2));
    g_autofree char *path = NULL, *whole = NULL, *text = NULL;
    const char *given;

    if (!is_file)
        return g_strdup(v->text);
    path = prose_scenario_path(s, v->value.words->pdata[0]);
    whole = g_canonicalize_filename(path, NULL);
    given = strstr(v->value.text, v->value.words->pdata[0]);
    text = g_strdup_printf("%.*s%s%s", (int) (given - v->value.text), v->value.text, whole, given + strlen(v->value.words->pdata[0]));
    return strpbrk(text, ",#;") ? g_strdup_printf("\"%s\"", text) : g_steal_pointer(&text);
}

char *
prose_scenario_print(const ProseScenario *s)
{
    GString *text = g_string_new("# Every setting of one run, defaults too; `prose-sim run` takes it as it is.\n");

    for (guint i = 0; i < s->resolved->sections->len; i++) {
        const ProseResolvedSection *section = s->resolved->sections->pdata[i];

        g_string_append_printf(text, "\n[%s]\n", section->header);
        for (guint k = 0; k < section->n_values; k++) {
            const ProseResolvedValue *v = &section->values[k];

            g_autofree char *value = v->text ? printed(s, v) : NULL;

            if (value)
                g_string_append_printf(text, "%s = %s\n", v->setting->key, value);
        }
    }
    return g_string_free(text, FALSE);
}

/* The value in its base unit; the unit alone where there is no single value. (transfer full) */
static char *
in_unit(const ProseResolvedValue *v)
{
    const ProseSetting *setting = v->setting;
    const char *unit = prose_unit(setting->dimension);

    if (setting->type == PROSE_SETTING_QUANTITY || setting->type == PROSE_SETTING_SECONDS) {
        if (v->value.is_word)
            return g_strdup("");
        return g_strdup_printf("%.15g%s%s", v->value.number[0], *unit ? " " : "", unit);
    }
    if (setting->type == PROSE_SETTING_PERIOD)
        return g_strdup_printf("%.15g s", (double) v->value.integer / 1000);
    if (setting->type == PROSE_SETTING_DISTRIBUTION || setting->type == PROSE_SETTING_SPREAD)
        return g_strdup(unit);
    return g_strdup("");
}

static char *
given_by(const ProseScenario *s, const ProseResolvedValue *v)
{
    switch (v->origin.source) {
    case PROSE_SOURCE_FILE:
        return g_strdup_printf("%s:%u", s->path, v->origin.line);
    case PROSE_SOURCE_OPTION:
        return g_strdup_printf("-s %s", v->origin.option);
    case PROSE_SOURCE_DEFAULT:
        break;
    }
    return g_strdup("default");
}

char *
prose_scenario_explain(const ProseScenario *s)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < s->resolved->sections->len; i++) {
        const ProseResolvedSection *section = s->resolved->sections->pdata[i];

        g_string_append_printf(text, "%s[%s]\n", i ? "\n" : "", section->header);
        for (guint k = 0; k < section->n_values; k++) {
            const ProseResolvedValue *v = &section->values[k];
            g_autofree char *unit = NULL, *source = NULL, *line = NULL;

            if (!v->text)
                continue;
            unit = in_unit(v);
            source = given_by(s, v);
            line = g_strdup_printf("  %s = %s", v->setting->key, v->text);
            g_string_append_printf(text, "%-54s  %-16s  %s\n", line, unit, source);
        }
    }
    g_string_append_printf(text, "\nUEs %u, groups %u, discoveries and group keys %u, PKMFs %u, events %u; %.15g s\n",
                           s->ues->len,
                           s->group_names->len, s->discoveries->len, s->pkmfs->len, s->events->len, s->duration_s);
    for (guint i = 0; i < s->warnings->len; i++)
        g_string_append_printf(text, "warning: %s\n", (const char *) s->warnings->pdata[i]);
    return g_string_free(text, FALSE);
}
