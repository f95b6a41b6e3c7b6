// One head that reads a text without an end, with a window and sinks.
#ifndef EXERCISE_12_3_H
#define EXERCISE_12_3_H

enum { ROWS_MOST = 64, WIDTH = 6 }; // sinks + window at most; of a key

// What the head remembers: the first `sinks` tokens for ever, and the last
// `window` of the others. Keys are kept as they came, not turned.
typedef struct Memory {
    int sinks, window; // 0 or more, 1 or more
    int length;        // tokens read so far
    float key[ROWS_MOST][WIDTH], value[ROWS_MOST][WIDTH];
} Memory;

// The row in which the token at `position` (0, 1, ...) of the text is kept:
// rows 0 .. sinks - 1 are the sinks', the rest is a ring, in which a token
// takes the place of the one that came `window` before it.
int row_of(int sinks, int window, int position);

// Where a token that is remembered stands for RoPE, when `length` tokens have
// been read: its place among all that are remembered, oldest first, from 0.
int place_of(int sinks, int window, int position, int length);

// Reads one token more: q, k and v are WIDTH numbers each, none of them turned.
// y becomes the mean of the values that are remembered, this token's too, with
// weights softmax(turned q . turned key / sqrt(WIDTH)): each is turned by its
// place, the query by the place of its own token.
void memory_read(Memory *m, const float *q, const float *k, const float *v,
                 float *y);

#endif
