/* SPDX-License-Identifier: GPL-2.0-only */
#include "shim-test.h"

typedef struct Mail {
    unsigned count;
    uint32_t from;
    uint64_t at_ns;
    size_t len;
} Mail;

static void
mail_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    Mail *m = user;

    m->count++;
    m->from = from;
    m->at_ns = ns3c_sim_now();
    m->len = len;
}

static const uint8_t payload[972];      /* with IPv4 and UDP headers 1000 octets */

START_TEST(a_link_takes_the_two_hosts_of_a_30)
{
    static const struct { const char *name; uint32_t a, b; uint64_t rate, delay; int want; } cases[] = {
        { "first and second host", 0x0a000001, 0x0a000002, 1, 0, 0 },
        { "second and first",      0x0a000006, 0x0a000005, 1, 0, 0 },
        { "the same",              0x0a000001, 0x0a000001, 1, 0, NS3C_ERR_INVALID },
        { "the network",           0x0a000000, 0x0a000003, 1, 0, NS3C_ERR_INVALID },
        { "the broadcast",         0x0a000001, 0x0a000003, 1, 0, NS3C_ERR_INVALID },
        { "two networks",          0x0a000001, 0x0a000006, 1, 0, NS3C_ERR_INVALID },
        { "multicast",             0xe0000001, 0xe0000002, 1, 0, NS3C_ERR_INVALID },
        { "no rate",               0x0a000001, 0x0a000002, 0, 0, NS3C_ERR_INVALID },
        { "a delay without end",   0x0a000001, 0x0a000002, 1, UINT64_MAX, NS3C_ERR_INVALID },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Ns3cNode *a, *b;
        Ns3cLink link = { 77, 77 };

        ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
        a = ns3c_node_new(false);
        b = ns3c_node_new(false);
        ck_assert_msg(ns3c_link_p2p(a, cases[i].a, b, cases[i].b, cases[i].rate, cases[i].delay, &link) == cases[i].want,
                      "%s", cases[i].name);
        ck_assert_msg((link.if_a == 77) == (cases[i].want != 0), "%s", cases[i].name);
        ns3c_node_free(a);
        ns3c_node_free(b);
        ns3c_sim_destroy();
    }
}
END_TEST

START_TEST(a_node_is_not_linked_to_itself_or_without_a_stack)
{
    Ns3cNode *a, *bare;
    Ns3cLink link;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    a = ns3c_node_new(false);
    bare = ns3c_node_new_bare();
    ck_assert_int_eq(ns3c_link_p2p(a, 0x0a000001, a, 0x0a000002, 1, 0, &link), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_link_p2p(a, 0x0a000001, bare, 0x0a000002, 1, 0, &link), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_node_add_default_route(bare, 0, 1), NS3C_ERR_INVALID);
    ck_assert_ptr_null(ns3c_udp_new(bare, 1, mail_cb, NULL));
    ck_assert_ptr_null(ns3c_tcp_connect(bare, 0x0a000001, 1, &(Ns3cTcpCallbacks) { 0 }, NULL));
    ck_assert_ptr_null(ns3c_node_free(bare));
    ck_assert_ptr_null(ns3c_node_free(a));
    ck_assert_ptr_null(ns3c_node_free(NULL));
    ns3c_sim_destroy();
}
END_TEST

START_TEST(routes_are_checked)
{
    Ns3cNode *a, *b;
    Ns3cLink link;

    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    a = ns3c_node_new(false);
    b = ns3c_node_new(false);
    ck_assert_int_eq(ns3c_link_p2p(a, 0x0a000001, b, 0x0a000002, 1000, 0, &link), 0);
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000000, 8, 0x0a000002, link.if_a), 0);
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000001, 32, 0, link.if_a), 0);
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000001, 8, 0x0a000002, link.if_a), NS3C_ERR_INVALID);   /* host bits */
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000000, 33, 0x0a000002, link.if_a), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000000, 8, 0xffffffff, link.if_a), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000000, 8, 0x0a000002, 0), NS3C_ERR_INVALID);           /* loopback */
    ck_assert_int_eq(ns3c_node_add_route(a, 0x0b000000, 8, 0x0a000002, link.if_a + 1), NS3C_ERR_INVALID);
    ns3c_node_free(a);
    ns3c_node_free(b);
    ns3c_sim_destroy();
}
END_TEST

/* a - router - b */
typedef struct Line {
    Ns3cNode *a, *router, *b;
    Ns3cLink left, right;
} Line;

static void
line_open(Line *l, bool forward)
{
    ck_assert_int_eq(ns3c_sim_init(1, 1), 0);
    l->a = ns3c_node_new(false);
    l->router = ns3c_node_new(forward);
    l->b = ns3c_node_new(false);
    ck_assert_int_eq(ns3c_link_p2p(l->a, 0x0a000001, l->router, 0x0a000002, 1000000, 3 * MS, &l->left), 0);
    ck_assert_int_eq(ns3c_link_p2p(l->router, 0x0a000005, l->b, 0x0a000006, 2000000, 5 * MS, &l->right), 0);
    ck_assert_int_eq(ns3c_node_add_default_route(l->a, 0x0a000002, l->left.if_a), 0);
    ck_assert_int_eq(ns3c_node_add_default_route(l->b, 0x0a000005, l->right.if_b), 0);
}

static void
line_close(Line *l)
{
    ns3c_node_free(l->a);
    ns3c_node_free(l->router);
    ns3c_node_free(l->b);
    ns3c_sim_destroy();
}

START_TEST(a_packet_takes_the_rates_and_delays_of_its_way)
{
    Line l;
    Mail mail = { 0 };
    Ns3cUdp *from, *to;

    line_open(&l, true);
    from = ns3c_udp_new(l.a, 5, mail_cb, &mail);
    to = ns3c_udp_new(l.b, 7, mail_cb, &mail);
    ck_assert_int_eq(ns3c_udp_send(from, 0x0a000006, 7, payload, sizeof payload), 0);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 1);
    ck_assert_uint_eq(mail.from, 0x0a000001);
    ck_assert_uint_eq(mail.len, sizeof payload);
    ck_assert_uint_eq(mail.at_ns, 8 * MS + 3 * MS + 4 * MS + 5 * MS);

    /* The second waits for the first to leave. */
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(ns3c_udp_send(from, 0x0a000006, 7, payload, sizeof payload), 0);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 3);
    ck_assert_uint_eq(mail.at_ns, 20 * MS + 28 * MS);
    ns3c_udp_free(from);
    ns3c_udp_free(to);
    line_close(&l);
}
END_TEST

START_TEST(a_node_forwards_only_if_it_is_a_router)
{
    Line l;
    Mail mail = { 0 };
    Ns3cUdp *from, *to;

    line_open(&l, false);
    from = ns3c_udp_new(l.a, 5, mail_cb, &mail);
    to = ns3c_udp_new(l.b, 7, mail_cb, &mail);
    ck_assert_int_eq(ns3c_udp_send(from, 0x0a000006, 7, payload, sizeof payload), 0);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 0);
    ns3c_udp_free(from);
    ns3c_udp_free(to);
    line_close(&l);
}
END_TEST

START_TEST(what_a_node_sends_to_itself_comes_from_the_simulation)
{
    Line l;
    Mail mail = { 0 };
    Ns3cUdp *from, *to;

    line_open(&l, true);
    from = ns3c_udp_new(l.a, 5, mail_cb, &mail);
    to = ns3c_udp_new(l.a, 7, mail_cb, &mail);
    ck_assert_int_eq(ns3c_udp_send(from, 0x0a000001, 7, payload, 1), 0);
    ck_assert_uint_eq(mail.count, 0);           /* never from inside a call */
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(mail.count, 1);
    ns3c_udp_free(from);
    ns3c_udp_free(to);
    line_close(&l);
}
END_TEST

START_TEST(a_datagram_needs_a_route_and_a_port_of_its_own)
{
    Line l;
    Mail mail = { 0 };
    Ns3cUdp *udp, *none;
    Ns3cNode *lonely;
    uint8_t *large = g_malloc0(65508);

    line_open(&l, true);
    udp = ns3c_udp_new(l.a, 7, mail_cb, &mail);
    ck_assert_ptr_nonnull(udp);
    ck_assert_ptr_null(ns3c_udp_new(l.a, 7, mail_cb, &mail));
    lonely = ns3c_node_new(false);
    none = ns3c_udp_new(lonely, 7, mail_cb, &mail);
    ck_assert_int_eq(ns3c_udp_send(none, 0x0a000001, 7, payload, 1), NS3C_ERR_NO_ROUTE);
    ck_assert_int_eq(ns3c_udp_send(udp, 0xe0000001, 7, payload, 1), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_udp_send(udp, 0xffffffff, 7, payload, 1), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_udp_send(udp, 0, 7, payload, 1), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_udp_send(udp, 0x0a000002, 0, payload, 1), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_udp_send(udp, 0x0a000002, 7, large, 65508), NS3C_ERR_INVALID);
    ck_assert_int_eq(ns3c_udp_send(udp, 0x0a000002, 7, large, 65507), 0);
    ck_assert_ptr_null(ns3c_udp_free(udp));
    udp = ns3c_udp_new(l.a, 7, mail_cb, &mail);     /* free at once */
    ck_assert_ptr_nonnull(udp);
    ns3c_udp_free(udp);
    ns3c_udp_free(none);
    ck_assert_ptr_null(ns3c_udp_free(NULL));
    ns3c_node_free(lonely);
    g_free(large);
    line_close(&l);
}
END_TEST

START_TEST(datagrams_of_every_size_arrive_whole)
{
    static const size_t sizes[] = { 0, 1, 1472, 1473, 4000, 65507 };
    Line l;
    Mail mail = { 0 };
    Ns3cUdp *from, *to;
    uint8_t *octets = g_malloc0(65507);

    line_open(&l, true);
    from = ns3c_udp_new(l.a, 5, mail_cb, &mail);
    to = ns3c_udp_new(l.b, 7, mail_cb, &mail);
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        ck_assert_int_eq(ns3c_udp_send(from, 0x0a000006, 7, octets, sizes[i]), 0);
        ns3c_sim_run(NS3C_FOREVER);
        ck_assert_uint_eq(mail.count, i + 1);
        ck_assert_uint_eq(mail.len, sizes[i]);
    }
    ns3c_udp_free(from);
    ns3c_udp_free(to);
    g_free(octets);
    line_close(&l);
}
END_TEST

typedef struct Self { Ns3cUdp *udp; unsigned count; } Self;

static void
free_self_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len)
{
    Self *s = user;

    s->count++;
    s->udp = ns3c_udp_free(s->udp);
}

START_TEST(a_datagram_may_free_the_socket_that_it_came_to)
{
    Line l;
    Self self = { 0 };
    Ns3cUdp *from;

    line_open(&l, true);
    from = ns3c_udp_new(l.a, 5, mail_cb, NULL);
    self.udp = ns3c_udp_new(l.b, 7, free_self_cb, &self);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(ns3c_udp_send(from, 0x0a000006, 7, payload, 10), 0);
    ns3c_sim_run(NS3C_FOREVER);
    ck_assert_uint_eq(self.count, 1);
    ns3c_udp_free(from);
    line_close(&l);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *s = suite_create("shim-node");
    TCase *tc = tcase_create("node");

    tcase_add_test(tc, a_link_takes_the_two_hosts_of_a_30);
    tcase_add_test(tc, a_node_is_not_linked_to_itself_or_without_a_stack);
    tcase_add_test(tc, routes_are_checked);
    tcase_add_test(tc, a_packet_takes_the_rates_and_delays_of_its_way);
    tcase_add_test(tc, a_node_forwards_only_if_it_is_a_router);
    tcase_add_test(tc, what_a_node_sends_to_itself_comes_from_the_simulation);
    tcase_add_test(tc, a_datagram_needs_a_route_and_a_port_of_its_own);
    tcase_add_test(tc, datagrams_of_every_size_arrive_whole);
    tcase_add_test(tc, a_datagram_may_free_the_socket_that_it_came_to);
    suite_add_tcase(s, tc);
    return s;
}

PROSE_TEST_MAIN(make_suite)
