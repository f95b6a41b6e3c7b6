// Gradient checking: is the gradient that backward computes the slope that one
// finds by moving a number a little to both sides?
#ifndef COMMON_GRADCHECK_H
#define COMMON_GRADCHECK_H

#include "common/params.h"

// Builds a 1 x 1 loss on the tape from the parameters (and what else it
// likes); called again and again, so it must not draw random numbers other
// than from t->rng, which is set back before each call.
typedef Matrix *(*LossOf)(Tape *t, void *context);

typedef struct GradError {
    double worst;    // the largest error found
    char where[192]; // "NAME[row,col]: backward says x, the slope is y"
} GradError;

// Compares the gradient of `samples` random numbers of every parameter (all of
// them if there are no more) with (loss(x + h) - loss(x - h)) / 2h. The error
// of one number is |backward - slope| / max(1, |backward|, |slope|).
GradError gradcheck(Params *p, LossOf loss, void *context, double h,
                    int samples, uint64_t seed);

#endif
