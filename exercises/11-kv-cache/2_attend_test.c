// Against the definition, in double, on arrays that know nothing of blocks.
#include "11-kv-cache/kv_cache.h"

#include "common/check.h"
#include "common/testing.h"

#include <stdlib.h>

enum { T = 37, LAYERS = 2, MOST = T * 24 };

typedef struct Case {
    const char *what;
    int heads, groups, w, block, window, sinks, chunk;
    int asked; // the window that kv_attend is given; 0: the cache's
} Case;

static void fill(float *x, int n, uint64_t seed)
{
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++)
        x[i] = rng_normal(&r);
}

// Number `at` of head h of what position p finds.
static double wanted(const Case *a, const float *q, const float *k,
                     const float *v, int p, int h, int at)
{
    const int dq = a->heads * a->w, dk = a->groups * a->w;
    const int g = h / (a->heads / a->groups) * a->w;
    double sum = 0, y = 0;
    for (int j = 0; j <= p; j++) {
        const int window = a->asked ? a->asked : a->window;
        if (window > 0 && p - j >= window && j >= a->sinks)
            continue;
        double s = 0;
        for (int i = 0; i < a->w; i++)
            s += (double)q[p * dq + h * a->w + i] * (double)k[j * dk + g + i];
        s = exp(s / sqrt(a->w));
        sum += s;
        y += s * (double)v[j * dk + g + at];
    }
    return y / sum;
}

static void expect(const Case *a)
{
    static float q[MOST], k[MOST], v[MOST], other[MOST], y[MOST];
    const int dq = a->heads * a->w, dk = a->groups * a->w;
    fill(q, T * dq, 1);
    fill(k, T * dk, 2);
    fill(v, T * dk, 3);
    fill(other, T * dk, 4); // for the layer that is not asked
    KvPool *p = kv_pool_new(LAYERS, dk, a->block, 2 * T);
    // With a window it is a ring, and goes round.
    KvCache c = kv_cache_new(p, a->window ? 0 : T, a->window, a->sinks);
    for (int at = 0, n; at < T; at += n) {
        n = T - at < a->chunk ? T - at : a->chunk;
        n = n < kv_room(&c) ? n : kv_room(&c);
        kv_extend(&c, n);
        kv_put(&c, 1, n, k + at * dk, v + at * dk);
        kv_put(&c, 0, n, other + at * dk, other + at * dk);
        kv_attend(&c, 1, n, q + at * dq, a->heads, a->w, a->asked, y + at * dq);
    }
    kv_cache_free(&c);
    kv_pool_free(p);
    for (int at = 0; at < T; at++)
        for (int h = 0; h < a->heads; h++)
            for (int i = 0; i < a->w; i++) {
                const double want = wanted(a, q, k, v, at, h, i);
                const double got = (double)y[at * dq + h * a->w + i];
                if (!(fabs(got - want) < 1e-5))
                    fail_msg("%s: position %d, head %d, number %d should be "
                             "%.5f, yours is %.5f",
                             a->what, at, h, i, want, got);
            }
}

static void token_by_token(void **state)
{
    (void)state;
    expect(&(Case){"one head, a block for all", 1, 1, 3, 64, 0, 0, 1, 0});
    expect(&(Case){"one head, blocks of 5", 1, 1, 3, 5, 0, 0, 1, 0});
    expect(&(Case){"three heads, blocks of 5", 3, 3, 4, 5, 0, 0, 1, 0});
}

static void in_chunks(void **state)
{
    (void)state;
    expect(&(Case){"chunks of 7, blocks of 5", 3, 3, 4, 5, 0, 0, 7, 0});
    expect(&(Case){"all at once", 2, 2, 4, 8, 0, 0, T, 0});
}

static void heads_that_share_keys(void **state)
{
    (void)state;
    expect(&(Case){"6 heads on 2 groups", 6, 2, 4, 5, 0, 0, 7, 0});
    expect(&(Case){"6 heads on 1 group", 6, 1, 4, 5, 0, 0, 1, 0});
}

static void windows_and_sinks(void **state)
{
    (void)state;
    expect(&(Case){"a window of 9", 2, 2, 3, 5, 9, 0, 7, 0});
    expect(&(Case){"a window of 1", 2, 2, 3, 5, 1, 0, 1, 0});
    expect(&(Case){"a window of 9 and 3 sinks", 4, 2, 3, 5, 9, 3, 4, 0});
    expect(&(Case){"a window of 6, and all is kept", 2, 2, 3, 5, 0, 0, 7, 6});
    expect(&(Case){"a window of 6 of 9", 2, 2, 3, 5, 9, 0, 7, 6});
}

// Others read what kv_put wrote, so it must lie where the task says.
static void keys_are_columns_and_values_rows(void **state)
{
    (void)state;
    enum { B = 4, W = 3, N = 6 };
    float k[N * W], v[N * W];
    fill(k, N * W, 5);
    fill(v, N * W, 6);
    KvPool *p = kv_pool_new(LAYERS, W, B, 4);
    KvCache c = kv_cache_new(p, N, 0, 0);
    kv_extend(&c, N);
    kv_put(&c, 1, N, k, v);
    for (int i = 0; i < N * W; i++) {
        const int at = i / W, j = i % W, id = c.table[kv_slot(&c, at / B)];
        const double key = (double)kv_keys(p, id, 1)[j * B + at % B];
        const double value = (double)kv_values(p, id, 1)[at % B * W + j];
        if (key != (double)k[i] || value != (double)v[i])
            fail_msg("blocks of %d, width %d, position %d, number %d: where "
                     "the key should be %.5f there is %.5f, where the value "
                     "should be %.5f there is %.5f",
                     B, W, at, j, (double)k[i], key, (double)v[i], value);
    }
    kv_cache_free(&c);
    kv_pool_free(p);
}

static void large_scores(void **state)
{
    (void)state;
    const float q[] = {100, 0, 100, 0, 100, 0}, k[] = {0, 5, 2, 0, 2, 0};
    const float v[] = {1, 1, 2, 20, 4, 40};
    float y[6];
    KvPool *p = kv_pool_new(1, 2, 4, 1);
    KvCache c = kv_cache_new(p, 3, 0, 0);
    kv_extend(&c, 3);
    kv_put(&c, 0, 3, k, v);
    kv_attend(&c, 0, 3, q, 1, 2, 0, y);
    for (int j = 0; j < 2; j++) {
        const double want = j ? 30 : 3, got = (double)y[4 + j];
        if (!(fabs(got - want) < 1e-4))
            fail_msg("scores of 0, 141 and 141: what is found is the mean of "
                     "the last two values, number %d of it is %.1f; yours is "
                     "%g (e^141 is too large for a float)",
                     j, want, got);
    }
    kv_cache_free(&c);
    kv_pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_by_token),
        cmocka_unit_test(in_chunks),
        cmocka_unit_test(heads_that_share_keys),
        cmocka_unit_test(windows_and_sinks),
        cmocka_unit_test(keys_are_columns_and_values_rows),
        cmocka_unit_test(large_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
