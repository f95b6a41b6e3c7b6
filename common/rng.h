// Random numbers: xoshiro256** (Blackman and Vigna 2018, "Scrambled linear
// pseudorandom number generators"), seeded through splitmix64 as its authors
// advise. Small, fast, with a period of 2^256 - 1, and the same on every
// machine. The whole state is these four words: save them, and the sequence
// goes on where it stopped.
#ifndef COMMON_RNG_H
#define COMMON_RNG_H

#include <stdint.h>

typedef struct Rng {
    uint64_t s[4];
} Rng;

Rng rng_new(uint64_t seed);

// 64 random bits.
uint64_t rng_bits(Rng *r);

// Uniform in [0, 1): one of the 2^24 floats k / 2^24.
float rng_uniform(Rng *r);

// Normal with mean 0 and variance 1 (Box and Muller 1958).
float rng_normal(Rng *r);

// Uniform in 0 .. n - 1, without bias (Lemire 2019); n >= 1.
int rng_below(Rng *r, int n);

// Puts the n numbers of a into random order (Fisher and Yates).
void rng_shuffle(Rng *r, int *a, int n);

#endif
