// Associative recall: a task that cannot be done without looking back.
//
// A case is a notebook of ten entries, each a letter with a digit, made anew
// for each case, and then the ten letters in another order: which digit stood
// beside each? The letters are drawn from 26, and each digit 0 .. 9 occurs
// once. So knowing which digits there are is worth nothing; one has to find
// the entry.
//
//     h3 q0 b7 ...   ->   b? h? q? ...
//
// Two models answer. They are the same but for one line: one looks the entries
// up with attention, the other gets the mean of all entries.
#ifndef CHAPTER_07_LOOKUP_H
#define CHAPTER_07_LOOKUP_H

#include "common/ops.h"
#include "common/optim.h"

enum { LETTERS = 26, ENTRIES = 10, LOOKUP_WIDTH = 32 };

// `cases` notebooks packed under each other: ENTRIES rows each.
typedef struct Notebooks {
    int cases;
    int *letter, *digit; // the entries: cases * ENTRIES of each
    int *asked, *answer; // the letters asked for, and the digits beside them
    int *start;          // cases + 1 row numbers
} Notebooks;

// On the arena.
Notebooks notebooks(Arena *a, Rng *r, int cases);

typedef struct Lookup {
    Params *p;
    bool attends;           // or takes the mean
    Matrix *letters;        // LETTERS x d
    Matrix *digits;         // ENTRIES x d
    Linear q, k, v, answer; // d -> d, and d -> 10 digits
} Lookup;

Lookup lookup_new(uint64_t seed, bool attends);
void lookup_free(Lookup *m);

// Logits for the digits: (cases * ENTRIES) x 10.
Matrix *lookup_logits(const Lookup *m, Tape *t, const Notebooks *n);

// How each letter asked in the first notebook looks at its entries: ENTRIES x
// ENTRIES weights. For a model that takes the mean, the same everywhere.
void lookup_weights(const Lookup *m, Tape *t, const Notebooks *n,
                    float *weights);

// Trains on fresh notebooks, `cases` a step; calls after(context, step, loss)
// after each step if it is not NULL.
void lookup_train(Lookup *m, int steps, int cases, uint64_t seed,
                  void (*after)(void *, int, double), void *context);

// The share of right answers in `cases` notebooks that were never seen.
double lookup_score(const Lookup *m, int cases, uint64_t seed);

#endif
