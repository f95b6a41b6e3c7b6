// Attention as a band: a token looks at its neighbours, and at the few first
// tokens of its sequence, which look at all (Longformer: Beltagy, Peters and
// Cohan 2020; with random blocks, BigBird: Zaheer et al. 2020).
//
// The one idea: a block of neighbouring queries sees nearly the same keys, and
// these lie side by side. So what a block sees is a few strips of keys, each a
// plain matrix product, and nothing outside the strips is ever computed: work
// and memory grow with T, not with T^2.
//
// Longformer has a second set of weights for the global tokens; here they use
// the same as the others.
#ifndef LONG_TEXT_BAND_H
#define LONG_TEXT_BAND_H

#include "common/ops.h"

enum {
    BAND_BLOCK = 64,      // queries of a block, and keys of a random block
    BAND_RANDOM_MOST = 16 // random blocks
};

typedef struct Band {
    int window;    // token i sees token j if |i - j| < window, as in Mask; >= 1
    int global;    // the first so many tokens see all, and all see them
    int random;    // so many blocks of keys that each block of queries sees as
                   // well, drawn among those outside its window
    uint64_t seed; // of the draw
} Band;

// As attention() of common/ops.h, each sequence by itself, under this band.
// q, k and v: T x (heads * w) -> T x (heads * w). With window >= T, or global
// >= T, it is the same as attention() under FULL. What is seen depends on the
// length of a sequence and on nothing beside it.
Matrix *band_attention(Matrix *q, Matrix *k, Matrix *v, int heads, Band band);

// The rule, for pictures and for tests: does token i of a sequence of T see
// token j?
bool band_sees(const Band *b, int T, int i, int j);

// Pairs of query and key for which a sequence of T computes a score, those in
// the corners of the strips that are masked afterwards among them.
double band_pairs(const Band *b, int T);

#endif
