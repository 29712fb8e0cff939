/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds the network of a scenario and puts the endpoints on it; does what a scenario's events say. */
#include "prose-topology-internal.h"

#include "prose-streams.h"

#include <math.h>
#include <string.h>

#define GATEWAY_PREFIX(g) (0x0A000000u | (uint32_t) ((g) + 1) << 16)   /* 10.G.0.0/16, G from 1 */
#define GATEWAY_PREFIX_LEN 16
#define FIRST_HOST 2                                                    /* .0.1 is the gateway's own */
#define LINK_NET(k) (0xAC100000u + 4 * (k))                             /* 172.16.0.0 and on, a /30 each */
#define UE_HEIGHT_M 1.5
#define BSF_NAME "bsf.mnc001.mcc001.pub.3gppnetwork.org"

/* A ProSe Function or its like goes, or comes back. */
typedef struct Outage {
    Server *server;
    bool down;
    Ns3cEvent *event;
} Outage;

static bool
fail(GError **error, const char *what, int code)
{
    g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "%s: %s", what, ns3c_strerror(code));
    return false;
}

/* ---- addresses ---- */

ProseAddress
gateway_take_address(Gateway *gateway, ProseAddress not_this)
{
    uint32_t host = gateway->lowest;

    while (host < FIRST_HOST + PROSE_GATEWAY_UES_MAX
           && (gateway->taken[host >> 3] & 1 << (host & 7) || (gateway->prefix | host) == not_this))
        host++;
    if (host == FIRST_HOST + PROSE_GATEWAY_UES_MAX)
        return 0;
    gateway->taken[host >> 3] |= (uint8_t) (1 << (host & 7));
    if (host == gateway->lowest)
        gateway->lowest++;
    return gateway->prefix | host;
}

void
gateway_give_back(Gateway *gateway, ProseAddress address)
{
    uint32_t host = address & 0xFFFF;

    gateway->taken[host >> 3] &= (uint8_t) ~(1 << (host & 7));
    gateway->lowest = MIN(gateway->lowest, host);
}

const Server *
topology_find_server(const ProseTopology *topology, const char *fqdn)
{
    for (unsigned i = 0; i < topology->servers->len; i++) {
        const Server *server = g_ptr_array_index(topology->servers, i);

        if (g_ascii_strcasecmp(server->fqdn, fqdn) == 0)
            return server;
    }
    return NULL;
}

/* ---- nodes and links ---- */

/* Joins @node to the core router, with the router as its default. */
static bool
join_core(ProseTopology *topology, Ns3cNode *node, const char *what, Ns3cLink *ret_link, ProseAddress *ret_address, GError **error)
{
    uint32_t net = LINK_NET(topology->n_links++);
    int r = ns3c_link_p2p(node, net + 1, topology->router, net + 2, PROSE_CORE_RATE_BPS, PROSE_CORE_DELAY_NS, ret_link);

    if (r == NS3C_OK)
        r = ns3c_node_add_default_route(node, net + 2, ret_link->if_a);
    if (r != NS3C_OK)
        return fail(error, what, r);
    *ret_address = net + 1;
    return true;
}

/* Capture and tap of the access of gateway @number of @pdn. */
static bool
watch_access(ProseTopology *topology, const ProseScenarioPdn *pdn, unsigned number, Gateway *gateway, GError **error)
{
    const ProseTopologyConfig *config = &topology->config;
    g_autofree char *path = NULL;

    if (config->tap)
        ns3c_access_set_tap(gateway->access, config->tap, config->tap_user);
    if (!config->captures)
        return true;
    gateway->capture = g_strdup_printf("pdn-%s-%u.pcap", pdn->name, number);
    path = prose_output_part(config->captures, gateway->capture);
    return ns3c_access_capture(gateway->access, path, topology->scenario->utc_start_s) == NS3C_OK
           ? true : prose_output_set_errno(error, path);
}

bool
prose_topology_end_captures(ProseTopology *topology, GError **error)
{
    GError *first = NULL;

    for (unsigned i = 0; i < topology->gateways->len; i++) {
        Gateway *gateway = &g_array_index(topology->gateways, Gateway, i);
        g_autofree char *path = NULL;

        if (!gateway->capture)
            continue;
        path = prose_output_part(topology->config.captures, gateway->capture);
        if (ns3c_access_capture_close(gateway->access) != NS3C_OK)
            prose_output_set_errno(first ? NULL : &first, path);
        else
            prose_output_complete(topology->config.captures, gateway->capture, first ? NULL : &first);
        g_clear_pointer(&gateway->capture, g_free);
    }
    if (first)
        g_propagate_error(error, first);
    return !first;
}

static bool
add_gateway(ProseTopology *topology, const ProseScenarioPdn *pdn, unsigned number, GError **error)
{
    Gateway *gateway, made = { .prefix = GATEWAY_PREFIX(topology->gateways->len), .lowest = FIRST_HOST };
    g_autofree char *what = g_strdup_printf("[pdn %s] gateway %u", pdn->name, number);
    ProseAddress address;
    Ns3cLink link;
    int r;

    g_array_append_val(topology->gateways, made);
    gateway = &g_array_index(topology->gateways, Gateway, topology->gateways->len - 1);
    gateway->node = ns3c_node_new(/* forward= */ true);
    gateway->taken = g_malloc0((FIRST_HOST + PROSE_GATEWAY_UES_MAX + 7) / 8);
    gateway->access = ns3c_access_new(gateway->node, gateway->prefix | 1, gateway->prefix, GATEWAY_PREFIX_LEN,
                                      pdn->gateway_rate_up_bps, pdn->gateway_rate_down_bps);
    if (!gateway->access)
        return fail(error, what, NS3C_ERR_INVALID);
    if (!join_core(topology, gateway->node, what, &link, &address, error))
        return false;
    r = ns3c_node_add_route(topology->router, gateway->prefix, GATEWAY_PREFIX_LEN, address, link.if_b);
    return r == NS3C_OK ? watch_access(topology, pdn, number, gateway, error) : fail(error, what, r);
}

static bool
build_gateways(ProseTopology *topology, GError **error)
{
    const GPtrArray *pdns = topology->scenario->pdns;
    unsigned total = 0;

    for (unsigned p = 0; p < pdns->len; p++)
        total += ((const ProseScenarioPdn *) g_ptr_array_index(pdns, p))->gateways;
    if (total > PROSE_GATEWAYS_MAX) {
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "%u gateways over all [pdn …] sections; at most %d", total,
                    PROSE_GATEWAYS_MAX);
        return false;
    }
    for (unsigned p = 0; p < pdns->len; p++) {
        const ProseScenarioPdn *pdn = g_ptr_array_index(pdns, p);

        for (unsigned g = 0; g < pdn->gateways; g++) {
            if (!add_gateway(topology, pdn, g, error))
                return false;
        }
    }
    return true;
}

/* ---- servers ---- */

static bool
add_server(ProseTopology *topology, Server *server, GError **error)
{
    Ns3cLink link;

    server->topology = topology;
    server->conns = server_conns_new();
    server->next_conn = 2;
    server->who = topology->servers->len;
    server->octets = (ProseDrawStream) { .key = prose_rng_key(PROSE_RNG_SERVER), .who = server->who };
    server->wake = ns3c_timer_new(server_wake_cb, server);
    server->node = ns3c_node_new(/* forward= */ false);
    g_ptr_array_add(topology->servers, server);
    if (!join_core(topology, server->node, server->name, &link, &server->address, error))
        return false;
    server->listener = ns3c_tcp_listen(server->node, PROSE_PORT_HTTPS, server_accepted_cb, server);
    if (server->kind == SERVER_PKMF)
        server->udp = ns3c_udp_new(server->node, PROSE_PORT_MIKEY, server_udp_received_cb, server);
    return server->listener && (server->udp || server->kind != SERVER_PKMF) ? true : fail(error, server->name, NS3C_ERR_INTERNAL);
}

static bool
add_pkmf(ProseTopology *topology, const ProseScenarioPkmf *spec, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    Server *server = g_new0(Server, 1);
    ProsePkmfConfig config = {
        .fqdn = spec->fqdn, .max_offset_s = spec->max_offset_s, .workers = spec->workers,
        .issue_pmk_every_ns = (uint64_t) (spec->issue_pmk_every_s * PROSE_NS_PER_S),
        .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S, .profile = &scenario->profile,
        .secrets = topology->config.secrets, .bsf = topology->bsf, .schema = topology->key_schema,
        .cleartext = topology->config.cleartext,
    };

    server->kind = SERVER_PKMF;
    server->name = g_strdup_printf("pkmf %s", spec->name);
    server->fqdn = spec->fqdn;
    server->service_s = spec->service_time_s;
    if (!add_server(topology, server, error))
        return false;
    config.name = server->name;
    server->pkmf = prose_pkmf_new(&config, &prose_server_host, server);
    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(scenario->discoveries, i);
        ProsePkmfDiscovery served = { .scope = d->scope, .meta = d->meta, .first_start_s = d->first_start_s,
                                      .cryptoperiod_s = d->cryptoperiod_s, .lead_s = d->lead_s };
        int r;

        if (d->pkmf != spec)
            continue;
        r = prose_key_scope_is_discovery(d->scope)
            ? prose_pkmf_add_discovery(server->pkmf, &served)
            : prose_pkmf_add_group(server->pkmf, d->scope.id, d->algorithms, d->first_start_s, d->cryptoperiod_s, d->lead_s);
        if (r != PROSE_OK) {
            g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "[%s %s]: %s: %s",
                        prose_key_scope_is_discovery(d->scope) ? "discovery" : "group-key", d->name, server->name, prose_strerror(r));
            return false;
        }
    }
    return true;
}

static void
outage_cb(void *user)
{
    Outage *outage = user;

    server_set_down(outage->server, outage->down);
}

static void
outage_free(void *data)
{
    Outage *outage = data;

    ns3c_event_free(outage->event);
    g_free(outage);
}

static void
schedule_outage(ProseTopology *topology, Server *server, double at_s, bool down)
{
    Outage *outage = g_new0(Outage, 1);

    outage->server = server;
    outage->down = down;
    outage->event = ns3c_event_new((uint64_t) (MAX(at_s, 0) * PROSE_NS_PER_S), outage_cb, outage);
    g_ptr_array_add(topology->outages, outage);
}

static bool
function_lists(const ProseScenarioFunction *function, const ProseScenarioPkmf *pkmf)
{
    return g_ptr_array_find(function->pkmfs, pkmf, NULL);
}

static bool
add_function(ProseTopology *topology, const ProseScenarioFunction *spec, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    Server *server = g_new0(Server, 1);
    ProseFunctionConfig config = {
        .fqdn = spec->fqdn, .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S, .bsf = topology->bsf,
        .schema = topology->pc3_schema, .cleartext = topology->config.cleartext,
    };

    server->kind = SERVER_FUNCTION;
    server->name = g_strdup_printf("prose-function %s", spec->name);
    server->fqdn = spec->fqdn;
    server->service_s = &spec->service_time_s;
    if (!add_server(topology, server, error))
        return false;
    config.name = server->name;
    server->function = prose_function_new(&config, &prose_server_host, server);
    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(scenario->discoveries, i);

        if (function_lists(spec, d->pkmf))
            prose_function_add_scope(server->function, d->scope, d->pkmf->fqdn);
    }
    for (unsigned i = 0; i < spec->outages->len; i++) {
        const ProseInterval *interval = &g_array_index(spec->outages, ProseInterval, i);

        schedule_outage(topology, server, interval->start_s, /* down= */ true);
        schedule_outage(topology, server, interval->end_s, /* down= */ false);
    }
    return true;
}

/* ---- UEs ---- */

/* IMPI, User Info ID and UE ID say which UE it is by its scenario number: test network 001 01, numbers from 1. */
static char *
impi_of(unsigned ue)
{
    return g_strdup_printf("00101%010u@ims.mnc001.mcc001.3gppnetwork.org", ue + 1);
}

static const ProseGbaSession *
bootstrap(ProseTopology *topology, unsigned ue, const char *impi)
{
    ProseDrawStream octets = { .key = prose_rng_key(PROSE_RNG_GBA), .who = ue };
    int64_t end_s = topology->scenario->utc_start_s + (int64_t) ceil(topology->scenario->duration_s);
    uint8_t rand[16], ks[PROSE_KEY_LEN];
    const ProseGbaSession *session;

    prose_draw_octets(&octets, rand, sizeof rand);
    prose_draw_octets(&octets, ks, sizeof ks);
    /* Outlives the run: renewing a session needs Ub, which is out of scope (OP-20). */
    session = prose_bsf_bootstrap(topology->bsf, impi, rand, ks, end_s + 86400);
    prose_wipe(ks, sizeof ks);
    return session;
}

/* The ProSe Function that a UE asks: the first that knows the PKMF of one of its discoveries. */
static const char *
function_of(const ProseScenario *scenario, const ProseScenarioUe *ue)
{
    for (unsigned f = 0; f < scenario->functions->len; f++) {
        const ProseScenarioFunction *function = g_ptr_array_index(scenario->functions, f);

        for (unsigned d = 0; d < scenario->discoveries->len; d++) {
            const ProseScenarioDiscovery *discovery = g_ptr_array_index(scenario->discoveries, d);

            if (ue->roles[d] && function_lists(function, discovery->pkmf))
                return function->fqdn;
        }
    }
    return NULL;
}

static void
create_ue(ProseTopology *topology, UeHost *host, const char *impi)
{
    const ProseScenario *scenario = topology->scenario;
    const ProseScenarioUe *spec = host->spec;
    g_autofree ProseUeDiscovery *wanted = g_new0(ProseUeDiscovery, scenario->discoveries->len);
    ProseDrawKey clock_key = prose_rng_key(PROSE_RNG_CLOCK);
    double drift_ppm = prose_distribution_draw(&spec->drift_ppm, &clock_key, PROSE_DRAW_DRIFT, spec->index, 0);
    ProseUeConfig config = {
        .name = spec->name, .gba = host->gba, .function_fqdn = function_of(scenario, spec),
        .scrambling_supported = spec->scrambling_supported,
        .algorithms = PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA1 | PROSE_ALGORITHM_EEA2 | PROSE_ALGORITHM_EEA3,
        .ue_id = spec->index + 1, .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S,
        .clock_drift_ppb = (int32_t) lround(drift_ppm * 1000), .discoveries = wanted, .profile = &scenario->profile,
        .secrets = topology->config.secrets, .key_schema = topology->key_schema, .pc3_schema = topology->pc3_schema,
        .cleartext = topology->config.cleartext,
    };

    /* PLMN 001 01 as TS 24.008 writes it, then the number. */
    memcpy(config.user_info, (const uint8_t[]) { 0x00, 0xF1, 0x10 }, 3);
    prose_put_u24(config.user_info + 3, spec->index + 1);
    for (unsigned d = 0; d < scenario->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = g_ptr_array_index(scenario->discoveries, d);

        if (!spec->roles[d])
            continue;
        host->takes_part[d] = true;
        wanted[config.n_discoveries++] = (ProseUeDiscovery) {
            .scope = discovery->scope, .roles = spec->roles[d],
            .pkmf_fqdn = spec->pkmf_provisioned ? discovery->pkmf->fqdn : NULL,
            .overlap_s = UINT32_MAX, .lead_s = discovery->lead_s,
        };
    }
    prose_stream_add_identity(topology->config.stream, impi, spec->index);
    host->ue = prose_ue_new(&config, &prose_ue_host, host);
}

/* What the network knows of the UE's subscription. */
static void
authorise_ue(ProseTopology *topology, const ProseScenarioUe *spec, const char *impi, unsigned d, bool authorised, uint64_t now_ns)
{
    const ProseScenarioDiscovery *discovery = g_ptr_array_index(topology->scenario->discoveries, d);

    for (unsigned i = 0; i < topology->servers->len; i++) {
        Server *server = g_ptr_array_index(topology->servers, i);

        if (server->function)
            prose_function_authorise(server->function, impi, discovery->scope, authorised);
        else if (server->fqdn == discovery->pkmf->fqdn)
            prose_pkmf_authorise(server->pkmf, impi, discovery->scope, authorised, now_ns);
    }
}

static Ns3cPosition
place(const ProseScenario *scenario, const ProseScenarioUe *spec)
{
    ProseDrawKey key = prose_rng_key(PROSE_RNG_PLACE);
    Ns3cPosition at = { .x = spec->point_x, .y = spec->point_y, .z = UE_HEIGHT_M };

    if (spec->placement == PROSE_PLACEMENT_UNIFORM) {
        at.x = scenario->area_width_m * prose_draw_double(&key, PROSE_DRAW_PLACEMENT, spec->index, 0);
        at.y = scenario->area_height_m * prose_draw_double(&key, PROSE_DRAW_PLACEMENT, spec->index, 1);
    } else if (spec->placement == PROSE_PLACEMENT_GRID) {
        /* Rows from the corner, as many columns as the area is wide. */
        unsigned columns = (unsigned) floor(scenario->area_width_m / spec->grid_m) + 1;

        at.x = spec->grid_m * (spec->member % columns);
        at.y = spec->grid_m * (spec->member / columns);
    }
    return at;
}

static bool
create_mobility(const ProseScenario *scenario, UeHost *host, GError **error)
{
    const ProseScenarioUe *spec = host->spec;
    Ns3cPosition start = place(scenario, spec);
    int64_t stream = PROSE_RNG_MOBILITY + (int64_t) spec->index * PROSE_RNG_MOBILITY_STRIDE;
    char *message = NULL;

    if (spec->mobility == PROSE_MOBILITY_RANDOM_WAYPOINT)
        host->mobility = ns3c_mobility_new_random_waypoint(start, scenario->area_width_m, scenario->area_height_m, spec->speed_min,
                                                           spec->speed_max, /* pause_s= */ 0, stream);
    else
        host->mobility = ns3c_mobility_new(spec->mobility == PROSE_MOBILITY_NS3 ? spec->mobility_spec : "constant-position",
                                           start, stream, &message);
    if (!host->mobility)
        g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "mobility of %s: %s", spec->name,
                    message ? message : "ns-3 refuses it");
    free(message);
    return host->mobility != NULL;
}

static void
power_on_cb(void *user)
{
    UeHost *host = user;

    host->is_on = true;
    prose_ue_start(host->ue, ns3c_sim_now());
}

static bool
connect_ue(ProseTopology *topology, UeHost *host, unsigned gateway, GError **error)
{
    const ProseScenarioPdn *pdn = host->spec->pdn;
    Ns3cPortConfig config = {
        .rate_bps = pdn->ue_rate_bps, .delay_ns = (uint64_t) (pdn->delay_s * PROSE_NS_PER_S), .loss = pdn->loss,
        .loss_stream = PROSE_RNG_LOSS + 2 * (int64_t) host->spec->index,
    };

    host->gateway = &g_array_index(topology->gateways, Gateway, gateway);
    host->node = ns3c_node_new(/* forward= */ false);
    host->port = ns3c_port_new(host->gateway->access, host->node, &config);
    host->udp = ns3c_udp_new(host->node, PROSE_PORT_MIKEY, ue_host_udp_received_cb, host);
    return host->port && host->udp ? true : fail(error, host->spec->name, NS3C_ERR_INTERNAL);
}

static bool
add_ue(ProseTopology *topology, const ProseScenarioUe *spec, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    UeHost *host = g_new0(UeHost, 1);
    g_autofree char *impi = impi_of(spec->index);
    ProseDrawKey power_key = prose_rng_key(PROSE_RNG_POWER_ON);
    double on_s = prose_distribution_draw(&spec->power_on_s, &power_key, PROSE_DRAW_POWER_ON, spec->index, 0);

    host->topology = topology;
    host->spec = spec;
    host->takes_part = g_new0(bool, scenario->discoveries->len);
    host->conns = ue_conns_new();
    host->octets = (ProseDrawStream) { .key = prose_rng_key(PROSE_RNG_UE), .who = spec->index };
    host->wake = ns3c_timer_new(ue_host_wake_cb, host);
    host->attach = ns3c_timer_new(ue_host_attach_cb, host);
    host->power = ns3c_timer_new(power_on_cb, host);
    host->power_on_ns = (uint64_t) (MAX(on_s, 0) * PROSE_NS_PER_S);
    g_ptr_array_add(topology->ues, host);
    host->gba = bootstrap(topology, spec->index, impi);
    create_ue(topology, host, impi);
    for (unsigned d = 0; spec->subscriber && d < scenario->discoveries->len; d++) {
        if (spec->roles[d])
            authorise_ue(topology, spec, impi, d, spec->authorised[d], 0);
    }
    ns3c_timer_set(host->power, host->power_on_ns);
    return create_mobility(scenario, host, error);
}

/* UEs go to the gateways of their PDN in turn. */
static bool
build_ues(ProseTopology *topology, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    g_autofree unsigned *members = g_new0(unsigned, scenario->pdns->len);

    for (unsigned i = 0; i < scenario->ues->len; i++) {
        const ProseScenarioUe *spec = g_ptr_array_index(scenario->ues, i);
        unsigned first = 0;

        if (!add_ue(topology, spec, error))
            return false;
        for (unsigned p = 0; p < scenario->pdns->len; p++) {
            const ProseScenarioPdn *pdn = g_ptr_array_index(scenario->pdns, p);

            if (pdn == spec->pdn) {
                unsigned n = members[p]++;

                if (n / pdn->gateways >= PROSE_GATEWAY_UES_MAX) {
                    g_set_error(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_USAGE, "[pdn %s]: more than %d UEs at a gateway; raise `gateways`",
                                pdn->name, PROSE_GATEWAY_UES_MAX);
                    return false;
                }
                if (!connect_ue(topology, g_ptr_array_index(topology->ues, i), first + n % pdn->gateways, error))
                    return false;
            }
            first += pdn->gateways;
        }
    }
    return true;
}

/* ---- life ---- */

ProseTopology *
prose_topology_new(const ProseTopologyConfig *config, GError **error)
{
    g_autoptr(ProseTopology) topology = g_new0(ProseTopology, 1);
    const ProseScenario *scenario = config->scenario;

    topology->config = *config;
    topology->scenario = scenario;
    topology->gateways = g_array_new(FALSE, FALSE, sizeof(Gateway));
    topology->servers = g_ptr_array_new_with_free_func((GDestroyNotify) server_free);
    topology->ues = g_ptr_array_new_with_free_func((GDestroyNotify) ue_host_free);
    topology->outages = g_ptr_array_new_with_free_func(outage_free);
    topology->service_time_key = prose_rng_key(PROSE_RNG_SERVICE_TIME);
    topology->bsf = prose_bsf_new(config->secrets, BSF_NAME);
    topology->key_schema = prose_key_schema_new();
    topology->pc3_schema = prose_pc3_schema_new();
    topology->router = ns3c_node_new(/* forward= */ true);
    if (!topology->key_schema || !topology->pc3_schema) {
        g_set_error_literal(error, PROSE_RUN_ERROR, PROSE_RUN_ERROR_FAILED, "libxml2 refuses the schema of the key or PC3 messages");
        return NULL;
    }
    for (unsigned i = 0; i < scenario->pkmfs->len; i++) {
        if (!add_pkmf(topology, g_ptr_array_index(scenario->pkmfs, i), error))
            return NULL;
    }
    for (unsigned i = 0; i < scenario->functions->len; i++) {
        if (!add_function(topology, g_ptr_array_index(scenario->functions, i), error))
            return NULL;
    }
    if (!build_gateways(topology, error) || !build_ues(topology, error))
        return NULL;
    return g_steal_pointer(&topology);
}

ProseTopology *
prose_topology_free(ProseTopology *topology)
{
    if (!topology)
        return NULL;
    /* Endpoints first, while the world still answers them. */
    for (unsigned i = 0; i < topology->ues->len; i++) {
        UeHost *host = g_ptr_array_index(topology->ues, i);

        host->ue = prose_ue_free(host->ue);
    }
    for (unsigned i = 0; i < topology->servers->len; i++) {
        Server *server = g_ptr_array_index(topology->servers, i);

        server->pkmf = prose_pkmf_free(server->pkmf);
        server->function = prose_function_free(server->function);
    }
    g_ptr_array_unref(topology->outages);
    g_ptr_array_unref(topology->ues);
    g_ptr_array_unref(topology->servers);
    for (unsigned i = 0; i < topology->gateways->len; i++) {
        Gateway *gateway = &g_array_index(topology->gateways, Gateway, i);

        ns3c_access_free(gateway->access);
        ns3c_node_free(gateway->node);
        g_free(gateway->taken);
        g_free(gateway->capture);
    }
    g_array_unref(topology->gateways);
    ns3c_node_free(topology->router);
    prose_key_schema_free(topology->key_schema);
    prose_pc3_schema_free(topology->pc3_schema);
    prose_bsf_free(topology->bsf);
    g_free(topology);
    return NULL;
}

/* ---- events of a scenario ---- */

static void
set_active(UeHost *host, const ProseScenario *scenario, unsigned d, bool active)
{
    const ProseScenarioDiscovery *discovery = g_ptr_array_index(scenario->discoveries, d);

    if (!host->spec->roles[d])
        return;
    host->takes_part[d] = active;
    prose_ue_set_active(host->ue, discovery->scope, active, ns3c_sim_now());
}

static void
act_on_discovery(ProseTopology *topology, UeHost *host, unsigned d, ProseAction action)
{
    const ProseScenarioDiscovery *discovery = g_ptr_array_index(topology->scenario->discoveries, d);
    g_autofree char *impi = impi_of(host->spec->index);

    switch (action) {
    case PROSE_ACTION_START:
    case PROSE_ACTION_STOP:
        set_active(host, topology->scenario, d, action == PROSE_ACTION_START);
        break;
    case PROSE_ACTION_AUTHORISE:
        authorise_ue(topology, host->spec, impi, d, true, ns3c_sim_now());
        break;
    case PROSE_ACTION_REVOKE:
        prose_pkmf_revoke(prose_topology_pkmf(topology, discovery->pkmf->index), impi, discovery->scope, ns3c_sim_now());
        break;
    case PROSE_ACTION_NETWORK_RELEASES_PDN:
    case PROSE_ACTION_UE_RELEASES_PDN:
    case PROSE_ACTION_PKMF_DOWN:
    case PROSE_ACTION_PKMF_UP:
        g_assert_not_reached();
    }
}

void
prose_topology_act(ProseTopology *topology, const ProseScenarioEvent *event)
{
    if (event->action == PROSE_ACTION_PKMF_DOWN || event->action == PROSE_ACTION_PKMF_UP) {
        server_set_down(g_ptr_array_index(topology->servers, event->pkmf->index), event->action == PROSE_ACTION_PKMF_DOWN);
        return;
    }
    for (unsigned i = 0; i < event->ues->len; i++) {
        UeHost *host = g_ptr_array_index(topology->ues, g_array_index(event->ues, unsigned, i));

        if (event->action == PROSE_ACTION_NETWORK_RELEASES_PDN) {
            /* What the UE does not have cannot be taken from it. */
            if (host->address) {
                ue_host_disconnect(host);
                prose_ue_pdn_lost(host->ue, ns3c_sim_now());
            }
        } else if (event->action == PROSE_ACTION_UE_RELEASES_PDN) {
            prose_ue_request_pdn_release(host->ue, ns3c_sim_now());
        } else {
            for (unsigned d = 0; d < event->discoveries->len; d++)
                act_on_discovery(topology, host, g_array_index(event->discoveries, unsigned, d), event->action);
        }
    }
}

/* ---- what others look at ---- */

ProseUe *
prose_topology_ue(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->ue;
}

ProsePkmf *
prose_topology_pkmf(const ProseTopology *topology, unsigned pkmf)
{
    return ((const Server *) g_ptr_array_index(topology->servers, pkmf))->pkmf;
}

const ProseGbaSession *
prose_topology_gba(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->gba;
}

Ns3cMobility *
prose_topology_mobility(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->mobility;
}

uint64_t
prose_topology_power_on_ns(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->power_on_ns;
}

bool
prose_topology_is_on(const ProseTopology *topology, unsigned ue)
{
    return ((const UeHost *) g_ptr_array_index(topology->ues, ue))->is_on;
}

bool
prose_topology_takes_part(const ProseTopology *topology, unsigned ue, unsigned discovery)
{
    const UeHost *host = g_ptr_array_index(topology->ues, ue);

    return host->is_on && host->takes_part[discovery];
}

void
prose_topology_octets(const ProseTopology *topology, unsigned ue, uint64_t *ret_up, uint64_t *ret_down)
{
    const UeHost *host = g_ptr_array_index(topology->ues, ue);
    Ns3cPortCounters counters = { 0 };

    if (host->port)
        ns3c_port_counters(host->port, &counters);
    *ret_up = counters.octets_up;
    *ret_down = counters.octets_down;
}
