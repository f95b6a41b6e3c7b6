// Cutting, encoding, learning; see tuned.h.
#include "16-long-text/tuned.h"

#include "15-bert/finetune.h"

#include "common/check.h"
#include "common/ops_inner.h"
#include "common/optim.h"

#include <stdlib.h>
#include <string.h>

// --- what the encoder is given ----------------------------------------------

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void add_piece(int id, BertBatch *x)
{
    ids_add(&x->id, id);
    ids_add(&x->segment, 0);
}

static void add_pieces(const Document *d, int from, int n, BertBatch *x)
{
    for (int i = from; i < from + n; i++)
        add_piece(d->id[i], x);
}

static void begin_input(const Tuning *p, BertBatch *x)
{
    if (x->start.n == 0)
        ids_add(&x->start, 0);
    add_piece(p->cls, x);
}

static void end_input(const Tuning *p, BertBatch *x)
{
    add_piece(p->sep, x);
    ids_add(&x->start, x->id.n);
    x->n++;
}

void add_input(const Tuning *p, const Document *d, int from, int n,
               BertBatch *x)
{
    begin_input(p, x);
    add_pieces(d, from, n, x);
    end_input(p, x);
}

void cut_head(const Tuning *p, const Document *d, BertBatch *x)
{
    add_input(p, d, 0, smaller(d->n, p->window - 2), x);
}

void cut_tail(const Tuning *p, const Document *d, BertBatch *x)
{
    const int n = smaller(d->n, p->window - 2);
    add_input(p, d, d->n - n, n, x);
}

void cut_head_tail(const Tuning *p, const Document *d, BertBatch *x)
{
    const int room = smaller(d->n, p->window - 2), head = room / 4;
    begin_input(p, x);
    add_pieces(d, 0, head, x);
    add_pieces(d, d->n - (room - head), room - head, x);
    end_input(p, x);
}

void cut_chunks(const Tuning *p, const Document *d, BertBatch *x)
{
    const int room = p->window - 2;
    for (int from = 0, k = 0; k < p->most; from += p->stride, k++) {
        add_input(p, d, from, smaller(d->n - from, room), x);
        if (from + room >= d->n)
            break;
    }
}

void cut_nothing(const Tuning *p, const Document *d, BertBatch *x)
{
    add_input(p, d, 0, smaller(d->n, p->bert->shape.positions - 2), x);
}

// --- the encoder ------------------------------------------------------------

static Matrix *band_layer(const Bert *m, const BertLayer *l, Matrix *x,
                          const Band *band)
{
    const MultiHead *a = &l->self;
    const float p = m->shape.dropout;
    Matrix *q = linear(x, a->q), *k = linear(x, a->k), *v = linear(x, a->v);
    Matrix *y = linear(band_attention(q, k, v, a->heads, *band), a->out);
    x = layer_norm(add(x, dropout(y, p)), l->self_norm);
    y = linear(gelu(linear(x, l->feed.in)), l->feed.out);
    return layer_norm(add(x, dropout(y, p)), l->feed_norm);
}

Matrix *encode_band(const Bert *m, Tape *t, BertInput x, const Band *band)
{
    if (band->window == 0)
        return bert_encode(m, t, x);
    Matrix *y = bert_encode_part(m, t, x, 0); // the embeddings
    for (int i = 0; i < m->shape.layers; i++)
        y = band_layer(m, &m->layer[i], y, band);
    return y;
}

Bert bert_longer(const Bert *m, int positions, uint64_t seed)
{
    BertShape shape = m->shape;
    const int old = shape.positions;
    shape.positions = positions;
    Bert new = bert_with(m, shape, seed);
    for (int i = 0; i < positions; i++)
        memcpy(row(new.positions.learned, i),
               row(m->positions.learned, i % old),
               (size_t)shape.width * sizeof(float));
    return new;
}

double bert_madds(const BertShape *s, int tokens, double pairs)
{
    const double T = tokens, d = s->width;
    const double each = 4 * d * d + 2 * d * s->hidden; // q, k, v, out, feed
    return s->layers * (T * each + 2 * (pairs > 0 ? pairs : T * T) * d) + d * d;
}

// --- learning ---------------------------------------------------------------

Tuned *tuned_new(const Tuning *plan, int classes, uint64_t seed)
{
    Tuned *m = new_array(1, sizeof *m);
    *m = (Tuned){.plan = plan, .classes = classes};
    m->bert = bert_with(plan->bert, plan->bert->shape, seed);
    m->pool = pool_new(m->bert.params, plan->pool, plan->bert->shape.width,
                       classes, plan->most);
    m->tape = tape_new(0, seed + 1);
    return m;
}

void tuned_free(Tuned *m)
{
    bert_free(&m->bert);
    tape_free(m->tape);
    bert_batch_free(&m->x);
    ids_free(&m->start);
    free(m);
}

Matrix *tuned_vectors(Tuned *m, const Document *d, const int *which, int n)
{
    bert_batch_clear(&m->x);
    m->start.n = 0;
    ids_add(&m->start, 0);
    for (int i = 0; i < n; i++) {
        m->plan->cut(m->plan, &d[which[i]], &m->x);
        ids_add(&m->start, m->x.n);
    }
    const BertInput x = bert_input(&m->x);
    Matrix *y =
        bert_pool(&m->bert, encode_band(&m->bert, m->tape, x, &m->plan->band));
    y->seq = (Spans){n, arena_copy(&m->tape->arena, m->start.at, n + 1,
                                   sizeof *m->start.at)};
    return y;
}

void tuned_train(Tuned *m, const Document *d, const int *which, int n,
                 uint64_t seed)
{
    const Tuning *p = m->plan;
    check(n > 0, "no documents to learn from");
    Adam adam = adam_new(m->bert.params, 0.9f, 0.98f, 1e-6f, 0.01f);
    Rng rng = rng_new(seed + 2);
    const int each = (n + p->batch - 1) / p->batch, steps = each * p->epochs;
    int *order = new_array((size_t)n, sizeof *order);
    int *label = new_array((size_t)p->batch, sizeof *label);
    memcpy(order, which, (size_t)n * sizeof *order);
    m->tape->training = true;
    for (int step = 0; step < steps; step++) {
        const int at = step % each * p->batch, k = smaller(n - at, p->batch);
        if (at == 0)
            rng_shuffle(&rng, order, n);
        for (int i = 0; i < k; i++)
            label[i] = d[order[at + i]].class;
        Matrix *x = tuned_vectors(m, d, order + at, k);
        backward(pool_loss(&m->pool, dropout(x, m->bert.shape.dropout), label));
        params_clip(m->bert.params, 1);
        adam_step(&adam,
                  rate_cosine(step + 1, steps / 10 + 1, steps, p->rate, 0));
        tape_reset(m->tape);
    }
    m->tape->training = false;
    m->tape->arena.peak = 0; // from here on, what reading alone needs
    adam_free(&adam);
    free(order);
    free(label);
}

void tuned_freeze(Tuned *m, Document *d, int n, Arena *a)
{
    m->tape->training = false;
    for (int i = 0; i < n; i++) {
        const Matrix *y = tuned_vectors(m, d, &i, 1);
        int *tokens = arena_take(a, y->rows, sizeof *tokens);
        for (int k = 0; k < y->rows; k++)
            tokens[k] = m->x.start.at[k + 1] - m->x.start.at[k];
        d[i].chunk =
            arena_copy(a, y->val, (size_t)y->rows * y->cols, sizeof *y->val);
        d[i].chunk_tokens = tokens;
        d[i].chunks = y->rows;
        d[i].width = y->cols;
        tape_reset(m->tape);
    }
}

void tuned_cost(Tuned *m, Cost *cost)
{
    const Arena *a = &m->tape->arena;
    const double bytes =
        (double)a->peak + (double)m->bert.params->count * sizeof(float);
    for (int i = 0; i < m->x.n; i++) {
        const int T = m->x.start.at[i + 1] - m->x.start.at[i];
        const Band *b = &m->plan->band;
        cost->tokens += T;
        cost->madds +=
            bert_madds(&m->bert.shape, T, b->window ? band_pairs(b, T) : 0);
    }
    cost->madds += pool_madds(&m->pool, m->x.n);
    cost->bytes = bytes > cost->bytes ? bytes : cost->bytes;
}

void tuned_score(Tuned *m, const Document *d, float *score, Cost *cost)
{
    const int one = 0;
    const Matrix *y = pool_scores(&m->pool, tuned_vectors(m, d, &one, 1));
    memcpy(score, y->val, (size_t)m->classes * sizeof *score);
    tuned_cost(m, cost);
    tape_reset(m->tape);
}

// --- as a remedy ------------------------------------------------------------

static void *learn(const void *plan, const Document *d, const int *which, int n,
                   int classes, uint64_t seed)
{
    Tuned *m = tuned_new(plan, classes, seed);
    tuned_train(m, d, which, n, seed);
    return m;
}

static void scores(void *learnt, const Document *d, float *score, Cost *cost)
{
    tuned_score(learnt, d, score, cost);
}

static void forget(void *learnt)
{
    tuned_free(learnt);
}

Remedy tuned_remedy(const char *name, const Tuning *plan)
{
    return (Remedy){name, plan, learn, scores, forget};
}
