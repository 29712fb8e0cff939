/* SPDX-License-Identifier: GPL-2.0-only */
/* `prose-sim run`: what it writes, what it prints, and what it says and returns when something is wrong. */
#include "run.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char *parent, *scenario_path;

static void
set_up(void)
{
    parent = sim_directory();
    scenario_path = g_strdup_printf("%s/examples/two-ues.ini", TEST_PROJECT_DIR);
}

static void
tear_down(void)
{
    sim_remove(parent);
    g_clear_pointer(&parent, g_free);
    g_clear_pointer(&scenario_path, g_free);
}

typedef struct Outcome { int status; char *out, *err; } Outcome;

static void
outcome_clear(Outcome *o)
{
    g_free(o->out);
    g_free(o->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static int
redirect(int fd, const char *name)
{
    g_autofree char *path = g_build_filename(parent, name, NULL);
    int saved = dup(fd), file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

    ck_assert_int_ge(dup2(file, fd), 0);
    close(file);
    return saved;
}

static void
restore(int fd, int saved)
{
    dup2(saved, fd);
    close(saved);
}

/* The command in this process, with its output and errors kept. "OUT" among @arguments is a directory below ours. */
static Outcome
command(const char *const *arguments)
{
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    Outcome o;
    int out, err;

    g_ptr_array_add(argv, (char *) "run");
    for (; *arguments; arguments++)
        g_ptr_array_add(argv, strcmp(*arguments, "OUT") == 0 ? directory : strcmp(*arguments, "TWO") == 0 ? scenario_path : (char *) *arguments);
    g_ptr_array_add(argv, NULL);
    fflush(NULL);
    out = redirect(STDOUT_FILENO, "stdout");
    err = redirect(STDERR_FILENO, "stderr");
    o.status = prose_run_main((int) argv->len - 1, (char **) argv->pdata);
    fflush(NULL);
    restore(STDOUT_FILENO, out);
    restore(STDERR_FILENO, err);
    o.out = sim_file(parent, "stdout", NULL);
    o.err = sim_file(parent, "stderr", NULL);
    return o;
}

static char *
out_file(const char *name)
{
    g_autofree char *directory = g_build_filename(parent, "out", NULL);

    return sim_file(directory, name, NULL);
}

static bool
has_out_file(const char *name)
{
    g_autofree char *directory = g_build_filename(parent, "out", NULL);

    return sim_has_file(directory, name);
}

/* ---- files ---- */

START_TEST(a_run_writes_what_the_interface_promises)
{
    const char *const arguments[] = { "TWO", "-o", "OUT", "--quiet", "--trace", "all", "--pcap", NULL };
    static const char *const files[] = { "settings.ini", "summary.json", "results.sqlite", "events.csv", "perf.json", "tls-keys.txt", "pc5.pcap", "pdn-lan-0.pcap" };
    g_auto(Outcome) o = command(arguments);
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    unsigned n = 0;

    ck_assert_msg(o.status == 0, "%s", o.err);
    ck_assert_str_eq(o.out, "");
    ck_assert_str_eq(o.err, "");
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        ck_assert_msg(has_out_file(files[i]), "no %s", files[i]);
    while (g_dir_read_name(dir))
        n++;
    ck_assert_uint_eq(n, G_N_ELEMENTS(files));         /* nothing else, so nothing temporary */
}
END_TEST

START_TEST(without_options_a_run_writes_four_files_and_prints_its_summary)
{
    const char *const arguments[] = { "TWO", "-o", "OUT", NULL };
    g_auto(Outcome) o = command(arguments);

    ck_assert_msg(o.status == 0, "%s", o.err);
    ck_assert_ptr_nonnull(strstr(o.out, "2 of 2 fully supplied"));
    ck_assert_ptr_nonnull(strstr(o.out, "Written to "));
    ck_assert(has_out_file("settings.ini") && has_out_file("summary.json") && has_out_file("results.sqlite") && has_out_file("perf.json"));
    ck_assert(!has_out_file("events.csv") && !has_out_file("pc5.pcap"));
}
END_TEST

START_TEST(trace_lines_are_printed_unless_quiet)
{
    const char *const arguments[] = { "TWO", "-o", "OUT", "--trace", "key-stored", "--trace-only", "pair[1]", NULL };
    g_auto(Outcome) o = command(arguments);
    g_autofree char *csv = out_file("events.csv");

    ck_assert_msg(o.status == 0, "%s", o.err);
    ck_assert_ptr_nonnull(strstr(o.out, "pair[1]                  <- pkmf east: MIKEY delivery: PSDK 1 of command stored\n"));
    ck_assert_ptr_null(strstr(o.out, "pair[0]  "));
    ck_assert_ptr_nonnull(strstr(csv, ",pair[1],key-stored,"));
    ck_assert_ptr_null(strstr(csv, "pair[0]"));
}
END_TEST

/* The default names scenario, settings, seed and run. */
START_TEST(the_default_directory_tells_runs_apart)
{
    const char *const arguments[] = { "TWO", "--quiet", "--seed", "5", "--run", "7", "-s", "pair.count=1", NULL };
    g_autofree char *before = g_get_current_dir();
    g_autofree char *out = g_build_filename(parent, "out", NULL);
    g_autoptr(GDir) dir = NULL;
    g_auto(Outcome) o = { 0 };
    const char *name;

    ck_assert_int_eq(g_chdir(parent), 0);
    o = command(arguments);
    ck_assert_int_eq(g_chdir(before), 0);
    ck_assert_msg(o.status == 0, "%s", o.err);
    dir = g_dir_open(out, 0, NULL);
    ck_assert_ptr_nonnull(dir);
    name = g_dir_read_name(dir);
    ck_assert_msg(g_pattern_match_simple("two-ues-*-s5-r7", name), "%s", name);
    ck_assert_ptr_null(g_dir_read_name(dir));
}
END_TEST

START_TEST(the_summary_names_the_command_that_gives_it_again)
{
    const char *const arguments[] = { "TWO", "-o", "OUT", "--quiet", "-s", "pair.count=3", "--seed", "9", NULL };
    g_auto(Outcome) o = command(arguments);
    g_autofree char *summary = out_file("summary.json");

    ck_assert_msg(o.status == 0, "%s", o.err);
    ck_assert_msg(strstr(summary, "\"command\": \"prose-sim run two-ues.ini -s 'pair.count=3' --seed 9 --run 1\"") != NULL, "%s", summary);
}
END_TEST

/* ---- an existing directory ---- */

START_TEST(an_existing_directory_needs_force)
{
    const char *const first[] = { "TWO", "-o", "OUT", "--quiet", "--pcap", NULL };
    const char *const second[] = { "TWO", "-o", "OUT", "--quiet", NULL };
    const char *const forced[] = { "TWO", "-o", "OUT", "--quiet", "--force", NULL };
    g_auto(Outcome) a = command(first), b = command(second), c = { 0 };
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autofree char *mine = g_build_filename(directory, "notes.txt", NULL);

    ck_assert_int_eq(a.status, 0);
    ck_assert_int_eq(b.status, 1);
    ck_assert_msg(strstr(b.err, "--force") && strstr(b.err, directory), "%s", b.err);
    ck_assert(g_file_set_contents(mine, "mine", -1, NULL));
    c = command(forced);
    ck_assert_int_eq(c.status, 0);
    /* Nothing of the earlier run is taken for this one's; what is not ours stays. */
    ck_assert(!has_out_file("pc5.pcap") && !has_out_file("tls-keys.txt") && !has_out_file("pdn-lan-0.pcap"));
    ck_assert(has_out_file("notes.txt"));
}
END_TEST

START_TEST(the_same_run_may_be_run_again_where_nobody_named_a_directory)
{
    const char *const plain[] = { "TWO", "--quiet", NULL }, *const traced[] = { "TWO", "--quiet", "--trace", "keys", "--force", NULL };
    const char *const other[] = { "TWO", "--quiet", "-s", "pair.count=3", NULL };
    g_autofree char *cwd = g_get_current_dir();
    g_autofree char *settings = g_build_filename(parent, "out", "two-ues-s1-r1", "settings.ini", NULL);

    ck_assert_int_eq(g_chdir(parent), 0);
    for (int i = 0; i < 2; i++) {
        g_auto(Outcome) o = command(plain);

        ck_assert_msg(o.status == 0, "%s", o.err);
    }
    {
        /* Other settings are another directory; a trace, or settings that differ, are not overwritten unasked. */
        g_auto(Outcome) a = command(other), b = command(traced), c = command(plain), d = { 0 };

        ck_assert_int_eq(a.status, 0);
        ck_assert_int_eq(b.status, 0);
        ck_assert_int_eq(c.status, 1);
        ck_assert_msg(strstr(c.err, "--force") != NULL, "%s", c.err);
        ck_assert(g_file_set_contents(settings, "[simulation]\n", -1, NULL));
        d = command(plain);
        ck_assert_int_eq(d.status, 1);
    }
    ck_assert_int_eq(g_chdir(cwd), 0);
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_ends_the_run_before_it_starts)
{
    const char *const arguments[] = { "TWO", "-o", "/dev/null/x", NULL };
    g_auto(Outcome) o = command(arguments);

    ck_assert_int_eq(o.status, 1);
    ck_assert_msg(strstr(o.err, "cannot write /dev/null/x") != NULL, "%s", o.err);
    ck_assert_str_eq(o.out, "");
}
END_TEST

/* ---- a full disk: files may grow to so many octets ---- */

static Outcome
command_with_limit(rlim_t octets, const char *const *arguments)
{
    struct rlimit before, limit;
    Outcome o;

    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = octets;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    o = command(arguments);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    return o;
}

static const struct { const char *option, *file; } growing[] = { { "--trace=all", "events.csv" }, { "--pcap", "pdn-lan-0.pcap" } };

START_TEST(a_write_error_ends_the_run_and_keeps_what_is_written)
{
    const char *const arguments[] = { "TWO", "-o", "OUT", "-q", growing[_i].option, NULL };
    g_auto(Outcome) o = command_with_limit(8192, arguments);

    ck_assert_int_eq(o.status, 1);
    ck_assert_msg(strstr(o.err, "cannot write") && strstr(o.err, growing[_i].file) && strstr(o.err, "File too large"), "%s", o.err);
    ck_assert(has_out_file("settings.ini"));
    ck_assert(!has_out_file("summary.json"));          /* so nobody takes it for a whole run */
    if (_i == 0) {
        g_autofree char *csv = out_file("events.csv.part");

        ck_assert_uint_gt(strlen(csv), 4000);
        ck_assert(!has_out_file("events.csv"));
    }
}
END_TEST

/* ---- killed in the middle ---- */

START_TEST(a_killed_run_leaves_no_half_summary)
{
    g_autofree char *directory = g_build_filename(parent, "out", NULL);
    g_autofree char *part = g_build_filename(directory, "events.csv.part", NULL);
    char *argv[] = { (char *) "run", scenario_path, (char *) "-q", (char *) "-o", directory, (char *) "--trace", (char *) "all",
                     (char *) "-s", (char *) "simulation.duration=100 h", NULL };
    pid_t child = fork();
    GStatBuf info = { 0 };
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(prose_run_main(G_N_ELEMENTS(argv) - 1, argv));
    for (int i = 0; i < 3000 && (g_stat(part, &info) != 0 || info.st_size == 0); i++)
        g_usleep(10000);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert(has_out_file("settings.ini") && has_out_file("events.csv.part"));
    ck_assert(!has_out_file("summary.json") && !has_out_file("summary.json.part") && !has_out_file("events.csv"));
}
END_TEST

/* ---- mistakes of the command line ---- */

static const struct { const char *arguments[8], *says; } mistakes[] = {
    { { NULL }, "expected one scenario file" },
    { { "TWO", "TWO", NULL }, "expected one scenario file" },
    { { "nowhere.ini", NULL }, "nowhere.ini" },
    { { "TWO", "--frobnicate", NULL }, "frobnicate" },
    { { "TWO", "-o", "OUT", "--trace", "nonsense", NULL }, "nonsense" },
    { { "TWO", "-o", "OUT", "--trace", "all", "--trace-only", "pear", NULL }, "pear" },
    { { "TWO", "-o", "OUT", "--trace-only", "pair", NULL }, "--trace" },
    { { "TWO", "-o", "OUT", "--seed", "many", NULL }, "many" },
    { { "TWO", "-o", "OUT", "--seed", "0", NULL }, "seed" },
    { { "TWO", "-o", "OUT", "-s", "pool.period=rf33", NULL }, "rf33" },
    { { "TWO", "-o", "OUT", "-s", "radio.propagation=ns3::NoSuchLossModel", NULL }, "NoSuchLossModel" },
};

START_TEST(a_mistake_gives_status_2_says_what_and_writes_nothing)
{
    g_auto(Outcome) o = command(mistakes[_i].arguments);

    ck_assert_msg(o.status == 2, "%d: %s", o.status, o.err);
    ck_assert_msg(strstr(o.err, mistakes[_i].says) != NULL, "%s", o.err);
    ck_assert_str_eq(o.out, "");
    ck_assert(!has_out_file("settings.ini"));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("run");
    TCase *tc = tcase_create("run");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_run_writes_what_the_interface_promises);
    tcase_add_test(tc, without_options_a_run_writes_four_files_and_prints_its_summary);
    tcase_add_test(tc, trace_lines_are_printed_unless_quiet);
    tcase_add_test(tc, the_default_directory_tells_runs_apart);
    tcase_add_test(tc, the_summary_names_the_command_that_gives_it_again);
    tcase_add_test(tc, an_existing_directory_needs_force);
    tcase_add_test(tc, the_same_run_may_be_run_again_where_nobody_named_a_directory);
    tcase_add_test(tc, a_directory_that_cannot_be_made_ends_the_run_before_it_starts);
    tcase_add_loop_test(tc, a_write_error_ends_the_run_and_keeps_what_is_written, 0, G_N_ELEMENTS(growing));
    tcase_add_test(tc, a_killed_run_leaves_no_half_summary);
    tcase_add_loop_test(tc, a_mistake_gives_status_2_says_what_and_writes_nothing, 0, G_N_ELEMENTS(mistakes));
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
