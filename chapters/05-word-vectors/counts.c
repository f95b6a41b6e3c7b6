// Counting neighbours, and the main directions of the counts; see counts.h.
#include "05-word-vectors/counts.h"

#include "05-word-vectors/subspace.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- counting ---------------------------------------------------------------

// Where each word stands: place[first[w]] .. place[first[w + 1] - 1], and the
// sentence of each place.
typedef struct Places {
    int *first, *place, *sentence;
} Places;

static Places places_new(const Sentences *t, int n)
{
    Places p = {new_array(n + 2, sizeof(int)),
                new_array(t->ids.n + 1, sizeof(int)),
                new_array(t->ids.n + 1, sizeof(int))};
    for (int i = 0; i < t->ids.n; i++)
        p.first[t->ids.at[i] + 2]++;
    for (int w = 2; w <= n; w++)
        p.first[w] += p.first[w - 1];
    for (int s = 0; s < t->n; s++)
        for (int i = t->start.at[s]; i < t->start.at[s + 1]; i++) {
            p.place[p.first[t->ids.at[i] + 1]++] = i;
            p.sentence[i] = s;
        }
    return p;
}

// Adds the neighbours of place i to `sum`; words met for the first time go to
// `met`.
static void add_neighbours(const Sentences *t, const Places *p, int i,
                           int window, float *sum, Ids *met)
{
    const int from = t->start.at[p->sentence[i]];
    const int to = t->start.at[p->sentence[i] + 1];
    for (int j = i - window; j <= i + window; j++) {
        if (j < from || j >= to || j == i)
            continue;
        const int word = t->ids.at[j];
        if (sum[word] == 0)
            ids_add(met, word);
        sum[word] += 1 / (float)abs(i - j);
    }
}

// Row by row: all places of one word, one after the other, so a single row of
// sums is all the memory that is needed beside the result.
Counts counts_new(const Sentences *text, int n, int window)
{
    Counts c = {.n = n, .start = new_array(n + 1, sizeof *c.start)};
    Places p = places_new(text, n);
    float *sum = new_array(n, sizeof *sum);
    Ids met = {0};
    int64_t room = 0;
    for (int w = 0; w < n; w++) {
        met.n = 0;
        for (int k = p.first[w]; k < p.first[w + 1]; k++)
            add_neighbours(text, &p, p.place[k], window, sum, &met);
        const int64_t end = c.start[w] + met.n;
        if (end > room) {
            room = 2 * end;
            c.col = grow_array(c.col, room, sizeof *c.col);
            c.value = grow_array(c.value, room, sizeof *c.value);
        }
        for (int k = 0; k < met.n; k++) {
            c.col[c.start[w] + k] = met.at[k];
            c.value[c.start[w] + k] = sum[met.at[k]];
            sum[met.at[k]] = 0;
        }
        c.start[w + 1] = end;
    }
    ids_free(&met);
    free(sum);
    free(p.first);
    free(p.place);
    free(p.sentence);
    return c;
}

void counts_free(Counts *c)
{
    free(c->start);
    free(c->col);
    free(c->value);
    *c = (Counts){0};
}

// --- pointwise mutual information -------------------------------------------

void counts_to_ppmi(Counts *c)
{
    double *row = new_array(c->n, sizeof *row), all = 0;
    for (int i = 0; i < c->n; i++) {
        for (int64_t k = c->start[i]; k < c->start[i + 1]; k++)
            row[i] += (double)c->value[k];
        all += row[i];
    }
    for (int i = 0; i < c->n; i++)
        for (int64_t k = c->start[i]; k < c->start[i + 1]; k++) {
            const double by_chance = row[i] * row[c->col[k]] / all;
            c->value[k] = (float)fmax(0, log((double)c->value[k] / by_chance));
        }
    free(row);
}

// --- main directions --------------------------------------------------------

typedef struct Product {
    const Counts *c;
    const float *x; // n x k
    float *y;       // n x k
    int k;
} Product;

static void some_rows(void *context, int from, int to)
{
    const Product *p = context;
    for (int i = from; i < to; i++) {
        float *y = p->y + (size_t)i * p->k;
        memset(y, 0, sizeof *y * p->k);
        for (int64_t e = p->c->start[i]; e < p->c->start[i + 1]; e++)
            if (p->c->value[e] != 0)
                axpy(p->c->value[e], p->x + (size_t)p->c->col[e] * p->k, y,
                     p->k);
    }
}

// y = M x: each row of y is a sum over the few columns that are not 0.
static void multiply(void *context, const float *x, float *y, int k)
{
    const Counts *c = context;
    Product p = {c, x, y, k};
    const double each = c->n ? (double)c->start[c->n] / c->n : 0;
    parallel_for(c->n, 2 * each * k, some_rows, &p);
}

Vectors counts_directions(Counts *c, int width, int rounds, uint64_t seed)
{
    Vectors v = vectors_new(c->n, width);
    subspace(c->n, width, multiply, c, rounds, seed, v.at);
    return v;
}
