/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KEY_REQUEST and KEY_RESPONSE (TS 33.303 Annex E): build, parse, validate against the schema in
 * prose-key-message.xsd (element names are assumption OP-01, values OP-03, OP-04, OP-06).
 */
#ifndef PROSE_KEY_MESSAGE_H
#define PROSE_KEY_MESSAGE_H

#include "prose-ids.h"
#include "prose-octets.h"
#include "prose-pc5-security.h"

#define PROSE_KEY_MESSAGE_MAX 65536        /* octets of a document */
#define PROSE_KEY_SCOPES_MAX 128           /* 64 discoveries and 64 groups, wants and stops together in each */
#define PROSE_KEY_SCOPES_KIND_MAX 64
#define PROSE_KEY_IDS_MAX 8
#define PROSE_MAX_OFFSET_MAX 127           /* s; at 128 the counter LSB is ambiguous */

#define PROSE_CAPABILITY_SCRAMBLING 0x01   /* Public Safety Discovery Security Capabilities, bit 1 */
#define PROSE_ALGORITHM_EEA0 0x80          /* Supported Algorithm: bit 8 EEA0, 7 EEA1, 6 EEA2, 5 EEA3 */
#define PROSE_ALGORITHM_EEA1 0x40
#define PROSE_ALGORITHM_EEA2 0x20
#define PROSE_ALGORITHM_EEA3 0x10

/* Status and error codes (OP-03). */
typedef enum ProseStatusCode {
    PROSE_STATUS_RESERVED = 0,             /* never sent; received: as UNSPECIFIED */
    PROSE_STATUS_NOT_AUTHORISED = 1,
    PROSE_STATUS_UNKNOWN = 2,
    PROSE_STATUS_SCRAMBLING_NOT_SUPPORTED = 3,
    PROSE_STATUS_ALGORITHM_NOT_SUPPORTED = 4,
    PROSE_STATUS_STOPPED = 5,
    PROSE_STATUS_TEMPORARILY_UNAVAILABLE = 6,
    PROSE_STATUS_UNSPECIFIED = 7,
} ProseStatusCode;
const char *prose_status_code_name(unsigned code);     /* "not-authorised" …; "unspecified" for others */

/* One discovery or group the UE wants keys for, with the IDs of the keys it holds. */
typedef struct ProseKeyWant {
    ProseKeyScope scope;
    uint8_t key_ids[PROSE_KEY_IDS_MAX];    /* {0} alone: holds none */
    size_t n_key_ids;                      /* 1..8 */
} ProseKeyWant;

typedef struct ProseKeyRequest {
    uint8_t transaction_id;
    bool has_algorithms;
    uint8_t algorithms;
    bool has_capabilities;
    uint8_t capabilities;
    ProseKeyWant wants[PROSE_KEY_SCOPES_MAX];
    size_t n_wants;
    ProseKeyScope stops[PROSE_KEY_SCOPES_MAX];
    size_t n_stops;
} ProseKeyRequest;

/* What the response says of one discovery or group. */
typedef struct ProseKeyAnswer {
    ProseKeyScope scope;
    bool supplied;
    unsigned status;                       /* ProseStatusCode, if not supplied */
    uint8_t key_type_id;                   /* discoveries, if supplied */
    ProseSecurityMetadata meta;            /* discoveries, if supplied */
    uint32_t group_member_id;              /* groups, if supplied */
    uint8_t algorithm;                     /* groups, if supplied: 0..3 */
} ProseKeyAnswer;

typedef struct ProseKeyResponse {
    uint8_t transaction_id;
    bool has_current_time;
    int64_t current_time;                  /* s since 1970 */
    bool has_max_offset;
    uint32_t max_offset;                   /* s */
    bool has_pmk;                          /* both or neither (REQ-66422-25) */
    uint8_t pmk_id[PROSE_PMK_ID_LEN];
    uint8_t pmk[PROSE_KEY_LEN];            /* secret: wipe the structure after use */
    ProseKeyAnswer answers[PROSE_KEY_SCOPES_MAX];
    size_t n_answers;
} ProseKeyResponse;

/* The compiled schema; one serves all endpoints of a simulation. */
typedef struct ProseKeySchema ProseKeySchema;
ProseKeySchema *prose_key_schema_new(void);            /* (nullable): %NULL if libxml2 refuses the schema */
ProseKeySchema *prose_key_schema_free(ProseKeySchema *schema);

/**
 * prose_key_request_encode:
 * @ret: room for the document, at most %PROSE_KEY_MESSAGE_MAX
 *
 * Groups are written before discoveries, and what is supplied before what is not, as the schema wants; within each in the
 * order given.
 *
 * Returns: octets written; %PROSE_ERR_NOBUF; %PROSE_ERR_INVALID if the message breaks a rule of its own (see decode), has
 *   a spare capability bit set, or the reserved status.
 */
ptrdiff_t prose_key_request_encode(uint8_t *ret, size_t size, const ProseKeyRequest *request);
ptrdiff_t prose_key_response_encode(uint8_t *ret, size_t size, const ProseKeyResponse *response);

/**
 * prose_key_request_decode:
 * @ret: (out): filled on success, untouched on failure
 *
 * Never fetches anything: no DTD, no entity, no processing instruction. Elements that are not ours are ignored inside and
 * behind anyExt; spare capability bits are dropped.
 *
 * Returns: 0; %PROSE_ERR_LIMIT (over 64 KiB, too many discoveries or IDs); %PROSE_ERR_MALFORMED (not XML, or a DTD,
 *   entity or processing instruction); %PROSE_ERR_SCHEMA (not the schema, or the other message); %PROSE_ERR_DUPLICATE
 *   (one discovery twice, in want and stop together, a key ID twice, or ID 0 beside others); %PROSE_ERR_INVALID
 *   (capabilities or algorithms missing where a discovery or group needs them, rules R4).
 */
int prose_key_request_decode(ProseKeyRequest *ret, const ProseKeySchema *schema, const uint8_t *octets, size_t len);
/* As above; %PROSE_ERR_INVALID for a mask without confidentiality or the reverse, MAX_OFFSET over 127, CURRENT_TIME
 * outside 1970 to 2200, or a discovery answered without CURRENT_TIME and MAX_OFFSET (rules R3). Half a PMK is
 * %PROSE_ERR_SCHEMA. */
int prose_key_response_decode(ProseKeyResponse *ret, const ProseKeySchema *schema, const uint8_t *octets, size_t len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseKeySchema, prose_key_schema_free)

#endif
