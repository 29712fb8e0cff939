/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-summary-internal.h"

#include <string.h>

/* ---- counts and tallies ---- */

void
counts_add(Counts *counts, const char *name)
{
    Count count = { .n = 1 };
    unsigned i;

    if (!counts->entries)
        counts->entries = g_array_new(FALSE, FALSE, sizeof(Count));
    for (i = 0; i < counts->entries->len; i++) {
        Count *there = &g_array_index(counts->entries, Count, i);
        int order = strcmp(there->name, name);

        if (order == 0) {
            there->n++;
            return;
        }
        if (order > 0)
            break;
    }
    count.name = g_strdup(name);
    g_array_insert_val(counts->entries, i, count);
}

uint64_t
counts_sum(const Counts *counts)
{
    uint64_t sum = 0;

    for (unsigned i = 0; counts->entries && i < counts->entries->len; i++)
        sum += g_array_index(counts->entries, Count, i).n;
    return sum;
}

void
counts_clear(Counts *counts)
{
    for (unsigned i = 0; counts->entries && i < counts->entries->len; i++)
        g_free(g_array_index(counts->entries, Count, i).name);
    g_clear_pointer(&counts->entries, g_array_unref);
}

static void
tally_clear(Tally *tally)
{
    Counts *counts[] = { &tally->request_ignored, &tally->request_failed, &tally->refused, &tally->rejected, &tally->ues_refused,
                         &tally->wiped, &tally->pdn_released, &tally->tls_failed, &tally->http_refused };

    for (Dist dist = 0; dist < N_DISTS; dist++)
        prose_samples_clear(&tally->dists[dist]);
    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++)
        counts_clear(counts[i]);
}

unsigned
summary_tallies(ProseSummary *summary, int discovery, int ue, Tally *ret[3])
{
    unsigned n = 0;

    ret[n++] = &summary->total;
    if (discovery >= 0)
        ret[n++] = &summary->by_discovery[discovery];
    if (ue >= 0)
        ret[n++] = &summary->by_group[((const ProseScenarioUe *) g_ptr_array_index(summary->scenario->ues, ue))->group];
    return n;
}

static const char *
dist_name(Dist dist)
{
    size_t n;

    return prose_distributions(&n)[dist].name;
}

static void
write_sample(ProseSummary *summary, Dist dist, const Measured *at, double value, bool censored)
{
    ProseSampleRow row = { .name = dist_name(dist), .ue = at->ue, .peer = at->peer, .key_period = at->key_period,
                           .value = value, .censored = censored,
                           .entity = at->discovery >= 0 ? summary->entities[at->discovery] : "" };

    if (summary->scenario->output.samples & UINT64_C(1) << dist)
        g_array_append_val(summary->samples, row);
}

static ProseSamples *
cell_of(const ProseSummary *summary, Dist dist, const Measured *at)
{
    size_t d = at->discovery >= 0 ? (size_t) at->discovery : summary->n_discoveries, g = summary->n_groups;

    if (at->ue >= 0)
        g = ((const ProseScenarioUe *) g_ptr_array_index(summary->scenario->ues, at->ue))->group;
    return &summary->cells[(d * (summary->n_groups + 1) + g) * N_DISTS + dist];
}

static void
finish_cells(ProseSummary *summary)
{
    const ProseSamples *cell = summary->cells;

    for (unsigned d = 0; d <= summary->n_discoveries; d++) {
        for (unsigned g = 0; g <= summary->n_groups; g++) {
            for (Dist dist = 0; dist < N_DISTS; dist++, cell++) {
                prose_samples_add_all(&summary->total.dists[dist], cell);
                if (d < summary->n_discoveries)
                    prose_samples_add_all(&summary->by_discovery[d].dists[dist], cell);
                if (g < summary->n_groups)
                    prose_samples_add_all(&summary->by_group[g].dists[dist], cell);
            }
        }
    }
}

void
summary_add_value(ProseSummary *summary, Dist dist, const Measured *at, double value)
{
    prose_samples_add(cell_of(summary, dist, at), value);
    write_sample(summary, dist, at, value, false);
}

void
summary_add_censored(ProseSummary *summary, Dist dist, const Measured *at, double lasted)
{
    cell_of(summary, dist, at)->censored++;
    write_sample(summary, dist, at, lasted, true);
}

Member *
summary_member(const ProseSummary *summary, unsigned ue, unsigned discovery)
{
    return &summary->members[(size_t) ue * summary->n_discoveries + discovery];
}

const ProseScenarioDiscovery *
summary_discovery(const ProseSummary *summary, unsigned discovery)
{
    return g_ptr_array_index(summary->scenario->discoveries, discovery);
}

/* ---- who can discover whom ---- */

bool
summary_can_hear(unsigned receiver, unsigned sender)
{
    return (receiver & PROSE_ROLE_MONITOR && sender & PROSE_ROLE_ANNOUNCE)
           || (receiver & PROSE_ROLE_SOLICIT && sender & PROSE_ROLE_RESPOND)
           || (receiver & PROSE_ROLE_RESPOND && sender & PROSE_ROLE_SOLICIT);
}

#define N_ROLE_SETS 32
G_STATIC_ASSERT((PROSE_ROLE_ANNOUNCE | PROSE_ROLE_MONITOR | PROSE_ROLE_SOLICIT | PROSE_ROLE_RESPOND | PROSE_ROLE_HOLD) < N_ROLE_SETS);

/* Ordered pairs, counted by sets of roles so that the cost does not grow with UEs squared. */
static void
count_pairs(ProseSummary *summary, unsigned discovery)
{
    uint64_t with_roles[N_ROLE_SETS] = { 0 };

    for (unsigned i = 0; i < summary->n_ues; i++)
        with_roles[((const ProseScenarioUe *) g_ptr_array_index(summary->scenario->ues, i))->roles[discovery]]++;
    for (unsigned i = 0; i < summary->n_ues; i++) {
        unsigned roles = ((const ProseScenarioUe *) g_ptr_array_index(summary->scenario->ues, i))->roles[discovery];
        uint64_t senders = 0;
        Tally *tallies[3];
        unsigned n = summary_tallies(summary, (int) discovery, (int) i, tallies);

        for (unsigned other = 0; other < N_ROLE_SETS; other++) {
            if (summary_can_hear(roles, other))
                senders += with_roles[other];
        }
        if (summary_can_hear(roles, roles))
            senders--;
        summary_member(summary, i, discovery)->to_hear = (unsigned) senders;
        summary->unheard += senders > 0;
        for (unsigned t = 0; t < n; t++)
            tallies[t]->pairs += senders;
    }
}

/* Waiting starts when both take part, and anew at the end of the warm-up. */
static uint64_t
wait_start(const ProseSummary *summary, unsigned a, unsigned b)
{
    return MAX(summary->warm_up_ns, MAX(summary->power_on_ns[a], summary->power_on_ns[b]));
}

static double
periods_between(const ProseSummary *summary, uint64_t start_ns, uint64_t slot_ns)
{
    return (double) (slot_ns / summary->period_ns - MIN(slot_ns, start_ns) / summary->period_ns + 1);
}

void
prose_summary_add_discovered(ProseSummary *summary, unsigned receiver, unsigned sender, unsigned discovery, uint64_t at_ns, uint64_t slot_ns)
{
    Measured pair = { (int) discovery, (int) receiver, (int) sender, -1 }, all = { (int) discovery, (int) receiver, -1, -1 };
    uint64_t start_ns = wait_start(summary, receiver, sender);
    Member *member = summary_member(summary, receiver, discovery);
    const ProseScenarioUe *hears = g_ptr_array_index(summary->scenario->ues, receiver);
    const ProseScenarioUe *sends = g_ptr_array_index(summary->scenario->ues, sender);
    Tally *tallies[3];
    unsigned n;

    if (!summary_can_hear(hears->roles[discovery], sends->roles[discovery])
        || !prose_ue_set_add(&member->heard, sender))
        return;
    n = summary_tallies(summary, (int) discovery, (int) receiver, tallies);
    for (unsigned t = 0; t < n; t++)
        tallies[t]->discovered++;
    summary_add_value(summary, DIST_TIME_TO_DISCOVER, &pair, (double) (at_ns - MIN(at_ns, start_ns)) / 1e9);
    summary_add_value(summary, DIST_PERIODS_TO_DISCOVER, &pair, periods_between(summary, start_ns, slot_ns));
    if (member->heard.n == member->to_hear) {
        uint64_t own_ns = wait_start(summary, receiver, receiver);

        summary_add_value(summary, DIST_TIME_TO_DISCOVER_ALL, &all, (double) (at_ns - MIN(at_ns, own_ns)) / 1e9);
        summary_add_value(summary, DIST_PERIODS_TO_DISCOVER_ALL, &all, periods_between(summary, own_ns, slot_ns));
        if (--summary->unheard == 0 && summary->all_discovered_cb)
            summary->all_discovered_cb(summary->all_discovered_user);
    }
}

/* ---- PC5 ---- */

/* The names are constants, so comparing pointers nearly always does. */
static ProsePc5Outcome
outcome_of(const char *cause)
{
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++) {
        if (cause == prose_pc5_outcome_name(o))
            return o;
    }
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++) {
        if (strcmp(cause, prose_pc5_outcome_name(o)) == 0)
            return o;
    }
    g_assert_not_reached();
}

static ProseSlotRefusal
refusal_of(const char *cause)
{
    for (ProseSlotRefusal r = 0; r < PROSE_SLOT_N_REFUSALS; r++) {
        if (strcmp(cause, prose_slot_refusal_name(r)) == 0)
            return r;
    }
    g_assert_not_reached();
}

static void
read_pc5(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about)
{
    ProsePc5Sent sent = { .sender = (unsigned) about->peer, .discovery = (unsigned) about->discovery, .key_id = event->key_id,
                          .valid_from = event->valid_from, .slot_ns = about->since_ns };
    ProsePc5Counts *counts;
    ProsePc5Outcome outcome;

    if (about->since_ns < summary->warm_up_ns)
        return;
    counts = prose_summary_pc5(summary, (unsigned) about->ue, (unsigned) about->discovery);
    counts->kdf_logical += about->kdf_logical;
    counts->kdf_computed += about->kdf_computed;
    if (event->type != PROSE_EVENT_CANDIDATE) {
        counts->slots[event->type == PROSE_EVENT_SLOT_SENT ? PROSE_SLOT_SENT : refusal_of(event->cause)]++;
        return;
    }
    outcome = outcome_of(event->cause);
    counts->outcomes[outcome]++;
    if (outcome == PROSE_PC5_ACCEPTED || outcome == PROSE_PC5_REPEATED) {
        int64_t slot_utc_s = summary->scenario->utc_start_s + (int64_t) (about->since_ns / PROSE_NS_PER_S);

        if (event->has_slot)
            slot_utc_s += prose_counter_distance(event->slot_counter, (uint32_t) slot_utc_s);
        if (!about->is_additional)
            prose_summary_add_discovered(summary, (unsigned) about->ue, sent.sender, sent.discovery, event->time_ns, sent.slot_ns);
        prose_summary_add_accepted(summary, (unsigned) about->ue, &sent, slot_utc_s);
    } else if (outcome == PROSE_PC5_NO_KEY || outcome == PROSE_PC5_NOT_FOR_ME || outcome == PROSE_PC5_BAD_MIC) {
        prose_summary_add_untaken(summary, (unsigned) about->ue, &sent, outcome);
    }
}

/* ---- PDN connection, TLS, HTTP ---- */

static void
read_network(ProseSummary *summary, const ProseEvent *event, const ProseEventAbout *about)
{
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, -1, about->ue, tallies);
    char status[16];

    /* Both ends of a TLS session report it: the UE's counts. */
    if (event->time_ns < summary->warm_up_ns || about->ue < 0)
        return;
    for (unsigned t = 0; t < n; t++) {
        if (event->type == PROSE_EVENT_PDN_OPENED)
            tallies[t]->pdn_opened++;
        else if (event->type == PROSE_EVENT_PDN_RELEASED)
            counts_add(&tallies[t]->pdn_released, event->cause);
        else if (event->type == PROSE_EVENT_TLS_ESTABLISHED)
            tallies[t]->handshakes++;
        else if (event->type == PROSE_EVENT_TLS_FAILED)
            counts_add(&tallies[t]->tls_failed, event->cause ? event->cause : "closed");
        else if (event->type == PROSE_EVENT_HTTP_REFUSED) {
            g_snprintf(status, sizeof status, "%u", (unsigned) event->value);
            counts_add(&tallies[t]->http_refused, status);
        }
    }
}

static void
read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    ProseSummary *summary = user;

    if (summary->finished)
        return;
    prose_summary_pass(summary, event->time_ns);
    switch (event->type) {
    case PROSE_EVENT_SLOT_SENT:
    case PROSE_EVENT_SLOT_REFUSED:
    case PROSE_EVENT_CANDIDATE:
        read_pc5(summary, event, about);
        break;
    case PROSE_EVENT_PDN_OPENED:
    case PROSE_EVENT_PDN_RELEASED:
    case PROSE_EVENT_TLS_ESTABLISHED:
    case PROSE_EVENT_TLS_FAILED:
        read_network(summary, event, about);
        break;
    case PROSE_EVENT_HTTP_REFUSED:
        read_network(summary, event, about);
        summary_keys_read(summary, event, about);
        break;
    case PROSE_EVENT_KEY_REQUEST_SENT:
    case PROSE_EVENT_KEY_RESPONSE_RECEIVED:
    case PROSE_EVENT_KEY_RESPONSE_IGNORED:
    case PROSE_EVENT_KEY_REQUEST_FAILED:
    case PROSE_EVENT_DISCOVERY_SUPPLIED:
    case PROSE_EVENT_DISCOVERY_REFUSED:
    case PROSE_EVENT_NO_PKMF:
    case PROSE_EVENT_KEY_DELIVERY_SENT:
    case PROSE_EVENT_KEY_VERIFIED:
    case PROSE_EVENT_KEY_DELIVERY_REFUSED:
    case PROSE_EVENT_UE_UNREACHABLE:
    case PROSE_EVENT_MIKEY_REJECTED:
    case PROSE_EVENT_KEY_STORED:
    case PROSE_EVENT_KEY_WIPED:
    case PROSE_EVENT_POWER_CHANGED:
    case PROSE_EVENT_AUTHORISATION_CHANGED:
    case PROSE_EVENT_PSDK_ALLOCATED:
    case PROSE_EVENT_PSDK_REPLACED:
    case PROSE_EVENT_PKMF_QUEUE:
    case PROSE_EVENT_PKMF_WORKERS:
        summary_keys_read(summary, event, about);
        break;
    case PROSE_EVENT_PDN_RELEASE_HELD:
    case PROSE_EVENT_COVERAGE_CHANGED:
    case PROSE_EVENT_TIME_SOURCE_CHANGED:
    case PROSE_EVENT_PC3_REQUESTED:
    case PROSE_EVENT_PC3_ANSWERED:
    case PROSE_EVENT_PC3_FAILED:
    case PROSE_EVENT_KEY_REQUEST_RECEIVED:
    case PROSE_EVENT_KEY_RESPONSE_SENT:
    case PROSE_EVENT_PMK_STORED:
    case PROSE_EVENT_CLOCK_SET:
    case PROSE_EVENT_KEY_ACKNOWLEDGED:
    case PROSE_EVENT_KEY_REFUSED:
    case PROSE_EVENT_KEY_STARTED:
    case PROSE_EVENT_DISCOVERED:
    case PROSE_EVENT_PKMF_DOWN:
    case PROSE_EVENT_PKMF_UP:
    case PROSE_EVENT_ROLLOVER:
    case PROSE_EVENT_BLACKOUT_BEGAN:
    case PROSE_EVENT_BLACKOUT_ENDED:
    case PROSE_EVENT_N_TYPES:
        break;
    }
}

/* ---- life ---- */

ProseSummary *
prose_summary_new(const ProseScenario *scenario)
{
    ProseSummary *summary = g_new0(ProseSummary, 1);

    summary->scenario = scenario;
    summary->n_ues = scenario->ues->len;
    summary->n_discoveries = scenario->discoveries->len;
    summary->n_groups = scenario->group_names->len;
    summary->n_pkmfs = scenario->pkmfs->len;
    summary->warm_up_ns = prose_ns_from_s(scenario->warm_up_s);
    summary->period_ns = (uint64_t) ((const ProseScenarioPool *) g_ptr_array_index(scenario->pools, 0))->pool.period_ms * PROSE_NS_PER_MS;
    summary->by_discovery = g_new0(Tally, summary->n_discoveries);
    summary->by_group = g_new0(Tally, summary->n_groups);
    summary->cells = g_new0(ProseSamples, (size_t) (summary->n_discoveries + 1) * (summary->n_groups + 1) * N_DISTS);
    summary->members = g_new0(Member, (size_t) summary->n_ues * summary->n_discoveries);
    summary->dealings = g_new0(Dealing, (size_t) summary->n_ues * summary->n_pkmfs);
    summary->power_on_ns = g_new0(uint64_t, summary->n_ues);
    summary->octets = g_new0(uint64_t, 2 * (size_t) summary->n_ues);
    summary->samples = g_array_new(FALSE, FALSE, sizeof(ProseSampleRow));
    summary->entities = g_new0(char *, summary->n_discoveries + 1);
    for (unsigned d = 0; d < summary->n_discoveries; d++)
        summary->entities[d] = g_strconcat("discovery ", summary_discovery(summary, d)->name, NULL);
    summary->pkmf_entities = g_new0(char *, summary->n_pkmfs + 1);
    for (unsigned p = 0; p < summary->n_pkmfs; p++)
        summary->pkmf_entities[p] = g_strconcat("pkmf ", ((const ProseScenarioPkmf *) g_ptr_array_index(scenario->pkmfs, p))->name, NULL);
    summary->loads = g_new0(ProsePkmfLoad, summary->n_pkmfs);
    summary->waits = g_new0(ProseSamples, summary->n_pkmfs);
    summary->refused_503 = g_new0(uint64_t, summary->n_pkmfs);
    summary_keys_init(summary);
    rollovers_init(summary);
    series_init(summary);
    for (unsigned d = 0; d < summary->n_discoveries; d++) {
        if (prose_key_scope_is_discovery(summary_discovery(summary, d)->scope))
            count_pairs(summary, d);
    }
    return summary;
}

ProseSummary *
prose_summary_free(ProseSummary *summary)
{
    if (!summary)
        return NULL;
    summary_rows_clear(summary);
    rollovers_clear(summary);
    series_clear(summary);
    summary_keys_clear(summary);
    tally_clear(&summary->total);
    for (unsigned d = 0; d < summary->n_discoveries; d++)
        tally_clear(&summary->by_discovery[d]);
    for (unsigned g = 0; g < summary->n_groups; g++)
        tally_clear(&summary->by_group[g]);
    for (unsigned p = 0; p < summary->n_pkmfs; p++)
        prose_samples_clear(&summary->waits[p]);
    prose_samples_clear(&summary->all_waits);
    for (size_t i = 0; i < (size_t) (summary->n_discoveries + 1) * (summary->n_groups + 1) * N_DISTS; i++)
        prose_samples_clear(&summary->cells[i]);
    for (size_t i = 0; i < (size_t) summary->n_ues * summary->n_discoveries; i++)
        prose_ue_set_clear(&summary->members[i].heard);
    g_array_unref(summary->samples);
    g_strfreev(summary->entities);
    g_strfreev(summary->pkmf_entities);
    g_free(summary->by_discovery);
    g_free(summary->by_group);
    g_free(summary->cells);
    g_free(summary->members);
    g_free(summary->dealings);
    g_free(summary->power_on_ns);
    g_free(summary->octets);
    g_free(summary->loads);
    g_free(summary->waits);
    g_free(summary->refused_503);
    g_free(summary);
    return NULL;
}

/* What it tells itself. */
#define MEASURED \
    (PROSE_EVENT_BIT(PROSE_EVENT_ROLLOVER) | PROSE_EVENT_BIT(PROSE_EVENT_BLACKOUT_BEGAN) | PROSE_EVENT_BIT(PROSE_EVENT_BLACKOUT_ENDED))

ProseEventReader
prose_summary_reader(ProseSummary *summary)
{
    return (ProseEventReader) {
        .wants = PROSE_EVENTS_ALL & ~MEASURED, .read = read_cb, .user = summary,
        .spares = PROSE_EVENT_BIT(PROSE_EVENT_SLOT_SENT) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED) | PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE)
                  | PROSE_EVENT_BIT(PROSE_EVENT_DISCOVERED),
    };
}

void
prose_summary_set_all_discovered_cb(ProseSummary *summary, void (*cb)(void *user), void *user)
{
    summary->all_discovered_cb = cb;
    summary->all_discovered_user = user;
}

void
prose_summary_set_stream(ProseSummary *summary, const ProseStream *stream)
{
    summary->stream = stream;
}

void
summary_tell(const ProseSummary *summary, ProseEventType type, int ue, unsigned discovery, uint64_t at_ns, double value, const Rollover *rollover)
{
    const char *entity = ue >= 0 ? ((const ProseScenarioUe *) g_ptr_array_index(summary->scenario->ues, ue))->name : summary->entities[discovery];
    ProseEvent event = prose_event_at(type, at_ns, entity);
    ProseEventAbout about = { .ue = ue, .discovery = (int) discovery, .peer = -1, .since_ns = at_ns };

    if (!summary->stream || !prose_stream_wants(summary->stream, type))
        return;
    event.has_scope = true;
    event.scope = summary_discovery(summary, discovery)->scope;
    event.has_value = true;
    event.value = value;
    if (rollover) {
        event.cause = rollover->cause;
        event.key_id = rollover->key_id;
        event.valid_from = rollover->valid_from;
        event.valid_to = rollover->valid_from + (int64_t) summary_discovery(summary, discovery)->cryptoperiod_s;
    }
    prose_stream_emit(summary->stream, &event, &about);
}

void
prose_summary_set_power_on(ProseSummary *summary, unsigned ue, uint64_t at_ns)
{
    summary->power_on_ns[ue] = at_ns;
}

void
prose_summary_add_opportunities(ProseSummary *summary, unsigned discovery, unsigned group, uint64_t n, uint64_t slot_ns)
{
    if (slot_ns < summary->warm_up_ns)
        return;
    summary->total.opportunities += n;
    summary->by_discovery[discovery].opportunities += n;
    summary->by_group[group].opportunities += n;
}

ProsePc5Counts *
prose_summary_pc5(ProseSummary *summary, unsigned ue, unsigned discovery)
{
    return &summary_member(summary, ue, discovery)->pc5;
}

void
prose_summary_add_octets(ProseSummary *summary, unsigned ue, uint64_t up, uint64_t down)
{
    Tally *tallies[3];
    unsigned n = summary_tallies(summary, -1, (int) ue, tallies);

    summary->octets[2 * (size_t) ue] += up;
    summary->octets[2 * (size_t) ue + 1] += down;
    for (unsigned t = 0; t < n; t++) {
        tallies[t]->octets_up += up;
        tallies[t]->octets_down += down;
    }
}

void
prose_summary_add_wait(ProseSummary *summary, unsigned pkmf, uint64_t wait_ns, uint64_t now_ns)
{
    if (now_ns < summary->warm_up_ns)
        return;
    prose_samples_add(&summary->waits[pkmf], (double) wait_ns / 1e9);
    prose_samples_add(&summary->all_waits, (double) wait_ns / 1e9);
    if (summary->scenario->output.samples & UINT64_C(1) << DIST_WAIT) {
        ProseSampleRow row = { .name = dist_name(DIST_WAIT), .entity = summary->pkmf_entities[pkmf], .ue = -1, .peer = -1,
                               .key_period = -1, .value = (double) wait_ns / 1e9 };

        g_array_append_val(summary->samples, row);
    }
}

void
prose_summary_set_load(ProseSummary *summary, unsigned pkmf, const ProsePkmfLoad *load)
{
    summary->loads[pkmf] = *load;
}

static double
waited_s(const ProseSummary *summary, uint64_t since_ns)
{
    return (double) (summary->end_ns - MIN(summary->end_ns, since_ns)) / 1e9;
}

/* Pairs one by one, if each is to be written down. */
static void
write_unheard(ProseSummary *summary, unsigned ue, unsigned discovery)
{
    const ProseScenarioUe *receiver = g_ptr_array_index(summary->scenario->ues, ue);
    const ProseUeSet *heard = &summary_member(summary, ue, discovery)->heard;

    for (unsigned i = 0; i < summary->n_ues; i++) {
        const ProseScenarioUe *sender = g_ptr_array_index(summary->scenario->ues, i);
        Measured at = { (int) discovery, (int) ue, (int) i, -1 };
        uint64_t start_ns = wait_start(summary, ue, i);

        if (i == ue || !summary_can_hear(receiver->roles[discovery], sender->roles[discovery]) || prose_ue_set_contains(heard, i))
            continue;
        write_sample(summary, DIST_TIME_TO_DISCOVER, &at, waited_s(summary, start_ns), true);
        write_sample(summary, DIST_PERIODS_TO_DISCOVER, &at, periods_between(summary, start_ns, MAX(summary->end_ns, 1) - 1), true);
    }
}

/* Who has not been heard yet is censored, not left out. */
static void
finish_discovery(ProseSummary *summary)
{
    static const uint64_t of_pairs = UINT64_C(1) << DIST_TIME_TO_DISCOVER | UINT64_C(1) << DIST_PERIODS_TO_DISCOVER;

    for (unsigned i = 0; i < summary->n_ues; i++) {
        uint64_t own_ns = wait_start(summary, i, i);

        for (unsigned d = 0; d < summary->n_discoveries; d++) {
            const Member *member = summary_member(summary, i, d);
            unsigned unheard = member->to_hear - MIN(member->heard.n, member->to_hear);
            Measured at = { (int) d, (int) i, -1, -1 };

            if (unheard == 0)
                continue;
            cell_of(summary, DIST_TIME_TO_DISCOVER, &at)->censored += unheard;
            cell_of(summary, DIST_PERIODS_TO_DISCOVER, &at)->censored += unheard;
            if (summary->scenario->output.samples & of_pairs)
                write_unheard(summary, i, d);
            summary_add_censored(summary, DIST_TIME_TO_DISCOVER_ALL, &at, waited_s(summary, own_ns));
            summary_add_censored(summary, DIST_PERIODS_TO_DISCOVER_ALL, &at,
                                 periods_between(summary, own_ns, MAX(summary->end_ns, 1) - 1));
        }
    }
}

void
summary_pc5_add(ProsePc5Counts *sum, const ProsePc5Counts *counts)
{
    for (ProseSlotRefusal r = 0; r < PROSE_SLOT_N_REFUSALS; r++)
        sum->slots[r] += counts->slots[r];
    for (ProsePc5Outcome o = 0; o < PROSE_PC5_N_OUTCOMES; o++)
        sum->outcomes[o] += counts->outcomes[o];
    sum->kdf_logical += counts->kdf_logical;
    sum->kdf_computed += counts->kdf_computed;
}

static void
finish_pc5(ProseSummary *summary)
{
    for (unsigned i = 0; i < summary->n_ues; i++) {
        for (unsigned d = 0; d < summary->n_discoveries; d++) {
            const ProsePc5Counts *counts = prose_summary_pc5(summary, i, d);
            Tally *tallies[3];
            unsigned n = summary_tallies(summary, (int) d, (int) i, tallies);

            for (unsigned t = 0; t < n; t++)
                summary_pc5_add(&tallies[t]->pc5, counts);
        }
    }
}

void
prose_summary_finish(ProseSummary *summary, uint64_t end_ns)
{
    if (summary->finished)
        return;
    summary->end_ns = end_ns;
    prose_summary_pass(summary, end_ns);
    rollovers_finish(summary);
    summary_keys_finish(summary);
    finish_discovery(summary);
    finish_pc5(summary);
    finish_cells(summary);
    summary->finished = true;
}
