// How fast a perceptron learns, against PyTorch (bench_mlp.py beside this):
// 784-256-128-10, relu, a batch of 64, cross entropy, Adam. Both start from
// the same weights and see the same numbers, so after some steps both must have
// the same loss; a race is worth nothing if somebody computes something else.
// The labels change from step to step, so that the gradients never vanish:
// with numbers near 0 the arithmetic would be another one.
#include "common/bench.h"
#include "common/check.h"
#include "common/ops.h"
#include "common/optim.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    IN = 784,
    WIDE = 256,
    MIDDLE = 128,
    CLASSES = 10,
    BATCH = 64,
    STEPS = 50 // of one turn: longer than threads of others spin after theirs
};

// Numbers from -0.5 to 0.5 that look random; bench_mlp.py has the same.
static float scattered(uint64_t i)
{
    return (float)((i * 2654435761u) % 4294967296u) / 4294967296.0f - 0.5f;
}

typedef struct Mlp {
    int threads;
    Params *p;
    Linear one, two, three;
    Adam adam;
    Tape *tape;
    float x[BATCH * IN];
    int label[CLASSES][BATCH]; // of one step in ten
    float loss;                // of the last step
} Mlp;

static Linear layer_new(Params *p, int in, int out, const char *name)
{
    Linear l = linear_new(p, in, out, name);
    for (int i = 0; i < in * out; i++)
        l.w->val[i] = scattered((uint64_t)i + 1) * 3 / sqrtf((float)in);
    return l;
}

static Mlp *mlp_new(int threads)
{
    Mlp *m = new_array(1, sizeof *m);
    m->threads = threads;
    m->p = params_new(1);
    m->one = layer_new(m->p, IN, WIDE, "one");
    m->two = layer_new(m->p, WIDE, MIDDLE, "two");
    m->three = layer_new(m->p, MIDDLE, CLASSES, "three");
    m->adam = adam_new(m->p, 0.9f, 0.999f, 1e-8f, 0);
    m->tape = tape_new(0, 1);
    for (int i = 0; i < BATCH * IN; i++)
        m->x[i] = scattered((uint64_t)i + 7) + 0.5f;
    for (int step = 0; step < CLASSES; step++)
        for (int i = 0; i < BATCH; i++)
            m->label[step][i] = (7 * i + 3 * step) % CLASSES;
    return m;
}

static void mlp_steps(void *context)
{
    Mlp *m = context;
    threads_set(m->threads);
    for (int i = 0; i < STEPS; i++) {
        Matrix x = {BATCH, IN, m->x, .tape = m->tape, .given = true};
        Matrix *h = relu(linear(&x, m->one)); // 64 x 256
        h = relu(linear(h, m->two));          // 64 x 128
        Matrix *loss =
            cross_entropy(linear(h, m->three), m->label[i % CLASSES], 0);
        m->loss = loss->val[0];
        backward(loss);
        adam_step(&m->adam, 1e-3f);
        tape_reset(m->tape);
    }
}

static int faster(const Bench *pair)
{
    return pair[1].seconds < pair[0].seconds;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("mlp-train"))
        return 0;
    Mlp *ours[] = {mlp_new(1), mlp_new(2)};
    mlp_steps(ours[0]);
    BenchPeer torch[2];
    const char *script = "chapters/03-autograd/bench_mlp.py";
    const double loss = (double)ours[0]->loss;
    bool peer = bench_peer_noted(&torch[0], script, "1", loss, 1e-3) &&
                bench_peer_noted(&torch[1], script, "2", loss, 1e-3);
    Bench all[] = {{.run = mlp_steps, .context = ours[0]},
                   {.run = mlp_steps, .context = ours[1]},
                   {.run = bench_peer_turn, .context = &torch[0]},
                   {.run = bench_peer_turn, .context = &torch[1]}};
    bench_race(all, peer ? 4 : 2, 6);
    for (int i = 0; i < (peer ? 4 : 2); i++)
        fprintf(stderr, "  %s, threads: %d: %6.0f us a step\n",
                i < 2 ? "ours" : "PyTorch", i % 2 + 1,
                1e6 * all[i].seconds / STEPS);
    int mine = faster(all), theirs = peer ? faster(all + 2) : 0;
    char what[200];
    snprintf(what, sizeof what,
             "a training step of a perceptron 784-256-128-10, batch 64, Adam, "
             "%d thread%s%s",
             mine + 1, mine ? "s" : "",
             !peer    ? " (not installed: python3-torch)"
             : theirs ? ", against PyTorch on 2 threads"
                      : ", against PyTorch on 1 thread");
    bench_row("mlp-train", 1e3 * all[mine].seconds / STEPS,
              peer ? 1e3 * all[2 + theirs].seconds / STEPS : 0, "ms", what);
    for (int i = 0; i < 2; i++) {
        if (peer)
            bench_peer_end(&torch[i]);
        tape_free(ours[i]->tape);
        adam_free(&ours[i]->adam);
        params_free(ours[i]->p);
        free(ours[i]);
    }
    return 0;
}
