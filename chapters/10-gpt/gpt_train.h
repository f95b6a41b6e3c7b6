// Training a GPT: windows cut at random places out of one long row of tokens,
// AdamW, a learning rate that rises and then falls along a cosine, gradients
// clipped (Brown et al. 2020, appendix B).
//
// A training that is saved and loaded goes on as if it had never stopped, bit
// for bit.
#ifndef GPT_TRAIN_H
#define GPT_TRAIN_H

#include "10-gpt/gpt.h"

#include "04-tokenizers/vocab.h"
#include "common/optim.h"

typedef struct GptRecipe {
    int windows;       // in a batch, each as long as the context
    int warmup, steps; // the learning rate rises; all steps
    float rate;        // its peak; it falls to a tenth
    float decay;       // of the weights
    float clip;        // the largest norm of a gradient
    uint64_t seed;
} GptRecipe;

enum { GPT_NUMBERS = 8 };

typedef struct GptTraining {
    const Gpt *model;
    const Ids *text;
    GptRecipe recipe;
    Adam adam;
    Tape *tape;
    Rng rng; // draws the windows
    int64_t step;
    double loss, losses;        // sum and number since gpt_train_loss
    double number[GPT_NUMBERS]; // for the caller; saved too
} GptTraining;

// `windows` windows of `length` tokens, each from a random place of the text
// (n tokens, more than length), and for each place the token that follows
// there: in and out have windows * length numbers.
void gpt_windows(Rng *r, const int *text, int n, int windows, int length,
                 int *in, int *out);

GptTraining gpt_training_new(const Gpt *m, const Ids *text, GptRecipe recipe);
void gpt_training_free(GptTraining *t);

// One batch: forward, backward, AdamW. Returns the mean loss of its tokens.
double gpt_train_step(GptTraining *t);

// The mean loss since the last call.
double gpt_train_loss(GptTraining *t);

void gpt_training_save(const GptTraining *t, const char *path);

// False if there is no such file; dies with one line if it does not fit.
bool gpt_training_load(GptTraining *t, const char *path);

#endif
