/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ns-3's IPv4 with a short way through it. A plain packet between our own devices (no options, no fragment, TCP or
 * UDP, to one of our addresses or along a route) goes straight from device to transport protocol, from transport protocol to
 * device, or from device to device, with the header, the identification and the order of events that ns-3's own way gives it. Whatever is
 * not plain goes ns-3's own way: fragments, broadcast, ICMP, the loopback, what nobody wants, what is out of hops.
 */
#include "ns3c-internal.h"

#include <ns3/icmpv4-l4-protocol.h>
#include <ns3/ipv4-routing-table-entry.h>
#include <ns3/socket.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/udp-l4-protocol.h>

namespace ns3c
{

NS_OBJECT_ENSURE_REGISTERED(StaticRouting);
NS_OBJECT_ENSURE_REGISTERED(Ipv4);

static bool short_way = true;

/* ---- routes ---- */

ns3::TypeId
StaticRouting::GetTypeId()
{
    static ns3::TypeId tid =
        ns3::TypeId("ns3c::StaticRouting").SetParent<ns3::Ipv4StaticRouting>().AddConstructor<StaticRouting>();

    return tid;
}

void
StaticRouting::SetIpv4(ns3::Ptr<ns3::Ipv4> ipv4)
{
    m_stack = ns3::PeekPointer(ipv4);
    m_fresh = false;
    ns3::Ipv4StaticRouting::SetIpv4(ipv4);
}

void
StaticRouting::NotifyInterfaceUp(uint32_t interface)
{
    m_fresh = false;
    ns3::Ipv4StaticRouting::NotifyInterfaceUp(interface);
}

void
StaticRouting::NotifyInterfaceDown(uint32_t interface)
{
    m_fresh = false;
    ns3::Ipv4StaticRouting::NotifyInterfaceDown(interface);
}

void
StaticRouting::NotifyAddAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address)
{
    m_fresh = false;
    ns3::Ipv4StaticRouting::NotifyAddAddress(interface, address);
}

void
StaticRouting::NotifyRemoveAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address)
{
    m_fresh = false;
    ns3::Ipv4StaticRouting::NotifyRemoveAddress(interface, address);
}

void
StaticRouting::DoDispose()
{
    m_stack = nullptr;
    m_fresh = false;
    m_entries.clear();
    ns3::Ipv4StaticRouting::DoDispose();
}

/* The table, longest prefixes first; of two routes to one prefix ns-3 takes the later, all metrics being 0. */
void
StaticRouting::Renew()
{
    m_entries.clear();
    m_fresh = true;
    for (uint32_t i = GetNRoutes(); i-- > 0;) {
        const ns3::Ipv4RoutingTableEntry row = GetRoute(i);
        auto *device = dynamic_cast<Device *>(ns3::PeekPointer(m_stack->GetNetDevice(row.GetInterface())));
        Entry entry;
        auto at = m_entries.begin();

        entry.net = row.GetDestNetwork().Get();
        entry.mask = row.GetDestNetworkMask().Get();
        entry.device = device;          /* NULL: the loopback */
        while (at != m_entries.end() && at->mask > entry.mask)
            ++at;
        for (; at != m_entries.end() && at->mask == entry.mask && at->net != entry.net; ++at)
            ;
        if (at == m_entries.end() || at->mask != entry.mask)
            m_entries.insert(at, entry);
    }
}

StaticRouting::Entry *
StaticRouting::Find(uint32_t address)
{
    if (!m_fresh)
        Renew();
    for (Entry &entry : m_entries) {
        if ((address & entry.mask) == entry.net)
            return &entry;
    }
    return nullptr;
}

ns3::Ptr<ns3::Ipv4Route>
StaticRouting::RouteOutput(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &header, ns3::Ptr<ns3::NetDevice> oif,
                           ns3::Socket::SocketErrno &error)
{
    Entry *entry = !short_way || oif || !m_stack || header.GetDestination().IsMulticast() ? nullptr : Find(header.GetDestination().Get());

    if (!entry || !entry->device)
        return ns3::Ipv4StaticRouting::RouteOutput(packet, header, oif, error);
    if (!entry->route)
        entry->route = ns3::Ipv4StaticRouting::RouteOutput(packet, header, oif, error);
    error = ns3::Socket::ERROR_NOTERROR;
    return entry->route;
}

/* ---- IPv4 ---- */

ns3::TypeId
Ipv4::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::Ipv4").SetParent<ns3::Ipv4L3Protocol>().AddConstructor<Ipv4>();

    return tid;
}

uint32_t
Ipv4::AddInterface(ns3::Ptr<ns3::NetDevice> device)
{
    const uint32_t i = ns3::Ipv4L3Protocol::AddInterface(device);
    auto *ours = dynamic_cast<Device *>(ns3::PeekPointer(device));

    if (ours)
        ours->SetStack(this, GetInterface(i));
    return i;
}

bool
Ipv4::AddAddress(uint32_t i, ns3::Ipv4InterfaceAddress address)
{
    m_fresh = false;
    return ns3::Ipv4L3Protocol::AddAddress(i, address);
}

bool
Ipv4::RemoveAddress(uint32_t i, uint32_t address)
{
    m_fresh = false;
    return ns3::Ipv4L3Protocol::RemoveAddress(i, address);
}

bool
Ipv4::RemoveAddress(uint32_t i, ns3::Ipv4Address address)
{
    m_fresh = false;
    return ns3::Ipv4L3Protocol::RemoveAddress(i, address);
}

void
Ipv4::Renew()
{
    m_addresses.clear();
    m_fresh = true;
    m_routing = dynamic_cast<StaticRouting *>(ns3::PeekPointer(GetRoutingProtocol()));
    for (uint32_t i = 1; i < GetNInterfaces(); i++) {
        for (uint32_t a = 0; a < GetNAddresses(i); a++) {
            const ns3::Ipv4InterfaceAddress address = GetAddress(i, a);

            m_addresses.push_back({address.GetLocal().Get(), ~address.GetMask().Get()});
        }
    }
}

/* What of @address is ours, as ns-3 sees it: a host takes what is for any of its interfaces. */
Ipv4::Whose
Ipv4::WhoseIs(uint32_t address)
{
    if (!m_fresh)
        Renew();
    for (const Address &a : m_addresses) {
        if (a.local == address)
            return Whose::Ours;
        if (a.host_bits && (address | a.host_bits) == address && ((address ^ a.local) & ~a.host_bits) == 0)
            return Whose::Broadcast;
    }
    return is_unicast(address) ? Whose::Others : Whose::Broadcast;
}

bool
Ipv4::IsBroadcastOf(ns3::Ptr<ns3::NetDevice> device, uint32_t address) const
{
    const int32_t i = GetInterfaceForDevice(device);

    for (uint32_t a = 0; i >= 0 && a < GetNAddresses(static_cast<uint32_t>(i)); a++) {
        if (GetAddress(static_cast<uint32_t>(i), a).GetBroadcast() == ns3::Ipv4Address(address))
            return true;
    }
    return false;
}

Ipv4::Flow &
Ipv4::FindFlow(uint64_t ends, uint8_t protocol)
{
    size_t i = ((ends ^ protocol) * UINT64_C(0x9E3779B97F4A7C15) >> 24) & (m_flows.size() - 1);

    while (m_flows[i].ends != 0 && (m_flows[i].ends != ends || m_flows[i].protocol != protocol))
        i = (i + 1) & (m_flows.size() - 1);
    return m_flows[i];
}

/* As ns-3 counts: from 0 for each source, destination and protocol. */
uint16_t
Ipv4::NextIdentification(uint32_t source, uint32_t destination, uint8_t protocol)
{
    const uint64_t ends = static_cast<uint64_t>(source) << 32 | destination;
    Flow *flow;

    if (4 * (m_n_flows + 1) > 3 * m_flows.size()) {
        std::vector<Flow> old(m_flows.empty() ? 4 : 2 * m_flows.size());

        old.swap(m_flows);
        for (const Flow &f : old) {
            if (f.ends != 0)
                FindFlow(f.ends, f.protocol) = f;
        }
    }
    flow = &FindFlow(ends, protocol);
    if (flow->ends == 0) {
        flow->ends = ends;
        flow->protocol = protocol;
        m_n_flows++;
    }
    return flow->next++;
}

void
Ipv4::Send(ns3::Ptr<ns3::Packet> packet, ns3::Ipv4Address source, ns3::Ipv4Address destination, uint8_t protocol,
           ns3::Ptr<ns3::Ipv4Route> route)
{
    Device *device = route && short_way ? dynamic_cast<Device *>(ns3::PeekPointer(route->GetOutputDevice())) : nullptr;
    const Whose whose = WhoseIs(destination.Get());
    ns3::Ipv4Header header;
    bool may_fragment = true;

    if (!device || whose == Whose::Broadcast) {
        ns3::Ipv4L3Protocol::Send(packet, source, destination, protocol, route);
        return;
    }
    if (packet->GetPacketTagIterator().HasNext()) {
        ns3::SocketIpTtlTag ttl;
        ns3::SocketIpTosTag tos;
        ns3::SocketPriorityTag priority;
        ns3::SocketSetDontFragmentTag dont;

        /* Nobody here sets these. */
        if (packet->PeekPacketTag(ttl) || packet->PeekPacketTag(tos) || packet->PeekPacketTag(priority)) {
            ns3::Ipv4L3Protocol::Send(packet, source, destination, protocol, route);
            return;
        }
        if (packet->RemovePacketTag(dont))
            may_fragment = !dont.IsEnabled();
    }
    header.SetSource(source);
    header.SetDestination(destination);
    header.SetProtocol(protocol);
    header.SetPayloadSize(static_cast<uint16_t>(packet->GetSize()));
    header.SetTtl(DEFAULT_TTL);
    if (may_fragment)
        header.SetMayFragment();
    else
        header.SetDontFragment();
    header.SetIdentification(NextIdentification(source.Get(), destination.Get(), protocol));
    if (whose == Whose::Ours || !device->IsOn(this) || packet->GetSize() + 20 > device->GetMtu()) {
        ns3::Ipv4L3Protocol::SendWithHeader(packet, header, route);
        return;
    }
    packet->AddHeader(header);
    device->Send(packet, device->GetBroadcast(), PROT_NUMBER);
}

bool
Ipv4::Forward(ns3::Ptr<ns3::Packet> packet, uint32_t destination, uint8_t ttl)
{
    StaticRouting::Entry *entry = m_routing && m_forwards && ttl > 1 ? m_routing->Find(destination) : nullptr;
    ns3::Ipv4Header header;

    if (!entry || !entry->device || !entry->device->IsOn(this) || packet->GetSize() > entry->device->GetMtu())
        return false;
    packet->RemoveHeader(header);
    header.SetTtl(ttl - 1);
    packet->AddHeader(header);
    entry->device->Send(packet, entry->device->GetBroadcast(), PROT_NUMBER);
    return true;
}

bool
Ipv4::Take(ns3::Ptr<ns3::Ipv4Interface> interface, ns3::Ptr<ns3::Packet> packet)
{
    uint8_t h[20];
    ns3::Ptr<ns3::IpL4Protocol> protocol;
    ns3::Ptr<ns3::Packet> copy;
    ns3::Ipv4Header header;
    uint32_t destination;

    /* Version 4 without options, all of it and nothing more, no fragment, plain service. */
    if (!short_way || packet->CopyData(h, sizeof h) != sizeof h || h[0] != 0x45 || h[1] != 0 || (h[2] << 8 | h[3]) != (int) packet->GetSize() ||
        (h[6] & 0x3f) || h[7] || (h[9] != ns3::TcpL4Protocol::PROT_NUMBER && h[9] != ns3::UdpL4Protocol::PROT_NUMBER) ||
        !interface->IsUp())
        return false;
    destination = load_be32(h + 16);
    switch (WhoseIs(destination)) {
    case Whose::Broadcast: return false;
    case Whose::Others: return Forward(packet, destination, h[8]);
    case Whose::Ours: break;
    }
    if (h[9] == ns3::TcpL4Protocol::PROT_NUMBER)
        protocol = m_tcp;
    else
        protocol = m_udp;
    if (!protocol)
        return false;
    packet->RemoveHeader(header);
    if (h[9] == ns3::UdpL4Protocol::PROT_NUMBER)
        copy = packet->Copy();
    if (protocol->Receive(packet, header, interface) == ns3::IpL4Protocol::RX_ENDPOINT_UNREACH && copy)
        GetObject<ns3::Icmpv4L4Protocol>()->SendDestUnreachPort(header, copy);
    return true;
}

void
Ipv4::SetTransports(ns3::Ptr<ns3::IpL4Protocol> tcp, ns3::Ptr<ns3::IpL4Protocol> udp, bool forwards)
{
    m_tcp = tcp;
    m_udp = udp;
    m_forwards = forwards;
}

void
Ipv4::DoDispose()
{
    m_tcp = m_udp = nullptr;
    m_routing = nullptr;
    m_fresh = false;
    ns3::Ipv4L3Protocol::DoDispose();
}

} // namespace ns3c

void
ns3c_set_short_way(bool on) noexcept
{
    ns3c::short_way = on;
}
