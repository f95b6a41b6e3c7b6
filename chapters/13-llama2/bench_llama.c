// How near running a Llama comes to what the machine can do, with synthetic
// weights of three shapes. Writing a token reads every weight once, so its
// limit is the rate at which memory can be read. Reading a prompt is matrix
// products, so its limit is their speed by themselves, at the same shapes.
#include "13-llama2/synthetic.h"

#include "common/bench.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <stdio.h>

// The bytes that a token reads: all weights, but of the embeddings one row.
static double bytes_of(const LlamaShape *s)
{
    size_t n = llama_parameters(s);
    if (!s->tied)
        n -= (size_t)s->pieces * s->width;
    return (double)n * sizeof(float);
}

static void decode_row(const char *name, const LlamaShape *s, int tokens)
{
    if (!bench_wanted(name))
        return;
    Llama m = synthetic_llama(s);
    synthetic_decode_row(name, &m, bytes_of(s), tokens);
    llama_free(&m);
}

// y (T x rows) = x w^T.
static void product(const LlamaMatrix *w, const float *x, float *y)
{
    gemm_nt(PROMPT, w->rows, w->cols, x, w->cols, w->at, w->cols, y, w->rows,
            false);
}

// The products of a prompt with the same weights, and nothing else.
static void products(void *context)
{
    const Prefill *p = context;
    const LlamaRun *r = &p->run;
    const Llama *m = r->model;
    for (int l = 0; l < m->shape.layers; l++) {
        const LlamaLayer *w = &m->layer[l];
        product(&w->q, r->x, r->q);
        product(&w->k, r->x, r->k);
        product(&w->v, r->x, r->v);
        product(&w->out, r->y, r->q);
        product(&w->gate, r->x, r->gate);
        product(&w->up, r->x, r->up);
        product(&w->down, r->gate, r->y);
    }
    matvec(m->output.rows, m->output.cols, m->output.at, m->output.cols, r->x,
           r->logits, false);
}

static void prefill_row(const char *name, const LlamaShape *shape)
{
    if (!bench_wanted(name))
        return;
    LlamaShape s = *shape;
    s.context = PROMPT;
    Llama m = synthetic_llama(&s);
    Prefill *p = prefill_new(&m);
    Bench pair[] = {{.run = prefill_turn, .context = p},
                    {.run = products, .context = p}};
    bench_race(pair, 2, 12);
    const double gemm = prefill_weight_products(&s);
    const double all = gemm + prefill_attention_products(&s);
    fprintf(stderr, "  %s: %.0f tokens a second\n", name,
            PROMPT / pair[0].seconds);
    bench_row(name, all / pair[0].seconds / 1e9, gemm / pair[1].seconds / 1e9,
              "GFLOP/s",
              "reading 512 tokens on 2 threads, against its products with "
              "weights by themselves");
    prefill_free(p);
    llama_free(&m);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    threads_set(2);
    decode_row("llama-decode-f32-15M", &shape_15m, 20);
    decode_row("llama-decode-f32-110M", &shape_110m, 4);
    decode_row("llama-decode-f32-1.1B", &shape_1b, 1);
    prefill_row("llama-prefill-f32-15M", &shape_15m);
    prefill_row("llama-prefill-f32-110M", &shape_110m);
}
