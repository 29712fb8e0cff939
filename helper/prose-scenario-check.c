/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings held against each other: what cannot be is a mistake, what will surprise a warning. */
#include "prose-scenario-internal.h"

#include "prose-radio.h"
#include "prose-summary-internal.h"
#include "prose-topology.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A Key Request lists no more (OP-01: model/prose-key-message.xsd). */
#define SCOPES_PER_REQUEST 64

static bool
is_kind(const ProseResolvedSection *section, const char *kind)
{
    return strcmp(section->kind->kind, kind) == 0;
}

/* %NULL also after a mistake, which has been reported then. */
static const ProseValue *
known(const ProseResolvedSection *section, const char *key)
{
    const ProseResolvedValue *v = prose_resolved_value(section, key);

    return v ? &v->value : NULL;
}

/* "line 12", "-s pool.period=rf4", "its default" */
static char *
where(const ProseResolvedSection *section, const char *key)
{
    const ProseResolvedValue *v = prose_resolved_value(section, key);
    ProseOrigin origin = v ? prose_resolved_origin(section, v) : section->origin;

    return origin.source == PROSE_SOURCE_OPTION ? g_strdup_printf("-s %s", origin.option)
                                                : g_strdup_printf("line %u", origin.line);
}

/* ---- simulation ---- */

static void
check_simulation(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *duration = known(section, "duration"), *warm_up = known(section, "warm-up");

    if (duration && warm_up && warm_up->number[0] >= duration->number[0])
        prose_resolved_wrong(r, section, "warm-up", "nothing is left to count; less than the duration, %s",
                             prose_resolved_value(section, "duration")->text);
}

static void
check_output(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *series = known(section, "series");

    if (series && series->integer >> SERIES_POOL_PERIODS & 1 && prose_resolved_count(r, "pool") > 1)
        prose_resolved_wrong(r, section, "series", "pool.periods tells of a single pool, and there are %u; the other series",
                             prose_resolved_count(r, "pool"));
}

/* ---- ns-3's words: ns-3 is asked, so that a wrong one is found where it stands ---- */

static void
say_ns3(ProseResolved *r, ProseResolvedSection *section, const char *key, const char *message)
{
    prose_resolved_wrong(r, section, key, "%s; see `prose-sim describe %s`", message ? message : "ns-3 refuses it", key);
}

static void
check_propagation(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *words = known(section, "propagation"), *carrier = known(section, "carrier");
    Ns3cPropagation *model;
    char *message = NULL;

    if (!words || !carrier)
        return;
    model = ns3c_propagation_new(words->text, carrier->number[0], 0, &message);
    if (!model)
        say_ns3(r, section, "propagation", message);
    ns3c_propagation_free(model);
    free(message);
}

/* From where such a UE might start: some models have bounds of their own. */
static Ns3cPosition
some_start(const ProseResolved *r, const ProseResolvedSection *section)
{
    const ProseValue *area = known(prose_resolved_find(r, "radio", NULL), "area"), *placement = known(section, "placement");

    if (placement && placement->choice == PROSE_PLACEMENT_POINT)
        return (Ns3cPosition) { .x = placement->number[0], .y = placement->number[1] };
    if (!area || (placement && placement->choice == PROSE_PLACEMENT_GRID))
        return (Ns3cPosition) { 0 };
    return (Ns3cPosition) { .x = area->number[0] / 2, .y = area->number[1] / 2 };
}

static void
check_mobility(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *words = known(section, "mobility");
    Ns3cMobility *model;
    char *message = NULL;

    if (!words || words->choice != PROSE_MOBILITY_NS3)
        return;
    model = ns3c_mobility_new(words->text, some_start(r, section), 0, &message);
    if (!model)
        say_ns3(r, section, "mobility", message);
    ns3c_mobility_free(model);
    free(message);
}

/* ---- names and identities ---- */

/* @key of the two sections may not be the same; texts without regard to case, as domain names are. */
static void
check_unlike(ProseResolved *r, ProseResolvedSection *earlier, ProseResolvedSection *later, const char *key, const char *why)
{
    const ProseValue *a = known(earlier, key), *b = known(later, key);
    g_autofree char *line = NULL;

    if (!a || !b || (strcmp(key, "fqdn") == 0 ? g_ascii_strcasecmp(a->text, b->text) != 0 : a->integer != b->integer))
        return;
    line = where(earlier, key);
    prose_resolved_wrong(r, later, key, "also that of [%s], %s; %s", earlier->header, line, why);
}

static void
check_pairs(ProseResolved *r)
{
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *b = r->sections->pdata[i];
        bool b_serves = is_kind(b, "pkmf") || is_kind(b, "prose-function");
        bool b_keys = is_kind(b, "discovery") || is_kind(b, "group-key");

        for (guint j = 0; j < i && (b_serves || b_keys); j++) {
            ProseResolvedSection *a = r->sections->pdata[j];

            if (b_serves && (is_kind(a, "pkmf") || is_kind(a, "prose-function")))
                check_unlike(r, a, b, "fqdn", "each server has its own");
            if (!b_keys || !(is_kind(a, "discovery") || is_kind(a, "group-key")))
                continue;
            if (strcmp(a->name, b->name) == 0)
                prose_resolved_section_wrong(r, b, "[%s] has that name too and lists could mean either; another name", a->header);
            if (a->kind != b->kind)
                continue;
            if (is_kind(b, "group-key")) {
                check_unlike(r, a, b, "group-id", "one section for each group");
                continue;
            }
            check_unlike(r, a, b, "discovery-group-id", "one PKMF serves a Discovery Group ID, so one section has it (rules R6)");
            check_unlike(r, a, b, "relay-service-code", "one PKMF serves a Relay Service Code, so one section has it (rules R6)");
        }
    }
}

/* ---- keys ---- */

/* The longest delay that a spread can draw, and whether it is never quite reached. */
static double
spread_end(const ProseValue *spread, bool *ret_open)
{
    double support[2];

    *ret_open = true;
    if (spread->choice != PROSE_SPREAD_DRAW)
        return spread->number[0];
    prose_distribution_support(&spread->distribution, support);
    *ret_open = spread->distribution.kind == PROSE_DIST_UNIFORM;
    return support[1];
}

static void
check_policy(ProseResolved *r, ProseResolvedSection *section, bool is_provisioned, const ProseValue *max_offset)
{
    const ProseValue *lead = known(section, "lead"), *spread = known(section, "lead-spread"), *overlap = known(section, "overlap");
    bool open = true;
    double end = spread ? spread_end(spread, &open) : 0;
    const ProseValue *additional = known(section, "additional-information-every");

    if (lead && !is_provisioned && end > 0 && (open ? end > (double) lead->integer : end >= (double) lead->integer))
        prose_resolved_wrong(r, section, "lead-spread", "may reach the start of the key, which is delivered %s ahead; less than the lead (rules K2)",
                             prose_resolved_value(section, "lead")->text);
    if (additional && !additional->is_word && prose_resolved_value(section, "discovery-group-id"))
        prose_resolved_wrong(r, section, "additional-information-every", "groups have none; none, or a relay-service-code (TS 24.334 10A.2.1)");
    if (overlap && max_offset && !overlap->is_word && overlap->integer > max_offset->integer)
        prose_resolved_wrong(r, section, "overlap", "beyond the max-offset; at most %s (rules K1)", max_offset->text);
}

static void
check_key_periods(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *cryptoperiod = known(section, "cryptoperiod"), *lead = known(section, "lead");
    const ProseResolvedValue *pkmf = prose_resolved_value(section, "pkmf");
    bool is_provisioned = is_kind(section, "discovery") && known(section, "keys") && known(section, "keys")->choice == 1;
    const ProseResolvedSection *server = NULL;
    const ProseValue *max_offset = NULL;

    if (pkmf && pkmf->refs->len > 0)
        server = prose_resolved_at(r, "pkmf", g_array_index(pkmf->refs, unsigned, 0));
    if (is_provisioned)
        max_offset = known(section, "max-offset");
    else if (server)
        max_offset = known(server, "max-offset");
    else if (pkmf)
        prose_resolved_wrong(r, section, "pkmf", "nobody to fetch keys from; the name of a [pkmf ...] section, or keys = provisioned");
    if (is_kind(section, "discovery"))
        check_policy(r, section, is_provisioned, max_offset);
    if (cryptoperiod && max_offset && cryptoperiod->integer <= 2 * max_offset->integer)
        prose_resolved_wrong(r, section, "cryptoperiod",
                             "not longer than twice the max-offset%s%s, %s; above %" G_GUINT64_FORMAT " s (rules K2)",
                             is_provisioned ? "" : " of ", is_provisioned ? "" : pkmf->text, max_offset->text, 2 * max_offset->integer);
    if (cryptoperiod && lead && !is_provisioned && lead->integer >= cryptoperiod->integer)
        prose_resolved_wrong(r, section, "lead",
                             "not shorter than the cryptoperiod, %s; below %" G_GUINT64_FORMAT " s (rules K2)",
                             prose_resolved_value(section, "cryptoperiod")->text, cryptoperiod->integer);
}

/* ---- UEs ---- */

static void
check_placement(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseResolvedSection *radio = prose_resolved_find(r, "radio", NULL);
    const ProseValue *area = known(radio, "area"), *placement = known(section, "placement");
    const ProseValue *count = is_kind(section, "ue-group") ? known(section, "count") : NULL;
    double cells;

    if (!area || !placement)
        return;
    if (placement->choice == PROSE_PLACEMENT_POINT
        && !(placement->number[0] >= 0 && placement->number[0] <= area->number[0]
             && placement->number[1] >= 0 && placement->number[1] <= area->number[1]))
        prose_resolved_wrong(r, section, "placement", "outside the area; 0 m .. %.15g m and 0 m .. %.15g m",
                             area->number[0], area->number[1]);
    if (placement->choice != PROSE_PLACEMENT_GRID || !count)
        return;
    cells = (floor(area->number[0] / placement->number[0]) + 1) * (floor(area->number[1] / placement->number[0]) + 1);
    if (cells < (double) count->integer)
        prose_resolved_wrong(r, section, "placement",
                             "a grid of %.15g places in the area for %" G_GUINT64_FORMAT " UEs; a smaller distance, or a larger area",
                             cells, count->integer);
}

static unsigned
first_of(const ProseResolvedSection *section)
{
    return section->selection.whole ? 0 : section->selection.first;
}

static unsigned
last_of(const ProseResolvedSection *section)
{
    return section->selection.whole ? G_MAXUINT : section->selection.last;
}

static void
check_override(ProseResolved *r, ProseResolvedSection *section)
{
    const char *group = section->selection.group;
    const ProseResolvedSection *whose = group ? prose_resolved_find(r, "ue-group", group) : NULL;
    const ProseValue *count = whose ? known(whose, "count") : NULL;

    if (!group) {
        prose_resolved_section_wrong(r, section, "is for UEs of one group; [ue GROUP], [ue GROUP[3]] or [ue GROUP[0..9]]");
        return;
    }
    if (!whose) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const ProseResolvedSection *other;

        for (unsigned i = 0; (other = prose_resolved_at(r, "ue-group", i)); i++)
            g_ptr_array_add(names, other->name);
        if (names->len == 0)
            prose_resolved_section_wrong(r, section, "there is no [ue-group ...] section; add [ue-group %s]", group);
        else
            prose_resolved_section_wrong(r, section, "no [ue-group %s] section; the nearest is %s", group,
                                         prose_nearest(group, (const char *const *) names->pdata, names->len));
        return;
    }
    if (count && !section->selection.whole && section->selection.last >= count->integer)
        prose_resolved_section_wrong(r, section, "there is no %s[%u]; %s[0..%" G_GUINT64_FORMAT "]", group,
                                     section->selection.last, group,
                                     count->integer - 1);
    /* One UE gets a key from one section, so that no order decides. */
    for (guint i = 0; r->sections->pdata[i] != section; i++) {
        const ProseResolvedSection *other = r->sections->pdata[i];

        if (!is_kind(other, "ue") || g_strcmp0(other->selection.group, group) != 0 || first_of(other) > last_of(section)
            || first_of(section) > last_of(other))
            continue;
        for (guint k = 0; k < section->n_values; k++) {
            const char *key = section->values[k].setting->key;
            g_autofree char *line = NULL;

            if (!section->values[k].text || !other->values[k].text)
                continue;
            line = where(other, key);
            prose_resolved_wrong(r, section, key, "%s[%u] has it from [%s] too, %s; one section for each UE and key", group,
                                 MAX(first_of(section), first_of(other)), other->header, line);
        }
    }
}

void
prose_check_sections(ProseResolved *r)
{
    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];

        if (is_kind(section, "simulation"))
            check_simulation(r, section);
        else if (is_kind(section, "output"))
            check_output(r, section);
        else if (is_kind(section, "radio"))
            check_propagation(r, section);
        else if (is_kind(section, "discovery") || is_kind(section, "group-key"))
            check_key_periods(r, section);
        else if (is_kind(section, "ue"))
            check_override(r, section);
        if (is_kind(section, "ue-group") || is_kind(section, "ue")) {
            check_placement(r, section);
            check_mobility(r, section);
        }
    }
    check_pairs(r);
    prose_check_places(r);
    if (prose_resolved_count(r, "ue-group") == 0)
        prose_mistakes_add(r->mistakes, prose_origin_file(0), "no UEs; at least one [ue-group ...] section");
}

static unsigned
all_roles(const ProseScenario *s, const ProseScenarioUe *ue)
{
    unsigned roles = 0;

    for (guint d = 0; d < s->discoveries->len; d++)
        roles |= ue->roles[d];
    return roles;
}

static void
check_group_roles(ProseResolved *r, const ProseScenario *s, unsigned group, ProseResolvedSection *section)
{
    unsigned roles = 0;

    for (guint i = 0; i < s->ues->len; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[i];

        if (ue->group == group)
            roles |= all_roles(s, ue);
    }
    if (!roles)
        prose_resolved_section_wrong(r, section,
                                     "takes part in nothing; at least one of announce, monitor, solicit, respond, hold");
}

/* A UE that asks the ProSe Function is told the PKMF of everything it takes part in. */
static bool
check_pkmf_known(ProseResolved *r, const ProseScenario *s, const ProseScenarioUe *ue, ProseResolvedSection *section)
{
    const ProseScenarioFunction *f = s->functions->len > 0 ? s->functions->pdata[0] : NULL;

    if (ue->pkmf_provisioned || !ue->fetches)
        return true;
    if (!f) {
        prose_resolved_wrong(r, section, "pkmf-known",
                             "there is no ProSe Function to ask; a [prose-function ...] section, or provisioned");
        return false;
    }
    for (guint d = 0; d < s->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = s->discoveries->pdata[d];

        if (ue->roles[d] && discovery->pkmf && !g_ptr_array_find(f->pkmfs, discovery->pkmf, NULL)) {
            prose_resolved_wrong(r, section, "pkmf-known",
                                 "%s needs PKMF %s for %s, which [prose-function %s] does not name; add it to its pkmfs, or provisioned",
                                 ue->name, discovery->pkmf->name, discovery->name, f->name);
            return false;
        }
    }
    return true;
}

static bool
check_request_size(ProseResolved *r, const ProseScenario *s, const ProseScenarioUe *ue, ProseResolvedSection *section)
{
    for (guint p = 0; p < s->pkmfs->len; p++) {
        unsigned n[2] = { 0 };

        for (guint d = 0; d < s->discoveries->len; d++) {
            const ProseScenarioDiscovery *discovery = s->discoveries->pdata[d];

            if (ue->roles[d] && discovery->pkmf == s->pkmfs->pdata[p])
                n[discovery->scope.type == PROSE_KEY_TYPE_PGK]++;
        }
        if (MAX(n[0], n[1]) > SCOPES_PER_REQUEST) {
            prose_resolved_section_wrong(r, section,
                                         "%s asks PKMF %s for the keys of %u; a Key Request lists at most %d", ue->name,
                                         ((ProseScenarioPkmf *) s->pkmfs->pdata[p])->name, MAX(n[0], n[1]), SCOPES_PER_REQUEST);
            return false;
        }
    }
    return true;
}

/* Addresses of a gateway are counted over the UEs that it serves, gateways over the whole scenario. */
static void
check_addresses(ProseResolved *r, const ProseScenario *s)
{
    g_autofree uint64_t *ues = g_new0(uint64_t, s->pdns->len + 1);
    unsigned gateways = 0;

    for (guint i = 0; i < s->ues->len; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[i];

        for (guint p = 0; p < s->pdns->len; p++)
            ues[p] += ue->pdn == s->pdns->pdata[p];
    }
    for (guint p = 0; p < s->pdns->len; p++) {
        const ProseScenarioPdn *pdn = s->pdns->pdata[p];
        ProseResolvedSection *section = prose_resolved_at(r, "pdn", p);

        gateways += pdn->gateways;
        if (ues[p] > (uint64_t) pdn->gateways * PROSE_GATEWAY_UES_MAX)
            prose_resolved_wrong(r, section, "gateways",
                                 "too few addresses for %" G_GUINT64_FORMAT " UEs; at least %" G_GUINT64_FORMAT, ues[p],
                                 (ues[p] + PROSE_GATEWAY_UES_MAX - 1) / PROSE_GATEWAY_UES_MAX);
        if (gateways > PROSE_GATEWAYS_MAX) {
            prose_resolved_wrong(r, section, "gateways", "%u gateways in all; at most %d in one scenario", gateways,
                                 PROSE_GATEWAYS_MAX);
            return;
        }
    }
}

static bool
has_rtc(const ProseScenario *s, const ProseScenarioUe *ue)
{
    for (guint i = 0; i < ue->time_sources->len; i++) {
        if (((ProseScenarioTimeSource *) s->time_sources->pdata[g_array_index(ue->time_sources, unsigned, i)])->kind == PROSE_TIME_RTC)
            return true;
    }
    return false;
}

static void
check_event(ProseResolved *r, const ProseScenario *s, const ProseScenarioEvent *e, ProseResolvedSection *section)
{
    bool releases = e->action == PROSE_ACTION_NETWORK_RELEASES_PDN || e->action == PROSE_ACTION_UE_RELEASES_PDN;
    bool takes_part = e->action == PROSE_ACTION_START || e->action == PROSE_ACTION_STOP;
    bool is_of_pkmf = e->action == PROSE_ACTION_REVOKE || e->action == PROSE_ACTION_AUTHORISE;

    for (guint k = 0; is_of_pkmf && k < e->discoveries->len; k++) {
        const ProseScenarioDiscovery *d = s->discoveries->pdata[g_array_index(e->discoveries, unsigned, k)];

        if (!d->pkmf) {
            prose_resolved_wrong(r, section, "do", "no PKMF serves %s; a discovery with keys = fetched", d->name);
            return;
        }
    }
    for (guint i = 0; i < e->ues->len; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[g_array_index(e->ues, unsigned, i)];

        if (e->action == PROSE_ACTION_SET_CLOCK && !has_rtc(s, ue)) {
            prose_resolved_wrong(r, section, "do", "%s has no real-time clock; UEs with a source of kind rtc in time-sources", ue->name);
            return;
        }
        if (releases && !ue->pdn) {
            prose_resolved_wrong(r, section, "do", "%s has no PDN connection; UEs that fetch keys and whose pdn is not none", ue->name);
            return;
        }
        for (guint k = 0; takes_part && k < e->discoveries->len; k++) {
            unsigned d = g_array_index(e->discoveries, unsigned, k);

            if (!ue->roles[d]) {
                prose_resolved_wrong(r, section, "do",
                                     "%s has no part in %s; UEs that announce, monitor, solicit, respond or hold it", ue->name,
                                     ((ProseScenarioDiscovery *) s->discoveries->pdata[d])->name);
                return;
            }
        }
    }
}

/* Whether what follows would only repeat, in other words, what has been said of these sections. */
static bool
any_wrong(const ProseResolved *r)
{
    static const char *const kinds[] = { "ue-group", "ue", "discovery", "group-key", "pkmf", "prose-function", "pdn", "time-source" };

    for (guint i = 0; i < r->sections->len; i++) {
        const ProseResolvedSection *section = r->sections->pdata[i];

        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            if (section->is_wrong && is_kind(section, kinds[k]))
                return true;
        }
    }
    return false;
}

void
prose_check_ues(ProseResolved *r, const ProseScenario *s)
{
    guint i = 0;

    if (any_wrong(r))
        return;
    for (unsigned g = 0; g < s->group_names->len; g++) {
        ProseResolvedSection *section = prose_resolved_at(r, "ue-group", g);
        bool good = true;

        check_group_roles(r, s, g, section);
        /* Once a group: its UEs are alike. */
        for (; i < s->ues->len && ((ProseScenarioUe *) s->ues->pdata[i])->group == g; i++)
            good = good && check_pkmf_known(r, s, s->ues->pdata[i], section)
                   && check_request_size(r, s, s->ues->pdata[i], section);
    }
    check_addresses(r, s);
    for (i = 0; i < s->events->len; i++) {
        ProseResolvedSection *section = prose_resolved_at(r, "event", i);

        if (!section->is_wrong)
            check_event(r, s, s->events->pdata[i], section);
    }
}
