/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-key-message.h"
#include "prose-output.h"
#include "prose-trace.h"
#include "scenario-text.h"

#define SCENARIO \
    "[simulation]\nduration = 300 s\nutc-start = 2026-06-01T08:00:00Z\n" \
    "[prose-function operator]\n[pkmf east]\nfqdn = pkmf.east.example\n" \
    "[discovery command]\ndiscovery-group-id = 0x00A1B2\npkmf = east\n" \
    "[pdn lan]\n" \
    "[ue-group engines]\ncount = 3\nannounce = command\nmonitor = command\npdn = lan\n" \
    "[ue-group trucks]\ncount = 2\nmonitor = command\npdn = lan\n"

static ProseScenario *scenario;
static ProseStream *stream;

static void
set_up(void)
{
    scenario = scenario_from_text(SCENARIO, NULL);
    stream = prose_stream_new(scenario);
}

static void
tear_down(void)
{
    stream = prose_stream_free(stream);
    scenario = prose_scenario_free(scenario);
}

/* A trace into memory, filled by @emit, and what was written. */
typedef struct Written { char *csv, *lines; } Written;

static Written
trace(const char *list, const char *only, void (*emit)(void))
{
    g_autoptr(GError) error = NULL;
    ProseTrace *t = prose_trace_new(scenario, list, only, &error);
    ProseEventReader reader;
    Written written;
    size_t n_csv, n_lines;
    FILE *csv = open_memstream(&written.csv, &n_csv), *lines = open_memstream(&written.lines, &n_lines);

    ck_assert_msg(t != NULL, "%s", error ? error->message : "");
    prose_trace_start(t, csv, lines, NULL, NULL);
    reader = prose_trace_reader(t);
    prose_stream_add_reader(stream, &reader);
    emit();
    fclose(csv);
    fclose(lines);
    prose_trace_free(t);
    return written;
}

static void
written_clear(Written *w)
{
    free(w->csv);
    free(w->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Written, written_clear)

/* ---- events ---- */

static void
emit_candidate(void)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_CANDIDATE, 1234567890, "engines[1]");

    e.cause = prose_pc5_outcome_name(PROSE_PC5_ACCEPTED);
    e.has_scope = true;
    e.scope = (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_GROUP, 0xA1B2 };
    e.key_id = 7;
    e.valid_from = 1780300800;
    e.has_slot = true;
    e.slot_counter = 1780300801;
    e.has_offset = true;
    e.clock_offset_s = -0.25;
    e.peer = "engines[0]";
    e.resource = 42;
    e.has_power = true;
    e.rx_power_dbm = -87.654321;
    e.time_source = "sib16";
    prose_stream_emit_from(stream, &e, 1);
}

static void
emit_additional(void)
{
    ProseEvent sent = prose_event_at(PROSE_EVENT_SLOT_SENT, 0, "engines[0]"), refused = prose_event_at(PROSE_EVENT_SLOT_REFUSED, 0, "engines[0]");
    const ProseEventAbout about = { .ue = 0, .discovery = 0, .peer = -1, .is_additional = true };

    sent.has_scope = refused.has_scope = true;
    sent.scope = refused.scope = (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_RELAY, 9 };
    sent.key_id = 7;
    refused.cause = "no-key";
    prose_stream_emit(stream, &sent, &about);
    prose_stream_emit(stream, &refused, &about);
}

static void
emit_bare(void)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_PKMF_DOWN, 5, "pkmf east");

    prose_stream_emit_from(stream, &e, -1);
}

static void
emit_unknown_scope(void)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_DISCOVERY_REFUSED, 5, "engines[1]");

    e.has_scope = true;
    e.scope = (ProseKeyScope) { PROSE_KEY_TYPE_PSDK_RELAY, 9 };
    e.cause = "a \"cause\", with everything";
    e.has_value = true;
    e.value = 0.1;
    prose_stream_emit_from(stream, &e, 1);
}

/* Of each UE, and of the PKMF about each. */
static void
emit_for_all(void)
{
    for (unsigned i = 0; i < scenario->ues->len; i++) {
        const char *name = ((const ProseScenarioUe *) g_ptr_array_index(scenario->ues, i))->name;
        g_autofree char *impi = g_strdup_printf("impi-%u", i);
        ProseEvent of_ue = prose_event_at(PROSE_EVENT_PMK_STORED, i, name);
        ProseEvent of_pkmf = prose_event_at(PROSE_EVENT_KEY_VERIFIED, i, "pkmf east");

        of_pkmf.peer = impi;
        prose_stream_add_identity(stream, impi, i);
        prose_stream_emit_from(stream, &of_ue, (int) i);
        prose_stream_emit_from(stream, &of_pkmf, -1);
    }
    emit_bare();
}

static void
emit_one_of_each(void)
{
    for (ProseEventType t = 0; t < PROSE_EVENT_N_TYPES; t++) {
        ProseEvent e = prose_event_at(t, t, "engines[0]");

        e.cause = "closed";
        prose_stream_emit_from(stream, &e, 0);
    }
}

/* ---- rows ---- */

START_TEST(a_row_has_the_promised_columns)
{
    g_auto(Written) w = trace("all", NULL, emit_candidate);

    ck_assert_str_eq(w.csv,
        "time_ns,ue,event,cause,discovery,psdk_id,key_valid_from,slot_counter,clock_offset_s,peer,resource,"
        "rx_power_dbm,time_source,value\n"
        "1234567890,engines[1],candidate,accepted,command,7,1780300800,1780300801,-0.250000000,engines[0],42,"
        "-87.654,sib16,\n");
}
END_TEST

START_TEST(what_an_event_has_not_is_empty)
{
    g_auto(Written) w = trace("all", NULL, emit_bare);

    ck_assert_str_eq(strchr(w.csv, '\n') + 1, "5,pkmf east,pkmf-down,,,,,,,,,,,\n");
}
END_TEST

START_TEST(a_comma_or_quote_is_quoted_and_an_unknown_scope_is_spelled_out)
{
    g_auto(Written) w = trace("all", NULL, emit_unknown_scope);

    ck_assert_str_eq(strchr(w.csv, '\n') + 1,
        "5,engines[1],discovery-refused,\"a \"\"cause\"\", with everything\",relay-service-code 0x000009,"
        ",,,,,,,,0.1\n");
}
END_TEST

START_TEST(a_line_reads_like_a_sentence)
{
    g_auto(Written) w = trace("all", NULL, emit_candidate);

    ck_assert_str_eq(w.lines,
        "     1.235 s  engines[1]               <- engines[0]: PC5_DISCOVERY, group announcement of command under PSDK 7: "
        "accepted, counter 1780300801, clock offset -0.250 s, resource 42, -87.7 dBm\n");
}
END_TEST

START_TEST(additional_information_is_called_by_its_name)
{
    g_auto(Written) w = trace("all", NULL, emit_additional);

    ck_assert_ptr_nonnull(strstr(w.lines, "-> all: PC5_DISCOVERY, relay additional information of "));
    ck_assert_ptr_nonnull(strstr(w.lines, "sends no relay additional information of "));
    ck_assert_ptr_null(strstr(w.lines, "announcement"));
}
END_TEST

#define COMMAND_SCOPE { PROSE_KEY_TYPE_PSDK_GROUP, 0xA1B2 }
#define OF_COMMAND .has_scope = true, .scope = COMMAND_SCOPE
#define KEY_3 OF_COMMAND, .key_id = 3, .valid_from = 1780300800, .valid_to = 1780304400
/* As wide as the longest name, "prose-function operator". */
#define PREFIX "     0.000 s  engines[0]               "
#define VALUE(v) .has_value = true, .value = (v)

static const ProseKeyRequest whole_request = {
    .has_capabilities = true, .capabilities = PROSE_CAPABILITY_SCRAMBLING,
    .wants = { { COMMAND_SCOPE, { 1, 2 }, 2 }, { { PROSE_KEY_TYPE_PGK, 9 }, { PROSE_KEY_ID_NONE }, 1 } }, .n_wants = 2,
    .stops = { { PROSE_KEY_TYPE_PSDK_RELAY, 7 }, { PROSE_KEY_TYPE_PSDK_RELAY, 8 } }, .n_stops = 2,
};
static const ProseKeyRequest stop_request = { .has_capabilities = true, .stops = { COMMAND_SCOPE }, .n_stops = 1 };
static const ProseKeyAnswer of_protected = { .scope = COMMAND_SCOPE, .meta = { .scrambling = true, .mic = true } };
static const ProseKeyAnswer of_bare = { .scope = COMMAND_SCOPE };
static const ProseKeyAnswer of_group = { .scope = { PROSE_KEY_TYPE_PGK, 9 }, .group_member_id = 5, .algorithm = 2 };

static const struct { ProseEvent event; const char *says; } sentences[] = {
    { { .type = PROSE_EVENT_PDN_OPENED, VALUE(0x0A010002) }, "PDN connection up, IP address 10.1.0.2" },
    { { .type = PROSE_EVENT_PDN_RELEASED, .cause = "by-network" }, "PDN connection released by the network" },
    { { .type = PROSE_EVENT_TLS_FAILED, .peer = "pkmf.east.example", .cause = "decrypt-error" },
      "<-> pkmf east: TLS session failed: decrypt error" },
    { { .type = PROSE_EVENT_TLS_FAILED }, "TLS session failed" },
    { { .type = PROSE_EVENT_HTTP_REFUSED, .peer = "engines[2]", VALUE(403), .cause = "not-a-subscriber" },
      "<-> engines[2]: HTTP request refused with status 403: not a subscriber" },
    { { .type = PROSE_EVENT_HTTP_REFUSED, .peer = "pkmf.west.example", VALUE(503) },
      "<-> pkmf.west.example: HTTP request refused with status 503" },
    { { .type = PROSE_EVENT_PC3_REQUESTED, .peer = "Prose-Function.operator.example", VALUE(4), .cause = "set" },
      "-> prose-function operator: connects for PC3 request 4, which PKMF serves its discoveries?" },
    { { .type = PROSE_EVENT_KEY_REQUEST_SENT, .peer = "pkmf.east.example", VALUE(5), .cause = "address" },
      "-> pkmf east: connects for Key Request 5: to tell the new IP address" },
    { { .type = PROSE_EVENT_KEY_REQUEST_RECEIVED, .peer = "engines[2]", VALUE(5), .address = 0x0A010003,
        .request = &whole_request },
      "<- engines[2]: Key Request 5 from 10.1.0.3: wants command (PSDK ID 1, 2), group-id 0x000009 (PGK ID 0, none "
      "held); stops relay-service-code 0x000007, relay-service-code 0x000008; scrambling supported" },
    { { .type = PROSE_EVENT_KEY_REQUEST_RECEIVED, .peer = "engines[2]", VALUE(5), .request = &stop_request },
      "<- engines[2]: Key Request 5: stops command; scrambling not supported" },
    { { .type = PROSE_EVENT_DISCOVERY_SUPPLIED, OF_COMMAND, VALUE(2), .answer = &of_protected },
      "  command: will be supplied, Key Type ID 2, protected by scrambling, MIC" },
    { { .type = PROSE_EVENT_DISCOVERY_SUPPLIED, OF_COMMAND, VALUE(2), .answer = &of_bare },
      "  command: will be supplied, Key Type ID 2, not protected" },
    { { .type = PROSE_EVENT_DISCOVERY_SUPPLIED, .has_scope = true, .scope = { PROSE_KEY_TYPE_PGK, 9 }, VALUE(0),
        .answer = &of_group },
      "  group-id 0x000009: will be supplied, Key Type ID 0, group member 0x000005, algorithm EEA2" },
    { { .type = PROSE_EVENT_DISCOVERY_REFUSED, OF_COMMAND, VALUE(3), .cause = "scrambling-not-supported" },
      "  command: status code 3, scrambling not supported" },
    { { .type = PROSE_EVENT_CLOCK_SET, VALUE(5), .has_offset = true },
      "  ProSe clock set from CURRENT_TIME; MAX_OFFSET 5 s" },
    { { .type = PROSE_EVENT_CLOCK_SET, VALUE(5), .has_offset = true, .cause = "provisioned" },
      "  ProSe clock set by the scenario, to true UTC; MAX_OFFSET 5 s" },
    { { .type = PROSE_EVENT_CLOCK_SET, VALUE(5), .has_offset = true, .clock_offset_s = 0.25 },
      "  ProSe clock set from CURRENT_TIME, moved by +0.250 s; MAX_OFFSET 5 s" },
    { { .type = PROSE_EVENT_KEY_DELIVERY_SENT, .peer = "engines[2]", .address = 0x0A010003, KEY_3, VALUE(1) },
      "-> engines[2]: MIKEY delivery to 10.1.0.3: PSDK 3 of command, valid from 08:00:00Z to 09:00:00Z" },
    { { .type = PROSE_EVENT_KEY_DELIVERY_SENT, .peer = "engines[2]", KEY_3, VALUE(2), .cause = "deletion" },
      "-> engines[2]: MIKEY delivery: PSDK 3 of command, valid from 08:00:00Z to 09:00:00Z, which deletes it, "
      "attempt 2" },
    { { .type = PROSE_EVENT_KEY_VERIFIED, .peer = "engines[2]", KEY_3, VALUE(1) },
      "<- engines[2]: MIKEY verification: PSDK 3 of command" },
    { { .type = PROSE_EVENT_KEY_VERIFIED, .peer = "engines[2]", KEY_3, VALUE(3), .cause = "deletion" },
      "<- engines[2]: MIKEY verification: PSDK 3 of command, deleted, after attempt 3" },
    { { .type = PROSE_EVENT_KEY_STORED, .peer = "pkmf.east.example", KEY_3 },
      "<- pkmf east: MIKEY delivery: PSDK 3 of command stored" },
    { { .type = PROSE_EVENT_KEY_STORED, KEY_3, .cause = "provisioned" }, "PSDK 3 of command stored, provisioned" },
    { { .type = PROSE_EVENT_PSDK_ALLOCATED, OF_COMMAND, .key_id = 4, .valid_from = 1780300800, .valid_to = 1780387200 },
      "allocates PSDK 4 of command, valid from 08:00:00Z to 2026-06-02T08:00:00Z" },
    { { .type = PROSE_EVENT_SLOT_REFUSED, OF_COMMAND, .cause = "no-key", .has_slot = true, .slot_counter = 7 },
      "sends no group announcement of command this period: no key held for it; counter 7" },
    { { .type = PROSE_EVENT_DISCOVERED, .peer = "engines[2]", OF_COMMAND, VALUE(0.5) },
      "discovers engines[2] in command, 0.500 s after both were on" },
    { { .type = PROSE_EVENT_AUTHORISATION_CHANGED, .peer = "engines[2]", OF_COMMAND, .cause = "revoked" },
      "engines[2] is no longer authorised for command" },
    { { .type = PROSE_EVENT_PSDK_REPLACED, .peer = "engines[2]", KEY_3, .cause = "left", VALUE(3600) },
      "replaces PSDK 3 of command, valid from 08:00:00Z to 09:00:00Z, which engines[2] may hold, having left" },
    { { .type = PROSE_EVENT_PKMF_QUEUE, VALUE(12) }, "12 jobs wait for a worker" },
    { { .type = PROSE_EVENT_PKMF_WORKERS, VALUE(4) }, "4 workers are busy" },
    { { .type = PROSE_EVENT_ROLLOVER, KEY_3, .cause = "revoked", VALUE(4) }, "a new key is to be had from now on, PSDK 3 of command, valid from 08:00:00Z to 09:00:00Z, revoked; 4 UEs lack it" },
    { { .type = PROSE_EVENT_BLACKOUT_BEGAN, OF_COMMAND, VALUE(0) }, "holds no valid key of command" },
    { { .type = PROSE_EVENT_BLACKOUT_ENDED, OF_COMMAND, VALUE(4.5) }, "was without a valid key of command for 4.500 s" },
};

static unsigned told;

static void
emit_told(void)
{
    ProseEvent e = sentences[told].event;

    e.entity = "engines[0]";
    e.resource = -1;
    prose_stream_emit_from(stream, &e, 0);
}

START_TEST(it_says_who_to_whom_and_what_in_the_standard_s_words)
{
    g_auto(Written) w = { 0 };
    g_autofree char *line = g_strdup_printf(PREFIX "%s\n", sentences[_i].says);

    told = (unsigned) _i;
    w = trace("all", NULL, emit_told);
    ck_assert_str_eq(w.lines, line);
}
END_TEST

/* Also of one that says nothing but what it is. */
START_TEST(every_event_has_a_sentence)
{
    g_auto(Written) w = trace("all", NULL, emit_one_of_each);
    g_auto(GStrv) lines = g_strsplit(w.lines, "\n", -1);

    ck_assert_uint_eq(g_strv_length(lines), PROSE_EVENT_N_TYPES + 1);
    for (ProseEventType t = 0; t < PROSE_EVENT_N_TYPES; t++) {
        ck_assert_msg(strlen(lines[t]) > strlen(PREFIX), "%s: %s", prose_event_name(t), lines[t]);
        ck_assert_msg(!strpbrk(lines[t] + strlen(PREFIX), "$[]"), "%s", lines[t]);
    }
}
END_TEST

START_TEST(a_server_s_identity_of_a_ue_is_shown_as_its_name)
{
    g_auto(Written) w = trace("key-verified", NULL, emit_for_all);

    ck_assert_ptr_nonnull(strstr(w.csv, "1,pkmf east,key-verified,,,,,,,engines[1],,,,\n"));
    ck_assert_ptr_null(strstr(w.csv, "impi"));
}
END_TEST

/* ---- choosing ---- */

static unsigned
rows(const char *csv)
{
    unsigned n = 0;

    for (; *csv; csv++)
        n += *csv == '\n';
    return n - 1;
}

static unsigned
types_in(const char *group)
{
    unsigned n = 0;

    for (ProseEventType t = 0; t < PROSE_EVENT_N_TYPES; t++)
        n += strcmp(prose_event_describe(t)->group, group) == 0;
    return n;
}

START_TEST(names_groups_and_all_choose_events)
{
    g_auto(Written) all = trace("all", NULL, emit_one_of_each);
    g_auto(Written) group = { 0 }, mixed = { 0 };

    ck_assert_uint_eq(rows(all.csv), PROSE_EVENT_N_TYPES);
    stream = prose_stream_free(stream);
    stream = prose_stream_new(scenario);
    group = trace("mikey", NULL, emit_one_of_each);
    ck_assert_uint_eq(rows(group.csv), types_in("mikey"));
    stream = prose_stream_free(stream);
    stream = prose_stream_new(scenario);
    mixed = trace("pdn, candidate,candidate", NULL, emit_one_of_each);
    ck_assert_uint_eq(rows(mixed.csv), types_in("pdn") + 1);
}
END_TEST

static const struct { const char *only; unsigned rows; } choices[] = {
    { "engines", 6 }, { "engines[1]", 2 }, { "engines[0..1]", 4 }, { "trucks,engines[2]", 6 }, { "all", 10 },
};

START_TEST(only_the_chosen_ues_and_what_servers_do_for_them_are_traced)
{
    g_auto(Written) w = trace("all", choices[_i].only, emit_for_all);

    ck_assert_msg(rows(w.csv) == choices[_i].rows, "%s: %u rows", choices[_i].only, rows(w.csv));
}
END_TEST

static const struct { const char *list, *only, *says; } mistakes[] = {
    { "key-stord", NULL, "key-stord" },
    { "key-stord", NULL, "groups are all, pdn, tls, pc3, keys, mikey, pc5, coverage, pkmf" },
    { "", NULL, "--trace" },
    { "all,", NULL, "--trace" },
    { "all", "engine", "--trace-only" },
    { "all", "engines[3]", "--trace-only" },
    { "all", "engines[", "--trace-only" },
};

START_TEST(a_mistake_is_refused_and_says_what_is_allowed)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(prose_trace_new(scenario, mistakes[_i].list, mistakes[_i].only, &error));
    ck_assert(g_error_matches(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE));
    ck_assert_msg(strstr(error->message, mistakes[_i].says) != NULL, "%s", error->message);
}
END_TEST

/* ---- cost and failure ---- */

START_TEST(nobody_is_called_for_what_nobody_wants)
{
    g_autoptr(ProseTrace) t = prose_trace_new(scenario, "pdn", NULL, NULL);
    ProseEventReader reader = prose_trace_reader(t);

    ck_assert(!prose_stream_wants(stream, PROSE_EVENT_PDN_OPENED));
    prose_stream_add_reader(stream, &reader);
    ck_assert(prose_stream_wants(stream, PROSE_EVENT_PDN_OPENED));
    ck_assert(!prose_stream_wants(stream, PROSE_EVENT_CANDIDATE));
}
END_TEST

static unsigned failures;

static void
count_failure_cb(void *user)
{
    failures++;
}

START_TEST(a_full_disk_is_reported_once)
{
    g_autoptr(ProseTrace) t = prose_trace_new(scenario, "all", NULL, NULL);
    ProseEventReader reader = prose_trace_reader(t);
    FILE *full = fopen("/dev/full", "w");

    ck_assert_ptr_nonnull(full);
    setvbuf(full, NULL, _IONBF, 0);
    failures = 0;
    prose_stream_add_reader(stream, &reader);
    prose_trace_start(t, full, NULL, count_failure_cb, NULL);
    emit_for_all();
    ck_assert_uint_eq(failures, 1);
    fclose(full);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("trace");
    TCase *tc = tcase_create("trace");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_row_has_the_promised_columns);
    tcase_add_test(tc, what_an_event_has_not_is_empty);
    tcase_add_test(tc, a_comma_or_quote_is_quoted_and_an_unknown_scope_is_spelled_out);
    tcase_add_test(tc, a_line_reads_like_a_sentence);
    tcase_add_test(tc, additional_information_is_called_by_its_name);
    tcase_add_loop_test(tc, it_says_who_to_whom_and_what_in_the_standard_s_words, 0, G_N_ELEMENTS(sentences));
    tcase_add_test(tc, every_event_has_a_sentence);
    tcase_add_test(tc, a_server_s_identity_of_a_ue_is_shown_as_its_name);
    tcase_add_test(tc, names_groups_and_all_choose_events);
    tcase_add_loop_test(tc, only_the_chosen_ues_and_what_servers_do_for_them_are_traced, 0, G_N_ELEMENTS(choices));
    tcase_add_loop_test(tc, a_mistake_is_refused_and_says_what_is_allowed, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(tc, nobody_is_called_for_what_nobody_wants);
    tcase_add_test(tc, a_full_disk_is_reported_once);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
