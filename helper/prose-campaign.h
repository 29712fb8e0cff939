/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A campaign file: which scenario, what is varied, how often each is run. Reading one gives its points, each checked as the
 * scenario it becomes; prose-campaign-plan.c puts them into results.sqlite, prose-campaign-run.c runs what is missing.
 */
#ifndef PROSE_CAMPAIGN_H
#define PROSE_CAMPAIGN_H

#include "prose-ini.h"
#include "prose-scenario.h"

/* One value of a sweep. */
typedef struct ProseCampaignValue {
    char *text;                    /* (owned) as a setting takes it: "10 min" */
    double si;                     /* in the base unit; NAN for what is not one number */
    const char *unit;              /* (nullable) "s", "" for a plain number or share; NULL with NAN */
} ProseCampaignValue;

/* A line of [sweep]. */
typedef struct ProseCampaignFactor {
    char *name;                    /* (owned) "lead", or "pool.period": that key itself */
    unsigned line;
    GPtrArray *values;             /* of ProseCampaignValue, owned */
    int zipped;                    /* the `zip` it is part of, or -1 */
    bool is_used;
} ProseCampaignFactor;

/* A line of [set]. */
typedef struct ProseCampaignSet {
    char *key, *value;             /* (owned) "discovery *.lead", "$lead" */
    unsigned line;
} ProseCampaignSet;

/* One combination of the sweep's values. */
typedef struct ProseCampaignPoint {
    const ProseCampaignValue **values;     /* (owned), elements borrowed: by factor */
    char *label;                   /* (owned) "lead = 10 min, loss = 1 %"; the scenario's name without a sweep */
    GPtrArray *overrides;          /* of char*, owned: "SECTION.KEY=VALUE" */
    char *invalid;                 /* (owned) (nullable): the `require` it fails; it is not run */
    char *hash;                    /* (owned): that of its settings, or of its overrides if it is not run */
    double cost;                   /* UEs times simulated seconds */
} ProseCampaignPoint;

/* Groups of tables that a campaign takes over from its runs. */
typedef enum ProseKeep {
    PROSE_KEEP_METRICS = 1 << 0, PROSE_KEEP_HISTOGRAMS = 1 << 1, PROSE_KEEP_SAMPLES = 1 << 2, PROSE_KEEP_SERIES = 1 << 3,
    PROSE_KEEP_UES = 1 << 4, PROSE_KEEP_ROLLOVERS = 1 << 5, PROSE_KEEP_POOL_PERIODS = 1 << 6,
} ProseKeep;

typedef struct ProseCampaign {
    char *path, *name;             /* (owned): as given; its file name without .ini */
    char *text;                    /* (owned): the file */
    char *scenario;                /* (owned): path, from where the campaign file is */
    guint seed;
    GArray *runs;                  /* of gint64: run numbers; with a stop rule as many as there may be */
    guint first_runs;              /* how many of them each point gets at least */
    char *stop_metric;             /* (owned) (nullable): "keys.blackout.mean"; no stop rule without it */
    double stop_share;             /* half the 95 % interval has to be below this share of the mean */
    double timeout_s;              /* of wall-clock time for one run; 0: none */
    unsigned keep;                 /* of ProseKeep */
    GPtrArray *factors;            /* of ProseCampaignFactor, owned, in the order of the file */
    GPtrArray *sets;               /* of ProseCampaignSet, owned */
    GPtrArray *requires;           /* of char*, owned: each has to hold */
    unsigned require_line;
    GPtrArray *points;             /* of ProseCampaignPoint, owned: the last factor moves fastest */
    GPtrArray *warnings;           /* of char*, owned: what the scenarios warn of, each once */
} ProseCampaign;

/* With a stop rule a point is looked at after so many runs, and again after as many more. */
#define PROSE_CAMPAIGN_BATCH 10

/* @error: PROSE_SCENARIO_ERROR with every mistake of the file and of the scenarios it makes, a line each. (transfer full) */
ProseCampaign *prose_campaign_new_from_file(const char *path, GError **error);
ProseCampaign *prose_campaign_free(ProseCampaign *campaign);           /* takes %NULL, returns %NULL */
/* Whether a file opens a [campaign] section; false if it cannot be read. */
bool prose_campaign_is_file(const char *path);
/* What `check` and --dry-run say: points, which are left out and why, runs, an estimate. @seconds_per_cost: of one run; 0: a guess.
 * (transfer full) */
char *prose_campaign_explain(const ProseCampaign *campaign, double seconds_per_cost, guint workers);
/* Wall-clock seconds a unit of cost when nothing is known yet. */
#define PROSE_CAMPAIGN_SECONDS_PER_COST 1e-4
/* "2 h 5 min", "40 s". (transfer full) */
char *prose_campaign_duration_print(double seconds);

/* The scenario of @point, as one of its runs has it. Mistakes name the campaign file's lines. (transfer full) (nullable) */
ProseScenario *prose_campaign_scenario(const ProseCampaign *campaign, const ProseCampaignPoint *point, gint64 run, GError **error);

/* ---- prose-campaign-sweep.c ---- */

/* The values of a [sweep] line: a list of texts, "a .. b step d", "a .. b log n". Of ProseCampaignValue, (transfer full) (nullable) */
GPtrArray *prose_campaign_values_parse(const char *text, char **ret_wrong);
/* "1..10", "1, 2, 7..9". Of gint64, rising, (transfer full) (nullable) */
GArray *prose_campaign_runs_parse(const char *text, char **ret_wrong);
/* @text with each $name replaced. (transfer full) (nullable): %NULL if a name is no factor; @ret_unknown (transfer full) says which. */
char *prose_campaign_substitute(const ProseCampaign *campaign, const ProseCampaignPoint *point, const char *text, char **ret_unknown);
/* Marks the factors that @text names. Returns: (transfer full) (nullable): the first name that is none. */
char *prose_campaign_use(ProseCampaign *campaign, const char *text);

/**
 * prose_campaign_require:
 * @text: "$lead < $cryptoperiod", "$receive = counter or 2 * $overlap <= $lead and $overlap > 0 s"
 * @ret_holds: (out)
 *
 * Comparisons (<, <=, =, !=, >=, >) joined by `and` and, less tightly, `or`; sums and products with blanks around their signs.
 *
 * Returns: false if it cannot be worked out; @ret_wrong (transfer full).
 */
bool prose_campaign_require(const ProseCampaign *campaign, const ProseCampaignPoint *point, const char *text, bool *ret_holds, char **ret_wrong);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseCampaign, prose_campaign_free)

#endif
