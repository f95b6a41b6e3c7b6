// A product with strides (10 minutes)
//
// A row-major matrix with 4 columns has its next row 4 floats further on and
// its next column 1 float further on. These two steps, the strides, are all
// one needs to know to find any element. And once they are written down, they
// can be changed: with other strides, the same floats are the transposed
// matrix, or a block of columns of a wider one, and nothing is copied.
//
// Write `element` and `transposed`; product_views then multiplies any two
// views. common/kernels.c finds its way into all three products of the course
// (A B, A B^T, A^T B) in just this manner.
#include "1_strides.h"

float element(View x, int i, int j)
{
    // SOLUTION
    return x.at[i * x.row + j * x.col];
    // END
}

View transposed(View x)
{
    // SOLUTION
    return (View){x.at, x.col, x.row};
    // END
}

void product_views(int M, int N, int K, View A, View B, float *C)
{
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < N; j++) {
            float sum = 0;
            for (int k = 0; k < K; k++)
                sum += element(A, i, k) * element(B, k, j);
            C[(size_t)i * N + j] = sum;
        }
    }
}
