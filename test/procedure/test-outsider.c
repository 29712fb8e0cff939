/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What somebody gets who has no key for it: on an address that was another's, on the link to a server, on the air
 * (REQ-662-01, -03, -08 to -12; REQ-66422-07; what may be claimed and what not: rules C1, C2).
 */
#include "one-ue.h"

#include "prose-pkmf-internal.h"

#define NORTH "pkmf.north.example"
#define M 32

/* ---- an address that belongs to another UE now ---- */

typedef struct Overheard {
    BenchUe *at;
    unsigned n;
    uint8_t octets[4][PROSE_MIKEY_MAX];
    size_t len[4];
} Overheard;

/* Keeps what comes to @at and names another UE's PMK. */
static void
overhear(void *user, BenchPacket *packet)
{
    Overheard *o = user;
    ProseMikeyMessage msg;

    if (packet->kind != BENCH_UDP_DOWN || packet->ue != o->at || o->n == G_N_ELEMENTS(o->len)
        || prose_mikey_decode(&msg, packet->octets, packet->len) < 0)
        return;
    memcpy(o->octets[o->n], packet->octets, packet->len);
    o->len[o->n++] = packet->len;
}

static const PkmfUe *
record_of(const ProsePkmf *pkmf, const BenchUe *u)
{
    return g_hash_table_lookup(pkmf->ues_by_impi, u->gba->impi);
}

/* REQ-662-03, REQ-66422-06, REQ-66422-07 */
START_TEST(whoever_has_a_ue_s_old_address_now_gets_nothing_out_of_its_deliveries)
{
    const ProseUeDiscovery hers[] = { at(NORTH, relay) }, his[] = { at(NORTH, group) };
    BenchServer *north = bench_add_pkmf(b, "pkmf north", NORTH, M);
    ProsePkmf *pkmf = bench_pkmf(north);
    const ProsePkmfDiscovery d = {
        .scope = relay, .meta = { .mic = true }, .first_start_s = VF, .cryptoperiod_s = HOUR, .lead_s = 600,
    };
    ProsePkmfDiscovery other = d;
    BenchUe *alice = bench_add_ue(b, "alice", hers, 1), *bob = bench_add_ue(b, "bob", his, 1);
    Overheard heard = { .at = bob };
    ProsePkmfUeView seen;
    const PkmfKey *key;
    ProseAddress address;
    size_t n;

    other.scope = group;
    other.lead_s = 60;                     /* so that her next key comes while nothing is on its way to him */
    ck_assert_int_eq(prose_pkmf_add_discovery(pkmf, &d), 0);
    ck_assert_int_eq(prose_pkmf_add_discovery(pkmf, &other), 0);
    prose_pkmf_authorise(pkmf, alice->gba->impi, relay, true, 0);
    prose_pkmf_authorise(pkmf, bob->gba->impi, group, true, 0);

    /* Her connection goes, she gets no other and cannot tell; he is given her address. */
    bench_start(alice);
    bench_run_for(b, 5);
    address = alice->address;
    alice->pdn_available = false;
    bench_lose_pdn(alice);
    bob->next_address = address;
    bench_start(bob);
    bench_run_for(b, 5);
    ck_assert_uint_eq(bob->address, address);
    ck_assert_ptr_nonnull(prose_key_store_find(prose_ue_keys(bob->ue), group, 1));

    /* Her next key is sent to that address, four times. */
    b->hook = overhear;
    b->hook_user = &heard;
    bench_run_until(b, (HOUR - 600) * BENCH_S - 1);
    ck_assert_uint_eq(heard.n, 0);
    bench_run_for(b, 31);
    ck_assert_uint_eq(heard.n, 4);
    ck_assert_uint_eq(bench_count(b, "bob", PROSE_EVENT_MIKEY_REJECTED, "no-pmk"), 4);
    prose_key_store_of_scope(prose_ue_keys(bob->ue), relay, &n);
    ck_assert_uint_eq(n, 0);
    ck_assert_uint_eq(bench_count(b, "pkmf north", PROSE_EVENT_MIKEY_REJECTED, NULL), 0);      /* he answered nothing */
    ck_assert_int_eq(prose_pkmf_view_ue(pkmf, alice->gba->impi, &seen), 0);
    ck_assert(seen.unreachable && seen.n_pending == 1);
    ck_assert_int_eq(prose_pkmf_view_ue(pkmf, bob->gba->impi, &seen), 0);
    ck_assert(!seen.unreachable && seen.n_pending == 0);

    /* Nor can he open it: not with his PMK, and the key is not in it. With hers it is. */
    key = pkmf_find_scope(pkmf, relay)->keys->pdata[1];
    for (unsigned i = 0; i < heard.n; i++) {
        ProseMikeyMessage msg;
        ProseMikeyDelivery opened;
        ProseMikeyKeys keys;

        ck_assert_int_eq(prose_mikey_decode(&msg, heard.octets[i], heard.len[i]), 0);
        ck_assert_int_eq(prose_mikey_delivery_open(&opened, &keys, &msg, record_of(pkmf, bob)->pmk), PROSE_ERR_AUTH);
        for (size_t at = 0; at + PROSE_KEY_LEN <= heard.len[i]; at++)
            ck_assert_mem_ne(heard.octets[i] + at, key->octets, PROSE_KEY_LEN);
        ck_assert_int_eq(prose_mikey_delivery_open(&opened, &keys, &msg, record_of(pkmf, alice)->pmk), 0);
        ck_assert_mem_eq(opened.key, key->octets, PROSE_KEY_LEN);
    }

    /* Once she has a connection again it comes to her, and to him nothing more. */
    alice->pdn_available = true;
    bench_run_for(b, 70);
    ck_assert_ptr_nonnull(prose_key_store_find(prose_ue_keys(alice->ue), relay, key->id));
    ck_assert_int_eq(prose_pkmf_view_ue(pkmf, alice->gba->impi, &seen), 0);
    ck_assert_uint_eq(seen.address, alice->address);
    ck_assert_uint_ne(seen.address, address);
    ck_assert_uint_eq(bench_count(b, "bob", PROSE_EVENT_MIKEY_REJECTED, NULL), 4);
}
END_TEST

/* ---- on the link to a server ---- */

static void
add_function(void)
{
    BenchServer *function = bench_add_function(b);

    prose_function_add_scope(bench_function(function), relay, EAST);
    prose_function_authorise(bench_function(function), ue->gba->impi, relay, true);
}

static void
look_for_pc3(void *user, BenchPacket *packet)
{
    unsigned *n = user;

    if (packet->server == east->at)
        return;
    n[0]++;
    n[1] += g_strstr_len((const char *) packet->octets, (gssize) packet->len, "00a1b2") != NULL;
    n[1] += g_strstr_len((const char *) packet->octets, (gssize) packet->len, "POST") != NULL;
}

/* REQ-662-01 */
START_TEST(nothing_of_pc3_crosses_in_clear)
{
    const ProseUeDiscovery d[] = { at(NULL, relay) };
    unsigned n[2] = { 0, 0 };

    if (_i) {                              /* the search finds it where TLS is off */
        teardown();
        b = bench_new();
        b->cleartext = true;
        east = script_new(b, "pkmf east", EAST);
    }
    ue = bench_add_ue(b, "engines[0]", d, 1);
    add_function();
    b->hook = look_for_pc3;
    b->hook_user = n;
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert_uint_eq(n_events(PROSE_EVENT_PC3_ANSWERED, NULL), 1);
    ck_assert_uint_ge(n[0], 2);            /* to and fro */
    ck_assert_int_eq(n[1] > 0, _i);
}
END_TEST

typedef struct Doubler {
    const char *to;                        /* name of the server */
    bool done;
} Doubler;

/* The first record of application data to @to arrives twice. */
static void
double_record(void *user, BenchPacket *packet)
{
    Doubler *doubler = user;

    if (doubler->done || packet->kind != BENCH_TCP_UP || packet->octets[0] != 0x17
        || !g_str_equal(packet->server->name, doubler->to))
        return;
    packet->octets = g_realloc(packet->octets, 2 * packet->len);
    memcpy(packet->octets + packet->len, packet->octets, packet->len);
    packet->len *= 2;
    doubler->done = true;
}

static const char *const servers[] = { "prose-function operator", "pkmf east" };

/* REQ-662-01, REQ-66422-09 */
START_TEST(a_replayed_record_ends_the_tunnel_before_anything_is_answered)
{
    const ProseUeDiscovery d[] = { at(NULL, relay) };
    Doubler doubler = { .to = servers[_i] };
    ProseEventType failed = _i ? PROSE_EVENT_KEY_REQUEST_FAILED : PROSE_EVENT_PC3_FAILED;

    ue = bench_add_ue(b, "engines[0]", d, 1);
    add_function();
    b->hook = double_record;
    b->hook_user = &doubler;
    bench_start(ue);
    bench_run_for(b, 1);
    ck_assert(doubler.done);
    ck_assert_uint_eq(bench_count(b, doubler.to, PROSE_EVENT_TLS_FAILED, "bad-record-mac"), 1);
    ck_assert_uint_eq(n_events(failed, "tls"), 1);
    ck_assert(!prose_ue_clock(ue->ue)->is_set);
    bench_run_for(b, 5);                   /* a new tunnel is none the worse */
    ck_assert_int_eq(view(relay).supply, PROSE_SUPPLY_GRANTED);
}
END_TEST

/* ---- on the air ---- */

static const uint8_t mic_random[PROSE_MIC_LEN] = { 1, 2, 3, 4 };

static ProseSecurityMetadata
meta_of(int bits)
{
    ProseSecurityMetadata meta = { .scrambling = bits & 1, .confidentiality = bits & 2, .mic = bits & 4 };

    if (meta.confidentiality)
        memset(meta.encrypted_bits_mask + 3, 0x5A, PROSE_CONTENT_LEN - 3);
    return meta;
}

static BenchUe *
add(const char *name, ProseKeyScope scope, unsigned roles, int bits)
{
    const ProseUeDiscovery d = { .scope = scope, .roles = roles, .overlap_s = UINT32_MAX };
    const ProseSecurityMetadata meta = meta_of(bits);
    BenchUe *u = bench_add_ue(b, name, &d, 1);
    uint8_t key[PROSE_KEY_LEN];

    script_key(key, scope, 1);
    ck_assert_int_eq(prose_ue_provision(u->ue, scope, &meta, M, BENCH_UTC_START * PROSE_NS_PER_S + (int64_t) b->now_ns,
                                        b->now_ns), 0);
    ck_assert_int_eq(prose_ue_provision_key(u->ue, scope, 1, VF, VF + HOUR, key, b->now_ns), 0);
    return u;
}

static void
announce(BenchUe *u, uint8_t ret[PROSE_PC5_LEN])
{
    ProseSlot slot = bench_slot(b, 0);

    ck_assert_int_eq(prose_ue_pc5_send(u->ue, relay, PROSE_ROLE_ANNOUNCE, &slot, mic_random, ret, NULL), PROSE_SLOT_SENT);
}

static ProsePc5Received
hear(BenchUe *u, const uint8_t octets[PROSE_PC5_LEN])
{
    ProseSlot slot = bench_slot(b, 0);
    ProsePc5Received r;

    prose_ue_pc5_receive(u->ue, &slot, octets, PROSE_PC5_LEN, &r);
    return r;
}

static void
on_air(void)
{
    b = bench_new();
    b->now_ns = 1008 * BENCH_S;            /* inside the key's hour; UTC a multiple of 16 s */
    ck_assert_int_eq(bench_utc(b) % 16, 0);
}

/* What @u would announce, in clear. */
static void
clear_content(const BenchUe *u, uint8_t ret[PROSE_CONTENT_LEN])
{
    ProsePc5Content c = {
        .type = PROSE_PC5_RELAY_ANNOUNCEMENT, .id = relay.id, .ue_id = 0x100000 + u->index, .resource_status = true,
        .user_info = { 0, 1, 1, 0, 0, (uint8_t) (u->index + 1) },
    };

    ck_assert_int_eq(prose_pc5_content_encode(ret, &c), 0);
}

/* REQ-662-09 */
START_TEST(who_has_all_but_the_key_makes_nothing_that_is_accepted)
{
    const ProseSecurityMetadata meta = meta_of(_i);
    ProseDrawStream guesses = { { { 662, 9 } }, (uint32_t) _i, 0 };
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, _i), *bob = add("bob", relay, PROSE_ROLE_MONITOR, _i);
    uint8_t psdk[PROSE_KEY_LEN], content[PROSE_CONTENT_LEN], forged[PROSE_PC5_LEN], genuine[PROSE_PC5_LEN];
    ProsePc5Keys keys;
    ProsePc5Outcome outcome;

    /* Discovery, contents, protections and time are known; every key but that one may be tried. */
    clear_content(alice, content);
    for (unsigned n = 0; n < 200; n++) {
        prose_draw_octets(&guesses, psdk, sizeof psdk);
        prose_pc5_keys_init(&keys, psdk, relay, &b->profile);
        prose_pc5_protect(forged, &keys, &meta, PROSE_PC5_RELAY_ANNOUNCEMENT, content, (uint32_t) bench_utc(b), mic_random,
                          &b->profile);
        outcome = hear(bob, forged).outcome;
        /* Without scrambling the discovery is readable, so it is the MIC that tells. */
        ck_assert_int_eq(outcome, meta.scrambling ? PROSE_PC5_NOT_FOR_ME : PROSE_PC5_BAD_MIC);
    }
    /* Nor does another MIC under a genuine body. */
    announce(alice, genuine);
    for (unsigned n = 0; n < 200; n++) {
        memcpy(forged, genuine, sizeof forged);
        prose_draw_octets(&guesses, forged + 24, PROSE_MIC_LEN);
        ck_assert_int_eq(hear(bob, forged).outcome, PROSE_PC5_BAD_MIC);
    }
    ck_assert_int_eq(hear(bob, genuine).outcome, PROSE_PC5_ACCEPTED);
}
END_TEST

/* REQ-662-08 */
START_TEST(a_recording_is_of_no_use_after_its_window_wherever_it_is_played)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, 4 + _i), *bob = add("bob", relay, PROSE_ROLE_MONITOR, 4 + _i);
    BenchUe *carol = add("carol", relay, PROSE_ROLE_MONITOR, 4 + _i), *dave = add("dave", group, PROSE_ROLE_MONITOR, 4 + _i);
    uint8_t recording[PROSE_PC5_LEN], fresh[PROSE_PC5_LEN];

    announce(alice, recording);
    /* In another group never; where it belongs for M seconds, also in another place: that is the limit. */
    ck_assert_int_eq(hear(dave, recording).outcome, PROSE_PC5_NOT_FOR_ME);
    bench_run_for(b, M);
    ck_assert_int_eq(hear(bob, recording).outcome, PROSE_PC5_ACCEPTED);
    bench_run_for(b, 1);
    ck_assert_int_eq(hear(bob, recording).outcome, PROSE_PC5_STALE);
    ck_assert_int_eq(hear(carol, recording).outcome, PROSE_PC5_STALE);
    ck_assert_int_eq(hear(dave, recording).outcome, PROSE_PC5_STALE);

    /* With the LSB of now it is no longer the message that was made. */
    announce(alice, fresh);
    memcpy(fresh, recording, PROSE_PC5_LEN - 1);
    ck_assert_int_ge(hear(carol, fresh).outcome, PROSE_PC5_NOT_FOR_ME);
    ck_assert_int_le(hear(carol, fresh).outcome, PROSE_PC5_BAD_MIC);
    /* And when the LSB has come round again the counter behind it is another. */
    bench_run_for(b, 256 - M - 1);
    ck_assert_int_ge(hear(carol, recording).outcome, PROSE_PC5_NOT_FOR_ME);
    ck_assert_int_le(hear(carol, recording).outcome, PROSE_PC5_BAD_MIC);
}
END_TEST

/* Bits that ever differed from the first of @n messages, one for each epoch of 16 s, all of the same contents. */
static void
watch_epochs(BenchUe *u, unsigned n, uint8_t ret_differs[PROSE_PC5_LEN])
{
    uint8_t first[PROSE_PC5_LEN], octets[PROSE_PC5_LEN];
    uint64_t start_ns = b->now_ns;

    memset(ret_differs, 0, PROSE_PC5_LEN);
    announce(u, first);
    for (unsigned i = 1; i < n; i++) {
        bench_run_until(b, start_ns + (16 * i + i * 7 % 16) * BENCH_S);    /* not always the same second of it */
        announce(u, octets);
        for (unsigned o = 0; o < PROSE_PC5_LEN; o++)
            ret_differs[o] |= octets[o] ^ first[o];
    }
}

/* REQ-662-11 */
START_TEST(across_epochs_nothing_is_constant_but_what_is_left_clear)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, _i);
    bool scrambles = _i & 1, has_mic = _i & 4;
    uint8_t differs[PROSE_PC5_LEN];

    watch_epochs(alice, 60, differs);
    ck_assert_uint_eq(differs[0], 0);              /* message type */
    ck_assert_uint_eq(differs[PROSE_PC5_LEN - 1], 0xFF);       /* counter LSB */
    for (unsigned o = 1; o < PROSE_PC5_LEN - 1; o++) {
        bool is_mic = o > PROSE_CONTENT_LEN;

        /* Control: without scrambling the contents are there to be followed. */
        ck_assert_msg(differs[o] == (scrambles || (is_mic && has_mic) ? 0xFF : 0), "octet %u: %02x", o, differs[o]);
    }
}
END_TEST

/* REQ-662-11 */
START_TEST(inside_an_epoch_the_body_is_constant_but_for_mic_and_counter)
{
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, 1 | _i), *carol = add("carol", relay, PROSE_ROLE_ANNOUNCE, 1 | _i);
    uint8_t first[PROSE_PC5_LEN], octets[PROSE_PC5_LEN], hers[PROSE_CONTENT_LEN], clear[2][PROSE_CONTENT_LEN];

    announce(alice, first);
    clear_content(alice, clear[0]);
    clear_content(carol, clear[1]);
    for (unsigned s = 0; s < 16; s++) {
        announce(alice, octets);
        ck_assert_mem_eq(octets, first, 1 + PROSE_CONTENT_LEN);
        ck_assert_int_eq(memcmp(octets + 24, first + 24, PROSE_MIC_LEN) != 0, _i && s > 0);
        ck_assert_uint_eq(octets[28], (uint8_t) (first[28] + s));
        /* Two senders under one DUSK have the same bits on top, so one clear text gives away the other. */
        announce(carol, octets);
        for (unsigned i = 0; i < PROSE_CONTENT_LEN; i++)
            hers[i] = octets[1 + i] ^ first[1 + i] ^ clear[0][i];
        ck_assert_mem_eq(hers, clear[1], sizeof hers);
        bench_run_for(b, 1);
    }
    announce(alice, octets);
    ck_assert_mem_ne(octets + 1, first + 1, PROSE_CONTENT_LEN);
}
END_TEST

/* What @psdk makes of @octets where nothing is filtered and no MIC looked at. */
static void
decrypt(const uint8_t psdk[PROSE_KEY_LEN], const uint8_t octets[PROSE_PC5_LEN], uint8_t ret[PROSE_CONTENT_LEN])
{
    const ProseSecurityMetadata meta = meta_of(2);
    ProsePc5Keys keys;
    const ProsePc5Context context = { .keys = &keys, .meta = &meta, .type = PROSE_PC5_RELAY_ANNOUNCEMENT, .valid_from = VF,
                                      .valid_to = VF + HOUR, .max_offset = M };
    ProsePc5Verdict v;

    prose_pc5_keys_init(&keys, psdk, relay, &b->profile);
    prose_pc5_unprotect(&v, &context, 1, octets, PROSE_PC5_LEN, (uint32_t) bench_utc(b), bench_utc(b), &b->profile);
    ck_assert_int_eq(v.outcome, PROSE_PC5_ACCEPTED);
    memcpy(ret, v.content, PROSE_CONTENT_LEN);
}

/* REQ-662-12 */
START_TEST(who_lacks_the_key_reads_the_bits_outside_the_mask_and_no_others)
{
    const ProseSecurityMetadata meta = meta_of(2);
    BenchUe *alice = add("alice", relay, PROSE_ROLE_ANNOUNCE, 2);
    uint8_t psdk[PROSE_KEY_LEN], clear[PROSE_CONTENT_LEN], octets[PROSE_PC5_LEN], read[PROSE_CONTENT_LEN];
    uint8_t hidden[PROSE_CONTENT_LEN] = { 0 }, wrong[PROSE_CONTENT_LEN] = { 0 };

    clear_content(alice, clear);
    for (unsigned n = 0; n < 64; n++) {
        announce(alice, octets);
        script_key(psdk, relay, 1);
        decrypt(psdk, octets, read);
        ck_assert_mem_eq(read, clear, sizeof read);
        psdk[n % PROSE_KEY_LEN] ^= 1;
        decrypt(psdk, octets, read);
        for (unsigned i = 0; i < PROSE_CONTENT_LEN; i++) {
            uint8_t open = (uint8_t) ~meta.encrypted_bits_mask[i];

            ck_assert_uint_eq(octets[1 + i] & open, clear[i] & open);
            ck_assert_uint_eq(read[i] & open, clear[i] & open);
            hidden[i] |= octets[1 + i] ^ clear[i];
            wrong[i] |= read[i] ^ clear[i];
        }
        bench_run_for(b, 1);
    }
    /* Every bit under the mask was another than in clear at some time, on the air and under another key. */
    ck_assert_mem_eq(hidden, meta.encrypted_bits_mask, sizeof hidden);
    ck_assert_mem_eq(wrong, meta.encrypted_bits_mask, sizeof wrong);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("outsider");
    TCase *tc = tcase_create("address and link");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, whoever_has_a_ue_s_old_address_now_gets_nothing_out_of_its_deliveries);
    tcase_add_loop_test(tc, nothing_of_pc3_crosses_in_clear, 0, 2);
    tcase_add_loop_test(tc, a_replayed_record_ends_the_tunnel_before_anything_is_answered, 0, G_N_ELEMENTS(servers));
    suite_add_tcase(suite, tc);

    tc = tcase_create("air");
    tcase_add_checked_fixture(tc, on_air, teardown);
    tcase_add_loop_test(tc, who_has_all_but_the_key_makes_nothing_that_is_accepted, 4, 8);
    tcase_add_loop_test(tc, a_recording_is_of_no_use_after_its_window_wherever_it_is_played, 0, 4);
    tcase_add_loop_test(tc, across_epochs_nothing_is_constant_but_what_is_left_clear, 0, 2);
    tcase_add_loop_test(tc, across_epochs_nothing_is_constant_but_what_is_left_clear, 4, 6);
    tcase_add_loop_test(tc, inside_an_epoch_the_body_is_constant_but_for_mic_and_counter, 0, 1);
    tcase_add_loop_test(tc, inside_an_epoch_the_body_is_constant_but_for_mic_and_counter, 4, 5);
    tcase_add_test(tc, who_lacks_the_key_reads_the_bits_outside_the_mask_and_no_others);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
