/* SPDX-License-Identifier: GPL-2.0-only */
/* What receivers get, and what they make of it. */
#include "prose-radio-internal.h"

#include <math.h>
#include <string.h>

/* ---- what nodes know ---- */

static void
renew_ring(ProseRadio *radio, Node *node)
{
    ProseUe *ue = radio->ues[node->ue];
    uint32_t old = node->ring;
    size_t n;
    const ProsePc5Context *contexts = prose_ue_pc5_contexts(ue, &n);
    g_autofree ProsePc5RingEntry *entries = g_new0(ProsePc5RingEntry, n + 1);

    for (size_t i = 0; i < n; i++)
        entries[i] = (ProsePc5RingEntry) {
            .lock = prose_pc5_memo_lock(radio->memo, prose_ue_pc5_context_key(ue, &contexts[i]), contexts[i].meta, contexts[i].type),
            .max_offset = contexts[i].max_offset, .overlap = contexts[i].overlap,
        };
    node->ring = prose_pc5_memo_ring(radio->memo, entries, n);
    prose_pc5_memo_unring(radio->memo, old);
    node->has_class = false;
}

/* In how many discoveries it monitors, as the opportunities of others count. */
static void
renew_monitors(ProseRadio *radio, Node *node)
{
    const ProseScenarioUe *spec = radio_spec(radio, node->ue);
    uint64_t bit = 1;

    for (unsigned d = 0; d < radio->n_discoveries; d++) {
        bool was = node->monitors & bit;
        bool is = node->listens && prose_topology_takes_part(radio->config.topology, node->ue, d);
        uint64_t *monitoring = &radio->monitoring[(size_t) d * radio->n_groups + node->group];

        if (!(spec->roles[d] & PROSE_ROLES_RECEIVING))
            continue;
        *monitoring += (uint64_t) is - (uint64_t) was;
        node->monitors = is ? node->monitors | bit : node->monitors & ~bit;
        bit <<= 1;                         /* of no more than 64 discoveries: see prose_ue_new() */
    }
}

static void
renew_node(ProseRadio *radio, Node *node)
{
    const ProseUe *ue = radio->ues[node->ue];
    bool listened = node->listens;

    node->is_stale = false;
    node->listens = prose_topology_is_on(radio->config.topology, node->ue) && prose_ue_pc5_listens(ue);
    node->clock = *prose_ue_clock(ue);
    node->can_tell_time = node->clock.is_set;
    node->second_until_ns = 0;
    renew_monitors(radio, node);
    for (uint32_t c = node->first_channel; c < node->first_channel + node->n_channels; c++)
        radio_forget_channel(radio, &radio->channels[c]);
    /* What it was still waiting for when it stopped stays undecided. */
    for (unsigned a = 0; listened && !node->listens && a < radio->n_airs; a++) {
        if (radio->best[a])
            memset(radio->best[a] + node->first_edge, PROSE_ROW_SETTLED, node->n_edges);
    }
    node->content_until_ns = node->listens ? prose_ue_pc5_content_until(ue, radio_utc_ns(radio, ns3c_sim_now()), ns3c_sim_now()) : PROSE_NEVER;
    radio->content_until_ns = MIN(radio->content_until_ns, node->content_until_ns);
    if (radio->memo && node->listens)
        renew_ring(radio, node);
}

void
radio_renew_nodes(ProseRadio *radio)
{
    for (unsigned i = 0; i < radio->stale->len; i++)
        renew_node(radio, &radio->nodes[g_array_index(radio->stale, uint32_t, i)]);
    g_array_set_size(radio->stale, 0);
}

bool
radio_is_content(ProseRadio *radio, uint64_t now_ns)
{
    if (now_ns < radio->content_until_ns)
        return true;
    radio->content_until_ns = PROSE_NEVER;
    for (uint32_t k = 0; k < radio->n_ues; k++) {
        Node *node = &radio->nodes[k];

        if (node->listens && node->content_until_ns <= now_ns)
            node->content_until_ns = prose_ue_pc5_content_until(radio->ues[node->ue], radio_utc_ns(radio, now_ns), now_ns);
        radio->content_until_ns = MIN(radio->content_until_ns, node->content_until_ns);
    }
    return now_ns < radio->content_until_ns;
}

void
radio_tell(ProseRadio *radio)
{
    ProseSummary *summary = radio->config.summary;

    for (uint32_t c = 0; c < radio->n_channels; c++) {
        Channel *channel = &radio->channels[c];
        ProsePc5Counts *counts = prose_summary_pc5(summary, channel->ue, channel->discovery);

        counts->slots[PROSE_SLOT_SENT] += channel->n_sent;
        counts->kdf_computed += channel->n_computed;
        counts->kdf_logical += (uint64_t) channel->n_sent * radio_derivations(&radio_discovery(radio, channel->discovery)->meta);
        channel->n_sent = channel->n_computed = 0;
    }
    for (size_t i = 0; i < (size_t) radio->n_ues * radio->n_discoveries; i++) {
        Tally *tally = &radio->tallies[i];
        ProsePc5Counts *counts = prose_summary_pc5(summary, radio->nodes[i / radio->n_discoveries].ue, (unsigned) (i % radio->n_discoveries));

        counts->outcomes[PROSE_PC5_HALF_DUPLEX] += tally->half_duplex;
        counts->outcomes[PROSE_PC5_COLLISION] += tally->collision;
        counts->outcomes[PROSE_PC5_ACCEPTED] += tally->accepted;
        counts->outcomes[PROSE_PC5_REPEATED] += tally->repeated;
        counts->kdf_logical += tally->derivations;
        *tally = (Tally) { 0 };
    }
}

/* ---- one run of subframes ---- */

typedef struct Hearing {
    ProseRadio *radio;
    Air *air;
    uint32_t from, to;
    bool counts;
    uint64_t first_ns, last_ns;    /* of the subframes at the ends */
    bool is_simple;                /* nobody wants events, and all know one time */
    bool has_one_counter;          /* then: all that is heard has this one: */
    uint32_t counter;
    /* of the receiver at hand: */
    Node *node;
    Tally *tallies;                /* by discovery */
    uint32_t n_on_air;
    uint32_t n_busy;               /* in ProseRadio.busy */
} Hearing;

/* What came of a candidate. */
typedef struct Heard {
    ProsePc5Outcome outcome;
    unsigned derivations;
    bool is_first;                 /* of that sender under that discovery */
    ProseSlot at;                  /* the receiver's; time: of the copy */
} Heard;

static void
slot_of(const Hearing *hearing, const Sending *sending, uint32_t subframe, ProseSlot *ret)
{
    ProseRadio *radio = hearing->radio;

    /* A receiver counts by its own UTC; of every copy at the message's first subframe (rules T3). */
    if (!radio->is_uniform || radio->kept_slot.now_ns != sending->slot_ns)
        prose_coverage_slot(radio->config.coverage, hearing->node->ue, sending->slot_ns, &radio->kept_slot);
    *ret = radio->kept_slot;
    ret->now_ns = air_subframe_ns(hearing->air, subframe);
}

static void
count_computed(const Hearing *hearing, uint32_t c, uint64_t n)
{
    const Channel *channel = &hearing->radio->channels[c];

    if (n > 0 && hearing->air->sendings[c].slot_ns >= hearing->radio->warm_up_ns)
        prose_summary_pc5(hearing->radio->config.summary, channel->ue, channel->discovery)->kdf_computed += n;
}

static void
hear_by_ue(const Hearing *hearing, uint32_t c, uint32_t subframe, Heard *ret)
{
    const ProseRadio *radio = hearing->radio;
    const Sending *sending = &hearing->air->sendings[c];
    uint8_t octets[PROSE_PC5_LEN];
    ProsePc5Received received;

    slot_of(hearing, sending, subframe, &ret->at);
    memcpy(octets, sending->octets, sizeof octets);
    if (radio->config.tamper)
        radio->config.tamper(radio->config.tamper_user, radio->channels[c].ue, hearing->node->ue, octets);
    prose_ue_pc5_receive(radio->ues[hearing->node->ue], &ret->at, octets, sizeof octets, &received);
    ret->outcome = received.outcome;
    ret->derivations = received.derivations;
    ret->is_first = received.outcome == PROSE_PC5_ACCEPTED && received.first;
    count_computed(hearing, c, received.derivations);
}

/* Floor of the node's ProSe clock. A clock is off by less than half, so a second lasts at least half of what is left of it. */
static int64_t
second_at(Node *node, uint64_t at_ns)
{
    int64_t clock_ns = prose_clock_read(&node->clock, at_ns);

    node->second = prose_seconds(clock_ns);
    node->second_until_ns = at_ns + (uint64_t) ((node->second + 1) * PROSE_NS_PER_S - clock_ns) / 2;
    return node->second;
}

/* The class that the receiver is in for a message with @counter in its slot, its own being @at's. */
static uint32_t
class_for(const Hearing *hearing, const ProseSlot *at, uint32_t counter)
{
    Node *node = hearing->node;
    int32_t counter_ahead = prose_counter_distance(at->counter, counter);
    int32_t clock_ahead = node->can_tell_time ? prose_counter_distance((uint32_t) second_at(node, at->now_ns), at->counter) : 0;

    if (!node->has_class || node->class_clock != clock_ahead || node->class_counter != counter_ahead) {
        node->class = prose_pc5_memo_class(hearing->radio->memo, node->ring, node->can_tell_time, counter_ahead, clock_ahead);
        node->class_clock = clock_ahead;
        node->class_counter = counter_ahead;
        node->has_class = true;
    }
    return node->class;
}

static ProsePc5Judgement
judge(const Hearing *hearing, uint32_t class, uint32_t c)
{
    const Sending *sending = &hearing->air->sendings[c];
    const ProsePc5Transmission transmission = { .octets = sending->octets, .counter = sending->counter, .lock = sending->lock };
    uint64_t computed = 0;
    ProsePc5Judgement judgement = prose_pc5_memo_judge(hearing->radio->memo, class, hearing->air->index, c, &transmission, &computed);

    count_computed(hearing, c, computed);
    return judgement;
}

static void
hear_discovered(const Hearing *hearing, uint32_t c, uint64_t at_ns)
{
    const Channel *channel = &hearing->radio->channels[c];

    prose_summary_add_discovered(hearing->radio->config.summary, hearing->node->ue, channel->ue, channel->discovery, at_ns,
                                 hearing->air->sendings[c].slot_ns);
}

/* Decoded, in a way that changes nothing at the UE: see Channel.is_heard_simply. */
static void
hear_by_memo(const Hearing *hearing, uint32_t class, uint32_t c, uint32_t subframe, uint32_t *memory, Heard *ret)
{
    const Sending *sending = &hearing->air->sendings[c];
    ProsePc5Judgement judgement = judge(hearing, class, c);

    if (judgement.outcome == PROSE_PC5_CLOCK_OFFSET) {
        hear_by_ue(hearing, c, subframe, ret);         /* which may ask for the time */
        return;
    }
    ret->outcome = (ProsePc5Outcome) judgement.outcome;
    ret->derivations = judgement.derivations;
    ret->is_first = false;
    if (judgement.outcome != PROSE_PC5_ACCEPTED)
        return;
    if (((*memory ^ sending->serial) & ~COUNTED) == 0)
        ret->outcome = PROSE_PC5_REPEATED;
    if (*memory == sending->serial)
        return;
    ret->is_first = *memory == 0;
    if (sending->serial & ~*memory & COUNTED && !hearing->radio->emits_candidates)
        hear_discovered(hearing, c, air_subframe_ns(hearing->air, subframe));
    *memory = sending->serial;
}

static bool
is_by_memo(const Hearing *hearing, uint32_t c, const ProseSlot *at)
{
    return hearing->radio->memo && hearing->radio->channels[c].is_heard_simply && at->has_utc;
}

/* ---- as events ---- */

static void
report_discovered(const Hearing *hearing, uint32_t c, const Heard *heard)
{
    const ProseRadio *radio = hearing->radio;
    const Channel *channel = &radio->channels[c];
    unsigned receiver = hearing->node->ue;
    ProseEvent event = prose_event_at(PROSE_EVENT_DISCOVERED, heard->at.now_ns, radio_spec(radio, receiver)->name);
    ProseEventAbout about = { .ue = (int) receiver, .discovery = (int) channel->discovery, .peer = (int) channel->ue,
                              .since_ns = hearing->air->sendings[c].slot_ns };
    uint64_t both_ns = MAX(prose_topology_power_on_ns(radio->config.topology, receiver),
                           prose_topology_power_on_ns(radio->config.topology, channel->ue));

    event.has_scope = true;
    event.scope = radio_discovery(radio, channel->discovery)->scope;
    event.peer = radio_spec(radio, channel->ue)->name;
    event.has_value = true;
    event.value = (double) (heard->at.now_ns - MIN(heard->at.now_ns, both_ns)) / 1e9;
    prose_stream_emit(radio->config.stream, &event, &about);
}

static void
report_candidate(const Hearing *hearing, uint32_t c, const Heard *heard, double power_dbm)
{
    const ProseRadio *radio = hearing->radio;
    const Channel *channel = &radio->channels[c];
    const Sending *sending = &hearing->air->sendings[c];
    unsigned receiver = hearing->node->ue;
    ProseEvent event = prose_event_at(PROSE_EVENT_CANDIDATE, heard->at.now_ns, radio_spec(radio, receiver)->name);
    ProseEventAbout about = { .ue = (int) receiver, .discovery = (int) channel->discovery, .peer = (int) channel->ue,
                              .since_ns = sending->slot_ns, .kdf_logical = heard->derivations,
                              .is_additional = sending->type == PROSE_PC5_RELAY_ADDITIONAL };

    event.cause = prose_pc5_outcome_name(heard->outcome);
    event.has_scope = true;
    event.scope = radio_discovery(radio, channel->discovery)->scope;
    event.key_id = sending->key_id;
    event.valid_from = sending->valid_from;
    event.valid_to = sending->valid_from + sending->lasts_s;
    event.peer = radio_spec(radio, channel->ue)->name;
    event.resource = (int32_t) hearing->air->resources[c];
    event.has_power = isfinite(power_dbm);             /* nothing at all has no decibels */
    event.rx_power_dbm = event.has_power ? power_dbm : 0;
    radio_add_clock_offset(&event, radio->ues[receiver], &heard->at);
    prose_stream_emit(radio->config.stream, &event, &about);
}

/* ---- as numbers ---- */

/* The receiver would send with the same key: then nothing is said of a switch. */
static bool
sends_with_same(const Hearing *hearing, const Sending *sending)
{
    const ProseRadio *radio = hearing->radio;

    return radio->memo && radio->is_uniform && prose_pc5_memo_sends_with(radio->memo, hearing->node->ring, sending->lock, sending->counter);
}

static bool
is_told(const Hearing *hearing, const Sending *sending)
{
    return sending->is_withdrawn || (sending->is_switching && !sends_with_same(hearing, sending));
}

static void
count_candidate(const Hearing *hearing, uint32_t c, const Heard *heard, uint64_t at_ns)
{
    const Channel *channel = &hearing->radio->channels[c];
    const Sending *sending = &hearing->air->sendings[c];
    ProseSummary *summary = hearing->radio->config.summary;
    ProsePc5Counts *tally = prose_summary_pc5(summary, hearing->node->ue, channel->discovery);
    bool is_taken = heard->outcome == PROSE_PC5_ACCEPTED || heard->outcome == PROSE_PC5_REPEATED;

    if (sending->slot_ns < hearing->radio->warm_up_ns)
        return;
    tally->outcomes[heard->outcome]++;
    tally->kdf_logical += heard->derivations;
    if ((is_taken && is_told(hearing, sending)) || heard->outcome == PROSE_PC5_NO_KEY || heard->outcome == PROSE_PC5_NOT_FOR_ME
        || heard->outcome == PROSE_PC5_BAD_MIC) {
        ProsePc5Sent sent = { .sender = channel->ue, .discovery = channel->discovery, .key_id = sending->key_id,
                              .valid_from = sending->valid_from, .slot_ns = sending->slot_ns };
        int64_t slot_utc_s = hearing->radio->scenario->utc_start_s + (int64_t) (sending->slot_ns / PROSE_NS_PER_S);
        ProseSlot at;

        slot_of(hearing, sending, prose_air_first_subframe(&hearing->air->air, c), &at);
        if (at.has_utc)
            slot_utc_s += prose_counter_distance(at.counter, (uint32_t) slot_utc_s);
        if (is_taken)
            prose_summary_add_accepted(summary, hearing->node->ue, &sent, slot_utc_s);
        else
            prose_summary_add_untaken(summary, hearing->node->ue, &sent, heard->outcome);
    }
    /* The memo knows what was counted before; a UE does not. */
    if (is_taken && sending->type != PROSE_PC5_RELAY_ADDITIONAL && (!hearing->radio->memo || !channel->is_heard_simply))
        hear_discovered(hearing, c, at_ns);
}

/* ---- one receiver ---- */

static void
settle(const Hearing *hearing, ProseEdge *edge, const ProseDecided *decided, double power_dbm)
{
    const ProseRadio *radio = hearing->radio;
    const Sending *sending = &hearing->air->sendings[edge->channel];
    Heard heard = { .outcome = (ProsePc5Outcome) decided->outcome };

    slot_of(hearing, sending, decided->subframe, &heard.at);
    if (heard.outcome == PROSE_PC5_ACCEPTED) {
        if (is_by_memo(hearing, edge->channel, &heard.at)) {
            uint32_t class = class_for(hearing, &heard.at, sending->counter);
            uint32_t memory = radio->is_drawn ? radio_recall(radio, (uint32_t) (hearing->node - radio->nodes), edge->channel) : edge->memory;

            edge->memory = memory;
            hear_by_memo(hearing, class, edge->channel, decided->subframe, &edge->memory, &heard);
            if (radio->is_drawn && edge->memory != memory)
                radio_remember(hearing->radio, (uint32_t) (hearing->node - radio->nodes), edge->channel, edge->memory);
        } else {
            hear_by_ue(hearing, edge->channel, decided->subframe, &heard);
        }
    }
    if (radio->emits_candidates)
        report_candidate(hearing, edge->channel, &heard, power_dbm);
    else
        count_candidate(hearing, edge->channel, &heard, heard.at.now_ns);
    if (heard.is_first && radio->emits_discovered)
        report_discovered(hearing, edge->channel, &heard);
}

/* The subframes of this pool in which the receiver sends, in this pool or another. */
static void
find_busy(Hearing *hearing)
{
    const ProseRadio *radio = hearing->radio;
    const Node *node = hearing->node;

    hearing->n_busy = 0;
    for (unsigned a = 0; a < radio->n_airs; a++) {
        const Air *other = &radio->airs[a];

        for (uint32_t c = node->first_channel; c < node->first_channel + node->n_channels; c++) {
            if (other->air.cell[c] == PROSE_AIR_SILENT)
                continue;
            for (uint32_t j = 0; j <= other->pool->retransmissions; j++) {
                uint32_t subframe = prose_air_first_subframe(&other->air, c) + j;
                uint64_t at_ns = air_subframe_ns(other, subframe);

                if (other != hearing->air) {
                    for (subframe = hearing->from; subframe < hearing->to && air_subframe_ns(hearing->air, subframe) != at_ns; subframe++)
                        ;
                }
                if (subframe >= hearing->from && subframe < hearing->to)
                    radio->busy[hearing->n_busy++] = (uint16_t) subframe;
            }
        }
    }
}

/* By PRB pair, then in the order of the row. */
static int
compare_decided(const void *a, const void *b, void *user)
{
    const ProseDecided *x = a, *y = b;
    const Hearing *hearing = user;
    const ProseAir *air = &hearing->air->air;
    const ProseEdge *edges = hearing->radio->is_drawn ? hearing->radio->drawn : hearing->radio->edges + hearing->node->first_edge;
    uint32_t p = prose_air_prb_pair(air, edges[x->edge].channel, x->subframe);
    uint32_t q = prose_air_prb_pair(air, edges[y->edge].channel, y->subframe);

    if (p != q)
        return p < q ? -1 : 1;
    return x->edge < y->edge ? -1 : x->edge > y->edge;
}

/* Channels that send a copy in the subframe, by PRB pair and then in scenario order: that in which propagation draws. */
static void
list_on_air(Hearing *hearing)
{
    ProseRadio *radio = hearing->radio;
    const ProseAir *air = &hearing->air->air;

    hearing->n_on_air = 0;
    for (uint32_t prb = 0; prb < air->pool->resources_per_subframe; prb++) {
        for (unsigned i = 0; i < radio->n_ues; i++) {
            const Node *node = &radio->nodes[radio->node_of[i]];

            for (uint32_t c = node->first_channel; c < node->first_channel + node->n_channels; c++) {
                if (air->cell[c] != PROSE_AIR_SILENT && hearing->from - prose_air_first_subframe(air, c) <= air->pool->retransmissions
                    && prose_air_prb_pair(air, c, hearing->from) == prb)
                    radio->on_air[hearing->n_on_air++] = c;
            }
        }
    }
}

static uint8_t *
drawn_best(ProseRadio *radio, uint32_t channel)
{
    if (!radio->drawn_bests)
        radio->drawn_bests = g_new0(uint8_t *, radio->n_channels + 1);
    if (!radio->drawn_bests[channel]) {
        radio->drawn_bests[channel] = g_malloc(radio->n_ues);
        memset(radio->drawn_bests[channel], PROSE_ROW_SETTLED, radio->n_ues);
    }
    return &radio->drawn_bests[channel][0];
}

/* A row for this subframe alone. */
static void
draw_row(Hearing *hearing, ProseRow *ret)
{
    ProseRadio *radio = hearing->radio;
    uint32_t k = (uint32_t) (hearing->node - radio->nodes), n = 0;

    if (!radio->drawn) {
        radio->drawn = g_new(ProseEdge, radio->n_channels + 1);
        radio->drawn_dbm = g_new(double, radio->n_channels + 1);
        radio->drawn_best = g_new(uint8_t, radio->n_channels + 1);
    }
    for (uint32_t i = 0; i < hearing->n_on_air; i++) {
        uint32_t c = radio->on_air[i];

        if (radio->channels[c].node == k)
            continue;
        radio->drawn_dbm[n] = ns3c_propagation_rx_power(radio->propagation, radio->scenario->tx_power_dbm,
                                                        radio->mirrors[radio->channels[c].node], radio->mirrors[k]);
        if (hearing->air->pool->retransmissions > 0)
            radio->drawn_best[n] = drawn_best(radio, c)[k];
        radio->drawn[n] = (ProseEdge) { .channel = c, .power_mw = prose_milliwatts(radio->drawn_dbm[n]) };
        n++;
    }
    *ret = (ProseRow) { .edges = radio->drawn, .n = n, .best = hearing->air->pool->retransmissions > 0 ? radio->drawn_best : NULL };
}

/* The class that the receiver is in for all that it hears, if there is one; else PROSE_MEMO_NONE. */
static uint32_t
class_for_all(const Hearing *hearing)
{
    Node *node = hearing->node;
    ProseSlot at = { .now_ns = hearing->last_ns, .has_utc = true, .counter = hearing->counter };

    if (!hearing->has_one_counter)
        return PROSE_MEMO_NONE;
    if (node->can_tell_time && hearing->last_ns >= node->second_until_ns) {
        int64_t first = second_at(node, hearing->first_ns);

        if (hearing->last_ns >= node->second_until_ns && second_at(node, hearing->last_ns) != first)
            return PROSE_MEMO_NONE;
        /* What is left of the second is known from its end. */
    }
    if (node->has_class && node->class_counter == 0 && node->can_tell_time
        && node->class_clock == prose_counter_distance((uint32_t) node->second, hearing->counter))
        return node->class;
    return class_for(hearing, &at, hearing->counter);
}

/* Whether all of @class accept what @c sends, and nobody has to be told more than how many did. */
static bool
is_plainly_accepted(const Hearing *hearing, uint32_t class, uint32_t c)
{
    const ProseRadio *radio = hearing->radio;
    const Sending *sending = &hearing->air->sendings[c];
    Accepted *accepted = &hearing->air->accepted[c];
    ProsePc5Judgement judgement;

    if (accepted->classes[class & 1] == class)
        return true;
    if (!radio->channels[c].is_heard_simply)
        return false;
    judgement = judge(hearing, class, c);
    /* What was not free to find out is not kept for longer than the memo does, so that it is counted alike whoever comes first. */
    if (judgement.outcome != PROSE_PC5_ACCEPTED || !judgement.is_free
        || is_told(hearing, sending))
        return false;
    accepted->classes[class & 1] = class;
    accepted->derivations[class & 1] = judgement.derivations;
    return true;
}

/* As settle() without events, for the many that are accepted, or repeated, and not for the first time. */
static void
take_all(const Hearing *hearing, ProseEdge *edges)
{
    const ProseAir *air = &hearing->air->air;
    uint32_t class = class_for_all(hearing);

    for (uint32_t i = 0; i < air->n_decided; i++) {
        ProseEdge *edge = &edges[air->decided[i].edge];
        const Accepted *accepted = &hearing->air->accepted[edge->channel];

        /* The first acceptance after the warm-up is more than a number. */
        if (class != PROSE_MEMO_NONE && edge->memory & COUNTED && is_plainly_accepted(hearing, class, edge->channel)) {
            Tally *tally = &hearing->tallies[hearing->radio->kinds[edge->channel]];
            bool is_repeated = edge->memory == accepted->serial;

            tally->repeated += is_repeated;
            tally->accepted += !is_repeated;
            tally->derivations += accepted->derivations[class & 1];
            edge->memory = accepted->serial;
        } else {
            settle(hearing, edge, &air->decided[i], 0);
        }
    }
}

static void
hear_one(Hearing *hearing)
{
    ProseRadio *radio = hearing->radio;
    Node *node = hearing->node;
    ProseAir *air = &hearing->air->air;
    ProseRow row = { .edges = radio->edges + node->first_edge, .n = node->n_edges };
    bool all = radio->emits_candidates || radio->is_drawn;

    if (radio->is_drawn)
        draw_row(hearing, &row);
    else if (hearing->air->pool->retransmissions > 0)
        row.best = radio->best[hearing->air->index] + node->first_edge;
    find_busy(hearing);
    air->draws.receiver = node->ue;
    prose_air_hear(air, &row, hearing->from, hearing->to, radio->busy, hearing->n_busy, all);
    if (radio->is_drawn && row.best) {
        for (uint32_t e = 0; e < row.n; e++)
            drawn_best(radio, row.edges[e].channel)[node - radio->nodes] = row.best[e];
    }
    if (all)
        g_qsort_with_data(air->decided, (int) air->n_decided, sizeof *air->decided, compare_decided, hearing);
    if (hearing->is_simple)
        take_all(hearing, radio->edges + node->first_edge);
    for (uint32_t i = 0; !hearing->is_simple && i < air->n_decided; i++) {
        const ProseDecided *decided = &air->decided[i];
        ProseEdge *edge = (radio->is_drawn ? radio->drawn : radio->edges + node->first_edge) + decided->edge;
        double power_dbm = 0;

        if (radio->is_drawn)
            power_dbm = radio->drawn_dbm[decided->edge];
        else if (radio->emits_candidates)
            power_dbm = ns3c_propagation_rx_power(radio->propagation, radio->scenario->tx_power_dbm,
                                                  radio->mirrors[radio->channels[edge->channel].node], radio->mirrors[node - radio->nodes]);
        settle(hearing, edge, decided, power_dbm);
    }
    if (!hearing->counts)
        return;
    for (unsigned d = 0; d < radio->n_discoveries; d++) {
        const uint32_t *lost = &air->lost[d * PROSE_MEDIUM_N_LOST];

        hearing->tallies[d].half_duplex += lost[PROSE_PC5_HALF_DUPLEX];
        hearing->tallies[d].collision += lost[PROSE_PC5_COLLISION];
        if (lost[PROSE_PC5_WEAK] > 0)
            prose_summary_pc5(radio->config.summary, node->ue, d)->outcomes[PROSE_PC5_WEAK] += lost[PROSE_PC5_WEAK];
    }
}

void
radio_hear(ProseRadio *radio, Air *air, uint32_t from, uint32_t to, bool counts)
{
    uint32_t copies = air->pool->retransmissions + 1;
    Hearing hearing = { .radio = radio, .air = air, .from = from, .to = to, .counts = counts,
                        .is_simple = radio->memo && radio->is_uniform && counts && !radio->emits_candidates && !radio->emits_discovered && !radio->is_drawn,
                        .first_ns = air_subframe_ns(air, from), .last_ns = air_subframe_ns(air, to - 1) };

    if (hearing.is_simple) {
        ProseSlot first, last;

        /* Slots begin with the first copies. */
        prose_coverage_slot(radio->config.coverage, 0, air_subframe_ns(air, from - from % copies), &first);
        prose_coverage_slot(radio->config.coverage, 0, air_subframe_ns(air, to - 1 - (to - 1) % copies), &last);
        hearing.has_one_counter = first.counter == last.counter;
        hearing.counter = first.counter;
    }
    if (radio->is_drawn) {
        g_assert(to == from + 1);
        list_on_air(&hearing);
    }
    for (unsigned i = 0; i < radio->n_ues; i++) {
        hearing.node = &radio->nodes[radio->is_ordered ? radio->node_of[i] : i];
        if (!hearing.node->listens)
            continue;
        hearing.tallies = &radio->tallies[(size_t) (hearing.node - radio->nodes) * radio->n_discoveries];
        hear_one(&hearing);
    }
}
