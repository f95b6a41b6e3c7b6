// Outliers: a few columns of the activations that are up to 20 times as large
// as the rest, in most rows. Large language models grow them by themselves
// (Dettmers et al. 2022). A row that is rounded with one scale then gives them
// nearly all of its levels.
//
// The one idea of every cure: a product y = W x has a freedom that the result
// does not show. What x is divided by, W can be multiplied by, column by
// column; and if x is turned by an orthogonal matrix, W can be turned too. So
// one looks for numbers with the same product that are easier to round.
//
// Lifetime: everything works in place, on a LlamaCopy.
#ifndef CHAPTER_14_OUTLIERS_H
#define CHAPTER_14_OUTLIERS_H

#include "14-quantization/llama_copy.h"

// Makes some: in the input of each product behind a norm the same `channels`
// columns, chosen by chance, become `factor` times as large, by the norm's
// gain; the same columns of the weights become as much smaller. The model
// computes what it did, to the last bit if factor is a power of two.
void outliers_plant(LlamaCopy *c, Rng *r, int channels, float factor);

// --- cures ------------------------------------------------------------------

// Mixed decomposition (LLM.int8: Dettmers et al. 2022, section 3.2): columns
// that are outliers stay as they are, in the activations and in the weights.
// Here those whose greatest magnitude, as `in` has collected it, is more than
// `times` that of the mean column of the same input (in the paper: those above
// 6). Returns how many there are. Undo it with INFINITY times.
int outliers_apart(Inputs *in, float times);

// SmoothQuant (Xiao et al. 2022, eqs. 3 and 4): column j of an input is divided
// by s_j = max|x_j|^alpha / max|w_j|^(1 - alpha), and that of its weights
// multiplied. The division costs nothing: it goes into the gain of the norm, or
// into the rows of `up`. Inputs from the heads stay as they are. `in` has
// collected the greatest magnitudes of just this copy's inputs.
void outliers_smooth(LlamaCopy *c, const Inputs *in, float alpha);

// Rotation (QuaRot: Ashkboos et al. 2024): every weight matrix behind an input
// becomes W H; the inputs must then be turned too, Inputs.turned.
void outliers_turn(LlamaCopy *c);

// Each row of x (rows x cols) times H, a Hadamard matrix over sqrt(n):
// orthogonal, symmetric, its own inverse. n is the greatest power of two that
// divides cols; if it is not cols itself, each block of n columns is turned by
// itself. n log2 n additions a block (Yates 1937).
void hadamard_rows(float *x, int rows, int cols);

#endif
