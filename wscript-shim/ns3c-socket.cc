/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/udp-header.h>
#include <ns3/udp-l4-protocol.h>

using namespace ns3c;

/* An IPv4 packet less its and UDP's header. */
static const size_t LARGEST_DATAGRAM = 65535 - 20 - 8;

namespace ns3c
{

/*
 * ns-3's UDP with ports of our own in place of its sockets, each of which holds 2 KiB and a queue that nobody needs: what comes is
 * handed up at once. What no port of ours wants is ns-3's to refuse.
 */
class UdpProtocol : public ns3::UdpL4Protocol
{
  public:
    static ns3::TypeId
    GetTypeId()
    {
        static ns3::TypeId tid =
            ns3::TypeId("ns3c::UdpProtocol").SetParent<ns3::UdpL4Protocol>().AddConstructor<UdpProtocol>();

        return tid;
    }

    ns3::IpL4Protocol::RxStatus Receive(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &ip,
                                        ns3::Ptr<ns3::Ipv4Interface> interface) override;
    using ns3::UdpL4Protocol::Receive;

    std::vector<Ns3cUdp *> m_ports;         /* a few at most; each takes itself out */
};

NS_OBJECT_ENSURE_REGISTERED(UdpProtocol);

ns3::Ptr<ns3::IpL4Protocol>
new_udp_protocol()
{
    return ns3::CreateObject<UdpProtocol>();
}

} // namespace ns3c

struct Ns3cUdp : Orphan {
    ns3::Ptr<Ns3cNode> node;
    ns3::Ptr<UdpProtocol> protocol;
    uint16_t port = 0;
    /* NULL once freed */
    void (*received)(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len) = nullptr;
    void *user = nullptr;

    ~Ns3cUdp() override;
    void Leave();
};

void
Ns3cUdp::Leave()
{
    auto &ports = protocol->m_ports;

    for (auto at = ports.begin(); at != ports.end(); ++at) {
        if (*at == this) {
            ports.erase(at);
            return;
        }
    }
}

Ns3cUdp::~Ns3cUdp()
{
    Leave();
}

ns3::IpL4Protocol::RxStatus
UdpProtocol::Receive(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &ip, ns3::Ptr<ns3::Ipv4Interface> interface)
{
    ns3::UdpHeader header;

    packet->PeekHeader(header);
    for (Ns3cUdp *udp : m_ports) {
        if (udp->port != header.GetDestinationPort())
            continue;
        std::vector<uint8_t> octets(packet->GetSize() + 1);     /* never empty, so that there is a pointer */

        packet->RemoveHeader(header);
        packet->CopyData(octets.data(), packet->GetSize());
        udp->received(udp->user, ip.GetSource().Get(), header.GetSourcePort(), octets.data(), packet->GetSize());
        return RX_OK;
    }
    return ns3::UdpL4Protocol::Receive(packet, ip, interface);
}

Ns3cUdp *
ns3c_udp_new(Ns3cNode *node, uint16_t port,
             void (*received)(void *, uint32_t, uint16_t, const uint8_t *, size_t), void *user) noexcept
{
    ns3::Ptr<UdpProtocol> protocol;
    Ns3cUdp *udp;

    if (!node->ipv4 || port == 0)
        return nullptr;
    protocol = node->node->GetObject<UdpProtocol>();
    for (const Ns3cUdp *other : protocol->m_ports) {
        if (other->port == port)
            return nullptr;
    }
    udp = new Ns3cUdp;
    udp->node = node;
    udp->protocol = protocol;
    udp->port = port;
    udp->received = received;
    udp->user = user;
    protocol->m_ports.push_back(udp);
    return udp;
}

Ns3cUdp *
ns3c_udp_free(Ns3cUdp *udp) noexcept
{
    if (udp) {
        udp->Leave();                   /* the port is free at once */
        udp->Bury();
    }
    return nullptr;
}

static int
udp_send_now(ns3::Ptr<Ns3cNode> node, ns3::Ptr<UdpProtocol> protocol, ns3::Ptr<ns3::Packet> packet, uint16_t from, uint32_t to,
             uint16_t port)
{
    ns3::Ipv4Header header;
    ns3::Socket::SocketErrno error;
    ns3::Ptr<ns3::Ipv4Route> route;

    header.SetDestination(ns3::Ipv4Address(to));
    header.SetProtocol(ns3::UdpL4Protocol::PROT_NUMBER);
    route = node->routing->RouteOutput(packet, header, nullptr, error);
    /* As ns-3's socket: nobody sends to all on a net, nor a terminal, whose net is itself, to its own address. */
    if (!route || node->ipv4->IsBroadcastOf(route->GetOutputDevice(), to))
        return NS3C_ERR_NO_ROUTE;
    protocol->Send(packet, route->GetSource(), ns3::Ipv4Address(to), from, port, route);
    return 0;
}

static void
udp_send_later(ns3::Ptr<Ns3cNode> node, ns3::Ptr<UdpProtocol> protocol, ns3::Ptr<ns3::Packet> packet, uint16_t from, uint32_t to,
               uint16_t port)
{
    udp_send_now(node, protocol, packet, from, to, port);
}

int
ns3c_udp_send(Ns3cUdp *udp, uint32_t to, uint16_t port, const uint8_t *octets, size_t len) noexcept
{
    ns3::Ptr<ns3::Packet> packet;

    if (!is_unicast(to) || port == 0 || len > LARGEST_DATAGRAM)
        return NS3C_ERR_INVALID;
    packet = ns3::Create<ns3::Packet>(octets, static_cast<uint32_t>(len));
    /* ns-3 hands a node's own address straight back up, which would be a callback from inside this call. */
    if (udp->node->ipv4->GetInterfaceForAddress(ns3::Ipv4Address(to)) >= 0) {
        ns3::Simulator::ScheduleNow(&udp_send_later, udp->node, udp->protocol, packet, udp->port, to, port);
        return 0;
    }
    return udp_send_now(udp->node, udp->protocol, packet, udp->port, to, port);
}
