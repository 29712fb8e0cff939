/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-time-source.h"

#include <glib.h>
#include <math.h>

#define NS_PER_10_MS 10000000LL

static const struct { const char *name; bool is_cellular; int64_t unit_ns; } kinds[PROSE_TIME_N_KINDS] = {
    [PROSE_TIME_SIB16] = { "sib16", true, NS_PER_10_MS },
    [PROSE_TIME_GNSS] = { "gnss", false, 1 },
    [PROSE_TIME_NITZ] = { "nitz", true, PROSE_NS_PER_S },
    [PROSE_TIME_RTC] = { "rtc", false, 1 },
};

const char *
prose_time_kind_name(ProseTimeKind kind)
{
    return kinds[kind].name;
}

bool
prose_time_kind_is_cellular(ProseTimeKind kind)
{
    return kinds[kind].is_cellular;
}

int64_t
prose_time_error_at(const ProseTimeError *error, uint64_t now_ns)
{
    double part;

    if (now_ns <= error->start_ns && error->length_ns > 0)
        return error->from_ns;
    if (now_ns - error->start_ns >= error->length_ns)
        return error->to_ns;
    part = (double) (now_ns - error->start_ns) / (double) error->length_ns;
    return error->from_ns + llround(part * (double) (error->to_ns - error->from_ns));
}

int64_t
prose_time_source_read(ProseTimeKind kind, int64_t utc_ns, int64_t error_ns)
{
    int64_t said_ns = utc_ns + error_ns, unit_ns = kinds[kind].unit_ns, rest = said_ns % unit_ns;

    return said_ns - rest - (rest < 0 ? unit_ns : 0);
}

void
prose_rtc_init(ProseClock *rtc, int64_t utc_ns, int64_t error_ns, uint64_t age_ns, int32_t drift_ppb, uint64_t now_ns)
{
    ProseClock since = { .is_set = true, .drift_ppb = drift_ppb };

    *rtc = (ProseClock) { .drift_ppb = drift_ppb };
    prose_clock_set(rtc, utc_ns + error_ns + prose_clock_read(&since, age_ns) - (int64_t) age_ns, now_ns);
}
