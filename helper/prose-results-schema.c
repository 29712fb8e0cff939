/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables and views of results.sqlite; doc/schema.md explains each, and test/helper/test-results holds the two together. */
#include "prose-results.h"

#include "prose-output.h"

static const char tables[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE configuration(config INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, valid INTEGER NOT NULL,"
    " reason TEXT);"
    "CREATE TABLE factor(config INTEGER, name TEXT, text TEXT, si REAL, unit TEXT, PRIMARY KEY(config, name)) WITHOUT ROWID;"
    "CREATE TABLE setting(config INTEGER, section TEXT, key TEXT, text TEXT, si REAL, unit TEXT, source TEXT,"
    " PRIMARY KEY(config, section, key)) WITHOUT ROWID;"
    "CREATE TABLE run(run_id INTEGER PRIMARY KEY, config INTEGER NOT NULL, seed INTEGER NOT NULL, run INTEGER NOT NULL,"
    " status TEXT NOT NULL, exit_status INTEGER, message TEXT, sim_end_s REAL, stopped_by TEXT, UNIQUE(config, seed, run));"
    "CREATE TABLE perf(run_id INTEGER PRIMARY KEY, host TEXT, started_utc TEXT, wall_s REAL, cpu_s REAL, events INTEGER,"
    " peak_kib INTEGER, attempts INTEGER);"
    "CREATE TABLE metric(run_id INTEGER, name TEXT, entity TEXT, value REAL, PRIMARY KEY(run_id, name, entity)) WITHOUT ROWID;"
    "CREATE TABLE distribution(run_id INTEGER, name TEXT, entity TEXT, count INTEGER, censored INTEGER, min REAL, mean REAL, sd REAL,"
    " p50 REAL, p95 REAL, p99 REAL, max REAL, PRIMARY KEY(run_id, name, entity)) WITHOUT ROWID;"
    "CREATE TABLE histogram(run_id INTEGER, name TEXT, entity TEXT, low REAL, high REAL, count INTEGER,"
    " PRIMARY KEY(run_id, name, entity, low)) WITHOUT ROWID;"
    "CREATE TABLE sample(run_id INTEGER, name TEXT, entity TEXT, ue INTEGER, peer INTEGER, key_period INTEGER, value REAL,"
    " censored INTEGER);"
    "CREATE INDEX sample_run ON sample(run_id, name, entity);"
    "CREATE TABLE series(run_id INTEGER, name TEXT, entity TEXT, t_s REAL, value REAL,"
    " PRIMARY KEY(run_id, name, entity, t_s)) WITHOUT ROWID;"
    "CREATE TABLE ue(run_id INTEGER, ue INTEGER, ue_group TEXT, member INTEGER, octets_up INTEGER, octets_down INTEGER,"
    " kdf_logical INTEGER, PRIMARY KEY(run_id, ue)) WITHOUT ROWID;"
    "CREATE TABLE ue_discovery(run_id INTEGER, ue INTEGER, discovery TEXT, role TEXT, status_code INTEGER, first_key_s REAL,"
    " blackout_s REAL, blackouts INTEGER, sent INTEGER, accepted INTEGER, repeated INTEGER, lost_no_key INTEGER, lost_clock INTEGER,"
    " PRIMARY KEY(run_id, ue, discovery)) WITHOUT ROWID;"
    "CREATE TABLE rollover(run_id INTEGER, discovery TEXT, key_period INTEGER, cause TEXT, start_s REAL, wanted INTEGER, ready INTEGER,"
    " last_ready_s REAL, lost_receptions INTEGER, overlap_accepted INTEGER, deliveries INTEGER, retransmissions INTEGER, exposure_s REAL);"
    "CREATE INDEX rollover_run ON rollover(run_id, discovery, key_period);"
    "CREATE TABLE pool_period(run_id INTEGER, pool TEXT, period INTEGER, t_s REAL, opportunities INTEGER, slots INTEGER, sent INTEGER,"
    " candidates INTEGER, accepted INTEGER, repeated INTEGER, PRIMARY KEY(run_id, pool, period)) WITHOUT ROWID;"
    "CREATE TABLE student_t(df INTEGER PRIMARY KEY, t REAL NOT NULL);";

static const ProseResultsTable described[] = {
    { "meta", false, "Facts of the file: versions, command, scenario." },
    { "configuration", false, "One row a set of settings; hash is over all of them but seed and run (meta.settings-hash of summary.json: of those given by -s only)." },
    { "factor", false, "What the sweep gave a configuration, as written and as a number." },
    { "setting", false, "Every resolved setting of a configuration, and whether file, option or default gave it." },
    { "run", false, "One row a run: seed, run, how it ended and when." },
    { "perf", false, "What a run took: time, events, memory; the only table that differs from one time to the next." },
    { "metric", false, "Counts and shares of a run, by the path in summary.json." },
    { "distribution", false, "Distributions of a run: count, censored, min, mean, sd, p50, p95, p99, max." },
    { "histogram", false, "How many values of a distribution lie from low to below high." },
    { "sample", false, "Single values of the distributions that [output] samples names." },
    { "series", false, "Points of what [output] series names." },
    { "ue", false, "One row a UE: its group, octets and key derivations." },
    { "ue_discovery", false, "One row a UE in a discovery or group: its first key, time without one, transmissions and receptions." },
    { "rollover", false, "One row a start of a key: who wanted it, who held it, what was lost, what it cost." },
    { "pool_period", false, "One row a discovery period with a slot, if [output] series has pool.periods; else empty." },
    { "student_t", false, "Student's t for a 95 % interval, by degrees of freedom; ci and paired use it." },
    { "value", true, "Every number of a run by one name, those of distributions as keys.blackout.mean." },
    { "ci", true, "Mean over the runs of a configuration, and half a 95 % interval." },
    { "paired", true, "The same of the difference between two configurations at equal seed and run." },
    { "wide", true, "One row a run, one column a factor, metric and mean of a distribution." },
};

const ProseResultsTable *
prose_results_tables(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(described);
    return described;
}

/*
 * `value`: every number of a run under one name; a count that a run does not have (nothing was refused for that cause) is zero,
 * `zero` says so. A mean of nothing is not.
 *
 * `ci` and `paired` are one aggregate each over tables as they are, so that what is asked for (WHERE baseline = 1) narrows what is looked
 * through. Sums of squares are of whole numbers or of seconds: exact, or good for ten digits; what is left below that is no deviation.
 */
#define DEVIATION \
    " CASE WHEN n > 0 THEN total / n END AS mean," \
    " CASE WHEN n > 1 THEN sqrt(CASE WHEN squares - total * total / n > 1e-13 * squares THEN (squares - total * total / n) / (n - 1) ELSE 0 END) END AS sd"
#define HALF95 " sd / sqrt(n) * (SELECT t FROM student_t WHERE df <= n - 1 ORDER BY df DESC LIMIT 1) AS half95"
/* What a run of a pair has under the name `k`. */
#define SIDE(v) "coalesce(" v ".value, CASE WHEN " v ".run_id IS NULL AND k.zero THEN 0 END)"
#define DIFFERENCE "(" SIDE("va") " - " SIDE("vb") ")"

static const char views[] =
    "CREATE VIEW value AS"
    " SELECT run_id, name, entity, value, 1 AS zero FROM metric"
    " UNION ALL SELECT run_id, name || '.count', entity, count, 1 FROM distribution"
    " UNION ALL SELECT run_id, name || '.censored', entity, censored, 1 FROM distribution"
    " UNION ALL SELECT run_id, name || '.min', entity, min, 0 FROM distribution"
    " UNION ALL SELECT run_id, name || '.mean', entity, mean, 0 FROM distribution"
    " UNION ALL SELECT run_id, name || '.sd', entity, sd, 0 FROM distribution"
    " UNION ALL SELECT run_id, name || '.p50', entity, p50, 0 FROM distribution"
    " UNION ALL SELECT run_id, name || '.p95', entity, p95, 0 FROM distribution"
    " UNION ALL SELECT run_id, name || '.p99', entity, p99, 0 FROM distribution"
    " UNION ALL SELECT run_id, name || '.max', entity, max, 0 FROM distribution;"

    "CREATE VIEW ci AS SELECT config, name, entity, n, mean, sd," HALF95 " FROM"
    " (SELECT config, name, entity, n," DEVIATION " FROM"
    "  (SELECT config, name, entity, total, squares, present + CASE WHEN zero THEN"
    "    (SELECT count(*) FROM run AS x WHERE x.config = g.config AND x.status = 'done') - rows ELSE 0 END AS n FROM"
    "   (SELECT r.config, v.name, v.entity, v.zero, count(v.value) AS present, count(*) AS rows, total(v.value) AS total,"
    "    total(v.value * v.value) AS squares FROM run AS r JOIN value AS v USING (run_id) WHERE r.status = 'done'"
    "    GROUP BY r.config, v.name, v.entity) AS g));"

    "CREATE VIEW paired AS SELECT config, baseline, name, entity, n, mean, sd," HALF95 " FROM"
    " (SELECT config, baseline, name, entity, n," DEVIATION " FROM"
    "  (SELECT a.config, b.config AS baseline, k.name, k.entity, count(" DIFFERENCE ") AS n, total(" DIFFERENCE ") AS total,"
    "   total(" DIFFERENCE " * " DIFFERENCE ") AS squares"
    "   FROM run AS a JOIN run AS b ON a.seed = b.seed AND a.run = b.run AND a.config <> b.config"
    "   JOIN (SELECT DISTINCT name, entity, zero FROM value) AS k"
    "   LEFT JOIN value AS va ON va.run_id = a.run_id AND va.name = k.name AND va.entity = k.entity"
    "   LEFT JOIN value AS vb ON vb.run_id = b.run_id AND vb.name = k.name AND vb.entity = k.entity"
    "   WHERE a.status = 'done' AND b.status = 'done' GROUP BY a.config, b.config, k.name, k.entity"
    "   HAVING count(va.run_id) + count(vb.run_id) > 0));";

/* Beyond the table the next smaller number of degrees of freedom stands in, which gives a slightly wider interval. */
static const struct { guint df; double t; } student[] = {
    { 1, 12.706205 }, { 2, 4.302653 }, { 3, 3.182446 }, { 4, 2.776445 }, { 5, 2.570582 }, { 6, 2.446912 }, { 7, 2.364624 },
    { 8, 2.306004 }, { 9, 2.262157 }, { 10, 2.228139 }, { 11, 2.200985 }, { 12, 2.178813 }, { 13, 2.160369 }, { 14, 2.144787 },
    { 15, 2.131450 }, { 16, 2.119905 }, { 17, 2.109816 }, { 18, 2.100922 }, { 19, 2.093024 }, { 20, 2.085963 }, { 21, 2.079614 },
    { 22, 2.073873 }, { 23, 2.068658 }, { 24, 2.063899 }, { 25, 2.059539 }, { 26, 2.055529 }, { 27, 2.051831 }, { 28, 2.048407 },
    { 29, 2.045230 }, { 30, 2.042272 }, { 31, 2.039513 }, { 32, 2.036933 }, { 33, 2.034515 }, { 34, 2.032245 }, { 35, 2.030108 },
    { 36, 2.028094 }, { 37, 2.026192 }, { 38, 2.024394 }, { 39, 2.022691 }, { 40, 2.021075 }, { 45, 2.014103 }, { 49, 2.009575 },
    { 50, 2.008559 }, { 59, 2.000995 }, { 60, 2.000298 }, { 69, 1.994945 }, { 79, 1.990450 }, { 89, 1.986979 }, { 99, 1.984217 },
    { 119, 1.980100 }, { 149, 1.976013 }, { 199, 1.971957 }, { 299, 1.967930 }, { 499, 1.964729 }, { 999, 1.962341 },
};

double
prose_results_student_t(guint df)
{
    double t = student[0].t;

    for (gsize i = 0; i < G_N_ELEMENTS(student) && student[i].df <= df; i++)
        t = student[i].t;
    return t;
}

bool
prose_results_prepare(ProseDb *db, GError **error)
{
    gint64 n = 0, application = 0, version = 0;
    g_autofree char *marks = g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d;", PROSE_RESULTS_APPLICATION_ID, PROSE_RESULTS_VERSION);

    if (!prose_db_number(db, &n, 0, error, "SELECT count(*) FROM sqlite_master", "")
        || !prose_db_number(db, &application, 0, error, "PRAGMA application_id", "")
        || !prose_db_number(db, &version, 0, error, "PRAGMA user_version", ""))
        return false;
    if (n > 0 && (application != PROSE_RESULTS_APPLICATION_ID || version != PROSE_RESULTS_VERSION)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s: not results of this version of prose-sim; another directory",
                    sqlite3_db_filename(prose_db_handle(db), "main"));
        return false;
    }
    if (n > 0)
        return true;
    if (!prose_db_exec(db, "BEGIN IMMEDIATE", error) || !prose_db_exec(db, marks, error) || !prose_db_exec(db, tables, error)
        || !prose_db_exec(db, views, error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(student); i++) {
        if (!prose_db_run(db, error, "INSERT INTO student_t VALUES (?, ?)", "id", (gint64) student[i].df, student[i].t))
            return false;
    }
    return prose_db_exec(db, "COMMIT", error);
}

/* SQLite allows 2000 columns; a table of more would be no help to anybody. */
#define WIDE_MAX 1900

static bool
add_columns(ProseDb *db, GString *sql, const char *names, const char *source, guint *n, GError **error)
{
    sqlite3_stmt *statement = prose_db_query(db, error, names, "");
    int more;

    if (!statement)
        return false;
    while ((more = prose_db_step(db, statement, error)) == 1 && *n < WIDE_MAX) {
        const char *name = (const char *) sqlite3_column_text(statement, 0);
        char *column = sqlite3_mprintf(source, name, name);

        g_string_append(sql, column);
        sqlite3_free(column);
        (*n)++;
    }
    sqlite3_reset(statement);
    return more >= 0;
}

bool
prose_results_make_wide(ProseDb *db, GError **error)
{
    g_autoptr(GString) sql = g_string_new("CREATE VIEW wide AS SELECT r.run_id, r.config, r.seed, r.run");
    guint n = 0;

    if (!add_columns(db, sql, "SELECT DISTINCT name FROM factor ORDER BY name",
                     ", (SELECT coalesce(si, text) FROM factor AS f WHERE f.config = r.config AND f.name = %Q) AS \"%w\"", &n, error)
        || !add_columns(db, sql, "SELECT DISTINCT name FROM metric WHERE entity = '' ORDER BY name",
                        ", (SELECT CASE WHEN count(*) = 0 THEN 0.0 ELSE max(value) END FROM metric AS m WHERE m.run_id = r.run_id AND m.name = %Q"
                        " AND m.entity = '') AS \"%w\"", &n, error)
        || !add_columns(db, sql, "SELECT DISTINCT name FROM distribution WHERE entity = '' ORDER BY name",
                        ", (SELECT mean FROM distribution AS d WHERE d.run_id = r.run_id AND d.name = %Q AND d.entity = '') AS \"%w.mean\"", &n, error))
        return false;
    g_string_append(sql, " FROM run AS r WHERE r.status = 'done'");
    return prose_db_exec(db, "DROP VIEW IF EXISTS wide", error) && prose_db_exec(db, sql->str, error);
}
