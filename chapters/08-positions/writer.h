// The small model in which the five are tried: a transformer that reads
// letters and, at each place, predicts the next one. Everything is the same
// for all five but its Positions.
//
// The one idea: write the layers once, call the three places of positions.h.
// Lifetime rule: parameters and tables live until writer_free.
#ifndef WRITER_H
#define WRITER_H

#include "08-positions/positions.h"

enum { MOST_LAYERS = 4 };

typedef struct WriterShape {
    int letters; // size of the alphabet
    int layers, width, heads;
    int length; // positions there are
    Mask mask;  // CAUSAL to predict the next letter
} WriterShape;

typedef struct WriterLayer {
    Norm before_attention, before_hidden;
    Linear q, k, v, out;
    Linear up, down;
} WriterLayer;

typedef struct Writer {
    WriterShape shape;
    Params *params;
    Arena tables;
    Matrix *letter; // letters x width
    Positions positions;
    WriterLayer layer[MOST_LAYERS];
    Norm last;
    Linear choose;
} Writer;

Writer writer_new(WriterShape shape, PositionKind kind, uint64_t seed);
void writer_free(Writer *w);

// The scores of the next letter at each place: T -> T x letters. Each sequence
// of x begins at position 0.
Matrix *writer_logits(const Writer *w, Tape *t, Tokens x);

// The same weights, with the rows of all queries and keys reordered so that
// the other memory layout of RoPE computes the same.
void writer_change_layout(Writer *w, RopeLayout to);

#endif
