// Measures of a model from the losses of single tokens.
#ifndef EXERCISE_10_3_PADDING_H
#define EXERCISE_10_3_PADDING_H

#include <stddef.h>

// The losses of `texts` texts that were padded to the length `width`: loss is
// texts x width, nats; only the first length[i] of row i belong to text i, the
// others were measured on padding. bytes: of all the texts together.
typedef struct Measured {
    int texts, width;
    const float *loss;
    const int *length;
    size_t bytes;
} Measured;

double perplexity(const Measured *m);
double bits_a_byte(const Measured *m);

#endif
