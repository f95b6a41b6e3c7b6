// Sampler: how the next token is chosen from the model's scores.
//
// The one idea: a language model gives a whole distribution, and its tail is
// long: thousands of pieces that are each improbable, and together not. Every
// method below either bends the distribution or cuts its tail, and what is
// left is drawn from by chance.
//
// Each method is one function on one row; V is the number of pieces. Those on
// logits come first; then softmax; then those on probabilities, each of which
// sets what it cuts to 0 and scales the rest to a sum of 1. They can follow
// one another in any order; sample() has the usual one. All keep at least one
// piece. No model is needed here: whatever gives logits will do.
#ifndef GPT_SAMPLER_H
#define GPT_SAMPLER_H

#include "common/rng.h"

// --- on logits --------------------------------------------------------------

// Divides by the temperature: below 1 the distribution becomes sharper, above
// 1 flatter (Ackley, Hinton and Sejnowski 1985). It must be above 0.
void apply_temperature(float *logits, int V, float temperature);

// Makes each piece of `past` (n tokens) less probable, once, however often it
// occurs there: a positive logit is divided by the penalty, a negative one
// multiplied (Keskar et al. 2019, section 4.1). 1: no change.
void penalize_repetition(float *logits, const int *past, int n, float penalty);

// Takes `presence` from the logit of each piece that occurs in `past`, and
// `frequency` for each time it occurs.
void penalize_presence(float *logits, const int *past, int n, float presence,
                       float frequency);

// --- on probabilities -------------------------------------------------------

// The k most probable pieces (Fan, Lewis and Dauphin 2018).
void keep_top_k(float *p, int V, int k);

// The fewest pieces, most probable first, whose probabilities add up to at
// least `mass`: the nucleus (Holtzman et al. 2020, eq. 2).
void keep_top_p(float *p, int V, float mass);

// The pieces at least `share` times as probable as the most probable one
// (Nguyen et al. 2024).
void keep_min_p(float *p, int V, float share);

// The fewest pieces that add up to at least `mass`, those first whose surprise
// -log p is nearest to the expected one, the entropy (Meister et al. 2023).
void keep_typical(float *p, int V, float mass);

// --- choosing ---------------------------------------------------------------

// The greatest of n >= 1 numbers; the first of equal ones.
int greatest(const float *x, int n);

// Piece i with probability p[i].
int draw(Rng *r, const float *p, int V);

// Everything at once, and how much of each.
typedef struct Sampler {
    float temperature; // 0, or nearly: greedy, the most probable piece
    int top_k;         // 0: all
    float top_p;       // 1 (or 0): all
    float min_p;       // 0: all
    float typical;     // 1 (or 0): all
    float repetition;  // 1 (or 0): no penalty
    float presence, frequency;
    int look_back; // how many of the last tokens are penalised; 0: 64
    Rng rng;
} Sampler;

// The probabilities from which sample() draws, in place of the logits.
// past: the n tokens so far.
void sampler_probabilities(const Sampler *s, float *logits, int V,
                           const int *past, int n);

// The next token after the n tokens of `past`. The logits are overwritten.
int sample(Sampler *s, float *logits, int V, const int *past, int n);

#endif
