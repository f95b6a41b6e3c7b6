// The losses: operations whose result is 1 x 1, where backward starts. Means
// over many rows are summed in double. See ops.h.
#include "common/ops.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>

typedef struct Targets {
    int rows; // rows that count
    float smoothing;
    int *target;  // a class a row, negative: ignored
    float *p;     // softmax of the logits, T x V
    double *loss; // of each row
    const Matrix *x;
} Targets;

static void loss_rows(void *context, int from, int to)
{
    const Targets *c = context;
    const int V = c->x->cols;
    for (int i = from; i < to; i++) {
        const float *x = c->x->val + (size_t)i * V;
        const int target = c->target[i];
        c->loss[i] = 0;
        if (target < 0)
            continue;
        // -log p[k] = logsum - x[k]; the target's share is 1 - s + s / V, that
        // of all others s / V
        double logsum = softmax_row(x, c->p + (size_t)i * V, V);
        c->loss[i] = logsum - (1 - (double)c->smoothing) * x[target];
        if (c->smoothing > 0) {
            double all = 0;
            for (int k = 0; k < V; k++)
                all += x[k];
            c->loss[i] -= c->smoothing * all / V;
        }
    }
}

static void loss_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    const Targets *c = op->keep;
    const int V = c->x->cols;
    const float each = op->out->grad[0] / (float)c->rows;
    const float spread = c->smoothing / (float)V;
    for (int i = from; i < to; i++) {
        if (c->target[i] < 0)
            continue;
        const float *p = c->p + (size_t)i * V;
        float *dx = op->in[0]->grad + (size_t)i * V;
        for (int k = 0; k < V; k++) // dx = (p - what p should be) / rows
            dx[k] += (p[k] - spread) * each;
        dx[c->target[i]] -= (1 - c->smoothing) * each;
    }
}

static void cross_entropy_back(const Op *op)
{
    grad(op->in[0]);
    parallel_for(op->in[0]->rows, 3.0 * op->in[0]->cols, loss_back_rows,
                 (void *)op);
}

Matrix *cross_entropy(Matrix *logits, const int *target, float smoothing)
{
    const int T = logits->rows, V = logits->cols;
    check(V >= 1 && smoothing >= 0 && smoothing < 1,
          "cross entropy over %d classes with smoothing %g", V, smoothing);
    Op *op = record(cross_entropy_back, 1, 1, logits, NULL, NULL);
    op->out->seq = (Spans){0};
    Arena *a = &op->out->tape->arena;
    Targets *c = op->keep = arena_zero(a, 1, sizeof *c);
    c->x = logits;
    c->smoothing = smoothing;
    c->target = arena_copy(a, target, T, sizeof *target);
    c->p = arena_take(a, (size_t)T * V, sizeof *c->p);
    c->loss = arena_take(a, T, sizeof *c->loss);
    for (int i = 0; i < T; i++) {
        check(target[i] < V, "target %d of row %d, there are %d classes",
              target[i], i, V);
        c->rows += target[i] >= 0;
    }
    parallel_for(T, 16.0 * V, loss_rows, c);
    double total = 0;
    for (int i = 0; i < T; i++)
        total += c->loss[i];
    op->out->val[0] = c->rows ? (float)(total / c->rows) : 0;
    return op->out;
}

static void squared_back(const Op *op)
{
    const Matrix *x = op->in[0];
    const float *target = op->keep;
    float *dx = grad(op->in[0]);
    size_t n = (size_t)x->rows * x->cols;
    // y = sum (x - target)^2 / n
    for (size_t i = 0; i < n; i++)
        dx[i] += 2 * (x->val[i] - target[i]) / (float)n * op->out->grad[0];
}

Matrix *mean_squared_error(Matrix *x, const float *target)
{
    Op *op = record(squared_back, 1, 1, x, NULL, NULL);
    op->out->seq = (Spans){0};
    size_t n = (size_t)x->rows * x->cols;
    op->keep = arena_copy(&op->out->tape->arena, target, n, sizeof *target);
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        double e = (double)x->val[i] - target[i];
        total += e * e;
    }
    op->out->val[0] = n ? (float)(total / (double)n) : 0;
    return op->out;
}

static void mean_back(const Op *op)
{
    size_t n = (size_t)op->in[0]->rows * op->in[0]->cols;
    float *dx = grad(op->in[0]);
    for (size_t i = 0; i < n; i++)
        dx[i] += op->out->grad[0] / (float)n; // y = sum x / n
}

Matrix *mean(Matrix *x)
{
    Op *op = record(mean_back, 1, 1, x, NULL, NULL);
    op->out->seq = (Spans){0};
    size_t n = (size_t)x->rows * x->cols;
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x->val[i];
    op->out->val[0] = n ? (float)(total / (double)n) : 0;
    return op->out;
}
