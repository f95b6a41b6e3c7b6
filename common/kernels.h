// The numeric kernels: the few loops in which nearly all time is spent. SIMD of
// floats lives here; threads.h has the threads they run on.
//
// The one idea: threads share out *outputs*, never the terms of a sum, and a
// sum always has the same 16 partial sums whatever the machine's vectors are.
// So results are the same bit for bit for 1, 2 or 7 threads.
//
// Matrices are row-major float32. A stride (lda, ldb, ...) is the number of
// floats from one row to the next, so a block of columns of a wider matrix is
// a matrix too. Sizes may be 0; then nothing is read or written, except that
// a product with K == 0 is zero.
#ifndef COMMON_KERNELS_H
#define COMMON_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

// C (M x N) = op(A) op(B), or C += op(A) op(B) if accumulate.
//   nn: A is M x K, B is K x N       C = A B
//   nt: A is M x K, B is N x K       C = A B^T
//   tn: A is K x M, B is K x N       C = A^T B
// C must not overlap A or B. In nn, a row of C has the same bits whatever M is.
void gemm_nn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate);
void gemm_nt(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate);
void gemm_tn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate);

// y (M x N) = x (M x K) W^T + bias, with W: N x K and a row of N numbers, or
// NULL for none: a layer. As gemm_nt otherwise.
void affine(int M, int N, int K, const float *x, int ldx, const float *W,
            int ldw, const float *bias, float *y, int ldy);

// A weight in the order in which products read it, for one that does not change
// any more: affine would else bring it into that order each time.
typedef struct Prepacked {
    int N, K;
    const float *panels; // prepacked_floats(N, K)
} Prepacked;

// prepack writes W (N x K) to `to`, which has prepacked_floats(N, K) floats and
// must live as long as the result.
size_t prepacked_floats(int N, int K);
Prepacked prepack(int N, int K, const float *W, int ldw, float *to);

// affine with W packed. A row of y has the same bits whatever M is: those of a
// row among many in gemm_nt.
void affine_prepacked(int M, const Prepacked *W, const float *x, int ldx,
                      const float *bias, float *y, int ldy);

// y (N) = W (N x K) x (K): one row of gemm_nt, at the speed at which memory
// delivers W.
void matvec(int N, int K, const float *W, int ldw, const float *x, float *y,
            bool accumulate);

// The sum of a[i] b[i].
float dot(const float *a, const float *b, int n);

// y += s x.
void axpy(float s, const float *x, float *y, int n);

// Each y[i] = e^x[i], within 2 units in the last place; 0 for x < -87.3 (also
// for -INFINITY), INFINITY where e^x is no float any more (x > 88.72), NaN
// stays NaN. x and y may be the same.
void exp_each(const float *x, float *y, int n);

// The largest of n numbers that is not NaN, or -INFINITY.
float row_max(const float *x, int n);

// Each y[i] = e^(x[i] - shift), as exp_each; returns their sum.
float exp_sum(const float *x, float shift, float *y, int n);

// Each y[i] = tanh x[i], within 4 units in the last place.
void tanh_each(const float *x, float *y, int n);

// Each g[i] = (1 + tanh(sqrt(2 / pi) (x[i] + 0.044715 x[i]^3))) / 2: the gate
// of GPT-2's GELU, which is x g. x and g may not be the same.
void gelu_gate_each(const float *x, float *g, int n);

// One row: y[i] = e^(x[i] - max x) / sum. Returns log(sum) + max, the
// logarithm of the sum of the exponentials. A row of -INFINITY alone, or an
// empty one, gives zeros and returns -INFINITY. x and y may be the same.
float softmax_row(const float *x, float *y, int n);

#endif
