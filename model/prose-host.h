/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an endpoint asks of the world. The core does no I/O: it is told the time, handed octets, given randomness,
 * and says when it next wants to wake. A simulation, a test on a hand-turned clock, or real sockets can stand behind.
 *
 * An endpoint may call these from inside any of its own functions; a host must not call back into the same endpoint
 * before that function has returned (queue it).
 */
#ifndef PROSE_HOST_H
#define PROSE_HOST_H

#include "prose-event.h"
#include "prose-ids.h"

/* Names a TCP connection between an endpoint and its host. A client picks its own odd numbers, a host gives a
 * server even ones; never used twice by one endpoint. */
typedef uint32_t ProseConn;

typedef struct ProseHost {
    /* required: @len octets from the endpoint's own named stream */
    void (*random)(void *user, uint8_t *ret, size_t len);
    /* required: call prose_x_handle_expiry() at @at_ns (PROSE_NEVER: not at all); replaces what was asked before */
    void (*wake_at)(void *user, uint64_t at_ns);
    /* required */
    void (*event)(void *user, const ProseEvent *event);
    /* required in a UE: open a connection to @fqdn. Result comes as prose_ue_tcp_connected() or _closed(). Returns 0,
     * or %PROSE_ERR_NOT_FOUND if the name has no address, or %PROSE_ERR_STATE without a PDN connection */
    int (*tcp_connect)(void *user, ProseConn conn, const char *fqdn, uint16_t port);
    /* required: a whole flight; the octets are copied or sent before it returns */
    int (*tcp_send)(void *user, ProseConn conn, const uint8_t *octets, size_t len);
    /* required: orderly; the endpoint hears no more of @conn */
    void (*tcp_close)(void *user, ProseConn conn);
    /* required in UE and PKMF: from port PROSE_PORT_MIKEY */
    int (*udp_send)(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len);
    /* required in a UE: ask for a PDN connection; result: prose_ue_pdn_opened() or prose_ue_pdn_failed() */
    void (*pdn_open)(void *user);
    /* required in a UE: the UE gives its PDN connection back; open TCP connections end silently */
    void (*pdn_release)(void *user);
    /* required in servers: how long operation @op takes now, ns (drawn from its distribution) */
    uint64_t (*service_time)(void *user, int op);
    /* optional in a UE: how long its first requests on a new PDN connection wait, ns; drawn once a connection */
    uint64_t (*request_jitter)(void *user);
    /* optional in a PKMF: how long after its discovery's lead has begun the UE @impi gets the key of @period, ns; asked once for
     * each of these, and nothing if it asks for keys itself meanwhile */
    uint64_t (*lead_delay)(void *user, const char *impi, ProseKeyScope scope, int64_t period);
    /* optional in a PKMF: what a 503 asks the UE to wait, s; 0: such a header is left out */
    unsigned (*retry_after)(void *user);
    /* optional: a worker begins an operation @op that has waited so long for one */
    void (*waited)(void *user, int op, uint64_t wait_ns);
    /* optional: one line of the TLS key log */
    void (*key_log)(void *user, const char *line);
} ProseHost;

#endif
