/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending keys by MIKEY and hearing their verification (TS 33.303 6.6.4.2.3; rules M1 to M5).
 *
 * A UE has a list of what it still has to verify, in the order of rules M2. One of it is out at a time: a job in the
 * queue makes the message, the UE's timer waits for the answer. Which address and which PMK a message uses is looked up
 * when it is made, so that retransmissions follow the UE's newest Key Request (REQ-66422-07).
 */
#include "prose-pkmf-internal.h"

#include <string.h>

/* Rules M2: sends at 0, 2, 6, 14 s, unreachable at 30 s; here as the wait after each. */
static const uint64_t wait_ns[PKMF_SENDS] = {
    2 * PROSE_NS_PER_S, 4 * PROSE_NS_PER_S, 8 * PROSE_NS_PER_S, 16 * PROSE_NS_PER_S,
};

static int
delivery_compare(const PkmfDelivery *a, const PkmfDelivery *b)
{
    if (a->key->valid_from != b->key->valid_from)
        return a->key->valid_from < b->key->valid_from ? -1 : 1;
    if (a->deletion != b->deletion)
        return a->deletion ? 1 : -1;       /* rules K7: the successor, then the deletion */
    if (a->member->scope != b->member->scope)
        return prose_key_scope_compare(a->member->scope->scope, b->member->scope->scope);
    return (int) a->key->id - (int) b->key->id;
}

/* Returns: the one that waits, new or not. */
static PkmfDelivery *
deliver(PkmfMember *member, const PkmfKey *key, bool deletion, uint64_t due_ns)
{
    GPtrArray *pending = member->ue->pending;
    const PkmfDelivery wanted = { .member = member, .key = key, .deletion = deletion };
    PkmfDelivery *delivery;
    guint place = 0;

    while (place < pending->len && delivery_compare(pending->pdata[place], &wanted) < 0)
        place++;
    if (place < pending->len && delivery_compare(pending->pdata[place], &wanted) == 0) {
        delivery = pending->pdata[place];
        delivery->due_ns = MIN(delivery->due_ns, due_ns);
        return delivery;
    }
    delivery = g_memdup2(&wanted, sizeof wanted);
    delivery->due_ns = due_ns;
    g_ptr_array_insert(pending, (gint) place, delivery);
    return delivery;
}

void
pkmf_deliver(PkmfMember *member, const PkmfKey *key, bool deletion, uint64_t due_ns)
{
    deliver(member, key, deletion, due_ns)->is_paced = false;
}

void
pkmf_deliver_paced(PkmfMember *member, const PkmfKey *key, uint64_t due_ns)
{
    guint n = member->ue->pending->len;
    PkmfDelivery *delivery = deliver(member, key, false, due_ns);

    if (member->ue->pending->len > n)      /* one that waits already has been asked for, or is under its pace */
        delivery->is_paced = true;
}

void
pkmf_deliver_wanted(PkmfMember *member, const ProseKeyWant *want, uint64_t now_ns)
{
    int64_t last = pkmf_scope_last_requested(member->scope, now_ns);

    for (guint i = 0; i < member->scope->keys->len; i++) {
        const PkmfKey *key = member->scope->keys->pdata[i];
        const PkmfHolding *holding = pkmf_member_find_holding(member, key);
        bool listed = memchr(want->key_ids, key->id, want->n_key_ids) != NULL;

        if (key->replaced) {
            if (listed || holding)
                pkmf_deliver(member, key, true, now_ns);
        } else if (key->period <= last && !(listed && holding && holding->verified)) {
            /* Rules K5: an ID that is listed may be that of an earlier key, unless we have seen this one verified. */
            pkmf_deliver(member, key, false, now_ns);
        }
    }
}

static void
attempt_forget(PkmfAttempt *attempt)
{
    attempt->keys = prose_secret_free(attempt->pkmf->config.secrets, attempt->keys);
    attempt->delivery = NULL;
}

static void
attempt_free(PkmfAttempt *attempt)
{
    g_hash_table_remove(attempt->pkmf->attempts, GUINT_TO_POINTER(attempt->csb_id));
    attempt_forget(attempt);
    g_free(attempt);
}

void
pkmf_delivery_free(PkmfDelivery *delivery)
{
    g_clear_pointer(&delivery->attempts, g_ptr_array_unref);
    g_free(delivery);
}

static void
delivery_end(PkmfDelivery *delivery)
{
    PkmfUe *ue = delivery->member->ue;

    if (ue->sending == delivery) {
        ue->sending = NULL;
        prose_timers_disarm(&ue->pkmf->timers, &ue->timer);
    }
    g_ptr_array_remove(ue->pending, delivery);
}

bool
pkmf_cancel(PkmfMember *member, const PkmfKey *key)
{
    GPtrArray *pending = member->ue->pending;
    guint before = pending->len;

    for (guint i = pending->len; i-- > 0;) {
        PkmfDelivery *delivery = pending->pdata[i];

        if (delivery->member == member && (!key || delivery->key == key))
            delivery_end(delivery);
    }
    return pending->len < before;
}

/* ---- when to send ---- */

static void
cancel_job(PkmfUe *ue, uint64_t now_ns)
{
    if (ue->job)
        pkmf_job_cancel(ue->job, now_ns);
}

void
pkmf_ue_restart_sending(PkmfUe *ue, uint64_t now_ns)
{
    cancel_job(ue, now_ns);
    prose_timers_disarm(&ue->pkmf->timers, &ue->timer);
    ue->sending = NULL;
    for (guint i = 0; i < ue->pending->len; i++)
        ((PkmfDelivery *) ue->pending->pdata[i])->sends = 0;
}

/* Rules K7: a deletion waits until its successor has been answered for. */
static bool
waits_for_successor(const PkmfUe *ue, guint place)
{
    const PkmfDelivery *delivery = ue->pending->pdata[place];

    for (guint i = place; delivery->deletion && i-- > 0;) {
        const PkmfDelivery *earlier = ue->pending->pdata[i];

        if (earlier->key->valid_from != delivery->key->valid_from)
            break;
        if (earlier->member == delivery->member && !earlier->deletion)
            return true;
    }
    return false;
}

/* One of a rollover that is due takes the next place in its row. */
static void
take_slot(PkmfDelivery *delivery, uint64_t now_ns)
{
    PkmfScope *scope = delivery->member->scope;

    if (!delivery->is_paced || delivery->has_slot || scope->pkmf->config.delivery_gap_ns == 0)
        return;
    delivery->has_slot = true;
    delivery->due_ns = MAX(now_ns, scope->next_slot_ns);
    scope->next_slot_ns = delivery->due_ns + scope->pkmf->config.delivery_gap_ns;
}

/* The first in the order of rules M2 that may go now. (nullable): then @ret_at_ns says when one may. */
static PkmfDelivery *
next_delivery(PkmfUe *ue, uint64_t now_ns, uint64_t *ret_at_ns)
{
    *ret_at_ns = PROSE_NEVER;
    for (guint i = 0; i < ue->pending->len; i++) {
        PkmfDelivery *delivery = ue->pending->pdata[i];

        if (waits_for_successor(ue, i))
            continue;
        if (delivery->due_ns <= now_ns)
            take_slot(delivery, now_ns);
        if (delivery->due_ns <= now_ns)
            return delivery;
        *ret_at_ns = MIN(*ret_at_ns, delivery->due_ns);
    }
    return NULL;
}

void
pkmf_ue_go_on(PkmfUe *ue, uint64_t now_ns)
{
    ProsePkmf *pkmf = ue->pkmf;
    uint64_t at_ns;

    if (pkmf->down)
        return;
    if (ue->hold && now_ns >= ue->hold_until_ns)
        ue->hold = NULL;
    if (ue->pending->len == 0 || ue->unreachable) {
        cancel_job(ue, now_ns);
        prose_timers_disarm(&pkmf->timers, &ue->timer);
    } else if (ue->hold) {
        prose_timers_arm(&pkmf->timers, &ue->timer, ue->hold_until_ns);        /* rules M1 */
    } else if (!ue->sending && !next_delivery(ue, now_ns, &at_ns)) {
        cancel_job(ue, now_ns);
        prose_timers_arm(&pkmf->timers, &ue->timer, at_ns);
    } else if (!ue->sending && !ue->job) {
        prose_timers_disarm(&pkmf->timers, &ue->timer);
        ue->job = pkmf_queue_add(pkmf, PROSE_PKMF_OP_DELIVERY, NULL, ue, now_ns);
    }
}

void
pkmf_ue_expiry_cb(void *user, uint64_t now_ns)
{
    PkmfUe *ue = user;
    ProseEvent event;

    if (!ue->sending) {
        pkmf_ue_go_on(ue, now_ns);         /* the wait of rules M1 is over, or something is due */
        return;
    }
    if (ue->sending->sends < PKMF_SENDS) {
        ue->job = pkmf_queue_add(ue->pkmf, PROSE_PKMF_OP_DELIVERY, NULL, ue, now_ns);
        return;
    }
    event = pkmf_key_event(ue->sending->key, PROSE_EVENT_UE_UNREACHABLE, now_ns);
    pkmf_emit(ue->pkmf, &event, ue);
    ue->unreachable = true;
    ue->sending = NULL;
}

/* ---- one message ---- */

/* Rules M3. */
static uint64_t
next_t(PkmfUe *ue, uint64_t now_ns)
{
    uint64_t t = prose_ntp_from_utc(pkmf_utc_ns(ue->pkmf, now_ns));

    if (ue->has_t && (int64_t) (t - ue->last_t) <= 0)
        t = ue->last_t + 1;
    ue->has_t = true;
    ue->last_t = t;
    return t;
}

/* The ID is all that an error message has to be found by, so it is unique over all UEs. */
static uint32_t
fresh_csb_id(ProsePkmf *pkmf)
{
    uint8_t octets[4];

    do {
        pkmf->host.random(pkmf->user, octets, sizeof octets);
    } while (g_hash_table_contains(pkmf->attempts, GUINT_TO_POINTER(prose_get_u32(octets))));
    return prose_get_u32(octets);
}

/* Returns: the message's keys, which its answer will be checked by. */
static const ProseMikeyKeys *
attempt_add(PkmfDelivery *delivery, const ProseMikeyDelivery *message)
{
    PkmfUe *ue = delivery->member->ue;
    ProsePkmf *pkmf = ue->pkmf;
    PkmfAttempt *attempt = g_new0(PkmfAttempt, 1);

    attempt->pkmf = pkmf;
    attempt->delivery = delivery;
    attempt->csb_id = message->csb_id;
    attempt->t = message->t;
    memcpy(attempt->pmk_id, ue->pmk_id, sizeof attempt->pmk_id);
    attempt->keys = prose_secret_alloc(pkmf->config.secrets, sizeof *attempt->keys);
    prose_mikey_keys_init(attempt->keys, ue->pmk, message->csb_id, message->rand, sizeof message->rand);
    if (!delivery->attempts)
        delivery->attempts = g_ptr_array_new_with_free_func((GDestroyNotify) attempt_free);
    if (delivery->attempts->len == PKMF_ATTEMPTS_OPEN)
        g_ptr_array_remove_index(delivery->attempts, 0);
    g_ptr_array_add(delivery->attempts, attempt);
    g_hash_table_insert(pkmf->attempts, GUINT_TO_POINTER(attempt->csb_id), attempt);
    return attempt->keys;
}

static void
emit_delivery(const PkmfDelivery *delivery, ProseEventType type, double value, uint64_t now_ns)
{
    ProseEvent event = pkmf_key_event(delivery->key, type, now_ns);

    if (delivery->deletion) {
        event.cause = "deletion";
        event.valid_to = event.valid_from;
    }
    event.has_value = true;
    event.value = value;
    event.address = type == PROSE_EVENT_KEY_DELIVERY_SENT ? delivery->member->ue->address : 0;
    pkmf_emit(delivery->member->ue->pkmf, &event, delivery->member->ue);
}

static void
send_message(PkmfDelivery *delivery, uint64_t now_ns)
{
    PkmfUe *ue = delivery->member->ue;
    ProsePkmf *pkmf = ue->pkmf;
    const PkmfKey *key = delivery->key;
    char idr[PROSE_NAI_MAX];
    uint8_t octets[PROSE_MIKEY_MAX];
    ptrdiff_t len;
    ProseMikeyDelivery message = {
        .csb_id = fresh_csb_id(pkmf), .t = next_t(ue, now_ns), .want_verification = true,      /* rules M5 */
        .idi = pkmf->fqdn, .idr = idr, .scope = key->scope->scope, .key_id = key->id,
        .valid_from = prose_ntp_from_utc(key->valid_from * PROSE_NS_PER_S),
        .valid_to = prose_ntp_from_utc((delivery->deletion ? key->valid_from : key->valid_to) * PROSE_NS_PER_S),
    };

    prose_mikey_responder_nai(idr, sizeof idr, ue->pmk_id, pkmf->fqdn);
    pkmf->host.random(pkmf->user, message.rand, sizeof message.rand);
    if (!delivery->deletion)               /* rules M4: a deletion's key octets say nothing */
        memcpy(message.key, key->octets, sizeof message.key);
    len = prose_mikey_delivery_encode(octets, sizeof octets, &message, attempt_add(delivery, &message));
    prose_wipe(message.key, sizeof message.key);
    g_assert(len > 0);                     /* two names of at most 320 octets fit */
    ue->pmk_messages++;
    /* A send that fails is a message that is lost. */
    pkmf->host.udp_send(pkmf->user, ue->address, PROSE_PORT_MIKEY, octets, (size_t) len);
}

void
pkmf_ue_send(PkmfUe *ue, uint64_t now_ns)
{
    uint64_t at_ns;
    PkmfDelivery *delivery = ue->sending ? ue->sending : next_delivery(ue, now_ns, &at_ns);
    PkmfMember *member = delivery->member;

    if (!delivery->deletion && !pkmf_member_find_holding(member, delivery->key)) {
        PkmfHolding holding = { .key = delivery->key };

        g_array_append_val(member->holdings, holding);
    }
    delivery->sends++;
    ue->sending = delivery;
    prose_timers_arm(&ue->pkmf->timers, &ue->timer, now_ns + wait_ns[delivery->sends - 1]);
    send_message(delivery, now_ns);
    emit_delivery(delivery, PROSE_EVENT_KEY_DELIVERY_SENT, delivery->sends, now_ns);
}

/* ---- answers ---- */

static void
reject(const ProsePkmf *pkmf, const PkmfUe *ue, const char *cause, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(PROSE_EVENT_MIKEY_REJECTED, now_ns, pkmf->name);

    event.cause = cause;
    pkmf_emit(pkmf, &event, ue);
}

static void
verified(const PkmfAttempt *attempt, uint64_t now_ns)
{
    PkmfDelivery *delivery = attempt->delivery;
    PkmfMember *member = delivery->member;
    PkmfUe *ue = member->ue;
    PkmfHolding *holding = pkmf_member_find_holding(member, delivery->key);

    emit_delivery(delivery, PROSE_EVENT_KEY_VERIFIED, MAX(delivery->sends, 1), now_ns);
    if (memcmp(attempt->pmk_id, ue->pmk_id, sizeof ue->pmk_id) == 0)
        ue->pmk_proven = true;
    if (delivery->deletion)
        pkmf_member_drop_holding(member, delivery->key);
    else if (holding)
        holding->verified = true;
    g_clear_pointer(&ue->answered, g_ptr_array_unref);
    ue->answered = g_steal_pointer(&delivery->attempts);
    for (guint i = 0; i < ue->answered->len; i++)
        attempt_forget(ue->answered->pdata[i]);
    delivery_end(delivery);
    pkmf_ue_go_on(ue, now_ns);
}

void
pkmf_answer_received(ProsePkmf *pkmf, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    ProseMikeyMessage msg;
    PkmfAttempt *attempt;
    PkmfUe *ue;
    char idr[PROSE_NAI_MAX];
    int r;

    if (prose_mikey_decode(&msg, octets, len) < 0 || msg.data_type == PROSE_MIKEY_PRE_SHARED) {
        reject(pkmf, NULL, "malformed", now_ns);
        return;
    }
    attempt = g_hash_table_lookup(pkmf->attempts, GUINT_TO_POINTER(msg.csb_id));
    if (!attempt) {
        reject(pkmf, NULL, "no-attempt", now_ns);
        return;
    }
    if (!attempt->delivery)
        return;
    ue = attempt->delivery->member->ue;
    if (!msg.has_v) {
        reject(pkmf, ue, "unauthenticated", now_ns);   /* a hint at best (RFC 3830 5.1.2) */
        return;
    }
    prose_mikey_responder_nai(idr, sizeof idr, attempt->pmk_id, pkmf->fqdn);
    r = prose_mikey_answer_check(&msg, attempt->keys, attempt->csb_id, attempt->t, pkmf->fqdn, idr);
    if (r < 0) {
        reject(pkmf, ue, r == PROSE_ERR_AUTH ? "mac" : "mismatch", now_ns);
    } else if (msg.data_type == PROSE_MIKEY_PSK_VERIFICATION) {
        verified(attempt, now_ns);
    } else if (msg.error_no == PROSE_MIKEY_ERROR_UNSPECIFIED) {
        /* Rules M4: the UE cannot use this key, and will not be able to on a second try. */
        emit_delivery(attempt->delivery, PROSE_EVENT_KEY_DELIVERY_REFUSED, msg.error_no, now_ns);
        delivery_end(attempt->delivery);
        pkmf_ue_go_on(ue, now_ns);
    } else {
        reject(pkmf, ue, "other-error", now_ns);
    }
}
