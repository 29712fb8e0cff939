/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench-control-memory.h"

#include "prose-function.h"
#include "prose-pkmf.h"
#include "prose-stream.h"
#include "prose-streams.h"
#include "prose-topology.h"

#include <string.h>

#define CONNS_MAX 4

typedef enum MessageKind {
    ACCEPT, CONNECTED, TCP_UP, TCP_DOWN, CLOSE_UP, CLOSE_DOWN, UDP_UP, UDP_DOWN,
} MessageKind;

typedef struct Message {
    uint64_t at_ns;
    MessageKind kind;
    unsigned conn;
    ProseAddress from;
    uint16_t port;
    uint8_t *octets;
    size_t len;
} Message;

typedef struct Endpoint {
    BenchMemory *memory;
    ProsePkmf *pkmf;               /* one of the three */
    ProseFunction *function;
    ProseUe *ue;
    const char *fqdn;
    ProseAddress address;
    ProseDrawStream octets;
    const ProseDistribution *service_s;
    uint64_t who;
    uint64_t n_services[PROSE_PKMF_N_OPS];
    uint64_t wake_ns;
    uint64_t attach_ns;            /* UE */
    ProseConn next_conn;           /* servers */
} Endpoint;

typedef struct Conn {
    Endpoint *server;              /* NULL: unused */
    ProseConn ue_id, server_id;
    bool ue_is_open, server_is_open;
} Conn;

struct BenchMemory {
    const ProseScenario *scenario;
    void (*event)(void *user, const ProseEvent *event);
    void *event_user;
    ProseSecretPool *secrets;
    ProseBsf *bsf;
    ProseKeySchema *key_schema;
    ProsePc3Schema *pc3_schema;
    ProseDrawKey service_key;
    Endpoint *ues, servers[2];     /* PKMF, ProSe Function */
    Endpoint *ue;                  /* whose turn it is */
    uint64_t delay_ns, now_ns;
    Conn conns[CONNS_MAX];
    GQueue queue;                  /* of Message; one delay for all, so in order of time */
    uint64_t tcp_octets, udp_octets;
};

static Message *
push(BenchMemory *m, MessageKind kind, unsigned conn, const uint8_t *octets, size_t len)
{
    Message *message = g_new0(Message, 1);

    message->at_ns = m->now_ns + m->delay_ns;
    message->kind = kind;
    message->conn = conn;
    message->octets = octets ? g_memdup2(octets, len) : NULL;
    message->len = len;
    g_queue_push_tail(&m->queue, message);
    return message;
}

/* ---- hosts ---- */

static void
random_cb(void *user, uint8_t *ret, size_t len)
{
    prose_draw_octets(&((Endpoint *) user)->octets, ret, len);
}

static void
wake_at_cb(void *user, uint64_t at_ns)
{
    ((Endpoint *) user)->wake_ns = at_ns;
}

static void
event_cb(void *user, const ProseEvent *event)
{
    const BenchMemory *m = ((Endpoint *) user)->memory;

    m->event(m->event_user, event);
}

static int
find_conn(const BenchMemory *m, const Endpoint *server, ProseConn id)
{
    for (int i = 0; i < CONNS_MAX; i++) {
        const Conn *c = &m->conns[i];

        if (c->server && (server ? c->server == server && c->server_id == id : c->ue_id == id))
            return i;
    }
    return -1;
}

static int
tcp_connect_cb(void *user, ProseConn id, const char *fqdn, uint16_t port)
{
    BenchMemory *m = ((Endpoint *) user)->memory;
    Endpoint *server = &m->servers[strcmp(m->servers[0].fqdn, fqdn) != 0];

    for (unsigned i = 0; i < CONNS_MAX; i++) {
        if (m->conns[i].server)
            continue;
        m->conns[i] = (Conn) { .server = server, .ue_id = id, .server_id = server->next_conn += 2, .ue_is_open = true };
        push(m, ACCEPT, i, NULL, 0);
        return 0;
    }
    g_assert_not_reached();
}

static int
ue_tcp_send_cb(void *user, ProseConn id, const uint8_t *octets, size_t len)
{
    BenchMemory *m = ((Endpoint *) user)->memory;

    m->tcp_octets += len;
    push(m, TCP_UP, (unsigned) find_conn(m, NULL, id), octets, len);
    return 0;
}

static void
ue_tcp_close_cb(void *user, ProseConn id)
{
    BenchMemory *m = ((Endpoint *) user)->memory;
    int i = find_conn(m, NULL, id);

    m->conns[i].ue_is_open = false;
    push(m, CLOSE_UP, (unsigned) i, NULL, 0);
}

static int
ue_udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    BenchMemory *m = ((Endpoint *) user)->memory;

    m->udp_octets += len;
    push(m, UDP_UP, 0, octets, len);
    return 0;
}

static void
pdn_open_cb(void *user)
{
    Endpoint *ue = user;

    ue->attach_ns = ue->memory->now_ns + PROSE_PDN_ATTACH_NS;
}

static void
pdn_release_cb(void *user)
{
    g_assert_not_reached();
}

static const ProseHost ue_host = {
    .random = random_cb, .wake_at = wake_at_cb, .event = event_cb, .tcp_connect = tcp_connect_cb, .tcp_send = ue_tcp_send_cb,
    .tcp_close = ue_tcp_close_cb, .udp_send = ue_udp_send_cb, .pdn_open = pdn_open_cb, .pdn_release = pdn_release_cb,
};

static int
server_tcp_send_cb(void *user, ProseConn id, const uint8_t *octets, size_t len)
{
    Endpoint *server = user;
    BenchMemory *m = server->memory;

    m->tcp_octets += len;
    push(m, TCP_DOWN, (unsigned) find_conn(m, server, id), octets, len);
    return 0;
}

static void
server_tcp_close_cb(void *user, ProseConn id)
{
    Endpoint *server = user;
    int i = find_conn(server->memory, server, id);

    server->memory->conns[i].server_is_open = false;
    push(server->memory, CLOSE_DOWN, (unsigned) i, NULL, 0);
}

static int
server_udp_send_cb(void *user, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len)
{
    BenchMemory *m = ((Endpoint *) user)->memory;

    g_assert(to == m->ue->address);
    m->udp_octets += len;
    push(m, UDP_DOWN, 0, octets, len);
    return 0;
}

static uint64_t
service_time_cb(void *user, int op)
{
    Endpoint *server = user;

    return prose_ns_from_s(prose_distribution_draw(&server->service_s[op], &server->memory->service_key, PROSE_DRAW_SERVICE_TIME,
                                                   server->who << 8 | (unsigned) op, server->n_services[op]++));
}

static const ProseHost server_host = {
    .random = random_cb, .wake_at = wake_at_cb, .event = event_cb, .tcp_send = server_tcp_send_cb,
    .tcp_close = server_tcp_close_cb, .udp_send = server_udp_send_cb, .service_time = service_time_cb,
};

/* ---- building, as prose-topology does ---- */

static void
add_servers(BenchMemory *m)
{
    const ProseScenario *scenario = m->scenario;
    const ProseScenarioPkmf *pkmf = g_ptr_array_index(scenario->pkmfs, 0);
    const ProseScenarioFunction *function = g_ptr_array_index(scenario->functions, 0);
    g_autofree char *pkmf_name = g_strdup_printf("pkmf %s", pkmf->name);
    g_autofree char *function_name = g_strdup_printf("prose-function %s", function->name);
    const ProsePkmfConfig pkmf_config = {
        .name = pkmf_name, .fqdn = pkmf->fqdn, .max_offset_s = pkmf->max_offset_s, .workers = pkmf->workers,
        .issue_pmk_every_ns = prose_ns_from_s(pkmf->issue_pmk_every_s), .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S,
        .profile = &scenario->profile, .secrets = m->secrets, .bsf = m->bsf, .schema = m->key_schema,
    };
    const ProseFunctionConfig function_config = {
        .name = function_name, .fqdn = function->fqdn, .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S, .bsf = m->bsf,
        .schema = m->pc3_schema,
    };

    for (unsigned i = 0; i < 2; i++) {
        m->servers[i] = (Endpoint) { .memory = m, .fqdn = i == 0 ? pkmf->fqdn : function->fqdn, .address = 0xAC100001u + i, .who = i,
                                     .service_s = i == 0 ? pkmf->service_time_s : &function->service_time_s, .wake_ns = PROSE_NEVER,
                                     .octets = { .key = prose_rng_key(PROSE_RNG_SERVER), .who = i } };
    }
    m->servers[0].pkmf = prose_pkmf_new(&pkmf_config, &server_host, &m->servers[0]);
    m->servers[1].function = prose_function_new(&function_config, &server_host, &m->servers[1]);
    for (unsigned i = 0; i < scenario->discoveries->len; i++) {
        const ProseScenarioDiscovery *d = g_ptr_array_index(scenario->discoveries, i);
        const ProsePkmfDiscovery served = { .scope = d->scope, .meta = d->meta, .first_start_s = d->first_start_s,
                                            .cryptoperiod_s = d->cryptoperiod_s, .lead_s = d->lead_s };

        prose_pkmf_add_discovery(m->servers[0].pkmf, &served);
        prose_function_add_scope(m->servers[1].function, d->scope, pkmf->fqdn);
    }
}

static void
add_ue(BenchMemory *m, const ProseScenarioUe *spec)
{
    const ProseScenario *scenario = m->scenario;
    const ProseScenarioFunction *function = g_ptr_array_index(scenario->functions, 0);
    g_autofree ProseUeDiscovery *wanted = g_new0(ProseUeDiscovery, scenario->discoveries->len);
    g_autofree char *impi = g_strdup_printf("00101%010u@ims.mnc001.mcc001.3gppnetwork.org", spec->index + 1);
    ProseDrawStream octets = { .key = prose_rng_key(PROSE_RNG_GBA), .who = spec->index };
    uint8_t rand[16], ks[PROSE_KEY_LEN];
    Endpoint *ue = &m->ues[spec->index];
    ProseUeConfig config = {
        .name = spec->name, .function_fqdn = function->fqdn, .scrambling_supported = true,
        .ue_id = spec->index + 1, .utc_start_ns = scenario->utc_start_s * PROSE_NS_PER_S, .discoveries = wanted,
        .profile = &scenario->profile, .secrets = m->secrets, .key_schema = m->key_schema, .pc3_schema = m->pc3_schema,
    };

    prose_draw_octets(&octets, rand, sizeof rand);
    prose_draw_octets(&octets, ks, sizeof ks);
    config.gba = prose_bsf_bootstrap(m->bsf, impi, rand, ks, INT64_MAX);
    for (unsigned d = 0; d < scenario->discoveries->len; d++) {
        const ProseScenarioDiscovery *discovery = g_ptr_array_index(scenario->discoveries, d);

        wanted[config.n_discoveries++] = (ProseUeDiscovery) {
            .scope = discovery->scope, .roles = spec->roles[d], .overlap_s = UINT32_MAX, .lead_s = discovery->lead_s,
        };
        prose_pkmf_authorise(m->servers[0].pkmf, impi, discovery->scope, true, 0);
        prose_function_authorise(m->servers[1].function, impi, discovery->scope, true);
    }
    *ue = (Endpoint) { .memory = m, .address = 0x0A010002u + spec->index, .wake_ns = PROSE_NEVER, .attach_ns = PROSE_NEVER,
                       .octets = { .key = prose_rng_key(PROSE_RNG_UE), .who = spec->index } };
    ue->ue = prose_ue_new(&config, &ue_host, ue);
}

BenchMemory *
bench_memory_new(const ProseScenario *scenario, void (*event)(void *user, const ProseEvent *event), void *user)
{
    BenchMemory *m = g_new0(BenchMemory, 1);

    m->scenario = scenario;
    m->event = event;
    m->event_user = user;
    m->delay_ns = prose_ns_from_s(((const ProseScenarioPdn *) g_ptr_array_index(scenario->pdns, 0))->delay_s);
    m->secrets = prose_secret_pool_new();
    m->bsf = prose_bsf_new(m->secrets, "bsf.mnc001.mcc001.pub.3gppnetwork.org");
    m->key_schema = prose_key_schema_new();
    m->pc3_schema = prose_pc3_schema_new();
    m->service_key = prose_rng_key(PROSE_RNG_SERVICE_TIME);
    g_queue_init(&m->queue);
    m->ues = g_new0(Endpoint, scenario->ues->len);
    add_servers(m);
    for (unsigned i = 0; i < scenario->ues->len; i++)
        add_ue(m, g_ptr_array_index(scenario->ues, i));
    return m;
}

BenchMemory *
bench_memory_free(BenchMemory *m)
{
    for (unsigned i = 0; i < m->scenario->ues->len; i++)
        prose_ue_free(m->ues[i].ue);
    prose_pkmf_free(m->servers[0].pkmf);
    prose_function_free(m->servers[1].function);
    prose_key_schema_free(m->key_schema);
    prose_pc3_schema_free(m->pc3_schema);
    prose_bsf_free(m->bsf);
    prose_secret_pool_free(m->secrets);
    g_free(m->ues);
    g_free(m);
    return NULL;
}

/* ---- running ---- */

static void
deliver_to_server(BenchMemory *m, const Message *message)
{
    Conn *c = &m->conns[message->conn];
    Endpoint *s = message->kind == UDP_UP ? &m->servers[0] : c->server;

    if (message->kind == UDP_UP)
        prose_pkmf_udp_received(s->pkmf, m->ue->address, PROSE_PORT_MIKEY, message->octets, message->len, m->now_ns);
    else if (message->kind == ACCEPT && s->pkmf)
        prose_pkmf_tcp_accepted(s->pkmf, c->server_id, m->ue->address, m->now_ns);
    else if (message->kind == ACCEPT)
        prose_function_tcp_accepted(s->function, c->server_id, m->ue->address, m->now_ns);
    else if (message->kind == TCP_UP && s->pkmf)
        prose_pkmf_tcp_received(s->pkmf, c->server_id, message->octets, message->len, m->now_ns);
    else if (message->kind == TCP_UP)
        prose_function_tcp_received(s->function, c->server_id, message->octets, message->len, m->now_ns);
    else if (s->pkmf)
        prose_pkmf_tcp_closed(s->pkmf, c->server_id, m->now_ns);
    else
        prose_function_tcp_closed(s->function, c->server_id, m->now_ns);
}

static void
deliver(BenchMemory *m, Message *message)
{
    Conn *c = &m->conns[message->conn];
    Endpoint *ue = m->ue;

    switch (message->kind) {
    case ACCEPT:
        c->server_is_open = true;
        deliver_to_server(m, message);
        push(m, CONNECTED, message->conn, NULL, 0);
        break;
    case CONNECTED:
        prose_ue_tcp_connected(ue->ue, c->ue_id, m->now_ns);
        break;
    case TCP_DOWN:
        if (c->ue_is_open)
            prose_ue_tcp_received(ue->ue, c->ue_id, message->octets, message->len, m->now_ns);
        break;
    case CLOSE_DOWN:
        if (c->ue_is_open)
            prose_ue_tcp_closed(ue->ue, c->ue_id, m->now_ns);
        c->server = NULL;
        break;
    case UDP_DOWN:
        prose_ue_udp_received(ue->ue, m->servers[0].address, PROSE_PORT_MIKEY, message->octets, message->len, m->now_ns);
        break;
    case TCP_UP:
    case UDP_UP:
        deliver_to_server(m, message);
        break;
    case CLOSE_UP:
        if (c->server_is_open)
            deliver_to_server(m, message);
        c->server = NULL;
        break;
    default:
        g_assert_not_reached();
    }
    g_free(message->octets);
    g_free(message);
}

/* The next thing that is due by @until_ns. Returns: whether there was one. */
static bool
step(BenchMemory *m, uint64_t until_ns)
{
    const Message *head = g_queue_peek_head(&m->queue);
    Endpoint *ue = m->ue, *pkmf = &m->servers[0], *function = &m->servers[1];
    uint64_t next = head ? head->at_ns : PROSE_NEVER;

    next = MIN(MIN(next, ue->attach_ns), MIN(ue->wake_ns, MIN(pkmf->wake_ns, function->wake_ns)));
    if (next > until_ns)
        return false;
    m->now_ns = MAX(m->now_ns, next);
    if (head && head->at_ns == next) {
        deliver(m, g_queue_pop_head(&m->queue));
    } else if (ue->attach_ns == next) {
        ue->attach_ns = PROSE_NEVER;
        prose_ue_pdn_opened(ue->ue, ue->address, m->now_ns);
    } else if (ue->wake_ns == next) {
        ue->wake_ns = PROSE_NEVER;
        prose_ue_handle_expiry(ue->ue, m->now_ns);
    } else if (pkmf->wake_ns == next) {
        pkmf->wake_ns = PROSE_NEVER;
        prose_pkmf_handle_expiry(pkmf->pkmf, m->now_ns);
    } else {
        function->wake_ns = PROSE_NEVER;
        prose_function_handle_expiry(function->function, m->now_ns);
    }
    return true;
}

void
bench_memory_run(BenchMemory *m)
{
    for (unsigned i = 0; i < m->scenario->ues->len; i++) {
        const ProseScenarioUe *spec = g_ptr_array_index(m->scenario->ues, i);
        uint64_t start_ns = prose_ns_from_s(spec->power_on_s->a);
        bool is_last = i + 1 == m->scenario->ues->len;
        double end_s = is_last ? m->scenario->duration_s : ((const ProseScenarioUe *) g_ptr_array_index(m->scenario->ues, i + 1))->power_on_s->a;

        m->ue = &m->ues[i];
        m->now_ns = start_ns;
        prose_ue_start(m->ue->ue, start_ns);
        while (step(m, prose_ns_from_s(end_s) - 1))
            ;
        g_assert(g_queue_is_empty(&m->queue));
    }
}

void
bench_memory_octets(const BenchMemory *m, uint64_t *ret_tcp, uint64_t *ret_udp)
{
    *ret_tcp = m->tcp_octets;
    *ret_udp = m->udp_octets;
}
