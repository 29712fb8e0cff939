/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-error.h"

const char *
prose_strerror(int code)
{
    switch ((ProseErrorCode) code) {
    case PROSE_OK:             return "no error";
    case PROSE_ERR_TRUNCATED:  return "too few octets";
    case PROSE_ERR_TRAILING:   return "octets left over";
    case PROSE_ERR_RESERVED:   return "reserved value";
    case PROSE_ERR_UNKNOWN:    return "unknown message or element";
    case PROSE_ERR_NOBUF:      return "buffer too small";
    case PROSE_ERR_INVALID:    return "value out of range";
    case PROSE_ERR_MALFORMED:  return "malformed";
    case PROSE_ERR_LIMIT:      return "over a limit";
    case PROSE_ERR_SCHEMA:     return "not according to the schema";
    case PROSE_ERR_DUPLICATE:  return "named twice";
    case PROSE_ERR_MISMATCH:   return "does not belong to what it answers";
    case PROSE_ERR_AUTH:       return "authentication failed";
    case PROSE_ERR_REPLAY:     return "replayed";
    case PROSE_ERR_SKEW:       return "time stamp outside the skew";
    case PROSE_ERR_NOT_FOUND:  return "not found";
    case PROSE_ERR_CONFLICT:   return "contradicts what is held";
    case PROSE_ERR_STATE:      return "not in this state";
    case PROSE_ERR_FULL:       return "no room left";
    case PROSE_ERR_CRYPTO:     return "cryptographic library refused";
    case PROSE_ERR_CLOSED:     return "connection closed";
    }
    return "unknown error";
}
