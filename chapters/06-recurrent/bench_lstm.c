// How fast an LSTM goes through a batch and back, against PyTorch
// (bench_lstm.py beside this): 64 texts of 32 tokens, 128 inputs, width 128.
// Both have the same weights and see the same numbers, so both must have the
// same loss; a race is worth nothing if somebody computes something else.
#include "06-recurrent/lstm.h"

#include "common/bench.h"
#include "common/check.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXTS = 64, LENGTH = 32, IN = 128, WIDTH = 128 };

// n numbers that look random, from -by / 2 to by / 2; bench_lstm.py has the
// same.
static void scattered(float *to, uint64_t first, int n, float by)
{
    for (int i = 0; i < n; i++) {
        const uint64_t bits =
            ((first + (uint64_t)i) * 2654435761u) % 4294967296u;
        to[i] = ((float)bits / 4294967296.0f - 0.5f) * by;
    }
}

typedef struct Contestant {
    int threads;
    Params *p;
    Lstm lstm;
    Tape *tape;
    int start[TEXTS + 1];
    float x[TEXTS * LENGTH * IN];
    float nothing[TEXTS * LENGTH * WIDTH]; // what the loss wants to see
    float loss;
} Contestant;

static Contestant *contestant_new(int threads)
{
    Contestant *c = new_array(1, sizeof *c);
    c->threads = threads;
    c->p = params_new(1);
    c->lstm = lstm_new(c->p, IN, WIDTH, "lstm");
    c->tape = tape_new(0, 1);
    for (int i = 0; i <= TEXTS; i++)
        c->start[i] = i * LENGTH;
    scattered(c->lstm.in.w->val, 1, 4 * WIDTH * IN, 0.3f);
    scattered(c->lstm.again.w->val, 5, 4 * WIDTH * WIDTH, 0.3f);
    scattered(c->lstm.in.b->val, 9, 4 * WIDTH, 1);
    scattered(c->x, 7, TEXTS * LENGTH * IN, 1);
    return c;
}

static void turn(void *context)
{
    Contestant *c = context;
    threads_set(c->threads);
    params_clear(c->p);
    Matrix *x = matrix_of(c->tape, TEXTS * LENGTH, IN, c->x);
    x->seq = (Spans){TEXTS, c->start};
    x->given = false;
    Matrix *loss = mean_squared_error(lstm(&c->lstm, x, NULL), c->nothing);
    c->loss = loss->val[0];
    backward(loss);
    tape_reset(c->tape);
}

static int faster(const Bench *pair)
{
    return pair[1].seconds < pair[0].seconds;
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("lstm-train"))
        return 0;
    Contestant *ours[] = {contestant_new(1), contestant_new(2)};
    turn(ours[0]);
    BenchPeer torch[2];
    const char *script = "chapters/06-recurrent/bench_lstm.py";
    const double loss = (double)ours[0]->loss;
    bool peer = bench_peer_noted(&torch[0], script, "1", loss, 1e-5) &&
                bench_peer_noted(&torch[1], script, "2", loss, 1e-5);
    Bench all[] = {{.run = turn, .context = ours[0]},
                   {.run = turn, .context = ours[1]},
                   {.run = bench_peer_turn, .context = &torch[0]},
                   {.run = bench_peer_turn, .context = &torch[1]}};
    bench_race(all, peer ? 4 : 2, 6);
    for (int i = 0; i < (peer ? 4 : 2); i++)
        fprintf(stderr, "  %s, threads: %d: %6.2f ms there and back\n",
                i < 2 ? "ours" : "PyTorch", i % 2 + 1, 1e3 * all[i].seconds);
    int mine = faster(all), theirs = peer ? faster(all + 2) : 0;
    char what[200];
    snprintf(what, sizeof what,
             "an LSTM there and back, 64 texts of 32 tokens, width 128, "
             "%d thread%s%s",
             mine + 1, mine ? "s" : "",
             !peer    ? " (not installed: python3-torch)"
             : theirs ? ", against PyTorch on 2 threads"
                      : ", against PyTorch on 1 thread");
    bench_row("lstm-train", 1e3 * all[mine].seconds,
              peer ? 1e3 * all[2 + theirs].seconds : 0, "ms", what);
    for (int i = 0; i < 2; i++) {
        if (peer)
            bench_peer_end(&torch[i]);
        tape_free(ours[i]->tape);
        params_free(ours[i]->p);
        free(ours[i]);
    }
    return 0;
}
