// The layout of a file of weights.
#ifndef EXERCISE_01_2_OFFSETS_H
#define EXERCISE_01_2_OFFSETS_H

#include <stdint.h>

// What the file begins with.
typedef struct Header {
    uint32_t layers;     // of the transformer
    uint32_t width;      // numbers for one token
    uint32_t hidden;     // numbers inside a feed-forward layer
    uint32_t vocabulary; // tokens
} Header;

// Where each group of weights begins, in bytes from the start of the file.
typedef struct Layout {
    uint64_t embedding; // vocabulary x width
    uint64_t attention; // layers x 4 matrices of width x width
    uint64_t up;        // layers x hidden x width
    uint64_t down;      // layers x width x hidden
    uint64_t end;       // the size of the file
} Layout;

Layout layout_of(const Header *h);

#endif
