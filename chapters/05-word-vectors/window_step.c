// The loss and the gradient of negative sampling; see skipgram.h.
#include "05-word-vectors/skipgram.h"

#include "common/kernels.h"

#include <math.h>
#include <string.h>

// -log sigma(x), without overflow.
static double surprise(double x)
{
    return x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
}

// Three matrix products (scores = in out^T, then moves = pull out and pull^T
// in), written as loops: for a few rows that lie in the first-level cache, the
// preparations of gemm do not pay.
void window_step(int width, int m, const float *in, int n, const float *out,
                 float rate, float *move_in, float *move_out, double *loss)
{
    float pull[2 * WINDOW_MOST * (NEGATIVES_MOST + 1)]; // m x n
    for (int i = 0; i < m; i++)
        matvec(n, width, out, width, in + (size_t)i * width, pull + i * n,
               false);
    for (int i = 0; loss && i < m * n; i++) {
        const double x = (double)pull[i];
        *loss += surprise(i % n == 0 ? x : -x); // column 0 is the true word
    }
    // rate * (label - sigma(score)); sigma(x) = 1 / (1 + e^-x).
    for (int i = 0; i < m * n; i++)
        pull[i] = -pull[i];
    exp_each(pull, pull, m * n);
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++)
            pull[i * n + k] = rate * ((k == 0) - 1 / (1 + pull[i * n + k]));
    memset(move_in, 0, sizeof(float) * m * width);
    memset(move_out, 0, sizeof(float) * n * width);
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++) {
            const float p = pull[i * n + k];
            axpy(p, out + (size_t)k * width, move_in + (size_t)i * width,
                 width);
            axpy(p, in + (size_t)i * width, move_out + (size_t)k * width,
                 width);
        }
}
