// How good is a classifier? Counts, rates, curves, and the folds that keep
// what is judged apart from what was learnt.
#ifndef CHAPTER_02_EVALUATE_H
#define CHAPTER_02_EVALUATE_H

#include "common/rng.h"

// The place of the largest of k scores, the first if several are; n rows.
void choose(const float *score, int n, int k, int *label);

// The share of the n guesses that are right.
double accuracy(const int *guess, const int *label, int n);

// table (classes x classes): row is the true class, column the guess.
void confusion(const int *guess, const int *label, int n, int classes,
               int *table);

// Of two classes, 1 being the one that is looked for: the share of the alarms
// that are right, the share of the cases that are found, and their harmonic
// mean 2 p r / (p + r). 0 where nothing can be divided.
typedef struct Finding {
    double precision, recall, f1;
} Finding;
Finding finding(const int *guess, const int *label, int n);

// The curve of true alarms over false alarms as the threshold falls: points
// (0, 0) to (1, 1), one for each different score. x and y have room for n + 1;
// returns how many points there are. Both classes must be there.
int roc(const float *score, const int *label, int n, double *x, double *y);

// The area under that curve: the probability that a case of class 1 has a
// higher score than one of class 0, an equal one counting half.
double auc(const float *score, const int *label, int n);

// Fold number `fold` of `folds`: order[*from] .. order[*to - 1] of n examples
// in an order are for testing, all others to learn from, into train (n long);
// returns how many these are.
int fold_part(const int *order, int n, int folds, int fold, int *train,
              int *from, int *to);

#endif
