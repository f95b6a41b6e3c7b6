// Latent attention; see latent.h.
#include "12-attention-variants/latent.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

// --- the parameters ---------------------------------------------------------

static LatentLayer layer_new(Params *p, const GptShape *s, int r, int t)
{
    const int d = s->width;
    return (LatentLayer){
        .attention_norm = norm_new(p, d, "attention_norm"),
        .q = linear_new(p, d, d + s->heads * t, "q"),
        .down = linear_new(p, d, r + t, "down"),
        .up_k = param_glorot(p, d, r, "up_k"),
        .up_v = param_glorot(p, d, r, "up_v"),
        .out = linear_new(p, d, d, "out"),
        .feed_norm = norm_new(p, d, "feed_norm"),
        .in = linear_new(p, d, s->hidden, "in"),
        .fall = linear_new(p, s->hidden, d, "fall"),
    };
}

Latent latent_new(GptShape shape, int latent, int turned, uint64_t seed)
{
    check(latent >= 1 && turned >= 2 && turned % 2 == 0,
          "latent rows of %d and %d turned columns", latent, turned);
    Params *p = params_new(seed);
    Latent m = {.shape = shape,
                .latent = latent,
                .turned = turned,
                .params = p,
                .tables = arena_new((size_t)shape.context * turned * 4 + 4096)};
    m.turns = rope_table(&m.tables, shape.context, turned, 10000, 1);
    m.pieces = param_normal(p, shape.pieces, shape.width, 0.1f, "pieces");
    m.layer = new_array(shape.layers, sizeof *m.layer);
    for (int i = 0; i < shape.layers; i++) {
        params_scope(p, "layer.%d", i);
        m.layer[i] = layer_new(p, &shape, latent, turned);
    }
    params_scope(p, "%s", "");
    m.norm = norm_new(p, shape.width, "norm");
    return m;
}

void latent_free(Latent *m)
{
    params_free(m->params);
    arena_free(&m->tables);
    free(m->layer);
    *m = (Latent){0};
}

// --- the way forward --------------------------------------------------------

// What is cached: r columns as they are, t columns turned.
static Matrix *rows_of(const Latent *m, const LatentLayer *l, Matrix *x,
                       int first)
{
    const int r = m->latent, all = r + m->turned;
    Matrix *down = linear(x, l->down); // T x (r + t)
    return concat_cols(slice_cols(down, 0, r), rope(slice_cols(down, r, all),
                                                    &m->turns, first, HALVES));
}

// What head h asks the rows: its query brought to the latent columns, q up_k,
// and its turned columns: T x (r + t).
static Matrix *question(const Latent *m, const LatentLayer *l, Matrix *q, int h,
                        int first)
{
    const int w = m->shape.width / m->shape.heads, t = m->turned;
    const int at = h * (w + t);
    Matrix *up = slice_rows(on_tape(q->tape, l->up_k), h * w, h * w + w);
    return concat_cols(
        matmul(slice_cols(q, at, at + w), up),
        rope(slice_cols(q, at + w, at + w + t), &m->turns, first, HALVES));
}

// Head h's values, from the latent columns of what it found: T x w.
static Matrix *answer(const Latent *m, const LatentLayer *l, Matrix *y, int h)
{
    const int w = m->shape.width / m->shape.heads, r = m->latent;
    const int at = h * (r + m->turned);
    Matrix *up = slice_rows(on_tape(y->tape, l->up_v), h * w, h * w + w);
    return matmul_t(slice_cols(y, at, at + r), up);
}

Matrix *latent_attention(const Latent *m, const LatentLayer *l, Matrix *x,
                         int first, Matrix **rows)
{
    const int heads = m->shape.heads, w = m->shape.width / heads;
    const int r = m->latent, t = m->turned;
    Matrix *new = rows_of(m, l, x, first);
    *rows = *rows ? concat_rows(*rows, new) : new;
    Matrix *q = linear(x, l->q), *ask = NULL, *found = NULL;
    for (int h = 0; h < heads; h++) {
        Matrix *one = question(m, l, q, h, first);
        ask = ask ? concat_cols(ask, one) : one;
    }
    // attention() divides by the root of its own width, r + t; a key that was
    // made would have w + t.
    ask = scale(ask, sqrtf((float)(r + t) / (float)(w + t)));
    Matrix *y = attention(ask, *rows, *rows, heads, CAUSAL);
    for (int h = 0; h < heads; h++) {
        Matrix *one = answer(m, l, y, h);
        found = found ? concat_cols(found, one) : one;
    }
    return linear(found, l->out);
}

Matrix *latent_forward(const Latent *m, Tape *t, Tokens text, int first,
                       Matrix **past)
{
    Matrix *x = embed(t, m->pieces, text);
    for (int i = 0; i < m->shape.layers; i++) {
        const LatentLayer *l = &m->layer[i];
        Matrix *none = NULL;
        x = add(x, latent_attention(m, l, layer_norm(x, l->attention_norm),
                                    first, past ? &past[i] : &none));
        Matrix *h = linear(layer_norm(x, l->feed_norm), l->in);
        x = add(x, linear(gelu_tanh(h), l->fall));
    }
    return linear(layer_norm(x, m->norm), (Linear){.w = m->pieces});
}
