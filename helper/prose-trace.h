/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace: a reader that writes one row an event into events.csv, and, if asked, one readable line to a stream.
 */
#ifndef PROSE_TRACE_H
#define PROSE_TRACE_H

#include "prose-stream.h"

#include <stdio.h>

#define PROSE_TRACE_COLUMNS \
    "time_ns,ue,event,cause,discovery,psdk_id,key_valid_from,slot_counter,clock_offset_s,peer,resource,rx_power_dbm," \
    "time_source,value"

typedef struct ProseTrace ProseTrace;

/**
 * prose_trace_new:
 * @list: --trace: names and groups of events with commas, or "all"
 * @only: (nullable): --trace-only: UEs as prose_scenario_select_ues() takes them; events of others, and of a server
 *   with others, are left out
 * @error: PROSE_RUN_ERROR_USAGE, naming what is allowed
 */
ProseTrace *prose_trace_new(const ProseScenario *scenario, const char *list, const char *only, GError **error);
ProseTrace *prose_trace_free(ProseTrace *trace);       /* closes nothing; takes %NULL, returns %NULL */

/* @csv: (nullable): where rows go, the head line at once. @lines: (nullable): where readable lines go. Both borrowed.
 * @failed: (nullable): a row could not be written; called once, and no more is tried. */
void prose_trace_start(ProseTrace *trace, FILE *csv, FILE *lines, void (*failed)(void *user), void *user);
ProseEventReader prose_trace_reader(ProseTrace *trace);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseTrace, prose_trace_free)

#endif
