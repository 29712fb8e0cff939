/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what is about space: areas, where UEs stand and how they go, how signals weaken. */
#include "prose-settings-internal.h"

#include "prose-ini.h"

#include <string.h>

bool
prose_parse_area(ProseValue *v, char **ret_wrong)
{
    if (!prose_quantities_parse(v->number, 2, PROSE_DIM_LENGTH, "x", v->text, ret_wrong))
        return false;
    if (v->number[0] > 0 && v->number[1] > 0 && v->number[0] <= 1e6 && v->number[1] <= 1e6)
        return true;
    *ret_wrong = g_strdup("out of range; width x height, each above 0 m, up to 1000 km");
    return false;
}

/* "everywhere", "disc R", "disc R at X Y" */
bool
prose_parse_disc(const ProseSetting *s, ProseValue *v, char **ret_wrong)
{
    const char *at = strstr(v->text, " at ");
    g_autofree char *radius = NULL;

    if (strcmp(v->text, "everywhere") == 0) {
        v->choice = PROSE_DISC_EVERYWHERE;
        return true;
    }
    if (!g_str_has_prefix(v->text, "disc ")) {
        *ret_wrong = g_strdup_printf("no area; as in %s", s->values);
        return false;
    }
    radius = g_strndup(v->text + strlen("disc "), at ? (size_t) (at - v->text) - strlen("disc ") : strlen(v->text));
    if (!prose_quantity_parse(&v->number[0], PROSE_DIM_LENGTH, g_strstrip(radius), NULL, ret_wrong))
        return false;
    if (v->number[0] <= 0) {
        *ret_wrong = g_strdup("out of range; a disc of more than 0 m");
        return false;
    }
    v->choice = at ? PROSE_DISC_AT : PROSE_DISC_AROUND;
    return !at || prose_quantities_parse(v->number + 1, 2, PROSE_DIM_LENGTH, "", at + strlen(" at "), ret_wrong);
}

/* A file's name, kept as the one word of the value. */
static bool
path_parse(ProseValue *v, const char *text, char **ret_wrong)
{
    g_autofree char *path = g_strstrip(g_strdup(text));

    if (!*path) {
        *ret_wrong = g_strdup("no file; a path, from the scenario's own directory");
        return false;
    }
    v->words = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(v->words, g_steal_pointer(&path));
    return true;
}

/* "ns2 PATH" or "ns2 PATH from N" */
static bool
parse_ns2(ProseValue *v, const char *text, char **ret_wrong)
{
    const char *from = g_strrstr(text, " from ");
    g_autofree char *path = from ? g_strndup(text, (size_t) (from - text)) : g_strdup(text), *number = NULL;

    v->choice = PROSE_MOBILITY_NS2;
    number = from ? g_strstrip(g_strdup(from + strlen(" from "))) : g_strdup("0");
    return prose_integer_parse(&v->integer, number, ret_wrong) && path_parse(v, path, ret_wrong);
}

bool
prose_parse_placement(ProseValue *v, char **ret_wrong)
{
    const char *text = v->text;

    if (strcmp(text, "uniform") == 0) {
        v->choice = PROSE_PLACEMENT_UNIFORM;
        return true;
    }
    if (g_str_has_prefix(text, "grid ")) {
        v->choice = PROSE_PLACEMENT_GRID;
        if (!prose_quantity_parse(&v->number[0], PROSE_DIM_LENGTH, text + strlen("grid "), NULL, ret_wrong))
            return false;
        if (v->number[0] > 0)
            return true;
        *ret_wrong = g_strdup("out of range; a grid of more than 0 m");
        return false;
    }
    if (g_str_has_prefix(text, "point ")) {
        v->choice = PROSE_PLACEMENT_POINT;
        return prose_quantities_parse(v->number, 2, PROSE_DIM_LENGTH, "", text + strlen("point "), ret_wrong);
    }
    if (g_str_has_prefix(text, "file ")) {
        v->choice = PROSE_PLACEMENT_FILE;
        return path_parse(v, text + strlen("file "), ret_wrong);
    }
    *ret_wrong = g_strdup("no placement; one of " PLACEMENTS);
    return false;
}

/* The name in "Name" or "Name[…]", brackets in pairs; %NULL for anything else. Whether ns-3 has such a model, and attributes of
 * these names, is for ns-3 to say. (transfer full) */
static char *
model_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-");
    int depth = 0;

    if (len == 0)
        return NULL;
    for (const char *p = text + len; *p; p++) {
        depth += (*p == '[') - (*p == ']');
        if (depth < 0 || (depth == 0 && p[1]))
            return NULL;
    }
    return depth == 0 ? g_strndup(text, len) : NULL;
}

static bool
is_ns3_model(const char *name)
{
    return name && g_str_has_prefix(name, "ns3::") && name[strlen("ns3::")];
}

bool
prose_parse_mobility(ProseValue *v, char **ret_wrong)
{
    static const char prefix[] = "random-waypoint ";
    const char *text = v->text;
    g_autofree char *name = model_name(text);

    if (strcmp(text, "static") == 0) {
        v->choice = PROSE_MOBILITY_STATIC;
        return true;
    }
    if (g_str_has_prefix(text, prefix)) {
        v->choice = PROSE_MOBILITY_RANDOM_WAYPOINT;
        if (!strstr(text, "..")) {
            if (!prose_quantity_parse(&v->number[0], PROSE_DIM_SPEED, text + strlen(prefix), NULL, ret_wrong))
                return false;
            v->number[1] = v->number[0];
        } else if (!prose_range_parse(v->number, PROSE_DIM_SPEED, text + strlen(prefix), NULL, ret_wrong)) {
            return false;
        }
        if (v->number[0] >= 0.001 && v->number[1] <= 1000)
            return true;
        *ret_wrong = g_strdup("out of range; speeds from 0.001 m/s to 1000 m/s");
        return false;
    }
    if (g_str_has_prefix(text, "ns2 "))
        return parse_ns2(v, text + strlen("ns2 "), ret_wrong);
    if (is_ns3_model(name)) {
        v->choice = PROSE_MOBILITY_NS3;
        return true;
    }
    *ret_wrong = g_strdup("no mobility model; one of " MOBILITIES);
    return false;
}

bool
prose_parse_propagation(ProseValue *v, char **ret_wrong)
{
    g_auto(GStrv) models = g_strsplit(v->text, " + ", -1);
    g_autoptr(GPtrArray) names = prose_ini_list(PROPAGATIONS);

    for (char **m = models; *m; m++) {
        g_autofree char *name = model_name(g_strstrip(*m));

        if (is_ns3_model(name) || (name && g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)))
            continue;
        *ret_wrong = g_strdup_printf("\"%s\" is no propagation model; one or several with \" + \" between them of %s", *m, PROPAGATIONS);
        return false;
    }
    return true;
}
