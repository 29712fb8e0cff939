/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP side of a server, a ProSe Function or a PKMF: one HTTPS exchange per connection, and who is at its other end.
 *
 * It accepts, runs the exchange, answers what is no request with an HTTP status, ends what stands still, and binds each
 * connection to the identity of its tunnel (rules R6). What a request means, and when there is time to look at it, is
 * the endpoint's part.
 */
#ifndef PROSE_SERVER_H
#define PROSE_SERVER_H

#include "prose-gba.h"
#include "prose-host.h"
#include "prose-timers.h"

/* A connection on which nothing moves for this long, and which is not waiting for us, is ended. Several times the UE's
 * T-KR, so it is the UE that gives up first. */
#define PROSE_SERVER_IDLE_NS (30 * UINT64_C(1000000000))

typedef struct ProseServer ProseServer;
/* Valid until `left` was called for it. */
typedef struct ProseServerConn ProseServerConn;

typedef struct ProseServerCallbacks {
    /* required: the first octets of @conn are here; the handshake goes on with prose_server_proceed() */
    void (*arrived)(void *user, ProseServerConn *conn, uint64_t now_ns);
    /* required: a whole request in an established tunnel; prose_server_respond() now or later. @body is valid during
     * the call only */
    void (*request)(void *user, ProseServerConn *conn, const uint8_t *body, size_t len, uint64_t now_ns);
    /* required: the tunnel of @conn is over, whoever ended it; also for one that has never arrived() */
    void (*left)(void *user, ProseServerConn *conn, uint64_t now_ns);
} ProseServerCallbacks;

typedef struct ProseServerConfig {
    const char *name;                      /* entity in events; borrowed, as all here */
    const char *fqdn;                      /* whose Ks_NAF the tunnels are made with */
    int64_t utc_start_ns;
    const ProseBsf *bsf;
    const ProseHost *host;
    void *host_user;
    ProseTimers *timers;
    bool cleartext;
} ProseServerConfig;

ProseServer *prose_server_new(const ProseServerConfig *config, const ProseServerCallbacks *callbacks, void *user);
/* Calls `left` for every connection, and nobody else. Takes %NULL, returns %NULL. */
ProseServer *prose_server_free(ProseServer *server);

void prose_server_tcp_accepted(ProseServer *server, ProseConn id, ProseAddress from, uint64_t now_ns);
void prose_server_tcp_received(ProseServer *server, ProseConn id, const uint8_t *octets, size_t len, uint64_t now_ns);
void prose_server_tcp_closed(ProseServer *server, ProseConn id, uint64_t now_ns);
/* Down: every connection ends at once, without a word in TLS, `left` being called for each, oldest first; new ones are
 * closed as they come. */
void prose_server_set_down(ProseServer *server, bool down, uint64_t now_ns);

/* The handshake's turn has come. It may call `request` and `left` before it returns. */
void prose_server_proceed(ProseServer *server, ProseServerConn *conn, uint64_t now_ns);

/**
 * prose_server_respond:
 *
 * Hands the answer to TLS. Not from inside `request`. May call `left` before it returns.
 *
 * Returns: 0, or %PROSE_ERR_CLOSED if it could not be handed over: then nothing was promised to the UE.
 */
int prose_server_respond(ProseServer *server, ProseServerConn *conn, unsigned status, unsigned retry_after_s,
                         const uint8_t *body, size_t body_len, uint64_t now_ns);

/* Tunnels there are now. */
size_t prose_server_exchanges(const ProseServer *server);
/* The IMPI that the tunnel is bound to; (nullable) before it is up. */
const char *prose_server_conn_impi(const ProseServerConn *conn);
ProseAddress prose_server_conn_address(const ProseServerConn *conn);
void prose_server_conn_set_data(ProseServerConn *conn, void *data);
void *prose_server_conn_data(const ProseServerConn *conn);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseServer, prose_server_free)

#endif
