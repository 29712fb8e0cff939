/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/boolean.h>
#include <ns3/icmpv4-l4-protocol.h>
#include <ns3/traffic-control-layer.h>

/* 49152..65535, RFC 6335 clause 6. */
static const unsigned FIRST_CLIENT_PORT = 49152, CLIENT_PORTS = 16384;

static Ns3cNode *
node_new(void)
{
    auto *n = new Ns3cNode;

    n->node = ns3::CreateObject<ns3::Node>();
    /* Nodes begin at different ports, as hosts do: ns-3 would start every one at the same, and a terminal that inherits
     * an address would meet its predecessor's half-open connections. */
    n->next_client_port = static_cast<uint16_t>(FIRST_CLIENT_PORT + n->node->GetId() * 2654435761u % CLIENT_PORTS);
    return n;
}

Ns3cNode *
ns3c_node_new(bool forward) noexcept
{
    Ns3cNode *n = node_new();
    /* No ARP: none of our devices needs it. */
    auto traffic_control = ns3::CreateObject<ns3::TrafficControlLayer>();
    auto tcp = ns3c::new_tcp_protocol();
    auto udp = ns3c::new_udp_protocol();

    n->ipv4 = ns3::CreateObject<ns3c::Ipv4>();
    n->routing = ns3::CreateObject<ns3c::StaticRouting>();
    /* A terminal that forwarded would throw what is meant for its old address back at the gateway until the TTL ends. */
    if (!forward)
        n->ipv4->SetAttribute("IpForward", ns3::BooleanValue(false));
    n->node->AggregateObject(n->ipv4);
    n->node->AggregateObject(ns3::CreateObject<ns3::Icmpv4L4Protocol>());
    n->ipv4->SetRoutingProtocol(n->routing);
    n->node->AggregateObject(traffic_control);
    n->node->AggregateObject(udp);
    n->node->AggregateObject(tcp);
    n->ipv4->SetTransports(tcp, udp, forward);
    return n;
}

Ns3cNode *
ns3c_node_new_bare(void) noexcept
{
    return node_new();
}

Ns3cNode *
ns3c_node_free(Ns3cNode *node) noexcept
{
    if (node)
        node->Unref();      /* ns-3's node itself stays until ns3c_sim_destroy() */
    return nullptr;
}

int
ns3c_node_add_route(Ns3cNode *node, uint32_t prefix, unsigned prefix_len, uint32_t next_hop, unsigned if_index) noexcept
{
    uint32_t mask;

    /* Interface 0 is the loopback. */
    if (!node->ipv4 || prefix_len > 32 || if_index == 0 || if_index >= node->ipv4->GetNInterfaces())
        return NS3C_ERR_INVALID;
    mask = prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;
    if ((prefix & ~mask) || (next_hop && !ns3c::is_unicast(next_hop)))
        return NS3C_ERR_INVALID;
    node->routing->AddNetworkRouteTo(ns3::Ipv4Address(prefix), ns3::Ipv4Mask(mask), ns3::Ipv4Address(next_hop), if_index);
    return 0;
}

int
ns3c_node_add_default_route(Ns3cNode *node, uint32_t next_hop, unsigned if_index) noexcept
{
    return ns3c_node_add_route(node, 0, 0, next_hop, if_index);
}
