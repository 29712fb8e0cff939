/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

/* Computed by an implementation of L'Ecuyer's MRG32k3a in Python, streams 2^127 and substreams 2^76 draws apart. */
static const struct {
    const char *name;
    uint32_t seed;
    uint64_t run;
    int64_t stream;
    unsigned index;
    uint64_t want;
} known[] = {
    { "the first of all",  1,     1,                        0,                      0, UINT64_C(0xf4d983d8e8cf8f11) },
    { "another index",     1,     1,                        0,                      1, UINT64_C(0x8c86ff598c4d84b9) },
    { "another stream",    1,     1,                        1,                      0, UINT64_C(0xb3de0649b2b599dd) },
    { "another run",       1,     2,                        0,                      0, UINT64_C(0xd88384eaa26cad59) },
    { "another seed",      2,     1,                        0,                      0, UINT64_C(0xe9b2af3ed19f1e23) },
    { "all of them large", 12345, (UINT64_C(1) << 40) + 3, (INT64_C(1) << 62) + 5, 7, UINT64_C(0xc09fc3156c6af3fb) },
};

START_TEST(streams_are_those_of_mrg32k3a)
{
    ck_assert_int_eq(ns3c_sim_init(known[_i].seed, known[_i].run), 0);
    ck_assert_msg(ns3c_rng_u64(known[_i].stream, known[_i].index) == known[_i].want, "%s: %" G_GINT64_MODIFIER "x",
                  known[_i].name, ns3c_rng_u64(known[_i].stream, known[_i].index));
    ns3c_sim_destroy();
}
END_TEST

START_TEST(asking_twice_gives_the_same)
{
    uint64_t first;

    ck_assert_int_eq(ns3c_sim_init(3, 4), 0);
    first = ns3c_rng_u64(5, 6);
    for (int64_t stream = 0; stream < 100; stream++)
        ns3c_rng_u64(stream, 0);
    ck_assert_uint_eq(ns3c_rng_u64(5, 6), first);
    ns3c_sim_destroy();
}
END_TEST

static int
compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}

START_TEST(bits_are_even_and_values_do_not_repeat)
{
    enum { N = 10000 };
    uint64_t *values = g_new(uint64_t, N);

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    for (unsigned i = 0; i < N; i++)
        values[i] = ns3c_rng_u64(i, 0);
    for (unsigned bit = 0; bit < 64; bit++) {
        unsigned ones = 0;

        for (unsigned i = 0; i < N; i++)
            ones += values[i] >> bit & 1;
        ck_assert_msg(ones > N / 2 - 250 && ones < N / 2 + 250, "bit %u is set in %u of %u", bit, ones, N);   /* 5 sigma */
    }
    qsort(values, N, sizeof *values, compare_u64);
    for (unsigned i = 1; i < N; i++)
        ck_assert_uint_ne(values[i - 1], values[i]);
    g_free(values);
    ns3c_sim_destroy();
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-rng");
    TCase *tc = tcase_create("rng");

    tcase_add_loop_test(tc, streams_are_those_of_mrg32k3a, 0, G_N_ELEMENTS(known));
    tcase_add_test(tc, asking_twice_gives_the_same);
    tcase_add_test(tc, bits_are_even_and_values_do_not_repeat);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
