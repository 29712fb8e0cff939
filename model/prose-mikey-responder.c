/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-mikey-responder.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-replay-window.h"

#include <string.h>

/* A time stamp in the era nearest the ProSe clock (rules M3). */
typedef struct Instant {
    int64_t s;                     /* since 1970 */
    uint32_t fraction;             /* 2^-32 s */
} Instant;

struct ProseMikeyResponder {
    ProseSecretPool *pool;
    char *fqdn;                    /* IDi */
    char *nai;                     /* IDr; %NULL without a PMK */
    uint8_t *pmk;                  /* (owned) (nullable): in guarded memory */
    bool has_t;
    Instant last_t;                /* of the last authentic message under this PMK */
    ProseMikeyCache *seen;         /* (nullable): made with the first authentic message */
};

ProseMikeyResponder *
prose_mikey_responder_new(ProseSecretPool *pool, const char *pkmf_fqdn)
{
    ProseMikeyResponder *r;

    if (pkmf_fqdn[0] == '\0' || strlen(pkmf_fqdn) > PROSE_FQDN_MAX)
        return NULL;
    r = g_new0(ProseMikeyResponder, 1);
    r->pool = pool;
    r->fqdn = g_strdup(pkmf_fqdn);
    return r;
}

ProseMikeyResponder *
prose_mikey_responder_free(ProseMikeyResponder *responder)
{
    if (!responder)
        return NULL;
    prose_secret_free(responder->pool, responder->pmk);
    prose_mikey_cache_free(responder->seen);
    g_free(responder->nai);
    g_free(responder->fqdn);
    g_free(responder);
    return NULL;
}

void
prose_mikey_responder_set_pmk(ProseMikeyResponder *responder, const uint8_t pmk_id[PROSE_PMK_ID_LEN],
                              const uint8_t pmk[PROSE_KEY_LEN])
{
    char nai[PROSE_NAI_MAX];
    int code = prose_mikey_responder_nai(nai, sizeof nai, pmk_id, responder->fqdn);

    g_assert(code == 0);                           /* new() has measured the FQDN */
    if (responder->pmk && strcmp(responder->nai, nai) == 0 && prose_secret_equal(responder->pmk, pmk, PROSE_KEY_LEN))
        return;
    prose_secret_free(responder->pool, responder->pmk);
    g_free(responder->nai);
    responder->nai = g_strdup(nai);
    responder->pmk = prose_secret_alloc(responder->pool, PROSE_KEY_LEN);
    memcpy(responder->pmk, pmk, PROSE_KEY_LEN);
    responder->has_t = false;
}

bool
prose_mikey_responder_has_pmk(const ProseMikeyResponder *responder)
{
    return responder->pmk != NULL;
}

const char *
prose_mikey_responder_pkmf(const ProseMikeyResponder *responder)
{
    return responder->fqdn;
}

const char *
prose_mikey_result_name(ProseMikeyResult result)
{
    static const char *const names[] = {
        [PROSE_MIKEY_DISCARDED] = "discarded",
        [PROSE_MIKEY_STORED] = "stored",
        [PROSE_MIKEY_ACKNOWLEDGED] = "acked",
        [PROSE_MIKEY_REFUSED] = "error-12",
    };

    return names[result];
}

/* ---- time ---- */

static Instant
instant_from_ntp(uint64_t ntp, int64_t near_s)
{
    return (Instant) { prose_utc_from_ntp(ntp, near_s), (uint32_t) ntp };
}

static int
compare_instants(Instant a, Instant b)
{
    if (a.s != b.s)
        return a.s < b.s ? -1 : 1;
    return a.fraction < b.fraction ? -1 : a.fraction > b.fraction;
}

/* ---- before the MAC ---- */

static bool
octets_are_text(ProseBytes octets, const char *text)
{
    return octets.len == strlen(text) && memcmp(octets.data, text, octets.len) == 0;
}

static ProseMikeyResponder *
find_responder(ProseMikeyResponder *const *responders, size_t n, const ProseMikeyMessage *msg)
{
    for (size_t i = 0; i < n; i++)
        if (responders[i]->pmk && octets_are_text(msg->id[0], responders[i]->fqdn) && octets_are_text(msg->id[1], responders[i]->nai))
            return responders[i];
    return NULL;
}

/* What RFC 3830 5.3 and 5.4 check of a time stamp before the MAC is worth computing. Returns: why not, or %NULL. */
static const char *
refuse_time(const ProseMikeyResponder *r, const ProseMikeyMessage *msg, Instant t, int64_t clock_s)
{
    if (t.s > clock_s + PROSE_MIKEY_SKEW_S || t.s < clock_s - PROSE_MIKEY_SKEW_S)
        return "skew";
    if (r->seen && prose_mikey_cache_has(r->seen, msg->mac.data))
        return "replay";
    if (r->has_t && compare_instants(t, r->last_t) <= 0)
        return "t-not-rising";
    return NULL;
}

static void
remember(ProseMikeyResponder *r, const ProseMikeyMessage *msg, Instant t, int64_t clock_s)
{
    r->has_t = true;
    r->last_t = t;
    if (!r->seen)
        r->seen = prose_mikey_cache_new();
    prose_mikey_cache_add(r->seen, msg->mac.data, clock_s, 2 * PROSE_MIKEY_SKEW_S);
}

/* ---- contents ---- */

typedef struct Verdict {
    ProseMikeyResult result;
    const char *why;
} Verdict;

static Verdict
refused(const char *why)
{
    return (Verdict) { PROSE_MIKEY_REFUSED, why };
}

static Verdict
acknowledged(const char *why)
{
    return (Verdict) { PROSE_MIKEY_ACKNOWLEDGED, why };
}

/* Rules M4, K4, K5. @code is what opening gave; @d counts if that is 0. Fills in the interval of @receipt. */
static Verdict
judge_contents(ProseMikeyReceipt *receipt, const ProseMikeyDelivery *d, int code, const ProseMikeyJudge *judge)
{
    Instant from, to;

    if (!judge->is_wanted(judge->user, receipt->responder, receipt->scope))
        return refused("not-wanted");
    if (code < 0)
        return refused(code == PROSE_ERR_INVALID ? "key-length" : "contents");
    if (receipt->key_id == PROSE_KEY_ID_NONE)
        return refused("key-id");

    from = instant_from_ntp(d->valid_from, judge->clock_s);
    to = instant_from_ntp(d->valid_to, judge->clock_s);
    receipt->valid_from = from.s;
    receipt->valid_to = to.s;
    if (compare_instants(to, from) < 0 || from.fraction != 0 || to.fraction != 0)      /* K1: whole seconds */
        return refused("interval");
    if (from.s == to.s) {
        prose_key_store_delete(judge->keys, receipt->scope, receipt->key_id);  /* one not held is as good as deleted */
        return acknowledged("deleted");
    }

    switch (prose_key_store_add(judge->keys, receipt->scope, receipt->key_id, from.s, to.s, d->key, judge->clock_s)) {
    case PROSE_KEY_ADD_STORED:
        return (Verdict) { PROSE_MIKEY_STORED, NULL };
    case PROSE_KEY_ADD_SAME:
        return acknowledged("same-key");
    case PROSE_KEY_ADD_PAST:
        return acknowledged("past");
    case PROSE_ERR_CONFLICT:
        return refused("other-key-same-id");
    default:                                       /* full: ID and interval were looked at above */
        return refused("no-room");
    }
}

/* RFC 3830 3.1 and 5.1.2; always asked for (OP-15). */
static void
answer(ProseMikeyReceipt *ret, const ProseMikeyMessage *msg, const ProseMikeyKeys *keys)
{
    const ProseMikeyResponder *r = ret->responder;
    ptrdiff_t len;

    if (ret->result == PROSE_MIKEY_REFUSED)
        len = prose_mikey_error_encode(ret->answer, sizeof ret->answer, keys, msg->csb_id, msg->t,
                                       PROSE_MIKEY_ERROR_UNSPECIFIED, r->fqdn, r->nai);
    else
        len = prose_mikey_verification_encode(ret->answer, sizeof ret->answer, keys, msg->csb_id, msg->t, r->fqdn, r->nai);
    g_assert(len > 0);                             /* PROSE_MIKEY_ANSWER_MAX has room for the longest NAI */
    ret->answer_len = (size_t) len;
}

void
prose_mikey_respond(ProseMikeyReceipt *ret, ProseMikeyResponder *const *responders, size_t n_responders,
                    const uint8_t *octets, size_t len, const ProseMikeyJudge *judge)
{
    ProseMikeyMessage msg;
    ProseMikeyDelivery delivery = { 0 };
    ProseMikeyKeys keys;
    ProseMikeyResponder *r;
    Verdict verdict;
    Instant t;
    int code;

    *ret = (ProseMikeyReceipt) { .result = PROSE_MIKEY_DISCARDED };

    if (prose_mikey_decode(&msg, octets, len) < 0 || !prose_mikey_is_delivery(&msg)) {
        ret->why = "malformed";
        return;
    }
    r = find_responder(responders, n_responders, &msg);
    if (!r) {
        ret->why = "no-pmk";
        return;
    }
    ret->responder = r;
    t = instant_from_ntp(msg.t, judge->clock_s);
    ret->why = refuse_time(r, &msg, t, judge->clock_s);
    if (ret->why)
        return;
    code = prose_mikey_delivery_open(&delivery, &keys, &msg, r->pmk);
    if (code == PROSE_ERR_AUTH) {
        ret->why = "mac";
        return;
    }

    /* Authentic from here on, whatever it holds (M3). */
    remember(r, &msg, t, judge->clock_s);
    ret->authentic = true;
    prose_mikey_delivery_scope(&msg, &ret->scope, &ret->key_id);
    verdict = judge_contents(ret, &delivery, code, judge);
    ret->result = verdict.result;
    ret->why = verdict.why;
    if (msg.v)                                     /* M5 */
        answer(ret, &msg, &keys);
    prose_wipe(&delivery, sizeof delivery);
    prose_wipe(&keys, sizeof keys);
}
