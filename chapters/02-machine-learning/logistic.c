// Logistic and softmax regression.
//
// A score z = x . w + b becomes a probability p = 1 / (1 + e^-z). How bad is p
// if the label y is 1? -log p; if it is 0? -log(1 - p). The derivative of
// either with respect to z is the same short expression, p - y: the loss pulls
// a score up or down by as much as its probability is wrong. So
//
//   E(w) = sum of the losses + lambda/2 |w|^2
//   slope   g = X^T (p - y) + lambda w
//   bend    H = X^T S X + lambda I,   S = diag(p (1 - p))
//
// Gradient descent goes along -g. Newton's method asks where the slope would
// be zero if the bend stayed as it is, and goes there: w -= H^-1 g.
#include "02-machine-learning/logistic.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// log(1 + e^z) without overflow.
static double log_one_plus_exp(double z)
{
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

// The loss at w (d weights and the constant), its slope g (d + 1) and its bend
// H (d + 1 x d + 1, lower triangle).
static double logistic_derivatives(const Examples *e, double lambda,
                                   const double *w, double *g, double *H)
{
    const int d = e->d, m = d + 1;
    double loss = 0;
    for (int j = 0; j < d; j++)
        loss += lambda / 2 * w[j] * w[j];
    for (int j = 0; j < m; j++) {
        g[j] = j < d ? lambda * w[j] : 0;
        for (int k = 0; k < m; k++)
            H[j * m + k] = j == k && j < d ? lambda : 0;
    }
    for (int i = 0; i < e->n; i++) {
        const float *x = e->x + (size_t)i * d;
        double z = w[d];
        for (int j = 0; j < d; j++)
            z += w[j] * (double)x[j];
        const double p = 1 / (1 + exp(-z)), y = e->label[i];
        loss += log_one_plus_exp(z) - y * z;
        for (int j = 0; j < m; j++) {
            const double xj = j < d ? (double)x[j] : 1;
            g[j] += (p - y) * xj;
            for (int k = 0; k <= j; k++)
                H[j * m + k] += p * (1 - p) * xj * (k < d ? (double)x[k] : 1);
        }
    }
    return loss;
}

Planes logistic_newton(const Examples *e, double lambda, int steps,
                       double *loss)
{
    check(e->classes == 2, "logistic regression of %d classes", e->classes);
    const int m = e->d + 1;
    double *w = new_array(m, sizeof *w), *g = new_array(m, sizeof *g);
    double *H = new_array((size_t)m * m, sizeof *H);
    for (int s = 0; s < steps; s++) {
        double now = logistic_derivatives(e, lambda, w, g, H);
        if (loss)
            loss[s] = now;
        if (!cholesky(H, m))
            die("logistic regression: the classes are separated by a plane, "
                "so no weights are large enough; a penalty sets an end");
        cholesky_solve(H, m, g); // g becomes H^-1 g
        for (int j = 0; j < m; j++)
            w[j] -= g[j];
    }
    Planes p = planes_new(e->d, 1);
    for (int j = 0; j < e->d; j++)
        p.w[j] = (float)w[j];
    p.b[0] = (float)w[e->d];
    free(w), free(g), free(H);
    return p;
}

// --- many classes -----------------------------------------------------------

// A bound on the bend of the loss, so that a step of 1 / bound does not
// overshoot: half the largest eigenvalue of X^T X / n (Bohning 1992), with a
// column of ones for the constant, plus the penalty's. The eigenvalue comes
// from a few rounds of v = X^T X v, which nears it from below: hence the tenth
// more.
static double steepest_bend(const float *x, int n, int d, double lambda)
{
    float *v = new_array(d, sizeof *v), *u = new_array(n, sizeof *u);
    double largest = 0;
    for (int j = 0; j < d; j++)
        v[j] = 1 + (float)(j % 7) / 7;
    for (int round = 0; round < 15; round++) {
        const float length = sqrtf(dot(v, v, d));
        for (int j = 0; j < d && length > 0; j++)
            v[j] /= length;
        gemm_nt(n, 1, d, x, d, v, d, u, 1, false);
        largest = (double)dot(u, u, n) / n; // |X v|^2 / n
        gemm_nn(1, d, n, u, n, x, d, v, d, false);
    }
    free(v), free(u);
    return 1.1 * fmax(largest, 1) / 2 + lambda / n;
}

// p (n x k) from scores to (probability - 1 for the label, 0 for others) / n;
// returns the mean loss.
static double softmax_error(float *p, const int *label, int n, int k)
{
    double loss = 0;
    for (int i = 0; i < n; i++) {
        float *row = p + (size_t)i * k, right = row[label[i]];
        loss += (double)softmax_row(row, row, k) - (double)right;
        row[label[i]] -= 1;
        for (int j = 0; j < k; j++)
            row[j] /= (float)n;
    }
    return loss / n;
}

// The loss at `at`, and its slope; x are the features, centred.
static double softmax_slope(const Examples *e, const float *x, double lambda,
                            const Planes *at, float *p, Planes *slope)
{
    const int n = e->n, d = e->d, k = at->k;
    const float pull = (float)(lambda / n);
    planes_score(at, x, n, p);
    double loss = softmax_error(p, e->label, n, k);
    loss += lambda / n / 2 * (double)dot(at->w, at->w, k * d);
    gemm_tn(k, d, n, p, k, x, d, slope->w, d, false); // (p - y)^T X
    axpy(pull, at->w, slope->w, k * d);
    memset(slope->b, 0, k * sizeof *slope->b);
    for (int i = 0; i < n; i++)
        axpy(1, p + (size_t)i * k, slope->b, k);
    return loss;
}

// Nesterov's momentum: look ahead along the last move, then step downhill from
// there. `at` is where we look from, `last` where the last step ended. Returns
// how much uphill, by the slope, the move went: a sum of slope * move.
static double nesterov(float *at, float *last, const float *slope, int n,
                       float rate, float momentum)
{
    double uphill = 0;
    for (int i = 0; i < n; i++) {
        const float next = at[i] - rate * slope[i], move = next - last[i];
        uphill += (double)slope[i] * (double)move;
        at[i] = next + momentum * move;
        last[i] = next;
    }
    return uphill;
}

Planes softmax_fit(const Examples *e, double lambda, int steps, double *loss)
{
    const int d = e->d, k = e->classes;
    check(e->n > 0, "softmax_fit: no examples");
    Planes at = planes_new(d, k), last = planes_new(d, k);
    Planes slope = planes_new(d, k);
    float *p = new_array((size_t)e->n * k, sizeof *p);
    double *mean = new_array(d, sizeof *mean);
    float *x = centred(e->x, e->n, d, mean); // the way is shorter from here
    const float rate = (float)(1 / steepest_bend(x, e->n, d, lambda));
    for (int s = 0, run = 0; s < steps; s++) {
        double now = softmax_slope(e, x, lambda, &at, p, &slope);
        if (loss)
            loss[s] = now;
        const float momentum = (float)run / (float)(run + 3);
        double uphill = nesterov(at.w, last.w, slope.w, k * d, rate, momentum) +
                        nesterov(at.b, last.b, slope.b, k, rate, momentum);
        // Too much momentum runs up the other side: begin anew (O'Donoghue
        // and Candes 2015).
        run = uphill > 0 ? 0 : run + 1;
    }
    for (int j = 0; j < k; j++) // x w + b is (x - mean) w + b + mean w
        for (int i = 0; i < d; i++)
            last.b[j] -= last.w[(size_t)j * d + i] * (float)mean[i];
    planes_free(&at);
    planes_free(&slope);
    free(p), free(x), free(mean);
    return last;
}
