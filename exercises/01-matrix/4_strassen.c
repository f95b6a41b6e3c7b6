// Above the peak: Strassen's algorithm (an evening)
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
// When it passes, `make run-01 MINE=1 ARGS='--n 4096 --only kernel'` runs the
// chapter's top rung with your strassen around the course's kernel. The
// program counts 2 n^3 operations whatever you do, so it may report more than
// the machine's peak. Look at the error as well. Which `least` is best?
#include "4_strassen.h"
#include "01-matrix/ladder.h"
#include "common/check.h"
#include "common/kernels.h"

#include <stdlib.h>

void strassen(int n, const float *A, int lda, const float *B, int ldb, float *C,
              int ldc, int least, SquareProduct *leaf)
{
    int h = n / 2; // the size of a quadrant
    if (n % 2 != 0 || h < least || h == 0) {
        leaf(n, A, lda, B, ldb, C, ldc);
        return;
    }
    // TODO: seven products of h x h, each by strassen again (this is one of
    // n x n). new_array (common/check.h) gets memory for sums and products;
    // free it at the end. add_scaled adds quadrants.
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
    if (M == N && N == K)
        strassen(N, A, K, B, N, C, N, LEAST, kernel);
    else
        gemm_nn(M, N, K, A, K, B, N, C, N, false);
}
