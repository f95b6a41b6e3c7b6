// How often words are kept and drawn: exercise 3.
#ifndef EXERCISE_05_3_H
#define EXERCISE_05_3_H

#include <stdint.h>

// The probability with which a word is kept that occurs `count` times in a text
// of `total` words: 1 if its frequency f is at most t, else sqrt(t / f).
double kept(int64_t count, int64_t total, double t);

// The weight with which a word is drawn as a wrong answer: its count to the
// power of three quarters.
double drawn(int64_t count);

// The part of all draws that hit word i of n.
double share(const int64_t *count, int n, int i);

#endif
