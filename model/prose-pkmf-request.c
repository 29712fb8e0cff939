/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key Request to Key Response (TS 33.303 6.6.4.2.2).
 *
 * A request is judged when its worker is done with it. The judgement changes nothing; the answer is handed to TLS; only
 * when that worked is everything committed. So the stored set is what it was before or what it is after, never half.
 */
#include "prose-pkmf-internal.h"

#include <string.h>

/* What an answer promises, until it has left. */
typedef struct Verdict {
    ProseKeyResponse response;             /* holds a PMK: wiped */
    bool new_pmk;
    uint8_t pmk_id[PROSE_PMK_ID_LEN];
    uint8_t *pmk;                          /* (owned) (nullable) in guarded memory */
} Verdict;

static bool
holds_none(const ProseKeyWant *want)
{
    return want->n_key_ids == 1 && want->key_ids[0] == PROSE_KEY_ID_NONE;
}

/* Rules R8: does the request list only all-zero PSDK IDs? One for groups alone is judged by its PGK IDs. */
static bool
lists_no_key(const ProseKeyRequest *request)
{
    bool has_discovery = false, discoveries_none = true, groups_none = true;

    for (size_t i = 0; i < request->n_wants; i++) {
        const ProseKeyWant *want = &request->wants[i];

        if (prose_key_scope_is_discovery(want->scope)) {
            has_discovery = true;
            discoveries_none = discoveries_none && holds_none(want);
        } else {
            groups_none = groups_none && holds_none(want);
        }
    }
    return has_discovery ? discoveries_none : groups_none;
}

/* The common algorithm with the highest number: ciphering by nothing (EEA0) only where nothing else is common.
 * Returns: 0..3, or -1. */
static int
common_algorithm(uint8_t a, uint8_t b)
{
    static const uint8_t bits[] = {
        PROSE_ALGORITHM_EEA0, PROSE_ALGORITHM_EEA1, PROSE_ALGORITHM_EEA2, PROSE_ALGORITHM_EEA3,
    };

    for (int n = G_N_ELEMENTS(bits) - 1; n >= 0; n--) {
        if (a & b & bits[n])
            return n;
    }
    return -1;
}

/* REQ-66422-15 to -18: by the identity of the tunnel, then by what the UE can do.
 * Returns: a status code, or %PROSE_STATUS_RESERVED if it will be supplied. */
static unsigned
judge(const PkmfUe *ue, PkmfScope *scope, ProseKeyScope wanted, const ProseKeyRequest *request, uint64_t now_ns)
{
    if (!scope)
        return PROSE_STATUS_UNKNOWN;
    if (!pkmf_ue_is_authorised(ue, wanted))
        return PROSE_STATUS_NOT_AUTHORISED;
    if (prose_key_scope_is_discovery(wanted)) {
        /* Rules R4: as the change request reads, the capability counts for all public safety discoveries. */
        bool needed = scope->meta.scrambling
                      || ue->pkmf->config.profile->scrambling_required == PROSE_SCRAMBLING_REQUIRED_ALL;

        if (needed && !(request->capabilities & PROSE_CAPABILITY_SCRAMBLING))
            return PROSE_STATUS_SCRAMBLING_NOT_SUPPORTED;
    } else if (common_algorithm(scope->algorithms, request->algorithms) < 0) {
        return PROSE_STATUS_ALGORITHM_NOT_SUPPORTED;
    }
    if (!pkmf_scope_ensure_keys(scope, now_ns))
        return PROSE_STATUS_TEMPORARILY_UNAVAILABLE;
    return PROSE_STATUS_RESERVED;
}

static void
answer_want(ProseKeyAnswer *ret, const PkmfUe *ue, const ProseKeyWant *want, const ProseKeyRequest *request,
            uint64_t now_ns)
{
    PkmfScope *scope = pkmf_find_scope(ue->pkmf, want->scope);
    unsigned status = judge(ue, scope, want->scope, request, now_ns);
    const PkmfMember *member;

    ret->scope = want->scope;
    ret->supplied = status == PROSE_STATUS_RESERVED;
    ret->status = status;
    if (!ret->supplied)
        return;
    if (prose_key_scope_is_discovery(want->scope)) {
        ret->key_type_id = want->scope.type;
        ret->meta = scope->meta;
        return;
    }
    member = pkmf_ue_find_member(ue, want->scope);
    ret->group_member_id = member ? member->group_member_id : scope->last_group_member_id + 1;
    ret->algorithm = (uint8_t) common_algorithm(scope->algorithms, request->algorithms);
}

/* OP-07: the first, after lost state, at its age, or after 2^20 messages. */
static bool
needs_new_pmk(const PkmfUe *ue, uint64_t now_ns)
{
    return !ue->pmk || now_ns - ue->pmk_since_ns >= ue->pkmf->config.issue_pmk_every_ns
           || ue->pmk_messages >= PKMF_PMK_MESSAGES_MAX;
}

static void
answer_pmk(Verdict *verdict, const PkmfUe *ue, const ProseKeyRequest *request, uint64_t now_ns)
{
    const ProsePkmf *pkmf = ue->pkmf;
    ProseKeyResponse *response = &verdict->response;

    verdict->new_pmk = needs_new_pmk(ue, now_ns);
    if (verdict->new_pmk) {
        verdict->pmk = prose_secret_alloc(pkmf->config.secrets, PROSE_KEY_LEN);
        pkmf->host.random(pkmf->user, verdict->pmk_id, sizeof verdict->pmk_id);
        pkmf->host.random(pkmf->user, verdict->pmk, PROSE_KEY_LEN);
    } else if (ue->pmk_proven && !lists_no_key(request)) {
        return;                            /* rules R8: the UE has shown that it holds it */
    }
    response->has_pmk = true;
    memcpy(response->pmk_id, verdict->new_pmk ? verdict->pmk_id : ue->pmk_id, sizeof response->pmk_id);
    memcpy(response->pmk, verdict->new_pmk ? verdict->pmk : ue->pmk, sizeof response->pmk);
}

/* The answer: exactly the scopes of the request (REQ-66422-21), and the time of now (rules T1). */
static void
verdict_init(Verdict *verdict, const PkmfUe *ue, const ProseKeyRequest *request, uint64_t now_ns)
{
    ProseKeyResponse *response = &verdict->response;
    bool supplies = false;

    response->transaction_id = request->transaction_id;
    response->has_current_time = true;
    response->current_time = pkmf_utc_s(ue->pkmf, now_ns);
    response->has_max_offset = true;
    response->max_offset = ue->pkmf->config.max_offset_s;
    for (size_t i = 0; i < request->n_wants; i++) {
        ProseKeyAnswer *answer = &response->answers[response->n_answers++];

        answer_want(answer, ue, &request->wants[i], request, now_ns);
        supplies = supplies || answer->supplied;
    }
    for (size_t i = 0; i < request->n_stops; i++) {
        ProseKeyAnswer *answer = &response->answers[response->n_answers++];

        answer->scope = request->stops[i];
        answer->status = PROSE_STATUS_STOPPED;
    }
    if (supplies)
        answer_pmk(verdict, ue, request, now_ns);
}

static void
verdict_clear(Verdict *verdict, const ProsePkmf *pkmf)
{
    verdict->pmk = prose_secret_free(pkmf->config.secrets, verdict->pmk);
    prose_wipe(&verdict->response, sizeof verdict->response);
}

static void
leave_if_member(const PkmfUe *ue, ProseKeyScope scope, uint64_t now_ns)
{
    PkmfMember *member = pkmf_ue_find_member(ue, scope);

    if (member)
        pkmf_member_leave(member, now_ns);
}

static void
stop(PkmfUe *ue, ProseKeyScope scope, uint64_t now_ns)
{
    PkmfMember *member = pkmf_ue_find_member(ue, scope);

    if (!member || !member->wanted)
        return;
    pkmf_member_leave(member, now_ns);
    if (member->scope->replaces_at_leave)
        pkmf_scope_roll_over(member->scope, ue, "left", now_ns);
}

/* REQ-66422-19, -07, -33: what was promised is now so. Nothing in here can fail. */
static void
commit(PkmfCall *call, Verdict *verdict, uint64_t now_ns)
{
    PkmfUe *ue = call->ue;
    const ProseKeyRequest *request = call->request;

    ue->has_set = true;
    ue->address = prose_server_conn_address(call->conn);
    ue->newest_request = call->number;
    ue->unreachable = false;
    if (verdict->new_pmk) {
        prose_secret_free(ue->pkmf->config.secrets, ue->pmk);
        ue->pmk = g_steal_pointer(&verdict->pmk);
        memcpy(ue->pmk_id, verdict->pmk_id, sizeof ue->pmk_id);
        ue->pmk_proven = false;
        ue->pmk_since_ns = now_ns;
        ue->pmk_messages = 0;
    }
    ue->hold = call;
    ue->hold_until_ns = now_ns + PKMF_HOLD_NS;
    pkmf_ue_restart_sending(ue, now_ns);

    for (size_t i = 0; i < request->n_stops; i++)
        stop(ue, request->stops[i], now_ns);
    for (size_t i = 0; i < request->n_wants; i++) {
        const ProseKeyWant *want = &request->wants[i];
        PkmfScope *scope = pkmf_find_scope(ue->pkmf, want->scope);

        if (!verdict->response.answers[i].supplied) {
            leave_if_member(ue, want->scope, now_ns);
            continue;
        }
        pkmf_scope_ensure_ahead(scope, now_ns);
        pkmf_deliver_wanted(pkmf_ue_join(ue, scope), want, now_ns);
        pkmf_scope_rearm(scope, now_ns);
    }
    pkmf_ue_go_on(ue, now_ns);
}

static void
refuse(PkmfCall *call, unsigned status, uint64_t now_ns)
{
    const ProsePkmf *pkmf = call->pkmf;
    unsigned retry_after_s = status == 503 && pkmf->host.retry_after ? pkmf->host.retry_after(pkmf->user) : 0;

    prose_server_respond(pkmf->server, call->conn, status, retry_after_s, NULL, 0, now_ns);
}

static ProseEvent
call_event(const PkmfCall *call, ProseEventType type, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(type, now_ns, call->pkmf->name);

    event.has_value = true;
    event.value = call->request->transaction_id;
    return event;
}

void
pkmf_call_answer(PkmfCall *call, uint64_t now_ns)
{
    ProsePkmf *pkmf = call->pkmf;
    PkmfUe *ue = call->ue;
    Verdict *verdict;
    uint8_t *body;
    ptrdiff_t len;

    if (!ue) {
        refuse(call, 403, now_ns);         /* rules R5 */
        return;
    }
    if (call->error < 0) {
        refuse(call, call->error == PROSE_ERR_LIMIT ? 413 : 400, now_ns);
        return;
    }
    if (call->number < ue->newest_request) {
        /* A newer request of this UE was served first, by another worker: this one must not undo it. */
        refuse(call, 503, now_ns);
        return;
    }
    verdict = g_new0(Verdict, 1);
    body = g_malloc(PROSE_KEY_MESSAGE_MAX);
    verdict_init(verdict, ue, call->request, now_ns);
    len = prose_key_response_encode(body, PROSE_KEY_MESSAGE_MAX, &verdict->response);
    g_assert(len >= 0);                    /* it answers a request within the limits, and so is within them itself */
    if (prose_server_respond(pkmf->server, call->conn, 200, 0, body, (size_t) len, now_ns) == 0) {
        ProseEvent event = call_event(call, PROSE_EVENT_KEY_RESPONSE_SENT, now_ns);

        pkmf_emit(pkmf, &event, ue);
        commit(call, verdict, now_ns);
    }
    prose_wipe(body, (size_t) len);
    g_free(body);
    verdict_clear(verdict, pkmf);
    g_free(verdict);
}

/* ---- from the server ---- */

void
pkmf_call_arrived_cb(void *user, ProseServerConn *conn, uint64_t now_ns)
{
    ProsePkmf *pkmf = user;
    PkmfCall *call = g_new0(PkmfCall, 1);

    call->pkmf = pkmf;
    call->conn = conn;
    prose_server_conn_set_data(conn, call);
    call->job = pkmf_queue_add(pkmf, PROSE_PKMF_OP_TLS, call, NULL, now_ns);
}

void
pkmf_call_request_cb(void *user, ProseServerConn *conn, const uint8_t *body, size_t len, uint64_t now_ns)
{
    ProsePkmf *pkmf = user;
    PkmfCall *call = prose_server_conn_data(conn);
    const char *impi = prose_server_conn_impi(conn);

    /* REQ-66422-16, rules R6: who asks is whom the tunnel is bound to, whatever XML or HTTP may claim. */
    call->ue = impi ? g_hash_table_lookup(pkmf->ues_by_impi, impi) : NULL;
    call->number = ++pkmf->n_requests;
    if (pkmf_queue_is_full(pkmf)) {
        refuse(call, 503, now_ns);
        return;
    }
    call->request = g_new0(ProseKeyRequest, 1);
    call->error = prose_key_request_decode(call->request, pkmf->config.schema, body, len);
    if (call->error == 0) {
        ProseEvent event = call_event(call, PROSE_EVENT_KEY_REQUEST_RECEIVED, now_ns);

        event.peer = impi;
        event.request = call->request;
        event.address = prose_server_conn_address(conn);
        pkmf->host.event(pkmf->user, &event);
    }
    call->job = pkmf_queue_add(pkmf, PROSE_PKMF_OP_REQUEST, call, NULL, now_ns);
}

void
pkmf_call_left_cb(void *user, ProseServerConn *conn, uint64_t now_ns)
{
    PkmfCall *call = prose_server_conn_data(conn);
    PkmfUe *ue;

    if (!call)
        return;
    prose_server_conn_set_data(conn, NULL);
    ue = call->ue && call->ue->hold == call ? call->ue : NULL;
    if (call->job)
        pkmf_job_cancel(call->job, now_ns);
    g_free(call->request);
    g_free(call);
    if (ue) {
        ue->hold = NULL;                   /* rules M1: the UE has its answer and has closed */
        pkmf_ue_go_on(ue, now_ns);
    }
}
