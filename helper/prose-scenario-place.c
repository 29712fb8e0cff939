/* SPDX-License-Identifier: GPL-2.0-only */
/* Pools, time sources and cells of a scenario, and what UEs make of them. */
#include "prose-scenario-internal.h"

#include "prose-stream.h"

#include <math.h>
#include <string.h>

static double
number(const ProseResolvedSection *section, const char *key)
{
    return prose_resolved_read(section, key)->number[0];
}

static uint64_t
integer(const ProseResolvedSection *section, const char *key)
{
    return prose_resolved_read(section, key)->integer;
}

/* (transfer full) */
static GArray *
whole_run(const ProseScenario *s)
{
    GArray *intervals = g_array_new(FALSE, FALSE, sizeof(ProseInterval));
    ProseInterval whole = { 0, s->duration_s };

    g_array_append_val(intervals, whole);
    return intervals;
}

/* (transfer full) */
static GArray *
expand(const ProseScenario *s, const ProseResolvedSection *section, const GArray *rollovers_s)
{
    const GArray *activities = prose_resolved_read(section, "active")->activities;

    return activities ? prose_activities_expand(activities, s->utc_start_s, s->duration_s, rollovers_s) : whole_run(s);
}

/* ---- times of activity ---- */

guint
prose_intervals_find_after(const GArray *intervals, uint64_t at_ns)
{
    guint low = 0, high = intervals->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (prose_ns_from_s(g_array_index(intervals, ProseInterval, middle).end_s) <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool
prose_intervals_contain(const GArray *intervals, uint64_t at_ns, uint64_t *ret_edge_ns)
{
    guint i = prose_intervals_find_after(intervals, at_ns);
    const ProseInterval *interval = i < intervals->len ? &g_array_index(intervals, ProseInterval, i) : NULL;
    bool is_inside = interval && prose_ns_from_s(interval->start_s) <= at_ns;

    *ret_edge_ns = interval ? prose_ns_from_s(is_inside ? interval->end_s : interval->start_s) : UINT64_MAX;
    return is_inside;
}

/* ---- pools ---- */

static void
pool_free(gpointer data)
{
    ProseScenarioPool *p = data;

    prose_pool_clear(&p->pool);
    g_clear_pointer(&p->active, g_array_unref);
    g_free(p->name);
    g_free(p);
}

/* TS 36.331: prb-Num from prb-Start upwards and as many from prb-End downwards, counted once where they meet. */
static uint32_t
pairs_of_prb(const ProseResolvedSection *pool)
{
    uint32_t n = (uint32_t) integer(pool, "prb-num");
    uint32_t between = (uint32_t) (integer(pool, "prb-end") + 1 - integer(pool, "prb-start"));

    return MIN(2 * n, between) / 2;
}

static void
build_pool(ProseScenario *s, const ProseResolvedSection *pool)
{
    ProseScenarioPool *p = g_new0(ProseScenarioPool, 1);
    const char *bitmap = prose_resolved_read(pool, "subframe-bitmap")->text;
    uint32_t nf = prose_resolved_value(pool, "prb-num") ? pairs_of_prb(pool) : (uint32_t) integer(pool, "resources-per-subframe");
    uint32_t period = (uint32_t) integer(pool, "period"), retransmissions = (uint32_t) integer(pool, "retransmissions");
    double probability = number(pool, "tx-probability");
    int r;

    p->name = g_strdup(pool->name);
    p->index = pool->index;
    p->serves = (unsigned) integer(pool, "coverage");      /* its choices are in the order of the bits */
    g_ptr_array_add(s->pools, p);
    if (pool->is_wrong)
        return;
    if (bitmap)
        r = prose_pool_init_bitmap(&p->pool, period, bitmap, (uint32_t) integer(pool, "repetitions"), nf,
                                   retransmissions, probability);
    else
        r = prose_pool_init(&p->pool, period, (uint32_t) integer(pool, "subframes"), nf, retransmissions, probability);
    /* prose_check_sections() has asked for all that this can refuse. */
    g_assert(r == 0);
}

/* Whether @e stops a discovery that replaces what a UE was given when it leaves. */
static bool
is_leave(const ProseScenario *s, const ProseScenarioEvent *e)
{
    bool replaces = false;

    for (guint i = 0; e->action == PROSE_ACTION_STOP && i < e->discoveries->len; i++)
        replaces |= ((const ProseScenarioDiscovery *) s->discoveries->pdata[g_array_index(e->discoveries, unsigned, i)])->replaces_at_leave;
    return replaces;
}

/* Key changes of discoveries, and revocations and leaves, which change keys too (rules K7). (transfer full): of double */
static GArray *
rollovers(const ProseScenario *s)
{
    GArray *at_s = g_array_new(FALSE, FALSE, sizeof(double));

    for (guint i = 0; i < s->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = s->discoveries->pdata[i];
        double change, delivery;

        if (!prose_key_scope_is_discovery(d->scope) || d->cryptoperiod_s == 0)
            continue;
        for (prose_scenario_next_switch(s, d, &change, &delivery); change < s->duration_s; change += d->cryptoperiod_s)
            g_array_append_val(at_s, change);
    }
    for (guint i = 0; i < s->events->len; i++) {
        const ProseScenarioEvent *e = s->events->pdata[i];

        if (e->action == PROSE_ACTION_REVOKE || is_leave(s, e))
            g_array_append_val(at_s, e->at_s);
    }
    return at_s;
}

void
prose_scenario_build_activity(ProseScenario *s)
{
    g_autoptr(GArray) at_s = NULL;

    for (guint i = 0; i < s->pools->len; i++) {
        ProseScenarioPool *p = s->pools->pdata[i];
        const ProseResolvedSection *section = prose_resolved_at(s->resolved, "pool", i);

        if (!at_s && strstr(prose_resolved_read(section, "active")->text ? prose_resolved_read(section, "active")->text : "", "rollover"))
            at_s = rollovers(s);
        p->active = expand(s, section, at_s);
    }
}

/* The periods of @pool that begin in @interval: from the first up to, and without, the last. */
static void
periods_in(const ProseScenarioPool *pool, const ProseInterval *interval, uint64_t *ret_first, uint64_t *ret_last)
{
    uint64_t length_ns = (uint64_t) pool->pool.period_ms * PROSE_NS_PER_MS;

    *ret_first = (prose_ns_from_s(interval->start_s) + length_ns - 1) / length_ns;
    *ret_last = (prose_ns_from_s(interval->end_s) + length_ns - 1) / length_ns;
}

uint64_t
prose_scenario_next_period(const ProseScenarioPool *pool, uint64_t period)
{
    /* Those in which no period begins are passed once: the next one asked for lies behind them. */
    for (guint i = prose_intervals_find_after(pool->active, period * pool->pool.period_ms * PROSE_NS_PER_MS); i < pool->active->len; i++) {
        uint64_t first, last;

        periods_in(pool, &g_array_index(pool->active, ProseInterval, i), &first, &last);
        if (MAX(first, period) < last)
            return MAX(first, period);
    }
    return UINT64_MAX;
}

void
prose_scenario_pool_simulated(const ProseScenarioPool *pool, double end_s, uint64_t *ret_periods, double *ret_s)
{
    double length_s = pool->pool.period_ms / 1000.0;
    uint64_t past = 0;                     /* two times of activity may begin in one period */

    *ret_periods = 0;
    *ret_s = 0;
    for (guint i = 0; i < pool->active->len; i++) {
        ProseInterval interval = g_array_index(pool->active, ProseInterval, i);
        uint64_t first, last;

        interval.end_s = fmin(interval.end_s, end_s);
        if (interval.end_s <= interval.start_s)
            break;
        periods_in(pool, &interval, &first, &last);
        first = MAX(first, past);
        if (last <= first)
            continue;
        past = last;
        *ret_periods += last - first;
        *ret_s += fmin((double) last * length_s, end_s) - (double) first * length_s;
    }
}

/* ---- time sources ---- */

static void
time_source_free(gpointer data)
{
    ProseScenarioTimeSource *t = data;

    g_array_unref(t->active);
    g_free(t->name);
    g_free(t);
}

static ProseScenarioTimeSource *
add_time_source(ProseScenario *s, const char *name, ProseTimeKind kind)
{
    ProseScenarioTimeSource *t = g_new0(ProseScenarioTimeSource, 1);

    t->name = g_strdup(name);
    t->index = s->time_sources->len;
    t->kind = kind;
    t->area.radius_m = INFINITY;
    g_ptr_array_add(s->time_sources, t);
    return t;
}

/* What every UE has where a scenario says nothing: an exact SIB16, and a clock that was set from it (rules T3). */
static void
add_default_sources(ProseScenario *s)
{
    ProseScenarioTimeSource *sib16 = add_time_source(s, "sib16", PROSE_TIME_SIB16);
    ProseScenarioTimeSource *rtc = add_time_source(s, "rtc", PROSE_TIME_RTC);

    sib16->active = whole_run(s);
    rtc->active = whole_run(s);
    rtc->set_from = sib16;
    rtc->error_s = (ProseDistribution) { .kind = PROSE_DIST_NORMAL, .b = 0.02 };   /* the preset sync */
}

static ProseDisc
disc_of(const ProseResolvedSection *section, const char *key, const ProseValue *around)
{
    const ProseValue *v = prose_resolved_read(section, key);

    if (v->choice == PROSE_DISC_EVERYWHERE)
        return (ProseDisc) { .radius_m = INFINITY };
    if (v->choice == PROSE_DISC_AT)
        return (ProseDisc) { .x = v->number[1], .y = v->number[2], .radius_m = v->number[0] };
    return (ProseDisc) { .x = around ? around->number[0] : 0, .y = around ? around->number[1] : 0, .radius_m = v->number[0] };
}

static void
build_time_source(ProseScenario *s, const ProseResolvedSection *section)
{
    ProseScenarioTimeSource *t = add_time_source(s, section->name, (ProseTimeKind) prose_resolved_read(section, "kind")->choice);
    const ProseValue *error = prose_resolved_read(section, "error");

    t->is_ramp = error->choice == 1;
    t->error_s = error->distribution;
    t->ramp_from_s = error->number[0];
    t->ramp_to_s = error->number[1];
    t->ramp_over_s = error->number[2];
    t->since_set_s = prose_resolved_read(section, "since-set")->distribution;
    t->has_drift = prose_resolved_value(section, "drift");
    t->drift_ppm = prose_resolved_read(section, "drift")->distribution;
    t->area = disc_of(section, "area", NULL);
    t->active = expand(s, section, NULL);
}

static void
find_set_from(ProseScenario *s, const ProseResolvedSection *section)
{
    const ProseResolvedValue *v = prose_resolved_value(section, "set-from");

    if (v && v->refs->len > 0)
        ((ProseScenarioTimeSource *) s->time_sources->pdata[section->index])->set_from
            = s->time_sources->pdata[g_array_index(v->refs, unsigned, 0)];
}

/* By kind, and inside one in the order of the file. */
static void
order_time_sources(ProseScenario *s)
{
    for (ProseTimeKind kind = 0; kind < PROSE_TIME_N_KINDS; kind++) {
        for (unsigned i = 0; i < s->time_sources->len; i++) {
            if (((const ProseScenarioTimeSource *) s->time_sources->pdata[i])->kind == kind)
                g_array_append_val(s->time_source_order, i);
        }
    }
}

/* ---- cells ---- */

static void
cell_free(gpointer data)
{
    ProseScenarioCell *c = data;

    g_free(c->says);
    g_free(c->name);
    g_free(c);
}

static void
build_cell(ProseScenario *s, const ProseResolvedSection *section)
{
    ProseScenarioCell *c = g_new0(ProseScenarioCell, 1);
    const ProseResolvedValue *sources = prose_resolved_value(section, "time-source"), *pdn = prose_resolved_value(section, "pdn");
    bool all = sources && !sources->value.words;

    c->name = g_strdup(section->name);
    c->index = section->index;
    c->disc = disc_of(section, "coverage", prose_resolved_read(section, "position"));
    c->says = g_new0(bool, s->time_sources->len + 1);
    for (guint i = 0; i < s->time_sources->len; i++)
        c->says[i] = all;
    for (guint i = 0; sources && i < sources->refs->len; i++)
        c->says[g_array_index(sources->refs, unsigned, i)] = true;
    c->pdn = pdn && pdn->refs->len > 0 ? s->pdns->pdata[g_array_index(pdn->refs, unsigned, 0)] : NULL;
    g_ptr_array_add(s->cells, c);
}

/* ---- all of them ---- */

void
prose_scenario_init_places(ProseScenario *s)
{
    s->pools = g_ptr_array_new_with_free_func(pool_free);
    s->time_sources = g_ptr_array_new_with_free_func(time_source_free);
    s->time_source_order = g_array_new(FALSE, FALSE, sizeof(unsigned));
    s->cells = g_ptr_array_new_with_free_func(cell_free);
}

void
prose_scenario_clear_places(ProseScenario *s)
{
    g_ptr_array_unref(s->pools);
    g_ptr_array_unref(s->time_sources);
    g_array_unref(s->time_source_order);
    g_ptr_array_unref(s->cells);
}

static void
for_each(ProseScenario *s, const char *kind, void (*build)(ProseScenario *s, const ProseResolvedSection *section))
{
    const ProseResolvedSection *section;

    for (unsigned i = 0; (section = prose_resolved_at(s->resolved, kind, i)); i++)
        build(s, section);
}

void
prose_scenario_build_places(ProseScenario *s)
{
    for_each(s, "pool", build_pool);
    for_each(s, "time-source", build_time_source);
    for_each(s, "time-source", find_set_from);
    if (s->time_sources->len == 0)
        add_default_sources(s);
    order_time_sources(s);
    for_each(s, "cell", build_cell);
}

void
prose_scenario_apply_place(const ProseScenario *s, ProseScenarioUe *ue, const ProseResolvedSection *section)
{
    const ProseResolvedValue *v;

    if ((v = prose_resolved_value(section, "coverage")))
        ue->coverage = (ProseUeCoverage) v->value.choice;
    if ((v = prose_resolved_value(section, "time-sources")))
        ue->time_sources = v->value.words ? v->refs : s->time_source_order;
    if ((v = prose_resolved_value(section, "rtc-drift")))
        ue->rtc_drift_ppm = &v->value.distribution;
}
