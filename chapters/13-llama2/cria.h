// A cria is a young llama: the same model as llama.h's while it learns, on the
// tape, with gradients. Nothing is new in it; every line is an operation of an
// earlier chapter.
//
// Its parameters have the names that Hugging Face's files give them. Its rows
// of q and k are paired as shape.layout says.
//
// Lifetime: cria_llama's model points into the cria's parameters: it runs with
// whatever the cria has learnt by then, and ends before it.
#ifndef LLAMA2_CRIA_H
#define LLAMA2_CRIA_H

#include "13-llama2/llama.h"

typedef struct CriaLayer {
    Matrix *attention_norm, *feed_norm; // 1 x d
    Linear q, k, v, out;                // without biases, as all here
    Linear gate, up, down;
} CriaLayer;

typedef struct Cria {
    LlamaShape shape;
    Params *params;
    Matrix *pieces; // V x d
    CriaLayer *layer;
    Matrix *norm;
    Linear output; // V x d; the embeddings if tied
    RopeTable rope;
    Arena arena;
} Cria;

// Weights drawn from a normal distribution of deviation 0.6 / sqrt(d) (for d =
// 900 that is GPT-2's 0.02), those that end a sublayer smaller by sqrt(2
// layers) (Radford et al. 2019, section 2.3).
Cria cria_new(LlamaShape shape, uint64_t seed);
void cria_free(Cria *m);

// The logits of what follows each token: T x V.
Matrix *cria_forward(const Cria *m, Tape *t, Tokens text);

// The same model, ready to run. Free it with llama_free.
Llama cria_llama(const Cria *m);

#endif
