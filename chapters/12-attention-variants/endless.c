// A ring of keys, and sinks; see endless.h.
#include "12-attention-variants/endless.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 }; // positions

Endless *endless_new(const Gpt *m, int positions, int window, int sinks,
                     int rows)
{
    check(sinks == 0 || (m->shape.rotary && rows == 1 && window > 0),
          "%d sinks with a window of %d, %d rows at once", sinks, window, rows);
    Endless *s = new_array(1, sizeof *s);
    s->model = *m;
    s->model.shape.window = window;
    s->sinks = sinks;
    s->reader = cached_gpt_new(&s->model, rows);
    // Beside what the window needs, a ring has room for the rows that come.
    const int kept = window > 0 ? window + sinks + rows + 2 * BLOCK : positions;
    const int blocks = (kept + BLOCK - 1) / BLOCK;
    s->pool = cached_gpt_pool(m, BLOCK, blocks + 1);
    s->cache = kv_cache_new(s->pool, blocks * BLOCK, window, sinks);
    s->first = new_array((size_t)m->shape.layers * sinks * s->pool->width,
                         sizeof *s->first);
    s->work = new_array(s->pool->width, sizeof *s->work);
    const int width = m->shape.width / m->shape.heads;
    s->turn = (RopeTable){1, width, new_array(width, sizeof(float)),
                          new_array(width, sizeof(float))};
    return s;
}

void endless_free(Endless *s)
{
    kv_cache_free(&s->cache);
    kv_pool_free(s->pool);
    cached_gpt_free(&s->reader);
    free(s->first);
    free(s->work);
    free(s->turn.cos);
    free(s->turn.sin);
    free(s);
}

size_t endless_bytes(const Endless *s)
{
    return kv_pool_used(s->pool);
}

// The key of one sink in one layer: a column in its block of the cache.
static float *sink_column(const Endless *s, int layer, int sink)
{
    const int block = s->cache.table[kv_slot(&s->cache, sink / BLOCK)];
    return kv_keys(s->pool, block, layer) + sink % BLOCK;
}

static float *first_key(const Endless *s, int layer, int sink)
{
    const size_t at = (size_t)layer * s->sinks + sink;
    return s->first + at * s->pool->width;
}

// Remembers the key of a position that has just been read, if it is a sink.
static void keep_sink(Endless *s, int position)
{
    for (int l = 0; position < s->sinks && l < s->pool->layers; l++)
        for (int i = 0; i < s->pool->width; i++)
            first_key(s, l, position)[i] =
                sink_column(s, l, position)[(size_t)i * BLOCK];
}

// Turns all sinks on by so many positions from where they stood in the text.
static void move_sinks(Endless *s, int on)
{
    rope_turns(on, s->turn.width, 10000, s->turn.cos, s->turn.sin);
    for (int l = 0; l < s->pool->layers; l++)
        for (int k = 0; k < s->sinks; k++) {
            memcpy(s->work, first_key(s, l, k),
                   sizeof *s->work * s->pool->width);
            rope_row(s->work, s->pool->width, &s->turn, 0, HALVES);
            float *column = sink_column(s, l, k);
            for (int i = 0; i < s->pool->width; i++)
                column[(size_t)i * BLOCK] = s->work[i];
        }
}

const float *endless_read(Endless *s, int n, const int *id)
{
    const int position = s->cache.length;
    const int forgotten = position + 1 - s->model.shape.window - s->sinks;
    if (s->sinks > 0 && forgotten > 0)
        move_sinks(s, forgotten);
    const float *scores = cached_gpt_read(
        &s->reader, (Tokens){.n = n, .id = id}, &s->cache, true);
    if (s->sinks > 0)
        keep_sink(s, position);
    return scores;
}

double surprise(const float *scores, int V, int next)
{
    double max = -INFINITY, sum = 0;
    for (int i = 0; i < V; i++)
        max = fmax(max, (double)scores[i]);
    for (int i = 0; i < V; i++)
        sum += exp((double)scores[i] - max);
    return max + log(sum) - (double)scores[next];
}
