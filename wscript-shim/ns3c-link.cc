/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

namespace ns3c
{

/* One end of a full-duplex line. */
class LinkDevice : public Device
{
  public:
    static ns3::TypeId GetTypeId();

    bool Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &dest, uint16_t protocol) override;

    void
    Connect(LinkDevice *peer, uint64_t rate_bps, uint64_t delay_ns)
    {
        m_peer = peer;
        m_rate_bps = rate_bps;
        m_delay_ns = delay_ns;
    }

  protected:
    void DoDispose() override;

  private:
    LinkDevice *m_peer = nullptr;           /* both live until the simulation is destroyed */
    uint64_t m_rate_bps = 0, m_delay_ns = 0, m_busy_ns = 0;
};

NS_OBJECT_ENSURE_REGISTERED(LinkDevice);

ns3::TypeId
LinkDevice::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::LinkDevice").SetParent<Device>().AddConstructor<LinkDevice>();

    return tid;
}

bool
LinkDevice::Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &, uint16_t protocol)
{
    const uint64_t now = now_ns();
    uint64_t sent;

    if (!m_peer || protocol != ns3::Ipv4L3Protocol::PROT_NUMBER || m_busy_ns > END_OF_TIME)
        return false;
    sent = occupy(m_busy_ns, now, m_rate_bps, packet->GetSize());
    ns3::Simulator::ScheduleWithContext(m_peer->GetNode()->GetId(), span(sent - now + m_delay_ns), &LinkDevice::Deliver,
                                        ns3::Ptr<LinkDevice>(m_peer), packet);
    return true;
}

void
LinkDevice::DoDispose()
{
    m_peer = nullptr;
    Device::DoDispose();
}

static unsigned
attach(Ns3cNode *n, ns3::Ptr<LinkDevice> device, uint32_t address)
{
    unsigned if_index;

    n->node->AddDevice(device);
    if_index = n->ipv4->AddInterface(device);
    n->ipv4->AddAddress(if_index, ns3::Ipv4InterfaceAddress(ns3::Ipv4Address(address), ns3::Ipv4Mask("/30")));
    n->ipv4->SetUp(if_index);
    return if_index;
}

} // namespace ns3c

using namespace ns3c;

int
ns3c_link_p2p(Ns3cNode *a, uint32_t addr_a, Ns3cNode *b, uint32_t addr_b, uint64_t rate_bps, uint64_t delay_ns,
              Ns3cLink *ret) noexcept
{
    ns3::Ptr<LinkDevice> end_a, end_b;

    /* The hosts of a /30 are its second and third address. */
    if (a == b || !a->ipv4 || !b->ipv4 || rate_bps == 0 || delay_ns > END_OF_TIME || addr_a >> 2 != addr_b >> 2 ||
        (addr_a & 3) + (addr_b & 3) != 3 || (addr_a & 3) % 3 == 0 || !is_unicast(addr_a))
        return NS3C_ERR_INVALID;
    end_a = ns3::CreateObject<LinkDevice>();
    end_b = ns3::CreateObject<LinkDevice>();
    end_a->Connect(ns3::PeekPointer(end_b), rate_bps, delay_ns);
    end_b->Connect(ns3::PeekPointer(end_a), rate_bps, delay_ns);
    ret->if_a = attach(a, end_a, addr_a);
    ret->if_b = attach(b, end_b, addr_b);
    return 0;
}
