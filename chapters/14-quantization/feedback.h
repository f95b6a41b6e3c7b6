// Rounding with feedback: GPTQ (Frantar et al. 2022, algorithm 1) in its
// simplest form, without the blocks that make it fast for large models.
//
// The one idea: of a row of weights one number is rounded after the other, and
// those that are still to come make up for the error so far, as well as they
// can for inputs of the kind that the product sees.
//
// Lifetime: nothing is kept.
#ifndef CHAPTER_14_FEEDBACK_H
#define CHAPTER_14_FEEDBACK_H

#include "14-quantization/llama_copy.h"

// Rounds w (rows x cols) in place. gram: cols x cols, the sum of x x^T over
// many inputs x. Scales are found by r's rule when the first number of their
// group is reached. With a gram that is diagonal this is round_rows.
void feedback_round(Rounding r, float *w, int rows, int cols,
                    const float *gram);

// llama_copy_round with feedback, from what `in` has collected; the embeddings
// have no input and are rounded without.
double llama_copy_feedback(LlamaCopy *c, Rounding r, const Inputs *in);

#endif
