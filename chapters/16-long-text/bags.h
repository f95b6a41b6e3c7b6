// The baselines: documents as bags of words, in which no order is left. They
// read everything, cost next to nothing, and are hard to beat.
//
// What counts as a word is the id of a document, whatever it stands for.
#ifndef LONG_TEXT_BAGS_H
#define LONG_TEXT_BAGS_H

#include "02-machine-learning/examples.h"
#include "16-long-text/remedy.h"

// Always the class that most documents to learn from have.
Remedy majority_remedy(const char *name);

// TF-IDF and logistic regression. Word w of a document is worth
//
//     (1 + log(times in it)) * (1 + log((1 + n) / (1 + n_w))),
//
// n documents to learn from, n_w of them with w, nothing if n_w < 2; then each
// document is given the length 1. The penalty is chosen inside.
typedef struct BagPlan {
    int words; // the first so many are read; 0: all
} BagPlan;
Remedy bag_remedy(const char *name, const BagPlan *plan);

// The mean of word vectors, each weighted by its idf, and logistic regression.
// The vectors are learnt by skip-gram, from the documents to learn from alone.
typedef struct WordVectorPlan {
    int width, epochs;
} WordVectorPlan;
Remedy word_vector_remedy(const char *name, const WordVectorPlan *plan);

// --- for others that use words beside something else ------------------------

// The words of a document, each once, and what they are worth.
typedef struct Bag {
    int n;
    int *word;
    float *value;
} Bag;
void bag_free(Bag *b);

// What the rule above knows from the documents to learn from.
typedef struct Tfidf {
    int ids; // words 0 .. ids - 1; others are unknown
    float *idf;
    int words; // see BagPlan
} Tfidf;
Bag tfidf_bag(const Tfidf *rule, const Document *d);

// The documents to learn from as rows for logistic regression. Their bags have
// tens of thousands of columns. But a linear classifier with a penalty on
// |w|^2 never leaves the space that its n rows span, and only the products of
// rows with each other matter to it. So the rows are turned into that space:
// they become those of L, n x n, with L L^T the table of these products. The
// same classifier in a few hundred columns.
typedef struct TfidfRows {
    Tfidf rule;
    Bag *bag;  // of each document
    double *L; // n x n, lower triangular
    Examples e;
} TfidfRows;
TfidfRows tfidf_rows(const Document *d, const int *which, int n, int classes,
                     int words);

// And back: the weight of every word for a weight w (n numbers) of the rows'
// columns: ids numbers, to[i * stride].
void tfidf_weights(const TfidfRows *r, const float *w, float *to, int stride);
void tfidf_rows_free(TfidfRows *r);

#endif
