// All classifiers of the chapter behind one interface, so that one loop can
// compare them.
#ifndef CHAPTER_02_METHODS_H
#define CHAPTER_02_METHODS_H

#include "02-machine-learning/examples.h"

// The knobs of all methods; each looks at its own.
typedef struct Setting {
    double ridge;     // least squares: lambda
    double penalty;   // softmax regression: lambda
    int steps;        // softmax regression
    double lambda;    // support vector machine
    int epochs;       // support vector machine
    int neighbours;   // k-nearest neighbours
    double smoothing; // Gaussian naive Bayes
    int trees;        // random forest
    int rounds;       // boosting
    int depth;        // of boosted trees
    int components;   // principal components; 0: the features as they are
    int clouds;       // Gaussians in each class's mixture
    double floor;     // on the diagonal of their covariances
    uint64_t seed;
} Setting;

// The settings of this chapter for pictures of digits, and for the plane.
extern const Setting for_digits, for_plane;

typedef struct Method {
    const char *name; // "k-nearest neighbours"
    const char *key;  // "knn"
    void *(*fit)(const Examples *e, const Setting *s);
    // n x classes: the larger, the likelier
    void (*score)(const void *model, const float *x, int n, float *out);
    void (*free)(void *model);
} Method;

enum {
    LEAST_SQUARES,
    SOFTMAX_REGRESSION,
    SUPPORT_VECTORS,
    GAUSS_BAYES,
    WORD_BAYES,
    NEAREST,
    ONE_TREE,
    RANDOM_FOREST,
    BOOSTED_TREES,
    MIXTURES,
    PCA_NEAREST,
    METHODS
};
extern const Method methods[METHODS];

// Fits on `train`, guesses the labels of the n rows x; returns the seconds of
// both in *fit and *predict, which may be NULL.
void learn_and_guess(const Method *m, const Setting *s, const Examples *train,
                     const float *x, int n, int *guess, double *fit,
                     double *predict);

#endif
