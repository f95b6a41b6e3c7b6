// The same task as a text: letters and digits alternate in one row of tokens,
//
//     c 4 h 1 c 4 q 9 h 1 ...
//
// and the model says the next token wherever a letter comes that has come
// before. One layer of attention is not enough now: the entry that is looked
// for, "the token after the earlier c", does not say what stands before it. A
// first layer has to copy that there (Elhage et al. 2021 call the pair of
// layers an induction head).
#ifndef CHAPTER_07_STREAM_H
#define CHAPTER_07_STREAM_H

#include "common/ops.h"
#include "common/optim.h"

enum {
    STREAM_LETTERS = 8,
    STREAM_DIGITS = 10,
    STREAM_PAIRS = 16,
    STREAM_TOKENS = 2 * STREAM_PAIRS,
    STREAM_WIDTH = 48,
    STREAM_LAYERS = 2, // at most
};

// Texts packed under each other, STREAM_TOKENS each. Token 0 .. 7 is a letter,
// 8 .. 17 a digit. The target is the digit where it can be known, else -1.
typedef struct Texts {
    int n;
    int *token, *target, *place;
    Spans seq;
} Texts;

Texts texts(Arena *a, Rng *r, int n);

typedef struct Layer {
    Linear q, k, v, out;
} Layer;

typedef struct Stream {
    Params *p;
    int layers;
    Matrix *tokens, *places; // embeddings: of what, and of where
    Layer layer[STREAM_LAYERS];
    Linear answer;
} Stream;

Stream stream_new(uint64_t seed, int layers);
void stream_free(Stream *m);

// Logits for the digits: tokens x 10. If weights is not NULL, it receives how
// each token of the first text looks at each one, for each layer:
// layers x STREAM_TOKENS x STREAM_TOKENS.
Matrix *stream_logits(const Stream *m, Tape *t, const Texts *x, float *weights);

// Trains on fresh texts, n a step.
void stream_train(Stream *m, int steps, int n, uint64_t seed,
                  void (*after)(void *, int, double), void *context);

// The share of right digits, where they can be known, in n unseen texts.
double stream_score(const Stream *m, int n, uint64_t seed);

#endif
