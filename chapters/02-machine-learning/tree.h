// Decision trees (CART: Breiman, Friedman, Olshen and Stone 1984): questions
// of the form "is feature f at most t?", one after another, until the answer
// is plain. Forests and boosting are made of them.
#ifndef CHAPTER_02_TREE_H
#define CHAPTER_02_TREE_H

#include "02-machine-learning/examples.h"

#include <stdint.h>

// The features of n examples, prepared for asking: for each feature its
// distinct values in increasing order, and for each example the place of its
// value among them. Made once, used by all trees on these examples.
typedef struct Columns {
    int n, d;
    uint16_t *place; // d x n: feature by feature
    float *value;    // feature f: value[start[f]] .. value[start[f + 1] - 1]
    int *start;      // d + 1
} Columns;

// x is n x d, n < 65536, no NaN.
Columns columns_new(const float *x, int n, int d);
void columns_free(Columns *c);

// What a tree shall predict. Classes: label, and k of them. Numbers: number,
// and k = 1.
typedef struct Targets {
    int k;
    const int *label;
    const double *number;
} Targets;

typedef struct TreeSetting {
    int depth;    // questions one after another; 0: no limit
    int least;    // examples in a leaf, at least; 0 means 1
    int features; // drawn at random for each question; 0: all
} TreeSetting;

typedef struct Node {
    int feature;      // -1: a leaf
    double threshold; // x[feature] <= threshold: on to left, else to right
    int left, right;
} Node;

typedef struct Tree {
    int nodes, k;
    Node *node;    // node 0 is the first question; left before right
    double *value; // nodes x k: shares of the classes, or the mean number
} Tree;

// Grows a tree on the examples which[0 .. n - 1] of c, n >= 1 (one may come
// several times). which is put in another order. rng is needed only if
// features are drawn. The features are shared out to all threads.
Tree tree_grow(const Columns *c, const Targets *t, int *which, int n,
               TreeSetting s, Rng *rng);
void cart_free(Tree *t);

// The number of the leaf that a row x (d numbers) comes to.
int tree_leaf(const Tree *t, const float *x);

#endif
