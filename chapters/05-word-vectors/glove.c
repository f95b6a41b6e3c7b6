// GloVe; see counts.h.
//
// A row of the tables holds all that belongs to a word: its vector, its bias,
// and for each of these the sum of the squared gradients so far, by which
// AdaGrad (Duchi, Hazan and Singer 2011) divides.
#include "05-word-vectors/counts.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// An epoch has so many rounds, and a worker of a round the counts that make it
// so: few enough that the workers seldom change the same row.
enum { ROUNDS = 25 };
static const float enough = 10; // x_max: what occurs so often has full weight

Glove glove_new(const Counts *c, int width, float rate, int epochs,
                uint64_t seed)
{
    check(c->start[c->n] <= INT32_MAX, "too many counts");
    const int row = 2 * (width + 1);
    Glove g = {.width = width,
               .epochs = epochs,
               .rate = rate,
               .n = c->start[c->n],
               .count = c,
               .rng = rng_new(seed),
               .word = rows_new(c->n, row),
               .context = rows_new(c->n, row)};
    SharedRows *const both[] = {&g.word, &g.context};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < c->n; i++)
            for (int j = 0; j < row; j++)
                vectors_row(&both[t]->table, i)[j] =
                    j > width   ? 1 // the sums begin with 1
                    : j < width ? (rng_uniform(&g.rng) - 0.5f) / (float)width
                                : 0;
    g.row = new_array(g.n, sizeof *g.row);
    g.order = new_array(g.n, sizeof *g.order);
    for (int i = 0; i < c->n; i++)
        for (int64_t k = c->start[i]; k < c->start[i + 1]; k++)
            g.row[k] = i;
    for (int k = 0; k < g.n; k++)
        g.order[k] = k;
    return g;
}

void glove_free(Glove *g)
{
    free(g->row);
    free(g->order);
    rows_free(&g->word);
    rows_free(&g->context);
}

// n numbers of the row x, with their sums of squares behind them, go down the
// gradient pull * other.
static void adagrad(float *restrict x, float *restrict squares,
                    const float *restrict other, int n, float pull, float rate)
{
    for (int j = 0; j < n; j++) {
        const float gradient = pull * other[j];
        squares[j] += gradient * gradient;
        x[j] -= rate * gradient / sqrtf(squares[j]);
    }
}

// One count goes down the gradient of half its f (a . b + biases - log x)^2.
// Returns the whole of that.
static double learn_count(Glove *g, int worker, int k, float *old)
{
    static const float one[] = {1};
    const int d = g->width;
    const float x = g->count->value[k];
    float *a = rows_copy(&g->word, worker, g->row[k]);
    float *b = rows_copy(&g->context, worker, g->count->col[k]);
    const float error = dot(a, b, d) + a[d] + b[d] - logf(x);
    const float weight = x < enough ? powf(x / enough, 0.75f) : 1;
    const float pull = weight * error;
    memcpy(old, a, sizeof *a * d);
    adagrad(a, a + d + 1, b, d, pull, g->rate);
    adagrad(b, b + d + 1, old, d, pull, g->rate);
    adagrad(&a[d], &a[2 * d + 1], one, 1, pull, g->rate);
    adagrad(&b[d], &b[2 * d + 1], one, 1, pull, g->rate);
    return (double)(weight * error * error);
}

typedef struct Round {
    Glove *g;
    int64_t first, piece; // counts of all workers, counts of one
} Round;

static void some_workers(void *context, int from, int to)
{
    Round *r = context;
    float *old = new_array(r->g->width, sizeof *old);
    for (int w = from; w < to; w++)
        for (int64_t i = r->first + w * r->piece, left = r->piece;
             left > 0 && i < r->g->n; i++, left--)
            r->g->loss[w] += learn_count(r->g, w, r->g->order[i], old);
    free(old);
}

double glove_epoch(Glove *g)
{
    double loss = 0;
    const int64_t piece = g->n / (ROUNDS * WORKERS) + 1;
    for (int w = 0; w < WORKERS; w++)
        g->loss[w] = 0;
    rng_shuffle(&g->rng, g->order, (int)g->n);
    for (int64_t first = 0; first < g->n; first += WORKERS * piece) {
        Round r = {g, first, piece};
        parallel_for(WORKERS, 20.0 * (double)piece * g->width, some_workers,
                     &r);
        rows_join(&g->word);
        rows_join(&g->context);
    }
    for (int w = 0; w < WORKERS; w++)
        loss += g->loss[w];
    g->done++;
    return g->n ? loss / (double)g->n : 0;
}

Vectors glove_vectors(const Glove *g)
{
    Vectors v = vectors_new(g->count->n, g->width);
    for (int i = 1; i < v.n; i++)
        for (int j = 0; j < v.width; j++)
            vectors_row(&v, i)[j] = vectors_row(&g->word.table, i)[j] +
                                    vectors_row(&g->context.table, i)[j];
    return v;
}
