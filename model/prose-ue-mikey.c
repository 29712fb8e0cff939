/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

/* TS 33.303 6.6.4.2.3: key deliveries. */

static ProseUePkmf *
find_pkmf(const ProseUe *ue, const ProseMikeyResponder *responder)
{
    for (guint i = 0; i < ue->net->pkmfs->len; i++) {
        ProseUePkmf *pkmf = ue->net->pkmfs->pdata[i];

        if (pkmf->responder == responder)
            return pkmf;
    }
    return NULL;
}

/* Rules M4. A PKMF gives keys for what it supplies. */
static bool
is_wanted_cb(void *user, const ProseMikeyResponder *responder, ProseKeyScope scope)
{
    const ProseUe *ue = user;
    const ProseUeScope *s = prose_ue_find_scope(ue, scope);

    return s && s->pkmf && s->pkmf == find_pkmf(ue, responder) && s->supply == PROSE_SUPPLY_GRANTED && prose_ue_wants(ue, s);
}

static ProseEvent
event_of(const ProseUe *ue, const ProseMikeyReceipt *receipt)
{
    static const ProseEventType types[] = {
        [PROSE_MIKEY_DISCARDED] = PROSE_EVENT_MIKEY_REJECTED,
        [PROSE_MIKEY_STORED] = PROSE_EVENT_KEY_STORED,
        [PROSE_MIKEY_ACKNOWLEDGED] = PROSE_EVENT_KEY_ACKNOWLEDGED,
        [PROSE_MIKEY_REFUSED] = PROSE_EVENT_KEY_REFUSED,
    };
    ProseEvent event = prose_ue_event(ue, types[receipt->result], receipt->why);

    event.peer = receipt->responder ? prose_mikey_responder_pkmf(receipt->responder) : NULL;
    if (receipt->authentic) {
        event.has_scope = true;
        event.scope = receipt->scope;
        event.key_id = receipt->key_id;
        event.valid_from = receipt->valid_from;
        event.valid_to = receipt->valid_to;
    }
    if (receipt->result == PROSE_MIKEY_REFUSED) {
        event.has_value = true;
        event.value = PROSE_MIKEY_ERROR_UNSPECIFIED;
    }
    return event;
}

void
prose_ue_udp_received(ProseUe *ue, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    ProseMikeyReceipt receipt;
    ProseMikeyJudge judge = { .keys = ue->keys, .is_wanted = is_wanted_cb, .user = ue };
    ProseEvent event;

    if (!ue->net)
        return;
    ue->now_ns = now_ns;
    /* A PMK comes with CURRENT_TIME, so while the clock is unset there is none and nothing looks at this. */
    judge.clock_s = ue->clock.is_set ? prose_ue_clock_s(ue) : 0;
    prose_mikey_respond(&receipt, (ProseMikeyResponder *const *) ue->net->responders->pdata, ue->net->responders->len,
                        octets, len, &judge);
    event = event_of(ue, &receipt);
    prose_ue_emit(ue, &event);
    /* Rules M5: the responder has looked at V. */
    if (receipt.answer_len > 0)
        ue->host->udp_send(ue->host_user, from, port, receipt.answer, receipt.answer_len);
    prose_ue_settle(ue);
}
