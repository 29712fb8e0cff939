/* SPDX-License-Identifier: GPL-2.0-only */
/* The page: HTML that is well-formed XML too, with its style inside, no script, and nothing fetched from anywhere. */
#include "prose-report-internal.h"

#include <math.h>
#include <string.h>

/* Ink, paper and rules contrast at least 7:1 and 3:1 in light and dark; the curves' colours (prose-report-plot.c) 3:1 on both papers. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1a;--soft:#4d4d4d;--paper:#ffffff;--card:#f4f4f2;--rule:#8a8a86;--link:#00468b}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececec;--soft:#bdbdbd;--paper:#141414;--card:#1f1f1f;--rule:#7a7a7a;--link:#8fc1ff}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:break-word}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}\n"
    "h2{font-size:1.2rem;line-height:1.3;margin:2rem 0 .5rem}\n"
    "h3{font-size:1.1rem;line-height:1.3}\n"
    "h4{font-size:1rem;line-height:1.3;margin:0 0 .5rem}\n"
    "p{max-width:46rem;margin:.5rem 0}\n"
    "a{color:var(--link)}\n"
    "nav ul{padding:0;margin:.5rem 0;list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem}\n"
    "nav a{display:inline-block;padding:.15rem 0}\n"
    ".note,figcaption,summary{color:var(--soft);font-size:.9rem}\n"
    ".absent{border-left:.25rem solid var(--rule);padding-left:.75rem}\n"
    ".scroll{overflow-x:auto;max-width:100%}\n"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.35}\n"
    "th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}\n"
    "thead th{border-bottom:2px solid var(--rule);white-space:nowrap}\n"
    "tbody th{font-weight:600}\n"
    "td{max-width:34rem}\n"
    ".words td:last-child:not(:nth-child(2)){min-width:15rem}\n"
    ".numbers td{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    ".numbers thead th+th{text-align:right}\n"
    "th small{font-weight:400;color:var(--soft);display:inline-block;max-width:38rem;line-height:1.3}\n"
    ".figures{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));align-items:start}\n"
    "figure{margin:0;padding:.75rem;background:var(--card);border-radius:.4rem;min-width:0}\n"
    "svg.plot{display:block;width:100%;height:auto;max-width:40rem;margin:0 auto;font-family:system-ui,sans-serif}\n"
    ".legend{list-style:none;margin:.25rem 0 .5rem;padding:0;display:flex;flex-wrap:wrap;gap:.15rem 1rem;font-size:.85rem}\n"
    ".legend svg{width:2.2rem;height:.8rem;vertical-align:middle;margin-right:.35rem}\n"
    ".ramp{display:flex;align-items:center;gap:.5rem;font-size:.85rem;margin:.25rem 0 .5rem}\n"
    ".ramp svg{width:8rem;height:.8rem}\n"
    "details{margin:.5rem 0 0}\n"
    "summary{cursor:pointer;padding:.25rem 0}\n"
    "pre{font:.8rem/1.4 ui-monospace,monospace;white-space:pre-wrap;margin:0}\n"
    ".part{grid-column:1/-1;margin:1rem 0 0}\n"
    "@media print{:root{color-scheme:light;--ink:#000;--soft:#333;--paper:#fff;--card:#fff;--rule:#888;--link:#000}"
    "@page{margin:15mm}body{padding:0;max-width:none;font-size:10pt}nav,details:not([open]){display:none}.scroll{overflow:visible}"
    "table{font-size:7.5pt}td,th{white-space:normal!important;padding:.2rem .35rem}tr{break-inside:avoid}h2,h3,h4{break-after:avoid}"
    ".figures{display:block}figure{break-inside:avoid;margin:0 0 8mm;padding:0}svg.plot{max-width:105mm;margin:0}a{text-decoration:none}}\n";

static void
put(GString *page, const char *text)
{
    g_autofree char *escaped = prose_report_escape(text);

    g_string_append(page, escaped);
}

static void
put_element(GString *page, const char *tag, const char *attributes, const char *text)
{
    g_string_append_printf(page, "<%s%s>", tag, attributes);
    put(page, text);
    g_string_append_printf(page, "</%s>\n", tag);
}

char *
prose_report_number(double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    if (!isfinite(value))
        return g_strdup("–");
    /* Counts in full, all else to five digits. */
    if (value == trunc(value) && fabs(value) < 1e15)
        return g_strdup(g_ascii_formatd(text, sizeof text, "%.0f", value == 0 ? 0 : value));
    return g_strdup(g_ascii_formatd(text, sizeof text, "%.5g", value));
}

/* ---- tables ---- */

static void
row_free(void *row)
{
    g_ptr_array_unref(row);
}

static GPtrArray *
collect(const char *first, va_list rest)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (const char *text = first; text; text = va_arg(rest, const char *))
        g_ptr_array_add(texts, g_strdup(text));
    return texts;
}

ProseReportTable *
prose_report_table_new(const char *id, const char *title, const char *head, ...)
{
    ProseReportTable *table = g_new0(ProseReportTable, 1);
    va_list rest;

    table->id = g_strdup(id);
    table->title = g_strdup(title);
    va_start(rest, head);
    table->head = collect(head, rest);
    va_end(rest);
    table->rows = g_ptr_array_new_with_free_func(row_free);
    return table;
}

void
prose_report_table_free(ProseReportTable *table)
{
    if (!table)
        return;
    g_free(table->id);
    g_free(table->title);
    g_free(table->note);
    g_free(table->absent);
    g_ptr_array_unref(table->head);
    g_ptr_array_unref(table->rows);
    g_free(table);
}

void
prose_report_table_add(ProseReportTable *table, const char *first, ...)
{
    va_list rest;

    va_start(rest, first);
    g_ptr_array_add(table->rows, collect(first, rest));
    va_end(rest);
}

static void
put_lines(GString *page, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    g_string_append(page, "<pre>");
    for (unsigned i = 0; lines[i]; i++) {
        put(page, lines[i]);
        g_string_append_c(page, '\n');
    }
    g_string_append(page, "</pre>");
}

/* A second line is smaller; more of them are the text of a file. */
static void
put_cell(GString *page, bool is_head, const char *text)
{
    const char *second = strchr(text, '\n');
    bool is_file = second && strchr(second + 1, '\n');
    g_autofree char *first = second ? g_strndup(text, (gsize) (second - text)) : g_strdup(text);

    g_string_append(page, is_head ? "<th scope=\"row\">" : "<td>");
    if (is_file)
        put_lines(page, text);
    else
        put(page, first);
    if (!is_file && second && second[1]) {
        g_string_append(page, "<br/>\n<small>");
        put(page, second + 1);
        g_string_append(page, "</small>");
    }
    g_string_append(page, is_head ? "</th>" : "</td>");
}

/* A box that scrolls sideways by itself has to be reached by keyboard too. */
static void
put_table(GString *page, const ProseReportTable *table)
{
    g_autofree char *label = prose_report_escape(table->title);

    g_string_append_printf(page, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table%s>\n<thead><tr>", label,
                           table->numbers ? " class=\"numbers\"" : " class=\"words\"");
    for (unsigned c = 0; c < table->head->len; c++)
        put_element(page, "th", " scope=\"col\"", g_ptr_array_index(table->head, c));
    g_string_append(page, "</tr></thead>\n<tbody>\n");
    for (unsigned r = 0; r < table->rows->len; r++) {
        const GPtrArray *row = g_ptr_array_index(table->rows, r);

        g_string_append(page, "<tr>");
        for (unsigned c = 0; c < row->len; c++)
            put_cell(page, c == 0, g_ptr_array_index(row, c));
        g_string_append(page, "</tr>\n");
    }
    g_string_append(page, "</tbody>\n</table>\n</div>\n");
}

static void
put_table_section(GString *page, const ProseReportTable *table)
{
    g_string_append_printf(page, "<section aria-labelledby=\"%s\">\n", table->id);
    g_string_append_printf(page, "<h2 id=\"%s\">", table->id);
    put(page, table->title);
    g_string_append(page, "</h2>\n");
    if (table->note)
        put_element(page, "p", " class=\"note\"", table->note);
    if (table->absent)
        put_element(page, "p", " class=\"absent\"", table->absent);
    else
        put_table(page, table);
    g_string_append(page, "</section>\n");
}

/* ---- figures ---- */

static const char *
label_at(const ProseReportAxis *axis, double at)
{
    for (unsigned i = 0; i < axis->tics->len; i++) {
        const ProseReportTic *tic = &g_array_index(axis->tics, ProseReportTic, i);

        if (tic->at == at)
            return tic->label;
    }
    return NULL;
}

/* The axis' word for a place, else the number. (transfer full) */
static char *
place(const ProseReportAxis *axis, double at)
{
    const char *label = label_at(axis, at);

    return label ? g_strdup(label) : prose_report_number(at);
}

/* What is plotted, as numbers. (transfer full) */
static ProseReportTable *
numbers_of(const ProseReportFigure *figure)
{
    bool cells = figure->kind == PROSE_REPORT_HEAT_MAP, bars = figure->kind == PROSE_REPORT_BARS;
    bool intervals = false;
    g_autofree char *title = g_strdup_printf("Numbers of: %s", figure->title);
    ProseReportTable *table;

    for (unsigned s = 0; s < figure->series->len; s++) {
        const GArray *points = ((ProseReportSeries *) g_ptr_array_index(figure->series, s))->points;

        for (unsigned i = 0; i < points->len; i++)
            intervals = intervals || isfinite(g_array_index(points, ProseReportPoint, i).low);
    }
    table = cells   ? prose_report_table_new("", title, figure->x.title, figure->y.title, figure->value_title, NULL)
            : bars  ? prose_report_table_new("", title, "bar", "part", figure->value_title, NULL)
            : intervals
                ? prose_report_table_new("", title, "line", figure->x.title, figure->y.title, "95 % from", "95 % to", NULL)
                : prose_report_table_new("", title, "line", figure->x.title, figure->y.title, NULL);
    table->numbers = true;
    for (unsigned s = 0; s < figure->series->len; s++) {
        const ProseReportSeries *series = g_ptr_array_index(figure->series, s);

        for (unsigned i = 0; i < series->points->len; i++) {
            const ProseReportPoint *p = &g_array_index(series->points, ProseReportPoint, i);
            g_autofree char *x = place(&figure->x, p->x), *y = cells || bars ? place(&figure->y, p->y) : prose_report_number(p->y);
            g_autofree char *value = prose_report_number(p->value);
            g_autofree char *low = prose_report_number(p->low), *high = prose_report_number(p->high);

            if (cells)
                prose_report_table_add(table, x, y, value, NULL);
            else if (bars)
                prose_report_table_add(table, y, series->label, value, NULL);
            else if (intervals)
                prose_report_table_add(table, series->label, x, y, low, high, NULL);
            else
                prose_report_table_add(table, series->label, x, y, NULL);
        }
    }
    return table;
}

static void
put_legend(GString *page, const ProseReportFigure *figure)
{
    if (figure->kind == PROSE_REPORT_HEAT_MAP) {
        const GArray *points = ((ProseReportSeries *) g_ptr_array_index(figure->series, 0))->points;
        double low = INFINITY, high = -INFINITY;
        g_autofree char *from = NULL, *to = NULL;

        for (unsigned i = 0; i < points->len; i++) {
            low = MIN(low, g_array_index(points, ProseReportPoint, i).value);
            high = MAX(high, g_array_index(points, ProseReportPoint, i).value);
        }
        from = prose_report_number(low);
        to = prose_report_number(high);
        g_string_append(page, "<p class=\"ramp\">");
        put(page, from);
        g_string_append(page, "<svg viewBox=\"0 0 16 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
        for (unsigned i = 0; i < 16; i++) {
            char colour[8];

            prose_report_heat(colour, i / 15.0);
            g_string_append_printf(page, "<rect x=\"%u\" width=\"1.05\" height=\"1\" fill=\"%s\"/>", i, colour);
        }
        g_string_append(page, "</svg>");
        put(page, to);
        g_string_append(page, "</p>\n");
        return;
    }
    /* A single line needs no name. */
    if (figure->series->len == 1 && figure->kind != PROSE_REPORT_BARS)
        return;
    g_string_append(page, "<ul class=\"legend\">\n");
    for (unsigned s = 0; s < figure->series->len; s++) {
        const ProseReportSeries *series = g_ptr_array_index(figure->series, s);
        const ProseReportLook *look = prose_report_look(s);

        g_string_append(page, "<li><svg viewBox=\"0 0 44 16\" aria-hidden=\"true\">");
        if (figure->kind == PROSE_REPORT_BARS) {
            g_string_append_printf(page, "<rect x=\"6\" width=\"32\" height=\"16\" fill=\"%s\"/>", look->colour);
        } else {
            if (!figure->has_words)
                g_string_append_printf(page, "<path d=\"M0,8H44\" fill=\"none\" stroke=\"%s\" stroke-width=\"3\" stroke-dasharray=\"%s\"/>",
                                   look->colour, *look->dashes ? look->dashes : "none");
            /* The plot's own mark: gnuplot counts from 1, its SVG from 0. */
            if (figure->has_marks)
                g_string_append_printf(page, "<use href=\"#%s-gpPt%u\" fill=\"none\" transform=\"translate(22,8) scale(5.5)\" color=\"%s\"/>",
                                       figure->id, look->gnuplot_point - 1, look->colour);
        }
        g_string_append(page, "</svg>");
        put(page, series->label);
        g_string_append(page, "</li>\n");
    }
    g_string_append(page, "</ul>\n");
}

static void
put_figure(GString *page, const ProseReportFigure *figure)
{
    g_string_append_printf(page, "<figure id=\"%s\">\n", figure->id);
    put_element(page, "h4", "", figure->title);
    if (figure->absent) {
        put_element(page, "p", " class=\"absent\"", figure->absent);
        g_string_append(page, "</figure>\n");
        return;
    }
    g_string_append(page, figure->svg);
    g_string_append_c(page, '\n');
    put_legend(page, figure);
    put_element(page, "figcaption", "", figure->caption);
    g_string_append(page, "<details>\n<summary>The numbers</summary>\n");
    {
        ProseReportTable *table = numbers_of(figure);

        put_table(page, table);
        prose_report_table_free(table);
    }
    g_string_append(page, "</details>\n</figure>\n");
}

/* ---- the page ---- */

static const ProseReportFigure *
figure_at(const ProseReport *report, unsigned i)
{
    return g_ptr_array_index(report->figures, i);
}

static bool
begins_section(const ProseReport *report, unsigned i)
{
    return i == 0 || strcmp(figure_at(report, i - 1)->section, figure_at(report, i)->section) != 0;
}

static void
put_links(GString *page, const ProseReport *report)
{
    g_string_append(page, "<nav aria-label=\"Contents\"><ul>\n");
    for (unsigned side = 0; side < 2; side++) {
        const GPtrArray *tables = side == 0 ? report->before : report->after;

        for (unsigned i = 0; i < tables->len; i++) {
            const ProseReportTable *table = g_ptr_array_index(tables, i);

            g_string_append_printf(page, "<li><a href=\"#%s\">", table->id);
            put(page, table->title);
            g_string_append(page, "</a></li>\n");
        }
        for (unsigned i = 0; side == 0 && i < report->figures->len; i++) {
            if (!begins_section(report, i))
                continue;
            g_string_append_printf(page, "<li><a href=\"#%s\">", figure_at(report, i)->id);
            put(page, figure_at(report, i)->section);
            g_string_append(page, "</a></li>\n");
        }
    }
    g_string_append(page, "</ul></nav>\n");
}

char *
prose_report_to_html(const ProseReport *report)
{
    GString *page = g_string_new("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                                 "<meta name=\"referrer\" content=\"no-referrer\"/>\n");

    put_element(page, "title", "", report->title);
    g_string_append_printf(page, "<style>\n%s</style>\n</head>\n<body>\n<header>\n", style);
    put_element(page, "h1", "", report->title);
    for (unsigned i = 0; i < report->lead->len; i++)
        put_element(page, "p", "", g_ptr_array_index(report->lead, i));
    put_links(page, report);
    g_string_append(page, "</header>\n<main>\n");
    for (unsigned i = 0; i < report->before->len; i++)
        put_table_section(page, g_ptr_array_index(report->before, i));
    g_string_append(page, "<section aria-labelledby=\"figures\">\n<h2 id=\"figures\">Figures</h2>\n<div class=\"figures\">\n");
    for (unsigned i = 0; i < report->figures->len; i++) {
        if (begins_section(report, i))
            put_element(page, "h3", " class=\"part\"", figure_at(report, i)->section);
        put_figure(page, figure_at(report, i));
    }
    g_string_append(page, "</div>\n</section>\n");
    for (unsigned i = 0; i < report->after->len; i++)
        put_table_section(page, g_ptr_array_index(report->after, i));
    g_string_append(page, "</main>\n</body>\n</html>\n");
    return g_string_free(page, FALSE);
}
