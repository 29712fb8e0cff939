/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One TLS 1.2 session with a pre-shared key: octets in, octets out, no socket (TS 33.222 5.3, TS 24.109 F.3; rules C5:
 * exactly TLS_PSK_WITH_AES_128_GCM_SHA256, 0x00A8).
 *
 * Record contents depend on the library's own randomness; their lengths do not. The time the library sees is the
 * utc argument of each call.
 */
#ifndef PROSE_TLS_H
#define PROSE_TLS_H

#include "prose-ids.h"

#include <glib.h>

typedef struct ProseTls ProseTls;

/* Outcomes of a session, as stable names for traces: "unknown-psk-identity", "bad-record-mac", "decrypt-error",
 * "handshake-failure", "unexpected-message", "closed-early", "bad-hint", "alert-N" … */
typedef struct ProseTlsCallbacks {
    /* required: one flight; called at most once a call of ours, with everything there is to send */
    void (*send)(void *user, const uint8_t *octets, size_t len);
    /* required: plaintext, valid during the call */
    void (*received)(void *user, const uint8_t *octets, size_t len);
    /* required: @psk_identity is what the client sent, on both ends */
    void (*established)(void *user, const char *psk_identity);
    /* required: after it nothing more is called. @cause %NULL: the peer closed in order (close_notify) */
    void (*closed)(void *user, const char *cause);
    /* server: required: fills @ret_psk, returns 0, or %PROSE_ERR_NOT_FOUND. client: unused */
    int (*psk)(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN]);
    /* optional: one NSS key log line without newline */
    void (*key_log)(void *user, const char *line);
} ProseTlsCallbacks;

/* The callbacks may send, close and tell of the connection's end, and from `closed` only free; they do not receive. All
 * strings and the key are copied (the key wiped once the handshake is done, at the latest at free).
 * Client: sends SNI @server_name and @psk_identity; refuses a server whose psk_identity_hint is not @hint before it
 * names itself. Server: @hint %NULL sends none. */
ProseTls *prose_tls_new_client(const char *server_name, const char *psk_identity, const char *hint,
                               const uint8_t psk[PROSE_KEY_LEN], const ProseTlsCallbacks *callbacks, void *user);
ProseTls *prose_tls_new_server(const char *hint, const ProseTlsCallbacks *callbacks, void *user);
/* A session that passes everything through unprotected: the control run of secret searches (rules C4), never reachable
 * from a scenario. The "identity" is sent in clear as the first line, so both ends see the same calls. Closing sends
 * nothing: the end of the connection below, after `established`, is the orderly end. */
ProseTls *prose_tls_new_cleartext(bool is_server, const char *psk_identity, const ProseTlsCallbacks *callbacks,
                                  void *user);
ProseTls *prose_tls_free(ProseTls *tls);   /* takes %NULL, returns %NULL; sends nothing */

/* Client: sends ClientHello. Server: does nothing. Returns: 0, %PROSE_ERR_CLOSED, or %PROSE_ERR_CRYPTO if the machine's
 * crypto policy forbids the suite (a server then ends with "internal-error"). */
int prose_tls_start(ProseTls *tls, int64_t utc_s);
/* Octets from the peer. Returns: 0, or %PROSE_ERR_CLOSED once the session has ended (`closed` told why). */
int prose_tls_receive(ProseTls *tls, const uint8_t *octets, size_t len, int64_t utc_s);
/* Plaintext to the peer. Returns: 0, %PROSE_ERR_STATE before `established`, %PROSE_ERR_CLOSED after the end. */
int prose_tls_send(ProseTls *tls, const uint8_t *octets, size_t len, int64_t utc_s);
/* Sends close_notify; `closed` is not called for it. The other end does not answer it with its own: the connection
 * below may be closing already. */
void prose_tls_close(ProseTls *tls, int64_t utc_s);
/* The connection below is gone: `closed` is called with "closed-early" if the peer had not closed in order. */
void prose_tls_eof(ProseTls *tls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseTls, prose_tls_free)

#endif
