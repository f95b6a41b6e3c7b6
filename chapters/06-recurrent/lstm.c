// The LSTM: a step as the equations say it, and a whole run as one operation;
// see lstm.h.
//
// What the run gains: the input products of all steps are one product, the
// gradient of U is one product, and what a step keeps are a few rows and not
// fifteen records. The recurrent product cannot be joined: a step needs the
// state of the step before.
#include "06-recurrent/lstm.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Lstm lstm_new(Params *p, int in, int width, const char *name)
{
    char full[100];
    Lstm l = {.width = width};
    snprintf(full, sizeof full, "%s.in", name);
    l.in = linear_new(p, in, 4 * width, full);
    snprintf(full, sizeof full, "%s.again.weight", name);
    l.again.w =
        param_normal(p, 4 * width, width, 1 / sqrtf((float)width), full);
    lstm_forget_bias(&l, 1);
    return l;
}

void lstm_forget_bias(const Lstm *l, float value)
{
    for (int j = 0; j < l->width; j++)
        l->in.b->val[l->width + j] = value;
}

// --- a step -----------------------------------------------------------------

LstmState lstm_step(const Lstm *l, Matrix *x, LstmState s)
{
    const int h = l->width;
    Matrix *z = add(linear(x, l->in), linear(s.h, l->again)); // n x 4h
    Matrix *i = sigmoid(slice_cols(z, 0, h));
    Matrix *f = sigmoid(slice_cols(z, h, 2 * h));
    Matrix *g = tanh_of(slice_cols(z, 2 * h, 3 * h));
    Matrix *o = sigmoid(slice_cols(z, 3 * h, 4 * h));
    Matrix *c = add(mul(f, s.c), mul(i, g)); // n x h
    return (LstmState){.h = mul(o, tanh_of(c)), .c = c};
}

// --- a run: there -----------------------------------------------------------

// All rows are in lock step: those of step t are start[t] up to start[t + 1].
typedef struct Run {
    Lockstep s;
    int width;
    float *gates;  // T x 4h: i, f, g, o
    float *before; // T x h: the state that each row began with
    float *cell;   // T x h: its cell afterwards
    float *bent;   // T x h: tanh of that
    float *dc;     // on the way back: sequences x h, the gradient of the cells
    int step;      // at which all of them are just now
    const Op *op;
} Run;

// s[j] = 1 / (1 + e^-s[j]).
static void sigmoid_here(float *s, int n)
{
    for (int j = 0; j < n; j++)
        s[j] = -s[j];
    exp_each(s, s, n);
    for (int j = 0; j < n; j++)
        s[j] = 1 / (1 + s[j]);
}

// The cells with which the rows of this step begin.
static const float *cells_before(const Run *r)
{
    const int t = r->step;
    return t == 0 ? r->op->in[3]->val
                  : r->cell + (size_t)r->s.start[t - 1] * r->width;
}

// Rows from .. to - 1 of this step: the gates are sums so far.
static void step_rows(void *context, int from, int to)
{
    const Run *r = context;
    const int h = r->width;
    for (int k = from; k < to; k++) {
        const size_t at = (size_t)r->s.start[r->step] + k;
        const float *old = cells_before(r) + (size_t)k * h;
        float *i = r->gates + at * 4 * h, *f = i + h, *g = f + h, *o = g + h;
        float *c = r->cell + at * h, *bent = r->bent + at * h;
        float *y = r->op->out->val + at * h;
        sigmoid_here(i, 2 * h);
        tanh_each(g, g, h);
        sigmoid_here(o, h);
        for (int j = 0; j < h; j++)
            c[j] = f[j] * old[j] + i[j] * g[j];
        tanh_each(c, bent, h);
        for (int j = 0; j < h; j++)
            y[j] = o[j] * bent[j];
    }
}

// --- and back ---------------------------------------------------------------

// dh is complete when a step is reached: what was above added to it, and the
// step that came after, too. dc holds what that step handed to the cells.
static void step_back_rows(void *context, int from, int to)
{
    const Run *r = context;
    const int h = r->width;
    for (int k = from; k < to; k++) {
        const size_t at = (size_t)r->s.start[r->step] + k;
        const float *old = cells_before(r) + (size_t)k * h;
        const float *i = r->gates + at * 4 * h, *f = i + h, *g = f + h;
        const float *o = g + h, *bent = r->bent + at * h;
        const float *dh = r->op->out->grad + at * h;
        float *di = r->op->in[0]->grad + at * 4 * h, *df = di + h;
        float *dg = df + h, *dout = dg + h, *dc = r->dc + (size_t)k * h;
        for (int j = 0; j < h; j++) {
            dout[j] = dh[j] * bent[j] * o[j] * (1 - o[j]); // h' = o tanh c'
            dc[j] += dh[j] * o[j] * (1 - bent[j] * bent[j]);
            di[j] = dc[j] * g[j] * i[j] * (1 - i[j]); // c' = f c + i g
            df[j] = dc[j] * old[j] * f[j] * (1 - f[j]);
            dg[j] = dc[j] * i[j] * (1 - g[j] * g[j]);
            dc[j] *= f[j]; // for the cell before: the gate is all there is
        }
    }
}

static void run_back(const Op *op)
{
    Run *r = op->keep;
    const Matrix *w = op->in[1];
    Matrix *z = op->in[0], *h0 = op->in[2], *c0 = op->in[3];
    const int h = r->width, T = r->s.rows;
    float *dz = grad(z); // z is ours alone: it is filled, not added to
    r->dc = arena_zero(&op->out->tape->arena, (size_t)r->s.sequences * h,
                       sizeof(float));
    for (int t = r->s.steps - 1; t >= 0; t--) {
        const int n = lockstep_alive(&r->s, t);
        const float *now = dz + (size_t)r->s.start[t] * 4 * h;
        r->step = t;
        parallel_for(n, 20.0 * h, step_back_rows, r);
        if (t > 0) // z = ... + h U^T: dh += dz U
            gemm_nn(n, h, 4 * h, now, 4 * h, w->val, h,
                    op->out->grad + (size_t)r->s.start[t - 1] * h, h, true);
        else if (wants_grad(h0))
            gemm_nn(n, h, 4 * h, now, 4 * h, w->val, h, grad(h0), h, true);
    }
    if (wants_grad(c0))
        axpy(1, r->dc, grad(c0), c0->rows * h);
    if (wants_grad(w)) // dU += dz^T h, all steps at once
        gemm_tn(4 * h, h, T, dz, 4 * h, r->before, h, w->grad, h, true);
}

// --- the whole --------------------------------------------------------------

// z (T x 4h, in lock step) is what the inputs give; h0 and c0 have a row for
// each sequence, the longest first.
static Op *run_all(const Lstm *l, const Lockstep *s, Matrix *z, Matrix *h0,
                   Matrix *c0)
{
    const int h = l->width;
    Op *op = record(run_back, z->rows, h, z, l->again.w, h0);
    op->in[3] = c0;
    op->out->seq = (Spans){0};
    Arena *a = &op->out->tape->arena;
    Run *r = op->keep = arena_zero(a, 1, sizeof *r);
    *r = (Run){.s = *s, .width = h, .op = op};
    const size_t n = (size_t)z->rows * h;
    r->gates = arena_copy(a, z->val, 4 * n, sizeof *r->gates);
    r->before = arena_take(a, n, sizeof *r->before);
    r->cell = arena_take(a, n, sizeof *r->cell);
    r->bent = arena_take(a, n, sizeof *r->bent);
    for (int t = 0; t < s->steps; t++) {
        const int alive = lockstep_alive(s, t);
        const size_t at = (size_t)s->start[t] * h;
        memcpy(r->before + at,
               t == 0 ? h0->val : op->out->val + (size_t)s->start[t - 1] * h,
               (size_t)alive * h * sizeof *r->before);
        gemm_nt(alive, 4 * h, h, r->before + at, h, l->again.w->val, h,
                r->gates + 4 * at, 4 * h, true);
        r->step = t;
        parallel_for(alive, 100.0 * h, step_rows, r);
    }
    return op;
}

// Row i: the last row of sequence i in lock step, or where it began.
static Matrix *ends(const Lockstep *s, Spans seq, const float *rows,
                    const Matrix *begin)
{
    const int d = begin->cols;
    Matrix *m = matrix(begin->tape, s->sequences, d);
    for (int k = 0; k < s->sequences; k++) {
        const int i = s->who[k], end = seq.start[i + 1];
        const float *from = end > seq.start[i]
                                ? rows + (size_t)s->place[end - 1] * d
                                : begin->val + (size_t)k * d;
        memcpy(m->val + (size_t)i * d, from, d * sizeof *from);
    }
    return m;
}

// The state to begin with, the longest sequence first.
static Matrix *begin_with(Tape *t, Matrix *m, const Lockstep *s, int h)
{
    if (!m)
        return zeros(t, s->sequences, h);
    check(m->rows == s->sequences && m->cols == h,
          "%d sequences of width %d begin with a state of %d x %d",
          s->sequences, h, m->rows, m->cols);
    return pick_rows(m->tape ? m : on_tape(t, m), s->who, s->sequences);
}

Matrix *lstm(const Lstm *l, Matrix *x, LstmState *state)
{
    const Lockstep s = lockstep(x);
    Matrix *h0 = begin_with(x->tape, state ? state->h : NULL, &s, l->width);
    Matrix *c0 = begin_with(x->tape, state ? state->c : NULL, &s, l->width);
    Matrix *z = linear(pick_rows(x, s.row, s.rows), l->in);
    Op *op = run_all(l, &s, z, h0, c0);
    if (state) {
        const Run *r = op->keep;
        const Spans seq = spans_of(x);
        state->h = ends(&s, seq, op->out->val, h0);
        state->c = ends(&s, seq, r->cell, c0);
    }
    Matrix *y = pick_rows(op->out, s.place, s.rows); // back to packed
    y->seq = x->seq;
    return y;
}

Matrix *lstm_both(const Lstm *forth, const Lstm *back, Matrix *x)
{
    return concat_cols(lstm(forth, x, NULL),
                       reversed(lstm(back, reversed(x), NULL)));
}
