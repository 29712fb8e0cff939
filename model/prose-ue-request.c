/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

#include "prose-error.h"

#include <string.h>

/* TS 33.303 6.6.4.2.2: Key Request and Key Response. */

/* ---- what a PKMF is to this UE ---- */

ProseUePkmf *
prose_ue_pkmf_find_or_add(ProseUe *ue, const char *fqdn)
{
    ProseMikeyResponder *responder;
    ProseUePkmf *pkmf;

    for (guint i = 0; i < ue->net->pkmfs->len; i++) {
        pkmf = ue->net->pkmfs->pdata[i];
        if (g_str_equal(pkmf->fqdn, fqdn))
            return pkmf;
    }
    responder = prose_mikey_responder_new(ue->secrets, fqdn);
    if (!responder)
        return NULL;
    pkmf = g_new0(ProseUePkmf, 1);
    pkmf->fqdn = g_strdup(fqdn);
    pkmf->ask = (ProseUeAsk) { .ue = ue, .kind = &prose_ue_request_kind, .owner = pkmf, .fqdn = pkmf->fqdn };
    pkmf->responder = responder;
    pkmf->asked = g_array_new(FALSE, FALSE, sizeof(ProseUeAsked));
    g_ptr_array_add(ue->net->pkmfs, pkmf);
    g_ptr_array_add(ue->net->responders, pkmf->responder);
    return pkmf;
}

ProseUePkmf *
prose_ue_pkmf_free(ProseUePkmf *pkmf)
{
    prose_ue_ask_clear(&pkmf->ask);
    prose_mikey_responder_free(pkmf->responder);
    g_array_unref(pkmf->asked);
    g_free(pkmf->fqdn);
    g_free(pkmf);
    return NULL;
}

static bool
is_to_be_wanted(const ProseUePkmf *pkmf, const ProseUeScope *s)
{
    return s->pkmf == pkmf && prose_ue_wants(pkmf->ask.ue, s);
}

/* REQ-66422-14: it was asked for, so the PKMF may have it in its set, and it is wanted no more. */
static bool
is_to_be_stopped(const ProseUePkmf *pkmf, const ProseUeScope *s)
{
    return s->pkmf == pkmf && !prose_ue_wants(pkmf->ask.ue, s)
           && (s->supply == PROSE_SUPPLY_ASKED || s->supply == PROSE_SUPPLY_GRANTED);
}

bool
prose_ue_pkmf_is_needed(const ProseUePkmf *pkmf)
{
    const ProseUe *ue = pkmf->ask.ue;

    for (size_t i = 0; i < ue->n_scopes; i++)
        if (is_to_be_wanted(pkmf, &ue->scopes[i]) || is_to_be_stopped(pkmf, &ue->scopes[i]))
            return true;
    return false;
}

bool
prose_ue_pkmf_supplies(const ProseUePkmf *pkmf)
{
    const ProseUe *ue = pkmf->ask.ue;

    for (size_t i = 0; i < ue->n_scopes; i++)
        if (ue->scopes[i].pkmf == pkmf && ue->scopes[i].supply == PROSE_SUPPLY_GRANTED)
            return true;
    return false;
}

/* ---- Key Request ---- */

/* REQ-66422-12, -13: the IDs of all held keys, or all-zero alone. */
static void
fill_want(ProseKeyWant *ret, const ProseUe *ue, ProseKeyScope scope)
{
    size_t n;
    const ProseStoredKey *keys = prose_key_store_of_scope(ue->keys, scope, &n);

    *ret = (ProseKeyWant) { .scope = scope, .key_ids = { PROSE_KEY_ID_NONE }, .n_key_ids = MAX(n, 1) };
    for (size_t i = 0; i < n; i++)
        ret->key_ids[i] = keys[i].key_id;
}

static ptrdiff_t
build(ProseUeAsk *ask, uint8_t *ret, size_t size)
{
    ProseUe *ue = ask->ue;
    ProseUePkmf *pkmf = ask->owner;
    ProseKeyRequest request = { .transaction_id = ask->transaction_id };

    g_array_set_size(pkmf->asked, 0);
    for (size_t i = 0; i < ue->n_scopes; i++) {
        ProseUeScope *s = &ue->scopes[i];
        ProseUeAsked asked = { s->scope, is_to_be_stopped(pkmf, s) };

        if (asked.is_stop)
            request.stops[request.n_stops++] = s->scope;
        else if (is_to_be_wanted(pkmf, s))
            fill_want(&request.wants[request.n_wants++], ue, s->scope);
        else
            continue;
        g_array_append_val(pkmf->asked, asked);
        /* REQ-66422-10; rules R4. Algorithms belong to groups that are wanted. */
        request.has_capabilities |= prose_key_scope_is_discovery(s->scope);
        request.has_algorithms |= !prose_key_scope_is_discovery(s->scope) && !asked.is_stop;
        if (s->supply != PROSE_SUPPLY_GRANTED)
            s->supply = PROSE_SUPPLY_ASKED;
    }
    if (pkmf->asked->len == 0)
        return PROSE_ERR_NOT_FOUND;
    if (request.has_capabilities)
        request.capabilities = ue->scrambling_supported ? PROSE_CAPABILITY_SCRAMBLING : 0;
    if (request.has_algorithms)
        request.algorithms = ue->algorithms;
    return prose_key_request_encode(ret, size, &request);
}

static void
sent(ProseUeAsk *ask)
{
    ((ProseUePkmf *) ask->owner)->was_asked = true;
    prose_ue_ask_emit(ask, PROSE_EVENT_KEY_REQUEST_SENT, ask->cause, ask->transaction_id);
}

static void
failed(ProseUeAsk *ask, const char *cause)
{
    prose_ue_ask_emit(ask, PROSE_EVENT_KEY_REQUEST_FAILED, cause, ask->failures);
}

static void
ignored(ProseUeAsk *ask, const char *cause)
{
    prose_ue_ask_emit(ask, PROSE_EVENT_KEY_RESPONSE_IGNORED, cause, ask->transaction_id);
}

/* ---- Key Response ---- */

static const ProseUeAsked *
find_asked(const ProseUePkmf *pkmf, ProseKeyScope scope)
{
    for (guint i = 0; i < pkmf->asked->len; i++) {
        const ProseUeAsked *asked = &g_array_index(pkmf->asked, ProseUeAsked, i);

        if (prose_key_scope_equal(asked->scope, scope))
            return asked;
    }
    return NULL;
}

/* Rules R3; REQ-66422-21, -23, -26. The decoder has refused duplicates, half a PMK, and masks that do not fit.
 * Returns: %NULL, or why the response is ignored whole. */
static const char *
find_fault(const ProseUeAsk *ask, const ProseKeyResponse *response)
{
    const ProseUePkmf *pkmf = ask->owner;

    if (response->transaction_id != ask->transaction_id)
        return "transaction-id";
    if (!response->has_current_time)
        return "no-current-time";
    if (!response->has_max_offset)
        return "no-max-offset";
    if (response->n_answers != pkmf->asked->len)
        return "set-differs";
    for (size_t i = 0; i < response->n_answers; i++) {
        const ProseKeyAnswer *answer = &response->answers[i];
        const ProseUeAsked *asked = find_asked(pkmf, answer->scope);

        if (!asked || (asked->is_stop && answer->supplied))
            return "set-differs";
        if (answer->supplied && prose_key_scope_is_discovery(answer->scope) && answer->key_type_id != answer->scope.type)
            return "key-type-id";
    }
    return NULL;
}

static void
emit_answer(ProseUeAsk *ask, const ProseKeyAnswer *answer)
{
    ProseEvent event = prose_ue_event(ask->ue, answer->supplied ? PROSE_EVENT_DISCOVERY_SUPPLIED : PROSE_EVENT_DISCOVERY_REFUSED,
                                      answer->supplied ? NULL : prose_status_code_name(answer->status));

    event.peer = ask->fqdn;
    event.has_scope = true;
    event.scope = answer->scope;
    event.has_value = true;
    event.value = answer->supplied ? answer->scope.type : answer->status;
    event.answer = answer;
    prose_ue_emit(ask->ue, &event);
}

/* REQ-66422-27: what an earlier response said is gone, whichever way this one goes. A stop takes nothing: its keys
 * stay usable (rules K6). */
static void
take_answer(ProseUeAsk *ask, ProseUeScope *s, const ProseKeyAnswer *answer, bool is_stop)
{
    if (is_stop) {
        s->supply = PROSE_SUPPLY_STOPPED;
        s->status = (uint8_t) MIN(answer->status, UINT8_MAX);
    } else if (answer->supplied) {
        s->supply = PROSE_SUPPLY_GRANTED;
        s->status = 0;
        s->has_meta = prose_key_scope_is_discovery(s->scope);
        s->meta = answer->meta;
    } else {
        s->supply = PROSE_SUPPLY_REFUSED;
        s->status = (uint8_t) MIN(answer->status, UINT8_MAX);
        s->has_meta = false;
        memset(&s->meta, 0, sizeof s->meta);
        /* OP-03: try again later, not before 60 s. */
        if (answer->status == PROSE_STATUS_TEMPORARILY_UNAVAILABLE)
            prose_ue_ask_want_at(ask, "unavailable", ask->ue->now_ns + PROSE_UE_UNAVAILABLE_NS);
    }
    emit_answer(ask, answer);
}

/* Rules T1: MAX_OFFSET is the PKMF's, and holds for all its discoveries. */
static void
take_max_offset(ProseUe *ue, const ProseUePkmf *pkmf, uint32_t max_offset_s)
{
    for (size_t i = 0; i < ue->n_scopes; i++) {
        ProseUeScope *s = &ue->scopes[i];

        if (s->pkmf == pkmf) {
            s->max_offset_s = max_offset_s;
            prose_key_store_set_keep(ue->keys, s->scope, max_offset_s + s->keep_past_s);
        }
    }
}

/* REQ-66422-28, OP-07. */
static void
take_pmk(ProseUeAsk *ask, const ProseKeyResponse *response)
{
    ProseUePkmf *pkmf = ask->owner;
    ProseEvent event = prose_ue_event(ask->ue, PROSE_EVENT_PMK_STORED, NULL);

    if (response->has_pmk) {
        prose_mikey_responder_set_pmk(pkmf->responder, response->pmk_id, response->pmk);
        pkmf->pmk_was_asked = false;
        event.peer = ask->fqdn;
        prose_ue_emit(ask->ue, &event);
    } else if (prose_ue_pkmf_supplies(pkmf) && !prose_mikey_responder_has_pmk(pkmf->responder) && !pkmf->pmk_was_asked) {
        pkmf->pmk_was_asked = true;
        prose_ue_ask_want(ask, "no-pmk");
    }
}

static bool
supplies_in_vain(const ProseUePkmf *pkmf)
{
    const ProseUe *ue = pkmf->ask.ue;

    for (size_t i = 0; i < ue->n_scopes; i++)
        if (is_to_be_stopped(pkmf, &ue->scopes[i]))
            return true;
    return false;
}

static const char *
handle(ProseUeAsk *ask, const uint8_t *body, size_t len)
{
    ProseUe *ue = ask->ue;
    ProseUePkmf *pkmf = ask->owner;
    ProseKeyResponse response;
    const char *fault;
    int r = prose_key_response_decode(&response, ue->key_schema, body, len);

    if (r < 0)
        return prose_ue_decode_cause(r);
    fault = find_fault(ask, &response);
    if (!fault) {
        prose_ue_ask_emit(ask, PROSE_EVENT_KEY_RESPONSE_RECEIVED, NULL, response.transaction_id);
        /* REQ-66422-32; rules T1: applied as the last octet is decrypted, which is now. */
        prose_ue_set_clock(ue, response.current_time * PROSE_NS_PER_S, response.max_offset, NULL);
        take_max_offset(ue, pkmf, response.max_offset);
        for (size_t i = 0; i < response.n_answers; i++) {
            const ProseKeyAnswer *answer = &response.answers[i];

            take_answer(ask, prose_ue_find_scope(ue, answer->scope), answer, find_asked(pkmf, answer->scope)->is_stop);
        }
        take_pmk(ask, &response);
        if (supplies_in_vain(pkmf))                /* no longer wanted when the answer came */
            prose_ue_ask_want(ask, prose_ue_pdn_is_releasing(ue) ? "release" : "set");
        ue->contexts_are_stale = true;
    }
    prose_wipe(&response, sizeof response);
    return fault;
}

const ProseUeAskKind prose_ue_request_kind = {
    .build = build, .sent = sent, .handle = handle, .ignored = ignored, .failed = failed,
};

/* ---- why a UE asks again (rules R1) ---- */

void
prose_ue_request_after_clock_offset(ProseUe *ue, const ProseUeScope *s)
{
    ProseUePkmf *pkmf = s->pkmf;

    if (!pkmf || !prose_ue_pdn_is_up(ue) || !prose_ue_wants(ue, s))
        return;
    if (pkmf->has_offset_request && ue->now_ns < pkmf->offset_request_ns + PROSE_UE_OFFSET_REQUEST_NS)
        return;
    pkmf->has_offset_request = true;
    pkmf->offset_request_ns = ue->now_ns;
    prose_ue_ask_want(&pkmf->ask, "clock-offset");
    prose_ue_rearm(ue);
}

void
prose_ue_successor_clock_set(ProseUe *ue)
{
    for (size_t i = 0; i < ue->n_scopes; i++) {
        ProseUeScope *s = &ue->scopes[i];

        if (s->check_ns != PROSE_NEVER && s->check_utc_ns != INT64_MAX)
            s->check_ns = prose_clock_when(&ue->clock, s->check_utc_ns, ue->now_ns);
    }
}

/* The newest key's Valid To less max(2 M, successor-check), and up to a quarter of that later, so that
 * the UEs of a group do not all ask in one second. */
static int64_t
first_check(ProseUe *ue, const ProseUeScope *s, const ProseStoredKey *newest)
{
    int64_t before_ns = (newest->valid_to - newest->valid_from) * PROSE_NS_PER_S / 10;
    uint8_t draw[2];

    if (s->successor_check_s)
        before_ns = s->successor_check_s * PROSE_NS_PER_S;
    else if (s->lead_s)
        before_ns = MIN(before_ns, s->lead_s * PROSE_NS_PER_S / 2);
    before_ns = MAX(before_ns, 2 * s->max_offset_s * PROSE_NS_PER_S);
    ue->host->random(ue->host_user, draw, sizeof draw);
    return newest->valid_to * PROSE_NS_PER_S - before_ns + before_ns / 4 / 65536 * (draw[0] << 8 | draw[1]);
}

static void
check_again(ProseUe *ue, ProseUeScope *s)
{
    s->check_utc_ns = INT64_MAX;
    s->check_ns = ue->now_ns + s->successor_retry_ns;
}

void
prose_ue_successor_handle_expiry(ProseUe *ue, ProseUeScope *s)
{
    size_t n;
    const ProseStoredKey *keys = prose_key_store_of_scope(ue->keys, s->scope, &n);
    int64_t newest = n > 0 ? keys[n - 1].valid_to : INT64_MIN;

    if (s->supply != PROSE_SUPPLY_GRANTED || !prose_ue_wants(ue, s)) {
        s->check_ns = PROSE_NEVER;
    } else if (s->check_ns == PROSE_NEVER || (s->check_of != newest && !(n == 0 && s->check_utc_ns == INT64_MAX))) {
        s->check_of = newest;
        /* A supplied discovery without any key has no successor either; its delivery gets one retry's time to arrive. So
         * does one whose check would have been before now: the key came late, its successor may be right behind. */
        check_again(ue, s);
        if (n > 0) {
            int64_t utc_ns = first_check(ue, s, &keys[n - 1]);
            uint64_t at_ns = prose_clock_when(&ue->clock, utc_ns, ue->now_ns);

            if (at_ns > ue->now_ns) {
                s->check_utc_ns = utc_ns;
                s->check_ns = at_ns;
            }
        }
    } else if (s->check_ns <= ue->now_ns) {
        prose_ue_ask_want(&s->pkmf->ask, "successor");
        check_again(ue, s);
    }
}
