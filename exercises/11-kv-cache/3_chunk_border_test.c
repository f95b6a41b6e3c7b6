// A text must be the same in any chunks.
#include "3_chunk_border.h"

#include "common/rng.h"
#include "common/testing.h"

enum { T = 61, D = RING_WIDTH };

typedef struct Rows {
    float q[T * D], k[T * D], v[T * D];
} Rows;

static Rows some_rows(void)
{
    Rows x;
    Rng r = rng_new(1);
    for (int i = 0; i < T * D; i++) {
        x.q[i] = 0.7f * rng_normal(&r);
        x.k[i] = 0.7f * rng_normal(&r);
        x.v[i] = rng_normal(&r);
    }
    return x;
}

static double wanted(const Rows *x, int p, int window, double slope, int c)
{
    double sum = 0, y = 0;
    for (int j = p - window + 1 > 0 ? p - window + 1 : 0; j <= p; j++) {
        double s = -slope * (p - j);
        for (int i = 0; i < D; i++)
            s += (double)x->q[p * D + i] * (double)x->k[j * D + i];
        sum += exp(s);
        y += exp(s) * (double)x->v[j * D + c];
    }
    return y / sum;
}

static void expect(int length, int capacity, int window, int chunk)
{
    const Rows x = some_rows();
    Ring r = {.capacity = capacity, .window = window, .slope = 0.125f};
    float y[T * D] = {0};
    for (int at = 0, n; at < length; at += n) {
        n = length - at < chunk ? length - at : chunk;
        ring_read(&r, n, x.q + at * D, x.k + at * D, x.v + at * D, y + at * D);
    }
    for (int p = 0; p < length; p++)
        for (int c = 0; c < D; c++) {
            const double want = wanted(&x, p, window, 0.125, c);
            const double got = (double)y[p * D + c];
            if (!(fabs(got - want) < 1e-4))
                fail_msg("capacity %d, window %d, %d tokens in chunks of %d: "
                         "position %d, number %d should be %.4f, yours is %.4f",
                         capacity, window, length, chunk, p, c, want, got);
        }
}

static void a_text_that_fits(void **state)
{
    (void)state;
    expect(12, 12, 8, 1);
    expect(12, 12, 8, 5);
    expect(12, 12, 8, 12);
}

static void a_long_text_token_by_token(void **state)
{
    (void)state;
    expect(T, 12, 8, 1);
    expect(T, 8, 8, 1);
    expect(T, 1, 1, 1);
}

static void small_chunks(void **state)
{
    (void)state;
    expect(T, 12, 8, 3);
    expect(T, 12, 8, 5);
}

static void large_chunks(void **state)
{
    (void)state;
    expect(T, 12, 8, 6);
    expect(T, 12, 8, 12);
    expect(T, 12, 8, 31);
    expect(T, 12, 8, T);
    expect(T, 8, 8, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_fits),
        cmocka_unit_test(a_long_text_token_by_token),
        cmocka_unit_test(small_chunks),
        cmocka_unit_test(large_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
