/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pkmf-internal.h"

int64_t
pkmf_utc_ns(const ProsePkmf *pkmf, uint64_t now_ns)
{
    return pkmf->config.utc_start_ns + (int64_t) now_ns;
}

int64_t
pkmf_utc_s(const ProsePkmf *pkmf, uint64_t now_ns)
{
    return prose_seconds(pkmf_utc_ns(pkmf, now_ns));
}

uint64_t
pkmf_sim_ns(const ProsePkmf *pkmf, int64_t utc_s)
{
    int64_t since_start = utc_s * PROSE_NS_PER_S - pkmf->config.utc_start_ns;

    return since_start > 0 ? (uint64_t) since_start : 0;
}

void
pkmf_emit(const ProsePkmf *pkmf, ProseEvent *event, const PkmfUe *ue)
{
    event->peer = ue ? ue->impi : NULL;
    pkmf->host.event(pkmf->user, event);
}

ProseEvent
pkmf_key_event(const PkmfKey *key, ProseEventType type, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(type, now_ns, key->scope->pkmf->name);

    event.has_scope = true;
    event.scope = key->scope->scope;
    event.key_id = key->id;
    event.valid_from = key->valid_from;
    event.valid_to = key->valid_to;
    return event;
}

/* ---- scopes ---- */

/* Position of @scope in the ascending @scopes, or where it would have to go. */
static guint
scope_place(const GPtrArray *scopes, ProseKeyScope scope)
{
    guint low = 0, high = scopes->len;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (prose_key_scope_compare(((const PkmfScope *) scopes->pdata[middle])->scope, scope) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

PkmfScope *
pkmf_find_scope(const ProsePkmf *pkmf, ProseKeyScope scope)
{
    guint place = scope_place(pkmf->scopes, scope);
    PkmfScope *found = place < pkmf->scopes->len ? pkmf->scopes->pdata[place] : NULL;

    return found && prose_key_scope_equal(found->scope, scope) ? found : NULL;
}

void
pkmf_member_free(PkmfMember *member)
{
    g_array_unref(member->holdings);
    g_free(member);
}

static void
scope_free(PkmfScope *scope)
{
    prose_timers_disarm(&scope->pkmf->timers, &scope->timer);
    g_ptr_array_unref(scope->members);
    g_ptr_array_unref(scope->keys);
    g_free(scope);
}

static int
add_scope(ProsePkmf *pkmf, const PkmfScope *template)
{
    /* IDs that cannot be given out at one time: the periods that overlap the lead, the current one and the rest. */
    uint64_t busy = ((uint64_t) template->lead_s + PKMF_ID_REST_S + pkmf->config.max_offset_s)
                    / MAX(template->cryptoperiod_s, 1) + 3 + template->keys_ahead;
    PkmfScope *scope;

    if (template->scope.id > PROSE_ID24_MAX || template->cryptoperiod_s <= 2 * pkmf->config.max_offset_s
        || template->cryptoperiod_s == 0 || template->lead_s >= template->cryptoperiod_s
        || template->keys_ahead > PROSE_PKMF_KEYS_AHEAD_MAX || busy > 255)
        return PROSE_ERR_INVALID;
    if (pkmf_find_scope(pkmf, template->scope))
        return PROSE_ERR_DUPLICATE;

    scope = g_memdup2(template, sizeof *template);
    scope->pkmf = pkmf;
    scope->keys = g_ptr_array_new_with_free_func((GDestroyNotify) pkmf_key_free);
    scope->members = g_ptr_array_new_with_free_func((GDestroyNotify) pkmf_member_free);
    scope->timer = (ProseTimer) { .fire = pkmf_scope_expiry_cb, .user = scope };
    for (unsigned id = 0; id < G_N_ELEMENTS(scope->id_rests_until); id++)
        scope->id_rests_until[id] = INT64_MIN;
    g_ptr_array_insert(pkmf->scopes, (gint) scope_place(pkmf->scopes, scope->scope), scope);
    return 0;
}

int
prose_pkmf_add_discovery(ProsePkmf *pkmf, const ProsePkmfDiscovery *discovery)
{
    PkmfScope template = {
        .scope = discovery->scope, .meta = discovery->meta, .first_start_s = discovery->first_start_s,
        .cryptoperiod_s = discovery->cryptoperiod_s, .lead_s = discovery->lead_s, .keys_ahead = discovery->keys_ahead,
        .keeps_revoked_keys = discovery->keeps_revoked_keys, .replaces_at_leave = discovery->replaces_at_leave,
    };

    if (!prose_key_scope_is_discovery(discovery->scope))
        return PROSE_ERR_INVALID;
    return add_scope(pkmf, &template);
}

int
prose_pkmf_add_group(ProsePkmf *pkmf, uint32_t group_id, uint8_t algorithms, int64_t first_start_s,
                     uint32_t cryptoperiod_s, uint32_t lead_s)
{
    PkmfScope template = {
        .scope = { PROSE_KEY_TYPE_PGK, group_id }, .algorithms = algorithms, .first_start_s = first_start_s,
        .cryptoperiod_s = cryptoperiod_s, .lead_s = lead_s,
    };

    return add_scope(pkmf, &template);
}

/* ---- subscribers and their stored sets ---- */

static PkmfUe *
ue_new(ProsePkmf *pkmf, const char *impi)
{
    PkmfUe *ue = g_new0(PkmfUe, 1);

    ue->pkmf = pkmf;
    ue->impi = g_strdup(impi);
    ue->authorised = g_array_new(FALSE, FALSE, sizeof(ProseKeyScope));
    ue->members = g_ptr_array_new();
    ue->pending = g_ptr_array_new_with_free_func((GDestroyNotify) pkmf_delivery_free);
    ue->timer = (ProseTimer) { .fire = pkmf_ue_expiry_cb, .user = ue };
    g_hash_table_insert(pkmf->ues_by_impi, ue->impi, ue);
    g_ptr_array_add(pkmf->ues, ue);
    return ue;
}

/* What a restart without state loses. The members are the scopes' to free. */
static void
ue_forget(PkmfUe *ue, uint64_t now_ns)
{
    pkmf_ue_restart_sending(ue, now_ns);
    g_ptr_array_set_size(ue->pending, 0);
    g_ptr_array_set_size(ue->members, 0);
    ue->pmk = prose_secret_free(ue->pkmf->config.secrets, ue->pmk);
    ue->has_set = false;
    ue->address = 0;
    ue->pmk_proven = false;
    ue->pmk_messages = 0;
    ue->has_t = false;
    ue->unreachable = false;
    g_clear_pointer(&ue->answered, g_ptr_array_unref);
}

static void
ue_free(PkmfUe *ue)
{
    ue_forget(ue, 0);                      /* the queue is empty by now: nothing to report */
    prose_timers_disarm(&ue->pkmf->timers, &ue->timer);
    g_ptr_array_unref(ue->pending);
    g_ptr_array_unref(ue->members);
    g_array_unref(ue->authorised);
    g_free(ue->impi);
    g_free(ue);
}

static guint
authorised_place(const PkmfUe *ue, ProseKeyScope scope, bool *ret_found)
{
    guint i = 0;

    while (i < ue->authorised->len && prose_key_scope_compare(g_array_index(ue->authorised, ProseKeyScope, i), scope) < 0)
        i++;
    *ret_found = i < ue->authorised->len && prose_key_scope_equal(g_array_index(ue->authorised, ProseKeyScope, i), scope);
    return i;
}

bool
pkmf_ue_is_authorised(const PkmfUe *ue, ProseKeyScope scope)
{
    bool found;

    authorised_place(ue, scope, &found);
    return found;
}

static guint
member_place(const PkmfUe *ue, ProseKeyScope scope)
{
    guint i = 0;

    while (i < ue->members->len
           && prose_key_scope_compare(((const PkmfMember *) ue->members->pdata[i])->scope->scope, scope) < 0)
        i++;
    return i;
}

PkmfMember *
pkmf_ue_find_member(const PkmfUe *ue, ProseKeyScope scope)
{
    guint place = member_place(ue, scope);
    PkmfMember *found = place < ue->members->len ? ue->members->pdata[place] : NULL;

    return found && prose_key_scope_equal(found->scope->scope, scope) ? found : NULL;
}

PkmfMember *
pkmf_ue_join(PkmfUe *ue, PkmfScope *scope)
{
    PkmfMember *member = pkmf_ue_find_member(ue, scope->scope);

    if (!member) {
        member = g_new0(PkmfMember, 1);
        member->ue = ue;
        member->scope = scope;
        member->holdings = g_array_new(FALSE, FALSE, sizeof(PkmfHolding));
        if (scope->scope.type == PROSE_KEY_TYPE_PGK)
            member->group_member_id = ++scope->last_group_member_id;
        g_ptr_array_insert(ue->members, (gint) member_place(ue, scope->scope), member);
        g_ptr_array_add(scope->members, member);
    }
    if (!member->wanted)
        scope->n_wanted++;
    member->wanted = true;
    return member;
}

void
pkmf_member_leave(PkmfMember *member, uint64_t now_ns)
{
    if (!member->wanted)
        return;
    member->wanted = false;
    member->scope->n_wanted--;
    pkmf_cancel(member, NULL);
    pkmf_scope_rearm(member->scope, now_ns);
    pkmf_ue_go_on(member->ue, now_ns);
}

PkmfHolding *
pkmf_member_find_holding(const PkmfMember *member, const PkmfKey *key)
{
    for (guint i = 0; i < member->holdings->len; i++) {
        PkmfHolding *holding = &g_array_index(member->holdings, PkmfHolding, i);

        if (holding->key == key)
            return holding;
    }
    return NULL;
}

void
pkmf_member_drop_holding(PkmfMember *member, const PkmfKey *key)
{
    for (guint i = 0; i < member->holdings->len; i++) {
        if (g_array_index(member->holdings, PkmfHolding, i).key == key) {
            g_array_remove_index(member->holdings, i);
            return;
        }
    }
}

/* ---- life ---- */

/* The last thing of every function that the host calls. */
static void
rearm(ProsePkmf *pkmf)
{
    uint64_t next = prose_pkmf_next_expiry(pkmf);

    if (next == pkmf->asked_ns)
        return;
    pkmf->asked_ns = next;
    pkmf->host.wake_at(pkmf->user, next);
}

ProsePkmf *
prose_pkmf_new(const ProsePkmfConfig *config, const ProseHost *host, void *user)
{
    static const ProseServerCallbacks server_callbacks = {
        .arrived = pkmf_call_arrived_cb, .request = pkmf_call_request_cb, .left = pkmf_call_left_cb,
    };
    ProsePkmf *pkmf = g_new0(ProsePkmf, 1);

    g_assert(config->workers > 0 && config->max_offset_s <= PROSE_MAX_OFFSET_MAX);
    pkmf->config = *config;
    pkmf->config.name = pkmf->name = g_strdup(config->name);
    pkmf->config.fqdn = pkmf->fqdn = g_strdup(config->fqdn);
    pkmf->host = *host;
    pkmf->user = user;
    pkmf->asked_ns = PROSE_NEVER;
    prose_timers_init(&pkmf->timers);
    pkmf->scopes = g_ptr_array_new_with_free_func((GDestroyNotify) scope_free);
    pkmf->ues_by_impi = g_hash_table_new(g_str_hash, g_str_equal);
    pkmf->ues = g_ptr_array_new_with_free_func((GDestroyNotify) ue_free);
    pkmf->attempts = g_hash_table_new(NULL, NULL);
    g_queue_init(&pkmf->jobs);
    g_queue_init(&pkmf->running);
    pkmf->server = prose_server_new(&(ProseServerConfig) {
        .name = pkmf->name, .fqdn = pkmf->fqdn, .utc_start_ns = config->utc_start_ns, .bsf = config->bsf,
        .host = &pkmf->host, .host_user = user, .timers = &pkmf->timers, .cleartext = config->cleartext,
    }, &server_callbacks, pkmf);
    return pkmf;
}

ProsePkmf *
prose_pkmf_free(ProsePkmf *pkmf)
{
    if (!pkmf)
        return NULL;
    pkmf->down = true;
    pkmf_queue_clear(pkmf, 0);
    prose_server_free(pkmf->server);
    g_ptr_array_unref(pkmf->ues);
    g_ptr_array_unref(pkmf->scopes);
    g_hash_table_unref(pkmf->attempts);
    g_hash_table_unref(pkmf->ues_by_impi);
    prose_timers_clear(&pkmf->timers);
    g_free(pkmf->name);
    g_free(pkmf->fqdn);
    g_free(pkmf);
    return NULL;
}

/* Rules K7: the last Valid To of what @ue was sent, from now. */
static int64_t
exposure_s(const PkmfUe *ue, ProseKeyScope scope, uint64_t now_ns)
{
    const PkmfMember *member = pkmf_ue_find_member(ue, scope);
    int64_t now_s = pkmf_utc_s(ue->pkmf, now_ns), last = now_s;

    for (guint i = 0; member && i < member->holdings->len; i++)
        last = MAX(last, g_array_index(member->holdings, PkmfHolding, i).key->valid_to);
    return last - now_s;
}

static void
authorisation_changed(const PkmfUe *ue, ProseKeyScope scope, bool authorised, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(PROSE_EVENT_AUTHORISATION_CHANGED, now_ns, ue->pkmf->name);

    event.cause = authorised ? "authorised" : "revoked";
    event.has_value = !authorised;
    event.value = authorised ? 0 : (double) exposure_s(ue, scope, now_ns);
    event.has_scope = true;
    event.scope = scope;
    pkmf_emit(ue->pkmf, &event, ue);
}

static PkmfUe *
set_authorisation(ProsePkmf *pkmf, const char *impi, ProseKeyScope scope, bool authorised, uint64_t now_ns)
{
    PkmfUe *ue = g_hash_table_lookup(pkmf->ues_by_impi, impi);
    PkmfMember *member;
    bool was;
    guint place;

    if (!ue)
        ue = ue_new(pkmf, impi);
    place = authorised_place(ue, scope, &was);
    if (was == authorised)
        return ue;
    if (authorised)
        g_array_insert_val(ue->authorised, place, scope);
    else
        g_array_remove_index(ue->authorised, place);
    authorisation_changed(ue, scope, authorised, now_ns);
    member = pkmf_ue_find_member(ue, scope);
    if (!authorised && member)
        pkmf_member_leave(member, now_ns);
    return ue;
}

void
prose_pkmf_authorise(ProsePkmf *pkmf, const char *impi, ProseKeyScope scope, bool authorised, uint64_t now_ns)
{
    set_authorisation(pkmf, impi, scope, authorised, now_ns);
    rearm(pkmf);
}

void
prose_pkmf_revoke(ProsePkmf *pkmf, const char *impi, ProseKeyScope scope, uint64_t now_ns)
{
    PkmfUe *ue = set_authorisation(pkmf, impi, scope, false, now_ns);
    PkmfScope *served = pkmf_find_scope(pkmf, scope);

    if (served && !served->keeps_revoked_keys)
        pkmf_scope_roll_over(served, ue, "revoked", now_ns);
    rearm(pkmf);
}

void
prose_pkmf_set_down(ProsePkmf *pkmf, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(PROSE_EVENT_PKMF_DOWN, now_ns, pkmf->name);

    if (pkmf->down)
        return;
    pkmf->down = true;
    pkmf_queue_clear(pkmf, now_ns);
    prose_server_set_down(pkmf->server, true, now_ns);
    pkmf_emit(pkmf, &event, NULL);
    pkmf_queue_report(pkmf, now_ns);
    rearm(pkmf);
}

static void
forget_state(ProsePkmf *pkmf, uint64_t now_ns)
{
    for (guint i = 0; i < pkmf->ues->len; i++)
        ue_forget(pkmf->ues->pdata[i], now_ns);
    for (guint i = 0; i < pkmf->scopes->len; i++) {
        PkmfScope *scope = pkmf->scopes->pdata[i];

        g_ptr_array_set_size(scope->members, 0);
        scope->n_wanted = 0;
        for (guint k = 0; k < scope->keys->len; k++)
            ((PkmfKey *) scope->keys->pdata[k])->holders_unknown = true;
    }
}

void
prose_pkmf_set_up(ProsePkmf *pkmf, bool keep_state, uint64_t now_ns)
{
    ProseEvent event = prose_event_at(PROSE_EVENT_PKMF_UP, now_ns, pkmf->name);

    if (!pkmf->down)
        return;
    pkmf->down = false;
    prose_server_set_down(pkmf->server, false, now_ns);
    event.cause = keep_state ? "state-kept" : "state-lost";
    pkmf_emit(pkmf, &event, NULL);
    if (!keep_state)
        forget_state(pkmf, now_ns);
    /* What was out when it went down is sent again from the first attempt on; periods that came meanwhile follow. */
    for (guint i = 0; i < pkmf->ues->len; i++)
        pkmf_ue_restart_sending(pkmf->ues->pdata[i], now_ns);
    for (guint i = 0; i < pkmf->scopes->len; i++)
        pkmf_scope_expiry_cb(pkmf->scopes->pdata[i], now_ns);
    for (guint i = 0; i < pkmf->ues->len; i++)
        pkmf_ue_go_on(pkmf->ues->pdata[i], now_ns);
    rearm(pkmf);
}

/* ---- dispatch ---- */

void
prose_pkmf_tcp_accepted(ProsePkmf *pkmf, ProseConn conn, ProseAddress from, uint64_t now_ns)
{
    prose_server_tcp_accepted(pkmf->server, conn, from, now_ns);
    rearm(pkmf);
}

void
prose_pkmf_tcp_received(ProsePkmf *pkmf, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    prose_server_tcp_received(pkmf->server, conn, octets, len, now_ns);
    rearm(pkmf);
}

void
prose_pkmf_tcp_closed(ProsePkmf *pkmf, ProseConn conn, uint64_t now_ns)
{
    prose_server_tcp_closed(pkmf->server, conn, now_ns);
    rearm(pkmf);
}

void
prose_pkmf_udp_received(ProsePkmf *pkmf, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len,
                        uint64_t now_ns)
{
    /* Where an answer comes from proves nothing (rules R6): its CSB ID finds the attempt, its MAC the UE. */
    if (!pkmf->down)
        pkmf_answer_received(pkmf, octets, len, now_ns);
    rearm(pkmf);
}

uint64_t
prose_pkmf_next_expiry(const ProsePkmf *pkmf)
{
    return pkmf->down ? PROSE_NEVER : prose_timers_next(&pkmf->timers);
}

void
prose_pkmf_handle_expiry(ProsePkmf *pkmf, uint64_t now_ns)
{
    if (!pkmf->down)
        prose_timers_fire(&pkmf->timers, now_ns);
    pkmf->asked_ns = 0;                    /* the host has used up what it was asked */
    rearm(pkmf);
}

/* ---- readers ---- */

int
prose_pkmf_view_ue(const ProsePkmf *pkmf, const char *impi, ProsePkmfUeView *ret)
{
    const PkmfUe *ue = g_hash_table_lookup(pkmf->ues_by_impi, impi);
    size_t n_scopes = 0;

    if (!ue || !ue->has_set)
        return PROSE_ERR_NOT_FOUND;
    for (guint i = 0; i < ue->members->len; i++)
        n_scopes += ((const PkmfMember *) ue->members->pdata[i])->wanted;
    *ret = (ProsePkmfUeView) {
        .address = ue->address, .n_scopes = n_scopes, .n_pending = ue->pending->len, .unreachable = ue->unreachable,
        .has_pmk = ue->pmk != NULL,
    };
    return 0;
}

bool
prose_pkmf_has_scope(const ProsePkmf *pkmf, const char *impi, ProseKeyScope scope)
{
    const PkmfUe *ue = g_hash_table_lookup(pkmf->ues_by_impi, impi);
    const PkmfMember *member = ue ? pkmf_ue_find_member(ue, scope) : NULL;

    return member && member->wanted;
}

void
prose_pkmf_load(const ProsePkmf *pkmf, ProsePkmfLoad *ret)
{
    *ret = pkmf->load;
}

size_t
prose_pkmf_exchanges(const ProsePkmf *pkmf)
{
    return prose_server_exchanges(pkmf->server);
}
