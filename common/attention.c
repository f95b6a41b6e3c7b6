// Attention, tile by tile; see ops.h.
//
// The one idea: softmax(q k^T) v can be summed up over tiles of keys without
// ever holding a whole row of scores. Beside the sum of e^(score - m) v and
// the sum of e^(score - m) one keeps the largest score m seen so far; when a
// tile brings a larger one, both sums are scaled by e^(m - new m). This is the
// online softmax of Milakov and Gimelshein (2018), used for attention by Dao
// et al. (2022). Backward computes the scores again: with the logarithm L of
// each row's sum, e^(score - L) is the probability at once.
//
// Memory is T x d and one tile a thread; nothing grows with T^2.
#include "common/ops_inner.h"

#include <math.h>
#include <string.h>

enum { TILE = 64 }; // queries and keys of a tile: 16 KiB of scores

typedef struct Attention {
    const Op *op;
    Matrix *q, *k, *v, *y;
    Spans qs, ks;            // the sequences of queries and of keys
    int heads, share, width; // share: heads that use the same keys
    float scale;             // 1 / sqrt(width)
    Mask mask;
    float *logsum; // L of each row of q and each head: Tq x heads
} Attention;

// One head of one sequence: the first row and the number of rows of its
// queries and keys, and where its columns begin.
typedef struct Head {
    int q0, Tq, k0, Tk;
    int qcol, kcol, head;
} Head;

static Head head_of(const Attention *a, int sequence, int head)
{
    Head h = {.q0 = a->qs.start[sequence], .k0 = a->ks.start[sequence]};
    h.Tq = a->qs.start[sequence + 1] - h.q0;
    h.Tk = a->ks.start[sequence + 1] - h.k0;
    h.head = head;
    h.qcol = head * a->width;
    h.kcol = head / a->share * a->width;
    return h;
}

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

// The keys first .. end - 1 that the query at key position p may see.
typedef struct Range {
    int first, end;
} Range;

static Range visible(Mask m, int p, int Tk)
{
    Range r = {0, Tk};
    if (m.causal)
        r.end = at_most(r.end, p + 1);
    if (m.window > 0) {
        r.first = at_least(r.first, p - m.window + 1);
        r.end = p + at_most(r.end - p, m.window);
    }
    r.end = at_least(r.end, r.first);
    return r;
}

// The keys that any of the queries from .. from + n - 1 may see.
static Range visible_to_all(const Attention *a, Head h, int from, int n)
{
    const int shift = h.Tk - h.Tq;
    Range low = visible(a->mask, from + shift, h.Tk);
    Range high = visible(a->mask, from + n - 1 + shift, h.Tk);
    return (Range){at_most(low.first, high.first), at_least(low.end, high.end)};
}

// The scores of n queries from row i0 and m keys from row j0 of head h, scaled
// and masked: s is n x TILE, -INFINITY where a query may not look.
static void score_tile(const Attention *a, Head h, int i0, int n, int j0, int m,
                       float *s)
{
    const int dq = a->q->cols, dk = a->k->cols;
    gemm_nt(n, m, a->width, a->q->val + (size_t)(h.q0 + i0) * dq + h.qcol, dq,
            a->k->val + (size_t)(h.k0 + j0) * dk + h.kcol, dk, s, TILE, false);
    for (int i = 0; i < n; i++) {
        float *row_s = s + i * TILE;
        const int p = i0 + i + h.Tk - h.Tq;
        for (int j = 0; j < m; j++)
            row_s[j] *= a->scale;
        if (a->mask.slope)
            for (int j = 0; j < m; j++)
                row_s[j] -= a->mask.slope[h.head] * fabsf((float)(p - j0 - j));
        Range r = visible(a->mask, p, h.Tk);
        for (int j = 0; j < at_most(m, r.first - j0); j++)
            row_s[j] = -INFINITY;
        for (int j = at_least(0, r.end - j0); j < m; j++)
            row_s[j] = -INFINITY;
    }
}

// --- forward ----------------------------------------------------------------

// Takes the m scores of one row into its running softmax: turns them into
// e^(score - max), scales what y and *sum hold so far.
static void take_scores(float *s, int m, float *max, float *sum_e, float *y,
                        int width)
{
    float top = *max;
    for (int j = 0; j < m; j++)
        top = s[j] > top ? s[j] : top;
    if (top == -INFINITY) { // nothing seen yet, and here nothing or NaN
        for (int j = 0; j < m; j++)
            s[j] = s[j] == -INFINITY ? 0 : s[j];
        *sum_e += sum(s, m);
        return;
    }
    if (top > *max) {
        float shrink = expf(*max - top); // 0 the first time
        *sum_e *= shrink;
        for (int c = 0; c < width; c++)
            y[c] *= shrink;
        *max = top;
    }
    for (int j = 0; j < m; j++)
        s[j] -= top;
    exp_each(s, s, m);
    *sum_e += sum(s, m);
}

// The n queries from row i0 of one head, against all keys they may see.
static void forward_tile(const Attention *a, Head h, int i0, int n)
{
    const int dy = a->y->cols, dv = a->v->cols, width = a->width;
    float s[TILE * TILE], max[TILE], sum_e[TILE];
    float *y = a->y->val + (size_t)(h.q0 + i0) * dy + h.qcol;
    for (int i = 0; i < n; i++) {
        max[i] = -INFINITY;
        sum_e[i] = 0;
        memset(y + (size_t)i * dy, 0, width * sizeof *y);
    }
    Range all = visible_to_all(a, h, i0, n);
    for (int j0 = all.first; j0 < all.end; j0 += TILE) {
        const int m = at_most(TILE, all.end - j0);
        score_tile(a, h, i0, n, j0, m, s);
        for (int i = 0; i < n; i++)
            take_scores(s + i * TILE, m, &max[i], &sum_e[i], y + (size_t)i * dy,
                        width);
        gemm_nn(n, width, m, s, TILE,
                a->v->val + (size_t)(h.k0 + j0) * dv + h.kcol, dv, y, dy, true);
    }
    for (int i = 0; i < n; i++) {
        const float share = sum_e[i] > 0 ? 1 / sum_e[i] : 0;
        for (int c = 0; c < width; c++)
            y[(size_t)i * dy + c] *= share;
        a->logsum[(size_t)(h.q0 + i0 + i) * a->heads + h.head] =
            max[i] + logf(sum_e[i]); // -INFINITY if it saw nothing
    }
}

static void forward_heads(void *context, int from, int to)
{
    const Attention *a = context;
    for (int t = from; t < to; t++) {
        Head h = head_of(a, t / a->heads, t % a->heads);
        for (int i0 = 0; i0 < h.Tq; i0 += TILE)
            forward_tile(a, h, i0, at_most(TILE, h.Tq - i0));
    }
}

// --- backward ---------------------------------------------------------------

// One head: y = p v with p = softmax(s), s = scale q k^T. So
//   dv += p^T dy,  dp = dy v^T,  ds = p (dp - D),  dq += scale ds k,
//   dk += scale ds^T q,
// with D = sum over j of p dp = sum over columns of y dy, a number a row.
static void backward_tile(const Attention *a, Head h, int i0, int n)
{
    const int dq = a->q->cols, dk = a->k->cols, dv = a->v->cols;
    const int width = a->width;
    const size_t at_q = (size_t)(h.q0 + i0) * dq + h.qcol;
    const float *dy = a->y->grad + at_q, *y = a->y->val + at_q;
    float p[TILE * TILE], ds[TILE * TILE], D[TILE], L[TILE];
    for (int i = 0; i < n; i++) {
        D[i] = dot(y + (size_t)i * dq, dy + (size_t)i * dq, width);
        L[i] = a->logsum[(size_t)(h.q0 + i0 + i) * a->heads + h.head];
    }
    Range all = visible_to_all(a, h, i0, n);
    for (int j0 = all.first; j0 < all.end; j0 += TILE) {
        const int m = at_most(TILE, all.end - j0);
        const size_t at_k = (size_t)(h.k0 + j0) * dk + h.kcol;
        const size_t at_v = (size_t)(h.k0 + j0) * dv + h.kcol;
        score_tile(a, h, i0, n, j0, m, p);
        for (int i = 0; i < n; i++) {
            float *row_p = p + i * TILE;
            if (L[i] == -INFINITY) {
                memset(row_p, 0, m * sizeof *row_p);
                continue;
            }
            for (int j = 0; j < m; j++)
                row_p[j] -= L[i];
            exp_each(row_p, row_p, m);
        }
        if (wants_grad(a->v))
            gemm_tn(m, width, n, p, TILE, dy, dq, a->v->grad + at_v, dv, true);
        gemm_nt(n, m, width, dy, dq, a->v->val + at_v, dv, ds, TILE, false);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++)
                ds[i * TILE + j] =
                    a->scale * p[i * TILE + j] * (ds[i * TILE + j] - D[i]);
        if (wants_grad(a->q))
            gemm_nn(n, width, m, ds, TILE, a->k->val + at_k, dk,
                    a->q->grad + at_q, dq, true);
        if (wants_grad(a->k))
            gemm_tn(m, width, n, ds, TILE, a->q->val + at_q, dq,
                    a->k->grad + at_k, dk, true);
    }
}

// A thread takes all heads that share keys, since they add to the same dk, dv.
static void backward_groups(void *context, int from, int to)
{
    const Attention *a = context;
    const int groups = a->heads / a->share;
    for (int t = from; t < to; t++)
        for (int i = 0; i < a->share; i++) {
            Head h = head_of(a, t / groups, t % groups * a->share + i);
            for (int i0 = 0; i0 < h.Tq; i0 += TILE)
                backward_tile(a, h, i0, at_most(TILE, h.Tq - i0));
        }
}

// Operations for one pair of query and key in one head: two products.
static double cost_of_pairs(const Attention *a)
{
    double pairs = 0;
    for (int s = 0; s < a->qs.n; s++)
        pairs += (double)(a->qs.start[s + 1] - a->qs.start[s]) *
                 (a->ks.start[s + 1] - a->ks.start[s]);
    return 4 * pairs * a->width;
}

static void attention_back(const Op *op)
{
    Attention *a = op->keep;
    for (int i = 0; i < 3; i++)
        if (wants_grad(op->in[i]))
            grad(op->in[i]);
    const int groups = a->heads / a->share;
    parallel_for(a->qs.n * groups,
                 2.5 * cost_of_pairs(a) * a->share / at_least(1, a->qs.n),
                 backward_groups, a);
}

// --- the operation ----------------------------------------------------------

static void check_shapes(const Matrix *q, const Matrix *k, int heads, Mask mask)
{
    check(mask.window >= 0, "a window of %d", mask.window);
    check(heads >= 1 && q->cols % heads == 0 && q->cols > 0,
          "%d columns do not make %d heads", q->cols, heads);
    const int width = q->cols / heads;
    check(k->cols % width == 0 && k->cols > 0 && heads % (k->cols / width) == 0,
          "%d heads of width %d cannot share keys of %d columns", heads, width,
          k->cols);
}

Matrix *attention(Matrix *q, Matrix *k, Matrix *v, int heads, Mask mask)
{
    check_shapes(q, k, heads, mask);
    check(v->rows == k->rows && v->cols == k->cols,
          "keys are %d x %d, values %d x %d", k->rows, k->cols, v->rows,
          v->cols);
    Op *op = record(attention_back, q->rows, q->cols, q, k, v);
    Arena *arena = &op->out->tape->arena;
    Attention *a = op->keep = arena_zero(arena, 1, sizeof *a);
    *a = (Attention){.op = op, .q = q, .k = k, .v = v, .y = op->out};
    a->heads = heads;
    a->width = q->cols / heads;
    a->share = heads / (k->cols / a->width);
    a->scale = 1 / sqrtf((float)a->width);
    a->mask = mask;
    if (mask.slope)
        a->mask.slope = arena_copy(arena, mask.slope, heads, sizeof(float));
    a->logsum = arena_take(arena, (size_t)q->rows * heads, sizeof(float));
    a->qs = spans_of(op->out);
    a->ks = k->seq.n > 0
                ? k->seq
                : spans_of(&(Matrix){.rows = k->rows, .tape = op->out->tape});
    check(a->qs.n == a->ks.n, "%d sequences of queries look at %d of keys",
          a->qs.n, a->ks.n);
    parallel_for(a->qs.n * heads, cost_of_pairs(a) / at_least(1, a->qs.n),
                 forward_heads, a);
    return op->out;
}

void attention_weights(const Matrix *q, const Matrix *k, int heads, Mask mask,
                       int head, int sequence, float *weights)
{
    check_shapes(q, k, heads, mask);
    int q_all[2] = {0, q->rows}, k_all[2] = {0, k->rows};
    Attention a = {.heads = heads, .mask = mask, .width = q->cols / heads};
    a.share = heads / (k->cols / a.width);
    a.qs = q->seq.n ? q->seq : (Spans){1, q_all};
    a.ks = k->seq.n ? k->seq : (Spans){1, k_all};
    check(a.qs.n == a.ks.n, "%d sequences of queries look at %d of keys",
          a.qs.n, a.ks.n);
    check(head >= 0 && head < heads && sequence >= 0 && sequence < a.qs.n,
          "there is no head %d of sequence %d", head, sequence);
    Head h = head_of(&a, sequence, head);
    for (int i = 0; i < h.Tq; i++) {
        const int p = i + h.Tk - h.Tq;
        const float *query = q->val + (size_t)(h.q0 + i) * q->cols + h.qcol;
        float *w = weights + (size_t)i * h.Tk;
        Range r = visible(mask, p, h.Tk);
        for (int j = 0; j < h.Tk; j++) {
            w[j] = -INFINITY;
            if (j < r.first || j >= r.end)
                continue;
            w[j] = dot(query, k->val + (size_t)(h.k0 + j) * k->cols + h.kcol,
                       a.width) /
                   sqrtf((float)a.width);
            if (mask.slope)
                w[j] -= mask.slope[head] * fabsf((float)(p - j));
        }
        softmax_row(w, w, h.Tk);
    }
}
