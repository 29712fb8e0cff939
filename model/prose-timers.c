/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-timers.h"

#include "prose-clock.h"

#include <stdbool.h>

static bool
earlier(const ProseTimer *a, const ProseTimer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static ProseTimer *
at_place(const ProseTimers *timers, unsigned place)
{
    return g_ptr_array_index(timers->heap, place - 1);
}

static void
put(ProseTimers *timers, ProseTimer *timer, unsigned place)
{
    timers->heap->pdata[place - 1] = timer;
    timer->place = place;
}

static void
sift_up(ProseTimers *timers, ProseTimer *timer, unsigned place)
{
    while (place > 1 && earlier(timer, at_place(timers, place / 2))) {
        put(timers, at_place(timers, place / 2), place);
        place /= 2;
    }
    put(timers, timer, place);
}

static void
sift_down(ProseTimers *timers, ProseTimer *timer, unsigned place)
{
    for (unsigned child = 2 * place; child <= timers->heap->len; child = 2 * place) {
        if (child < timers->heap->len && earlier(at_place(timers, child + 1), at_place(timers, child)))
            child++;
        if (!earlier(at_place(timers, child), timer))
            break;
        put(timers, at_place(timers, child), place);
        place = child;
    }
    put(timers, timer, place);
}

void
prose_timers_init(ProseTimers *timers)
{
    timers->heap = g_ptr_array_new();
    timers->armed = 0;
}

void
prose_timers_clear(ProseTimers *timers)
{
    for (guint i = 0; i < timers->heap->len; i++)
        at_place(timers, i + 1)->place = 0;
    g_clear_pointer(&timers->heap, g_ptr_array_unref);
}

void
prose_timers_disarm(ProseTimers *timers, ProseTimer *timer)
{
    unsigned place = timer->place;
    ProseTimer *last;

    if (place == 0)
        return;
    timer->place = 0;
    last = g_ptr_array_steal_index(timers->heap, timers->heap->len - 1);
    if (last == timer)
        return;
    if (place > 1 && earlier(last, at_place(timers, place / 2)))
        sift_up(timers, last, place);
    else
        sift_down(timers, last, place);
}

void
prose_timers_arm(ProseTimers *timers, ProseTimer *timer, uint64_t at_ns)
{
    prose_timers_disarm(timers, timer);
    if (at_ns == PROSE_NEVER)
        return;
    timer->at_ns = at_ns;
    timer->order = timers->armed++;
    g_ptr_array_add(timers->heap, timer);
    sift_up(timers, timer, timers->heap->len);
}

uint64_t
prose_timers_next(const ProseTimers *timers)
{
    return timers->heap->len ? at_place(timers, 1)->at_ns : PROSE_NEVER;
}

void
prose_timers_fire(ProseTimers *timers, uint64_t now_ns)
{
    while (prose_timers_next(timers) <= now_ns) {
        ProseTimer *timer = at_place(timers, 1);

        prose_timers_disarm(timers, timer);
        timer->fire(timer->user, now_ns);
    }
}
