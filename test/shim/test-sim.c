/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

typedef struct Diary {
    GString *text;
    Ns3cTimer *timer;
    Ns3cEvent *event;
} Diary;

static void
diary_open(Diary *d)
{
    *d = (Diary) { .text = g_string_new(NULL) };
    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
}

static void
diary_close(Diary *d)
{
    ns3c_timer_free(d->timer);
    ns3c_event_free(d->event);
    g_string_free(d->text, TRUE);
    ns3c_sim_destroy();
}

static void
note_cb(void *user)
{
    Diary *d = user;

    g_string_append_printf(d->text, "%" G_GUINT64_FORMAT " ", ns3c_sim_now());
}

START_TEST(seeds_outside_of_ns3s_range_are_refused)
{
    ck_assert_int_eq(ns3c_sim_init(0, 1), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_sim_init(4294944443u, 1), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_sim_init(4294944442u, UINT64_MAX), 0);
    ns3c_sim_destroy();
}
END_TEST

START_TEST(events_run_in_order_of_time_then_of_scheduling)
{
    Diary d;
    Ns3cEvent *ev[3];

    diary_open(&d);
    ev[0] = ns3c_event_new(20, note_cb, &d);
    ev[1] = ns3c_event_new(10, note_cb, &d);
    ev[2] = ns3c_event_new(20, note_cb, &d);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "10 20 20 ");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_ptr_null(ns3c_event_free(ev[i]));
    diary_close(&d);
}
END_TEST

START_TEST(events_at_the_end_wait_for_the_next_run)
{
    Diary d;
    Ns3cEvent *early, *late;

    diary_open(&d);
    early = ns3c_event_new(99, note_cb, &d);
    late = ns3c_event_new(100, note_cb, &d);        /* scheduled before the run that ends there */
    ns3c_sim_run(100);
    ck_assert_str_eq(d.text->str, "99 ");
    ck_assert_uint_eq(ns3c_sim_now(), 100);
    ns3c_sim_run(100);
    ck_assert_str_eq(d.text->str, "99 ");
    ns3c_sim_run(101);
    ck_assert_str_eq(d.text->str, "99 100 ");
    ck_assert_uint_eq(ns3c_sim_now(), 101);
    ns3c_event_free(early);
    ns3c_event_free(late);
    diary_close(&d);
}
END_TEST

static void
stop_cb(void *user)
{
    note_cb(user);
    ns3c_sim_stop();
}

START_TEST(a_run_that_was_stopped_goes_on_where_it_stood)
{
    Diary d;
    Ns3cEvent *stop, *after;

    diary_open(&d);
    stop = ns3c_event_new(50, stop_cb, &d);
    after = ns3c_event_new(60, note_cb, &d);
    ns3c_sim_run(100);
    ck_assert_uint_eq(ns3c_sim_now(), 50);
    ck_assert_str_eq(d.text->str, "50 ");
    ns3c_sim_run(NS3C_FOREVER);                     /* the end of the first run no longer counts */
    ck_assert_str_eq(d.text->str, "50 60 ");
    ck_assert_uint_eq(ns3c_sim_now(), 60);
    ns3c_event_free(stop);
    ns3c_event_free(after);
    diary_close(&d);
}
END_TEST

START_TEST(a_freed_event_neither_runs_nor_holds_the_simulation)
{
    Diary d;

    diary_open(&d);
    d.event = ns3c_event_new(3600 * SECOND, note_cb, &d);
    d.event = ns3c_event_free(d.event);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "");
    ck_assert_uint_eq(ns3c_sim_now(), 0);
    diary_close(&d);
}
END_TEST

START_TEST(an_event_beyond_the_clock_never_comes)
{
    Diary d;

    diary_open(&d);
    d.event = ns3c_event_new(NS3C_FOREVER, note_cb, &d);
    d.timer = ns3c_timer_new(note_cb, &d);
    ns3c_timer_set(d.timer, NS3C_FOREVER - 1);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "");
    diary_close(&d);
}
END_TEST

static void
free_event_cb(void *user)
{
    Diary *d = user;

    note_cb(user);
    d->event = ns3c_event_free(d->event);
}

static void
free_timer_cb(void *user)
{
    Diary *d = user;

    note_cb(user);
    d->timer = ns3c_timer_free(d->timer);
}

START_TEST(callbacks_may_free_what_called_them)
{
    Diary d;

    diary_open(&d);
    d.event = ns3c_event_new(5, free_event_cb, &d);
    d.timer = ns3c_timer_new(free_timer_cb, &d);
    ns3c_timer_set(d.timer, 6);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "5 6 ");
    ck_assert_ptr_null(d.event);
    ck_assert_ptr_null(d.timer);
    diary_close(&d);
}
END_TEST

static void
rearm_cb(void *user)
{
    Diary *d = user;

    note_cb(user);
    if (ns3c_sim_now() < 30)
        ns3c_timer_set(d->timer, ns3c_sim_now() + 10);
}

START_TEST(a_timer_keeps_only_what_it_was_set_to_last)
{
    Diary d;

    diary_open(&d);
    d.timer = ns3c_timer_new(rearm_cb, &d);
    ns3c_timer_set(d.timer, 500);
    ns3c_timer_set(d.timer, 10);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "10 20 30 ");

    ns3c_timer_set(d.timer, 40);
    ns3c_timer_set(d.timer, NS3C_FOREVER);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "10 20 30 ");

    ns3c_timer_set(d.timer, 1);                     /* past: now */
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_str_eq(d.text->str, "10 20 30 30 ");
    diary_close(&d);
}
END_TEST

START_TEST(a_timer_that_is_moved_a_million_times_leaves_one_event)
{
    Diary d;
    uint64_t before;

    diary_open(&d);
    d.timer = ns3c_timer_new(note_cb, &d);
    for (uint64_t i = 1; i <= 1000000; i++)
        ns3c_timer_set(d.timer, i);
    before = ns3c_sim_event_count();
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(ns3c_sim_event_count() - before, 1);
    ck_assert_str_eq(d.text->str, "1000000 ");
    diary_close(&d);
}
END_TEST

/* ---- many events, most of which never come ---- */

#define CROWD 20000

typedef struct Member {
    uint64_t at_ns;
    unsigned order;
    Ns3cEvent *event;              /* NULL: removed */
    bool ran;
} Member;

static Member crowd[CROWD];
static const Member *last_of_crowd;
static uint64_t crowd_draws;

static uint64_t
draw_below(uint64_t n)
{
    crowd_draws = crowd_draws * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (crowd_draws >> 33) % n;
}

static void
remove_some(unsigned n)
{
    while (n-- > 0) {
        Member *m = &crowd[draw_below(CROWD)];

        m->event = ns3c_event_free(m->event);
    }
}

static void
member_cb(void *user)
{
    Member *m = user;

    ck_assert(m->event && !m->ran);
    ck_assert_uint_eq(m->at_ns, ns3c_sim_now());
    if (last_of_crowd)
        ck_assert(last_of_crowd->at_ns < m->at_ns || (last_of_crowd->at_ns == m->at_ns && last_of_crowd->order < m->order));
    last_of_crowd = m;
    m->ran = true;
    remove_some(2);
}

START_TEST(removed_events_never_run_and_the_others_keep_their_order)
{
    unsigned n_ran = 0, n_left = 0;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    crowd_draws = (uint64_t) _i;
    last_of_crowd = NULL;
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = (Member) { .at_ns = draw_below(CROWD / 4), .order = i };
        crowd[i].event = ns3c_event_new(crowd[i].at_ns, member_cb, &crowd[i]);
        if (i % 3 == 0)
            remove_some((unsigned) _i);
    }
    ns3c_sim_run(NS3C_FOREVER);
    for (unsigned i = 0; i < CROWD; i++) {
        n_ran += crowd[i].ran;
        n_left += crowd[i].event != NULL;
        ck_assert(crowd[i].ran || !crowd[i].event);
        ns3c_event_free(crowd[i].event);
    }
    ck_assert_uint_ge(n_ran, n_left);
    ck_assert_uint_ge(n_ran, CROWD / 10);
    ck_assert_uint_le(n_ran, CROWD * 3 / 4);
    ns3c_sim_destroy();
}
END_TEST

/* ---- the same simulation twice in one process ---- */

typedef struct Twice {
    Net net;
    GString *text;
    Ns3cUdp *terminal, *server;
    Ns3cTcp *client, *peer;
    Ns3cTcpListener *listener;
    Ns3cTimer *timer;
    unsigned sent;
} Twice;

static void
twice_udp_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    Twice *t = user;

    g_string_append_printf(t->text, "u%" G_GUINT64_FORMAT " %x:%u %zu %02x\n", ns3c_sim_now(), from, port, len, octets[0]);
}

static void
twice_tcp_cb(void *user, const uint8_t *octets, size_t len)
{
    Twice *t = user;

    g_string_append_printf(t->text, "t%" G_GUINT64_FORMAT " %zu %02x\n", ns3c_sim_now(), len, octets[0]);
}

static void
twice_closed_cb(void *user, bool reset)
{
    Twice *t = user;

    g_string_append_printf(t->text, "c%" G_GUINT64_FORMAT " %d\n", ns3c_sim_now(), reset);
}

static bool
twice_accepted_cb(void *user, Ns3cTcp *tcp, uint32_t from)
{
    static const Ns3cTcpCallbacks callbacks = { .received = twice_tcp_cb, .closed = twice_closed_cb };
    Twice *t = user;

    t->peer = tcp;
    ns3c_tcp_set_callbacks(tcp, &callbacks, t);
    return true;
}

static void
twice_send_cb(void *user)
{
    Twice *t = user;
    uint8_t octets[900];

    memset(octets, (int) t->sent, sizeof octets);
    ck_assert_int_eq(ns3c_udp_send(t->terminal, SERVER_ADDR, 2269, octets, 185), 0);
    ck_assert_int_eq(ns3c_tcp_send(t->client, octets, sizeof octets), 0);
    if (++t->sent < 50)
        ns3c_timer_set(t->timer, ns3c_sim_now() + 40 * MS);
}

static char *
run_once(uint32_t seed, uint64_t run)
{
    static const Ns3cTcpCallbacks callbacks = { .received = twice_tcp_cb, .closed = twice_closed_cb };
    const Ns3cPortConfig config = { .rate_bps = 1000000, .delay_ns = 20 * MS, .loss = 0.2, .loss_stream = 77 };
    Twice t = { .text = g_string_new(NULL) };

    ck_assert_int_eq(ns3c_sim_init(seed, run), 0);
    net_open(&t.net, 2, &config, 5000000, 5000000);
    t.server = ns3c_udp_new(t.net.server, 2269, twice_udp_cb, &t);
    t.terminal = ns3c_udp_new(t.net.terminals[0], 2269, twice_udp_cb, &t);
    t.listener = ns3c_tcp_listen(t.net.server, 80, twice_accepted_cb, &t);
    t.client = ns3c_tcp_connect(t.net.terminals[0], SERVER_ADDR, 80, &callbacks, &t);
    t.timer = ns3c_timer_new(twice_send_cb, &t);
    ns3c_timer_set(t.timer, 5 * MS);
    ns3c_sim_run(200 * SECOND);
    ns3c_timer_free(t.timer);
    ns3c_tcp_free(t.client);
    ns3c_tcp_free(t.peer);
    ns3c_tcp_listener_free(t.listener);
    ns3c_udp_free(t.terminal);
    ns3c_udp_free(t.server);
    net_close(&t.net);
    return g_string_free(t.text, FALSE);
}

START_TEST(one_seed_and_run_give_one_result)
{
    g_autofree char *first = run_once(1, 1);
    g_autofree char *other_run = run_once(1, 2);
    g_autofree char *other_seed = run_once(2, 1);
    g_autofree char *again = run_once(1, 1);

    ck_assert_ptr_nonnull(strstr(first, "u"));
    ck_assert_ptr_nonnull(strstr(first, "t"));
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other_run);
    ck_assert_str_ne(first, other_seed);
}
END_TEST

START_TEST(every_error_has_its_words)
{
    for (int code = NS3C_ERR_INTERNAL; code <= NS3C_OK; code++)
        ck_assert_str_ne(ns3c_strerror(code), "unknown error");
    ck_assert_str_eq(ns3c_strerror(1), "unknown error");
}
END_TEST

START_TEST(the_version_is_that_of_ns3)
{
    ck_assert_int_eq(ns3c_version()[0], '3');
    ck_assert_int_eq(ns3c_version()[1], '.');
}
END_TEST

START_TEST(logging_asks_for_known_components_and_levels)
{
    ck_assert_int_eq(ns3c_log_enable("NoSuchComponent", "all"), NS3C_ERR_UNKNOWN);
    ck_assert_int_eq(ns3c_log_enable("TcpSocketBase", "loud"), NS3C_ERR_UNKNOWN);
    ck_assert_int_eq(ns3c_log_enable("TcpSocketBase", "error"), 0);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-sim");
    TCase *tc = tcase_create("sim");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, seeds_outside_of_ns3s_range_are_refused);
    tcase_add_test(tc, events_run_in_order_of_time_then_of_scheduling);
    tcase_add_test(tc, events_at_the_end_wait_for_the_next_run);
    tcase_add_test(tc, a_run_that_was_stopped_goes_on_where_it_stood);
    tcase_add_test(tc, a_freed_event_neither_runs_nor_holds_the_simulation);
    tcase_add_test(tc, an_event_beyond_the_clock_never_comes);
    tcase_add_test(tc, callbacks_may_free_what_called_them);
    tcase_add_test(tc, a_timer_keeps_only_what_it_was_set_to_last);
    tcase_add_loop_test(tc, removed_events_never_run_and_the_others_keep_their_order, 0, 6);
    tcase_add_test(tc, a_timer_that_is_moved_a_million_times_leaves_one_event);
    tcase_add_test(tc, one_seed_and_run_give_one_result);
    tcase_add_test(tc, every_error_has_its_words);
    tcase_add_test(tc, the_version_is_that_of_ns3);
    tcase_add_test(tc, logging_asks_for_known_components_and_levels);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
