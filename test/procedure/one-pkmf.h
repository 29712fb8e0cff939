/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One PKMF with two discoveries, and up to three scripted clients that may have both: what the tests of key delivery
 * begin with.
 */
#ifndef ONE_PKMF_H
#define ONE_PKMF_H

#include "client.h"
#include "prose-pkmf-internal.h"

#include <string.h>

#define PERIOD 3600
#define LEAD 600

static const ProseKeyScope command = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 };
static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 };

static inline Rig *
rig_of(size_t n, Client **ret)
{
    static const char *const names[] = { "alice@ims.example", "bob@ims.example", "carol@ims.example" };
    Rig *rig = rig_new();

    rig_start(rig);
    rig_add(rig, command, PERIOD, LEAD);
    rig_add(rig, relay, PERIOD, LEAD);
    for (size_t i = 0; i < n; i++) {
        ret[i] = rig_add_client(rig, names[i]);
        rig_authorise(rig, ret[i], command, true);
        rig_authorise(rig, ret[i], relay, true);
    }
    return rig;
}

/* The @n-th MIKEY message that the PKMF sent. */
static inline const RigDelivery *
sent(const Rig *rig, guint n)
{
    ck_assert_uint_lt(n, rig->deliveries->len);
    return rig->deliveries->pdata[n];
}

static inline ProseMikeyMessage
decoded(const RigDelivery *delivery)
{
    ProseMikeyMessage msg;

    ck_assert_int_eq(prose_mikey_decode(&msg, delivery->octets, delivery->len), 0);
    ck_assert(prose_mikey_is_delivery(&msg));
    return msg;
}

static inline double
seconds_of(uint64_t ns)
{
    return (double) ns / 1e9;
}

static inline const ProseEvent *
sent_event(const Rig *rig, const Client *client, int nth)
{
    const ProseEvent *event = rig_event(rig, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, client, nth);

    ck_assert_ptr_nonnull(event);
    return event;
}

/* What the PKMF keeps of a client, for what cannot be brought about from outside in reasonable time. */
static inline PkmfUe *
record_of(const Client *client)
{
    return g_hash_table_lookup(client->rig->pkmf->ues_by_impi, client->gba->impi);
}

#endif
