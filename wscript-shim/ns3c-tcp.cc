/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-end-point.h>
#include <ns3/rtt-estimator.h>
#include <ns3/tcp-congestion-ops.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-recovery-ops.h>
#include <ns3/tcp-rx-buffer.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-tx-buffer.h>

#include <unordered_map>

namespace ns3c
{

class TcpSocket;

/*
 * ns-3 looks for the end point of each segment in a list, and so goes through all connections of a server for each of them.
 * Those that were accepted, and who accepts, are found here at once; what is not found goes ns-3's way.
 */
class TcpProtocol : public ns3::TcpL4Protocol
{
  public:
    static ns3::TypeId GetTypeId();

    ns3::IpL4Protocol::RxStatus Receive(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &ip,
                                        ns3::Ptr<ns3::Ipv4Interface> interface) override;

    /* Who is at both ends of an accepted connection. */
    struct Ends {
        uint32_t peer, local;
        uint16_t peer_port, local_port;

        bool operator==(const Ends &other) const;
    };
    struct Hash {
        size_t operator()(const Ends &ends) const;
    };

    std::unordered_map<Ends, TcpSocket *, Hash> m_accepted;     /* each takes itself out; never walked */
    std::unordered_map<uint16_t, TcpSocket *> m_listeners;      /* by port; the same */
};

NS_OBJECT_ENSURE_REGISTERED(TcpProtocol);

/*
 * ns-3's socket, with its silent end within reach, and mended where 3.37 crashes or waits in vain:
 *  - a refusal (RST with ACK) of a SYN is passed over, as any ACK is, and the connection tried for three minutes more;
 *  - a peer's window filled to the last octet while a segment is lost makes it send a segment of no octets;
 *  - a closed window is probed although there is nothing to send.
 */
class TcpSocket : public ns3::TcpSocketBase
{
  public:
    static ns3::TypeId GetTypeId();

    TcpSocket();
    TcpSocket(const TcpSocket &other);
    ~TcpSocket() override;

    /* Bound: from now on what comes to @port and belongs to no connection is for this one. */
    void Announce(uint16_t port);
    /* From its protocol. Returns: false if it has no end point any more. */
    bool Take(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &ip, uint16_t port, ns3::Ptr<ns3::Ipv4Interface> interface);
    void Abort();
    void Reset();
    bool MaySend() const;
    /* All that was queued has been acknowledged. */
    bool IsDrained() const;
    ns3::SequenceNumber32 Acknowledged() const;
    void ProbeIfClosed();
    void WatchState(ns3::Callback<void, TcpStates_t, TcpStates_t> changed);
    TcpStates_t State() const;

    static unsigned s_alive;

  protected:
    ns3::Ptr<ns3::TcpSocketBase> Fork() override;
    void DoForwardUp(ns3::Ptr<ns3::Packet> packet, const ns3::Address &from, const ns3::Address &to) override;
    uint32_t AvailableWindow() const override;
    uint32_t SendDataPacket(ns3::SequenceNumber32 seq, uint32_t max_size, bool with_ack) override;
    void PersistTimeout() override;
    void CompleteFork(ns3::Ptr<ns3::Packet> packet, const ns3::TcpHeader &header, const ns3::Address &from,
                      const ns3::Address &to) override;

  private:
    ns3::Ptr<TcpProtocol> m_protocol;           /* of an accepted one, or a listener, and where it stands there */
    TcpProtocol::Ends m_ends = {};
    uint16_t m_listens_at = 0;
};

NS_OBJECT_ENSURE_REGISTERED(TcpSocket);

ns3::TypeId
TcpSocket::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::TcpSocket").SetParent<ns3::TcpSocketBase>().AddConstructor<TcpSocket>();

    return tid;
}

unsigned TcpSocket::s_alive = 0;

TcpSocket::TcpSocket()
{
    s_alive++;
}

TcpSocket::TcpSocket(const TcpSocket &other) : ns3::TcpSocketBase(other)
{
    s_alive++;
}

TcpSocket::~TcpSocket()
{
    s_alive--;
    if (!m_protocol)
        return;
    auto found = m_protocol->m_accepted.find(m_ends);

    if (m_listens_at != 0)
        m_protocol->m_listeners.erase(m_listens_at);
    /* The peer may have come back from the same port, and stand there instead. */
    if (found != m_protocol->m_accepted.end() && found->second == this)
        m_protocol->m_accepted.erase(found);
}

void
TcpSocket::CompleteFork(ns3::Ptr<ns3::Packet> packet, const ns3::TcpHeader &header, const ns3::Address &from,
                        const ns3::Address &to)
{
    ns3::TcpSocketBase::CompleteFork(packet, header, from, to);
    m_protocol = ns3::DynamicCast<TcpProtocol>(m_tcp);
    m_ends = TcpProtocol::Ends{m_endPoint->GetPeerAddress().Get(), m_endPoint->GetLocalAddress().Get(),
                               m_endPoint->GetPeerPort(), m_endPoint->GetLocalPort()};
    m_protocol->m_accepted[m_ends] = this;
}

void
TcpSocket::Announce(uint16_t port)
{
    m_protocol = ns3::DynamicCast<TcpProtocol>(m_tcp);
    m_listens_at = port;
    m_protocol->m_listeners[port] = this;
}

bool
TcpSocket::Take(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &ip, uint16_t port, ns3::Ptr<ns3::Ipv4Interface> interface)
{
    if (!m_endPoint || !m_endPoint->IsRxEnabled())
        return false;
    m_endPoint->ForwardUp(packet, ip, port, interface);
    return true;
}

/* ---- the protocol ---- */

ns3::TypeId
TcpProtocol::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::TcpProtocol").SetParent<ns3::TcpL4Protocol>().AddConstructor<TcpProtocol>();

    return tid;
}

bool
TcpProtocol::Ends::operator==(const Ends &other) const
{
    return peer == other.peer && local == other.local && peer_port == other.peer_port && local_port == other.local_port;
}

size_t
TcpProtocol::Hash::operator()(const Ends &ends) const
{
    const uint64_t peer = static_cast<uint64_t>(ends.peer) << 16 | ends.peer_port;
    const uint64_t local = static_cast<uint64_t>(ends.local) << 16 | ends.local_port;

    return static_cast<size_t>((peer * UINT64_C(0x9E3779B97F4A7C15) + local) * UINT64_C(0xD6E8FEB86659FD93));
}

ns3::IpL4Protocol::RxStatus
TcpProtocol::Receive(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &ip, ns3::Ptr<ns3::Ipv4Interface> interface)
{
    uint8_t ports[4];

    if (!m_listeners.empty() && packet->CopyData(ports, sizeof ports) == sizeof ports) {
        const uint32_t both = load_be32(ports);
        const auto peer_port = static_cast<uint16_t>(both >> 16), local_port = static_cast<uint16_t>(both);
        auto found = m_accepted.find(Ends{ip.GetSource().Get(), ip.GetDestination().Get(), peer_port, local_port});

        if (found != m_accepted.end() && found->second->Take(packet, ip, peer_port, interface))
            return ns3::IpL4Protocol::RX_OK;
        auto listener = m_listeners.find(local_port);

        if (listener != m_listeners.end() && listener->second->Take(packet, ip, peer_port, interface))
            return ns3::IpL4Protocol::RX_OK;
    }
    return ns3::TcpL4Protocol::Receive(packet, ip, interface);
}

ns3::Ptr<ns3::IpL4Protocol>
new_tcp_protocol()
{
    return ns3::CreateObject<TcpProtocol>();
}

void
TcpSocket::Abort()
{
    /* Those that can wait for a minute, out of the queue; it would hold the simulation for them although cancelled. */
    ns3::Simulator::Remove(m_retxEvent);
    ns3::Simulator::Remove(m_persistEvent);
    CancelAllTimers();
    DeallocateEndPoint();
}

void
TcpSocket::Reset()
{
    SendRST();
}

bool
TcpSocket::MaySend() const
{
    return m_state == SYN_SENT || m_state == ESTABLISHED || m_state == CLOSE_WAIT;
}

bool
TcpSocket::IsDrained() const
{
    return m_txBuffer->Size() == 0;
}

ns3::SequenceNumber32
TcpSocket::Acknowledged() const
{
    return m_txBuffer->HeadSequence();
}

void
TcpSocket::ProbeIfClosed()
{
    if (m_connected && m_rWnd.Get() == 0 && m_persistEvent.IsExpired())
        m_persistEvent = ns3::Simulator::Schedule(m_persistTimeout, &TcpSocket::PersistTimeout, this);
}

void
TcpSocket::WatchState(ns3::Callback<void, TcpStates_t, TcpStates_t> changed)
{
    m_state.ConnectWithoutContext(changed);
}

ns3::TcpSocket::TcpStates_t
TcpSocket::State() const
{
    return m_state;
}

ns3::Ptr<ns3::TcpSocketBase>
TcpSocket::Fork()
{
    return ns3::CopyObject<TcpSocket>(this);
}

void
TcpSocket::DoForwardUp(ns3::Ptr<ns3::Packet> packet, const ns3::Address &from, const ns3::Address &to)
{
    if (m_state == SYN_SENT) {
        ns3::TcpHeader header;

        /* RFC 9293 3.10.7.3. */
        packet->PeekHeader(header);
        if ((header.GetFlags() & ns3::TcpHeader::RST) && (header.GetFlags() & ns3::TcpHeader::ACK)) {
            if (header.GetAckNumber() == m_tcb->m_highTxMark.Get() + ns3::SequenceNumber32(1))
                CloseAndNotify();
            return;
        }
    }
    ns3::TcpSocketBase::DoForwardUp(packet, from, to);
}

uint32_t
TcpSocket::AvailableWindow() const
{
    const uint32_t window = ns3::TcpSocketBase::AvailableWindow();
    ns3::SequenceNumber32 next, end;

    if (window > 0 && m_tcb->m_highTxMark.Get() - m_txBuffer->HeadSequence() >= static_cast<int64_t>(m_rWnd.Get()) &&
        m_txBuffer->NextSeg(&next, &end, false) && next == end)
        return 0;
    return window;
}

uint32_t
TcpSocket::SendDataPacket(ns3::SequenceNumber32 seq, uint32_t max_size, bool with_ack)
{
    if (max_size == 0 || m_txBuffer->SizeFromSequence(seq) == 0)
        return 0;
    return ns3::TcpSocketBase::SendDataPacket(seq, max_size, with_ack);
}

void
TcpSocket::PersistTimeout()
{
    /* ProbeIfClosed() comes back here when there is something. */
    if (m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence) > 0 && m_endPoint)
        ns3::TcpSocketBase::PersistTimeout();
}

/*
 * A socket looks up some forty attributes when it is made, and none when it is copied, as ns-3 does for each connection
 * that a listener takes.
 */
static ns3::Ptr<TcpSocket> prototype;
static unsigned listeners;          /* whose sockets are no connections */

void
forget_tcp_prototype()
{
    prototype = nullptr;
}

static ns3::Ptr<TcpSocket>
new_socket(Ns3cNode *node)
{
    ns3::Ptr<TcpSocket> socket;

    if (!prototype) {
        prototype = ns3::CreateObject<TcpSocket>();
        prototype->SetRtt(ns3::CreateObject<ns3::RttMeanDeviation>());
        prototype->SetCongestionControlAlgorithm(ns3::CreateObject<ns3::TcpNewReno>());
        prototype->SetRecoveryAlgorithm(ns3::CreateObject<ns3::TcpClassicRecovery>());
    }
    socket = ns3::CopyObject<TcpSocket>(prototype);
    socket->SetNode(node->node);
    socket->SetTcp(node->node->GetObject<ns3::TcpL4Protocol>());
    return socket;
}

} // namespace ns3c

using namespace ns3c;

/* How long a closed connection may go on without progress, in steps of which each must see some: RFC 9293 knows no
 * limit, and a FIN into a black hole would be repeated for ever. With data on its way ns-3's own limit of about two
 * minutes comes first, unless the peer's window is closed. */
static const uint64_t LINGER_NS = UINT64_C(60000000000);
static const unsigned LINGER_STEPS_FIN = 1, LINGER_STEPS_DATA = 4;

struct Ns3cTcp : Orphan {
    ns3::Ptr<TcpSocket> socket;
    ns3::Ptr<Ns3cNode> node;                /* NULL: accepted, not connected */
    uint16_t client_port = 0;
    Ns3cTcpCallbacks callbacks = {};
    void *user = nullptr;
    std::vector<uint8_t> queue;             /* what ns-3's buffer had no room for, from queue_start on */
    size_t queue_start = 0;
    bool watches_room = false;              /* ns-3 tells when there is room */
    bool is_over = false;                   /* closed() was called, or there is nobody to call */
    bool is_closing = false;                /* the handle is gone; the connection is not */
    bool is_refused = false;                /* the listener did not want it */
    ns3::EventId linger;
    ns3::SequenceNumber32 progress;
    unsigned steps = 0;

    ~Ns3cTcp() override;
};

Ns3cTcp::~Ns3cTcp()
{
    ns3::Simulator::Remove(linger);
    if (is_refused)
        socket->Reset();
    socket->Abort();
    socket->SetConnectCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>(),
                               ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
    socket->SetCloseCallbacks(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>(),
                              ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
    socket->SetRecvCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>>());
    socket->SetSendCallback(ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>, uint32_t>());
    if (node)
        node->client_ports.erase(client_port);
}

/* ---- what ns-3 tells ---- */

static void
tcp_connected(Ns3cTcp *tcp, ns3::Ptr<ns3::Socket>)
{
    if (!tcp->is_over && tcp->callbacks.connected)
        tcp->callbacks.connected(tcp->user);
}

static void
tcp_over(Ns3cTcp *tcp, bool reset)
{
    if (tcp->is_closing) {
        tcp->Bury();
        return;
    }
    if (tcp->is_over)
        return;
    tcp->is_over = true;
    if (tcp->callbacks.closed)
        tcp->callbacks.closed(tcp->user, reset);
}

static void
tcp_failed(Ns3cTcp *tcp, ns3::Ptr<ns3::Socket>)
{
    tcp_over(tcp, true);
}

static void
tcp_closed(Ns3cTcp *tcp, ns3::Ptr<ns3::Socket>)
{
    /* ns-3 calls an incoming RST a normal close too; after a FIN the socket waits for our own. Once we are closing, the
     * socket's state says when it is over. */
    if (!tcp->is_closing)
        tcp_over(tcp, tcp->socket->State() != ns3::TcpSocket::CLOSE_WAIT);
}

static void
tcp_state_changed(Ns3cTcp *tcp, ns3::TcpSocket::TcpStates_t, ns3::TcpSocket::TcpStates_t state)
{
    if (state == ns3::TcpSocket::CLOSED)
        tcp->Bury();
}

static void
tcp_read(Ns3cTcp *tcp, ns3::Ptr<ns3::Socket>)
{
    /* Also when nobody wants it: ns-3 resets what is closed with something unread. */
    while (tcp->socket->GetRxAvailable() > 0) {
        auto packet = tcp->socket->Recv(UINT32_MAX, 0);
        std::vector<uint8_t> octets(packet->GetSize());

        packet->CopyData(octets.data(), packet->GetSize());
        if (!tcp->is_over && tcp->callbacks.received)
            tcp->callbacks.received(tcp->user, octets.data(), octets.size());
    }
}

/* ---- sending ---- */

static size_t
tcp_push(Ns3cTcp *tcp, const uint8_t *octets, size_t len)
{
    const size_t room = tcp->socket->GetTxAvailable();
    const size_t n = len < room ? len : room;

    if (n == 0 || tcp->socket->Send(ns3::Create<ns3::Packet>(octets, static_cast<uint32_t>(n)), 0) < 0)
        return 0;
    tcp->socket->ProbeIfClosed();
    return n;
}

static void
tcp_flush(Ns3cTcp *tcp, ns3::Ptr<ns3::Socket>, uint32_t)
{
    const size_t queued = tcp->queue.size() - tcp->queue_start;

    if (queued == 0)
        return;
    tcp->queue_start += tcp_push(tcp, tcp->queue.data() + tcp->queue_start, queued);
    if (tcp->queue_start < tcp->queue.size())
        return;
    tcp->queue.clear();
    tcp->queue.shrink_to_fit();
    tcp->queue_start = 0;
    if (tcp->is_closing)
        tcp->socket->Close();
}

static void
tcp_attach(Ns3cTcp *tcp)
{
    const auto failed = ns3::MakeBoundCallback(&tcp_failed, tcp);

    tcp->socket->SetConnectCallback(ns3::MakeBoundCallback(&tcp_connected, tcp), failed);
    tcp->socket->SetCloseCallbacks(ns3::MakeBoundCallback(&tcp_closed, tcp), failed);
    tcp->socket->SetRecvCallback(ns3::MakeBoundCallback(&tcp_read, tcp));
}

int
ns3c_tcp_send(Ns3cTcp *tcp, const uint8_t *octets, size_t len) noexcept
{
    size_t pushed = 0;

    if ((tcp->is_over && tcp->socket->State() != ns3::TcpSocket::CLOSE_WAIT) || !tcp->socket->MaySend())
        return NS3C_ERR_STATE;
    if (tcp->queue.empty())
        pushed = tcp_push(tcp, octets, len);
    if (pushed == len)
        return 0;
    if (!tcp->watches_room) {
        tcp->watches_room = true;
        tcp->socket->SetSendCallback(ns3::MakeBoundCallback(&tcp_flush, tcp));
    }
    tcp->queue.insert(tcp->queue.end(), octets + pushed, octets + len);
    return 0;
}

/* ---- beginning ---- */

/* Every client socket of a node is made here, so a port that is not in the set is in nobody's use. */
static bool
bind_client(Ns3cNode *node, ns3::Ptr<TcpSocket> socket, uint16_t *ret_port)
{
    for (unsigned tries = 0; tries < 16384; tries++) {
        const uint16_t port = node->next_client_port;

        node->next_client_port = port == 65535 ? 49152 : static_cast<uint16_t>(port + 1);
        if (node->client_ports.count(port) == 0 &&
            socket->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), port)) == 0) {
            node->client_ports.insert(port);
            *ret_port = port;
            return true;
        }
    }
    return false;
}

Ns3cTcp *
ns3c_tcp_connect(Ns3cNode *node, uint32_t addr, uint16_t port, const Ns3cTcpCallbacks *callbacks, void *user) noexcept
{
    ns3::Ipv4Address to(addr);
    Ns3cTcp *tcp;

    if (!node->ipv4 || !is_unicast(addr) || port == 0)
        return nullptr;
    tcp = new Ns3cTcp;
    tcp->socket = new_socket(node);
    if (!bind_client(node, tcp->socket, &tcp->client_port)) {
        delete tcp;
        return nullptr;
    }
    tcp->node = node;
    tcp->callbacks = *callbacks;
    tcp->user = user;
    tcp_attach(tcp);
    /* ns-3 hands a node's own address straight back up, in the middle of its sending; its loopback does not. */
    if (node->ipv4->GetInterfaceForAddress(to) >= 0)
        to = ns3::Ipv4Address::GetLoopback();
    if (tcp->socket->Connect(ns3::InetSocketAddress(to, port)) != 0) {
        delete tcp;
        return nullptr;
    }
    return tcp;
}

void
ns3c_tcp_set_callbacks(Ns3cTcp *tcp, const Ns3cTcpCallbacks *callbacks, void *user) noexcept
{
    tcp->callbacks = *callbacks;
    tcp->user = user;
}

/* ---- ending ---- */

static void
tcp_linger(Ns3cTcp *tcp)
{
    const bool drained = tcp->socket->IsDrained() && tcp->queue.empty();
    const auto progress = tcp->socket->Acknowledged();

    tcp->steps = progress == tcp->progress ? tcp->steps + 1 : 0;
    tcp->progress = progress;
    if (tcp->steps >= (drained ? LINGER_STEPS_FIN : LINGER_STEPS_DATA)) {
        tcp->socket->Abort();
        tcp->Bury();
        return;
    }
    tcp->linger = ns3::Simulator::Schedule(span(LINGER_NS), &tcp_linger, tcp);
}

static void
tcp_finish(Ns3cTcp *tcp)
{
    tcp->socket->Close();
}

void
ns3c_tcp_close(Ns3cTcp *tcp) noexcept
{
    if (!tcp)
        return;
    tcp->callbacks = {};
    tcp->is_over = true;
    if (!tcp->socket->MaySend()) {
        tcp->socket->Abort();
        tcp->Bury();
        return;
    }
    tcp->is_closing = true;
    tcp->Adopt();
    tcp->progress = tcp->socket->Acknowledged();
    tcp->linger = ns3::Simulator::Schedule(span(LINGER_NS), &tcp_linger, tcp);
    tcp->socket->WatchState(ns3::MakeBoundCallback(&tcp_state_changed, tcp));
    /* On its own event: between two sockets of one node, the FIN would call closed() of the other from inside this call. */
    if (tcp->queue.empty())
        ns3::Simulator::ScheduleNow(&tcp_finish, tcp);
}

Ns3cTcp *
ns3c_tcp_free(Ns3cTcp *tcp) noexcept
{
    if (tcp) {
        tcp->callbacks = {};
        tcp->is_over = true;
        tcp->socket->Abort();
        tcp->Bury();
    }
    return nullptr;
}

unsigned
ns3c_tcp_count(void) noexcept
{
    return TcpSocket::s_alive - listeners - (prototype ? 1 : 0);
}

/* ---- listening ---- */

/* Connections that are still being set up hold this, and may outlive the listener. */
struct ListenerLink : ns3::SimpleRefCount<ListenerLink> {
    Ns3cTcpListener *listener;
};

struct Ns3cTcpListener : Orphan {
    ns3::Ptr<TcpSocket> socket;
    ns3::Ptr<ListenerLink> link;
    bool (*accepted)(void *user, Ns3cTcp *tcp, uint32_t from) = nullptr;
    void *user = nullptr;

    ~Ns3cTcpListener() override;
};

Ns3cTcpListener::~Ns3cTcpListener()
{
    listeners--;
    socket->Abort();
    socket->SetAcceptCallback(ns3::MakeNullCallback<bool, ns3::Ptr<ns3::Socket>, const ns3::Address &>(),
                              ns3::MakeNullCallback<void, ns3::Ptr<ns3::Socket>, const ns3::Address &>());
}

static void
listener_accept(ns3::Ptr<ListenerLink> link, ns3::Ptr<ns3::Socket> socket, const ns3::Address &from)
{
    Ns3cTcpListener *listener = link->listener;
    auto *tcp = new Ns3cTcp;

    tcp->socket = ns3::DynamicCast<TcpSocket>(socket);
    tcp_attach(tcp);
    if (listener &&
        listener->accepted(listener->user, tcp, ns3::InetSocketAddress::ConvertFrom(from).GetIpv4().Get()))
        return;
    /* ns-3 is in the middle of taking the segment that completed the connection: reset it after that. */
    tcp->callbacks = {};
    tcp->is_over = true;
    tcp->is_refused = true;
    tcp->Bury();
}

Ns3cTcpListener *
ns3c_tcp_listen(Ns3cNode *node, uint16_t port, bool (*accepted)(void *, Ns3cTcp *, uint32_t), void *user) noexcept
{
    ns3::Ptr<TcpSocket> socket;
    Ns3cTcpListener *l;

    if (!node->ipv4 || port == 0)
        return nullptr;
    socket = new_socket(node);
    if (socket->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), port)) != 0 || socket->Listen() != 0) {
        socket->Abort();
        return nullptr;
    }
    socket->Announce(port);
    l = new Ns3cTcpListener;
    listeners++;
    l->socket = socket;
    l->link = ns3::Create<ListenerLink>();
    l->link->listener = l;
    l->accepted = accepted;
    l->user = user;
    socket->SetAcceptCallback(ns3::MakeNullCallback<bool, ns3::Ptr<ns3::Socket>, const ns3::Address &>(),
                              ns3::MakeBoundCallback(&listener_accept, l->link));
    return l;
}

Ns3cTcpListener *
ns3c_tcp_listener_free(Ns3cTcpListener *l) noexcept
{
    if (l) {
        l->link->listener = nullptr;
        l->socket->Abort();
        l->Bury();
    }
    return nullptr;
}
