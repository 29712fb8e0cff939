/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-settings-internal.h"

#include "prose-test.h"

#include <string.h>

/* What @value holds, as text: enough to tell right from wrong. */
static char *
show(const ProseSetting *s, const ProseValue *v)
{
    switch ((int) s->type) {
    case PROSE_SETTING_INTEGER:
    case PROSE_SETTING_SECONDS:
    case PROSE_SETTING_YES_NO:
    case PROSE_SETTING_DATETIME:
    case PROSE_SETTING_PERIOD:
    case PROSE_SETTING_ID24:
    case PROSE_SETTING_ALGORITHMS:
    case PROSE_SETTING_CHOICES:
        return g_strdup_printf("%" G_GUINT64_FORMAT, v->integer);
    case PROSE_SETTING_QUANTITY:
    case PROSE_SETTING_PROBABILITY:
        return g_strdup_printf("%.15g", v->number[0]);
    case PROSE_SETTING_AREA:
    case PROSE_SETTING_BURSTS:
        return g_strdup_printf("%.15g %.15g", v->number[0], v->number[1]);
    case PROSE_SETTING_POINT:
        return g_strdup_printf("%.15g %.15g %.15g", v->number[0], v->number[1], v->number[2]);
    case PROSE_SETTING_DISC:
        return g_strdup_printf("%zu %.15g %.15g %.15g", v->choice, v->number[0], v->number[1], v->number[2]);
    case PROSE_SETTING_TIME_ERROR:
        if (v->choice == 1)
            return g_strdup_printf("1 %.15g %.15g %.15g", v->number[0], v->number[1], v->number[2]);
        return g_strdup_printf("0 %d %.15g %.15g %.15g", v->distribution.kind, v->distribution.a, v->distribution.b, v->distribution.bound);
    case PROSE_SETTING_CHOICE:
        return g_strdup_printf("%zu", v->choice);
    case PROSE_SETTING_PLACEMENT:
    case PROSE_SETTING_MOBILITY:
        return g_strdup_printf("%zu %.15g %.15g", v->choice, v->number[0], v->number[1]);
    case PROSE_SETTING_DISTRIBUTION:
        return g_strdup_printf("%d %.15g %.15g %.15g", v->distribution.kind, v->distribution.a, v->distribution.b,
                               v->distribution.bound);
    case PROSE_SETTING_SPREAD:
        return g_strdup_printf("%zu %.15g %d %.15g %.15g", v->choice, v->number[0], v->distribution.kind, v->distribution.a, v->distribution.b);
    case PROSE_SETTING_REFERENCES:
    case PROSE_SETTING_ACTION: {
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; v->words && i < v->words->len; i++)
            g_string_append_printf(text, "%s%s", i ? "|" : "", (char *) v->words->pdata[i]);
        return g_strdup(v->words ? text->str : "(all)");
    }
    default:
        return g_strdup(v->text);
    }
}

#undef PERIODS
#undef PLACEMENTS
#undef MOBILITIES
#define DRIFTS "radio-tcxo (normal 0 0.5 ppm 2.5 ppm), phone (normal 0 2 ppm 10 ppm), plain-crystal (normal 0 20 ppm 100 ppm)"
#define PERIODS "one of rf4, rf6, rf7, rf8, rf12, rf14, rf16, rf24, rf28, rf32, rf64, rf128, rf256, rf512, rf1024"
#define PLACEMENTS "one of uniform, grid 10 m, point 100 m 200 m, file PATH"
#define MOBILITIES "one of static, random-waypoint 1..3 m/s, ns2 PATH, ns2 PATH from NODE, ns3::Model[Attribute=value|...]"
#define NAMES "names with commas between them, all, or none"

/* Either @want or @wrong. */
static const struct { const char *section, *key, *text, *want, *wrong; } values[] = {
    { "simulation", "seed", "7", "7", NULL },
    { "simulation", "seed", "4294944443", NULL, "out of range; 1 .. 4294944442" },
    { "simulation", "run", "18446744073709551615", "18446744073709551615", NULL },
    { "simulation", "duration", "2 min", "120", NULL },
    { "simulation", "duration", "0 s", NULL, "out of range; above 0 s, up to 3650 d" },
    { "simulation", "utc-start", "2026-06-01T08:00:00Z", "1780300800", NULL },
    { "simulation", "utc-start", "2026-06-01 08:00", NULL, "no instant; UTC as in 2026-06-01T08:00:00Z" },
    { "output", "step", "0 s", NULL, "out of range; above 0 s, up to 3650 d" },
    { "output", "samples", "none", "0", NULL },
    { "output", "samples", "keys.blackout, discovery.time-to-discover", "65", NULL },
    { "output", "samples", "all", "511", NULL },
    { "output", "histograms", "keys.blackouts", NULL,
      "\"keys.blackouts\" is unknown, the nearest is keys.blackout; none, all, or a list of discovery.time-to-discover, "
      "discovery.time-to-discover-all, discovery.periods-to-discover, discovery.periods-to-discover-all, keys.request-to-response, "
      "keys.request-to-key, keys.blackout, rollover.late, pkmf.wait" },
    { "output", "series", "keys.holding,", NULL,
      "\"\" is unknown; none, all, or a list of " SERIES },
    { "radio", "area", "1 km x 500 m", "1000 500", NULL },
    { "radio", "area", "1 km x 0 m", NULL, "out of range; width x height, each above 0 m, up to 1000 km" },
    { "radio", "reception", "collision", "1", NULL },
    { "radio", "reception", "magic", NULL, "unknown; one of sinr, collision" },
    { "radio", "tx-power", "61 dBm", NULL, "out of range; -60 dBm .. 60 dBm" },
    { "radio", "propagation", "log-distance[Exponent=3|ReferenceLoss=46.7] + nakagami",
      "log-distance[Exponent=3|ReferenceLoss=46.7] + nakagami", NULL },
    { "radio", "propagation", "ns3::RandomPropagationLossModel[Variable=ns3::UniformRandomVariable[Min=0|Max=9]]",
      "ns3::RandomPropagationLossModel[Variable=ns3::UniformRandomVariable[Min=0|Max=9]]", NULL },
    { "pool", "period", "rf1024", "10240", NULL },
    { "pool", "period", "rf33", NULL, "not a discovery period; " PERIODS },
    { "pool", "subframe-bitmap", "1010", "1010", NULL },
    { "pool", "subframe-bitmap", "1012", NULL, "not a bitmap; 1 to 40 digits 0 and 1, the first subframe first" },
    { "pool", "subframe-bitmap", "0000", NULL, "a bitmap without any subframe; at least one 1" },
    { "pool", "retransmissions", "4", NULL, "out of range; 0 .. 3" },
    { "pool", "tx-probability", "p25", "0.25", NULL },
    { "pool", "tx-probability", "50 %", "0.5", NULL },
    { "pool", "tx-probability", "0", NULL, "out of range; above 0, up to 1; p25, p50, p75, p100" },
    { "prose-function", "pkmfs", "all", "(all)", NULL },
    { "prose-function", "pkmfs", "none", "", NULL },
    { "prose-function", "pkmfs", "east, west", "east|west", NULL },
    { "prose-function", "pkmfs", "east, east", NULL, "\"east\" twice; each name once" },
    { "prose-function", "pkmfs", "east, all", NULL, "\"all\" beside names; " NAMES },
    { "prose-function", "pkmfs", "east,", NULL, "an empty item; " NAMES },
    { "pkmf", "fqdn", "pkmf.east.example", "pkmf.east.example", NULL },
    { "pkmf", "fqdn", "pkmf..example", NULL,
      "not a domain name; labels of letters, digits and \"-\" between dots, as in pkmf.east.example" },
    { "pkmf", "fqdn", "-a.example", NULL,
      "not a domain name; labels of letters, digits and \"-\" between dots, as in pkmf.east.example" },
    { "pkmf", "max-offset", "127 s", "127", NULL },
    { "pkmf", "max-offset", "128 s", NULL, "out of range; 0 s .. 127 s" },
    { "pkmf", "max-offset", "1500 ms", NULL, "not a whole number of seconds; key times are whole seconds" },
    { "pkmf", "service-time-tls", "exponential 2 ms", "3 0.002 0 0", NULL },
    { "pkmf", "service-time-tls", "normal 2 ms 1 ms", NULL,
      "draws may be out of range; at least 0 s, so a normal needs a bound" },
    { "pkmf", "service-time-tls", "normal 2 ms 1 ms 3 ms", NULL, "draws may be out of range; at least 0 s" },
    { "pkmf", "service-time-tls", "normal 2 ms 1 ms 2 ms", "2 0.002 0.001 0.002", NULL },
    { "pkmf", "queue-limit", "unlimited", "0", NULL },
    { "pkmf", "queue-limit", "200", "200", NULL },
    { "pkmf", "queue-limit", "0", NULL, "out of range; 1 .. 1000000000, or unlimited" },
    { "pkmf", "retry-after", "uniform 10 s 30 s", "1 10 30 0", NULL },
    { "pkmf", "retry-after", "400 d", NULL, "draws may be out of range; 0 s .. 365 d" },
    { "pkmf", "restart-keeps-state", "no", "0", NULL },
    { "pkmf", "delivery-pace", "200 /s", "200", NULL },
    { "pkmf", "delivery-pace", "unlimited", "0", NULL },
    { "pkmf", "delivery-pace", "0 /s", NULL, "out of range; above 0 /s, up to 1000000 /s, or unlimited" },
    { "discovery", "lead-spread", "uniform 0 s 5 min", "0 0 1 0 300", NULL },
    { "discovery", "lead-spread", "1 min", "0 0 0 60 0", NULL },
    { "discovery", "lead-spread", "hash 5 min", "1 300 0 0 0", NULL },
    { "discovery", "lead-spread", "by-group 0.5 cryptoperiods", "2 1800 0 0 0", NULL },
    { "discovery", "lead-spread", "by-group", NULL, "\"by-group\" is no distribution; one of constant x, uniform a b, normal mean sd [bound], exponential mean, "
      "hash T, by-group T" },
    { "discovery", "lead-spread", "hash 5", NULL, "no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { "discovery", "lead-spread", "normal 1 min 1 min", NULL,
      "draws may be out of range; a distribution at least 0 s, hash 5 min, or by-group 5 min, so a normal needs a bound" },
    { "discovery", "keys-ahead", "7", "7", NULL },
    { "discovery", "keys-ahead", "8", NULL, "out of range; 0 .. 7" },
    { "discovery", "overlap", "max-offset", "0", NULL },
    { "discovery", "overlap", "5 s", "5", NULL },
    { "discovery", "successor-check", "automatic", "0", NULL },
    { "discovery", "successor-check", "0 s", NULL, "out of range; 1 s .. 3650 d, or automatic" },
    { "discovery", "emergency", "none", "1", NULL },
    { "discovery", "additional-information-every", "none", "0", NULL },
    { "discovery", "additional-information-every", "2", "2", NULL },
    { "discovery", "additional-information-every", "1", NULL, "out of range; 2 .. 1000000, or none" },
    { "discovery", "emergency", "always", NULL, "unknown; one of replace, none" },
    { "discovery", "discovery-group-id", "0x00A1B2", "41394", NULL },
    { "discovery", "discovery-group-id", "16777216", NULL, "more than 24 bits; 0 .. 0xffffff" },
    { "discovery", "discovery-group-id", "A1B2", NULL, "not an identity; 0x and hexadecimal digits, or decimal digits" },
    { "discovery", "mic", "no", "0", NULL },
    { "discovery", "mic", "true", NULL, "neither of the two; yes or no" },
    { "discovery", "cryptoperiod", "1000 periods", "320", NULL },
    { "discovery", "lead", "0.25 cryptoperiods", "900", NULL },
    { "group-key", "algorithms", "eea0, eea3", "144", NULL },
    { "group-key", "algorithms", "eea4", NULL, "\"eea4\" is unknown; a list of eea0, eea1, eea2, eea3" },
    { "pdn", "kind", "lte", NULL, "planned for a later version, not understood yet; one of modelled, lte (planned)" },
    { "pdn", "gateway-rate-up", "unlimited", "0", NULL },
    { "pdn", "gateway-rate-up", "1 Gbit/s", "1000000000", NULL },
    { "pdn", "gateway-rate-up", "0 bit/s", NULL, "out of range; 1 bit/s .. 1000 Gbit/s, or unlimited" },
    { "pdn", "loss", "101 %", NULL, "out of range; 0 .. 1" },
    { "pdn", "burst-loss", "1 % for 200 ms", "0.01 0.2", NULL },
    { "pdn", "burst-loss", "none", "0 0", NULL },
    { "pdn", "burst-loss", "1 %", NULL, "no \"for\"; none, or the share of time and how long a burst lasts on average: 1 % for 200 ms" },
    { "pdn", "burst-loss", "100 % for 1 s", NULL, "out of range; above 0 %, below 100 %, for 1 us .. 1 d" },
    { "pdn", "outage", "every exponential 1 h for 1 s", NULL, "times by chance are for UEs alone: off-network, pdn-outage; constant times" },
    { "pdn", "release", "10 min, daily 08:00, every exponential 6 h", "10 min, daily 08:00, every exponential 6 h", NULL },
    { "pdn", "release", "always", NULL, "not a number; a number with one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { "pdn", "release", "every 10 ms", NULL, "too often; every 1 s or more on average" },
    { "ue-group", "off-network", "every exponential 1 h for uniform 1 min 2 h", "every exponential 1 h for uniform 1 min 2 h", NULL },
    { "ue-group", "off-network", "every normal 1 h 1 h for 1 s", NULL, "draws may be below 0 s; a normal with a bound, or another distribution" },
    { "ue-group", "off-network", "daily 08:00 for exponential 1 h", NULL, "a length by chance; a constant time after daily, or every DIST for DIST" },
    { "ue-group", "off-network", "around-rollover 1 min", NULL,
      "around-rollover is for pools alone; none, always, a .. b, daily HH:MM for T, every T for T" },
    { "ue-group", "placement", "uniform", "0 0 0", NULL },
    { "ue-group", "placement", "grid 10 m", "1 10 0", NULL },
    { "ue-group", "placement", "point 1 m 2 m", "2 1 2", NULL },
    { "ue-group", "placement", "grid 0 m", NULL, "out of range; a grid of more than 0 m" },
    { "ue-group", "placement", "file a.csv", "3 0 0", NULL },
    { "ue-group", "placement", "file ", NULL, "no file; a path, from the scenario's own directory" },
    { "ue-group", "mobility", "ns2 a b.tcl from 12", "3 0 0", NULL },
    { "ue-group", "mobility", "ns2 a.tcl from x", NULL, "not a whole number; decimal digits" },
    { "ue-group", "placement", "anywhere", NULL, "no placement; " PLACEMENTS },
    { "ue-group", "mobility", "static", "0 0 0", NULL },
    { "ue-group", "mobility", "random-waypoint 1..3 m/s", "1 1 3", NULL },
    { "ue-group", "mobility", "random-waypoint 3 m/s", "1 3 3", NULL },
    { "ue-group", "mobility", "random-waypoint 0..3 m/s", NULL, "out of range; speeds from 0.001 m/s to 1000 m/s" },
    { "ue-group", "mobility", "ns3::ConstantVelocityMobilityModel[Velocity=1:0:0]", "2 0 0", NULL },
    { "ue-group", "mobility", "ns3::", NULL, "no mobility model; " MOBILITIES },
    { "ue-group", "mobility", "ns3::X[a", NULL, "no mobility model; " MOBILITIES },
    { "ue-group", "mobility", "ns3::X]a[", NULL, "no mobility model; " MOBILITIES },
    { "ue-group", "prose-clock-drift", "normal 0 2 ppm 10 ppm", "2 0 2 10", NULL },
    { "ue-group", "prose-clock-drift", "normal 0 2 ppm", NULL,
      "draws may be out of range; -100000 ppm .. 100000 ppm; " DRIFTS ", so a normal needs a bound" },
    { "ue-group", "prose-clock-drift", "radio-tcxo", "2 0 0.5 2.5", NULL },
    { "ue-group", "rtc-drift", "plain-crystal", "2 0 20 100", NULL },
    { "ue-group", "rtc-drift", "crystal", NULL, "\"crystal\" is no distribution; one of constant x, uniform a b, normal mean sd [bound], exponential mean" },
    { "ue-group", "coverage", "cells", "2", NULL },
    { "ue-group", "time-sources", "gps, clock", "gps|clock", NULL },
    { "pool", "coverage", "out", "2", NULL },
    { "pool", "coverage", "in, out", "3", NULL },
    { "pool", "coverage", "in, near", NULL, "\"near\" is unknown; one or several of in, out" },
    { "cell", "position", "500 m 1 km", "500 1000 0", NULL },
    { "cell", "position", "500 m", NULL, "1 of 2 values; they are separated by blanks" },
    { "cell", "coverage", "everywhere", "0 0 0 0", NULL },
    { "cell", "coverage", "disc 600 m", "1 600 0 0", NULL },
    { "cell", "coverage", "disc 0 m", NULL, "out of range; a disc of more than 0 m" },
    { "cell", "coverage", "600 m", NULL, "no area; as in disc 600 m, everywhere" },
    { "time-source", "area", "disc 1 km at 10 m -20 m", "2 1000 10 -20", NULL },
    { "time-source", "error", "normal 0 20 ms", "0 2 0 0.02 0", NULL },
    { "time-source", "error", "nitz", "0 1 -60 60 0", NULL },
    { "time-source", "error", "leap-seconds", "0 0 15 0 0", NULL },
    { "time-source", "error", "hour-slow", "0 0 -3600 0 0", NULL },
    { "time-source", "error", "ramp 0 s .. 90 s over 10 min", "1 0 90 600", NULL },
    { "time-source", "error", "ramp 5 s .. -5 s over 1 s", "1 5 -5 1", NULL },
    { "time-source", "error", "ramp 0 s .. 90 s", NULL, "no ramp; as in ramp 0 s .. 90 s over 10 min" },
    { "time-source", "error", "ramp 0 s .. 90 s over 0 s", NULL, "a ramp of no length; over more than 0 s" },
    { "time-source", "error", "mean", NULL, "\"mean\" is no distribution; one of constant x, uniform a b, normal mean sd [bound], "
      "exponential mean, a preset, or ramp 0 s .. 90 s over 10 min" },
    { "time-source", "active", "around-rollover 5 s", NULL,
      "around-rollover is for pools alone; none, always, a .. b, daily HH:MM for T, every T for T" },
    { "event", "do", "stop engines[0..3], trucks command ,relay", "engines[0..3],trucks|command,relay", NULL },
    { "event", "do", "revoke engines[ 0 .. 3 ]  command", "engines[ 0 .. 3 ]|command", NULL },
    { "event", "do", "pkmf-down east", "east", NULL },
    { "event", "do", "revoke engines[1]", NULL, "1 argument; revoke UES DISCOVERIES" },
    { "event", "do", "pkmf-up", NULL, "0 arguments; pkmf-up PKMF" },
    { "event", "do", "power engines off", "engines|off", NULL },
    { "event", "do", "coverage engines", NULL, "1 argument; coverage UES in|out" },
    { "event", "do", "explode engines", NULL, "unknown action \"explode\"; the nearest is revoke" },
    { "profile", "receive-key", "clock", "clock", NULL },
    { "profile", "receive-key", "luck", NULL, "unknown; one of counter, clock" },
    { "profile", "fc-mic", "0x1ff", NULL, "unknown; 0x00 .. 0xff" },
};

START_TEST(a_value_is_read_by_its_type_and_range)
{
    static const ProseTimeUnits units = { .period_s = 0.32, .cryptoperiod_s = 3600 };
    const ProseSetting *s = prose_setting_find(values[_i].section, values[_i].key);
    g_autofree char *wrong = NULL, *got = NULL;
    ProseValue v = { 0 };

    ck_assert_ptr_nonnull(s);
    if (prose_setting_parse(s, values[_i].text, &units, &v, &wrong)) {
        got = show(s, &v);
        prose_value_clear(&v);
    }
    ck_assert_pstr_eq(wrong, values[_i].wrong);
    ck_assert_pstr_eq(got, values[_i].want);
}
END_TEST

START_TEST(quotes_hold_a_value_together)
{
    const ProseSetting *s = prose_setting_find("pkmf", "fqdn");
    g_autofree char *wrong = NULL;
    ProseValue v = { 0 };

    ck_assert(prose_setting_parse(s, "\"a.example\"", NULL, &v, &wrong));
    ck_assert_str_eq(v.text, "a.example");
    prose_value_clear(&v);
}
END_TEST

START_TEST(every_row_of_the_table_is_whole)
{
    size_t n;
    const ProseSetting *rows = prose_settings_table(&n);

    for (size_t i = 0; i < n; i++) {
        const ProseSetting *s = &rows[i];
        g_autofree char *range = prose_setting_range(s), *wrong = NULL;

        ck_assert_msg(prose_section_kind_find(s->section), "[%s]", s->section);
        ck_assert_msg(prose_setting_find(s->section, s->key) == s, "[%s] %s is there twice", s->section, s->key);
        ck_assert_msg(s->sentence && *s->sentence && g_str_has_suffix(s->sentence, "."), "[%s] %s has no sentence",
                      s->section, s->key);
        ck_assert_ptr_nonnull(s->clause);
        ck_assert_ptr_nonnull(prose_setting_type_name(s->type));
        ck_assert_msg(!s->unless || g_strcmp0(prose_setting_find(s->section, s->unless)->unless, s->key) == 0,
                      "[%s] %s", s->section, s->key);
        ck_assert_msg(!s->with || prose_setting_find(s->section, s->with), "[%s] %s", s->section, s->key);
        if (s->type == PROSE_SETTING_REFERENCE || s->type == PROSE_SETTING_REFERENCES)
            ck_assert_msg(prose_section_kind_find(s->values) != NULL, "[%s] %s", s->section, s->key);
    }
}
END_TEST

/* Every default that stands for itself is a value that its own row takes. */
START_TEST(every_default_is_allowed)
{
    size_t n_kinds;
    const ProseSectionKind *kinds = prose_section_kinds(&n_kinds);

    for (size_t k = 0; k < n_kinds; k++) {
        const GPtrArray *rows = prose_settings_of(kinds[k].kind);

        for (guint i = 0; i < rows->len; i++) {
            const ProseSetting *s = rows->pdata[i];
            g_autofree char *wrong = NULL;
            ProseValue v = { 0 };

            if (!s->fallback || !*s->fallback || strcmp(s->fallback, PROSE_FALLBACK_UTC_START) == 0
                || strcmp(s->fallback, PROSE_FALLBACK_TIME_ERROR) == 0)
                continue;
            ck_assert_msg(prose_setting_parse(s, s->fallback, NULL, &v, &wrong), "[%s] %s = %s: %s", s->section, s->key,
                          s->fallback, wrong);
            prose_value_clear(&v);
        }
    }
}
END_TEST

START_TEST(every_promised_key_is_known)
{
    static const char *const promised[] = {
        "simulation.duration", "simulation.warm-up", "simulation.utc-start", "simulation.seed", "simulation.run", "simulation.stop-when",
        "profile.counter-lsb", "profile.scrambling-prefix", "profile.scrambling-counter", "profile.counter-epoch", "profile.fc-mic",
        "profile.psdk-selector", "profile.empty-mic", "profile.receive-key", "profile.scrambling-required", "profile.repeated",
        "output.step", "output.samples", "output.series", "output.histograms",
        "radio.area", "radio.propagation", "radio.reception", "radio.tx-power", "radio.range", "radio.noise-figure", "radio.sensitivity", "radio.carrier",
        "pool.period", "pool.subframes", "pool.subframe-bitmap", "pool.repetitions", "pool.resources-per-subframe", "pool.prb-num",
        "pool.prb-start", "pool.prb-end", "pool.retransmissions", "pool.tx-probability", "pool.coverage", "pool.active",
        "cell.position", "cell.coverage", "cell.time-source", "cell.pdn",
        "time-source.kind", "time-source.error", "time-source.set-from", "time-source.since-set", "time-source.drift", "time-source.area",
        "time-source.active",
        "prose-function.pkmfs", "prose-function.fqdn", "prose-function.service-time", "prose-function.outage",
        "pkmf.fqdn", "pkmf.max-offset", "pkmf.workers", "pkmf.service-time-tls", "pkmf.service-time-request", "pkmf.service-time-delivery",
        "pkmf.issue-pmk-every", "pkmf.queue-limit", "pkmf.retry-after", "pkmf.delivery-pace", "pkmf.outage", "pkmf.restart-keeps-state",
        "discovery.discovery-group-id", "discovery.relay-service-code", "discovery.pkmf", "discovery.scrambling", "discovery.mic",
        "discovery.encrypted-bits-mask", "discovery.cryptoperiod", "discovery.first-start", "discovery.lead", "discovery.keys",
        "discovery.max-offset", "discovery.lead-spread", "discovery.keys-ahead", "discovery.keep-past", "discovery.overlap",
        "discovery.successor-check", "discovery.successor-retry", "discovery.emergency",
        "group-key.group-id", "group-key.pkmf",
        "pdn.kind", "pdn.ue-rate", "pdn.gateway-rate-up", "pdn.gateway-rate-down", "pdn.gateways", "pdn.delay", "pdn.loss", "pdn.burst-loss",
        "pdn.outage", "pdn.release",
        "ue-group.count", "ue-group.announce", "ue-group.monitor", "ue-group.solicit", "ue-group.respond", "ue-group.hold", "ue-group.pdn",
        "ue-group.authorised", "ue-group.scrambling-supported", "ue-group.pkmf-known", "ue-group.power-on", "ue-group.placement",
        "ue-group.mobility", "ue-group.time-sources", "ue-group.prose-clock-drift", "ue-group.rtc-drift", "ue-group.coverage",
        "ue-group.off-network", "ue.pdn", "adversary.kind", "event.at", "event.do",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(promised); i++) {
        g_auto(GStrv) parts = g_strsplit(promised[i], ".", 2);

        ck_assert_msg(prose_setting_find(parts[0], parts[1]) != NULL, "%s", promised[i]);
    }
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *tc = tcase_create("settings");

    tcase_add_loop_test(tc, a_value_is_read_by_its_type_and_range, 0, G_N_ELEMENTS(values));
    tcase_add_test(tc, quotes_hold_a_value_together);
    tcase_add_test(tc, every_row_of_the_table_is_whole);
    tcase_add_test(tc, every_default_is_allowed);
    tcase_add_test(tc, every_promised_key_is_known);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
