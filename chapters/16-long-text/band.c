// Attention as a band; see band.h.
//
// The first `global` tokens of a sequence are blocks of queries of their own,
// which look at one strip: all keys. The others are cut into blocks of
// BAND_BLOCK, and each looks at
//
//     the global keys | the keys near it | its random blocks
//
// For such a block the scores of all its strips stand side by side in one
// array, n x (keys of all strips), 64 rows of a few hundred numbers: small
// enough to take the softmax of whole rows. Backward computes them again.
//
// Threads share out heads and sequences: no two of them write to one place.
#include "16-long-text/band.h"

#include "common/ops_inner.h"

#include <math.h>
#include <string.h>

// Keys first .. first + n - 1 of a sequence; they stand from column `at` on.
typedef struct Strip {
    int first, n, at;
} Strip;

// What the queries first .. first + n - 1 look at.
typedef struct Look {
    int first, n;
    int keys; // of all strips
    int strips;
    int near; // the strip with the neighbours; -1: all see all
    Strip strip[2 + BAND_RANDOM_MOST];
} Look;

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

static void add_strip(Look *l, int first, int end)
{
    if (first >= end)
        return;
    l->strip[l->strips++] = (Strip){first, end - first, l->keys};
    l->keys += end - first;
}

// --- which keys -------------------------------------------------------------

// The band of one sequence: no number in it is larger than T.
static Band fitted(const Band *b, int T)
{
    Band f = *b;
    f.window = at_most(b->window, T);
    f.global = at_most(b->global, T);
    return f;
}

// Random blocks for the queries from row `first` on. Block c is the keys from
// global + c * BAND_BLOCK; low .. high are the blocks that the window touches.
static void add_random(Look *l, const Band *b, int T, int low, int high)
{
    const int blocks = (T - b->global + BAND_BLOCK - 1) / BAND_BLOCK;
    const int outside = blocks - (high - low + 1);
    const int wanted = at_most(b->random, outside);
    int drawn[BAND_RANDOM_MOST];
    Rng r = rng_new(b->seed * 0x9e3779b97f4a7c15u + (uint64_t)l->first);
    for (int k = 0; k < wanted; k++) {
        bool again;
        do { // one that was not drawn yet
            again = false;
            drawn[k] = rng_below(&r, outside);
            for (int i = 0; i < k; i++)
                again = again || drawn[i] == drawn[k];
        } while (again);
        const int c = drawn[k] < low ? drawn[k] : drawn[k] + high - low + 1;
        const int from = b->global + c * BAND_BLOCK;
        add_strip(l, from, at_most(from + BAND_BLOCK, T));
    }
}

// The block of queries that begins at row `first` of a sequence of T.
static Look look_from(const Band *b, int T, int first)
{
    Look l = {.first = first, .near = -1};
    if (first < b->global) {
        l.n = at_most(BAND_BLOCK, b->global - first);
        add_strip(&l, 0, T);
        return l;
    }
    l.n = at_most(BAND_BLOCK, T - first);
    const int from = at_least(b->global, first - b->window + 1);
    const int end = first + l.n - 1 + at_most(b->window, T - first - l.n + 1);
    add_strip(&l, 0, b->global);
    l.near = l.strips;
    add_strip(&l, from, end);
    add_random(&l, b, T, (from - b->global) / BAND_BLOCK,
               (end - 1 - b->global) / BAND_BLOCK);
    return l;
}

bool band_sees(const Band *band, int T, int i, int j)
{
    check(0 <= i && i < T && 0 <= j && j < T, "tokens %d and %d of %d", i, j,
          T);
    const Band b = fitted(band, T);
    if (i < b.global || j < b.global || (i - j < b.window && j - i < b.window))
        return true;
    Look l = look_from(&b, T, i - (i - b.global) % BAND_BLOCK);
    for (int s = 0; s < l.strips; s++)
        if (s != l.near && j >= l.strip[s].first &&
            j < l.strip[s].first + l.strip[s].n)
            return true;
    return false;
}

double band_pairs(const Band *band, int T)
{
    const Band b = fitted(band, T);
    double pairs = 0;
    for (int i = 0; i < T;) {
        Look l = look_from(&b, T, i);
        pairs += (double)l.n * l.keys;
        i += l.n;
    }
    return pairs;
}

// --- one block --------------------------------------------------------------

typedef struct Bands {
    Matrix *q, *k, *v, *y;
    Spans seq;
    int heads, width;
    float scale; // 1 / sqrt(width)
    Band band;
    float *room;  // of each head of each sequence: size numbers
    size_t size;  // for the scores of its largest block, ...
    bool forward; // ... and twice that on the way back
} Bands;

// A head of a sequence: the place of its first number in q, k, v and y (and in
// their gradients), which all have the same shape.
typedef struct Head {
    size_t at;
    int T;
    float *room;
} Head;

static size_t place(const Bands *a, Head h, int i)
{
    return h.at + (size_t)i * a->q->cols;
}

// The scores that lie outside the window of their query become -INFINITY.
static void mask_corners(const Bands *a, const Look *l, float *s)
{
    const Strip near = l->strip[l->near];
    for (int i = 0; i < l->n; i++) {
        float *row_s = s + (size_t)i * l->keys + near.at;
        const int p = l->first + i - near.first; // the query's own key
        const int from = p - a->band.window + 1, end = p + a->band.window;
        for (int j = 0; j < from; j++)
            row_s[j] = -INFINITY;
        for (int j = end; j < near.n; j++)
            row_s[j] = -INFINITY;
    }
}

// The probabilities with which a block looks at its keys: p is n x keys.
static void look_weights(const Bands *a, Head h, const Look *l, float *p)
{
    const int d = a->q->cols;
    for (int s = 0; s < l->strips; s++)
        gemm_nt(l->n, l->strip[s].n, a->width,
                a->q->val + place(a, h, l->first), d,
                a->k->val + place(a, h, l->strip[s].first), d,
                p + l->strip[s].at, l->keys, false);
    for (int i = 0; i < l->n * l->keys; i++)
        p[i] *= a->scale;
    if (l->near >= 0)
        mask_corners(a, l, p);
    for (int i = 0; i < l->n; i++) {
        float *row_p = p + (size_t)i * l->keys;
        softmax_row(row_p, row_p, l->keys);
    }
}

static void forward_block(const Bands *a, Head h, const Look *l)
{
    const int d = a->q->cols;
    look_weights(a, h, l, h.room);
    for (int s = 0; s < l->strips; s++)
        gemm_nn(l->n, a->width, l->strip[s].n, h.room + l->strip[s].at, l->keys,
                a->v->val + place(a, h, l->strip[s].first), d,
                a->y->val + place(a, h, l->first), d, s > 0);
}

// y = p v with p = softmax(s), s = scale q k^T. So, as in common/attention.c,
//   dv += p^T dy,  dp = dy v^T,  ds = scale p (dp - D),  dq += ds k,
//   dk += ds^T q,
// with D = sum over columns of y dy, a number a row.
static void backward_block(const Bands *a, Head h, const Look *l)
{
    const int d = a->q->cols, width = a->width, n = l->n, keys = l->keys;
    const size_t at = place(a, h, l->first);
    const float *y = a->y->val + at, *dy = a->y->grad + at;
    float *p = h.room, *ds = h.room + (size_t)n * keys;
    look_weights(a, h, l, p);
    for (int s = 0; s < l->strips; s++)
        gemm_nt(n, l->strip[s].n, width, dy, d,
                a->v->val + place(a, h, l->strip[s].first), d,
                ds + l->strip[s].at, keys, false);
    for (int i = 0; i < n; i++) {
        float *row_s = ds + (size_t)i * keys, *row_p = p + (size_t)i * keys;
        const float D = dot(y + (size_t)i * d, dy + (size_t)i * d, width);
        for (int j = 0; j < keys; j++)
            row_s[j] = a->scale * row_p[j] * (row_s[j] - D);
    }
    for (int s = 0; s < l->strips; s++) {
        const Strip t = l->strip[s];
        const size_t at_k = place(a, h, t.first);
        if (wants_grad(a->v))
            gemm_tn(t.n, width, n, p + t.at, keys, dy, d, a->v->grad + at_k, d,
                    true);
        if (wants_grad(a->q))
            gemm_nn(n, width, t.n, ds + t.at, keys, a->k->val + at_k, d,
                    a->q->grad + at, d, true);
        if (wants_grad(a->k))
            gemm_tn(t.n, width, n, ds + t.at, keys, a->q->val + at, d,
                    a->k->grad + at_k, d, true);
    }
}

// --- the operation ----------------------------------------------------------

static void band_heads(void *context, int from, int to)
{
    const Bands *a = context;
    for (int t = from; t < to; t++) {
        const int *start = a->seq.start + t / a->heads;
        const Head h = {(size_t)start[0] * a->q->cols + t % a->heads * a->width,
                        start[1] - start[0], a->room + t * a->size};
        const Band b = fitted(&a->band, h.T);
        for (int i = 0; i < h.T;) {
            Look l = look_from(&b, h.T, i);
            (a->forward ? forward_block : backward_block)(a, h, &l);
            i += l.n;
        }
    }
}

// Runs over all heads, with room for the scores of each one's largest block.
static void run_bands(Bands *a, bool forward)
{
    Arena *arena = &a->y->tape->arena;
    const size_t used = arena->used;
    double pairs = 0;
    a->forward = forward;
    a->size = 0;
    for (int i = 0; i < a->seq.n; i++) {
        const int T = a->seq.start[i + 1] - a->seq.start[i];
        const Band b = fitted(&a->band, T);
        for (int first = 0; first < T;) {
            Look l = look_from(&b, T, first);
            const size_t size = (size_t)l.n * l.keys;
            a->size = size > a->size ? size : a->size;
            pairs += (double)size;
            first += l.n;
        }
    }
    a->size *= forward ? 1 : 2;
    const int heads = a->seq.n * a->heads;
    a->room = arena_take(arena, a->size * heads, sizeof *a->room);
    parallel_for(heads, (forward ? 4 : 10) * pairs * a->width / a->seq.n,
                 band_heads, a);
    arena_rewind(arena, used);
}

static void band_back(const Op *op)
{
    for (int i = 0; i < 3; i++)
        if (wants_grad(op->in[i]))
            grad(op->in[i]);
    run_bands(op->keep, false);
}

Matrix *band_attention(Matrix *q, Matrix *k, Matrix *v, int heads, Band band)
{
    check(heads >= 1 && q->cols > 0 && q->cols % heads == 0,
          "%d columns do not make %d heads", q->cols, heads);
    check(k->rows == q->rows && k->cols == q->cols && v->rows == q->rows &&
              v->cols == q->cols,
          "queries are %d x %d, keys %d x %d, values %d x %d", q->rows, q->cols,
          k->rows, k->cols, v->rows, v->cols);
    check(band.window >= 1 && band.global >= 0, "a window of %d, %d global",
          band.window, band.global);
    check(band.random >= 0 && band.random <= BAND_RANDOM_MOST,
          "%d random blocks, %d are the most", band.random, BAND_RANDOM_MOST);
    Op *op = record(band_back, q->rows, q->cols, q, k, v);
    Bands *a = op->keep = arena_zero(&op->out->tape->arena, 1, sizeof *a);
    *a = (Bands){.q = q, .k = k, .v = v, .y = op->out, .band = band};
    a->seq = spans_of(op->out);
    a->heads = heads;
    a->width = q->cols / heads;
    a->scale = 1 / sqrtf((float)a->width);
    run_bands(a, true);
    return op->out;
}
