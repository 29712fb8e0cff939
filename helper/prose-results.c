/* SPDX-License-Identifier: GPL-2.0-only */
/* results.sqlite of one run. */
#include "prose-results.h"

#include "prose-output.h"
#include "prose-scenario-internal.h"

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

/* ---- what was measured ---- */

static bool
add_values(ProseDb *db, const ProseRows *rows, GError **error)
{
    for (size_t i = 0; i < rows->n_metrics; i++) {
        const ProseMetricRow *r = &rows->metrics[i];

        if (!prose_db_run(db, error, "INSERT INTO metric VALUES (1, ?, ?, ?)", "ssd", r->name, r->entity, r->value))
            return false;
    }
    for (size_t i = 0; i < rows->n_distributions; i++) {
        const ProseDistributionRow *r = &rows->distributions[i];
        const ProseSamplesStats *s = &r->stats;

        if (!prose_db_run(db, error, "INSERT INTO distribution VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "ssiiddddddd", r->name, r->entity,
                          (gint64) s->count, (gint64) s->censored, s->min, s->mean, s->sd, s->p50, s->p95, s->p99, s->max))
            return false;
    }
    for (size_t i = 0; i < rows->n_histograms; i++) {
        const ProseHistogramRow *r = &rows->histograms[i];

        if (!prose_db_run(db, error, "INSERT INTO histogram VALUES (1, ?, ?, ?, ?, ?)", "ssddi", r->name, r->entity, r->low, r->high, (gint64) r->count))
            return false;
    }
    return true;
}

/* Numbers that are not there are -1 in the rows. */
static bool
add_points(ProseDb *db, const ProseRows *rows, GError **error)
{
    for (size_t i = 0; i < rows->n_samples; i++) {
        const ProseSampleRow *r = &rows->samples[i];

        if (!prose_db_run(db, error, "INSERT INTO sample VALUES (1, ?, ?, nullif(?, -1), nullif(?, -1), nullif(?, -1), ?, ?)", "ssiiidi", r->name,
                          r->entity, (gint64) r->ue, (gint64) r->peer, (gint64) r->key_period, r->value, (gint64) r->censored))
            return false;
    }
    for (size_t i = 0; i < rows->n_series; i++) {
        const ProseSeriesRow *r = &rows->series[i];

        if (!prose_db_run(db, error, "INSERT INTO series VALUES (1, ?, ?, ?, ?)", "ssdd", r->name, r->entity, r->t_s, r->value))
            return false;
    }
    for (size_t i = 0; i < rows->n_pool_periods; i++) {
        const ProsePoolPeriodRow *r = &rows->pool_periods[i];

        if (!prose_db_run(db, error, "INSERT INTO pool_period VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "sidiiiiii", r->pool, (gint64) r->period, r->t_s,
                          (gint64) r->opportunities, (gint64) r->slots, (gint64) r->sent, (gint64) r->candidates, (gint64) r->accepted,
                          (gint64) r->repeated))
            return false;
    }
    return true;
}

static bool
add_ues(ProseDb *db, const ProseRows *rows, GError **error)
{
    for (size_t i = 0; i < rows->n_ues; i++) {
        const ProseUeRow *r = &rows->ues[i];

        if (!prose_db_run(db, error, "INSERT INTO ue VALUES (1, ?, ?, ?, ?, ?, ?)", "isiiii", (gint64) r->ue, r->ue_group, (gint64) r->member,
                          (gint64) r->octets_up, (gint64) r->octets_down, (gint64) r->kdf_logical))
            return false;
    }
    for (size_t i = 0; i < rows->n_ue_discoveries; i++) {
        const ProseUeDiscoveryRow *r = &rows->ue_discoveries[i];

        if (!prose_db_run(db, error, "INSERT INTO ue_discovery VALUES (1, ?, ?, ?, nullif(?, -1), ?, ?, ?, ?, ?, ?, ?, ?)", "issiddiiiiii",
                          (gint64) r->ue, r->discovery, r->role, (gint64) r->status_code, r->first_key_s, r->blackout_s, (gint64) r->blackouts,
                          (gint64) r->sent, (gint64) r->accepted, (gint64) r->repeated, (gint64) r->lost_no_key, (gint64) r->lost_clock))
            return false;
    }
    for (size_t i = 0; i < rows->n_rollovers; i++) {
        const ProseRolloverRow *r = &rows->rollovers[i];

        if (!prose_db_run(db, error, "INSERT INTO rollover VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "sisdiidiiiid", r->discovery,
                          (gint64) r->key_period, r->cause, r->start_s, (gint64) r->wanted, (gint64) r->ready, r->last_ready_s,
                          (gint64) r->lost_receptions, (gint64) r->overlap_accepted, (gint64) r->deliveries, (gint64) r->retransmissions,
                          r->exposure_s))
            return false;
    }
    return true;
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
        || !add_values(db, run->rows, error) || !add_points(db, run->rows, error) || !add_ues(db, run->rows, error)
        || !prose_results_make_wide(db, error) || !prose_db_exec(db, "COMMIT", error))
        return false;
    return prose_db_close(g_steal_pointer(&db), error);
}
