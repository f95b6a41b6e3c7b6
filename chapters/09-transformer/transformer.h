// The transformer of Vaswani et al. 2017, "Attention is all you need": an
// encoder that reads a sentence and a decoder that writes another one.
//
// The one idea: every position looks at every other one directly, by
// attention. The encoder's positions look at each other. The decoder's look at
// those before them, and at all that the encoder made of the source.
//
// A batch is sentences packed under each other; the code below never sees
// that. T is the number of rows (tokens) of all of them, d the width, V the
// number of pieces in the vocabulary.
//
// Lifetime: a model's parameters belong to its Params and live until
// transformer_free; what encode and decode return lives on the tape.
#ifndef TRANSFORMER_TRANSFORMER_H
#define TRANSFORMER_TRANSFORMER_H

#include "08-positions/positions.h"

#include "common/ops.h"

// Everything that decides the shape of a model, and how its layers behave.
typedef struct Shape {
    int pieces;      // V, source and target together
    int width;       // d, even
    int heads;       // divides width
    int hidden;      // width of the feed-forward layers
    int layers;      // of the encoder, and as many of the decoder
    float dropout;   // while training
    bool norm_first; // false: post-norm, as in the paper; true: pre-norm
    bool own_tables; // false: one table for source, target and output, as
                     // in the paper; true: three
} Shape;

enum { POSITIONS = 512 }; // the longest sentence, in tokens

// --- the parts, for later chapters too --------------------------------------

// Multi-head attention: d -> heads of width d / heads, side by side -> d.
typedef struct MultiHead {
    Linear q, k, v, out;
    int heads;
} MultiHead;

MultiHead multi_head_new(Params *p, int width, int heads, const char *name);

// Each row of x looks at rows of memory: at x itself for self-attention, at
// the encoder's output for cross-attention. Tx x d, Tm x d -> Tx x d.
Matrix *multi_head(const MultiHead *a, Matrix *x, Matrix *memory, Mask mask);

// max(0, x w1 + b1) w2 + b2, for each row by itself (eq. 2). T x d -> T x d.
typedef struct FeedForward {
    Linear in, out;
} FeedForward;

FeedForward feed_forward_new(Params *p, int width, int hidden);
Matrix *feed_forward(const FeedForward *f, Matrix *x);

// Self-attention and feed-forward, each with a residual around it.
typedef struct EncoderLayer {
    MultiHead self;
    FeedForward feed;
    Norm self_norm, feed_norm;
    float dropout;
    bool norm_first;
} EncoderLayer;

EncoderLayer encoder_layer_new(Params *p, const Shape *s);
Matrix *encoder_layer(const EncoderLayer *l, Matrix *x, Mask mask);

// Masked self-attention, attention to the encoder's output, feed-forward.
typedef struct DecoderLayer {
    MultiHead self, cross;
    FeedForward feed;
    Norm self_norm, cross_norm, feed_norm;
    float dropout;
    bool norm_first;
} DecoderLayer;

DecoderLayer decoder_layer_new(Params *p, const Shape *s);
Matrix *decoder_layer(const DecoderLayer *l, Matrix *x, Matrix *memory);

// --- the whole --------------------------------------------------------------

typedef struct Transformer {
    Shape shape;
    Params *params;
    Matrix *source, *target; // tables of embeddings, V x d; maybe the same
    Linear output;           // V x d, maybe the table again
    EncoderLayer *encoder;   // layers of each
    DecoderLayer *decoder;
    Norm encoder_norm, decoder_norm; // at the end of each stack
    Positions positions;             // sinusoids, up to POSITIONS
    Arena tables;                    // where they lie
} Transformer;

Transformer transformer_new(Shape shape, uint64_t seed);
void transformer_free(Transformer *m);

// What the encoder makes of the source: T x d. Each sequence has at most
// POSITIONS tokens.
Matrix *encode(const Transformer *m, Tape *t, Tokens source);

// Row i: the scores of what follows token i of the input, given the source:
// T x V. Sequence i of the input belongs to sequence i of the memory.
Matrix *decode(const Transformer *m, Tape *t, Matrix *memory, Tokens input);

// How each target position of one sequence looks at the source in one layer's
// cross-attention, the mean over all heads: writes Tx x Tm numbers.
void cross_weights(const Transformer *m, Tape *t, Matrix *memory, Tokens input,
                   int layer, float *weights);

// --- decoding token by token ------------------------------------------------

// What is known of the sentences that are being written, so that a step
// computes one new row for each and not all of them again.
//
// All have the same length. Lives until decoding_free, but not longer than
// the memory it was made for.
typedef struct Decoding {
    const Transformer *model;
    Tape *tape;
    Matrix **memory_key, **memory_value; // of each layer: Tm x d
    Matrix **key, **value; // of each layer: those written so far, packed
    Spans sources;
    int n, length; // sentences now, tokens in each
    Arena keep[3]; // the memory's; of this step and of the one before, in turn
} Decoding;

// The tape must not be training; it is left as it was found by each step.
Decoding decoding_new(const Transformer *m, Matrix *memory);
void decoding_free(Decoding *d);

// One step: sentence i, of n, is the one that was number parent[i] so far,
// and goes on with id[i]; at the first step parent is not read. Sentences
// start[s] .. start[s + 1] - 1 translate source s. Writes the scores of what
// follows: n x V.
void decode_next(Decoding *d, int n, const int *id, const int *parent,
                 const int *start, float *scores);

#endif
