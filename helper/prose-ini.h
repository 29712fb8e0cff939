/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scenario language as text: sections, keys, values, each with its line; and the list that mistakes are collected in.
 *
 * Knows no section and no key. `[kind name]` opens a section, `key = value` sets, `#` at the start of a line or after a
 * blank begins a comment, `"…"` quotes. Byte order marks and CRLF are accepted; lines are not continued.
 */
#ifndef PROSE_INI_H
#define PROSE_INI_H

#include <glib.h>
#include <stdbool.h>

/* Who gave a setting its value. */
typedef enum ProseSource { PROSE_SOURCE_DEFAULT, PROSE_SOURCE_FILE, PROSE_SOURCE_OPTION } ProseSource;

/* Where a text stands, for messages. */
typedef struct ProseOrigin {
    ProseSource source;
    unsigned line;                 /* file: from 1; 0: the file as a whole. Option: its number, from 0 */
    const char *option;            /* option: the text after -s (borrowed) */
} ProseOrigin;

ProseOrigin prose_origin_file(unsigned line);
ProseOrigin prose_origin_option(unsigned number, const char *text);

/* Messages in the order of the file, then of the -s options, whatever order they were found in. */
typedef struct ProseMistakes ProseMistakes;

ProseMistakes *prose_mistakes_new(const char *path);
ProseMistakes *prose_mistakes_free(ProseMistakes *mistakes);           /* takes %NULL, returns %NULL */
void prose_mistakes_add(ProseMistakes *mistakes, ProseOrigin where, const char *format, ...) G_GNUC_PRINTF(3, 4);
size_t prose_mistakes_count(const ProseMistakes *mistakes);
/* "path:line: text", "path: text" or "-s OPTION: text" of each, in order. Returns: (transfer full): array of owned char*. */
GPtrArray *prose_mistakes_list(const ProseMistakes *mistakes);
/* The same as one text, a line each, without a newline at the end. (transfer full) */
char *prose_mistakes_print(const ProseMistakes *mistakes);

typedef struct ProseIniEntry {
    char *key, *value;             /* value: trimmed, without comment, quotes still there */
    unsigned line;
} ProseIniEntry;

typedef struct ProseIniSection {
    char *kind;                    /* "ue-group" */
    char *name;                    /* (nullable): "engines" */
    unsigned line;
    GPtrArray *entries;            /* of ProseIniEntry, owned */
} ProseIniSection;

typedef struct ProseIniFile {
    GPtrArray *sections;           /* of ProseIniSection, owned, in the order of the file */
} ProseIniFile;

/**
 * prose_ini_parse:
 * @text: the file's content; may hold anything
 * @mistakes: each line that is not understood is added, with what is allowed there
 *
 * Goes on after a mistake. A section or key that was given before is a mistake naming both lines; the keys of a repeated
 * section are added to the first one's, so that they are looked at too.
 *
 * Returns: (transfer full): what was understood.
 */
ProseIniFile *prose_ini_parse(const char *text, size_t len, ProseMistakes *mistakes);
/* The same for a campaign file, whose [sweep] and [set] have keys that are SECTION.KEY: whatever holds a "." and no "=". */
ProseIniFile *prose_ini_parse_campaign(const char *text, size_t len, ProseMistakes *mistakes);
ProseIniFile *prose_ini_file_free(ProseIniFile *file);                 /* takes %NULL, returns %NULL */

/* "ue-group engines" or "pool". Returns: (transfer full) */
char *prose_ini_header(const char *kind, const char *name);

/**
 * prose_ini_value:
 * @text: what stands right of "="
 * @ret_wrong: (out) (transfer full): on failure, what is wrong and what is allowed
 *
 * Cuts a comment and the blanks around; minds quotes.
 *
 * Returns: (transfer full) (nullable): the value, not empty; %NULL on failure.
 */
char *prose_ini_value(const char *text, char **ret_wrong);

/* @value without the quotes around it, if it has them. (transfer full) */
char *prose_ini_unquote(const char *value);
/* Items between commas outside quotes, trimmed and unquoted; an empty item is kept as "". (transfer full) */
GPtrArray *prose_ini_list(const char *value);

/* The nearest of @names by edit distance, the first of several; %NULL if there are none. (transfer none) */
const char *prose_nearest(const char *word, const char *const *names, size_t n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseMistakes, prose_mistakes_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseIniFile, prose_ini_file_free)

#endif
