// Find the bug: the more paraphrases, the worse (20 minutes)
//
// Somebody trained an encoder by contrast: in a batch of 64 pairs of phrasings
// the partner of each text is the right answer, the partners of all others are
// wrong ones. With two phrasings for each of a thousand questions it worked
// well. Then each question was given a hundred phrasings, all of them good, and
// the loss would not fall below a certain value any more.
//
// The test knows why: it takes a perfect encoder, which gives all phrasings of
// a question one vector and those of different questions vectors at right
// angles, and computes the loss of the batch. It should be nearly 0.
//
// The contract is in 3_batch.h; new_array(count, size) gives an array of zeros,
// free() takes it back.
#include "3_batch.h"

#include "common/check.h"

#include <stdbool.h>
#include <stdlib.h>

int choose_batch(const int *owner, int n, int owners, int batch, Rng *r,
                 int *chosen)
{
    // SOLUTION: a question that is in the batch already is passed over.
    int *order = new_array((size_t)n + 1, sizeof *order), m = 0;
    bool *taken = new_array((size_t)owners + 1, sizeof *taken);
    for (int i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(r, order, n);
    for (int i = 0; i < n && m < batch; i++) {
        if (taken[owner[order[i]]])
            continue;
        taken[owner[order[i]]] = true;
        chosen[m++] = order[i];
    }
    free(order);
    free(taken);
    return m;
    // END
}
