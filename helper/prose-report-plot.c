/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures as SVG, by gnuplot: a script on its standard input, its standard output cut to stand inside a page. */
#include "prose-report-internal.h"

#include "prose-output.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* Drawn so wide that a telephone shows the letters at 10 px, and shown up to about twice that. */
enum { WIDTH = 480, HEIGHT = 330, BAR_HEIGHT = 30, CELL_HEIGHT = 40, NARROW = 6 /* columns of a map */ };
#define FONT_SIZE 14
#define BESIDE 0.09                /* of the distance between two words */
#define LETTER_WIDTH 7.2           /* of FONT_SIZE, for margins */
/* Points lie in one datablock a series; its name. */
#define BLOCK "$s%u"

static const ProseReportLook looks[PROSE_REPORT_N_LOOKS] = {
    { "#0072b2", "", 1, 7 }, { "#c9520a", "7 4", 2, 5 }, { "#00875f", "2 3", 3, 9 }, { "#b8569b", "9 3 2 3", 4, 13 },
    { "#76746c", "", 1, 6 }, { "#5e6ad2", "7 4", 2, 4 }, { "#8f7300", "2 3", 3, 8 }, { "#d03f4f", "9 3 2 3", 4, 12 },
};

const ProseReportLook *
prose_report_look(unsigned series)
{
    return &looks[series % PROSE_REPORT_N_LOOKS];
}

char *
prose_report_heat(char ret[8], double part)
{
    /* Dark blue to yellow by way of grey: lightness rises evenly, and red and green are never told apart by hue alone. */
    static const double stops[][3] = { { 0, 34, 78 }, { 66, 78, 107 }, { 124, 123, 120 }, { 187, 174, 112 }, { 254, 232, 56 } };
    double at = CLAMP(part, 0, 1) * (G_N_ELEMENTS(stops) - 1);
    unsigned i = MIN((unsigned) at, (unsigned) G_N_ELEMENTS(stops) - 2);
    unsigned rgb[3];

    for (unsigned c = 0; c < 3; c++)
        rgb[c] = (unsigned) lround(stops[i][c] + (at - i) * (stops[i + 1][c] - stops[i][c])) & 0xff;
    g_snprintf(ret, 8, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    return ret;
}

const char *
prose_report_ink_on(const char *colour)
{
    guint64 rgb = g_ascii_strtoull(colour + 1, NULL, 16);
    double luminance = 0;
    static const double weights[3] = { 0.0722, 0.7152, 0.2126 };

    for (unsigned c = 0; c < 3; c++) {
        double v = (double) (rgb >> (8 * c) & 0xff) / 255;

        luminance += weights[c] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    /* Where black and white contrast alike. */
    return luminance > 0.179 ? "#000000" : "#ffffff";
}

char *
prose_report_clean_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *clean = g_string_new(NULL);

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\t' || c == '\n' || c == '\r')
            g_string_append_c(clean, ' ');
        else if (c < 0x20 || c == 0x7f || c == 0xfffe || c == 0xffff)
            g_string_append_unichar(clean, 0xfffd);
        else
            g_string_append_unichar(clean, c);
    }
    return g_string_free(clean, FALSE);
}

char *
prose_report_escape(const char *text)
{
    g_autofree char *clean = prose_report_clean_text(text);

    return g_markup_escape_text(clean, -1);
}

/* ---- the script ---- */

/* Between single quotes gnuplot looks at nothing but the quote itself. */
static void
put_quoted(GString *script, const char *text)
{
    g_autofree char *clean = prose_report_clean_text(text);

    g_string_append_c(script, '\'');
    for (const char *p = clean; *p; p++)
        g_string_append(script, *p == '\'' ? "''" : (char[]) { *p, '\0' });
    g_string_append_c(script, '\'');
}

/* A tic's label is a format, in which a per cent sign stands twice. */
static void
put_tic(GString *script, const char *label)
{
    g_autoptr(GString) doubled = g_string_new(label);

    g_string_replace(doubled, "%", "%%", 0);
    put_quoted(script, doubled->str);
    g_string_append_c(script, ' ');
}

static void
put_number(GString *script, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(script, isfinite(value) ? g_ascii_formatd(text, sizeof text, "%.9g", value) : "NaN");
    g_string_append_c(script, ' ');
}

static unsigned
longest_tic(const ProseReportAxis *axis)
{
    unsigned longest = 0;

    for (unsigned i = 0; i < axis->tics->len; i++)
        longest = MAX(longest, (unsigned) g_utf8_strlen(g_array_index(axis->tics, ProseReportTic, i).label, -1));
    return longest;
}

/* Tics that are words lie side by side if there is room, else they are turned. Returns: whether they are. */
static bool
is_turned(const ProseReportFigure *figure)
{
    const GArray *tics = figure->x.tics;
    double width = WIDTH - 90, room = width;

    for (unsigned i = 1; i < tics->len; i++) {
        double a = g_array_index(tics, ProseReportTic, i - 1).at, b = g_array_index(tics, ProseReportTic, i).at;
        double first = g_array_index(tics, ProseReportTic, 0).at, last = g_array_index(tics, ProseReportTic, tics->len - 1).at;
        double part = figure->kind == PROSE_REPORT_HEAT_MAP ? 1.0 / tics->len
                      : figure->x.log                       ? log(b / a) / log(last / first)
                                                            : (b - a) / (last - first);

        room = MIN(room, part * width);
    }
    return tics->len > 1 && longest_tic(&figure->x) * LETTER_WIDTH + 6 > room;
}

static unsigned
height(const ProseReportFigure *figure, bool turned)
{
    unsigned extra = turned ? (unsigned) (longest_tic(&figure->x) * LETTER_WIDTH * 0.7) : 0;

    if (figure->kind == PROSE_REPORT_BARS)
        return 70 + figure->y.tics->len * BAR_HEIGHT;
    if (figure->kind == PROSE_REPORT_HEAT_MAP)
        return MAX(90 + figure->y.tics->len * CELL_HEIGHT, 170) + extra;
    return HEIGHT + extra;
}

/* A title longer than its axis is cut: it stands in full in the figure's table. */
static void
put_axis(GString *script, char letter, const ProseReportAxis *axis, unsigned length, const char *options)
{
    if (axis->title) {
        glong fits = (glong) (length / LETTER_WIDTH);
        g_autofree char *cut = NULL;

        if (g_utf8_strlen(axis->title, -1) > fits) {
            g_autofree char *start = g_utf8_substring(axis->title, 0, fits - 1);

            cut = g_strconcat(start, "…", NULL);
        }
        g_string_append_printf(script, "set %clabel ", letter);
        put_quoted(script, cut ? cut : axis->title);
        g_string_append(script, letter == 'x' ? " offset 0,0.5\n" : "\n");
    }
    if (axis->log)
        g_string_append_printf(script, "set logscale %c\n", letter);
    if (axis->from != axis->to) {
        g_string_append_printf(script, "set %crange [", letter);
        put_number(script, axis->from);
        g_string_append_c(script, ':');
        put_number(script, axis->to);
        g_string_append(script, "]\n");
    }
    g_string_append_printf(script, "set %ctics nomirror out scale 0.6 %s", letter, options);
    for (unsigned i = 0; i < axis->tics->len; i++) {
        const ProseReportTic *tic = &g_array_index(axis->tics, ProseReportTic, i);

        g_string_append(script, i == 0 ? " (" : ", ");
        put_tic(script, tic->label);
        put_number(script, tic->at);
    }
    g_string_append(script, axis->tics->len > 0 ? ")\n" : "\n");
    if (axis->tics->len > 0)
        g_string_append_printf(script, "unset m%ctics\n", letter);
}

static void
put_points(GString *script, const ProseReportFigure *figure)
{
    for (unsigned s = 0; s < figure->series->len; s++) {
        const ProseReportSeries *series = g_ptr_array_index(figure->series, s);

        g_string_append_printf(script, BLOCK " << EOD\n", s);
        for (unsigned i = 0; i < series->points->len; i++) {
            const ProseReportPoint *p = &g_array_index(series->points, ProseReportPoint, i);
            bool has_interval = isfinite(p->low) && isfinite(p->high);

            put_number(script, figure->has_words ? p->x + (s - (figure->series->len - 1) / 2.0) * BESIDE : p->x);
            put_number(script, p->y);
            if (figure->kind == PROSE_REPORT_BARS) {
                put_number(script, p->x + p->value);
                put_number(script, p->y - 0.36);
                put_number(script, p->y + 0.36);
            } else {
                put_number(script, has_interval ? p->low : p->y);
                put_number(script, has_interval ? p->high : p->y);
            }
            g_string_append_c(script, '\n');
        }
        g_string_append(script, "EOD\n");
    }
}

static bool
has_intervals(const ProseReportSeries *series)
{
    for (unsigned i = 0; i < series->points->len; i++) {
        const ProseReportPoint *p = &g_array_index(series->points, ProseReportPoint, i);

        if (isfinite(p->low) && isfinite(p->high))
            return true;
    }
    return false;
}

static void
put_curves(GString *script, const ProseReportFigure *figure)
{
    for (unsigned s = 0; s < figure->series->len; s++) {
        const ProseReportSeries *series = g_ptr_array_index(figure->series, s);
        const ProseReportLook *look = prose_report_look(s);
        const char *style = figure->kind == PROSE_REPORT_STEPS ? "steps" : figure->has_words ? "points" : figure->has_marks ? "linespoints" : "lines";
        const char *separator = s == 0 ? "plot " : ", ";

        if (figure->kind == PROSE_REPORT_BARS) {
            g_string_append_printf(script, "%s" BLOCK " using 1:2:1:3:4:5 with boxxyerror fs solid 1 noborder lc rgb '%s' title ", separator, s,
                                   look->colour);
        } else if (has_intervals(series)) {
            if (!figure->has_words)
                g_string_append_printf(script, "%s" BLOCK " using 1:2 with lines lw 2 dt %u lc rgb '%s' notitle", separator, s,
                                       look->gnuplot_dashes, look->colour);
            g_string_append_printf(script, "%s" BLOCK " using 1:2:3:4 with yerrorbars lw 1.5 pt %u ps 0.7 lc rgb '%s' title ",
                                   figure->has_words ? separator : ", ", s, look->gnuplot_point, look->colour);
        } else {
            g_string_append_printf(script, "%s" BLOCK " using 1:2 with %s lw 2 dt %u pt %u ps 0.7 lc rgb '%s' title ", separator, s, style,
                                   look->gnuplot_dashes, look->gnuplot_point, look->colour);
        }
        put_quoted(script, series->label);
    }
    g_string_append_c(script, '\n');
}

/* Cells are objects and labels, so that each has its own colour, and its number in an ink that can be read on it. */
static void
put_cells(GString *script, const ProseReportFigure *figure)
{
    const ProseReportSeries *series = g_ptr_array_index(figure->series, 0);
    double low = INFINITY, high = -INFINITY;

    for (unsigned i = 0; i < series->points->len; i++) {
        double value = g_array_index(series->points, ProseReportPoint, i).value;

        low = MIN(low, value);
        high = MAX(high, value);
    }
    for (unsigned i = 0; i < series->points->len; i++) {
        const ProseReportPoint *p = &g_array_index(series->points, ProseReportPoint, i);
        g_autofree char *number = figure->x.tics->len > NARROW ? g_strdup_printf("%.3g", p->value) : prose_report_number(p->value);
        char colour[8];

        prose_report_heat(colour, high > low ? (p->value - low) / (high - low) : 0.5);
        g_string_append_printf(script, "set object %u rectangle center %d,%d size 1,1 fs solid 1 noborder fc rgb '%s'\n", i + 1, (int) p->x,
                               (int) p->y, colour);
        g_string_append_printf(script, "set label %u ", i + 1);
        put_quoted(script, number);
        g_string_append_printf(script, " at %d,%d center front tc rgb '%s' font ',%d'\n", (int) p->x, (int) p->y, prose_report_ink_on(colour),
                               figure->x.tics->len > NARROW ? FONT_SIZE - 3 : FONT_SIZE - 1);
    }
    g_string_append_printf(script, "set xrange [-0.5:%u.5]\nset yrange [-0.5:%u.5]\nplot " BLOCK " using 1:2 with dots lc rgb '#808080' notitle\n",
                           figure->x.tics->len - 1, figure->y.tics->len - 1, 0);
}

char *
prose_report_plot_script(const ProseReportFigure *figure)
{
    GString *script = g_string_new(NULL);
    bool turned = is_turned(figure);
    bool flat = figure->kind == PROSE_REPORT_HEAT_MAP;

    g_string_append_printf(script,
                           "set encoding utf8\n"
                           "set terminal svg size %d,%u dynamic rounded noenhanced font 'sans-serif,%d'\n"
                           "set border %d\nunset key\n",
                           WIDTH, height(figure, turned), FONT_SIZE, flat ? 0 : 3);
    if (!flat)
        g_string_append_printf(script, "set grid %s lt 1 lw 0.5 lc rgb '#808080'\n", figure->kind == PROSE_REPORT_BARS ? "xtics" : "ytics");
    put_points(script, figure);
    put_axis(script, 'x', &figure->x, WIDTH - 110, turned ? "rotate by -35 left offset -0.5,-0.2" : "offset 0,0.3");
    put_axis(script, 'y', &figure->y, height(figure, turned) - 80, "");
    if (figure->kind == PROSE_REPORT_BARS)
        g_string_append_printf(script, "set yrange [%u.6:-0.6]\n", figure->y.tics->len - 1);
    if (flat)
        put_cells(script, figure);
    else
        put_curves(script, figure);
    return g_string_free(script, FALSE);
}

/* ---- the picture ---- */

static char *
replace(const char *text, const char *pattern, const char *by)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);

    g_assert(regex);
    return g_regex_replace(regex, text, -1, 0, by, 0, NULL);
}

/* What a reader without the picture is told. (transfer full) */
static char *
description(const ProseReportFigure *figure)
{
    static const char *const kinds[] = {
        [PROSE_REPORT_LINES] = "Line chart", [PROSE_REPORT_STEPS] = "Step chart", [PROSE_REPORT_BARS] = "Bar chart",
        [PROSE_REPORT_HEAT_MAP] = "Heat map",
    };
    GString *text = g_string_new(kinds[figure->kind]);

    if (figure->kind == PROSE_REPORT_HEAT_MAP)
        g_string_append_printf(text, " of %s, %u by %u cells", figure->value_title, figure->x.tics->len, figure->y.tics->len);
    g_string_append_printf(text, ", from left to right %s", figure->x.title);
    if (figure->y.title)
        g_string_append_printf(text, ", upwards %s", figure->y.title);
    if (figure->kind != PROSE_REPORT_HEAT_MAP) {
        g_string_append(text, figure->series->len == 1 ? "; shown: " : figure->kind == PROSE_REPORT_BARS ? "; parts: " : "; lines: ");
        for (unsigned s = 0; s < figure->series->len; s++)
            g_string_append_printf(text, "%s%s", s == 0 ? "" : ", ", ((ProseReportSeries *) g_ptr_array_index(figure->series, s))->label);
    }
    g_string_append(text, ". The numbers are in the table below it.");
    return g_string_free(text, FALSE);
}

/* gnuplot's document, cut: what is left depends on figure and gnuplot alone. (transfer full) */
static char *
embed(const ProseReportFigure *figure, const char *svg)
{
    static const struct { const char *pattern, *by; } cuts[] = {
        { "(?s)<title>Gnuplot</title>\\s*<desc>.*?</desc>", "" },
        { "(?s)\\s*<filter .*?</filter>", "" },
        { "<rect x=\"0\" y=\"0\" [^>]*fill=\"none\"/>", "" },
        { "<g [^>]*>\\s*</g>\\s*", "" },
        { " (?:color|fill|stroke)=(?:\"black\"|'black')", "" },
        { "<use [^>]*color='white'/>\\s*", "" },        /* a hole in the line behind a mark, in the colour of a paper that may be dark */
        { " font-family=\"[^\"]*\"", "" },
        { "<g fill=\"none\"", "<g fill=\"none\" stroke=\"currentColor\"" },
        { "(stroke=\"currentColor\") stroke=\"[^\"]*\"", "\\1" },
        { "stroke=\"none\"(?! fill)", "stroke=\"none\" fill=\"currentColor\"" },
        { "rgb\\( *(\\d+), *(\\d+), *(\\d+)\\)", "rgb(\\1,\\2,\\3)" },
        { "(?m)^[ \\t]+", "" },
        { "\\n{2,}", "\n" },
    };
    const char *from = strstr(svg, "viewBox=\"");
    const char *body = from ? strchr(from, '>') : NULL;
    g_autofree char *view_box = from ? g_strndup(from, strcspn(from + 9, "\"") + 10) : NULL;
    g_autofree char *words = description(figure);
    g_autofree char *says = prose_report_escape(words), *title = prose_report_escape(figure->title);
    g_autofree char *rest = NULL, *named = NULL, *ids = NULL, *uses = NULL;

    if (!body)
        return NULL;
    rest = g_strdup(body + 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(cuts); i++) {
        char *cut = replace(rest, cuts[i].pattern, cuts[i].by);

        g_free(rest);
        rest = cut;
    }
    ids = g_strdup_printf("id=\\1%s-", figure->id);
    uses = g_strdup_printf("xlink:href='#%s-", figure->id);
    named = replace(rest, "\\bid=(['\"])", ids);
    g_free(rest);
    rest = replace(named, "xlink:href='#", uses);
    return g_strdup_printf("<svg class=\"plot\" %s font-family=\"sans-serif\" xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
                           " role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n<title id=\"%s-title\">%s</title>\n"
                           "<desc id=\"%s-desc\">%s</desc>%s",
                           view_box, figure->id, figure->id, figure->id, title, figure->id, says, rest);
}

bool
prose_report_plot(ProseReportFigure *figure, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                                                        | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr(GSubprocess) gnuplot = NULL;
    g_autoptr(GError) why = NULL;
    g_autofree char *script = prose_report_plot_script(figure);
    g_autofree char *svg = NULL, *complaint = NULL;

    /* Nobody's start-up files, fonts, terminals or locale. */
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
    for (const char *const *name = (const char *const[]) { "GNUTERM", "GNUPLOT_LIB", "GNUPLOT_FONTPATH", "GDFONTPATH", NULL }; *name; name++)
        g_subprocess_launcher_unsetenv(launcher, *name);
    gnuplot = g_subprocess_launcher_spawn(launcher, &why, "gnuplot", "-d", "-", NULL);
    if (!gnuplot) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                    g_error_matches(why, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)
                        ? "gnuplot, which draws the plots, is not there; apt-get install gnuplot-nox"
                        : "gnuplot cannot be run: %s",
                    why->message);
        return false;
    }
    if (!g_subprocess_communicate_utf8(gnuplot, script, NULL, &svg, &complaint, &why)) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "gnuplot, figure \"%s\": %s", figure->title, why->message);
        return false;
    }
    if (g_subprocess_get_successful(gnuplot) && svg && g_str_has_suffix(g_strchomp(svg), "</svg>"))
        figure->svg = embed(figure, svg);
    if (!figure->svg) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "gnuplot failed on figure \"%s\": %s", figure->title,
                    complaint && *complaint ? g_strstrip(complaint) : "it wrote no picture");
        return false;
    }
    return true;
}

/* ---- figures ---- */

static void
series_free(void *data)
{
    ProseReportSeries *series = data;

    g_free(series->label);
    g_array_unref(series->points);
    g_free(series);
}

static void
tic_clear(void *data)
{
    g_free(((ProseReportTic *) data)->label);
}

static void
axis_init(ProseReportAxis *axis)
{
    axis->tics = g_array_new(FALSE, FALSE, sizeof(ProseReportTic));
    g_array_set_clear_func(axis->tics, tic_clear);
}

ProseReportFigure *
prose_report_figure_new(ProseReportKind kind, const char *section, const char *id, const char *title)
{
    ProseReportFigure *figure = g_new0(ProseReportFigure, 1);

    figure->kind = kind;
    figure->section = g_strdup(section);
    figure->id = g_strdup(id);
    figure->title = g_strdup(title);
    figure->series = g_ptr_array_new_with_free_func(series_free);
    axis_init(&figure->x);
    axis_init(&figure->y);
    return figure;
}

void
prose_report_figure_free(ProseReportFigure *figure)
{
    if (!figure)
        return;
    for (ProseReportAxis *axis = &figure->x; axis; axis = axis == &figure->x ? &figure->y : NULL) {
        g_free(axis->title);
        g_array_unref(axis->tics);
    }
    g_ptr_array_unref(figure->series);
    g_free(figure->section);
    g_free(figure->id);
    g_free(figure->title);
    g_free(figure->caption);
    g_free(figure->absent);
    g_free(figure->value_title);
    g_free(figure->svg);
    g_free(figure);
}

ProseReportSeries *
prose_report_figure_add_series(ProseReportFigure *figure, const char *label)
{
    ProseReportSeries *series = g_new0(ProseReportSeries, 1);

    series->label = g_strdup(label);
    series->points = g_array_new(FALSE, FALSE, sizeof(ProseReportPoint));
    g_ptr_array_add(figure->series, series);
    return series;
}

void
prose_report_series_add(ProseReportSeries *series, double x, double y, double low, double high)
{
    ProseReportPoint point = { .x = x, .y = y, .low = low, .high = high };

    g_array_append_val(series->points, point);
}

void
prose_report_axis_add_tic(ProseReportAxis *axis, double at, const char *label)
{
    ProseReportTic tic = { .at = at, .label = g_strdup(label) };

    g_array_append_val(axis->tics, tic);
}
