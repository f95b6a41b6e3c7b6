// Groups without labels: k-means, and mixtures of Gaussians by the EM
// algorithm. A mixture for each class makes a classifier too.
#ifndef CHAPTER_02_CLUSTER_H
#define CHAPTER_02_CLUSTER_H

#include "common/rng.h"

// k starting centres (k x d) from the n rows of x by k-means++ (Arthur and
// Vassilvitskii 2007): the first at random, each further one with a
// probability proportional to the squared distance from those chosen so far.
void kmeans_start(const float *x, int n, int d, int k, Rng *r, float *centre);

// Lloyd's algorithm (1957, published 1982) from the given centres: each row
// joins its nearest centre, each centre moves to the mean of its rows, until no
// row changes sides or `most` rounds are over. A centre without rows stays.
// Fills centre (k x d) and label (n), which fit each other; returns the sum of
// squared distances. rounds may be NULL.
double kmeans(const float *x, int n, int d, int k, int most, float *centre,
              int *label, int *rounds);

typedef struct Mixture {
    int k, d;
    double *weight; // k: shares, sum 1
    double *mean;   // k x d
    double *cov;    // k x d x d
} Mixture;

// A mixture with a component for each of k groups of the rows of x, by label;
// `floor` is added to the diagonals of the covariances.
Mixture mixture_new(const float *x, int n, int d, int k, const int *label,
                    double floor);
void mixture_free(Mixture *m);

// One round of EM (Dempster, Laird and Rubin 1977). Returns the mean log
// density of the rows before it, which no round makes smaller.
double mixture_step(Mixture *m, const float *x, int n, double floor);

// The log density of n rows, into out.
void mixture_density(const Mixture *m, const float *x, int n, double *out);

#endif
