/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MIKEY with pre-shared keys (RFC 3830) and the payloads of a ProSe key delivery (RFC 4563 Key ID; layout:
 * OP-11 to OP-16 of doc/assumptions.md). Initiator: PKMF. Responder: UE.
 *
 * Codec and protection only: no state, no clock. What a UE does with a delivery is prose-mikey-responder.h.
 */
#ifndef PROSE_MIKEY_H
#define PROSE_MIKEY_H

#include "prose-ids.h"
#include "prose-octets.h"

#define PROSE_MIKEY_MAX 1400               /* largest message we build or accept, octets */
#define PROSE_MIKEY_RAND_LEN 16
#define PROSE_MIKEY_MAC_LEN 20
#define PROSE_MIKEY_SKEW_S 300             /* OP-16 */

typedef enum ProseMikeyDataType {
    PROSE_MIKEY_PRE_SHARED = 0,
    PROSE_MIKEY_PSK_VERIFICATION = 1,
    PROSE_MIKEY_ERROR = 6,
} ProseMikeyDataType;

#define PROSE_MIKEY_ERROR_AUTH 0
#define PROSE_MIKEY_ERROR_TIMESTAMP 1
#define PROSE_MIKEY_ERROR_UNSPECIFIED 12

/* The three keys of one message, RFC 3830 4.1.4. */
typedef struct ProseMikeyKeys {
    uint8_t encr[16];
    uint8_t auth[20];
    uint8_t salt[14];
} ProseMikeyKeys;

/* RFC 3830 4.1.2; @out_bits a multiple of 8. */
void prose_mikey_prf(uint8_t *ret, size_t out_bits, const uint8_t *inkey, size_t inkey_len, const uint8_t *label, size_t label_len);
void prose_mikey_keys_init(ProseMikeyKeys *ret, const uint8_t pmk[PROSE_KEY_LEN], uint32_t csb_id, const uint8_t *rand, size_t rand_len);

/* "<16 hex digits of the PMK ID>@<PKMF FQDN>": IDr (OP-13). Returns: 0 or %PROSE_ERR_NOBUF. */
int prose_mikey_responder_nai(char *ret, size_t size, const uint8_t pmk_id[PROSE_PMK_ID_LEN], const char *pkmf_fqdn);

/* What one delivery says. */
typedef struct ProseMikeyDelivery {
    uint32_t csb_id;
    uint64_t t;                            /* NTP-UTC, 64 bit */
    uint8_t rand[PROSE_MIKEY_RAND_LEN];
    bool want_verification;                /* V */
    const char *idi;                       /* PKMF FQDN */
    const char *idr;                       /* NAI of the PMK ID */
    ProseKeyScope scope;
    uint8_t key_id;
    uint8_t key[PROSE_KEY_LEN];            /* secret */
    uint64_t valid_from, valid_to;         /* NTP-UTC */
} ProseMikeyDelivery;

/* Order HDR, EXT, T, RAND, IDi, IDr, KEMAC; AES-CM-128, HMAC-SHA-1-160. @keys: of the PMK and its CSB ID and RAND. Returns: octets written, or %PROSE_ERR_NOBUF. */
ptrdiff_t prose_mikey_delivery_encode(uint8_t *ret, size_t size, const ProseMikeyDelivery *delivery, const ProseMikeyKeys *keys);

/* A parsed message. Views point into the octets given to decode. Unknown-but-skippable payloads are tolerated as RFC 3830 asks. */
typedef struct ProseMikeyMessage {
    const uint8_t *octets;
    size_t len;
    uint8_t data_type;
    bool v;
    uint8_t prf;
    uint8_t map_type;
    uint32_t csb_id;
    bool has_t;
    uint8_t t_type;
    uint64_t t;
    ProseBytes rand;                       /* data %NULL: none */
    ProseBytes id[2];                      /* in order of appearance: IDi, IDr; or IDr alone in a verification */
    uint8_t id_type[2];
    size_t n_ids;
    ProseBytes key_id;                     /* Key ID sub-payload data of a General Extension of type 3 with Key ID Type 0xF1 */
    bool has_kemac;
    uint8_t encr_alg, mac_alg;
    ProseBytes encr;
    bool has_v;
    uint8_t auth_alg;
    bool has_err;
    uint8_t error_no;
    ProseBytes mac;                        /* of KEMAC or V */
    size_t mac_covers;                     /* octets before the MAC */
} ProseMikeyMessage;

/**
 * prose_mikey_decode:
 * @ret: (out): filled on success, untouched on failure
 *
 * What RFC 3830 asks of any message of the three data types; whether a pre-shared one is a ProSe delivery,
 * prose_mikey_is_delivery() says. NULL encryption and NULL MAC are refused here (REQ-662-03).
 *
 * Returns: 0, %PROSE_ERR_TRUNCATED, %PROSE_ERR_TRAILING, %PROSE_ERR_UNKNOWN (version, data type, map type, algorithm,
 *   payload we cannot skip), %PROSE_ERR_MALFORMED (payloads missing, twice or in a place they cannot have), or
 *   %PROSE_ERR_LIMIT (over %PROSE_MIKEY_MAX octets).
 */
int prose_mikey_decode(ProseMikeyMessage *ret, const uint8_t *octets, size_t len);

/* Data type 0 with an empty map, PRF 0, NTP-UTC, a RAND of 16 octets or more, IDi a URI, IDr an NAI, and one Key ID of 5
 * octets (OP-11 to OP-13). */
bool prose_mikey_is_delivery(const ProseMikeyMessage *msg);

/* Scope and key ID that a delivery names. */
void prose_mikey_delivery_scope(const ProseMikeyMessage *msg, ProseKeyScope *ret_scope, uint8_t *ret_key_id);

/**
 * prose_mikey_delivery_open:
 * @ret: (out): filled on success; idi and idr stay %NULL (they are views of @msg); wipe its key after use
 * @keys: (out): the message's keys, for the answer; wipe after use
 *
 * Checks the MAC under @pmk, decrypts, reads the Key data and its interval. The caller has seen that @msg is a delivery,
 * found @pmk by the identities and checked T (OP-13, OP-16).
 *
 * Returns: 0; %PROSE_ERR_AUTH (@keys and @ret untouched); after that the message is authentic, @keys is filled, and
 *   contents that cannot be read give %PROSE_ERR_MALFORMED or, for another key length, %PROSE_ERR_INVALID (error 12).
 */
int prose_mikey_delivery_open(ProseMikeyDelivery *ret, ProseMikeyKeys *keys, const ProseMikeyMessage *msg, const uint8_t pmk[PROSE_KEY_LEN]);

/* R_MESSAGE, RFC 3830 3.1. Returns: octets written or %PROSE_ERR_NOBUF. */
ptrdiff_t prose_mikey_verification_encode(uint8_t *ret, size_t size, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t,
                                          const char *idi, const char *idr);
/* Error message; @keys %NULL makes an unauthenticated one. */
ptrdiff_t prose_mikey_error_encode(uint8_t *ret, size_t size, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t,
                                   uint8_t error_no, const char *idi, const char *idr);
/* Checks the MAC of a verification or authenticated error against what was sent. Returns: 0, %PROSE_ERR_AUTH, or
 * %PROSE_ERR_MISMATCH (CSB ID, T or IDr are not those of the delivery). */
int prose_mikey_answer_check(const ProseMikeyMessage *msg, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t,
                             const char *idi, const char *idr);

#endif
