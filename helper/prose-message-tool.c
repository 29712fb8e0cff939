/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-message-tool.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-pc5-explain.h"
#include "prose-pc5-security.h"
#include "prose-secret.h"

#include <json-glib/json-glib.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define MAX_OFFSET_DEFAULT 32              /* s, TS 36.508 4.7F.1 */
#define MAX_OFFSET_LIMIT 127               /* rules T1 */

typedef enum Verb { VERB_DECODE = 1, VERB_PROTECT = 2, VERB_UNPROTECT = 4 } Verb;

static const struct { const char *name; Verb verb; } verbs[] = {
    { "decode", VERB_DECODE }, { "protect", VERB_PROTECT }, { "unprotect", VERB_UNPROTECT },
};

/* The command line as it was typed. */
typedef struct Words {
    char **rest;                           /* verb and message */
    char **psdk, **set;
    char *counter, *slot_counter, *clock, *max_offset, *mask, *mic_random, *relay_service_code, *discovery_group_id;
    gboolean no_scrambling, no_confidentiality, no_mic, json, show_keys, help;
} Words;

/* And as it was understood. */
typedef struct Task {
    Verb verb;
    uint8_t *message;                      /* (owned) */
    size_t message_len;
    ProseProfile profile;
    ProseSecurityMetadata meta;
    ProseSecretPool *secrets;              /* (owned) */
    uint8_t **psdks;                       /* (owned): slots of @secrets */
    ProsePc5Keys **keys;                   /* (owned): slots of @secrets; of each PSDK */
    size_t n_psdks;
    bool has_scope;
    ProseKeyScope scope;
    uint32_t counter, slot_counter, max_offset;
    int64_t clock_s;
    uint8_t mic_random[PROSE_MIC_LEN];
} Task;

/* What is printed, as text or as JSON. */
typedef struct Answer {
    bool has_message;
    uint8_t message[PROSE_PC5_LEN];
    bool has_frame;
    ProsePc5Frame frame;                   /* in clear, for the fields */
    bool has_counter;
    uint32_t counter;
    const char *outcome;                   /* (nullable): a receiver's */
    char *note;                            /* (nullable) (owned): why it was rejected, or what else is to be known */
    size_t psdk;                           /* whose keys are shown, and which was accepted; counted from 1, 0: none */
    ProsePc5Working working;
} Answer;

static void
words_clear(Words *w)
{
    char **owned[] = { &w->counter, &w->slot_counter, &w->clock, &w->max_offset, &w->mask, &w->mic_random,
                       &w->relay_service_code, &w->discovery_group_id };

    for (char **k = w->psdk; k && *k; k++)
        prose_wipe(*k, strlen(*k));
    g_strfreev(w->psdk);
    g_strfreev(w->set);
    g_strfreev(w->rest);
    for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
        g_free(*owned[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

static void
task_clear(Task *t)
{
    for (size_t i = 0; i < t->n_psdks; i++) {
        prose_secret_free(t->secrets, t->psdks[i]);
        prose_secret_free(t->secrets, t->keys[i]);
    }
    g_free(t->psdks);
    g_free(t->keys);
    g_free(t->message);
    prose_secret_pool_free(t->secrets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Task, task_clear)

static void
answer_clear(Answer *a)
{
    g_free(a->note);
    prose_wipe(&a->working, sizeof a->working);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

/* ---- the command line ---- */

/* All mistakes are told at once, a line each. */
static void G_GNUC_PRINTF(2, 3)
mistake(GString *mistakes, const char *format, ...)
{
    va_list args;

    g_string_append(mistakes, "prose-sim message: ");
    va_start(args, format);
    g_string_append_vprintf(mistakes, format, args);
    va_end(args);
    g_string_append_c(mistakes, '\n');
}

static GOptionContext *
option_context(Words *w)
{
    const GOptionEntry entries[] = {
        { "psdk", 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->psdk, "PSDK, 64 hexadecimal digits; on receipt any number of them, tried in order", "HEX" },
        { "counter", 0, 0, G_OPTION_ARG_STRING, &w->counter, "protect: UTC-based counter of the slot, seconds since 1970", "N" },
        { "slot-counter", 0, 0, G_OPTION_ARG_STRING, &w->slot_counter, "unprotect: the receiver's own counter of the slot", "N" },
        { "clock", 0, 0, G_OPTION_ARG_STRING, &w->clock, "unprotect: the receiver's ProSe clock, seconds since 1970 (the slot counter)", "N" },
        { "max-offset", 0, 0, G_OPTION_ARG_STRING, &w->max_offset, "unprotect: MAX_OFFSET, 0 to 127 s (32)", "N" },
        { "relay-service-code", 0, 0, G_OPTION_ARG_STRING, &w->relay_service_code, "unprotect: take only relay discovery messages of this code", "N" },
        { "discovery-group-id", 0, 0, G_OPTION_ARG_STRING, &w->discovery_group_id, "unprotect: take only group member discovery messages of this group", "N" },
        { "mask", 0, 0, G_OPTION_ARG_STRING, &w->mask, "Encrypted_bits_mask, 46 hexadecimal digits; without it nothing is encrypted", "HEX" },
        { "mic-random", 0, 0, G_OPTION_ARG_STRING, &w->mic_random, "protect --no-mic: what fills the MIC field, 8 hexadecimal digits (random)", "HEX" },
        { "no-scrambling", 0, 0, G_OPTION_ARG_NONE, &w->no_scrambling, "scrambling is not in use", NULL },
        { "no-confidentiality", 0, 0, G_OPTION_ARG_NONE, &w->no_confidentiality, "message-specific confidentiality is not in use", NULL },
        { "no-mic", 0, 0, G_OPTION_ARG_NONE, &w->no_mic, "the MIC is not in use", NULL },
        { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &w->set, "a choice of the protocol profile, see `prose-sim describe profile`", "profile.KEY=VALUE" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &w->json, "answer with a JSON object", NULL },
        { "show-keys", 0, 0, G_OPTION_ARG_NONE, &w->show_keys, "protect, unprotect: show the derived keys and keystreams too", NULL },
        { "help", 'h', 0, G_OPTION_ARG_NONE, &w->help, "show this", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &w->rest, NULL, NULL },
        { NULL },
    };
    GOptionContext *context = g_option_context_new("message decode|protect|unprotect HEX");

    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context,
        "One PC5_DISCOVERY message of 29 octets.\n"
        "  decode     explains its octets field by field\n"
        "  protect    takes it in clear (its MIC and counter LSB are ignored), prints the octets that go on the air\n"
        "  unprotect  does what a receiver does; status 0 if it accepts, 1 if it rejects");
    return context;
}

/* Decimal, or hexadecimal after 0x. */
static bool
read_number(GString *mistakes, const char *option, const char *text, uint64_t max, uint64_t *ret)
{
    bool is_hex = g_str_has_prefix(text, "0x");
    guint64 value;

    if (!g_ascii_string_to_unsigned(is_hex ? text + 2 : text, is_hex ? 16 : 10, 0, max, &value, NULL)) {
        mistake(mistakes, "--%s %s: expected a number from 0 to %" G_GUINT64_FORMAT, option, text, max);
        return false;
    }
    *ret = value;
    return true;
}

static bool
read_u32(GString *mistakes, const char *option, const char *text, uint32_t max, uint32_t *ret)
{
    uint64_t value;

    if (!read_number(mistakes, option, text, max, &value))
        return false;
    *ret = (uint32_t) value;
    return true;
}

/* Exactly @len octets. @shown is what a message repeats of it; a key is not repeated. */
static bool
read_octets(GString *mistakes, const char *option, const char *text, bool is_secret, uint8_t *ret, size_t len)
{
    if (strlen(text) == 2 * len && prose_hex_decode(ret, len, text) == (ptrdiff_t) len)
        return true;
    mistake(mistakes, "--%s %s: expected %zu hexadecimal digits", option, is_secret ? "(not shown)" : text, 2 * len);
    return false;
}

/* Options that mean nothing to a verb are refused, since they would not do what their user thinks. */
static void
check_options_of_verb(GString *mistakes, const Words *w, const char *verb_name, Verb verb)
{
    const struct { const char *name; bool is_given; unsigned verbs; } uses[] = {
        { "psdk", w->psdk, VERB_PROTECT | VERB_UNPROTECT },
        { "counter", w->counter, VERB_PROTECT },
        { "slot-counter", w->slot_counter, VERB_UNPROTECT },
        { "clock", w->clock, VERB_UNPROTECT },
        { "max-offset", w->max_offset, VERB_UNPROTECT },
        { "relay-service-code", w->relay_service_code, VERB_UNPROTECT },
        { "discovery-group-id", w->discovery_group_id, VERB_UNPROTECT },
        { "mask", w->mask, VERB_PROTECT | VERB_UNPROTECT },
        { "mic-random", w->mic_random, VERB_PROTECT },
        { "no-scrambling", w->no_scrambling, VERB_PROTECT | VERB_UNPROTECT },
        { "no-confidentiality", w->no_confidentiality, VERB_PROTECT | VERB_UNPROTECT },
        { "no-mic", w->no_mic, VERB_PROTECT | VERB_UNPROTECT },
        { "show-keys", w->show_keys, VERB_PROTECT | VERB_UNPROTECT },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        if (uses[i].is_given && !(uses[i].verbs & verb))
            mistake(mistakes, "--%s has no meaning for %s", uses[i].name, verb_name);
    }
}

static void
read_profile(GString *mistakes, const Words *w, ProseProfile *ret)
{
    prose_profile_init(ret);
    for (char **s = w->set; s && *s; s++) {
        const char *equals = strchr(*s, '='), *known = NULL;
        g_autofree char *key = NULL;

        if (!g_str_has_prefix(*s, "profile.") || !equals) {
            mistake(mistakes, "-s %s: expected profile.KEY=VALUE", *s);
            continue;
        }
        key = g_strndup(*s + strlen("profile."), (gsize) (equals - *s) - strlen("profile."));
        if (prose_profile_set(ret, key, equals + 1) == PROSE_OK)
            continue;
        for (size_t i = 0; prose_profile_choice(i); i++) {
            if (g_str_equal(prose_profile_choice(i)->name, key))
                known = prose_profile_choice(i)->values;
        }
        if (known)
            mistake(mistakes, "-s %s: expected one of %s", *s, known);
        else
            mistake(mistakes, "-s %s: the profile has no choice \"%s\"; see `prose-sim describe profile`", *s, key);
    }
}

static void
read_scope(GString *mistakes, const Words *w, Task *t)
{
    const char *text = w->relay_service_code ? w->relay_service_code : w->discovery_group_id;
    const char *option = w->relay_service_code ? "relay-service-code" : "discovery-group-id";

    if (w->relay_service_code && w->discovery_group_id)
        mistake(mistakes, "--relay-service-code and --discovery-group-id exclude each other");
    if (!text)
        return;
    t->has_scope = true;
    t->scope.type = w->relay_service_code ? PROSE_KEY_TYPE_PSDK_RELAY : PROSE_KEY_TYPE_PSDK_GROUP;
    read_u32(mistakes, option, text, PROSE_ID24_MAX, &t->scope.id);
}

static void
read_protection(GString *mistakes, const Words *w, Task *t)
{
    size_t n = w->psdk ? g_strv_length(w->psdk) : 0;

    t->meta.scrambling = !w->no_scrambling;
    t->meta.mic = !w->no_mic;
    /* Without a mask there is nothing to encrypt: the same octets as with one of zeros. */
    t->meta.confidentiality = !w->no_confidentiality && w->mask;
    if (w->mask && read_octets(mistakes, "mask", w->mask, false, t->meta.encrypted_bits_mask, PROSE_CONTENT_LEN)
        && !t->meta.confidentiality)
        memset(t->meta.encrypted_bits_mask, 0, PROSE_CONTENT_LEN);

    t->psdks = g_new0(uint8_t *, n + 1);
    t->keys = g_new0(ProsePc5Keys *, n + 1);
    for (size_t i = 0; i < n; i++) {
        t->psdks[i] = prose_secret_alloc(t->secrets, PROSE_KEY_LEN);
        t->keys[i] = prose_secret_alloc(t->secrets, sizeof(ProsePc5Keys));
        t->n_psdks++;
        read_octets(mistakes, "psdk", w->psdk[i], true, t->psdks[i], PROSE_KEY_LEN);
    }
}

static void
read_sender(GString *mistakes, const Words *w, Task *t)
{
    bool needs_key = t->meta.scrambling || t->meta.confidentiality || t->meta.mic;

    if (t->n_psdks > 1)
        mistake(mistakes, "protect takes one --psdk, %zu were given", t->n_psdks);
    if (t->n_psdks == 0 && needs_key)
        mistake(mistakes, "protect needs a --psdk, unless nothing is in use of scrambling, confidentiality and MIC");
    if (!w->counter)
        mistake(mistakes, "protect needs --counter");
    else
        read_u32(mistakes, "counter", w->counter, UINT32_MAX, &t->counter);
    if (w->mic_random && t->meta.mic)
        mistake(mistakes, "--mic-random has no meaning without --no-mic");
    if (w->mic_random)
        read_octets(mistakes, "mic-random", w->mic_random, false, t->mic_random, PROSE_MIC_LEN);
    else
        randombytes_buf(t->mic_random, sizeof t->mic_random);
}

static void
read_receiver(GString *mistakes, const Words *w, Task *t)
{
    uint64_t clock;

    read_scope(mistakes, w, t);
    t->max_offset = MAX_OFFSET_DEFAULT;
    if (w->max_offset)
        read_u32(mistakes, "max-offset", w->max_offset, MAX_OFFSET_LIMIT, &t->max_offset);
    if (!w->slot_counter)
        mistake(mistakes, "unprotect needs --slot-counter");
    else if (read_u32(mistakes, "slot-counter", w->slot_counter, UINT32_MAX, &t->slot_counter))
        t->clock_s = t->slot_counter;
    if (w->clock && read_number(mistakes, "clock", w->clock, UINT32_MAX, &clock))
        t->clock_s = (int64_t) clock;
    if (t->profile.psdk_input == PROSE_PSDK_INPUT_SELECTOR_AND_ID && !t->has_scope && t->n_psdks > 0)
        mistake(mistakes, "profile.psdk-input = selector-and-id: unprotect needs --relay-service-code or --discovery-group-id");
}

static void
read_message(GString *mistakes, const char *hex, Task *t)
{
    t->message_len = strlen(hex) / 2;
    t->message = g_malloc(t->message_len + 1);
    if (prose_hex_decode(t->message, t->message_len, hex) < 0)
        mistake(mistakes, "%s: expected the octets of a message as hexadecimal digits, two each", hex);
    else if (t->verb == VERB_PROTECT && t->message_len != PROSE_PC5_LEN)
        mistake(mistakes, "protect takes a message of %d octets, this one has %zu", PROSE_PC5_LEN, t->message_len);
}

static void
task_read(GString *mistakes, const Words *w, Task *t)
{
    const char *verb_name = w->rest ? w->rest[0] : NULL;

    for (size_t i = 0; verb_name && i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(verb_name, verbs[i].name))
            t->verb = verbs[i].verb;
    }
    if (!t->verb) {
        mistake(mistakes, "expected decode, protect or unprotect%s%s", verb_name ? ", found " : "", verb_name ? verb_name : "");
        return;
    }
    check_options_of_verb(mistakes, w, verb_name, t->verb);
    read_profile(mistakes, w, &t->profile);
    if (g_strv_length(w->rest) != 2)
        mistake(mistakes, "%s takes one message, %u were given", verb_name, g_strv_length(w->rest) - 1);
    else
        read_message(mistakes, w->rest[1], t);
    read_protection(mistakes, w, t);
    if (t->verb == VERB_PROTECT)
        read_sender(mistakes, w, t);
    if (t->verb == VERB_UNPROTECT)
        read_receiver(mistakes, w, t);
}

/* ---- the three verbs ---- */

static char *
malformed_note(const Task *t, uint8_t type)
{
    if (t->message_len != PROSE_PC5_LEN)
        return g_strdup_printf("%zu octets, not %d", t->message_len, PROSE_PC5_LEN);
    return g_strdup_printf("message type 0x%02x: %s", type, prose_strerror(prose_pc5_type_check(type)));
}

/* The message as it reads without a key. A literal prefix is undone if only then the type makes sense. */
static void
decode(const Task *t, Answer *ret)
{
    ProsePc5Split split = { 0 };
    int scrambled;

    if (prose_pc5_split(&split, t->message, t->message_len, &t->profile) < 0
        || (!split.head[0].type_is_valid && !split.head[1].type_is_valid)) {
        ret->outcome = prose_pc5_outcome_name(PROSE_PC5_MALFORMED);
        ret->note = malformed_note(t, split.head[0].type);
        return;
    }
    scrambled = !split.head[0].type_is_valid;
    if (scrambled)
        ret->note = g_strdup("message type and counter LSB are shown with the literal scrambling prefix undone");
    ret->has_message = ret->has_frame = true;
    memcpy(ret->message, t->message, PROSE_PC5_LEN);
    ret->frame.type = split.head[scrambled].type;
    ret->frame.counter_lsb = split.head[scrambled].counter_lsb;
    memcpy(ret->frame.content, split.content, PROSE_CONTENT_LEN);
    memcpy(ret->frame.mic, split.mic, PROSE_MIC_LEN);
}

static void
derive_keys(const Task *t)
{
    for (size_t i = 0; i < t->n_psdks; i++)
        prose_pc5_keys_init(t->keys[i], t->psdks[i], t->scope, &t->profile);
}

static void
protect(Task *t, Answer *ret)
{
    /* Without a PSDK no protection is in use, and these are not looked at. */
    static const ProsePc5Keys no_keys;
    const ProsePc5Keys *keys = t->n_psdks > 0 ? t->keys[0] : &no_keys;
    ProsePc5Frame *frame = &ret->frame;
    ProsePc5Content content;
    ProsePc5Split split;
    int r;

    r = prose_pc5_frame_decode(frame, t->message, t->message_len, &t->profile);
    g_assert(r == PROSE_OK);                           /* read_message() saw to the length */
    if (prose_pc5_content_decode(&content, frame->type, frame->content) == PROSE_OK
        && prose_pc5_type_key_type(frame->type) >= 0)
        t->scope = (ProseKeyScope) { (uint8_t) prose_pc5_type_key_type(frame->type), content.id };
    derive_keys(t);

    prose_pc5_protect(ret->message, keys, &t->meta, frame->type, frame->content, t->counter, t->mic_random, &t->profile);
    prose_pc5_work(&ret->working, keys, &t->meta, frame->type, frame->content, t->counter, t->mic_random, &t->profile);
    prose_pc5_split(&split, ret->message, sizeof ret->message, &t->profile);
    frame->counter_lsb = split.head[t->meta.scrambling].counter_lsb;
    memcpy(frame->mic, ret->working.mic, PROSE_MIC_LEN);
    ret->has_message = ret->has_frame = ret->has_counter = true;
    ret->counter = t->counter;
    ret->psdk = t->n_psdks > 0 ? 1 : 0;
    if (prose_pc5_type_check(frame->type) < 0)
        ret->note = g_strdup_printf("message type 0x%02x: %s; it is not to be sent, and receivers discard it", frame->type,
                                      prose_strerror(prose_pc5_type_check(frame->type)));
}

/* Any message type is taken, but with a scope only those of its kind, and of those only its own identity. */
static void
context_filter(ProsePc5Context *context, const Task *t, uint8_t received_type)
{
    ProsePc5Content value = { .type = received_type, .id = t->scope.id }, ones = { .type = received_type, .id = PROSE_ID24_MAX };

    context->type = received_type;
    if (!t->has_scope)
        return;
    if (prose_pc5_type_key_type(received_type) != t->scope.type) {
        context->type = (uint8_t) ~received_type;
        return;
    }
    prose_pc5_content_encode(context->filter_value, &value);
    prose_pc5_content_encode(context->filter_mask, &ones);
}

static char *
rejection(const Task *t, ProsePc5Outcome outcome, const ProsePc5Split *split)
{
    if (outcome == PROSE_PC5_MALFORMED)
        return malformed_note(t, split->head[t->meta.scrambling].type);
    if (outcome == PROSE_PC5_NO_KEY)
        return g_strdup("no --psdk was given");
    if (outcome == PROSE_PC5_CLOCK_OFFSET)
        return g_strdup_printf("slot counter and ProSe clock are %d s apart, MAX_OFFSET is %u s",
                               prose_counter_distance(t->slot_counter, (uint32_t) t->clock_s), t->max_offset);
    if (outcome == PROSE_PC5_STALE)
        return g_strdup_printf("the counter rebuilt from the LSB is more than MAX_OFFSET, %u s, from the ProSe clock", t->max_offset);
    if (outcome == PROSE_PC5_NOT_FOR_ME)
        return g_strdup("another discovery, or not protected with this PSDK");
    return g_strdup("not protected with this PSDK at this time and in this way, or changed on the way");
}

static void
unprotect(const Task *t, Answer *ret)
{
    g_autofree ProsePc5Context *contexts = g_new0(ProsePc5Context, t->n_psdks + 1);
    ProsePc5Split split = { 0 };
    ProsePc5Verdict v;
    uint32_t counter;
    size_t shown = 0;

    derive_keys(t);
    prose_pc5_split(&split, t->message, t->message_len, &t->profile);
    for (size_t i = 0; i < t->n_psdks; i++) {
        contexts[i] = (ProsePc5Context) {
            .keys = t->keys[i], .meta = &t->meta, .max_offset = t->max_offset, .valid_from = 0, .valid_to = INT64_C(1) << 32,
        };
        context_filter(&contexts[i], t, split.head[t->meta.scrambling].type);
    }
    prose_pc5_unprotect(&v, contexts, t->n_psdks, t->message, t->message_len, t->slot_counter, t->clock_s, &t->profile);
    ret->outcome = prose_pc5_outcome_name(v.outcome);

    if (v.outcome == PROSE_PC5_ACCEPTED) {
        ret->frame = (ProsePc5Frame) { .type = v.type, .counter_lsb = split.head[t->meta.scrambling].counter_lsb };
        memcpy(ret->frame.content, v.content, PROSE_CONTENT_LEN);
        memcpy(ret->frame.mic, v.mic, PROSE_MIC_LEN);
        prose_pc5_frame_encode(ret->message, &ret->frame, &t->profile);
        ret->has_message = ret->has_frame = ret->has_counter = true;
        ret->counter = v.counter;
        shown = (size_t) (v.context - contexts);
    } else {
        ret->note = rejection(t, v.outcome, &split);
    }
    if (t->n_psdks == 0)
        return;
    ret->psdk = shown + 1;
    if (t->message_len == PROSE_PC5_LEN
        && prose_pc5_gate(&counter, &contexts[shown], &split, t->slot_counter, t->clock_s, &t->profile) == PROSE_PC5_ACCEPTED) {
        ProsePc5Attempt a;

        prose_pc5_attempt(&a, &ret->working, &contexts[shown], &split, counter, &t->profile);
    }
}

/* ---- the answer ---- */

/* Calls @each with name and hexadecimal digits of every key and keystream there is. */
static void
each_key(const Task *t, const Answer *a, void (*each)(void *user, const char *name, const char *hex), void *user)
{
    static const struct { const char *name; ProseDiscoveryKeyName key; } keys[] = {
        { "duik", PROSE_DUIK }, { "duck", PROSE_DUCK }, { "dusk", PROSE_DUSK },
    };
    char hex[2 * PROSE_KEY_LEN + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        uint8_t key[PROSE_KEY_LEN];

        prose_kdf_discovery_key(key, t->psdks[a->psdk - 1], keys[i].key, t->scope, &t->profile);
        each(user, keys[i].name, prose_hex_encode(hex, key, sizeof key));
        prose_wipe(key, sizeof key);
    }
    if (a->working.has_mic)
        each(user, "mic", prose_hex_encode(hex, a->working.mic, sizeof a->working.mic));
    if (a->working.has_confidentiality)
        each(user, "confidentiality-keystream",
             prose_hex_encode(hex, a->working.confidentiality_keystream, sizeof a->working.confidentiality_keystream));
    if (a->working.has_time_hash)
        each(user, "time-hash-bitsequence", prose_hex_encode(hex, a->working.time_hash, sizeof a->working.time_hash));
    prose_wipe(hex, sizeof hex);
}

static void
key_to_json(void *user, const char *name, const char *hex)
{
    json_builder_set_member_name(user, name);
    json_builder_add_string_value(user, hex);
}

static void
key_to_text(void *user, const char *name, const char *hex)
{
    g_print("  %-26s %s\n", name, hex);
}

static void
field_to_json(JsonBuilder *b, const ProsePc5Field *f)
{
    json_builder_set_member_name(b, f->name);
    switch (f->kind) {
    case PROSE_PC5_FIELD_TEXT:   json_builder_add_string_value(b, f->value); break;
    case PROSE_PC5_FIELD_NUMBER: json_builder_add_int_value(b, (gint64) f->number); break;
    case PROSE_PC5_FIELD_FLAG:   json_builder_add_boolean_value(b, f->number != 0); break;
    }
}

static void
add_text_or_null(JsonBuilder *b, const char *name, const char *text)
{
    json_builder_set_member_name(b, name);
    if (text)
        json_builder_add_string_value(b, text);
    else
        json_builder_add_null_value(b);
}

static void
print_json(const Task *t, const Answer *a, bool show_keys)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;
    char hex[2 * PROSE_PC5_LEN + 1];

    json_builder_begin_object(b);
    add_text_or_null(b, "message", a->has_message ? prose_hex_encode(hex, a->message, sizeof a->message) : NULL);
    json_builder_set_member_name(b, "fields");
    if (a->has_frame) {
        ProsePc5Field fields[PROSE_PC5_FIELDS_MAX];
        size_t n = prose_pc5_explain(fields, &a->frame, &t->profile);

        json_builder_begin_object(b);
        for (size_t i = 0; i < n; i++)
            field_to_json(b, &fields[i]);
        json_builder_end_object(b);
    } else {
        json_builder_add_null_value(b);
    }
    json_builder_set_member_name(b, "counter");
    if (a->has_counter)
        json_builder_add_int_value(b, a->counter);
    else
        json_builder_add_null_value(b);
    add_text_or_null(b, "outcome", a->outcome);
    add_text_or_null(b, "note", a->note);
    if (a->psdk) {
        json_builder_set_member_name(b, "psdk");
        json_builder_add_int_value(b, (gint64) a->psdk);
    }
    if (show_keys && a->psdk) {
        json_builder_set_member_name(b, "keys");
        json_builder_begin_object(b);
        each_key(t, a, key_to_json, b);
        json_builder_end_object(b);
    }
    json_builder_end_object(b);

    root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    text = json_generator_to_data(generator, NULL);
    g_print("%s\n", text);
    if (show_keys)
        prose_wipe(text, strlen(text));
}

static void
print_fields(const Task *t, const Answer *a)
{
    ProsePc5Field fields[PROSE_PC5_FIELDS_MAX];
    size_t n = prose_pc5_explain(fields, &a->frame, &t->profile);

    g_print("\n%-10s %-24s %-48s %s\n", "octets", "field", "value", "clause");
    for (size_t i = 0; i < n; i++) {
        const ProsePc5Field *f = &fields[i];
        char octets[32];

        if (f->bits)
            g_snprintf(octets, sizeof octets, "%u: %s", f->first, f->bits);
        else if (f->first == f->last)
            g_snprintf(octets, sizeof octets, "%u", f->first);
        else
            g_snprintf(octets, sizeof octets, "%u-%u", f->first, f->last);
        g_print("%-10s %-24s %-48s %s\n", octets, f->name, f->value, f->clause);
    }
}

/* The first line is the answer: the octets, or the outcome. */
static void
print_text(const Task *t, const Answer *a, bool show_keys)
{
    char hex[2 * PROSE_PC5_LEN + 1], date[PROSE_DATETIME_TEXT_MAX];

    if (a->outcome)
        g_print("%s\n", a->outcome);
    if (a->has_message)
        g_print("%s\n", prose_hex_encode(hex, a->message, sizeof a->message));
    if (a->note)
        g_print("%s\n", a->note);
    if (a->has_counter)
        g_print("counter %u, %s\n", a->counter, prose_datetime_print(date, a->counter));
    if (t->verb != VERB_DECODE)
        g_print("in use: scrambling %s, confidentiality %s, MIC %s\n", t->meta.scrambling ? "yes" : "no",
                t->meta.confidentiality ? "yes" : "no", t->meta.mic ? "yes" : "no");
    if (a->has_frame)
        print_fields(t, a);
    if (show_keys && a->psdk) {
        g_print("\nkeys of PSDK %zu, and what was derived for this message\n", a->psdk);
        each_key(t, a, key_to_text, NULL);
    }
}

int
prose_message_tool_main(int argc, char **argv)
{
    g_auto(Words) words = { 0 };
    g_auto(Task) task = { .secrets = prose_secret_pool_new() };
    g_auto(Answer) answer = { 0 };
    g_autoptr(GString) mistakes = g_string_new(NULL);
    g_autoptr(GOptionContext) context = option_context(&words);
    g_autoptr(GError) error = NULL;
    g_autofree char **args = g_new0(char *, (gsize) argc + 1);         /* of borrowed words: the option reader takes out what it reads */
    char program[] = "prose-sim", **left;
    bool is_parsed;

    if (!task.secrets) {
        g_printerr("prose-sim message: libsodium does not start\n");
        return 1;
    }
    memcpy(args, argv, (size_t) argc * sizeof *argv);
    if (argc > 0)
        args[0] = program;                 /* what the help calls us */
    left = args;
    is_parsed = g_option_context_parse(context, &argc, &left, &error);
    if (!is_parsed)
        mistake(mistakes, "%s", error->message);
    if (is_parsed && words.help) {
        g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

        g_print("%s", help);
        return 0;
    }
    if (is_parsed)
        task_read(mistakes, &words, &task);
    if (mistakes->len > 0) {
        g_printerr("%sTry `prose-sim message --help`.\n", mistakes->str);
        return 2;
    }

    switch (task.verb) {
    case VERB_DECODE:    decode(&task, &answer); break;
    case VERB_PROTECT:   protect(&task, &answer); break;
    case VERB_UNPROTECT: unprotect(&task, &answer); break;
    }
    if (words.json)
        print_json(&task, &answer, words.show_keys);
    else
        print_text(&task, &answer, words.show_keys);
    return !answer.outcome || g_str_equal(answer.outcome, prose_pc5_outcome_name(PROSE_PC5_ACCEPTED)) ? 0 : 1;
}
