/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole runs inside a test: from a file or from text, with hooks, the summary as JSON and the events kept. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "prose-run.h"
#include "scenario-text.h"
#include "summary-check.h"

/* An event with its strings kept. */
typedef struct SeenEvent {
    ProseEvent event;
    ProseEventAbout about;
} SeenEvent;

/* A run and what came of it. Zero it, set scenario and what is wanted, then sim_run(). */
typedef struct SimRun {
    ProseScenario *scenario;       /* (owned) */
    ProseRunOptions options;
    ProseRunHooks hooks;           /* `read` is ours */
    uint64_t keep;                 /* event types to be kept */
    ProseRunResult result;
    JsonParser *parser;
    JsonObject *root;              /* summary.json */
    GArray *events;                /* of SeenEvent */
    GStringChunk *strings;
    void (*read)(void *user, const ProseEvent *event, const ProseEventAbout *about);
    void *user;
} SimRun;

static inline const char *
sim_keep(SimRun *run, const char *text)
{
    return text ? g_string_chunk_insert_const(run->strings, text) : NULL;
}

static inline void
sim_read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    SimRun *run = user;
    SeenEvent seen = { *event, *about };

    seen.event.entity = sim_keep(run, event->entity);
    seen.event.cause = sim_keep(run, event->cause);
    seen.event.peer = sim_keep(run, event->peer);
    seen.event.time_source = sim_keep(run, event->time_source);
    g_array_append_val(run->events, seen);
}

/* Fails the test if the run fails, or if its summary does not add up. */
static inline void
sim_run(SimRun *run)
{
    g_autoptr(GError) error = NULL;

    run->events = g_array_new(FALSE, FALSE, sizeof(SeenEvent));
    run->strings = g_string_chunk_new(4096);
    if (run->keep) {
        run->hooks.user = run;
        run->hooks.read = sim_read_cb;
        run->hooks.reader_wants = run->keep;
    }
    ck_assert_msg(prose_run(run->scenario, &run->options, &run->hooks, &run->result, &error), "%s", error ? error->message : "");
    run->parser = json_parser_new();
    ck_assert(json_parser_load_from_data(run->parser, run->result.json, -1, NULL));
    run->root = json_node_get_object(json_parser_get_root(run->parser));
    summary_assert_adds_up(run->root);
}

static inline void
sim_clear(SimRun *run)
{
    prose_run_result_clear(&run->result);
    g_clear_object(&run->parser);
    g_clear_pointer(&run->events, g_array_unref);
    g_clear_pointer(&run->strings, g_string_chunk_free);
    run->scenario = prose_scenario_free(run->scenario);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SimRun, sim_clear)

/* A scenario of examples/, with -s options, NULL-ended, or NULL. */
static inline ProseScenario *
sim_example(const char *name, const char *const *settings)
{
    g_autofree char *path = g_strdup_printf("%s/examples/%s.ini", TEST_PROJECT_DIR, name);
    g_autoptr(GError) error = NULL;
    ProseOverride overrides[16];
    size_t n = 0;
    ProseScenario *scenario;

    for (; settings && settings[n]; n++)
        overrides[n].text = settings[n];
    scenario = prose_scenario_new_from_file(path, overrides, n, &error);
    ck_assert_msg(scenario != NULL, "%s", error ? error->message : "");
    return scenario;
}

/* The n-th (from 0) event of @type of @entity at or after @from_s; (nullable). @entity NULL: anybody's. */
static inline const ProseEvent *
sim_find(const SimRun *run, ProseEventType type, const char *entity, double from_s, unsigned n)
{
    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;

        if (e->type == type && (!entity || strcmp(e->entity, entity) == 0) && (double) e->time_ns >= from_s * 1e9 && n-- == 0)
            return e;
    }
    return NULL;
}

static inline unsigned
sim_count(const SimRun *run, ProseEventType type, const char *entity, const char *cause, const char *peer)
{
    unsigned n = 0;

    for (unsigned i = 0; i < run->events->len; i++) {
        const ProseEvent *e = &g_array_index(run->events, SeenEvent, i).event;

        n += e->type == type && (!entity || strcmp(e->entity, entity) == 0) && (!cause || g_strcmp0(e->cause, cause) == 0)
             && (!peer || g_strcmp0(e->peer, peer) == 0);
    }
    return n;
}

/* A directory of its own under the temporary one; sim_remove() takes it away with all that is in it. */
static inline char *
sim_directory(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_dir_make_tmp("prose-run-XXXXXX", &error);

    ck_assert_msg(path != NULL, "%s", error ? error->message : "");
    return path;
}

static inline void
sim_remove(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            sim_remove(path);
        else
            g_unlink(path);
    }
    g_rmdir(directory);
}

/* Contents of a file; fails the test if it cannot be read. */
static inline char *
sim_file(const char *directory, const char *name, size_t *ret_len)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    char *text;

    ck_assert_msg(g_file_get_contents(path, &text, ret_len, NULL), "no %s", path);
    return text;
}

static inline bool
sim_has_file(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

#endif
