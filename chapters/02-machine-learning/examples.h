// Examples: what a machine learns from. Each is a row of d numbers (its
// features), and a label that says which of the classes it belongs to.
#ifndef CHAPTER_02_EXAMPLES_H
#define CHAPTER_02_EXAMPLES_H

#include "common/rng.h"

typedef struct Examples {
    int n, d, classes;
    float *x;   // n x d
    int *label; // n of them: 0 .. classes - 1
} Examples;

// Room for n examples, all zero.
Examples examples_new(int n, int d, int classes);

// Copies of the rows which[0] .. which[n - 1]; a row may be taken twice.
Examples examples_pick(const Examples *e, const int *which, int n);

void examples_free(Examples *e);

// Two half moons that reach into each other, in the plane: two classes.
Examples examples_moons(Rng *r, int n, float noise);

// Round clouds of points around given centres (classes x 2), equally many of
// each class, with standard deviation `spread`.
Examples examples_clouds(Rng *r, int n, int classes, const float *centre,
                         float spread);

// A copy of x (n x d) minus the means of its columns, which go to mean (d).
float *centred(const float *x, int n, int d, double *mean);

// n numbers in 0 .. n - 1 in random order.
int *shuffled(Rng *r, int n);

#endif
