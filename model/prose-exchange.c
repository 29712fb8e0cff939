/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLS and HTTP put together. What happens inside a call of the TLS room is noted, and told when that call has returned:
 * so `message` and `ended` may free the exchange, and what they answer leaves as a flight of its own.
 */
#include "prose-exchange.h"

#include "prose-error.h"
#include "prose-gba.h"
#include "prose-secret.h"

#include <string.h>

#define EXCHANGE_PATH "/"                  /* OP-02 */
#define EXCHANGE_HEAD_MAX 1024             /* start line and headers of ours */

struct ProseExchange {
    ProseExchangeCallbacks callbacks;
    void *user;
    bool is_server;
    ProseTls *tls;
    ProseHttp *http;
    int64_t utc_s;                         /* of the call in progress */
    bool is_telling;
    bool is_doomed;                        /* freed from inside `message` or `ended` */

    uint8_t *request;                      /* client: until it is sent */
    size_t request_len;
    char *identity;                        /* server, once established */

    bool must_tell_message;
    bool has_message;                      /* told */
    bool may_respond;                      /* server: something has come that is not answered yet */
    bool must_tell_end;
    bool has_ended;                        /* told, or ended by ourselves */
    const char *layer, *cause;
    int http_error;
};

static void
exchange_end(ProseExchange *exchange, const char *layer, const char *cause, int http_error)
{
    if (exchange->has_ended || exchange->must_tell_end)
        return;
    exchange->must_tell_end = true;
    exchange->layer = layer;
    exchange->cause = cause;
    exchange->http_error = http_error;
}

/* Closes each call of ours. @exchange may be gone afterwards. */
static void
exchange_tell(ProseExchange *exchange)
{
    if (exchange->is_telling)              /* a call from inside `message` or `ended`: the outer one goes on telling */
        return;
    exchange->is_telling = true;
    if (exchange->must_tell_message) {
        exchange->must_tell_message = false;
        exchange->has_message = true;
        exchange->may_respond = exchange->is_server;
        exchange->callbacks.message(exchange->user, exchange->http);
    }
    if (exchange->must_tell_end && !exchange->is_doomed) {
        exchange->must_tell_end = false;
        exchange->has_ended = true;
        exchange->callbacks.ended(exchange->user, exchange->layer, exchange->cause, exchange->http_error);
    }
    exchange->is_telling = false;
    if (exchange->is_doomed)
        prose_exchange_free(exchange);
}

static void
drop_request(ProseExchange *exchange)
{
    if (exchange->request)
        prose_wipe(exchange->request, exchange->request_len);
    g_clear_pointer(&exchange->request, g_free);
}

static const char *
http_cause(int error)
{
    switch (error) {
    case PROSE_ERR_LIMIT: return "too-long";
    case PROSE_ERR_UNKNOWN: return "unknown-content";
    case PROSE_ERR_TRAILING: return "trailing";
    default: return "malformed";
    }
}

/* ---- what TLS calls ---- */

static void
exchange_send(void *user, const uint8_t *octets, size_t len)
{
    ProseExchange *exchange = user;

    exchange->callbacks.send(exchange->user, octets, len);
}

static void
exchange_received(void *user, const uint8_t *octets, size_t len)
{
    ProseExchange *exchange = user;
    int r;

    if (exchange->has_ended || exchange->must_tell_end)
        return;
    r = prose_http_feed(exchange->http, octets, len);
    if (r == 1)
        exchange->must_tell_message = true;
    if (r >= 0)
        return;
    /* A message with something behind it is none: how it was cut into records must not matter. */
    exchange->must_tell_message = false;
    exchange->may_respond = exchange->is_server && !exchange->has_message;
    exchange_end(exchange, "http", http_cause(r), r);
    if (!exchange->may_respond)
        prose_tls_close(exchange->tls, exchange->utc_s);
}

static void
exchange_established(void *user, const char *psk_identity)
{
    ProseExchange *exchange = user;

    if (exchange->is_server)
        exchange->identity = g_strdup(psk_identity);
    if (exchange->callbacks.established)
        exchange->callbacks.established(exchange->user, psk_identity);
    if (!exchange->is_server) {
        prose_tls_send(exchange->tls, exchange->request, exchange->request_len, exchange->utc_s);
        drop_request(exchange);
    }
}

static void
exchange_closed(void *user, const char *cause)
{
    ProseExchange *exchange = user;
    bool is_tls = cause && !g_str_equal(cause, "closed-early");

    exchange_end(exchange, is_tls ? "tls" : "closed", cause, 0);
}

static int
exchange_psk(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN])
{
    ProseExchange *exchange = user;

    return exchange->callbacks.psk(exchange->user, psk_identity, ret_psk);
}

static void
exchange_key_log(void *user, const char *line)
{
    ProseExchange *exchange = user;

    if (exchange->callbacks.key_log)
        exchange->callbacks.key_log(exchange->user, line);
}

static const ProseTlsCallbacks tls_callbacks = {
    .send = exchange_send,
    .received = exchange_received,
    .established = exchange_established,
    .closed = exchange_closed,
    .psk = exchange_psk,
    .key_log = exchange_key_log,
};

/* ---- life ---- */

static ProseExchange *
exchange_new(bool is_server, const ProseExchangeCallbacks *callbacks, void *user)
{
    ProseExchange *exchange = g_new0(ProseExchange, 1);

    g_assert(callbacks->send && callbacks->message && callbacks->ended);
    g_assert(!is_server || callbacks->psk);
    exchange->callbacks = *callbacks;
    exchange->user = user;
    exchange->is_server = is_server;
    exchange->http = prose_http_new(is_server ? PROSE_HTTP_REQUEST : PROSE_HTTP_RESPONSE);
    return exchange;
}

ProseExchange *
prose_exchange_new_client(const char *fqdn, const char *psk_identity, const uint8_t psk[PROSE_KEY_LEN],
                          const uint8_t *body, size_t body_len, bool cleartext,
                          const ProseExchangeCallbacks *callbacks, void *user)
{
    size_t size = EXCHANGE_HEAD_MAX + body_len;
    g_autofree uint8_t *request = g_malloc(size);
    ptrdiff_t len = prose_http_request_encode(request, size, fqdn, EXCHANGE_PATH, body, body_len);
    ProseExchange *exchange;

    if (len < 0)
        return NULL;
    exchange = exchange_new(false, callbacks, user);
    exchange->request = g_steal_pointer(&request);
    exchange->request_len = (size_t) len;
    if (cleartext)
        exchange->tls = prose_tls_new_cleartext(false, psk_identity, &tls_callbacks, exchange);
    else
        exchange->tls = prose_tls_new_client(fqdn, psk_identity, PROSE_PSK_IDENTITY_HINT, psk, &tls_callbacks, exchange);
    return exchange;
}

ProseExchange *
prose_exchange_new_server(bool cleartext, const ProseExchangeCallbacks *callbacks, void *user)
{
    ProseExchange *exchange = exchange_new(true, callbacks, user);

    if (cleartext)
        exchange->tls = prose_tls_new_cleartext(true, NULL, &tls_callbacks, exchange);
    else
        exchange->tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &tls_callbacks, exchange);
    return exchange;
}

ProseExchange *
prose_exchange_free(ProseExchange *exchange)
{
    if (!exchange)
        return NULL;
    if (exchange->is_telling) {
        exchange->is_doomed = true;
        return NULL;
    }
    prose_tls_free(exchange->tls);
    prose_http_free(exchange->http);
    drop_request(exchange);
    g_free(exchange->identity);
    g_free(exchange);
    return NULL;
}

/* ---- running ---- */

void
prose_exchange_start(ProseExchange *exchange, int64_t utc_s)
{
    exchange->utc_s = utc_s;
    if (prose_tls_start(exchange->tls, utc_s) == PROSE_ERR_CRYPTO)
        exchange_end(exchange, "tls", "internal-error", 0);
    exchange_tell(exchange);
}

void
prose_exchange_receive(ProseExchange *exchange, const uint8_t *octets, size_t len, int64_t utc_s)
{
    exchange->utc_s = utc_s;
    prose_tls_receive(exchange->tls, octets, len, utc_s);
    exchange_tell(exchange);
}

void
prose_exchange_eof(ProseExchange *exchange)
{
    prose_tls_eof(exchange->tls);
    exchange_tell(exchange);
}

int
prose_exchange_respond(ProseExchange *exchange, unsigned status, unsigned retry_after_s, const uint8_t *body,
                       size_t body_len, int64_t utc_s)
{
    size_t size = EXCHANGE_HEAD_MAX + body_len;
    g_autofree uint8_t *octets = NULL;
    ptrdiff_t len;
    int r;

    if (!exchange->may_respond)
        return PROSE_ERR_STATE;
    octets = g_malloc(size);
    len = prose_http_response_encode(octets, size, status, retry_after_s, body, body_len);
    if (len < 0)
        return (int) len;
    exchange->may_respond = false;
    exchange->utc_s = utc_s;
    r = prose_tls_send(exchange->tls, octets, (size_t) len, utc_s);
    prose_wipe(octets, size);
    exchange_tell(exchange);
    return r;
}

void
prose_exchange_close(ProseExchange *exchange, int64_t utc_s)
{
    exchange->has_ended = true;
    exchange->must_tell_end = false;
    prose_tls_close(exchange->tls, utc_s);
}

const char *
prose_exchange_psk_identity(const ProseExchange *exchange)
{
    return exchange->identity;
}
