/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-clock.h"
#include "prose-error.h"
#include "prose-pc5-security.h"
#include "prose-secret.h"
#include "prose-test.h"

#include <string.h>

static const ProseKeyScope scope = { PROSE_KEY_TYPE_PSDK_RELAY, 0xA1B2C3 };

/* ---- test/vectors/vectors.json ---- */

/* The profile of the vectors and the three beside it. */
static const struct { const char *name, *counter_lsb, *prefix; } profiles[] = {
    { NULL, "last", "clear" }, { "L2_clear", "second", "clear" },
    { "L1_literal", "last", "literal" }, { "L2_literal", "second", "literal" },
};
#define N_PROFILES ((int) G_N_ELEMENTS(profiles))

static JsonObject *vectors;
static JsonArray *cases, *alternatives;        /* of vectors */

static JsonObject *
case_of(int index)
{
    int n = (int) json_array_get_length(cases);

    return index < n ? json_array_get_object_element(cases, (guint) index)
                     : json_array_get_object_element(alternatives, (guint) (index - n));
}

static int
n_cases(void)
{
    return (int) (json_array_get_length(cases) + json_array_get_length(alternatives));
}

static ProseProfile
profile_of(JsonObject *c, int which)
{
    ProseProfile p;

    prose_profile_init(&p);
    ck_assert_int_eq(prose_profile_set(&p, "counter-lsb", profiles[which].counter_lsb), 0);
    ck_assert_int_eq(prose_profile_set(&p, "scrambling-prefix", profiles[which].prefix), 0);
    if (json_object_has_member(c, "profile_change")) {
        JsonObject *change = json_object_get_object_member(c, "profile_change");

        ck_assert_int_eq(json_object_get_size(change), 1);
        ck_assert_int_eq(json_object_get_int_member(change, "scramble_counter_mask"), 0xFFFFFFFF);
        ck_assert_int_eq(prose_profile_set(&p, "scrambling-counter", "full"), 0);
    }
    return p;
}

static const char *
wire_of(JsonObject *c, int which)
{
    return profiles[which].name
        ? json_object_get_string_member(json_object_get_object_member(c, "other_profiles"), profiles[which].name)
        : json_object_get_string_member(c, "wire");
}

/* Octets of a member, which are exactly @len. */
static void
get_octets(JsonObject *o, const char *member, uint8_t *ret, size_t len)
{
    size_t got;
    g_autofree uint8_t *octets = test_hex(json_object_get_string_member(o, member), &got);

    ck_assert_uint_eq(got, len);
    memcpy(ret, octets, len);
}

static ProseSecurityMetadata
meta_of(JsonObject *c)
{
    ProseSecurityMetadata m = {
        .scrambling = json_object_get_boolean_member(c, "scrambling"),
        .confidentiality = json_object_get_boolean_member(c, "confidentiality"),
        .mic = json_object_get_boolean_member(c, "mic_used"),
    };

    if (m.confidentiality)
        get_octets(c, "mask", m.encrypted_bits_mask, PROSE_CONTENT_LEN);
    return m;
}

static void
get_keys(JsonObject *o, ProsePc5Keys *ret, const ProseProfile *p)
{
    uint8_t psdk[PROSE_KEY_LEN];

    get_octets(o, "psdk", psdk, sizeof psdk);
    prose_pc5_keys_init(ret, psdk, scope, p);
}

static void
get_mic_random(JsonObject *c, uint8_t ret[PROSE_MIC_LEN])
{
    memset(ret, 0xEE, PROSE_MIC_LEN);          /* with a MIC nothing must come of it */
    if (!json_object_get_boolean_member(c, "mic_used"))
        get_octets(c, "mic_random", ret, PROSE_MIC_LEN);
}

/* REQ-662-11, REQ-66422-29 */
START_TEST(the_sender_makes_the_octets_of_the_vectors)
{
    JsonObject *c = case_of(_i / N_PROFILES);
    const char *name = json_object_get_string_member(c, "name");
    int which = _i % N_PROFILES;
    ProseProfile p = profile_of(c, which);
    ProseSecurityMetadata meta = meta_of(c);
    uint8_t content[PROSE_CONTENT_LEN], mic_random[PROSE_MIC_LEN], octets[PROSE_PC5_LEN], want[PROSE_PC5_LEN];
    g_autofree uint8_t *want_octets = test_hex(wire_of(c, which), NULL);
    ProsePc5Keys keys;
    unsigned derivations;

    memcpy(want, want_octets, sizeof want);
    get_keys(c, &keys, &p);
    get_octets(c, "content", content, sizeof content);
    get_mic_random(c, mic_random);
    derivations = prose_pc5_protect(octets, &keys, &meta, (uint8_t) json_object_get_int_member(c, "message_type"), content,
                                    (uint32_t) json_object_get_int_member(c, "counter"), mic_random, &p);
    ck_assert_msg(memcmp(octets, want, sizeof want) == 0, "%s, %s", name, profiles[which].name);
    ck_assert_msg(derivations == (unsigned) meta.scrambling + meta.confidentiality + meta.mic, "%s", name);
}
END_TEST

/* REQ-662-10, REQ-662-12 */
START_TEST(mic_and_keystreams_are_those_of_the_vectors)
{
    JsonObject *c = case_of(_i), *tx = json_object_get_object_member(c, "tx");
    const char *name = json_object_get_string_member(c, "name");
    ProseProfile p = profile_of(c, 0);
    ProseSecurityMetadata meta = meta_of(c);
    uint8_t content[PROSE_CONTENT_LEN], mic_random[PROSE_MIC_LEN];
    uint8_t want_mic[PROSE_MIC_LEN], want_keystream[PROSE_CONTENT_LEN] = { 0 }, want_hash[PROSE_CONTENT_LEN + PROSE_MIC_LEN] = { 0 };
    ProsePc5Keys keys;
    ProsePc5Working w;

    get_keys(c, &keys, &p);
    get_octets(c, "content", content, sizeof content);
    get_mic_random(c, mic_random);
    get_octets(tx, "mic", want_mic, sizeof want_mic);
    ck_assert_int_eq(json_object_has_member(tx, "conf_keystream"), meta.confidentiality);
    ck_assert_int_eq(json_object_has_member(tx, "time_hash_bitsequence"), meta.scrambling);
    if (meta.confidentiality)
        get_octets(tx, "conf_keystream", want_keystream, sizeof want_keystream);
    if (meta.scrambling)
        get_octets(tx, "time_hash_bitsequence", want_hash, sizeof want_hash);

    prose_pc5_work(&w, &keys, &meta, (uint8_t) json_object_get_int_member(c, "message_type"), content,
                   (uint32_t) json_object_get_int_member(c, "counter"), mic_random, &p);
    ck_assert_msg(memcmp(w.mic, want_mic, sizeof want_mic) == 0, "%s: MIC", name);
    ck_assert_msg(memcmp(w.confidentiality_keystream, want_keystream, sizeof want_keystream) == 0, "%s: keystream", name);
    ck_assert_msg(memcmp(w.time_hash, want_hash, sizeof want_hash) == 0, "%s: time hash", name);
    ck_assert(w.has_mic == meta.mic && w.has_confidentiality == meta.confidentiality && w.has_time_hash == meta.scrambling);
}
END_TEST

/* What arrives of @wire: one bit of a part inverted, octets cut or filled with zeros (the vectors' `flip` and `length`). */
static uint8_t *
transit(JsonObject *c, int which, const char *wire, size_t *ret_len)
{
    JsonObject *rx = json_object_get_object_member(c, "rx");
    g_autofree uint8_t *octets = test_hex(wire, NULL);
    bool last = g_str_equal(profiles[which].counter_lsb, "last");
    uint8_t *arrived;

    if (!json_object_get_null_member(rx, "flip")) {
        JsonArray *flip = json_object_get_array_member(rx, "flip");
        const char *part = json_array_get_string_element(flip, 0);
        int bit = (int) json_array_get_int_element(flip, 1);
        int at = g_str_equal(part, "type") ? 0 : g_str_equal(part, "lsb") ? (last ? 28 : 1) : (last ? 1 : 2);

        octets[at + bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
    }
    *ret_len = json_object_get_null_member(rx, "length") ? PROSE_PC5_LEN : (size_t) json_object_get_int_member(rx, "length");
    arrived = g_malloc0(*ret_len ? *ret_len : 1);
    memcpy(arrived, octets, MIN(*ret_len, PROSE_PC5_LEN));
    return arrived;
}

/* REQ-662-08, REQ-66422-29 */
START_TEST(the_receiver_answers_as_the_vectors_expect)
{
    JsonObject *c = case_of(_i / N_PROFILES), *rx = json_object_get_object_member(c, "rx");
    JsonObject *expect = json_object_get_object_member(rx, "expect");
    const char *name = json_object_get_string_member(c, "name"), *want = json_object_get_string_member(expect, "result");
    JsonArray *list = json_object_get_array_member(rx, "contexts");
    guint n = json_array_get_length(list);
    int which = _i % N_PROFILES;
    ProseProfile p = profile_of(c, which);
    ProseSecurityMetadata meta = meta_of(c);
    g_autofree ProsePc5Keys *keys = g_new0(ProsePc5Keys, n);
    g_autofree ProsePc5Context *contexts = g_new0(ProsePc5Context, n);
    size_t len;
    g_autofree uint8_t *arrived = transit(c, which, wire_of(c, which), &len);
    ProsePc5Verdict v;

    if (which == 0) {
        size_t want_len;
        g_autofree uint8_t *received = test_hex(json_object_get_string_member(rx, "received"), &want_len);

        ck_assert_uint_eq(len, want_len);
        ck_assert_mem_eq(arrived, received, len);
    }
    for (guint i = 0; i < n; i++) {
        JsonObject *x = json_array_get_object_element(list, i);

        get_keys(x, &keys[i], &p);
        contexts[i] = (ProsePc5Context) {
            .keys = &keys[i], .meta = &meta,
            .type = (uint8_t) json_object_get_int_member(x, "message_type"),
            .valid_from = json_object_get_int_member(x, "valid_from"),
            .valid_to = json_object_get_int_member(x, "valid_to"),
            .max_offset = (uint32_t) json_object_get_int_member(rx, "max_offset"),
            .user = (void *) json_object_get_string_member(x, "name"),
        };
        get_octets(x, "filter_value", contexts[i].filter_value, PROSE_CONTENT_LEN);
        get_octets(x, "filter_mask", contexts[i].filter_mask, PROSE_CONTENT_LEN);
    }
    memset(&v, 0xA5, sizeof v);
    prose_pc5_unprotect(&v, contexts, n, arrived, len, (uint32_t) json_object_get_int_member(rx, "slot_counter"),
                        json_object_get_int_member(rx, "prose_clock"), &p);

    ck_assert_msg(g_str_equal(prose_pc5_outcome_name(v.outcome), want), "%s, %s: %s, expected %s", name, profiles[which].name,
                  prose_pc5_outcome_name(v.outcome), want);
    if (v.outcome == PROSE_PC5_ACCEPTED) {
        uint8_t content[PROSE_CONTENT_LEN], mic[PROSE_MIC_LEN];

        get_octets(expect, "content", content, sizeof content);
        get_octets(expect, "mic", mic, sizeof mic);
        ck_assert_msg(g_str_equal(v.context->user, json_object_get_string_member(expect, "context")), "%s: context", name);
        ck_assert_msg(v.counter == json_object_get_int_member(expect, "counter"), "%s: counter", name);
        ck_assert_msg(v.type == json_object_get_int_member(c, "message_type"), "%s: type", name);
        ck_assert_msg(memcmp(v.content, content, sizeof content) == 0, "%s: content", name);
        ck_assert_msg(memcmp(v.mic, mic, sizeof mic) == 0, "%s: MIC", name);
    } else {
        ck_assert_msg(!v.context && v.counter == 0, "%s: a context, though nothing was accepted", name);
    }
}
END_TEST

START_TEST(a_psdk_gives_the_three_keys_of_the_vectors)
{
    JsonArray *list = json_object_get_array_member(json_object_get_object_member(vectors, "kdf"), "discovery_A8");
    static const char *const names[] = { "duik", "duck", "dusk" };
    ProseProfile p;

    prose_profile_init(&p);
    ck_assert_uint_gt(json_array_get_length(list), 1);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *row = json_array_get_object_element(list, i);
        ProsePc5Keys keys;
        const ProseKdfKey *derived[] = { &keys.duik, &keys.duck, &keys.dusk };

        get_keys(row, &keys, &p);
        for (size_t k = 0; k < G_N_ELEMENTS(names); k++) {
            uint8_t key[PROSE_KEY_LEN], a[32], b[32];
            ProseKdfKey want;

            /* A prepared key has no octets to compare: compare what it derives. */
            get_octets(row, names[k], key, sizeof key);
            prose_kdf_key_init(&want, key, sizeof key);
            prose_kdf(a, derived[k], 0x01, NULL, 0);
            prose_kdf(b, &want, 0x01, NULL, 0);
            ck_assert_msg(memcmp(a, b, sizeof a) == 0, "PSDK %u: %s", i, names[k]);
        }
    }
}
END_TEST

START_TEST(counters_are_rebuilt_as_in_the_vectors)
{
    JsonArray *list = json_object_get_array_member(vectors, "counter_rebuild");

    ck_assert_uint_gt(json_array_get_length(list), 5);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *row = json_array_get_object_element(list, i);
        int64_t lsb = json_object_get_int_member(row, "lsb"), slot = json_object_get_int_member(row, "slot");

        ck_assert_msg(prose_counter_rebuild((uint8_t) lsb, (uint32_t) slot) == json_object_get_int_member(row, "counter"),
                      "LSB %d at %u", (int) lsb, (unsigned) slot);
    }
}
END_TEST

/* ---- one message and one receiver, for what the vectors leave out ---- */

#define T0 0x5F3A91C4u
static const uint8_t psdk[PROSE_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
static const uint8_t other_psdk[PROSE_KEY_LEN] = { 9, 8, 7 };
static const uint8_t clear[PROSE_CONTENT_LEN] = { 0xA1, 0xB2, 0xC3, 1, 2, 3, 4, 5, 0xFF, 0x0A, 0x0B, 0x0C, 0x80 };
static const uint8_t mic_filling[PROSE_MIC_LEN] = { 0x5A, 0x17, 0xC0, 0xDE };

typedef struct Bench {
    ProseProfile profile;
    ProseSecurityMetadata meta;
    ProsePc5Keys keys, other_keys;
    ProsePc5Context context;
    uint8_t octets[PROSE_PC5_LEN];
} Bench;

/* @flags: 1 scrambling, 2 confidentiality of octets 4 to 13, 4 MIC. The sender's counter is T0. */
static void
bench_init(Bench *b, unsigned flags, const ProseProfile *profile)
{
    memset(b, 0, sizeof *b);
    if (profile)
        b->profile = *profile;
    else
        prose_profile_init(&b->profile);
    b->meta = (ProseSecurityMetadata) { .scrambling = flags & 1, .confidentiality = flags & 2, .mic = flags & 4 };
    if (b->meta.confidentiality)
        memset(b->meta.encrypted_bits_mask + 3, 0xFF, 10);
    prose_pc5_keys_init(&b->keys, psdk, scope, &b->profile);
    prose_pc5_keys_init(&b->other_keys, other_psdk, scope, &b->profile);
    b->context = (ProsePc5Context) {
        .keys = &b->keys, .meta = &b->meta, .type = 0x91, .valid_from = 0, .valid_to = INT64_C(1) << 32, .max_offset = 32,
        .filter_value = { 0xA1, 0xB2, 0xC3 }, .filter_mask = { 0xFF, 0xFF, 0xFF },
    };
    prose_pc5_protect(b->octets, &b->keys, &b->meta, 0x91, clear, T0, mic_filling, &b->profile);
}

static ProsePc5Verdict
bench_receive(const Bench *b, uint32_t slot, int64_t clock)
{
    ProsePc5Verdict v;

    prose_pc5_unprotect(&v, &b->context, 1, b->octets, sizeof b->octets, slot, clock, &b->profile);
    return v;
}

static const uint8_t all_types[] = { 0x41, 0x81, 0x82, 0x86, 0x91, 0x92, 0x96, 0x99, 0x9A, 0x9E, 0xA1 };
#define N_TYPES ((int) G_N_ELEMENTS(all_types))

/* REQ-662-10: each of the 224 bits of type, content and MIC; all eleven types, all four combinations that have a MIC, all
 * layouts and prefixes, with the filter and without one. */
/* REQ-662-10 */
START_TEST(no_single_bit_flip_is_accepted_with_a_mic)
{
    int which = _i % N_PROFILES;
    unsigned flags = 4 | (unsigned) (_i / N_PROFILES % 4);
    uint8_t type = all_types[_i / N_PROFILES / 4 % N_TYPES];
    bool filtered = _i / N_PROFILES / 4 / N_TYPES;
    int lsb_at = g_str_equal(profiles[which].counter_lsb, "last") ? 28 : 1;
    ProseProfile p;
    Bench b;
    unsigned n = 0;

    prose_profile_init(&p);
    prose_profile_set(&p, "counter-lsb", profiles[which].counter_lsb);
    prose_profile_set(&p, "scrambling-prefix", profiles[which].prefix);
    bench_init(&b, flags, &p);
    b.context.type = type;
    prose_pc5_protect(b.octets, &b.keys, &b.meta, type, clear, T0, mic_filling, &p);
    if (!filtered)
        memset(b.context.filter_mask, 0, PROSE_CONTENT_LEN);
    ck_assert_int_eq(bench_receive(&b, T0, T0).outcome, PROSE_PC5_ACCEPTED);
    for (int bit = 0; bit < 8 * PROSE_PC5_LEN; bit++) {
        ProsePc5Verdict v;

        if (bit / 8 == lsb_at)
            continue;
        b.octets[bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
        v = bench_receive(&b, T0, T0);
        ck_assert_msg(v.outcome == PROSE_PC5_MALFORMED || v.outcome == PROSE_PC5_NOT_FOR_ME || v.outcome == PROSE_PC5_BAD_MIC,
                      "type %02x, flags %u, %s: bit %d gives %s", type, flags, profiles[which].name, bit, prose_pc5_outcome_name(v.outcome));
        if (bit / 8 != 0 && !filtered)
            ck_assert_int_eq(v.outcome, PROSE_PC5_BAD_MIC);
        b.octets[bit / 8] ^= (uint8_t) (0x80 >> bit % 8);
        n++;
    }
    ck_assert_uint_eq(n, 224);
}
END_TEST

/* The LSB is not random either: it changes the rebuilt counter, and so the MIC. */
/* REQ-662-10 */
START_TEST(no_flip_of_the_counter_lsb_is_accepted_with_a_mic)
{
    Bench b;

    bench_init(&b, 4 | (unsigned) _i / 8, NULL);
    b.context.max_offset = 127;
    b.octets[28] ^= (uint8_t) (1 << _i % 8);
    ck_assert_int_ne(bench_receive(&b, T0, T0).outcome, PROSE_PC5_ACCEPTED);
}
END_TEST

START_TEST(every_length_but_29_is_malformed)
{
    g_autofree uint8_t *octets = g_malloc0(_i ? (size_t) _i : 1);
    Bench b;
    ProsePc5Verdict v;

    for (unsigned flags = 0; flags < 8; flags++) {
        bench_init(&b, flags, NULL);
        memcpy(octets, b.octets, MIN((size_t) _i, sizeof b.octets));
        prose_pc5_unprotect(&v, &b.context, 1, octets, (size_t) _i, T0, T0, &b.profile);
        ck_assert_int_eq(v.outcome, _i == PROSE_PC5_LEN ? PROSE_PC5_ACCEPTED : PROSE_PC5_MALFORMED);
        prose_pc5_unprotect(&v, NULL, 0, octets, (size_t) _i, T0, T0, &b.profile);
        ck_assert_int_eq(v.outcome, _i == PROSE_PC5_LEN ? PROSE_PC5_NO_KEY : PROSE_PC5_MALFORMED);
    }
}
END_TEST

/* REQ-662-12 */
START_TEST(bits_outside_the_mask_go_out_as_they_are)
{
    ProsePc5Frame f;
    Bench b;

    bench_init(&b, 2 | 4, NULL);
    ck_assert_int_eq(prose_pc5_frame_decode(&f, b.octets, sizeof b.octets, &b.profile), 0);
    ck_assert_mem_eq(f.content, clear, 3);
    ck_assert_mem_ne(f.content + 3, clear + 3, 10);
    ck_assert_mem_eq(f.content + 13, clear + 13, 10);
}
END_TEST

/* ---- profile choices that the vectors hold still ---- */

static const struct { const char *name, *choice, *value; } deviations[] = {
    { "epoch", "counter-epoch", "1900" },
    { "place of the LSB", "counter-lsb", "second" },
    { "prefix", "scrambling-prefix", "literal" },
    { "scrambling counter", "scrambling-counter", "full" },
    { "FC of the MIC", "fc-mic", "0x50" },
    { "FC of scrambling", "fc-scrambling", "0x50" },
    { "FC of confidentiality", "fc-confidentiality", "0x50" },
    { "FC of the keys", "fc-psdk", "0x50" },
    { "selectors", "psdk-selector", "dusk duck duik" },
    { "input", "psdk-input", "selector-and-id" },
};

START_TEST(ends_with_one_profile_agree_and_with_two_do_not)
{
    ProseProfile p;
    Bench a, b;

    prose_profile_init(&p);
    ck_assert_int_eq(prose_profile_set(&p, deviations[_i].choice, deviations[_i].value), 0);
    bench_init(&a, 7, NULL);
    bench_init(&b, 7, &p);
    ck_assert_msg(memcmp(a.octets, b.octets, sizeof a.octets) != 0, "%s changes nothing on the air", deviations[_i].name);
    ck_assert_int_eq(bench_receive(&b, T0 + 5, T0 + 5).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_uint_eq(bench_receive(&b, T0 + 5, T0 + 5).counter, T0);
    memcpy(b.octets, a.octets, sizeof a.octets);
    ck_assert_msg(bench_receive(&b, T0, T0).outcome != PROSE_PC5_ACCEPTED, "%s", deviations[_i].name);
}
END_TEST

/* The epoch moves what is hashed and sent, and nothing else: same outcome and counter for every LSB distance. */
START_TEST(the_1900_epoch_changes_octets_but_no_behaviour)
{
    ProseProfile p;
    Bench a, b;
    uint32_t slot = T0 + (uint32_t) (_i - 140);

    prose_profile_init(&p);
    ck_assert_int_eq(prose_profile_set(&p, "counter-epoch", "1900"), 0);
    bench_init(&a, 7, NULL);
    bench_init(&b, 7, &p);
    a.context.max_offset = b.context.max_offset = 127;
    ck_assert_uint_eq(a.octets[28], T0 & 0xFF);
    ck_assert_uint_eq(b.octets[28], (T0 + 0x83AA7E80u) & 0xFF);
    for (int clock = -130; clock <= 130; clock += 13) {
        ProsePc5Verdict va = bench_receive(&a, slot, (int64_t) slot + clock), vb = bench_receive(&b, slot, (int64_t) slot + clock);

        ck_assert_int_eq(va.outcome, vb.outcome);
        ck_assert_uint_eq(va.counter, vb.counter);
    }
}
END_TEST

START_TEST(an_empty_mic_is_random_or_zero_as_the_profile_says)
{
    ProseProfile p;
    ProsePc5Frame f;
    Bench b;

    bench_init(&b, 2, NULL);
    prose_pc5_frame_decode(&f, b.octets, sizeof b.octets, &b.profile);
    ck_assert_mem_eq(f.mic, mic_filling, sizeof f.mic);
    prose_profile_init(&p);
    prose_profile_set(&p, "empty-mic", "zero");
    bench_init(&b, 2, &p);
    prose_pc5_frame_decode(&f, b.octets, sizeof b.octets, &b.profile);
    ck_assert_mem_eq(f.mic, "\0\0\0", sizeof f.mic);
    ck_assert_int_eq(bench_receive(&b, T0, T0).outcome, PROSE_PC5_ACCEPTED);
    ck_assert_mem_eq(bench_receive(&b, T0, T0).content, clear, sizeof clear);
}
END_TEST

/* ---- several contexts, several PKMFs, several rules for keys ---- */

/* Rules T1: each context has the MAX_OFFSET of its own PKMF. */
static const struct { const char *name; uint32_t first, second; uint32_t slot_ahead; int32_t clock_ahead; ProsePc5Outcome want; } offset_cases[] = {
    { "clock inside both", 32, 32, 0, 32, PROSE_PC5_ACCEPTED },
    { "clock outside the first only", 32, 100, 0, 33, PROSE_PC5_ACCEPTED },
    { "clock outside both", 32, 100, 0, 101, PROSE_PC5_CLOCK_OFFSET },
    { "stale for the first only", 32, 100, 40, 0, PROSE_PC5_ACCEPTED },
    { "stale beats clock-offset", 32, 100, 60, 60, PROSE_PC5_STALE },
    { "stale beats clock-offset the other way round", 100, 32, 60, 60, PROSE_PC5_STALE },
};

START_TEST(each_context_goes_by_the_max_offset_of_its_pkmf)
{
    Bench b;
    ProsePc5Context two[2];
    ProsePc5Verdict v;

    bench_init(&b, 7, NULL);
    two[0] = two[1] = b.context;
    two[0].max_offset = offset_cases[_i].first;
    two[1].max_offset = offset_cases[_i].second;
    prose_pc5_unprotect(&v, two, 2, b.octets, sizeof b.octets, T0 + offset_cases[_i].slot_ahead,
                        (int64_t) T0 + offset_cases[_i].slot_ahead + offset_cases[_i].clock_ahead, &b.profile);
    ck_assert_msg(v.outcome == offset_cases[_i].want, "%s: %s", offset_cases[_i].name, prose_pc5_outcome_name(v.outcome));
}
END_TEST

/* A key whose time has not come adds nothing, not even where another one's clock is off. */
START_TEST(clock_offset_is_further_than_no_key)
{
    Bench b;
    ProsePc5Context two[2];
    ProsePc5Verdict v;

    bench_init(&b, 7, NULL);
    two[0] = two[1] = b.context;
    two[0].valid_to = T0;                      /* no candidate */
    two[0].max_offset = 127;
    prose_pc5_unprotect(&v, two, 1, b.octets, sizeof b.octets, T0, T0 + 33, &b.profile);
    ck_assert_int_eq(v.outcome, PROSE_PC5_NO_KEY);
    prose_pc5_unprotect(&v, two, 2, b.octets, sizeof b.octets, T0, T0 + 33, &b.profile);
    ck_assert_int_eq(v.outcome, PROSE_PC5_CLOCK_OFFSET);
}
END_TEST

/* Rules K1. Validity [T0, T0 + 100); the message was made at @sent, the receiver's clock is at @clock. */
static const struct { const char *name, *receive_key; uint32_t overlap; int32_t sent, clock; ProsePc5Outcome want; } key_cases[] = {
    { "counter: first second", "counter", 0, 0, 0, PROSE_PC5_ACCEPTED },
    { "counter: before", "counter", 20, -1, 5, PROSE_PC5_NO_KEY },
    { "counter: last second, clock past the end", "counter", 0, 99, 110, PROSE_PC5_ACCEPTED },
    { "counter: at the end", "counter", 20, 100, 90, PROSE_PC5_NO_KEY },
    { "clock: inside", "clock", 0, 50, 50, PROSE_PC5_ACCEPTED },
    { "clock: first second", "clock", 0, 5, 0, PROSE_PC5_ACCEPTED },
    { "clock: a second early", "clock", 0, 5, -1, PROSE_PC5_NO_KEY },
    { "clock: early, inside the overlap", "clock", 10, 5, -10, PROSE_PC5_ACCEPTED },
    { "clock: early, outside the overlap", "clock", 10, 5, -11, PROSE_PC5_NO_KEY },
    { "clock: last second", "clock", 0, 90, 99, PROSE_PC5_ACCEPTED },
    { "clock: at the end", "clock", 0, 90, 100, PROSE_PC5_NO_KEY },
    { "clock: late, inside the overlap", "clock", 10, 90, 109, PROSE_PC5_ACCEPTED },
    { "clock: late, at the overlap's end", "clock", 10, 90, 110, PROSE_PC5_NO_KEY },
    { "clock: an old key used late is accepted", "clock", 0, 101, 99, PROSE_PC5_ACCEPTED },
    { "clock: the overlap is at most MAX_OFFSET", "clock", UINT32_MAX, 110, 132, PROSE_PC5_NO_KEY },
    { "clock: the overlap reaches MAX_OFFSET", "clock", UINT32_MAX, 110, 131, PROSE_PC5_ACCEPTED },
};

START_TEST(keys_are_tried_by_counter_or_by_clock_as_the_profile_says)
{
    ProseProfile p;
    Bench b;

    prose_profile_init(&p);
    ck_assert_int_eq(prose_profile_set(&p, "receive-key", key_cases[_i].receive_key), 0);
    bench_init(&b, 7, &p);
    b.context.valid_from = T0;
    b.context.valid_to = T0 + 100;
    b.context.overlap = key_cases[_i].overlap;
    prose_pc5_protect(b.octets, &b.keys, &b.meta, 0x91, clear, T0 + (uint32_t) key_cases[_i].sent, mic_filling, &p);
    ck_assert_msg(bench_receive(&b, T0 + (uint32_t) key_cases[_i].clock, (int64_t) T0 + key_cases[_i].clock).outcome
                      == key_cases[_i].want, "%s", key_cases[_i].name);
}
END_TEST

/* 2106: the counter wraps, seconds since 1970 do not. */
START_TEST(a_key_that_is_valid_across_the_wrap_of_the_counter_works)
{
    const int64_t wrap = INT64_C(1) << 32;
    static const struct { int32_t at; ProsePc5Outcome want; } at[] = {
        { -11, PROSE_PC5_NO_KEY }, { -10, PROSE_PC5_ACCEPTED }, { -1, PROSE_PC5_ACCEPTED }, { 0, PROSE_PC5_ACCEPTED },
        { 9, PROSE_PC5_ACCEPTED }, { 10, PROSE_PC5_NO_KEY },
    };
    Bench b;

    bench_init(&b, 7, NULL);
    b.context.valid_from = wrap - 10;
    b.context.valid_to = wrap + 10;
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
        prose_pc5_protect(b.octets, &b.keys, &b.meta, 0x91, clear, (uint32_t) at[i].at, mic_filling, &b.profile);
        ck_assert_int_eq(bench_receive(&b, (uint32_t) at[i].at, wrap + at[i].at).outcome, at[i].want);
    }
}
END_TEST

START_TEST(an_interval_without_a_second_in_it_is_never_valid)
{
    Bench b;

    bench_init(&b, 7, NULL);
    b.context.valid_from = b.context.valid_to = T0;
    ck_assert_int_eq(bench_receive(&b, T0, T0).outcome, PROSE_PC5_NO_KEY);
    b.context.valid_from = T0 - 10;
    b.context.valid_to = T0 - 20;
    ck_assert_int_eq(bench_receive(&b, T0, T0).outcome, PROSE_PC5_NO_KEY);
}
END_TEST

/* Rules P1: with a literal prefix a type is readable for one context and not for another. */
START_TEST(a_literal_prefix_is_undone_per_context)
{
    static const ProseSecurityMetadata unscrambled = { .mic = true };
    ProseProfile p;
    Bench b;
    ProsePc5Context two[2];
    ProsePc5Verdict v;

    prose_profile_init(&p);
    prose_profile_set(&p, "scrambling-prefix", "literal");
    bench_init(&b, 7, &p);
    ck_assert_uint_eq(b.octets[0], 0x91 ^ 0xFF);
    two[0] = two[1] = b.context;
    two[0].meta = &unscrambled;
    prose_pc5_unprotect(&v, two, 1, b.octets, sizeof b.octets, T0, T0, &p);
    ck_assert_int_eq(v.outcome, PROSE_PC5_MALFORMED);
    prose_pc5_unprotect(&v, two, 2, b.octets, sizeof b.octets, T0, T0, &p);
    ck_assert_int_eq(v.outcome, PROSE_PC5_ACCEPTED);
    ck_assert_ptr_eq(v.context, &two[1]);
    two[1].valid_to = 1;                       /* the context that can read it has no key for it */
    prose_pc5_unprotect(&v, two, 2, b.octets, sizeof b.octets, T0, T0, &p);
    ck_assert_int_eq(v.outcome, PROSE_PC5_NO_KEY);
}
END_TEST

/* Rules P5: what a receiver would have computed. */
/* REQ-66422-29 */
START_TEST(derivations_are_counted_as_far_as_a_receiver_goes)
{
    Bench b;
    ProsePc5Context two[2];
    ProsePc5Verdict v;

    for (unsigned flags = 0; flags < 8; flags++) {
        bench_init(&b, flags, NULL);
        ck_assert_uint_eq(bench_receive(&b, T0, T0).derivations, (flags & 1) + (flags >> 1 & 1) + (flags >> 2 & 1));
    }
    bench_init(&b, 7, NULL);
    ck_assert_uint_eq(bench_receive(&b, T0 + 33, T0 + 33).derivations, 0);     /* stale */
    b.context.type = 0x92;
    ck_assert_uint_eq(bench_receive(&b, T0, T0).derivations, 0);               /* another message type */
    b.context.type = 0x91;
    b.context.keys = &b.other_keys;
    ck_assert_uint_eq(bench_receive(&b, T0, T0).derivations, 1);               /* unscrambled to noise */
    two[0] = two[1] = b.context;
    two[1].keys = &b.keys;
    prose_pc5_unprotect(&v, two, 2, b.octets, sizeof b.octets, T0, T0, &b.profile);
    ck_assert_int_eq(v.outcome, PROSE_PC5_ACCEPTED);
    ck_assert_uint_eq(v.derivations, 1 + 3);
}
END_TEST

START_TEST(a_receiver_derives_what_the_sender_did)
{
    Bench b;
    ProsePc5Split split;
    ProsePc5Working sent, got;
    ProsePc5Attempt a;
    uint32_t counter;

    bench_init(&b, (unsigned) _i, NULL);
    prose_pc5_work(&sent, &b.keys, &b.meta, 0x91, clear, T0, mic_filling, &b.profile);
    ck_assert_int_eq(prose_pc5_split(&split, b.octets, sizeof b.octets, &b.profile), 0);
    ck_assert_int_eq(prose_pc5_gate(&counter, &b.context, &split, T0 + 20, T0 + 10, &b.profile), PROSE_PC5_ACCEPTED);
    ck_assert_uint_eq(counter, T0);
    prose_pc5_attempt(&a, &got, &b.context, &split, counter, &b.profile);
    ck_assert_int_eq(a.outcome, PROSE_PC5_ACCEPTED);
    ck_assert_mem_eq(a.mic, sent.mic, sizeof sent.mic);
    ck_assert_int_eq(got.has_mic, b.meta.mic);
    if (got.has_mic)
        ck_assert_mem_eq(got.mic, sent.mic, sizeof sent.mic);
    ck_assert_mem_eq(got.confidentiality_keystream, sent.confidentiality_keystream, PROSE_CONTENT_LEN);
    ck_assert_mem_eq(got.time_hash, sent.time_hash, sizeof sent.time_hash);
}
END_TEST

START_TEST(a_rejected_attempt_hands_out_no_content)
{
    static const uint8_t nothing[PROSE_CONTENT_LEN];
    Bench b;
    ProsePc5Split split;
    ProsePc5Attempt a;

    bench_init(&b, 7, NULL);
    b.octets[27] ^= 1;
    ck_assert_int_eq(prose_pc5_split(&split, b.octets, sizeof b.octets, &b.profile), 0);
    prose_pc5_attempt(&a, NULL, &b.context, &split, T0, &b.profile);
    ck_assert_int_eq(a.outcome, PROSE_PC5_BAD_MIC);
    ck_assert_mem_eq(a.content, nothing, sizeof a.content);
    ck_assert_mem_eq(a.mic, nothing, sizeof a.mic);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("pc5-security");
    TCase *tc = tcase_create("vectors");

    vectors = test_vectors("vectors.json");
    cases = json_object_get_array_member(vectors, "cases");
    alternatives = json_object_get_array_member(vectors, "alternatives");
    tcase_add_loop_test(tc, the_sender_makes_the_octets_of_the_vectors, 0, n_cases() * N_PROFILES);
    tcase_add_loop_test(tc, mic_and_keystreams_are_those_of_the_vectors, 0, n_cases());
    tcase_add_loop_test(tc, the_receiver_answers_as_the_vectors_expect, 0, n_cases() * N_PROFILES);
    tcase_add_test(tc, a_psdk_gives_the_three_keys_of_the_vectors);
    tcase_add_test(tc, counters_are_rebuilt_as_in_the_vectors);
    suite_add_tcase(s, tc);

    tc = tcase_create("tampering");
    tcase_add_loop_test(tc, no_single_bit_flip_is_accepted_with_a_mic, 0, N_PROFILES * 4 * N_TYPES * 2);
    tcase_add_loop_test(tc, no_flip_of_the_counter_lsb_is_accepted_with_a_mic, 0, 4 * 8);
    tcase_add_loop_test(tc, every_length_but_29_is_malformed, 0, 65);
    tcase_add_test(tc, bits_outside_the_mask_go_out_as_they_are);
    suite_add_tcase(s, tc);

    tc = tcase_create("profile");
    tcase_add_loop_test(tc, ends_with_one_profile_agree_and_with_two_do_not, 0, G_N_ELEMENTS(deviations));
    tcase_add_loop_test(tc, the_1900_epoch_changes_octets_but_no_behaviour, 0, 281);
    tcase_add_test(tc, an_empty_mic_is_random_or_zero_as_the_profile_says);
    suite_add_tcase(s, tc);

    tc = tcase_create("contexts");
    tcase_add_loop_test(tc, each_context_goes_by_the_max_offset_of_its_pkmf, 0, G_N_ELEMENTS(offset_cases));
    tcase_add_test(tc, clock_offset_is_further_than_no_key);
    tcase_add_loop_test(tc, keys_are_tried_by_counter_or_by_clock_as_the_profile_says, 0, G_N_ELEMENTS(key_cases));
    tcase_add_test(tc, a_key_that_is_valid_across_the_wrap_of_the_counter_works);
    tcase_add_test(tc, an_interval_without_a_second_in_it_is_never_valid);
    tcase_add_test(tc, a_literal_prefix_is_undone_per_context);
    tcase_add_test(tc, derivations_are_counted_as_far_as_a_receiver_goes);
    tcase_add_loop_test(tc, a_receiver_derives_what_the_sender_did, 0, 8);
    tcase_add_test(tc, a_rejected_attempt_hands_out_no_content);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
