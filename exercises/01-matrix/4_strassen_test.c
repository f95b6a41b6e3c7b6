// The test of exercise 4: right values, and as few products as promised. The
// numbers are small and whole, so every order of adding gives the same bits.
#include "01-matrix/ladder.h"
#include "4_strassen.h"
#include "common/check.h"
#include "common/rng.h"
#include "common/testing.h"

#include <stdio.h>
#include <stdlib.h>

static long products; // how often leaf was called
static int largest;   // and for which size at most

static void leaf(int n, const float *A, int lda, const float *B, int ldb,
                 float *C, int ldc)
{
    products++;
    largest = n > largest ? n : largest;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            float sum = 0;
            for (int k = 0; k < n; k++)
                sum += A[(size_t)i * lda + k] * B[(size_t)k * ldb + j];
            C[(size_t)i * ldc + j] = sum;
        }
    }
}

static float *integers(Rng *rng, size_t n)
{
    float *x = new_array(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(rng_below(rng, 7) - 3);
    return x;
}

// A, B and C are blocks of wider matrices: lda, ldb and ldc are all different.
static void compare(int n, int least, long want_products, int want_largest)
{
    int lda = n + 1, ldb = n + 2, ldc = n + 3;
    Rng rng = rng_new(n);
    float *A = integers(&rng, (size_t)n * lda);
    float *B = integers(&rng, (size_t)n * ldb);
    float *C = new_array((size_t)n * ldc, sizeof *C);
    for (int i = 0; i < n * ldc; i++)
        C[i] = NAN; // what is in C before must not matter
    // Just as much room as promised; the sanitizer sees what goes beyond.
    float *work = new_array((size_t)n * n, sizeof *work);
    for (int i = 0; i < n * n; i++)
        work[i] = NAN;
    products = largest = 0;
    strassen(n, A, lda, B, ldb, C, ldc, least, leaf, work);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            float want = 0, got = C[i * ldc + j];
            for (int k = 0; k < n; k++)
                want += A[i * lda + k] * B[k * ldb + j];
            if (got != want)
                fail_msg("n = %d: element (%d, %d) should be %g, but is %g", n,
                         i, j, want, got);
        }
        for (int j = n; j < ldc; j++)
            if (!isnan(C[i * ldc + j]))
                fail_msg("n = %d: row %d was written beyond its end", n, i);
    }
    if (products != want_products || largest != want_largest)
        fail_msg("n = %d, least = %d: calls of leaf: %ld, for %d x %d at most; "
                 "Strassen makes %ld, for %d x %d",
                 n, least, products, largest, largest, want_products,
                 want_largest, want_largest);
    free(A);
    free(B);
    free(C);
    free(work);
}

static void too_small_to_halve(void **state)
{
    (void)state;
    compare(1, 1, 1, 1);
    compare(6, 4, 1, 6);
}

static void odd_sizes_are_left_to_the_leaf(void **state)
{
    (void)state;
    compare(7, 1, 1, 7);
    compare(14, 1, 7, 7);
}

static void two_by_two_takes_seven(void **state)
{
    (void)state;
    compare(2, 1, 7, 1);
}

static void and_so_on(void **state)
{
    (void)state;
    compare(4, 2, 7, 2);
    compare(4, 1, 49, 1);
    compare(8, 1, 343, 1);
    compare(96, 20, 49, 24);
}

static void the_top_rung_is_right(void **state)
{
    (void)state;
    static const int shapes[][3] = {{5, 7, 3}, {0, 4, 2}, {17, 17, 17}};
    for (int s = 0; s < 3; s++) {
        int M = shapes[s][0], N = shapes[s][1], K = shapes[s][2];
        Rng rng = rng_new(s);
        float *A = integers(&rng, M * K), *B = integers(&rng, K * N);
        float *got = new_array(M * N, sizeof *got);
        float *want = new_array(M * N, sizeof *want);
        product_kernel(M, N, K, A, B, got);
        product_loops(M, N, K, A, B, want);
        assert_close(got, want, M * N, 0);
        free(A);
        free(B);
        free(got);
        free(want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_small_to_halve),
        cmocka_unit_test(two_by_two_takes_seven),
        cmocka_unit_test(odd_sizes_are_left_to_the_leaf),
        cmocka_unit_test(and_so_on),
        cmocka_unit_test(the_top_rung_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
