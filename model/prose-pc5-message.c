/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-message.h"

#include "prose-error.h"

#include <string.h>

/* Open discovery's ProSe Application Code, first octet: scope, spare, E, then the MCC (TS 23.003 24.3). */
#define APP_CODE_SCOPE 0xC0u
#define APP_CODE_SCOPE_RESERVED 0x40u
#define APP_CODE_SPARE 0x20u

#define RESTRICTED_CODE_LEN 8                  /* TS 23.003 24.6 to 24.10: 64 bits */
#define STATUS_RSI 0x80u                       /* Status Indicator: bit 8 */
#define COMPOSITION_FIRST 0x01u                /* URDS: UE ID; GMDS: target user; RDAI: ECGI */
#define COMPOSITION_SECOND 0x02u               /* GMDS: target group; RDAI: MBMS related information */
#define ECGI_PADDING 0x0Fu                     /* 52 bits in seven octets */

static const struct {
    uint8_t octet;
    int key_type;
    const char *name;
} types[] = {
    { PROSE_PC5_OPEN_ANNOUNCEMENT,       -1,                         "open-announcement" },
    { PROSE_PC5_RESTRICTED_ANNOUNCEMENT, -1,                         "restricted-announcement" },
    { PROSE_PC5_RESTRICTED_RESPONSE,     -1,                         "restricted-response" },
    { PROSE_PC5_RESTRICTED_QUERY,        -1,                         "restricted-query" },
    { PROSE_PC5_RELAY_ANNOUNCEMENT,      PROSE_KEY_TYPE_PSDK_RELAY,  "relay-announcement" },
    { PROSE_PC5_RELAY_RESPONSE,          PROSE_KEY_TYPE_PSDK_RELAY,  "relay-response" },
    { PROSE_PC5_RELAY_SOLICITATION,      PROSE_KEY_TYPE_PSDK_RELAY,  "relay-solicitation" },
    { PROSE_PC5_GROUP_ANNOUNCEMENT,      PROSE_KEY_TYPE_PSDK_GROUP,  "group-announcement" },
    { PROSE_PC5_GROUP_RESPONSE,          PROSE_KEY_TYPE_PSDK_GROUP,  "group-response" },
    { PROSE_PC5_GROUP_SOLICITATION,      PROSE_KEY_TYPE_PSDK_GROUP,  "group-solicitation" },
    { PROSE_PC5_RELAY_ADDITIONAL,        PROSE_KEY_TYPE_PSDK_RELAY,  "relay-additional" },
};

/* TS 24.554 11.2.1, the values that are not reserved: bit n is set if value n has a meaning. */
#define DISCOVERY_TYPES_NAMED (1u << 1 | 1u << 2)                       /* open, restricted */
#define CONTENT_TYPES_NAMED (1u << 0 | 1u << 1 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8)
#define MODELS_NAMED (1u << 1 | 1u << 2)                                /* A, B */

int
prose_pc5_type_check(uint8_t octet)
{
    switch (octet) {
    case PROSE_PC5_OPEN_ANNOUNCEMENT:
    case PROSE_PC5_RESTRICTED_ANNOUNCEMENT:
    case PROSE_PC5_RESTRICTED_RESPONSE:
    case PROSE_PC5_RESTRICTED_QUERY:
    case PROSE_PC5_RELAY_ANNOUNCEMENT:
    case PROSE_PC5_RELAY_RESPONSE:
    case PROSE_PC5_RELAY_SOLICITATION:
    case PROSE_PC5_GROUP_ANNOUNCEMENT:
    case PROSE_PC5_GROUP_RESPONSE:
    case PROSE_PC5_GROUP_SOLICITATION:
    case PROSE_PC5_RELAY_ADDITIONAL:
        return PROSE_OK;
    default:
        break;
    }
    if (DISCOVERY_TYPES_NAMED >> (octet >> 6) & CONTENT_TYPES_NAMED >> (octet >> 2 & 0xF) & MODELS_NAMED >> (octet & 3) & 1)
        return PROSE_ERR_UNKNOWN;
    return PROSE_ERR_RESERVED;
}

const char *
prose_pc5_type_name(uint8_t octet)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].octet == octet)
            return types[i].name;
    }
    return NULL;
}

int
prose_pc5_type_key_type(uint8_t type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].octet == type)
            return types[i].key_type;
    }
    return -1;
}

/* Both layouts keep content and MIC together; only the place of the LSB octet differs. */
void
prose_pc5_frame_encode(uint8_t ret[PROSE_PC5_LEN], const ProsePc5Frame *frame, const ProseProfile *profile)
{
    bool last = profile->counter_lsb == PROSE_COUNTER_LSB_LAST;
    uint8_t *body = ret + (last ? 1 : 2);

    ret[0] = frame->type;
    memcpy(body, frame->content, PROSE_CONTENT_LEN);
    memcpy(body + PROSE_CONTENT_LEN, frame->mic, PROSE_MIC_LEN);
    ret[last ? PROSE_PC5_LEN - 1 : 1] = frame->counter_lsb;
}

int
prose_pc5_frame_decode(ProsePc5Frame *ret, const uint8_t *octets, size_t len, const ProseProfile *profile)
{
    bool last = profile->counter_lsb == PROSE_COUNTER_LSB_LAST;
    const uint8_t *body;

    if (len < PROSE_PC5_LEN)
        return PROSE_ERR_TRUNCATED;
    if (len > PROSE_PC5_LEN)
        return PROSE_ERR_TRAILING;
    body = octets + (last ? 1 : 2);
    ret->type = octets[0];
    memcpy(ret->content, body, PROSE_CONTENT_LEN);
    memcpy(ret->mic, body + PROSE_CONTENT_LEN, PROSE_MIC_LEN);
    ret->counter_lsb = octets[last ? PROSE_PC5_LEN - 1 : 1];
    return PROSE_OK;
}

/* 24 bits; a value that needs more fails the writer. */
static void
write_id(ProseWriter *w, uint32_t id)
{
    if (id > PROSE_ID24_MAX)
        w->failed = true;
    prose_write_u24(w, id);
}

int
prose_pc5_content_encode(uint8_t ret[PROSE_CONTENT_LEN], const ProsePc5Content *content)
{
    uint8_t octets[PROSE_CONTENT_LEN] = { 0 };
    ProseWriter w = { .buf = octets, .size = sizeof octets };

    if (prose_pc5_type_check(content->type) < 0)
        return PROSE_ERR_INVALID;
    if (prose_pc5_type_key_type(content->type) >= 0)
        write_id(&w, content->id);

    switch (content->type) {
    case PROSE_PC5_OPEN_ANNOUNCEMENT:
        if ((content->code[0] & APP_CODE_SCOPE) == APP_CODE_SCOPE_RESERVED)
            return PROSE_ERR_INVALID;
        prose_write_u8(&w, content->code[0] & (uint8_t) ~APP_CODE_SPARE);
        prose_write_bytes(&w, content->code + 1, PROSE_CONTENT_LEN - 1);
        break;
    case PROSE_PC5_RESTRICTED_ANNOUNCEMENT:
        /* A suffix has no length of its own, so what follows the code is the sender's: suffix, then zeros. */
        prose_write_bytes(&w, content->code, PROSE_CONTENT_LEN);
        break;
    case PROSE_PC5_RESTRICTED_RESPONSE:
    case PROSE_PC5_RESTRICTED_QUERY:
        prose_write_bytes(&w, content->code, RESTRICTED_CODE_LEN);
        break;
    case PROSE_PC5_RELAY_ANNOUNCEMENT:
    case PROSE_PC5_RELAY_RESPONSE:
        prose_write_bytes(&w, content->user_info, PROSE_USER_INFO_ID_LEN);
        write_id(&w, content->ue_id);
        prose_write_u8(&w, content->resource_status ? STATUS_RSI : 0);
        break;
    case PROSE_PC5_RELAY_SOLICITATION:
        prose_write_bytes(&w, content->user_info, PROSE_USER_INFO_ID_LEN);
        prose_write_u8(&w, content->has_ue_id ? COMPOSITION_FIRST : 0);
        if (content->has_ue_id)
            write_id(&w, content->ue_id);
        break;
    case PROSE_PC5_GROUP_ANNOUNCEMENT:
    case PROSE_PC5_GROUP_RESPONSE:
        prose_write_bytes(&w, content->user_info, PROSE_USER_INFO_ID_LEN);
        write_id(&w, content->ue_id);
        break;
    case PROSE_PC5_GROUP_SOLICITATION:
        prose_write_bytes(&w, content->user_info, PROSE_USER_INFO_ID_LEN);
        write_id(&w, content->ue_id);
        prose_write_u8(&w, (content->has_target_user ? COMPOSITION_FIRST : 0) |
                           (content->has_target_group ? COMPOSITION_SECOND : 0));
        if (content->has_target_user)
            prose_write_bytes(&w, content->target_user, PROSE_USER_INFO_ID_LEN);
        if (content->has_target_group)
            write_id(&w, content->target_group);
        break;
    case PROSE_PC5_RELAY_ADDITIONAL:
        write_id(&w, content->ue_id);
        prose_write_u8(&w, (content->has_ecgi ? COMPOSITION_FIRST : 0) | (content->has_mbms ? COMPOSITION_SECOND : 0));
        if (content->has_ecgi) {
            prose_write_bytes(&w, content->ecgi, sizeof content->ecgi - 1);
            prose_write_u8(&w, content->ecgi[sizeof content->ecgi - 1] & (uint8_t) ~ECGI_PADDING);
        }
        if (content->has_mbms) {
            prose_write_bytes(&w, content->tmgi, sizeof content->tmgi);
            prose_write_u16(&w, content->sai);
        }
        break;
    default:
        g_assert_not_reached();
    }

    if (w.failed)                  /* 23 octets hold the longest of them, so it was an id */
        return PROSE_ERR_INVALID;
    memcpy(ret, octets, sizeof octets);
    return PROSE_OK;
}

int
prose_pc5_content_decode(ProsePc5Content *ret, uint8_t type, const uint8_t content[PROSE_CONTENT_LEN])
{
    ProseReader r = { .buf = content, .len = PROSE_CONTENT_LEN };
    ProsePc5Content c = { .type = type };
    int result = prose_pc5_type_check(type);
    uint8_t composition;

    if (result < 0)
        return result;
    if (prose_pc5_type_key_type(type) >= 0)
        c.id = prose_read_u24(&r);

    switch (type) {
    case PROSE_PC5_OPEN_ANNOUNCEMENT:
        if ((content[0] & APP_CODE_SCOPE) == APP_CODE_SCOPE_RESERVED)
            return PROSE_ERR_RESERVED;
        prose_read_bytes(&r, c.code, PROSE_CONTENT_LEN);
        c.code[0] &= (uint8_t) ~APP_CODE_SPARE;
        break;
    case PROSE_PC5_RESTRICTED_ANNOUNCEMENT:
        prose_read_bytes(&r, c.code, PROSE_CONTENT_LEN);
        break;
    case PROSE_PC5_RESTRICTED_RESPONSE:
    case PROSE_PC5_RESTRICTED_QUERY:
        prose_read_bytes(&r, c.code, RESTRICTED_CODE_LEN);
        break;
    case PROSE_PC5_RELAY_ANNOUNCEMENT:
    case PROSE_PC5_RELAY_RESPONSE:
        prose_read_bytes(&r, c.user_info, PROSE_USER_INFO_ID_LEN);
        c.ue_id = prose_read_u24(&r);
        c.resource_status = prose_read_u8(&r) & STATUS_RSI;
        break;
    case PROSE_PC5_RELAY_SOLICITATION:
        prose_read_bytes(&r, c.user_info, PROSE_USER_INFO_ID_LEN);
        c.has_ue_id = prose_read_u8(&r) & COMPOSITION_FIRST;
        if (c.has_ue_id)
            c.ue_id = prose_read_u24(&r);
        break;
    case PROSE_PC5_GROUP_ANNOUNCEMENT:
    case PROSE_PC5_GROUP_RESPONSE:
        prose_read_bytes(&r, c.user_info, PROSE_USER_INFO_ID_LEN);
        c.ue_id = prose_read_u24(&r);
        break;
    case PROSE_PC5_GROUP_SOLICITATION:
        prose_read_bytes(&r, c.user_info, PROSE_USER_INFO_ID_LEN);
        c.ue_id = prose_read_u24(&r);
        composition = prose_read_u8(&r);
        c.has_target_user = composition & COMPOSITION_FIRST;
        c.has_target_group = composition & COMPOSITION_SECOND;
        if (c.has_target_user)
            prose_read_bytes(&r, c.target_user, PROSE_USER_INFO_ID_LEN);
        if (c.has_target_group)
            c.target_group = prose_read_u24(&r);
        break;
    case PROSE_PC5_RELAY_ADDITIONAL:
        c.ue_id = prose_read_u24(&r);
        composition = prose_read_u8(&r);
        c.has_ecgi = composition & COMPOSITION_FIRST;
        c.has_mbms = composition & COMPOSITION_SECOND;
        if (c.has_ecgi) {
            prose_read_bytes(&r, c.ecgi, sizeof c.ecgi);
            c.ecgi[sizeof c.ecgi - 1] &= (uint8_t) ~ECGI_PADDING;
        }
        if (c.has_mbms) {
            prose_read_bytes(&r, c.tmgi, sizeof c.tmgi);
            c.sai = prose_read_u16(&r);
        }
        break;
    default:
        g_assert_not_reached();
    }

    g_assert(!r.failed);
    *ret = c;
    return PROSE_OK;
}
