// The area under the curve (30 minutes)
//
// The area under the ROC curve is the share of pairs (a case of class 1, one of
// class 0) in which the first has the higher score; an equal pair counts half.
// There are up to n^2/4 pairs. But after sorting by score one walk is enough:
// whoever has gone by so far has a lower score.
//
// Mind the ties. A forest of 100 trees gives only 101 different scores, and
// code that counts a tie as won, or as lost, reports what depends on the order
// of the examples.
//
// When it passes: make run-02 MINE=1 runs the chapter with your auc.
#include "02-machine-learning/evaluate.h"
#include "common/check.h"

#include <stdlib.h>

typedef struct Judged {
    float score;
    int label;
} Judged;

static int lower_first(const void *a, const void *b)
{
    const Judged *l = a, *r = b;
    return (l->score > r->score) - (l->score < r->score);
}

double auc(const float *score, const int *label, int n)
{
    Judged *by_score = new_array(n, sizeof *by_score);
    double won = 0, cases = 0, others = 0;
    for (int i = 0; i < n; i++)
        by_score[i] = (Judged){score[i], label[i]};
    if (n > 0)
        qsort(by_score, n, sizeof *by_score, lower_first);
    // TODO: group by group of equal scores, from the lowest: count the
    // cases (class 1) and the others, and what the cases win
    cases = others = 1;
    // END
    free(by_score);
    return won / (cases * others);
}
