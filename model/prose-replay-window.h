/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was already seen. For PC5: the last accepted 29 octets of each (sender identity, discovery), which
 * tells `repeated` from `accepted` (rules P3). For MIKEY: MACs of authenticated messages inside twice the
 * allowed skew, and the last T (RFC 3830 5.4; rules M3).
 */
#ifndef PROSE_REPLAY_WINDOW_H
#define PROSE_REPLAY_WINDOW_H

#include "prose-ids.h"
#include "prose-pc5-message.h"

typedef struct ProseRepeatWindow ProseRepeatWindow;

/* Grows with the senders accepted, and holds nothing before the first. */
ProseRepeatWindow *prose_repeat_window_new(void);
ProseRepeatWindow *prose_repeat_window_free(ProseRepeatWindow *w);

/* The sender identity is what the clear content names: User Info ID, or the relay's UE ID where there is none; for the
 * four message types that no PSDK protects, the first octets of their code. */
typedef struct ProseSenderIdentity {
    ProseKeyScope scope;
    uint8_t type;                          /* message type: an announcement never repeats a response */
    uint8_t identity[PROSE_USER_INFO_ID_LEN];
} ProseSenderIdentity;

void prose_sender_identity_from_content(ProseSenderIdentity *ret, ProseKeyScope scope, uint8_t type,
                                        const uint8_t content[PROSE_CONTENT_LEN]);

/**
 * prose_repeat_window_check:
 * @ret_first: (out) (optional): this sender was never accepted before under this discovery
 *
 * Remembers @octets as the last accepted ones of @sender.
 *
 * Returns: whether they equal the last ones remembered.
 */
bool prose_repeat_window_check(ProseRepeatWindow *w, const ProseSenderIdentity *sender,
                               const uint8_t octets[PROSE_PC5_LEN], bool *ret_first);

#define PROSE_MIKEY_CACHE_MIN 204          /* RFC 3830 5.4's worked example */

typedef struct ProseMikeyCache ProseMikeyCache;
ProseMikeyCache *prose_mikey_cache_new(void);
ProseMikeyCache *prose_mikey_cache_free(ProseMikeyCache *c);
/* Whether @mac is remembered. */
bool prose_mikey_cache_has(const ProseMikeyCache *c, const uint8_t mac[20]);
/* Remembers @mac of an authenticated message; forgets what is older than @keep_s before @clock_s once more than the minimum is held. */
void prose_mikey_cache_add(ProseMikeyCache *c, const uint8_t mac[20], int64_t clock_s, uint32_t keep_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseRepeatWindow, prose_repeat_window_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseMikeyCache, prose_mikey_cache_free)

#endif
