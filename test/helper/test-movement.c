/* SPDX-License-Identifier: GPL-2.0-only */
/* Placements and movement traces as files: what they say, what is wrong in them, and what UEs make of them. */
#include "prose-movement.h"

#include "prose-scenario.h"
#include "prose-test.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define S UINT64_C(1000000000)

static char *
joined(const ProseFileMistakes *mistakes)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < mistakes->len; i++)
        g_string_append_printf(text, "%s%s", i ? "\n" : "", (const char *) mistakes->pdata[i]);
    return g_strdup(text->str);
}

/* ---- placements ---- */

static const struct { const char *text, *rows, *wrong; } placements[] = {
    { "ue,x,y\nengines[3],10,20.5\n", "engines 3 10 20.5 -", "" },
    { "# where\r\n\r\n ue , x , y , z \r\na[0], 1, 2, 3\r\n", "a 0 1 2 3", "" },
    { "group,member,x,y\na,1,-0.5,1e3\nb,0,.5,+2", "a 1 -0.5 1000 -|b 0 0.5 2 -", "" },
    { "group,member,x,y,z\na,1,0,0,25\n", "a 1 0 0 25", "" },
    { "", "", "p.csv:1: nothing in it; a head line, ue,x,y or group,member,x,y, then a row a UE" },
    { "# nothing\n", "", "p.csv:1: nothing in it; a head line, ue,x,y or group,member,x,y, then a row a UE" },
    { "a[0],1,2\n", "", "p.csv:1: no head line; ue,x,y or group,member,x,y, either with ,z" },
    { "ue,x,y\na[0],1\na[1],1,2,3\na[2],1,2\n", "a 2 1 2 -", "p.csv:2: 2 fields; 3, as the head line says\np.csv:3: 4 fields; 3, as the head line says" },
    { "ue,x,y\na[0],1 m,2\na[1],1,\na[2],nan,1\na[3],1,1000001\n", "",
      "p.csv:2: x = 1 m: no length; metres without a unit, within 1000 km\np.csv:3: y = : no length; metres without a unit, within 1000 km\n"
      "p.csv:4: x = nan: no length; metres without a unit, within 1000 km\np.csv:5: y = 1000001: no length; metres without a unit, within 1000 km" },
    { "ue,x,y\na,1,2\na[0..3],1,2\na[x],1,2\n", "",
      "p.csv:2: \"a\" is not one UE; as in engines[3]\np.csv:3: \"a[0..3]\" is not one UE; as in engines[3]\n"
      "p.csv:4: \"a[x]\" selects no UEs; group, group[3], group[0..9] or all" },
    { "group,member,x,y\na,-1,1,2\n", "", "p.csv:2: not a whole number; decimal digits" },
};

START_TEST(a_placement_is_a_head_and_a_row_a_ue)
{
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GPtrArray) mistakes = prose_placement_parse("p.csv", placements[_i].text, &rows);
    g_autofree char *wrong = joined(mistakes);
    g_autoptr(GString) got = g_string_new(NULL);

    for (guint i = 0; i < rows->len; i++) {
        const ProsePlaceRow *r = &g_array_index(rows, ProsePlaceRow, i);

        g_string_append_printf(got, "%s%s %u %.15g %.15g ", i ? "|" : "", r->group, r->member, r->x, r->y);
        g_string_append_printf(got, r->has_z ? "%.15g" : "-", r->z);
    }
    ck_assert_str_eq(wrong, placements[_i].wrong);
    ck_assert_str_eq(got->str, placements[_i].rows);
}
END_TEST

START_TEST(after_twenty_mistakes_the_rest_is_left_out)
{
    g_autoptr(GString) text = g_string_new("ue,x,y\n");
    g_autoptr(GArray) rows = NULL;
    g_autoptr(GPtrArray) mistakes = NULL;

    for (unsigned i = 0; i < 1000; i++)
        g_string_append(text, "a\n");
    mistakes = prose_placement_parse("p.csv", text->str, &rows);
    ck_assert_uint_eq(mistakes->len, PROSE_MOVEMENT_MISTAKES_MAX + 1);
    ck_assert_str_eq(mistakes->pdata[PROSE_MOVEMENT_MISTAKES_MAX], "p.csv: and more");
}
END_TEST

/* ---- traces ---- */

#define AT(t, what) "$ns_ at " t " \"$node_(0) " what "\"\n"

/* Waypoints of node 0: time in s, x, y, z. */
static const struct { const char *text, *way; } traces[] = {
    { "$node_(0) set X_ 5\n", "0 5 0 0" },
    { "$node_(0) set X_ 1\n$node_(0) set Y_ 2\n$node_(0) set Z_ 3\n", "0 1 2 3" },
    { AT("2", "setdest 30 40 10"), "0 0 0 0|2 0 0 0|7 30 40 0" },
    { AT("0.0", "setdest 10 0 1"), "0 0 0 0|10 10 0 0" },
    /* sent on before it is there: it turns where it is */
    { AT("0", "setdest 10 0 1") AT("4", "setdest 4 6 2"), "0 0 0 0|4 4 0 0|7 4 6 0" },
    /* and the order of the file is that of time */
    { AT("4", "setdest 4 6 2") AT("0", "setdest 10 0 1"), "0 0 0 0|4 4 0 0|7 4 6 0" },
    /* exactly there, and later */
    { AT("0", "setdest 10 0 1") AT("10", "setdest 0 0 1") AT("30", "setdest 1 0 1"), "0 0 0 0|10 10 0 0|20 0 0 0|30 0 0 0|31 1 0 0" },
    /* stopped */
    { AT("0", "setdest 10 0 1") AT("5", "setdest 10 0 0"), "0 0 0 0|5 5 0 0" },
    { AT("1", "setdest 0 0 5"), "0 0 0 0|1 0 0 0" },
    /* jumps */
    { AT("0", "set X_ 9"), "0 9 0 0" },
    { AT("3", "set X_ 9") AT("3", "set Y_ 8") AT("3", "set Z_ 7"), "0 0 0 0|3 0 0 0|3.000000001 9 0 0|3.000000002 9 8 0|3.000000003 9 8 7" },
    { AT("0", "setdest 10 0 1") AT("5", "set Y_ 2"), "0 0 0 0|5 5 0 0|5.000000001 5 2 0" },
    { "# by hand\n\n$god_ set-dist 0 1 2\n$ns_ at 1 \"$god_ set-dist 0 1 3\"\n$node_(0) set Y_ -2.5e1\r\n", "0 0 -25 0" },
};

START_TEST(a_node_goes_in_straight_lines_to_where_it_is_sent)
{
    g_autoptr(ProseMovement) movement = NULL;
    g_autoptr(GPtrArray) mistakes = prose_movement_parse("t.tcl", traces[_i].text, &movement);
    const GArray *way = prose_movement_of(movement, 0);
    g_autoptr(GString) got = g_string_new(NULL);

    ck_assert_uint_eq(mistakes->len, 0);
    ck_assert_ptr_null(prose_movement_of(movement, 1));
    for (guint i = 0; i < way->len; i++) {
        const ProseWaypoint *w = &g_array_index(way, ProseWaypoint, i);

        ck_assert(i == 0 || w->at_ns > g_array_index(way, ProseWaypoint, i - 1).at_ns);
        g_string_append_printf(got, "%s%.10g %.10g %.10g %.10g", i ? "|" : "", (double) w->at_ns / 1e9, w->x, w->y, w->z);
    }
    ck_assert_str_eq(got->str, traces[_i].way);
}
END_TEST

static const struct { const char *text, *wrong; } bad[] = {
    { "nonsense\n", "t.tcl:1: no node; $node_(N) set X_ 1, or $ns_ at T \"$node_(N) setdest X Y SPEED\"" },
    { "$node_(x) set X_ 1\n", "t.tcl:1: no node; $node_(N) set X_ 1, or $ns_ at T \"$node_(N) setdest X Y SPEED\"" },
    { "\n$ns_ at now \"$node_(0) setdest 1 2 3\"\n", "t.tcl:2: now is no time; seconds from 0 on" },
    { AT("-1", "setdest 1 2 3"), "t.tcl:1: -1 is no time; seconds from 0 on" },
    { AT("1e300", "setdest 1 2 3"), "t.tcl:1: 1e300 is no time; seconds from 0 on" },
    { AT("1", "setdest 1 2"), "t.tcl:1: not understood; set X_, set Y_, set Z_ or setdest X Y SPEED" },
    { AT("1", "setdest 1 inf 3"), "t.tcl:1: no destination; metres, within 1000 km" },
    { AT("1", "setdest 1 2 -3"), "t.tcl:1: no speed; 0 to 1000 m/s" },
    { AT("1", "set W_ 3"), "t.tcl:1: not understood; set X_, set Y_, set Z_ or setdest X Y SPEED" },
    { AT("1", "set X_ 3m"), "t.tcl:1: no coordinate; metres, within 1000 km" },
    { AT("1", ""), "t.tcl:1: not understood; set X_, set Y_, set Z_ or setdest X Y SPEED" },
    { "$node_(0) setdest 1 2 3\n$node_(0) start\n", "t.tcl:1: without a time; $ns_ at T \"...\"\n"
      "t.tcl:2: not understood; set X_, set Y_, set Z_ or setdest X Y SPEED" },
};

START_TEST(what_is_wrong_in_a_trace_has_its_line)
{
    g_autoptr(ProseMovement) movement = NULL;
    g_autoptr(GPtrArray) mistakes = prose_movement_parse("t.tcl", bad[_i].text, &movement);
    g_autofree char *wrong = joined(mistakes);

    ck_assert_str_eq(wrong, bad[_i].wrong);
}
END_TEST

/* ---- in a scenario ---- */

#define REST "[pkmf east]\n[discovery command]\ndiscovery-group-id = 0xA1B2\npkmf = east\n[pdn lan]\n" \
             "[ue-group a]\ncount = 2\nannounce = command\nmonitor = command\npdn = lan\n"

typedef struct Written { const char *name, *text; } Written;

/* A scenario in a directory of its own, with files beside it; read from elsewhere. */
static ProseScenario *
load(const char *text, const Written *files, size_t n, char **ret_directory, GError **error)
{
    g_autofree char *directory = g_dir_make_tmp("prose-test-XXXXXX", NULL), *path = g_build_filename(directory, "x.ini", NULL);
    ProseScenario *s;

    ck_assert(g_file_set_contents(path, text, -1, NULL));
    for (size_t i = 0; i < n; i++) {
        g_autofree char *file = g_build_filename(directory, files[i].name, NULL);

        ck_assert(g_file_set_contents(file, files[i].text, -1, NULL));
    }
    s = prose_scenario_new_from_file(path, NULL, 0, error);
    *ret_directory = g_steal_pointer(&directory);
    return s;
}

static void
clean(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        g_unlink(path);
    }
    g_rmdir(directory);
}

START_TEST(ues_stand_and_go_as_files_beside_the_scenario_say)
{
    static const Written files[] = {
        { "places.csv", "ue,x,y,z\na[0],1,2,30\na[1],3,4,1\nb[0],5,6,2\nb[1],7,8,3\n" },
        { "way.tcl", "$node_(4) set X_ 40\n$node_(5) set X_ 50\n$ns_ at 1 \"$node_(5) setdest 60 0 1\"\n" },
    };
    g_autofree char *directory = NULL, *printed = NULL, *again_path = NULL;
    g_autoptr(ProseScenario) s = load("[ue a[1]]\nplacement = point 9 m 9 m\n[ue-group b]\ncount = 2\nmonitor = command\nplacement = file places.csv\n"
                                      "mobility = ns2 way.tcl from 4\n" REST "placement = file places.csv\n", files, G_N_ELEMENTS(files), &directory, NULL);
    g_autoptr(ProseScenario) again = NULL;
    const ProseScenarioUe *u[4];

    ck_assert_ptr_nonnull(s);
    /* settings.ini stands elsewhere and means the same files. */
    printed = prose_scenario_print(s);
    again_path = g_build_filename(g_get_tmp_dir(), "prose-test-again.ini", NULL);
    ck_assert(g_file_set_contents(again_path, printed, -1, NULL));
    again = prose_scenario_new_from_file(again_path, NULL, 0, NULL);
    g_unlink(again_path);
    clean(directory);
    ck_assert_ptr_nonnull(again);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 4; i++)
            u[i] = (round ? again : s)->ues->pdata[i];
        ck_assert_str_eq(u[0]->name, "b[0]");
        ck_assert_double_eq(u[0]->point_x, 5);
        ck_assert_double_eq(u[1]->point_z, 3);
        ck_assert_double_eq(u[2]->point_x, 1);
        ck_assert_double_eq(u[2]->point_z, 30);
        ck_assert_int_eq(u[3]->placement, PROSE_PLACEMENT_POINT);
        ck_assert_double_eq(u[3]->point_x, 9);
        ck_assert_uint_eq(u[0]->waypoints->len, 1);
        ck_assert_uint_eq(u[1]->waypoints->len, 3);
        ck_assert_double_eq(g_array_index(u[1]->waypoints, ProseWaypoint, 0).x, 50);
        ck_assert_uint_eq(g_array_index(u[1]->waypoints, ProseWaypoint, 2).at_ns, 11 * S);
        ck_assert_ptr_null(u[2]->waypoints);
    }
}
END_TEST

/* What the group of the scenario adds, the files, and what is said of them, after the directory. */
static const struct { const char *more; Written file; const char *wrong; } wrong[] = {
    { "placement = file p.csv\n", { "q.csv", "" }, ":11: [ue-group a] placement = file p.csv: Failed to open file “%s/p.csv”: No such file or directory" },
    { "placement = file p.csv\n", { "p.csv", "ue,x,y\na[0],1,2\na[0],1,2\nb[0],1,2\na[2],1,2\na[1],-1,2\n" },
      ":11: [ue-group a] placement = file p.csv: p.csv:3: a[0] stands at line 2 already\n"
      ":11: [ue-group a] placement = file p.csv: p.csv:4: no [ue-group b] section; the nearest is a\n"
      ":11: [ue-group a] placement = file p.csv: p.csv:5: there is no a[2]; a[0..1]\n"
      ":11: [ue-group a] placement = file p.csv: p.csv:6: a[1] is outside the area; 0 m .. 1000 m and 0 m .. 1000 m" },
    { "placement = file p.csv\n", { "p.csv", "ue,x,y\na[0],1,2\n" }, ":11: [ue-group a] placement = file p.csv: p.csv has no place for a[1]; a row for each UE" },
    { "placement = file p.csv\n", { "p.csv", "ue,x,y\na[0],1\na[1],1\n" },
      ":11: [ue-group a] placement = file p.csv: p.csv:2: 2 fields; 3, as the head line says\n"
      ":11: [ue-group a] placement = file p.csv: p.csv:3: 2 fields; 3, as the head line says" },
    { "mobility = ns2 t\n", { "t", "$node_(0) set X_ 1\n" }, ":11: [ue-group a] mobility = ns2 t: t knows no $node_(1), which a[1] would be" },
    { "mobility = ns2 t\n", { "t", "x\n" },
      ":11: [ue-group a] mobility = ns2 t: t:1: no node; $node_(N) set X_ 1, or $ns_ at T \"$node_(N) setdest X Y SPEED\"" },
};

START_TEST(what_is_wrong_in_a_file_is_said_at_the_key_that_names_it)
{
    g_autofree char *directory = NULL, *text = g_strconcat(REST, wrong[_i].more, NULL), *path = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) got = NULL, want = g_strsplit(wrong[_i].wrong, "\n", -1);

    ck_assert_ptr_null(load(text, &wrong[_i].file, 1, &directory, &error));
    clean(directory);
    path = g_build_filename(directory, "x.ini", NULL);
    got = g_strsplit(error->message, "\n", -1);
    ck_assert_uint_eq(g_strv_length(got), g_strv_length(want));
    for (unsigned i = 0; want[i]; i++) {
        g_autoptr(GString) line = g_string_new(want[i]);

        g_string_replace(line, "%s", directory, 0);
        ck_assert(g_str_has_prefix(got[i], path));
        ck_assert_str_eq(got[i] + strlen(path), line->str);
    }
}
END_TEST

START_TEST(a_placement_beside_a_trace_is_warned_of)
{
    static const Written file = { "way.tcl", "$node_(0) set X_ 40\n$node_(1) set X_ 50\n" };
    g_autofree char *directory = NULL;
    g_autoptr(ProseScenario) s = load(REST "mobility = ns2 way.tcl\nplacement = grid 5 m\n", &file, 1, &directory, NULL);

    clean(directory);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->warnings->len, 1);
    ck_assert_ptr_nonnull(strstr(s->warnings->pdata[0], ":12: [ue-group a] placement = grid 5 m: is not used: the movement trace says where UEs start"));
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("movement");
    TCase *tc = tcase_create("movement");

    tcase_add_loop_test(tc, a_placement_is_a_head_and_a_row_a_ue, 0, G_N_ELEMENTS(placements));
    tcase_add_test(tc, after_twenty_mistakes_the_rest_is_left_out);
    tcase_add_loop_test(tc, a_node_goes_in_straight_lines_to_where_it_is_sent, 0, G_N_ELEMENTS(traces));
    tcase_add_loop_test(tc, what_is_wrong_in_a_trace_has_its_line, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tc, ues_stand_and_go_as_files_beside_the_scenario_say);
    tcase_add_loop_test(tc, what_is_wrong_in_a_file_is_said_at_the_key_that_names_it, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, a_placement_beside_a_trace_is_warned_of);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
