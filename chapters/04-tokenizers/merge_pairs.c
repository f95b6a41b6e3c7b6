// Applying merges to a word: the plain loop, and the one for long words; see
// merges.h.
#include "04-tokenizers/merges.h"

#include "common/check.h"

#include <string.h>

int merge_by_scan(Merges *m, int *symbol, int n)
{
    for (;;) {
        const Pair *best = NULL;
        int place = 0;
        for (int i = 0; i + 1 < n; i++) {
            const Pair *p = merges_find(m, symbol[i], symbol[i + 1]);
            if (p && (!best || p->rank < best->rank)) {
                best = p;
                place = i;
            }
        }
        if (!best)
            return n;
        symbol[place] = best->product;
        memmove(symbol + place + 1, symbol + place + 2,
                (n - place - 2) * sizeof *symbol);
        n--;
    }
}

static void push_pair(Merges *m, const int *symbol, int left, int right)
{
    const Pair *p = merges_find(m, symbol[left], symbol[right]);
    if (p)
        heap_push(&m->heap, (uint64_t)p->rank << 32 | (uint32_t)left, 0);
}

static void make_room(Merges *m, int n)
{
    if (n > m->room) {
        m->next = grow_array(m->next, n, sizeof *m->next);
        m->last = grow_array(m->last, n, sizeof *m->last);
        m->room = n;
    }
}

int merge_by_heap(Merges *m, int *symbol, int n)
{
    enum { GONE = -2 };
    make_room(m, n);
    for (int i = 0; i < n; i++) {
        m->last[i] = i - 1;
        m->next[i] = i + 1;
    }
    m->heap.n = 0;
    for (int i = 0; i + 1 < n; i++)
        push_pair(m, symbol, i, i + 1);
    while (m->heap.n) {
        uint64_t top = heap_pop(&m->heap).first;
        int left = (int)(uint32_t)top, right = m->next[left];
        if (symbol[left] == GONE || right >= n)
            continue;
        // Out of date if another pair stands here by now.
        const Pair *p = merges_find(m, symbol[left], symbol[right]);
        if (!p || (uint64_t)p->rank != top >> 32)
            continue;
        symbol[left] = p->product;
        symbol[right] = GONE;
        int after = m->next[left] = m->next[right];
        if (after < n) {
            m->last[after] = left;
            push_pair(m, symbol, left, after);
        }
        if (m->last[left] >= 0)
            push_pair(m, symbol, m->last[left], left);
    }
    int kept = 0;
    for (int i = 0; i < n; i = m->next[i])
        symbol[kept++] = symbol[i];
    return kept;
}

int merge_pairs(Merges *m, int *symbol, int n)
{
    enum { SHORT_WORD = 16 }; // from here on the heap is faster
    return n <= SHORT_WORD ? merge_by_scan(m, symbol, n)
                           : merge_by_heap(m, symbol, n);
}
