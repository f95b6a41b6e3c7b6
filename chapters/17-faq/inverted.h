// The inverted index: for each word the list of texts that have it. What every
// search engine is built on, and the two ways to score with it.
//
// The one idea: a question has ten words, so only the texts in ten lists can
// score at all. Adding up what stands in these lists is the whole search; texts
// that share no word with the question are never looked at.
//
// Lifetime: an Inverted owns its lists until inverted_free.
#ifndef FAQ_INVERTED_H
#define FAQ_INVERTED_H

#include "04-tokenizers/vocab.h"

// What a text is cut into.
typedef enum Terms {
    WORD_TERMS,   // words in lower case
    LETTER_TERMS, // runs of 3 to 5 characters of each word, its borders (^ and
                  // $) included: two spellings of a word share most of them
} Terms;

// Appends the terms of a text as numbers. New ones are added to the vocabulary
// if `grow`; otherwise they are counted in *unknown and left out.
void terms_of(Vocab *v, Terms kind, Text text, bool grow, Ids *to,
              int *unknown);

typedef struct Posting {
    int text, count; // how often the term is in that text
} Posting;

typedef struct Inverted {
    Terms kind;
    int n; // texts
    Vocab terms;
    int *start;       // the list of term t is posting[start[t]] up to, not
    Posting *posting; // including, posting[start[t + 1]]; texts ascend
    int *length;      // of each text, in terms
    double mean_length;
    float *norm; // of each text: the length of its TF-IDF vector
} Inverted;

Inverted inverted_new(Terms kind, const Text *text, int n);
void inverted_free(Inverted *x);

// log((1 + n) / (1 + n_t)) + 1: what a term is worth that n_t of n texts have.
double tfidf_idf(int n, int with);

// log(1 + (n - n_t + 0.5) / (n_t + 0.5)): the same in BM25, never negative.
double bm25_idf(int n, int with);

// The cosine of the TF-IDF vectors of each question and each text: n x texts.
// A term is worth (1 + log(times)) idf. A term that no text has makes the
// question's vector longer, and so all its cosines smaller.
void score_tfidf(const Inverted *x, const Text *question, int n, float *score);

// BM25 (Robertson and Zaragoza 2009) of each question and each text.
typedef struct Bm25 {
    float k1, b; // 1.2 and 0.75 are usual
} Bm25;
void score_bm25(const Inverted *x, Bm25 how, const Text *question, int n,
                float *score);

#endif
