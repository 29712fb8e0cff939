/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each UE is and what that gives it: in coverage or out of it, system UTC with its source (rules T3), access to a PDN that
 * hangs on cells, and the pool it sends in.
 *
 * What changes with time changes at instants that a scenario fixes: its events, the ends of times of activity, and, for UEs
 * that move among cells or areas, every PROSE_COVERAGE_EVERY_NS. A change that falls on the start of a slot counts for it.
 */
#ifndef PROSE_COVERAGE_H
#define PROSE_COVERAGE_H

#include "prose-topology.h"

/* How often moving UEs are looked at: LTE averages its measurements of cells over 200 ms. */
#define PROSE_COVERAGE_EVERY_NS (200 * PROSE_NS_PER_MS)

typedef struct ProseCoverage ProseCoverage;

/* All borrowed. Starts at the current time. */
ProseCoverage *prose_coverage_new(const ProseScenario *scenario, ProseTopology *topology, const ProseStream *stream);
ProseCoverage *prose_coverage_free(ProseCoverage *coverage);   /* takes %NULL, returns %NULL */

/* Does what an [event …] says of coverage or of a real-time clock, now. */
void prose_coverage_act(ProseCoverage *coverage, const ProseScenarioEvent *event);
/* @ue was switched on: NITZ tells it the time anew. */
void prose_coverage_register(ProseCoverage *coverage, unsigned ue);
/* Takes in what is due until now: whoever asks below calls this first, once an instant. */
void prose_coverage_advance(ProseCoverage *coverage);

/* Whether all UEs read one UTC from one source for the whole run: what prose_coverage_slot() says of any of them holds for all. */
bool prose_coverage_is_uniform(const ProseCoverage *coverage);
/* Moreover that UTC is true, but for its resolution, for the whole run. */
bool prose_coverage_is_exact(const ProseCoverage *coverage);
/* What @ue knows of the time at @at_ns: now, or the start of a message of which copies are still on the air. */
void prose_coverage_slot(const ProseCoverage *coverage, unsigned ue, uint64_t at_ns, ProseSlot *ret);
bool prose_coverage_is_in(const ProseCoverage *coverage, unsigned ue);
/* Whether @ue sends its message of @discovery in period @period of @pool, which begins now: it has one pool a period, of those that
 * serve its coverage, by a draw of (UE, discovery, period) if there are several. Always true with a single pool that serves both. */
bool prose_coverage_sends_in(const ProseCoverage *coverage, unsigned ue, unsigned discovery, unsigned pool, uint64_t period);
/* The first period of @pool from @period on that begins while the pool is active; UINT64_MAX: none within the run. */
uint64_t prose_coverage_next_period(const ProseCoverage *coverage, unsigned pool, uint64_t period);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseCoverage, prose_coverage_free)

#endif
