/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-pc5-security.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-secret.h"

#include <string.h>

#define BODY_LEN (PROSE_CONTENT_LEN + PROSE_MIC_LEN)

/* TS 33.303 6.1.3.4.3.5 step 3, read literally: sixteen one-bits meet message type and counter LSB. */
#define LITERAL_PREFIX 0xFFu

static void
xor_octets(uint8_t *ret, const uint8_t *other, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ret[i] ^= other[i];
}

static bool
prefix_is_literal(const ProseProfile *profile)
{
    return profile->scrambling_prefix == PROSE_SCRAMBLING_PREFIX_LITERAL;
}

void
prose_pc5_keys_init(ProsePc5Keys *ret, const uint8_t psdk[PROSE_KEY_LEN], ProseKeyScope scope, const ProseProfile *profile)
{
    const struct {
        ProseKdfKey *key;
        ProseDiscoveryKeyName name;
    } derived[] = { { &ret->duik, PROSE_DUIK }, { &ret->duck, PROSE_DUCK }, { &ret->dusk, PROSE_DUSK } };
    uint8_t octets[PROSE_KEY_LEN];

    for (size_t i = 0; i < G_N_ELEMENTS(derived); i++) {
        prose_kdf_discovery_key(octets, psdk, derived[i].name, scope, profile);
        prose_kdf_key_init(derived[i].key, octets, sizeof octets);
    }
    prose_wipe(octets, sizeof octets);
}

/* 6.1.3.4.3.4: keystream AND Encrypted_bits_mask. */
static void
masked_keystream(uint8_t ret[PROSE_CONTENT_LEN], const ProsePc5Keys *keys, const ProseSecurityMetadata *meta,
                 uint32_t counter, const uint8_t mic[PROSE_MIC_LEN], const ProseProfile *profile)
{
    prose_kdf_confidentiality(ret, &keys->duck, counter, mic, profile);
    for (size_t i = 0; i < PROSE_CONTENT_LEN; i++)
        ret[i] &= meta->encrypted_bits_mask[i];
}

/* @kept (nullable) holds the hash of the time before last asked, which serves for as long as it is hashed alike. */
static void
time_hash(uint8_t ret[BODY_LEN], const ProsePc5Keys *keys, uint32_t hashed, const ProseProfile *profile, ProsePc5TimeHash *kept)
{
    uint32_t counter = prose_kdf_time_hash_counter(hashed, profile);

    if (kept && kept->is_kept && kept->counter == counter) {
        kept->n_hits++;
        memcpy(ret, kept->bits, BODY_LEN);
        return;
    }
    prose_kdf_time_hash(ret, &keys->dusk, hashed, profile);
    if (kept) {
        kept->is_kept = true;
        kept->counter = counter;
        memcpy(kept->bits, ret, BODY_LEN);
    }
}

static void
work_out(ProsePc5Working *ret, const ProsePc5Keys *keys, const ProseSecurityMetadata *meta, uint8_t type,
         const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter, const uint8_t mic_random[PROSE_MIC_LEN],
         const ProseProfile *profile, ProsePc5TimeHash *kept)
{
    uint32_t hashed = counter + prose_profile_epoch_offset(profile);

    memset(ret, 0, sizeof *ret);
    if (meta->mic)
        prose_kdf_mic(ret->mic, &keys->duik, type, content, hashed, profile);
    else if (profile->empty_mic == PROSE_EMPTY_MIC_RANDOM)
        memcpy(ret->mic, mic_random, PROSE_MIC_LEN);
    if (meta->confidentiality)
        masked_keystream(ret->confidentiality_keystream, keys, meta, hashed, ret->mic, profile);
    if (meta->scrambling)
        time_hash(ret->time_hash, keys, hashed, profile, kept);
    ret->has_mic = meta->mic;
    ret->has_confidentiality = meta->confidentiality;
    ret->has_time_hash = meta->scrambling;
}

void
prose_pc5_work(ProsePc5Working *ret, const ProsePc5Keys *keys, const ProseSecurityMetadata *meta, uint8_t type,
               const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter, const uint8_t mic_random[PROSE_MIC_LEN],
               const ProseProfile *profile)
{
    work_out(ret, keys, meta, type, content, counter, mic_random, profile, NULL);
}

/* 6.1.3.4.3.2. A protection that is off has an all-zero keystream, so nothing here asks for it again. */
unsigned
prose_pc5_protect_kept(uint8_t ret[PROSE_PC5_LEN], const ProsePc5Keys *keys, const ProseSecurityMetadata *meta,
                       uint8_t type, const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter,
                       const uint8_t mic_random[PROSE_MIC_LEN], const ProseProfile *profile, ProsePc5TimeHash *kept)
{
    uint8_t prefix = meta->scrambling && prefix_is_literal(profile) ? LITERAL_PREFIX : 0;
    ProsePc5Frame frame;
    ProsePc5Working work;

    work_out(&work, keys, meta, type, content, counter, mic_random, profile, kept);

    frame.type = type ^ prefix;
    frame.counter_lsb = (uint8_t) (counter + prose_profile_epoch_offset(profile)) ^ prefix;
    memcpy(frame.content, content, PROSE_CONTENT_LEN);
    memcpy(frame.mic, work.mic, PROSE_MIC_LEN);
    xor_octets(frame.content, work.confidentiality_keystream, PROSE_CONTENT_LEN);
    xor_octets(frame.content, work.time_hash, PROSE_CONTENT_LEN);
    xor_octets(frame.mic, work.time_hash + PROSE_CONTENT_LEN, PROSE_MIC_LEN);
    prose_pc5_frame_encode(ret, &frame, profile);

    prose_wipe(&work, sizeof work);
    return (unsigned) meta->mic + meta->confidentiality + meta->scrambling;
}

unsigned
prose_pc5_protect(uint8_t ret[PROSE_PC5_LEN], const ProsePc5Keys *keys, const ProseSecurityMetadata *meta,
                  uint8_t type, const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter,
                  const uint8_t mic_random[PROSE_MIC_LEN], const ProseProfile *profile)
{
    return prose_pc5_protect_kept(ret, keys, meta, type, content, counter, mic_random, profile, NULL);
}

int
prose_pc5_split(ProsePc5Split *ret, const uint8_t *octets, size_t len, const ProseProfile *profile)
{
    ProsePc5Frame frame;
    int r = prose_pc5_frame_decode(&frame, octets, len, profile);

    if (r < 0)
        return r;
    memcpy(ret->content, frame.content, PROSE_CONTENT_LEN);
    memcpy(ret->mic, frame.mic, PROSE_MIC_LEN);
    for (int scrambled = 0; scrambled < 2; scrambled++) {
        uint8_t prefix = scrambled && prefix_is_literal(profile) ? LITERAL_PREFIX : 0;

        ret->head[scrambled].type = frame.type ^ prefix;
        ret->head[scrambled].counter_lsb = frame.counter_lsb ^ prefix;
        ret->head[scrambled].type_is_valid = prose_pc5_type_check(frame.type ^ prefix) == PROSE_OK;
    }
    return PROSE_OK;
}

/* Half-open, on the circle of 2^32 seconds: an interval that spans the wrap of 2106 is one like any other. */
static bool
interval_has(int64_t from, int64_t to, uint32_t at)
{
    if (to <= from)
        return false;
    return to - from > UINT32_MAX || at - (uint32_t) from < (uint32_t) (to - from);
}

ProsePc5Outcome
prose_pc5_gate(uint32_t *ret_counter, const ProsePc5Context *context, const ProsePc5Split *split, uint32_t slot_counter,
               int64_t clock_s, const ProseProfile *profile)
{
    uint8_t lsb;
    uint32_t counter;
    bool is_candidate;

    if (!split->head[context->meta->scrambling].type_is_valid)
        return PROSE_PC5_MALFORMED;
    if (!prose_counter_within(slot_counter, clock_s, context->max_offset))     /* rules T4 */
        return PROSE_PC5_CLOCK_OFFSET;

    /* Rules T5. The LSB counts from the profile's epoch, the slot counter from 1970. */
    lsb = (uint8_t) (split->head[context->meta->scrambling].counter_lsb - prose_profile_epoch_offset(profile));
    counter = prose_counter_rebuild(lsb, slot_counter);
    if (!prose_counter_within(counter, clock_s, context->max_offset))
        return PROSE_PC5_STALE;

    if (profile->receive_key == PROSE_RECEIVE_KEY_CLOCK) {                     /* rules K1 */
        uint32_t overlap = MIN(context->overlap, context->max_offset);

        is_candidate = interval_has(context->valid_from - overlap, context->valid_to + overlap, (uint32_t) clock_s);
    } else {
        is_candidate = interval_has(context->valid_from, context->valid_to, counter);
    }
    if (!is_candidate)
        return PROSE_PC5_NO_KEY;

    *ret_counter = counter;
    return PROSE_PC5_ACCEPTED;
}

void
prose_pc5_context_set_filter(ProsePc5Context *context, ProseKeyScope scope)
{
    prose_put_u24(context->filter_value, scope.id);
    memset(context->filter_mask, 0xFF, 3);
}

/* Whether @content has @context's filter value wherever the filter's mask has a one, but for the bits that are @hidden
 * (nullable). */
static bool
filter_matches(const ProsePc5Context *context, const uint8_t content[PROSE_CONTENT_LEN], const uint8_t *hidden)
{
    uint8_t differs = 0;

    for (size_t i = 0; i < PROSE_CONTENT_LEN; i++) {
        uint8_t bits = context->filter_mask[i] & (uint8_t) (hidden ? ~hidden[i] : 0xFF);

        differs |= (uint8_t) (content[i] ^ context->filter_value[i]) & bits;
    }
    return !differs;
}

/* 6.1.3.4.3.3 with its temporaries in @work, which the caller wipes. */
static ProsePc5Outcome
attempt(ProsePc5Attempt *ret, ProsePc5Working *work, const ProsePc5Context *context, const ProsePc5Split *split,
        uint32_t hashed, const ProseProfile *profile)
{
    const ProseSecurityMetadata *meta = context->meta;
    uint8_t type = split->head[meta->scrambling].type;

    /* Scrambling leaves the type readable, so it is looked at before a derivation is spent. */
    if (type != context->type)
        return PROSE_PC5_NOT_FOR_ME;

    memcpy(ret->content, split->content, PROSE_CONTENT_LEN);
    memcpy(ret->mic, split->mic, PROSE_MIC_LEN);
    if (meta->scrambling) {                                                    /* step 1 */
        prose_kdf_time_hash(work->time_hash, &context->keys->dusk, hashed, profile);
        work->has_time_hash = true;
        ret->derivations++;
        xor_octets(ret->content, work->time_hash, PROSE_CONTENT_LEN);
        xor_octets(ret->mic, work->time_hash + PROSE_CONTENT_LEN, PROSE_MIC_LEN);
    }
    if (!filter_matches(context, ret->content, meta->confidentiality ? meta->encrypted_bits_mask : NULL))
        return PROSE_PC5_NOT_FOR_ME;                                           /* step 2: the bits in clear */
    if (meta->confidentiality) {                                               /* step 3 */
        masked_keystream(work->confidentiality_keystream, context->keys, meta, hashed, ret->mic, profile);
        work->has_confidentiality = true;
        ret->derivations++;
        xor_octets(ret->content, work->confidentiality_keystream, PROSE_CONTENT_LEN);
        if (!filter_matches(context, ret->content, NULL))
            return PROSE_PC5_NOT_FOR_ME;                                       /* step 4: all bits */
    }
    if (meta->mic) {                                                           /* step 5 */
        prose_kdf_mic(work->mic, &context->keys->duik, type, ret->content, hashed, profile);
        work->has_mic = true;
        ret->derivations++;
        if (!prose_secret_equal(work->mic, ret->mic, PROSE_MIC_LEN))
            return PROSE_PC5_BAD_MIC;
    }
    return PROSE_PC5_ACCEPTED;
}

void
prose_pc5_attempt(ProsePc5Attempt *ret, ProsePc5Working *ret_working, const ProsePc5Context *context,
                  const ProsePc5Split *split, uint32_t counter, const ProseProfile *profile)
{
    ProsePc5Working work = { 0 };

    memset(ret, 0, sizeof *ret);
    ret->outcome = attempt(ret, &work, context, split, counter + prose_profile_epoch_offset(profile), profile);
    if (ret->outcome != PROSE_PC5_ACCEPTED) {          /* half-decrypted octets are nobody's business */
        prose_wipe(ret->content, sizeof ret->content);
        prose_wipe(ret->mic, sizeof ret->mic);
    }
    if (ret_working)
        *ret_working = work;
    prose_wipe(&work, sizeof work);
}

G_STATIC_ASSERT(PROSE_PC5_MALFORMED < PROSE_PC5_NO_KEY && PROSE_PC5_NO_KEY < PROSE_PC5_CLOCK_OFFSET &&
                PROSE_PC5_CLOCK_OFFSET < PROSE_PC5_STALE && PROSE_PC5_STALE < PROSE_PC5_NOT_FOR_ME &&
                PROSE_PC5_NOT_FOR_ME < PROSE_PC5_BAD_MIC && PROSE_PC5_BAD_MIC < PROSE_PC5_ACCEPTED);

/* Rules P1: with a literal prefix it depends on the context whether a type is readable; malformed is what none reads. */
static bool
is_readable(const ProsePc5Split *split, const ProsePc5Context *contexts, size_t n_contexts)
{
    if (n_contexts == 0)
        return split->head[0].type_is_valid || split->head[1].type_is_valid;
    for (size_t i = 0; i < n_contexts; i++) {
        if (split->head[contexts[i].meta->scrambling].type_is_valid)
            return true;
    }
    return false;
}

void
prose_pc5_unprotect_by(ProsePc5Verdict *ret, const ProsePc5Context *contexts, size_t n_contexts, const uint8_t *octets,
                       size_t len, uint32_t slot_counter, int64_t clock_s, const ProseProfile *profile,
                       ProsePc5AttemptCb attempt_cb, void *user)
{
    ProsePc5Split split;

    memset(ret, 0, sizeof *ret);
    ret->outcome = PROSE_PC5_MALFORMED;
    if (prose_pc5_split(&split, octets, len, profile) < 0 || !is_readable(&split, contexts, n_contexts))
        return;

    ret->outcome = PROSE_PC5_NO_KEY;
    for (size_t i = 0; i < n_contexts; i++) {
        uint32_t counter;
        ProsePc5Outcome outcome = prose_pc5_gate(&counter, &contexts[i], &split, slot_counter, clock_s, profile);

        if (outcome == PROSE_PC5_ACCEPTED) {
            ProsePc5Attempt a;

            attempt_cb(user, &a, &contexts[i], &split, counter);
            ret->derivations += a.derivations;
            outcome = a.outcome;
            if (outcome == PROSE_PC5_ACCEPTED) {
                ret->outcome = outcome;
                ret->context = &contexts[i];
                ret->counter = counter;
                ret->type = split.head[contexts[i].meta->scrambling].type;
                memcpy(ret->content, a.content, PROSE_CONTENT_LEN);
                memcpy(ret->mic, a.mic, PROSE_MIC_LEN);
                return;
            }
        }
        /* The outcomes are in the order of rules P2, so the furthest step is the largest; malformed for one context alone
         * is below no-key and so adds nothing. */
        ret->outcome = MAX(ret->outcome, outcome);
    }
}

static void
attempt_cb(void *user, ProsePc5Attempt *ret, const ProsePc5Context *context, const ProsePc5Split *split, uint32_t counter)
{
    prose_pc5_attempt(ret, NULL, context, split, counter, user);
}

void
prose_pc5_unprotect(ProsePc5Verdict *ret, const ProsePc5Context *contexts, size_t n_contexts, const uint8_t *octets,
                    size_t len, uint32_t slot_counter, int64_t clock_s, const ProseProfile *profile)
{
    prose_pc5_unprotect_by(ret, contexts, n_contexts, octets, len, slot_counter, clock_s, profile, attempt_cb, (void *) (uintptr_t) profile);
}
