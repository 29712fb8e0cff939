/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of one run into the file of many. */
#include "prose-results.h"

#include "prose-output.h"

#include <string.h>

static const struct { const char *table, *columns; unsigned keep; } tables[] = {
    { "metric", "name, entity, value", PROSE_KEEP_METRICS },
    { "distribution", "name, entity, count, censored, min, mean, sd, p50, p95, p99, max", PROSE_KEEP_METRICS },
    { "histogram", "name, entity, low, high, count", PROSE_KEEP_HISTOGRAMS },
    { "sample", "name, entity, ue, peer, key_period, value, censored", PROSE_KEEP_SAMPLES },
    { "series", "name, entity, t_s, value", PROSE_KEEP_SERIES },
    { "ue", "ue, ue_group, member, octets_up, octets_down, kdf_logical", PROSE_KEEP_UES },
    { "ue_discovery", "ue, discovery, role, status_code, first_key_s, blackout_s, blackouts, sent, accepted, repeated, lost_no_key, lost_clock",
      PROSE_KEEP_UES },
    { "rollover", "discovery, key_period, cause, start_s, wanted, ready, last_ready_s, lost_receptions, overlap_accepted, deliveries,"
      " retransmissions, exposure_s", PROSE_KEEP_ROLLOVERS },
    { "pool_period", "pool, period, t_s, opportunities, slots, sent, candidates, accepted, repeated", PROSE_KEEP_POOL_PERIODS },
};

/* Whether the file that is attached as `part` is what was asked for. */
static bool
is_that_run(ProseDb *db, const char *path, gint64 run_id, const char *hash, GError **error)
{
    gint64 n = 0;

    if (!prose_db_number(db, &n, 0, error,
                         "SELECT count(*) FROM part.run AS p JOIN part.configuration USING (config) JOIN main.run AS m"
                         " ON m.seed = p.seed AND m.run = p.run WHERE m.run_id = ? AND hash = ? AND p.status = 'done' AND m.status = 'planned'", "is", run_id, hash))
        return false;
    if (n != 1)
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                    "%s: is not of the settings, seed and run that were asked for; did the scenario change while the campaign ran?", path);
    return n == 1;
}

static bool
take_over(ProseDb *db, gint64 run_id, unsigned keep, GError **error)
{
    for (gsize t = 0; t < G_N_ELEMENTS(tables); t++) {
        g_autofree char *sql = NULL;

        if (!(keep & tables[t].keep))
            continue;
        sql = g_strdup_printf("INSERT INTO main.%s(run_id, %s) SELECT ?, %s FROM part.%s ORDER BY rowid", tables[t].table, tables[t].columns,
                              tables[t].columns, tables[t].table);
        /* Most have no rowid and are in the order of their keys. */
        if (strcmp(tables[t].table, "sample") != 0 && strcmp(tables[t].table, "rollover") != 0)
            *strstr(sql, " ORDER BY") = '\0';
        if (!prose_db_run(db, error, sql, "i", run_id))
            return false;
    }
    return prose_db_run(db, error,
                        "UPDATE main.run SET status = 'done', exit_status = 0, message = NULL, sim_end_s = p.sim_end_s, stopped_by = p.stopped_by"
                        " FROM part.run AS p WHERE main.run.run_id = ? AND main.run.status = 'planned'", "i", run_id)
           && prose_db_run(db, error,
                           "INSERT INTO main.perf SELECT ?, host, started_utc, wall_s, cpu_s, events, peak_kib, attempts FROM part.perf WHERE true"
                           " ON CONFLICT(run_id) DO UPDATE SET host = excluded.host, started_utc = excluded.started_utc, wall_s = excluded.wall_s,"
                           " cpu_s = excluded.cpu_s, events = excluded.events, peak_kib = excluded.peak_kib", "i", run_id);
}

bool
prose_results_merge(ProseDb *db, const char *path, gint64 run_id, const char *hash, unsigned keep, GError **error)
{
    bool done;

    if (!prose_db_run(db, error, "ATTACH ? AS part", "s", path))
        return false;
    done = prose_db_exec(db, "BEGIN IMMEDIATE", error);
    if (done) {
        done = is_that_run(db, path, run_id, hash, error) && take_over(db, run_id, keep, error) && prose_db_exec(db, "COMMIT", error);
        if (!done && !sqlite3_get_autocommit(prose_db_handle(db)))
            prose_db_exec(db, "ROLLBACK", NULL);
    }
    return prose_db_exec(db, "DETACH part", done ? error : NULL) && done;
}
