// So much may be read, and no more (20 minutes)
//
// TextRank, TF-IDF or chance has given each sentence a score. The encoder reads
// 512 pieces. Which sentences does it get? The rule of the chapter is greedy:
//
//     go through the sentences by falling score (of equal ones the first
//     first), and take each whose cost still fits into what is left
//
// A long sentence that does not fit is passed over, and a shorter, less good
// one behind it may still be taken. If not even one fits, the best is taken all
// the same (and cut by who reads it): better a part than nothing. Sentences of
// cost 0 are passed over.
//
// At the end the sentences stand in the order of the text, not in that of the
// scores: an encoder that was trained on texts should be given one.
//
// The contract is in chapters/16-long-text/choose.h. When the test passes,
// `make run-16 MINE=1` chooses with yours.
#include "16-long-text/choose.h"

#include "common/check.h"

#include <stdlib.h>

int choose_within(const double *score, const int *cost, int n, int budget,
                  int *chosen)
{
    // SOLUTION
    bool *seen = new_array((size_t)n + 1, sizeof *seen);
    bool *taken = new_array((size_t)n + 1, sizeof *taken);
    int left = budget, first = -1, many = 0;
    for (int round = 0; round < n; round++) {
        int best = -1;
        for (int i = 0; i < n; i++)
            if (!seen[i] && (best < 0 || score[i] > score[best]))
                best = i;
        seen[best] = true;
        if (cost[best] == 0)
            continue;
        first = first < 0 ? best : first;
        taken[best] = cost[best] <= left;
        left -= taken[best] ? cost[best] : 0;
    }
    if (left == budget && first >= 0)
        taken[first] = true;
    for (int i = 0; i < n; i++)
        if (taken[i])
            chosen[many++] = i;
    free(seen);
    free(taken);
    return many;
    // END
}
