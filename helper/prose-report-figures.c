/* SPDX-License-Identifier: GPL-2.0-only */
/* Which figures a set of results has, and the numbers of those over time and over all. Each caption says exactly what is counted. */
#include "prose-report-internal.h"

#include "prose-summary.h"

#include <math.h>
#include <string.h>

enum { BINS = 120, STEPS_MAX = 200, PARTS_MAX = PROSE_REPORT_N_LOOKS };

/* ---- what all figures need ---- */

ProseReportFigure *
prose_report_add_figure(ProseReport *report, ProseReportKind kind, const char *section, const char *id, const char *title)
{
    ProseReportFigure *figure = prose_report_figure_new(kind, section, id, title);

    g_ptr_array_add(report->figures, figure);
    return figure;
}

void
prose_report_figure_set_absent(ProseReportFigure *figure, const char *why)
{
    g_free(figure->absent);
    figure->absent = g_strdup(why);
}

void
prose_report_figure_set_range(ProseReportFigure *figure)
{
    double high = 0, low = 0;

    for (unsigned s = 0; s < figure->series->len; s++) {
        const GArray *points = ((ProseReportSeries *) g_ptr_array_index(figure->series, s))->points;

        for (unsigned i = 0; i < points->len; i++) {
            const ProseReportPoint *p = &g_array_index(points, ProseReportPoint, i);

            high = MAX(high, isfinite(p->high) ? MAX(p->high, p->y) : p->y);
            low = MIN(low, isfinite(p->low) ? MIN(p->low, p->y) : p->y);
        }
    }
    figure->y.from = low * 1.08;
    figure->y.to = high > 0 ? high * 1.08 : 1;
}

void
prose_report_figure_drop_empty(ProseReportFigure *figure)
{
    for (unsigned s = figure->series->len; s-- > 0;) {
        if (((ProseReportSeries *) g_ptr_array_index(figure->series, s))->points->len == 0)
            g_ptr_array_remove_index(figure->series, s);
    }
}

char *
prose_report_caption(const char *what, const char *metric, const char *grouping)
{
    const char *sentence = prose_report_sentence(metric), *slash = strstr(metric, " / ");

    if (slash) {
        g_autofree char *above = g_strndup(metric, (gsize) (slash - metric));
        const char *below = slash + 3;

        return g_strdup_printf("%s %s in each run. %s: %s %s: %s%s", what, metric, above, prose_report_sentence(above), below,
                               prose_report_sentence(below), grouping);
    }
    return g_strdup_printf("%s %s: %s%s", what, metric, sentence ? sentence : "", grouping);
}

/* ---- series around a rollover ---- */

static void
set_range_of_x(ProseReportFigure *figure)
{
    figure->x.from = INFINITY;
    figure->x.to = -INFINITY;
    for (unsigned s = 0; s < figure->series->len; s++) {
        const GArray *points = ((ProseReportSeries *) g_ptr_array_index(figure->series, s))->points;

        figure->x.from = MIN(figure->x.from, g_array_index(points, ProseReportPoint, 0).x);
        figure->x.to = MAX(figure->x.to, g_array_index(points, ProseReportPoint, points->len - 1).x);
    }
}

static double
number_of(ProseReportData *data, const char *sql)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, NULL);

    return prose_report_query_next(query) ? prose_report_query_double(query, 0) : (double) NAN;
}

static bool
is_there(ProseReportData *data, const char *sql, const char *name)
{
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, name, NULL);

    return prose_report_query_next(query);
}

typedef struct Window {
    bool relative;                 /* to the start of a key; else from the start of the run */
    double before, after;
} Window;

static Window
window_of(ProseReportData *data)
{
    double lead = number_of(data, "SELECT max(si) FROM setting WHERE key = 'lead' AND section LIKE 'discovery %'");
    double shortest = number_of(data, "SELECT min(si) FROM setting WHERE key = 'cryptoperiod' AND section LIKE 'discovery %'");
    double rollovers = number_of(data, "SELECT count(*) FROM rollover");
    Window window = { .relative = rollovers > 0 };

    if (!isfinite(lead))
        lead = 60;
    if (!isfinite(shortest))
        shortest = 4 * lead;
    if (window.relative) {
        window.before = MIN(1.2 * lead + 10, 0.9 * shortest);
        window.after = MIN(MAX(0.5 * lead, 60), 0.5 * shortest);
    } else {
        window.after = number_of(data, "SELECT max(sim_end_s) FROM run");
        if (!isfinite(window.after) || window.after <= 0)
            window.after = number_of(data, "SELECT max(t_s) FROM series");
    }
    return window;
}

typedef struct Curve {
    const char *name, *id, *title, *unit;
    const char *several;           /* added to the caption: what several entities make */
    const char *combine;           /* SQL: what several entities of one instant make */
    const char *entities;          /* sections whose headers the entities are: "pkmf %"; a discovery's series goes with its own rollovers alone */
    bool before;                   /* at the start the series turns to the key after it */
    bool optional;                 /* left out without a word if it was not kept */
} Curve;

#define OF_DISCOVERY "discovery %"
static const Curve curves[] = {
    { "rollover.ready", "rollover-ready", "UEs that hold the next key, before its start", "UEs", "", "sum", OF_DISCOVERY, true, false },
    { "keys.without", "keys-without", "UEs without a valid key, around a start", "UEs", "", "sum", OF_DISCOVERY, false, true },
    { "rollover.lost_receptions", "rollover-lost", "Receptions lost, around a start", "receptions in a step", "", "sum", OF_DISCOVERY, false, true },
    { "keys.messages", "keys-messages", "MIKEY messages of the PKMF", "messages in a step", " All PKMFs are added.", "sum", "pkmf %", false, true },
    { "pkmf.queue", "pkmf-queue", "Jobs that wait at the PKMF", "jobs", " The queues of all PKMFs are added.", "sum", "pkmf %", false, false },
    { "pkmf.utilisation", "pkmf-utilisation", "PKMF workers that are busy", "share of workers", " Mean of all PKMFs.", "avg", "pkmf %", false, false },
};

/* What `describe` says of a series. */
static const char *
sentence_of_series(const char *name)
{
    size_t n;
    const ProseMetric *series = prose_series(&n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(series[i].name, name) == 0)
            return series[i].sentence;
    }
    g_assert_not_reached();
}

static void
add_curve_points(ProseReportData *data, const Curve *curve, const Window *window, const ProseReportGroup *group, ProseReportSeries *series)
{
    char before[G_ASCII_DTOSTR_BUF_SIZE], after[G_ASCII_DTOSTR_BUF_SIZE];
    double sum_t[BINS] = { 0 }, sum[BINS] = { 0 }, width = (window->before + window->after) / BINS;
    guint n[BINS] = { 0 };
    bool is_of_discovery = strcmp(curve->entities, OF_DISCOVERY) == 0;
    g_autofree char *sql = NULL;
    g_autoptr(ProseReportQuery) query = NULL;

    g_ascii_formatd(before, sizeof before, "%.9g", window->before);
    g_ascii_formatd(after, sizeof after, "%.9g", window->after);
    /* By entity, so that the table's key finds the stretch of time. */
    if (!window->relative)
        sql = g_strdup_printf("SELECT s.t_s, %s(s.value) FROM run AS r JOIN (SELECT DISTINCT section FROM setting WHERE section LIKE ?2) AS e"
                              " JOIN series AS s ON s.run_id = r.run_id AND s.name = ?1 AND s.entity = e.section AND s.t_s <= %s"
                              " WHERE r.status = 'done' AND r.config %s GROUP BY r.run_id, s.t_s ORDER BY r.run_id, s.t_s",
                              curve->combine, after, group->in);
    else
        sql = g_strdup_printf("SELECT s.t_s - o.start_s, %s(s.value) FROM run AS r"
                              " JOIN (SELECT DISTINCT run_id, %s AS of, start_s FROM rollover WHERE %s) AS o USING (run_id)"
                              " JOIN (SELECT DISTINCT section FROM setting WHERE section LIKE ?2) AS e"
                              " JOIN series AS s ON s.run_id = r.run_id AND s.name = ?1 AND s.entity = e.section"
                              " AND s.t_s BETWEEN o.start_s - %s AND o.start_s + %s"
                              " WHERE r.status = 'done' AND r.config %s AND o.of IN ('', e.section) AND (s.t_s < o.start_s OR %d)"
                              " GROUP BY r.run_id, o.of, o.start_s, s.t_s ORDER BY r.run_id, o.of, o.start_s, s.t_s",
                              curve->combine, is_of_discovery ? "'discovery ' || discovery" : "''", curve->before ? "cause = 'period'" : "1",
                              before, after, group->in, !curve->before);
    query = prose_report_query(data, sql, curve->name, curve->entities, NULL);
    while (prose_report_query_next(query)) {
        double t = prose_report_query_double(query, 0);
        unsigned bin = (unsigned) CLAMP((t + window->before) / width, 0, BINS - 1);

        sum_t[bin] += t;
        sum[bin] += prose_report_query_double(query, 1);
        n[bin]++;
    }
    for (unsigned i = 0; i < BINS; i++) {
        if (n[i] > 0)
            prose_report_series_add(series, sum_t[i] / n[i], sum[i] / n[i], NAN, NAN);
    }
}

static void
add_curves(ProseReport *report, ProseReportData *data)
{
    Window window = window_of(data);

    for (unsigned c = 0; c < G_N_ELEMENTS(curves) && !data->error; c++) {
        const Curve *curve = &curves[c];
        bool is_kept = is_there(data, "SELECT 1 FROM series WHERE name = ? LIMIT 1", curve->name);
        ProseReportFigure *figure;

        if (!is_kept && curve->optional)
            continue;
        figure = prose_report_add_figure(report, PROSE_REPORT_LINES, window.relative ? "Around a start of a key" : "Over time", curve->id,
                                         curve->title);
        if (!is_kept) {
            g_autofree char *why = g_strdup_printf("No time series %s was kept. [output] series = %s gives it, and in a campaign file keep = series"
                                                   " beside it.", curve->name, curve->name);

            prose_report_figure_set_absent(figure, why);
            continue;
        }
        for (unsigned g = 0; g < data->groups->len; g++) {
            const ProseReportGroup *group = g_ptr_array_index(data->groups, g);

            add_curve_points(data, curve, &window, group, prose_report_figure_add_series(figure, group->label));
        }
        prose_report_figure_drop_empty(figure);
        if (figure->series->len == 0) {
            prose_report_figure_set_absent(figure,
                                           curve->before ? "The run has no rollover: no cryptoperiod of a discovery starts in it. A longer"
                                                                 " simulation.duration or a shorter cryptoperiod gives one."
                                                               : "The time series has no point near a start of a key; a smaller [output] step"
                                                                 " gives some.");
            continue;
        }
        figure->x.title = g_strdup(window.relative ? "time from the start of the key, s" : "simulated time, s");
        set_range_of_x(figure);
        figure->y.title = g_strdup(curve->unit);
        prose_report_figure_set_range(figure);
        figure->caption = g_strdup_printf("%s: %s%s Mean over all runs%s of the points in each of %u equal stretches of time.%s", curve->name,
                                          sentence_of_series(curve->name), curve->several, window.relative ? " and starts of a key" : "", BINS,
                                          data->grouping);
    }
}

/* ---- distributions ---- */

typedef struct Spread {
    const char *metric, *id, *title, *axis, *noun;
    const char *absent;            /* (nullable): why there is none; else the figure is left out without a word */
} Spread;

static const Spread spreads[] = {
    { "keys.blackout", "blackout", "How long UEs are without a valid key", "length of a blackout, s", "blackouts",
      "No UE that had a key was without a valid one later, in any run" },
    { "rollover.late", "late", "How late keys come", "time after the start of the key, s", "waits of UEs for a key", NULL },
    { "keys.request-to-key", "request-to-key", "From request to key", "time from request to key, s", "first keys", NULL },
};

/* Kaplan and Meier: what was still open at the end lasts at least that long. Steps of less than one in STEPS_MAX are drawn with the next. */
static void
add_distribution_function(ProseReportData *data, const char *metric, const ProseReportGroup *group, ProseReportSeries *series, guint *ret_n,
                          guint *ret_open)
{
    g_autofree char *sql = g_strdup_printf("SELECT s.value, s.censored FROM sample AS s JOIN run AS r USING (run_id)"
                                           " WHERE s.name = ? AND r.status = 'done' AND r.config %s ORDER BY s.value, s.censored", group->in);
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, metric, NULL);
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double)), open = g_array_new(FALSE, FALSE, sizeof(gboolean));
    double survival = 1, drawn = 1;

    while (prose_report_query_next(query)) {
        double value = prose_report_query_double(query, 0);
        gboolean is_open = prose_report_query_int(query, 1) != 0;

        g_array_append_val(values, value);
        g_array_append_val(open, is_open);
        *ret_open += is_open ? 1 : 0;
    }
    *ret_n += values->len;
    if (values->len > 0)
        prose_report_series_add(series, 0, 0, NAN, NAN);
    for (guint i = 0; i < values->len; i++) {
        double value = g_array_index(values, double, i);
        bool is_last = i + 1 == values->len;

        if (!g_array_index(open, gboolean, i))
            survival *= 1 - 1.0 / (values->len - i);
        if (is_last || (g_array_index(values, double, i + 1) > value && drawn - survival >= 1.0 / STEPS_MAX)) {
            prose_report_series_add(series, value, 1 - survival, NAN, NAN);
            drawn = survival;
        }
    }
}

/* Without samples: the quantiles of each run, weighted by how many values it had. */
static void
add_quantiles(ProseReportData *data, const char *metric, const ProseReportGroup *group, ProseReportSeries *series, guint *ret_n, guint *ret_open)
{
    static const double parts[] = { 0, 0.5, 0.95, 0.99, 1 };
    g_autofree char *sql = g_strdup_printf("SELECT coalesce(sum(count), 0), coalesce(sum(censored), 0), sum(min * count) / sum(count),"
                                           " sum(p50 * count) / sum(count), sum(p95 * count) / sum(count), sum(p99 * count) / sum(count),"
                                           " sum(max * count) / sum(count) FROM distribution AS d JOIN run AS r USING (run_id)"
                                           " WHERE d.name = ? AND d.entity = '' AND r.status = 'done' AND r.config %s", group->in);
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, metric, NULL);

    if (!prose_report_query_next(query))
        return;
    *ret_n += (guint) (prose_report_query_int(query, 0) + prose_report_query_int(query, 1));
    *ret_open += (guint) prose_report_query_int(query, 1);
    for (unsigned i = 0; prose_report_query_int(query, 0) > 0 && i < G_N_ELEMENTS(parts); i++)
        prose_report_series_add(series, prose_report_query_double(query, 2 + (int) i), parts[i], NAN, NAN);
}

static void
add_spread(ProseReport *report, ProseReportData *data, const Spread *spread)
{
    bool has_samples = is_there(data, "SELECT 1 FROM sample WHERE name = ? LIMIT 1", spread->metric);
    ProseReportFigure *figure;
    guint n = 0, open = 0;
    g_autofree char *what = NULL;

    if (!has_samples && !spread->absent)
        return;
    figure = prose_report_add_figure(report, has_samples ? PROSE_REPORT_STEPS : PROSE_REPORT_LINES, "How long it takes", spread->id, spread->title);
    for (unsigned g = 0; g < data->groups->len; g++) {
        const ProseReportGroup *group = g_ptr_array_index(data->groups, g);
        ProseReportSeries *series = prose_report_figure_add_series(figure, group->label);

        (has_samples ? add_distribution_function : add_quantiles)(data, spread->metric, group, series, &n, &open);
    }
    prose_report_figure_drop_empty(figure);
    if (figure->series->len == 0) {
        g_autofree char *open_all = g_strdup_printf("All %u %s were still open when their run ended; a longer simulation.duration would see their"
                                                    " ends",
                                                    n, spread->noun);
        g_autofree char *why = g_strdup_printf("%s. [output] samples = %s keeps single values where there are some.",
                                               n > 0 || !spread->absent ? open_all : spread->absent, spread->metric);

        prose_report_figure_set_absent(figure, why);
        return;
    }
    figure->has_marks = !has_samples;
    figure->x.title = g_strdup(spread->axis);
    figure->y.title = g_strdup("share that is no longer");
    figure->y.from = 0;
    figure->y.to = 1.02;
    what = has_samples
        ? g_strdup_printf("Distribution of %u %s of all runs; the %u still open at the end of a run count as lasting at least so long"
                          " (Kaplan and Meier).",
                          n, spread->noun, open)
        : g_strdup_printf("Least, 50, 95, 99 %% quantile and longest of each run's %s, averaged over the runs with their numbers as weights"
                          " ([output] samples = %s gives the whole curve); %u in all, the %u still open at the end left out.",
                          spread->noun, spread->metric, n, open);
    figure->caption = prose_report_caption(what, spread->metric, data->grouping);
}

/* ---- PC5 ---- */

typedef struct Parts {
    const char *id, *title, *whole, *prefix, *first, *unit, *absent;
} Parts;

static const Parts part_sets[] = {
    { "pc5-outcomes", "What became of transmissions", "pc5.candidates", "pc5.outcome.", NULL, "share of candidates",
      "No transmission came into range of a UE that listens: PC5 was not simulated, or UEs are too far apart. [pool] active and [radio] area"
      " decide." },
    { "pc5-slots", "What became of slots", "pc5.slots", "pc5.refused.", "pc5.sent", "share of slots",
      "No UE wanted a slot on PC5: none announces, or PC5 was not simulated. [ue-group] announce and [pool] active decide." },
};

static double
total_of(ProseReportData *data, const ProseReportGroup *group, const char *name)
{
    g_autofree char *sql = g_strdup_printf("SELECT total(m.value) FROM metric AS m JOIN run AS r USING (run_id) WHERE m.name = ? AND m.entity = ''"
                                           " AND r.status = 'done' AND r.config %s", group->in);
    g_autoptr(ProseReportQuery) query = prose_report_query(data, sql, name, NULL);

    return prose_report_query_next(query) ? prose_report_query_double(query, 0) : 0;
}

/* Names of the parts that are not all zero, the largest first. (transfer full) */
static GPtrArray *
parts_of(ProseReportData *data, const Parts *parts)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *pattern = g_strconcat(parts->prefix, "*", NULL);
    g_autoptr(ProseReportQuery) query = prose_report_query(data,
        "SELECT m.name FROM metric AS m JOIN run AS r USING (run_id) WHERE m.entity = '' AND r.status = 'done' AND (m.name GLOB ? OR m.name = ?)"
        " GROUP BY m.name HAVING sum(m.value) > 0 ORDER BY sum(m.value) DESC, m.name", pattern, parts->first ? parts->first : "", NULL);

    while (prose_report_query_next(query))
        g_ptr_array_add(names, g_strdup(prose_report_query_text(query, 0)));
    return names;
}

static void
add_parts(ProseReport *report, ProseReportData *data, const Parts *parts)
{
    ProseReportFigure *figure = prose_report_add_figure(report, PROSE_REPORT_BARS, "On PC5", parts->id, parts->title);
    g_autoptr(GPtrArray) names = parts_of(data, parts);
    double wholes[PROSE_REPORT_GROUPS_MAX] = { 0 }, ends[PROSE_REPORT_GROUPS_MAX] = { 0 }, any = 0;
    GString *labels = g_string_new(NULL);
    g_autofree char *what = NULL;

    for (unsigned g = 0; g < data->groups->len; g++) {
        wholes[g] = total_of(data, g_ptr_array_index(data->groups, g), parts->whole);
        any += wholes[g];
    }
    if (any <= 0 || names->len == 0) {
        prose_report_figure_set_absent(figure, parts->absent);
        g_string_free(labels, TRUE);
        return;
    }
    for (unsigned i = 0; i < names->len && i < PARTS_MAX; i++) {
        const char *name = g_ptr_array_index(names, i);
        bool is_rest = i == PARTS_MAX - 1 && names->len > PARTS_MAX;
        ProseReportSeries *series = prose_report_figure_add_series(figure, is_rest ? "all others" : strrchr(name, '.') + 1);

        for (unsigned g = 0; g < data->groups->len; g++) {
            ProseReportPoint point = { .x = ends[g], .y = g, .low = NAN, .high = NAN };

            if (wholes[g] <= 0)
                continue;
            for (unsigned j = i; j < (is_rest ? names->len : i + 1); j++)
                point.value += total_of(data, g_ptr_array_index(data->groups, g), g_ptr_array_index(names, j)) / wholes[g];
            ends[g] += point.value;
            g_array_append_val(series->points, point);
        }
    }
    for (unsigned g = 0; g < data->groups->len; g++) {
        const ProseReportGroup *group = g_ptr_array_index(data->groups, g);
        g_autofree char *number = g_strdup_printf("%u", g + 1);

        /* Long names stand below, under a number. */
        prose_report_axis_add_tic(&figure->y, g, data->groups->len == 1 ? "all" : g_utf8_strlen(group->label, -1) <= 16 ? group->label : number);
        if (data->groups->len > 1 && g_utf8_strlen(group->label, -1) > 16)
            g_string_append_printf(labels, " %u: %s.", g + 1, group->label);
    }
    figure->x.title = g_strdup(parts->unit);
    figure->x.from = 0;
    figure->x.to = 1;
    figure->value_title = g_strdup(parts->unit);
    g_string_append(labels, data->grouping);
    what = g_strdup_printf("Shares of %s, summed over all runs.", parts->whole);
    figure->caption = prose_report_caption(what, parts->whole, labels->str);
    g_string_free(labels, TRUE);
}

void
prose_report_add_figures(ProseReport *report, ProseReportData *data)
{
    bool is_swept = data->factors->len > 0;

    if (is_swept)
        prose_report_add_swept(report, data);
    add_curves(report, data);
    for (unsigned i = 0; i < G_N_ELEMENTS(spreads) && !data->error; i++)
        add_spread(report, data, &spreads[i]);
    for (unsigned i = 0; i < G_N_ELEMENTS(part_sets) && !data->error; i++)
        add_parts(report, data, &part_sets[i]);
    if (!is_swept)
        prose_report_add_swept(report, data);
}
