/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protect and unprotect one PC5_DISCOVERY message: MIC, message-specific confidentiality, scrambling,
 * and the counter rebuilt from its LSB (TS 33.303 6.1.3.4.3, 6.6.7, A.2, A.5, A.6, A.8; rules T4, T5, K1, P1, P2).
 *
 * Pure functions of their arguments: the same question has the same answer, which is what lets a
 * simulation ask it once for many receivers (rules P5).
 */
#ifndef PROSE_PC5_SECURITY_H
#define PROSE_PC5_SECURITY_H

#include "prose-event.h"
#include "prose-kdf.h"
#include "prose-pc5-message.h"

/* Security meta-data of a discovery, from the Key Response (REQ-66422-22, -29, -30). */
typedef struct ProseSecurityMetadata {
    bool scrambling;
    bool confidentiality;
    bool mic;
    uint8_t encrypted_bits_mask[PROSE_CONTENT_LEN];    /* 1: encrypted; all zero without confidentiality */
} ProseSecurityMetadata;

/* The three keys of one PSDK, prepared. Secret: lives in a ProseSecretPool. */
typedef struct ProsePc5Keys {
    ProseKdfKey duik, duck, dusk;
} ProsePc5Keys;

/* A.8, for all three. */
void prose_pc5_keys_init(ProsePc5Keys *ret, const uint8_t psdk[PROSE_KEY_LEN], ProseKeyScope scope, const ProseProfile *profile);

/**
 * prose_pc5_protect:
 * @ret: (out): the octets that go on the air
 * @content: in clear
 * @counter: UTC-based counter of the slot, seconds since 1970 (the profile's epoch is applied inside)
 * @mic_random: what fills the MIC field if @meta says no MIC (the profile may ask for zeros instead)
 *
 * TS 33.303 6.1.3.4.3.2. Returns: number of key derivations made.
 */
unsigned prose_pc5_protect(uint8_t ret[PROSE_PC5_LEN], const ProsePc5Keys *keys, const ProseSecurityMetadata *meta,
                           uint8_t type, const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter,
                           const uint8_t mic_random[PROSE_MIC_LEN], const ProseProfile *profile);

/* The time hash of one DUSK, kept for as long as it serves: 16 s by the profile's default. As secret as the key. All zero: empty. */
typedef struct ProsePc5TimeHash {
    bool is_kept;
    uint32_t counter;                                  /* as it is hashed */
    uint8_t bits[PROSE_CONTENT_LEN + PROSE_MIC_LEN];
    uint64_t n_hits;                                   /* derivations that were not made */
} ProsePc5TimeHash;

/* The same octets with fewer derivations: @kept (nullable) belongs to @keys. Returns: derivations that the sender needs. */
unsigned prose_pc5_protect_kept(uint8_t ret[PROSE_PC5_LEN], const ProsePc5Keys *keys, const ProseSecurityMetadata *meta,
                                uint8_t type, const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter,
                                const uint8_t mic_random[PROSE_MIC_LEN], const ProseProfile *profile, ProsePc5TimeHash *kept);

/* One key of one discovery at a receiver, with what it filters on. Borrowed pointers. */
typedef struct ProsePc5Context {
    const ProsePc5Keys *keys;
    const ProseSecurityMetadata *meta;
    uint8_t type;                                      /* message type this context receives */
    uint8_t filter_value[PROSE_CONTENT_LEN];
    uint8_t filter_mask[PROSE_CONTENT_LEN];
    int64_t valid_from, valid_to;                      /* s since 1970, half-open */
    uint32_t max_offset;                               /* s, of the discovery's PKMF (rules T1) */
    uint32_t overlap;                                  /* s; only for receive-key = clock (rules K1) */
    void *user;                                        /* the caller's */
} ProsePc5Context;

/* The filter that every message of @scope passes: its Relay Service Code or Discovery Group ID in the first three octets. */
void prose_pc5_context_set_filter(ProsePc5Context *context, ProseKeyScope scope);

typedef struct ProsePc5Verdict {
    ProsePc5Outcome outcome;           /* malformed, no-key, clock-offset, stale, not-for-me, mic or accepted */
    const ProsePc5Context *context;    /* the one that accepted, else %NULL */
    uint32_t counter;                  /* rebuilt, seconds since 1970; of the accepting context */
    uint8_t type;
    uint8_t content[PROSE_CONTENT_LEN];/* in clear; accepted only */
    uint8_t mic[PROSE_MIC_LEN];
    unsigned derivations;              /* key derivations this receiver would have made (rules P5) */
} ProsePc5Verdict;

/**
 * prose_pc5_unprotect:
 * @ret: (out): always filled
 * @contexts: tried in order: earliest Valid To first is the caller's part (rules K1)
 * @slot_counter: receiver's own system UTC at that slot, seconds since 1970 modulo 2^32
 * @clock_s: floor of the receiver's ProSe clock, seconds since 1970
 *
 * Rules P2, T4, T5, K1; the furthest step reached over all contexts counts, accepted ends the search.
 * A context whose discovery's MAX_OFFSET the clock exceeds adds clock-offset (ranked between no-key and stale).
 *
 * It is the three steps below, one after the other. A simulation that asks for many receivers splits once per
 * transmission, gates per receiver, and may keep what an attempt gave: it depends on its arguments alone.
 */
void prose_pc5_unprotect(ProsePc5Verdict *ret, const ProsePc5Context *contexts, size_t n_contexts,
                         const uint8_t *octets, size_t len, uint32_t slot_counter, int64_t clock_s,
                         const ProseProfile *profile);

struct ProsePc5Split;
struct ProsePc5Attempt;
/* prose_pc5_attempt() or what gives the same answer. */
typedef void (*ProsePc5AttemptCb)(void *user, struct ProsePc5Attempt *ret, const ProsePc5Context *context,
                                  const struct ProsePc5Split *split, uint32_t counter);
/* The same with attempts made by @attempt_cb. */
void prose_pc5_unprotect_by(ProsePc5Verdict *ret, const ProsePc5Context *contexts, size_t n_contexts, const uint8_t *octets,
                            size_t len, uint32_t slot_counter, int64_t clock_s, const ProseProfile *profile,
                            ProsePc5AttemptCb attempt_cb, void *user);

/* What arrived, taken apart. A literal scrambling prefix makes type and LSB read differently for a context that
 * scrambles. */
typedef struct ProsePc5Split {
    uint8_t content[PROSE_CONTENT_LEN];
    uint8_t mic[PROSE_MIC_LEN];
    struct {
        uint8_t type;
        uint8_t counter_lsb;
        bool type_is_valid;            /* one of the eleven */
    } head[2];                         /* [1]: for a context that scrambles */
} ProsePc5Split;

/* Returns: 0, %PROSE_ERR_TRUNCATED or %PROSE_ERR_TRAILING; looks at no value. @ret untouched on failure. */
int prose_pc5_split(ProsePc5Split *ret, const uint8_t *octets, size_t len, const ProseProfile *profile);

/**
 * prose_pc5_gate:
 * @ret_counter: (out): rebuilt, seconds since 1970; only with %PROSE_PC5_ACCEPTED
 *
 * What needs no key: rules P1, T4, T5 and K1 for one context. A key's interval is compared modulo 2^32, as counters
 * are.
 *
 * Returns: %PROSE_PC5_ACCEPTED if the key is to be tried, else why not: malformed, clock-offset, stale, or no-key if the
 *   key is no candidate.
 */
ProsePc5Outcome prose_pc5_gate(uint32_t *ret_counter, const ProsePc5Context *context, const ProsePc5Split *split,
                               uint32_t slot_counter, int64_t clock_s, const ProseProfile *profile);

/* One key tried at one counter. */
typedef struct ProsePc5Attempt {
    ProsePc5Outcome outcome;           /* not-for-me, mic or accepted */
    uint8_t content[PROSE_CONTENT_LEN];/* in clear; accepted only */
    uint8_t mic[PROSE_MIC_LEN];
    unsigned derivations;
} ProsePc5Attempt;

/* What was derived on the way; for people who look over its shoulder. As secret as the keys. */
typedef struct ProsePc5Working {
    bool has_mic;
    uint8_t mic[PROSE_MIC_LEN];                            /* as it ought to be; when sending without one, what fills its field */
    bool has_confidentiality;
    uint8_t confidentiality_keystream[PROSE_CONTENT_LEN];  /* after the mask */
    bool has_time_hash;
    uint8_t time_hash[PROSE_CONTENT_LEN + PROSE_MIC_LEN];
} ProsePc5Working;

/**
 * prose_pc5_attempt:
 * @ret_working: (out) (optional)
 * @counter: from prose_pc5_gate()
 *
 * TS 33.303 6.1.3.4.3.3: unscramble, filter, decrypt, filter, MIC. Depends on @context's keys, meta-data, type and
 * filter, on @split, @counter and @profile, and on nothing else.
 */
void prose_pc5_attempt(ProsePc5Attempt *ret, ProsePc5Working *ret_working, const ProsePc5Context *context,
                       const ProsePc5Split *split, uint32_t counter, const ProseProfile *profile);

/* What prose_pc5_protect() of the same arguments derives. */
void prose_pc5_work(ProsePc5Working *ret, const ProsePc5Keys *keys, const ProseSecurityMetadata *meta, uint8_t type,
                    const uint8_t content[PROSE_CONTENT_LEN], uint32_t counter, const uint8_t mic_random[PROSE_MIC_LEN],
                    const ProseProfile *profile);

#endif
