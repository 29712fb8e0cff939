/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PC5_DISCOVERY: the 29 octets, every variant (TS 24.334 clause 11.2.5; layouts in doc/assumptions.md).
 *
 * Checks form only. The MIC is verified elsewhere, so this codec needs no key, clock or heap.
 */
#ifndef PROSE_PC5_MESSAGE_H
#define PROSE_PC5_MESSAGE_H

#include "prose-ids.h"
#include "prose-octets.h"
#include "prose-profile.h"

#define PROSE_PC5_LEN 29

/* Octet 1: discovery type (2 bits), content type (4), discovery model (2). */
typedef enum ProsePc5Type {
    PROSE_PC5_OPEN_ANNOUNCEMENT = 0x41,
    PROSE_PC5_RESTRICTED_ANNOUNCEMENT = 0x81,
    PROSE_PC5_RESTRICTED_RESPONSE = 0x82,
    PROSE_PC5_RESTRICTED_QUERY = 0x86,
    PROSE_PC5_RELAY_ANNOUNCEMENT = 0x91,
    PROSE_PC5_RELAY_RESPONSE = 0x92,
    PROSE_PC5_RELAY_SOLICITATION = 0x96,
    PROSE_PC5_GROUP_ANNOUNCEMENT = 0x99,
    PROSE_PC5_GROUP_RESPONSE = 0x9A,
    PROSE_PC5_GROUP_SOLICITATION = 0x9E,
    PROSE_PC5_RELAY_ADDITIONAL = 0xA1,
} ProsePc5Type;

/* Returns: 0 for the eleven above, %PROSE_ERR_RESERVED (228 octets) or %PROSE_ERR_UNKNOWN (17). */
int prose_pc5_type_check(uint8_t octet);
const char *prose_pc5_type_name(uint8_t octet);    /* "relay-announcement"; %NULL for the other 245 */

/* The five fields of every variant. */
typedef struct ProsePc5Frame {
    uint8_t type;
    uint8_t content[PROSE_CONTENT_LEN];
    uint8_t mic[PROSE_MIC_LEN];        /* compare with prose_secret_equal(), never memcmp() */
    uint8_t counter_lsb;
} ProsePc5Frame;

void prose_pc5_frame_encode(uint8_t ret[PROSE_PC5_LEN], const ProsePc5Frame *frame, const ProseProfile *profile);
/**
 * prose_pc5_frame_decode:
 * @ret: (out): filled on success, untouched on failure
 *
 * Splits exactly 29 octets by the profile's layout; looks at no value, not even the type.
 *
 * Returns: 0, %PROSE_ERR_TRUNCATED or %PROSE_ERR_TRAILING.
 */
int prose_pc5_frame_decode(ProsePc5Frame *ret, const uint8_t *octets, size_t len, const ProseProfile *profile);

/* What the 23 content octets say. Which members count follows from @type. */
typedef struct ProsePc5Content {
    uint8_t type;                                      /* ProsePc5Type */
    uint32_t id;                                       /* Relay Service Code or Discovery Group ID */
    uint8_t user_info[PROSE_USER_INFO_ID_LEN];         /* Announcer, Discoverer or Discoveree Info */
    uint32_t ue_id;                                    /* ProSe (Relay) UE ID */
    bool resource_status;                              /* Status Indicator, bit RSI: room for more remote UEs */
    bool has_ue_id;                                    /* relay solicitation: URDS Composition bit 1 */
    bool has_target_user;                              /* group solicitation: GMDS Composition bit 1 */
    uint8_t target_user[PROSE_USER_INFO_ID_LEN];
    bool has_target_group;                             /* GMDS Composition bit 2 */
    uint32_t target_group;
    bool has_ecgi;                                     /* relay additional: RDAI Composition bit 1 */
    uint8_t ecgi[7];                                   /* 52 bits, four of padding */
    bool has_mbms;                                     /* RDAI Composition bit 2 */
    uint8_t tmgi[6];
    uint16_t sai;
    uint8_t code[PROSE_CONTENT_LEN];                   /* open: application code 23; restricted: code 8, suffix 15 */
} ProsePc5Content;

/* Spare bits are written zero. Returns: 0, or %PROSE_ERR_INVALID for a type that is none of the eleven, an id over 24
 * bits, or the reserved scope 01 in an open announcement's code; @ret untouched on failure. */
int prose_pc5_content_encode(uint8_t ret[PROSE_CONTENT_LEN], const ProsePc5Content *content);
/* Spare bits are ignored and come out zero. Returns: 0, as prose_pc5_type_check(), or %PROSE_ERR_RESERVED for scope 01 in
 * an open announcement's code; @ret untouched on failure. */
int prose_pc5_content_decode(ProsePc5Content *ret, uint8_t type, const uint8_t content[PROSE_CONTENT_LEN]);

/* Returns: the PSDK scope type that protects this message type, or -1 for open and restricted ones. */
int prose_pc5_type_key_type(uint8_t type);

#endif
