/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-settings.h"
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

START_TEST(what_is_still_taken_of_a_revoked_ue_is_counted)
{
    Bench b;
    JsonObject *root;

    bench_set_up(&b, NULL);
    start(&b);
    candidate_of(&b, 20, 20, 1, 0, PROSE_PC5_ACCEPTED, 0);
    revoked(&b, 30, 0);
    candidate_of(&b, 31, 31, 1, 0, PROSE_PC5_ACCEPTED, 0);
    candidate_of(&b, 31.5, 31.5, 2, 0, PROSE_PC5_REPEATED, 0);
    candidate_of(&b, 31.5, 31.5, 1, 2, PROSE_PC5_ACCEPTED, 0);
    candidate_of(&b, 32, 32, 1, 0, PROSE_PC5_NOT_FOR_ME, 0);
    root = finish(&b, 50);
    ck_assert_int_eq(summary_int(root, "rollover.revoked_accepted"), 2);
    ck_assert_int_eq(summary_int(root, "by-discovery.command.rollover.revoked_accepted"), 2);
    ck_assert_int_eq(summary_int(root, "by-discovery.relay.rollover.revoked_accepted"), 0);
    ck_assert_int_eq(summary_int(root, "rollover.overlap_accepted"), 0);
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

/* Both keys are valid: it would send with the one whose ID is lower (rules K1), until that is deleted. */
START_TEST(between_replacement_and_deletion_either_key_is_taken)
{
    const ProseRolloverRow *row;
    Bench b;

    bench_set_up(&b, NULL);
    allocated(&b, 0.5, 0, 1);
    start(&b);
    revoked(&b, 20, 2);
    allocated(&b, 20, 0, 9);
    key_of_id(&b, PROSE_EVENT_KEY_STORED, 21, 0, 0, 9);
    key_of_id(&b, PROSE_EVENT_KEY_STORED, 21, 1, 0, 9);
    candidate_under(&b, 22, 22, 1, 0, PROSE_PC5_ACCEPTED, 0, 1);
    candidate_under(&b, 23, 23, 1, 0, PROSE_PC5_ACCEPTED, 0, 9);
    key_of_id(&b, PROSE_EVENT_KEY_WIPED, 24, 1, 0, 1);
    candidate_under(&b, 25, 25, 1, 0, PROSE_PC5_ACCEPTED, 0, 9);
    candidate_under(&b, 26, 26, 1, 0, PROSE_PC5_NOT_FOR_ME, 0, 1);
    row = find_row(rows_at(&b, 50), 20);
    ck_assert_uint_eq(row->overlap_accepted, 1);
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

START_TEST(a_deletion_delivers_nothing)
{
    ProseEvent e = prose_event_at(PROSE_EVENT_KEY_DELIVERY_SENT, ns(55), "pkmf east");
    const ProseRolloverRow *row;
    Bench b;

    bench_set_up(&b, NULL);
    start(&b);
    delivery(&b, PROSE_EVENT_KEY_DELIVERY_SENT, 50, 0, 1, 1);
    e.peer = ue_name(&b, 0);
    e.has_scope = true;
    e.scope = scope_of(&b, 0);
    e.key_id = 2;
    e.valid_from = e.valid_to = UTC_START + 60;
    e.value = 1;
    prose_stream_emit_from(b.stream, &e, -1);
    row = find_row(rows_at(&b, 300), 60);
    ck_assert_uint_eq(row->deliveries, 1);
    ck_assert_uint_eq(row->retransmissions, 0);
    bench_tear_down(&b);
}
END_TEST

START_TEST(who_was_late_was_late_by_so_much)
{
    const ProseRows *rows;
    const ProseSampleRow *late[3] = { NULL };
    const char *const settings[] = { "output.samples=rollover.late, keys.blackout", NULL };
    unsigned n_blackouts = 0;
    g_autofree char *text = NULL;
    JsonObject *root;
    Bench b;

    bench_set_up(&b, settings);
    start(&b);
    key(&b, PROSE_EVENT_KEY_STORED, 55, 0, 1);
    key(&b, PROSE_EVENT_KEY_STORED, 72.5, 1, 1);       /* the third never */
    root = finish(&b, 130);
    summary_assert_adds_up(root);
    text = prose_summary_to_text(b.summary);
    ck_assert_msg(strstr(text, "command 1             at 60 s: 1 of 3 ready, 95 % within 11.875 s, 1 never; 0 receptions lost\n") != NULL, "%s", text);
    rows = prose_summary_rows(b.summary);
    for (size_t i = 0; i < rows->n_samples; i++) {
        const ProseSampleRow *row = &rows->samples[i];

        ck_assert_str_eq(row->entity, "discovery command");
        if (strcmp(row->name, "keys.blackout") == 0)
            n_blackouts++;
        else if (row->key_period == 1)
            late[row->ue] = row;
    }
    ck_assert_double_eq(late[0]->value, 0);
    ck_assert_double_eq_tol(late[1]->value, 12.5, 1e-9);
    ck_assert(!late[0]->censored && !late[1]->censored && late[2]->censored);
    ck_assert_double_eq_tol(late[2]->value, 60, 1e-9);             /* until its period was over */
    ck_assert_uint_eq(n_blackouts, 4);                             /* one of them over by 72.5 s; all three are dark from 120 s, or before */
    ck_assert_int_eq(summary_int(root, "keys.blackout.count"), 1);
    ck_assert_int_eq(summary_int(root, "keys.blackout.censored"), 3);
    bench_tear_down(&b);
}
END_TEST

/* ---- told as events ---- */

static void
tell_cb(void *user, const ProseEvent *event, const ProseEventAbout *about)
{
    g_string_append_printf(user, "%.10g %s %s %.10g\n", (double) event->time_ns / 1e9, event->entity, prose_event_name(event->type), event->value);
}

START_TEST(what_only_counting_knows_is_told_in_time)
{
    g_autoptr(GString) told = g_string_new(NULL);
    ProseEventReader reader = { .wants = PROSE_EVENT_BIT(PROSE_EVENT_ROLLOVER) | PROSE_EVENT_BIT(PROSE_EVENT_BLACKOUT_BEGAN)
                                         | PROSE_EVENT_BIT(PROSE_EVENT_BLACKOUT_ENDED), .read = tell_cb, .user = told };
    Bench b;

    bench_set_up(&b, NULL);
    prose_stream_add_reader(b.stream, &reader);
    prose_summary_set_stream(b.summary, b.stream);
    start(&b);
    key(&b, PROSE_EVENT_KEY_STORED, 55, 0, 1);
    key(&b, PROSE_EVENT_KEY_WIPED, 56, 2, 0);          /* deleted early */
    key(&b, PROSE_EVENT_KEY_STORED, 57, 2, 1);         /* good from 60 s on */
    key(&b, PROSE_EVENT_KEY_STORED, 72.5, 1, 1);
    answer(&b, 130, 0, 0, "not-authorised");           /* is to have none any more */
    finish(&b, 170);
    ck_assert_str_eq(told->str, "56 b[0] blackout-began 0\n"
                                "60 discovery command rollover 1\n60 a[1] blackout-began 0\n60 b[0] blackout-ended 4\n"
                                "72.5 a[1] blackout-ended 12.5\n"
                                "120 discovery command rollover 3\n120 a[0] blackout-began 0\n120 a[1] blackout-began 0\n120 b[0] blackout-began 0\n"
                                "130 a[0] blackout-ended 10\n");
    bench_tear_down(&b);
}
END_TEST

/* ---- series ---- */

static void
pkmf_has(const Bench *b, ProseEventType type, double s, double value)
{
    ProseEvent e = prose_event_at(type, ns(s), "pkmf east");

    e.has_value = true;
    e.value = value;
    prose_stream_emit_from(b->stream, &e, -1);
}

static const struct { const char *name, *entity; double t_s, value; } points[] = {
    { "keys.holding", "discovery command", 20, 3 }, { "keys.holding", "discovery command", 60, 1 },
    { "keys.holding", "discovery command", 80, 2 }, { "keys.holding", "discovery command", 120, 0 },
    { "keys.without", "discovery command", 20, 0 }, { "keys.without", "discovery command", 60, 2 },
    { "keys.without", "discovery command", 100, 1 },
    { "rollover.wanted", "discovery command", 40, 3 }, { "rollover.ready", "discovery command", 40, 0 },
    { "rollover.ready", "discovery command", 60, 0 },              /* of the next one again */
    { "rollover.lost_receptions", "discovery command", 60, 0 }, { "rollover.lost_receptions", "discovery command", 80, 1 },
    { "rollover.lost_receptions", "discovery command", 100, 0 }, { "pc5.candidates", "discovery command", 80, 1 },
    { "pc5.accepted", "discovery command", 80, 0 }, { "keys.messages", "pkmf east", 60, 1 }, { "keys.messages", "pkmf east", 80, 0 },
    { "pkmf.queue", "pkmf east", 20, 2 },                          /* 4 jobs for half of it */
    { "pkmf.queue", "pkmf east", 40, 1 }, { "pkmf.queue-max", "pkmf east", 20, 4 }, { "pkmf.queue-max", "pkmf east", 40, 4 },
    { "pkmf.queue-max", "pkmf east", 60, 0 }, { "pkmf.utilisation", "pkmf east", 20, 0.125 }, { "pkmf.utilisation", "pkmf east", 40, 0 },
};

START_TEST(a_point_tells_how_things_were_before_it)
{
    const char *const settings[] = { "output.series=all", "output.step=20 s", "pkmf.workers=4", NULL };
    const ProseRows *rows;
    unsigned found = 0;
    Bench b;

    bench_set_up(&b, settings);
    start(&b);
    pkmf_has(&b, PROSE_EVENT_PKMF_QUEUE, 10, 4);
    pkmf_has(&b, PROSE_EVENT_PKMF_WORKERS, 10, 1);
    pkmf_has(&b, PROSE_EVENT_PKMF_WORKERS, 20, 0);
    pkmf_has(&b, PROSE_EVENT_PKMF_QUEUE, 25, 0);
    delivery(&b, PROSE_EVENT_KEY_DELIVERY_SENT, 50, 0, 1, 1);
    key(&b, PROSE_EVENT_KEY_STORED, 55, 0, 1);
    candidate(&b, 61, 1, 0, PROSE_PC5_NO_KEY);
    key(&b, PROSE_EVENT_KEY_STORED, 72.5, 1, 1);
    rows = rows_at(&b, 130);
    for (size_t i = 0; i < rows->n_series; i++) {
        const ProseSeriesRow *row = &rows->series[i];

        if (strcmp(row->name, points[_i].name) != 0 || strcmp(row->entity, points[_i].entity) != 0 || row->t_s != points[_i].t_s)
            continue;
        found++;
        ck_assert_msg(fabs(row->value - points[_i].value) < 1e-9, "%s at %g s: %g", row->name, row->t_s, row->value);
    }
    ck_assert_uint_eq(found, 1);
    bench_tear_down(&b);
}
END_TEST

START_TEST(series_begin_after_the_warm_up_and_only_if_wanted)
{
    const char *const settings[] = { "output.series=pkmf.queue", "output.step=20 s", "simulation.warm-up=30 s", NULL };
    const ProseRows *rows;
    Bench b;

    bench_set_up(&b, settings);
    start(&b);
    pkmf_has(&b, PROSE_EVENT_PKMF_QUEUE, 10, 4);
    pkmf_has(&b, PROSE_EVENT_PKMF_QUEUE, 40, 0);
    rows = rows_at(&b, 300);
    ck_assert_uint_eq(rows->n_series, 13);                         /* 50, 70 … 290 s */
    ck_assert_str_eq(rows->series[0].name, "pkmf.queue");
    ck_assert_double_eq_tol(rows->series[0].t_s, 50, 1e-9);
    ck_assert_double_eq_tol(rows->series[0].value, 2, 1e-9);
    bench_tear_down(&b);
    bench_set_up(&b, NULL);
    start(&b);
    ck_assert_uint_eq(rows_at(&b, 300)->n_series, 0);
    bench_tear_down(&b);
}
END_TEST

START_TEST(a_histogram_holds_every_value)
{
    const char *const settings[] = { "output.histograms=rollover.late", NULL };
    const ProseRows *rows;
    uint64_t sum = 0;
    Bench b;

    bench_set_up(&b, settings);
    start(&b);
    key(&b, PROSE_EVENT_KEY_STORED, 55, 0, 1);
    key(&b, PROSE_EVENT_KEY_STORED, 72.5, 1, 1);
    rows = rows_at(&b, 100);
    for (size_t i = 0; i < rows->n_histograms; i++) {
        ck_assert_str_eq(rows->histograms[i].name, "rollover.late");
        ck_assert(rows->histograms[i].low < rows->histograms[i].high);
        if (*rows->histograms[i].entity == '\0')
            sum += rows->histograms[i].count;
    }
    ck_assert_uint_eq(sum, 2);
    bench_tear_down(&b);
}
END_TEST

/* The words of [output] are those of the tables. */
START_TEST(output_offers_what_there_is)
{
    g_autoptr(GString) series = g_string_new(NULL), dists = g_string_new(NULL);
    size_t n;
    const ProseMetric *s = prose_series(&n);
    const ProseDistributionName *d;

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(series, "%s%s", i ? ", " : "", s[i].name);
    d = prose_distributions(&n);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(dists, "%s%s", i ? ", " : "", d[i].name);
    ck_assert_str_eq(series->str, prose_setting_find("output", "series")->values);
    ck_assert_str_eq(dists->str, prose_setting_find("output", "samples")->values);
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
    tcase_add_test(tc, what_is_still_taken_of_a_revoked_ue_is_counted);
    tcase_add_test(tc, counting_directly_and_by_events_agree);
    tcase_add_test(tc, a_replacement_is_a_rollover_of_its_own);
    tcase_add_test(tc, between_replacement_and_deletion_either_key_is_taken);
    tcase_add_test(tc, a_deletion_delivers_nothing);
    tcase_add_test(tc, a_key_replaced_before_its_start_is_had_only_as_the_new_one);
    tcase_add_test(tc, who_was_late_was_late_by_so_much);
    tcase_add_test(tc, what_only_counting_knows_is_told_in_time);
    tcase_add_loop_test(tc, a_point_tells_how_things_were_before_it, 0, G_N_ELEMENTS(points));
    tcase_add_test(tc, series_begin_after_the_warm_up_and_only_if_wanted);
    tcase_add_test(tc, a_histogram_holds_every_value);
    tcase_add_test(tc, output_offers_what_there_is);
    tcase_add_test(tc, rows_say_what_the_summary_says);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
