/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small network for the shim's tests: a server, a gateway with one access, and terminals on it.
 */
#ifndef SHIM_TEST_H
#define SHIM_TEST_H

#include "ns3c.h"
#include "prose-test.h"

#include <string.h>

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

#define SERVER_ADDR 0xc0a80001u     /* 192.168.0.1 */
#define CORE_ADDR 0xc0a80002u
#define PREFIX 0x0a000000u          /* 10.0.0.0/16 */
#define PREFIX_LEN 16
#define GATEWAY_ADDR 0x0a000001u
#define TERMINAL_ADDR 0x0a000064u   /* 10.0.0.100 */

typedef struct Net {
    Ns3cNode *server, *gateway, **terminals;
    Ns3cLink link;
    Ns3cAccess *access;
    Ns3cPort **ports;
    unsigned n;
} Net;

/* @n terminals, all up, from TERMINAL_ADDR on. */
static inline void
net_open(Net *net, unsigned n, const Ns3cPortConfig *config, uint64_t rate_up_bps, uint64_t rate_down_bps)
{
    *net = (Net) { .n = n, .terminals = g_new0(Ns3cNode *, n), .ports = g_new0(Ns3cPort *, n) };
    net->server = ns3c_node_new(false);
    net->gateway = ns3c_node_new(true);
    ck_assert_int_eq(ns3c_link_p2p(net->server, SERVER_ADDR, net->gateway, CORE_ADDR, 1000000000, MS, &net->link), 0);
    ck_assert_int_eq(ns3c_node_add_default_route(net->server, CORE_ADDR, net->link.if_a), 0);
    net->access = ns3c_access_new(net->gateway, GATEWAY_ADDR, PREFIX, PREFIX_LEN, rate_up_bps, rate_down_bps);
    ck_assert_ptr_nonnull(net->access);
    for (unsigned i = 0; i < n; i++) {
        net->terminals[i] = ns3c_node_new(false);
        net->ports[i] = ns3c_port_new(net->access, net->terminals[i], config);
        ck_assert_ptr_nonnull(net->ports[i]);
        ck_assert_int_eq(ns3c_port_up(net->ports[i], TERMINAL_ADDR + i), 0);
    }
}

/* Handles and simulation. */
static inline void
net_close(Net *net)
{
    for (unsigned i = 0; i < net->n; i++) {
        ns3c_port_free(net->ports[i]);
        ns3c_node_free(net->terminals[i]);
    }
    ns3c_access_free(net->access);
    ns3c_node_free(net->gateway);
    ns3c_node_free(net->server);
    g_free(net->ports);
    g_free(net->terminals);
    ns3c_sim_destroy();
}

#endif
