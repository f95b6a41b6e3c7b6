// Where to begin: k-means++ (30 minutes)
//
// k-means ends where its start leads it. k-means++ draws the starting centres
// from the points themselves: the first at random, each further one with a
// probability proportional to the squared distance from the nearest centre
// chosen so far. Far points are likely, but not certain: a single stray point
// should not always win.
//
// To draw in proportion to numbers that add up to `sum`, go a random part of
// the sum along them, and see where you are.
//
// When it passes: make run-02 MINE=1 starts the chapter's k-means with yours.
#include "02-machine-learning/cluster.h"
#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void kmeans_start(const float *x, int n, int d, int k, Rng *r, float *centre)
{
    check(k >= 1 && k <= n, "%d centres among %d points", k, n);
    double *far = new_array(n, sizeof *far); // squared, to the nearest centre
    int chosen = rng_below(r, n);
    for (int c = 0; c < k; c++) {
        memcpy(centre + (size_t)c * d, x + (size_t)chosen * d,
               d * sizeof *centre);
        // SOLUTION: bring far[] up to date with centre c, then draw `chosen`
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double square = 0;
            for (int j = 0; j < d; j++) {
                const double off = (double)x[(size_t)i * d + j] -
                                   (double)centre[(size_t)c * d + j];
                square += off * off;
            }
            far[i] = c == 0 ? square : fmin(far[i], square);
            sum += far[i];
        }
        double left = (double)rng_uniform(r) * sum;
        for (chosen = 0; chosen < n - 1 && left >= far[chosen]; chosen++)
            left -= far[chosen];
        // END
    }
    free(far);
}
