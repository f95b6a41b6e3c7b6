// Linear regression: the weights whose weighted sums come nearest to the
// targets.
//
// With the features centred (each minus its mean) the constant b takes care of
// itself, and the squared error plus lambda |w|^2 is, X being n x d,
//
//   E(w) = |X w - y|^2 + lambda |w|^2
//   dE/dw = 2 X^T (X w - y) + 2 lambda w
//
// At the smallest place the derivative is zero, which is d equations for d
// unknowns, the normal equations:
//
//   (X^T X + lambda I) w = X^T y
//
// The matrix on the left is symmetric and positive definite, so it is a square
// in a sense: L L^T with a triangular L (Cholesky, about 1910). Triangular
// equations are solved one unknown at a time.
#include "02-machine-learning/linear.h"

#include "02-machine-learning/examples.h"
#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Planes planes_new(int d, int k)
{
    return (Planes){d, k, new_array((size_t)k * d, sizeof(float)),
                    new_array(k, sizeof(float))};
}

void planes_free(Planes *p)
{
    free(p->w);
    free(p->b);
    *p = (Planes){0};
}

void planes_score(const Planes *p, const float *x, int n, float *out)
{
    gemm_nt(n, p->k, p->d, x, p->d, p->w, p->d, out, p->k, false);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < p->k; j++)
            out[(size_t)i * p->k + j] += p->b[j];
}

// --- solving ----------------------------------------------------------------

bool cholesky(double *A, int n)
{
    for (int i = 0; i < n; i++) {
        double *a = A + (size_t)i * n;
        for (int j = 0; j <= i; j++) {
            const double *l = A + (size_t)j * n;
            const double all = a[j];
            double sum = all;
            for (int k = 0; k < j; k++)
                sum -= a[k] * l[k];
            // What is left of a diagonal entry after rounding is not positive.
            if (i == j && !(sum > 1e-12 * all))
                return false;
            a[j] = i == j ? sqrt(sum) : sum / l[j];
        }
    }
    return true;
}

void cholesky_solve(const double *L, int n, double *b)
{
    for (int i = 0; i < n; i++) { // L z = b, from the top
        for (int k = 0; k < i; k++)
            b[i] -= L[(size_t)i * n + k] * b[k];
        b[i] /= L[(size_t)i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) { // L^T x = z, from the bottom
        b[i] /= L[(size_t)i * n + i];
        for (int k = 0; k < i; k++)
            b[k] -= L[(size_t)i * n + k] * b[i];
    }
}

// --- ridge regression by the normal equations -------------------------------

// A (rows x a)^T times B (rows x b), summed in double over blocks of rows.
static double *product_over_rows(const float *A, int a, const float *B, int b,
                                 int rows)
{
    enum { BLOCK = 256 };
    double *sum = new_array((size_t)a * b, sizeof *sum);
    float *part = new_array((size_t)a * b, sizeof *part);
    for (int i = 0; i < rows; i += BLOCK) {
        int m = rows - i < BLOCK ? rows - i : BLOCK;
        gemm_tn(a, b, m, A + (size_t)i * a, a, B + (size_t)i * b, b, part, b,
                false);
        for (size_t k = 0; k < (size_t)a * b; k++)
            sum[k] += (double)part[k];
    }
    free(part);
    return sum;
}

Planes ridge_fit(const float *x, int n, int d, const float *y, int k,
                 double lambda)
{
    check(n > 0, "ridge_fit: no examples");
    Planes p = planes_new(d, k);
    double *x_mean = new_array(d, sizeof *x_mean);
    double *y_mean = new_array(k, sizeof *y_mean);
    double *w = new_array(d, sizeof *w);
    float *xc = centred(x, n, d, x_mean), *yc = centred(y, n, k, y_mean);
    double *A = product_over_rows(xc, d, xc, d, n); // d x d: X^T X
    double *B = product_over_rows(xc, d, yc, k, n); // d x k: X^T y
    for (int i = 0; i < d; i++)
        A[(size_t)i * d + i] += lambda;
    if (!cholesky(A, d))
        die("least squares has no single answer: a feature is constant, or a "
            "sum of others; ridge regression has one");
    for (int j = 0; j < k; j++) {
        double b = y_mean[j];
        for (int i = 0; i < d; i++)
            w[i] = B[(size_t)i * k + j];
        cholesky_solve(A, d, w);
        for (int i = 0; i < d; i++) {
            p.w[(size_t)j * d + i] = (float)w[i];
            b -= w[i] * x_mean[i];
        }
        p.b[j] = (float)b;
    }
    free(x_mean), free(y_mean), free(w), free(xc), free(yc), free(A), free(B);
    return p;
}

// --- the same by gradient descent -------------------------------------------

Planes ridge_descend(const float *x, int n, int d, const float *y,
                     double lambda, double rate, int steps, double *loss)
{
    double *w = new_array((size_t)d + 1, sizeof *w); // the constant last
    double *slope = new_array((size_t)d + 1, sizeof *slope);
    for (int s = 0; s < steps; s++) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
            sum += lambda * w[j] * w[j];
            slope[j] = 2 * lambda * w[j];
        }
        slope[d] = 0;
        for (int i = 0; i < n; i++) {
            const float *row = x + (size_t)i * d;
            double error = w[d] - (double)y[i];
            for (int j = 0; j < d; j++)
                error += w[j] * (double)row[j];
            sum += error * error;
            for (int j = 0; j < d; j++)
                slope[j] += 2 * error * (double)row[j];
            slope[d] += 2 * error;
        }
        if (loss)
            loss[s] = sum / n;
        for (int j = 0; j <= d; j++)
            w[j] -= rate * slope[j] / n;
    }
    Planes p = planes_new(d, 1);
    for (int j = 0; j < d; j++)
        p.w[j] = (float)w[j];
    p.b[0] = (float)w[d];
    free(w), free(slope);
    return p;
}
