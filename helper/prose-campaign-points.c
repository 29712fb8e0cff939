/* SPDX-License-Identifier: GPL-2.0-only */
/* The points of a campaign: every combination, and each looked at as the scenario it becomes. */
#include "prose-campaign-internal.h"

#include "prose-results.h"

#include <string.h>

#define MAX_POINTS 100000
#define MAX_MISTAKES 20

void
campaign_point_free(gpointer data)
{
    ProseCampaignPoint *point = data;

    g_free(point->values);
    g_free(point->label);
    g_ptr_array_unref(point->overrides);
    g_free(point->invalid);
    g_free(point->hash);
    g_free(point);
}

/* How often a factor moves on: those zipped together are one wheel, where the first of them stands. */
static bool
is_wheel(const ProseCampaign *c, guint i)
{
    const ProseCampaignFactor *factor = c->factors->pdata[i];

    for (guint k = 0; k < i && factor->zipped >= 0; k++) {
        if (((const ProseCampaignFactor *) c->factors->pdata[k])->zipped == factor->zipped)
            return false;
    }
    return true;
}

static void
set_values(const ProseCampaign *c, ProseCampaignPoint *point, guint64 number)
{
    g_autofree guint *at = g_new0(guint, c->factors->len + 1);

    point->values = g_new0(const ProseCampaignValue *, c->factors->len + 1);
    for (guint i = c->factors->len; i-- > 0;) {
        const ProseCampaignFactor *factor = c->factors->pdata[i];

        if (!is_wheel(c, i))
            continue;
        at[i] = (guint) (number % factor->values->len);
        number /= factor->values->len;
    }
    for (guint i = 0; i < c->factors->len; i++) {
        const ProseCampaignFactor *factor = c->factors->pdata[i];

        for (guint k = 0; k < i && !is_wheel(c, i); k++) {
            if (((const ProseCampaignFactor *) c->factors->pdata[k])->zipped == factor->zipped) {
                at[i] = at[k];
                break;
            }
        }
        point->values[i] = factor->values->pdata[at[i]];
    }
}

static ProseCampaignPoint *
point_new(const ProseCampaign *c, guint64 number)
{
    ProseCampaignPoint *point = g_new0(ProseCampaignPoint, 1);
    g_autoptr(GString) label = g_string_new(NULL);
    g_autofree char *base = g_path_get_basename(c->scenario);

    set_values(c, point, number);
    point->overrides = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < c->sets->len; i++) {
        const ProseCampaignSet *set = c->sets->pdata[i];
        char *unknown = NULL;
        g_autofree char *key = prose_campaign_substitute(c, point, set->key, &unknown);
        g_autofree char *value = prose_campaign_substitute(c, point, set->value, &unknown);

        g_ptr_array_add(point->overrides, g_strdup_printf("%s=%s", key, value));
    }
    for (guint i = 0; i < c->factors->len; i++) {
        const ProseCampaignFactor *factor = c->factors->pdata[i];

        g_string_append_printf(label, "%s%s = %s", i ? ", " : "", factor->name, point->values[i]->text);
        if (strchr(factor->name, '.'))
            g_ptr_array_add(point->overrides, g_strdup_printf("%s=%s", factor->name, point->values[i]->text));
    }
    point->label = g_strdup(label->len ? label->str : base);
    return point;
}

/* The overrides as they stand in the campaign file, so that messages lead there. */
static char *
with_places(const ProseCampaign *c, const ProseCampaignPoint *point, const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);

    for (char **line = lines; *line; line++) {
        guint n = 0;

        for (guint i = 0; i < point->overrides->len; i++) {
            g_autofree char *prefix = g_strdup_printf("-s %s: ", (const char *) point->overrides->pdata[i]);
            unsigned number = 0;

            if (!g_str_has_prefix(*line, prefix))
                continue;
            if (i < c->sets->len)
                number = ((const ProseCampaignSet *) c->sets->pdata[i])->line;
            for (guint f = 0; f < c->factors->len && i >= c->sets->len; f++) {
                const ProseCampaignFactor *factor = c->factors->pdata[f];

                if (strchr(factor->name, '.') && c->sets->len + n++ == i)
                    number = factor->line;
            }
            {
                char *placed = g_strdup_printf("%s:%u: %s", c->path, number, *line + strlen(prefix));

                g_free(*line);
                *line = placed;
            }
            break;
        }
    }
    return g_strjoinv("\n", lines);
}

ProseScenario *
prose_campaign_scenario(const ProseCampaign *c, const ProseCampaignPoint *point, gint64 run, GError **error)
{
    g_autofree char *seed = g_strdup_printf("simulation.seed=%u", c->seed);
    g_autofree char *number = g_strdup_printf("simulation.run=%" G_GINT64_FORMAT, run);
    g_autofree ProseOverride *overrides = g_new0(ProseOverride, point->overrides->len + 2);
    g_autofree char *placed = NULL;
    g_autoptr(GError) cause = NULL;
    ProseScenario *scenario;
    guint n = 0;

    for (; n < point->overrides->len; n++)
        overrides[n].text = point->overrides->pdata[n];
    overrides[n++].text = seed;
    overrides[n++].text = number;
    scenario = prose_scenario_new_from_file(c->scenario, overrides, n, &cause);
    if (scenario)
        return scenario;
    placed = with_places(c, point, cause->message);
    g_set_error_literal(error, cause->domain, cause->code, placed);
    return NULL;
}

/* ---- checking them ---- */

typedef struct Check {
    ProseCampaign *campaign;
    ProseMistakes *mistakes;
    GHashTable *seen;              /* set of owned char*: what was said already */
    GString *said;                 /* of scenarios: lines */
    guint n_said;
} Check;

static void
check_require(Check *check, ProseCampaignPoint *point)
{
    ProseCampaign *c = check->campaign;

    for (guint i = 0; i < c->requires->len && !point->invalid; i++) {
        bool holds = true;
        g_autofree char *wrong = NULL;

        if (!prose_campaign_require(c, point, c->requires->pdata[i], &holds, &wrong)) {
            if (g_hash_table_add(check->seen, g_strdup(wrong)))
                prose_mistakes_add(check->mistakes, prose_origin_file(c->require_line), "[campaign] require = %s: %s",
                                   (const char *) c->requires->pdata[i], wrong);
        } else if (!holds) {
            point->invalid = g_strdup_printf("require %s", (const char *) c->requires->pdata[i]);
        }
    }
}

static void
check_scenario(Check *check, ProseCampaignPoint *point)
{
    ProseCampaign *c = check->campaign;
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseScenario) scenario = prose_campaign_scenario(c, point, g_array_index(c->runs, gint64, 0), &error);

    if (scenario) {
        point->hash = prose_results_hash(scenario);
        point->cost = scenario->ues->len * scenario->duration_s;
        for (guint i = 0; i < scenario->warnings->len; i++) {
            if (g_hash_table_add(check->seen, g_strdup(scenario->warnings->pdata[i])))
                g_ptr_array_add(c->warnings, g_strdup_printf("%s (%s)", (const char *) scenario->warnings->pdata[i], point->label));
        }
        return;
    }
    {
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

        for (char **line = lines; *line && check->n_said < MAX_MISTAKES; line++) {
            if (!g_hash_table_add(check->seen, g_strdup(*line)))
                continue;
            g_string_append_printf(check->said, "%s%s%s%s%s", check->n_said++ ? "\n" : "", *line, c->factors->len ? " (where " : "",
                                   c->factors->len ? point->label : "", c->factors->len ? ")" : "");
        }
    }
}

static void
hash_invalid(ProseCampaignPoint *point)
{
    g_autoptr(GString) text = g_string_new("not run\n");

    for (guint i = 0; i < point->overrides->len; i++)
        g_string_append_printf(text, "%s\n", (const char *) point->overrides->pdata[i]);
    point->hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize) text->len);
}

void
campaign_make_points(ProseCampaign *c, ProseMistakes *mistakes, GString *said)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Check all = { .campaign = c, .mistakes = mistakes, .seen = seen, .said = said }, *check = &all;
    g_autoptr(GHashTable) hashes = g_hash_table_new(g_str_hash, g_str_equal);
    guint64 n = 1;

    for (guint i = 0; i < c->factors->len && n <= MAX_POINTS; i++) {
        if (is_wheel(c, i))
            n *= ((const ProseCampaignFactor *) c->factors->pdata[i])->values->len;
    }
    if (n > MAX_POINTS) {
        prose_mistakes_add(check->mistakes, prose_origin_file(0), "[sweep]: too many points; at most %d", MAX_POINTS);
        return;
    }
    for (guint64 number = 0; number < n && check->n_said < MAX_MISTAKES; number++) {
        ProseCampaignPoint *point = point_new(c, number), *same;

        g_ptr_array_add(c->points, point);
        check_require(check, point);
        if (point->invalid)
            hash_invalid(point);
        else if (prose_mistakes_count(check->mistakes) == 0)
            check_scenario(check, point);
        if (!point->hash)
            continue;
        same = g_hash_table_lookup(hashes, point->hash);
        if (same)
            prose_mistakes_add(check->mistakes, prose_origin_file(0), "[sweep]: these two are one and the same: %s; and %s", same->label,
                               point->label);
        g_hash_table_insert(hashes, point->hash, point);
    }
}
