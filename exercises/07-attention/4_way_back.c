// The way back through attention (an evening)
//
// The fused operation does not keep its weights: there are T x T of them. It
// keeps one number for each query, the logarithm of the sum of its
// exponentials. So on the way back every weight can be had again:
//
//     p = e^(s - log_sum)
//
// Work out the rest on paper first; the chapter's section "The way back" has
// the start. For one query i, with y = sum over j of p[j] v[j]:
//
//     1. how y grows with v[j]                       -> dv[j]
//     2. how y grows with p[j]                       -> dp[j], a number
//     3. how p grows with s: softmax's derivative    -> ds[j]
//     4. how s[j] = q k[j] / sqrt(d) grows with both -> dq, dk[j]
//
// Step 3 needs the sum over all j of p[j] dp[j]. A second loop would do; but
// that sum is also a product of two rows that you have already. Which ones?
//
// Two loops over i and j are enough, and no array. All gradients are added to.
#include "4_way_back.h"

#include <math.h>
#include <stddef.h>

void one_head_back(int Tq, int Tk, int d, const float *q, const float *k,
                   const float *v, const float *mask, const float *y,
                   const float *log_sum, const float *dy, float *dq, float *dk,
                   float *dv)
{
    const float scale = 1 / sqrtf((float)d);
    for (int i = 0; i < Tq; i++) {
        if (log_sum[i] == -INFINITY) // it saw nothing: y is 0, whatever q is
            continue;
        const float *qi = q + (size_t)i * d, *dyi = dy + (size_t)i * d;
        const float *yi = y + (size_t)i * d;
        float *dqi = dq + (size_t)i * d;
        // TODO: for each key j that query i may see, add to dqi, to row j of
        // dk and to row j of dv.
        (void)qi;
        (void)yi;
        (void)dyi;
        (void)dqi;
        (void)k;
        (void)v;
        (void)mask;
        (void)dk;
        (void)dv;
        (void)Tk;
        (void)scale;
        // END
    }
}
