/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scripted clients against one PKMF, or one ProSe Function, on a hand-turned clock: below the UE, so that a test can
 * lie. A client brings its own TLS session and says whatever octets the test gives it; its side of MIKEY is the UE's own
 * responder, unless the test answers by itself.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "prose-clock.h"
#include "prose-draw.h"
#include "prose-error.h"
#include "prose-function.h"
#include "prose-http.h"
#include "prose-mikey-responder.h"
#include "prose-pkmf.h"
#include "prose-test.h"
#include "prose-tls.h"

#define RIG_UTC_START 1780300800LL         /* 2026-06-01T08:00:00Z, at rig time zero */
#define RIG_FQDN "pkmf.east.example"
#define RIG_S UINT64_C(1000000000)
#define RIG_MS UINT64_C(1000000)
#define RIG_DELAY (10 * RIG_MS)            /* one way, of every packet */
#define RIG_M 32                           /* MAX_OFFSET */

typedef struct Rig Rig;
typedef struct Client Client;

/* A MIKEY message as it reached an address. */
typedef struct RigDelivery {
    uint64_t sent_ns;
    ProseAddress to;
    uint8_t *octets;
    size_t len;
} RigDelivery;

struct Rig {
    uint64_t now_ns, wake_ns;
    uint64_t service_ns[PROSE_PKMF_N_OPS]; /* 1 ms each, unless a test says otherwise */
    unsigned retry_after_s;                /* with a 503; 0 */
    uint64_t (*lead_delay)(const char *impi, int64_t period);  /* (nullable) */
    ProsePkmfConfig config;                /* may be changed before rig_start() */
    ProseProfile profile;
    ProseSecretPool *secrets;
    ProseBsf *bsf;
    ProseKeySchema *schema;
    ProsePc3Schema *pc3_schema;
    ProsePkmf *pkmf;                       /* one of these two is there */
    ProseFunction *function;
    ProseDrawStream random;
    GPtrArray *clients;                    /* (owned) */
    GPtrArray *deliveries;                 /* (owned) RigDelivery, of every UE */
    GQueue wire;
    GArray *events;                        /* of ProseEvent, their strings in @texts */
    GStringChunk *texts;
    ProseConn last_conn;
    /* Faults. Counted from 1 over all TCP segments, both ways; 0: none. */
    unsigned n_segments, cut_at, flip_at, fail_send_at;
    bool send_failed;
};

struct Client {
    Rig *rig;
    const ProseGbaSession *gba;
    ProseAddress address;
    /* Manners, changed by tests. */
    bool deaf;                             /* MIKEY does not reach it */
    bool refuses;                          /* wants no key: error 12 */
    bool lingers;                          /* does not close after the response */
    bool silent_close;                     /* closes TCP without close_notify */
    /* The connection. */
    ProseConn conn;                        /* 0: none */
    bool open;
    ProseTls *tls;                         /* (owned) (nullable) */
    ProseHttp *http;                       /* (owned) (nullable) */
    GByteArray *script;                    /* (owned): said once TLS is up, or at once without TLS */
    bool established;
    char *tls_cause;                       /* (owned) (nullable): why TLS ended, if not in order */
    bool was_closed;                       /* by the server */
    /* The last answer; status 0: none yet. */
    unsigned status, retry_after_s;
    unsigned n_answers;
    uint64_t answered_ns;                  /* when it left the server */
    int decoded;
    ProseKeyResponse response;             /* of a PKMF */
    ProsePc3Response pc3;                  /* of a ProSe Function */
    bool got_pmk;                          /* in that answer */
    /* MIKEY. */
    ProseMikeyResponder *mikey;
    ProseKeyStore *keys;
    ProseMikeyReceipt last;
    uint8_t pmk_id[PROSE_PMK_ID_LEN], pmk[PROSE_KEY_LEN];      /* for answers of the test's own making */
};

/* @workers 4, MAX_OFFSET RIG_M; change rig->config and rig->profile before rig_start(). */
Rig *rig_new(void);
void rig_start(Rig *rig);
/* A ProSe Function instead. */
void rig_start_function(Rig *rig);
/* Checks that no secret is left. */
Rig *rig_free(Rig *rig);
/* A discovery with scrambling, confidentiality and MIC, first period at rig time zero. */
void rig_add(Rig *rig, ProseKeyScope scope, uint32_t cryptoperiod_s, uint32_t lead_s);
/* The same with a policy of the test's choice, whose scope, periods and lead are these. */
void rig_add_of(Rig *rig, ProsePkmfDiscovery policy);
void rig_authorise(Rig *rig, const Client *client, ProseKeyScope scope, bool authorised);

void rig_run_until(Rig *rig, uint64_t at_ns);
void rig_run_for(Rig *rig, double seconds);
int64_t rig_utc(const Rig *rig);

/* With a bootstrapped identity and an address of its own. */
Client *rig_add_client(Rig *rig, const char *impi);
/* The PKMF's record. */
ProsePkmfUeView client_view(const Client *client);
bool client_is_known(const Client *client);

/* A KEY_REQUEST under construction: capabilities and algorithms are there, nothing is wanted yet. */
ProseKeyRequest request_new(uint8_t transaction_id);
void request_want(ProseKeyRequest *request, ProseKeyScope scope, uint8_t key_id);
void request_want_held(ProseKeyRequest *request, ProseKeyScope scope, const Client *client);
void request_stop(ProseKeyRequest *request, ProseKeyScope scope);

/* Connects and says @octets, in TLS with the client's own key. Drops what is left of an earlier connection. */
void client_say(Client *client, const void *octets, size_t len);
/* As client_say(), with a PSK identity and key of the test's choice (%NULL: its own). */
void client_say_as(Client *client, const char *psk_identity, const uint8_t *psk, const void *octets, size_t len);
/* Connects and says @octets without TLS. */
void client_say_plain(Client *client, const void *octets, size_t len);
/* More of the same, on a connection that is up. */
void client_say_more(Client *client, const void *octets, size_t len);
/* Connects and posts a document. */
void client_post(Client *client, const void *body, size_t len);
void client_ask(Client *client, const ProseKeyRequest *request);
/* client_ask(), then runs @seconds; the answer must be 200 and readable. */
const ProseKeyResponse *client_ask_and_run(Client *client, const ProseKeyRequest *request, double seconds);
/* Asks for @scopes, listing what the client holds, and runs @seconds. */
const ProseKeyResponse *client_want(Client *client, const ProseKeyScope *scopes, size_t n, double seconds);
/* Ends its connection, in order or by vanishing. */
void client_close(Client *client);
void client_vanish(Client *client);
/* The client's UE judges @delivery, whenever it was sent; its answer goes to client->last and nowhere else. */
void client_judge(Client *client, const RigDelivery *delivery);
/* UDP from the client to the PKMF. */
void client_udp(Client *client, const uint8_t *octets, size_t len);

/* The answer to @scope. */
const ProseKeyAnswer *client_answer(const Client *client, ProseKeyScope scope);
size_t client_n_keys(const Client *client, ProseKeyScope scope);
const ProseStoredKey *client_key(const Client *client, ProseKeyScope scope, size_t n);

/* ---- what happened; %NULL matches everything ---- */
unsigned rig_count(const Rig *rig, ProseEventType type, const char *cause, const Client *client);
/* The @nth (from 0; -1: the last). (nullable) */
const ProseEvent *rig_event(const Rig *rig, ProseEventType type, const char *cause, const Client *client, int nth);
void rig_forget(Rig *rig);

#endif
