/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key store: rules K1 to K6, and that no key outlives its end (REQ-662-06, -07). A long life at random is in
 * test-key-store-life.c.
 */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-key-store.h"

static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x112233 };
static const ProseKeyScope same_number_as_group = { PROSE_KEY_TYPE_PSDK_GROUP, 0x112233 };
static const ProseKeyScope group_key = { PROSE_KEY_TYPE_PGK, 0x00A1B2 };

/* What was wiped, as the pool's hook and the store's callback tell it. */
typedef struct Wipes {
    unsigned slots;                /* that came back all zero */
    unsigned dirty;                /* that did not */
    unsigned keys;
    unsigned held;                 /* of these, still readable during the call */
    char causes[256];              /* "cause:ID " each */
} Wipes;

static void
slot_cb(void *user, const void *slot, size_t size)
{
    Wipes *w = user;
    const uint8_t *octets = slot;
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++)
        any |= octets[i];
    if (any)
        w->dirty++;
    else
        w->slots++;
}

static void
wiped_cb(void *user, const ProseStoredKey *key, const char *cause)
{
    Wipes *w = user;
    size_t len = strlen(w->causes);

    w->keys++;
    if (key->key[0] == key->key_id && key->key[31] == 0xEE)
        w->held++;
    g_snprintf(w->causes + len, sizeof w->causes - len, "%s:%u ", cause, key->key_id);
}

typedef struct Fixture {
    ProseSecretPool *pool;
    ProseProfile profile;
    ProseKeyStore *store;
    Wipes wipes;
} Fixture;

static void
fixture_init(Fixture *f)
{
    *f = (Fixture) { .pool = prose_secret_pool_new() };
    prose_profile_init(&f->profile);
    f->store = prose_key_store_new(f->pool, &f->profile);
    prose_secret_pool_set_hook(f->pool, slot_cb, &f->wipes);
    prose_key_store_set_wiped_cb(f->store, wiped_cb, &f->wipes);
}

static void
fixture_clear(Fixture *f)
{
    prose_key_store_free(f->store);
    prose_secret_pool_free(f->pool);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

/* Key octets that tell the ID: wiped_cb() looks for them. */
static const uint8_t *
key_octets(uint8_t id)
{
    static uint8_t key[PROSE_KEY_LEN];

    memset(key, 0xEE, sizeof key);
    key[0] = id;
    return key;
}

static int
add(Fixture *f, ProseKeyScope scope, uint8_t id, int64_t from, int64_t to, int64_t clock)
{
    return prose_key_store_add(f->store, scope, id, from, to, key_octets(id), clock);
}

/* "id[from,to) …" of a scope, in the store's order. */
static char *
print_scope(const ProseKeyStore *store, ProseKeyScope scope)
{
    GString *s = g_string_new(NULL);
    size_t n;
    const ProseStoredKey *keys = prose_key_store_of_scope(store, scope, &n);

    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(keys[i].key[0], keys[i].key_id);
        g_string_append_printf(s, "%u[%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ") ", keys[i].key_id, keys[i].valid_from,
                               keys[i].valid_to);
    }
    return g_string_free(s, FALSE);
}

static void
assert_scope(const Fixture *f, ProseKeyScope scope, const char *want)
{
    g_autofree char *got = print_scope(f->store, scope);

    ck_assert_str_eq(got, want);
}

static unsigned
sending_id(const Fixture *f, ProseKeyScope scope, uint32_t counter)
{
    const ProseStoredKey *key = prose_key_store_sending(f->store, scope, counter);

    return key ? key->key_id : 0;
}

/* ---- what is held ---- */

START_TEST(an_empty_store_holds_nothing)
{
    g_auto(Fixture) f;
    size_t n = 7;

    fixture_init(&f);
    ck_assert_uint_eq(prose_key_store_size(f.store), 0);
    ck_assert_ptr_null(prose_key_store_of_scope(f.store, relay, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_null(prose_key_store_find(f.store, relay, 1));
    ck_assert_ptr_null(prose_key_store_sending(f.store, relay, 100));
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), INT64_MAX);
    ck_assert_uint_eq(prose_key_store_expire(f.store, INT64_MAX), 0);
    ck_assert_int_eq(prose_key_store_delete(f.store, relay, 1), PROSE_ERR_NOT_FOUND);
    ck_assert_ptr_null(prose_key_store_free(NULL));
}
END_TEST

/* REQ-662-06 */
START_TEST(past_current_and_future_keys_are_held_together)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 60);
    ck_assert_int_eq(add(&f, relay, 3, 2000, 3000, 2030), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(add(&f, relay, 5, 4000, 5000, 2030), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(add(&f, relay, 2, 1000, 2000, 2030), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(add(&f, relay, 4, 3000, 4000, 2030), PROSE_KEY_ADD_STORED);
    assert_scope(&f, relay, "2[1000,2000) 3[2000,3000) 4[3000,4000) 5[4000,5000) ");
    ck_assert_uint_eq(prose_key_store_size(f.store), 4);
}
END_TEST

/* A set with ties and past keys, more than fit: the eight latest stay whatever the order of arrival. */
/* REQ-662-06 */
START_TEST(insertion_in_any_order_gives_the_same_state)
{
    static const struct {
        uint8_t id;
        int64_t from, to;
    } keys[] = {
        { 1, 100, 200 }, { 2, 200, 300 }, { 3, 300, 400 }, { 4, 400, 500 }, { 5, 500, 600 }, { 6, 600, 700 }, { 7, 700, 800 },
        { 8, 600, 800 }, { 9, 700, 800 }, { 10, 800, 900 }, { 11, 800, 900 }, { 12, 100, 1000 },
    };
    enum { N = G_N_ELEMENTS(keys) };
    GRand *rand = g_rand_new_with_seed(20260601);
    unsigned order[N];

    for (unsigned i = 0; i < N; i++)
        order[i] = i;
    for (unsigned round = 0; round < 200; round++) {
        g_auto(Fixture) f;

        fixture_init(&f);
        prose_key_store_set_keep(f.store, relay, 1000);
        for (unsigned i = N - 1; i > 0; i--) {
            unsigned j = (unsigned) g_rand_int_range(rand, 0, (gint32) i + 1), kept = order[i];

            order[i] = order[j];
            order[j] = kept;
        }
        for (unsigned i = 0; i < N; i++)           /* at 650: the first five are past, seven are not */
            ck_assert_int_ge(add(&f, relay, keys[order[i]].id, keys[order[i]].from, keys[order[i]].to, 650), 0);
        assert_scope(&f, relay, "5[500,600) 6[600,700) 8[600,800) 7[700,800) 9[700,800) 10[800,900) 11[800,900) 12[100,1000) ");
        ck_assert_int_eq(prose_key_store_next_expiry(f.store), 1600);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(scopes_are_kept_apart)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    ck_assert_int_eq(add(&f, relay, 1, 100, 200, 0), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(add(&f, same_number_as_group, 1, 300, 400, 0), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(add(&f, group_key, 1, 500, 600, 0), PROSE_KEY_ADD_STORED);
    assert_scope(&f, relay, "1[100,200) ");
    assert_scope(&f, same_number_as_group, "1[300,400) ");
    assert_scope(&f, group_key, "1[500,600) ");
    ck_assert_int_eq(prose_key_store_delete(f.store, same_number_as_group, 1), 0);
    assert_scope(&f, relay, "1[100,200) ");
    assert_scope(&f, same_number_as_group, "");
    assert_scope(&f, group_key, "1[500,600) ");
}
END_TEST

START_TEST(discovery_keys_are_prepared_and_group_keys_are_not)
{
    g_auto(Fixture) f;
    ProsePc5Keys want;
    const ProseStoredKey *key;

    fixture_init(&f);
    add(&f, relay, 1, 100, 200, 0);
    add(&f, group_key, 2, 100, 200, 0);
    key = prose_key_store_find(f.store, relay, 1);
    memset(&want, 0, sizeof want);
    prose_pc5_keys_init(&want, key_octets(1), relay, &f.profile);
    ck_assert_mem_eq(key->pc5, &want, sizeof want);
    ck_assert_mem_eq(key->key, key_octets(1), PROSE_KEY_LEN);
    ck_assert_ptr_null(prose_key_store_find(f.store, group_key, 2)->pc5);
    ck_assert_ptr_null(prose_key_store_find(f.store, relay, 2));
}
END_TEST

/* ---- K1: which key sends ---- */

static const struct {
    uint32_t counter;
    unsigned want;
} sending_cases[] = {
    { 0, 0 }, { 999, 0 }, { 1000, 1 }, { 1999, 1 }, { 2000, 2 },
    { 2499, 2 },
    { 2500, 3 },                   /* 2, 3 and 4 are usable: 3 ends first */
    { 2699, 3 }, { 2700, 2 }, { 2999, 2 }, { 3000, 4 }, { 3999, 4 }, { 4000, 0 }, { UINT32_MAX, 0 },
};

/* REQ-662-06 */
START_TEST(the_usable_key_that_ends_first_sends)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    add(&f, relay, 4, 2500, 4000, 0);
    add(&f, relay, 2, 2000, 3000, 0);
    add(&f, relay, 1, 1000, 2000, 0);
    add(&f, relay, 3, 2500, 2700, 0);
    ck_assert_uint_eq(sending_id(&f, relay, sending_cases[_i].counter), sending_cases[_i].want);
}
END_TEST

START_TEST(a_key_across_the_counters_wrap_is_usable_on_both_sides)
{
    const int64_t wrap = INT64_C(1) << 32;
    g_auto(Fixture) f;

    fixture_init(&f);
    add(&f, relay, 1, wrap - 10, wrap + 10, wrap - 20);
    ck_assert_uint_eq(sending_id(&f, relay, UINT32_MAX - 10), 0);
    ck_assert_uint_eq(sending_id(&f, relay, UINT32_MAX - 9), 1);
    ck_assert_uint_eq(sending_id(&f, relay, UINT32_MAX), 1);
    ck_assert_uint_eq(sending_id(&f, relay, 0), 1);
    ck_assert_uint_eq(sending_id(&f, relay, 9), 1);
    ck_assert_uint_eq(sending_id(&f, relay, 10), 0);
}
END_TEST

/* REQ-662-06 */
START_TEST(a_message_under_a_past_key_is_still_checkable)
{
    static const uint8_t content[PROSE_CONTENT_LEN] = { 0x11, 0x22, 0x33 }, none[PROSE_CONTENT_LEN] = { 0 }, random[4] = { 0 };
    const ProseSecurityMetadata meta = { .scrambling = true, .mic = true };
    g_auto(Fixture) f;
    uint8_t octets[PROSE_PC5_LEN];
    ProsePc5Context contexts[2];
    ProsePc5Verdict verdict;
    const ProseStoredKey *keys;
    size_t n;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 32);
    add(&f, relay, 1, 1000, 2000, 1500);
    add(&f, relay, 2, 2000, 3000, 1500);
    prose_pc5_protect(octets, prose_key_store_sending(f.store, relay, 1999)->pc5, &meta, PROSE_PC5_RELAY_ANNOUNCEMENT, content,
                      1999, random, &f.profile);

    ck_assert_uint_eq(prose_key_store_expire(f.store, 2031), 0);
    keys = prose_key_store_of_scope(f.store, relay, &n);
    ck_assert_uint_eq(n, 2);
    for (size_t i = 0; i < n; i++) {
        contexts[i] = (ProsePc5Context) {
            .keys = keys[i].pc5, .meta = &meta, .type = PROSE_PC5_RELAY_ANNOUNCEMENT,
            .valid_from = keys[i].valid_from, .valid_to = keys[i].valid_to, .max_offset = 32,
        };
        memcpy(contexts[i].filter_mask, none, sizeof none);
    }
    prose_pc5_unprotect(&verdict, contexts, n, octets, sizeof octets, 2005, 2005, &f.profile);
    ck_assert_int_eq(verdict.outcome, PROSE_PC5_ACCEPTED);
    ck_assert_ptr_eq(verdict.context, &contexts[0]);

    ck_assert_uint_eq(prose_key_store_expire(f.store, 2032), 1);
    ck_assert_uint_eq(sending_id(&f, relay, 1999), 0);
}
END_TEST

/* ---- K3: time ---- */

START_TEST(a_key_goes_at_valid_to_plus_keep)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 32);
    add(&f, relay, 1, 100, 200, 150);
    add(&f, relay, 2, 200, 300, 150);
    add(&f, group_key, 3, 100, 250, 150);          /* no keep time of its own: default 0 */
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 232);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 231), 0);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 232), 1);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 250);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 250), 1);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 332);
    assert_scope(&f, relay, "2[200,300) ");
    ck_assert_str_eq(f.wipes.causes, "expired:1 expired:3 ");
}
END_TEST

START_TEST(a_clock_that_jumps_ahead_ends_what_it_passes)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    for (uint8_t id = 1; id <= 6; id++)
        add(&f, relay, id, 100 * id, 100 * id + 100, 0);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 450), 3);
    assert_scope(&f, relay, "4[400,500) 5[500,600) 6[600,700) ");
    ck_assert_str_eq(f.wipes.causes, "expired:1 expired:2 expired:3 ");
}
END_TEST

START_TEST(a_clock_that_jumps_back_brings_nothing_back_and_ends_nothing)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    add(&f, relay, 1, 100, 200, 150);
    add(&f, relay, 2, 200, 300, 150);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 250), 1);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 120), 0);
    assert_scope(&f, relay, "2[200,300) ");
    /* The PKMF delivers again what the UE now lacks. */
    ck_assert_int_eq(add(&f, relay, 1, 100, 200, 120), PROSE_KEY_ADD_STORED);
    ck_assert_uint_eq(sending_id(&f, relay, 120), 1);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 200);
}
END_TEST

START_TEST(keep_may_change_while_keys_are_held)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    add(&f, relay, 1, 100, 200, 150);
    prose_key_store_set_keep(f.store, relay, 50);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 250);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 249), 0);
    prose_key_store_set_keep(f.store, relay, 0);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 200);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 249), 1);
    /* It outlives the keys of its scope. */
    prose_key_store_set_keep(f.store, relay, 70);
    ck_assert_int_eq(add(&f, relay, 2, 100, 200, 150), PROSE_KEY_ADD_STORED);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 270), 1);
    ck_assert_int_eq(add(&f, relay, 2, 100, 200, 150), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 270);
}
END_TEST

START_TEST(a_key_that_never_ends_does_not_overflow)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, UINT32_MAX);
    ck_assert_int_eq(add(&f, relay, 1, 100, INT64_MAX, 150), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), INT64_MAX);
    ck_assert_uint_eq(prose_key_store_expire(f.store, INT64_MAX - 1), 0);
    ck_assert_uint_eq(sending_id(&f, relay, 1000), 1);
}
END_TEST

/* ---- K4: the same ID again ---- */

/* Held: ID 5, [1000, 2000), keep 32. */
static const struct {
    const char *name;
    int64_t from, to;
    uint8_t key;
    int64_t clock;
    int want;
    const char *then;
} again_cases[] = {
    { "the same again", 1000, 2000, 5, 1500, PROSE_KEY_ADD_SAME, "5[1000,2000) " },
    { "the same again, past but kept", 1000, 2000, 5, 2031, PROSE_KEY_ADD_SAME, "5[1000,2000) " },
    { "the same again, over", 1000, 2000, 5, 2032, PROSE_KEY_ADD_PAST, "5[1000,2000) " },
    { "another key", 1000, 2000, 6, 1500, PROSE_ERR_CONFLICT, "5[1000,2000) " },
    { "another interval", 1000, 2001, 5, 1500, PROSE_ERR_CONFLICT, "5[1000,2000) " },
    { "another start", 999, 2000, 5, 1500, PROSE_ERR_CONFLICT, "5[1000,2000) " },
    { "another key, a second before the old one's end", 2000, 3000, 6, 1999, PROSE_ERR_CONFLICT, "5[1000,2000) " },
    { "another key, at the old one's end", 2000, 3000, 6, 2000, PROSE_KEY_ADD_STORED, "5[2000,3000) " },
    { "another key, past too", 900, 1900, 6, 2000, PROSE_KEY_ADD_PAST, "5[1000,2000) " },
    { "another key in conflict although past itself", 900, 1400, 6, 1500, PROSE_ERR_CONFLICT, "5[1000,2000) " },
    { "an interval that ends where it starts", 1000, 1000, 5, 1500, PROSE_ERR_INVALID, "5[1000,2000) " },
    { "an interval that ends before it starts", 1000, 999, 5, 1500, PROSE_ERR_INVALID, "5[1000,2000) " },
};

START_TEST(the_same_id_again)
{
    g_auto(Fixture) f;
    uint8_t key[PROSE_KEY_LEN];
    uint64_t generation;
    int got;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 32);
    add(&f, relay, 5, 1000, 2000, 1500);
    generation = prose_key_store_generation(f.store);
    memcpy(key, key_octets(5), sizeof key);
    key[1] = again_cases[_i].key == 5 ? 0xEE : again_cases[_i].key;
    got = prose_key_store_add(f.store, relay, 5, again_cases[_i].from, again_cases[_i].to, key, again_cases[_i].clock);
    ck_assert_msg(got == again_cases[_i].want, "%s: %d", again_cases[_i].name, got);
    assert_scope(&f, relay, again_cases[_i].then);
    ck_assert_int_eq(prose_key_store_generation(f.store) != generation, got == PROSE_KEY_ADD_STORED);
    ck_assert_str_eq(f.wipes.causes, got == PROSE_KEY_ADD_STORED ? "replaced:5 " : "");
    if (got == PROSE_KEY_ADD_STORED)
        ck_assert_int_eq(prose_key_store_next_expiry(f.store), again_cases[_i].to + 32);
}
END_TEST

/* REQ-66422-13 */
START_TEST(id_zero_is_no_key)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    ck_assert_int_eq(add(&f, relay, PROSE_KEY_ID_NONE, 100, 200, 0), PROSE_ERR_INVALID);
    ck_assert_uint_eq(prose_key_store_size(f.store), 0);
}
END_TEST

START_TEST(a_key_that_is_over_is_not_stored)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 32);
    ck_assert_int_eq(add(&f, relay, 1, 100, 200, 232), PROSE_KEY_ADD_PAST);
    ck_assert_int_eq(add(&f, relay, 1, 100, 200, 231), PROSE_KEY_ADD_STORED);
}
END_TEST

/* ---- K5: limits ---- */

START_TEST(the_ninth_key_pushes_out_the_oldest_past_one)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 10000);
    for (uint8_t id = 1; id <= PROSE_KEYS_PER_SCOPE_MAX; id++)
        ck_assert_int_eq(add(&f, relay, id, 100 * id, 100 * id + 100, 0), PROSE_KEY_ADD_STORED);
    ck_assert_int_eq(add(&f, relay, 9, 900, 1000, 199), PROSE_ERR_FULL);
    ck_assert_int_eq(add(&f, relay, 9, 900, 1000, 200), PROSE_KEY_ADD_STORED);
    ck_assert_str_eq(f.wipes.causes, "limit:1 ");
    ck_assert_ptr_null(prose_key_store_find(f.store, relay, 1));
    ck_assert_uint_eq(prose_key_store_size(f.store), 8);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 300 + 10000);
    /* The new one is itself the oldest past one. */
    ck_assert_int_eq(add(&f, relay, 1, 100, 200, 350), PROSE_KEY_ADD_PAST);
    ck_assert_str_eq(f.wipes.causes, "limit:1 ");
    /* Another scope has room of its own. */
    ck_assert_int_eq(add(&f, group_key, 1, 100, 200, 0), PROSE_KEY_ADD_STORED);
}
END_TEST

START_TEST(ten_thousand_keys_fit_and_no_more)
{
    g_auto(Fixture) f;
    ProseKeyScope scope = { PROSE_KEY_TYPE_PGK, 0 };

    fixture_init(&f);
    prose_key_store_set_wiped_cb(f.store, NULL, NULL);
    for (unsigned i = 0; i < PROSE_KEYS_MAX; i++) {
        scope.id = i * 7919u % 1250;               /* 1 250 scopes of 8, in no order */
        ck_assert_int_eq(add(&f, scope, (uint8_t) (i / 1250 + 1), 100 + i % 13, 200 + i % 17, 0), PROSE_KEY_ADD_STORED);
    }
    ck_assert_uint_eq(prose_key_store_size(f.store), PROSE_KEYS_MAX);
    scope.id = 1250;
    ck_assert_int_eq(add(&f, scope, 1, 300, 400, 200), PROSE_ERR_FULL);
    scope.id = 1249;                               /* full, but one of its own is past and makes room */
    ck_assert_int_eq(add(&f, scope, 9, 300, 400, 199), PROSE_ERR_FULL);
    ck_assert_int_eq(add(&f, scope, 9, 300, 400, 217), PROSE_KEY_ADD_STORED);
    ck_assert_uint_eq(prose_key_store_size(f.store), PROSE_KEYS_MAX);
    for (scope.id = 0; scope.id < 1249; scope.id++)
        for (uint8_t id = 1; id <= 8; id++)
            ck_assert_uint_eq(prose_key_store_find(f.store, scope, id)->key[0], id);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 216), PROSE_KEYS_MAX - 1);
    ck_assert_uint_eq(prose_key_store_size(f.store), 1);
    ck_assert_int_eq(prose_key_store_next_expiry(f.store), 400);
    ck_assert_uint_eq(f.wipes.slots, PROSE_KEYS_MAX);
    ck_assert_uint_eq(f.wipes.dirty, 0);
}
END_TEST

/* ---- wiping ---- */

/* REQ-662-07 */
START_TEST(every_end_is_told_and_wiped)
{
    Fixture f;

    fixture_init(&f);
    prose_key_store_set_keep(f.store, relay, 10);
    add(&f, relay, 1, 100, 200, 150);              /* will expire */
    add(&f, relay, 2, 100, 300, 150);              /* will be replaced */
    add(&f, relay, 3, 300, 400, 150);              /* will be deleted */
    add(&f, relay, 4, 400, 500, 150);              /* will live to the end */
    add(&f, group_key, 5, 400, 500, 150);          /* so will this, a PGK */
    ck_assert_uint_eq(prose_secret_pool_in_use(f.pool), 9);
    ck_assert_uint_eq(f.wipes.slots, 0);

    prose_key_store_expire(f.store, 210);
    ck_assert_str_eq(f.wipes.causes, "expired:1 ");
    ck_assert_uint_eq(f.wipes.slots, 2);           /* the PSDK and its prepared keys */

    add(&f, relay, 2, 600, 700, 300);
    ck_assert_str_eq(f.wipes.causes, "expired:1 replaced:2 ");
    ck_assert_uint_eq(f.wipes.slots, 4);

    ck_assert_int_eq(prose_key_store_delete(f.store, relay, 3), 0);
    ck_assert_str_eq(f.wipes.causes, "expired:1 replaced:2 deleted:3 ");
    ck_assert_uint_eq(f.wipes.slots, 6);

    ck_assert_ptr_null(prose_key_store_free(f.store));
    ck_assert_str_eq(f.wipes.causes, "expired:1 replaced:2 deleted:3 shutdown:5 shutdown:4 shutdown:2 ");
    ck_assert_uint_eq(f.wipes.slots, 11);          /* a PGK has no prepared keys */
    ck_assert_uint_eq(f.wipes.dirty, 0);
    ck_assert_uint_eq(f.wipes.held, f.wipes.keys); /* each was told before it went */
    ck_assert_uint_eq(prose_secret_pool_in_use(f.pool), 0);
    prose_secret_pool_free(f.pool);
}
END_TEST

/* A callback that reads the store in the middle of an expiry or the end finds a whole one. */
static void
reading_cb(void *user, const ProseStoredKey *key, const char *cause)
{
    Fixture *f = user;
    size_t n, sum = 0;

    for (uint32_t id = 0; id < 20; id++) {
        const ProseStoredKey *keys = prose_key_store_of_scope(f->store, (ProseKeyScope) { PROSE_KEY_TYPE_PGK, id }, &n);

        for (size_t i = 0; i < n; i++)
            ck_assert_uint_eq(keys[i].key[0], keys[i].key_id);
        sum += n;
    }
    ck_assert_uint_eq(sum, prose_key_store_size(f->store));
    ck_assert_ptr_eq(prose_key_store_find(f->store, key->scope, key->key_id), key);
    f->wipes.keys++;
}

START_TEST(the_store_is_whole_while_it_tells)
{
    Fixture f;

    fixture_init(&f);
    prose_key_store_set_wiped_cb(f.store, reading_cb, &f);
    for (uint32_t id = 0; id < 20; id++)
        for (uint8_t k = 1; k <= 3; k++)
            add(&f, (ProseKeyScope) { PROSE_KEY_TYPE_PGK, id }, k, 100, 200 + (id + k) % 4, 150);
    ck_assert_uint_eq(prose_key_store_expire(f.store, 201), 30);
    prose_key_store_free(f.store);
    ck_assert_uint_eq(f.wipes.keys, 60);
    prose_secret_pool_free(f.pool);
}
END_TEST

START_TEST(a_failed_add_takes_no_slot)
{
    g_auto(Fixture) f;

    fixture_init(&f);
    add(&f, relay, 1, 100, 200, 150);
    add(&f, relay, 1, 100, 300, 150);
    add(&f, relay, 1, 100, 200, 150);
    add(&f, relay, 2, 100, 90, 150);
    add(&f, relay, 3, 100, 140, 150);
    ck_assert_uint_eq(prose_secret_pool_in_use(f.pool), 2);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("key-store");
    TCase *tc = tcase_create("held");

    tcase_add_test(tc, an_empty_store_holds_nothing);
    tcase_add_test(tc, past_current_and_future_keys_are_held_together);
    tcase_add_test(tc, insertion_in_any_order_gives_the_same_state);
    tcase_add_test(tc, scopes_are_kept_apart);
    tcase_add_test(tc, discovery_keys_are_prepared_and_group_keys_are_not);
    suite_add_tcase(s, tc);

    tc = tcase_create("use");
    tcase_add_loop_test(tc, the_usable_key_that_ends_first_sends, 0, G_N_ELEMENTS(sending_cases));
    tcase_add_test(tc, a_key_across_the_counters_wrap_is_usable_on_both_sides);
    tcase_add_test(tc, a_message_under_a_past_key_is_still_checkable);
    suite_add_tcase(s, tc);

    tc = tcase_create("time");
    tcase_add_test(tc, a_key_goes_at_valid_to_plus_keep);
    tcase_add_test(tc, a_clock_that_jumps_ahead_ends_what_it_passes);
    tcase_add_test(tc, a_clock_that_jumps_back_brings_nothing_back_and_ends_nothing);
    tcase_add_test(tc, keep_may_change_while_keys_are_held);
    tcase_add_test(tc, a_key_that_never_ends_does_not_overflow);
    suite_add_tcase(s, tc);

    tc = tcase_create("adding");
    tcase_add_loop_test(tc, the_same_id_again, 0, G_N_ELEMENTS(again_cases));
    tcase_add_test(tc, id_zero_is_no_key);
    tcase_add_test(tc, a_key_that_is_over_is_not_stored);
    tcase_add_test(tc, the_ninth_key_pushes_out_the_oldest_past_one);
    tcase_add_test(tc, ten_thousand_keys_fit_and_no_more);
    suite_add_tcase(s, tc);

    tc = tcase_create("wiping");
    tcase_add_test(tc, every_end_is_told_and_wiped);
    tcase_add_test(tc, the_store_is_whole_while_it_tells);
    tcase_add_test(tc, a_failed_add_takes_no_slot);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
