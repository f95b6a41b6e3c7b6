// Spearman's rank correlation (Spearman 1904); see similarity.h.
#include "05-word-vectors/similarity.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

typedef struct Place {
    double value;
    int i;
} Place;

static int by_value(const void *a, const void *b)
{
    const Place *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

void ranks(const double *x, int n, double *rank)
{
    Place *p = new_array(n, sizeof *p);
    for (int i = 0; i < n; i++)
        p[i] = (Place){x[i], i};
    if (n > 1)
        qsort(p, n, sizeof *p, by_value);
    for (int from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && p[to].value == p[from].value; to++)
            continue;
        // Places from + 1 .. to are equal: each gets their mean.
        for (int i = from; i < to; i++)
            rank[p[i].i] = (from + 1 + to) / 2.0;
    }
    free(p);
}

// Pearson's correlation of two rows of ranks, whose mean is (n + 1) / 2.
double spearman(const double *x, const double *y, int n)
{
    double *rx = new_array(n, sizeof *rx), *ry = new_array(n, sizeof *ry);
    ranks(x, n, rx);
    ranks(y, n, ry);
    const double mean = (n + 1) / 2.0;
    double xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        xx += (rx[i] - mean) * (rx[i] - mean);
        yy += (ry[i] - mean) * (ry[i] - mean);
        xy += (rx[i] - mean) * (ry[i] - mean);
    }
    free(rx);
    free(ry);
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}
