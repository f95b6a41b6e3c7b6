// Rounding to few bits in floats; see rounding.h.
#include "14-quantization/rounding.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/safetensors.h"
#include "common/threads.h"

#include <math.h>
#include <string.h>

// The whole numbers that there are.
typedef struct Grid {
    float low, high;
} Grid;

static Grid grid_of(Rounding r)
{
    const float m = (float)((1 << (r.bits - 1)) - 1);
    return (Grid){r.lopsided ? -m - 1 : -m, m};
}

static float as_half(float x)
{
    return half_to_float(float_to_half(x));
}

// The q of x / scale, given 1 / scale. rintf: a tie goes to the even number.
static float nearest(float x, float inverse, Grid g)
{
    const float q = rintf(x * inverse);
    return q < g.low ? g.low : q > g.high ? g.high : q;
}

static float inverse_of(float scale)
{
    return scale == 0 ? 0 : 1 / scale;
}

// --- the scale of a group ---------------------------------------------------

// The number that is furthest from 0, with its sign.
static float extreme(const float *x, int n)
{
    float most = 0;
    for (int i = 0; i < n; i++)
        most = fabsf(x[i]) > fabsf(most) ? x[i] : most;
    return most;
}

static float absmax_scale(float most, Grid g)
{
    return -g.low > g.high ? most / g.low : fabsf(most) / g.high;
}

static double squared_error(const float *x, int n, float scale, Grid g)
{
    const float inverse = inverse_of(scale);
    float sum = 0;
    for (int i = 0; i < n; i++) {
        const float e = x[i] - scale * nearest(x[i], inverse, g);
        sum += e * e;
    }
    return (double)sum;
}

// The scale that fits best to the q which `scale` gives: sum x q / sum q q, the
// least squares of one unknown.
static float refit(const float *x, int n, float scale, Grid g)
{
    const float inverse = inverse_of(scale);
    float xq = 0, qq = 0;
    for (int i = 0; i < n; i++) {
        const float q = nearest(x[i], inverse, g);
        xq += x[i] * q;
        qq += q * q;
    }
    return qq > 0 ? xq / qq : scale;
}

// Puts the extreme number not on m but on m - 0.9, m - 0.8 ... m + 4 (where it
// is cut off), fits the scale to the q that come of it, and keeps the best.
static float best_scale(const float *x, int n, float most, Grid g)
{
    float best = as_half(absmax_scale(most, g));
    double least = squared_error(x, n, best, g);
    const int signs = -g.low > g.high ? 2 : 1;
    for (int i = -9; i <= 40; i++)
        for (int s = 0; s < signs; s++) {
            const float at = g.high + 0.1f * (float)i;
            const float first = (s ? -1 : 1) * fabsf(most) / at;
            const float scale = as_half(refit(x, n, first, g));
            const double error = squared_error(x, n, scale, g);
            if (error < least) {
                least = error;
                best = scale;
            }
        }
    return best;
}

// normal: the best step for numbers of deviation 1.
static float scale_for(Rounding r, const float *x, int n, float normal)
{
    const Grid g = grid_of(r);
    const float most = extreme(x, n);
    if (r.rule == SCALE_BEST && most != 0)
        return best_scale(x, n, most, g);
    float scale = absmax_scale(most, g);
    if (r.rule == SCALE_CLIPPED) {
        const float rms = sqrtf(dot(x, x, n) / (float)n);
        if (normal * rms < fabsf(scale))
            scale = copysignf(normal * rms, scale);
    }
    return as_half(scale);
}

// --- rounding ---------------------------------------------------------------

static float round_some(Rounding r, const float *x, int n, float normal,
                        float *y)
{
    const Grid g = grid_of(r);
    const float scale = scale_for(r, x, n, normal);
    const float inverse = inverse_of(scale);
    for (int i = 0; i < n; i++)
        y[i] = scale * nearest(x[i], inverse, g);
    return scale;
}

typedef struct Rows {
    Rounding r;
    const float *x;
    int cols;
    float normal;
    float *y;
} Rows;

static void some_rows(void *context, int from, int to)
{
    const Rows *c = context;
    const int group = c->r.group ? c->r.group : c->cols;
    for (int i = from; i < to; i++)
        for (int j = 0; j < c->cols; j += group) {
            const size_t at = (size_t)i * c->cols + j;
            const int n = c->cols - j < group ? c->cols - j : group;
            round_some(c->r, c->x + at, n, c->normal, c->y + at);
        }
}

static float normal_for(Rounding r)
{
    check(r.bits >= 2 && r.bits <= 8 && r.group >= 0,
          "%d bits in groups of %d, expected 2 to 8 bits", r.bits, r.group);
    return r.rule == SCALE_CLIPPED ? (float)normal_step(r.bits) : 0;
}

float round_group(Rounding r, const float *x, int n, float *y)
{
    return round_some(r, x, n, normal_for(r), y);
}

float round_number(Rounding r, float x, float scale)
{
    return scale * nearest(x, inverse_of(scale), grid_of(r));
}

void round_rows(Rounding r, const float *x, int rows, int cols, float *y)
{
    const Rows c = {r, x, cols, normal_for(r), y};
    parallel_for(rows, (r.rule == SCALE_BEST ? 400.0 : 10.0) * cols, some_rows,
                 (void *)&c);
}

double rounding_bits(Rounding r, int cols)
{
    const int group = r.group && r.group < cols ? r.group : cols;
    return r.bits + 16.0 * ((cols + group - 1) / group) / cols;
}

// --- what it cost -----------------------------------------------------------

RoundingError rounding_error(const float *x, const float *y, size_t n)
{
    RoundingError e = {0};
    for (size_t i = 0; i < n; i++) {
        const double error = (double)y[i] - (double)x[i];
        e.signal += (double)x[i] * (double)x[i];
        e.noise += error * error;
        e.worst = fmax(e.worst, fabs(error));
    }
    e.signal /= n ? (double)n : 1;
    e.noise /= n ? (double)n : 1;
    return e;
}

double decibels(RoundingError e)
{
    return 10 * log10(e.signal / e.noise);
}

// --- what to expect ---------------------------------------------------------

static double density(double x)
{
    return isinf(x) ? 0 : exp(-x * x / 2) / sqrt(2 * acos(-1));
}

// The integral of (x - c)^2 density(x) from a to b.
static double cell_noise(double a, double b, double c)
{
    const double pa = density(a), pb = density(b);
    const double inside = (erfc(a / sqrt(2)) - erfc(b / sqrt(2))) / 2;
    const double ends = (isinf(a) ? 0 : a * pa) - (isinf(b) ? 0 : b * pb);
    return (1 + c * c) * inside - 2 * c * (pa - pb) + ends;
}

double normal_noise(int bits, double step)
{
    const int m = (1 << (bits - 1)) - 1;
    double sum = cell_noise(-step / 2, step / 2, 0);
    for (int q = 1; q <= m; q++) // both sides are alike
        sum += 2 * cell_noise((q - 0.5) * step,
                              q == m ? (double)INFINITY : (q + 0.5) * step,
                              q * step);
    return sum;
}

// The noise falls with the step and then rises again: thirds are cut off.
double normal_step(int bits)
{
    double low = 1e-3, high = 4;
    for (int i = 0; i < 60; i++) {
        const double a = low + (high - low) / 3, b = high - (high - low) / 3;
        if (normal_noise(bits, a) < normal_noise(bits, b))
            high = b;
        else
            low = a;
    }
    return (low + high) / 2;
}
