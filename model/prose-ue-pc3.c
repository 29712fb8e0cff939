/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

#include "prose-error.h"

/* REQ-66422-02: a discovery without a pre-provisioned PKMF is asked of the ProSe Function. */
static bool
asks_function(const ProseUe *ue, const ProseUeScope *s)
{
    return ue->function_fqdn && !s->pkmf && !s->pkmf_fqdn && !s->pkmf_is_unknown && prose_ue_wants(ue, s);
}

bool
prose_ue_pc3_is_needed(const ProseUe *ue)
{
    for (size_t i = 0; i < ue->n_scopes; i++)
        if (asks_function(ue, &ue->scopes[i]))
            return true;
    return false;
}

static ptrdiff_t
build(ProseUeAsk *ask, uint8_t *ret, size_t size)
{
    ProsePc3Request request = { .transaction_id = ask->transaction_id };

    for (size_t i = 0; i < ask->ue->n_scopes; i++) {
        ProseUeScope *s = &ask->ue->scopes[i];

        s->is_in_pc3 = asks_function(ask->ue, s);
        if (s->is_in_pc3)
            request.scopes[request.n_scopes++] = s->scope;
    }
    if (request.n_scopes == 0)
        return PROSE_ERR_NOT_FOUND;
    return prose_pc3_request_encode(ret, size, &request);
}

static void
sent(ProseUeAsk *ask)
{
    prose_ue_ask_emit(ask, PROSE_EVENT_PC3_REQUESTED, ask->cause, ask->transaction_id);
}

static void
failed(ProseUeAsk *ask, const char *cause)
{
    prose_ue_ask_emit(ask, PROSE_EVENT_PC3_FAILED, cause, ask->failures);
}

static const ProsePc3Entry *
find_entry(const ProsePc3Response *response, ProseKeyScope scope)
{
    for (size_t i = 0; i < response->n_entries; i++)
        if (prose_key_scope_equal(response->entries[i].scope, scope))
            return &response->entries[i];
    return NULL;
}

/* Like a Key Response (rules R3) it has to answer what was asked, all of it and nothing else. */
static bool
answers_the_question(const ProseUe *ue, const ProsePc3Response *response)
{
    size_t n = 0;

    for (size_t i = 0; i < ue->n_scopes; i++) {
        if (!ue->scopes[i].is_in_pc3)
            continue;
        if (!find_entry(response, ue->scopes[i].scope))
            return false;
        n++;
    }
    return n == response->n_entries;
}

static const char *
handle(ProseUeAsk *ask, const uint8_t *body, size_t len)
{
    ProseUe *ue = ask->ue;
    g_autofree ProsePc3Response *response = g_new(ProsePc3Response, 1);
    int r = prose_pc3_response_decode(response, ue->pc3_schema, body, len);
    unsigned known = 0;

    if (r < 0)
        return prose_ue_decode_cause(r);
    if (response->transaction_id != ask->transaction_id)
        return "transaction-id";
    if (!answers_the_question(ue, response))
        return "set-differs";

    for (size_t i = 0; i < ue->n_scopes; i++) {
        ProseUeScope *s = &ue->scopes[i];
        const ProsePc3Entry *entry = s->is_in_pc3 ? find_entry(response, s->scope) : NULL;

        if (!entry)
            continue;
        if (entry->known)
            s->pkmf = prose_ue_pkmf_find_or_add(ue, entry->pkmf_fqdn);
        if (s->pkmf) {
            prose_ue_ask_want(&s->pkmf->ask, "set");
            known++;
        } else {
            prose_ue_no_pkmf(ue, s, entry->known ? "no-name" : prose_status_code_name(entry->status));
        }
    }
    prose_ue_ask_emit(ask, PROSE_EVENT_PC3_ANSWERED, NULL, known);
    return NULL;
}

const ProseUeAskKind prose_ue_pc3_kind = { .build = build, .sent = sent, .handle = handle, .ignored = failed, .failed = failed };
