// k nearest neighbours (Fix and Hodges 1951): to learn is to remember.
#ifndef CHAPTER_02_NEIGHBOURS_H
#define CHAPTER_02_NEIGHBOURS_H

#include "02-machine-learning/examples.h"

// For each of the n rows of x (n x d): the k examples of e nearest to it, the
// nearest first (of equally near ones the one with the smaller number), into
// near (n x k). 1 <= k <= e->n.
void neighbours(const Examples *e, int k, const float *x, int n, int *near);

// The share of each class among the k nearest, into share (n x classes).
void neighbours_vote(const Examples *e, int k, const float *x, int n,
                     float *share);

#endif
