// A product of two rows of bytes; see 4_bytes_only.c.
#ifndef EXERCISE_14_4_H
#define EXERCISE_14_4_H

#include <stdint.h>

// Two rows of n numbers, n a multiple of 32, in blocks of 32 with a scale each.
// The weights are unsigned: u stands for w_scale * (u - 128). Returns their
// product.
float dot_bytes(const uint8_t *u, const float *w_scale, const int8_t *q,
                const float *x_scale, int n);

#endif
