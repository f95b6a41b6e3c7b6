// k-means and mixtures of Gaussians: the same two moves, first hard, then soft.
//
// k-means wants centres that make the sum of squared distances, each row to its
// own centre, small. With the centres held still, the best for a row is its
// nearest centre. With the memberships held still, the best place for a centre
// is the mean of its rows (the derivative of sum (x - c)^2 is zero there). Each
// move makes the sum smaller or leaves it, and there are only finitely many
// memberships, so it ends; not always at the best place, which is why the start
// matters.
//
// A mixture says that each row comes from component c with probability
// weight[c], and is then normally distributed. Again two moves: E, the
// probability with which each row comes from each component, by Bayes' rule;
// M, weights, means and covariances from the rows, counted with these
// probabilities.
#include "02-machine-learning/cluster.h"

#include "02-machine-learning/linear.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static double square_distance(const float *a, const float *b, int d)
{
    double sum = 0;
    for (int j = 0; j < d; j++) {
        const double off = (double)a[j] - (double)b[j];
        sum += off * off;
    }
    return sum;
}

void kmeans_start(const float *x, int n, int d, int k, Rng *r, float *centre)
{
    check(k >= 1 && k <= n, "%d centres among %d points", k, n);
    double *far = new_array(n, sizeof *far); // to the nearest centre, squared
    int chosen = rng_below(r, n);
    for (int c = 0; c < k; c++) {
        double sum = 0;
        memcpy(centre + (size_t)c * d, x + (size_t)chosen * d,
               d * sizeof *centre);
        for (int i = 0; i < n; i++) {
            const double now =
                square_distance(x + (size_t)i * d, centre + (size_t)c * d, d);
            far[i] = c == 0 ? now : fmin(far[i], now);
            sum += far[i];
        }
        // The row in which a random part of the sum is reached.
        double left = (double)rng_uniform(r) * sum;
        for (chosen = 0; chosen < n - 1 && left >= far[chosen]; chosen++)
            left -= far[chosen];
    }
    free(far);
}

// The nearest centre of each row, by |c|^2 - 2 x . c as in neighbours.c;
// product is room for n x k. Returns whether a label changed.
static bool join(const float *x, int n, int d, int k, const float *centre,
                 float *product, int *label)
{
    bool changed = false;
    float *square = new_array(k, sizeof *square);
    for (int c = 0; c < k; c++)
        square[c] = dot(centre + (size_t)c * d, centre + (size_t)c * d, d);
    gemm_nt(n, k, d, x, d, centre, d, product, k, false);
    for (int i = 0; i < n; i++) {
        const float *row = product + (size_t)i * k;
        int best = 0;
        for (int c = 1; c < k; c++)
            if (square[c] - 2 * row[c] < square[best] - 2 * row[best])
                best = c;
        changed = changed || label[i] != best;
        label[i] = best;
    }
    free(square);
    return changed;
}

static void move_centres(const float *x, int n, int d, int k, const int *label,
                         float *centre)
{
    double *sum = new_array((size_t)k * d, sizeof *sum);
    int *count = new_array(k, sizeof *count);
    for (int i = 0; i < n; i++) {
        count[label[i]]++;
        for (int j = 0; j < d; j++)
            sum[(size_t)label[i] * d + j] += (double)x[(size_t)i * d + j];
    }
    for (size_t j = 0; j < (size_t)k * d; j++)
        if (count[j / d] > 0)
            centre[j] = (float)(sum[j] / count[j / d]);
    free(sum), free(count);
}

double kmeans(const float *x, int n, int d, int k, int most, float *centre,
              int *label, int *rounds)
{
    check(k >= 1 && n >= 1, "%d centres for %d points", k, n);
    float *product = new_array((size_t)n * k, sizeof *product);
    int done = 0;
    double sum = 0;
    for (int i = 0; i < n; i++)
        label[i] = -1;
    bool changed = join(x, n, d, k, centre, product, label);
    while (changed && done < most) {
        move_centres(x, n, d, k, label, centre);
        changed = join(x, n, d, k, centre, product, label);
        done++;
    }
    for (int i = 0; i < n; i++)
        sum += square_distance(x + (size_t)i * d, centre + (size_t)label[i] * d,
                               d);
    if (rounds)
        *rounds = done;
    free(product);
    return sum;
}

// --- mixtures ---------------------------------------------------------------

// Weights, means and covariances from rows that count for component c with
// share[i * k + c]: the M step.
static void estimate(Mixture *m, const float *x, int n, const double *share,
                     double floor)
{
    const int k = m->k, d = m->d;
    double *off = new_array(d, sizeof *off);
    for (int c = 0; c < k; c++) {
        double all = 0, *mean = m->mean + (size_t)c * d;
        double *cov = m->cov + (size_t)c * d * d;
        memset(mean, 0, d * sizeof *mean);
        memset(cov, 0, (size_t)d * d * sizeof *cov);
        for (int i = 0; i < n; i++) {
            const double s = share[(size_t)i * k + c];
            all += s;
            for (int j = 0; j < d; j++)
                mean[j] += s * (double)x[(size_t)i * d + j];
        }
        all = fmax(all, 1e-300); // a component that nobody comes from
        for (int j = 0; j < d; j++)
            mean[j] /= all;
        for (int i = 0; i < n; i++) {
            const double s = share[(size_t)i * k + c];
            if (s == 0)
                continue;
            for (int j = 0; j < d; j++)
                off[j] = (double)x[(size_t)i * d + j] - mean[j];
            for (int j = 0; j < d; j++)
                for (int l = 0; l <= j; l++)
                    cov[(size_t)j * d + l] += s * off[j] * off[l];
        }
        for (int j = 0; j < d; j++)
            for (int l = 0; l <= j; l++) {
                const double v = cov[(size_t)j * d + l] / all;
                cov[(size_t)j * d + l] = cov[(size_t)l * d + j] =
                    v + (j == l ? floor : 0);
            }
        m->weight[c] = all / n;
    }
    free(off);
}

Mixture mixture_new(const float *x, int n, int d, int k, const int *label,
                    double floor)
{
    Mixture m = {k, d, new_array(k, sizeof(double)),
                 new_array((size_t)k * d, sizeof(double)),
                 new_array((size_t)k * d * d, sizeof(double))};
    double *share = new_array((size_t)n * k, sizeof *share);
    for (int i = 0; i < n; i++)
        share[(size_t)i * k + label[i]] = 1;
    estimate(&m, x, n, share, floor);
    free(share);
    return m;
}

void mixture_free(Mixture *m)
{
    free(m->weight);
    free(m->mean);
    free(m->cov);
    *m = (Mixture){0};
}

// log(weight c times the density of component c) for n rows, into
// out[i * k + c]. With cov = L L^T the exponent (x - mean)^T cov^-1 (x - mean)
// is |z|^2 with L z = x - mean, and the root of the determinant is the product
// of L's diagonal.
static void component_density(const Mixture *m, int c, const float *x, int n,
                              double *out)
{
    const int d = m->d;
    double *L = new_array((size_t)d * d, sizeof *L),
           *z = new_array(d, sizeof *z);
    memcpy(L, m->cov + (size_t)c * d * d, (size_t)d * d * sizeof *L);
    if (!cholesky(L, d))
        die("mixture: a component has shrunk to a point or a line; a larger "
            "floor keeps its width");
    double start =
        log(m->weight[c]) - d / 2.0 * log(2 * 3.14159265358979323846);
    for (int j = 0; j < d; j++)
        start -= log(L[(size_t)j * d + j]);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
            double v =
                (double)x[(size_t)i * d + j] - m->mean[(size_t)c * d + j];
            for (int l = 0; l < j; l++)
                v -= L[(size_t)j * d + l] * z[l];
            z[j] = v / L[(size_t)j * d + j];
            sum += z[j] * z[j];
        }
        out[(size_t)i * m->k + c] = start - sum / 2;
    }
    free(L), free(z);
}

typedef struct Parts {
    const Mixture *m;
    const float *x;
    double *part;
} Parts;

static void some_densities(void *context, int from, int to)
{
    const Parts *p = context;
    for (int c = 0; c < p->m->k; c++)
        component_density(p->m, c, p->x + (size_t)from * p->m->d, to - from,
                          p->part + (size_t)from * p->m->k);
}

// out[i] = log of the sum of e^part[i * k + c]; if shares, part becomes
// e^(part - out): the probability of each component.
static void density(const Mixture *m, const float *x, int n, double *part,
                    double *out, bool shares)
{
    Parts p = {m, x, part};
    parallel_for(n, (double)m->k * m->d * m->d, some_densities, &p);
    for (int i = 0; i < n; i++) {
        double *row = part + (size_t)i * m->k, most = row[0], sum = 0;
        for (int c = 1; c < m->k; c++)
            most = fmax(most, row[c]);
        for (int c = 0; c < m->k; c++)
            sum += exp(row[c] - most);
        out[i] = most + log(sum);
        for (int c = 0; shares && c < m->k; c++)
            row[c] = exp(row[c] - out[i]);
    }
}

double mixture_step(Mixture *m, const float *x, int n, double floor)
{
    double *part = new_array((size_t)n * m->k, sizeof *part);
    double *log_density = new_array(n, sizeof *log_density), mean = 0;
    density(m, x, n, part, log_density, true);
    for (int i = 0; i < n; i++)
        mean += log_density[i] / n;
    estimate(m, x, n, part, floor);
    free(part), free(log_density);
    return mean;
}

void mixture_density(const Mixture *m, const float *x, int n, double *out)
{
    double *part = new_array((size_t)n * m->k, sizeof *part);
    density(m, x, n, part, out, false);
    free(part);
}
