// A padded sentence must be what it is alone.
#include "3_find_the_bug.h"

#include "common/rng.h"
#include "common/testing.h"

enum { T = 9, D = 3, MOST = T * D };

static void fill(float *x, int n, float size, uint64_t seed)
{
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++)
        x[i] = size * rng_normal(&r);
}

// Row i of the sentence alone, by the definition.
static void alone(int i, int length, bool causal, const float *q,
                  const float *k, const float *v, double *y)
{
    const int end = causal ? i + 1 : length;
    double score[T], max = -INFINITY, sum = 0;
    for (int j = 0; j < end; j++) {
        score[j] = 0;
        for (int c = 0; c < D; c++)
            score[j] += (double)q[i * D + c] * (double)k[j * D + c] / sqrt(D);
        max = fmax(max, score[j]);
    }
    for (int c = 0; c < D; c++)
        y[c] = 0;
    for (int j = 0; j < end; j++) {
        const double e = exp(score[j] - max);
        sum += e;
        for (int c = 0; c < D; c++)
            y[c] += e * (double)v[j * D + c];
    }
    for (int c = 0; c < D; c++)
        y[c] /= sum;
}

static void expect(const char *what, int length, bool causal, const float *q,
                   const float *k, const float *v)
{
    float y[MOST];
    padded_attention(T, length, D, causal, q, k, v, y);
    for (int i = 0; i < T; i++) {
        double want[D] = {0};
        if (i < length)
            alone(i, length, causal, q, k, v, want);
        for (int c = 0; c < D; c++)
            if (!(fabs((double)y[i * D + c] - want[c]) < 1e-4))
                fail_msg("%s: %d tokens in %d rows, causal %s, row %d%s, "
                         "number %d should be %.4f, yours is %.4f",
                         what, length, T, causal ? "yes" : "no", i,
                         i < length ? "" : " (padding)", c, want[c],
                         (double)y[i * D + c]);
    }
}

static void without_padding(void **state)
{
    (void)state;
    float q[MOST], k[MOST], v[MOST];
    fill(q, MOST, 1, 1);
    fill(k, MOST, 1, 2);
    fill(v, MOST, 1, 3);
    expect("no padding", T, false, q, k, v);
    expect("no padding", T, true, q, k, v);
}

static void padding_changes_nothing(void **state)
{
    (void)state;
    float q[MOST], k[MOST], v[MOST];
    fill(q, MOST, 1, 1);
    fill(k, MOST, 1, 2);
    fill(v, MOST, 1, 3);
    expect("padding", 5, false, q, k, v);
    expect("padding", 5, true, q, k, v);
    fill(k + 5 * D, 4 * D, 30, 4);
    fill(v + 5 * D, 4 * D, 30, 5);
    expect("other numbers in the padding", 5, false, q, k, v);
    expect("other numbers in the padding", 5, true, q, k, v);
}

static void not_even_with_huge_scores(void **state)
{
    (void)state;
    float q[MOST], k[MOST], v[MOST];
    fill(q, MOST, 300, 1);
    fill(k, MOST, 300, 2);
    fill(v, MOST, 1, 3);
    expect("scores of tens of thousands", 5, false, q, k, v);
    expect("scores of tens of thousands", 5, true, q, k, v);
}

// All scores are -1.7e12: lower than any "low" number short of -INFINITY.
static void not_even_with_scores_below_any(void **state)
{
    (void)state;
    float q[MOST], k[MOST], v[MOST];
    fill(v, MOST, 1, 3);
    for (int i = 0; i < MOST; i++) {
        q[i] = 1e6f;
        k[i] = -1e6f;
    }
    expect("scores of -1.7e12", 5, false, q, k, v);
    expect("scores of -1.7e12", 5, true, q, k, v);
}

// Products with 3e38 overflow: no sum may hold them, not even with -INFINITY.
static void not_even_with_the_largest_floats(void **state)
{
    (void)state;
    float q[MOST], k[MOST], v[MOST];
    fill(q, MOST, 3, 1);
    fill(k, MOST, 1, 2);
    fill(v, MOST, 1, 3);
    for (int i = 5 * D; i < MOST; i++) {
        k[i] = i % 2 ? 3e38f : -3e38f;
        v[i] = 3e38f;
    }
    expect("3e38 in the padding", 5, false, q, k, v);
    expect("3e38 in the padding", 5, true, q, k, v);
}

static void an_empty_sentence_gives_zeros(void **state)
{
    (void)state;
    float q[MOST], k[MOST], v[MOST];
    fill(q, MOST, 1, 1);
    fill(k, MOST, 1, 2);
    fill(v, MOST, 1, 3);
    expect("an empty sentence", 0, false, q, k, v);
    expect("an empty sentence", 0, true, q, k, v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_padding),
        cmocka_unit_test(padding_changes_nothing),
        cmocka_unit_test(not_even_with_huge_scores),
        cmocka_unit_test(not_even_with_scores_below_any),
        cmocka_unit_test(not_even_with_the_largest_floats),
        cmocka_unit_test(an_empty_sentence_gives_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
