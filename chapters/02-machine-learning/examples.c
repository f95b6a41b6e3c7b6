// Examples: made, picked from, freed; see examples.h.
#include "02-machine-learning/examples.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Examples examples_new(int n, int d, int classes)
{
    check(n >= 0 && d >= 1 && classes >= 1, "%d examples of %d, %d classes", n,
          d, classes);
    return (Examples){n, d, classes, new_array((size_t)n * d, sizeof(float)),
                      new_array(n, sizeof(int))};
}

Examples examples_pick(const Examples *e, const int *which, int n)
{
    Examples part = examples_new(n, e->d, e->classes);
    for (int i = 0; i < n; i++) {
        check(which[i] >= 0 && which[i] < e->n, "example %d of %d", which[i],
              e->n);
        memcpy(part.x + (size_t)i * e->d, e->x + (size_t)which[i] * e->d,
               e->d * sizeof *e->x);
        part.label[i] = e->label[which[i]];
    }
    return part;
}

void examples_free(Examples *e)
{
    free(e->x);
    free(e->label);
    *e = (Examples){0};
}

Examples examples_moons(Rng *r, int n, float noise)
{
    Examples e = examples_new(n, 2, 2);
    for (int i = 0; i < n; i++) {
        const int moon = i % 2;
        const float angle = 3.14159265f * rng_uniform(r);
        const float x = cosf(angle), y = sinf(angle);
        e.x[2 * i] = (moon ? 1 - x : x) + noise * rng_normal(r);
        e.x[2 * i + 1] = (moon ? 0.5f - y : y) + noise * rng_normal(r);
        e.label[i] = moon;
    }
    return e;
}

Examples examples_clouds(Rng *r, int n, int classes, const float *centre,
                         float spread)
{
    Examples e = examples_new(n, 2, classes);
    for (int i = 0; i < n; i++) {
        e.label[i] = i % classes;
        for (int j = 0; j < 2; j++)
            e.x[2 * i + j] =
                centre[2 * (i % classes) + j] + spread * rng_normal(r);
    }
    return e;
}

float *centred(const float *x, int n, int d, double *mean)
{
    float *to = new_array((size_t)n * d, sizeof *to);
    for (int j = 0; j < d; j++)
        mean[j] = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            mean[j] += (double)x[(size_t)i * d + j];
    for (int j = 0; j < d; j++)
        mean[j] /= n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            to[(size_t)i * d + j] =
                (float)((double)x[(size_t)i * d + j] - mean[j]);
    return to;
}

int *shuffled(Rng *r, int n)
{
    int *order = new_array(n, sizeof *order);
    for (int i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(r, order, n);
    return order;
}
