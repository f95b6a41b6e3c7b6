// Attention with a learned number for each distance, as in T5.
#ifndef EXERCISE_08_4_LEARNED_BIAS_H
#define EXERCISE_08_4_LEARNED_BIAS_H

#include "common/ops.h"

// The bucket, 0 .. buckets - 1, of a distance >= 0. buckets is even; far is
// more than buckets / 2.
int bucket_of(int distance, int buckets, int far);

// Causal attention of one sequence: q, k and v are T x (heads * w). To the
// score of row i and row j <= i in head h, scaled by 1 / sqrt(w), comes
// bias[h, bucket_of(i - j)]. bias: heads x buckets -> T x (heads * w).
Matrix *attention_biased(Matrix *q, Matrix *k, Matrix *v, Matrix *bias,
                         int heads, int far);

#endif
