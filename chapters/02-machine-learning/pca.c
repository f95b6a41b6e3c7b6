// Principal component analysis (Pearson 1901, Hotelling 1933).
//
// Along which direction v, |v| = 1, do the rows spread most? The variance along
// v is v^T C v with C = X^T X / (n - 1), the covariance of the centred rows. At
// its maximum over the sphere the slope 2 C v is parallel to v (else one could
// slide uphill): C v = lambda v, an eigenvector, and the variance is lambda.
//
// Jacobi: a rotation in the plane of two axes can make one entry beside the
// diagonal zero. It disturbs others, but the sum of their squares shrinks, and
// after a few sweeps over all pairs nothing is left but the diagonal.
//
// Power iteration: multiply any vector by C again and again. Its part along
// the eigenvector with the largest lambda grows fastest, and soon nothing else
// is to be seen. With a block of vectors, made orthogonal each time, the first
// one finds the first direction, the second the second, and so on.
#include "02-machine-learning/pca.h"

#include "02-machine-learning/examples.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- Jacobi -----------------------------------------------------------------

// Turns rows (or columns: step) p and q of M by the angle with cosine c.
static void turn(double *p, double *q, int n, int step, double c, double s)
{
    for (int k = 0; k < n; k++) {
        const double a = p[(size_t)k * step], b = q[(size_t)k * step];
        p[(size_t)k * step] = c * a - s * b;
        q[(size_t)k * step] = s * a + c * b;
    }
}

// One rotation that makes A[p][q] zero (Golub and Van Loan, section 8.5).
static void rotate_pair(double *A, double *V, int n, int p, int q)
{
    const double apq = A[(size_t)p * n + q];
    if (apq == 0)
        return;
    const double theta =
        (A[(size_t)q * n + q] - A[(size_t)p * n + p]) / (2 * apq);
    const double t =
        (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    turn(A + (size_t)p * n, A + (size_t)q * n, n, 1, c, s);
    turn(A + p, A + q, n, n, c, s);
    turn(V + (size_t)p * n, V + (size_t)q * n, n, 1, c, s);
}

// The sum of the squares beside the diagonal, and (all) of all entries.
static double beside(const double *A, int n, double *all)
{
    double sum = 0;
    *all = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            const double square = A[(size_t)i * n + j] * A[(size_t)i * n + j];
            *all += square;
            sum += i == j ? 0 : square;
        }
    return sum;
}

void jacobi(double *A, int n, double *value, double *vector)
{
    double all, *V = new_array((size_t)n * n, sizeof *V);
    for (int i = 0; i < n; i++)
        V[(size_t)i * n + i] = 1;
    for (int sweep = 0; sweep < 50 && beside(A, n, &all) > 1e-30 * all; sweep++)
        for (int p = 0; p < n - 1; p++)
            for (int q = p + 1; q < n; q++)
                rotate_pair(A, V, n, p, q);
    for (int i = 0; i < n; i++) { // the largest first
        int best = -1;
        for (int j = 0; j < n; j++)
            if (!isnan(A[(size_t)j * n + j]) &&
                (best < 0 || A[(size_t)j * n + j] > A[(size_t)best * n + best]))
                best = j;
        check(best >= 0, "jacobi: not a matrix of numbers");
        value[i] = A[(size_t)best * n + best];
        memcpy(vector + (size_t)i * n, V + (size_t)best * n, n * sizeof *V);
        A[(size_t)best * n + best] = NAN;
    }
    free(V);
}

// --- power iteration --------------------------------------------------------

double power_iteration(const double *A, int n, double *v, int rounds)
{
    double *next = new_array(n, sizeof *next), length = 0;
    for (int round = 0; round <= rounds; round++) {
        double sum = 0, along = 0;
        for (int i = 0; i < n; i++)
            sum += v[i] * v[i];
        for (int i = 0; i < n; i++)
            v[i] /= sqrt(sum);
        for (int i = 0; i < n; i++) {
            next[i] = 0;
            for (int j = 0; j < n; j++)
                next[i] += A[(size_t)i * n + j] * v[j];
            along += v[i] * next[i];
        }
        length = along; // v^T A v
        if (round < rounds)
            memcpy(v, next, n * sizeof *v);
    }
    free(next);
    return length;
}

// Makes the m rows of Q (m x d) orthogonal and of length 1, from the first to
// the last (Gram and Schmidt), twice, since once leaves rounding errors.
static void orthonormal(float *Q, int m, int d)
{
    for (int i = 0; i < m; i++) {
        float *q = Q + (size_t)i * d;
        for (int j = 0; j < 2 * i; j++) {
            const float *r = Q + (size_t)(j % i) * d;
            axpy(-dot(q, r, d), r, q, d);
        }
        const float length = sqrtf(dot(q, q, d));
        for (int j = 0; j < d; j++)
            q[j] = length > 0 ? q[j] / length : 0;
    }
}

// The first k eigenvectors of C (d x d) as rows of axis, their values in
// variance: a block of a few more vectors, then Jacobi on the small matrix
// Q C Q^T, whose eigenvectors turn the block into place.
static void block_power(const float *C, int d, int k, float *axis,
                        float *variance)
{
    enum { ROUNDS = 20 };
    const int m = k + 10 < d ? k + 10 : d;
    float *Q = new_array((size_t)m * d, sizeof *Q);
    float *CQ = new_array((size_t)m * d, sizeof *CQ);
    double *small = new_array((size_t)m * m, sizeof *small);
    double *value = new_array(m, sizeof *value);
    double *vector = new_array((size_t)m * m, sizeof *vector);
    Rng rng = rng_new(1);
    for (int i = 0; i < m * d; i++)
        Q[i] = rng_normal(&rng);
    for (int round = 0; round < ROUNDS; round++) {
        orthonormal(Q, m, d);
        gemm_nn(m, d, d, Q, d, C, d, CQ, d, false);
        if (round < ROUNDS - 1)
            memcpy(Q, CQ, (size_t)m * d * sizeof *Q);
    }
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            small[(size_t)i * m + j] =
                (double)(dot(Q + (size_t)i * d, CQ + (size_t)j * d, d) +
                         dot(Q + (size_t)j * d, CQ + (size_t)i * d, d)) /
                2;
    jacobi(small, m, value, vector);
    memset(axis, 0, (size_t)k * d * sizeof *axis);
    for (int i = 0; i < k; i++) {
        variance[i] = (float)value[i];
        for (int j = 0; j < m; j++)
            axpy((float)vector[(size_t)i * m + j], Q + (size_t)j * d,
                 axis + (size_t)i * d, d);
    }
    free(Q), free(CQ), free(small), free(value), free(vector);
}

// --- principal components ---------------------------------------------------

static void largest_positive(float *axis, int d)
{
    int at = 0;
    for (int j = 1; j < d; j++)
        if (fabsf(axis[j]) > fabsf(axis[at]))
            at = j;
    const float sign = axis[at] < 0 ? -1 : 1;
    for (int j = 0; j < d; j++)
        axis[j] *= sign;
}

Pca pca_fit(const float *x, int n, int d, int k)
{
    enum { SMALL = 64 };
    check(n >= 2 && k >= 1 && k <= d, "%d components of %d features, %d rows",
          k, d, n);
    Pca p = {d,
             k,
             new_array(d, sizeof(float)),
             new_array((size_t)k * d, sizeof(float)),
             new_array(k, sizeof(float)),
             0};
    float *C = new_array((size_t)d * d, sizeof *C);
    double *mean = new_array(d, sizeof *mean);
    float *c = centred(x, n, d, mean);
    for (int j = 0; j < d; j++)
        p.mean[j] = (float)mean[j];
    gemm_tn(d, d, n, c, d, c, d, C, d, false);
    for (int i = 0; i < d * d; i++)
        C[i] /= (float)(n - 1);
    for (int j = 0; j < d; j++)
        p.total += (double)C[(size_t)j * d + j];
    if (d > SMALL) {
        block_power(C, d, k, p.axis, p.variance);
    } else {
        double A[SMALL * SMALL], value[SMALL], vector[SMALL * SMALL];
        for (int i = 0; i < d * d; i++)
            A[i] = (double)C[i];
        jacobi(A, d, value, vector);
        for (int i = 0; i < k * d; i++)
            p.axis[i] = (float)vector[i];
        for (int i = 0; i < k; i++)
            p.variance[i] = (float)value[i];
    }
    for (int i = 0; i < k; i++)
        largest_positive(p.axis + (size_t)i * d, d);
    free(C), free(c), free(mean);
    return p;
}

void pca_free(Pca *p)
{
    free(p->mean);
    free(p->axis);
    free(p->variance);
    *p = (Pca){0};
}

void pca_apply(const Pca *p, const float *x, int n, float *out)
{
    gemm_nt(n, p->k, p->d, x, p->d, p->axis, p->d, out, p->k, false);
    for (int j = 0; j < p->k; j++) {
        const float shift = dot(p->mean, p->axis + (size_t)j * p->d, p->d);
        for (int i = 0; i < n; i++)
            out[(size_t)i * p->k + j] -= shift;
    }
}

void pca_undo(const Pca *p, const float *in, int n, float *x)
{
    gemm_nn(n, p->d, p->k, in, p->k, p->axis, p->d, x, p->d, false);
    for (int i = 0; i < n; i++)
        axpy(1, p->mean, x + (size_t)i * p->d, p->d);
}
