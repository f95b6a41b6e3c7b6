// The classifiers behind one interface: for each a fit, a score, a free. Two
// classes or more, all methods score every class.
#include "02-machine-learning/methods.h"

#include "02-machine-learning/bayes.h"
#include "02-machine-learning/cluster.h"
#include "02-machine-learning/evaluate.h"
#include "02-machine-learning/forest.h"
#include "02-machine-learning/linear.h"
#include "02-machine-learning/logistic.h"
#include "02-machine-learning/neighbours.h"
#include "02-machine-learning/pca.h"
#include "02-machine-learning/svm.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const Setting for_digits = {
    .ridge = 100,
    .penalty = 10,
    .steps = 100,
    .lambda = 1e-3,
    .epochs = 5,
    .neighbours = 3,
    .smoothing = 0.1,
    .trees = 100,
    .rounds = 60,
    .depth = 3,
    .components = 40,
    .clouds = 1,
    .floor = 0.05,
    .seed = 1,
};

const Setting for_plane = {
    .ridge = 1e-3,
    .penalty = 0.1,
    .steps = 200,
    .lambda = 1e-3,
    .epochs = 50,
    .neighbours = 5,
    .smoothing = 1e-9,
    .trees = 100,
    .rounds = 50,
    .depth = 3,
    .clouds = 3,
    .floor = 1e-3,
    .seed = 1,
};

// A copy of a model on the heap.
static void *kept(const void *model, size_t size)
{
    return memcpy(new_array(1, size), model, size);
}

// --- linear -----------------------------------------------------------------

// Least squares on targets of 1 for the class and -1 for the others.
static void *squares_fit(const Examples *e, const Setting *s)
{
    float *y = new_array((size_t)e->n * e->classes, sizeof *y);
    for (int i = 0; i < e->n; i++)
        for (int j = 0; j < e->classes; j++)
            y[(size_t)i * e->classes + j] = e->label[i] == j ? 1 : -1;
    Planes p = ridge_fit(e->x, e->n, e->d, y, e->classes, s->ridge);
    free(y);
    return kept(&p, sizeof p);
}

static void *regression_fit(const Examples *e, const Setting *s)
{
    Planes p = softmax_fit(e, s->penalty, s->steps, NULL);
    return kept(&p, sizeof p);
}

// One plane for two classes becomes two: its score, and its negative.
static void *vectors_fit(const Examples *e, const Setting *s)
{
    Planes p = svm_fit(e, s->lambda, s->epochs, s->seed);
    if (p.k == 1) {
        Planes both = planes_new(p.d, 2);
        axpy(-1, p.w, both.w, p.d);
        axpy(1, p.w, both.w + p.d, p.d);
        both.b[0] = -p.b[0];
        both.b[1] = p.b[0];
        planes_free(&p);
        p = both;
    }
    return kept(&p, sizeof p);
}

static void *words_fit(const Examples *e, const Setting *s)
{
    (void)s;
    Planes p = word_bayes_fit(e, 1);
    return kept(&p, sizeof p);
}

static void linear_score(const void *model, const float *x, int n, float *out)
{
    planes_score(model, x, n, out);
}

static void linear_free(void *model)
{
    planes_free(model);
    free(model);
}

// --- Gaussian naive Bayes ---------------------------------------------------

static void *gauss_fit(const Examples *e, const Setting *s)
{
    GaussBayes m = gauss_bayes_fit(e, s->smoothing);
    return kept(&m, sizeof m);
}

static void gauss_score(const void *model, const float *x, int n, float *out)
{
    gauss_bayes_score(model, x, n, out);
}

static void gauss_free(void *model)
{
    gauss_bayes_free(model);
    free(model);
}

// --- neighbours, with or without principal components first -----------------

typedef struct Memory {
    Examples e;
    int k;
    Pca pca; // k = 0: none
} Memory;

static void *nearest_fit(const Examples *e, const Setting *s)
{
    Memory m = {.e = examples_new(e->n, e->d, e->classes), .k = s->neighbours};
    memcpy(m.e.x, e->x, (size_t)e->n * e->d * sizeof *e->x);
    memcpy(m.e.label, e->label, e->n * sizeof *e->label);
    return kept(&m, sizeof m);
}

static void *pca_nearest_fit(const Examples *e, const Setting *s)
{
    Memory m = {.e = examples_new(e->n, s->components, e->classes),
                .k = s->neighbours,
                .pca = pca_fit(e->x, e->n, e->d, s->components)};
    pca_apply(&m.pca, e->x, e->n, m.e.x);
    memcpy(m.e.label, e->label, e->n * sizeof *e->label);
    return kept(&m, sizeof m);
}

static void nearest_score(const void *model, const float *x, int n, float *out)
{
    const Memory *m = model;
    neighbours_vote(&m->e, m->k, x, n, out);
}

static void pca_nearest_score(const void *model, const float *x, int n,
                              float *out)
{
    const Memory *m = model;
    float *z = new_array((size_t)n * m->pca.k, sizeof *z);
    pca_apply(&m->pca, x, n, z);
    neighbours_vote(&m->e, m->k, z, n, out);
    free(z);
}

static void nearest_free(void *model)
{
    Memory *m = model;
    examples_free(&m->e);
    pca_free(&m->pca);
    free(m);
}

// --- trees ------------------------------------------------------------------

typedef struct Grove {
    int d;
    Forest forest;
    Boost boost;
} Grove;

static void *tree_fit(const Examples *e, const Setting *s)
{
    (void)s;
    Grove g = {e->d, {1, e->classes, new_array(1, sizeof(Tree))}, {0}};
    int *which = new_array(e->n, sizeof *which);
    for (int i = 0; i < e->n; i++)
        which[i] = i;
    Columns c = columns_new(e->x, e->n, e->d);
    g.forest.tree[0] = tree_grow(&c, &(Targets){e->classes, e->label, NULL},
                                 which, e->n, (TreeSetting){0, 1, 0}, NULL);
    columns_free(&c);
    free(which);
    return kept(&g, sizeof g);
}

// How many features are drawn for each question: the root of their number.
static int root_of(int d)
{
    return (int)sqrt(d) > 1 ? (int)sqrt(d) : 1;
}

static void *forest_fit(const Examples *e, const Setting *s)
{
    TreeSetting t = {0, 1, root_of(e->d)};
    Grove g = {e->d, forest_grow(e, s->trees, t, s->seed), {0}};
    return kept(&g, sizeof g);
}

static void *boosted_fit(const Examples *e, const Setting *s)
{
    TreeSetting t = {s->depth, 1, e->d > 20 ? root_of(e->d) : 0};
    Grove g = {e->d, {0}, boost_fit(e, s->rounds, 0.1, t, s->seed, NULL)};
    return kept(&g, sizeof g);
}

static void grove_score(const void *model, const float *x, int n, float *out)
{
    const Grove *g = model;
    if (g->boost.rounds > 0)
        boost_score(&g->boost, x, n, g->d, out);
    else
        forest_score(&g->forest, x, n, g->d, out);
}

static void grove_free(void *model)
{
    Grove *g = model;
    forest_free(&g->forest);
    boost_free(&g->boost);
    free(g);
}

// --- a mixture of Gaussians for each class ----------------------------------

typedef struct Clouds {
    int classes, d;
    Pca pca;        // k = 0: none
    double *prior;  // log of the share of each class
    Mixture *cloud; // one for each class
} Clouds;

// EM from k-means, on the n rows of one class.
static Mixture fit_mixture(const float *x, int n, int d, const Setting *s)
{
    Rng rng = rng_new(s->seed);
    const int k = s->clouds < n ? s->clouds : n;
    float *centre = new_array((size_t)k * d, sizeof *centre);
    int *label = new_array(n, sizeof *label);
    kmeans_start(x, n, d, k, &rng, centre);
    kmeans(x, n, d, k, 100, centre, label, NULL);
    Mixture m = mixture_new(x, n, d, k, label, s->floor);
    for (int round = 0; k > 1 && round < 50; round++)
        mixture_step(&m, x, n, s->floor);
    free(centre), free(label);
    return m;
}

static void *clouds_fit(const Examples *e, const Setting *s)
{
    Clouds m = {e->classes,
                s->components ? s->components : e->d,
                {0},
                new_array(e->classes, sizeof(double)),
                new_array(e->classes, sizeof(Mixture))};
    float *z = new_array((size_t)e->n * m.d, sizeof *z);
    float *own = new_array((size_t)e->n * m.d, sizeof *own);
    if (s->components) {
        m.pca = pca_fit(e->x, e->n, e->d, m.d);
        pca_apply(&m.pca, e->x, e->n, z);
    } else {
        memcpy(z, e->x, (size_t)e->n * m.d * sizeof *z);
    }
    for (int c = 0; c < m.classes; c++) {
        int n = 0;
        for (int i = 0; i < e->n; i++)
            if (e->label[i] == c)
                memcpy(own + (size_t)n++ * m.d, z + (size_t)i * m.d,
                       m.d * sizeof *own);
        check(n > 0, "no example of class %d", c);
        m.cloud[c] = fit_mixture(own, n, m.d, s);
        m.prior[c] = log((double)n / e->n);
    }
    free(z), free(own);
    return kept(&m, sizeof m);
}

static void clouds_score(const void *model, const float *x, int n, float *out)
{
    const Clouds *m = model;
    float *z = new_array((size_t)n * m->d, sizeof *z);
    double *density = new_array(n, sizeof *density);
    if (m->pca.k)
        pca_apply(&m->pca, x, n, z);
    for (int c = 0; c < m->classes; c++) {
        mixture_density(&m->cloud[c], m->pca.k ? z : x, n, density);
        for (int i = 0; i < n; i++)
            out[(size_t)i * m->classes + c] = (float)(m->prior[c] + density[i]);
    }
    free(z), free(density);
}

static void clouds_free(void *model)
{
    Clouds *m = model;
    for (int c = 0; c < m->classes; c++)
        mixture_free(&m->cloud[c]);
    pca_free(&m->pca);
    free(m->prior);
    free(m->cloud);
    free(m);
}

// --- all of them ------------------------------------------------------------

const Method methods[METHODS] = {
    [LEAST_SQUARES] = {"ridge regression", "ridge", squares_fit, linear_score,
                       linear_free},
    [SOFTMAX_REGRESSION] = {"softmax regression", "softmax", regression_fit,
                            linear_score, linear_free},
    [SUPPORT_VECTORS] = {"linear SVM", "svm", vectors_fit, linear_score,
                         linear_free},
    [GAUSS_BAYES] = {"naive Bayes, Gaussian", "gauss-bayes", gauss_fit,
                     gauss_score, gauss_free},
    [WORD_BAYES] = {"naive Bayes, counts", "word-bayes", words_fit,
                    linear_score, linear_free},
    [NEAREST] = {"nearest neighbours", "neighbours", nearest_fit, nearest_score,
                 nearest_free},
    [ONE_TREE] = {"one tree", "tree", tree_fit, grove_score, grove_free},
    [RANDOM_FOREST] = {"random forest", "forest", forest_fit, grove_score,
                       grove_free},
    [BOOSTED_TREES] = {"boosted trees", "boosting", boosted_fit, grove_score,
                       grove_free},
    [MIXTURES] = {"Gaussians", "mixture", clouds_fit, clouds_score,
                  clouds_free},
    [PCA_NEAREST] = {"PCA, then neighbours", "pca-neighbours", pca_nearest_fit,
                     pca_nearest_score, nearest_free},
};

void learn_and_guess(const Method *m, const Setting *s, const Examples *train,
                     const float *x, int n, int *guess, double *fit,
                     double *predict)
{
    float *score = new_array((size_t)n * train->classes, sizeof *score);
    const double began = seconds_now();
    void *model = m->fit(train, s);
    const double fitted = seconds_now();
    m->score(model, x, n, score);
    choose(score, n, train->classes, guess);
    if (fit)
        *fit = fitted - began;
    if (predict)
        *predict = seconds_now() - fitted;
    m->free(model);
    free(score);
}
