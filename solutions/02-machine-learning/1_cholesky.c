// Cholesky's square root (20 minutes)
//
// Least squares, Newton's method and every Gaussian cloud of the chapter end
// in the same place: equations A x = b with a symmetric, positive definite A.
// Write the two functions that solve them; linear.h has their contracts, the
// chapter an example by hand:
//
//   4 2     2 0   2 1
//   2 5  =  1 2 x 0 2
//
// Row i of L, column j (j <= i): what A[i][j] is beyond the products of the
// columns before, sum over k < j of L[i][k] L[j][k], must be L[i][j] L[j][j].
//
// When it passes: make run-02 MINE=1 runs Newton's method and the Gaussians of
// the chapter with yours.
#include "02-machine-learning/linear.h"

#include <math.h>
#include <stddef.h>

bool cholesky(double *A, int n)
{
    // SOLUTION: row by row, A's lower triangle becomes L; false as soon as a
    // diagonal entry would be the root of a number that is not positive (as
    // what rounding leaves of a zero is: at most 1e-12 of the entry of A)
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            const double all = A[(size_t)i * n + j];
            double sum = all;
            for (int k = 0; k < j; k++)
                sum -= A[(size_t)i * n + k] * A[(size_t)j * n + k];
            if (i == j && !(sum > 1e-12 * all))
                return false;
            A[(size_t)i * n + j] =
                i == j ? sqrt(sum) : sum / A[(size_t)j * n + j];
        }
    return true;
    // END
}

void cholesky_solve(const double *L, int n, double *b)
{
    // SOLUTION: first L z = b from the top, then L^T x = z from the bottom
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            b[i] -= L[(size_t)i * n + k] * b[k];
        b[i] /= L[(size_t)i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            b[i] -= L[(size_t)k * n + i] * b[k];
        b[i] /= L[(size_t)i * n + i];
    }
    // END
}
