/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

/* TS 24.334 6.1.2: the connection over which the UE asks for keys and to which they are delivered. */

typedef enum PdnEvent {
    PDN_STARTED, PDN_OPENED, PDN_FAILED, PDN_LOST, PDN_DUE, PDN_GIVEN_BACK, PDN_KEPT, PDN_OUT_OF_REACH, PDN_IN_REACH,
} PdnEvent;

#define BIT PROSE_UE_BIT
#define OFF PROSE_UE_PDN_OFF
#define OPENING PROSE_UE_PDN_OPENING
#define BACK_OFF PROSE_UE_PDN_BACK_OFF
#define UP PROSE_UE_PDN_UP
#define HELD PROSE_UE_PDN_HELD
#define RELEASED PROSE_UE_PDN_RELEASED
#define AWAY PROSE_UE_PDN_AWAY

#define NET (BIT(PDN_LOST) | BIT(PDN_OUT_OF_REACH))

static const ProseUeState states[] = {
    /*             name        events let in                                          may go to */
    [OFF]      = { "off",      BIT(PDN_STARTED),                                      BIT(OPENING) | BIT(AWAY) },
    [OPENING]  = { "opening",  BIT(PDN_OPENED) | BIT(PDN_FAILED) | BIT(PDN_GIVEN_BACK) | BIT(PDN_OUT_OF_REACH),
                   BIT(UP) | BIT(BACK_OFF) | BIT(RELEASED) | BIT(AWAY) },
    [BACK_OFF] = { "back-off", BIT(PDN_DUE) | BIT(PDN_GIVEN_BACK) | BIT(PDN_OUT_OF_REACH), BIT(OPENING) | BIT(RELEASED) | BIT(AWAY) },
    [UP]       = { "up",       NET | BIT(PDN_GIVEN_BACK),                             BIT(OPENING) | BIT(HELD) | BIT(AWAY) },
    /* The user wants it gone, but a PKMF still has to hear that no more keys are wanted (REQ-66422-03). */
    [HELD]     = { "held",     NET | BIT(PDN_KEPT),                                   BIT(RELEASED) | BIT(UP) },
    [RELEASED] = { "released", BIT(PDN_STARTED) | BIT(PDN_OPENED),                    BIT(OPENING) | BIT(AWAY) },
    [AWAY]     = { "away",     BIT(PDN_IN_REACH) | BIT(PDN_GIVEN_BACK),               BIT(OPENING) | BIT(RELEASED) },
};

bool
prose_ue_pdn_is_up(const ProseUe *ue)
{
    return ue->net->pdn_state == UP || ue->net->pdn_state == HELD;
}

bool
prose_ue_pdn_is_releasing(const ProseUe *ue)
{
    return ue->net && ue->net->pdn_state == HELD;
}

static void
open_now(ProseUe *ue)
{
    prose_ue_go(states, &ue->net->pdn_state, ue->is_away ? AWAY : OPENING);
    ue->net->pdn_retry_ns = PROSE_NEVER;
    if (ue->is_away)
        return;
    if (ue->net->pdn_is_pending)           /* asked for before it was given back: that answer will do */
        return;
    ue->net->pdn_is_pending = true;
    ue->host->pdn_open(ue->host_user);
}

void
prose_ue_pdn_start(ProseUe *ue)
{
    if (!prose_ue_lets_in(states, ue->net->pdn_state, PDN_STARTED))
        return;
    ue->net->pdn_failures = 0;
    open_now(ue);
}

/* All asks of this UE: PC3 first. */
static void
for_each_ask(ProseUe *ue, void (*fn)(ProseUeAsk *ask))
{
    fn(&ue->net->pc3);
    for (guint i = 0; i < ue->net->pkmfs->len; i++)
        fn(&((ProseUePkmf *) ue->net->pkmfs->pdata[i])->ask);
}

static void
want_from_pkmf(ProseUeAsk *ask, const char *cause, uint64_t at_ns)
{
    if (prose_ue_pkmf_is_needed(ask->owner))
        prose_ue_ask_want_at(ask, cause, at_ns);
}

static void
want_what_is_needed(ProseUe *ue)
{
    uint64_t at_ns = ue->now_ns + (ue->host->request_jitter ? ue->host->request_jitter(ue->host_user) : 0);

    if (prose_ue_pc3_is_needed(ue))
        prose_ue_ask_want_at(&ue->net->pc3, "set", at_ns);
    for (guint i = 0; i < ue->net->pkmfs->len; i++) {
        ProseUePkmf *pkmf = ue->net->pkmfs->pdata[i];

        /* REQ-66422-05: a PKMF that knew an earlier address is told the new one. */
        want_from_pkmf(&pkmf->ask, pkmf->was_asked ? "address" : "set", at_ns);
    }
}

void
prose_ue_pdn_keep(ProseUe *ue)
{
    if (!prose_ue_lets_in(states, ue->net->pdn_state, PDN_KEPT))
        return;
    prose_ue_go(states, &ue->net->pdn_state, UP);
    for (guint i = 0; i < ue->net->pkmfs->len; i++)
        want_from_pkmf(&((ProseUePkmf *) ue->net->pkmfs->pdata[i])->ask, "set", ue->now_ns);
}

static void
emit_released(ProseUe *ue, const char *by)
{
    ProseEvent event = prose_ue_event(ue, PROSE_EVENT_PDN_RELEASED, by);

    prose_ue_emit(ue, &event);
}

/* Nothing and nobody holds the connection any more. */
static void
give_back(ProseUe *ue)
{
    for_each_ask(ue, prose_ue_ask_pdn_lost);
    prose_ue_go(states, &ue->net->pdn_state, RELEASED);
    ue->net->address = 0;
    ue->host->pdn_release(ue->host_user);
    emit_released(ue, "by-ue");
}

static unsigned
count_suppliers(const ProseUe *ue)
{
    unsigned n = 0;

    for (guint i = 0; i < ue->net->pkmfs->len; i++)
        n += prose_ue_pkmf_supplies(ue->net->pkmfs->pdata[i]);
    return n;
}

void
prose_ue_pdn_check_held(ProseUe *ue)
{
    if (ue->net->pdn_state == HELD && count_suppliers(ue) == 0)
        give_back(ue);
}

void
prose_ue_request_pdn_release(ProseUe *ue, uint64_t now_ns)
{
    unsigned n;

    if (!ue->net || !prose_ue_lets_in(states, ue->net->pdn_state, PDN_GIVEN_BACK))
        return;
    ue->now_ns = now_ns;
    if (ue->net->pdn_state == UP) {
        /* Rules R7: only those that have answered with something they supply have to be told, and they have to answer. */
        prose_ue_go(states, &ue->net->pdn_state, HELD);
        n = count_suppliers(ue);
        if (n > 0) {
            ProseEvent event = prose_ue_event(ue, PROSE_EVENT_PDN_RELEASE_HELD, NULL);

            event.has_value = true;
            event.value = n;
            prose_ue_emit(ue, &event);
        }
        for (guint i = 0; i < ue->net->pkmfs->len; i++) {
            ProseUePkmf *pkmf = ue->net->pkmfs->pdata[i];

            if (prose_ue_pkmf_supplies(pkmf))
                prose_ue_ask_want(&pkmf->ask, "release");
        }
    } else {
        prose_ue_go(states, &ue->net->pdn_state, RELEASED);
        ue->net->pdn_retry_ns = PROSE_NEVER;
    }
    prose_ue_settle(ue);
}

/* ---- from the host ---- */

void
prose_ue_pdn_opened(ProseUe *ue, ProseAddress address, uint64_t now_ns)
{
    ProseEvent event;

    if (!ue->net || !prose_ue_lets_in(states, ue->net->pdn_state, PDN_OPENED))
        return;
    ue->now_ns = now_ns;
    ue->net->pdn_is_pending = false;
    if (ue->net->pdn_state == RELEASED) {  /* it comes too late */
        ue->host->pdn_release(ue->host_user);
        return;
    }
    prose_ue_go(states, &ue->net->pdn_state, UP);
    ue->net->pdn_failures = 0;
    ue->net->address = address;
    event = prose_ue_event(ue, PROSE_EVENT_PDN_OPENED, NULL);
    event.has_value = true;
    event.value = address;
    prose_ue_emit(ue, &event);

    want_what_is_needed(ue);
    prose_ue_settle(ue);
}

void
prose_ue_pdn_failed(ProseUe *ue, uint64_t now_ns)
{
    if (!ue->net)
        return;
    ue->now_ns = now_ns;
    ue->net->pdn_is_pending = false;
    if (!prose_ue_lets_in(states, ue->net->pdn_state, PDN_FAILED))
        return;
    prose_ue_go(states, &ue->net->pdn_state, BACK_OFF);
    ue->net->pdn_retry_ns = now_ns + prose_ue_back_off_ns(ue, ++ue->net->pdn_failures);
    prose_ue_settle(ue);
}

/* The connection is gone, and not because the UE gave it back. */
static void
lose(ProseUe *ue, const char *cause)
{
    ue->net->address = 0;
    for_each_ask(ue, prose_ue_ask_pdn_lost);
    emit_released(ue, cause);
    /* Rules R7: a release by the network waits for nothing; one that the user wanted has happened. */
    if (ue->net->pdn_state == HELD)
        prose_ue_go(states, &ue->net->pdn_state, RELEASED);
    else
        open_now(ue);
}

void
prose_ue_pdn_lost(ProseUe *ue, uint64_t now_ns)
{
    if (!ue->net || !prose_ue_lets_in(states, ue->net->pdn_state, PDN_LOST))
        return;
    ue->now_ns = now_ns;
    lose(ue, "by-network");
    prose_ue_settle(ue);
}

static void
go_out_of_reach(ProseUe *ue)
{
    ue->net->pdn_is_pending = false;       /* the host forgets it */
    if (!prose_ue_lets_in(states, ue->net->pdn_state, PDN_OUT_OF_REACH))
        return;
    if (prose_ue_pdn_is_up(ue))
        lose(ue, "off-network");
    else
        open_now(ue);
}

void
prose_ue_set_reach(ProseUe *ue, bool in_reach, uint64_t now_ns)
{
    if (ue->is_away == !in_reach)
        return;
    ue->is_away = !in_reach;
    if (!ue->net)
        return;
    ue->now_ns = now_ns;
    if (!in_reach)
        go_out_of_reach(ue);
    else if (prose_ue_lets_in(states, ue->net->pdn_state, PDN_IN_REACH))
        open_now(ue);
    prose_ue_settle(ue);
}

uint64_t
prose_ue_pdn_next(const ProseUe *ue)
{
    return ue->net->pdn_retry_ns;
}

void
prose_ue_pdn_handle_expiry(ProseUe *ue)
{
    if (prose_ue_lets_in(states, ue->net->pdn_state, PDN_DUE) && ue->net->pdn_retry_ns <= ue->now_ns)
        open_now(ue);
}
