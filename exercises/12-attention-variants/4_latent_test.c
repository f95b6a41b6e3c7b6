// Without keys, and the same.
#include "4_latent.h"

#include "common/rng.h"
#include "common/testing.h"

enum { W = 7, R = 5, N = 19 };

static float q[W], up_k[W * R], up_v[W * R], rows[N * R];

static int fill(void **state)
{
    (void)state;
    Rng g = rng_new(2);
    for (int i = 0; i < W; i++)
        q[i] = rng_normal(&g);
    for (int i = 0; i < W * R; i++) {
        up_k[i] = rng_normal(&g);
        up_v[i] = rng_normal(&g);
    }
    for (int i = 0; i < N * R; i++)
        rows[i] = rng_normal(&g);
    return 0;
}

// The definition, in double: n keys and n values.
static void by_definition(int n, double *y)
{
    double sum = 0;
    for (int i = 0; i < W; i++)
        y[i] = 0;
    for (int j = 0; j < n; j++) {
        double score = 0;
        for (int i = 0; i < W; i++)
            for (int c = 0; c < R; c++)
                score += (double)q[i] * (double)up_k[i * R + c] *
                         (double)rows[j * R + c];
        const double p = exp(score / sqrt(W));
        sum += p;
        for (int i = 0; i < W; i++)
            for (int c = 0; c < R; c++)
                y[i] += p * (double)up_v[i * R + c] * (double)rows[j * R + c];
    }
    for (int i = 0; i < W; i++)
        y[i] /= sum;
}

static void expect_values(int n)
{
    float y[W];
    double want[W];
    long products;
    latent_look(W, R, n, q, up_k, up_v, rows, y, &products);
    by_definition(n, want);
    for (int i = 0; i < W; i++)
        if (!(fabs((double)y[i] - want[i]) < 1e-4 * fmax(1, fabs(want[i]))))
            fail_msg("%d tokens: number %d should be %.4f, yours is %.4f", n, i,
                     want[i], (double)y[i]);
}

static void it_finds_what_the_definition_finds(void **state)
{
    (void)state;
    expect_values(1);
    expect_values(2);
    expect_values(N);
}

static void no_key_is_made(void **state)
{
    (void)state;
    for (int n = 1; n <= N; n += 6) {
        float y[W];
        long products;
        latent_look(W, R, n, q, up_k, up_v, rows, y, &products);
        if (products != 2 * W * R)
            fail_msg("%d tokens, w = %d, r = %d: %d multiplications with "
                     "numbers of U_k and U_v are enough, yours needs %ld",
                     n, W, R, 2 * W * R, products);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_what_the_definition_finds),
        cmocka_unit_test(no_key_is_made),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
