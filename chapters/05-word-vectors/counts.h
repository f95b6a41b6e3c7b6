// Which words stand near which: counts of neighbours, and word vectors made
// from the counts, without guessing words one by one: GloVe (Pennington, Socher
// and Manning 2014), and the main directions of the table itself (Bullinaria
// and Levy 2007; Levy, Goldberg and Dagan 2015).
#ifndef WORD_VECTORS_COUNTS_H
#define WORD_VECTORS_COUNTS_H

#include "05-word-vectors/corpus.h"
#include "05-word-vectors/rows.h"

// A square table of which most is 0: row i holds value[k] in column col[k] for
// start[i] <= k < start[i + 1]. Columns are in the order of their first
// meeting. Lives until counts_free.
typedef struct Counts {
    int n;
    int64_t *start; // n + 1
    int *col;
    float *value;
} Counts;

// Every pair of words at most `window` apart in a sentence counts 1 / distance,
// in both directions, so the table is symmetric. n: words in the lexicon.
Counts counts_new(const Sentences *text, int n, int window);
void counts_free(Counts *c);

// Each count becomes max(0, log(P(a, b) / (P(a) P(b)))): its positive pointwise
// mutual information. The table stays symmetric.
void counts_to_ppmi(Counts *c);

// Word vectors from a symmetric table M: an orthonormal basis (n x width) of
// the directions that M stretches most. Which basis of that space it is does
// not matter to any angle.
Vectors counts_directions(Counts *c, int width, int rounds, uint64_t seed);

// --- GloVe ------------------------------------------------------------------

typedef struct Glove {
    int width, epochs, done;
    float rate;
    int64_t n; // counts that are not 0
    const Counts *count;
    int *row, *order; // of each count its row; the order of an epoch
    Rng rng;
    SharedRows word, context; // see glove.c for what a row holds
    double loss[WORKERS];
} Glove;

// The counts belong to the caller and must stay.
Glove glove_new(const Counts *c, int width, float rate, int epochs,
                uint64_t seed);
void glove_free(Glove *g);

// Goes once through all counts; returns the mean of eq. (5.10).
double glove_epoch(Glove *g);

// The sum of each word's two vectors, as its authors advise.
Vectors glove_vectors(const Glove *g);

#endif
