// Linear models: a weighted sum of the features, and a constant.
//
// Least squares and ridge regression here; softmax regression, the linear
// support vector machine and naive Bayes on words find other weights for the
// same form, by other rules.
#ifndef CHAPTER_02_LINEAR_H
#define CHAPTER_02_LINEAR_H

#include <stdbool.h>

// k scores for a row x of d numbers: score j is x . w_j + b_j.
typedef struct Planes {
    int d, k;
    float *w; // k x d
    float *b; // k
} Planes;

Planes planes_new(int d, int k); // all zero
void planes_free(Planes *p);

// The scores of n rows x (n x d), into out (n x k).
void planes_score(const Planes *p, const float *x, int n, float *out);

// A (n x n, symmetric, only its lower triangle is read) becomes L, lower
// triangular, with A = L L^T. False if A is not positive definite.
bool cholesky(double *A, int n);

// b (n numbers) becomes the x with L L^T x = b.
void cholesky_solve(const double *L, int n, double *b);

// Ridge regression (Hoerl and Kennard 1970): the w and b that make
//
//   sum over rows i of (x_i . w + b - y_i)^2  +  lambda |w|^2
//
// smallest, for each of the k columns of y (n x k), by the normal equations.
// lambda = 0 is least squares; it needs more rows than features, and features
// none of which is a sum of others: otherwise this dies.
Planes ridge_fit(const float *x, int n, int d, const float *y, int k,
                 double lambda);

// The same sum, divided by n, made small step by step along its slope, from
// zero; k = 1. If loss is not NULL, loss[s] becomes its value before step s.
Planes ridge_descend(const float *x, int n, int d, const float *y,
                     double lambda, double rate, int steps, double *loss);

#endif
