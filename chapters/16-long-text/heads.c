// Remedies on frozen vectors; see heads.h. One after the other: a summary, a
// summary beside words, each chunk, a network.
#include "16-long-text/heads.h"

#include "02-machine-learning/logistic.h"
#include "16-long-text/bags.h"
#include "16-long-text/folds.h"
#include "16-long-text/inside.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Inside for_summaries = {.low = 0.01, .high = 10, .steps = 150};
static const Inside for_both = {.low = 0.1, .high = 1, .steps = 150};
static const Inside for_chunks = {.low = 0.1, .high = 1, .steps = 60};

// Reading chunk number i of d has cost so much.
static void pay(double (*madds)(int), const Document *d, int i, Cost *cost)
{
    const int tokens = d->chunk_tokens ? d->chunk_tokens[i] : 0;
    cost->tokens += tokens;
    cost->madds += madds ? madds(tokens) : 0;
}

static void took(Cost *cost, size_t numbers)
{
    cost->bytes = fmax(cost->bytes, (double)(numbers * sizeof(float)));
}

// --- one vector a document --------------------------------------------------

int chunks_read(Reading r, int n, int *chunk)
{
    int k = 0;
    const bool all = r.first + r.last + r.spread == 0 ||
                     (r.spread ? r.spread : r.first + r.last) >= n;
    if (r.spread && !all)
        for (int i = 0; i < r.spread; i++) // the middles of equal parts
            chunk[k++] = (int)((2LL * i + 1) * n / (2 * r.spread));
    else
        for (int i = 0; i < n; i++)
            if (all || i < r.first || i >= n - r.last)
                chunk[k++] = i;
    return k;
}

// Which of mean, maximum, minimum and deviation a summary has, in this order.
static const bool parts[SUMMARIES][4] = {[MEAN_OF] = {1, 0, 0, 0},
                                         [MAX_OF] = {0, 1, 0, 0},
                                         [MEAN_AND_MAX_OF] = {1, 1, 0, 0},
                                         [MEAN_AND_DEVIATION_OF] = {1, 0, 0, 1},
                                         [FOUR_OF] = {1, 1, 1, 1}};

int summary_width(const SummaryPlan *p, int width)
{
    int n = 0;
    for (int k = 0; k < 4; k++)
        n += parts[p->summary][k];
    return n * width;
}

// Mean, maximum, minimum and deviation of number j of the chunks read.
static void four_of(const Document *d, const int *chunk, int n, int j,
                    float four[4])
{
    double sum = 0, squares = 0;
    four[1] = -INFINITY, four[2] = INFINITY;
    for (int k = 0; k < n; k++) {
        const float x = d->chunk[(size_t)chunk[k] * d->width + j];
        sum += (double)x, squares += (double)x * (double)x;
        four[1] = fmaxf(four[1], x), four[2] = fminf(four[2], x);
    }
    four[0] = (float)(sum / n);
    four[3] = (float)sqrt(fmax(0, squares / n - sum / n * sum / n));
}

int summary_of(const SummaryPlan *p, const Document *d, float *to)
{
    int *chunk = new_array((size_t)d->chunks + 1, sizeof *chunk);
    const int n = chunks_read(p->reading, d->chunks, chunk);
    memset(to, 0, (size_t)summary_width(p, d->width) * sizeof *to);
    for (int j = 0; j < d->width && n > 0; j++) {
        float four[4], *at = to + j;
        four_of(d, chunk, n, j, four);
        for (int k = 0; k < 4; k++)
            if (parts[p->summary][k]) {
                *at = four[k];
                at += d->width;
            }
    }
    free(chunk);
    return n;
}

static void pay_summary(const SummaryPlan *p, const Document *d, Cost *cost)
{
    int *chunk = new_array((size_t)d->chunks + 1, sizeof *chunk);
    const int n = chunks_read(p->reading, d->chunks, chunk);
    for (int k = 0; k < n; k++)
        pay(p->madds, d, chunk[k], cost);
    cost->madds += (double)n * d->width;
    free(chunk);
}

typedef struct SummaryLearnt {
    const SummaryPlan *plan;
    Planes planes; // on summaries as they are: the scaling is in them
} SummaryLearnt;

static Examples summaries(const SummaryPlan *p, const Document *d,
                          const int *which, int n, int classes)
{
    check(n > 0, "no documents to learn from");
    const int width = summary_width(p, d[which[0]].width);
    Examples e = examples_new(n, width, classes);
    for (int i = 0; i < n; i++) {
        e.label[i] = d[which[i]].class;
        summary_of(p, &d[which[i]], e.x + (size_t)i * width);
    }
    return e;
}

// Moves and scales the columns: x becomes (x - mean) * factor. Returns the
// means and then the factors, which the caller frees.
static float *standardise(Examples *e)
{
    float *rule = new_array(2 * (size_t)e->d + 1, sizeof *rule);
    for (int j = 0; j < e->d; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < e->n; i++)
            sum += (double)e->x[(size_t)i * e->d + j];
        const double mean = sum / e->n;
        for (int i = 0; i < e->n; i++)
            squares += pow((double)e->x[(size_t)i * e->d + j] - mean, 2);
        const double deviation = sqrt(squares / e->n);
        rule[j] = (float)mean;
        rule[e->d + j] =
            deviation > 1e-9 ? (float)(1 / (deviation * sqrt(e->d))) : 0;
        for (int i = 0; i < e->n; i++) {
            float *x = &e->x[(size_t)i * e->d + j];
            *x = (*x - rule[j]) * rule[e->d + j];
        }
    }
    return rule;
}

// Planes on standardised columns become planes on the columns as they were:
// w . ((x - mean) factor) + b = (w factor) . x + b - (w factor) . mean.
static void unstandardise(Planes *p, const float *rule)
{
    for (int k = 0; k < p->k; k++) {
        float *w = p->w + (size_t)k * p->d;
        for (int j = 0; j < p->d; j++) {
            w[j] *= rule[p->d + j];
            p->b[k] -= w[j] * rule[j];
        }
    }
}

static void *summary_learn(const void *plan, const Document *d,
                           const int *which, int n, int classes, uint64_t seed)
{
    SummaryLearnt *l = new_array(1, sizeof *l);
    Examples e = summaries(plan, d, which, n, classes);
    float *rule = standardise(&e);
    *l =
        (SummaryLearnt){plan, fit_inside(&e, NULL, for_summaries, seed).planes};
    unstandardise(&l->planes, rule);
    examples_free(&e);
    free(rule);
    return l;
}

static void summary_scores(void *learnt, const Document *d, float *score,
                           Cost *cost)
{
    const SummaryLearnt *l = learnt;
    float *row = new_array(l->planes.d, sizeof *row);
    summary_of(l->plan, d, row);
    planes_score(&l->planes, row, 1, score);
    pay_summary(l->plan, d, cost);
    cost->madds += (double)l->planes.d * l->planes.k;
    took(cost, (size_t)l->planes.d * (l->planes.k + 1));
    free(row);
}

static void summary_forget(void *learnt)
{
    SummaryLearnt *l = learnt;
    planes_free(&l->planes);
    free(l);
}

Remedy summary_remedy(const char *name, const SummaryPlan *plan)
{
    return (Remedy){name, plan, summary_learn, summary_scores, summary_forget};
}

// --- words beside a summary -------------------------------------------------

typedef struct BesideLearnt {
    const SummaryPlan *plan;
    int classes, width;
    Tfidf rule;
    float *weight; // of words: ids x classes
    Planes planes; // of the summary
} BesideLearnt;

// The columns of a, then those of b times `weight`.
static Examples beside(const Examples *a, const Examples *b, float weight)
{
    Examples e = examples_new(a->n, a->d + b->d, a->classes);
    memcpy(e.label, a->label, (size_t)a->n * sizeof *e.label);
    for (int i = 0; i < a->n; i++) {
        float *row = e.x + (size_t)i * e.d;
        memcpy(row, a->x + (size_t)i * a->d, (size_t)a->d * sizeof *row);
        axpy(weight, b->x + (size_t)i * b->d, row + a->d, b->d);
    }
    return e;
}

static void *beside_learn(const void *plan, const Document *d, const int *which,
                          int n, int classes, uint64_t seed)
{
    static const float weights[] = {0.5f, 1, 2};
    TfidfRows r = tfidf_rows(d, which, n, classes, 0);
    Examples vectors = summaries(plan, d, which, n, classes);
    float *rule = standardise(&vectors);
    BesideLearnt *l = new_array(1, sizeof *l);
    *l = (BesideLearnt){plan, classes, vectors.d, .rule = r.rule};
    Fitted best = {.loss = INFINITY};
    float by = 1;
    for (int i = 0; i < 3; i++) {
        Examples both = beside(&r.e, &vectors, weights[i]);
        Fitted f = fit_inside(&both, NULL, for_both, seed);
        examples_free(&both);
        if (f.loss < best.loss) {
            Fitted worse = best;
            best = f, f = worse, by = weights[i];
        }
        planes_free(&f.planes);
    }
    l->planes = planes_new(l->width, classes);
    l->weight = new_array((size_t)r.rule.ids * classes + 1, sizeof(float));
    for (int j = 0; j < classes; j++) {
        const float *w = best.planes.w + (size_t)j * best.planes.d;
        tfidf_weights(&r, w, l->weight + j, classes);
        axpy(by, w + n, l->planes.w + (size_t)j * l->width, l->width);
        l->planes.b[j] = best.planes.b[j];
    }
    unstandardise(&l->planes, rule);
    free(rule);
    planes_free(&best.planes);
    examples_free(&vectors);
    r.rule.idf = NULL; // it is ours now
    tfidf_rows_free(&r);
    return l;
}

static void beside_scores(void *learnt, const Document *d, float *score,
                          Cost *cost)
{
    const BesideLearnt *l = learnt;
    float *row = new_array(l->width, sizeof *row);
    summary_of(l->plan, d, row);
    planes_score(&l->planes, row, 1, score);
    Bag b = tfidf_bag(&l->rule, d);
    for (int k = 0; k < b.n; k++)
        axpy(b.value[k], l->weight + (size_t)b.word[k] * l->classes, score,
             l->classes);
    pay_summary(l->plan, d, cost);
    cost->madds += (double)(b.n + l->width) * l->classes;
    took(cost, (size_t)l->rule.ids * (l->classes + 1) +
                   (size_t)l->width * (l->classes + 1));
    bag_free(&b);
    free(row);
}

static void beside_forget(void *learnt)
{
    BesideLearnt *l = learnt;
    planes_free(&l->planes);
    free(l->rule.idf), free(l->weight);
    free(l);
}

Remedy words_and_summary_remedy(const char *name, const SummaryPlan *plan)
{
    return (Remedy){name, plan, beside_learn, beside_scores, beside_forget};
}

// --- each chunk by itself ---------------------------------------------------

typedef struct ChunkLearnt {
    const ChunkPlan *plan;
    Planes planes;
    float sure; // 2: never
} ChunkLearnt;

// All chunks of the documents as examples; group[i] is which document row i is
// from, in the order of `which`.
static Examples all_chunks(const Document *d, const int *which, int n,
                           int classes, int **group)
{
    int rows = 0, at = 0;
    for (int i = 0; i < n; i++)
        rows += d[which[i]].chunks;
    check(rows > 0, "documents without chunks");
    Examples e = examples_new(rows, d[which[0]].width, classes);
    *group = new_array(rows, sizeof **group);
    for (int i = 0; i < n; i++) {
        const Document *one = &d[which[i]];
        memcpy(e.x + (size_t)at * e.d, one->chunk,
               (size_t)one->chunks * e.d * sizeof *e.x);
        for (int k = 0; k < one->chunks; k++) {
            e.label[at] = one->class;
            (*group)[at++] = i;
        }
    }
    return e;
}

static int largest(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// The mean of the chunks' probabilities (n x k), until the largest is at least
// `sure`; returns how many chunks that took.
static int read_until(const float *probability, int n, int k, float sure,
                      float *score)
{
    memset(score, 0, (size_t)k * sizeof *score);
    for (int i = 0; i < n; i++) {
        const float old = (float)i / (float)(i + 1), new = 1 / (float)(i + 1);
        for (int j = 0; j < k; j++)
            score[j] = old * score[j] + new *probability[i * k + j];
        if (score[largest(score, k)] >= sure)
            return i + 1;
    }
    return n;
}

// How many of the documents are classified rightly, if they are read until
// sure.
static int right_if(const Planes *p, const Document *d, const int *which, int n,
                    float sure)
{
    int right = 0;
    float *score = new_array(p->k, sizeof *score);
    for (int i = 0; i < n; i++) {
        const Document *one = &d[which[i]];
        float *each = new_array((size_t)one->chunks * p->k + 1, sizeof *each);
        planes_probabilities(p, one->chunk, one->chunks, each);
        read_until(each, one->chunks, p->k, sure, score);
        right += largest(score, p->k) == one->class;
        free(each);
    }
    free(score);
    return right;
}

// The smallest of some thresholds that classifies as many of the documents held
// back as reading everything does: a quarter of them are.
static float sure_enough(const Document *d, const int *which, int n,
                         int classes, double penalty, uint64_t seed)
{
    static const float tries[] = {0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f};
    int *label = new_array(n, sizeof *label),
        *fold = new_array(n, sizeof *fold);
    int *learn = new_array(n, sizeof *learn),
        *judge = new_array(n, sizeof *judge);
    int *group;
    Rng r = rng_new(seed + 3);
    for (int i = 0; i < n; i++)
        label[i] = d[which[i]].class;
    folds_deal(label, n, classes, 4, &r, fold);
    const int k = folds_split(which, fold, n, 0, learn, judge);
    Examples e = all_chunks(d, learn, k, classes, &group);
    Planes p = softmax_fit(&e, penalty, for_chunks.steps, NULL);
    const int all = right_if(&p, d, judge, n - k, 2);
    float sure = 2;
    for (int i = 0; i < 6 && sure > 1; i++)
        if (right_if(&p, d, judge, n - k, tries[i]) >= all)
            sure = tries[i];
    planes_free(&p);
    examples_free(&e);
    free(group), free(label), free(fold), free(learn), free(judge);
    return sure;
}

void chunk_memo_free(ChunkMemo *m)
{
    planes_free(&m->planes);
    *m = (ChunkMemo){0};
}

static Planes planes_copy(const Planes *p)
{
    Planes new = planes_new(p->d, p->k);
    memcpy(new.w, p->w, (size_t)p->d * p->k * sizeof *new.w);
    memcpy(new.b, p->b, (size_t)p->k * sizeof *new.b);
    return new;
}

// The classifier of single chunks: from the memo, or learnt and kept there.
static ChunkMemo fit_chunks(ChunkMemo *memo, const Document *d,
                            const int *which, int n, int classes, uint64_t seed)
{
    ChunkMemo new = {d, n, which[0], which[n - 1], seed, {0}, 0};
    if (memo && memo->d == d && memo->n == n && memo->first == new.first &&
        memo->last == new.last && memo->seed == seed) {
        new.planes = planes_copy(&memo->planes);
        new.penalty = memo->penalty;
        return new;
    }
    int *group;
    Examples e = all_chunks(d, which, n, classes, &group);
    Fitted f = fit_inside(&e, group, for_chunks, seed);
    new.planes = f.planes;
    new.penalty = f.penalty;
    examples_free(&e);
    free(group);
    if (memo) {
        chunk_memo_free(memo);
        *memo = new;
        memo->planes = planes_copy(&new.planes);
    }
    return new;
}

static void *chunk_learn(const void *plan, const Document *d, const int *which,
                         int n, int classes, uint64_t seed)
{
    const ChunkPlan *p = plan;
    ChunkLearnt *l = new_array(1, sizeof *l);
    ChunkMemo f = fit_chunks(p->memo, d, which, n, classes, seed);
    *l = (ChunkLearnt){p, f.planes, 2};
    if (p->exits)
        l->sure = sure_enough(d, which, n, classes, f.penalty, seed);
    return l;
}

static void chunk_scores(void *learnt, const Document *d, float *score,
                         Cost *cost)
{
    const ChunkLearnt *l = learnt;
    const int n = d->chunks, k = l->planes.k;
    float *each = new_array((size_t)n * k + 1, sizeof *each);
    planes_probabilities(&l->planes, d->chunk, n, each);
    const int read = read_until(each, n, k, l->sure, score);
    for (int i = 0; i < n && l->plan->combine == CHUNK_VOTE; i++)
        score[largest(each + i * k, k)]++; // the mean decides between equals
    for (int i = 0; i < n * k && l->plan->combine == CHUNK_MAX; i++)
        score[i % k] = i < k ? each[i] : fmaxf(score[i % k], each[i]);
    for (int i = 0; i < read; i++)
        pay(l->plan->madds, d, i, cost);
    cost->madds += (double)read * l->planes.d * k;
    took(cost, (size_t)l->planes.d * (k + 1));
    free(each);
}

static void chunk_forget(void *learnt)
{
    ChunkLearnt *l = learnt;
    planes_free(&l->planes);
    free(l);
}

Remedy chunk_remedy(const char *name, const ChunkPlan *plan)
{
    return (Remedy){name, plan, chunk_learn, chunk_scores, chunk_forget};
}

// --- networks ---------------------------------------------------------------

typedef struct Net {
    const NetPlan *plan;
    int width, classes;
    Params *params;
    Linear in;
    Pool pool;
    Tape *tape;
} Net;

static Net *net_new(const NetPlan *plan, int width, int classes, uint64_t seed)
{
    Net *m = new_array(1, sizeof *m);
    *m = (Net){.plan = plan, .width = width, .classes = classes};
    m->params = params_new(seed);
    m->tape = tape_new(0, seed + 1);
    m->in = linear_new(m->params, width, plan->narrow, "in");
    m->pool =
        pool_new(m->params, plan->kind, plan->narrow, classes, plan->most);
    return m;
}

static void net_forget(void *learnt)
{
    Net *m = learnt;
    params_free(m->params);
    tape_free(m->tape);
    free(m);
}

static int chunks_taken(const NetPlan *p, const Document *d)
{
    return d->chunks < p->most ? d->chunks : p->most;
}

// The chunks of some documents under each other, and the first layer. Scaled so
// that a number is about 1: the vectors have the length 1.
static Matrix *narrowed(const Net *m, const Document *d, const int *which,
                        int n)
{
    Tape *t = m->tape;
    int *start = arena_zero(&t->arena, (size_t)n + 1, sizeof *start);
    for (int i = 0; i < n; i++)
        start[i + 1] = start[i] + chunks_taken(m->plan, &d[which[i]]);
    Matrix *x = matrix(t, start[n], m->width);
    x->seq = (Spans){n, start};
    for (int i = 0; i < n; i++) {
        const int size = (start[i + 1] - start[i]) * m->width;
        float *to = x->val + (size_t)start[i] * m->width;
        memset(to, 0, (size_t)size * sizeof *to);
        axpy(sqrtf((float)m->width), d[which[i]].chunk, to, size);
    }
    x = tanh_of(linear(dropout(x, m->plan->dropout), m->in));
    return dropout(x, m->plan->dropout);
}

static void net_epoch(Net *m, Adam *adam, const Document *d, int *order, int n,
                      Rng *r)
{
    const int batch = m->plan->batch;
    int *label = new_array(batch, sizeof *label);
    rng_shuffle(r, order, n);
    for (int from = 0; from < n; from += batch) {
        const int k = n - from < batch ? n - from : batch;
        for (int i = 0; i < k; i++)
            label[i] = d[order[from + i]].class;
        backward(pool_loss(&m->pool, narrowed(m, d, order + from, k), label));
        params_clip(m->params, 1);
        adam_step(adam, m->plan->rate);
        tape_reset(m->tape);
    }
    free(label);
}

// The sum of -log p over documents.
static double net_loss(Net *m, const Document *d, const int *which, int n)
{
    double loss = 0;
    m->tape->training = false;
    for (int i = 0; i < n; i++) {
        Matrix *x = narrowed(m, d, which + i, 1);
        loss += (double)pool_loss(&m->pool, x, &d[which[i]].class)->val[0];
        tape_reset(m->tape);
    }
    m->tape->training = true;
    return loss;
}

// Learns for so many epochs. Of the documents held back, if there are any:
// *best becomes the epoch after which their loss was smallest.
static Net *net_train(const NetPlan *plan, const Document *d, const int *which,
                      int n, int classes, const int *judge, int held,
                      int epochs, int *best, uint64_t seed)
{
    Net *m = net_new(plan, d[which[0]].width, classes, seed);
    Adam adam = adam_new(m->params, 0.9f, 0.999f, 1e-8f, 0.01f);
    Rng r = rng_new(seed + 7);
    int *order = new_array((size_t)n + 1, sizeof *order);
    memcpy(order, which, (size_t)n * sizeof *order);
    double least = INFINITY;
    for (int e = 1; e <= epochs; e++) {
        net_epoch(m, &adam, d, order, n, &r);
        const double loss = held ? net_loss(m, d, judge, held) : 0;
        if (held && loss < least) {
            least = loss;
            *best = e;
        }
    }
    free(order);
    adam_free(&adam);
    return m;
}

static void *net_learn(const void *plan, const Document *d, const int *which,
                       int n, int classes, uint64_t seed)
{
    const NetPlan *p = plan;
    check(n > 0, "no documents to learn from");
    int *label = new_array(n, sizeof *label),
        *fold = new_array(n, sizeof *fold);
    int *learn = new_array(n, sizeof *learn),
        *judge = new_array(n, sizeof *judge);
    int best = 1;
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++) {
        const Document *one = &d[which[i]];
        check(one->chunks > 0, "document %d has no chunks", which[i]);
        label[i] = one->class;
    }
    folds_deal(label, n, classes, 5, &r, fold);
    const int k = folds_split(which, fold, n, 0, learn, judge);
    net_forget(net_train(p, d, learn, k, classes, judge, n - k, p->epochs,
                         &best, seed));
    Net *m = net_train(p, d, which, n, classes, NULL, 0, best, NULL, seed);
    m->tape->training = false;
    free(label), free(fold), free(learn), free(judge);
    return m;
}

static void net_scores(void *learnt, const Document *d, float *score,
                       Cost *cost)
{
    Net *m = learnt;
    const int one[] = {0}, n = chunks_taken(m->plan, d);
    const Matrix *y = pool_scores(&m->pool, narrowed(m, d, one, 1));
    memcpy(score, y->val, (size_t)m->classes * sizeof *score);
    for (int i = 0; i < n; i++)
        pay(m->plan->madds, d, i, cost);
    cost->madds +=
        (double)n * m->width * m->plan->narrow + pool_madds(&m->pool, n);
    took(cost, m->params->count + m->tape->arena.used / sizeof(float));
    tape_reset(m->tape);
}

Remedy net_remedy(const char *name, const NetPlan *plan)
{
    return (Remedy){name, plan, net_learn, net_scores, net_forget};
}
