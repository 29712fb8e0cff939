/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-db.h"

#include "prose-output.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define BUSY_MS 60000              /* a reader may hold the file that long before a writer gives up */

struct ProseDb {
    sqlite3 *handle;
    char *path;
    ProseDbMode mode;
    GHashTable *statements;        /* owned text -> sqlite3_stmt, owned */
};

static void
statement_free(gpointer data)
{
    sqlite3_finalize(data);
}

/* Returns: false, for a tail call. */
static bool
set_error(ProseDb *db, GError **error)
{
    /* What SQLite keeps of errno it keeps for some errors only. */
    int now = errno, kept = sqlite3_system_errno(db->handle), code = sqlite3_errcode(db->handle), why = kept ? kept : now;
    bool of_system = why != 0 && (code == SQLITE_IOERR || code == SQLITE_CANTOPEN);

    g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "cannot %s %s: %s%s%s%s",
                db->mode == PROSE_DB_READ ? "read" : "write", db->path, sqlite3_errmsg(db->handle), of_system ? " (" : "",
                of_system ? g_strerror(why) : "", of_system ? ")" : "");
    return false;
}

ProseDb *
prose_db_open(const char *path, ProseDbMode mode, GError **error)
{
    g_autoptr(ProseDb) db = g_new0(ProseDb, 1);
    /* After a writer was killed the first reader puts its log in order, which is writing; what may not be written is read as it is. */
    int flags = SQLITE_OPEN_READWRITE | (mode == PROSE_DB_READ ? 0 : SQLITE_OPEN_CREATE);
    /* A run's file is given its name once it is whole, so what is lost on the way need not be undone. */
    static const char *const manners[] = {
        [PROSE_DB_NEW] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE;",
        [PROSE_DB_SHARED] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
        [PROSE_DB_READ] = "PRAGMA query_only = ON;",
    };

    db->path = g_strdup(path);
    db->mode = mode;
    db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, statement_free);
    if (mode == PROSE_DB_NEW)
        g_unlink(path);
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
        set_error(db, error);
        return NULL;
    }
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    if (!prose_db_exec(db, manners[mode], error))
        return NULL;
    return g_steal_pointer(&db);
}

ProseDb *
prose_db_free(ProseDb *db)
{
    if (!db)
        return NULL;
    g_hash_table_unref(db->statements);
    sqlite3_close(db->handle);
    g_free(db->path);
    g_free(db);
    return NULL;
}

bool
prose_db_close(ProseDb *db, GError **error)
{
    bool done;

    g_hash_table_remove_all(db->statements);
    done = sqlite3_close(db->handle) == SQLITE_OK || set_error(db, error);
    if (done)
        db->handle = NULL;
    prose_db_free(db);
    return done;
}

sqlite3 *
prose_db_handle(ProseDb *db)
{
    return db->handle;
}

bool
prose_db_exec(ProseDb *db, const char *sql, GError **error)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || set_error(db, error);
}

static sqlite3_stmt *
prepare(ProseDb *db, GError **error, const char *sql, const char *types, va_list args)
{
    sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);

    if (!statement) {
        if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK) {
            set_error(db, error);
            return NULL;
        }
        g_hash_table_insert(db->statements, g_strdup(sql), statement);
    }
    sqlite3_reset(statement);
    for (int i = 0; types[i]; i++) {
        const char *text;
        double number;

        switch (types[i]) {
        case 's':
            text = va_arg(args, const char *);
            if (text)
                sqlite3_bind_text(statement, i + 1, text, -1, SQLITE_TRANSIENT);
            else
                sqlite3_bind_null(statement, i + 1);
            break;
        case 'i':
            sqlite3_bind_int64(statement, i + 1, va_arg(args, gint64));
            break;
        case 'd':
            number = va_arg(args, double);
            if (isnan(number))
                sqlite3_bind_null(statement, i + 1);
            else
                sqlite3_bind_double(statement, i + 1, number);
            break;
        default:
            g_assert_not_reached();
        }
    }
    g_assert((int) strlen(types) == sqlite3_bind_parameter_count(statement));
    return statement;
}

int
prose_db_step(ProseDb *db, sqlite3_stmt *statement, GError **error)
{
    int result = sqlite3_step(statement);

    if (result == SQLITE_ROW)
        return 1;
    if (result == SQLITE_DONE) {
        sqlite3_reset(statement);
        return 0;
    }
    set_error(db, error);
    sqlite3_reset(statement);
    return -1;
}

bool
prose_db_run(ProseDb *db, GError **error, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list args;
    int more = 1;

    va_start(args, types);
    statement = prepare(db, error, sql, types, args);
    va_end(args);
    while (statement && more == 1)
        more = prose_db_step(db, statement, error);
    return statement && more == 0;
}

sqlite3_stmt *
prose_db_query(ProseDb *db, GError **error, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list args;

    va_start(args, types);
    statement = prepare(db, error, sql, types, args);
    va_end(args);
    return statement;
}

bool
prose_db_number(ProseDb *db, gint64 *ret, gint64 fallback, GError **error, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list args;
    int more;

    va_start(args, types);
    statement = prepare(db, error, sql, types, args);
    va_end(args);
    if (!statement)
        return false;
    more = prose_db_step(db, statement, error);
    if (more < 0)
        return false;
    *ret = more && sqlite3_column_type(statement, 0) != SQLITE_NULL ? sqlite3_column_int64(statement, 0) : fallback;
    sqlite3_reset(statement);
    return true;
}
