// For 4_strips.c.
#ifndef STRIPS_H
#define STRIPS_H

// Keys from .. end - 1; none if they are equal.
typedef struct Keys {
    int from, end;
} Keys;

// In a sequence of T tokens, token i sees token j if |i - j| < window, or if i
// or j is one of the first `global` tokens (0 <= global <= T).
//
// The keys that stand near the n >= 1 queries from row `first` on (first >=
// global, first + n <= T): from the first key to the last that any of them sees
// because of the window, without the global ones.
Keys near_keys(int T, int window, int global, int first, int n);

// Those of the keys `near` that query i itself sees because of the window.
Keys keys_of(int window, Keys near, int i);

#endif
