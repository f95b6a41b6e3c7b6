// Places and fusion; see ranking.h.
#include "17-faq/ranking.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>

// Does a come before b? NaN comes last.
static bool before(Hit a, Hit b)
{
    if (isnan(a.score) || isnan(b.score))
        return isnan(b.score) && (!isnan(a.score) || a.item < b.item);
    return a.score > b.score || (a.score == b.score && a.item < b.item);
}

// Lets the hit at place i of the heap sink until it comes before neither child:
// the last of all ends on top.
static void sink(Hit *heap, int n, int i)
{
    const Hit hit = heap[i];
    for (int child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(heap[child], heap[child + 1]))
            child++;
        if (!before(hit, heap[child]))
            break;
        heap[i] = heap[child];
    }
    heap[i] = hit;
}

int top_hits(const float *score, int n, int k, Hit *to)
{
    k = k < n ? k : n;
    if (k <= 0)
        return 0;
    for (int i = 0; i < k; i++)
        to[i] = (Hit){i, score[i]};
    for (int i = k / 2 - 1; i >= 0; i--)
        sink(to, k, i);
    for (int i = k; i < n; i++)
        if (before((Hit){i, score[i]}, to[0])) { // better than the worst kept
            to[0] = (Hit){i, score[i]};
            sink(to, k, 0);
        }
    for (int left = k - 1; left > 0; left--) { // the worst goes to the end
        const Hit worst = to[0];
        to[0] = to[left];
        to[left] = worst;
        sink(to, left, 0);
    }
    return k;
}

int rank_of(const float *score, int n, int right)
{
    int rank = 1;
    check(right >= 0 && right < n, "item %d of %d", right, n);
    for (int i = 0; i < n; i++)
        rank += before((Hit){i, score[i]}, (Hit){right, score[right]});
    return rank;
}

void best_of_owner(const float *score, const int *owner, int phrasings,
                   int owners, int n, float *to)
{
    for (int q = 0; q < n; q++) {
        float *best = to + (size_t)q * owners;
        const float *row = score + (size_t)q * phrasings;
        for (int j = 0; j < owners; j++)
            best[j] = -INFINITY;
        for (int i = 0; i < phrasings; i++)
            if (owner[i] >= 0 && row[i] > best[owner[i]])
                best[owner[i]] = row[i];
    }
}

void fuse_sum(const float *score, float weight, size_t size, float *to)
{
    for (size_t i = 0; i < size; i++)
        to[i] += weight * score[i];
}

void fuse_ranks(const float *score, int n, float k, float *to)
{
    Hit *order = new_array((size_t)n + 1, sizeof *order);
    const int m = top_hits(score, n, n, order);
    for (int i = 0; i < m; i++)
        to[order[i].item] += 1 / (k + (float)(i + 1));
    free(order);
}
