/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-radio-internal.h"

#include "prose-output.h"
#include "prose-streams.h"

void
radio_add_clock_offset(ProseEvent *event, const ProseUe *ue, const ProseSlot *slot)
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

/* ---- hearing, when it is time ---- */

/* The first subframe of the period whose slots began after the warm-up: a message counts as a whole. */
static uint32_t
first_counted(const ProseRadio *radio, const Air *air)
{
    uint32_t copies = air->pool->retransmissions + 1, s = 0;

    while (s < air->pool->n_subframes && air_subframe_ns(air, s) < radio->warm_up_ns)
        s += copies;
    return MIN(s, air->pool->n_subframes);
}

static void
flush_air(ProseRadio *radio, Air *air)
{
    uint32_t to = air->subframe, cut;

    /* At both ends there may be subframes that nobody uses. */
    while (air->heard < to && air->sent[air->heard] == 0)
        air->heard++;
    while (air->heard < to && air->sent[to - 1] == 0)
        to--;
    if (air->heard == to)
        return;
    cut = CLAMP(first_counted(radio, air), air->heard, to);
    if (air->heard < cut)
        radio_hear(radio, air, air->heard, cut, false);
    if (cut < to)
        radio_hear(radio, air, cut, to, true);
    air->heard = to;
}

static void
flush(ProseRadio *radio)
{
    for (unsigned a = 0; a < radio->n_airs; a++)
        flush_air(radio, &radio->airs[a]);
}

void
prose_radio_flush(ProseRadio *radio)
{
    flush(radio);
    radio_tell(radio);
}

/* Something is about to be told to @ue. */
static void
before_cb(void *user, int ue)
{
    ProseRadio *radio = user;

    flush(radio);
    if (ue >= 0 && !radio->nodes[radio->node_of[ue]].is_stale) {
        radio->nodes[radio->node_of[ue]].is_stale = true;
        g_array_append_val(radio->stale, radio->node_of[ue]);
    }
}

/* ---- time ---- */

/* The next subframe of the period in which anybody may send; n_subframes for none. */
static uint32_t
next_used(const Air *air, uint32_t from)
{
    while (from < air->pool->n_subframes && air->first_slot[from] == air->first_slot[from + 1] && air->sent[from] == 0)
        from++;
    return from;
}

static uint64_t
next_ns(const Air *air)
{
    if (air->subframe < air->pool->n_subframes)
        return air_subframe_ns(air, air->subframe);
    return air->period == UINT64_MAX ? NS3C_FOREVER : air->period * air->pool->period_ms * PROSE_NS_PER_MS;
}

/* Air.period, and not before now. */
static void
begin_period(ProseRadio *radio, Air *air)
{
    air->period_ns = ns3c_sim_now();
    prose_air_begin(&air->air);
    air->air.draws.period = air->period;
    if (radio->memo)
        prose_pc5_memo_begin(radio->memo, air->index);
    memset(air->sent, 0, air->pool->n_subframes * sizeof *air->sent);
    radio_draw_slots(radio, air);
    air->subframe = next_used(air, 0);
    air->heard = 0;
    if (air->subframe == air->pool->n_subframes)   /* nobody sends in it */
        air->period = prose_coverage_next_period(radio->config.coverage, air->index, air->period + 1);
}

static void
timer_cb(void *user)
{
    ProseRadio *radio = user;
    uint64_t now_ns = ns3c_sim_now(), next = NS3C_FOREVER;
    bool begins = false;

    prose_coverage_advance(radio->config.coverage);
    for (unsigned a = 0; a < radio->n_airs; a++) {
        Air *air = &radio->airs[a];

        if (air->subframe == air->pool->n_subframes && next_ns(air) == now_ns) {
            if (!begins) {
                flush(radio);
                radio_renew_rows(radio);
                begins = true;
            }
            begin_period(radio, air);
        }
    }
    radio_renew_nodes(radio);
    for (unsigned a = 0; a < radio->n_airs; a++) {
        Air *air = &radio->airs[a];

        if (air->subframe < air->pool->n_subframes && next_ns(air) == now_ns) {
            radio_use_slots(radio, air, air->subframe);
            air->subframe = next_used(air, air->subframe + 1);
            if (air->subframe == air->pool->n_subframes)
                air->period = prose_coverage_next_period(radio->config.coverage, air->index, air->period + 1);
        }
    }
    if (radio->is_prompt || !radio_is_content(radio, now_ns))
        flush(radio);
    for (unsigned a = 0; a < radio->n_airs; a++)
        next = MIN(next, next_ns(&radio->airs[a]));
    ns3c_timer_set(radio->timer, next);
}

/* ---- life ---- */

static bool
any_responds(const ProseScenario *scenario)
{
    for (unsigned i = 0; i < scenario->ues->len; i++) {
        const ProseScenarioUe *ue = g_ptr_array_index(scenario->ues, i);

        for (unsigned d = 0; d < scenario->discoveries->len; d++) {
            if (ue->roles[d] & PROSE_ROLE_RESPOND)
                return true;
        }
    }
    return false;
}

static void
choose_manner(ProseRadio *radio)
{
    const ProseRadioConfig *config = &radio->config;

    radio->emits_candidates = prose_stream_needs(config->stream, PROSE_EVENT_CANDIDATE);
    radio->emits_slots = prose_stream_needs(config->stream, PROSE_EVENT_SLOT_SENT)
                         || prose_stream_needs(config->stream, PROSE_EVENT_SLOT_REFUSED);
    radio->emits_discovered = prose_stream_needs(config->stream, PROSE_EVENT_DISCOVERED);
    radio->is_ordered = radio->emits_candidates || radio->emits_slots || radio->emits_discovered || config->pcap || config->tamper
                        || radio->is_drawn || radio->scenario->output.samples;    /* whose rows come as they happen */
    radio->is_uniform = prose_coverage_is_uniform(config->coverage);
    radio->is_exact = prose_coverage_is_exact(config->coverage);
    /* What is heard in one subframe may change what a responder sends in the next, end the run. */
    radio->is_prompt = radio->is_ordered || !radio->is_exact || any_responds(radio->scenario)
                       || radio->scenario->stops_when_all_discovered;
}

static void
new_channels(ProseRadio *radio)
{
    const ProseScenario *scenario = radio->scenario;
    GArray *channels = g_array_new(FALSE, FALSE, sizeof(Channel));

    for (unsigned k = 0; k < radio->n_ues; k++) {
        Node *node = &radio->nodes[k];
        const ProseScenarioUe *spec = radio_spec(radio, node->ue);

        node->first_channel = channels->len;
        for (unsigned d = 0; d < scenario->discoveries->len; d++) {
            unsigned sends = spec->roles[d] & PROSE_ROLES_SENDING;
            bool only_announces = sends == PROSE_ROLE_ANNOUNCE && radio_discovery(radio, d)->additional_every == 0;
            Channel channel = { .ue = node->ue, .discovery = (uint16_t) d, .node = k, .lock = PROSE_MEMO_NONE,
                                .group = (uint16_t) node->group, .hears_itself = spec->roles[d] & PROSE_ROLES_RECEIVING,
                                .is_simple = only_announces,
                                /* A solicitation arms a response, and one edge remembers one kind of message. */
                                .is_heard_simply = only_announces || sends == PROSE_ROLE_RESPOND };

            if (sends)
                g_array_append_val(channels, channel);
        }
        node->n_channels = channels->len - node->first_channel;
    }
    radio->n_channels = channels->len;
    radio->busy = g_new(uint16_t, (size_t) scenario->discoveries->len * (PROSE_POOL_MAX_RETRANSMISSIONS + 1) * PROSE_POOLS_MAX + 1);
    radio->channels = g_renew(Channel, (Channel *) (void *) g_array_free(channels, FALSE), radio->n_channels);
    radio->kinds = g_new(uint16_t, radio->n_channels + 1);
    for (uint32_t c = 0; c < radio->n_channels; c++)
        radio->kinds[c] = (uint16_t) radio->channels[c].discovery;
    if (!scenario->reception.has_curve)
        return;
    radio->senders = g_new(uint64_t, radio->n_channels + 1);
    for (uint32_t c = 0; c < radio->n_channels; c++)
        radio->senders[c] = (uint64_t) radio->channels[c].ue << 32 | radio->channels[c].discovery;
}

static void
new_air(ProseRadio *radio, unsigned index)
{
    Air *air = &radio->airs[index];

    air->spec = g_ptr_array_index(radio->scenario->pools, index);
    air->pool = &air->spec->pool;
    air->index = index;
    prose_air_init(&air->air, air->pool, &radio->scenario->reception, radio->n_channels, radio->kinds, radio->n_discoveries);
    air->air.draws = (ProseAirDraws) { .key = radio->key, .senders = radio->senders, .pool = index };
    air->slots = g_new0(uint32_t, radio->n_channels + 1);
    air->resources = g_new(uint32_t, radio->n_channels + 1);
    air->first_slot = g_new0(uint32_t, air->pool->n_subframes + 1);
    air->sent = g_new0(uint32_t, air->pool->n_subframes);
    air->sendings = g_new(Sending, radio->n_channels + 1);
    air->accepted = g_new0(Accepted, radio->n_channels + 1);
    for (uint32_t c = 0; c < radio->n_channels; c++)
        air->sendings[c].lock = PROSE_MEMO_NONE;
    air->subframe = air->heard = air->pool->n_subframes;
    air->period = prose_coverage_next_period(radio->config.coverage, index, 0);
}

ProseRadio *
prose_radio_new(const ProseRadioConfig *config, GError **error)
{
    g_autoptr(ProseRadio) radio = g_new0(ProseRadio, 1);
    const ProseScenario *scenario = config->scenario;
    char *message = NULL;

    radio->config = *config;
    radio->scenario = scenario;
    radio->key = prose_rng_key(PROSE_RNG_RADIO);
    radio->n_ues = scenario->ues->len;
    radio->n_discoveries = scenario->discoveries->len;
    radio->n_groups = scenario->group_names->len;
    radio->warm_up_ns = prose_ns_from_s(scenario->warm_up_s);
    radio->propagation = ns3c_propagation_new(scenario->propagation, scenario->carrier_hz, PROSE_RNG_PROPAGATION, &message);
    if (!radio->propagation) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "[radio] propagation = %s: %s", scenario->propagation,
                    message ? message : "ns-3 refuses it");
        free(message);
        return NULL;
    }
    radio->is_drawn = ns3c_propagation_is_random(radio->propagation);
    choose_manner(radio);
    radio->kept_slot.now_ns = UINT64_MAX;
    radio->ues = g_new(ProseUe *, radio->n_ues + 1);
    for (unsigned i = 0; i < radio->n_ues; i++)
        radio->ues[i] = prose_topology_ue(config->topology, i);
    radio->hashed = g_array_new(FALSE, FALSE, sizeof(Hashed));
    radio->stale = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    radio->memories = g_hash_table_new(radio_pair_hash, NULL);
    radio->monitoring = g_new0(uint64_t, (size_t) radio->n_discoveries * radio->n_groups + 1);
    radio->n_slots = g_new0(uint64_t, radio->n_discoveries + 1);
    radio->n_selves = g_new0(uint64_t, (size_t) radio->n_discoveries * radio->n_groups + 1);
    radio_place(radio);
    new_channels(radio);
    radio->tallies = g_new0(Tally, (size_t) radio->n_ues * radio->n_discoveries + 1);
    /* What is tampered with is for the UE itself to judge. */
    if (scenario->memo && !config->tamper)
        radio->memo = prose_pc5_memo_new(config->secrets, &scenario->profile, scenario->pools->len, radio->n_channels);
    radio->n_airs = scenario->pools->len;
    for (unsigned a = 0; a < radio->n_airs; a++)
        new_air(radio, a);
    radio->on_air = g_new(uint32_t, radio->n_channels + 1);
    for (uint32_t k = 0; k < radio->n_ues; k++) {
        radio->nodes[k].is_stale = true;
        radio->nodes[k].ring = PROSE_MEMO_NONE;
        g_array_append_val(radio->stale, k);
    }
    prose_topology_set_before(config->topology, before_cb, radio);
    radio->timer = ns3c_timer_new(timer_cb, radio);
    ns3c_timer_set(radio->timer, ns3c_sim_now());
    return g_steal_pointer(&radio);
}

static void
air_free(ProseRadio *radio, Air *air)
{
    for (uint32_t c = 0; radio->memo && c < radio->n_channels; c++)
        prose_pc5_memo_unlock(radio->memo, air->sendings[c].lock);
    prose_air_clear(&air->air);
    g_free(air->slots);
    g_free(air->resources);
    g_free(air->first_slot);
    g_free(air->sent);
    g_free(air->sendings);
    g_free(air->accepted);
}

ProseRadio *
prose_radio_free(ProseRadio *radio)
{
    if (!radio)
        return NULL;
    if (radio->timer)
        prose_topology_set_before(radio->config.topology, NULL, NULL);
    ns3c_timer_free(radio->timer);
    for (unsigned a = 0; a < radio->n_airs; a++)
        air_free(radio, &radio->airs[a]);
    prose_pc5_memo_free(radio->memo);
    radio_clear_rows(radio);
    ns3c_propagation_free(radio->propagation);
    g_clear_pointer(&radio->stale, g_array_unref);
    g_clear_pointer(&radio->hashed, g_array_unref);
    g_clear_pointer(&radio->memories, g_hash_table_unref);
    g_free(radio->tallies);
    g_free(radio->monitoring);
    g_free(radio->n_slots);
    g_free(radio->n_selves);
    g_free(radio->on_air);
    g_free(radio->busy);
    g_free(radio->kinds);
    g_free(radio->senders);
    g_free(radio->channels);
    g_free(radio->node_of);
    g_free(radio->nodes);
    g_free(radio->ues);
    g_free(radio);
    return NULL;
}
