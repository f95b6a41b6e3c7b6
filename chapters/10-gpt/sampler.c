// Choosing the next token with all the methods of cuts.c; see sampler.h.
#include "10-gpt/sampler.h"

#include "common/check.h"
#include "common/kernels.h"

#include <stdbool.h>
#include <string.h>

int greatest(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

int draw(Rng *r, const float *p, int V)
{
    double left = (double)rng_uniform(r);
    int last = 0; // of those that are possible, should rounding leave a rest
    for (int i = 0; i < V; i++) {
        if (p[i] > 0)
            last = i;
        left -= (double)p[i];
        if (left < 0)
            return i;
    }
    return last;
}

// Dividing by still less could reach infinity.
static bool greedy(const Sampler *s)
{
    return s->temperature < 1e-6f;
}

void sampler_probabilities(const Sampler *s, float *logits, int V,
                           const int *past, int n)
{
    const int look_back = s->look_back > 0 ? s->look_back : 64;
    const int *recent = n > look_back ? past + n - look_back : past;
    const int recents = n > look_back ? look_back : n;
    if (s->repetition > 0 && s->repetition != 1)
        penalize_repetition(logits, recent, recents, s->repetition);
    if (s->presence != 0 || s->frequency != 0)
        penalize_presence(logits, recent, recents, s->presence, s->frequency);
    if (greedy(s)) {
        const int best = greatest(logits, V);
        memset(logits, 0, (size_t)V * sizeof *logits);
        logits[best] = 1;
        return;
    }
    apply_temperature(logits, V, s->temperature);
    float *p = logits;
    softmax_row(logits, p, V);
    if (s->top_k > 0 && s->top_k < V)
        keep_top_k(p, V, s->top_k);
    if (s->typical > 0 && s->typical < 1)
        keep_typical(p, V, s->typical);
    if (s->top_p > 0 && s->top_p < 1)
        keep_top_p(p, V, s->top_p);
    if (s->min_p > 0)
        keep_min_p(p, V, s->min_p);
}

int sample(Sampler *s, float *logits, int V, const int *past, int n)
{
    check(V > 0, "there is nothing to choose from");
    sampler_probabilities(s, logits, V, past, n);
    return greedy(s) ? greatest(logits, V) : draw(&s->rng, logits, V);
}
