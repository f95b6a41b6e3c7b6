// The smallest task that needs positions: which letter stood BACK places ago?
//
// The one idea: the letters are drawn at random, so nothing about the answer
// can be guessed from what the letters are; only from where they stand. A
// model without positions can at best tell which letters have been there.
#ifndef ECHO_H
#define ECHO_H

#include "08-positions/lesson.h"

enum { ECHO_LETTERS = 16, BACK = 5 };

// n windows of random letters; the answer at place i is the letter at i - BACK.
// Only the last `counted` places of each window have one.
Windows echo_windows(Tape *t, Rng *rng, int n, int length, int counted);

// The share of right answers at the last COUNTED places of n windows.
double echo_score(const Writer *w, int n, int length);

#endif
