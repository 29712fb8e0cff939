/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ns3c: C bindings over ns-3. Generic: it knows events, nodes, links, sockets, mobility, propagation and pcap, and
 * nothing of ProSe.
 *
 * Conventions
 *  1. Every handle is opaque. `_new` gives it, `_free` takes it back, takes NULL and returns NULL.
 *  2. Functions that can fail return 0 or a negative Ns3cError, or NULL; nothing is changed on failure.
 *  3. No C++ type, exception or reference count crosses this header. What would end the process inside ns-3 (an unknown
 *     TypeId or attribute, a malformed number, an index out of range) is checked first and comes back as an error.
 *  4. Octets are pointer plus length and are copied. Times are uint64_t nanoseconds of simulated time.
 *  5. Callbacks run from inside ns3c_sim_run(), never from inside a call of ours, and may call anything here but
 *     ns3c_sim_run() and ns3c_sim_destroy(). They may free the handle that called them.
 *  6. One simulation a process at a time, as ns-3 has it. Free every handle before ns3c_sim_destroy().
 *  7. Random variables take an explicit stream number, so results depend on (seed, run) and streams alone.
 */
#ifndef NS3C_H
#define NS3C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define NS3C_NOEXCEPT noexcept
extern "C" {
#else
#define NS3C_NOEXCEPT
#endif

typedef enum Ns3cError {
    NS3C_OK = 0,
    NS3C_ERR_INVALID = -1,       /* an argument outside what is said here */
    NS3C_ERR_UNKNOWN = -2,       /* no such TypeId, short name or attribute */
    NS3C_ERR_STATE = -3,         /* not now */
    NS3C_ERR_NO_ROUTE = -4,      /* link down or nowhere to go */
    NS3C_ERR_FULL = -5,          /* send buffer */
    NS3C_ERR_IO = -6,            /* a file cannot be written; errno says why */
    NS3C_ERR_INTERNAL = -7,      /* ns-3 threw or refused */
} Ns3cError;
const char *ns3c_strerror(int code) NS3C_NOEXCEPT;

#define NS3C_FOREVER UINT64_MAX

/* ---- simulator (ns3c-sim.cc) ---- */
/* Starts afresh: seed and run as ns-3's RngSeedManager has them. @seed 1..4294944442, @run any. Returns 0, INVALID, or
 * INTERNAL if this ns-3 lacks a TCP setting of ours. */
int      ns3c_sim_init(uint32_t seed, uint64_t run) NS3C_NOEXCEPT;
uint64_t ns3c_sim_now(void) NS3C_NOEXCEPT;
/* Runs until @until_ns or ns3c_sim_stop(), or, with NS3C_FOREVER, until nothing is left. Events at @until_ns itself do not
 * run; unless stopped before, the clock then stands there, and a next call goes on from it. */
void     ns3c_sim_run(uint64_t until_ns) NS3C_NOEXCEPT;
void     ns3c_sim_stop(void) NS3C_NOEXCEPT;
void     ns3c_sim_destroy(void) NS3C_NOEXCEPT;
uint64_t ns3c_sim_event_count(void) NS3C_NOEXCEPT;
const char *ns3c_version(void) NS3C_NOEXCEPT;       /* "3.37" */

typedef struct Ns3cEvent Ns3cEvent;
/* Runs @fn(@user) once, @delay_ns from now. Release with ns3c_event_free(), which cancels if still pending. */
Ns3cEvent *ns3c_event_new(uint64_t delay_ns, void (*fn)(void *user), void *user) NS3C_NOEXCEPT;
Ns3cEvent *ns3c_event_free(Ns3cEvent *ev) NS3C_NOEXCEPT;
/* A timer that is moved often: no handle is made anew. */
typedef struct Ns3cTimer Ns3cTimer;
Ns3cTimer *ns3c_timer_new(void (*fn)(void *user), void *user) NS3C_NOEXCEPT;
Ns3cTimer *ns3c_timer_free(Ns3cTimer *t) NS3C_NOEXCEPT;
/* At absolute @at_ns (not before now); replaces what was set. NS3C_FOREVER: unset. */
void       ns3c_timer_set(Ns3cTimer *t, uint64_t at_ns) NS3C_NOEXCEPT;

/* ---- random streams (ns3c-rng.cc) ---- */
/* 64 bits of ns-3's MRG32k3a stream @stream (0 or more) under the current (seed, run): the root of a named stream of draws.
 * @index counts the 64 bits within the stream; what lies before them is drawn too, so keep it small. */
uint64_t ns3c_rng_u64(int64_t stream, unsigned index) NS3C_NOEXCEPT;

/* ---- nodes and IPv4 (ns3c-node.cc) ---- */
/* Addresses are host-order uint32_t. */
typedef struct Ns3cNode Ns3cNode;
/* A node with the lean stack of doc/architecture.md: IPv4, ICMP, static routing, UDP, TCP. @forward: a router. */
Ns3cNode *ns3c_node_new(bool forward) NS3C_NOEXCEPT;
Ns3cNode *ns3c_node_new_bare(void) NS3C_NOEXCEPT;   /* no stack: something that only moves */
Ns3cNode *ns3c_node_free(Ns3cNode *node) NS3C_NOEXCEPT;
/* Adds a static route; @if_index from a link, @next_hop 0: on the link itself. Returns 0 or INVALID. */
int ns3c_node_add_route(Ns3cNode *node, uint32_t prefix, unsigned prefix_len, uint32_t next_hop,
                        unsigned if_index) NS3C_NOEXCEPT;
int ns3c_node_add_default_route(Ns3cNode *node, uint32_t next_hop, unsigned if_index) NS3C_NOEXCEPT;
/* TCP defaults of every node made afterwards: NewReno, no SACK, time stamps or window scaling, segments of 1448, and a
 * short TIME_WAIT; ns3c_sim_init() sets them. */

/* Whether plain packets pass by most of ns3::Ipv4L3Protocol (ns3c-ipv4.cc), as they do unless told otherwise. Both ways give
 * the same packets at the same times, which is what turning it off is there to show. */
void ns3c_set_short_way(bool on) NS3C_NOEXCEPT;

/* ---- links (ns3c-link.cc) ---- */
typedef struct Ns3cLink {
    unsigned if_a, if_b;         /* interface indices at the two ends */
} Ns3cLink;
/* A full-duplex link between two nodes with addresses in one /30. @rate_bps > 0; nothing is dropped for want of room.
 * Returns 0 or INVALID. */
int ns3c_link_p2p(Ns3cNode *a, uint32_t addr_a, Ns3cNode *b, uint32_t addr_b, uint64_t rate_bps, uint64_t delay_ns,
                  Ns3cLink *ret) NS3C_NOEXCEPT;

/* ---- shared access (ns3c-access.cc): one device per gateway, any number of terminals on it ---- */
typedef struct Ns3cAccess Ns3cAccess;
typedef struct Ns3cPort Ns3cPort;
/* @prefix/@prefix_len: the addresses it may give out; @gateway_addr is its own. Rates in bit/s shared by all ports, 0:
 * unlimited; packets queue for a rate without limit. Returns NULL if the prefix has host bits or an address is not unicast. */
Ns3cAccess *ns3c_access_new(Ns3cNode *gateway, uint32_t gateway_addr, uint32_t prefix, unsigned prefix_len,
                            uint64_t rate_up_bps, uint64_t rate_down_bps) NS3C_NOEXCEPT;
Ns3cAccess *ns3c_access_free(Ns3cAccess *access) NS3C_NOEXCEPT;     /* after its ports */
typedef struct Ns3cPortConfig {
    uint64_t rate_bps;           /* of this terminal, each way; 0: unlimited */
    uint64_t delay_ns;           /* one way */
    double loss;                 /* probability a packet is lost, each way */
    double burst_share;          /* below 1: share of time in which every packet is lost, beside @loss; 0: none */
    uint64_t burst_ns;           /* how long such a time lasts on average, above 0 if there is a share */
    int64_t loss_stream;         /* RNG stream of the losses, 0 or more; the next one is that of the bursts */
} Ns3cPortConfig;
/* Gives @terminal its device on the access; down until ns3c_port_up(). Returns NULL if @config is out of range. */
Ns3cPort *ns3c_port_new(Ns3cAccess *access, Ns3cNode *terminal, const Ns3cPortConfig *config) NS3C_NOEXCEPT;
Ns3cPort *ns3c_port_free(Ns3cPort *port) NS3C_NOEXCEPT;
/* Up with @address (/32) and a default route; what the terminal sends from another address is lost. Returns 0, STATE if up,
 * INVALID outside the prefix, taken by another port or the gateway, or the first or last of the prefix. */
int  ns3c_port_up(Ns3cPort *port, uint32_t address) NS3C_NOEXCEPT;
/* Down: address and routes go; packets on their way, either way, are lost; abort the terminal's TCP sockets first
 * (ns3c_tcp_free). Returns 0 or STATE. */
int  ns3c_port_down(Ns3cPort *port) NS3C_NOEXCEPT;
/* Outage: packets sent from now on vanish, the address stays. */
void ns3c_port_set_blocked(Ns3cPort *port, bool blocked) NS3C_NOEXCEPT;
void ns3c_port_set_loss(Ns3cPort *port, double loss) NS3C_NOEXCEPT;
/* Packets that arrived at the other side, over the port's life; and those, either way, that did not. */
typedef struct Ns3cPortCounters { uint64_t packets_up, packets_down, octets_up, octets_down, lost; } Ns3cPortCounters;
void ns3c_port_counters(const Ns3cPort *port, Ns3cPortCounters *ret) NS3C_NOEXCEPT;
/* A tap on every IPv4 packet of the access, as it is sent and before loss. It sees right checksums. It may change octets
 * in place (checksums are put right again) or return false to drop; what no stack would take any more is dropped too:
 * another IPv4 length, options, fragment or non-unicast address, a TCP, UDP or ICMP header that does not fit. For tests
 * and attacks. */
typedef bool (*Ns3cTap)(void *user, bool uplink, uint8_t *packet, size_t len);
void ns3c_access_set_tap(Ns3cAccess *access, Ns3cTap tap, void *user) NS3C_NOEXCEPT;
/* Captures the access into a raw-IP pcap (link type 101), each packet once, as the gateway sees it: uplink what arrives,
 * downlink what is sent, after the tap and before loss; checksums are right. Time stamps are @utc_start_s plus simulated
 * time, in nanoseconds. Returns 0, IO, or STATE if there is a capture already. */
int  ns3c_access_capture(Ns3cAccess *access, const char *path, int64_t utc_start_s) NS3C_NOEXCEPT;
/* Ends it, as ns3c_access_free() does. Returns 0, also without a capture, or IO if anything could not be written; errno. */
int  ns3c_access_capture_close(Ns3cAccess *access) NS3C_NOEXCEPT;

/* ---- sockets (ns3c-tcp.cc, ns3c-socket.cc) ---- */
typedef struct Ns3cTcp Ns3cTcp;
typedef struct Ns3cTcpCallbacks {
    void (*connected)(void *user);                                      /* client only */
    void (*received)(void *user, const uint8_t *octets, size_t len);    /* everything that is there, in one call */
    void (*closed)(void *user, bool reset);                             /* once: FIN (false), or RST or failure (true) */
} Ns3cTcpCallbacks;
/* Starts connecting. Returns NULL if there is no route (link down). Gives up, with closed(), after three minutes: free it
 * before if that is too long. The node's own address is reached over its loopback, so that @from is 127.0.0.1 there. */
Ns3cTcp *ns3c_tcp_connect(Ns3cNode *node, uint32_t addr, uint16_t port, const Ns3cTcpCallbacks *callbacks,
                          void *user) NS3C_NOEXCEPT;
/* Sends a whole flight, queueing beyond ns-3's buffer if it must. Returns 0 or STATE. */
int      ns3c_tcp_send(Ns3cTcp *tcp, const uint8_t *octets, size_t len) NS3C_NOEXCEPT;
/* Orderly: FIN after what is queued. No callback follows; the handle is gone, ns-3 finishes by itself, but never lives for
 * ever: a FIN that is not answered is given up after a minute, data that nobody acknowledges after four. */
void     ns3c_tcp_close(Ns3cTcp *tcp) NS3C_NOEXCEPT;
/* Silent end: nothing is sent, no callback follows. */
Ns3cTcp *ns3c_tcp_free(Ns3cTcp *tcp) NS3C_NOEXCEPT;
/* Connections whose socket ns-3 still has, at either end, also of those whose handle is gone. */
unsigned ns3c_tcp_count(void) NS3C_NOEXCEPT;

typedef struct Ns3cTcpListener Ns3cTcpListener;
/* @accepted: return true to keep @tcp (then set its callbacks with ns3c_tcp_set_callbacks() before returning), false to
 * have it reset and freed. Returns NULL if the port is taken. */
Ns3cTcpListener *ns3c_tcp_listen(Ns3cNode *node, uint16_t port,
                                 bool (*accepted)(void *user, Ns3cTcp *tcp, uint32_t from), void *user) NS3C_NOEXCEPT;
Ns3cTcpListener *ns3c_tcp_listener_free(Ns3cTcpListener *l) NS3C_NOEXCEPT;
void ns3c_tcp_set_callbacks(Ns3cTcp *tcp, const Ns3cTcpCallbacks *callbacks, void *user) NS3C_NOEXCEPT;

typedef struct Ns3cUdp Ns3cUdp;
/* Bound to ANY:@port. Returns NULL if the port is taken. */
Ns3cUdp *ns3c_udp_new(Ns3cNode *node, uint16_t port,
                      void (*received)(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len),
                      void *user) NS3C_NOEXCEPT;
Ns3cUdp *ns3c_udp_free(Ns3cUdp *udp) NS3C_NOEXCEPT;
/* Returns 0, NO_ROUTE, or INVALID if @to is not unicast or @len above 65507. */
int      ns3c_udp_send(Ns3cUdp *udp, uint32_t to, uint16_t port, const uint8_t *octets, size_t len) NS3C_NOEXCEPT;

/* ---- mobility (ns3c-mobility.cc) ---- */
typedef struct Ns3cMobility Ns3cMobility;
typedef struct Ns3cPosition { double x, y, z; } Ns3cPosition;
/* @spec: "ns3::TypeId[Attribute=value|…]", or the short names "constant-position", "constant-velocity". Returns NULL and,
 * if @ret_message is not NULL, an explanation (free()) when ns-3 does not know the type, an attribute or its value, or
 * would not survive it. Attributes nest: "ns3::RandomWalk2dMobilityModel[Bounds=0|500|0|500|
 * Speed=ns3::UniformRandomVariable[Min=1|Max=2]]". "constant-velocity" takes Velocity=x:y:z. Random models draw from
 * streams derived from @stream (0 or more), which neighbours do not share. */
Ns3cMobility *ns3c_mobility_new(const char *spec, Ns3cPosition start, int64_t stream, char **ret_message) NS3C_NOEXCEPT;
/* Random waypoint in [0,width] x [0,height] (up to 1000 km) at the height of @start, with speeds of at least 0.001 m/s and
 * a pause in s. Returns NULL if a number is out of range. */
Ns3cMobility *ns3c_mobility_new_random_waypoint(Ns3cPosition start, double width, double height, double speed_min,
                                                double speed_max, double pause_s, int64_t stream) NS3C_NOEXCEPT;
typedef struct Ns3cWaypoint { uint64_t at_ns; Ns3cPosition at; } Ns3cWaypoint;
/* In straight lines from each of @n waypoints to the next, and before the first and after the last standing there; times rise.
 * Returns NULL for none, for times that do not rise or lie in the past, or for a place that is not finite. */
Ns3cMobility *ns3c_mobility_new_waypoints(const Ns3cWaypoint *waypoints, size_t n) NS3C_NOEXCEPT;
/* A moving model of ns-3's stays until ns3c_sim_destroy(), as nodes do. */
Ns3cMobility *ns3c_mobility_free(Ns3cMobility *m) NS3C_NOEXCEPT;
Ns3cPosition  ns3c_mobility_position(const Ns3cMobility *m) NS3C_NOEXCEPT;   /* now */
/* Left where it is if @p is outside the model's bounds. */
void          ns3c_mobility_set_position(Ns3cMobility *m, Ns3cPosition p) NS3C_NOEXCEPT;
bool          ns3c_mobility_is_static(const Ns3cMobility *m) NS3C_NOEXCEPT;

/* ---- propagation loss (ns3c-propagation.cc) ---- */
typedef struct Ns3cPropagation Ns3cPropagation;
/* @spec: short names (log-distance, friis, two-ray-ground, itu-r-1411-los, itu-r-1411-nlos, okumura-hata, cost231,
 * nakagami, random, range, fixed, 3gpp-umi, 3gpp-uma, 3gpp-rma) or TypeIds, either with "[Attribute=value|…]", chained
 * with " + ". @frequency_hz is given to models that have such an attribute unless the spec sets it.
 * Returns NULL and an explanation (free()) as above. */
Ns3cPropagation *ns3c_propagation_new(const char *spec, double frequency_hz, int64_t stream,
                                      char **ret_message) NS3C_NOEXCEPT;
Ns3cPropagation *ns3c_propagation_free(Ns3cPropagation *p) NS3C_NOEXCEPT;
/* Received power, dBm, from @a at @b now. -INFINITY if nothing is received or the model has no answer, and at most
 * @tx_power_dbm where a model, at no distance at all, would give infinity. */
double ns3c_propagation_rx_power(Ns3cPropagation *p, double tx_power_dbm, const Ns3cMobility *a,
                                 const Ns3cMobility *b) NS3C_NOEXCEPT;
/* The same from @n places at once. */
void ns3c_propagation_rx_powers(Ns3cPropagation *p, double tx_power_dbm, const Ns3cMobility *const *from, size_t n,
                                const Ns3cMobility *to, double *ret) NS3C_NOEXCEPT;
/* The distance beyond which @least_dbm or more never arrives, between two places both @height up: by bisection to rounding. INFINITY if
 * there is none, or if the model is not one that is known to lose more the farther it is, whatever the direction. */
double ns3c_propagation_range(Ns3cPropagation *p, double tx_power_dbm, double least_dbm, double height) NS3C_NOEXCEPT;
/* Whether the model may draw at any call (fading, 3GPP shadowing): such must not be asked twice for one transmission, and
 * in a fixed order. */
bool ns3c_propagation_is_random(const Ns3cPropagation *p) NS3C_NOEXCEPT;
/* Whether the model takes antenna heights from z and so has no answer, -INFINITY, where one is at z <= 0 (itu-r-1411-…,
 * okumura-hata, 3gpp-…). */
bool ns3c_propagation_needs_height(const Ns3cPropagation *p) NS3C_NOEXCEPT;

/* ---- pcap (ns3c-pcap.cc): frames that are not IP ---- */
/* Time stamps are in nanoseconds (magic a1b23c4d). @utc_start_s 0..4294967295. */
typedef struct Ns3cPcap Ns3cPcap;
/* Returns NULL if it cannot be written; errno. */
Ns3cPcap *ns3c_pcap_new(const char *path, uint32_t link_type, int64_t utc_start_s) NS3C_NOEXCEPT;
/* At the current time. Returns 0, or IO from the first failure on; errno. */
int       ns3c_pcap_write(Ns3cPcap *p, const uint8_t *octets, size_t len) NS3C_NOEXCEPT;
/* Flushes and frees. Returns 0, or IO if anything could not be written; errno. */
int       ns3c_pcap_close(Ns3cPcap *p) NS3C_NOEXCEPT;

/* ---- log (ns3c-sim.cc) ---- */
/* ns-3's own log of @component up to "error", "warn", "info" or "all". Returns 0 or UNKNOWN. */
int ns3c_log_enable(const char *component, const char *level) NS3C_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
