// The gain of a question (20 minutes)
//
// A tree's question "is the feature at most t?" parts its examples. Gini's
// measure says how mixed a heap is: 1 - the sum of p^2 over the classes. The
// gain is Gini before, minus Gini after, each side weighted by its share:
//
//   4 A, 4 B: 0.5    ->    4 A, 1 B: 0.32   and   3 B: 0
//   gain 0.5 - 5/8 * 0.32 - 3/8 * 0 = 0.3
//
// Walk once over the sorted values, moving one example from the right to the
// left at a time, and look at the gain after each. Mind equal values: no
// threshold lies between them.
#include "2_gini.h"

double gini(const int *count, int k)
{
    // SOLUTION: 1 - the sum of p^2
    int n = 0;
    double sum = 0;
    for (int c = 0; c < k; c++)
        n += count[c];
    for (int c = 0; c < k && n > 0; c++)
        sum += (double)count[c] / n * count[c] / n;
    return n > 0 ? 1 - sum : 0;
    // END
}

Question best_question(const float *value, const int *label, int n, int k)
{
    Question best = {0, value[0]};
    int left[16] = {0}, right[16] = {0};
    for (int i = 0; i < n; i++)
        right[label[i]]++;
    const double before = gini(right, k);
    for (int i = 0; i < n - 1; i++) {
        // SOLUTION: example i changes sides; then, is it the best so far?
        left[label[i]]++;
        right[label[i]]--;
        const double share = (double)(i + 1) / n;
        const double gain =
            before - share * gini(left, k) - (1 - share) * gini(right, k);
        if (value[i] < value[i + 1] && gain > best.gain + 1e-12)
            best = (Question){gain, (value[i] + value[i + 1]) / 2};
        // END
    }
    return best;
}
