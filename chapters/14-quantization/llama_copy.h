// A Llama whose numbers may be changed: a copy with all its matrices in a list,
// and with a place to stand in front of each product while it runs.
//
// The one idea: rounding weights is a change of the copy; rounding activations
// happens in front of the products, in the rows that chapter 13's LlamaWatch
// shows just before they are multiplied. So the forward pass stays what it is.
//
// Lifetime: a LlamaCopy owns its numbers and needs nothing of the original. Its
// Inputs belong to it and to one run at a time.
#ifndef CHAPTER_14_LLAMA_COPY_H
#define CHAPTER_14_LLAMA_COPY_H

#include "13-llama2/llama.h"
#include "14-quantization/rounding.h"

// The rows that go into products, four kinds in each layer and one at the end:
// number layer * LAYER_INPUTS + kind, and layers * LAYER_INPUTS.
typedef enum InputKind {
    INPUT_ATTENTION, // the norm before q, k, v
    INPUT_OUT,       // what the heads bring
    INPUT_FEED,      // the norm before gate and up
    INPUT_DOWN,      // what came through the gate
    LAYER_INPUTS
} InputKind;

typedef struct CopyMatrix {
    const char *name; // "q", "k", "v", "out", "gate", "up", "down", "output",
                      // "embeddings"
    int layer;        // -1: of none
    int input;        // what it is multiplied with; -1: the embeddings
    int rows, cols;
    float *w;
} CopyMatrix;

typedef struct LlamaCopy {
    Llama model; // points to the numbers below; never tied
    int n;       // matrices: the embeddings first, the output last
    CopyMatrix *matrix;
    int inputs;   // layers * LAYER_INPUTS + 1
    float **gain; // the norm that makes input i, d numbers; NULL if none does
} LlamaCopy;

LlamaCopy llama_copy(const Llama *m);
void llama_copy_free(LlamaCopy *c);

// The width of input i.
int input_cols(const LlamaCopy *c, int i);

// --- in front of the products -----------------------------------------------

typedef struct Inputs {
    LlamaCopy *copy;
    LlamaRun *run;
    Rounding rounding; // each row is rounded; bits 0: none is
    bool turned;       // and before that turned by hadamard_rows (outliers.h)
    bool collecting;   // adds what it sees to `greatest` and `gram`
    float **greatest;  // of each input: the greatest magnitude of each column
    float **gram;      // and the sum of x x^T, cols x cols
    bool **apart;      // of each input: columns that are not rounded
    Arena arena;
} Inputs;

// Nothing is rounded, turned or apart yet.
Inputs inputs_new(LlamaCopy *c);
void inputs_free(Inputs *in);

// From now on the run, which must be one of the copy's model, does as `in`
// says. Only one Inputs can watch a run.
void inputs_watch(Inputs *in, LlamaRun *r);

// Which input a LlamaWatch is shown, and its rows, which may be changed; -1: it
// is none.
int input_seen(const LlamaRun *r, const char *what, int layer, float **rows);

// Rounds all matrices, but not the columns that `in` keeps apart (in may be
// NULL). Returns the mean number of bits of a weight, scales included; a column
// that is apart counts 16.
double llama_copy_round(LlamaCopy *c, Rounding r, const Inputs *in);

#endif
