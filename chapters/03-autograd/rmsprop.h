// RMSProp (Tieleman and Hinton 2012, lecture 6.5): divide each gradient by the
// root of the running mean of its square. The step between momentum and Adam.
#ifndef AUTOGRAD_RMSPROP_H
#define AUTOGRAD_RMSPROP_H

#include "common/params.h"

typedef struct RmsProp {
    Params *params;
    float memory;  // how much of the mean is kept each step, for example 0.9
    float *square; // the running mean; params->count numbers
} RmsProp;

RmsProp rmsprop_new(Params *p, float memory);

// s = memory s + (1 - memory) g^2; p -= rate g / (sqrt(s) + 1e-8). Clears the
// gradients.
void rmsprop_step(RmsProp *r, float rate);

void rmsprop_free(RmsProp *r);

#endif
