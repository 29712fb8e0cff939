/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration exchange with the ProSe Function: round trips, every rule broken once, xmllint as another reader. */
#include "prose-error.h"
#include "prose-pc3-message.h"

#include "prose-test.h"

#include <glib/gstdio.h>
#include <string.h>

#define NS "urn:3GPP:ns:ProSe:Discovery:2014"
#define IN_ROOT(x) "<prose-discovery-message xmlns=\"" NS "\">" x "</prose-discovery-message>"
#define REQ(x) IN_ROOT("<PKMF_ADDRESS_REQUEST>" x "</PKMF_ADDRESS_REQUEST>")
#define RESP(x) IN_ROOT("<PKMF_ADDRESS_RESPONSE>" x "</PKMF_ADDRESS_RESPONSE>")
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define ID "<transaction-ID>7</transaction-ID>"
#define RSC "<RelayServiceCode>00a1b2</RelayServiceCode>"
#define DGID "<DiscoveryGroupId>00a1b2</DiscoveryGroupId>"
#define GROUP "<GroupId>00a1b2</GroupId>"
#define ASK(x) "<PKMFAddressReq>" x "</PKMFAddressReq>"
#define TELL(x) "<PKMFAddressResp>" x "</PKMFAddressResp>"
#define ADDRESS(x) "<PKMFAddress>" x "</PKMFAddress>"
#define CODE(x) "<ErrorCode>" x "</ErrorCode>"
#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy"

static ProsePc3Schema *schema;

static void
set_up(void)
{
    schema = prose_pc3_schema_new();
    ck_assert_ptr_nonnull(schema);
}

static void
tear_down(void)
{
    schema = prose_pc3_schema_free(schema);
}

static int
decode_request(ProsePc3Request *ret, const void *octets, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(octets, len);

    return prose_pc3_request_decode(ret, schema, copy, len);
}

static int
decode_response(ProsePc3Response *ret, const void *octets, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(octets, len);

    return prose_pc3_response_decode(ret, schema, copy, len);
}

/* ---- samples ---- */

#define RELAY { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 }
#define KEY_GROUP { PROSE_KEY_TYPE_PGK, 0x00a1b2 }
#define DISCOVERY_GROUP { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 }

static void
sample_request(ProsePc3Request *ret)
{
    *ret = (ProsePc3Request) {
        .transaction_id = 7,
        .scopes = { RELAY, KEY_GROUP, DISCOVERY_GROUP },
        .n_scopes = 3,
    };
}

static const char sample_request_text[] = DECLARATION REQ(ID ASK(RSC) ASK(GROUP) ASK(DGID)) "\n";

static void
sample_response(ProsePc3Response *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->transaction_id = 7;
    ret->entries[0] = (ProsePc3Entry) { .scope = RELAY, .known = true, .pkmf_fqdn = "pkmf.example.org" };
    ret->entries[1] = (ProsePc3Entry) { .scope = KEY_GROUP, .status = PROSE_STATUS_NOT_AUTHORISED };
    ret->entries[2] = (ProsePc3Entry) { .scope = DISCOVERY_GROUP, .known = true, .pkmf_fqdn = NAME_253 };
    ret->n_entries = 3;
}

static const char sample_response_text[] =
    DECLARATION RESP(ID TELL(RSC ADDRESS("pkmf.example.org")) TELL(GROUP CODE("1")) TELL(DGID ADDRESS(NAME_253))) "\n";

static void
assert_requests_equal(const ProsePc3Request *a, const ProsePc3Request *b)
{
    ck_assert_uint_eq(a->transaction_id, b->transaction_id);
    ck_assert_uint_eq(a->n_scopes, b->n_scopes);
    for (size_t i = 0; i < a->n_scopes; i++)
        ck_assert(prose_key_scope_equal(a->scopes[i], b->scopes[i]));
}

static void
assert_responses_equal(const ProsePc3Response *a, const ProsePc3Response *b)
{
    ck_assert_uint_eq(a->transaction_id, b->transaction_id);
    ck_assert_uint_eq(a->n_entries, b->n_entries);
    for (size_t i = 0; i < a->n_entries; i++) {
        ck_assert(prose_key_scope_equal(a->entries[i].scope, b->entries[i].scope));
        ck_assert_int_eq(a->entries[i].known, b->entries[i].known);
        ck_assert_uint_eq(a->entries[i].status, b->entries[i].status);
        ck_assert_str_eq(a->entries[i].pkmf_fqdn, b->entries[i].pkmf_fqdn);
    }
}

START_TEST(a_request_is_written_as_the_schema_wants_and_reads_back)
{
    ProsePc3Request request, back;
    uint8_t octets[4096];
    ptrdiff_t len;

    sample_request(&request);
    len = prose_pc3_request_encode(octets, sizeof octets, &request);
    ck_assert_int_eq(len, (ptrdiff_t) strlen(sample_request_text));
    ck_assert_mem_eq(octets, sample_request_text, (size_t) len);
    ck_assert_int_eq(decode_request(&back, octets, (size_t) len), 0);
    assert_requests_equal(&request, &back);
}
END_TEST

START_TEST(a_response_is_written_as_the_schema_wants_and_reads_back)
{
    ProsePc3Response response, back;
    uint8_t octets[4096];
    ptrdiff_t len;

    sample_response(&response);
    len = prose_pc3_response_encode(octets, sizeof octets, &response);
    ck_assert_int_eq(len, (ptrdiff_t) strlen(sample_response_text));
    ck_assert_mem_eq(octets, sample_response_text, (size_t) len);
    ck_assert_int_eq(decode_response(&back, octets, (size_t) len), 0);
    assert_responses_equal(&response, &back);
}
END_TEST

/* 64 discoveries and 64 groups; the longest names. */
START_TEST(the_fullest_messages_fit_and_read_back)
{
    ProsePc3Request request = { .transaction_id = 0 }, request_back;
    g_autofree ProsePc3Response *response = g_new0(ProsePc3Response, 1), *response_back = g_new(ProsePc3Response, 1);
    g_autofree uint8_t *octets = g_malloc(PROSE_KEY_MESSAGE_MAX);
    ptrdiff_t len;

    for (uint32_t i = 0; i < PROSE_KEY_SCOPES_MAX; i++) {
        static const uint8_t types[] = {
            PROSE_KEY_TYPE_PGK, PROSE_KEY_TYPE_PSDK_RELAY, PROSE_KEY_TYPE_PGK, PROSE_KEY_TYPE_PSDK_GROUP
        };

        request.scopes[request.n_scopes++] = (ProseKeyScope) { types[i % 4], PROSE_ID24_MAX - i };
        response->entries[i] = (ProsePc3Entry) { .scope = request.scopes[i], .known = true, .pkmf_fqdn = NAME_253 };
        response->n_entries++;
    }
    len = prose_pc3_request_encode(octets, PROSE_KEY_MESSAGE_MAX, &request);
    ck_assert_int_eq(decode_request(&request_back, octets, (size_t) len), 0);
    assert_requests_equal(&request, &request_back);
    len = prose_pc3_response_encode(octets, PROSE_KEY_MESSAGE_MAX, response);
    ck_assert_int_eq(decode_response(response_back, octets, (size_t) len), 0);
    assert_responses_equal(response, response_back);
}
END_TEST

START_TEST(every_shorter_prefix_is_refused)
{
    ProsePc3Request request, untouched_request;
    ProsePc3Response response, untouched_response;

    memset(&request, 0xa5, sizeof request);
    memset(&response, 0xa5, sizeof response);
    untouched_request = request;
    untouched_response = response;
    for (size_t len = 0; len < strlen(sample_request_text) - 1; len++)
        ck_assert_int_eq(decode_request(&request, sample_request_text, len), PROSE_ERR_MALFORMED);
    for (size_t len = 0; len < strlen(sample_response_text) - 1; len++)
        ck_assert_int_eq(decode_response(&response, sample_response_text, len), PROSE_ERR_MALFORMED);
    ck_assert_mem_eq(&request, &untouched_request, sizeof request);
    ck_assert_mem_eq(&response, &untouched_response, sizeof response);
}
END_TEST

START_TEST(a_flipped_bit_never_crashes_and_what_still_reads_writes_again)
{
    uint8_t octets[sizeof sample_response_text], again[8192];
    unsigned still_read = 0;

    for (size_t at = 0; at < sizeof sample_response_text - 1; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            ProsePc3Response response;

            memcpy(octets, sample_response_text, sizeof sample_response_text - 1);
            octets[at] ^= (uint8_t) (1u << bit);
            if (decode_response(&response, octets, sizeof sample_response_text - 1) == 0) {
                ptrdiff_t len = prose_pc3_response_encode(again, sizeof again, &response);

                still_read++;
                ck_assert(len > 0 || len == PROSE_ERR_INVALID);    /* the reserved status reads, but is not written */
            }
        }
    }
    for (size_t at = 0; at < sizeof sample_request_text - 1; at++) {
        ProsePc3Request request;

        memcpy(octets, sample_request_text, sizeof sample_request_text - 1);
        octets[at] ^= (uint8_t) (1u << (at % 8));
        if (decode_request(&request, octets, sizeof sample_request_text - 1) == 0)
            ck_assert_int_gt(prose_pc3_request_encode(again, sizeof again, &request), 0);
    }
    ck_assert_uint_gt(still_read, 0);
}
END_TEST

/* ---- documents of others ---- */

/* @xmllint: what the schema alone says; -1: xmllint takes what we refuse to parse. */
typedef struct Document {
    const char *name, *text;
    int want;
    int xmllint;
} Document;

static const Document requests[] = {
    { "nothing but the ID", REQ(ID), 0, 1 },
    { "upper-case hexadecimal", REQ(ID ASK("<GroupId>00A1B2</GroupId>")), 0, 1 },
    { "equal numbers of three kinds", REQ(ID ASK(RSC) ASK(DGID) ASK(GROUP)), 0, 1 },
    { "unknown elements in and behind anyExt", REQ(ID "<anyExt><x/></anyExt><y/>"), 0, 1 },
    { "text", "hello", PROSE_ERR_MALFORMED, 0 },
    { "a DTD", "<!DOCTYPE a>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "a processing instruction", REQ(ID "<?go now?>"), PROSE_ERR_MALFORMED, -1 },
    { "an empty root", IN_ROOT(""), PROSE_ERR_SCHEMA, 0 },
    { "another root", "<other xmlns=\"" NS "\"/>", PROSE_ERR_SCHEMA, 0 },
    { "the key message's namespace",
      "<prose-discovery-message xmlns='urn:3GPP:ns:ProSe:KeyManagement:2016'><PKMF_ADDRESS_REQUEST>" ID
      "</PKMF_ADDRESS_REQUEST></prose-discovery-message>", PROSE_ERR_SCHEMA, 0 },
    { "the other message", RESP(ID), PROSE_ERR_SCHEMA, 1 },
    { "a message of another kind", IN_ROOT("<DISCOVERY_REQUEST>" ID "</DISCOVERY_REQUEST>"), PROSE_ERR_SCHEMA, 0 },
    { "no transaction ID", REQ(ASK(RSC)), PROSE_ERR_SCHEMA, 0 },
    { "transaction ID 256", REQ("<transaction-ID>256</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "an empty question", REQ(ID ASK("")), PROSE_ERR_SCHEMA, 0 },
    { "a question of two", REQ(ID ASK(RSC DGID)), PROSE_ERR_SCHEMA, 0 },
    { "an ID of two octets", REQ(ID ASK("<GroupId>a1b2</GroupId>")), PROSE_ERR_SCHEMA, 0 },
    { "an answer in a request", REQ(ID TELL(RSC CODE("1"))), PROSE_ERR_SCHEMA, 0 },
    { "an unknown element without anyExt", REQ(ID "<x/>"), PROSE_ERR_SCHEMA, 0 },
    { "one of ours behind anyExt", REQ(ID "<anyExt/>" ASK(RSC)), PROSE_ERR_SCHEMA, 1 },
    { "asked twice", REQ(ID ASK(RSC) ASK(RSC)), PROSE_ERR_DUPLICATE, 1 },
};

static const Document responses[] = {
    { "nothing but the ID", RESP(ID), 0, 1 },
    { "white space round a name", RESP(ID TELL(RSC ADDRESS(" \n pkmf.example.org \n"))), 0, 1 },
    { "a name of one label", RESP(ID TELL(RSC ADDRESS("pkmf"))), 0, 1 },
    { "digits and hyphens", RESP(ID TELL(RSC ADDRESS("1.PKMF-2.example--x.org"))), 0, 1 },
    { "an unknown code", RESP(ID TELL(RSC CODE("255"))), 0, 1 },
    { "text", "hello", PROSE_ERR_MALFORMED, 0 },
    { "the other message", REQ(ID), PROSE_ERR_SCHEMA, 1 },
    { "neither address nor code", RESP(ID TELL(RSC)), PROSE_ERR_SCHEMA, 0 },
    { "both", RESP(ID TELL(RSC ADDRESS("a") CODE("1"))), PROSE_ERR_SCHEMA, 0 },
    { "an address without a discovery", RESP(ID TELL(ADDRESS("a"))), PROSE_ERR_SCHEMA, 0 },
    { "an empty address", RESP(ID TELL(RSC ADDRESS(""))), PROSE_ERR_SCHEMA, 0 },
    { "code 256", RESP(ID TELL(RSC CODE("256"))), PROSE_ERR_SCHEMA, 0 },
    { "a name of 254", RESP(ID TELL(RSC ADDRESS(NAME_253 "z"))), PROSE_ERR_SCHEMA, 0 },
    { "one of ours behind anyExt", RESP(ID "<anyExt/>" TELL(RSC CODE("1"))), PROSE_ERR_SCHEMA, 1 },
    { "a label of 64", RESP(ID TELL(RSC ADDRESS(LABEL_63 "x.org"))), PROSE_ERR_INVALID, 1 },
    { "an empty label", RESP(ID TELL(RSC ADDRESS("pkmf..org"))), PROSE_ERR_INVALID, 1 },
    { "a dot at the end", RESP(ID TELL(RSC ADDRESS("pkmf.org."))), PROSE_ERR_INVALID, 1 },
    { "a dot in front", RESP(ID TELL(RSC ADDRESS(".org"))), PROSE_ERR_INVALID, 1 },
    { "a hyphen in front", RESP(ID TELL(RSC ADDRESS("-pkmf.org"))), PROSE_ERR_INVALID, 1 },
    { "a hyphen at the end", RESP(ID TELL(RSC ADDRESS("pkmf-.org"))), PROSE_ERR_INVALID, 1 },
    { "a blank inside", RESP(ID TELL(RSC ADDRESS("pkmf org"))), PROSE_ERR_INVALID, 1 },
    { "a line that HTTP would read", RESP(ID TELL(RSC ADDRESS("pkmf.org&#13;&#10;X-Evil: 1"))), PROSE_ERR_INVALID, 1 },
    { "a port", RESP(ID TELL(RSC ADDRESS("pkmf.org:443"))), PROSE_ERR_INVALID, 1 },
    { "letters beyond ASCII", RESP(ID TELL(RSC ADDRESS("b\xc3\xbcro.org"))), PROSE_ERR_INVALID, 1 },
    { "answered twice", RESP(ID TELL(RSC ADDRESS("a")) TELL(RSC CODE("1"))), PROSE_ERR_DUPLICATE, 1 },
};

START_TEST(others_requests_are_taken_or_refused_with_their_reason)
{
    ProsePc3Request request;
    int got = decode_request(&request, requests[_i].text, strlen(requests[_i].text));

    ck_assert_msg(got == requests[_i].want, "%s: %d", requests[_i].name, got);
}
END_TEST

START_TEST(others_responses_are_taken_or_refused_with_their_reason)
{
    ProsePc3Response response;
    int got = decode_response(&response, responses[_i].text, strlen(responses[_i].text));

    ck_assert_msg(got == responses[_i].want, "%s: %d", responses[_i].name, got);
}
END_TEST

START_TEST(discoveries_and_groups_have_their_limits)
{
    static const char *const kinds[] = { "RelayServiceCode", "DiscoveryGroupId", "GroupId" };
    ProsePc3Request request;
    ProsePc3Response response;

    for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        for (unsigned n = 64; n <= 65; n++) {
            g_autoptr(GString) asked = g_string_new("<prose-discovery-message xmlns=\"" NS "\"><PKMF_ADDRESS_REQUEST>" ID);
            g_autoptr(GString) told = g_string_new("<prose-discovery-message xmlns=\"" NS "\"><PKMF_ADDRESS_RESPONSE>" ID);

            for (unsigned i = 0; i < n; i++) {
                g_string_append_printf(asked, ASK("<%s>%06x</%s>"), kinds[kind], i, kinds[kind]);
                g_string_append_printf(told, TELL("<%s>%06x</%s>" CODE("2")), kinds[kind], i, kinds[kind]);
            }
            g_string_append(asked, "</PKMF_ADDRESS_REQUEST></prose-discovery-message>");
            g_string_append(told, "</PKMF_ADDRESS_RESPONSE></prose-discovery-message>");
            ck_assert_int_eq(decode_request(&request, asked->str, asked->len), n == 64 ? 0 : PROSE_ERR_LIMIT);
            ck_assert_int_eq(decode_response(&response, told->str, told->len), n == 64 ? 0 : PROSE_ERR_LIMIT);
        }
    }
}
END_TEST

START_TEST(a_document_has_64_kib)
{
    ProsePc3Request request;
    g_autofree char *text = g_strnfill(PROSE_KEY_MESSAGE_MAX + 1, ' ');

    memcpy(text, REQ(ID), strlen(REQ(ID)));
    ck_assert_int_eq(decode_request(&request, text, PROSE_KEY_MESSAGE_MAX), 0);
    ck_assert_int_eq(decode_request(&request, text, PROSE_KEY_MESSAGE_MAX + 1), PROSE_ERR_LIMIT);
}
END_TEST

/* ---- what we do not write ---- */

START_TEST(a_message_that_breaks_a_rule_is_not_written)
{
    ProsePc3Request request;
    ProsePc3Response response;
    uint8_t octets[8192];

    sample_request(&request);
    request.scopes[1] = request.scopes[0];
    ck_assert_int_eq(prose_pc3_request_encode(octets, sizeof octets, &request), PROSE_ERR_INVALID);
    sample_request(&request);
    request.scopes[1].id = PROSE_ID24_MAX + 1;
    ck_assert_int_eq(prose_pc3_request_encode(octets, sizeof octets, &request), PROSE_ERR_INVALID);
    sample_request(&request);
    request.n_scopes = PROSE_KEY_SCOPES_MAX + 1;
    ck_assert_int_eq(prose_pc3_request_encode(octets, sizeof octets, &request), PROSE_ERR_INVALID);

    sample_response(&response);
    strcpy(response.entries[0].pkmf_fqdn, "<evil/>");
    ck_assert_int_eq(prose_pc3_response_encode(octets, sizeof octets, &response), PROSE_ERR_INVALID);
    sample_response(&response);
    response.entries[1].status = 0;
    ck_assert_int_eq(prose_pc3_response_encode(octets, sizeof octets, &response), PROSE_ERR_INVALID);
    sample_response(&response);
    response.entries[1].status = 256;
    ck_assert_int_eq(prose_pc3_response_encode(octets, sizeof octets, &response), PROSE_ERR_INVALID);
    sample_response(&response);
    response.entries[1].scope = response.entries[0].scope;
    ck_assert_int_eq(prose_pc3_response_encode(octets, sizeof octets, &response), PROSE_ERR_INVALID);
    sample_response(&response);
    response.n_entries = PROSE_KEY_SCOPES_MAX + 1;
    ck_assert_int_eq(prose_pc3_response_encode(octets, sizeof octets, &response), PROSE_ERR_INVALID);
}
END_TEST

START_TEST(a_buffer_too_small_is_refused)
{
    ProsePc3Request request;
    ProsePc3Response response;

    sample_request(&request);
    sample_response(&response);
    for (size_t size = 0; size < strlen(sample_request_text); size++) {
        g_autofree uint8_t *octets = g_malloc(size + 1);

        ck_assert_int_eq(prose_pc3_request_encode(octets, size, &request), PROSE_ERR_NOBUF);
    }
    for (size_t size = 0; size < strlen(sample_response_text); size++) {
        g_autofree uint8_t *octets = g_malloc(size + 1);

        ck_assert_int_eq(prose_pc3_response_encode(octets, size, &response), PROSE_ERR_NOBUF);
    }
}
END_TEST

/* ---- an independent reader ---- */

static bool
xmllint_takes(const char *program, const char *octets)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "prose-pc3-message-XXXXXX", NULL);
    g_autofree char *xsd = g_build_filename(TEST_PROJECT_DIR, "model", "prose-pc3-message.xsd", NULL);
    const char *argv[] = { program, "--noout", "--nonet", "--schema", xsd, path, NULL };
    int file = g_mkstemp(path), status;

    ck_assert_int_ge(file, 0);
    g_close(file, NULL);
    ck_assert(g_file_set_contents(path, octets, -1, NULL));
    ck_assert(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, NULL));
    g_unlink(path);
    return g_spawn_check_wait_status(status, NULL);
}

START_TEST(xmllint_agrees)
{
    g_autofree char *program = g_find_program_in_path("xmllint");

    if (!program)
        return;
    ck_assert(xmllint_takes(program, sample_request_text));        /* what we write, octet for octet */
    ck_assert(xmllint_takes(program, sample_response_text));
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        if (requests[i].xmllint >= 0)
            ck_assert_msg(xmllint_takes(program, requests[i].text) == requests[i].xmllint, "request: %s", requests[i].name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++) {
        if (responses[i].xmllint >= 0)
            ck_assert_msg(xmllint_takes(program, responses[i].text) == responses[i].xmllint, "response: %s",
                          responses[i].name);
    }
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("pc3-message");
    TCase *tc = tcase_create("messages");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, a_request_is_written_as_the_schema_wants_and_reads_back);
    tcase_add_test(tc, a_response_is_written_as_the_schema_wants_and_reads_back);
    tcase_add_test(tc, the_fullest_messages_fit_and_read_back);
    tcase_add_test(tc, every_shorter_prefix_is_refused);
    tcase_add_test(tc, a_flipped_bit_never_crashes_and_what_still_reads_writes_again);
    tcase_add_loop_test(tc, others_requests_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(requests));
    tcase_add_loop_test(tc, others_responses_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(responses));
    tcase_add_test(tc, discoveries_and_groups_have_their_limits);
    tcase_add_test(tc, a_document_has_64_kib);
    tcase_add_test(tc, a_message_that_breaks_a_rule_is_not_written);
    tcase_add_test(tc, a_buffer_too_small_is_refused);
    tcase_add_test(tc, xmllint_agrees);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
