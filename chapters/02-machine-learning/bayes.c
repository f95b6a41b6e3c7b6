// Naive Bayes.
//
// Bayes' rule turns p(features | class), which can be counted, into what we
// want:
//
//   p(class | x) = p(class) p(x | class) / p(x)
//
// p(x) is the same for all classes. p(x | class) of a whole row can not be
// counted: hardly any row comes twice. The naive step is to take the features
// of one class as independent, so that it is a product of one factor a
// feature, each of which is easy to count. The product of 784 small numbers is
// 0 in floats; so everything here is a sum of logarithms.
#include "02-machine-learning/bayes.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

// How many examples each class has.
static double *class_sizes(const Examples *e)
{
    double *size = new_array(e->classes, sizeof *size);
    for (int i = 0; i < e->n; i++)
        size[e->label[i]]++;
    for (int c = 0; c < e->classes; c++)
        check(size[c] > 0, "no example of class %d", c);
    return size;
}

// The largest variance of any feature, classes not told apart.
static double largest_variance(const Examples *e)
{
    double *mean = new_array(e->d, sizeof *mean), largest = 0;
    double *var = new_array(e->d, sizeof *var);
    for (int i = 0; i < e->n; i++)
        for (int j = 0; j < e->d; j++)
            mean[j] += (double)e->x[(size_t)i * e->d + j] / e->n;
    for (int i = 0; i < e->n; i++)
        for (int j = 0; j < e->d; j++) {
            double off = (double)e->x[(size_t)i * e->d + j] - mean[j];
            var[j] += off * off / e->n;
        }
    for (int j = 0; j < e->d; j++)
        largest = fmax(largest, var[j]);
    free(mean), free(var);
    return largest;
}

GaussBayes gauss_bayes_fit(const Examples *e, double smoothing)
{
    const int d = e->d, k = e->classes;
    double *size = class_sizes(e);
    GaussBayes m = {d, k, new_array(k, sizeof(double)),
                    new_array((size_t)k * d, sizeof(double)),
                    new_array((size_t)k * d, sizeof(double))};
    const double floor = smoothing * largest_variance(e);
    for (int c = 0; c < k; c++)
        m.prior[c] = log(size[c] / e->n);
    for (int i = 0; i < e->n; i++) {
        double *mean = m.mean + (size_t)e->label[i] * d;
        for (int j = 0; j < d; j++)
            mean[j] += (double)e->x[(size_t)i * d + j];
    }
    for (size_t j = 0; j < (size_t)k * d; j++)
        m.mean[j] /= size[j / d];
    for (int i = 0; i < e->n; i++) {
        const size_t at = (size_t)e->label[i] * d;
        for (int j = 0; j < d; j++) {
            double off = (double)e->x[(size_t)i * d + j] - m.mean[at + j];
            m.var[at + j] += off * off;
        }
    }
    for (size_t j = 0; j < (size_t)k * d; j++)
        m.var[j] = m.var[j] / size[j / d] + floor;
    free(size);
    return m;
}

void gauss_bayes_free(GaussBayes *m)
{
    free(m->prior);
    free(m->mean);
    free(m->var);
    *m = (GaussBayes){0};
}

// The normal density is e^(-(x - mean)^2 / 2 var) / sqrt(2 pi var).
void gauss_bayes_score(const GaussBayes *m, const float *x, int n, float *out)
{
    const double pi = 3.14159265358979323846;
    const int d = m->d;
    for (int c = 0; c < m->classes; c++) {
        const double *mean = m->mean + (size_t)c * d;
        const double *var = m->var + (size_t)c * d;
        double start = m->prior[c];
        for (int j = 0; j < d; j++)
            start -= log(2 * pi * var[j]) / 2;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < d; j++) {
                double off = (double)x[(size_t)i * d + j] - mean[j];
                sum += off * off / var[j];
            }
            out[(size_t)i * m->classes + c] = (float)(start - sum / 2);
        }
    }
}

// --- words ------------------------------------------------------------------

// A text is so many draws from an urn with the words of its class: p(x | class)
// is the product over words of p(word)^count, times the number of orders,
// which is the same for all classes.
Planes word_bayes_fit(const Examples *e, double add)
{
    const int d = e->d, k = e->classes;
    double *size = class_sizes(e);
    double *count = new_array((size_t)k * d, sizeof *count);
    Planes p = planes_new(d, k);
    for (int i = 0; i < e->n; i++)
        for (int j = 0; j < d; j++)
            count[(size_t)e->label[i] * d + j] +=
                (double)e->x[(size_t)i * d + j];
    for (int c = 0; c < k; c++) {
        double all = 0;
        for (int j = 0; j < d; j++)
            all += count[(size_t)c * d + j] + add;
        for (int j = 0; j < d; j++)
            p.w[(size_t)c * d + j] =
                (float)log((count[(size_t)c * d + j] + add) / all);
        p.b[c] = (float)log(size[c] / e->n);
    }
    free(size), free(count);
    return p;
}
