// Choosing the next token; see sampler.h.
#include "10-gpt/sampler.h"

#include "04-tokenizers/heap.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// --- on logits --------------------------------------------------------------

void apply_temperature(float *logits, int V, float temperature)
{
    check(temperature > 0, "a temperature of %g", (double)temperature);
    for (int i = 0; i < V; i++)
        logits[i] /= temperature;
}

// Whether past[i] occurs before place i too.
static bool seen_before(const int *past, int i)
{
    for (int j = 0; j < i; j++)
        if (past[j] == past[i])
            return true;
    return false;
}

void penalize_repetition(float *logits, const int *past, int n, float penalty)
{
    for (int i = 0; i < n; i++) {
        float *x = &logits[past[i]];
        if (!seen_before(past, i))
            *x = *x > 0 ? *x / penalty : *x * penalty;
    }
}

void penalize_presence(float *logits, const int *past, int n, float presence,
                       float frequency)
{
    for (int i = 0; i < n; i++)
        logits[past[i]] -= frequency + (seen_before(past, i) ? 0 : presence);
}

// --- on probabilities -------------------------------------------------------

// Floats that are not negative have the same order as their bits read as
// whole numbers.
static uint64_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// Keeps the pieces in the order in which the heap gives them, until they are
// `most`, or add up to `mass`. A heap orders only as much as it is asked for,
// and of 50,000 pieces that is little.
static void keep_first(Heap *h, float *p, int V, int most, double mass)
{
    double sum = 0;
    for (int n = 0; h->n > 0 && n < most && sum < mass; n++) {
        float *kept = &p[heap_pop(h).second];
        sum += (double)*kept;
        *kept = -*kept; // a mark
    }
    for (int i = 0; i < V; i++)
        p[i] = p[i] < 0 ? (float)(-(double)p[i] / sum) : 0;
    heap_free(h);
}

void keep_top_k(float *p, int V, int k)
{
    Heap h = {0};
    for (int i = 0; i < V; i++)
        heap_push(&h, ~bits_of(p[i]), (uint64_t)i); // the greatest first
    keep_first(&h, p, V, k > 1 ? k : 1, INFINITY);
}

void keep_top_p(float *p, int V, float mass)
{
    Heap h = {0};
    // All pieces below this together are less than 1 - mass: none is needed.
    const float least = fmaxf(0, 1 - mass) / (float)V;
    const int best = greatest(p, V);
    for (int i = 0; i < V; i++)
        if (p[i] >= least || i == best)
            heap_push(&h, ~bits_of(p[i]), (uint64_t)i);
    keep_first(&h, p, V, V, fmax(mass, 1e-9));
}

void keep_min_p(float *p, int V, float share)
{
    const float least = fminf(share, 1) * p[greatest(p, V)];
    double sum = 0;
    for (int i = 0; i < V; i++) {
        p[i] = p[i] >= least ? p[i] : 0;
        sum += (double)p[i];
    }
    for (int i = 0; i < V; i++)
        p[i] = (float)((double)p[i] / sum);
}

void keep_typical(float *p, int V, float mass)
{
    Heap h = {0};
    double entropy = 0;
    for (int i = 0; i < V; i++)
        if (p[i] > 0)
            entropy -= (double)p[i] * log((double)p[i]);
    for (int i = 0; i < V; i++)
        if (p[i] > 0) {
            const float off = fabsf(-logf(p[i]) - (float)entropy);
            heap_push(&h, bits_of(off), (uint64_t)i); // the nearest first
        }
    keep_first(&h, p, V, V, fmax(mass, 1e-9));
}

// --- choosing ---------------------------------------------------------------

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
    if (s->temperature == 0) {
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
    return s->temperature == 0 ? greatest(logits, V) : draw(&s->rng, logits, V);
}
