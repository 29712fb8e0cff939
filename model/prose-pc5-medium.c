/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-medium.h"

#include "prose-pc5-bler.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* Sums of one resource at one receiver. */
struct ProseAirCell {
    double sum;                    /* noise, then the row; for `collision`, how many there are */
    uint64_t strongest;            /* see key_of(); 0: nobody sends. One by one: how many send */
};

/* Rounding takes no more: what just meets the threshold alone is received. */
#define SHARE_SLACK 1e-12

double
prose_milliwatts(double dbm)
{
    return exp(dbm * (M_LN10 / 10));
}

/* ---- life ---- */

void
prose_air_init(ProseAir *air, const ProsePool *pool, const ProseReceptionModel *reception, uint32_t n_channels,
               const uint16_t *kinds, uint32_t n_kinds)
{
    uint32_t nf = pool->resources_per_subframe, n_cells = pool->n_subframes * nf, copies = pool->retransmissions + 1;
    double threshold = pow(10, reception->sinr_threshold_db / 10);

    *air = (ProseAir) { .pool = pool, .n_channels = n_channels, .kinds = kinds, .n_kinds = n_kinds };
    air->noise_mw = prose_milliwatts(reception->noise_dbm);
    air->sensitivity_mw = prose_milliwatts(reception->sensitivity_dbm);
    if (reception->kind == PROSE_RECEPTION_SINR && reception->has_curve) {
        air->has_curve = true;
        air->lone_mw = air->sensitivity_mw;
        air->quiet = air->noise_mw;
    } else if (reception->kind == PROSE_RECEPTION_SINR) {
        air->lone_mw = prose_milliwatts(reception->noise_dbm + reception->sinr_threshold_db);
        air->gain = (1 + threshold) / threshold * (1 + SHARE_SLACK);
        air->quiet = air->noise_mw;
    } else {
        air->lone_mw = air->sensitivity_mw;
        air->counts = true;                            /* everybody weighs 1, and has to be alone */
        air->gain = 1;
    }
    air->weak_mw = MAX(air->sensitivity_mw, air->lone_mw);

    air->cell = g_new(uint32_t, n_channels + 1);
    air->subframe_of = g_new(uint16_t, n_cells);
    for (uint32_t c = 0; c < n_cells; c++)
        air->subframe_of[c] = (uint16_t) (c / nf);
    air->hop = g_new(uint32_t, (size_t) nf * copies);
    for (uint32_t prb = 0; prb < nf; prb++) {
        for (uint32_t j = 0; j < copies; j++)
            air->hop[prb * copies + j] = j * nf + (j * (nf / copies) + prb) % nf - prb;
    }
    /* One more, for what is not asked about. */
    air->sums = g_new0(ProseAirCell, n_cells + 1);
    air->is_busy = g_new0(uint8_t, pool->n_subframes);
    air->lost = g_new0(uint32_t, (size_t) n_kinds * PROSE_MEDIUM_N_LOST);
    prose_air_begin(air);
}

void
prose_air_clear(ProseAir *air)
{
    g_free(air->cell);
    g_free(air->subframe_of);
    g_free(air->hop);
    g_free(air->sums);
    g_free(air->is_busy);
    g_free(air->decided);
    g_free(air->lost);
    memset(air, 0, sizeof *air);
}

void
prose_air_begin(ProseAir *air)
{
    memset(air->cell, 0xFF, air->n_channels * sizeof *air->cell);
}

void
prose_air_send(ProseAir *air, uint32_t channel, uint32_t resource)
{
    ProsePoolPlace place = prose_pool_place(air->pool, resource, 0);

    air->cell[channel] = place.subframe * air->pool->resources_per_subframe + place.prb_pair;
}

/* ---- what is asked about ---- */

typedef struct Span {
    uint32_t low, size;            /* cells */
    uint32_t from;                 /* subframe */
} Span;

/* A cell's place in the span; its size for one outside, SILENT among them. */
static inline uint32_t
place_in(const Span *span, uint32_t cell)
{
    uint32_t i = cell - span->low;

    return i < span->size ? i : span->size;
}

static void
decide(ProseAir *air, uint32_t edge, uint32_t subframe, ProsePc5Outcome outcome)
{
    air->decided[air->n_decided++] = (ProseDecided) { .edge = edge, .subframe = (uint16_t) subframe, .outcome = (uint8_t) outcome };
}

static void
lose(ProseAir *air, uint32_t channel, ProsePc5Outcome outcome)
{
    air->lost[air->kinds[channel] * PROSE_MEDIUM_N_LOST + outcome]++;
}

/* What a transmission adds to its resource. */
static inline double
weight(const ProseAir *air, double power_mw)
{
    return air->counts ? 1 : power_mw;
}

static inline bool
is_received(const ProseAir *air, double sum, double power_mw)
{
    return weight(air, power_mw) * air->gain >= sum;
}

/* ---- one pass for all: every transmission a candidate of one copy, nothing weak, at most one received in a resource ---- */

#define EDGE_BITS 20
#define EDGES_MAX (1u << EDGE_BITS)

/* Greater for more power, with the edge in its lowest bits. What those cut off does not matter: who has more than half of all power is
 * ahead of everybody else by far more. */
static inline uint64_t
key_of(double power_mw, uint32_t edge)
{
    uint64_t bits;

    memcpy(&bits, &power_mw, sizeof bits);
    return (bits & ~(uint64_t) (EDGES_MAX - 1)) | edge;
}

/* How many are on the air, and how many of them while the receiver sends. */
typedef struct Met {
    uint32_t all, busy;
} Met;

/* @busy: cells of the one subframe in which the receiver sends; size 0: none. */
static Met
add_cells(ProseAir *air, const ProseRow *row, const Span *span, const Span *busy)
{
    ProseAirCell *sums = air->sums;
    const uint32_t *cell = air->cell;
    const bool counts = air->counts;
    Met met = { .all = row->n };

    for (uint32_t i = 0; i <= span->size; i++)
        sums[i] = (ProseAirCell) { .sum = air->quiet };
    for (uint32_t e = 0; e < row->n; e++) {
        double power = row->edges[e].power_mw;
        uint32_t i = place_in(span, cell[row->edges[e].channel]);
        uint64_t key = key_of(power, e);
        ProseAirCell *sum = &sums[i];

        sum->sum += counts ? 1 : power;
        sum->strongest = MAX(sum->strongest, key);
        met.all -= i == span->size;
        met.busy += i - busy->low < busy->size;
    }
    return met;
}

/* The same of each kind, for runs that have several. */
static void
count_kinds(ProseAir *air, const ProseRow *row, const Span *span, const Span *busy)
{
    for (uint32_t e = 0; e < row->n; e++) {
        uint32_t channel = row->edges[e].channel, i = place_in(span, air->cell[channel]);

        if (i < span->size)
            lose(air, channel, i - busy->low < busy->size ? PROSE_PC5_HALF_DUPLEX : PROSE_PC5_COLLISION);
    }
}

static void
judge_cells(ProseAir *air, const ProseRow *row, const Span *span, const Span *busy)
{
    uint32_t nf = air->pool->resources_per_subframe, n = 0;

    for (uint32_t first = 0, subframe = span->from; first < span->size; first += nf, subframe++) {
        if (first - busy->low < busy->size)
            continue;
        for (uint32_t i = first; i < first + nf; i++) {
            const ProseAirCell *sum = &air->sums[i];
            uint32_t edge = (uint32_t) sum->strongest & (EDGES_MAX - 1);

            /* Without a branch, which would be guessed wrong half of the time. */
            air->decided[n] = (ProseDecided) { .edge = edge, .subframe = (uint16_t) subframe, .outcome = PROSE_PC5_ACCEPTED };
            n += (uint32_t) (sum->strongest != 0) & (uint32_t) is_received(air, sum->sum, row->edges[edge].power_mw);
        }
    }
    air->n_decided = n;
}

static void
hear_cells(ProseAir *air, const ProseRow *row, const Span *span, const Span *busy)
{
    Met met = add_cells(air, row, span, busy);

    judge_cells(air, row, span, busy);
    if (air->n_kinds == 1) {
        air->lost[PROSE_PC5_HALF_DUPLEX] = met.busy;
        air->lost[PROSE_PC5_COLLISION] = met.all - met.busy - air->n_decided;
        return;
    }
    count_kinds(air, row, span, busy);
    for (uint32_t i = 0; i < air->n_decided; i++)      /* they were counted with those that were lost */
        air->lost[air->kinds[row->edges[air->decided[i].edge].channel] * PROSE_MEDIUM_N_LOST + PROSE_PC5_COLLISION]--;
}

/* ---- one by one ---- */

/* Of the resources that are used at all, so that a large pool costs a small row nothing. */
static void
add_copies(ProseAir *air, const ProseRow *row, const Span *span)
{
    uint32_t nf = air->pool->resources_per_subframe, copies = air->pool->retransmissions + 1;

    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t e = 0; e < row->n; e++) {
            const ProseEdge *edge = &row->edges[e];
            uint32_t cell = air->cell[edge->channel];
            const uint32_t *hop;

            if (cell == PROSE_AIR_SILENT)
                continue;
            hop = &air->hop[(cell - air->subframe_of[cell] * nf) * copies];
            for (uint32_t j = 0; j < copies; j++) {
                ProseAirCell *sum = &air->sums[place_in(span, cell + hop[j])];

                if (pass == 0)
                    *sum = (ProseAirCell) { .sum = air->quiet };
                else if (edge->power_mw >= air->sensitivity_mw) {
                    sum->sum += weight(air, edge->power_mw);
                    sum->strongest++;
                }
            }
        }
    }
}

static double
draw_of(const ProseAirDraws *draws, uint32_t channel, uint32_t copy)
{
    uint64_t sender = draws->senders[channel];

    return prose_draw_double(&draws->key, PROSE_DRAW_BLER, (uint64_t) draws->receiver << 32 | sender >> 32,
                             draws->period << 20 | (sender & 0xFFFF) << 4 | draws->pool << 2 | copy);
}

/* The outcomes in their order (rules P2): lost to noise alone, deaf, lost to others. */
static ProsePc5Outcome
judge_by_curve(const ProseAir *air, const ProseEdge *edge, uint32_t copy, uint32_t subframe, const ProseAirCell *sum)
{
    double lone_db = 10 * log10(edge->power_mw / air->noise_mw);
    double sinr_db = sum->strongest == 1 ? lone_db : 10 * log10(edge->power_mw / (sum->sum - edge->power_mw));
    double draw = sinr_db >= PROSE_BLER_ALWAYS_DB ? 0 : draw_of(&air->draws, edge->channel, copy);

    if (!prose_bler_is_decoded(lone_db, draw))
        return PROSE_PC5_WEAK;
    if (air->is_busy[subframe])
        return PROSE_PC5_HALF_DUPLEX;
    return prose_bler_is_decoded(sinr_db, draw) ? PROSE_PC5_ACCEPTED : PROSE_PC5_COLLISION;
}

static ProsePc5Outcome
judge_copy(const ProseAir *air, const ProseEdge *edge, uint32_t copy, uint32_t subframe, const ProseAirCell *sum)
{
    if (edge->power_mw < air->weak_mw)
        return PROSE_PC5_WEAK;
    if (air->has_curve)
        return judge_by_curve(air, edge, copy, subframe, sum);
    if (air->is_busy[subframe])
        return PROSE_PC5_HALF_DUPLEX;
    return is_received(air, sum->sum, edge->power_mw) ? PROSE_PC5_ACCEPTED : PROSE_PC5_COLLISION;
}

static void
settle(ProseAir *air, const ProseEdge *edge, uint32_t e, uint32_t subframe, ProsePc5Outcome outcome, bool all)
{
    if (all || outcome == PROSE_PC5_ACCEPTED)
        decide(air, e, subframe, outcome);
    else
        lose(air, edge->channel, outcome);
}

static void
judge_copies(ProseAir *air, const ProseRow *row, const Span *span, bool all)
{
    uint32_t nf = air->pool->resources_per_subframe, copies = air->pool->retransmissions + 1;

    for (uint32_t e = 0; e < row->n; e++) {
        const ProseEdge *edge = &row->edges[e];
        uint32_t cell = air->cell[edge->channel];
        const uint32_t *hop;

        if (cell == PROSE_AIR_SILENT)
            continue;
        hop = &air->hop[(cell - air->subframe_of[cell] * nf) * copies];
        for (uint32_t j = 0; j < copies; j++) {
            uint32_t i = place_in(span, cell + hop[j]), subframe;
            ProsePc5Outcome outcome;

            if (i == span->size)
                continue;
            subframe = air->subframe_of[span->low + i];
            outcome = judge_copy(air, edge, j, subframe, &air->sums[i]);
            if (row->best) {
                if (j == 0)
                    row->best[e] = PROSE_PC5_WEAK;
                if (row->best[e] == PROSE_ROW_SETTLED)
                    continue;
                row->best[e] = MAX(row->best[e], (uint8_t) outcome);
                if (outcome != PROSE_PC5_ACCEPTED && j + 1 < copies)
                    continue;
                outcome = (ProsePc5Outcome) row->best[e];
                row->best[e] = PROSE_ROW_SETTLED;
            }
            settle(air, edge, e, subframe, outcome, all);
        }
    }
}

void
prose_air_hear(ProseAir *air, const ProseRow *row, uint32_t from, uint32_t to, const uint16_t *busy, uint32_t n_busy, bool all)
{
    uint32_t nf = air->pool->resources_per_subframe;
    const Span span = { .low = from * nf, .size = (to - from) * nf, .from = from };
    /* Where more than half of the power is needed, two cannot both have it. */
    bool is_simple = !all && !air->has_curve && air->pool->retransmissions == 0 && air->weak_mw == air->sensitivity_mw && (air->gain < 1.9 || air->counts)
                     && n_busy <= 1 && row->n > 0 && row->n < EDGES_MAX && span.size <= 2 * row->n + 64;
    Span deaf = { 0 };

    g_assert(air->pool->retransmissions == 0 || row->best);
    if (air->decided_room < row->n + span.size + 1) {
        air->decided_room = 2 * (row->n + span.size) + 1;
        air->decided = g_renew(ProseDecided, air->decided, air->decided_room);
    }
    air->n_decided = 0;
    memset(air->lost, 0, (size_t) air->n_kinds * PROSE_MEDIUM_N_LOST * sizeof *air->lost);
    if (is_simple) {
        if (n_busy > 0)
            deaf = (Span) { .low = (busy[0] - from) * nf, .size = nf };
        hear_cells(air, row, &span, &deaf);
        return;
    }
    for (uint32_t b = 0; b < n_busy; b++)
        air->is_busy[busy[b]] = 1;
    add_copies(air, row, &span);
    judge_copies(air, row, &span, all);
    for (uint32_t b = 0; b < n_busy; b++)
        air->is_busy[busy[b]] = 0;
}
