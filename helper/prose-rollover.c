/* SPDX-License-Identifier: GPL-2.0-only */
/* Key rollovers: who was to have the next key, who had it, and what was lost for want of it. */
#include "prose-summary-internal.h"

#include <math.h>

/* A message can be heard under a key this long on either side of the key's interval: M for each of the two clocks in rules K1 and T4, and as much
 * again for what the sender's are wrong by; and half the values of the counter LSB (rules T5). */
#define NEAR_SWITCH_S(max_offset_s) (4 * (int64_t) (max_offset_s) + 128)

static int
compare_rollovers(const void *a, const void *b)
{
    const Rollover *x = a, *y = b;

    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->discovery != y->discovery)
        return x->discovery < y->discovery ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Every start of a period after the run's beginning (and the warm-up) and before its end. */
static void
list_rollovers(ProseSummary *summary)
{
    const ProseScenario *scenario = summary->scenario;
    uint64_t end_ns = prose_ns_from_s(scenario->duration_s);

    summary->rollovers = g_array_new(FALSE, FALSE, sizeof(Rollover));
    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        const ProseScenarioDiscovery *discovery = summary_discovery(summary, d);
        int64_t number = 0;

        if (scenario->utc_start_s > discovery->first_start_s)
            number = (scenario->utc_start_s - discovery->first_start_s) / discovery->cryptoperiod_s;
        for (;; number++) {
            Rollover r = { .discovery = d, .number = number, .cause = "period", .last_valid_to = INT64_MIN,
                           .valid_from = discovery->first_start_s + number * (int64_t) discovery->cryptoperiod_s };

            if (r.valid_from <= scenario->utc_start_s)
                continue;
            r.start_ns = summary_sim_ns(summary, r.valid_from);
            if (r.start_ns >= end_ns)
                break;
            if (r.start_ns >= summary->warm_up_ns)
                g_array_append_val(summary->rollovers, r);
        }
    }
    g_array_sort(summary->rollovers, compare_rollovers);
}

/* The first with this or a later start. */
static unsigned
lower_bound(const ProseSummary *summary, unsigned discovery, uint64_t start_ns)
{
    Rollover key = { .discovery = discovery, .start_ns = start_ns, .number = INT64_MIN };
    unsigned low = 0, high = summary->rollovers->len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (compare_rollovers(&g_array_index(summary->rollovers, Rollover, middle), &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The start of the period that begins at @valid_from. (nullable): outside the run, or in its warm-up */
static Rollover *
find_start(const ProseSummary *summary, unsigned discovery, int64_t valid_from)
{
    unsigned i;

    if (valid_from <= summary->scenario->utc_start_s)
        return NULL;
    i = lower_bound(summary, discovery, summary_sim_ns(summary, valid_from));
    if (i < summary->rollovers->len) {
        Rollover *r = &g_array_index(summary->rollovers, Rollover, i);

        if (r->discovery == discovery && r->valid_from == valid_from)
            return r;
    }
    return NULL;
}

/* That which brought this key: a replacement, or its period's start. */
static Rollover *
find_of_key(const ProseSummary *summary, unsigned discovery, int64_t valid_from, uint8_t key_id)
{
    for (unsigned i = 0; i < summary->replacements->len; i++) {
        const Replacement *x = &g_array_index(summary->replacements, Replacement, i);
        unsigned at;

        if (x->discovery != discovery || x->valid_from != valid_from || x->key_id != key_id)
            continue;
        for (at = lower_bound(summary, discovery, x->start_ns); at < summary->rollovers->len; at++) {
            Rollover *r = &g_array_index(summary->rollovers, Rollover, at);

            if (r->start_ns != x->start_ns)
                return NULL;
            if (r->discovery == discovery && r->valid_from == valid_from)
                return r;
        }
        return NULL;
    }
    return find_start(summary, discovery, valid_from);
}

/* ---- at its start ---- */

static void
add_late(ProseSummary *summary, Rollover *rollover, unsigned ue, uint64_t had_ns)
{
    Measured at = { (int) rollover->discovery, (int) ue, -1, rollover->number };
    double late_s = (double) (MAX(had_ns, rollover->start_ns) - rollover->start_ns) / 1e9;

    prose_samples_add(&rollover->late, late_s);
    summary_add_value(summary, DIST_LATE, &at, late_s);
}

static void
make_stored(ProseSummary *summary, Rollover *rollover)
{
    rollover->stored_ns = g_new(uint64_t, summary->n_ues);
    for (unsigned i = 0; i < summary->n_ues; i++)
        rollover->stored_ns[i] = PROSE_NEVER;
}

/* Whoever lacks the key by now is not going to have it, or no use for it. */
static void
close_rollover(ProseSummary *summary, Rollover *rollover, uint64_t now_ns)
{
    uint64_t end_ns = summary_sim_ns(summary, rollover->valid_from + (int64_t) summary_discovery(summary, rollover->discovery)->cryptoperiod_s);

    for (unsigned ue = 0; rollover->passed && rollover->stored_ns && ue < summary->n_ues; ue++) {
        Measured at = { (int) rollover->discovery, (int) ue, -1, rollover->number };

        if (rollover->stored_ns[ue] != PROSE_NEVER)
            continue;
        rollover->late.censored++;
        summary_add_censored(summary, DIST_LATE, &at, (double) (MIN(end_ns, now_ns) - rollover->start_ns) / 1e9);
    }
    g_clear_pointer(&rollover->stored_ns, g_free);
    rollover->closed = true;
}

static void
pass(ProseSummary *summary, Rollover *rollover)
{
    const ProseScenarioDiscovery *d = summary_discovery(summary, rollover->discovery);
    Rollover *before_last = find_start(summary, rollover->discovery, rollover->valid_from - 2 * (int64_t) d->cryptoperiod_s);

    /* Its key's Valid To plus MAX_OFFSET is past (rules K2, M4). */
    if (before_last && !before_last->closed)
        close_rollover(summary, before_last, rollover->start_ns);
    rollover->passed = true;
    if (!rollover->stored_ns)
        make_stored(summary, rollover);
    for (unsigned i = 0; i < summary->n_ues; i++) {
        uint64_t stored_ns = rollover->stored_ns[i];

        if (!summary_wants_keys(summary, i, rollover->discovery)) {
            /* Whatever it gets later is not waited for. */
            rollover->stored_ns[i] = 0;
            continue;
        }
        rollover->wanted++;
        if (stored_ns == PROSE_NEVER) {
            rollover->missing++;
        } else {
            rollover->ready++;
            rollover->last_ready_ns = MAX(rollover->last_ready_ns, stored_ns);
            add_late(summary, rollover, i, stored_ns);
        }
    }
    if (rollover->missing == 0)
        g_clear_pointer(&rollover->stored_ns, g_free);
    summary_tell(summary, PROSE_EVENT_ROLLOVER, -1, rollover->discovery, rollover->start_ns, (double) rollover->missing, rollover);
    for (unsigned i = 0; summary->stream && i < summary->n_ues; i++)
        summary_keys_look(summary, i, rollover->discovery, rollover->start_ns);
}

void
rollovers_pass(ProseSummary *summary, uint64_t now_ns)
{
    while (summary->next_rollover < summary->rollovers->len) {
        Rollover *rollover = &g_array_index(summary->rollovers, Rollover, summary->next_rollover);

        if (rollover->start_ns > now_ns)
            break;
        if (!rollover->passed)
            pass(summary, rollover);
        summary->next_rollover++;
    }
}

void
rollovers_finish(ProseSummary *summary)
{
    for (unsigned i = 0; i < summary->rollovers->len; i++) {
        Rollover *rollover = &g_array_index(summary->rollovers, Rollover, i);

        if (!rollover->closed)
            close_rollover(summary, rollover, summary->end_ns);
    }
}

void
rollovers_key_stored(ProseSummary *summary, unsigned ue, unsigned discovery, const ProseEvent *event)
{
    Rollover *rollover = find_of_key(summary, discovery, event->valid_from, event->key_id);

    if (!rollover || rollover->closed || (rollover->passed && rollover->missing == 0))
        return;
    if (rollover->key_id != PROSE_KEY_ID_NONE && rollover->key_id != event->key_id)
        return;                                        /* of a key that has been replaced since */
    if (!rollover->stored_ns)
        make_stored(summary, rollover);
    if (rollover->stored_ns[ue] != PROSE_NEVER)
        return;
    rollover->stored_ns[ue] = event->time_ns;
    if (rollover->passed) {
        rollover->missing--;
        add_late(summary, rollover, ue, event->time_ns);
        rollover->last_ready_ns = MAX(rollover->last_ready_ns, event->time_ns);
    }
}

void
rollovers_delivery_sent(ProseSummary *summary, unsigned discovery, const ProseEvent *event)
{
    Rollover *rollover = find_of_key(summary, discovery, event->valid_from, event->key_id);

    if (!rollover || event->valid_to == event->valid_from)      /* a deletion (rules M4) */
        return;
    if (event->value > 1)
        rollover->retransmissions++;
    else
        rollover->deliveries++;
}

/* ---- replacement (rules K7) ---- */

void
rollovers_key_replaced(ProseSummary *summary, int ue, unsigned discovery, const ProseEvent *event)
{
    Revocation *r = &summary->revocations[discovery];
    const Member *member = ue >= 0 ? summary_member(summary, (unsigned) ue, discovery) : NULL;

    r->at_ns = event->time_ns;
    r->cause = g_intern_string(event->cause);
    r->last_valid_to = INT64_MIN;
    for (unsigned i = 0; member && i < member->n_holdings; i++) {
        const Holding *h = &member->holdings[i];

        if (h->is_held)
            r->last_valid_to = MAX(r->last_valid_to, h->valid_to);
    }
}

/* A key is drawn. The second one of a period replaces the first. */
void
rollovers_key_allocated(ProseSummary *summary, unsigned discovery, const ProseEvent *event)
{
    const ProseScenarioDiscovery *d = summary_discovery(summary, discovery);
    Revocation *revocation = &summary->revocations[discovery];
    Rollover *start = find_start(summary, discovery, event->valid_from);
    Replacement replacement = { .discovery = discovery, .key_id = event->key_id, .valid_from = event->valid_from, .start_ns = event->time_ns };
    Rollover r = { .discovery = discovery, .valid_from = event->valid_from, .start_ns = event->time_ns, .cause = revocation->cause,
                   .key_id = event->key_id, .last_valid_to = revocation->last_valid_to, .revoked_ns = revocation->at_ns };
    unsigned at;

    if (event->valid_from > revocation->newest_allocated) {    /* the period's own */
        revocation->newest_allocated = event->valid_from;
        if (start)
            start->key_id = event->key_id;
        return;
    }
    if (start && start->start_ns > event->time_ns) {
        /* It has not begun: the new key is the one to be had when it does. */
        start->key_id = event->key_id;
        start->cause = r.cause;
        start->last_valid_to = r.last_valid_to;
        start->revoked_ns = r.revoked_ns;
        g_clear_pointer(&start->stored_ns, g_free);
        return;
    }
    if (event->time_ns < summary->warm_up_ns)
        return;
    r.number = (event->valid_from - d->first_start_s) / d->cryptoperiod_s;
    pass(summary, &r);
    g_array_append_val(summary->replacements, replacement);
    for (at = lower_bound(summary, discovery, r.start_ns); at < summary->rollovers->len; at++) {
        if (compare_rollovers(&g_array_index(summary->rollovers, Rollover, at), &r) > 0)
            break;
    }
    g_array_insert_val(summary->rollovers, at, r);
    if (at < summary->next_rollover)
        summary->next_rollover++;
}

/* ---- receptions at a switch ---- */

/* The rollover that a reception under the sender's key belongs to: the key's start, while the receiver never had it; else the nearer of its start and end. */
static Rollover *
rollover_of_reception(ProseSummary *summary, const ProsePc5Sent *sent, bool never_had)
{
    const ProseScenarioDiscovery *d = summary_discovery(summary, sent->discovery);
    int64_t nearest = sent->valid_from;

    if (never_had)
        return find_of_key(summary, sent->discovery, sent->valid_from, sent->key_id);
    if (sent->slot_ns > summary_sim_ns(summary, nearest) + (uint64_t) d->cryptoperiod_s * (PROSE_NS_PER_S / 2))
        nearest += d->cryptoperiod_s;
    return find_start(summary, sent->discovery, nearest);
}

/* A radio may tell of a slot late: what counts is how it was then. Who had left by then neither sent nor received. */
static bool
is_entitled(const ProseSummary *summary, unsigned ue, const ProsePc5Sent *sent)
{
    const Member *member = summary_member(summary, ue, sent->discovery);

    return member->is_supplied && sent->slot_ns < member->revoked_ns;
}

/* Both sides were to have the same key. */
static bool
is_expected(const ProseSummary *summary, unsigned receiver, const ProsePc5Sent *sent)
{
    const ProseScenarioUe *from = g_ptr_array_index(summary->scenario->ues, sent->sender);
    const ProseScenarioUe *to = g_ptr_array_index(summary->scenario->ues, receiver);

    return summary_can_hear(to->roles[sent->discovery], from->roles[sent->discovery])
           && is_entitled(summary, sent->sender, sent) && is_entitled(summary, receiver, sent)
           && summary_member(summary, receiver, sent->discovery)->is_keyed;
}

static const Holding *
find_holding(const Member *member, int64_t valid_from, uint8_t key_id)
{
    for (unsigned i = 0; i < member->n_holdings; i++) {
        const Holding *h = &member->holdings[i];

        if (h->is_held && h->valid_from == valid_from && h->key_id == key_id)
            return h;
    }
    return NULL;
}

/* The receiver never held the key that was sent under: a later one, or one that replaces another of the same period. */
static bool
never_had(const ProseSummary *summary, const Member *member, const ProsePc5Sent *sent)
{
    const Rollover *brought = find_of_key(summary, sent->discovery, sent->valid_from, sent->key_id);

    if (sent->valid_from > member->newest_from)
        return true;
    if (!brought || brought->key_id == PROSE_KEY_ID_NONE)
        return false;
    for (unsigned i = 0; i < member->n_holdings; i++) {
        const Holding *h = &member->holdings[i];

        if (h->valid_from == sent->valid_from && h->key_id == sent->key_id)
            return false;
    }
    return true;
}

void
prose_summary_add_untaken(ProseSummary *summary, unsigned receiver, const ProsePc5Sent *sent, ProsePc5Outcome outcome)
{
    const Member *member = summary_member(summary, receiver, sent->discovery);
    Rollover *rollover;

    if (sent->slot_ns < summary->warm_up_ns || !is_expected(summary, receiver, sent))
        return;
    /* With the sender's key in its hand, it was something else, unless its clock kept it from using the key (rules K1). */
    if (outcome != PROSE_PC5_NO_KEY && find_holding(member, sent->valid_from, sent->key_id)
        && (summary->scenario->profile.receive_key != PROSE_RECEIVE_KEY_CLOCK || !prose_summary_is_switching(summary, sent)))
        return;
    rollover = rollover_of_reception(summary, sent, never_had(summary, member, sent));
    if (!rollover)
        return;
    rollover->lost_receptions++;
    summary->discovery_tracks[sent->discovery].lost++;
}

/* (nullable), as either */
static Rollover *
later_of(Rollover *a, Rollover *b)
{
    return !b || (a && a->start_ns >= b->start_ns) ? a : b;
}

bool
prose_summary_is_withdrawn(const ProseSummary *summary, const ProsePc5Sent *sent)
{
    return summary_member(summary, sent->sender, sent->discovery)->revoked_ns <= sent->slot_ns;
}

void
prose_summary_add_accepted(ProseSummary *summary, unsigned receiver, const ProsePc5Sent *sent, int64_t slot_utc_s)
{
    const Member *member = summary_member(summary, receiver, sent->discovery);
    const Holding *own = NULL;
    Rollover *rollover;

    if (sent->slot_ns < summary->warm_up_ns)
        return;
    if (prose_summary_is_withdrawn(summary, sent)) {
        summary->discovery_tracks[sent->discovery].revoked_accepted++;
        return;
    }
    /* What it would send with (rules K1). */
    for (unsigned i = 0; i < member->n_holdings; i++) {
        const Holding *h = &member->holdings[i];

        if (h->is_held && h->valid_from <= slot_utc_s && slot_utc_s < h->valid_to
            && (!own || h->valid_to < own->valid_to
                || (h->valid_to == own->valid_to && (h->valid_from < own->valid_from
                                                     || (h->valid_from == own->valid_from && h->key_id < own->key_id)))))
            own = h;
    }
    if (own && own->valid_from == sent->valid_from && own->key_id == sent->key_id)
        return;
    rollover = own ? later_of(find_of_key(summary, sent->discovery, own->valid_from, own->key_id),
                              find_of_key(summary, sent->discovery, sent->valid_from, sent->key_id))
                   : rollover_of_reception(summary, sent, false);
    if (!rollover)
        return;
    rollover->overlap_accepted++;
    summary->discovery_tracks[sent->discovery].overlap++;
}

bool
prose_summary_is_switching(const ProseSummary *summary, const ProsePc5Sent *sent)
{
    const ProseScenarioDiscovery *d = summary_discovery(summary, sent->discovery);
    int64_t near_s = NEAR_SWITCH_S(d->max_offset_s);
    int64_t slot_s = summary->scenario->utc_start_s + (int64_t) (sent->slot_ns / PROSE_NS_PER_S);

    return slot_s - sent->valid_from < near_s || sent->valid_from + (int64_t) d->cryptoperiod_s - slot_s < near_s
           || summary->revocations[sent->discovery].last_valid_to > slot_s || prose_summary_is_withdrawn(summary, sent);
}

/* ---- life ---- */

void
rollovers_init(ProseSummary *summary)
{
    summary->replacements = g_array_new(FALSE, FALSE, sizeof(Replacement));
    summary->revocations = g_new(Revocation, summary->n_discoveries);
    for (unsigned d = 0; d < summary->n_discoveries; d++)
        summary->revocations[d] = (Revocation) { .at_ns = PROSE_NEVER, .cause = "revoked", .last_valid_to = INT64_MIN, .newest_allocated = INT64_MIN };
    list_rollovers(summary);
}

uint8_t
rollover_key_id(const ProseSummary *summary, unsigned discovery, int64_t valid_from)
{
    const Rollover *r = find_start(summary, discovery, valid_from);

    return r ? r->key_id : PROSE_KEY_ID_NONE;
}

ProseRolloverRow
rollover_row(const ProseSummary *summary, const Rollover *r)
{
    const ProseScenario *scenario = summary->scenario;
    double revoked_utc_s = (double) scenario->utc_start_s + (double) r->revoked_ns / 1e9;

    return (ProseRolloverRow) {
        .discovery = summary_discovery(summary, r->discovery)->name, .key_period = r->number, .cause = r->cause,
        .start_s = (double) r->start_ns / 1e9, .wanted = r->wanted, .ready = r->ready,
        .last_ready_s = r->wanted > 0 && r->missing == 0 ? (double) r->last_ready_ns / 1e9 : NAN,
        .lost_receptions = r->lost_receptions, .overlap_accepted = r->overlap_accepted,
        .deliveries = r->deliveries, .retransmissions = r->retransmissions,
        .exposure_s = r->last_valid_to > INT64_MIN ? (double) r->last_valid_to - revoked_utc_s : NAN,
    };
}

static void
rollover_clear(Rollover *rollover)
{
    g_free(rollover->stored_ns);
    prose_samples_clear(&rollover->late);
}

void
rollovers_clear(ProseSummary *summary)
{
    for (unsigned i = 0; i < summary->rollovers->len; i++)
        rollover_clear(&g_array_index(summary->rollovers, Rollover, i));
    g_array_unref(summary->rollovers);
    g_array_unref(summary->replacements);
    g_free(summary->revocations);
}
