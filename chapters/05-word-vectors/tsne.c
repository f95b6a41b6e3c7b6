// t-SNE; see tsne.h.
//
// In the high space, point i chooses j as its neighbour with a probability
// that falls like a Gaussian; in the plane, like Student's t distribution with
// one degree of freedom, whose long tails leave room for what is far. The
// points in the plane move until the two fit.
#include "05-word-vectors/tsne.h"

#include "common/check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

// Fills p for one width of the Gaussian and returns its entropy.
static double gaussian(const double *squared, int n, int i, double beta,
                       double *p)
{
    double least = INFINITY, sum = 0, entropy = 0;
    for (int j = 0; j < n; j++)
        if (j != i)
            least = fmin(least, squared[j]);
    for (int j = 0; j < n; j++) {
        p[j] = j == i ? 0 : exp(-beta * (squared[j] - least));
        sum += p[j];
    }
    for (int j = 0; j < n; j++) {
        p[j] /= sum;
        if (p[j] > 0)
            entropy -= p[j] * log(p[j]);
    }
    return entropy;
}

void tsne_neighbours(const double *squared, int n, int i, double perplexity,
                     double *p)
{
    double low = 0, high = INFINITY, beta = 1;
    for (int round = 0; round < 60; round++) {
        if (gaussian(squared, n, i, beta, p) > log(perplexity)) {
            low = beta; // too many neighbours: narrower
            beta = isinf(high) ? 2 * beta : (low + high) / 2;
        } else {
            high = beta;
            beta = (low + high) / 2;
        }
    }
}

// P(i, j) = (p(j | i) + p(i | j)) / 2n.
static double *affinities(const Vectors *v, double perplexity)
{
    const int n = v->n;
    double *p = new_array((size_t)n * n, sizeof *p);
    double *squared = new_array(n, sizeof *squared);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            squared[j] = 0;
            for (int k = 0; k < v->width; k++) {
                double x =
                    (double)vectors_row(v, i)[k] - (double)vectors_row(v, j)[k];
                squared[j] += x * x;
            }
        }
        tsne_neighbours(squared, n, i, perplexity, p + (size_t)i * n);
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            double both = p[(size_t)i * n + j] + p[(size_t)j * n + i];
            p[(size_t)i * n + j] = p[(size_t)j * n + i] = both / (2 * n);
        }
    free(squared);
    return p;
}

// The gradient of the Kullback-Leibler divergence, eq. 5 of the paper. q is
// space for n x n numbers.
static void gradient(int n, const double *p, double exaggerate, const float *at,
                     double *q, double *g)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double x = (double)at[2 * i] - (double)at[2 * j];
            double y = (double)at[2 * i + 1] - (double)at[2 * j + 1];
            q[(size_t)i * n + j] = i == j ? 0 : 1 / (1 + x * x + y * y);
            sum += q[(size_t)i * n + j];
        }
    for (int i = 0; i < n; i++) {
        g[2 * i] = g[2 * i + 1] = 0;
        for (int j = 0; j < n; j++) {
            const double t = q[(size_t)i * n + j];
            const double pull =
                4 * (exaggerate * p[(size_t)i * n + j] - t / sum) * t;
            g[2 * i] += pull * ((double)at[2 * i] - (double)at[2 * j]);
            g[2 * i + 1] +=
                pull * ((double)at[2 * i + 1] - (double)at[2 * j + 1]);
        }
    }
}

void tsne(const Vectors *v, double perplexity, int steps, float *at)
{
    const int n = v->n;
    check(perplexity > 0 && perplexity < n, "perplexity %g of %d", perplexity,
          n);
    double *p = affinities(v, perplexity);
    double *q = new_array((size_t)n * n, sizeof *q);
    double *g = new_array(2 * (size_t)n, sizeof *g);
    double *speed = new_array(2 * (size_t)n, sizeof *speed);
    double size = 0;
    for (int i = 0; i < 2 * n; i++)
        size += (double)at[i] * (double)at[i] / (2 * n);
    for (int i = 0; i < 2 * n && size > 0; i++)
        at[i] *= (float)(1e-2 / sqrt(size)); // begin in a small heap
    const double rate = fmax(n / 12.0, 10);
    for (int step = 0; step < steps; step++) {
        // At first all neighbours pull harder, so that groups find together.
        const bool early = step < steps / 4;
        gradient(n, p, early ? 12 : 1, at, q, g);
        for (int i = 0; i < 2 * n; i++) {
            speed[i] = (early ? 0.5 : 0.8) * speed[i] - rate * g[i];
            at[i] += (float)speed[i];
        }
    }
    free(p);
    free(q);
    free(g);
    free(speed);
}
