// Documents as vectors of their chunks, by a pretrained encoder that is left as
// it is: each chunk is encoded once, and all that follows works on the vectors.
//
// Lifetime: Chunks own their numbers until chunks_free.
#ifndef LONG_TEXT_CHUNKS_H
#define LONG_TEXT_CHUNKS_H

#include "15-bert/use_lite.h"

// The chunks of document i are start[i] up to, not including, start[i + 1].
typedef struct Chunks {
    int n, width;
    int *start;     // n + 1
    float *vector;  // start[n] x width
    int *pieces;    // in each chunk: 128, fewer in the last of a document
    double seconds; // that encoding a chunk took, when it was done
    size_t bytes;   // of memory for it: the encoder, and its working space
} Chunks;

// How many chunks cover n pieces: the first begins at 0, each next one `stride`
// later, and the last is the first that reaches the end. It is kept however
// short it is. None if n is 0.
int chunks_needed(int n, int size, int stride);

// Encodes the pieces of each of n documents, in chunks of USE_LITE_TOKENS. If
// `kept` is not NULL, it is the path of a file: what was encoded before is read
// from there if it is of the same pieces and the same encoder, else it is
// written there.
Chunks chunks_encode(const UseLite *m, const Ids *pieces, int n, int stride,
                     const char *kept);
void chunks_free(Chunks *c);

// Multiply-adds for one chunk of so many tokens, by formula.
double use_lite_madds(int tokens);

#endif
