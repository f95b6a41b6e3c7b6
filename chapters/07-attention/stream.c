// Associative recall in one row of tokens; see stream.h.
#include "07-attention/stream.h"

#include "common/check.h"

#include <string.h>

Texts texts(Arena *a, Rng *r, int n)
{
    const int rows = n * STREAM_TOKENS;
    Texts x = {.n = n};
    x.token = arena_take(a, rows, sizeof *x.token);
    x.target = arena_take(a, rows, sizeof *x.target);
    x.place = arena_take(a, rows, sizeof *x.place);
    int *start = arena_take(a, n + 1, sizeof *start);
    for (int c = 0; c < n; c++) {
        start[c] = c * STREAM_TOKENS;
        int digit[STREAM_LETTERS], seen[STREAM_LETTERS] = {0};
        for (int i = 0; i < STREAM_LETTERS; i++)
            digit[i] = rng_below(r, STREAM_DIGITS);
        for (int i = 0; i < STREAM_TOKENS; i += 2) {
            const int at = start[c] + i;
            const int letter = rng_below(r, STREAM_LETTERS);
            x.token[at] = letter;
            x.token[at + 1] = STREAM_LETTERS + digit[letter];
            x.target[at] = seen[letter] ? digit[letter] : -1;
            x.target[at + 1] = -1; // the next letter is anybody's guess
            x.place[at] = i;
            x.place[at + 1] = i + 1;
            seen[letter] = 1;
        }
    }
    start[n] = rows;
    x.seq = (Spans){n, start};
    return x;
}

Stream stream_new(uint64_t seed, int layers)
{
    const int d = STREAM_WIDTH;
    check(layers >= 1 && layers <= STREAM_LAYERS, "%d layers", layers);
    Stream m = {.p = params_new(seed), .layers = layers};
    m.tokens = param_normal(m.p, STREAM_LETTERS + STREAM_DIGITS, d, 1, "token");
    m.places = param_normal(m.p, STREAM_TOKENS, d, 1, "place");
    for (int l = 0; l < layers; l++) {
        params_scope(m.p, "layer.%d", l);
        m.layer[l].q = linear_bare(m.p, d, d, "q");
        m.layer[l].k = linear_bare(m.p, d, d, "k");
        m.layer[l].v = linear_bare(m.p, d, d, "v");
        m.layer[l].out = linear_bare(m.p, d, d, "out");
    }
    params_scope(m.p, "%s", "");
    m.answer = linear_new(m.p, d, STREAM_DIGITS, "answer");
    return m;
}

void stream_free(Stream *m)
{
    params_free(m->p);
}

Matrix *stream_logits(const Stream *m, Tape *t, const Texts *x, float *weights)
{
    const int rows = x->n * STREAM_TOKENS;
    Matrix *h = embed(t, m->tokens, (Tokens){rows, x->token, x->seq});
    h = add(h, embed(t, m->places, (Tokens){rows, x->place, x->seq}));
    for (int l = 0; l < m->layers; l++) {
        const Layer *layer = &m->layer[l];
        Matrix *q = linear(h, layer->q), *k = linear(h, layer->k);
        Matrix *v = linear(h, layer->v);
        if (weights)
            attention_weights(q, k, 1, CAUSAL, 0, 0,
                              weights + l * STREAM_TOKENS * STREAM_TOKENS);
        h = add(h, linear(attention(q, k, v, 1, CAUSAL), layer->out));
    }
    return linear(h, m->answer);
}

void stream_train(Stream *m, int steps, int n, uint64_t seed,
                  void (*after)(void *, int, double), void *context)
{
    Adam adam = adam_new(m->p, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, seed);
    Rng r = rng_new(seed + 1);
    for (int step = 1; step <= steps; step++) {
        Texts x = texts(&t->arena, &r, n);
        Matrix *loss =
            cross_entropy(stream_logits(m, t, &x, NULL), x.target, 0);
        const double value = (double)loss->val[0];
        backward(loss);
        params_clip(m->p, 1);
        adam_step(&adam, rate_cosine(step, 20, steps, 1e-2f, 1e-5f));
        tape_reset(t);
        if (after)
            after(context, step, value);
    }
    adam_free(&adam);
    tape_free(t);
}

double stream_score(const Stream *m, int n, uint64_t seed)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    Rng r = rng_new(seed);
    Texts x = texts(&t->arena, &r, n);
    const Matrix *logits = stream_logits(m, t, &x, NULL);
    int right = 0, asked = 0;
    for (int i = 0; i < logits->rows; i++) {
        if (x.target[i] < 0)
            continue;
        const float *y = logits->val + (size_t)i * STREAM_DIGITS;
        int best = 0;
        for (int c = 1; c < STREAM_DIGITS; c++)
            best = y[c] > y[best] ? c : best;
        right += best == x.target[i];
        asked++;
    }
    tape_free(t);
    return (double)right / asked;
}
