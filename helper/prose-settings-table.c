/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of every section, key and action; prose-settings.h says what the columns mean. */
#include "prose-settings.h"

#include <math.h>

#define CR "TS 33.303 6.6.4.2.2"
#define DELIVERY "TS 33.303 6.6.4.2.3"
#define POOL36 "TS 36.331 SL-DiscResourcePool"
#define CONFIG "TS 33.303 6.6.3"
#define YEARS (3650 * 86400.0)

static const ProseSectionKind kinds[] = {
    { "simulation", PROSE_SECTION_NAMELESS, NULL, false, "How long, from which instant, with which random numbers." },
    { "profile", PROSE_SECTION_NAMELESS, NULL, false, "Choices that the standard's readable text left open." },
    { "output", PROSE_SECTION_NAMELESS, NULL, true, "Time series, samples and histograms beside the totals." },
    { "radio", PROSE_SECTION_NAMELESS, NULL, false, "The place, and how power and reception are worked out." },
    { "pool", PROSE_SECTION_MAY_BE_NAMED, NULL, false, "The discovery resource pool; up to four of them are planned." },
    { "cell", PROSE_SECTION_NAMED, NULL, true, "A cell that gives coverage and system time." },
    { "time-source", PROSE_SECTION_NAMED, NULL, true, "Where UEs take system UTC from, and how wrong it is." },
    { "prose-function", PROSE_SECTION_NAMED, NULL, false, "The ProSe Function, which tells UEs their PKMFs over PC3." },
    { "pkmf", PROSE_SECTION_NAMED, NULL, false, "A ProSe Key Management Function." },
    { "discovery", PROSE_SECTION_NAMED, NULL, false, "A group or relay discovery: one identity, one PKMF, its protection and its key periods." },
    { "group-key", PROSE_SECTION_NAMED, NULL, false, "A group whose PGK is asked for beside PSDKs; UEs name it under hold." },
    { "pdn", PROSE_SECTION_NAMED, NULL, false, "A packet data network that UEs reach PKMFs and ProSe Function through." },
    { "ue-group", PROSE_SECTION_NAMED, NULL, false, "UEs that are alike." },
    { "ue", PROSE_SECTION_SELECTION, "ue-group", false,
      "Overrides keys of a group for some of its UEs: [ue engines[3]], [ue engines[0..9]]; one UE gets a key from one such section only." },
    { "adversary", PROSE_SECTION_NAMED, NULL, true, "An attacker on PC5." },
    { "event", PROSE_SECTION_NAMED, NULL, false, "Something that happens at one instant; at the same time, in the order of the file." },
    { "campaign", PROSE_SECTION_NAMELESS, NULL, true, "Sweeps and replications of a scenario." },
    { "sweep", PROSE_SECTION_NAMELESS, NULL, true, "What a campaign varies." },
    { "set", PROSE_SECTION_NAMELESS, NULL, true, "Where a campaign puts what it varies." },
};

#define PLANNED(s, k, t, ...) { .section = s, .key = k, .type = PROSE_SETTING_##t, .planned = true, __VA_ARGS__ }
#define KEY(s, k, t, ...) { .section = s, .key = k, .type = PROSE_SETTING_##t, __VA_ARGS__ }
#define ROLE(k, c, ...) KEY("ue-group", k, REFERENCES, .values = "discovery", .fallback = "none", .clause = c, __VA_ARGS__)

static const ProseSetting table[] = {
    KEY("simulation", "duration", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "120 s", .low = 0, .above_low = true, .high = YEARS,
        .clause = "", .sentence = "Simulated time from start to end."),
    KEY("simulation", "warm-up", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "0 s", .low = 0, .high = YEARS,
        .clause = "", .sentence = "Counting starts here; an item belongs where its slot or request starts."),
    KEY("simulation", "utc-start", DATETIME, .fallback = "2026-06-01T08:00:00Z",
        .clause = "rules T3", .sentence = "UTC at simulated time zero."),
    KEY("simulation", "seed", INTEGER, .fallback = "1", .low = 1, .high = 4294944442.0,
        .clause = "", .sentence = "Seed of ns-3's generator; --seed overrides it."),
    KEY("simulation", "run", INTEGER, .fallback = "1",
        .clause = "", .sentence = "Number of the replication: other random numbers of the same seed; --run overrides it."),
    PLANNED("simulation", "stop-when", CHOICE, .values = "all-discovered", .clause = "", .sentence = "Ends the run before its duration."),

    PLANNED("output", "step", QUANTITY, .dimension = PROSE_DIM_TIME, .clause = "", .sentence = "Distance of the points of a time series."),
    PLANNED("output", "samples", WORDS, .clause = "", .sentence = "Metrics whose single values are written."),
    PLANNED("output", "series", WORDS, .clause = "", .sentence = "Metrics that are written as time series."),
    PLANNED("output", "histograms", WORDS, .clause = "", .sentence = "Metrics that are written as histograms."),

    KEY("radio", "area", AREA, .fallback = "1000 m x 1000 m",
        .clause = "", .sentence = "The rectangle that UEs are placed and move in: width x height."),
    KEY("radio", "propagation", PROPAGATION, .fallback = "itu-r-1411-los",
        .clause = "", .sentence = "Loss between two UEs: a short name or ns-3's own words, chained with \" + \"."),
    KEY("radio", "reception", CHOICE, .values = "sinr, collision", .fallback = "sinr",
        .clause = "", .sentence = "What an overlap in a resource does: the stronger may be received (sinr), or all are lost (collision)."),
    KEY("radio", "tx-power", QUANTITY, .dimension = PROSE_DIM_POWER, .fallback = "23 dBm", .low = -60, .high = 60,
        .clause = "", .sentence = "Transmit power of a UE in its two PRB."),
    PLANNED("radio", "range", WORDS, .clause = "", .sentence = "A disc instead of a propagation model, or no limit at all."),
    PLANNED("radio", "noise-figure", QUANTITY, .dimension = PROSE_DIM_LEVEL, .clause = "", .sentence = "Noise figure of a UE's receiver."),
    PLANNED("radio", "sensitivity", QUANTITY, .dimension = PROSE_DIM_POWER, .clause = "", .sentence = "Received power below which a message is weak."),
    PLANNED("radio", "carrier", QUANTITY, .dimension = PROSE_DIM_FREQUENCY, .clause = "", .sentence = "Carrier frequency."),

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
    PLANNED("pool", "coverage", CHOICE, .values = "in, out", .clause = POOL36, .sentence = "Which UEs the pool serves."),
    PLANNED("pool", "active", ACTIVITY, .clause = "", .sentence = "When PC5 is simulated at all."),

    PLANNED("cell", "position", WORDS, .clause = "", .sentence = "Where the cell stands."),
    PLANNED("cell", "coverage", WORDS, .clause = "", .sentence = "Where a UE is in its coverage."),
    PLANNED("cell", "time-source", REFERENCE, .values = "time-source", .clause = "", .sentence = "What its SIB16 says."),
    PLANNED("cell", "pdn", REFERENCE, .values = "pdn", .clause = "", .sentence = "The network it gives access to."),
    PLANNED("time-source", "kind", CHOICE, .values = "sib16, gnss, nitz, rtc", .clause = "rules T3", .sentence = "What kind of source it is."),
    PLANNED("time-source", "error", WORDS, .clause = "rules T3", .sentence = "Its offset from UTC."),
    PLANNED("time-source", "set-from", REFERENCE, .values = "time-source", .clause = "rules T3", .sentence = "What a real-time clock was last set from."),
    PLANNED("time-source", "since-set", QUANTITY, .dimension = PROSE_DIM_TIME, .clause = "rules T3", .sentence = "How long ago it was set."),
    PLANNED("time-source", "drift", DISTRIBUTION, .dimension = PROSE_DIM_DRIFT, .clause = "rules T3", .sentence = "How fast it has run since."),
    PLANNED("time-source", "area", WORDS, .clause = "", .sentence = "Where it is heard."),
    PLANNED("time-source", "active", ACTIVITY, .clause = "", .sentence = "When it is heard."),

    KEY("prose-function", "pkmfs", REFERENCES, .values = "pkmf", .fallback = "all",
        .clause = CONFIG, .sentence = "PKMFs it names to UEs that ask."),
    KEY("prose-function", "fqdn", FQDN, .fallback = "prose-function.NAME.example",
        .clause = "TS 24.334 6.1.2", .sentence = "Its name in the network."),
    KEY("prose-function", "service-time", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "exponential 1 ms", .low = 0, .high = INFINITY,
        .clause = "", .sentence = "How long it works on one request."),
    KEY("prose-function", "outage", ACTIVITY, .fallback = "none",
        .clause = "", .sentence = "When it is down: connections end and none is accepted."),

    KEY("pkmf", "fqdn", FQDN, .fallback = "pkmf.NAME.example",
        .clause = CR, .sentence = "Its name in the network, and its identity in MIKEY."),
    KEY("pkmf", "max-offset", SECONDS, .fallback = "32 s", .low = 0, .high = 127,
        .clause = CR ", rules T1", .sentence = "MAX_OFFSET: how far the counter of a slot may be from the ProSe clock."),
    KEY("pkmf", "workers", INTEGER, .fallback = "4", .low = 1, .high = 100000,
        .clause = "", .sentence = "How many jobs it works on at a time; others wait."),
    KEY("pkmf", "service-time-tls", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "exponential 2 ms", .low = 0, .high = INFINITY,
        .clause = "", .sentence = "How long a TLS handshake keeps a worker."),
    KEY("pkmf", "service-time-request", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "exponential 1 ms", .low = 0, .high = INFINITY,
        .clause = "", .sentence = "How long a Key Request keeps a worker."),
    KEY("pkmf", "service-time-delivery", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .fallback = "200 us", .low = 0, .high = INFINITY,
        .clause = "", .sentence = "How long making one MIKEY delivery keeps a worker."),
    KEY("pkmf", "issue-pmk-every", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "24 h", .low = 0, .above_low = true, .high = YEARS,
        .clause = CR ", rules R8", .sentence = "Age at which a UE's PMK is replaced with its next Key Response."),
    PLANNED("pkmf", "queue-limit", INTEGER, .clause = "", .sentence = "Waiting jobs beyond which a request is answered with 503."),
    PLANNED("pkmf", "retry-after", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .clause = "rules R2", .sentence = "What such an answer asks the UE to wait."),
    PLANNED("pkmf", "delivery-pace", QUANTITY, .dimension = PROSE_DIM_RATE, .clause = "", .sentence = "Deliveries of one rollover a second."),
    PLANNED("pkmf", "outage", ACTIVITY, .clause = "", .sentence = "When it is down."),
    PLANNED("pkmf", "restart-keeps-state", YES_NO, .clause = "", .sentence = "Whether stored sets, addresses and PMKs survive an outage."),

    KEY("discovery", "discovery-group-id", ID24, .unless = "relay-service-code",
        .clause = "TS 24.334 12.2.2", .sentence = "Makes it a group discovery of this Discovery Group ID, 24 bits."),
    KEY("discovery", "relay-service-code", ID24, .unless = "discovery-group-id",
        .clause = "TS 24.334 12.2.2", .sentence = "Makes it a relay discovery of this Relay Service Code, 24 bits."),
    KEY("discovery", "pkmf", REFERENCE, .values = "pkmf",
        .clause = CR ", rules R6", .sentence = "The one PKMF that serves it."),
    KEY("discovery", "scrambling", YES_NO, .fallback = "yes",
        .clause = "TS 33.303 6.1.3.4.3.5", .sentence = "Whether its messages are scrambled against tracking."),
    KEY("discovery", "mic", YES_NO, .fallback = "yes",
        .clause = "TS 33.303 6.1.3.4.3.2", .sentence = "Whether its messages carry a message integrity check."),
    KEY("discovery", "encrypted-bits-mask", MASK, .fallback = "bits 24..183",
        .clause = "TS 33.303 6.1.3.4.3.4",
        .sentence = "Content bits under message-specific confidentiality; bit 0 is the first. none: it is not used."),
    KEY("discovery", "cryptoperiod", SECONDS, .fallback = "1 h", .low = 1, .high = YEARS,
        .clause = "rules K2", .sentence = "How long one PSDK is valid; longer than twice the PKMF's max-offset."),
    KEY("discovery", "first-start", DATETIME, .fallback = PROSE_FALLBACK_UTC_START,
        .clause = "rules K2", .sentence = "When the first key period begins; the others abut."),
    KEY("discovery", "lead", SECONDS, .fallback = "10 min", .low = 0, .high = YEARS,
        .clause = "rules K2", .sentence = "How long before its start a key is delivered; shorter than the cryptoperiod."),
    PLANNED("discovery", "keys", CHOICE, .values = "fetched, provisioned", .clause = "rules T2", .sentence = "Whether UEs fetch keys or begin with them."),
    PLANNED("discovery", "max-offset", SECONDS, .clause = "rules T2", .sentence = "MAX_OFFSET where no PKMF gives it."),
    PLANNED("discovery", "lead-spread", DISTRIBUTION, .dimension = PROSE_DIM_TIME, .clause = "rules K2", .sentence = "Spreads deliveries over UEs."),
    PLANNED("discovery", "keys-ahead", INTEGER, .clause = "rules K2", .sentence = "Future keys delivered at a request."),
    PLANNED("discovery", "keep-past", QUANTITY, .dimension = PROSE_DIM_TIME, .clause = "rules K3", .sentence = "How long past keys are kept beyond MAX_OFFSET."),
    PLANNED("discovery", "overlap", QUANTITY, .dimension = PROSE_DIM_TIME, .clause = "rules K1", .sentence = "Widens a key's validity under receive-key = clock."),
    PLANNED("discovery", "successor-check", QUANTITY, .dimension = PROSE_DIM_TIME, .clause = "rules R1", .sentence = "When a UE without the next key asks for it."),
    PLANNED("discovery", "successor-retry", QUANTITY, .dimension = PROSE_DIM_TIME, .clause = "rules R1", .sentence = "How often it asks again."),
    PLANNED("discovery", "emergency", WORDS, .clause = "rules K7", .sentence = "How a revoked UE's keys are replaced."),

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
    KEY("pdn", "ue-rate", QUANTITY, .dimension = PROSE_DIM_BITRATE, .values = "unlimited", .fallback = "10 Mbit/s", .low = 1, .high = 1e12,
        .clause = "", .sentence = "Rate of one UE's access, each way."),
    KEY("pdn", "gateway-rate-up", QUANTITY, .dimension = PROSE_DIM_BITRATE, .values = "unlimited", .fallback = "unlimited", .low = 1, .high = 1e12,
        .clause = "", .sentence = "Rate that all UEs of a gateway share upwards."),
    KEY("pdn", "gateway-rate-down", QUANTITY, .dimension = PROSE_DIM_BITRATE, .values = "unlimited", .fallback = "unlimited", .low = 1, .high = 1e12,
        .clause = "", .sentence = "Rate that all UEs of a gateway share downwards."),
    KEY("pdn", "gateways", INTEGER, .fallback = "1", .low = 1, .high = 250,
        .clause = "", .sentence = "How many gateways its UEs are spread over; each has 65 000 addresses."),
    KEY("pdn", "delay", QUANTITY, .dimension = PROSE_DIM_TIME, .fallback = "20 ms", .low = 0, .high = 60,
        .clause = "", .sentence = "Delay between UE and gateway, one way."),
    KEY("pdn", "loss", QUANTITY, .dimension = PROSE_DIM_FRACTION, .fallback = "0.1 %", .low = 0, .high = 1,
        .clause = "", .sentence = "Share of packets lost on a UE's access, each way."),
    PLANNED("pdn", "burst-loss", WORDS, .clause = "", .sentence = "Losses that come in bursts."),
    PLANNED("pdn", "outage", ACTIVITY, .clause = "", .sentence = "Packets vanish, the address stays."),
    PLANNED("pdn", "release", ACTIVITY, .clause = "", .sentence = "The network releases connections, a new address follows."),

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
        .clause = "", .sentence = "Where it starts: by chance in the area, on a grid with this distance, or at a point from the lower left."),
    KEY("ue-group", "mobility", MOBILITY, .fallback = "random-waypoint 1..3 m/s",
        .clause = "", .sentence = "How it moves; ns-3's own models by their names."),
    KEY("ue-group", "prose-clock-drift", DISTRIBUTION, .dimension = PROSE_DIM_DRIFT, .fallback = "normal 0 2 ppm 10 ppm", .low = -100000, .high = 100000,
        .clause = "rules T1", .sentence = "How fast its ProSe clock runs after it is set; positive is fast."),
    PLANNED("ue-group", "time-sources", WORDS, .clause = "rules T3", .sentence = "Sources of system UTC in order of preference."),
    PLANNED("ue-group", "rtc-drift", DISTRIBUTION, .dimension = PROSE_DIM_DRIFT, .clause = "rules T3", .sentence = "Drift of its real-time clock, if not that of the ProSe clock."),
    PLANNED("ue-group", "coverage", WORDS, .clause = "", .sentence = "Whether it is in coverage, and when."),
    PLANNED("ue-group", "off-network", ACTIVITY, .clause = "", .sentence = "When it has no PDN connection."),

    PLANNED("adversary", "kind", CHOICE, .values = "replayer, forger, tamperer, impersonator, tracker, false-time", .clause = "rules P3", .sentence = "What it tries."),

    KEY("event", "at", QUANTITY, .dimension = PROSE_DIM_TIME, .low = 0, .high = YEARS,
        .clause = "", .sentence = "When, in simulated time."),
    KEY("event", "do", ACTION,
        .clause = "", .sentence = "What, to whom: an action and its arguments, see `describe actions`."),
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
      "The PKMF is back, with the state it had." },
    { "coverage", "UES in|out", 0, true, "", "UEs enter or leave coverage." },
    { "power", "UES on|off", 0, true, "", "UEs are switched on or off." },
    { "set-clock", "UES TIME", 0, true, "", "A UE's real-time clock is set." },
};

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
