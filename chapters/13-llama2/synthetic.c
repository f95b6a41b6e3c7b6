// Made-up models and the contestants of their races; see synthetic.h.
#include "13-llama2/synthetic.h"

#include "common/bench.h"
#include "common/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const LlamaShape shape_15m = {32000, 256,   288,   768,  6,       6,
                              6,     1e-5f, 10000, true, ADJACENT};
const LlamaShape shape_110m = {32000, 1024,  768,   2048, 12,      12,
                               12,    1e-5f, 10000, true, ADJACENT};
const LlamaShape shape_1b = {32000, 2048,  2048,  5632,  22,      32,
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

static LlamaMatrix some_matrix(Arena *a, size_t rows, size_t cols)
{
    return llama_floats(some_weights(a, rows * cols), (int)rows, (int)cols);
}

Llama synthetic_llama(const LlamaShape *s)
{
    const size_t d = s->width, keys = llama_key_width(s), h = s->hidden;
    Llama m = {.shape = *s};
    m.arena = arena_new(llama_parameters(s) * sizeof(float) +
                        s->layers * (sizeof *m.layer + 9 * 64) + (1 << 20));
    Arena *a = &m.arena;
    m.pieces = some_matrix(a, s->pieces, d);
    m.layer = arena_take(a, s->layers, sizeof *m.layer);
    for (int l = 0; l < s->layers; l++)
        m.layer[l] = (LlamaLayer){.attention_norm = some_weights(a, d),
                                  .q = some_matrix(a, d, d),
                                  .k = some_matrix(a, keys, d),
                                  .v = some_matrix(a, keys, d),
                                  .out = some_matrix(a, d, d),
                                  .feed_norm = some_weights(a, d),
                                  .gate = some_matrix(a, h, d),
                                  .up = some_matrix(a, h, d),
                                  .down = some_matrix(a, d, h)};
    m.norm = some_weights(a, d);
    m.output = s->tied ? m.pieces : some_matrix(a, s->pieces, d);
    return m;
}

// --- writing: one token -----------------------------------------------------

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

void synthetic_decode_row(const char *name, const Llama *m, double bytes,
                          int tokens)
{
    LlamaRun r = llama_run_new(m, 1, 64);
    // The weights themselves are read, all of them, as some memory may be
    // slower than other. But of a small model a part stays in the cache, which
    // would be measured instead: then it is a block of its own.
    enum { LARGE = 96 << 20 }; // three times a large cache
    Arena block = arena_new(LARGE);
    BenchReading reading = {.block = (const uint64_t *)m->arena.base,
                            .words = m->arena.used / sizeof(uint64_t)};
    if (m->arena.used < LARGE)
        reading = (BenchReading){
            .block = memset(arena_take(&block, LARGE, 1), 1, LARGE),
            .words = LARGE / sizeof(uint64_t)};
    Decode d = {&r, tokens};
    Bench pair[] = {{.run = decode, .context = &d},
                    {.run = bench_read, .context = &reading}};
    bench_race(pair, 2, 8);
    const double token = pair[0].seconds / tokens;
    fprintf(stderr, "  %s: %.1f tokens a second\n", name, 1 / token);
    bench_row(name, bytes / token / 1e9,
              (double)(reading.words * sizeof(uint64_t)) / pair[1].seconds /
                  1e9,
              "GB/s",
              "writing: bytes of weights read, on 2 threads, against just "
              "reading memory");
    arena_free(&block);
    llama_run_free(&r);
}

// --- reading: a prompt ------------------------------------------------------

Prefill *prefill_new(const Llama *m)
{
    Prefill *p = new_array(1, sizeof *p);
    p->run = llama_run_new(m, 1, PROMPT);
    for (int i = 0; i < PROMPT; i++)
        p->token[i] = i * 37 % m->shape.pieces;
    return p;
}

void prefill_free(Prefill *p)
{
    llama_run_free(&p->run);
    free(p);
}

void prefill_turn(void *prefill)
{
    Prefill *p = prefill;
    llama_forget(&p->run, 0);
    llama_read(&p->run, p->token, PROMPT);
}

double prefill_weight_products(const LlamaShape *s)
{
    const double d = s->width, keys = llama_key_width(s);
    const double layer = 2 * d * d + 2 * d * keys + 3 * d * s->hidden;
    return 2 * (PROMPT * s->layers * layer + d * s->pieces);
}

double prefill_attention_products(const LlamaShape *s)
{
    return 4.0 * s->layers * s->width * PROMPT * (PROMPT + 1) / 2;
}
