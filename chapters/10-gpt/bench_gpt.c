// Training throughput against PyTorch: 4 layers, width 128, 4 heads, context
// 128, batches of 16 texts, vocabulary 512, AdamW. And what share of the speed
// of a large matrix product the whole step reaches.
//
// All run with every thread and with one, by turns, and the better of the two
// counts: on a machine that has other work, one thread can be the faster.
#include "10-gpt/gpt.h"

#include "common/bench.h"
#include "common/kernels.h"
#include "common/optim.h"
#include "common/threads.h"

#include <stdio.h>

enum { CONTEXT = 128, TEXTS = 16, PIECES = 512, WIDTH = 128, LAYERS = 4 };
enum { TOKENS = TEXTS * CONTEXT, HIDDEN = 4 * WIDTH, SIDE = 1024 };

// --- ours -------------------------------------------------------------------

static Gpt m;
static Adam adam;
static Tape *tape;
static int in[TOKENS], out[TOKENS], start[TEXTS + 1];
static float square[3][SIDE * SIDE];

static void prepare(void)
{
    m = gpt_new((GptShape){.pieces = PIECES,
                           .context = CONTEXT,
                           .width = WIDTH,
                           .heads = 4,
                           .groups = 4,
                           .layers = LAYERS,
                           .hidden = HIDDEN},
                1);
    adam = adam_new(m.params, 0.9f, 0.95f, 1e-8f, 0.1f);
    tape = tape_new(0, 1);
    Rng r = rng_new(1);
    for (int i = 0; i < TOKENS; i++) {
        in[i] = rng_below(&r, PIECES);
        out[i] = rng_below(&r, PIECES);
    }
    for (int i = 0; i <= TEXTS; i++)
        start[i] = i * CONTEXT;
    for (int i = 0; i < SIDE * SIDE; i++)
        square[0][i] = square[1][i] = rng_normal(&r);
}

static void one_step(void *threads)
{
    threads_set(*(int *)threads);
    const Tokens text = {TOKENS, in, {TEXTS, start}};
    backward(cross_entropy(gpt_forward(&m, tape, text), out, 0));
    adam_step(&adam, 1e-4f);
    tape_reset(tape);
}

static void one_product(void *threads)
{
    threads_set(*(int *)threads);
    gemm_nn(SIDE, SIDE, SIDE, square[0], SIDE, square[1], SIDE, square[2], SIDE,
            false);
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

// --- the race ---------------------------------------------------------------

static bool peer_start(BenchPeer *peer, int threads)
{
    char number[16];
    snprintf(number, sizeof number, "%d", threads);
    const char *const command[] = {
        "/usr/bin/python3", "chapters/10-gpt/bench_gpt.py", number, NULL};
    return bench_peer_start(peer, command);
}

// The shorter of the times with every thread, race[i], and with one.
static double better(const Bench *race, int i)
{
    fprintf(stderr, "  %.1f ms, with one thread %.1f ms\n",
            race[i].seconds * 1e3, race[i + 1].seconds * 1e3);
    return race[i].seconds < race[i + 1].seconds ? race[i].seconds
                                                 : race[i + 1].seconds;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("gpt-train"))
        return 0;
    prepare();
    int every = threads_count(), one = 1;
    BenchPeer peer[2];
    const bool there = peer_start(&peer[0], every) && peer_start(&peer[1], one);
    Bench race[] = {{.run = one_step, .context = &every},
                    {.run = one_step, .context = &one},
                    {.run = one_product, .context = &every},
                    {.run = one_product, .context = &one},
                    {.run = bench_peer_turn, .context = &peer[0]},
                    {.run = bench_peer_turn, .context = &peer[1]}};
    bench_race(race, there ? 6 : 4, 12);
    fprintf(stderr, "a step of %.1f GFLOP:\n", operations() / 1e9);
    const double step = better(race, 0);
    fprintf(stderr, "a product of %d x %d matrices:\n", SIDE, SIDE);
    const double product = better(race, 2);
    if (there)
        fprintf(stderr, "PyTorch's step:\n");
    const double theirs = there ? better(race, 4) : 0;
    char what[200];
    snprintf(what, sizeof what,
             "a training step at %.2f of the bare product's speed%s",
             operations() / step / (2.0 * SIDE * SIDE * SIDE / product),
             there ? ", against PyTorch" : "; python3-torch is not installed");
    bench_row("gpt-train", TOKENS / step, there ? TOKENS / theirs : 0,
              "tokens/s", what);
    for (int i = 0; there && i < 2; i++)
        bench_peer_end(&peer[i]);
    adam_free(&adam);
    tape_free(tape);
    gpt_free(&m);
    return 0;
}
