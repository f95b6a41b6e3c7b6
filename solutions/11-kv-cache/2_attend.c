// Append and attend (45 minutes)
//
// The two functions that a cache is for. kv_put writes the keys and values of
// the newest n positions; kv_attend lets each of these positions look at all
// positions up to itself. How and why the course's own are fast does not matter
// here: three plain loops will do, with numbers straight from the definition.
//
// Where things lie (kv_cache.h says it too): with B = c->pool->block, position
// p stands in block p / B of its text, at place p % B of it. That block has
// the number id = c->table[kv_slot(c, p / B)] in the pool. Number j of the key
// is kv_keys(pool, id, layer)[j * B + place]: a column. Number j of the value
// is kv_values(pool, id, layer)[place * width + j]: a row.
//
// The newest n positions are c->length - n to c->length - 1; row i of k, v, q
// and y belongs to position c->length - n + i.
//
// A query at p sees position j <= p if there is no window, if p - j < window,
// or if j < c->sinks. Heads that share keys stand beside each other: head h
// reads the columns of group h / (heads / groups).
//
// With `make run-11 MINE=1` the model writes with yours: the same tokens, only
// later.
#include "11-kv-cache/kv_cache.h"

#include <math.h>

void kv_put(KvCache *c, int layer, int n, const float *k, const float *v)
{
    // SOLUTION
    const int B = c->pool->block, width = c->pool->width;
    for (int i = 0; i < n; i++) {
        const int p = c->length - n + i, place = p % B;
        const int id = c->table[kv_slot(c, p / B)];
        for (int j = 0; j < width; j++) {
            kv_keys(c->pool, id, layer)[j * B + place] = k[i * width + j];
            kv_values(c->pool, id, layer)[place * width + j] = v[i * width + j];
        }
    }
}

// The score of the query q for position j, in columns at .. at + w - 1.
static float score(const KvCache *c, int layer, const float *q, int j, int at,
                   int w)
{
    const int B = c->pool->block, id = c->table[kv_slot(c, j / B)];
    const float *k = kv_keys(c->pool, id, layer) + at * B + j % B;
    float sum = 0;
    for (int i = 0; i < w; i++)
        sum += q[i] * k[i * B];
    return sum / sqrtf((float)w);
}

// What the query q of position p finds, in w numbers.
static void look(const KvCache *c, int layer, const float *q, int p, int at,
                 int w, int window, float *y)
{
    const int B = c->pool->block, width = c->pool->width;
    float max = -INFINITY, sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j <= p; j++) {
            if (window > 0 && p - j >= window && j >= c->sinks)
                continue;
            const float s = score(c, layer, q, j, at, w);
            if (pass == 0) { // the largest score first, see (1.9)
                max = s > max ? s : max;
                continue;
            }
            const int id = c->table[kv_slot(c, j / B)];
            const float e = expf(s - max);
            const float *v = kv_values(c->pool, id, layer) + j % B * width + at;
            sum += e;
            for (int i = 0; i < w; i++)
                y[i] += e * v[i];
        }
    for (int i = 0; i < w; i++)
        y[i] /= sum;
}

void kv_attend(const KvCache *c, int layer, int n, const float *q, int heads,
               int head_width, int window, float *y)
{
    if (c->window > 0 && (window == 0 || window > c->window))
        window = c->window; // what is beyond it has been forgotten
    const int share = heads / (c->pool->width / head_width);
    for (int i = 0; i < n * heads * head_width; i++)
        y[i] = 0;
    for (int i = 0; i < n; i++)
        for (int h = 0; h < heads; h++) {
            const int from = (i * heads + h) * head_width;
            look(c, layer, q + from, c->length - n + i, h / share * head_width,
                 head_width, window, y + from);
        }
}
// END
