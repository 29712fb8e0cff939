/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XML as the message rooms use it: a document from a peer is parsed without DTD, entity or processing instruction, never
 * fetches anything, is validated against a schema, and reads as elements with text. Nothing is ever printed.
 */
#ifndef PROSE_XML_H
#define PROSE_XML_H

#include "prose-ids.h"
#include "prose-octets.h"

/* A compiled schema. */
typedef struct ProseXmlSchema ProseXmlSchema;
/* Returns: (transfer full) (nullable): %NULL if libxml2 refuses @xsd. */
ProseXmlSchema *prose_xml_schema_new(const char *xsd, size_t len);
ProseXmlSchema *prose_xml_schema_free(ProseXmlSchema *schema);     /* takes %NULL, returns %NULL */

typedef struct ProseXml ProseXml;
/* An element inside a #ProseXml. */
typedef struct _xmlNode ProseXmlElement;

/**
 * prose_xml_parse:
 * @octets: UTF-8, whatever an encoding declaration says
 *
 * What libxml2 copies: text of the document into its tree, wiped by prose_xml_free(). A text that a peer writes in pieces
 * (character references, CDATA) may leave a piece behind where the tree grew it.
 *
 * Returns: (transfer full) (nullable): %NULL if it is not well-formed, or holds a DTD, a processing instruction or an
 *   entity that XML itself does not name.
 */
ProseXml *prose_xml_parse(const uint8_t *octets, size_t len);
/* Wipes the text. Takes %NULL, returns %NULL. */
ProseXml *prose_xml_free(ProseXml *xml);
bool prose_xml_is_valid(const ProseXml *xml, const ProseXmlSchema *schema);

ProseXmlElement *prose_xml_root(const ProseXml *xml);
/* (nullable): the first child element, the next sibling element. */
ProseXmlElement *prose_xml_first(const ProseXmlElement *parent);
ProseXmlElement *prose_xml_next(const ProseXmlElement *element);
/* Whether @element (nullable) has that local name, in the namespace of its document's root. */
bool prose_xml_is(const ProseXmlElement *element, const char *name);
/* Whether none of the elements behind @element has one of @names (%NULL-terminated). */
bool prose_xml_rest_is_none_of(const ProseXmlElement *element, const char *const *names);

/* The text of @element without white space at its ends. Returns: whether it fits and nothing but text is in there. */
bool prose_xml_text(char *ret, size_t size, const ProseXmlElement *element);
/* Exactly @len octets in hexadecimal; @ret is untouched on failure. */
bool prose_xml_octets(uint8_t *ret, size_t len, const ProseXmlElement *element);
/* A decimal integer, not negative; larger ones become UINT32_MAX. */
bool prose_xml_number(uint32_t *ret, const ProseXmlElement *element);
/* The same, up to 255. */
bool prose_xml_octet_number(uint8_t *ret, const ProseXmlElement *element);
bool prose_xml_boolean(bool *ret, const ProseXmlElement *element);
/* RelayServiceCode, DiscoveryGroupId or GroupId. */
bool prose_xml_scope(ProseKeyScope *ret, const ProseXmlElement *element);
/* Puts 0 for every hexadecimal digit in the text of @element: validation, which copies, then sees no secret. */
void prose_xml_blank(ProseXmlElement *element);

/* "<name>" and so on; @name and text are ours and need no escaping. */
void prose_xml_write_octets(ProseWriter *w, const char *name, const uint8_t *octets, size_t len);
void prose_xml_write_number(ProseWriter *w, const char *name, uint32_t number);
void prose_xml_write_boolean(ProseWriter *w, const char *name, bool value);
void prose_xml_write_scope(ProseWriter *w, ProseKeyScope scope);
/* XML declaration, <root xmlns="…">, <message> and its transaction-ID; and what closes them. */
void prose_xml_write_open(ProseWriter *w, const char *root, const char *ns, const char *message, uint8_t transaction_id);
/* Returns: octets written; %PROSE_ERR_NOBUF if the writer failed or wrote over @max: what it wrote is wiped. */
ptrdiff_t prose_xml_write_close(ProseWriter *w, const char *root, const char *message, size_t max);

/* What every list of scopes in a message keeps: 24-bit IDs of known types, nothing twice, and at most
 * %PROSE_XML_SCOPES_KIND_MAX discoveries and as many groups. */
#define PROSE_XML_SCOPES_KIND_MAX 64
typedef struct ProseXmlScopes {
    ProseKeyScope seen[2 * PROSE_XML_SCOPES_KIND_MAX];
    size_t n;
    size_t n_discoveries;
} ProseXmlScopes;
/* Returns: 0, %PROSE_ERR_INVALID, %PROSE_ERR_DUPLICATE, or %PROSE_ERR_LIMIT. */
int prose_xml_scopes_add(ProseXmlScopes *scopes, ProseKeyScope scope);

#endif
