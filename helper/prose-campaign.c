/* SPDX-License-Identifier: GPL-2.0-only */
/* A campaign file becomes points; prose-campaign-sweep.c reads values, names and conditions. */
#include "prose-campaign-internal.h"

#include "prose-settings.h"
#include "prose-summary.h"

#include <math.h>
#include <string.h>

static const struct { const char *word; ProseKeep keep; } keeps[] = {
    { "metrics", PROSE_KEEP_METRICS }, { "histograms", PROSE_KEEP_HISTOGRAMS }, { "samples", PROSE_KEEP_SAMPLES },
    { "series", PROSE_KEEP_SERIES }, { "ues", PROSE_KEEP_UES }, { "rollovers", PROSE_KEEP_ROLLOVERS },
    { "pool-periods", PROSE_KEEP_POOL_PERIODS },
};

/* ---- life ---- */

static void
factor_free(gpointer data)
{
    ProseCampaignFactor *factor = data;

    g_free(factor->name);
    g_clear_pointer(&factor->values, g_ptr_array_unref);
    g_free(factor);
}

static void
set_free(gpointer data)
{
    ProseCampaignSet *set = data;

    g_free(set->key);
    g_free(set->value);
    g_free(set);
}

ProseCampaign *
prose_campaign_free(ProseCampaign *campaign)
{
    if (!campaign)
        return NULL;
    g_free(campaign->path);
    g_free(campaign->name);
    g_free(campaign->text);
    g_free(campaign->scenario);
    g_free(campaign->stop_metric);
    g_clear_pointer(&campaign->runs, g_array_unref);
    g_ptr_array_unref(campaign->factors);
    g_ptr_array_unref(campaign->sets);
    g_ptr_array_unref(campaign->requires);
    g_ptr_array_unref(campaign->points);
    g_ptr_array_unref(campaign->warnings);
    g_free(campaign);
    return NULL;
}

/* ---- [campaign] ---- */

typedef struct Reader {
    ProseCampaign *campaign;
    ProseMistakes *mistakes;
    const ProseIniSection *section;
    unsigned runs_line, max_line, stop_line, zip_line;
    guint64 max_runs;
    char *zip;                     /* (owned) (nullable) */
} Reader;

static void reader_wrong(Reader *r, unsigned line, const char *key, const char *value, const char *format, ...) G_GNUC_PRINTF(5, 6);

static void
reader_wrong(Reader *r, unsigned line, const char *key, const char *value, const char *format, ...)
{
    g_autofree char *wrong = NULL;
    va_list args;

    va_start(args, format);
    wrong = g_strdup_vprintf(format, args);
    va_end(args);
    prose_mistakes_add(r->mistakes, prose_origin_file(line), "[%s] %s%s%s: %s", r->section ? r->section->kind : "campaign", key,
                       value ? " = " : "", value ? value : "", wrong);
}

/* A path of summary.json, or a distribution's path with one of its members. */
static bool
is_metric(const char *name, const char **ret_nearest)
{
    static const char *const members[] = { "count", "censored", "min", "mean", "sd", "p50", "p95", "p99", "max" };
    size_t n;
    const ProseMetric *metrics = prose_metrics(&n);
    g_autofree const char **names = g_new(const char *, n);
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; i < n; i++) {
        bool is_distribution = strstr(metrics[i].unit, "distribution");

        names[i] = metrics[i].name;
        if (!is_distribution && g_pattern_match_simple(metrics[i].name, name))
            return true;
        for (gsize m = 0; is_distribution && dot && m < G_N_ELEMENTS(members); m++) {
            if (strcmp(dot + 1, members[m]) == 0 && strncmp(metrics[i].name, name, (gsize) (dot - name)) == 0
                && strlen(metrics[i].name) == (gsize) (dot - name))
                return true;
        }
    }
    *ret_nearest = prose_nearest(name, names, n);
    return false;
}

#define STOP_FORM "half-width METRIC < 5 % at 95 %"

static void
read_stop(Reader *r, const ProseIniEntry *entry)
{
    g_auto(GStrv) words = g_strsplit(entry->value, " ", -1);
    const char *less = strstr(entry->value, " < "), *at = strstr(entry->value, " at "), *nearest = NULL;
    g_autofree char *share = NULL, *level = NULL, *wrong = NULL;
    double level_share;

    r->stop_line = entry->line;
    if (!g_str_has_prefix(entry->value, "half-width ") || !words[1] || g_strcmp0(words[2], "<") != 0 || !less || !at || at < less) {
        reader_wrong(r, entry->line, entry->key, entry->value, "not understood; %s", STOP_FORM);
        return;
    }
    share = g_strstrip(g_strndup(less + strlen(" < "), (gsize) (at - less) - strlen(" < ")));
    level = g_strstrip(g_strdup(at + strlen(" at ")));
    if (!prose_quantity_parse(&r->campaign->stop_share, PROSE_DIM_FRACTION, share, NULL, &wrong) || r->campaign->stop_share <= 0)
        reader_wrong(r, entry->line, entry->key, entry->value, "\"%s\" is no share of the mean above 0; %s", share, STOP_FORM);
    else if (!prose_quantity_parse(&level_share, PROSE_DIM_FRACTION, level, NULL, &wrong) || fabs(level_share - 0.95) > 1e-9)
        reader_wrong(r, entry->line, entry->key, entry->value, "\"%s\" is no level that there is; 95 %%", level);
    else if (!is_metric(words[1], &nearest))
        reader_wrong(r, entry->line, entry->key, entry->value, "\"%s\" is no metric, or a distribution without .mean; the nearest is %s",
                     words[1], nearest);
    r->campaign->stop_metric = g_strdup(words[1]);
}

static void
read_keep(Reader *r, const ProseIniEntry *entry)
{
    g_autoptr(GPtrArray) words = prose_ini_list(entry->value);

    r->campaign->keep = 0;
    for (guint i = 0; i < words->len; i++) {
        const char *names[G_N_ELEMENTS(keeps)];
        bool found = strcmp(words->pdata[i], "all") == 0;

        if (found)
            r->campaign->keep = ~0u;
        for (gsize k = 0; k < G_N_ELEMENTS(keeps); k++) {
            names[k] = keeps[k].word;
            if (strcmp(words->pdata[i], keeps[k].word) == 0) {
                r->campaign->keep |= keeps[k].keep;
                found = true;
            }
        }
        if (!found)
            reader_wrong(r, entry->line, entry->key, entry->value,
                         "\"%s\" is nothing to be kept; all, or a list of metrics, histograms, samples, series, ues, rollovers, pool-periods"
                         " (the nearest is %s)", (const char *) words->pdata[i], prose_nearest(words->pdata[i], names, G_N_ELEMENTS(names)));
    }
}

/* Conditions stand side by side with commas. */
static void
read_require(Reader *r, const ProseIniEntry *entry)
{
    g_autoptr(GPtrArray) items = prose_ini_list(entry->value);

    r->campaign->require_line = entry->line;
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(r->campaign->requires, g_strdup(items->pdata[i]));
}

static void
read_campaign_entry(Reader *r, const ProseIniEntry *entry)
{
    ProseCampaign *c = r->campaign;
    const ProseSetting *setting = prose_setting_find("campaign", entry->key);
    ProseValue value = { 0 };
    char *wrong = NULL;

    if (!setting) {
        const GPtrArray *settings = prose_settings_of("campaign");
        g_autofree const char **names = g_new(const char *, settings->len);

        for (guint i = 0; i < settings->len; i++)
            names[i] = ((const ProseSetting *) settings->pdata[i])->key;
        reader_wrong(r, entry->line, entry->key, NULL, "unknown key; the nearest is %s", prose_nearest(entry->key, names, settings->len));
        return;
    }
    if (strcmp(entry->key, "runs") == 0) {
        g_clear_pointer(&c->runs, g_array_unref);
        c->runs = prose_campaign_runs_parse(entry->value, &wrong);
        r->runs_line = entry->line;
    } else if (strcmp(entry->key, "stop-when") == 0) {
        read_stop(r, entry);
    } else if (strcmp(entry->key, "keep") == 0) {
        read_keep(r, entry);
    } else if (strcmp(entry->key, "require") == 0) {
        read_require(r, entry);
    } else if (strcmp(entry->key, "zip") == 0) {
        r->zip = g_strdup(entry->value);
        r->zip_line = entry->line;
    } else if (!prose_setting_parse(setting, entry->value, NULL, &value, &wrong)) {
        ;
    } else if (strcmp(entry->key, "scenario") == 0) {
        g_autofree char *directory = g_path_get_dirname(c->path), *name = prose_ini_unquote(entry->value);

        c->scenario = g_path_is_absolute(name) || strcmp(directory, ".") == 0 ? g_strdup(name) : g_build_filename(directory, name, NULL);
    } else if (strcmp(entry->key, "seed") == 0) {
        c->seed = (guint) value.integer;
    } else if (strcmp(entry->key, "max-runs") == 0) {
        r->max_runs = value.integer;
        r->max_line = entry->line;
    } else if (strcmp(entry->key, "timeout") == 0) {
        c->timeout_s = value.number[0];
    }
    if (wrong)
        reader_wrong(r, entry->line, entry->key, entry->value, "%s", wrong);
    g_free(wrong);
    prose_value_clear(&value);
}

/* With a stop rule there may be as many runs as max-runs says, numbered on from the last. */
static void
settle_runs(Reader *r)
{
    ProseCampaign *c = r->campaign;
    gint64 run = 1;

    if (!c->runs) {
        if (r->runs_line)
            return;
        c->runs = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_array_append_val(c->runs, run);
    }
    c->first_runs = c->runs->len;
    if (!r->stop_line && r->max_line)
        reader_wrong(r, r->max_line, "max-runs", NULL, "means nothing without stop-when; the two together");
    if (!r->stop_line)
        return;
    if (!(c->keep & PROSE_KEEP_METRICS))
        reader_wrong(r, r->stop_line, "stop-when", NULL, "looks at what keep leaves out; metrics among keep");
    if (!r->max_line) {
        reader_wrong(r, r->stop_line, "stop-when", NULL, "has no end without max-runs; the two together");
        return;
    }
    if (r->max_runs < c->first_runs) {
        reader_wrong(r, r->max_line, "max-runs", NULL, "fewer than the %u of runs; at least as many", c->first_runs);
        return;
    }
    c->first_runs = (guint) MIN((c->first_runs + PROSE_CAMPAIGN_BATCH - 1) / PROSE_CAMPAIGN_BATCH * PROSE_CAMPAIGN_BATCH, r->max_runs);
    for (run = g_array_index(c->runs, gint64, c->runs->len - 1); c->runs->len < r->max_runs;) {
        run++;
        g_array_append_val(c->runs, run);
    }
}

/* ---- [sweep], [set] ---- */

static void
read_sweep_entry(Reader *r, const ProseIniEntry *entry)
{
    ProseCampaignFactor *factor;
    g_autofree char *wrong = NULL;
    GPtrArray *values = prose_campaign_values_parse(entry->value, &wrong);

    if (!values) {
        reader_wrong(r, entry->line, entry->key, entry->value, "%s", wrong);
        values = prose_campaign_values_parse("?", &wrong);
    }
    factor = g_new0(ProseCampaignFactor, 1);
    factor->name = g_strdup(entry->key);
    factor->line = entry->line;
    factor->values = values;
    factor->zipped = -1;
    factor->is_used = strchr(entry->key, '.');
    g_ptr_array_add(r->campaign->factors, factor);
}

static void
read_set_entry(Reader *r, const ProseIniEntry *entry)
{
    ProseCampaignSet *set;

    if (!strchr(entry->key, '.')) {
        reader_wrong(r, entry->line, entry->key, NULL, "names no setting; SECTION.KEY = VALUE");
        return;
    }
    set = g_new0(ProseCampaignSet, 1);
    set->key = g_strdup(entry->key);
    set->value = g_strdup(entry->value);
    set->line = entry->line;
    g_ptr_array_add(r->campaign->sets, set);
}

static ProseCampaignFactor *
factor_named(const ProseCampaign *c, const char *name, const char **ret_nearest)
{
    g_autofree const char **names = g_new(const char *, c->factors->len);

    for (guint i = 0; i < c->factors->len; i++) {
        ProseCampaignFactor *factor = c->factors->pdata[i];

        if (strcmp(factor->name, name) == 0)
            return factor;
        names[i] = factor->name;
    }
    *ret_nearest = prose_nearest(name, names, c->factors->len);
    return NULL;
}

static void
settle_zip(Reader *r)
{
    g_autoptr(GPtrArray) groups = r->zip ? prose_ini_list(r->zip) : g_ptr_array_new();

    for (guint g = 0; g < groups->len; g++) {
        g_auto(GStrv) names = g_strsplit(groups->pdata[g], " ", -1);
        const ProseCampaignFactor *first = NULL;

        for (char **name = names; *name; name++) {
            const char *nearest;
            ProseCampaignFactor *factor;

            if (!**name)
                continue;
            factor = factor_named(r->campaign, *name, &nearest);
            if (!factor) {
                reader_wrong(r, r->zip_line, "zip", r->zip, "\"%s\" is nothing in [sweep]; the nearest is %s", *name, nearest ? nearest : "none");
                continue;
            }
            if (factor->zipped >= 0)
                reader_wrong(r, r->zip_line, "zip", r->zip, "\"%s\" moves with others already; once", *name);
            else if (first && first->values->len != factor->values->len)
                reader_wrong(r, r->zip_line, "zip", r->zip, "%s has %u values and %s has %u; as many", first->name, first->values->len, *name,
                             factor->values->len);
            factor->zipped = (int) g;
            if (!first)
                first = factor;
        }
    }
}

/* Every $name is one of [sweep], and every one of [sweep] is used. */
static void
settle_names(Reader *r)
{
    ProseCampaign *c = r->campaign;
    static const ProseIniSection set_section = { .kind = (char *) "set" }, sweep_section = { .kind = (char *) "sweep" };
    const char *nearest = NULL;

    r->section = &set_section;
    for (guint i = 0; i < c->sets->len; i++) {
        const ProseCampaignSet *set = c->sets->pdata[i];
        g_autofree char *in_key = prose_campaign_use(c, set->key), *in_value = prose_campaign_use(c, set->value);
        const char *unknown = in_key ? in_key : in_value;

        if (unknown && !factor_named(c, unknown, &nearest))
            reader_wrong(r, set->line, set->key, set->value, "$%s is nothing in [sweep]%s%s", unknown, nearest ? "; the nearest is " : "",
                         nearest ? nearest : "");
    }
    r->section = &sweep_section;
    for (guint i = 0; i < c->factors->len; i++) {
        const ProseCampaignFactor *factor = c->factors->pdata[i];

        if (!factor->is_used)
            reader_wrong(r, factor->line, factor->name, NULL, "changes nothing; use it as $%s in [set]", factor->name);
    }
    r->section = NULL;
    for (guint i = 0; i < c->requires->len; i++) {
        g_autofree char *unknown = prose_campaign_use(c, c->requires->pdata[i]);

        if (unknown && !factor_named(c, unknown, &nearest))
            reader_wrong(r, c->require_line, "require", c->requires->pdata[i], "$%s is nothing in [sweep]%s%s", unknown,
                         nearest ? "; the nearest is " : "", nearest ? nearest : "");
    }
}

static void
read_sections(Reader *r, const ProseIniFile *ini)
{
    static const char *const kinds[] = { "campaign", "sweep", "set" };
    static void (*const readers[])(Reader *, const ProseIniEntry *) = { read_campaign_entry, read_sweep_entry, read_set_entry };

    for (guint i = 0; i < ini->sections->len; i++) {
        const ProseIniSection *section = ini->sections->pdata[i];
        g_autofree char *header = prose_ini_header(section->kind, section->name);
        gsize k;

        for (k = 0; k < G_N_ELEMENTS(kinds) && strcmp(section->kind, kinds[k]) != 0; k++)
            ;
        if (k == G_N_ELEMENTS(kinds)) {
            prose_mistakes_add(r->mistakes, prose_origin_file(section->line), "[%s]: no section of a campaign; the nearest is [%s]", header,
                               prose_nearest(section->kind, kinds, G_N_ELEMENTS(kinds)));
            continue;
        }
        if (section->name)
            prose_mistakes_add(r->mistakes, prose_origin_file(section->line), "[%s]: takes no name; [%s]", header, section->kind);
        r->section = section;
        for (guint e = 0; e < section->entries->len; e++)
            readers[k](r, section->entries->pdata[e]);
        r->section = NULL;
    }
    if (!r->campaign->scenario)
        prose_mistakes_add(r->mistakes, prose_origin_file(0), "[campaign] scenario: missing; the scenario's file");
    settle_runs(r);
    settle_zip(r);
    settle_names(r);
}

/* ---- the whole file ---- */

ProseCampaign *
prose_campaign_new_from_file(const char *path, GError **error)
{
    g_autoptr(ProseCampaign) c = g_new0(ProseCampaign, 1);
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new(path);
    g_autoptr(ProseIniFile) ini = NULL;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GString) said = g_string_new(NULL);
    Reader reader = { .campaign = c, .mistakes = mistakes };
    gsize len;

    c->path = g_strdup(path);
    c->name = g_path_get_basename(path);
    if (g_str_has_suffix(c->name, ".ini"))
        c->name[strlen(c->name) - strlen(".ini")] = '\0';
    c->seed = 1;
    c->keep = PROSE_KEEP_METRICS | PROSE_KEEP_ROLLOVERS | PROSE_KEEP_SERIES;
    c->factors = g_ptr_array_new_with_free_func(factor_free);
    c->sets = g_ptr_array_new_with_free_func(set_free);
    c->requires = g_ptr_array_new_with_free_func(g_free);
    c->points = g_ptr_array_new_with_free_func(campaign_point_free);
    c->warnings = g_ptr_array_new_with_free_func(g_free);
    if (!g_file_get_contents(path, &c->text, &len, &cause)) {
        g_set_error(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_FILE, "%s", cause->message);
        return NULL;
    }
    ini = prose_ini_parse_campaign(c->text, len, mistakes);
    read_sections(&reader, ini);
    g_free(reader.zip);
    if (prose_mistakes_count(mistakes) == 0)
        campaign_make_points(c, mistakes, said);
    if (prose_mistakes_count(mistakes) > 0 || said->len > 0) {
        g_autofree char *own = prose_mistakes_print(mistakes);

        g_set_error(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_MISTAKES, "%s%s%s", own, *own && said->len ? "\n" : "", said->str);
        return NULL;
    }
    return g_steal_pointer(&c);
}

bool
prose_campaign_is_file(const char *path)
{
    g_autofree char *text = NULL;
    g_autoptr(ProseMistakes) mistakes = prose_mistakes_new(path);
    g_autoptr(ProseIniFile) ini = NULL;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, NULL))
        return false;
    ini = prose_ini_parse_campaign(text, len, mistakes);
    for (guint i = 0; i < ini->sections->len; i++) {
        if (strcmp(((const ProseIniSection *) ini->sections->pdata[i])->kind, "campaign") == 0)
            return true;
    }
    return false;
}
