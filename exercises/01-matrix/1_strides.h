// A matrix that need not lie in memory row after row.
#ifndef EXERCISE_01_1_STRIDES_H
#define EXERCISE_01_1_STRIDES_H

#include <stddef.h>

typedef struct View {
    const float *at; // element (0, 0)
    ptrdiff_t row;   // how many floats further the next row is
    ptrdiff_t col;   // how many floats further the next column is
} View;

float element(View x, int i, int j);

View transposed(View x);

// C (M x N, row-major without gaps) = A (M x K) B (K x N).
void product_views(int M, int N, int K, View A, View B, float *C);

#endif
