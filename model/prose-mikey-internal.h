/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What MIKEY's codec asks of its cryptography, inside the room only.
 */
#ifndef PROSE_MIKEY_INTERNAL_H
#define PROSE_MIKEY_INTERNAL_H

#include "prose-mikey.h"

/* RFC 3830 4.2.3, encryption and decryption; @ret may be @octets. */
void prose_mikey_aes_cm(uint8_t *ret, const uint8_t *octets, size_t len, const ProseMikeyKeys *keys, uint32_t csb_id, uint64_t t);
/* 5.2: MAC over @pieces, one after the other. */
void prose_mikey_mac(uint8_t ret[PROSE_MIKEY_MAC_LEN], const ProseMikeyKeys *keys, const ProseBytes *pieces, size_t n_pieces);

#endif
