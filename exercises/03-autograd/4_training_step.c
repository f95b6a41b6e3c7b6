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
    // TODO (1): the length of the gradient into norm, as a sum in double; and
    // if it is above max_norm, each gradient times max_norm / norm.
    (void)p;
    (void)max_norm;
    // END
    return (float)norm; // as it was before
}

void adam_step(Adam *a, float rate)
{
    Params *p = a->params;
    a->step++;
    // TODO (2): weight decay, then m, v and the step; then clear the gradients.
    (void)p;
    (void)rate;
    // END
}

float rate_cosine(int64_t step, int64_t warmup, int64_t total, float peak,
                  float floor)
{
    // TODO (3): the line, the wave, the floor. Half a wave is what cos does
    // from 0 to pi: from 1 down to -1.
    (void)step;
    (void)warmup;
    (void)total;
    (void)floor;
    return peak;
    // END
}
