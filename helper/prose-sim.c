/* SPDX-License-Identifier: GPL-2.0-only */
/* The command: finds the subcommand and hands it the rest. Exit status: 0 done, 1 failed, 2 the command line or a file is wrong. */
#include "prose-campaign-run.h"
#include "prose-export.h"
#include "prose-message-tool.h"
#include "prose-ini.h"
#include "prose-report.h"
#include "prose-run.h"
#include "prose-scenario.h"

#include "ns3c.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG = 2 };

static int check_main(int argc, char **argv);
static int describe_main(int argc, char **argv);

static const struct { const char *name, *arguments, *what; int (*main)(int argc, char **argv); } commands[] = {
    { "run", "SCENARIO [-s SECTION.KEY=VALUE]... [OPTION]...", "run a scenario, print a summary, write a directory",
      prose_run_main },
    { "check", "SCENARIO [-s SECTION.KEY=VALUE]...", "read and validate; show each setting and who gave it", check_main },
    { "describe", "[WORD]", "explain settings, events, outcomes, metrics, profile choices", describe_main },
    { "message", "decode|protect|unprotect HEX [OPTION]...", "one PC5 message, explained", prose_message_tool_main },
    { "campaign", "FILE [-j N] [--engine local|slurm] [--resume] [--dry-run] [-o DIR]", "sweeps and replications of a scenario",
      prose_campaign_main },
    { "report", "DIR", "a page with plots, from a run or a campaign", prose_report_main },
    { "export", "DIR TABLE|SQL [--wide]", "tables of results.sqlite as CSV", prose_export_main },
};

/* Text that is the whole answer: what could not be written is a failure. */
static int
answer(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0) {
        perror("prose-sim: standard output");
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

/* Options and arguments of a subcommand. Returns: whether to go on; else *@ret_status is how to end. */
static bool
parse_options(int argc, char **argv, const char *arguments, const GOptionEntry *entries, GStrv *ret_rest, int *ret_status)
{
    g_autoptr(GOptionContext) context = g_option_context_new(arguments);
    g_autoptr(GError) error = NULL;
    g_autofree char *program = g_strdup_printf("prose-sim %s", argv[0]);
    gboolean help = FALSE;
    const GOptionEntry own[] = {
        { "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, ret_rest, NULL, NULL },
        { NULL },
    };
    g_auto(GStrv) copy = g_new0(char *, (gsize) argc + 1);

    for (int i = 0; i < argc; i++)
        copy[i] = g_strdup(argv[i]);
    g_set_prgname(program);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, own, NULL);
    if (entries)
        g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse_strv(context, &copy, &error)) {
        fprintf(stderr, "%s: %s; see %s --help\n", program, error->message, program);
        *ret_status = EXIT_WRONG;
        return false;
    }
    if (help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

        *ret_status = answer(text);
        return false;
    }
    return true;
}

static int
check_main(int argc, char **argv)
{
    g_auto(GStrv) settings = NULL, rest = NULL;
    const GOptionEntry entries[] = {
        { "set", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &settings, "Set a key, over the file", "SECTION.KEY=VALUE" },
        { NULL },
    };
    guint n;
    g_autofree ProseOverride *overrides = NULL;
    g_autoptr(ProseScenario) scenario = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    int status;

    if (!parse_options(argc, argv, "SCENARIO", entries, &rest, &status))
        return status;
    if (!rest || g_strv_length(rest) != 1) {
        fprintf(stderr, "prose-sim check: %s; prose-sim check SCENARIO\n", rest ? "more than one file" : "no file");
        return EXIT_WRONG;
    }
    if (prose_campaign_is_file(rest[0])) {
        if (settings) {
            fprintf(stderr, "prose-sim check: -s sets a scenario's keys; a campaign has [set] for that\n");
            return EXIT_WRONG;
        }
        return prose_campaign_check(rest[0]);
    }
    n = settings ? g_strv_length(settings) : 0;
    overrides = g_new(ProseOverride, n + 1);
    for (guint i = 0; i < n; i++)
        overrides[i].text = settings[i];
    scenario = prose_scenario_new_from_file(rest[0], overrides, n, &error);
    if (!scenario) {
        fprintf(stderr, "%s\n", error->message);
        return EXIT_WRONG;
    }
    text = prose_scenario_explain(scenario);
    return answer(text);
}

static int
describe_main(int argc, char **argv)
{
    g_auto(GStrv) rest = NULL;
    g_autofree char *text = NULL, *nearest = NULL, *word = NULL;
    int status;

    if (!parse_options(argc, argv, "[WORD]", NULL, &rest, &status))
        return status;
    /* "pool period" without quotes is "pool.period". */
    word = rest ? g_strjoinv(".", rest) : NULL;
    text = prose_describe(word, &nearest);
    if (!text) {
        fprintf(stderr, "prose-sim describe: nothing is called \"%s\"; the nearest is %s\n", word, nearest);
        return EXIT_WRONG;
    }
    return answer(text);
}

static char *
usage(void)
{
    GString *text = g_string_new("Usage: prose-sim COMMAND [ARGUMENT]...\n\n"
                                 "Simulates key management and protection of 3GPP ProSe public safety discovery.\n\n");

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        g_string_append_printf(text, "  %-8s  %s\n            %s\n", commands[i].name, commands[i].arguments, commands[i].what);
    g_string_append(text,
                    "\nprose-sim COMMAND --help tells more. Exit status: 0 done, 1 failed, 2 the command line or a file is wrong.\n");
    return g_string_free(text, FALSE);
}

static int
unknown_command(const char *name)
{
    const char *names[G_N_ELEMENTS(commands)];

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        names[i] = commands[i].name;
    fprintf(stderr, "prose-sim: unknown command \"%s\"; the nearest is %s, and prose-sim --help lists them all\n", name,
            prose_nearest(name, names, G_N_ELEMENTS(names)));
    return EXIT_WRONG;
}

int
main(int argc, char **argv)
{
    g_autofree char *help = usage(), *version = NULL;

    /* A file at its limit is an error of the write, like a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        fputs(help, stderr);
        return EXIT_WRONG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return answer(help);
    if (strcmp(argv[1], "--version") == 0) {
        version = g_strdup_printf("prose-sim %s (ns-3 %s)\n", PROSE_VERSION, ns3c_version());
        return answer(version);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    }
    return unknown_command(argv[1]);
}
