// Drawing a split of a text from a unigram model (Kudo 2018, section 3.2).
#ifndef SAMPLE_SPLIT_H
#define SAMPLE_SPLIT_H

#include "04-tokenizers/sentencepiece.h"

#include "common/rng.h"

// Appends the ids of a split of the normalised text to *to; a split is drawn
// with a probability proportional to exp(alpha * the sum of its scores).
void sample_split(const SentencePiece *s, Text text, double alpha, Rng *r,
                  Ids *to);

#endif
