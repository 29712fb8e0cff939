/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-coverage.h"

#include "prose-streams.h"

#include <math.h>

#define NO_SOURCE UINT_MAX
#define NO_CELL UINT_MAX
/* In draws: whose error a source is that says the same to everybody. */
#define EVERYBODY UINT32_MAX

/* One UE. */
typedef struct Place {
    ProseUeCoverage mode;          /* as the scenario has it, until an event says otherwise */
    bool is_in;
    unsigned cell;                 /* that serves it; NO_CELL: none, or there is none */
    unsigned source;               /* the one it takes UTC from; NO_SOURCE: none */
} Place;

/* One UE and one source. */
typedef struct Hearing {
    bool is_heard;                 /* rtc: always */
    bool is_followed;              /* rtc: what it is set from sets it all the time */
    uint32_t n_settings;           /* rtc, nitz: how often it was set; an index of draws */
    int64_t error_ns;              /* of this setting, or of this UE */
    ProseClock rtc;
} Hearing;

struct ProseCoverage {
    const ProseScenario *scenario;
    ProseTopology *topology;
    const ProseStream *stream;
    ProseDrawKey pool_key, clock_key;
    unsigned n_ues, n_sources;
    bool is_uniform;
    bool looks_at_places;          /* there are cells or areas */
    bool *is_tied;                 /* (owned): by PDN: reached over cells alone */
    ProseTimeError *errors;        /* (owned): by source, of those that say the same to everybody */
    bool *is_common;               /* (owned): by source: whether they do */
    bool *is_active;               /* (owned): by source */
    Place *places;                 /* (owned): by UE; not if uniform */
    Hearing *hearings;             /* (owned): by UE and source; not if uniform */
    unsigned *movers;              /* (owned): UEs that move, if that matters */
    unsigned n_movers;
    Ns3cTimer *timer;
    uint64_t look_ns, edge_ns;     /* when movers are looked at, and when a time of activity begins or ends; NS3C_FOREVER */
};

static const ProseScenarioPool *
pool_of(const ProseCoverage *coverage, unsigned pool)
{
    return g_ptr_array_index(coverage->scenario->pools, pool);
}

static const ProseScenarioTimeSource *
source_of(const ProseCoverage *coverage, unsigned source)
{
    return g_ptr_array_index(coverage->scenario->time_sources, source);
}

static const ProseScenarioUe *
spec_of(const ProseCoverage *coverage, unsigned ue)
{
    return g_ptr_array_index(coverage->scenario->ues, ue);
}

static Hearing *
hearing_of(const ProseCoverage *coverage, unsigned ue, unsigned source)
{
    return &coverage->hearings[(size_t) ue * coverage->n_sources + source];
}

static int64_t
utc_at(const ProseCoverage *coverage, uint64_t now_ns)
{
    return coverage->scenario->utc_start_s * PROSE_NS_PER_S + (int64_t) now_ns;
}

/* ---- what sources say ---- */

static int64_t
draw_error(const ProseCoverage *coverage, uint32_t whose, unsigned source, uint64_t index)
{
    double error_s = prose_distribution_draw(&source_of(coverage, source)->error_s, &coverage->clock_key, PROSE_DRAW_TIME_ERROR,
                                             (uint64_t) whose << 32 | source, index);

    return (int64_t) llround(error_s * (double) PROSE_NS_PER_S);
}

static int64_t
error_of(const ProseCoverage *coverage, unsigned ue, unsigned source, uint64_t now_ns)
{
    return coverage->is_common[source] ? prose_time_error_at(&coverage->errors[source], now_ns)
                                       : hearing_of(coverage, ue, source)->error_ns;
}

/* What a clock is set to that is set from @source: SIB16 and GNSS tell the instant itself, NITZ a whole second. */
static int64_t
setting_of(const ProseCoverage *coverage, unsigned ue, unsigned source, uint64_t now_ns)
{
    int64_t utc_ns = utc_at(coverage, now_ns), error_ns = error_of(coverage, ue, source, now_ns);
    ProseTimeKind kind = source_of(coverage, source)->kind;

    return kind == PROSE_TIME_NITZ ? prose_time_source_read(kind, utc_ns, error_ns) : utc_ns + error_ns;
}

static int64_t
read_source(const ProseCoverage *coverage, unsigned ue, unsigned source, uint64_t now_ns)
{
    const ProseScenarioTimeSource *spec = source_of(coverage, source);
    const Hearing *hearing;

    if (spec->kind != PROSE_TIME_RTC)
        return prose_time_source_read(spec->kind, utc_at(coverage, now_ns),
                                      coverage->is_uniform ? prose_time_error_at(&coverage->errors[source], now_ns)
                                                           : error_of(coverage, ue, source, now_ns));
    hearing = hearing_of(coverage, ue, source);
    return hearing->is_followed ? setting_of(coverage, ue, spec->set_from->index, now_ns) + hearing->error_ns
                                : prose_clock_read(&hearing->rtc, now_ns);
}

void
prose_coverage_slot(const ProseCoverage *coverage, unsigned ue, uint64_t at_ns, ProseSlot *ret)
{
    unsigned source = coverage->places ? coverage->places[ue].source : g_array_index(coverage->scenario->time_source_order, unsigned, 0);

    *ret = (ProseSlot) { .now_ns = at_ns, .has_utc = source != NO_SOURCE };
    if (!ret->has_utc)
        return;
    ret->counter = prose_counter_from_utc(read_source(coverage, ue, source, at_ns));
    ret->time_source = source_of(coverage, source)->name;
}

/* ---- what a UE hears ---- */

static double
distance(const ProseDisc *disc, Ns3cPosition at)
{
    return isinf(disc->radius_m) ? 0 : hypot(at.x - disc->x, at.y - disc->y);
}

/* The nearest cell that covers @at, of equally near ones the first. */
static unsigned
find_cell(const ProseCoverage *coverage, Ns3cPosition at)
{
    const GPtrArray *cells = coverage->scenario->cells;
    unsigned best = NO_CELL;
    double best_m = INFINITY;

    for (unsigned i = 0; i < cells->len; i++) {
        const ProseDisc *disc = &((const ProseScenarioCell *) g_ptr_array_index(cells, i))->disc;
        double m = distance(disc, at);

        if (m <= disc->radius_m && m < best_m) {
            best = i;
            best_m = m;
        }
    }
    return best;
}

static bool
hears(const ProseCoverage *coverage, const Place *place, unsigned source, Ns3cPosition at)
{
    const ProseScenarioTimeSource *spec = source_of(coverage, source);

    if (spec->kind == PROSE_TIME_RTC)
        return true;
    if (!coverage->is_active[source] || distance(&spec->area, at) > spec->area.radius_m)
        return false;
    if (!prose_time_kind_is_cellular(spec->kind))
        return true;
    return place->is_in
           && (place->cell == NO_CELL || ((const ProseScenarioCell *) g_ptr_array_index(coverage->scenario->cells, place->cell))->says[source]);
}

static void
set_rtc(const ProseCoverage *coverage, unsigned ue, unsigned rtc, unsigned from, uint64_t now_ns)
{
    Hearing *hearing = hearing_of(coverage, ue, rtc);

    prose_clock_set(&hearing->rtc, setting_of(coverage, ue, from, now_ns) + hearing->error_ns, now_ns);
    hearing->is_followed = false;
}

/* @source has begun or ceased to be heard: what that does to the UE's clocks. */
static void
source_changed(const ProseCoverage *coverage, unsigned ue, unsigned source, uint64_t now_ns)
{
    Hearing *heard = hearing_of(coverage, ue, source);
    bool is_nitz = source_of(coverage, source)->kind == PROSE_TIME_NITZ;

    if (heard->is_heard && is_nitz)
        heard->error_ns = draw_error(coverage, ue, source, heard->n_settings++);
    for (unsigned i = 0; i < coverage->n_sources; i++) {
        Hearing *hearing = hearing_of(coverage, ue, i);
        const ProseScenarioTimeSource *from = source_of(coverage, i)->set_from;

        if (!from || from->index != source)
            continue;
        if (heard->is_heard) {
            hearing->error_ns = draw_error(coverage, ue, i, hearing->n_settings++);
            hearing->is_followed = true;
        }
        /* NITZ sets it once, the others until they fall silent. */
        if (hearing->is_followed && (is_nitz || !heard->is_heard))
            set_rtc(coverage, ue, i, source, now_ns);
    }
}

static unsigned
choose_source(const ProseCoverage *coverage, unsigned ue)
{
    const GArray *preferred = spec_of(coverage, ue)->time_sources;

    for (unsigned i = 0; i < preferred->len; i++) {
        unsigned source = g_array_index(preferred, unsigned, i);

        if (hearing_of(coverage, ue, source)->is_heard)
            return source;
    }
    return NO_SOURCE;
}

static void
report(const ProseCoverage *coverage, unsigned ue, ProseEventType type, uint64_t now_ns)
{
    const Place *place = &coverage->places[ue];
    ProseEvent event = prose_event_at(type, now_ns, spec_of(coverage, ue)->name);

    if (type == PROSE_EVENT_COVERAGE_CHANGED)
        event.cause = place->is_in ? "in" : "out";
    else if (place->source == NO_SOURCE)
        event.cause = "none";
    if (place->source != NO_SOURCE) {
        event.time_source = source_of(coverage, place->source)->name;
        event.has_value = type == PROSE_EVENT_TIME_SOURCE_CHANGED;
        event.value = (double) (read_source(coverage, ue, place->source, now_ns) - utc_at(coverage, now_ns)) / 1e9;
    }
    prose_stream_emit_from(coverage->stream, &event, (int) ue);
}

static bool
has_access(const ProseCoverage *coverage, unsigned ue)
{
    const Place *place = &coverage->places[ue];
    const ProseScenarioPdn *pdn = spec_of(coverage, ue)->pdn;

    for (unsigned i = 0; pdn && i < coverage->scenario->pdns->len; i++) {
        if (g_ptr_array_index(coverage->scenario->pdns, i) != pdn || !coverage->is_tied[i])
            continue;
        return place->is_in
               && (place->cell == NO_CELL || ((const ProseScenarioCell *) g_ptr_array_index(coverage->scenario->cells, place->cell))->pdn == pdn);
    }
    return true;
}

static void
look_at(ProseCoverage *coverage, unsigned ue, bool is_first, uint64_t now_ns)
{
    Place *place = &coverage->places[ue], before = *place;
    Ns3cPosition at = { 0 };

    if (coverage->looks_at_places)
        at = ns3c_mobility_position(prose_topology_mobility(coverage->topology, ue));
    place->cell = place->mode == PROSE_UE_COVERAGE_CELLS ? find_cell(coverage, at) : NO_CELL;
    place->is_in = place->mode == PROSE_UE_COVERAGE_IN || place->cell != NO_CELL
                   || (place->mode == PROSE_UE_COVERAGE_CELLS && coverage->scenario->cells->len == 0);
    for (unsigned s = 0; s < coverage->n_sources; s++) {
        Hearing *hearing = hearing_of(coverage, ue, s);
        bool now = hears(coverage, place, s, at);

        if (now == hearing->is_heard)
            continue;
        hearing->is_heard = now;
        source_changed(coverage, ue, s, now_ns);
    }
    place->source = choose_source(coverage, ue);
    if (!is_first && before.is_in != place->is_in)
        report(coverage, ue, PROSE_EVENT_COVERAGE_CHANGED, now_ns);
    if (!is_first && before.source != place->source)
        report(coverage, ue, PROSE_EVENT_TIME_SOURCE_CHANGED, now_ns);
    prose_topology_set_access_loss(coverage->topology, ue, PROSE_ACCESS_LOSS_COVERAGE, !has_access(coverage, ue));
}

/* ---- when things change ---- */

/* Which sources are active, and when the first of them begins or ceases to be. */
static void
read_activity(ProseCoverage *coverage, uint64_t now_ns)
{
    coverage->edge_ns = NS3C_FOREVER;
    for (unsigned s = 0; s < coverage->n_sources; s++) {
        uint64_t edge_ns;

        coverage->is_active[s] = prose_intervals_contain(source_of(coverage, s)->active, now_ns, &edge_ns);
        coverage->edge_ns = MIN(coverage->edge_ns, edge_ns);
    }
}

void
prose_coverage_advance(ProseCoverage *coverage)
{
    uint64_t now_ns = ns3c_sim_now();

    if (now_ns < coverage->look_ns && now_ns < coverage->edge_ns)
        return;
    if (now_ns >= coverage->edge_ns) {
        read_activity(coverage, now_ns);
        for (unsigned i = 0; i < coverage->n_ues; i++)
            look_at(coverage, i, /* is_first= */ false, now_ns);
    } else {
        for (unsigned i = 0; i < coverage->n_movers; i++)
            look_at(coverage, coverage->movers[i], /* is_first= */ false, now_ns);
    }
    if (now_ns >= coverage->look_ns)
        coverage->look_ns = now_ns + (uint64_t) PROSE_COVERAGE_EVERY_NS;
    ns3c_timer_set(coverage->timer, MIN(coverage->look_ns, coverage->edge_ns));
}

static void
timer_cb(void *user)
{
    prose_coverage_advance(user);
}

static void
set_clocks(ProseCoverage *coverage, unsigned ue, int64_t utc_s, uint64_t now_ns)
{
    for (unsigned s = 0; s < coverage->n_sources; s++) {
        Hearing *hearing = hearing_of(coverage, ue, s);

        if (source_of(coverage, s)->kind != PROSE_TIME_RTC)
            continue;
        prose_clock_set(&hearing->rtc, utc_s * PROSE_NS_PER_S, now_ns);
        hearing->is_followed = false;
    }
}

void
prose_coverage_act(ProseCoverage *coverage, const ProseScenarioEvent *event)
{
    uint64_t now_ns = ns3c_sim_now();

    prose_coverage_advance(coverage);
    for (unsigned i = 0; i < event->ues->len; i++) {
        unsigned ue = g_array_index(event->ues, unsigned, i);
        bool by_cells = spec_of(coverage, ue)->coverage == PROSE_UE_COVERAGE_CELLS;

        if (event->action == PROSE_ACTION_SET_CLOCK) {
            set_clocks(coverage, ue, event->utc_s, now_ns);
            continue;
        }
        coverage->places[ue].mode = !event->on ? PROSE_UE_COVERAGE_OUT : by_cells ? PROSE_UE_COVERAGE_CELLS : PROSE_UE_COVERAGE_IN;
        look_at(coverage, ue, /* is_first= */ false, now_ns);
    }
}

void
prose_coverage_register(ProseCoverage *coverage, unsigned ue)
{
    for (unsigned s = 0; !coverage->is_uniform && s < coverage->n_sources; s++) {
        if (source_of(coverage, s)->kind == PROSE_TIME_NITZ && hearing_of(coverage, ue, s)->is_heard)
            source_changed(coverage, ue, s, ns3c_sim_now());
    }
}

/* ---- coverage and pools ---- */

bool
prose_coverage_is_uniform(const ProseCoverage *coverage)
{
    return coverage->is_uniform;
}

bool
prose_coverage_is_exact(const ProseCoverage *coverage)
{
    const ProseTimeError *error = &coverage->errors[g_array_index(coverage->scenario->time_source_order, unsigned, 0)];

    return coverage->is_uniform && error->from_ns == 0 && error->to_ns == 0;
}

bool
prose_coverage_is_in(const ProseCoverage *coverage, unsigned ue)
{
    return coverage->is_uniform || coverage->places[ue].is_in;
}

bool
prose_coverage_sends_in(const ProseCoverage *coverage, unsigned ue, unsigned discovery, unsigned pool, uint64_t period)
{
    const GPtrArray *pools = coverage->scenario->pools;
    unsigned serves = prose_coverage_is_in(coverage, ue) ? PROSE_COVERAGE_IN : PROSE_COVERAGE_OUT;
    unsigned n = 0, place = 0;

    if (!(pool_of(coverage, pool)->serves & serves))
        return false;
    for (unsigned p = 0; p < pools->len; p++) {
        if (p == pool)
            place = n;
        n += (pool_of(coverage, p)->serves & serves) != 0;
    }
    return n == 1 || prose_draw_below(&coverage->pool_key, PROSE_DRAW_POOL, (uint64_t) ue << 32 | discovery, period, n) == place;
}

uint64_t
prose_coverage_next_period(const ProseCoverage *coverage, unsigned pool, uint64_t period)
{
    return prose_scenario_next_period(pool_of(coverage, pool), period);
}

/* ---- life ---- */

/* Everybody in coverage for the whole run, and the source that all like best an SIB16 that they always hear. */
static bool
find_uniform(const ProseCoverage *coverage)
{
    const ProseScenario *s = coverage->scenario;
    unsigned best = g_array_index(s->time_source_order, unsigned, 0);
    const ProseScenarioTimeSource *source = source_of(coverage, best);
    const ProseInterval *active = source->active->len == 1 ? &g_array_index(source->active, ProseInterval, 0) : NULL;

    if (s->cells->len > 0 || source->kind != PROSE_TIME_SIB16 || !isinf(source->area.radius_m) || !active || active->start_s > 0
        || active->end_s < s->duration_s)
        return false;
    for (unsigned i = 0; i < s->ues->len; i++) {
        const ProseScenarioUe *ue = spec_of(coverage, i);

        if (ue->coverage == PROSE_UE_COVERAGE_OUT || ue->time_sources->len == 0 || g_array_index(ue->time_sources, unsigned, 0) != best)
            return false;
    }
    for (unsigned i = 0; i < s->events->len; i++) {
        const ProseScenarioEvent *event = g_ptr_array_index(s->events, i);

        if (event->action == PROSE_ACTION_COVERAGE || event->action == PROSE_ACTION_SET_CLOCK)
            return false;
    }
    return true;
}

static void
init_errors(ProseCoverage *coverage)
{
    for (unsigned s = 0; s < coverage->n_sources; s++) {
        const ProseScenarioTimeSource *source = source_of(coverage, s);
        ProseTimeError *error = &coverage->errors[s];

        coverage->is_common[s] = source->is_ramp || source->kind == PROSE_TIME_SIB16;
        if (source->is_ramp) {
            error->from_ns = llround(source->ramp_from_s * 1e9);
            error->to_ns = llround(source->ramp_to_s * 1e9);
            error->start_ns = source->active->len > 0 ? prose_ns_from_s(g_array_index(source->active, ProseInterval, 0).start_s) : 0;
            error->length_ns = prose_ns_from_s(source->ramp_over_s);
        } else if (coverage->is_common[s]) {
            error->to_ns = draw_error(coverage, EVERYBODY, s, 0);
        }
    }
}

static int32_t
ppb(double ppm)
{
    return (int32_t) lround(ppm * 1000);
}

/* One oscillator drives both clocks of a UE unless somebody gives the real-time clock its own. */
static int32_t
draw_drift(const ProseCoverage *coverage, unsigned ue, unsigned source)
{
    const ProseScenarioUe *spec = spec_of(coverage, ue);
    const ProseScenarioTimeSource *rtc = source_of(coverage, source);

    if (spec->rtc_drift_ppm)
        return ppb(prose_distribution_draw(spec->rtc_drift_ppm, &coverage->clock_key, PROSE_DRAW_DRIFT, ue, 1));
    if (rtc->has_drift)
        return ppb(prose_distribution_draw(&rtc->drift_ppm, &coverage->clock_key, PROSE_DRAW_DRIFT, ue, 2 + source));
    return ppb(prose_distribution_draw(spec->drift_ppm, &coverage->clock_key, PROSE_DRAW_DRIFT, ue, 0));
}

static void
init_rtc(const ProseCoverage *coverage, unsigned ue, unsigned source, uint64_t now_ns)
{
    const ProseScenarioTimeSource *rtc = source_of(coverage, source);
    Hearing *hearing = hearing_of(coverage, ue, source);
    double age_s = prose_distribution_draw(&rtc->since_set_s, &coverage->clock_key, PROSE_DRAW_SINCE_SET, (uint64_t) ue << 32 | source, 0);
    int64_t error_ns = draw_error(coverage, ue, source, hearing->n_settings++);

    if (rtc->set_from)
        error_ns += error_of(coverage, ue, rtc->set_from->index, now_ns);
    prose_rtc_init(&hearing->rtc, utc_at(coverage, now_ns), error_ns, prose_ns_from_s(age_s), draw_drift(coverage, ue, source), now_ns);
}

static void
init_places(ProseCoverage *coverage, uint64_t now_ns)
{
    const GPtrArray *cells = coverage->scenario->cells;

    coverage->places = g_new0(Place, coverage->n_ues + 1);
    coverage->hearings = g_new0(Hearing, (size_t) coverage->n_ues * coverage->n_sources + 1);
    coverage->movers = g_new(unsigned, coverage->n_ues + 1);
    coverage->looks_at_places = cells->len > 0;
    for (unsigned s = 0; s < coverage->n_sources; s++)
        coverage->looks_at_places |= !isinf(source_of(coverage, s)->area.radius_m);
    for (unsigned c = 0; c < cells->len; c++) {
        for (unsigned p = 0; p < coverage->scenario->pdns->len; p++)
            coverage->is_tied[p] |= ((const ProseScenarioCell *) g_ptr_array_index(cells, c))->pdn
                                    == g_ptr_array_index(coverage->scenario->pdns, p);
    }
    read_activity(coverage, now_ns);
    for (unsigned i = 0; i < coverage->n_ues; i++) {
        coverage->places[i].mode = spec_of(coverage, i)->coverage;
        if (coverage->looks_at_places && !ns3c_mobility_is_static(prose_topology_mobility(coverage->topology, i)))
            coverage->movers[coverage->n_movers++] = i;
        for (unsigned s = 0; s < coverage->n_sources; s++) {
            if (!coverage->is_common[s] && source_of(coverage, s)->kind != PROSE_TIME_RTC)
                hearing_of(coverage, i, s)->error_ns = draw_error(coverage, i, s, hearing_of(coverage, i, s)->n_settings++);
        }
        for (unsigned s = 0; s < coverage->n_sources; s++) {
            if (source_of(coverage, s)->kind == PROSE_TIME_RTC)
                init_rtc(coverage, i, s, now_ns);
        }
        look_at(coverage, i, /* is_first= */ true, now_ns);
    }
}

ProseCoverage *
prose_coverage_new(const ProseScenario *scenario, ProseTopology *topology, const ProseStream *stream)
{
    ProseCoverage *coverage = g_new0(ProseCoverage, 1);
    uint64_t now_ns = ns3c_sim_now();

    coverage->scenario = scenario;
    coverage->topology = topology;
    coverage->stream = stream;
    coverage->pool_key = prose_rng_key(PROSE_RNG_RADIO);
    coverage->clock_key = prose_rng_key(PROSE_RNG_CLOCK);
    coverage->n_ues = scenario->ues->len;
    coverage->n_sources = scenario->time_sources->len;
    coverage->errors = g_new0(ProseTimeError, coverage->n_sources);
    coverage->is_common = g_new0(bool, coverage->n_sources);
    coverage->is_active = g_new0(bool, coverage->n_sources);
    coverage->is_tied = g_new0(bool, scenario->pdns->len + 1);
    coverage->look_ns = coverage->edge_ns = NS3C_FOREVER;
    init_errors(coverage);
    coverage->is_uniform = find_uniform(coverage);
    if (coverage->is_uniform)
        return coverage;
    init_places(coverage, now_ns);
    coverage->timer = ns3c_timer_new(timer_cb, coverage);
    if (coverage->n_movers > 0)
        coverage->look_ns = now_ns + (uint64_t) PROSE_COVERAGE_EVERY_NS;
    ns3c_timer_set(coverage->timer, MIN(coverage->look_ns, coverage->edge_ns));
    return coverage;
}

ProseCoverage *
prose_coverage_free(ProseCoverage *coverage)
{
    if (!coverage)
        return NULL;
    ns3c_timer_free(coverage->timer);
    g_free(coverage->movers);
    g_free(coverage->hearings);
    g_free(coverage->places);
    g_free(coverage->is_tied);
    g_free(coverage->is_active);
    g_free(coverage->is_common);
    g_free(coverage->errors);
    g_free(coverage);
    return NULL;
}
