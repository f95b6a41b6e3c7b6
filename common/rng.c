// xoshiro256** and what is drawn from it; see rng.h.
#include "common/rng.h"

#include "common/check.h"

#include <math.h>

// splitmix64 spreads a small seed over 256 bits, so that seeds 1 and 2 give
// unrelated sequences.
static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

Rng rng_new(uint64_t seed)
{
    Rng r;
    for (int i = 0; i < 4; i++)
        r.s[i] = splitmix(&seed);
    return r;
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t rng_bits(Rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

float rng_uniform(Rng *r)
{
    return (float)(rng_bits(r) >> 40) * 0x1p-24f;
}

float rng_normal(Rng *r)
{
    // 1 - u lies in (0, 1], so the logarithm is finite.
    double radius = sqrt(-2 * log(1 - (double)rng_uniform(r)));
    double angle = 2 * 3.14159265358979323846 * (double)rng_uniform(r);
    return (float)(radius * cos(angle));
}

int rng_below(Rng *r, int n)
{
    check(n >= 1, "rng_below(%d): there is no number to draw", n);
    uint32_t range = (uint32_t)n;
    uint64_t product = (rng_bits(r) >> 32) * range;
    if ((uint32_t)product < range) {
        uint32_t floor = -range % range; // 2^32 mod n: the biased rest
        while ((uint32_t)product < floor)
            product = (rng_bits(r) >> 32) * range;
    }
    return (int)(product >> 32);
}

void rng_shuffle(Rng *r, int *a, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = rng_below(r, i + 1);
        int t = a[i];
        a[i] = a[j];
        a[j] = t;
    }
}
