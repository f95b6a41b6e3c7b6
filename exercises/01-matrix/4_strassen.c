// Seven for eight: Strassen's algorithm (an evening)
//
// Cut A, B and C into four quadrants each. The definition needs eight products
// of quadrants. Strassen (1969, "Gaussian elimination is not optimal") found
// that seven are enough:
//
//   M1 = (A11 + A22) (B11 + B22)      C11 = M1 + M4 - M5 + M7
//   M2 = (A21 + A22) B11              C12 = M3 + M5
//   M3 = A11 (B12 - B22)              C21 = M2 + M4
//   M4 = A22 (B21 - B11)              C22 = M1 - M2 + M3 + M6
//   M5 = (A11 + A12) B22
//   M6 = (A21 - A11) (B11 + B12)
//   M7 = (A12 - A22) (B21 + B22)
//
// Each of the seven may be computed the same way, and so on, which needs about
// n^2.81 operations in place of n^3. The price is 18 additions of quadrants,
// memory for the sums, and larger rounding errors.
//
// When it passes, compare
//   make run-01 ARGS='--n 4096 --only kernel --threads 1'
// with the same and MINE=1, which puts your strassen around the course's
// kernel. The program counts 2 n^3 operations whatever you do, so the rate
// goes up. Look at the error as well, and try other values for LEAST.
#include "4_strassen.h"
#include "01-matrix/ladder.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

typedef struct Sum {
    int n, lda, ldb, ldc;
    const float *A, *B;
    float s, *C;
} Sum;

static void add_rows(void *context, int from, int to)
{
    const Sum *x = context;
    for (int i = from; i < to; i++) {
        const float *a = x->A + (size_t)i * x->lda;
        const float *b = x->B + (size_t)i * x->ldb;
        float *c = x->C + (size_t)i * x->ldc;
        for (int j = 0; j < x->n; j++)
            c[j] = a[j] + x->s * b[j];
    }
}

void add_scaled(int n, const float *A, int lda, float s, const float *B,
                int ldb, float *C, int ldc)
{
    Sum x = {n, lda, ldb, ldc, A, B, s, C};
    parallel_for(n, 2.0 * n, add_rows, &x);
}

void strassen(int n, const float *A, int lda, const float *B, int ldb, float *C,
              int ldc, int least, SquareProduct *leaf, float *work)
{
    int h = n / 2; // the size of a quadrant
    if (n % 2 != 0 || h < least || h == 0) {
        leaf(n, A, lda, B, ldb, C, ldc);
        return;
    }
    // TODO: seven products of h x h, each by strassen again (this is one of
    // n x n). add_scaled adds quadrants; the sums and products that do not
    // belong into C go to work, and what you leave of it (h * h floats at
    // least) is the work of the seven.
    (void)work;
    leaf(n, A, lda, B, ldb, C, ldc);
    // END
}

// The top rung of the chapter, with strassen around it.
enum { LEAST = 1024 };

static void kernel(int n, const float *A, int lda, const float *B, int ldb,
                   float *C, int ldc)
{
    gemm_nn(n, n, n, A, lda, B, ldb, C, ldc, false);
}

void product_kernel(int M, int N, int K, const float *A, const float *B,
                    float *C)
{
    static float *work; // grows, and is kept for the next product
    static int room;
    if (M != N || N != K || N < 2 * LEAST) {
        gemm_nn(M, N, K, A, K, B, N, C, N, false);
        return;
    }
    if (room < N) {
        work = grow_array(work, (size_t)N * N, sizeof *work);
        room = N;
    }
    strassen(N, A, K, B, N, C, N, LEAST, kernel, work);
}
