/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ids.h"

#include "prose-error.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

bool
prose_key_scope_equal(ProseKeyScope a, ProseKeyScope b)
{
    return a.type == b.type && a.id == b.id;
}

int
prose_key_scope_compare(ProseKeyScope a, ProseKeyScope b)
{
    if (a.type != b.type)
        return a.type < b.type ? -1 : 1;
    return a.id < b.id ? -1 : a.id > b.id;
}

bool
prose_key_scope_is_discovery(ProseKeyScope s)
{
    return s.type == PROSE_KEY_TYPE_PSDK_RELAY || s.type == PROSE_KEY_TYPE_PSDK_GROUP;
}

char *
prose_key_scope_print(char ret[PROSE_KEY_SCOPE_TEXT_MAX], ProseKeyScope s)
{
    const char *kind = s.type == PROSE_KEY_TYPE_PGK         ? "group-id"
                       : s.type == PROSE_KEY_TYPE_PSDK_RELAY ? "relay-service-code"
                       : s.type == PROSE_KEY_TYPE_PSDK_GROUP ? "discovery-group-id"
                                                             : "unknown";

    snprintf(ret, PROSE_KEY_SCOPE_TEXT_MAX, "%s 0x%06x", kind, s.id & PROSE_ID24_MAX);
    return ret;
}

int
prose_id24_parse(uint32_t *ret, const char *text)
{
    bool hex = g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X");
    const char *digits = hex ? text + 2 : text;
    guint64 v;

    if (!*digits)
        return PROSE_ERR_MALFORMED;
    for (const char *p = digits; *p; p++) {
        if (hex ? !g_ascii_isxdigit(*p) : !g_ascii_isdigit(*p))
            return PROSE_ERR_MALFORMED;
    }
    if (!g_ascii_string_to_unsigned(digits, hex ? 16 : 10, 0, PROSE_ID24_MAX, &v, NULL))
        return PROSE_ERR_LIMIT;
    *ret = (uint32_t) v;
    return PROSE_OK;
}

char *
prose_address_print(char ret[PROSE_ADDRESS_TEXT_MAX], ProseAddress a)
{
    snprintf(ret, PROSE_ADDRESS_TEXT_MAX, "%u.%u.%u.%u", a >> 24, a >> 16 & 0xFF, a >> 8 & 0xFF, a & 0xFF);
    return ret;
}
