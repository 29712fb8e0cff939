/* SPDX-License-Identifier: GPL-2.0-only */
/* PKMF_ADDRESS_REQUEST and PKMF_ADDRESS_RESPONSE, OP-21; names and order as in prose-pc3-message.xsd. */
#include "prose-pc3-message.h"

#include "prose-error.h"
#include "prose-xml.h"

#include "prose-pc3-message-xsd.h"

#include <string.h>

#define PC3_NAMESPACE "urn:3GPP:ns:ProSe:Discovery:2014"
#define PC3_ROOT "prose-discovery-message"
#define LABEL_MAX 63
#define ERROR_CODE_MAX 255

struct ProsePc3Schema {
    ProseXmlSchema *xml;
};

ProsePc3Schema *
prose_pc3_schema_new(void)
{
    ProseXmlSchema *xml = prose_xml_schema_new(prose_pc3_message_xsd, sizeof prose_pc3_message_xsd);
    ProsePc3Schema *schema;

    if (!xml)
        return NULL;
    schema = g_new0(ProsePc3Schema, 1);
    schema->xml = xml;
    return schema;
}

ProsePc3Schema *
prose_pc3_schema_free(ProsePc3Schema *schema)
{
    if (!schema)
        return NULL;
    prose_xml_schema_free(schema->xml);
    g_free(schema);
    return NULL;
}

/* ---- rules that hold for what is sent and for what is received ---- */

/* Letters, digits and hyphens in labels of 1 to 63 (RFC 1123): the name goes on into TLS and HTTP. */
static bool
is_host_name(const char *name)
{
    size_t label = 0, len = strlen(name);

    if (len == 0 || len > PROSE_FQDN_MAX)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (name[i] == '.' || name[i] == '\0') {
            if (label == 0 || label > LABEL_MAX || name[i - 1] == '-')
                return false;
            label = 0;
        } else if (g_ascii_isalnum(name[i]) || (name[i] == '-' && label > 0)) {
            label++;
        } else {
            return false;
        }
    }
    return true;
}

static int
check_request(const ProsePc3Request *request)
{
    ProseXmlScopes scopes = { .n = 0 };
    int r = request->n_scopes <= PROSE_KEY_SCOPES_MAX ? 0 : PROSE_ERR_INVALID;

    for (size_t i = 0; i < request->n_scopes && r == 0; i++)
        r = prose_xml_scopes_add(&scopes, request->scopes[i]);
    return r;
}

static int
check_response(const ProsePc3Response *response)
{
    ProseXmlScopes scopes = { .n = 0 };
    int r = response->n_entries <= PROSE_KEY_SCOPES_MAX ? 0 : PROSE_ERR_INVALID;

    for (size_t i = 0; i < response->n_entries && r == 0; i++) {
        const ProsePc3Entry *entry = &response->entries[i];

        r = prose_xml_scopes_add(&scopes, entry->scope);
        if (r == 0 && (entry->known ? !is_host_name(entry->pkmf_fqdn) : entry->status > ERROR_CODE_MAX))
            r = PROSE_ERR_INVALID;
    }
    return r;
}

/* ---- writing ---- */

ptrdiff_t
prose_pc3_request_encode(uint8_t *ret, size_t size, const ProsePc3Request *request)
{
    ProseWriter w = { .buf = ret, .size = size };

    if (check_request(request) < 0)
        return PROSE_ERR_INVALID;
    prose_xml_write_open(&w, PC3_ROOT, PC3_NAMESPACE, "PKMF_ADDRESS_REQUEST", request->transaction_id);
    for (size_t i = 0; i < request->n_scopes; i++) {
        prose_write_text(&w, "<PKMFAddressReq>");
        prose_xml_write_scope(&w, request->scopes[i]);
        prose_write_text(&w, "</PKMFAddressReq>");
    }
    return prose_xml_write_close(&w, PC3_ROOT, "PKMF_ADDRESS_REQUEST", PROSE_KEY_MESSAGE_MAX);
}

ptrdiff_t
prose_pc3_response_encode(uint8_t *ret, size_t size, const ProsePc3Response *response)
{
    ProseWriter w = { .buf = ret, .size = size };

    if (check_response(response) < 0)
        return PROSE_ERR_INVALID;
    prose_xml_write_open(&w, PC3_ROOT, PC3_NAMESPACE, "PKMF_ADDRESS_RESPONSE", response->transaction_id);
    for (size_t i = 0; i < response->n_entries; i++) {
        const ProsePc3Entry *entry = &response->entries[i];

        if (!entry->known && entry->status == PROSE_STATUS_RESERVED)
            return PROSE_ERR_INVALID;
        prose_write_text(&w, "<PKMFAddressResp>");
        prose_xml_write_scope(&w, entry->scope);
        if (entry->known)
            prose_write_format(&w, "<PKMFAddress>%s</PKMFAddress>", entry->pkmf_fqdn);
        else
            prose_xml_write_number(&w, "ErrorCode", entry->status);
        prose_write_text(&w, "</PKMFAddressResp>");
    }
    return prose_xml_write_close(&w, PC3_ROOT, "PKMF_ADDRESS_RESPONSE", PROSE_KEY_MESSAGE_MAX);
}

/* ---- reading ---- */

static bool
is_over_limit(const ProseXmlElement *message)
{
    size_t n_discoveries = 0, n_groups = 0;

    for (const ProseXmlElement *e = prose_xml_first(message); e && !prose_xml_is(e, "anyExt"); e = prose_xml_next(e)) {
        if (!prose_xml_is(e, "PKMFAddressReq") && !prose_xml_is(e, "PKMFAddressResp"))
            continue;
        if (prose_xml_is(prose_xml_first(e), "GroupId"))
            n_groups++;
        else
            n_discoveries++;
    }
    return n_discoveries > PROSE_KEY_SCOPES_KIND_MAX || n_groups > PROSE_KEY_SCOPES_KIND_MAX;
}

static int
open_document(ProseXml **ret, ProseXmlElement **ret_message, const ProsePc3Schema *schema, const char *name,
              const uint8_t *octets, size_t len)
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
    if (message && is_over_limit(message))
        r = PROSE_ERR_LIMIT;
    else if (!prose_xml_is_valid(xml, schema->xml) || !prose_xml_is(message, name))
        r = PROSE_ERR_SCHEMA;
    if (r < 0) {
        prose_xml_free(xml);
        return r;
    }
    *ret = xml;
    *ret_message = message;
    return 0;
}

static const char *const own_names[] = { "transaction-ID", "PKMFAddressReq", "PKMFAddressResp", "anyExt", NULL };

int
prose_pc3_request_decode(ProsePc3Request *ret, const ProsePc3Schema *schema, const uint8_t *octets, size_t len)
{
    ProsePc3Request request = { .n_scopes = 0 };
    ProseXml *xml;
    ProseXmlElement *message;
    int r = open_document(&xml, &message, schema, "PKMF_ADDRESS_REQUEST", octets, len);

    if (r < 0)
        return r;
    for (const ProseXmlElement *e = prose_xml_first(message); e && r == 0; e = prose_xml_next(e)) {
        bool is_read;

        if (prose_xml_is(e, "anyExt")) {
            r = prose_xml_rest_is_none_of(e, own_names) ? 0 : PROSE_ERR_SCHEMA;
            break;
        }
        if (prose_xml_is(e, "transaction-ID"))
            is_read = prose_xml_octet_number(&request.transaction_id, e);
        else
            is_read = request.n_scopes < PROSE_KEY_SCOPES_MAX
                      && prose_xml_scope(&request.scopes[request.n_scopes++], prose_xml_first(e));
        r = is_read ? 0 : PROSE_ERR_SCHEMA;
    }
    prose_xml_free(xml);
    if (r == 0)
        r = check_request(&request);
    if (r == 0)
        *ret = request;
    return r;
}

static bool
read_entry(ProsePc3Entry *entry, const ProseXmlElement *element)
{
    const ProseXmlElement *scope = prose_xml_first(element);
    const ProseXmlElement *e = prose_xml_next(scope);
    uint32_t status;

    if (!prose_xml_scope(&entry->scope, scope))
        return false;
    if (prose_xml_is(e, "PKMFAddress")) {
        entry->known = true;
        return prose_xml_text(entry->pkmf_fqdn, sizeof entry->pkmf_fqdn, e);
    }
    if (!prose_xml_number(&status, e))
        return false;
    entry->status = status;
    return true;
}

int
prose_pc3_response_decode(ProsePc3Response *ret, const ProsePc3Schema *schema, const uint8_t *octets, size_t len)
{
    g_autofree ProsePc3Response *response = g_new0(ProsePc3Response, 1);
    ProseXml *xml;
    ProseXmlElement *message;
    int r = open_document(&xml, &message, schema, "PKMF_ADDRESS_RESPONSE", octets, len);

    if (r < 0)
        return r;
    for (const ProseXmlElement *e = prose_xml_first(message); e && r == 0; e = prose_xml_next(e)) {
        bool is_read;

        if (prose_xml_is(e, "anyExt")) {
            r = prose_xml_rest_is_none_of(e, own_names) ? 0 : PROSE_ERR_SCHEMA;
            break;
        }
        if (prose_xml_is(e, "transaction-ID"))
            is_read = prose_xml_octet_number(&response->transaction_id, e);
        else
            is_read = response->n_entries < PROSE_KEY_SCOPES_MAX
                      && read_entry(&response->entries[response->n_entries++], e);
        r = is_read ? 0 : PROSE_ERR_SCHEMA;
    }
    prose_xml_free(xml);
    if (r == 0)
        r = check_response(response);
    if (r == 0)
        *ret = *response;
    return r;
}
