// The functions that bend: relu, tanh, sigmoid, SiLU and both forms of GELU;
// see ops.h.
//
// The way back needs the derivative f'(x), computed from x or from y = f(x),
// whichever is simpler.
#include "common/ops_inner.h"

#include <math.h>

static void relu_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *y = row(op->out, i), *dy = grad_row(op->out, i);
        float *dx = grad_row(op->in[0], i);
        for (int j = 0; j < op->out->cols; j++)
            dx[j] += y[j] > 0 ? dy[j] : 0; // y = max(x, 0)
    }
}

static void relu_back(const Op *op)
{
    run_back(op, op->in[0], 1, relu_back_rows);
}

static void relu_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i);
        float *y = row(op->out, i);
        for (int j = 0; j < op->out->cols; j++)
            y[j] = x[j] > 0 ? x[j] : 0;
    }
}

Matrix *relu(Matrix *x)
{
    return run(record(relu_back, x->rows, x->cols, x, NULL, NULL), 1,
               relu_rows);
}

static void tanh_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *y = row(op->out, i), *dy = grad_row(op->out, i);
        float *dx = grad_row(op->in[0], i);
        for (int j = 0; j < op->out->cols; j++)
            dx[j] += (1 - y[j] * y[j]) * dy[j]; // y = tanh x
    }
}

static void tanh_back(const Op *op)
{
    run_back(op, op->in[0], 2, tanh_back_rows);
}

static void tanh_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++)
        tanh_each(row(op->in[0], i), row(op->out, i), op->out->cols);
}

Matrix *tanh_of(Matrix *x)
{
    return run(record(tanh_back, x->rows, x->cols, x, NULL, NULL), 20,
               tanh_rows);
}

// s[j] = 1 / (1 + e^-x[j]) for n numbers. For a very negative x, e^-x is
// infinite and s is 0, as it should be.
static void sigmoid_each(const float *x, float *s, int n)
{
    for (int j = 0; j < n; j++)
        s[j] = -x[j];
    exp_each(s, s, n);
    for (int j = 0; j < n; j++)
        s[j] = 1 / (1 + s[j]);
}

static void sigmoid_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *y = row(op->out, i), *dy = grad_row(op->out, i);
        float *dx = grad_row(op->in[0], i);
        for (int j = 0; j < op->out->cols; j++)
            dx[j] += y[j] * (1 - y[j]) * dy[j]; // y = 1 / (1 + e^-x)
    }
}

static void sigmoid_back(const Op *op)
{
    run_back(op, op->in[0], 2, sigmoid_back_rows);
}

static void sigmoid_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++)
        sigmoid_each(row(op->in[0], i), row(op->out, i), op->out->cols);
}

Matrix *sigmoid(Matrix *x)
{
    return run(record(sigmoid_back, x->rows, x->cols, x, NULL, NULL), 16,
               sigmoid_rows);
}

// SiLU and GELU are both x times a gate g(x) between 0 and 1; the gates are
// kept. y = x g(x), so dx = (g + x g'(x)) dy.

static void silu_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i), *dy = grad_row(op->out, i);
        const float *g = (float *)op->keep + (size_t)i * op->out->cols;
        float *dx = grad_row(op->in[0], i);
        for (int j = 0; j < op->out->cols; j++) // g' = g (1 - g)
            dx[j] += g[j] * (1 + x[j] * (1 - g[j])) * dy[j];
    }
}

static void silu_back(const Op *op)
{
    run_back(op, op->in[0], 4, silu_back_rows);
}

static void silu_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i);
        float *g = (float *)op->keep + (size_t)i * op->out->cols;
        float *y = row(op->out, i);
        sigmoid_each(x, g, op->out->cols);
        for (int j = 0; j < op->out->cols; j++)
            y[j] = x[j] * g[j];
    }
}

Matrix *silu(Matrix *x)
{
    Op *op = record(silu_back, x->rows, x->cols, x, NULL, NULL);
    op->keep = keep(op, (size_t)x->rows * x->cols, sizeof(float));
    return run(op, 17, silu_rows);
}

// Phi(x), the area of the bell curve left of x, for n numbers, through
// erf z = 1 - (a1 t + ... + a5 t^5) e^(-z^2), t = 1 / (1 + 0.3275911 z), with
// an absolute error below 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
static void bell_area_each(const float *x, float *area, int n)
{
    const float root = 0.70710678f; // z = |x| / sqrt(2), so z^2 = x^2 / 2
    for (int j = 0; j < n; j++)
        area[j] = -0.5f * x[j] * x[j];
    exp_each(area, area, n);
    for (int j = 0; j < n; j++) {
        float t = 1 / (1 + 0.3275911f * root * fabsf(x[j]));
        float p =
            t *
            (0.254829592f +
             t * (-0.284496736f +
                  t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
        float tail = 0.5f * p * area[j]; // the area right of |x|
        area[j] = x[j] < 0 ? tail : 1 - tail;
    }
}

static void gelu_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i), *dy = grad_row(op->out, i);
        const float *g = (float *)op->keep + (size_t)i * op->out->cols;
        float *dx = grad_row(op->in[0], i);
        for (int at = 0; at < op->out->cols; at += 64) {
            float bell[64]; // g' = e^(-x^2 / 2) / sqrt(2 pi)
            int n = op->out->cols - at < 64 ? op->out->cols - at : 64;
            for (int j = 0; j < n; j++)
                bell[j] = -0.5f * x[at + j] * x[at + j];
            exp_each(bell, bell, n);
            for (int j = 0; j < n; j++)
                dx[at + j] += (g[at + j] + x[at + j] * 0.39894228f * bell[j]) *
                              dy[at + j];
        }
    }
}

static void gelu_back(const Op *op)
{
    run_back(op, op->in[0], 20, gelu_back_rows);
}

static void gelu_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i);
        float *g = (float *)op->keep + (size_t)i * op->out->cols;
        float *y = row(op->out, i);
        bell_area_each(x, g, op->out->cols);
        for (int j = 0; j < op->out->cols; j++)
            y[j] = x[j] * g[j];
    }
}

Matrix *gelu(Matrix *x)
{
    Op *op = record(gelu_back, x->rows, x->cols, x, NULL, NULL);
    op->keep = keep(op, (size_t)x->rows * x->cols, sizeof(float));
    return run(op, 30, gelu_rows);
}

static void gelu_tanh_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    const float root = 0.79788456f, cube = 3 * 0.044715f; // u as in the gate
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i), *dy = grad_row(op->out, i);
        const float *g = (float *)op->keep + (size_t)i * op->out->cols;
        float *dx = grad_row(op->in[0], i);
        for (int j = 0; j < op->out->cols; j++) { // g' = g (1 - g) 2 u'
            float slope = 2 * root * (1 + cube * x[j] * x[j]);
            dx[j] += g[j] * (1 + x[j] * (1 - g[j]) * slope) * dy[j];
        }
    }
}

static void gelu_tanh_back(const Op *op)
{
    run_back(op, op->in[0], 8, gelu_tanh_back_rows);
}

static void gelu_tanh_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i);
        float *g = (float *)op->keep + (size_t)i * op->out->cols;
        float *y = row(op->out, i);
        gelu_gate_each(x, g, op->out->cols);
        for (int j = 0; j < op->out->cols; j++)
            y[j] = x[j] * g[j];
    }
}

Matrix *gelu_tanh(Matrix *x)
{
    Op *op = record(gelu_tanh_back, x->rows, x->cols, x, NULL, NULL);
    op->keep = keep(op, (size_t)x->rows * x->cols, sizeof(float));
    return run(op, 20, gelu_tanh_rows);
}
