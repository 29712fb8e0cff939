/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the scenario share: settings as they were resolved, each with its text and who gave it.
 *
 * prose-resolve.c makes them from file and options and reads each value; prose-scenario-check.c holds them against each
 * other; prose-scenario.c builds what a run is made from; prose-scenario-print.c shows them.
 */
#ifndef PROSE_SCENARIO_INTERNAL_H
#define PROSE_SCENARIO_INTERNAL_H

#include "prose-ini.h"
#include "prose-settings.h"

typedef struct ProseResolvedValue {
    const ProseSetting *setting;
    char *text;                    /* (owned) (nullable): neither given nor with a default */
    ProseOrigin origin;
    bool is_tried;
    bool is_read;                  /* value holds what text says; false after a mistake, or without a text */
    ProseValue value;              /* (owned) */
    GArray *refs;                  /* (owned) (nullable) of unsigned: the sections that a name or list of names means */
} ProseResolvedValue;

typedef struct ProseResolvedSection {
    const ProseSectionKind *kind;
    char *name;                    /* (owned) (nullable) */
    char *header;                  /* (owned): "ue-group engines" */
    ProseOrigin origin;
    unsigned index;                /* among those of its kind; group keys count on after discoveries */
    bool is_wrong;                 /* something in it was reported */
    guint n_values;
    ProseResolvedValue *values;    /* (owned): a value a setting of the kind, in the order of the table */
    ProseUeSelection selection;    /* kind ue */
} ProseResolvedSection;

typedef struct ProseResolved {
    ProseMistakes *mistakes;       /* (owned) */
    GPtrArray *sections;           /* of ProseResolvedSection, owned: the file's order, then what was left out */
    GPtrArray *options;            /* of char*, owned: origins point into it */
} ProseResolved;

/* Everything that can be said of sections and single values; goes on after mistakes. @mistakes: (transfer full) */
ProseResolved *prose_resolve(ProseMistakes *mistakes, const ProseIniFile *ini, const ProseOverride *overrides, size_t n_overrides);
ProseResolved *prose_resolved_free(ProseResolved *r);

/* (nullable) */
ProseResolvedSection *prose_resolved_find(const ProseResolved *r, const char *kind, const char *name);
/* Section @index of @kind in the file's order; %NULL past the end. Discoveries and group keys are counted as one kind if
 * @kind is "discovery". */
ProseResolvedSection *prose_resolved_at(const ProseResolved *r, const char *kind, unsigned index);
unsigned prose_resolved_count(const ProseResolved *r, const char *kind);
/* The value of @key if there is one and it was read; @key has to be in the table. */
const ProseResolvedValue *prose_resolved_value(const ProseResolvedSection *section, const char *key);
/* What was read; all zero without it, which after a mistake is in a scenario that is never handed out. */
const ProseValue *prose_resolved_read(const ProseResolvedSection *section, const char *key);
/* Adds "[section] key = text: what is wrong; what is allowed" where @key got its value. */
void prose_resolved_wrong(ProseResolved *r, ProseResolvedSection *section, const char *key, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* Adds "[section]: …". */
void prose_resolved_section_wrong(ProseResolved *r, ProseResolvedSection *section, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Where @key got its value: the section's own line for a default. */
ProseOrigin prose_resolved_origin(const ProseResolvedSection *section, const ProseResolvedValue *value);

/* The section of @kind, or of discoveries and group keys, that is called @name; %NULL after a report that ends in the nearest one. */
ProseResolvedSection *prose_resolved_reference(ProseResolved *r, ProseResolvedSection *section, const char *key, const char *kind, const char *name);

/* prose-scenario-place.c: pools, time sources, cells; events and discoveries come before pools' times of activity. */
void prose_scenario_init_places(ProseScenario *s);
void prose_scenario_clear_places(ProseScenario *s);
void prose_scenario_build_places(ProseScenario *s);
void prose_scenario_build_activity(ProseScenario *s);
/* Takes what @section gives of coverage and time over into @ue. */
void prose_scenario_apply_place(const ProseScenario *s, ProseScenarioUe *ue, const ProseResolvedSection *section);

/* prose-scenario-files.c: what placements and movement traces say of the UEs whose settings name them. */
void prose_scenario_read_files(ProseScenario *s);
/* @path from the scenario's own directory. (transfer full) */
char *prose_scenario_path(const ProseScenario *s, const char *path);

/* Sections against each other. */
void prose_check_sections(ProseResolved *r);
void prose_check_places(ProseResolved *r);     /* -check-place: those of pools, time sources, cells */
/* UEs and events, once these are built. */
void prose_check_ues(ProseResolved *r, const ProseScenario *s);
/* Adds "[section] key = text: …" to @list, where @key (nullable), the setting to change, got its value. */
void prose_scenario_warn(ProseMistakes *list, const ProseResolvedSection *section, const char *key, const char *format, va_list args)
    G_GNUC_PRINTF(4, 0);
void prose_check_place_warnings(const ProseResolved *r, const ProseScenario *s, ProseMistakes *list);
/* Combinations that will surprise. Returns: (transfer full): array of char*. */
GPtrArray *prose_check_warnings(const ProseResolved *r, const ProseScenario *s);

/* The first instant after the start, in seconds of simulated time, at which @d changes keys, and when the new one is delivered. */
void prose_scenario_next_switch(const ProseScenario *s, const ProseScenarioDiscovery *d, double *ret_switch_s, double *ret_delivery_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseResolved, prose_resolved_free)

#endif
