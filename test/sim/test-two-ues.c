/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest scenario: every step happens, once, in the order of TS 33.303 6.6.4. */
#include "run.h"

#include <math.h>

static SimRun run;
static uint64_t both_on_ns;

static void
ready_cb(void *user, ProseTopology *topology)
{
    both_on_ns = MAX(prose_topology_power_on_ns(topology, 0), prose_topology_power_on_ns(topology, 1));
}

static void
set_up(void)
{
    run = (SimRun) { .scenario = sim_example("two-ues", NULL), .keep = PROSE_EVENTS_ALL, .hooks.ready = ready_cb };
    sim_run(&run);
}

static void
tear_down(void)
{
    sim_clear(&run);
}

static const struct { ProseEventType type; const char *entity, *cause; } steps[] = {
    { PROSE_EVENT_PDN_OPENED, "pair[0]", NULL },
    { PROSE_EVENT_PC3_REQUESTED, "pair[0]", NULL },
    { PROSE_EVENT_PC3_ANSWERED, "pair[0]", NULL },
    { PROSE_EVENT_KEY_REQUEST_SENT, "pair[0]", NULL },
    { PROSE_EVENT_KEY_REQUEST_RECEIVED, "pkmf east", NULL },
    { PROSE_EVENT_KEY_RESPONSE_SENT, "pkmf east", NULL },
    { PROSE_EVENT_KEY_RESPONSE_RECEIVED, "pair[0]", NULL },
    { PROSE_EVENT_KEY_DELIVERY_SENT, "pkmf east", NULL },
    { PROSE_EVENT_KEY_STORED, "pair[0]", NULL },
    { PROSE_EVENT_KEY_VERIFIED, "pkmf east", NULL },
    { PROSE_EVENT_SLOT_SENT, "pair[0]", NULL },
    { PROSE_EVENT_KEY_STORED, "pair[0]", NULL },                /* the next one, ahead of its time */
    { PROSE_EVENT_KEY_STARTED, "pair[0]", NULL },
    { PROSE_EVENT_KEY_WIPED, "pair[0]", "expired" },            /* MAX_OFFSET after its end */
    { PROSE_EVENT_KEY_WIPED, "pair[0]", "shutdown" },
};

/* Whether @e belongs to pair[0]: its own, or a server's about it. */
static bool
is_about_first(const ProseEvent *e)
{
    return strcmp(e->entity, "pair[0]") == 0 || g_strcmp0(e->peer, "pair[0]") == 0;
}

/* REQ-66422-01, REQ-66422-33 */
START_TEST(the_steps_come_in_the_standard_s_order)
{
    size_t next = 0;

    for (unsigned i = 0; i < run.events->len && next < G_N_ELEMENTS(steps); i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;

        if (is_about_first(e) && e->type == steps[next].type && strcmp(e->entity, steps[next].entity) == 0
            && (!steps[next].cause || g_strcmp0(e->cause, steps[next].cause) == 0))
            next++;
    }
    ck_assert_msg(next == G_N_ELEMENTS(steps), "step %zu, %s, never came", next, prose_event_name(steps[MIN(next, G_N_ELEMENTS(steps) - 1)].type));
}
END_TEST

static const ProseEventType once[] = { PROSE_EVENT_PDN_OPENED, PROSE_EVENT_PC3_REQUESTED, PROSE_EVENT_PC3_ANSWERED, PROSE_EVENT_PMK_STORED };

START_TEST(what_happens_once_happens_once_to_each)
{
    ck_assert_uint_eq(sim_count(&run, once[_i], "pair[0]", NULL, NULL), 1);
    ck_assert_uint_eq(sim_count(&run, once[_i], "pair[1]", NULL, NULL), 1);
}
END_TEST

START_TEST(time_never_runs_backwards)
{
    uint64_t last_ns = 0;

    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;

        ck_assert_msg(e->time_ns >= last_ns, "%s of %s", prose_event_name(e->type), e->entity);
        last_ns = e->time_ns;
    }
    ck_assert_uint_le(last_ns, UINT64_C(60000000000));
}
END_TEST

/* REQ-66422-01 */
START_TEST(both_find_each_other)
{
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 2);
    ck_assert_int_eq(summary_int(run.root, "discovery.pairs"), 2);
    ck_assert_int_eq(summary_int(run.root, "discovery.discovered"), 2);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_DISCOVERED, "pair[0]", NULL, "pair[1]"), 1);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_DISCOVERED, "pair[1]", NULL, "pair[0]"), 1);
}
END_TEST

/* Rules T3: in coverage the counter is SIB16's, floored; with the rest it is the true time. */
START_TEST(a_slot_counter_is_system_utc)
{
    const double utc_start = (double) run.scenario->utc_start_s;
    unsigned n = 0;

    for (const ProseEvent *e; (e = sim_find(&run, PROSE_EVENT_SLOT_SENT, NULL, 0, n)); n++) {
        ck_assert_str_eq(e->time_source, "sib16");
        ck_assert_double_eq_tol(e->slot_counter + e->value, utc_start + (double) e->time_ns / 1e9, 1e-6);
        /* Half a minute after CURRENT_TIME was stamped in whole seconds and travelled 20 ms. */
        ck_assert_double_le(fabs(e->clock_offset_s + e->value), 1.1);
    }
    ck_assert_uint_gt(n, 100);
}
END_TEST

START_TEST(the_switch_loses_nothing)
{
    JsonObject *r = json_array_get_object_element(json_node_get_array(summary_node(run.root, "rollover.periods")), 0);
    const ProseEvent *last_old = NULL, *first_new = NULL;

    ck_assert_int_eq(json_object_get_int_member(r, "wanted"), 2);
    ck_assert_int_eq(json_object_get_int_member(r, "ready"), 2);
    ck_assert_int_eq(json_object_get_int_member(r, "lost_receptions"), 0);
    ck_assert_int_eq(json_object_get_int_member(r, "deliveries"), 2);
    ck_assert_double_le(json_object_get_double_member(r, "last_ready_s"), 17);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 0);
    for (unsigned n = 0; n < run.events->len; n++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, n).event;

        if (e->type != PROSE_EVENT_SLOT_SENT)
            continue;
        if (e->slot_counter < run.scenario->utc_start_s + 30) {
            ck_assert_ptr_null(first_new);
            last_old = e;
        } else if (!first_new) {
            first_new = e;
        }
    }
    ck_assert_ptr_nonnull(last_old);
    ck_assert_ptr_nonnull(first_new);
    ck_assert_int_eq(last_old->valid_from, run.scenario->utc_start_s - 20);
    ck_assert_int_eq(first_new->valid_from, run.scenario->utc_start_s + 30);
}
END_TEST

/* With probability one, both in range and both listening, each slot used is a candidate; used or not, an opportunity. */
START_TEST(slots_candidates_and_opportunities_belong_together)
{
    unsigned slots_with_both = 0, sent_with_both = 0;

    for (unsigned i = 0; i < run.events->len; i++) {
        const ProseEvent *e = &g_array_index(run.events, SeenEvent, i).event;

        slots_with_both += (e->type == PROSE_EVENT_SLOT_SENT || e->type == PROSE_EVENT_SLOT_REFUSED) && e->time_ns >= both_on_ns;
        sent_with_both += e->type == PROSE_EVENT_SLOT_SENT && e->time_ns >= both_on_ns;
    }
    ck_assert_int_eq(summary_int(run.root, "pc5.opportunities"), slots_with_both);
    ck_assert_int_eq(summary_int(run.root, "pc5.candidates"), sent_with_both);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.mic"), 0);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.weak"), 0);
}
END_TEST

/* Every path, and every part of one, is a word that `describe` knows. Returns: how many. */
static unsigned
assert_described(JsonNode *node, const char *path)
{
    g_autoptr(GList) members = NULL;
    g_autofree char *nearest = NULL;
    unsigned n = *path != '\0';

    if (*path) {
        g_autofree char *text = prose_describe(path, &nearest);

        ck_assert_msg(text != NULL, "%s is in summary.json, and `describe` does not know it", path);
    }
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        for (guint i = 0; i < json_array_get_length(json_node_get_array(node)); i++)
            n += assert_described(json_array_get_element(json_node_get_array(node), i), path);
    }
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return n;
    members = json_object_get_members(json_node_get_object(node));
    for (GList *m = members; m; m = m->next) {
        g_autofree char *below = g_strconcat(path, *path ? "." : "", m->data, NULL);

        n += assert_described(json_object_get_member(json_node_get_object(node), m->data), below);
    }
    return n;
}

START_TEST(describe_knows_every_path_of_the_summary)
{
    ck_assert_uint_gt(assert_described(json_parser_get_root(run.parser), ""), 400);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("two-ues");
    TCase *tc = tcase_create("two-ues");

    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_steps_come_in_the_standard_s_order);
    tcase_add_loop_test(tc, what_happens_once_happens_once_to_each, 0, G_N_ELEMENTS(once));
    tcase_add_test(tc, time_never_runs_backwards);
    tcase_add_test(tc, both_find_each_other);
    tcase_add_test(tc, a_slot_counter_is_system_utc);
    tcase_add_test(tc, the_switch_loses_nothing);
    tcase_add_test(tc, slots_candidates_and_opportunities_belong_together);
    tcase_add_test(tc, describe_knows_every_path_of_the_summary);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
