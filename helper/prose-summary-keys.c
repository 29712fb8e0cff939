/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests and deliveries from beginning to end, times without a key. */
#include "prose-summary-internal.h"

#include <string.h>

static Dealing *
dealing_of(const ProseSummary *summary, int ue, unsigned pkmf)
{
    return &summary->dealings[(size_t) ue * summary->n_pkmfs + pkmf];
}

/* A PKMF as events name it: by FQDN, or as an entity. -1: none of the scenario. */
static int
find_pkmf(const ProseSummary *summary, const char *name)
{
    for (unsigned p = 0; name && p < summary->n_pkmfs; p++) {
        const ProseScenarioPkmf *pkmf = g_ptr_array_index(summary->scenario->pkmfs, p);

        if (g_ascii_strcasecmp(pkmf->fqdn, name) == 0
            || (g_str_has_prefix(name, "pkmf ") && strcmp(name + strlen("pkmf "), pkmf->name) == 0))
            return (int) p;
    }
    return -1;
}

uint64_t
summary_sim_ns(const ProseSummary *summary, int64_t utc_s)
{
    return (uint64_t) MAX(utc_s - summary->scenario->utc_start_s, 0) * PROSE_NS_PER_S;
}

int64_t
summary_key_period(const ProseSummary *summary, unsigned discovery, uint64_t at_ns)
{
    const ProseScenarioDiscovery *d = summary_discovery(summary, discovery);
    int64_t past_s = summary->scenario->utc_start_s + (int64_t) (at_ns / PROSE_NS_PER_S) - d->first_start_s;

    return past_s < 0 ? -1 : past_s / d->cryptoperiod_s;
}

static bool
has_role(const ProseSummary *summary, unsigned ue, unsigned discovery)
{
    return ((const ProseScenarioUe *) g_ptr_array_index(summary->scenario->ues, ue))->roles[discovery] != 0;
}

bool
summary_wants_keys(const ProseSummary *summary, unsigned ue, unsigned discovery)
{
    const Member *member = summary_member(summary, ue, discovery);

    return member->takes_part && member->is_supplied && member->revoked_ns == PROSE_NEVER;
}

/* ---- times without a key ---- */

static void
end_darkness(ProseSummary *summary, unsigned ue, unsigned discovery, Member *member)
{
    if (member->dark_ns != PROSE_NEVER && member->dark_ns >= summary->warm_up_ns && member->swept_ns > member->dark_ns) {
        Measured at = { (int) discovery, (int) ue, -1, summary_key_period(summary, discovery, member->dark_ns) };

        summary_add_value(summary, DIST_BLACKOUT, &at, (double) (member->swept_ns - member->dark_ns) / 1e9);
        member->blackouts++;
        member->blackout_ns += member->swept_ns - member->dark_ns;
    }
    member->dark_ns = PROSE_NEVER;
}

/* Goes from where it was up to @now_ns, from one beginning or end of a key's validity to the next. */
static void
sweep(ProseSummary *summary, unsigned ue, unsigned discovery, uint64_t now_ns)
{
    Member *member = summary_member(summary, ue, discovery);

    if (!member->is_keyed || !member->is_supplied || !member->takes_part)
        return;
    while (member->swept_ns < now_ns) {
        uint64_t until_ns = 0, next_ns = PROSE_NEVER;

        for (unsigned i = 0; i < member->n_holdings; i++) {
            const Holding *h = &member->holdings[i];

            if (h->from_ns <= member->swept_ns)
                until_ns = MAX(until_ns, h->to_ns);
            else
                next_ns = MIN(next_ns, h->from_ns);
        }
        if (until_ns > member->swept_ns) {
            end_darkness(summary, ue, discovery, member);
            member->swept_ns = MIN(until_ns, now_ns);
        } else {
            if (member->dark_ns == PROSE_NEVER)
                member->dark_ns = member->swept_ns;
            member->swept_ns = MIN(next_ns, now_ns);
        }
    }
    for (unsigned i = member->n_holdings; i-- > 0;) {
        const Holding *h = &member->holdings[i];

        if (!h->is_held && h->to_ns <= member->swept_ns)
            member->holdings[i] = member->holdings[--member->n_holdings];
    }
}

bool
summary_holds_valid(const Member *member, uint64_t at_ns)
{
    for (unsigned i = 0; i < member->n_holdings; i++) {
        const Holding *h = &member->holdings[i];

        if (h->from_ns <= at_ns && at_ns < h->to_ns)
            return true;
    }
    return false;
}

void
summary_keys_look(ProseSummary *summary, unsigned ue, unsigned discovery, uint64_t now_ns)
{
    Member *member = summary_member(summary, ue, discovery);
    bool is_dark = member->takes_part && member->is_supplied && member->is_keyed && !summary_holds_valid(member, now_ns);

    if (now_ns < summary->warm_up_ns || is_dark == (member->told_dark_ns != PROSE_NEVER))
        return;
    if (is_dark)
        summary_tell(summary, PROSE_EVENT_BLACKOUT_BEGAN, (int) ue, discovery, now_ns, 0, NULL);
    else
        summary_tell(summary, PROSE_EVENT_BLACKOUT_ENDED, (int) ue, discovery, now_ns, (double) (now_ns - member->told_dark_ns) / 1e9, NULL);
    member->told_dark_ns = is_dark ? now_ns : PROSE_NEVER;
}

static void
key_stored(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event)
{
    Member *member = summary_member(summary, ue, discovery);
    Holding h = { .key_id = event->key_id, .is_held = true, .valid_from = event->valid_from, .valid_to = event->valid_to,
                  .from_ns = MAX(event->time_ns, summary_sim_ns(summary, event->valid_from)),
                  .to_ns = summary_sim_ns(summary, event->valid_to) };

    sweep(summary, ue, discovery, event->time_ns);
    member->holdings = g_renew(Holding, member->holdings, member->n_holdings + 1);
    member->holdings[member->n_holdings++] = h;
    member->newest_from = MAX(member->newest_from, event->valid_from);
    if (!member->is_keyed) {
        /* The wait for the first key is request-to-key, and no time without one. */
        member->is_keyed = true;
        member->first_key_ns = event->time_ns;
        member->swept_ns = h.from_ns;
    }
    if (member->asked_ns != PROSE_NEVER) {
        Measured at = { (int) discovery, (int) ue, -1, summary_key_period(summary, discovery, h.from_ns) };

        if (member->asked_ns >= summary->warm_up_ns)
            summary_add_value(summary, DIST_REQUEST_TO_KEY, &at, (double) (event->time_ns - member->asked_ns) / 1e9);
        member->asked_ns = PROSE_NEVER;
    }
}

static void
key_wiped(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event)
{
    Member *member = summary_member(summary, ue, discovery);
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, (int) discovery, (int) ue, tallies);

    for (unsigned t = 0; event->time_ns >= summary->warm_up_ns && t < n; t++)
        counts_add(&tallies[t]->wiped, event->cause ? event->cause : "unspecified");
    sweep(summary, ue, discovery, event->time_ns);
    for (unsigned i = 0; i < member->n_holdings; i++) {
        Holding *h = &member->holdings[i];

        if (h->is_held && h->key_id == event->key_id) {
            h->to_ns = MIN(h->to_ns, MAX(event->time_ns, h->from_ns));
            h->is_held = false;
        }
    }
}

/* One that is switched off waits for nothing. Switched on it has what the scenario gives again, and asks for the rest. */
static void
switched(ProseSummary *summary, unsigned ue, const ProseEvent *event)
{
    const ProseScenarioUe *spec = g_ptr_array_index(summary->scenario->ues, ue);
    bool on = strcmp(event->cause, "on") == 0;

    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        Member *member = summary_member(summary, ue, d);

        sweep(summary, ue, d, event->time_ns);
        end_darkness(summary, ue, d, member);
        member->is_supplied = on && !summary_discovery(summary, d)->pkmf && spec->authorised[d];
        member->swept_ns = MAX(member->swept_ns, event->time_ns);
        summary_keys_look(summary, ue, d, event->time_ns);
    }
}

/* One that has left waits for nothing either. Its keys are the PKMF's to give again when it is back. */
void
prose_summary_set_active(ProseSummary *summary, unsigned ue, unsigned discovery, bool active, uint64_t now_ns)
{
    Member *member = summary_member(summary, ue, discovery);

    if (summary->finished || !has_role(summary, ue, discovery) || member->takes_part == active)
        return;
    prose_summary_pass(summary, now_ns);
    sweep(summary, ue, discovery, now_ns);
    end_darkness(summary, ue, discovery, member);
    member->takes_part = active;
    member->swept_ns = MAX(member->swept_ns, now_ns);
    summary_keys_look(summary, ue, discovery, now_ns);
}

/* The PKMF says whether it supplies the UE; where it does not, the UE is not waiting for a key. */
static void
answered(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event)
{
    Member *member = summary_member(summary, ue, discovery);
    const ProseScenarioDiscovery *d = summary_discovery(summary, discovery);
    bool is_supplied = event->type == PROSE_EVENT_DISCOVERY_SUPPLIED;
    uint64_t asked_ns = dealing_of(summary, (int) ue, d->pkmf->index)->asked_ns;
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, (int) discovery, (int) ue, tallies);

    sweep(summary, ue, discovery, event->time_ns);
    g_clear_pointer(&member->refused, g_free);
    if (!is_supplied) {
        member->refused = g_strdup(event->cause);
        member->dark_ns = PROSE_NEVER;
        member->asked_ns = PROSE_NEVER;
    } else if (!member->is_supplied) {
        member->swept_ns = MAX(member->swept_ns, event->time_ns);
        if (!member->is_keyed && member->asked_ns == PROSE_NEVER)
            member->asked_ns = asked_ns;
    }
    member->is_supplied = is_supplied;
    member->status_code = is_supplied ? 0 : (int) event->value;
    for (unsigned t = 0; asked_ns >= summary->warm_up_ns && t < n; t++) {
        if (is_supplied)
            tallies[t]->supplied++;
        else
            counts_add(&tallies[t]->refused, event->cause);
    }
}

/* Nobody to ask for this one: the ProSe Function's status, or that there is no name. */
static void
no_pkmf(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event)
{
    Member *member = summary_member(summary, ue, discovery);

    g_free(member->refused);
    member->refused = g_strdup(event->cause ? event->cause : "unspecified");
    member->asked_ns = PROSE_NEVER;
}

/* ---- requests ---- */

static void
request_sent(ProseSummary *summary, int ue, unsigned pkmf, const ProseEvent *event)
{
    Dealing *dealing = dealing_of(summary, ue, pkmf);

    summary->pkmf_tracks[pkmf].requests++;
    if (dealing->request_is_open && dealing->asked_ns >= summary->warm_up_ns) {
        Tally *tallies[3];
        unsigned n = summary_tallies(summary, -1, ue, tallies);

        for (unsigned t = 0; t < n; t++)
            tallies[t]->interrupted++;
    }
    dealing->request_is_open = true;
    dealing->asked_ns = event->time_ns;
    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        Member *member = summary_member(summary, (unsigned) ue, d);

        const ProseScenarioPkmf *of = summary_discovery(summary, d)->pkmf;

        if (of && of->index == pkmf && member->takes_part && !member->is_keyed
            && !member->refused && member->asked_ns == PROSE_NEVER)
            member->asked_ns = event->time_ns;
    }
}

static void
request_ended(ProseSummary *summary, int ue, unsigned pkmf, const ProseEvent *event)
{
    Dealing *dealing = dealing_of(summary, ue, pkmf);
    const char *cause = event->cause ? event->cause : "unspecified";
    Measured at = { -1, ue, -1, -1 };
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, -1, ue, tallies);

    if (!dealing->request_is_open)
        return;
    dealing->request_is_open = false;
    for (unsigned t = 0; dealing->asked_ns >= summary->warm_up_ns && t < n; t++) {
        if (event->type == PROSE_EVENT_KEY_RESPONSE_RECEIVED) {
            tallies[t]->responses++;
        } else if (event->type == PROSE_EVENT_KEY_RESPONSE_IGNORED) {
            counts_add(&tallies[t]->request_ignored, cause);
        } else {
            counts_add(&tallies[t]->request_failed, cause);
        }
    }
    if (event->type == PROSE_EVENT_KEY_RESPONSE_RECEIVED && dealing->asked_ns >= summary->warm_up_ns)
        summary_add_value(summary, DIST_REQUEST_TO_RESPONSE, &at, (double) (event->time_ns - dealing->asked_ns) / 1e9);
}

/* ---- deliveries: a PKMF has one outstanding per UE (rules M1) ---- */

static void
delivery_sent(ProseSummary *summary, int ue, unsigned pkmf, int discovery, const ProseEvent *event)
{
    Dealing *dealing = dealing_of(summary, ue, pkmf);
    Tally *tallies[3];
    unsigned n;

    if (event->value > 1 && dealing->delivery_is_open) {
        n = summary_tallies(summary, discovery, ue, tallies);
        for (unsigned t = 0; dealing->sent_ns >= summary->warm_up_ns && t < n; t++)
            tallies[t]->retransmitted++;
        return;
    }
    if (dealing->delivery_is_open && dealing->sent_ns >= summary->warm_up_ns) {
        n = summary_tallies(summary, dealing->discovery, ue, tallies);
        for (unsigned t = 0; t < n; t++)
            tallies[t]->superseded++;
    }
    dealing->delivery_is_open = true;
    dealing->sent_ns = event->time_ns;
    dealing->discovery = discovery;
}

static void
delivery_ended(ProseSummary *summary, int ue, unsigned pkmf, int discovery, const ProseEvent *event)
{
    Dealing *dealing = dealing_of(summary, ue, pkmf);
    uint64_t since_ns = dealing->delivery_is_open ? dealing->sent_ns : event->time_ns;
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, dealing->delivery_is_open ? dealing->discovery : discovery, ue, tallies);

    for (unsigned t = 0; since_ns >= summary->warm_up_ns && t < n; t++) {
        /* An answer to a delivery that was given up: the key arrived after all. */
        if (!dealing->delivery_is_open)
            tallies[t]->verified_late += event->type == PROSE_EVENT_KEY_VERIFIED;
        else if (event->type == PROSE_EVENT_KEY_VERIFIED)
            tallies[t]->verified++;
        else if (event->type == PROSE_EVENT_KEY_DELIVERY_REFUSED)
            tallies[t]->delivery_refused++;
        else
            tallies[t]->unreachable++;
    }
    dealing->delivery_is_open = false;
}

static void
read_rejected(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about)
{
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, about->discovery, about->ue >= 0 ? about->ue : about->peer, tallies);

    for (unsigned t = 0; event->time_ns >= summary->warm_up_ns && t < n; t++)
        counts_add(&tallies[t]->rejected, event->cause ? event->cause : "unspecified");
}

/* ---- dispatch ---- */

static void
read_delivery(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about)
{
    int pkmf = find_pkmf(summary, event->entity);

    if (pkmf < 0 || about->peer < 0)
        return;
    if (event->type != PROSE_EVENT_KEY_DELIVERY_SENT) {
        delivery_ended(summary, about->peer, (unsigned) pkmf, about->discovery, event);
        return;
    }
    summary->pkmf_tracks[pkmf].messages++;
    delivery_sent(summary, about->peer, (unsigned) pkmf, about->discovery, event);
    if (about->discovery >= 0)
        rollovers_delivery_sent(summary, (unsigned) about->discovery, event);
}

static void
authorisation_changed(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event)
{
    Member *member = summary_member(summary, ue, discovery);

    sweep(summary, ue, discovery, event->time_ns);
    member->revoked_ns = strcmp(event->cause, "revoked") == 0 ? event->time_ns : PROSE_NEVER;
}

void
summary_keys_read(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about)
{
    int pkmf;

    switch ((int) event->type) {
    case PROSE_EVENT_HTTP_REFUSED:
        pkmf = find_pkmf(summary, event->entity);
        if (pkmf >= 0 && event->value == 503 && event->time_ns >= summary->warm_up_ns)
            summary->refused_503[pkmf]++;
        break;
    case PROSE_EVENT_KEY_REQUEST_SENT:
        pkmf = find_pkmf(summary, event->peer);
        if (pkmf >= 0 && about->ue >= 0)
            request_sent(summary, about->ue, (unsigned) pkmf, event);
        break;
    case PROSE_EVENT_KEY_RESPONSE_RECEIVED:
    case PROSE_EVENT_KEY_RESPONSE_IGNORED:
    case PROSE_EVENT_KEY_REQUEST_FAILED:
        pkmf = find_pkmf(summary, event->peer);
        if (pkmf >= 0 && about->ue >= 0)
            request_ended(summary, about->ue, (unsigned) pkmf, event);
        break;
    case PROSE_EVENT_DISCOVERY_SUPPLIED:
    case PROSE_EVENT_DISCOVERY_REFUSED:
        if (about->ue >= 0 && about->discovery >= 0) {
            answered(summary, (unsigned) about->ue, (unsigned) about->discovery, event);
            summary_keys_look(summary, (unsigned) about->ue, (unsigned) about->discovery, event->time_ns);
        }
        break;
    case PROSE_EVENT_NO_PKMF:
        if (about->ue >= 0 && about->discovery >= 0)
            no_pkmf(summary, (unsigned) about->ue, (unsigned) about->discovery, event);
        break;
    case PROSE_EVENT_KEY_DELIVERY_SENT:
    case PROSE_EVENT_KEY_VERIFIED:
    case PROSE_EVENT_KEY_DELIVERY_REFUSED:
    case PROSE_EVENT_UE_UNREACHABLE:
        read_delivery(summary, event, about);
        break;
    case PROSE_EVENT_MIKEY_REJECTED:
        read_rejected(summary, event, about);
        break;
    case PROSE_EVENT_KEY_STORED:
        if (about->ue >= 0 && about->discovery >= 0) {
            key_stored(summary, (unsigned) about->ue, (unsigned) about->discovery, event);
            rollovers_key_stored(summary, (unsigned) about->ue, (unsigned) about->discovery, event);
            summary_keys_look(summary, (unsigned) about->ue, (unsigned) about->discovery, event->time_ns);
        }
        break;
    case PROSE_EVENT_POWER_CHANGED:
        switched(summary, (unsigned) about->ue, event);
        break;
    case PROSE_EVENT_KEY_WIPED:
        if (about->ue >= 0 && about->discovery >= 0) {
            key_wiped(summary, (unsigned) about->ue, (unsigned) about->discovery, event);
            summary_keys_look(summary, (unsigned) about->ue, (unsigned) about->discovery, event->time_ns);
        }
        break;
    case PROSE_EVENT_AUTHORISATION_CHANGED:
        if (about->peer >= 0 && about->discovery >= 0)
            authorisation_changed(summary, (unsigned) about->peer, (unsigned) about->discovery, event);
        break;
    case PROSE_EVENT_PKMF_QUEUE:
    case PROSE_EVENT_PKMF_WORKERS:
        pkmf = find_pkmf(summary, event->entity);
        if (pkmf >= 0)
            series_pkmf_changed(summary, (unsigned) pkmf, event);
        break;
    case PROSE_EVENT_PSDK_REPLACED:
        if (about->discovery >= 0)
            rollovers_key_replaced(summary, about->peer, (unsigned) about->discovery, event);
        break;
    case PROSE_EVENT_PSDK_ALLOCATED:
        if (about->discovery >= 0)
            rollovers_key_allocated(summary, (unsigned) about->discovery, event);
        break;
    default:
        g_assert_not_reached();
    }
}

void
summary_keys_init(ProseSummary *summary)
{
    for (unsigned i = 0; i < summary->n_ues; i++) {
        const ProseScenarioUe *ue = g_ptr_array_index(summary->scenario->ues, i);

        for (unsigned d = 0; d < summary->n_discoveries; d++) {
            Member *member = summary_member(summary, i, d);

            member->takes_part = has_role(summary, i, d);
            /* Nobody is asked for what the scenario gives. */
            if (member->takes_part && !summary_discovery(summary, d)->pkmf) {
                member->is_supplied = ue->authorised[d];
                member->refused = ue->authorised[d] ? NULL : g_strdup(prose_status_code_name(PROSE_STATUS_NOT_AUTHORISED));
            }
            member->asked_ns = member->dark_ns = member->first_key_ns = member->revoked_ns = member->told_dark_ns = PROSE_NEVER;
            member->newest_from = INT64_MIN;
            member->status_code = -1;
        }
    }
}

/* How a UE fared: with every key it takes part for, else by the first discovery without one. */
static void
finish_ue(ProseSummary *summary, unsigned ue)
{
    const char *refused = NULL;
    bool takes_part = false, is_waiting = false;
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, -1, (int) ue, tallies);

    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        const Member *member = summary_member(summary, ue, d);

        if (!has_role(summary, ue, d))
            continue;
        takes_part = true;
        if (member->is_keyed)
            continue;
        if (!member->refused)
            is_waiting = true;
        else if (!refused)
            refused = member->refused;
    }
    for (unsigned t = 0; takes_part && t < n; t++) {
        if (refused)
            counts_add(&tallies[t]->ues_refused, refused);
        else if (is_waiting)
            tallies[t]->ues_waiting++;
        else
            tallies[t]->ues_supplied++;
    }
}

/* What is still open: a number of its own, and censored in its distribution. */
static void
finish_dealing(ProseSummary *summary, unsigned ue, unsigned pkmf)
{
    const Dealing *dealing = dealing_of(summary, (int) ue, pkmf);
    Measured at = { -1, (int) ue, -1, -1 };
    Tally *tallies[3];
    unsigned n;

    if (dealing->request_is_open && dealing->asked_ns >= summary->warm_up_ns) {
        n = summary_tallies(summary, -1, (int) ue, tallies);
        for (unsigned t = 0; t < n; t++)
            tallies[t]->requests_open++;
        summary_add_censored(summary, DIST_REQUEST_TO_RESPONSE, &at, (double) (summary->end_ns - dealing->asked_ns) / 1e9);
    }
    if (dealing->delivery_is_open && dealing->sent_ns >= summary->warm_up_ns) {
        n = summary_tallies(summary, dealing->discovery, (int) ue, tallies);
        for (unsigned t = 0; t < n; t++)
            tallies[t]->deliveries_open++;
    }
}

void
summary_keys_finish(ProseSummary *summary)
{
    for (unsigned i = 0; i < summary->n_ues; i++) {
        for (unsigned d = 0; d < summary->n_discoveries; d++) {
            Member *member = summary_member(summary, i, d);
            Measured at = { (int) d, (int) i, -1, -1 };

            sweep(summary, i, d, summary->end_ns);
            if (member->asked_ns != PROSE_NEVER && member->asked_ns >= summary->warm_up_ns)
                summary_add_censored(summary, DIST_REQUEST_TO_KEY, &at, (double) (summary->end_ns - member->asked_ns) / 1e9);
            if (member->dark_ns != PROSE_NEVER && member->dark_ns >= summary->warm_up_ns) {
                at.key_period = summary_key_period(summary, d, member->dark_ns);
                summary_add_censored(summary, DIST_BLACKOUT, &at, (double) (summary->end_ns - member->dark_ns) / 1e9);
            }
        }
        finish_ue(summary, i);
        for (unsigned p = 0; p < summary->n_pkmfs; p++)
            finish_dealing(summary, i, p);
    }
}

void
summary_keys_clear(ProseSummary *summary)
{
    for (size_t i = 0; i < (size_t) summary->n_ues * summary->n_discoveries; i++) {
        g_free(summary->members[i].refused);
        g_free(summary->members[i].holdings);
    }
}
