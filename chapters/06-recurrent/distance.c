// Gradients and recall over a distance; see distance.h.
#include "06-recurrent/distance.h"

#include "common/check.h"
#include "common/optim.h"

#include <math.h>
#include <stdlib.h>

static void stretch_all(Matrix *w, float by)
{
    for (int i = 0; i < w->rows * w->cols; i++)
        w->val[i] *= by;
}

Cell cell_new(CellKind kind, Params *p, int in, int width, float stretch,
              float keep)
{
    Cell c = {.kind = kind};
    switch (kind) {
    case PLAIN:
        c.rnn = rnn_new(p, in, width, "rnn");
        stretch_all(c.rnn.again.w, stretch);
        break;
    case GATED:
        c.gru = gru_new(p, in, width, "gru");
        stretch_all(c.gru.again.w, stretch);
        for (int j = 0; j < width; j++)
            c.gru.in.b->val[width + j] = keep;
        break;
    case LONG_SHORT:
        c.lstm = lstm_new(p, in, width, "lstm");
        stretch_all(c.lstm.again.w, stretch);
        lstm_forget_bias(&c.lstm, keep);
        break;
    }
    return c;
}

Matrix *cell_run(const Cell *c, Matrix *x)
{
    return c->kind == PLAIN   ? rnn(&c->rnn, x)
           : c->kind == GATED ? gru(&c->gru, x)
                              : lstm(&c->lstm, x, NULL);
}

// --- the gradient -----------------------------------------------------------

static Matrix *noise(Tape *t, Rng *r, int rows, int cols, float deviation)
{
    Matrix *x = matrix(t, rows, cols);
    for (int i = 0; i < rows * cols; i++)
        x->val[i] = deviation * rng_normal(r);
    return x;
}

void gradient_over_distance(const Cell *c, int in, int length, uint64_t seed,
                            double *norm)
{
    enum { SEQUENCES = 8 };
    Tape *t = tape_new(0, seed);
    Rng r = rng_new(seed);
    for (int k = 0; k <= length; k++)
        norm[k] = 0;
    for (int s = 0; s < SEQUENCES; s++) {
        Matrix *x = noise(t, &r, length + 1, in, 1);
        x->given = false;                        // its gradient is what we want
        Matrix *end = last_rows(cell_run(c, x)); // 1 x width
        // mean() divides by the width; so the gradient sent is a row of
        // numbers with variance 1 / width, and norm 1.
        const float root = sqrtf((float)end->cols);
        backward(mean(mul(end, noise(t, &r, 1, end->cols, root))));
        for (int k = 0; k <= length; k++) {
            const float *g = x->grad + (size_t)(length - k) * in;
            double sum = 0;
            for (int j = 0; j < in; j++)
                sum += (double)g[j] * (double)g[j];
            norm[k] += 0.5 * log(fmax(sum, 1e-300)) / SEQUENCES;
        }
        tape_reset(t);
    }
    for (int k = 0; k <= length; k++)
        norm[k] = exp(norm[k]);
    tape_free(t);
}

// --- recall -----------------------------------------------------------------

Recall recall_new(CellKind kind, int width, float keep, uint64_t seed)
{
    Recall m = {.params = params_new(seed)};
    m.token = param_normal(m.params, 2 * RECALL_KINDS, width, 1, "token");
    m.cell = cell_new(kind, m.params, width, width, 1, keep);
    m.out = linear_new(m.params, width, RECALL_KINDS, "out");
    return m;
}

void recall_free(Recall *m)
{
    params_free(m->params);
}

// The scores for n new sequences, whose answers are written to `target`.
static Matrix *recall_logits(const Recall *m, Tape *t, Rng *r, int n,
                             int distance, int *target)
{
    const int length = distance + 1;
    int *id = arena_take(&t->arena, n * length, sizeof *id);
    int *start = arena_take(&t->arena, n + 1, sizeof *start);
    for (int i = 0; i <= n; i++)
        start[i] = i * length;
    for (int i = 0; i < n * length; i++)
        id[i] = RECALL_KINDS + rng_below(r, RECALL_KINDS);
    for (int i = 0; i < n; i++)
        id[i * length] = target[i] = rng_below(r, RECALL_KINDS);
    Matrix *x = embed(t, m->token, (Tokens){n * length, id, {n, start}});
    return linear(last_rows(cell_run(&m->cell, x)), m->out);
}

static double recall_score(const Recall *m, Tape *t, Rng *r, int distance)
{
    enum { CASES = 500 };
    int target[CASES], right = 0;
    t->training = false;
    const Matrix *y = recall_logits(m, t, r, CASES, distance, target);
    for (int i = 0; i < CASES; i++) {
        const float *x = y->val + i * RECALL_KINDS;
        int best = 0;
        for (int k = 1; k < RECALL_KINDS; k++)
            best = x[k] > x[best] ? k : best;
        right += best == target[i];
    }
    return (double)right / CASES;
}

double recall_train(Recall *m, int distance, int steps, uint64_t seed)
{
    enum { BATCH = 32 };
    Adam adam = adam_new(m->params, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, seed);
    Rng r = rng_new(seed);
    for (int step = 1; step <= steps; step++) {
        int target[BATCH];
        Matrix *y = recall_logits(m, t, &r, BATCH, distance, target);
        backward(cross_entropy(y, target, 0));
        params_clip(m->params, 1);
        adam_step(&adam, rate_cosine(step, 20, steps, 3e-3f, 1e-4f));
        tape_reset(t);
    }
    const double score = recall_score(m, t, &r, distance);
    adam_free(&adam);
    tape_free(t);
    return score;
}
