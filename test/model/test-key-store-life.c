/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key store over a long random life with a clock that jumps, against a model that is too simple to be wrong.
 */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-key-store.h"

/* A store as one would write it down: a list, searched from end to end. */
typedef struct ModelKey {
    ProseKeyScope scope;
    uint8_t id, content;
    int64_t from, to;
} ModelKey;

#define MODEL_SCOPES 4

typedef struct Model {
    GArray *keys;                  /* of ModelKey */
    int64_t keep[MODEL_SCOPES];
} Model;

static int
model_compare(gconstpointer a, gconstpointer b)
{
    const ModelKey *k = a, *l = b;

    if (k->to != l->to)
        return k->to < l->to ? -1 : 1;
    if (k->from != l->from)
        return k->from < l->from ? -1 : 1;
    return k->id - l->id;
}

static int
model_add(Model *m, const ModelKey *key, int64_t clock)
{
    bool over = key->to + m->keep[key->scope.id] <= clock;
    guint in_scope = 0, oldest = 0;

    for (guint i = m->keys->len; i-- > 0;) {
        const ModelKey *k = &g_array_index(m->keys, ModelKey, i);

        if (k->scope.id != key->scope.id)
            continue;
        in_scope++;
        oldest = i;                /* the list is sorted */
        if (k->id != key->id)
            continue;
        if (k->content == key->content && k->from == key->from && k->to == key->to)
            return over ? PROSE_KEY_ADD_PAST : PROSE_KEY_ADD_SAME;
        if (k->to > clock)
            return PROSE_ERR_CONFLICT;
        if (over)
            return PROSE_KEY_ADD_PAST;
        g_array_remove_index(m->keys, i);
        g_array_append_val(m->keys, *key);
        g_array_sort(m->keys, model_compare);
        return PROSE_KEY_ADD_STORED;
    }
    if (over)
        return PROSE_KEY_ADD_PAST;
    if (in_scope == PROSE_KEYS_PER_SCOPE_MAX) {
        const ModelKey *k = &g_array_index(m->keys, ModelKey, oldest);

        if (k->to > clock)
            return PROSE_ERR_FULL;
        if (model_compare(key, k) < 0)
            return PROSE_KEY_ADD_PAST;
        g_array_remove_index(m->keys, oldest);
    }
    g_array_append_val(m->keys, *key);
    g_array_sort(m->keys, model_compare);
    return PROSE_KEY_ADD_STORED;
}

static size_t
model_expire(Model *m, int64_t clock)
{
    size_t n = 0;

    for (guint i = m->keys->len; i-- > 0;) {
        const ModelKey *k = &g_array_index(m->keys, ModelKey, i);

        if (k->to + m->keep[k->scope.id] <= clock) {
            g_array_remove_index(m->keys, i);
            n++;
        }
    }
    return n;
}

static unsigned
sending_id(const ProseKeyStore *store, ProseKeyScope scope, uint32_t counter)
{
    const ProseStoredKey *key = prose_key_store_sending(store, scope, counter);

    return key ? key->key_id : 0;
}

/* One answer for the whole store: an assertion for each member would take longer than what it asserts. */
static bool
is_like_model(const ProseKeyStore *store, const Model *m, uint32_t counter)
{
    int64_t next = INT64_MAX;

    for (uint32_t s = 0; s < MODEL_SCOPES; s++) {
        const ProseKeyScope scope = { PROSE_KEY_TYPE_PGK, s };
        const ModelKey *sending = NULL;
        size_t n, i = 0;
        const ProseStoredKey *keys = prose_key_store_of_scope(store, scope, &n);

        for (guint j = 0; j < m->keys->len; j++) {
            const ModelKey *k = &g_array_index(m->keys, ModelKey, j);

            if (k->scope.id != s)
                continue;
            if (i == n || keys[i].key_id != k->id || keys[i].key[0] != k->content || keys[i].valid_from != k->from ||
                keys[i].valid_to != k->to || prose_key_store_find(store, scope, k->id) != &keys[i])
                return false;
            i++;
            next = MIN(next, k->to + m->keep[s]);
            if (!sending && k->from <= counter && counter < k->to)
                sending = k;
        }
        if (i != n || sending_id(store, scope, counter) != (sending ? sending->id : 0))
            return false;
    }
    return prose_key_store_size(store) == m->keys->len && prose_key_store_next_expiry(store) == next;
}

/* REQ-662-06 */
START_TEST(a_long_life_agrees_with_the_model)
{
    GRand *rand = g_rand_new_with_seed(33303);
    g_autoptr(ProseSecretPool) pool = prose_secret_pool_new();
    ProseProfile profile;
    ProseKeyStore *store;
    Model m = { .keys = g_array_new(FALSE, FALSE, sizeof(ModelKey)) };
    int64_t clock = 10000;
    unsigned seen[5] = { 0 };      /* adds by outcome: stored, same, past, full, conflict */

    prose_profile_init(&profile);
    store = prose_key_store_new(pool, &profile);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t scope_id = (uint32_t) g_rand_int_range(rand, 0, MODEL_SCOPES);
        const ProseKeyScope scope = { PROSE_KEY_TYPE_PGK, scope_id };
        int what = g_rand_int_range(rand, 0, 100);

        if (what < 70) {
            int64_t from = clock + 50 * g_rand_int_range(rand, -8, 12);
            ModelKey key = {
                .scope = scope, .id = (uint8_t) g_rand_int_range(rand, 1, 14), .content = (uint8_t) g_rand_int_range(rand, 1, 3),
                .from = from, .to = from + 50 * g_rand_int_range(rand, 1, 6),
            };
            uint8_t octets[PROSE_KEY_LEN] = { 0 };
            int want;

            if (what < 5 && m.keys->len > 0)       /* delivered once more */
                key = g_array_index(m.keys, ModelKey, (guint) g_rand_int_range(rand, 0, (gint32) m.keys->len));
            octets[0] = key.content;
            want = model_add(&m, &key, clock);
            ck_assert_int_eq(prose_key_store_add(store, key.scope, key.id, key.from, key.to, octets, clock), want);
            seen[want == PROSE_ERR_FULL ? 3 : want == PROSE_ERR_CONFLICT ? 4 : want]++;
        } else if (what < 80) {
            uint8_t id = (uint8_t) g_rand_int_range(rand, 1, 14);
            int want = PROSE_ERR_NOT_FOUND;

            for (guint i = 0; i < m.keys->len && want; i++)
                if (g_array_index(m.keys, ModelKey, i).scope.id == scope_id && g_array_index(m.keys, ModelKey, i).id == id) {
                    g_array_remove_index(m.keys, i);
                    want = 0;
                }
            ck_assert_int_eq(prose_key_store_delete(store, scope, id), want);
        } else if (what < 84) {
            m.keep[scope_id] = 25 * g_rand_int_range(rand, 0, 8);
            prose_key_store_set_keep(store, scope, (uint32_t) m.keep[scope_id]);
        } else {
            clock += g_rand_int_range(rand, -40, 100);
            ck_assert_uint_eq(prose_key_store_expire(store, clock), model_expire(&m, clock));
        }
        ck_assert_msg(is_like_model(store, &m, (uint32_t) clock), "step %u", step);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(seen); i++)
        ck_assert_msg(seen[i] >= 20, "outcome %u came %u times only", i, seen[i]);
    prose_key_store_free(store);
    g_array_free(m.keys, TRUE);
    g_rand_free(rand);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("key-store-life");
    TCase *tc = tcase_create("model");

    tcase_add_test(tc, a_long_life_agrees_with_the_model);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
