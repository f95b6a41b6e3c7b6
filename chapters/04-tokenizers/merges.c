// The table of merges; see merges.h. The loops that apply it are in
// merge_pairs.c.
#include "04-tokenizers/merges.h"

#include "common/check.h"

#include <stdlib.h>

static Pair *free_slots(int bits)
{
    size_t n = (size_t)1 << bits;
    Pair *slot = new_array(n, sizeof *slot);
    for (size_t i = 0; i < n; i++)
        slot[i].left = -1;
    return slot;
}

Merges merges_new(void)
{
    return (Merges){.slot = free_slots(8), .bits = 8};
}

void merges_free(Merges *m)
{
    free(m->slot);
    free(m->next);
    free(m->last);
    heap_free(&m->heap);
    *m = (Merges){0};
}

static void put(Merges *m, Pair pair)
{
    uint64_t key = (uint64_t)(uint32_t)pair.left << 32 | (uint32_t)pair.right;
    uint64_t at = key * 0x9e3779b97f4a7c15u >> (64 - m->bits);
    while (m->slot[at].left >= 0)
        at = (at + 1) & (((uint64_t)1 << m->bits) - 1);
    m->slot[at] = pair;
}

void merges_add(Merges *m, Pair pair)
{
    check(pair.left >= 0 && pair.right >= 0, "a pair of symbols %d and %d",
          pair.left, pair.right);
    if (2 * ((size_t)m->n + 1) > (size_t)1 << m->bits) {
        Pair *old = m->slot;
        size_t places = (size_t)1 << m->bits;
        m->slot = free_slots(++m->bits);
        for (size_t i = 0; i < places; i++)
            if (old[i].left >= 0)
                put(m, old[i]);
        free(old);
    }
    put(m, pair);
    m->n++;
}
