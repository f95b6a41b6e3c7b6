// Sequences side by side; see lockstep.h.
#include "06-recurrent/lockstep.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/ops.h"

#include <string.h>

// The numbers of the sequences, the longest first; equally long ones stay in
// order. A counting sort: at[l] is where the next one of length l goes.
static const int *longest_first(Arena *a, Spans seq, int longest)
{
    int *at = arena_zero(a, longest + 2, sizeof *at);
    int *who = arena_take(a, seq.n, sizeof *who);
    for (int i = 0; i < seq.n; i++)
        at[seq.start[i + 1] - seq.start[i]]++;
    for (int l = longest, before = 0; l >= 0; l--) {
        const int n = at[l];
        at[l] = before;
        before += n;
    }
    for (int i = 0; i < seq.n; i++)
        who[at[seq.start[i + 1] - seq.start[i]]++] = i;
    return who;
}

Lockstep lockstep(const Matrix *x)
{
    Arena *a = &x->tape->arena;
    const Spans seq = spans_of(x);
    Lockstep s = {.sequences = seq.n, .rows = x->rows};
    for (int i = 0; i < seq.n; i++) {
        const int length = seq.start[i + 1] - seq.start[i];
        s.steps = length > s.steps ? length : s.steps;
    }
    s.who = longest_first(a, seq, s.steps);
    int *start = arena_take(a, s.steps + 1, sizeof *start);
    int *row = arena_take(a, s.rows, sizeof *row);
    int *place = arena_take(a, s.rows, sizeof *place);
    int at = 0;
    for (int t = 0; t < s.steps; t++) {
        start[t] = at;
        for (int k = 0; k < s.sequences; k++) {
            const int i = s.who[k], r = seq.start[i] + t;
            if (r >= seq.start[i + 1])
                break; // all that follow are no longer
            row[at] = r;
            place[r] = at++;
        }
    }
    start[s.steps] = at;
    s.start = start;
    s.row = row;
    s.place = place;
    return s;
}

int lockstep_alive(const Lockstep *s, int t)
{
    return s->start[t + 1] - s->start[t];
}

Matrix *zeros(Tape *t, int rows, int cols)
{
    Matrix *m = matrix(t, rows, cols);
    memset(m->val, 0, (size_t)rows * cols * sizeof *m->val);
    return m;
}

// --- stacking ---------------------------------------------------------------

typedef struct Parts {
    int n;
    Matrix **part;
} Parts;

static void stack_back(const Op *op)
{
    const Parts *p = op->keep;
    const float *dy = op->out->grad;
    for (int k = 0; k < p->n; k++) { // y = all parts: each gets its rows of dy
        const size_t n = (size_t)p->part[k]->rows * p->part[k]->cols;
        axpy(1, dy, grad(p->part[k]), (int)n);
        dy += n;
    }
}

Matrix *stack_rows(Matrix *const *part, int n)
{
    check(n >= 1, "%d matrices cannot be stacked", n);
    int rows = 0;
    for (int k = 0; k < n; k++) {
        check(part[k]->cols == part[0]->cols &&
                  wants_grad(part[k]) == wants_grad(part[0]),
              "matrix %d of %d cannot be stacked on the first", k, n);
        rows += part[k]->rows;
    }
    Op *op = record(stack_back, rows, part[0]->cols, part[0], NULL, NULL);
    op->out->seq = (Spans){0};
    Arena *a = &op->out->tape->arena;
    Parts *p = op->keep = arena_take(a, 1, sizeof *p);
    *p = (Parts){n, arena_copy(a, part, n, sizeof *part)};
    float *y = op->out->val;
    for (int k = 0; k < n; k++) {
        const size_t size = (size_t)part[k]->rows * part[k]->cols;
        if (size > 0)
            memcpy(y, part[k]->val, size * sizeof *y);
        y += size;
    }
    return op->out;
}

// --- picking ----------------------------------------------------------------

Matrix *reversed(Matrix *x)
{
    const Spans seq = spans_of(x);
    int *index = arena_take(&x->tape->arena, x->rows, sizeof *index);
    for (int i = 0; i < seq.n; i++)
        for (int r = seq.start[i]; r < seq.start[i + 1]; r++)
            index[r] = seq.start[i] + seq.start[i + 1] - 1 - r;
    Matrix *y = pick_rows(x, index, x->rows);
    y->seq = x->seq;
    return y;
}

Matrix *last_rows(Matrix *x)
{
    const Spans seq = spans_of(x);
    int *index = arena_take(&x->tape->arena, seq.n, sizeof *index);
    for (int i = 0; i < seq.n; i++) {
        check(seq.start[i] < seq.start[i + 1], "sequence %d is empty", i);
        index[i] = seq.start[i + 1] - 1;
    }
    return pick_rows(x, index, seq.n);
}
