/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of every section, key and action; prose-settings.h says what the columns mean. */
#include "prose-settings-internal.h"

#include "prose-pkmf.h"

#include <math.h>
#include <string.h>

#define CR "TS 33.303 6.6.4.2.2"
#define DELIVERY "TS 33.303 6.6.4.2.3"
#define POOL36 "TS 36.331 SL-DiscResourcePool"
#define CONFIG "TS 33.303 6.6.3"
#define YEARS (3650 * 86400.0)

static const ProseSectionKind kinds[] = {
    { "simulation", PROSE_SECTION_NAMELESS, NULL, false, "How long, from which instant, with which random numbers." },
    { "profile", PROSE_SECTION_NAMELESS, NULL, false, "Choices that the standard's readable text left open." },
    { "output", PROSE_SECTION_NAMELESS, NULL, false, "Time series, samples and histograms beside the totals." },
    { "radio", PROSE_SECTION_NAMELESS, NULL, false, "The place, and how power and reception are worked out." },
    { "pool", PROSE_SECTION_MAY_BE_NAMED, NULL, false, "A discovery resource pool; up to four, each for UEs in coverage, out of it, or both." },
    { "cell", PROSE_SECTION_NAMED, NULL, false, "A cell that gives coverage, system time and access to a network." },
    { "time-source", PROSE_SECTION_NAMED, NULL, false,
      "Where UEs take system UTC from, and how wrong it is. Without any such section there are sib16, exact, and rtc, set from it." },
    { "prose-function", PROSE_SECTION_NAMED, NULL, false, "The ProSe Function, which tells UEs their PKMFs over PC3." },
    { "pkmf", PROSE_SECTION_NAMED, NULL, false, "A ProSe Key Management Function." },
    { "discovery", PROSE_SECTION_NAMED, NULL, false,
      "A group or relay discovery: one identity, one PKMF, its protection and its key periods." },
    { "group-key", PROSE_SECTION_NAMED, NULL, false, "A group whose PGK is asked for beside PSDKs; UEs name it under hold." },
    { "pdn", PROSE_SECTION_NAMED, NULL, false, "A packet data network that UEs reach PKMFs and ProSe Function through." },
    { "ue-group", PROSE_SECTION_NAMED, NULL, false, "UEs that are alike." },
    { "ue", PROSE_SECTION_SELECTION, "ue-group", false,
      "Overrides keys of a group for some of its UEs: [ue engines[3]], [ue engines[0..9]]; one UE gets a key from one such section only." },
    { "adversary", PROSE_SECTION_NAMED, NULL, true, "An attacker on PC5." },
    { "event", PROSE_SECTION_NAMED, NULL, false,
      "Something that happens at one instant; at the same time, in the order of the file." },
    { "campaign", PROSE_SECTION_NAMELESS, NULL, false, "Which scenario is run how often; a campaign file.", true },
    { "sweep", PROSE_SECTION_NAMELESS, NULL, false,
      "What a campaign varies: NAME = a list of values, a .. b step d, or a .. b log n; a name with a dot is itself SECTION.KEY.", true },
    { "set", PROSE_SECTION_NAMELESS, NULL, false,
      "Where a campaign puts what it varies: SECTION.KEY = a value with $NAME in it, as -s takes it.", true },
};

#define PLANNED(s, k, t, ...) { .section = s, .key = k, .type = PROSE_SETTING_##t, .planned = true, __VA_ARGS__ }
#define KEY(s, k, t, ...) { .section = s, .key = k, .type = PROSE_SETTING_##t, __VA_ARGS__ }
#define ROLE(k, c, ...) KEY("ue-group", k, REFERENCES, .values = "discovery", .fallback = "none", .clause = c, __VA_ARGS__)

static const ProseSetting table[] = {
    KEY("simulation", "duration", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "120 s", .low = 0,
        .above_low = true, .high = YEARS,
        .clause = "", .sentence = "Simulated time from start to end."),
    KEY("simulation", "warm-up", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = YEARS,
        .clause = "", .sentence = "Counting starts here; an item belongs where its slot or request starts."),
    KEY("simulation", "utc-start", DATETIME, .fallback = "2026-06-01T08:00:00Z",
        .clause = "rules T3", .sentence = "UTC at simulated time zero."),
    KEY("simulation", "seed", INTEGER, .fallback = "1", .low = 1, .high = 4294944442.0,
        .clause = "", .sentence = "Seed of ns-3's generator; --seed overrides it."),
    KEY("simulation", "run", INTEGER, .fallback = "1",
        .clause = "", .sentence = "Number of the replication: other random numbers of the same seed; --run overrides it."),
    KEY("simulation", "stop-when", CHOICE, .values = "duration, all-discovered", .fallback = "duration",
        .clause = "", .sentence = "all-discovered: the run ends as soon as every UE has heard every other sender of its discoveries; "
        "at the latest with the duration."),

    KEY("output", "step", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "10 s", .low = 0, .above_low = true, .high = YEARS,
        .clause = "", .sentence = "Distance of the points of a time series, from the end of the warm-up on."),
    KEY("output", "samples", CHOICES, .values = DISTRIBUTIONS, .fallback = "none",
        .clause = "", .sentence = "Distributions whose values are written one by one into results.sqlite, with UE, peer and key period."),
    KEY("output", "series", CHOICES, .values = SERIES, .fallback = "none",
        .clause = "", .sentence = "What is written as time series into results.sqlite; `describe series` tells what each counts."),
    KEY("output", "histograms", CHOICES, .values = DISTRIBUTIONS, .fallback = "none",
        .clause = "", .sentence = "Distributions that are written as histograms into results.sqlite: ten bins a decade, periods one by one."),

    KEY("radio", "area", AREA, .fallback = "1000 m x 1000 m",
        .clause = "", .sentence = "The rectangle that UEs are placed and move in: width x height."),
    KEY("radio", "propagation", PROPAGATION, .fallback = "itu-r-1411-los", .unless = "range",
        .clause = "", .sentence = "Loss between two UEs: a short name or ns-3's own words, chained with \" + \"."),
    KEY("radio", "reception", CHOICE, .values = "sinr, collision", .fallback = "sinr",
        .clause = "", .sentence = "What an overlap in a resource does: the stronger may be received (sinr), or all are lost (collision)."),
    KEY("radio", "bler", CHOICE, .values = "threshold, curve", .fallback = "threshold", .with = "reception", .with_value = "sinr",
        .clause = "", .sentence = "What a SINR means: decoded from 1.7 dB on (threshold), or as often as link-level results say (curve, "
        "NISTIR 8157), by a draw for each copy at each receiver."),
    KEY("radio", "tx-power", QUANTITY, .dimension = PROSE_DIM_POWER, .fallback = "23 dBm", .low = -60, .high = 60,
        .clause = "", .sentence = "Transmit power of a UE in its two PRB."),
    KEY("radio", "range", QUANTITY, .dimension = PROSE_DIM_LENGTH, .values = "unlimited", .fallback = "", .low = 0.001, .high = 1e9,
        .unless = "propagation", .clause = "",
        .sentence = "A disc instead of a propagation model: up to this distance nothing is lost of the power, beyond it all; unlimited: "
        "everybody hears everybody."),
    KEY("radio", "noise-figure", QUANTITY, .dimension = PROSE_DIM_LEVEL, .fallback = "9 dB", .low = 0, .high = 60,
        .clause = "TS 36.101 7.3", .sentence = "What a UE's receiver adds to the thermal noise of two PRB."),
    KEY("radio", "sensitivity", QUANTITY, .dimension = PROSE_DIM_POWER, .values = "noise-limited", .fallback = "noise-limited",
        .low = -200, .high = 60,
        .clause = "TS 36.101 7.3", .sentence = "Received power below which a message is weak; noise-limited: what a lone message needs to be decoded."),
    KEY("radio", "carrier", QUANTITY, .dimension = PROSE_DIM_FREQUENCY, .fallback = "793 MHz", .low = 1e6, .high = 1e11,
        .clause = "", .sentence = "Carrier frequency, for propagation models that know one."),
    KEY("radio", "grid", CHOICE, .values = "on, off", .fallback = "on",
        .clause = "", .sentence = "Look for pairs in range by place and not among all; off gives the same, slowly."),
    KEY("radio", "memo", CHOICE, .values = "on, off", .fallback = "on",
        .clause = "", .sentence = "Verify a message once for all receivers that would find the same; off gives the same, slowly."),

    KEY("pool", "period", PERIOD, .fallback = "rf32",
        .clause = POOL36, .sentence = "Discovery period in radio frames of 10 ms."),
    KEY("pool", "subframes", INTEGER, .fallback = "5", .low = 1, .high = PROSE_POOL_MAX_SUBFRAMES, .unless = "subframe-bitmap",
        .clause = "TS 36.213 14.3.3", .sentence = "Lpool: subframes of the pool at the start of a period, before retransmissions share them."),
    KEY("pool", "subframe-bitmap", BITMAP, .fallback = "", .unless = "subframes",
        .clause = POOL36, .sentence = "Which subframes are the pool's, one digit a subframe, instead of a number of them."),
    KEY("pool", "repetitions", INTEGER, .fallback = "1", .low = 1, .high = 50, .with = "subframe-bitmap",
        .clause = POOL36, .sentence = "numRepetition: how often the bitmap is repeated from the start of a period."),
    KEY("pool", "resources-per-subframe", INTEGER, .fallback = "10", .low = 1, .high = 50, .unless = "prb-num",
        .clause = "TS 36.213 14.3.1", .sentence = "Nf: pairs of PRB side by side in a subframe."),
    KEY("pool", "prb-num", INTEGER, .fallback = "", .low = 1, .high = 100, .unless = "resources-per-subframe",
        .clause = POOL36, .sentence = "PRB upwards from prb-start and as many downwards from prb-end, instead of a number of resources."),
    KEY("pool", "prb-start", INTEGER, .low = 0, .high = 99, .with = "prb-num",
        .clause = POOL36, .sentence = "First PRB of the pool's lower part."),
    KEY("pool", "prb-end", INTEGER, .low = 0, .high = 99, .with = "prb-num",
        .clause = POOL36, .sentence = "Last PRB of the pool's upper part."),
    KEY("pool", "retransmissions", INTEGER, .fallback = "0", .low = 0, .high = PROSE_POOL_MAX_RETRANSMISSIONS,
        .clause = POOL36, .sentence = "numRetx: how often a message is sent again in its period."),
    KEY("pool", "tx-probability", PROBABILITY, .fallback = "1", .low = 0, .above_low = true, .high = 1,
        .clause = POOL36, .sentence = "Probability that a UE uses its slot of a period."),
    KEY("pool", "coverage", CHOICES, .values = "in, out", .fallback = "in, out", .clause = POOL36,
        .sentence = "Which UEs send in the pool: those in coverage, those out of it, or both; all UEs listen to it."),
    KEY("pool", "active", ACTIVITY, .values = "around-rollover", .fallback = "always", .clause = "",
        .sentence = "When PC5 is simulated at all: periods that begin in these times, the same for all UEs. around-rollover 60 s: that long before and "
                    "after each change of a discovery's key, each revocation, and each stop of a discovery with rollover-at-leave."),

    KEY("cell", "position", POINT, .clause = "", .sentence = "Where the cell stands, from the lower left of the area."),
    KEY("cell", "coverage", DISC, .values = "disc 600 m, everywhere", .fallback = "disc 600 m", .clause = "",
        .sentence = "Where a UE is in its coverage, around its position; the nearest of several cells serves."),
    KEY("cell", "time-source", REFERENCES, .values = "time-source", .fallback = "all", .clause = "rules T3",
        .sentence = "Sources of kind sib16 and nitz that are heard in it; none: it says no time."),
    KEY("cell", "pdn", REFERENCE, .values = "pdn", .fallback = "none", .clause = "TS 24.334 6.1.2",
        .sentence = "The network it gives access to: a UE of that network has its PDN connection only while such a cell serves it."),
    KEY("time-source", "kind", CHOICE, .values = "sib16, gnss, nitz, rtc", .clause = "rules T3",
        .sentence = "SIB16 (10 ms) and NITZ (whole seconds) are heard in coverage, GNSS anywhere; an rtc is the UE's own real-time clock."),
    KEY("time-source", "error", TIME_ERROR, .dimension = PROSE_DIM_TIME, .fallback = PROSE_FALLBACK_TIME_ERROR, .clause = "rules T3",
        .sentence = "How far ahead of UTC it is: one draw a source (sib16), a UE (gnss) or a setting of a UE's clock (nitz, rtc); "
                    "a ramp begins when the source does."),
    KEY("time-source", "set-from", REFERENCE, .values = "time-source", .fallback = "none", .clause = "rules T3",
        .sentence = "What a real-time clock is set from: with SIB16 and GNSS until they fall silent, with NITZ when it begins to be heard."),
    KEY("time-source", "since-set", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = YEARS,
        .clause = "rules T3", .sentence = "How long before the start a real-time clock was last set."),
    KEY("time-source", "drift", DISTRIBUTION, .dimension = PROSE_DIM_DRIFT, .fallback = "", .low = -100000, .high = 100000,
        .clause = "rules T3", .sentence = "How fast a real-time clock runs, if not as the UE's oscillator or rtc-drift."),
    KEY("time-source", "area", DISC, .values = "everywhere, disc 600 m at 100 m 200 m", .fallback = "everywhere", .clause = "",
        .sentence = "Where it is heard; a cell's coverage limits sib16 and nitz too."),
    KEY("time-source", "active", ACTIVITY, .fallback = "always", .clause = "", .sentence = "When it is heard, by all UEs."),

    KEY("prose-function", "pkmfs", REFERENCES, .values = "pkmf", .fallback = "all",
        .clause = CONFIG, .sentence = "PKMFs it names to UEs that ask."),
    KEY("prose-function", "fqdn", FQDN, .fallback = "prose-function.NAME.example",
        .clause = "TS 24.334 6.1.2", .sentence = "Its name in the network."),
    KEY("prose-function", "service-time", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "exponential 1 ms",
        .low = 0, .high = INFINITY,
        .clause = "", .sentence = "How long it works on one request."),
    KEY("prose-function", "outage", ACTIVITY, .fallback = "none",
        .clause = "", .sentence = "When it is down: connections end and none is accepted."),

    KEY("pkmf", "fqdn", FQDN, .fallback = "pkmf.NAME.example",
        .clause = CR, .sentence = "Its name in the network, and its identity in MIKEY."),
    KEY("pkmf", "max-offset", SECONDS, .fallback = "32 s", .low = 0, .high = 127,
        .clause = CR ", rules T1", .sentence = "MAX_OFFSET: how far the counter of a slot may be from the ProSe clock."),
    KEY("pkmf", "workers", INTEGER, .fallback = "4", .low = 1, .high = 100000,
        .clause = "", .sentence = "How many jobs it works on at a time; others wait."),
    KEY("pkmf", "service-time-tls", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "exponential 2 ms", .low = 0,
        .high = INFINITY,
        .clause = "", .sentence = "How long a TLS handshake keeps a worker."),
    KEY("pkmf", "service-time-request", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "exponential 1 ms",
        .low = 0, .high = INFINITY,
        .clause = "", .sentence = "How long a Key Request keeps a worker."),
    KEY("pkmf", "service-time-delivery", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "200 us", .low = 0,
        .high = INFINITY,
        .clause = "", .sentence = "How long making one MIKEY delivery keeps a worker."),
    KEY("pkmf", "issue-pmk-every", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "24 h", .low = 0,
        .above_low = true, .high = YEARS,
        .clause = CR ", rules R8", .sentence = "Age at which a UE's PMK is replaced with its next Key Response."),
    KEY("pkmf", "queue-limit", INTEGER, .values = "unlimited", .fallback = "unlimited", .low = 1, .high = 1e9,
        .clause = "rules R2", .sentence = "A Key Request that finds so many jobs waiting is answered with 503."),
    KEY("pkmf", "retry-after", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = 31536000,
        .clause = "rules R2", .sentence = "How long such an answer asks the UE to wait, rounded up to whole seconds; at 0 s it does not say, and the UE waits as after silence."),
    KEY("pkmf", "delivery-pace", QUANTITY, .dimension = PROSE_DIM_RATE, .values = "unlimited", .fallback = "unlimited", .low = 0,
        .above_low = true, .high = 1e6,
        .clause = "rules M1", .sentence = "Deliveries of one rollover of a discovery a second; those sent again, and those a UE has asked for, are not held back."),
    KEY("pkmf", "outage", ACTIVITY, .fallback = "none",
        .clause = "rules R2", .sentence = "When it is down: connections end, none is accepted, nothing is delivered."),
    KEY("pkmf", "restart-keeps-state", YES_NO, .fallback = "yes",
        .clause = "", .sentence = "Whether stored sets, addresses, PMKs and open deliveries survive an outage; keys and authorisations do."),

    KEY("discovery", "discovery-group-id", ID24, .unless = "relay-service-code",
        .clause = "TS 24.334 12.2.2", .sentence = "Makes it a group discovery of this Discovery Group ID, 24 bits."),
    KEY("discovery", "relay-service-code", ID24, .unless = "discovery-group-id",
        .clause = "TS 24.334 12.2.2", .sentence = "Makes it a relay discovery of this Relay Service Code, 24 bits."),
    KEY("discovery", "keys", CHOICE, .values = "fetched, provisioned", .fallback = "fetched",
        .clause = "rules T2", .sentence = "Whether UEs fetch keys from the PKMF, or begin with them, with MAX_OFFSET and with true UTC; "
        "a UE that is not authorised begins with no keys."),
    KEY("discovery", "pkmf", REFERENCE, .values = "pkmf", .fallback = "none",
        .clause = CR ", rules R6", .sentence = "The one PKMF that serves it; needed where keys are fetched."),
    KEY("discovery", "max-offset", SECONDS, .fallback = "32 s", .low = 0, .high = 127, .with = "keys", .with_value = "provisioned",
        .clause = CR ", rules T2", .sentence = "MAX_OFFSET where no PKMF gives it."),
    KEY("discovery", "scrambling", YES_NO, .fallback = "yes",
        .clause = "TS 33.303 6.1.3.4.3.5", .sentence = "Whether its messages are scrambled against tracking."),
    KEY("discovery", "mic", YES_NO, .fallback = "yes",
        .clause = "TS 33.303 6.1.3.4.3.2", .sentence = "Whether its messages carry a message integrity check."),
    KEY("discovery", "encrypted-bits-mask", MASK, .fallback = "bits 24..183",
        .clause = "TS 33.303 6.1.3.4.3.4",
        .sentence = "Content bits under message-specific confidentiality; bit 0 is the first. none: it is not used."),
    KEY("discovery", "policy", CHOICE, .values = "stress, daily, weekly, monthly", .fallback = "stress",
        .clause = "rules K2", .sentence = "Whose cryptoperiod and lead are the defaults of these keys; see `describe presets`."),
    KEY("discovery", "cryptoperiod", SECONDS, .fallback = "1 h", .low = 1, .high = YEARS,
        .clause = "rules K2", .sentence = "How long one PSDK is valid; longer than twice the max-offset."),
    KEY("discovery", "first-start", DATETIME, .fallback = PROSE_FALLBACK_UTC_START,
        .clause = "rules K2", .sentence = "When the first key period begins; the others abut."),
    KEY("discovery", "lead", SECONDS, .fallback = "10 min", .low = 0, .high = YEARS,
        .clause = "rules K2", .sentence = "How long before its start a key is delivered; shorter than the cryptoperiod."),
    KEY("discovery", "lead-spread", SPREAD, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = INFINITY,
        .clause = "rules K2", .sentence = "How much later than its lead says a UE is sent a key, always before its start: a draw for each UE and key; or a place in a time that each UE (hash) or each [ue-group] (by-group) has for good."),
    KEY("discovery", "keys-ahead", INTEGER, .fallback = "0", .low = 0, .high = PROSE_PKMF_KEYS_AHEAD_MAX,
        .clause = "rules K2, K5", .sentence = "Future keys that a Key Request brings along, however far off their lead is."),
    KEY("discovery", "keep-past", SECONDS, .fallback = "0 s", .low = 0, .high = YEARS,
        .clause = "rules K3", .sentence = "How long UEs keep a past key beyond MAX_OFFSET."),
    KEY("discovery", "overlap", SECONDS, .values = "max-offset", .fallback = "max-offset", .low = 0, .high = 127,
        .clause = "rules K1", .sentence = "By how much receivers widen a key's validity under receive-key = clock; at most the PKMF's max-offset."),
    KEY("discovery", "successor-check", SECONDS, .values = "automatic", .fallback = "automatic", .low = 1, .high = YEARS,
        .clause = "rules R1", .sentence = "How long before its last key ends a UE without a successor asks for it; at least twice the max-offset. automatic: a tenth of the cryptoperiod or half the lead, the shorter."),
    KEY("discovery", "successor-retry", SECONDS, .fallback = "60 s", .low = 1, .high = YEARS,
        .clause = "rules R1", .sentence = "How often it asks again."),
    KEY("discovery", "emergency", CHOICE, .values = "replace, none", .fallback = "replace",
        .clause = "rules K7", .sentence = "What a revocation does beside withdrawing the authorisation: the keys that the UE was given are replaced for the others, or they stay in use until they end."),
    KEY("discovery", "rollover-at-leave", YES_NO, .fallback = "no",
        .clause = "rules K7", .sentence = "Whether a UE that stops has the keys it was given replaced for the others, as a revocation does."),
    KEY("discovery", "additional-information-every", INTEGER, .values = "none", .fallback = "none", .low = 2, .high = 1e6,
        .clause = "TS 24.334 10A.2.1", .sentence = "In every Nth period relays that announce send relay discovery additional information instead, and who monitors receives it."),

    KEY("group-key", "group-id", ID24,
        .clause = "TS 33.303 6.2.3", .sentence = "The Group ID, 24 bits."),
    KEY("group-key", "pkmf", REFERENCE, .values = "pkmf",
        .clause = CR, .sentence = "The PKMF that serves it."),
    KEY("group-key", "algorithms", ALGORITHMS, .fallback = "eea0, eea1, eea2, eea3",
        .clause = "TS 33.303 6.2.3", .sentence = "Encryption algorithms the group may use; the PKMF picks one that the UE has."),
    KEY("group-key", "cryptoperiod", SECONDS, .fallback = "1 h", .low = 1, .high = YEARS,
        .clause = "rules K2", .sentence = "How long one PGK is valid; longer than twice the PKMF's max-offset."),
    KEY("group-key", "first-start", DATETIME, .fallback = PROSE_FALLBACK_UTC_START,
        .clause = "rules K2", .sentence = "When the first key period begins; the others abut."),
    KEY("group-key", "lead", SECONDS, .fallback = "10 min", .low = 0, .high = YEARS,
        .clause = "rules K2", .sentence = "How long before its start a key is delivered; shorter than the cryptoperiod."),

    KEY("pdn", "kind", CHOICE, .values = "modelled, lte (planned)", .fallback = "modelled",
        .clause = "", .sentence = "A modelled shared access; ns-3's own LTE EPC is planned."),
    KEY("pdn", "ue-rate", QUANTITY, .dimension = PROSE_DIM_BITRATE, .values = "unlimited", .fallback = "10 Mbit/s",
        .low = 1, .high = 1e12,
        .clause = "", .sentence = "Rate of one UE's access, each way."),
    KEY("pdn", "gateway-rate-up", QUANTITY, .dimension = PROSE_DIM_BITRATE, .values = "unlimited",
        .fallback = "unlimited", .low = 1, .high = 1e12,
        .clause = "", .sentence = "Rate that all UEs of a gateway share upwards."),
    KEY("pdn", "gateway-rate-down", QUANTITY, .dimension = PROSE_DIM_BITRATE, .values = "unlimited",
        .fallback = "unlimited", .low = 1, .high = 1e12,
        .clause = "", .sentence = "Rate that all UEs of a gateway share downwards."),
    KEY("pdn", "gateways", INTEGER, .fallback = "1", .low = 1, .high = 250,
        .clause = "", .sentence = "How many gateways its UEs are spread over; each has 65 000 addresses."),
    KEY("pdn", "delay", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "20 ms", .low = 0, .high = 60,
        .clause = "", .sentence = "Delay between UE and gateway, one way."),
    KEY("pdn", "loss", QUANTITY, .dimension = PROSE_DIM_FRACTION, .fallback = "0.1 %", .low = 0, .high = 1,
        .clause = "", .sentence = "Share of packets lost on a UE's access, each way."),
    KEY("pdn", "burst-loss", BURSTS, .fallback = "none",
        .clause = "", .sentence = "The share of time in which a UE's access loses every packet, and how long such a burst lasts on average (two states, Gilbert-Elliott); loss is beside it."),
    KEY("pdn", "outage", ACTIVITY, .fallback = "none",
        .clause = "", .sentence = "When packets of all its UEs vanish; their addresses stay."),
    KEY("pdn", "release", INSTANTS, .fallback = "none",
        .clause = CR, .sentence = "When the network releases a UE's PDN connection; another address follows, which the UE announces."),

    KEY("ue-group", "count", INTEGER, .fallback = "40", .low = 1, .high = 1000000,
        .clause = "", .sentence = "How many UEs."),
    ROLE("announce", "TS 24.334 10A.2", .sentence = "Discoveries it announces itself in (Model A)."),
    ROLE("monitor", "TS 24.334 10A.2", .sentence = "Discoveries it listens for announcements in (Model A)."),
    ROLE("solicit", "TS 24.334 10A.2", .sentence = "Discoveries it asks in (Model B, discoverer)."),
    ROLE("respond", "TS 24.334 10A.2", .sentence = "Discoveries it answers in (Model B, discoveree)."),
    ROLE("hold", CR, .sentence = "Discoveries and group keys it only fetches keys of."),
    KEY("ue-group", "pdn", REFERENCE, .values = "pdn", .fallback = "none",
        .clause = "TS 24.334 6.1.2", .sentence = "The network it has a PDN connection to; without one it gets no keys."),
    KEY("ue-group", "authorised", REFERENCES, .values = "discovery", .fallback = "all",
        .clause = CR ", rules R5", .sentence = "Discoveries and group keys it is authorised for; none: it is no public safety subscriber at all."),
    KEY("ue-group", "scrambling-supported", YES_NO, .fallback = "yes",
        .clause = CR ", rules R4", .sentence = "What its public safety discovery security capabilities say."),
    KEY("ue-group", "pkmf-known", CHOICE, .values = "provisioned, prose-function", .fallback = "provisioned",
        .clause = CR, .sentence = "Whether it knows its PKMFs beforehand or asks the ProSe Function."),
    KEY("ue-group", "power-on", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = INFINITY,
        .clause = "", .sentence = "When it is switched on; all at the start by default, uniform a b spreads the load."),
    KEY("ue-group", "placement", PLACEMENT, .fallback = "uniform",
        .clause = "", .sentence = "Where it starts: by chance in the area, on a grid with this distance, at a point from the lower left, or as a CSV file "
                    "says whose first line is ue,x,y or group,member,x,y, either with ,z."),
    KEY("ue-group", "mobility", MOBILITY, .fallback = "random-waypoint 1..3 m/s",
        .clause = "", .sentence = "How it moves; ns-3's own models by their names; ns2: a movement trace as SUMO exports it, whose $node_(NODE), else "
                    "$node_(0), is the group's first."),
    KEY("ue-group", "prose-clock-drift", DISTRIBUTION, .dimension = PROSE_DIM_DRIFT,
        .fallback = "normal 0 2 ppm 10 ppm", .low = -100000, .high = 100000,
        .clause = "rules T1", .sentence = "How fast its ProSe clock runs after it is set; positive is fast."),
    KEY("ue-group", "time-sources", REFERENCES, .values = "time-source", .fallback = "all", .clause = "rules T3",
        .sentence = "Sources of system UTC in order of preference, of which it uses the first that it hears; all: first sib16, then gnss, "
                    "nitz, rtc."),
    KEY("ue-group", "rtc-drift", DISTRIBUTION, .dimension = PROSE_DIM_DRIFT, .fallback = "", .low = -100000, .high = 100000,
        .clause = "rules T3", .sentence = "Drift of its real-time clock, which otherwise runs on the oscillator of the ProSe clock."),
    KEY("ue-group", "coverage", CHOICE, .values = "in, out, cells", .fallback = "cells", .clause = "",
        .sentence = "Whether it starts in coverage; cells: where a [cell ...] covers it, everywhere without any cell."),
    KEY("ue-group", "off-network", ACTIVITY, .values = PROSE_SETTING_BY_CHANCE, .fallback = "none",
        .clause = CR, .sentence = "When it is out of the reach of any network: no PDN connection, PC5 as ever. Back, it asks for the keys it missed. "
                            "It and pdn-outage are the two times of activity that also take every DIST for DIST."),
    KEY("ue-group", "pdn-outage", ACTIVITY, .values = PROSE_SETTING_BY_CHANCE, .fallback = "none",
        .clause = "", .sentence = "When packets from and to it vanish while its address stays: an outage of its cell."),
    KEY("ue-group", "request-jitter", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = INFINITY,
        .clause = "rules R1", .sentence = "How long its first requests on each new PDN connection wait, so that UEs that come together do not ask together."),
    KEY("ue-group", "request-timeout", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "5 s", .low = 0.001, .high = 86400,
        .clause = "rules R2", .sentence = "How long it waits for a server's response, connection and TLS included, before it closes and tries again."),
    KEY("ue-group", "back-off", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "2 s", .low = 0.001, .high = 86400,
        .clause = "rules R2", .sentence = "How long it waits after a first failure, of a request or of opening a PDN connection; twice as long after each "
                    "of the next three. A server's Retry-After replaces it."),
    KEY("ue-group", "back-off-steady", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "60 s", .low = 0.001, .high = 86400,
        .clause = "rules R2", .sentence = "How long it waits after the fifth failure and each later one. A server's Retry-After replaces it."),

    PLANNED("adversary", "kind", CHOICE, .values = "replayer, forger, tamperer, impersonator, tracker, false-time",
            .clause = "rules P3", .sentence = "What it tries."),

    KEY("event", "at", QUANTITY, .dimension = PROSE_DIM_TIME, .low = 0, .high = YEARS,
        .clause = "", .sentence = "When, in simulated time."),
    KEY("event", "do", ACTION,
        .clause = "", .sentence = "What, to whom: an action and its arguments, see `describe actions`."),

    KEY("campaign", "scenario", WORDS,
        .clause = "", .sentence = "The scenario's file, from where the campaign file is."),
    KEY("campaign", "seed", INTEGER, .fallback = "1", .low = 1, .high = 4294944442.0,
        .clause = "", .sentence = "Seed of every run."),
    KEY("campaign", "runs", WORDS, .fallback = "1",
        .clause = "", .sentence = "Run numbers of each point, as 1..10 or a list: equal numbers are common random numbers."),
    KEY("campaign", "max-runs", INTEGER, .fallback = "", .low = 1, .high = 10000, .with = "stop-when",
        .clause = "", .sentence = "How many runs a point may get until stop-when holds."),
    KEY("campaign", "stop-when", WORDS, .fallback = "",
        .clause = "", .sentence = "half-width METRIC < 5 % at 95 %: looked at after 10, 20, ... runs of a point, half its interval against its mean."),
    KEY("campaign", "zip", WORDS, .fallback = "",
        .clause = "", .sentence = "Names of [sweep] that move together, with blanks; several such groups with commas."),
    KEY("campaign", "require", WORDS, .fallback = "",
        .clause = "", .sentence = "Comparisons that a point has to fulfil, as $lead < $cryptoperiod, with and, or; others are listed, not run."),
    KEY("campaign", "timeout", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "", .low = 0, .above_low = true, .high = YEARS,
        .clause = "", .sentence = "Wall-clock time after which a run is ended and recorded as timeout."),
    KEY("campaign", "keep", WORDS, .fallback = "metrics, rollovers, series",
        .clause = "", .sentence = "What is taken over from each run: metrics, histograms, samples, series, ues, rollovers, pool-periods, or all."),
};

static const ProseActionRow actions[] = {
    { "network-releases-pdn", "UES", PROSE_ACTION_NETWORK_RELEASES_PDN, false, CR,
      "The network releases the PDN connection; the UE gets another address and announces it with a Key Request." },
    { "ue-releases-pdn", "UES", PROSE_ACTION_UE_RELEASES_PDN, false, CR ", rules R7",
      "The user wants to release the PDN connection, which waits until each PKMF knows that no more keys are wanted." },
    { "start", "UES DISCOVERIES", PROSE_ACTION_START, false, CR,
      "The user takes part (again) in these discoveries." },
    { "stop", "UES DISCOVERIES", PROSE_ACTION_STOP, false, CR ", rules K6",
      "The user takes no part any more; the UE asks for no more keys, keys it holds stay usable." },
    { "revoke", "UES DISCOVERIES", PROSE_ACTION_REVOKE, false, CR ", rules K7",
      "The PKMF withdraws authorisation; keys already delivered stay with the UE." },
    { "authorise", "UES DISCOVERIES", PROSE_ACTION_AUTHORISE, false, CR,
      "The PKMF authorises the UEs from now on." },
    { "pkmf-down", "PKMF", PROSE_ACTION_PKMF_DOWN, false, "",
      "The PKMF stops: connections end, nothing is delivered." },
    { "pkmf-up", "PKMF", PROSE_ACTION_PKMF_UP, false, "",
      "The PKMF is back, with the state it had or without: see its restart-keeps-state." },
    { "coverage", "UES in|out", PROSE_ACTION_COVERAGE, false, "",
      "UEs leave coverage wherever they are, or come back into it: among cells, to where a cell covers them." },
    { "power", "UES on|off", PROSE_ACTION_POWER, false, "rules K6",
      "UEs are switched off, which ends TCP in silence, releases the PDN connection and wipes their keys; or on, and begin anew." },
    { "set-clock", "UES TIME", PROSE_ACTION_SET_CLOCK, false, "rules T3",
      "The UEs' real-time clocks are set by hand to this instant in UTC; what they are set from sets them again when it is next heard." },
};

static const ProsePolicyPreset policies[] = {
    { "stress", { { "cryptoperiod", "1 h" }, { "lead", "10 min" } }, "A key an hour: to see many rollovers in a short run." },
    { "daily", { { "cryptoperiod", "1 d" }, { "lead", "12 h" } }, "A key a day, delivered one shift off the network ahead." },
    { "weekly", { { "cryptoperiod", "7 d" }, { "lead", "24 h" } }, "A key a week, delivered a day ahead, about what neighbouring systems do." },
    { "monthly", { { "cryptoperiod", "30 d" }, { "lead", "24 h" } }, "A key a month, as user keys of mission critical services have, delivered a day ahead." },
};

const ProsePolicyPreset *
prose_policy_presets(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(policies);
    return policies;
}

const char *
prose_policy_preset_text(const char *policy, const char *key)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(policies[i].values) && policies[i].values[k].key; k++) {
            if (strcmp(policies[i].name, policy) == 0 && strcmp(policies[i].values[k].key, key) == 0)
                return policies[i].values[k].text;
        }
    }
    return NULL;
}

const ProseSectionKind *
prose_section_kinds(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(kinds);
    return kinds;
}

const ProseSetting *
prose_settings_table(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(table);
    return table;
}

const ProseActionRow *
prose_actions(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(actions);
    return actions;
}
