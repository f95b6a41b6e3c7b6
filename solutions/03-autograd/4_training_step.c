// A training step of today: clip, AdamW, warm up (an evening)
//
// Gradient descent takes the same rate for every number of a model, from the
// first step to the last. Nearly every transformer since 2017 was trained with
// three improvements on that, which you write here. They have the names of the
// library's own and take their place: when the test passes, the chapter's
// program learns to read digits with yours (make run-03 MINE=1).
//
// 1. params_clip. One unlucky batch can give a gradient a thousand times as
//    long as usual. All gradients of a model together are one long vector; if
//    its length is above a limit, it is scaled down to that limit. Its
//    direction stays.
//
// 2. adam_step. Adam (Kingma and Ba 2015, algorithm 1) keeps, for every
//    parameter, a running mean m of its gradients g and a running mean v of
//    their squares. In step t = 1, 2, ...:
//
//        m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
//        p = p - rate * M / (sqrt(V) + eps)
//        with M = m / (1 - beta1^t) and V = v / (1 - beta2^t)
//
//    Work out the first step for g = 0.001 and for g = 1000 before you write
//    it: how far does p move? And how far without the two divisions, with
//    beta1 = 0.9 and beta2 = 0.999?
//    Weight decay (Loshchilov and Hutter 2019) comes on top: before the step,
//    each number of a matrix, a parameter with more than one row, is
//    multiplied by 1 - rate * decay. Biases and gains have one row and are
//    spared. At the end all gradients are 0 again.
//
// 3. rate_cosine. At the start v knows little, so the rate rises in a straight
//    line, from 0 at step 0 to `peak` at step `warmup`. From there it falls
//    like half a wave of a cosine, down to `floor` at step `total`, and stays.
//
// What all this works on is in common/params.h and common/optim.h: p->val and
// p->grad are p->count numbers each, and so are a->m and a->v. Which of them
// belong to a matrix is in p->item[i]->m.
#include "common/optim.h"
#include "common/params.h"

#include <math.h>
#include <string.h>

float params_clip(Params *p, float max_norm)
{
    double norm = 0;
    // SOLUTION
    for (size_t i = 0; i < p->count; i++)
        norm += (double)p->grad[i] * p->grad[i];
    norm = sqrt(norm);
    if (norm > max_norm)
        for (size_t i = 0; i < p->count; i++)
            p->grad[i] *= (float)(max_norm / norm);
    // END
    return (float)norm; // as it was before
}

void adam_step(Adam *a, float rate)
{
    Params *p = a->params;
    a->step++;
    // SOLUTION
    for (int i = 0; i < p->n; i++) {
        Matrix *w = &p->item[i]->m;
        if (w->rows > 1)
            for (int j = 0; j < w->rows * w->cols; j++)
                w->val[j] *= 1 - rate * a->decay;
    }
    // How much of the running means is still the 0 they started with.
    const double first = 1 - pow(a->beta1, (double)a->step);
    const double second = 1 - pow(a->beta2, (double)a->step);
    for (size_t i = 0; i < p->count; i++) {
        const float g = p->grad[i];
        a->m[i] = a->beta1 * a->m[i] + (1 - a->beta1) * g;
        a->v[i] = a->beta2 * a->v[i] + (1 - a->beta2) * g * g;
        p->val[i] -= (float)(rate * (a->m[i] / first) /
                             (sqrt(a->v[i] / second) + a->eps));
    }
    memset(p->grad, 0, p->count * sizeof *p->grad);
    // END
}

float rate_cosine(int64_t step, int64_t warmup, int64_t total, float peak,
                  float floor)
{
    // SOLUTION
    if (step < warmup)
        return peak * (float)step / (float)warmup;
    if (step >= total)
        return floor;
    // 0 at the end of the warm-up, 1 at the end of the training
    double part = (double)(step - warmup) / (double)(total - warmup);
    double wave = (1 + cos(3.14159265358979 * part)) / 2;
    return floor + (peak - floor) * (float)wave;
    // END
}
