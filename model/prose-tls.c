/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GnuTLS behind two buffers: a pull function that reads what the caller handed in, a push function that collects a
 * flight. GnuTLS never sees a descriptor, so it never blocks and never waits.
 *
 * What the library copies of secrets (rules C3; looked for in every block that GnuTLS 3.7.9 freed): the PSK is handed
 * over when the key exchange asks for it and wiped by the library (its other way in, gnutls_psk_set_client_credentials(),
 * leaves a copy behind). Plaintext is decrypted in a record buffer that is wiped here, and encrypted without a copy that
 * lasts. The master secret stays in the memory of a freed session: with a capture, that is the key log.
 */
#include "prose-tls.h"

#include "prose-error.h"
#include "prose-octets.h"
#include "prose-secret.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <time.h>

/* One version, one suite, nothing to negotiate (rules C5). The library wants a signature algorithm, though nothing here
 * is ever signed. */
#define TLS_PRIORITIES "NONE:+VERS-TLS1.2:+PSK:+AES-128-GCM:+AEAD:+COMP-NULL:+SIGN-ECDSA-SHA256"
/* No tickets, so no resumption: the server has no session cache either. */
#define TLS_FLAGS (GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS)
#define TLS_IDENTITY_MAX 1024              /* cleartext only */
#define TLS_ALERT_NAME_MAX 16
#define TLS_RANDOM_LEN 32

typedef enum TlsState {
    TLS_IDLE,          /* a client that has not started */
    TLS_HANDSHAKE,
    TLS_OPEN,
    TLS_ENDED,
} TlsState;

struct ProseTls {
    ProseTlsCallbacks callbacks;
    void *user;
    bool is_server;
    bool is_cleartext;
    bool is_unusable;                      /* the library refused to set the session up */
    TlsState state;
    unsigned depth;                        /* calls of ours on the stack: `closed` waits for the outermost */

    bool must_tell;                        /* `closed` is due */
    const char *cause;
    char alert_name[TLS_ALERT_NAME_MAX];
    const char *refusal;                   /* why a callback made the handshake fail, if one did */
    gnutls_alert_description_t refusal_alert;

    char *identity;                        /* client: to send; server: as received */
    char *hint;                            /* client: required */
    uint8_t psk[PROSE_KEY_LEN];            /* client */

    const uint8_t *in;                     /* what the library may still pull, valid during a receive */
    size_t in_len;
    GByteArray *out;                       /* the flight being collected */

    gnutls_session_t session;
    gnutls_priority_t priorities;
    gnutls_psk_client_credentials_t client;
    gnutls_psk_server_credentials_t server;
    GString *first_line;                   /* cleartext server: what came before the first newline */
};

/* GnuTLS takes time in one way only: a function of the whole process. This points at the utc argument of the call in
 * progress on this thread, and at nothing between calls. */
static _Thread_local const int64_t *tls_call_utc;

/* Other users of GnuTLS in the process, outside our calls, get what they would have got without us. */
static time_t
tls_time(time_t *ret)
{
    time_t t = tls_call_utc ? (time_t) *tls_call_utc : time(NULL);

    if (ret)
        *ret = t;
    return t;
}

/* ---- names ---- */

static const struct { gnutls_alert_description_t alert; const char *name; } alert_names[] = {
    { GNUTLS_A_CLOSE_NOTIFY, "close-notify" },
    { GNUTLS_A_UNEXPECTED_MESSAGE, "unexpected-message" },
    { GNUTLS_A_BAD_RECORD_MAC, "bad-record-mac" },
    { GNUTLS_A_RECORD_OVERFLOW, "record-overflow" },
    { GNUTLS_A_HANDSHAKE_FAILURE, "handshake-failure" },
    { GNUTLS_A_ILLEGAL_PARAMETER, "illegal-parameter" },
    { GNUTLS_A_ACCESS_DENIED, "access-denied" },
    { GNUTLS_A_DECODE_ERROR, "decode-error" },
    { GNUTLS_A_DECRYPT_ERROR, "decrypt-error" },
    { GNUTLS_A_PROTOCOL_VERSION, "protocol-version" },
    { GNUTLS_A_INSUFFICIENT_SECURITY, "insufficient-security" },
    { GNUTLS_A_INTERNAL_ERROR, "internal-error" },
    { GNUTLS_A_INAPPROPRIATE_FALLBACK, "inappropriate-fallback" },
    { GNUTLS_A_USER_CANCELED, "user-canceled" },
    { GNUTLS_A_NO_RENEGOTIATION, "no-renegotiation" },
    { GNUTLS_A_UNSUPPORTED_EXTENSION, "unsupported-extension" },
    { GNUTLS_A_UNRECOGNIZED_NAME, "unrecognized-name" },
    { GNUTLS_A_UNKNOWN_PSK_IDENTITY, "unknown-psk-identity" },
};

static const char *
alert_name(ProseTls *tls, gnutls_alert_description_t alert)
{
    for (size_t i = 0; i < G_N_ELEMENTS(alert_names); i++) {
        if (alert_names[i].alert == alert)
            return alert_names[i].name;
    }
    g_snprintf(tls->alert_name, sizeof tls->alert_name, "alert-%u", (unsigned) alert);
    return tls->alert_name;
}

/* ---- the frame of every call ---- */

static void
tls_end(ProseTls *tls, const char *cause)
{
    if (tls->state == TLS_ENDED)
        return;
    tls->state = TLS_ENDED;
    tls->must_tell = true;
    tls->cause = cause;
}

/* Tells of the end, from the outermost call only; @tls may be gone afterwards. */
static int
tls_tell(ProseTls *tls)
{
    if (tls->state != TLS_ENDED)
        return 0;
    if (tls->must_tell && tls->depth == 0) {
        tls->must_tell = false;
        tls->callbacks.closed(tls->user, tls->cause);
    }
    return PROSE_ERR_CLOSED;
}

typedef struct TlsCall {
    int64_t utc_s;
    const int64_t *outer_utc;
} TlsCall;

static void
call_begin(TlsCall *call, ProseTls *tls, int64_t utc_s)
{
    call->utc_s = utc_s;
    call->outer_utc = tls_call_utc;
    tls_call_utc = &call->utc_s;
    tls->depth++;
}

/* Sends the flight, then tells of the end; @tls may be gone afterwards. Returns: what the call returns. */
static int
call_end(const TlsCall *call, ProseTls *tls)
{
    tls_call_utc = call->outer_utc;
    if (tls->out->len) {
        GByteArray *flight = tls->out;

        tls->out = g_byte_array_new();
        tls->callbacks.send(tls->user, flight->data, flight->len);
        g_byte_array_unref(flight);
    }
    tls->depth--;
    return tls_tell(tls);
}

/* ---- what GnuTLS calls ---- */

static ssize_t
tls_push(gnutls_transport_ptr_t user, const void *octets, size_t len)
{
    ProseTls *tls = user;

    g_byte_array_append(tls->out, octets, (guint) len);
    return (ssize_t) len;
}

static ssize_t
tls_pull(gnutls_transport_ptr_t user, void *ret, size_t size)
{
    ProseTls *tls = user;
    size_t len = MIN(size, tls->in_len);

    if (len == 0) {
        gnutls_transport_set_errno(tls->session, EAGAIN);
        return -1;
    }
    memcpy(ret, tls->in, len);
    tls->in += len;
    tls->in_len -= len;
    return (ssize_t) len;
}

/* Also keeps GnuTLS from writing the file that the environment's SSLKEYLOGFILE names. */
static int
tls_key_log(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    const ProseTls *tls = gnutls_session_get_ptr(session);
    gnutls_datum_t client_random, server_random;
    char random_hex[2 * TLS_RANDOM_LEN + 1];
    size_t size = strlen(label) + 2 * TLS_RANDOM_LEN + 2 * (size_t) secret->size + 3;
    char *line, *end;

    if (!tls->callbacks.key_log)
        return 0;
    gnutls_session_get_random(session, &client_random, &server_random);
    if (client_random.size != TLS_RANDOM_LEN)
        return 0;
    prose_hex_encode(random_hex, client_random.data, TLS_RANDOM_LEN);
    line = g_malloc(size);
    g_snprintf(line, size, "%s %s ", label, random_hex);
    end = line + strlen(line);
    prose_hex_encode(end, secret->data, secret->size);
    tls->callbacks.key_log(tls->user, line);
    prose_wipe(line, size);
    g_free(line);
    return 0;
}

static int
tls_refuse(ProseTls *tls, const char *cause, gnutls_alert_description_t alert)
{
    tls->refusal = cause;
    tls->refusal_alert = alert;
    return -1;
}

/* The library frees and wipes @ret. */
static int
tls_give_psk(gnutls_datum_t *ret, const uint8_t psk[PROSE_KEY_LEN])
{
    ret->data = gnutls_malloc(PROSE_KEY_LEN);
    if (!ret->data)
        return GNUTLS_E_MEMORY_ERROR;
    memcpy(ret->data, psk, PROSE_KEY_LEN);
    ret->size = PROSE_KEY_LEN;
    return 0;
}

/* After ServerHelloDone, before anything of ours is sent: TS 24.109 F.3 wants the hint. */
static int
tls_client_psk(gnutls_session_t session, gnutls_datum_t *ret_identity, gnutls_datum_t *ret_psk)
{
    ProseTls *tls = gnutls_session_get_ptr(session);
    const char *hint = gnutls_psk_client_get_hint(session);
    size_t len = strlen(tls->identity);

    if (g_strcmp0(hint, tls->hint) != 0)
        return tls_refuse(tls, "bad-hint", GNUTLS_A_HANDSHAKE_FAILURE);
    ret_identity->data = gnutls_malloc(len);
    if (!ret_identity->data)
        return GNUTLS_E_MEMORY_ERROR;
    memcpy(ret_identity->data, tls->identity, len);
    ret_identity->size = (unsigned) len;
    return tls_give_psk(ret_psk, tls->psk);
}

/* A negative answer makes the handshake fail; a positive one would make the library invent a key, and the client would
 * be told of a bad MAC instead (RFC 4279 section 2 allows both; rules want the plain word). */
static int
tls_server_psk(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *ret_psk)
{
    ProseTls *tls = gnutls_session_get_ptr(session);
    uint8_t psk[PROSE_KEY_LEN];
    int r;

    /* RFC 4279 5.1: UTF-8; this also refuses a zero octet, which would end the name early. */
    if (!identity->size || !g_utf8_validate((const char *) identity->data, identity->size, NULL))
        return tls_refuse(tls, "unknown-psk-identity", GNUTLS_A_UNKNOWN_PSK_IDENTITY);
    g_free(tls->identity);
    tls->identity = g_strndup((const char *) identity->data, identity->size);
    if (tls->callbacks.psk(tls->user, tls->identity, psk) < 0)
        return tls_refuse(tls, "unknown-psk-identity", GNUTLS_A_UNKNOWN_PSK_IDENTITY);
    r = tls_give_psk(ret_psk, psk);
    prose_wipe(psk, sizeof psk);
    return r;
}

/* ---- life ---- */

static ProseTls *
tls_new(bool is_server, bool is_cleartext, const char *identity, const ProseTlsCallbacks *callbacks, void *user)
{
    ProseTls *tls = g_new0(ProseTls, 1);

    g_assert(callbacks->send && callbacks->received && callbacks->established && callbacks->closed);
    g_assert(!is_server || callbacks->psk);
    tls->callbacks = *callbacks;
    tls->user = user;
    tls->is_server = is_server;
    tls->is_cleartext = is_cleartext;
    tls->identity = g_strdup(identity);
    tls->state = is_server ? TLS_HANDSHAKE : TLS_IDLE;
    tls->out = g_byte_array_new();
    return tls;
}

/* No peer has a part in this; the machine's crypto policy may forbid our suite. */
static bool
tls_set_up(ProseTls *tls, const char *server_name, const char *hint)
{
    gnutls_global_set_time_function(tls_time);
    if (gnutls_init(&tls->session, TLS_FLAGS | (tls->is_server ? GNUTLS_SERVER : GNUTLS_CLIENT)) < 0
        || gnutls_priority_init(&tls->priorities, TLS_PRIORITIES, NULL) < 0
        || gnutls_priority_set(tls->session, tls->priorities) < 0)
        return false;
    if (tls->is_server) {
        if (gnutls_psk_allocate_server_credentials(&tls->server) < 0
            || (hint && gnutls_psk_set_server_credentials_hint(tls->server, hint) < 0)
            || gnutls_credentials_set(tls->session, GNUTLS_CRD_PSK, tls->server) < 0)
            return false;
        gnutls_psk_set_server_credentials_function2(tls->server, tls_server_psk);
    } else {
        if (gnutls_psk_allocate_client_credentials(&tls->client) < 0
            || gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, server_name, strlen(server_name)) < 0
            || gnutls_credentials_set(tls->session, GNUTLS_CRD_PSK, tls->client) < 0)
            return false;
        gnutls_psk_set_client_credentials_function2(tls->client, tls_client_psk);
    }
    gnutls_session_set_ptr(tls->session, tls);
    gnutls_session_set_keylog_function(tls->session, tls_key_log);
    gnutls_transport_set_ptr(tls->session, tls);
    gnutls_transport_set_push_function(tls->session, tls_push);
    gnutls_transport_set_pull_function(tls->session, tls_pull);
    return true;
}

ProseTls *
prose_tls_new_client(const char *server_name, const char *psk_identity, const char *hint,
                     const uint8_t psk[PROSE_KEY_LEN], const ProseTlsCallbacks *callbacks, void *user)
{
    ProseTls *tls = tls_new(false, false, psk_identity, callbacks, user);

    tls->hint = g_strdup(hint);
    memcpy(tls->psk, psk, PROSE_KEY_LEN);
    tls->is_unusable = !tls_set_up(tls, server_name, NULL);
    return tls;
}

ProseTls *
prose_tls_new_server(const char *hint, const ProseTlsCallbacks *callbacks, void *user)
{
    ProseTls *tls = tls_new(true, false, NULL, callbacks, user);

    tls->is_unusable = !tls_set_up(tls, NULL, hint);
    return tls;
}

ProseTls *
prose_tls_new_cleartext(bool is_server, const char *psk_identity, const ProseTlsCallbacks *callbacks, void *user)
{
    ProseTls *tls = tls_new(is_server, true, is_server ? NULL : psk_identity, callbacks, user);

    tls->first_line = g_string_new(NULL);
    return tls;
}

ProseTls *
prose_tls_free(ProseTls *tls)
{
    if (!tls)
        return NULL;
    g_assert(tls->depth == 0);
    if (tls->session)
        gnutls_deinit(tls->session);
    if (tls->priorities)
        gnutls_priority_deinit(tls->priorities);
    if (tls->client)
        gnutls_psk_free_client_credentials(tls->client);
    if (tls->server)
        gnutls_psk_free_server_credentials(tls->server);
    if (tls->first_line)
        g_string_free(tls->first_line, TRUE);
    g_byte_array_unref(tls->out);
    g_free(tls->identity);
    g_free(tls->hint);
    prose_wipe(tls, sizeof *tls);
    g_free(tls);
    return NULL;
}

/* ---- cleartext ---- */

static void
clear_establish(ProseTls *tls)
{
    tls->state = TLS_OPEN;
    tls->callbacks.established(tls->user, tls->identity);
}

static void
clear_handshake(ProseTls *tls)
{
    const uint8_t *newline = memchr(tls->in, '\n', tls->in_len);
    size_t len = newline ? (size_t) (newline - tls->in) : tls->in_len;
    uint8_t psk[PROSE_KEY_LEN];
    int r;

    g_string_append_len(tls->first_line, (const char *) tls->in, (gssize) len);
    tls->in += len + (newline ? 1 : 0);
    tls->in_len -= len + (newline ? 1 : 0);
    if (tls->first_line->len > TLS_IDENTITY_MAX
        || (newline && !g_utf8_validate(tls->first_line->str, (gssize) tls->first_line->len, NULL))) {
        tls_end(tls, "decode-error");
        return;
    }
    if (!newline)
        return;
    tls->identity = g_strdup(tls->first_line->str);
    r = tls->callbacks.psk(tls->user, tls->identity, psk);
    prose_wipe(psk, sizeof psk);
    if (r < 0)
        tls_end(tls, "unknown-psk-identity");
    else
        clear_establish(tls);
}

static void
clear_run(ProseTls *tls)
{
    if (tls->state == TLS_HANDSHAKE)
        clear_handshake(tls);
    if (tls->state == TLS_OPEN && tls->in_len) {
        const uint8_t *octets = tls->in;
        size_t len = tls->in_len;

        tls->in_len = 0;
        tls->callbacks.received(tls->user, octets, len);
    }
}

/* ---- running ---- */

static void
tls_alert(ProseTls *tls, gnutls_alert_description_t alert)
{
    /* Into the flight; there is no transport that could refuse it. */
    gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, alert);
}

/* A result of the library that is no success. Returns: whether to go on. */
static bool
tls_handle_error(ProseTls *tls, int error)
{
    gnutls_alert_description_t alert;

    if (error == GNUTLS_E_AGAIN)
        return false;
    if (error == GNUTLS_E_WARNING_ALERT_RECEIVED || error == GNUTLS_E_INTERRUPTED)
        return true;
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        tls_end(tls, alert_name(tls, gnutls_alert_get(tls->session)));
        return false;
    }
    /* close_notify where the handshake is not done. */
    if (error == GNUTLS_E_PREMATURE_TERMINATION || error == GNUTLS_E_SESSION_EOF) {
        tls_end(tls, "closed-early");
        return false;
    }
    if (tls->refusal) {
        tls_alert(tls, tls->refusal_alert);
        tls_end(tls, tls->refusal);
        return false;
    }
    /* One session, one key: no second handshake. */
    if (error == GNUTLS_E_REHANDSHAKE)
        alert = GNUTLS_A_UNEXPECTED_MESSAGE;
    else
        alert = (gnutls_alert_description_t) gnutls_error_to_alert(error, NULL);
    tls_alert(tls, alert);
    tls_end(tls, alert_name(tls, alert));
    return false;
}

static void
tls_handshake(ProseTls *tls)
{
    int r;

    do
        r = gnutls_handshake(tls->session);
    while (r < 0 && tls_handle_error(tls, r));
    if (r < 0)
        return;
    tls->state = TLS_OPEN;
    prose_wipe(tls->psk, sizeof tls->psk);
    tls->callbacks.established(tls->user, tls->identity);
}

/* One record at a time, in the library's own buffer, so that its plaintext can be wiped there. */
static void
tls_read(ProseTls *tls)
{
    while (tls->state == TLS_OPEN) {
        gnutls_packet_t packet = NULL;
        ssize_t r = gnutls_record_recv_packet(tls->session, &packet);
        gnutls_datum_t plaintext;

        if (r < 0) {
            if (!tls_handle_error(tls, (int) r))
                return;
        } else if (!packet) {
            tls_end(tls, NULL);
        } else {
            gnutls_packet_get(packet, &plaintext, NULL);
            if (plaintext.size)
                tls->callbacks.received(tls->user, plaintext.data, plaintext.size);
            prose_wipe(plaintext.data, plaintext.size);
            gnutls_packet_deinit(packet);
        }
    }
}

static void
tls_run(ProseTls *tls)
{
    if (tls->state == TLS_HANDSHAKE)
        tls_handshake(tls);
    tls_read(tls);
}

int
prose_tls_start(ProseTls *tls, int64_t utc_s)
{
    TlsCall call;

    if (tls->state != TLS_IDLE)
        return tls->state == TLS_ENDED ? PROSE_ERR_CLOSED : 0;
    if (tls->is_unusable)
        return PROSE_ERR_CRYPTO;
    call_begin(&call, tls, utc_s);
    if (tls->is_cleartext) {
        g_byte_array_append(tls->out, (const uint8_t *) tls->identity, (guint) strlen(tls->identity));
        g_byte_array_append(tls->out, (const uint8_t *) "\n", 1);
        clear_establish(tls);
    } else {
        tls->state = TLS_HANDSHAKE;
        tls_handshake(tls);
    }
    return call_end(&call, tls);
}

int
prose_tls_receive(ProseTls *tls, const uint8_t *octets, size_t len, int64_t utc_s)
{
    TlsCall call;

    if (tls->state == TLS_ENDED)
        return PROSE_ERR_CLOSED;
    /* Nothing may come from a server that was not spoken to: leave it out of the library, which would take it in. */
    if (tls->state == TLS_IDLE || !len)
        return 0;
    call_begin(&call, tls, utc_s);
    tls->in = octets;
    tls->in_len = len;
    if (tls->is_unusable)
        tls_end(tls, "internal-error");
    else if (tls->is_cleartext)
        clear_run(tls);
    else
        tls_run(tls);
    tls->in = NULL;
    tls->in_len = 0;
    return call_end(&call, tls);
}

int
prose_tls_send(ProseTls *tls, const uint8_t *octets, size_t len, int64_t utc_s)
{
    TlsCall call;

    if (tls->state == TLS_ENDED)
        return PROSE_ERR_CLOSED;
    if (tls->state != TLS_OPEN)
        return PROSE_ERR_STATE;
    call_begin(&call, tls, utc_s);
    if (tls->is_cleartext) {
        g_byte_array_append(tls->out, octets, (guint) len);
        len = 0;
    }
    while (len && tls->state == TLS_OPEN) {        /* the library cuts it into records */
        ssize_t r = gnutls_record_send(tls->session, octets, len);

        if (r < 0) {
            tls_handle_error(tls, (int) r);
            break;
        }
        octets += r;
        len -= (size_t) r;
    }
    return call_end(&call, tls);
}

void
prose_tls_close(ProseTls *tls, int64_t utc_s)
{
    TlsCall call;

    if (tls->state == TLS_ENDED)
        return;
    call_begin(&call, tls, utc_s);
    if (!tls->is_cleartext && !tls->is_unusable && tls->state != TLS_IDLE)
        gnutls_bye(tls->session, GNUTLS_SHUT_WR);
    tls->state = TLS_ENDED;
    call_end(&call, tls);
}

void
prose_tls_eof(ProseTls *tls)
{
    /* Without TLS the end of the connection is the orderly end. */
    tls_end(tls, tls->is_cleartext && tls->state == TLS_OPEN ? NULL : "closed-early");
    tls_tell(tls);
}
