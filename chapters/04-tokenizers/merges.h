// Merges: the encoder that byte-level BPE and SentencePiece BPE share.
//
// The one idea (Gage 1994; Sennrich, Haddow and Birch 2016): a word is a row
// of symbols. A table says for some pairs of neighbours that they may become
// one symbol, and how early that merge was learned: its rank. Encoding replays
// the training: the pair of lowest rank is merged first, of equals the
// leftmost, until no pair of neighbours is in the table.
#ifndef TOKENIZERS_MERGES_H
#define TOKENIZERS_MERGES_H

#include "04-tokenizers/heap.h"
#include "04-tokenizers/vocab.h"

// "left right -> product", the rank-th merge.
typedef struct Pair {
    int left, right;
    int rank;
    int product;
} Pair;

// A hash table of pairs, and room for merge_pairs to work in.
typedef struct Merges {
    Pair *slot; // left < 0: free
    int bits, n;
    Heap heap;        // these three only for long words
    int *next, *last; // the neighbours of a symbol
    int room;
} Merges;

Merges merges_new(void);
void merges_free(Merges *m);

// Adds a pair that is not in the table yet.
void merges_add(Merges *m, Pair pair);

// The pair, or NULL. Symbols below 0 are in no pair.
static inline const Pair *merges_find(const Merges *m, int left, int right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    uint64_t at = key * 0x9e3779b97f4a7c15u >> (64 - m->bits);
    for (uint64_t mask = ((uint64_t)1 << m->bits) - 1; m->slot[at].left >= 0;
         at = (at + 1) & mask)
        if (m->slot[at].left == left && m->slot[at].right == right)
            return &m->slot[at];
    return NULL;
}

// Merges the n symbols in place, lowest rank first and leftmost among equals,
// and returns how many are left. Short words go to the first of the two
// functions below, long ones to the second; both do exactly the same.
int merge_pairs(Merges *m, int *symbol, int n);

// Looks through all pairs for the best, merges it, and again: n^2 steps.
int merge_by_scan(Merges *m, int *symbol, int n);

// Keeps the pairs in a heap: n log n steps. Without it a line of a million
// equal letters would take a quarter of an hour instead of a blink.
int merge_by_heap(Merges *m, int *symbol, int n);

#endif
