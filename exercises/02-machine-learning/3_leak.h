// A cross-validation that chooses features first.
#ifndef EXERCISE_02_3_LEAK_H
#define EXERCISE_02_3_LEAK_H

#include "02-machine-learning/examples.h"

// The `keep` features whose means in the two classes are furthest apart, of
// the examples which[0] .. which[n - 1]; into feature.
void choose_features(const Examples *e, const int *which, int n, int keep,
                     int *feature);

// Learns the mean of each class from the examples train[0] .. train[n - 1],
// looking only at the `keep` features; the share of the m examples in test
// whose nearest mean is that of their class.
double nearest_mean(const Examples *e, const int *train, int n, const int *test,
                    int m, const int *feature, int keep);

// The mean accuracy over the folds of order (a permutation of all examples),
// with `keep` chosen features, of what is learnt without the fold it is judged
// by.
double judged(const Examples *e, const int *order, int folds, int keep);

#endif
