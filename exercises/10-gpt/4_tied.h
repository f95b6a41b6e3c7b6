// The gradient of a table that is used twice.
#ifndef EXERCISE_10_4_TIED_H
#define EXERCISE_10_4_TIED_H

#include "common/matrix.h"

// Adds to d_table (V x d) both gradients of a tied table:
//   x = rows id[i] of the table, T x d         dx: the gradient of x
//   y = h table^T, T x V, h is T x d           dy: the gradient of y
void tied_gradient(int T, int V, int d, const int *id, const float *dx,
                   const float *h, const float *dy, float *d_table);

#endif
