/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ProSe Function: tells a UE over PC3 which PKMF serves which discovery (OP-21; REQ-66422-02).
 */
#ifndef PROSE_FUNCTION_H
#define PROSE_FUNCTION_H

#include "prose-gba.h"
#include "prose-host.h"
#include "prose-pc3-message.h"

typedef struct ProseFunction ProseFunction;

/* service_time operation of this server */
#define PROSE_FUNCTION_OP_REQUEST 0

typedef struct ProseFunctionConfig {
    const char *name;                      /* entity in events: "prose-function operator" */
    const char *fqdn;
    int64_t utc_start_ns;                  /* UTC at simulated time zero */
    const ProseBsf *bsf;                   /* borrowed */
    const ProsePc3Schema *schema;          /* borrowed */
    bool cleartext;                        /* rules C4's control run */
} ProseFunctionConfig;

ProseFunction *prose_function_new(const ProseFunctionConfig *config, const ProseHost *host, void *user);
ProseFunction *prose_function_free(ProseFunction *f);

/* A discovery or group this ProSe Function knows, and the PKMF that serves it. */
void prose_function_add_scope(ProseFunction *f, ProseKeyScope scope, const char *pkmf_fqdn);
/* Authorised for a scope: told its PKMF; otherwise status not-authorised. */
void prose_function_authorise(ProseFunction *f, const char *impi, ProseKeyScope scope, bool authorised);
/* Down: new connections and open exchanges end at once (the host refuses or resets TCP). */
void prose_function_set_down(ProseFunction *f, bool down, uint64_t now_ns);

void prose_function_tcp_accepted(ProseFunction *f, ProseConn conn, ProseAddress from, uint64_t now_ns);
void prose_function_tcp_received(ProseFunction *f, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns);
void prose_function_tcp_closed(ProseFunction *f, ProseConn conn, uint64_t now_ns);
uint64_t prose_function_next_expiry(const ProseFunction *f);
void prose_function_handle_expiry(ProseFunction *f, uint64_t now_ns);
/* TLS sessions it has now. */
size_t prose_function_exchanges(const ProseFunction *f);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseFunction, prose_function_free)

#endif
