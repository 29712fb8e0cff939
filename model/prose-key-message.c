/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KEY_REQUEST and KEY_RESPONSE, TS 33.303 Annex E.4 and E.5; names and order as in prose-key-message.xsd.
 *
 * The one secret is the PMK. It is lifted out of the parsed tree before validation, which copies what it checks.
 */
#include "prose-key-message.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-secret.h"
#include "prose-xml.h"

#include "prose-key-message-xsd.h"

#include <string.h>

#define KEY_NAMESPACE "urn:3GPP:ns:ProSe:KeyManagement:2016"
#define KEY_ROOT "prose-key-message"
#define ERROR_CODE_MAX 255

G_STATIC_ASSERT(PROSE_KEY_SCOPES_KIND_MAX == PROSE_XML_SCOPES_KIND_MAX);

struct ProseKeySchema {
    ProseXmlSchema *xml;
};

ProseKeySchema *
prose_key_schema_new(void)
{
    ProseXmlSchema *xml = prose_xml_schema_new(prose_key_message_xsd, sizeof prose_key_message_xsd);
    ProseKeySchema *schema;

    if (!xml)
        return NULL;
    schema = g_new0(ProseKeySchema, 1);
    schema->xml = xml;
    return schema;
}

ProseKeySchema *
prose_key_schema_free(ProseKeySchema *schema)
{
    if (!schema)
        return NULL;
    prose_xml_schema_free(schema->xml);
    g_free(schema);
    return NULL;
}

const char *
prose_status_code_name(unsigned code)
{
    static const char *const names[] = {
        [PROSE_STATUS_NOT_AUTHORISED] = "not-authorised",
        [PROSE_STATUS_UNKNOWN] = "unknown",
        [PROSE_STATUS_SCRAMBLING_NOT_SUPPORTED] = "scrambling-not-supported",
        [PROSE_STATUS_ALGORITHM_NOT_SUPPORTED] = "algorithm-not-supported",
        [PROSE_STATUS_STOPPED] = "stopped",
        [PROSE_STATUS_TEMPORARILY_UNAVAILABLE] = "temporarily-unavailable",
        [PROSE_STATUS_UNSPECIFIED] = "unspecified",
    };

    return code < G_N_ELEMENTS(names) && names[code] ? names[code] : names[PROSE_STATUS_UNSPECIFIED];
}

/* ---- rules that hold for what is sent and for what is received ---- */

/* REQ-66422-12, -13: what is held, or one all-zero ID alone. */
static int
check_key_ids(const ProseKeyWant *want)
{
    if (want->n_key_ids < 1 || want->n_key_ids > PROSE_KEY_IDS_MAX)
        return PROSE_ERR_INVALID;
    for (size_t i = 0; i < want->n_key_ids; i++) {
        if (want->key_ids[i] == PROSE_KEY_ID_NONE && want->n_key_ids > 1)
            return PROSE_ERR_DUPLICATE;
        for (size_t j = 0; j < i; j++) {
            if (want->key_ids[i] == want->key_ids[j])
                return PROSE_ERR_DUPLICATE;
        }
    }
    return 0;
}

static int
check_request(const ProseKeyRequest *request)
{
    ProseXmlScopes scopes = { .n = 0 };
    bool needs_capabilities = false, needs_algorithms = false;
    int r;

    if (request->n_wants > PROSE_KEY_SCOPES_MAX || request->n_stops > PROSE_KEY_SCOPES_MAX)
        return PROSE_ERR_INVALID;
    for (size_t i = 0; i < request->n_wants; i++) {
        const ProseKeyWant *want = &request->wants[i];

        r = prose_xml_scopes_add(&scopes, want->scope);
        if (r == 0)
            r = check_key_ids(want);
        if (r < 0)
            return r;
        needs_capabilities |= prose_key_scope_is_discovery(want->scope);
        needs_algorithms |= !prose_key_scope_is_discovery(want->scope);
    }
    for (size_t i = 0; i < request->n_stops; i++) {
        r = prose_xml_scopes_add(&scopes, request->stops[i]);
        if (r < 0)
            return r;
        needs_capabilities |= prose_key_scope_is_discovery(request->stops[i]);
    }
    /* Rules R4. */
    if ((needs_capabilities && !request->has_capabilities) || (needs_algorithms && !request->has_algorithms))
        return PROSE_ERR_INVALID;
    return 0;
}

static int
check_answer(const ProseKeyAnswer *answer)
{
    static const uint8_t no_mask[PROSE_CONTENT_LEN];

    if (!answer->supplied)
        return answer->status <= ERROR_CODE_MAX ? 0 : PROSE_ERR_INVALID;
    if (prose_key_scope_is_discovery(answer->scope)) {
        /* A mask without confidentiality has no element to be in. */
        if (!answer->meta.confidentiality && memcmp(answer->meta.encrypted_bits_mask, no_mask, sizeof no_mask) != 0)
            return PROSE_ERR_INVALID;
        return 0;
    }
    return answer->group_member_id <= PROSE_ID24_MAX && answer->algorithm <= 3 ? 0 : PROSE_ERR_INVALID;
}

static int
check_response(const ProseKeyResponse *response)
{
    ProseXmlScopes scopes = { .n = 0 };
    int r;

    if (response->n_answers > PROSE_KEY_SCOPES_MAX)
        return PROSE_ERR_INVALID;
    for (size_t i = 0; i < response->n_answers; i++) {
        r = prose_xml_scopes_add(&scopes, response->answers[i].scope);
        if (r == 0)
            r = check_answer(&response->answers[i]);
        if (r < 0)
            return r;
    }
    if (response->has_max_offset && response->max_offset > PROSE_MAX_OFFSET_MAX)
        return PROSE_ERR_INVALID;
    /* Rules R3. */
    if (scopes.n_discoveries && !(response->has_current_time && response->has_max_offset))
        return PROSE_ERR_INVALID;
    return 0;
}

/* ---- writing ---- */

static void
write_want(ProseWriter *w, const ProseKeyWant *want)
{
    bool is_discovery = prose_key_scope_is_discovery(want->scope);
    const char *name = is_discovery ? "DiscKeyReq" : "GroupKeyReq";

    prose_write_format(w, "<%s>", name);
    prose_xml_write_scope(w, want->scope);
    for (size_t i = 0; i < want->n_key_ids; i++)
        prose_xml_write_octets(w, is_discovery ? "PSDKId" : "PGKId", &want->key_ids[i], 1);
    prose_write_format(w, "</%s>", name);
}

static void
write_stop(ProseWriter *w, ProseKeyScope scope)
{
    const char *name = prose_key_scope_is_discovery(scope) ? "DiscKeyStop" : "GroupKeyStop";

    prose_write_format(w, "<%s>", name);
    prose_xml_write_scope(w, scope);
    prose_write_format(w, "</%s>", name);
}

ptrdiff_t
prose_key_request_encode(uint8_t *ret, size_t size, const ProseKeyRequest *request)
{
    ProseWriter w = { .buf = ret, .size = size };

    if (check_request(request) < 0 || (request->has_capabilities && request->capabilities & ~PROSE_CAPABILITY_SCRAMBLING))
        return PROSE_ERR_INVALID;
    prose_xml_write_open(&w, KEY_ROOT, KEY_NAMESPACE, "KEY_REQUEST", request->transaction_id);
    if (request->has_algorithms)
        prose_xml_write_octets(&w, "SupportedAlgorithm", &request->algorithms, 1);
    if (request->has_capabilities)
        prose_xml_write_octets(&w, "PSDiscSecCapabilities", &request->capabilities, 1);
    for (int discoveries = 0; discoveries <= 1; discoveries++) {   /* the schema's order: groups first */
        for (size_t i = 0; i < request->n_wants; i++) {
            if (prose_key_scope_is_discovery(request->wants[i].scope) == discoveries)
                write_want(&w, &request->wants[i]);
        }
        for (size_t i = 0; i < request->n_stops; i++) {
            if (prose_key_scope_is_discovery(request->stops[i]) == discoveries)
                write_stop(&w, request->stops[i]);
        }
    }
    return prose_xml_write_close(&w, KEY_ROOT, "KEY_REQUEST", PROSE_KEY_MESSAGE_MAX);
}

static void
write_answer(ProseWriter *w, const ProseKeyAnswer *answer)
{
    bool is_discovery = prose_key_scope_is_discovery(answer->scope);
    const char *name = is_discovery ? answer->supplied ? "DiscKeyResp" : "DiscNotSupported"
                                    : answer->supplied ? "GroupKeyResp" : "GroupNotSupported";

    prose_write_format(w, "<%s>", name);
    prose_xml_write_scope(w, answer->scope);
    if (!answer->supplied) {
        prose_xml_write_number(w, "ErrorCode", answer->status);
    } else if (is_discovery) {
        const ProseSecurityMetadata *meta = &answer->meta;

        prose_xml_write_octets(w, "KeyTypeId", &answer->key_type_id, 1);
        prose_write_text(w, "<SecurityMetaData>");
        prose_xml_write_boolean(w, "Scrambling", meta->scrambling);
        prose_xml_write_boolean(w, "Confidentiality", meta->confidentiality);
        prose_xml_write_boolean(w, "MicCheck", meta->mic);
        if (meta->confidentiality)
            prose_xml_write_octets(w, "EncryptedBitsMask", meta->encrypted_bits_mask, PROSE_CONTENT_LEN);
        prose_write_text(w, "</SecurityMetaData>");
    } else {
        uint8_t member_id[3];

        prose_put_u24(member_id, answer->group_member_id);
        prose_xml_write_octets(w, "GroupMemberId", member_id, sizeof member_id);
        prose_xml_write_octets(w, "AlgorithmInfo", &answer->algorithm, 1);
    }
    prose_write_format(w, "</%s>", name);
}

/* The reserved status is never sent (OP-03). */
static bool
has_reserved_status(const ProseKeyResponse *response)
{
    for (size_t i = 0; i < response->n_answers; i++) {
        if (!response->answers[i].supplied && response->answers[i].status == PROSE_STATUS_RESERVED)
            return true;
    }
    return false;
}

ptrdiff_t
prose_key_response_encode(uint8_t *ret, size_t size, const ProseKeyResponse *response)
{
    ProseWriter w = { .buf = ret, .size = size };

    if (check_response(response) < 0 || has_reserved_status(response))
        return PROSE_ERR_INVALID;
    prose_xml_write_open(&w, KEY_ROOT, KEY_NAMESPACE, "KEY_RESPONSE", response->transaction_id);
    if (response->has_current_time) {
        char text[PROSE_DATETIME_TEXT_MAX];
        int64_t back;

        /* Only what a receiver reads back: years 1970 to 2200. */
        prose_datetime_print(text, response->current_time);
        if (prose_datetime_parse(&back, text) < 0)
            return PROSE_ERR_INVALID;
        prose_write_format(&w, "<Current-Time>%s</Current-Time>", text);
    }
    if (response->has_max_offset)
        prose_xml_write_number(&w, "Max-Offset", response->max_offset);
    if (response->has_pmk) {
        prose_write_text(&w, "<PMK-info>");
        prose_xml_write_octets(&w, "PMKId", response->pmk_id, PROSE_PMK_ID_LEN);
        prose_xml_write_octets(&w, "PMK", response->pmk, PROSE_KEY_LEN);
        prose_write_text(&w, "</PMK-info>");
    }
    for (int discoveries = 0; discoveries <= 1; discoveries++) {
        for (int supplied = 1; supplied >= 0; supplied--) {
            for (size_t i = 0; i < response->n_answers; i++) {
                const ProseKeyAnswer *answer = &response->answers[i];

                if (prose_key_scope_is_discovery(answer->scope) == discoveries && answer->supplied == supplied)
                    write_answer(&w, answer);
            }
        }
    }
    return prose_xml_write_close(&w, KEY_ROOT, "KEY_RESPONSE", PROSE_KEY_MESSAGE_MAX);
}

/* ---- reading ---- */

/* Limits that the schema knows too, told apart from other mistakes: a list too long is 413, not 400. */
static bool
is_over_limit(const ProseXmlElement *message)
{
    static const struct { const char *name; bool is_discovery; } scopes[] = {
        { "DiscKeyReq", true }, { "DiscKeyStop", true }, { "DiscKeyResp", true }, { "DiscNotSupported", true },
        { "GroupKeyReq", false }, { "GroupKeyStop", false }, { "GroupKeyResp", false }, { "GroupNotSupported", false },
    };
    size_t n[2] = { 0, 0 };

    for (const ProseXmlElement *e = prose_xml_first(message); e; e = prose_xml_next(e)) {
        size_t n_ids = 0;

        if (prose_xml_is(e, "anyExt"))
            break;
        for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++) {
            if (prose_xml_is(e, scopes[i].name) && ++n[scopes[i].is_discovery] > PROSE_KEY_SCOPES_KIND_MAX)
                return true;
        }
        for (const ProseXmlElement *id = prose_xml_first(e); id; id = prose_xml_next(id)) {
            if ((prose_xml_is(id, "PSDKId") || prose_xml_is(id, "PGKId")) && ++n_ids > PROSE_KEY_IDS_MAX)
                return true;
        }
    }
    return false;
}

/* Copies the PMK out of @message and leaves zeros in its place. */
static void
lift_pmk(uint8_t ret[PROSE_KEY_LEN], const ProseXmlElement *message)
{
    for (const ProseXmlElement *info = prose_xml_first(message); info; info = prose_xml_next(info)) {
        if (!prose_xml_is(info, "PMK-info"))
            continue;
        for (ProseXmlElement *e = prose_xml_first(info); e; e = prose_xml_next(e)) {
            if (prose_xml_is(e, "PMK")) {
                prose_xml_octets(ret, PROSE_KEY_LEN, e);           /* if it is none, validation will say so */
                prose_xml_blank(e);
            }
        }
    }
}

/* Parses and validates; @ret_message is the element @name in it. */
static int
open_document(ProseXml **ret, ProseXmlElement **ret_message, uint8_t ret_pmk[PROSE_KEY_LEN], const ProseKeySchema *schema,
              const char *name, const uint8_t *octets, size_t len)
{
    ProseXml *xml;
    ProseXmlElement *message;
    int r = 0;

    if (len > PROSE_KEY_MESSAGE_MAX)
        return PROSE_ERR_LIMIT;
    xml = prose_xml_parse(octets, len);
    if (!xml)
        return PROSE_ERR_MALFORMED;
    message = prose_xml_first(prose_xml_root(xml));
    if (!message)
        r = PROSE_ERR_SCHEMA;
    else if (is_over_limit(message))
        r = PROSE_ERR_LIMIT;
    if (r == 0) {
        if (ret_pmk)
            lift_pmk(ret_pmk, message);
        if (!prose_xml_is_valid(xml, schema->xml) || !prose_xml_is(message, name))
            r = PROSE_ERR_SCHEMA;
    }
    if (r < 0) {
        prose_xml_free(xml);
        return r;
    }
    *ret = xml;
    *ret_message = message;
    return 0;
}

/* Behind anyExt anything may stand but what has its place before it. */
static const char *const own_names[] = {
    "transaction-ID", "SupportedAlgorithm", "PSDiscSecCapabilities", "GroupKeyReq", "GroupKeyStop", "DiscKeyReq",
    "DiscKeyStop", "Current-Time", "Max-Offset", "PMK-info", "GroupKeyResp", "GroupNotSupported", "DiscKeyResp",
    "DiscNotSupported", "anyExt", NULL
};

/* In a validated document this and its like fail only where schema and code differ. */
static bool
read_octet(uint8_t *ret, const ProseXmlElement *element)
{
    return prose_xml_octets(ret, 1, element);
}

static bool
read_want(ProseKeyWant *ret, const ProseXmlElement *element)
{
    const ProseXmlElement *e = prose_xml_first(element);

    if (!prose_xml_scope(&ret->scope, e))
        return false;
    for (e = prose_xml_next(e); e; e = prose_xml_next(e)) {
        if (ret->n_key_ids == PROSE_KEY_IDS_MAX || !read_octet(&ret->key_ids[ret->n_key_ids++], e))
            return false;
    }
    return true;
}

static bool
read_request_element(ProseKeyRequest *request, const ProseXmlElement *e)
{
    if (prose_xml_is(e, "transaction-ID"))
        return prose_xml_octet_number(&request->transaction_id, e);
    if (prose_xml_is(e, "SupportedAlgorithm")) {
        request->has_algorithms = true;
        return read_octet(&request->algorithms, e);
    }
    if (prose_xml_is(e, "PSDiscSecCapabilities")) {
        request->has_capabilities = true;
        if (!read_octet(&request->capabilities, e))
            return false;
        request->capabilities &= PROSE_CAPABILITY_SCRAMBLING;      /* spare bits are ignored */
        return true;
    }
    if (prose_xml_is(e, "GroupKeyReq") || prose_xml_is(e, "DiscKeyReq"))
        return request->n_wants < PROSE_KEY_SCOPES_MAX && read_want(&request->wants[request->n_wants++], e);
    if (prose_xml_is(e, "GroupKeyStop") || prose_xml_is(e, "DiscKeyStop"))
        return request->n_stops < PROSE_KEY_SCOPES_MAX
               && prose_xml_scope(&request->stops[request->n_stops++], prose_xml_first(e));
    return prose_xml_is(e, "anyExt") && prose_xml_rest_is_none_of(e, own_names);
}

int
prose_key_request_decode(ProseKeyRequest *ret, const ProseKeySchema *schema, const uint8_t *octets, size_t len)
{
    ProseKeyRequest request = { .n_wants = 0 };
    ProseXml *xml;
    ProseXmlElement *message;
    int r = open_document(&xml, &message, NULL, schema, "KEY_REQUEST", octets, len);

    if (r < 0)
        return r;
    for (const ProseXmlElement *e = prose_xml_first(message); e && r == 0; e = prose_xml_next(e)) {
        if (!read_request_element(&request, e))
            r = PROSE_ERR_SCHEMA;
        if (prose_xml_is(e, "anyExt"))
            break;
    }
    prose_xml_free(xml);
    if (r == 0)
        r = check_request(&request);
    if (r == 0)
        *ret = request;
    return r;
}

static bool
read_meta(ProseSecurityMetadata *ret, bool *ret_has_mask, const ProseXmlElement *element)
{
    const ProseXmlElement *scrambling = prose_xml_first(element);
    const ProseXmlElement *confidentiality = prose_xml_next(scrambling);
    const ProseXmlElement *mic = prose_xml_next(confidentiality);
    const ProseXmlElement *mask = prose_xml_next(mic);

    *ret_has_mask = mask != NULL;
    return prose_xml_boolean(&ret->scrambling, scrambling) && prose_xml_boolean(&ret->confidentiality, confidentiality)
           && prose_xml_boolean(&ret->mic, mic)
           && (!mask || prose_xml_octets(ret->encrypted_bits_mask, PROSE_CONTENT_LEN, mask));
}

/* Returns: 0 or an error. */
static int
read_answer(ProseKeyAnswer *answer, const ProseXmlElement *element)
{
    const ProseXmlElement *scope = prose_xml_first(element);
    const ProseXmlElement *e = prose_xml_next(scope);
    bool is_read, has_mask;
    uint32_t status;

    if (!prose_xml_scope(&answer->scope, scope))
        return PROSE_ERR_SCHEMA;
    if (prose_xml_is(element, "DiscNotSupported") || prose_xml_is(element, "GroupNotSupported")) {
        is_read = prose_xml_number(&status, e);
        answer->status = status;
        return is_read ? 0 : PROSE_ERR_SCHEMA;
    }
    answer->supplied = true;
    if (prose_xml_is(element, "DiscKeyResp")) {
        if (!read_octet(&answer->key_type_id, e) || !read_meta(&answer->meta, &has_mask, prose_xml_next(e)))
            return PROSE_ERR_SCHEMA;
        return has_mask == answer->meta.confidentiality ? 0 : PROSE_ERR_INVALID;       /* REQ-66422-30 */
    } else {
        uint8_t member_id[3];

        if (!prose_xml_octets(member_id, sizeof member_id, e) || !read_octet(&answer->algorithm, prose_xml_next(e)))
            return PROSE_ERR_SCHEMA;
        answer->group_member_id = prose_get_u24(member_id);
        return 0;
    }
}

static int
read_response_element(ProseKeyResponse *response, const uint8_t pmk[PROSE_KEY_LEN], const ProseXmlElement *e)
{
    bool is_read;

    if (prose_xml_is(e, "transaction-ID")) {
        is_read = prose_xml_octet_number(&response->transaction_id, e);
    } else if (prose_xml_is(e, "Current-Time")) {
        char text[64];

        /* A year that we do not simulate, or a second of a day that is none, may be xs:dateTime all the same. */
        if (!prose_xml_text(text, sizeof text, e) || prose_datetime_parse(&response->current_time, text) < 0)
            return PROSE_ERR_INVALID;
        response->has_current_time = is_read = true;
    } else if (prose_xml_is(e, "Max-Offset")) {
        is_read = response->has_max_offset = prose_xml_number(&response->max_offset, e);
    } else if (prose_xml_is(e, "PMK-info")) {
        response->has_pmk = true;
        memcpy(response->pmk, pmk, PROSE_KEY_LEN);
        is_read = prose_xml_octets(response->pmk_id, PROSE_PMK_ID_LEN, prose_xml_first(e));
    } else if (prose_xml_is(e, "anyExt")) {
        is_read = prose_xml_rest_is_none_of(e, own_names);
    } else if (response->n_answers < PROSE_KEY_SCOPES_MAX) {
        return read_answer(&response->answers[response->n_answers++], e);
    } else {
        is_read = false;
    }
    return is_read ? 0 : PROSE_ERR_SCHEMA;
}

int
prose_key_response_decode(ProseKeyResponse *ret, const ProseKeySchema *schema, const uint8_t *octets, size_t len)
{
    ProseKeyResponse response = { .n_answers = 0 };
    ProseXml *xml;
    ProseXmlElement *message;
    uint8_t pmk[PROSE_KEY_LEN] = { 0 };
    int r = open_document(&xml, &message, pmk, schema, "KEY_RESPONSE", octets, len);

    if (r == 0) {
        for (const ProseXmlElement *e = prose_xml_first(message); e && r == 0; e = prose_xml_next(e)) {
            r = read_response_element(&response, pmk, e);
            if (prose_xml_is(e, "anyExt"))
                break;
        }
        prose_xml_free(xml);
    }
    if (r == 0)
        r = check_response(&response);
    if (r == 0)
        *ret = response;
    prose_wipe(&response, sizeof response);
    prose_wipe(pmk, sizeof pmk);
    return r;
}
