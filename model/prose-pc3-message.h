/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration exchange with the ProSe Function over PC3: which PKMF serves which discovery
 * (OP-21; style of TS 24.334 clause 11.2).
 */
#ifndef PROSE_PC3_MESSAGE_H
#define PROSE_PC3_MESSAGE_H

#include "prose-key-message.h"

typedef struct ProsePc3Request {
    uint8_t transaction_id;
    ProseKeyScope scopes[PROSE_KEY_SCOPES_MAX];        /* what the UE wants to take part in */
    size_t n_scopes;
} ProsePc3Request;

typedef struct ProsePc3Entry {
    ProseKeyScope scope;
    bool known;                                        /* else @status */
    unsigned status;                                   /* ProseStatusCode: not-authorised or unknown */
    char pkmf_fqdn[PROSE_FQDN_MAX + 1];
} ProsePc3Entry;

typedef struct ProsePc3Response {
    uint8_t transaction_id;
    ProsePc3Entry entries[PROSE_KEY_SCOPES_MAX];
    size_t n_entries;
} ProsePc3Response;

typedef struct ProsePc3Schema ProsePc3Schema;
ProsePc3Schema *prose_pc3_schema_new(void);
ProsePc3Schema *prose_pc3_schema_free(ProsePc3Schema *schema);

/* As their twins in prose-key-message.h; %PROSE_ERR_INVALID also for an address that is no host name, which goes on into
 * TLS and HTTP. The order of entries is kept. */
ptrdiff_t prose_pc3_request_encode(uint8_t *ret, size_t size, const ProsePc3Request *request);
ptrdiff_t prose_pc3_response_encode(uint8_t *ret, size_t size, const ProsePc3Response *response);
int prose_pc3_request_decode(ProsePc3Request *ret, const ProsePc3Schema *schema, const uint8_t *octets, size_t len);
int prose_pc3_response_decode(ProsePc3Response *ret, const ProsePc3Schema *schema, const uint8_t *octets, size_t len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProsePc3Schema, prose_pc3_schema_free)

#endif
