/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A UE's side of MIKEY: the oracle's deliveries in their order, and one test a check of RFC 3830 5.3 and OP-16.
 */
#include "prose-test.h"
#include "mikey-delivery.h"

#include "prose-clock.h"
#include "prose-mikey-internal.h"
#include "prose-mikey-responder.h"

#define MAX_OFFSET 32
#define NOON 1456833600            /* 2016-03-01 12:00:00 UTC, T of the vectors */

static const char fqdn[] = "pkmf.example.org";
static const uint8_t pmk_id[PROSE_PMK_ID_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t pmk[PROSE_KEY_LEN] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};
static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x112233 };
static const ProseKeyScope wanted[] = {
    { PROSE_KEY_TYPE_PSDK_RELAY, 0x112233 }, { PROSE_KEY_TYPE_PSDK_GROUP, 0xAABBCC }, { PROSE_KEY_TYPE_PGK, 0x00A1B2 },
};

/* A UE as the oracle has it: one PMK, three scopes wanted, MAX_OFFSET 32. */
typedef struct Ue {
    ProseSecretPool *pool;
    ProseProfile profile;
    ProseKeyStore *keys;
    ProseMikeyResponder *responder;
    ProseMikeyReceipt receipt;     /* of the last message */
} Ue;

static bool
is_wanted_cb(void *user, const ProseMikeyResponder *responder, ProseKeyScope scope)
{
    const Ue *ue = user;

    ck_assert_ptr_eq(responder, ue->responder);
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (prose_key_scope_equal(scope, wanted[i]))
            return true;
    return false;
}

static void
ue_init(Ue *ue)
{
    ue->pool = prose_secret_pool_new();
    prose_profile_init(&ue->profile);
    ue->keys = prose_key_store_new(ue->pool, &ue->profile);
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        prose_key_store_set_keep(ue->keys, wanted[i], MAX_OFFSET);
    ue->responder = prose_mikey_responder_new(ue->pool, fqdn);
    prose_mikey_responder_set_pmk(ue->responder, pmk_id, pmk);
}

static void
ue_clear(Ue *ue)
{
    prose_mikey_responder_free(ue->responder);
    prose_key_store_free(ue->keys);
    prose_secret_pool_free(ue->pool);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ue, ue_clear)

/* Returns: "result" or "result why". */
static const char *
ue_receive(Ue *ue, const uint8_t *octets, size_t len, int64_t clock_s)
{
    static char text[64];
    const ProseMikeyJudge judge = { .keys = ue->keys, .clock_s = clock_s, .is_wanted = is_wanted_cb, .user = ue };

    prose_mikey_respond(&ue->receipt, &ue->responder, 1, octets, len, &judge);
    g_snprintf(text, sizeof text, "%s%s%s", prose_mikey_result_name(ue->receipt.result), ue->receipt.why ? " " : "",
               ue->receipt.why ? ue->receipt.why : "");
    return text;
}

static const char *
ue_receive_hex(Ue *ue, const char *hex, int64_t clock_s)
{
    size_t len;
    g_autofree uint8_t *octets = test_hex(hex, &len);

    return ue_receive(ue, octets, len, clock_s);
}

/* ---- vectors ---- */

static JsonArray *
section(const char *name)
{
    return json_object_get_array_member(test_vectors("mikey_vectors.json"), name);
}

static void
assert_expected(Ue *ue, JsonObject *vector, const char *name)
{
    JsonObject *expect = json_object_get_object_member(vector, "expect");
    const char *why = json_object_get_null_member(expect, "why") ? NULL : json_object_get_string_member(expect, "why");
    g_autofree char *want = g_strjoin(why ? " " : "", json_object_get_string_member(expect, "result"), why ? why : "", NULL);
    const char *got = ue_receive_hex(ue, json_object_get_string_member(vector, "message"),
                                     json_object_get_int_member(vector, "ue_prose_clock"));

    ck_assert_msg(strcmp(got, want) == 0, "%s: %s instead of %s", name, got, want);
    if (json_object_get_null_member(expect, "answer")) {
        ck_assert_uint_eq(ue->receipt.answer_len, 0);
    } else {
        size_t len;
        g_autofree uint8_t *answer = test_hex(json_object_get_string_member(expect, "answer"), &len);

        ck_assert_uint_eq(ue->receipt.answer_len, len);
        ck_assert_mem_eq(ue->receipt.answer, answer, len);
    }
}

START_TEST(one_ue_takes_the_oracles_deliveries_as_the_oracle_does)
{
    g_auto(Ue) ue;
    JsonArray *deliveries = section("deliveries");
    const ProseStoredKey *key;

    ue_init(&ue);
    ck_assert_uint_eq(json_array_get_length(deliveries), 19);
    for (guint i = 0; i < json_array_get_length(deliveries); i++) {
        JsonObject *v = json_array_get_object_element(deliveries, i);

        assert_expected(&ue, v, json_object_get_string_member(v, "name"));
    }
    /* psdk-relay was deleted again; -next and T-300-ahead, the group's and the PGK are left. */
    ck_assert_uint_eq(prose_key_store_size(ue.keys), 4);
    ck_assert_ptr_null(prose_key_store_find(ue.keys, relay, 5));
    key = prose_key_store_find(ue.keys, relay, 6);
    ck_assert_int_eq(key->valid_from, 1456790400);
    ck_assert_int_eq(key->valid_to, 1459468800);
    for (unsigned i = 0; i < PROSE_KEY_LEN; i++)
        ck_assert_uint_eq(key->key[i], 0xA0 + i);
}
END_TEST

START_TEST(forged_repeated_and_cut_messages_are_discarded)
{
    JsonArray *negative = section("negative");

    ck_assert_uint_eq(json_array_get_length(negative), 5);
    for (guint i = 0; i < json_array_get_length(negative); i++) {
        g_auto(Ue) ue;
        JsonObject *v = json_array_get_object_element(negative, i);
        JsonArray *after = json_object_get_array_member(v, "after");

        ue_init(&ue);
        for (guint j = 0; j < json_array_get_length(after); j++)
            ue_receive_hex(&ue, json_array_get_string_element(after, j), NOON);
        assert_expected(&ue, v, json_object_get_string_member(v, "what"));
    }
}
END_TEST

/* ---- deliveries of our own ---- */

static ProseMikeyDelivery
delivery(void)
{
    static const char nai[] = "0102030405060708@pkmf.example.org";

    return (ProseMikeyDelivery) {
        .csb_id = 1, .t = prose_ntp_from_utc(NOON * PROSE_NS_PER_S), .rand = { 9 }, .want_verification = true,
        .idi = fqdn, .idr = nai, .scope = relay, .key_id = 5, .key = { 0x77 },
        .valid_from = prose_ntp_from_utc((NOON - 100) * PROSE_NS_PER_S), .valid_to = prose_ntp_from_utc((NOON + 100) * PROSE_NS_PER_S),
    };
}

static const char *
ue_deliver(Ue *ue, const ProseMikeyDelivery *d, int64_t clock_s)
{
    uint8_t octets[PROSE_MIKEY_MAX];
    ptrdiff_t len = delivery_encode(octets, sizeof octets, d, pmk);

    ck_assert_int_gt(len, 0);
    return ue_receive(ue, octets, (size_t) len, clock_s);
}

/* REQ-662-02 */
START_TEST(no_flipped_bit_is_ever_stored)
{
    g_auto(Ue) ue;
    size_t len;
    g_autofree uint8_t *octets = test_hex(
        json_object_get_string_member(json_array_get_object_element(section("deliveries"), 0), "message"), &len);

    ue_init(&ue);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        octets[bit / 8] ^= (uint8_t) (1 << bit % 8);
        ue_receive(&ue, octets, len, NOON);
        ck_assert_msg(ue.receipt.result == PROSE_MIKEY_DISCARDED, "bit %zu", bit);
        ck_assert(!ue.receipt.authentic);
        ck_assert_uint_eq(ue.receipt.answer_len, 0);
        octets[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
    ck_assert_uint_eq(prose_key_store_size(ue.keys), 0);
    /* None of them left a trace: the genuine one is still taken. */
    ck_assert_str_eq(ue_receive(&ue, octets, len, NOON), "stored");
}
END_TEST

START_TEST(every_prefix_is_malformed)
{
    g_auto(Ue) ue;
    size_t len;
    g_autofree uint8_t *octets = test_hex(
        json_object_get_string_member(json_array_get_object_element(section("deliveries"), 0), "message"), &len);

    ue_init(&ue);
    for (size_t n = 0; n < len; n++) {
        g_autofree uint8_t *prefix = g_memdup2(octets, n);

        ck_assert_str_eq(ue_receive(&ue, prefix, n, NOON), "discarded malformed");
        ck_assert_ptr_null(ue.receipt.responder);
    }
}
END_TEST

START_TEST(the_receipt_names_the_key)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    ck_assert(ue.receipt.authentic);
    ck_assert(prose_key_scope_equal(ue.receipt.scope, relay));
    ck_assert_uint_eq(ue.receipt.key_id, 5);
    ck_assert_int_eq(ue.receipt.valid_from, NOON - 100);
    ck_assert_int_eq(ue.receipt.valid_to, NOON + 100);
    ck_assert_str_eq(prose_mikey_responder_pkmf(ue.receipt.responder), fqdn);
}
END_TEST

START_TEST(the_answer_verifies_at_the_pkmf)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();
    ProseMikeyMessage answer;
    ProseMikeyKeys keys;

    ue_init(&ue);
    prose_mikey_keys_init(&keys, pmk, d.csb_id, d.rand, sizeof d.rand);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    ck_assert_int_eq(prose_mikey_decode(&answer, ue.receipt.answer, ue.receipt.answer_len), 0);
    ck_assert_uint_eq(answer.data_type, PROSE_MIKEY_PSK_VERIFICATION);
    ck_assert_int_eq(prose_mikey_answer_check(&answer, &keys, d.csb_id, d.t, d.idi, d.idr), 0);

    d.t++;
    d.scope.id = 1;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 not-wanted");
    ck_assert_int_eq(prose_mikey_decode(&answer, ue.receipt.answer, ue.receipt.answer_len), 0);
    ck_assert_uint_eq(answer.data_type, PROSE_MIKEY_ERROR);
    ck_assert_uint_eq(answer.error_no, PROSE_MIKEY_ERROR_UNSPECIFIED);
    ck_assert_int_eq(prose_mikey_answer_check(&answer, &keys, d.csb_id, d.t, d.idi, d.idr), 0);
}
END_TEST

START_TEST(without_v_nothing_is_answered_and_all_else_is_the_same)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.want_verification = false;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    ck_assert_uint_eq(ue.receipt.answer_len, 0);
    d.t++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "acked same-key");
    ck_assert_uint_eq(ue.receipt.answer_len, 0);
    d.t++;
    d.scope.id = 1;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 not-wanted");
    ck_assert_uint_eq(ue.receipt.answer_len, 0);
}
END_TEST

/* Seconds between T and the ProSe clock, either way. */
static const struct {
    int64_t t_minus_clock;
    const char *want;
} skew_cases[] = {
    { -301, "discarded skew" }, { -300, "stored" }, { 0, "stored" }, { 300, "stored" }, { 301, "discarded skew" },
    { INT32_MIN + 1000, "discarded skew" },
};

START_TEST(t_must_lie_within_the_skew)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.t = prose_ntp_from_utc((NOON + skew_cases[_i].t_minus_clock) * PROSE_NS_PER_S);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), skew_cases[_i].want);
}
END_TEST

START_TEST(t_rises_by_the_smallest_step)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded replay");
    d.csb_id++;                    /* another message at the same T */
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded t-not-rising");
    d.t++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "acked same-key");
    d.t--;
    d.csb_id++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded t-not-rising");
}
END_TEST

START_TEST(a_refused_message_advances_t_too)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery(), late = delivery();

    ue_init(&ue);
    d.t += 2;
    d.scope.id = 1;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 not-wanted");
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded replay");
    late.t++;
    ck_assert_str_eq(ue_deliver(&ue, &late, NOON), "discarded t-not-rising");
}
END_TEST

START_TEST(time_goes_on_when_ntp_wraps_in_2036)
{
    const int64_t wrap = (INT64_C(1) << 32) - PROSE_NTP_UNIX;
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.t = prose_ntp_from_utc((wrap - 1) * PROSE_NS_PER_S);
    d.valid_from = prose_ntp_from_utc((wrap - 100) * PROSE_NS_PER_S);
    d.valid_to = prose_ntp_from_utc((wrap + 100) * PROSE_NS_PER_S);
    ck_assert_uint_gt(d.t, UINT64_C(0xFFFFFFFF00000000) - 1);
    ck_assert_uint_lt(d.valid_to, d.valid_from);   /* as 64-bit numbers; not as times */
    ck_assert_str_eq(ue_deliver(&ue, &d, wrap - 1), "stored");
    ck_assert_int_eq(ue.receipt.valid_to, wrap + 100);

    d.t = prose_ntp_from_utc((wrap + 1) * PROSE_NS_PER_S);
    ck_assert_str_eq(ue_deliver(&ue, &d, wrap - 1), "acked same-key");
    d.csb_id++;
    d.t = prose_ntp_from_utc((wrap - 1) * PROSE_NS_PER_S);
    ck_assert_str_eq(ue_deliver(&ue, &d, wrap + 1), "discarded t-not-rising");
}
END_TEST

START_TEST(fractions_of_seconds_are_no_validity)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.valid_from++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 interval");
    d = delivery();
    d.t += 1;
    d.valid_to++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 interval");
    d = delivery();
    d.t += 2;
    d.valid_to = d.valid_from + 1; /* less than a second: no deletion either */
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 interval");
    ck_assert_uint_eq(prose_key_store_size(ue.keys), 0);
}
END_TEST

/* REQ-66422-13 */
START_TEST(id_zero_names_no_key)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.key_id = PROSE_KEY_ID_NONE;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 key-id");
}
END_TEST

START_TEST(a_deletion_of_what_is_not_held_is_acknowledged)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.valid_to = d.valid_from;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "acked deleted");
    ck_assert_uint_eq(ue.receipt.answer_len, 79);
}
END_TEST

START_TEST(a_past_key_is_acknowledged_once_its_keep_time_is_over)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    d.t = prose_ntp_from_utc((NOON + 100 + MAX_OFFSET) * PROSE_NS_PER_S);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON + 100 + MAX_OFFSET), "acked past");
    d.t++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON + 100 + MAX_OFFSET - 1), "stored");
}
END_TEST

START_TEST(an_id_in_use_is_taken_over_once_its_key_is_past)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    d.t++;
    d.key[0]++;
    d.valid_to = prose_ntp_from_utc((NOON + 500) * PROSE_NS_PER_S);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON + 99), "error-12 other-key-same-id");
    d.t++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON + 100), "stored");
    ck_assert_uint_eq(prose_key_store_size(ue.keys), 1);
}
END_TEST

START_TEST(a_full_scope_has_no_room)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    for (unsigned i = 0; i < PROSE_KEYS_PER_SCOPE_MAX; i++, d.t++)
        ck_assert_str_eq((d.key_id++, ue_deliver(&ue, &d, NOON)), "stored");
    d.key_id++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "error-12 no-room");
}
END_TEST

START_TEST(authentic_nonsense_is_error_12)
{
    /* Key data with an SPI in place of the interval cannot be asked of the encoder: turned into one, and sealed anew. */
    g_auto(Ue) ue;
    JsonObject *v = json_array_get_object_element(section("deliveries"), 0);
    size_t len;
    g_autofree uint8_t *octets = test_hex(json_object_get_string_member(v, "message"), &len);
    ProseMikeyKeys keys;
    ProseMikeyMessage msg;

    ue_init(&ue);
    ck_assert_int_eq(prose_mikey_decode(&msg, octets, len), 0);
    prose_mikey_keys_init(&keys, pmk, msg.csb_id, msg.rand.data, msg.rand.len);
    octets[msg.encr.data - octets + 1] ^= 0x03;    /* KV: from interval to SPI, through the counter mode */
    prose_mikey_mac(octets + msg.mac_covers, &keys, &(ProseBytes) { octets, msg.mac_covers }, 1);
    ck_assert_str_eq(ue_receive(&ue, octets, len, NOON), "error-12 contents");
    ck_assert(ue.receipt.authentic);
    ck_assert_uint_eq(ue.receipt.key_id, 5);
    ck_assert_int_eq(ue.receipt.valid_to, 0);
    ck_assert_uint_eq(ue.receipt.answer_len, 46);
}
END_TEST

/* ---- PMKs and PKMFs ---- */

START_TEST(without_a_pmk_nothing_is_for_us)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    prose_mikey_responder_free(ue.responder);
    ue.responder = prose_mikey_responder_new(ue.pool, fqdn);
    ck_assert(!prose_mikey_responder_has_pmk(ue.responder));
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded no-pmk");
}
END_TEST

/* REQ-66422-28 */
START_TEST(a_new_pmk_ends_the_old_one)
{
    static const uint8_t other_id[PROSE_PMK_ID_LEN] = { 9 }, other[PROSE_KEY_LEN] = { 9 };
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    prose_mikey_responder_set_pmk(ue.responder, other_id, other);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded no-pmk");
    /* The same name for another PMK: found, and no longer authentic. */
    prose_mikey_responder_set_pmk(ue.responder, pmk_id, other);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded mac");
    prose_mikey_responder_set_pmk(ue.responder, pmk_id, pmk);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
}
END_TEST

/* REQ-66422-28 */
START_TEST(a_pmk_that_is_sent_again_changes_nothing)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    prose_mikey_responder_set_pmk(ue.responder, pmk_id, pmk);
    d.csb_id++;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded t-not-rising");
}
END_TEST

START_TEST(a_pmk_that_comes_back_brings_no_replay)
{
    static const uint8_t other[PROSE_KEY_LEN] = { 9 };
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();

    ue_init(&ue);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    prose_mikey_responder_set_pmk(ue.responder, pmk_id, other);
    prose_mikey_responder_set_pmk(ue.responder, pmk_id, pmk);
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "discarded replay");
    d.csb_id++;                    /* T counts per PMK and starts anew with it */
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "acked same-key");
}
END_TEST

static void
count_zero_slots_cb(void *user, const void *slot, size_t size)
{
    const uint8_t *octets = slot;
    bool zero = true;

    for (size_t i = 0; i < size; i++)
        zero = zero && octets[i] == 0;
    *(unsigned *) user += zero ? 1 : 1000;
}

/* REQ-662-07, REQ-66422-28 */
START_TEST(pmks_are_wiped_on_change_and_at_the_end)
{
    static const uint8_t other[PROSE_KEY_LEN] = { 9 };
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    ProseMikeyResponder *r = prose_mikey_responder_new(pool, fqdn);
    unsigned wiped = 0;

    prose_secret_pool_set_hook(pool, count_zero_slots_cb, &wiped);
    prose_mikey_responder_set_pmk(r, pmk_id, pmk);
    ck_assert_uint_eq(wiped, 0);
    prose_mikey_responder_set_pmk(r, pmk_id, other);
    ck_assert_uint_eq(wiped, 1);
    ck_assert_ptr_null(prose_mikey_responder_free(r));
    ck_assert_uint_eq(wiped, 2);
    ck_assert_uint_eq(prose_secret_pool_in_use(pool), 0);
}
END_TEST

/* Two PKMFs: each message goes to its own. The first serves the relay's code only. */
static bool
first_serves_relay_cb(void *user, const ProseMikeyResponder *responder, ProseKeyScope scope)
{
    return responder == user && prose_key_scope_equal(scope, relay);
}

/* REQ-662-05 */
START_TEST(a_pkmf_plants_no_key_for_what_another_serves)
{
    static const uint8_t rogue_id[PROSE_PMK_ID_LEN] = { 6 }, rogue_pmk[PROSE_KEY_LEN] = { 6 };
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    ProseProfile profile;
    ProseKeyStore *keys;
    ProseMikeyResponder *r[2] = { prose_mikey_responder_new(pool, fqdn), prose_mikey_responder_new(pool, "rogue.example.org") };
    ProseMikeyJudge judge;
    ProseMikeyDelivery d = delivery();
    ProseMikeyReceipt receipt;
    uint8_t octets[PROSE_MIKEY_MAX];
    ptrdiff_t len;

    prose_profile_init(&profile);
    keys = prose_key_store_new(pool, &profile);
    judge = (ProseMikeyJudge) { .keys = keys, .clock_s = NOON, .is_wanted = first_serves_relay_cb, .user = r[0] };
    prose_mikey_responder_set_pmk(r[0], pmk_id, pmk);
    prose_mikey_responder_set_pmk(r[1], rogue_id, rogue_pmk);

    d.idi = "rogue.example.org";
    d.idr = "0600000000000000@rogue.example.org";
    len = delivery_encode(octets, sizeof octets, &d, rogue_pmk);
    prose_mikey_respond(&receipt, r, 2, octets, (size_t) len, &judge);
    ck_assert_ptr_eq(receipt.responder, r[1]);
    ck_assert_str_eq(receipt.why, "not-wanted");

    d = delivery();                /* under its own PMK, but in the other's name */
    len = delivery_encode(octets, sizeof octets, &d, rogue_pmk);
    prose_mikey_respond(&receipt, r, 2, octets, (size_t) len, &judge);
    ck_assert_ptr_eq(receipt.responder, r[0]);
    ck_assert_str_eq(receipt.why, "mac");

    d.idr = "0600000000000000@rogue.example.org";  /* one IDi, the other's IDr */
    len = delivery_encode(octets, sizeof octets, &d, rogue_pmk);
    prose_mikey_respond(&receipt, r, 2, octets, (size_t) len, &judge);
    ck_assert_str_eq(receipt.why, "no-pmk");

    d = delivery();
    len = delivery_encode(octets, sizeof octets, &d, pmk);
    prose_mikey_respond(&receipt, r, 2, octets, (size_t) len, &judge);
    ck_assert_int_eq(receipt.result, PROSE_MIKEY_STORED);

    prose_key_store_free(keys);
    prose_mikey_responder_free(r[0]);
    prose_mikey_responder_free(r[1]);
}
END_TEST

START_TEST(a_name_no_pkmf_can_have_is_refused)
{
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    char name[PROSE_FQDN_MAX + 2];

    memset(name, 'a', sizeof name);
    name[PROSE_FQDN_MAX + 1] = '\0';
    ck_assert_ptr_null(prose_mikey_responder_new(pool, name));
    ck_assert_ptr_null(prose_mikey_responder_new(pool, ""));
    ck_assert_ptr_null(prose_mikey_responder_free(NULL));
}
END_TEST

START_TEST(the_longest_name_fits_delivery_and_answer)
{
    g_auto(Ue) ue;
    ProseMikeyDelivery d = delivery();
    char name[PROSE_FQDN_MAX + 1], nai[PROSE_NAI_MAX];

    ue_init(&ue);
    memset(name, 'a', sizeof name);
    name[PROSE_FQDN_MAX] = '\0';
    prose_mikey_responder_free(ue.responder);
    ue.responder = prose_mikey_responder_new(ue.pool, name);
    prose_mikey_responder_set_pmk(ue.responder, pmk_id, pmk);
    ck_assert_int_eq(prose_mikey_responder_nai(nai, sizeof nai, pmk_id, name), 0);
    d.idi = name;
    d.idr = nai;
    ck_assert_str_eq(ue_deliver(&ue, &d, NOON), "stored");
    ck_assert_uint_eq(ue.receipt.answer_len, 10 + 10 + 4 + 17 + PROSE_FQDN_MAX + 22);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("mikey-responder");
    TCase *tc = tcase_create("vectors");

    tcase_add_test(tc, one_ue_takes_the_oracles_deliveries_as_the_oracle_does);
    tcase_add_test(tc, forged_repeated_and_cut_messages_are_discarded);
    tcase_add_test(tc, no_flipped_bit_is_ever_stored);
    tcase_add_test(tc, every_prefix_is_malformed);
    suite_add_tcase(s, tc);

    tc = tcase_create("judgement");
    tcase_add_test(tc, the_receipt_names_the_key);
    tcase_add_test(tc, the_answer_verifies_at_the_pkmf);
    tcase_add_test(tc, without_v_nothing_is_answered_and_all_else_is_the_same);
    tcase_add_loop_test(tc, t_must_lie_within_the_skew, 0, G_N_ELEMENTS(skew_cases));
    tcase_add_test(tc, t_rises_by_the_smallest_step);
    tcase_add_test(tc, a_refused_message_advances_t_too);
    tcase_add_test(tc, time_goes_on_when_ntp_wraps_in_2036);
    tcase_add_test(tc, fractions_of_seconds_are_no_validity);
    tcase_add_test(tc, id_zero_names_no_key);
    tcase_add_test(tc, a_deletion_of_what_is_not_held_is_acknowledged);
    tcase_add_test(tc, a_past_key_is_acknowledged_once_its_keep_time_is_over);
    tcase_add_test(tc, an_id_in_use_is_taken_over_once_its_key_is_past);
    tcase_add_test(tc, a_full_scope_has_no_room);
    tcase_add_test(tc, authentic_nonsense_is_error_12);
    suite_add_tcase(s, tc);

    tc = tcase_create("pmk");
    tcase_add_test(tc, without_a_pmk_nothing_is_for_us);
    tcase_add_test(tc, a_new_pmk_ends_the_old_one);
    tcase_add_test(tc, a_pmk_that_is_sent_again_changes_nothing);
    tcase_add_test(tc, a_pmk_that_comes_back_brings_no_replay);
    tcase_add_test(tc, pmks_are_wiped_on_change_and_at_the_end);
    tcase_add_test(tc, a_pkmf_plants_no_key_for_what_another_serves);
    tcase_add_test(tc, a_name_no_pkmf_can_have_is_refused);
    tcase_add_test(tc, the_longest_name_fits_delivery_and_answer);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
