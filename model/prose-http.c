/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * http-parser finds the parts; what is accepted is decided here. Content-Length gives the size of the body before its
 * first octet, so the body has one buffer that never moves and is wiped at the end.
 */
#include "prose-http.h"

#include "prose-error.h"
#include "prose-octets.h"
#include "prose-secret.h"

#include <http_parser.h>
#include <string.h>

#define HTTP_RETRY_AFTER_MAX 86400         /* s; beyond a day, or a date: as if there were none */

struct ProseHttp {
    http_parser parser;
    bool is_response;
    int result;                            /* 0: more is needed; 1: complete; or the error, for ever */
    size_t header_len;                     /* octets fed while the headers were not complete */
    bool has_headers;

    GString *path;
    GString *name, *value;                 /* of the header line being read */
    bool in_value;
    char *host;                            /* (nullable), as the next */
    char *content_type;
    unsigned retry_after;

    uint8_t *body;
    size_t body_len;
    size_t body_size;                      /* Content-Length */
};

static int
http_refuse(ProseHttp *http, int error)
{
    http->result = error;
    return -1;                             /* stops the parser */
}

/* A header line is complete. */
static int
http_take_header(ProseHttp *http)
{
    const char *name = http->name->str, *value = http->value->str;
    char **once = NULL;

    if (!http->name->len)
        return 0;
    g_strchomp(http->value->str);
    if (g_ascii_strcasecmp(name, "Host") == 0)
        once = &http->host;
    else if (g_ascii_strcasecmp(name, "Content-Type") == 0)
        once = &http->content_type;
    else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0)
        return http_refuse(http, PROSE_ERR_MALFORMED);
    else if (g_ascii_strcasecmp(name, "Retry-After") == 0) {
        guint64 seconds;

        if (g_ascii_string_to_unsigned(value, 10, 0, HTTP_RETRY_AFTER_MAX, &seconds, NULL))
            http->retry_after = (unsigned) seconds;
    }
    if (once) {
        if (*once)
            return http_refuse(http, PROSE_ERR_MALFORMED);
        *once = g_strdup(value);
    }
    g_string_truncate(http->name, 0);
    g_string_truncate(http->value, 0);
    return 0;
}

static bool
is_prose_xml(const char *content_type)
{
    size_t len = strlen(PROSE_HTTP_CONTENT_TYPE);

    if (!content_type || g_ascii_strncasecmp(content_type, PROSE_HTTP_CONTENT_TYPE, len) != 0)
        return false;
    content_type += len;
    return *content_type == '\0' || *content_type == ';' || *content_type == ' ';      /* parameters */
}

/* ---- what the parser calls ---- */

static int
http_on_url(http_parser *parser, const char *octets, size_t len)
{
    ProseHttp *http = parser->data;

    g_string_append_len(http->path, octets, (gssize) len);
    return 0;
}

static int
http_on_header_field(http_parser *parser, const char *octets, size_t len)
{
    ProseHttp *http = parser->data;

    if (http->in_value && http_take_header(http) < 0)
        return -1;
    http->in_value = false;
    g_string_append_len(http->name, octets, (gssize) len);
    return 0;
}

static int
http_on_header_value(http_parser *parser, const char *octets, size_t len)
{
    ProseHttp *http = parser->data;

    http->in_value = true;
    g_string_append_len(http->value, octets, (gssize) len);
    return 0;
}

static int
http_on_headers_complete(http_parser *parser)
{
    ProseHttp *http = parser->data;

    if (http_take_header(http) < 0)
        return -1;
    http->has_headers = true;
    if (!http->is_response && parser->method != HTTP_POST)
        return http_refuse(http, PROSE_ERR_UNKNOWN);
    if (parser->http_major != 1 || parser->http_minor != 1 || parser->upgrade
        || parser->content_length == UINT64_MAX)                   /* the parser's word for "no Content-Length" */
        return http_refuse(http, PROSE_ERR_MALFORMED);
    if (parser->content_length > PROSE_HTTP_BODY_MAX)
        return http_refuse(http, PROSE_ERR_LIMIT);
    if ((!http->is_response || parser->content_length) && !is_prose_xml(http->content_type))
        return http_refuse(http, PROSE_ERR_UNKNOWN);
    http->body_size = (size_t) parser->content_length;
    http->body = g_malloc(http->body_size + 1);
    return 0;
}

static int
http_on_body(http_parser *parser, const char *octets, size_t len)
{
    ProseHttp *http = parser->data;

    g_assert(len <= http->body_size - http->body_len);             /* the parser counts Content-Length down */
    memcpy(http->body + http->body_len, octets, len);
    http->body_len += len;
    return 0;
}

/* Stops the parser, which would go on with the next message. */
static int
http_on_message_complete(http_parser *parser)
{
    ProseHttp *http = parser->data;

    http->result = 1;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings http_settings = {
    .on_url = http_on_url,
    .on_header_field = http_on_header_field,
    .on_header_value = http_on_header_value,
    .on_headers_complete = http_on_headers_complete,
    .on_body = http_on_body,
    .on_message_complete = http_on_message_complete,
};

/* ---- reading ---- */

ProseHttp *
prose_http_new(ProseHttpKind kind)
{
    ProseHttp *http = g_new0(ProseHttp, 1);

    http->is_response = kind == PROSE_HTTP_RESPONSE;
    http_parser_init(&http->parser, http->is_response ? HTTP_RESPONSE : HTTP_REQUEST);
    http->parser.data = http;
    http->path = g_string_new(NULL);
    http->name = g_string_new(NULL);
    http->value = g_string_new(NULL);
    return http;
}

ProseHttp *
prose_http_free(ProseHttp *http)
{
    if (!http)
        return NULL;
    if (http->body)
        prose_wipe(http->body, http->body_size);
    g_free(http->body);
    g_string_free(http->path, TRUE);
    g_string_free(http->name, TRUE);
    g_string_free(http->value, TRUE);
    g_free(http->host);
    g_free(http->content_type);
    g_free(http);
    return NULL;
}

int
prose_http_feed(ProseHttp *http, const uint8_t *octets, size_t len)
{
    while (len && http->result == 0) {
        /* Never hands the parser more than the headers may still have; a body's first octets may ride along. */
        size_t part = http->has_headers ? len : MIN(len, PROSE_HTTP_HEADERS_MAX - http->header_len);
        size_t used = http_parser_execute(&http->parser, &http_settings, (const char *) octets, part);

        if (http->result == 0 && HTTP_PARSER_ERRNO(&http->parser) != HPE_OK)
            http->result = PROSE_ERR_MALFORMED;
        octets += used;
        len -= used;
        if (http->result == 0 && !http->has_headers) {
            http->header_len += part;
            if (http->header_len == PROSE_HTTP_HEADERS_MAX)
                http->result = PROSE_ERR_LIMIT;
        }
    }
    if (http->result == 1 && len)
        http->result = PROSE_ERR_TRAILING;
    return http->result;
}

unsigned
prose_http_status(const ProseHttp *http)
{
    return http->parser.status_code;
}

unsigned
prose_http_retry_after(const ProseHttp *http)
{
    return http->retry_after;
}

const char *
prose_http_path(const ProseHttp *http)
{
    return http->path->str;
}

const char *
prose_http_host(const ProseHttp *http)
{
    return http->host ? http->host : "";
}

const uint8_t *
prose_http_body(const ProseHttp *http, size_t *ret_len)
{
    *ret_len = http->body_len;
    return http->body;
}

/* ---- writing ---- */

/* What a start line or header may carry without becoming another one. */
static bool
is_one_word(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!g_ascii_isgraph(*text))
            return false;
    }
    return true;
}

static ptrdiff_t
http_finish(ProseWriter *w, const uint8_t *body, size_t body_len)
{
    if (body_len)
        prose_write_text(w, "Content-Type: " PROSE_HTTP_CONTENT_TYPE "\r\n");
    prose_write_format(w, "Content-Length: %zu\r\n\r\n", body_len);
    prose_write_bytes(w, body, body_len);
    return w->failed ? PROSE_ERR_NOBUF : (ptrdiff_t) w->pos;
}

ptrdiff_t
prose_http_request_encode(uint8_t *ret, size_t size, const char *host, const char *path, const uint8_t *body,
                          size_t body_len)
{
    ProseWriter w = { .buf = ret, .size = size };

    if (!is_one_word(host) || !is_one_word(path) || !body_len || body_len > PROSE_HTTP_BODY_MAX)
        return PROSE_ERR_INVALID;
    prose_write_format(&w, "POST %s HTTP/1.1\r\nHost: %s\r\n", path, host);
    return http_finish(&w, body, body_len);
}

static const char *
status_phrase(unsigned status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 413: return "Content Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return NULL;
    }
}

ptrdiff_t
prose_http_response_encode(uint8_t *ret, size_t size, unsigned status, unsigned retry_after_s, const uint8_t *body,
                           size_t body_len)
{
    ProseWriter w = { .buf = ret, .size = size };
    const char *phrase = status_phrase(status);

    if (!phrase || body_len > PROSE_HTTP_BODY_MAX)
        return PROSE_ERR_INVALID;
    prose_write_format(&w, "HTTP/1.1 %u %s\r\n", status, phrase);
    if (retry_after_s)
        prose_write_format(&w, "Retry-After: %u\r\n", retry_after_s);
    return http_finish(&w, body, body_len);
}
