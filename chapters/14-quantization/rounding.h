// Rounding numbers to few bits and back: what a packed format would make of
// them, in plain floats, for any number of bits and any size of the groups. It
// saves no byte; it is there to find out what rounding does before anybody
// writes a kernel for it. (The formats that do save bytes are in quant.h.)
//
// The one idea: n numbers share one scale s, and each of them becomes a whole
// number q with x ~ s q. All that is to be chosen is s. A large one reaches
// far and is coarse; a small one is fine, and cuts off what lies beyond it.
//
// Lifetime: nothing is kept.
#ifndef CHAPTER_14_ROUNDING_H
#define CHAPTER_14_ROUNDING_H

#include <stdbool.h>
#include <stddef.h>

// How the scale of a group is found.
typedef enum ScaleRule {
    SCALE_ABSMAX,  // the number furthest from 0 gets the outermost q
    SCALE_CLIPPED, // what is best for a normal distribution of this width:
                   // cuts off the few numbers beyond it (Max 1960; Banner et
                   // al. 2019); never more than SCALE_ABSMAX takes
    SCALE_BEST,    // the least squared error that a search finds; never worse
                   // than SCALE_ABSMAX
} ScaleRule;

typedef struct Rounding {
    int bits;       // 2 .. 8: q in -m .. m, m = 2^(bits - 1) - 1
    int group;      // numbers with one scale; 0: all of a row
    ScaleRule rule; //
    bool lopsided;  // q in -m - 1 .. m: no code is left over. The scale may be
                    // negative, so that the number furthest from 0 gets -m - 1
                    // whatever its sign: Q4_0 is {4, 32, SCALE_ABSMAX, true}
} Rounding;

// y = what is left of x: rows x cols each; groups begin anew at each row, and
// its last group may be shorter. Scales are F16, as in the files: a group whose
// scale is no F16 (below 3e-8) becomes 0. x and y may be the same. Numbers must
// be finite.
void round_rows(Rounding r, const float *x, int rows, int cols, float *y);

// The same for n numbers that share one scale. Returns the scale.
float round_group(Rounding r, const float *x, int n, float *y);

// The level that is nearest to x, with a scale that is known.
float round_number(Rounding r, float x, float scale);

// Bits that a number of a row of cols takes, its share of the scale included.
double rounding_bits(Rounding r, int cols);

// --- what it cost -----------------------------------------------------------

typedef struct RoundingError {
    double signal; // mean of x^2
    double noise;  // mean of (y - x)^2
    double worst;  // greatest |y - x|
} RoundingError;

RoundingError rounding_error(const float *x, const float *y, size_t n);

// 10 log10(signal / noise): 10 is a tenth of the power, 20 a hundredth.
// INFINITY without noise.
double decibels(RoundingError e);

// --- what to expect (Max 1960) ----------------------------------------------

// The mean squared error of rounding numbers of a standard normal distribution
// to step q, q in -m .. m; and the step for which it is least.
double normal_noise(int bits, double step);
double normal_step(int bits);

#endif
