// Walker's boxes; see sampler.h.
#include "05-word-vectors/sampler.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

Sampler sampler_new(const double *weight, int n)
{
    Sampler s = {n, new_array(n, sizeof *s.own), new_array(n, sizeof *s.other)};
    double sum = 0, *left = new_array(n, sizeof *left);
    int *low = new_array(n, sizeof *low), *high = new_array(n, sizeof *high);
    int lows = 0, highs = 0;
    for (int i = 0; i < n; i++)
        sum += weight[i];
    check(sum > 0, "%d weights with the sum %g", n, sum);
    for (int i = 0; i < n; i++) {
        left[i] = weight[i] / sum * n; // in boxes
        if (left[i] < 1)
            low[lows++] = i;
        else
            high[highs++] = i;
    }
    while (lows && highs) { // fill the box of one that has too little
        const int poor = low[--lows], rich = high[highs - 1];
        s.own[poor] = (float)left[poor];
        s.other[poor] = rich;
        left[rich] -= 1 - left[poor];
        if (left[rich] < 1) {
            highs--;
            low[lows++] = rich;
        }
    }
    while (highs) // what is left fills its own box, but for rounding
        s.own[high[--highs]] = 1;
    while (lows)
        s.own[low[--lows]] = 1;
    free(left);
    free(low);
    free(high);
    return s;
}

void sampler_free(Sampler *s)
{
    free(s->own);
    free(s->other);
    *s = (Sampler){0};
}

int sampler_draw(const Sampler *s, Rng *r)
{
    const int box = rng_below(r, s->n);
    return rng_uniform(r) < s->own[box] ? box : s->other[box];
}

void negative_weights(const int64_t *count, int n, double *weight)
{
    for (int i = 0; i < n; i++)
        weight[i] = i == 0 ? 0 : pow((double)count[i], 0.75);
}
