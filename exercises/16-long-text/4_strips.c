// What a block of queries sees (30 minutes)
//
// The band is fast because 64 neighbouring queries are computed at once: their
// scores are one matrix product with one strip of keys. The strip must hold
// every key that any of them sees. T = 12, window 3, global 1; queries 4 to 6:
//
//     key       0   1   2   3   4   5   6   7   8   9  10  11
//     query 4   g   .   x   x   x   x   x   .   .   .   .   .
//     query 5   g   .   .   x   x   x   x   x   .   .   .   .
//     query 6   g   .   .   .   x   x   x   x   x   .   .   .
//                       |---------- near ---------|
//
// near is 2 .. 8 (from 2, end 9). In its corners stand pairs that do not see
// each other: 4 does not see 7. Their scores are computed and then masked, so
// one has to know which keys of the strip each query sees.
//
// At the borders of the sequence the strip is shorter, and it never holds
// global keys: they have a strip of their own, and a key must not be counted
// twice. Beware of a window as large as an int can be (it stands for "no
// limit"): i + window is then no int any more, and undefined.
#include "4_strips.h"

Keys near_keys(int T, int window, int global, int first, int n)
{
    // TODO (1): from the first key that the first query sees to the last that
    // the last one sees.
    (void)T;
    (void)window;
    (void)global;
    (void)n;
    return (Keys){first, first};
    // END
}

Keys keys_of(int window, Keys near, int i)
{
    // TODO (2): the part of the strip that lies in the window of query i.
    (void)window;
    (void)i;
    return near;
    // END
}
