/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of `prose-sim message` share: -tool (the three verbs), -words (the command line), -print (the answer).
 */
#ifndef PROSE_MESSAGE_TOOL_INTERNAL_H
#define PROSE_MESSAGE_TOOL_INTERNAL_H

#include "prose-pc5-security.h"
#include "prose-secret.h"

#include <glib.h>

typedef enum ProseMessageVerb {
    PROSE_MESSAGE_DECODE = 1,
    PROSE_MESSAGE_PROTECT = 2,
    PROSE_MESSAGE_UNPROTECT = 4,
} ProseMessageVerb;

/* The command line, understood. */
typedef struct ProseMessageTask {
    ProseMessageVerb verb;
    uint8_t *message;                      /* (owned) */
    size_t message_len;
    ProseProfile profile;
    ProseSecurityMetadata meta;
    ProseSecretPool *secrets;              /* (owned) */
    uint8_t **psdks;                       /* (owned): slots of @secrets */
    ProsePc5Keys **keys;                   /* (owned): slots of @secrets; of each PSDK */
    size_t n_psdks;
    bool has_scope;
    ProseKeyScope scope;
    uint32_t counter, slot_counter, max_offset;
    int64_t clock_s;
    uint8_t mic_random[PROSE_MIC_LEN];
    bool json, show_keys;
} ProseMessageTask;

/* What is printed, as text or as JSON. */
typedef struct ProseMessageAnswer {
    bool has_message;
    uint8_t message[PROSE_PC5_LEN];
    bool has_frame;
    ProsePc5Frame frame;                   /* in clear, for the fields */
    bool has_counter;
    uint32_t counter;
    const char *outcome;                   /* (nullable): a receiver's */
    char *note;                            /* (nullable) (owned): why it was rejected, or what else is to be known */
    size_t psdk;                           /* whose keys are shown, and which was accepted; counted from 1, 0: none */
    ProsePc5Working working;
} ProseMessageAnswer;

/**
 * prose_message_task_read:
 * @argv: with the program's name in front; left as it is
 * @ret_help: (out): the text of --help, if that was asked for; g_free()
 *
 * Returns: (transfer full) (nullable): every mistake, a line each, g_free(); %NULL if there is none.
 */
char *prose_message_task_read(ProseMessageTask *ret, int argc, char **argv, char **ret_help);
/* Wipes. A zeroed task is clear, too. */
void prose_message_task_clear(ProseMessageTask *task);

void prose_message_print(const ProseMessageTask *task, const ProseMessageAnswer *answer);
void prose_message_answer_clear(ProseMessageAnswer *answer);

#endif
