// Unpacking Q4_0; see 2_find_the_bug.c.
#ifndef EXERCISE_14_2_H
#define EXERCISE_14_2_H

#include <stddef.h>
#include <stdint.h>

// x = the n numbers, a multiple of 32, of n / 32 blocks of 18 bytes.
void unpack_nibbles(const uint8_t *blocks, size_t n, float *x);

#endif
