/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the events of a run pass through, once each, on their way to every reader: summary, trace, tests.
 *
 * A reader says which types it wants; an event that nobody wants costs one test of a bit. Names are resolved here, so
 * that no reader needs a table of its own: a UE that a server knows by its IMPI is shown by its scenario name.
 */
#ifndef PROSE_STREAM_H
#define PROSE_STREAM_H

#include "prose-scenario.h"

#define PROSE_EVENTS_ALL ((UINT64_C(1) << PROSE_EVENT_N_TYPES) - 1)
#define PROSE_EVENT_BIT(type) (UINT64_C(1) << (type))

/* Simulated time of a scenario's seconds, to the nearest nanosecond: 0.29 s is no binary fraction. */
static inline uint64_t
prose_ns_from_s(double s)
{
    return s > 0 ? (uint64_t) (s * (double) PROSE_NS_PER_S + 0.5) : 0;
}

/* What an event is about, as scenario numbers; -1 for what is no UE or no discovery of the scenario. */
typedef struct ProseEventAbout {
    int ue;                        /* whose event */
    int discovery;                 /* index in ProseScenario.discoveries, group keys among them */
    int peer;                      /* the other end, if a UE */
    uint64_t since_ns;             /* when the slot of a PC5 event began; else the event's time */
    unsigned kdf_logical;          /* PC5: derivations that this UE needs, and that were really made (rules P5) */
    unsigned kdf_computed;
    bool is_additional;            /* PC5: the message is relay additional information */
} ProseEventAbout;

typedef struct ProseEventReader {
    uint64_t wants;                /* PROSE_EVENT_BIT() of each type */
    uint64_t spares;               /* of those: what it may be told in numbers instead, if nobody else wants the events */
    void (*read)(void *user, const ProseEvent *event, const ProseEventAbout *about);   /* pointers: during the call only */
    void *user;
} ProseEventReader;

typedef struct ProseStream ProseStream;

ProseStream *prose_stream_new(const ProseScenario *scenario);      /* borrowed, must outlive the stream */
ProseStream *prose_stream_free(ProseStream *stream);               /* takes %NULL, returns %NULL */

/* Readers are called in the order they were added. */
void prose_stream_add_reader(ProseStream *stream, const ProseEventReader *reader);
bool prose_stream_wants(const ProseStream *stream, ProseEventType type);
/* Wanted by somebody who cannot spare it. */
bool prose_stream_needs(const ProseStream *stream, ProseEventType type);

/* @identity (copied) is another name of a UE, by which servers know it. */
void prose_stream_add_identity(ProseStream *stream, const char *identity, unsigned ue);

/* The UE of that name or identity; -1 for none. */
int prose_stream_find_ue(const ProseStream *stream, const char *identity);
/* Index of the discovery or group with this scope; -1 for none. */
int prose_stream_find_discovery(const ProseStream *stream, ProseKeyScope scope);

/* To the readers as it is. */
void prose_stream_emit(const ProseStream *stream, const ProseEvent *event, const ProseEventAbout *about);
/* An event an endpoint reported: @ue is its scenario number, -1 for a server. Finds discovery and peer. */
void prose_stream_emit_from(const ProseStream *stream, const ProseEvent *event, int ue);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseStream, prose_stream_free)

#endif
