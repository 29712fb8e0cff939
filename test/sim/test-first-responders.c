/* SPDX-License-Identifier: GPL-2.0-only */
/* The main job: 40 UEs, two PKMFs, a rollover, a UE that comes back with another address. Counted once, asked many times. */
#include "run.h"

static SimRun run;
/* MIKEY to each address after engines[3] lost its first one. */
static uint32_t first_address, second_address;
static unsigned to_first, to_second;

#define RELEASED_S 20

/* Destination of IPv4 UDP to the MIKEY port, else 0. */
static uint32_t
mikey_destination(const uint8_t *packet, size_t len)
{
    size_t header = (size_t) (packet[0] & 0xF) * 4;

    if (len < header + 8 || packet[9] != 17 || (packet[header + 2] << 8 | packet[header + 3]) != PROSE_PORT_MIKEY)
        return 0;
    return prose_get_u32(packet + 16);
}

static bool
tap_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    uint32_t to = uplink ? 0 : mikey_destination(packet, len);

    if (to && ns3c_sim_now() > RELEASED_S * UINT64_C(1000000000)) {
        to_first += to == first_address;
        to_second += to == second_address;
    }
    return true;
}

static void
read_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    if (event->type == PROSE_EVENT_PDN_OPENED && strcmp(event->entity, "engines[3]") == 0)
        *(first_address ? &second_address : &first_address) = (uint32_t) event->value;
}

static void
keep_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    read_cb(user, event, about);
    sim_read_cb(user, event, about);
}

static void
set_up(void)
{
    g_autoptr(GError) error = NULL;

    run = (SimRun) { .scenario = sim_example("first-responders", NULL) };
    run.events = g_array_new(FALSE, FALSE, sizeof(SeenEvent));
    run.strings = g_string_chunk_new(4096);
    run.hooks = (ProseRunHooks) {
        .user = &run, .read = keep_cb, .tap = tap_cb,
        .reader_wants = PROSE_EVENTS_ALL & ~(PROSE_EVENT_BIT(PROSE_EVENT_CANDIDATE) | PROSE_EVENT_BIT(PROSE_EVENT_SLOT_REFUSED)),
    };
    ck_assert_msg(prose_run(run.scenario, &run.options, &run.hooks, &run.result, &error), "%s", error ? error->message : "");
    run.parser = json_parser_new();
    ck_assert(json_parser_load_from_data(run.parser, run.result.json, -1, NULL));
    run.root = json_node_get_object(json_parser_get_root(run.parser));
}

static void
tear_down(void)
{
    sim_clear(&run);
}

START_TEST(every_set_of_outcomes_adds_up)
{
    summary_assert_adds_up(run.root);
    ck_assert_int_gt(summary_int(run.root, "pc5.candidates"), 500000);
}
END_TEST

/* REQ-66422-01 */
START_TEST(of_40_ues_38_are_supplied_and_two_know_why_not)
{
    ck_assert_int_eq(summary_int(run.root, "keys.ues"), 40);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-supplied"), 38);
    ck_assert_int_eq(summary_int(run.root, "keys.ues-waiting"), 0);
    ck_assert_int_eq(summary_count(run.root, "keys.ues-refused", "not-authorised"), 1);
    ck_assert_int_eq(summary_count(run.root, "keys.ues-refused", "scrambling-not-supported"), 1);
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.engines.keys.ues-supplied"), 16);
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.medics.keys.ues-supplied"), 13);
    ck_assert_int_eq(summary_int(run.root, "by-ue-group.police.keys.ues-supplied"), 9);
}
END_TEST

/* Status code 3 (OP-03) for both PKMFs' discoveries. */
/* REQ-66422-18 */
START_TEST(the_ue_without_scrambling_gets_its_status_code_and_no_key)
{
    for (unsigned n = 0; n < 2; n++) {
        const ProseEvent *e = sim_find(&run, PROSE_EVENT_DISCOVERY_REFUSED, "police[2]", 0, n);

        ck_assert_ptr_nonnull(e);
        ck_assert_str_eq(e->cause, "scrambling-not-supported");
        ck_assert_double_eq(e->value, 3);
    }
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_STORED, "police[2]", NULL, NULL), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, NULL, "police[2]"), 0);
    ck_assert_uint_eq(sim_count(&run, PROSE_EVENT_SLOT_SENT, "police[2]", NULL, NULL), 0);
}
END_TEST

/* REQ-66422-15 */
START_TEST(the_ue_not_authorised_for_one_discovery_has_the_others)
{
    const ProseScenarioDiscovery *rescue = g_ptr_array_index(run.scenario->discoveries, 1);
    unsigned stored = 0;

    ck_assert_str_eq(rescue->name, "rescue");
    for (unsigned n = 0;; n++) {
        const ProseEvent *e = sim_find(&run, PROSE_EVENT_KEY_STORED, "medics[5]", 0, n);

        if (!e)
            break;
        ck_assert(!prose_key_scope_equal(e->scope, rescue->scope));
        stored++;
    }
    ck_assert_uint_eq(stored, 3);          /* command twice, relay once */
}
END_TEST

/* REQ-66422-33 */
START_TEST(the_rollover_loses_nothing)
{
    JsonObject *r = json_array_get_object_element(json_node_get_array(summary_node(run.root, "rollover.periods")), 0);

    ck_assert_int_eq(summary_int(run.root, "rollover.count"), 1);
    ck_assert_str_eq(json_object_get_string_member(r, "discovery"), "command");
    ck_assert_double_eq(json_object_get_double_member(r, "start_s"), 60);
    ck_assert_int_eq(json_object_get_int_member(r, "wanted"), 39);
    ck_assert_int_eq(json_object_get_int_member(r, "ready"), 39);
    ck_assert_int_eq(json_object_get_int_member(r, "lost_receptions"), 0);
    ck_assert_int_eq(json_object_get_int_member(r, "deliveries"), 39);
    ck_assert_double_le(json_object_get_double_member(r, "last_ready_s"), 45);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.count"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.blackout.censored"), 0);
}
END_TEST

/* REQ-66422-06 */
START_TEST(the_readdressed_ue_is_served_at_its_new_address)
{
    const ProseEvent *released = sim_find(&run, PROSE_EVENT_PDN_RELEASED, "engines[3]", 0, 0);
    const ProseEvent *opened = sim_find(&run, PROSE_EVENT_PDN_OPENED, "engines[3]", RELEASED_S, 0);
    const ProseEvent *asked = sim_find(&run, PROSE_EVENT_KEY_REQUEST_SENT, "engines[3]", RELEASED_S, 0);
    const ProseEvent *stored = sim_find(&run, PROSE_EVENT_KEY_STORED, "engines[3]", RELEASED_S, 0);
    unsigned sent_after = 0;

    ck_assert_ptr_nonnull(released);
    ck_assert_str_eq(released->cause, "by-network");
    ck_assert_uint_eq(released->time_ns, RELEASED_S * UINT64_C(1000000000));
    ck_assert_ptr_nonnull(opened);
    ck_assert_ptr_nonnull(asked);
    ck_assert_uint_ge(asked->time_ns, opened->time_ns);
    ck_assert_uint_ne(first_address, 0);
    ck_assert_uint_ne(second_address, 0);
    ck_assert_uint_ne(first_address, second_address);
    /* The next key, 35 s ahead of its start, to where the UE is now and nowhere else. */
    ck_assert_ptr_nonnull(stored);
    ck_assert_int_eq(stored->valid_from, run.scenario->utc_start_s + 60);
    ck_assert_uint_eq(to_first, 0);
    for (unsigned n = 0;; n++) {
        const ProseEvent *sent = sim_find(&run, PROSE_EVENT_KEY_DELIVERY_SENT, NULL, RELEASED_S, n);

        if (!sent)
            break;
        sent_after += strcmp(sent->peer, "engines[3]") == 0;
    }
    ck_assert_uint_ge(sent_after, 1);
    ck_assert_uint_eq(to_second, sent_after);
    ck_assert_int_eq(summary_int(run.root, "pdn.released"), 1);
    ck_assert_int_eq(summary_int(run.root, "pdn.opened"), 41);
}
END_TEST

START_TEST(nothing_honest_is_malformed_stale_or_forged)
{
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.malformed"), 0);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.stale"), 0);
    ck_assert_int_eq(summary_int(run.root, "pc5.outcome.mic"), 0);
    ck_assert_int_eq(summary_int(run.root, "keys.rejections"), 0);
    ck_assert_int_eq(summary_int(run.root, "tls.failures"), 0);
}
END_TEST

START_TEST(people_are_told_the_same)
{
    ck_assert_msg(strstr(run.result.text, "38 of 40 fully supplied") != NULL, "%s", run.result.text);
    ck_assert_msg(strstr(run.result.text, "not-authorised 1, scrambling-not-supported 1") != NULL, "%s", run.result.text);
    ck_assert_msg(strstr(run.result.text, "0 receptions lost for want of a key") != NULL, "%s", run.result.text);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("first-responders");
    TCase *tc = tcase_create("first-responders");

    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, every_set_of_outcomes_adds_up);
    tcase_add_test(tc, of_40_ues_38_are_supplied_and_two_know_why_not);
    tcase_add_test(tc, the_ue_without_scrambling_gets_its_status_code_and_no_key);
    tcase_add_test(tc, the_ue_not_authorised_for_one_discovery_has_the_others);
    tcase_add_test(tc, the_rollover_loses_nothing);
    tcase_add_test(tc, the_readdressed_ue_is_served_at_its_new_address);
    tcase_add_test(tc, nothing_honest_is_malformed_stale_or_forged);
    tcase_add_test(tc, people_are_told_the_same);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
