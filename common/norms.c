// Operations on whole rows: softmax, layer norm, RMS norm; see ops.h.
#include "common/ops_inner.h"

#include <math.h>

static void softmax_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    const int n = op->out->cols;
    for (int i = from; i < to; i++) {
        const float *y = row(op->out, i), *dy = grad_row(op->out, i);
        float *dx = grad_row(op->in[0], i);
        float mean_dy = dot(y, dy, n); // dx = y (dy - sum y dy)
        for (int j = 0; j < n; j++)
            dx[j] += y[j] * (dy[j] - mean_dy);
    }
}

static void softmax_back(const Op *op)
{
    run_back(op, op->in[0], 4, softmax_back_rows);
}

static void softmax_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++)
        softmax_row(row(op->in[0], i), row(op->out, i), op->out->cols);
}

Matrix *softmax(Matrix *x)
{
    return run(record(softmax_back, x->rows, x->cols, x, NULL, NULL), 16,
               softmax_rows);
}

// Both norms: y = gain * u + bias with u = (x - mean) / s, s the standard
// deviation; RMS norm has no mean and no bias. Kept for the way back: mean and
// 1 / s of each row.
typedef struct Moments {
    bool centred;
    float eps;
    float *mean, *inverse; // a number a row
} Moments;

static void norm_rows(void *context, int from, int to)
{
    const Op *op = context;
    const Moments *m = op->keep;
    const int d = op->out->cols;
    const float *gain = op->in[1]->val;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i);
        float *y = row(op->out, i);
        float mean_x = m->centred ? sum(x, d) / (float)d : 0;
        for (int j = 0; j < d; j++)
            y[j] = x[j] - mean_x;
        float inverse = 1 / sqrtf(dot(y, y, d) / (float)d + m->eps);
        if (m->centred)
            for (int j = 0; j < d; j++)
                y[j] = y[j] * inverse * gain[j] + op->in[2]->val[j];
        else
            for (int j = 0; j < d; j++)
                y[j] = y[j] * inverse * gain[j];
        m->mean[i] = mean_x;
        m->inverse[i] = inverse;
    }
}

// dx = (g - mean(g) - u mean(g u)) / s with g = gain dy; RMS norm lacks the
// middle term, since it subtracts no mean.
static void norm_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    const Moments *m = op->keep;
    const int d = op->out->cols;
    const float *gain = op->in[1]->val;
    for (int i = from; i < to; i++) {
        const float *x = row(op->in[0], i), *dy = grad_row(op->out, i);
        float *dx = grad_row(op->in[0], i);
        float mean_x = m->mean[i], inverse = m->inverse[i];
        float gs[16] = {0}, gus[16] = {0}; // partial sums of g and g u
        for (int start = 0; start < d; start += 16)
            for (int j = start; j < start + 16 && j < d; j++) {
                float g = gain[j] * dy[j];
                gs[j - start] += g;
                gus[j - start] += g * (x[j] - mean_x);
            }
        float mean_g = m->centred ? sum(gs, 16) / (float)d : 0;
        float mean_gu = sum(gus, 16) * inverse / (float)d;
        for (int j = 0; j < d; j++)
            dx[j] += inverse * (gain[j] * dy[j] - mean_g -
                                (x[j] - mean_x) * inverse * mean_gu);
    }
}

// y = gain u + bias: dgain = u dy, summed over the rows; by columns, as in
// add_rows, which does the same for dbias = dy.
static void gain_back_cuts(void *context, int from, int to)
{
    const Op *op = context;
    const Moments *m = op->keep;
    const int d = op->out->cols, end = to * CUT < d ? to * CUT : d;
    float *dgain = op->in[1]->grad;
    for (int i = 0; i < op->out->rows; i++) {
        const float *x = row(op->in[0], i), *dy = grad_row(op->out, i);
        const float mean_x = m->mean[i], inverse = m->inverse[i];
        for (int j = from * CUT; j < end; j++)
            dgain[j] += (x[j] - mean_x) * inverse * dy[j];
    }
}

static void norm_back(const Op *op)
{
    const Matrix *y = op->out;
    run_back(op, op->in[0], 8, norm_back_rows);
    if (wants_grad(op->in[1])) {
        grad(op->in[1]);
        parallel_for((y->cols + CUT - 1) / CUT, 8.0 * CUT * y->rows,
                     gain_back_cuts, (void *)op);
    }
    if (wants_grad(op->in[2]))
        add_rows(y, grad(op->in[2]));
}

static Matrix *norm(Matrix *x, Matrix *gain, Matrix *bias, float eps)
{
    check(gain->rows == 1 && gain->cols == x->cols && x->cols > 0,
          "a norm of width %d is given %d x %d", gain->cols, x->rows, x->cols);
    Op *op = record(norm_back, x->rows, x->cols, x, gain, bias);
    Moments *m = op->keep = keep(op, 1, sizeof *m);
    *m = (Moments){
        .centred = bias != NULL,
        .eps = eps,
        .mean = keep(op, x->rows, sizeof(float)),
        .inverse = keep(op, x->rows, sizeof(float)),
    };
    return run(op, 6, norm_rows);
}

Matrix *layer_norm(Matrix *x, Norm n)
{
    check(n.bias->rows == 1 && n.bias->cols == x->cols,
          "a norm's bias is %d x %d, the input %d x %d", n.bias->rows,
          n.bias->cols, x->rows, x->cols);
    return norm(x, n.gain, n.bias, n.eps);
}

Matrix *rms_norm(Matrix *x, Matrix *gain, float eps)
{
    return norm(x, gain, NULL, eps);
}
