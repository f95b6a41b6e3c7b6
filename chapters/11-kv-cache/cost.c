// Counting multiplications and bytes; see cost.h.
#include "11-kv-cache/cost.h"

// The numbers in all matrices of one layer: q and out, k and v, in and down.
static double layer_numbers(const GptShape *s)
{
    const double d = s->width, dk = d / s->heads * s->groups;
    return 2 * d * d + 2 * d * dk + 2 * d * s->hidden;
}

double cost_work(const GptShape *s, int n, int past, int scored)
{
    double pairs = 0; // of a token and one that it looks at
    for (int i = 0; i < n; i++) {
        const int seen = past + i + 1;
        pairs += s->window > 0 && s->window < seen ? s->window : seen;
    }
    // A pair costs a dot product of all heads, and adding a value of all.
    return 2.0 * n * s->layers * layer_numbers(s) +
           4.0 * pairs * s->layers * s->width +
           2.0 * scored * s->width * s->pieces;
}

double cost_weights(const GptShape *s)
{
    return 4.0 * (s->layers * layer_numbers(s) + (double)s->width * s->pieces);
}

double cost_cache(const GptShape *s, int past)
{
    const int seen = s->window > 0 && s->window <= past ? s->window : past + 1;
    return 4.0 * 2 * s->layers * (s->width / s->heads * s->groups) * seen;
}
