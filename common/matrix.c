// Matrices, the tape and backward; see matrix.h.
#include "common/matrix.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

Tape *tape_new(size_t bytes, uint64_t seed)
{
    Tape *t = new_array(1, sizeof *t);
    t->arena = arena_new(bytes ? bytes : (size_t)1 << 36);
    t->rng = rng_new(seed);
    t->training = true;
    return t;
}

void tape_reset(Tape *t)
{
    arena_reset(&t->arena);
    t->last = NULL;
}

void tape_free(Tape *t)
{
    if (!t)
        return;
    arena_free(&t->arena);
    free(t);
}

Matrix *matrix(Tape *t, int rows, int cols)
{
    check(rows >= 0 && cols >= 0, "a matrix cannot be %d x %d", rows, cols);
    Matrix *m = arena_zero(&t->arena, 1, sizeof *m);
    m->rows = rows;
    m->cols = cols;
    m->val = arena_take(&t->arena, (size_t)rows * cols, sizeof *m->val);
    m->tape = t;
    m->given = true;
    return m;
}

Matrix *matrix_of(Tape *t, int rows, int cols, const float *val)
{
    Matrix *m = matrix(t, rows, cols);
    size_t n = (size_t)rows * cols;
    if (n)
        memcpy(m->val, val, n * sizeof *val);
    return m;
}

Matrix *on_tape(Tape *t, Matrix *parameter)
{
    Matrix *m = arena_copy(&t->arena, parameter, 1, sizeof *m);
    m->tape = t;
    return m;
}

Spans spans_of(const Matrix *x)
{
    if (x->seq.n > 0)
        return x->seq;
    int *start = arena_take(&x->tape->arena, 2, sizeof *start);
    start[0] = 0;
    start[1] = x->rows;
    return (Spans){1, start};
}

Op *record(void (*back)(const Op *), int rows, int cols, Matrix *a, Matrix *b,
           Matrix *c)
{
    Tape *t = a && a->tape   ? a->tape
              : b && b->tape ? b->tape
              : c            ? c->tape
                             : NULL;
    check(t, "no input is on a tape; put a parameter there by on_tape");
    Op *op = arena_zero(&t->arena, 1, sizeof *op);
    op->out = matrix(t, rows, cols);
    op->in[0] = a;
    op->in[1] = b;
    op->in[2] = c;
    op->back = back;
    op->out->given = !wants_grad(a) && !wants_grad(b) && !wants_grad(c);
    if (a->rows == rows)
        op->out->seq = a->seq;
    if (t->training && !op->out->given) {
        op->before = t->last;
        t->last = op;
    }
    return op;
}

bool wants_grad(const Matrix *m)
{
    return m && !m->given;
}

float *grad_or_new(Matrix *m, bool *add)
{
    *add = m->grad != NULL;
    if (!m->grad) {
        check(m->tape, "a parameter has lost its gradient");
        m->grad = arena_take(&m->tape->arena, (size_t)m->rows * m->cols,
                             sizeof *m->grad);
    }
    return m->grad;
}

float *grad(Matrix *m)
{
    bool add;
    float *g = grad_or_new(m, &add);
    if (!add)
        memset(g, 0, (size_t)m->rows * m->cols * sizeof *g);
    return g;
}

void backward(Matrix *loss)
{
    check(loss->rows == 1 && loss->cols == 1, "a loss is 1 x 1, not %d x %d",
          loss->rows, loss->cols);
    check(loss->tape->training, "the tape was not recording");
    grad(loss)[0] += 1;
    // From last to first. What the loss does not depend on never gets a
    // gradient, and is passed over.
    for (Op *op = loss->tape->last; op; op = op->before)
        if (op->out->grad)
            op->back(op);
}
