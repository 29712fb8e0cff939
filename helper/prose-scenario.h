/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario, read, checked and resolved: what a run is made from.
 *
 * prose-ini reads lines, prose-settings knows every section and key (type, unit, range, default, clause, sentence,
 * planned or not), prose-quantity reads numbers with units, and this file puts them together. All mistakes are collected
 * before anything is refused.
 */
#ifndef PROSE_SCENARIO_H
#define PROSE_SCENARIO_H

#include "prose-movement.h"
#include "prose-pc5-pool.h"
#include "prose-time-source.h"
#include "prose-ue.h"

#include <glib.h>

/* "constant x", "uniform a b", "normal mean sd [bound]", "exponential mean"; in the unit of its key (seconds, ppm …). */
typedef enum ProseDistributionKind { PROSE_DIST_CONSTANT, PROSE_DIST_UNIFORM, PROSE_DIST_NORMAL, PROSE_DIST_EXPONENTIAL } ProseDistributionKind;
typedef struct ProseDistribution {
    ProseDistributionKind kind;
    double a, b;                   /* value; low, high; mean, sd; mean */
    double bound;                  /* normal: cut at mean ± bound; 0: none */
} ProseDistribution;
/* A draw; @index tells draws of one entity apart. One uniform draw makes one value, through the quantile: a bounded normal is
 * what drawing again until it fits would give, without more draws. */
double prose_distribution_draw(const ProseDistribution *d, const ProseDrawKey *key, ProseDrawPurpose purpose, uint64_t who, uint64_t index);

typedef struct ProseInterval { double start_s, end_s; } ProseInterval;

/* How deliveries of one key are spread over UEs. */
typedef enum ProseSpreadKind {
    PROSE_SPREAD_DRAW,             /* a draw for each UE and key */
    PROSE_SPREAD_HASH,             /* each UE has its place in span_s for good */
    PROSE_SPREAD_BY_GROUP,         /* each [ue-group] that takes part has */
} ProseSpreadKind;
typedef struct ProseSpread {
    ProseSpreadKind kind;
    ProseDistribution draw_s;
    double span_s;
    double *places;                /* (owned) (nullable) by group: of those that take part, in the order of the file, shares of span_s from 0 on */
} ProseSpread;

typedef struct ProseScenarioFunction {
    char *name, *fqdn;
    GPtrArray *pkmfs;              /* of ProseScenarioPkmf*, borrowed */
    ProseDistribution service_time_s;
    GArray *outages;               /* of ProseInterval */
} ProseScenarioFunction;

typedef struct ProseScenarioPkmf {
    char *name, *fqdn;
    unsigned index;
    uint32_t max_offset_s;
    unsigned workers;
    ProseDistribution service_time_s[3];   /* tls, request, delivery: order of ProsePkmfOp */
    double issue_pmk_every_s;
    size_t queue_limit;            /* 0: unlimited */
    double delivery_pace;          /* a second; 0: unlimited */
    ProseDistribution retry_after_s;
    GArray *outages;               /* of ProseInterval */
    bool restart_keeps_state;
} ProseScenarioPkmf;

typedef struct ProseScenarioDiscovery {
    char *name;                    /* the section's: "command" */
    unsigned index;                /* group keys count on after discoveries */
    ProseKeyScope scope;           /* a [group-key] has type PGK */
    ProseScenarioPkmf *pkmf;       /* borrowed (nullable): %NULL if and only if the scenario gives the keys (rules T2) */
    uint32_t max_offset_s;         /* the PKMF's, or the discovery's own */
    ProseSecurityMetadata meta;
    int64_t first_start_s;         /* UTC */
    uint32_t cryptoperiod_s, lead_s;
    ProseSpread lead_spread;
    unsigned keys_ahead;
    uint32_t keep_past_s, overlap_s;               /* UINT32_MAX: MAX_OFFSET */
    uint32_t successor_check_s, successor_retry_s; /* 0: automatic */
    bool keeps_revoked_keys, replaces_at_leave;
    uint32_t additional_every;     /* relay additional information in every Nth period; 0: never */
    uint8_t algorithms;            /* group keys */
} ProseScenarioDiscovery;

typedef struct ProseScenarioPdn {
    char *name;
    uint64_t ue_rate_bps, gateway_rate_up_bps, gateway_rate_down_bps;
    unsigned gateways;
    double delay_s, loss;
    double burst_share, burst_s;   /* of time in which a UE's access loses everything; how long that lasts on average */
    GArray *outages;               /* (owned) of ProseInterval */
    const GArray *releases;        /* borrowed: prose_instants_draw() */
} ProseScenarioPdn;

/* Where something is heard: at @x, @y and up to @radius_m around; INFINITY: everywhere. */
typedef struct ProseDisc { double x, y, radius_m; } ProseDisc;

typedef struct ProseScenarioTimeSource {
    char *name;                    /* what a trace calls it */
    unsigned index;
    ProseTimeKind kind;
    bool is_ramp;
    ProseDistribution error_s;     /* unless it ramps */
    double ramp_from_s, ramp_to_s, ramp_over_s;
    struct ProseScenarioTimeSource *set_from;      /* (nullable) borrowed; rtc, as what follows */
    ProseDistribution since_set_s;
    bool has_drift;
    ProseDistribution drift_ppm;
    ProseDisc area;
    GArray *active;                /* (owned) of ProseInterval */
} ProseScenarioTimeSource;

typedef struct ProseScenarioCell {
    char *name;
    unsigned index;
    ProseDisc disc;
    bool *says;                    /* (owned): by time source: whether it is heard in the cell */
    ProseScenarioPdn *pdn;         /* (nullable) borrowed: reached over such cells alone */
} ProseScenarioCell;

typedef enum ProseUeCoverage { PROSE_UE_COVERAGE_IN, PROSE_UE_COVERAGE_OUT, PROSE_UE_COVERAGE_CELLS } ProseUeCoverage;

typedef enum ProsePlacement { PROSE_PLACEMENT_UNIFORM, PROSE_PLACEMENT_GRID, PROSE_PLACEMENT_POINT, PROSE_PLACEMENT_FILE } ProsePlacement;
typedef enum ProseMobilityKind { PROSE_MOBILITY_STATIC, PROSE_MOBILITY_RANDOM_WAYPOINT, PROSE_MOBILITY_NS3, PROSE_MOBILITY_NS2 } ProseMobilityKind;

/* Which UEs a pool serves. */
#define PROSE_COVERAGE_IN (1u << 0)
#define PROSE_COVERAGE_OUT (1u << 1)

/* Of a UE's antenna, unless a placement file says otherwise. */
#define PROSE_UE_HEIGHT_M 1.5
#define PROSE_POOLS_MAX 4          /* TS 36.331 SL-DiscTxPoolList */

typedef struct ProseScenarioPool {
    char *name;                    /* (nullable): the nameless one */
    unsigned index;
    ProsePool pool;
    unsigned serves;               /* PROSE_COVERAGE bits */
    GArray *active;                /* (owned) of ProseInterval, in order: a period that begins inside one is simulated */
} ProseScenarioPool;

/* One UE with its group's settings and its own [ue …] overrides applied. */
typedef struct ProseScenarioUe {
    const char *name;              /* "engines[3]"; this and all else here is owned by the scenario */
    unsigned index;                /* over the whole scenario, file order */
    unsigned group, member;
    ProseScenarioPdn *pdn;         /* (nullable) borrowed: no PDN connection at all; also for one that fetches nothing */
    bool fetches;                  /* takes part in something whose keys come from a PKMF; else it is on PC5 alone */
    unsigned *roles;               /* ProseRole bits, by discovery index */
    bool *authorised;              /* by discovery index */
    bool subscriber;               /* false: authorised for nothing anywhere (HTTP 403, rules R5) */
    bool scrambling_supported;
    bool pkmf_provisioned;         /* pkmf-known = provisioned */
    const ProseDistribution *power_on_s, *request_jitter_s;
    double request_timeout_s, back_off_s, back_off_steady_s;       /* above 0 */
    const GArray *off_network, *pdn_outage;        /* borrowed: prose_activities_draw() */
    const ProseDistribution *drift_ppm;
    const ProseDistribution *rtc_drift_ppm;        /* (nullable): else its real-time clock drifts as its ProSe clock */
    ProseUeCoverage coverage;      /* at the start; CELLS: by where it is, everywhere without cells */
    const GArray *time_sources;    /* borrowed, of unsigned: in order of preference */
    ProsePlacement placement;
    double grid_m, point_x, point_y, point_z;
    const char *place_path;        /* (nullable) borrowed, as its setting has it: where the point is from */
    ProseMobilityKind mobility;
    double speed_min, speed_max;   /* m/s, random waypoint */
    const char *mobility_spec;         /* ns-3's own words */
    const char *movement_path;     /* (nullable) borrowed, as its setting has it */
    uint64_t first_node;           /* of the movement trace: its member 0 */
    const GArray *waypoints;       /* (nullable) borrowed, of ProseWaypoint */
} ProseScenarioUe;

typedef enum ProseAction {
    PROSE_ACTION_NETWORK_RELEASES_PDN, PROSE_ACTION_UE_RELEASES_PDN, PROSE_ACTION_START, PROSE_ACTION_STOP,
    PROSE_ACTION_REVOKE, PROSE_ACTION_AUTHORISE, PROSE_ACTION_PKMF_DOWN, PROSE_ACTION_PKMF_UP, PROSE_ACTION_COVERAGE,
    PROSE_ACTION_SET_CLOCK, PROSE_ACTION_POWER,
} ProseAction;
typedef struct ProseScenarioEvent {
    char *name;
    double at_s;
    ProseAction action;
    GArray *ues;                   /* of unsigned: UE indices */
    GArray *discoveries;           /* of unsigned */
    ProseScenarioPkmf *pkmf;       /* (nullable) borrowed */
    bool on;                       /* coverage: in; power: on */
    int64_t utc_s;                 /* set-clock */
} ProseScenarioEvent;

/* What is written beside totals and distributions; bits by the order of prose_distributions() and prose_series(). */
typedef struct ProseScenarioOutput {
    double step_s;
    uint64_t samples, series, histograms;
} ProseScenarioOutput;

typedef struct ProseScenario {
    char *path;                    /* as given */
    char *name;                    /* file name without .ini */
    char *settings_hash;           /* of the settings given by -s; "" without any */
    double duration_s, warm_up_s;
    int64_t utc_start_s;
    uint32_t seed;
    uint64_t run;
    ProseProfile profile;
    ProseScenarioOutput output;
    bool stops_when_all_discovered;
    double area_width_m, area_height_m;
    char *propagation;             /* ns-3's words; those of a disc, if a range is given */
    double range_m;                /* of the disc; INFINITY: unlimited; NAN: there is none, `propagation` decides */
    double carrier_hz;
    ProseReceptionModel reception;
    double tx_power_dbm;
    bool grid, memo;               /* shortcuts that change no result */
    GPtrArray *pools;              /* of ProseScenarioPool, owned, file order; one to PROSE_POOLS_MAX */
    GPtrArray *time_sources, *cells;                        /* of ProseScenarioTimeSource, ProseScenarioCell, owned, file order */
    GArray *time_source_order;     /* of unsigned: all of them as rules T3 prefer them */
    GPtrArray *functions, *pkmfs, *discoveries, *pdns;      /* owned elements, file order */
    GPtrArray *group_names;        /* of char*: [ue-group] names, file order */
    GPtrArray *ues;                /* of ProseScenarioUe, grouped by group, file order */
    GPtrArray *ue_blocks;          /* (owned): where these and their roles are, a few blocks a group: many small ones take more */
    GStringChunk *ue_names;        /* and their names */
    GPtrArray *events;             /* sorted by time, then file order */
    GHashTable *movements;         /* path -> (owned) ProseMovement; looked up, never walked */
    GPtrArray *warnings;           /* of char*: combinations that will surprise */
    struct ProseResolved *resolved;/* every setting with its text, unit and source: settings.ini and `check` */
} ProseScenario;

/* One -s option: "SECTION.KEY=VALUE". */
typedef struct ProseOverride { const char *text; } ProseOverride;

/**
 * prose_scenario_new_from_file:
 * @overrides: -s options in order; --seed and --run become simulation.seed and simulation.run, last
 * @error: PROSE_SCENARIO_ERROR with every mistake, a line each: "file:line: [section] key = value: wrong; allowed"
 */
ProseScenario *prose_scenario_new_from_file(const char *path, const ProseOverride *overrides, size_t n_overrides, GError **error);
ProseScenario *prose_scenario_free(ProseScenario *s);

/* The first of @intervals, in order and apart, that ends after @at_ns; their number: none. Costs the logarithm of it. */
guint prose_intervals_find_after(const GArray *intervals, uint64_t at_ns);
/* Whether @at_ns is in one of them, its start counted in and its end out. @ret_edge_ns: when one begins or ends next; UINT64_MAX: never */
bool prose_intervals_contain(const GArray *intervals, uint64_t at_ns, uint64_t *ret_edge_ns);

/* The first period of @pool from @period on that begins while it is active; UINT64_MAX: none within the run. */
uint64_t prose_scenario_next_period(const ProseScenarioPool *pool, uint64_t period);
/* How many of its periods begin before @end_s and are simulated, and how much time they make. */
void prose_scenario_pool_simulated(const ProseScenarioPool *pool, double end_s, uint64_t *ret_periods, double *ret_s);

/* settings.ini: every resolved setting; reads back to the same scenario. Returns: (transfer full) text. */
char *prose_scenario_print(const ProseScenario *s);
/* What `check` prints: each setting with its unit and whether file, option or default gave it; then warnings. (transfer full) */
char *prose_scenario_explain(const ProseScenario *s);
/* `describe [WORD]`: settings, events, outcomes, metrics, profile choices. (transfer full); %NULL if @word matches nothing, then
 * @ret_nearest (transfer full) (nullable) is the nearest known name. */
char *prose_describe(const char *word, char **ret_nearest);

/**
 * prose_scenario_select_ues:
 * @text: "engines", "engines[3]", "engines[0..9]", "all", or a list of them
 * @ret: of unsigned: the indices are appended, group by group as named
 *
 * Returns: true; or false with @ret_wrong (transfer full), "what is wrong; what is allowed", and @ret as it was.
 */
bool prose_scenario_select_ues(const ProseScenario *s, const char *text, GArray *ret, char **ret_wrong);

#define PROSE_SCENARIO_ERROR (prose_scenario_error_quark())
GQuark prose_scenario_error_quark(void);
typedef enum ProseScenarioError { PROSE_SCENARIO_ERROR_FILE, PROSE_SCENARIO_ERROR_MISTAKES } ProseScenarioError;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseScenario, prose_scenario_free)

#endif
