// The merge table, the two loops that apply it, and the memory for words; see
// merges.h.
#include "04-tokenizers/merges.h"

#include "common/check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

// --- the table --------------------------------------------------------------

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

// --- applying it ------------------------------------------------------------

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

// --- words that were met before ---------------------------------------------

void cache_free(WordCache *c)
{
    free(c->slot);
    buffer_free(&c->text);
    ids_free(&c->ids);
    *c = (WordCache){0};
}

uint64_t cache_hash(Text word)
{
    // Eight bytes at a time; the last ones overlap or are padded by zeros.
    uint64_t h = word.length * 0x9e3779b97f4a7c15u, part;
    size_t i = 0;
    for (; i + 8 <= word.length; i += 8) {
        memcpy(&part, word.at + i, 8);
        h = (h ^ part) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    part = 0;
    for (int shift = 0; i < word.length; i++, shift += 8)
        part |= (uint64_t)(uint8_t)word.at[i] << shift;
    h = (h ^ part) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

// The word's place, or the free place where it belongs.
static struct CachedWord *cache_place(const WordCache *c, Text word,
                                      uint64_t hash)
{
    uint64_t mask = ((uint64_t)1 << CACHE_BITS) - 1, i = hash & mask;
    for (struct CachedWord *w; (w = &c->slot[i])->length; i = (i + 1) & mask)
        if (w->hash == hash && w->length == word.length &&
            memcmp(c->text.at + w->text, word.at, word.length) == 0)
            break;
    return &c->slot[i];
}

bool cache_find(const WordCache *c, Text word, uint64_t hash, Ids *to)
{
    if (!c->slot || word.length > CACHE_WORD || !word.length)
        return false;
    const struct CachedWord *w = cache_place(c, word, hash);
    for (int i = 0; i < w->n; i++)
        ids_add(to, c->ids.at[w->ids + i]);
    return w->length > 0;
}

void cache_add(WordCache *c, Text word, uint64_t hash, const int *id, int n)
{
    if (word.length > CACHE_WORD || !word.length || n > UINT16_MAX)
        return;
    if (!c->slot)
        c->slot = new_array((size_t)1 << CACHE_BITS, sizeof *c->slot);
    if (c->words == 1 << (CACHE_BITS - 1)) {
        memset(c->slot, 0, sizeof *c->slot << CACHE_BITS);
        c->words = c->ids.n = 0;
        c->text.length = 0;
    }
    *cache_place(c, word, hash) =
        (struct CachedWord){.hash = hash,
                            .text = (int)c->text.length,
                            .ids = c->ids.n,
                            .length = (uint16_t)word.length,
                            .n = (uint16_t)n};
    buffer_add(&c->text, word.at, word.length);
    for (int i = 0; i < n; i++)
        ids_add(&c->ids, id[i]);
    c->words++;
}
