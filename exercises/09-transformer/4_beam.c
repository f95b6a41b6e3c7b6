// Beam search from nothing (an evening)
//
// A model is asked again and again: these tokens are there, what is the
// logarithm of the probability of each token that could follow? Here the
// model is any function (a Next, see 4_beam.h), so the search can be tried on
// models of a few lines.
//
// Keep the `beam` likeliest beginnings. In each step, let every one of them go
// on with every token. Those that go on with `end` are whole: keep the best
// whole one by its score, the logarithm of its probability divided by its
// number of tokens (end counts) to the power of alpha. Of all others the
// `beam` likeliest (no division here: they are all equally long) are the new
// beginnings. Stop after `most` tokens, or when no beginning is left.
//
// This is a little more thorough than the chapter's search, which stops as
// soon as `beam` translations were found. Which of the two would you use, and
// what does it cost?
//
// With beam = 1 that is not yet greedy search: why not?
#include "4_beam.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A beginning.
typedef struct Start {
    int id[BEAM_LONGEST];
    double log_p;
} Start;

Whole beam_search(Next *next, void *context, int tokens, int end, int beam,
                  double alpha, int most)
{
    Whole best = {.n = -1, .score = -INFINITY};
    Start *now = new_array(beam, sizeof *now);
    Start *then = new_array(beam, sizeof *then);
    double *log_p = new_array(tokens, sizeof *log_p);
    int starts = 1; // now[0], which is empty
    // TODO: a loop over length = 0 .. most - 1. For each of the starts:
    // next(context, id, length, log_p) fills log_p; `end` may make it the best
    // whole one; every other token is a candidate for `then`, which is kept in
    // order. Then `then` becomes `now`.
    (void)next;
    (void)context;
    (void)end;
    (void)alpha;
    (void)most;
    // END
    (void)starts;
    free(now);
    free(then);
    free(log_p);
    return best;
}
