// Without keys, and the same.
#include "4_latent.h"

#include "common/rng.h"
#include "common/testing.h"

enum { W = 7, R = 5, N = 19, MOST = LATENT_MOST, WIDEST = 80 };

static float q[WIDEST], up_k[WIDEST * MOST], up_v[WIDEST * MOST];
static float rows[MOST * MOST];

static int fill(void **state)
{
    (void)state;
    Rng g = rng_new(2);
    for (int i = 0; i < WIDEST; i++)
        q[i] = rng_normal(&g);
    for (int i = 0; i < WIDEST * MOST; i++) {
        up_k[i] = rng_normal(&g);
        up_v[i] = rng_normal(&g);
    }
    for (int i = 0; i < MOST * MOST; i++)
        rows[i] = rng_normal(&g);
    return 0;
}

// The definition, in double: n keys and n values.
static void by_definition(int w, int r, int n, double *y)
{
    double sum = 0;
    for (int i = 0; i < w; i++)
        y[i] = 0;
    for (int j = 0; j < n; j++) {
        double score = 0;
        for (int i = 0; i < w; i++)
            for (int c = 0; c < r; c++)
                score += (double)q[i] * (double)up_k[i * r + c] *
                         (double)rows[j * r + c];
        const double p = exp(score / sqrt(w));
        sum += p;
        for (int i = 0; i < w; i++)
            for (int c = 0; c < r; c++)
                y[i] += p * (double)up_v[i * r + c] * (double)rows[j * r + c];
    }
    for (int i = 0; i < w; i++)
        y[i] /= sum;
}

static void expect_values(int w, int r, int n)
{
    float y[WIDEST];
    double want[WIDEST];
    long products;
    for (int i = 0; i < w; i++)
        y[i] = 1000; // to be overwritten
    latent_look(w, r, n, q, up_k, up_v, rows, y, &products);
    by_definition(w, r, n, want);
    for (int i = 0; i < w; i++)
        if (!(fabs((double)y[i] - want[i]) < 1e-4 * fmax(1, fabs(want[i]))))
            fail_msg("w = %d, r = %d, %d tokens: number %d should be %.4f, "
                     "yours is %.4f",
                     w, r, n, i, want[i], (double)y[i]);
}

static void it_finds_what_the_definition_finds(void **state)
{
    (void)state;
    expect_values(W, R, 1);
    expect_values(W, R, 2);
    expect_values(W, R, N);
    expect_values(1, 1, 3);
    expect_values(3, MOST, MOST);
    expect_values(WIDEST, MOST, MOST);
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
