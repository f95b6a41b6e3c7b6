// Logistic regression whose penalty is chosen inside the examples to learn
// from: parts of them are held back, and the penalty that does best on these is
// taken. What is judged afterwards has no part in it.
#ifndef LONG_TEXT_INSIDE_H
#define LONG_TEXT_INSIDE_H

#include "02-machine-learning/examples.h"
#include "02-machine-learning/linear.h"

typedef struct Inside {
    double low, high; // the penalties to try: low, 10 low, ... up to high
    int steps;        // of each descent
} Inside;

typedef struct Fitted {
    Planes planes; // from all examples, with the best penalty
    double penalty;
    double loss; // the mean of -log p on what was held back
} Fitted;

// Two folds, each held back once. Rows with the same group are never torn
// apart; they stand together. group NULL: each row is a group of its own.
Fitted fit_inside(const Examples *e, const int *group, Inside try,
                  uint64_t seed);

// The fold of each row, groups whole and classes spread evenly; the caller
// frees it.
int *fold_groups(const Examples *e, const int *group, int folds, uint64_t seed);

// Probabilities of the classes for n rows: n x classes.
void planes_probabilities(const Planes *p, const float *x, int n, float *out);

#endif
