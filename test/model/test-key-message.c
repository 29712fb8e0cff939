/* SPDX-License-Identifier: GPL-2.0-only */
/* KEY_REQUEST and KEY_RESPONSE: round trips, every rule of the schema broken once, and xmllint as an independent reader. */
#include "prose-error.h"
#include "prose-key-message.h"

#include "prose-test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <libxml/xmlmemory.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#define NS "urn:3GPP:ns:ProSe:KeyManagement:2016"
#define IN_ROOT(x) "<prose-key-message xmlns=\"" NS "\">" x "</prose-key-message>"
#define REQ(x) IN_ROOT("<KEY_REQUEST>" x "</KEY_REQUEST>")
#define RESP(x) IN_ROOT("<KEY_RESPONSE>" x "</KEY_RESPONSE>")
#define ID "<transaction-ID>7</transaction-ID>"
#define ALG "<SupportedAlgorithm>e0</SupportedAlgorithm>"
#define CAP "<PSDiscSecCapabilities>01</PSDiscSecCapabilities>"
#define RSC "<RelayServiceCode>00a1b2</RelayServiceCode>"
#define DGID "<DiscoveryGroupId>00a1b2</DiscoveryGroupId>"
#define GROUP "<GroupId>00a1b2</GroupId>"
#define WANT(x) "<DiscKeyReq>" x "</DiscKeyReq>"
#define STOP(x) "<DiscKeyStop>" x "</DiscKeyStop>"
#define KEY(x) "<PSDKId>" x "</PSDKId>"
#define PGK(x) "<PGKId>" x "</PGKId>"
#define TIME "<Current-Time>2026-06-01T08:00:00Z</Current-Time><Max-Offset>8</Max-Offset>"
#define PMK_ID "<PMKId>0102030405060708</PMKId>"
#define PMK_HEX "c0ffee00c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05c0ffee06c0ffee07"
#define PMK "<PMK>" PMK_HEX "</PMK>"
#define META(x) "<SecurityMetaData>" x "</SecurityMetaData>"
#define FLAGS(s, c, m) "<Scrambling>" s "</Scrambling><Confidentiality>" c "</Confidentiality><MicCheck>" m "</MicCheck>"
#define MASK "<EncryptedBitsMask>00ffffffffffffffffffffffffffffffffffffffffff0f</EncryptedBitsMask>"
#define SUPPLIED(x) "<DiscKeyResp>" RSC "<KeyTypeId>01</KeyTypeId>" x "</DiscKeyResp>"
#define NOT_SUPPLIED(x) "<DiscNotSupported>" x "</DiscNotSupported>"
#define GROUP_SUPPLIED "<GroupKeyResp>" GROUP "<GroupMemberId>000102</GroupMemberId><AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"
#define CODE(x) "<ErrorCode>" x "</ErrorCode>"

static ProseKeySchema *schema;

static void
set_up(void)
{
    schema = prose_key_schema_new();
    ck_assert_ptr_nonnull(schema);
}

static void
tear_down(void)
{
    schema = prose_key_schema_free(schema);
}

/* From a block of exactly that size, so a sanitizer sees one octet too far. */
static int
decode_request(ProseKeyRequest *ret, const void *octets, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(octets, len);

    return prose_key_request_decode(ret, schema, copy, len);
}

static int
decode_response(ProseKeyResponse *ret, const void *octets, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(octets, len);

    return prose_key_response_decode(ret, schema, copy, len);
}

/* ---- samples ---- */

static void
sample_request(ProseKeyRequest *ret)
{
    *ret = (ProseKeyRequest) {
        .transaction_id = 7, .has_algorithms = true, .algorithms = PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA2,
        .has_capabilities = true, .capabilities = PROSE_CAPABILITY_SCRAMBLING,
        .wants = {
            { { PROSE_KEY_TYPE_PGK, 0x000001 }, { 0 }, 1 },
            { { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 }, { 3, 1, 255 }, 3 },
            { { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 }, { 0 }, 1 },
        }, .n_wants = 3,
        .stops = { { PROSE_KEY_TYPE_PGK, 0xffffff }, { PROSE_KEY_TYPE_PSDK_GROUP, 2 } }, .n_stops = 2,
    };
}

static const char sample_request_text[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    REQ(ID "<SupportedAlgorithm>a0</SupportedAlgorithm>" CAP
        "<GroupKeyReq><GroupId>000001</GroupId>" PGK("00") "</GroupKeyReq>"
        "<GroupKeyStop><GroupId>ffffff</GroupId></GroupKeyStop>"
        WANT(RSC KEY("03") KEY("01") KEY("ff")) WANT(DGID KEY("00")) STOP("<DiscoveryGroupId>000002</DiscoveryGroupId>")) "\n";

static void
sample_response(ProseKeyResponse *ret)
{
    *ret = (ProseKeyResponse) {
        .transaction_id = 255, .has_current_time = true, .current_time = 1780300800, .has_max_offset = true, .max_offset = 127,
        .has_pmk = true, .pmk_id = { 1, 2, 3, 4, 5, 6, 7, 8 },
        .answers = {
            { .scope = { PROSE_KEY_TYPE_PGK, 1 }, .supplied = true, .group_member_id = 0x0a0b0c, .algorithm = 2 },
            { .scope = { PROSE_KEY_TYPE_PGK, 2 }, .status = PROSE_STATUS_ALGORITHM_NOT_SUPPORTED },
            { .scope = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 }, .supplied = true, .key_type_id = 1,
              .meta = { .scrambling = true, .confidentiality = true, .mic = true, .encrypted_bits_mask = { 0, 255, [22] = 15 } } },
            { .scope = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 }, .supplied = true, .key_type_id = 2, .meta = { .mic = true } },
            { .scope = { PROSE_KEY_TYPE_PSDK_RELAY, 3 }, .status = PROSE_STATUS_NOT_AUTHORISED },
        }, .n_answers = 5,
    };
    for (size_t i = 0; i < PROSE_KEY_LEN; i++)
        ret->pmk[i] = (uint8_t) (0xc0 + i);
}

static const char sample_response_text[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    RESP("<transaction-ID>255</transaction-ID><Current-Time>2026-06-01T08:00:00Z</Current-Time><Max-Offset>127</Max-Offset>"
         "<PMK-info>" PMK_ID "<PMK>c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf</PMK></PMK-info>"
         "<GroupKeyResp><GroupId>000001</GroupId><GroupMemberId>0a0b0c</GroupMemberId><AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"
         "<GroupNotSupported><GroupId>000002</GroupId>" CODE("4") "</GroupNotSupported>"
         SUPPLIED(META(FLAGS("true", "true", "true")
                       "<EncryptedBitsMask>00ff0000000000000000000000000000000000000000" "0f</EncryptedBitsMask>"))
         "<DiscKeyResp>" DGID "<KeyTypeId>02</KeyTypeId>" META(FLAGS("false", "false", "true")) "</DiscKeyResp>"
         NOT_SUPPLIED("<RelayServiceCode>000003</RelayServiceCode>" CODE("1"))) "\n";

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

/* REQ-66422-11: 64 discoveries and 64 groups, each with 8 IDs; a relay and a group of equal number are two. */
static void
fullest_request(ProseKeyRequest *ret)
{
    *ret = (ProseKeyRequest) { .transaction_id = 9, .has_algorithms = true, .has_capabilities = true };
    for (size_t i = 0; i < PROSE_KEY_SCOPES_MAX; i++) {
        ProseKeyWant *want = &ret->wants[ret->n_wants++];

        want->scope.type = (uint8_t) (i < 64 ? PROSE_KEY_TYPE_PGK : i % 2 ? PROSE_KEY_TYPE_PSDK_RELAY : PROSE_KEY_TYPE_PSDK_GROUP);
        want->scope.id = (uint32_t) (i < 64 ? i : i / 2);
        for (; want->n_key_ids < PROSE_KEY_IDS_MAX; want->n_key_ids++)
            want->key_ids[want->n_key_ids] = (uint8_t) (i + want->n_key_ids + 1);
    }
}

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

/* ---- documents of others ---- */

#define XSI " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define PREFIXED(x) "<p:prose-key-message xmlns:p=\"" NS "\"><p:KEY_REQUEST><p:transaction-ID>7</p:transaction-ID>" x "</p:KEY_REQUEST></p:prose-key-message>"

/* @xmllint: whether the schema alone says yes (1) or no (0); -1: xmllint takes what we refuse to parse. */
typedef struct Document {
    const char *name, *text;
    int want;
    int xmllint;
} Document;

static const Document requests[] = {
    /* taken */
    { "nothing but the ID", REQ(ID), 0, 1 },
    { "upper-case hexadecimal", REQ(ID CAP WANT("<RelayServiceCode>00A1B2</RelayServiceCode>" KEY("FF"))), 0, 1 },
    { "white space round values", REQ("<transaction-ID>\n 7\t</transaction-ID>" CAP WANT("<RelayServiceCode>  00a1b2\n</RelayServiceCode> " KEY(" 00 "))), 0, 1 },
    { "white space and comments between", REQ("\n <!-- c --> " ID "\n" CAP " " WANT(" " RSC "<!-- c -->" KEY("00")) "\n"), 0, 1 },
    { "a comment inside a value", REQ("<transaction-ID>7<!-- c --></transaction-ID>"), 0, 1 },
    { "a value in CDATA", REQ("<transaction-ID><![CDATA[7]]></transaction-ID>"), 0, 1 },
    { "a value in character references", REQ("<transaction-ID>&#55;</transaction-ID>"), 0, 1 },
    { "signs and leading zeros of an integer", REQ("<transaction-ID>+007</transaction-ID>"), 0, 1 },
    { "minus zero", REQ("<transaction-ID>-0</transaction-ID>"), 0, 1 },
    { "the largest ID", REQ("<transaction-ID>255</transaction-ID>"), 0, 1 },
    { "a prefix for the namespace", PREFIXED("<p:anyExt/>"), 0, 1 },
    { "a byte order mark", "\xef\xbb\xbf" REQ(ID), 0, 1 },
    { "another encoding declared, UTF-8 sent", "<?xml version='1.0' encoding='ISO-8859-1'?>" REQ(ID), 0, 1 },
    { "UTF-16 declared, UTF-8 sent", "<?xml version='1.0' encoding='UTF-16'?>" REQ(ID), 0, -1 },
    { "anyExt, empty", REQ(ID "<anyExt/>"), 0, 1 },
    { "anyExt with unknown elements and attributes", REQ(ID "<anyExt a='b'><x y='z'>t</x><q:q xmlns:q='urn:q'/></anyExt>"), 0, 1 },
    { "anyExt with one of our names inside", REQ(ID "<anyExt>" STOP(RSC) "</anyExt>"), 0, 1 },
    { "unknown elements behind anyExt", REQ(ID "<anyExt/><x/><q:q xmlns:q='urn:q'><z/></q:q>"), 0, 1 },
    { "one of our names behind anyExt, of another namespace", REQ(ID "<anyExt/><DiscKeyStop xmlns='urn:q'/>"), 0, 1 },
    { "a schema's address, which nobody fetches", "<prose-key-message xmlns=\"" NS "\"" XSI " xsi:schemaLocation=\"" NS " file:///nonexistent.xsd\"><KEY_REQUEST>" ID "</KEY_REQUEST></prose-key-message>", 0, 1 },
    { "relay and group of equal number", REQ(ID CAP WANT(RSC KEY("00")) WANT(DGID KEY("00"))), 0, 1 },
    { "a stop alone", REQ(ID CAP STOP(RSC)), 0, 1 },
    { "a group stop alone, no algorithms", REQ(ID "<GroupKeyStop>" GROUP "</GroupKeyStop>"), 0, 1 },
    { "spare capability bits", REQ(ID "<PSDiscSecCapabilities>ff</PSDiscSecCapabilities>"), 0, 1 },
    /* no XML, or XML we do not take */
    { "nothing", "", PROSE_ERR_MALFORMED, 0 },
    { "white space alone", "  \n", PROSE_ERR_MALFORMED, 0 },
    { "text", "hello", PROSE_ERR_MALFORMED, 0 },
    { "an open element", REQ(ID) "<", PROSE_ERR_MALFORMED, 0 },
    { "two roots", REQ(ID) REQ(ID), PROSE_ERR_MALFORMED, 0 },
    { "tags that cross", IN_ROOT("<KEY_REQUEST>" ID "</prose-key-message></KEY_REQUEST>"), PROSE_ERR_MALFORMED, 0 },
    { "an attribute twice", REQ(ID "<anyExt a='1' a='2'/>"), PROSE_ERR_MALFORMED, 0 },
    { "a prefix without a namespace", REQ(ID "<anyExt/><q:q/>"), PROSE_ERR_MALFORMED, -1 },
    { "an unknown entity", REQ("<transaction-ID>&seven;</transaction-ID>"), PROSE_ERR_MALFORMED, 0 },
    { "octets that are no UTF-8", REQ(ID "<anyExt>\xff\xfe</anyExt>"), PROSE_ERR_MALFORMED, 0 },
    { "a DTD", "<!DOCTYPE prose-key-message>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "a DTD elsewhere", "<!DOCTYPE prose-key-message SYSTEM 'file:///etc/passwd'>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "an internal entity", "<!DOCTYPE prose-key-message [<!ENTITY seven '7'>]>" REQ("<transaction-ID>&seven;</transaction-ID>"), PROSE_ERR_MALFORMED, -1 },
    { "an external entity", "<!DOCTYPE prose-key-message [<!ENTITY p SYSTEM 'file:///etc/passwd'>]>" REQ("<transaction-ID>&p;</transaction-ID>"), PROSE_ERR_MALFORMED, -1 },
    { "a parameter entity", "<!DOCTYPE prose-key-message [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "entities that grow", "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>"
      "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'><!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'>]>" REQ(ID "<anyExt>&e;&e;</anyExt>"), PROSE_ERR_MALFORMED, -1 },
    { "a processing instruction before the root", "<?go now?>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "one inside", REQ(ID "<?go now?>"), PROSE_ERR_MALFORMED, -1 },
    { "one inside anyExt", REQ(ID "<anyExt><?go now?></anyExt>"), PROSE_ERR_MALFORMED, -1 },
    { "one behind the root", REQ(ID) "<?go now?>", PROSE_ERR_MALFORMED, -1 },
    /* not the schema */
    { "another root", "<other xmlns=\"" NS "\"/>", PROSE_ERR_SCHEMA, 0 },
    { "an empty root", IN_ROOT(""), PROSE_ERR_SCHEMA, 0 },
    { "no namespace", "<prose-key-message><KEY_REQUEST>" ID "</KEY_REQUEST></prose-key-message>", PROSE_ERR_SCHEMA, 0 },
    { "another namespace", "<prose-key-message xmlns='urn:3GPP:ns:ProSe:Discovery:2014'><KEY_REQUEST>" ID "</KEY_REQUEST></prose-key-message>", PROSE_ERR_SCHEMA, 0 },
    { "children without the namespace", "<p:prose-key-message xmlns:p=\"" NS "\"><KEY_REQUEST>" ID "</KEY_REQUEST></p:prose-key-message>", PROSE_ERR_SCHEMA, 0 },
    { "the other message", RESP(ID), PROSE_ERR_SCHEMA, 1 },
    { "two messages", IN_ROOT("<KEY_REQUEST>" ID "</KEY_REQUEST><KEY_REQUEST>" ID "</KEY_REQUEST>"), PROSE_ERR_SCHEMA, 0 },
    { "an unknown message", IN_ROOT("<KEY_WISH>" ID "</KEY_WISH>"), PROSE_ERR_SCHEMA, 0 },
    { "text between elements", REQ(ID "text"), PROSE_ERR_SCHEMA, 0 },
    { "an unknown attribute", IN_ROOT("<KEY_REQUEST x='y'>" ID "</KEY_REQUEST>"), PROSE_ERR_SCHEMA, 0 },
    { "no transaction ID", REQ(CAP), PROSE_ERR_SCHEMA, 0 },
    { "two transaction IDs", REQ(ID ID), PROSE_ERR_SCHEMA, 0 },
    { "an empty one", REQ("<transaction-ID/>"), PROSE_ERR_SCHEMA, 0 },
    { "a word as one", REQ("<transaction-ID>seven</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "hexadecimal as one", REQ("<transaction-ID>0x7</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "a fraction as one", REQ("<transaction-ID>7.0</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "256", REQ("<transaction-ID>256</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "-1", REQ("<transaction-ID>-1</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "an element inside a value", REQ("<transaction-ID>7<x/></transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithms of two octets", REQ(ID "<SupportedAlgorithm>e000</SupportedAlgorithm>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithms of none", REQ(ID "<SupportedAlgorithm/>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithms twice", REQ(ID ALG ALG), PROSE_ERR_SCHEMA, 0 },
    { "capabilities of two octets", REQ(ID "<PSDiscSecCapabilities>0001</PSDiscSecCapabilities>"), PROSE_ERR_SCHEMA, 0 },
    { "half an octet", REQ(ID "<PSDiscSecCapabilities>1</PSDiscSecCapabilities>"), PROSE_ERR_SCHEMA, 0 },
    { "no hexadecimal", REQ(ID "<PSDiscSecCapabilities>0g</PSDiscSecCapabilities>"), PROSE_ERR_SCHEMA, 0 },
    { "a blank inside", REQ(ID CAP WANT("<RelayServiceCode>00a1 b2</RelayServiceCode>" KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "capabilities before algorithms", REQ(ID CAP ALG), PROSE_ERR_SCHEMA, 0 },
    { "stops before wants", REQ(ID CAP STOP(RSC) WANT(DGID KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "discoveries before groups", REQ(ID ALG CAP WANT(RSC KEY("00")) "<GroupKeyReq>" GROUP PGK("00") "</GroupKeyReq>"), PROSE_ERR_SCHEMA, 0 },
    { "a want without a key ID", REQ(ID CAP WANT(RSC)), PROSE_ERR_SCHEMA, 0 },
    { "a want without a discovery", REQ(ID CAP WANT(KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a want of two discoveries", REQ(ID CAP WANT(RSC DGID KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a want of a group", REQ(ID CAP WANT(GROUP KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a PGK ID in it", REQ(ID CAP WANT(RSC PGK("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a key ID of two octets", REQ(ID CAP WANT(RSC KEY("0001"))), PROSE_ERR_SCHEMA, 0 },
    { "a relay service code of two octets", REQ(ID CAP WANT("<RelayServiceCode>a1b2</RelayServiceCode>" KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a group ID of four octets", REQ(ID CAP WANT("<DiscoveryGroupId>0000a1b2</DiscoveryGroupId>" KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a group request without a key ID", REQ(ID ALG "<GroupKeyReq>" GROUP "</GroupKeyReq>"), PROSE_ERR_SCHEMA, 0 },
    { "a group request of a relay", REQ(ID ALG "<GroupKeyReq>" RSC PGK("00") "</GroupKeyReq>"), PROSE_ERR_SCHEMA, 0 },
    { "a stop with a key ID", REQ(ID CAP STOP(RSC KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "an empty stop", REQ(ID CAP STOP("")), PROSE_ERR_SCHEMA, 0 },
    { "an unknown element without anyExt", REQ(ID "<x/>"), PROSE_ERR_SCHEMA, 0 },
    { "an unknown element before anyExt", REQ(ID "<x/><anyExt/>"), PROSE_ERR_SCHEMA, 0 },
    { "text in anyExt", REQ(ID "<anyExt>text</anyExt>"), PROSE_ERR_SCHEMA, 0 },
    { "one of ours behind anyExt", REQ(ID CAP "<anyExt/>" STOP(RSC)), PROSE_ERR_SCHEMA, 1 },
    { "anyExt twice", REQ(ID "<anyExt/><anyExt/>"), PROSE_ERR_SCHEMA, 1 },
    { "an element of the response", REQ(ID TIME), PROSE_ERR_SCHEMA, 0 },
    /* what the schema cannot say */
    { "wanted twice", REQ(ID CAP WANT(RSC KEY("00")) WANT(RSC KEY("01"))), PROSE_ERR_DUPLICATE, 1 },
    { "stopped twice", REQ(ID CAP STOP(RSC) STOP(RSC)), PROSE_ERR_DUPLICATE, 1 },
    { "wanted and stopped", REQ(ID CAP WANT(RSC KEY("00")) STOP(RSC)), PROSE_ERR_DUPLICATE, 1 },
    { "twice in two cases", REQ(ID CAP WANT(RSC KEY("00")) STOP("<RelayServiceCode>00A1B2</RelayServiceCode>")), PROSE_ERR_DUPLICATE, 1 },
    { "a group wanted and stopped", REQ(ID ALG "<GroupKeyReq>" GROUP PGK("00") "</GroupKeyReq><GroupKeyStop>" GROUP "</GroupKeyStop>"), PROSE_ERR_DUPLICATE, 1 },
    { "ID 0 beside another", REQ(ID CAP WANT(RSC KEY("00") KEY("01"))), PROSE_ERR_DUPLICATE, 1 },
    { "ID 0 behind another", REQ(ID CAP WANT(RSC KEY("01") KEY("00"))), PROSE_ERR_DUPLICATE, 1 },
    { "one key ID twice", REQ(ID CAP WANT(RSC KEY("01") KEY("01"))), PROSE_ERR_DUPLICATE, 1 },
    { "wants without capabilities", REQ(ID WANT(RSC KEY("00"))), PROSE_ERR_INVALID, 1 },
    { "stops without capabilities", REQ(ID STOP(DGID)), PROSE_ERR_INVALID, 1 },
    { "groups without algorithms", REQ(ID CAP "<GroupKeyReq>" GROUP PGK("00") "</GroupKeyReq>"), PROSE_ERR_INVALID, 1 },
};

static const Document responses[] = {
    /* taken */
    { "nothing but the ID", RESP(ID), 0, 1 },
    { "a stop answered", RESP(ID TIME NOT_SUPPLIED(RSC CODE("5"))), 0, 1 },
    { "an unknown code", RESP(ID TIME NOT_SUPPLIED(RSC CODE("200"))), 0, 1 },
    { "the reserved code", RESP(ID TIME NOT_SUPPLIED(RSC CODE("0"))), 0, 1 },
    { "a group without a clock", RESP(ID GROUP_SUPPLIED), 0, 1 },
    { "booleans as digits", RESP(ID TIME SUPPLIED(META(FLAGS("1", "0", " true ")))), 0, 1 },
    { "a fraction of a second", RESP(ID "<Current-Time> 2026-06-01T08:00:00.999Z </Current-Time>"), 0, 1 },
    { "MAX_OFFSET 0", RESP(ID "<Max-Offset>0</Max-Offset>"), 0, 1 },
    { "MAX_OFFSET 127", RESP(ID "<Max-Offset>127</Max-Offset>"), 0, 1 },
    { "an unknown key type", RESP(ID TIME "<DiscKeyResp>" RSC "<KeyTypeId>fe</KeyTypeId>" META(FLAGS("true", "false", "true")) "</DiscKeyResp>"), 0, 1 },
    { "a PMK in upper case, with white space", RESP(ID "<PMK-info>" PMK_ID "<PMK>\n C0FFEE00C0FFEE01C0FFEE02C0FFEE03C0FFEE04C0FFEE05C0FFEE06C0FFEE07 \n</PMK></PMK-info>"), 0, 1 },
    { "anyExt and more behind it", RESP(ID "<anyExt><x/></anyExt><y/>"), 0, 1 },
    /* not XML */
    { "a DTD", "<!DOCTYPE a>" RESP(ID), PROSE_ERR_MALFORMED, -1 },
    { "a processing instruction", RESP(ID "<?go now?>"), PROSE_ERR_MALFORMED, -1 },
    /* not the schema */
    { "the other message", REQ(ID), PROSE_ERR_SCHEMA, 1 },
    { "no transaction ID", RESP(TIME), PROSE_ERR_SCHEMA, 0 },
    { "a time without Z", RESP(ID "<Current-Time>2026-06-01T08:00:00</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a time in another zone", RESP(ID "<Current-Time>2026-06-01T08:00:00+02:00</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a date alone", RESP(ID "<Current-Time>2026-06-01Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a 31 February", RESP(ID "<Current-Time>2026-02-31T08:00:00Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "seconds since 1970", RESP(ID "<Current-Time>1780300800</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "two times", RESP(ID TIME "<Current-Time>2026-06-01T08:00:00Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "MAX_OFFSET before the time", RESP(ID "<Max-Offset>8</Max-Offset><Current-Time>2026-06-01T08:00:00Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a negative MAX_OFFSET", RESP(ID "<Max-Offset>-1</Max-Offset>"), PROSE_ERR_SCHEMA, 0 },
    { "a word as MAX_OFFSET", RESP(ID "<Max-Offset>some</Max-Offset>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK ID without a PMK", RESP(ID "<PMK-info>" PMK_ID "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK without its ID", RESP(ID "<PMK-info>" PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "the PMK before its ID", RESP(ID "<PMK-info>" PMK PMK_ID "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "an empty PMK-info", RESP(ID "<PMK-info/>"), PROSE_ERR_SCHEMA, 0 },
    { "two PMKs", RESP(ID "<PMK-info>" PMK_ID PMK "</PMK-info><PMK-info>" PMK_ID PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK ID of seven octets", RESP(ID "<PMK-info><PMKId>01020304050607</PMKId>" PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK of 16 octets", RESP(ID "<PMK-info>" PMK_ID "<PMK>c0ffee00c0ffee01c0ffee02c0ffee03</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK of 33 octets", RESP(ID "<PMK-info>" PMK_ID "<PMK>" PMK_HEX "00</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK that is no hexadecimal", RESP(ID "<PMK-info>" PMK_ID "<PMK>g0ffee00c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05c0ffee06c0ffee07</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK with an element inside", RESP(ID "<PMK-info>" PMK_ID "<PMK><x/>" PMK_HEX "</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a group without its member ID", RESP(ID "<GroupKeyResp>" GROUP "<AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "a member ID of two octets", RESP(ID "<GroupKeyResp>" GROUP "<GroupMemberId>0102</GroupMemberId><AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithm 4", RESP(ID "<GroupKeyResp>" GROUP "<GroupMemberId>000102</GroupMemberId><AlgorithmInfo>04</AlgorithmInfo></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "no algorithm", RESP(ID "<GroupKeyResp>" GROUP "<GroupMemberId>000102</GroupMemberId></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "a refused group without a code", RESP(ID "<GroupNotSupported>" GROUP "</GroupNotSupported>"), PROSE_ERR_SCHEMA, 0 },
    { "a refused discovery without a code", RESP(ID TIME NOT_SUPPLIED(RSC)), PROSE_ERR_SCHEMA, 0 },
    { "code 256", RESP(ID TIME NOT_SUPPLIED(RSC CODE("256"))), PROSE_ERR_SCHEMA, 0 },
    { "a negative code", RESP(ID TIME NOT_SUPPLIED(RSC CODE("-1"))), PROSE_ERR_SCHEMA, 0 },
    { "a refused discovery with meta-data", RESP(ID TIME NOT_SUPPLIED(RSC CODE("1") META(FLAGS("true", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "no key type", RESP(ID TIME "<DiscKeyResp>" RSC META(FLAGS("true", "false", "true")) "</DiscKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "a key type of two octets", RESP(ID TIME "<DiscKeyResp>" RSC "<KeyTypeId>0001</KeyTypeId>" META(FLAGS("true", "false", "true")) "</DiscKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "no meta-data", RESP(ID TIME SUPPLIED("")), PROSE_ERR_SCHEMA, 0 },
    { "empty meta-data", RESP(ID TIME SUPPLIED(META(""))), PROSE_ERR_SCHEMA, 0 },
    { "no MIC flag", RESP(ID TIME SUPPLIED(META("<Scrambling>true</Scrambling><Confidentiality>false</Confidentiality>"))), PROSE_ERR_SCHEMA, 0 },
    { "flags in another order", RESP(ID TIME SUPPLIED(META("<MicCheck>true</MicCheck><Scrambling>true</Scrambling><Confidentiality>false</Confidentiality>"))), PROSE_ERR_SCHEMA, 0 },
    { "a flag that is no boolean", RESP(ID TIME SUPPLIED(META(FLAGS("yes", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "TRUE", RESP(ID TIME SUPPLIED(META(FLAGS("TRUE", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "a mask of 22 octets", RESP(ID TIME SUPPLIED(META(FLAGS("true", "true", "true") "<EncryptedBitsMask>00ffffffffffffffffffffffffffffffffffffffffff</EncryptedBitsMask>"))), PROSE_ERR_SCHEMA, 0 },
    { "a mask before its flag", RESP(ID TIME SUPPLIED(META(MASK FLAGS("true", "true", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "refused before supplied", RESP(ID TIME NOT_SUPPLIED(DGID CODE("1")) SUPPLIED(META(FLAGS("true", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "discoveries before groups", RESP(ID TIME NOT_SUPPLIED(DGID CODE("1")) GROUP_SUPPLIED), PROSE_ERR_SCHEMA, 0 },
    { "one of ours behind anyExt", RESP(ID "<anyExt/><PMK-info>" PMK_ID PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 1 },
    { "an unknown element without anyExt", RESP(ID TIME "<x/>"), PROSE_ERR_SCHEMA, 0 },
    /* what the schema cannot say */
    { "MAX_OFFSET 128", RESP(ID "<Max-Offset>128</Max-Offset>"), PROSE_ERR_INVALID, 1 },
    { "MAX_OFFSET beyond 32 bits", RESP(ID "<Max-Offset>4294967304</Max-Offset>"), PROSE_ERR_INVALID, 1 },
    { "a year we do not simulate", RESP(ID "<Current-Time>2201-01-01T00:00:00Z</Current-Time>"), PROSE_ERR_INVALID, 1 },
    { "before 1970", RESP(ID "<Current-Time>1969-12-31T23:59:59Z</Current-Time>"), PROSE_ERR_INVALID, 1 },
    { "supplied without the time", RESP(ID "<Max-Offset>8</Max-Offset>" SUPPLIED(META(FLAGS("true", "false", "true")))), PROSE_ERR_INVALID, 1 },
    { "supplied without MAX_OFFSET", RESP(ID "<Current-Time>2026-06-01T08:00:00Z</Current-Time>" SUPPLIED(META(FLAGS("true", "false", "true")))), PROSE_ERR_INVALID, 1 },
    { "refused without both", RESP(ID NOT_SUPPLIED(RSC CODE("1"))), PROSE_ERR_INVALID, 1 },
    { "confidentiality without a mask", RESP(ID TIME SUPPLIED(META(FLAGS("true", "true", "true")))), PROSE_ERR_INVALID, 1 },
    { "a mask without confidentiality", RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true") MASK))), PROSE_ERR_INVALID, 1 },
    { "a mask of zeros without confidentiality", RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true") "<EncryptedBitsMask>0000000000000000000000000000000000000000000000</EncryptedBitsMask>"))), PROSE_ERR_INVALID, 1 },
    { "supplied and refused", RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true"))) NOT_SUPPLIED(RSC CODE("1"))), PROSE_ERR_DUPLICATE, 1 },
    { "supplied twice", RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true"))) SUPPLIED(META(FLAGS("true", "false", "true")))), PROSE_ERR_DUPLICATE, 1 },
    { "a group twice", RESP(ID GROUP_SUPPLIED GROUP_SUPPLIED), PROSE_ERR_DUPLICATE, 1 },
};

START_TEST(others_requests_are_taken_or_refused_with_their_reason)
{
    ProseKeyRequest request;
    int got = decode_request(&request, requests[_i].text, strlen(requests[_i].text));

    ck_assert_msg(got == requests[_i].want, "%s: %d", requests[_i].name, got);
}
END_TEST

START_TEST(others_responses_are_taken_or_refused_with_their_reason)
{
    ProseKeyResponse response;
    int got = decode_response(&response, responses[_i].text, strlen(responses[_i].text));

    ck_assert_msg(got == responses[_i].want, "%s: %d", responses[_i].name, got);
}
END_TEST

START_TEST(what_others_write_differently_means_the_same)
{
    ProseKeyRequest request;
    ProseKeyResponse response;
    const char *text = REQ("<transaction-ID> +0<!-- c -->0&#55; </transaction-ID><SupportedAlgorithm>A0</SupportedAlgorithm>"
                           "<PSDiscSecCapabilities>FF</PSDiscSecCapabilities>"
                           WANT("<RelayServiceCode> 00A1B2 </RelayServiceCode>" KEY("<![CDATA[fF]]>")));

    ck_assert_int_eq(decode_request(&request, text, strlen(text)), 0);
    ck_assert_uint_eq(request.transaction_id, 7);
    ck_assert_uint_eq(request.algorithms, 0xa0);
    ck_assert_uint_eq(request.capabilities, PROSE_CAPABILITY_SCRAMBLING);
    ck_assert_uint_eq(request.wants[0].scope.id, 0x00a1b2);
    ck_assert_uint_eq(request.wants[0].key_ids[0], 255);

    text = RESP("<transaction-ID>-0</transaction-ID><Current-Time>2026-06-01T08:00:00.999Z</Current-Time><Max-Offset>+08</Max-Offset>"
                "<PMK-info>" PMK_ID "<PMK> C0FFEE00c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05<!-- c -->c0ffee06c0ffee0&#55;\n</PMK></PMK-info>"
                SUPPLIED(META(FLAGS("1", " true", "0") MASK)) NOT_SUPPLIED(DGID CODE("200")) "<anyExt/>" "<x>" PMK "</x>");
    ck_assert_int_eq(decode_response(&response, text, strlen(text)), 0);
    ck_assert_uint_eq(response.transaction_id, 0);
    ck_assert_int_eq(response.current_time, 1780300800);
    ck_assert_uint_eq(response.max_offset, 8);
    ck_assert(response.has_pmk);
    ck_assert_uint_eq(response.pmk[0], 0xc0);
    ck_assert_uint_eq(response.pmk[31], 0x07);
    ck_assert(response.answers[0].meta.scrambling && response.answers[0].meta.confidentiality && !response.answers[0].meta.mic);
    ck_assert_uint_eq(response.answers[0].meta.encrypted_bits_mask[22], 0x0f);
    ck_assert_uint_eq(response.answers[1].status, 200);
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

START_TEST(lists_have_limits_told_apart_from_other_mistakes)
{
    static const char open_request[] = "<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>" ID ALG CAP;
    static const char open_response[] = "<prose-key-message xmlns=\"" NS "\"><KEY_RESPONSE>" ID TIME;
    static const struct { bool is_response; const char *item; } lists[] = {
        { false, WANT("<RelayServiceCode>IIIIII</RelayServiceCode>" KEY("00")) },
        { false, STOP("<DiscoveryGroupId>IIIIII</DiscoveryGroupId>") },
        { false, "<GroupKeyReq><GroupId>IIIIII</GroupId>" PGK("00") "</GroupKeyReq>" },
        { false, "<GroupKeyStop><GroupId>IIIIII</GroupId></GroupKeyStop>" },
        { true, "<GroupKeyResp><GroupId>IIIIII</GroupId><GroupMemberId>000102</GroupMemberId><AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>" },
        { true, "<GroupNotSupported><GroupId>IIIIII</GroupId>" CODE("1") "</GroupNotSupported>" },
        { true, "<DiscKeyResp><RelayServiceCode>IIIIII</RelayServiceCode><KeyTypeId>01</KeyTypeId>" META(FLAGS("true", "false", "true")) "</DiscKeyResp>" },
        { true, NOT_SUPPLIED("<RelayServiceCode>IIIIII</RelayServiceCode>" CODE("1")) },
    };
    ProseKeyRequest request;
    ProseKeyResponse response;

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (unsigned n = 64; n <= 65; n++) {
            g_autoptr(GString) text = list_of(lists[i].is_response ? open_response : open_request, lists[i].item, n,
                                              lists[i].is_response ? "</KEY_RESPONSE></prose-key-message>" : "</KEY_REQUEST></prose-key-message>");
            int got = lists[i].is_response ? decode_response(&response, text->str, text->len) : decode_request(&request, text->str, text->len);

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

START_TEST(nine_key_ids_are_too_many)
{
    ProseKeyRequest request;

    for (unsigned n = 8; n <= 9; n++) {
        g_autoptr(GString) text = g_string_new("<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>" ID CAP "<DiscKeyReq>" RSC);

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

START_TEST(depth_has_a_limit_too)
{
    ProseKeyRequest request;

    for (unsigned depth = 200; depth <= 4000; depth += 3800) {
        g_autoptr(GString) text = g_string_new("<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>" ID "<anyExt>");

        for (unsigned i = 0; i < depth; i++)
            g_string_append(text, "<x>");
        for (unsigned i = 0; i < depth; i++)
            g_string_append(text, "</x>");
        g_string_append(text, "</anyExt></KEY_REQUEST></prose-key-message>");
        ck_assert_int_eq(decode_request(&request, text->str, text->len), depth == 200 ? 0 : PROSE_ERR_MALFORMED);
    }
}
END_TEST

/* libxml2 knows encodings by their first octets; ours is one. */
START_TEST(other_encodings_are_refused)
{
    static const struct { const char *name; bool wide, big; } encodings[] = { { "UTF-16LE", true, false }, { "UTF-16BE", true, true } };
    ProseKeyRequest request;

    for (size_t i = 0; i < G_N_ELEMENTS(encodings); i++) {
        gsize len;
        g_autofree char *text = g_convert("\xef\xbb\xbf" REQ(ID), -1, encodings[i].name, "UTF-8", NULL, &len, NULL);

        ck_assert_int_eq(decode_request(&request, text, len), PROSE_ERR_MALFORMED);
        ck_assert_int_eq(decode_request(&request, text + 2, len - 2), PROSE_ERR_MALFORMED);
    }
    ck_assert_int_eq(decode_request(&request, REQ(ID), sizeof REQ(ID)), PROSE_ERR_MALFORMED);    /* a zero octet at the end */
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
    break_offset, break_no_offset, break_no_time, break_time, break_reserved, break_code, break_mask, break_algorithm, break_member,
    break_answered_twice, break_many_answers,
};

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

START_TEST(codes_have_names)
{
    static const char *const names[] = { "unspecified", "not-authorised", "unknown", "scrambling-not-supported", "algorithm-not-supported",
        "stopped", "temporarily-unavailable", "unspecified", "unspecified", "unspecified" };

    for (unsigned code = 0; code < G_N_ELEMENTS(names); code++)
        ck_assert_str_eq(prose_status_code_name(code), names[code]);
    ck_assert_str_eq(prose_status_code_name(UINT32_MAX), "unspecified");
}
END_TEST

/* ---- secrets ---- */

/* libxml2 takes its memory from here, so that what it gives back can be looked at. */
static unsigned secrets_freed;
static bool is_watching;

static void
look_for_pmk(const void *block)
{
    size_t size = malloc_usable_size((void *) block);

    for (size_t i = 0; is_watching && i + 16 <= size; i++) {
        if (g_ascii_strncasecmp((const char *) block + i, "c0c1c2c3c4c5c6c7", 16) == 0)
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

/* Rules C3. */
START_TEST(what_libxml2_frees_holds_no_pmk)
{
    ProseKeyResponse response;
    char *stray = strdup("PMK c0c1c2c3c4c5c6c7");
    const char *misplaced = RESP(ID "<PMK-info>" "<PMK>c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf</PMK>" PMK_ID "</PMK-info>");

    is_watching = true;
    secrets_freed = 0;
    watching_free(stray);
    ck_assert_uint_eq(secrets_freed, 1);       /* it can tell */
    secrets_freed = 0;
    ck_assert_int_eq(decode_response(&response, sample_response_text, strlen(sample_response_text)), 0);
    ck_assert_uint_eq(response.pmk[31], 0xdf);
    ck_assert_uint_eq(secrets_freed, 0);
    ck_assert_int_eq(decode_response(&response, sample_response_text, strlen(sample_response_text) - 30), PROSE_ERR_MALFORMED);
    ck_assert_int_eq(decode_response(&response, misplaced, strlen(misplaced)), PROSE_ERR_SCHEMA);
    ck_assert_uint_eq(secrets_freed, 0);
    is_watching = false;
}
END_TEST

/* ---- silence, and an independent reader ---- */

START_TEST(nothing_is_ever_printed)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "prose-key-message-XXXXXX", NULL);
    int file = g_mkstemp(path), saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
    ProseKeyRequest request;
    ProseKeyResponse response;

    ck_assert_int_ge(file, 0);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++)
        decode_request(&request, requests[i].text, strlen(requests[i].text));
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++)
        decode_response(&response, responses[i].text, strlen(responses[i].text));
    for (size_t len = 0; len < sizeof sample_request_text; len += 7)
        decode_request(&request, sample_request_text, len);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    ck_assert_int_eq(lseek(file, 0, SEEK_END), 0);
    close(file);
    g_unlink(path);
}
END_TEST

typedef struct XmlLint {
    char *dir;
    GPtrArray *argv;       /* xmllint … files */
} XmlLint;

static void
xmllint_add(XmlLint *lint, const char *name, const void *octets, size_t len)
{
    char *path = g_build_filename(lint->dir, name, NULL);

    ck_assert(g_file_set_contents(path, octets, (gssize) len, NULL));
    g_ptr_array_add(lint->argv, path);
}

/* Whether xmllint finds the file @name valid, from what it said. */
static bool
xmllint_says_yes(const XmlLint *lint, const char *said, const char *name)
{
    g_autofree char *yes = g_strdup_printf("%s/%s validates\n", lint->dir, name);

    return strstr(said, yes) != NULL;
}

/* xmllint with the same schema file: it takes what we write, and says of every document above what the table says. */
START_TEST(xmllint_agrees)
{
    XmlLint lint = { .argv = g_ptr_array_new_with_free_func(g_free) };
    g_autofree char *said = NULL, *program = g_find_program_in_path("xmllint");
    char name[32];

    if (!program) {
        g_ptr_array_unref(lint.argv);
        return;
    }
    lint.dir = g_dir_make_tmp("prose-xmllint-XXXXXX", NULL);
    g_ptr_array_add(lint.argv, g_steal_pointer(&program));
    g_ptr_array_add(lint.argv, g_strdup("--noout"));
    g_ptr_array_add(lint.argv, g_strdup("--nonet"));
    g_ptr_array_add(lint.argv, g_strdup("--schema"));
    g_ptr_array_add(lint.argv, g_build_filename(TEST_PROJECT_DIR, "model", "prose-key-message.xsd", NULL));
    {
        ProseKeyRequest request;
        ProseKeyResponse response;
        g_autofree uint8_t *octets = g_malloc(PROSE_KEY_MESSAGE_MAX);
        ptrdiff_t len;

        sample_request(&request);
        len = prose_key_request_encode(octets, PROSE_KEY_MESSAGE_MAX, &request);
        xmllint_add(&lint, "own-request.xml", octets, (size_t) len);
        fullest_request(&request);
        len = prose_key_request_encode(octets, PROSE_KEY_MESSAGE_MAX, &request);
        xmllint_add(&lint, "own-fullest.xml", octets, (size_t) len);
        sample_response(&response);
        len = prose_key_response_encode(octets, PROSE_KEY_MESSAGE_MAX, &response);
        xmllint_add(&lint, "own-response.xml", octets, (size_t) len);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_snprintf(name, sizeof name, "request-%zu.xml", i);
        xmllint_add(&lint, name, requests[i].text, strlen(requests[i].text));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++) {
        g_snprintf(name, sizeof name, "response-%zu.xml", i);
        xmllint_add(&lint, name, responses[i].text, strlen(responses[i].text));
    }
    g_ptr_array_add(lint.argv, NULL);
    ck_assert(g_spawn_sync(NULL, (char **) lint.argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said, NULL, NULL));
    for (guint i = 5; i < lint.argv->len - 1; i++)
        g_unlink(lint.argv->pdata[i]);
    g_rmdir(lint.dir);

    ck_assert(xmllint_says_yes(&lint, said, "own-request.xml"));
    ck_assert(xmllint_says_yes(&lint, said, "own-fullest.xml"));
    ck_assert(xmllint_says_yes(&lint, said, "own-response.xml"));
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_snprintf(name, sizeof name, "request-%zu.xml", i);
        if (requests[i].xmllint >= 0)
            ck_assert_msg(xmllint_says_yes(&lint, said, name) == requests[i].xmllint, "request: %s", requests[i].name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++) {
        g_snprintf(name, sizeof name, "response-%zu.xml", i);
        if (responses[i].xmllint >= 0)
            ck_assert_msg(xmllint_says_yes(&lint, said, name) == responses[i].xmllint, "response: %s", responses[i].name);
    }
    g_free(lint.dir);
    g_ptr_array_unref(lint.argv);
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
    tcase_add_loop_test(tc, others_requests_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(requests));
    tcase_add_loop_test(tc, others_responses_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(responses));
    tcase_add_test(tc, what_others_write_differently_means_the_same);
    tcase_add_test(tc, lists_have_limits_told_apart_from_other_mistakes);
    tcase_add_test(tc, wants_and_stops_share_one_limit);
    tcase_add_test(tc, nine_key_ids_are_too_many);
    tcase_add_test(tc, a_document_has_64_kib);
    tcase_add_test(tc, depth_has_a_limit_too);
    tcase_add_test(tc, other_encodings_are_refused);
    tcase_add_loop_test(tc, a_request_that_breaks_a_rule_is_not_written, 0, G_N_ELEMENTS(broken_requests));
    tcase_add_loop_test(tc, a_response_that_breaks_a_rule_is_not_written, 0, G_N_ELEMENTS(broken_responses));
    tcase_add_test(tc, a_buffer_too_small_is_refused_and_keeps_no_pmk);
    tcase_add_test(tc, codes_have_names);
    tcase_add_test(tc, what_libxml2_frees_holds_no_pmk);
    tcase_add_test(tc, nothing_is_ever_printed);
    tcase_add_test(tc, xmllint_agrees);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
