/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench.h"

#include <string.h>

/* ---- what takes part ---- */

Bench *
bench_new(void)
{
    Bench *b = g_new0(Bench, 1);

    b->delay_ns = 20 * BENCH_MS;
    prose_profile_init(&b->profile);
    b->secrets = prose_secret_pool_new();
    b->bsf = prose_bsf_new(b->secrets, "bsf.operator.example");
    b->key_schema = prose_key_schema_new();
    b->pc3_schema = prose_pc3_schema_new();
    ck_assert(b->secrets && b->key_schema && b->pc3_schema);
    b->ues = g_ptr_array_new();
    b->servers = g_ptr_array_new();
    b->conns = g_ptr_array_new_with_free_func(g_free);
    b->events = g_ptr_array_new_with_free_func(g_free);
    b->texts = g_string_chunk_new(1024);
    g_queue_init(&b->queue);
    return b;
}

Bench *
bench_free(Bench *b)
{
    if (!b)
        return NULL;
    b->closing = true;
    for (guint i = 0; i < b->ues->len; i++) {
        BenchUe *u = b->ues->pdata[i];

        prose_ue_free(u->ue);
        g_free(u->name);
        g_free(u);
    }
    for (guint i = 0; i < b->servers->len; i++) {
        BenchServer *s = b->servers->pdata[i];

        if (s->free)
            s->free(s->self);
        g_free(s->name);
        g_free(s->fqdn);
        g_free(s);
    }
    bench_net_clear(b);
    g_ptr_array_unref(b->ues);
    g_ptr_array_unref(b->servers);
    g_ptr_array_unref(b->conns);
    g_ptr_array_unref(b->events);
    g_string_chunk_free(b->texts);
    prose_key_schema_free(b->key_schema);
    prose_pc3_schema_free(b->pc3_schema);
    prose_bsf_free(b->bsf);
    prose_secret_pool_free(b->secrets);    /* asserts that every secret has gone back */
    g_free(b);
    return NULL;
}

void
bench_ue_config(Bench *b, ProseUeConfig *ret, const char *name, const ProseUeDiscovery *discoveries, size_t n)
{
    g_autofree char *impi = g_strdup_printf("%s@ims.operator.example", name);
    ProseDrawStream draws = { { { 33303, 220 } }, 1000000 + b->ues->len, 0 };
    uint8_t rand[16], ks[PROSE_KEY_LEN];

    prose_draw_octets(&draws, rand, sizeof rand);
    prose_draw_octets(&draws, ks, sizeof ks);
    *ret = (ProseUeConfig) {
        .name = name,
        .gba = prose_bsf_bootstrap(b->bsf, impi, rand, ks, BENCH_UTC_START + 365 * 86400LL),
        .function_fqdn = BENCH_FUNCTION_FQDN,
        .scrambling_supported = true,
        .algorithms = PROSE_ALGORITHM_EEA2,
        .user_info = { 0, 1, 1, 0, 0, (uint8_t) (b->ues->len + 1) },
        .ue_id = 0x100000 + b->ues->len,
        .utc_start_ns = BENCH_UTC_START * PROSE_NS_PER_S,
        .discoveries = discoveries,
        .n_discoveries = n,
        .profile = &b->profile,
        .secrets = b->secrets,
        .key_schema = b->key_schema,
        .pc3_schema = b->pc3_schema,
        .cleartext = b->cleartext,
    };
}

BenchUe *
bench_add_ue_of(Bench *b, const ProseUeConfig *config)
{
    BenchUe *u = g_new0(BenchUe, 1);
    ProseUeConfig named = *config;

    u->bench = b;
    u->index = b->ues->len;
    named.name = u->name = g_strdup(config->name);
    u->gba = config->gba;
    u->pdn_available = true;
    u->random = (ProseDrawStream) { { { 33303, 6642 } }, u->index, 0 };
    u->wake_at = PROSE_NEVER;
    g_ptr_array_add(b->ues, u);
    u->ue = prose_ue_new(&named, &bench_ue_host, u);
    ck_assert_ptr_nonnull(u->ue);
    return u;
}

BenchUe *
bench_add_ue(Bench *b, const char *name, const ProseUeDiscovery *discoveries, size_t n)
{
    ProseUeConfig config;

    bench_ue_config(b, &config, name, discoveries, n);
    return bench_add_ue_of(b, &config);
}

BenchServer *
bench_add_server(Bench *b, const char *name, const char *fqdn)
{
    BenchServer *s = g_new0(BenchServer, 1);

    s->bench = b;
    s->index = b->servers->len;
    s->name = g_strdup(name);
    s->fqdn = g_strdup(fqdn);
    s->address = 0x0A000001 + s->index;
    s->random = (ProseDrawStream) { { { 33303, 6643 } }, s->index, 0 };
    s->wake_at = PROSE_NEVER;
    for (int op = 0; op < PROSE_PKMF_N_OPS; op++)
        s->service_ns[op] = BENCH_MS;
    g_ptr_array_add(b->servers, s);
    return s;
}

static void
pkmf_accepted(void *self, ProseConn conn, ProseAddress from, uint64_t now_ns)
{
    prose_pkmf_tcp_accepted(self, conn, from, now_ns);
}

static void
pkmf_received(void *self, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    prose_pkmf_tcp_received(self, conn, octets, len, now_ns);
}

static void
pkmf_closed(void *self, ProseConn conn, uint64_t now_ns)
{
    prose_pkmf_tcp_closed(self, conn, now_ns);
}

static void
pkmf_udp(void *self, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    prose_pkmf_udp_received(self, from, port, octets, len, now_ns);
}

static void
pkmf_expiry(void *self, uint64_t now_ns)
{
    prose_pkmf_handle_expiry(self, now_ns);
}

static void
pkmf_free(void *self)
{
    prose_pkmf_free(self);
}

BenchServer *
bench_add_pkmf(Bench *b, const char *name, const char *fqdn, uint32_t max_offset_s)
{
    BenchServer *s = bench_add_server(b, name, fqdn);
    const ProsePkmfConfig config = {
        .name = s->name, .fqdn = s->fqdn, .max_offset_s = max_offset_s, .workers = 4, .issue_pmk_every_ns = 86400 * BENCH_S,
        .utc_start_ns = BENCH_UTC_START * PROSE_NS_PER_S, .profile = &b->profile, .secrets = b->secrets, .bsf = b->bsf,
        .schema = b->key_schema, .cleartext = b->cleartext,
    };

    s->accepted = pkmf_accepted;
    s->received = pkmf_received;
    s->closed = pkmf_closed;
    s->udp = pkmf_udp;
    s->expiry = pkmf_expiry;
    s->free = pkmf_free;
    s->self = prose_pkmf_new(&config, &bench_server_host, s);
    ck_assert_ptr_nonnull(s->self);
    return s;
}

static void
function_accepted(void *self, ProseConn conn, ProseAddress from, uint64_t now_ns)
{
    prose_function_tcp_accepted(self, conn, from, now_ns);
}

static void
function_received(void *self, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    prose_function_tcp_received(self, conn, octets, len, now_ns);
}

static void
function_closed(void *self, ProseConn conn, uint64_t now_ns)
{
    prose_function_tcp_closed(self, conn, now_ns);
}

static void
function_expiry(void *self, uint64_t now_ns)
{
    prose_function_handle_expiry(self, now_ns);
}

static void
function_free(void *self)
{
    prose_function_free(self);
}

BenchServer *
bench_add_function(Bench *b)
{
    BenchServer *s = bench_add_server(b, "prose-function operator", BENCH_FUNCTION_FQDN);
    const ProseFunctionConfig config = {
        .name = s->name, .fqdn = s->fqdn, .utc_start_ns = BENCH_UTC_START * PROSE_NS_PER_S, .bsf = b->bsf, .schema = b->pc3_schema,
        .cleartext = b->cleartext,
    };

    s->accepted = function_accepted;
    s->received = function_received;
    s->closed = function_closed;
    s->expiry = function_expiry;
    s->free = function_free;
    s->self = prose_function_new(&config, &bench_server_host, s);
    ck_assert_ptr_nonnull(s->self);
    return s;
}

/* ---- what a test does ---- */

int64_t
bench_utc(const Bench *b)
{
    return BENCH_UTC_START + (int64_t) (b->now_ns / BENCH_S);
}

void
bench_start(BenchUe *ue)
{
    prose_ue_start(ue->ue, ue->bench->now_ns);
}

void
bench_inject_udp(BenchServer *s, BenchUe *ue, const uint8_t *octets, size_t len)
{
    prose_ue_udp_received(ue->ue, s->address, PROSE_PORT_MIKEY, octets, len, s->bench->now_ns);
}

ProseSlot
bench_slot(const Bench *b, double error_s)
{
    int64_t utc_ns = BENCH_UTC_START * PROSE_NS_PER_S + (int64_t) b->now_ns + (int64_t) (error_s * 1e9);

    return (ProseSlot) { b->now_ns, true, prose_counter_from_utc(utc_ns), "sib16" };
}

/* ---- what happened ---- */

void
bench_record(Bench *b, const ProseEvent *event)
{
    ProseEvent copy = *event;

    ck_assert_ptr_nonnull(event->entity);
    ck_assert(b->closing || event->time_ns == b->now_ns);
    copy.entity = g_string_chunk_insert_const(b->texts, event->entity);
    copy.cause = event->cause ? g_string_chunk_insert_const(b->texts, event->cause) : NULL;
    copy.peer = event->peer ? g_string_chunk_insert_const(b->texts, event->peer) : NULL;
    copy.time_source = event->time_source ? g_string_chunk_insert_const(b->texts, event->time_source) : NULL;
    g_ptr_array_add(b->events, g_memdup2(&copy, sizeof copy));
}

static bool
matches(const ProseEvent *e, const char *entity, ProseEventType type, const char *cause)
{
    return e->type == type && (!entity || g_str_equal(e->entity, entity)) && (!cause || g_strcmp0(e->cause, cause) == 0);
}

unsigned
bench_count(const Bench *b, const char *entity, ProseEventType type, const char *cause)
{
    unsigned n = 0;

    for (guint i = 0; i < b->events->len; i++)
        n += matches(b->events->pdata[i], entity, type, cause);
    return n;
}

const ProseEvent *
bench_event(const Bench *b, const char *entity, ProseEventType type, const char *cause, int nth)
{
    int at = nth < 0 ? (int) bench_count(b, entity, type, cause) + nth : nth;

    for (guint i = 0; i < b->events->len; i++) {
        const ProseEvent *e = b->events->pdata[i];

        if (matches(e, entity, type, cause) && at-- == 0)
            return e;
    }
    return NULL;
}

char *
bench_print_events(const Bench *b)
{
    GString *text = g_string_new("\n");

    for (guint i = 0; i < b->events->len; i++) {
        const ProseEvent *e = b->events->pdata[i];
        char scope[PROSE_KEY_SCOPE_TEXT_MAX] = "";

        if (e->has_scope)
            prose_key_scope_print(scope, e->scope);
        g_string_append_printf(text, "%14.6f %s %s cause=%s %s id=%u [%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ")"
                               " peer=%s offset=%g value=%g\n",
                               (double) e->time_ns / 1e9, e->entity, prose_event_name(e->type), e->cause ? e->cause : "-", scope,
                               e->key_id, e->valid_from, e->valid_to, e->peer ? e->peer : "-",
                               e->has_offset ? e->clock_offset_s : 0, e->has_value ? e->value : 0);
    }
    return g_string_free(text, FALSE);
}

void
bench_forget_events(Bench *b)
{
    g_ptr_array_set_size(b->events, 0);
}
