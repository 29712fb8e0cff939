/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SQLite in a few words: open, run a statement with its values, step through an answer. Statements are kept, so the same text
 * is prepared once. Every error is PROSE_RUN_ERROR_FAILED and names the file.
 */
#ifndef PROSE_DB_H
#define PROSE_DB_H

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

typedef struct ProseDb ProseDb;

typedef enum ProseDbMode {
    PROSE_DB_NEW,                  /* a file that one writer fills in one go and nobody reads before: no journal */
    PROSE_DB_SHARED,               /* made if it is not there; write-ahead log, so a writer may be killed and readers may look on */
    PROSE_DB_READ,                 /* has to be there; nothing in it is changed */
} ProseDbMode;

/* PROSE_DB_NEW removes what is at @path first. Returns: (transfer full) (nullable) */
ProseDb *prose_db_open(const char *path, ProseDbMode mode, GError **error);
/* Closes without a word; takes %NULL, returns %NULL. */
ProseDb *prose_db_free(ProseDb *db);
/* Closes what was written, so that it is on the disk. @db is gone either way. */
bool prose_db_close(ProseDb *db, GError **error);
sqlite3 *prose_db_handle(ProseDb *db);

/* Statements without values, any number of them. */
bool prose_db_exec(ProseDb *db, const char *sql, GError **error);

/**
 * prose_db_run:
 * @types: one letter a "?": s text (const char*; %NULL is NULL), i integer (gint64), d number (double; NAN is NULL)
 *
 * One statement to its end, rows that it gives passed over.
 */
bool prose_db_run(ProseDb *db, GError **error, const char *sql, const char *types, ...);

/* The statement, ready to be stepped. Returns: (transfer none) (nullable): good until the same text is asked for again. */
sqlite3_stmt *prose_db_query(ProseDb *db, GError **error, const char *sql, const char *types, ...);
/* 1: there is a row; 0: no more, and the statement is reset; -1: failed, @error is set. */
int prose_db_step(ProseDb *db, sqlite3_stmt *statement, GError **error);
/* First column of the first row as a number; @fallback if there is none. False on failure. */
bool prose_db_number(ProseDb *db, gint64 *ret, gint64 fallback, GError **error, const char *sql, const char *types, ...);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseDb, prose_db_free)

#endif
