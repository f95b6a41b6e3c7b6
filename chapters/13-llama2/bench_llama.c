// How near running a Llama comes to what the machine can do, with synthetic
// weights of three shapes. Writing a token reads every weight once, so its
// limit is the rate at which memory can be read. Reading a prompt is matrix
// products, so its limit is their speed by themselves, at the same shapes.
#include "13-llama2/llama.h"

#include "common/bench.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const LlamaShape shape_15m = {32000, 256,   288,   768,  6,       6,
                                     6,     1e-5f, 10000, true, ADJACENT};
static const LlamaShape shape_110m = {32000, 1024,  768,   2048, 12,      12,
                                      12,    1e-5f, 10000, true, ADJACENT};
static const LlamaShape shape_1b = {32000, 2048,  2048,  5632,  22,      32,
                                    4,     1e-5f, 10000, false, ADJACENT};

// --- synthetic weights ------------------------------------------------------

// So many numbers of the size that weights have: one block of random ones again
// and again, as drawing billions of them would take minutes.
static const float *some_weights(Arena *a, size_t n)
{
    enum { BLOCK = 1 << 16 };
    static float block[BLOCK];
    Rng r = rng_new(1);
    for (int i = 0; i < BLOCK && block[BLOCK - 1] == 0; i++)
        block[i] = 0.02f * rng_normal(&r);
    float *w = arena_take(a, n, sizeof *w);
    for (size_t at = 0; at < n; at += BLOCK)
        memcpy(w + at, block, sizeof *w * (n - at < BLOCK ? n - at : BLOCK));
    return w;
}

static Llama synthetic(const LlamaShape *s)
{
    const size_t d = s->width, keys = llama_key_width(s), h = s->hidden;
    Llama m = {.shape = *s};
    m.arena = arena_new(llama_parameters(s) * sizeof(float) +
                        s->layers * (sizeof *m.layer + 9 * 64) + (1 << 20));
    Arena *a = &m.arena;
    m.pieces = some_weights(a, s->pieces * d);
    m.layer = arena_take(a, s->layers, sizeof *m.layer);
    for (int l = 0; l < s->layers; l++)
        m.layer[l] = (LlamaLayer){.attention_norm = some_weights(a, d),
                                  .q = some_weights(a, d * d),
                                  .k = some_weights(a, keys * d),
                                  .v = some_weights(a, keys * d),
                                  .out = some_weights(a, d * d),
                                  .feed_norm = some_weights(a, d),
                                  .gate = some_weights(a, h * d),
                                  .up = some_weights(a, h * d),
                                  .down = some_weights(a, d * h)};
    m.norm = some_weights(a, d);
    m.output = s->tied ? m.pieces : some_weights(a, s->pieces * d);
    return m;
}

// --- writing: one token -----------------------------------------------------

// The bytes that a token reads: all weights, but of the embeddings one row.
static double bytes_of(const LlamaShape *s)
{
    size_t n = llama_parameters(s);
    if (!s->tied)
        n -= (size_t)s->pieces * s->width;
    return (double)n * sizeof(float);
}

typedef struct Decode {
    LlamaRun *run;
    int tokens; // written in one turn
} Decode;

static void decode(void *context)
{
    Decode *d = context;
    LlamaRun *r = d->run;
    if (r->cache[0].length + d->tokens > r->capacity)
        llama_forget(r, 0);
    for (int i = 0; i < d->tokens; i++)
        llama_read(r, &(int){1 + i}, 1);
}

// Just reading, each thread one half of a block: the weights themselves would
// be in the caches' way no less.
typedef struct Reading {
    const uint64_t *block;
    size_t words;
    uint64_t sums[2]; // so that the reading is not optimised away
} Reading;

static void read_half(void *context, int from, int to)
{
    Reading *m = context;
    for (int half = from; half < to; half++) {
        const uint64_t *w = m->block + m->words / 2 * half;
        uint64_t sum = 0;
        for (size_t i = 0; i < m->words / 2; i++)
            sum ^= w[i];
        m->sums[half] = sum;
    }
}

static void read_all(void *context)
{
    parallel_for(2, 1e9, read_half, context);
}

static void decode_row(const char *name, const LlamaShape *s, int tokens)
{
    if (!bench_wanted(name))
        return;
    Llama m = synthetic(s);
    LlamaRun r = llama_run_new(&m, 1, 64);
    // As much as a token reads, up to 1 GB, from the same memory.
    Reading reading = {.block = (const uint64_t *)m.arena.base,
                       .words = m.arena.used / sizeof(uint64_t)};
    if (reading.words > (size_t)1 << 27)
        reading.words = (size_t)1 << 27;
    Decode d = {&r, tokens};
    Bench pair[] = {{.run = decode, .context = &d},
                    {.run = read_all, .context = &reading}};
    bench_race(pair, 2, 8);
    const double token = pair[0].seconds / tokens;
    fprintf(stderr, "  %s: %.1f tokens a second\n", name, 1 / token);
    bench_row(name, bytes_of(s) / token / 1e9,
              (double)(reading.words * sizeof(uint64_t)) / pair[1].seconds /
                  1e9,
              "GB/s",
              "writing: bytes of weights read, on 2 threads, against just "
              "reading memory");
    llama_run_free(&r);
    llama_free(&m);
}

// --- reading: a prompt ------------------------------------------------------

enum { PROMPT = 512 };

typedef struct Prefill {
    LlamaRun *run;
    int token[PROMPT];
} Prefill;

static void prefill(void *context)
{
    Prefill *p = context;
    llama_forget(p->run, 0);
    llama_read(p->run, p->token, p->run->capacity);
}

// The same products with the same weights, and nothing else.
static void products(void *context)
{
    const Prefill *p = context;
    const LlamaRun *r = p->run;
    const Llama *m = r->model;
    const int T = r->capacity, d = m->shape.width, h = m->shape.hidden;
    const int keys = llama_key_width(&m->shape);
    for (int l = 0; l < m->shape.layers; l++) {
        const LlamaLayer *w = &m->layer[l];
        gemm_nt(T, d, d, r->x, d, w->q, d, r->q, d, false);
        gemm_nt(T, keys, d, r->x, d, w->k, d, r->k, keys, false);
        gemm_nt(T, keys, d, r->x, d, w->v, d, r->v, keys, false);
        gemm_nt(T, d, d, r->y, d, w->out, d, r->q, d, false);
        gemm_nt(T, h, d, r->x, d, w->gate, d, r->gate, h, false);
        gemm_nt(T, h, d, r->x, d, w->up, d, r->up, h, false);
        gemm_nt(T, d, h, r->gate, h, w->down, h, r->y, d, false);
    }
    matvec(m->shape.pieces, d, m->output, d, r->x, r->logits, false);
}

// Operations of the products with weights: two for each weight and token, for
// the output once; and of attention, in which a token looks back half the text.
static double weight_products(const LlamaShape *s, int T)
{
    const double d = s->width, keys = llama_key_width(s);
    const double layer = 2 * d * d + 2 * d * keys + 3 * d * s->hidden;
    return 2 * (T * s->layers * layer + d * s->pieces);
}

static double attention_products(const LlamaShape *s, int T)
{
    return 4.0 * s->layers * s->width * T * (T + 1) / 2;
}

static void prefill_row(const char *name, const LlamaShape *shape)
{
    if (!bench_wanted(name))
        return;
    LlamaShape s = *shape;
    s.context = PROMPT;
    Llama m = synthetic(&s);
    LlamaRun r = llama_run_new(&m, 1, PROMPT);
    Prefill p = {.run = &r};
    for (int i = 0; i < PROMPT; i++)
        p.token[i] = i * 37 % s.pieces;
    Bench pair[] = {{.run = prefill, .context = &p},
                    {.run = products, .context = &p}};
    bench_race(pair, 2, 12);
    const double gemm = weight_products(&s, PROMPT);
    const double all = gemm + attention_products(&s, PROMPT);
    fprintf(stderr, "  %s: %.0f tokens a second\n", name,
            PROMPT / pair[0].seconds);
    bench_row(name, all / pair[0].seconds / 1e9, gemm / pair[1].seconds / 1e9,
              "GFLOP/s",
              "reading 512 tokens on 2 threads, against its products with "
              "weights by themselves");
    llama_run_free(&r);
    llama_free(&m);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    kernels_threads(2);
    decode_row("llama-decode-f32-15M", &shape_15m, 20);
    decode_row("llama-decode-f32-110M", &shape_110m, 4);
    decode_row("llama-decode-f32-1.1B", &shape_1b, 1);
    prefill_row("llama-prefill-f32-15M", &shape_15m);
    prefill_row("llama-prefill-f32-110M", &shape_110m);
}
