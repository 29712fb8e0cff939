/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What prose-topology (nodes, links, addresses, servers), -ues (UEs, and what events do to them) and prose-hosts (the world as an
 * endpoint sees it) share.
 */
#ifndef PROSE_TOPOLOGY_INTERNAL_H
#define PROSE_TOPOLOGY_INTERNAL_H

#include "prose-error.h"
#include "prose-topology.h"

/* A gateway with its access and its pool of addresses. */
typedef struct Gateway {
    Ns3cNode *node;
    Ns3cAccess *access;
    uint32_t prefix;               /* of /16; the gateway has .0.1, UEs from .0.2 on */
    uint8_t *taken;                /* (owned): one bit an address of the pool */
    uint32_t lowest;               /* nothing below is free */
    char *capture;                 /* (owned) (nullable): name of its file */
} Gateway;

/* The lowest free address of @gateway that is not @not_this; 0 if there is none. */
ProseAddress gateway_take_address(Gateway *gateway, ProseAddress not_this);
void gateway_give_back(Gateway *gateway, ProseAddress address);

/* What a UE has that fetches keys; most of it 0 without a PDN. */
typedef struct UeHostNet {
    const ProseGbaSession *gba;    /* borrowed from the BSF */
    Ns3cTimer *attach;
    uint64_t n_jitters;            /* for which one was drawn */
    unsigned n_outages;            /* that its access is in */
    guint next_entry;
    GArray *calendar;              /* (owned) (nullable) of CalendarEntry: see prose-topology-calendar.c */
    Ns3cTimer *calendar_timer;
    Ns3cNode *node;
    Gateway *gateway;
    Ns3cPort *port;
    Ns3cUdp *udp;
    ProseAddress address;          /* 0: no PDN connection now */
    ProseAddress last_address;
    GPtrArray *conns;              /* of UeConn, owned */
} UeHostNet;

/* What stands behind one UE. */
typedef struct UeHost {
    ProseTopology *topology;
    const ProseScenarioUe *spec;
    ProseUe *ue;
    ProseDrawStream octets;
    Ns3cTimer *wake;               /* (nullable): made when it is first needed */
    Ns3cTimer *power;              /* (nullable): to be switched on; gone once it is */
    uint64_t power_on_ns;
    Ns3cMobility *mobility;
    UeHostNet *net;                /* (owned) (nullable): it fetches nothing and is on PC5 alone */
    unsigned access_losses;        /* ProseAccessLoss bits: why no network is in reach */
    bool is_on;
    bool is_provisioned;           /* has been given what the scenario gives */
    bool takes_part[];             /* by discovery: the user's will */
} UeHost;

typedef enum ServerKind { SERVER_PKMF, SERVER_FUNCTION } ServerKind;

/* What stands behind one server. */
typedef struct Server {
    ProseTopology *topology;
    ServerKind kind;
    char *name;                    /* "pkmf east" */
    const char *fqdn;
    ProsePkmf *pkmf;               /* one of the two */
    ProseFunction *function;
    bool down;
    bool restart_keeps_state;      /* PKMF */
    Ns3cNode *node;
    ProseAddress address;
    Ns3cTcpListener *listener;
    Ns3cUdp *udp;                  /* PKMF */
    Ns3cTimer *wake;
    GHashTable *conns;             /* ProseConn -> (owned) ServerConn; looked up, never walked */
    ProseConn next_conn;
    ProseDrawStream octets;
    const ProseDistribution *service_s;            /* by operation, borrowed */
    const ProseDistribution *retry_after_s;        /* PKMF, borrowed */
    uint64_t n_refusals;           /* for which one was drawn */
    uint64_t n_services[PROSE_PKMF_N_OPS];
    uint64_t who;                  /* its number in ProseTopology.servers: tells servers apart in draws */
} Server;

struct ProseTopology {
    ProseTopologyConfig config;
    const ProseScenario *scenario;
    ProseBsf *bsf;
    ProseKeySchema *key_schema;
    ProsePc3Schema *pc3_schema;
    ProseDrawKey service_time_key, policy_key, provision_key;
    Ns3cNode *router;
    GArray *gateways;              /* of Gateway */
    GPtrArray *servers;            /* of Server, owned: PKMFs in the scenario's order, then ProSe Functions */
    GPtrArray *ues;                /* of UeHost, owned */
    GPtrArray *outages;            /* of Outage, owned */
    GPtrArray *provisions;         /* of Provision, owned */
    uint32_t n_links;
    void (*before)(void *user, int ue);            /* (nullable) */
    void *before_user;
};

static inline void
ue_host_before(const UeHost *host)
{
    prose_topology_before(host->topology, (int) host->spec->index);
}

extern const ProseHost prose_ue_host;          /* user: UeHost */
extern const ProseHost prose_server_host;      /* user: Server */

/* Dropping a connection from one of these ends it in silence. */
GPtrArray *ue_conns_new(void);
GHashTable *server_conns_new(void);
/* The UE's PDN connection ends: TCP in silence, device down, address back to its pool. */
void ue_host_disconnect(UeHost *host);
/* The network releases its PDN connection, if it has one; another follows. */
void ue_host_release(UeHost *host);
void ue_host_free(UeHost *host);
void ue_host_udp_received_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len);
void ue_host_wake_cb(void *user);
void ue_host_attach_cb(void *user);

bool server_accepted_cb(void *user, Ns3cTcp *tcp, uint32_t from);
void server_udp_received_cb(void *user, uint32_t from, uint16_t port, const uint8_t *octets, size_t len);
void server_wake_cb(void *user);
void server_set_down(Server *server, bool down);
void server_free(Server *server);

/* What happens to the UE's access by itself, as its sections say: off-network, pdn-outage, its PDN's outage and release. */
void calendar_start(UeHost *host);

/* Sets an error that names @what and an Ns3cError. Returns: false, for a tail call. */
bool topology_fail(GError **error, const char *what, int code);
bool topology_function_lists(const ProseScenarioFunction *function, const ProseScenarioPkmf *pkmf);
/* What the scenario gives @host instead of a PKMF, as far as it is due: once meta-data, MAX_OFFSET and true UTC, then keys. */
void topology_provision_ue(UeHost *host);
/* From now on, gives successors in time to the UEs that are on. */
void topology_provision_all(ProseTopology *topology);
/* Gateways and servers come first. */
bool topology_build_ues(ProseTopology *topology, GError **error);
/* (nullable) */
const Server *topology_find_server(const ProseTopology *topology, const char *fqdn);

#endif
