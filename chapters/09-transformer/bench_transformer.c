// Training throughput against PyTorch's nn.Transformer: 32 pairs of 16 to 32
// tokens, width 128, 4 heads, 2 + 2 layers, feed-forward 512, vocabulary 1000,
// Adam, dropout 0.1. Only real tokens count, not PyTorch's padding.
#include "09-transformer/train.h"

#include "common/bench.h"
#include "common/threads.h"

#include <stdio.h>

enum { PIECES = 1000, PAIRS = 32, BEGIN = 0, END = 1 };

static void one_step(void *training)
{
    training_step(training);
}

// The lengths of bench_transformer.py; begin and end are tokens too.
static Pairs some_pairs(int *tokens)
{
    Pairs p = {0};
    Rng r = rng_new(1);
    *tokens = 0;
    for (int i = 0; i < PAIRS; i++) {
        int id[2][32], n[2];
        for (int k = 0; k < 2; k++) {
            n[k] = 16 + (7 * i + 3 * k) % 17;
            *tokens += n[k];
            for (int j = 0; j < n[k]; j++)
                id[k][j] = 3 + rng_below(&r, PIECES - 3);
        }
        pairs_add(&p, id[0], n[0] - 1, id[1], n[1] - 1);
    }
    return p;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("transformer-train"))
        return 0;
    int tokens;
    Pairs pairs = some_pairs(&tokens);
    Transformer m = transformer_new((Shape){.pieces = PIECES,
                                            .width = 128,
                                            .heads = 4,
                                            .hidden = 512,
                                            .layers = 2,
                                            .dropout = 0.1f},
                                    1);
    Training t = training_new(&m, &pairs, BEGIN, END,
                              (Recipe){1 << 20, 4000, 1, 0.1f, 1});
    char threads[16];
    snprintf(threads, sizeof threads, "%d", threads_count());
    const char *const peer_command[] = {
        "/usr/bin/python3", "chapters/09-transformer/bench_transformer.py",
        threads, NULL};
    BenchPeer peer;
    const bool there = bench_peer_start(&peer, peer_command);
    Bench race[] = {{.run = one_step, .context = &t},
                    {.run = bench_peer_turn, .context = &peer}};
    bench_race(race, there ? 2 : 1, 12);
    bench_row("transformer-train", tokens / race[0].seconds,
              there ? tokens / race[1].seconds : 0, "tokens/s",
              there ? "a training step, against PyTorch's nn.Transformer"
                    : "a training step; python3-torch is not installed");
    if (there)
        bench_peer_end(&peer);
    training_free(&t);
    transformer_free(&m);
    pairs_free(&pairs);
    return 0;
}
