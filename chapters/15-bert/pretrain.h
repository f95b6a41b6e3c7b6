// Learning a language from plain text (Devlin et al. 2018, section 3.1): fill
// blanks, and tell whether one text follows another.
#ifndef BERT_PRETRAIN_H
#define BERT_PRETRAIN_H

#include "15-bert/bert.h"
#include "15-bert/documents.h"
#include "15-bert/masking.h"

#include "common/optim.h"

// What the second text of an input is.
typedef enum Pairing {
    SINGLE, // there is none
    NEXT,   // what follows the first, or, half of the time, something from
            // another document (Devlin et al. 2018)
    ORDER,  // what follows the first; half of the time the two are exchanged
            // (Lan et al. 2020)
    PAIRINGS
} Pairing;

// Inputs with blanks, and the answers. Starts with {0}.
typedef struct Blanks {
    BertBatch x;
    Ids at, answer; // rows, and what stood there
    Ids other;      // for each input: 0, b follows a; 1, it does not
} Blanks;

// Makes inputs from random places of the documents, up to about `tokens` in
// all, each of at most `longest`. Without blanks if rule is NULL.
void blanks_make(Blanks *b, const Documents *d, const WordPiece *w,
                 const Masking *rule, Rng *r, Pairing pairing, int tokens,
                 int longest);
void blanks_free(Blanks *b);

typedef struct PretrainRecipe {
    int steps, warmup;   // the rate rises, then falls along a cosine
    float rate;          // at its highest
    int tokens, longest; // of a batch; of an input
    float share;         // of the tokens that become blanks; 0.15 in the paper
    Pairing pairing;
    uint64_t seed;
} PretrainRecipe;

typedef struct Pretraining {
    const Bert *model;
    const Documents *text;
    const WordPiece *pieces;
    PretrainRecipe recipe;
    Masking rule;
    Blanks batch;
    Adam adam;
    Tape *tape;
    Rng rng;
    int64_t step;
    double loss; // sums over the steps since pretraining_loss
    int64_t steps;
} Pretraining;

// A better start than chance, so that a small training gets somewhere: the head
// that fills blanks begins with the frequencies of the text's pieces as its
// bias, and the positions begin as small sinusoids, in which "one to the left"
// is easy to find. Both are learnt from there on.
void pretrain_start(Bert *m, const Documents *text);

Pretraining pretraining_new(const Bert *m, const WordPiece *w,
                            const Documents *text, PretrainRecipe recipe);
void pretraining_free(Pretraining *p);

// One batch. Returns the loss of its blanks.
double pretraining_step(Pretraining *p);

// The mean loss of the blanks since the last call.
double pretraining_loss(Pretraining *p);

// A saved training goes on bit for bit. False if there is no such file; dies
// with one line if it does not fit.
void pretraining_save(const Pretraining *p, const char *path);
bool pretraining_load(Pretraining *p, const char *path);

// How well a model does on text it has not seen: always the same inputs for
// the same recipe, text and number of batches.
typedef struct Measured {
    double loss;   // of the blanks; nats
    double filled; // share of the blanks whose likeliest piece is right
    double paired; // share of the pairs told right
} Measured;

Measured pretrain_measure(const Bert *m, const WordPiece *w, const Documents *d,
                          const PretrainRecipe *recipe, int batches);

#endif
