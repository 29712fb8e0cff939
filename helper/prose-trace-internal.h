/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the trace. */
#ifndef PROSE_TRACE_INTERNAL_H
#define PROSE_TRACE_INTERNAL_H

#include "prose-trace.h"

/* Appends what @event tells, as a person would: no time, no name of whose event it is, no end of line. */
void prose_trace_put_words(GString *line, const ProseScenario *scenario, const ProseEvent *event,
                           const ProseEventAbout *about);

#endif
