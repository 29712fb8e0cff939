/* SPDX-License-Identifier: GPL-2.0-only */
/* One HTTP/1.1 message: what is written reads back, however it is cut; what is not ours is refused with its reason. */
#include "prose-error.h"
#include "prose-http.h"

#include "prose-test.h"

#include <string.h>

#define TYPE "Content-Type: " PROSE_HTTP_CONTENT_TYPE "\r\n"
#define REQUEST_HEAD "POST / HTTP/1.1\r\nHost: pkmf.example.org\r\n" TYPE

/* Feeds @octets in pieces of @step octets, each in a block of its own size. */
static int
feed(ProseHttp *http, const void *octets, size_t len, size_t step)
{
    int r = 0;

    for (size_t at = 0; at < len; at += step) {
        size_t part = MIN(step, len - at);
        g_autofree uint8_t *copy = g_memdup2((const uint8_t *) octets + at, part);

        r = prose_http_feed(http, copy, part);
    }
    return r;
}

/* ---- both kinds, as we write them ---- */

static const struct {
    ProseHttpKind kind;
    unsigned status, retry_after;
    const char *body;
    const char *head;
} written[] = {
    { PROSE_HTTP_REQUEST, 0, 0, "<a/>",
      "POST / HTTP/1.1\r\nHost: pkmf.example.org\r\nContent-Type: application/3gpp-prose+xml\r\nContent-Length: 4\r\n\r\n" },
    { PROSE_HTTP_RESPONSE, 200, 0, "<b></b>",
      "HTTP/1.1 200 OK\r\nContent-Type: application/3gpp-prose+xml\r\nContent-Length: 7\r\n\r\n" },
    { PROSE_HTTP_RESPONSE, 400, 0, "", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
    { PROSE_HTTP_RESPONSE, 403, 0, "", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
    { PROSE_HTTP_RESPONSE, 413, 0, "", "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n" },
    { PROSE_HTTP_RESPONSE, 500, 0, "", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n" },
    { PROSE_HTTP_RESPONSE, 503, 120, "",
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n" },
};

static ptrdiff_t
encode_row(uint8_t *ret, size_t size, int row)
{
    const uint8_t *body = (const uint8_t *) written[row].body;
    size_t len = strlen(written[row].body);

    if (written[row].kind == PROSE_HTTP_REQUEST)
        return prose_http_request_encode(ret, size, "pkmf.example.org", "/", body, len);
    return prose_http_response_encode(ret, size, written[row].status, written[row].retry_after, body, len);
}

START_TEST(what_is_written_reads_back_however_it_is_cut)
{
    uint8_t octets[512];
    ptrdiff_t len = encode_row(octets, sizeof octets, _i);
    g_autofree char *expected = g_strconcat(written[_i].head, written[_i].body, NULL);

    ck_assert_int_eq(len, (ptrdiff_t) strlen(expected));
    ck_assert_mem_eq(octets, expected, (size_t) len);
    for (size_t step = 1; step <= (size_t) len; step++) {
        g_autoptr(ProseHttp) http = prose_http_new(written[_i].kind);
        const uint8_t *body;
        size_t body_len;

        ck_assert_int_eq(feed(http, octets, (size_t) len, step), 1);
        body = prose_http_body(http, &body_len);
        ck_assert_uint_eq(body_len, strlen(written[_i].body));
        ck_assert_mem_eq(body, written[_i].body, body_len);
        if (written[_i].kind == PROSE_HTTP_REQUEST) {
            ck_assert_str_eq(prose_http_path(http), "/");
            ck_assert_str_eq(prose_http_host(http), "pkmf.example.org");
        } else {
            ck_assert_uint_eq(prose_http_status(http), written[_i].status);
            ck_assert_uint_eq(prose_http_retry_after(http), written[_i].retry_after);
        }
    }
}
END_TEST

START_TEST(every_shorter_prefix_waits_for_more)
{
    uint8_t octets[512];
    ptrdiff_t len = encode_row(octets, sizeof octets, _i);

    for (size_t cut = 0; cut < (size_t) len; cut++) {
        g_autoptr(ProseHttp) http = prose_http_new(written[_i].kind);

        ck_assert_int_eq(feed(http, octets, cut, cut + 1), 0);
    }
}
END_TEST

START_TEST(an_octet_too_many_is_trailing_at_once_or_later)
{
    uint8_t octets[512];
    ptrdiff_t len = encode_row(octets, sizeof octets, _i);
    g_autoptr(ProseHttp) at_once = prose_http_new(written[_i].kind);
    g_autoptr(ProseHttp) later = prose_http_new(written[_i].kind);

    octets[len] = '\n';
    ck_assert_int_eq(prose_http_feed(at_once, octets, (size_t) len + 1), PROSE_ERR_TRAILING);
    ck_assert_int_eq(prose_http_feed(later, octets, (size_t) len), 1);
    ck_assert_int_eq(prose_http_feed(later, octets, 0), 1);
    ck_assert_int_eq(prose_http_feed(later, octets + len, 1), PROSE_ERR_TRAILING);
}
END_TEST

START_TEST(a_buffer_one_octet_short_is_refused)
{
    uint8_t octets[512];
    ptrdiff_t len = encode_row(octets, sizeof octets, _i);

    for (size_t size = 0; size < (size_t) len; size++) {
        g_autofree uint8_t *room = g_malloc(size + 1);

        ck_assert_int_eq(encode_row(room, size, _i), PROSE_ERR_NOBUF);
    }
}
END_TEST

START_TEST(a_flipped_bit_never_crashes)
{
    uint8_t octets[512];
    ptrdiff_t len = encode_row(octets, sizeof octets, _i);

    for (size_t bit = 0; bit < 8 * (size_t) len; bit++) {
        g_autoptr(ProseHttp) http = prose_http_new(written[_i].kind);
        int r;

        octets[bit / 8] ^= (uint8_t) (1u << bit % 8);
        r = feed(http, octets, (size_t) len, (size_t) len);
        ck_assert_msg(r == 0 || r == 1 || r == PROSE_ERR_MALFORMED || r == PROSE_ERR_LIMIT || r == PROSE_ERR_UNKNOWN
                      || r == PROSE_ERR_TRAILING, "bit %zu: %d", bit, r);
        octets[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
}
END_TEST

START_TEST(what_breaks_a_line_or_a_limit_is_not_written)
{
    uint8_t octets[512];
    const uint8_t *body = (const uint8_t *) "<a/>";
    size_t too_long = PROSE_HTTP_BODY_MAX + 1;
    static const char *const words[] = { "", "a b", "a\r\nX-Evil: 1", "caf\xc3\xa9", "\x7f" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        ck_assert_int_eq(prose_http_request_encode(octets, sizeof octets, words[i], "/", body, 4), PROSE_ERR_INVALID);
        ck_assert_int_eq(prose_http_request_encode(octets, sizeof octets, "h", words[i], body, 4), PROSE_ERR_INVALID);
    }
    ck_assert_int_eq(prose_http_request_encode(octets, sizeof octets, "h", "/", body, 0), PROSE_ERR_INVALID);
    ck_assert_int_eq(prose_http_request_encode(octets, sizeof octets, "h", "/", body, too_long), PROSE_ERR_INVALID);
    ck_assert_int_eq(prose_http_response_encode(octets, sizeof octets, 404, 0, body, 4), PROSE_ERR_INVALID);
    ck_assert_int_eq(prose_http_response_encode(octets, sizeof octets, 200, 0, body, too_long), PROSE_ERR_INVALID);
}
END_TEST

/* ---- what others may write ---- */

static const struct {
    const char *name;
    ProseHttpKind kind;
    const char *octets;
    int want;
} read_cases[] = {
    { "parameter on the type", PROSE_HTTP_REQUEST,
      "POST / HTTP/1.1\r\nContent-Type: application/3GPP-ProSe+xml; charset=utf-8\r\nContent-Length: 1\r\n\r\nx", 1 },
    { "header names in any case, other headers, an empty one", PROSE_HTTP_REQUEST,
      "POST /pkmf HTTP/1.1\r\nhOST: h\r\nUser-Agent:\r\ncontent-TYPE:" PROSE_HTTP_CONTENT_TYPE
      " \r\nX: y\r\ncontent-length:1\r\n\r\nx", 1 },
    { "empty body of a request", PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: 0\r\n\r\n", 1 },
    { "unknown status", PROSE_HTTP_RESPONSE, "HTTP/1.1 299 Whatever\r\nContent-Length: 0\r\n\r\n", 1 },
    { "a type that only begins like ours", PROSE_HTTP_REQUEST,
      "POST / HTTP/1.1\r\nContent-Type: " PROSE_HTTP_CONTENT_TYPE "2\r\nContent-Length: 1\r\n\r\nx", PROSE_ERR_UNKNOWN },
    { "another type",
      PROSE_HTTP_REQUEST, "POST / HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 1\r\n\r\nx", PROSE_ERR_UNKNOWN },
    { "no type", PROSE_HTTP_REQUEST, "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", PROSE_ERR_UNKNOWN },
    { "a response of another type",
      PROSE_HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx", PROSE_ERR_UNKNOWN
      },
    { "GET", PROSE_HTTP_REQUEST, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", PROSE_ERR_UNKNOWN },
    { "PUT", PROSE_HTTP_REQUEST, "PUT / HTTP/1.1\r\n" TYPE "Content-Length: 1\r\n\r\nx", PROSE_ERR_UNKNOWN },
    { "CONNECT", PROSE_HTTP_REQUEST, "CONNECT h:1 HTTP/1.1\r\n\r\n", PROSE_ERR_UNKNOWN },
    { "no Content-Length", PROSE_HTTP_REQUEST, REQUEST_HEAD "\r\n", PROSE_ERR_MALFORMED },
    { "no Content-Length in a response", PROSE_HTTP_RESPONSE, "HTTP/1.1 200 OK\r\n" TYPE "\r\n", PROSE_ERR_MALFORMED },
    { "two Content-Lengths",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "a negative one", PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: -1\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "one that wraps",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: 18446744073709551617\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "64 KiB and one", PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: 65537\r\n\r\n", PROSE_ERR_LIMIT },
    { "chunked",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", PROSE_ERR_MALFORMED },
    { "chunked and Content-Length",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "identity as transfer coding",
      PROSE_HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
      PROSE_ERR_MALFORMED },
    { "upgrade",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx",
      PROSE_ERR_MALFORMED },
    { "HTTP/1.0", PROSE_HTTP_REQUEST, "POST / HTTP/1.0\r\n" TYPE "Content-Length: 1\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "HTTP/2.0", PROSE_HTTP_RESPONSE, "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", PROSE_ERR_MALFORMED },
    { "two hosts",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Host: evil.example.org\r\nContent-Length: 1\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "two types", PROSE_HTTP_REQUEST, REQUEST_HEAD TYPE "Content-Length: 1\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "a response where a request belongs",
      PROSE_HTTP_REQUEST, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", PROSE_ERR_MALFORMED },
    { "a request where a response belongs",
      PROSE_HTTP_RESPONSE, REQUEST_HEAD "Content-Length: 1\r\n\r\nx", PROSE_ERR_MALFORMED },
    { "XML without HTTP", PROSE_HTTP_REQUEST, "<?xml version=\"1.0\"?><a/>", PROSE_ERR_MALFORMED },
    { "a header without a colon", PROSE_HTTP_REQUEST, "POST / HTTP/1.1\r\nnonsense\r\n\r\n", PROSE_ERR_MALFORMED },
    { "a second request behind the first",
      PROSE_HTTP_REQUEST, REQUEST_HEAD "Content-Length: 1\r\n\r\nx" REQUEST_HEAD "Content-Length: 1\r\n\r\nx",
      PROSE_ERR_TRAILING },
};

START_TEST(others_messages_are_taken_or_refused_with_their_reason)
{
    const char *octets = read_cases[_i].octets;

    for (size_t step = 1; step <= strlen(octets); step++) {
        g_autoptr(ProseHttp) http = prose_http_new(read_cases[_i].kind);
        int got = feed(http, octets, strlen(octets), step);

        ck_assert_msg(got == read_cases[_i].want, "%s, %zu at a time: %d", read_cases[_i].name, step, got);
        if (got < 0)
            ck_assert_int_eq(prose_http_feed(http, (const uint8_t *) "x", 1), got);
    }
}
END_TEST

static const struct { const char *value; unsigned want; } retry_afters[] = {
    { "0",
      0 }, { "1", 1 }, { "86400", 86400 }, { "86401", 0 }, { "-1", 0 }, { "1.5", 0 }, { "4294967297", 0 }, { " 60 ", 60 },
    { "Wed, 21 Oct 2026 07:28:00 GMT", 0 }, { "", 0 },
};

START_TEST(retry_after_is_seconds_or_nothing)
{
    g_autofree char *octets = g_strdup_printf("HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
                                              retry_afters[_i].value);
    g_autoptr(ProseHttp) http = prose_http_new(PROSE_HTTP_RESPONSE);

    ck_assert_int_eq(feed(http, octets, strlen(octets), 1), 1);
    ck_assert_uint_eq(prose_http_retry_after(http), retry_afters[_i].want);
}
END_TEST

START_TEST(the_largest_body_passes)
{
    g_autofree uint8_t *body = g_malloc(PROSE_HTTP_BODY_MAX);
    g_autofree uint8_t *octets = g_malloc(PROSE_HTTP_BODY_MAX + 512);
    g_autoptr(ProseHttp) http = prose_http_new(PROSE_HTTP_REQUEST);
    const uint8_t *got;
    ptrdiff_t len;
    size_t got_len;

    for (size_t i = 0; i < PROSE_HTTP_BODY_MAX; i++)
        body[i] = (uint8_t) (i + i / 256);
    len = prose_http_request_encode(octets, PROSE_HTTP_BODY_MAX + 512, "h", "/", body, PROSE_HTTP_BODY_MAX);
    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(feed(http, octets, (size_t) len, 1448), 1);
    got = prose_http_body(http, &got_len);
    ck_assert_uint_eq(got_len, PROSE_HTTP_BODY_MAX);
    ck_assert_mem_eq(got, body, got_len);
}
END_TEST

/* However it is cut, 8192 octets without the end of the headers are enough. */
START_TEST(headers_have_a_limit)
{
    static const size_t steps[] = { 1, 100, 8191, 8192, 8193, 100000 };
    g_autofree char *filler = g_strnfill(100000, 'x');

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        for (int over = -1; over <= 1; over++) {
            const char *head = "POST / HTTP/1.1\r\nX: ", *tail = "\r\n" TYPE "Content-Length: 1\r\n\r\n";
            int fill = PROSE_HTTP_HEADERS_MAX + over - (int) strlen(head) - (int) strlen(tail);
            g_autofree char *octets = g_strdup_printf("%s%.*s%sx", head, fill, filler, tail);
            g_autoptr(ProseHttp) http = prose_http_new(PROSE_HTTP_REQUEST);
            int got = feed(http, octets, strlen(octets), steps[i]);

            ck_assert_msg(got == (over > 0 ? PROSE_ERR_LIMIT : 1), "%d over the limit, %zu at a time: %d", over,
                          steps[i], got);
        }
        {
            g_autofree char *octets = g_strdup_printf("POST / HTTP/1.1\r\nX: %s", filler);
            g_autoptr(ProseHttp) http = prose_http_new(PROSE_HTTP_REQUEST);

            ck_assert_int_eq(feed(http, octets, strlen(octets), steps[i]), PROSE_ERR_LIMIT);
        }
    }
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("http");
    TCase *tc = tcase_create("message");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, what_is_written_reads_back_however_it_is_cut, 0, G_N_ELEMENTS(written));
    tcase_add_loop_test(tc, every_shorter_prefix_waits_for_more, 0, G_N_ELEMENTS(written));
    tcase_add_loop_test(tc, an_octet_too_many_is_trailing_at_once_or_later, 0, G_N_ELEMENTS(written));
    tcase_add_loop_test(tc, a_buffer_one_octet_short_is_refused, 0, G_N_ELEMENTS(written));
    tcase_add_loop_test(tc, a_flipped_bit_never_crashes, 0, G_N_ELEMENTS(written));
    tcase_add_test(tc, what_breaks_a_line_or_a_limit_is_not_written);
    tcase_add_loop_test(tc, others_messages_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(read_cases));
    tcase_add_loop_test(tc, retry_after_is_seconds_or_nothing, 0, G_N_ELEMENTS(retry_afters));
    tcase_add_test(tc, the_largest_body_passes);
    tcase_add_test(tc, headers_have_a_limit);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
