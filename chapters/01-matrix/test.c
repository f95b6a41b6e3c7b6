// Tests of chapter 1: every rung of the ladder computes the same product, and
// the lessons in float arithmetic say the truth.
#include "01-matrix/ladder.h"
#include "01-matrix/measure.h"
#include "01-matrix/numerics.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/rng.h"
#include "common/testing.h"
#include "common/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

// --- the ladder -------------------------------------------------------------

// M x N x K. Primes leave an edge beside every tile; the last ones need more
// than one block in depth and in width.
static const int shapes[][3] = {
    {1, 1, 1},   {2, 2, 3},     {5, 1, 7},      {1, 5, 7},       {6, 32, 4},
    {6, 16, 4},  {7, 31, 11},   {12, 64, 256},  {13, 37, 257},   {61, 67, 5},
    {17, 97, 1}, {97, 1, 1021}, {1, 1031, 513}, {29, 1031, 263},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float *integers(Rng *rng, size_t n)
{
    float *x = new_array(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(rng_below(rng, 7) - 3);
    return x;
}

static float *fractions(Rng *rng, size_t n)
{
    float *x = new_array(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = 2 * rng_uniform(rng) - 1;
    return x;
}

// The product by its definition, in double.
static float *definition(int M, int N, int K, const float *A, const float *B)
{
    float *C = new_array((size_t)M * N, sizeof *C);
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < K; k++)
                sum +=
                    (double)A[(size_t)i * K + k] * (double)B[(size_t)k * N + j];
            C[(size_t)i * N + j] = (float)sum;
        }
    }
    return C;
}

// What a rung makes of a C that was full of NaN. C has just the size needed,
// so the address sanitizer sees every number read or written beside it.
static float *made_by(const Rung *rung, int M, int N, int K, const float *A,
                      const float *B)
{
    float *C = new_array((size_t)M * N, sizeof *C);
    for (size_t i = 0; i < (size_t)M * N; i++)
        C[i] = NAN;
    rung->product(M, N, K, A, B, C);
    return C;
}

static void compare(int M, int N, int K, const float *A, const float *B,
                    double tolerance)
{
    float *want = definition(M, N, K, A, B);
    for (int r = 0; r < RUNGS; r++) {
        float *got = made_by(&ladder[r], M, N, K, A, B);
        char what[80];
        snprintf(what, sizeof what, "%s, %d x %d x %d", ladder[r].name, M, N,
                 K);
        testing_close(what, got, want, (size_t)M * N, tolerance, __FILE__,
                      __LINE__);
        free(got);
    }
    free(want);
}

// Products and sums of small whole numbers are exact in any order.
static void all_rungs_are_exact_on_integers(void **state)
{
    (void)state;
    Rng rng = rng_new(1);
    for (int s = 0; s < SHAPES; s++) {
        int M = shapes[s][0], N = shapes[s][1], K = shapes[s][2];
        float *A = integers(&rng, (size_t)M * K);
        float *B = integers(&rng, (size_t)K * N);
        compare(M, N, K, A, B, 0);
        free(A);
        free(B);
    }
}

static void all_rungs_are_close_on_fractions(void **state)
{
    (void)state;
    Rng rng = rng_new(2);
    for (int s = 0; s < SHAPES; s++) {
        int M = shapes[s][0], N = shapes[s][1], K = shapes[s][2];
        float *A = fractions(&rng, (size_t)M * K);
        float *B = fractions(&rng, (size_t)K * N);
        compare(M, N, K, A, B, 1e-5);
        free(A);
        free(B);
    }
}

static void nothing_times_something(void **state)
{
    (void)state;
    const float A[6] = {1, 2, 3, 4, 5, 6};
    for (int r = 0; r < RUNGS; r++) {
        float C[6] = {7, 7, 7, 7, 7, 7};
        const float zeros[6] = {0}, sevens[6] = {7, 7, 7, 7, 7, 7};
        ladder[r].product(2, 3, 0, A, A, C);
        testing_close(ladder[r].name, C, zeros, 6, 0, __FILE__, __LINE__);
        memcpy(C, sevens, sizeof C);
        ladder[r].product(0, 3, 2, A, A, C);
        ladder[r].product(2, 0, 3, A, A, C);
        testing_close(ladder[r].name, C, sevens, 6, 0, __FILE__, __LINE__);
    }
}

// An infinity must reach its own row or column of C and nothing else; a rung
// that fills up tiles with zeros has 0 * infinity = NaN beside the matrix.
static void infinity_stays_in_its_place(void **state)
{
    (void)state;
    enum { M = 7, N = 37, K = 5 };
    Rng rng = rng_new(3);
    float *A = integers(&rng, M * K), *B = integers(&rng, K * N);
    for (int i = 0; i < M * K; i++)
        A[i] = A[i] * A[i] + 1; // positive: infinity has no counterpart
    A[6 * K + 2] = INFINITY;    // row 6, the one below the tile
    for (int j = 0; j < N; j++)
        B[2 * N + j] = j % 2 ? 1 : -1;
    for (int r = 0; r < RUNGS; r++) {
        float *C = made_by(&ladder[r], M, N, K, A, B);
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < N; j++) {
                float c = C[i * N + j];
                if (i == 6 ? c != (j % 2 ? INFINITY : -INFINITY) : !isfinite(c))
                    fail_msg("%s: element (%d, %d) is %g", ladder[r].name, i, j,
                             c);
            }
        }
        free(C);
    }
    free(A);
    free(B);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    enum { M = 211, N = 1129, K = 307 };
    static const int counts[] = {1, 2, 3, 7};
    Rng rng = rng_new(4);
    float *A = fractions(&rng, (size_t)M * K);
    float *B = fractions(&rng, (size_t)K * N);
    int before = threads_count();
    for (int r = 0; r < RUNGS; r++) {
        if (!ladder[r].threads)
            continue;
        threads_set(1);
        float *alone = made_by(&ladder[r], M, N, K, A, B);
        for (int c = 0; c < 4; c++) {
            threads_set(counts[c]);
            float *C = made_by(&ladder[r], M, N, K, A, B);
            if (memcmp(C, alone, (size_t)M * N * sizeof *C) != 0)
                fail_msg("%s: %d threads give other bits than 1",
                         ladder[r].name, counts[c]);
            free(C);
        }
        free(alone);
    }
    threads_set(before);
    free(A);
    free(B);
}

// --- sums -------------------------------------------------------------------

typedef float Sum(const float *, int);
static Sum *const sums[] = {sum_in_order, sum_sixteen, sum_pairwise, sum_kahan};

static void all_sums_are_exact_on_integers(void **state)
{
    (void)state;
    static const int lengths[] = {0, 1, 2, 15, 16, 17, 31, 33, 101, 1009};
    Rng rng = rng_new(5);
    for (int l = 0; l < 10; l++) {
        float *x = integers(&rng, lengths[l]), want = 0;
        for (int i = 0; i < lengths[l]; i++)
            want += x[i];
        for (int s = 0; s < 4; s++)
            assert_float_equal(sums[s](x, lengths[l]), want, 0);
        assert_true(sum_double(x, lengths[l]) == (double)want);
        free(x);
    }
}

static float *filled(int n, float value)
{
    float *x = new_array(n, sizeof *x);
    for (int i = 0; i < n; i++)
        x[i] = value;
    return x;
}

static void one_stops_counting_at_two_to_the_24(void **state)
{
    (void)state;
    enum { N = 20000000 };
    float *ones = filled(N, 1);
    assert_true(sum_in_order(ones, N) == 16777216);
    assert_true(sum_sixteen(ones, N) == N);
    assert_true(sum_pairwise(ones, N) == N);
    assert_true(sum_kahan(ones, N) == N);
    assert_true(sum_double(ones, N) == N);
    free(ones);
}

// The relative error against double.
static double off(Sum *sum, const float *x, int n)
{
    double want = sum_double(x, n);
    return fabs((double)sum(x, n) - want) / fabs(want);
}

static void careful_sums_are_better(void **state)
{
    (void)state;
    enum { N = 1000000 };
    float *x = filled(N, 0.1f);
    assert_true(sum_in_order(x, N) == 100958.34375f);
    assert_true(sum_sixteen(x, N) == 100060);
    assert_true(off(sum_pairwise, x, N) < 1.2e-7);
    assert_true(off(sum_kahan, x, N) < 6e-8); // the last rounding, no more
    for (int i = 0; i < N; i++)
        x[i] = 1e6f / ((float)(i + 1) * (float)(i + 1));
    double large_first = off(sum_in_order, x, N);
    assert_true(off(sum_kahan, x, N) < 6e-8);
    for (int i = 0; i < N / 2; i++) {
        float t = x[i];
        x[i] = x[N - 1 - i];
        x[N - 1 - i] = t;
    }
    assert_true(large_first > 1e-4);
    assert_true(off(sum_in_order, x, N) < 1e-6);
    free(x);
}

// --- softmax ----------------------------------------------------------------

static void softmax_needs_the_maximum(void **state)
{
    (void)state;
    const float right[2] = {0.26894142f, 0.73105858f};
    float y[3];
    softmax_plain((const float[]){0, 1}, y, 2);
    assert_close(y, right, 2, 1e-6);
    softmax_plain((const float[]){1000, 1001}, y, 2);
    assert_true(isnan(y[0]) && isnan(y[1]));
    softmax_plain((const float[]){-1000, -999}, y, 2);
    assert_true(isnan(y[0]) && isnan(y[1]));
    softmax_stable((const float[]){1000, 1001}, y, 2);
    assert_close(y, right, 2, 1e-6);
    softmax_stable((const float[]){-1000, -999}, y, 2);
    assert_close(y, right, 2, 1e-6);
    softmax_stable((const float[]){5, -INFINITY, 5}, y, 3);
    assert_close(y, ((const float[]){0.5f, 0, 0.5f}), 3, 0);
    softmax_stable((const float[]){-3}, y, 1);
    assert_true(y[0] == 1);
    softmax_stable(NULL, NULL, 0);
    // In place, and the largest number in each place.
    for (int at = 0; at < 3; at++) {
        float x[3] = {1, 1, 1}, want[3] = {0, 0, 0};
        x[at] = 200;
        want[at] = 1;
        softmax_stable(x, x, 3);
        assert_close(x, want, 3, 1e-30);
    }
}

static void log_sum_exp_is_finite(void **state)
{
    (void)state;
    const float l2 = 0.69314718f; // log 2
    assert_float_equal(log_sum_exp((const float[]){0, 0}, 2), l2, 1e-6);
    assert_float_equal(log_sum_exp((const float[]){1000, 1000}, 2), 1000 + l2,
                       1e-4);
    assert_float_equal(log_sum_exp((const float[]){-1000, -1000}, 2), l2 - 1000,
                       1e-4);
    assert_true(log_sum_exp((const float[]){0, 120}, 2) == 120);
    assert_true(log_sum_exp((const float[]){-7.5f}, 1) == -7.5f);
    assert_true(log_sum_exp(NULL, 0) == -INFINITY);
    const float nothing[2] = {-INFINITY, -INFINITY};
    assert_true(log_sum_exp(nothing, 2) == -INFINITY);
    assert_true(log_sum_exp((const float[]){1, INFINITY}, 2) == INFINITY);
    // Its agreement with the course's kernel.
    Rng rng = rng_new(6);
    float x[101], y[101];
    for (int i = 0; i < 101; i++)
        x[i] = 30 * rng_normal(&rng);
    float log_sum = softmax_row(x, y, 101), stable[101];
    assert_float_equal(log_sum_exp(x, 101), log_sum, 1e-5);
    softmax_stable(x, stable, 101);
    assert_close(stable, y, 101, 1e-6);
}

// --- variance ---------------------------------------------------------------

static void the_textbook_variance_cancels(void **state)
{
    (void)state;
    const float small[4] = {1, 2, 3, 4};
    const float large[4] = {10001, 10002, 10003, 10004};
    assert_true(variance_textbook(small, 4) == 1.25f);
    assert_true(variance_two_pass(small, 4) == 1.25f);
    assert_true(variance_welford(small, 4) == 1.25f);
    assert_true(variance_textbook(large, 4) == -8); // a negative variance
    assert_true(variance_two_pass(large, 4) == 1.25f);
    assert_float_equal(variance_welford(large, 4), 1.25, 1e-3);
    const float alone[1] = {5};
    assert_true(variance_textbook(alone, 1) == 0);
    assert_true(variance_two_pass(alone, 1) == 0);
    assert_true(variance_welford(alone, 1) == 0);
}

static void good_variances_follow_double(void **state)
{
    (void)state;
    enum { N = 1009 };
    Rng rng = rng_new(7);
    for (int offset = 0; offset <= 10000; offset += 2500) {
        float x[N];
        double mean = 0, want = 0;
        for (int i = 0; i < N; i++) {
            x[i] = (float)offset + rng_normal(&rng);
            mean += (double)x[i] / N;
        }
        for (int i = 0; i < N; i++)
            want += ((double)x[i] - mean) * ((double)x[i] - mean) / N;
        assert_float_equal(variance_two_pass(x, N), (float)want, 1e-5);
        assert_float_equal(variance_welford(x, N), (float)want, 3e-3);
    }
}

static void no_number_has_no_variance(void *which)
{
    float (*const *variance)(const float *, int) = which;
    (*variance)(NULL, 0);
}

static void a_variance_of_nothing_is_a_mistake(void **state)
{
    (void)state;
    float (*variance[])(const float *, int) = {
        variance_textbook, variance_two_pass, variance_welford};
    for (int i = 0; i < 3; i++)
        assert_dies(no_number_has_no_variance, &variance[i], 128 + SIGABRT,
                    "variance of 0 numbers");
}

// --- measuring --------------------------------------------------------------

static void medians_and_the_roof(void **state)
{
    (void)state;
    assert_true(median(NULL, 0) == 0);
    assert_true(median((double[]){3}, 1) == 3);
    assert_true(median((double[]){9, 1, 5}, 3) == 5);
    assert_true(median((double[]){9, 1, 4, 5}, 4) == 4.5);
    assert_true(roofline(0.5, 200, 30) == 15);  // memory is the limit
    assert_true(roofline(100, 200, 30) == 200); // arithmetic is
    assert_true(roofline(6.7, 201, 30) == 201);
}

static void rates_are_positive(void **state)
{
    (void)state;
    enum { N = 3 << 18 };
    float *x = filled(N, 1);
    for (int all = 0; all < 2; all++) {
        assert_true(flop_rate(all) > 0 && isfinite(flop_rate(all)));
        assert_true(read_rate(x, N, all) > 0 && isfinite(read_rate(x, N, all)));
    }
    free(x);
}

static void read_too_little(void *unused)
{
    (void)unused;
    read_rate((const float[]){1, 2, 3}, 3, false);
}

static void too_little_to_read_is_a_mistake(void **state)
{
    (void)state;
    assert_dies(read_too_little, NULL, 128 + SIGABRT, "less than a chunk");
}

// --- the program ------------------------------------------------------------

static void the_program_refuses_nonsense(void **state)
{
    (void)state;
    assert_refused(2, "--n", "01-matrix --n -5");
    assert_refused(2, "--n", "01-matrix --n 5000");
    assert_refused(2, "--n", "01-matrix --n ten");
    assert_refused(2, "--only", "01-matrix --only lops");
    assert_refused(2, "no-such-option", "01-matrix --no-such-option");
    assert_refused(2, "stray", "01-matrix stray");
}

static void the_program_runs_one_rung(void **state)
{
    (void)state;
    char said[4000];
    const char *const fine[] = {"--help", "--only packed --n 1",
                                "--only kernel --n 7 --threads 1"};
    for (int i = 0; i < 3; i++)
        if (testing_run(said, sizeof said, "01-matrix %s", fine[i]) != 0)
            fail_msg("%s: %s", fine[i], said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rungs_are_exact_on_integers),
        cmocka_unit_test(all_rungs_are_close_on_fractions),
        cmocka_unit_test(nothing_times_something),
        cmocka_unit_test(infinity_stays_in_its_place),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(all_sums_are_exact_on_integers),
        cmocka_unit_test(one_stops_counting_at_two_to_the_24),
        cmocka_unit_test(careful_sums_are_better),
        cmocka_unit_test(softmax_needs_the_maximum),
        cmocka_unit_test(log_sum_exp_is_finite),
        cmocka_unit_test(the_textbook_variance_cancels),
        cmocka_unit_test(good_variances_follow_double),
        cmocka_unit_test(a_variance_of_nothing_is_a_mistake),
        cmocka_unit_test(medians_and_the_roof),
        cmocka_unit_test(rates_are_positive),
        cmocka_unit_test(too_little_to_read_is_a_mistake),
        cmocka_unit_test(the_program_refuses_nonsense),
        cmocka_unit_test(the_program_runs_one_rung),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
