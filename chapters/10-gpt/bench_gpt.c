// Training throughput against PyTorch: 4 layers, width 128, 4 heads, context
// 128, batches of 16 texts, vocabulary 512, AdamW. And what share of the speed
// of a large matrix product the whole step reaches.
#include "10-gpt/gpt.h"

#include "common/bench.h"
#include "common/kernels.h"
#include "common/optim.h"

#include <stdio.h>

enum { CONTEXT = 128, TEXTS = 16, PIECES = 512, WIDTH = 128, LAYERS = 4 };
enum { TOKENS = TEXTS * CONTEXT, HIDDEN = 4 * WIDTH, SIDE = 1024 };

typedef struct Step {
    Gpt m;
    Adam adam;
    Tape *t;
    int in[TOKENS], out[TOKENS], start[TEXTS + 1];
} Step;

static void one_step(void *step)
{
    Step *s = step;
    const Tokens text = {TOKENS, s->in, {TEXTS, s->start}};
    backward(cross_entropy(gpt_forward(&s->m, s->t, text), s->out, 0));
    adam_step(&s->adam, 1e-4f);
    tape_reset(s->t);
}

// Multiply-adds count as 2. A product in the forward pass is two of the same
// size on the way back; the scores and the mixing of attention count for the
// half of all pairs that a causal mask leaves.
static double operations(void)
{
    const double layer = 4.0 * WIDTH * WIDTH + 2.0 * WIDTH * HIDDEN;
    const double weights = LAYERS * layer + (double)PIECES * WIDTH;
    const double pairs = LAYERS * (CONTEXT + 1.0) / 2 * WIDTH * 2;
    return 3 * 2 * TOKENS * (weights + pairs);
}

static float square[3][SIDE * SIDE];

static void one_product(void *unused)
{
    (void)unused;
    gemm_nn(SIDE, SIDE, SIDE, square[0], SIDE, square[1], SIDE, square[2], SIDE,
            false);
}

// PyTorch with so many threads, or a peer that is not there.
static bool peer_start(BenchPeer *peer, int threads)
{
    char number[16];
    snprintf(number, sizeof number, "%d", threads);
    const char *const command[] = {
        "/usr/bin/python3", "chapters/10-gpt/bench_gpt.py", number, NULL};
    return bench_peer_start(peer, command);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("gpt-train"))
        return 0;
    static Step s;
    s.m = gpt_new((GptShape){.pieces = PIECES,
                             .context = CONTEXT,
                             .width = WIDTH,
                             .heads = 4,
                             .groups = 4,
                             .layers = LAYERS,
                             .hidden = HIDDEN},
                  1);
    s.adam = adam_new(s.m.params, 0.9f, 0.95f, 1e-8f, 0.1f);
    s.t = tape_new(0, 1);
    Rng r = rng_new(1);
    for (int i = 0; i < TOKENS; i++) {
        s.in[i] = rng_below(&r, PIECES);
        s.out[i] = rng_below(&r, PIECES);
    }
    for (int i = 0; i <= TEXTS; i++)
        s.start[i] = i * CONTEXT;
    for (int i = 0; i < SIDE * SIDE; i++)
        square[0][i] = square[1][i] = rng_normal(&r);
    // The peer at its best: with as many threads as we have, or with one.
    BenchPeer peer[2];
    const int threads = kernels_thread_count();
    const bool there = peer_start(&peer[0], threads);
    const bool twice = there && threads > 1 && peer_start(&peer[1], 1);
    Bench race[] = {{.run = one_step, .context = &s},
                    {.run = one_product},
                    {.run = bench_peer_turn, .context = &peer[0]},
                    {.run = bench_peer_turn, .context = &peer[1]}};
    bench_race(race, 2 + there + twice, 15);
    double best = race[2].seconds;
    if (twice && race[3].seconds < best)
        best = race[3].seconds;
    const double speed = operations() / race[0].seconds;
    const double product = 2.0 * SIDE * SIDE * SIDE / race[1].seconds;
    char what[200];
    snprintf(what, sizeof what,
             "a training step, %.2f of the product's speed%s", speed / product,
             there ? ", against PyTorch" : "; python3-torch is not installed");
    bench_row("gpt-train", TOKENS / race[0].seconds, there ? TOKENS / best : 0,
              "tokens/s", what);
    fprintf(stderr,
            "a step: %.1f GFLOP in %.1f ms, %.0f GFLOP/s; a product of %d x %d "
            "matrices: %.0f GFLOP/s\n",
            operations() / 1e9, race[0].seconds * 1e3, speed / 1e9, SIDE, SIDE,
            product / 1e9);
    if (there)
        fprintf(stderr, "PyTorch: %.1f ms with %d threads\n",
                race[2].seconds * 1e3, threads);
    if (twice)
        fprintf(stderr, "PyTorch: %.1f ms with 1 thread\n",
                race[3].seconds * 1e3);
    for (int i = 0; i < there + twice; i++)
        bench_peer_end(&peer[i]);
    adam_free(&s.adam);
    tape_free(s.t);
    gpt_free(&s.m);
    return 0;
}
