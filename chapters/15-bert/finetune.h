// Using what was learnt: a pretrained model gets a new head and learns a task
// from few examples; or its hidden states are looked at from outside.
#ifndef BERT_FINETUNE_H
#define BERT_FINETUNE_H

#include "15-bert/bert.h"

// Inputs, and the class of each. Starts with {0}.
typedef struct BertExamples {
    BertBatch x;
    Ids label;
} BertExamples;

void bert_examples_free(BertExamples *e);

// The inputs index[0] .. index[n - 1], and their classes, in the arena.
BertInput bert_examples_pick(const BertExamples *e, Arena *a, const int *index,
                             int n, int *label);

// A model of this shape whose parameters are those of m where it has one of
// the same name and size, and random elsewhere (a new head).
Bert bert_with(const Bert *m, BertShape shape, uint64_t seed);

typedef struct TuneRecipe {
    int epochs, batch; // passes over the examples, inputs in a batch
    float rate;        // rises over a tenth of the steps, then falls
    uint64_t seed;
} TuneRecipe;

// Teaches all parameters of the model, the classifier among them. Returns the
// mean loss of the last epoch.
double finetune(const Bert *m, const BertExamples *e, TuneRecipe recipe);

// The share of the examples whose likeliest class is right.
double finetune_accuracy(const Bert *m, const BertExamples *e);

// Can a line tell the classes from these vectors? Logistic regression on the
// first `learn` of n rows of x (n x width); the share of the others that it
// gets right (Alain and Bengio 2016).
double probe(const float *x, const int *label, int n, int learn, int width,
             int classes, uint64_t seed);

#endif
