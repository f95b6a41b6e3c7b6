// From scores to places: the best k, the rank of the right one, and several
// rankings made into one.
#ifndef FAQ_RANKING_H
#define FAQ_RANKING_H

#include "17-faq/knowledge.h"

typedef struct Hit {
    int item;
    float score;
} Hit;

// The k best of n scores, the best first, of equal ones the smaller number
// first, by a heap of k that has the worst of them on top: n log k steps.
// Returns how many there are: k, or n if that is less. NaN counts as the worst.
int top_hits(const float *score, int n, int k, Hit *to);

// The place of item `right` among n, 1 for the best; of equal ones the smaller
// number comes first.
int rank_of(const float *score, int n, int right);

// From scores of all phrasings to scores of the pairs that own them: the best
// phrasing counts (a nearest neighbour). owner[i] is 0 .. owners - 1 or -1 (it
// does not count); a pair without a phrasing gets -INFINITY. For n questions:
// n x phrasings -> n x owners.
void best_of_owner(const float *score, const int *owner, int phrasings,
                   int owners, int n, float *to);

// --- fusion -----------------------------------------------------------------

// to += weight * score, for `size` scores.
void fuse_sum(const float *score, float weight, size_t size, float *to);

// Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): adds to each of
// the n items 1 / (k + its rank by `score`). The authors' k is 60.
void fuse_ranks(const float *score, int n, float k, float *to);

#endif
