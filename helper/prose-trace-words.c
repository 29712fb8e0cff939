/* SPDX-License-Identifier: GPL-2.0-only */
/* The readable line of an event: who to whom, the message by the standard's name, the cause in words. */
#include "prose-trace-internal.h"

#include "prose-clock.h"
#include "prose-key-message.h"

#include <string.h>

#define DAY_S 86400
#define BETWEEN "<->"
#define TO "->"
#define FROM "<-"

/* One event being put into words. */
typedef struct Telling {
    GString *line;
    const ProseScenario *scenario;
    const ProseEvent *event;
    const ProseEventAbout *about;
} Telling;

/*
 * The sentence of each event, after the name of whose it is and, with an arrow and if there is one, the peer.
 * Words in [brackets] are left out if a field in them has nothing to say; fields are those of put_field().
 */
static const struct { const char *arrow, *words; } sentences[PROSE_EVENT_N_TYPES] = {
    [PROSE_EVENT_PDN_OPENED] = { NULL, "PDN connection up, IP address $a" },
    [PROSE_EVENT_PDN_RELEASED] = { NULL, "PDN connection released[ $c]" },
    [PROSE_EVENT_PDN_RELEASE_HELD] = { NULL,
        "PDN release wanted by the user, and held until $v PKMF know that no more keys are wanted" },
    [PROSE_EVENT_TLS_ESTABLISHED] = { BETWEEN, "TLS session with pre-shared key" },
    [PROSE_EVENT_TLS_FAILED] = { BETWEEN, "TLS session failed[: $c]" },
    [PROSE_EVENT_HTTP_REFUSED] = { BETWEEN, "HTTP request refused[ with status $v][: $c]" },
    [PROSE_EVENT_PC3_REQUESTED] = { TO, "connects for PC3 request $v, which PKMF serves its discoveries?[ $c]" },
    [PROSE_EVENT_PC3_ANSWERED] = { FROM, "PC3 response: a PKMF for $v of its discoveries" },
    [PROSE_EVENT_PC3_FAILED] = { BETWEEN, "PC3 exchange failed, attempt $v[: $c]" },
    [PROSE_EVENT_KEY_REQUEST_SENT] = { TO, "connects for Key Request $v[: $c]" },
    [PROSE_EVENT_KEY_REQUEST_RECEIVED] = { FROM, "Key Request $v[ from $A][: $q]" },
    [PROSE_EVENT_KEY_RESPONSE_SENT] = { TO, "Key Response $v" },
    [PROSE_EVENT_KEY_RESPONSE_RECEIVED] = { FROM, "Key Response $v" },
    [PROSE_EVENT_KEY_RESPONSE_IGNORED] = { FROM, "Key Response ignored, transaction $v[: $c]" },
    [PROSE_EVENT_KEY_REQUEST_FAILED] = { BETWEEN, "Key Request failed, attempt $v[: $c]" },
    [PROSE_EVENT_DISCOVERY_SUPPLIED] = { NULL, "  $d: will be supplied, Key Type ID $v[, $m]" },
    [PROSE_EVENT_DISCOVERY_REFUSED] = { NULL, "  $d: status code $v[, $c]" },
    [PROSE_EVENT_PMK_STORED] = { NULL, "  PMK and its identity stored in place of any earlier one of this PKMF" },
    [PROSE_EVENT_CLOCK_SET] = { NULL, "  ProSe clock set $u[, moved by $o]; MAX_OFFSET $v s" },
    [PROSE_EVENT_NO_PKMF] = { NULL, "knows no PKMF for $d[: $c]" },
    [PROSE_EVENT_KEY_DELIVERY_SENT] = { TO, "MIKEY delivery[ to $A]: $k[, $c][, attempt $n]" },
    [PROSE_EVENT_KEY_VERIFIED] = { FROM, "MIKEY verification: $K[, $c][, after attempt $n]" },
    [PROSE_EVENT_KEY_DELIVERY_REFUSED] = { FROM, "MIKEY error $v: $K is not tried again" },
    [PROSE_EVENT_UE_UNREACHABLE] = { NULL,
        "[$P is unreachable: ]no verification of $K in 30 s, nothing is sent until the next Key Request" },
    [PROSE_EVENT_MIKEY_REJECTED] = { FROM, "MIKEY message discarded[: $c]" },
    [PROSE_EVENT_KEY_STORED] = { FROM, "[$pMIKEY delivery: ]$K stored[, $c]" },
    [PROSE_EVENT_KEY_ACKNOWLEDGED] = { FROM, "MIKEY delivery: $K acknowledged[, $c]" },
    [PROSE_EVENT_KEY_REFUSED] = { FROM, "MIKEY delivery: $K refused with MIKEY error $v[: $c]" },
    [PROSE_EVENT_KEY_WIPED] = { NULL, "$K wiped[: $c]" },
    [PROSE_EVENT_KEY_STARTED] = { NULL, "ProSe clock reaches Valid From of $K" },
    [PROSE_EVENT_SLOT_SENT] = { NULL,
        "-> all: PC5_DISCOVERY, $t of $d under $i[, counter $s][, clock offset $o][, resource $r]" },
    [PROSE_EVENT_SLOT_REFUSED] = { NULL, "sends no $t of $d this period[: $c][; counter $s][, clock offset $o]" },
    [PROSE_EVENT_CANDIDATE] = { FROM,
        "PC5_DISCOVERY, $t of $d under $i: $c[, counter $s][, clock offset $o][, resource $r][, $w]" },
    [PROSE_EVENT_DISCOVERED] = { NULL, "discovers $P in $d[, $e s after both were on]" },
    [PROSE_EVENT_POWER_CHANGED] = { NULL, "is switched $c" },
    [PROSE_EVENT_COVERAGE_CHANGED] = { NULL, "$c" },
    [PROSE_EVENT_TIME_SOURCE_CHANGED] = { NULL, "takes UTC from [$U][$c][, $e s ahead]" },
    [PROSE_EVENT_AUTHORISATION_CHANGED] = { NULL, "[$P is ]$c $d" },
    [PROSE_EVENT_PKMF_DOWN] = { NULL, "goes down: connections end, nothing is answered or delivered" },
    [PROSE_EVENT_PKMF_UP] = { NULL, "is back[ $c]" },
    [PROSE_EVENT_PSDK_ALLOCATED] = { NULL, "allocates $k" },
    [PROSE_EVENT_PSDK_REPLACED] = { NULL, "replaces $k[, which $P may hold][, $c]" },
    [PROSE_EVENT_PKMF_QUEUE] = { NULL, "$v jobs wait for a worker" },
    [PROSE_EVENT_PKMF_WORKERS] = { NULL, "$v workers are busy" },
    [PROSE_EVENT_ROLLOVER] = { NULL, "a new key is to be had from now on, $k[, $c]; $v UEs lack it" },
    [PROSE_EVENT_BLACKOUT_BEGAN] = { NULL, "holds no valid key of $d" },
    [PROSE_EVENT_BLACKOUT_ENDED] = { NULL, "was without a valid key of $d for $e s" },
};

/* Causes whose name does not say enough by itself, or, with NULL, needs no saying. */
static const struct { ProseEventType type; const char *cause, *words; } causes[] = {
    { PROSE_EVENT_PDN_RELEASED, "by-network", "by the network" },
    { PROSE_EVENT_PDN_RELEASED, "by-ue", "by the UE" },
    { PROSE_EVENT_PDN_RELEASED, "off-network", "since the UE is out of reach" },
    { PROSE_EVENT_PC3_REQUESTED, "set", NULL },
    { PROSE_EVENT_PC3_REQUESTED, "retry", "Again after a failure" },
    { PROSE_EVENT_PC3_FAILED, "timeout", "no answer in time" },
    { PROSE_EVENT_PC3_FAILED, "tls", "no TLS session" },
    { PROSE_EVENT_PC3_FAILED, "http", "refused by HTTP" },
    { PROSE_EVENT_PC3_FAILED, "closed", "connection closed" },
    { PROSE_EVENT_PC3_FAILED, "no-address", "no such server" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "set", "wanted set new or changed" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "address", "to tell the new IP address" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "successor", "the next key has not come" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "no-pmk", "no PMK is held" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "clock-offset", "a slot was beyond MAX_OFFSET of the ProSe clock" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "unavailable", "a discovery was temporarily unavailable" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "release", "to stop everything before the PDN release" },
    { PROSE_EVENT_KEY_REQUEST_SENT, "retry", "again after a failure" },
    { PROSE_EVENT_KEY_REQUEST_FAILED, "timeout", "no Key Response in time" },
    { PROSE_EVENT_KEY_REQUEST_FAILED, "tls", "no TLS session" },
    { PROSE_EVENT_KEY_REQUEST_FAILED, "http", "refused by HTTP" },
    { PROSE_EVENT_KEY_REQUEST_FAILED, "closed", "connection closed" },
    { PROSE_EVENT_KEY_REQUEST_FAILED, "no-address", "no such server" },
    { PROSE_EVENT_KEY_RESPONSE_IGNORED, "transaction-id", "not the transaction asked for" },
    { PROSE_EVENT_KEY_RESPONSE_IGNORED, "set-differs", "not the discoveries asked for" },
    { PROSE_EVENT_KEY_RESPONSE_IGNORED, "no-current-time", "without CURRENT_TIME" },
    { PROSE_EVENT_KEY_RESPONSE_IGNORED, "no-max-offset", "without MAX_OFFSET" },
    { PROSE_EVENT_KEY_RESPONSE_IGNORED, "key-type-id", "a Key Type ID that does not fit" },
    { PROSE_EVENT_KEY_RESPONSE_IGNORED, "schema", "against the schema" },
    { PROSE_EVENT_NO_PKMF, "no-name", "the FQDN given is unusable" },
    { PROSE_EVENT_NO_PKMF, "no-prose-function", "none provisioned, and no ProSe Function to ask" },
    { PROSE_EVENT_NO_PKMF, "unknown", "the ProSe Function knows none either" },
    { PROSE_EVENT_KEY_DELIVERY_SENT, "deletion", "which deletes it" },
    { PROSE_EVENT_KEY_VERIFIED, "deletion", "deleted" },
    { PROSE_EVENT_MIKEY_REJECTED, "no-pmk", "no PMK held for its identities" },
    { PROSE_EVENT_MIKEY_REJECTED, "skew", "time stamp too far from the ProSe clock" },
    { PROSE_EVENT_MIKEY_REJECTED, "replay", "seen before" },
    { PROSE_EVENT_MIKEY_REJECTED, "t-not-rising", "time stamp not above the last one" },
    { PROSE_EVENT_MIKEY_REJECTED, "mac", "wrong MAC" },
    { PROSE_EVENT_MIKEY_REJECTED, "no-attempt", "answers no delivery under way" },
    { PROSE_EVENT_MIKEY_REJECTED, "unauthenticated", "an error without a MAC" },
    { PROSE_EVENT_MIKEY_REJECTED, "mismatch", "does not fit the delivery" },
    { PROSE_EVENT_KEY_ACKNOWLEDGED, "same-key", "held already" },
    { PROSE_EVENT_KEY_ACKNOWLEDGED, "past", "not stored since it is past" },
    { PROSE_EVENT_KEY_REFUSED, "key-length", "not the length of a key" },
    { PROSE_EVENT_KEY_REFUSED, "key-id", "no ID" },
    { PROSE_EVENT_KEY_REFUSED, "contents", "contents not understood" },
    { PROSE_EVENT_KEY_REFUSED, "interval", "Valid To before Valid From" },
    { PROSE_EVENT_KEY_REFUSED, "other-key-same-id", "another key of that ID is held" },
    { PROSE_EVENT_KEY_WIPED, "limit", "too many keys held" },
    { PROSE_EVENT_SLOT_REFUSED, "not-authorised", "the PKMF refused the discovery" },
    { PROSE_EVENT_SLOT_REFUSED, "no-key", "no key held for it" },
    { PROSE_EVENT_SLOT_REFUSED, "no-utc", "no source of UTC" },
    { PROSE_EVENT_SLOT_REFUSED, "clock-offset", "beyond MAX_OFFSET of the ProSe clock" },
    { PROSE_EVENT_SLOT_REFUSED, "probability", "the draw said no" },
    { PROSE_EVENT_CANDIDATE, "weak", "too weak" },
    { PROSE_EVENT_CANDIDATE, "half-duplex", "missed while sending" },
    { PROSE_EVENT_CANDIDATE, "collision", "lost in a collision" },
    { PROSE_EVENT_CANDIDATE, "no-key", "no key held for it" },
    { PROSE_EVENT_CANDIDATE, "clock-offset", "own slot beyond MAX_OFFSET of the ProSe clock" },
    { PROSE_EVENT_CANDIDATE, "stale", "its counter beyond MAX_OFFSET of the ProSe clock" },
    { PROSE_EVENT_CANDIDATE, "mic", "wrong MIC" },
    { PROSE_EVENT_CANDIDATE, "repeated", "accepted before" },
    { PROSE_EVENT_COVERAGE_CHANGED, "in", "comes into coverage" },
    { PROSE_EVENT_COVERAGE_CHANGED, "out", "leaves coverage" },
    { PROSE_EVENT_TIME_SOURCE_CHANGED, "none", "no source any more" },
    { PROSE_EVENT_AUTHORISATION_CHANGED, "authorised", "authorised for" },
    { PROSE_EVENT_AUTHORISATION_CHANGED, "revoked", "no longer authorised for" },
    { PROSE_EVENT_PSDK_REPLACED, "revoked", "being no longer authorised" },
    { PROSE_EVENT_PSDK_REPLACED, "left", "having left" },
    { PROSE_EVENT_PKMF_UP, "state-kept", "with the state it had" },
    { PROSE_EVENT_PKMF_UP, "state-lost", "without the state it had" },
};

/* ---- names ---- */

/* A server by its name in the scenario instead of its FQDN. */
static void
put_peer(const Telling *t)
{
    const ProseScenario *scenario = t->scenario;
    const char *peer = t->event->peer;

    for (unsigned i = 0; i < scenario->pkmfs->len; i++) {
        const ProseScenarioPkmf *pkmf = g_ptr_array_index(scenario->pkmfs, i);

        if (g_ascii_strcasecmp(pkmf->fqdn, peer) == 0) {
            g_string_append_printf(t->line, "pkmf %s", pkmf->name);
            return;
        }
    }
    for (unsigned i = 0; i < scenario->functions->len; i++) {
        const ProseScenarioFunction *function = g_ptr_array_index(scenario->functions, i);

        if (g_ascii_strcasecmp(function->fqdn, peer) == 0) {
            g_string_append_printf(t->line, "prose-function %s", function->name);
            return;
        }
    }
    g_string_append(t->line, peer);
}

static void
put_scope(const Telling *t, ProseKeyScope scope)
{
    char text[PROSE_KEY_SCOPE_TEXT_MAX];

    for (unsigned i = 0; i < t->scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(t->scenario->discoveries, i);

        if (prose_key_scope_equal(d->scope, scope)) {
            g_string_append(t->line, d->name);
            return;
        }
    }
    g_string_append(t->line, prose_key_scope_print(text, scope));
}

static bool
put_cause(const Telling *t)
{
    const ProseEvent *event = t->event;

    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        if (causes[i].type == event->type && strcmp(causes[i].cause, event->cause) == 0) {
            g_string_append(t->line, causes[i].words ? causes[i].words : "");
            return causes[i].words;
        }
    }
    for (const char *c = event->cause; *c; c++)
        g_string_append_c(t->line, *c == '-' ? ' ' : *c);
    return true;
}

/* ---- keys ---- */

static const char *
key_kind(ProseKeyScope scope)
{
    return scope.type == PROSE_KEY_TYPE_PGK ? "PGK" : "PSDK";
}

/* On the day on which the run starts the time alone will do. */
static void
put_instant(const Telling *t, int64_t utc_s)
{
    char text[PROSE_DATETIME_TEXT_MAX];
    const char *time = strchr(prose_datetime_print(text, utc_s), 'T');

    g_string_append(t->line, time && utc_s / DAY_S == t->scenario->utc_start_s / DAY_S ? time + 1 : text);
}

static void
put_key(const Telling *t, bool with_interval)
{
    const ProseEvent *event = t->event;

    g_string_append_printf(t->line, "%s %u of ", key_kind(event->scope), event->key_id);
    put_scope(t, event->scope);
    if (!with_interval)
        return;
    g_string_append(t->line, ", valid from ");
    put_instant(t, event->valid_from);
    g_string_append(t->line, " to ");
    put_instant(t, event->valid_to);
}

/* ---- what messages say ---- */

static void
put_list_head(const Telling *t, bool first, const char *head)
{
    g_string_append(t->line, first ? head : ", ");
}

static void
put_want(const Telling *t, const ProseKeyWant *want)
{
    put_scope(t, want->scope);
    g_string_append_printf(t->line, " (%s ID", key_kind(want->scope));
    for (size_t i = 0; i < want->n_key_ids; i++)
        g_string_append_printf(t->line, "%s %u", i == 0 ? "" : ",", want->key_ids[i]);
    g_string_append(t->line, want->key_ids[0] == PROSE_KEY_ID_NONE ? ", none held)" : ")");
}

static void
put_request(const Telling *t)
{
    const ProseKeyRequest *request = t->event->request;

    for (size_t i = 0; i < request->n_wants; i++) {
        put_list_head(t, i == 0, "wants ");
        put_want(t, &request->wants[i]);
    }
    for (size_t i = 0; i < request->n_stops; i++) {
        put_list_head(t, i == 0, request->n_wants > 0 ? "; stops " : "stops ");
        put_scope(t, request->stops[i]);
    }
    if (request->has_capabilities)
        g_string_append(t->line, request->capabilities & PROSE_CAPABILITY_SCRAMBLING ? "; scrambling supported"
                                                                                     : "; scrambling not supported");
}

/* Security meta-data of a discovery; member ID and algorithm of a group. */
static void
put_answer(const Telling *t)
{
    const ProseKeyAnswer *answer = t->event->answer;
    const struct { bool used; const char *name; } parts[] = {
        { answer->meta.scrambling, "scrambling" },
        { answer->meta.confidentiality, "message-specific confidentiality" },
        { answer->meta.mic, "MIC" },
    };
    bool first = true;

    if (answer->scope.type == PROSE_KEY_TYPE_PGK) {
        g_string_append_printf(t->line, "group member 0x%06X, algorithm EEA%u", answer->group_member_id,
                               answer->algorithm);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i].used)
            put_list_head(t, first, "protected by ");
        if (parts[i].used)
            g_string_append(t->line, parts[i].name);
        first = first && !parts[i].used;
    }
    if (first)
        g_string_append(t->line, "not protected");
}

/* "group announcement": what a UE with this sending role sends; "group message" of one with several; "relay additional information". */
static bool
put_message(const Telling *t)
{
    static const struct { ProseRole role; const char *name; } names[] = {
        { PROSE_ROLE_ANNOUNCE, "announcement" },
        { PROSE_ROLE_SOLICIT, "solicitation" },
        { PROSE_ROLE_RESPOND, "response" },
    };
    int sender = t->event->type == PROSE_EVENT_CANDIDATE ? t->about->peer : t->about->ue;
    const char *name = "message";
    const ProseScenarioUe *ue;
    unsigned roles;

    if (sender < 0 || t->about->discovery < 0)
        return false;
    ue = g_ptr_array_index(t->scenario->ues, sender);
    roles = ue->roles[t->about->discovery] & PROSE_ROLES_SENDING;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (roles == (unsigned) names[i].role)
            name = names[i].name;
    }
    if (t->about->is_additional)
        name = "additional information";
    g_string_append_printf(t->line, "%s %s",
                           t->event->scope.type == PROSE_KEY_TYPE_PSDK_RELAY ? "relay" : "group", name);
    return true;
}

/* ---- the sentence ---- */

/* Returns: whether the event has something to say there. */
static bool
put_field(const Telling *t, char field)
{
    const ProseEvent *event = t->event;
    char address[PROSE_ADDRESS_TEXT_MAX];
    bool has = false;

    switch (field) {
    case 'p':                              /* nothing of its own: words that need a peer */
        return event->peer;
    case 'P':
        if ((has = event->peer))
            put_peer(t);
        return has;
    case 'a':
        if ((has = event->has_value))
            g_string_append(t->line, prose_address_print(address, (ProseAddress) event->value));
        return has;
    case 'A':
        if ((has = event->address))
            g_string_append(t->line, prose_address_print(address, event->address));
        return has;
    case 'c':
        return event->cause && put_cause(t);
    case 'd':
        if ((has = event->has_scope))
            put_scope(t, event->scope);
        return has;
    case 'e':
        if ((has = event->has_value))
            g_string_append_printf(t->line, "%.3f", event->value);
        return has;
    case 'i':
        if ((has = event->has_scope && event->key_id != PROSE_KEY_ID_NONE))
            g_string_append_printf(t->line, "%s %u", key_kind(event->scope), event->key_id);
        return has;
    case 'K':
    case 'k':
        if ((has = event->has_scope))
            put_key(t, field == 'k');
        return has;
    case 'm':
        if ((has = event->answer))
            put_answer(t);
        return has;
    case 'n':                              /* a number of times that is worth a word */
        if ((has = event->has_value && event->value > 1))
            g_string_append_printf(t->line, "%.0f", event->value);
        return has;
    case 'o':
        if ((has = event->has_offset && event->clock_offset_s != 0))
            g_string_append_printf(t->line, "%+.3f s", event->clock_offset_s);
        return has;
    case 'U':
        if ((has = event->time_source))
            g_string_append(t->line, event->time_source);
        return has;
    case 'q':
        if ((has = event->request))
            put_request(t);
        return has;
    case 'r':
        if ((has = event->resource >= 0))
            g_string_append_printf(t->line, "%d", event->resource);
        return has;
    case 's':
        if ((has = event->has_slot))
            g_string_append_printf(t->line, "%u", event->slot_counter);
        return has;
    case 't':
        return put_message(t);
    case 'u':
        g_string_append(t->line, event->cause ? "by the scenario, to true UTC" : "from CURRENT_TIME");
        return true;
    case 'v':
        if ((has = event->has_value))
            g_string_append_printf(t->line, "%.0f", event->value);
        return has;
    case 'w':
        if ((has = event->has_power))
            g_string_append_printf(t->line, "%.1f dBm", event->rx_power_dbm);
        return has;
    default:
        g_assert_not_reached();
    }
}

static void
put_sentence(const Telling *t, const char *words)
{
    gsize start = 0;
    bool all_said = true;

    for (const char *w = words; *w; w++) {
        if (*w == '[') {
            start = t->line->len;
            all_said = true;
        } else if (*w == ']') {
            if (!all_said)
                g_string_truncate(t->line, start);
        } else if (*w == '$') {
            all_said = put_field(t, *++w) && all_said;
        } else {
            g_string_append_c(t->line, *w);
        }
    }
}

void
prose_trace_put_words(GString *line, const ProseScenario *scenario, const ProseEvent *event,
                      const ProseEventAbout *about)
{
    const Telling t = { line, scenario, event, about };
    const char *arrow = sentences[event->type].arrow;

    if (arrow && event->peer) {
        g_string_append_printf(line, "%s ", arrow);
        put_peer(&t);
        g_string_append(line, ": ");
    }
    put_sentence(&t, sentences[event->type].words);
}
