// New heads and probes; see finetune.h.
#include "15-bert/finetune.h"

#include "common/check.h"
#include "common/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bert_examples_free(BertExamples *e)
{
    bert_batch_free(&e->x);
    ids_free(&e->label);
}

BertInput bert_examples_pick(const BertExamples *e, Arena *a, const int *index,
                             int n, int *label)
{
    int rows = 0;
    const int *start = e->x.start.at;
    for (int i = 0; i < n; i++)
        rows += start[index[i] + 1] - start[index[i]];
    int *id = arena_take(a, rows, sizeof *id);
    int *segment = arena_take(a, rows, sizeof *segment);
    int *from = arena_take(a, n + 1, sizeof *from);
    rows = 0;
    for (int i = 0; i < n; i++) {
        from[i] = rows;
        label[i] = e->label.at[index[i]];
        for (int r = start[index[i]]; r < start[index[i] + 1]; r++, rows++) {
            id[rows] = e->x.id.at[r];
            segment[rows] = e->x.segment.at[r];
        }
    }
    from[n] = rows;
    return (BertInput){{rows, id, {n, from}}, segment};
}

Bert bert_with(const Bert *m, BertShape shape, uint64_t seed)
{
    Bert c = bert_new(shape, seed);
    for (int i = 0; i < c.params->n; i++) {
        Matrix *to = &c.params->item[i]->m;
        const Matrix *from = params_find(m->params, c.params->item[i]->name);
        if (from && from->rows == to->rows && from->cols == to->cols)
            memcpy(to->val, from->val,
                   (size_t)to->rows * to->cols * sizeof *to->val);
    }
    return c;
}

double finetune(const Bert *m, const BertExamples *e, TuneRecipe recipe)
{
    const int n = e->x.n, each = (n + recipe.batch - 1) / recipe.batch;
    const int steps = each * recipe.epochs;
    Adam adam = adam_new(m->params, 0.9f, 0.98f, 1e-6f, 0.01f);
    Tape *t = tape_new(0, recipe.seed + 1);
    Rng rng = rng_new(recipe.seed);
    int *order = new_array((size_t)n, sizeof *order);
    double sum = 0;
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int step = 0; step < steps; step++) {
        const int at = step % each * recipe.batch;
        const int k = n - at < recipe.batch ? n - at : recipe.batch;
        if (at == 0) {
            rng_shuffle(&rng, order, n);
            sum = 0;
        }
        int *label = arena_take(&t->arena, k, sizeof *label);
        BertInput x = bert_examples_pick(e, &t->arena, order + at, k, label);
        Matrix *pooled = bert_pool(m, bert_encode(m, t, x));
        pooled = dropout(pooled, m->shape.dropout);
        Matrix *loss = cross_entropy(bert_classify(m, pooled), label, 0);
        sum += (double)loss->val[0] * k;
        backward(loss);
        params_clip(m->params, 1);
        adam_step(&adam,
                  rate_cosine(step + 1, steps / 10 + 1, steps, recipe.rate, 0));
        tape_reset(t);
    }
    free(order);
    tape_free(t);
    adam_free(&adam);
    return n ? sum / n : 0;
}

static int likeliest(const Matrix *m, int row)
{
    const float *x = m->val + (size_t)row * m->cols;
    int best = 0;
    for (int i = 1; i < m->cols; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

double finetune_accuracy(const Bert *m, const BertExamples *e)
{
    enum { FEW = 32 };
    Tape *t = tape_new(0, 1);
    int right = 0;
    t->training = false;
    for (int i = 0; i < e->x.n; i += FEW) {
        int index[FEW], label[FEW];
        const int k = e->x.n - i < FEW ? e->x.n - i : FEW;
        for (int j = 0; j < k; j++)
            index[j] = i + j;
        BertInput x = bert_examples_pick(e, &t->arena, index, k, label);
        Matrix *y = bert_classify(m, bert_pool(m, bert_encode(m, t, x)));
        for (int j = 0; j < k; j++)
            right += likeliest(y, j) == label[j];
        tape_reset(t);
    }
    tape_free(t);
    return e->x.n ? (double)right / e->x.n : 0;
}

// --- probing ----------------------------------------------------------------

// Each column less its mean, over its standard deviation, both of the rows that
// are learnt from: then no column is better off for being large.
static float *standard(const float *x, int n, int learn, int width)
{
    float *y = new_array((size_t)n * width, sizeof *y);
    for (int j = 0; j < width; j++) {
        double mean_x = 0, square = 0;
        for (int i = 0; i < learn; i++)
            mean_x += (double)x[(size_t)i * width + j] / learn;
        for (int i = 0; i < learn; i++) {
            const double u = (double)x[(size_t)i * width + j] - mean_x;
            square += u * u / learn;
        }
        for (int i = 0; i < n; i++)
            y[(size_t)i * width + j] =
                (float)(((double)x[(size_t)i * width + j] - mean_x) /
                        sqrt(square + 1e-12));
    }
    return y;
}

double probe(const float *x, const int *label, int n, int learn, int width,
             int classes, uint64_t seed)
{
    enum { STEPS = 150 };
    check(learn > 0 && learn < n, "%d of %d rows to learn from", learn, n);
    float *y = standard(x, n, learn, width);
    Params *p = params_new(seed);
    Linear line = linear_new(p, width, classes, "line");
    Adam adam = adam_new(p, 0.9f, 0.98f, 1e-6f, 0.1f);
    Tape *t = tape_new(0, 1);
    for (int step = 0; step < STEPS; step++) {
        Matrix *rows = matrix_of(t, learn, width, y);
        backward(cross_entropy(linear(rows, line), label, 0));
        adam_step(&adam, rate_cosine(step + 1, 10, STEPS, 0.03f, 0));
        tape_reset(t);
    }
    Matrix *scores =
        linear(matrix_of(t, n - learn, width, y + (size_t)learn * width), line);
    int right = 0;
    for (int i = 0; i < n - learn; i++)
        right += likeliest(scores, i) == label[learn + i];
    free(y);
    tape_free(t);
    adam_free(&adam);
    params_free(p);
    return (double)right / (n - learn);
}
