// k nearest neighbours: a new thing is what the things most like it are.
//
// There is nothing to learn, only to look up; all the work is distances. The
// square of a distance is |a - b|^2 = |a|^2 - 2 a . b + |b|^2. Since |a|^2 is
// the same for all b, the order of the b depends on |b|^2 - 2 a . b alone, and
// all these a . b together are one matrix product.
#include "02-machine-learning/neighbours.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <stdlib.h>

enum { BLOCK = 256 }; // rows of x at a time

typedef struct Search {
    const Examples *e;
    int k;
    const float *square;  // |b|^2 of each example b
    const float *product; // BLOCK x e->n: a . b
    int *near;
} Search;

// Keeps the k smallest of |b|^2 - 2 a . b, in order, by insertion.
static void nearest(const Search *s, int row, int *near, float *far)
{
    const float *product = s->product + (size_t)row * s->e->n;
    int found = 0;
    for (int i = 0; i < s->e->n; i++) {
        const float distance = s->square[i] - 2 * product[i];
        if (found == s->k && !(distance < far[found - 1]))
            continue;
        int at = found < s->k ? found++ : found - 1;
        for (; at > 0 && distance < far[at - 1]; at--) {
            far[at] = far[at - 1];
            near[at] = near[at - 1];
        }
        far[at] = distance;
        near[at] = i;
    }
}

static void nearest_rows(void *context, int from, int to)
{
    const Search *s = context;
    float *far = new_array(s->k, sizeof *far);
    for (int i = from; i < to; i++)
        nearest(s, i, s->near + (size_t)i * s->k, far);
    free(far);
}

void neighbours(const Examples *e, int k, const float *x, int n, int *near)
{
    check(k >= 1 && k <= e->n, "%d neighbours of %d", k, e->n);
    float *square = new_array(e->n, sizeof *square);
    float *product = new_array((size_t)BLOCK * e->n, sizeof *product);
    for (int i = 0; i < e->n; i++) {
        const float *row = e->x + (size_t)i * e->d;
        square[i] = dot(row, row, e->d);
    }
    for (int i = 0; i < n; i += BLOCK) {
        const int m = n - i < BLOCK ? n - i : BLOCK;
        gemm_nt(m, e->n, e->d, x + (size_t)i * e->d, e->d, e->x, e->d, product,
                e->n, false);
        Search s = {e, k, square, product, near + (size_t)i * k};
        parallel_for(m, 4.0 * e->n, nearest_rows, &s);
    }
    free(square);
    free(product);
}

void neighbours_vote(const Examples *e, int k, const float *x, int n,
                     float *share)
{
    int *near = new_array((size_t)n * k, sizeof *near);
    neighbours(e, k, x, n, near);
    for (int i = 0; i < n * e->classes; i++)
        share[i] = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < k; j++)
            share[(size_t)i * e->classes + e->label[near[(size_t)i * k + j]]] +=
                1.0f / (float)k;
    free(near);
}
