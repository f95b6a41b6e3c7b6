// Attention in six steps, each one change away from the one before. They stand
// side by side so that the tests can prove them equal where they must be.
//
//   1  the mean of the past, in loops
//   2  the same as one product with a triangular matrix
//   3  the same with weights that come out of a softmax
//   4  weights that depend on what is there: queries, keys and values
//   5  several heads, every mask, packed sequences: all that `attention` does
//   6  one query that meets its keys one after another (online softmax)
//
// The seventh is attention() of common/ops.h.
#ifndef CHAPTER_07_STEPS_H
#define CHAPTER_07_STEPS_H

#include "common/ops.h"

// 1: row i of y is the mean of the rows 0 .. i of x. Both are T x d.
void average_loops(int T, int d, const float *x, float *y);

// 2: the same, as W x with W[i][j] = 1 / (i + 1) for j <= i, else 0.
Matrix *average_matrix(Matrix *x);

// 3: the same, W being the softmax of scores: 0 for j <= i, else -INFINITY.
Matrix *average_softmax(Matrix *x);

// 4: one head: softmax(q k^T / sqrt(d) + mask) v. q is Tq x d, k and v are
// Tk x d; mask is Tq x Tk and is added to the scores, or NULL.
Matrix *one_head(Matrix *q, Matrix *k, Matrix *v, Matrix *mask);

// 4, in loops and double: the definition, for one head of width d.
// weights (Tq x Tk) receives the softmax; it may be NULL.
void one_head_loops(int Tq, int Tk, int d, const float *q, const float *k,
                    const float *v, const float *mask, float *weights,
                    float *y);

// 5: what attention() of common/ops.h computes, made of plain operations. The
// scores of each head lie in memory whole: all queries times all keys.
Matrix *many_heads(Matrix *q, Matrix *k, Matrix *v, int heads, Mask mask);

// 6: softmax(scores) times values, for one query, while keys arrive one at a
// time. sum and y are relative to the largest score so far:
//     sum = sum over j of e^(score[j] - max),  y likewise with v[j] behind.
typedef struct Online {
    int width;
    float max, sum;
    float *y; // width numbers
} Online;

// Nothing seen yet; y is the caller's, width numbers.
Online online_new(int width, float *y);

// One more key, with this score and this value (width numbers).
void online_take(Online *o, float score, const float *value);

// Divides: y becomes the result. If nothing was seen, it is zeros.
void online_end(Online *o);

// 6, for all queries of one head; mask as in one_head_loops. Memory beyond
// the result: two numbers a query.
void one_head_online(int Tq, int Tk, int d, const float *q, const float *k,
                     const float *v, const float *mask, float *y);

#endif
