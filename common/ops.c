// Looking up, multiplying, adding, dropping out: forward and backward side by
// side; see ops.h, and ops_inner.h for how an operation is built.
#include "common/ops_inner.h"

#include <math.h>
#include <string.h>

// What an element costs that is only brought from memory and put back, in
// floating-point operations.
static const double BY_MEMORY = 4;

// --- looking up -------------------------------------------------------------

static void embed_back(const Op *op)
{
    // y[i] = table[id[i]]; two tokens may be the same, so this is one thread's.
    const int *id = op->keep;
    float *d = grad(op->in[0]);
    for (int i = 0; i < op->out->rows; i++)
        axpy(1, grad_row(op->out, i), d + (size_t)id[i] * op->out->cols,
             op->out->cols);
}

Matrix *embed(Tape *t, Matrix *table, Tokens x)
{
    Matrix *on = table->tape ? table : on_tape(t, table);
    Matrix *y = pick_rows(on, x.id, x.n);
    y->seq = x.seq;
    return y;
}

static void picked_rows(void *context, int from, int to)
{
    const Op *op = context;
    const int *id = op->keep;
    for (int i = from; i < to; i++)
        memcpy(row(op->out, i), row(op->in[0], id[i]),
               op->out->cols * sizeof(float));
}

Matrix *pick_rows(Matrix *x, const int *index, int n)
{
    Op *op = record(embed_back, n, x->cols, x, NULL, NULL);
    op->out->seq = (Spans){0};
    int *id = op->keep = keep(op, n, sizeof *id);
    for (int i = 0; i < n; i++) {
        check(index[i] >= 0 && index[i] < x->rows,
              "row %d asked for (place %d), there are %d", index[i], i,
              x->rows);
        id[i] = index[i];
    }
    return run(op, BY_MEMORY, picked_rows);
}

// --- multiplying ------------------------------------------------------------

static void matmul_back(const Op *op)
{
    Matrix *a = op->in[0], *b = op->in[1];
    const float *dy = op->out->grad;
    const int M = a->rows, K = a->cols, N = b->cols;
    bool add;
    if (wants_grad(a)) { // y = a b: da = dy b^T
        float *da = grad_or_new(a, &add);
        gemm_nt(M, K, N, dy, N, b->val, N, da, K, add);
    }
    if (wants_grad(b)) { // db = a^T dy
        float *db = grad_or_new(b, &add);
        gemm_tn(K, N, M, a->val, K, dy, N, db, N, add);
    }
}

Matrix *matmul(Matrix *a, Matrix *b)
{
    check(a->cols == b->rows, "%d x %d times %d x %d", a->rows, a->cols,
          b->rows, b->cols);
    Op *op = record(matmul_back, a->rows, b->cols, a, b, NULL);
    gemm_nn(a->rows, b->cols, a->cols, a->val, a->cols, b->val, b->cols,
            op->out->val, b->cols, false);
    return op->out;
}

static void matmul_t_back(const Op *op)
{
    Matrix *a = op->in[0], *b = op->in[1];
    const float *dy = op->out->grad;
    const int M = a->rows, K = a->cols, N = b->rows;
    bool add;
    if (wants_grad(a)) { // y = a b^T: da = dy b
        float *da = grad_or_new(a, &add);
        gemm_nn(M, K, N, dy, N, b->val, K, da, K, add);
    }
    if (wants_grad(b)) { // db = dy^T a
        float *db = grad_or_new(b, &add);
        gemm_tn(N, K, M, dy, N, a->val, K, db, K, add);
    }
}

Matrix *matmul_t(Matrix *a, Matrix *b)
{
    check(a->cols == b->cols, "%d x %d times the transpose of %d x %d", a->rows,
          a->cols, b->rows, b->cols);
    Op *op = record(matmul_t_back, a->rows, b->rows, a, b, NULL);
    gemm_nt(a->rows, b->rows, a->cols, a->val, a->cols, b->val, b->cols,
            op->out->val, b->rows, false);
    return op->out;
}

static void linear_back(const Op *op)
{
    matmul_t_back(op); // y = x w^T ...
    if (wants_grad(op->in[2]))
        add_rows(op->out, grad(op->in[2])); // ... + b
}

Matrix *linear(Matrix *x, Linear l)
{
    const int in = l.w->cols, out = l.w->rows;
    check(x->cols == in, "a layer of %d inputs is given %d x %d", in, x->rows,
          x->cols);
    Op *op = record(linear_back, x->rows, out, x, l.w, l.b);
    check(!l.prepacked || !op->out->tape->training,
          "a prepacked layer learns no more");
    const float *bias = l.b ? l.b->val : NULL;
    if (l.prepacked)
        affine_prepacked(x->rows, l.prepacked, x->val, in, bias, op->out->val,
                         out);
    else
        affine(x->rows, out, in, x->val, in, l.w->val, in, bias, op->out->val,
               out);
    return op->out;
}

// --- element by element: two inputs -----------------------------------------

// The row of b that goes with row i of a: b may be one row for all.
static const float *partner(const Matrix *b, int i)
{
    return row(b, b->rows == 1 ? 0 : i);
}

static void check_pair(const char *name, const Matrix *a, const Matrix *b)
{
    check(a->cols == b->cols && (b->rows == a->rows || b->rows == 1),
          "%s of %d x %d and %d x %d", name, a->rows, a->cols, b->rows,
          b->cols);
}

typedef struct Pass {
    const Matrix *y;
    Matrix *x;
    bool more; // x has a gradient already
} Pass;

static void pass_on_rows(void *context, int from, int to)
{
    const Pass *p = context;
    const int d = p->y->cols;
    for (int i = from; i < to; i++)
        if (p->more)
            axpy(1, grad_row(p->y, i), grad_row(p->x, i), d);
        else
            memcpy(grad_row(p->x, i), grad_row(p->y, i), d * sizeof(float));
}

// Hands dy itself to an input of add: one that has as many rows, or one row.
static void pass_on(const Matrix *y, Matrix *x)
{
    Pass p = {y, x, false};
    if (!wants_grad(x))
        return;
    if (x->rows != y->rows) {
        add_rows(y, grad(x));
        return;
    }
    grad_or_new(x, &p.more);
    parallel_for(y->rows, BY_MEMORY * y->cols, pass_on_rows, &p);
}

static void add_back(const Op *op)
{
    pass_on(op->out, op->in[0]); // y = a + b: da = dy
    pass_on(op->out, op->in[1]); // db = dy, summed if b is one row
}

static void add_rows_of(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *a = row(op->in[0], i), *b = partner(op->in[1], i);
        float *y = row(op->out, i);
        for (int j = 0; j < op->out->cols; j++)
            y[j] = a[j] + b[j];
    }
}

Matrix *add(Matrix *a, Matrix *b)
{
    check_pair("sum", a, b);
    return run(record(add_back, a->rows, a->cols, a, b, NULL), BY_MEMORY,
               add_rows_of);
}

static void mul_back(const Op *op)
{
    Matrix *a = op->in[0], *b = op->in[1];
    for (int i = 0; i < op->out->rows; i++) {
        const float *dy = grad_row(op->out, i), *other = partner(b, i);
        const float *mine = row(a, i);
        if (wants_grad(a)) { // y = a b: da = b dy
            float *da = grad(a) + (size_t)i * a->cols;
            for (int j = 0; j < a->cols; j++)
                da[j] += other[j] * dy[j];
        }
        if (wants_grad(b)) { // db = a dy, summed if b is one row
            float *db = grad(b) + (b->rows == 1 ? 0 : (size_t)i * b->cols);
            for (int j = 0; j < b->cols; j++)
                db[j] += mine[j] * dy[j];
        }
    }
}

static void mul_rows(void *context, int from, int to)
{
    const Op *op = context;
    for (int i = from; i < to; i++) {
        const float *a = row(op->in[0], i), *b = partner(op->in[1], i);
        float *y = row(op->out, i);
        for (int j = 0; j < op->out->cols; j++)
            y[j] = a[j] * b[j];
    }
}

Matrix *mul(Matrix *a, Matrix *b)
{
    check_pair("product", a, b);
    return run(record(mul_back, a->rows, a->cols, a, b, NULL), BY_MEMORY,
               mul_rows);
}

static void scale_back(const Op *op)
{
    // y = s x
    const float *s = op->keep;
    Matrix *x = op->in[0];
    grad(x);
    for (int i = 0; i < x->rows; i++)
        axpy(*s, grad_row(op->out, i), grad_row(x, i), x->cols);
}

Matrix *scale(Matrix *x, float s)
{
    Op *op = record(scale_back, x->rows, x->cols, x, NULL, NULL);
    float *kept = op->keep = keep(op, 1, sizeof *kept);
    *kept = s;
    for (size_t i = 0; i < (size_t)x->rows * x->cols; i++)
        op->out->val[i] = s * x->val[i];
    return op->out;
}

// --- dropout ----------------------------------------------------------------

static void dropout_back(const Op *op)
{
    // y = factor x
    const float *factor = op->keep, *dy = op->out->grad;
    float *dx = grad(op->in[0]);
    for (size_t i = 0; i < (size_t)op->out->rows * op->out->cols; i++)
        dx[i] += factor[i] * dy[i];
}

Matrix *dropout(Matrix *x, float p)
{
    check(p >= 0 && p < 1, "a dropout of %g", p);
    check(x->tape, "no input is on a tape; put a parameter there by on_tape");
    if (!x->tape->training || p == 0)
        return x;
    Op *op = record(dropout_back, x->rows, x->cols, x, NULL, NULL);
    const size_t n = (size_t)x->rows * x->cols;
    float *y = op->out->val;
    float *factor = op->keep = keep(op, (n + 3) / 4, 4 * sizeof *factor);
    // Each random number serves four elements, 16 bits each; p is rounded to
    // a multiple of 2^-16, and the scale is made from the rounded p.
    const unsigned below = (unsigned)lrintf(p * 65536);
    const float scale = 65536.0f / (float)(65536 - below);
    for (size_t i = 0; i < n; i += 4) {
        const uint64_t bits = rng_bits(&x->tape->rng);
        for (int j = 0; j < 4; j++)
            factor[i + j] = (bits >> 16 * j & 0xffff) >= below ? scale : 0;
    }
    for (size_t i = 0; i < n; i++)
        y[i] = factor[i] * x->val[i];
    return op->out;
}
