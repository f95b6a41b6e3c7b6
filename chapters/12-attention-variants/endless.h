// Reading a text without an end: a model over a cache that forgets.
//
// The one idea: a model with a window W needs the keys and values of the last
// W positions, wherever in the text it is. So the cache is a ring, and memory
// does not know how long the text is. Some models need the first few positions
// too, whatever they hold: attention sinks (Xiao et al. 2023).
//
// What a rotary position may not do is grow: a sink 100,000 positions back is
// at a distance that the model has never seen. So a sink's key is turned anew
// at each step to stand directly before the window: distances are counted in
// the cache and not in the text (Xiao et al. 2023, section 3.2).
//
// Lifetime rule: all memory is taken in endless_new and lives until
// endless_free.
#ifndef ATTENTION_VARIANTS_ENDLESS_H
#define ATTENTION_VARIANTS_ENDLESS_H

#include "11-kv-cache/cached_gpt.h"

typedef struct Endless {
    Gpt model; // with the window of this reader
    CachedGpt reader;
    KvPool *pool;
    KvCache cache;
    int sinks;
    float *first;   // layers x sinks x width of a key: as they were put
    float *work;    // one key
    RopeTable turn; // one row: by how much the sinks are turned
} Endless;

// A reader of at most `rows` tokens at once. window 0: nothing is forgotten,
// and there is room for `positions`. Otherwise each token sees the last
// `window`, itself included, and the first `sinks`, for which the model has to
// be rotary and rows 1. The window need not be the one that m learnt with.
Endless *endless_new(const Gpt *m, int positions, int window, int sinks,
                     int rows);
void endless_free(Endless *s);

// Reads n tokens, at most `rows` and kv_room(&s->cache), behind those before.
// The scores of what follows each of them, n x pieces, until the next call.
const float *endless_read(Endless *s, int n, const int *id);

// The bytes of keys and values that it holds.
size_t endless_bytes(const Endless *s);

// -log of the probability that `scores` (V of them) give to `next`.
double surprise(const float *scores, int V, int next);

#endif
