/* SPDX-License-Identifier: GPL-2.0-only */
/* The short way of a packet through ns-3 gives what ns-3's own way gives: every octet, at every time, in every order. */
#include "shim-test.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define TERMINALS 4

typedef struct World {
    Net net;
    Ns3cTcp *client[TERMINALS];
    Ns3cUdp *udp[TERMINALS], *server_udp;
    Ns3cTcpListener *listener;
    GPtrArray *accepted;           /* of Peer, owned */
    GString *log;                  /* what every callback was told, and when */
} World;

typedef struct Peer {
    World *world;
    Ns3cTcp *tcp;
} Peer;

typedef struct Deed {
    World *world;
    unsigned i;
    uint64_t at_ns;
    void (*fn)(World *world, unsigned i);
} Deed;

static World *world;               /* of the run that is going on */

static void
note(const char *what, unsigned long a, unsigned long b)
{
    g_string_append_printf(world->log, "%" G_GUINT64_FORMAT " %s %lu %lu\n", ns3c_sim_now(), what, a, b);
}

static unsigned long
sum(const uint8_t *octets, size_t len)
{
    unsigned long sum = len;

    for (size_t i = 0; i < len; i++)
        sum = 31 * sum + octets[i];
    return sum;
}

static void
connected_cb(void *user)
{
    uint8_t octets[20000];

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t) (i * 7);
    note("connected", 0, 0);
    ns3c_tcp_send(*(Ns3cTcp **) user, octets, sizeof octets);
}

static void
client_received_cb(void *user, const uint8_t *octets, size_t len)
{
    note("client received", len, sum(octets, len));
}

static void
client_closed_cb(void *user, bool reset)
{
    note("client closed", reset, 0);
}

static const Ns3cTcpCallbacks client_callbacks = { connected_cb, client_received_cb, client_closed_cb };

static void
peer_received_cb(void *user, const uint8_t *octets, size_t len)
{
    note("server received", len, sum(octets, len));
    ns3c_tcp_send(((Peer *) user)->tcp, octets, len / 3 + 1);
}

static void
peer_closed_cb(void *user, bool reset)
{
    Peer *peer = user;

    note("server closed", reset, 0);
    ns3c_tcp_close(g_steal_pointer(&peer->tcp));
}

static bool
accepted_cb(void *user, Ns3cTcp *tcp, uint32_t from)
{
    static const Ns3cTcpCallbacks callbacks = { NULL, peer_received_cb, peer_closed_cb };
    Peer *peer = g_new0(Peer, 1);

    peer->tcp = tcp;
    g_ptr_array_add(world->accepted, peer);
    ns3c_tcp_set_callbacks(tcp, &callbacks, peer);
    note("accepted", from, 0);
    return true;
}

static void
udp_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    note("datagram", from, sum(octets, len));
}

/* ---- deeds ---- */

static void
connect_it(World *w, unsigned i)
{
    w->client[i] = ns3c_tcp_connect(w->net.terminals[i], SERVER_ADDR, 443, &client_callbacks, &w->client[i]);
}

static void
refuse_it(World *w, unsigned i)
{
    w->client[i] = ns3c_tcp_connect(w->net.terminals[i], SERVER_ADDR, 80, &client_callbacks, &w->client[i]);
}

static void
close_it(World *w, unsigned i)
{
    ns3c_tcp_close(g_steal_pointer(&w->client[i]));
}

static void
free_it(World *w, unsigned i)
{
    w->client[i] = ns3c_tcp_free(w->client[i]);
}

/* Small, nothing, in fragments; to a port that nobody has; to oneself, another terminal, the gateway, nobody, everybody on the net. */
static void
send_datagrams(World *w, unsigned i)
{
    static const uint32_t to[] = {
        SERVER_ADDR, TERMINAL_ADDR, TERMINAL_ADDR + 1, GATEWAY_ADDR, CORE_ADDR, TERMINAL_ADDR + 50, PREFIX | 0xffff, 0xc0a80003u,
        0x01020304u,
    };
    static const size_t lens[] = { 1, 0, 700, 3000 };
    static uint8_t octets[3000];

    for (unsigned t = 0; t < G_N_ELEMENTS(to); t++) {
        for (unsigned l = 0; l < G_N_ELEMENTS(lens); l++) {
            note("sent", to[t], (unsigned long) ns3c_udp_send(w->udp[i], to[t], 7, octets, lens[l]));
            ns3c_udp_send(w->udp[i], to[t], 9, octets, lens[l]);
        }
    }
}

static void
answer_datagrams(World *w, unsigned i)
{
    static uint8_t octets[3000];

    ns3c_udp_send(w->server_udp, TERMINAL_ADDR + i, 7, octets, 100);
    ns3c_udp_send(w->server_udp, TERMINAL_ADDR + i, 9, octets, 100);
    ns3c_udp_send(w->server_udp, TERMINAL_ADDR + i, 7, octets, sizeof octets);
}

static void
move(World *w, unsigned i)
{
    ck_assert_int_eq(ns3c_port_down(w->net.ports[i]), 0);
    ck_assert_int_eq(ns3c_port_up(w->net.ports[i], TERMINAL_ADDR + 100 + i), 0);
}

static void
deed_cb(void *user)
{
    Deed *deed = user;

    deed->fn(deed->world, deed->i);
}

static Deed deeds[] = {
    { .at_ns = 0, .i = 0, .fn = connect_it },
    { .at_ns = 3 * MS, .i = 1, .fn = connect_it },
    { .at_ns = 3 * MS, .i = 2, .fn = connect_it },
    { .at_ns = 5 * MS, .i = 3, .fn = refuse_it },
    { .at_ns = 10 * MS, .i = 0, .fn = send_datagrams },
    { .at_ns = 10 * MS, .i = 1, .fn = answer_datagrams },
    { .at_ns = 500 * MS, .i = 2, .fn = send_datagrams },
    { .at_ns = 900 * MS, .i = 3, .fn = free_it },
    { .at_ns = 900 * MS, .i = 3, .fn = connect_it },
    { .at_ns = 950 * MS, .i = 3, .fn = move },
    { .at_ns = 960 * MS, .i = 3, .fn = answer_datagrams },
    { .at_ns = 970 * MS, .i = 3, .fn = send_datagrams },
    { .at_ns = 2 * SECOND, .i = 0, .fn = close_it },
    { .at_ns = 60 * SECOND, .i = 1, .fn = close_it },
    { .at_ns = 60 * SECOND, .i = 2, .fn = free_it },
    { .at_ns = 61 * SECOND, .i = 0, .fn = connect_it },
    { .at_ns = 90 * SECOND, .i = 0, .fn = close_it },
    { .at_ns = 90 * SECOND, .i = 3, .fn = free_it },
};

static void
peer_free(void *data)
{
    Peer *peer = data;

    ns3c_tcp_free(peer->tcp);
    g_free(peer);
}

/* Returns: (transfer full): the capture and the log, one after the other. */
static char *
live(bool short_way, const Ns3cPortConfig *config, uint64_t rate_bps, gsize *ret_len, uint64_t *ret_events)
{
    g_autofree char *path = g_strdup_printf("%s/shim-short-way-%d.pcap", g_get_tmp_dir(), (int) getpid());
    World w = { .log = g_string_new(NULL), .accepted = g_ptr_array_new_with_free_func(peer_free) };
    Ns3cEvent *events[G_N_ELEMENTS(deeds)];
    char *all;
    g_autofree char *file = NULL;

    world = &w;
    ns3c_set_short_way(short_way);
    ck_assert_int_eq(ns3c_sim_init(7, 3), 0);
    net_open(&w.net, TERMINALS, config, rate_bps, rate_bps);
    ck_assert_int_eq(ns3c_access_capture(w.net.access, path, 0), 0);
    w.listener = ns3c_tcp_listen(w.net.server, 443, accepted_cb, NULL);
    w.server_udp = ns3c_udp_new(w.net.server, 7, udp_cb, NULL);
    for (unsigned i = 0; i < TERMINALS; i++)
        w.udp[i] = ns3c_udp_new(w.net.terminals[i], 7, udp_cb, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(deeds); i++) {
        deeds[i].world = &w;
        events[i] = ns3c_event_new(deeds[i].at_ns, deed_cb, &deeds[i]);
    }
    ns3c_sim_run(NS3C_FOREVER);
    *ret_events = ns3c_sim_event_count();
    ck_assert_int_eq(ns3c_access_capture_close(w.net.access), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(deeds); i++)
        ns3c_event_free(events[i]);
    for (unsigned i = 0; i < TERMINALS; i++) {
        ns3c_tcp_free(w.client[i]);
        ns3c_udp_free(w.udp[i]);
    }
    g_ptr_array_unref(w.accepted);
    ns3c_udp_free(w.server_udp);
    ns3c_tcp_listener_free(w.listener);
    net_close(&w.net);
    ns3c_set_short_way(true);
    ck_assert(g_file_get_contents(path, &file, ret_len, NULL));
    g_unlink(path);
    ck_assert_uint_gt(w.log->len, 2000);
    all = g_malloc(*ret_len + w.log->len);
    memcpy(all, file, *ret_len);
    memcpy(all + *ret_len, w.log->str, w.log->len);
    *ret_len += w.log->len;
    g_string_free(w.log, TRUE);
    return all;
}

static const struct {
    const char *name;
    Ns3cPortConfig config;
    uint64_t rate_bps;
} worlds[] = {
    { "nothing in the way", { .delay_ns = 0 }, 0 },
    { "delay and rates", { .rate_bps = 1000000, .delay_ns = 20 * MS }, 2000000 },
    { "a tenth is lost", { .rate_bps = 1000000, .delay_ns = 20 * MS, .loss = 0.1, .loss_stream = 5 }, 0 },
};

START_TEST(both_ways_give_the_same_packets_at_the_same_times)
{
    gsize short_len, long_len;
    uint64_t short_events, long_events;
    g_autofree char *short_all = live(true, &worlds[_i].config, worlds[_i].rate_bps, &short_len, &short_events);
    g_autofree char *long_all = live(false, &worlds[_i].config, worlds[_i].rate_bps, &long_len, &long_events);

    ck_assert_msg(short_len == long_len && memcmp(short_all, long_all, short_len) == 0, "%s", worlds[_i].name);
    ck_assert_uint_eq(short_events, long_events);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-short-way");
    TCase *tc = tcase_create("short-way");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, both_ways_give_the_same_packets_at_the_same_times, 0, G_N_ELEMENTS(worlds));
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
