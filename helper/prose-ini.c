/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ini.h"

#include <stdint.h>
#include <string.h>

/* ---- mistakes ---- */

typedef struct Mistake {
    ProseOrigin where;
    size_t seq;
    char *text;
} Mistake;

struct ProseMistakes {
    char *path;
    GPtrArray *items;              /* of Mistake, owned */
};

ProseOrigin
prose_origin_file(unsigned line)
{
    return (ProseOrigin) { .source = PROSE_SOURCE_FILE, .line = line };
}

ProseOrigin
prose_origin_option(unsigned number, const char *text)
{
    return (ProseOrigin) { .source = PROSE_SOURCE_OPTION, .line = number, .option = text };
}

static void
mistake_free(gpointer data)
{
    Mistake *m = data;

    g_free(m->text);
    g_free(m);
}

ProseMistakes *
prose_mistakes_new(const char *path)
{
    ProseMistakes *mistakes = g_new0(ProseMistakes, 1);

    mistakes->path = g_strdup(path);
    mistakes->items = g_ptr_array_new_with_free_func(mistake_free);
    return mistakes;
}

ProseMistakes *
prose_mistakes_free(ProseMistakes *mistakes)
{
    if (!mistakes)
        return NULL;
    g_ptr_array_unref(mistakes->items);
    g_free(mistakes->path);
    g_free(mistakes);
    return NULL;
}

void
prose_mistakes_add(ProseMistakes *mistakes, ProseOrigin where, const char *format, ...)
{
    Mistake *m = g_new0(Mistake, 1);
    va_list args;

    m->where = where;
    m->seq = mistakes->items->len;
    va_start(args, format);
    m->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(mistakes->items, m);
}

size_t
prose_mistakes_count(const ProseMistakes *mistakes)
{
    return mistakes->items->len;
}

static int
mistake_compare(gconstpointer a, gconstpointer b)
{
    const Mistake *x = *(Mistake *const *) a, *y = *(Mistake *const *) b;
    bool x_option = x->where.source == PROSE_SOURCE_OPTION, y_option = y->where.source == PROSE_SOURCE_OPTION;

    if (x_option != y_option)
        return x_option ? 1 : -1;
    if (x->where.line != y->where.line)
        return x->where.line < y->where.line ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

GPtrArray *
prose_mistakes_list(const ProseMistakes *mistakes)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    for (guint i = 0; i < mistakes->items->len; i++)
        g_ptr_array_add(sorted, mistakes->items->pdata[i]);
    g_ptr_array_sort(sorted, mistake_compare);
    for (guint i = 0; i < sorted->len; i++) {
        const Mistake *m = sorted->pdata[i];
        char *line;

        if (m->where.source == PROSE_SOURCE_OPTION)
            line = g_strdup_printf("-s %s: %s", m->where.option, m->text);
        else if (m->where.line > 0)
            line = g_strdup_printf("%s:%u: %s", mistakes->path, m->where.line, m->text);
        else
            line = g_strdup_printf("%s: %s", mistakes->path, m->text);
        g_ptr_array_add(list, line);
    }
    return list;
}

char *
prose_mistakes_print(const ProseMistakes *mistakes)
{
    g_autoptr(GPtrArray) list = prose_mistakes_list(mistakes);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s%s", i ? "\n" : "", (const char *) list->pdata[i]);
    return g_string_free(text, FALSE);
}

/* ---- words and values ---- */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char *
prose_ini_header(const char *kind, const char *name)
{
    return name ? g_strdup_printf("%s %s", kind, name) : g_strdup(kind);
}

char *
prose_ini_value(const char *text, char **ret_wrong)
{
    bool quoted = false;
    size_t end = strlen(text);
    g_autofree char *value = NULL;

    for (size_t i = 0; i < end; i++) {
        bool starts_word = i == 0 || is_blank(text[i - 1]);

        if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && starts_word && text[i] == '#')
            end = i;
        else if (!quoted && starts_word && text[i] == ';') {
            *ret_wrong = g_strdup("\";\" begins no comment; comments begin with \"#\"");
            return NULL;
        }
    }
    if (quoted) {
        *ret_wrong = g_strdup("a quotation mark is missing; quotes come in pairs");
        return NULL;
    }
    value = g_strstrip(g_strndup(text, end));
    if (!*value) {
        *ret_wrong = g_strdup("no value; leave the key out to have its default");
        return NULL;
    }
    return g_steal_pointer(&value);
}

char *
prose_ini_unquote(const char *value)
{
    size_t len = strlen(value);

    if (len >= 2 && value[0] == '"' && value[len - 1] == '"' && !memchr(value + 1, '"', len - 2))
        return g_strndup(value + 1, len - 2);
    return g_strdup(value);
}

GPtrArray *
prose_ini_list(const char *value)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
    const char *start = value;
    bool quoted = false;

    for (const char *p = value;; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (!*p || (*p == ',' && !quoted)) {
            g_autofree char *item = g_strstrip(g_strndup(start, (size_t) (p - start)));

            g_ptr_array_add(items, prose_ini_unquote(item));
            start = p + 1;
        }
        if (!*p)
            return items;
    }
}

/* Levenshtein distance, two rows. */
static size_t
edit_distance(const char *a, const char *b)
{
    size_t n = strlen(b);
    g_autofree size_t *row = g_new(size_t, n + 1);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            best = MIN(best, above + 1);
            best = MIN(best, row[j - 1] + 1);
            diagonal = above;
            row[j] = best;
        }
    }
    return row[n];
}

const char *
prose_nearest(const char *word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(word, names[i]);

        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* ---- reading ---- */

static void
entry_free(gpointer data)
{
    ProseIniEntry *entry = data;

    g_free(entry->key);
    g_free(entry->value);
    g_free(entry);
}

static void
section_free(gpointer data)
{
    ProseIniSection *section = data;

    g_free(section->kind);
    g_free(section->name);
    g_ptr_array_unref(section->entries);
    g_free(section);
}

ProseIniFile *
prose_ini_file_free(ProseIniFile *file)
{
    if (!file)
        return NULL;
    g_ptr_array_unref(file->sections);
    g_free(file);
    return NULL;
}

static bool
is_word(const char *text)
{
    if (!g_ascii_islower(*text))
        return false;
    while (g_ascii_islower(*text) || g_ascii_isdigit(*text) || *text == '-')
        text++;
    return !*text;
}

typedef struct Reader {
    ProseIniFile *file;
    ProseMistakes *mistakes;
    GHashTable *headers;           /* owned "kind name" -> borrowed ProseIniSection; looked up, never walked */
    GHashTable *keys;              /* owned "kind name\nkey" -> borrowed ProseIniEntry */
    ProseIniSection *section;      /* (nullable): none opened yet, or its header was not understood */
    bool dotted;                   /* a key may be SECTION.KEY */
    bool lost;                     /* that header was reported: its keys are passed over in silence */
} Reader;

static void
read_header(Reader *r, const char *line, unsigned number)
{
    ProseOrigin here = prose_origin_file(number);
    g_autofree char *wrong = NULL;
    g_autofree char *clean = prose_ini_value(line, &wrong);
    g_autofree char *header = NULL, *whole = NULL;
    ProseIniSection *section;
    char *blank, *name = NULL;

    r->section = NULL;
    r->lost = true;
    if (!clean) {
        prose_mistakes_add(r->mistakes, here, "%s: %s", line, wrong);
        return;
    }
    if (clean[strlen(clean) - 1] != ']') {
        prose_mistakes_add(r->mistakes, here, "%s: no \"]\" at the end; a section is opened by [kind] or [kind name]", clean);
        return;
    }
    header = g_strstrip(g_strndup(clean + 1, strlen(clean) - 2));
    blank = strpbrk(header, " \t");
    if (blank) {
        *blank = '\0';
        name = g_strstrip(blank + 1);
    }
    if (!is_word(header)) {
        prose_mistakes_add(r->mistakes, here,
                           "%s: not the name of a section; a section is opened by [kind] or [kind name]", clean);
        return;
    }
    whole = prose_ini_header(header, name);
    section = g_hash_table_lookup(r->headers, whole);
    if (section) {
        prose_mistakes_add(r->mistakes, here, "[%s]: opened a second time; the first is at line %u", whole, section->line);
    } else {
        section = g_new0(ProseIniSection, 1);
        section->kind = g_strdup(header);
        section->name = g_strdup(name);
        section->line = number;
        section->entries = g_ptr_array_new_with_free_func(entry_free);
        g_ptr_array_add(r->file->sections, section);
        g_hash_table_insert(r->headers, g_steal_pointer(&whole), section);
    }
    r->section = section;
    r->lost = false;
}

static void
read_entry(Reader *r, const char *line, unsigned number)
{
    ProseOrigin here = prose_origin_file(number);
    const char *equals = strchr(line, '=');
    g_autofree char *header = r->section ? prose_ini_header(r->section->kind, r->section->name) : NULL;
    g_autofree char *key = NULL, *value = NULL, *wrong = NULL, *whole = NULL;
    ProseIniEntry *entry;

    if (!r->section) {
        if (!r->lost)
            prose_mistakes_add(r->mistakes, here,
                               "%s: stands before the first section; open one with [kind] or [kind name]", line);
        return;
    }
    if (!equals) {
        prose_mistakes_add(r->mistakes, here, "[%s] %s: no \"=\"; a line is a section, key = value, or a # comment",
                           header, line);
        return;
    }
    key = g_strstrip(g_strndup(line, (size_t) (equals - line)));
    if (!is_word(key) && !(r->dotted && strchr(key, '.'))) {
        prose_mistakes_add(r->mistakes, here, "[%s] %s: not a key; keys are of a to z, 0 to 9 and \"-\"", header, key);
        return;
    }
    value = prose_ini_value(equals + 1, &wrong);
    whole = g_strdup_printf("%s\n%s", header, key);
    entry = g_hash_table_lookup(r->keys, whole);
    if (entry) {
        prose_mistakes_add(r->mistakes, here, "[%s] %s: set a second time; the first is at line %u", header, key, entry->line);
        return;
    }
    if (!value) {
        g_autofree char *shown = g_strstrip(g_strdup(equals + 1));

        prose_mistakes_add(r->mistakes, here, "[%s] %s =%s%s: %s", header, key, *shown ? " " : "", shown, wrong);
        return;
    }
    entry = g_new0(ProseIniEntry, 1);
    entry->key = g_steal_pointer(&key);
    entry->value = g_steal_pointer(&value);
    entry->line = number;
    g_ptr_array_add(r->section->entries, entry);
    g_hash_table_insert(r->keys, g_steal_pointer(&whole), entry);
}

static void
read_line(Reader *r, char *line, unsigned number)
{
    bool indented = is_blank(*line);
    const char *invalid;

    if (!g_utf8_validate(line, -1, &invalid)) {
        prose_mistakes_add(r->mistakes, prose_origin_file(number), "octet %u is not UTF-8; save the file as UTF-8",
                           (unsigned) (invalid - line) + 1);
        return;
    }
    line = g_strstrip(line);
    if (!*line || *line == '#')
        return;
    if (*line == ';') {
        prose_mistakes_add(r->mistakes, prose_origin_file(number), "\";\" begins no comment; comments begin with \"#\"");
        return;
    }
    if (indented) {
        /* Readers that know continued lines (Python's) would take it for more of the value above. */
        prose_mistakes_add(r->mistakes, prose_origin_file(number),
                           "%s: begins with a blank; sections and keys begin their line", line);
        return;
    }
    if (*line == '[')
        read_header(r, line, number);
    else
        read_entry(r, line, number);
}

static ProseIniFile *
parse(const char *text, size_t len, ProseMistakes *mistakes, bool dotted)
{
    g_autoptr(GHashTable) headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Reader r = { .file = g_new0(ProseIniFile, 1), .mistakes = mistakes, .headers = headers, .keys = keys, .dotted = dotted };
    const char *end = text + len;
    unsigned number = 0;

    r.file->sections = g_ptr_array_new_with_free_func(section_free);
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t) (end - text));
        size_t n = (size_t) ((newline ? newline : end) - text);
        g_autofree char *line = NULL;

        number++;
        if (memchr(text, '\0', n)) {
            prose_mistakes_add(mistakes, prose_origin_file(number), "holds a zero octet; save the file as UTF-8 text");
        } else {
            line = g_strndup(text, n);
            read_line(&r, line, number);
        }
        text = newline ? newline + 1 : end;
    }
    return r.file;
}

ProseIniFile *
prose_ini_parse(const char *text, size_t len, ProseMistakes *mistakes)
{
    return parse(text, len, mistakes, false);
}

ProseIniFile *
prose_ini_parse_campaign(const char *text, size_t len, ProseMistakes *mistakes)
{
    return parse(text, len, mistakes, true);
}
