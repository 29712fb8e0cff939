/* SPDX-License-Identifier: GPL-2.0-only */
/* A scenario out of text, for tests that need one of their own. */
#ifndef SCENARIO_TEXT_H
#define SCENARIO_TEXT_H

#include "prose-scenario.h"
#include "prose-test.h"

#include <glib/gstdio.h>

/* Fails the test with the reader's mistakes. @settings: -s options, NULL-ended, or NULL. */
static inline ProseScenario *
scenario_from_text(const char *text, const char *const *settings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    ProseOverride overrides[16];
    ProseScenario *scenario;
    size_t n = 0;
    int fd = g_file_open_tmp("prose-test-XXXXXX.ini", &path, &error);

    ck_assert_msg(fd >= 0, "%s", error ? error->message : "");
    ck_assert(g_close(fd, NULL));
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    for (; settings && settings[n]; n++)
        overrides[n].text = settings[n];
    scenario = prose_scenario_new_from_file(path, overrides, n, &error);
    ck_assert_msg(scenario != NULL, "%s", error ? error->message : "");
    g_unlink(path);
    return scenario;
}

#endif
