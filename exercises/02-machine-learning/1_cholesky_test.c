// The test of exercise 1: small systems by hand, a random one, and matrices
// that have no square root.
#include "02-machine-learning/linear.h"
#include "common/rng.h"
#include "common/testing.h"

static void root_by_hand(void **state)
{
    (void)state;
    double A[] = {4, 2, 2, 5};
    if (!cholesky(A, 2))
        fail_msg("4 2 / 2 5 is positive definite, but cholesky says no");
    if (A[0] != 2 || A[2] != 1 || A[3] != 2)
        fail_msg("the root of 4 2 / 2 5 should be 2 / 1 2, but is %.17g / "
                 "%.17g %.17g",
                 A[0], A[2], A[3]);
}

static void solved_by_hand(void **state)
{
    (void)state;
    const double L[] = {2, 0, 1, 2};
    double b[] = {8, 12};
    cholesky_solve(L, 2, b);
    if (fabs(b[0] - 1) > 1e-12 || fabs(b[1] - 2) > 1e-12)
        fail_msg("4 2 / 2 5 times x is 8 12 for x = 1 2, but yours is %.15g "
                 "%.15g",
                 b[0], b[1]);
}

static void only_the_lower_triangle(void **state)
{
    (void)state;
    double A[] = {9, NAN, NAN, 3, 5, NAN, 6, 4, 30}, b[] = {18, 12, 40};
    if (!cholesky(A, 3))
        fail_msg("above its diagonal a matrix must not be read");
    cholesky_solve(A, 3, b); // 9 3 6 / 3 5 4 / 6 4 30 times 1 1 1
    for (int i = 0; i < 3; i++)
        if (!(fabs(b[i] - 1) < 1e-12))
            fail_msg("x should be 1 1 1, but number %d is %.15g", i, b[i]);
}

static void at_random(void **state)
{
    (void)state;
    enum { N = 17 };
    Rng rng = rng_new(1);
    double B[N * N], A[N * N] = {0}, want[N], b[N] = {0};
    for (int i = 0; i < N * N; i++)
        B[i] = (double)rng_normal(&rng);
    for (int i = 0; i < N; i++) {
        want[i] = i - 8;
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                A[i * N + j] +=
                    B[i * N + k] * B[j * N + k] + (i == j ? 0.1 : 0);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            b[i] += A[i * N + j] * want[j];
    if (!cholesky(A, N))
        fail_msg("17 equations: A is positive definite, but cholesky says no");
    cholesky_solve(A, N, b);
    for (int i = 0; i < N; i++)
        if (!(fabs(b[i] - want[i]) < 1e-8))
            fail_msg("17 equations: x[%d] should be %g, but is %.12g", i,
                     want[i], b[i]);
}

static void no_root(void **state)
{
    (void)state;
    double negative[] = {1, 0, 2, 1}, flat[] = {1, 0, 3, 9};
    double rounded[] = {2, 0, 2, 2}, below[] = {-4}, zero[] = {0, 0, 0, 1};
    if (cholesky(below, 1))
        fail_msg("the 1 x 1 matrix -4 has no root, but cholesky says yes");
    if (cholesky(zero, 2))
        fail_msg("0 0 / 0 1 is flat in its first direction, but cholesky says "
                 "yes");
    if (cholesky(negative, 2))
        fail_msg("1 2 / 2 1 has a negative direction (1 - 2 * 2 = -3), but "
                 "cholesky says yes");
    if (cholesky(flat, 2))
        fail_msg("1 3 / 3 9 is flat in one direction (9 - 3 * 3 = 0), but "
                 "cholesky says yes");
    if (cholesky(rounded, 2))
        fail_msg("2 2 / 2 2 is flat in one direction: 2 - (2 / sqrt 2)^2 would "
                 "be 0 without rounding, but cholesky says yes");
}

// What counts is how small a number is beside the entry of A, not by itself.
static void small_is_not_flat(void **state)
{
    (void)state;
    double tiny[] = {4e-20, 0, 2e-20, 5e-20}, steep[] = {1, 0, 1, 1 + 1e-6};
    if (!cholesky(tiny, 2))
        fail_msg("1e-20 times 4 2 / 2 5 is as positive definite as 4 2 / 2 5, "
                 "but cholesky says no");
    if (!(fabs(tiny[3] - 2e-10) < 1e-16))
        fail_msg("the root of 1e-20 times 4 2 / 2 5 should end in 2e-10, but "
                 "ends in %g",
                 tiny[3]);
    if (!cholesky(steep, 2))
        fail_msg("1 1 / 1 1.000001 is nearly flat, but positive definite, and "
                 "cholesky says no");
    double large[] = {2e9, 0, 2e9, 2e9};
    if (cholesky(large, 2))
        fail_msg("1e9 times 2 2 / 2 2 is flat in one direction, but cholesky "
                 "says yes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_by_hand),
        cmocka_unit_test(solved_by_hand),
        cmocka_unit_test(only_the_lower_triangle),
        cmocka_unit_test(at_random),
        cmocka_unit_test(no_root),
        cmocka_unit_test(small_is_not_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
