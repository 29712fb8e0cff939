/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-explain.h"

#include "prose-error.h"

#include <stdio.h>

#define CLAUSE(number) "TS 24.334 12.2.2." number
#define CLAUSE_UNNUMBERED "TS 24.334 12.2.2"

/* Fields are taken from the content one after the other; the table in doc/assumptions.md read downwards. */
typedef struct Rows {
    ProsePc5Field *ret;
    size_t n;
    const uint8_t *content;
    unsigned pos;              /* next content octet */
    unsigned before;           /* octets of the message before the content */
} Rows;

static ProsePc5Field *
add(Rows *rows, const char *name, unsigned first, unsigned len, const char *bits, const char *clause)
{
    ProsePc5Field *f = &rows->ret[rows->n++];

    g_assert(rows->n <= PROSE_PC5_FIELDS_MAX);
    *f = (ProsePc5Field) { .name = name, .first = first, .last = first + len - 1, .bits = bits, .clause = clause };
    return f;
}

/* The next @len content octets; zero is allowed and gives no field. Returns: where they begin. */
static const uint8_t *
take(Rows *rows, unsigned len)
{
    const uint8_t *at = rows->content + rows->pos;

    g_assert(rows->pos + len <= PROSE_CONTENT_LEN);
    rows->pos += len;
    return at;
}

static void
add_octets(Rows *rows, const char *name, unsigned len, const char *clause)
{
    unsigned first = rows->before + rows->pos + 1;

    if (len > 0)
        prose_hex_encode(add(rows, name, first, len, NULL, clause)->value, take(rows, len), len);
}

static void
add_id(Rows *rows, const char *name, const char *clause)
{
    ProsePc5Field *f = add(rows, name, rows->before + rows->pos + 1, 3, NULL, clause);

    snprintf(f->value, sizeof f->value, "0x%06x", (unsigned) prose_get_u24(take(rows, 3)));
}

static void
add_number(ProsePc5Field *f, uint64_t number)
{
    f->kind = PROSE_PC5_FIELD_NUMBER;
    f->number = number;
    snprintf(f->value, sizeof f->value, "%" G_GUINT64_FORMAT, number);
}

static bool
add_flag(Rows *rows, const char *name, unsigned first, const char *bits, bool is_set, const char *clause)
{
    ProsePc5Field *f = add(rows, name, first, 1, bits, clause);

    f->kind = PROSE_PC5_FIELD_FLAG;
    f->number = is_set;
    snprintf(f->value, sizeof f->value, "%s", is_set ? "yes" : "no");
    return is_set;
}

/* Bits of one octet that say nothing: shown as they arrived, since somebody may be talking through them. */
static void
add_spare_bits(Rows *rows, const char *name, unsigned first, const char *bits, uint8_t value)
{
    ProsePc5Field *f = add(rows, name, first, 1, bits, CLAUSE("56"));

    snprintf(f->value, sizeof f->value, "0x%02x", value);
}

static void
add_spare(Rows *rows)
{
    add_octets(rows, "spare", PROSE_CONTENT_LEN - rows->pos, CLAUSE("56"));
}

static void
add_type(Rows *rows, uint8_t type)
{
    static const char *const discovery_types[4] = { "reserved", "open", "restricted", "reserved" };
    static const char *const models[4] = { "reserved", "A", "B", "reserved" };
    static const char *const content_types[16] = {
        "announcement or response", "query", "reserved", "reserved", "relay announcement or response", "relay solicitation",
        "group member announcement or response", "group member solicitation", "relay additional information",
        "reserved", "reserved", "reserved", "reserved", "reserved", "reserved", "reserved",
    };
    const char *name = prose_pc5_type_name(type);
    ProsePc5Field *f = add(rows, "message-type", 1, 1, NULL, CLAUSE("10"));

    snprintf(f->value, sizeof f->value, "%s",
             name ? name : prose_pc5_type_check(type) == PROSE_ERR_RESERVED ? "reserved" : "unknown");
    f = add(rows, "message-type-octet", 1, 1, NULL, CLAUSE("10"));
    snprintf(f->value, sizeof f->value, "0x%02x", type);
    f = add(rows, "discovery-type", 1, 1, "8-7", CLAUSE("10"));
    snprintf(f->value, sizeof f->value, "%s", discovery_types[type >> 6]);
    f = add(rows, "content-type", 1, 1, "6-3", CLAUSE("10"));
    snprintf(f->value, sizeof f->value, "%s", content_types[type >> 2 & 0xF]);
    f = add(rows, "discovery-model", 1, 1, "2-1", CLAUSE("10"));
    snprintf(f->value, sizeof f->value, "%s", models[type & 3]);
}

static void
add_lsb(Rows *rows, unsigned octet, uint8_t lsb)
{
    add_number(add(rows, "counter-lsb", octet, 1, NULL, CLAUSE("22")), lsb);
}

/* TS 23.003 24.3: scope 2 bits, spare 1, E 1, MCC 10, MNC 10, then 160 bits of temporary identity. */
static void
add_application_code(Rows *rows)
{
    static const char *const scopes[4] = { "global", "reserved", "country", "PLMN" };
    const char *clause = "TS 23.003 24.3";
    unsigned first = rows->before + 1;
    const uint8_t *c = take(rows, 3);
    ProsePc5Field *f = add(rows, "scope", first, 1, "8-7", clause);

    snprintf(f->value, sizeof f->value, "%s", scopes[c[0] >> 6]);
    add_spare_bits(rows, "spare", first, "6", c[0] >> 5 & 1);
    add_flag(rows, "e", first, "5", c[0] >> 4 & 1, clause);
    add_number(add(rows, "mcc", first, 2, NULL, clause), (c[0] & 0xFu) << 6 | c[1] >> 2);
    add_number(add(rows, "mnc", first + 1, 2, NULL, clause), (c[1] & 3u) << 8 | c[2]);
    add_octets(rows, "temporary-identity", PROSE_CONTENT_LEN - rows->pos, clause);
}

static void
add_relay_announcement(Rows *rows, const char *info)
{
    unsigned octet;
    uint8_t status;

    add_id(rows, "relay-service-code", CLAUSE("51"));
    add_octets(rows, info, PROSE_USER_INFO_ID_LEN, CLAUSE("50"));
    add_id(rows, "relay-ue-id", CLAUSE("49"));
    octet = rows->before + rows->pos + 1;
    status = *take(rows, 1);
    add_flag(rows, "resource-status", octet, "8", status >> 7, CLAUSE_UNNUMBERED);
    add_spare_bits(rows, "status-indicator-spare", octet, "7-1", status & 0x7F);
    add_spare(rows);
}

static void
add_relay_solicitation(Rows *rows)
{
    unsigned octet;
    uint8_t composition;

    add_id(rows, "relay-service-code", CLAUSE("51"));
    add_octets(rows, "discoverer-info", PROSE_USER_INFO_ID_LEN, CLAUSE("50"));
    octet = rows->before + rows->pos + 1;
    composition = *take(rows, 1);
    add_spare_bits(rows, "composition-spare", octet, "8-2", composition >> 1);
    if (add_flag(rows, "has-relay-ue-id", octet, "1", composition & 1, CLAUSE_UNNUMBERED))
        add_id(rows, "relay-ue-id", CLAUSE("49"));
    add_spare(rows);
}

static void
add_group(Rows *rows, const char *info)
{
    add_id(rows, "discovery-group-id", CLAUSE("54"));
    add_octets(rows, info, PROSE_USER_INFO_ID_LEN, CLAUSE("50"));
    add_id(rows, "ue-id", CLAUSE("48"));
}

static void
add_group_solicitation(Rows *rows)
{
    unsigned octet;
    uint8_t composition;
    bool has_user, has_group;

    add_group(rows, "discoverer-info");
    octet = rows->before + rows->pos + 1;
    composition = *take(rows, 1);
    add_spare_bits(rows, "composition-spare", octet, "8-3", composition >> 2);
    has_group = add_flag(rows, "has-target-group", octet, "2", composition >> 1 & 1, CLAUSE("55"));
    has_user = add_flag(rows, "has-target-user", octet, "1", composition & 1, CLAUSE("55"));
    if (has_user)
        add_octets(rows, "target-user-info", PROSE_USER_INFO_ID_LEN, CLAUSE("52"));
    if (has_group)
        add_id(rows, "target-group-info", CLAUSE("53"));
    add_spare(rows);
}

static void
add_relay_additional(Rows *rows)
{
    unsigned octet;
    uint8_t composition;
    bool has_ecgi, has_mbms;

    add_id(rows, "relay-service-code", CLAUSE("51"));
    add_id(rows, "relay-ue-id", CLAUSE("49"));
    octet = rows->before + rows->pos + 1;
    composition = *take(rows, 1);
    add_spare_bits(rows, "composition-spare", octet, "8-3", composition >> 2);
    has_mbms = add_flag(rows, "has-mbms", octet, "2", composition >> 1 & 1, CLAUSE("57"));
    has_ecgi = add_flag(rows, "has-ecgi", octet, "1", composition & 1, CLAUSE("57"));
    if (has_ecgi)
        add_octets(rows, "ecgi", 7, CLAUSE("58"));
    if (has_mbms) {
        add_octets(rows, "tmgi", 6, CLAUSE("59"));
        add_octets(rows, "service-area-identity", 2, CLAUSE("59"));
    }
    add_spare(rows);
}

static void
add_content(Rows *rows, uint8_t type)
{
    switch (type) {
    case PROSE_PC5_OPEN_ANNOUNCEMENT:
        add_application_code(rows);
        break;
    case PROSE_PC5_RESTRICTED_ANNOUNCEMENT:
        add_octets(rows, "restricted-code", 8, CLAUSE("34"));
        add_octets(rows, "suffix", PROSE_CONTENT_LEN - rows->pos, CLAUSE("47"));
        break;
    case PROSE_PC5_RESTRICTED_QUERY:
        add_octets(rows, "query-code", 8, "TS 23.003 24.9");
        add_spare(rows);
        break;
    case PROSE_PC5_RESTRICTED_RESPONSE:
        add_octets(rows, "response-code", 8, "TS 23.003 24.10");
        add_spare(rows);
        break;
    case PROSE_PC5_RELAY_ANNOUNCEMENT:
        add_relay_announcement(rows, "announcer-info");
        break;
    case PROSE_PC5_RELAY_RESPONSE:
        add_relay_announcement(rows, "discoveree-info");
        break;
    case PROSE_PC5_RELAY_SOLICITATION:
        add_relay_solicitation(rows);
        break;
    case PROSE_PC5_GROUP_ANNOUNCEMENT:
        add_group(rows, "announcer-info");
        add_spare(rows);
        break;
    case PROSE_PC5_GROUP_RESPONSE:
        add_group(rows, "discoveree-info");
        add_spare(rows);
        break;
    case PROSE_PC5_GROUP_SOLICITATION:
        add_group_solicitation(rows);
        break;
    case PROSE_PC5_RELAY_ADDITIONAL:
        add_relay_additional(rows);
        break;
    default:
        add_octets(rows, "content", PROSE_CONTENT_LEN, "TS 24.334 11.2.5");
        break;
    }
}

size_t
prose_pc5_explain(ProsePc5Field ret[PROSE_PC5_FIELDS_MAX], const ProsePc5Frame *frame, const ProseProfile *profile)
{
    bool last = profile->counter_lsb == PROSE_COUNTER_LSB_LAST;
    Rows rows = { .ret = ret, .content = frame->content, .before = last ? 1 : 2 };
    ProsePc5Field *mic;

    add_type(&rows, frame->type);
    if (!last)
        add_lsb(&rows, 2, frame->counter_lsb);
    add_content(&rows, frame->type);
    g_assert(rows.pos == PROSE_CONTENT_LEN);
    mic = add(&rows, "mic", rows.before + PROSE_CONTENT_LEN + 1, PROSE_MIC_LEN, NULL, CLAUSE("11"));
    prose_hex_encode(mic->value, frame->mic, PROSE_MIC_LEN);
    if (last)
        add_lsb(&rows, PROSE_PC5_LEN, frame->counter_lsb);
    return rows.n;
}
