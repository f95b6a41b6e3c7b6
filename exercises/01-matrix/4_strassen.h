// Strassen's product, and the one it falls back on.
#ifndef EXERCISE_01_4_STRASSEN_H
#define EXERCISE_01_4_STRASSEN_H

#include <stddef.h>

// C = A B for n x n matrices that may be blocks of wider ones: lda floats lie
// between the rows of A, and so on. C must not overlap A or B.
typedef void SquareProduct(int n, const float *A, int lda, const float *B,
                           int ldb, float *C, int ldc);

// The same by Strassen's algorithm. Halves of odd size, or of less than
// `least` rows, are left to `leaf`.
void strassen(int n, const float *A, int lda, const float *B, int ldb, float *C,
              int ldc, int least, SquareProduct *leaf);

// C = A + s B, n x n; C may be A or B.
static inline void add_scaled(int n, const float *A, int lda, float s,
                              const float *B, int ldb, float *C, int ldc)
{
    for (int i = 0; i < n; i++) {
        const float *a = A + (size_t)i * lda, *b = B + (size_t)i * ldb;
        float *c = C + (size_t)i * ldc;
        for (int j = 0; j < n; j++)
            c[j] = a[j] + s * b[j];
    }
}

#endif
