/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One HTTPS exchange: a POST and its answer in one PSK-TLS session of one TCP connection. What PC3 and PC8 share,
 * at either end.
 */
#ifndef PROSE_EXCHANGE_H
#define PROSE_EXCHANGE_H

#include "prose-http.h"
#include "prose-tls.h"

typedef struct ProseExchange ProseExchange;

typedef struct ProseExchangeCallbacks {
    /* required: octets for the TCP connection, one flight */
    void (*send)(void *user, const uint8_t *octets, size_t len);
    /* optional */
    void (*established)(void *user, const char *psk_identity);
    /* required: the request (server) or response (client) is complete; valid during the call */
    void (*message)(void *user, const ProseHttp *http);
    /* required: it ended without (another) message; nothing more is called after it. @layer: "tls", "http", or "closed"
     * (in order, or "closed-early"); @cause: a stable name, %NULL for a peer that closed in order; @http_error: the
     * ProseErrorCode of a message not understood, else 0. A server may still answer such a message with a status. */
    void (*ended)(void *user, const char *layer, const char *cause, int http_error);
    /* server: required, as in ProseTlsCallbacks */
    int (*psk)(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN]);
    /* optional */
    void (*key_log)(void *user, const char *line);
} ProseExchangeCallbacks;

/* Client: POSTs @body (copied, wiped once sent) to @fqdn. @cleartext: the control run of rules C4.
 * Returns: (transfer full) (nullable): %NULL if @fqdn is no host name, or @body empty or over %PROSE_HTTP_BODY_MAX. */
ProseExchange *prose_exchange_new_client(const char *fqdn, const char *psk_identity, const uint8_t psk[PROSE_KEY_LEN],
                                         const uint8_t *body, size_t body_len, bool cleartext,
                                         const ProseExchangeCallbacks *callbacks, void *user);
ProseExchange *prose_exchange_new_server(bool cleartext, const ProseExchangeCallbacks *callbacks, void *user);
/* Takes %NULL, returns %NULL; sends nothing. Not from inside a callback other than `ended` and `message`. */
ProseExchange *prose_exchange_free(ProseExchange *exchange);

/* The TCP connection is up: the client starts its handshake. */
void prose_exchange_start(ProseExchange *exchange, int64_t utc_s);
void prose_exchange_receive(ProseExchange *exchange, const uint8_t *octets, size_t len, int64_t utc_s);
/* The TCP connection is gone. */
void prose_exchange_eof(ProseExchange *exchange);
/* Server: answers the request, or what was not understood as one; once. Returns: 0, %PROSE_ERR_STATE with nothing to
 * answer, %PROSE_ERR_CLOSED, or %PROSE_ERR_INVALID for a status or body that HTTP does not take. */
int prose_exchange_respond(ProseExchange *exchange, unsigned status, unsigned retry_after_s, const uint8_t *body,
                           size_t body_len, int64_t utc_s);
/* Sends close_notify; `ended` is not called for it. */
void prose_exchange_close(ProseExchange *exchange, int64_t utc_s);
/* Server: the identity that the tunnel is bound to, once established; (nullable). */
const char *prose_exchange_psk_identity(const ProseExchange *exchange);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseExchange, prose_exchange_free)

#endif
