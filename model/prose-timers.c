/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-timers.h"

#include "prose-clock.h"

#include <stdbool.h>

/* A place of the heap. Times are kept here and not in the timers, so that comparing them does not fetch the memory of as many peers. */
typedef struct Place {
    uint64_t at_ns;
    uint64_t order;                        /* tells equal times apart */
    ProseTimer *timer;
} Place;

#define CHILDREN 4

static bool
earlier(const Place *a, const Place *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static Place *
places(const ProseTimers *timers)
{
    return (Place *) (void *) timers->heap->data;
}

static void
put(ProseTimers *timers, Place place, unsigned i)
{
    places(timers)[i] = place;
    place.timer->place = i + 1;
}

static void
sift_up(ProseTimers *timers, Place place, unsigned i)
{
    const Place *heap = places(timers);

    for (; i > 0 && earlier(&place, &heap[(i - 1) / CHILDREN]); i = (i - 1) / CHILDREN)
        put(timers, heap[(i - 1) / CHILDREN], i);
    put(timers, place, i);
}

static void
sift_down(ProseTimers *timers, Place place, unsigned i)
{
    const Place *heap = places(timers);

    for (unsigned first = CHILDREN * i + 1; first < timers->heap->len; first = CHILDREN * i + 1) {
        unsigned least = first;

        for (unsigned child = first + 1; child < MIN(first + CHILDREN, timers->heap->len); child++) {
            if (earlier(&heap[child], &heap[least]))
                least = child;
        }
        if (!earlier(&heap[least], &place))
            break;
        put(timers, heap[least], i);
        i = least;
    }
    put(timers, place, i);
}

void
prose_timers_init(ProseTimers *timers)
{
    timers->heap = g_array_new(FALSE, FALSE, sizeof(Place));
    timers->armed = 0;
}

void
prose_timers_clear(ProseTimers *timers)
{
    for (guint i = 0; i < timers->heap->len; i++)
        places(timers)[i].timer->place = 0;
    g_clear_pointer(&timers->heap, g_array_unref);
}

void
prose_timers_disarm(ProseTimers *timers, ProseTimer *timer)
{
    unsigned i = timer->place - 1;
    Place last;

    if (timer->place == 0)
        return;
    timer->place = 0;
    last = places(timers)[timers->heap->len - 1];
    g_array_set_size(timers->heap, timers->heap->len - 1);
    if (last.timer == timer)
        return;
    if (i > 0 && earlier(&last, &places(timers)[(i - 1) / CHILDREN]))
        sift_up(timers, last, i);
    else
        sift_down(timers, last, i);
}

void
prose_timers_arm(ProseTimers *timers, ProseTimer *timer, uint64_t at_ns)
{
    Place place = { .at_ns = at_ns, .timer = timer };

    prose_timers_disarm(timers, timer);
    if (at_ns == PROSE_NEVER)
        return;
    place.order = timers->armed++;
    g_array_append_val(timers->heap, place);
    sift_up(timers, place, timers->heap->len - 1);
}

uint64_t
prose_timers_next(const ProseTimers *timers)
{
    return timers->heap->len ? places(timers)[0].at_ns : PROSE_NEVER;
}

void
prose_timers_fire(ProseTimers *timers, uint64_t now_ns)
{
    while (prose_timers_next(timers) <= now_ns) {
        ProseTimer *timer = places(timers)[0].timer;

        prose_timers_disarm(timers, timer);
        timer->fire(timer->user, now_ns);
    }
}
