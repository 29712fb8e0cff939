/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-clock.h"
#include "prose-message-tool-internal.h"
#include "prose-pc5-explain.h"

#include <json-glib/json-glib.h>
#include <string.h>

void
prose_message_answer_clear(ProseMessageAnswer *a)
{
    g_free(a->note);
    prose_wipe(&a->working, sizeof a->working);
}

typedef void (*KeyCb)(void *user, const char *name, const char *hex);

/* Calls @each with name and hexadecimal digits of every key and keystream there is. */
static void
each_key(const ProseMessageTask *t, const ProseMessageAnswer *a, KeyCb each, void *user)
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
key_to_json_cb(void *user, const char *name, const char *hex)
{
    json_builder_set_member_name(user, name);
    json_builder_add_string_value(user, hex);
}

static void
key_to_text_cb(void *user, const char *name, const char *hex)
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
print_json(const ProseMessageTask *t, const ProseMessageAnswer *a)
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
    if (a->psdk && a->has_message) {
        json_builder_set_member_name(b, "psdk");
        json_builder_add_int_value(b, (gint64) a->psdk);
    }
    if (t->show_keys && a->psdk) {
        json_builder_set_member_name(b, "keys");
        json_builder_begin_object(b);
        each_key(t, a, key_to_json_cb, b);
        json_builder_end_object(b);
    }
    json_builder_end_object(b);

    root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    text = json_generator_to_data(generator, NULL);
    g_print("%s\n", text);
    if (t->show_keys)
        prose_wipe(text, strlen(text));
}

static void
print_fields(const ProseMessageTask *t, const ProseMessageAnswer *a)
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
print_text(const ProseMessageTask *t, const ProseMessageAnswer *a)
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
    if (t->verb != PROSE_MESSAGE_DECODE)
        g_print("in use: scrambling %s, confidentiality %s, MIC %s\n", t->meta.scrambling ? "yes" : "no",
                t->meta.confidentiality ? "yes" : "no", t->meta.mic ? "yes" : "no");
    if (a->has_frame)
        print_fields(t, a);
    if (t->show_keys && a->psdk) {
        g_print("\nkeys of PSDK %zu, and what was derived for this message\n", a->psdk);
        each_key(t, a, key_to_text_cb, NULL);
    }
}

void
prose_message_print(const ProseMessageTask *t, const ProseMessageAnswer *a)
{
    if (t->json)
        print_json(t, a);
    else
        print_text(t, a);
}
