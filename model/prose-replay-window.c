/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-replay-window.h"

#include <glib.h>
#include <string.h>

/* ---- PC5: the last accepted octets of each sender ---- */

/* Scope type, scope id, message type, identity: as octets, so that no padding enters hash or comparison. */
#define SENDER_LEN (1 + 3 + 1 + PROSE_USER_INFO_ID_LEN)

typedef struct Sender {
    uint8_t key[SENDER_LEN];
    uint8_t octets[PROSE_PC5_LEN];
} Sender;

/* The table is made with the first sender: a UE that hears nobody holds nothing. It is never walked. */
struct ProseRepeatWindow {
    GHashTable *senders;           /* (owned) (nullable): set of (owned) Sender */
};

/* FNV-1a. */
static guint
sender_hash(gconstpointer p)
{
    const Sender *s = p;
    guint32 h = 2166136261u;

    for (size_t i = 0; i < sizeof s->key; i++)
        h = (h ^ s->key[i]) * 16777619u;
    return h;
}

static gboolean
sender_equal(gconstpointer a, gconstpointer b)
{
    const Sender *s = a, *t = b;

    return memcmp(s->key, t->key, sizeof s->key) == 0;
}

ProseRepeatWindow *
prose_repeat_window_new(void)
{
    return g_new0(ProseRepeatWindow, 1);
}

ProseRepeatWindow *
prose_repeat_window_free(ProseRepeatWindow *w)
{
    if (!w)
        return NULL;
    g_clear_pointer(&w->senders, g_hash_table_destroy);
    g_free(w);
    return NULL;
}

void
prose_sender_identity_from_content(ProseSenderIdentity *ret, ProseKeyScope scope, uint8_t type,
                                   const uint8_t content[PROSE_CONTENT_LEN])
{
    ProseSenderIdentity sender = { .scope = scope, .type = type };
    ProsePc5Content c;

    if (prose_pc5_type_key_type(type) < 0 || prose_pc5_content_decode(&c, type, content) < 0)
        memcpy(sender.identity, content, sizeof sender.identity);
    else if (type == PROSE_PC5_RELAY_ADDITIONAL)
        prose_put_u24(sender.identity + sizeof sender.identity - PROSE_UE_ID_LEN, c.ue_id);
    else
        memcpy(sender.identity, c.user_info, sizeof sender.identity);
    *ret = sender;
}

bool
prose_repeat_window_check(ProseRepeatWindow *w, const ProseSenderIdentity *sender,
                          const uint8_t octets[PROSE_PC5_LEN], bool *ret_first)
{
    Sender wanted, *known;
    bool repeated;

    wanted.key[0] = sender->scope.type;
    prose_put_u24(wanted.key + 1, sender->scope.id);
    wanted.key[4] = sender->type;
    memcpy(wanted.key + 5, sender->identity, sizeof sender->identity);

    if (!w->senders)
        w->senders = g_hash_table_new_full(sender_hash, sender_equal, g_free, NULL);
    known = g_hash_table_lookup(w->senders, &wanted);
    if (ret_first)
        *ret_first = !known;
    repeated = known && memcmp(known->octets, octets, PROSE_PC5_LEN) == 0;
    if (!known) {
        known = g_new(Sender, 1);
        memcpy(known->key, wanted.key, sizeof wanted.key);
        g_hash_table_add(w->senders, known);
    }
    memcpy(known->octets, octets, PROSE_PC5_LEN);
    return repeated;
}

/* ---- MIKEY: MACs of authenticated messages ---- */

typedef struct Seen {
    GList link;                    /* in ProseMikeyCache.order; data is this */
    uint8_t mac[20];
    int64_t clock_s;
} Seen;

struct ProseMikeyCache {
    GHashTable *macs;              /* (owned): set of (owned) Seen, by MAC */
    GQueue order;                  /* the same, oldest first */
};

/* A MAC is as good a hash as there is. */
static guint
mac_hash(gconstpointer p)
{
    return prose_get_u32(((const Seen *) p)->mac);
}

static gboolean
mac_equal(gconstpointer a, gconstpointer b)
{
    const Seen *s = a, *t = b;

    return memcmp(s->mac, t->mac, sizeof s->mac) == 0;
}

ProseMikeyCache *
prose_mikey_cache_new(void)
{
    ProseMikeyCache *c = g_new0(ProseMikeyCache, 1);

    c->macs = g_hash_table_new_full(mac_hash, mac_equal, g_free, NULL);
    g_queue_init(&c->order);
    return c;
}

ProseMikeyCache *
prose_mikey_cache_free(ProseMikeyCache *c)
{
    if (!c)
        return NULL;
    g_hash_table_destroy(c->macs);
    g_free(c);
    return NULL;
}

bool
prose_mikey_cache_has(const ProseMikeyCache *c, const uint8_t mac[20])
{
    Seen wanted;

    memcpy(wanted.mac, mac, sizeof wanted.mac);
    return g_hash_table_contains(c->macs, &wanted);
}

void
prose_mikey_cache_add(ProseMikeyCache *c, const uint8_t mac[20], int64_t clock_s, uint32_t keep_s)
{
    const Seen *newest = g_queue_peek_tail(&c->order);
    Seen *seen;

    if (prose_mikey_cache_has(c, mac))
        return;
    /* The ProSe clock was set back: what was seen then counts as seen now, so that it goes in its turn. */
    if (newest && newest->clock_s > clock_s)
        for (GList *l = c->order.head; l; l = l->next) {
            Seen *older = l->data;

            older->clock_s = MIN(older->clock_s, clock_s);
        }

    seen = g_new0(Seen, 1);
    seen->link.data = seen;
    memcpy(seen->mac, mac, sizeof seen->mac);
    seen->clock_s = clock_s;
    g_queue_push_tail_link(&c->order, &seen->link);
    g_hash_table_add(c->macs, seen);

    while (c->order.length > PROSE_MIKEY_CACHE_MIN) {
        Seen *oldest = g_queue_peek_head(&c->order);

        if (oldest->clock_s >= clock_s - (int64_t) keep_s)
            break;
        g_queue_unlink(&c->order, &oldest->link);
        g_hash_table_remove(c->macs, oldest);
    }
}
