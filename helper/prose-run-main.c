/* SPDX-License-Identifier: GPL-2.0-only */
/* `prose-sim run`: its command line, and what it prints. */
#include "prose-run.h"

#include <unistd.h>

typedef struct Arguments {
    char **files, **settings;
    char *seed, *run, *directory, *trace, *trace_only;
    gboolean force, pcap, quiet;
} Arguments;

static void
arguments_clear(Arguments *a)
{
    g_strfreev(a->files);
    g_strfreev(a->settings);
    g_free(a->seed);
    g_free(a->run);
    g_free(a->directory);
    g_free(a->trace);
    g_free(a->trace_only);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static bool
parse_arguments(Arguments *a, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "set", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &a->settings, "override one setting", "SECTION.KEY=VALUE" },
        { "seed", 0, 0, G_OPTION_ARG_STRING, &a->seed, "seed of all random streams", "N" },
        { "run", 0, 0, G_OPTION_ARG_STRING, &a->run, "replication under that seed", "N" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a->directory, "directory to write (default out/NAME-HASH-sN-rN)", "DIR" },
        { "force", 0, 0, G_OPTION_ARG_NONE, &a->force, "write into a directory that exists", NULL },
        { "trace", 0, 0, G_OPTION_ARG_STRING, &a->trace, "write events.csv: names and groups of events, or all", "LIST" },
        { "trace-only", 0, 0, G_OPTION_ARG_STRING, &a->trace_only, "trace these UEs alone", "UES" },
        { "pcap", 0, 0, G_OPTION_ARG_NONE, &a->pcap, "capture the access links and PC5, with the TLS keys", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &a->quiet, "print nothing but errors", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a->files, NULL, "SCENARIO" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- run one scenario");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return false;
    if (!a->files || !a->files[0] || a->files[1]) {
        g_set_error_literal(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "expected one scenario file; see `prose-sim run --help`");
        return false;
    }
    if (a->trace_only && !a->trace) {
        g_set_error_literal(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "--trace-only chooses among what --trace writes; give --trace LIST too");
        return false;
    }
    return true;
}

/* Precedence is their order: -s, then --seed and --run. The texts belong to @texts. */
static GArray *
overrides_of(const Arguments *a, GPtrArray *texts)
{
    GArray *overrides = g_array_new(FALSE, FALSE, sizeof(ProseOverride));

    for (char **s = a->settings; s && *s; s++)
        g_ptr_array_add(texts, g_strdup(*s));
    if (a->seed)
        g_ptr_array_add(texts, g_strdup_printf("simulation.seed=%s", a->seed));
    if (a->run)
        g_ptr_array_add(texts, g_strdup_printf("simulation.run=%s", a->run));
    for (unsigned i = 0; i < texts->len; i++) {
        ProseOverride override = { .text = g_ptr_array_index(texts, i) };

        g_array_append_val(overrides, override);
    }
    return overrides;
}

static char *
default_directory(const ProseScenario *scenario)
{
    return g_strdup_printf("out/%s%s%s-s%u-r%" G_GUINT64_FORMAT, scenario->name, *scenario->settings_hash ? "-" : "",
                           scenario->settings_hash, scenario->seed, scenario->run);
}

int
prose_run_main(int argc, char **argv)
{
    g_auto(Arguments) a = { 0 };
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) overrides = NULL;
    g_autoptr(ProseScenario) scenario = NULL;
    g_autoptr(GError) error = NULL;
    ProseRunOptions options = { 0 };
    ProseRunResult result = { 0 };
    bool is_default_directory;

    if (!parse_arguments(&a, &argc, &argv, &error)) {
        fprintf(stderr, "prose-sim run: %s\n", error->message);
        return PROSE_RUN_ERROR_USAGE;
    }
    overrides = overrides_of(&a, texts);
    scenario = prose_scenario_new_from_file(a.files[0], (const ProseOverride *) (const void *) overrides->data, overrides->len, &error);
    if (!scenario) {
        fprintf(stderr, "%s\n", error->message);
        return PROSE_RUN_ERROR_USAGE;
    }
    is_default_directory = !a.directory;
    if (is_default_directory)
        a.directory = default_directory(scenario);
    for (unsigned i = 0; !a.quiet && i < scenario->warnings->len; i++)
        fprintf(stderr, "warning: %s\n", (const char *) g_ptr_array_index(scenario->warnings, i));
    options = (ProseRunOptions) {
        .overrides = (const ProseOverride *) (const void *) overrides->data, .n_overrides = overrides->len,
        .directory = a.directory, .is_default_directory = is_default_directory, .force = a.force,
        .trace = a.trace, .trace_only = a.trace_only, .pcap = a.pcap,
        .lines = a.trace && !a.quiet, .progress = !a.quiet && isatty(STDERR_FILENO),
    };
    if (!prose_run(scenario, &options, NULL, &result, &error)) {
        fprintf(stderr, "prose-sim run: %s\n", error->message);
        return error->code;
    }
    if (!a.quiet && !result.keys_locked)
        fprintf(stderr, "note: not all memory that holds keys could be locked, so it may be swapped out; see ulimit -l\n");
    if (!a.quiet)
        printf("%sWritten to %s\n", result.text, a.directory);
    prose_run_result_clear(&result);
    return 0;
}
