/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-error.h"
#include "prose-message-tool-internal.h"

#include <sodium.h>
#include <string.h>

#define MAX_OFFSET_DEFAULT 32              /* s, TS 36.508 4.7F.1 */
#define MAX_OFFSET_LIMIT 127               /* rules T1 */

static const struct { const char *name; ProseMessageVerb verb; } verbs[] = {
    { "decode", PROSE_MESSAGE_DECODE }, { "protect", PROSE_MESSAGE_PROTECT }, { "unprotect", PROSE_MESSAGE_UNPROTECT },
};

/* The command line as it was typed. */
typedef struct Words {
    char **rest;                           /* verb and message */
    char **psdk, **set;
    char *counter, *slot_counter, *clock, *max_offset, *mask, *mic_random, *relay_service_code, *discovery_group_id;
    gboolean no_scrambling, no_confidentiality, no_mic, json, show_keys, help;
} Words;

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

void
prose_message_task_clear(ProseMessageTask *t)
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

#define LIST(name, letter, member, what, value) { name, letter, 0, G_OPTION_ARG_STRING_ARRAY, &w->member, what, value }
#define WORD(name, member, what) { name, 0, 0, G_OPTION_ARG_STRING, &w->member, what, "VALUE" }
#define FLAG(name, letter, member, what) { name, letter, 0, G_OPTION_ARG_NONE, &w->member, what, NULL }

static GOptionContext *
option_context(Words *w)
{
    const GOptionEntry entries[] = {
        LIST("psdk", 0, psdk, "PSDK, 64 hexadecimal digits; on receipt any number of them, tried in order", "HEX"),
        WORD("counter", counter, "protect: UTC-based counter of the slot, seconds since 1970"),
        WORD("slot-counter", slot_counter, "unprotect: the receiver's own counter of the slot"),
        WORD("clock", clock, "unprotect: the receiver's ProSe clock, seconds since 1970 (the slot counter)"),
        WORD("max-offset", max_offset, "unprotect: MAX_OFFSET, 0 to 127 s (32)"),
        WORD("relay-service-code", relay_service_code, "unprotect: take only relay discovery messages of this code"),
        WORD("discovery-group-id", discovery_group_id, "unprotect: take only group member discovery messages of this group"),
        WORD("mask", mask, "Encrypted_bits_mask, 46 hexadecimal digits; without it nothing is encrypted"),
        WORD("mic-random", mic_random, "protect --no-mic: what fills the MIC field, 8 hexadecimal digits (random)"),
        FLAG("no-scrambling", 0, no_scrambling, "scrambling is not in use"),
        FLAG("no-confidentiality", 0, no_confidentiality, "message-specific confidentiality is not in use"),
        FLAG("no-mic", 0, no_mic, "the MIC is not in use"),
        LIST("set", 's', set, "a choice of the protocol profile, see `prose-sim describe profile`", "profile.KEY=VALUE"),
        FLAG("json", 0, json, "answer with a JSON object"),
        FLAG("show-keys", 0, show_keys, "protect, unprotect: show the derived keys and keystreams too"),
        FLAG("help", 'h', help, "show this"),
        LIST(G_OPTION_REMAINING, 0, rest, NULL, NULL),
        { NULL },
    };
    GOptionContext *context = g_option_context_new("decode|protect|unprotect HEX");

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

/* Exactly @len octets. A secret is not repeated in the message about it. */
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
check_options_of_verb(GString *mistakes, const Words *w, const char *verb_name, ProseMessageVerb verb)
{
    const struct { const char *name; bool is_given; unsigned verbs; } uses[] = {
        { "psdk", w->psdk, PROSE_MESSAGE_PROTECT | PROSE_MESSAGE_UNPROTECT },
        { "counter", w->counter, PROSE_MESSAGE_PROTECT },
        { "slot-counter", w->slot_counter, PROSE_MESSAGE_UNPROTECT },
        { "clock", w->clock, PROSE_MESSAGE_UNPROTECT },
        { "max-offset", w->max_offset, PROSE_MESSAGE_UNPROTECT },
        { "relay-service-code", w->relay_service_code, PROSE_MESSAGE_UNPROTECT },
        { "discovery-group-id", w->discovery_group_id, PROSE_MESSAGE_UNPROTECT },
        { "mask", w->mask, PROSE_MESSAGE_PROTECT | PROSE_MESSAGE_UNPROTECT },
        { "mic-random", w->mic_random, PROSE_MESSAGE_PROTECT },
        { "no-scrambling", w->no_scrambling, PROSE_MESSAGE_PROTECT | PROSE_MESSAGE_UNPROTECT },
        { "no-confidentiality", w->no_confidentiality, PROSE_MESSAGE_PROTECT | PROSE_MESSAGE_UNPROTECT },
        { "no-mic", w->no_mic, PROSE_MESSAGE_PROTECT | PROSE_MESSAGE_UNPROTECT },
        { "show-keys", w->show_keys, PROSE_MESSAGE_PROTECT | PROSE_MESSAGE_UNPROTECT },
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
read_scope(GString *mistakes, const Words *w, ProseMessageTask *t)
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
read_protection(GString *mistakes, const Words *w, ProseMessageTask *t)
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
read_sender(GString *mistakes, const Words *w, ProseMessageTask *t)
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
read_receiver(GString *mistakes, const Words *w, ProseMessageTask *t)
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
        mistake(mistakes, "profile.psdk-input=selector-and-id: unprotect needs --relay-service-code or --discovery-group-id");
}

static void
read_message(GString *mistakes, const char *hex, ProseMessageTask *t)
{
    t->message_len = strlen(hex) / 2;
    t->message = g_malloc(t->message_len + 1);
    if (prose_hex_decode(t->message, t->message_len, hex) < 0)
        mistake(mistakes, "%s: expected the octets of a message as hexadecimal digits, two each", hex);
    else if (t->verb == PROSE_MESSAGE_PROTECT && t->message_len != PROSE_PC5_LEN)
        mistake(mistakes, "protect takes a message of %d octets, this one has %zu", PROSE_PC5_LEN, t->message_len);
}

static void
read_words(GString *mistakes, const Words *w, ProseMessageTask *t)
{
    const char *verb_name = w->rest ? w->rest[0] : NULL;

    for (size_t i = 0; verb_name && i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(verb_name, verbs[i].name))
            t->verb = verbs[i].verb;
    }
    if (!t->verb) {
        mistake(mistakes, "expected decode, protect or unprotect, found %s", verb_name ? verb_name : "nothing");
        return;
    }
    check_options_of_verb(mistakes, w, verb_name, t->verb);
    read_profile(mistakes, w, &t->profile);
    if (g_strv_length(w->rest) != 2)
        mistake(mistakes, "%s takes one message, %u were given", verb_name, g_strv_length(w->rest) - 1);
    else
        read_message(mistakes, w->rest[1], t);
    read_protection(mistakes, w, t);
    if (t->verb == PROSE_MESSAGE_PROTECT)
        read_sender(mistakes, w, t);
    if (t->verb == PROSE_MESSAGE_UNPROTECT)
        read_receiver(mistakes, w, t);
}

char *
prose_message_task_read(ProseMessageTask *ret, int argc, char **argv, char **ret_help)
{
    g_auto(Words) words = { 0 };
    g_autoptr(GString) mistakes = g_string_new(NULL);
    g_autoptr(GOptionContext) context = option_context(&words);
    g_autoptr(GError) error = NULL;
    /* Of borrowed words: the option reader takes out what it reads. */
    g_autofree char **args = g_memdup2(argv, (gsize) (argc + 1) * sizeof *argv);
    char **left = args;

    if (!g_option_context_parse(context, &argc, &left, &error)) {
        mistake(mistakes, "%s", error->message);
    } else if (words.help) {
        *ret_help = g_option_context_get_help(context, TRUE, NULL);
    } else {
        ret->json = words.json;
        ret->show_keys = words.show_keys;
        read_words(mistakes, &words, ret);
    }
    return mistakes->len > 0 ? g_string_free(g_steal_pointer(&mistakes), FALSE) : NULL;
}
