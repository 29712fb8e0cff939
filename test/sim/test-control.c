/* SPDX-License-Identifier: GPL-2.0-only */
/* What the control plane holds while it works, and that nothing of a connection stays once it is over. */
#include "run.h"

#define LOOKS 40
#define LOOK_NS (PROSE_NS_PER_S / 2)

typedef struct Look {
    size_t exchanges, connections;
    unsigned sockets;
} Look;

typedef struct Watch {
    SimRun run;
    ProseTopology *topology;
    Ns3cTimer *timer;
    Look looks[LOOKS];
    unsigned n;
} Watch;

static void
look_cb(void *user)
{
    Watch *watch = user;
    ProseTopologyUse use;

    prose_topology_use(watch->topology, &use);
    ck_assert_uint_lt(watch->n, LOOKS);
    watch->looks[watch->n++] = (Look) { use.exchanges, use.connections, ns3c_tcp_count() };
    ns3c_timer_set(watch->timer, ns3c_sim_now() + LOOK_NS);
}

static void
ready_cb(void *user, ProseTopology *topology)
{
    Watch *watch = user;

    watch->topology = topology;
    watch->timer = ns3c_timer_new(look_cb, watch);
    /* In the middle of the acquisitions, and then every half second. */
    ns3c_timer_set(watch->timer, 400 * PROSE_NS_PER_MS);
}

static void
finished_cb(void *user, ProseTopology *topology)
{
    ns3c_timer_free(((Watch *) user)->timer);
}

/* Keys are there after a second, TCP's last wait is over after another two; rollovers at 8 s and 16 s are by UDP alone. */
START_TEST(no_tls_session_and_no_connection_is_kept_after_use)
{
    Watch watch = {
        .run = { .scenario = scenario_from_text(
                     "[simulation]\nduration = 20 s\n[prose-function operator]\n[pkmf east]\nmax-offset = 1 s\n"
                     "[pdn lan]\nloss = 0 %\n"
                     "[discovery command]\ndiscovery-group-id = 1\npkmf = east\ncryptoperiod = 8 s\nlead = 4 s\n"
                     "[ue-group ue]\ncount = 12\nhold = command\npdn = lan\npkmf-known = prose-function\n"
                     "power-on = uniform 0 s 300 ms\n", NULL),
                 .hooks = { .user = &watch, .ready = ready_cb, .finished = finished_cb } },
    };
    Look most = { 0 };

    sim_run(&watch.run);
    ck_assert_int_eq(summary_int(watch.run.root, "rollover.ready"), 24);
    ck_assert_uint_ge(watch.n, 38);
    for (unsigned i = 0; i < watch.n; i++) {
        const Look *look = &watch.looks[i];

        most.exchanges = MAX(most.exchanges, look->exchanges);
        most.connections = MAX(most.connections, look->connections);
        most.sockets = MAX(most.sockets, look->sockets);
        if (i < 8)                     /* 4.4 s */
            continue;
        ck_assert_uint_eq(look->exchanges, 0);
        ck_assert_uint_eq(look->connections, 0);
        ck_assert_uint_eq(look->sockets, 0);
    }
    ck_assert_uint_ge(most.exchanges, 12);
    ck_assert_uint_ge(most.connections, 12);
    ck_assert_uint_ge(most.sockets, 12);
    ck_assert_uint_eq(ns3c_tcp_count(), 0);
    sim_clear(&watch.run);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *tc = tcase_create("use");

    tcase_add_test(tc, no_tls_session_and_no_connection_is_kept_after_use);
    suite_add_tcase(suite, tc);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
