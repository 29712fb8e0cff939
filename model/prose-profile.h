/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol profile: every choice that the standard's readable text leaves open, in one place.
 *
 * A reader with the licensed text in hand corrects one line here. `prose-sim describe profile`
 * prints the table below, doc/assumptions.md says what changes on the wire.
 */
#ifndef PROSE_PROFILE_H
#define PROSE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ProseCounterLsbPlace { PROSE_COUNTER_LSB_LAST, PROSE_COUNTER_LSB_SECOND } ProseCounterLsbPlace;
typedef enum ProseScramblingPrefix { PROSE_SCRAMBLING_PREFIX_CLEAR, PROSE_SCRAMBLING_PREFIX_LITERAL } ProseScramblingPrefix;
typedef enum ProseScramblingCounter { PROSE_SCRAMBLING_COUNTER_16S, PROSE_SCRAMBLING_COUNTER_FULL } ProseScramblingCounter;
typedef enum ProseCounterEpoch { PROSE_COUNTER_EPOCH_1970, PROSE_COUNTER_EPOCH_1900 } ProseCounterEpoch;
typedef enum ProsePsdkInput { PROSE_PSDK_INPUT_SELECTOR, PROSE_PSDK_INPUT_SELECTOR_AND_ID } ProsePsdkInput;
typedef enum ProseEmptyMic { PROSE_EMPTY_MIC_RANDOM, PROSE_EMPTY_MIC_ZERO } ProseEmptyMic;
typedef enum ProseReceiveKey { PROSE_RECEIVE_KEY_COUNTER, PROSE_RECEIVE_KEY_CLOCK } ProseReceiveKey;
typedef enum ProseScramblingRequired { PROSE_SCRAMBLING_REQUIRED_ALL, PROSE_SCRAMBLING_REQUIRED_WHERE_USED } ProseScramblingRequired;
typedef enum ProseRepeated { PROSE_REPEATED_COUNTED, PROSE_REPEATED_DROPPED } ProseRepeated;

typedef struct ProseProfile {
    ProseCounterLsbPlace counter_lsb;
    ProseScramblingPrefix scrambling_prefix;
    ProseScramblingCounter scrambling_counter;
    ProseCounterEpoch counter_epoch;
    uint8_t fc_mic, fc_ptk, fc_ptk_keys, fc_scrambling, fc_confidentiality, fc_kd, fc_psdk;
    uint8_t selector_duik, selector_duck, selector_dusk;   /* psdk-selector */
    ProsePsdkInput psdk_input;
    ProseEmptyMic empty_mic;
    ProseReceiveKey receive_key;
    ProseScramblingRequired scrambling_required;
    ProseRepeated repeated;
} ProseProfile;

/* One row a choice: what `describe`, the scenario reader and doc/assumptions.md go by. */
typedef struct ProseProfileChoice {
    const char *name;          /* as in a scenario's [profile]: "counter-lsb" */
    const char *values;        /* "last, second", or "0x00 .. 0xff" */
    const char *value;         /* the default, as text */
    const char *mark;          /* "A": assumed; "S": read in the standard; "D": derived */
    const char *clause;
    const char *sentence;      /* what it decides, and what changes on the wire */
} ProseProfileChoice;

/* Returns: (transfer none) (nullable): row @index of the table, in the order of `describe`; %NULL past its end. */
const ProseProfileChoice *prose_profile_choice(size_t index);

/* Fills @ret with the defaults of doc/assumptions.md. */
void prose_profile_init(ProseProfile *ret);

/**
 * prose_profile_set:
 * @profile: changed on success only
 * @name: a choice's name
 * @value: one of its values
 *
 * Returns: 0, %PROSE_ERR_NOT_FOUND for an unknown name, %PROSE_ERR_INVALID for a value it cannot take.
 */
int prose_profile_set(ProseProfile *profile, const char *name, const char *value);

/* Returns: (transfer full): the value of @name as text, free with g_free(); %NULL if unknown. */
char *prose_profile_get(const ProseProfile *profile, const char *name);

/* Added to seconds since 1970, modulo 2^32, to give the counter that is hashed and sent. */
uint32_t prose_profile_epoch_offset(const ProseProfile *profile);

#endif
