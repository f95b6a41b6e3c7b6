// Rotary position embedding; see ops.h.
//
// The one idea: turn a query at position p by the angle p a and a key at
// position q by q a, and their dot product depends on p - q alone.
#include "common/ops_inner.h"

#include <math.h>

void rope_turns(double position, int width, float base, float *cosine,
                float *sine)
{
    for (int i = 0; i < width / 2; i++) {
        const double speed = pow(base, -2.0 * i / width); // radians a position
        cosine[i] = (float)cos(position * speed);
        sine[i] = (float)sin(position * speed);
    }
}

RopeTable rope_table(Arena *a, int length, int width, float base, float stretch)
{
    check(length >= 0 && width >= 2 && width % 2 == 0,
          "a rotation table of length %d for heads of width %d", length, width);
    const int half = width / 2;
    RopeTable t = {length, width, NULL, NULL};
    t.cos = arena_take(a, (size_t)length * half, sizeof *t.cos);
    t.sin = arena_take(a, (size_t)length * half, sizeof *t.sin);
    for (int p = 0; p < length; p++)
        rope_turns((double)stretch * p, width, base, t.cos + (size_t)p * half,
                   t.sin + (size_t)p * half);
    return t;
}

typedef struct Rotation {
    RopeTable table;
    RopeLayout layout;
    int *position; // of each row
} Rotation;

// Turns one row x by the angles of position p, forward (sign 1) or backward
// (sign -1): to = turned x, or to += turned x.
static void turn_row(const Rotation *r, const float *x, float *to, int cols,
                     int p, float sign, bool add_up)
{
    const int width = r->table.width, half = width / 2;
    const int step = r->layout == ADJACENT ? 2 : 1;
    const int apart = r->layout == ADJACENT ? 1 : half;
    const float *c = r->table.cos + (size_t)p * half;
    const float *s = r->table.sin + (size_t)p * half;
    for (int at = 0; at < cols; at += width)
        for (int i = 0; i < half; i++) {
            const int a = at + i * step, b = a + apart;
            float ya = x[a] * c[i] - sign * x[b] * s[i];
            float yb = x[b] * c[i] + sign * x[a] * s[i];
            to[a] = add_up ? to[a] + ya : ya;
            to[b] = add_up ? to[b] + yb : yb;
        }
}

static void rope_back_rows(void *context, int from, int to)
{
    const Op *op = context;
    const Rotation *r = op->keep;
    for (int i = from; i < to; i++) // a turn is undone by turning back
        turn_row(r, grad_row(op->out, i), grad_row(op->in[0], i), op->out->cols,
                 r->position[i], -1, true);
}

static void rope_back(const Op *op)
{
    run_back(op, op->in[0], 4, rope_back_rows);
}

static void rope_rows(void *context, int from, int to)
{
    const Op *op = context;
    const Rotation *r = op->keep;
    for (int i = from; i < to; i++)
        turn_row(r, row(op->in[0], i), row(op->out, i), op->out->cols,
                 r->position[i], 1, false);
}

Matrix *rope(Matrix *x, const RopeTable *table, int first, RopeLayout layout)
{
    check(x->cols % table->width == 0,
          "a row of %d columns is no whole number of heads of width %d",
          x->cols, table->width);
    Op *op = record(rope_back, x->rows, x->cols, x, NULL, NULL);
    Rotation *r = op->keep = keep(op, 1, sizeof *r);
    *r = (Rotation){*table, layout, keep(op, x->rows, sizeof(int))};
    Spans seq = spans_of(op->out);
    for (int s = 0; s < seq.n; s++)
        for (int i = seq.start[s]; i < seq.start[s + 1]; i++) {
            r->position[i] = first + i - seq.start[s];
            check(r->position[i] >= 0 && r->position[i] < table->length,
                  "position %d, the table has %d", r->position[i],
                  table->length);
        }
    return run(op, 4, rope_rows);
}

void rope_row(float *x, int cols, const RopeTable *table, int position,
              RopeLayout layout)
{
    check(cols % table->width == 0 && position >= 0 && position < table->length,
          "%d columns at position %d, the table is %d x %d", cols, position,
          table->length, table->width);
    const Rotation r = {*table, layout, NULL};
    turn_row(&r, x, x, cols, position, 1, false);
}
