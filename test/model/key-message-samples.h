/* SPDX-License-Identifier: GPL-2.0-only */
/* A KEY_REQUEST and a KEY_RESPONSE as structures and as documents, and the pieces that documents are made of. */
#ifndef KEY_MESSAGE_SAMPLES_H
#define KEY_MESSAGE_SAMPLES_H

#include "prose-error.h"
#include "prose-key-message.h"

#include "prose-test.h"

#include <string.h>

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
#define MEMBER "<GroupMemberId>000102</GroupMemberId>"
#define GROUP_SUPPLIED "<GroupKeyResp>" GROUP MEMBER "<AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"
#define CODE(x) "<ErrorCode>" x "</ErrorCode>"

static ProseKeySchema *schema;

static inline void
set_up(void)
{
    schema = prose_key_schema_new();
    ck_assert_ptr_nonnull(schema);
}

static inline void
tear_down(void)
{
    schema = prose_key_schema_free(schema);
}

/* From a block of exactly that size, so a sanitizer sees one octet too far. */
static inline int
decode_request(ProseKeyRequest *ret, const void *octets, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(octets, len);

    return prose_key_request_decode(ret, schema, copy, len);
}

static inline int
decode_response(ProseKeyResponse *ret, const void *octets, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(octets, len);

    return prose_key_response_decode(ret, schema, copy, len);
}

/* ---- samples ---- */

static inline void
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
        WANT(RSC KEY("03") KEY("01") KEY("ff")) WANT(DGID KEY("00"))
        STOP("<DiscoveryGroupId>000002</DiscoveryGroupId>")) "\n";

static inline void
sample_response(ProseKeyResponse *ret)
{
    *ret = (ProseKeyResponse) {
        .transaction_id = 255,
        .has_current_time = true, .current_time = 1780300800, .has_max_offset = true, .max_offset = 127,
        .has_pmk = true, .pmk_id = { 1, 2, 3, 4, 5, 6, 7, 8 },
        .answers = {
            { .scope = { PROSE_KEY_TYPE_PGK, 1 }, .supplied = true, .group_member_id = 0x0a0b0c, .algorithm = 2 },
            { .scope = { PROSE_KEY_TYPE_PGK, 2 }, .status = PROSE_STATUS_ALGORITHM_NOT_SUPPORTED },
            { .scope = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00a1b2 }, .supplied = true, .key_type_id = 1,
              .meta = { .scrambling = true, .confidentiality = true, .mic = true,
                        .encrypted_bits_mask = { 0, 255, [22] = 15 } } },
            { .scope = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00a1b2 }, .supplied = true, .key_type_id = 2,
              .meta = { .mic = true } },
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
         "<GroupKeyResp><GroupId>000001</GroupId><GroupMemberId>0a0b0c</GroupMemberId><AlgorithmInfo>02</AlgorithmInfo>"
         "</GroupKeyResp>"
         "<GroupNotSupported><GroupId>000002</GroupId>" CODE("4") "</GroupNotSupported>"
         SUPPLIED(META(FLAGS("true", "true", "true")
                       "<EncryptedBitsMask>00ff0000000000000000000000000000000000000000" "0f</EncryptedBitsMask>"))
         "<DiscKeyResp>" DGID "<KeyTypeId>02</KeyTypeId>" META(FLAGS("false", "false", "true")) "</DiscKeyResp>"
         NOT_SUPPLIED("<RelayServiceCode>000003</RelayServiceCode>" CODE("1"))) "\n";

/* REQ-66422-11: 64 discoveries and 64 groups, each with 8 IDs; a relay and a group of equal number are two. */
static inline void
fullest_request(ProseKeyRequest *ret)
{
    *ret = (ProseKeyRequest) { .transaction_id = 9, .has_algorithms = true, .has_capabilities = true };
    for (size_t i = 0; i < PROSE_KEY_SCOPES_MAX; i++) {
        ProseKeyWant *want = &ret->wants[ret->n_wants++];

        want->scope.type = PROSE_KEY_TYPE_PGK;
        if (i >= 64)
            want->scope.type = i % 2 ? PROSE_KEY_TYPE_PSDK_RELAY : PROSE_KEY_TYPE_PSDK_GROUP;
        want->scope.id = (uint32_t) (i < 64 ? i : i / 2);
        for (; want->n_key_ids < PROSE_KEY_IDS_MAX; want->n_key_ids++)
            want->key_ids[want->n_key_ids] = (uint8_t) (i + want->n_key_ids + 1);
    }
}

#endif
