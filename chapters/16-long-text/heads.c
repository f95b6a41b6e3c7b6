// What is learnt on top of frozen vectors; see heads.h.
#include "16-long-text/heads.h"

#include "02-machine-learning/logistic.h"
#include "06-recurrent/lockstep.h"
#include "06-recurrent/lstm.h"
#include "09-transformer/transformer.h"
#include "15-bert/bert.h"
#include "16-long-text/folds.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- logistic regression ----------------------------------------------------

const double penalties[PENALTIES] = {0.003, 0.03, 0.3, 3, 30};

void planes_probabilities(const Planes *p, const float *x, int n, float *out)
{
    planes_score(p, x, n, out);
    for (int i = 0; i < n; i++)
        softmax_row(out + (size_t)i * p->k, out + (size_t)i * p->k, p->k);
}

static double loss_on(const Planes *p, const Examples *e)
{
    float *out = new_array((size_t)e->n * p->k + 1, sizeof *out);
    double loss = 0;
    planes_probabilities(p, e->x, e->n, out);
    for (int i = 0; i < e->n; i++)
        loss -= log(fmax((double)out[(size_t)i * p->k + e->label[i]], 1e-12));
    free(out);
    return e->n > 0 ? loss / e->n : 0;
}

// A fold for each row, the same for all rows of a group.
static int *inner_folds(const Examples *e, const int *group, int folds,
                        uint64_t seed)
{
    Rng r = rng_new(seed ^ 0x1f01d5);
    int *fold = new_array((size_t)e->n + 1, sizeof *fold);
    int *label = new_array((size_t)e->n + 1, sizeof *label), groups = 0;
    int *of_group = new_array((size_t)e->n + 1, sizeof *of_group);
    for (int i = 0; i < e->n; i++) { // rows of a group stand together
        if (i == 0 || !group || group[i] != group[i - 1])
            label[groups++] = e->label[i];
        fold[i] = groups - 1;
    }
    folds_deal(label, groups, e->classes, folds, &r, of_group);
    for (int i = 0; i < e->n; i++)
        fold[i] = of_group[fold[i]];
    free(label), free(of_group);
    return fold;
}

Fitted fit_inside(const Examples *e, const int *group, int first_penalty,
                  int end_penalty, int steps, uint64_t seed)
{
    enum { FOLDS = 2 };
    double loss[PENALTIES] = {0};
    int *fold = inner_folds(e, group, FOLDS, seed), best = first_penalty;
    int *learn = new_array((size_t)e->n + 1, sizeof *learn);
    int *judge = new_array((size_t)e->n + 1, sizeof *judge);
    for (int k = 0; k < FOLDS; k++) {
        const int n = folds_split(NULL, fold, e->n, k, learn, judge);
        Examples a = examples_pick(e, learn, n);
        Examples b = examples_pick(e, judge, e->n - n);
        for (int p = first_penalty; p < end_penalty; p++) {
            Planes planes = softmax_fit(&a, penalties[p], steps, NULL);
            loss[p] += loss_on(&planes, &b) * b.n / e->n;
            planes_free(&planes);
        }
        examples_free(&a);
        examples_free(&b);
    }
    for (int p = first_penalty; p < end_penalty; p++)
        best = loss[p] < loss[best] ? p : best;
    free(fold), free(learn), free(judge);
    return (Fitted){softmax_fit(e, penalties[best], steps, NULL),
                    penalties[best], loss[best]};
}

// --- one vector a document --------------------------------------------------

int chunks_read(Reading r, int n, int *chunk)
{
    int k = 0;
    if (r.first + r.last + r.spread == 0 || r.first + r.last >= n ||
        r.spread >= n) {
        for (int i = 0; i < n; i++)
            chunk[k++] = i;
        return k;
    }
    for (int i = 0; i < r.first; i++)
        chunk[k++] = i;
    for (int i = 0; i < r.spread; i++) // the middles of equal parts
        chunk[k++] = (int)((2LL * i + 1) * n / (2 * r.spread));
    for (int i = n - r.last; i < n; i++)
        chunk[k++] = i;
    return k;
}

static void take_mean(const float *v, int width, int n, float *row)
{
    axpy(1 / (float)n, v, row, width);
}

static void take_max(const float *v, int width, bool first, float *row)
{
    for (int j = 0; j < width; j++)
        row[j] = first || v[j] > row[j] ? v[j] : row[j];
}

float *pooled(const Chunks *c, Reading r, PoolingOf how, int *width)
{
    const int w = c->width, both = how == MEAN_AND_MAX_OF;
    int *chunk = new_array((size_t)c->start[c->n] + 1, sizeof *chunk);
    *width = both ? 2 * w : w;
    float *all = new_array((size_t)c->n * *width + 1, sizeof *all);
    for (int i = 0; i < c->n; i++) {
        float *row = all + (size_t)i * *width;
        const int n = chunks_read(r, c->start[i + 1] - c->start[i], chunk);
        for (int k = 0; k < n; k++) {
            const float *v = c->vector + (size_t)(c->start[i] + chunk[k]) * w;
            if (how != MAX_OF)
                take_mean(v, w, n, row);
            if (how != MEAN_OF)
                take_max(v, w, k == 0, both ? row + w : row);
        }
    }
    free(chunk);
    return all;
}

// --- networks that read chunk by chunk --------------------------------------

const char *const reader_names[READERS] = {
    "self-attention pooling", "LSTM over chunks",
    "transformer over chunks, no positions", "transformer over chunks"};

enum { NARROW = 64, NET_HEADS = 4, NET_BATCH = 16 };

struct Net {
    Reader reader;
    int classes;
    Params *params;
    Linear in, out;
    Matrix *query; // of SELF_ATTENTION: 1 x NARROW
    Linear key;
    Lstm lstm;
    EncoderLayer layer;
    Positions positions;
    Arena tables;
    Tape *tape;
};

static Net *net_new(Reader reader, int width, int classes, int longest,
                    uint64_t seed)
{
    Net *m = new_array(1, sizeof *m);
    Params *p = m->params = params_new(seed);
    m->reader = reader;
    m->classes = classes;
    m->tables = arena_new((size_t)1 << 24);
    m->tape = tape_new(0, seed + 1);
    m->in = linear_new(p, width, NARROW, "in");
    if (reader == SELF_ATTENTION) {
        m->query = param_normal(p, 1, NARROW, 0.1f, "query");
        m->key = linear_new(p, NARROW, NARROW, "key");
    } else if (reader == LSTM_READER) {
        m->lstm = lstm_new(p, NARROW, NARROW, "lstm");
    } else {
        const Shape s = {.width = NARROW,
                         .heads = NET_HEADS,
                         .hidden = 2 * NARROW,
                         .layers = 1,
                         .dropout = 0.1f,
                         .norm_first = true};
        m->layer = encoder_layer_new(p, &s);
        m->positions =
            positions_new(reader == SEQUENCE_READER ? SINUSOIDAL : NO_POSITIONS,
                          p, &m->tables, longest, NARROW, NET_HEADS);
    }
    m->out = linear_new(p, NARROW, classes, "out");
    return m;
}

void net_free(Net *m)
{
    params_free(m->params);
    arena_free(&m->tables);
    tape_free(m->tape);
    free(m);
}

// A learned query looks at the rows of each sequence: T x d -> n x d.
static Matrix *query_pool(const Net *m, Matrix *x)
{
    const int n = x->seq.n;
    int *zero = arena_zero(&x->tape->arena, (size_t)n + 1, sizeof *zero);
    int *start = arena_zero(&x->tape->arena, (size_t)n + 1, sizeof *start);
    for (int i = 0; i <= n; i++)
        start[i] = i;
    Matrix *q = embed(x->tape, m->query, (Tokens){n, zero, {n, start}});
    Matrix *k = tanh_of(linear(x, m->key));
    return attention(q, k, x, 1, FULL);
}

// The vectors of some documents' chunks to scores: n x classes.
static Matrix *net_scores(const Net *m, Matrix *x)
{
    x = tanh_of(linear(dropout(x, 0.2f), m->in)); // T x 64
    if (m->reader == SELF_ATTENTION)
        x = query_pool(m, x);
    else if (m->reader == LSTM_READER)
        x = last_rows(lstm(&m->lstm, x, NULL));
    else
        x = mean_rows(
            encoder_layer(&m->layer, positions_add(&m->positions, x, 0), FULL));
    return linear(dropout(x, 0.2f), m->out);
}

// The chunks of documents which[0 .. n - 1] under each other; a document
// without any counts as one with a chunk of zeros. Scaled so that a number is
// about 1: the vectors have the length 1.
static Matrix *net_input(Tape *t, const Chunks *c, const int *which, int n)
{
    int *start = arena_zero(&t->arena, (size_t)n + 1, sizeof *start);
    for (int i = 0; i < n; i++) {
        const int k = c->start[which[i] + 1] - c->start[which[i]];
        start[i + 1] = start[i] + (k > 0 ? k : 1);
    }
    Matrix *x = matrix(t, start[n], c->width);
    x->seq = (Spans){n, start};
    memset(x->val, 0, (size_t)x->rows * x->cols * sizeof *x->val);
    for (int i = 0; i < n; i++) {
        const int from = c->start[which[i]], k = c->start[which[i] + 1] - from;
        axpy(sqrtf((float)c->width), c->vector + (size_t)from * c->width,
             x->val + (size_t)start[i] * c->width, k * c->width);
    }
    return x;
}

static void net_epoch(Net *m, Adam *adam, const Chunks *c, const int *label,
                      int *order, int n, Rng *r)
{
    rng_shuffle(r, order, n);
    for (int from = 0; from < n; from += NET_BATCH) {
        const int k = n - from < NET_BATCH ? n - from : NET_BATCH;
        int target[NET_BATCH];
        for (int i = 0; i < k; i++)
            target[i] = label[order[from + i]];
        Matrix *x = net_input(m->tape, c, order + from, k);
        backward(cross_entropy(net_scores(m, x), target, 0));
        params_clip(m->params, 1);
        adam_step(adam, 1e-3f);
        tape_reset(m->tape);
    }
}

void net_probabilities(const Net *m, const Chunks *c, const int *which, int n,
                       float *out)
{
    const bool training = m->tape->training;
    m->tape->training = false;
    for (int from = 0; from < n; from += NET_BATCH) {
        const int k = n - from < NET_BATCH ? n - from : NET_BATCH;
        Matrix *y =
            softmax(net_scores(m, net_input(m->tape, c, which + from, k)));
        memcpy(out + (size_t)from * m->classes, y->val,
               (size_t)k * m->classes * sizeof *out);
        tape_reset(m->tape);
    }
    m->tape->training = training;
}

static double net_loss(const Net *m, const Chunks *c, const int *label,
                       const int *which, int n)
{
    float *out = new_array((size_t)n * m->classes + 1, sizeof *out);
    double loss = 0;
    net_probabilities(m, c, which, n, out);
    for (int i = 0; i < n; i++)
        loss -= log(
            fmax((double)out[(size_t)i * m->classes + label[which[i]]], 1e-12));
    free(out);
    return loss;
}

typedef struct Lesson {
    Reader reader;
    const Chunks *c;
    const int *label;
    int classes, longest;
    uint64_t seed;
} Lesson;

// Learns for so many epochs from `learn`. If there is something to judge, *best
// becomes the epoch after which it was judged best.
static Net *net_train(const Lesson *s, const int *learn, int n,
                      const int *judge, int held, int epochs, int *best)
{
    Net *m = net_new(s->reader, s->c->width, s->classes, s->longest, s->seed);
    Adam adam = adam_new(m->params, 0.9f, 0.999f, 1e-8f, 0.01f);
    Rng r = rng_new(s->seed + 7);
    int *order = new_array((size_t)n + 1, sizeof *order);
    memcpy(order, learn, (size_t)n * sizeof *order);
    double least = INFINITY;
    for (int e = 1; e <= epochs; e++) {
        net_epoch(m, &adam, s->c, s->label, order, n, &r);
        const double loss = held ? net_loss(m, s->c, s->label, judge, held) : 0;
        if (held && loss < least) {
            least = loss;
            *best = e;
        }
    }
    free(order);
    adam_free(&adam);
    return m;
}

Net *net_learn(Reader reader, const Chunks *c, const int *label, int classes,
               const int *which, int n, int epochs, uint64_t seed)
{
    Lesson s = {reader, c, label, classes, 1, seed};
    int *own = new_array((size_t)n + 1, sizeof *own), best = 1;
    int *fold = new_array((size_t)n + 1, sizeof *fold);
    int *learn = new_array((size_t)n + 1, sizeof *learn);
    int *judge = new_array((size_t)n + 1, sizeof *judge);
    Rng r = rng_new(seed);
    for (int i = 0; i < c->n; i++)
        if (c->start[i + 1] - c->start[i] > s.longest)
            s.longest = c->start[i + 1] - c->start[i];
    for (int i = 0; i < n; i++)
        own[i] = label[which[i]];
    folds_deal(own, n, classes, 5, &r, fold);
    const int k = folds_split(which, fold, n, 0, learn, judge);
    net_free(net_train(&s, learn, k, judge, n - k, epochs, &best));
    Net *m = net_train(&s, which, n, NULL, 0, best, NULL);
    free(own), free(fold), free(learn), free(judge);
    return m;
}

double net_multiplications(const Net *m, int chunks)
{
    double each = 0; // every weight once a chunk
    for (int i = 0; i < m->params->n; i++) {
        const Matrix *w = &m->params->item[i]->m;
        each += w->rows > 1 ? (double)w->rows * w->cols : 0;
    }
    const double last = (double)NARROW * m->classes;
    const double pairs = m->reader == LSTM_READER ? 0
                         : m->reader == SELF_ATTENTION
                             ? chunks
                             : (double)chunks * chunks;
    return (each - last) * chunks + last + 2 * pairs * NARROW;
}

size_t net_bytes(const Net *m)
{
    return m->params->count * sizeof(float) + m->tape->arena.peak;
}
