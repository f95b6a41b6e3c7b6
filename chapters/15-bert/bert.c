// The model, from the embeddings to the heads; see bert.h.
#include "15-bert/bert.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/ops_inner.h"

#include <stdlib.h>
#include <string.h>

// --- making one -------------------------------------------------------------

static BertLayer layer_new(Params *p, const BertShape *s)
{
    const int d = s->width;
    BertLayer l = {0};
    l.self = (MultiHead){
        .q = linear_new(p, d, d, "attention.self.query"),
        .k = linear_new(p, d, d, "attention.self.key"),
        .v = linear_new(p, d, d, "attention.self.value"),
        .out = linear_new(p, d, d, "attention.output.dense"),
        .heads = s->heads,
    };
    l.self_norm = norm_new(p, d, "attention.output.LayerNorm");
    l.feed.in = linear_new(p, d, s->hidden, "intermediate.dense");
    l.feed.out = linear_new(p, s->hidden, d, "output.dense");
    l.feed_norm = norm_new(p, d, "output.LayerNorm");
    l.self_norm.eps = l.feed_norm.eps = s->eps;
    return l;
}

static void heads_new(Bert *m)
{
    Params *p = m->params;
    const BertShape *s = &m->shape;
    const int d = s->width;
    params_scope(p, "bert");
    if (s->pools)
        m->pooler = linear_new(p, d, d, "pooler.dense");
    params_scope(p, "cls");
    if (s->fills) {
        m->transform = linear_new(p, d, d, "predictions.transform.dense");
        m->transform_norm = norm_new(p, d, "predictions.transform.LayerNorm");
        m->transform_norm.eps = s->eps;
        m->fill.w = m->word;
        m->fill.b = param(p, 1, s->pieces, 0, "predictions.bias");
    }
    if (s->follows)
        m->follow = linear_new(p, d, 2, "seq_relationship");
    params_scope(p, "%s", "");
    if (s->classes > 0)
        m->classifier = linear_new(p, d, s->classes, "classifier");
}

Bert bert_new(BertShape s, uint64_t seed)
{
    check(s.heads > 0 && s.width % s.heads == 0,
          "%d heads do not divide a width of %d", s.heads, s.width);
    check(s.pools || (!s.follows && s.classes == 0),
          "next sentences and classes need a pooler");
    const float deviation = 0.02f; // of the paper's code
    Params *p = params_new(seed);
    Bert m = {.shape = s, .params = p};
    params_scope(p, "bert.embeddings");
    m.word =
        param_normal(p, s.pieces, s.width, deviation, "word_embeddings.weight");
    m.positions =
        (Positions){.kind = LEARNED,
                    .length = s.positions,
                    .width = s.width,
                    .heads = s.heads,
                    .learned = param_normal(p, s.positions, s.width, deviation,
                                            "position_embeddings.weight")};
    m.segment = param_normal(p, s.segments, s.width, deviation,
                             "token_type_embeddings.weight");
    m.norm = norm_new(p, s.width, "LayerNorm");
    m.norm.eps = s.eps;
    m.layer = new_array(s.layers, sizeof *m.layer);
    for (int i = 0; i < s.layers; i++) {
        params_scope(p, "bert.encoder.layer.%d", i);
        m.layer[i] = layer_new(p, &s);
    }
    heads_new(&m);
    return m;
}

void bert_free(Bert *m)
{
    params_free(m->params);
    free(m->layer);
    for (int i = 0; m->label && i < m->shape.classes; i++)
        free(m->label[i]);
    free(m->label);
    *m = (Bert){0};
}

// --- what it reads ----------------------------------------------------------

void bert_pieces(WordPiece *w, Text text, Ids *to)
{
    static const char blank[] = "[MASK]";
    const size_t n = strlen(blank);
    while (w->mask >= 0 && text.length > 0) {
        const char *at = memmem(text.at, text.length, blank, n);
        if (!at)
            break;
        const size_t before = (size_t)(at - text.at);
        wordpiece_encode(w, (Text){text.at, before}, to);
        ids_add(to, w->mask);
        text = (Text){at + n, text.length - before - n};
    }
    wordpiece_encode(w, text, to);
}

static void add_token(BertBatch *x, int id, int segment)
{
    ids_add(&x->id, id);
    ids_add(&x->segment, segment);
}

void bert_add(BertBatch *x, const WordPiece *w, const Ids *a, const Ids *b)
{
    check(w->cls >= 0 && w->sep >= 0, "a vocabulary without [CLS] or [SEP]");
    if (x->start.n == 0)
        ids_add(&x->start, 0);
    add_token(x, w->cls, 0);
    for (int i = 0; i < a->n; i++)
        add_token(x, a->at[i], 0);
    add_token(x, w->sep, 0);
    for (int i = 0; b && i < b->n; i++)
        add_token(x, b->at[i], 1);
    if (b)
        add_token(x, w->sep, 1);
    ids_add(&x->start, x->id.n);
    x->n++;
}

BertInput bert_input(const BertBatch *x)
{
    check(x->n > 0, "a batch without inputs");
    return (BertInput){{x->id.n, x->id.at, {x->n, x->start.at}}, x->segment.at};
}

void bert_batch_clear(BertBatch *x)
{
    x->n = x->id.n = x->segment.n = x->start.n = 0;
}

void bert_batch_free(BertBatch *x)
{
    ids_free(&x->id);
    ids_free(&x->segment);
    ids_free(&x->start);
    *x = (BertBatch){0};
}

// --- the encoder ------------------------------------------------------------

// What a token is, in which of the two texts, and where: T x d.
static Matrix *embedded(const Bert *m, Tape *t, BertInput x)
{
    const int *segment = x.segment;
    if (!segment)
        segment = arena_zero(&t->arena, x.tokens.n, sizeof *segment);
    Tokens segments = {x.tokens.n, segment, x.tokens.seq};
    Matrix *y =
        add(embed(t, m->word, x.tokens), embed(t, m->segment, segments));
    y = positions_add(&m->positions, y, 0);
    return dropout(layer_norm(y, m->norm), m->shape.dropout);
}

static Matrix *layer(const Bert *m, const BertLayer *l, Matrix *x)
{
    const float p = m->shape.dropout;
    Matrix *y = multi_head(&l->self, x, x, FULL); // looks both ways
    x = layer_norm(add(x, dropout(y, p)), l->self_norm);
    y = linear(gelu(linear(x, l->feed.in)), l->feed.out);
    return layer_norm(add(x, dropout(y, p)), l->feed_norm);
}

Matrix *bert_encode_part(const Bert *m, Tape *t, BertInput x, int layers)
{
    check(layers >= 0 && layers <= m->shape.layers, "%d layers of %d", layers,
          m->shape.layers);
    Matrix *y = embedded(m, t, x);
    for (int i = 0; i < layers; i++)
        y = layer(m, &m->layer[i], y);
    return y;
}

Matrix *bert_encode(const Bert *m, Tape *t, BertInput x)
{
    return bert_encode_part(m, t, x, m->shape.layers);
}

void bert_weights(const Bert *m, Tape *t, BertInput x, int input, int layer,
                  int head, float *weights)
{
    const MultiHead *a = &m->layer[layer].self;
    Matrix *y = bert_encode_part(m, t, x, layer);
    attention_weights(linear(y, a->q), linear(y, a->k), a->heads, FULL, head,
                      input, weights);
}

// --- the heads --------------------------------------------------------------

Matrix *bert_pool(const Bert *m, Matrix *hidden)
{
    check(m->shape.pools, "this model has no pooler");
    const Spans seq = spans_of(hidden);
    Matrix *first = pick_rows(hidden, seq.start, seq.n); // the [CLS] rows
    return tanh_of(linear(first, m->pooler));
}

Matrix *bert_fill(const Bert *m, Matrix *rows)
{
    check(m->shape.fills, "this model has no head that fills blanks");
    Matrix *y = gelu(linear(rows, m->transform));
    return linear(layer_norm(y, m->transform_norm), m->fill);
}

Matrix *bert_follow(const Bert *m, Matrix *pooled)
{
    check(m->shape.follows, "this model has no next-sentence head");
    return linear(pooled, m->follow);
}

Matrix *bert_classify(const Bert *m, Matrix *pooled)
{
    check(m->shape.classes > 0, "this model has no classifier");
    return linear(pooled, m->classifier);
}

// --- the mean of the rows of a sequence -------------------------------------

static void mean_rows_back(const Op *op)
{
    Matrix *x = op->in[0];
    const Spans *seq = op->keep;
    if (!wants_grad(x))
        return;
    grad(x);
    for (int i = 0; i < seq->n; i++) {
        const int from = seq->start[i], to = seq->start[i + 1];
        for (int r = from; r < to; r++) // y = sum of x / rows
            axpy(1 / (float)(to - from), grad_row(op->out, i), grad_row(x, r),
                 x->cols);
    }
}

Matrix *mean_rows(Matrix *x)
{
    const Spans seq = spans_of(x);
    Op *op = record(mean_rows_back, seq.n, x->cols, x, NULL, NULL);
    op->keep = arena_copy(&op->out->tape->arena, &seq, 1, sizeof seq);
    op->out->seq = (Spans){0};
    for (int i = 0; i < seq.n; i++) {
        const int from = seq.start[i], to = seq.start[i + 1];
        float *y = row(op->out, i);
        memset(y, 0, (size_t)x->cols * sizeof *y);
        for (int r = from; r < to; r++)
            axpy(1 / (float)(to - from), row(x, r), y, x->cols);
    }
    return op->out;
}
