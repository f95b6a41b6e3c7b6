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
    // SOLUTION
    int *order = new_array((size_t)documents + 1, sizeof *order);
    int *of_document = new_array((size_t)documents + 1, sizeof *of_document);
    for (int i = 0; i < documents; i++)
        order[i] = i;
    rng_shuffle(r, order, documents);
    for (int i = 0; i < documents; i++)
        of_document[order[i]] = i % folds;
    for (int i = 0; i < n; i++)
        fold[i] = of_document[document[i]];
    free(order);
    free(of_document);
    // END
}
