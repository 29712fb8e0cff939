/* SPDX-License-Identifier: GPL-2.0-only */
/* Combinations of pools, coverage and time sources that run, and will surprise. */
#include "prose-scenario-internal.h"

#include "prose-stream.h"

#include <math.h>
#include <string.h>

/* Beyond so many standard deviations nobody is surprised. */
#define LIKELY_SDS 3

typedef struct Places {
    const ProseResolved *r;
    const ProseScenario *s;
    ProseMistakes *list;
} Places;

static void warn(const Places *w, const ProseResolvedSection *section, const char *key, const char *format, ...) G_GNUC_PRINTF(4, 5);

static void
warn(const Places *w, const ProseResolvedSection *section, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    prose_scenario_warn(w->list, section, key, format, args);
    va_end(args);
}

static const ProseScenarioTimeSource *
source_of(const ProseScenario *s, unsigned source)
{
    return s->time_sources->pdata[source];
}

/* In which coverage @ue may be at some time: PROSE_COVERAGE bits. */
static unsigned
coverage_of(const ProseScenario *s, const ProseScenarioUe *ue)
{
    unsigned bits = ue->coverage == PROSE_UE_COVERAGE_OUT ? PROSE_COVERAGE_OUT : PROSE_COVERAGE_IN;

    if (ue->coverage == PROSE_UE_COVERAGE_CELLS && s->cells->len > 0)
        bits |= PROSE_COVERAGE_OUT;
    for (guint i = 0; i < s->events->len; i++) {
        const ProseScenarioEvent *e = s->events->pdata[i];

        for (guint k = 0; e->action == PROSE_ACTION_COVERAGE && k < e->ues->len; k++) {
            if (g_array_index(e->ues, unsigned, k) == ue->index)
                bits |= e->on ? PROSE_COVERAGE_IN : PROSE_COVERAGE_OUT;
        }
    }
    return bits;
}

static bool
sends(const ProseScenario *s, const ProseScenarioUe *ue)
{
    unsigned roles = 0;

    for (guint d = 0; d < s->discoveries->len; d++)
        roles |= ue->roles[d];
    return roles & PROSE_ROLES_SENDING;
}

/* ---- pools ---- */

static void
warn_pools(const Places *w, unsigned coverage)
{
    const ProseResolvedSection *first = prose_resolved_at(w->r, "pool", 0);
    unsigned served = 0;

    for (guint i = 0; i < w->s->pools->len; i++) {
        const ProseScenarioPool *pool = w->s->pools->pdata[i];
        const ProseResolvedSection *section = prose_resolved_at(w->r, "pool", i);
        uint64_t edge_ns;

        served |= pool->serves;
        if (pool->active->len == 0)
            warn(w, section, "active", "never within the run: nothing is sent in it");
        else if (coverage & pool->serves && !prose_intervals_contain(pool->active, prose_ns_from_s(w->s->warm_up_s), &edge_ns))
            warn(w, section, "active", "not yet when counting begins: time-to-discover and periods-to-discover count time that is not simulated");
    }
    if (coverage & ~served & PROSE_COVERAGE_IN)
        warn(w, first, "coverage", "no pool serves UEs in coverage, and there are such: they send nothing there");
    if (coverage & ~served & PROSE_COVERAGE_OUT)
        warn(w, first, "coverage", "no pool serves UEs out of coverage, and there are such: they send nothing there");
}

/* Bits of the PRB that a pool says it has; none if it only counts its resources. */
static void
mark_prb(const ProseResolvedSection *pool, bool prb[100])
{
    uint64_t num = prose_resolved_read(pool, "prb-num")->integer, start = prose_resolved_read(pool, "prb-start")->integer;
    uint64_t end = prose_resolved_read(pool, "prb-end")->integer;

    for (uint64_t i = 0; prose_resolved_value(pool, "prb-num") && i < num; i++)
        prb[start + i] = prb[end - i] = true;
}

/* Pools of different periods meet sooner or later. */
static bool
share_subframes(const ProsePool *a, const ProsePool *b)
{
    bool shared = a->period_ms != b->period_ms;

    for (uint32_t i = 0; i < a->n_subframes; i++) {
        for (uint32_t k = 0; k < b->n_subframes; k++)
            shared |= a->subframe_ms[i] == b->subframe_ms[k];
    }
    return shared;
}

static void
warn_overlap(const Places *w)
{
    for (guint i = 0; i < w->s->pools->len; i++) {
        const ProseResolvedSection *section = prose_resolved_at(w->r, "pool", i);

        for (guint k = 0; k < i; k++) {
            const ProseResolvedSection *other = prose_resolved_at(w->r, "pool", k);
            bool prb[2][100] = { { false } }, shared = false;

            mark_prb(section, prb[0]);
            mark_prb(other, prb[1]);
            for (unsigned p = 0; p < 100; p++)
                shared |= prb[0][p] && prb[1][p];
            if (shared && share_subframes(&((const ProseScenarioPool *) w->s->pools->pdata[i])->pool,
                                          &((const ProseScenarioPool *) w->s->pools->pdata[k])->pool))
                warn(w, section, "prb-num", "shares PRB with [%s]; pools are simulated as if they had their own", other->header);
        }
    }
}

/* ---- time ---- */

/* Whether a source of @ue can be heard in this coverage. */
static bool
has_source(const ProseScenario *s, const ProseScenarioUe *ue, unsigned coverage)
{
    for (guint i = 0; i < ue->time_sources->len; i++) {
        if (coverage == PROSE_COVERAGE_IN
            || !prose_time_kind_is_cellular(source_of(s, g_array_index(ue->time_sources, unsigned, i))->kind))
            return true;
    }
    return false;
}

/* What @source may be away from UTC, in s, as far as that is likely. */
static double
likely_error(const ProseScenarioTimeSource *source)
{
    const ProseDistribution *d = &source->error_s;
    double support[2];

    if (source->is_ramp)
        return fmax(fabs(source->ramp_from_s), fabs(source->ramp_to_s));
    prose_distribution_support(d, support);
    if (d->kind == PROSE_DIST_NORMAL && isinf(support[0]))
        return fabs(d->a) + LIKELY_SDS * d->b;
    if (d->kind == PROSE_DIST_EXPONENTIAL)
        return LIKELY_SDS * d->a;
    return fmax(fabs(support[0]), fabs(support[1]));
}

typedef struct Use {
    bool at_all;                   /* by a UE, or by a clock of one that is set from it */
    bool unset;                    /* rtc: of a UE that may hear nothing at the start that would set it */
} Use;

static void
mark_used(const ProseScenario *s, const ProseScenarioUe *ue, Use *uses)
{
    bool may_start_out = ue->coverage == PROSE_UE_COVERAGE_OUT || (ue->coverage == PROSE_UE_COVERAGE_CELLS && s->cells->len > 0);

    for (guint i = 0; i < ue->time_sources->len; i++) {
        const ProseScenarioTimeSource *source = source_of(s, g_array_index(ue->time_sources, unsigned, i)), *from = source->set_from;

        uses[source->index].at_all = true;
        uses[source->index].unset |= !from || (may_start_out && prose_time_kind_is_cellular(from->kind));
        if (from)
            uses[from->index].at_all = true;
    }
}

static void
warn_sources(const Places *w, const Use *uses)
{
    const ProseResolvedSection *section;
    uint32_t least_s = UINT32_MAX;

    for (guint d = 0; d < w->s->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = w->s->discoveries->pdata[d];

        if (prose_key_scope_is_discovery(discovery->scope))
            least_s = MIN(least_s, discovery->max_offset_s);
    }
    for (unsigned i = 0; (section = prose_resolved_at(w->r, "time-source", i)); i++) {
        const ProseScenarioTimeSource *source = source_of(w->s, i);
        double age[2];

        if (!uses[i].at_all)
            warn(w, section, NULL, "no UE takes time from it, and no clock of one is set from it");
        else if (least_s != UINT32_MAX && likely_error(source) > least_s)
            warn(w, section, "error", "may be further from UTC than the max-offset, %u s: such UEs neither send nor receive (clock-offset)",
                 least_s);
        prose_distribution_support(&source->since_set_s, age);
        if (uses[i].unset && source->kind == PROSE_TIME_RTC && age[1] == 0)
            warn(w, section, "since-set", "a clock that hears nothing at the start counts as set then, without drift; since-set gives it an age");
    }
}

/* ---- movement ---- */

static void
warn_movement(const Places *w, const ProseResolvedSection *section)
{
    const ProseResolvedValue *mobility = prose_resolved_value(section, "mobility"), *placement = prose_resolved_value(section, "placement");

    if (mobility && placement && mobility->value.choice == PROSE_MOBILITY_NS2 && placement->value.choice != PROSE_PLACEMENT_UNIFORM)
        warn(w, section, "placement", "is not used: the movement trace says where UEs start");
}

/* ---- all of it ---- */

void
prose_check_place_warnings(const ProseResolved *r, const ProseScenario *s, ProseMistakes *list)
{
    Places w = { .r = r, .s = s, .list = list };
    g_autofree Use *uses = g_new0(Use, s->time_sources->len + 1);
    unsigned all = 0;
    guint u = 0;

    for (unsigned g = 0; g < s->group_names->len; g++) {
        const ProseResolvedSection *section = prose_resolved_at(r, "ue-group", g);
        const ProseScenarioUe *silent[2] = { NULL, NULL };

        for (; u < s->ues->len && ((const ProseScenarioUe *) s->ues->pdata[u])->group == g; u++) {
            const ProseScenarioUe *ue = s->ues->pdata[u];
            unsigned coverage = coverage_of(s, ue);

            mark_used(s, ue, uses);
            all |= sends(s, ue) ? coverage : 0;
            for (unsigned side = 0; side < 2; side++) {
                if (coverage >> side & 1 && !has_source(s, ue, 1u << side) && !silent[side])
                    silent[side] = ue;
            }
        }
        warn_movement(&w, section);
        if (silent[0])
            warn(&w, section, "time-sources", "%s has no source of UTC at all and neither sends nor receives (no-utc)", silent[0]->name);
        else if (silent[1])
            warn(&w, section, "time-sources", "%s has no source of UTC out of coverage and neither sends nor receives there (no-utc)",
                 silent[1]->name);
    }
    warn_pools(&w, all);
    warn_overlap(&w);
    warn_sources(&w, uses);
}
