// Gradient boosting: trees that go downhill.
//
// The loss is a function of the scores F, one number for each example (and
// class). If the scores were free we would move each against its slope, which
// is p - y: add a little of y - p to each. Scores of examples that we have not
// seen would not move, though. So a tree is grown that predicts y - p from the
// features, and it moves seen and unseen ones alike. In each of its leaves the
// best step is not the mean of y - p but Newton's, the sum of the slopes over
// the sum of the bends:
//
//   step = sum (y - p) / sum p (1 - p)
//
// of which only a part, `rate`, is taken; many careful steps generalise better
// than a few bold ones. With K > 2 classes there are K scores whose sum does
// not matter, and Friedman's step is (K - 1)/K of that.
#include "02-machine-learning/forest.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct Boosting {
    const Columns *c;
    const Examples *e;
    Boost *b;
    TreeSetting s;
    uint64_t seed;
    int round;
    double *score; // each x n
    double *rest;  // each x n: y - p
} Boosting;

// y - p for every example and class at the present scores; returns the mean
// loss.
static double slopes(const Boosting *g)
{
    const int n = g->e->n, each = g->b->each;
    double loss = 0;
    for (int i = 0; i < n; i++) {
        double most = each == 1 ? 0 : -INFINITY, sum = 0;
        for (int j = 0; j < each; j++)
            most = fmax(most, g->score[(size_t)j * n + i]);
        for (int j = 0; j < each; j++)
            sum += exp(g->score[(size_t)j * n + i] - most);
        sum += each == 1 ? exp(-most) : 0; // the first class has score 0
        const double log_sum = most + log(sum);
        for (int j = 0; j < each; j++) {
            const double score = g->score[(size_t)j * n + i];
            const bool mine = g->e->label[i] == (each == 1 ? 1 : j);
            g->rest[(size_t)j * n + i] = mine - exp(score - log_sum);
            loss -= mine ? score : 0;
        }
        loss += log_sum;
    }
    return loss / n;
}

// Puts Newton's step into each leaf of t.
static void set_leaves(Tree *t, const int *leaf, const double *rest, int n,
                       int classes, double rate)
{
    double *bend = new_array(t->nodes, sizeof *bend);
    memset(t->value, 0, t->nodes * sizeof *t->value);
    for (int i = 0; i < n; i++) {
        const double r = fabs(rest[i]); // 1 - p for the label, p for others
        t->value[leaf[i]] += rest[i];
        bend[leaf[i]] += r * (1 - r);
    }
    const double factor = classes == 2 ? 1 : (classes - 1.0) / classes;
    for (int k = 0; k < t->nodes; k++)
        t->value[k] =
            bend[k] < 1e-150 ? 0 : rate * factor * t->value[k] / bend[k];
    free(bend);
}

// One tree for each score from .. to - 1.
static void boost_scores(void *context, int from, int to)
{
    Boosting *g = context;
    const int n = g->e->n, d = g->e->d;
    int *which = new_array(n, sizeof *which),
        *leaf = new_array(n, sizeof *leaf);
    for (int j = from; j < to; j++) {
        double *rest = g->rest + (size_t)j * n;
        const int number = g->round * g->b->each + j;
        Rng rng = rng_new(g->seed + (uint64_t)number);
        for (int i = 0; i < n; i++)
            which[i] = i;
        Tree t =
            tree_grow(g->c, &(Targets){1, NULL, rest}, which, n, g->s, &rng);
        for (int i = 0; i < n; i++)
            leaf[i] = tree_leaf(&t, g->e->x + (size_t)i * d);
        set_leaves(&t, leaf, rest, n, g->e->classes, g->b->rate);
        for (int i = 0; i < n; i++)
            g->score[(size_t)j * n + i] += t.value[leaf[i]];
        g->b->tree[number] = t;
    }
    free(which), free(leaf);
}

// All scores begin at the logarithm of the classes' shares (of their ratio, if
// there are two): the best that a tree without a question can do.
static void start_scores(Boosting *g)
{
    const Examples *e = g->e;
    double *share = new_array(e->classes, sizeof *share);
    for (int i = 0; i < e->n; i++)
        share[e->label[i]] += 1.0 / e->n;
    for (int c = 0; c < e->classes; c++)
        check(share[c] > 0, "no example of class %d", c);
    for (int j = 0; j < g->b->each; j++) {
        g->b->start[j] =
            g->b->each == 1 ? log(share[1] / share[0]) : log(share[j]);
        for (int i = 0; i < e->n; i++)
            g->score[(size_t)j * e->n + i] = g->b->start[j];
    }
    free(share);
}

Boost boost_fit(const Examples *e, int rounds, double rate, TreeSetting s,
                uint64_t seed, double *loss)
{
    const int each = e->classes == 2 ? 1 : e->classes;
    Boost b = {rounds,
               e->classes,
               each,
               rate,
               new_array(each, sizeof(double)),
               new_array((size_t)rounds * each, sizeof(Tree))};
    Columns c = columns_new(e->x, e->n, e->d);
    Boosting g = {&c,
                  e,
                  &b,
                  s,
                  seed,
                  0,
                  new_array((size_t)each * e->n, sizeof(double)),
                  new_array((size_t)each * e->n, sizeof(double))};
    start_scores(&g);
    for (g.round = 0; g.round < rounds; g.round++) {
        double now = slopes(&g);
        if (loss)
            loss[g.round] = now;
        if (each == 1) // one tree: let its features be shared out instead
            boost_scores(&g, 0, 1);
        else
            parallel_for(each, 1e3 * e->n, boost_scores, &g);
    }
    free(g.score), free(g.rest);
    columns_free(&c);
    return b;
}

void boost_free(Boost *b)
{
    for (int t = 0; t < b->rounds * b->each; t++)
        cart_free(&b->tree[t]);
    free(b->tree);
    free(b->start);
    *b = (Boost){0};
}

typedef struct Scoring {
    const Boost *b;
    const float *x;
    int d;
    float *out;
} Scoring;

static void score_rows(void *context, int from, int to)
{
    const Scoring *s = context;
    const Boost *b = s->b;
    for (int i = from; i < to; i++) {
        float *out = s->out + (size_t)i * b->classes;
        out[0] = 0;
        for (int j = 0; j < b->each; j++) {
            double sum = b->start[j];
            for (int r = 0; r < b->rounds; r++) {
                const Tree *t = &b->tree[r * b->each + j];
                sum += t->value[tree_leaf(t, s->x + (size_t)i * s->d)];
            }
            out[b->each == 1 ? 1 : j] = (float)sum;
        }
    }
}

void boost_score(const Boost *b, const float *x, int n, int d, float *out)
{
    Scoring s = {b, x, d, out};
    parallel_for(n, 20.0 * b->rounds * b->each, score_rows, &s);
}
