/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxml2, held short: input from memory, no way out into the world, errors taken and dropped.
 */
#include "prose-xml.h"

#include "prose-error.h"
#include "prose-secret.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>
#include <string.h>

struct ProseXmlSchema {
    xmlSchemaPtr schema;
};

struct ProseXml {
    xmlDocPtr doc;
};

static void
drop_error(void *user, xmlErrorPtr error)
{
}

/* ---- schema ---- */

ProseXmlSchema *
prose_xml_schema_new(const char *xsd, size_t len)
{
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(xsd, (int) len);
    xmlSchemaPtr compiled = NULL;
    ProseXmlSchema *schema;

    if (parser) {
        xmlSchemaSetParserStructuredErrors(parser, drop_error, NULL);
        compiled = xmlSchemaParse(parser);
        xmlSchemaFreeParserCtxt(parser);
    }
    if (!compiled)
        return NULL;
    schema = g_new0(ProseXmlSchema, 1);
    schema->schema = compiled;
    return schema;
}

ProseXmlSchema *
prose_xml_schema_free(ProseXmlSchema *schema)
{
    if (!schema)
        return NULL;
    xmlSchemaFree(schema->schema);
    g_free(schema);
    return NULL;
}

bool
prose_xml_is_valid(const ProseXml *xml, const ProseXmlSchema *schema)
{
    xmlSchemaValidCtxtPtr validator = xmlSchemaNewValidCtxt(schema->schema);
    bool is_valid = false;

    if (validator) {
        xmlSchemaSetValidStructuredErrors(validator, drop_error, NULL);
        is_valid = xmlSchemaValidateDoc(validator, xml->doc) == 0;
        xmlSchemaFreeValidCtxt(validator);
    }
    return is_valid;
}

/* ---- parsing ---- */

/* Ends parsing where something begins that we do not take: before the parser could act on it. */
static void
refuse(xmlParserCtxtPtr parser)
{
    bool *is_refused = parser->_private;

    *is_refused = true;
    xmlStopParser(parser);
}

static void
refuse_dtd(void *user, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id)
{
    refuse(user);
}

static void
refuse_instruction(void *user, const xmlChar *target, const xmlChar *data)
{
    refuse(user);
}

/* libxml2 would take UTF-16, UTF-32 or EBCDIC from its first octets, and convert into a buffer of its own. */
static bool
looks_like_utf8(const uint8_t *octets, size_t len)
{
    if (len >= 3 && octets[0] == 0xEF && octets[1] == 0xBB && octets[2] == 0xBF) {
        octets += 3;
        len -= 3;
    }
    return len && !memchr(octets, 0, len) && strchr("< \t\r\n", octets[0]);
}

ProseXml *
prose_xml_parse(const uint8_t *octets, size_t len)
{
    xmlParserCtxtPtr parser;
    xmlParserInputPtr input;
    xmlDocPtr doc = NULL;
    bool is_refused = false;
    g_autofree xmlChar *text = NULL;
    ProseXml *xml;

    if (!looks_like_utf8(octets, len))
        return NULL;
    parser = xmlNewParserCtxt();
    if (!parser)
        return NULL;
    parser->_private = &is_refused;
    xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC);
    parser->sax->serror = drop_error;
    parser->sax->internalSubset = refuse_dtd;
    parser->sax->processingInstruction = refuse_instruction;

    /* A string as input is read in place; the other ways in copy it into a buffer that nobody wipes. */
    text = g_malloc(len + 1);
    memcpy(text, octets, len);
    text[len] = 0;
    input = xmlNewStringInputStream(parser, text);
    if (input) {
        inputPush(parser, input);
        xmlParseDocument(parser);
    }
    doc = parser->myDoc;
    parser->myDoc = NULL;
    is_refused |= !parser->wellFormed || !parser->nsWellFormed;
    xmlFreeParserCtxt(parser);
    prose_wipe(text, len);

    xml = g_new0(ProseXml, 1);
    xml->doc = doc;
    if (is_refused || !doc || !xmlDocGetRootElement(doc))
        return prose_xml_free(xml);
    return xml;
}

/* Short text may lie in the document's dictionary, which shares it. */
static bool
is_own_text(const xmlNode *node)
{
    return (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && node->content
           && !(node->doc->dict && xmlDictOwns(node->doc->dict, node->content));
}

static void
wipe_text(xmlNode *node)
{
    for (; node; node = node->next) {
        if (is_own_text(node))
            prose_wipe(node->content, strlen((const char *) node->content));
        if (node->type == XML_ELEMENT_NODE)
            wipe_text(node->children);             /* the parser allows a depth of 256 */
    }
}

ProseXml *
prose_xml_free(ProseXml *xml)
{
    if (!xml)
        return NULL;
    if (xml->doc) {
        wipe_text(xml->doc->children);
        xmlFreeDoc(xml->doc);
    }
    g_free(xml);
    return NULL;
}

/* ---- elements ---- */

ProseXmlElement *
prose_xml_root(const ProseXml *xml)
{
    return xmlDocGetRootElement(xml->doc);
}

static ProseXmlElement *
element_from(xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

ProseXmlElement *
prose_xml_first(const ProseXmlElement *parent)
{
    return element_from(parent->children);
}

ProseXmlElement *
prose_xml_next(const ProseXmlElement *element)
{
    return element_from(element->next);
}

bool
prose_xml_is(const ProseXmlElement *element, const char *name)
{
    const xmlNode *root;

    if (!element || strcmp((const char *) element->name, name) != 0)
        return false;
    root = xmlDocGetRootElement(element->doc);
    return xmlStrEqual(element->ns ? element->ns->href : NULL, root->ns ? root->ns->href : NULL);
}

bool
prose_xml_rest_is_none_of(const ProseXmlElement *element, const char *const *names)
{
    for (const ProseXmlElement *e = prose_xml_next(element); e; e = prose_xml_next(e)) {
        for (const char *const *name = names; *name; name++) {
            if (prose_xml_is(e, *name))
                return false;
        }
    }
    return true;
}

bool
prose_xml_text(char *ret, size_t size, const ProseXmlElement *element)
{
    size_t len = 0;

    for (const xmlNode *node = element->children; node; node = node->next) {
        const char *text = (const char *) node->content;

        if (node->type == XML_COMMENT_NODE)
            continue;
        if (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE)
            return false;
        for (; *text; text++) {
            if (g_ascii_isspace(*text) && len == 0)
                continue;
            if (len + 1 == size) {
                if (g_ascii_isspace(*text))        /* white space at the end, unless more follows */
                    continue;
                return false;
            }
            ret[len++] = *text;
        }
    }
    while (len && g_ascii_isspace(ret[len - 1]))
        len--;
    ret[len] = '\0';
    return true;
}

bool
prose_xml_octets(uint8_t *ret, size_t len, const ProseXmlElement *element)
{
    char hex[2 * 64 + 1];
    uint8_t octets[64];
    bool is_right;

    g_assert(len <= sizeof octets);
    is_right = prose_xml_text(hex, 2 * len + 1, element)
               && prose_hex_decode(octets, sizeof octets, hex) == (ptrdiff_t) len;
    if (is_right)
        memcpy(ret, octets, len);
    prose_wipe(hex, sizeof hex);
    prose_wipe(octets, sizeof octets);
    return is_right;
}

bool
prose_xml_number(uint32_t *ret, const ProseXmlElement *element)
{
    char text[64];
    const char *digit = text;
    uint64_t number = 0;
    bool is_negative = false;

    if (!prose_xml_text(text, sizeof text, element))
        return false;
    if (*digit == '+' || *digit == '-')
        is_negative = *digit++ == '-';
    if (!*digit)
        return false;
    for (; *digit; digit++) {
        if (!g_ascii_isdigit(*digit))
            return false;
        number = MIN(10 * number + (uint64_t) g_ascii_digit_value(*digit), UINT32_MAX);
    }
    if (is_negative && number)                     /* "-0" is zero */
        return false;
    *ret = (uint32_t) number;
    return true;
}

bool
prose_xml_octet_number(uint8_t *ret, const ProseXmlElement *element)
{
    uint32_t number;

    if (!prose_xml_number(&number, element) || number > UINT8_MAX)
        return false;
    *ret = (uint8_t) number;
    return true;
}

bool
prose_xml_boolean(bool *ret, const ProseXmlElement *element)
{
    char text[8];

    if (!prose_xml_text(text, sizeof text, element))
        return false;
    if (strcmp(text, "true") != 0 && strcmp(text, "1") != 0 && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return false;
    *ret = text[0] == 't' || text[0] == '1';
    return true;
}

void
prose_xml_blank(ProseXmlElement *element)
{
    for (xmlNode *node = element->children; node; node = node->next) {
        if (!is_own_text(node))
            continue;
        for (xmlChar *c = node->content; *c; c++) {
            if (g_ascii_isxdigit(*c))
                *c = '0';
        }
    }
}

/* ---- scopes ---- */

static const char *const scope_names[] = {
    [PROSE_KEY_TYPE_PGK] = "GroupId",
    [PROSE_KEY_TYPE_PSDK_RELAY] = "RelayServiceCode",
    [PROSE_KEY_TYPE_PSDK_GROUP] = "DiscoveryGroupId",
};

bool
prose_xml_scope(ProseKeyScope *ret, const ProseXmlElement *element)
{
    uint8_t id[3];

    for (size_t type = 0; type < G_N_ELEMENTS(scope_names); type++) {
        if (!prose_xml_is(element, scope_names[type]))
            continue;
        if (!prose_xml_octets(id, sizeof id, element))
            return false;
        *ret = (ProseKeyScope) { .type = (uint8_t) type, .id = prose_get_u24(id) };
        return true;
    }
    return false;
}

int
prose_xml_scopes_add(ProseXmlScopes *scopes, ProseKeyScope scope)
{
    bool is_discovery = prose_key_scope_is_discovery(scope);

    if (scope.type >= G_N_ELEMENTS(scope_names) || scope.id > PROSE_ID24_MAX)
        return PROSE_ERR_INVALID;
    for (size_t i = 0; i < scopes->n; i++) {
        if (prose_key_scope_equal(scopes->seen[i], scope))
            return PROSE_ERR_DUPLICATE;
    }
    if ((is_discovery ? scopes->n_discoveries : scopes->n - scopes->n_discoveries) == PROSE_XML_SCOPES_KIND_MAX)
        return PROSE_ERR_LIMIT;
    scopes->seen[scopes->n++] = scope;
    scopes->n_discoveries += is_discovery;
    return 0;
}

/* ---- writing ---- */

void
prose_xml_write_octets(ProseWriter *w, const char *name, const uint8_t *octets, size_t len)
{
    char hex[2 * 64 + 1];

    g_assert(len <= 64);
    prose_write_format(w, "<%s>", name);
    prose_hex_encode(hex, octets, len);
    prose_write_bytes(w, hex, 2 * len);
    prose_wipe(hex, sizeof hex);
    prose_write_format(w, "</%s>", name);
}

void
prose_xml_write_number(ProseWriter *w, const char *name, uint32_t number)
{
    prose_write_format(w, "<%s>%" G_GUINT32_FORMAT "</%s>", name, number, name);
}

void
prose_xml_write_boolean(ProseWriter *w, const char *name, bool value)
{
    prose_write_format(w, "<%s>%s</%s>", name, value ? "true" : "false", name);
}

void
prose_xml_write_scope(ProseWriter *w, ProseKeyScope scope)
{
    uint8_t id[3];

    prose_put_u24(id, scope.id);
    prose_xml_write_octets(w, scope_names[scope.type], id, sizeof id);
}

void
prose_xml_write_open(ProseWriter *w, const char *root, const char *ns, const char *message, uint8_t transaction_id)
{
    prose_write_text(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    prose_write_format(w, "<%s xmlns=\"%s\"><%s>", root, ns, message);
    prose_xml_write_number(w, "transaction-ID", transaction_id);
}

ptrdiff_t
prose_xml_write_close(ProseWriter *w, const char *root, const char *message, size_t max)
{
    prose_write_format(w, "</%s></%s>\n", message, root);
    if (w->failed || w->pos > max) {
        prose_wipe(w->buf, w->pos);
        return PROSE_ERR_NOBUF;
    }
    return (ptrdiff_t) w->pos;
}
