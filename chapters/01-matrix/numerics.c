// Sums, softmax and variance in floats; see numerics.h.
//
// The one idea: rounding is relative. A number near 16 million is rounded to
// whole numbers, so keep intermediate results as small as the answer.
#include "01-matrix/numerics.h"

#include "common/check.h"

#include <math.h>

// --- sums -------------------------------------------------------------------

float sum_in_order(const float *x, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

float sum_sixteen(const float *x, int n)
{
    float part[16] = {0}, sum = 0;
    for (int i = 0; i < n; i++)
        part[i % 16] += x[i];
    for (int lane = 0; lane < 16; lane++)
        sum += part[lane];
    return sum;
}

float sum_pairwise(const float *x, int n)
{
    if (n <= 16)
        return sum_in_order(x, n);
    return sum_pairwise(x, n / 2) + sum_pairwise(x + n / 2, n - n / 2);
}

float sum_kahan(const float *x, int n)
{
    float sum = 0, lost = 0; // the true sum so far is about sum - lost
    for (int i = 0; i < n; i++) {
        float term = x[i] - lost;
        float next = sum + term;    // the low digits of term fall off here:
        lost = (next - sum) - term; // what was added minus what should be
        sum = next;
    }
    return sum;
}

double sum_double(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

// --- softmax ----------------------------------------------------------------

void softmax_plain(const float *x, float *y, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += y[i] = expf(x[i]); // infinity for x > 88.7
    for (int i = 0; i < n; i++)
        y[i] /= sum;
}

static float largest(const float *x, int n)
{
    float max = -INFINITY;
    for (int i = 0; i < n; i++)
        max = fmaxf(max, x[i]);
    return max;
}

void softmax_stable(const float *x, float *y, int n)
{
    float max = largest(x, n), sum = 0;
    for (int i = 0; i < n; i++)
        sum += y[i] = expf(x[i] - max); // at most 1, and one of them is 1
    for (int i = 0; i < n; i++)
        y[i] /= sum;
}

float log_sum_exp(const float *x, int n)
{
    float max = largest(x, n), sum = 0;
    if (isinf(max)) // empty, all -INFINITY, or an INFINITY among them
        return max;
    for (int i = 0; i < n; i++)
        sum += expf(x[i] - max);
    return max + logf(sum);
}

// --- variance ---------------------------------------------------------------

float variance_textbook(const float *x, int n)
{
    check(n >= 1, "the variance of %d numbers", n);
    float sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    float m = (float)n;
    return (squares - sum * sum / m) / m; // two large numbers, nearly equal
}

float variance_two_pass(const float *x, int n)
{
    check(n >= 1, "the variance of %d numbers", n);
    float m = (float)n, mean = sum_pairwise(x, n) / m, squares = 0;
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return squares / m;
}

float variance_welford(const float *x, int n)
{
    check(n >= 1, "the variance of %d numbers", n);
    float mean = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        float before = x[i] - mean;
        mean += before / (float)(i + 1);
        squares += before * (x[i] - mean); // distance before times after
    }
    return squares / (float)n;
}
