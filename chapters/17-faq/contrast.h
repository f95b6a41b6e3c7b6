// An encoder of our own, taught by pairs: two texts that ask the same get
// near vectors, texts that ask different things far ones.
//
// The one idea: in a batch of n pairs the partner of each text is the right
// class, and the partners of the n - 1 others are the wrong ones. So a batch
// brings its own negatives, and the loss is chapter 2's cross-entropy.
#ifndef FAQ_CONTRAST_H
#define FAQ_CONTRAST_H

#include "17-faq/encoder.h"
#include "17-faq/knowledge.h"

#include "15-bert/bert.h"

// Rows divided by their length: T x d -> T x d. (That is an RMS norm whose gain
// is 1 / sqrt(d).)
Matrix *unit_rows(Matrix *x);

// InfoNCE (van den Oord, Li and Vinyals 2018, eq. 4) in both directions: rows i
// of a and b, n x d each, belong together. The mean of
//     -log softmax_j(a_i . b_j / temperature)[i]  and the same for b.
Matrix *contrastive_loss(Matrix *a, Matrix *b, float temperature);

typedef struct ContrastRecipe {
    int width, heads, layers; // of the encoder, a small BERT
    int words;                // in its vocabulary, at most
    int steps, batch;         // pairs in a batch, each of another owner
    float rate, temperature, dropout;
    uint64_t seed;
} ContrastRecipe;

// One layer of width 64 and 150 steps: a second, for some hundred phrasings.
ContrastRecipe contrast_recipe(uint64_t seed);

typedef struct Contrast {
    ContrastRecipe recipe;
    Bert bert;
    WordPiece pieces;
    double loss; // the mean of the last tenth of the steps
} Contrast;

// Learns from n phrasings; owners with less than two of them teach nothing. The
// vocabulary is made from them, too. Stops early if interrupted.
Contrast contrast_train(const Phrasing *p, int n, int owners,
                        const ContrastRecipe *recipe);
void contrast_free(Contrast *c);

// The vectors of the texts in one batch: n x width, on the tape.
Matrix *contrast_vectors(const Contrast *c, Tape *t, BertInput x);

// As an encoder; forgetting it does not free the Contrast.
Encoder contrast_encoder(Contrast *c);

#endif
