// A learned number for each distance: T5's bias (an evening)
//
// ALiBi takes a fixed number off the score for each step of distance. T5
// (Raffel et al. 2020) lets each head learn the numbers. Since far distances
// are many and rare, they share: the first half of the buckets has one distance
// each, 0, 1, 2 ...; in the second half, buckets grow like powers, and the last
// takes all from `far` on. With B buckets and exact = B / 2, a distance d >=
// exact falls into
//
//     exact + floor(log(d / exact) / log(far / exact) * (B - exact))
//
// but never beyond B - 1.
//
// Three gaps: the bucket, the way forward, the way back. The frame keeps the
// probabilities p, heads x T x T, for the way back. Forward, row i of head h:
//
//     s_j = q_i . k_j / sqrt(w) + bias[h, bucket(i - j)]    for j <= i
//     p   = softmax(s),    y_i = sum over j of p_j v_j
//
// Back, from dy_i:  dp_j = dy_i . v_j,   D = sum over j of p_j dp_j,
//
//     ds_j = p_j (dp_j - D)
//
// and ds_j is what flows to the bias; divided by sqrt(w), it takes k_j to dq_i
// and q_i to dk_j. p_j takes dy_i to dv_j. All gradients are added to what is
// there. Chapter 3's gradient check is the judge.
#include "4_learned_bias.h"

#include "common/check.h"

#include <math.h>

typedef struct Biased {
    int heads, width, far;
    float *p; // heads x T x T
} Biased;

int bucket_of(int distance, int buckets, int far)
{
    // TODO: exact below buckets / 2, by logarithms above
    (void)buckets, (void)far;
    return distance * 0;
    // END
}

// Row i of head h, w numbers.
static float *at(float *x, int i, int h, int heads, int w)
{
    return x + ((size_t)i * heads + h) * w;
}

static void biased_back(const Op *op)
{
    const Biased *b = op->keep;
    Matrix *q = op->in[0], *k = op->in[1], *v = op->in[2], *bias = op->in[3];
    const int T = q->rows, w = b->width, heads = b->heads;
    float *dq = grad(q), *dk = grad(k), *dv = grad(v), *dbias = grad(bias);
    const float *dy = op->out->grad;
    // TODO: the way back
    (void)T, (void)w, (void)heads, (void)dq, (void)dk, (void)dv, (void)dbias;
    (void)dy, (void)at;
    // END
}

Matrix *attention_biased(Matrix *q, Matrix *k, Matrix *v, Matrix *bias,
                         int heads, int far)
{
    check(heads >= 1 && q->cols % heads == 0 && bias->rows == heads,
          "%d heads of %d columns, bias for %d", heads, q->cols, bias->rows);
    Op *op = record(biased_back, q->rows, q->cols, q, k, v);
    op->in[3] = bias;
    const int T = q->rows, w = q->cols / heads;
    Arena *arena = &op->out->tape->arena;
    Biased *b = op->keep = arena_zero(arena, 1, sizeof *b);
    *b = (Biased){heads, w, far,
                  arena_zero(arena, (size_t)heads * T * T, sizeof(float))};
    float *y = op->out->val; // not cleared
    // TODO: the way forward; what is beyond row i in p stays 0
    for (int i = 0; i < T * heads * w; i++)
        y[i] = 0;
    // END
    return op->out;
}
