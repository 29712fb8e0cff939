/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What values may be, as the readers of prose-settings-parse.c and the descriptions of prose-settings.c both say it.
 */
#ifndef PROSE_SETTINGS_INTERNAL_H
#define PROSE_SETTINGS_INTERNAL_H

#include "prose-settings.h"

#define PERIODS "rf4, rf6, rf7, rf8, rf12, rf14, rf16, rf24, rf28, rf32, rf64, rf128, rf256, rf512, rf1024"
#define PLACEMENTS "uniform, grid 10 m, point 100 m 200 m, file PATH"
#define MOBILITIES "static, random-waypoint 1..3 m/s, ns2 PATH, ns2 PATH from NODE, ns3::Model[Attribute=value|...]"
#define PROPAGATIONS \
    "log-distance, friis, two-ray-ground, itu-r-1411-los, itu-r-1411-nlos, okumura-hata, cost231, nakagami, random, range, " \
    "fixed, 3gpp-umi, 3gpp-uma, 3gpp-rma, ns3::Model[Attribute=value|...]"
/* In `values` of times of activity. */
#define PROSE_SETTING_BY_CHANCE "by-chance"

#define ALGORITHMS "eea0, eea1, eea2, eea3"
/* Presets of doc/assumptions.md, with what they stand for. */
#define DRIFT_PRESETS "radio-tcxo (normal 0 0.5 ppm 2.5 ppm), phone (normal 0 2 ppm 10 ppm), plain-crystal (normal 0 20 ppm 100 ppm)"
#define ERROR_PRESETS \
    "exact (0 s), gnss (normal 0 1 us), sync (normal 0 20 ms), sntp (normal 0 300 ms), nitz (uniform -60 s 60 s), " \
    "leap-seconds (15 s), hour-fast (3600 s), hour-slow (-3600 s)"

/* In the order of prose_distributions() and prose_series(), which a test holds them against. */
#define DISTRIBUTIONS \
    "discovery.time-to-discover, discovery.time-to-discover-all, discovery.periods-to-discover, discovery.periods-to-discover-all, " \
    "keys.request-to-response, keys.request-to-key, keys.blackout, rollover.late, pkmf.wait"
#define SERIES \
    "keys.holding, keys.without, rollover.wanted, rollover.ready, rollover.lost_receptions, rollover.overlap_accepted, pc5.sent, " \
    "pc5.candidates, pc5.accepted, keys.requests, keys.messages, pkmf.queue, pkmf.queue-max, pkmf.utilisation, pool.periods"

/* prose-settings-parse-place.c; each reads @value->text. Returns: true; or false with @ret_wrong. */
bool prose_parse_area(ProseValue *value, char **ret_wrong);
bool prose_parse_disc(const ProseSetting *setting, ProseValue *value, char **ret_wrong);
bool prose_parse_placement(ProseValue *value, char **ret_wrong);
bool prose_parse_mobility(ProseValue *value, char **ret_wrong);
bool prose_parse_propagation(ProseValue *value, char **ret_wrong);

#endif
