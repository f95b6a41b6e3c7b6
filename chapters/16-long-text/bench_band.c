// The band against dense attention, forward and backward, on one long text:
// 8,192 tokens, of which each sees the 255 before it and the 255 after it and
// the first one; Longformer's own window (512) is of this size.
#include "16-long-text/band.h"

#include "common/bench.h"

#include <stdio.h>

enum { T = 8192, HEADS = 2, COLS = HEADS * 64 };

static const Band band = {.window = 256, .global = 1};

typedef struct Attending {
    Tape *tape;
    Params *p;
    Matrix *q, *k, *v;
    int tokens;
    bool dense;
} Attending;

static void attend(void *context)
{
    Attending *a = context;
    Matrix *x[] = {on_tape(a->tape, a->q), on_tape(a->tape, a->k),
                   on_tape(a->tape, a->v)};
    for (int i = 0; i < 3; i++)
        x[i]->rows = a->tokens;
    Matrix *y = a->dense ? attention(x[0], x[1], x[2], HEADS, FULL)
                         : band_attention(x[0], x[1], x[2], HEADS, band);
    backward(mean(y));
    tape_reset(a->tape);
}

static Attending attending_new(bool dense, int tokens)
{
    Attending a = {tape_new(0, 1), params_new(1), NULL, NULL,
                   NULL,           tokens,        dense};
    a.q = param_normal(a.p, T, COLS, 1, "q");
    a.k = param_normal(a.p, T, COLS, 1, "k");
    a.v = param_normal(a.p, T, COLS, 1, "v");
    return a;
}

static void attending_free(Attending *a)
{
    tape_free(a->tape);
    params_free(a->p);
}

static double megabytes(int tokens)
{
    Attending a = attending_new(false, tokens);
    attend(&a);
    const double mb = (double)a.tape->arena.peak / 1e6;
    attending_free(&a);
    return mb;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("band-attention"))
        return 0;
    Attending ours = attending_new(false, T), theirs = attending_new(true, T);
    Bench race[] = {{.run = attend, .context = &ours},
                    {.run = attend, .context = &theirs}};
    bench_race(race, 2, 10);
    fprintf(stderr,
            "band-attention: %.1f MB for %d tokens, %.1f MB for %d; %.1f times "
            "fewer pairs than dense\n",
            megabytes(T / 2), T / 2, megabytes(T), T,
            (double)T * T / band_pairs(&band, T));
    bench_row("band-attention", 1e3 * race[0].seconds, 1e3 * race[1].seconds,
              "ms",
              "forward and backward, 8,192 tokens, window 256, against dense "
              "attention here");
    attending_free(&ours);
    attending_free(&theirs);
    return 0;
}
