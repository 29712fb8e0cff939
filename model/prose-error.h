/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Error codes of the protocol core: zero or a size on success, one of these on failure.
 *
 * They tell what a peer's octets or a caller's data did wrong. What only this program can do
 * wrong is a g_assert() and never reached by octets from the air or the wire.
 */
#ifndef PROSE_ERROR_H
#define PROSE_ERROR_H

typedef enum ProseErrorCode {
    PROSE_OK = 0,
    PROSE_ERR_TRUNCATED = -1,     /* fewer octets than the layout needs */
    PROSE_ERR_TRAILING = -2,      /* octets left over where nothing may follow */
    PROSE_ERR_RESERVED = -3,      /* a field holds a reserved value */
    PROSE_ERR_UNKNOWN = -4,       /* no reserved value, yet no message or element we know */
    PROSE_ERR_NOBUF = -5,         /* the caller's buffer is too small */
    PROSE_ERR_INVALID = -6,       /* an argument is outside what its header says */
    PROSE_ERR_MALFORMED = -7,     /* not parseable as what it claims to be */
    PROSE_ERR_LIMIT = -8,         /* larger or more than a limit of ours */
    PROSE_ERR_SCHEMA = -9,        /* XML that does not follow the schema */
    PROSE_ERR_DUPLICATE = -10,    /* the same thing twice, or wanted and stopped together */
    PROSE_ERR_MISMATCH = -11,     /* does not belong to what it answers */
    PROSE_ERR_AUTH = -12,         /* a MAC or verification is wrong */
    PROSE_ERR_REPLAY = -13,       /* seen before, or a time stamp that does not rise */
    PROSE_ERR_SKEW = -14,         /* a time stamp outside the allowed skew */
    PROSE_ERR_NOT_FOUND = -15,    /* no key, identity or entry of that name */
    PROSE_ERR_CONFLICT = -16,     /* contradicts what is held */
    PROSE_ERR_STATE = -17,        /* not now: the state does not allow it */
    PROSE_ERR_FULL = -18,         /* a store has no room left */
    PROSE_ERR_CRYPTO = -19,       /* a cryptographic library refused */
    PROSE_ERR_CLOSED = -20,       /* the connection is gone */
} ProseErrorCode;

/**
 * prose_strerror:
 * @code: a #ProseErrorCode, or zero
 *
 * Returns: (transfer none): a short lower-case phrase, never %NULL, "unknown error" for others.
 */
const char *prose_strerror(int code);

#endif
