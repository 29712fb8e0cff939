/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-message-tool.h"
#include "prose-test.h"

#include <stdbool.h>
#include <string.h>

#define PSDK "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PSDK2 "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define MASK "000000ffffffffffffffffffff00000000000000000000"
#define CLEAR "91a1b2c30102030405ff0a0b0c80000000000000000000000000000000"
/* The anchor of the vectors: CLEAR at 0x5F3A91C4 with all three protections. */
#define ON_AIR "91143886f78aca8105be3ceee51b1d0064b4602e2c50d02140434fedc4"
#define AT "1597673924"
#define DUIK "a300fe306f40aa3db492fdf340b7922c03d5acaac10c3b8099f1aeb81b4fcd05"

/* ---- running it ---- */

static GString *out, *err;

static void
to_out(const char *text)
{
    g_string_append(out, text);
}

static void
to_err(const char *text)
{
    g_string_append(err, text);
}

/* The tool as `prose-sim message` calls it; words end with %NULL. What it prints is left in @out and @err. */
static int
run_words(GPtrArray *words)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    int status;

    if (out)
        g_string_free(out, TRUE);
    if (err)
        g_string_free(err, TRUE);
    out = g_string_new(NULL);
    err = g_string_new(NULL);
    g_set_print_handler(to_out);
    g_set_printerr_handler(to_err);
    g_ptr_array_add(argv, (void *) "message");
    for (guint i = 0; i < words->len; i++)
        g_ptr_array_add(argv, words->pdata[i]);
    g_ptr_array_add(argv, NULL);
    status = prose_message_tool_main((int) argv->len - 1, (char **) argv->pdata);
    g_set_print_handler(NULL);
    g_set_printerr_handler(NULL);
    return status;
}

/* The same, of one line with a blank between words. */
static int
run(const char *line)
{
    g_auto(GStrv) split = g_strsplit(line, " ", -1);
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    for (char **w = split; *w; w++)
        g_ptr_array_add(words, *w);
    return run_words(words);
}

/* What was printed, as JSON. */
static JsonObject *
answer(void)
{
    JsonParser *parser = json_parser_new();    /* lives as long as the process of this test */

    ck_assert_msg(json_parser_load_from_data(parser, out->str, -1, NULL), "no JSON: %s", out->str);
    return json_node_get_object(json_parser_get_root(parser));
}

static JsonObject *
fields(void)
{
    return json_object_get_object_member(answer(), "fields");
}

static char *
first_line(void)
{
    return g_strndup(out->str, strcspn(out->str, "\n"));
}

/* ---- against the vectors ---- */

static const struct { const char *name, *counter_lsb, *prefix; } profiles[] = {
    { NULL, "last", "clear" }, { "L2_clear", "second", "clear" },
    { "L1_literal", "last", "literal" }, { "L2_literal", "second", "literal" },
};
#define N_PROFILES ((int) G_N_ELEMENTS(profiles))

static JsonArray *cases, *alternatives;

static JsonObject *
case_of(int index)
{
    int n = (int) json_array_get_length(cases);

    return index < n ? json_array_get_object_element(cases, (guint) index)
                     : json_array_get_object_element(alternatives, (guint) (index - n));
}

static void G_GNUC_PRINTF(2, 3)
word(GPtrArray *words, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(words, g_strdup_vprintf(format, args));
    va_end(args);
}

/* What sender and receiver have in common. */
static void
common_words(GPtrArray *words, JsonObject *c, int which)
{
    if (!json_object_get_boolean_member(c, "scrambling"))
        word(words, "--no-scrambling");
    if (json_object_get_boolean_member(c, "confidentiality"))
        word(words, "--mask=%s", json_object_get_string_member(c, "mask"));
    else
        word(words, "--no-confidentiality");
    if (!json_object_get_boolean_member(c, "mic_used"))
        word(words, "--no-mic");
    word(words, "-s");
    word(words, "profile.counter-lsb=%s", profiles[which].counter_lsb);
    word(words, "-s");
    word(words, "profile.scrambling-prefix=%s", profiles[which].prefix);
    if (json_object_has_member(c, "profile_change")) {
        word(words, "-s");
        word(words, "profile.scrambling-counter=full");
    }
    word(words, "--json");
}

/* The message in clear, in the layout of the profile; what the tool is to ignore is filled with ones. */
static char *
clear_of(JsonObject *c, int which)
{
    bool last = g_str_equal(profiles[which].counter_lsb, "last");

    return g_strdup_printf("%02x%s%sffffffff%s", (unsigned) json_object_get_int_member(c, "message_type"), last ? "" : "ff",
                           json_object_get_string_member(c, "content"), last ? "ff" : "");
}

static const char *
wire_of(JsonObject *c, int which)
{
    return profiles[which].name
        ? json_object_get_string_member(json_object_get_object_member(c, "other_profiles"), profiles[which].name)
        : json_object_get_string_member(c, "wire");
}

START_TEST(protect_prints_the_octets_of_the_vectors)
{
    JsonObject *c = case_of(_i / N_PROFILES);
    int which = _i % N_PROFILES;
    const char *name = json_object_get_string_member(c, "name");
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *clear = clear_of(c, which);

    word(words, "protect");
    word(words, "%s", clear);
    word(words, "--psdk=%s", json_object_get_string_member(c, "psdk"));
    word(words, "--counter=%" G_GINT64_FORMAT, json_object_get_int_member(c, "counter"));
    if (!json_object_get_boolean_member(c, "mic_used"))
        word(words, "--mic-random=%s", json_object_get_string_member(c, "mic_random"));
    common_words(words, c, which);
    ck_assert_msg(run_words(words) == 0, "%s: %s", name, err->str);
    ck_assert_msg(g_str_equal(json_object_get_string_member(answer(), "message"), wire_of(c, which)), "%s: %s", name, out->str);
    ck_assert_int_eq(json_object_get_int_member(answer(), "counter"), json_object_get_int_member(c, "counter"));
}
END_TEST

/* What the command line cannot say: a key's validity, and a receiver that wants one type only. */
static bool
can_be_asked(JsonObject *c)
{
    JsonArray *contexts = json_object_get_array_member(json_object_get_object_member(c, "rx"), "contexts");

    for (guint i = 0; i < json_array_get_length(contexts); i++) {
        JsonObject *x = json_array_get_object_element(contexts, i);

        if (json_object_get_int_member(x, "valid_from") != 0 || json_object_get_int_member(x, "valid_to") != INT64_C(1) << 32)
            return false;
    }
    return !g_str_equal(json_object_get_string_member(c, "name"), "other-message");
}

START_TEST(unprotect_answers_as_the_vectors_expect)
{
    JsonObject *c = case_of(_i), *rx = json_object_get_object_member(c, "rx");
    JsonObject *expect = json_object_get_object_member(rx, "expect");
    JsonArray *contexts = json_object_get_array_member(rx, "contexts");
    const char *name = json_object_get_string_member(c, "name"), *want = json_object_get_string_member(expect, "result");
    bool accepted = g_str_equal(want, "accepted");
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    if (!can_be_asked(c))
        return;
    word(words, "unprotect");
    word(words, "%s", json_object_get_string_member(rx, "received"));
    for (guint i = 0; i < json_array_get_length(contexts); i++) {
        JsonObject *x = json_array_get_object_element(contexts, i);

        word(words, "--psdk");
        word(words, "%s", json_object_get_string_member(x, "psdk"));
        if (i == 0)
            word(words, "--%s=0x%.6s", strstr(json_object_get_string_member(c, "message"), "group") ? "discovery-group-id"
                                                                                                    : "relay-service-code",
                 json_object_get_string_member(x, "filter_value"));
    }
    word(words, "--slot-counter=%" G_GINT64_FORMAT, json_object_get_int_member(rx, "slot_counter"));
    word(words, "--clock=%" G_GINT64_FORMAT, json_object_get_int_member(rx, "prose_clock"));
    word(words, "--max-offset=%" G_GINT64_FORMAT, json_object_get_int_member(rx, "max_offset"));
    common_words(words, c, 0);
    ck_assert_msg(run_words(words) == (accepted ? 0 : 1), "%s: %s%s", name, err->str, out->str);
    ck_assert_msg(g_str_equal(json_object_get_string_member(answer(), "outcome"), want), "%s: %s", name, out->str);
    if (accepted) {
        const char *got = json_object_get_string_member(answer(), "message");
        g_autofree char *context = g_strdup_printf("psdk%d", (int) json_object_get_int_member(answer(), "psdk") - 1);
        g_autofree char *message = g_strdup_printf("%02x%s%s", (unsigned) json_object_get_int_member(c, "message_type"),
                                                   json_object_get_string_member(expect, "content"),
                                                   json_object_get_string_member(expect, "mic"));

        ck_assert_msg(g_str_has_prefix(got, message) && strlen(got) == 58, "%s: %s", name, got);
        ck_assert_str_eq(context, json_object_get_string_member(expect, "context"));
        ck_assert_int_eq(json_object_get_int_member(answer(), "counter"), json_object_get_int_member(expect, "counter"));
    } else {
        ck_assert(json_object_get_null_member(answer(), "message"));
        ck_assert(json_object_get_null_member(answer(), "fields"));
        ck_assert(json_object_get_null_member(answer(), "counter"));
        ck_assert_str_ne(json_object_get_string_member(answer(), "note"), "");
    }
}
END_TEST

/* ---- text ---- */

START_TEST(the_first_line_of_protect_is_the_octets_on_the_air)
{
    g_autofree char *line = NULL;

    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " --mask " MASK), 0);
    line = first_line();
    ck_assert_str_eq(line, ON_AIR);
    ck_assert_ptr_nonnull(strstr(out->str, "2020-08-17T14:18:44Z"));
    ck_assert_ptr_nonnull(strstr(out->str, "scrambling yes, confidentiality yes, MIC yes"));
    ck_assert_uint_eq(err->len, 0);
}
END_TEST

START_TEST(the_first_line_of_unprotect_is_the_outcome)
{
    g_autofree char *line = NULL, *other = NULL;

    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --slot-counter " AT " --mask " MASK), 0);
    line = first_line();
    ck_assert_str_eq(line, "accepted");
    ck_assert_ptr_nonnull(strstr(out->str, "91a1b2c30102030405ff0a0b0c80000000000000000000005d17b5dbc4"));
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --slot-counter 1597673957 --mask " MASK), 1);
    other = first_line();
    ck_assert_str_eq(other, "stale");
}
END_TEST

START_TEST(a_field_has_its_octets_and_its_clause)
{
    static const char *const lines[] = {
        "1          message-type             relay-announcement                               TS 24.334 12.2.2.10\n",
        "1: 8-7     discovery-type           restricted ",
        "2-4        relay-service-code       0xa1b2c3                                         TS 24.334 12.2.2.51\n",
        "14: 8      resource-status          yes ",
        "25-28      mic                      00000000 ",
        "29         counter-lsb              0 ",
    };

    ck_assert_int_eq(run("decode " CLEAR), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        ck_assert_msg(strstr(out->str, lines[i]) != NULL, "not found: %s", lines[i]);
    ck_assert_int_eq(run("decode 91c4" "a1b2c3" "0102030405ff0a0b0c8000000000000000000000" "5d17b5db -s profile.counter-lsb=second"), 0);
    ck_assert_ptr_nonnull(strstr(out->str, "\n2          counter-lsb              196 "));
    ck_assert_ptr_nonnull(strstr(out->str, "\n3-5        relay-service-code       0xa1b2c3 "));
    ck_assert_ptr_nonnull(strstr(out->str, "\n26-29      mic                      5d17b5db "));
}
END_TEST

START_TEST(help_names_every_option_and_is_no_mistake)
{
    static const char *const options[] = {
        "--psdk", "--counter", "--slot-counter", "--clock", "--max-offset", "--mask", "--no-scrambling", "--no-confidentiality",
        "--no-mic", "-s", "--json", "--show-keys",
    };

    ck_assert_int_eq(run("--help"), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        ck_assert_msg(strstr(out->str, options[i]) != NULL, "%s", options[i]);
    ck_assert_int_eq(run("protect -h"), 0);
}
END_TEST

/* ---- fields as JSON, all types ---- */

static const struct { const char *hex, *field, *want; } field_cases[] = {
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "message-type", "open-announcement" },
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "scope", "country" },
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "spare", "0x01" },
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "e", "true" },
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "mcc", "310" },
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "mnc", "26" },
    { "41b4d81a" "000102030405060708090a0b0c0d0e0f10111213" "5d17b5dbc4", "temporary-identity", "000102030405060708090a0b0c0d0e0f10111213" },
    { "81" "0102030405060708" "aabb00000000000000000000000000" "5d17b5dbc4", "restricted-code", "0102030405060708" },
    { "81" "0102030405060708" "aabb00000000000000000000000000" "5d17b5dbc4", "suffix", "aabb00000000000000000000000000" },
    { "86" "0102030405060708" "000000000000000000000000000000" "5d17b5dbc4", "query-code", "0102030405060708" },
    { "82" "0102030405060708" "000000000000000000000000000001" "5d17b5dbc4", "response-code", "0102030405060708" },
    { "82" "0102030405060708" "000000000000000000000000000001" "5d17b5dbc4", "spare", "000000000000000000000000000001" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "announcer-info", "0102030405ff" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "relay-ue-id", "0x0a0b0c" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "resource-status", "true" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "status-indicator-spare", "0x7f" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "spare", "5a5a5a5a5a5a5a5a5a5a" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "mic", "5d17b5db" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "counter-lsb", "196" },
    { "91a1b2c30102030405ff0a0b0cff5a5a5a5a5a5a5a5a5a5a5d17b5dbc4", "discovery-model", "A" },
    { "92a1b2c30102030405ff0a0b0c00000000000000000000005d17b5dbc4", "discoveree-info", "0102030405ff" },
    { "92a1b2c30102030405ff0a0b0c00000000000000000000005d17b5dbc4", "resource-status", "false" },
    { "92a1b2c30102030405ff0a0b0c00000000000000000000005d17b5dbc4", "discovery-model", "B" },
    { "96a1b2c30102030405ff010a0b0c000000000000000000005d17b5dbc4", "has-relay-ue-id", "true" },
    { "96a1b2c30102030405ff010a0b0c000000000000000000005d17b5dbc4", "relay-ue-id", "0x0a0b0c" },
    { "96a1b2c30102030405ff000a0b0c000000000000000000005d17b5dbc4", "relay-ue-id", NULL },
    { "96a1b2c30102030405ff000a0b0c000000000000000000005d17b5dbc4", "spare", "0a0b0c00000000000000000000" },
    { "99a1b2c30102030405ff0a0b0c00000000000000000000005d17b5dbc4", "discovery-group-id", "0xa1b2c3" },
    { "99a1b2c30102030405ff0a0b0c00000000000000000000005d17b5dbc4", "ue-id", "0x0a0b0c" },
    { "9aa1b2c30102030405ff0a0b0c00000000000000000000005d17b5dbc4", "discoveree-info", "0102030405ff" },
    { "9ea1b2c30102030405ff0a0b0c03414243444546313233005d17b5dbc4", "target-user-info", "414243444546" },
    { "9ea1b2c30102030405ff0a0b0c03414243444546313233005d17b5dbc4", "target-group-info", "0x313233" },
    { "9ea1b2c30102030405ff0a0b0c02313233000000000000005d17b5dbc4", "target-user-info", NULL },
    { "9ea1b2c30102030405ff0a0b0c02313233000000000000005d17b5dbc4", "target-group-info", "0x313233" },
    { "9ea1b2c30102030405ff0a0b0cfc313233000000000000005d17b5dbc4", "composition-spare", "0x3f" },
    { "a1a1b2c30a0b0c03c5c5c5c5c5c5c05152535455567172005d17b5dbc4", "ecgi", "c5c5c5c5c5c5c0" },
    { "a1a1b2c30a0b0c03c5c5c5c5c5c5c05152535455567172005d17b5dbc4", "tmgi", "515253545556" },
    { "a1a1b2c30a0b0c03c5c5c5c5c5c5c05152535455567172005d17b5dbc4", "service-area-identity", "7172" },
    { "a1a1b2c30a0b0c02515253545556717200000000000000005d17b5dbc4", "ecgi", NULL },
};

START_TEST(decode_gives_each_field_by_name)
{
    g_autofree char *line = g_strdup_printf("decode --json %s", field_cases[_i].hex);
    const char *field = field_cases[_i].field, *want = field_cases[_i].want;
    g_autofree char *got = NULL;

    ck_assert_msg(run(line) == 0, "%s", out->str);
    ck_assert_str_eq(json_object_get_string_member(answer(), "message"), field_cases[_i].hex);
    ck_assert(json_object_get_null_member(answer(), "outcome"));
    ck_assert(json_object_get_null_member(answer(), "counter"));
    if (!want) {
        ck_assert_msg(!json_object_has_member(fields(), field), "%s", field);
        return;
    }
    ck_assert_msg(json_object_has_member(fields(), field), "%s: %s", field, out->str);
    if (json_node_get_value_type(json_object_get_member(fields(), field)) == G_TYPE_STRING)
        got = g_strdup(json_object_get_string_member(fields(), field));
    else if (json_node_get_value_type(json_object_get_member(fields(), field)) == G_TYPE_BOOLEAN)
        got = g_strdup(json_object_get_boolean_member(fields(), field) ? "true" : "false");
    else
        got = g_strdup_printf("%d", (int) json_object_get_int_member(fields(), field));
    ck_assert_str_eq(got, want);
}
END_TEST

START_TEST(decode_rejects_what_is_no_message)
{
    static const struct { const char *hex, *note; } no[] = {
        { "90a1b2c30102030405ff0a0b0c80000000000000000000000000000000", "0x90" },
        { "95a1b2c30102030405ff0a0b0c80000000000000000000000000000000", "0x95" },
        { "91", "1 octets" },
        { CLEAR "00", "30 octets" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(no); i++) {
        g_autofree char *line = g_strdup_printf("decode %s --json", no[i].hex);

        ck_assert_int_eq(run(line), 1);
        ck_assert_str_eq(json_object_get_string_member(answer(), "outcome"), "malformed");
        ck_assert_msg(strstr(json_object_get_string_member(answer(), "note"), no[i].note) != NULL, "%s", out->str);
    }
}
END_TEST

START_TEST(decode_undoes_a_literal_prefix_if_only_then_there_is_a_type)
{
    ck_assert_int_eq(run("decode --json 6ea1b2c30102030405ff0a0b0c8000000000000000000000000000003b"), 1);
    ck_assert_int_eq(run("decode --json 6ea1b2c30102030405ff0a0b0c8000000000000000000000000000003b -s profile.scrambling-prefix=literal"), 0);
    ck_assert_str_eq(json_object_get_string_member(fields(), "message-type"), "relay-announcement");
    ck_assert_int_eq(json_object_get_int_member(fields(), "counter-lsb"), 0xC4);
    ck_assert_ptr_nonnull(strstr(json_object_get_string_member(answer(), "note"), "literal"));
}
END_TEST

/* ---- options ---- */

START_TEST(the_clock_is_the_slot_counter_unless_given)
{
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter " AT " --json"), 0);
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter " AT " --json --clock 1597673956"), 0);
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter " AT " --json --clock 1597673957"), 1);
    ck_assert_str_eq(json_object_get_string_member(answer(), "outcome"), "clock-offset");
}
END_TEST

START_TEST(max_offset_is_32_unless_given)
{
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter 1597673956 --json"), 0);
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter 1597673957 --json"), 1);
    ck_assert_str_eq(json_object_get_string_member(answer(), "outcome"), "stale");
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter 1597673957 --json --max-offset 33"), 0);
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter " AT " --json --max-offset 0"), 0);
}
END_TEST

START_TEST(a_receiver_may_hold_several_keys)
{
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK2 " --psdk " PSDK " --mask " MASK " --slot-counter " AT " --json"), 0);
    ck_assert_int_eq(json_object_get_int_member(answer(), "psdk"), 2);
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK2 " --mask " MASK " --slot-counter " AT " --json"), 1);
    ck_assert_str_eq(json_object_get_string_member(answer(), "outcome"), "mic");
    ck_assert_int_eq(run("unprotect " ON_AIR " --mask " MASK " --slot-counter " AT " --json"), 1);
    ck_assert_str_eq(json_object_get_string_member(answer(), "outcome"), "no-key");
}
END_TEST

START_TEST(a_receiver_may_want_one_discovery)
{
    static const struct { const char *option, *want; } wanted[] = {
        { "--relay-service-code 0xa1b2c3", "accepted" }, { "--relay-service-code 10597059", "accepted" },
        { "--relay-service-code 0xa1b2c2", "not-for-me" }, { "--discovery-group-id 0xa1b2c3", "not-for-me" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autofree char *line = g_strdup_printf("unprotect " ON_AIR " --psdk " PSDK " --mask " MASK " --slot-counter " AT " --json %s",
                                                wanted[i].option);

        ck_assert_int_eq(run(line), g_str_equal(wanted[i].want, "accepted") ? 0 : 1);
        ck_assert_str_eq(json_object_get_string_member(answer(), "outcome"), wanted[i].want);
    }
}
END_TEST

START_TEST(without_a_mask_nothing_is_encrypted)
{
    g_autofree char *plain = NULL, *off = NULL, *zeros = NULL;

    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT), 0);
    ck_assert_ptr_nonnull(strstr(out->str, "confidentiality no"));
    plain = first_line();
    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " --no-confidentiality --mask " MASK), 0);
    off = first_line();
    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " --mask 0000000000000000000000000000000000000000000000"), 0);
    zeros = first_line();
    ck_assert_str_eq(plain, off);
    ck_assert_str_eq(plain, zeros);
    ck_assert_str_ne(plain, ON_AIR);
}
END_TEST

START_TEST(an_empty_mic_is_random_each_time)
{
    g_autofree char *a = NULL, *b = NULL;

    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " --no-mic"), 0);
    a = first_line();
    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " --no-mic"), 0);
    b = first_line();
    ck_assert_str_ne(a, b);                    /* equal by chance once in 2^32 */
    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " --no-mic --no-scrambling -s profile.empty-mic=zero"), 0);
    ck_assert_ptr_nonnull(strstr(out->str, "00000000c4\n"));
}
END_TEST

START_TEST(with_everything_off_no_key_is_needed_to_send)
{
    g_autofree char *line = NULL;

    ck_assert_int_eq(run("protect " CLEAR " --counter " AT " --no-scrambling --no-mic --mic-random 01020304"), 0);
    line = first_line();
    ck_assert_str_eq(line, "91a1b2c30102030405ff0a0b0c800000000000000000000001020304c4");
}
END_TEST

START_TEST(a_message_that_is_not_to_be_sent_is_made_with_a_note)
{
    ck_assert_int_eq(run("protect 90a1b2c30102030405ff0a0b0c80000000000000000000000000000000 --psdk " PSDK " --counter " AT " --json"), 0);
    ck_assert_ptr_nonnull(strstr(json_object_get_string_member(answer(), "note"), "not to be sent"));
    ck_assert_str_eq(json_object_get_string_member(fields(), "message-type"), "reserved");
    ck_assert_str_eq(json_object_get_string_member(fields(), "content"), "a1b2c30102030405ff0a0b0c8000000000000000000000");
}
END_TEST

START_TEST(the_scope_enters_the_keys_if_the_profile_says_so)
{
    g_autofree char *line = NULL, *back = NULL;

    ck_assert_int_eq(run("protect " CLEAR " --psdk " PSDK " --counter " AT " -s profile.psdk-input=selector-and-id --mask " MASK), 0);
    line = first_line();
    ck_assert_str_ne(line, ON_AIR);
    back = g_strdup_printf("unprotect %s --psdk " PSDK " --slot-counter " AT " -s profile.psdk-input=selector-and-id --mask " MASK
                           " --relay-service-code 0xa1b2c3", line);
    ck_assert_int_eq(run(back), 0);
    ck_assert_int_eq(run("unprotect " ON_AIR " --psdk " PSDK " --slot-counter " AT " -s profile.psdk-input=selector-and-id"), 2);
}
END_TEST

/* Keys are shown when they are asked for, and at no other time. */
START_TEST(keys_are_shown_on_request_only)
{
    static const char *const lines[] = {
        "protect " CLEAR " --psdk " PSDK " --counter " AT " --mask " MASK,
        "unprotect " ON_AIR " --psdk " PSDK " --slot-counter " AT " --mask " MASK,
        "protect " CLEAR " --json --psdk " PSDK " --counter " AT " --mask " MASK,
        "unprotect " ON_AIR " --json --psdk " PSDK " --slot-counter " AT " --mask " MASK,
    };
    JsonObject *keys;

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *shown = g_strconcat(lines[i], " --show-keys", NULL);

        ck_assert_int_eq(run(lines[i]), 0);
        ck_assert_ptr_null(strstr(out->str, DUIK));
        ck_assert_int_eq(run(shown), 0);
        ck_assert_ptr_nonnull(strstr(out->str, DUIK));
        ck_assert_ptr_null(strstr(out->str, PSDK));
    }
    keys = json_object_get_object_member(answer(), "keys");
    ck_assert_str_eq(json_object_get_string_member(keys, "duik"), DUIK);
    ck_assert_str_eq(json_object_get_string_member(keys, "duck"), "ee63656509d8de0298131533a19da5782a1b54a75f1f678ffd513a9b208d8041");
    ck_assert_str_eq(json_object_get_string_member(keys, "dusk"), "b604b78df729ee335ce8a994c56d3d669352456bc32c769b0229b7ec28b46638");
    ck_assert_str_eq(json_object_get_string_member(keys, "mic"), "5d17b5db");
    ck_assert_str_eq(json_object_get_string_member(keys, "confidentiality-keystream"), "00000037081144d326cf573c6f00000000000000000000");
    ck_assert_str_eq(json_object_get_string_member(keys, "time-hash-bitsequence"), "b58a45c180d8c1d367f9b2d5f41d0064b4602e2c50d0211d54fa36");
}
END_TEST

/* A MIC that is wrong is shown beside what it ought to be, as far as the receiver came. */
START_TEST(a_rejected_message_shows_what_was_derived)
{
    JsonObject *keys;

    ck_assert_int_eq(run("unprotect 91143886f78aca8105be3ceee51b1d0064b4602e2c50d02140434fecc4 --json --show-keys --psdk " PSDK
                         " --slot-counter " AT " --mask " MASK), 1);
    keys = json_object_get_object_member(answer(), "keys");
    ck_assert(json_object_has_member(keys, "mic") && json_object_has_member(keys, "time-hash-bitsequence"));
    ck_assert_int_eq(run("unprotect " ON_AIR " --json --show-keys --psdk " PSDK " --slot-counter 0 --mask " MASK), 1);
    keys = json_object_get_object_member(answer(), "keys");
    ck_assert(json_object_has_member(keys, "duik") && !json_object_has_member(keys, "time-hash-bitsequence"));
}
END_TEST

/* ---- mistakes ---- */

static const struct { const char *line, *words; } mistakes[] = {
    { "", "expected decode, protect or unprotect" },
    { "explain " CLEAR, "found explain" },
    { "decode", "takes one message, 0 were given" },
    { "decode " CLEAR " " CLEAR, "takes one message, 2 were given" },
    { "decode 9", "hexadecimal" },
    { "decode 9x", "hexadecimal" },
    { "decode " CLEAR " --no-mic", "--no-mic has no meaning for decode" },
    { "decode " CLEAR " --show-keys", "--show-keys has no meaning for decode" },
    { "decode " CLEAR " --frobnicate", "frobnicate" },
    { "decode " CLEAR " -s counter-lsb=last", "expected profile.KEY=VALUE" },
    { "decode " CLEAR " -s profile.counter-lsb", "expected profile.KEY=VALUE" },
    { "decode " CLEAR " -s profile.counter-lbs=last", "no choice \"counter-lbs\"" },
    { "decode " CLEAR " -s profile.counter-lsb=first", "expected one of last, second" },
    { "decode " CLEAR " -s radio.reception=sinr", "expected profile.KEY=VALUE" },
    { "protect " CLEAR " --psdk " PSDK, "needs --counter" },
    { "protect " CLEAR " --counter 1", "needs a --psdk" },
    { "protect " CLEAR " --counter 1 --psdk " PSDK " --psdk " PSDK2, "takes one --psdk" },
    { "protect " CLEAR "00 --counter 1 --psdk " PSDK, "a message of 29 octets, this one has 30" },
    { "protect " CLEAR " --counter 4294967296 --psdk " PSDK, "from 0 to 4294967295" },
    { "protect " CLEAR " --counter -1 --psdk " PSDK, "from 0 to 4294967295" },
    { "protect " CLEAR " --counter 1s --psdk " PSDK, "from 0 to 4294967295" },
    { "protect " CLEAR " --counter= --psdk " PSDK, "from 0 to 4294967295" },
    { "protect " CLEAR " --counter 0x --psdk " PSDK, "from 0 to 4294967295" },
    { "protect " CLEAR " --counter 1 --slot-counter 1 --psdk " PSDK, "--slot-counter has no meaning for protect" },
    { "protect " CLEAR " --counter 1 --mask 00 --psdk " PSDK, "expected 46 hexadecimal digits" },
    { "protect " CLEAR " --counter 1 --mic-random 01020304 --psdk " PSDK, "no meaning without --no-mic" },
    { "protect " CLEAR " --counter 1 --no-mic --mic-random 010203 --psdk " PSDK, "expected 8 hexadecimal digits" },
    { "protect " CLEAR " --counter 1 --psdk 00", "expected 64 hexadecimal digits" },
    { "unprotect " ON_AIR " --psdk " PSDK, "needs --slot-counter" },
    { "unprotect " ON_AIR " --psdk " PSDK " --slot-counter 1 --max-offset 128", "from 0 to 127" },
    { "unprotect " ON_AIR " --psdk " PSDK " --slot-counter 1 --counter 1", "--counter has no meaning for unprotect" },
    { "unprotect " ON_AIR " --psdk " PSDK " --slot-counter 1 --relay-service-code 0x1000000", "from 0 to 16777215" },
    { "unprotect " ON_AIR " --psdk " PSDK " --slot-counter 1 --relay-service-code 1 --discovery-group-id 1", "exclude each other" },
};

START_TEST(a_wrong_command_line_is_status_2_and_says_why)
{
    ck_assert_int_eq(run(mistakes[_i].line), 2);
    ck_assert_uint_eq(out->len, 0);
    ck_assert_msg(strstr(err->str, mistakes[_i].words) != NULL, "%s: %s", mistakes[_i].line, err->str);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once_and_no_key_is_repeated)
{
    ck_assert_int_eq(run("protect zz --psdk 000102030405060708 --clock 3 -s profile.x=1 -s foo"), 2);
    ck_assert_ptr_nonnull(strstr(err->str, "zz"));
    ck_assert_ptr_nonnull(strstr(err->str, "64 hexadecimal digits"));
    ck_assert_ptr_nonnull(strstr(err->str, "--clock"));
    ck_assert_ptr_nonnull(strstr(err->str, "\"x\""));
    ck_assert_ptr_nonnull(strstr(err->str, "foo"));
    ck_assert_ptr_nonnull(strstr(err->str, "--counter"));
    ck_assert_ptr_null(strstr(err->str, "000102030405060708"));
}
END_TEST

START_TEST(no_words_at_all_are_a_mistake)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    ck_assert_int_eq(run_words(words), 2);
    ck_assert_ptr_nonnull(strstr(err->str, "--help"));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("message-tool");
    TCase *tc = tcase_create("vectors");
    JsonObject *vectors = test_vectors("vectors.json");
    int n;

    cases = json_object_get_array_member(vectors, "cases");
    alternatives = json_object_get_array_member(vectors, "alternatives");
    n = (int) (json_array_get_length(cases) + json_array_get_length(alternatives));
    tcase_add_loop_test(tc, protect_prints_the_octets_of_the_vectors, 0, n * N_PROFILES);
    tcase_add_loop_test(tc, unprotect_answers_as_the_vectors_expect, 0, n);
    suite_add_tcase(s, tc);

    tc = tcase_create("text");
    tcase_add_test(tc, the_first_line_of_protect_is_the_octets_on_the_air);
    tcase_add_test(tc, the_first_line_of_unprotect_is_the_outcome);
    tcase_add_test(tc, a_field_has_its_octets_and_its_clause);
    tcase_add_test(tc, help_names_every_option_and_is_no_mistake);
    suite_add_tcase(s, tc);

    tc = tcase_create("decode");
    tcase_add_loop_test(tc, decode_gives_each_field_by_name, 0, G_N_ELEMENTS(field_cases));
    tcase_add_test(tc, decode_rejects_what_is_no_message);
    tcase_add_test(tc, decode_undoes_a_literal_prefix_if_only_then_there_is_a_type);
    suite_add_tcase(s, tc);

    tc = tcase_create("options");
    tcase_add_test(tc, the_clock_is_the_slot_counter_unless_given);
    tcase_add_test(tc, max_offset_is_32_unless_given);
    tcase_add_test(tc, a_receiver_may_hold_several_keys);
    tcase_add_test(tc, a_receiver_may_want_one_discovery);
    tcase_add_test(tc, without_a_mask_nothing_is_encrypted);
    tcase_add_test(tc, an_empty_mic_is_random_each_time);
    tcase_add_test(tc, with_everything_off_no_key_is_needed_to_send);
    tcase_add_test(tc, a_message_that_is_not_to_be_sent_is_made_with_a_note);
    tcase_add_test(tc, the_scope_enters_the_keys_if_the_profile_says_so);
    tcase_add_test(tc, keys_are_shown_on_request_only);
    tcase_add_test(tc, a_rejected_message_shows_what_was_derived);
    suite_add_tcase(s, tc);

    tc = tcase_create("mistakes");
    tcase_add_loop_test(tc, a_wrong_command_line_is_status_2_and_says_why, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(tc, all_mistakes_are_told_at_once_and_no_key_is_repeated);
    tcase_add_test(tc, no_words_at_all_are_a_mistake);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
