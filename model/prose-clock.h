/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time: simulated nanoseconds, system UTC, the UE's ProSe clock, and the UTC-based counter of a slot
 * (rules T1 to T5). Nothing here reads a clock: now is an argument.
 *
 * Simulated time is uint64_t nanoseconds since the start. UTC is int64_t nanoseconds or seconds since
 * 1970-01-01. Counters are 32 bits and wrap; the 1900 epoch of the profile is applied where a counter
 * is hashed and sent, never here.
 */
#ifndef PROSE_CLOCK_H
#define PROSE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROSE_NS_PER_S 1000000000LL
#define PROSE_NS_PER_MS 1000000LL
#define PROSE_NTP_UNIX 2208988800LL        /* seconds from 1900 to 1970 */
#define PROSE_NEVER UINT64_MAX

/* Floor division: seconds of a UTC instant in nanoseconds, also before 1970. */
int64_t prose_seconds(int64_t utc_ns);

/* SIB16's timeInfoUTC of an instant: 10 ms units since 1900-01-01, rounded down. */
uint64_t prose_sib16_from_utc(int64_t utc_ns);
/* Rules T3: floor(timeInfoUTC / 100) - NTP_UNIX, modulo 2^32. */
uint32_t prose_counter_from_sib16(uint64_t time_info_utc);
uint32_t prose_counter_from_utc(int64_t utc_ns);
/* a - b, as the signed distance modulo 2^32. */
int32_t prose_counter_distance(uint32_t a, uint32_t b);
/* Rules T5: the value with low octet @lsb nearest @slot_counter; a tie at 128 goes to the earlier. */
uint32_t prose_counter_rebuild(uint8_t lsb, uint32_t slot_counter);
/* Rules T4: |counter - clock_s| <= max_offset, @clock_s the floor of a ProSe clock, modulo 2^32. */
bool prose_counter_within(uint32_t counter, int64_t clock_s, uint32_t max_offset_s);

/* A clock that was set once and then drifts. */
typedef struct ProseClock {
    bool is_set;
    int64_t value_ns;          /* UTC it was set to */
    uint64_t set_at_ns;        /* simulated time at which it was */
    int32_t drift_ppb;         /* parts per 10^9; positive runs fast */
} ProseClock;

void    prose_clock_set(ProseClock *clock, int64_t utc_ns, uint64_t now_ns);
/* @clock must be set. */
int64_t prose_clock_read(const ProseClock *clock, uint64_t now_ns);
/* The first simulated time, not before @now_ns, at which @clock reads @utc_ns or more; PROSE_NEVER if unset. */
uint64_t prose_clock_when(const ProseClock *clock, int64_t utc_ns, uint64_t now_ns);

/* The time before which @clock, whose seconds are rounded down, certainly stays within @max_offset_s of a counter that follows
 * true UTC, @utc_ns at @now_ns: @now_ns if it cannot be said, PROSE_NEVER if it does not drift. */
uint64_t prose_clock_within_until(const ProseClock *clock, int64_t utc_ns, uint32_t max_offset_s, uint64_t now_ns);

/* MIKEY's 64-bit NTP time of whole UTC seconds, and back to the era nearest @near_s (rules M3). */
uint64_t prose_ntp_from_utc(int64_t utc_ns);
int64_t  prose_utc_from_ntp(uint64_t ntp, int64_t near_s);

/* "2026-06-01T08:00:00Z" */
#define PROSE_DATETIME_TEXT_MAX 32
char *prose_datetime_print(char ret[PROSE_DATETIME_TEXT_MAX], int64_t utc_s);
/**
 * prose_datetime_parse:
 * @ret_s: (out): seconds since 1970, a fraction dropped; untouched on failure
 * @text: xs:dateTime in UTC, "Z" required; years 1970 to 2200
 *
 * Returns: 0, or %PROSE_ERR_MALFORMED (also for a 31 February).
 */
int prose_datetime_parse(int64_t *ret_s, const char *text);

#endif
