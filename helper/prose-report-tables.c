/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of the report: what was run, what came out, what failed. */
#include "prose-report-internal.h"

#include <math.h>
#include <string.h>

enum { ROWS_MAX = 200 };

static ProseReportTable *
put_before(ProseReport *report, ProseReportTable *table)
{
    g_ptr_array_add(report->before, table);
    return table;
}

static ProseReportTable *
put_after(ProseReport *report, ProseReportTable *table)
{
    g_ptr_array_add(report->after, table);
    return table;
}

static void
add_lead(ProseReport *report, char *text)
{
    g_ptr_array_add(report->lead, text);
}

static char *
text_of(ProseReportData *data, const char *sql, const char *parameter)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, parameter, NULL);

    return prose_report_query_next(query) ? g_strdup(prose_report_query_text(query, 0)) : NULL;
}

/* ---- what was run ---- */

static void
add_meta(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_before(report, prose_report_table_new("made", "What made it", "what", "is", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data, "SELECT key, value FROM meta ORDER BY key", NULL);
    g_autoptr(ProseReportQuery) runs = NULL;

    while (prose_report_query_next(query)) {
        g_autofree char *key = g_strdup(prose_report_query_text(query, 0));

        prose_report_table_add(table, key, prose_report_query_text(query, 1), NULL);
    }
    runs = prose_report_query(data, "SELECT seed, min(run), max(run), count(DISTINCT run) FROM run GROUP BY seed ORDER BY seed", NULL);
    while (prose_report_query_next(runs)) {
        gint64 first = prose_report_query_int(runs, 1), last = prose_report_query_int(runs, 2), n = prose_report_query_int(runs, 3);
        g_autofree char *seed = g_strdup_printf("%" G_GINT64_FORMAT, prose_report_query_int(runs, 0));
        g_autofree char *which = n == 1 ? g_strdup_printf("%" G_GINT64_FORMAT, first)
                                        : g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " of them", first,
                                                          last, n);

        prose_report_table_add(table, "seed", seed, NULL);
        prose_report_table_add(table, "run numbers", which, NULL);
    }
    if (table->rows->len == 0)
        table->absent = g_strdup("The results do not say what made them.");
}

static void
add_swept(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table;

    if (data->configs->len < 2 && data->factors->len == 0)
        return;
    table = put_after(report, prose_report_table_new("configurations", "Configurations", "number", NULL));
    for (guint f = 0; f < data->factors->len; f++)
        g_ptr_array_add(table->head, g_strdup(((ProseReportFactor *) g_ptr_array_index(data->factors, f))->name));
    g_ptr_array_add(table->head, g_strdup("runs done"));
    g_ptr_array_add(table->head, g_strdup("remark"));
    for (guint c = 0; c < data->configs->len && c < ROWS_MAX; c++) {
        const ProseReportConfig *config = g_ptr_array_index(data->configs, c);
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, config->config);
        GPtrArray *row;

        prose_report_table_add(table, number, NULL);
        row = g_ptr_array_index(table->rows, table->rows->len - 1);
        for (guint f = 0; f < data->factors->len; f++) {
            const ProseReportFactor *factor = g_ptr_array_index(data->factors, f);

            g_ptr_array_add(row, g_strdup(config->values[f] == G_MAXUINT ? "–" : g_ptr_array_index(factor->texts, config->values[f])));
        }
        g_ptr_array_add(row, g_strdup_printf("%u of %u", config->done, config->runs));
        g_ptr_array_add(row, config->valid ? g_strdup("") : g_strdup_printf("not run: %s", config->reason ? config->reason : "ruled out"));
    }
    if (data->configs->len > ROWS_MAX)
        table->note = g_strdup_printf("The first %d of %u; table configuration of results.sqlite has them all.", ROWS_MAX, data->configs->len);
}

static void
add_settings(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_after(report, prose_report_table_new("settings", "Settings that differ from their defaults", "section", "key",
                                                                       "value", "unit", "given by", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT section, key, min(text), count(DISTINCT text), coalesce(max(unit), ''), max(source), count(*),"
        " (SELECT count(DISTINCT config) FROM setting)"
        " FROM setting WHERE source <> 'default' GROUP BY section, key ORDER BY section, key", NULL);

    while (prose_report_query_next(query)) {
        g_autofree char *section = g_strdup(prose_report_query_text(query, 0)), *key = g_strdup(prose_report_query_text(query, 1));
        g_autofree char *value = prose_report_query_int(query, 3) == 1 && prose_report_query_int(query, 6) == prose_report_query_int(query, 7)
                                     ? g_strdup(prose_report_query_text(query, 2))
                                     : g_strdup("differs between configurations");
        g_autofree char *unit = g_strdup(prose_report_query_text(query, 4));

        prose_report_table_add(table, section, key, value, unit, prose_report_query_text(query, 5), NULL);
    }
    if (table->rows->len == 0)
        table->absent = g_strdup("Everything is at its default.");
}

/* ---- how much of it was simulated ---- */

static void
add_simulated(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_after(report, prose_report_table_new("simulated", "What part of PC5 was simulated", "pool", "active",
                                                                       "simulated", "periods in a run", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT CASE m.entity WHEN 'pool pool' THEN 'pool' ELSE m.entity END AS section, 100 * sum(m.value) / sum(r.sim_end_s), avg(p.value),"
        " min(s.text), count(DISTINCT s.text) FROM run AS r JOIN metric AS m ON m.run_id = r.run_id AND m.name = 'pool.simulated' AND m.entity <> ''"
        " JOIN metric AS p ON p.run_id = r.run_id AND p.name = 'pool.periods' AND p.entity = m.entity"
        " LEFT JOIN setting AS s ON s.config = r.config AND s.key = 'active' AND s.section IN (m.entity, CASE m.entity WHEN 'pool pool' THEN 'pool' END)"
        " WHERE r.status = 'done' GROUP BY m.entity ORDER BY m.entity", NULL);

    table->note = g_strdup("Outside the times that a pool's key active names nobody sends or listens in it, and nothing is counted. Simulated is the time that"
                           " its simulated periods make, over the time of the runs; keys, rollovers and the network are simulated throughout.");
    while (prose_report_query_next(query)) {
        double part = prose_report_query_double(query, 1);
        g_autofree char *pool = g_strdup(prose_report_query_text(query, 0)), *percent = prose_report_number(MIN(part, 100));
        g_autofree char *share = g_strconcat(percent, " %", NULL), *periods = prose_report_number(prose_report_query_double(query, 2));

        prose_report_table_add(table, pool, prose_report_query_int(query, 4) > 1 ? "differs between configurations" : prose_report_query_text(query, 3),
                               share, periods, NULL);
        if (part < 99.95)
            add_lead(report, g_strdup_printf("PC5 was simulated for %s of the time in [%s]; nothing is counted there outside it.", share, pool));
    }
    if (table->rows->len == 0)
        table->absent = g_strdup("No run is done, or there is no pool.");
}

/* ---- what came out ---- */

static void
add_totals(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_after(report, prose_report_table_new("totals", "Totals", "name", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT name, count(*) = count(value) FROM metric WHERE entity = '' GROUP BY name ORDER BY name", NULL);
    guint n_done = 0;
    bool many;

    for (guint c = 0; c < data->configs->len; c++)
        n_done += ((ProseReportConfig *) g_ptr_array_index(data->configs, c))->done > 0;
    many = n_done > 1;
    table->numbers = true;
    g_ptr_array_add(table->head, g_strdup(data->done == 1 ? "value" : many ? "least" : "mean"));
    if (many)
        g_ptr_array_add(table->head, g_strdup("greatest"));
    else if (data->done > 1)
        g_ptr_array_add(table->head, g_strdup("± 95 %"));
    while (prose_report_query_next(query)) {
        const char *name = prose_report_query_text(query, 0), *sentence = prose_report_sentence(name);
        /* A count by cause that stayed at zero has no row; what has no value at times does not count as zero. */
        static const ProseReportMean zero = { .half95 = 0 };
        const ProseReportMean *absent = prose_report_query_int(query, 1) ? &zero : NULL, *least = NULL, *most = NULL;
        g_autofree char *cell = NULL;
        GPtrArray *row;

        for (guint c = 0; c < data->configs->len; c++) {
            const ProseReportConfig *config = g_ptr_array_index(data->configs, c);
            const ProseReportMean *mean = config->done > 0 ? prose_report_data_mean(data, config, name) : NULL;

            if (!mean && config->done > 0)
                mean = absent;
            if (mean && (!least || mean->mean < least->mean))
                least = mean;
            if (mean && (!most || mean->mean > most->mean))
                most = mean;
        }
        if (!least)
            continue;
        cell = g_strdup_printf("%s\n%s", name, sentence ? sentence : "");
        prose_report_table_add(table, cell, NULL);
        row = g_ptr_array_index(table->rows, table->rows->len - 1);
        g_ptr_array_add(row, prose_report_number(least->mean));
        if (many)
            g_ptr_array_add(row, prose_report_number(most->mean));
        else if (data->done > 1)
            g_ptr_array_add(row, prose_report_number(least->half95));
    }
    table->note = data->done == 1 ? NULL
                  : many         ? g_strdup("Mean over the runs of a configuration; of all configurations the least and the greatest.")
                                 : g_strdup_printf("Mean over %u runs and half its 95 %% interval.", data->done);
    if (table->rows->len == 0)
        table->absent = g_strdup("No run is done, so there are no numbers.");
}

static void
add_distributions(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_after(report, prose_report_table_new("distributions", "Distributions", "name", "count", "still open", "min", "mean",
                                                                       "p50", "p95", "p99", "max", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT d.name || char(10) || d.entity, sum(d.count), sum(d.censored), min(d.min), sum(d.mean * d.count) / sum(d.count),"
        " sum(d.p50 * d.count) / sum(d.count), sum(d.p95 * d.count) / sum(d.count), sum(d.p99 * d.count) / sum(d.count), max(d.max)"
        " FROM distribution AS d JOIN run AS r USING (run_id) WHERE r.status = 'done' GROUP BY d.name, d.entity"
        " HAVING sum(d.count) + sum(d.censored) > 0 ORDER BY d.name, d.entity", NULL);

    table->numbers = true;
    table->note = data->done > 1 ? g_strdup("All runs: counts added, least and greatest of all, mean and quantiles averaged with the counts as weights."
                                            " Times in seconds.")
                                 : g_strdup("Times in seconds.");
    while (prose_report_query_next(query)) {
        g_autofree char *name = g_strdup(prose_report_query_text(query, 0));
        char *numbers[8];

        for (int i = 0; i < 8; i++)
            numbers[i] = prose_report_number(prose_report_query_double(query, i + 1));
        prose_report_table_add(table, name, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7], NULL);
        for (int i = 0; i < 8; i++)
            g_free(numbers[i]);
    }
    if (table->rows->len == 0)
        table->absent = g_strdup("No run is done, so there are no distributions.");
}

static bool
has_rollovers(ProseReportData *data)
{
    g_autofree char *count = text_of(data, "SELECT total(value) FROM metric WHERE name = ? AND entity = ''", "rollover.count");

    return count && g_ascii_strtod(count, NULL) > 0;
}

/* One row a rollover of a single run; else one a configuration and discovery. */
static void
add_rollovers(ProseReport *report, ProseReportData *data)
{
    bool single = data->done == 1;
    ProseReportTable *table = put_after(report, single
        ? prose_report_table_new("rollovers", "Rollovers", "start, s", "discovery", "period", "cause", "wanted", "ready", "last ready, s",
                                 "lost receptions", "by overlap", "deliveries", "retransmissions", "exposure, s", NULL)
        : prose_report_table_new("rollovers", "Rollovers by configuration", "configuration", "discovery", "cause", "rollovers", "wanted", "ready",
                                 "ready, %", "lost receptions", "by overlap", "deliveries", "retransmissions", "exposure, s", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data, single
        ? "SELECT start_s, discovery, key_period, cause, wanted, ready, last_ready_s, lost_receptions, overlap_accepted, deliveries,"
          " retransmissions, exposure_s FROM rollover JOIN run AS r USING (run_id) WHERE r.status = 'done' ORDER BY start_s, discovery, key_period"
        : "SELECT config, discovery, cause, count(*), sum(wanted), sum(ready), 100.0 * sum(ready) / sum(wanted), avg(lost_receptions),"
          " avg(overlap_accepted), avg(deliveries), avg(retransmissions), avg(exposure_s) FROM rollover JOIN run AS r USING (run_id) WHERE r.status = 'done'"
          " GROUP BY config, discovery, cause ORDER BY config, discovery, cause", NULL);
    guint left_out = 0;

    table->numbers = true;
    while (prose_report_query_next(query)) {
        char *texts[12];

        if (table->rows->len == ROWS_MAX) {
            left_out++;
            continue;
        }
        for (int i = 0; i < 12; i++) {
            bool is_word = i == 1 || i == (single ? 3 : 2);

            texts[i] = is_word ? g_strdup(prose_report_query_text(query, i)) : prose_report_number(prose_report_query_double(query, i));
        }
        prose_report_table_add(table, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7], texts[8], texts[9], texts[10],
                               texts[11], NULL);
        for (int i = 0; i < 12; i++)
            g_free(texts[i]);
    }
    table->note = g_strdup_printf("Wanted: UEs supplied when the key starts; ready: those that hold it then; by overlap: receptions accepted under"
                                  " a key other than the receiver's own%s.%s",
                                  single ? "" : "; receptions, deliveries, retransmissions and exposure are means a rollover",
                                  left_out > 0 ? " The first 200 are shown; table rollover of results.sqlite has them all." : "");
    if (table->rows->len == 0)
        table->absent = g_strdup(has_rollovers(data) ? "The results do not hold them one by one; in a campaign file keep = rollovers gives them."
                                                     : "No key started inside a run: simulation.duration is shorter than the rest of the"
                                                       " cryptoperiod.");
}

/* Who is without a key, and what keys cost a UE: by group and discovery, UEs of all runs together. */
static void
add_ues(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_after(report, prose_report_table_new("ues", "UEs by group", "group", "discovery", "UEs", "once without a key, %",
                                                                       "time without, mean, s", "longest, s", "lost for want of a key",
                                                                       "lost by clocks", "octets up", "octets down", NULL));
    bool many = data->groups->len > 1;

    table->numbers = true;
    for (guint g = 0; g < data->groups->len; g++) {
        const ProseReportGroup *group = g_ptr_array_index(data->groups, g);
        g_autofree char *sql = g_strdup_printf("SELECT u.ue_group, d.discovery, count(*), 100.0 * count(CASE WHEN d.blackouts > 0 THEN 1 END)"
                                               " / count(*), avg(d.blackout_s), max(d.blackout_s), avg(d.lost_no_key), avg(d.lost_clock), avg(u.octets_up),"
                                               " avg(u.octets_down) FROM run AS r JOIN ue AS u USING (run_id) JOIN ue_discovery AS d USING (run_id, ue)"
                                               " WHERE r.status = 'done' AND r.config %s GROUP BY u.ue_group, d.discovery"
                                               " ORDER BY u.ue_group, d.discovery", group->in);
        g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, NULL);

        while (prose_report_query_next(query)) {
            g_autofree char *name = many ? g_strdup_printf("%s\n%s", prose_report_query_text(query, 0), group->label)
                                         : g_strdup(prose_report_query_text(query, 0));
            GPtrArray *row;

            prose_report_table_add(table, name, prose_report_query_text(query, 1), NULL);
            row = g_ptr_array_index(table->rows, table->rows->len - 1);
            for (int i = 2; i < 10; i++)
                g_ptr_array_add(row, prose_report_number(prose_report_query_double(query, i)));
        }
    }
    table->note = g_strdup_printf("One row a group of UEs and a discovery; UEs of all runs are counted. Losses and octets are means a UE; its"
                                  " octets are those of all its discoveries.%s", data->grouping);
    if (table->rows->len == 0)
        table->absent = g_strdup("The results do not hold UEs one by one; in a campaign file keep = ues gives them.");
}

static void
add_failed(ProseReport *report, ProseReportData *data)
{
    ProseReportTable *table = put_after(report, prose_report_table_new("failed", "Runs that failed", "run", "configuration", "seed", "number",
                                                                       "status", "exit status", "last message", NULL));
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT run_id, config, seed, run, status, exit_status, message FROM run WHERE status NOT IN ('done', 'planned') ORDER BY run_id", NULL);
    guint n = 0;

    while (prose_report_query_next(query)) {
        char *texts[7];

        if (n++ >= ROWS_MAX)
            continue;
        for (int i = 0; i < 7; i++)
            texts[i] = g_strdup(prose_report_query_is_null(query, i) ? "–" : prose_report_query_text(query, i));
        prose_report_table_add(table, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], NULL);
        for (int i = 0; i < 7; i++)
            g_free(texts[i]);
    }
    if (n > ROWS_MAX)
        table->note = g_strdup_printf("The first %d of %u.", ROWS_MAX, n);
    if (n == 0)
        table->absent = g_strdup("None.");
    else
        add_lead(report, n == 1 ? g_strdup("1 run failed; it is listed at the end and is in no number of this page.")
                                : g_strdup_printf("%u runs failed; they are listed at the end and are in no number of this page.", n));
}

/* "lead (1 s to 30 s, 4 values)" */
static void
append_factor(GString *text, const ProseReportFactor *factor, bool is_first)
{
    guint n = factor->texts->len;
    bool is_long = n > 6;

    g_string_append_printf(text, "%s%s (", is_first ? ". Swept: " : "; ", factor->name);
    for (guint v = 0; v < n; v++) {
        if (!is_long || v == 0 || v == n - 1)
            g_string_append_printf(text, "%s%s", v == 0 ? "" : is_long ? " to " : ", ", (const char *) g_ptr_array_index(factor->texts, v));
    }
    if (is_long)
        g_string_append_printf(text, ", %u values", n);
    g_string_append_c(text, ')');
}

void
prose_report_add_tables(ProseReport *report, ProseReportData *data)
{
    g_autofree char *scenario = text_of(data, "SELECT value FROM meta WHERE key = ?", "scenario");
    g_autofree char *end = NULL;
    guint ruled_out = 0;

    report->title = g_strdup_printf("prose-sim report: %s", scenario && *scenario ? scenario : "results");
    for (guint c = 0; c < data->configs->len; c++)
        ruled_out += ((ProseReportConfig *) g_ptr_array_index(data->configs, c))->valid ? 0 : 1;
    if (data->configs->len == 1) {
        g_autoptr(ProseReportQuery) query = prose_report_query(data, "SELECT max(sim_end_s) FROM run WHERE status = 'done'", NULL);

        end = prose_report_query_next(query) ? prose_report_number(prose_report_query_double(query, 0)) : g_strdup("–");
        add_lead(report, g_strdup_printf("One configuration, %u of %u %s done, up to %s s of simulated time.", data->done, data->runs,
                                         data->runs == 1 ? "run" : "runs", end));
    } else {
        GString *text = g_string_new(NULL);

        g_string_printf(text, "%u configurations, %u of %u runs done", data->configs->len - ruled_out, data->done, data->runs);
        if (ruled_out > 0)
            g_string_append_printf(text, "; %u %s of the sweep ruled out", ruled_out, ruled_out == 1 ? "point" : "points");
        for (guint f = 0; f < data->factors->len; f++)
            append_factor(text, g_ptr_array_index(data->factors, f), f == 0);
        g_string_append_c(text, '.');
        add_lead(report, g_string_free(text, FALSE));
    }
    add_failed(report, data);
    add_meta(report, data);
    add_swept(report, data);
    add_rollovers(report, data);
    add_ues(report, data);
    add_totals(report, data);
    add_distributions(report, data);
    add_settings(report, data);
    add_simulated(report, data);
    /* Failures last. */
    g_ptr_array_add(report->after, g_ptr_array_steal_index(report->after, 0));
}

/* ---- the page's parts ---- */

static void
free_table(void *table)
{
    prose_report_table_free(table);
}

static void
free_figure(void *figure)
{
    prose_report_figure_free(figure);
}

ProseReport *
prose_report_new(void)
{
    ProseReport *report = g_new0(ProseReport, 1);

    report->lead = g_ptr_array_new_with_free_func(g_free);
    report->before = g_ptr_array_new_with_free_func(free_table);
    report->after = g_ptr_array_new_with_free_func(free_table);
    report->figures = g_ptr_array_new_with_free_func(free_figure);
    return report;
}

void
prose_report_free(ProseReport *report)
{
    if (!report)
        return;
    g_free(report->title);
    g_ptr_array_unref(report->lead);
    g_ptr_array_unref(report->before);
    g_ptr_array_unref(report->after);
    g_ptr_array_unref(report->figures);
    g_free(report);
}
