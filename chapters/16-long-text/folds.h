// Judging with few documents: folds that keep the shares of the classes, and
// how far a measured accuracy can be trusted.
#ifndef LONG_TEXT_FOLDS_H
#define LONG_TEXT_FOLDS_H

#include "common/rng.h"

// Gives each of the n documents a fold 0 .. folds - 1, at random, so that each
// class is spread evenly: in any two folds the documents of a class differ by
// at most one, and so do all documents.
void folds_deal(const int *label, int n, int classes, int folds, Rng *r,
                int *fold);

// The documents which[0 .. n - 1] (all 0 .. n - 1 if which is NULL) that are
// in this fold go to test, the others to train; returns how many go to train.
// fold[i] is the fold of which[i].
int folds_split(const int *which, const int *fold, int n, int this_fold,
                int *train, int *test);

// A mean and the half width of its 95 % interval: 1.96 standard deviations of
// the n numbers / sqrt(n).
//
// The n numbers are one a document: how often it was classified rightly, out of
// so many repetitions. The repetitions are of the same documents, so they are
// no new evidence about other documents, and must not make the interval
// narrower: they are averaged before. (The accuracies of k folds would be the
// other choice; but their training sets overlap, and no estimate of their
// variance is right: Bengio and Grandvalet 2004.)
typedef struct Interval {
    double mean, half;
} Interval;
Interval interval_of(const double *x, int n);

// The same for x - y: two remedies on the same documents. What both find hard
// cancels out, so this is narrower than it looks from their two intervals.
Interval interval_between(const double *x, const double *y, int n);

#endif
