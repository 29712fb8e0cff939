/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-clock.h"

#include "prose-error.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_10_MS 10000000LL
#define PPB 1000000000LL

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t
prose_seconds(int64_t utc_ns)
{
    return floor_div(utc_ns, PROSE_NS_PER_S);
}

uint64_t
prose_sib16_from_utc(int64_t utc_ns)
{
    return (uint64_t) (floor_div(utc_ns, NS_PER_10_MS) + PROSE_NTP_UNIX * 100);
}

uint32_t
prose_counter_from_sib16(uint64_t time_info_utc)
{
    return (uint32_t) (time_info_utc / 100 - PROSE_NTP_UNIX);
}

uint32_t
prose_counter_from_utc(int64_t utc_ns)
{
    return (uint32_t) prose_seconds(utc_ns);
}

int32_t
prose_counter_distance(uint32_t a, uint32_t b)
{
    return (int32_t) (a - b);
}

uint32_t
prose_counter_rebuild(uint8_t lsb, uint32_t slot_counter)
{
    /* Distance from the slot's low octet, taken into -128 … 127: so a tie at 128 falls to the earlier. */
    return slot_counter + (uint32_t) (int32_t) (int8_t) (uint8_t) (lsb - (uint8_t) slot_counter);
}

bool
prose_counter_within(uint32_t counter, int64_t clock_s, uint32_t max_offset_s)
{
    int64_t distance = prose_counter_distance(counter, (uint32_t) clock_s);

    return distance <= (int64_t) max_offset_s && -distance <= (int64_t) max_offset_s;
}

void
prose_clock_set(ProseClock *clock, int64_t utc_ns, uint64_t now_ns)
{
    clock->is_set = true;
    clock->value_ns = utc_ns;
    clock->set_at_ns = now_ns;
}

/* @elapsed_ns of true time as this clock counts it. Split at whole seconds, so that years of nanoseconds times a drift
 * stay inside 64 bits. */
static int64_t
clock_elapsed(const ProseClock *clock, int64_t elapsed_ns)
{
    int64_t s = elapsed_ns / PPB, rest = elapsed_ns % PPB;

    return elapsed_ns + s * clock->drift_ppb + rest * clock->drift_ppb / PPB;
}

int64_t
prose_clock_read(const ProseClock *clock, uint64_t now_ns)
{
    g_assert(clock->is_set);
    return clock->value_ns + clock_elapsed(clock, (int64_t) (now_ns - clock->set_at_ns));
}

uint64_t
prose_clock_when(const ProseClock *clock, int64_t utc_ns, uint64_t now_ns)
{
    int64_t low = 0, high;

    if (!clock->is_set)
        return PROSE_NEVER;
    if (prose_clock_read(clock, now_ns) >= utc_ns)
        return now_ns;
    /* The drift is small, so the answer lies between half and twice the distance the clock still has to go. */
    high = 2 * (utc_ns - prose_clock_read(clock, now_ns)) + 2;
    while (low < high) {
        int64_t mid = low + (high - low) / 2;

        if (prose_clock_read(clock, now_ns + (uint64_t) mid) >= utc_ns)
            high = mid;
        else
            low = mid + 1;
    }
    return now_ns + (uint64_t) low;
}

/* With @ahead_ns between the two, their seconds differ by its floor or by one more. */
uint64_t
prose_clock_within_until(const ProseClock *clock, int64_t utc_ns, uint32_t max_offset_s, uint64_t now_ns)
{
    int64_t ahead_ns, room_ns, bound_ns = (int64_t) max_offset_s * PROSE_NS_PER_S;
    uint64_t speed, seconds;

    if (!clock->is_set)
        return now_ns;
    ahead_ns = prose_clock_read(clock, now_ns) - utc_ns;
    room_ns = MIN(bound_ns - ahead_ns, bound_ns + ahead_ns) - 1;
    if (room_ns <= 0)
        return now_ns;
    if (clock->drift_ppb == 0)
        return PROSE_NEVER;
    /* It moves by @speed ns a second. */
    speed = (uint64_t) ABS((int64_t) clock->drift_ppb);
    seconds = (uint64_t) room_ns / speed;
    return seconds > UINT64_MAX / (2 * (uint64_t) PROSE_NS_PER_S) ? PROSE_NEVER : now_ns + (seconds > 1 ? (seconds - 1) * (uint64_t) PROSE_NS_PER_S : 0);
}

uint64_t
prose_ntp_from_utc(int64_t utc_ns)
{
    int64_t s = prose_seconds(utc_ns);
    uint64_t rest = (uint64_t) (utc_ns - s * PROSE_NS_PER_S);

    return (uint64_t) (uint32_t) (s + PROSE_NTP_UNIX) << 32 | (rest << 32) / PROSE_NS_PER_S;
}

int64_t
prose_utc_from_ntp(uint64_t ntp, int64_t near_s)
{
    /* Rules M3: 32 bits of seconds wrap in 2036; take the era nearest to what the ProSe clock says. */
    uint32_t near_ntp = (uint32_t) (near_s + PROSE_NTP_UNIX);

    return near_s + prose_counter_distance((uint32_t) (ntp >> 32), near_ntp);
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t
days_from_date(int64_t year, int month, int day)
{
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int64_t past = year - 1;                       /* whole years since year 1 */
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1] + (leap && month > 2) + day - 1 - 719162;
}

static int
days_in_month(int64_t year, int month)
{
    return (int) (month == 12 ? 31 : days_from_date(year, month + 1, 1) - days_from_date(year, month, 1));
}

char *
prose_datetime_print(char ret[PROSE_DATETIME_TEXT_MAX], int64_t utc_s)
{
    int64_t day = floor_div(utc_s, 86400), second = utc_s - day * 86400;
    int64_t year = 1970 + floor_div(day, 366);
    int month = 1;

    while (days_from_date(year + 1, 1, 1) <= day)
        year++;
    while (month < 12 && days_from_date(year, month + 1, 1) <= day)
        month++;
    snprintf(ret, PROSE_DATETIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int) year, month,
             (int) (day - days_from_date(year, month, 1)) + 1, (int) (second / 3600), (int) (second / 60 % 60),
             (int) (second % 60));
    return ret;
}

/* @n digits at @text as a number, or -1. */
static int
digits(const char *text, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (!g_ascii_isdigit(text[i]))
            return -1;
        v = v * 10 + (text[i] - '0');
    }
    return v;
}

int
prose_datetime_parse(int64_t *ret_s, const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    int year, month, day, hour, minute, second;
    const char *rest;

    for (size_t i = 0; i < sizeof shape - 1; i++) {
        if (shape[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != shape[i])
            return PROSE_ERR_MALFORMED;
    }
    rest = text + sizeof shape - 1;
    if (*rest == '.') {
        if (!g_ascii_isdigit(*++rest))
            return PROSE_ERR_MALFORMED;
        while (g_ascii_isdigit(*rest))
            rest++;
    }
    if (strcmp(rest, "Z") != 0)
        return PROSE_ERR_MALFORMED;
    year = digits(text, 4);
    month = digits(text + 5, 2);
    day = digits(text + 8, 2);
    hour = digits(text + 11, 2);
    minute = digits(text + 14, 2);
    second = digits(text + 17, 2);
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)
        || hour > 23 || minute > 59 || second > 59)
        return PROSE_ERR_MALFORMED;
    *ret_s = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return PROSE_OK;
}
