/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/inet-socket-address.h>
#include <ns3/socket.h>
#include <ns3/udp-l4-protocol.h>

using namespace ns3c;

/* An IPv4 packet less its and UDP's header. */
static const size_t LARGEST_DATAGRAM = 65535 - 20 - 8;

struct Ns3cUdp : Orphan {
    ns3::Ptr<Ns3cNode> node;
    ns3::Ptr<ns3::Socket> socket;
    /* NULL once freed */
    void (*received)(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len) = nullptr;
    void *user = nullptr;

    ~Ns3cUdp() override;
};

Ns3cUdp::~Ns3cUdp()
{
    socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
    socket->Close();
}

static void
udp_read(Ns3cUdp *udp, ns3::Ptr<ns3::Socket> socket)
{
    ns3::Address from;

    while (auto packet = socket->RecvFrom(from)) {
        const auto sender = ns3::InetSocketAddress::ConvertFrom(from);
        std::vector<uint8_t> octets(packet->GetSize() + 1);     /* never empty, so that there is a pointer */

        packet->CopyData(octets.data(), packet->GetSize());
        if (udp->received)
            udp->received(udp->user, sender.GetIpv4().Get(), sender.GetPort(), octets.data(), packet->GetSize());
    }
}

Ns3cUdp *
ns3c_udp_new(Ns3cNode *node, uint16_t port,
             void (*received)(void *, uint32_t, uint16_t, const uint8_t *, size_t), void *user) noexcept
{
    ns3::Ptr<ns3::Socket> socket;
    Ns3cUdp *udp;

    if (!node->ipv4)
        return nullptr;
    socket = node->node->GetObject<ns3::UdpL4Protocol>()->CreateSocket();
    if (socket->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), port)) != 0) {
        socket->Close();
        return nullptr;
    }
    udp = new Ns3cUdp;
    udp->node = node;
    udp->socket = socket;
    udp->received = received;
    udp->user = user;
    socket->SetRecvCallback(ns3::MakeBoundCallback(&udp_read, udp));
    return udp;
}

Ns3cUdp *
ns3c_udp_free(Ns3cUdp *udp) noexcept
{
    if (udp) {
        udp->received = nullptr;
        udp->socket->Close();           /* the port is free at once */
        udp->Bury();
    }
    return nullptr;
}

static void
udp_send_later(ns3::Ptr<ns3::Socket> socket, ns3::Ptr<ns3::Packet> packet, ns3::InetSocketAddress to)
{
    socket->SendTo(packet, 0, to);
}

int
ns3c_udp_send(Ns3cUdp *udp, uint32_t to, uint16_t port, const uint8_t *octets, size_t len) noexcept
{
    const ns3::InetSocketAddress address(ns3::Ipv4Address(to), port);
    ns3::Ptr<ns3::Packet> packet;

    if (!is_unicast(to) || port == 0 || len > LARGEST_DATAGRAM)
        return NS3C_ERR_INVALID;
    packet = ns3::Create<ns3::Packet>(octets, static_cast<uint32_t>(len));
    /* ns-3 hands a node's own address straight back up, which would be a callback from inside this call. */
    if (udp->node->ipv4->GetInterfaceForAddress(address.GetIpv4()) >= 0) {
        ns3::Simulator::ScheduleNow(&udp_send_later, udp->socket, packet, address);
        return 0;
    }
    return udp->socket->SendTo(packet, 0, address) < 0 ? NS3C_ERR_NO_ROUTE : 0;
}
