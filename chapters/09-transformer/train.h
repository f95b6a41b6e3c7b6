// Training a transformer as the paper does: Adam, the learning rate of its
// equation 3, smoothed labels, and an average of the last checkpoints.
//
// A training that is saved and loaded goes on as if it had never stopped, bit
// for bit.
#ifndef TRANSFORMER_TRAIN_H
#define TRANSFORMER_TRAIN_H

#include "09-transformer/batches.h"
#include "09-transformer/transformer.h"

#include "common/optim.h"

typedef struct Recipe {
    int tokens;      // of a batch, source and target together
    int warmup;      // steps in which the learning rate rises
    float rate;      // what the paper's learning rate is multiplied by
    float smoothing; // of the labels
    uint64_t seed;
} Recipe;

enum { SCORES = 8 };

typedef struct Training {
    const Transformer *model;
    Recipe recipe;
    Batches batches;
    Adam adam;
    Tape *tape;
    int64_t step;
    double loss, words;   // sums over the steps since loss_since
    double score[SCORES]; // for the caller; saved too
} Training;

Training training_new(const Transformer *m, const Pairs *p, int begin, int end,
                      Recipe recipe);
void training_free(Training *t);

// One batch: forward, backward, Adam. Returns the mean loss of its tokens.
double training_step(Training *t);

// The mean loss since the last call.
double loss_since(Training *t);

void training_save(const Training *t, const char *path);

// False if there is no such file; dies with one line if it does not fit.
bool training_load(Training *t, const char *path);

// The mean loss of the pairs, without smoothing: the logarithm of perplexity.
double pairs_loss(const Transformer *m, const Pairs *p, int begin, int end);

// The average of several states of the same parameters (section 6.1). Start
// with {0}.
typedef struct Average {
    double *sum;
    int n;
} Average;

void average_add(Average *a, const Params *p);

// Gives p the average, and frees it.
void average_take(Average *a, Params *p);

#endif
