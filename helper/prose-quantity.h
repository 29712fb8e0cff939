/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands right of "=": numbers with units, ranges, distributions, times of activity, UE selections, masks.
 *
 * Every reader here returns true and fills `ret`, or returns false, leaves it alone and says in `ret_wrong` (transfer full)
 * what is wrong and, after a semicolon, what is allowed.
 */
#ifndef PROSE_QUANTITY_H
#define PROSE_QUANTITY_H

#include "prose-scenario.h"

typedef enum ProseDimension {
    PROSE_DIM_TIME,                /* s */
    PROSE_DIM_LENGTH,              /* m */
    PROSE_DIM_SPEED,               /* m/s */
    PROSE_DIM_BITRATE,             /* bit/s */
    PROSE_DIM_FRACTION,            /* 1; "%" or no unit at all */
    PROSE_DIM_DRIFT,               /* ppm */
    PROSE_DIM_POWER,               /* dBm */
    PROSE_DIM_LEVEL,               /* dB */
    PROSE_DIM_FREQUENCY,           /* Hz */
    PROSE_DIM_RATE,                /* /s */
} ProseDimension;

/* The units of time that a scenario defines itself; zero: not to be had at this place. */
typedef struct ProseTimeUnits {
    double period_s;               /* "periods" of the pool */
    double cryptoperiod_s;         /* "cryptoperiods" */
} ProseTimeUnits;

/* "ns, us, ms, s, min, h, d"; @units (nullable) adds its own. (transfer full) */
char *prose_units(ProseDimension dimension, const ProseTimeUnits *units);
/* The unit that values of @dimension are in: "s"; "" for a fraction. */
const char *prose_unit(ProseDimension dimension);
/* "10 min": in the largest unit that gives a whole number, else in the base unit. (transfer full) */
char *prose_quantity_print(double value, ProseDimension dimension);

/* "320 ms", "3 d 2 h" (units from large to small), "0.1 %". */
bool prose_quantity_parse(double *ret, ProseDimension dimension, const char *text, const ProseTimeUnits *units, char **ret_wrong);
/* "1..3 m/s", "10 s .. 2 min": the first may leave its unit to the second; not falling. */
bool prose_range_parse(double ret[2], ProseDimension dimension, const char *text, const ProseTimeUnits *units, char **ret_wrong);
/* @n of them, separated by @separator or, if that is "", by blanks: "1000 m x 1000 m". */
bool prose_quantities_parse(double *ret, size_t n, ProseDimension dimension, const char *separator, const char *text,
                            char **ret_wrong);
/* Decimal digits and nothing else, up to 2⁶⁴ − 1. */
bool prose_integer_parse(uint64_t *ret, const char *text, char **ret_wrong);

/* A zero needs no unit here; numbers after "uniform" and "normal" are not compound, since they stand side by side. */
bool prose_distribution_parse(ProseDistribution *ret, ProseDimension dimension, const char *text,
                              const ProseTimeUnits *units, char **ret_wrong);
/* The least and the largest value it can draw; infinite where nothing bounds it. */
void prose_distribution_support(const ProseDistribution *d, double ret[2]);
/* The value under which a share @u of the draws fall, 0 < @u < 1. Monotonous, so one uniform draw makes one value. */
double prose_distribution_quantile(const ProseDistribution *d, double u);

/* One stretch of a list of times of activity. */
typedef struct ProseActivity {
    enum { PROSE_ACTIVITY_ALWAYS, PROSE_ACTIVITY_SPAN, PROSE_ACTIVITY_DAILY, PROSE_ACTIVITY_EVERY, PROSE_ACTIVITY_AROUND_ROLLOVER } kind;
    double start_s;                /* span: simulated time; daily: since 00:00 UTC; every: from the start of one to the next */
    double length_s;               /* around-rollover: before and after */
    bool by_chance;                /* every: these two say it instead, anew for each stretch */
    ProseDistribution every_s, lasts_s;
} ProseActivity;

/* "none", or a list of "always", "a .. b", "daily 08:00 for 12 h" (UTC), "every T for T", and, which not every key takes,
 * "around-rollover T" or "every DIST for DIST". Returns an array of ProseActivity. */
bool prose_activities_parse(GArray **ret, const char *text, const ProseTimeUnits *units, char **ret_wrong);
/* The same for instants: "none", or a list of "T" (simulated time), "daily 08:00", "every DIST"; lengths are 0. */
bool prose_instants_parse(GArray **ret, const char *text, const ProseTimeUnits *units, char **ret_wrong);
/* Who draws what stretches and instants by chance are. */
typedef struct ProseActivityDraws {
    const ProseDrawKey *key;
    ProseDrawPurpose purpose;
    uint64_t who;
} ProseActivityDraws;
/* As prose_activities_expand(), chance too. (transfer full): array of ProseInterval. */
GArray *prose_activities_draw(const GArray *activities, int64_t utc_start_s, double duration_s, const ProseActivityDraws *draws);
/* Within [0, @duration_s), in order. (transfer full): array of double. */
GArray *prose_instants_draw(const GArray *instants, int64_t utc_start_s, double duration_s, const ProseActivityDraws *draws);
/* Within [0, @duration_s), in order, overlapping ones joined, those by chance left out; @rollovers_s (nullable), of double: the instants that around-rollover
 * means. Returns: (transfer full): array of ProseInterval. */
GArray *prose_activities_expand(const GArray *activities, int64_t utc_start_s, double duration_s, const GArray *rollovers_s);

/* "engines", "engines[3]", "engines[0..9]", "all". */
typedef struct ProseUeSelection {
    char *group;                   /* (owned) (nullable): %NULL is all UEs of all groups */
    bool whole;                    /* the whole group: first and last are not set */
    unsigned first, last;          /* counted from 0, both included */
} ProseUeSelection;

bool prose_ue_selection_parse(ProseUeSelection *ret, const char *text, char **ret_wrong);
void prose_ue_selection_clear(ProseUeSelection *selection);

/* "none", "bits 24..183" (several with commas; bit 0 is the first content bit), or 46 hexadecimal digits. */
bool prose_mask_parse(uint8_t ret[PROSE_CONTENT_LEN], const char *text, char **ret_wrong);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProseUeSelection, prose_ue_selection_clear)

#endif
