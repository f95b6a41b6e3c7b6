// Choosing the next token; see sampler.h.
#include "10-gpt/sampler.h"

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

// --- the best ones first ----------------------------------------------------

// A heap of the places of n keys: the place of the greatest key (of equal
// ones, the first) is on top. It orders only as much as it is asked for, and
// that is little of a vocabulary: a cut that keeps 40 of 50,000 pieces does
// not have to sort the rest.
typedef struct Heap {
    const float *key;
    int *place, n;
} Heap;

static bool heap_above(const Heap *h, int a, int b)
{
    return h->key[a] > h->key[b] || (h->key[a] == h->key[b] && a < b);
}

// Lets what stands at i sink until nothing below it is greater.
static void heap_sink(Heap *h, int i)
{
    const int sinking = h->place[i];
    for (int child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n &&
            heap_above(h, h->place[child + 1], h->place[child]))
            child++;
        if (!heap_above(h, h->place[child], sinking))
            break;
        h->place[i] = h->place[child];
    }
    h->place[i] = sinking;
}

static Heap heap_of(const float *key, int n)
{
    Heap h = {key, new_array(n, sizeof(int)), n};
    for (int i = 0; i < n; i++)
        h.place[i] = i;
    for (int i = n / 2 - 1; i >= 0; i--)
        heap_sink(&h, i);
    return h;
}

// Takes the top off.
static int heap_pop(Heap *h)
{
    const int top = h->place[0];
    h->place[0] = h->place[--h->n];
    if (h->n > 0)
        heap_sink(h, 0);
    return top;
}

// --- on probabilities -------------------------------------------------------

// Scales p to a sum of 1.
static void normalize(float *p, int V)
{
    double sum = 0;
    for (int i = 0; i < V; i++)
        sum += (double)p[i];
    for (int i = 0; i < V; i++)
        p[i] = (float)((double)p[i] / sum);
}

// Keeps the pieces with the greatest keys: at most `most` of them, and no more
// once they add up to `mass`.
static void keep_first(float *p, int V, const float *key, int most, float mass)
{
    Heap h = heap_of(key, V);
    double sum = 0;
    for (int kept = 0; h.n > 0 && kept < most && sum < (double)mass; kept++)
        sum += (double)p[heap_pop(&h)];
    for (int i = 0; i < h.n; i++) // what was not popped
        p[h.place[i]] = 0;
    free(h.place);
    normalize(p, V);
}

void keep_top_k(float *p, int V, int k)
{
    keep_first(p, V, p, k > 1 ? k : 1, INFINITY);
}

void keep_top_p(float *p, int V, float mass)
{
    keep_first(p, V, p, V, mass > 0 ? mass : 1e-9f);
}

void keep_min_p(float *p, int V, float share)
{
    const float least = fminf(share, 1) * p[greatest(p, V)];
    for (int i = 0; i < V; i++)
        if (p[i] < least)
            p[i] = 0;
    normalize(p, V);
}

void keep_typical(float *p, int V, float mass)
{
    float *near = new_array(V, sizeof *near);
    double entropy = 0;
    for (int i = 0; i < V; i++)
        if (p[i] > 0)
            entropy -= (double)p[i] * log((double)p[i]);
    for (int i = 0; i < V; i++) // p = 0: infinitely surprising, the last
        near[i] = -fabsf(-logf(p[i]) - (float)entropy);
    keep_first(p, V, near, V, mass > 0 ? mass : 1e-9f);
    free(near);
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
