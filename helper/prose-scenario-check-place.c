/* SPDX-License-Identifier: GPL-2.0-only */
/* Pools, time sources and cells held against each other. */
#include "prose-scenario-internal.h"

#include <string.h>

/* %NULL also after a mistake, which has been reported then. */
static const ProseValue *
known(const ProseResolvedSection *section, const char *key)
{
    const ProseResolvedValue *v = prose_resolved_value(section, key);

    return v ? &v->value : NULL;
}

/* ---- pools ---- */

static void
check_prb(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *num = known(section, "prb-num"), *start = known(section, "prb-start"), *end = known(section, "prb-end");

    if (!num || !start || !end)
        return;
    if (end->integer < start->integer)
        prose_resolved_wrong(r, section, "prb-end", "below prb-start, %" G_GUINT64_FORMAT "; prb-start .. 99", start->integer);
    else if (start->integer + num->integer > 100)
        prose_resolved_wrong(r, section, "prb-num",
                             "reaches beyond PRB 99 from prb-start, %" G_GUINT64_FORMAT "; at most %" G_GUINT64_FORMAT,
                             start->integer, 100 - start->integer);
    else if (num->integer > end->integer + 1)
        prose_resolved_wrong(r, section, "prb-num",
                             "reaches below PRB 0 from prb-end, %" G_GUINT64_FORMAT "; at most %" G_GUINT64_FORMAT,
                             end->integer, end->integer + 1);
    else if (end->integer == start->integer)
        prose_resolved_wrong(r, section, "prb-end",
                             "leaves a single PRB and a message takes two; above prb-start, %" G_GUINT64_FORMAT,
                             start->integer);
}

static void
check_pool(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *period = known(section, "period"), *subframes = known(section, "subframes");
    const ProseValue *bitmap = known(section, "subframe-bitmap");
    const ProseValue *repetitions = known(section, "repetitions"), *retransmissions = known(section, "retransmissions");
    const char *given = bitmap ? "subframe-bitmap" : "subframes";
    uint64_t span, n = 0;

    check_prb(r, section);
    if (!period || !(bitmap ? repetitions : subframes))
        return;
    if (bitmap) {
        for (const char *p = bitmap->text; *p; p++)
            n += *p == '1';
        n *= repetitions->integer;
        span = strlen(bitmap->text) * repetitions->integer;
    } else {
        n = span = subframes->integer;
    }
    if (span > period->integer)
        prose_resolved_wrong(r, section, given,
                             "%" G_GUINT64_FORMAT " subframes do not fit the period %s, which has %" G_GUINT64_FORMAT
                             "; fewer, or a longer period", span, period->text, period->integer);
    else if (retransmissions && n < retransmissions->integer + 1)
        prose_resolved_wrong(r, section, given, "%" G_GUINT64_FORMAT " subframe%s a period and a message takes %" G_GUINT64_FORMAT
                             "; at least retransmissions + 1", n, n == 1 ? "" : "s", retransmissions->integer + 1);
}

/* A UE has one pool a period, so those among which it chooses have one period. */
static void
check_pool_periods(ProseResolved *r)
{
    static const char *const names[] = { "in", "out" };
    bool said = false;

    for (unsigned side = 0; side < G_N_ELEMENTS(names); side++) {
        ProseResolvedSection *first = NULL, *pool;

        for (unsigned i = 0; (pool = prose_resolved_at(r, "pool", i)); i++) {
            const ProseValue *serves = known(pool, "coverage"), *period = known(pool, "period");

            if (!serves || !period || !(serves->integer >> side & 1))
                continue;
            if (first && !said && period->integer != known(first, "period")->integer) {
                prose_resolved_wrong(r, pool, "period",
                                     "[%s] serves UEs %s coverage too, with %s; one period for all pools that UEs choose among",
                                     first->header, side == 0 ? "in" : "out of", known(first, "period")->text);
                said = true;
            }
            if (!first)
                first = pool;
        }
    }
}

/* ---- time sources and cells ---- */

static void
check_rtc_keys(ProseResolved *r, ProseResolvedSection *section, bool is_rtc)
{
    static const struct { const char *key; bool of_rtc; } keys[] = {
        { "set-from", true }, { "since-set", true }, { "drift", true }, { "area", false }, { "active", false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const ProseValue *v = known(section, keys[i].key);

        /* A default may be written down: settings.ini does. */
        if (keys[i].of_rtc != is_rtc && v && strcmp(v->text, prose_setting_find("time-source", keys[i].key)->fallback) != 0)
            prose_resolved_wrong(r, section, keys[i].key, is_rtc ? "a real-time clock is always with its UE; leave it out"
                                                                 : "belongs to a real-time clock; kind = rtc, or leave it out");
    }
}

static void
check_time_source(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *kind = known(section, "kind"), *error = known(section, "error"), *area = known(section, "area");
    const ProseResolvedValue *from = prose_resolved_value(section, "set-from");
    bool is_rtc = kind && kind->choice == PROSE_TIME_RTC;

    if (!kind)
        return;
    check_rtc_keys(r, section, is_rtc);
    if (is_rtc && error && error->choice == 1)
        prose_resolved_wrong(r, section, "error", "a real-time clock runs away by its drift; a distribution");
    if (area && area->choice == PROSE_DISC_AROUND)
        prose_resolved_wrong(r, section, "area", "a disc around nothing; disc 600 m at 100 m 200 m");
    if (is_rtc && from && from->refs->len > 0) {
        const ProseValue *other = known(prose_resolved_at(r, "time-source", g_array_index(from->refs, unsigned, 0)), "kind");

        if (other && other->choice == PROSE_TIME_RTC)
            prose_resolved_wrong(r, section, "set-from", "a real-time clock itself; a source of kind sib16, gnss or nitz");
    }
}

static void
check_cell(ProseResolved *r, ProseResolvedSection *section)
{
    const ProseValue *coverage = known(section, "coverage");
    const ProseResolvedValue *sources = prose_resolved_value(section, "time-source");

    if (coverage && coverage->choice == PROSE_DISC_AT)
        prose_resolved_wrong(r, section, "coverage", "stands around the cell's own position; disc 600 m");
    for (guint i = 0; sources && sources->value.words && i < sources->refs->len; i++) {
        const ProseResolvedSection *source = prose_resolved_at(r, "time-source", g_array_index(sources->refs, unsigned, i));
        const ProseValue *kind = known(source, "kind");

        if (kind && !prose_time_kind_is_cellular((ProseTimeKind) kind->choice))
            prose_resolved_wrong(r, section, "time-source", "\"%s\" is of kind %s, which no cell sends; sib16 or nitz", source->name,
                                 kind->text);
    }
}

/* ---- all of them ---- */

static void
for_each(ProseResolved *r, const char *kind, void (*check)(ProseResolved *r, ProseResolvedSection *section))
{
    ProseResolvedSection *section;

    for (unsigned i = 0; (section = prose_resolved_at(r, kind, i)); i++)
        check(r, section);
}

void
prose_check_places(ProseResolved *r)
{
    for_each(r, "pool", check_pool);
    for_each(r, "time-source", check_time_source);
    for_each(r, "cell", check_cell);
    check_pool_periods(r);
}
