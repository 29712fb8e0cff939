/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One HTTP/1.1 exchange over octets in, octets out (TS 24.334 6.1.1: POST, message in the body; OP-02). Content-Length
 * always, no chunking.
 */
#ifndef PROSE_HTTP_H
#define PROSE_HTTP_H

#include "prose-ids.h"

#include <glib.h>

#define PROSE_HTTP_BODY_MAX 65536
#define PROSE_HTTP_HEADERS_MAX 8192
#define PROSE_HTTP_CONTENT_TYPE "application/3gpp-prose+xml"   /* OP-02 */

typedef struct ProseHttp ProseHttp;
typedef enum ProseHttpKind { PROSE_HTTP_REQUEST, PROSE_HTTP_RESPONSE } ProseHttpKind;

/* A parser for one message. */
ProseHttp *prose_http_new(ProseHttpKind kind);
/* Wipes the body (it may hold a PMK). Takes %NULL, returns %NULL. */
ProseHttp *prose_http_free(ProseHttp *http);

/**
 * prose_http_feed:
 *
 * What is refused stays refused: later calls give the same error.
 *
 * Returns: 0: more is needed; 1: complete; %PROSE_ERR_MALFORMED; %PROSE_ERR_LIMIT: headers or body too long (413);
 *   %PROSE_ERR_UNKNOWN: not POST, or another content type (400); %PROSE_ERR_TRAILING: octets after the message.
 */
int prose_http_feed(ProseHttp *http, const uint8_t *octets, size_t len);

/* After completion; all (transfer none). */
unsigned prose_http_status(const ProseHttp *http);             /* response */
unsigned prose_http_retry_after(const ProseHttp *http);        /* response: seconds; 0 for none, a date, or over a day */
const char *prose_http_path(const ProseHttp *http);            /* request */
const char *prose_http_host(const ProseHttp *http);            /* request; "" if none */
const uint8_t *prose_http_body(const ProseHttp *http, size_t *ret_len);

/* Returns: octets written, %PROSE_ERR_NOBUF, or %PROSE_ERR_INVALID for a host or path that is no single word, no body, or
 * one over %PROSE_HTTP_BODY_MAX. */
ptrdiff_t prose_http_request_encode(uint8_t *ret, size_t size, const char *host, const char *path, const uint8_t *body,
                                    size_t body_len);
/* @status: 200, 400, 403, 413, 500 or 503 (else %PROSE_ERR_INVALID); @retry_after_s 0: no such header; the body may be
 * empty. */
ptrdiff_t prose_http_response_encode(uint8_t *ret, size_t size, unsigned status, unsigned retry_after_s,
                                     const uint8_t *body, size_t body_len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseHttp, prose_http_free)

#endif
