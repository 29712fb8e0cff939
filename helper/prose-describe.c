/* SPDX-License-Identifier: GPL-2.0-only */
/* `prose-sim describe`: every promised name, from the tables that the program itself goes by. */
#include "prose-event.h"
#include "prose-ini.h"
#include "prose-results.h"
#include "prose-settings-internal.h"
#include "prose-summary.h"

#include <string.h>

typedef enum Topic { TOPIC_SETTINGS, TOPIC_PROFILE, TOPIC_ACTIONS, TOPIC_EVENTS, TOPIC_OUTCOMES, TOPIC_REFUSALS,
                     TOPIC_METRICS, TOPIC_SERIES, TOPIC_TABLES, TOPIC_PRESETS, N_TOPICS } Topic;

static const struct { const char *word, *title; } topics[N_TOPICS] = {
    [TOPIC_SETTINGS] = { "settings", "Settings of a scenario" },
    [TOPIC_PROFILE] = { "profile", "Profile choices: what the standard's readable text left open" },
    [TOPIC_ACTIONS] = { "actions", "Actions of an [event ...]: what `do` takes" },
    [TOPIC_EVENTS] = { "events", "Events of a trace" },
    [TOPIC_OUTCOMES] = { "outcomes", "Outcomes of a candidate on PC5, the first that applies (rules P2)" },
    [TOPIC_REFUSALS] = { "refusals", "What becomes of a slot on PC5, the first that applies (rules P2)" },
    [TOPIC_METRICS] = { "metrics", "Metrics of summary.json" },
    [TOPIC_SERIES] = { "series", "Time series: what [output] series takes" },
    [TOPIC_TABLES] = { "tables", "Tables and views of results.sqlite" },
    [TOPIC_PRESETS] = { "presets", "Presets: names that stand for values" },
};

/* One described name. */
typedef struct Entry {
    Topic topic;
    const char *group;             /* (nullable): a word that means all of them: the section, the group of events */
    const char *name;
    char *text;                    /* (owned): its lines, each with its newline */
    char *values;                  /* (owned, nullable): the values it takes, where those are words */
} Entry;

static void
entry_free(gpointer data)
{
    Entry *e = data;

    g_free(e->text);
    g_free(e->values);
    g_free(e);
}

static void entry_add(GPtrArray *entries, Topic topic, const char *group, const char *name, const char *format,
                      ...) G_GNUC_PRINTF(5, 6);

static void
entry_add(GPtrArray *entries, Topic topic, const char *group, const char *name, const char *format, ...)
{
    Entry *e = g_new0(Entry, 1);
    va_list args;

    e->topic = topic;
    e->group = group;
    e->name = name;
    va_start(args, format);
    e->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(entries, e);
}

#define PLANNED "planned for a later version, not understood yet"
/* ", what text", or nothing without a text. */
#define AND(what, text) ((text) && *(text) ? *(what) ? ", " what " " : ", " : ""), ((text) ? (text) : "")

/* Whether the range of the type is a list of words that a scenario may hold as they are. */
static bool
takes_words(ProseSettingType type)
{
    return type == PROSE_SETTING_CHOICE || type == PROSE_SETTING_CHOICES || type == PROSE_SETTING_PROBABILITY || type == PROSE_SETTING_PERIOD
           || type == PROSE_SETTING_ALGORITHMS || type == PROSE_SETTING_PLACEMENT || type == PROSE_SETTING_MOBILITY
           || type == PROSE_SETTING_PROPAGATION;
}

static void
add_setting(GPtrArray *entries, const ProseSetting *s)
{
    g_autofree char *range = prose_setting_range(s);
    const char *unit = "";
    const char *fallback = s->fallback, *planned = s->planned ? PLANNED : NULL;
    g_autofree char *with = s->with_value ? g_strdup_printf("%s = %s", s->with, s->with_value) : g_strdup(s->with);

    if (s->type == PROSE_SETTING_SECONDS)
        unit = "s";
    else if (s->type == PROSE_SETTING_QUANTITY || s->type == PROSE_SETTING_DISTRIBUTION)
        unit = prose_unit(s->dimension);
    else if (s->type == PROSE_SETTING_ACTIVITY || s->type == PROSE_SETTING_INSTANTS || s->type == PROSE_SETTING_TIME_ERROR)
        unit = "s";
    else if (s->type == PROSE_SETTING_AREA || s->type == PROSE_SETTING_PLACEMENT || s->type == PROSE_SETTING_POINT
             || s->type == PROSE_SETTING_DISC)
        unit = "m";
    else if (s->type == PROSE_SETTING_MOBILITY)
        unit = "m/s";
    if (s->planned)
        fallback = NULL;
    else if (!fallback)
        fallback = s->unless ? "one of the two has to be given" : s->with ? "has to be given with the other" : "has to be given";
    else if (!*fallback)
        fallback = "not used";
    entry_add(entries, TOPIC_SETTINGS, s->section, s->key, "[%s] %s\n    %s%s%s%s%s%s%s%s%s%s%s%s%s%s%s\n    %s\n",
              s->section, s->key,
              prose_setting_type_name(s->type), AND("unit", unit), AND("", planned),
              AND("default", fallback), AND("range", range),
              AND("instead of", s->unless), AND("together with", with), AND("clause", s->clause), s->sentence);
    if (takes_words(s->type))
        ((Entry *) entries->pdata[entries->len - 1])->values = g_steal_pointer(&range);
}

static void
add_sections(GPtrArray *entries)
{
    size_t n_kinds;
    const ProseSectionKind *kinds = prose_section_kinds(&n_kinds);

    for (size_t k = 0; k < n_kinds; k++) {
        const GPtrArray *settings = prose_settings_of(kinds[k].kind);
        const char *name = kinds[k].naming == PROSE_SECTION_NAMED ? " NAME" : kinds[k].naming == PROSE_SECTION_SELECTION ? " UES" : "";

        entry_add(entries, TOPIC_SETTINGS, kinds[k].kind, kinds[k].kind, "[%s%s]\n    section%s%s\n    %s\n", kinds[k].kind, name,
                  kinds[k].planned ? ", " PLANNED : "",
                  kinds[k].keys_of ? ", with the keys of the group but for count" : "", kinds[k].sentence);
        for (guint i = 0; i < settings->len && !kinds[k].keys_of && strcmp(kinds[k].kind, "profile") != 0; i++)
            add_setting(entries, settings->pdata[i]);
    }
}

static void
add_profile(GPtrArray *entries)
{
    const ProseProfileChoice *c;

    for (size_t i = 0; (c = prose_profile_choice(i)); i++)
        entry_add(entries, TOPIC_PROFILE, NULL, c->name,
                  "[profile] %s\n    profile choice, default %s, range %s%s%s, mark %s\n    %s\n",
                  c->name, c->value, c->values, AND("clause", c->clause), c->mark, c->sentence);
}

/* Of a list "name (meaning), ..." of values that keys of the type @where take by name. */
static void
add_presets_of(GPtrArray *entries, const char *where, const char *list)
{
    g_auto(GStrv) items = g_strsplit(list, "), ", -1);

    for (char **item = items; *item; item++) {
        g_auto(GStrv) parts = g_strsplit(*item, " (", 2);
        char *meaning = g_strchomp(parts[1]);

        if (g_str_has_suffix(meaning, ")"))
            meaning[strlen(meaning) - 1] = '\0';
        entry_add(entries, TOPIC_PRESETS, NULL, g_intern_string(parts[0]), "%s\n    preset of %s\n    %s\n", parts[0], where, meaning);
    }
}

static void
add_presets(GPtrArray *entries)
{
    size_t n;
    const ProsePolicyPreset *policies = prose_policy_presets(&n);

    for (size_t i = 0; i < n; i++) {
        g_autoptr(GString) values = g_string_new(NULL);

        for (size_t k = 0; k < G_N_ELEMENTS(policies[i].values) && policies[i].values[k].key; k++)
            g_string_append_printf(values, "%s%s = %s", k ? ", " : "", policies[i].values[k].key, policies[i].values[k].text);
        entry_add(entries, TOPIC_PRESETS, NULL, policies[i].name, "%s\n    preset of [discovery] policy, %s\n    %s\n", policies[i].name,
                  values->str, policies[i].sentence);
    }
    add_presets_of(entries, "drifts", DRIFT_PRESETS);
    add_presets_of(entries, "[time-source] error", ERROR_PRESETS);
}

static void
add_rest(GPtrArray *entries)
{
    size_t n;
    const ProseActionRow *actions = prose_actions(&n);
    const ProseMetric *metrics, *series;
    const ProseResultsTable *tables;

    for (size_t i = 0; i < n; i++)
        entry_add(entries, TOPIC_ACTIONS, NULL, actions[i].verb, "%s %s\n    action%s%s%s\n    %s\n", actions[i].verb,
                  actions[i].arguments,
                  actions[i].planned ? ", " PLANNED : "", AND("clause", actions[i].clause), actions[i].sentence);
    for (ProseEventType t = 0; t < PROSE_EVENT_N_TYPES; t++) {
        const ProseEventDescription *d = prose_event_describe(t);

        entry_add(entries, TOPIC_EVENTS, d->group, d->name, "%s\n    event of group %s%s%s%s%s\n    %s\n", d->name, d->group,
                  AND("value", d->value), AND("clause", d->clause), d->sentence);
    }
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        entry_add(entries, TOPIC_OUTCOMES, NULL, prose_pc5_outcome_name(o), "%s\n    outcome\n    %s\n",
                  prose_pc5_outcome_name(o),
                  prose_pc5_outcome_sentence(o));
    for (ProseSlotRefusal r = 0; r < PROSE_SLOT_N_REFUSALS; r++)
        entry_add(entries, TOPIC_REFUSALS, NULL, prose_slot_refusal_name(r), "%s\n    slot\n    %s\n", prose_slot_refusal_name(r),
                  prose_slot_refusal_sentence(r));
    metrics = prose_summary_facts(&n);
    for (size_t i = 0; i < n; i++)
        entry_add(entries, TOPIC_METRICS, NULL, metrics[i].name, "%s\n    what was run%s%s\n    %s\n", metrics[i].name,
                  AND("unit", metrics[i].unit), metrics[i].sentence);
    metrics = prose_metrics(&n);
    for (size_t i = 0; i < n; i++)
        entry_add(entries, TOPIC_METRICS, NULL, metrics[i].name, "%s\n    metric%s%s\n    %s\n", metrics[i].name,
                  AND("unit", metrics[i].unit), metrics[i].sentence);
    series = prose_series(&n);
    for (size_t i = 0; i < n; i++)
        entry_add(entries, TOPIC_SERIES, NULL, series[i].name, "%s\n    time series%s%s\n    %s\n", series[i].name,
                  AND("unit", series[i].unit), series[i].sentence);
    tables = prose_results_tables(&n);
    for (size_t i = 0; i < n; i++)
        entry_add(entries, TOPIC_TABLES, NULL, tables[i].name, "%s\n    %s\n    %s\n", tables[i].name, tables[i].is_view ? "view" : "table",
                  tables[i].sentence);
}

/* Whether the metric @name is, or begins with, @word; a last "*" stands for one name. */
static bool
name_covers(const char *name, const char *word)
{
    size_t n = strlen(name), n_word = strlen(word);

    if (n > 2 && strcmp(name + n - 2, ".*") == 0 && strncmp(word, name, n - 1) == 0)
        return word[n - 1] != '\0' && !strchr(word + n - 1, '.');
    return strncmp(name, word, n_word) == 0 && (name[n_word] == '\0' || name[n_word] == '.');
}

/* Whether @word is the distribution @name with one of its numbers: "keys.blackout.mean". */
static bool
is_number_of(const char *name, const char *word)
{
    static const char *const numbers[] = { "count", "censored", "min", "mean", "sd", "p50", "p95", "p99", "max" };
    size_t n_distributions, n = strlen(name);
    const ProseDistributionName *distributions = prose_distributions(&n_distributions);
    bool is_distribution = false;

    for (size_t i = 0; i < n_distributions && !is_distribution; i++)
        is_distribution = strcmp(distributions[i].name, name) == 0;
    if (!is_distribution || strncmp(word, name, n) != 0 || word[n] != '.')
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (strcmp(word + n + 1, numbers[i]) == 0)
            return true;
    }
    return false;
}

/* @word as a path in summary.json or a name in results.sqlite, of the whole run. */
static bool
entry_answers_path(const Entry *e, const char *word)
{
#define LIST "rollover.periods"
    if (e->topic == TOPIC_METRICS)
        return name_covers(e->name, word) || is_number_of(e->name, word) || (strcmp(e->name, LIST) == 0 && g_str_has_prefix(word, LIST "."));
    if (e->topic == TOPIC_OUTCOMES)
        return g_str_has_prefix(word, "pc5.outcome.") && strcmp(word + strlen("pc5.outcome."), e->name) == 0;
    if (e->topic == TOPIC_REFUSALS)
        return g_str_has_prefix(word, "pc5.refused.") && strcmp(word + strlen("pc5.refused."), e->name) == 0;
    return e->topic == TOPIC_SERIES && name_covers(e->name, word);
#undef LIST
}

static bool
any_answers_path(const GPtrArray *entries, const char *word)
{
    for (guint i = 0; i < entries->len; i++) {
        if (entry_answers_path(entries->pdata[i], word))
            return true;
    }
    return false;
}

/*
 * The path for the whole run that counts as @word does for one discovery, UE group, PKMF or pool: "by-discovery.command.pc5.sent" is
 * pc5.sent. Names may hold dots: the shortest one that leaves something known. Returns: (transfer full): @word itself if it is of no one.
 */
static char *
path_of_whole(const GPtrArray *entries, const char *word)
{
    static const struct { const char *part, *whole; } parts[] = {
        { "by-discovery.", "" }, { "by-ue-group.", "" }, { "pkmf.by-pkmf.", "pkmf." }, { "pool.by-pool.", "pool." },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (!g_str_has_prefix(word, parts[i].part))
            continue;
        for (const char *dot = strchr(word + strlen(parts[i].part), '.'); dot; dot = strchr(dot + 1, '.')) {
            g_autofree char *path = g_strconcat(parts[i].whole, dot + 1, NULL);

            if (dot[1] != '\0' && any_answers_path(entries, path))
                return g_steal_pointer(&path);
        }
    }
    return g_strdup(word);
}

static bool
entry_takes(const Entry *e, const char *word)
{
    g_auto(GStrv) values = NULL;

    if (!e->values || !g_ascii_isalpha(*word))
        return false;
    values = g_strsplit_set(e->values, " ,;|()", -1);
    return g_strv_contains((const char *const *) values, word);
}

/* "pool", "period", "pool.period", "[pool] period", "events", "pc5" … */
static bool
entry_is(const Entry *e, const char *word)
{
    g_autofree char *dotted = e->group ? g_strdup_printf("%s.%s", e->group, e->name) : NULL;
    g_autofree char *bracketed = e->group ? g_strdup_printf("[%s] %s", e->group, e->name) : NULL;
    g_autofree char *section = e->group ? g_strdup_printf("[%s]", e->group) : NULL;

    return strcmp(word, e->name) == 0 || strcmp(word, topics[e->topic].word) == 0 || g_strcmp0(word, e->group) == 0
           || g_strcmp0(word, dotted) == 0 || g_strcmp0(word, bracketed) == 0 || g_strcmp0(word, section) == 0;
}

static char *
nearest_of(const GPtrArray *entries, const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (Topic t = 0; t < N_TOPICS; t++)
        g_ptr_array_add(names, (gpointer) topics[t].word);
    for (guint i = 0; i < entries->len; i++) {
        const Entry *e = entries->pdata[i];

        g_ptr_array_add(names, (gpointer) e->name);
        if (e->group)
            g_ptr_array_add(names, (gpointer) e->group);
    }
    return g_strdup(prose_nearest(word, (const char *const *) names->pdata, names->len));
}

char *
prose_describe(const char *word, char **ret_nearest)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *path = NULL;
    Topic last = N_TOPICS;

    add_sections(entries);
    add_profile(entries);
    add_rest(entries);
    add_presets(entries);
    path = word ? path_of_whole(entries, word) : NULL;
    /* Names and paths; only if there are none, values. */
    for (unsigned pass = 0; pass < 2 && text->len == 0; pass++) {
        for (guint i = 0; i < entries->len; i++) {
            const Entry *e = entries->pdata[i];

            if (word && !(pass == 0 ? entry_is(e, word) || entry_answers_path(e, path) : entry_takes(e, word)))
                continue;
            if (e->topic != last)
                g_string_append_printf(text, "%s%s\n\n", text->len ? "\n" : "", topics[e->topic].title);
            g_string_append(text, e->text);
            last = e->topic;
        }
    }
    if (text->len > 0)
        return g_strdup(text->str);
    *ret_nearest = nearest_of(entries, word);
    return NULL;
}
