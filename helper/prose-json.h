/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small writer of JSON text that gives the same octets for the same calls: members in the order they were written, numbers as
 * short as they read back unchanged, and independent of the locale.
 */
#ifndef PROSE_JSON_H
#define PROSE_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ProseJson ProseJson;

ProseJson *prose_json_new(void);
ProseJson *prose_json_free(ProseJson *json);           /* takes %NULL, returns %NULL */
/* The text so far, ended by a newline. Returns: (transfer full): g_free(). */
char *prose_json_text(const ProseJson *json);

/* @name is the member's name inside an object, %NULL inside an array and for the outermost value. */
void prose_json_begin_object(ProseJson *json, const char *name);
void prose_json_begin_array(ProseJson *json, const char *name);
void prose_json_end(ProseJson *json);                  /* the innermost object or array */
void prose_json_string(ProseJson *json, const char *name, const char *value);
void prose_json_uint(ProseJson *json, const char *name, uint64_t value);
void prose_json_int(ProseJson *json, const char *name, int64_t value);
void prose_json_double(ProseJson *json, const char *name, double value);   /* null if not finite */
void prose_json_null(ProseJson *json, const char *name);

/* A short decimal form that reads back as @value. Returns: @ret. */
#define PROSE_DOUBLE_TEXT_MAX 32
char *prose_double_print(char ret[PROSE_DOUBLE_TEXT_MAX], double value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseJson, prose_json_free)

#endif
