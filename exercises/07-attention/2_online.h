// What exercise 2 adds to the online softmax of 07-attention/steps.h.
#ifndef EXERCISE_07_2_H
#define EXERCISE_07_2_H

#include "07-attention/steps.h"

// Takes into a what b has seen: afterwards a is as if it had met b's keys too.
// Both have the same width; b stays as it is. Either may have seen nothing.
void online_join(Online *a, const Online *b);

#endif
