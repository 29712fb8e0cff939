/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

/* Slot sizes; a group is one guarded allocation cut into equal slots. Each group of a class is twice as large as the last, so that
 * few keys take little memory and many take few mappings, of which a process may have some 65 000. */
static const size_t class_sizes[] = { 32, 128, 512, 1024, 4096 };
#define N_CLASSES G_N_ELEMENTS(class_sizes)
#define GROUP_SIZE_MIN 16384
#define GROUP_SIZE_MAX 1048576

typedef struct Group {
    uint8_t *memory;           /* (owned): sodium_malloc() */
    size_t size;
    unsigned size_class;
} Group;

/* A slot that is free links to the next one through its first octets, so it is all zero but for them;
 * the link is cleared again when the slot is given out. */
typedef struct FreeSlot {
    struct FreeSlot *next;
} FreeSlot;

struct ProseSecretPool {
    GArray *groups;            /* of Group, ascending by address */
    FreeSlot *free[N_CLASSES];
    size_t next_size[N_CLASSES];   /* of the next group; 0 before the first */
    size_t in_use;
    bool locked;
    ProseSecretHook hook;
    void *hook_user;
};

ProseSecretPool *
prose_secret_pool_new(void)
{
    ProseSecretPool *pool;

    if (sodium_init() < 0)
        return NULL;
    pool = g_new0(ProseSecretPool, 1);
    pool->groups = g_array_new(FALSE, FALSE, sizeof(Group));
    pool->locked = true;
    return pool;
}

ProseSecretPool *
prose_secret_pool_free(ProseSecretPool *pool)
{
    if (!pool)
        return NULL;
    g_assert(pool->in_use == 0);
    for (guint i = 0; i < pool->groups->len; i++)
        sodium_free(g_array_index(pool->groups, Group, i).memory);
    g_array_free(pool->groups, TRUE);
    g_free(pool);
    return NULL;
}

void
prose_secret_pool_set_hook(ProseSecretPool *pool, ProseSecretHook hook, void *user)
{
    pool->hook = hook;
    pool->hook_user = user;
}

/* First group whose memory lies above @address. */
static guint
group_after(const ProseSecretPool *pool, const void *address)
{
    guint low = 0, high = pool->groups->len;

    while (low < high) {
        guint mid = low + (high - low) / 2;

        if ((uintptr_t) g_array_index(pool->groups, Group, mid).memory > (uintptr_t) address)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static void
add_group(ProseSecretPool *pool, unsigned size_class)
{
    size_t slot_size = class_sizes[size_class];
    Group group = { .size_class = size_class, .size = MAX(pool->next_size[size_class], GROUP_SIZE_MIN) };

    /* sodium_malloc() locks its pages if it may, and says nothing if it may not; errno is what is left to see it by. */
    errno = 0;
    group.memory = sodium_malloc(group.size);
    if (!group.memory)
        g_error("no memory for %zu octets of keys", group.size);
    if (errno == EPERM || errno == ENOMEM || errno == EAGAIN)
        pool->locked = false;
    memset(group.memory, 0, group.size);
    pool->next_size[size_class] = MIN(2 * group.size, GROUP_SIZE_MAX);
    g_array_insert_val(pool->groups, group_after(pool, group.memory), group);
    for (size_t at = group.size; at >= slot_size; at -= slot_size) {
        FreeSlot *slot = (FreeSlot *) (void *) (group.memory + at - slot_size);

        slot->next = pool->free[size_class];
        pool->free[size_class] = slot;
    }
}

void *
prose_secret_alloc(ProseSecretPool *pool, size_t size)
{
    unsigned size_class = 0;
    FreeSlot *slot;

    g_assert(size <= class_sizes[N_CLASSES - 1]);
    while (class_sizes[size_class] < size)
        size_class++;
    if (!pool->free[size_class])
        add_group(pool, size_class);
    slot = pool->free[size_class];
    pool->free[size_class] = slot->next;
    slot->next = NULL;
    pool->in_use++;
    return slot;
}

void *
prose_secret_free(ProseSecretPool *pool, void *memory)
{
    const Group *group;
    FreeSlot *slot = memory;
    guint after;

    if (!memory)
        return NULL;
    after = group_after(pool, memory);
    g_assert(after > 0);
    group = &g_array_index(pool->groups, Group, after - 1);
    g_assert((uintptr_t) memory < (uintptr_t) group->memory + group->size);
    sodium_memzero(memory, class_sizes[group->size_class]);
    if (pool->hook)
        pool->hook(pool->hook_user, memory, class_sizes[group->size_class]);
    slot->next = pool->free[group->size_class];
    pool->free[group->size_class] = slot;
    pool->in_use--;
    return NULL;
}

bool
prose_secret_pool_is_locked(const ProseSecretPool *pool)
{
    return pool->locked;
}

size_t
prose_secret_pool_in_use(const ProseSecretPool *pool)
{
    return pool->in_use;
}

void
prose_wipe(void *octets, size_t len)
{
    sodium_memzero(octets, len);
}

bool
prose_secret_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}
