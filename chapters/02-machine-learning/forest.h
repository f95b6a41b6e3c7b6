// Many trees instead of one: side by side (random forest, Breiman 2001), or one
// after another, each mending what those before it got wrong (gradient
// boosting, Friedman 2001).
#ifndef CHAPTER_02_FOREST_H
#define CHAPTER_02_FOREST_H

#include "02-machine-learning/tree.h"

typedef struct Forest {
    int trees, classes;
    Tree *tree;
} Forest;

// Each tree sees n examples drawn from the n with replacement, and for each
// question a few features drawn at random. The trees are shared out to all
// threads; each has a generator of its own, so the result does not depend on
// how many there are.
Forest forest_grow(const Examples *e, int trees, TreeSetting s, uint64_t seed);

// The same with the draws given: draw (trees x n), numbers of examples.
Forest forest_grow_on(const Examples *e, int trees, TreeSetting s,
                      uint64_t seed, const int *draw);
void forest_free(Forest *f);

// The mean over the trees of the shares of the classes, of n rows, into out
// (n x classes).
void forest_score(const Forest *f, const float *x, int n, int d, float *out);

// Boosted trees for classes: two classes have one tree a round, more have one
// a class.
typedef struct Boost {
    int rounds, classes, each; // each: trees a round
    double rate;
    double *start; // each: the scores that all begin with
    Tree *tree;    // rounds x each, their values already in units of the score
} Boost;

// Minimises the mean of -log p(label), p by the logistic function or softmax of
// the scores. If loss is not NULL, loss[r] becomes its value before round r.
Boost boost_fit(const Examples *e, int rounds, double rate, TreeSetting s,
                uint64_t seed, double *loss);
void boost_free(Boost *b);

// The scores of n rows into out (n x classes); of two classes the first has 0.
void boost_score(const Boost *b, const float *x, int n, int d, float *out);

#endif
