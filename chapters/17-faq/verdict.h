// How good is a search, and when should it keep silent?
#ifndef FAQ_VERDICT_H
#define FAQ_VERDICT_H

#include "common/rng.h"

#include <stddef.h>

// --- how good ---------------------------------------------------------------

// Of n questions: rank[i] is the place of the right answer, 1 for the best.
typedef struct Found {
    double r1, r5; // the share whose right answer is first, is among five
    double mrr;    // the mean of 1 / rank
} Found;
Found found_of(const int *rank, int n);

// A mean with its 95 % interval by the bootstrap (Efron 1979): values are drawn
// again, with repetition, a thousand times; the interval is what remains of the
// thousand means without the 25 smallest and the 25 largest. What is drawn is
// whole groups: group[i], 0 .. groups - 1, is that of value i. Ten paraphrases
// of one question are no ten independent questions: hard ones come together.
// The same seed gives the same interval.
typedef struct Bounds {
    double mean, low, high;
} Bounds;
Bounds bootstrap(const double *x, const int *group, int n, int groups,
                 uint64_t seed);

// The same for the difference x - y of two methods on the same questions.
Bounds bootstrap_between(const double *x, const double *y, const int *group,
                         int n, int groups, uint64_t seed);

// --- when to keep silent ----------------------------------------------------

// A question as the answering system sees it: how sure it is, and what an
// answer would be worth.
typedef struct Outcome {
    float sure; // a score; larger is surer
    int right;  // 1: the answer would be right; 0: wrong, or there is none
} Outcome;

// Answer the surest question, the two surest ...: coverage[i] is the share of
// the questions that are answered, risk[i] the share of wrong ones among these
// (El-Yaniv and Wiener 2010). One point for each different score; returns how
// many. coverage and risk have room for n.
int risk_over_coverage(const Outcome *o, int n, double *coverage, double *risk);

// The threshold at which an answer is given if sure >= threshold, such that
// right answers - cost * wrong answers is largest: `cost` says how many right
// ones a wrong one spoils. Of several such the one that answers least; INFINITY
// if it is as good to say nothing at all.
float best_threshold(const Outcome *o, int n, double cost);

// What happens at a threshold; shares of all n.
typedef struct Answered {
    double right, wrong, silent;
} Answered;
Answered answered_at(const Outcome *o, int n, float threshold);

#endif
