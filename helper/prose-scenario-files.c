/* SPDX-License-Identifier: GPL-2.0-only */
/* What files beside the scenario say of UEs: where they stand, how they go. */
#include "prose-scenario-internal.h"

#include <string.h>

char *
prose_scenario_path(const ProseScenario *s, const char *path)
{
    g_autofree char *directory = g_path_get_dirname(s->path);

    return g_path_is_absolute(path) ? g_strdup(path) : strcmp(directory, ".") == 0 ? g_strdup(path) : g_build_filename(directory, path, NULL);
}

/* (transfer full) (nullable): %NULL after a report */
static char *
read_file(ProseScenario *s, ProseResolvedSection *section, const char *key, const char *path)
{
    g_autofree char *file = prose_scenario_path(s, path);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    gsize len;

    if (!g_file_get_contents(file, &text, &len, &error)) {
        prose_resolved_wrong(s->resolved, section, key, "%s", error->message);
        return NULL;
    }
    if (strlen(text) == len)
        return text;
    g_free(text);
    prose_resolved_wrong(s->resolved, section, key, "%s is no text", path);
    return NULL;
}

/* Returns: whether there were none. Takes @mistakes. */
static bool
say(ProseScenario *s, ProseResolvedSection *section, const char *key, ProseFileMistakes *mistakes)
{
    bool none = mistakes->len == 0;

    for (unsigned i = 0; i < mistakes->len; i++)
        prose_resolved_wrong(s->resolved, section, key, "%s", (const char *) mistakes->pdata[i]);
    g_ptr_array_unref(mistakes);
    return none;
}

/* ---- placements ---- */

/* UEs of [ue-group] sections by name and member; %NULL after a report. */
static ProseScenarioUe *
find_ue(ProseScenario *s, ProseResolvedSection *section, const char *path, const ProsePlaceRow *row)
{
    g_autofree char *name = g_strdup_printf("%s[%u]", row->group, row->member), *wrong = NULL;
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(unsigned));

    if (prose_scenario_select_ues(s, name, found, &wrong))
        return s->ues->pdata[g_array_index(found, unsigned, 0)];
    prose_resolved_wrong(s->resolved, section, "placement", "%s:%u: %s", path, row->line, wrong);
    return NULL;
}

/* @path is that of the section's setting, which tells its UEs from those of other settings. */
static void
apply_placement(ProseScenario *s, ProseResolvedSection *section, const char *path, const GArray *rows)
{
    const ProseResolvedSection *radio = prose_resolved_find(s->resolved, "radio", NULL);
    g_autofree unsigned *lines = g_new0(unsigned, s->ues->len + 1);

    for (guint i = 0; i < rows->len; i++) {
        const ProsePlaceRow *row = &g_array_index(rows, ProsePlaceRow, i);
        ProseScenarioUe *ue = find_ue(s, section, path, row);

        if (!ue)
            continue;
        if (lines[ue->index]) {
            prose_resolved_wrong(s->resolved, section, "placement", "%s:%u: %s stands at line %u already", path, row->line, ue->name,
                                 lines[ue->index]);
            continue;
        }
        lines[ue->index] = row->line;
        if (prose_resolved_value(radio, "area") && (row->x < 0 || row->x > s->area_width_m || row->y < 0 || row->y > s->area_height_m))
            prose_resolved_wrong(s->resolved, section, "placement", "%s:%u: %s is outside the area; 0 m .. %.15g m and 0 m .. %.15g m", path,
                                 row->line, ue->name, s->area_width_m, s->area_height_m);
        if (ue->place_path != path)
            continue;                      /* the file may know UEs that do not ask it */
        ue->point_x = row->x;
        ue->point_y = row->y;
        ue->point_z = row->has_z ? row->z : PROSE_UE_HEIGHT_M;
    }
    for (guint i = 0; i < s->ues->len; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[i];

        if (ue->place_path != path || lines[i])
            continue;
        prose_resolved_wrong(s->resolved, section, "placement", "%s has no place for %s; a row for each UE", path, ue->name);
        return;
    }
}

static void
read_placement(ProseScenario *s, ProseResolvedSection *section, const char *path)
{
    g_autofree char *text = read_file(s, section, "placement", path);
    g_autoptr(GArray) rows = NULL;

    if (text && say(s, section, "placement", prose_placement_parse(path, text, &rows)))
        apply_placement(s, section, path, rows);
}

/* ---- movement traces ---- */

/* Each file is read once, however many sections name it. */
static const ProseMovement *
movement_of(ProseScenario *s, ProseResolvedSection *section, const char *path)
{
    ProseMovement *movement = g_hash_table_lookup(s->movements, path);
    g_autofree char *text = movement ? NULL : read_file(s, section, "mobility", path);

    if (movement || !text)
        return movement;
    if (!say(s, section, "mobility", prose_movement_parse(path, text, &movement))) {
        prose_movement_free(movement);
        return NULL;
    }
    g_hash_table_insert(s->movements, g_strdup(path), movement);
    return movement;
}

static void
read_movement(ProseScenario *s, ProseResolvedSection *section, const char *path)
{
    const ProseMovement *movement = movement_of(s, section, path);

    for (guint i = 0; movement && i < s->ues->len; i++) {
        ProseScenarioUe *ue = s->ues->pdata[i];
        uint64_t node = ue->first_node + ue->member;

        if (ue->movement_path != path)
            continue;
        ue->waypoints = node <= G_MAXUINT ? prose_movement_of(movement, (unsigned) node) : NULL;
        if (ue->waypoints)
            continue;
        prose_resolved_wrong(s->resolved, section, "mobility", "%s knows no $node_(%" G_GUINT64_FORMAT "), which %s would be", path, node, ue->name);
        return;
    }
}

void
prose_scenario_read_files(ProseScenario *s)
{
    for (guint i = 0; i < s->resolved->sections->len; i++) {
        ProseResolvedSection *section = s->resolved->sections->pdata[i];
        const ProseValue *placement, *mobility;

        if (strcmp(section->kind->kind, "ue-group") != 0 && strcmp(section->kind->kind, "ue") != 0)
            continue;
        placement = prose_resolved_read(section, "placement");
        mobility = prose_resolved_read(section, "mobility");
        if (placement->choice == PROSE_PLACEMENT_FILE)
            read_placement(s, section, placement->words->pdata[0]);
        if (mobility->choice == PROSE_MOBILITY_NS2)
            read_movement(s, section, mobility->words->pdata[0]);
    }
}
