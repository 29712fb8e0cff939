/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the report share: results as read, and figures as numbers before they are drawn. */
#ifndef PROSE_REPORT_INTERNAL_H
#define PROSE_REPORT_INTERNAL_H

#include "prose-db.h"
#include "prose-report.h"

/* Results as read. */

typedef struct ProseReportFactor {
    char *name, *unit;             /* (owned) */
    GPtrArray *texts;              /* (owned) of char*: its values as written, by size, else by text */
    GArray *si;                    /* (owned) of double: the same in base units; NaN where it is no number */
    bool is_number;                /* all are */
} ProseReportFactor;

typedef struct ProseReportConfig {
    gint64 config;                 /* its number in the tables */
    char *label;                   /* (owned) */
    char *reason;                  /* (owned) (nullable): why it is not run */
    bool valid;
    guint runs, done;
    guint *values;                 /* (owned): of each factor, the index of its value; G_MAXUINT: it has none */
} ProseReportConfig;

/* Mean and half a 95 % interval over the runs of a configuration: a row of the view `ci` for the whole run (entity ""). */
typedef struct ProseReportMean {
    guint n;
    double mean, half95;           /* half95: NaN for fewer than two */
} ProseReportMean;

/* More lines than this nobody tells apart. */
enum { PROSE_REPORT_GROUPS_MAX = 8 };

/* What one line or bar stands for: one configuration, or all that share a factor's value. */
typedef struct ProseReportGroup {
    char *label;                   /* (owned) */
    char *in;                      /* (owned): "IN (1, 2)", of configurations */
} ProseReportGroup;

typedef struct ProseReportData {
    ProseDb *db;                   /* (owned) */
    char *path;                    /* (owned) */
    GError *error;                 /* (owned) (nullable): the first that went wrong; queries after it give nothing */
    GPtrArray *factors;            /* (owned) of ProseReportFactor that have at least two values */
    GPtrArray *configs;            /* (owned) of ProseReportConfig, by number */
    GHashTable *means;             /* (owned) "config name" -> (owned) ProseReportMean; looked up, never walked */
    GPtrArray *groups;             /* (owned) of ProseReportGroup */
    char *grouping;                /* (owned): what the groups are, as a sentence; "" for a single one */
    guint runs, done;
} ProseReportData;

/* @directory's results, checked and read. Returns: %NULL and PROSE_RUN_ERROR. (transfer full) */
ProseReportData *prose_report_data_open(const char *directory, GError **error);
void prose_report_data_free(ProseReportData *data);
/* (nullable): fewer runs than one have it */
const ProseReportMean *prose_report_data_mean(const ProseReportData *data, const ProseReportConfig *config, const char *name);

/* A query; parameters are texts, by place. Returns: never %NULL; after an error it gives no rows. (transfer full): ends in
 * prose_report_query_free(). */
typedef struct ProseReportQuery ProseReportQuery;
ProseReportQuery *prose_report_query(ProseReportData *data, const char *sql, ...) G_GNUC_NULL_TERMINATED;
bool prose_report_query_next(ProseReportQuery *query);
void prose_report_query_free(ProseReportQuery *query);
double prose_report_query_double(ProseReportQuery *query, int column);         /* NULL: NaN */
gint64 prose_report_query_int(ProseReportQuery *query, int column);            /* NULL: 0 */
bool prose_report_query_is_null(ProseReportQuery *query, int column);
const char *prose_report_query_text(ProseReportQuery *query, int column);      /* NULL: "" */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseReportQuery, prose_report_query_free)

/* The sentence of `describe` for a metric; "keys.blackout.mean" has that of "keys.blackout". (nullable) */
const char *prose_report_sentence(const char *metric);

typedef struct ProseReport ProseReport;

/* Figures: numbers and words, from which plot and table are both made, so that they cannot differ. */

typedef enum ProseReportKind {
    PROSE_REPORT_LINES,            /* points joined, with intervals where there are any */
    PROSE_REPORT_STEPS,            /* a value holds until the next */
    PROSE_REPORT_BARS,             /* one bar a tic of y; each series is one part of all bars, laid end to end */
    PROSE_REPORT_HEAT_MAP,         /* one series; x and y count tics from 0, value is the colour */
} ProseReportKind;

typedef struct ProseReportPoint {
    double x, y;
    double value;                  /* heat map; bars: the length of the part, from x */
    double low, high;              /* 95 % interval of y; NaN: none */
} ProseReportPoint;

typedef struct ProseReportSeries {
    char *label;                   /* (owned) */
    GArray *points;                /* (owned) of ProseReportPoint */
} ProseReportSeries;

typedef struct ProseReportTic {
    double at;
    char *label;                   /* (owned) */
} ProseReportTic;

typedef struct ProseReportAxis {
    char *title;                   /* (owned), with the unit */
    bool log;
    double from, to;               /* equal: as the points want it */
    GArray *tics;                  /* (owned) of ProseReportTic; empty: gnuplot's own */
} ProseReportAxis;

typedef struct ProseReportFigure {
    char *id;                      /* (owned), unique in the page: letters, digits, '-' */
    char *section;                 /* (owned): the heading it stands under; figures of one follow each other */
    char *title;                   /* (owned) */
    char *caption;                 /* (owned): what exactly is counted */
    char *absent;                  /* (owned) (nullable): there is nothing to plot: why, and which setting would give it */
    ProseReportKind kind;
    bool has_marks;                /* lines: each point is a measurement and is marked */
    bool has_words;                /* lines: x counts words, between which there is nothing: marks alone, those of one word side by side */
    ProseReportAxis x, y;
    char *value_title;             /* (owned) (nullable): of a heat map's colours, of bars' parts */
    GPtrArray *series;             /* (owned) of ProseReportSeries */
    char *svg;                     /* (owned) (nullable): once plotted */
} ProseReportFigure;

ProseReportFigure *prose_report_figure_new(ProseReportKind kind, const char *section, const char *id, const char *title);
void prose_report_figure_free(ProseReportFigure *figure);
ProseReportSeries *prose_report_figure_add_series(ProseReportFigure *figure, const char *label);   /* (transfer none) */
void prose_report_series_add(ProseReportSeries *series, double x, double y, double low, double high);
void prose_report_axis_add_tic(ProseReportAxis *axis, double at, const char *label);

/* Adds a figure to the page. (transfer none) */
ProseReportFigure *prose_report_add_figure(ProseReport *report, ProseReportKind kind, const char *section, const char *id, const char *title);
void prose_report_figure_set_absent(ProseReportFigure *figure, const char *why);
/* y from 0 to a little above the highest point, so that lengths can be compared. */
void prose_report_figure_set_range(ProseReportFigure *figure);
void prose_report_figure_drop_empty(ProseReportFigure *figure);        /* series without a point */
/* @what, then what `describe` says of @metric, then @grouping. (transfer full) */
char *prose_report_caption(const char *what, const char *metric, const char *grouping);

/* How a series looks, in the plot and in the legend: told apart without colour too. */
#define PROSE_REPORT_N_LOOKS 8
typedef struct ProseReportLook {
    const char *colour;            /* "#rrggbb", at least 3:1 on both backgrounds of the page */
    const char *dashes;            /* of SVG; "" for solid */
    unsigned gnuplot_dashes, gnuplot_point;
} ProseReportLook;
const ProseReportLook *prose_report_look(unsigned series);

/* "#rrggbb" of a heat map's cell, @part from 0 to 1, and of the text on it. Returns: @ret. */
char *prose_report_heat(char ret[8], double part);
const char *prose_report_ink_on(const char *colour);

/**
 * prose_report_plot:
 *
 * Draws a figure that is not absent: a script on the standard input of gnuplot, whose SVG is cut to stand inside a page: own
 * title and description, own identifiers, currentColor for ink.
 *
 * Returns: false and PROSE_RUN_ERROR_FAILED if gnuplot is missing or fails.
 */
bool prose_report_plot(ProseReportFigure *figure, GError **error);
/* The script alone. (transfer full) */
char *prose_report_plot_script(const ProseReportFigure *figure);

/* Text that may stand in an XML document: valid UTF-8 without control characters. (transfer full) */
char *prose_report_clean_text(const char *text);
/* The same, escaped for an element's text or a quoted attribute. (transfer full) */
char *prose_report_escape(const char *text);

/* The page: */

typedef struct ProseReportTable {
    char *id, *title, *note;       /* (owned); note (nullable) */
    GPtrArray *head;               /* (owned) of char* */
    GPtrArray *rows;               /* (owned) of GPtrArray of char* */
    char *absent;                  /* (owned) (nullable): why there are no rows */
    bool numbers;                  /* all columns but the first are numbers */
} ProseReportTable;

ProseReportTable *prose_report_table_new(const char *id, const char *title, const char *head, ...) G_GNUC_NULL_TERMINATED;
void prose_report_table_free(ProseReportTable *table);
/* A row: texts, copied, up to the number of columns. */
void prose_report_table_add(ProseReportTable *table, const char *first, ...) G_GNUC_NULL_TERMINATED;

struct ProseReport {
    char *title;                   /* (owned) */
    GPtrArray *lead;               /* (owned) of char*: paragraphs at the top */
    GPtrArray *before, *after;     /* (owned) of ProseReportTable: above and below the figures */
    GPtrArray *figures;            /* (owned) of ProseReportFigure */
};

ProseReport *prose_report_new(void);
void prose_report_free(ProseReport *report);
/* Fill it: prose-report-tables.c, -figures.c, -swept.c. Errors are left in @data. */
void prose_report_add_tables(ProseReport *report, ProseReportData *data);
void prose_report_add_swept(ProseReport *report, const ProseReportData *data);
void prose_report_add_figures(ProseReport *report, ProseReportData *data);

/* (transfer full): the page. */
char *prose_report_to_html(const ProseReport *report);
/* A number as the page's tables show it. (transfer full) */
char *prose_report_number(double value);

#endif
