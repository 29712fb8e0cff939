/* SPDX-License-Identifier: GPL-2.0-only */
/* A delivery under a PMK, for tests that keep none of its keys. */
#ifndef MIKEY_DELIVERY_H
#define MIKEY_DELIVERY_H

#include "prose-mikey.h"
#include "prose-secret.h"

static inline ptrdiff_t
delivery_encode(uint8_t *ret, size_t size, const ProseMikeyDelivery *delivery, const uint8_t pmk[PROSE_KEY_LEN])
{
    ProseMikeyKeys keys;
    ptrdiff_t len;

    prose_mikey_keys_init(&keys, pmk, delivery->csb_id, delivery->rand, sizeof delivery->rand);
    len = prose_mikey_delivery_encode(ret, size, delivery, &keys);
    prose_wipe(&keys, sizeof keys);
    return len;
}

#endif
