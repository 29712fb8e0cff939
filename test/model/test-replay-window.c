/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was already seen: last octets of each PC5 sender (rules P3), MACs of MIKEY messages (RFC 3830 5.4).
 */
#include "prose-test.h"

#include "prose-replay-window.h"

static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x112233 };
static const ProseKeyScope group = { PROSE_KEY_TYPE_PSDK_GROUP, 0x112233 };

/* ---- PC5 ---- */

static ProseSenderIdentity
sender(ProseKeyScope scope, uint8_t type, uint8_t who)
{
    return (ProseSenderIdentity) { .scope = scope, .type = type, .identity = { 0, 0, 0, 0, 0, who } };
}

/* One step: who sends what, and what the window says to it. */
static const struct {
    const char *name;
    ProseKeyScope scope;
    uint8_t type, who, content;
    bool repeated, first;
} steps[] = {
    { "never heard", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, false, true },
    { "the same again", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, true, false },
    { "and again", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, true, false },
    { "another content", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 11, false, false },
    { "the one before last is not remembered", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, false, false },
    { "another sender, same octets", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 2, 10, false, true },
    { "the first sender is still known", { 1, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, true, false },
    { "another discovery", { 1, 0x112234 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, false, true },
    { "a group of the same number", { 2, 0x112233 }, PROSE_PC5_RELAY_ANNOUNCEMENT, 1, 10, false, true },
    { "a response is no announcement", { 1, 0x112233 }, PROSE_PC5_RELAY_RESPONSE, 1, 10, false, true },
    { "in a higher octet of the code", { 1, 0x512233 }, PROSE_PC5_RELAY_RESPONSE, 1, 10, false, true },
};

START_TEST(the_last_octets_of_each_sender_are_remembered)
{
    g_autoptr(ProseRepeatWindow) w = prose_repeat_window_new();

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        ProseSenderIdentity from = sender(steps[i].scope, steps[i].type, steps[i].who);
        uint8_t octets[PROSE_PC5_LEN] = { 0 };
        bool first;

        octets[PROSE_PC5_LEN - 1] = steps[i].content;
        ck_assert_msg(prose_repeat_window_check(w, &from, octets, &first) == steps[i].repeated, "%s", steps[i].name);
        ck_assert_msg(first == steps[i].first, "%s", steps[i].name);
    }
}
END_TEST

START_TEST(every_octet_counts)
{
    g_autoptr(ProseRepeatWindow) w = prose_repeat_window_new();
    ProseSenderIdentity from = sender(relay, PROSE_PC5_RELAY_ANNOUNCEMENT, 1);
    uint8_t octets[PROSE_PC5_LEN] = { 0 };

    ck_assert(!prose_repeat_window_check(w, &from, octets, NULL));
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] ^= 0x80;
        ck_assert(!prose_repeat_window_check(w, &from, octets, NULL));
        ck_assert(prose_repeat_window_check(w, &from, octets, NULL));
    }
    for (size_t i = 0; i < sizeof from.identity; i++) {
        bool first;

        from.identity[i] ^= 1;
        ck_assert(!prose_repeat_window_check(w, &from, octets, &first));
        ck_assert(first);
    }
}
END_TEST

START_TEST(many_senders_are_kept_apart)
{
    enum { N = 5000 };
    g_autoptr(ProseRepeatWindow) w = prose_repeat_window_new();
    uint8_t octets[PROSE_PC5_LEN] = { 0 };

    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < N; i++) {
            ProseSenderIdentity from = sender(relay, PROSE_PC5_RELAY_ANNOUNCEMENT, (uint8_t) i);
            bool first;

            from.identity[0] = (uint8_t) (i >> 8);
            octets[0] = (uint8_t) i;
            ck_assert_int_eq(prose_repeat_window_check(w, &from, octets, &first), round == 1);
            ck_assert_int_eq(first, round == 0);
        }
}
END_TEST

START_TEST(an_unused_window_is_freed)
{
    ck_assert_ptr_null(prose_repeat_window_free(prose_repeat_window_new()));
    ck_assert_ptr_null(prose_repeat_window_free(NULL));
}
END_TEST

/* Content octets count up from 0: the identity is at 3 to 8, the relay's UE ID without User Info at 3 to 5. */
static const struct {
    uint8_t type, want[PROSE_USER_INFO_ID_LEN];
} identity_cases[] = {
    { PROSE_PC5_RELAY_ANNOUNCEMENT, { 3, 4, 5, 6, 7, 8 } },
    { PROSE_PC5_RELAY_RESPONSE, { 3, 4, 5, 6, 7, 8 } },
    { PROSE_PC5_RELAY_SOLICITATION, { 3, 4, 5, 6, 7, 8 } },
    { PROSE_PC5_GROUP_ANNOUNCEMENT, { 3, 4, 5, 6, 7, 8 } },
    { PROSE_PC5_GROUP_RESPONSE, { 3, 4, 5, 6, 7, 8 } },
    { PROSE_PC5_GROUP_SOLICITATION, { 3, 4, 5, 6, 7, 8 } },
    { PROSE_PC5_RELAY_ADDITIONAL, { 0, 0, 0, 3, 4, 5 } },
    { PROSE_PC5_OPEN_ANNOUNCEMENT, { 0, 1, 2, 3, 4, 5 } },
    { PROSE_PC5_RESTRICTED_QUERY, { 0, 1, 2, 3, 4, 5 } },
};

START_TEST(a_sender_is_who_the_content_names)
{
    uint8_t content[PROSE_CONTENT_LEN];
    ProseSenderIdentity got;

    for (uint8_t i = 0; i < sizeof content; i++)
        content[i] = i;
    prose_sender_identity_from_content(&got, group, identity_cases[_i].type, content);
    ck_assert(prose_key_scope_equal(got.scope, group));
    ck_assert_uint_eq(got.type, identity_cases[_i].type);
    ck_assert_mem_eq(got.identity, identity_cases[_i].want, PROSE_USER_INFO_ID_LEN);
}
END_TEST

/* ---- MIKEY ---- */

static const uint8_t *
mac(unsigned i)
{
    static uint8_t octets[20];

    memset(octets, 0, sizeof octets);
    octets[18] = (uint8_t) (i >> 8);               /* the first four, which hash, are all alike */
    octets[19] = (uint8_t) i;
    return octets;
}

static unsigned
count(const ProseMikeyCache *c, unsigned n)
{
    unsigned held = 0;

    for (unsigned i = 0; i < n; i++)
        held += prose_mikey_cache_has(c, mac(i));
    return held;
}

START_TEST(a_mac_is_remembered)
{
    g_autoptr(ProseMikeyCache) c = prose_mikey_cache_new();

    ck_assert(!prose_mikey_cache_has(c, mac(1)));
    prose_mikey_cache_add(c, mac(1), 1000, 600);
    ck_assert(prose_mikey_cache_has(c, mac(1)));
    ck_assert(!prose_mikey_cache_has(c, mac(2)));
    ck_assert_ptr_null(prose_mikey_cache_free(NULL));
}
END_TEST

START_TEST(at_least_204_stay_however_old)
{
    g_autoptr(ProseMikeyCache) c = prose_mikey_cache_new();

    for (unsigned i = 0; i < PROSE_MIKEY_CACHE_MIN; i++)
        prose_mikey_cache_add(c, mac(i), 10000 * (int64_t) i, 600);
    ck_assert_uint_eq(count(c, PROSE_MIKEY_CACHE_MIN), PROSE_MIKEY_CACHE_MIN);
    prose_mikey_cache_add(c, mac(PROSE_MIKEY_CACHE_MIN), 10000 * (int64_t) PROSE_MIKEY_CACHE_MIN, 600);
    ck_assert(!prose_mikey_cache_has(c, mac(0)));
    ck_assert_uint_eq(count(c, 300), PROSE_MIKEY_CACHE_MIN);
}
END_TEST

START_TEST(all_stay_that_are_within_the_time)
{
    enum { N = 2000 };
    g_autoptr(ProseMikeyCache) c = prose_mikey_cache_new();

    for (unsigned i = 0; i < N; i++)
        prose_mikey_cache_add(c, mac(i), i, 600);
    /* At 1999 what was seen at 1399 is 600 old and stays. */
    ck_assert_uint_eq(count(c, N), 601);
    ck_assert(!prose_mikey_cache_has(c, mac(1398)));
    ck_assert(prose_mikey_cache_has(c, mac(1399)));
}
END_TEST

START_TEST(a_mac_that_is_added_twice_is_held_once)
{
    g_autoptr(ProseMikeyCache) c = prose_mikey_cache_new();

    for (unsigned i = 0; i < 1000; i++)
        prose_mikey_cache_add(c, mac(7), 1000 * (int64_t) i, 600);
    for (unsigned i = 100; i < 100 + PROSE_MIKEY_CACHE_MIN - 1; i++)
        prose_mikey_cache_add(c, mac(i), 2000000, 600);
    ck_assert(prose_mikey_cache_has(c, mac(7)));
    prose_mikey_cache_add(c, mac(99), 2000000, 600);
    ck_assert(!prose_mikey_cache_has(c, mac(7)));
}
END_TEST

START_TEST(a_clock_set_back_neither_forgets_nor_keeps_for_ever)
{
    g_autoptr(ProseMikeyCache) c = prose_mikey_cache_new();

    for (unsigned i = 0; i < 300; i++)
        prose_mikey_cache_add(c, mac(i), 1000000, 600);
    prose_mikey_cache_add(c, mac(300), 1000, 600);
    ck_assert_uint_eq(count(c, 301), 301);
    prose_mikey_cache_add(c, mac(301), 1600, 600);
    ck_assert_uint_eq(count(c, 302), 302);
    prose_mikey_cache_add(c, mac(302), 1601, 600); /* what was seen before the clock was set is now 601 old */
    ck_assert_uint_eq(count(c, 303), PROSE_MIKEY_CACHE_MIN);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("replay-window");
    TCase *tc = tcase_create("pc5");

    tcase_add_test(tc, the_last_octets_of_each_sender_are_remembered);
    tcase_add_test(tc, every_octet_counts);
    tcase_add_test(tc, many_senders_are_kept_apart);
    tcase_add_test(tc, an_unused_window_is_freed);
    tcase_add_loop_test(tc, a_sender_is_who_the_content_names, 0, G_N_ELEMENTS(identity_cases));
    suite_add_tcase(s, tc);

    tc = tcase_create("mikey");
    tcase_add_test(tc, a_mac_is_remembered);
    tcase_add_test(tc, at_least_204_stay_however_old);
    tcase_add_test(tc, all_stay_that_are_within_the_time);
    tcase_add_test(tc, a_mac_that_is_added_twice_is_held_once);
    tcase_add_test(tc, a_clock_set_back_neither_forgets_nor_keeps_for_ever);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
