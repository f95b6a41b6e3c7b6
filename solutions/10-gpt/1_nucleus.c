// The nucleus (20 minutes)
//
// Top-p sampling (Holtzman et al. 2020): keep the fewest pieces, most probable
// first, whose probabilities add up to at least `mass`; the others become 0,
// and the kept ones are scaled to a sum of 1. At least one piece stays,
// whatever the mass; of equally probable ones the first comes first.
//
// An example: 0.125, 0.5, 0.0625, 0.25, 0.0625 with mass 0.7. The most probable
// has 0.5, not yet enough; with the next it is 0.75. Two are kept:
// 0, 2/3, 0, 1/3, 0.
//
// Write the function of chapters/10-gpt/sampler.h in the simplest way: look for
// the most probable piece that is not kept yet, again and again. The chapter's
// own one uses a heap; what it gives is the same. When the test passes,
// `make run-10 MINE=1` draws with yours.
#include "10-gpt/sampler.h"

#include "common/check.h"

#include <stdbool.h>
#include <stdlib.h>

void keep_top_p(float *p, int V, float mass)
{
    bool *kept = new_array(V, sizeof *kept); // all false
    // SOLUTION
    double sum = 0;
    do {
        int best = -1;
        for (int i = 0; i < V; i++)
            if (!kept[i] && (best < 0 || p[i] > p[best]))
                best = i;
        if (best < 0)
            break; // all are kept
        kept[best] = true;
        sum += (double)p[best];
    } while (sum < (double)mass);
    for (int i = 0; i < V; i++)
        p[i] = kept[i] ? (float)((double)p[i] / sum) : 0;
    // END
    free(kept);
}
