/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static char *
temporary_path(void)
{
    return g_strdup_printf("%s/shim-pcap-%d.pcap", g_get_tmp_dir(), (int) getpid());
}

START_TEST(a_file_is_what_the_format_says_octet_for_octet)
{
    static const uint8_t frame[] = { 0xde, 0xad, 0xbe, 0xef, 0x01 };
    g_autofree char *path = temporary_path(), *file = NULL;
    g_autofree uint8_t *want = NULL;
    gsize len;
    size_t want_len;
    Ns3cPcap *p;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_pcap_new(path, 147, 0x10);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(ns3c_pcap_write(p, frame, sizeof frame), 0);
    ns3c_sim_run(2 * SECOND + 0x12345678);
    ck_assert_int_eq(ns3c_pcap_write(p, frame, 0), 0);
    ck_assert_int_eq(ns3c_pcap_close(p), 0);
    ns3c_sim_destroy();

    want = test_hex("4d3cb2a1" "0200" "0400" "00000000" "00000000" "ffff0000" "93000000"
                    "10000000" "00000000" "05000000" "05000000" "deadbeef01"
                    "12000000" "78563412" "00000000" "00000000", &want_len);
    ck_assert(g_file_get_contents(path, &file, &len, NULL));
    g_unlink(path);
    ck_assert_uint_eq(len, want_len);
    ck_assert_mem_eq(file, want, want_len);
}
END_TEST

START_TEST(a_frame_too_long_for_the_format_is_cut_and_says_so)
{
    g_autofree char *path = temporary_path(), *file = NULL;
    g_autofree uint8_t *frame = g_malloc0(70000);
    gsize len;
    uint32_t kept, was;
    Ns3cPcap *p;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_pcap_new(path, 147, 0);
    ck_assert_int_eq(ns3c_pcap_write(p, frame, 70000), 0);
    ck_assert_int_eq(ns3c_pcap_close(p), 0);
    ns3c_sim_destroy();
    ck_assert(g_file_get_contents(path, &file, &len, NULL));
    g_unlink(path);
    memcpy(&kept, file + 32, 4);
    memcpy(&was, file + 36, 4);
    ck_assert_uint_eq(kept, 65535);
    ck_assert_uint_eq(was, 70000);
    ck_assert_uint_eq(len, 24 + 16 + 65535);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    static const struct { const char *path; int64_t utc; int why; } cases[] = {
        { "/nonexistent/x.pcap", 0, ENOENT }, { "/", 0, EISDIR }, { "/dev/full", 0, ENOSPC },
        { "/dev/null", -1, EINVAL }, { "/dev/null", INT64_C(4294967296), EINVAL },
    };

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        errno = 0;
        ck_assert_ptr_null(ns3c_pcap_new(cases[i].path, 1, cases[i].utc));
        ck_assert_int_eq(errno, cases[i].why);
    }
    ns3c_sim_destroy();
}
END_TEST

/* A failure stays: a file with a hole in the middle would be read as garbage. */
START_TEST(a_failure_is_told_by_every_later_call)
{
    static const uint8_t frame[100];
    Ns3cPcap *p;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    p = ns3c_pcap_new("/dev/null", 1, 4294967295);
    ck_assert_int_eq(ns3c_pcap_write(p, frame, sizeof frame), 0);
    ns3c_sim_run(SECOND);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(ns3c_pcap_write(p, frame, sizeof frame), NS3C_ERR_IO);
        ck_assert_int_eq(errno, EOVERFLOW);
    }
    ck_assert_int_eq(ns3c_pcap_close(p), NS3C_ERR_IO);
    ck_assert_int_eq(errno, EOVERFLOW);
    ck_assert_int_eq(ns3c_pcap_close(NULL), 0);
    ns3c_sim_destroy();
}
END_TEST

/* The device fills up only when the buffer is flushed. */
START_TEST(a_device_that_fills_up_is_noticed)
{
    static const uint8_t frame[1000];
    g_autofree char *path = temporary_path();
    Ns3cPcap *p;
    int code = 0;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    p = ns3c_pcap_new(path, 1, 0);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(g_unlink(path), 0);
    /* What the stream writes to from now on is /dev/full, as if the disk had no room any more. */
    for (int fd = 3; fd < 64; fd++) {
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd), *target = g_file_read_link(link, NULL);

        if (g_strcmp0(target, "/dev/null") == 0) {
            int full = g_open("/dev/full", O_WRONLY, 0);

            ck_assert_int_ge(full, 0);
            ck_assert_int_eq(dup2(full, fd), fd);
            close(full);
        }
    }
    for (unsigned i = 0; i < 1000 && code == 0; i++)
        code = ns3c_pcap_write(p, frame, sizeof frame);
    ck_assert_int_eq(code, NS3C_ERR_IO);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_int_eq(ns3c_pcap_close(p), NS3C_ERR_IO);
    ck_assert_int_eq(errno, ENOSPC);
    ns3c_sim_destroy();
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-pcap");
    TCase *tc = tcase_create("pcap");

    tcase_add_test(tc, a_file_is_what_the_format_says_octet_for_octet);
    tcase_add_test(tc, a_frame_too_long_for_the_format_is_cut_and_says_so);
    tcase_add_test(tc, what_cannot_be_opened_says_why);
    tcase_add_test(tc, a_failure_is_told_by_every_later_call);
    tcase_add_test(tc, a_device_that_fills_up_is_noticed);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
