/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where UEs stand and how they go, out of files: a placement as CSV, and an ns-2 movement trace as SUMO's and BonnMotion's
 * exporters write it.
 *
 * Both readers go on after a mistake; what they cannot read is named with the file's own name and line.
 */
#ifndef PROSE_MOVEMENT_H
#define PROSE_MOVEMENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Beyond so many mistakes in one file the rest is left out. */
#define PROSE_MOVEMENT_MISTAKES_MAX 20

/* "PATH:line: what is wrong; what is allowed" of each. (transfer full) of owned char* */
typedef GPtrArray ProseFileMistakes;

/* ---- placements ---- */

typedef struct ProsePlaceRow {
    unsigned line;
    char *group;                   /* (owned) */
    unsigned member;
    double x, y, z;                /* m */
    bool has_z;
} ProsePlaceRow;

/**
 * prose_placement_parse:
 * @name: of the file, for mistakes
 * @ret: (out) (transfer full): array of ProsePlaceRow, in the order of the file
 *
 * A head line, "ue,x,y[,z]" or "group,member,x,y[,z]", then a row a UE: "engines[3],10,20". Metres, without a unit; z is the
 * antenna's height. Empty lines and lines that begin with "#" are passed over.
 *
 * Returns: (transfer full): mistakes; none: all was read.
 */
ProseFileMistakes *prose_placement_parse(const char *name, const char *text, GArray **ret);

/* ---- movement traces ---- */

typedef struct ProseWaypoint {
    uint64_t at_ns;                /* rising */
    double x, y, z;                /* m; z: of the ground */
} ProseWaypoint;

typedef struct ProseMovement ProseMovement;

/**
 * prose_movement_parse:
 *
 * Takes `$node_(N) set X_ 1` (Y_, Z_), `$ns_ at T "$node_(N) setdest X Y SPEED"` and `$ns_ at T "$node_(N) set X_ 1"`; passes over
 * comments and what is said of `$god_`. A node goes in a straight line to where it is sent, and stays there until it is sent
 * on; sent on before, it turns where it is. Times are simulated seconds.
 */
ProseFileMistakes *prose_movement_parse(const char *name, const char *text, ProseMovement **ret);
ProseMovement *prose_movement_free(ProseMovement *movement);   /* takes %NULL, returns %NULL */
/* How @node goes, from 0 s on: at least one, of ProseWaypoint (borrowed); %NULL: the file does not know it. */
const GArray *prose_movement_of(const ProseMovement *movement, unsigned node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseMovement, prose_movement_free)

#endif
