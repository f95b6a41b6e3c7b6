// The best k of a million (30 minutes)
//
// A search has a score for each of n texts and shows ten. Sorting them all
// costs n log n steps; a heap of k costs n log k, and mostly less, for nearly
// every text is compared once and forgotten:
//
//     keep the first k in a heap that has the worst of them on top; each
//     further one either comes before that worst, and takes its place, or is
//     forgotten; in the end take the worst off the top, again and again
//
// In an array the children of place i are at 2 i + 1 and 2 i + 2. "Worst on
// top" means: no parent comes before one of its children. Which of two comes
// first is given below: it knows equal scores and NaN.
//
// The contract is in chapters/17-faq/ranking.h. When the test passes,
// `make run-17 MINE=1` searches with yours.
#include "17-faq/ranking.h"

#include <math.h>
#include <stdbool.h>

// Does a come before b? NaN comes last.
static bool comes_before(Hit a, Hit b)
{
    if (isnan(a.score) || isnan(b.score))
        return isnan(b.score) && (!isnan(a.score) || a.item < b.item);
    return a.score > b.score || (a.score == b.score && a.item < b.item);
}

int top_hits(const float *score, int n, int k, Hit *to)
{
    // SOLUTION: `to` has room for k hits, and can be the heap itself.
    int kept = 0;
    for (int i = 0; i < n && k > 0; i++) {
        const Hit hit = {i, score[i]};
        if (kept == k && !comes_before(hit, to[0]))
            continue;
        int at = kept;
        if (kept < k) { // a new place at the end: better parents come down
            for (kept++; at > 0 && comes_before(to[(at - 1) / 2], hit);
                 at = (at - 1) / 2)
                to[at] = to[(at - 1) / 2];
        } else { // the worst leaves: worse children come up
            at = 0;
            for (int child; (child = 2 * at + 1) < k; at = child) {
                if (child + 1 < k && comes_before(to[child], to[child + 1]))
                    child++;
                if (!comes_before(hit, to[child]))
                    break;
                to[at] = to[child];
            }
        }
        to[at] = hit;
    }
    for (int left = kept - 1; left > 0; left--) { // the worst to the end
        const Hit worst = to[0], hit = to[left];
        int at = 0;
        for (int child; (child = 2 * at + 1) < left; at = child) {
            if (child + 1 < left && comes_before(to[child], to[child + 1]))
                child++;
            if (!comes_before(hit, to[child]))
                break;
            to[at] = to[child];
        }
        to[at] = hit;
        to[left] = worst;
    }
    return kept;
    // END
}
