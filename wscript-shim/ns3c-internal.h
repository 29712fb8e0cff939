/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms of ns3c share. C++ on this side only; nothing here crosses ns3c.h.
 */
#ifndef NS3C_INTERNAL_H
#define NS3C_INTERNAL_H

#include "ns3c.h"

#include <ns3/constant-position-mobility-model.h>
#include <ns3/ip-l4-protocol.h>
#include <ns3/ipv4-interface.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing.h>
#include <ns3/mobility-model.h>
#include <ns3/net-device.h>
#include <ns3/node.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/simple-ref-count.h>
#include <ns3/simulator.h>

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ns3c
{

/* ---- ns3c-sim.cc ---- */

/* The last instant that ns-3's signed clock can hold with room to add to it; what lies beyond never happens. */
constexpr uint64_t END_OF_TIME = static_cast<uint64_t>(INT64_MAX) / 2;

inline uint64_t
now_ns()
{
    return static_cast<uint64_t>(ns3::Simulator::Now().GetTimeStep());
}

inline ns3::Time
span(uint64_t ns)
{
    return ns3::TimeStep(ns);
}

/*
 * Something whose C handle is gone but which ns-3 may still call within this very event: it is deleted by an event of
 * its own, or by ns3c_sim_destroy() if that comes first.
 */
class Orphan
{
  public:
    Orphan() = default;
    virtual ~Orphan();
    Orphan(const Orphan &) = delete;
    Orphan &operator=(const Orphan &) = delete;

    void Adopt();       /* from now on ns3c_sim_destroy() deletes it */
    void Bury();        /* deletes it once the current event is over; adopts it first */

    static void SweepAll();

  private:
    static void Dig(Orphan *orphan);

    Orphan *m_prev = nullptr, *m_next = nullptr;
    bool m_adopted = false, m_buried = false;
};

/* ---- ns3c-tcp.cc ---- */

/* TCP of a node, which finds accepted connections however many there are. */
ns3::Ptr<ns3::IpL4Protocol> new_tcp_protocol();

/* ---- ns3c-socket.cc ---- */

ns3::Ptr<ns3::IpL4Protocol> new_udp_protocol();

/* ---- ns3c-device.cc ---- */

class Ipv4;

/* A NetDevice without frames: IPv4 goes in and comes out. Links and accesses derive from it. */
class Device : public ns3::NetDevice
{
  public:
    static ns3::TypeId GetTypeId();

    void SetIfIndex(const uint32_t index) override;
    uint32_t GetIfIndex() const override;
    ns3::Ptr<ns3::Channel> GetChannel() const override;
    void SetAddress(ns3::Address address) override;
    ns3::Address GetAddress() const override;
    bool SetMtu(const uint16_t mtu) override;
    uint16_t GetMtu() const override;
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(ns3::Callback<void> callback) override;
    bool IsBroadcast() const override;
    ns3::Address GetBroadcast() const override;
    bool IsMulticast() const override;
    ns3::Address GetMulticast(ns3::Ipv4Address group) const override;
    ns3::Address GetMulticast(ns3::Ipv6Address group) const override;
    bool IsBridge() const override;
    bool IsPointToPoint() const override;
    bool SendFrom(ns3::Ptr<ns3::Packet> packet, const ns3::Address &source, const ns3::Address &dest,
                  uint16_t protocol) override;
    ns3::Ptr<ns3::Node> GetNode() const override;
    void SetNode(ns3::Ptr<ns3::Node> node) override;
    bool NeedsArp() const override;
    void SetReceiveCallback(ReceiveCallback cb) override;
    void SetPromiscReceiveCallback(PromiscReceiveCallback cb) override;
    bool SupportsSendFrom() const override;

    void SetStack(Ipv4 *stack, ns3::Ptr<ns3::Ipv4Interface> interface);
    /* An interface of @stack that is up. */
    bool IsOn(const Ipv4 *stack) const;

  protected:
    void DoDispose() override;
    void Deliver(ns3::Ptr<ns3::Packet> packet);     /* up to the node's IPv4 */

  private:
    ns3::Ptr<ns3::Node> m_node;
    Ipv4 *m_stack = nullptr;                        /* lives as long as the node */
    ns3::Ptr<ns3::Ipv4Interface> m_interface;       /* with m_stack */
    ReceiveCallback m_receive;
    uint32_t m_if_index = 0;
    uint16_t m_mtu = 1500;
};

/*
 * Puts @octets on a line that is free from @busy on: returns when the last bit has left, not before @start, and moves
 * @busy there. @rate_bps 0: the line takes no time.
 */
uint64_t occupy(uint64_t &busy, uint64_t start, uint64_t rate_bps, uint32_t octets);

/* ---- ns3c-ipv4.cc ---- */

/* ns-3's static routing, which makes a route anew for each packet, with its routes kept. */
class StaticRouting : public ns3::Ipv4StaticRouting
{
  public:
    struct Entry {
        uint32_t net, mask;
        Device *device;                 /* NULL: not one of ours */
        ns3::Ptr<ns3::Ipv4Route> route; /* made when it is first used */
    };

    static ns3::TypeId GetTypeId();

    ns3::Ptr<ns3::Ipv4Route> RouteOutput(ns3::Ptr<ns3::Packet> packet, const ns3::Ipv4Header &header,
                                         ns3::Ptr<ns3::NetDevice> oif, ns3::Socket::SocketErrno &error) override;
    void NotifyInterfaceUp(uint32_t interface) override;
    void NotifyInterfaceDown(uint32_t interface) override;
    void NotifyAddAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address) override;
    void NotifyRemoveAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address) override;
    void SetIpv4(ns3::Ptr<ns3::Ipv4> ipv4) override;

    /* The longest prefix that @address is in, or NULL; valid until a route or an interface changes. */
    Entry *Find(uint32_t address);

    /* ns-3's are not virtual: routes are added through these. */
    template <typename... Args>
    void
    AddNetworkRouteTo(Args... args)
    {
        m_fresh = false;
        ns3::Ipv4StaticRouting::AddNetworkRouteTo(args...);
    }

    void
    SetDefaultRoute(ns3::Ipv4Address next_hop, uint32_t interface)
    {
        m_fresh = false;
        ns3::Ipv4StaticRouting::SetDefaultRoute(next_hop, interface);
    }

  protected:
    void DoDispose() override;

  private:
    void Renew();

    ns3::Ipv4 *m_stack = nullptr;
    bool m_fresh = false;               /* m_entries is ns-3's table */
    std::vector<Entry> m_entries;       /* longest prefixes first */
};

/* ns-3's IPv4, which plain packets pass by. */
class Ipv4 : public ns3::Ipv4L3Protocol
{
  public:
    static ns3::TypeId GetTypeId();

    void Send(ns3::Ptr<ns3::Packet> packet, ns3::Ipv4Address source, ns3::Ipv4Address destination, uint8_t protocol,
              ns3::Ptr<ns3::Ipv4Route> route) override;
    uint32_t AddInterface(ns3::Ptr<ns3::NetDevice> device) override;
    bool AddAddress(uint32_t i, ns3::Ipv4InterfaceAddress address) override;
    bool RemoveAddress(uint32_t i, uint32_t address) override;
    bool RemoveAddress(uint32_t i, ns3::Ipv4Address address) override;

    /* Whether @address is the last in a net of @device; in a net of one that is the device's own. */
    bool IsBroadcastOf(ns3::Ptr<ns3::NetDevice> device, uint32_t address) const;

    /* Once they are aggregated to the node. */
    void SetTransports(ns3::Ptr<ns3::IpL4Protocol> tcp, ns3::Ptr<ns3::IpL4Protocol> udp, bool forwards);
    /* From a device. Returns: false if @packet must go ns-3's own way; it is as it was. */
    bool Take(ns3::Ptr<ns3::Ipv4Interface> interface, ns3::Ptr<ns3::Packet> packet);

  protected:
    void DoDispose() override;

  private:
    enum class Whose { Ours, Others, Broadcast };
    struct Address {
        uint32_t local, host_bits;
    };
    /* Packets from one address to another in one protocol are numbered. */
    struct Flow {
        uint64_t ends = 0;              /* 0: unused, since no packet goes from nowhere to nowhere */
        uint8_t protocol = 0;
        uint16_t next = 0;
    };
    static constexpr uint8_t DEFAULT_TTL = 64;      /* ns-3's own default, which nobody changes */

    void Renew();
    Whose WhoseIs(uint32_t address);
    Flow &FindFlow(uint64_t ends, uint8_t protocol);
    uint16_t NextIdentification(uint32_t source, uint32_t destination, uint8_t protocol);
    bool Forward(ns3::Ptr<ns3::Packet> packet, uint32_t destination, uint8_t ttl);

    ns3::Ptr<ns3::IpL4Protocol> m_tcp, m_udp;
    StaticRouting *m_routing = nullptr;
    bool m_forwards = false, m_fresh = false;       /* m_addresses is what the interfaces have */
    std::vector<Address> m_addresses;
    std::vector<Flow> m_flows;          /* open-addressed, a power of two; flows never go */
    size_t m_n_flows = 0;
};

/* ---- ns3c-packet.cc ---- */

/* IPv4 header checksum, then that of TCP, UDP or ICMP unless it is a fragment; ns-3 itself leaves them 0. */
void put_checksums(uint8_t *packet, size_t len);
/* Whether ns-3 can be given @after, which somebody made from the well-formed @before, both @len octets: what a careful
 * stack would drop, ns-3's would read past its end for. */
bool still_well_formed(const uint8_t *before, const uint8_t *after, size_t len);
bool is_unicast(uint32_t address);
inline uint32_t
load_be32(const uint8_t *p)
{
    return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 |
           p[3];
}

/* ---- ns3c-tcp.cc ---- */

void forget_tcp_prototype();

/* ---- ns3c-mobility.cc ---- */

void forget_retired();      /* models that their owners have freed */

/* ---- ns3c-factory.cc ---- */

/* "TypeId[Attribute=value|…]" taken apart. */
struct Spec {
    std::string type;
    std::vector<std::pair<std::string, std::string>> given;

    bool Has(const std::string &attribute) const;
};
/* On failure these two explain in @why. */
bool parse_spec(const std::string &text, Spec *ret_spec, std::string *why);
/* Knows every name and value to be good before ns-3 sees it. @base: what the type must be a child of. */
ns3::Ptr<ns3::Object> build(const Spec &spec, ns3::TypeId base, std::string *why);
bool has_attribute(const std::string &type, const std::string &attribute);
bool parse_number(const std::string &text, double *ret_value);
bool parse_vector(const std::string &text, ns3::Vector *ret_vector);
/* Where the streams of a model that needs several begin: spread out, so that neighbouring @stream never share one. */
int64_t first_stream(int64_t stream);
/* Gives *@ret_message, if wanted, to the C side. */
void hand_over(char **ret_message, const std::string &why);

} // namespace ns3c

/* Counted, since sockets outlive the C handle. */
struct Ns3cNode : ns3::SimpleRefCount<Ns3cNode> {
    ns3::Ptr<ns3::Node> node;
    ns3::Ptr<ns3c::Ipv4> ipv4;                      /* NULL: bare */
    ns3::Ptr<ns3c::StaticRouting> routing;
    std::unordered_set<uint16_t> client_ports;      /* of TCP, in use */
    uint16_t next_client_port = 0;
};

struct Ns3cMobility {
    ns3::Ptr<ns3::MobilityModel> model;             /* none: it just stands there */
    mutable ns3::Ptr<ns3::MobilityModel> mirror;    /* model itself if it does not move by itself; without one made when it is needed */
    bool is_static = false;
    mutable bool fresh = false;                     /* position is that of at_ns */
    mutable uint64_t at_ns = 0;
    mutable ns3::Vector position;

    void Refresh() const;
    ns3::Ptr<ns3::MobilityModel> Mirror() const;
};

#endif
