// Backpropagation on single numbers: a complete engine in about a hundred
// lines. The tape of common/matrix.h is the same machine with matrices in
// place of numbers; read this one first.
#ifndef AUTOGRAD_SCALAR_H
#define AUTOGRAD_SCALAR_H

#include "common/arena.h"

typedef struct Scalar Scalar;

struct Scalar {
    double val;
    double grad;            // d loss / d this
    void (*back)(Scalar *); // hands grad to the inputs; NULL for a leaf
    Scalar *in[2];          // what it was made from
    Scalar *before;         // the number made before this one
};

// All numbers of a computation, in the order in which they were made.
typedef struct Scalars {
    Arena arena;
    Scalar *last;
} Scalars;

Scalars scalars_new(void);
void scalars_reset(Scalars *t); // forgets all numbers
void scalars_free(Scalars *t);

// A leaf.
Scalar *scalar(Scalars *t, double val);

Scalar *scalar_add(Scalars *t, Scalar *a, Scalar *b); // a + b
Scalar *scalar_mul(Scalars *t, Scalar *a, Scalar *b); // a b
Scalar *scalar_tanh(Scalars *t, Scalar *a);           // tanh a

// Computes d loss / d x for every number x that loss was made from.
void scalar_backward(Scalars *t, Scalar *loss);

#endif
