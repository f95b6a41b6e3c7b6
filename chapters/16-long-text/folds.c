// Folds and intervals; see folds.h.
#include "16-long-text/folds.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

void folds_deal(const int *label, int n, int classes, int folds, Rng *r,
                int *fold)
{
    check(folds >= 2, "%d folds", folds);
    int *of_class = new_array((size_t)n + 1, sizeof *of_class);
    int next = 0; // goes on where the last class ended: even folds, too
    for (int c = 0; c < classes; c++) {
        int m = 0;
        for (int i = 0; i < n; i++)
            if (label[i] == c)
                of_class[m++] = i;
        rng_shuffle(r, of_class, m);
        for (int k = 0; k < m; k++)
            fold[of_class[k]] = next++ % folds;
    }
    free(of_class);
}

int folds_split(const int *which, const int *fold, int n, int this_fold,
                int *train, int *test)
{
    int learn = 0, judge = 0;
    for (int i = 0; i < n; i++) {
        const int document = which ? which[i] : i;
        if (fold[i] == this_fold)
            test[judge++] = document;
        else
            train[learn++] = document;
    }
    return learn;
}

Interval interval_of(const double *x, int n)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    const double mean = n > 0 ? sum / n : 0;
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return (Interval){mean,
                      n > 1 ? 1.96 * sqrt(squares / (n - 1) / n) : INFINITY};
}

Interval interval_between(const double *x, const double *y, int n)
{
    double *d = new_array((size_t)n + 1, sizeof *d);
    for (int i = 0; i < n; i++)
        d[i] = x[i] - y[i];
    const Interval between = interval_of(d, n);
    free(d);
    return between;
}
