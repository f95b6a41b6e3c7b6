// Do vectors agree with people? Pairs of words that people have rated for
// similarity, Spearman's rank correlation with the cosines, and questions of
// the form "a is to b as c is to d".
#ifndef WORD_VECTORS_SIMILARITY_H
#define WORD_VECTORS_SIMILARITY_H

#include "05-word-vectors/corpus.h"
#include "05-word-vectors/vectors.h"

// A pair of words and what people said, on average.
typedef struct RatedPair {
    char a[32], b[32];
    double rating;
} RatedPair;

typedef struct RatedPairs {
    RatedPair *at;
    int n;
} RatedPairs;

// A file with a pair a line: two words and a number, separated by a tab.
// Dies with one line if a line is something else.
RatedPairs rated_read(const char *path);
void rated_free(RatedPairs *p);

// Spearman's rank correlation of x and y: the correlation of their ranks,
// where equal values share the mean of their ranks. 0 if n < 2 or if all
// values of one are equal.
double spearman(const double *x, const double *y, int n);

// The ranks 1 .. n of n values, as spearman uses them.
void ranks(const double *x, int n, double *rank);

// Agreement of the vectors with the ratings, over the pairs whose two words
// are in the lexicon. *known is their number.
double agreement(const RatedPairs *p, const Lexicon *l, const Vectors *v,
                 int *known);

// --- analogies --------------------------------------------------------------

enum { QUESTION_KINDS = 32 };

typedef struct Questions {
    int kinds;
    char name[QUESTION_KINDS][40]; // "capital-common-countries"
    int *word;                     // n x 5: a, b, c, d and the kind
    int n;                         // questions whose four words are known
    int all;                       // questions in the file
} Questions;

// The file of Mikolov et al. 2013: lines of four words, below lines of the
// form ": kind". Words that are not in the lexicon make a question unknown.
Questions questions_read(const char *path, const Lexicon *l);
void questions_free(Questions *q);

// How many of the known questions have the right answer; of kind k of them
// right[k] of asked[k].
int questions_answer(const Questions *q, const Vectors *unit, int *right,
                     int *asked);

#endif
