/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-export.h"

#include "prose-ini.h"
#include "prose-json.h"
#include "prose-results.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG = 2 };

static void
put_text(const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void
put_value(sqlite3_stmt *statement, int column)
{
    char number[PROSE_DOUBLE_TEXT_MAX];

    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        break;
    case SQLITE_FLOAT:
        fputs(prose_double_print(number, sqlite3_column_double(statement, column)), stdout);
        break;
    default:
        put_text((const char *) sqlite3_column_text(statement, column));
    }
}

static int
put_rows(ProseDb *db, sqlite3_stmt *statement, GError **error)
{
    int n = sqlite3_column_count(statement), more;

    for (int i = 0; i < n; i++) {
        if (i > 0)
            putchar(',');
        put_text(sqlite3_column_name(statement, i));
    }
    fputs("\r\n", stdout);
    while ((more = prose_db_step(db, statement, error)) == 1) {
        for (int i = 0; i < n; i++) {
            if (i > 0)
                putchar(',');
            put_value(statement, i);
        }
        fputs("\r\n", stdout);
    }
    return more;
}

/* ---- what is asked for ---- */

static GPtrArray *
names_of(ProseDb *db, const char *sql, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    sqlite3_stmt *statement = prose_db_query(db, error, sql, "");
    int more = -1;

    while (statement && (more = prose_db_step(db, statement, error)) == 1)
        g_ptr_array_add(names, g_strdup((const char *) sqlite3_column_text(statement, 0)));
    return more == 0 ? g_steal_pointer(&names) : NULL;
}

static bool
has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (strcmp(names->pdata[i], name) == 0)
            return true;
    }
    return false;
}

/* The statement for a table or view: its columns in order, and with --wide the factors between the first column and the rest. */
static char *
sql_for_table(ProseDb *db, const char *table, bool wide, GError **error)
{
    g_autofree char *asks = g_strdup_printf("SELECT name FROM pragma_table_info('%s')", table);
    g_autoptr(GPtrArray) columns = names_of(db, asks, error), factors = NULL;
    g_autoptr(GString) sql = NULL;

    if (!columns)
        return NULL;
    sql = g_string_new("SELECT t.*");
    if (wide && strcmp(table, "wide") != 0) {
        bool by_run = has_name(columns, "run_id");

        factors = names_of(db, "SELECT DISTINCT name FROM factor ORDER BY name", error);
        if (!factors)
            return NULL;
        for (guint i = 0; i < factors->len && (by_run || has_name(columns, "config")); i++) {
            char *part = sqlite3_mprintf(", (SELECT coalesce(si, text) FROM factor AS f WHERE f.name = %Q AND f.config = %s) AS \"%w\"",
                                         factors->pdata[i],
                                         by_run ? "(SELECT config FROM run AS r WHERE r.run_id = t.run_id)" : "t.config", factors->pdata[i]);

            g_string_append(sql, part);
            sqlite3_free(part);
        }
    }
    g_string_append_printf(sql, " FROM \"%s\" AS t ORDER BY ", table);
    for (guint i = 0; i < columns->len; i++)
        g_string_append_printf(sql, "%s%u", i ? ", " : "", i + 1);
    return g_strdup(sql->str);
}

static char *
sql_for(ProseDb *db, const char *what, bool wide, GError **error)
{
    g_autoptr(GPtrArray) tables = names_of(db, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name", error);

    if (!tables)
        return NULL;
    if (has_name(tables, what))
        return sql_for_table(db, what, wide, error);
    if (strpbrk(what, " \t\n"))
        return g_strdup(what);
    g_set_error(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_MISTAKES, "no table or view \"%s\"; the nearest is %s", what,
                prose_nearest(what, (const char *const *) tables->pdata, tables->len));
    return NULL;
}

/* DIR, or the file itself. */
static char *
database_of(const char *directory)
{
    return g_file_test(directory, G_FILE_TEST_IS_DIR) ? g_build_filename(directory, PROSE_RESULTS_FILE, NULL) : g_strdup(directory);
}

static int
export_rows(const char *directory, const char *what, bool wide, GError **error)
{
    g_autofree char *path = database_of(directory), *sql = NULL;
    g_autoptr(ProseDb) db = prose_db_open(path, PROSE_DB_READ, error);
    sqlite3_stmt *statement;

    if (!db || !(sql = sql_for(db, what, wide, error)))
        return EXIT_WRONG;
    statement = prose_db_query(db, error, sql, "");
    if (!statement)
        return EXIT_WRONG;
    if (sqlite3_column_count(statement) == 0) {
        g_set_error_literal(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_MISTAKES, "that statement asks for nothing; a SELECT");
        return EXIT_WRONG;
    }
    if (put_rows(db, statement, error) < 0)
        return EXIT_FAILED;
    if (ferror(stdout) || fflush(stdout) != 0) {
        g_set_error_literal(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_FILE, "cannot write standard output");
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int
prose_export_main(int argc, char **argv)
{
    gboolean wide = FALSE;
    g_auto(GStrv) rest = NULL;
    const GOptionEntry entries[] = {
        { "wide", 0, 0, G_OPTION_ARG_NONE, &wide, "put the factors of a campaign beside each row; alone: one row a run, one column a metric", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, "DIR TABLE|SQL" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- results as CSV");
    g_autoptr(GError) error = NULL;
    int status;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "prose-sim export: %s\n", error->message);
        return EXIT_WRONG;
    }
    if (!rest || !rest[0] || (!rest[1] && !wide) || (rest[1] && rest[2])) {
        fprintf(stderr, "prose-sim export: expected a directory, and a table or SELECT; prose-sim export DIR TABLE|SQL [--wide]\n");
        return EXIT_WRONG;
    }
    status = export_rows(rest[0], rest[1] ? rest[1] : "wide", wide, &error);
    if (status != EXIT_DONE)
        fprintf(stderr, "prose-sim export: %s\n", error->message);
    return status;
}
