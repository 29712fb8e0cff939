/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-test.h"

#include "prose-error.h"
#include "prose-octets.h"

START_TEST(what_is_written_reads_back)
{
    uint8_t buf[64];
    ProseWriter w = { .buf = buf, .size = sizeof buf };
    ProseReader r = { .buf = buf };
    uint8_t three[3];

    prose_write_u8(&w, 0x12);
    prose_write_u16(&w, 0x3456);
    prose_write_u24(&w, 0x789ABC);
    prose_write_u32(&w, 0xDEF01234);
    prose_write_u64(&w, 0x56789ABCDEF01234u);
    prose_write_bytes(&w, "abc", 3);
    prose_write_zeros(&w, 2);
    prose_write_text(&w, "xy");
    ck_assert(!w.failed);
    ck_assert_uint_eq(w.pos, 25);

    r.len = w.pos;
    ck_assert_uint_eq(prose_read_u8(&r), 0x12);
    ck_assert_uint_eq(prose_read_u16(&r), 0x3456);
    ck_assert_uint_eq(prose_read_u24(&r), 0x789ABC);
    ck_assert_uint_eq(prose_read_u32(&r), 0xDEF01234);
    ck_assert_uint_eq(prose_read_u64(&r), 0x56789ABCDEF01234u);
    prose_read_bytes(&r, three, 3);
    ck_assert_mem_eq(three, "abc", 3);
    ck_assert_uint_eq(prose_read_u16(&r), 0);
    ck_assert_uint_eq(prose_reader_left(&r), 2);
    ck_assert_mem_eq(prose_read_view(&r, 2), "xy", 2);
    ck_assert(!r.failed);
}
END_TEST

START_TEST(a_read_past_the_end_fails_and_stays_failed)
{
    const uint8_t buf[3] = { 1, 2, 3 };
    ProseReader r = { .buf = buf, .len = sizeof buf };
    uint8_t two[2] = { 9, 9 };

    ck_assert_uint_eq(prose_read_u32(&r), 0);
    ck_assert(r.failed);
    ck_assert_uint_eq(prose_read_u8(&r), 0);
    ck_assert_ptr_null(prose_read_view(&r, 1));
    prose_read_bytes(&r, two, 2);
    ck_assert_mem_eq(two, "\0\0", 2);
    ck_assert_uint_eq(prose_reader_left(&r), 0);
}
END_TEST

START_TEST(a_length_that_would_overflow_is_refused)
{
    const uint8_t buf[4] = { 0 };
    ProseReader r = { .buf = buf, .len = sizeof buf, .pos = 2 };

    ck_assert_ptr_null(prose_read_view(&r, SIZE_MAX));
    ck_assert(r.failed);
}
END_TEST

START_TEST(a_write_past_the_end_fails_and_writes_nothing)
{
    uint8_t buf[4] = { 7, 7, 7, 7 };
    ProseWriter w = { .buf = buf, .size = 3 };

    prose_write_u16(&w, 0x0102);
    prose_write_u16(&w, 0x0304);
    ck_assert(w.failed);
    prose_write_u8(&w, 5);
    ck_assert_uint_eq(w.pos, 2);
    ck_assert_mem_eq(buf, "\1\2\7\7", 4);
}
END_TEST

START_TEST(a_reserved_length_is_filled_in_afterwards)
{
    uint8_t buf[8] = { 0 };
    ProseWriter w = { .buf = buf, .size = sizeof buf };
    size_t at = prose_write_reserve_u16(&w);

    prose_write_text(&w, "abc");
    prose_write_u16_at(&w, at, (uint16_t) (w.pos - at - 2));
    ck_assert_mem_eq(buf, "\0\3abc", 5);
}
END_TEST

START_TEST(formatted_text_fails_where_it_does_not_fit)
{
    uint8_t buf[6];
    ProseWriter w = { .buf = buf, .size = sizeof buf };

    prose_write_format(&w, "%d", 12345);
    ck_assert(!w.failed);
    ck_assert_mem_eq(buf, "12345", 5);
    prose_write_format(&w, "%d", 1);
    ck_assert(w.failed);
    ck_assert_uint_eq(w.pos, 5);
}
END_TEST

static const struct { const char *hex; ptrdiff_t want; } hex_cases[] = {
    { "", 0 }, { "00ff", 2 }, { "ABcd", 2 }, { "0", PROSE_ERR_MALFORMED }, { "0g", PROSE_ERR_MALFORMED },
    { "00 0", PROSE_ERR_MALFORMED }, { "0011223344", PROSE_ERR_NOBUF },
};

START_TEST(hexadecimal_is_read_strictly)
{
    uint8_t ret[4] = { 0xEE, 0xEE, 0xEE, 0xEE };

    ck_assert_int_eq(prose_hex_decode(ret, sizeof ret, hex_cases[_i].hex), hex_cases[_i].want);
    if (hex_cases[_i].want < 0)
        ck_assert_mem_eq(ret, "\xEE\xEE\xEE\xEE", 4);
}
END_TEST

START_TEST(hexadecimal_is_written_in_lower_case)
{
    char text[7];

    ck_assert_str_eq(prose_hex_encode(text, (const uint8_t *) "\x00\xAB\x7F", 3), "00ab7f");
}
END_TEST

START_TEST(every_error_has_its_own_words)
{
    for (int a = PROSE_ERR_CLOSED; a <= 0; a++) {
        ck_assert_str_ne(prose_strerror(a), "unknown error");
        for (int b = PROSE_ERR_CLOSED; b < a; b++)
            ck_assert_str_ne(prose_strerror(a), prose_strerror(b));
    }
    ck_assert_str_eq(prose_strerror(PROSE_ERR_CLOSED - 1), "unknown error");
}
END_TEST

static Suite *
octets_suite(void)
{
    Suite *suite = suite_create("octets");
    TCase *tc = tcase_create("octets");

    tcase_add_test(tc, what_is_written_reads_back);
    tcase_add_test(tc, a_read_past_the_end_fails_and_stays_failed);
    tcase_add_test(tc, a_length_that_would_overflow_is_refused);
    tcase_add_test(tc, a_write_past_the_end_fails_and_writes_nothing);
    tcase_add_test(tc, a_reserved_length_is_filled_in_afterwards);
    tcase_add_test(tc, formatted_text_fails_where_it_does_not_fit);
    tcase_add_loop_test(tc, hexadecimal_is_read_strictly, 0, G_N_ELEMENTS(hex_cases));
    tcase_add_test(tc, hexadecimal_is_written_in_lower_case);
    tcase_add_test(tc, every_error_has_its_own_words);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(octets_suite)
