/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of a discovery or group: one for each cryptoperiod, drawn when it is first needed, wiped when it is past
 * (rules K2, K4), and replaced in an emergency (rules K7).
 */
#include "prose-pkmf-internal.h"

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The last period whose key is out at @utc_s: VF - lead <= now (rules K2). -1: none yet. */
static int64_t
last_due_period(const PkmfScope *scope, int64_t utc_s)
{
    return MAX(-1, floor_div(utc_s + scope->lead_s - scope->first_start_s, scope->cryptoperiod_s));
}

static int64_t
period_start(const PkmfScope *scope, int64_t period)
{
    return scope->first_start_s + period * scope->cryptoperiod_s;
}

/* The key of @period that is given out. (nullable) */
static PkmfKey *
key_of_period(const PkmfScope *scope, int64_t period)
{
    for (guint i = 0; i < scope->keys->len; i++) {
        PkmfKey *key = scope->keys->pdata[i];

        if (key->period == period && !key->replaced)
            return key;
    }
    return NULL;
}

/* Rules K4: 1 to 255 in a circle, but for those that rest. Returns: 0 if all do. */
static uint8_t
free_id(const PkmfScope *scope, int64_t utc_s)
{
    for (unsigned step = 0; step < 255; step++) {
        uint8_t id = (uint8_t) ((scope->last_id + step) % 255 + 1);

        if (scope->id_rests_until[id] <= utc_s)
            return id;
    }
    return PROSE_KEY_ID_NONE;
}

static PkmfKey *
key_new(PkmfScope *scope, int64_t period, uint8_t id, uint64_t now_ns)
{
    ProsePkmf *pkmf = scope->pkmf;
    PkmfKey *key = g_new0(PkmfKey, 1);
    ProseEvent event;

    key->scope = scope;
    key->period = period;
    key->id = id;
    key->valid_from = period_start(scope, period);
    key->valid_to = period_start(scope, period + 1);
    key->octets = prose_secret_alloc(pkmf->config.secrets, PROSE_KEY_LEN);
    pkmf->host.random(pkmf->user, key->octets, PROSE_KEY_LEN);
    scope->last_id = id;
    scope->id_rests_until[id] = key->valid_to + pkmf->config.max_offset_s + PKMF_ID_REST_S;
    g_ptr_array_add(scope->keys, key);
    event = pkmf_key_event(key, PROSE_EVENT_PSDK_ALLOCATED, now_ns);
    pkmf_emit(pkmf, &event, NULL);
    return key;
}

void
pkmf_key_free(PkmfKey *key)
{
    prose_secret_free(key->scope->pkmf->config.secrets, key->octets);
    g_free(key);
}

/* The lead of @key has begun. A UE that has verified it, having got it ahead, needs no more. */
static void
roll_out(PkmfScope *scope, PkmfKey *key, uint64_t now_ns)
{
    const ProsePkmf *pkmf = scope->pkmf;

    key->rolled_out = true;
    for (guint i = 0; i < scope->members->len; i++) {
        PkmfMember *member = scope->members->pdata[i];
        const PkmfHolding *holding = pkmf_member_find_holding(member, key);
        uint64_t delay;

        if (!member->wanted || (holding && holding->verified))
            continue;
        delay = pkmf->host.lead_delay ? pkmf->host.lead_delay(pkmf->user, member->ue->impi, scope->scope, key->period) : 0;
        pkmf_deliver_paced(member, key, now_ns + delay);
        pkmf_ue_go_on(member->ue, now_ns);
    }
}

/* The key of @period that is given out, drawn if need be. (nullable): no ID is free (rules K4). */
static PkmfKey *
ensure_key(PkmfScope *scope, int64_t period, uint64_t now_ns)
{
    PkmfKey *key = key_of_period(scope, period);
    uint8_t id;

    if (key)
        return key;
    id = free_id(scope, pkmf_utc_s(scope->pkmf, now_ns));
    return id != PROSE_KEY_ID_NONE ? key_new(scope, period, id, now_ns) : NULL;
}

static int64_t
current_period(const PkmfScope *scope, int64_t utc_s)
{
    return floor_div(utc_s - scope->first_start_s, scope->cryptoperiod_s);
}

int64_t
pkmf_scope_last_requested(const PkmfScope *scope, uint64_t now_ns)
{
    int64_t utc_s = pkmf_utc_s(scope->pkmf, now_ns);

    return MAX(last_due_period(scope, utc_s), MAX(-1, current_period(scope, utc_s)) + scope->keys_ahead);
}

void
pkmf_scope_ensure_ahead(PkmfScope *scope, uint64_t now_ns)
{
    int64_t utc_s = pkmf_utc_s(scope->pkmf, now_ns), last = pkmf_scope_last_requested(scope, now_ns);

    for (int64_t period = MAX(0, current_period(scope, utc_s)); period <= last; period++)
        ensure_key(scope, period, now_ns);
}

bool
pkmf_scope_ensure_keys(PkmfScope *scope, uint64_t now_ns)
{
    int64_t utc_s = pkmf_utc_s(scope->pkmf, now_ns);
    int64_t last = last_due_period(scope, utc_s);

    scope->exhausted = false;
    for (int64_t period = MAX(0, current_period(scope, utc_s)); period <= last; period++) {
        PkmfKey *key = ensure_key(scope, period, now_ns);

        if (!key)
            scope->exhausted = true;
        else if (!key->rolled_out)
            roll_out(scope, key, now_ns);
    }
    pkmf_scope_rearm(scope, now_ns);
    return !scope->exhausted;
}

void
pkmf_scope_rearm(PkmfScope *scope, uint64_t now_ns)
{
    int64_t utc_s = pkmf_utc_s(scope->pkmf, now_ns);
    int64_t next = INT64_MAX;

    for (guint i = 0; i < scope->keys->len; i++)
        next = MIN(next, ((const PkmfKey *) scope->keys->pdata[i])->valid_to);
    if (scope->n_wanted)
        next = MIN(next, period_start(scope, last_due_period(scope, utc_s) + 1) - scope->lead_s);
    if (scope->n_wanted && scope->exhausted) {
        for (unsigned id = 1; id < G_N_ELEMENTS(scope->id_rests_until); id++)
            next = MIN(next, scope->id_rests_until[id]);
    }
    prose_timers_arm(&scope->pkmf->timers, &scope->timer,
                     next == INT64_MAX ? PROSE_NEVER : pkmf_sim_ns(scope->pkmf, next));
}

/* Nobody can use @key any more. */
static void
key_end(PkmfScope *scope, PkmfKey *key, uint64_t now_ns)
{
    g_autofree gpointer *members = NULL;
    gsize n;

    for (guint i = 0; i < scope->members->len; i++) {
        PkmfMember *member = scope->members->pdata[i];

        pkmf_cancel(member, key);
        pkmf_member_drop_holding(member, key);
        pkmf_ue_go_on(member->ue, now_ns);
    }
    g_ptr_array_remove(scope->keys, key);

    members = g_ptr_array_steal(scope->members, &n);
    for (gsize i = 0; i < n; i++) {
        PkmfMember *member = members[i];

        if (member->wanted || member->holdings->len) {
            g_ptr_array_add(scope->members, member);
        } else {
            g_ptr_array_remove(member->ue->members, member);
            pkmf_member_free(member);
        }
    }
}

void
pkmf_scope_expiry_cb(void *user, uint64_t now_ns)
{
    PkmfScope *scope = user;
    int64_t utc_s = pkmf_utc_s(scope->pkmf, now_ns);

    for (guint i = scope->keys->len; i-- > 0;) {
        PkmfKey *key = scope->keys->pdata[i];

        if (key->valid_to <= utc_s)
            key_end(scope, key, now_ns);
    }
    if (scope->n_wanted)
        pkmf_scope_ensure_keys(scope, now_ns);
    else
        pkmf_scope_rearm(scope, now_ns);
}

static void
replace_key(PkmfScope *scope, PkmfKey *key, const PkmfUe *leaver, const char *cause, uint64_t now_ns)
{
    ProseEvent event = pkmf_key_event(key, PROSE_EVENT_PSDK_REPLACED, now_ns);
    PkmfKey *successor;

    event.cause = cause;
    event.has_value = true;
    event.value = (double) (key->valid_to - pkmf_utc_s(scope->pkmf, now_ns));
    pkmf_emit(scope->pkmf, &event, leaver);
    key->replaced = true;
    successor = scope->n_wanted ? ensure_key(scope, key->period, now_ns) : NULL;
    for (guint i = 0; i < scope->members->len; i++) {
        PkmfMember *member = scope->members->pdata[i];
        bool may_hold = key->holders_unknown || pkmf_member_find_holding(member, key);
        bool was_due = pkmf_cancel(member, key) || key->rolled_out;

        if (!member->wanted)
            continue;
        /* At once, whatever the lead's spread: it replaces what the UE has, or was to have in place of a key that is to be deleted.
         * Who has nothing yet waits for the lead to begin. */
        if (successor && (may_hold || was_due))
            pkmf_deliver_paced(member, successor, now_ns);
        if (may_hold)
            pkmf_deliver(member, key, true, now_ns);
    }
    if (successor)
        successor->rolled_out = key->rolled_out;
}

void
pkmf_scope_roll_over(PkmfScope *scope, PkmfUe *leaver, const char *cause, uint64_t now_ns)
{
    const PkmfMember *member = pkmf_ue_find_member(leaver, scope->scope);
    bool replaced = false;

    for (guint i = 0; i < scope->keys->len; i++) {
        PkmfKey *key = scope->keys->pdata[i];

        if (!key->replaced && (key->holders_unknown || (member && pkmf_member_find_holding(member, key)))) {
            replace_key(scope, key, leaver, cause, now_ns);
            replaced = true;
        }
    }
    if (!replaced)
        return;
    if (scope->n_wanted)
        pkmf_scope_ensure_keys(scope, now_ns);
    for (guint i = 0; i < scope->members->len; i++)
        pkmf_ue_go_on(((PkmfMember *) scope->members->pdata[i])->ue, now_ns);
}
