// Finding a translation: the decoder gives probabilities for the next token
// only, so whole sentences have to be searched for.
//
// Greedy search takes the likeliest token again and again; it is a beam of 1.
// Beam search keeps the `beam` likeliest beginnings at each step. Probabilities
// multiply, so longer sentences are always less likely; the length penalty of
// Wu et al. 2016 (eq. 14) makes up for that: the logarithm of the probability
// is divided by ((5 + length) / 6)^alpha.
#ifndef TRANSFORMER_SEARCH_H
#define TRANSFORMER_SEARCH_H

#include "09-transformer/transformer.h"

typedef struct Search {
    int beam;       // 1: greedy
    float alpha;    // of the length penalty; 0: none
    int begin, end; // the tokens that mark the ends of a sentence
} Search;

// A translation without begin and end, and how likely it is: the logarithm of
// its probability (with end), divided by the length penalty.
typedef struct Found {
    int *id;
    int n;
    double score;
} Found;

// Translates each sequence of the source. The result, one for each, lives in
// `results`. A translation that does not end by itself is cut when it has 50
// tokens more than its source (Vaswani et al. 2017, section 6.1).
Found *search(const Transformer *m, Arena *results, Tokens source, Search how);

#endif
