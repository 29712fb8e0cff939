/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-message-tool.h"

#include "prose-clock.h"
#include "prose-error.h"
#include "prose-message-tool-internal.h"

#include <stdio.h>
#include <string.h>

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProseMessageTask, prose_message_task_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProseMessageAnswer, prose_message_answer_clear)

static char *
malformed_note(const ProseMessageTask *t, uint8_t type)
{
    if (t->message_len != PROSE_PC5_LEN)
        return g_strdup_printf("%zu octets, not %d", t->message_len, PROSE_PC5_LEN);
    return g_strdup_printf("message type 0x%02x: %s", type, prose_strerror(prose_pc5_type_check(type)));
}

/* The message as it reads without a key. A literal prefix is undone if only then the type makes sense. */
static void
decode(const ProseMessageTask *t, ProseMessageAnswer *ret)
{
    ProsePc5Split split = { 0 };
    int scrambled;

    if (prose_pc5_split(&split, t->message, t->message_len, &t->profile) < 0
        || (!split.head[0].type_is_valid && !split.head[1].type_is_valid)) {
        ret->outcome = prose_pc5_outcome_name(PROSE_PC5_MALFORMED);
        ret->note = malformed_note(t, split.head[0].type);
        return;
    }
    scrambled = !split.head[0].type_is_valid;
    if (scrambled)
        ret->note = g_strdup("message type and counter LSB are shown with the literal scrambling prefix undone");
    ret->has_message = ret->has_frame = true;
    memcpy(ret->message, t->message, PROSE_PC5_LEN);
    ret->frame.type = split.head[scrambled].type;
    ret->frame.counter_lsb = split.head[scrambled].counter_lsb;
    memcpy(ret->frame.content, split.content, PROSE_CONTENT_LEN);
    memcpy(ret->frame.mic, split.mic, PROSE_MIC_LEN);
}

static void
derive_keys(const ProseMessageTask *t)
{
    for (size_t i = 0; i < t->n_psdks; i++)
        prose_pc5_keys_init(t->keys[i], t->psdks[i], t->scope, &t->profile);
}

static void
protect(ProseMessageTask *t, ProseMessageAnswer *ret)
{
    /* Without a PSDK no protection is in use, and these are not looked at. */
    static const ProsePc5Keys no_keys;
    const ProsePc5Keys *keys = t->n_psdks > 0 ? t->keys[0] : &no_keys;
    ProsePc5Frame *frame = &ret->frame;
    ProsePc5Content content;
    ProsePc5Split split;
    int r;

    r = prose_pc5_frame_decode(frame, t->message, t->message_len, &t->profile);
    g_assert(r == PROSE_OK);                           /* read_message() saw to the length */
    if (prose_pc5_content_decode(&content, frame->type, frame->content) == PROSE_OK
        && prose_pc5_type_key_type(frame->type) >= 0)
        t->scope = (ProseKeyScope) { (uint8_t) prose_pc5_type_key_type(frame->type), content.id };
    derive_keys(t);

    prose_pc5_protect(ret->message, keys, &t->meta, frame->type, frame->content, t->counter, t->mic_random, &t->profile);
    prose_pc5_work(&ret->working, keys, &t->meta, frame->type, frame->content, t->counter, t->mic_random, &t->profile);
    prose_pc5_split(&split, ret->message, sizeof ret->message, &t->profile);
    frame->counter_lsb = split.head[t->meta.scrambling].counter_lsb;
    memcpy(frame->mic, ret->working.mic, PROSE_MIC_LEN);
    ret->has_message = ret->has_frame = ret->has_counter = true;
    ret->counter = t->counter;
    ret->psdk = t->n_psdks > 0 ? 1 : 0;
    if (prose_pc5_type_check(frame->type) < 0)
        ret->note = g_strdup_printf("message type 0x%02x: %s; it is not to be sent, and receivers discard it", frame->type,
                                    prose_strerror(prose_pc5_type_check(frame->type)));
}

/* Any message type is taken, but with a scope only those of its kind, and of those only its own identity. */
static void
context_filter(ProsePc5Context *context, const ProseMessageTask *t, uint8_t received_type)
{
    const ProsePc5Content value = { .type = received_type, .id = t->scope.id };
    const ProsePc5Content ones = { .type = received_type, .id = PROSE_ID24_MAX };

    context->type = received_type;
    if (!t->has_scope)
        return;
    if (prose_pc5_type_key_type(received_type) != t->scope.type) {
        context->type = (uint8_t) ~received_type;
        return;
    }
    prose_pc5_content_encode(context->filter_value, &value);
    prose_pc5_content_encode(context->filter_mask, &ones);
}

static char *
rejection(const ProseMessageTask *t, ProsePc5Outcome outcome, const ProsePc5Split *split)
{
    if (outcome == PROSE_PC5_MALFORMED)
        return malformed_note(t, split->head[t->meta.scrambling].type);
    if (outcome == PROSE_PC5_NO_KEY)
        return g_strdup("no --psdk was given");
    if (outcome == PROSE_PC5_CLOCK_OFFSET)
        return g_strdup_printf("slot counter and ProSe clock are %d s apart, MAX_OFFSET is %u s",
                               prose_counter_distance(t->slot_counter, (uint32_t) t->clock_s), t->max_offset);
    if (outcome == PROSE_PC5_STALE)
        return g_strdup_printf("the counter rebuilt from the LSB is more than %u s, MAX_OFFSET, from the ProSe clock",
                               t->max_offset);
    if (outcome == PROSE_PC5_NOT_FOR_ME)
        return g_strdup("another discovery, or not protected with this PSDK");
    return g_strdup("not protected with this PSDK at this time and in this way, or changed on the way");
}

static void
unprotect(const ProseMessageTask *t, ProseMessageAnswer *ret)
{
    g_autofree ProsePc5Context *contexts = g_new0(ProsePc5Context, t->n_psdks + 1);
    ProsePc5Split split = { 0 };
    ProsePc5Verdict v;
    uint32_t counter;
    size_t shown = 0;

    derive_keys(t);
    prose_pc5_split(&split, t->message, t->message_len, &t->profile);
    for (size_t i = 0; i < t->n_psdks; i++) {
        contexts[i] = (ProsePc5Context) {
            .keys = t->keys[i], .meta = &t->meta, .max_offset = t->max_offset,
            .valid_from = 0, .valid_to = INT64_C(1) << 32,             /* always: the command line knows no validity */
        };
        context_filter(&contexts[i], t, split.head[t->meta.scrambling].type);
    }
    prose_pc5_unprotect(&v, contexts, t->n_psdks, t->message, t->message_len, t->slot_counter, t->clock_s, &t->profile);
    ret->outcome = prose_pc5_outcome_name(v.outcome);

    if (v.outcome == PROSE_PC5_ACCEPTED) {
        ret->frame = (ProsePc5Frame) { .type = v.type, .counter_lsb = split.head[t->meta.scrambling].counter_lsb };
        memcpy(ret->frame.content, v.content, PROSE_CONTENT_LEN);
        memcpy(ret->frame.mic, v.mic, PROSE_MIC_LEN);
        prose_pc5_frame_encode(ret->message, &ret->frame, &t->profile);
        ret->has_message = ret->has_frame = ret->has_counter = true;
        ret->counter = v.counter;
        shown = (size_t) (v.context - contexts);
    } else {
        ret->note = rejection(t, v.outcome, &split);
    }
    if (t->n_psdks == 0)
        return;
    ret->psdk = shown + 1;
    if (t->message_len == PROSE_PC5_LEN && prose_pc5_gate(&counter, &contexts[shown], &split, t->slot_counter, t->clock_s,
                                                          &t->profile) == PROSE_PC5_ACCEPTED) {
        ProsePc5Attempt a;

        prose_pc5_attempt(&a, &ret->working, &contexts[shown], &split, counter, &t->profile);
    }
}

int
prose_message_tool_main(int argc, char **argv)
{
    g_auto(ProseMessageTask) task = { .secrets = prose_secret_pool_new() };
    g_auto(ProseMessageAnswer) answer = { 0 };
    g_autofree char *help = NULL, *mistakes = NULL;

    if (!task.secrets) {
        g_printerr("prose-sim message: libsodium does not start\n");
        return 1;
    }
    g_set_prgname("prose-sim message");
    mistakes = prose_message_task_read(&task, argc, argv, &help);
    if (mistakes) {
        g_printerr("%sTry `prose-sim message --help`.\n", mistakes);
        return 2;
    }
    if (help) {
        g_print("%s", help);
        return 0;
    }

    switch (task.verb) {
    case PROSE_MESSAGE_DECODE:    decode(&task, &answer); break;
    case PROSE_MESSAGE_PROTECT:   protect(&task, &answer); break;
    case PROSE_MESSAGE_UNPROTECT: unprotect(&task, &answer); break;
    }
    prose_message_print(&task, &answer);
    if (fflush(stdout) != 0) {
        perror("prose-sim message: standard output");
        return 1;
    }
    return !answer.outcome || g_str_equal(answer.outcome, prose_pc5_outcome_name(PROSE_PC5_ACCEPTED)) ? 0 : 1;
}
