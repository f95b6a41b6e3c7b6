// The table of methods: how often the right answer is found, on a trial.
#ifndef FAQ_TABLE_H
#define FAQ_TABLE_H

#include "17-faq/contrast.h"
#include "17-faq/trial.h"

// A row for each method: of all its questions, R@1, R@5, MRR.
typedef struct Scored {
    bool there; // the method has what it needs
    int n, pairs;
    int *right;    // n: the pair of each
    double *first; // n: 1 if the right one came first
    double *reciprocal;
    Found found;
    Bounds r1;
} Scored;

// One trial (part < 0: paraphrases against the questions alone) or both halves
// of one (part 0: each half of the paraphrases is searched once, beside the
// questions, and the other half asked). recipe != NULL: trains the encoder of
// our own on what is searched. Fills in one row for each method.
void table_score(const Search *like, int part, const ContrastRecipe *recipe,
                 uint64_t seed, Scored row[METHODS]);

// Prints the rows that are there, each with its interval and, from the second
// on, the difference of its R@1 to that of method `against`.
void table_print(const Scored row[METHODS], Method against, uint64_t seed);
void table_free(Scored row[METHODS]);

#endif
