// Additive attention, as the equations say it and for a batch; see additive.h.
#include "06-recurrent/additive.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <string.h>

Matrix *additive_one(Matrix *query, Matrix *keys, Matrix *values, Matrix *v)
{
    Matrix *bent = tanh_of(add(keys, query));     // T x a
    Matrix *weights = softmax(matmul_t(v, bent)); // 1 x T
    return matmul(weights, values);               // 1 x d
}

// --- for a batch ------------------------------------------------------------

typedef struct Looked {
    Spans seq;
    float *bent;   // T x a: tanh(query + key)
    float *weight; // T
    float *score;  // T: on the way back, the gradient of the scores
    const Op *op;
} Looked;

// Sequences from .. to - 1.
static void look(void *context, int from, int to)
{
    const Looked *l = context;
    const Matrix *q = l->op->in[0], *k = l->op->in[1], *x = l->op->in[2];
    const float *v = l->op->in[3]->val;
    const int a = q->cols, d = x->cols;
    for (int i = from; i < to; i++) {
        const int begin = l->seq.start[i], end = l->seq.start[i + 1];
        const float *query = q->val + (size_t)i * a;
        float *y = l->op->out->val + (size_t)i * d;
        for (int r = begin; r < end; r++) {
            const float *key = k->val + (size_t)r * a;
            float *bent = l->bent + (size_t)r * a;
            for (int j = 0; j < a; j++)
                bent[j] = query[j] + key[j];
            tanh_each(bent, bent, a);
            l->weight[r] = dot(v, bent, a);
        }
        softmax_row(l->weight + begin, l->weight + begin, end - begin);
        memset(y, 0, d * sizeof *y);
        for (int r = begin; r < end; r++)
            axpy(l->weight[r], x->val + (size_t)r * d, y, d);
    }
}

// y = sum of weight[r] x[r]; then through the softmax, and through
// score = v . tanh(query + key).
static void look_back(void *context, int from, int to)
{
    const Looked *l = context;
    Matrix *q = l->op->in[0], *k = l->op->in[1], *x = l->op->in[2];
    const float *v = l->op->in[3]->val;
    const int a = q->cols, d = x->cols;
    for (int i = from; i < to; i++) {
        const int begin = l->seq.start[i], end = l->seq.start[i + 1];
        const float *dy = l->op->out->grad + (size_t)i * d;
        float mixed = 0, *ds = l->score, *dq = q->grad + (size_t)i * a;
        for (int r = begin; r < end; r++) {
            ds[r] = dot(dy, x->val + (size_t)r * d, d);
            mixed += ds[r] * l->weight[r];
            axpy(l->weight[r], dy, x->grad + (size_t)r * d, d);
        }
        for (int r = begin; r < end; r++) {
            const float *bent = l->bent + (size_t)r * a;
            float *dk = k->grad + (size_t)r * a;
            ds[r] = l->weight[r] * (ds[r] - mixed);
            for (int j = 0; j < a; j++) {
                const float inside = ds[r] * v[j] * (1 - bent[j] * bent[j]);
                dk[j] += inside;
                dq[j] += inside;
            }
        }
    }
}

static double cost_of(const Looked *l, double each)
{
    const Matrix *k = l->op->in[1];
    return each * k->rows * k->cols / l->seq.n;
}

static void additive_back(const Op *op)
{
    const Looked *l = op->keep;
    for (int i = 0; i < 3; i++)
        grad(op->in[i]);
    parallel_for(l->seq.n, cost_of(l, 12), look_back, op->keep);
    float *dv = grad(op->in[3]); // all sequences add to it: one thread's
    const int a = op->in[3]->cols;
    for (int r = 0; r < op->in[1]->rows; r++)
        axpy(l->score[r], l->bent + (size_t)r * a, dv, a);
}

Matrix *additive(Matrix *queries, Matrix *keys, Matrix *values, Matrix *v,
                 float *weights)
{
    const Spans seq = spans_of(keys);
    const int T = keys->rows, a = keys->cols;
    check(queries->cols == a && v->cols == a && v->rows == 1,
          "queries of %d, keys of %d and a %d x %d do not fit", queries->cols,
          a, v->rows, v->cols);
    check(queries->rows == seq.n && values->rows == T,
          "%d queries for %d sequences, %d values for %d keys", queries->rows,
          seq.n, values->rows, T);
    Op *op = record(additive_back, queries->rows, values->cols, queries, keys,
                    values);
    op->in[3] = v;
    op->out->given = op->out->given && !wants_grad(v);
    op->out->seq = (Spans){0};
    Arena *arena = &op->out->tape->arena;
    Looked *l = op->keep = arena_take(arena, 1, sizeof *l);
    *l = (Looked){
        .seq = seq,
        .bent = arena_take(arena, (size_t)T * a, sizeof *l->bent),
        .weight = arena_take(arena, T, sizeof *l->weight),
        .score = arena_take(arena, T, sizeof *l->score),
        .op = op,
    };
    parallel_for(seq.n, cost_of(l, 25), look, l);
    if (weights && T > 0)
        memcpy(weights, l->weight, T * sizeof *weights);
    return op->out;
}
