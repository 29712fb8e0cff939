/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures against what a campaign swept: one number along the bottom, or two keys as a map. */
#include "prose-report-internal.h"

#include <math.h>
#include <string.h>

enum { TICS_MAX = 9, MAPS_MAX = 3, CELLS_MAX = 16, VALUES_MAX = 1000 };

typedef struct Response {
    const char *metric, *id, *title, *unit;
    bool always;                   /* else only where it varies */
    bool map;                      /* worth a heat map */
} Response;

static const Response responses[] = {
    { "rollover.lost_receptions", "lost", "Receptions lost at switches", "receptions lost in a run", true, true },
    { "rollover.lost_receptions / rollover.count", "lost-each", "Receptions lost at one switch", "receptions lost at a rollover", false, false },
    { "rollover.ready / rollover.wanted", "ready", "UEs that hold the key when it starts", "share of UEs that want it", false, true },
    { "keys.blackout.mean", "blackout", "Mean blackout", "mean blackout, s", true, true },
    { "ue_discovery.blackout_s", "without", "Time without a key", "time without a key, s", false, true },
    { "rollover.exposure_s", "exposure", "Exposure after a revocation", "exposure, s", false, false },
    { "rollover.overlap_accepted", "overlap", "Receptions saved by overlap", "receptions in a run", false, false },
    { "pkmf.wait.p95", "wait", "Wait for a PKMF worker", "95 % quantile of the wait, s", false, false },
    { "pkmf.queue.max", "queue", "Longest PKMF queue", "jobs", false, false },
    { "pkmf.utilisation", "utilisation", "PKMF utilisation", "share of the workers' time", false, false },
    { "keys.deliveries", "deliveries", "Keys delivered", "deliveries in a run", false, false },
    { "pdn.octets-down", "octets", "Octets to UEs", "octets in a run", false, false },
};

static const ProseReportFactor *
factor_at(const ProseReportData *data, guint f)
{
    return g_ptr_array_index(data->factors, f);
}

static bool
has_results(const ProseReportConfig *config)
{
    return config->done > 0;
}

/* Whether each value of @by goes with one value of @f alone. */
static bool
is_determined(const ProseReportData *data, guint f, guint by)
{
    g_autofree guint *seen = g_new(guint, factor_at(data, by)->texts->len);

    for (guint v = 0; v < factor_at(data, by)->texts->len; v++)
        seen[v] = G_MAXUINT;
    for (guint c = 0; c < data->configs->len; c++) {
        const ProseReportConfig *config = g_ptr_array_index(data->configs, c);
        guint v = config->values[by];

        if (!has_results(config) || v == G_MAXUINT)
            continue;
        if (seen[v] != G_MAXUINT && seen[v] != config->values[f])
            return false;
        seen[v] = config->values[f];
    }
    return true;
}

/* Whether an earlier factor moves with this one, so that its figures say the same. */
static bool
is_twin(const ProseReportData *data, guint f)
{
    for (guint e = 0; e < f; e++) {
        if (factor_at(data, e)->is_number >= factor_at(data, f)->is_number && is_determined(data, f, e) && is_determined(data, e, f))
            return true;
    }
    return false;
}

/* "lead = 1 min, receive = clock": of the factors in @which. (transfer full) */
static char *
values_of(const ProseReportData *data, const ProseReportConfig *config, const GArray *which)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < which->len; i++) {
        guint f = g_array_index(which, guint, i);

        if (config->values[f] != G_MAXUINT)
            g_string_append_printf(text, "%s%s = %s", text->len > 0 ? ", " : "", factor_at(data, f)->name,
                                   (const char *) g_ptr_array_index(factor_at(data, f)->texts, config->values[f]));
    }
    return g_string_free(text, FALSE);
}

static guint
find_text(const GPtrArray *texts, const char *text)
{
    guint at;

    return g_ptr_array_find_with_equal_func((GPtrArray *) texts, text, g_str_equal, &at) ? at : G_MAXUINT;
}

/* What @which say over all configurations, each once; and of these the one under which most receptions are lost, the first of equals. */
static GPtrArray *
combinations(const ProseReportData *data, const GArray *which, char **ret_worst)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) lost = g_array_new(FALSE, TRUE, sizeof(double));
    guint worst = 0;

    for (guint c = 0; c < data->configs->len; c++) {
        const ProseReportConfig *config = g_ptr_array_index(data->configs, c);
        const ProseReportMean *mean = prose_report_data_mean(data, config, responses[0].metric);
        g_autofree char *text = values_of(data, config, which);
        guint at;

        if (!has_results(config))
            continue;
        at = find_text(texts, text);
        if (at == G_MAXUINT) {
            at = texts->len;
            g_ptr_array_add(texts, g_steal_pointer(&text));
            g_array_set_size(lost, texts->len);
        }
        g_array_index(lost, double, at) += mean ? mean->mean : 0;
    }
    for (guint i = 1; i < lost->len; i++) {
        if (g_array_index(lost, double, i) > g_array_index(lost, double, worst))
            worst = i;
    }
    if (ret_worst)
        *ret_worst = g_strdup(texts->len > 0 ? g_ptr_array_index(texts, worst) : "");
    return texts;
}

/* Lines of a figure against factor @f: the factors they differ by, and what the rest is held at. */
typedef struct Lines {
    GArray *by, *held;             /* (owned) of guint */
    GPtrArray *labels;             /* (owned) */
    char *held_at;                 /* (owned) */
} Lines;

static void
lines_init(Lines *lines, const ProseReportData *data, guint f)
{
    lines->by = g_array_new(FALSE, FALSE, sizeof(guint));
    lines->held = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint other = 0; other < data->factors->len; other++) {
        if (other != f && !is_determined(data, other, f))
            g_array_append_val(lines->by, other);
    }
    lines->labels = combinations(data, lines->by, NULL);
    if (lines->labels->len > PROSE_REPORT_GROUPS_MAX) {
        /* One factor of few values makes the lines. */
        guint keep = G_MAXUINT;

        for (guint i = 0; i < lines->by->len && keep == G_MAXUINT; i++) {
            guint other = g_array_index(lines->by, guint, i);

            if (factor_at(data, other)->texts->len <= PROSE_REPORT_GROUPS_MAX)
                keep = other;
        }
        for (guint i = 0; i < lines->by->len; i++) {
            guint other = g_array_index(lines->by, guint, i);

            if (other != keep && (keep == G_MAXUINT || !is_determined(data, other, keep)))
                g_array_append_val(lines->held, other);
        }
        g_array_set_size(lines->by, 0);
        if (keep != G_MAXUINT)
            g_array_append_val(lines->by, keep);
        g_ptr_array_unref(lines->labels);
        lines->labels = combinations(data, lines->by, NULL);
    }
    g_ptr_array_unref(combinations(data, lines->held, &lines->held_at));
}

static void
lines_clear(Lines *lines)
{
    g_array_unref(lines->by);
    g_array_unref(lines->held);
    g_ptr_array_unref(lines->labels);
    g_free(lines->held_at);
}

/* Whether the values stand further apart, the nearest two of them, when their logarithms are drawn. */
static bool
is_better_as_log(const GArray *si)
{
    double low = g_array_index(si, double, 0), high = g_array_index(si, double, si->len - 1);
    double plain = INFINITY, of_logs = INFINITY;

    if (low <= 0)
        return false;
    for (guint v = 1; v < si->len; v++) {
        double a = g_array_index(si, double, v - 1), b = g_array_index(si, double, v);

        plain = MIN(plain, (b - a) / (high - low));
        of_logs = MIN(of_logs, log(b / a) / log(high / low));
    }
    return of_logs > plain + 1e-9;
}

static void
set_factor_axis(ProseReportAxis *axis, const ProseReportFactor *factor)
{
    double low = g_array_index(factor->si, double, 0), high = g_array_index(factor->si, double, factor->si->len - 1);

    if (!factor->is_number) {
        axis->title = g_strdup(factor->name);
        axis->from = -0.5;
        axis->to = factor->texts->len - 0.5;
        for (guint v = 0; v < factor->texts->len; v++)
            prose_report_axis_add_tic(axis, v, g_ptr_array_index(factor->texts, v));
        return;
    }
    axis->log = is_better_as_log(factor->si);
    axis->from = axis->log ? low / pow(high / low, 0.04) : low - 0.04 * (high - low);
    axis->to = axis->log ? high * pow(high / low, 0.04) : high + 0.04 * (high - low);
    if (factor->texts->len <= TICS_MAX) {
        axis->title = g_strdup(factor->name);
        for (guint v = 0; v < factor->texts->len; v++)
            prose_report_axis_add_tic(axis, g_array_index(factor->si, double, v), g_ptr_array_index(factor->texts, v));
    } else {
        axis->title = *factor->unit ? g_strdup_printf("%s, %s", factor->name, factor->unit) : g_strdup(factor->name);
    }
}

static int
compare_x(const void *a, const void *b)
{
    const ProseReportPoint *p = a, *q = b;

    return p->x < q->x ? -1 : p->x > q->x;
}

static bool
varies(const ProseReportData *data, const char *metric)
{
    double first = NAN;

    for (guint c = 0; c < data->configs->len; c++) {
        const ProseReportMean *mean = prose_report_data_mean(data, g_ptr_array_index(data->configs, c), metric);

        if (mean && isfinite(first) && mean->mean != first)
            return true;
        if (mean)
            first = mean->mean;
    }
    return false;
}

static bool
is_level(const ProseReportFigure *figure)
{
    double y = NAN;

    for (unsigned s = 0; s < figure->series->len; s++) {
        const GArray *points = ((ProseReportSeries *) g_ptr_array_index(figure->series, s))->points;

        for (unsigned i = 0; i < points->len; i++) {
            double here = g_array_index(points, ProseReportPoint, i).y;

            if (isfinite(y) && here != y)
                return false;
            y = here;
        }
    }
    return true;
}

static bool
is_measured(const ProseReportData *data, const char *metric)
{
    for (guint c = 0; c < data->configs->len; c++) {
        if (prose_report_data_mean(data, g_ptr_array_index(data->configs, c), metric))
            return true;
    }
    return false;
}

static void
add_against(ProseReport *report, const ProseReportData *data, const Response *response, guint f)
{
    const ProseReportFactor *factor = factor_at(data, f);
    g_autofree char *id = g_strdup_printf("%s-%u", response->id, f), *title = g_strdup_printf("%s against %s", response->title, factor->name);
    g_autofree char *what = NULL, *rest = NULL;
    g_autofree char *section = g_strdup_printf("Against %s", factor->name);
    ProseReportFigure *figure = prose_report_add_figure(report, PROSE_REPORT_LINES, section, id, title);
    guint least = G_MAXUINT, most = 0;
    Lines lines;

    lines_init(&lines, data, f);
    for (guint l = 0; l < lines.labels->len; l++) {
        const char *label = g_ptr_array_index(lines.labels, l);
        ProseReportSeries *series = prose_report_figure_add_series(figure, *label ? label : response->title);

        for (guint c = 0; c < data->configs->len; c++) {
            const ProseReportConfig *config = g_ptr_array_index(data->configs, c);
            g_autofree char *own = values_of(data, config, lines.by), *held = values_of(data, config, lines.held);
            const ProseReportMean *mean = prose_report_data_mean(data, config, response->metric);

            if (!mean || !has_results(config) || config->values[f] == G_MAXUINT || strcmp(own, label) != 0 || strcmp(held, lines.held_at) != 0)
                continue;
            prose_report_series_add(series, factor->is_number ? g_array_index(factor->si, double, config->values[f]) : config->values[f], mean->mean, mean->mean - mean->half95,
                                    mean->mean + mean->half95);
            least = MIN(least, mean->n);
            most = MAX(most, mean->n);
        }
        g_array_sort(series->points, compare_x);
    }
    prose_report_figure_drop_empty(figure);
    rest = *lines.held_at ? g_strdup_printf(" Shown with %s, where most receptions are lost.", lines.held_at) : g_strdup("");
    lines_clear(&lines);
    if (figure->series->len == 0) {
        g_autofree char *why = g_strdup_printf("%s is empty in every run that belongs here: there was nothing to measure.", response->metric);

        prose_report_figure_set_absent(figure, why);
        return;
    }
    if (!response->always && is_level(figure)) {
        g_ptr_array_remove_index(report->figures, report->figures->len - 1);
        return;
    }
    figure->has_marks = true;
    figure->has_words = !factor->is_number;
    set_factor_axis(&figure->x, factor);
    figure->y.title = g_strdup(response->unit);
    prose_report_figure_set_range(figure);
    what = most < 2          ? g_strdup("One run each, so without an interval ([campaign] runs gives more).")
           : least == most ? g_strdup_printf("Mean over %u runs each; bars are 95 %% intervals of the mean (Student's t).", most)
                           : g_strdup_printf("Mean over %u to %u runs, those that have a value; bars are 95 %% intervals of the mean (Student's t).",
                                             least, most);
    figure->caption = prose_report_caption(what, response->metric, rest);
}

static void
add_map(ProseReport *report, const ProseReportData *data, const Response *response, guint a, guint b)
{
    const ProseReportFactor *across = factor_at(data, a), *up = factor_at(data, b);
    g_autofree char *id = g_strdup_printf("map-%s-%u-%u", response->id, a, b);
    g_autofree char *title = g_strdup_printf("%s over %s and %s", response->title, across->name, up->name);
    g_autofree char *what = NULL;
    ProseReportFigure *figure = prose_report_add_figure(report, PROSE_REPORT_HEAT_MAP, "Over two keys", id, title);
    ProseReportSeries *series = prose_report_figure_add_series(figure, response->title);
    guint most = 0;

    for (guint x = 0; x < across->texts->len; x++) {
        prose_report_axis_add_tic(&figure->x, x, g_ptr_array_index(across->texts, x));
        for (guint y = 0; y < up->texts->len; y++) {
            ProseReportPoint point = { .x = x, .y = y, .low = NAN, .high = NAN };
            guint n = 0;

            for (guint c = 0; c < data->configs->len; c++) {
                const ProseReportConfig *config = g_ptr_array_index(data->configs, c);
                const ProseReportMean *mean = prose_report_data_mean(data, config, response->metric);

                if (!mean || config->values[a] != x || config->values[b] != y)
                    continue;
                point.value += mean->mean;
                n++;
            }
            if (n == 0)
                continue;
            point.value /= n;
            most = MAX(most, n);
            g_array_append_val(series->points, point);
        }
    }
    if (series->points->len == 0) {
        g_autofree char *why = g_strdup_printf("No run has a value of %s.", response->metric);

        prose_report_figure_set_absent(figure, why);
        return;
    }
    for (guint y = 0; y < up->texts->len; y++)
        prose_report_axis_add_tic(&figure->y, y, g_ptr_array_index(up->texts, y));
    figure->x.title = g_strdup(across->name);
    figure->y.title = g_strdup(up->name);
    figure->value_title = g_strdup(response->unit);
    what = g_strdup_printf("%s: mean over the runs of a cell%s. A cell that is missing was not run.", response->unit,
                           most > 1 ? " and over the configurations in it, which differ elsewhere" : "");
    what[0] = g_ascii_toupper(what[0]);
    figure->caption = prose_report_caption(what, response->metric, "");
}

void
prose_report_add_swept(ProseReport *report, const ProseReportData *data)
{
    guint n_maps = 0, n_drawn = 0;

    /* Numbers first. */
    for (guint i = 0; i < 2 * data->factors->len; i++) {
        guint f = i % data->factors->len;

        if (factor_at(data, f)->is_number != (i < data->factors->len) || factor_at(data, f)->texts->len > VALUES_MAX || is_twin(data, f))
            continue;
        n_drawn++;
        for (unsigned r = 0; r < G_N_ELEMENTS(responses); r++) {
            /* That there is nothing to measure is said once. */
            if (responses[r].always ? n_drawn == 1 || is_measured(data, responses[r].metric) : varies(data, responses[r].metric))
                add_against(report, data, &responses[r], f);
        }
    }
    if (n_drawn == 0)
        prose_report_figure_set_absent(prose_report_add_figure(report, PROSE_REPORT_LINES, "Against what was swept", "lost",
                                                               "Loss against lead and cryptoperiod"),
                   "Nothing was swept. A campaign does, with two values or more in [sweep]: lead = 1 min, 10 min, 1 h and, in [set],"
                   " discovery *.lead = $lead.");
    for (guint a = 0; a < data->factors->len; a++) {
        for (guint b = a + 1; b < data->factors->len && n_maps < MAPS_MAX; b++) {
            if (is_twin(data, a) || is_twin(data, b) || is_determined(data, a, b) || is_determined(data, b, a)
                || factor_at(data, a)->texts->len > CELLS_MAX || factor_at(data, b)->texts->len > CELLS_MAX)
                continue;
            for (unsigned r = 0; r < G_N_ELEMENTS(responses); r++) {
                if (responses[r].map && varies(data, responses[r].metric))
                    add_map(report, data, &responses[r], a, b);
            }
            n_maps++;
        }
    }
    if (n_maps == 0)
        prose_report_figure_set_absent(prose_report_add_figure(report, PROSE_REPORT_HEAT_MAP, "Over two keys", "map", "Loss over two swept keys"),
                   "Fewer than two keys were swept independently. A campaign file with two names in [sweep], none of them in zip, gives a heat"
                   " map.");
}
