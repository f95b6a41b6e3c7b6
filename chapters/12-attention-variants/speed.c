// Timing; see speed.h.
#include "12-attention-variants/speed.h"

#include "common/check.h"
#include "common/progress.h"
#include "common/rng.h"

#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// n positions of noise behind those that are there, one row for all of them.
static void fill(KvCache *c, int n, int width)
{
    Rng r = rng_new(1);
    float *row = new_array(width, sizeof *row);
    for (int i = 0; i < width; i++)
        row[i] = rng_normal(&r);
    for (int i = 0; i < n; i++) {
        kv_extend(c, 1);
        for (int l = 0; l < c->pool->layers; l++)
            kv_put(c, l, 1, row, row);
    }
    free(row);
}

double seconds_a_token(const Gpt *m, int length, int turns)
{
    const int window = m->shape.window, room = length + turns + 1;
    const int kept = window > 0 && window < room ? window : room;
    KvPool *pool = cached_gpt_pool(m, KV_BLOCK, kept / KV_BLOCK + 3);
    KvCache c = kv_cache_new(pool, kept, window, 0);
    CachedGpt g = cached_gpt_new(m, 1);
    double *took = new_array(turns, sizeof *took);
    fill(&c, length, pool->width);
    for (int i = -1; i < turns; i++) { // the first one does not count
        const int id = (i + 1) % m->shape.pieces;
        const double began = seconds_now();
        cached_gpt_read(&g, (Tokens){.n = 1, .id = &id}, &c, false);
        if (i >= 0)
            took[i] = seconds_now() - began;
    }
    qsort(took, turns, sizeof *took, by_size);
    const double median = took[turns / 2];
    free(took);
    cached_gpt_free(&g);
    kv_cache_free(&c);
    kv_pool_free(pool);
    return median;
}
