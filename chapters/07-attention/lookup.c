// Associative recall; see lookup.h.
#include "07-attention/lookup.h"

#include "common/check.h"

#include <string.h>

Notebooks notebooks(Arena *a, Rng *r, int cases)
{
    Notebooks n = {.cases = cases};
    const int rows = cases * ENTRIES;
    n.letter = arena_take(a, rows, sizeof *n.letter);
    n.digit = arena_take(a, rows, sizeof *n.digit);
    n.asked = arena_take(a, rows, sizeof *n.asked);
    n.answer = arena_take(a, rows, sizeof *n.answer);
    n.start = arena_take(a, cases + 1, sizeof *n.start);
    for (int c = 0; c < cases; c++) {
        const int at = n.start[c] = c * ENTRIES;
        int letter[LETTERS], order[ENTRIES];
        for (int i = 0; i < LETTERS; i++)
            letter[i] = i;
        rng_shuffle(r, letter, LETTERS);
        for (int i = 0; i < ENTRIES; i++) {
            n.letter[at + i] = letter[i];
            n.digit[at + i] = order[i] = i;
        }
        rng_shuffle(r, n.digit + at, ENTRIES);
        rng_shuffle(r, order, ENTRIES);
        for (int i = 0; i < ENTRIES; i++) {
            n.asked[at + i] = n.letter[at + order[i]];
            n.answer[at + i] = n.digit[at + order[i]];
        }
    }
    n.start[cases] = rows;
    return n;
}

Lookup lookup_new(uint64_t seed, bool attends)
{
    const int d = LOOKUP_WIDTH;
    Lookup m = {.p = params_new(seed), .attends = attends};
    m.letters = param_normal(m.p, LETTERS, d, 1, "letters");
    m.digits = param_normal(m.p, ENTRIES, d, 1, "digits");
    m.q = linear_bare(m.p, d, d, "q");
    m.k = linear_bare(m.p, d, d, "k");
    m.v = linear_bare(m.p, d, d, "v");
    m.answer = linear_new(m.p, d, ENTRIES, "answer");
    return m;
}

void lookup_free(Lookup *m)
{
    params_free(m->p);
}

// The entries and the letters asked for, as rows of d numbers.
static void embed_both(const Lookup *m, Tape *t, const Notebooks *n,
                       Matrix **entries, Matrix **asked)
{
    const int rows = n->cases * ENTRIES;
    const Spans seq = {n->cases, n->start};
    *entries = add(embed(t, m->letters, (Tokens){rows, n->letter, seq}),
                   embed(t, m->digits, (Tokens){rows, n->digit, seq}));
    *asked = embed(t, m->letters, (Tokens){rows, n->asked, seq});
}

// The mean of the values of each notebook, for each of its rows.
static Matrix *mean_of_each(Matrix *v)
{
    Matrix *zero = matrix(v->tape, v->rows, v->cols);
    memset(zero->val, 0, (size_t)v->rows * v->cols * sizeof(float));
    zero->seq = v->seq;
    return attention(zero, zero, v, 1, FULL); // equal scores: equal weights
}

Matrix *lookup_logits(const Lookup *m, Tape *t, const Notebooks *n)
{
    Matrix *entries, *asked;
    embed_both(m, t, n, &entries, &asked); // rows x d each
    Matrix *q = linear(asked, m->q);
    Matrix *k = linear(entries, m->k);
    Matrix *v = linear(entries, m->v);
    Matrix *found = m->attends ? attention(q, k, v, 1, FULL) : mean_of_each(v);
    return linear(add(found, q), m->answer); // rows x 10
}

void lookup_weights(const Lookup *m, Tape *t, const Notebooks *n,
                    float *weights)
{
    if (!m->attends) {
        for (int i = 0; i < ENTRIES * ENTRIES; i++)
            weights[i] = 1.0f / ENTRIES;
        return;
    }
    Matrix *entries, *asked;
    embed_both(m, t, n, &entries, &asked);
    attention_weights(linear(asked, m->q), linear(entries, m->k), 1, FULL, 0, 0,
                      weights);
}

void lookup_train(Lookup *m, int steps, int cases, uint64_t seed,
                  void (*after)(void *, int, double), void *context)
{
    Adam adam = adam_new(m->p, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, seed);
    Rng r = rng_new(seed + 1);
    for (int step = 1; step <= steps; step++) {
        Notebooks n = notebooks(&t->arena, &r, cases);
        Matrix *loss = cross_entropy(lookup_logits(m, t, &n), n.answer, 0);
        const double value = (double)loss->val[0];
        backward(loss);
        params_clip(m->p, 1);
        adam_step(&adam, rate_cosine(step, 20, steps, 1e-2f, 1e-4f));
        tape_reset(t);
        if (after)
            after(context, step, value);
    }
    adam_free(&adam);
    tape_free(t);
}

double lookup_score(const Lookup *m, int cases, uint64_t seed)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    Rng r = rng_new(seed);
    Notebooks n = notebooks(&t->arena, &r, cases);
    const Matrix *logits = lookup_logits(m, t, &n);
    int right = 0;
    for (int i = 0; i < logits->rows; i++) {
        const float *x = logits->val + (size_t)i * ENTRIES;
        int best = 0;
        for (int c = 1; c < ENTRIES; c++)
            best = x[c] > x[best] ? c : best;
        right += best == n.answer[i];
    }
    tape_free(t);
    return (double)right / (cases * ENTRIES);
}
