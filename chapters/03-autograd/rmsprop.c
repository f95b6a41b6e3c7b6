// RMSProp; see rmsprop.h.
#include "03-autograd/rmsprop.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

RmsProp rmsprop_new(Params *p, float memory)
{
    return (RmsProp){p, memory, new_array(p->count, sizeof(float))};
}

void rmsprop_free(RmsProp *r)
{
    free(r->square);
    r->square = NULL;
}

void rmsprop_step(RmsProp *r, float rate)
{
    Params *p = r->params;
    for (size_t i = 0; i < p->count; i++) {
        float g = p->grad[i];
        r->square[i] = r->memory * r->square[i] + (1 - r->memory) * g * g;
        p->val[i] -= rate * g / (sqrtf(r->square[i]) + 1e-8f);
        p->grad[i] = 0;
    }
}
