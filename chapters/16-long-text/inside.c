// Logistic regression, chosen inside; see inside.h.
#include "16-long-text/inside.h"

#include "02-machine-learning/logistic.h"
#include "16-long-text/folds.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>

void planes_probabilities(const Planes *p, const float *x, int n, float *out)
{
    planes_score(p, x, n, out);
    for (int i = 0; i < n; i++)
        softmax_row(out + (size_t)i * p->k, out + (size_t)i * p->k, p->k);
}

// The sum of -log p over the examples.
static double loss_on(const Planes *p, const Examples *e)
{
    float *out = new_array((size_t)e->n * p->k + 1, sizeof *out);
    double loss = 0;
    planes_probabilities(p, e->x, e->n, out);
    for (int i = 0; i < e->n; i++)
        loss -= log(fmax((double)out[(size_t)i * p->k + e->label[i]], 1e-12));
    free(out);
    return loss;
}

int *fold_groups(const Examples *e, const int *group, int folds, uint64_t seed)
{
    Rng r = rng_new(seed ^ 0x1f01d5);
    int *fold = new_array((size_t)e->n + 1, sizeof *fold);
    int *label = new_array((size_t)e->n + 1, sizeof *label), groups = 0;
    int *of_group = new_array((size_t)e->n + 1, sizeof *of_group);
    for (int i = 0; i < e->n; i++) {
        if (i == 0 || !group || group[i] != group[i - 1])
            label[groups++] = e->label[i];
        fold[i] = groups - 1;
    }
    folds_deal(label, groups, e->classes, folds, &r, of_group);
    for (int i = 0; i < e->n; i++)
        fold[i] = of_group[fold[i]];
    free(label), free(of_group);
    return fold;
}

// The loss of this penalty on folds that are held back.
static double loss_inside(const Examples *learn, const Examples *judge,
                          int folds, double penalty, int steps)
{
    double loss = 0;
    for (int k = 0; k < folds; k++) {
        Planes p = softmax_fit(&learn[k], penalty, steps, NULL);
        loss += loss_on(&p, &judge[k]);
        planes_free(&p);
    }
    return loss;
}

Fitted fit_inside(const Examples *e, const int *group, Inside try,
                  uint64_t seed)
{
    enum { FOLDS = 2 };
    Examples learn[FOLDS], judge[FOLDS];
    int *fold = fold_groups(e, group, FOLDS, seed);
    int *in = new_array((size_t)e->n + 1, sizeof *in);
    int *out = new_array((size_t)e->n + 1, sizeof *out);
    for (int k = 0; k < FOLDS; k++) {
        const int n = folds_split(NULL, fold, e->n, k, in, out);
        learn[k] = examples_pick(e, in, n);
        judge[k] = examples_pick(e, out, e->n - n);
    }
    Fitted best = {.penalty = try.low, .loss = INFINITY};
    for (double p = try.low; p <= try.high * 1.01; p *= 10) {
        const double loss = loss_inside(learn, judge, FOLDS, p, try.steps);
        if (loss < best.loss)
            best = (Fitted){.penalty = p, .loss = loss};
    }
    for (int k = 0; k < FOLDS; k++) {
        examples_free(&learn[k]);
        examples_free(&judge[k]);
    }
    free(fold), free(in), free(out);
    best.planes = softmax_fit(e, best.penalty, try.steps, NULL);
    best.loss /= e->n;
    return best;
}
