/* SPDX-License-Identifier: GPL-2.0-only */
/* The UEs of a scenario: who they are, where they stand, what they are told to do. */
#include "prose-topology-internal.h"

#include "prose-streams.h"

#include <math.h>
#include <string.h>

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

            if (ue->roles[d] && discovery->pkmf && topology_function_lists(function, discovery->pkmf))
                return function->fqdn;
        }
    }
    return NULL;
}

static void
create_ue(ProseTopology *topology, UeHost *host)
{
    const ProseScenario *scenario = topology->scenario;
    const ProseScenarioUe *spec = host->spec;
    g_autofree ProseUeDiscovery *wanted = g_new0(ProseUeDiscovery, scenario->discoveries->len);
    ProseDrawKey clock_key = prose_rng_key(PROSE_RNG_CLOCK);
    double drift_ppm = prose_distribution_draw(spec->drift_ppm, &clock_key, PROSE_DRAW_DRIFT, spec->index, 0);
    ProseUeConfig config = {
        .name = spec->name, .gba = host->net ? host->net->gba : NULL, .function_fqdn = function_of(scenario, spec),
        .scrambling_supported = spec->scrambling_supported,
        .algorithms = PROSE_ALGORITHM_EEA0 | PROSE_ALGORITHM_EEA1 | PROSE_ALGORITHM_EEA2 | PROSE_ALGORITHM_EEA3,
        .ue_id = spec->index + 1, .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S,
        .clock_drift_ppb = (int32_t) lround(drift_ppm * 1000), .discoveries = wanted, .profile = &scenario->profile,
        .secrets = topology->config.secrets, .key_schema = topology->key_schema, .pc3_schema = topology->pc3_schema,
        .cleartext = topology->config.cleartext, .request_timeout_ns = prose_ns_from_s(spec->request_timeout_s),
        .back_off_ns = prose_ns_from_s(spec->back_off_s), .back_off_steady_ns = prose_ns_from_s(spec->back_off_steady_s),
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
            .pkmf_fqdn = spec->pkmf_provisioned && discovery->pkmf ? discovery->pkmf->fqdn : NULL,
            .overlap_s = discovery->overlap_s, .keep_past_s = discovery->keep_past_s, .lead_s = discovery->lead_s,
            .successor_check_s = discovery->successor_check_s, .successor_retry_s = discovery->successor_retry_s,
            .additional_every = discovery->additional_every,
        };
    }
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
    Ns3cPosition at = { .x = spec->point_x, .y = spec->point_y, .z = spec->placement == PROSE_PLACEMENT_FILE ? spec->point_z : PROSE_UE_HEIGHT_M };

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

/* A trace says where the ground is. */
static Ns3cMobility *
along_waypoints(const GArray *waypoints)
{
    g_autofree Ns3cWaypoint *w = g_new(Ns3cWaypoint, waypoints->len);

    for (unsigned i = 0; i < waypoints->len; i++) {
        const ProseWaypoint *from = &g_array_index(waypoints, ProseWaypoint, i);

        w[i] = (Ns3cWaypoint) { from->at_ns, { from->x, from->y, from->z + PROSE_UE_HEIGHT_M } };
    }
    return ns3c_mobility_new_waypoints(w, waypoints->len);
}

static bool
create_mobility(const ProseScenario *scenario, UeHost *host, GError **error)
{
    const ProseScenarioUe *spec = host->spec;
    Ns3cPosition start = place(scenario, spec);
    int64_t stream = PROSE_RNG_MOBILITY + (int64_t) spec->index * PROSE_RNG_MOBILITY_STRIDE;
    char *message = NULL;

    if (spec->mobility == PROSE_MOBILITY_NS2)
        host->mobility = along_waypoints(spec->waypoints);
    else if (spec->mobility == PROSE_MOBILITY_RANDOM_WAYPOINT)
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

    host->power = ns3c_timer_free(host->power);        /* not needed any more, also where the scenario has said when */
    ue_host_before(host);
    host->is_on = true;
    topology_provision_ue(host);
    prose_ue_start(host->ue, ns3c_sim_now());
}

static bool
connect_ue(ProseTopology *topology, UeHost *host, unsigned gateway, GError **error)
{
    const ProseScenarioPdn *pdn = host->spec->pdn;
    Ns3cPortConfig config = {
        .rate_bps = pdn->ue_rate_bps, .delay_ns = prose_ns_from_s(pdn->delay_s), .loss = pdn->loss,
        .burst_share = pdn->burst_share, .burst_ns = prose_ns_from_s(pdn->burst_s),
        .loss_stream = PROSE_RNG_LOSS + 2 * (int64_t) host->spec->index,
    };

    host->net->gateway = &g_array_index(topology->gateways, Gateway, gateway);
    host->net->node = ns3c_node_new(/* forward= */ false);
    host->net->port = ns3c_port_new(host->net->gateway->access, host->net->node, &config);
    host->net->udp = ns3c_udp_new(host->net->node, PROSE_PORT_MIKEY, ue_host_udp_received_cb, host);
    if (!host->net->port || !host->net->udp)
        return topology_fail(error, host->spec->name, NS3C_ERR_INTERNAL);
    calendar_start(host);
    return true;
}

/* What a UE that fetches keys has with the network, and the network with it. */
static void
subscribe(ProseTopology *topology, UeHost *host)
{
    const ProseScenarioUe *spec = host->spec;
    g_autofree char *impi = impi_of(spec->index);

    host->net = g_new0(UeHostNet, 1);
    host->net->conns = ue_conns_new();
    host->net->attach = ns3c_timer_new(ue_host_attach_cb, host);
    host->net->gba = bootstrap(topology, spec->index, impi);
    prose_stream_add_identity(topology->config.stream, impi, spec->index);
    for (unsigned d = 0; spec->subscriber && d < topology->scenario->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = g_ptr_array_index(topology->scenario->discoveries, d);

        if (spec->roles[d] && discovery->pkmf)
            authorise_ue(topology, spec, impi, d, spec->authorised[d], 0);
    }
}

static bool
add_ue(ProseTopology *topology, const ProseScenarioUe *spec, GError **error)
{
    const ProseScenario *scenario = topology->scenario;
    UeHost *host = g_malloc0(sizeof *host + scenario->discoveries->len * sizeof host->takes_part[0]);
    ProseDrawKey power_key = prose_rng_key(PROSE_RNG_POWER_ON);
    double on_s = prose_distribution_draw(spec->power_on_s, &power_key, PROSE_DRAW_POWER_ON, spec->index, 0);

    host->topology = topology;
    host->spec = spec;
    host->octets = (ProseDrawStream) { .key = prose_rng_key(PROSE_RNG_UE), .who = spec->index };
    host->power = ns3c_timer_new(power_on_cb, host);
    host->power_on_ns = prose_ns_from_s(on_s);
    g_ptr_array_add(topology->ues, host);
    if (spec->fetches)
        subscribe(topology, host);
    create_ue(topology, host);
    ns3c_timer_set(host->power, host->power_on_ns);
    return create_mobility(scenario, host, error);
}

/* UEs go to the gateways of their PDN in turn. */
bool
topology_build_ues(ProseTopology *topology, GError **error)
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
    case PROSE_ACTION_COVERAGE:
    case PROSE_ACTION_SET_CLOCK:
    case PROSE_ACTION_POWER:
        g_assert_not_reached();
    }
}

static void
set_power(UeHost *host, bool on)
{
    ProseEvent event = prose_event_at(PROSE_EVENT_POWER_CHANGED, ns3c_sim_now(), host->spec->name);

    host->power = ns3c_timer_free(host->power);        /* the scenario has said otherwise */
    if (host->is_on == on)
        return;
    event.cause = on ? "on" : "off";
    prose_stream_emit_from(host->topology->config.stream, &event, (int) host->spec->index);
    if (on) {
        power_on_cb(host);
        return;
    }
    host->is_on = host->is_provisioned = false;
    if (host->net)
        ue_host_disconnect(host);
    prose_ue_shut_down(host->ue, ns3c_sim_now());
}

void
prose_topology_act(ProseTopology *topology, const ProseScenarioEvent *event)
{
    prose_topology_before(topology, -1);
    if (event->action == PROSE_ACTION_PKMF_DOWN || event->action == PROSE_ACTION_PKMF_UP) {
        server_set_down(g_ptr_array_index(topology->servers, event->pkmf->index), event->action == PROSE_ACTION_PKMF_DOWN);
        return;
    }
    for (unsigned i = 0; i < event->ues->len; i++) {
        UeHost *host = g_ptr_array_index(topology->ues, g_array_index(event->ues, unsigned, i));

        ue_host_before(host);
        if (event->action == PROSE_ACTION_NETWORK_RELEASES_PDN) {
            ue_host_release(host);
        } else if (event->action == PROSE_ACTION_POWER) {
            set_power(host, event->on);
        } else if (event->action == PROSE_ACTION_UE_RELEASES_PDN) {
            prose_ue_request_pdn_release(host->ue, ns3c_sim_now());
        } else {
            for (unsigned d = 0; d < event->discoveries->len; d++)
                act_on_discovery(topology, host, g_array_index(event->discoveries, unsigned, d), event->action);
        }
    }
}
