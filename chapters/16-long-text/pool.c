// Pooling; see pool.h. First the pools, then learning one on frozen vectors.
#include "16-long-text/pool.h"

#include "06-recurrent/additive.h"
#include "15-bert/bert.h"

#include "common/check.h"
#include "common/ops_inner.h"
#include "common/optim.h"

#include <stdlib.h>
#include <string.h>

const char *const pool_names[POOL_KINDS] = {
    "vote",
    "mean of probabilities",
    "max of probabilities",
    "mean of vectors",
    "max of vectors",
    "self-attention pooling",
    "RoBERT (LSTM)",
    "ToBERT, no positions",
    "ToBERT, positions",
};

// --- the largest of each column ---------------------------------------------

static void max_rows_back(const Op *op)
{
    Matrix *x = op->in[0];
    const int *from = op->keep, d = x->cols;
    if (!wants_grad(x))
        return;
    grad(x);
    for (int i = 0; i < op->out->rows; i++)
        for (int j = 0; j < d; j++) // y[i][j] = x[from][j]
            if (from[i * d + j] >= 0)
                grad_row(x, from[i * d + j])[j] += grad_row(op->out, i)[j];
}

Matrix *max_rows(Matrix *x)
{
    const Spans seq = spans_of(x);
    Op *op = record(max_rows_back, seq.n, x->cols, x, NULL, NULL);
    int *from = keep(op, (size_t)seq.n * x->cols, sizeof *from);
    op->keep = from;
    op->out->seq = (Spans){0};
    for (int i = 0; i < seq.n; i++)
        for (int j = 0; j < x->cols; j++) {
            int best = -1;
            for (int r = seq.start[i]; r < seq.start[i + 1]; r++)
                if (best < 0 || row(x, r)[j] > row(x, best)[j])
                    best = r;
            from[i * x->cols + j] = best;
            row(op->out, i)[j] = best < 0 ? 0 : row(x, best)[j];
        }
    return op->out;
}

// --- the kinds --------------------------------------------------------------

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

Pool pool_new(Params *p, PoolKind kind, int width, int classes, int most)
{
    enum { INNER = 128 }; // an LSTM need not be wider
    const int inner = smaller(width, INNER);
    Pool new = {.kind = kind, .width = width, .classes = classes};
    params_scope(p, "pool");
    if (kind == VECTOR_ATTENTION) {
        new.key = linear_new(p, width, inner, "key");
        new.query = param_normal(p, 1, inner, 0.1f, "query");
    }
    if (kind == READ_LSTM)
        new.lstm = lstm_new(p, width, inner, "lstm");
    if (kind == READ_SET || kind == READ_PLACED) {
        const Shape s = {.width = width, .heads = 4, .hidden = 2 * width};
        new.layer = encoder_layer_new(p, &s);
    }
    if (kind == READ_PLACED)
        new.positions = positions_new(LEARNED, p, NULL, most, width, 1);
    new.out = linear_new(p, kind == READ_LSTM ? inner : width, classes, "out");
    return new;
}

// One row a document, made of the rows of its chunks: n x d.
static Matrix *one_vector(const Pool *p, Matrix *x)
{
    const int n = spans_of(x).n;
    switch (p->kind) {
    case VECTOR_MEAN:
        return mean_rows(x);
    case VECTOR_MAX:
        return max_rows(x);
    case VECTOR_ATTENTION: {
        Matrix *keys = linear(x, p->key);
        return additive(zeros(x->tape, n, keys->cols), keys, x, p->query, NULL);
    }
    case READ_LSTM:
        return last_rows(lstm(&p->lstm, x, NULL));
    case READ_PLACED:
        x = positions_add(&p->positions, x, 0);
        return mean_rows(encoder_layer(&p->layer, x, FULL));
    case READ_SET:
        return mean_rows(encoder_layer(&p->layer, x, FULL));
    default:
        check(false, "pool %d makes no vector", p->kind);
        return NULL;
    }
}

// Each chunk votes for its likeliest class. Nothing to go back: only scores.
static Matrix *votes(Matrix *p)
{
    const Spans seq = spans_of(p);
    Matrix *y = matrix(p->tape, seq.n, p->cols);
    memset(y->val, 0, (size_t)y->rows * y->cols * sizeof *y->val);
    for (int i = 0; i < seq.n; i++)
        for (int r = seq.start[i]; r < seq.start[i + 1]; r++) {
            int best = 0;
            for (int j = 1; j < p->cols; j++)
                best = row(p, r)[j] > row(p, r)[best] ? j : best;
            row(y, i)[best] += 1 / (float)(seq.start[i + 1] - seq.start[i]);
        }
    return y;
}

Matrix *pool_loss(const Pool *p, Matrix *vectors, const int *label)
{
    if (p->kind > CHUNK_MAX)
        return cross_entropy(pool_scores(p, vectors), label, 0);
    const Spans seq = spans_of(vectors);
    int *each = arena_take(&vectors->tape->arena, vectors->rows, sizeof *each);
    for (int i = 0; i < seq.n; i++)
        for (int r = seq.start[i]; r < seq.start[i + 1]; r++)
            each[r] = label[i];
    return cross_entropy(linear(vectors, p->out), each, 0);
}

Matrix *pool_scores(const Pool *p, Matrix *vectors)
{
    if (p->kind > CHUNK_MAX)
        return linear(one_vector(p, vectors), p->out);
    Matrix *each = softmax(linear(vectors, p->out)); // chunks x classes
    return p->kind == CHUNK_MEAN  ? mean_rows(each)
           : p->kind == CHUNK_MAX ? max_rows(each)
                                  : votes(each);
}

double pool_madds(const Pool *p, int chunks)
{
    const double d = p->width, h = p->out.w->cols, n = chunks;
    const double out = h * p->classes;
    switch (p->kind) {
    case CHUNK_VOTE:
    case CHUNK_MEAN:
    case CHUNK_MAX:
        return n * out;
    case VECTOR_ATTENTION:
        return n * (d + 1) * p->query->cols + n * d + out;
    case READ_LSTM:
        return n * 4 * h * (d + h) + out;
    case READ_SET:
    case READ_PLACED: // four products, two of the feed-forward, attention
        return n * (4 * d * d + 4 * d * d + 2 * n * d) + out;
    default:
        return n * d + out;
    }
}

// --- on frozen vectors ------------------------------------------------------

typedef struct Learnt {
    const Frozen *plan;
    Params *params;
    Pool pool;
    Tape *tape;
    int classes;
} Learnt;

static int chunks_of(const Frozen *f, const Document *d)
{
    return smaller(d->chunks, f->most);
}

// The vectors of some documents under each other.
static Matrix *pack(const Frozen *f, Tape *t, const Document *d,
                    const int *which, int n)
{
    int *start = arena_take(&t->arena, n + 1, sizeof *start);
    const int width = d[which[0]].width;
    start[0] = 0;
    for (int i = 0; i < n; i++)
        start[i + 1] = start[i] + chunks_of(f, &d[which[i]]);
    Matrix *x = matrix(t, start[n], width);
    for (int i = 0; i < n; i++)
        memcpy(row(x, start[i]), d[which[i]].chunk,
               (size_t)(start[i + 1] - start[i]) * width * sizeof *x->val);
    x->seq = (Spans){n, start};
    return x;
}

static void *frozen_learn(const void *plan, const Document *d, const int *which,
                          int n, int classes, uint64_t seed)
{
    const Frozen *f = plan;
    check(n > 0, "no documents to learn from");
    for (int i = 0; i < n; i++)
        check(d[which[i]].chunks > 0 && d[which[i]].width == d[which[0]].width,
              "document %d has %d chunks of width %d", which[i],
              d[which[i]].chunks, d[which[i]].width);
    Learnt *l = new_array(1, sizeof *l);
    *l = (Learnt){f, params_new(seed), .tape = tape_new(0, seed + 1),
                  .classes = classes};
    l->pool = pool_new(l->params, f->kind, d[which[0]].width, classes, f->most);
    Adam adam = adam_new(l->params, 0.9f, 0.98f, 1e-6f, f->decay);
    Rng rng = rng_new(seed + 2);
    const int each = (n + f->batch - 1) / f->batch, steps = each * f->epochs;
    int *order = new_array((size_t)n, sizeof *order);
    int *label = new_array((size_t)f->batch, sizeof *label);
    memcpy(order, which, (size_t)n * sizeof *order);
    for (int step = 0; step < steps; step++) {
        const int at = step % each * f->batch, k = smaller(n - at, f->batch);
        if (at == 0)
            rng_shuffle(&rng, order, n);
        for (int i = 0; i < k; i++)
            label[i] = d[order[at + i]].class;
        Matrix *x = pack(f, l->tape, d, order + at, k);
        backward(pool_loss(&l->pool, dropout(x, f->dropout), label));
        params_clip(l->params, 1);
        adam_step(&adam,
                  rate_cosine(step + 1, steps / 10 + 1, steps, f->rate, 0));
        tape_reset(l->tape);
    }
    l->tape->training = false;
    adam_free(&adam);
    free(order);
    free(label);
    return l;
}

static void pay(const Frozen *f, const Document *d, int chunk, Cost *cost)
{
    const int tokens = d->chunk_tokens ? d->chunk_tokens[chunk] : 0;
    cost->tokens += tokens;
    cost->madds += f->madds ? f->madds(tokens) : 0;
}

// The mean of the probabilities so far, until it is sure.
static int read_until_sure(const Learnt *l, const Document *d, float *score)
{
    const int chunks = chunks_of(l->plan, d);
    for (int n = 1;; n++) {
        Matrix *x = matrix_of(l->tape, n, d->width, d->chunk);
        const Matrix *y = pool_scores(&l->pool, x);
        float best = 0;
        for (int j = 0; j < y->cols; j++)
            best = y->val[j] > best ? y->val[j] : best;
        memcpy(score, y->val, (size_t)y->cols * sizeof *score);
        tape_reset(l->tape);
        if (n == chunks || best >= l->plan->sure)
            return n;
    }
}

static void frozen_scores(void *learnt, const Document *d, float *score,
                          Cost *cost)
{
    const Learnt *l = learnt;
    const Frozen *f = l->plan;
    const int one[] = {0};
    int read = chunks_of(f, d);
    check(read > 0, "a document without chunks");
    if (f->sure > 0) {
        check(f->kind == CHUNK_MEAN, "early exit of pool %d", f->kind);
        read = read_until_sure(l, d, score);
    } else {
        const Matrix *y = pool_scores(&l->pool, pack(f, l->tape, d, one, 1));
        memcpy(score, y->val, (size_t)l->classes * sizeof *score);
        tape_reset(l->tape);
    }
    for (int i = 0; i < read; i++)
        pay(f, d, i, cost);
    cost->madds += pool_madds(&l->pool, read);
    cost->bytes = f->bytes > cost->bytes ? f->bytes : cost->bytes;
}

static void frozen_forget(void *learnt)
{
    Learnt *l = learnt;
    params_free(l->params);
    tape_free(l->tape);
    free(l);
}

Remedy frozen_remedy(const char *name, const Frozen *plan)
{
    return (Remedy){name, plan, frozen_learn, frozen_scores, frozen_forget};
}
