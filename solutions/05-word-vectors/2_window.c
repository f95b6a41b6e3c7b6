// One window goes down its slope (40 minutes)
//
// Write the heart of word2vec. A window has m context words (the rows of in)
// and n words to be told apart (the rows of out): row 0 is the word that really
// stood there, the others were drawn at random. With the score s = a . b of
// context row a and word row b, the loss is the sum over all m x n pairs of
//
//     -log sigma(s)     for the true word (row 0)
//     -log sigma(-s)    for each word drawn          sigma(s) = 1 / (1 + e^-s)
//
// Write how far every row is to move: the negative gradient times the rate. All
// gradients are taken at the rows as they are; nothing in `in` or `out`
// changes. If loss is not NULL, add the loss of the window to *loss.
//
// First find, on paper, the slope of both terms in s. They have a form in
// common, and it is simple. Then dot and axpy of common/kernels.h do the rest.
// Speed does not matter, but scores of several hundred must do no harm.
//
// `make run-05 MINE=1` learns word vectors with yours.
#include "05-word-vectors/skipgram.h"

#include "common/kernels.h"

#include <math.h>
#include <string.h>

void window_step(int width, int m, const float *in, int n, const float *out,
                 float rate, float *move_in, float *move_out, double *loss)
{
    memset(move_in, 0, sizeof(float) * m * width);
    memset(move_out, 0, sizeof(float) * n * width);
    // SOLUTION
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++) {
            const float *a = in + (size_t)i * width;
            const float *b = out + (size_t)k * width;
            const float s = dot(a, b, width);
            const float pull =
                rate * ((k == 0 ? 1.0f : 0.0f) - 1 / (1 + expf(-s)));
            axpy(pull, b, move_in + (size_t)i * width, width);
            axpy(pull, a, move_out + (size_t)k * width, width);
            const double x = k == 0 ? (double)s : -(double)s;
            if (loss)
                *loss += x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
        }
    // END
}
