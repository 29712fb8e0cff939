/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything an endpoint with many peers waits for, in one heap: its next_expiry is the top.
 *
 * A timer lives inside the thing it belongs to. Arming, disarming and firing cost the logarithm of how many are armed;
 * nobody is looked at whose time has not come. Equal times fire in the order in which they were armed.
 */
#ifndef PROSE_TIMERS_H
#define PROSE_TIMERS_H

#include <glib.h>
#include <stdint.h>

/* Zeroed memory with @fire and @user set is a timer that is not armed. The rest belongs to the heap. */
typedef struct ProseTimer {
    void (*fire)(void *user, uint64_t now_ns);
    void *user;
    unsigned place;                        /* in the heap, from 1; 0: not armed */
} ProseTimer;

typedef struct ProseTimers {
    GArray *heap;                          /* of times with their ProseTimer, borrowed */
    uint64_t armed;                        /* so far: the next order */
} ProseTimers;

void prose_timers_init(ProseTimers *timers);
/* Those still armed are forgotten, not fired. */
void prose_timers_clear(ProseTimers *timers);
/* Moves @timer if it is armed already; PROSE_NEVER disarms it. */
void prose_timers_arm(ProseTimers *timers, ProseTimer *timer, uint64_t at_ns);
void prose_timers_disarm(ProseTimers *timers, ProseTimer *timer);
/* The earliest time at which something fires, or PROSE_NEVER. */
uint64_t prose_timers_next(const ProseTimers *timers);
/* Fires all that are due at @now_ns, also those that firing arms for then. A timer is disarmed before it fires and may
 * be armed again, or freed, by what it calls. */
void prose_timers_fire(ProseTimers *timers, uint64_t now_ns);

#endif
