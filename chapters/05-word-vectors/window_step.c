// The loss and the gradient of negative sampling; see skipgram.h.
#include "05-word-vectors/skipgram.h"

#include "common/kernels.h"

#include <math.h>

// -log sigma(x), without overflow.
static double surprise(double x)
{
    return x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
}

void window_step(int width, int m, const float *in, int n, const float *out,
                 float rate, float *move_in, float *move_out, double *loss)
{
    float score[2 * WINDOW_MOST * (NEGATIVES_MOST + 1)]; // m x n, then moves
    gemm_nt(m, n, width, in, width, out, width, score, n, false);
    for (int i = 0; loss && i < m * n; i++) {
        const double x = (double)score[i];
        *loss += surprise(i % n == 0 ? x : -x); // column 0 is the true word
    }
    // rate * (label - sigma(score)); sigma(x) = 1 / (1 + e^-x).
    for (int i = 0; i < m * n; i++)
        score[i] = -score[i];
    exp_each(score, score, m * n);
    for (int i = 0; i < m * n; i++)
        score[i] = rate * ((i % n == 0 ? 1.0f : 0.0f) - 1 / (1 + score[i]));
    gemm_nn(m, width, n, score, n, out, width, move_in, width, false);
    gemm_tn(n, width, m, score, n, in, width, move_out, width, false);
}
