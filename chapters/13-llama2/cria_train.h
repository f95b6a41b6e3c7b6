// Teaching a cria: a text as one long row of tokens, batches of windows cut
// from random places of it, AdamW with a cosine schedule.
#ifndef LLAMA2_CRIA_TRAIN_H
#define LLAMA2_CRIA_TRAIN_H

#include "13-llama2/cria.h"
#include "13-llama2/llama_pieces.h"

#include "common/optim.h"

// What is learnt from: <s>, the tokens of a text, <s>, those of the next ...
typedef struct CriaText {
    Ids learn, held; // to learn from, and held out
    int texts;       // how many there were
    size_t bytes;
} CriaText;

// Stories of data/tales, a tenth of them held out; or a text file, of which the
// last tenth is held out and blank lines part the texts. The tokenizer is
// learnt from the part that is not held out. Dies with one line if the file is
// too short for windows of `length` tokens.
CriaText cria_text_tales(int stories, uint64_t seed, int pieces,
                         LlamaPieces *p);
CriaText cria_text_file(const char *path, int pieces, int length,
                        LlamaPieces *p);
void cria_text_free(CriaText *c);

typedef struct CriaRecipe {
    int windows, length; // of a batch: windows x length tokens
    int64_t steps;
    float rate; // the highest; it begins and ends at less
    uint64_t seed;
} CriaRecipe;

typedef struct CriaTraining {
    const Cria *model;
    const CriaText *corpus;
    CriaRecipe recipe;
    Adam adam;
    Tape *tape;
    int64_t step;
} CriaTraining;

CriaTraining cria_training_new(const Cria *m, const CriaText *c,
                               CriaRecipe recipe);
void cria_training_free(CriaTraining *t);

// One step: the loss in nats a token.
double cria_step(CriaTraining *t);

// The mean loss on `windows` windows at fixed places of what is held out.
double cria_held_loss(const CriaTraining *t, int windows);

#endif
