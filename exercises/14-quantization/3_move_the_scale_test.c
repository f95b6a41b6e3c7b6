// The product stays, the columns become even, and rounding costs less.
#include "3_move_the_scale.h"

#include "14-quantization/rounding.h"

#include "common/kernels.h"
#include "common/rng.h"
#include "common/testing.h"

enum { N = 11, ROWS = 7, COLS = 64 };

// Column 5 of x is 30 times as large as the others; column 9 is 0 in x, column
// 20 in w.
static void make(float *x, float *w)
{
    Rng r = rng_new(3);
    for (int i = 0; i < N * COLS; i++)
        x[i] = (i % COLS == 5 ? 30 : i % COLS == 9 ? 0 : 1) * rng_normal(&r);
    for (int i = 0; i < ROWS * COLS; i++)
        w[i] = i % COLS == 20 ? 0 : 0.1f * rng_normal(&r);
}

static float greatest(const float *x, int rows, int j)
{
    float most = 0;
    for (int i = 0; i < rows; i++)
        most = fmaxf(most, fabsf(x[i * COLS + j]));
    return most;
}

static void product(const float *x, const float *w, float *y)
{
    gemm_nt(N, ROWS, COLS, x, COLS, w, COLS, y, ROWS, false);
}

static void by_hand(void **state)
{
    (void)state;
    float x[4] = {8, 1, -2, 1}, w[2] = {0.5f, 1}; // two rows, two columns
    move_scale(x, 2, w, 1, 2);
    // Column 0: s = sqrt(8 / 0.5) = 4; column 1: s = 1.
    const float want_x[4] = {2, 1, -0.5f, 1}, want_w[2] = {2, 1};
    for (int i = 0; i < 4; i++)
        if (!(fabsf(x[i] - want_x[i]) < 1e-5f))
            fail_msg("x = 8 1 -2 1, w = 0.5 1: number %d of x should become "
                     "%g, it is %g",
                     i, (double)want_x[i], (double)x[i]);
    for (int i = 0; i < 2; i++)
        if (!(fabsf(w[i] - want_w[i]) < 1e-5f))
            fail_msg("x = 8 1 -2 1, w = 0.5 1: number %d of w should become "
                     "%g, it is %g",
                     i, (double)want_w[i], (double)w[i]);
}

static void more_rows_of_weights(void **state)
{
    (void)state;
    float x[2] = {9, 5}, w[6] = {0.5f, 0, -1, 0, 0.25f, 0}; // 1 row, 3 rows
    move_scale(x, 1, w, 3, 2);
    // Column 0: s = sqrt(9 / 1) = 3; column 1 is 0 in w.
    const float want_x[2] = {3, 5}, want_w[6] = {1.5f, 0, -3, 0, 0.75f, 0};
    for (int i = 0; i < 2; i++)
        if (!(fabsf(x[i] - want_x[i]) < 1e-5f))
            fail_msg("x = 9 5, w = 0.5 0, -1 0, 0.25 0: number %d of x should "
                     "become %g, it is %g",
                     i, (double)want_x[i], (double)x[i]);
    for (int i = 0; i < 6; i++)
        if (!(fabsf(w[i] - want_w[i]) < 1e-5f))
            fail_msg("x = 9 5, w = 0.5 0, -1 0, 0.25 0: number %d of w should "
                     "become %g, it is %g",
                     i, (double)want_w[i], (double)w[i]);
}

static void the_product_stays(void **state)
{
    (void)state;
    float x[N * COLS], w[ROWS * COLS], before[N * ROWS], after[N * ROWS];
    make(x, w);
    product(x, w, before);
    move_scale(x, N, w, ROWS, COLS);
    product(x, w, after);
    for (int i = 0; i < N * ROWS; i++)
        if (!(fabsf(after[i] - before[i]) < 1e-4f))
            fail_msg("number %d of the product was %g and is %g", i,
                     (double)before[i], (double)after[i]);
}

static void columns_share_the_trouble(void **state)
{
    (void)state;
    float x[N * COLS], w[ROWS * COLS];
    make(x, w);
    const float was = greatest(w, ROWS, 9), was_x = greatest(x, N, 20);
    move_scale(x, N, w, ROWS, COLS);
    for (int j = 0; j < COLS; j++) {
        const float a = greatest(x, N, j), b = greatest(w, ROWS, j);
        if (j == 9    ? b != was
            : j == 20 ? a != was_x || b != 0
                      : !(fabsf(a - b) < 1e-4f * a))
            fail_msg("column %d: the greatest magnitudes are %g in x and %g in "
                     "w; they should be equal%s",
                     j, (double)a, (double)b,
                     j == 9    ? ", but this column is 0 in x and stays"
                     : j == 20 ? ", but this column is 0 in w and stays"
                               : "");
    }
}

// The noise of the product with x and w in 8 bits, a scale a row.
static double noise(const float *x, const float *w, const float *exact)
{
    const Rounding r = {.bits = 8};
    float a[N * COLS], b[ROWS * COLS], y[N * ROWS];
    round_rows(r, x, N, COLS, a);
    round_rows(r, w, ROWS, COLS, b);
    product(a, b, y);
    return rounding_error(exact, y, N * ROWS).noise;
}

static void rounding_costs_less(void **state)
{
    (void)state;
    float x[N * COLS], w[ROWS * COLS], exact[N * ROWS];
    make(x, w);
    product(x, w, exact);
    const double before = noise(x, w, exact);
    move_scale(x, N, w, ROWS, COLS);
    const double after = noise(x, w, exact);
    if (!(after < before / 4))
        fail_msg("the noise of the product in 8 bits was %g and is %g; it "
                 "should be less than a quarter",
                 before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(more_rows_of_weights),
        cmocka_unit_test(the_product_stays),
        cmocka_unit_test(columns_share_the_trouble),
        cmocka_unit_test(rounding_costs_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
