// Training on the tales; see teller.h.
#include "11-kv-cache/teller.h"

#include "common/optim.h"
#include "common/progress.h"
#include "data/tales/tales.h"

#include "common/check.h"

// n tales of this seed, a line each.
static Buffer some_tales(uint64_t seed, int n)
{
    Buffer text = {0};
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++) {
        tales_story(&r, &text);
        buffer_add(&text, "\n", 1);
    }
    return text;
}

// A random piece of T + 1 tokens in each row of the batch: T are given, T are
// asked for, shifted by one.
static double step(Teller *t, const Lesson *l, Tape *tape, Rng *r)
{
    const int T = l->shape.context, n = l->texts * T;
    int *id = arena_take(&tape->arena, n, sizeof *id);
    int *next = arena_take(&tape->arena, n, sizeof *next);
    int *start = arena_take(&tape->arena, l->texts + 1, sizeof *start);
    for (int i = 0; i < l->texts; i++) {
        const int *from = t->learnt.at + rng_below(r, t->learnt.n - T);
        start[i] = i * T;
        for (int j = 0; j < T; j++) {
            id[i * T + j] = from[j];
            next[i * T + j] = from[j + 1];
        }
    }
    start[l->texts] = n;
    const Tokens text = {n, id, {l->texts, start}};
    Matrix *loss = cross_entropy(gpt_forward(&t->model, tape, text), next, 0);
    const double value = (double)loss->val[0];
    backward(loss);
    return value;
}

Teller teller_new(const Lesson *l)
{
    Teller t = {0};
    Buffer learn = some_tales(l->seed, l->tales);
    Buffer test = some_tales(l->seed + 1, 40);
    t.bpe = bpe_train((Text){learn.at, learn.length}, l->shape.pieces - 256);
    check(t.bpe.vocab.n == l->shape.pieces, "%d pieces of %d", t.bpe.vocab.n,
          l->shape.pieces);
    bpe_encode(&t.bpe, (Text){learn.at, learn.length}, &t.learnt);
    bpe_encode(&t.bpe, (Text){test.at, test.length}, &t.unseen);
    buffer_free(&learn);
    buffer_free(&test);
    t.model = gpt_new(l->shape, l->seed);
    Adam adam = adam_new(t.model.params, 0.9f, 0.95f, 1e-8f, 0.1f);
    Tape *tape = tape_new(0, l->seed);
    Rng r = rng_new(l->seed + 2);
    Progress bar = progress_new("learning to tell tales", l->steps, "steps");
    int counted = 0;
    for (int i = 1; i <= l->steps; i++) {
        const double loss = step(&t, l, tape, &r);
        progress(&bar, i, loss);
        params_clip(t.model.params, 1);
        adam_step(&adam, rate_cosine(i, 20, l->steps, l->rate, l->rate / 10));
        tape_reset(tape);
        if (i > l->steps - l->steps / 10) {
            t.loss += loss;
            counted++;
        }
    }
    progress_end(&bar);
    t.loss /= counted ? counted : 1;
    adam_free(&adam);
    tape_free(tape);
    return t;
}

void teller_free(Teller *t)
{
    bpe_free(&t->bpe);
    gpt_free(&t->model);
    ids_free(&t->learnt);
    ids_free(&t->unseen);
}
