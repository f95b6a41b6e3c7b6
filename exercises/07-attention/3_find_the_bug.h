// Attention in a sentence that was filled up to a fixed length.
#ifndef EXERCISE_07_3_H
#define EXERCISE_07_3_H

#include <stdbool.h>

enum { PADDED_MOST = 32 };

// One head over a sentence of `length` tokens that was filled up with padding
// to T rows, length <= T <= PADDED_MOST. q, k, v and y are T x d. Rows 0 ..
// length - 1 of y are softmax(q k^T / sqrt(d)) v over the tokens of the
// sentence, and over the earlier ones and itself only if causal. The padding,
// whatever finite numbers it holds, changes nothing in them. The rows of the
// padding are zeros.
void padded_attention(int T, int length, int d, bool causal, const float *q,
                      const float *k, const float *v, float *y);

#endif
