// For the authors of operations only: what the files that implement ops.h
// share.
//
// Each operation has up to three functions. NAME makes the record and hands
// rows of the result to the threads; NAME_rows computes them; NAME_back hands
// the gradient of the result, dy, to the inputs. In a backward function dx is
// the gradient of x, and a comment names the forward line it differentiates.
#ifndef COMMON_OPS_INNER_H
#define COMMON_OPS_INNER_H

#include "common/check.h"
#include "common/kernels.h"
#include "common/ops.h"
#include "common/threads.h"

// Row i of x, and of its gradient.
static inline float *row(const Matrix *x, int i)
{
    return x->val + (size_t)i * x->cols;
}

static inline float *grad_row(const Matrix *x, int i)
{
    return x->grad + (size_t)i * x->cols;
}

// The sum of n numbers, in 16 partial sums so that it can use vectors.
static inline float sum(const float *x, int n)
{
    float part[16] = {0};
    int i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 16; j++)
            part[j] += x[i + j];
    float s = 0;
    for (; i < n; i++)
        s += x[i];
    for (int j = 0; j < 16; j++)
        s += part[j];
    return s;
}

static inline void *keep(const Op *op, size_t n, size_t size)
{
    return arena_take(&op->out->tape->arena, n, size);
}

// Runs rows(op, from, to) over all rows of the result; cost is operations for
// one element.
static inline Matrix *run(Op *op, double cost, void (*rows)(void *, int, int))
{
    parallel_for(op->out->rows, cost * op->out->cols, rows, op);
    return op->out;
}

// The way back for operations whose rows do not depend on one another: the
// gradient of `to` is made ready, then rows(op, from, to) adds to it.
static inline void run_back(const Op *op, Matrix *to, double cost,
                            void (*rows)(void *, int, int))
{
    if (!wants_grad(to))
        return;
    grad(to);
    parallel_for(op->out->rows, cost * op->out->cols, rows, (void *)op);
}

// Sums over all rows are shared out by columns, CUT of them at a time.
enum { CUT = 64 };

typedef struct RowSum {
    const Matrix *y;
    float *d; // 1 x cols
} RowSum;

static inline void add_rows_cuts(void *context, int from, int to)
{
    const RowSum *s = context;
    const int end = to * CUT < s->y->cols ? to * CUT : s->y->cols;
    for (int i = 0; i < s->y->rows; i++) {
        const float *dy = grad_row(s->y, i);
        for (int j = from * CUT; j < end; j++)
            s->d[j] += dy[j];
    }
}

// Adds all rows of the gradient of y (rows x cols) to d (1 x cols).
static inline void add_rows(const Matrix *y, float *d)
{
    parallel_for((y->cols + CUT - 1) / CUT, 4.0 * CUT * y->rows, add_rows_cuts,
                 &(RowSum){y, d});
}

#endif
