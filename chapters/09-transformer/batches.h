// Pairs of sentences as token numbers, and batches of them.
//
// The one idea: sentences are packed under each other, so a batch has no
// padding, and sentences of any lengths may meet in it. It is filled up to a
// number of tokens, not of sentences, so each step costs about the same.
//
// What the decoder is given and what it shall say are the same sentence,
// shifted by one:
//     input   <s>  ein  Hund
//     output  ein  Hund </s>
#ifndef TRANSFORMER_BATCHES_H
#define TRANSFORMER_BATCHES_H

#include "common/matrix.h"

// Pairs in two packed lists; start to be read as in Spans.
typedef struct Pairs {
    int n, room;
    int *source, *target;             // tokens, without begin and end
    int *source_start, *target_start; // n + 1 each
    int source_room, target_room;
} Pairs;

// Starts with {0}. Appends one pair.
void pairs_add(Pairs *p, const int *source, int source_n, const int *target,
               int target_n);
void pairs_free(Pairs *p);

typedef struct Batch {
    int n;                // pairs
    Tokens source, input; // source with `end` after it
    const int *output;    // input.n: what follows each token of the input
} Batch;

// The pairs index[0] .. index[n - 1] as a batch, in the arena.
Batch batch_of(Arena *a, const Pairs *p, const int *index, int n, int begin,
               int end);

// An endless walk through the pairs, each epoch in another random order. The
// order depends on seed and epoch alone, so epoch and place are all that a
// checkpoint needs.
typedef struct Batches {
    const Pairs *pairs;
    int begin, end;
    int most; // tokens of a batch, source and target together
    uint64_t seed;
    int64_t epoch; // from 0
    int place;     // pairs of this epoch that are done
    int64_t mixed; // the epoch that `order` belongs to
    int *order;
} Batches;

Batches batches_new(const Pairs *p, int begin, int end, int most,
                    uint64_t seed);
void batches_free(Batches *b);

// The next batch: as many pairs as fit, at least one; the last of an epoch may
// be smaller.
Batch batches_next(Batches *b, Arena *a);

#endif
