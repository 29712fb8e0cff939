/* SPDX-License-Identifier: GPL-2.0-only */
/* results.sqlite of one run. */
#include "prose-results.h"

#include "prose-output.h"
#include "prose-scenario-internal.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---- settings ---- */

/* Seed and run belong to the run, all else to the configuration. */
static bool
is_of_run(const ProseResolvedSection *section, const ProseResolvedValue *v)
{
    return strcmp(section->kind->kind, "simulation") == 0
           && (strcmp(v->setting->key, "seed") == 0 || strcmp(v->setting->key, "run") == 0);
}

char *
prose_results_hash(const ProseScenario *scenario)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < scenario->resolved->sections->len; i++) {
        const ProseResolvedSection *section = scenario->resolved->sections->pdata[i];

        g_string_append_printf(text, "[%s]\n", section->header);
        for (guint k = 0; k < section->n_values; k++) {
            const ProseResolvedValue *v = &section->values[k];

            if (v->text && !is_of_run(section, v))
                g_string_append_printf(text, "%s = %s\n", v->setting->key, v->text);
        }
    }
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize) text->len);
}

/* The value in its base unit; NAN where it is not one number. */
static double
base_value(const ProseResolvedValue *v, const char **ret_unit)
{
    const ProseSetting *setting = v->setting;

    *ret_unit = NULL;
    if (!v->is_read)
        return NAN;
    switch ((int) setting->type) {
    case PROSE_SETTING_QUANTITY:
        *ret_unit = prose_unit(setting->dimension);
        if (setting->values && g_strcmp0(v->value.text, setting->values) == 0)
            return NAN;
        return v->value.number[0];
    case PROSE_SETTING_SECONDS:
        *ret_unit = "s";
        return v->value.number[0];
    case PROSE_SETTING_PROBABILITY:
        *ret_unit = "";
        return v->value.number[0];
    case PROSE_SETTING_PERIOD:
        *ret_unit = "s";
        return (double) v->value.integer / 1000;
    case PROSE_SETTING_DISTRIBUTION:
        *ret_unit = prose_unit(setting->dimension);
        return v->value.distribution.kind == PROSE_DIST_CONSTANT ? v->value.distribution.a : NAN;
    case PROSE_SETTING_INTEGER:
        *ret_unit = "";
        return (double) v->value.integer;
    default:
        return NAN;
    }
}

bool
prose_results_add_settings(ProseDb *db, gint64 config, const ProseScenario *scenario, GError **error)
{
    static const char *const sources[] = { [PROSE_SOURCE_DEFAULT] = "default", [PROSE_SOURCE_FILE] = "file", [PROSE_SOURCE_OPTION] = "option" };

    for (guint i = 0; i < scenario->resolved->sections->len; i++) {
        const ProseResolvedSection *section = scenario->resolved->sections->pdata[i];

        for (guint k = 0; k < section->n_values; k++) {
            const ProseResolvedValue *v = &section->values[k];
            const char *unit;
            double si;

            if (!v->text || is_of_run(section, v))
                continue;
            si = base_value(v, &unit);
            if (!prose_db_run(db, error, "INSERT INTO setting VALUES (?, ?, ?, ?, ?, ?, ?)", "isssdss", config, section->header,
                              v->setting->key, v->text, si, unit, sources[v->origin.source]))
                return false;
        }
    }
    return true;
}

/* ---- what summary.json says ---- */

/* A number of summary.json has its path as name; one below by-discovery, by-ue-group or by-pkmf has the path without these, and
 * "discovery NAME" and so on as entity. */
typedef struct Walk {
    ProseDb *db;
    GError **error;
    bool failed;
} Walk;

static double
number_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : NAN;
}

static bool
is_distribution(JsonObject *object)
{
    return json_object_has_member(object, "censored") && json_object_has_member(object, "p99");
}

static void
add_distribution(Walk *walk, const char *name, const char *entity, JsonObject *d)
{
    walk->failed = !prose_db_run(walk->db, walk->error, "INSERT INTO distribution VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "ssiiddddddd",
                                 name, entity, (gint64) number_of(d, "count"), (gint64) number_of(d, "censored"), number_of(d, "min"),
                                 number_of(d, "mean"), number_of(d, "sd"), number_of(d, "p50"), number_of(d, "p95"), number_of(d, "p99"),
                                 number_of(d, "max"));
}

static void
walk_object(Walk *walk, const char *path, const char *entity, JsonObject *object)
{
    g_autoptr(GList) members = json_object_get_members(object);

    for (GList *m = members; m && !walk->failed; m = m->next) {
        const char *member = m->data;
        JsonNode *node = json_object_get_member(object, member);
        g_autofree char *name = *path ? g_strdup_printf("%s.%s", path, member) : g_strdup(member);

        if (strcmp(name, "meta") == 0)
            continue;
        if (JSON_NODE_HOLDS_OBJECT(node) && g_str_has_prefix(member, "by-")) {
            JsonObject *all = json_node_get_object(node);
            g_autoptr(GList) names = json_object_get_members(all);

            for (GList *n = names; n && !walk->failed; n = n->next) {
                g_autofree char *one = g_strdup_printf("%s %s", member + strlen("by-"), (const char *) n->data);

                walk_object(walk, path, one, json_object_get_object_member(all, n->data));
            }
        } else if (JSON_NODE_HOLDS_OBJECT(node) && is_distribution(json_node_get_object(node))) {
            add_distribution(walk, name, entity, json_node_get_object(node));
        } else if (JSON_NODE_HOLDS_OBJECT(node)) {
            walk_object(walk, name, entity, json_node_get_object(node));
        } else if (JSON_NODE_HOLDS_NULL(node) || (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) != G_TYPE_STRING)) {
            walk->failed = !prose_db_run(walk->db, walk->error, "INSERT INTO metric VALUES (1, ?, ?, ?)", "ssd", name, entity,
                                         number_of(object, member));
        }
    }
}

static bool
add_summary(ProseDb *db, const char *summary, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    Walk walk = { .db = db, .error = error };

    if (!json_parser_load_from_data(parser, summary, -1, error))
        return false;
    walk_object(&walk, "", "", json_node_get_object(json_parser_get_root(parser)));
    return !walk.failed;
}

/* ---- the run ---- */

static bool
add_run(ProseDb *db, const ProseResultsRun *run, GError **error)
{
    const ProseScenario *s = run->scenario;
    g_autofree char *hash = prose_results_hash(s), *started = NULL;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(run->perf.started_utc_s);
    const struct { const char *key, *value; } meta[] = {
        { "prose-sim", run->version }, { "ns-3", run->ns3_version }, { "command", run->command }, { "scenario", s->name },
    };
    char host[256] = "";

    gethostname(host, sizeof host - 1);
    started = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    for (gsize i = 0; i < G_N_ELEMENTS(meta); i++) {
        if (!prose_db_run(db, error, "INSERT INTO meta VALUES (?, ?)", "ss", meta[i].key, meta[i].value))
            return false;
    }
    return prose_db_run(db, error, "INSERT INTO configuration VALUES (1, ?, ?, 1, NULL)", "ss", hash, s->name)
           && prose_results_add_settings(db, 1, s, error)
           && prose_db_run(db, error, "INSERT INTO run VALUES (1, 1, ?, ?, 'done', 0, NULL, ?, ?)", "iids", (gint64) s->seed, (gint64) s->run,
                           run->sim_end_s, run->stopped_by)
           && prose_db_run(db, error, "INSERT INTO perf VALUES (1, ?, ?, ?, ?, ?, ?, 1)", "ssddii", host, started, run->perf.wall_s,
                           run->perf.cpu_s, (gint64) run->perf.events, (gint64) run->perf.peak_kib);
}

bool
prose_results_write(const char *path, const ProseResultsRun *run, GError **error)
{
    g_autoptr(ProseDb) db = prose_db_open(path, PROSE_DB_NEW, error);

    if (!db || !prose_results_prepare(db, error) || !prose_db_exec(db, "BEGIN", error) || !add_run(db, run, error)
        || !add_summary(db, run->summary, error) || !prose_results_make_wide(db, error) || !prose_db_exec(db, "COMMIT", error))
        return false;
    return prose_db_close(g_steal_pointer(&db), error);
}
