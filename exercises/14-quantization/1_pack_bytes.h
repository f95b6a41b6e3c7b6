// Packing rows to Q8_0; see 1_pack_bytes.c.
#ifndef EXERCISE_14_1_H
#define EXERCISE_14_1_H

#include <stddef.h>
#include <stdint.h>

// Packs n numbers, a multiple of 32, into n / 32 blocks of 34 bytes.
void pack_bytes(const float *x, size_t n, uint8_t *blocks);

#endif
