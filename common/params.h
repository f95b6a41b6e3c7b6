// Params: what a model learns. All parameters lie in one block and their
// gradients in a second one of the same layout: clearing the gradients is one
// memset, and an optimiser step, clipping and saving are one loop each.
//
// Each parameter has a name, "decoder.0.attention.q.weight": the scope that
// was set when it was made, a point, and its own name. The layers below only
// hold pointers to their parameters; a model is a struct of layers.
//
// Lifetime rule: parameters live until params_free; their addresses never
// change.
#ifndef COMMON_PARAMS_H
#define COMMON_PARAMS_H

#include "common/kernels.h"
#include "common/matrix.h"

typedef struct Param {
    char *name;
    Matrix m;
} Param;

typedef struct Params {
    size_t count;      // numbers in the block, with padding between parameters
    float *val, *grad; // count each
    int n;             // parameters
    Param **item;      // n
    Rng rng;           // draws the initial values
    char scope[160];   // what the next names begin with
    Arena vals, grads, names;
} Params;

Params *params_new(uint64_t seed);
void params_free(Params *p);

// How many numbers are learnt (count without the padding).
size_t params_numbers(const Params *p);

// Sets what the names of the following parameters begin with; printf-style.
// "" is the outermost scope.
void params_scope(Params *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// A parameter of rows x cols, with all values set to `value`.
Matrix *param(Params *p, int rows, int cols, float value, const char *name);

// ... drawn from a normal distribution with this standard deviation.
Matrix *param_normal(Params *p, int rows, int cols, float deviation,
                     const char *name);

// ... drawn uniformly from +-sqrt(6 / (rows + cols)), which keeps the variance
// of activations and gradients level (Glorot and Bengio 2010, eq. 16).
Matrix *param_glorot(Params *p, int rows, int cols, const char *name);

// The parameter of that full name, or NULL.
Matrix *params_find(const Params *p, const char *name);

// Sets all gradients to zero.
void params_clear(Params *p);

// Scales the gradients so that their Euclidean norm is at most max_norm.
// Returns the norm as it was (NaN or INFINITY if a gradient was).
float params_clip(Params *p, float max_norm);

// Writes all parameters to a safetensors file; atomic: the file is whole or
// not there. params_load reads one back: every parameter must be in it, with
// its shape; other tensors in it are ignored. Both die with a clear line.
void params_save(const Params *p, const char *path);
void params_load(Params *p, const char *path);

// --- the layers that every model is made of ---------------------------------

// y = x w^T + b. The weight has a row for each output, as in PyTorch and in
// published checkpoints.
typedef struct Linear {
    Matrix *w;                  // out x in
    Matrix *b;                  // 1 x out, or NULL
    const Prepacked *prepacked; // w once more, or NULL; see linear_prepack
} Linear;

// Glorot-uniform weights, zero bias: "NAME.weight" and "NAME.bias".
Linear linear_new(Params *p, int in, int out, const char *name);

// The same without a bias.
Linear linear_bare(Params *p, int in, int out, const char *name);

// Packs the weight, which must not change any more: linear() is faster then,
// but refuses to record a tape for learning. The panels lie in the arena.
void linear_prepack(Linear *l, Arena *a);

// A layer norm's gain and bias (1 x width), "NAME.weight" and "NAME.bias".
typedef struct Norm {
    Matrix *gain;
    Matrix *bias;
    float eps; // added to the variance
} Norm;

Norm norm_new(Params *p, int width, const char *name);

#endif
