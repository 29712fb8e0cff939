/* SPDX-License-Identifier: GPL-2.0-only */
/* KEY_REQUEST and KEY_RESPONSE: what is written reads back, limits, what is not written, where the PMK does not stay. */
#include <libxml/xmlmemory.h>
#include <malloc.h>

#include "key-message-samples.h"

static void
assert_requests_equal(const ProseKeyRequest *a, const ProseKeyRequest *b)
{
    ck_assert_uint_eq(a->transaction_id, b->transaction_id);
    ck_assert_int_eq(a->has_algorithms, b->has_algorithms);
    ck_assert_uint_eq(a->algorithms, b->algorithms);
    ck_assert_int_eq(a->has_capabilities, b->has_capabilities);
    ck_assert_uint_eq(a->capabilities, b->capabilities);
    ck_assert_uint_eq(a->n_wants, b->n_wants);
    for (size_t i = 0; i < a->n_wants; i++) {
        ck_assert(prose_key_scope_equal(a->wants[i].scope, b->wants[i].scope));
        ck_assert_uint_eq(a->wants[i].n_key_ids, b->wants[i].n_key_ids);
        ck_assert_mem_eq(a->wants[i].key_ids, b->wants[i].key_ids, PROSE_KEY_IDS_MAX);
    }
    ck_assert_uint_eq(a->n_stops, b->n_stops);
    for (size_t i = 0; i < a->n_stops; i++)
        ck_assert(prose_key_scope_equal(a->stops[i], b->stops[i]));
}

static void
assert_responses_equal(const ProseKeyResponse *a, const ProseKeyResponse *b)
{
    ck_assert_uint_eq(a->transaction_id, b->transaction_id);
    ck_assert_int_eq(a->has_current_time, b->has_current_time);
    ck_assert_int_eq(a->current_time, b->current_time);
    ck_assert_int_eq(a->has_max_offset, b->has_max_offset);
    ck_assert_uint_eq(a->max_offset, b->max_offset);
    ck_assert_int_eq(a->has_pmk, b->has_pmk);
    ck_assert_mem_eq(a->pmk_id, b->pmk_id, PROSE_PMK_ID_LEN);
    ck_assert_mem_eq(a->pmk, b->pmk, PROSE_KEY_LEN);
    ck_assert_uint_eq(a->n_answers, b->n_answers);
    for (size_t i = 0; i < a->n_answers; i++) {
        const ProseKeyAnswer *x = &a->answers[i], *y = &b->answers[i];

        ck_assert(prose_key_scope_equal(x->scope, y->scope));
        ck_assert_int_eq(x->supplied, y->supplied);
        ck_assert_uint_eq(x->status, y->status);
        ck_assert_uint_eq(x->key_type_id, y->key_type_id);
        ck_assert_int_eq(x->meta.scrambling, y->meta.scrambling);
        ck_assert_int_eq(x->meta.confidentiality, y->meta.confidentiality);
        ck_assert_int_eq(x->meta.mic, y->meta.mic);
        ck_assert_mem_eq(x->meta.encrypted_bits_mask, y->meta.encrypted_bits_mask, PROSE_CONTENT_LEN);
        ck_assert_uint_eq(x->group_member_id, y->group_member_id);
        ck_assert_uint_eq(x->algorithm, y->algorithm);
    }
}

/* ---- round trips ---- */

/* REQ-66422-11, REQ-66422-13 */
START_TEST(a_request_is_written_as_the_schema_wants_and_reads_back)
{
    ProseKeyRequest request, back;
    uint8_t octets[4096];
    ptrdiff_t len;

    sample_request(&request);
    len = prose_key_request_encode(octets, sizeof octets, &request);
    ck_assert_int_eq(len, (ptrdiff_t) strlen(sample_request_text));
    ck_assert_mem_eq(octets, sample_request_text, (size_t) len);
    ck_assert_int_eq(decode_request(&back, octets, (size_t) len), 0);
    assert_requests_equal(&request, &back);
}
END_TEST

/* REQ-66422-22 */
START_TEST(a_response_is_written_as_the_schema_wants_and_reads_back)
{
    ProseKeyResponse response, back;
    uint8_t octets[4096];
    ptrdiff_t len;

    sample_response(&response);
    len = prose_key_response_encode(octets, sizeof octets, &response);
    ck_assert_int_eq(len, (ptrdiff_t) strlen(sample_response_text));
    ck_assert_mem_eq(octets, sample_response_text, (size_t) len);
    ck_assert_int_eq(decode_response(&back, octets, (size_t) len), 0);
    assert_responses_equal(&response, &back);
}
END_TEST

/* REQ-66422-11 */
START_TEST(empty_messages_read_back)
{
    ProseKeyRequest request = { .transaction_id = 0 }, request_back;
    ProseKeyResponse response = { .transaction_id = 1 }, response_back;
    uint8_t octets[512];
    ptrdiff_t len = prose_key_request_encode(octets, sizeof octets, &request);

    ck_assert_int_eq(decode_request(&request_back, octets, (size_t) len), 0);
    assert_requests_equal(&request, &request_back);
    len = prose_key_response_encode(octets, sizeof octets, &response);
    ck_assert_int_eq(decode_response(&response_back, octets, (size_t) len), 0);
    assert_responses_equal(&response, &response_back);
}
END_TEST

/* REQ-66422-11 */
START_TEST(the_fullest_messages_fit_and_read_back)
{
    g_autofree ProseKeyRequest *request = g_new(ProseKeyRequest, 1), *back = g_new(ProseKeyRequest, 1);
    g_autofree ProseKeyResponse *response = g_new0(ProseKeyResponse, 1), *response_back = g_new(ProseKeyResponse, 1);
    g_autofree uint8_t *octets = g_malloc(PROSE_KEY_MESSAGE_MAX);
    ptrdiff_t len;

    fullest_request(request);
    len = prose_key_request_encode(octets, PROSE_KEY_MESSAGE_MAX, request);
    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(decode_request(back, octets, (size_t) len), 0);
    assert_requests_equal(request, back);

    sample_response(response);
    response->n_answers = 0;
    for (size_t i = 0; i < PROSE_KEY_SCOPES_MAX; i++) {
        ProseKeyAnswer *answer = &response->answers[response->n_answers++];

        *answer = (ProseKeyAnswer) { .scope = request->wants[i].scope, .supplied = true };
        if (i >= 64)
            answer->meta.confidentiality = true;
    }
    len = prose_key_response_encode(octets, PROSE_KEY_MESSAGE_MAX, response);
    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(decode_response(response_back, octets, (size_t) len), 0);
    assert_responses_equal(response, response_back);
}
END_TEST

/* REQ-66422-22: every combination. */
/* REQ-66422-22, REQ-66422-30 */
START_TEST(every_combination_of_meta_data_reads_back)
{
    ProseKeyResponse response, back;
    uint8_t octets[4096];
    ptrdiff_t len;

    sample_response(&response);
    response.answers[2].meta = (ProseSecurityMetadata) { .scrambling = _i & 1, .confidentiality = _i & 2, .mic = _i & 4 };
    memset(response.answers[2].meta.encrypted_bits_mask, _i & 2 ? 0x5a : 0, PROSE_CONTENT_LEN);
    len = prose_key_response_encode(octets, sizeof octets, &response);
    ck_assert_int_eq(decode_response(&back, octets, (size_t) len), 0);
    assert_responses_equal(&response, &back);
}
END_TEST

/* Groups and refusals may stand anywhere in the structure; the document has them in the schema's order. */
START_TEST(any_order_in_memory_is_the_schemas_order_on_the_wire)
{
    ProseKeyRequest request, back;
    uint8_t octets[4096];
    ptrdiff_t len;

    sample_request(&request);
    request.wants[3] = request.wants[0];
    memmove(request.wants, request.wants + 1, 3 * sizeof request.wants[0]);
    request.stops[2] = request.stops[0];
    memmove(request.stops, request.stops + 1, 2 * sizeof request.stops[0]);
    len = prose_key_request_encode(octets, sizeof octets, &request);
    ck_assert_int_eq(len, (ptrdiff_t) strlen(sample_request_text));
    ck_assert_mem_eq(octets, sample_request_text, (size_t) len);
    ck_assert_int_eq(decode_request(&back, octets, (size_t) len), 0);
}
END_TEST

START_TEST(every_shorter_prefix_is_refused)
{
    ProseKeyRequest request, untouched_request;
    ProseKeyResponse response, untouched_response;

    memset(&request, 0xa5, sizeof request);
    memset(&response, 0xa5, sizeof response);
    untouched_request = request;
    untouched_response = response;
    /* The last octet is a newline behind the root, which may be missing. */
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

    for (size_t at = 0; at < sizeof sample_request_text - 1; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            ProseKeyRequest request;

            memcpy(octets, sample_request_text, sizeof sample_request_text - 1);
            octets[at] ^= (uint8_t) (1u << bit);
            if (decode_request(&request, octets, sizeof sample_request_text - 1) == 0) {
                still_read++;
                ck_assert_int_gt(prose_key_request_encode(again, sizeof again, &request), 0);
            }
        }
    }
    for (size_t at = (size_t) _i; at < sizeof sample_response_text - 1; at += 4) {
        for (unsigned bit = 0; bit < 8; bit++) {
            ProseKeyResponse response;

            memcpy(octets, sample_response_text, sizeof sample_response_text - 1);
            octets[at] ^= (uint8_t) (1u << bit);
            if (decode_response(&response, octets, sizeof sample_response_text - 1) == 0) {
                ptrdiff_t len = prose_key_response_encode(again, sizeof again, &response);

                still_read++;
                ck_assert(len > 0 || len == PROSE_ERR_INVALID);    /* the reserved status reads, but is not written */
            }
        }
    }
    ck_assert_uint_gt(still_read, 0);
}
END_TEST

/* ---- limits ---- */

static GString *
list_of(const char *before, const char *item_with_id, unsigned n, const char *after)
{
    GString *text = g_string_new(before);

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *item = g_strdup(item_with_id);
        char *id = strstr(item, "IIIIII");
        char hex[7];

        g_snprintf(hex, sizeof hex, "%06x", i + 1);
        memcpy(id, hex, 6);
        g_string_append(text, item);
    }
    g_string_append(text, after);
    return text;
}

/* REQ-66422-11 */
START_TEST(lists_have_limits_told_apart_from_other_mistakes)
{
    static const char open_request[] = "<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>" ID ALG CAP;
    static const char open_response[] = "<prose-key-message xmlns=\"" NS "\"><KEY_RESPONSE>" ID TIME;
    static const struct { bool is_response; const char *item; } lists[] = {
        { false, WANT("<RelayServiceCode>IIIIII</RelayServiceCode>" KEY("00")) },
        { false, STOP("<DiscoveryGroupId>IIIIII</DiscoveryGroupId>") },
        { false, "<GroupKeyReq><GroupId>IIIIII</GroupId>" PGK("00") "</GroupKeyReq>" },
        { false, "<GroupKeyStop><GroupId>IIIIII</GroupId></GroupKeyStop>" },
        { true,
          "<GroupKeyResp><GroupId>IIIIII</GroupId>" MEMBER "<AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>" },
        { true, "<GroupNotSupported><GroupId>IIIIII</GroupId>" CODE("1") "</GroupNotSupported>" },
        { true, "<DiscKeyResp><RelayServiceCode>IIIIII</RelayServiceCode><KeyTypeId>01</KeyTypeId>" META(FLAGS("true",
          "false", "true")) "</DiscKeyResp>" },
        { true, NOT_SUPPLIED("<RelayServiceCode>IIIIII</RelayServiceCode>" CODE("1")) },
    };
    ProseKeyRequest request;
    ProseKeyResponse response;

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (unsigned n = 64; n <= 65; n++) {
            bool is_response = lists[i].is_response;
            g_autoptr(GString) text = list_of(is_response ? open_response : open_request, lists[i].item, n,
                                              is_response ? "</KEY_RESPONSE></prose-key-message>"
                                                          : "</KEY_REQUEST></prose-key-message>");
            int got = is_response ? decode_response(&response, text->str, text->len)
                                  : decode_request(&request, text->str, text->len);

            ck_assert_msg(got == (n == 64 ? 0 : PROSE_ERR_LIMIT), "list %zu of %u: %d", i, n, got);
        }
    }
}
END_TEST

START_TEST(wants_and_stops_share_one_limit)
{
    g_autoptr(GString) text = list_of("<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>" ID CAP,
                                      WANT("<RelayServiceCode>IIIIII</RelayServiceCode>" KEY("00")), 64,
                                      STOP(DGID) "</KEY_REQUEST></prose-key-message>");
    ProseKeyRequest request;

    ck_assert_int_eq(decode_request(&request, text->str, text->len), PROSE_ERR_LIMIT);
}
END_TEST

/* REQ-66422-12 */
START_TEST(nine_key_ids_are_too_many)
{
    ProseKeyRequest request;

    for (unsigned n = 8; n <= 9; n++) {
        g_autoptr(GString) text = g_string_new("<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>");

        g_string_append(text, ID CAP "<DiscKeyReq>" RSC);
        for (unsigned i = 1; i <= n; i++)
            g_string_append_printf(text, "<PSDKId>%02x</PSDKId>", i);
        g_string_append(text, "</DiscKeyReq></KEY_REQUEST></prose-key-message>");
        ck_assert_int_eq(decode_request(&request, text->str, text->len), n == 8 ? 0 : PROSE_ERR_LIMIT);
    }
}
END_TEST

START_TEST(a_document_has_64_kib)
{
    ProseKeyRequest request;
    g_autofree char *text = g_strnfill(PROSE_KEY_MESSAGE_MAX + 1, ' ');

    memcpy(text, REQ(ID), strlen(REQ(ID)));
    ck_assert_int_eq(decode_request(&request, text, PROSE_KEY_MESSAGE_MAX), 0);
    ck_assert_int_eq(decode_request(&request, text, PROSE_KEY_MESSAGE_MAX + 1), PROSE_ERR_LIMIT);
}
END_TEST

/* ---- what we do not write ---- */

static void break_ids_zero(ProseKeyRequest *r) { r->wants[1].key_ids[1] = 0; }
static void break_ids_twice(ProseKeyRequest *r) { r->wants[1].key_ids[1] = 3; }
static void break_no_ids(ProseKeyRequest *r) { r->wants[1].n_key_ids = 0; }
static void break_many_ids(ProseKeyRequest *r) { r->wants[1].n_key_ids = 9; }
static void break_twice(ProseKeyRequest *r) { r->wants[2].scope = r->wants[1].scope; }
static void break_want_and_stop(ProseKeyRequest *r) { r->stops[1] = r->wants[1].scope; }
static void break_type(ProseKeyRequest *r) { r->stops[1].type = 3; }
static void break_id(ProseKeyRequest *r) { r->wants[1].scope.id = 0x1000000; }
static void break_capabilities(ProseKeyRequest *r) { r->has_capabilities = false; }
static void break_spare(ProseKeyRequest *r) { r->capabilities = 2; }
static void break_algorithms(ProseKeyRequest *r) { r->has_algorithms = false; }
static void break_many_wants(ProseKeyRequest *r) { r->n_wants = PROSE_KEY_SCOPES_MAX + 1; }
static void break_many_stops(ProseKeyRequest *r) { r->n_stops = PROSE_KEY_SCOPES_MAX + 1; }

static void (*const broken_requests[])(ProseKeyRequest *) = {
    break_ids_zero, break_ids_twice, break_no_ids, break_many_ids, break_twice, break_want_and_stop, break_type, break_id,
    break_capabilities, break_spare, break_algorithms, break_many_wants, break_many_stops,
};

START_TEST(a_request_that_breaks_a_rule_is_not_written)
{
    ProseKeyRequest request;
    uint8_t octets[8192];

    sample_request(&request);
    broken_requests[_i](&request);
    ck_assert_int_eq(prose_key_request_encode(octets, sizeof octets, &request), PROSE_ERR_INVALID);
}
END_TEST

static void break_offset(ProseKeyResponse *r) { r->max_offset = 128; }
static void break_no_offset(ProseKeyResponse *r) { r->has_max_offset = false; }
static void break_no_time(ProseKeyResponse *r) { r->has_current_time = false; }
static void break_time(ProseKeyResponse *r) { r->current_time = -1; }
static void break_reserved(ProseKeyResponse *r) { r->answers[4].status = 0; }
static void break_code(ProseKeyResponse *r) { r->answers[4].status = 256; }
static void break_mask(ProseKeyResponse *r) { r->answers[3].meta.encrypted_bits_mask[9] = 1; }
static void break_algorithm(ProseKeyResponse *r) { r->answers[0].algorithm = 4; }
static void break_member(ProseKeyResponse *r) { r->answers[0].group_member_id = 0x1000000; }
static void break_answered_twice(ProseKeyResponse *r) { r->answers[4].scope = r->answers[2].scope; }
static void break_many_answers(ProseKeyResponse *r) { r->n_answers = PROSE_KEY_SCOPES_MAX + 1; }

static void (*const broken_responses[])(ProseKeyResponse *) = {
    break_offset, break_no_offset, break_no_time, break_time, break_reserved, break_code, break_mask, break_algorithm,
    break_member, break_answered_twice, break_many_answers,
};

/* REQ-66422-30 */
START_TEST(a_response_that_breaks_a_rule_is_not_written)
{
    ProseKeyResponse response;
    uint8_t octets[8192];

    sample_response(&response);
    broken_responses[_i](&response);
    ck_assert_int_eq(prose_key_response_encode(octets, sizeof octets, &response), PROSE_ERR_INVALID);
}
END_TEST

START_TEST(a_buffer_too_small_is_refused_and_keeps_no_pmk)
{
    ProseKeyRequest request;
    ProseKeyResponse response;
    ptrdiff_t len = (ptrdiff_t) strlen(sample_response_text);

    sample_request(&request);
    sample_response(&response);
    for (size_t size = 0; size < strlen(sample_request_text); size++) {
        g_autofree uint8_t *octets = g_malloc(size + 1);

        ck_assert_int_eq(prose_key_request_encode(octets, size, &request), PROSE_ERR_NOBUF);
    }
    for (size_t size = 0; size < (size_t) len; size++) {
        g_autofree char *octets = g_malloc0(size + 1);

        ck_assert_int_eq(prose_key_response_encode((uint8_t *) octets, size, &response), PROSE_ERR_NOBUF);
        for (size_t i = 0; i + 4 <= size; i++)
            ck_assert(memcmp(octets + i, "c0c1", 4) != 0);
    }
}
END_TEST

/* REQ-66422-24 */
START_TEST(codes_have_names)
{
    static const char *const names[] = {
        "unspecified", "not-authorised", "unknown", "scrambling-not-supported", "algorithm-not-supported", "stopped",
        "temporarily-unavailable", "unspecified", "unspecified", "unspecified"
    };

    for (unsigned code = 0; code < G_N_ELEMENTS(names); code++)
        ck_assert_str_eq(prose_status_code_name(code), names[code]);
    ck_assert_str_eq(prose_status_code_name(UINT32_MAX), "unspecified");
}
END_TEST

/* ---- secrets ---- */

/* libxml2 takes its memory from here, so that what it gives back can be looked at. */
#define WATCHED "5ec2e700c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05c0ffee06c0ffee07"
static unsigned secrets_freed;
static bool is_watching;

static void
look_for_pmk(const void *block)
{
    size_t size = malloc_usable_size((void *) block);

    for (size_t i = 0; is_watching && i + 16 <= size; i++) {
        if (g_ascii_strncasecmp((const char *) block + i, WATCHED, 16) == 0)
            secrets_freed++;
    }
}

static void
watching_free(void *block)
{
    if (block)
        look_for_pmk(block);
    free(block);
}

static void *
watching_realloc(void *block, size_t size)
{
    void *moved = malloc(size);

    if (block) {
        memcpy(moved, block, MIN(size, malloc_usable_size(block)));
        watching_free(block);
    }
    return moved;
}

/* Rules C3. The documents are decoded from where they stand: no copy of ours may look like one of the library's. */
/* REQ-662-07 */
START_TEST(what_libxml2_frees_holds_no_pmk)
{
    static const char right[] = RESP(ID "<PMK-info>" PMK_ID "<PMK>" WATCHED "</PMK></PMK-info>");
    static const char misplaced[] = RESP(ID "<PMK-info><PMK>" WATCHED "</PMK>" PMK_ID "</PMK-info>");
    ProseKeyResponse response;
    char *stray = strdup("PMK " WATCHED);

    is_watching = true;
    secrets_freed = 0;
    watching_free(stray);
    ck_assert_uint_eq(secrets_freed, 1);       /* it can tell */
    secrets_freed = 0;
    ck_assert_int_eq(prose_key_response_decode(&response, schema, (const uint8_t *) right, strlen(right)), 0);
    ck_assert_uint_eq(response.pmk[31], 0x07);
    ck_assert_uint_eq(secrets_freed, 0);
    ck_assert_int_eq(prose_key_response_decode(&response, schema, (const uint8_t *) right, strlen(right) - 9),
                     PROSE_ERR_MALFORMED);
    ck_assert_uint_eq(secrets_freed, 0);
    ck_assert_int_eq(prose_key_response_decode(&response, schema, (const uint8_t *) misplaced, strlen(misplaced)),
                     PROSE_ERR_SCHEMA);
    ck_assert_uint_eq(secrets_freed, 0);
    is_watching = false;
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("key-message");
    TCase *tc = tcase_create("messages");

    xmlMemSetup(watching_free, malloc, watching_realloc, strdup);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    suite_add_tcase(suite, tc);
    tcase_add_test(tc, a_request_is_written_as_the_schema_wants_and_reads_back);
    tcase_add_test(tc, a_response_is_written_as_the_schema_wants_and_reads_back);
    tcase_add_test(tc, empty_messages_read_back);
    tcase_add_test(tc, the_fullest_messages_fit_and_read_back);
    tcase_add_loop_test(tc, every_combination_of_meta_data_reads_back, 0, 8);
    tcase_add_test(tc, any_order_in_memory_is_the_schemas_order_on_the_wire);
    tcase_add_test(tc, every_shorter_prefix_is_refused);
    tcase_add_loop_test(tc, a_flipped_bit_never_crashes_and_what_still_reads_writes_again, 0, 4);
    tcase_add_test(tc, lists_have_limits_told_apart_from_other_mistakes);
    tcase_add_test(tc, wants_and_stops_share_one_limit);
    tcase_add_test(tc, nine_key_ids_are_too_many);
    tcase_add_test(tc, a_document_has_64_kib);
    tcase_add_loop_test(tc, a_request_that_breaks_a_rule_is_not_written, 0, G_N_ELEMENTS(broken_requests));
    tcase_add_loop_test(tc, a_response_that_breaks_a_rule_is_not_written, 0, G_N_ELEMENTS(broken_responses));
    tcase_add_test(tc, a_buffer_too_small_is_refused_and_keeps_no_pmk);
    tcase_add_test(tc, codes_have_names);
    tcase_add_test(tc, what_libxml2_frees_holds_no_pmk);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
