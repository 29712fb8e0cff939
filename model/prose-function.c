/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-function.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-server.h"

#include <string.h>

typedef struct Served {
    ProseKeyScope scope;
    char pkmf_fqdn[PROSE_FQDN_MAX + 1];
} Served;

struct ProseFunction {
    char *name, *fqdn;
    const ProsePc3Schema *schema;
    ProseHost host;
    void *user;
    ProseTimers timers;
    uint64_t asked_ns;                     /* what the host was asked to wake us at */
    ProseServer *server;
    GArray *served;                        /* of Served, ascending by scope */
    GHashTable *authorised;                /* (owned) IMPI -> (owned) GArray of ProseKeyScope; never walked */
};

/* One connection. */
typedef struct Call {
    ProseFunction *function;
    ProseServerConn *conn;
    ProsePc3Request *request;              /* (owned) (nullable) */
    int error;                             /* of decoding it */
    ProseTimer done;
} Call;

static const Served *
find_served(const ProseFunction *f, ProseKeyScope scope, guint *ret_place)
{
    guint low = 0, high = f->served->len;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (prose_key_scope_compare(g_array_index(f->served, Served, middle).scope, scope) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_place = low;
    if (low == f->served->len || !prose_key_scope_equal(g_array_index(f->served, Served, low).scope, scope))
        return NULL;
    return &g_array_index(f->served, Served, low);
}

/* Returns: the place of @scope in what @impi is authorised for, or -1. */
static int
authorised_place(const ProseFunction *f, const char *impi, ProseKeyScope scope)
{
    const GArray *scopes = impi ? g_hash_table_lookup(f->authorised, impi) : NULL;

    for (guint i = 0; scopes && i < scopes->len; i++) {
        if (prose_key_scope_equal(g_array_index(scopes, ProseKeyScope, i), scope))
            return (int) i;
    }
    return -1;
}

static void
response_init(ProsePc3Response *ret, const ProseFunction *f, const ProsePc3Request *request, const char *impi)
{
    ret->transaction_id = request->transaction_id;
    ret->n_entries = request->n_scopes;
    for (size_t i = 0; i < request->n_scopes; i++) {
        ProsePc3Entry *entry = &ret->entries[i];
        guint place;
        const Served *served = find_served(f, request->scopes[i], &place);

        entry->scope = request->scopes[i];
        entry->known = served && authorised_place(f, impi, entry->scope) >= 0;
        if (entry->known)
            g_strlcpy(entry->pkmf_fqdn, served->pkmf_fqdn, sizeof entry->pkmf_fqdn);
        else
            entry->status = served ? PROSE_STATUS_NOT_AUTHORISED : PROSE_STATUS_UNKNOWN;
    }
}

/* The request's service time is over. */
static void
answer_cb(void *user, uint64_t now_ns)
{
    Call *call = user;
    ProseFunction *f = call->function;
    g_autofree ProsePc3Response *response = NULL;
    g_autofree uint8_t *body = NULL;
    ptrdiff_t len;

    if (call->error < 0) {
        prose_server_respond(f->server, call->conn, call->error == PROSE_ERR_LIMIT ? 413 : 400, 0, NULL, 0, now_ns);
        return;
    }
    response = g_new0(ProsePc3Response, 1);
    body = g_malloc(PROSE_KEY_MESSAGE_MAX);
    response_init(response, f, call->request, prose_server_conn_impi(call->conn));
    len = prose_pc3_response_encode(body, PROSE_KEY_MESSAGE_MAX, response);
    g_assert(len >= 0);                    /* 128 names of 253 octets fit */
    prose_server_respond(f->server, call->conn, 200, 0, body, (size_t) len, now_ns);
}

static void
arrived_cb(void *user, ProseServerConn *conn, uint64_t now_ns)
{
    ProseFunction *f = user;
    Call *call = g_new0(Call, 1);

    call->function = f;
    call->conn = conn;
    call->done = (ProseTimer) { .fire = answer_cb, .user = call };
    prose_server_conn_set_data(conn, call);
    prose_server_proceed(f->server, conn, now_ns);
}

static void
request_cb(void *user, ProseServerConn *conn, const uint8_t *body, size_t len, uint64_t now_ns)
{
    ProseFunction *f = user;
    Call *call = prose_server_conn_data(conn);

    call->request = g_new0(ProsePc3Request, 1);
    call->error = prose_pc3_request_decode(call->request, f->schema, body, len);
    prose_timers_arm(&f->timers, &call->done, now_ns + f->host.service_time(f->user, PROSE_FUNCTION_OP_REQUEST));
}

static void
left_cb(void *user, ProseServerConn *conn, uint64_t now_ns)
{
    ProseFunction *f = user;
    Call *call = prose_server_conn_data(conn);

    if (!call)
        return;
    prose_server_conn_set_data(conn, NULL);
    prose_timers_disarm(&f->timers, &call->done);
    g_free(call->request);
    g_free(call);
}

ProseFunction *
prose_function_new(const ProseFunctionConfig *config, const ProseHost *host, void *user)
{
    static const ProseServerCallbacks server_callbacks = {
        .arrived = arrived_cb, .request = request_cb, .left = left_cb,
    };
    ProseFunction *f = g_new0(ProseFunction, 1);

    f->name = g_strdup(config->name);
    f->fqdn = g_strdup(config->fqdn);
    f->schema = config->schema;
    f->host = *host;
    f->user = user;
    f->asked_ns = PROSE_NEVER;
    prose_timers_init(&f->timers);
    f->served = g_array_new(FALSE, FALSE, sizeof(Served));
    f->authorised = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
    f->server = prose_server_new(&(ProseServerConfig) {
        .name = f->name, .fqdn = f->fqdn, .utc_start_ns = config->utc_start_ns, .bsf = config->bsf,
        .host = &f->host, .host_user = user, .timers = &f->timers, .cleartext = config->cleartext,
    }, &server_callbacks, f);
    return f;
}

ProseFunction *
prose_function_free(ProseFunction *f)
{
    if (!f)
        return NULL;
    prose_server_free(f->server);
    prose_timers_clear(&f->timers);
    g_hash_table_unref(f->authorised);
    g_array_unref(f->served);
    g_free(f->name);
    g_free(f->fqdn);
    g_free(f);
    return NULL;
}

void
prose_function_add_scope(ProseFunction *f, ProseKeyScope scope, const char *pkmf_fqdn)
{
    Served served = { .scope = scope };
    guint place;
    const Served *already = find_served(f, scope, &place);

    g_assert(!already && strlen(pkmf_fqdn) <= PROSE_FQDN_MAX);
    g_strlcpy(served.pkmf_fqdn, pkmf_fqdn, sizeof served.pkmf_fqdn);
    g_array_insert_val(f->served, place, served);
}

void
prose_function_authorise(ProseFunction *f, const char *impi, ProseKeyScope scope, bool authorised)
{
    GArray *scopes = g_hash_table_lookup(f->authorised, impi);
    int place = authorised_place(f, impi, scope);

    if (!scopes) {
        scopes = g_array_new(FALSE, FALSE, sizeof(ProseKeyScope));
        g_hash_table_insert(f->authorised, g_strdup(impi), scopes);
    }
    if (authorised && place < 0)
        g_array_append_val(scopes, scope);
    else if (!authorised && place >= 0)
        g_array_remove_index_fast(scopes, (guint) place);
}

/* The last thing of every function that the host calls. */
static void
rearm(ProseFunction *f)
{
    uint64_t next = prose_function_next_expiry(f);

    if (next == f->asked_ns)
        return;
    f->asked_ns = next;
    f->host.wake_at(f->user, next);
}

void
prose_function_set_down(ProseFunction *f, bool down, uint64_t now_ns)
{
    prose_server_set_down(f->server, down, now_ns);
    rearm(f);
}

void
prose_function_tcp_accepted(ProseFunction *f, ProseConn conn, ProseAddress from, uint64_t now_ns)
{
    prose_server_tcp_accepted(f->server, conn, from, now_ns);
    rearm(f);
}

void
prose_function_tcp_received(ProseFunction *f, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns)
{
    prose_server_tcp_received(f->server, conn, octets, len, now_ns);
    rearm(f);
}

void
prose_function_tcp_closed(ProseFunction *f, ProseConn conn, uint64_t now_ns)
{
    prose_server_tcp_closed(f->server, conn, now_ns);
    rearm(f);
}

uint64_t
prose_function_next_expiry(const ProseFunction *f)
{
    return prose_timers_next(&f->timers);
}

void
prose_function_handle_expiry(ProseFunction *f, uint64_t now_ns)
{
    prose_timers_fire(&f->timers, now_ns);
    f->asked_ns = 0;                       /* the host has used up what it was asked */
    rearm(f);
}

size_t
prose_function_exchanges(const ProseFunction *f)
{
    return prose_server_exchanges(f->server);
}
