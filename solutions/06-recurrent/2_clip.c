// Find the bug: what is clipped? (10 minutes)
//
// This function shall keep a training from being thrown off by one huge
// gradient. Its contract is in common/params.h: scale the gradients so that
// their Euclidean norm, that of all of them together, is at most max_norm.
//
// Somebody wrote it anew. No number in a gradient is ever larger than max_norm
// any more, and the training does not explode. But it no longer goes where the
// gradient points: (3, 0.1) becomes (1, 0.1) with max_norm 1, a direction in
// which the second number counts three times as much as it should.
//
// `make run-06 MINE=1` clips with yours.
#include "common/params.h"

#include <math.h>

float params_clip(Params *p, float max_norm)
{
    double sum = 0;
    for (size_t i = 0; i < p->count; i++)
        sum += (double)p->grad[i] * (double)p->grad[i];
    const float norm = (float)sqrt(sum);
    // SOLUTION
    const float by = max_norm / norm;
    for (size_t i = 0; norm > max_norm && i < p->count; i++)
        p->grad[i] *= by;
    // END
    return norm;
}
