// Find the bug: 99 percent right (20 minutes)
//
// Somebody classified novels by the decade they were written in. There were
// only 300, too few to learn from, so each was cut into 200 chunks: 60,000
// examples! They were shuffled, dealt into five folds, and the classifier was
// nearly always right. On novels that came in later it did hardly better than
// guessing.
//
// The test knows why before it reads your code: it gives each document a class
// by tossing a coin, so that no classifier can be better than chance, and asks
// a nearest neighbour for the class of each chunk.
//
// The contract is in 3_leak.h. Change as little as you can; new_array(count,
// size) gives an array, free() takes it back.
#include "3_leak.h"

#include "common/check.h"

#include <stdlib.h>

void deal_chunks(const int *document, int n, int documents, int folds, Rng *r,
                 int *fold)
{
    // TODO: everything is here, but it is not right.
    int *order = new_array((size_t)n + 1, sizeof *order);
    (void)document;
    (void)documents;
    for (int i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(r, order, n);
    for (int i = 0; i < n; i++)
        fold[order[i]] = i % folds;
    free(order);
    // END
}
