/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every section and key of the scenario language: one table that reading, `check`, `describe` and settings.ini go by.
 *
 * The rows are in prose-settings-table.c, and those of [profile] come from prose-profile. A key that is planned is known by
 * name and refused with a message that says so.
 */
#ifndef PROSE_SETTINGS_H
#define PROSE_SETTINGS_H

#include "prose-quantity.h"

typedef enum ProseSettingType {
    PROSE_SETTING_INTEGER,         /* `values`, here and in the next two: a word that stands for 0 */
    PROSE_SETTING_QUANTITY,        /* a number with a unit */
    PROSE_SETTING_SECONDS,         /* a time in whole seconds */
    PROSE_SETTING_PROBABILITY,     /* 0 to 1, %, p25 … p100 */
    PROSE_SETTING_DISTRIBUTION,
    PROSE_SETTING_SPREAD,          /* of deliveries over UEs: a distribution, "hash T", "by-group T" */
    PROSE_SETTING_ACTIVITY,        /* times of activity; `values`: a form that only some have: around-rollover, by-chance */
    PROSE_SETTING_INSTANTS,        /* "10 min", "daily 08:00", "every DIST" */
    PROSE_SETTING_BURSTS,          /* "1 % for 200 ms", or none */
    PROSE_SETTING_YES_NO,
    PROSE_SETTING_CHOICE,          /* one of `values` */
    PROSE_SETTING_CHOICES,         /* a list of them; where `none` is the default, none or all as well */
    PROSE_SETTING_DATETIME,
    PROSE_SETTING_AREA,
    PROSE_SETTING_POINT,
    PROSE_SETTING_DISC,            /* `values` are examples */
    PROSE_SETTING_TIME_ERROR,      /* a distribution, a ramp or a preset */
    PROSE_SETTING_PERIOD,          /* rfN */
    PROSE_SETTING_BITMAP,
    PROSE_SETTING_ID24,
    PROSE_SETTING_MASK,
    PROSE_SETTING_FQDN,
    PROSE_SETTING_REFERENCE,       /* name of a section of kind `values`, or none */
    PROSE_SETTING_REFERENCES,      /* a list of them, none, or all */
    PROSE_SETTING_ALGORITHMS,
    PROSE_SETTING_PLACEMENT,
    PROSE_SETTING_MOBILITY,
    PROSE_SETTING_PROPAGATION,
    PROSE_SETTING_ACTION,          /* what an event does: prose_actions() */
    PROSE_SETTING_PROFILE,         /* a row of prose_profile_choice() */
    PROSE_SETTING_WORDS,           /* text that is read where it is used; planned keys */
    PROSE_SETTING_N_TYPES
} ProseSettingType;

typedef struct ProseSetting {
    const char *section;           /* kind: "pool" */
    const char *key;
    ProseSettingType type;
    ProseDimension dimension;      /* of quantities, distributions */
    const char *values;            /* (nullable): see the types */
    const char *fallback;          /* default; %NULL: has to be given. "NAME" in it is the section's name */
    double low, high;              /* range in the base unit, both included; equal: none */
    bool above_low;                /* low itself is out */
    const char *unless;            /* (nullable): not beside that key, and not needed if it is there */
    const char *with;              /* (nullable): only beside that key … */
    const char *with_value;        /* (nullable): … and only if that has this value */
    bool planned;
    const char *clause;
    const char *sentence;
} ProseSetting;

/* The fallback of a UTC instant that is the scenario's own start. */
#define PROSE_FALLBACK_UTC_START "simulation.utc-start"
/* The fallback of a time source's error, which goes by its kind. */
#define PROSE_FALLBACK_TIME_ERROR "exact for sib16, else gnss, nitz, sync by its kind"

typedef enum ProseSectionNaming {
    PROSE_SECTION_NAMELESS,        /* there is exactly one; with all defaults if it is left out */
    PROSE_SECTION_MAY_BE_NAMED,    /* the same, with or without a name */
    PROSE_SECTION_NAMED,
    PROSE_SECTION_SELECTION,       /* named by the UEs it is for */
} ProseSectionNaming;

typedef struct ProseSectionKind {
    const char *kind;
    ProseSectionNaming naming;
    const char *keys_of;           /* (nullable): has the keys of that kind, all optional */
    bool planned;
    const char *sentence;
    bool of_campaign;              /* stands in a campaign file, not in a scenario */
} ProseSectionKind;

const ProseSectionKind *prose_section_kinds(size_t *ret_n);
const ProseSectionKind *prose_section_kind_find(const char *kind);      /* (nullable) */
/* Rows of prose-settings-table.c, all sections but [profile], in the order of `describe`. */
const ProseSetting *prose_settings_table(size_t *ret_n);
/* Rows of one kind, in the order of the table; those of a `keys_of` kind are the other's. (transfer none): of const ProseSetting*. */
const GPtrArray *prose_settings_of(const char *kind);
const ProseSetting *prose_setting_find(const char *kind, const char *key);   /* (nullable) */

const char *prose_setting_type_name(ProseSettingType type);
/* "0 s .. 127 s", "last, second", …; "" if the type says it all. (transfer full) */
char *prose_setting_range(const ProseSetting *setting);

typedef enum ProseDiscKind { PROSE_DISC_EVERYWHERE, PROSE_DISC_AROUND, PROSE_DISC_AT } ProseDiscKind;

/* What an event can do. */
typedef struct ProseActionRow {
    const char *verb;
    const char *arguments;         /* "UES DISCOVERIES" */
    ProseAction action;            /* unused if planned */
    bool planned;
    const char *clause;
    const char *sentence;
} ProseActionRow;
const ProseActionRow *prose_actions(size_t *ret_n);

/* A whole policy by name: what the defaults of other keys of its section then are. */
typedef struct ProsePolicyPreset {
    const char *name;
    struct { const char *key, *text; } values[4];
    const char *sentence;
} ProsePolicyPreset;
/* Of [discovery] policy. */
const ProsePolicyPreset *prose_policy_presets(size_t *ret_n);
/* The default of @key under @policy; (nullable): none of its own. */
const char *prose_policy_preset_text(const char *policy, const char *key);

/* A value after reading. Which members count follows from the type. */
typedef struct ProseValue {
    double number[3];              /* quantity, probability, area, point, grid, speeds; disc: radius, then its centre; ramp */
    uint64_t integer;              /* also seconds, an instant (as int64_t), an id, yes, algorithms, bits of choices, period in ms */
    size_t choice;                 /* index into what is allowed; disc: ProseDiscKind; time error: 1 for a ramp */
    bool is_word;                  /* the word of `values` stands for the number, which is 0 */
    ProseDistribution distribution;
    GArray *activities;            /* (owned) */
    GPtrArray *words;              /* (owned) of char*: references, the arguments of an action, a path; %NULL: all */
    uint8_t mask[PROSE_CONTENT_LEN];
    char *text;                    /* (owned): without quotes */
} ProseValue;

void prose_value_clear(ProseValue *value);

/**
 * prose_setting_parse:
 * @ret: (out): to be cleared
 * @text: the value, quotes and all
 * @units: (nullable): what "periods" and "cryptoperiods" are here
 *
 * Type and range of one value alone; names are resolved by the scenario.
 *
 * Returns: true; or false with @ret_wrong (transfer full): "what is wrong; what is allowed".
 */
bool prose_setting_parse(const ProseSetting *setting, const char *text, const ProseTimeUnits *units, ProseValue *ret,
                         char **ret_wrong);

#endif
