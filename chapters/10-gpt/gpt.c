// The model; see gpt.h.
#include "10-gpt/gpt.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

// --- the parameters ---------------------------------------------------------

// A layer whose result is added to the residual stream. The stream is a sum of
// 2 layers such results; this keeps its variance level at the start.
static Linear residual_new(Params *p, int in, int out, int layers,
                           const char *name)
{
    Linear l = linear_new(p, in, out, name);
    const float smaller = 1 / sqrtf(2 * (float)layers);
    for (int i = 0; i < out * in; i++)
        l.w->val[i] *= smaller;
    return l;
}

static GptLayer layer_new(Params *p, const GptShape *s)
{
    const int d = s->width, keys = s->groups * (d / s->heads);
    return (GptLayer){
        .attention_norm = norm_new(p, d, "attention_norm"),
        .q = linear_new(p, d, d, "q"),
        .k = linear_new(p, d, keys, "k"),
        .v = linear_new(p, d, keys, "v"),
        .out = residual_new(p, d, d, s->layers, "out"),
        .feed_norm = norm_new(p, d, "feed_norm"),
        .in = linear_new(p, d, s->hidden, "in"),
        .down = residual_new(p, s->hidden, d, s->layers, "down"),
    };
}

Gpt gpt_new(GptShape shape, uint64_t seed)
{
    check(shape.heads > 0 && shape.width % shape.heads == 0,
          "%d heads do not divide a width of %d", shape.heads, shape.width);
    check(shape.groups > 0 && shape.heads % shape.groups == 0,
          "%d groups do not divide %d heads", shape.groups, shape.heads);
    Params *p = params_new(seed);
    Gpt m = {.shape = shape, .params = p};
    m.pieces = param_normal(p, shape.pieces, shape.width, 0.1f, "pieces");
    if (shape.rotary) {
        const int width = shape.width / shape.heads;
        m.tables = arena_new((size_t)shape.context * width * 4 + 4096);
        m.turns = rope_table(&m.tables, shape.context, width, 10000, 1);
    } else {
        m.places = param_normal(p, shape.context, shape.width, 0.1f, "places");
    }
    m.layer = new_array(shape.layers, sizeof *m.layer);
    for (int i = 0; i < shape.layers; i++) {
        params_scope(p, "layer.%d", i);
        m.layer[i] = layer_new(p, &shape);
    }
    params_scope(p, "%s", "");
    m.norm = norm_new(p, shape.width, "norm");
    return m;
}

void gpt_free(Gpt *m)
{
    params_free(m->params);
    if (m->shape.rotary)
        arena_free(&m->tables);
    free(m->layer);
    *m = (Gpt){0};
}

// --- the way forward --------------------------------------------------------

// The position of each token in its text: 0, 1, 2 ..., again for each text.
static Tokens places_of(const Gpt *m, Tape *t, Tokens text)
{
    const int all[] = {0, text.n};
    const Spans seq = text.seq.n ? text.seq : (Spans){1, all};
    int *place = arena_take(&t->arena, text.n, sizeof *place);
    for (int s = 0; s < seq.n; s++) {
        const int length = seq.start[s + 1] - seq.start[s];
        check(length <= m->shape.context,
              "a text of %d tokens, the context is %d", length,
              m->shape.context);
        for (int i = 0; i < length; i++)
            place[seq.start[s] + i] = i;
    }
    return (Tokens){text.n, place, text.seq};
}

Matrix *gpt_layer(const Gpt *m, const GptLayer *l, Matrix *x)
{
    const Mask mask = {.causal = true, .window = m->shape.window};
    Matrix *h = layer_norm(x, l->attention_norm);
    Matrix *q = linear(h, l->q); // T x d
    Matrix *k = linear(h, l->k); // T x groups * (d / heads), v too
    Matrix *v = linear(h, l->v);
    if (m->shape.rotary) {
        q = rope(q, &m->turns, 0, HALVES);
        k = rope(k, &m->turns, 0, HALVES);
    }
    Matrix *y = linear(attention(q, k, v, m->shape.heads, mask), l->out);
    x = add(x, dropout(y, m->shape.dropout));

    h = layer_norm(x, l->feed_norm);
    y = linear(gelu_tanh(linear(h, l->in)), l->down); // through T x hidden
    return add(x, dropout(y, m->shape.dropout));
}

Matrix *gpt_forward(const Gpt *m, Tape *t, Tokens text)
{
    Matrix *x = embed(t, m->pieces, text); // T x d
    if (!m->shape.rotary)
        x = add(x, embed(t, m->places, places_of(m, t, text)));
    x = dropout(x, m->shape.dropout);
    for (int i = 0; i < m->shape.layers; i++)
        x = gpt_layer(m, &m->layer[i], x);
    return linear(layer_norm(x, m->norm), (Linear){.w = m->pieces}); // T x V
}
