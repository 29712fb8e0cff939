/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

#include "prose-error.h"

#include <string.h>

/* ---- what the other files use ---- */

bool
prose_ue_lets_in(const ProseUeState *table, unsigned state, unsigned event)
{
    return table[state].lets_in & PROSE_UE_BIT(event);
}

void
prose_ue_go(const ProseUeState *table, unsigned *state, unsigned next)
{
    g_assert(table[*state].may_go_to & PROSE_UE_BIT(next));
    *state = next;
}

uint64_t
prose_ue_back_off_ns(const ProseUe *ue, unsigned failures)
{
    return failures <= 1 + PROSE_UE_BACK_OFF_DOUBLED ? ue->back_off_ns << (failures - 1) : ue->back_off_steady_ns;
}

ProseUeScope *
prose_ue_find_scope(const ProseUe *ue, ProseKeyScope scope)
{
    for (size_t i = 0; i < ue->n_scopes; i++)
        if (prose_key_scope_equal(ue->scopes[i].scope, scope))
            return &ue->scopes[i];
    return NULL;
}

bool
prose_ue_wants(const ProseUe *ue, const ProseUeScope *s)
{
    return s->active && !s->is_provisioned && !prose_ue_pdn_is_releasing(ue);
}

int64_t
prose_ue_utc_s(const ProseUe *ue)
{
    return prose_seconds(ue->utc_start_ns + (int64_t) ue->now_ns);
}

int64_t
prose_ue_clock_s(const ProseUe *ue)
{
    return prose_seconds(prose_clock_read(&ue->clock, ue->now_ns));
}

ProseEvent
prose_ue_event(const ProseUe *ue, ProseEventType type, const char *cause)
{
    ProseEvent event = prose_event_at(type, ue->now_ns, ue->name);

    event.cause = cause;
    return event;
}

void
prose_ue_emit(const ProseUe *ue, const ProseEvent *event)
{
    ue->host->event(ue->host_user, event);
}

static void
emit_key(const ProseUe *ue, ProseEventType type, const char *cause, const ProseStoredKey *key)
{
    ProseEvent event = prose_ue_event(ue, type, cause);

    event.has_scope = true;
    event.scope = key->scope;
    event.key_id = key->key_id;
    event.valid_from = key->valid_from;
    event.valid_to = key->valid_to;
    prose_ue_emit(ue, &event);
}

static void
key_wiped_cb(void *user, const ProseStoredKey *key, const char *cause)
{
    emit_key(user, PROSE_EVENT_KEY_WIPED, cause, key);
}

/* ---- time ---- */

/* What the ProSe clock has passed since it was last looked at: starts of keys, then ends (rules K3). */
static void
keys_handle_expiry(ProseUe *ue)
{
    int64_t clock_s;

    if (!ue->clock.is_set)
        return;
    clock_s = prose_ue_clock_s(ue);
    for (size_t i = 0; i < ue->n_scopes && clock_s > ue->started_s; i++) {
        size_t n;
        const ProseStoredKey *keys = prose_key_store_of_scope(ue->keys, ue->scopes[i].scope, &n);

        for (size_t k = 0; k < n; k++)
            if (keys[k].valid_from > ue->started_s && keys[k].valid_from <= clock_s)
                emit_key(ue, PROSE_EVENT_KEY_STARTED, NULL, &keys[k]);
    }
    ue->started_s = clock_s;
    if (prose_key_store_next_expiry(ue->keys) <= clock_s)
        prose_key_store_expire(ue->keys, clock_s);
}

static uint64_t
keys_next(const ProseUe *ue)
{
    int64_t next_s = prose_key_store_next_expiry(ue->keys);

    if (!ue->clock.is_set)
        return PROSE_NEVER;
    for (size_t i = 0; i < ue->n_scopes; i++) {
        size_t n;
        const ProseStoredKey *keys = prose_key_store_of_scope(ue->keys, ue->scopes[i].scope, &n);

        for (size_t k = 0; k < n; k++)
            if (keys[k].valid_from > ue->started_s)
                next_s = MIN(next_s, keys[k].valid_from);
    }
    if (next_s > INT64_MAX / PROSE_NS_PER_S)
        return PROSE_NEVER;
    return prose_clock_when(&ue->clock, next_s * PROSE_NS_PER_S, ue->now_ns);
}

void
prose_ue_set_clock(ProseUe *ue, int64_t utc_ns, uint32_t max_offset_s, const char *cause)
{
    ProseEvent event = prose_ue_event(ue, PROSE_EVENT_CLOCK_SET, cause);
    bool was_set = ue->clock.is_set;
    int64_t old_ns = was_set ? prose_clock_read(&ue->clock, ue->now_ns) : utc_ns;

    prose_clock_set(&ue->clock, utc_ns, ue->now_ns);
    event.has_offset = true;
    event.clock_offset_s = (double) (utc_ns - old_ns) / PROSE_NS_PER_S;
    event.has_value = true;
    event.value = max_offset_s;
    prose_ue_emit(ue, &event);

    /* A jump ahead passes what lies between; after a jump back it will be passed once more. */
    if (!was_set || utc_ns < old_ns)
        ue->started_s = prose_ue_clock_s(ue);
    prose_ue_successor_clock_set(ue);
}

uint64_t
prose_ue_next_expiry(const ProseUe *ue)
{
    uint64_t next = keys_next(ue);

    if (!ue->net)
        return next;
    for (size_t i = 0; i < ue->n_scopes; i++)
        next = MIN(next, ue->scopes[i].check_ns);
    next = MIN(next, prose_ue_pdn_next(ue));
    next = MIN(next, prose_ue_ask_next(&ue->net->pc3));
    for (guint i = 0; i < ue->net->pkmfs->len; i++) {
        const ProseUePkmf *pkmf = ue->net->pkmfs->pdata[i];

        next = MIN(next, prose_ue_ask_next(&pkmf->ask));
    }
    return next;
}

void
prose_ue_rearm(ProseUe *ue)
{
    uint64_t next = prose_ue_next_expiry(ue);

    if (next != ue->armed_ns) {
        ue->armed_ns = next;
        ue->host->wake_at(ue->host_user, next);
    }
}

void
prose_ue_settle(ProseUe *ue)
{
    keys_handle_expiry(ue);
    if (ue->net) {
        for (size_t i = 0; i < ue->n_scopes; i++)
            prose_ue_successor_handle_expiry(ue, &ue->scopes[i]);
        prose_ue_pdn_handle_expiry(ue);
        prose_ue_pdn_check_held(ue);
        prose_ue_ask_handle_expiry(&ue->net->pc3);
        for (guint i = 0; i < ue->net->pkmfs->len; i++) {
            ProseUePkmf *pkmf = ue->net->pkmfs->pdata[i];

            prose_ue_ask_handle_expiry(&pkmf->ask);
        }
    }
    prose_ue_rearm(ue);
}

void
prose_ue_handle_expiry(ProseUe *ue, uint64_t now_ns)
{
    ue->now_ns = now_ns;
    ue->armed_ns = PROSE_NEVER;            /* what was asked for has been used up */
    prose_ue_settle(ue);
}

/* ---- life ---- */

static void
scope_init(ProseUeScope *ret, const ProseUeDiscovery *d)
{
    bool informs = d->additional_every > 0 && d->roles & PROSE_ROLE_ANNOUNCE;

    g_assert(prose_key_scope_is_discovery(d->scope) || !(d->roles & ~(unsigned) PROSE_ROLE_HOLD));
    g_assert(d->additional_every == 0 || d->scope.type == PROSE_KEY_TYPE_PSDK_RELAY);
    *ret = (ProseUeScope) {
        .scope = d->scope,
        .roles = (uint8_t) (d->roles | (informs ? PROSE_ROLE_INFORM : 0)),
        .additional_every = d->additional_every,
        .supply = PROSE_SUPPLY_UNASKED,
        .active = d->roles != 0,
        .overlap_s = d->overlap_s,
        .keep_past_s = d->keep_past_s,
        .lead_s = d->lead_s,
        .successor_check_s = d->successor_check_s,
        .successor_retry_ns = d->successor_retry_s ? d->successor_retry_s * (uint64_t) PROSE_NS_PER_S : PROSE_UE_SUCCESSOR_RETRY_NS,
        .pkmf_fqdn = g_strdup(d->pkmf_fqdn),
        .check_ns = PROSE_NEVER,
        .check_of = INT64_MIN,
    };
}

ProseUe *
prose_ue_new(const ProseUeConfig *config, const ProseHost *host, void *user)
{
    ProseUe *ue = g_new0(ProseUe, 1);
    size_t n_groups = 0;

    for (size_t i = 0; i < config->n_discoveries; i++)
        n_groups += !prose_key_scope_is_discovery(config->discoveries[i].scope);
    /* More do not fit into one Key Request, and it lists them all. */
    g_assert(n_groups <= PROSE_KEY_SCOPES_KIND_MAX && config->n_discoveries - n_groups <= PROSE_KEY_SCOPES_KIND_MAX);

    ue->name = config->name;
    ue->host = host;
    ue->host_user = user;
    ue->gba = config->gba;
    ue->profile = config->profile;
    ue->secrets = config->secrets;
    ue->key_schema = config->key_schema;
    ue->pc3_schema = config->pc3_schema;
    ue->function_fqdn = g_strdup(config->function_fqdn);
    ue->utc_start_ns = config->utc_start_ns;
    ue->clock.drift_ppb = config->clock_drift_ppb;
    ue->keys = prose_key_store_new(config->secrets, config->profile);
    prose_key_store_set_wiped_cb(ue->keys, key_wiped_cb, ue);
    ue->scopes = g_new0(ProseUeScope, config->n_discoveries);
    ue->n_scopes = config->n_discoveries;
    for (size_t i = 0; i < ue->n_scopes; i++)
        scope_init(&ue->scopes[i], &config->discoveries[i]);
    ue->armed_ns = PROSE_NEVER;
    ue->first_conn = 1;
    ue->contexts_are_stale = true;
    ue->ue_id = config->ue_id;
    memcpy(ue->user_info, config->user_info, sizeof ue->user_info);
    ue->algorithms = config->algorithms;
    ue->scrambling_supported = config->scrambling_supported;
    ue->cleartext = config->cleartext;
    ue->request_timeout_ns = config->request_timeout_ns ? config->request_timeout_ns : PROSE_UE_T_KR_NS;
    ue->back_off_ns = config->back_off_ns ? config->back_off_ns : PROSE_UE_BACK_OFF_NS;
    ue->back_off_steady_ns = config->back_off_steady_ns ? config->back_off_steady_ns : PROSE_UE_BACK_OFF_STEADY_NS;
    return ue;
}

static ProseUeNet *
net_free(ProseUeNet *net)
{
    if (!net)
        return NULL;
    prose_ue_ask_clear(&net->pc3);
    for (guint i = 0; i < net->pkmfs->len; i++)
        prose_ue_pkmf_free(net->pkmfs->pdata[i]);
    g_ptr_array_unref(net->pkmfs);
    g_ptr_array_unref(net->responders);
    g_free(net);
    return NULL;
}

ProseUe *
prose_ue_free(ProseUe *ue)
{
    if (!ue)
        return NULL;
    net_free(ue->net);
    prose_key_store_free(ue->keys);
    for (size_t i = 0; i < ue->n_scopes; i++)
        g_free(ue->scopes[i].pkmf_fqdn);
    g_free(ue->scopes);
    g_free(ue->contexts);
    prose_repeat_window_free(ue->heard);
    g_free(ue->function_fqdn);
    g_free(ue);
    return NULL;
}

static void
net_new(ProseUe *ue)
{
    uint8_t first;

    ue->net = g_new0(ProseUeNet, 1);
    ue->net->next_conn = ue->first_conn;
    ue->net->pdn_retry_ns = PROSE_NEVER;
    ue->net->pkmfs = g_ptr_array_new();
    ue->net->responders = g_ptr_array_new();
    ue->net->pc3 = (ProseUeAsk) { .ue = ue, .kind = &prose_ue_pc3_kind, .fqdn = ue->function_fqdn };
    ue->host->random(ue->host_user, &first, 1);
    ue->net->next_transaction_id = first;
}

void
prose_ue_no_pkmf(ProseUe *ue, ProseUeScope *s, const char *cause)
{
    ProseEvent event = prose_ue_event(ue, PROSE_EVENT_NO_PKMF, cause);

    s->pkmf_is_unknown = true;
    event.has_scope = true;
    event.scope = s->scope;
    prose_ue_emit(ue, &event);
}

/* Everything wanted that has no PKMF yet gets the pre-provisioned one, or is asked of the ProSe Function (REQ-66422-02). */
static void
find_pkmfs(ProseUe *ue)
{
    for (size_t i = 0; i < ue->n_scopes; i++) {
        ProseUeScope *s = &ue->scopes[i];

        if (s->pkmf || s->pkmf_is_unknown || !prose_ue_wants(ue, s))
            continue;
        if (s->pkmf_fqdn)
            s->pkmf = prose_ue_pkmf_find_or_add(ue, s->pkmf_fqdn);
        if (s->pkmf_fqdn ? !s->pkmf : !ue->function_fqdn)
            prose_ue_no_pkmf(ue, s, s->pkmf_fqdn ? "no-name" : "no-prose-function");
    }
    if (prose_ue_pc3_is_needed(ue))
        prose_ue_ask_want(&ue->net->pc3, "set");
}

static bool
has_somebody_to_ask(const ProseUe *ue)
{
    for (size_t i = 0; i < ue->n_scopes; i++)
        if (prose_ue_wants(ue, &ue->scopes[i]) && ue->scopes[i].pkmf)
            return true;
    return prose_ue_pc3_is_needed(ue);
}

static bool
needs_network(const ProseUe *ue)
{
    for (size_t i = 0; i < ue->n_scopes; i++)
        if (!ue->scopes[i].is_provisioned)
            return true;
    return false;
}

/* Power on, or something new is wanted. A PDN connection whose release is still held is kept after all. */
static void
take_part(ProseUe *ue)
{
    prose_ue_pdn_keep(ue);
    find_pkmfs(ue);
    if (has_somebody_to_ask(ue))
        prose_ue_pdn_start(ue);
}

void
prose_ue_start(ProseUe *ue, uint64_t now_ns)
{
    ue->now_ns = now_ns;
    if (!ue->net && needs_network(ue))
        net_new(ue);
    if (ue->net)
        take_part(ue);
    prose_ue_settle(ue);
}

static void
scope_shut_down(ProseUeScope *s)
{
    s->supply = PROSE_SUPPLY_UNASKED;
    s->status = 0;
    s->has_meta = s->is_provisioned = s->pkmf_is_unknown = s->is_in_pc3 = s->is_solicited = false;
    s->pkmf = NULL;
    s->check_ns = PROSE_NEVER;
    s->check_of = INT64_MIN;
}

void
prose_ue_shut_down(ProseUe *ue, uint64_t now_ns)
{
    ue->now_ns = now_ns;
    if (ue->net && prose_ue_pdn_is_up(ue)) {
        ProseEvent event = prose_ue_event(ue, PROSE_EVENT_PDN_RELEASED, "by-ue");

        prose_ue_emit(ue, &event);
    }
    if (ue->net)
        ue->first_conn = ue->net->next_conn;
    ue->net = net_free(ue->net);
    prose_key_store_shut_down(ue->keys);
    ue->clock.is_set = false;
    for (size_t i = 0; i < ue->n_scopes; i++)
        scope_shut_down(&ue->scopes[i]);
    ue->contexts_are_stale = true;
    prose_ue_rearm(ue);
}

int
prose_ue_set_active(ProseUe *ue, ProseKeyScope scope, bool active, uint64_t now_ns)
{
    ProseUeScope *s = prose_ue_find_scope(ue, scope);

    if (!s)
        return PROSE_ERR_NOT_FOUND;
    if (s->active == active)
        return PROSE_OK;
    ue->now_ns = now_ns;
    s->active = active;
    s->is_solicited = false;
    s->pkmf_is_unknown = false;
    ue->contexts_are_stale = true;
    if (ue->net) {
        if (active)
            take_part(ue);
        if (s->pkmf)
            prose_ue_ask_want(&s->pkmf->ask, "set");
    }
    prose_ue_settle(ue);
    return PROSE_OK;
}

int
prose_ue_provision(ProseUe *ue, ProseKeyScope scope, const ProseSecurityMetadata *meta, uint32_t max_offset_s,
                   int64_t clock_ns, uint64_t now_ns)
{
    ProseUeScope *s = prose_ue_find_scope(ue, scope);

    if (!s)
        return PROSE_ERR_NOT_FOUND;
    ue->now_ns = now_ns;
    s->is_provisioned = true;
    s->supply = PROSE_SUPPLY_GRANTED;
    s->has_meta = true;
    s->meta = *meta;
    s->max_offset_s = max_offset_s;
    prose_key_store_set_keep(ue->keys, scope, max_offset_s + s->keep_past_s);
    ue->contexts_are_stale = true;
    prose_ue_set_clock(ue, clock_ns, max_offset_s, "provisioned");
    prose_ue_settle(ue);
    return PROSE_OK;
}

int
prose_ue_provision_key(ProseUe *ue, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to,
                       const uint8_t key[PROSE_KEY_LEN], uint64_t now_ns)
{
    const ProseUeScope *s = prose_ue_find_scope(ue, scope);
    int r;

    if (!s)
        return PROSE_ERR_NOT_FOUND;
    if (!s->is_provisioned)
        return PROSE_ERR_STATE;
    ue->now_ns = now_ns;
    r = prose_key_store_add(ue->keys, scope, key_id, valid_from, valid_to, key, prose_ue_clock_s(ue));
    if (r == PROSE_KEY_ADD_STORED)
        emit_key(ue, PROSE_EVENT_KEY_STORED, "provisioned", prose_key_store_find(ue->keys, scope, key_id));
    prose_ue_settle(ue);
    return MIN(r, PROSE_OK);
}

/* ---- TCP: which question does a connection belong to ---- */

static ProseUeAsk *
find_ask(ProseUe *ue, ProseConn conn)
{
    if (!ue->net)
        return NULL;
    if (prose_ue_ask_is_busy(&ue->net->pc3) && ue->net->pc3.conn == conn)
        return &ue->net->pc3;
    for (guint i = 0; i < ue->net->pkmfs->len; i++) {
        ProseUePkmf *pkmf = ue->net->pkmfs->pdata[i];

        if (prose_ue_ask_is_busy(&pkmf->ask) && pkmf->ask.conn == conn)
            return &pkmf->ask;
    }
    return NULL;
}

void
prose_ue_tcp_connected(ProseUe *ue, ProseConn conn, uint64_t now_ns)
{
    ProseUeAsk *ask = find_ask(ue, conn);

    ue->now_ns = now_ns;
    if (ask)
        prose_ue_ask_connected(ask);
    prose_ue_settle(ue);
}

void
prose_ue_tcp_received(ProseUe *ue, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    ProseUeAsk *ask = find_ask(ue, conn);

    ue->now_ns = now_ns;
    if (ask)
        prose_ue_ask_received(ask, octets, len);
    prose_ue_settle(ue);
}

void
prose_ue_tcp_closed(ProseUe *ue, ProseConn conn, uint64_t now_ns)
{
    ProseUeAsk *ask = find_ask(ue, conn);

    ue->now_ns = now_ns;
    if (ask)
        prose_ue_ask_closed(ask);
    prose_ue_settle(ue);
}

/* ---- what tests and readers look at ---- */

const ProseClock *
prose_ue_clock(const ProseUe *ue)
{
    return &ue->clock;
}

const ProseKeyStore *
prose_ue_keys(const ProseUe *ue)
{
    return ue->keys;
}

ProseAddress
prose_ue_address(const ProseUe *ue)
{
    return ue->net ? ue->net->address : 0;
}

size_t
prose_ue_exchanges(const ProseUe *ue)
{
    size_t n = 0;

    if (!ue->net)
        return 0;
    n += ue->net->pc3.exchange != NULL;
    for (guint i = 0; i < ue->net->pkmfs->len; i++)
        n += ((const ProseUePkmf *) ue->net->pkmfs->pdata[i])->ask.exchange != NULL;
    return n;
}

int
prose_ue_view(const ProseUe *ue, ProseKeyScope scope, ProseUeDiscoveryView *ret)
{
    const ProseUeScope *s = prose_ue_find_scope(ue, scope);

    if (!s)
        return PROSE_ERR_NOT_FOUND;
    *ret = (ProseUeDiscoveryView) {
        .supply = s->supply,
        .status = s->status,
        .pkmf_fqdn = s->pkmf ? s->pkmf->fqdn : s->pkmf_fqdn,
        .has_meta = s->has_meta,
        .meta = s->meta,
        .max_offset_s = s->max_offset_s,
    };
    return PROSE_OK;
}
