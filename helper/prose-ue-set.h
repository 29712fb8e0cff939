/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of UEs by their numbers, for many small sets: four octets a place, at least half of them taken. Looked up, never walked.
 */
#ifndef PROSE_UE_SET_H
#define PROSE_UE_SET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ProseUeSet {
    uint32_t *places;              /* (owned) (nullable): number + 1; 0: free */
    uint32_t n_places, n;          /* there are; UEs in it */
} ProseUeSet;                      /* all zero: empty */

/* @ue: less than UINT32_MAX. Returns: whether it is new. */
bool prose_ue_set_add(ProseUeSet *set, uint32_t ue);
bool prose_ue_set_contains(const ProseUeSet *set, uint32_t ue);
void prose_ue_set_clear(ProseUeSet *set);

#endif
