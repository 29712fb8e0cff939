/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the radio share.
 *
 * Inside, UEs have numbers of their own, nodes, in the order of the places where they start, so that what is near in the
 * field is near in memory. Channels, one a (UE, discovery) that may send, follow the nodes. Draws, sums, and whatever can be seen go by
 * scenario numbers.
 */
#ifndef PROSE_RADIO_INTERNAL_H
#define PROSE_RADIO_INTERNAL_H

#include "prose-pc5-medium.h"
#include "prose-pc5-memo.h"
#include "prose-radio.h"

/* A (UE, discovery) that may send, and what it would send next. Two lines of the cache, the first of which is enough while the
 * octets stay. */
typedef struct Channel {
    unsigned ue, node;
    uint16_t discovery, group;
    bool is_simple;                /* announces and nothing else, so one message after another is of one kind */
    bool is_heard_simply;          /* its messages can change nothing at a receiver but what this file knows */
    bool hears_itself;             /* receives in its discovery too */
    bool is_ready;                 /* all that follows holds until one of: */
    uint32_t until_counter;
    uint64_t until_ns;
    uint32_t lock;                 /* PROSE_MEMO_NONE: none */
    bool has_octets;
    bool is_made;                  /* the octets are what would be sent in the second octets_counter */
    uint32_t octets_counter;       /* the last ones were made in this second … */
    uint32_t octets_serial;        /* … and have this number: equal octets, equal numbers */
    uint32_t serials;              /* given out */
    uint32_t n_sent, n_computed;   /* not yet told the summary */
    uint8_t octets[PROSE_PC5_LEN];
    uint8_t content[PROSE_CONTENT_LEN];    /* if ready */
} Channel;

/* One transmission with its copies. */
typedef struct Sending {
    uint64_t slot_ns;              /* start of its first subframe */
    uint32_t counter;              /* its slot's, as the sender has it */
    uint32_t serial;               /* of its octets in its channel, with COUNTED */
    uint32_t lock;                 /* (owned); PROSE_MEMO_NONE: none */
    uint32_t lasts_s;              /* its key, from valid_from on */
    int64_t valid_from;
    bool is_switching;             /* near a start of a key: acceptances are told, unless the receiver would send with the same key */
    bool is_withdrawn;             /* its sender is no longer authorised: every acceptance is told */
    uint8_t key_id;
    uint8_t type;                  /* ProsePc5Type */
    uint8_t octets[PROSE_PC5_LEN];
} Sending;

/* What most receivers need of a transmission: its octets' number, and what the two classes last asked about need for accepting it. */
typedef struct Accepted {
    uint32_t serial;               /* as Sending.serial; 0: nothing here holds */
    uint32_t classes[2];           /* by the lowest bit; PROSE_MEMO_NONE: none */
    uint8_t derivations[2];
} Accepted;

/* Numbers of one receiver and discovery that come in every period: kept here, where it is near, and told the summary in the end. */
typedef struct Tally {
    uint64_t half_duplex, collision, accepted, repeated, derivations;
} Tally;

/* In Sending.serial and ProseEdge.memory: of after the warm-up. */
#define COUNTED (1u << 31)

/* A time hash that was derived in the subframe at hand, for all who send under its lock there. */
typedef struct Hashed {
    uint32_t lock;
    unsigned ue, discovery;        /* who counts it: the lowest in the scenario, whoever came first here */
} Hashed;

/* A UE as a receiver. What it knows is read again after it was told something. */
typedef struct Node {
    unsigned ue, group;
    uint32_t first_channel, n_channels;        /* its own */
    uint32_t n_edges, n_reach;     /* of its row: those that reach it; and all that were looked at */
    size_t first_edge;
    uint64_t monitors;             /* of the discoveries it has a receiving role in, in their order: which it takes part in now */
    bool is_stale;
    bool listens;
    bool can_tell_time;            /* its ProSe clock is set */
    bool has_class;
    uint32_t ring;                 /* PROSE_MEMO_NONE: none */
    uint32_t class;                /* of these two: */
    int32_t class_clock, class_counter;
    ProseClock clock;
    int64_t second;                /* floor of the ProSe clock, for as long as it is before: */
    uint64_t second_until_ns;
    uint64_t content_until_ns;     /* hearing something before makes it ask for nothing */
} Node;

/* One pool. */
typedef struct Air {
    const ProseScenarioPool *spec;
    const ProsePool *pool;
    unsigned index;
    ProseAir air;
    uint64_t period, period_ns;    /* number, and start; UINT64_MAX: no more */
    uint32_t subframe;             /* the next one to be looked at; n_subframes: the next period */
    uint32_t heard;                /* the next one to be heard */
    uint32_t *slots;               /* (owned): channels by first subframe; SLOT_SENDS if the draw is to send */
    uint32_t *first_slot;          /* (owned): by subframe, into slots; one more at the end */
    uint32_t *resources;           /* (owned): by channel, of the period */
    Sending *sendings;             /* (owned): by channel */
    Accepted *accepted;            /* (owned): the same */
    uint32_t *sent;                /* (owned): by subframe, how many copies are sent */
} Air;
#define SLOT_SENDS (1u << 31)

struct ProseRadio {
    ProseRadioConfig config;
    const ProseScenario *scenario;
    ProseDrawKey key;
    Ns3cPropagation *propagation;
    Ns3cTimer *timer;
    unsigned n_ues, n_discoveries, n_groups, n_airs;
    uint32_t n_channels;
    uint64_t warm_up_ns;
    Air airs[PROSE_POOLS_MAX];
    ProseUe **ues;                 /* (owned array) borrowed UEs, by scenario number */
    Node *nodes;                   /* (owned) */
    uint32_t *node_of;             /* (owned): by scenario number */
    Channel *channels;             /* (owned) */
    uint16_t *kinds;               /* (owned): discovery of each channel */
    uint64_t *senders;             /* (owned) (nullable): UE and discovery of each channel, for draws; with a curve */
    ProsePc5Memo *memo;            /* (nullable): every reception is worked out by the UE itself */
    Tally *tallies;                /* (owned): by node, then discovery: not yet told the summary */
    uint64_t *monitoring;          /* (owned): UEs that listen, by discovery and group */
    uint64_t *n_slots, *n_selves;  /* (owned): of the subframe at hand: slots by discovery; those of UEs that hear themselves, by group too */
    GArray *hashed;                /* of Hashed */
    GArray *stale;                 /* of uint32_t: nodes to be read again */
    uint64_t content_until_ns;     /* of all nodes: hearing may be put off before */
    /* How it is done: */
    bool emits_candidates, emits_slots, emits_discovered;      /* as events; else counted */
    bool is_prompt;                /* everything is heard in its subframe */
    bool is_ordered;               /* slots and receivers go in scenario order */
    bool is_uniform, is_exact;     /* of the coverage */
    bool is_drawn;                 /* propagation is drawn at each call: no rows */
    ProseSlot kept_slot;           /* of the slot that was last asked about, if all know one time */
    bool pcap_failed;
    /* Rows: */
    Ns3cMobility **mobilities;     /* (owned array): by node, borrowed */
    Ns3cMobility **mirrors;        /* (owned array): by node: where each UE stood when the period began; owned if it moves */
    bool *moves;                   /* (owned): by node */
    bool any_moves, has_rows;
    ProseEdge *edges;              /* (owned): row by row */
    size_t n_edges;
    uint8_t *best[PROSE_POOLS_MAX];        /* (owned) (nullable): by pool, then edge; with retransmissions */
    GHashTable *memories;          /* (owned): receiver and channel -> ProseEdge.memory of edges that went; looked up, never walked */
    Ns3cPosition *anchors;         /* (owned) (nullable): by node: where they stood when rows were last looked for */
    double range_m;                /* nothing reaches farther; INFINITY: that cannot be said */
    ProseEdge *drawn;              /* (owned): scratch, one row */
    double *drawn_dbm;             /* (owned): the same */
    uint8_t *drawn_best;           /* (owned): scratch */
    uint8_t **drawn_bests;         /* (owned): by channel, then node, where they are kept */
    uint32_t *on_air;              /* (owned): scratch, channels of one subframe */
    uint16_t *busy;                /* (owned): scratch, subframes in which one UE sends */
};

static inline const ProseScenarioUe *
radio_spec(const ProseRadio *radio, unsigned ue)
{
    return g_ptr_array_index(radio->scenario->ues, ue);
}

static inline const ProseScenarioDiscovery *
radio_discovery(const ProseRadio *radio, unsigned discovery)
{
    return g_ptr_array_index(radio->scenario->discoveries, discovery);
}

static inline uint64_t
air_subframe_ns(const Air *air, uint32_t subframe)
{
    return air->period_ns + (uint64_t) air->pool->subframe_ms[subframe] * PROSE_NS_PER_MS;
}

static inline int64_t
radio_utc_ns(const ProseRadio *radio, uint64_t at_ns)
{
    return radio->scenario->utc_start_s * PROSE_NS_PER_S + (int64_t) at_ns;
}

static inline unsigned
radio_derivations(const ProseSecurityMetadata *meta)
{
    return (unsigned) meta->scrambling + (unsigned) meta->confidentiality + (unsigned) meta->mic;
}

/* Seconds from the UE's ProSe clock to the slot's counter; together with what true UTC is beyond the counter, the clock's error. */
void radio_add_clock_offset(ProseEvent *event, const ProseUe *ue, const ProseSlot *slot);

/* ---- prose-radio-slots.c ---- */

void radio_draw_slots(ProseRadio *radio, Air *air);
/* Everything that begins in @subframe, which is now. */
void radio_use_slots(ProseRadio *radio, Air *air, uint32_t subframe);
/* Nothing that is known of what it would send holds any more. */
void radio_forget_channel(ProseRadio *radio, Channel *channel);

/* ---- prose-radio-rows.c ---- */

/* Nodes get their numbers, and mirrors. */
void radio_place(ProseRadio *radio);
/* Where everybody stands now. */
void radio_renew_rows(ProseRadio *radio);
void radio_clear_rows(ProseRadio *radio);
/* Of the keys of ProseRadio.memories. */
guint radio_pair_hash(const void *key);
uint32_t radio_recall(const ProseRadio *radio, uint32_t node, uint32_t channel);
void radio_remember(ProseRadio *radio, uint32_t node, uint32_t channel, uint32_t memory);

/* ---- prose-radio-hear.c ---- */

/* What is kept in Channel and Tally goes into the summary. */
void radio_tell(ProseRadio *radio);
/* Reads stale nodes again. */
void radio_renew_nodes(ProseRadio *radio);
/* Whether hearing this instant's subframe can be put off. */
bool radio_is_content(ProseRadio *radio, uint64_t now_ns);
/* Subframes of the air's period, half-open. @counts: their slots began after the warm-up. */
void radio_hear(ProseRadio *radio, Air *air, uint32_t from, uint32_t to, bool counts);

#endif
