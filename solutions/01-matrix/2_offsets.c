// Weights in the wrong place: find the bug (20 minutes)
//
// A program reads the weights of a transformer from a file. The file begins
// with a header of four numbers; then come the weights, group after group, 4
// bytes for each. layout_of computes where each group begins.
//
// It has loaded small models for months. With a model of 7 billion weights the
// program runs as before, reports nothing, and babbles. The compiler has no
// warning, and the sanitizers are silent too. Find out why, and mend it.
//
// (A true story: llama2.c ran Llama 2 with 7 billion weights but not with 13
// billion, for the same reason, until its authors found it in 2023; see the
// chapter.)
#include "2_offsets.h"

Layout layout_of(const Header *h)
{
    // SOLUTION
    // The numbers of the header have 32 bits, so their products have too: what
    // is above 4,294,967,295 is cut off, by definition and in silence, before
    // += widens it. The first factor of each product must be wide.
    const uint64_t layers = h->layers, width = h->width;
    const uint64_t bytes = 4;
    Layout l;
    uint64_t at = sizeof *h;
    l.embedding = at;
    at += bytes * h->vocabulary * width;
    l.attention = at;
    at += bytes * layers * 4 * width * width;
    l.up = at;
    at += bytes * layers * h->hidden * width;
    l.down = at;
    at += bytes * layers * width * h->hidden;
    l.end = at;
    return l;
    // END
}
