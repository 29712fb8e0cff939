/* SPDX-License-Identifier: GPL-2.0-only */
/* 200 UEs over 25 periods, everybody in range and all protections on: the simulation alone, and a process that makes this one run. */
#include "bench-pc5.h"

#include <sys/resource.h>

#define TIMES 15

static double
child_ms(const char *program, const char *path, const char *directory)
{
    const char *const argv[] = { program, "run", "--quiet", "--force", "-o", directory, path, NULL };
    struct rusage before, after;
    g_autoptr(GError) error = NULL;
    int status = 0;

    getrusage(RUSAGE_CHILDREN, &before);
    if (!g_spawn_sync(NULL, (char **) (uintptr_t) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                      &status, &error) || !g_spawn_check_wait_status(status, &error))
        g_error("%s", error->message);
    getrusage(RUSAGE_CHILDREN, &after);
    return (double) (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1e3
           + (double) (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e3;
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *inside = g_build_filename(path, name, NULL);

        remove_all(inside);
    }
    g_remove(path);
}

int
main(int argc, char **argv)
{
    g_autofree char *text = bench_crowd(200, 100, 25, "static", "", "");
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(double)), processes = g_array_new(FALSE, FALSE, sizeof(double));
    g_autofree char *parent = g_dir_make_tmp("prose-bench-XXXXXX", NULL), *directory = g_build_filename(parent, "out", NULL), *path = NULL;
    int fd = g_file_open_tmp("prose-bench-XXXXXX.ini", &path, NULL);

    g_assert(argc == 2 && fd >= 0);
    if (!g_close(fd, NULL) || !g_file_set_contents(path, text, -1, NULL))
        g_error("no temporary file");
    for (unsigned i = 0; i < TIMES; i++) {
        BenchRun run;
        double ms = child_ms(argv[1], path, directory);

        g_array_append_val(processes, ms);
        bench_run(&run, text);
        ms = run.run_ns / 1e6;
        g_array_append_val(runs, ms);
        bench_clear(&run);
    }
    g_unlink(path);
    remove_all(parent);
    bench_print("200 UEs, 25 periods, without process start", bench_quartile(runs), "ms", 0, 10);
    bench_print("200 UEs, 25 periods, the whole process", bench_quartile(processes), "ms", 0, 40);
    return 0;
}
