/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

#include "prose-error.h"

#include <string.h>

/* TS 33.303 6.6.7 and TS 24.334 10A: announcing, monitoring, discoverer and discoveree. */

typedef enum Message { ANNOUNCEMENT, SOLICITATION, RESPONSE, ADDITIONAL } Message;

/* What a relay's additional information names: PLMN 001 01 as TS 24.008 writes it, then cell 1 in 28 bits (doc/assumptions.md). */
static const uint8_t additional_ecgi[7] = { 0x00, 0xF1, 0x10, 0x00, 0x00, 0x00, 0x10 };

static uint8_t
message_type(ProseKeyScope scope, Message message)
{
    static const uint8_t types[2][4] = {
        { PROSE_PC5_RELAY_ANNOUNCEMENT, PROSE_PC5_RELAY_SOLICITATION, PROSE_PC5_RELAY_RESPONSE, PROSE_PC5_RELAY_ADDITIONAL },
        { PROSE_PC5_GROUP_ANNOUNCEMENT, PROSE_PC5_GROUP_SOLICITATION, PROSE_PC5_GROUP_RESPONSE },
    };

    return types[scope.type == PROSE_KEY_TYPE_PSDK_GROUP][message];
}

/* What a role sends and what it listens for. */
static const struct { ProseRole role; Message message; } sends[] = {
    { PROSE_ROLE_ANNOUNCE, ANNOUNCEMENT }, { PROSE_ROLE_SOLICIT, SOLICITATION }, { PROSE_ROLE_RESPOND, RESPONSE },
    { PROSE_ROLE_INFORM, ADDITIONAL },
};
static const struct { ProseRole role; Message message; } hears[] = {
    { PROSE_ROLE_MONITOR, ANNOUNCEMENT }, { PROSE_ROLE_SOLICIT, RESPONSE }, { PROSE_ROLE_RESPOND, SOLICITATION },
    { PROSE_ROLE_MONITOR, ADDITIONAL },
};

/* ---- sending ---- */

bool
prose_ue_pc5_wants_slot(const ProseUe *ue, ProseKeyScope scope, ProseRole role, uint64_t period)
{
    const ProseUeScope *s = prose_ue_find_scope(ue, scope);

    if (!s || !s->active || !(s->roles & role & PROSE_ROLES_SENDING))
        return false;
    if (role == PROSE_ROLE_SOLICIT)
        return period % 2 == 0;
    if (role == PROSE_ROLE_ANNOUNCE || role == PROSE_ROLE_INFORM)
        return (s->additional_every > 0 && period % s->additional_every == s->additional_every - 1) == (role == PROSE_ROLE_INFORM);
    return role != PROSE_ROLE_RESPOND || s->is_solicited;
}

/* Rules P2, in their order; K1 for the key. */
static ProseSlotRefusal
gate(ProseUe *ue, const ProseUeScope *s, const ProseSlot *slot, const ProseStoredKey **ret_key)
{
    const ProseStoredKey *key;
    int64_t clock_s;
    size_t n_keys;

    if (!s || !s->active || s->supply == PROSE_SUPPLY_REFUSED)
        return PROSE_SLOT_NOT_AUTHORISED;
    if (!ue->clock.is_set || !s->has_meta)         /* rules T2 */
        return PROSE_SLOT_NO_KEY;
    if (!slot->has_utc) {
        /* Without UTC there is no counter to choose a key by; a UE that holds none lacks that first. */
        prose_key_store_of_scope(ue->keys, s->scope, &n_keys);
        return n_keys > 0 ? PROSE_SLOT_NO_UTC : PROSE_SLOT_NO_KEY;
    }
    key = prose_key_store_sending(ue->keys, s->scope, slot->counter);
    if (!key)
        return PROSE_SLOT_NO_KEY;
    clock_s = prose_seconds(prose_clock_read(&ue->clock, slot->now_ns));
    if (!prose_counter_within(slot->counter, clock_s, s->max_offset_s))
        return PROSE_SLOT_CLOCK_OFFSET;
    *ret_key = key;
    return PROSE_SLOT_SENT;
}

/* Rules R1: a refusal is a reason to ask for the time. */
static void
after_clock_offset(ProseUe *ue, const ProseUeScope *s, const ProseSlot *slot)
{
    if (!ue->net)
        return;
    ue->now_ns = MAX(ue->now_ns, slot->now_ns);
    prose_ue_request_after_clock_offset(ue, s);
}

ProseSlotRefusal
prose_ue_pc5_gate(ProseUe *ue, ProseKeyScope scope, const ProseSlot *slot)
{
    const ProseUeScope *s = prose_ue_find_scope(ue, scope);
    const ProseStoredKey *key;
    ProseSlotRefusal refusal = gate(ue, s, slot, &key);

    if (refusal == PROSE_SLOT_CLOCK_OFFSET)
        after_clock_offset(ue, s, slot);
    return refusal;
}

/* When K1 will choose another key than @key, at the earliest. */
static uint32_t
key_lasts_until(const ProseUe *ue, const ProseStoredKey *key, uint32_t counter)
{
    size_t n;
    const ProseStoredKey *keys = prose_key_store_of_scope(ue->keys, key->scope, &n);
    uint32_t lasts = (uint32_t) key->valid_to - counter;

    for (size_t k = 0; k < n && &keys[k] != key; k++) {
        uint32_t starts = (uint32_t) keys[k].valid_from - counter;

        if (starts > 0)
            lasts = MIN(lasts, starts);
    }
    return counter + lasts;
}

uint8_t
prose_ue_pc5_type(ProseKeyScope scope, ProseRole role)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sends); i++)
        if (sends[i].role == role)
            return message_type(scope, sends[i].message);
    g_assert_not_reached();
}

static void
fill_content(uint8_t ret[PROSE_CONTENT_LEN], const ProseUe *ue, ProseKeyScope scope, uint8_t type)
{
    ProsePc5Content content = { .type = type, .id = scope.id, .ue_id = ue->ue_id, .resource_status = true };
    int r;

    memcpy(content.user_info, ue->user_info, sizeof content.user_info);
    content.has_ecgi = type == PROSE_PC5_RELAY_ADDITIONAL;
    memcpy(content.ecgi, additional_ecgi, sizeof content.ecgi);
    r = prose_pc5_content_encode(ret, &content);
    g_assert(r == PROSE_OK);
}

ProseSlotRefusal
prose_ue_pc5_send(ProseUe *ue, ProseKeyScope scope, ProseRole role, const ProseSlot *slot,
                  const uint8_t mic_random[PROSE_MIC_LEN], uint8_t ret[PROSE_PC5_LEN], const ProseStoredKey **ret_key)
{
    ProseUeScope *s = prose_ue_find_scope(ue, scope);
    const ProseStoredKey *key;
    ProseSlotRefusal refusal = s && (s->roles & role & PROSE_ROLES_SENDING) ? gate(ue, s, slot, &key) : PROSE_SLOT_NOT_AUTHORISED;
    uint8_t content[PROSE_CONTENT_LEN];
    uint8_t type;

    if (refusal == PROSE_SLOT_CLOCK_OFFSET)
        after_clock_offset(ue, s, slot);
    if (refusal != PROSE_SLOT_SENT)
        return refusal;
    type = prose_ue_pc5_type(scope, role);
    fill_content(content, ue, scope, type);
    prose_pc5_protect(ret, key->pc5, &s->meta, type, content, slot->counter, mic_random, ue->profile);
    if (role == PROSE_ROLE_RESPOND)
        s->is_solicited = false;           /* one response answers all that were heard before it */
    if (ret_key)
        *ret_key = key;
    return PROSE_SLOT_SENT;
}

ProseSlotRefusal
prose_ue_pc5_ready(ProseUe *ue, ProseKeyScope scope, ProseRole role, const ProseSlot *slot, ProsePc5Ready *ret)
{
    const ProseUeScope *s = prose_ue_find_scope(ue, scope);
    const ProseStoredKey *key;
    ProseSlotRefusal refusal = gate(ue, s, slot, &key);

    if (refusal == PROSE_SLOT_CLOCK_OFFSET)
        after_clock_offset(ue, s, slot);
    if (refusal != PROSE_SLOT_SENT)
        return refusal;
    *ret = (ProsePc5Ready) { .key = key, .meta = s->meta, .max_offset_s = s->max_offset_s, .type = prose_ue_pc5_type(scope, role),
                             .until_counter = key_lasts_until(ue, key, slot->counter) };
    fill_content(ret->content, ue, scope, ret->type);
    return PROSE_SLOT_SENT;
}

/* ---- receiving ---- */

static int
compare_contexts(const ProsePc5Context *a, const ProsePc5Context *b)
{
    const ProseUeScope *s = a->user, *t = b->user;

    if (a->valid_to != b->valid_to)
        return a->valid_to < b->valid_to ? -1 : 1;
    if (a->valid_from != b->valid_from)
        return a->valid_from < b->valid_from ? -1 : 1;
    if (s != t)
        return s < t ? -1 : 1;             /* both in one array */
    return (int) a->type - b->type;
}

static void
add_context(ProseUe *ue, const ProsePc5Context *context)
{
    uint32_t i;

    if (ue->n_contexts == ue->contexts_room) {
        ue->contexts_room = ue->contexts_room ? 2 * ue->contexts_room : 1;
        ue->contexts = g_renew(ProsePc5Context, ue->contexts, ue->contexts_room);
    }
    for (i = ue->n_contexts++; i > 0 && compare_contexts(context, &ue->contexts[i - 1]) < 0; i--)
        ue->contexts[i] = ue->contexts[i - 1];
    ue->contexts[i] = *context;
}

static void
add_contexts_of(ProseUe *ue, ProseUeScope *s, const ProseStoredKey *key)
{
    ProsePc5Context context = {
        .keys = key->pc5, .meta = &s->meta, .valid_from = key->valid_from, .valid_to = key->valid_to,
        .max_offset = s->max_offset_s, .overlap = MIN(s->overlap_s, s->max_offset_s), .user = s,
    };

    prose_pc5_context_set_filter(&context, s->scope);
    for (size_t i = 0; i < G_N_ELEMENTS(hears); i++) {
        if (s->roles & hears[i].role && (hears[i].message != ADDITIONAL || s->additional_every > 0)) {
            context.type = message_type(s->scope, hears[i].message);
            add_context(ue, &context);
        }
    }
}

/* Contexts point into the key store, so they last as long as it does not change. */
static void
renew_contexts(ProseUe *ue)
{
    uint64_t generation = prose_key_store_generation(ue->keys);

    if (!ue->contexts_are_stale && ue->contexts_generation == generation)
        return;
    ue->n_contexts = 0;
    for (size_t i = 0; i < ue->n_scopes; i++) {
        ProseUeScope *s = &ue->scopes[i];
        const ProseStoredKey *keys;
        size_t n;

        if (!s->active || !s->has_meta || !prose_key_scope_is_discovery(s->scope) || !(s->roles & PROSE_ROLES_RECEIVING))
            continue;
        keys = prose_key_store_of_scope(ue->keys, s->scope, &n);
        for (size_t k = 0; k < n; k++)
            add_contexts_of(ue, s, &keys[k]);
    }
    ue->contexts_are_stale = false;
    ue->contexts_generation = generation;
}

const ProsePc5Context *
prose_ue_pc5_contexts(ProseUe *ue, size_t *ret_n)
{
    renew_contexts(ue);
    *ret_n = ue->n_contexts;
    return ue->contexts;
}

const ProseStoredKey *
prose_ue_pc5_context_key(const ProseUe *ue, const ProsePc5Context *context)
{
    size_t n;
    const ProseStoredKey *keys = prose_key_store_of_scope(ue->keys, ((const ProseUeScope *) context->user)->scope, &n);

    for (size_t k = 0; k < n; k++)
        if (keys[k].pc5 == context->keys)
            return &keys[k];
    g_assert_not_reached();
}

/* A solicitation may name whom it is meant for. */
static bool
is_meant_for_me(const ProseUe *ue, uint8_t type, const uint8_t content[PROSE_CONTENT_LEN])
{
    ProsePc5Content c;

    if (prose_pc5_content_decode(&c, type, content) < 0)
        return false;
    if (type == PROSE_PC5_RELAY_SOLICITATION)
        return !c.has_ue_id || c.ue_id == ue->ue_id;
    return !c.has_target_user || memcmp(c.target_user, ue->user_info, sizeof c.target_user) == 0;
}

static void
take_accepted(ProseUe *ue, const ProsePc5Verdict *verdict, const uint8_t *octets, ProsePc5Received *ret)
{
    ProseUeScope *s = verdict->context->user;
    ProseSenderIdentity sender;
    bool is_repeated;

    if (!ue->heard)
        ue->heard = prose_repeat_window_new();
    prose_sender_identity_from_content(&sender, s->scope, verdict->type, verdict->content);
    is_repeated = prose_repeat_window_check(ue->heard, &sender, octets, &ret->first);   /* rules P3 */

    ret->first = ret->first && verdict->type != PROSE_PC5_RELAY_ADDITIONAL;     /* that discovers nobody */
    ret->outcome = is_repeated ? PROSE_PC5_REPEATED : PROSE_PC5_ACCEPTED;
    ret->scope = s->scope;
    ret->key_id = prose_ue_pc5_context_key(ue, verdict->context)->key_id;
    ret->valid_from = verdict->context->valid_from;
    ret->counter = verdict->counter;
    ret->type = verdict->type;
    memcpy(ret->content, verdict->content, PROSE_CONTENT_LEN);

    if (verdict->type == message_type(s->scope, SOLICITATION) && is_meant_for_me(ue, verdict->type, verdict->content)
        && (!is_repeated || ue->profile->repeated == PROSE_REPEATED_COUNTED))
        s->is_solicited = true;
}

/* Rules R1, at a receiver: the discoveries whose gate the slot's counter did not pass. */
static void
after_deaf_slot(ProseUe *ue, const ProseSlot *slot, int64_t clock_s)
{
    for (size_t i = 0; i < ue->n_scopes; i++) {
        const ProseUeScope *s = &ue->scopes[i];

        if (s->active && s->has_meta && (s->roles & PROSE_ROLES_RECEIVING)
            && !prose_counter_within(slot->counter, clock_s, s->max_offset_s))
            after_clock_offset(ue, s, slot);
    }
}

void
prose_ue_pc5_receive(ProseUe *ue, const ProseSlot *slot, const uint8_t *octets, size_t len, ProsePc5Received *ret)
{
    ProsePc5Verdict verdict;
    int64_t clock_s = ue->clock.is_set ? prose_seconds(prose_clock_read(&ue->clock, slot->now_ns)) : 0;
    bool can_tell_time = ue->clock.is_set && slot->has_utc;

    renew_contexts(ue);
    /* Without a time of its own nothing can be tried, only looked at (rules T2). */
    prose_pc5_unprotect(&verdict, ue->contexts, can_tell_time ? ue->n_contexts : 0, octets, len, slot->counter, clock_s,
                        ue->profile);
    memset(ret, 0, sizeof *ret);
    ret->outcome = verdict.outcome;
    ret->derivations = verdict.derivations;

    if (verdict.outcome == PROSE_PC5_ACCEPTED)
        take_accepted(ue, &verdict, octets, ret);
    else if (verdict.outcome == PROSE_PC5_CLOCK_OFFSET)
        after_deaf_slot(ue, slot, clock_s);
    else if (verdict.outcome == PROSE_PC5_NO_KEY && ue->clock.is_set && !slot->has_utc && ue->n_contexts > 0)
        ret->outcome = PROSE_PC5_CLOCK_OFFSET;     /* a slot without a counter passes no gate */
    prose_wipe(&verdict, sizeof verdict);
}

uint64_t
prose_ue_pc5_content_until(const ProseUe *ue, int64_t utc_ns, uint64_t now_ns)
{
    uint64_t until = PROSE_NEVER;

    for (size_t i = 0; ue->net && i < ue->n_scopes; i++) {
        const ProseUeScope *s = &ue->scopes[i];

        if (ue->clock.is_set && s->active && s->has_meta && (s->roles & PROSE_ROLES_RECEIVING))
            until = MIN(until, prose_clock_within_until(&ue->clock, utc_ns, s->max_offset_s, now_ns));
    }
    return until;
}

bool
prose_ue_pc5_listens(const ProseUe *ue)
{
    for (size_t i = 0; i < ue->n_scopes; i++)
        if (ue->scopes[i].active && (ue->scopes[i].roles & PROSE_ROLES_RECEIVING))
            return true;
    return false;
}
