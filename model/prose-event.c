/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-event.h"

#include "prose-error.h"

#include <glib.h>
#include <string.h>

#define CR "TS 33.303 6.6.4.2.2"

static const ProseEventDescription descriptions[PROSE_EVENT_N_TYPES] = {
    [PROSE_EVENT_PDN_OPENED] = { "pdn-opened", "pdn", "IPv4 address as a number", "TS 24.334 6.1.2",
        "The UE's PDN connection is up with this address." },
    [PROSE_EVENT_PDN_RELEASED] = { "pdn-released", "pdn", "", CR,
        "The PDN connection is gone; the cause tells who released it." },
    [PROSE_EVENT_PDN_RELEASE_HELD] = { "pdn-release-held", "pdn", "PKMFs that still have to answer the stop", CR,
        "The user asked to release the PDN connection, but a PKMF has not been told yet that no more keys are wanted." },
    [PROSE_EVENT_TLS_ESTABLISHED] = { "tls-established", "tls", "", "TS 33.222 5.3",
        "A TLS session with a pre-shared key is up; the peer is the other end." },
    [PROSE_EVENT_TLS_FAILED] = { "tls-failed", "tls", "", "TS 33.222 5.3",
        "A TLS session ended before it could serve." },
    [PROSE_EVENT_HTTP_REFUSED] = { "http-refused", "tls", "HTTP status", "TS 24.334 6.1.1",
        "A request was answered with an HTTP error." },
    [PROSE_EVENT_PC3_REQUESTED] = { "pc3-requested", "pc3", "transaction ID", "TS 33.303 6.6.3",
        "The UE asks the ProSe Function which PKMF serves its discoveries." },
    [PROSE_EVENT_PC3_ANSWERED] = { "pc3-answered", "pc3", "discoveries with a PKMF", "TS 33.303 6.6.3",
        "The ProSe Function told the UE its PKMFs." },
    [PROSE_EVENT_PC3_FAILED] = { "pc3-failed", "pc3", "", "TS 24.334 6.1.2",
        "The exchange with the ProSe Function failed; it is tried again." },
    [PROSE_EVENT_KEY_REQUEST_SENT] = { "key-request-sent", "keys", "transaction ID", CR,
        "The UE sent a Key Request with its whole wanted set; the cause tells why now." },
    [PROSE_EVENT_KEY_REQUEST_RECEIVED] = { "key-request-received", "keys", "transaction ID", CR,
        "The PKMF has a whole Key Request of the identity its tunnel is bound to." },
    [PROSE_EVENT_KEY_RESPONSE_SENT] = { "key-response-sent", "keys", "transaction ID", CR,
        "The PKMF handed its Key Response to TLS." },
    [PROSE_EVENT_KEY_RESPONSE_RECEIVED] = { "key-response-received", "keys", "transaction ID", CR,
        "The UE accepted a Key Response." },
    [PROSE_EVENT_KEY_RESPONSE_IGNORED] = { "key-response-ignored", "keys", "transaction ID", "rules R3",
        "The UE ignored a Key Response whole." },
    [PROSE_EVENT_KEY_REQUEST_FAILED] = { "key-request-failed", "keys", "attempts so far", "rules R2",
        "No usable Key Response came; the UE tries again." },
    [PROSE_EVENT_DISCOVERY_SUPPLIED] = { "discovery-supplied", "keys", "Key Type ID", CR,
        "The UE stored the security meta-data of a discovery it will get keys for." },
    [PROSE_EVENT_DISCOVERY_REFUSED] = { "discovery-refused", "keys", "status code", CR,
        "The Key Response gave a status code for this discovery." },
    [PROSE_EVENT_PMK_STORED] = { "pmk-stored", "keys", "", CR,
        "The UE stored a PMK and deleted the earlier one of that PKMF." },
    [PROSE_EVENT_CLOCK_SET] = { "clock-set", "keys", "MAX_OFFSET, s", CR,
        "The UE set its ProSe clock from CURRENT_TIME, or (cause provisioned) began with true UTC; the offset is new minus old, 0 at the first time." },
    [PROSE_EVENT_NO_PKMF] = { "no-pkmf", "keys", "", CR,
        "The UE knows no PKMF for a discovery and asks nobody." },
    [PROSE_EVENT_KEY_DELIVERY_SENT] = { "key-delivery-sent", "mikey", "attempt, from 1", "TS 33.303 6.6.4.2.3",
        "The PKMF sent a key in a MIKEY message." },
    [PROSE_EVENT_KEY_VERIFIED] = { "key-verified", "mikey", "attempts used", "TS 33.303 6.6.4.2.3",
        "The PKMF has the UE's MIKEY verification: the key is delivered." },
    [PROSE_EVENT_KEY_DELIVERY_REFUSED] = { "key-delivery-refused", "mikey", "MIKEY error number", "RFC 3830 5.1.2",
        "The PKMF has an authenticated MIKEY error: that key is not tried again." },
    [PROSE_EVENT_UE_UNREACHABLE] = { "ue-unreachable", "mikey", "", "rules M2",
        "No verification came for 30 s: nothing more is sent until the UE's next Key Request." },
    [PROSE_EVENT_MIKEY_REJECTED] = { "mikey-rejected", "mikey", "", "RFC 3830 5.3",
        "A MIKEY message was discarded in silence." },
    [PROSE_EVENT_KEY_STORED] = { "key-stored", "mikey", "", "TS 33.303 6.6.4.2.3",
        "The UE verified a delivery and holds the key." },
    [PROSE_EVENT_KEY_ACKNOWLEDGED] = { "key-acknowledged", "mikey", "", "rules K4, M4",
        "The UE verified a delivery that changed nothing, or deleted a key." },
    [PROSE_EVENT_KEY_REFUSED] = { "key-refused", "mikey", "MIKEY error number", "rules M4",
        "The UE verified a delivery whose contents it cannot use." },
    [PROSE_EVENT_KEY_WIPED] = { "key-wiped", "keys", "", "rules K3, K6",
        "The UE overwrote a key it held." },
    [PROSE_EVENT_KEY_STARTED] = { "key-started", "keys", "", "rules K1",
        "The UE's ProSe clock reached Valid From of a key it holds." },
    [PROSE_EVENT_SLOT_SENT] = { "slot-sent", "pc5", "true UTC minus slot counter, s", "TS 33.303 6.6.7",
        "The UE sent a PC5_DISCOVERY in this discovery period. Its ProSe clock is the slot counter minus the clock offset, true UTC the "
        "counter plus the value." },
    [PROSE_EVENT_SLOT_REFUSED] = { "slot-refused", "pc5", "", "rules P2, T4",
        "The UE would have sent in this discovery period and did not." },
    [PROSE_EVENT_CANDIDATE] = { "candidate", "pc5", "", "rules P2",
        "What became of one transmission at one monitoring UE in range." },
    [PROSE_EVENT_DISCOVERED] = { "discovered", "pc5", "s since both took part", "rules P3",
        "A UE accepted the first message of that peer under that discovery." },
    [PROSE_EVENT_POWER_CHANGED] = { "power-changed", "coverage", "", "rules K6",
        "An event switched the UE on or off; off wipes its keys, on begins anew." },
    [PROSE_EVENT_COVERAGE_CHANGED] = { "coverage-changed", "coverage", "", "rules T3",
        "The UE came into coverage or left it; the time source is the one it has now." },
    [PROSE_EVENT_TIME_SOURCE_CHANGED] = { "time-source-changed", "coverage", "s that the source is ahead of UTC", "rules T3",
        "The UE takes system UTC from another source from now on, or from none." },
    [PROSE_EVENT_AUTHORISATION_CHANGED] = { "authorisation-changed", "pkmf",
        "exposure: s until the last Valid To of the keys it was sent, 0 without one", CR ", rules K7",
        "The PKMF's authorisation of a UE for a discovery changed; the value is there if it was withdrawn." },
    [PROSE_EVENT_PKMF_DOWN] = { "pkmf-down", "pkmf", "", "rules R2", "The PKMF stopped answering." },
    [PROSE_EVENT_PKMF_UP] = { "pkmf-up", "pkmf", "", "rules R2", "The PKMF answers again; the cause tells whether it kept its state." },
    [PROSE_EVENT_PSDK_ALLOCATED] = { "psdk-allocated", "pkmf", "", "rules K2, K4",
        "The PKMF drew the key of a cryptoperiod and gave it an ID." },
    [PROSE_EVENT_PSDK_REPLACED] = { "psdk-replaced", "pkmf", "exposure: s until its Valid To", "rules K7",
        "The PKMF replaces a key that the peer, which was revoked or has left, was sent: others get a new one and a deletion." },
    [PROSE_EVENT_PKMF_QUEUE] = { "pkmf-queue", "load", "jobs that wait for a worker", "rules R2",
        "The PKMF's queue has another length; this often, so `load` has to be asked for by name." },
    [PROSE_EVENT_PKMF_WORKERS] = { "pkmf-workers", "load", "workers that are busy", "rules R2",
        "The PKMF has another number of workers busy." },
    [PROSE_EVENT_ROLLOVER] = { "rollover", "measured", "UEs that want the key and lack it", "rules K2, K7",
        "A key is to be had from now on: a cryptoperiod begins, or the key of one that has begun is replaced." },
    [PROSE_EVENT_BLACKOUT_BEGAN] = { "blackout-began", "measured", "", "rules K1",
        "A supplied UE that had a key before holds none that is valid, by true UTC." },
    [PROSE_EVENT_BLACKOUT_ENDED] = { "blackout-ended", "measured", "s without a key", "rules K1",
        "The UE holds a valid key again, or is to have none any more." },
};

static const struct { const char *name, *sentence; } outcomes[PROSE_PC5_N_OUTCOMES] = {
    [PROSE_PC5_WEAK] = { "weak", "Too weak to be decoded whoever else is on the air; what does not reach the sensitivity at all is a candidate only where propagation is drawn." },
    [PROSE_PC5_HALF_DUPLEX] = { "half-duplex", "The receiver itself sent in every subframe of it." },
    [PROSE_PC5_COLLISION] = { "collision", "Lost to others in the same resource." },
    [PROSE_PC5_MALFORMED] = { "malformed", "Not 29 octets, or a type octet that is no message." },
    [PROSE_PC5_NO_KEY] = { "no-key", "The receiver holds no key that could apply." },
    [PROSE_PC5_CLOCK_OFFSET] = { "clock-offset", "The receiver's slot counter is beyond MAX_OFFSET of its ProSe clock." },
    [PROSE_PC5_STALE] = { "stale", "The rebuilt counter is beyond MAX_OFFSET of the receiver's ProSe clock." },
    [PROSE_PC5_NOT_FOR_ME] = { "not-for-me", "Type or filter did not match under any key." },
    [PROSE_PC5_BAD_MIC] = { "mic", "The filter matched and the MIC was wrong." },
    [PROSE_PC5_REPEATED] = { "repeated", "Right in every respect and octet-equal to the last accepted one of that sender." },
    [PROSE_PC5_ACCEPTED] = { "accepted", "Right in every respect." },
};

static const struct { const char *name, *sentence; } refusals[PROSE_SLOT_N_REFUSALS] = {
    [PROSE_SLOT_SENT] = { "sent", "The slot was used." },
    [PROSE_SLOT_NOT_AUTHORISED] = { "not-authorised", "The PKMF refused the discovery." },
    [PROSE_SLOT_NO_KEY] = { "no-key", "No held key is valid at the slot's counter, or the ProSe clock is unset." },
    [PROSE_SLOT_NO_UTC] = { "no-utc", "The UE has no source of system UTC." },
    [PROSE_SLOT_CLOCK_OFFSET] = { "clock-offset", "The slot's counter is beyond MAX_OFFSET of the ProSe clock." },
    [PROSE_SLOT_PROBABILITY] = { "probability", "The draw against the pool's transmission probability said no." },
};

const ProseEventDescription *
prose_event_describe(ProseEventType type)
{
    g_assert(type < PROSE_EVENT_N_TYPES);
    return &descriptions[type];
}

const char *
prose_event_name(ProseEventType type)
{
    return prose_event_describe(type)->name;
}

int
prose_event_type_from_name(ProseEventType *ret, const char *name)
{
    for (ProseEventType t = 0; t < PROSE_EVENT_N_TYPES; t++) {
        if (strcmp(descriptions[t].name, name) == 0) {
            *ret = t;
            return PROSE_OK;
        }
    }
    return PROSE_ERR_NOT_FOUND;
}

const char *
prose_pc5_outcome_name(ProsePc5Outcome o)
{
    g_assert(o < PROSE_PC5_N_OUTCOMES);
    return outcomes[o].name;
}

const char *
prose_pc5_outcome_sentence(ProsePc5Outcome o)
{
    g_assert(o < PROSE_PC5_N_OUTCOMES);
    return outcomes[o].sentence;
}

const char *
prose_slot_refusal_name(ProseSlotRefusal r)
{
    g_assert(r < PROSE_SLOT_N_REFUSALS);
    return refusals[r].name;
}

const char *
prose_slot_refusal_sentence(ProseSlotRefusal r)
{
    g_assert(r < PROSE_SLOT_N_REFUSALS);
    return refusals[r].sentence;
}

ProseEvent
prose_event_at(ProseEventType type, uint64_t time_ns, const char *entity)
{
    return (ProseEvent) { .time_ns = time_ns, .type = type, .entity = entity, .resource = -1 };
}
