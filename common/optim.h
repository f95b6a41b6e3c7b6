// Optimisers: how parameters move along their gradients, and how fast.
//
// A step moves all parameters of a Params and then clears their gradients, so
// a training loop reads: backward(loss); adam_step(&adam, rate); tape_reset.
#ifndef COMMON_OPTIM_H
#define COMMON_OPTIM_H

#include "common/params.h"

// Stochastic gradient descent with momentum (Polyak 1964, in the form of
// Sutskever et al. 2013 that PyTorch uses): v = momentum v + g; p -= rate v.
typedef struct Sgd {
    Params *params;
    float momentum;
    float *velocity; // params->count
    Arena state;     // where it lies
} Sgd;

Sgd sgd_new(Params *p, float momentum);
void sgd_step(Sgd *s, float rate);
void sgd_free(Sgd *s);

// Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay (AdamW,
// Loshchilov and Hutter 2019): decay acts on matrices only, not on parameters
// of one row (biases, gains). 0 is plain Adam.
typedef struct Adam {
    Params *params;
    float beta1, beta2, eps, decay;
    float *m, *v; // running means of gradient and squared gradient; count each
    int64_t step; // steps done
    Arena state;  // where m and v lie
} Adam;

Adam adam_new(Params *p, float beta1, float beta2, float eps, float decay);
void adam_step(Adam *a, float rate);
void adam_free(Adam *a);

// Learning rates over steps 1, 2, ...

// Rises linearly to `peak` over `warmup` steps, then falls along half a cosine
// to `floor` at step `total` (Loshchilov and Hutter 2017).
float rate_cosine(int64_t step, int64_t warmup, int64_t total, float peak,
                  float floor);

// width^-0.5 min(step^-0.5, step warmup^-1.5) (Vaswani et al. 2017, eq. 3).
float rate_noam(int64_t step, int64_t warmup, int width);

#endif
