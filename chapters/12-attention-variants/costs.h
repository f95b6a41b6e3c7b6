// What a model costs while it writes, by formula; the shapes of real models.
// Work and bytes of a token are chapter 11's (cost.h); here is what depends on
// the variant alone.
#ifndef ATTENTION_VARIANTS_COSTS_H
#define ATTENTION_VARIANTS_COSTS_H

#include "10-gpt/gpt.h"

// The numbers that a Gpt of this shape learns, biases and norms included.
size_t cost_parameters(const GptShape *s);

// All that the size of a cache depends on: layers x rows x groups x width
// numbers for each token, of the last `window` tokens.
typedef struct RealModel {
    const char *name;
    int layers, heads, groups, width; // width of one head
    int window;                       // 0: over all
    int context;                      // tokens that it was trained to read
    int rows; // kept of each token: 2, a key and a value; 1: a latent row
    const char *source;
} RealModel;

enum { REAL_MODELS = 5 };
extern const RealModel real_models[REAL_MODELS];

// The bytes of the cache of one text of `length` tokens; `size` bytes a number
// (2 in most systems).
double real_cache(const RealModel *m, int length, int size);

#endif
