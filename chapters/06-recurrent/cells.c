// The plain network and the gated recurrent unit; see cells.h.
#include "06-recurrent/cells.h"

#include "06-recurrent/lockstep.h"

#include "common/check.h"

#include <math.h>
#include <stdio.h>

// A layer from the state to itself, of `parts` times the width.
static Linear recurrent_new(Params *p, int parts, int width, const char *name)
{
    char full[100];
    snprintf(full, sizeof full, "%s.again.weight", name);
    return (Linear){
        .w = param_normal(p, parts * width, width, 1 / sqrtf((float)width),
                          full),
    };
}

static Linear input_new(Params *p, int in, int out, const char *name)
{
    char full[100];
    snprintf(full, sizeof full, "%s.in", name);
    return linear_new(p, in, out, full);
}

// --- the plain network ------------------------------------------------------

Rnn rnn_new(Params *p, int in, int width, const char *name)
{
    return (Rnn){input_new(p, in, width, name),
                 recurrent_new(p, 1, width, name)};
}

Matrix *rnn_step(const Rnn *r, Matrix *x, Matrix *h)
{
    return tanh_of(add(x, linear(h, r->again)));
}

// --- the gated recurrent unit -----------------------------------------------

Gru gru_new(Params *p, int in, int width, const char *name)
{
    char full[100];
    Gru g = {input_new(p, in, 3 * width, name),
             recurrent_new(p, 3, width, name)};
    snprintf(full, sizeof full, "%s.again.bias", name);
    g.again.b = param(p, 1, 3 * width, 0, full);
    return g;
}

Matrix *gru_step(const Gru *g, Matrix *x, Matrix *h)
{
    const int d = h->cols;
    Matrix *u = linear(h, g->again); // n x 3d, like x
    Matrix *r = sigmoid(add(slice_cols(x, 0, d), slice_cols(u, 0, d)));
    Matrix *z = sigmoid(add(slice_cols(x, d, 2 * d), slice_cols(u, d, 2 * d)));
    Matrix *n = tanh_of(
        add(slice_cols(x, 2 * d, 3 * d), mul(r, slice_cols(u, 2 * d, 3 * d))));
    return add(n, mul(z, add(h, scale(n, -1)))); // (1 - z) n + z h
}

// --- over whole sequences ---------------------------------------------------

typedef Matrix *(*Step)(const void *cell, Matrix *x, Matrix *h);

static Matrix *plain_step(const void *cell, Matrix *x, Matrix *h)
{
    return rnn_step(cell, x, h);
}

static Matrix *gated_step(const void *cell, Matrix *x, Matrix *h)
{
    return gru_step(cell, x, h);
}

// Runs the step over the sequences of x, with all input products made at once.
static Matrix *run_steps(Step step, const void *cell, Linear in, int width,
                         Matrix *x)
{
    const Lockstep s = lockstep(x);
    Matrix *z = linear(pick_rows(x, s.row, s.rows), in);
    Matrix *h = zeros(x->tape, s.sequences, width), *y = h;
    if (s.steps > 0) {
        Matrix **each = arena_take(&x->tape->arena, s.steps, sizeof *each);
        for (int t = 0; t < s.steps; t++) {
            Matrix *now = slice_rows(z, s.start[t], s.start[t + 1]);
            h = slice_rows(h, 0, lockstep_alive(&s, t));
            h = each[t] = step(cell, now, h);
        }
        y = stack_rows(each, s.steps);
    }
    y = pick_rows(y, s.place, s.rows); // back to packed
    y->seq = x->seq;
    return y;
}

Matrix *rnn(const Rnn *r, Matrix *x)
{
    return run_steps(plain_step, r, r->in, r->again.w->cols, x);
}

Matrix *gru(const Gru *g, Matrix *x)
{
    return run_steps(gated_step, g, g->in, g->again.w->cols, x);
}
