// Random forests: one tree is a fickle thing; change a few examples and the
// first question changes, and all after it. But errors that differ cancel. So
// grow many trees that differ, each on its own draw of the examples, and with
// few features to choose from at each question, and let them vote. The mean of
// m guesses that err independently has an m-th of their variance; the random
// features are there to make the trees err more independently.
#include "02-machine-learning/forest.h"

#include "common/check.h"
#include "common/threads.h"

#include <stdlib.h>

typedef struct Growing {
    const Columns *c;
    const Examples *e;
    TreeSetting s;
    uint64_t seed;
    const int *draw; // or NULL
    Forest *f;
} Growing;

static void grow_trees(void *context, int from, int to)
{
    Growing *g = context;
    const int n = g->e->n;
    int *which = new_array(n, sizeof *which);
    for (int t = from; t < to; t++) {
        Rng rng = rng_new(g->seed + (uint64_t)t);
        for (int i = 0; i < n; i++)
            which[i] =
                g->draw ? g->draw[(size_t)t * n + i] : rng_below(&rng, n);
        g->f->tree[t] =
            tree_grow(g->c, &(Targets){g->e->classes, g->e->label, NULL}, which,
                      n, g->s, &rng);
    }
    free(which);
}

Forest forest_grow_on(const Examples *e, int trees, TreeSetting s,
                      uint64_t seed, const int *draw)
{
    check(trees >= 1, "a forest of %d trees", trees);
    Forest f = {trees, e->classes, new_array(trees, sizeof(Tree))};
    Columns c = columns_new(e->x, e->n, e->d);
    Growing g = {&c, e, s, seed, draw, &f};
    parallel_for(trees, 1e4 * e->n, grow_trees, &g);
    columns_free(&c);
    return f;
}

Forest forest_grow(const Examples *e, int trees, TreeSetting s, uint64_t seed)
{
    return forest_grow_on(e, trees, s, seed, NULL);
}

void forest_free(Forest *f)
{
    for (int t = 0; t < f->trees; t++)
        cart_free(&f->tree[t]);
    free(f->tree);
    *f = (Forest){0};
}

typedef struct Asking {
    const Forest *f;
    const float *x;
    int d;
    float *out;
} Asking;

static void ask_trees(void *context, int from, int to)
{
    const Asking *a = context;
    const int k = a->f->classes;
    for (int i = from; i < to; i++) {
        float *out = a->out + (size_t)i * k;
        for (int j = 0; j < k; j++)
            out[j] = 0;
        for (int t = 0; t < a->f->trees; t++) {
            const Tree *tree = &a->f->tree[t];
            const int leaf = tree_leaf(tree, a->x + (size_t)i * a->d);
            for (int j = 0; j < k; j++)
                out[j] += (float)tree->value[(size_t)leaf * k + j] /
                          (float)a->f->trees;
        }
    }
}

void forest_score(const Forest *f, const float *x, int n, int d, float *out)
{
    Asking a = {f, x, d, out};
    parallel_for(n, 50.0 * f->trees, ask_trees, &a);
}
