// Where each weight begins in llama2.c's legacy file; see 3_find_the_bug.c.
#ifndef EXERCISE_13_3_H
#define EXERCISE_13_3_H

#include "13-llama2/llama.h"

// In the order in which they lie in the file. What belongs to layers lies there
// for all layers, one after the other.
typedef enum Weights {
    PIECES,
    ATTENTION_NORMS,
    QUERIES,
    KEYS,
    VALUES,
    OUTS,
    FEED_NORMS,
    GATES,
    DOWNS,
    UPS,
    LAST_NORM,
    WEIGHTS // how many kinds there are
} Weights;

// place[w] becomes the number of floats in front of weights w, and
// place[WEIGHTS] their number in all.
void weight_places(const LlamaShape *s, size_t place[WEIGHTS + 1]);

#endif
