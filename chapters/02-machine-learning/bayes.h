// Naive Bayes: count how each class looks, and ask which class would most
// probably look like this.
#ifndef CHAPTER_02_BAYES_H
#define CHAPTER_02_BAYES_H

#include "02-machine-learning/examples.h"
#include "02-machine-learning/linear.h"

typedef struct GaussBayes {
    int d, classes;
    double *prior; // classes: log of the share of each class
    double *mean;  // classes x d
    double *var;   // classes x d
} GaussBayes;

// Each feature of a class is a normal distribution with the mean and variance
// seen; `smoothing` times the largest variance of any feature over all classes
// together is added to each variance, so that none is 0.
GaussBayes gauss_bayes_fit(const Examples *e, double smoothing);
void gauss_bayes_free(GaussBayes *m);

// log p(class) + log p(x | class) of n rows, into out (n x classes).
void gauss_bayes_score(const GaussBayes *m, const float *x, int n, float *out);

// Features are counts (of words). Their probabilities in a class are the
// shares of all its counts, `add` being added to each count (Laplace: 1). The
// logarithm of p(class) p(x | class), but for a part that is the same for all
// classes, is a weighted sum of the counts, so the result is Planes.
Planes word_bayes_fit(const Examples *e, double add);

#endif
