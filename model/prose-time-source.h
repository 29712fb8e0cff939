/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a UE takes system UTC from, and how wrong that is (rules T3): SIB16, GNSS, NITZ, a real-time clock. Pure arithmetic: a
 * source is asked with true UTC and its error, a real-time clock is a ProseClock that was set once.
 *
 * UTC is int64_t nanoseconds since 1970-01-01, simulated time uint64_t nanoseconds since the start. Everything here goes on
 * after 2074, where timeInfoUTC leaves its 39 bits; counters wrap in 2106, as 32 bits do.
 */
#ifndef PROSE_TIME_SOURCE_H
#define PROSE_TIME_SOURCE_H

#include "prose-clock.h"

/* In the order of preference of rules T3: in coverage SIB16; out of it GNSS, else a real-time clock. NITZ, which comes over
 * the cell too, stands in for a cell that sends no SIB16. */
typedef enum ProseTimeKind {
    PROSE_TIME_SIB16,              /* units of 10 ms; in coverage */
    PROSE_TIME_GNSS,               /* exact but for its error; under open sky */
    PROSE_TIME_NITZ,               /* whole seconds, TS 22.042; in coverage */
    PROSE_TIME_RTC,                /* set from one of the others, runs by itself since */
    PROSE_TIME_N_KINDS
} ProseTimeKind;

const char *prose_time_kind_name(ProseTimeKind kind);      /* "sib16", "gnss", "nitz", "rtc" */
/* Whether it is heard from a cell, and so in coverage only. */
bool prose_time_kind_is_cellular(ProseTimeKind kind);

/* How far a source is ahead of UTC: from @from_ns in a straight line to @to_ns, where it stays. */
typedef struct ProseTimeError {
    int64_t from_ns, to_ns;
    uint64_t start_ns, length_ns;  /* simulated time; no length: @to_ns always */
} ProseTimeError;

int64_t prose_time_error_at(const ProseTimeError *error, uint64_t now_ns);
/* The UTC that a source of @kind gives while it is @utc_ns, rounded down to what it can say. An rtc is read by itself. */
int64_t prose_time_source_read(ProseTimeKind kind, int64_t utc_ns, int64_t error_ns);

/**
 * prose_rtc_init:
 * @utc_ns: true UTC now
 * @error_ns: how far off it was when it was set, @age_ns ago
 *
 * A real-time clock that has run by itself since: it has gone @drift_ppb times its age away from that error.
 */
void prose_rtc_init(ProseClock *rtc, int64_t utc_ns, int64_t error_ns, uint64_t age_ns, int32_t drift_ppb, uint64_t now_ns);

#endif
