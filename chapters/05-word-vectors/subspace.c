// Orthogonal iteration and principal components; see subspace.h.
#include "05-word-vectors/subspace.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Gram and Schmidt on the k rows of q (k x n): from each row its parts along
// the earlier ones are taken away, twice, since after the first time rounding
// leaves a little of them.
static void make_orthonormal(float *q, int k, int n)
{
    float *along = new_array(k, sizeof *along);
    for (int i = 0; i < k; i++) {
        float *row = q + (size_t)i * n;
        for (int twice = 0; twice < 2 && i > 0; twice++) {
            matvec(i, n, q, n, row, along, false);
            for (int j = 0; j < i; j++)
                axpy(-along[j], q + (size_t)j * n, row, n);
        }
        const float length = sqrtf(dot(row, row, n));
        for (int j = 0; j < n; j++)
            row[j] = length > 0 ? row[j] / length : 0;
    }
    free(along);
}

// to (cols x rows) = from (rows x cols) on its side.
static void transpose(const float *from, int rows, int cols, float *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            to[(size_t)j * rows + i] = from[(size_t)i * cols + j];
}

void subspace(int n, int k, Multiply multiply, void *context, int rounds,
              uint64_t seed, float *basis)
{
    check(k >= 1 && k <= n, "%d directions of %d", k, n);
    float *q = new_array((size_t)n * k, sizeof *q); // k x n
    float *y = new_array((size_t)n * k, sizeof *y); // n x k
    Rng r = rng_new(seed);
    for (size_t i = 0; i < (size_t)n * k; i++)
        q[i] = rng_normal(&r);
    make_orthonormal(q, k, n);
    transpose(q, k, n, basis);
    for (int round = 0; round < rounds; round++) {
        multiply(context, basis, y, k);
        transpose(y, n, k, q);
        make_orthonormal(q, k, n);
        transpose(q, k, n, basis);
    }
    free(q);
    free(y);
}

// --- principal components ---------------------------------------------------

// y = C x, with the covariance C (width x width).
static void by_covariance(void *context, const float *x, float *y, int k)
{
    const Vectors *c = context;
    gemm_nn(c->n, k, c->n, c->at, c->width, x, k, y, k, false);
}

void principal(const Vectors *v, int k, uint64_t seed, float *at)
{
    const int d = v->width;
    Vectors centred = vectors_new(v->n, d), cov = vectors_new(d, d);
    double *mean = new_array(d, sizeof *mean);
    for (int i = 0; i < v->n; i++)
        for (int j = 0; j < d; j++)
            mean[j] += (double)vectors_row(v, i)[j] / v->n;
    for (int i = 0; i < v->n; i++)
        for (int j = 0; j < d; j++)
            vectors_row(&centred, i)[j] = vectors_row(v, i)[j] - (float)mean[j];
    gemm_tn(d, d, v->n, centred.at, d, centred.at, d, cov.at, d, false);
    float *axes = new_array((size_t)d * k, sizeof *axes); // d x k
    subspace(d, k, by_covariance, &cov, 100, seed, axes);
    gemm_nn(v->n, k, d, centred.at, d, axes, k, at, k, false);
    free(axes);
    free(mean);
    vectors_free(&centred);
    vectors_free(&cov);
}
