// Find the bug: again and again (15 minutes)
//
// A penalty was to keep a model from repeating itself: what was said before
// should become less probable. "It works for some words," said the user, "and
// others it now says all the time." The formula had been taken from the paper
// (Keskar et al. 2019, section 4.1), which divides the logits x of such pieces
// by a penalty above 1. The published code of many programs had it so, too.
//
// What happens to a logit of -2 that is divided by 2? The contract is in
// chapters/10-gpt/sampler.h: a positive logit is divided, a negative one
// multiplied, and each piece once, however often it was said. There are two
// mistakes. With them mended, `make run-10 MINE=1` uses yours.
#include "10-gpt/sampler.h"

void penalize_repetition(float *logits, const int *past, int n, float penalty)
{
    // TODO: everything is here, but it is not right.
    for (int i = 0; i < n; i++)
        logits[past[i]] /= penalty;
    // END
}
