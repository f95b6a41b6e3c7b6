// Checkpoints: all that a training needs to go on as if it had never stopped:
// parameters, the optimiser's state, random generators, the step, and numbers
// of the caller's own. A resumed run equals an unbroken one bit for bit.
//
// A checkpoint is a safetensors file (parameters under their own names, so
// params_load reads it too) with a checksum. It is written beside its place,
// synced and renamed: after a crash there is the old one or the new one, whole.
#ifndef COMMON_CHECKPOINT_H
#define COMMON_CHECKPOINT_H

#include "common/optim.h"

#include <stdbool.h>

// What to save or to fill; members that do not apply are NULL or 0.
typedef struct Checkpoint {
    Params *params;
    Adam *adam;
    Sgd *sgd;
    Rng *rng[4];    // those that are used, in a fixed order
    int64_t *step;  // steps done
    double *number; // the caller's own, for example the best score so far
    int numbers;
} Checkpoint;

void checkpoint_save(const Checkpoint *c, const char *path);

// Fills everything c points to. Returns false if there is no such file; dies
// with one line if it is damaged or belongs to another model.
bool checkpoint_load(const Checkpoint *c, const char *path);

#endif
