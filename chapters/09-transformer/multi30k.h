// Real sentences: Multi30k (Elliott et al. 2016), 29,000 descriptions of
// pictures in English with their German. A training on it takes ten minutes or
// so, and can be stopped and killed at any time: it goes on from its last
// checkpoint as if nothing had been.
#ifndef TRANSFORMER_MULTI30K_H
#define TRANSFORMER_MULTI30K_H

#include "09-transformer/train.h"
#include "09-transformer/translator.h"

#include "common/cli.h"

// A file of each language, line by line.
typedef struct Corpus {
    int n;
    Text *source, *target;
    Buffer text[2];
} Corpus;

// Reads PART.LANGUAGE.gz ("train", "val", "test_2016_flickr") of both
// languages of the pair "de-en". Dies with one line if a file is missing, or
// if one has more lines than the other.
Corpus corpus_read(const Run *run, const char *part, const char *pair);
void corpus_free(Corpus *c);

typedef struct RealRun {
    const char *pair; // "de-en"
    Shape shape;      // pieces: filled in when they are learnt
    Recipe recipe;
    int merges; // of the byte pair encoding; 0: whole words
    int epochs;
    int every;        // steps between checkpoints
    int beam;         // for the score at the end
    const char *save; // the directory of all that is kept
} RealRun;

// Trains, or goes on, and scores the result on the test set. Dies with one line
// if the directory keeps a model of another shape, or one that learns another
// text.
void train_on_multi30k(const Run *run, RealRun job);

// The score of a trained model on the test set.
void score_on_multi30k(const Run *run, Translator *t, const char *pair,
                       int beam);

#endif
