// For 3_leak.c.
#ifndef LEAK_H
#define LEAK_H

#include "common/rng.h"

// Deals n chunks into folds at random: fold[i] becomes 0 .. folds - 1. Chunk i
// is from document[i], 0 .. documents - 1; several chunks are from the same.
// The folds are for judging a classifier of chunks: each in turn is judged by
// one that has learnt from the others. In any two folds the numbers of
// documents differ by at most one.
void deal_chunks(const int *document, int n, int documents, int folds, Rng *r,
                 int *fold);

#endif
