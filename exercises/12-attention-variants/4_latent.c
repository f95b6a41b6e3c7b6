// Keys that are never made (an hour)
//
// In latent attention the cache holds one short row c for each token, and each
// head has two matrices, U_k and U_v (w x r), which make its key and its value
// from that row. The stub below does it by this definition: for each of the n
// tokens it makes a key, n w r multiplications, and a value, n w r more. That
// is worse than keeping the keys.
//
// Write it so that it needs 2 w r multiplications with numbers of U_k and U_v,
// however many tokens there are. Two lines of algebra say how:
//
//     q . (U_k c) = (U_k^T q) . c
//     sum of p[j] U_v c[j] = U_v (sum of p[j] c[j])
//
// Count them in *products as the stub does: one for each multiplication with a
// number of up_k or up_v. One thing does not change with the way of computing:
// what the score is divided by.
#include "4_latent.h"

#include <math.h>
#include <string.h>

// softmax of n scores.
static void weigh(float *s, int n)
{
    float max = s[0], sum = 0;
    for (int j = 1; j < n; j++)
        max = s[j] > max ? s[j] : max;
    for (int j = 0; j < n; j++)
        sum += s[j] = expf(s[j] - max);
    for (int j = 0; j < n; j++)
        s[j] /= sum;
}

void latent_look(int w, int r, int n, const float *q, const float *up_k,
                 const float *up_v, const float *rows, float *y, long *products)
{
    float s[LATENT_MOST];
    *products = 0;
    // TODO: bring the query to the rows, and not the rows to the query.
    for (int j = 0; j < n; j++) {
        s[j] = 0;
        for (int i = 0; i < w; i++)
            for (int c = 0; c < r; c++) {
                s[j] += q[i] * up_k[i * r + c] * rows[j * r + c];
                ++*products;
            }
        s[j] /= sqrtf((float)w);
    }
    weigh(s, n);
    memset(y, 0, sizeof *y * w);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < w; i++)
            for (int c = 0; c < r; c++) {
                y[i] += s[j] * up_v[i * r + c] * rows[j * r + c];
                ++*products;
            }
    // END
}
