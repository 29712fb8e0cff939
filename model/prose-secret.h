/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guarded memory for keys, in groups: one libsodium allocation (which takes four pages on its own)
 * holds many equal slots. A slot is wiped when it goes back and when the pool goes.
 *
 * One pool serves a whole simulation; it is handed in, there is no global one (rules C3).
 */
#ifndef PROSE_SECRET_H
#define PROSE_SECRET_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ProseSecretPool ProseSecretPool;

/* What a test sees: every slot as it goes back, after wiping. @slot is still mapped during the call. */
typedef void (*ProseSecretHook)(void *user, const void *slot, size_t size);

/* Starts libsodium if nobody did. Returns: (transfer full) (nullable): %NULL if it cannot start. */
ProseSecretPool *prose_secret_pool_new(void);
/* All slots must be back (g_assert). Takes %NULL, returns %NULL. */
ProseSecretPool *prose_secret_pool_free(ProseSecretPool *pool);
void prose_secret_pool_set_hook(ProseSecretPool *pool, ProseSecretHook hook, void *user);

/**
 * prose_secret_alloc:
 * @size: up to 4096 octets; slots come in a few size classes
 *
 * Returns: (transfer full): zeroed, 16-aligned memory; give back with prose_secret_free(). Aborts, as
 *   GLib does, if the machine has no memory.
 */
void *prose_secret_alloc(ProseSecretPool *pool, size_t size);
/* Wipes the slot. Takes %NULL, returns %NULL. */
void *prose_secret_free(ProseSecretPool *pool, void *slot);

/* Whether every guarded allocation so far could be locked into memory; reported once, by the helper. */
bool prose_secret_pool_is_locked(const ProseSecretPool *pool);
size_t prose_secret_pool_in_use(const ProseSecretPool *pool);

/* Overwrites what the compiler might think dead. */
void prose_wipe(void *octets, size_t len);
/* Constant-time. */
bool prose_secret_equal(const void *a, const void *b, size_t len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProseSecretPool, prose_secret_pool_free)

#endif
