/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/channel.h>
#include <ns3/mac48-address.h>

namespace ns3c
{

NS_OBJECT_ENSURE_REGISTERED(Device);

/* All devices share one link-layer address: nobody resolves it, since an IPv4 destination says where a packet goes. */
static const ns3::Address &
no_address()
{
    static const ns3::Address address = ns3::Mac48Address("00:00:00:00:00:00");

    return address;
}

ns3::TypeId
Device::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::Device").SetParent<ns3::NetDevice>();

    return tid;
}

void
Device::SetIfIndex(const uint32_t index)
{
    m_if_index = index;
}

uint32_t
Device::GetIfIndex() const
{
    return m_if_index;
}

ns3::Ptr<ns3::Channel>
Device::GetChannel() const
{
    return nullptr;
}

void
Device::SetAddress(ns3::Address)
{
}

ns3::Address
Device::GetAddress() const
{
    return no_address();
}

bool
Device::SetMtu(const uint16_t mtu)
{
    m_mtu = mtu;
    return true;
}

uint16_t
Device::GetMtu() const
{
    return m_mtu;
}

bool
Device::IsLinkUp() const
{
    return true;        /* IPv4's interface is what goes up and down */
}

void
Device::AddLinkChangeCallback(ns3::Callback<void>)
{
}

bool
Device::IsBroadcast() const
{
    return false;
}

ns3::Address
Device::GetBroadcast() const
{
    return no_address();
}

bool
Device::IsMulticast() const
{
    return false;
}

ns3::Address
Device::GetMulticast(ns3::Ipv4Address) const
{
    return no_address();
}

ns3::Address
Device::GetMulticast(ns3::Ipv6Address) const
{
    return no_address();
}

bool
Device::IsBridge() const
{
    return false;
}

bool
Device::IsPointToPoint() const
{
    return true;
}

bool
Device::SendFrom(ns3::Ptr<ns3::Packet> packet, const ns3::Address &, const ns3::Address &dest, uint16_t protocol)
{
    return Send(packet, dest, protocol);
}

ns3::Ptr<ns3::Node>
Device::GetNode() const
{
    return m_node;
}

void
Device::SetNode(ns3::Ptr<ns3::Node> node)
{
    m_node = node;
}

bool
Device::NeedsArp() const
{
    return false;
}

void
Device::SetReceiveCallback(ReceiveCallback cb)
{
    m_receive = cb;
}

void
Device::SetPromiscReceiveCallback(PromiscReceiveCallback)
{
}

bool
Device::SupportsSendFrom() const
{
    return false;
}

void
Device::SetStack(Ipv4 *stack, ns3::Ptr<ns3::Ipv4Interface> interface)
{
    m_stack = stack;
    m_interface = interface;
}

bool
Device::IsOn(const Ipv4 *stack) const
{
    return m_stack == stack && m_interface->IsUp();
}

void
Device::DoDispose()
{
    m_node = nullptr;
    m_stack = nullptr;
    m_interface = nullptr;
    m_receive.Nullify();
    ns3::NetDevice::DoDispose();
}

void
Device::Deliver(ns3::Ptr<ns3::Packet> packet)
{
    if (m_stack && m_stack->Take(m_interface, packet))
        return;
    if (!m_receive.IsNull())
        m_receive(this, packet, ns3::Ipv4L3Protocol::PROT_NUMBER, no_address());
}

uint64_t
occupy(uint64_t &busy, uint64_t start, uint64_t rate_bps, uint32_t octets)
{
    const uint64_t bit_ns = static_cast<uint64_t>(octets) * 8 * 1000000000;

    if (rate_bps == 0)
        return start;
    if (busy < start)
        busy = start;
    busy += bit_ns / rate_bps + (bit_ns % rate_bps != 0);
    return busy;
}

} // namespace ns3c
