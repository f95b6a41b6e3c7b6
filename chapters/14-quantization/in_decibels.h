// What rounding does to numbers, before anybody asks what it does to a model:
// three parts of the chapter's program. Each prints a table and draws its plots
// in the directory `plots`, unless that is NULL.
//
// The one idea: an error says something only beside the number that it is an
// error of. So all is told as signal over noise, in decibels: theory beside
// what is counted.
#ifndef CHAPTER_14_IN_DECIBELS_H
#define CHAPTER_14_IN_DECIBELS_H

#include "13-llama2/llama.h"

#include <stdint.h>

// The numbers of bits in the chapter's tables, from many to few.
enum { BITS_SHOWN = 6 };
extern const int bits_shown[BITS_SHOWN];

// Part 1: eight numbers in four bits, each with its code and its error.
void show_group(void);

// Part 2: normal numbers in few bits, in small and large groups, with the scale
// of the largest number and the best; plot "decibels".
void show_normal(uint64_t seed, const char *plots);

// Part 4: each matrix of a model; plots "matrices", "grid" and "errors".
void show_matrices(const Llama *m, const char *plots);

#endif
