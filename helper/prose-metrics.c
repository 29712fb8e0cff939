/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything summary.json holds, for `describe`; test/helper/test-summary holds the table against a real summary. */
#include "prose-summary-internal.h"

#define COUNT ""
#define TIMES "s, distribution"

/* Member meta of summary.json. */
static const ProseMetric facts[] = {
    { "meta.versions.*", "", "Of prose-sim and of ns-3." },
    { "meta.command", "", "The command, without the directory of the scenario." },
    { "meta.scenario", "", "Name of the scenario." },
    { "meta.settings-hash", "", "Of the settings given by -s, 8 hexadecimal digits, as in the name of the output directory; empty without any. "
      "configuration.hash of results.sqlite is another: of all settings but seed and run." },
    { "meta.seed", "", "[simulation] seed, or --seed." },
    { "meta.run", "", "[simulation] run, or --run." },
    { "meta.duration", "s", "[simulation] duration." },
    { "meta.end_s", "s", "Simulated time at which the run ended." },
    { "meta.stopped_by", "", "duration, or the word of stop-when that ended the run." },
    { "meta.warm-up", "s", "[simulation] warm-up." },
};

static const ProseMetric metrics[] = {
    { "pc5.slots", COUNT, "Slots, one a (UE, discovery, period), that a UE wanted to use; sent + refused." },
    { "pc5.sent", COUNT, "Slots that were used." },
    { "pc5.refused.*", COUNT, "Slots that were not used, by the first gate that said no." },
    { "pc5.candidates", COUNT, "Transmissions, copies counted once, times the monitoring UEs in range; the sum of outcome." },
    { "pc5.outcome.*", COUNT, "What became of the candidates; the first outcome that applies." },
    { "pc5.opportunities", COUNT, "Ordered pairs of a UE with a slot and a UE that monitors its discovery, over all periods, sent or not." },
    { "discovery.pairs", COUNT, "Ordered pairs of UEs of which one sends in a discovery what the other listens for." },
    { "discovery.discovered", COUNT, "Pairs with at least one message accepted or repeated; counted anew from the end of the warm-up." },
    { "discovery.time-to-discover", TIMES, "Per pair, from when both take part to the first message, times included in which no pool is active; never heard: censored." },
    { "discovery.time-to-discover-all", TIMES, "Per UE and discovery, from when it takes part until it has heard every other UE of it." },
    { "discovery.periods-to-discover", "periods, distribution", "As time-to-discover, in discovery periods begun, simulated or not." },
    { "discovery.periods-to-discover-all", "periods, distribution", "As time-to-discover-all, in discovery periods begun." },
    { "keys.ues", COUNT, "UEs that take part in a discovery or group; ues-supplied + ues-refused + ues-waiting." },
    { "keys.ues-supplied", COUNT, "UEs that have had a key of everything they take part in." },
    { "keys.ues-refused.*", COUNT, "UEs that lack a key, by the status code of the first discovery refused, or why no PKMF is known for it." },
    { "keys.ues-waiting", COUNT, "UEs that lack a key and were not refused." },
    { "keys.requests", COUNT, "Key Requests begun; responses + ignored + failed + interrupted + requests-open." },
    { "keys.responses", COUNT, "Key Responses that the UE accepted." },
    { "keys.ignored.*", COUNT, "Key Responses that the UE ignored whole, by cause." },
    { "keys.failed.*", COUNT, "Key Requests without a usable answer, by cause." },
    { "keys.interrupted", COUNT, "Key Requests that ended with the PDN connection, or were begun anew." },
    { "keys.requests-open", COUNT, "Key Requests without an answer yet when the run ended." },
    { "keys.answers", COUNT, "Discoveries and groups answered in Key Responses; supplied + refused." },
    { "keys.supplied", COUNT, "Answers that promise keys." },
    { "keys.refused.*", COUNT, "Answers with a status code, by its name." },
    { "keys.deliveries", COUNT, "Keys sent to a UE; verified + error-12 + unreachable + superseded + deliveries-open." },
    { "keys.verified", COUNT, "Deliveries whose verification came." },
    { "keys.error-12", COUNT, "Deliveries that the UE answered with MIKEY error 12." },
    { "keys.unreachable", COUNT, "Deliveries given up 30 s after the first message." },
    { "keys.superseded", COUNT, "Deliveries begun anew after a Key Request, or dropped for another." },
    { "keys.deliveries-open", COUNT, "Deliveries without an answer yet when the run ended." },
    { "keys.verified-late", COUNT, "Verifications of deliveries that had been given up; not among verified." },
    { "keys.retransmitted", COUNT, "MIKEY messages after the first of a delivery." },
    { "keys.wipes", COUNT, "Keys that UEs overwrote; the sum of wiped." },
    { "keys.wiped.*", COUNT, "Keys that UEs overwrote, by cause: expired at Valid To plus what is kept, replaced, deleted, limit." },
    { "keys.rejections", COUNT, "MIKEY messages discarded at either end; the sum of rejected." },
    { "keys.rejected.*", COUNT, "MIKEY messages discarded, by cause." },
    { "keys.request-to-response", TIMES, "From the start of a Key Request to its accepted response." },
    { "keys.request-to-key", TIMES, "Per UE and discovery, from the first Key Request to the first key; without one and not refused: censored." },
    { "keys.blackout", TIMES, "Stretches in which a supplied UE that had a key before held none that was valid, by true UTC: from Valid To, or the deletion, of "
      "its last one until it stores the next, or that one's Valid From. One that begins in the warm-up is left out; open at the end: censored." },
    { "pkmf.jobs", COUNT, "Handshakes, requests and deliveries that PKMF workers did." },
    { "pkmf.queue.max", COUNT, "Longest queue, over the whole run." },
    { "pkmf.queue.mean", "jobs", "Jobs that waited for a worker, mean over the time there was, without the warm-up." },
    { "pkmf.wait", TIMES, "Wait of a job for a worker." },
    { "pkmf.utilisation", "", "Time that workers were busy, over the time there was." },
    { "pkmf.refused-503", COUNT, "Requests turned away with HTTP 503." },
    { "pkmf.by-pkmf.*", "", "The same of each PKMF." },
    { "rollover.count", COUNT, "Starts of a cryptoperiod inside the run, and replacements of a key that somebody holds who is no longer to, over all discoveries." },
    { "rollover.wanted", COUNT, "UEs supplied, and neither refused nor revoked since, when the key was to start; summed over rollovers." },
    { "rollover.ready", COUNT, "Of these, UEs that held the period's key when it started." },
    { "rollover.lost_receptions", COUNT, "Messages decoded but not understood, by supplied UEs of the discovery that had a key before, because they did not "
      "hold the sender's key, or (receive-key = clock) their clock did not let them use it; under a key never held it belongs to that key's start, else to the "
      "nearest switch." },
    { "rollover.overlap_accepted", COUNT, "Candidates accepted or repeated under another key than the one the receiver would have sent with at that slot." },
    { "rollover.revoked_accepted", COUNT, "Candidates accepted or repeated of a UE whose authorisation the PKMF had withdrawn by then; not among overlap_accepted." },
    { "rollover.late", TIMES, "Per UE that wanted the key, from its start until the UE held it; 0 if it did by then; by the start of the next period but one, or the end "
      "of the run: censored." },
    { "rollover.deliveries", COUNT, "First MIKEY messages that carried the period's key." },
    { "rollover.retransmissions", COUNT, "Further ones." },
    { "rollover.periods", "", "One entry a rollover, by start_s: its cause (period; revoked or left: a replacement), last_ready_s (null while one is missing), "
      "exposure_s (from a replacement to the last Valid To that the UE it is for holds, else null), and the above." },
    { "pool.periods", COUNT, "Discovery periods that were simulated, those that begin while their pool is active; the sum over pools." },
    { "pool.simulated", "s", "Time that these periods make, the sum over pools." },
    { "pool.by-pool.*", "", "The same of each pool." },
    { "pdn.opened", COUNT, "PDN connections opened." },
    { "pdn.released", COUNT, "PDN connections released; the sum of release." },
    { "pdn.release.*", COUNT, "PDN connections released, by whom." },
    { "pdn.octets-up", "octets", "IP octets that UEs sent into their access." },
    { "pdn.octets-down", "octets", "IP octets that reached UEs." },
    { "tls.handshakes", COUNT, "TLS sessions established, as UEs see them." },
    { "tls.failures", COUNT, "TLS sessions that failed, as UEs see them; the sum of failed." },
    { "tls.failed.*", COUNT, "The same by cause." },
    { "tls.http-refused.*", COUNT, "HTTP errors that UEs were answered with, by status." },
    { "kdf.logical", COUNT, "Key derivations that UEs needed for PC5, each by itself." },
    { "kdf.computed", COUNT, "Key derivations really made; fewer where a result was kept." },
    { "by-discovery.*", "", "pc5, discovery, keys, rollover and kdf of one discovery; a candidate belongs to its sender's." },
    { "by-ue-group.*", "", "pc5, discovery, keys, rollover.late, kdf, pdn and tls of one UE group; a candidate belongs to its receiver's." },
};

/* By Dist. */
static const ProseDistributionName distributions[] = {
    { "discovery.time-to-discover", PROSE_BINS_DECADES },
    { "discovery.time-to-discover-all", PROSE_BINS_DECADES },
    { "discovery.periods-to-discover", PROSE_BINS_UNITS },
    { "discovery.periods-to-discover-all", PROSE_BINS_UNITS },
    { "keys.request-to-response", PROSE_BINS_DECADES },
    { "keys.request-to-key", PROSE_BINS_DECADES },
    { "keys.blackout", PROSE_BINS_DECADES },
    { "rollover.late", PROSE_BINS_DECADES },
    { "pkmf.wait", PROSE_BINS_DECADES },
};
G_STATIC_ASSERT(G_N_ELEMENTS(distributions) == N_DISTS);

const ProseDistributionName *
prose_distributions(size_t *ret_n)
{
    *ret_n = N_DISTS;
    return distributions;
}

const ProseMetric *
prose_summary_facts(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(facts);
    return facts;
}

const ProseMetric *
prose_metrics(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(metrics);
    return metrics;
}
