// Two bugs that train (30 minutes)
//
// Below is a gated recurrent unit in loops. It runs, it has the right shapes, a
// model with it learns. But a model that PyTorch has trained says something
// else here, only a little else; and the same sentence says something else
// when it stands behind another one in the batch.
//
// One of the bugs has been in well-known libraries as a difference of opinion
// for years: two versions of one paper write one equation in two ways. The
// other is as old as recurrent networks.
//
// The header says what is wanted. Change as little as you can.
#include "3_find_the_bug.h"

#include <math.h>
#include <string.h>

// Row `row` of the weights times x, and its bias.
static float sum_of(const float *w, const float *b, int row, int n,
                    const float *x)
{
    float sum = b[row];
    for (int k = 0; k < n; k++)
        sum += w[row * n + k] * x[k];
    return sum;
}

static float sigmoid_of(float z)
{
    return 1 / (1 + expf(-z));
}

// TODO: everything is here, but it is not right.

// The state h after one more token x.
static void gru_token(const GruWeights *g, const float *x, float *h)
{
    const int d = g->width;
    float r[GRU_MOST], z[GRU_MOST], reset[GRU_MOST], next[GRU_MOST];
    for (int j = 0; j < d; j++) {
        r[j] = sigmoid_of(sum_of(g->w, g->b, j, g->in, x) +
                          sum_of(g->u, g->v, j, d, h));
        z[j] = sigmoid_of(sum_of(g->w, g->b, d + j, g->in, x) +
                          sum_of(g->u, g->v, d + j, d, h));
        reset[j] = r[j] * h[j];
    }
    for (int j = 0; j < d; j++) {
        const float n = tanhf(sum_of(g->w, g->b, 2 * d + j, g->in, x) +
                              sum_of(g->u, g->v, 2 * d + j, d, reset));
        next[j] = (1 - z[j]) * n + z[j] * h[j];
    }
    memcpy(h, next, (size_t)d * sizeof *h);
}

void gru_run(const GruWeights *g, int n, const int *start, const float *x,
             float *y)
{
    float h[GRU_MOST] = {0};
    for (int i = 0; i < n; i++)
        for (int t = start[i]; t < start[i + 1]; t++) {
            gru_token(g, x + t * g->in, h);
            memcpy(y + t * g->width, h, (size_t)g->width * sizeof *y);
        }
}
// END
