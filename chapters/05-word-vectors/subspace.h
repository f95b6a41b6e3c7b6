// The main directions of a symmetric matrix, by orthogonal iteration.
//
// The one idea: multiply a set of arbitrary directions by the matrix, again and
// again. What the matrix stretches most wins; the directions are made
// perpendicular each time, or they would all become the first.
#ifndef WORD_VECTORS_SUBSPACE_H
#define WORD_VECTORS_SUBSPACE_H

#include "05-word-vectors/vectors.h"

#include <stdint.h>

// y = A x for k columns at once; x and y are n x k.
typedef void (*Multiply)(void *context, const float *x, float *y, int k);

// Fills basis (n x k, 1 <= k <= n) with k orthonormal columns that span the
// main directions of A, after so many rounds from a random start. The
// directions of the largest eigenvalues (by size) come first.
void subspace(int n, int k, Multiply multiply, void *context, int rounds,
              uint64_t seed, float *basis);

// Principal components: writes the coordinates of the n rows in the k
// directions in which they vary most: n x k, k <= v->width.
void principal(const Vectors *v, int k, uint64_t seed, float *at);

#endif
