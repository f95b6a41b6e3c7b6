// Drawing numbers 0 .. n - 1 with given weights, each in the same short time
// (Walker 1977, "An efficient method for generating discrete random variables
// with general distributions").
//
// The one idea: n boxes of equal size hold everything. Who has less than a
// box's worth shares the box with somebody who has more, so each box holds at
// most two numbers; draw a box, then toss a coin between the two.
#ifndef WORD_VECTORS_SAMPLER_H
#define WORD_VECTORS_SAMPLER_H

#include "common/rng.h"

typedef struct Sampler {
    int n;
    float *own; // how much of box i is number i's own
    int *other; // whose the rest is
} Sampler;

// Weights are not negative, and not all 0.
Sampler sampler_new(const double *weight, int n);
void sampler_free(Sampler *s);
int sampler_draw(const Sampler *s, Rng *r);

// The weights for negative sampling: count^(3/4), 0 for number 0 (<unk>).
// Writes n of them.
void negative_weights(const int64_t *count, int n, double *weight);

#endif
