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
    KvCache c = kv_cache_new(p, T, a->window, a->sinks);
    for (int at = 0, n; at < T; at += n) {
        n = T - at < a->chunk ? T - at : a->chunk;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_by_token),
        cmocka_unit_test(in_chunks),
        cmocka_unit_test(heads_that_share_keys),
        cmocka_unit_test(windows_and_sinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
