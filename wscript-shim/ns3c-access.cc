/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device on the gateway and a light one on each terminal, instead of a link with two devices and two interfaces a
 * terminal: set-up and every packet cost the same, however many terminals there are.
 *
 *   uplink    terminal: tap, blocked, loss, terminal's rate | gateway's rate | delay | capture, gateway
 *   downlink  gateway: tap, capture, gateway's rate, blocked, loss, terminal's rate | delay | terminal
 *
 * A bar is an event. Rates are lines that are busy until an instant; nothing is dropped for want of room.
 */
#include "ns3c-internal.h"

#include <ns3/random-variable-stream.h>

#include <cmath>
#include <unordered_map>

namespace ns3c
{

class TerminalDevice;

class AccessDevice : public Device
{
  public:
    static ns3::TypeId GetTypeId();

    bool Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &dest, uint16_t protocol) override;

    TerminalDevice *Find(uint32_t address) const;
    /* Shows the packet to the tap. Returns: whether it goes on. */
    bool ShowTap(bool uplink, ns3::Ptr<ns3::Packet> &packet);
    void Capture(ns3::Ptr<ns3::Packet> packet);
    /* From a terminal, whose rate it has passed. */
    void Receive(ns3::Ptr<ns3::Packet> packet);
    int CloseCapture();

    uint32_t m_gateway = 0, m_prefix = 0, m_mask = 0;
    uint64_t m_rate_up_bps = 0, m_rate_down_bps = 0, m_busy_up_ns = 0;
    Ns3cTap m_tap = nullptr;
    void *m_tap_user = nullptr;
    Ns3cPcap *m_capture = nullptr;
    std::unordered_map<uint32_t, TerminalDevice *> m_terminals;     /* those that are up, by address; never walked */

  protected:
    void DoDispose() override;

  private:
    void Forward(ns3::Ptr<ns3::Packet> packet);

    uint64_t m_busy_down_ns = 0;
};

class TerminalDevice : public Device
{
  public:
    static ns3::TypeId GetTypeId();

    bool Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &dest, uint16_t protocol) override;

    void Open(uint32_t address);
    /* From the gateway, on its line until @sent_ns. */
    void Forward(ns3::Ptr<ns3::Packet> packet, uint64_t sent_ns);

    ns3::Ptr<AccessDevice> m_access;        /* NULL once the port is freed */
    uint32_t m_address = 0;                 /* 0: down */
    uint32_t m_session = 0;                 /* counts each time up: what was sent in an earlier one never arrives */
    bool m_blocked = false;
    Ns3cPortConfig m_config = {};
    Ns3cPortCounters m_counters = {};

  protected:
    void DoDispose() override;

  private:
    void Uplink(ns3::Ptr<ns3::Packet> packet, uint32_t session);
    void ShareUplink(ns3::Ptr<ns3::Packet> packet, uint32_t session);
    void ArriveUplink(ns3::Ptr<ns3::Packet> packet, uint32_t session);
    void ArriveDownlink(ns3::Ptr<ns3::Packet> packet, uint32_t session);
    bool Lives(uint32_t session);
    bool IsLost();
    bool IsInBurst();

    ns3::Ptr<ns3::UniformRandomVariable> m_draw;        /* of losses; made when one is first possible */
    ns3::Ptr<ns3::UniformRandomVariable> m_burst_draw;  /* the same */
    double m_bad = 0;                                   /* 1: in a burst when it was last looked at */
    uint64_t m_looked_ns = 0;
    uint64_t m_busy_up_ns = 0, m_busy_down_ns = 0;
};

NS_OBJECT_ENSURE_REGISTERED(AccessDevice);
NS_OBJECT_ENSURE_REGISTERED(TerminalDevice);

ns3::TypeId
AccessDevice::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::AccessDevice").SetParent<Device>().AddConstructor<AccessDevice>();

    return tid;
}

ns3::TypeId
TerminalDevice::GetTypeId()
{
    static ns3::TypeId tid = ns3::TypeId("ns3c::TerminalDevice").SetParent<Device>().AddConstructor<TerminalDevice>();

    return tid;
}

/* Calls @fn of @device with @args, in the context of its node. */
template <typename T, typename F, typename... Args>
static void
later(uint64_t delay_ns, F fn, T *device, Args... args)
{
    ns3::Simulator::ScheduleWithContext(device->GetNode()->GetId(), span(delay_ns), fn, ns3::Ptr<T>(device), args...);
}

/* ---- the gateway's end ---- */

TerminalDevice *
AccessDevice::Find(uint32_t address) const
{
    auto found = m_terminals.find(address);

    return found == m_terminals.end() ? nullptr : found->second;
}

/* Octets 12 to 15 of an IPv4 header are the source, 16 to 19 the destination. */
static uint32_t
address_at(ns3::Ptr<ns3::Packet> packet, unsigned at)
{
    uint8_t header[20];

    return packet->CopyData(header, sizeof header) == sizeof header ? load_be32(header + at) : 0;
}

static uint32_t
destination(ns3::Ptr<ns3::Packet> packet)
{
    return address_at(packet, 16);
}

bool
AccessDevice::Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &, uint16_t protocol)
{
    if (protocol != ns3::Ipv4L3Protocol::PROT_NUMBER)
        return false;
    /* The caller may be a socket function of ours, from inside of which no callback may come. */
    if (m_tap)
        later(0, &AccessDevice::Forward, this, packet);
    else
        Forward(packet);
    return true;
}

void
AccessDevice::Forward(ns3::Ptr<ns3::Packet> packet)
{
    TerminalDevice *terminal = Find(destination(packet));

    if (m_tap) {
        if (!ShowTap(false, packet)) {
            if (terminal)
                terminal->m_counters.lost++;
            return;
        }
        terminal = Find(destination(packet));
    }
    /* Nobody has this address, or not any more. */
    if (!terminal)
        return;
    Capture(packet);
    if (m_busy_down_ns > END_OF_TIME) {
        terminal->m_counters.lost++;
        return;
    }
    terminal->Forward(packet, occupy(m_busy_down_ns, now_ns(), m_rate_down_bps, packet->GetSize()));
}

void
AccessDevice::Receive(ns3::Ptr<ns3::Packet> packet)
{
    Capture(packet);
    Deliver(packet);
}

bool
AccessDevice::ShowTap(bool uplink, ns3::Ptr<ns3::Packet> &packet)
{
    std::vector<uint8_t> before(packet->GetSize()), after;

    packet->CopyData(before.data(), static_cast<uint32_t>(before.size()));
    put_checksums(before.data(), before.size());
    after = before;
    if (!m_tap(m_tap_user, uplink, after.data(), after.size()))
        return false;
    if (after == before)
        return true;
    if (!still_well_formed(before.data(), after.data(), after.size()))
        return false;
    /* The checksums are ns-3's own way again, 0, unless a capture writes them. */
    packet = ns3::Create<ns3::Packet>(after.data(), static_cast<uint32_t>(after.size()));
    return true;
}

void
AccessDevice::Capture(ns3::Ptr<ns3::Packet> packet)
{
    uint8_t octets[65536];

    if (!m_capture)
        return;
    put_checksums(octets, packet->CopyData(octets, sizeof octets));
    ns3c_pcap_write(m_capture, octets, packet->GetSize());      /* a failure is remembered and told at the end */
}

int
AccessDevice::CloseCapture()
{
    Ns3cPcap *capture = m_capture;

    m_capture = nullptr;
    return ns3c_pcap_close(capture);
}

void
AccessDevice::DoDispose()
{
    CloseCapture();
    m_tap = nullptr;
    m_terminals.clear();
    Device::DoDispose();
}

/* ---- the terminal's end ---- */

void
TerminalDevice::Open(uint32_t address)
{
    m_address = address;
    m_session++;
    m_busy_up_ns = m_busy_down_ns = 0;
}

/* Whether what was sent in @session may go on; counts it as lost if not. */
bool
TerminalDevice::Lives(uint32_t session)
{
    if (m_access && m_address && session == m_session)
        return true;
    m_counters.lost++;
    return false;
}

/*
 * Two states, after Gilbert and Elliott, in continuous time: a burst ends at a constant rate, and begins at the one that makes
 * its share of time. What the state is now depends on what it was when it was last looked at, and on how long ago that is.
 */
bool
TerminalDevice::IsInBurst()
{
    const uint64_t now = now_ns();
    const double share = m_config.burst_share;
    double bad = share;

    if (share <= 0)
        return false;
    if (m_burst_draw) {
        const double rate = 1 / (static_cast<double>(m_config.burst_ns) * (1 - share));

        bad += (m_bad - share) * std::exp(-static_cast<double>(now - m_looked_ns) * rate);
    } else {
        m_burst_draw = ns3::CreateObject<ns3::UniformRandomVariable>();
        m_burst_draw->SetStream(m_config.loss_stream + 1);
    }
    m_bad = m_burst_draw->GetValue() < bad ? 1 : 0;
    m_looked_ns = now;
    return m_bad > 0;
}

bool
TerminalDevice::IsLost()
{
    if (m_blocked || IsInBurst())
        return true;
    if (m_config.loss <= 0)
        return false;
    if (!m_draw) {
        m_draw = ns3::CreateObject<ns3::UniformRandomVariable>();
        m_draw->SetStream(m_config.loss_stream);
    }
    return m_draw->GetValue() < m_config.loss;
}

bool
TerminalDevice::Send(ns3::Ptr<ns3::Packet> packet, const ns3::Address &, uint16_t protocol)
{
    if (!m_access || !m_address || protocol != ns3::Ipv4L3Protocol::PROT_NUMBER)
        return false;
    /* A connection that was closing when its address went still sends from it; no network takes that. */
    if (address_at(packet, 12) != m_address) {
        m_counters.lost++;
        return true;
    }
    if (m_access->m_tap)
        later(0, &TerminalDevice::Uplink, this, packet, m_session);
    else
        Uplink(packet, m_session);
    return true;
}

void
TerminalDevice::Uplink(ns3::Ptr<ns3::Packet> packet, uint32_t session)
{
    const uint64_t now = now_ns();
    uint64_t sent;

    if (!Lives(session))
        return;
    if (m_access->m_tap) {
        if (!m_access->ShowTap(true, packet)) {
            m_counters.lost++;
            return;
        }
        if (!Lives(session))            /* the tap may have taken the port down */
            return;
    }
    if (m_busy_up_ns > END_OF_TIME) {
        m_counters.lost++;
        return;
    }
    sent = occupy(m_busy_up_ns, now, m_config.rate_bps, packet->GetSize());
    if (IsLost()) {
        m_counters.lost++;
        return;
    }
    /* The gateway's line is taken in the order in which packets come to it, which is not that of being handed over. */
    if (m_access->m_rate_up_bps && sent > now)
        later(sent - now, &TerminalDevice::ShareUplink, this, packet, session);
    else if (m_access->m_rate_up_bps)
        ShareUplink(packet, session);
    else
        later(sent - now + m_config.delay_ns, &TerminalDevice::ArriveUplink, this, packet, session);
}

void
TerminalDevice::ShareUplink(ns3::Ptr<ns3::Packet> packet, uint32_t session)
{
    const uint64_t now = now_ns();
    uint64_t sent;

    if (!Lives(session))
        return;
    if (m_access->m_busy_up_ns > END_OF_TIME) {
        m_counters.lost++;
        return;
    }
    sent = occupy(m_access->m_busy_up_ns, now, m_access->m_rate_up_bps, packet->GetSize());
    later(sent - now + m_config.delay_ns, &TerminalDevice::ArriveUplink, this, packet, session);
}

void
TerminalDevice::ArriveUplink(ns3::Ptr<ns3::Packet> packet, uint32_t session)
{
    if (!Lives(session))
        return;
    m_counters.packets_up++;
    m_counters.octets_up += packet->GetSize();
    m_access->Receive(packet);
}

void
TerminalDevice::Forward(ns3::Ptr<ns3::Packet> packet, uint64_t sent_ns)
{
    uint64_t sent;

    if (m_busy_down_ns > END_OF_TIME) {
        m_counters.lost++;
        return;
    }
    sent = occupy(m_busy_down_ns, sent_ns, m_config.rate_bps, packet->GetSize());
    if (IsLost()) {
        m_counters.lost++;
        return;
    }
    later(sent - now_ns() + m_config.delay_ns, &TerminalDevice::ArriveDownlink, this, packet, m_session);
}

void
TerminalDevice::ArriveDownlink(ns3::Ptr<ns3::Packet> packet, uint32_t session)
{
    if (!Lives(session))
        return;
    m_counters.packets_down++;
    m_counters.octets_down += packet->GetSize();
    Deliver(packet);
}

void
TerminalDevice::DoDispose()
{
    m_access = nullptr;
    m_draw = nullptr;
    m_burst_draw = nullptr;
    Device::DoDispose();
}

} // namespace ns3c

using namespace ns3c;

struct Ns3cAccess {
    ns3::Ptr<AccessDevice> device;
};

struct Ns3cPort {
    ns3::Ptr<TerminalDevice> device;
    ns3::Ptr<Ipv4> ipv4;
    ns3::Ptr<StaticRouting> routing;
    uint32_t if_index;
};

Ns3cAccess *
ns3c_access_new(Ns3cNode *gateway, uint32_t gateway_addr, uint32_t prefix, unsigned prefix_len, uint64_t rate_up_bps,
                uint64_t rate_down_bps) noexcept
{
    const uint32_t mask = prefix_len && prefix_len <= 32 ? UINT32_MAX << (32 - prefix_len) : 0;
    const bool inside = (gateway_addr & mask) == prefix;
    ns3::Ptr<AccessDevice> device;
    uint32_t if_index;

    if (!gateway->ipv4 || mask == 0 || (prefix & ~mask) || !is_unicast(prefix) || !is_unicast(gateway_addr))
        return nullptr;
    device = ns3::CreateObject<AccessDevice>();
    device->m_gateway = gateway_addr;
    device->m_prefix = prefix;
    device->m_mask = mask;
    device->m_rate_up_bps = rate_up_bps;
    device->m_rate_down_bps = rate_down_bps;
    gateway->node->AddDevice(device);
    if_index = gateway->ipv4->AddInterface(device);
    gateway->ipv4->AddAddress(if_index, ns3::Ipv4InterfaceAddress(ns3::Ipv4Address(gateway_addr),
                                                                  inside ? ns3::Ipv4Mask(mask) : ns3::Ipv4Mask::GetOnes()));
    gateway->ipv4->SetUp(if_index);
    /* With its address inside the prefix, SetUp() has made this route. */
    if (!inside || mask == UINT32_MAX)
        gateway->routing->AddNetworkRouteTo(ns3::Ipv4Address(prefix), ns3::Ipv4Mask(mask), if_index);
    return new Ns3cAccess{device};
}

Ns3cAccess *
ns3c_access_free(Ns3cAccess *access) noexcept
{
    if (access) {
        access->device->CloseCapture();
        access->device->m_tap = nullptr;
        access->device->m_terminals.clear();
    }
    delete access;
    return nullptr;
}

Ns3cPort *
ns3c_port_new(Ns3cAccess *access, Ns3cNode *terminal, const Ns3cPortConfig *config) noexcept
{
    ns3::Ptr<TerminalDevice> device;
    uint32_t if_index;

    if (!terminal->ipv4 || config->delay_ns > END_OF_TIME || config->loss_stream < 0 ||
        !(config->loss >= 0 && config->loss <= 1) || !(config->burst_share >= 0 && config->burst_share < 1) ||
        (config->burst_share > 0 && config->burst_ns == 0))
        return nullptr;
    device = ns3::CreateObject<TerminalDevice>();
    device->m_access = access->device;
    device->m_config = *config;
    terminal->node->AddDevice(device);
    if_index = terminal->ipv4->AddInterface(device);
    return new Ns3cPort{device, terminal->ipv4, terminal->routing, if_index};
}

Ns3cPort *
ns3c_port_free(Ns3cPort *port) noexcept
{
    if (port) {
        ns3c_port_down(port);
        port->device->m_access = nullptr;
    }
    delete port;
    return nullptr;
}

int
ns3c_port_up(Ns3cPort *port, uint32_t address) noexcept
{
    TerminalDevice *device = ns3::PeekPointer(port->device);
    AccessDevice *access = ns3::PeekPointer(device->m_access);

    if (device->m_address)
        return NS3C_ERR_STATE;
    if ((address & access->m_mask) != access->m_prefix || address == access->m_gateway || !is_unicast(address) ||
        access->Find(address))
        return NS3C_ERR_INVALID;
    /* All zeros name the network, and what is sent to all ones the gateway would take for itself. */
    if (~access->m_mask > 1 && ((address & ~access->m_mask) == 0 || (address | access->m_mask) == UINT32_MAX))
        return NS3C_ERR_INVALID;
    /* The address comes while the interface is down: sending through one that is up without ends the process. */
    port->ipv4->AddAddress(port->if_index,
                           ns3::Ipv4InterfaceAddress(ns3::Ipv4Address(address), ns3::Ipv4Mask::GetOnes()));
    port->ipv4->SetUp(port->if_index);
    port->routing->SetDefaultRoute(ns3::Ipv4Address(access->m_gateway), port->if_index);
    device->Open(address);
    access->m_terminals[address] = device;
    return 0;
}

int
ns3c_port_down(Ns3cPort *port) noexcept
{
    TerminalDevice *device = ns3::PeekPointer(port->device);

    if (!device->m_address)
        return NS3C_ERR_STATE;
    device->m_access->m_terminals.erase(device->m_address);
    device->m_address = 0;
    port->ipv4->SetDown(port->if_index);            /* takes this interface's routes along */
    while (port->ipv4->GetNAddresses(port->if_index) > 0)
        port->ipv4->RemoveAddress(port->if_index, 0);
    return 0;
}

void
ns3c_port_set_blocked(Ns3cPort *port, bool blocked) noexcept
{
    port->device->m_blocked = blocked;
}

void
ns3c_port_set_loss(Ns3cPort *port, double loss) noexcept
{
    port->device->m_config.loss = loss > 0 ? (loss < 1 ? loss : 1) : 0;
}

void
ns3c_port_counters(const Ns3cPort *port, Ns3cPortCounters *ret) noexcept
{
    *ret = port->device->m_counters;
}

void
ns3c_access_set_tap(Ns3cAccess *access, Ns3cTap tap, void *user) noexcept
{
    access->device->m_tap = tap;
    access->device->m_tap_user = user;
}

int
ns3c_access_capture(Ns3cAccess *access, const char *path, int64_t utc_start_s) noexcept
{
    static const uint32_t LINKTYPE_RAW = 101;
    Ns3cPcap *capture;

    if (access->device->m_capture)
        return NS3C_ERR_STATE;
    capture = ns3c_pcap_new(path, LINKTYPE_RAW, utc_start_s);
    if (!capture)
        return NS3C_ERR_IO;
    access->device->m_capture = capture;
    return 0;
}

int
ns3c_access_capture_close(Ns3cAccess *access) noexcept
{
    return access->device->CloseCapture();
}
