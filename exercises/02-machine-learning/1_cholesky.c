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
    // TODO: row by row, A's lower triangle becomes L; false as soon as a
    // diagonal entry would be the root of a number that is not positive (as
    // what rounding leaves of a zero is: at most 1e-12 of the entry of A)
    (void)A;
    return n == 0;
    // END
}

void cholesky_solve(const double *L, int n, double *b)
{
    // TODO: first L z = b from the top, then L^T x = z from the bottom
    (void)L, (void)n, (void)b;
    // END
}
