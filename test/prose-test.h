/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test program shares: a main, hexadecimal, and the vectors as JSON.
 */
#ifndef PROSE_TEST_H
#define PROSE_TEST_H

#include <check.h>
#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdint.h>
#include <stdlib.h>

/* Runs one suite. CK_FORK=no for debuggers and sanitizers. */
static inline int
test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define PROSE_TEST_MAIN(make_suite) int main(void) { return test_run(make_suite()); }

/* Octets of lower- or upper-case hex in a block of exactly that size, so a sanitizer sees one octet too far. g_free(). */
static inline uint8_t *
test_hex(const char *hex, size_t *ret_len)
{
    size_t len = strlen(hex) / 2;
    uint8_t *octets = g_malloc(len ? len : 1);

    for (size_t i = 0; i < len; i++) {
        ck_assert_int_ge(g_ascii_xdigit_value(hex[2 * i]), 0);
        octets[i] = (uint8_t) (g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    }
    if (ret_len)
        *ret_len = len;
    return octets;
}

/* The root object of test/vectors/@file; lives as long as the process. May be called while a suite is put together, where
 * there is no test yet that could fail. */
static inline JsonObject *
test_vectors(const char *file)
{
    g_autofree char *path = g_build_filename(TEST_VECTORS_DIR, file, NULL);
    JsonParser *parser = json_parser_new();

    if (!json_parser_load_from_file(parser, path, NULL))
        g_error("cannot read %s", path);
    return json_node_get_object(json_parser_get_root(parser));
}

#endif
