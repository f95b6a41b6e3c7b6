// Tests of chapter 11. The laws of a cache: whatever way the rows go in, in one
// piece, in any pieces, one by one, beside other texts, in a ring, in blocks
// that lie anywhere or belong to two texts, what comes out is the same.
#include "11-kv-cache/cached_gpt.h"
#include "11-kv-cache/cost.h"
#include "11-kv-cache/learn.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/ops.h"
#include "common/testing.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>

// --- attention over a cache, against attention over matrices ----------------

// One text of `length` tokens, one layer.
typedef struct Text1 {
    int length, heads, groups, w;
    float *q, *k, *v; // length x heads * w, length x groups * w (twice)
} Text1;

static float *noise(Rng *r, size_t n)
{
    float *x = new_array(n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(r);
    return x;
}

static Text1 text_new(uint64_t seed, int length, int heads, int groups, int w)
{
    Rng r = rng_new(seed);
    const size_t n = (size_t)length * w;
    return (Text1){length,
                   heads,
                   groups,
                   w,
                   noise(&r, n * heads),
                   noise(&r, n * groups),
                   noise(&r, n * groups)};
}

static void text_free(Text1 *x)
{
    free(x->q);
    free(x->k);
    free(x->v);
}

// Reads rows from .. from + n - 1 of the text into layer 1 of the cache and
// writes what they find into y.
static void read_rows(KvCache *c, const Text1 *x, int from, int n, int window,
                      float *y)
{
    const int dq = x->heads * x->w, dk = x->groups * x->w;
    kv_extend(c, n);
    kv_put(c, 1, n, x->k + (size_t)from * dk, x->v + (size_t)from * dk);
    kv_attend(c, 1, n, x->q + (size_t)from * dq, x->heads, x->w, window,
              y + (size_t)from * dq);
}

// The whole text in chunks: of `chunk` rows, or of random size if chunk is 0;
// never more than there is room for.
static void read_text(KvCache *c, const Text1 *x, int chunk, int window,
                      float *y)
{
    Rng r = rng_new(9);
    for (int at = 0; at < x->length;) {
        int n = chunk ? chunk : 1 + rng_below(&r, 23);
        n = n < kv_room(c) ? n : kv_room(c);
        n = n < x->length - at ? n : x->length - at;
        read_rows(c, x, at, n, window, y);
        at += n;
    }
}

// What attention() of the library says; and with sinks, which it does not
// know, what the definition says.
static void reference(const Text1 *x, int window, int sinks, float *y)
{
    const int dq = x->heads * x->w, dk = x->groups * x->w;
    if (sinks == 0) {
        Tape *t = tape_new(0, 1);
        const Matrix *m = attention(matrix_of(t, x->length, dq, x->q),
                                    matrix_of(t, x->length, dk, x->k),
                                    matrix_of(t, x->length, dk, x->v), x->heads,
                                    (Mask){.causal = true, .window = window});
        memcpy(y, m->val, sizeof *y * (size_t)x->length * dq);
        tape_free(t);
        return;
    }
    for (int i = 0; i < x->length; i++)
        for (int h = 0; h < x->heads; h++) {
            const int at = h / (x->heads / x->groups) * x->w;
            const float *q = x->q + i * dq + h * x->w;
            double sum = 0, u[64] = {0};
            for (int j = 0; j <= i; j++) {
                if (j >= sinks && i - j >= window)
                    continue;
                double s = 0;
                for (int k = 0; k < x->w; k++)
                    s += (double)q[k] * (double)x->k[j * dk + at + k];
                s = exp(s / sqrt(x->w));
                sum += s;
                for (int k = 0; k < x->w; k++)
                    u[k] += s * (double)x->v[j * dk + at + k];
            }
            for (int k = 0; k < x->w; k++)
                y[i * dq + h * x->w + k] = (float)(u[k] / sum);
        }
}

typedef struct Case {
    int length, heads, groups, w, block, window, sinks;
} Case;

static const Case cases[] = {
    {1, 1, 1, 1, 1, 0, 0},      {2, 3, 3, 5, 64, 0, 0},
    {131, 4, 4, 7, 13, 0, 0},   {131, 6, 2, 5, 64, 0, 0},
    {67, 6, 1, 11, 1, 0, 0},    {131, 4, 4, 32, 64, 0, 0},
    {139, 2, 2, 33, 17, 29, 0}, {139, 6, 3, 8, 64, 1, 0},
    {139, 4, 2, 16, 5, 41, 0},  {139, 2, 2, 7, 11, 31, 3},
    {139, 4, 1, 7, 16, 17, 16}, {97, 70, 1, 3, 8, 0, 0},
    {61, 2, 1, 16, 7, 500, 0},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void cached_is_uncached(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const Case *a = &cases[i];
        Text1 x = text_new(i, a->length, a->heads, a->groups, a->w);
        const size_t n = (size_t)a->length * a->heads * a->w;
        float *want = new_array(n, sizeof *want);
        float *got = new_array(n, sizeof *got);
        reference(&x, a->window, a->sinks, want);
        KvPool *p = kv_pool_new(2, a->groups * a->w, a->block,
                                a->length / a->block + 1);
        KvCache c = kv_cache_new(p, a->length, a->window, a->sinks);
        read_rows(&c, &x, 0, a->length, 0, got);
        assert_close(got, want, n, 2e-6);
        kv_cache_free(&c);
        kv_pool_free(p);
        free(want);
        free(got);
        text_free(&x);
    }
}

// Not nearly: the same bits.
static void every_split_is_one_shot(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const Case *a = &cases[i];
        Text1 x = text_new(i, a->length, a->heads, a->groups, a->w);
        const size_t n = (size_t)a->length * a->heads * a->w;
        float *want = new_array(n, sizeof *want);
        float *got = new_array(n, sizeof *got);
        KvPool *p = kv_pool_new(2, a->groups * a->w, a->block,
                                2 * (a->length / a->block + 1));
        KvCache c = kv_cache_new(p, a->length, a->window, a->sinks);
        read_rows(&c, &x, 0, a->length, 0, want);
        const int chunks[] = {1, 2, 3, 7, 31, 33, 64, 0};
        for (int k = 0; k < 8; k++) {
            KvCache d = kv_cache_new(p, a->length, a->window, a->sinks);
            memset(got, 0, n * sizeof *got);
            read_text(&d, &x, chunks[k], 0, got);
            assert_memory_equal(got, want, n * sizeof *got);
            kv_cache_free(&d);
        }
        kv_cache_free(&c);
        kv_pool_free(p);
        free(want);
        free(got);
        text_free(&x);
    }
}

// A ring that keeps no more than the window needs says what a cache says that
// keeps everything and looks through the window.
static void rolling_is_a_window(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const Case *a = &cases[i];
        if (a->window == 0)
            continue;
        Text1 x = text_new(i, a->length, a->heads, a->groups, a->w);
        const size_t n = (size_t)a->length * a->heads * a->w;
        float *want = new_array(n, sizeof *want);
        float *got = new_array(n, sizeof *got);
        KvPool *p = kv_pool_new(2, a->groups * a->w, a->block,
                                a->length / a->block + 200);
        KvCache c =
            kv_cache_new(p, a->length, a->sinks ? a->window : 0, a->sinks);
        read_rows(&c, &x, 0, a->length, a->window, want);
        kv_cache_free(&c);
        for (int chunk = 0; chunk < 40; chunk += 13) {
            KvCache d = kv_cache_new(p, 0, a->window, a->sinks);
            read_text(&d, &x, chunk, 0, got);
            assert_memory_equal(got, want, n * sizeof *got);
            const int before = p->idle;
            kv_cache_free(&d);
            const int held = p->idle - before;
            const int pinned = (a->sinks + a->block - 1) / a->block;
            assert_true(held <= pinned + (a->window - 1) / a->block + 2);
        }
        kv_pool_free(p);
        free(want);
        free(got);
        text_free(&x);
    }
}

// --- blocks -----------------------------------------------------------------

// Blocks that lie in the pool in any order, between those of another text.
static void paged_is_contiguous(void **state)
{
    (void)state;
    enum { T = 113, HEADS = 4, W = 7, N = T * HEADS * W };
    Text1 x = text_new(1, T, HEADS, 2, W), z = text_new(2, T, HEADS, 2, W);
    static float want[N], got[N], other[N];
    KvPool *p = kv_pool_new(2, 2 * W, 5, 80);
    KvCache c = kv_cache_new(p, T, 0, 0);
    read_rows(&c, &x, 0, T, 0, want);
    for (int i = 0; i < c.slots; i++)
        assert_int_equal(c.table[i], i); // contiguous
    kv_cache_free(&c);
    Rng r = rng_new(3);
    rng_shuffle(&r, p->stack, p->idle);
    c = kv_cache_new(p, T, 0, 0);
    KvCache d = kv_cache_new(p, T, 0, 0);
    for (int i = 0; i < T; i++) { // by turns
        read_rows(&c, &x, i, 1, 0, got);
        read_rows(&d, &z, i, 1, 0, other);
    }
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(p->idle, 80 - 2 * 23);
    assert_int_equal(kv_pool_used(p), (size_t)2 * 23 * 2 * 2 * 2 * W * 5 * 4);
    kv_cache_free(&d);
    kv_cache_free(&c);
    assert_int_equal(p->idle, 80);
    kv_pool_free(p);
    text_free(&x);
    text_free(&z);
}

// Two texts that begin alike share blocks. Neither disturbs the other, whoever
// writes first.
static void a_shared_beginning(void **state)
{
    (void)state;
    enum { T = 53, SAME = 23, HEADS = 2, W = 5, N = T * HEADS * W, B = 7 };
    Text1 x = text_new(1, T, HEADS, 2, W), z = text_new(2, T, HEADS, 2, W);
    static float want[2][N], got[2][N];
    memcpy(z.q, x.q, sizeof(float) * SAME * HEADS * W);
    memcpy(z.k, x.k, sizeof(float) * SAME * HEADS * W);
    memcpy(z.v, x.v, sizeof(float) * SAME * HEADS * W);
    for (int first = 0; first < 2; first++) {
        KvPool *p = kv_pool_new(2, 2 * W, B, 40);
        const Text1 *text[2] = {&x, &z};
        for (int i = 0; i < 2; i++) {
            KvCache c = kv_cache_new(p, T, 0, 0);
            read_rows(&c, text[i], 0, T, 0, want[i]);
            kv_cache_free(&c);
        }
        KvCache c[2] = {kv_cache_new(p, T, 0, 0)};
        read_rows(&c[0], &x, 0, SAME, 0, got[0]);
        memcpy(got[1], got[0], sizeof got[0]);
        c[1] = kv_fork(&c[0], SAME);
        assert_int_equal(p->blocks - p->idle, 4); // 23 positions, once
        // The last of them is begun: who writes first, gets a copy.
        assert_int_equal(kv_blocks_needed(&c[first], 1), 1);
        read_rows(&c[first], text[first], SAME, 1, 0, got[first]);
        assert_int_equal(p->blocks - p->idle, 5);
        assert_int_equal(kv_blocks_needed(&c[!first], 1), 0);
        for (int i = SAME + 1; i < T; i++)
            read_rows(&c[first], text[first], i, 1, 0, got[first]);
        read_rows(&c[!first], text[!first], SAME, T - SAME, 0, got[!first]);
        assert_memory_equal(got[0], want[0], sizeof want[0]);
        assert_memory_equal(got[1], want[1], sizeof want[1]);
        assert_int_equal(p->blocks - p->idle, 8 + 8 - 3);
        kv_cache_free(&c[0]);
        kv_cache_free(&c[1]);
        assert_int_equal(p->idle, 40);
        kv_pool_free(p);
    }
    text_free(&x);
    text_free(&z);
}

static void forks_of_a_ring(void **state)
{
    (void)state;
    enum { T = 71, AT = 40, HEADS = 2, W = 3, N = T * HEADS * W, B = 4 };
    Text1 x = text_new(1, T, HEADS, 1, W);
    static float want[N], got[N];
    KvPool *p = kv_pool_new(2, W, B, 60);
    KvCache c = kv_cache_new(p, 0, 9, 2);
    read_text(&c, &x, 3, 0, want);
    kv_cache_free(&c);
    c = kv_cache_new(p, 0, 9, 2);
    for (int i = 0; i < AT; i++)
        read_rows(&c, &x, i, 1, 0, got);
    KvCache d = kv_fork(&c, AT);
    for (int i = AT; i < T; i++)
        read_rows(&c, &x, i, 1, 0, got);
    assert_memory_equal(got, want, sizeof want);
    memset(got + AT * HEADS * W, 0, sizeof(float) * (T - AT) * HEADS * W);
    for (int i = AT; i < T; i++)
        read_rows(&d, &x, i, 1, 0, got);
    assert_memory_equal(got, want, sizeof want);
    kv_cache_free(&c);
    kv_cache_free(&d);
    assert_int_equal(p->idle, 60);
    kv_pool_free(p);
    text_free(&x);
}

// What was cut off and written again is as if it had never been.
static void going_back(void **state)
{
    (void)state;
    enum { T = 41, HEADS = 2, W = 3, N = T * HEADS * W, B = 4 };
    Text1 x = text_new(1, T, HEADS, 2, W), z = text_new(2, T, HEADS, 2, W);
    static float want[N], got[N], waste[N];
    KvPool *p = kv_pool_new(2, 2 * W, B, 30);
    KvCache c = kv_cache_new(p, T, 0, 0), d = kv_cache_new(p, T, 0, 0);
    read_rows(&c, &x, 0, T, 0, want);
    read_rows(&d, &x, 0, 18, 0, got);
    KvCache e = kv_fork(&d, 18);
    read_rows(&d, &z, 18, 20, 0, waste);
    const int idle = p->idle; // 38 positions take 10 blocks, 18 take 5
    kv_cut(&d, 18);
    assert_int_equal(d.length, 18);
    assert_int_equal(p->idle, idle + 5);
    read_rows(&d, &x, 18, T - 18, 0, got);
    assert_memory_equal(got, want, sizeof want);
    kv_cut(&e, 16); // a whole number of blocks
    read_rows(&e, &x, 16, T - 16, 0, got);
    assert_memory_equal(got, want, sizeof want);
    kv_cut(&e, 0);
    kv_cache_free(&e);
    kv_cache_free(&c);
    kv_cache_free(&d);
    assert_int_equal(p->idle, 30);
    kv_pool_free(p);
    text_free(&x);
    text_free(&z);
}

static void a_pool_holds_what_the_formula_says(void **state)
{
    (void)state;
    // 2 x 3 layers x width 10 x 14 positions x 4 bytes
    assert_int_equal(kv_bytes(3, 10, 14), 3360);
    // Llama 2 7B at its full length: more than an int can say.
    assert_true(kv_bytes(32, 4096, 4096) == (size_t)4 << 30);
    // And one whose numbers are already more than that.
    assert_true(kv_bytes(80, 8192, 4096) == (size_t)20 << 30);
    KvPool *p = kv_pool_new(3, 32, 7, 5);
    assert_int_equal(p->memory.used, kv_bytes(3, 32, 35));
    KvCache c = kv_cache_new(p, 30, 0, 0);
    assert_int_equal(kv_room(&c), 35);
    assert_int_equal(kv_pool_used(p), 0);
    kv_extend(&c, 0);
    assert_int_equal(kv_pool_used(p), 0);
    kv_extend(&c, 7);
    assert_int_equal(kv_pool_used(p), kv_bytes(3, 32, 7));
    kv_extend(&c, 1);
    assert_int_equal(kv_pool_used(p), kv_bytes(3, 32, 14));
    kv_cache_free(&c);
    assert_int_equal(kv_pool_used(p), 0);
    kv_pool_free(p);
}

static void nothing_is_allocated_on_the_way(void **state)
{
    (void)state;
    enum { T = 61 };
    Text1 x = text_new(1, T, 2, 2, 8);
    float y[T * 16];
    KvPool *p = kv_pool_new(2, 16, 8, 20);
    KvCache c = kv_cache_new(p, T, 0, 0);
    read_rows(&c, &x, 0, 2, 0, y);
    const long before = testing_allocations();
    for (int i = 2; i < T; i++)
        read_rows(&c, &x, i, 1, 0, y);
    assert_int_equal(testing_allocations(), before);
    kv_cache_free(&c);
    kv_pool_free(p);
    text_free(&x);
}

// The threads share out rows and heads; the bits stay.
static void threads_change_nothing(void **state)
{
    (void)state;
    enum { T = 257, HEADS = 4, W = 32, N = T * HEADS * W };
    Text1 x = text_new(1, T, HEADS, 4, W);
    static float want[N], got[N];
    const int before = threads_count();
    KvPool *p = kv_pool_new(2, HEADS * W, 64, 5);
    for (int threads = 1; threads <= 7; threads += 3) {
        threads_set(threads);
        KvCache c = kv_cache_new(p, T, 0, 0);
        read_rows(&c, &x, 0, T, 0, threads == 1 ? want : got);
        if (threads > 1)
            assert_memory_equal(got, want, sizeof want);
        kv_cache_free(&c);
    }
    threads_set(before);
    kv_pool_free(p);
    text_free(&x);
}

// --- misuse -----------------------------------------------------------------

static void beyond_the_end(void *pool)
{
    KvCache c = kv_cache_new(pool, 8, 0, 0);
    kv_extend(&c, 9);
}

static void beyond_the_pool(void *pool)
{
    KvCache c = kv_cache_new(pool, 80, 0, 0);
    kv_extend(&c, 60);
}

static void cut_what_is_forgotten(void *pool)
{
    KvCache c = kv_cache_new(pool, 0, 5, 0);
    for (int i = 0; i < 20; i++)
        kv_extend(&c, 1);
    kv_cut(&c, 19);
}

static void wrong_heads(void *pool)
{
    KvCache c = kv_cache_new(pool, 8, 0, 0);
    float x[16] = {0}, y[16];
    kv_extend(&c, 1);
    kv_put(&c, 0, 1, x, x);
    kv_attend(&c, 0, 1, x, 3, 4, 0, y);
}

static void misuse_is_told(void **state)
{
    (void)state;
    KvPool *p = kv_pool_new(1, 8, 4, 10);
    assert_dies(beyond_the_end, p, 128 + 6, "there is room for 8");
    assert_dies(beyond_the_pool, p, 128 + 6, "all 10 blocks");
    assert_dies(cut_what_is_forgotten, p, 128 + 6, "19 of 20 positions");
    assert_dies(wrong_heads, p, 128 + 6, "3 heads of width 4");
    kv_pool_free(p);
}

// --- a whole model ----------------------------------------------------------

// Shapes that fit nothing: 7 positions in a block are used with them. The last
// has sums of more than 384 terms.
static const GptShape shapes[] = {
    {.pieces = 23,
     .context = 61,
     .width = 12,
     .heads = 3,
     .groups = 3,
     .layers = 2,
     .hidden = 19},
    {.pieces = 17,
     .context = 61,
     .width = 20,
     .heads = 4,
     .groups = 2,
     .layers = 3,
     .hidden = 37},
    {.pieces = 31,
     .context = 61,
     .width = 24,
     .heads = 4,
     .groups = 1,
     .layers = 2,
     .hidden = 48,
     .window = 11},
    {.pieces = 11,
     .context = 61,
     .width = 10,
     .heads = 2,
     .groups = 2,
     .layers = 1,
     .hidden = 1013},
    {.pieces = 1,
     .context = 61,
     .width = 1,
     .heads = 1,
     .groups = 1,
     .layers = 1,
     .hidden = 1},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0], BLOCK = 7, TOKENS = 59 };

// A model whose scores are no small numbers, and a text for it.
static Gpt model_new(const GptShape *s, int id[TOKENS])
{
    Gpt m = gpt_new(*s, 5);
    Rng r = rng_new(6);
    for (size_t i = 0; i < m.params->count; i++)
        m.params->val[i] += 0.2f * rng_normal(&r);
    for (int i = 0; i < TOKENS; i++)
        id[i] = rng_below(&r, s->pieces);
    return m;
}

static void a_model_cached_is_uncached(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        int id[TOKENS];
        Gpt m = model_new(&shapes[i], id);
        Tape *t = tape_new(0, 1);
        t->training = false;
        const Tokens text = {.n = TOKENS, .id = id};
        const Matrix *want = gpt_forward(&m, t, text);
        CachedGpt g = cached_gpt_new(&m, TOKENS);
        KvPool *p = cached_gpt_pool(&m, BLOCK, 10);
        KvCache c = cached_gpt_cache(&m, p);
        const float *got = cached_gpt_read(&g, text, &c, true);
        assert_close(got, want->val, (size_t)TOKENS * want->cols, 5e-6);
        kv_cache_free(&c);
        kv_pool_free(p);
        cached_gpt_free(&g);
        tape_free(t);
        gpt_free(&m);
    }
}

// Bit for bit, with every row's scores; then with the prompt function.
static void every_split_of_a_prompt(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        int id[TOKENS];
        Gpt m = model_new(&shapes[i], id);
        const int V = shapes[i].pieces;
        CachedGpt g = cached_gpt_new(&m, TOKENS);
        KvPool *p = cached_gpt_pool(&m, BLOCK, 10);
        float *want = new_array((size_t)TOKENS * V, sizeof *want);
        KvCache c = cached_gpt_cache(&m, p);
        memcpy(want,
               cached_gpt_read(&g, (Tokens){.n = TOKENS, .id = id}, &c, true),
               sizeof *want * (size_t)TOKENS * V);
        const float *last = want + (size_t)(TOKENS - 1) * V;
        for (int chunk = 1; chunk <= 32; chunk += chunk < 8 ? 1 : 8) {
            kv_cut(&c, 0);
            for (int at = 0, n; at < TOKENS; at += n) {
                n = TOKENS - at < chunk ? TOKENS - at : chunk;
                const float *got = cached_gpt_read(
                    &g, (Tokens){.n = n, .id = id + at}, &c, true);
                assert_memory_equal(got, want + (size_t)at * V,
                                    sizeof *got * (size_t)n * V);
            }
            kv_cut(&c, 0);
            assert_memory_equal(cached_gpt_prompt(&g, TOKENS, id, chunk, &c),
                                last, sizeof *last * V);
        }
        CachedGpt narrow = cached_gpt_new(&m, 3); // three rows at a time
        kv_cut(&c, 0);
        assert_memory_equal(cached_gpt_prompt(&narrow, TOKENS, id, 0, &c), last,
                            sizeof *last * V);
        cached_gpt_free(&narrow);
        free(want);
        kv_cache_free(&c);
        kv_pool_free(p);
        cached_gpt_free(&g);
        gpt_free(&m);
    }
}

// Three texts of other lengths, by turns, each as if alone.
static void a_batch_is_each_alone(void **state)
{
    (void)state;
    enum { TEXTS = 3 };
    static const int length[TEXTS] = {17, 1, 9};
    for (int i = 0; i < SHAPES; i++) {
        int id[TOKENS], start[TEXTS + 1] = {0}, newest[TEXTS];
        Gpt m = model_new(&shapes[i], id);
        const int V = shapes[i].pieces;
        CachedGpt g = cached_gpt_new(&m, TOKENS);
        KvPool *p = cached_gpt_pool(&m, BLOCK, 40);
        KvCache c[TEXTS], alone[TEXTS];
        for (int k = 0; k < TEXTS; k++) {
            c[k] = cached_gpt_cache(&m, p);
            alone[k] = cached_gpt_cache(&m, p);
            start[k + 1] = start[k] + length[k];
        }
        float *got = new_array((size_t)TEXTS * V, sizeof *got);
        for (int step = 0; step < 20; step++) {
            const int *ids = step ? newest : id;
            const Tokens all = {start[TEXTS], ids, {TEXTS, start}};
            memcpy(got, cached_gpt_read(&g, all, c, false),
                   sizeof *got * (size_t)TEXTS * V);
            for (int k = 0; k < TEXTS; k++) {
                const float *want =
                    cached_gpt_read(&g,
                                    (Tokens){.n = start[k + 1] - start[k],
                                             .id = ids + start[k]},
                                    &alone[k], false);
                assert_memory_equal(got + (size_t)k * V, want,
                                    sizeof *want * V);
            }
            for (int k = 0; k < TEXTS; k++) {
                newest[k] = id[(5 * step + k) % TOKENS];
                start[k + 1] = k + 1;
            }
        }
        free(got);
        for (int k = 0; k < TEXTS; k++) {
            kv_cache_free(&c[k]);
            kv_cache_free(&alone[k]);
        }
        kv_pool_free(p);
        cached_gpt_free(&g);
        gpt_free(&m);
    }
}

// A ring of the window's size, against chapter 10's model with that window;
// positions go on counting.
static void a_rolling_model_is_a_model_with_a_window(void **state)
{
    (void)state;
    int id[TOKENS];
    Gpt m = model_new(&shapes[2], id);
    Tape *t = tape_new(0, 1);
    t->training = false;
    const int V = m.shape.pieces;
    const Matrix *want = gpt_forward(&m, t, (Tokens){.n = TOKENS, .id = id});
    CachedGpt g = cached_gpt_new(&m, TOKENS);
    KvPool *p = cached_gpt_pool(&m, BLOCK, 3); // 10 before, and a block's rest
    KvCache c = kv_cache_new(p, 0, m.shape.window, 0);
    for (int at = 0, n; at < TOKENS; at += n) {
        n = TOKENS - at < kv_room(&c) ? TOKENS - at : kv_room(&c);
        const float *got =
            cached_gpt_read(&g, (Tokens){.n = n, .id = id + at}, &c, true);
        assert_close(got, want->val + (size_t)at * V, (size_t)n * V, 5e-6);
    }
    assert_int_equal(p->idle, 0);
    kv_cache_free(&c);
    // A prompt that is longer than the ring, cut where there is no more room.
    c = kv_cache_new(p, 0, m.shape.window, 0);
    assert_close(cached_gpt_prompt(&g, TOKENS, id, 0, &c),
                 want->val + (size_t)(TOKENS - 1) * V, V, 5e-6);
    kv_cache_free(&c);
    kv_pool_free(p);
    // And a cache that keeps everything: the window is the model's.
    p = cached_gpt_pool(&m, BLOCK, 10);
    c = kv_cache_new(p, TOKENS, 0, 0);
    assert_close(cached_gpt_prompt(&g, TOKENS, id, 0, &c),
                 want->val + (size_t)(TOKENS - 1) * V, V, 5e-6);
    kv_cache_free(&c);
    kv_pool_free(p);
    cached_gpt_free(&g);
    tape_free(t);
    gpt_free(&m);
}

static void a_model_allocates_nothing_on_the_way(void **state)
{
    (void)state;
    int id[TOKENS];
    Gpt m = model_new(&shapes[1], id);
    CachedGpt g = cached_gpt_new(&m, TOKENS);
    KvPool *p = cached_gpt_pool(&m, BLOCK, 10);
    KvCache c = cached_gpt_cache(&m, p);
    const long before = testing_allocations();
    cached_gpt_prompt(&g, 20, id, 7, &c);
    for (int i = 20; i < TOKENS; i++)
        cached_gpt_read(&g, (Tokens){.n = 1, .id = id + i}, &c, false);
    assert_int_equal(testing_allocations(), before);
    kv_cache_free(&c);
    kv_pool_free(p);
    cached_gpt_free(&g);
    gpt_free(&m);
}

typedef struct Misused {
    CachedGpt *g;
    KvCache *c;
} Misused;

static void too_long(void *context)
{
    Misused *x = context;
    const int id[62] = {0};
    cached_gpt_prompt(x->g, 62, id, 5, x->c);
}

static void no_such_token(void *context)
{
    Misused *x = context;
    const int id = 17;
    cached_gpt_read(x->g, (Tokens){.n = 1, .id = &id}, x->c, false);
}

static void an_empty_text(void *context)
{
    Misused *x = context;
    const int id = 1, start[] = {0, 1, 1};
    cached_gpt_read(x->g, (Tokens){1, &id, {2, start}}, x->c, false);
}

static void a_model_says_what_is_wrong(void **state)
{
    (void)state;
    int id[TOKENS];
    Gpt m = model_new(&shapes[1], id);
    CachedGpt g = cached_gpt_new(&m, TOKENS);
    KvPool *p = cached_gpt_pool(&m, BLOCK, 30);
    KvCache c[2] = {cached_gpt_cache(&m, p), cached_gpt_cache(&m, p)};
    Misused x = {&g, c};
    assert_dies(too_long, &x, 128 + 6, "the model reads 61");
    assert_dies(no_such_token, &x, 128 + 6, "token 17 of 17");
    assert_dies(an_empty_text, &x, 128 + 6, "text 1 has no new token");
    kv_cache_free(&c[0]);
    kv_cache_free(&c[1]);
    kv_pool_free(p);
    cached_gpt_free(&g);
    gpt_free(&m);
}

// --- costs ------------------------------------------------------------------

// A model small enough to count by hand: d = 4, 2 heads on 1 group, 3 layers,
// hidden 5, 7 pieces. A layer has 16 + 8 + 8 + 16 + 20 + 20 = 88 weights.
static void costs_by_hand(void **state)
{
    (void)state;
    GptShape s = {.pieces = 7,
                  .context = 9,
                  .width = 4,
                  .heads = 2,
                  .groups = 1,
                  .layers = 3,
                  .hidden = 5};
    assert_true(cost_weights(&s) == 4 * (3 * 88 + 28));
    // Two tokens behind three others look at 4 and 5: 9 pairs.
    assert_true(cost_work(&s, 2, 3, 1) ==
                2 * 2 * 3 * 88 + 9 * 3 * (2 * 4 + 2 * 4) + 2 * 28);
    assert_true(cost_cache(&s, 3) == (double)kv_bytes(3, 2, 4));
    s.window = 2;
    assert_true(cost_work(&s, 2, 3, 0) == 2 * 2 * 3 * 88 + 4 * 3 * 16);
    assert_true(cost_cache(&s, 3) == (double)kv_bytes(3, 2, 2));
    assert_true(cost_cache(&s, 0) == (double)kv_bytes(3, 2, 1));
}

// --- what is learnt ---------------------------------------------------------

static void notes_can_be_answered(void **state)
{
    (void)state;
    enum { N = 80 };
    int id[N], next[N];
    Rng r = rng_new(1);
    notes(&r, N, id, next);
    for (int i = 0; i < N; i++) {
        assert_true(id[i] >= 0 && id[i] < NOTE_PIECES);
        assert_true(i % 2 ? id[i] >= NOTE_LETTERS * 10
                          : id[i] < NOTE_LETTERS * 10);
        int known = -1; // the note of the letter that is asked
        for (int j = 0; j < i && i % 2; j += 2)
            if (id[j] / 10 == id[i] - NOTE_LETTERS * 10) {
                assert_true(known < 0 || known == id[j]); // one digit a letter
                known = id[j];
            }
        assert_int_equal(next[i], known);
        assert_true(i % 2 == 0 || known >= 0);
    }
}

static void a_model_learns_them(void **state)
{
    (void)state;
    Gpt m = gpt_new((GptShape){.pieces = NOTE_PIECES,
                               .context = 16,
                               .width = 16,
                               .heads = 2,
                               .groups = 2,
                               .layers = 1,
                               .hidden = 24},
                    1);
    // Guessing among the 88 pieces costs 4.48, among the ten digits of the
    // letter that is asked 2.30.
    assert_true(learn_notes(&m, 150, 16, 1e-2f, 1) < 2);
    gpt_free(&m);
}

static void misuse_of_the_program(void **state)
{
    (void)state;
    assert_refused(2, "--length", "11-kv-cache --length 3");
    assert_refused(2, "--seed", "11-kv-cache --seed x");
    assert_refused(2, "stray", "11-kv-cache stray");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cached_is_uncached),
        cmocka_unit_test(every_split_is_one_shot),
        cmocka_unit_test(rolling_is_a_window),
        cmocka_unit_test(paged_is_contiguous),
        cmocka_unit_test(a_shared_beginning),
        cmocka_unit_test(forks_of_a_ring),
        cmocka_unit_test(going_back),
        cmocka_unit_test(a_pool_holds_what_the_formula_says),
        cmocka_unit_test(nothing_is_allocated_on_the_way),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(a_model_cached_is_uncached),
        cmocka_unit_test(every_split_of_a_prompt),
        cmocka_unit_test(a_batch_is_each_alone),
        cmocka_unit_test(a_rolling_model_is_a_model_with_a_window),
        cmocka_unit_test(a_model_allocates_nothing_on_the_way),
        cmocka_unit_test(a_model_says_what_is_wrong),
        cmocka_unit_test(costs_by_hand),
        cmocka_unit_test(notes_can_be_answered),
        cmocka_unit_test(a_model_learns_them),
        cmocka_unit_test(misuse_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
