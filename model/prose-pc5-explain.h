/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PC5_DISCOVERY message told field by field, with octets and clauses: what `prose-sim message` prints.
 *
 * Explains octets that are in clear; what is scrambled or encrypted it takes at its face.
 */
#ifndef PROSE_PC5_EXPLAIN_H
#define PROSE_PC5_EXPLAIN_H

#include "prose-pc5-message.h"

typedef enum ProsePc5FieldKind {
    PROSE_PC5_FIELD_TEXT,
    PROSE_PC5_FIELD_NUMBER,
    PROSE_PC5_FIELD_FLAG,              /* number: 0 or 1 */
} ProsePc5FieldKind;

typedef struct ProsePc5Field {
    const char *name;                  /* "relay-service-code"; no two fields of a message share one */
    unsigned first, last;              /* octets of the message, counted from 1 */
    const char *bits;                  /* (nullable): "8-7" if it is a part of one octet; bit 8 is the first */
    ProsePc5FieldKind kind;
    uint64_t number;
    char value[2 * PROSE_CONTENT_LEN + 1];     /* text for all kinds: "yes", "0xa1b2c3", "0102030405ff" */
    const char *clause;
} ProsePc5Field;

#define PROSE_PC5_FIELDS_MAX 20

/**
 * prose_pc5_explain:
 * @ret: (out): room for %PROSE_PC5_FIELDS_MAX
 * @frame: of any type; one that is none of the eleven has its content in one piece
 * @profile: which layout the octet numbers go by
 *
 * Returns: how many fields; in the order of the octets, and each octet belongs to one.
 */
size_t prose_pc5_explain(ProsePc5Field ret[PROSE_PC5_FIELDS_MAX], const ProsePc5Frame *frame, const ProseProfile *profile);

#endif
