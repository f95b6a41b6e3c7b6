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
    // SOLUTION
    const float *A11 = A, *A12 = A + h, *A21 = A + (size_t)h * lda;
    const float *B11 = B, *B12 = B + h, *B21 = B + (size_t)h * ldb;
    const float *A22 = A21 + h, *B22 = B21 + h;
    float *C11 = C, *C12 = C + h, *C21 = C + (size_t)h * ldc, *C22 = C21 + h;
    size_t size = (size_t)h * h;
    float *S = work, *T = S + size, *M = T + size; // 3/4 of n * n floats
    work = M + size;                               // and the last quarter

    add_scaled(h, A21, lda, -1, A11, lda, S, h); // M6, straight into C22
    add_scaled(h, B11, ldb, 1, B12, ldb, T, h);
    strassen(h, S, h, T, h, C22, ldc, least, leaf, work);
    add_scaled(h, A12, lda, -1, A22, lda, S, h); // M7, straight into C11
    add_scaled(h, B21, ldb, 1, B22, ldb, T, h);
    strassen(h, S, h, T, h, C11, ldc, least, leaf, work);

    add_scaled(h, A21, lda, 1, A22, lda, S, h); // M2, straight into C21
    strassen(h, S, h, B11, ldb, C21, ldc, least, leaf, work);
    add_scaled(h, C22, ldc, -1, C21, ldc, C22, ldc);
    add_scaled(h, B12, ldb, -1, B22, ldb, T, h); // M3, straight into C12
    strassen(h, A11, lda, T, h, C12, ldc, least, leaf, work);
    add_scaled(h, C22, ldc, 1, C12, ldc, C22, ldc);

    add_scaled(h, A11, lda, 1, A22, lda, S, h); // M1
    add_scaled(h, B11, ldb, 1, B22, ldb, T, h);
    strassen(h, S, h, T, h, M, h, least, leaf, work);
    add_scaled(h, C11, ldc, 1, M, h, C11, ldc);
    add_scaled(h, C22, ldc, 1, M, h, C22, ldc);
    add_scaled(h, B21, ldb, -1, B11, ldb, T, h); // M4
    strassen(h, A22, lda, T, h, M, h, least, leaf, work);
    add_scaled(h, C11, ldc, 1, M, h, C11, ldc);
    add_scaled(h, C21, ldc, 1, M, h, C21, ldc);
    add_scaled(h, A11, lda, 1, A12, lda, S, h); // M5
    strassen(h, S, h, B22, ldb, M, h, least, leaf, work);
    add_scaled(h, C11, ldc, -1, M, h, C11, ldc);
    add_scaled(h, C12, ldc, 1, M, h, C12, ldc);
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
