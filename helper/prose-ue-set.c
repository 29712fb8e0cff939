/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-set.h"

#include <glib.h>

#define PLACES_MIN 8
/* Four of five places taken at most: then a UE that is not there is found missing in about 13 steps, in one or two cache lines. */
#define IS_FULL(n, places) ((uint64_t) (n) * 5 >= (uint64_t) (places) * 4)

/* The place of @ue, or the free one where it belongs. */
static uint32_t *
find_place(const ProseUeSet *set, uint32_t ue)
{
    uint32_t i = (uint32_t) ((uint64_t) (ue * UINT32_C(0x9E3779B9)) * set->n_places >> 32);

    while (set->places[i] != 0 && set->places[i] != ue + 1)
        i = i + 1 < set->n_places ? i + 1 : 0;
    return &set->places[i];
}

static void
grow(ProseUeSet *set)
{
    ProseUeSet old = *set;

    set->n_places = old.places ? old.n_places + old.n_places / 2 : PLACES_MIN;
    set->places = g_new0(uint32_t, set->n_places);
    for (uint32_t i = 0; i < old.n_places; i++) {
        if (old.places[i] != 0)
            *find_place(set, old.places[i] - 1) = old.places[i];
    }
    g_free(old.places);
}

bool
prose_ue_set_add(ProseUeSet *set, uint32_t ue)
{
    uint32_t *place = set->places ? find_place(set, ue) : NULL;

    if (place && *place != 0)
        return false;
    if (IS_FULL(set->n + 1, set->n_places)) {
        grow(set);
        place = find_place(set, ue);
    }
    *place = ue + 1;
    set->n++;
    return true;
}

bool
prose_ue_set_contains(const ProseUeSet *set, uint32_t ue)
{
    return set->places && *find_place(set, ue) != 0;
}

void
prose_ue_set_clear(ProseUeSet *set)
{
    g_free(set->places);
    *set = (ProseUeSet) { 0 };
}
