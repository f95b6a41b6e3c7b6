// GPT: a decoder-only transformer in the shape of GPT-2 (Radford et al. 2019),
// which continues a text.
//
// The one idea: half a transformer is enough. There is no source to be
// translated; the text itself is all there is to look at, and the one task is
// to say what comes next. So every token of every text is an exercise with
// its solution beside it.
//
// T is the number of tokens (rows) of all texts in a batch, d the width, V the
// number of pieces in the vocabulary. What GPT-2 has, and the transformer of
// 2017 had not: norms before the sublayers and one more at the end, GELU,
// learned positions, and first weights that shrink with the depth.
//
// Lifetime: the parameters belong to the model's Params and live until
// gpt_free; what gpt_forward returns lives on the tape.
#ifndef GPT_GPT_H
#define GPT_GPT_H

#include "common/ops.h"

// Everything that decides the shape of a model. This chapter leaves groups =
// heads and window = 0; they are numbers for variants of attention.
typedef struct GptShape {
    int pieces;  // V: the vocabulary
    int context; // the longest text, in tokens
    int width;   // d
    int heads;   // of the queries; divides width
    int groups;  // heads of the keys and values; divides heads
    int layers;
    int hidden; // width of the feed-forward layers
    int window; // how far a position looks back, itself included; 0: over all
    float dropout; // while training
    bool rotary;   // positions turn queries and keys (chapter 8); no places
} GptShape;

typedef struct GptLayer {
    Norm attention_norm, feed_norm;
    Linear q, k, v, out; // d -> d; k and v: d -> groups * (d / heads)
    Linear in, down;     // d -> hidden -> d, GELU between
} GptLayer;

typedef struct Gpt {
    GptShape shape;
    Params *params;
    Matrix *pieces;  // V x d: embeddings, and again the output's weights
    Matrix *places;  // context x d: embeddings of the positions; or NULL,
    RopeTable turns; // and these are the turns of each position
    Arena tables;    // where they lie
    GptLayer *layer; // shape.layers
    Norm norm;       // at the end
} Gpt;

// Random parameters: embeddings from a normal distribution with deviation 0.1
// (GPT-2 has 0.02; models as narrow as ours learn faster so), weights as
// linear_new makes them, those that write to the residual stream divided by
// sqrt(2 layers) (GPT-2, section 2.3).
Gpt gpt_new(GptShape shape, uint64_t seed);
void gpt_free(Gpt *m);

// Row i: the scores of what follows token i of its text, T x V. A text longer
// than the context is a mistake in the code.
Matrix *gpt_forward(const Gpt *m, Tape *t, Tokens text);

// One layer: T x d -> T x d.
Matrix *gpt_layer(const Gpt *m, const GptLayer *l, Matrix *x);

#endif
