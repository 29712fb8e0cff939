/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-stream.h"

#include <string.h>

#define ADDED_CHUNK 4096

struct ProseStream {
    const ProseScenario *scenario;
    uint64_t wanted, needed;       /* unions over all readers */
    GArray *readers;               /* of ProseEventReader */
    GHashTable *identities;        /* char * -> UE index + 1: the scenario's own names, and … */
    GStringChunk *added;           /* … those that were added */
};

G_STATIC_ASSERT(PROSE_EVENT_N_TYPES < 64);

ProseStream *
prose_stream_new(const ProseScenario *scenario)
{
    ProseStream *stream = g_new0(ProseStream, 1);

    stream->scenario = scenario;
    stream->readers = g_array_new(FALSE, FALSE, sizeof(ProseEventReader));
    stream->identities = g_hash_table_new(g_str_hash, g_str_equal);
    stream->added = g_string_chunk_new(ADDED_CHUNK);
    for (unsigned i = 0; i < scenario->ues->len; i++) {
        const ProseScenarioUe *ue = g_ptr_array_index(scenario->ues, i);

        g_hash_table_insert(stream->identities, (char *) ue->name, GUINT_TO_POINTER(i + 1));
    }
    return stream;
}

ProseStream *
prose_stream_free(ProseStream *stream)
{
    if (stream) {
        g_array_unref(stream->readers);
        g_hash_table_unref(stream->identities);
        g_string_chunk_free(stream->added);
        g_free(stream);
    }
    return NULL;
}

void
prose_stream_add_reader(ProseStream *stream, const ProseEventReader *reader)
{
    g_array_append_val(stream->readers, *reader);
    stream->wanted |= reader->wants;
    stream->needed |= reader->wants & ~reader->spares;
}

bool
prose_stream_wants(const ProseStream *stream, ProseEventType type)
{
    return stream->wanted & PROSE_EVENT_BIT(type);
}

bool
prose_stream_needs(const ProseStream *stream, ProseEventType type)
{
    return stream->needed & PROSE_EVENT_BIT(type);
}

void
prose_stream_add_identity(ProseStream *stream, const char *identity, unsigned ue)
{
    g_hash_table_insert(stream->identities, g_string_chunk_insert(stream->added, identity), GUINT_TO_POINTER(ue + 1));
}

int
prose_stream_find_ue(const ProseStream *stream, const char *identity)
{
    return (int) GPOINTER_TO_UINT(g_hash_table_lookup(stream->identities, identity)) - 1;
}

int
prose_stream_find_discovery(const ProseStream *stream, ProseKeyScope scope)
{
    const GPtrArray *discoveries = stream->scenario->discoveries;

    /* A scenario has a handful, and candidates, of which there are many, come with their index. */
    for (unsigned i = 0; i < discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(discoveries, i);

        if (prose_key_scope_equal(d->scope, scope))
            return (int) i;
    }
    return -1;
}

void
prose_stream_emit(const ProseStream *stream, const ProseEvent *event, const ProseEventAbout *about)
{
    uint64_t bit = PROSE_EVENT_BIT(event->type);

    if (!(stream->wanted & bit))
        return;
    for (unsigned i = 0; i < stream->readers->len; i++) {
        const ProseEventReader *reader = &g_array_index(stream->readers, ProseEventReader, i);

        if (reader->wants & bit)
            reader->read(reader->user, event, about);
    }
}

void
prose_stream_emit_from(const ProseStream *stream, const ProseEvent *event, int ue)
{
    ProseEventAbout about = { .ue = ue, .discovery = -1, .peer = -1, .since_ns = event->time_ns };
    ProseEvent shown = *event;

    if (!prose_stream_wants(stream, event->type))
        return;
    if (event->has_scope)
        about.discovery = prose_stream_find_discovery(stream, event->scope);
    if (event->peer) {
        about.peer = prose_stream_find_ue(stream, event->peer);
        if (about.peer >= 0)
            shown.peer = ((const ProseScenarioUe *) g_ptr_array_index(stream->scenario->ues, about.peer))->name;
    }
    prose_stream_emit(stream, &shown, &about);
}
