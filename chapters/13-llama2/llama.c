// The forward pass of Llama 2; see llama.h.
//
// The one idea of its speed: to write one token, every weight is read once
// from memory and used once, so the time is the time to read them. To read a
// prompt of a hundred tokens they are read once as well and used a hundred
// times: matrix products instead of matrix-vector products.
#include "13-llama2/llama.h"

#include "04-tokenizers/vocab.h"
#include "13-llama2/steps.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- shapes -----------------------------------------------------------------

int llama_head_width(const LlamaShape *s)
{
    return s->width / s->heads;
}

int llama_key_width(const LlamaShape *s)
{
    return s->groups * llama_head_width(s);
}

const char *llama_shape_wrong(const LlamaShape *s)
{
    const struct {
        const char *name;
        int value, most;
    } bound[] = {
        {"vocabulary", s->pieces, 1 << 22},
        {"context", s->context, 1 << 22},
        {"width", s->width, 1 << 16},
        {"hidden width", s->hidden, 1 << 18},
        {"number of layers", s->layers, 1 << 10},
        {"number of heads", s->heads, 1 << 12},
        {"number of key/value heads", s->groups, 1 << 12},
    };
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        if (bound[i].value < 1 || bound[i].value > bound[i].most)
            return fault("the %s is %d, expected 1 to %d", bound[i].name,
                         bound[i].value, bound[i].most);
    if (s->width % s->heads != 0 || s->width / s->heads % 2 != 0)
        return fault("a width of %d does not make %d heads of an even width",
                     s->width, s->heads);
    if (s->width / s->heads > KV_HEAD)
        return fault("heads of width %d, expected at most %d",
                     s->width / s->heads, KV_HEAD);
    if (s->heads % s->groups != 0)
        return fault("%d heads cannot share %d key/value heads", s->heads,
                     s->groups);
    if (!(s->eps > 0 && s->eps < 1))
        return fault("the eps of the norms is %g, expected a number between 0 "
                     "and 1",
                     (double)s->eps);
    if (!(s->base > 1 && s->base <= 1e9f))
        return fault("the base of the rotation is %g, expected 1 to 1e9",
                     (double)s->base);
    return NULL;
}

size_t llama_parameters(const LlamaShape *s)
{
    const size_t d = s->width, keys = llama_key_width(s);
    const size_t attention = 2 * d * d + 2 * keys * d; // q, out; k, v
    const size_t feed = 3 * d * s->hidden;             // gate, up, down
    return (s->tied ? 1 : 2) * d * s->pieces + d +
           s->layers * (attention + feed + 2 * d);
}

size_t llama_cache_bytes(const LlamaShape *s, int n)
{
    return (size_t)n * 2 * s->layers * llama_key_width(s) * sizeof(float);
}

void llama_free(Llama *m)
{
    arena_free(&m->arena);
    *m = (Llama){0};
}

// --- products with weights --------------------------------------------------

LlamaMatrix llama_floats(const float *w, int rows, int cols)
{
    return (LlamaMatrix){&llama_f32, rows, cols, w};
}

// Up to so many rows of x, a product takes the time of reading the weights: to
// pack them, as for many rows, would take longer than it saves.
enum { FEW = 4 };

static void float_rows(const LlamaProducts *p, int i, int from, int to)
{
    enum { BLOCK = 32 }; // rows of weights that stay in the cache
    const LlamaMatrix *m = p->part[i].w;
    const float *w = m->at;
    const int rows = p->n <= FEW ? 1 : p->n; // of x at a time
    const int block = p->n == rows ? to - from : BLOCK;
    for (; from < to; from += block)
        for (int j = 0; j < p->n; j += rows)
            gemm_nt(rows, to - from < block ? to - from : block, m->cols,
                    p->x + (size_t)j * m->cols, m->cols,
                    w + (size_t)from * m->cols, m->cols,
                    p->part[i].y + (size_t)j * m->rows + from, m->rows, false);
}

static void float_row(const LlamaMatrix *m, int i, float *x)
{
    memcpy(x, (const float *)m->at + (size_t)i * m->cols, m->cols * sizeof *x);
}

static void float_look(const LlamaMatrix *m, int i)
{
    const size_t bytes = m->cols * sizeof(float);
    touch((const char *)m->at + i * bytes, bytes);
}

const LlamaKind llama_f32 = {
    .type = GGUF_TENSOR_F32,
    .unit = 8,
    .some_rows = float_rows,
    .look = float_look,
    .row = float_row,
};

// Rows of weights that go to a thread together: of a product with many rows of
// x more, as packing them for it takes time.
static int unit_of(const LlamaProducts *p)
{
    return p->part[0].w->kind->unit * (p->n > 1 ? 4 : 1);
}

// Units from .. to - 1 of the rows of all the matrices. Each
// matrix begins with a new one.
static void some_units(void *context, int from, int to)
{
    const LlamaProducts *p = context;
    const int unit = unit_of(p);
    for (int i = 0; i < p->matrices; i++) {
        const LlamaMatrix *m = p->part[i].w;
        const int units = (m->rows + unit - 1) / unit;
        const int a = from > 0 ? from * unit : 0;
        const int b = to < units ? to * unit : m->rows;
        if (a < b)
            m->kind->some_rows(p, i, a, b);
        from -= units;
        to -= units;
    }
}

// Row i of the matrices that come next.
static void look_at_row(const Ahead *a, int i)
{
    const LlamaMatrix *const *m = (const LlamaMatrix *const *)a->what;
    for (; i >= (*m)->rows; m++)
        i -= (*m)->rows;
    (*m)->kind->look(*m, i);
}

// The time of a few tokens goes by with reading: who waits may begin with the
// next.
static void look_ahead(const LlamaProducts *p)
{
    Ahead a = {.look = look_at_row};
    for (int i = 0; i < 3 && p->then[i]; i++) {
        a.what[i] = p->then[i];
        a.n += p->then[i]->rows;
    }
    crew_ahead(a);
}

// The matrices are one stretch of work for the threads, who would else have to
// meet after each of them. For few rows of x the cost is that of reading: four
// times as much as one would say from the arithmetic for one.
static void multiply(const LlamaProducts *p)
{
    const LlamaMatrix *w = p->part[0].w;
    const int unit = unit_of(p);
    int units = 0;
    for (int i = 0; i < p->matrices; i++) {
        const LlamaMatrix *m = p->part[i].w;
        check(m->kind == w->kind && m->cols == w->cols,
              "matrices of different kinds or widths, %d and %d", m->cols,
              w->cols);
        units += (m->rows + unit - 1) / unit;
    }
    if (w->kind->prepare)
        w->kind->prepare(p);
    if (p->n <= FEW)
        look_ahead(p);
    parallel_for(units, 2.0 * (p->n > 4 ? p->n : 4) * w->cols * unit,
                 some_units, (void *)p);
}

// --- room -------------------------------------------------------------------

LlamaRun llama_run_new(const Llama *m, int sequences, int capacity)
{
    return llama_run_with(m, sequences, capacity, KV_F32);
}

LlamaRun llama_run_with(const Llama *m, int sequences, int capacity,
                        KvKind cache)
{
    enum { MOST = 512 };
    const LlamaShape *s = &m->shape;
    check(sequences >= 1 && capacity >= 1, "room for %d sequences of %d tokens",
          sequences, capacity);
    LlamaRun r = {.model = m, .capacity = capacity, .sequences = sequences};
    const size_t d = s->width, keys = llama_key_width(s);
    r.most = capacity < MOST ? capacity : MOST;
    r.most = r.most < sequences ? sequences : r.most;
    const size_t h = s->hidden, wide = d > h ? d : h;
    const size_t per_row = 3 * d + 2 * keys + 2 * h + s->pieces + wide;
    const size_t table = (size_t)capacity * llama_head_width(s);
    r.arena = arena_new((r.most * per_row + table) * sizeof(float) +
                        sequences * sizeof(KvCache) + (1 << 16));
    Arena *a = &r.arena;
    r.rope = rope_table(a, capacity, llama_head_width(s), s->base, 1);
    const int blocks = sequences * ((capacity + KV_BLOCK - 1) / KV_BLOCK);
    r.pool = cache == KV_F32
                 ? kv_pool_new(s->layers, (int)keys, KV_BLOCK, blocks)
                 : kv_pool_new8(s->layers, (int)keys, llama_head_width(s),
                                KV_BLOCK, blocks);
    r.cache = arena_take(a, sequences, sizeof *r.cache);
    for (int i = 0; i < sequences; i++)
        r.cache[i] = kv_cache_new(r.pool, capacity, 0, 0);
    r.x = arena_take(a, r.most * d, sizeof(float));
    r.y = arena_take(a, r.most * d, sizeof(float));
    r.q = arena_take(a, r.most * d, sizeof(float));
    r.k = arena_take(a, r.most * keys, sizeof(float));
    r.v = arena_take(a, r.most * keys, sizeof(float));
    r.gate = arena_take(a, r.most * h, sizeof(float));
    r.up = arena_take(a, r.most * h, sizeof(float));
    r.logits = arena_take(a, (size_t)r.most * s->pieces, sizeof(float));
    r.room = arena_take(a, r.most * wide, sizeof(float));
    return r;
}

void llama_run_free(LlamaRun *r)
{
    for (int i = 0; i < r->sequences; i++)
        kv_cache_free(&r->cache[i]);
    kv_pool_free(r->pool);
    arena_free(&r->arena);
    *r = (LlamaRun){0};
}

void llama_forget(LlamaRun *r, int i)
{
    kv_cut(&r->cache[i], 0);
}

// --- the forward pass -------------------------------------------------------

static void seen(const LlamaRun *r, const char *what, const char *equation,
                 int layer, const float *x, int rows, int cols)
{
    if (r->watch)
        r->watch(r->watch_context, what, equation, layer, x, rows, cols);
}

static void add_to(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

// x += attention(norm(x)): rows of all sequences together where a row stands
// for itself, sequence by sequence where it looks at others.
static void attend(LlamaRun *r, int l, const LlamaNext *next, int n, int rows)
{
    const LlamaShape *s = &r->model->shape;
    const LlamaLayer *w = &r->model->layer[l];
    const int d = s->width, keys = llama_key_width(s);
    rms_norm_rows(r->x, w->attention_norm, s->eps, r->y, rows, d);
    seen(r, "norm before attention", "13.1", l, r->y, rows, d);
    multiply(&(LlamaProducts){
        rows,
        r->y,
        r->room,
        3,
        {{&w->q, r->q}, {&w->k, r->k}, {&w->v, r->v}},
        {&w->out},
    });
    seen(r, "queries", "13.2", l, r->q, rows, d);
    seen(r, "keys", "13.2", l, r->k, rows, keys);
    seen(r, "values", "13.2", l, r->v, rows, keys);
    for (int i = 0, at = 0; i < n; at += next[i++].n) {
        KvCache *cache = &r->cache[next[i].sequence];
        const int many = next[i].n, first = cache->length - many;
        float *q = r->q + (size_t)at * d, *k = r->k + (size_t)at * keys;
        rotate_rows(q, many, d, &r->rope, first, s->layout);
        rotate_rows(k, many, keys, &r->rope, first, s->layout);
        kv_put(cache, l, many, k, r->v + (size_t)at * keys);
        kv_attend(cache, l, many, q, s->heads, llama_head_width(s), 0,
                  r->y + (size_t)at * d);
    }
    seen(r, "rotated queries", "13.3", l, r->q, rows, d);
    seen(r, "rotated keys", "13.3", l, r->k, rows, keys);
    seen(r, "what the heads bring", "13.5", l, r->y, rows, d);
    multiply(&(LlamaProducts){
        rows, r->y, r->room, 1, {{&w->out, r->q}}, {&w->gate, &w->up}});
    add_to(r->x, r->q, (size_t)rows * d);
    seen(r, "after attention", "13.7", l, r->x, rows, d);
}

// x += down(silu(gate(norm(x))) * up(norm(x)))
static void feed_forward(LlamaRun *r, int l, int rows)
{
    const LlamaShape *s = &r->model->shape;
    const LlamaLayer *w = &r->model->layer[l];
    const int d = s->width, h = s->hidden;
    rms_norm_rows(r->x, w->feed_norm, s->eps, r->y, rows, d);
    seen(r, "norm before the gate", "13.1", l, r->y, rows, d);
    multiply(&(LlamaProducts){
        rows,
        r->y,
        r->room,
        2,
        {{&w->gate, r->gate}, {&w->up, r->up}},
        {&w->down},
    });
    seen(r, "gate", "13.8", l, r->gate, rows, h);
    swiglu_rows(r->gate, r->up, rows, h);
    seen(r, "gated", "13.8", l, r->gate, rows, h);
    const LlamaLayer *after = l + 1 < s->layers ? w + 1 : NULL;
    multiply(&(LlamaProducts){
        rows,
        r->gate,
        r->room,
        1,
        {{&w->down, r->y}},
        {after ? &after->q : &r->model->output, after ? &after->k : NULL,
         after ? &after->v : NULL},
    });
    add_to(r->x, r->y, (size_t)rows * d);
    seen(r, "after the feed-forward", "13.9", l, r->x, rows, d);
}

// The scores of what follows; with last_only for the last row of each sequence,
// which are moved to the front.
static void scores(LlamaRun *r, const LlamaNext *next, int n, int rows,
                   bool last_only)
{
    const Llama *m = r->model;
    const int d = m->shape.width, V = m->shape.pieces;
    if (last_only) {
        for (int i = 0, at = 0; i < n; i++) {
            at += next[i].n;
            memmove(r->x + (size_t)i * d, r->x + (size_t)(at - 1) * d,
                    d * sizeof *r->x);
        }
        rows = n;
    }
    rms_norm_rows(r->x, m->norm, m->shape.eps, r->y, rows, d);
    seen(r, "last norm", "13.1", -1, r->y, rows, d);
    multiply(&(LlamaProducts){
        rows, r->y, r->room, 1, {{&m->output, r->logits}}, {NULL}});
    seen(r, "logits", "13.10", -1, r->logits, rows, V);
}

typedef struct Batch {
    LlamaRun *r;
    const LlamaNext *next;
    int n, rows;
    bool last_only;
} Batch;

static void read_batch(void *context)
{
    const Batch *b = context;
    for (int l = 0; l < b->r->model->shape.layers; l++) {
        attend(b->r, l, b->next, b->n, b->rows);
        feed_forward(b->r, l, b->rows);
    }
    scores(b->r, b->next, b->n, b->rows, b->last_only);
}

const float *llama_batch(LlamaRun *r, const LlamaNext *next, int n,
                         bool last_only)
{
    const LlamaShape *s = &r->model->shape;
    const LlamaMatrix *pieces = &r->model->pieces;
    const size_t d = s->width;
    int rows = 0;
    for (int i = 0; i < n; i++) {
        const LlamaNext *t = &next[i];
        check(t->sequence >= 0 && t->sequence < r->sequences && t->n >= 1 &&
                  rows + t->n <= r->most,
              "%d tokens for sequence %d of %d, %d rows at most", t->n,
              t->sequence, r->sequences, r->most);
        check(r->cache[t->sequence].length + t->n <= r->capacity,
              "%d tokens after %d; there is room for %d", t->n,
              r->cache[t->sequence].length, r->capacity);
        for (int j = 0; j < t->n; j++) {
            check(t->token[j] >= 0 && t->token[j] < s->pieces, "token %d of %d",
                  t->token[j], s->pieces);
            pieces->kind->row(pieces, t->token[j], r->x + rows++ * d);
        }
    }
    for (int i = 0; i < n; i++)
        kv_extend(&r->cache[next[i].sequence], next[i].n);
    seen(r, "embeddings", "", -1, r->x, rows, s->width);
    Batch b = {r, next, n, rows, last_only};
    with_crew(read_batch, &b); // a token is many small steps
    return r->logits;
}

const float *llama_read(LlamaRun *r, const int *token, int n)
{
    const float *logits = NULL;
    while (n > 0) {
        const LlamaNext next = {0, n < r->most ? n : r->most, token};
        logits = llama_batch(r, &next, 1, true);
        token += next.n;
        n -= next.n;
    }
    return logits;
}
