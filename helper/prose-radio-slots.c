/* SPDX-License-Identifier: GPL-2.0-only */
/* Who sends what, and in which resource. */
#include "prose-radio-internal.h"

#include <string.h>

#define AHEAD 6                    /* slots, whose memory is asked for in time */

/* In draws: a UE's number and a discovery's never mix with another pair's. */
static uint64_t
who_of(const Channel *channel)
{
    return (uint64_t) channel->ue << 32 | channel->discovery;
}

/* ---- a period begins ---- */

/* All draws of the period, whoever will want them: sorted by counting, so in one order inside a subframe. */
void
radio_draw_slots(ProseRadio *radio, Air *air)
{
    const ProsePool *pool = air->pool;
    g_autofree uint32_t *next = NULL;
    uint32_t *first = air->first_slot;

    memset(first, 0, (pool->n_subframes + 1) * sizeof *first);
    for (uint32_t c = 0; c < radio->n_channels; c++) {
        const Channel *channel = &radio->channels[c];

        if (!prose_coverage_sends_in(radio->config.coverage, channel->ue, channel->discovery, air->index, air->period)) {
            air->resources[c] = UINT32_MAX;
            continue;
        }
        air->resources[c] = prose_pool_draw_resource(pool, &radio->key, who_of(channel), air->period);
        first[prose_pool_place(pool, air->resources[c], 0).subframe + 1]++;
    }
    for (uint32_t s = 0; s < pool->n_subframes; s++)
        first[s + 1] += first[s];
    next = g_memdup2(first, (pool->n_subframes + 1) * sizeof *first);
    for (unsigned i = 0; i < radio->n_ues; i++) {
        const Node *node = &radio->nodes[radio->is_ordered ? radio->node_of[i] : i];

        for (uint32_t c = node->first_channel; c < node->first_channel + node->n_channels; c++) {
            if (air->resources[c] == UINT32_MAX)
                continue;
            air->slots[next[prose_pool_place(pool, air->resources[c], 0).subframe]++]
                = c | (prose_pool_draw_transmit(pool, &radio->key, who_of(&radio->channels[c]), air->period) ? SLOT_SENDS : 0);
        }
    }
}

/* ---- a slot ---- */

/* What the UE would use its slot for; 0: nothing. */
static ProseRole
wanted_role(const ProseRadio *radio, const Channel *channel, uint64_t period)
{
    static const ProseRole by_urgency[] = { PROSE_ROLE_RESPOND, PROSE_ROLE_SOLICIT, PROSE_ROLE_INFORM, PROSE_ROLE_ANNOUNCE };
    const ProseUe *ue = radio->ues[channel->ue];
    ProseKeyScope scope = radio_discovery(radio, channel->discovery)->scope;

    if (!prose_topology_takes_part(radio->config.topology, channel->ue, channel->discovery))
        return 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(by_urgency); i++) {
        if (prose_ue_pc5_wants_slot(ue, scope, by_urgency[i], period))
            return by_urgency[i];
    }
    return 0;
}

static void
report_slot(const ProseRadio *radio, const Channel *channel, const ProseSlot *at, ProseRole role, ProseSlotRefusal result, uint32_t resource,
            const Sending *sending)
{
    const ProseScenarioDiscovery *discovery = radio_discovery(radio, channel->discovery);
    ProseEventType type = result == PROSE_SLOT_SENT ? PROSE_EVENT_SLOT_SENT : PROSE_EVENT_SLOT_REFUSED;
    ProseEvent event = prose_event_at(type, at->now_ns, radio_spec(radio, channel->ue)->name);
    ProseEventAbout about = { .ue = (int) channel->ue, .discovery = (int) channel->discovery, .peer = -1, .since_ns = at->now_ns,
                              .is_additional = role == PROSE_ROLE_INFORM };

    if (!prose_stream_wants(radio->config.stream, type))
        return;
    event.has_scope = true;
    event.scope = discovery->scope;
    event.resource = (int32_t) resource;
    radio_add_clock_offset(&event, radio->ues[channel->ue], at);
    if (result == PROSE_SLOT_SENT) {
        int64_t utc_ns = radio_utc_ns(radio, at->now_ns);

        event.key_id = sending->key_id;
        event.valid_from = sending->valid_from;
        event.valid_to = sending->valid_from + sending->lasts_s;
        event.has_value = true;
        event.value = (double) (utc_ns - prose_seconds(utc_ns) * PROSE_NS_PER_S) / 1e9
                      - (double) prose_counter_distance(at->counter, prose_counter_from_utc(utc_ns));
        about.kdf_logical = radio_derivations(&discovery->meta);
    } else {
        event.cause = prose_slot_refusal_name(result);
    }
    prose_stream_emit(radio->config.stream, &event, &about);
}

/* @computed: derivations that were really made. */
static void
count_slot(const ProseRadio *radio, Channel *channel, const ProseSlot *at, ProseSlotRefusal result, unsigned computed)
{
    ProsePc5Counts *counts;

    if (at->now_ns < radio->warm_up_ns)
        return;
    if (result == PROSE_SLOT_SENT && !radio->emits_slots) {
        channel->n_sent++;
        channel->n_computed += computed;
        return;
    }
    counts = prose_summary_pc5(radio->config.summary, channel->ue, channel->discovery);
    counts->kdf_computed += computed;
    if (radio->emits_slots)
        return;
    counts->slots[result]++;
    if (result == PROSE_SLOT_SENT)
        counts->kdf_logical += radio_derivations(&radio_discovery(radio, channel->discovery)->meta);
}

/* Everyone who listens has the chance to hear a slot, used or not. */
static void
note_opportunities(ProseRadio *radio, const Channel *channel)
{
    radio->n_slots[channel->discovery]++;
    /* It takes part, or it would have no slot. */
    radio->n_selves[(size_t) channel->discovery * radio->n_groups + channel->group] += channel->hears_itself;
}

static void
count_opportunities(ProseRadio *radio, uint64_t slot_ns)
{
    for (unsigned d = 0; d < radio->n_discoveries; d++) {
        for (unsigned g = 0; g < radio->n_groups; g++) {
            size_t i = (size_t) d * radio->n_groups + g;
            uint64_t n = radio->n_slots[d] * radio->monitoring[i] - radio->n_selves[i];

            if (n > 0)
                prose_summary_add_opportunities(radio->config.summary, d, g, n, slot_ns);
            radio->n_selves[i] = 0;
        }
        radio->n_slots[d] = 0;
    }
}

/* ---- what is sent ---- */

/* Octets that this channel has sent before have the number that they had then. Without any protection the same come again when the
 * counter's low octet does; else chance would have to repeat 32 bits. */
static void
number_octets(const ProseRadio *radio, Channel *channel, const ProseSecurityMetadata *meta, const uint8_t octets[PROSE_PC5_LEN], uint32_t counter)
{
    bool is_plain = !meta->mic && !meta->confidentiality && !meta->scrambling
                    && radio->scenario->profile.empty_mic == PROSE_EMPTY_MIC_ZERO;

    if (is_plain)
        channel->octets_serial = 1 + (counter & 0xFF);
    else if (!channel->has_octets || memcmp(channel->octets, octets, PROSE_PC5_LEN) != 0)
        channel->octets_serial = 0x100 + ++channel->serials;
    memcpy(channel->octets, octets, PROSE_PC5_LEN);
    channel->octets_counter = counter;
    channel->has_octets = channel->is_made = true;
}

static void
start_sending(ProseRadio *radio, Air *air, uint32_t c, const ProseSlot *at, uint8_t type, uint8_t key_id, int64_t valid_from,
              int64_t valid_to, uint32_t lock)
{
    const Channel *channel = &radio->channels[c];
    Sending *sending = &air->sendings[c];
    uint32_t subframe, counter = sending->counter;

    if (sending->lock != lock) {
        if (radio->memo) {
            prose_pc5_memo_unlock(radio->memo, sending->lock);
            prose_pc5_memo_relock(radio->memo, lock);
        }
        sending->lock = lock;
    }
    sending->type = type;
    sending->key_id = key_id;
    sending->valid_from = valid_from;
    sending->lasts_s = (uint32_t) MIN(valid_to - valid_from, UINT32_MAX);
    sending->slot_ns = at->now_ns;
    sending->counter = at->counter;
    sending->serial = channel->octets_serial | (at->now_ns >= radio->warm_up_ns ? COUNTED : 0);
    memcpy(sending->octets, channel->octets, PROSE_PC5_LEN);
    if (!radio->emits_candidates) {
        ProsePc5Sent sent = { .sender = channel->ue, .discovery = channel->discovery, .key_id = sending->key_id,
                              .valid_from = sending->valid_from, .slot_ns = at->now_ns };

        sending->is_switching = prose_summary_is_switching(radio->config.summary, &sent);
        sending->is_withdrawn = prose_summary_is_withdrawn(radio->config.summary, &sent);
    }
    /* What was found of the same octets in the same second is found of them again, and need not be told again. */
    if (air->accepted[c].serial != sending->serial || counter != at->counter || sending->is_withdrawn)
        air->accepted[c] = (Accepted) { .serial = sending->serial, .classes = { PROSE_MEMO_NONE, PROSE_MEMO_NONE } };
    prose_air_send(&air->air, c, air->resources[c]);
    subframe = prose_air_first_subframe(&air->air, c);
    for (uint32_t j = 0; j <= air->pool->retransmissions; j++)
        air->sent[subframe + j]++;
}

static void
draw_mic(const ProseRadio *radio, const Channel *channel, uint64_t period, uint8_t ret[PROSE_MIC_LEN])
{
    prose_put_u32(ret, (uint32_t) prose_draw_u64(&radio->key, PROSE_DRAW_OCTETS, who_of(channel), period));
}

/* The gates of rules P2; the draw against the pool's probability comes last, and was made whatever they say. */
static ProseSlotRefusal
send_by_ue(ProseRadio *radio, Air *air, uint32_t c, bool transmits, ProseRole role, const ProseSlot *at, unsigned *ret_computed)
{
    Channel *channel = &radio->channels[c];
    const ProseScenarioDiscovery *discovery = radio_discovery(radio, channel->discovery);
    ProseUe *ue = radio->ues[channel->ue];
    const ProseStoredKey *key;
    uint8_t mic_random[PROSE_MIC_LEN], octets[PROSE_PC5_LEN];
    ProseUeDiscoveryView view;
    ProseSlotRefusal result;
    uint8_t type = prose_ue_pc5_type(discovery->scope, role);
    uint32_t lock = PROSE_MEMO_NONE;

    if (!transmits) {
        result = prose_ue_pc5_gate(ue, discovery->scope, at);
        return result == PROSE_SLOT_SENT ? PROSE_SLOT_PROBABILITY : result;
    }
    draw_mic(radio, channel, air->period, mic_random);
    result = prose_ue_pc5_send(ue, discovery->scope, role, at, mic_random, octets, &key);
    if (result != PROSE_SLOT_SENT)
        return result;
    prose_ue_view(ue, discovery->scope, &view);
    *ret_computed = radio_derivations(&view.meta);
    number_octets(radio, channel, &view.meta, octets, at->counter);
    if (radio->memo)
        lock = prose_pc5_memo_lock(radio->memo, key, &view.meta, type);
    start_sending(radio, air, c, at, type, key->key_id, key->valid_from, key->valid_to, lock);
    if (radio->memo)
        prose_pc5_memo_unlock(radio->memo, lock);
    return PROSE_SLOT_SENT;
}

void
radio_forget_channel(ProseRadio *radio, Channel *channel)
{
    if (radio->memo)
        prose_pc5_memo_unlock(radio->memo, channel->lock);
    channel->lock = PROSE_MEMO_NONE;
    channel->is_ready = channel->is_made = false;
}

/* Finds out what @channel announces, and for how long. */
static ProseSlotRefusal
make_ready(ProseRadio *radio, Air *air, Channel *channel, const ProseSlot *at)
{
    const ProseScenarioDiscovery *discovery = radio_discovery(radio, channel->discovery);
    ProseUe *ue = radio->ues[channel->ue];
    ProsePc5Ready ready;
    ProseSlotRefusal result = prose_ue_pc5_ready(ue, discovery->scope, PROSE_ROLE_ANNOUNCE, at, &ready);
    uint32_t lock;

    if (result != PROSE_SLOT_SENT)
        return result;
    lock = prose_pc5_memo_lock(radio->memo, ready.key, &ready.meta, ready.type);
    channel->is_made &= lock == channel->lock;
    prose_pc5_memo_unlock(radio->memo, channel->lock);
    channel->lock = lock;
    memcpy(channel->content, ready.content, PROSE_CONTENT_LEN);
    channel->until_counter = ready.until_counter;
    channel->until_ns = prose_clock_within_until(prose_ue_clock(ue), radio_utc_ns(radio, at->now_ns), ready.max_offset_s, at->now_ns);
    channel->is_ready = true;
    return PROSE_SLOT_SENT;
}

static ProseSlotRefusal
send_announcement(ProseRadio *radio, Air *air, uint32_t c, bool transmits, const ProseSlot *at, unsigned *ret_computed)
{
    Channel *channel = &radio->channels[c];
    const ProsePc5Lock *lock;

    if (!channel->is_ready || at->now_ns >= channel->until_ns || prose_counter_distance(channel->until_counter, at->counter) <= 0) {
        ProseSlotRefusal result = make_ready(radio, air, channel, at);

        if (result != PROSE_SLOT_SENT) {
            channel->is_ready = false;
            return result;
        }
    }
    if (!transmits)
        return PROSE_SLOT_PROBABILITY;
    lock = prose_pc5_memo_lock_of(radio->memo, channel->lock);
    if (!channel->is_made || channel->octets_counter != at->counter || !lock->meta.mic) {
        uint8_t mic_random[PROSE_MIC_LEN] = { 0 }, octets[PROSE_PC5_LEN];
        bool has_hashed;

        if (!lock->meta.mic)
            draw_mic(radio, channel, air->period, mic_random);
        *ret_computed = prose_pc5_memo_protect(radio->memo, channel->lock, octets, channel->content, at->counter, mic_random, &has_hashed);
        if (has_hashed) {
            Hashed hashed = { .lock = channel->lock, .ue = channel->ue, .discovery = channel->discovery };

            g_array_append_val(radio->hashed, hashed);
        }
        number_octets(radio, channel, &lock->meta, octets, at->counter);
    }
    for (unsigned i = 0; i < radio->hashed->len; i++) {
        Hashed *hashed = &g_array_index(radio->hashed, Hashed, i);

        if (hashed->lock == channel->lock && channel->ue < hashed->ue)
            hashed->ue = channel->ue;
    }
    start_sending(radio, air, c, at, lock->type, lock->key_id, lock->valid_from, lock->valid_to, channel->lock);
    return PROSE_SLOT_SENT;
}

static void
use_slot(ProseRadio *radio, Air *air, uint32_t c, bool transmits, const ProseSlot *at)
{
    Channel *channel = &radio->channels[c];
    bool is_ready = channel->is_ready;
    ProseRole role = is_ready ? PROSE_ROLE_ANNOUNCE : wanted_role(radio, channel, air->period);
    ProseSlotRefusal result;
    unsigned computed = 0;

    if (!role)
        return;
    note_opportunities(radio, channel);
    result = radio->memo && radio->is_exact && channel->is_simple ? send_announcement(radio, air, c, transmits, at, &computed)
                                                                    : send_by_ue(radio, air, c, transmits, role, at, &computed);
    count_slot(radio, channel, at, result, computed);
    if (radio->emits_slots)
        report_slot(radio, channel, at, role, result, air->resources[c], &air->sendings[c]);
}

static void
capture(ProseRadio *radio, const Air *air, uint32_t subframe)
{
    for (unsigned i = 0; i < radio->n_ues && !radio->pcap_failed; i++) {
        const Node *node = &radio->nodes[radio->node_of[i]];

        for (uint32_t c = node->first_channel; c < node->first_channel + node->n_channels; c++) {
            if (air->air.cell[c] == PROSE_AIR_SILENT || subframe - prose_air_first_subframe(&air->air, c) > air->pool->retransmissions)
                continue;
            if (ns3c_pcap_write(radio->config.pcap, air->sendings[c].octets, PROSE_PC5_LEN) != NS3C_OK) {
                radio->pcap_failed = true;
                if (radio->config.pcap_failed)
                    radio->config.pcap_failed(radio->config.pcap_failed_user);
                return;
            }
        }
    }
}

void
radio_use_slots(ProseRadio *radio, Air *air, uint32_t subframe)
{
    uint64_t now_ns = air_subframe_ns(air, subframe);
    ProseSlot at;

    for (uint32_t s = air->first_slot[subframe]; s < air->first_slot[subframe + 1]; s++) {
        uint32_t c = air->slots[s] & ~SLOT_SENDS, later = air->slots[MIN(s + AHEAD, radio->n_channels)] & ~SLOT_SENDS;

        __builtin_prefetch(&radio->channels[later], 1);
        __builtin_prefetch((const char *) &radio->channels[later] + 64, 1);
        __builtin_prefetch(&air->sendings[later], 1);
        __builtin_prefetch(&air->accepted[later], 1);
        if (!radio->is_uniform || s == air->first_slot[subframe])
            prose_coverage_slot(radio->config.coverage, radio->channels[c].ue, now_ns, &at);
        use_slot(radio, air, c, air->slots[s] & SLOT_SENDS, &at);
    }
    count_opportunities(radio, now_ns);
    for (unsigned i = 0; i < radio->hashed->len && now_ns >= radio->warm_up_ns; i++) {
        const Hashed *hashed = &g_array_index(radio->hashed, Hashed, i);

        prose_summary_pc5(radio->config.summary, hashed->ue, hashed->discovery)->kdf_computed++;
    }
    g_array_set_size(radio->hashed, 0);
    if (radio->config.pcap && !radio->pcap_failed)
        capture(radio, air, subframe);
}
