// The methods of sampling, one by one; see sampler.h.
#include "10-gpt/sampler.h"

#include "04-tokenizers/heap.h"

#include "common/check.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
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
