/* SPDX-License-Identifier: GPL-2.0-only */
#include "summary-bench.h"

/* All three UEs are supplied and hold the key of period 0. */
static void
start(const Bench *b)
{
    for (unsigned i = 0; i < N_UES; i++) {
        answer(b, 1, i, 0, NULL);
        key(b, PROSE_EVENT_KEY_STORED, 2, i, 0);
    }
}

static const ProseRows *
rows_at(Bench *b, double end_s)
{
    prose_summary_finish(b->summary, ns(end_s));
    return prose_summary_rows(b->summary);
}

/* (nullable): by start */
static const ProseRolloverRow *
find_row(const ProseRows *rows, double start_s)
{
    for (size_t i = 0; i < rows->n_rollovers; i++) {
        if (rows->rollovers[i].start_s == start_s)
            return &rows->rollovers[i];
    }
    return NULL;
}

/* ---- receptions at a switch: the receiver is UE 1 ---- */

static const struct Reception {
    const char *name;
    double next_at;                /* key 1 stored at; 0: never */
    double wiped_at;               /* key 0 wiped at; 0: never */
    double s;                      /* of the slot */
    int64_t period;                /* of the sender's key */
    ProsePc5Outcome outcome;
    double switch_s;               /* the rollover it belongs to; 0: none */
    int lost, overlap;
} receptions[] = {
    /*                                        key 1  wiped  slot   key  outcome                switch  lost  overlap */
    { "both on the same",                     50,    0,     61,    1,   PROSE_PC5_ACCEPTED,    60,     0,    0 },
    { "both on the old one",                  50,    0,     59,    0,   PROSE_PC5_ACCEPTED,    60,     0,    0 },
    { "the sender is late",                   50,    0,     61,    0,   PROSE_PC5_ACCEPTED,    60,     0,    1 },
    { "the sender is late, again",            50,    0,     61,    0,   PROSE_PC5_REPEATED,    60,     0,    1 },
    { "the sender is early",                  50,    0,     59,    1,   PROSE_PC5_ACCEPTED,    60,     0,    1 },
    { "a key that never came",                0,     0,     61,    1,   PROSE_PC5_NO_KEY,      60,     1,    0 },
    { "long after, still that key",           0,     0,     115,   1,   PROSE_PC5_NO_KEY,      60,     1,    0 },
    { "another discovery's key was tried",    0,     0,     61,    1,   PROSE_PC5_NOT_FOR_ME,  60,     1,    0 },
    { "another key's filter matched",         0,     0,     61,    1,   PROSE_PC5_BAD_MIC,     60,     1,    0 },
    { "tampered with, under a key it has",    50,    0,     61,    1,   PROSE_PC5_BAD_MIC,     60,     0,    0 },
    { "its clock is past the old key",        50,    0,     59,    0,   PROSE_PC5_NO_KEY,      60,     1,    0 },
    { "its clock is before the new key",      50,    0,     61,    1,   PROSE_PC5_NO_KEY,      60,     1,    0 },
    { "the old key was wiped",                50,    58,    59,    0,   PROSE_PC5_NOT_FOR_ME,  60,     1,    0 },
    { "lost on the radio",                    0,     0,     61,    1,   PROSE_PC5_COLLISION,   60,     0,    0 },
    { "a clock too far off",                  0,     0,     61,    1,   PROSE_PC5_CLOCK_OFFSET, 60,    0,    0 },
};

START_TEST(a_reception_belongs_to_the_switch_that_lost_or_saved_it)
{
    const struct Reception *r = &receptions[_i];
    const ProseRolloverRow *row;
    const ProseRows *rows;
    Bench b;

    bench_set_up(&b, NULL);
    start(&b);
    if (r->next_at > 0)
        key(&b, PROSE_EVENT_KEY_STORED, r->next_at, 1, 1);
    if (r->wiped_at > 0)
        key(&b, PROSE_EVENT_KEY_WIPED, r->wiped_at, 1, 0);
    candidate_of(&b, r->s, r->s, 1, 0, r->outcome, r->period);
    rows = rows_at(&b, 300);
    row = find_row(rows, r->switch_s);
    ck_assert(row != NULL);
    ck_assert_msg(row->lost_receptions == (uint64_t) r->lost, "%s: %d lost", r->name, (int) row->lost_receptions);
    ck_assert_msg(row->overlap_accepted == (uint64_t) r->overlap, "%s: %d overlaps", r->name, (int) row->overlap_accepted);
    for (size_t i = 0; i < rows->n_rollovers; i++)
        ck_assert_msg(&rows->rollovers[i] == row || rows->rollovers[i].lost_receptions + rows->rollovers[i].overlap_accepted == 0,
                      "%s: counted at %g s", r->name, rows->rollovers[i].start_s);
    bench_tear_down(&b);
}
END_TEST

START_TEST(what_was_never_meant_to_be_heard_is_not_lost)
{
    Bench b;

    bench_set_up(&b, NULL);
    start(&b);
    answer(&b, 50, 2, 0, "not-authorised");
    revoked(&b, 55, 0);
    candidate_of(&b, 61, 61, 2, 1, PROSE_PC5_NO_KEY, 1);       /* the receiver was refused */
    candidate_of(&b, 61, 61, 1, 0, PROSE_PC5_NO_KEY, 1);       /* the sender was revoked */
    candidate_of(&b, 61, 61, 0, 1, PROSE_PC5_NO_KEY, 1);       /* so was this receiver */
    ck_assert_uint_eq(find_row(rows_at(&b, 300), 60)->lost_receptions, 0);
    bench_tear_down(&b);
}
END_TEST

/* A radio that counts by itself says the same as one that raises events. */
START_TEST(counting_directly_and_by_events_agree)
{
    const ProsePc5Sent old = { .sender = 0, .discovery = 0, .key_id = 1, .valid_from = UTC_START, .slot_ns = ns(61) };
    const ProsePc5Sent new = { .sender = 0, .discovery = 0, .key_id = 2, .valid_from = UTC_START + 60, .slot_ns = ns(61) };
    const ProsePc5Sent far = { .sender = 0, .discovery = 1, .key_id = 1, .valid_from = UTC_START, .slot_ns = ns(1000) };
    const ProseRows *rows;
    Bench b;

    bench_set_up(&b, NULL);
    start(&b);
    key(&b, PROSE_EVENT_KEY_STORED, 50, 1, 1);
    ck_assert(prose_summary_is_switching(b.summary, &old));
    ck_assert(!prose_summary_is_switching(b.summary, &far));
    prose_summary_pc5(b.summary, 1, 0)->outcomes[PROSE_PC5_ACCEPTED]++;
    prose_summary_add_accepted(b.summary, 1, &old, UTC_START + 61);
    prose_summary_pc5(b.summary, 2, 0)->outcomes[PROSE_PC5_NO_KEY]++;
    prose_summary_add_untaken(b.summary, 2, &new, PROSE_PC5_NO_KEY);
    rows = rows_at(&b, 300);
    ck_assert_uint_eq(find_row(rows, 60)->overlap_accepted, 1);
    ck_assert_uint_eq(find_row(rows, 60)->lost_receptions, 1);
    ck_assert_uint_eq(rows->ue_discoveries[1].accepted, 1);
    ck_assert_uint_eq(rows->ue_discoveries[2].lost_no_key, 1);
    bench_tear_down(&b);
}
END_TEST

/* ---- emergency (rules K7) ---- */

START_TEST(a_replacement_is_a_rollover_of_its_own)
{
    const ProseRolloverRow *row;
    Bench b;

    bench_set_up(&b, NULL);
    allocated(&b, 0.5, 0, 1);
    start(&b);
    allocated(&b, 50, 1, 2);
    for (unsigned i = 0; i < N_UES; i++)
        key(&b, PROSE_EVENT_KEY_STORED, 51, i, 1);
    revoked(&b, 70, 2);
    allocated(&b, 70, 1, 9);
    key_of_id(&b, PROSE_EVENT_KEY_STORED, 71, 0, 1, 9);
    key_of_id(&b, PROSE_EVENT_KEY_STORED, 74, 1, 1, 9);
    row = find_row(rows_at(&b, 300), 70);
    ck_assert(row != NULL);
    ck_assert_str_eq(row->cause, "revoked");
    ck_assert_int_eq(row->key_period, 1);
    ck_assert_uint_eq(row->wanted, 2);
    ck_assert_uint_eq(row->ready, 0);
    ck_assert_double_eq_tol(row->last_ready_s, 74, 1e-9);
    ck_assert_double_eq_tol(row->exposure_s, 50, 1e-9);            /* it holds the old key until 120 s */
    row = find_row(prose_summary_rows(b.summary), 60);
    ck_assert_str_eq(row->cause, "period");
    ck_assert_uint_eq(row->wanted, 3);
    ck_assert_uint_eq(row->ready, 3);
    ck_assert(isnan(row->exposure_s));
    bench_tear_down(&b);
}
END_TEST

START_TEST(a_key_replaced_before_its_start_is_had_only_as_the_new_one)
{
    const ProseRolloverRow *row;
    Bench b;

    bench_set_up(&b, NULL);
    allocated(&b, 0.5, 0, 1);
    start(&b);
    allocated(&b, 50, 1, 2);
    for (unsigned i = 0; i < N_UES; i++)
        key(&b, PROSE_EVENT_KEY_STORED, 51, i, 1);
    revoked(&b, 55, 2);
    allocated(&b, 55, 0, 8);
    allocated(&b, 55, 1, 9);
    key_of_id(&b, PROSE_EVENT_KEY_STORED, 56, 0, 1, 9);
    key_of_id(&b, PROSE_EVENT_KEY_STORED, 65, 1, 1, 9);
    row = find_row(rows_at(&b, 300), 60);
    ck_assert_str_eq(row->cause, "revoked");
    ck_assert_uint_eq(row->wanted, 2);
    ck_assert_uint_eq(row->ready, 1);
    ck_assert_double_eq_tol(row->last_ready_s, 65, 1e-9);
    ck_assert_double_eq_tol(row->exposure_s, 65, 1e-9);            /* 120 s from 55 s */
    row = find_row(prose_summary_rows(b.summary), 55);
    ck_assert_int_eq(row->key_period, 0);
    bench_tear_down(&b);
}
END_TEST

/* ---- tables ---- */

START_TEST(rows_say_what_the_summary_says)
{
    const ProseRows *rows;
    JsonObject *root;
    Bench b;
    unsigned n_whole = 0;

    bench_set_up(&b, NULL);
    start(&b);
    key(&b, PROSE_EVENT_KEY_STORED, 70, 0, 1);
    candidate(&b, 61, 0, 1, PROSE_PC5_ACCEPTED);
    slot(&b, 61, 0, PROSE_SLOT_SENT);
    prose_summary_add_octets(b.summary, 2, 100, 200);
    root = finish(&b, 300);
    rows = prose_summary_rows(b.summary);
    for (size_t i = 0; i < rows->n_metrics; i++) {
        const ProseMetricRow *row = &rows->metrics[i];
        g_autofree char *path = NULL;

        if (*row->entity == '\0')
            path = g_strdup(row->name);
        else if (g_str_has_prefix(row->entity, "discovery "))
            path = g_strdup_printf("by-discovery.%s.%s", row->entity + strlen("discovery "), row->name);
        else if (g_str_has_prefix(row->entity, "ue-group "))
            path = g_strdup_printf("by-ue-group.%s.%s", row->entity + strlen("ue-group "), row->name);
        else
            continue;
        n_whole++;
        if (!isnan(row->value))
            ck_assert_msg(summary_double(root, path) == row->value, "%s", path);
    }
    ck_assert_uint_gt(n_whole, 100);
    ck_assert_uint_eq(rows->n_ues, N_UES);
    ck_assert_str_eq(rows->ues[2].ue_group, "b");
    ck_assert_uint_eq(rows->ues[2].member, 0);
    ck_assert_uint_eq(rows->ues[2].octets_up, 100);
    ck_assert_uint_eq(rows->ues[2].octets_down, 200);
    ck_assert_uint_eq(rows->ues[0].kdf_logical, 5);
    ck_assert_uint_eq(rows->n_ue_discoveries, N_UES + 1);          /* one of them in two */
    ck_assert_str_eq(rows->ue_discoveries[0].role, "announce monitor");
    ck_assert_int_eq(rows->ue_discoveries[0].status_code, 0);
    ck_assert_double_eq_tol(rows->ue_discoveries[0].first_key_s, 2, 1e-9);
    ck_assert_uint_eq(rows->ue_discoveries[0].blackouts, 2);       /* 60 to 70 s, and from 120 s to the end */
    ck_assert_double_eq_tol(rows->ue_discoveries[0].blackout_s, 10 + 180, 1e-9);
    ck_assert_uint_eq(rows->ue_discoveries[0].sent, 1);
    ck_assert_uint_eq(rows->ue_discoveries[0].accepted, 1);
    ck_assert_str_eq(rows->ue_discoveries[3].discovery, "relay");
    ck_assert_int_eq(rows->ue_discoveries[3].status_code, -1);
    ck_assert(isnan(rows->ue_discoveries[3].first_key_s));
    bench_tear_down(&b);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("rollover");
    TCase *tc = tcase_create("rollover");

    tcase_add_loop_test(tc, a_reception_belongs_to_the_switch_that_lost_or_saved_it, 0, G_N_ELEMENTS(receptions));
    tcase_add_test(tc, what_was_never_meant_to_be_heard_is_not_lost);
    tcase_add_test(tc, counting_directly_and_by_events_agree);
    tcase_add_test(tc, a_replacement_is_a_rollover_of_its_own);
    tcase_add_test(tc, a_key_replaced_before_its_start_is_had_only_as_the_new_one);
    tcase_add_test(tc, rows_say_what_the_summary_says);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
