/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-quantity.h"

#include "prose-pkmf.h"
#include "prose-settings.h"
#include "prose-stream.h"
#include "prose-test.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* A scenario that needs nothing more; what a test adds stands before it, from line 1. */
#define REST "[pkmf east]\n[discovery command]\ndiscovery-group-id = 0xA1B2\npkmf = east\n" \
             "[pdn lan]\n[ue-group engines]\ncount = 10\nannounce = command\nmonitor = command\npdn = lan\n"

#define MAX_OVERRIDES 6

static ProseScenario *
load(const char *text, const char *const overrides[], GError **error)
{
    g_autofree char *directory = g_dir_make_tmp("prose-test-XXXXXX", NULL), *here = g_get_current_dir();
    ProseOverride list[MAX_OVERRIDES];
    ProseScenario *s;
    size_t n = 0;

    for (; overrides && n < MAX_OVERRIDES && overrides[n]; n++)
        list[n].text = overrides[n];
    ck_assert_int_eq(g_chdir(directory), 0);
    ck_assert(g_file_set_contents("x.ini", text, -1, NULL));
    s = prose_scenario_new_from_file("x.ini", list, n, error);
    ck_assert_int_eq(g_unlink("x.ini"), 0);
    ck_assert_int_eq(g_chdir(here), 0);
    ck_assert_int_eq(g_rmdir(directory), 0);
    return s;
}

static const ProsePool *
first_pool(const ProseScenario *s)
{
    return &((const ProseScenarioPool *) s->pools->pdata[0])->pool;
}

static void assert_fixed_point(const ProseScenario *s);

static ProseScenario *
load_good(const char *text, const char *const overrides[])
{
    g_autoptr(GError) error = NULL;
    ProseScenario *s = load(text, overrides, &error);

    ck_assert_msg(s != NULL, "%s\n%s", text, error ? error->message : "");
    return s;
}

#define PLANNED "planned for a later version, not understood yet"

/* What stands before REST, the options, and every line of the message. */
static const struct { const char *text, *overrides[MAX_OVERRIDES]; const char *want; } wrong[] = {
    /* names */
    { "[pol]\n", { NULL }, "x.ini:1: [pol]: unknown section; the nearest is [pool]" },
    { "[pool]\nperod = rf32\n", { NULL }, "x.ini:2: [pool] perod: unknown key; the nearest is period" },
    { "[radio a]\n", { NULL }, "x.ini:1: [radio a]: takes no name; [radio]" },
    { "[pdn]\n", { NULL }, "x.ini:1: [pdn]: has no name; [pdn NAME]" },
    { "[pdn a.b]\n", { NULL }, "x.ini:1: [pdn a.b]: not a name; letters, digits, \"-\" and \"_\"" },
    { "[ue-group all]\nannounce = command\n", { NULL }, "x.ini:1: [ue-group all]: \"all\" has a meaning of its own in lists; any other name" },
    { "[ue-group a]\nannounce = comand\n", { NULL }, "x.ini:2: [ue-group a] announce = comand: no [discovery comand] section; the nearest is command" },
    { "[ue-group a]\nannounce = command\npdn = lam\n", { NULL }, "x.ini:3: [ue-group a] pdn = lam: no [pdn lam] section; the nearest is lan" },
    { "[discovery b]\nrelay-service-code = 1\npkmf = west\n", { NULL }, "x.ini:3: [discovery b] pkmf = west: no [pkmf west] section; the nearest is east" },
    { "[prose-function f]\npkmfs = west, east\n", { NULL }, "x.ini:2: [prose-function f] pkmfs = west, east: no [pkmf west] section; the nearest is east" },
    { "[group-key k]\ngroup-id = 1\npkmf = east\n[ue-group a]\nannounce = k\n", { NULL },
      "x.ini:5: [ue-group a] announce = k: \"k\" is a group key, which has no messages; the name of a [discovery ...] section" },
    { "[group-key command]\ngroup-id = 1\npkmf = east\n", { NULL },
      "x.ini:5: [discovery command]: [group-key command] has that name too and lists could mean either; another name" },
    /* twice */
    { "[pool]\nperiod = rf32\nperiod = rf64\n", { NULL }, "x.ini:3: [pool] period: set a second time; the first is at line 2" },
    { "[radio]\n[radio]\n", { NULL }, "x.ini:2: [radio]: opened a second time; the first is at line 1" },
    { "[discovery b]\ndiscovery-group-id = 41394\npkmf = east\n", { NULL },
      "x.ini:6: [discovery command] discovery-group-id = 0xA1B2: also that of [discovery b], line 2; "
      "one PKMF serves a Discovery Group ID, so one section has it (rules R6)" },
    { "[discovery b]\nrelay-service-code = 7\npkmf = east\n[discovery c]\nrelay-service-code = 7\npkmf = east\n", { NULL },
      "x.ini:5: [discovery c] relay-service-code = 7: also that of [discovery b], line 2; "
      "one PKMF serves a Relay Service Code, so one section has it (rules R6)" },
    { "[discovery b]\ndiscovery-group-id = 9\npkmf = east\nadditional-information-every = 4\n", { NULL },
      "x.ini:4: [discovery b] additional-information-every = 4: groups have none; none, or a relay-service-code (TS 24.334 10A.2.1)" },
    { "[pkmf west]\nfqdn = PKMF.east.example\n", { NULL },
      "x.ini:3: [pkmf east] fqdn = pkmf.east.example: also that of [pkmf west], line 2; each server has its own" },
    { "[pool a]\n[pool b]\n[pool c]\n[pool d]\n[pool e]\n", { NULL }, "x.ini:5: [pool e]: one too many; at most 4 pools (TS 36.331)" },
    { "[pool a]\n[pool b]\nperiod = rf64\n", { NULL },
      "x.ini:3: [pool b] period = rf64: [pool a] serves UEs in coverage too, with rf32; one period for all pools that UEs choose among" },
    { "[pool a]\ncoverage = out\n[pool b]\ncoverage = in\nperiod = rf64\n[pool c]\n", { NULL },
      "x.ini:6: [pool c] period = rf32: [pool b] serves UEs in coverage too, with rf64; one period for all pools that UEs choose among" },
    { "[pool a]\ncoverage = in\n[pool b]\ncoverage = out\nperiod = rf64\n", { "simulation.duration=9 periods" },
      "-s simulation.duration=9 periods: [simulation] duration = 9 periods: pools have periods of several lengths here; a time in other units" },
    /* places and times */
    { "[time-source a]\nkind = sib16\nset-from = a\nsince-set = 1 s\ndrift = 1 ppm\n", { NULL },
      "x.ini:3: [time-source a] set-from = a: belongs to a real-time clock; kind = rtc, or leave it out\n"
      "x.ini:4: [time-source a] since-set = 1 s: belongs to a real-time clock; kind = rtc, or leave it out\n"
      "x.ini:5: [time-source a] drift = 1 ppm: belongs to a real-time clock; kind = rtc, or leave it out" },
    { "[time-source a]\nkind = rtc\nerror = ramp 0 s .. 1 s over 1 s\nactive = none\nset-from = a\n", { NULL },
      "x.ini:3: [time-source a] error = ramp 0 s .. 1 s over 1 s: a real-time clock runs away by its drift; a distribution\n"
      "x.ini:4: [time-source a] active = none: a real-time clock is always with its UE; leave it out\n"
      "x.ini:5: [time-source a] set-from = a: a real-time clock itself; a source of kind sib16, gnss or nitz" },
    { "[time-source a]\nkind = gnss\narea = disc 5 m\n", { NULL },
      "x.ini:3: [time-source a] area = disc 5 m: a disc around nothing; disc 600 m at 100 m 200 m" },
    { "[time-source a]\nerror = exact\n", { NULL }, "x.ini:1: [time-source a] kind: missing; one of, sib16, gnss, nitz, rtc" },
    { "[cell a]\nposition = 0 m 0 m\ncoverage = disc 5 m at 1 m 1 m\ntime-source = b\n[time-source b]\nkind = gnss\n", { NULL },
      "x.ini:3: [cell a] coverage = disc 5 m at 1 m 1 m: stands around the cell's own position; disc 600 m\n"
      "x.ini:4: [cell a] time-source = b: \"b\" is of kind gnss, which no cell sends; sib16 or nitz" },
    { "[ue-group a]\nannounce = command\ntime-sources = gps\n", { NULL },
      "x.ini:3: [ue-group a] time-sources = gps: there is no [time-source ...] section; add [time-source gps]" },
    { "[event e]\nat = 1 s\ndo = coverage engines off\n", { NULL },
      "x.ini:3: [event e] do = coverage engines off: \"off\" is neither of the two; in or out" },
    { "[event e]\nat = 1 s\ndo = power engines in\n", { NULL },
      "x.ini:3: [event e] do = power engines in: \"in\" is neither of the two; on or off" },
    { "[event e]\nat = 1 s\ndo = set-clock engines noon\n", { NULL },
      "x.ini:3: [event e] do = set-clock engines noon: \"noon\" is no instant; UTC as in 2026-06-01T08:00:00Z" },
    { "[event e]\nat = 1 s\ndo = set-clock engines 2026-06-01T08:00:00Z\n[time-source a]\nkind = sib16\n", { NULL },
      "x.ini:3: [event e] do = set-clock engines 2026-06-01T08:00:00Z: engines[0] has no real-time clock; "
      "UEs with a source of kind rtc in time-sources" },
    { "[prose-function a]\n[prose-function b]\n", { NULL }, "x.ini:2: [prose-function b]: a second one is " PLANNED },
    /* planned */
    { "[adversary a]\nkind = x\nkint = x\n", { NULL },
      "x.ini:1: [adversary a]: " PLANNED "\nx.ini:2: [adversary a] kind: " PLANNED "\nx.ini:3: [adversary a] kint: unknown key; the nearest is kind" },
    { "[campaign]\nscenario = a\n", { NULL }, "x.ini:1: [campaign]: belongs in a campaign file; prose-sim campaign FILE" },
    /* single values */
    { "[pool]\nperiod = rf33\n", { NULL },
      "x.ini:2: [pool] period = rf33: not a discovery period; one of rf4, rf6, rf7, rf8, rf12, rf14, rf16, rf24, rf28, rf32, rf64, rf128, rf256, "
      "rf512, rf1024" },
    { "[simulation]\nduration = 120\n", { NULL },
      "x.ini:2: [simulation] duration = 120: no unit; one of ns, us, ms, s, min, h, d, periods, cryptoperiods" },
    { "[simulation]\nduration = 120 s ; two minutes\n", { NULL },
      "x.ini:2: [simulation] duration = 120 s ; two minutes: \";\" begins no comment; comments begin with \"#\"" },
    { "[pkmf west]\nmax-offset = 128 s\n", { NULL }, "x.ini:2: [pkmf west] max-offset = 128 s: out of range; 0 s .. 127 s" },
    { "[discovery b]\nrelay-service-code = 0x1000000\npkmf = east\n", { NULL },
      "x.ini:2: [discovery b] relay-service-code = 0x1000000: more than 24 bits; 0 .. 0xffffff" },
    { "[radio]\npropagation = log-distanse\n", { NULL },
      "x.ini:2: [radio] propagation = log-distanse: \"log-distanse\" is no propagation model; one or several with \" + \" between them of log-distance, "
      "friis, two-ray-ground, itu-r-1411-los, itu-r-1411-nlos, okumura-hata, cost231, nakagami, random, range, fixed, 3gpp-umi, 3gpp-uma, 3gpp-rma, "
      "ns3::Model[Attribute=value|...]" },
    /* what has to be there */
    { "[discovery b]\npkmf = east\n", { NULL }, "x.ini:1: [discovery b]: neither discovery-group-id nor relay-service-code; one of the two" },
    { "[discovery b]\nrelay-service-code = 1\n", { NULL }, "x.ini:1: [discovery b] pkmf = none: nobody to fetch keys from; the name of a [pkmf ...] section, or keys = provisioned" },
    { "[discovery b]\nrelay-service-code = 1\npkmf = east\nmax-offset = 5 s\n", { NULL },
      "x.ini:4: [discovery b] max-offset = 5 s: means nothing without keys = provisioned; the two together" },
    { "[discovery b]\nrelay-service-code = 1\npkmf = east\nkeys = given\n", { NULL }, "x.ini:4: [discovery b] keys = given: unknown; one of fetched, provisioned" },
    { "[discovery b]\nrelay-service-code = 1\nkeys = provisioned\nmax-offset = 5 s\ncryptoperiod = 10 s\n", { NULL },
      "x.ini:5: [discovery b] cryptoperiod = 10 s: not longer than twice the max-offset, 5 s; above 10 s (rules K2)" },
    { "[event e]\nat = 1 s\ndo = revoke engines b\n[discovery b]\nrelay-service-code = 1\nkeys = provisioned\n", { NULL },
      "x.ini:3: [event e] do = revoke engines b: no PKMF serves b; a discovery with keys = fetched" },
    { "[event e]\nat = 1 s\ndo = network-releases-pdn engines\n", { "command.keys=provisioned" },
      "x.ini:3: [event e] do = network-releases-pdn engines: engines[0] has no PDN connection; UEs that fetch keys and whose pdn is not none" },
    { "[event e]\ndo = pkmf-down east\n", { NULL }, "x.ini:1: [event e] at: missing; number with unit, 0 s .. 3650 d" },
    { "[pool]\nprb-num = 10\n", { NULL }, "x.ini:1: [pool] prb-start: missing; whole number, 0 .. 99\nx.ini:1: [pool] prb-end: missing; whole number, 0 .. 99" },
    { "[ue-group a]\npdn = lan\n", { NULL }, "x.ini:1: [ue-group a]: takes part in nothing; at least one of announce, monitor, solicit, respond, hold" },
    /* policies (K1, K2) */
    { "", { "command.lead-spread=uniform 0 s 11 min" }, "-s command.lead-spread=uniform 0 s 11 min: [discovery command] lead-spread = uniform 0 s 11 min: "
      "may reach the start of the key, which is delivered 10 min ahead; less than the lead (rules K2)" },
    { "", { "command.lead-spread=10 min" }, "-s command.lead-spread=10 min: [discovery command] lead-spread = 10 min: "
      "may reach the start of the key, which is delivered 10 min ahead; less than the lead (rules K2)" },
    { "", { "command.lead-spread=exponential 1 s" }, "-s command.lead-spread=exponential 1 s: [discovery command] lead-spread = exponential 1 s: "
      "may reach the start of the key, which is delivered 10 min ahead; less than the lead (rules K2)" },
    { "", { "command.overlap=33 s" }, "-s command.overlap=33 s: [discovery command] overlap = 33 s: beyond the max-offset; at most 32 s (rules K1)" },
    /* one or the other */
    { "[pool]\nsubframe-bitmap = 11111\nsubframes = 5\n", { NULL }, "x.ini:3: [pool] subframes = 5: stands beside subframe-bitmap; one of the two" },
    { "[pool]\nsubframes = 5\n", { "pool.subframe-bitmap=1" }, "-s pool.subframe-bitmap=1: [pool] subframe-bitmap = 1: stands beside subframes; one of the two" },
    { "[pool]\nrepetitions = 2\n", { NULL }, "x.ini:2: [pool] repetitions = 2: means nothing without subframe-bitmap; the two together" },
    { "[discovery b]\nrelay-service-code = 1\ndiscovery-group-id = 1\npkmf = east\n", { NULL },
      "x.ini:3: [discovery b] discovery-group-id = 1: stands beside relay-service-code; one of the two" },
    /* against each other */
    { "[simulation]\nwarm-up = 2 min\n", { NULL }, "x.ini:2: [simulation] warm-up = 2 min: nothing is left to count; less than the duration, 120 s" },
    { "[pool]\nperiod = rf4\nsubframes = 41\n", { NULL },
      "x.ini:3: [pool] subframes = 41: 41 subframes do not fit the period rf4, which has 40; fewer, or a longer period" },
    { "[pool]\nsubframe-bitmap = 1000000000000000000000000000000000000000\nrepetitions = 9\n", { NULL },
      "x.ini:2: [pool] subframe-bitmap = 1000000000000000000000000000000000000000: 360 subframes do not fit the period rf32, which has 320; fewer, or a longer period" },
    { "[pool]\nsubframes = 3\nretransmissions = 3\n", { NULL },
      "x.ini:2: [pool] subframes = 3: 3 subframes a period and a message takes 4; at least retransmissions + 1" },
    { "[pool]\nprb-num = 10\nprb-start = 40\nprb-end = 30\n", { NULL }, "x.ini:4: [pool] prb-end = 30: below prb-start, 40; prb-start .. 99" },
    { "[pool]\nprb-num = 10\nprb-start = 95\nprb-end = 99\n", { NULL }, "x.ini:2: [pool] prb-num = 10: reaches beyond PRB 99 from prb-start, 95; at most 5" },
    { "[pool]\nprb-num = 10\nprb-start = 2\nprb-end = 5\n", { NULL }, "x.ini:2: [pool] prb-num = 10: reaches below PRB 0 from prb-end, 5; at most 6" },
    { "[pool]\nprb-num = 1\nprb-start = 5\nprb-end = 5\n", { NULL }, "x.ini:4: [pool] prb-end = 5: leaves a single PRB and a message takes two; above prb-start, 5" },
    { "", { "command.cryptoperiod=64 s", "command.lead=10 s" },
      "-s command.cryptoperiod=64 s: [discovery command] cryptoperiod = 64 s: not longer than twice the max-offset of east, 32 s; above 64 s (rules K2)" },
    { "", { "command.lead=1 h" }, "-s command.lead=1 h: [discovery command] lead = 1 h: not shorter than the cryptoperiod, 1 h; below 3600 s (rules K2)" },
    { "[radio]\narea = 100 m x 50 m\n[ue-group a]\nannounce = command\nplacement = point 10 m 51 m\n", { NULL },
      "x.ini:5: [ue-group a] placement = point 10 m 51 m: outside the area; 0 m .. 100 m and 0 m .. 50 m" },
    { "[ue-group a]\nannounce = command\nplacement = grid 500 m\n", { "a.count=10" },
      "x.ini:3: [ue-group a] placement = grid 500 m: a grid of 9 places in the area for 10 UEs; a smaller distance, or a larger area" },
    { "[ue-group a]\nannounce = command\npkmf-known = prose-function\n", { NULL },
      "x.ini:3: [ue-group a] pkmf-known = prose-function: there is no ProSe Function to ask; a [prose-function ...] section, or provisioned" },
    { "[radio]\npropagation = friis\nrange = 300 m\n", { NULL }, "x.ini:3: [radio] range = 300 m: stands beside propagation; one of the two" },
    { "[radio]\nreception = collision\nbler = curve\n", { NULL },
      "x.ini:3: [radio] bler = curve: means nothing without reception = sinr; the two together" },
    { "[radio]\nrange = 0 m\n", { NULL }, "x.ini:2: [radio] range = 0 m: out of range; 0.001 m .. 1000000 km, or unlimited" },
    { "[radio]\nnoise-figure = 9\nsensitivity = -90 dB\ncarrier = 793\n", { "simulation.stop-when=never" },
      "x.ini:2: [radio] noise-figure = 9: no unit; one of dB\n"
      "x.ini:3: [radio] sensitivity = -90 dB: \"dB\" is no unit of power; one of dBm\n"
      "x.ini:4: [radio] carrier = 793: no unit; one of Hz, kHz, MHz, GHz\n"
      "-s simulation.stop-when=never: [simulation] stop-when = never: unknown; one of duration, all-discovered" },
    { "[prose-function f]\npkmfs = none\n", { "engines.pkmf-known=prose-function" },
      "-s engines.pkmf-known=prose-function: [ue-group engines] pkmf-known = prose-function: engines[0] needs PKMF east for command, "
      "which [prose-function f] does not name; add it to its pkmfs, or provisioned" },
    { "", { "engines.count=65001" }, "x.ini:5: [pdn lan] gateways = 1: too few addresses for 65001 UEs; at least 2" },
    { "[pdn a]\ngateways = 250\n", { NULL }, "x.ini:7: [pdn lan] gateways = 1: 251 gateways in all; at most 250 in one scenario" },
    /* overrides of single UEs */
    { "[ue engines[10]]\npdn = none\n", { NULL }, "x.ini:1: [ue engines[10]]: there is no engines[10]; engines[0..9]" },
    { "[ue engine[1]]\npdn = none\n", { NULL }, "x.ini:1: [ue engine[1]]: no [ue-group engine] section; the nearest is engines" },
    { "[ue all]\npdn = none\n", { NULL }, "x.ini:1: [ue all]: is for UEs of one group; [ue GROUP], [ue GROUP[3]] or [ue GROUP[0..9]]" },
    { "[ue engines[x]]\n", { NULL }, "x.ini:1: [ue engines[x]]: \"engines[x]\" selects no UEs; group, group[3], group[0..9] or all" },
    { "[ue engines[1]]\ncount = 2\n", { NULL }, "x.ini:2: [ue engines[1]] count: belongs to the group; [ue-group engines] has it" },
    { "[ue engines[0..4]]\npdn = none\n[ue engines[3]]\nhold = command\npdn = none\n", { NULL },
      "x.ini:5: [ue engines[3]] pdn = none: engines[3] has it from [ue engines[0..4]] too, line 2; one section for each UE and key" },
    /* events */
    { "[event e]\nat = 1 s\ndo = stop engines[10] command\n", { NULL }, "x.ini:3: [event e] do = stop engines[10] command: there is no engines[10]; engines[0..9]" },
    { "[event e]\nat = 1 s\ndo = stop engine command\n", { NULL }, "x.ini:3: [event e] do = stop engine command: no [ue-group engine] section; the nearest is engines" },
    { "[event e]\nat = 1 s\ndo = revoke engines relay\n", { NULL }, "x.ini:3: [event e] do = revoke engines relay: no [discovery relay] section; the nearest is command" },
    { "[event e]\nat = 1 s\ndo = pkmf-down west\n", { NULL }, "x.ini:3: [event e] do = pkmf-down west: no [pkmf west] section; the nearest is east" },
    { "[event e]\nat = 1 s\ndo = ue-releases-pdn engines[2..3]\n[ue engines[3]]\npdn = none\n", { NULL },
      "x.ini:3: [event e] do = ue-releases-pdn engines[2..3]: engines[3] has no PDN connection; UEs that fetch keys and whose pdn is not none" },
    { "[event e]\nat = 1 s\ndo = start engines b\n[discovery b]\nrelay-service-code = 1\npkmf = east\n", { NULL },
      "x.ini:3: [event e] do = start engines b: engines[0] has no part in b; UEs that announce, monitor, solicit, respond or hold it" },
    /* options */
    { "", { "pool" }, "-s pool: no \"=\"; SECTION.KEY=VALUE" },
    { "", { "pool=1" }, "-s pool=1: no \".\" before the \"=\"; SECTION.KEY=VALUE" },
    { "", { "poo.period=rf4" }, "-s poo.period=rf4: no section \"poo\" here; the nearest is \"pool\"" },
    { "", { "pool.perod=rf4" }, "-s pool.perod=rf4: [pool] perod: unknown key; the nearest is period" },
    { "", { "pool.period=" }, "-s pool.period=: no value; leave the key out to have its default" },
    { "", { "pool.period=rf4\nx = 1" }, "-s pool.period=rf4\nx = 1: a value of several lines; one line" },
    { "[pkmf lan]\n", { "lan.workers=2" }, "-s lan.workers=2: \"lan\" means [pkmf lan] and [pdn lan]; the whole header, or a pattern with *" },
    { "", { "*x.workers=2" }, "-s *x.workers=2: no section \"*x\" here; the nearest is \"lan\"" },
    { "[pool]\nperiod = rf33\n[radio]\nreception = magic\n", { "simulation.seed=0", "pdn lan.loss=2" },
      "x.ini:2: [pool] period = rf33: not a discovery period; one of rf4, rf6, rf7, rf8, rf12, rf14, rf16, rf24, rf28, rf32, rf64, rf128, rf256, "
      "rf512, rf1024\n"
      "x.ini:4: [radio] reception = magic: unknown; one of sinr, collision\n"
      "-s simulation.seed=0: [simulation] seed = 0: out of range; 1 .. 4294944442\n"
      "-s pdn lan.loss=2: [pdn lan] loss = 2: out of range; 0 .. 1" },
};

START_TEST(a_mistake_says_where_what_and_what_is_allowed)
{
    g_autofree char *text = g_strconcat(wrong[_i].text, REST, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseScenario) s = load(text, wrong[_i].overrides, &error);

    ck_assert_msg(s == NULL, "%s is taken", wrong[_i].text);
    ck_assert_str_eq(error->message, wrong[_i].want);
    ck_assert(g_error_matches(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_MISTAKES));
}
END_TEST

START_TEST(ns3_is_asked_about_its_own_words)
{
    static const struct { const char *text, *part; } rows[] = {
        { "[radio]\npropagation = ns3::NoSuchLossModel\n", "x.ini:2: [radio] propagation = ns3::NoSuchLossModel: " },
        { "[radio]\npropagation = log-distance[Exponant=3]\n", "x.ini:2: [radio] propagation = log-distance[Exponant=3]: " },
        { "[ue-group a]\nannounce = command\nmobility = ns3::NoSuchMobilityModel\n", "x.ini:3: [ue-group a] mobility = ns3::NoSuchMobilityModel: " },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat(rows[i].text, REST, NULL);
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(load(text, NULL, &error));
        ck_assert_msg(g_str_has_prefix(error->message, rows[i].part), "%s", error->message);
    }
}
END_TEST

START_TEST(a_file_that_is_not_there_is_another_error)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(prose_scenario_new_from_file("/nonexistent/x.ini", NULL, 0, &error));
    ck_assert(g_error_matches(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_FILE));
}
END_TEST

START_TEST(an_empty_file_lacks_UEs)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(load("", NULL, &error));
    ck_assert_str_eq(error->message, "x.ini: no UEs; at least one [ue-group ...] section");
}
END_TEST

/* ---- what right ones resolve to ---- */

START_TEST(the_sample_of_the_interface_is_all_defaults)
{
    g_autoptr(ProseScenario) s = load_good(REST, NULL);
    const ProseScenarioPkmf *pkmf = s->pkmfs->pdata[0];
    const ProseScenarioDiscovery *d = s->discoveries->pdata[0];
    const ProseScenarioPdn *pdn = s->pdns->pdata[0];
    const ProseScenarioUe *ue = s->ues->pdata[9];
    const ProsePool *pool = first_pool(s);
    g_autofree uint8_t *mask = test_hex("000000ffffffffffffffffffffffffffffffffffffffff", NULL);

    ck_assert_str_eq(s->name, "x");
    ck_assert_str_eq(s->settings_hash, "");
    ck_assert_double_eq(s->duration_s, 120);
    ck_assert_double_eq(s->warm_up_s, 0);
    ck_assert_int_eq(s->utc_start_s, 1780300800);
    ck_assert_uint_eq(s->seed, 1);
    ck_assert_uint_eq(s->run, 1);
    ck_assert_int_eq(s->profile.receive_key, PROSE_RECEIVE_KEY_COUNTER);
    ck_assert_double_eq(s->area_width_m, 1000);
    ck_assert_double_eq(s->area_height_m, 1000);
    ck_assert_str_eq(s->propagation, "itu-r-1411-los");
    ck_assert_int_eq(s->reception.kind, PROSE_RECEPTION_SINR);
    ck_assert_double_eq(s->tx_power_dbm, 23);
    ck_assert_uint_eq(s->pools->len, 1);
    ck_assert_uint_eq(pool->period_ms, 320);
    ck_assert_uint_eq(pool->n_subframes, 5);
    ck_assert_uint_eq(pool->resources_per_subframe, 10);
    ck_assert_uint_eq(pool->retransmissions, 0);
    ck_assert_double_eq(pool->tx_probability, 1);

    ck_assert_str_eq(pkmf->fqdn, "pkmf.east.example");
    ck_assert_uint_eq(pkmf->max_offset_s, 32);
    ck_assert_uint_eq(pkmf->workers, 4);
    ck_assert_int_eq(pkmf->service_time_s[PROSE_PKMF_OP_TLS].kind, PROSE_DIST_EXPONENTIAL);
    ck_assert_double_eq(pkmf->service_time_s[PROSE_PKMF_OP_TLS].a, 0.002);
    ck_assert_double_eq(pkmf->service_time_s[PROSE_PKMF_OP_REQUEST].a, 0.001);
    ck_assert_int_eq(pkmf->service_time_s[PROSE_PKMF_OP_DELIVERY].kind, PROSE_DIST_CONSTANT);
    ck_assert_double_eq_tol(pkmf->service_time_s[PROSE_PKMF_OP_DELIVERY].a, 0.0002, 1e-12);
    ck_assert_double_eq(pkmf->issue_pmk_every_s, 86400);

    ck_assert_uint_eq(d->scope.type, PROSE_KEY_TYPE_PSDK_GROUP);
    ck_assert_uint_eq(d->scope.id, 0xA1B2);
    ck_assert_ptr_eq(d->pkmf, pkmf);
    ck_assert(d->meta.scrambling && d->meta.mic && d->meta.confidentiality);
    ck_assert_mem_eq(d->meta.encrypted_bits_mask, mask, PROSE_CONTENT_LEN);
    ck_assert_int_eq(d->first_start_s, s->utc_start_s);
    ck_assert_uint_eq(d->cryptoperiod_s, 3600);
    ck_assert_uint_eq(d->lead_s, 600);

    ck_assert_uint_eq(pdn->ue_rate_bps, 10000000);
    ck_assert_uint_eq(pdn->gateway_rate_up_bps, 0);
    ck_assert_uint_eq(pdn->gateways, 1);
    ck_assert_double_eq_tol(pdn->delay_s, 0.02, 1e-12);
    ck_assert_double_eq_tol(pdn->loss, 0.001, 1e-12);

    ck_assert_uint_eq(s->ues->len, 10);
    ck_assert_str_eq(ue->name, "engines[9]");
    ck_assert_uint_eq(ue->index, 9);
    ck_assert_uint_eq(ue->member, 9);
    ck_assert_ptr_eq(ue->pdn, pdn);
    ck_assert_uint_eq(ue->roles[0], PROSE_ROLE_ANNOUNCE | PROSE_ROLE_MONITOR);
    ck_assert(ue->authorised[0] && ue->subscriber && ue->scrambling_supported && ue->pkmf_provisioned);
    ck_assert_double_eq(ue->power_on_s->a, 0);
    ck_assert_int_eq(ue->drift_ppm->kind, PROSE_DIST_NORMAL);
    ck_assert_double_eq(ue->drift_ppm->bound, 10);
    ck_assert_int_eq(ue->placement, PROSE_PLACEMENT_UNIFORM);
    ck_assert_int_eq(ue->mobility, PROSE_MOBILITY_RANDOM_WAYPOINT);
    ck_assert_double_eq(ue->speed_max, 3);
    ck_assert_uint_eq(s->events->len, 0);
    ck_assert_uint_eq(s->warnings->len, 0);
}
END_TEST

START_TEST(what_is_given_is_what_comes_out)
{
    g_autoptr(ProseScenario) s = load_good(
        "[simulation]\nduration = 1000 periods\nutc-start = 2026-06-01T23:00:00Z\n"
        "[profile]\nreceive-key = clock\n"
        "[radio]\nreception = collision\npropagation = friis + nakagami\n"
        "[pool main]\nperiod = rf64\nsubframe-bitmap = 0101\nrepetitions = 3\nprb-num = 10\nprb-start = 10\nprb-end = 40\nretransmissions = 1\ntx-probability = p75\n"
        "[pkmf west]\nmax-offset = 0 s\n"
        "[prose-function f]\nservice-time = 3 ms\noutage = daily 23:30 for 2 h\n"
        "[discovery plain]\nrelay-service-code = 7\npkmf = west\nscrambling = no\nmic = no\nencrypted-bits-mask = none\n"
        "cryptoperiod = 100 s\nlead = 0.5 cryptoperiods\n"
        "[group-key talk]\ngroup-id = 9\npkmf = west\nalgorithms = eea2\n"
        "[ue-group mixed]\ncount = 3\nsolicit = plain\nhold = talk, command\nauthorised = plain\npkmf-known = prose-function\n"
        "power-on = uniform 0 5 s\nplacement = grid 20 m\nmobility = static\nscrambling-supported = no\n" REST, NULL);
    const ProseScenarioFunction *f = s->functions->pdata[0];
    const ProseScenarioDiscovery *plain = s->discoveries->pdata[0], *talk = s->discoveries->pdata[2];
    const ProseScenarioUe *ue = s->ues->pdata[2];
    const ProsePool *pool = first_pool(s);
    const ProseInterval *outage;

    ck_assert_double_eq_tol(s->duration_s, 640, 1e-9);
    ck_assert_int_eq(s->profile.receive_key, PROSE_RECEIVE_KEY_CLOCK);
    ck_assert_int_eq(s->reception.kind, PROSE_RECEPTION_COLLISION);
    ck_assert_str_eq(s->propagation, "friis + nakagami");
    ck_assert_uint_eq(pool->period_ms, 640);
    ck_assert_uint_eq(pool->n_subframes, 6);
    ck_assert_uint_eq(pool->subframe_ms[2], 5);
    ck_assert_uint_eq(pool->resources_per_subframe, 10);
    ck_assert_uint_eq(pool->retransmissions, 1);
    ck_assert_double_eq(pool->tx_probability, 0.75);
    ck_assert_double_eq_tol(f->service_time_s.a, 0.003, 1e-12);
    ck_assert_str_eq(f->fqdn, "prose-function.f.example");
    ck_assert_uint_eq(f->pkmfs->len, 2);
    ck_assert_uint_eq(f->outages->len, 0);           /* begins at 1800 s, the run ends at 640 s */
    ck_assert_uint_eq(s->discoveries->len, 3);
    ck_assert_str_eq(plain->name, "plain");
    ck_assert_uint_eq(plain->scope.type, PROSE_KEY_TYPE_PSDK_RELAY);
    ck_assert(!plain->meta.scrambling && !plain->meta.mic && !plain->meta.confidentiality);
    ck_assert_uint_eq(plain->lead_s, 50);
    ck_assert_uint_eq(plain->pkmf->max_offset_s, 0);
    ck_assert_str_eq(talk->name, "talk");
    ck_assert_uint_eq(talk->index, 2);
    ck_assert_uint_eq(talk->scope.type, PROSE_KEY_TYPE_PGK);
    ck_assert_uint_eq(talk->scope.id, 9);
    ck_assert_uint_eq(talk->algorithms, 0x20);
    ck_assert_str_eq(ue->name, "mixed[2]");
    ck_assert_ptr_null(ue->pdn);
    ck_assert_uint_eq(ue->roles[0], PROSE_ROLE_SOLICIT);
    ck_assert_uint_eq(ue->roles[1], PROSE_ROLE_HOLD);
    ck_assert_uint_eq(ue->roles[2], PROSE_ROLE_HOLD);
    ck_assert(ue->authorised[0] && !ue->authorised[1] && !ue->authorised[2] && ue->subscriber);
    ck_assert(!ue->scrambling_supported && !ue->pkmf_provisioned);
    ck_assert_int_eq(ue->power_on_s->kind, PROSE_DIST_UNIFORM);
    ck_assert_int_eq(ue->placement, PROSE_PLACEMENT_GRID);
    ck_assert_double_eq(ue->grid_m, 20);
    ck_assert_int_eq(ue->mobility, PROSE_MOBILITY_STATIC);
    ck_assert_uint_eq(((ProseScenarioUe *) s->ues->pdata[3])->group, 1);

    s = (prose_scenario_free(s), load_good("[simulation]\nduration = 1 h\nutc-start = 2026-06-01T23:45:00Z\n[prose-function f]\noutage = daily 23:30 for 30 min, 50 min .. 2 h\n" REST, NULL));
    f = s->functions->pdata[0];
    ck_assert_uint_eq(f->outages->len, 2);
    outage = &g_array_index(f->outages, ProseInterval, 0);
    ck_assert(outage[0].start_s == 0 && outage[0].end_s == 900 && outage[1].start_s == 3000 && outage[1].end_s == 3600);
}
END_TEST

/* Each preset of a policy: what it says is what comes out, and what is given beside it wins. */
START_TEST(a_policy_gives_the_defaults_of_its_keys)
{
    static const struct { const char *name; uint32_t cryptoperiod_s, lead_s; } policies[] = {
        { "stress", 3600, 600 }, { "daily", 86400, 43200 }, { "weekly", 7 * 86400, 86400 }, { "monthly", 30 * 86400, 86400 },
    };
    size_t n;
    const ProsePolicyPreset *presets = prose_policy_presets(&n);

    ck_assert_uint_eq(n, G_N_ELEMENTS(policies));
    for (size_t i = 0; i < n; i++) {
        g_autofree char *option = g_strdup_printf("command.policy=%s", policies[i].name);
        const char *const alone[] = { option, NULL }, *const beside[] = { option, "command.lead=7 min", NULL };
        g_autoptr(ProseScenario) s = load_good(REST, alone), t = load_good(REST, beside);
        const ProseScenarioDiscovery *d = s->discoveries->pdata[0];

        ck_assert_str_eq(presets[i].name, policies[i].name);
        ck_assert_uint_eq(d->cryptoperiod_s, policies[i].cryptoperiod_s);
        ck_assert_uint_eq(d->lead_s, policies[i].lead_s);
        d = t->discoveries->pdata[0];
        ck_assert_uint_eq(d->cryptoperiod_s, policies[i].cryptoperiod_s);
        ck_assert_uint_eq(d->lead_s, 420);
    }
}
END_TEST

START_TEST(none_authorised_is_no_subscriber)
{
    static const char *const options[] = { "engines.authorised=none", NULL };
    g_autoptr(ProseScenario) s = load_good(REST, options);
    const ProseScenarioUe *ue = s->ues->pdata[0];

    ck_assert(!ue->subscriber && !ue->authorised[0]);
}
END_TEST

START_TEST(a_single_UE_differs_in_the_keys_it_overrides)
{
    g_autoptr(ProseScenario) s = load_good("[ue engines[2..3]]\nscrambling-supported = no\nmonitor = none\n[ue engines[3]]\npdn = none\nplacement = point 1 m 2 m\n" REST, NULL);

    for (unsigned i = 0; i < 10; i++) {
        const ProseScenarioUe *ue = s->ues->pdata[i];

        ck_assert_int_eq(ue->scrambling_supported, i != 2 && i != 3);
        ck_assert_uint_eq(ue->roles[0], i == 2 || i == 3 ? PROSE_ROLE_ANNOUNCE : PROSE_ROLE_ANNOUNCE | PROSE_ROLE_MONITOR);
        ck_assert_int_eq(ue->pdn == NULL, i == 3);
        ck_assert_int_eq(ue->placement, i == 3 ? PROSE_PLACEMENT_POINT : PROSE_PLACEMENT_UNIFORM);
        ck_assert_double_eq(ue->point_y, i == 3 ? 2 : 0);
    }
}
END_TEST

START_TEST(events_are_in_order_of_time_then_of_the_file)
{
    g_autoptr(ProseScenario) s = load_good(
        "[event late]\nat = 20 s\ndo = stop engines[3], engines[0..1], engines[3] command\n"
        "[event first]\nat = 10 s\ndo = network-releases-pdn all\n"
        "[event second]\nat = 10000 ms\ndo = pkmf-down east\n" REST, NULL);
    const ProseScenarioEvent *e = s->events->pdata[0];

    ck_assert_str_eq(e->name, "first");
    ck_assert_int_eq(e->action, PROSE_ACTION_NETWORK_RELEASES_PDN);
    ck_assert_uint_eq(e->ues->len, 10);
    e = s->events->pdata[1];
    ck_assert_str_eq(e->name, "second");
    ck_assert_ptr_eq(e->pkmf, s->pkmfs->pdata[0]);
    ck_assert_uint_eq(e->ues->len, 0);
    e = s->events->pdata[2];
    ck_assert_str_eq(e->name, "late");
    ck_assert_double_eq(e->at_s, 20);
    ck_assert_uint_eq(e->ues->len, 3);
    ck_assert_uint_eq(g_array_index(e->ues, unsigned, 2), 3);
    ck_assert_uint_eq(e->discoveries->len, 1);
}
END_TEST

START_TEST(options_win_over_the_file_and_later_over_earlier)
{
    static const char *const options[] = { "pool.period=rf64", "pool.period = rf128", "*engines.count=3", "ue engines[1].pdn=none", NULL };
    g_autoptr(ProseScenario) s = load_good("[pool]\nperiod = rf33\n" REST, options);
    g_autofree char *said = prose_scenario_explain(s);

    ck_assert_uint_eq(first_pool(s)->period_ms, 1280);
    ck_assert_uint_eq(s->ues->len, 3);
    ck_assert_ptr_null(((ProseScenarioUe *) s->ues->pdata[1])->pdn);
    ck_assert_ptr_nonnull(((ProseScenarioUe *) s->ues->pdata[2])->pdn);
    ck_assert_ptr_nonnull(strstr(said, "  period = rf128                                        1.28 s            -s pool.period = rf128\n"));
    ck_assert_ptr_nonnull(strstr(said, "  cryptoperiod = 1 h                                    3600 s            default\n"));
    ck_assert_ptr_nonnull(strstr(said, "  pkmf = east                                                             x.ini:6\n"));
}
END_TEST

START_TEST(a_section_is_meant_by_header_name_kind_or_pattern)
{
    static const struct { const char *option; unsigned east, west; } rows[] = {
        { "pkmf east.workers=7", 7, 4 }, { "east.workers=7", 7, 4 }, { "pkmf *.workers=7", 7, 7 }, { "*t.workers=7", 7, 7 }, { "we*.workers=7", 4, 7 },
        { "*.workers=7", 7, 7 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const options[] = { rows[i].option, "pdn.delay=1 ms", NULL };
        g_autoptr(ProseScenario) s = load_good("[pkmf west]\n" REST, options);

        ck_assert_uint_eq(((ProseScenarioPkmf *) s->pkmfs->pdata[0])->workers, rows[i].west);
        ck_assert_uint_eq(((ProseScenarioPkmf *) s->pkmfs->pdata[1])->workers, rows[i].east);
        ck_assert_double_eq(((ProseScenarioPdn *) s->pdns->pdata[0])->delay_s, 0.001);
    }
}
END_TEST

START_TEST(the_hash_is_of_the_options_but_for_seed_and_run)
{
    static const char *const a[] = { "pool.period=rf64", NULL }, *const b[] = { "pool.period=rf64", "simulation.seed=9", "simulation.run=2", NULL },
        *const c[] = { "pool.period=rf32", NULL }, *const d[] = { "simulation.run=2", NULL };
    g_autoptr(ProseScenario) sa = load_good(REST, a), sb = load_good(REST, b), sc = load_good(REST, c), sd = load_good(REST, d);

    ck_assert_uint_eq(strlen(sa->settings_hash), 8);
    ck_assert_uint_eq(strspn(sa->settings_hash, "0123456789abcdef"), 8);
    ck_assert_str_eq(sa->settings_hash, sb->settings_hash);
    ck_assert_str_ne(sa->settings_hash, sc->settings_hash);
    ck_assert_str_eq(sd->settings_hash, "");
    ck_assert_uint_eq(sb->seed, 9);
    ck_assert_uint_eq(sb->run, 2);
}
END_TEST

/* ---- places and times ---- */

START_TEST(places_and_times_resolve)
{
    g_autoptr(ProseScenario) s = load_good(
        "[pool near]\ncoverage = in\n[pool far]\ncoverage = out\nperiod = rf64\nactive = around-rollover 10 s, 100 s .. 110 s\n"
        "[cell west]\nposition = 10 m 20 m\ntime-source = tower\npdn = lan\n"
        "[cell east]\nposition = 900 m 20 m\ncoverage = everywhere\ntime-source = none\n"
        "[time-source clock]\nkind = rtc\nset-from = net\nsince-set = 12 h\ndrift = plain-crystal\n"
        "[time-source net]\nkind = nitz\n"
        "[time-source gps]\nkind = gnss\narea = disc 50 m at 1 m 2 m\nactive = 5 s .. 9 s\n"
        "[time-source tower]\nkind = sib16\nerror = ramp 0 s .. 90 s over 10 min\n"
        "[event e]\nat = 90 s\ndo = set-clock engines[1] 2027-01-01T00:00:00Z\n"
        "[event f]\nat = 7 s\ndo = revoke engines[1] command\n"
        "[ue engines[2]]\ntime-sources = gps, clock\ncoverage = out\nrtc-drift = 1 ppm\n" REST,
        (const char *const[]) { "command.cryptoperiod=70 s", "command.lead=1 s", NULL });
    const ProseScenarioPool *near = s->pools->pdata[0], *far = s->pools->pdata[1];
    const ProseScenarioTimeSource *clock = s->time_sources->pdata[0], *net = s->time_sources->pdata[1], *gps = s->time_sources->pdata[2],
                                  *tower = s->time_sources->pdata[3];
    const ProseScenarioCell *west = s->cells->pdata[0], *east = s->cells->pdata[1];
    const ProseScenarioUe *one = s->ues->pdata[1], *two = s->ues->pdata[2];
    static const unsigned by_rules[] = { 3, 2, 1, 0 };
    static const double far_s[][2] = { { 0, 17 }, { 60, 80 }, { 100, 110 } };

    ck_assert_uint_eq(near->serves, PROSE_COVERAGE_IN);
    ck_assert_uint_eq(far->serves, PROSE_COVERAGE_OUT);
    ck_assert_uint_eq(near->active->len, 1);
    ck_assert_uint_eq(far->active->len, G_N_ELEMENTS(far_s));
    for (size_t i = 0; i < G_N_ELEMENTS(far_s); i++) {
        ck_assert_double_eq(g_array_index(far->active, ProseInterval, i).start_s, far_s[i][0]);
        ck_assert_double_eq(g_array_index(far->active, ProseInterval, i).end_s, far_s[i][1]);
    }
    ck_assert_double_eq(west->disc.radius_m, 600);
    ck_assert_double_eq(west->disc.x, 10);
    ck_assert_double_eq(west->disc.y, 20);
    ck_assert(west->says[3] && !west->says[0] && !west->says[1]);
    ck_assert_ptr_eq(west->pdn, s->pdns->pdata[0]);
    ck_assert(isinf(east->disc.radius_m) && !east->says[3]);
    ck_assert_ptr_null(east->pdn);
    ck_assert_int_eq(clock->kind, PROSE_TIME_RTC);
    ck_assert_ptr_eq(clock->set_from, net);
    ck_assert_double_eq(clock->since_set_s.a, 43200);
    ck_assert(clock->has_drift && clock->drift_ppm.b == 20 && clock->drift_ppm.bound == 100);
    ck_assert_double_eq(clock->error_s.b, 0.02);
    ck_assert_int_eq(net->error_s.kind, PROSE_DIST_UNIFORM);
    ck_assert_double_eq(net->error_s.a, -60);
    ck_assert_double_eq(gps->area.radius_m, 50);
    ck_assert_double_eq(gps->area.y, 2);
    ck_assert_double_eq(gps->error_s.b, 1e-6);
    ck_assert_uint_eq(gps->active->len, 1);
    ck_assert(tower->is_ramp && tower->ramp_to_s == 90 && tower->ramp_over_s == 600);
    ck_assert_int_eq(one->coverage, PROSE_UE_COVERAGE_CELLS);
    ck_assert_ptr_null(one->rtc_drift_ppm);
    ck_assert_uint_eq(one->time_sources->len, 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(g_array_index(one->time_sources, unsigned, i), by_rules[i]);
    ck_assert_int_eq(two->coverage, PROSE_UE_COVERAGE_OUT);
    ck_assert(two->rtc_drift_ppm && two->rtc_drift_ppm->a == 1);
    ck_assert_uint_eq(two->time_sources->len, 2);
    ck_assert_uint_eq(g_array_index(two->time_sources, unsigned, 0), 2);
    ck_assert_uint_eq(g_array_index(two->time_sources, unsigned, 1), 0);
    ck_assert_int_eq(((ProseScenarioEvent *) s->events->pdata[1])->utc_s, 1798761600);
    assert_fixed_point(s);
}
END_TEST

START_TEST(without_time_sources_there_are_sib16_and_a_clock_set_from_it)
{
    g_autoptr(ProseScenario) s = load_good(REST, NULL);
    const ProseScenarioTimeSource *sib16 = s->time_sources->pdata[0], *rtc = s->time_sources->pdata[1];

    ck_assert_uint_eq(s->time_sources->len, 2);
    ck_assert_str_eq(sib16->name, "sib16");
    ck_assert_int_eq(sib16->kind, PROSE_TIME_SIB16);
    ck_assert(!sib16->is_ramp && sib16->error_s.kind == PROSE_DIST_CONSTANT && sib16->error_s.a == 0);
    ck_assert_str_eq(rtc->name, "rtc");
    ck_assert_ptr_eq(rtc->set_from, sib16);
    ck_assert_double_eq(rtc->error_s.b, 0.02);
}
END_TEST

/* ---- times of activity ---- */

static const struct { const char *active; unsigned n; } activity_lists[] = {
    { "none", 0 }, { "always", 1 }, { "5 s .. 9 s", 1 }, { "0 s .. 1 s, 119 s .. 120 s", 2 }, { "every 4 s for 1 s", 29 },
    { "every 1 s for 20 ms", 119 },              /* in most of which no period of 320 ms begins */
    { "every 1100 ms for 2 ms, 40 s .. 41280 ms", 109 }, { "every 1 s for 1 ns", 119 }, { "0 s .. 640 ms, 960 ms .. 1280 ms", 2 },
};

/* What the functions are to give, by looking at every interval. */
static uint64_t
scan_next_period(const ProseScenarioPool *pool, uint64_t period)
{
    uint64_t length_ns = pool->pool.period_ms * UINT64_C(1000000), found = UINT64_MAX;

    for (guint i = 0; i < pool->active->len; i++) {
        const ProseInterval *v = &g_array_index(pool->active, ProseInterval, i);
        uint64_t first = MAX((prose_ns_from_s(v->start_s) + length_ns - 1) / length_ns, period);

        if (first * length_ns < prose_ns_from_s(v->end_s))
            found = MIN(found, first);
    }
    return found;
}

static bool
scan_contains(const GArray *intervals, uint64_t at_ns, uint64_t *ret_edge_ns)
{
    bool is_inside = false;

    *ret_edge_ns = UINT64_MAX;
    for (guint i = 0; i < intervals->len; i++) {
        const ProseInterval *v = &g_array_index(intervals, ProseInterval, i);
        uint64_t start_ns = prose_ns_from_s(v->start_s), end_ns = prose_ns_from_s(v->end_s);

        is_inside |= start_ns <= at_ns && at_ns < end_ns;
        if (start_ns > at_ns)
            *ret_edge_ns = MIN(*ret_edge_ns, start_ns);
        if (end_ns > at_ns)
            *ret_edge_ns = MIN(*ret_edge_ns, end_ns);
    }
    return is_inside;
}

static void
assert_as_scanned(const GArray *intervals, const char *active, uint64_t at_ns)
{
    uint64_t want_ns, edge_ns;
    bool want = scan_contains(intervals, at_ns, &want_ns), is = prose_intervals_contain(intervals, at_ns, &edge_ns);

    ck_assert_msg(is == want && edge_ns == want_ns, "%s at %" G_GUINT64_FORMAT " ns: %d until %" G_GUINT64_FORMAT ", not %d until %" G_GUINT64_FORMAT,
                  active, at_ns, is, edge_ns, want, want_ns);
}

START_TEST(a_time_of_activity_is_found_as_by_looking_at_each)
{
    g_autofree char *active = g_strconcat("pool.active=", activity_lists[_i].active, NULL);
    g_autoptr(ProseScenario) s = load_good(REST, (const char *const[]) { active, NULL });
    const ProseScenarioPool *pool = s->pools->pdata[0];

    ck_assert_uint_eq(pool->active->len, activity_lists[_i].n);
    for (uint64_t period = 0; period < 380; period++)
        ck_assert_msg(prose_scenario_next_period(pool, period) == scan_next_period(pool, period), "%s, period %" G_GUINT64_FORMAT, active, period);
    /* At each edge and on either side of it, and in between. */
    for (guint i = 0; i < pool->active->len; i++) {
        const ProseInterval *v = &g_array_index(pool->active, ProseInterval, i);

        for (uint64_t k = 0; k < 3; k++) {
            assert_as_scanned(pool->active, active, MAX(prose_ns_from_s(v->start_s), 1) + k - 1);
            assert_as_scanned(pool->active, active, prose_ns_from_s(v->end_s) + k - 1);
        }
    }
    for (uint64_t at_ns = 0; at_ns < UINT64_C(121000000000); at_ns += UINT64_C(997000001))
        assert_as_scanned(pool->active, active, at_ns);
}
END_TEST

/* ---- warnings ---- */

static const struct { const char *text, *overrides[MAX_OVERRIDES]; const char *want; } warned[] = {
    { "[event e]\nat = 120 s\ndo = pkmf-down east\n", { NULL }, "x.ini:2: [event e] at = 120 s: never happens; the run ends at 120 s" },
    { "[ue engines[1]]\nscrambling-supported = no\n", { NULL },
      "x.ini:8: [ue-group engines]: engines[1] has no scrambling and will be refused for every discovery (rules R4)" },
    { "", { "engines.scrambling-supported=no", "profile.scrambling-required=where-used" },
      "x.ini:6: [ue-group engines]: 10 UEs, from engines[0] on, have no scrambling and will be refused for each discovery that scrambles (rules R4)" },
    { "", { "engines.scrambling-supported=no", "profile.scrambling-required=where-used", "command.scrambling=no" }, NULL },
    { "", { "engines.pdn=none" }, "x.ini:6: [ue-group engines]: 10 UEs, from engines[0] on, have no PDN connection and so no keys" },
    { "", { "engines.monitor=none" }, "x.ini:2: [discovery command]: UEs announce, none monitors" },
    { "", { "engines.announce=none" }, "x.ini:2: [discovery command]: UEs monitor, none announces" },
    { "[discovery b]\nrelay-service-code = 1\npkmf = east\n", { NULL }, "x.ini:1: [discovery b]: no UE takes part in it" },
    { "[discovery b]\nrelay-service-code = 1\npkmf = east\nadditional-information-every = 5\n[ue-group askers]\ncount = 1\nsolicit = b\nrespond = b\npdn = lan\n", { NULL },
      "x.ini:4: [discovery b] additional-information-every = 5: does nothing: no UE announces" },
    { "", { "command.encrypted-bits-mask=bits 0..183" },
      "-s command.encrypted-bits-mask=bits 0..183: [discovery command] encrypted-bits-mask = bits 0..183: "
      "covers bits 0..23, the identity that receivers filter by: each message has to be decrypted first" },
    { "", { "command.first-start=2026-06-01T08:00:30Z" },
      "-s command.first-start=2026-06-01T08:00:30Z: [discovery command] first-start = 2026-06-01T08:00:30Z: no key is valid before 30 s of the run" },
    { "", { "command.first-start=2026-06-01T07:10:00Z" },
      "-s command.first-start=2026-06-01T07:10:00Z: [discovery command] first-start = 2026-06-01T07:10:00Z: "
      "the key does not change within the run; the next change is at 600 s" },
    { "", { "command.cryptoperiod=130 s", "command.lead=64 s" },
      "-s command.lead=64 s: [discovery command] lead = 64 s: the next key is delivered at 66 s and begins after the end, at 130 s" },
    { "", { "command.cryptoperiod=100 s", "command.lead=63 s" },
      "-s command.lead=63 s: [discovery command] lead = 63 s: UEs ask for the next key twice the max-offset, 64 s, before its start, "
      "when the PKMF has none to give yet" },
    { "", { "command.cryptoperiod=100 s", "command.lead=64 s" }, NULL },
    { "", { "command.keys=provisioned" }, "x.ini:4: [discovery command] pkmf = east: is not asked: the scenario gives the keys" },
    { "", { "command.keys=provisioned", "command.pkmf=none", "engines.pdn=none", "engines.scrambling-supported=no" }, NULL },
    { "", { "command.keys=provisioned", "command.pkmf=none", "command.lead=2 h" },
      "-s command.lead=2 h: [discovery command] lead = 2 h: does nothing: the scenario gives the keys" },
    { "", { "engines.power-on=2 min" }, "x.ini:6: [ue-group engines]: engines[0] is switched on after the end, and it is not the only one" },
    { "", { "east.restart-keeps-state=no" },
      "-s east.restart-keeps-state=no: [pkmf east] restart-keeps-state = no: nothing brings it down, so nothing is lost" },
    { "", { "east.restart-keeps-state=no", "east.outage=10 s .. 20 s" }, NULL },
    { "", { "east.retry-after=10 s" }, "-s east.retry-after=10 s: [pkmf east] retry-after = 10 s: never said, since the queue is unlimited" },
    { "", { "east.retry-after=10 s", "east.queue-limit=9" }, NULL },
    { "", { "east.delivery-pace=0.01 /s" },
      "-s east.delivery-pace=0.01 /s: [pkmf east] delivery-pace = 0.01 /s: 10 UEs of command take 1000 s, longer than the lead, 600 s" },
    { "", { "east.delivery-pace=1 /s" }, NULL },
    { "", { "engines.off-network=10 s .. 50 s, 60 s .. 70 s", "command.lead=64 s" }, NULL },
    { "", { "simulation.duration=61 min", "engines.off-network=every 30 min for 11 min" },
      "-s engines.off-network=every 30 min for 11 min: [ue-group engines] off-network = every 30 min for 11 min: up to 660 s out of reach, longer "
      "than the lead of command, 600 s: its UEs miss keys that start meanwhile" },
    { "", { "simulation.duration=61 min", "engines.off-network=every exponential 30 min for uniform 1 min 11 min" },
      "-s engines.off-network=every exponential 30 min for uniform 1 min 11 min: [ue-group engines] off-network = every exponential 30 min for "
      "uniform 1 min 11 min: up to 660 s out of reach, longer than the lead of command, 600 s: its UEs miss keys that start meanwhile" },
    { "", { "engines.off-network=always" }, "-s engines.off-network=always: [ue-group engines] off-network = always: leaves no time to get keys in" },
    { "", { "engines.off-network=every 10 s for exponential 1 s" }, "-s engines.off-network=every 10 s for exponential 1 s: [ue-group engines] "
      "off-network = every 10 s for exponential 1 s: may last as long as the run" },
    { "", { "command.overlap=10 s" }, "-s command.overlap=10 s: [discovery command] overlap = 10 s: does nothing under receive-key = counter" },
    { "", { "command.overlap=10 s", "profile.receive-key=clock" }, NULL },
    { "", { "command.keys-ahead=7" }, "-s command.keys-ahead=7: [discovery command] keys-ahead = 7: leaves a UE no room for the successor of a key "
      "that is replaced (rules K5, K7)" },
    { "", { "command.keys-ahead=7", "command.emergency=none" }, NULL },
    { "", { "command.keep-past=8 h" }, "-s command.keep-past=8 h: [discovery command] keep-past = 8 h: a UE holds at most 8 keys of a discovery "
      "(rules K5), so the oldest go earlier" },
    { "", { "simulation.duration=61 min", "command.lead-spread=uniform 0 s 6 min" },
      "-s command.lead-spread=uniform 0 s 6 min: [discovery command] lead-spread = uniform 0 s 6 min: UEs without the next key ask for it up to "
      "300 s before its start, when some have not been sent it yet" },
    { "", { "simulation.duration=61 min", "command.lead-spread=hash 5 min" }, NULL },
    { "", { "simulation.duration=61 min", "command.successor-check=20 min" },
      "-s command.successor-check=20 min: [discovery command] successor-check = 20 min: UEs ask when the PKMF has no next key to give yet; "
      "the lead is 600 s" },
    { "", { "simulation.duration=61 min", "command.successor-check=20 min", "command.keys-ahead=1" }, NULL },
    { "", { "engines.coverage=out" }, NULL },
    { "", { "engines.coverage=out", "pool.coverage=in" },
      "-s pool.coverage=in: [pool] coverage = in: no pool serves UEs out of coverage, and there are such: they send nothing there" },
    { "[event e]\nat = 1 s\ndo = coverage engines in\n[pool]\ncoverage = out\n", { "engines.coverage=out" },
      "x.ini:5: [pool] coverage = out: no pool serves UEs in coverage, and there are such: they send nothing there" },
    { "[pool]\nactive = 200 s .. 300 s\n", { NULL }, "x.ini:2: [pool] active = 200 s .. 300 s: never within the run: nothing is sent in it" },
    { "[pool]\nactive = 1 s .. 120 s\n", { NULL }, "x.ini:2: [pool] active = 1 s .. 120 s: not yet when counting begins: time-to-discover and "
      "periods-to-discover count time that is not simulated" },
    { "[pool]\nactive = every 4 s for 1 s\n", { "simulation.warm-up=4 s" }, NULL },
    { "[pool]\nactive = 0 s .. 120 s\n", { NULL }, NULL },
    { "[pool]\nactive = 0 s .. 120 s\n[pool late]\ncoverage = out\nactive = 5 s .. 9 s\n", { NULL }, NULL },
#define PRB "prb-start = 10\nprb-end = 40\nprb-num = "
    { "[pool a]\n" PRB "10\n[pool b]\nprb-start = 5\nprb-end = 45\nprb-num = 6\n", { NULL },
      "x.ini:8: [pool b] prb-num = 6: shares PRB with [pool a]; pools are simulated as if they had their own" },
    { "[pool a]\n" PRB "10\n[pool b]\nprb-start = 5\nprb-end = 45\nprb-num = 5\n", { NULL }, NULL },
    { "[pool a]\n" PRB "10\n[pool b]\n" PRB "10\nsubframe-bitmap = 0000011111\n", { NULL }, NULL },
    { "[pool a]\n[pool b]\n", { NULL }, NULL },
    { "", { "engines.time-sources=none" },
      "-s engines.time-sources=none: [ue-group engines] time-sources = none: engines[0] has no source of UTC at all and neither sends nor receives (no-utc)" },
    { "[time-source tower]\nkind = sib16\n", { "ue engines[3].coverage=out" },
      "x.ini:8: [ue-group engines] time-sources = all: engines[3] has no source of UTC out of coverage and neither sends nor receives there (no-utc)" },
    { "[time-source tower]\nkind = sib16\n", { NULL }, NULL },
    { "[time-source net]\nkind = nitz\n", { NULL },
      "x.ini:1: [time-source net] error = nitz: may be further from UTC than the max-offset, 32 s: such UEs neither send nor receive (clock-offset)" },
    { "[time-source net]\nkind = nitz\nerror = uniform -32 s 32 s\n", { NULL }, NULL },
    { "[time-source clock]\nkind = rtc\n", { NULL },
      "x.ini:1: [time-source clock] since-set = 0 s: a clock that hears nothing at the start counts as set then, without drift; since-set gives it an age" },
    { "[time-source clock]\nkind = rtc\nset-from = tower\n[time-source tower]\nkind = sib16\n", { "engines.coverage=out" },
      "x.ini:1: [time-source clock] since-set = 0 s: a clock that hears nothing at the start counts as set then, without drift; since-set gives it an age" },
    { "[time-source clock]\nkind = rtc\nset-from = tower\n[time-source tower]\nkind = sib16\n[event e]\nat = 5 s\ndo = coverage engines out\n", { NULL }, NULL },
    { "[time-source clock]\nkind = rtc\nsince-set = 12 h\n", { NULL }, NULL },
    { "[time-source gps]\nkind = gnss\n[time-source tower]\nkind = sib16\n", { "engines.time-sources=gps" },
      "x.ini:3: [time-source tower]: no UE takes time from it, and no clock of one is set from it" },
    /* Pairs, from which on they are many. */
    { "", { "engines.count=5001" }, NULL },
    { "", { "engines.count=5000", "radio.range=unlimited" }, NULL },
    { "", { "engines.count=5001", "radio.range=unlimited" },
      "-s radio.range=unlimited: [radio] range = unlimited: 5001 UEs hear each other without a limit of range: 25010001 pairs" },
    { "", { "engines.count=5001", "radio.range=1 km" }, NULL },
    { "", { "engines.count=5001", "radio.propagation=friis" }, NULL },
    { "", { "engines.count=5001", "radio.propagation=friis + nakagami" },
      "-s radio.propagation=friis + nakagami: [radio] propagation = friis + nakagami: 5001 UEs hear each other without a limit of range: 25010001 pairs" },
    { "", { "engines.count=5001", "radio.propagation=okumura-hata" },
      "-s radio.propagation=okumura-hata: [radio] propagation = okumura-hata: 5001 UEs hear each other without a limit of range: 25010001 pairs" },
    { "", { "engines.count=5001", "radio.propagation=3gpp-umi" },
      "-s radio.propagation=3gpp-umi: [radio] propagation = 3gpp-umi: 5001 UEs hear each other without a limit of range: 25010001 pairs" },
    { "", { "engines.count=5001", "radio.range=unlimited", "engines.announce=none", "engines.monitor=none", "engines.hold=command" }, NULL },
    { "", { "engines.count=5001", "radio.grid=off" },
      "-s radio.grid=off: [radio] grid = off: 5001 UEs are looked for among all: 25010001 pairs" },
    /* Back-off. */
    { "", { "engines.back-off-steady=10 s" }, "-s engines.back-off-steady=10 s: [ue-group engines] back-off-steady = 10 s: shorter than the longest "
      "wait before it, 16 s, so more failures bring more requests" },
    { "", { "engines.back-off-steady=16 s" }, NULL },
    { "", { "engines.back-off=7 s" }, NULL },
    { "", { "engines.back-off=8 s" }, "x.ini:6: [ue-group engines] back-off-steady = 60 s: shorter than the longest wait before it, 64 s, so more "
      "failures bring more requests" },
};

START_TEST(what_will_surprise_is_warned_of)
{
    g_autofree char *text = g_strconcat(warned[_i].text, REST, NULL), *said = NULL;
    g_autoptr(ProseScenario) s = load_good(text, warned[_i].overrides);

    ck_assert_uint_eq(s->warnings->len, warned[_i].want ? 1 : 0);
    if (!warned[_i].want)
        return;
    ck_assert_str_eq(s->warnings->pdata[0], warned[_i].want);
    said = prose_scenario_explain(s);
    ck_assert_ptr_nonnull(strstr(said, warned[_i].want));
}
END_TEST

/* A range is good for one height: another one, and all pairs are looked at. */
START_TEST(a_crowd_at_two_heights_is_warned_of)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "prose-test-heights-XXXXXX", NULL);
    g_autofree char *row = g_strdup_printf("ue,x,y,z\nengines[7],1,1,%s\n", _i ? "9" : "1.5");
    g_autofree char *text = NULL;
    g_autoptr(ProseScenario) s = NULL;
    int fd = g_mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert(g_close(fd, NULL) && g_file_set_contents(path, row, -1, NULL));
    text = g_strdup_printf(REST "[radio]\n[ue engines[7]]\nplacement = file %s\n", path);
    s = load_good(text, (const char *const []) { "engines.count=5001", NULL });
    ck_assert_int_eq(g_unlink(path), 0);
    ck_assert_uint_eq(s->warnings->len, _i);
    if (_i)
        ck_assert_ptr_nonnull(strstr(s->warnings->pdata[0], "5001 UEs at more than one height are looked for among all: 25010001 pairs"));
}
END_TEST

/* ---- settings.ini ---- */

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Everything that is in @s but its path and where its settings came from. */
static char *
dump(const ProseScenario *s)
{
    GString *t = g_string_new(NULL);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new();

    g_string_append_printf(t, "%.17g %.17g %" G_GINT64_FORMAT " %u %" G_GUINT64_FORMAT " %.17g %.17g %s %d %.17g\n", s->duration_s, s->warm_up_s,
                           s->utc_start_s, s->seed, s->run, s->area_width_m, s->area_height_m, s->propagation, s->reception.kind, s->tx_power_dbm);
    for (guint i = 0; i < s->pools->len; i++) {
        const ProseScenarioPool *p = s->pools->pdata[i];

        g_string_append_printf(t, "%u %u %u %u %.17g %u %u\n", p->pool.period_ms, p->pool.n_subframes, p->pool.resources_per_subframe,
                               p->pool.retransmissions, p->pool.tx_probability, p->serves, p->active->len);
    }
    for (size_t i = 0; prose_profile_choice(i); i++) {
        g_autofree char *v = prose_profile_get(&s->profile, prose_profile_choice(i)->name);

        g_string_append_printf(t, "%s ", v);
    }
    for (guint i = 0; i < s->pkmfs->len; i++) {
        const ProseScenarioPkmf *p = s->pkmfs->pdata[i];

        g_string_append_printf(t, "\n%s %s %u %u %.17g %.17g %.17g", p->name, p->fqdn, p->max_offset_s, p->workers, p->issue_pmk_every_s,
                               p->service_time_s[0].a, p->service_time_s[2].bound);
    }
    for (guint i = 0; i < s->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = s->discoveries->pdata[i];

        g_string_append_printf(t, "\n%s %u %u %s %u %d%d%d %u %" G_GINT64_FORMAT " %u %u %u", d->name, d->scope.type, d->scope.id,
                               d->pkmf ? d->pkmf->name : "-", d->max_offset_s,
                               d->meta.scrambling, d->meta.mic, d->meta.confidentiality, d->meta.encrypted_bits_mask[22], d->first_start_s,
                               d->cryptoperiod_s, d->lead_s, d->algorithms);
    }
    for (guint i = 0; i < s->pdns->len; i++) {
        const ProseScenarioPdn *p = s->pdns->pdata[i];

        g_string_append_printf(t, "\n%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u %.17g %.17g", p->name, p->ue_rate_bps, p->gateway_rate_up_bps,
                               p->gateways, p->delay_s, p->loss);
    }
    for (guint i = 0; i < s->time_sources->len; i++) {
        const ProseScenarioTimeSource *source = s->time_sources->pdata[i];

        g_string_append_printf(t, "\n%s %d %d %.17g %.17g %.17g %.17g %s %.17g %d %.17g %.17g %u", source->name, source->kind, source->is_ramp,
                               source->error_s.a, source->error_s.b, source->ramp_to_s, source->ramp_over_s,
                               source->set_from ? source->set_from->name : "-", source->since_set_s.a, source->has_drift, source->drift_ppm.b,
                               source->area.radius_m, source->active->len);
    }
    for (guint i = 0; i < s->cells->len; i++) {
        const ProseScenarioCell *c = s->cells->pdata[i];

        g_string_append_printf(t, "\n%s %.17g %.17g %.17g %d %s", c->name, c->disc.x, c->disc.y, c->disc.radius_m, c->says[0],
                               c->pdn ? c->pdn->name : "-");
    }
    for (guint i = 0; i < s->ues->len; i++) {
        const ProseScenarioUe *u = s->ues->pdata[i];

        g_string_append_printf(t, "\n%d %.17g", u->coverage, u->rtc_drift_ppm ? u->rtc_drift_ppm->b : -1);
        for (guint k = 0; k < u->time_sources->len; k++)
            g_string_append_printf(t, " %u", g_array_index(u->time_sources, unsigned, k));
        g_string_append_printf(t, "\n%s %s %d%d%d %d %.17g %.17g %d %.17g %.17g %d %.17g %s", u->name, u->pdn ? u->pdn->name : "-", u->subscriber,
                               u->scrambling_supported, u->pkmf_provisioned, u->power_on_s->kind, u->power_on_s->a, u->drift_ppm->b, u->placement,
                               u->grid_m, u->point_x, u->mobility, u->speed_max, u->mobility_spec ? u->mobility_spec : "-");
        for (guint d = 0; d < s->discoveries->len; d++)
            g_string_append_printf(t, " %u%d", u->roles[d], u->authorised[d]);
    }
    for (guint i = 0; i < s->events->len; i++) {
        const ProseScenarioEvent *e = s->events->pdata[i];

        g_string_append_printf(t, "\n%s %.17g %d %u %u %s %d %" G_GINT64_FORMAT, e->name, e->at_s, e->action, e->ues->len, e->discoveries->len,
                               e->pkmf ? e->pkmf->name : "-", e->on, e->utc_s);
    }
    for (guint i = 0; i < s->warnings->len; i++)
        g_ptr_array_add(warnings, strchr(s->warnings->pdata[i], '['));
    g_ptr_array_sort(warnings, compare_texts);     /* their order is that of the lines */
    for (guint i = 0; i < warnings->len; i++)
        g_string_append_printf(t, "\n%s", (const char *) warnings->pdata[i]);
    return g_string_free(t, FALSE);
}

/* Printed, read back and printed again: the same text, and the same scenario. */
static void
assert_fixed_point(const ProseScenario *s)
{
    g_autofree char *once = prose_scenario_print(s), *twice = NULL, *before = dump(s), *after = NULL;
    g_autoptr(ProseScenario) again = load_good(once, NULL);

    twice = prose_scenario_print(again);
    after = dump(again);
    ck_assert_msg(strcmp(twice, once) == 0, "printed differently the second time");
    ck_assert_msg(strcmp(after, before) == 0, "reads back to another scenario");
}

START_TEST(every_example_prints_to_what_it_reads_back_from)
{
    g_autofree char *path = g_build_filename(TEST_PROJECT_DIR, "examples", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    unsigned n = 0;

    ck_assert_ptr_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(ProseScenario) s = NULL;

        if (!g_str_has_suffix(name, ".ini"))
            continue;
        s = prose_scenario_new_from_file(file, NULL, 0, &error);
        ck_assert_msg(s != NULL, "%s", error ? error->message : "");
        assert_fixed_point(s);
        n++;
    }
    ck_assert_uint_ge(n, 2);
}
END_TEST

START_TEST(settings_given_by_options_are_printed_too)
{
    static const char *const options[] = { "ue engines[1].pdn=none", "pool.subframe-bitmap=1100", "radio.propagation = \"friis + range[MaxRange=200]\"",
                                           "utc*.x=1", NULL };
    static const char *const good[] = { "ue engines[1].pdn=none", "pool.subframe-bitmap=1100", "radio.propagation = \"friis + range[MaxRange=200]\"", NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(ProseScenario) s = load_good(REST, good);
    g_autofree char *text = prose_scenario_print(s);

    assert_fixed_point(s);
    ck_assert_ptr_nonnull(strstr(text, "\n[ue engines[1]]\npdn = none\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nsubframe-bitmap = 1100\nrepetitions = 1\n"));
    ck_assert_ptr_null(strstr(text, "\nsubframes = "));
    ck_assert_str_eq(s->propagation, "friis + range[MaxRange=200]");
    ck_assert_ptr_null(load(REST, options, &error));       /* one bad option among good ones */
}
END_TEST

/* One of several texts for each key that has more than one value worth trying. */
static const struct { const char *section, *key, *values[5]; } choices[] = {
    { "simulation", "duration", { "90 s", "2 min 30 s", "500 periods" } },
    { "simulation", "seed", { "1", "4294944442", "77" } },
    { "simulation", "run", { "0", "18446744073709551615" } },
    { "profile", "receive-key", { "counter", "clock" } },
    { "profile", "fc-mic", { "0x49", "200" } },
    { "profile", "psdk-selector", { "dusk duik duck", "duck dusk duik" } },
    { "radio", "area", { "1 km x 2 km", "500m x 50m" } },
    { "radio", "propagation", { "log-distance[Exponent=3]", "friis + nakagami", "fixed" } },
    { "pool", "period", { "rf16", "rf1024", "rf64" } },
    { "pool", "subframes", { "1", "16" } },
    { "pool", "prb-num", { "10" } },
    { "pool", "tx-probability", { "p25", "12.5 %", "0.1" } },
    { "pool", "coverage", { "in", "out", "in, out" } },
    { "pool", "active", { "none", "around-rollover 1 min", "5 s .. 20 s, around-rollover 5 periods" } },
    { "time-source tower", "kind", { "sib16" } },
    { "time-source tower", "error", { "exact", "ramp 0 s .. 90 s over 10 min", "hour-fast" } },
    { "time-source tower", "area", { "everywhere", "disc 1 km at 5 m 6 m" } },
    { "time-source tower", "active", { "10 s .. 20 s", "none" } },
    { "time-source clock", "kind", { "rtc" } },
    { "time-source clock", "error", { "sync", "nitz" } },
    { "time-source clock", "set-from", { "tower", "none" } },
    { "time-source clock", "since-set", { "12 h", "uniform 0 1 d" } },
    { "time-source clock", "drift", { "plain-crystal", "1 ppm" } },
    { "cell west", "position", { "10 m 20 m" } },
    { "cell west", "coverage", { "disc 5 m", "everywhere" } },
    { "cell west", "time-source", { "tower", "none", "all" } },
    { "cell west", "pdn", { "lan", "none" } },
    { "pkmf east", "max-offset", { "0 s", "127 s", "10 periods" } },
    { "pkmf east", "queue-limit", { "unlimited", "7" } },
    { "pkmf east", "outage", { "none", "10 s .. 20 s", "every 1 min for 5 s" } },
    { "pkmf east", "service-time-tls", { "normal 2 ms 1 ms 2 ms", "uniform 0 1 s", "constant 0" } },
    { "discovery command", "encrypted-bits-mask", { "none", "bits 0..7, 100", "bits 183" } },
    { "discovery command", "policy", { "stress", "weekly" } },
    { "discovery command", "cryptoperiod", { "300 s", "1 d", "1000 periods" } },
    { "discovery command", "lead", { "0 s", "0.25 cryptoperiods", "1 min" } },
    { "discovery command", "scrambling", { "no", "yes" } },
    { "discovery command", "lead-spread", { "uniform 0 s 1 min", "hash 2 min", "by-group 0.01 cryptoperiods", "0 s" } },
    { "discovery command", "overlap", { "max-offset", "3 s" } },
    { "discovery command", "successor-check", { "automatic", "5 min" } },
    { "discovery command", "emergency", { "none", "replace" } },
    { "pdn lan", "gateway-rate-up", { "unlimited", "1 Gbit/s" } },
    { "pdn lan", "loss", { "0 %", "2.5 %", "0.5" } },
    { "ue-group engines", "count", { "1", "12" } },
    { "ue-group engines", "authorised", { "none", "all", "command" } },
    { "pdn lan", "burst-loss", { "none", "1 % for 200 ms" } },
    { "pdn lan", "outage", { "none", "10 s .. 20 s" } },
    { "pdn lan", "release", { "none", "10 s, daily 08:00", "every exponential 1 h" } },
    { "ue-group engines", "off-network", { "none", "daily 08:00 for 12 h", "every exponential 1 h for uniform 1 s 9 s" } },
    { "ue-group engines", "request-jitter", { "0 s", "uniform 0 s 10 s" } },
    { "ue-group engines", "request-timeout", { "5 s", "1 min" } },
    { "ue-group engines", "back-off", { "2 s", "250 ms" } },
    { "ue-group engines", "back-off-steady", { "60 s", "10 min" } },
    { "ue-group engines", "power-on", { "exponential 2 s", "uniform 0 9 s", "3 s" } },
    { "ue-group engines", "placement", { "grid 5 m", "point 1 m 2 m", "uniform" } },
    { "ue-group engines", "mobility", { "static", "random-waypoint 2 m/s", "ns3::ConstantVelocityMobilityModel[Velocity=1:0:0]" } },
    { "ue-group engines", "prose-clock-drift", { "500 ppb", "normal 0 1 ppm 2 ppm", "radio-tcxo" } },
    { "ue-group engines", "rtc-drift", { "phone", "0 ppm" } },
    { "ue-group engines", "coverage", { "in", "out", "cells" } },
    { "ue-group engines", "time-sources", { "clock, tower", "none", "all" } },
    { "event e", "at", { "10 s", "0.5 cryptoperiods", "7 d" } },
    { "event e", "do", { "network-releases-pdn all", "pkmf-down east", "stop engines[0] command", "revoke engines[0], all command", "coverage all out" } },
};

/* Whatever random settings say: they are refused, or print to what they are. */
START_TEST(random_settings_print_to_what_they_read_back_from)
{
    const ProseDrawKey key = { { 20260601, (uint64_t) _i } };
    unsigned n_read = 0;

    for (uint64_t round = 0; round < 60; round++) {
        g_autoptr(GString) text = g_string_new("[discovery command]\ndiscovery-group-id = 1\npkmf = east\n[ue-group engines]\nannounce = command\npdn = lan\n"
                                               "[pkmf east]\n[pdn lan]\n[simulation]\n[profile]\n[radio]\n[pool]\n[event e]\n"
                                               "[time-source tower]\n[time-source clock]\n[cell west]\n");
        g_autoptr(GError) error = NULL;
        g_autoptr(ProseScenario) s = NULL;

        for (uint64_t i = 0; i < G_N_ELEMENTS(choices); i++) {
            g_autofree char *header = g_strdup_printf("[%s]\n", choices[i].section), *line = NULL;
            unsigned n = 0;
            gssize at = strstr(text->str, header) - text->str + (gssize) strlen(header);

            while (n < G_N_ELEMENTS(choices[i].values) && choices[i].values[n])
                n++;
            /* Some have to be there; others are left out half of the time. */
            if (choices[i].section[0] != 'e' && strcmp(choices[i].key, "kind") != 0 && strcmp(choices[i].key, "position") != 0
                && prose_draw_below(&key, PROSE_DRAW_ACTIVITY, round, i, 2))
                continue;
            line = g_strdup_printf("%s = %s\n", choices[i].key, choices[i].values[prose_draw_below(&key, PROSE_DRAW_RESOURCE, round, i, n)]);
            if (strcmp(choices[i].key, "prb-num") == 0) {
                g_string_insert(text, at, "prb-start = 10\nprb-end = 40\n");
            }
            g_string_insert(text, at, line);
        }
        s = load(text->str, NULL, &error);
        if (!s) {
            ck_assert(g_error_matches(error, PROSE_SCENARIO_ERROR, PROSE_SCENARIO_ERROR_MISTAKES));
            continue;
        }
        n_read++;
        assert_fixed_point(s);
    }
    ck_assert_uint_gt(n_read, 5);
}
END_TEST

START_TEST(UEs_are_selected_by_name)
{
    g_autoptr(ProseScenario) s = load_good("[ue-group a]\ncount = 2\nannounce = command\npdn = lan\n" REST, NULL);
    g_autoptr(GArray) got = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_autofree char *wrong_text = NULL;

    ck_assert(prose_scenario_select_ues(s, "engines[8..9], a[1]", got, &wrong_text));
    ck_assert_uint_eq(got->len, 3);
    ck_assert_uint_eq(g_array_index(got, unsigned, 0), 10);
    ck_assert_uint_eq(g_array_index(got, unsigned, 2), 1);
    ck_assert(!prose_scenario_select_ues(s, "a, b", got, &wrong_text));
    ck_assert_uint_eq(got->len, 3);
    ck_assert_str_eq(wrong_text, "no [ue-group b] section; the nearest is a");
    ck_assert(prose_scenario_select_ues(s, "all", got, &wrong_text));
    ck_assert_uint_eq(got->len, 15);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("scenario");
    TCase *tc = tcase_create("scenario");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_mistake_says_where_what_and_what_is_allowed, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, ns3_is_asked_about_its_own_words);
    tcase_add_test(tc, a_file_that_is_not_there_is_another_error);
    tcase_add_test(tc, an_empty_file_lacks_UEs);
    tcase_add_test(tc, the_sample_of_the_interface_is_all_defaults);
    tcase_add_test(tc, what_is_given_is_what_comes_out);
    tcase_add_test(tc, a_policy_gives_the_defaults_of_its_keys);
    tcase_add_test(tc, none_authorised_is_no_subscriber);
    tcase_add_test(tc, a_single_UE_differs_in_the_keys_it_overrides);
    tcase_add_test(tc, events_are_in_order_of_time_then_of_the_file);
    tcase_add_test(tc, options_win_over_the_file_and_later_over_earlier);
    tcase_add_test(tc, a_section_is_meant_by_header_name_kind_or_pattern);
    tcase_add_test(tc, the_hash_is_of_the_options_but_for_seed_and_run);
    tcase_add_loop_test(tc, a_time_of_activity_is_found_as_by_looking_at_each, 0, G_N_ELEMENTS(activity_lists));
    tcase_add_loop_test(tc, what_will_surprise_is_warned_of, 0, G_N_ELEMENTS(warned));
    tcase_add_loop_test(tc, a_crowd_at_two_heights_is_warned_of, 0, 2);
    tcase_add_test(tc, every_example_prints_to_what_it_reads_back_from);
    tcase_add_test(tc, settings_given_by_options_are_printed_too);
    tcase_add_test(tc, places_and_times_resolve);
    tcase_add_test(tc, without_time_sources_there_are_sib16_and_a_clock_set_from_it);
    tcase_add_loop_test(tc, random_settings_print_to_what_they_read_back_from, 0, 4);
    tcase_add_test(tc, UEs_are_selected_by_name);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
