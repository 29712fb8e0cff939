/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-profile.h"

#include "prose-clock.h"
#include "prose-error.h"

#include <glib.h>
#include <string.h>

/* How a choice is kept: an enum named by words, an FC octet, or the order of the three selectors. */
typedef enum Kind { KIND_WORD, KIND_OCTET, KIND_SELECTORS } Kind;

typedef struct Row {
    ProseProfileChoice choice;
    Kind kind;
    size_t offset;
    const char *const *words;      /* KIND_WORD: by enum value, %NULL at the end */
} Row;

#define WORDS(...) ((const char *const[]) { __VA_ARGS__, NULL })
#define AT(member) offsetof(ProseProfile, member)
#define FC(name, value, mark, clause, what, member) \
    { { name, "0x00 .. 0xff", value, mark, clause, "FC octet of the derivation of " what ": enters every hash of that kind." }, \
      KIND_OCTET, AT(member), NULL }

static const char *const selector_names[] = { "duik", "duck", "dusk" };

static const Row rows[] = {
    { { "counter-lsb", "last, second", "last", "A", "TS 24.334 11.2.5",
        "Place of the octet with the UTC-based counter's low 8 bits: octet 29 (L1) or octet 2 (L2) of every PC5_DISCOVERY." },
      KIND_WORD, AT(counter_lsb), WORDS("last", "second") },
    { { "scrambling-prefix", "clear, literal", "clear", "A", "TS 33.303 6.1.3.4.3.5",
        "What scrambling does to message type and counter LSB: leaves them alone, or inverts them as the text read literally says." },
      KIND_WORD, AT(scrambling_prefix), WORDS("clear", "literal") },
    { { "scrambling-counter", "16s, full", "16s", "A", "TS 33.303 6.1.3.4.3.5, A.5",
        "Counter that the scrambling bits come from: with its four low bits zero, so one string serves 16 s, or whole." },
      KIND_WORD, AT(scrambling_counter), WORDS("16s", "full") },
    { { "counter-epoch", "1970, 1900", "1970", "A", "TS 33.303 6.1.3.3.1",
        "Second zero of the UTC-based counter that is hashed and sent; 1900 is SIB16's own and wraps in 2036." },
      KIND_WORD, AT(counter_epoch), WORDS("1970", "1900") },
    FC("fc-mic", "0x49", "A", "TS 33.303 A.2", "the MIC", fc_mic),
    FC("fc-ptk", "0x4a", "S", "TS 33.303 A.3", "PTK from PGK", fc_ptk),
    FC("fc-ptk-keys", "0x4b", "A", "TS 33.303 A.4", "PEK and PIK from PTK", fc_ptk_keys),
    FC("fc-scrambling", "0x4c", "A", "TS 33.303 A.5", "the scrambling bits", fc_scrambling),
    FC("fc-confidentiality", "0x4d", "A", "TS 33.303 A.6", "the message-specific confidentiality keystream", fc_confidentiality),
    FC("fc-kd", "0x4e", "A", "TS 33.303 A.7", "KD for UE-to-network relays", fc_kd),
    FC("fc-psdk", "0x4f", "A", "TS 33.303 A.8", "DUIK, DUCK and DUSK from PSDK", fc_psdk),
    { { "psdk-selector", "duik duck dusk in any order", "duik duck dusk", "A", "TS 33.303 A.8",
        "Which of the three keys has selector 0, 1 and 2 in the derivation from PSDK: changes every protected octet." },
      KIND_SELECTORS, AT(selector_duik), NULL },
    { { "psdk-input", "selector, selector-and-id", "selector", "A", "TS 33.303 A.8",
        "Whether the Relay Service Code or Discovery Group ID is a further input of the derivation from PSDK." },
      KIND_WORD, AT(psdk_input), WORDS("selector", "selector-and-id") },
    { { "empty-mic", "random, zero", "random", "D", "TS 33.303 6.1.3.4.3.2",
        "What fills the MIC field when no MIC is used; it feeds the confidentiality keystream all the same." },
      KIND_WORD, AT(empty_mic), WORDS("random", "zero") },
    { { "receive-key", "counter, clock", "counter", "A", "rules K1",
        "Which keys a receiver tries: those valid at the rebuilt counter, or those valid at its own ProSe clock widened by the overlap." },
      KIND_WORD, AT(receive_key), WORDS("counter", "clock") },
    { { "scrambling-required", "all, where-used", "all", "A", "TS 33.303 6.6.4.2.2, rules R4",
        "Whether a UE without scrambling is refused for all public safety discoveries or only for those that scramble." },
      KIND_WORD, AT(scrambling_required), WORDS("all", "where-used") },
    { { "repeated", "counted, dropped", "counted", "A", "rules P3",
        "Whether an octet-equal copy of a sender's last accepted message counts as discovery (outcome repeated) or is passed over." },
      KIND_WORD, AT(repeated), WORDS("counted", "dropped") },
};

static const Row *
find_row(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].choice.name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

const ProseProfileChoice *
prose_profile_choice(size_t index)
{
    return index < G_N_ELEMENTS(rows) ? &rows[index].choice : NULL;
}

void
prose_profile_init(ProseProfile *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int r = prose_profile_set(ret, rows[i].choice.name, rows[i].choice.value);

        g_assert(r == 0);
    }
}

/* Enums of plain non-negative constants are unsigned int for the compilers we build with. */
G_STATIC_ASSERT(sizeof(ProseCounterLsbPlace) == sizeof(unsigned));

static int
set_word(ProseProfile *profile, const Row *row, const char *value)
{
    for (unsigned i = 0; row->words[i]; i++) {
        if (strcmp(row->words[i], value) == 0) {
            memcpy((char *) profile + row->offset, &i, sizeof i);
            return PROSE_OK;
        }
    }
    return PROSE_ERR_INVALID;
}

static int
set_octet(ProseProfile *profile, const Row *row, const char *value)
{
    guint64 v;

    if (g_str_has_prefix(value, "0x")
            ? !g_ascii_string_to_unsigned(value + 2, 16, 0, 0xFF, &v, NULL)
            : !g_ascii_string_to_unsigned(value, 10, 0, 0xFF, &v, NULL))
        return PROSE_ERR_INVALID;
    *((uint8_t *) profile + row->offset) = (uint8_t) v;
    return PROSE_OK;
}

static int
set_selectors(ProseProfile *profile, const char *value)
{
    g_auto(GStrv) words = g_strsplit(value, " ", -1);
    uint8_t selector[3] = { 0xFF, 0xFF, 0xFF };

    if (g_strv_length(words) != 3)
        return PROSE_ERR_INVALID;
    for (uint8_t i = 0; i < 3; i++) {
        for (unsigned key = 0; key < 3; key++) {
            if (strcmp(words[i], selector_names[key]) == 0)
                selector[key] = i;
        }
    }
    if (selector[0] == 0xFF || selector[1] == 0xFF || selector[2] == 0xFF)
        return PROSE_ERR_INVALID;
    profile->selector_duik = selector[0];
    profile->selector_duck = selector[1];
    profile->selector_dusk = selector[2];
    return PROSE_OK;
}

int
prose_profile_set(ProseProfile *profile, const char *name, const char *value)
{
    const Row *row = find_row(name);

    if (!row)
        return PROSE_ERR_NOT_FOUND;
    switch (row->kind) {
    case KIND_WORD:      return set_word(profile, row, value);
    case KIND_OCTET:     return set_octet(profile, row, value);
    case KIND_SELECTORS: return set_selectors(profile, value);
    }
    return PROSE_ERR_NOT_FOUND;
}

char *
prose_profile_get(const ProseProfile *profile, const char *name)
{
    const Row *row = find_row(name);
    unsigned word;
    const char *order[3] = { "", "", "" };

    if (!row)
        return NULL;
    switch (row->kind) {
    case KIND_WORD:
        memcpy(&word, (const char *) profile + row->offset, sizeof word);
        return g_strdup(row->words[word]);
    case KIND_OCTET:
        return g_strdup_printf("0x%02x", *((const uint8_t *) profile + row->offset));
    case KIND_SELECTORS:
        order[profile->selector_duik] = selector_names[0];
        order[profile->selector_duck] = selector_names[1];
        order[profile->selector_dusk] = selector_names[2];
        return g_strdup_printf("%s %s %s", order[0], order[1], order[2]);
    }
    return NULL;
}

uint32_t
prose_profile_epoch_offset(const ProseProfile *profile)
{
    return profile->counter_epoch == PROSE_COUNTER_EPOCH_1900 ? (uint32_t) PROSE_NTP_UNIX : 0;
}
