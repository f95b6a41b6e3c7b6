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
    // TODO: new_array(n + 1, sizeof(bool)) gives room for n marks, all false;
    // free() it. n is at most a few hundred: no need to be fast.
    (void)score;
    (void)cost;
    (void)n;
    (void)budget;
    (void)chosen;
    return 0;
    // END
}
