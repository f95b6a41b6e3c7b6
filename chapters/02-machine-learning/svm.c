// The support vector machine: the plane with the widest empty street.
//
// Among all planes that part two classes the best is the one furthest from the
// points on both sides. Scale w so that the nearest points have a score of 1
// or -1; then they lie 1/|w| from the plane, and the widest street has the
// smallest |w|. Points that are inside the street or on the wrong side cost as
// much as they lack: max(0, 1 - y (x . w + b)), the hinge.
//
// Pegasos takes one example at a time. The slope of lambda/2 |w|^2 + hinge is
//
//   lambda w - y x   if y (x . w + b) < 1,   lambda w   otherwise
//
// and step t goes 1/(lambda t) down it: first shrink w by (1 - 1/t), then, if
// the example is not yet safely on its side, turn towards it.
#include "02-machine-learning/svm.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>

typedef struct Pegasos {
    const Examples *e;
    double lambda;
    int epochs;
    uint64_t seed;
    Planes *p;
} Pegasos;

// The weights are kept as scale * v, so that shrinking is one multiplication.
// (1 - 1/2)(1 - 1/3) ... (1 - 1/t) is 1/t, so the scale is 1/t all the time,
// and what is added to v at step t is t y x / (lambda t): y x / lambda.
static void pegasos(const Pegasos *g, int j, int positive)
{
    const Examples *e = g->e;
    const int d = e->d;
    const long steps = (long)g->epochs * e->n, half = steps / 2;
    float *v = new_array((size_t)d + 1, sizeof *v); // the constant last
    float *sum = new_array((size_t)d + 1, sizeof *sum);
    Rng rng = rng_new(g->seed + (uint64_t)j);
    const float push = (float)(1 / g->lambda);
    for (long t = 1; t <= steps; t++) {
        const int i = rng_below(&rng, e->n);
        const float *x = e->x + (size_t)i * d;
        const float y = e->label[i] == positive ? 1 : -1;
        const float score = t == 1 ? 0 : (dot(v, x, d) + v[d]) / (float)(t - 1);
        if (y * score < 1) {
            axpy(y * push, x, v, d);
            v[d] += y * push;
        }
        if (t > half)
            axpy(1 / (float)t, v, sum, d + 1);
    }
    for (int k = 0; k < d; k++)
        g->p->w[(size_t)j * d + k] = sum[k] / (float)(steps - half);
    g->p->b[j] = sum[d] / (float)(steps - half);
    free(v), free(sum);
}

static void some_classes(void *context, int from, int to)
{
    const Pegasos *g = context;
    for (int j = from; j < to; j++)
        pegasos(g, j, g->p->k == 1 ? 1 : j);
}

Planes svm_fit(const Examples *e, double lambda, int epochs, uint64_t seed)
{
    check(e->n > 0 && lambda > 0, "svm_fit: %d examples, lambda %g", e->n,
          lambda);
    Planes p = planes_new(e->d, e->classes == 2 ? 1 : e->classes);
    Pegasos g = {e, lambda, epochs, seed, &p};
    parallel_for(p.k, 4.0 * epochs * e->n * e->d, some_classes, &g);
    return p;
}

double svm_objective(const Examples *e, const Planes *p, int j, int positive,
                     double lambda)
{
    const float *w = p->w + (size_t)j * p->d;
    double hinge = 0;
    for (int i = 0; i < e->n; i++) {
        double score = (double)p->b[j];
        for (int k = 0; k < p->d; k++)
            score += (double)w[k] * (double)e->x[(size_t)i * p->d + k];
        hinge += fmax(0, 1 - (e->label[i] == positive ? score : -score));
    }
    double square = (double)p->b[j] * (double)p->b[j];
    for (int k = 0; k < p->d; k++)
        square += (double)w[k] * (double)w[k];
    return lambda / 2 * square + hinge / e->n;
}
