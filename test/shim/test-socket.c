/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

#include <malloc.h>

static const Ns3cPortConfig plain = { .rate_bps = 10000000, .delay_ns = 20 * MS };

/* What happened at one end, and what to do about it. */
typedef enum Deed { NOTHING, CLOSE, FREE, REFUSE, ECHO, TRY_TO_ECHO } Deed;
typedef struct End {
    Ns3cTcp *tcp;
    GByteArray *got;
    unsigned connected, closed, accepted;
    bool reset;
    uint64_t closed_ns;
    uint32_t from;
    Deed on_connected, on_received, on_closed, on_accepted;
} End;

static bool in_call;        /* one of our functions is running: no callback may come */

static void
act(End *e, Deed deed)
{
    if (deed == CLOSE)
        ns3c_tcp_close(g_steal_pointer(&e->tcp));
    else if (deed == FREE)
        e->tcp = ns3c_tcp_free(e->tcp);
}

static void
connected_cb(void *user)
{
    End *e = user;

    ck_assert(!in_call);
    e->connected++;
    act(e, e->on_connected);
}

static void
received_cb(void *user, const uint8_t *octets, size_t len)
{
    End *e = user;

    ck_assert(!in_call);
    ck_assert_uint_gt(len, 0);
    if (!e->got)
        e->got = g_byte_array_new();
    g_byte_array_append(e->got, octets, (guint) len);
    if (e->on_received == ECHO)
        ck_assert_int_eq(ns3c_tcp_send(e->tcp, octets, len), 0);
    else if (e->on_received == TRY_TO_ECHO)
        ns3c_tcp_send(e->tcp, octets, len);
    act(e, e->on_received);
}

static void
closed_cb(void *user, bool reset)
{
    End *e = user;

    ck_assert(!in_call);
    e->closed++;
    e->reset = reset;
    e->closed_ns = ns3c_sim_now();
    act(e, e->on_closed);
}

static const Ns3cTcpCallbacks callbacks = { .connected = connected_cb, .received = received_cb, .closed = closed_cb };

static bool
accepted_cb(void *user, Ns3cTcp *tcp, uint32_t from)
{
    End *e = user;

    ck_assert(!in_call);
    e->accepted++;
    e->from = from;
    if (e->on_accepted == REFUSE || e->tcp)
        return false;
    e->tcp = tcp;
    ns3c_tcp_set_callbacks(tcp, &callbacks, e);
    act(e, e->on_accepted);
    return true;
}

typedef struct Pair {
    Net net;
    Ns3cTcpListener *listener;
    End client, server;
} Pair;

static Ns3cTcp *
pair_connect(Pair *p)
{
    Ns3cTcp *tcp;

    in_call = true;
    tcp = ns3c_tcp_connect(p->net.terminals[0], SERVER_ADDR, 443, &callbacks, &p->client);
    in_call = false;
    return tcp;
}

static void
pair_open(Pair *p, const Ns3cPortConfig *config)
{
    *p = (Pair) { 0 };
    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    net_open(&p->net, 2, config, 0, 0);
    p->listener = ns3c_tcp_listen(p->net.server, 443, accepted_cb, &p->server);
    ck_assert_ptr_nonnull(p->listener);
}

static void
end_clear(End *e)
{
    e->tcp = ns3c_tcp_free(e->tcp);
    if (e->got)
        g_byte_array_unref(e->got);
    e->got = NULL;
}

static void
pair_close(Pair *p)
{
    end_clear(&p->client);
    end_clear(&p->server);
    p->listener = ns3c_tcp_listener_free(p->listener);
    net_close(&p->net);
}

static void
send_text(End *e, const char *text)
{
    in_call = true;
    ck_assert_int_eq(ns3c_tcp_send(e->tcp, (const uint8_t *) text, strlen(text)), 0);
    in_call = false;
}

static void
close_end(End *e)
{
    in_call = true;
    ns3c_tcp_close(g_steal_pointer(&e->tcp));
    in_call = false;
}

static void
check_got(const End *e, const char *text)
{
    ck_assert_ptr_nonnull(e->got);
    ck_assert_mem_eq(e->got->data, text, strlen(text));
    ck_assert_uint_eq(e->got->len, strlen(text));
}

/* ---- how it begins ---- */

START_TEST(both_ends_talk)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ck_assert_ptr_nonnull(p.client.tcp);
    send_text(&p.client, "early");              /* waits for the connection */
    ns3c_sim_run(SECOND);
    ck_assert_uint_eq(p.client.connected, 1);
    ck_assert_uint_eq(p.server.accepted, 1);
    ck_assert_uint_eq(p.server.from, TERMINAL_ADDR);
    check_got(&p.server, "early");
    send_text(&p.server, "answer");
    ns3c_sim_run(2 * SECOND);
    check_got(&p.client, "answer");
    ck_assert_uint_eq(p.client.closed + p.server.closed, 0);
    pair_close(&p);
}
END_TEST

START_TEST(nobody_listening_is_a_reset)
{
    Pair p;

    pair_open(&p, &plain);
    p.listener = ns3c_tcp_listener_free(p.listener);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.client.connected, 0);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(p.client.reset);
    ck_assert_uint_eq(p.client.closed_ns / MS, 42);     /* one round trip */
    ck_assert_int_eq(ns3c_tcp_send(p.client.tcp, (const uint8_t *) "x", 1), NS3C_ERR_STATE);
    pair_close(&p);
}
END_TEST

START_TEST(a_listener_may_refuse)
{
    Pair p;

    pair_open(&p, &plain);
    p.server.on_accepted = REFUSE;
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.server.accepted, 1);
    ck_assert_uint_eq(p.client.connected, 1);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(p.client.reset);
    pair_close(&p);
}
END_TEST

START_TEST(a_listener_that_goes_takes_the_unfinished_along)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(30 * MS);                      /* SYN is there, the last acknowledgement is not */
    p.listener = ns3c_tcp_listener_free(p.listener);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.server.accepted, 0);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(p.client.reset);
    pair_close(&p);
}
END_TEST

START_TEST(a_port_has_one_listener_at_a_time)
{
    Pair p;

    pair_open(&p, &plain);
    ck_assert_ptr_null(ns3c_tcp_listen(p.net.server, 443, accepted_cb, &p.server));
    ck_assert_ptr_null(ns3c_tcp_listen(p.net.server, 0, accepted_cb, &p.server));
    p.listener = ns3c_tcp_listener_free(p.listener);
    p.listener = ns3c_tcp_listen(p.net.server, 443, accepted_cb, &p.server);
    ck_assert_ptr_nonnull(p.listener);
    pair_close(&p);
}
END_TEST

START_TEST(where_to_connect_is_checked)
{
    static const struct { uint32_t addr; uint16_t port; } cases[] = {
        { 0, 443 }, { 0xffffffff, 443 }, { 0xe0000001, 443 }, { SERVER_ADDR, 0 },
    };
    Pair p;

    pair_open(&p, &plain);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        ck_assert_ptr_null(ns3c_tcp_connect(p.net.terminals[0], cases[i].addr, cases[i].port, &callbacks, &p.client));
    ck_assert_int_eq(ns3c_port_down(p.net.ports[0]), 0);
    ck_assert_ptr_null(pair_connect(&p));
    ck_assert_ptr_null(ns3c_tcp_free(NULL));
    ck_assert_ptr_null(ns3c_tcp_listener_free(NULL));
    pair_close(&p);
}
END_TEST

/* ---- how much ---- */

/* Reno without SACK, over a lossy access, a flight of many times the buffer of 131072. */
START_TEST(a_large_flight_arrives_whole_also_over_losses)
{
    enum { N = 1000000 };
    const Ns3cPortConfig config = { .rate_bps = 50000000, .delay_ns = 5 * MS, .loss = _i ? 0.01 : 0, .loss_stream = 3 };
    Pair p;
    uint8_t *flight = g_malloc(N);

    for (unsigned i = 0; i < N; i++)
        flight[i] = (uint8_t) (i * 2654435761u >> 24);
    pair_open(&p, &config);
    p.client.tcp = pair_connect(&p);
    ck_assert_int_eq(ns3c_tcp_send(p.client.tcp, flight, N), 0);
    ck_assert_int_eq(ns3c_tcp_send(p.client.tcp, (const uint8_t *) "end", 3), 0);
    close_end(&p.client);                       /* FIN after all of it */
    p.server.on_closed = CLOSE;
    ns3c_sim_run(600 * SECOND);
    ck_assert_ptr_nonnull(p.server.got);
    ck_assert_uint_eq(p.server.got->len, N + 3);
    ck_assert_mem_eq(p.server.got->data, flight, N);
    ck_assert_mem_eq(p.server.got->data + N, "end", 3);
    ck_assert_uint_eq(p.server.closed, 1);
    ck_assert(!p.server.reset);
    ck_assert_uint_lt(p.server.closed_ns, (_i ? 60 : 3) * SECOND);
    g_free(flight);
    pair_close(&p);
}
END_TEST

START_TEST(octets_are_echoed_in_order)
{
    enum { N = 200000 };
    const Ns3cPortConfig config = { .rate_bps = 50000000, .delay_ns = 5 * MS, .loss = 0.01, .loss_stream = 4 };
    Pair p;
    uint8_t *octets = g_malloc(N);

    for (unsigned i = 0; i < N; i++)
        octets[i] = (uint8_t) (i * 2246822519u >> 23);
    pair_open(&p, &config);
    p.server.on_received = ECHO;
    p.client.tcp = pair_connect(&p);
    for (unsigned at = 0; at < N; at += 1000)
        ck_assert_int_eq(ns3c_tcp_send(p.client.tcp, octets + at, 1000), 0);
    ns3c_sim_run(300 * SECOND);
    ck_assert_ptr_nonnull(p.client.got);
    ck_assert_uint_eq(p.client.got->len, N);
    ck_assert_mem_eq(p.client.got->data, octets, N);
    g_free(octets);
    pair_close(&p);
}
END_TEST

/* ---- how it ends ---- */

START_TEST(an_orderly_end_is_told_as_such_and_leaves_nothing)
{
    Pair p;

    pair_open(&p, &plain);
    p.server.on_closed = CLOSE;
    p.client.tcp = pair_connect(&p);
    send_text(&p.client, "bye");
    close_end(&p.client);
    ns3c_sim_run(NS3C_FOREVER);
    check_got(&p.server, "bye");
    ck_assert_uint_eq(p.server.closed, 1);
    ck_assert(!p.server.reset);
    ck_assert_uint_eq(p.client.closed, 0);              /* no callback follows a close */
    ck_assert_uint_lt(ns3c_sim_now(), 5 * SECOND);      /* TIME_WAIT is short, and no timer is left */
    pair_close(&p);
}
END_TEST

START_TEST(the_server_may_end_first)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.on_closed = CLOSE;
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    send_text(&p.server, "bye");
    close_end(&p.server);
    ns3c_sim_run(NS3C_FOREVER);
    check_got(&p.client, "bye");
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(!p.client.reset);
    ck_assert_uint_lt(ns3c_sim_now(), 5 * SECOND);
    pair_close(&p);
}
END_TEST

START_TEST(both_may_end_at_once)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    close_end(&p.client);
    close_end(&p.server);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_lt(ns3c_sim_now(), 65 * SECOND);
    pair_close(&p);
}
END_TEST

START_TEST(after_the_peers_fin_there_is_still_an_answer)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    close_end(&p.server);
    ns3c_sim_run(2 * SECOND);
    ck_assert_uint_eq(p.client.closed, 1);
    send_text(&p.client, "one more");
    close_end(&p.client);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_lt(ns3c_sim_now(), 10 * SECOND);
    pair_close(&p);
}
END_TEST

START_TEST(octets_for_one_that_vanished_are_answered_by_a_reset)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    p.server.tcp = ns3c_tcp_free(p.server.tcp);
    ns3c_sim_run(2 * SECOND);
    ck_assert_uint_eq(p.client.closed, 0);              /* silent */
    send_text(&p.client, "hello?");
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(p.client.reset);
    pair_close(&p);
}
END_TEST

static bool
count_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    ++*(unsigned *) user;
    return true;
}

START_TEST(a_freed_connection_is_silent)
{
    Pair p;
    unsigned packets = 0;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    send_text(&p.client, "never sent");
    p.client.tcp = ns3c_tcp_free(p.client.tcp);
    ns3c_access_set_tap(p.net.access, count_cb, &packets);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(packets, 0);
    ck_assert_uint_eq(p.server.closed, 0);
    ck_assert_uint_lt(ns3c_sim_now(), 4 * SECOND);      /* ns-3 leaves cancelled timers in its queue */
    pair_close(&p);
}
END_TEST

/* Every callback, doing away with the connection that it is about, one way or the other. */
static const struct { const char *name; End client, server; } deeds[] = {
    { "client closes on connected",  { .on_connected = CLOSE }, { .on_closed = CLOSE } },
    { "client frees on connected",   { .on_connected = FREE },  { 0 } },
    { "client closes on received",   { .on_received = CLOSE },  { .on_received = ECHO, .on_closed = CLOSE } },
    { "client frees on received",    { .on_received = FREE },   { .on_received = ECHO } },
    { "client closes on closed",     { .on_closed = CLOSE },    { .on_received = CLOSE } },
    { "client frees on closed",      { .on_closed = FREE },     { .on_received = CLOSE } },
    { "server closes on accepted",   { .on_closed = CLOSE },    { .on_accepted = CLOSE } },
    { "server frees on accepted",    { .on_closed = FREE },     { .on_accepted = FREE } },
    { "server frees on received",    { .on_closed = FREE },     { .on_received = FREE } },
    { "server frees on closed",      { .on_received = CLOSE },  { .on_received = ECHO, .on_closed = FREE } },
};

START_TEST(callbacks_may_end_the_connection)
{
    Pair p;

    pair_open(&p, &plain);
    p.client = deeds[_i].client;
    p.server = deeds[_i].server;
    p.client.tcp = pair_connect(&p);
    for (unsigned i = 0; i < 100; i++)
        send_text(&p.client, "0123456789");
    ns3c_sim_run(400 * SECOND);
    ck_assert_uint_eq(p.server.accepted, 1);
    ck_assert_msg(p.client.tcp == NULL || p.server.tcp == NULL, "%s", deeds[_i].name);
    pair_close(&p);
}
END_TEST

/* ---- black holes ---- */

static void
into_the_dark(Pair *p)
{
    pair_open(p, &plain);
    p->client.tcp = pair_connect(p);
    ns3c_sim_run(SECOND);
    ck_assert_uint_eq(p->client.connected, 1);
    ns3c_port_set_blocked(p->net.ports[0], true);
}

START_TEST(a_fin_into_a_black_hole_is_given_up)
{
    Pair p;

    into_the_dark(&p);
    close_end(&p.client);
    close_end(&p.server);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_le(ns3c_sim_now(), 62 * SECOND);
    ns3c_port_set_blocked(p.net.ports[0], false);
    pair_close(&p);
}
END_TEST

START_TEST(data_into_a_black_hole_fails_closed_or_not)
{
    Pair p;

    into_the_dark(&p);
    send_text(&p.client, "lost");
    send_text(&p.server, "lost too");
    close_end(&p.server);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(p.client.reset);
    ck_assert_uint_lt(ns3c_sim_now(), 250 * SECOND);
    pair_close(&p);
}
END_TEST

START_TEST(a_fin_survives_an_outage_shorter_than_a_minute)
{
    Pair p;

    into_the_dark(&p);
    p.server.on_closed = CLOSE;
    close_end(&p.client);
    ns3c_sim_run(40 * SECOND);
    ns3c_port_set_blocked(p.net.ports[0], false);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.server.closed, 1);
    ck_assert(!p.server.reset);
    ck_assert_uint_lt(ns3c_sim_now(), 50 * SECOND);
    pair_close(&p);
}
END_TEST

START_TEST(a_connect_into_a_black_hole_fails_or_is_freed)
{
    Pair p;

    pair_open(&p, &plain);
    ns3c_port_set_blocked(p.net.ports[0], true);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(10 * SECOND);
    p.client.tcp = ns3c_tcp_free(p.client.tcp);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(ns3c_sim_now(), 10 * SECOND);
    ck_assert_uint_eq(p.client.closed, 0);

    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert(p.client.reset);
    ck_assert_uint_lt(ns3c_sim_now(), 220 * SECOND);
    p.client.tcp = ns3c_tcp_free(p.client.tcp);

    p.client.tcp = pair_connect(&p);
    close_end(&p.client);                       /* before it is connected */
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.client.closed, 1);
    pair_close(&p);
}
END_TEST

START_TEST(a_peer_that_never_closes_does_not_keep_what_we_closed)
{
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    close_end(&p.client);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_le(ns3c_sim_now(), 125 * SECOND);
    ck_assert_uint_eq(p.server.closed, 1);
    pair_close(&p);
}
END_TEST

START_TEST(a_simulation_may_be_destroyed_with_connections_in_every_state)
{
    for (uint64_t at = 0; at < 200 * MS; at += 5 * MS) {
        Pair p;

        pair_open(&p, &plain);
        p.server.on_received = ECHO;
        p.client.tcp = pair_connect(&p);
        send_text(&p.client, "x");
        ns3c_sim_run(at);
        if (at % (10 * MS))
            close_end(&p.client);
        ns3c_sim_run(at + 3 * MS);
        pair_close(&p);
    }
}
END_TEST

/* ---- addresses that change hands ---- */

static bool
source_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    ck_assert(!uplink || packet[15] == (uint8_t) (TERMINAL_ADDR + 7));
    ++*(unsigned *) user;
    return true;
}

START_TEST(nothing_is_sent_from_an_address_that_is_gone)
{
    Pair p;
    Ns3cPortCounters before, after;
    unsigned packets = 0;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    close_end(&p.client);                       /* its FIN is repeated for a minute */
    ns3c_port_set_blocked(p.net.ports[0], true);
    ns3c_sim_run(2 * SECOND);
    ck_assert_int_eq(ns3c_port_down(p.net.ports[0]), 0);
    ns3c_port_set_blocked(p.net.ports[0], false);
    ck_assert_int_eq(ns3c_port_up(p.net.ports[0], TERMINAL_ADDR + 7), 0);
    ns3c_port_counters(p.net.ports[0], &before);
    ns3c_access_set_tap(p.net.access, source_cb, &packets);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(NS3C_FOREVER);
    ns3c_port_counters(p.net.ports[0], &after);
    ck_assert_uint_eq(p.client.connected, 2);
    ck_assert_uint_ge(packets, 3);
    ck_assert_uint_gt(after.lost, before.lost + 10);
    pair_close(&p);
}
END_TEST

START_TEST(who_inherits_an_address_does_not_inherit_its_connections)
{
    Pair p;
    End second = { 0 };

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    /* The first goes without a word; the server still believes in it. */
    p.client.tcp = ns3c_tcp_free(p.client.tcp);
    ck_assert_int_eq(ns3c_port_down(p.net.ports[0]), 0);
    ck_assert_int_eq(ns3c_port_down(p.net.ports[1]), 0);
    ck_assert_int_eq(ns3c_port_up(p.net.ports[1], TERMINAL_ADDR), 0);
    p.server.tcp = ns3c_tcp_free(p.server.tcp);
    p.server = (End) { .on_received = ECHO };
    second.tcp = ns3c_tcp_connect(p.net.terminals[1], SERVER_ADDR, 443, &callbacks, &second);
    send_text(&second, "mine");
    ns3c_sim_run(2 * SECOND);
    check_got(&second, "mine");
    end_clear(&second);
    pair_close(&p);
}
END_TEST

START_TEST(a_half_open_connection_of_a_former_owner_is_not_in_the_way)
{
    Pair p;
    End second = { 0 }, stale;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    stale = p.server;                           /* stays open at the server */
    ns3c_tcp_set_callbacks(stale.tcp, &callbacks, &stale);
    p.server = (End) { .on_received = ECHO };
    p.client.tcp = ns3c_tcp_free(p.client.tcp);
    ck_assert_int_eq(ns3c_port_down(p.net.ports[0]), 0);
    ck_assert_int_eq(ns3c_port_down(p.net.ports[1]), 0);
    ck_assert_int_eq(ns3c_port_up(p.net.ports[1], TERMINAL_ADDR), 0);
    second.tcp = ns3c_tcp_connect(p.net.terminals[1], SERVER_ADDR, 443, &callbacks, &second);
    send_text(&second, "mine");
    ns3c_sim_run(2 * SECOND);
    ck_assert_uint_eq(second.connected, 1);
    check_got(&second, "mine");
    send_text(&stale, "are you there?");        /* the new owner's stack answers with a reset */
    ns3c_sim_run(3 * SECOND);
    ck_assert_uint_eq(stale.closed, 1);
    ck_assert(stale.reset);
    end_clear(&stale);
    end_clear(&second);
    pair_close(&p);
}
END_TEST

/* ---- many ---- */

START_TEST(ten_thousand_connections_leave_no_memory_behind)
{
    Pair p;
    size_t after_warming = 0;

    pair_open(&p, &plain);
    for (unsigned i = 0; i < 10000; i++) {
        p.client = (End) { .on_received = CLOSE };
        p.server = (End) { .on_received = ECHO, .on_closed = CLOSE };
        p.client.tcp = pair_connect(&p);
        send_text(&p.client, "a question");
        ns3c_sim_run(ns3c_sim_now() + SECOND);
        ck_assert_uint_eq(p.client.connected, 1);
        ck_assert_uint_eq(p.server.closed, 1);
        ck_assert_ptr_null(p.client.tcp);
        ck_assert_ptr_null(p.server.tcp);
        end_clear(&p.client);
        end_clear(&p.server);
        if (i == 1000)
            after_warming = mallinfo2().uordblks;
    }
    ck_assert_uint_le(mallinfo2().uordblks, after_warming + 100000);
    ns3c_sim_run(NS3C_FOREVER);
    pair_close(&p);
}
END_TEST

START_TEST(two_sockets_of_one_node_talk)
{
    Pair p;

    pair_open(&p, &plain);
    in_call = true;
    p.client.tcp = ns3c_tcp_connect(p.net.server, SERVER_ADDR, 443, &callbacks, &p.client);
    in_call = false;
    ck_assert_ptr_nonnull(p.client.tcp);
    p.server.on_received = ECHO;
    p.client.on_closed = CLOSE;
    send_text(&p.client, "to myself");
    ns3c_sim_run(SECOND);
    check_got(&p.client, "to myself");
    close_end(&p.server);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(p.client.closed, 1);
    ck_assert_uint_lt(ns3c_sim_now(), 5 * SECOND);
    pair_close(&p);
}
END_TEST

/* ---- somebody on the path ---- */

/* Changes one field of TCP packets one way: up to @times of them, after @skip others. */
typedef struct Forger {
    bool uplink;
    unsigned skip, times, done;
    size_t octet, len;
    uint8_t value[4];
} Forger;

static bool
forger_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    Forger *f = user;

    if (uplink != f->uplink || packet[9] != 6)
        return true;
    if (f->skip) {
        f->skip--;
    } else if (f->done < f->times) {
        f->done++;
        ck_assert_uint_le(f->octet + f->len, len);
        memcpy(packet + f->octet, f->value, f->len);
    }
    return true;
}

/* IPv4's header is 20 octets: sequence number at 24, acknowledgement at 28, data offset at 32, flags at 33, window at 34. */
START_TEST(an_acknowledgement_of_what_was_never_sent_is_not_believed)
{
    Forger forger = { .uplink = true, .times = 3, .octet = 28, .len = 4, .value = { 0x00, 0x10, 0x00, 0x00 } };
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    ns3c_access_set_tap(p.net.access, forger_cb, &forger);
    for (unsigned i = 0; i < 20; i++)
        send_text(&p.server, "0123456789");
    ns3c_sim_run(20 * SECOND);
    ck_assert_uint_eq(forger.done, 3);
    for (unsigned i = 0; i < 20; i++)
        send_text(&p.server, "0123456789");
    ns3c_sim_run(40 * SECOND);
    ck_assert_uint_eq(p.client.got->len, 400);
    ck_assert_uint_eq(p.client.closed + p.server.closed, 0);
    pair_close(&p);
}
END_TEST

START_TEST(a_window_that_somebody_closed_is_probed_when_there_is_something_to_send)
{
    Forger forger = { .uplink = true, .times = 1, .octet = 34, .len = 2 };
    Pair p;

    pair_open(&p, &plain);
    p.client.tcp = pair_connect(&p);
    ns3c_sim_run(SECOND);
    ns3c_access_set_tap(p.net.access, forger_cb, &forger);
    send_text(&p.client, "with a window of 0");
    ns3c_sim_run(60 * SECOND);                          /* nothing to probe with */
    ck_assert_uint_eq(forger.done, 1);
    check_got(&p.server, "with a window of 0");
    send_text(&p.server, "still there");
    ns3c_sim_run(120 * SECOND);
    check_got(&p.client, "still there");
    pair_close(&p);
}
END_TEST

/* A first SYN that no stack takes, so that the connection is made by the second, three seconds later. */
static const struct { const char *name; size_t octet; uint8_t value; } malformed[] = {
    { "an IPv4 option",             0, 0x46 },
    { "IPv6",                       0, 0x65 },
    { "a longer packet",            3, 41 },
    { "a shorter packet",           3, 39 },
    { "a later fragment",           7, 1 },
    { "more to come",               6, 0x20 },
    { "a multicast source",        12, 224 },
    { "a source of no host",       12, 0 },
    { "a loopback source",         12, 127 },
    { "a multicast destination",   16, 239 },
    { "a loopback destination",    16, 127 },
    { "a header of 4 words",       32, 0x40 },
    { "a header beyond the end",   32, 0x60 },
};

START_TEST(what_no_stack_would_take_never_comes_to_ns3)
{
    Forger forger = { .uplink = true, .times = 1, .octet = malformed[_i].octet, .len = 1, .value = { malformed[_i].value } };
    Pair p;

    pair_open(&p, &plain);
    p.server.on_received = ECHO;
    ns3c_access_set_tap(p.net.access, forger_cb, &forger);
    p.client.tcp = pair_connect(&p);
    send_text(&p.client, "hello");
    ns3c_sim_run(2 * SECOND);
    ck_assert_msg(p.server.accepted == 0 && p.client.connected == 0, "%s", malformed[_i].name);
    ns3c_sim_run(5 * SECOND);
    check_got(&p.client, "hello");
    pair_close(&p);
}
END_TEST

typedef struct Vandal { uint64_t state; unsigned one_in; } Vandal;

static bool
vandal_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    Vandal *v = user;

    v->state = v->state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    if ((v->state >> 33) % v->one_in == 0) {
        unsigned bits = 1 + (unsigned) (v->state >> 60) % 3;

        while (bits--) {
            v->state = v->state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            /* Mostly in the headers, where it hurts. */
            packet[(v->state >> 33) % ((v->state >> 20) % 4 && len > 44 ? 44 : len)] ^= (uint8_t) (1 << (v->state >> 61));
        }
    }
    return true;
}

START_TEST(flipped_bits_in_any_header_end_nothing_but_connections)
{
    Pair p;
    Vandal vandal = { .state = (uint64_t) _i, .one_in = 1 + (unsigned) _i % 8 };

    pair_open(&p, &plain);
    ns3c_access_set_tap(p.net.access, vandal_cb, &vandal);
    for (unsigned i = 0; i < 100; i++) {
        p.client = (End) { .on_received = i % 3 ? CLOSE : NOTHING, .on_closed = FREE };
        p.server = (End) { .on_received = TRY_TO_ECHO, .on_closed = CLOSE };
        p.client.tcp = pair_connect(&p);
        send_text(&p.client, "0123456789012345678901234567890123456789");
        ns3c_sim_run(ns3c_sim_now() + 20 * SECOND);
        end_clear(&p.client);
        end_clear(&p.server);
    }
    ns3c_sim_run(ns3c_sim_now() + 1000 * SECOND);
    pair_close(&p);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-socket");
    TCase *tc = tcase_create("socket"), *many = tcase_create("many"), *path = tcase_create("path");

    tcase_set_timeout(tc, 120);
    tcase_set_timeout(many, 120);
    tcase_set_timeout(path, 120);
    tcase_add_test(tc, both_ends_talk);
    tcase_add_test(tc, nobody_listening_is_a_reset);
    tcase_add_test(tc, a_listener_may_refuse);
    tcase_add_test(tc, a_listener_that_goes_takes_the_unfinished_along);
    tcase_add_test(tc, a_port_has_one_listener_at_a_time);
    tcase_add_test(tc, where_to_connect_is_checked);
    tcase_add_loop_test(tc, a_large_flight_arrives_whole_also_over_losses, 0, 2);
    tcase_add_test(tc, octets_are_echoed_in_order);
    tcase_add_test(tc, an_orderly_end_is_told_as_such_and_leaves_nothing);
    tcase_add_test(tc, the_server_may_end_first);
    tcase_add_test(tc, both_may_end_at_once);
    tcase_add_test(tc, after_the_peers_fin_there_is_still_an_answer);
    tcase_add_test(tc, octets_for_one_that_vanished_are_answered_by_a_reset);
    tcase_add_test(tc, a_freed_connection_is_silent);
    tcase_add_loop_test(tc, callbacks_may_end_the_connection, 0, G_N_ELEMENTS(deeds));
    tcase_add_test(tc, a_fin_into_a_black_hole_is_given_up);
    tcase_add_test(tc, data_into_a_black_hole_fails_closed_or_not);
    tcase_add_test(tc, a_fin_survives_an_outage_shorter_than_a_minute);
    tcase_add_test(tc, a_connect_into_a_black_hole_fails_or_is_freed);
    tcase_add_test(tc, a_peer_that_never_closes_does_not_keep_what_we_closed);
    tcase_add_test(tc, a_simulation_may_be_destroyed_with_connections_in_every_state);
    tcase_add_test(tc, nothing_is_sent_from_an_address_that_is_gone);
    tcase_add_test(tc, who_inherits_an_address_does_not_inherit_its_connections);
    tcase_add_test(tc, a_half_open_connection_of_a_former_owner_is_not_in_the_way);
    tcase_add_test(tc, two_sockets_of_one_node_talk);
    tcase_add_test(many, ten_thousand_connections_leave_no_memory_behind);
    tcase_add_test(path, an_acknowledgement_of_what_was_never_sent_is_not_believed);
    tcase_add_test(path, a_window_that_somebody_closed_is_probed_when_there_is_something_to_send);
    tcase_add_loop_test(path, what_no_stack_would_take_never_comes_to_ns3, 0, G_N_ELEMENTS(malformed));
    tcase_add_loop_test(path, flipped_bits_in_any_header_end_nothing_but_connections, 0, 32);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, many);
    suite_add_tcase(s, path);
    return s;
}

PROSE_TEST_MAIN(make_suite)
