// Word vectors learned by guessing words: skip-gram and CBOW with negative
// sampling and subsampling (Mikolov et al. 2013).
//
// The one idea: a window's worth of words is one little matrix product. The
// context words are the rows of one matrix, the true centre word and a few
// drawn at random are the rows of another, and their product holds all scores
// at once. The words drawn are shared by the whole window (Ji et al. 2016).
//
// Lifetime: a SkipGram owns its tables until skipgram_free; the lexicon and
// the sentences belong to the caller and must stay.
#ifndef WORD_VECTORS_SKIPGRAM_H
#define WORD_VECTORS_SKIPGRAM_H

#include "05-word-vectors/corpus.h"
#include "05-word-vectors/rows.h"
#include "05-word-vectors/sampler.h"

enum { WINDOW_MOST = 32, NEGATIVES_MOST = 63 };

typedef struct SkipGramSettings {
    bool cbow;        // else skip-gram
    int width;        // of the vectors
    int window;       // words on each side, at most; 1 .. WINDOW_MOST
    int negatives;    // words drawn for a window; 1 .. NEGATIVES_MOST
    double subsample; // t of eq. (5.9); 0: keep every word
    float rate;       // at the beginning; it falls to nothing along a line
    int epochs;
    uint64_t seed;
} SkipGramSettings;

typedef struct SkipGram {
    SkipGramSettings set;
    const Sentences *text;
    SharedRows in;    // the vectors: one row a word
    SharedRows out;   // those that they are compared with in training
    Sampler negative; // draws words in proportion to count^(3/4)
    float *keep;      // for each word: the probability that it is kept
    int epoch;        // done
    Ids piece;        // the sentence at which each piece of the text begins
    // What the workers of a round found: the loss of some windows, and how
    // many that were.
    double loss[WORKERS];
    int64_t counted[WORKERS];
} SkipGram;

SkipGram skipgram_new(const Lexicon *l, const Sentences *text,
                      SkipGramSettings set);
void skipgram_free(SkipGram *s);

// Goes once through the text. Returns the mean loss of a window, eq. (5.7),
// from every 16th of them. Call it set.epochs times.
double skipgram_epoch(SkipGram *s);

// The sum of each word's two vectors, of which row 0 is zero: for similarity it
// was a little better than the first alone in most of our runs.
Vectors skipgram_vectors(const SkipGram *s);

// The probability with which each word is kept, eq. (5.9).
float keep_probability(int64_t count, int64_t total, double t);

// One window: m context words in, n words out, of which the first is the true
// one. in is m x width, out n x width. Writes how far each row is to move: the
// negative gradient of the loss, eq. (5.7), times the rate. If loss is not
// NULL, adds the loss to it. m <= 2 WINDOW_MOST, n <= NEGATIVES_MOST + 1.
void window_step(int width, int m, const float *in, int n, const float *out,
                 float rate, float *move_in, float *move_out, double *loss);

#endif
