// The model, from the parts to the whole; see transformer.h.
#include "09-transformer/transformer.h"

#include "common/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- attention and feed-forward ---------------------------------------------

MultiHead multi_head_new(Params *p, int width, int heads, const char *name)
{
    char full[4][80];
    const char *part[] = {"q", "k", "v", "out"};
    for (int i = 0; i < 4; i++)
        snprintf(full[i], sizeof full[i], "%s.%s", name, part[i]);
    return (MultiHead){
        .q = linear_new(p, width, width, full[0]),
        .k = linear_new(p, width, width, full[1]),
        .v = linear_new(p, width, width, full[2]),
        .out = linear_new(p, width, width, full[3]),
        .heads = heads,
    };
}

Matrix *multi_head(const MultiHead *a, Matrix *x, Matrix *memory, Mask mask)
{
    Matrix *q = linear(x, a->q);      // Tx x d
    Matrix *k = linear(memory, a->k); // Tm x d
    Matrix *v = linear(memory, a->v); // Tm x d
    return linear(attention(q, k, v, a->heads, mask), a->out);
}

FeedForward feed_forward_new(Params *p, int width, int hidden)
{
    return (FeedForward){linear_new(p, width, hidden, "feed.in"),
                         linear_new(p, hidden, width, "feed.out")};
}

Matrix *feed_forward(const FeedForward *f, Matrix *x)
{
    return linear(relu(linear(x, f->in)), f->out);
}

// --- residuals and norms ----------------------------------------------------

// Each sublayer f of a layer is wrapped in the same way. The paper, post-norm:
//     norm(x + dropout(f(x)))
// Pre-norm, which most models since 2019 have:
//     x + dropout(f(norm(x)))
// `before` makes what f is given, `after` joins what it returns with x.

static Matrix *before(bool norm_first, Norm norm, Matrix *x)
{
    return norm_first ? layer_norm(x, norm) : x;
}

static Matrix *after(bool norm_first, Norm norm, Matrix *x, Matrix *y, float p)
{
    Matrix *sum = add(x, dropout(y, p));
    return norm_first ? sum : layer_norm(sum, norm);
}

// --- layers -----------------------------------------------------------------

EncoderLayer encoder_layer_new(Params *p, const Shape *s)
{
    return (EncoderLayer){
        .self = multi_head_new(p, s->width, s->heads, "self"),
        .feed = feed_forward_new(p, s->width, s->hidden),
        .self_norm = norm_new(p, s->width, "self_norm"),
        .feed_norm = norm_new(p, s->width, "feed_norm"),
        .dropout = s->dropout,
        .norm_first = s->norm_first,
    };
}

Matrix *encoder_layer(const EncoderLayer *l, Matrix *x, Mask mask)
{
    const bool first = l->norm_first;
    Matrix *h = before(first, l->self_norm, x);
    Matrix *y = multi_head(&l->self, h, h, mask);
    x = after(first, l->self_norm, x, y, l->dropout);
    h = before(first, l->feed_norm, x);
    y = feed_forward(&l->feed, h);
    return after(first, l->feed_norm, x, y, l->dropout);
}

DecoderLayer decoder_layer_new(Params *p, const Shape *s)
{
    return (DecoderLayer){
        .self = multi_head_new(p, s->width, s->heads, "self"),
        .cross = multi_head_new(p, s->width, s->heads, "cross"),
        .feed = feed_forward_new(p, s->width, s->hidden),
        .self_norm = norm_new(p, s->width, "self_norm"),
        .cross_norm = norm_new(p, s->width, "cross_norm"),
        .feed_norm = norm_new(p, s->width, "feed_norm"),
        .dropout = s->dropout,
        .norm_first = s->norm_first,
    };
}

// The three thirds of a decoder layer.

static Matrix *look_back(const DecoderLayer *l, Matrix *x)
{
    Matrix *h = before(l->norm_first, l->self_norm, x);
    Matrix *y = multi_head(&l->self, h, h, CAUSAL);
    return after(l->norm_first, l->self_norm, x, y, l->dropout);
}

static Matrix *look_across(const DecoderLayer *l, Matrix *x, Matrix *memory)
{
    Matrix *h = before(l->norm_first, l->cross_norm, x);
    Matrix *y = multi_head(&l->cross, h, memory, FULL);
    return after(l->norm_first, l->cross_norm, x, y, l->dropout);
}

static Matrix *think(const DecoderLayer *l, Matrix *x)
{
    Matrix *h = before(l->norm_first, l->feed_norm, x);
    Matrix *y = feed_forward(&l->feed, h);
    return after(l->norm_first, l->feed_norm, x, y, l->dropout);
}

Matrix *decoder_layer(const DecoderLayer *l, Matrix *x, Matrix *memory)
{
    return think(l, look_across(l, look_back(l, x), memory));
}

// --- embeddings -------------------------------------------------------------

// The embeddings, times sqrt(d), plus the sinusoids of positions first,
// first + 1, ... in each sequence: T x d.
static Matrix *embedded(const Transformer *m, Tape *t, Matrix *table, Tokens x,
                        int first)
{
    const float root = sqrtf((float)m->shape.width);
    Matrix *y = scale(embed(t, table, x), root);
    return dropout(positions_add(&m->positions, y, first), m->shape.dropout);
}

// --- the whole --------------------------------------------------------------

Transformer transformer_new(Shape shape, uint64_t seed)
{
    check(shape.heads > 0 && shape.width % shape.heads == 0,
          "%d heads do not divide a width of %d", shape.heads, shape.width);
    const int V = shape.pieces, d = shape.width;
    const float deviation = 1 / sqrtf((float)d); // times sqrt(d): 1
    Params *p = params_new(seed);
    Transformer m = {.shape = shape, .params = p};
    m.source = m.target = param_normal(p, V, d, deviation, "source");
    m.output.w = m.source;
    if (shape.own_tables) {
        m.target = param_normal(p, V, d, deviation, "target");
        m.output = linear_new(p, d, V, "output");
    }
    m.encoder = new_array(shape.layers, sizeof *m.encoder);
    m.decoder = new_array(shape.layers, sizeof *m.decoder);
    for (int i = 0; i < shape.layers; i++) {
        params_scope(p, "encoder.%d", i);
        m.encoder[i] = encoder_layer_new(p, &shape);
        params_scope(p, "decoder.%d", i);
        m.decoder[i] = decoder_layer_new(p, &shape);
    }
    params_scope(p, "%s", "");
    m.encoder_norm = norm_new(p, d, "encoder.norm");
    m.decoder_norm = norm_new(p, d, "decoder.norm");
    m.tables = arena_new((size_t)POSITIONS * d * sizeof(float) + 4096);
    m.positions =
        positions_new(SINUSOIDAL, p, &m.tables, POSITIONS, d, shape.heads);
    return m;
}

void transformer_free(Transformer *m)
{
    params_free(m->params);
    free(m->encoder);
    free(m->decoder);
    arena_free(&m->tables);
    *m = (Transformer){0};
}

Matrix *encode(const Transformer *m, Tape *t, Tokens source)
{
    Matrix *x = embedded(m, t, m->source, source, 0); // T x d
    for (int i = 0; i < m->shape.layers; i++)
        x = encoder_layer(&m->encoder[i], x, FULL);
    return layer_norm(x, m->encoder_norm);
}

Matrix *decode(const Transformer *m, Tape *t, Matrix *memory, Tokens input)
{
    Matrix *x = embedded(m, t, m->target, input, 0); // T x d
    for (int i = 0; i < m->shape.layers; i++)
        x = decoder_layer(&m->decoder[i], x, memory);
    return linear(layer_norm(x, m->decoder_norm), m->output); // T x V
}

void cross_weights(const Transformer *m, Tape *t, Matrix *memory, Tokens input,
                   int layer, float *weights)
{
    check(layer >= 0 && layer < m->shape.layers, "there is no layer %d", layer);
    Matrix *x = embedded(m, t, m->target, input, 0);
    for (int i = 0; i < layer; i++)
        x = decoder_layer(&m->decoder[i], x, memory);
    const DecoderLayer *l = &m->decoder[layer];
    x = before(l->norm_first, l->cross_norm, look_back(l, x));
    Matrix *q = linear(x, l->cross.q), *k = linear(memory, l->cross.k);
    const int heads = l->cross.heads;
    const size_t n = (size_t)q->rows * k->rows;
    float *one = arena_take(&t->arena, n, sizeof *one);
    memset(weights, 0, n * sizeof *weights);
    for (int h = 0; h < heads; h++) {
        attention_weights(q, k, heads, FULL, h, 0, one);
        for (size_t i = 0; i < n; i++)
            weights[i] += one[i] / (float)heads;
    }
}

// --- decoding token by token ------------------------------------------------

Decoding decoding_new(const Transformer *m, Matrix *memory)
{
    check(!memory->tape->training, "decoding token by token does not train");
    Decoding d = {.model = m, .tape = memory->tape};
    for (int i = 0; i < 3; i++)
        d.keep[i] = arena_new((size_t)1 << 34);
    const int layers = m->shape.layers;
    Matrix ***each[] = {&d.memory_key, &d.memory_value, &d.key, &d.value};
    for (int i = 0; i < 4; i++)
        *each[i] = arena_zero(&d.keep[0], layers, sizeof(Matrix *));
    for (int i = 0; i < layers; i++) {
        d.memory_key[i] = linear(memory, m->decoder[i].cross.k);
        d.memory_value[i] = linear(memory, m->decoder[i].cross.v);
    }
    d.sources = spans_of(memory);
    return d;
}

void decoding_free(Decoding *d)
{
    for (int i = 0; i < 3; i++)
        arena_free(&d->keep[i]);
}

// Keys or values with one row more for each of n sentences: those of its
// parent, then row i of `next`. NULL for the parents': there is none so far.
static Matrix *grown(Arena *a, const Matrix *old, const Matrix *next,
                     const int *parent, int length)
{
    const int n = next->rows, cols = next->cols;
    const size_t row = (size_t)cols * sizeof(float);
    int *start = arena_take(a, n + 1, sizeof *start);
    Matrix *m = arena_zero(a, 1, sizeof *m);
    *m = (Matrix){.rows = n * (length + 1), .cols = cols, .given = true};
    m->val = arena_take(a, (size_t)m->rows, row);
    m->tape = next->tape;
    m->seq = (Spans){n, start};
    for (int i = 0; i < n; i++) {
        float *to = m->val + (size_t)i * (length + 1) * cols;
        if (length > 0)
            memcpy(to, old->val + (size_t)parent[i] * length * cols,
                   length * row);
        memcpy(to + (size_t)length * cols, next->val + (size_t)i * cols, row);
        start[i] = i * (length + 1);
    }
    start[n] = n * (length + 1);
    return m;
}

// decoder_layer for one new row of each sentence.
static Matrix *next_in_layer(Decoding *d, int i, Matrix *x, const int *parent,
                             Spans alone, Spans by_source)
{
    const DecoderLayer *l = &d->model->decoder[i];
    Arena *a = &d->keep[1 + d->length % 2];
    Matrix *h = before(l->norm_first, l->self_norm, x);
    Matrix *k = linear(h, l->self.k), *v = linear(h, l->self.v);
    d->key[i] = grown(a, d->key[i], k, parent, d->length);
    d->value[i] = grown(a, d->value[i], v, parent, d->length);
    Matrix *q = linear(h, l->self.q);
    q->seq = alone; // each sentence looks at its own past
    Matrix *y = attention(q, d->key[i], d->value[i], l->self.heads, CAUSAL);
    x = after(l->norm_first, l->self_norm, x, linear(y, l->self.out), 0);

    h = before(l->norm_first, l->cross_norm, x);
    q = linear(h, l->cross.q);
    q->seq = by_source; // all translations of a source look at it together
    y = attention(q, d->memory_key[i], d->memory_value[i], l->cross.heads,
                  FULL);
    x = after(l->norm_first, l->cross_norm, x, linear(y, l->cross.out), 0);
    return think(l, x);
}

void decode_next(Decoding *d, int n, const int *id, const int *parent,
                 const int *start, float *scores)
{
    const Transformer *m = d->model;
    Tape *t = d->tape;
    const size_t mark = t->arena.used;
    arena_reset(&d->keep[1 + d->length % 2]);
    int *each = arena_take(&t->arena, n + 1, sizeof *each);
    for (int i = 0; i <= n; i++)
        each[i] = i;
    const Spans alone = {n, each}, by_source = {d->sources.n, start};
    check(start[0] == 0 && start[d->sources.n] == n,
          "%d sentences do not belong to sources", n);
    Matrix *x = embedded(m, t, m->target, (Tokens){n, id, alone}, d->length);
    for (int i = 0; i < m->shape.layers; i++)
        x = next_in_layer(d, i, x, parent, alone, by_source);
    Matrix *y = linear(layer_norm(x, m->decoder_norm), m->output);
    memcpy(scores, y->val, (size_t)n * y->cols * sizeof *scores);
    d->n = n;
    d->length++;
    arena_rewind(&t->arena, mark);
}
