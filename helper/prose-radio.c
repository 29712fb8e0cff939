/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-radio.h"

#include "prose-output.h"
#include "prose-streams.h"

#include <math.h>
#include <string.h>

/* One (UE, discovery) that may send in this period, with its draws. */
typedef struct Slot {
    unsigned ue, discovery;
    uint32_t resource;
    bool transmit;
} Slot;

/* One transmission with its copies. */
typedef struct Sending {
    unsigned ue, discovery;
    uint32_t resource;
    uint64_t slot_ns;              /* start of its first subframe */
    uint8_t octets[PROSE_PC5_LEN];
    uint8_t key_id;
    int64_t valid_from, valid_to;
    uint32_t copies_left;
    uint8_t *best;                 /* (owned) (nullable): furthest outcome so far of each UE; only with retransmissions */
} Sending;

/* In Sending.best: nothing to decide for that UE, now or any more. */
#define SETTLED 0xFF

/* A copy in one subframe. */
typedef struct Copy {
    unsigned sending;              /* index in ProseRadio.sendings */
    uint32_t prb_pair;
} Copy;

struct ProseRadio {
    ProseRadioConfig config;
    const ProseScenario *scenario;
    const ProsePool *pool;
    ProseDrawKey key;
    Ns3cPropagation *propagation;
    Ns3cTimer *timer;
    unsigned n_ues, n_discoveries, n_groups;
    ProseUe **ues;                 /* (owned array) borrowed UEs */
    Ns3cMobility **mirrors;        /* (owned): where each UE stood when the period began */
    bool *moves;                   /* (owned) */
    uint64_t period, period_ns;    /* number, and start */
    uint32_t subframe;             /* the next one to be looked at */
    Slot *slots;                   /* (owned): of the period, by first subframe, then UE, then discovery */
    uint32_t *first_slot;          /* (owned): by subframe, into slots; one more at the end */
    GArray *sendings;              /* of Sending: of the period */
    GArray **copies;               /* (owned): by subframe, of Copy */
    /* of the subframe at hand: */
    unsigned *listeners;           /* (owned) */
    unsigned n_listeners;
    uint64_t *monitoring;          /* (owned): listeners by discovery and group */
    bool *is_sending;              /* (owned): by UE */
    double *powers, *milliwatts;   /* (owned): of one PRB pair at one UE */
    ProsePc5Outcome *outcomes;     /* (owned): the same */
    bool pcap_failed;
};

static void
sending_clear(void *data)
{
    g_free(((Sending *) data)->best);
}

static const ProseScenarioUe *
spec_of(const ProseRadio *radio, unsigned ue)
{
    return g_ptr_array_index(radio->scenario->ues, ue);
}

static const ProseScenarioDiscovery *
discovery_of(const ProseRadio *radio, unsigned discovery)
{
    return g_ptr_array_index(radio->scenario->discoveries, discovery);
}

/* In draws: a UE's number and a discovery's never mix with another pair's. */
static uint64_t
who_of(unsigned ue, unsigned discovery)
{
    return (uint64_t) ue << 32 | discovery;
}

static uint64_t
subframe_ns(const ProseRadio *radio, uint32_t subframe)
{
    return radio->period_ns + (uint64_t) radio->pool->subframe_ms[subframe] * PROSE_NS_PER_MS;
}

/* ---- a period begins ---- */

static void
read_positions(ProseRadio *radio)
{
    for (unsigned i = 0; i < radio->n_ues; i++) {
        if (radio->moves[i])
            ns3c_mobility_set_position(radio->mirrors[i], ns3c_mobility_position(prose_topology_mobility(radio->config.topology, i)));
    }
}

/* All draws of the period, whoever will want them: sorted by counting, so by UE and discovery inside a subframe. */
static void
draw_slots(ProseRadio *radio)
{
    const ProsePool *pool = radio->pool;
    g_autofree uint32_t *next = NULL;
    g_autofree uint32_t *resources = g_new(uint32_t, (size_t) radio->n_ues * radio->n_discoveries + 1);
    uint32_t *first = radio->first_slot;

    memset(first, 0, (pool->n_subframes + 1) * sizeof *first);
    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0;

        for (unsigned i = 0; i < radio->n_ues; i++) {
            const ProseScenarioUe *ue = spec_of(radio, i);

            for (unsigned d = 0; d < radio->n_discoveries; d++, n++) {
                uint64_t who = who_of(i, d);
                uint32_t subframe;

                if (!(ue->roles[d] & PROSE_ROLES_SENDING))
                    continue;
                if (pass == 0)
                    resources[n] = prose_pool_draw_resource(pool, &radio->key, who, radio->period);
                subframe = prose_pool_place(pool, resources[n], 0).subframe;
                if (pass == 0)
                    first[subframe + 1]++;
                else
                    radio->slots[next[subframe]++] = (Slot) {
                        .ue = i, .discovery = d, .resource = resources[n],
                        .transmit = prose_pool_draw_transmit(pool, &radio->key, who, radio->period),
                    };
            }
        }
        if (pass == 0) {
            for (uint32_t s = 0; s < pool->n_subframes; s++)
                first[s + 1] += first[s];
            next = g_memdup2(first, (pool->n_subframes + 1) * sizeof *first);
        }
    }
}

static void
begin_period(ProseRadio *radio)
{
    read_positions(radio);
    draw_slots(radio);
    g_array_set_size(radio->sendings, 0);
    for (uint32_t s = 0; s < radio->pool->n_subframes; s++)
        g_array_set_size(radio->copies[s], 0);
    radio->subframe = 0;
}

/* ---- a slot ---- */

/* System UTC at @at_ns as @ue has it. */
static ProseSlot
slot_at(const ProseRadio *radio, unsigned ue, uint64_t at_ns)
{
    ProseSlot slot;

    prose_coverage_slot(radio->config.coverage, ue, at_ns, &slot);
    return slot;
}

/* What the UE would use its slot for; 0: nothing. */
static ProseRole
wanted_role(const ProseRadio *radio, const Slot *slot)
{
    static const ProseRole by_urgency[] = { PROSE_ROLE_RESPOND, PROSE_ROLE_SOLICIT, PROSE_ROLE_ANNOUNCE };
    const ProseUe *ue = radio->ues[slot->ue];
    ProseKeyScope scope = discovery_of(radio, slot->discovery)->scope;

    if (!prose_topology_takes_part(radio->config.topology, slot->ue, slot->discovery))
        return 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(by_urgency); i++) {
        if (prose_ue_pc5_wants_slot(ue, scope, by_urgency[i], radio->period))
            return by_urgency[i];
    }
    return 0;
}

/* Seconds from the UE's ProSe clock to the slot's counter; together with what true UTC is beyond the counter, the clock's error. */
static void
add_clock_offset(ProseEvent *event, const ProseUe *ue, const ProseSlot *slot)
{
    const ProseClock *clock = prose_ue_clock(ue);

    event->has_slot = slot->has_utc;
    event->slot_counter = slot->counter;
    event->time_source = slot->time_source;
    if (clock->is_set && slot->has_utc) {
        int64_t clock_ns = prose_clock_read(clock, slot->now_ns);
        int64_t clock_s = prose_seconds(clock_ns);

        event->has_offset = true;
        event->clock_offset_s = (double) prose_counter_distance(slot->counter, (uint32_t) clock_s)
                                - (double) (clock_ns - clock_s * PROSE_NS_PER_S) / 1e9;
    }
}

static unsigned
derivations(const ProseSecurityMetadata *meta)
{
    return (unsigned) meta->scrambling + (unsigned) meta->confidentiality + (unsigned) meta->mic;
}

static void
report_slot(ProseRadio *radio, const Slot *slot, const ProseSlot *at, ProseSlotRefusal result, const ProseStoredKey *key)
{
    const ProseScenarioDiscovery *discovery = discovery_of(radio, slot->discovery);
    ProseEventType type = result == PROSE_SLOT_SENT ? PROSE_EVENT_SLOT_SENT : PROSE_EVENT_SLOT_REFUSED;
    ProseEvent event = prose_event_at(type, at->now_ns, spec_of(radio, slot->ue)->name);
    ProseEventAbout about = { .ue = (int) slot->ue, .discovery = (int) slot->discovery, .peer = -1, .since_ns = at->now_ns };

    if (!prose_stream_wants(radio->config.stream, type))
        return;
    event.has_scope = true;
    event.scope = discovery->scope;
    event.resource = (int32_t) slot->resource;
    add_clock_offset(&event, radio->ues[slot->ue], at);
    if (result == PROSE_SLOT_SENT) {
        int64_t utc_ns = radio->scenario->utc_start_s * PROSE_NS_PER_S + (int64_t) at->now_ns;

        event.key_id = key->key_id;
        event.valid_from = key->valid_from;
        event.valid_to = key->valid_to;
        event.has_value = true;
        event.value = (double) (utc_ns - prose_seconds(utc_ns) * PROSE_NS_PER_S) / 1e9
                      - (double) prose_counter_distance(at->counter, prose_counter_from_utc(utc_ns));
        about.kdf_logical = about.kdf_computed = derivations(&discovery->meta);
    } else {
        event.cause = prose_slot_refusal_name(result);
    }
    prose_stream_emit(radio->config.stream, &event, &about);
}

/* Everyone who listens has the chance to hear this slot, used or not. */
static void
report_opportunities(ProseRadio *radio, const Slot *slot, uint64_t slot_ns)
{
    const ProseScenarioUe *sender = spec_of(radio, slot->ue);
    /* It takes part, or it would have no slot. */
    bool hears_itself = sender->roles[slot->discovery] & PROSE_ROLES_RECEIVING;

    if (!radio->config.opportunities)
        return;
    for (unsigned g = 0; g < radio->n_groups; g++) {
        uint64_t n = radio->monitoring[(size_t) slot->discovery * radio->n_groups + g] - (hears_itself && g == sender->group);

        if (n > 0)
            radio->config.opportunities(radio->config.opportunities_user, slot->discovery, g, n, slot_ns);
    }
}

static void
start_sending(ProseRadio *radio, const Slot *slot, const ProseSlot *at, const uint8_t octets[PROSE_PC5_LEN], const ProseStoredKey *key)
{
    Sending sending = {
        .ue = slot->ue, .discovery = slot->discovery, .resource = slot->resource, .slot_ns = at->now_ns,
        .key_id = key->key_id, .valid_from = key->valid_from, .valid_to = key->valid_to,
        .copies_left = radio->pool->retransmissions + 1,
    };

    memcpy(sending.octets, octets, PROSE_PC5_LEN);
    if (radio->pool->retransmissions > 0) {
        sending.best = g_malloc(radio->n_ues);
        memset(sending.best, SETTLED, radio->n_ues);
        for (unsigned i = 0; i < radio->n_listeners; i++) {
            if (radio->listeners[i] != slot->ue)
                sending.best[radio->listeners[i]] = PROSE_PC5_WEAK;
        }
    }
    for (uint32_t j = 0; j <= radio->pool->retransmissions; j++) {
        ProsePoolPlace place = prose_pool_place(radio->pool, slot->resource, j);
        Copy copy = { .sending = radio->sendings->len, .prb_pair = place.prb_pair };

        g_array_append_val(radio->copies[place.subframe], copy);
    }
    g_array_append_val(radio->sendings, sending);
}

/* The gates of rules P2; the draw against the pool's probability comes last, and was made whatever they say. */
static void
use_slot(ProseRadio *radio, const Slot *slot, const ProseSlot *at)
{
    ProseRole role = wanted_role(radio, slot);
    ProseUe *ue = radio->ues[slot->ue];
    ProseKeyScope scope = discovery_of(radio, slot->discovery)->scope;
    const ProseStoredKey *key = NULL;
    uint8_t mic_random[PROSE_MIC_LEN], octets[PROSE_PC5_LEN];
    ProseSlotRefusal result;

    if (!role)
        return;
    report_opportunities(radio, slot, at->now_ns);
    if (slot->transmit) {
        prose_put_u32(mic_random, (uint32_t) prose_draw_u64(&radio->key, PROSE_DRAW_OCTETS, who_of(slot->ue, slot->discovery), radio->period));
        result = prose_ue_pc5_send(ue, scope, role, at, mic_random, octets, &key);
    } else {
        result = prose_ue_pc5_gate(ue, scope, at);
        if (result == PROSE_SLOT_SENT)
            result = PROSE_SLOT_PROBABILITY;
    }
    report_slot(radio, slot, at, result, key);
    if (result == PROSE_SLOT_SENT)
        start_sending(radio, slot, at, octets, key);
}

/* ---- reception ---- */

static void
find_listeners(ProseRadio *radio)
{
    radio->n_listeners = 0;
    memset(radio->monitoring, 0, (size_t) radio->n_discoveries * radio->n_groups * sizeof *radio->monitoring);
    for (unsigned i = 0; i < radio->n_ues; i++) {
        const ProseScenarioUe *ue = spec_of(radio, i);

        if (!prose_topology_is_on(radio->config.topology, i) || !prose_ue_pc5_listens(radio->ues[i]))
            continue;
        radio->listeners[radio->n_listeners++] = i;
        for (unsigned d = 0; d < radio->n_discoveries; d++) {
            if (ue->roles[d] & PROSE_ROLES_RECEIVING && prose_topology_takes_part(radio->config.topology, i, d))
                radio->monitoring[(size_t) d * radio->n_groups + ue->group]++;
        }
    }
}

static void
report_discovered(ProseRadio *radio, unsigned receiver, const Sending *sending, const ProseSlot *at, const ProsePc5Received *heard)
{
    ProseEvent event = prose_event_at(PROSE_EVENT_DISCOVERED, at->now_ns, spec_of(radio, receiver)->name);
    ProseEventAbout about = { .ue = (int) receiver, .discovery = (int) sending->discovery, .peer = (int) sending->ue,
                              .since_ns = sending->slot_ns };
    uint64_t both_ns = MAX(prose_topology_power_on_ns(radio->config.topology, receiver),
                           prose_topology_power_on_ns(radio->config.topology, sending->ue));

    event.has_scope = true;
    event.scope = heard->scope;
    event.peer = spec_of(radio, sending->ue)->name;
    event.has_value = true;
    event.value = (double) (at->now_ns - MIN(at->now_ns, both_ns)) / 1e9;
    prose_stream_emit(radio->config.stream, &event, &about);
}

/* The candidate is decided: by the radio, or, if decoded, by the UE. */
static void
settle(ProseRadio *radio, unsigned receiver, const Sending *sending, const ProseSlot *at, ProsePc5Outcome outcome, double power_dbm)
{
    ProseUe *ue = radio->ues[receiver];
    ProseEvent event = prose_event_at(PROSE_EVENT_CANDIDATE, at->now_ns, spec_of(radio, receiver)->name);
    ProseEventAbout about = { .ue = (int) receiver, .discovery = (int) sending->discovery, .peer = (int) sending->ue,
                              .since_ns = sending->slot_ns };
    ProsePc5Received heard = { .outcome = outcome };

    if (outcome == PROSE_PC5_ACCEPTED) {
        uint8_t octets[PROSE_PC5_LEN];

        memcpy(octets, sending->octets, sizeof octets);
        if (radio->config.tamper)
            radio->config.tamper(radio->config.tamper_user, sending->ue, receiver, octets);
        prose_ue_pc5_receive(ue, at, octets, sizeof octets, &heard);
        about.kdf_logical = about.kdf_computed = heard.derivations;
    }
    if (prose_stream_wants(radio->config.stream, PROSE_EVENT_CANDIDATE)) {
        event.cause = prose_pc5_outcome_name(heard.outcome);
        event.has_scope = true;
        event.scope = discovery_of(radio, sending->discovery)->scope;
        event.key_id = sending->key_id;
        event.valid_from = sending->valid_from;
        event.valid_to = sending->valid_to;
        event.peer = spec_of(radio, sending->ue)->name;
        event.resource = (int32_t) sending->resource;
        event.has_power = isfinite(power_dbm);     /* nothing at all has no decibels */
        event.rx_power_dbm = event.has_power ? power_dbm : 0;
        add_clock_offset(&event, ue, at);
        prose_stream_emit(radio->config.stream, &event, &about);
    }
    if (heard.outcome == PROSE_PC5_ACCEPTED && heard.first)
        report_discovered(radio, receiver, sending, at, &heard);
}

/* What @receiver gets of the copies @group, all in one PRB pair. */
static void
receive_group(ProseRadio *radio, unsigned receiver, const Copy *group, size_t n, uint64_t now_ns)
{
    const Ns3cMobility *here = radio->mirrors[receiver];
    size_t n_heard = 0, place = 0;

    for (size_t i = 0; i < n; i++) {
        const Sending *sending = &g_array_index(radio->sendings, Sending, group[i].sending);

        if (sending->ue != receiver)
            radio->powers[n_heard++] = ns3c_propagation_rx_power(radio->propagation, radio->scenario->tx_power_dbm,
                                                                 radio->mirrors[sending->ue], here);
    }
    prose_pool_receive_all(&radio->scenario->reception, radio->powers, n_heard, radio->milliwatts, radio->outcomes);
    for (size_t i = 0; i < n; i++) {
        Sending *sending = &g_array_index(radio->sendings, Sending, group[i].sending);
        ProsePc5Outcome outcome;
        ProseSlot at;
        double power_dbm;

        if (sending->ue == receiver)
            continue;
        power_dbm = radio->powers[place];
        outcome = radio->outcomes[place++];
        if (outcome != PROSE_PC5_WEAK && radio->is_sending[receiver])
            outcome = PROSE_PC5_HALF_DUPLEX;
        if (sending->best) {
            if (sending->best[receiver] == SETTLED)
                continue;
            sending->best[receiver] = MAX(sending->best[receiver], (uint8_t) outcome);
            if (outcome != PROSE_PC5_ACCEPTED && sending->copies_left > 1)
                continue;
            outcome = (ProsePc5Outcome) sending->best[receiver];
            sending->best[receiver] = SETTLED;
        }
        /* A receiver counts by its own UTC; of every copy at the message's first subframe (rules T3). */
        at = slot_at(radio, receiver, sending->slot_ns);
        at.now_ns = now_ns;
        settle(radio, receiver, sending, &at, outcome, power_dbm);
    }
}

static int
compare_copies(const void *a, const void *b)
{
    const Copy *x = a, *y = b;

    if (x->prb_pair != y->prb_pair)
        return x->prb_pair < y->prb_pair ? -1 : 1;
    return x->sending < y->sending ? -1 : x->sending > y->sending;
}

static void
capture(ProseRadio *radio, const GArray *copies)
{
    for (unsigned c = 0; c < copies->len && !radio->pcap_failed; c++) {
        const Sending *sending = &g_array_index(radio->sendings, Sending, g_array_index(copies, Copy, c).sending);

        if (ns3c_pcap_write(radio->config.pcap, sending->octets, PROSE_PC5_LEN) != NS3C_OK) {
            radio->pcap_failed = true;
            if (radio->config.pcap_failed)
                radio->config.pcap_failed(radio->config.pcap_failed_user);
        }
    }
}

static void
set_sending(ProseRadio *radio, const GArray *copies, bool is_sending)
{
    for (unsigned c = 0; c < copies->len; c++)
        radio->is_sending[g_array_index(radio->sendings, Sending, g_array_index(copies, Copy, c).sending).ue] = is_sending;
}

static void
receive_all(ProseRadio *radio, GArray *copies, uint64_t now_ns)
{
    const Copy *all = (const Copy *) (const void *) copies->data;

    /* By PRB pair; inside one, in the order of the slots, which is that of UE and discovery: sums are made in it. */
    g_array_sort(copies, compare_copies);
    set_sending(radio, copies, true);
    for (unsigned i = 0; i < radio->n_listeners; i++) {
        for (unsigned c = 0, end; c < copies->len; c = end) {
            for (end = c + 1; end < copies->len && all[end].prb_pair == all[c].prb_pair; end++)
                ;
            receive_group(radio, radio->listeners[i], all + c, end - c, now_ns);
        }
    }
    set_sending(radio, copies, false);
    for (unsigned c = 0; c < copies->len; c++)
        g_array_index(radio->sendings, Sending, all[c].sending).copies_left--;
}

static void
do_subframe(ProseRadio *radio, uint32_t subframe)
{
    uint64_t now_ns = subframe_ns(radio, subframe);

    find_listeners(radio);
    for (uint32_t s = radio->first_slot[subframe]; s < radio->first_slot[subframe + 1]; s++) {
        ProseSlot at = slot_at(radio, radio->slots[s].ue, now_ns);

        use_slot(radio, &radio->slots[s], &at);
    }
    if (radio->copies[subframe]->len == 0)
        return;
    if (radio->config.pcap)
        capture(radio, radio->copies[subframe]);
    receive_all(radio, radio->copies[subframe], now_ns);
}

/* ---- time ---- */

/* The next subframe of the period in which anybody may send; n_subframes for none. */
static uint32_t
next_used(const ProseRadio *radio, uint32_t from)
{
    while (from < radio->pool->n_subframes && radio->first_slot[from] == radio->first_slot[from + 1] && radio->copies[from]->len == 0)
        from++;
    return from;
}

static void
timer_cb(void *user)
{
    ProseRadio *radio = user;
    uint64_t now_ns = ns3c_sim_now();

    prose_coverage_advance(radio->config.coverage);
    if (radio->subframe == radio->pool->n_subframes) {
        radio->period++;
        radio->period_ns = now_ns;
        begin_period(radio);
    } else {
        do_subframe(radio, radio->subframe++);
    }
    radio->subframe = next_used(radio, radio->subframe);
    /* The pool's first subframe begins with its period. */
    if (radio->subframe < radio->pool->n_subframes && subframe_ns(radio, radio->subframe) == now_ns) {
        do_subframe(radio, radio->subframe++);
        radio->subframe = next_used(radio, radio->subframe);
    }
    ns3c_timer_set(radio->timer, radio->subframe < radio->pool->n_subframes
                   ? subframe_ns(radio, radio->subframe)
                   : radio->period_ns + (uint64_t) radio->pool->period_ms * PROSE_NS_PER_MS);
}

/* ---- life ---- */

ProseRadio *
prose_radio_new(const ProseRadioConfig *config, GError **error)
{
    g_autoptr(ProseRadio) radio = g_new0(ProseRadio, 1);
    const ProseScenario *scenario = config->scenario;
    const ProsePool *pool = &((const ProseScenarioPool *) g_ptr_array_index(scenario->pools, 0))->pool;
    char *message = NULL;

    radio->config = *config;
    radio->scenario = scenario;
    radio->pool = pool;
    radio->key = prose_rng_key(PROSE_RNG_RADIO);
    radio->n_ues = scenario->ues->len;
    radio->n_discoveries = scenario->discoveries->len;
    radio->n_groups = scenario->group_names->len;
    radio->propagation = ns3c_propagation_new(scenario->propagation, scenario->carrier_hz, PROSE_RNG_PROPAGATION, &message);
    if (!radio->propagation) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "[radio] propagation = %s: %s", scenario->propagation,
                    message ? message : "ns-3 refuses it");
        free(message);
        return NULL;
    }
    radio->ues = g_new(ProseUe *, radio->n_ues);
    radio->mirrors = g_new0(Ns3cMobility *, radio->n_ues);
    radio->moves = g_new(bool, radio->n_ues);
    radio->listeners = g_new(unsigned, radio->n_ues);
    radio->is_sending = g_new0(bool, radio->n_ues);
    for (unsigned i = 0; i < radio->n_ues; i++) {
        const Ns3cMobility *mobility = prose_topology_mobility(config->topology, i);

        radio->ues[i] = prose_topology_ue(config->topology, i);
        radio->moves[i] = !ns3c_mobility_is_static(mobility);
        radio->mirrors[i] = ns3c_mobility_new("constant-position", ns3c_mobility_position(mobility), 0, NULL);
    }
    radio->monitoring = g_new(uint64_t, (size_t) radio->n_discoveries * radio->n_groups + 1);
    radio->powers = g_new(double, (size_t) radio->n_ues * radio->n_discoveries + 1);
    radio->milliwatts = g_new(double, (size_t) radio->n_ues * radio->n_discoveries + 1);
    radio->outcomes = g_new(ProsePc5Outcome, (size_t) radio->n_ues * radio->n_discoveries + 1);
    radio->slots = g_new(Slot, (size_t) radio->n_ues * radio->n_discoveries + 1);
    radio->first_slot = g_new0(uint32_t, pool->n_subframes + 1);
    radio->sendings = g_array_new(FALSE, FALSE, sizeof(Sending));
    g_array_set_clear_func(radio->sendings, sending_clear);
    radio->copies = g_new(GArray *, pool->n_subframes);
    for (uint32_t s = 0; s < pool->n_subframes; s++)
        radio->copies[s] = g_array_new(FALSE, FALSE, sizeof(Copy));
    /* As if a period had just ended: the first one begins with the run, and its number is 0. */
    radio->period = UINT64_MAX;
    radio->subframe = pool->n_subframes;
    radio->timer = ns3c_timer_new(timer_cb, radio);
    ns3c_timer_set(radio->timer, ns3c_sim_now());
    return g_steal_pointer(&radio);
}

ProseRadio *
prose_radio_free(ProseRadio *radio)
{
    if (!radio)
        return NULL;
    ns3c_timer_free(radio->timer);
    for (unsigned i = 0; radio->mirrors && i < radio->n_ues; i++)
        ns3c_mobility_free(radio->mirrors[i]);
    ns3c_propagation_free(radio->propagation);
    for (uint32_t s = 0; radio->copies && s < radio->pool->n_subframes; s++)
        g_array_unref(radio->copies[s]);
    if (radio->sendings)
        g_array_unref(radio->sendings);
    g_free(radio->copies);
    g_free(radio->first_slot);
    g_free(radio->slots);
    g_free(radio->powers);
    g_free(radio->milliwatts);
    g_free(radio->outcomes);
    g_free(radio->monitoring);
    g_free(radio->is_sending);
    g_free(radio->listeners);
    g_free(radio->moves);
    g_free(radio->mirrors);
    g_free(radio->ues);
    g_free(radio);
    return NULL;
}
