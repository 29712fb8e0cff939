/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary fed with events written by hand: two groups in one discovery, so that parts and whole differ, and a second
 * discovery beside it. Key n of "command" is that of its period n, from 60 n s on.
 */
#ifndef SUMMARY_BENCH_H
#define SUMMARY_BENCH_H

#include "prose-rollover.h"
#include "scenario-text.h"
#include "summary-check.h"

#include <math.h>

#define SCENARIO \
    "[simulation]\nduration = 300 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[pool]\nperiod = rf32\n" \
    "[pkmf east]\nfqdn = pkmf.east.example\nmax-offset = 5 s\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\ncryptoperiod = 60 s\nlead = 10 s\n" \
    "[discovery relay]\nrelay-service-code = 7\npkmf = east\ncryptoperiod = 1 h\nlead = 10 s\n" \
    "[pdn lan]\n" \
    "[ue-group a]\ncount = 2\nannounce = command\nmonitor = command\npdn = lan\n" \
    "[ue-group b]\ncount = 1\nannounce = command\nmonitor = command\nhold = relay\npdn = lan\n"
#define N_UES 3
#define UTC_START INT64_C(1780300800)

typedef struct Bench {
    ProseScenario *scenario;
    ProseStream *stream;
    ProseSummary *summary;
    JsonParser *parser;
} Bench;

static inline void
bench_set_up(Bench *b, const char *const *settings)
{
    ProseEventReader reader;

    b->scenario = scenario_from_text(SCENARIO, settings);
    b->stream = prose_stream_new(b->scenario);
    b->summary = prose_summary_new(b->scenario);
    b->parser = NULL;
    reader = prose_summary_reader(b->summary);
    prose_stream_add_reader(b->stream, &reader);
    ck_assert_int_eq(b->scenario->utc_start_s, UTC_START);
}

static inline void
bench_tear_down(Bench *b)
{
    prose_stream_free(b->stream);
    prose_summary_free(b->summary);
    prose_scenario_free(b->scenario);
    g_clear_object(&b->parser);
}

static inline uint64_t
ns(double s)
{
    return (uint64_t) llround(s * 1e9);
}

static inline JsonObject *
finish(Bench *b, double end_s)
{
    const ProseSummaryMeta meta = { "0.0.0", "3.37", "prose-sim run x.ini", "duration" };
    g_autofree char *json = NULL;

    prose_summary_finish(b->summary, ns(end_s));
    json = prose_summary_to_json(b->summary, &meta);
    b->parser = json_parser_new();
    ck_assert_msg(json_parser_load_from_data(b->parser, json, -1, NULL), "no JSON: %s", json);
    return json_node_get_object(json_parser_get_root(b->parser));
}

static inline const char *
ue_name(const Bench *b, unsigned ue)
{
    return ((const ProseScenarioUe *) g_ptr_array_index(b->scenario->ues, ue))->name;
}

static inline ProseKeyScope
scope_of(const Bench *b, unsigned discovery)
{
    return ((const ProseScenarioDiscovery *) g_ptr_array_index(b->scenario->discoveries, discovery))->scope;
}

/* ---- events by hand ---- */

static inline void
slot(const Bench *b, double s, unsigned ue, ProseSlotRefusal result)
{
    ProseEvent e = prose_event_at(result == PROSE_SLOT_SENT ? PROSE_EVENT_SLOT_SENT : PROSE_EVENT_SLOT_REFUSED, ns(s), ue_name(b, ue));
    ProseEventAbout about = { .ue = (int) ue, .discovery = 0, .peer = -1, .since_ns = ns(s), .kdf_logical = 3, .kdf_computed = 3 };

    e.cause = result == PROSE_SLOT_SENT ? NULL : prose_slot_refusal_name(result);
    prose_stream_emit(b->stream, &e, &about);
}

/* Decided at @s, of a slot that began at @since; protected with a key of @period. */
static inline void
candidate_under(const Bench *b, double s, double since, unsigned ue, unsigned peer, ProsePc5Outcome outcome, int64_t period, uint8_t id)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_CANDIDATE, ns(s), ue_name(b, ue));
    ProseEventAbout about = { .ue = (int) ue, .discovery = 0, .peer = (int) peer, .since_ns = ns(since), .kdf_logical = 2, .kdf_computed = 1 };

    e.cause = prose_pc5_outcome_name(outcome);
    e.peer = ue_name(b, peer);
    e.key_id = id;
    e.valid_from = UTC_START + 60 * period;
    prose_stream_emit(b->stream, &e, &about);
}

static inline void
candidate_of(const Bench *b, double s, double since, unsigned ue, unsigned peer, ProsePc5Outcome outcome, int64_t period)
{
    candidate_under(b, s, since, ue, peer, outcome, period, (uint8_t) (period + 1));
}

static inline void
candidate(const Bench *b, double s, unsigned ue, unsigned peer, ProsePc5Outcome outcome)
{
    candidate_of(b, s, s, ue, peer, outcome, (int64_t) (s / 60));
}

/* Of the UE, with the PKMF as its peer. */
static inline void
ue_event(const Bench *b, ProseEventType type, double s, unsigned ue, const char *cause)
{
    ProseEvent e = prose_event_at(type, ns(s), ue_name(b, ue));

    e.cause = cause;
    e.peer = "pkmf.east.example";
    prose_stream_emit_from(b->stream, &e, (int) ue);
}

static inline void
answer(const Bench *b, double s, unsigned ue, unsigned discovery, const char *refused)
{
    ProseEvent e = prose_event_at(refused ? PROSE_EVENT_DISCOVERY_REFUSED : PROSE_EVENT_DISCOVERY_SUPPLIED, ns(s), ue_name(b, ue));

    e.cause = refused;
    e.value = refused ? 1 : 2;
    e.has_scope = true;
    e.scope = scope_of(b, discovery);
    prose_stream_emit_from(b->stream, &e, (int) ue);
}

/* Stored or wiped: a key of @period of "command". */
static inline void
key_of_id(const Bench *b, ProseEventType type, double s, unsigned ue, int64_t period, uint8_t id)
{
    ProseEvent e = prose_event_at(type, ns(s), ue_name(b, ue));

    e.has_scope = true;
    e.scope = scope_of(b, 0);
    e.key_id = id;
    e.valid_from = UTC_START + 60 * period;
    e.valid_to = e.valid_from + 60;
    e.cause = type == PROSE_EVENT_KEY_WIPED ? "deleted" : NULL;
    prose_stream_emit_from(b->stream, &e, (int) ue);
}

static inline void
key(const Bench *b, ProseEventType type, double s, unsigned ue, int64_t period)
{
    key_of_id(b, type, s, ue, period, (uint8_t) (period + 1));
}

/* Of the PKMF: a key of @period of "command" is drawn. */
static inline void
allocated(const Bench *b, double s, int64_t period, uint8_t id)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_PSDK_ALLOCATED, ns(s), "pkmf east");

    e.has_scope = true;
    e.scope = scope_of(b, 0);
    e.key_id = id;
    e.valid_from = UTC_START + 60 * period;
    e.valid_to = e.valid_from + 60;
    prose_stream_emit_from(b->stream, &e, -1);
}

/* The PKMF withdraws authorisation, and replaces what the UE holds. */
static inline void
revoked(const Bench *b, double s, unsigned ue)
{
    static const ProseEventType types[] = { PROSE_EVENT_AUTHORISATION_CHANGED, PROSE_EVENT_PSDK_REPLACED };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        ProseEvent e = prose_event_at(types[i], ns(s), "pkmf east");

        e.has_scope = true;
        e.scope = scope_of(b, 0);
        e.cause = "revoked";
        e.peer = ue_name(b, ue);
        prose_stream_emit_from(b->stream, &e, -1);
    }
}

/* Of the PKMF, about the UE, which it knows by its IMPI. */
static inline void
delivery(const Bench *b, ProseEventType type, double s, unsigned ue, int64_t period, double value)
{
    g_autofree char *impi = g_strdup_printf("impi-%u", ue);
    ProseEvent e = prose_event_at(type, ns(s), "pkmf east");

    prose_stream_add_identity(b->stream, impi, ue);
    e.peer = impi;
    e.has_scope = type != PROSE_EVENT_UE_UNREACHABLE;
    e.scope = scope_of(b, 0);
    e.key_id = (uint8_t) (period + 1);
    e.valid_from = UTC_START + 60 * period;
    e.valid_to = e.valid_from + 60;
    e.has_value = true;
    e.value = value;
    prose_stream_emit_from(b->stream, &e, -1);
}

#endif
