// The three small steps of Llama that earlier chapters have only on a tape, on
// plain rows of numbers: for running a model that is done learning.
#ifndef LLAMA2_STEPS_H
#define LLAMA2_STEPS_H

#include "common/ops.h"

// y = x / sqrt(mean(x^2) + eps) * gain for each of n rows of width d (Zhang and
// Sennrich 2019, eq. 4). x and y may be the same.
void rms_norm_rows(const float *x, const float *gain, float eps, float *y,
                   int n, int d);

// Turns each head (a block of table->width columns) of the n rows of x in
// place; row i is at position first + i. See rope in common/ops.h.
void rotate_rows(float *x, int n, int cols, const RopeTable *table, int first,
                 RopeLayout layout);

// gate = silu(gate) * up, element by element, for n rows of width h (Shazeer
// 2020, eq. 6), with silu(x) = x / (1 + e^-x).
void swiglu_rows(float *gate, const float *up, int n, int h);

#endif
