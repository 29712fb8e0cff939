/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-clock.h"
#include "prose-draw.h"
#include "prose-test.h"
#include "prose-timers.h"

typedef struct Log {
    ProseTimers timers;
    GArray *fired;                         /* of unsigned */
} Log;

typedef struct Item {
    Log *log;
    unsigned name;
    ProseTimer timer;
    uint64_t again_ns;                     /* armed again when it fires; PROSE_NEVER: not */
    struct Item *disarms;                  /* (nullable) */
} Item;

static void
fire_cb(void *user, uint64_t now_ns)
{
    Item *item = user;

    ck_assert_uint_eq(item->timer.place, 0);
    g_array_append_val(item->log->fired, item->name);
    if (item->again_ns != PROSE_NEVER)
        prose_timers_arm(&item->log->timers, &item->timer, item->again_ns);
    item->again_ns = PROSE_NEVER;
    if (item->disarms)
        prose_timers_disarm(&item->log->timers, &item->disarms->timer);
}

static void
log_init(Log *log, Item *items, unsigned n)
{
    prose_timers_init(&log->timers);
    log->fired = g_array_new(FALSE, FALSE, sizeof(unsigned));
    for (unsigned i = 0; i < n; i++) {
        items[i] = (Item) { .log = log, .name = i, .again_ns = PROSE_NEVER };
        items[i].timer = (ProseTimer) { .fire = fire_cb, .user = &items[i] };
    }
}

static void
log_clear(Log *log)
{
    prose_timers_clear(&log->timers);
    g_array_unref(log->fired);
}

static void
assert_fired(const Log *log, const unsigned *want, unsigned n)
{
    ck_assert_uint_eq(log->fired->len, n);
    for (unsigned i = 0; i < n; i++)
        ck_assert_uint_eq(g_array_index(log->fired, unsigned, i), want[i]);
}

START_TEST(an_empty_heap_waits_for_nothing)
{
    Log log;
    Item item;

    log_init(&log, &item, 1);
    ck_assert_uint_eq(prose_timers_next(&log.timers), PROSE_NEVER);
    prose_timers_disarm(&log.timers, &item.timer);     /* not armed: nothing happens */
    prose_timers_arm(&log.timers, &item.timer, PROSE_NEVER);
    ck_assert_uint_eq(prose_timers_next(&log.timers), PROSE_NEVER);
    prose_timers_fire(&log.timers, PROSE_NEVER - 1);
    ck_assert_uint_eq(log.fired->len, 0);
    log_clear(&log);
}
END_TEST

START_TEST(what_is_due_fires_in_order_of_time)
{
    Log log;
    Item items[5];
    static const uint64_t at[] = { 30, 10, 50, 20, 40 };
    static const unsigned want[] = { 1, 3, 0 };

    log_init(&log, items, 5);
    for (unsigned i = 0; i < 5; i++)
        prose_timers_arm(&log.timers, &items[i].timer, at[i]);
    ck_assert_uint_eq(prose_timers_next(&log.timers), 10);
    prose_timers_fire(&log.timers, 9);
    ck_assert_uint_eq(log.fired->len, 0);
    prose_timers_fire(&log.timers, 39);
    assert_fired(&log, want, 3);
    ck_assert_uint_eq(prose_timers_next(&log.timers), 40);
    log_clear(&log);
}
END_TEST

START_TEST(equal_times_fire_in_order_of_arming)
{
    Log log;
    Item items[8];
    static const unsigned want[] = { 1, 2, 3, 4, 6, 7, 0, 5 };

    log_init(&log, items, 8);
    for (unsigned i = 0; i < 8; i++)
        prose_timers_arm(&log.timers, &items[i].timer, 7);
    prose_timers_arm(&log.timers, &items[0].timer, 7); /* arming again goes to the end */
    prose_timers_arm(&log.timers, &items[5].timer, 7);
    prose_timers_fire(&log.timers, 7);
    assert_fired(&log, want, 8);
    log_clear(&log);
}
END_TEST

START_TEST(firing_may_arm_and_disarm)
{
    Log log;
    Item items[4];
    static const unsigned want[] = { 0, 2, 0 };

    log_init(&log, items, 4);
    for (unsigned i = 0; i < 4; i++)
        prose_timers_arm(&log.timers, &items[i].timer, 10 + i);
    items[0].again_ns = 13;                /* due again by the time of this call, behind 3, which 2 takes away */
    items[0].disarms = &items[1];
    items[2].disarms = &items[3];
    prose_timers_fire(&log.timers, 20);
    assert_fired(&log, want, 3);
    ck_assert_uint_eq(prose_timers_next(&log.timers), PROSE_NEVER);
    log_clear(&log);
}
END_TEST

START_TEST(clearing_leaves_every_timer_unarmed)
{
    Log log;
    Item items[3];

    log_init(&log, items, 3);
    for (unsigned i = 0; i < 3; i++)
        prose_timers_arm(&log.timers, &items[i].timer, i);
    log_clear(&log);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(items[i].timer.place, 0);
}
END_TEST

/* Against the simplest list there is: arm, move and disarm at random, and look at the earliest each time. */
START_TEST(the_heap_agrees_with_a_list)
{
    enum { N = 60 };
    Log log;
    Item items[N];
    uint64_t model[N];
    ProseDrawKey draws = { { 7, (uint64_t) _i } };

    log_init(&log, items, N);
    for (unsigned i = 0; i < N; i++)
        model[i] = PROSE_NEVER;
    for (unsigned n = 0; n < 4000; n++) {
        unsigned i = prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, 1, n, N);
        uint64_t at = prose_draw_below(&draws, PROSE_DRAW_ACTIVITY, 2, n, 1000), earliest = PROSE_NEVER;

        if (at < 300) {
            prose_timers_disarm(&log.timers, &items[i].timer);
            model[i] = PROSE_NEVER;
        } else {
            prose_timers_arm(&log.timers, &items[i].timer, at);
            model[i] = at;
        }
        for (unsigned k = 0; k < N; k++) {
            earliest = MIN(earliest, model[k]);
            ck_assert((items[k].timer.place != 0) == (model[k] != PROSE_NEVER));
        }
        ck_assert_uint_eq(prose_timers_next(&log.timers), earliest);
    }
    prose_timers_fire(&log.timers, 1000);
    for (unsigned k = 1; k < log.fired->len; k++)
        ck_assert_uint_le(model[g_array_index(log.fired, unsigned, k - 1)], model[g_array_index(log.fired, unsigned, k)]);
    log_clear(&log);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("timers");
    TCase *tc = tcase_create("timers");

    tcase_add_test(tc, an_empty_heap_waits_for_nothing);
    tcase_add_test(tc, what_is_due_fires_in_order_of_time);
    tcase_add_test(tc, equal_times_fire_in_order_of_arming);
    tcase_add_test(tc, firing_may_arm_and_disarm);
    tcase_add_test(tc, clearing_leaves_every_timer_unarmed);
    tcase_add_loop_test(tc, the_heap_agrees_with_a_list, 0, 5);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
