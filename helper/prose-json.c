/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-json.h"

#include <math.h>

struct ProseJson {
    GString *text;
    GString *open;                 /* closing characters of what is open, innermost last */
    bool has_member;               /* something was written in the innermost one */
};

ProseJson *
prose_json_new(void)
{
    ProseJson *json = g_new0(ProseJson, 1);

    json->text = g_string_new(NULL);
    json->open = g_string_new(NULL);
    return json;
}

ProseJson *
prose_json_free(ProseJson *json)
{
    if (json) {
        g_string_free(json->text, TRUE);
        g_string_free(json->open, TRUE);
        g_free(json);
    }
    return NULL;
}

char *
prose_json_text(const ProseJson *json)
{
    return g_strdup_printf("%s\n", json->text->str);
}

static void
break_line(ProseJson *json)
{
    g_string_append_c(json->text, '\n');
    for (size_t i = 0; i < json->open->len; i++)
        g_string_append(json->text, "  ");
}

static void
append_quoted(GString *text, const char *value)
{
    g_string_append_c(text, '"');
    for (const unsigned char *p = (const unsigned char *) value; *p; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_printf(text, "\\%c", *p);
        else if (*p < 0x20)
            g_string_append_printf(text, "\\u%04x", *p);
        else
            g_string_append_c(text, (char) *p);
    }
    g_string_append_c(text, '"');
}

static void
begin_value(ProseJson *json, const char *name)
{
    if (json->has_member)
        g_string_append_c(json->text, ',');
    if (json->open->len > 0)
        break_line(json);
    if (name) {
        append_quoted(json->text, name);
        g_string_append(json->text, ": ");
    }
    json->has_member = true;
}

static void
begin_container(ProseJson *json, const char *name, char opening, char closing)
{
    begin_value(json, name);
    g_string_append_c(json->text, opening);
    g_string_append_c(json->open, closing);
    json->has_member = false;
}

void
prose_json_begin_object(ProseJson *json, const char *name)
{
    begin_container(json, name, '{', '}');
}

void
prose_json_begin_array(ProseJson *json, const char *name)
{
    begin_container(json, name, '[', ']');
}

void
prose_json_end(ProseJson *json)
{
    char closing;

    g_assert(json->open->len > 0);
    closing = json->open->str[json->open->len - 1];
    g_string_truncate(json->open, json->open->len - 1);
    if (json->has_member)
        break_line(json);
    g_string_append_c(json->text, closing);
    json->has_member = true;
}

void
prose_json_string(ProseJson *json, const char *name, const char *value)
{
    begin_value(json, name);
    append_quoted(json->text, value);
}

void
prose_json_uint(ProseJson *json, const char *name, uint64_t value)
{
    begin_value(json, name);
    g_string_append_printf(json->text, "%" G_GUINT64_FORMAT, value);
}

void
prose_json_int(ProseJson *json, const char *name, int64_t value)
{
    begin_value(json, name);
    g_string_append_printf(json->text, "%" G_GINT64_FORMAT, value);
}

char *
prose_double_print(char ret[PROSE_DOUBLE_TEXT_MAX], double value)
{
    static const char *const formats[] = { "%.12g", "%.15g", "%.17g" };

    for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(ret, PROSE_DOUBLE_TEXT_MAX, formats[i], value);
        if (g_ascii_strtod(ret, NULL) == value)
            break;
    }
    return ret;
}

void
prose_json_double(ProseJson *json, const char *name, double value)
{
    char text[PROSE_DOUBLE_TEXT_MAX];

    if (!isfinite(value)) {
        prose_json_null(json, name);
        return;
    }
    begin_value(json, name);
    g_string_append(json->text, prose_double_print(text, value));
}

void
prose_json_null(ProseJson *json, const char *name)
{
    begin_value(json, name);
    g_string_append(json->text, "null");
}
