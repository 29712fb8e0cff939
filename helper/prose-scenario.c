/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds what a run is made from out of resolved settings. */
#include "prose-scenario-internal.h"

#include "prose-pkmf.h"

#include <math.h>
#include <string.h>

#define NAMES_CHUNK 4096

G_DEFINE_QUARK(prose-scenario-error-quark, prose_scenario_error)

/* ---- ends ---- */

static void
function_free(gpointer data)
{
    ProseScenarioFunction *f = data;

    g_free(f->name);
    g_free(f->fqdn);
    g_ptr_array_unref(f->pkmfs);
    g_array_unref(f->outages);
    g_free(f);
}

static void
pkmf_free(gpointer data)
{
    ProseScenarioPkmf *p = data;

    g_free(p->name);
    g_free(p->fqdn);
    g_array_unref(p->outages);
    g_free(p);
}

static void
discovery_free(gpointer data)
{
    ProseScenarioDiscovery *d = data;

    g_free(d->lead_spread.places);
    g_free(d->name);
    g_free(d);
}

static void
pdn_free(gpointer data)
{
    ProseScenarioPdn *p = data;

    g_array_unref(p->outages);
    g_free(p->name);
    g_free(p);
}

static void
event_free(gpointer data)
{
    ProseScenarioEvent *e = data;

    g_free(e->name);
    g_array_unref(e->ues);
    g_array_unref(e->discoveries);
    g_free(e);
}

static void
movement_free(gpointer data)
{
    prose_movement_free(data);
}

ProseScenario *
prose_scenario_free(ProseScenario *s)
{
    if (!s)
        return NULL;
    g_ptr_array_unref(s->events);
    g_ptr_array_unref(s->ues);
    g_ptr_array_unref(s->ue_blocks);
    g_string_chunk_free(s->ue_names);
    g_ptr_array_unref(s->group_names);
    g_ptr_array_unref(s->functions);
    g_ptr_array_unref(s->discoveries);
    g_ptr_array_unref(s->pkmfs);
    g_ptr_array_unref(s->pdns);
    g_ptr_array_unref(s->warnings);
    prose_scenario_clear_places(s);
    g_hash_table_unref(s->movements);
    prose_resolved_free(s->resolved);
    g_free(s->propagation);
    g_free(s->settings_hash);
    g_free(s->name);
    g_free(s->path);
    g_free(s);
    return NULL;
}

/* ---- values that may be missing after a mistake: then zero, and the scenario is never handed out ---- */

static const ProseValue *
value(const ProseResolvedSection *section, const char *key)
{
    return prose_resolved_read(section, key);
}

static double
number(const ProseResolvedSection *section, const char *key)
{
    return value(section, key)->number[0];
}

static uint64_t
integer(const ProseResolvedSection *section, const char *key)
{
    return value(section, key)->integer;
}

/* ---- single sections ---- */

/* A disc is one of ns-3's models too, so whoever asks for power asks in one place. */
static void
build_range(ProseScenario *s, const ProseResolvedSection *radio)
{
    const ProseResolvedValue *range = prose_resolved_value(radio, "range");

    s->range_m = NAN;
    if (!range) {
        s->propagation = g_strdup(value(radio, "propagation")->text);
        return;
    }
    s->range_m = strcmp(range->value.text, "unlimited") == 0 ? INFINITY : range->value.number[0];
    s->propagation = g_strdup_printf("range[MaxRange=%.17g]", isinf(s->range_m) ? 1e12 : s->range_m);
}

static void
build_output(ProseScenario *s)
{
    const ProseResolvedSection *output = prose_resolved_find(s->resolved, "output", NULL);

    s->output = (ProseScenarioOutput) { .step_s = number(output, "step"), .samples = integer(output, "samples"),
                                        .series = integer(output, "series"), .histograms = integer(output, "histograms") };
}

static void
build_simulation(ProseScenario *s)
{
    const ProseResolvedSection *simulation = prose_resolved_find(s->resolved, "simulation", NULL);
    const ProseResolvedSection *radio = prose_resolved_find(s->resolved, "radio", NULL);
    const ProseResolvedSection *profile = prose_resolved_find(s->resolved, "profile", NULL);

    s->duration_s = number(simulation, "duration");
    s->warm_up_s = number(simulation, "warm-up");
    s->stops_when_all_discovered = value(simulation, "stop-when")->choice == 1;
    s->utc_start_s = (int64_t) integer(simulation, "utc-start");
    s->seed = (uint32_t) integer(simulation, "seed");
    s->run = integer(simulation, "run");

    prose_profile_init(&s->profile);
    for (guint i = 0; i < profile->n_values; i++) {
        const ProseResolvedValue *v = &profile->values[i];

        if (v->is_read)
            prose_profile_set(&s->profile, v->setting->key, v->value.text);
    }

    s->area_width_m = value(radio, "area")->number[0];
    s->area_height_m = value(radio, "area")->number[1];
    build_range(s, radio);
    s->carrier_hz = number(radio, "carrier");
    s->tx_power_dbm = number(radio, "tx-power");
    s->grid = value(radio, "grid")->choice == 0;
    s->memo = value(radio, "memo")->choice == 0;
    prose_reception_init(&s->reception,
                         value(radio, "reception")->choice == 0 ? PROSE_RECEPTION_SINR : PROSE_RECEPTION_COLLISION);
    prose_reception_set(&s->reception, value(radio, "bler")->choice == 1, number(radio, "noise-figure"),
                        g_strcmp0(value(radio, "sensitivity")->text, "noise-limited") == 0 ? NAN : number(radio, "sensitivity"));
}

/* (transfer full): of ProseInterval */
static GArray *
intervals(const ProseScenario *s, const ProseResolvedSection *section, const char *key)
{
    const GArray *activities = value(section, key)->activities;

    return activities ? prose_activities_expand(activities, s->utc_start_s, s->duration_s, NULL)
                      : g_array_new(FALSE, FALSE, sizeof(ProseInterval));
}

static void
build_pkmf(ProseScenario *s, const ProseResolvedSection *section)
{
    ProseScenarioPkmf *p = g_new0(ProseScenarioPkmf, 1);

    p->name = g_strdup(section->name);
    p->fqdn = g_strdup(value(section, "fqdn")->text);
    p->index = section->index;
    p->max_offset_s = (uint32_t) integer(section, "max-offset");
    p->workers = (unsigned) integer(section, "workers");
    p->service_time_s[PROSE_PKMF_OP_TLS] = value(section, "service-time-tls")->distribution;
    p->service_time_s[PROSE_PKMF_OP_REQUEST] = value(section, "service-time-request")->distribution;
    p->service_time_s[PROSE_PKMF_OP_DELIVERY] = value(section, "service-time-delivery")->distribution;
    p->issue_pmk_every_s = number(section, "issue-pmk-every");
    p->queue_limit = integer(section, "queue-limit");
    p->delivery_pace = number(section, "delivery-pace");
    p->retry_after_s = value(section, "retry-after")->distribution;
    p->outages = intervals(s, section, "outage");
    p->restart_keeps_state = integer(section, "restart-keeps-state");
    g_ptr_array_add(s->pkmfs, p);
}

static void *
first_ref(const ProseResolvedSection *section, const char *key, const GPtrArray *targets)
{
    const ProseResolvedValue *v = prose_resolved_value(section, key);

    return v && v->refs->len > 0 ? targets->pdata[g_array_index(v->refs, unsigned, 0)] : NULL;
}

static void
build_function(ProseScenario *s, const ProseResolvedSection *section)
{
    ProseScenarioFunction *f = g_new0(ProseScenarioFunction, 1);
    const ProseResolvedValue *pkmfs = prose_resolved_value(section, "pkmfs");

    f->name = g_strdup(section->name);
    f->fqdn = g_strdup(value(section, "fqdn")->text);
    f->pkmfs = g_ptr_array_new();
    for (guint i = 0; pkmfs && i < pkmfs->refs->len; i++)
        g_ptr_array_add(f->pkmfs, s->pkmfs->pdata[g_array_index(pkmfs->refs, unsigned, i)]);
    f->service_time_s = value(section, "service-time")->distribution;
    f->outages = intervals(s, section, "outage");
    g_ptr_array_add(s->functions, f);
}

static void
build_policy(ProseScenarioDiscovery *d, const ProseResolvedSection *section)
{
    const ProseValue *spread = value(section, "lead-spread"), *overlap = value(section, "overlap");

    d->lead_spread = (ProseSpread) { .kind = (ProseSpreadKind) spread->choice, .draw_s = spread->distribution, .span_s = spread->number[0] };
    d->keys_ahead = (unsigned) integer(section, "keys-ahead");
    d->keep_past_s = (uint32_t) integer(section, "keep-past");
    d->overlap_s = overlap->is_word ? UINT32_MAX : (uint32_t) overlap->integer;
    d->successor_check_s = (uint32_t) integer(section, "successor-check");
    d->successor_retry_s = (uint32_t) integer(section, "successor-retry");
    d->keeps_revoked_keys = value(section, "emergency")->choice == 1;
    d->replaces_at_leave = integer(section, "rollover-at-leave");
    d->additional_every = (uint32_t) integer(section, "additional-information-every");
}

static void
build_discovery(ProseScenario *s, const ProseResolvedSection *section)
{
    ProseScenarioDiscovery *d = g_new0(ProseScenarioDiscovery, 1);

    d->name = g_strdup(section->name);
    d->index = section->index;
    d->pkmf = first_ref(section, "pkmf", s->pkmfs);
    d->max_offset_s = d->pkmf ? d->pkmf->max_offset_s : 0;
    d->first_start_s = (int64_t) integer(section, "first-start");
    d->cryptoperiod_s = (uint32_t) integer(section, "cryptoperiod");
    d->lead_s = (uint32_t) integer(section, "lead");
    if (strcmp(section->kind->kind, "group-key") == 0) {
        d->scope = (ProseKeyScope) { PROSE_KEY_TYPE_PGK, (uint32_t) integer(section, "group-id") };
        d->algorithms = (uint8_t) integer(section, "algorithms");
        d->overlap_s = UINT32_MAX;
    } else {
        const ProseValue *mask = value(section, "encrypted-bits-mask");

        build_policy(d, section);
        if (prose_resolved_value(section, "relay-service-code"))
            d->scope = (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_RELAY, (uint32_t) integer(section, "relay-service-code") };
        else
            d->scope = (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_GROUP, (uint32_t) integer(section, "discovery-group-id") };
        if (value(section, "keys")->choice == 1) {
            d->pkmf = NULL;
            d->max_offset_s = (uint32_t) integer(section, "max-offset");
        }
        d->meta.scrambling = integer(section, "scrambling");
        d->meta.mic = integer(section, "mic");
        memcpy(d->meta.encrypted_bits_mask, mask->mask, sizeof mask->mask);
        for (size_t i = 0; i < sizeof mask->mask; i++)
            d->meta.confidentiality |= mask->mask[i] != 0;
    }
    g_ptr_array_add(s->discoveries, d);
}

static void
build_pdn(ProseScenario *s, const ProseResolvedSection *section)
{
    ProseScenarioPdn *p = g_new0(ProseScenarioPdn, 1);

    p->name = g_strdup(section->name);
    p->ue_rate_bps = (uint64_t) number(section, "ue-rate");
    p->gateway_rate_up_bps = (uint64_t) number(section, "gateway-rate-up");
    p->gateway_rate_down_bps = (uint64_t) number(section, "gateway-rate-down");
    p->gateways = (unsigned) integer(section, "gateways");
    p->delay_s = number(section, "delay");
    p->loss = number(section, "loss");
    p->burst_share = value(section, "burst-loss")->number[0];
    p->burst_s = value(section, "burst-loss")->number[1];
    p->outages = intervals(s, section, "outage");
    p->releases = value(section, "release")->activities;
    g_ptr_array_add(s->pdns, p);
}

static void
build_all_of(ProseScenario *s, const char *kind, void (*build)(ProseScenario *s, const ProseResolvedSection *section))
{
    for (guint i = 0; i < s->resolved->sections->len; i++) {
        const ProseResolvedSection *section = s->resolved->sections->pdata[i];

        if (strcmp(section->kind->kind, kind) == 0)
            build(s, section);
    }
}

/* ---- UEs ---- */

/* Takes what @section gives over into @ue: everything of a group, the keys that are there of an override. */
static void
apply_section(const ProseScenario *s, ProseScenarioUe *ue, const ProseResolvedSection *section)
{
    static const struct { const char *key; ProseRole role; } roles[] = {
        { "announce", PROSE_ROLE_ANNOUNCE }, { "monitor", PROSE_ROLE_MONITOR }, { "solicit", PROSE_ROLE_SOLICIT },
        { "respond", PROSE_ROLE_RESPOND }, { "hold", PROSE_ROLE_HOLD },
    };
    const ProseResolvedValue *v;

    for (size_t k = 0; k < G_N_ELEMENTS(roles); k++) {
        if (!(v = prose_resolved_value(section, roles[k].key)))
            continue;
        for (guint d = 0; d < s->discoveries->len; d++)
            ue->roles[d] &= ~(unsigned) roles[k].role;
        for (guint i = 0; i < v->refs->len; i++)
            ue->roles[g_array_index(v->refs, unsigned, i)] |= roles[k].role;
    }
    if ((v = prose_resolved_value(section, "authorised"))) {
        memset(ue->authorised, 0, s->discoveries->len * sizeof *ue->authorised);
        for (guint i = 0; i < v->refs->len; i++)
            ue->authorised[g_array_index(v->refs, unsigned, i)] = true;
        /* "all" is a subscriber even where there is nothing to subscribe to. */
        ue->subscriber = v->refs->len > 0 || !v->value.words;
    }
    if (prose_resolved_value(section, "pdn"))
        ue->pdn = first_ref(section, "pdn", s->pdns);
    if ((v = prose_resolved_value(section, "scrambling-supported")))
        ue->scrambling_supported = v->value.integer;
    if ((v = prose_resolved_value(section, "pkmf-known")))
        ue->pkmf_provisioned = v->value.choice == 0;
    if ((v = prose_resolved_value(section, "power-on")))
        ue->power_on_s = &v->value.distribution;
    if ((v = prose_resolved_value(section, "request-jitter")))
        ue->request_jitter_s = &v->value.distribution;
    if ((v = prose_resolved_value(section, "request-timeout")))
        ue->request_timeout_s = v->value.number[0];
    if ((v = prose_resolved_value(section, "back-off")))
        ue->back_off_s = v->value.number[0];
    if ((v = prose_resolved_value(section, "back-off-steady")))
        ue->back_off_steady_s = v->value.number[0];
    if ((v = prose_resolved_value(section, "off-network")))
        ue->off_network = v->value.activities;
    if ((v = prose_resolved_value(section, "pdn-outage")))
        ue->pdn_outage = v->value.activities;
    if ((v = prose_resolved_value(section, "prose-clock-drift")))
        ue->drift_ppm = &v->value.distribution;
    if ((v = prose_resolved_value(section, "placement"))) {
        ue->placement = (ProsePlacement) v->value.choice;
        ue->grid_m = ue->placement == PROSE_PLACEMENT_GRID ? v->value.number[0] : 0;
        ue->point_x = ue->placement == PROSE_PLACEMENT_POINT ? v->value.number[0] : 0;
        ue->point_y = ue->placement == PROSE_PLACEMENT_POINT ? v->value.number[1] : 0;
        ue->place_path = ue->placement == PROSE_PLACEMENT_FILE ? v->value.words->pdata[0] : NULL;
    }
    if ((v = prose_resolved_value(section, "mobility"))) {
        ue->mobility = (ProseMobilityKind) v->value.choice;
        ue->speed_min = v->value.number[0];
        ue->speed_max = v->value.number[1];
        ue->movement_path = ue->mobility == PROSE_MOBILITY_NS2 ? v->value.words->pdata[0] : NULL;
        ue->first_node = v->value.integer;
        ue->mobility_spec = ue->mobility == PROSE_MOBILITY_NS3 ? v->value.text : NULL;
    }
    prose_scenario_apply_place(s, ue, section);
}

/* The [ue …] sections of one group that are in order. */
static GPtrArray *
overrides_of(const ProseResolved *r, const char *group)
{
    GPtrArray *sections = g_ptr_array_new();

    for (guint i = 0; i < r->sections->len; i++) {
        ProseResolvedSection *section = r->sections->pdata[i];

        if (strcmp(section->kind->kind, "ue") == 0 && g_strcmp0(section->selection.group, group) == 0 && !section->is_wrong)
            g_ptr_array_add(sections, section);
    }
    return sections;
}

static void
build_group(ProseScenario *s, const ProseResolvedSection *section)
{
    static const ProseDistribution none;
    unsigned count = (unsigned) integer(section, "count");
    unsigned group = s->group_names->len;
    g_autoptr(GPtrArray) overrides = overrides_of(s->resolved, section->name);
    ProseScenarioUe *ues = g_new0(ProseScenarioUe, count);
    unsigned *roles = g_new0(unsigned, (size_t) count * s->discoveries->len);
    bool *authorised = g_new0(bool, (size_t) count * s->discoveries->len);

    g_ptr_array_add(s->ue_blocks, ues);
    g_ptr_array_add(s->ue_blocks, roles);
    g_ptr_array_add(s->ue_blocks, authorised);
    g_ptr_array_add(s->group_names, g_strdup(section->name));
    for (unsigned m = 0; m < count; m++) {
        ProseScenarioUe *ue = &ues[m];
        g_autofree char *name = g_strdup_printf("%s[%u]", section->name, m);

        ue->name = g_string_chunk_insert(s->ue_names, name);
        ue->index = s->ues->len;
        ue->group = group;
        ue->member = m;
        ue->roles = &roles[(size_t) m * s->discoveries->len];
        ue->power_on_s = ue->request_jitter_s = ue->drift_ppm = &none;
        ue->authorised = &authorised[(size_t) m * s->discoveries->len];
        apply_section(s, ue, section);
        for (guint i = 0; i < overrides->len; i++) {
            const ProseResolvedSection *o = overrides->pdata[i];

            if (o->selection.whole || (m >= o->selection.first && m <= o->selection.last))
                apply_section(s, ue, o);
        }
        for (guint d = 0; d < s->discoveries->len; d++)
            ue->fetches |= ue->roles[d] && ((ProseScenarioDiscovery *) s->discoveries->pdata[d])->pkmf;
        if (!ue->fetches)
            ue->pdn = NULL;
        g_ptr_array_add(s->ues, ue);
    }
}

/* Deliveries that go by group: which have a part in @d. */
static void
place_groups(const ProseScenario *s, ProseScenarioDiscovery *d)
{
    g_autofree bool *takes_part = g_new0(bool, s->group_names->len);
    guint n = 0, place = 0;

    for (guint i = 0; i < s->ues->len; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[i];

        takes_part[ue->group] |= ue->roles[d->index] != 0;
    }
    for (guint g = 0; g < s->group_names->len; g++)
        n += takes_part[g];
    d->lead_spread.places = g_new0(double, s->group_names->len);
    for (guint g = 0; g < s->group_names->len; g++)
        d->lead_spread.places[g] = takes_part[g] ? (double) place++ / n : 0;
}

static void
place_all_groups(const ProseScenario *s)
{
    for (guint i = 0; i < s->discoveries->len; i++) {
        ProseScenarioDiscovery *d = s->discoveries->pdata[i];

        if (d->lead_spread.kind == PROSE_SPREAD_BY_GROUP)
            place_groups(s, d);
    }
}

/* ---- events ---- */

bool
prose_scenario_select_ues(const ProseScenario *s, const char *text, GArray *ret, char **ret_wrong)
{
    g_autoptr(GPtrArray) items = prose_ini_list(text);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(unsigned));

    for (guint i = 0; i < items->len; i++) {
        g_auto(ProseUeSelection) selection = { 0 };
        guint first, n = 0, group;

        if (!prose_ue_selection_parse(&selection, items->pdata[i], ret_wrong))
            return false;
        for (group = 0; selection.group && group < s->group_names->len; group++) {
            if (strcmp(s->group_names->pdata[group], selection.group) == 0)
                break;
        }
        if (selection.group && group == s->group_names->len) {
            const char *nearest = prose_nearest(selection.group, (const char *const *) s->group_names->pdata,
                                                s->group_names->len);

            *ret_wrong = nearest ? g_strdup_printf("no [ue-group %s] section; the nearest is %s", selection.group, nearest)
                                 : g_strdup_printf("there is no [ue-group ...] section; add [ue-group %s]", selection.group);
            return false;
        }
        for (first = 0; first < s->ues->len && selection.group && ((ProseScenarioUe *) s->ues->pdata[first])->group != group; first++)
            ;
        while (first + n < s->ues->len && (!selection.group || ((ProseScenarioUe *) s->ues->pdata[first + n])->group == group))
            n++;
        if (!selection.whole && selection.last >= n) {
            *ret_wrong = g_strdup_printf("there is no %s[%u]; %s[0..%u]", selection.group, selection.last, selection.group, n - 1);
            return false;
        }
        for (unsigned u = selection.whole ? 0 : selection.first; u < (selection.whole ? n : selection.last + 1); u++) {
            unsigned index = first + u;

            g_array_append_val(found, index);
        }
    }
    g_array_append_vals(ret, found->data, found->len);
    return true;
}

static int
compare_unsigned(gconstpointer a, gconstpointer b)
{
    unsigned x = *(const unsigned *) a, y = *(const unsigned *) b;

    return x < y ? -1 : x > y;
}

/* Each UE or discovery once, in the scenario's order. */
static void
sort_unique(GArray *list)
{
    guint n = 0;

    g_array_sort(list, compare_unsigned);
    for (guint i = 0; i < list->len; i++) {
        unsigned v = g_array_index(list, unsigned, i);

        if (n == 0 || g_array_index(list, unsigned, n - 1) != v)
            g_array_index(list, unsigned, n++) = v;
    }
    g_array_set_size(list, n);
}

static void
build_event_argument(ProseScenario *s, ProseResolvedSection *section, ProseScenarioEvent *e, const char *what, const char *text)
{
    g_autofree char *wrong = NULL;
    g_autoptr(GPtrArray) names = NULL;
    const ProseResolvedSection *named;

    if (strcmp(what, "UES") == 0) {
        if (!prose_scenario_select_ues(s, text, e->ues, &wrong))
            prose_resolved_wrong(s->resolved, section, "do", "%s", wrong);
        sort_unique(e->ues);
    } else if (strcmp(what, "PKMF") == 0) {
        named = prose_resolved_reference(s->resolved, section, "do", "pkmf", text);
        if (named)
            e->pkmf = s->pkmfs->pdata[named->index];
    } else if (strcmp(what, "in|out") == 0) {
        e->on = strcmp(text, "in") == 0;
        if (!e->on && strcmp(text, "out") != 0)
            prose_resolved_wrong(s->resolved, section, "do", "\"%s\" is neither of the two; in or out", text);
    } else if (strcmp(what, "on|off") == 0) {
        e->on = strcmp(text, "on") == 0;
        if (!e->on && strcmp(text, "off") != 0)
            prose_resolved_wrong(s->resolved, section, "do", "\"%s\" is neither of the two; on or off", text);
    } else if (strcmp(what, "TIME") == 0) {
        if (prose_datetime_parse(&e->utc_s, text) != 0)
            prose_resolved_wrong(s->resolved, section, "do", "\"%s\" is no instant; UTC as in 2026-06-01T08:00:00Z", text);
    } else {
        names = prose_ini_list(text);
        for (guint i = 0; i < names->len; i++) {
            named = prose_resolved_reference(s->resolved, section, "do", "discovery", names->pdata[i]);
            if (named)
                g_array_append_val(e->discoveries, named->index);
        }
        sort_unique(e->discoveries);
    }
}

static void
build_events(ProseScenario *s)
{
    size_t n_rows;
    const ProseActionRow *rows = prose_actions(&n_rows);

    for (guint i = 0; i < s->resolved->sections->len; i++) {
        ProseResolvedSection *section = s->resolved->sections->pdata[i];
        const ProseResolvedValue *action;
        g_auto(GStrv) arguments = NULL;
        ProseScenarioEvent *e;

        if (strcmp(section->kind->kind, "event") != 0)
            continue;
        e = g_new0(ProseScenarioEvent, 1);
        e->name = g_strdup(section->name);
        e->at_s = number(section, "at");
        e->ues = g_array_new(FALSE, FALSE, sizeof(unsigned));
        e->discoveries = g_array_new(FALSE, FALSE, sizeof(unsigned));
        g_ptr_array_add(s->events, e);
        action = prose_resolved_value(section, "do");
        if (!action)
            continue;
        e->action = rows[action->value.choice].action;
        arguments = g_strsplit(rows[action->value.choice].arguments, " ", -1);
        for (guint a = 0; arguments[a]; a++)
            build_event_argument(s, section, e, arguments[a], action->value.words->pdata[a]);
    }
}

static int
event_compare(gconstpointer a, gconstpointer b)
{
    const ProseScenarioEvent *x = *(ProseScenarioEvent *const *) a, *y = *(ProseScenarioEvent *const *) b;

    return x->at_s < y->at_s ? -1 : x->at_s > y->at_s;
}

/* ---- all of it ---- */

/* Seed and run are in the name of a run's directory by themselves. */
static char *
settings_hash(const ProseOverride *overrides, size_t n)
{
    g_autoptr(GString) texts = g_string_new(NULL);
    g_autofree char *digest = NULL;

    for (size_t i = 0; i < n; i++) {
        if (!g_str_has_prefix(overrides[i].text, "simulation.seed=") && !g_str_has_prefix(overrides[i].text, "simulation.run="))
            g_string_append_printf(texts, "%s\n", overrides[i].text);
    }
    if (texts->len == 0)
        return g_strdup("");
    digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, texts->str, (gssize) texts->len);
    return g_strndup(digest, 8);
}

static ProseScenario *
scenario_new(const char *path, ProseResolved *resolved, const ProseOverride *overrides, size_t n_overrides)
{
    ProseScenario *s = g_new0(ProseScenario, 1);

    s->path = g_strdup(path);
    s->name = g_path_get_basename(path);
    if (g_str_has_suffix(s->name, ".ini"))
        s->name[strlen(s->name) - strlen(".ini")] = '\0';
    s->settings_hash = settings_hash(overrides, n_overrides);
    s->resolved = resolved;
    s->functions = g_ptr_array_new_with_free_func(function_free);
    s->pkmfs = g_ptr_array_new_with_free_func(pkmf_free);
    s->discoveries = g_ptr_array_new_with_free_func(discovery_free);
    s->pdns = g_ptr_array_new_with_free_func(pdn_free);
    prose_scenario_init_places(s);
    s->movements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, movement_free);
    s->group_names = g_ptr_array_new_with_free_func(g_free);
    s->ues = g_ptr_array_new();
    s->ue_blocks = g_ptr_array_new_with_free_func(g_free);
    s->ue_names = g_string_chunk_new(NAMES_CHUNK);
    s->events = g_ptr_array_new_with_free_func(event_free);
    s->warnings = g_ptr_array_new_with_free_func(g_free);
    return s;
}

static ProseScenario *
scenario_from_ini(const char *path, ProseMistakes *mistakes, const ProseIniFile *ini, const ProseOverride *overrides,
                  size_t n_overrides)
{
    ProseResolved *resolved = prose_resolve(mistakes, ini, overrides, n_overrides);
    ProseScenario *s = scenario_new(path, resolved, overrides, n_overrides);

    prose_check_sections(resolved);
    build_simulation(s);
    build_output(s);
    build_all_of(s, "pkmf", build_pkmf);
    build_all_of(s, "prose-function", build_function);
    build_all_of(s, "discovery", build_discovery);
    build_all_of(s, "group-key", build_discovery);
    build_all_of(s, "pdn", build_pdn);
    prose_scenario_build_places(s);
    build_all_of(s, "ue-group", build_group);
    prose_scenario_read_files(s);
    place_all_groups(s);
    build_events(s);
    prose_scenario_build_activity(s);
    prose_check_ues(resolved, s);
    g_ptr_array_sort(s->events, event_compare);    /* GLib's sort keeps the order of equal ones */
    return s;
}

ProseScenario *
prose_scenario_new_from_file(const char *path, const ProseOverride *overrides, size_t n_overrides, GError **error)
{
    g_autofree char *text = NULL, *all = NULL;
    g_autoptr(GError) cause = NULL;
    g_autoptr(ProseIniFile) ini = NULL;
    g_autoptr(ProseScenario) s = NULL;
    ProseMistakes *mistakes;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, &cause)) {
        g_set_error(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_FILE, "%s", cause->message);
        return NULL;
    }
    mistakes = prose_mistakes_new(path);
    ini = prose_ini_parse(text, len, mistakes);
    s = scenario_from_ini(path, mistakes, ini, overrides, n_overrides);
    if (prose_mistakes_count(mistakes) > 0) {
        all = prose_mistakes_print(mistakes);
        g_set_error_literal(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_MISTAKES, all);
        return NULL;
    }
    g_ptr_array_unref(s->warnings);
    s->warnings = prose_check_warnings(s->resolved, s);
    return g_steal_pointer(&s);
}
