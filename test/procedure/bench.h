/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both ends in one process on a hand-turned clock: UEs, PKMFs, ProSe Functions and whatever else serves a name, joined by
 * TCP, UDP and PDN connections that are queues in memory. No ns-3, no real time, no real randomness.
 *
 * A test adds what it needs, runs for a while, and looks at the events and at the endpoints. A hook sees every packet
 * and may flip, delay, copy or drop it. Everything is freed by bench_free(), which also checks that no secret is left.
 */
#ifndef BENCH_H
#define BENCH_H

#include "prose-draw.h"
#include "prose-function.h"
#include "prose-pkmf.h"
#include "prose-test.h"
#include "prose-ue.h"

#define BENCH_UTC_START 1780300800LL       /* 2026-06-01T08:00:00Z, at bench time zero */
#define BENCH_S ((uint64_t) PROSE_NS_PER_S)
#define BENCH_MS ((uint64_t) PROSE_NS_PER_MS)
#define BENCH_FUNCTION_FQDN "prose-function.operator.example"

typedef struct Bench Bench;
typedef struct BenchUe BenchUe;
typedef struct BenchServer BenchServer;
typedef struct BenchConn BenchConn;

struct BenchUe {
    Bench *bench;
    unsigned index;
    char *name;
    ProseUe *ue;
    const ProseGbaSession *gba;            /* gba->impi is its identity */
    ProseAddress address;                  /* 0: no PDN connection */
    bool pdn_available;                    /* false: pdn_open fails */
    ProseAddress next_address;             /* that of its next PDN connection, once; 0: one that nobody ever had */
    unsigned pdn_asked;                    /* how often the UE asked for one */
    bool released;                         /* it gave its PDN connection back itself */
    unsigned pdn_pending, pdn_forgotten;   /* of those asked for: not answered yet, and never to be */
    uint64_t jitter_ns;                    /* of its first requests on a new PDN connection; 0 */
    ProseDrawStream random;
    uint64_t wake_at;
};

/* Something with a name that UEs connect to. The six functions are its side of the network. */
struct BenchServer {
    Bench *bench;
    unsigned index;
    char *name, *fqdn;
    ProseAddress address;
    bool refuses;                          /* a TCP connect is refused at once */
    bool deaf;                             /* a TCP connect is never answered */
    uint64_t service_ns[PROSE_PKMF_N_OPS]; /* what each operation takes: 1 ms unless a test says otherwise */
    unsigned retry_after_s;                /* with a PKMF's 503; 0 */
    ProseDrawStream random;
    uint64_t wake_at;
    ProseConn last_conn;
    void *self;
    void (*accepted)(void *self, ProseConn conn, ProseAddress from, uint64_t now_ns);
    void (*received)(void *self, ProseConn conn, const uint8_t *octets, size_t len, uint64_t now_ns);
    void (*closed)(void *self, ProseConn conn, uint64_t now_ns);
    void (*udp)(void *self, ProseAddress from, uint16_t port, const uint8_t *octets, size_t len, uint64_t now_ns);
    void (*expiry)(void *self, uint64_t now_ns);
    void (*free)(void *self);
};

typedef enum BenchPacketKind { BENCH_TCP_UP, BENCH_TCP_DOWN, BENCH_UDP_UP, BENCH_UDP_DOWN } BenchPacketKind;

/* A packet as it leaves. A TCP segment that is dropped stalls its direction for good. */
typedef struct BenchPacket {
    BenchPacketKind kind;
    BenchUe *ue;
    BenchServer *server;
    uint8_t *octets;                       /* may be changed in place */
    size_t len;
    uint64_t at_ns;                        /* when it arrives: may be put off; TCP stays in order */
    bool drop;
} BenchPacket;
typedef void (*BenchHook)(void *user, BenchPacket *packet);

struct Bench {
    uint64_t now_ns;
    uint64_t delay_ns;                     /* one way; 20 ms */
    bool cleartext;                        /* set before adding anything */
    ProseProfile profile;                  /* may be changed before adding anything */
    ProseSecretPool *secrets;
    ProseBsf *bsf;
    ProseKeySchema *key_schema;
    ProsePc3Schema *pc3_schema;
    BenchHook hook;                        /* (nullable) */
    void *hook_user;
    GPtrArray *ues;                        /* (owned) BenchUe */
    GPtrArray *servers;                    /* (owned) BenchServer */
    GPtrArray *events;                     /* (owned) ProseEvent, their strings in @texts */
    unsigned lost_udp;                     /* UDP that arrived at an address nobody has */
    GStringChunk *texts;
    GPtrArray *conns;                      /* (owned) BenchConn */
    GQueue queue;
    uint64_t order;
    bool closing;
};

Bench *bench_new(void);
Bench *bench_free(Bench *b);

/* ---- what takes part; everything is owned by the bench ---- */

/* A UE of @n discoveries (copied) that supports scrambling and EEA2, and knows the ProSe Function BENCH_FUNCTION_FQDN. Not started. */
BenchUe *bench_add_ue(Bench *b, const char *name, const ProseUeDiscovery *discoveries, size_t n);
/* The settings that bench_add_ue() uses, to be changed and handed to bench_add_ue_of(). */
void bench_ue_config(Bench *b, ProseUeConfig *ret, const char *name, const ProseUeDiscovery *discoveries, size_t n);
BenchUe *bench_add_ue_of(Bench *b, const ProseUeConfig *config);
/* Four workers, a new PMK every 24 h. ((ProsePkmf *) s->self) takes discoveries and authorisations. */
BenchServer *bench_add_pkmf(Bench *b, const char *name, const char *fqdn, uint32_t max_offset_s);
static inline ProsePkmf *bench_pkmf(const BenchServer *s) { return s->self; }
BenchServer *bench_add_function(Bench *b);
static inline ProseFunction *bench_function(const BenchServer *s) { return s->self; }
/* Something of the test's own making; the caller fills in the functions. */
BenchServer *bench_add_server(Bench *b, const char *name, const char *fqdn);
/* What such a server calls. */
void bench_server_send(BenchServer *s, ProseConn conn, const uint8_t *octets, size_t len);
void bench_server_close(BenchServer *s, ProseConn conn);
void bench_server_udp(BenchServer *s, ProseAddress to, uint16_t port, const uint8_t *octets, size_t len);
/* UDP out of nowhere, as if @s had sent it to @ue now; the hook does not see it. */
void bench_inject_udp(BenchServer *s, BenchUe *ue, const uint8_t *octets, size_t len);

/* ---- time ---- */

/* Runs everything up to and including @at_ns, and stops there. */
void bench_run_until(Bench *b, uint64_t at_ns);
void bench_run_for(Bench *b, double seconds);
/* Runs until an event of @type (of @entity, unless %NULL) comes, at most @seconds. Returns: whether it came. */
bool bench_run_to_event(Bench *b, const char *entity, ProseEventType type, double seconds);
/* True UTC now, whole seconds. */
int64_t bench_utc(const Bench *b);

/* ---- what a test does to a UE ---- */

void bench_start(BenchUe *ue);
/* The network takes the PDN connection away. */
void bench_lose_pdn(BenchUe *ue);
/* TCP ends in silence; bench_start() switches it on again. */
void bench_power_off(BenchUe *ue);
/* Out of reach of any network, and back. */
void bench_set_reach(BenchUe *ue, bool in_reach);
/* The slot that begins now, its UTC @error_s away from the truth. */
ProseSlot bench_slot(const Bench *b, double error_s);

/* ---- what happened; %NULL and NULL causes match everything ---- */

unsigned bench_count(const Bench *b, const char *entity, ProseEventType type, const char *cause);
/* The @nth (from 0; -1: the last). Returns: (nullable), valid until bench_forget_events(). */
const ProseEvent *bench_event(const Bench *b, const char *entity, ProseEventType type, const char *cause, int nth);
/* As text, a line each, for a failing test's message and for comparing two runs. (transfer full) */
char *bench_print_events(const Bench *b);
void bench_forget_events(Bench *b);

/* ---- between bench.c and bench-net.c ---- */

extern const ProseHost bench_ue_host, bench_server_host;
void bench_record(Bench *b, const ProseEvent *event);
void bench_net_clear(Bench *b);

#endif
