// For 3_batch.c.
#ifndef EXERCISE_BATCH_H
#define EXERCISE_BATCH_H

#include "common/rng.h"

// Chooses up to `batch` of n pairs of phrasings for one step of contrastive
// learning, at random, into `chosen`; returns how many. Pair i is two phrasings
// of question owner[i], 0 .. owners - 1. As many as there can be: `batch`, or
// one for each question that has a pair, if those are fewer.
int choose_batch(const int *owner, int n, int owners, int batch, Rng *r,
                 int *chosen);

#endif
