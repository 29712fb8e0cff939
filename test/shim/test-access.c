/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

static const Ns3cPortConfig plain = { .delay_ns = 10 * MS };

typedef struct Mail {
    unsigned count;
    uint32_t from;
    uint64_t at_ns;
    uint8_t first;
} Mail;

static void
mail_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    Mail *m = user;

    m->count++;
    m->from = from;
    m->at_ns = ns3c_sim_now();
    m->first = octets[0];
}

static uint8_t payload[972];            /* with IPv4 and UDP headers 1000 octets */

static void
open_with(Net *net, unsigned n, const Ns3cPortConfig *config, uint64_t up, uint64_t down)
{
    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    net_open(net, n, config, up, down);
}

static void
send_to(Ns3cUdp *udp, uint32_t to)
{
    ck_assert_int_eq(ns3c_udp_send(udp, to, 7, payload, sizeof payload), 0);
}

/* ---- what is refused ---- */

START_TEST(an_access_checks_its_addresses)
{
    static const struct { const char *name; uint32_t gateway, prefix; unsigned len; bool ok; } cases[] = {
        { "a 16",                  0x0a000001, 0x0a000000, 16, true },
        { "a gateway elsewhere",   0x0b000001, 0x0a000000, 16, true },
        { "host bits",             0x0a000001, 0x0a000001, 16, false },
        { "no prefix",             0x0a000001, 0,           0, false },
        { "too long",              0x0a000001, 0x0a000000, 33, false },
        { "multicast",             0x0a000001, 0xe0000000, 16, false },
        { "a gateway of no host",  0,          0x0a000000, 16, false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Ns3cNode *gateway;
        Ns3cAccess *access;

        ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
        gateway = ns3c_node_new(true);
        access = ns3c_access_new(gateway, cases[i].gateway, cases[i].prefix, cases[i].len, 0, 0);
        ck_assert_msg((access != NULL) == cases[i].ok, "%s", cases[i].name);
        ck_assert_ptr_null(ns3c_access_free(access));
        ns3c_node_free(gateway);
        ns3c_sim_destroy();
    }
}
END_TEST

START_TEST(a_port_checks_its_numbers)
{
    static const struct { const char *name; Ns3cPortConfig config; bool ok; } cases[] = {
        { "all zero",           { 0 }, true },
        { "certain loss",       { .loss = 1 }, true },
        { "more than certain",  { .loss = 1.01 }, false },
        { "less than none",     { .loss = -0.01 }, false },
        { "not a number",       { .loss = NAN }, false },
        { "a negative stream",  { .loss_stream = -1 }, false },
        { "bursts",             { .burst_share = 0.5, .burst_ns = 1 }, true },
        { "nothing but bursts", { .burst_share = 1, .burst_ns = 1 }, false },
        { "bursts of no time",  { .burst_share = 0.5 }, false },
        { "burst not a number", { .burst_share = NAN, .burst_ns = 1 }, false },
        { "a delay for ever",   { .delay_ns = UINT64_MAX }, false },
    };
    Net net;

    open_with(&net, 0, NULL, 0, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Ns3cNode *terminal = ns3c_node_new(false);
        Ns3cPort *port = ns3c_port_new(net.access, terminal, &cases[i].config);

        ck_assert_msg((port != NULL) == cases[i].ok, "%s", cases[i].name);
        ck_assert_ptr_null(ns3c_port_free(port));
        ns3c_node_free(terminal);
    }
    net_close(&net);
}
END_TEST

START_TEST(a_port_comes_up_only_with_a_free_address_of_the_prefix)
{
    Net net;

    open_with(&net, 2, &plain, 0, 0);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], TERMINAL_ADDR + 9), NS3C_ERR_STATE);
    ck_assert_int_eq(ns3c_port_down(net.ports[0]), 0);
    ck_assert_int_eq(ns3c_port_down(net.ports[0]), NS3C_ERR_STATE);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], TERMINAL_ADDR + 1), NS3C_ERR_INVALID);      /* the other's */
    ck_assert_int_eq(ns3c_port_up(net.ports[0], GATEWAY_ADDR), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], PREFIX), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], PREFIX | 0xffff), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], 0x0a010001), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], TERMINAL_ADDR), 0);
    net_close(&net);
}
END_TEST

/* ---- time ---- */

/* A thousand octets take 8 ms at 1 Mbit/s, and 8 us on the server's link, which is 1 ms long. */
static const struct { uint64_t port, up, down, up_ns, down_ns; } rates[] = {
    { 1000000, 2000000, 4000000, 8 * MS + 4 * MS, 2 * MS + 8 * MS },
    { 1000000, 0,       0,       8 * MS,          8 * MS },
    { 0,       2000000, 4000000, 4 * MS,          2 * MS },
    { 0,       0,       0,       0,               0 },
    { 3000000, 0,       7000000, 2666667,         1142858 + 2666667 },     /* rounded up, each line */
};

START_TEST(rates_and_delay_are_those_of_port_gateway_and_link)
{
    const Ns3cPortConfig config = { .rate_bps = rates[_i].port, .delay_ns = 10 * MS };
    Net net;
    Mail up = { 0 }, down = { 0 };
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &config, rates[_i].up, rates[_i].down);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);

    send_to(terminal, SERVER_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(up.from, TERMINAL_ADDR);
    ck_assert_uint_eq(up.at_ns, rates[_i].up_ns + 10 * MS + 8000 + MS);

    ns3c_sim_run(SECOND);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(down.from, SERVER_ADDR);
    ck_assert_uint_eq(down.at_ns - SECOND, 8000 + MS + rates[_i].down_ns + 10 * MS);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(a_slow_terminal_does_not_hold_up_the_others)
{
    const Ns3cPortConfig slow = { .rate_bps = 8000 }, fast = { .rate_bps = 8000000 };
    Net net;
    Mail mail = { 0 };
    Ns3cNode *node[2];
    Ns3cPort *port[2];
    Ns3cUdp *udp[2], *server;

    open_with(&net, 0, NULL, 8000000, 0);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    for (unsigned i = 0; i < 2; i++) {
        node[i] = ns3c_node_new(false);
        port[i] = ns3c_port_new(net.access, node[i], i == 0 ? &slow : &fast);
        ck_assert_int_eq(ns3c_port_up(port[i], TERMINAL_ADDR + i), 0);
        udp[i] = ns3c_udp_new(node[i], 7, mail_cb, NULL);
        send_to(udp[i], SERVER_ADDR);           /* the slow one first: a second of its own line */
    }
    ns3c_sim_run(SECOND / 2);
    ck_assert_uint_eq(mail.count, 1);
    ck_assert_uint_eq(mail.from, TERMINAL_ADDR + 1);
    ck_assert_uint_eq(mail.at_ns, MS + MS + 8000 + MS);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 2);
    ck_assert_uint_eq(mail.at_ns, SECOND + MS + 8000 + MS);
    for (unsigned i = 0; i < 2; i++) {
        ns3c_udp_free(udp[i]);
        ns3c_port_free(port[i]);
        ns3c_node_free(node[i]);
    }
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(terminals_share_the_rate_of_the_gateway)
{
    Net net;
    Mail mail = { 0 };
    Ns3cUdp *udp[10], *server;

    open_with(&net, 10, &(Ns3cPortConfig) { 0 }, 1000000, 0);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    for (unsigned i = 0; i < 10; i++) {
        udp[i] = ns3c_udp_new(net.terminals[i], 7, mail_cb, NULL);
        send_to(udp[i], SERVER_ADDR);
    }
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 10);
    ck_assert_uint_eq(mail.at_ns, 10 * 8 * MS + 8000 + MS);
    for (unsigned i = 0; i < 10; i++)
        ns3c_udp_free(udp[i]);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

/* ---- loss ---- */

static unsigned
count_of_10000(double loss, int64_t stream, Ns3cPortCounters *ret)
{
    Ns3cPortConfig config = { .loss = loss, .loss_stream = stream };
    Net net;
    Mail mail = { 0 };
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &config, 0, 0);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, NULL);
    for (unsigned i = 0; i < 10000; i++)
        send_to(terminal, SERVER_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ns3c_port_counters(net.ports[0], ret);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
    return mail.count;
}

START_TEST(loss_is_as_often_as_asked_and_depends_on_its_stream)
{
    Ns3cPortCounters c;
    unsigned first = count_of_10000(0.1, 5, &c);

    ck_assert_msg(first > 8850 && first < 9150, "%u", first);           /* 5 sigma */
    ck_assert_uint_eq(c.packets_up, first);
    ck_assert_uint_eq(c.octets_up, 1000 * first);
    ck_assert_uint_eq(c.lost, 10000 - first);
    ck_assert_uint_eq(c.packets_down, 0);
    ck_assert_uint_eq(count_of_10000(0.1, 5, &c), first);
    ck_assert_uint_ne(count_of_10000(0.1, 6, &c), first);
    ck_assert_uint_eq(count_of_10000(0, 5, &c), 10000);
    ck_assert_uint_eq(count_of_10000(1, 5, &c), 0);
}
END_TEST

typedef struct Bursts {
    Ns3cUdp *udp;
    Ns3cTimer *timer;
    Ns3cPort *port;
    unsigned left, n_bursts;
    uint64_t lost;
    bool was_bad;
} Bursts;

#define BURST_STEP (10 * MS)

/* A packet each 10 ms; counts how often losses begin. */
static void
burst_cb(void *user)
{
    Bursts *bursts = user;
    Ns3cPortCounters c;
    bool bad;

    send_to(bursts->udp, SERVER_ADDR);
    ns3c_port_counters(bursts->port, &c);
    bad = c.lost > bursts->lost;
    bursts->n_bursts += bad && !bursts->was_bad;
    bursts->was_bad = bad;
    bursts->lost = c.lost;
    if (--bursts->left > 0)
        ns3c_timer_set(bursts->timer, ns3c_sim_now() + BURST_STEP);
}

static Bursts
bursts_of_40000(double share, uint64_t burst_ns, int64_t stream)
{
    Ns3cPortConfig config = { .burst_share = share, .burst_ns = burst_ns, .loss_stream = stream };
    Bursts bursts = { .left = 40000 };
    Mail mail = { 0 };
    Ns3cUdp *server;
    Net net;

    open_with(&net, 1, &config, 0, 0);
    bursts.udp = ns3c_udp_new(net.terminals[0], 7, mail_cb, &mail);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    bursts.port = net.ports[0];
    bursts.timer = ns3c_timer_new(burst_cb, &bursts);
    ns3c_timer_set(bursts.timer, 0);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count + bursts.lost, 40000);
    ns3c_timer_free(bursts.timer);
    ns3c_udp_free(bursts.udp);
    ns3c_udp_free(server);
    net_close(&net);
    return bursts;
}

START_TEST(bursts_have_their_share_of_time_and_their_length)
{
    /* 400 s, of which 40 s are lost in bursts of half a second: 80 of them. */
    Bursts some = bursts_of_40000(0.1, 500 * MS, 4), same = bursts_of_40000(0.1, 500 * MS, 4), other = bursts_of_40000(0.1, 500 * MS, 8);
    Bursts single = bursts_of_40000(0.1, MS / 10, 4);

    ck_assert_msg(some.lost > 2500 && some.lost < 5500, "%u", (unsigned) some.lost);
    ck_assert_msg(some.n_bursts > 50 && some.n_bursts < 115, "%u", some.n_bursts);
    ck_assert_uint_eq(same.lost, some.lost);
    ck_assert_uint_eq(same.n_bursts, some.n_bursts);
    ck_assert_uint_ne(other.lost, some.lost);
    /* Far shorter than a packet's distance they are losses like any other: 3 600 times one begins. */
    ck_assert_msg(single.lost > 3700 && single.lost < 4300, "%u", (unsigned) single.lost);
    ck_assert_msg(single.n_bursts > 3350 && single.n_bursts < 3850, "%u", single.n_bursts);
    ck_assert_uint_eq(bursts_of_40000(0, 0, 4).lost, 0);
}
END_TEST

START_TEST(what_is_sent_into_an_outage_vanishes_either_way)
{
    Net net;
    Mail up = { 0 }, down = { 0 };
    Ns3cPortCounters c;
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);
    ns3c_port_set_blocked(net.ports[0], true);
    send_to(terminal, SERVER_ADDR);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(up.count + down.count, 0);
    ns3c_port_set_blocked(net.ports[0], false);
    send_to(terminal, SERVER_ADDR);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(up.count, 1);
    ck_assert_uint_eq(down.count, 1);

    ns3c_port_set_loss(net.ports[0], 1);
    send_to(terminal, SERVER_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(up.count, 1);
    ns3c_port_set_loss(net.ports[0], 0);
    send_to(terminal, SERVER_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(up.count, 2);
    ns3c_port_counters(net.ports[0], &c);
    ck_assert_uint_eq(c.packets_up, 2);
    ck_assert_uint_eq(c.packets_down, 1);
    ck_assert_uint_eq(c.octets_down, 1000);
    ck_assert_uint_eq(c.lost, 3);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

/* ---- a PDN connection goes and comes back ---- */

START_TEST(a_new_address_is_used_by_sockets_that_were_there)
{
    Net net;
    Mail up = { 0 }, down = { 0 };
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);
    for (uint32_t i = 1; i <= 5; i++) {
        ck_assert_int_eq(ns3c_port_down(net.ports[0]), 0);
        ck_assert_int_eq(ns3c_udp_send(terminal, SERVER_ADDR, 7, payload, 1), NS3C_ERR_NO_ROUTE);
        ck_assert_ptr_null(ns3c_tcp_connect(net.terminals[0], SERVER_ADDR, 80, &(Ns3cTcpCallbacks) { 0 }, NULL));
        ck_assert_int_eq(ns3c_port_up(net.ports[0], TERMINAL_ADDR + i), 0);
        send_to(terminal, SERVER_ADDR);
        send_to(server, TERMINAL_ADDR + i);
        ns3c_sim_run(NS3C_FOREVER);
        ck_assert_uint_eq(up.count, i);
        ck_assert_uint_eq(up.from, TERMINAL_ADDR + i);
        ck_assert_uint_eq(down.count, i);
    }
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(a_packet_for_an_old_address_ends_at_the_gateway)
{
    Net net;
    Mail mail = { 0 };
    Ns3cUdp *terminal, *server;
    uint64_t before;

    open_with(&net, 1, &plain, 0, 0);
    /* As a caller would: the gateway sends what it does not know to the core. */
    ck_assert_int_eq(ns3c_node_add_default_route(net.gateway, SERVER_ADDR, net.link.if_b), 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &mail);
    server = ns3c_udp_new(net.server, 7, mail_cb, NULL);
    ns3c_sim_run(SECOND);
    ck_assert_int_eq(ns3c_port_down(net.ports[0]), 0);
    before = ns3c_sim_event_count();
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(ns3c_sim_event_count() - before, 1);      /* the server's link, and no more */

    ck_assert_int_eq(ns3c_port_up(net.ports[0], TERMINAL_ADDR + 1), 0);
    before = ns3c_sim_event_count();
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(ns3c_sim_event_count() - before, 1);
    ck_assert_uint_eq(mail.count, 0);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(an_address_belongs_to_who_has_it_now)
{
    Net net;
    Mail mail[2] = { { 0 } };
    Ns3cUdp *udp[2], *server;

    open_with(&net, 2, &plain, 0, 0);
    server = ns3c_udp_new(net.server, 7, mail_cb, NULL);
    for (unsigned i = 0; i < 2; i++)
        udp[i] = ns3c_udp_new(net.terminals[i], 7, mail_cb, &mail[i]);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(ns3c_port_down(net.ports[i]), 0);
    ck_assert_int_eq(ns3c_port_up(net.ports[1], TERMINAL_ADDR), 0);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail[0].count, 0);
    ck_assert_uint_eq(mail[1].count, 1);
    for (unsigned i = 0; i < 2; i++)
        ns3c_udp_free(udp[i]);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(what_is_on_its_way_when_a_port_goes_down_never_arrives)
{
    Net net;
    Mail up = { 0 }, down = { 0 };
    Ns3cPortCounters c;
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 1000000, 1000000);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);
    send_to(terminal, SERVER_ADDR);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(5 * MS);
    ck_assert_int_eq(ns3c_port_down(net.ports[0]), 0);
    ck_assert_int_eq(ns3c_port_up(net.ports[0], TERMINAL_ADDR), 0);     /* even the same address */
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(up.count + down.count, 0);
    ns3c_port_counters(net.ports[0], &c);
    ck_assert_uint_eq(c.lost, 2);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(ports_and_accesses_may_go_with_packets_on_their_way)
{
    Net net;
    Mail mail = { 0 };
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 1000000, 1000000);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &mail);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    send_to(terminal, SERVER_ADDR);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(5 * MS);
    net.ports[0] = ns3c_port_free(net.ports[0]);
    net.access = ns3c_access_free(net.access);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 0);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

/* ---- the tap ---- */

static uint16_t
sum_of(const uint8_t *octets, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t) octets[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) sum;
}

/* A sum over octets that hold their own checksum is all ones. */
static void
check_checksums(const uint8_t *packet, size_t len)
{
    size_t header = (size_t) (packet[0] & 15) * 4;

    ck_assert_uint_eq(sum_of(packet, header, 0), 0xffff);
    if (packet[9] == 6 || packet[9] == 17)
        ck_assert_uint_eq(sum_of(packet + header, len - header, (uint32_t) (len - header) + packet[9] +
                                 sum_of(packet + 12, 8, 0)), 0xffff);
}

typedef struct Tap {
    unsigned up, down;
    enum { LET, DROP, FLIP } what;
    unsigned octet;                     /* to flip */
    Ns3cPort *take_down;
    bool in_call;                       /* one of our functions is running */
} Tap;

static bool
tap_cb(void *user, bool uplink, uint8_t *packet, size_t len)
{
    Tap *t = user;

    ck_assert(!t->in_call);
    (*(uplink ? &t->up : &t->down))++;
    check_checksums(packet, len);
    if (t->take_down)
        ns3c_port_down(t->take_down);
    if (t->what == FLIP)
        packet[t->octet] ^= 0x01;
    return t->what != DROP;
}

START_TEST(a_tap_sees_every_packet_and_may_drop_it)
{
    Net net;
    Mail up = { 0 }, down = { 0 };
    Tap tap = { .what = LET };
    Ns3cPortCounters c;
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);
    ns3c_access_set_tap(net.access, tap_cb, &tap);
    for (unsigned i = 0; i < 2; i++) {
        tap.what = i == 0 ? LET : DROP;
        send_to(terminal, SERVER_ADDR);
        send_to(server, TERMINAL_ADDR);
        ns3c_sim_run(NS3C_FOREVER);
    }
    ck_assert_uint_eq(tap.up, 2);
    ck_assert_uint_eq(tap.down, 2);
    ck_assert_uint_eq(up.count, 1);
    ck_assert_uint_eq(down.count, 1);
    ns3c_port_counters(net.ports[0], &c);
    ck_assert_uint_eq(c.lost, 2);
    ns3c_access_set_tap(net.access, NULL, NULL);
    send_to(terminal, SERVER_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(tap.up, 2);
    ck_assert_uint_eq(up.count, 2);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

START_TEST(a_tap_is_never_called_from_inside_a_call)
{
    Net net;
    Mail up = { 0 }, down = { 0 };
    Tap tap = { .what = LET };
    Ns3cUdp *terminal, *gateway;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    gateway = ns3c_udp_new(net.gateway, 7, mail_cb, &up);       /* a server on the gateway's own node */
    ns3c_access_set_tap(net.access, tap_cb, &tap);
    tap.in_call = true;
    send_to(terminal, GATEWAY_ADDR);
    send_to(gateway, TERMINAL_ADDR);
    tap.in_call = false;
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(tap.up + tap.down, 2);
    ck_assert_uint_eq(up.count, 1);
    ck_assert_uint_eq(down.count, 1);
    ns3c_udp_free(terminal);
    ns3c_udp_free(gateway);
    net_close(&net);
}
END_TEST

START_TEST(a_tap_may_take_the_port_down)
{
    Net net;
    Mail mail = { 0 };
    Tap tap = { .what = LET };
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &mail);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    tap.take_down = net.ports[0];
    ns3c_access_set_tap(net.access, tap_cb, &tap);
    send_to(terminal, SERVER_ADDR);
    send_to(server, TERMINAL_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 0);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

/* The lowest bit of one octet of a datagram from the terminal to port 7 of the server. */
static const struct {
    const char *name;
    unsigned octet;
    unsigned arrives;           /* at the server's port 7 */
} flips[] = {
    { "version",             0, 0 },
    { "type of service",     1, 1 },
    { "total length",        3, 0 },
    { "identification",      5, 1 },
    { "fragment offset",     7, 0 },
    { "time to live",        8, 1 },
    { "protocol",            9, 0 },
    { "header checksum",    10, 1 },        /* is put right again */
    { "source",             15, 1 },
    { "destination",        19, 0 },        /* 192.168.0.0: nobody */
    { "source port",        21, 1 },
    { "destination port",   23, 0 },
    { "length",             25, 0 },
    { "checksum",           27, 1 },
    { "payload",            28, 1 },
};

START_TEST(what_a_tap_changes_is_put_right_or_dropped)
{
    Net net;
    Mail mail = { 0 };
    Tap flip = { .what = FLIP, .octet = flips[_i].octet };
    Ns3cUdp *terminal, *server;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, NULL);
    server = ns3c_udp_new(net.server, 7, mail_cb, &mail);
    ns3c_access_set_tap(net.access, tap_cb, &flip);
    payload[0] = 0x40;
    send_to(terminal, SERVER_ADDR);
    ns3c_access_set_tap(net.access, tap_cb, &flip);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_ge(flip.up, 1);
    ck_assert_msg(mail.count == flips[_i].arrives, "%s", flips[_i].name);
    if (mail.count)
        ck_assert_uint_eq(mail.first, flips[_i].octet == 28 ? 0x41 : 0x40);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);
}
END_TEST

/* ---- captures ---- */

static uint32_t
load32(const char *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

START_TEST(a_capture_holds_each_packet_once_with_right_checksums)
{
    Net net;
    Mail up = { 0 }, down = { 0 };
    Ns3cUdp *terminal, *server;
    Ns3cTcp *tcp;
    g_autofree char *path = g_strdup_printf("%s/shim-access-%d.pcap", g_get_tmp_dir(), (int) getpid());
    g_autofree char *file = NULL;
    gsize len, at = 24;
    unsigned n[18][2] = { { 0 } };
    uint64_t last_ns = 0;

    open_with(&net, 1, &plain, 0, 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &down);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);
    ck_assert_int_eq(ns3c_access_capture(net.access, path, 1780300800), 0);
    ck_assert_int_eq(ns3c_access_capture(net.access, path, 0), NS3C_ERR_STATE);
    ns3c_sim_run(1500 * MS);
    send_to(terminal, SERVER_ADDR);
    send_to(server, TERMINAL_ADDR);
    send_to(server, TERMINAL_ADDR + 1);                         /* nobody: crosses nothing */
    ck_assert_int_eq(ns3c_udp_send(terminal, SERVER_ADDR, 7, payload, 1), 0);
    tcp = ns3c_tcp_connect(net.terminals[0], SERVER_ADDR, 80, &(Ns3cTcpCallbacks) { 0 }, NULL);     /* SYN, RST */
    ns3c_sim_run(3 * SECOND);
    ns3c_port_set_loss(net.ports[0], 1);
    send_to(terminal, SERVER_ADDR);                             /* never comes to the gateway */
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_int_eq(ns3c_access_capture_close(net.access), 0);
    ck_assert_int_eq(ns3c_access_capture_close(net.access), 0);
    ns3c_tcp_free(tcp);
    ns3c_udp_free(terminal);
    ns3c_udp_free(server);
    net_close(&net);

    ck_assert(g_file_get_contents(path, &file, &len, NULL));
    g_unlink(path);
    ck_assert_uint_eq(load32(file), 0xa1b23c4d);
    ck_assert_uint_eq(load32(file + 20), 101);
    while (at < len) {
        const uint8_t *packet = (const uint8_t *) file + at + 16;
        uint64_t ns = (uint64_t) load32(file + at) * SECOND + load32(file + at + 4);
        uint32_t size = load32(file + at + 8);

        ck_assert_uint_le(at + 16 + size, len);
        ck_assert_uint_eq(load32(file + at + 12), size);
        ck_assert_uint_ge(ns, 1780300801 * SECOND + 500 * MS);
        ck_assert_uint_ge(ns, last_ns);
        ck_assert_uint_eq(packet[0], 0x45);
        ck_assert_uint_eq((unsigned) packet[2] << 8 | packet[3], size);
        check_checksums(packet, size);
        n[packet[9]][packet[12] == 10 ? 0 : 1]++;               /* from 10.0.0.0/16 or not */
        last_ns = ns;
        at += 16 + size;
    }
    ck_assert_uint_eq(at, len);
    ck_assert_uint_eq(n[17][0], 2);
    ck_assert_uint_eq(n[17][1], 1);
    ck_assert_uint_eq(n[6][0], 1);
    ck_assert_uint_eq(n[6][1], 1);
}
END_TEST

START_TEST(a_capture_that_cannot_be_written_says_so)
{
    Net net;
    Mail mail = { 0 };
    Ns3cUdp *terminal;

    open_with(&net, 1, &plain, 0, 0);
    ck_assert_int_eq(ns3c_access_capture(net.access, "/nonexistent/x.pcap", 0), NS3C_ERR_IO);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(ns3c_access_capture(net.access, "/dev/full", 0), NS3C_ERR_IO);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_int_eq(ns3c_access_capture(net.access, "/dev/null", -1), NS3C_ERR_IO);
    ck_assert_int_eq(errno, EINVAL);
    /* The year 2106 comes within a second: what is written after that has no time stamp. */
    ck_assert_int_eq(ns3c_access_capture(net.access, "/dev/null", 4294967295), 0);
    terminal = ns3c_udp_new(net.terminals[0], 7, mail_cb, &mail);
    ns3c_sim_run(SECOND);
    send_to(terminal, SERVER_ADDR);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_int_eq(ns3c_access_capture_close(net.access), NS3C_ERR_IO);
    ck_assert_int_eq(errno, EOVERFLOW);
    ns3c_udp_free(terminal);
    net_close(&net);
}
END_TEST

/* ---- many ---- */

START_TEST(ten_thousand_terminals_are_set_up_and_served)
{
    enum { N = 10000 };
    Net net;
    Mail up = { 0 };
    Mail *down = g_new0(Mail, N);
    Ns3cUdp **udp = g_new(Ns3cUdp *, N), *server;
    uint64_t before;

    open_with(&net, N, &plain, 0, 0);
    server = ns3c_udp_new(net.server, 7, mail_cb, &up);
    for (unsigned i = 0; i < N; i++)
        udp[i] = ns3c_udp_new(net.terminals[i], 7, mail_cb, &down[i]);
    ns3c_sim_run(SECOND);
    before = ns3c_sim_event_count();
    for (unsigned i = 0; i < N; i++) {
        send_to(udp[i], SERVER_ADDR);
        send_to(server, TERMINAL_ADDR + i);
    }
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(ns3c_sim_event_count() - before, 4 * N);      /* access and link, each way */
    ck_assert_uint_eq(up.count, N);
    for (unsigned i = 0; i < N; i++) {
        ck_assert_uint_eq(down[i].count, 1);
        ns3c_udp_free(udp[i]);
    }
    ns3c_udp_free(server);
    net_close(&net);
    g_free(udp);
    g_free(down);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-access");
    TCase *tc = tcase_create("access");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, an_access_checks_its_addresses);
    tcase_add_test(tc, a_port_checks_its_numbers);
    tcase_add_test(tc, a_port_comes_up_only_with_a_free_address_of_the_prefix);
    tcase_add_loop_test(tc, rates_and_delay_are_those_of_port_gateway_and_link, 0, G_N_ELEMENTS(rates));
    tcase_add_test(tc, a_slow_terminal_does_not_hold_up_the_others);
    tcase_add_test(tc, terminals_share_the_rate_of_the_gateway);
    tcase_add_test(tc, loss_is_as_often_as_asked_and_depends_on_its_stream);
    tcase_add_test(tc, bursts_have_their_share_of_time_and_their_length);
    tcase_add_test(tc, what_is_sent_into_an_outage_vanishes_either_way);
    tcase_add_test(tc, a_new_address_is_used_by_sockets_that_were_there);
    tcase_add_test(tc, a_packet_for_an_old_address_ends_at_the_gateway);
    tcase_add_test(tc, an_address_belongs_to_who_has_it_now);
    tcase_add_test(tc, what_is_on_its_way_when_a_port_goes_down_never_arrives);
    tcase_add_test(tc, ports_and_accesses_may_go_with_packets_on_their_way);
    tcase_add_test(tc, a_tap_sees_every_packet_and_may_drop_it);
    tcase_add_test(tc, a_tap_is_never_called_from_inside_a_call);
    tcase_add_test(tc, a_tap_may_take_the_port_down);
    tcase_add_loop_test(tc, what_a_tap_changes_is_put_right_or_dropped, 0, G_N_ELEMENTS(flips));
    tcase_add_test(tc, a_capture_holds_each_packet_once_with_right_checksums);
    tcase_add_test(tc, a_capture_that_cannot_be_written_says_so);
    tcase_add_test(tc, ten_thousand_terminals_are_set_up_and_served);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
