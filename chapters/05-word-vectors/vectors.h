// Word vectors: one row of numbers for each word of a lexicon, and what can be
// asked of them: which words are near, and what stands to a as b to c.
//
// Lifetime: Vectors own their numbers until vectors_free. Row UNKNOWN (0)
// belongs to no word.
#ifndef WORD_VECTORS_VECTORS_H
#define WORD_VECTORS_VECTORS_H

#include "common/text.h"

typedef struct Vectors {
    int n, width;
    float *at; // n x width
} Vectors;

Vectors vectors_new(int n, int width); // all zero
void vectors_free(Vectors *v);

static inline float *vectors_row(const Vectors *v, int i)
{
    return v->at + (long)i * v->width;
}

// A copy with each row divided by its length (a row of zeros stays).
Vectors vectors_unit(const Vectors *v);

// The cosine of the angle between rows a and b; 0 if one is zero.
double vectors_cosine(const Vectors *v, int a, int b);

// Writes the vectors in the text form of the original word2vec: a line with
// their number and width, then a line a word. Row 0 is left out; piece[i] is
// the spelling of word i.
void vectors_save(const Vectors *v, const Text *piece, const char *path);

// --- with rows of length 1 --------------------------------------------------

typedef struct Near {
    int word;
    float cosine;
} Near;

// The k words nearest to the direction `to` (width numbers, of any length),
// nearest first, without row 0 and without the n words of `except`. Returns
// how many there are: k, if that many words are left.
int vectors_near(const Vectors *unit, const float *to, const int *except, int n,
                 Near *found, int k);

// a is to b as c is to ...: the word nearest to b - a + c that is none of the
// three (Mikolov, Yih and Zweig 2013). -1 if there is none.
int vectors_analogy(const Vectors *unit, int a, int b, int c);

#endif
