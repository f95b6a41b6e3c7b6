// Additive attention (Bahdanau, Cho and Bengio 2015, section A.1.2): a query
// looks at all rows of one sequence and gets a mixture of their values. The
// score of a row is a small network's, v . tanh(query + key).
#ifndef RECURRENT_ADDITIVE_H
#define RECURRENT_ADDITIVE_H

#include "common/ops.h"

// One query (1 x a) and one sequence, by the operations of the tape: keys are
// T x a, values T x d, v is 1 x a. The result is 1 x d.
Matrix *additive_one(Matrix *query, Matrix *keys, Matrix *values, Matrix *v);

// The same for n queries and n packed sequences (the spans of the keys): query
// i looks at sequence i. queries n x a, keys T x a, values T x d, v 1 x a: the
// result is n x d. If weights is not NULL, it gets T numbers: how much of each
// row was taken, which add up to 1 in each sequence. An empty sequence gives
// zeros. Equal to additive_one, in one operation.
Matrix *additive(Matrix *queries, Matrix *keys, Matrix *values, Matrix *v,
                 float *weights);

#endif
