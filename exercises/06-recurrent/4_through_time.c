// Back through time, by hand (an evening)
//
// The forward pass is below; you write the way back. First let `reach` be T or
// more: then one walk from the last step to the first will do. Carry along
// what h[t] has received from the step after it, and add dy[t]:
//
//     dh = dy[t] + what step t + 1 sent back
//     da = dh * (1 - h[t] * h[t])       through tanh
//     db += da   dw += da x[t]^T   du += da h[t - 1]^T
//     dx[t] = W^T da,   and U^T da is sent back to h[t - 1]
//
// Then the truncated form, as every training on an endless text has it: what
// arrives at h[t] from outside may go back through `reach` steps only. The
// simplest way is a walk of its own for each t from which dy[t] starts alone;
// as all of it is linear in dy, the gradients just add up.
#include "4_through_time.h"

#include <math.h>
#include <string.h>

void plain_forward(int T, int in, int width, const PlainWeights *p,
                   const float *x, float *h)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < width; i++) {
            float a = p->b[i];
            for (int k = 0; k < in; k++)
                a += p->w[i * in + k] * x[t * in + k];
            for (int k = 0; t > 0 && k < width; k++)
                a += p->u[i * width + k] * h[(t - 1) * width + k];
            h[t * width + i] = tanhf(a);
        }
}

void plain_back(int T, int in, int width, const PlainWeights *p, const float *x,
                const float *h, const float *dy, int reach, PlainWeights *d,
                float *dx)
{
    // TODO: back through time.
    (void)width;
    (void)p;
    (void)x;
    (void)h;
    (void)dy;
    (void)reach;
    (void)d;
    memset(dx, 0, (size_t)T * in * sizeof *dx);
    // END
}
