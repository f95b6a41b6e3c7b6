// Decision trees: the best question, and then the same for both halves.
//
// What is a good question? One whose two answers are purer than the whole. Let
// S be the sum of the targets in a node of n examples; for classes a target is
// a row of zeros with a 1 at its class, so that S holds the counts. The squared
// distance of the targets from their mean S/n adds up to
//
//   sum |y|^2 - |S|^2 / n
//
// (for classes, divided by n, that is Gini's 1 - sum of p^2). A question parts
// n into n_l and n_r, and sum |y|^2 is the same before and after. So the best
// question of all is the one that makes
//
//   |S_l|^2 / n_l + |S_r|^2 / n_r
//
// largest: one rule for classes and for numbers. To try all thresholds of a
// feature, put the node's examples in the order of its values and move them
// one by one from right to left: the sums follow with one addition each.
#include "02-machine-learning/tree.h"

#include "common/check.h"
#include "common/threads.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// --- columns ----------------------------------------------------------------

// A float as an integer of the same order.
static uint32_t ordered(float x)
{
    uint32_t u;
    x += 0.0f; // -0 is 0
    memcpy(&u, &x, sizeof u);
    return u >> 31 ? ~u : u | 0x80000000u;
}

static float unordered(uint32_t u)
{
    float x;
    u = u >> 31 ? u & 0x7fffffffu : ~u;
    memcpy(&x, &u, sizeof x);
    return x;
}

// Sorts n keys by their upper 32 bits, 11 bits at a time; room is for n more.
static void radix_sort(uint64_t *key, uint64_t *room, int n)
{
    enum { BITS = 11, BINS = 1 << BITS };
    for (int shift = 32; shift < 64; shift += BITS) {
        int end[BINS + 1] = {0};
        for (int i = 0; i < n; i++)
            end[((key[i] >> shift) & (BINS - 1)) + 1]++;
        for (int b = 0; b < BINS; b++)
            end[b + 1] += end[b];
        for (int i = 0; i < n; i++)
            room[end[(key[i] >> shift) & (BINS - 1)]++] = key[i];
        memcpy(key, room, n * sizeof *key);
    }
}

typedef struct Ranking {
    Columns *c;
    const float *x;
    float *value; // d x n: the distinct values of feature f begin at f * n
    int *distinct;
} Ranking;

static void rank_features(void *context, int from, int to)
{
    Ranking *r = context;
    const int n = r->c->n, d = r->c->d;
    uint64_t *key = new_array(2 * (size_t)n, sizeof *key);
    for (int f = from; f < to; f++) {
        float *value = r->value + (size_t)f * n;
        int last = -1;
        for (int i = 0; i < n; i++)
            key[i] =
                (uint64_t)ordered(r->x[(size_t)i * d + f]) << 32 | (uint32_t)i;
        radix_sort(key, key + n, n);
        for (int i = 0; i < n; i++) {
            if (i == 0 || key[i] >> 32 != key[i - 1] >> 32)
                value[++last] = unordered((uint32_t)(key[i] >> 32));
            r->c->place[(size_t)f * n + (uint32_t)key[i]] = (uint16_t)last;
        }
        r->distinct[f] = last + 1;
    }
    free(key);
}

Columns columns_new(const float *x, int n, int d)
{
    check(n >= 1 && n <= 65535, "columns of %d examples", n);
    Columns c = {n, d, new_array((size_t)d * n, sizeof *c.place), NULL,
                 new_array((size_t)d + 1, sizeof *c.start)};
    Ranking r = {&c, x, new_array((size_t)d * n, sizeof(float)),
                 new_array(d, sizeof(int))};
    parallel_for(d, 40.0 * n, rank_features, &r);
    for (int f = 0; f < d; f++)
        c.start[f + 1] = c.start[f] + r.distinct[f];
    c.value = new_array(c.start[d], sizeof *c.value);
    for (int f = 0; f < d; f++)
        memcpy(c.value + c.start[f], r.value + (size_t)f * n,
               r.distinct[f] * sizeof *c.value);
    free(r.value);
    free(r.distinct);
    return c;
}

void columns_free(Columns *c)
{
    free(c->place);
    free(c->value);
    free(c->start);
    *c = (Columns){0};
}

// --- the best question ------------------------------------------------------

typedef struct Split {
    double gain;        // |S_l|^2 / n_l + |S_r|^2 / n_r; -INFINITY: no question
    int feature, place; // the last place that goes left
    double threshold;
} Split;

// What one thread needs to try a feature.
typedef struct Scratch {
    int *count;           // of each place, for counting sort
    uint32_t *order;      // n: place << 16 | position in the node
    uint32_t *room;       // n
    double *left, *right; // k: the sums on both sides
} Scratch;

typedef struct Grower {
    const Columns *c;
    const Targets *t;
    int *which;
    TreeSetting s;
    Rng *rng;
    int *feature; // d, the first `tried` of which are tried
    Tree tree;
    int room;   // nodes that tree has room for
    int *spare; // n, for parting
} Grower;

static Scratch scratch_new(const Columns *c, int n, int k)
{
    int most = 0;
    for (int f = 0; f < c->d; f++)
        if (c->start[f + 1] - c->start[f] > most)
            most = c->start[f + 1] - c->start[f];
    return (Scratch){
        new_array((size_t)most + 1, sizeof(int)),
        new_array(n, sizeof(uint32_t)), new_array(n, sizeof(uint32_t)),
        new_array(k, sizeof(double)), new_array(k, sizeof(double))};
}

static void scratch_free(Scratch *s)
{
    free(s->count);
    free(s->order);
    free(s->room);
    free(s->left);
    free(s->right);
}

static void shell_sort(uint32_t *a, int n)
{
    static const int gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};
    for (int g = 0; g < 8; g++)
        for (int i = gaps[g]; i < n; i++) {
            const uint32_t v = a[i];
            int at = i;
            for (; at >= gaps[g] && a[at - gaps[g]] > v; at -= gaps[g])
                a[at] = a[at - gaps[g]];
            a[at] = v;
        }
}

// The positions 0 .. n - 1 of the node in the order of their places; false if
// all have the same place. Where the places lie close together each is counted
// (a pixel has at most 256), else they are sorted.
static bool sort_places(const uint16_t *place, const int *which, int n,
                        Scratch *s)
{
    int low = place[which[0]], high = low;
    for (int i = 0; i < n; i++) {
        const int p = place[which[i]];
        s->order[i] = (uint32_t)p << 16 | (uint32_t)i;
        low = p < low ? p : low;
        high = p > high ? p : high;
    }
    if (low == high)
        return false;
    if (high - low > 4 * n) {
        shell_sort(s->order, n);
        return true;
    }
    memset(s->count, 0, (high - low + 2) * sizeof *s->count);
    for (int i = 0; i < n; i++)
        s->count[(int)(s->order[i] >> 16) - low + 1]++;
    for (int p = 0; p < high - low; p++)
        s->count[p + 1] += s->count[p];
    for (int i = 0; i < n; i++)
        s->room[s->count[(int)(s->order[i] >> 16) - low]++] = s->order[i];
    uint32_t *sorted = s->room;
    s->room = s->order;
    s->order = sorted;
    return true;
}

// Halfway between two neighbouring values; never the upper one itself.
static double between(float low, float high)
{
    const double middle = (double)low / 2 + (double)high / 2;
    return middle < (double)high ? middle : (double)low;
}

// Makes *best the best question about feature f, if it beats *best. The sums of
// the whole node are in total (k).
static void try_feature(const Grower *g, int f, const int *which, int n,
                        const double *total, Scratch *s, Split *best)
{
    const Columns *c = g->c;
    const float *value = c->value + c->start[f];
    const int k = g->t->k;
    const int least = g->s.least > 1 ? g->s.least : 1;
    if (c->start[f + 1] - c->start[f] == 1 ||
        !sort_places(c->place + (size_t)f * c->n, which, n, s))
        return;
    double left = 0, right = 0; // |S|^2 on both sides
    for (int j = 0; j < k; j++) {
        s->left[j] = 0;
        s->right[j] = total[j];
        right += total[j] * total[j];
    }
    for (int i = 0; i < n - 1; i++) {
        const uint32_t at = s->order[i], next = s->order[i + 1];
        const int example = which[at & 0xffff];
        const int j = g->t->label ? g->t->label[example] : 0;
        const double y = g->t->label ? 1 : g->t->number[example];
        left += y * (2 * s->left[j] + y); // (S + y)^2 - S^2
        right -= y * (2 * s->right[j] - y);
        s->left[j] += y;
        s->right[j] -= y;
        if (at >> 16 == next >> 16 || i + 1 < least || n - i - 1 < least)
            continue;
        const double gain = left / (i + 1) + right / (n - i - 1);
        if (gain > best->gain)
            *best = (Split){gain, f, (int)(at >> 16),
                            between(value[at >> 16], value[next >> 16])};
    }
}

// --- trying many features ---------------------------------------------------

typedef struct Trial {
    const Grower *g;
    const int *which;
    int n;
    const double *total;
    Split *best; // one for each feature that is tried
} Trial;

static void try_some(void *context, int from, int to)
{
    Trial *t = context;
    Scratch s = scratch_new(t->g->c, t->n, t->g->t->k);
    for (int i = from; i < to; i++)
        try_feature(t->g, t->g->feature[i], t->which, t->n, t->total, &s,
                    &t->best[i]);
    scratch_free(&s);
}

// Draws the features to try to the front of g->feature; returns how many. Goes
// on drawing while none of them has two different values in this node.
static int draw_features(Grower *g, const int *which, int n)
{
    const int d = g->c->d;
    bool different = false;
    if (g->s.features == 0 || g->s.features >= d)
        return d;
    for (int drawn = 0; drawn < d; drawn++) {
        if (drawn >= g->s.features && different)
            return drawn;
        const int at = drawn + rng_below(g->rng, d - drawn);
        const int f = g->feature[at];
        g->feature[at] = g->feature[drawn];
        g->feature[drawn] = f;
        const uint16_t *place = g->c->place + (size_t)f * g->c->n;
        for (int i = 1; i < n && !different; i++)
            different = place[which[i]] != place[which[0]];
    }
    return d;
}

static Split best_split(Grower *g, const int *which, int n, const double *total)
{
    const int tried = draw_features(g, which, n);
    Split *best = new_array(tried, sizeof *best), all = {-INFINITY, -1, 0, 0};
    for (int i = 0; i < tried; i++)
        best[i] = all;
    Trial t = {g, which, n, total, best};
    parallel_for(tried, 20.0 * n, try_some, &t);
    for (int i = 0; i < tried; i++)
        if (best[i].gain > all.gain)
            all = best[i];
    free(best);
    return all;
}

// --- growing ----------------------------------------------------------------

static int new_node(Grower *g)
{
    Tree *t = &g->tree;
    if (t->nodes == g->room) {
        g->room = 2 * g->room + 15;
        t->node = grow_array(t->node, g->room, sizeof *t->node);
        t->value =
            grow_array(t->value, (size_t)g->room * t->k, sizeof *t->value);
    }
    t->node[t->nodes] = (Node){-1, 0, 0, 0};
    return t->nodes++;
}

// The examples with places up to the split's move to the front, without a
// change of order; returns how many they are.
static int part(const Grower *g, Split s, int *which, int n)
{
    const uint16_t *place = g->c->place + (size_t)s.feature * g->c->n;
    int left = 0, right = 0;
    for (int i = 0; i < n; i++)
        if (place[which[i]] <= s.place)
            which[left++] = which[i];
        else
            g->spare[right++] = which[i];
    memcpy(which + left, g->spare, right * sizeof *which);
    return left;
}

// The sums of the targets; returns whether they are all the same.
static bool sum_targets(const Targets *t, const int *which, int n,
                        double *total)
{
    bool same = true;
    for (int i = 0; i < n; i++) {
        if (t->label) {
            total[t->label[which[i]]]++;
            same = same && t->label[which[i]] == t->label[which[0]];
        } else {
            total[0] += t->number[which[i]];
            same = same && t->number[which[i]] == t->number[which[0]];
        }
    }
    return same;
}

static int grow(Grower *g, int *which, int n, int depth)
{
    const int me = new_node(g), k = g->t->k;
    double *total = new_array(k, sizeof *total);
    bool pure = sum_targets(g->t, which, n, total);
    for (int j = 0; j < k; j++)
        g->tree.value[(size_t)me * k + j] = total[j] / n;
    Split s = {-INFINITY, -1, 0, 0};
    if (!pure && n >= 2 && (g->s.depth == 0 || depth < g->s.depth))
        s = best_split(g, which, n, total);
    free(total);
    if (s.feature < 0)
        return me;
    const int left = part(g, s, which, n);
    // The arrays may move while the halves grow: no pointer is kept.
    const int a = grow(g, which, left, depth + 1);
    const int b = grow(g, which + left, n - left, depth + 1);
    g->tree.node[me] = (Node){s.feature, s.threshold, a, b};
    return me;
}

Tree tree_grow(const Columns *c, const Targets *t, int *which, int n,
               TreeSetting s, Rng *rng)
{
    check(n >= 1 && n <= 65535, "a tree on %d examples", n);
    check(t->label || t->k == 1, "%d numbers for each example", t->k);
    Grower g = {c,
                t,
                which,
                s,
                rng,
                new_array(c->d, sizeof(int)),
                {0, t->k, NULL, NULL},
                0,
                new_array(n, sizeof(int))};
    for (int f = 0; f < c->d; f++)
        g.feature[f] = f;
    grow(&g, which, n, 0);
    free(g.feature);
    free(g.spare);
    return g.tree;
}

void cart_free(Tree *t)
{
    free(t->node);
    free(t->value);
    *t = (Tree){0};
}

int tree_leaf(const Tree *t, const float *x)
{
    int at = 0;
    while (t->node[at].feature >= 0) {
        const Node *q = &t->node[at];
        at = (double)x[q->feature] <= q->threshold ? q->left : q->right;
    }
    return at;
}
