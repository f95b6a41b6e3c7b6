// The mask on the wrong axis: find the bug (30 minutes)
//
// This course packs texts under each other. Most others fill them up to one
// length with padding, and need a second mask that hides the padding. Below is
// one as it stood for years in a transformer that many people have read and
// copied. It has the right shape, and the program runs. In fact, it hides
// nothing from anybody.
//
// A second thing that is not quite right kept it from being noticed: what is
// hidden gets the score -10000. Put -INFINITY there, as it should be, and the
// result is NaN.
//
// Find both, and mind what then happens in a row that may see nothing. The
// header says what is wanted. Change as little as you can.
#include "3_find_the_bug.h"

#include <math.h>

// TODO: everything is here, but it is not right.

// May query i look at key j of the sentence?
static bool visible(int i, int j, int length, bool causal)
{
    if (causal && j > i)
        return false;
    return i < length;
}

// Turns n scores into weights that add up to 1.
static void weigh(float *s, int n)
{
    float max = s[0], sum = 0;
    for (int j = 1; j < n; j++)
        max = s[j] > max ? s[j] : max;
    for (int j = 0; j < n; j++) {
        s[j] = expf(s[j] - max);
        sum += s[j];
    }
    for (int j = 0; j < n; j++)
        s[j] /= sum;
}

void padded_attention(int T, int length, int d, bool causal, const float *q,
                      const float *k, const float *v, float *y)
{
    for (int i = 0; i < T; i++) {
        float s[PADDED_MOST];
        for (int j = 0; j < T; j++) {
            s[j] = 0;
            for (int c = 0; c < d; c++)
                s[j] += q[i * d + c] * k[j * d + c] / sqrtf((float)d);
            if (!visible(i, j, length, causal))
                s[j] = -10000;
        }
        weigh(s, T);
        for (int c = 0; c < d; c++) {
            y[i * d + c] = 0;
            for (int j = 0; j < T; j++)
                y[i * d + c] += s[j] * v[j * d + c];
        }
    }
}
// END
