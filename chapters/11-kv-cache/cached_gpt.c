// A GPT on plain floats over a cache; see cached_gpt.h. Every function here
// that takes rows treats each of them by itself, in the same order of sums.
#include "11-kv-cache/cached_gpt.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- weights, packed --------------------------------------------------------

// n layers with the same input as one: their rows under each other.
static Affine pack_layers(Arena *a, int n, const Linear *part)
{
    const int in = part[0].w->cols;
    int out = 0;
    for (int i = 0; i < n; i++)
        out += part[i].w->rows;
    float *w = new_array((size_t)out * in, sizeof *w), *row = w;
    float *panels = arena_take(a, prepacked_floats(out, in), sizeof *panels);
    float *bias = arena_zero(a, out, sizeof *bias), *b = bias;
    for (int i = 0; i < n; i++) {
        const int rows = part[i].w->rows;
        memcpy(row, part[i].w->val, sizeof *w * rows * in);
        if (part[i].b)
            memcpy(b, part[i].b->val, sizeof *b * rows);
        row += (size_t)rows * in;
        b += rows;
    }
    const Affine l = {prepack(out, in, w, in, panels), bias};
    free(w);
    return l;
}

static size_t floats_of_weights(const GptShape *s)
{
    const int d = s->width, dk = d / s->heads * s->groups;
    const size_t layer =
        prepacked_floats(d + 2 * dk, d) + prepacked_floats(d, d) +
        prepacked_floats(s->hidden, d) + prepacked_floats(d, s->hidden) +
        3 * d + 2 * dk + s->hidden;
    return s->layers * layer + prepacked_floats(s->pieces, d) + s->pieces;
}

static float *rows_of(Arena *a, int rows, int cols)
{
    return arena_take(a, (size_t)rows * cols, sizeof(float));
}

CachedGpt cached_gpt_new(const Gpt *m, int rows)
{
    const GptShape *s = &m->shape;
    check(rows >= 1, "%d rows at once", rows);
    const int d = s->width, dk = d / s->heads * s->groups;
    CachedGpt g = {.model = m, .rows = rows};
    Arena *a = &g.memory;
    const size_t floats = (size_t)rows * (7 * d + 4 * dk + s->hidden);
    *a = arena_new(((size_t)1 << 20) +
                   sizeof(float) * (floats_of_weights(s) + floats +
                                    (size_t)rows * s->pieces));
    g.layer = arena_take(a, s->layers, sizeof *g.layer);
    for (int i = 0; i < s->layers; i++) {
        const GptLayer *l = &m->layer[i];
        const Linear looks[] = {l->q, l->k, l->v};
        g.layer[i] = (CachedLayer){
            pack_layers(a, 3, looks), pack_layers(a, 1, &l->out),
            pack_layers(a, 1, &l->in), pack_layers(a, 1, &l->down)};
    }
    g.output = pack_layers(a, 1, &(Linear){.w = m->pieces});
    g.x = rows_of(a, rows, d);
    g.normed = rows_of(a, rows, d);
    g.looks = rows_of(a, rows, d + 2 * dk);
    g.q = rows_of(a, rows, d);
    g.mix = rows_of(a, rows, d);
    g.k = rows_of(a, rows, dk);
    g.v = rows_of(a, rows, dk);
    g.hidden = rows_of(a, rows, s->hidden);
    g.logits = rows_of(a, rows, s->pieces);
    g.turns = (RopeTable){rows, d / s->heads, rows_of(a, rows, d / s->heads),
                          rows_of(a, rows, d / s->heads)};
    return g;
}

void cached_gpt_free(CachedGpt *g)
{
    arena_free(&g->memory);
}

KvPool *cached_gpt_pool(const Gpt *m, int block, int blocks)
{
    const GptShape *s = &m->shape;
    return kv_pool_new(s->layers, s->width / s->heads * s->groups, block,
                       blocks);
}

KvCache cached_gpt_cache(const Gpt *m, KvPool *p)
{
    return kv_cache_new(p, m->shape.context, m->shape.window, 0);
}

// --- layers, row by row -----------------------------------------------------

// y = x w^T + b
static void apply(const Affine *l, int rows, const float *x, float *y)
{
    affine_prepacked(rows, &l->w, x, l->w.K, l->bias, y, l->w.N);
}

// The sum of n numbers in 16 partial sums.
static float sum_of(const float *x, int n)
{
    float part[16] = {0}, sum = 0;
    const int whole = n / 16 * 16;
    for (int i = 0; i < whole; i += 16)
        for (int j = 0; j < 16; j++)
            part[j] += x[i + j];
    for (int i = whole; i < n; i++)
        part[i - whole] += x[i];
    for (int j = 0; j < 16; j++)
        sum += part[j];
    return sum;
}

static void norm_rows(const Norm *norm, int rows, int d, const float *x,
                      float *y)
{
    const float *gain = norm->gain->val, *bias = norm->bias->val;
    for (int i = 0; i < rows; i++, x += d, y += d) {
        const float mean = sum_of(x, d) / (float)d;
        for (int j = 0; j < d; j++)
            y[j] = x[j] - mean;
        const float inverse = 1 / sqrtf(dot(y, y, d) / (float)d + norm->eps);
        for (int j = 0; j < d; j++)
            y[j] = y[j] * inverse * gain[j] + bias[j];
    }
}

// x = gelu(x): x times its gate.
static void gelu_row(float *x, int n)
{
    float gate[256];
    for (int at = 0; at < n; at += 256) {
        const int part = n - at < 256 ? n - at : 256;
        gelu_gate_each(x + at, gate, part);
        for (int j = 0; j < part; j++)
            x[at + j] *= gate[j];
    }
}

// --- reading ----------------------------------------------------------------

typedef struct Reading {
    CachedGpt *g;
    Spans seq;
    KvCache *cache;
    int rows;
    bool each;
    int layer;
} Reading;

// With rotary positions, queries and keys are turned, each row by its own.
static void turn_rows(CachedGpt *g, int row, int n)
{
    const GptShape *s = &g->model->shape;
    const int d = s->width, dk = d / s->heads * s->groups;
    for (int i = row; s->rotary && i < row + n; i++) {
        rope_row(g->q + (size_t)i * d, d, &g->turns, i, HALVES);
        rope_row(g->k + (size_t)i * dk, dk, &g->turns, i, HALVES);
    }
}

static void attend_texts(void *context, int from, int to)
{
    const Reading *r = context;
    CachedGpt *g = r->g;
    const GptShape *s = &g->model->shape;
    const int w = s->width / s->heads, dk = w * s->groups;
    for (int i = from; i < to; i++) {
        const int row = r->seq.start[i], n = r->seq.start[i + 1] - row;
        turn_rows(g, row, n);
        kv_put(&r->cache[i], r->layer, n, g->k + (size_t)row * dk,
               g->v + (size_t)row * dk);
        kv_attend(&r->cache[i], r->layer, n, g->q + (size_t)row * s->width,
                  s->heads, w, s->window, g->mix + (size_t)row * s->width);
    }
}

// Each row of looks is a query, a key and a value.
static void part_looks(CachedGpt *g, int rows)
{
    const GptShape *s = &g->model->shape;
    const int d = s->width, dk = d / s->heads * s->groups;
    const float *from = g->looks;
    for (int i = 0; i < rows; i++, from += d + 2 * dk) {
        memcpy(g->q + (size_t)i * d, from, sizeof *from * d);
        memcpy(g->k + (size_t)i * dk, from + d, sizeof *from * dk);
        memcpy(g->v + (size_t)i * dk, from + d + dk, sizeof *from * dk);
    }
}

static void think_rows(void *context, int from, int to)
{
    const Reading *r = context;
    const int n = r->g->model->shape.hidden;
    for (int i = from; i < to; i++)
        gelu_row(r->g->hidden + (size_t)i * n, n);
}

// x = x + attention(norm(x)); x = x + feed-forward(norm(x))
static void read_layer(Reading *r, int rows)
{
    CachedGpt *g = r->g;
    const GptShape *s = &g->model->shape;
    const GptLayer *norms = &g->model->layer[r->layer];
    const CachedLayer *l = &g->layer[r->layer];
    const int d = s->width, texts = r->seq.n;
    norm_rows(&norms->attention_norm, rows, d, g->x, g->normed);
    apply(&l->looks, rows, g->normed, g->looks);
    part_looks(g, rows);
    if (texts == 1) // the threads share out its rows
        attend_texts(r, 0, 1);
    else
        parallel_for(texts, 4.0 * rows / texts * r->cache[0].length * d,
                     attend_texts, r);
    apply(&l->out, rows, g->mix, g->normed);
    axpy(1, g->normed, g->x, rows * d);
    norm_rows(&norms->feed_norm, rows, d, g->x, g->normed);
    apply(&l->in, rows, g->normed, g->hidden);
    parallel_for(rows, 20.0 * s->hidden, think_rows, r);
    apply(&l->down, rows, g->hidden, g->normed);
    axpy(1, g->normed, g->x, rows * d);
}

// Where the tokens of sequence i stand in their text, and that there is room.
static void embed_rows(CachedGpt *g, Tokens text, Spans seq, KvCache *cache)
{
    const Gpt *m = g->model;
    const int d = m->shape.width, w = d / m->shape.heads;
    for (int i = 0; i < seq.n; i++) {
        const int n = seq.start[i + 1] - seq.start[i], at = cache[i].length;
        check(n >= 1, "text %d has no new token", i);
        check(m->shape.rotary || at + n <= m->shape.context,
              "%d tokens behind %d, the model reads %d", n, at,
              m->shape.context);
        for (int t = 0; t < n; t++) {
            const int row = seq.start[i] + t, id = text.id[row];
            check(id >= 0 && id < m->shape.pieces, "token %d of %d", id,
                  m->shape.pieces);
            const float *piece = m->pieces->val + (size_t)id * d;
            float *x = g->x + (size_t)row * d;
            memcpy(x, piece, sizeof *x * d);
            if (m->shape.rotary)
                rope_turns(at + t, w, 10000, g->turns.cos + row * (w / 2),
                           g->turns.sin + row * (w / 2));
            else
                axpy(1, m->places->val + (size_t)(at + t) * d, x, d);
        }
        kv_extend(&cache[i], n);
    }
}

static void read_text(void *context)
{
    Reading *r = context;
    CachedGpt *g = r->g;
    const Gpt *m = g->model;
    const int d = m->shape.width;
    const Spans seq = r->seq;
    for (r->layer = 0; r->layer < m->shape.layers; r->layer++)
        read_layer(r, r->rows);
    int rows = r->rows;
    if (!r->each) { // only the last row of each text goes on
        rows = seq.n;
        for (int i = 0; i < rows; i++)
            memmove(g->x + (size_t)i * d,
                    g->x + (size_t)(seq.start[i + 1] - 1) * d,
                    sizeof(float) * d);
    }
    norm_rows(&m->norm, rows, d, g->x, g->normed);
    apply(&g->output, rows, g->normed, g->logits);
}

const float *cached_gpt_read(CachedGpt *g, Tokens text, KvCache *cache,
                             bool each)
{
    const int all[] = {0, text.n};
    const Spans seq = text.seq.n ? text.seq : (Spans){1, all};
    check(text.n >= 1 && text.n <= g->rows, "%d tokens, at most %d at once",
          text.n, g->rows);
    embed_rows(g, text, seq, cache);
    Reading r = {g, seq, cache, text.n, each, 0};
    with_crew(read_text, &r); // a token is many small steps
    return g->logits;
}

const float *cached_gpt_prompt(CachedGpt *g, int n, const int *id, int chunk,
                               KvCache *cache)
{
    const float *logits = NULL;
    check(n >= 1 && chunk >= 0, "a prompt of %d tokens in chunks of %d", n,
          chunk);
    for (int at = 0; at < n;) {
        int rows = n - at < g->rows ? n - at : g->rows;
        rows = chunk && chunk < rows ? chunk : rows;
        rows = rows < kv_room(cache) ? rows : kv_room(cache);
        logits = cached_gpt_read(g, (Tokens){.n = rows, .id = id + at}, cache,
                                 false);
        at += rows;
    }
    return logits;
}
