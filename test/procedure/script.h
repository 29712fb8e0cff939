/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server on the bench that does as a test tells it: a PKMF below the real one, so that a test sees each Key Request as
 * it was sent, and can answer with what no honest PKMF would. Its TLS, HTTP and MIKEY are real.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "bench.h"

#include "prose-server.h"

#define SCRIPT_ANSWER_MAX PROSE_KEY_MESSAGE_MAX

typedef struct Script Script;

struct Script {
    BenchServer *at;
    ProseServer *server;
    ProseTimers timers;
    ProseTimer answer_timer;
    ProseServerConn *asking;               /* (nullable): whose request waits for its answer */
    uint8_t *body;                         /* (owned) (nullable): that request */
    size_t body_len;
    /* What it heard. */
    GArray *requests;                      /* of ProseKeyRequest, each decoded against the schema */
    GArray *request_times;                 /* of uint64_t */
    unsigned n_documents;                  /* whatever they were */
    ProseAddress last_address;
    unsigned n_answers;                    /* MIKEY answers */
    ProseMikeyMessage last_answer;         /* views of last_answer_octets */
    uint8_t last_answer_octets[PROSE_MIKEY_MAX];
    size_t last_answer_len;
    ProseAddress last_answer_from;
    /* What it says. */
    bool silent;                           /* takes requests and answers nothing */
    unsigned status, retry_after_s;        /* HTTP; 200 */
    double clock_error_s;                  /* CURRENT_TIME less the truth */
    uint32_t max_offset_s;
    ProseSecurityMetadata meta;
    unsigned refusal;                      /* status code for all that is wanted; 0: supply it */
    bool sends_pmk;
    uint8_t pmk_id[PROSE_PMK_ID_LEN], pmk[PROSE_KEY_LEN];
    /* (nullable): changes a response before it is encoded */
    void (*tweak)(void *user, const ProseKeyRequest *request, ProseKeyResponse *response);
    /* (nullable): answers in its stead, with octets. Returns: how many */
    size_t (*answer)(void *user, const uint8_t *body, size_t len, uint8_t ret[SCRIPT_ANSWER_MAX]);
    void *user;
    /* MIKEY. */
    uint64_t last_t;
    uint32_t last_csb_id;
};

/* A scripted PKMF: supplies everything with scrambling, confidentiality and MIC, MAX_OFFSET 32, a PMK each time, and the
 * true time; answers stops with 5. The bench frees it. */
Script *script_new(Bench *b, const char *name, const char *fqdn);
/* It answers to @fqdn, but makes its tunnels with the Ks_NAF of @key_fqdn. */
Script *script_new_impostor(Bench *b, const char *name, const char *fqdn, const char *key_fqdn);
/* The document it would answer @request with. Returns: octets. */
size_t script_supply(Script *s, const ProseKeyRequest *request, uint8_t ret[SCRIPT_ANSWER_MAX]);

/* The @nth Key Request (from 0; -1: the last). */
const ProseKeyRequest *script_request(const Script *s, int nth);
/* What it says of @scope; (nullable). */
const ProseKeyWant *script_want(const ProseKeyRequest *request, ProseKeyScope scope);
bool script_stops(const ProseKeyRequest *request, ProseKeyScope scope);

/* A key of its own for each ID. */
void script_key(uint8_t ret[PROSE_KEY_LEN], ProseKeyScope scope, uint8_t key_id);
/* A delivery as the script would send it now, to be changed; T rises. */
ProseMikeyDelivery script_delivery(Script *s, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to);
/* Encodes under the script's PMK and sends it to the address the last Key Request came from. */
void script_send(Script *s, const ProseMikeyDelivery *delivery);
void script_deliver(Script *s, ProseKeyScope scope, uint8_t key_id, int64_t valid_from, int64_t valid_to);

#endif
