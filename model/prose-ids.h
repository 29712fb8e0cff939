/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identities: what a key is for, who holds it, how it is named.
 *
 * Widths follow TS 23.003 clause 24 where it gives them; the others are assumptions OP-04 of
 * doc/assumptions.md, each one constant here.
 */
#ifndef PROSE_IDS_H
#define PROSE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROSE_KEY_LEN 32             /* PSDK, PGK, PMK, Ks, Ks_NAF, DUIK, DUCK, DUSK: 256 bit */
#define PROSE_PMK_ID_LEN 8           /* OP-04 */
#define PROSE_USER_INFO_ID_LEN 6     /* TS 23.003 24.14 */
#define PROSE_UE_ID_LEN 3            /* ProSe (Relay) UE ID, TS 23.003 24.12, 24.13 */
#define PROSE_CONTENT_LEN 23         /* PC5_DISCOVERY between type, MIC and LSB: 184 bit */
#define PROSE_MIC_LEN 4
#define PROSE_FQDN_MAX 253
#define PROSE_NAI_MAX 320
#define PROSE_ID24_MAX 0xFFFFFFu
#define PROSE_KEY_ID_NONE 0          /* "I hold none", REQ-66422-13; never allocated */

/* Key Type ID of a Key Response and a MIKEY delivery (rules R6). */
typedef enum ProseKeyType {
    PROSE_KEY_TYPE_PGK = 0,
    PROSE_KEY_TYPE_PSDK_RELAY = 1,       /* id is a Relay Service Code */
    PROSE_KEY_TYPE_PSDK_GROUP = 2,       /* id is a Discovery Group ID */
} ProseKeyType;

/* What a key is for: one Relay Service Code, one Discovery Group ID, or one Group ID (PGK).
 * "A discovery" is a scope of one of the two PSDK types. */
typedef struct ProseKeyScope {
    uint8_t type;          /* ProseKeyType */
    uint32_t id;           /* 24 bit */
} ProseKeyScope;

bool prose_key_scope_equal(ProseKeyScope a, ProseKeyScope b);
/* Returns: less than, equal to or greater than zero; orders by type, then by id. */
int prose_key_scope_compare(ProseKeyScope a, ProseKeyScope b);
bool prose_key_scope_is_discovery(ProseKeyScope s);

/* "relay-service-code 0x00a1b2", "discovery-group-id 0x…", "group-id 0x…" */
#define PROSE_KEY_SCOPE_TEXT_MAX 32
char *prose_key_scope_print(char ret[PROSE_KEY_SCOPE_TEXT_MAX], ProseKeyScope s);

/**
 * prose_id24_parse:
 * @ret: (out): untouched on failure
 * @text: "0x" and one to six hexadecimal digits, or decimal digits
 *
 * Returns: 0, %PROSE_ERR_MALFORMED, or %PROSE_ERR_LIMIT above 24 bits.
 */
int prose_id24_parse(uint32_t *ret, const char *text);

/* IPv4, host order; zero is "none". */
typedef uint32_t ProseAddress;
#define PROSE_ADDRESS_TEXT_MAX 16
char *prose_address_print(char ret[PROSE_ADDRESS_TEXT_MAX], ProseAddress a);

#define PROSE_PORT_HTTPS 443
#define PROSE_PORT_HTTP 80
#define PROSE_PORT_MIKEY 2269            /* OP-14 */

#endif
