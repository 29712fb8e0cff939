/* SPDX-License-Identifier: GPL-2.0-only */
/* Combinations that run, and will surprise. */
#include "prose-scenario-internal.h"

#include "prose-pkmf.h"
#include "prose-streams.h"

#include "ns3c.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Content bits that receivers filter by: the Relay Service Code or Discovery Group ID. */
#define FILTER_OCTETS 3

/* Beyond so many UEs a run that looks at all pairs of them is long, and large. */
#define PAIRS_UES 5000

typedef struct Warnings {
    const ProseResolved *r;
    const ProseScenario *s;
    ProseMistakes *list;
} Warnings;

static void warn(Warnings *w, const ProseResolvedSection *section, const char *key, const char *format, ...) G_GNUC_PRINTF(4, 5);

void
prose_scenario_warn(ProseMistakes *list, const ProseResolvedSection *section, const char *key, const char *format, va_list args)
{
    const ProseResolvedValue *value = key ? prose_resolved_value(section, key) : NULL;
    g_autofree char *text = g_strdup_vprintf(format, args);

    prose_mistakes_add(list, value ? prose_resolved_origin(section, value) : section->origin, "[%s]%s%s%s%s: %s", section->header,
                       key ? " " : "", key ? key : "", value ? " = " : "", value ? value->text : "", text);
}

static void
warn(Warnings *w, const ProseResolvedSection *section, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    prose_scenario_warn(w->list, section, key, format, args);
    va_end(args);
}

void
prose_scenario_next_switch(const ProseScenario *s, const ProseScenarioDiscovery *d, double *ret_switch_s, double *ret_delivery_s)
{
    int64_t behind = s->utc_start_s - d->first_start_s;
    int64_t into = behind % d->cryptoperiod_s;
    double next = behind < 0 ? (double) -behind : (double) (d->cryptoperiod_s - into);

    *ret_switch_s = next;
    *ret_delivery_s = fmax(0, next - d->lead_s);
}

/* Rules R1: how long before the end of its last key a UE asks for another, before jitter. */
static double
check_s(const ProseScenarioDiscovery *d)
{
    double check = d->successor_check_s ? d->successor_check_s : fmin(d->cryptoperiod_s / 10.0, d->lead_s / 2.0);

    return fmax(check, 2.0 * d->max_offset_s);
}

static double
spread_end(const ProseSpread *spread)
{
    double support[2];

    if (spread->kind != PROSE_SPREAD_DRAW)
        return spread->span_s;
    prose_distribution_support(&spread->draw_s, support);
    return support[1];
}

static void
warn_key_periods(Warnings *w, const ProseScenarioDiscovery *d, const ProseResolvedSection *section)
{
    double change, delivery;

    prose_scenario_next_switch(w->s, d, &change, &delivery);
    if (d->first_start_s > w->s->utc_start_s)
        warn(w, section, "first-start", "no key is valid before %.15g s of the run", change);
    if (change >= w->s->duration_s && d->first_start_s != w->s->utc_start_s)
        warn(w, section, "first-start", "the key does not change within the run; the next change is at %.15g s", change);
    else if (d->pkmf && change >= w->s->duration_s && delivery > 0 && delivery < w->s->duration_s)
        warn(w, section, "lead", "the next key is delivered at %.15g s and begins after the end, at %.15g s", delivery, change);
    if (!d->pkmf || d->keys_ahead > 0 || change - check_s(d) >= w->s->duration_s || d->first_start_s > w->s->utc_start_s)
        return;
    /* Rules R1: a UE asks for the successor at the latest 2 MAX_OFFSET before the end. */
    if (d->lead_s < 2 * d->max_offset_s)
        warn(w, section, "lead",
             "UEs ask for the next key twice the max-offset, %u s, before its start, when the PKMF has none to give yet",
             2 * d->max_offset_s);
    else if (d->successor_check_s > d->lead_s)
        warn(w, section, "successor-check", "UEs ask when the PKMF has no next key to give yet; the lead is %u s", d->lead_s);
    else if (spread_end(&d->lead_spread) > d->lead_s - check_s(d))
        warn(w, section, "lead-spread",
             "UEs without the next key ask for it up to %.15g s before its start, when some have not been sent it yet", check_s(d));
}

/* Rules K5: how many keys a UE would hold, and does not. */
static void
warn_key_room(Warnings *w, const ProseScenarioDiscovery *d, const ProseResolvedSection *section)
{
    double past = ceil(((double) d->max_offset_s + d->keep_past_s) / d->cryptoperiod_s);

    if (d->keep_past_s > 0 && past + 1 + d->keys_ahead > PROSE_KEYS_PER_SCOPE_MAX)
        warn(w, section, "keep-past", "a UE holds at most %d keys of a discovery (rules K5), so the oldest go earlier", PROSE_KEYS_PER_SCOPE_MAX);
    if (d->pkmf && d->keys_ahead == PROSE_PKMF_KEYS_AHEAD_MAX && !d->keeps_revoked_keys)
        warn(w, section, "keys-ahead", "leaves a UE no room for the successor of a key that is replaced (rules K5, K7)");
    if (d->overlap_s != UINT32_MAX && w->s->profile.receive_key == PROSE_RECEIVE_KEY_COUNTER)
        warn(w, section, "overlap", "does nothing under receive-key = counter");
}

static void
warn_provisioned(Warnings *w, const ProseScenarioDiscovery *d, const ProseResolvedSection *section)
{
    static const char *const of_fetched[] = { "lead", "lead-spread", "keys-ahead", "successor-check", "successor-retry", "emergency" };

    if (d->pkmf || !prose_key_scope_is_discovery(d->scope))
        return;
    if (strcmp(prose_resolved_value(section, "pkmf")->value.text, "none") != 0)
        warn(w, section, "pkmf", "is not asked: the scenario gives the keys");
    for (size_t i = 0; i < G_N_ELEMENTS(of_fetched); i++) {
        const ProseResolvedValue *value = prose_resolved_value(section, of_fetched[i]);

        if (value && strcmp(value->text, value->setting->fallback) != 0)
            warn(w, section, of_fetched[i], "does nothing: the scenario gives the keys");
    }
}

static void
warn_mask(Warnings *w, const ProseScenarioDiscovery *d, const ProseResolvedSection *section)
{
    for (size_t i = 0; i < FILTER_OCTETS; i++) {
        if (d->meta.encrypted_bits_mask[i] == 0)
            continue;
        warn(w, section, "encrypted-bits-mask",
             "covers bits 0..23, the identity that receivers filter by: each message has to be decrypted first");
        return;
    }
}

/* Whether each role has its counterpart somewhere. */
static void
warn_roles(Warnings *w, const ProseScenarioDiscovery *d, const ProseResolvedSection *section)
{
    unsigned roles = 0;

    for (guint i = 0; i < w->s->ues->len; i++)
        roles |= ((ProseScenarioUe *) w->s->ues->pdata[i])->roles[d->index];
    if (!roles)
        warn(w, section, NULL, "no UE takes part in it");
    if ((roles & PROSE_ROLE_ANNOUNCE) && !(roles & PROSE_ROLE_MONITOR))
        warn(w, section, NULL, "UEs announce, none monitors");
    if ((roles & PROSE_ROLE_MONITOR) && !(roles & PROSE_ROLE_ANNOUNCE))
        warn(w, section, NULL, "UEs monitor, none announces");
    if ((roles & PROSE_ROLE_SOLICIT) && !(roles & PROSE_ROLE_RESPOND))
        warn(w, section, NULL, "UEs solicit, none responds");
    if ((roles & PROSE_ROLE_RESPOND) && !(roles & PROSE_ROLE_SOLICIT))
        warn(w, section, NULL, "UEs respond, none solicits");
    if (d->additional_every > 0 && !(roles & PROSE_ROLE_ANNOUNCE))
        warn(w, section, "additional-information-every", "does nothing: no UE announces");
}

/* What UEs of one group have in common, counted to be said once. */
typedef struct GroupCounts {
    unsigned without_pdn, without_scrambling, late;
    const ProseScenarioUe *pdn_example, *scrambling_example, *late_example;
} GroupCounts;

static void
count_ue(const ProseScenario *s, const ProseScenarioUe *ue, GroupCounts *c)
{
    bool scrambles = false;
    double support[2];

    for (guint d = 0; d < s->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = s->discoveries->pdata[d];

        scrambles |= ue->roles[d] && discovery->pkmf && prose_key_scope_is_discovery(discovery->scope)
                     && (discovery->meta.scrambling || s->profile.scrambling_required == PROSE_SCRAMBLING_REQUIRED_ALL);
    }
    if (ue->fetches && !ue->pdn && c->without_pdn++ == 0)
        c->pdn_example = ue;
    if (scrambles && !ue->scrambling_supported && c->without_scrambling++ == 0)
        c->scrambling_example = ue;
    prose_distribution_support(ue->power_on_s, support);
    if (support[0] >= s->duration_s && c->late++ == 0)
        c->late_example = ue;
}

static char *
how_many(unsigned n, const ProseScenarioUe *example)
{
    return n == 1 ? g_strdup_printf("%s has", example->name) : g_strdup_printf("%u UEs, from %s on, have", n, example->name);
}

static void
warn_group(Warnings *w, const ProseResolvedSection *section, const GroupCounts *c)
{
    g_autofree char *pdn = c->without_pdn ? how_many(c->without_pdn, c->pdn_example) : NULL;
    g_autofree char *scrambling = c->without_scrambling ? how_many(c->without_scrambling, c->scrambling_example) : NULL;

    if (pdn)
        warn(w, section, NULL, "%s no PDN connection and so no keys", pdn);
    if (scrambling)
        warn(w, section, NULL, "%s no scrambling and will be refused for %s (rules R4)", scrambling,
             w->s->profile.scrambling_required == PROSE_SCRAMBLING_REQUIRED_ALL ? "every discovery" : "each discovery that scrambles");
    if (c->late)
        warn(w, section, NULL, "%s is switched on after the end%s", c->late_example->name,
             c->late > 1 ? ", and it is not the only one" : "");
}

/* Whether anything brings the PKMF down. */
static bool
goes_down(const ProseScenario *s, const ProseScenarioPkmf *pkmf)
{
    bool down = pkmf->outages->len > 0;

    for (guint i = 0; i < s->events->len && !down; i++) {
        const ProseScenarioEvent *e = s->events->pdata[i];

        down = e->action == PROSE_ACTION_PKMF_DOWN && e->pkmf == pkmf;
    }
    return down;
}

static void
warn_pace(Warnings *w, const ProseScenarioPkmf *pkmf, const ProseResolvedSection *section)
{
    for (guint i = 0; i < w->s->discoveries->len && pkmf->delivery_pace > 0; i++) {
        const ProseScenarioDiscovery *d = w->s->discoveries->pdata[i];
        unsigned n = 0;

        for (guint u = 0; d->pkmf == pkmf && u < w->s->ues->len; u++)
            n += ((const ProseScenarioUe *) w->s->ues->pdata[u])->roles[d->index] != 0;
        if (n / pkmf->delivery_pace > d->lead_s)
            warn(w, section, "delivery-pace", "%u UEs of %s take %.15g s, longer than the lead, %u s", n, d->name, n / pkmf->delivery_pace,
                 d->lead_s);
    }
}

static void
warn_pkmf(Warnings *w, const ProseScenarioPkmf *pkmf, const ProseResolvedSection *section)
{
    double support[2];

    prose_distribution_support(&pkmf->retry_after_s, support);
    if (!pkmf->restart_keeps_state && !goes_down(w->s, pkmf))
        warn(w, section, "restart-keeps-state", "nothing brings it down, so nothing is lost");
    if (pkmf->queue_limit == 0 && support[1] > 0)
        warn(w, section, "retry-after", "never said, since the queue is unlimited");
    warn_pace(w, pkmf, section);
}

/* The longest stretch that @activities can make. */
static double
longest_s(const GArray *activities, const ProseScenario *s)
{
    g_autoptr(GArray) fixed = prose_activities_expand(activities, s->utc_start_s, s->duration_s, NULL);
    double longest = 0, support[2];

    for (guint i = 0; i < fixed->len; i++) {
        const ProseInterval *interval = &g_array_index(fixed, ProseInterval, i);

        longest = fmax(longest, interval->end_s - interval->start_s);
    }
    for (guint i = 0; i < activities->len; i++) {
        const ProseActivity *a = &g_array_index(activities, ProseActivity, i);

        if (!a->by_chance)
            continue;
        prose_distribution_support(&a->lasts_s, support);
        longest = fmax(longest, support[1]);
    }
    return longest;
}

/* UEs that are away for the whole lead of a key have it late, or never. */
static void
warn_off_network(Warnings *w, const ProseScenarioUe *first, const ProseResolvedSection *section)
{
    double longest = longest_s(first->off_network, w->s);

    if (longest >= w->s->duration_s)
        warn(w, section, "off-network", isinf(longest) ? "may last as long as the run" : "leaves no time to get keys in");
    for (guint i = 0; longest < w->s->duration_s && i < w->s->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = w->s->discoveries->pdata[i];

        if (!d->pkmf || !first->roles[i] || longest <= d->lead_s || d->keys_ahead > 0)
            continue;
        warn(w, section, "off-network", "up to %.15g s out of reach, longer than the lead of %s, %u s: its UEs miss keys that start meanwhile",
             longest, d->name, d->lead_s);
        return;
    }
}

/* Rules R2 wait longer the more fails. */
static void
warn_back_off(Warnings *w, const ProseResolvedSection *section)
{
    double longest_s = ldexp(prose_resolved_value(section, "back-off")->value.number[0], PROSE_UE_BACK_OFF_DOUBLED);

    if (prose_resolved_value(section, "back-off-steady")->value.number[0] < longest_s)
        warn(w, section, "back-off-steady", "shorter than the longest wait before it, %.15g s, so more failures bring more requests", longest_s);
}

/* ---- pairs of UEs: what prose-radio-rows.c makes of the scenario ---- */

static bool
uses_pc5(const ProseScenario *s)
{
    bool uses = false;

    for (guint i = 0; i < s->ues->len && !uses; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[i];

        for (guint d = 0; d < s->discoveries->len; d++)
            uses |= (ue->roles[d] & (PROSE_ROLES_SENDING | PROSE_ROLES_RECEIVING)) != 0;
    }
    return uses;
}

static double
height_m(const ProseScenarioUe *ue)
{
    return ue->placement == PROSE_PLACEMENT_FILE ? ue->point_z : PROSE_UE_HEIGHT_M;
}

static bool
is_level(const ProseScenario *s)
{
    for (guint i = 1; i < s->ues->len; i++) {
        if (height_m(s->ues->pdata[i]) != height_m(s->ues->pdata[0]))
            return false;
    }
    return true;
}

static bool
has_range(const ProseScenario *s)
{
    char *message = NULL;
    Ns3cPropagation *model = ns3c_propagation_new(s->propagation, s->carrier_hz, PROSE_RNG_PROPAGATION, &message);
    /* What ns-3 refuses is said elsewhere. */
    bool has = !model || (!ns3c_propagation_is_random(model)
                          && isfinite(ns3c_propagation_range(model, s->tx_power_dbm, s->reception.sensitivity_dbm,
                                                             height_m(s->ues->pdata[0]))));

    ns3c_propagation_free(model);
    free(message);
    return has;
}

static void
warn_pairs(Warnings *w)
{
    const ProseResolvedSection *radio = prose_resolved_find(w->r, "radio", NULL);
    uint64_t n = w->s->ues->len;

    if (n <= PAIRS_UES || !uses_pc5(w->s))
        return;
    if (!has_range(w->s))
        warn(w, radio, prose_resolved_value(radio, "range") ? "range" : "propagation",
             "%" PRIu64 " UEs hear each other without a limit of range: %" PRIu64 " pairs", n, n * n);
    else if (!w->s->grid)
        warn(w, radio, "grid", "%" PRIu64 " UEs are looked for among all: %" PRIu64 " pairs", n, n * n);
    else if (!is_level(w->s))
        warn(w, radio, "grid", "%" PRIu64 " UEs at more than one height are looked for among all: %" PRIu64 " pairs", n, n * n);
}

static void
warn_events(Warnings *w)
{
    const ProseResolvedSection *section;

    for (unsigned i = 0; (section = prose_resolved_at(w->r, "event", i)); i++) {
        if (prose_resolved_value(section, "at")->value.number[0] >= w->s->duration_s)
            warn(w, section, "at", "never happens; the run ends at %s",
                 prose_resolved_value(prose_resolved_find(w->r, "simulation", NULL), "duration")->text);
    }
}

GPtrArray *
prose_check_warnings(const ProseResolved *r, const ProseScenario *s)
{
    g_autoptr(ProseMistakes) list = prose_mistakes_new(s->path);
    Warnings w = { .r = r, .s = s, .list = list };
    guint u = 0;

    for (unsigned d = 0; d < s->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = s->discoveries->pdata[d];
        const ProseResolvedSection *section = prose_resolved_at(r, "discovery", d);

        warn_key_periods(&w, discovery, section);
        warn_provisioned(&w, discovery, section);
        if (prose_key_scope_is_discovery(discovery->scope))
            warn_key_room(&w, discovery, section);
        warn_mask(&w, discovery, section);
        warn_roles(&w, discovery, section);
    }
    for (unsigned p = 0; p < s->pkmfs->len; p++)
        warn_pkmf(&w, s->pkmfs->pdata[p], prose_resolved_at(r, "pkmf", p));
    for (unsigned g = 0; g < s->group_names->len; g++) {
        GroupCounts counts = { 0 };
        const ProseScenarioUe *first = u < s->ues->len ? s->ues->pdata[u] : NULL;

        if (first && first->group == g && first->off_network)
            warn_off_network(&w, first, prose_resolved_at(r, "ue-group", g));
        if (first && first->group == g)
            warn_back_off(&w, prose_resolved_at(r, "ue-group", g));
        for (; u < s->ues->len && ((ProseScenarioUe *) s->ues->pdata[u])->group == g; u++)
            count_ue(s, s->ues->pdata[u], &counts);
        warn_group(&w, prose_resolved_at(r, "ue-group", g), &counts);
    }
    warn_events(&w);
    warn_pairs(&w);
    prose_check_place_warnings(r, s, list);
    return prose_mistakes_list(list);
}
