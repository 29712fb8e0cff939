/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-ue-internal.h"

#include "prose-error.h"

typedef enum AskEvent { ASK_WANTED, ASK_DUE, ASK_CONNECTED, ASK_RECEIVED, ASK_CLOSED, ASK_PDN_LOST } AskEvent;

#define BIT PROSE_UE_BIT
#define IDLE PROSE_UE_ASK_IDLE
#define WAITING PROSE_UE_ASK_WAITING
#define CONNECTING PROSE_UE_ASK_CONNECTING
#define ASKING PROSE_UE_ASK_ASKING

#define BUSY (BIT(ASK_WANTED) | BIT(ASK_DUE) | BIT(ASK_PDN_LOST) | BIT(ASK_CLOSED))

static const ProseUeState states[] = {
    /*               name          events let in                                        may go to */
    [IDLE]       = { "idle",       BIT(ASK_WANTED),                                     BIT(WAITING) },
    [WAITING]    = { "waiting",    BIT(ASK_WANTED) | BIT(ASK_DUE) | BIT(ASK_PDN_LOST),  BIT(CONNECTING) | BIT(IDLE) },
    [CONNECTING] = { "connecting", BUSY | BIT(ASK_CONNECTED),                           BIT(ASKING) | BIT(WAITING) | BIT(IDLE) },
    [ASKING]     = { "asking",     BUSY | BIT(ASK_RECEIVED),                            BIT(WAITING) | BIT(IDLE) },
};

bool
prose_ue_ask_is_busy(const ProseUeAsk *ask)
{
    return ask->state == CONNECTING || ask->state == ASKING;
}

void
prose_ue_ask_want_at(ProseUeAsk *ask, const char *cause, uint64_t at_ns)
{
    /* Without a PDN connection nothing is asked; with the next one everything is. */
    if (!prose_ue_pdn_is_up(ask->ue) || !prose_ue_lets_in(states, ask->state, ASK_WANTED))
        return;
    if (prose_ue_ask_is_busy(ask)) {
        if (!ask->again || at_ns < ask->again_ns) {
            ask->again = cause;
            ask->again_ns = at_ns;
        }
    } else if (ask->state == IDLE) {
        prose_ue_go(states, &ask->state, WAITING);
        ask->cause = cause;
        ask->at_ns = at_ns;
    } else if (ask->failures == 0 && at_ns < ask->at_ns) {
        ask->cause = cause;
        ask->at_ns = at_ns;
    }
}

void
prose_ue_ask_want(ProseUeAsk *ask, const char *cause)
{
    prose_ue_ask_want_at(ask, cause, ask->ue->now_ns);
}

/* PKMFs wait for the first try of PC3: what it tells belongs into the same Key Request. */
static bool
waits_for_pc3(const ProseUeAsk *ask)
{
    const ProseUeAsk *pc3 = &ask->ue->net->pc3;

    return ask != pc3 && pc3->failures == 0 && (prose_ue_ask_is_busy(pc3) || pc3->state == WAITING);
}

uint64_t
prose_ue_ask_next(const ProseUeAsk *ask)
{
    if (ask->state == IDLE || (ask->state == WAITING && waits_for_pc3(ask)))
        return PROSE_NEVER;
    return ask->at_ns;
}

void
prose_ue_ask_emit(const ProseUeAsk *ask, ProseEventType type, const char *cause, double value)
{
    ProseEvent event = prose_ue_event(ask->ue, type, cause);

    event.peer = ask->fqdn;
    event.has_value = value >= 0;
    event.value = event.has_value ? value : 0;
    prose_ue_emit(ask->ue, &event);
}

/* ---- the end of an attempt ---- */

static void
drop_exchange(ProseUeAsk *ask)
{
    ask->exchange = prose_exchange_free(ask->exchange);
}

static void
wait_after_failure(ProseUeAsk *ask)
{
    prose_ue_go(states, &ask->state, WAITING);
    ask->failures++;
    /* Rules R2: the server's own wish replaces the back-off. */
    ask->at_ns = ask->ue->now_ns
                 + (ask->retry_after_s ? ask->retry_after_s * (uint64_t) PROSE_NS_PER_S : prose_ue_back_off_ns(ask->ue, ask->failures));
    ask->cause = "retry";
    ask->again = NULL;
}

static void
finish(ProseUeAsk *ask)
{
    ProseUe *ue = ask->ue;

    if (ask->state == ASKING && !ask->conn_is_gone)
        prose_exchange_close(ask->exchange, prose_ue_utc_s(ue));
    if (!ask->conn_is_gone)
        ue->host->tcp_close(ue->host_user, ask->conn);
    drop_exchange(ask);

    if (ask->is_taken) {
        const char *again = ask->again;

        prose_ue_go(states, &ask->state, IDLE);
        ask->failures = 0;
        ask->again = NULL;
        if (again)
            prose_ue_ask_want_at(ask, again, ask->again_ns);
        return;
    }
    wait_after_failure(ask);
    if (ask->why_ignored)
        ask->kind->ignored(ask, ask->why_ignored);
    else
        ask->kind->failed(ask, ask->why_failed);
}

static void
fail(ProseUeAsk *ask, const char *cause)
{
    ask->is_over = true;
    ask->why_failed = cause;
    finish(ask);
}

/* ---- what the exchange reports; nothing is freed before it has returned ---- */

static void
send_cb(void *user, const uint8_t *octets, size_t len)
{
    ProseUeAsk *ask = user;

    ask->ue->host->tcp_send(ask->ue->host_user, ask->conn, octets, len);
}

static void
established_cb(void *user, const char *psk_identity)
{
    prose_ue_ask_emit(user, PROSE_EVENT_TLS_ESTABLISHED, NULL, -1);
}

static void
message_cb(void *user, const ProseHttp *http)
{
    ProseUeAsk *ask = user;
    unsigned status = prose_http_status(http);
    size_t len;
    const uint8_t *body = prose_http_body(http, &len);

    ask->is_over = true;
    if (status != 200) {
        ask->why_failed = "http";
        ask->retry_after_s = prose_http_retry_after(http);
        prose_ue_ask_emit(ask, PROSE_EVENT_HTTP_REFUSED, NULL, status);
        return;
    }
    ask->why_ignored = ask->kind->handle(ask, body, len);
    ask->is_taken = !ask->why_ignored;
}

static void
ended_cb(void *user, const char *layer, const char *cause, int http_error)
{
    ProseUeAsk *ask = user;

    if (ask->is_over)
        return;
    ask->is_over = true;
    ask->why_failed = layer;
    if (g_str_equal(layer, "tls"))
        prose_ue_ask_emit(ask, PROSE_EVENT_TLS_FAILED, cause, -1);
    else if (g_str_equal(layer, "http"))
        prose_ue_ask_emit(ask, PROSE_EVENT_HTTP_REFUSED, cause, -1);
}

static void
key_log_cb(void *user, const char *line)
{
    ProseUeAsk *ask = user;

    ask->ue->host->key_log(ask->ue->host_user, line);
}

/* ---- an attempt ---- */

static ProseExchange *
new_exchange(ProseUeAsk *ask, const uint8_t *body, size_t len)
{
    const ProseExchangeCallbacks callbacks = {
        .send = send_cb, .established = established_cb, .message = message_cb, .ended = ended_cb,
        .key_log = ask->ue->host->key_log ? key_log_cb : NULL,
    };
    g_autofree char *identity = prose_gba_psk_identity(ask->ue->gba->b_tid);
    ProseExchange *exchange = NULL;
    uint8_t psk[PROSE_KEY_LEN];

    /* TS 33.222 5.3: each server name has its own Ks_NAF. */
    if (prose_gba_ks_naf(psk, ask->ue->gba, ask->fqdn) == PROSE_OK)
        exchange = prose_exchange_new_client(ask->fqdn, identity, psk, body, len, ask->ue->cleartext, &callbacks, ask);
    prose_wipe(psk, sizeof psk);
    return exchange;
}

static void
begin(ProseUeAsk *ask)
{
    ProseUe *ue = ask->ue;
    g_autofree uint8_t *body = g_malloc(PROSE_KEY_MESSAGE_MAX);
    ptrdiff_t len;

    ask->transaction_id = ue->net->next_transaction_id++;
    len = ask->kind->build(ask, body, PROSE_KEY_MESSAGE_MAX);
    if (len < 0) {
        prose_ue_go(states, &ask->state, IDLE);
        ask->failures = 0;
        return;
    }
    prose_ue_go(states, &ask->state, CONNECTING);
    ask->at_ns = ue->now_ns + ue->request_timeout_ns;
    ask->is_over = ask->is_taken = ask->conn_is_gone = false;
    ask->why_ignored = ask->why_failed = NULL;
    ask->retry_after_s = 0;
    ask->conn = ue->net->next_conn;
    ue->net->next_conn += 2;
    ask->kind->sent(ask);

    ask->exchange = new_exchange(ask, body, (size_t) len);
    if (!ask->exchange || ue->host->tcp_connect(ue->host_user, ask->conn, ask->fqdn, PROSE_PORT_HTTPS) < 0) {
        ask->conn_is_gone = true;
        fail(ask, "no-address");
    }
}

void
prose_ue_ask_handle_expiry(ProseUeAsk *ask)
{
    if (prose_ue_ask_next(ask) > ask->ue->now_ns || !prose_ue_lets_in(states, ask->state, ASK_DUE))
        return;
    if (ask->state == WAITING)
        begin(ask);
    else
        fail(ask, "timeout");
}

void
prose_ue_ask_connected(ProseUeAsk *ask)
{
    if (!prose_ue_lets_in(states, ask->state, ASK_CONNECTED))
        return;
    prose_ue_go(states, &ask->state, ASKING);
    prose_exchange_start(ask->exchange, prose_ue_utc_s(ask->ue));
    if (ask->is_over)
        finish(ask);
}

void
prose_ue_ask_received(ProseUeAsk *ask, const uint8_t *octets, size_t len)
{
    if (!prose_ue_lets_in(states, ask->state, ASK_RECEIVED))
        return;
    prose_exchange_receive(ask->exchange, octets, len, prose_ue_utc_s(ask->ue));
    if (ask->is_over)
        finish(ask);
}

void
prose_ue_ask_closed(ProseUeAsk *ask)
{
    if (!prose_ue_lets_in(states, ask->state, ASK_CLOSED))
        return;
    ask->conn_is_gone = true;
    if (ask->state == ASKING)
        prose_exchange_eof(ask->exchange);
    if (ask->is_over)
        finish(ask);
    else
        fail(ask, "closed");
}

void
prose_ue_ask_pdn_lost(ProseUeAsk *ask)
{
    bool was_busy = prose_ue_ask_is_busy(ask);

    if (!prose_ue_lets_in(states, ask->state, ASK_PDN_LOST))
        return;
    drop_exchange(ask);
    prose_ue_go(states, &ask->state, IDLE);
    ask->again = NULL;
    if (was_busy) {
        ask->failures++;
        ask->kind->failed(ask, "closed");
    }
    ask->failures = 0;                     /* the next PDN connection begins anew */
}

void
prose_ue_ask_clear(ProseUeAsk *ask)
{
    drop_exchange(ask);
}

const char *
prose_ue_decode_cause(int error)
{
    switch (error) {
    case PROSE_ERR_LIMIT: return "limit";
    case PROSE_ERR_SCHEMA: return "schema";
    case PROSE_ERR_DUPLICATE: return "duplicate";
    case PROSE_ERR_INVALID: return "invalid";
    default: return "malformed";
    }
}
