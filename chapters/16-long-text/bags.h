// The baselines: documents as bags of words, in which no order is left. They
// read everything, cost next to nothing, and are hard to beat.
#ifndef LONG_TEXT_BAGS_H
#define LONG_TEXT_BAGS_H

#include "02-machine-learning/examples.h"
#include "16-long-text/collection.h"

// What a classifier learns from, and what it is judged by: documents of
// `train` and of `test` as rows of numbers, with their labels.
typedef struct Features {
    Examples learn, judge;
} Features;

void features_free(Features *f);

// One fold of a collection: the numbers of the documents to learn from, and of
// those to be judged.
typedef struct Fold {
    const int *train, *test;
    int learn, judge;
} Fold;

// Copies of rows of a table (width numbers a document) as features.
Features features_of(const Collection *c, Fold f, const float *row, int width);

// The columns of a, then those of b times `weight`.
Features features_beside(const Features *a, const Features *b, float weight);

// TF-IDF of the first `words` words of each document (0: of all): word w has
//
//     (1 + log(times in the document)) * (1 + log((1 + n) / (1 + n_w))),
//
// n documents of the training part, n_w of them with w; words with n_w < 2 are
// left out; then each document has length 1.
//
// With so many words, rows would have tens of thousands of columns. But a
// linear classifier with a penalty on |w|^2 never leaves the space that its
// training rows span, and depends on their products with each other alone. So
// the rows are turned into that space: `learn` columns, the same products.
Features tfidf_features(const Collection *c, Fold f, int words);

// The mean of the vectors of a document's words, each weighted by its idf.
// The vectors are learnt by skip-gram from the documents of the training part.
Features word_vector_features(const Collection *c, Fold f, uint64_t seed);

#endif
