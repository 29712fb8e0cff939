/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One UE against a scripted PKMF: what the tests of Key Request, Key Response and PDN connection begin with.
 */
#ifndef ONE_UE_H
#define ONE_UE_H

#include "script.h"

#include "prose-error.h"

#include <math.h>
#include <string.h>

#define EAST "pkmf.east.example"
#define WEST "pkmf.west.example"
#define VF BENCH_UTC_START
#define HOUR 3600

static const ProseKeyScope relay = { PROSE_KEY_TYPE_PSDK_RELAY, 0x00A1B2 };
static const ProseKeyScope group = { PROSE_KEY_TYPE_PSDK_GROUP, 0x00A1B2 };    /* the same number, another thing */
static const ProseKeyScope pgk = { PROSE_KEY_TYPE_PGK, 0x000123 };

static Bench *b;
static Script *east;
static BenchUe *ue;                        /* "engines[0]" */

static inline ProseUeDiscovery
at(const char *fqdn, ProseKeyScope scope)
{
    return (ProseUeDiscovery) {
        .scope = scope, .pkmf_fqdn = fqdn, .overlap_s = UINT32_MAX,
        .roles = prose_key_scope_is_discovery(scope) ? PROSE_ROLE_ANNOUNCE | PROSE_ROLE_MONITOR : PROSE_ROLE_HOLD,
    };
}

static inline void
setup(void)
{
    b = bench_new();
    east = script_new(b, "pkmf east", EAST);
    ue = NULL;
}

static inline void
teardown(void)
{
    b = bench_free(b);
}

/* One UE of these discoveries at EAST, started, its first exchange over. */
static inline void
start_with(const ProseUeDiscovery *d, size_t n)
{
    ue = bench_add_ue(b, "engines[0]", d, n);
    bench_start(ue);
    bench_run_for(b, 1);
}

static inline void
start_relay(void)
{
    const ProseUeDiscovery d[] = { at(EAST, relay) };

    start_with(d, 1);
}

static inline void
start_all_three(void)
{
    const ProseUeDiscovery d[] = { at(EAST, relay), at(EAST, group), at(EAST, pgk) };

    start_with(d, 3);
}

static inline ProseUeDiscoveryView
view(ProseKeyScope scope)
{
    ProseUeDiscoveryView v;

    ck_assert_int_eq(prose_ue_view(ue->ue, scope, &v), 0);
    return v;
}

static inline unsigned
n_events(ProseEventType type, const char *cause)
{
    return bench_count(b, "engines[0]", type, cause);
}

static inline double
clock_error_s(void)
{
    int64_t truth = BENCH_UTC_START * PROSE_NS_PER_S + (int64_t) b->now_ns;

    return (double) (prose_clock_read(prose_ue_clock(ue->ue), b->now_ns) - truth) / 1e9;
}

static inline void
set_active(ProseKeyScope scope, bool active)
{
    ck_assert_int_eq(prose_ue_set_active(ue->ue, scope, active, b->now_ns), 0);
}

static inline size_t
n_held(ProseKeyScope scope)
{
    size_t n;

    prose_key_store_of_scope(prose_ue_keys(ue->ue), scope, &n);
    return n;
}

#endif
