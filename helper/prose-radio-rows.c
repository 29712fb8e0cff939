/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reaches whom: for each receiver a row of the channels that arrive with the sensitivity's power or more.
 *
 * Pairs are looked for in a grid whose cells are as wide as the range, where the propagation model has one; else all pairs are. Among
 * UEs that move, pairs are taken in that are farther apart by SKIN_M, so that they need to be looked for again only when somebody
 * has gone half of that; powers are worked out once a period. A grid changes what is looked at and never what is found.
 */
#include "prose-radio-internal.h"

#include <math.h>
#include <string.h>

#define SKIN_M 20.0
/* Beyond the range by bisection and rounding there is nothing: one part in a million is more than either can be off. */
#define RANGE_MARGIN (1 + 1e-6)
#define CELLS_PER_UE 2             /* at most, so that a thin crowd does not pay for its desert */

/* Square cells over the rectangle that nodes stand in. */
typedef struct Grid {
    double x, y, width;            /* corner, and width of a cell */
    uint32_t columns, rows;
    uint32_t *first;               /* (owned): by cell, into nodes; one more at the end */
    uint32_t *nodes;               /* (owned) */
} Grid;

/* ---- a grid ---- */

static uint32_t
axis(double at, double from, double width, uint32_t n)
{
    double i = floor((at - from) / width);

    return i < 0 ? 0 : MIN((uint32_t) i, n - 1);
}

static uint32_t
cell_of(const Grid *grid, const Ns3cPosition *at)
{
    return axis(at->y, grid->y, grid->width, grid->rows) * grid->columns + axis(at->x, grid->x, grid->width, grid->columns);
}

static void
grid_init(Grid *grid, const Ns3cPosition *at, uint32_t n, double width)
{
    double x1 = -INFINITY, y1 = -INFINITY;
    g_autofree uint32_t *next = NULL;

    *grid = (Grid) { .x = INFINITY, .y = INFINITY };
    for (uint32_t k = 0; k < n; k++) {
        grid->x = MIN(grid->x, at[k].x);
        grid->y = MIN(grid->y, at[k].y);
        x1 = MAX(x1, at[k].x);
        y1 = MAX(y1, at[k].y);
    }
    while (((x1 - grid->x) / width + 1) * ((y1 - grid->y) / width + 1) > (double) n * CELLS_PER_UE + 9)
        width *= 2;
    grid->width = width;
    grid->columns = (uint32_t) ((x1 - grid->x) / width) + 1;
    grid->rows = (uint32_t) ((y1 - grid->y) / width) + 1;
    grid->first = g_new0(uint32_t, (size_t) grid->columns * grid->rows + 1);
    grid->nodes = g_new(uint32_t, n + 1);
    for (uint32_t k = 0; k < n; k++)
        grid->first[cell_of(grid, &at[k]) + 1]++;
    for (uint32_t c = 0; c < grid->columns * grid->rows; c++)
        grid->first[c + 1] += grid->first[c];
    next = g_memdup2(grid->first, (size_t) grid->columns * grid->rows * sizeof *next);
    for (uint32_t k = 0; k < n; k++)
        grid->nodes[next[cell_of(grid, &at[k])]++] = k;
}

static void
grid_clear(Grid *grid)
{
    g_free(grid->first);
    g_free(grid->nodes);
}

/* ---- nodes and mirrors ---- */

/* All at one height: what the range is good for. */
static bool
is_level(const Ns3cPosition *at, uint32_t n)
{
    for (uint32_t k = 1; k < n; k++) {
        if (at[k].z != at[0].z)
            return false;
    }
    return true;
}

void
radio_place(ProseRadio *radio)
{
    const ProseScenario *scenario = radio->scenario;
    uint32_t n = radio->n_ues;
    g_autofree Ns3cPosition *at = g_new(Ns3cPosition, n + 1);

    radio->nodes = g_new0(Node, n + 1);
    radio->node_of = g_new(uint32_t, n + 1);
    radio->mirrors = g_new0(Ns3cMobility *, n + 1);
    radio->moves = g_new(bool, n + 1);
    for (unsigned i = 0; i < n; i++) {
        at[i] = ns3c_mobility_position(prose_topology_mobility(radio->config.topology, i));
        radio->node_of[i] = i;
    }
    radio->range_m = INFINITY;
    if (scenario->grid && !radio->is_drawn && n > 0 && is_level(at, n))
        radio->range_m = ns3c_propagation_range(radio->propagation, scenario->tx_power_dbm, scenario->reception.sensitivity_dbm, at[0].z)
                         * RANGE_MARGIN;
    if (isfinite(radio->range_m)) {
        Grid grid;

        grid_init(&grid, at, n, MAX(radio->range_m, 1));
        for (uint32_t k = 0; k < n; k++)
            radio->node_of[grid.nodes[k]] = k;
        grid_clear(&grid);
    }
    for (unsigned i = 0; i < n; i++)
        radio->nodes[radio->node_of[i]].ue = i;
    radio->mobilities = g_new(Ns3cMobility *, n + 1);
    /* In this order, so that neighbours' mirrors lie side by side. */
    for (uint32_t k = 0; k < n; k++) {
        unsigned i = radio->nodes[k].ue;

        radio->mobilities[k] = prose_topology_mobility(radio->config.topology, i);
        radio->nodes[k].group = radio_spec(radio, i)->group;
        radio->moves[k] = !ns3c_mobility_is_static(radio->mobilities[k]);
        radio->any_moves |= radio->moves[k];
        radio->mirrors[k] = radio->moves[k] ? ns3c_mobility_new("constant-position", at[i], 0, NULL) : radio->mobilities[k];
    }
}

void
radio_clear_rows(ProseRadio *radio)
{
    for (uint32_t k = 0; radio->mirrors && k < radio->n_ues; k++) {
        if (radio->mirrors[k] && radio->moves[k])
            ns3c_mobility_free(radio->mirrors[k]);
    }
    for (uint32_t c = 0; radio->drawn_bests && c < radio->n_channels; c++)
        g_free(radio->drawn_bests[c]);
    for (unsigned a = 0; a < PROSE_POOLS_MAX; a++)
        g_free(radio->best[a]);
    g_free(radio->drawn_bests);
    g_free(radio->drawn_best);
    g_free(radio->drawn);
    g_free(radio->drawn_dbm);
    g_free(radio->edges);
    g_free(radio->anchors);
    g_free(radio->mirrors);
    g_free(radio->mobilities);
    g_free(radio->moves);
}

/* ---- what receivers remember of channels that they have no edge of ---- */

static void *
pair(uint32_t node, uint32_t channel)
{
    return GSIZE_TO_POINTER((uint64_t) node << 32 | channel);
}

/* Of a pair: GLib's own looks at the lower half alone, in which all receivers of a channel are alike. */
guint
radio_pair_hash(const void *key)
{
    uint64_t x = (uint64_t) GPOINTER_TO_SIZE(key) * UINT64_C(0x9E3779B97F4A7C15);

    return (guint) (x >> 32);
}

uint32_t
radio_recall(const ProseRadio *radio, uint32_t node, uint32_t channel)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(radio->memories, pair(node, channel)));
}

void
radio_remember(ProseRadio *radio, uint32_t node, uint32_t channel, uint32_t memory)
{
    g_hash_table_insert(radio->memories, pair(node, channel), GUINT_TO_POINTER(memory));
}

/* ---- powers ---- */

/* Room for one row. */
typedef struct Room {
    ProseEdge *edges, *old;        /* (owned) */
    const Ns3cMobility **from;     /* (owned) */
    double *dbm;                   /* (owned) */
    uint64_t *found;               /* (owned): nodes by scenario number */
} Room;

static void
room_init(Room *room, const ProseRadio *radio)
{
    room->edges = g_new(ProseEdge, radio->n_channels + 1);
    room->old = g_new(ProseEdge, radio->n_channels + 1);
    room->from = g_new(const Ns3cMobility *, radio->n_channels + 1);
    room->dbm = g_new(double, radio->n_channels + 1);
    room->found = g_new(uint64_t, radio->n_ues + 1);
}

static void
room_clear(Room *room)
{
    g_free(room->edges);
    g_free(room->old);
    g_free(room->from);
    g_free(room->dbm);
    g_free(room->found);
}

/* Powers of the @n edges of @room, in the order of their nodes, and those that arrive first. Returns: how many do. */
static uint32_t
measure(const ProseRadio *radio, const Node *node, Room *room, uint32_t n, ProseEdge *ret)
{
    uint32_t k = (uint32_t) (node - radio->nodes), n_from = 0, place = 0, reaches = 0, rest = 0, last = UINT32_MAX;
    double sensitivity_dbm = radio->scenario->reception.sensitivity_dbm, sensitivity_mw = prose_milliwatts(sensitivity_dbm);

    for (uint32_t e = 0; e < n; e++) {
        uint32_t sender = radio->channels[room->edges[e].channel].node;

        if (sender != last)
            room->from[n_from++] = radio->mirrors[sender];
        last = sender;
    }
    ns3c_propagation_rx_powers(radio->propagation, radio->scenario->tx_power_dbm, room->from, n_from, radio->mirrors[k], room->dbm);
    last = UINT32_MAX;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t e = 0; e < n; e++) {
            ProseEdge *edge = &room->edges[e];
            uint32_t sender = radio->channels[edge->channel].node;

            if (pass == 0) {
                if (sender != last) {
                    edge->power_mw = room->dbm[place] >= sensitivity_dbm ? MAX(prose_milliwatts(room->dbm[place]), sensitivity_mw) : 0;
                    place++;
                } else {
                    edge->power_mw = room->edges[e - 1].power_mw;
                }
                last = sender;
                reaches += edge->power_mw > 0;
            } else if (edge->power_mw == 0) {
                ret[reaches + rest++] = *edge;
            } else {
                ret[e - rest] = *edge;
            }
        }
    }
    return reaches;
}

/* ---- looking for pairs ---- */

static int
compare_found(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}

static uint64_t
found(const ProseRadio *radio, uint32_t k)
{
    return (uint64_t) radio->nodes[k].ue << 32 | k;
}

/* Nodes within the range of @k, or all others, by scenario number. */
static uint32_t
look_around(const ProseRadio *radio, const Grid *grid, const Ns3cPosition *at, uint32_t k, double range_m, uint64_t *ret)
{
    uint32_t n = 0, column, row;

    if (!isfinite(range_m)) {
        for (unsigned i = 0; i < radio->n_ues; i++) {
            if (radio->node_of[i] != k)
                ret[n++] = found(radio, radio->node_of[i]);
        }
        return n;
    }
    column = axis(at[k].x, grid->x, grid->width, grid->columns);
    row = axis(at[k].y, grid->y, grid->width, grid->rows);
    for (uint32_t y = row - MIN(row, 1); y <= MIN(row + 1, grid->rows - 1); y++) {
        /* Cells side by side follow one another. */
        uint32_t from = grid->first[y * grid->columns + column - MIN(column, 1)];
        uint32_t to = grid->first[y * grid->columns + MIN(column + 1, grid->columns - 1) + 1];

        for (uint32_t i = from; i < to; i++) {
            uint32_t other = grid->nodes[i];
            double dx = at[other].x - at[k].x, dy = at[other].y - at[k].y;

            if (other != k && dx * dx + dy * dy <= range_m * range_m)
                ret[n++] = found(radio, other);
        }
    }
    qsort(ret, n, sizeof *ret, compare_found);
    return n;
}

/* Both parts of @node's row in @edges together, in the order of their channels' UEs. */
static uint32_t
merge(const ProseRadio *radio, const Node *node, const ProseEdge *edges, ProseEdge *ret)
{
    const ProseEdge *a = edges + node->first_edge, *a_end = a + node->n_edges, *b = a_end, *b_end = a + node->n_reach;
    uint32_t n = 0;

    while (a < a_end || b < b_end) {
        bool takes_a = b == b_end;

        if (a < a_end && b < b_end)            /* channels of one UE are all in one part */
            takes_a = radio->channels[a->channel].ue < radio->channels[b->channel].ue;
        ret[n++] = takes_a ? *a++ : *b++;
    }
    return n;
}

/* What @k remembered of the channels of its old row goes over into the new one, or into the table. Both are in order. */
static void
carry_over(ProseRadio *radio, uint32_t k, const ProseEdge *old, uint32_t n_old, ProseEdge *edges, uint32_t n)
{
    bool has_more = g_hash_table_size(radio->memories) > 0;
    uint32_t o = 0, e = 0;

    while (o < n_old || e < n) {
        unsigned old_ue = o < n_old ? radio->channels[old[o].channel].ue : UINT_MAX;
        unsigned ue = e < n ? radio->channels[edges[e].channel].ue : UINT_MAX;

        if (old_ue == ue) {                    /* with the same channels */
            edges[e++].memory = old[o++].memory;
        } else if (old_ue < ue) {
            if (old[o].memory)
                radio_remember(radio, k, old[o].channel, old[o].memory);
            o++;
        } else {
            edges[e].memory = has_more ? radio_recall(radio, k, edges[e].channel) : 0;
            e++;
        }
    }
}

static void
look_for_rows(ProseRadio *radio, const Ns3cPosition *at)
{
    double range_m = radio->range_m + (radio->any_moves ? SKIN_M : 0);
    g_autofree ProseEdge *old = g_steal_pointer(&radio->edges);
    size_t room_for = MAX(radio->n_edges, radio->n_channels), n_edges = 0;
    Grid grid = { 0 };
    Room room;

    if (isfinite(range_m))
        grid_init(&grid, at, radio->n_ues, MAX(range_m, 1));
    room_init(&room, radio);
    radio->edges = g_new(ProseEdge, room_for + 1);
    for (uint32_t k = 0; k < radio->n_ues; k++) {
        Node *node = &radio->nodes[k];
        uint32_t n = 0, n_found = look_around(radio, &grid, at, k, range_m, room.found);

        for (uint32_t f = 0; f < n_found; f++) {
            const Node *sender = &radio->nodes[(uint32_t) room.found[f]];

            for (uint32_t c = sender->first_channel; c < sender->first_channel + sender->n_channels; c++)
                room.edges[n++] = (ProseEdge) { .channel = c };
        }
        if (n_edges + n > room_for) {
            room_for = 2 * room_for + n;
            radio->edges = g_renew(ProseEdge, radio->edges, room_for + 1);
        }
        if (old)
            carry_over(radio, k, room.old, merge(radio, node, old, room.old), room.edges, n);
        node->first_edge = n_edges;
        node->n_edges = measure(radio, node, &room, n, radio->edges + n_edges);
        node->n_reach = radio->any_moves ? n : node->n_edges;
        n_edges += node->n_reach;
    }
    radio->edges = g_renew(ProseEdge, radio->edges, n_edges + 1);
    radio->n_edges = n_edges;
    for (unsigned a = 0; a < radio->n_airs; a++) {
        if (radio->airs[a].pool->retransmissions == 0)
            continue;
        radio->best[a] = g_renew(uint8_t, radio->best[a], n_edges + 1);
        memset(radio->best[a], PROSE_ROW_SETTLED, n_edges);
    }
    room_clear(&room);
    grid_clear(&grid);
}

/* ---- a period begins ---- */

static void
measure_again(ProseRadio *radio)
{
    Room room;

    room_init(&room, radio);
    for (uint32_t k = 0; k < radio->n_ues; k++) {
        Node *node = &radio->nodes[k];
        uint32_t n = merge(radio, node, radio->edges, room.edges);

        node->n_edges = measure(radio, node, &room, n, radio->edges + node->first_edge);
    }
    room_clear(&room);
}

void
radio_renew_rows(ProseRadio *radio)
{
    uint32_t n = radio->n_ues;
    Ns3cPosition *anchors = radio->anchors;
    bool is_far = !radio->has_rows;

    if (radio->has_rows && !radio->any_moves)
        return;
    if (!anchors)
        anchors = radio->anchors = g_new(Ns3cPosition, n + 1);
    for (uint32_t k = 0; k < n; k++) {
        Ns3cPosition at;
        double dx, dy;

        if (radio->has_rows && !radio->moves[k])
            continue;
        at = ns3c_mobility_position(radio->mobilities[k]);
        if (radio->moves[k])
            ns3c_mobility_set_position(radio->mirrors[k], at);
        if (!radio->has_rows)
            anchors[k] = at;
        dx = at.x - anchors[k].x;
        dy = at.y - anchors[k].y;
        is_far |= dx * dx + dy * dy > SKIN_M * SKIN_M / 4;
        /* Up and down the range says nothing of. */
        if (at.z != anchors[0].z && isfinite(radio->range_m)) {
            radio->range_m = INFINITY;
            is_far = true;
        }
    }
    radio->has_rows = true;
    if (radio->is_drawn)
        return;
    if (!is_far) {
        measure_again(radio);
        return;
    }
    for (uint32_t k = 0; k < n; k++)
        anchors[k] = ns3c_mobility_position(radio->mirrors[k]);
    look_for_rows(radio, anchors);
    if (!radio->any_moves)
        g_clear_pointer(&radio->anchors, g_free);
}
