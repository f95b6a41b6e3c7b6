// Strassen's product, and the one it falls back on.
#ifndef EXERCISE_01_4_STRASSEN_H
#define EXERCISE_01_4_STRASSEN_H

#include <stddef.h>

// C = A B for n x n matrices that may be blocks of wider ones: lda floats lie
// between the rows of A, and so on. C must not overlap A or B.
typedef void SquareProduct(int n, const float *A, int lda, const float *B,
                           int ldb, float *C, int ldc);

// The same by Strassen's algorithm. Matrices of odd size, or whose quadrants
// would have less than `least` rows, are left to `leaf`. There is room for
// n * n floats at `work`.
void strassen(int n, const float *A, int lda, const float *B, int ldb, float *C,
              int ldc, int least, SquareProduct *leaf, float *work);

// C = A + s B, n x n; C may be A or B.
void add_scaled(int n, const float *A, int lda, float s, const float *B,
                int ldb, float *C, int ldc);

#endif
