/* SPDX-License-Identifier: GPL-2.0-only */
/* The command, and reading results. */
#include "prose-report-internal.h"

#include "prose-output.h"
#include "prose-results.h"
#include "prose-summary.h"

#include <math.h>
#include <signal.h>
#include <string.h>

/* ---- queries ---- */

struct ProseReportQuery {
    ProseReportData *data;
    sqlite3_stmt *statement;       /* (nullable) after an error */
};

static void
fail(ProseReportData *data)
{
    sqlite3 *db = prose_db_handle(data->db);
    int code = sqlite3_errcode(db) & 0xff;

    if (data->error)
        return;
    data->error = g_error_new(PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                              code == SQLITE_BUSY || code == SQLITE_LOCKED ? "%s is being written (%s): try again when its run or campaign is over"
                              : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? "%s is damaged or half written: %s"
                                                                                : "cannot read %s: %s",
                              data->path, sqlite3_errmsg(db));
}

ProseReportQuery *
prose_report_query(ProseReportData *data, const char *sql, ...)
{
    ProseReportQuery *query = g_new0(ProseReportQuery, 1);
    va_list parameters;
    const char *text;
    int n = 0;

    query->data = data;
    if (data->error)
        return query;
    if (sqlite3_prepare_v2(prose_db_handle(data->db), sql, -1, &query->statement, NULL) != SQLITE_OK) {
        fail(data);
        return query;
    }
    va_start(parameters, sql);
    while ((text = va_arg(parameters, const char *)))
        sqlite3_bind_text(query->statement, ++n, text, -1, SQLITE_TRANSIENT);
    va_end(parameters);
    return query;
}

bool
prose_report_query_next(ProseReportQuery *query)
{
    int code = query->statement ? sqlite3_step(query->statement) : SQLITE_DONE;

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail(query->data);
    return code == SQLITE_ROW;
}

void
prose_report_query_free(ProseReportQuery *query)
{
    if (query)
        sqlite3_finalize(query->statement);
    g_free(query);
}

bool
prose_report_query_is_null(ProseReportQuery *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

double
prose_report_query_double(ProseReportQuery *query, int column)
{
    return prose_report_query_is_null(query, column) ? (double) NAN : sqlite3_column_double(query->statement, column);
}

gint64
prose_report_query_int(ProseReportQuery *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

const char *
prose_report_query_text(ProseReportQuery *query, int column)
{
    const char *text = (const char *) sqlite3_column_text(query->statement, column);

    return text ? text : "";
}

/* ---- what was run ---- */

static void
factor_free(void *data)
{
    ProseReportFactor *factor = data;

    g_free(factor->name);
    g_free(factor->unit);
    g_ptr_array_unref(factor->texts);
    g_array_unref(factor->si);
    g_free(factor);
}

static void
config_free(void *data)
{
    ProseReportConfig *config = data;

    g_free(config->label);
    g_free(config->reason);
    g_free(config->values);
    g_free(config);
}

static void
group_free(void *data)
{
    ProseReportGroup *group = data;

    g_free(group->label);
    g_free(group->in);
    g_free(group);
}

/* A factor whose value never changes tells nothing; it is among the settings. */
static void
read_factors(ProseReportData *data)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT name, text, max(si), coalesce(max(unit), '') FROM factor"
        " WHERE name IN (SELECT name FROM factor GROUP BY name HAVING count(DISTINCT text) > 1)"
        " GROUP BY name, text ORDER BY name, max(si) IS NULL, max(si), text", NULL);
    ProseReportFactor *factor = NULL;

    while (prose_report_query_next(query)) {
        double si = prose_report_query_double(query, 2);

        if (!factor || strcmp(factor->name, prose_report_query_text(query, 0)) != 0) {
            factor = g_new0(ProseReportFactor, 1);
            factor->name = g_strdup(prose_report_query_text(query, 0));
            factor->unit = g_strdup(prose_report_query_text(query, 3));
            factor->texts = g_ptr_array_new_with_free_func(g_free);
            factor->si = g_array_new(FALSE, FALSE, sizeof(double));
            factor->is_number = true;
            g_ptr_array_add(data->factors, factor);
        }
        g_ptr_array_add(factor->texts, g_strdup(prose_report_query_text(query, 1)));
        g_array_append_val(factor->si, si);
        factor->is_number = factor->is_number && isfinite(si);
    }
}

static void
read_configs(ProseReportData *data)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT c.config, c.label, c.valid, c.reason, count(r.run_id), count(CASE WHEN r.status = 'done' THEN 1 END)"
        " FROM configuration AS c LEFT JOIN run AS r USING (config) GROUP BY c.config ORDER BY c.config", NULL);

    while (prose_report_query_next(query)) {
        ProseReportConfig *config = g_new0(ProseReportConfig, 1);

        config->config = prose_report_query_int(query, 0);
        config->label = g_strdup(prose_report_query_text(query, 1));
        config->valid = prose_report_query_int(query, 2) != 0;
        config->reason = prose_report_query_is_null(query, 3) ? NULL : g_strdup(prose_report_query_text(query, 3));
        config->runs = (guint) prose_report_query_int(query, 4);
        config->done = (guint) prose_report_query_int(query, 5);
        config->values = g_new(guint, data->factors->len + 1);
        for (guint f = 0; f < data->factors->len; f++)
            config->values[f] = G_MAXUINT;
        data->runs += config->runs;
        data->done += config->done;
        g_ptr_array_add(data->configs, config);
    }
}

static void
read_values(ProseReportData *data)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data, "SELECT config, name, text FROM factor ORDER BY config, name", NULL);
    guint c = 0;

    while (prose_report_query_next(query)) {
        gint64 number = prose_report_query_int(query, 0);
        ProseReportConfig *config;

        while (c < data->configs->len && ((ProseReportConfig *) g_ptr_array_index(data->configs, c))->config < number)
            c++;
        if (c == data->configs->len)
            break;
        config = g_ptr_array_index(data->configs, c);
        if (config->config != number)
            continue;
        for (guint f = 0; f < data->factors->len; f++) {
            const ProseReportFactor *factor = g_ptr_array_index(data->factors, f);

            if (strcmp(factor->name, prose_report_query_text(query, 1)) == 0)
                g_ptr_array_find_with_equal_func(factor->texts, prose_report_query_text(query, 2), g_str_equal, &config->values[f]);
        }
    }
}

/* Rows of (config, name, n, mean, half95). */
static void
add_means(ProseReportData *data, ProseReportQuery *query)
{
    while (prose_report_query_next(query)) {
        ProseReportMean *mean;

        if (prose_report_query_is_null(query, 3))
            continue;
        mean = g_new0(ProseReportMean, 1);
        mean->n = (guint) prose_report_query_int(query, 2);
        mean->mean = prose_report_query_double(query, 3);
        mean->half95 = prose_report_query_double(query, 4);
        g_hash_table_insert(data->means,
                            g_strdup_printf("%" G_GINT64_FORMAT " %s", prose_report_query_int(query, 0), prose_report_query_text(query, 1)), mean);
    }
}

/* What a run has one value of, though summary.json does not. */
static const struct { const char *name, *sql, *sentence; } derived[] = {
    { "rollover.ready / rollover.wanted", NULL, NULL },
    { "rollover.lost_receptions / rollover.count", NULL, NULL },
    { "ue_discovery.blackout_s", "SELECT r.config, avg(d.blackout_s) AS value FROM run AS r JOIN ue_discovery AS d USING (run_id)"
      " WHERE r.status = 'done' AND d.first_key_s IS NOT NULL GROUP BY r.run_id",
      "Sum of a UE's blackouts in a discovery, one open at the end included and 0 if there was none; mean of all that ever had a key." },
    { "rollover.exposure_s", "SELECT r.config, avg(o.exposure_s) AS value FROM run AS r JOIN rollover AS o USING (run_id)"
      " WHERE r.status = 'done' AND o.exposure_s IS NOT NULL GROUP BY r.run_id",
      "From the replacement of a key to the last Valid To that the UE it is replaced for holds; mean of a run's emergencies." },
};

/* (transfer full): values of the quotient of two metrics */
static char *
ratio_sql(const char *ratio)
{
    g_auto(GStrv) parts = g_strsplit(ratio, " / ", 2);

    return g_strdup_printf("SELECT r.config, a.value / b.value AS value FROM run AS r"
                           " JOIN metric AS a ON a.run_id = r.run_id AND a.name = '%s' AND a.entity = ''"
                           " JOIN metric AS b ON b.run_id = r.run_id AND b.name = '%s' AND b.entity = '' WHERE r.status = 'done' AND b.value > 0",
                           parts[0], parts[1]);
}

static void
read_means(ProseReportData *data)
{
    ProseReportQuery *query = prose_report_query(data, "SELECT config, name, n, mean, half95 FROM ci WHERE entity = ''", NULL);

    add_means(data, query);
    prose_report_query_free(query);
    for (unsigned i = 0; i < G_N_ELEMENTS(derived); i++) {
        g_autofree char *values = derived[i].sql ? g_strdup(derived[i].sql) : ratio_sql(derived[i].name);
        g_autofree char *sql = g_strdup_printf(
            "WITH part AS (SELECT config, value, avg(value) OVER w AS mean, count(*) OVER w AS n FROM (%s) WINDOW w AS (PARTITION BY config))"
            " SELECT config, ?1, n, mean, CASE WHEN n > 1 THEN sqrt(sum((value - mean) * (value - mean)) / (n - 1) / n)"
            "   * (SELECT t FROM student_t WHERE df <= n - 1 ORDER BY df DESC LIMIT 1) END FROM part GROUP BY config ORDER BY config", values);

        query = prose_report_query(data, sql, derived[i].name, NULL);
        add_means(data, query);
        prose_report_query_free(query);
    }
}

const ProseReportMean *
prose_report_data_mean(const ProseReportData *data, const ProseReportConfig *config, const char *name)
{
    g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT " %s", config->config, name);

    return g_hash_table_lookup(data->means, key);
}

static void
add_group(ProseReportData *data, const char *label, const GPtrArray *configs)
{
    ProseReportGroup *group = g_new0(ProseReportGroup, 1);
    GString *in = g_string_new("IN (");

    for (guint i = 0; i < configs->len; i++)
        g_string_append_printf(in, "%s%" G_GINT64_FORMAT, i == 0 ? "" : ", ", ((ProseReportConfig *) g_ptr_array_index(configs, i))->config);
    g_string_append_c(in, ')');
    group->label = g_strdup(label);
    group->in = g_string_free(in, FALSE);
    g_ptr_array_add(data->groups, group);
}

/* One a configuration while they are few; else by the first factor of few values, all others taken together. */
static void
make_groups(ProseReportData *data)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    const ProseReportFactor *by = NULL;
    guint f;

    for (guint c = 0; c < data->configs->len; c++) {
        ProseReportConfig *config = g_ptr_array_index(data->configs, c);

        if (config->done > 0)
            g_ptr_array_add(all, config);
    }
    if (all->len <= PROSE_REPORT_GROUPS_MAX) {
        for (guint c = 0; c < all->len; c++) {
            const ProseReportConfig *config = g_ptr_array_index(all, c);
            g_autoptr(GPtrArray) one = g_ptr_array_new();
            g_autofree char *label = *config->label ? g_strdup(config->label) : g_strdup_printf("configuration %" G_GINT64_FORMAT, config->config);

            g_ptr_array_add(one, g_ptr_array_index(all, c));
            add_group(data, all->len == 1 ? "this configuration" : label, one);
        }
        data->grouping = g_strdup(all->len == 1 ? "" : " One line, bar or row a configuration, its runs together.");
        return;
    }
    for (f = 0; f < data->factors->len && !by; f++) {
        const ProseReportFactor *factor = g_ptr_array_index(data->factors, f);

        if (factor->texts->len <= PROSE_REPORT_GROUPS_MAX)
            by = factor;
    }
    if (!by) {
        add_group(data, "all configurations", all);
        data->grouping = g_strdup(" All configurations together.");
        return;
    }
    f--;
    for (guint v = 0; v < by->texts->len; v++) {
        g_autoptr(GPtrArray) some = g_ptr_array_new();
        g_autofree char *label = g_strdup_printf("%s = %s", by->name, (const char *) g_ptr_array_index(by->texts, v));

        for (guint c = 0; c < all->len; c++) {
            if (((ProseReportConfig *) g_ptr_array_index(all, c))->values[f] == v)
                g_ptr_array_add(some, g_ptr_array_index(all, c));
        }
        if (some->len > 0)
            add_group(data, label, some);
    }
    data->grouping = g_strdup_printf(" One line, bar or row a value of %s; configurations that differ elsewhere are taken together.", by->name);
}

static gint64
pragma(ProseReportData *data, const char *sql)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, NULL);

    return prose_report_query_next(query) ? prose_report_query_int(query, 0) : 0;
}

static void
check_form(ProseReportData *data)
{
    gint64 application = pragma(data, "PRAGMA application_id"), version = pragma(data, "PRAGMA user_version");

    if (data->error)
        return;
    if (application != PROSE_RESULTS_APPLICATION_ID)
        data->error = g_error_new(PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "%s: not results of prose-sim", data->path);
    else if (version != PROSE_RESULTS_VERSION)
        data->error = g_error_new(PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE,
                                  "%s: results of form %" G_GINT64_FORMAT "; this version of prose-sim reads form %d", data->path, version,
                                  PROSE_RESULTS_VERSION);
    else if (pragma(data, "SELECT count(*) FROM configuration") == 0 && !data->error)
        data->error = g_error_new(PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                                  "%s holds no configuration: its run or campaign has not begun, or was cut off", data->path);
}

ProseReportData *
prose_report_data_open(const char *directory, GError **error)
{
    ProseReportData *data;
    g_autofree char *path = g_build_filename(directory, PROSE_RESULTS_FILE, NULL);

    if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "%s: no such directory; expected one that a run or a campaign wrote", directory);
        return NULL;
    }
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE,
                    "%s: no " PROSE_RESULTS_FILE " in it; expected a directory that `prose-sim run` or `prose-sim campaign` wrote", directory);
        return NULL;
    }
    data = g_new0(ProseReportData, 1);
    data->path = g_steal_pointer(&path);
    data->factors = g_ptr_array_new_with_free_func(factor_free);
    data->configs = g_ptr_array_new_with_free_func(config_free);
    data->groups = g_ptr_array_new_with_free_func(group_free);
    data->means = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    data->db = prose_db_open(data->path, PROSE_DB_READ, &data->error);
    /* One state of the file, whoever writes meanwhile. */
    if (data->db && sqlite3_exec(prose_db_handle(data->db), "BEGIN; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL) != SQLITE_OK)
        fail(data);
    check_form(data);
    read_factors(data);
    read_configs(data);
    read_values(data);
    read_means(data);
    if (data->error) {
        g_propagate_error(error, g_steal_pointer(&data->error));
        prose_report_data_free(data);
        return NULL;
    }
    make_groups(data);
    return data;
}

void
prose_report_data_free(ProseReportData *data)
{
    if (!data)
        return;
    prose_db_free(data->db);
    g_free(data->path);
    g_clear_error(&data->error);
    g_ptr_array_unref(data->factors);
    g_ptr_array_unref(data->configs);
    g_ptr_array_unref(data->groups);
    g_hash_table_unref(data->means);
    g_free(data->grouping);
    g_free(data);
}

/* ---- words ---- */

const char *
prose_report_sentence(const char *metric)
{
    static const char *const statistics[] = { ".count", ".censored", ".min", ".mean", ".sd", ".p50", ".p95", ".p99", ".max" };
    size_t n;
    const ProseMetric *metrics = prose_metrics(&n);
    g_autofree char *name = g_strdup(metric);

    for (size_t i = 0; i < G_N_ELEMENTS(derived); i++) {
        if (strcmp(name, derived[i].name) == 0)
            return derived[i].sentence;
    }
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < n; i++) {
            const char *star = strchr(metrics[i].name, '*');

            if (star ? strncmp(name, metrics[i].name, (size_t) (star - metrics[i].name)) == 0 : strcmp(name, metrics[i].name) == 0)
                return metrics[i].sentence;
        }
        for (size_t i = 0; i < G_N_ELEMENTS(statistics); i++) {
            if (g_str_has_suffix(name, statistics[i])) {
                name[strlen(name) - strlen(statistics[i])] = '\0';
                break;
            }
        }
    }
    return NULL;
}

/* ---- the command ---- */

bool
prose_report_write(const char *directory, GError **error)
{
    ProseReportData *data = prose_report_data_open(directory, error);
    ProseReport *report;
    g_autofree char *html = NULL, *path = NULL;
    bool written = false;

    if (!data)
        return false;
    report = prose_report_new();
    prose_report_add_tables(report, data);
    prose_report_add_figures(report, data);
    if (data->error) {
        g_propagate_error(error, g_steal_pointer(&data->error));
        goto out;
    }
    for (guint i = 0; i < report->figures->len; i++) {
        ProseReportFigure *figure = g_ptr_array_index(report->figures, i);

        if (!figure->absent && !prose_report_plot(figure, error))
            goto out;
    }
    html = prose_report_to_html(report);
    path = g_build_filename(directory, PROSE_REPORT_FILE, NULL);
    {
        g_autoptr(GError) why = NULL;

        written = g_file_set_contents_full(path, html, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &why);
        if (!written)
            g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "cannot write %s: %s", path, why->message);
    }
out:
    prose_report_free(report);
    prose_report_data_free(data);
    return written;
}

int
prose_report_main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new("- a page with plots from the results of a run or a campaign");
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) directories = NULL;
    const GOptionEntry entries[] = {
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &directories, NULL, "DIR" },
        { NULL },
    };

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "prose-sim report: %s\n", error->message);
        return PROSE_RUN_ERROR_USAGE;
    }
    if (!directories || !directories[0] || directories[1]) {
        fprintf(stderr, "prose-sim report: expected one directory; see `prose-sim report --help`\n");
        return PROSE_RUN_ERROR_USAGE;
    }
    /* A gnuplot that stops reading is an error with a message, not the end. */
    signal(SIGPIPE, SIG_IGN);
    if (!prose_report_write(directories[0], &error)) {
        fprintf(stderr, "prose-sim report: %s\n", error->message);
        return error->code;
    }
    printf("Written to %s/" PROSE_REPORT_FILE "\n", directories[0]);
    return 0;
}
