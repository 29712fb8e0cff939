/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-output.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct ProseOutput {
    char *directory;
};

G_DEFINE_QUARK(prose-run-error-quark, prose_run_error)

bool
prose_output_set_errno(GError **error, const char *path)
{
    g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "cannot write %s: %s", path, g_strerror(errno));
    return false;
}

/* Whether a run of ours may have written a file of this name. */
static bool
is_ours(const char *file)
{
    static const char *const names[] = { "settings.ini", "summary.json", "results.sqlite", "events.csv", "perf.json", "tls-keys.txt", "pc5.pcap",
                                         "report.html" };
    g_autofree char *name = g_str_has_suffix(file, PROSE_OUTPUT_PART) ? g_strndup(file, strlen(file) - strlen(PROSE_OUTPUT_PART))
                                                                      : g_strdup(file);

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return g_str_has_prefix(name, "pdn-") && g_str_has_suffix(name, ".pcap");
}

static bool
remove_ours(const char *directory, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (is_ours(name) && g_unlink(path) != 0)
            return prose_output_set_errno(error, path);
    }
    return true;
}

/* Whether writing the run of @settings into @directory again loses nothing: the same settings give the same octets. */
static bool
is_the_same_run(const char *directory, const char *settings)
{
    static const char *const given_again[] = { "settings.ini", "summary.json", "results.sqlite", "perf.json" };
    g_autofree char *path = g_build_filename(directory, "settings.ini", NULL);
    g_autofree char *held = NULL;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    if (!settings || !dir || !g_file_get_contents(path, &held, NULL, NULL) || strcmp(held, settings) != 0)
        return false;
    while ((name = g_dir_read_name(dir))) {
        bool again = false;

        for (unsigned i = 0; i < G_N_ELEMENTS(given_again); i++)
            again = again || strcmp(name, given_again[i]) == 0;
        if (!again && is_ours(name))
            return false;
    }
    return true;
}

ProseOutput *
prose_output_open(const char *directory, bool force, const char *settings, GError **error)
{
    ProseOutput *output;

    if (g_file_test(directory, G_FILE_TEST_EXISTS)) {
        if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
            errno = ENOTDIR;
            prose_output_set_errno(error, directory);
            return NULL;
        }
        if (!force && !is_the_same_run(directory, settings)) {
            g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED,
                        "%s exists already: name another directory with -o, or write into it with --force", directory);
            return NULL;
        }
        if (!remove_ours(directory, error))
            return NULL;
    } else if (g_mkdir_with_parents(directory, 0777) != 0) {
        prose_output_set_errno(error, directory);
        return NULL;
    }
    output = g_new0(ProseOutput, 1);
    output->directory = g_strdup(directory);
    return output;
}

ProseOutput *
prose_output_free(ProseOutput *output)
{
    if (output) {
        g_free(output->directory);
        g_free(output);
    }
    return NULL;
}

char *
prose_output_part(const ProseOutput *output, const char *name)
{
    return g_strdup_printf("%s/%s" PROSE_OUTPUT_PART, output->directory, name);
}

FILE *
prose_output_begin(const ProseOutput *output, const char *name, GError **error)
{
    g_autofree char *path = prose_output_part(output, name);
    FILE *file = g_fopen(path, "we");

    if (!file)
        prose_output_set_errno(error, path);
    return file;
}

bool
prose_output_complete(const ProseOutput *output, const char *name, GError **error)
{
    g_autofree char *part = prose_output_part(output, name);
    g_autofree char *path = g_build_filename(output->directory, name, NULL);

    return g_rename(part, path) == 0 ? true : prose_output_set_errno(error, path);
}

bool
prose_output_end(const ProseOutput *output, const char *name, FILE *file, int earlier, GError **error)
{
    g_autofree char *path = prose_output_part(output, name);
    int why = earlier;

    /* A full disk may show only when the buffer, or the file system's, is pushed out. */
    if (!why && ferror(file))
        why = EIO;
    if ((fflush(file) != 0 || fsync(fileno(file)) != 0) && !why)
        why = errno;
    if (fclose(file) != 0 && !why)
        why = errno;
    if (why) {
        errno = why;
        return prose_output_set_errno(error, path);
    }
    return prose_output_complete(output, name, error);
}

bool
prose_output_write(const ProseOutput *output, const char *name, const char *text, GError **error)
{
    FILE *file = prose_output_begin(output, name, error);

    if (!file)
        return false;
    return prose_output_end(output, name, file, fputs(text, file) == EOF ? errno : 0, error);
}
